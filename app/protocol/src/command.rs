//! What the window and the command line ask of the engine.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use weft_model::{NodeId, Value};

use crate::device::DeviceId;
use crate::preview::PreviewRequest;
use crate::run::RunId;

/// What to run, frozen: later edits do not touch it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Name of the scheduling rule; none for the default.
    pub scheduler: Option<String>,
    /// Devices that must not be used. The processor is always there.
    #[serde(default)]
    pub forbidden: Vec<DeviceId>,
    /// Threads that compute on the processor; none for as many as it has.
    #[serde(default)]
    pub threads: Option<usize>,
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
    /// Asks for the events from this number on, as far as they are kept.
    ReadEvents {
        /// The first number that is wanted.
        from: u64,
    },
    /// Ends the engine: the run that is going on is stopped, workers are ended.
    Shutdown,
}
