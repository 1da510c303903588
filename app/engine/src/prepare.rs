//! From a request to tasks: reads and checks the project, gives every task its key and seed, finds what is in the
//! store already, chooses the device and makes the plan.
//!
//! Runs on the keeper's thread: reading and hashing files may take long. Must not know of workers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use weft_model::catalogue::{Place, PortDecl, PortType};
use weft_model::shape::Schemas;
use weft_model::timed::TimedTask;
use weft_model::{Endpoint, Flat, Graph, Localised, Node, NodeId, NodeKind, ParamKind, Problem, Severity, Value};
use weft_project::BundleHold;
use weft_protocol::event::Fault;
use weft_protocol::{ArtifactKey, DeviceId, DeviceInfo, PlanView, PlannedTask, PlannedTransfer, RunId, RunRequest};
use weft_schedule as schedule;

use crate::artifacts::{ArtifactError, ArtifactStore, hash_file};
use crate::devices::DeviceBook;
use crate::store::{FileState, KeptResult, RunStore};

/// Outputs up to this length are verified whenever a run finds them; longer ones only if a task is to read them [bytes].
const VERIFY_BYTES: u64 = 64 << 20;

/// Why a run does not begin.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{fault}")]
pub struct Refusal {
    /// What is wrong, and what to do about it.
    pub fault: Box<Fault>,
    /// The nodes at fault, each with its problem.
    pub problems: Vec<Problem>,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { fault: Box::new(fault), problems: Vec::new() }
    }
}

/// An input of a task: port, the task that feeds it, that task's port.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub port: &'static str,
    pub task: usize,
    pub from: String,
}

/// What a task may take, and what is done when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Rules {
    /// Attempts again after an error.
    pub retries: u32,
    /// It is stopped after computing so long [s].
    pub time_limit_s: Option<f64>,
    /// It is stopped when its worker takes more memory [bytes].
    pub memory_limit_bytes: Option<u64>,
}

impl Rules {
    fn of(node: &Node) -> Self {
        let planning = node.planning();
        Self {
            retries: planning.retries,
            time_limit_s: planning.time_limit_s,
            memory_limit_bytes: planning.memory_limit_bytes,
        }
    }
}

/// One node, made ready to execute.
#[derive(Debug)]
pub(crate) struct Task {
    pub node: NodeId,
    pub name: String,
    pub kind: &'static NodeKind,
    pub params: BTreeMap<String, Value>,
    pub seed: u64,
    pub inputs: Vec<Input>,
    pub key: ArtifactKey,
    /// The hash of everything that alters its numbers: the same wherever the data lies.
    pub content: String,
    /// Folders that its outputs name, being descriptions of what lies there.
    pub places: BTreeSet<String>,
    pub device: DeviceId,
    pub mode: String,
    /// Threads that compute it in its worker; none for as many as there are.
    pub threads: Option<usize>,
    /// What it may take, and how often it is tried again.
    pub rules: Rules,
    /// Units of work by which durations are compared: epochs.
    pub work: f64,
    /// What the store has of it, with the files that are there.
    pub cached: Option<(KeptResult, BTreeMap<String, PathBuf>)>,
}

/// A run that can begin.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// As asked for, with the seed and the device that were found.
    pub request: RunRequest,
    pub project_id: String,
    /// The run that is gone on with, and how long it has taken so far [s].
    pub resumed: Option<(RunId, f64)>,
    pub base_dir: PathBuf,
    pub devices: Vec<DeviceInfo>,
    pub tasks: Vec<Task>,
    pub problem: schedule::Problem,
    pub plan: schedule::Plan,
    pub view: PlanView,
    /// Keep what bundles were unpacked to from being cleared while it is read.
    pub _holds: Vec<BundleHold>,
}

/// What preparing stands on.
pub(crate) struct Ground<'a> {
    pub store: &'a mut RunStore,
    pub artifacts: &'a mut ArtifactStore,
    pub devices: &'a DeviceBook,
    pub cancelled: &'a dyn Fn() -> bool,
}

