//! An engine with a scripted worker, in folders of its own.

#![allow(clippy::unwrap_used, reason = "a part of the tests")]
#![allow(dead_code, reason = "each test target uses a part of it")]

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use weft_engine::{Engine, EngineConfig, Patience, RunStore, WorkerCommand};
use weft_model::{Edit, Endpoint, Node, NodeId, Problem, Value, Wire, WireId};
use weft_project::Project;
use weft_protocol::event::Fault;
use weft_protocol::lanes::ClientEnd;
use weft_protocol::run::Metrics;
use weft_protocol::{Command, DeviceId, Event, LogLevel, NodeStatus, Numbered, RunId, RunRequest, RunStatus, Sample};

/// Nothing here takes nearly as long.
const AT_MOST: Duration = Duration::from_secs(60);

/// The command that starts the scripted worker, which stands beside the tests.
pub fn worker() -> WorkerCommand {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.ancestors().find(|p| p.join("examples").is_dir()).expect("a target folder").join("examples");
    let program = folder.join(format!("scripted_worker{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "build {} first: cargo build --release -p weft-engine --examples", program.display());
    WorkerCommand { program, args: vec!["worker".into()] }
}

/// What happened in a run.
#[derive(Debug)]
pub struct Ran {
    pub run: RunId,
    pub status: RunStatus,
    pub nodes: BTreeMap<String, (NodeStatus, Option<Fault>)>,
    pub metrics: BTreeMap<String, Metrics>,
    pub artifacts: Vec<(String, String, String)>,
    pub all: Vec<Numbered>,
}

impl Ran {
    pub fn node(&self, name: &str) -> NodeStatus {
        self.nodes.get(name).unwrap_or_else(|| panic!("'{name}' has not ended: {self:#?}")).0
    }

    pub fn fault(&self, name: &str) -> &Fault {
        self.nodes[name].1.as_ref().unwrap_or_else(|| panic!("'{name}' has no fault"))
    }

    fn seq(&self, is: impl Fn(&Event) -> bool) -> u64 {
        self.all.iter().find(|n| is(&n.event)).expect("such an event").seq
    }

    pub fn started_at(&self, node: &str) -> u64 {
        self.seq(|e| matches!(e, Event::NodeStarted { name, .. } if name == node))
    }

    pub fn finished_at(&self, node: &str) -> u64 {
        self.seq(|e| matches!(e, Event::NodeFinished { name, .. } if name == node))
    }

    pub fn logs(&self, wanted: LogLevel, about: Option<&str>) -> Vec<&str> {
        self.all
            .iter()
            .filter_map(|n| match &n.event {
                Event::Log { level, node, message, .. } if *level == wanted && node.as_deref() == about => {
                    Some(message.as_str())
                }
                _ => None,
            })
            .collect()
    }
}

/// An engine under test.
pub struct Bench {
    data: Arc<TempDir>,
    project: Arc<TempDir>,
    config: EngineConfig,
    engine: Option<Engine>,
    client: Option<ClientEnd>,
    /// Events of the run that was started last.
    seen: Vec<Numbered>,
    /// Events that were received and not yet looked at.
    ahead: VecDeque<Numbered>,
    last: u64,
    samples: Vec<Sample>,
    pub times_behind: u32,
}

impl Bench {
    pub fn new() -> Self {
        Self::configured(|_| {})
    }

    pub fn patient(change: impl FnOnce(&mut Patience)) -> Self {
        Self::configured(|c| change(&mut c.patience))
    }

    pub fn configured(change: impl FnOnce(&mut EngineConfig)) -> Self {
        let (data, project) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = project.path().join("data");
        fs::create_dir(&folder).unwrap();
        for name in
            ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
        {
            fs::write(folder.join(name), name).unwrap();
        }
        let mut config = EngineConfig::new(data.path(), worker());
        config.resources_every = None;
        change(&mut config);
        Self::with(Arc::new(data), Arc::new(project), config)
    }

    fn with(data: Arc<TempDir>, project: Arc<TempDir>, config: EngineConfig) -> Self {
        let mut bench = Self {
            data,
            project,
            config,
            engine: None,
            client: None,
            seen: Vec::new(),
            ahead: VecDeque::new(),
            last: 0,
            samples: Vec::new(),
            times_behind: 0,
        };
        bench.restart();
        bench
    }

    /// Ends the engine and starts another in the same folders.
    pub fn restart(&mut self) {
        self.engine = None;
        let (engine, client) = Engine::start(self.config.clone()).unwrap();
        (self.engine, self.client) = (Some(engine), Some(client));
        self.ahead.clear();
        self.last = 0;
    }

    /// Another engine in the same folders.
    pub fn second(&self) -> Self {
        Self::with(Arc::clone(&self.data), Arc::clone(&self.project), self.config.clone())
    }

    /// An engine in a copy of the data folder as it is at this moment: what is left when the program is killed.
    pub fn abandon(self) -> Self {
        let data = tempfile::tempdir().unwrap();
        copy(self.data.path(), data.path());
        let store = data.path().join("runs.sqlite");
        for end in ["", "-wal", "-shm"] {
            fs::remove_file(data.path().join(format!("runs.sqlite{end}"))).ok();
        }
        let db = rusqlite::Connection::open(self.data.path().join("runs.sqlite")).unwrap();
        db.execute("VACUUM INTO ?1", [store.to_str().unwrap()]).unwrap();
        let config = EngineConfig { data_dir: data.path().to_owned(), ..self.config.clone() };
        let project = Arc::clone(&self.project);
        drop(self);
        Self::with(Arc::new(data), project, config)
    }

    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    pub fn project_dir(&self) -> &Path {
        self.project.path()
    }

    pub fn store(&self) -> RunStore {
        RunStore::open(self.data.path()).unwrap()
    }

    pub fn script(&self, acts: serde_json::Value) {
        fs::write(self.project.path().join("script.json"), acts.to_string()).unwrap();
    }

    /// How often a node was begun.
    pub fn count(&self, node: &str) -> u32 {
        fs::read_to_string(self.project.path().join(format!("count-{node}"))).map_or(0, |t| t.parse().unwrap())
    }

    /// Number of the process that computed a node last.
    pub fn worker_of(&self, node: &str) -> u32 {
        fs::read_to_string(self.project.path().join(format!("pid-{node}"))).unwrap().parse().unwrap()
    }

    /// The step from which a node went on.
    pub fn began_at(&self, node: &str) -> u64 {
        fs::read_to_string(self.project.path().join(format!("began-{node}"))).unwrap().parse().unwrap()
    }

    /// Files that should have gone.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let mut left = Vec::new();
        for folder in fs::read_dir(self.data.path().join("work")).into_iter().flatten().flatten() {
            left.extend(fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.path()));
        }
        let checkpoints = fs::read_dir(self.data.path().join("checkpoints")).into_iter().flatten().flatten();
        left.extend(checkpoints.map(|e| e.path()).filter(|p| p.is_dir()));
        left
    }

    pub fn send(&self, command: Command) {
        self.client.as_ref().unwrap().commands.send(command).unwrap();
    }

    pub fn start(&mut self, project: &Project, change: impl FnOnce(&mut RunRequest)) {
        self.start_text(&project.to_text(), change);
    }

    /// The plan of a run that is not run.
    pub fn plan(&self, project: &Project) -> Result<weft_protocol::PlanView, weft_engine::Refusal> {
        weft_engine::plan_only(&self.config, self.request(&project.to_text()))
    }

    /// What comes of a question for plans, without the engine.
    pub fn ask(&self, question: &weft_protocol::PlanRequest) -> weft_protocol::Planned {
        weft_engine::plan(&self.config, question, &mut |_, _| {}).unwrap()
    }

    /// A request on the processor.
    pub fn request(&self, project_text: &str) -> RunRequest {
        RunRequest {
            project_text: project_text.to_owned(),
            project_path: Some(self.project.path().join("test.weft")),
            device: Some(DeviceId::cpu()),
            ..RunRequest::default()
        }
    }

    fn start_text(&mut self, project_text: &str, change: impl FnOnce(&mut RunRequest)) {
        let mut request = self.request(project_text);
        change(&mut request);
        self.send(Command::Run(Box::new(request)));
    }

    pub fn run(&mut self, project: &Project, change: impl FnOnce(&mut RunRequest)) -> Ran {
        self.start(project, change);
        self.finish()
    }

    pub fn refused(&mut self, project_text: &str, change: impl FnOnce(&mut RunRequest)) -> (Fault, Vec<Problem>) {
        self.start_text(project_text, change);
        match self.wait_for(|e| matches!(e, Event::RunRefused { .. } | Event::RunFinished { .. })) {
            Event::RunRefused { fault, problems } => (fault, problems),
            other => panic!("{other:?}"),
        }
    }

    /// Whether no further event has room.
    pub fn lane_is_full(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.events.is_full())
    }

    /// The next event, in order; asks anew where the lane was full.
    fn next(&mut self, until: Instant) -> Event {
        loop {
            let client = self.client.as_ref().unwrap();
            self.samples.extend(client.samples.try_iter());
            let numbered = match self.ahead.pop_front() {
                Some(numbered) => numbered,
                None => {
                    let wait = Duration::from_millis(20);
                    match client.events.recv_timeout(wait) {
                        Ok(numbered) => numbered,
                        Err(e) => {
                            assert!(
                                Instant::now() < until,
                                "{e}: {:#?}",
                                self.seen.iter().rev().take(20).collect::<Vec<_>>()
                            );
                            continue;
                        }
                    }
                }
            };
            if let Event::Behind { missing_from } = numbered.event {
                self.times_behind += 1;
                assert_eq!(missing_from, self.last + 1);
                client.commands.send(Command::ReadEvents { from: missing_from }).unwrap();
                continue;
            }
            assert_eq!(numbered.seq, self.last + 1, "events come in order");
            self.last = numbered.seq;
            if matches!(numbered.event, Event::RunStarted { .. }) {
                self.seen.clear();
            }
            self.seen.push(numbered.clone());
            return numbered.event;
        }
    }

    pub fn wait_for(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        let until = Instant::now() + AT_MOST;
        loop {
            let event = self.next(until);
            if wanted(&event) {
                return event;
            }
        }
    }

    pub fn wait_for_progress(&mut self, node: &str, wanted: u64) {
        self.wait_for(|e| matches!(e, Event::NodeStarted { name, .. } if name == node));
        let until = Instant::now() + AT_MOST;
        self.samples.clear();
        loop {
            let client = self.client.as_ref().unwrap();
            match client.samples.recv_timeout(AT_MOST).unwrap() {
                Sample::Progress(p) if p.name == node && p.step >= wanted => return,
                _ => assert!(Instant::now() < until, "no progress"),
            }
        }
    }

    /// Waits until each of these nodes, which compute side by side, has come so far.
    pub fn wait_for_progress_of(&mut self, nodes: &[&str], wanted: u64) {
        let until = Instant::now() + AT_MOST;
        let mut missing: Vec<&str> = nodes.to_vec();
        self.samples.clear();
        while !missing.is_empty() {
            let client = self.client.as_ref().unwrap();
            assert!(Instant::now() < until, "no progress of {missing:?}");
            if let Ok(Sample::Progress(p)) = client.samples.recv_timeout(Duration::from_millis(100)) {
                missing.retain(|node| *node != p.name || p.step < wanted);
            }
        }
    }

    /// Samples since the run began.
    pub fn samples(&mut self) -> Vec<Sample> {
        // They come a little after the events.
        let until = Instant::now() + Duration::from_millis(300);
        while Instant::now() < until {
            self.samples.extend(self.client.as_ref().unwrap().samples.try_iter());
            std::thread::sleep(Duration::from_millis(10));
        }
        std::mem::take(&mut self.samples)
    }

    /// Waits until the run has ended.
    pub fn finish(&mut self) -> Ran {
        let ended = |e: &Event| matches!(e, Event::RunFinished { .. } | Event::RunRefused { .. });
        let Event::RunFinished { run, status, metrics, artifacts, .. } = self.wait_for(ended) else {
            panic!("the run was refused: {:#?}", self.seen.last());
        };
        let all = std::mem::take(&mut self.seen);
        let from = all.iter().position(|n| matches!(n.event, Event::RunStarted { .. })).unwrap_or(0);
        let all = all[from..].to_vec();
        let nodes = all
            .iter()
            .filter_map(|n| match &n.event {
                Event::NodeFinished { name, status, fault, .. } => Some((name.clone(), (*status, fault.clone()))),
                _ => None,
            })
            .collect();
        Ran { run, status, nodes, metrics, artifacts, all }
    }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            // Files come and go meanwhile.
            fs::copy(entry.path(), target).ok();
        }
    }
}

