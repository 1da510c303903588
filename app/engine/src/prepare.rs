//! From a request to tasks: reads and checks the project, gives every task its key and seed, finds what is in the
//! store already, chooses the devices, and has a plan made ([`crate::planning`]).
//!
//! Runs on the keeper's thread or the planner's: reading and hashing files may take long. Must not know of workers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use weft_model::catalogue::{Place, PortDecl, PortType};
use weft_model::shape::Schemas;
use weft_model::{
    Endpoint, Flat, Graph, Localised, Node, NodeId, NodeKind, ParamKind, Planning, Problem, Severity, Value,
};
use weft_project::BundleHold;
use weft_protocol::event::Fault;
use weft_protocol::{ArtifactKey, DeviceId, DeviceInfo, DeviceKind, PlanView, RunId, RunRequest};
use weft_schedule as schedule;

use crate::artifacts::{ArtifactError, ArtifactStore, hash_file};
use crate::devices::DeviceBook;
use crate::planning::candidates::{CPU, Candidate, GPU};
use crate::planning::facts::Facts;
use crate::planning::parts::Part;
use crate::planning::sheet::Sheet;
use crate::planning::{ask, search};
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

/// One node, or one phase of it, made ready to execute.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub node: NodeId,
    /// Which task of the node it is.
    pub part: Part,
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
    /// The nodes that own the graph in which the node stands, and the node itself.
    pub path: Vec<NodeId>,
    /// What the user lets the planner decide about it.
    pub planning: Planning,
    /// Parameters that the planner chose, and that its key was made with; none while it may still choose.
    pub settled: Option<BTreeMap<String, Value>>,
    /// What is known of its work; durations are compared for each unit of it.
    pub facts: Facts,
    /// What it works on, whatever the number of epochs: a hash by which measurements are told apart.
    pub subject: String,
    /// The numbers that it computes with: in its key.
    pub numerics: &'static str,
    pub device: DeviceId,
    /// How it computes, for people.
    pub mode: String,
    /// Threads that compute it in its worker; none for as many as there are.
    pub threads: Option<usize>,
    /// What it may take, and how often it is tried again.
    pub rules: Rules,
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
    /// The problem and the plan: what the run follows, and plans again from. Their tasks are those above.
    pub problem: schedule::Problem,
    pub plan: schedule::Plan,
    /// The ways to compute each task: its modes in that problem.
    pub ways: Vec<Vec<Candidate>>,
    /// How plans of that problem are shown.
    pub sheet: Sheet,
    /// The plan as it was made.
    pub view: PlanView,
    /// Keep what bundles were unpacked to from being cleared while it is read.
    pub _holds: Vec<BundleHold>,
    /// Why it is not the plan that was asked for.
    pub plan_reason: Option<Localised>,
}

impl Prepared {
    /// Whether a task that has not begun may go on in another mode: one that gives the same numbers, since its key is made.
    pub(crate) fn may_take(&self, index: usize, mode: usize) -> bool {
        let way = self.ways.get(index).and_then(|ways| ways.get(mode));
        way.is_some_and(|way| way.numerics == self.tasks[index].numerics && way.params.is_empty())
    }

    /// A task that has not begun is computed in another mode of its problem's.
    pub(crate) fn take_mode(&mut self, index: usize, mode: usize) {
        let Some(way) = self.ways.get(index).and_then(|ways| ways.get(mode)) else { return };
        let task = &mut self.tasks[index];
        if let Some(device) = self.sheet.devices.get(way.machine) {
            task.device = device.clone();
        }
        task.threads = way.threads;
        task.mode.clone_from(&way.name);
    }
}

/// What the planner chose of what alters numbers: where a node computes and parameters of its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub numerics: &'static str,
    pub params: BTreeMap<String, Value>,
}

/// What would be run: tasks with their keys, and the devices that they may use.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// As asked for, with the seed and the device that were found.
    pub request: RunRequest,
    pub project_id: String,
    pub base_dir: PathBuf,
    pub seed: u64,
    /// Whether the user insists on the device.
    pub insisted: bool,
    /// Keep what bundles were unpacked to from being cleared while it is read.
    pub holds: Vec<BundleHold>,
    /// The run's device first.
    pub devices: Vec<DeviceInfo>,
    pub tasks: Vec<Task>,
}

/// What preparing stands on.
pub(crate) struct Ground<'a> {
    pub store: &'a mut RunStore,
    pub artifacts: &'a mut ArtifactStore,
    pub devices: &'a DeviceBook,
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// Prepares a run.
pub(crate) fn prepare(
    request: RunRequest,
    resumed: Option<(RunId, f64)>,
    ground: &mut Ground<'_>,
) -> Result<Prepared, Refusal> {
    let planned = ask::for_run(request, ground)?;
    let ask::ForRun { gathered, problem, plan, ways, sheet, view, reason } = planned;
    let Gathered { request, project_id, base_dir, holds, devices, tasks, .. } = gathered;
    Ok(Prepared {
        request,
        project_id,
        resumed,
        base_dir,
        devices,
        tasks,
        problem,
        plan,
        ways,
        sheet,
        view,
        _holds: holds,
        plan_reason: reason,
    })
}

