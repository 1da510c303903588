//! What the engine tells the window and the command line, on two lanes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weft_model::{Localised, NodeId};

use crate::command::QueuedRun;
use crate::device::{DeviceId, DeviceInfo};
use crate::kept::KeptReport;
use crate::plan::{Convergence, PlanView, Planned};
use crate::preview::Preview;
use crate::run::{MetricPoint, Metrics, RunId, RunRecord, RunSummary};

/// How a node of a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    /// It computed.
    Done,
    /// Its result stood in the store.
    Cached,
    /// It could not compute.
    Failed,
    /// Something that it needs failed, or was stopped without a result.
    Skipped,
    /// The user stopped it.
    Stopped,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// It is going on.
    Running,
    /// Every node has its result.
    Done,
    /// At least one node failed.
    Failed,
    /// The user stopped it.
    Stopped,
    /// The program ended before the run did; it can be resumed.
    Interrupted,
}

impl RunStatus {
    /// The word that the command line prints and the store keeps.
    pub fn id(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Done => "done",
            RunStatus::Failed => "failed",
            RunStatus::Stopped => "stopped",
            RunStatus::Interrupted => "interrupted",
        }
    }
}

impl NodeStatus {
    /// The word that the command line prints and the store keeps.
    pub fn id(self) -> &'static str {
        match self {
            NodeStatus::Done => "done",
            NodeStatus::Cached => "cached",
            NodeStatus::Failed => "failed",
            NodeStatus::Skipped => "skipped",
            NodeStatus::Stopped => "stopped",
        }
    }
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// For those who look for a fault.
    Debug,
    /// What happens.
    Info,
    /// Something is not as it should be, and the run goes on.
    Warn,
    /// Something failed.
    Error,
}

/// What went wrong at a node, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Stable identifier of the kind of fault: `missing_data`, `nan_loss`, `worker_died`, …
    pub code: String,
    /// What happened, where.
    pub message: Localised,
    /// What to do about it.
    pub remedy: Localised,
}

impl Fault {
    /// A fault from its code and both wordings of message and remedy.
    pub fn new(code: &str, message: Localised, remedy: Localised) -> Self {
        Self { code: code.to_owned(), message, remedy }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.remedy.en.is_empty() {
            write!(f, "{}", self.message.en)
        } else {
            write!(f, "{} ({})", self.message.en, self.remedy.en)
        }
    }
}

/// A life-cycle event: stored first, then sent, in order and never lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A run has begun.
    RunStarted {
        /// Its number.
        run: RunId,
        /// Path of the project.
        project: String,
        /// Its seed.
        seed: u64,
        /// Devices that it may use.
        devices: Vec<DeviceId>,
        /// Nodes that it consists of.
        nodes: Vec<NodeId>,
    },
    /// A plan was made.
    Plan {
        /// The run.
        run: RunId,
        /// The plan.
        plan: PlanView,
        /// Why there is a new one; none for the first.
        reason: Option<Localised>,
    },
    /// A node has begun to compute.
    NodeStarted {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeId,
        /// Its name.
        name: String,
        /// Where it computes.
        device: DeviceId,
        /// How it computes.
        mode: String,
        /// Seconds since the run began.
        t_s: f64,
    },
    /// A phase of a node has begun, where its phases begin and end on their own.
    PhaseStarted {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeId,
        /// `train`, `deploy` or `run`.
        phase: String,
        /// Seconds since the run began.
        t_s: f64,
    },
    /// Such a phase has ended, well or not.
    PhaseFinished {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeId,
        /// `train`, `deploy` or `run`.
        phase: String,
        /// Seconds since the run began.
        t_s: f64,
    },
    /// A node has ended.
    NodeFinished {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeId,
        /// Its name.
        name: String,
        /// How.
        status: NodeStatus,
        /// How long it computed [s].
        elapsed_s: f64,
        /// What went wrong.
        fault: Option<Fault>,
        /// What it measured.
        metrics: Metrics,
        /// A word on the result for the node's body: `55 k · 5 k · 10 k`.
        summary: Option<String>,
        /// Seconds since the run began.
        t_s: f64,
    },
    /// A run has ended.
    RunFinished {
        /// The run.
        run: RunId,
        /// How.
        status: RunStatus,
        /// How long it took [s].
        elapsed_s: f64,
        /// Metrics of its nodes by name.
        metrics: BTreeMap<String, Metrics>,
        /// Files that it leaves: node name, port, path.
        artifacts: Vec<(String, String, String)>,
    },
    /// A run could not begin.
    RunRefused {
        /// Why.
        fault: Fault,
        /// The nodes at fault, each with its problem.
        problems: Vec<weft_model::Problem>,
    },
    /// A run was told to stop: what computes ends at its next step.
    RunStopping {
        /// The run.
        run: RunId,
    },
    /// A run is pausing (true) or going on (false).
    RunPaused {
        /// The run.
        run: RunId,
        /// Whether it is paused.
        paused: bool,
    },
    /// Something worth knowing happened.
    Log {
        /// How much it matters.
        level: LogLevel,
        /// Name of the node that it is about.
        node: Option<String>,
        /// What happened.
        message: String,
        /// When, RFC 3339 in UTC.
        at: String,
    },
    /// What can compute here; sent when it is known, and when it changes.
    Devices(Vec<DeviceInfo>),
    /// The history of runs, the newest first; in answer to a command.
    Runs(Vec<RunSummary>),
    /// All that is kept of a run; in answer to a command.
    Run(Box<RunRecord>),
    /// How much is kept that could be made again; in answer to a command.
    Kept(KeptReport),
    /// What a node gives; in answer to a command.
    Preview {
        /// The node.
        node: NodeId,
        /// The number of the request that is answered.
        request: u64,
        /// What was seen, or what went wrong.
        result: Result<Preview, Fault>,
    },
    /// The plans that were asked for.
    Planned {
        /// Number of the question.
        ticket: u64,
        /// What came of it.
        planned: Planned,
    },
    /// The runs that wait, the next one first; in answer to a command, and whenever it changes.
    Queue {
        /// Whether nothing begins.
        held: bool,
        /// The runs.
        waiting: Vec<QueuedRun>,
    },
    /// The events up to this number were sent while the receiver did not keep up: it must ask for them anew.
    Behind {
        /// The receiver has everything before this number.
        missing_from: u64,
    },
}