fn add(project: &mut Project, kind: &str, name: &str) -> NodeId {
    let id = NodeId(project.graph.nodes().len() as u64 + 1);
    let mut node = Node::new(kind, name, [0.0, 0.0]);
    if kind == "image_dataset" {
        node.params.insert("path".into(), Value::from("data"));
    }
    project.graph.apply(Edit::AddNode { id, node }).unwrap();
    id
}

fn join(project: &mut Project, from: (&str, &str), to: (&str, &str)) {
    let id = WireId(project.graph.wires().len() as u64 + 1);
    let end = |(node, port): (&str, &str)| Endpoint::new(project.graph.node_named(node).unwrap(), port);
    let wire = Wire::new(end(from), end(to));
    project.graph.apply(Edit::AddWire { id, wire }).unwrap();
}

/// The workflow of the MNIST sample.
pub fn mnist_like() -> Project {
    let mut p = Project::new();
    let kinds = [("image_dataset", "data"), ("split", "split"), ("normalise", "normalise"), ("network", "network")];
    for (kind, name) in kinds.into_iter().chain([("train", "train"), ("evaluate", "evaluate")]) {
        add(&mut p, kind, name);
    }
    join(&mut p, ("data", "samples"), ("split", "samples"));
    for part in ["train", "validation", "test"] {
        join(&mut p, ("split", part), ("normalise", part));
    }
    join(&mut p, ("normalise", "train"), ("train", "train"));
    join(&mut p, ("normalise", "validation"), ("train", "validation"));
    join(&mut p, ("network", "network"), ("train", "network"));
    join(&mut p, ("train", "model"), ("evaluate", "model"));
    join(&mut p, ("normalise", "test"), ("evaluate", "test"));
    p
}