/// Finds what would be run. `chosen` is what the planner chose before, by node in the graph as it runs.
pub(crate) fn gather(
    mut request: RunRequest,
    chosen: &BTreeMap<NodeId, Chosen>,
    ground: &mut Ground<'_>,
) -> Result<Gathered, Refusal> {
    search::scheduler(&request.scheduler.clone().unwrap_or_default())?;
    check_limits(&request)?;
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
    let insisted = request.device.is_some();
    request.device = Some(device.id.clone());
    let mut devices = vec![device];
    if devices[0].id != DeviceId::cpu() {
        devices.push(ground.devices.cpu());
    }
    devices.extend(named_devices(graph, &nodes, &devices, &request.forbidden, ground));

    let mut tasks = tasks(&flat, &nodes, seed, &devices[0], &base_dir, chosen, ground)?;
    if !request.fresh {
        find_cached(&mut tasks, ground)?;
    }
    let project_id = project.id.to_string();
    Ok(Gathered { request, project_id, base_dir, seed, insisted, holds, devices, tasks })
}

/// Devices that nodes name besides those of the run. The machine is only asked for them where a name is unknown.
fn named_devices(
    graph: &Graph,
    nodes: &BTreeSet<NodeId>,
    known: &[DeviceInfo],
    forbidden: &[DeviceId],
    ground: &Ground<'_>,
) -> Vec<DeviceInfo> {
    let mut named: BTreeSet<String> = BTreeSet::new();
    for node in nodes.iter().filter_map(|id| graph.node(*id)) {
        named.extend(node.planning().devices.iter().map(|d| d.to_lowercase()));
    }
    named.retain(|name| !known.iter().any(|d| d.id.0.eq_ignore_ascii_case(name)));
    if named.is_empty() {
        return Vec::new();
    }
    let there = ground.devices.list(false).into_iter();
    there
        .filter(|d| d.offered && d.kind != DeviceKind::Software && !forbidden.contains(&d.id))
        .filter(|d| named.contains(&d.id.0.to_lowercase()))
        .collect()
}

/// Limits that make sense.
fn check_limits(request: &RunRequest) -> Result<(), Fault> {
    let limits = &request.limits;
    let bad = |en: &str, zh: &str| {
        Fault::new("bad_limit", l(en, zh), l("choose another value, or leave it out", "请改用其他值，或不作限制"))
    };
    if limits.time_s.is_some_and(|s| !(s > 0.0 && s.is_finite())) {
        return Err(bad("a run cannot be limited to no time at all", "运行的时间上限必须大于 0"));
    }
    if limits.memory_bytes == Some(0) {
        return Err(bad("a run cannot be limited to no memory at all", "运行的内存上限必须大于 0"));
    }
    if limits.branches == Some(0) {
        return Err(bad("at least one branch must be allowed at once", "至少允许一个分支"));
    }
    Ok(())
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
    flat: &Flat<'_>,
    nodes: &BTreeSet<NodeId>,
    run_seed: u64,
    device: &DeviceInfo,
    base_dir: &Path,
    chosen: &BTreeMap<NodeId, Chosen>,
    ground: &mut Ground<'_>,
) -> Result<Vec<Task>, Refusal> {
    let graph = flat.graph();
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
        let chosen = chosen.get(&id);
        let altered = chosen.filter(|c| !c.params.is_empty()).map(|c| {
            let mut node = node.clone();
            node.params.extend(c.params.clone());
            node
        });
        let node = altered.as_ref().unwrap_or(node);
        let (device, numerics) = match kind.place {
            // What computes nothing does not come so far.
            Place::Engine | Place::Annotation | Place::Structure => (DeviceId::cpu(), "engine"),
            Place::Clock => (DeviceId::cpu(), "clock"),
            Place::CpuWorker => (DeviceId::cpu(), CPU),
            Place::DeviceWorker if device.id == DeviceId::cpu() => (DeviceId::cpu(), CPU),
            Place::DeviceWorker => (device.id.clone(), GPU),
        };
        let numerics = chosen.map_or(numerics, |c| c.numerics);
        let content = content(node, kind, seed, numerics, base_dir, &inputs, &tasks, ground)?;
        let places = places(node, kind, base_dir, &inputs, &tasks);
        let key = key(&content, &places);
        let fed = inputs.iter().map(|input| (input.port, &tasks[input.task].facts));
        let facts = Facts::of(node, kind, base_dir, fed);
        let subject = subject(node, kind, &inputs, &tasks);
        let params =
            kind.params.iter().filter_map(|p| Some((p.id.to_owned(), p.canonical(node.param(p.id)?)))).collect();
        index.insert(id, tasks.len());
        tasks.push(Task {
            part: Part::WHOLE,
            node: id,
            name: node.name.clone(),
            kind,
            params,
            seed,
            inputs,
            key,
            content,
            places,
            path: flat.path(id),
            planning: node.planning().clone(),
            settled: chosen.map(|c| c.params.clone()),
            facts,
            subject,
            numerics,
            device,
            mode: numerics.to_owned(),
            threads: None,
            rules: Rules::of(node),
            cached: None,
        });
    }
    Ok(tasks)
}

/// Parameters that do not say what is worked on, but how much of it, or that stand beside the subject.
const NOT_OF_THE_SUBJECT: [&str; 5] = ["epochs", "patience", "seed", "limit", "batch_size"];

/// What a task works on, as a hash: its kind and parameters and what feeds it, however long it takes.
fn subject(node: &Node, kind: &NodeKind, inputs: &[Input], tasks: &[Task]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(kind.id.as_bytes());
    for (id, value) in node.canonical_params() {
        if !NOT_OF_THE_SUBJECT.contains(&&*id) {
            part(id.as_bytes());
            part(serde_json::to_string(&value).unwrap_or_default().as_bytes());
        }
    }
    for input in inputs {
        part(input.port.as_bytes());
        part(tasks[input.task].subject.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
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