/// An event with its number in the order of all events since the engine began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// The number, counted from 1 without gaps.
    pub seq: u64,
    /// The event.
    pub event: Event,
}

/// How far a node is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The run.
    pub run: RunId,
    /// The node.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// Steps done.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// Epoch that is going on, counted from 1; none where there are no epochs.
    pub epoch: Option<u32>,
    /// Epochs in all.
    pub epochs: Option<u32>,
    /// How long it has computed [s].
    pub elapsed_s: f64,
    /// How long it will take from now on [s], an estimate.
    pub eta_s: Option<f64>,
}

/// What is in use. Whatever cannot be measured is absent, never zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Resources {
    /// Seconds since the engine began.
    pub t_s: f64,
    /// Share of all processors that is busy, 0 to 1.
    pub cpu_busy: Option<f64>,
    /// The same for this program and its workers.
    pub own_cpu_busy: Option<f64>,
    /// Memory in use on the machine [bytes].
    pub memory_bytes: Option<u64>,
    /// Memory of the machine [bytes].
    pub memory_total_bytes: Option<u64>,
    /// Memory of this program and its workers [bytes].
    pub own_memory_bytes: Option<u64>,
    /// Read from disks since the last sample, per second [bytes/s].
    pub disk_read_bytes_per_s: Option<f64>,
    /// Written to disks since the last sample, per second [bytes/s].
    pub disk_written_bytes_per_s: Option<f64>,
    /// The same for this program and its workers: read.
    pub own_disk_read_bytes_per_s: Option<f64>,
    /// The same for this program and its workers: written.
    pub own_disk_written_bytes_per_s: Option<f64>,
    /// Free on the disk of the data folder [bytes].
    pub disk_free_bytes: Option<u64>,
    /// Received over the network [bytes/s].
    pub net_received_bytes_per_s: Option<f64>,
    /// Sent over the network [bytes/s].
    pub net_sent_bytes_per_s: Option<f64>,
    /// Graphics processors, where they can be measured.
    pub gpus: Vec<GpuResources>,
}

/// What is in use of a graphics processor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GpuResources {
    /// Its maker's name.
    pub name: String,
    /// Share of the time that it is busy, 0 to 1.
    pub busy: Option<f64>,
    /// Memory in use [bytes].
    pub memory_bytes: Option<u64>,
    /// Memory in all [bytes].
    pub memory_total_bytes: Option<u64>,
    /// Temperature [°C].
    pub temperature_c: Option<f64>,
    /// Power [W].
    pub power_w: Option<f64>,
    /// Share of the time that it is busy with this program's workers, 0 to 1.
    #[serde(default)]
    pub own_busy: Option<f64>,
    /// Memory of this program's workers on it [bytes].
    #[serde(default)]
    pub own_memory_bytes: Option<u64>,
}

/// A sample: on a lane of its own, coalesced, the newest wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "sample")]
pub enum Sample {
    /// How far a node is. Newer ones replace older ones of the same node.
    Progress(Progress),
    /// Points of the series of a node. Those that do not fit stand in the run's record.
    Metrics {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeId,
        /// Its name.
        name: String,
        /// The points, in order.
        points: Vec<MetricPoint>,
        /// Points that were left out before these because the receiver did not keep up.
        left_out: u64,
    },
    /// What is in use.
    Resources(Resources),
    /// How far a search for a plan has come: points in order, in addition to those before.
    Planning {
        /// Number of the question.
        ticket: u64,
        /// Which of the rules that race, counted from 0.
        rule: usize,
        /// The points.
        points: Vec<Convergence>,
    },
}
