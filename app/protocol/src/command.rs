//! What the window and the command line ask of the engine.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use weft_model::{NodeId, Value};

use crate::device::DeviceId;
use crate::kept::Kept;
use crate::plan::{PlanRequest, PlanView, SchedulerChoice};
use crate::preview::PreviewRequest;
use crate::run::RunId;

/// What to run, frozen: later edits do not touch it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunRequest {
    /// The project as the text of a project file.
    pub project_text: String,
    /// Path of the project's file, for messages and for paths relative to it; none while it was never saved.
    pub project_path: Option<PathBuf>,
    /// The run's seed; none for the project's.
    pub seed: Option<u64>,
    /// The device to insist on; none for the best that is offered.
    pub device: Option<DeviceId>,
    /// Run only this node and what it needs.
    pub until: Option<NodeId>,
    /// Whether to leave results of earlier runs unused.
    pub fresh: bool,
    /// Which rule plans; none for the default.
    #[serde(default)]
    pub scheduler: Option<SchedulerChoice>,
    /// A plan to follow as far as it fits what is there: the one of a race.
    #[serde(default)]
    pub plan: Option<Box<PlanView>>,
    /// What the run may take.
    #[serde(default)]
    pub limits: RunLimits,
    /// Devices that must not be used. The processor is always there.
    #[serde(default)]
    pub forbidden: Vec<DeviceId>,
    /// Threads that compute on the processor; none for as many as it has.
    #[serde(default)]
    pub threads: Option<usize>,
}

/// What a run may take.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunLimits {
    /// It is stopped after this long [s].
    pub time_s: Option<f64>,
    /// No plan uses more memory at once on a device [bytes].
    pub memory_bytes: Option<u64>,
    /// So many tasks compute at once at most.
    pub branches: Option<usize>,
}

/// A run that waits for its turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueuedRun {
    /// Its number in the queue's book: it stays the same wherever the run stands.
    pub id: i64,
    /// Path of the project, or a word for one that was never saved.
    pub project: String,
    /// When it was queued, RFC 3339.
    pub queued_at: String,
    /// Where it was asked to compute.
    pub device: Option<DeviceId>,
    /// Its seed, if one was asked for.
    pub seed: Option<u64>,
}

/// A change of the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueChange {
    /// A run is put at the end; it begins at once where nothing is going on and the queue is not held.
    Add(Box<RunRequest>),
    /// A run goes to another place, counted from 0.
    Move {
        /// The run's number in the queue's book.
        id: i64,
        /// Its new place.
        to: usize,
    },
    /// A run is given up.
    Remove {
        /// The run's number in the queue's book.
        id: i64,
    },
    /// Nothing begins from now on (true), or the next one does (false).
    Hold(bool),
}

/// A command. Answers come as events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Command {
    /// Starts a run. Refused while one is going on.
    Run(Box<RunRequest>),
    /// Stops the run that is going on; models keep what they have learnt so far.
    Stop,
    /// Stops computing at the next step until [`Command::Continue`].
    Pause,
    /// Goes on after a pause.
    Continue,
    /// Goes on with a run that was interrupted or stopped.
    Resume {
        /// The run.
        run: RunId,
    },
    /// Changes a parameter of a node that is computing, from its next step on.
    SetLive {
        /// The node.
        node: NodeId,
        /// The parameter.
        param: String,
        /// Its value.
        value: Value,
    },
    /// Asks for the history of runs, of one project or of all.
    ListRuns {
        /// Identifier of the project.
        project_id: Option<String>,
    },
    /// Asks for all that is kept of a run.
    GetRun {
        /// The run.
        run: RunId,
    },
    /// Asks what a node gives. A later request for the same node takes the place of an earlier one, which is not
    /// answered any more.
    Preview(Box<PreviewRequest>),
    /// Gives up what was asked about a node: it is gone, or is not to be looked at. Nothing answers.
    CancelPreview {
        /// The node.
        node: NodeId,
    },
    /// Asks what can compute here.
    ListDevices {
        /// Whether to test every device anew.
        refresh: bool,
    },
    /// Asks how much is kept that could be made again.
    MeasureKept,
    /// Clears what is kept of these kinds, and asks how much is left. What a run that goes on uses, here or in another
    /// program, stays.
    ClearKept {
        /// What is to be cleared.
        kinds: BTreeSet<Kept>,
    },
    /// Asks for the events from this number on, as far as they are kept.
    ReadEvents {
        /// The first number that is wanted.
        from: u64,
    },
    /// Asks for plans without running them.
    Plan(Box<PlanRequest>),
    /// Gives up a question for plans; what was found so far is the answer.
    CancelPlan {
        /// Its number.
        ticket: u64,
    },
    /// Changes the queue of runs. The answer is the queue.
    Queue(QueueChange),
    /// Asks for the queue of runs.
    ListQueue,
    /// Ends the engine: the run that is going on is stopped, workers are ended.
    Shutdown,
}
