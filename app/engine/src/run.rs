//! The run that is going on, as plain state: which task stands where, what it has measured and left.
//!
//! Must not know of workers, lanes or files: the engine's thread acts, and tells this what happened.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use weft_model::{Localised, NodeId, Value};
use weft_protocol::artifact::StoredOutput;
use weft_protocol::event::{Fault, NodeStatus, RunStatus};
use weft_protocol::run::{MetricPoint, Metrics};
use weft_protocol::{Event, RunId};
use weft_schedule::{ReadyQueue, TaskState};

use crate::forecast::Forecast;
use crate::prepare::{Prepared, Task};
use crate::thread::Timed;

/// What is known of a task while the run goes on.
#[derive(Debug, Default)]
pub(crate) struct TaskRun {
    pub started: Option<Instant>,
    pub status: Option<NodeStatus>,
    /// Workers that died with it.
    pub restarts: u32,
    /// Errors after which it was tried again.
    pub failures: u32,
    /// When its worker was given it: the start of the worker itself is not counted as its work.
    pub worked_since: Option<Instant>,
    /// How long the run had been paused when it began.
    pub paused_before: Duration,
    /// The most memory that its worker was seen to use [bytes].
    pub peak_bytes: Option<u64>,
    /// Why it was told to stop, if not by the user: it took more than it may.
    pub limit: Option<Fault>,
    /// Parameters that were changed while it computed: its result is not what its key says.
    pub live: Vec<(String, Value)>,
    /// Points that are not yet in the store.
    pub unsaved: Vec<MetricPoint>,
    pub outputs: BTreeMap<String, (StoredOutput, PathBuf)>,
    pub checkpoint_dir: Option<PathBuf>,
    /// Held while it computes, so that no other program writes the same checkpoints.
    pub checkpoint_lock: Option<fs::File>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// What it said last of its own end: when it said so, in seconds since the run began, and how long it was to take from
    /// then on [s].
    pub eta: Option<(f64, f64)>,
    /// How it will end once its outputs are taken in.
    pub ending: Option<Ending>,
}

impl TaskRun {
    /// Whether it computed in one go and as its parameters say, so that its duration tells something about others.
    pub(crate) fn is_undisturbed(&self) -> bool {
        self.restarts == 0 && self.failures == 0 && self.live.is_empty()
    }
}

/// How a task ends.
#[derive(Debug)]
pub(crate) struct Ending {
    pub status: NodeStatus,
    pub fault: Option<Fault>,
    pub metrics: Metrics,
    pub summary: Option<String>,
    pub elapsed_s: f64,
}

/// The run that is going on.
#[derive(Debug)]
pub(crate) struct Active {
    pub run: RunId,
    pub prepared: Prepared,
    pub queue: ReadyQueue,
    pub tasks: Vec<TaskRun>,
    /// Counted as running by the queue, and not yet begun.
    pub to_start: VecDeque<usize>,
    /// Tasks whose time is running.
    pub timed: Vec<Timed>,
    /// The last task of each node.
    pub by_node: HashMap<NodeId, usize>,
    /// Nodes of which it was said how they ended.
    pub ended: HashSet<NodeId>,
    pub began: Instant,
    pub elapsed_before_s: f64,
    pub stopping: bool,
    pub paused: bool,
    /// Since when it is paused, and how long it was before.
    paused_since: Option<Instant>,
    paused_before: Duration,
    /// How good the plan is, and when it is to be made anew.
    pub forecast: Forecast,
    /// What the run took too much of.
    pub limit: Option<Fault>,
    pub metrics: BTreeMap<String, Metrics>,
    pub saved_at: Instant,
    /// The points are to be written now.
    pub is_to_be_saved: bool,
}

impl Active {
    pub(crate) fn new(run: RunId, prepared: Prepared) -> Self {
        let queue = ReadyQueue::new(&prepared.problem, &prepared.plan);
        let now = Instant::now();
        Self {
            run,
            queue,
            tasks: prepared.tasks.iter().map(|_| TaskRun::default()).collect(),
            to_start: VecDeque::new(),
            timed: Vec::new(),
            by_node: prepared.tasks.iter().enumerate().map(|(i, t)| (t.node, i)).collect(),
            ended: HashSet::new(),
            began: now,
            elapsed_before_s: prepared.resumed.map_or(0.0, |(_, elapsed_s)| elapsed_s),
            stopping: false,
            paused: false,
            paused_since: None,
            paused_before: Duration::ZERO,
            forecast: Forecast::default(),
            limit: None,
            metrics: BTreeMap::new(),
            saved_at: now,
            is_to_be_saved: false,
            prepared,
        }
    }