impl Prepared {
    /// A task that has not begun is computed in another mode of its problem's.
    pub(crate) fn take_mode(&mut self, index: usize, mode: usize) {
        let Some(mode) = self.problem.tasks()[index].modes.get(mode) else { return };
        let task = &mut self.tasks[index];
        task.device = DeviceId(self.problem.devices()[mode.device].name.clone());
    }
}

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// Plans a run without an engine, and without running it.
///
/// # Errors
/// As a run would be refused.
pub fn plan_only(config: &crate::EngineConfig, request: RunRequest) -> Result<PlanView, Refusal> {
    let mut store = RunStore::open(&config.data_dir).map_err(|fault| {
        Fault::new(
            "run_store",
            l(fault.to_string(), format!("无法使用数据文件夹：{fault}")),
            l("choose another data folder (--data-dir)", "请另选数据文件夹（--data-dir）"),
        )
    })?;
    let mut ground = Ground {
        store: &mut store,
        artifacts: &mut ArtifactStore::new(&config.data_dir),
        devices: &DeviceBook::new(config),
        cancelled: &|| false,
    };
    prepare(request, None, &mut ground).map(|prepared| prepared.view)
}

/// Prepares a run.
pub(crate) fn prepare(
    mut request: RunRequest,
    resumed: Option<(RunId, f64)>,
    ground: &mut Ground<'_>,
) -> Result<Prepared, Refusal> {
    let named = request.project_path.clone().unwrap_or_else(|| PathBuf::from("untitled.weft"));
    let (project, mut problems) = weft_project::read_str(&request.project_text, &named)
        .map_err(|e| Fault::new("unreadable_project", e.message().clone(), e.remedy().clone()))?;
    let flat = weft_model::flatten(&project.graph);
    let graph = flat.graph();
    let base_dir = base_dir(request.project_path.as_deref());
    let nodes: BTreeSet<NodeId> = match request.until {
        None => graph.nodes().map(|(id, _)| id).collect(),
        Some(until) if !flat.nodes_of(until).is_empty() => {
            flat.nodes_of(until).into_iter().flat_map(|id| graph.ancestors(id)).collect()
        }
        Some(until) if project.graph.levels().any(|(_, level)| level.node(until).is_some()) => {
            return Err(does_not_run(&project.graph, until).into());
        }
        Some(until) => {
            return Err(Fault::new(
                "unknown_node",
                l(format!("there is no node {until} to run to"), format!("没有可运行至的节点 {until}")),
                l("choose a node of the project", "请选择项目中的节点"),
            )
            .into());
        }
    };
    // First held, then looked at: what is there stays there.
    let holds = weft_project::hold_bundles(&project.graph, &base_dir);
    problems.extend(weft_model::validate::validate(&project.graph, &Schemas::new()));
    problems.extend(weft_project::check_files(&project.graph, &base_dir));
    problems.retain(|p| p.severity == Severity::Error && concerns(p, &project.graph, &flat, &nodes));
    if !problems.is_empty() {
        let count = problems.len();
        let first = &problems[0].message;
        let fault = Fault::new(
            "invalid_project",
            match count {
                1 => l(format!("the workflow cannot run: {}", first.en), format!("工作流无法运行：{}", first.zh)),
                _ => l(
                    format!("the workflow cannot run: {} (and {} further problems)", first.en, count - 1),
                    format!("工作流无法运行：{}（另有 {} 个问题）", first.zh, count - 1),
                ),
            },
            l("see the list of problems", "请查看问题列表"),
        );
        return Err(Refusal { fault: Box::new(fault), problems });
    }
    if nodes.is_empty() {
        return Err(Fault::new(
            "empty_graph",
            match project
                .graph
                .levels()
                .all(|(_, g)| g.nodes().all(|(_, n)| n.decl().is_some_and(|d| !d.is_computed())))
            {
                true => l("the workflow is empty", "工作流是空的"),
                false => l("every node is muted or bypassed", "所有节点均已停用或绕过"),
            },
            l("add a node, or let one run", "请添加节点，或恢复一个节点"),
        )
        .into());
    }
    let seed = request.seed.unwrap_or(project.seed);
    let computes_on_device =
        nodes.iter().any(|n| graph.node(*n).and_then(Node::decl).is_some_and(|k| k.place == Place::DeviceWorker));
    let device = if computes_on_device || request.device.is_some() {
        ground.devices.choose(request.device.as_ref(), &request.forbidden)?
    } else {
        // Nothing asks for a device: nobody is to wait for one being looked for.
        ground.devices.cpu()
    };
    request.seed = Some(seed);
    request.device = Some(device.id.clone());

    let mut tasks = tasks(graph, &nodes, seed, &device, request.threads, &base_dir, ground)?;
    if !request.fresh {
        find_cached(&mut tasks, ground)?;
    }
    let mut devices = vec![device];
    if devices[0].id != DeviceId::cpu() {
        devices.push(ground.devices.cpu());
    }
    let (problem, plan, view) =
        plan(&tasks, &devices, &request.scheduler.clone().unwrap_or_default().algorithm, seed, ground.store)?;
    let project_id = project.id.to_string();
    Ok(Prepared { request, project_id, resumed, base_dir, devices, tasks, problem, plan, view, _holds: holds })
}