/// A data set 'a', splits of it, and preparations of those: split and preparation by name.
pub fn graph(splits: &[&str], preparations: &[(&str, &str)]) -> Project {
    let mut p = Project::new();
    add(&mut p, "image_dataset", "a");
    for split in splits {
        add(&mut p, "split", split);
        join(&mut p, ("a", "samples"), (split, "samples"));
    }
    for (split, name) in preparations {
        add(&mut p, "normalise", name);
        join(&mut p, (split, "train"), (name, "train"));
    }
    p
}

/// Tasks that do nothing, each after the one at half its number: a tree.
pub fn empties(names: &[String]) -> Project {
    let mut p = Project::new();
    for name in names {
        add(&mut p, "empty", name);
    }
    for (at, name) in names.iter().enumerate().skip(1) {
        join(&mut p, (&names[at / 2], "done"), (name, "after"));
    }
    p
}

/// Whether a process is there.
pub fn is_alive(pid: u32) -> bool {
    let mut system = sysinfo::System::new().unwrap();
    let pid = sysinfo::Pid::from_u32(pid);
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), true);
    system.process(pid).is_some_and(|p| p.status() != sysinfo::ProcessStatus::Zombie)
}

/// Processes that this one has started and that are alive.
pub fn children_of_this_process() -> Vec<String> {
    let mut system = sysinfo::System::new().unwrap();
    system.refresh_processes(sysinfo::ProcessesToUpdate::All, true);
    let own = sysinfo::Pid::from_u32(std::process::id());
    system
        .processes()
        .values()
        .filter(|p| p.parent() == Some(own) && p.thread_kind().is_none())
        .map(|p| format!("{} {:?}", p.pid(), p.name()))
        .collect()
}