    pub(crate) fn task(&self, index: usize) -> &Task {
        &self.prepared.tasks[index]
    }

    /// Seconds since the run began.
    pub(crate) fn t_s(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Seconds that the run has taken, all attempts together.
    pub(crate) fn elapsed_s(&self) -> f64 {
        self.elapsed_before_s + self.t_s()
    }

    /// Pauses the run, or lets it go on.
    pub(crate) fn pause(&mut self, paused: bool) {
        self.paused = paused;
        let paused_s = self.paused_since.filter(|_| !paused).map_or(0.0, |since| since.elapsed().as_secs_f64());
        if paused_s > 2.0 {
            // Whatever was planned comes later by that.
            self.forecast.want(Localised::new(
                format!("the run was paused for {paused_s:.0} s"),
                format!("运行暂停了 {paused_s:.0} 秒"),
            ));
        }
        self.paused_before = self.paused_time();
        self.paused_since = paused.then(Instant::now);
    }

    /// How long it was paused, all in all.
    pub(crate) fn paused_time(&self) -> Duration {
        self.paused_before + self.paused_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// How long a task has been worked on: without pauses, and without waiting for its worker to start [s].
    pub(crate) fn worked_s(&self, index: usize) -> f64 {
        let state = &self.tasks[index];
        let Some(since) = state.worked_since.or(state.started) else { return 0.0 };
        since.elapsed().saturating_sub(self.paused_time().saturating_sub(state.paused_before)).as_secs_f64()
    }

    /// How long a task has computed [s].
    pub(crate) fn computed_s(&self, index: usize) -> f64 {
        self.tasks[index].started.map_or(0.0, |at| at.elapsed().as_secs_f64())
    }

    /// The tasks of the same node, this one among them: they stand side by side.
    pub(crate) fn siblings(&self, index: usize) -> std::ops::Range<usize> {
        let tasks = &self.prepared.tasks;
        let before = tasks[..index].iter().rev().take_while(|task| task.node == tasks[index].node).count();
        let after = tasks[index..].iter().take_while(|task| task.node == tasks[index].node).count();
        index - before..index + after
    }

    /// How long the node of a task has computed, its phases together and without the time between them [s].
    pub(crate) fn node_computed_s(&self, index: usize) -> f64 {
        let now = Instant::now();
        let of = |state: &TaskRun| state.started.map(|at| state.ended.unwrap_or(now).saturating_duration_since(at));
        self.siblings(index).filter_map(|at| of(&self.tasks[at])).map(|time| time.as_secs_f64()).sum()
    }

    /// The files that feed a task, or the port that has none.
    pub(crate) fn inputs(&self, index: usize) -> Result<BTreeMap<String, PathBuf>, &'static str> {
        let mut inputs = BTreeMap::new();
        for input in &self.task(index).inputs {
            let Some((_, path)) = self.tasks[input.task].outputs.get(&input.from) else { return Err(input.port) };
            inputs.insert(input.port.to_owned(), path.clone());
        }
        Ok(inputs)
    }

    /// The tasks that have neither begun nor ended.
    pub(crate) fn untouched(&mut self) -> Vec<usize> {
        let mut list: Vec<usize> = self.to_start.drain(..).collect();
        list.extend((0..self.tasks.len()).filter(|i| {
            matches!(self.queue.state(*i), TaskState::Waiting | TaskState::Ready) && self.tasks[*i].status.is_none()
        }));
        list
    }

    /// How the run has ended.
    pub(crate) fn status(&self) -> RunStatus {
        let any = |status| self.tasks.iter().any(|t| t.status == Some(status));
        if any(NodeStatus::Failed) {
            RunStatus::Failed
        } else if any(NodeStatus::Stopped) || any(NodeStatus::Skipped) {
            RunStatus::Stopped
        } else {
            RunStatus::Done
        }
    }

    /// The last event of the run.
    pub(crate) fn finished(&self) -> Event {
        let artifacts = self
            .tasks
            .iter()
            .zip(&self.prepared.tasks)
            .flat_map(|(state, task)| {
                state
                    .outputs
                    .iter()
                    .map(|(port, (_, path))| (task.name.clone(), port.clone(), path.display().to_string()))
            })
            .collect();
        Event::RunFinished {
            run: self.run,
            status: self.status(),
            elapsed_s: self.elapsed_s(),
            metrics: self.metrics.clone(),
            artifacts,
        }
    }
}