/// Whether a problem has to do with nodes that are to run: with one of them, or with a subgraph that holds one.
fn concerns(problem: &Problem, graph: &Graph, flat: &Flat<'_>, nodes: &BTreeSet<NodeId>) -> bool {
    let Some(path) = problem.node_path() else { return true };
    if let Some(id) = flat.node_at(&path) {
        return nodes.contains(&id);
    }
    let is_boundary = graph.node_at(&path).is_some_and(Node::is_boundary);
    let path = if is_boundary { &problem.path } else { &path };
    flat.nodes_under(path).iter().any(|id| nodes.contains(id))
}

/// A node that is asked for and has no part in the run.
fn does_not_run(graph: &Graph, id: NodeId) -> Fault {
    let name = graph.levels().find_map(|(_, level)| Some(level.node(id)?.name.as_str())).unwrap_or_default();
    Fault::new(
        "node_left_out",
        l(
            format!("'{name}' does not run: it is muted, bypassed or only looked at, or needs a node that is muted"),
            format!("“{name}”不会运行：它被停用、被绕过、仅供查看，或需要已停用的节点"),
        ),
        l("let it run again, or choose another node", "请恢复该节点，或另选节点"),
    )
}

/// The folder that a project's paths start from.
pub(crate) fn base_dir(project_path: Option<&Path>) -> PathBuf {
    let here = || std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    match project_path {
        Some(path) => std::path::absolute(path).ok().and_then(|p| Some(p.parent()?.to_owned())).unwrap_or_else(here),
        None => here(),
    }
}

/// One task a node, each after those that feed it.
fn tasks(
    graph: &Graph,
    nodes: &BTreeSet<NodeId>,
    run_seed: u64,
    device: &DeviceInfo,
    request_threads: Option<usize>,
    base_dir: &Path,
    ground: &mut Ground<'_>,
) -> Result<Vec<Task>, Refusal> {
    let mut tasks: Vec<Task> = Vec::with_capacity(nodes.len());
    let mut index: HashMap<NodeId, usize> = HashMap::with_capacity(nodes.len());
    for id in order(graph, nodes) {
        // Validation has found every unknown kind.
        let Some((node, kind)) = graph.node(id).and_then(|n| Some((n, n.decl()?))) else { continue };
        let inputs: Vec<Input> = kind
            .inputs
            .iter()
            .flat_map(|port| graph.wires_into(&Endpoint::new(id, port.id)).map(|(_, wire)| (port.id, &wire.from)))
            .filter_map(|(port, from)| Some(Input { port, task: *index.get(&from.node)?, from: from.port.clone() }))
            .collect();
        let seed = node_seed(node, run_seed);
        let (device, mode) = match kind.place {
            // What computes nothing does not come so far.
            Place::Engine | Place::Annotation | Place::Structure => (DeviceId::cpu(), "engine"),
            Place::Clock => (DeviceId::cpu(), "clock"),
            Place::CpuWorker => (DeviceId::cpu(), "cpu-f32"),
            Place::DeviceWorker if device.id == DeviceId::cpu() => (DeviceId::cpu(), "cpu-f32"),
            Place::DeviceWorker => (device.id.clone(), "wgpu-f32"),
        };
        let content = content(node, kind, seed, mode, base_dir, &inputs, &tasks, ground)?;
        let places = places(node, kind, base_dir, &inputs, &tasks);
        let key = key(&content, &places);
        let params =
            kind.params.iter().filter_map(|p| Some((p.id.to_owned(), p.canonical(node.param(p.id)?)))).collect();
        let work = node.param("epochs").and_then(|v| v.as_f64()).unwrap_or(1.0).max(1.0);
        index.insert(id, tasks.len());
        tasks.push(Task {
            node: id,
            name: node.name.clone(),
            kind,
            params,
            seed,
            inputs,
            key,
            content,
            places,
            device,
            mode: mode.to_owned(),
            threads: node.planning().threads.or(request_threads),
            rules: Rules::of(node),
            work,
            cached: None,
        });
    }
    Ok(tasks)
}

/// The nodes in an order in which each comes after those that feed it.
fn order(graph: &Graph, nodes: &BTreeSet<NodeId>) -> Vec<NodeId> {
    let mut missing: BTreeMap<NodeId, usize> = nodes.iter().map(|n| (*n, graph.predecessors(*n).len())).collect();
    let mut ready: BTreeSet<NodeId> = missing.iter().filter(|(_, n)| **n == 0).map(|(id, _)| *id).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(id) = ready.pop_first() {
        order.push(id);
        for next in graph.successors(id) {
            if let Some(n) = missing.get_mut(&next) {
                *n -= 1;
                if *n == 0 {
                    ready.insert(next);
                }
            }
        }
    }
    order
}

/// The seed of a node's random streams: its own, or derived from the run's seed and the node's name.
fn node_seed(node: &Node, run_seed: u64) -> u64 {
    seed_of(&node.name, node.param("seed").and_then(|v| v.as_i64()), run_seed)
}

/// The same, by the node's name and its own seed, if it has one.
pub(crate) fn seed_of(name: &str, own: Option<i64>, run_seed: u64) -> u64 {
    if let Some(own) = own {
        return own as u64;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&run_seed.to_le_bytes());
    hasher.update(name.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// Folders that the outputs of a task name: its own and those of its inputs, if it gives descriptions of samples.
fn places(node: &Node, kind: &NodeKind, base_dir: &Path, inputs: &[Input], tasks: &[Task]) -> BTreeSet<String> {
    let describes = |port: &PortDecl| matches!(port.ty, PortType::Dataset | PortType::Samples);
    if !kind.outputs.iter().any(describes) {
        return BTreeSet::new();
    }
    let folders = kind.params.iter().filter(|p| p.kind == ParamKind::Folder);
    let own = folders.filter_map(|p| {
        let folder = base_dir.join(node.param(p.id)?.as_str()?);
        Some(std::path::absolute(&folder).unwrap_or(folder).to_string_lossy().into_owned())
    });
    own.chain(inputs.iter().flat_map(|input| tasks[input.task].places.iter().cloned())).collect()
}

/// Under which key the store has a result. A description of samples says where they lie: one that was made elsewhere,
/// say before the project was moved, is of no use, while a model that was trained elsewhere is the same model.
fn key(content: &str, places: &BTreeSet<String>) -> ArtifactKey {
    if places.is_empty() {
        return ArtifactKey(content.to_owned());
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(content.as_bytes());
    for place in places {
        hasher.update(&(place.len() as u64).to_le_bytes());
        hasher.update(place.as_bytes());
    }
    ArtifactKey(hasher.finalize().to_hex().to_string())
}

/// The hash of everything that alters the numbers of a task.
#[allow(clippy::too_many_arguments, reason = "everything that alters numbers")]
fn content(
    node: &Node,
    kind: &NodeKind,
    seed: u64,
    mode: &str,
    base_dir: &Path,
    inputs: &[Input],
    tasks: &[Task],
    ground: &mut Ground<'_>,
) -> Result<String, Refusal> {
    let mut hasher = blake3::Hasher::new();
    // Each part with its length, so that no two lists of parts are the same bytes.
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(b"weft-result-1");
    part(kind.id.as_bytes());
    part(&kind.version.to_le_bytes());
    part(mode.as_bytes());
    for (id, value) in node.canonical_params() {
        let decl = kind.param(&id).map(|p| p.kind);
        part(id.as_bytes());
        match (decl, value.as_str()) {
            // What lies in a folder counts, not where the folder lies.
            (Some(ParamKind::Folder), Some(written)) => {
                for (name, hash) in folder_content(&base_dir.join(written), kind.id, ground)? {
                    part(name.as_bytes());
                    part(hash.as_bytes());
                }
            }
            _ => part(serde_json::to_string(&value).unwrap_or_default().as_bytes()),
        }
    }
    if kind.params.iter().any(|p| p.kind == ParamKind::Seed) {
        part(&seed.to_le_bytes());
    }
    // Several wires into one input have no order.
    let mut fed: Vec<[&str; 3]> =
        inputs.iter().map(|input| [input.port, &*input.from, &*tasks[input.task].content]).collect();
    let place = |port: &str| kind.inputs.iter().position(|input| input.id == port);
    fed.sort_by(|a, b| place(a[0]).cmp(&place(b[0])).then_with(|| a.cmp(b)));
    for text in fed.into_iter().flatten() {
        part(text.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Names and hashes of the files in a folder that a kind reads.
fn folder_content(folder: &Path, kind: &str, ground: &mut Ground<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let unreadable = |path: &Path, e: &std::io::Error| -> Refusal {
        if e.kind() == std::io::ErrorKind::Interrupted {
            return stopped().into();
        }
        Fault::new(
            "missing_data",
            l(format!("{} cannot be read: {e}", path.display()), format!("无法读取 {}：{e}", path.display())),
            l("check that the file is there and may be read", "请检查文件是否存在且可读"),
        )
        .into()
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))? {
        let path = entry.map_err(|e| unreadable(folder, &e))?.path();
        let Some(name) = path.file_name().map(|n| n.to_string_lossy().into_owned()) else { continue };
        // Such a folder may hold anything else beside them.
        let read = kind != "image_dataset" || name.contains("-ubyte");
        if read && path.is_file() {
            files.push((name, path));
        }
    }
    files.sort();
    let mut content = Vec::with_capacity(files.len());
    for (name, path) in files {
        let found = std::fs::metadata(&path).map_err(|e| unreadable(&path, &e))?;
        let modified = found.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        let state = FileState { bytes: found.len(), modified_ns: modified.map_or(0, |d| d.as_nanos() as i64) };
        let full = std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned();
        let hash = match ground.store.file_hash(&full, state) {
            Some(hash) => hash,
            None => {
                let (hash, _) =
                    hash_file(Path::new(&full), ground.cancelled).map_err(|e| unreadable(Path::new(&full), &e))?;
                if let Err(fault) = ground.store.keep_file_hash(&full, state, &hash) {
                    log::warn!("the hash of {full} is not kept: {fault}");
                }
                hash
            }
        };
        content.push((name, hash));
    }
    Ok(content)
}

/// The run was told to stop before it began.
pub(crate) fn stopped() -> Fault {
    Fault::new("stopped", l("the run was stopped before it began", "运行在开始前被停止"), Localised::default())
}

/// Finds what the store has, from the last tasks to the first: what only feeds tasks that are in the store need not be
/// read again.
fn find_cached(tasks: &mut [Task], ground: &mut Ground<'_>) -> Result<(), Refusal> {
    // Ports of each task that some task will read.
    let mut wanted: Vec<BTreeSet<String>> = vec![BTreeSet::new(); tasks.len()];
    for index in (0..tasks.len()).rev() {
        if (ground.cancelled)() {
            return Err(stopped().into());
        }
        let kept = ground.store.result(&tasks[index].key).unwrap_or_else(|fault| {
            log::warn!("{fault}");
            None
        });
        let cached = kept.and_then(|kept| {
            let mut paths = BTreeMap::new();
            for output in &kept.outputs {
                let needed = wanted[index].contains(&output.port);
                let found = if needed || output.bytes <= VERIFY_BYTES {
                    ground.artifacts.verify(output)
                } else {
                    ground.artifacts.find(output)
                };
                match found {
                    Ok(path) => {
                        paths.insert(output.port.clone(), path);
                    }
                    Err(fault) => {
                        // One that was cleared is no news; one that is damaged is.
                        let level = match fault {
                            ArtifactError::Missing(_) => log::Level::Info,
                            _ => log::Level::Warn,
                        };
                        log::log!(level, "'{}' is computed again: {fault}", tasks[index].name);
                        // A long intermediate result that nothing will read may be gone.
                        if needed || output.bytes <= VERIFY_BYTES {
                            return None;
                        }
                    }
                }
            }
            wanted[index].iter().all(|port| paths.contains_key(port)).then_some((kept, paths))
        });
        if cached.is_none() {
            for input in tasks[index].inputs.clone() {
                wanted[input.task].insert(input.from);
            }
        }
        tasks[index].cached = cached;
    }
    Ok(())
}

/// How long a unit of work takes where nothing has been measured yet [s]: orders of magnitude, replaced by what is
/// measured.
fn default_seconds(kind: &NodeKind, device: &DeviceId) -> f64 {
    let cpu = match kind.id {
        "image_dataset" => 1.0,
        "split" | "normalise" => 0.5,
        "train" => 8.0,
        "evaluate" => 1.5,
        _ => 0.2,
    };
    if *device == DeviceId::cpu() { cpu } else { cpu * 0.3 }
}

/// What a timed task states; none for any other.
fn timed(task: &Task) -> Option<TimedTask> {
    (task.kind.place == Place::Clock).then(|| TimedTask::from_params(&task.params))
}

fn plan(
    tasks: &[Task],
    devices: &[DeviceInfo],
    rule: &str,
    seed: u64,
    store: &RunStore,
) -> Result<(schedule::Problem, schedule::Plan, PlanView), Refusal> {
    let impossible = |why: String| -> Refusal {
        Fault::new(
            "no_plan",
            l(format!("the run cannot be planned: {why}"), format!("无法为运行制定计划：{why}")),
            l("choose another scheduling rule or device", "请另选调度规则或设备"),
        )
        .into()
    };
    // A processor does as many things at once as it has threads, anything else one.
    let capacity = |device: usize| match devices.get(device) {
        Some(d) if d.id == DeviceId::cpu() => d.threads.unwrap_or(1).max(1) as f64,
        _ => 1.0,
    };
    let position = |id: &DeviceId| devices.iter().position(|d| d.id == *id).unwrap_or_default();
    let mut edges = Vec::new();
    let planned = tasks
        .iter()
        .enumerate()
        .map(|(to, task)| {
            let from: BTreeSet<usize> = task.inputs.iter().map(|i| i.task).collect();
            edges.extend(from.into_iter().map(|from| schedule::Edge { from, to, bytes: 0 }));
            let device = position(&task.device);
            let mode = if task.cached.is_some() {
                schedule::Mode::on(device, 0.0).share(0.0).named("cached")
            } else if task.kind.place == Place::Engine {
                schedule::Mode::on(device, 1e-5).share(0.0).named(&*task.mode)
            } else if let Some(stated) = timed(task) {
                schedule::Mode::on(device, stated.total_s()).share(stated.share).named(&*task.mode)
            } else {
                let each = store.estimate(task.kind.id, &task.device);
                let each = each.unwrap_or_else(|| default_seconds(task.kind, &task.device));
                let share = task.threads.map_or(capacity(device), |n| (n as f64).min(capacity(device)));
                schedule::Mode::on(device, each * task.work).share(share).named(&*task.mode)
            };
            let phase = if task.kind.id == "train" { schedule::Phase::Train } else { schedule::Phase::Run };
            schedule::Task::new(&*task.name, phase, vec![mode])
        })
        .collect();
    let computing =
        devices.iter().enumerate().map(|(at, d)| schedule::Device::new(&*d.id.0).capacity(capacity(at))).collect();
    let links = schedule::Links::instant(devices.len());
    let problem = schedule::Problem::new(planned, computing, links, edges).map_err(|e| impossible(e.to_string()))?;
    let plan = schedule::by_name(rule)
        .and_then(|scheduler| scheduler.solve(&problem, &mut schedule::SearchContext::new(seed)))
        .map_err(|e| impossible(e.to_string()))?;
    let view = view(&problem, &plan);
    Ok((problem, plan, view))
}

pub(crate) fn view(problem: &schedule::Problem, plan: &schedule::Plan) -> PlanView {
    let analysis = schedule::analyse(problem, plan);
    let device = |index: usize| DeviceId(problem.devices()[index].name.clone());
    PlanView {
        algorithm: plan.algorithm.clone(),
        makespan_s: plan.makespan_s,
        lower_bound_s: plan.lower_bound_s,
        gap: plan.gap,
        serial_index_s: schedule::serial_index(problem, plan).index_s,
        devices: (0..problem.devices().len()).map(device).collect(),
        tasks: problem
            .tasks()
            .iter()
            .zip(&plan.assignments)
            .zip(&analysis.tasks)
            .enumerate()
            .map(|(id, ((task, a), slack))| PlannedTask {
                id,
                node: task.name.clone(),
                phase: task.phase.to_string(),
                device: device(a.device),
                mode: task.modes[a.mode].name.clone(),
                start_s: a.start_s,
                finish_s: a.finish_s,
                critical: slack.critical,
                slack_s: slack.slack_s,
                reason: a.reason.text(problem, a.device).to_string(),
                ..PlannedTask::default()
            })
            .collect(),
        transfers: plan
            .transfers
            .iter()
            .map(|t| PlannedTransfer {
                from: t.from,
                to: t.to,
                link: problem.links().links[t.link].name.clone(),
                start_s: t.start_s,
                finish_s: t.finish_s,
                bytes: t.bytes,
            })
            .collect(),
        ..PlanView::default()
    }
}
