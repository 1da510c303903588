//! What the engine and a worker process say to one another.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use weft_model::Value;

use crate::device::{DeviceId, DeviceInfo};
use crate::event::{Fault, LogLevel};
use crate::preview::{LookNode, Preview};
use crate::run::{MetricPoint, Metrics};

/// Version of these messages; engine and worker are one executable, so that they always agree.
pub const PROTOCOL_VERSION: u32 = 2;

/// A task for a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Number of the task, unique within the engine's life.
    pub task: u64,
    /// Name of the node, for messages.
    pub node: String,
    /// Its kind in the catalogue.
    pub kind: String,
    /// Its parameters, defaults filled in.
    pub params: BTreeMap<String, Value>,
    /// Seed of the node's random streams.
    pub seed: u64,
    /// Artifact file of each wired input by port.
    pub inputs: BTreeMap<String, PathBuf>,
    /// Empty folder for the outputs, each a file named `PORT.EXTENSION`.
    pub out_dir: PathBuf,
    /// Folder for checkpoints. What an earlier, broken attempt left there is gone on from.
    pub checkpoint_dir: PathBuf,
    /// Folder that relative paths of parameters start from.
    pub base_dir: PathBuf,
}

/// A message to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Do this. A worker does one thing at a time.
    Run(Job),
    /// Stop the task at its next step and give what there is.
    Stop {
        /// The task.
        task: u64,
    },
    /// Wait at the next step (true), or go on (false).
    Pause {
        /// The task.
        task: u64,
        /// Whether to wait.
        paused: bool,
    },
    /// Change a parameter from the next step on.
    SetLive {
        /// The task.
        task: u64,
        /// The parameter.
        param: String,
        /// Its value.
        value: Value,
    },
    /// Look at what the last of these nodes gives; answered by [`FromWorker::Previewed`].
    Preview {
        /// Number that comes back with the answer.
        request: u64,
        /// The node and everything that feeds it, each after what feeds it.
        chain: Vec<LookNode>,
        /// Folder that relative paths start from.
        base_dir: PathBuf,
    },
    /// Give up a look at its next step; it is answered all the same, soon.
    CancelPreview {
        /// Its number.
        request: u64,
    },
    /// Answer with [`FromWorker::Pong`] at once.
    Ping {
        /// Comes back with the answer.
        number: u64,
    },
    /// End.
    Exit,
}

/// One output of a finished task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The output port.
    pub port: String,
    /// Its file in [`Job::out_dir`].
    pub file: PathBuf,
}

/// A message from a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// Ready to work: the first message.
    Ready {
        /// [`PROTOCOL_VERSION`].
        protocol: u32,
        /// Version of the program.
        version: String,
        /// The device that it computes on.
        device: DeviceInfo,
    },
    /// Alive: at least once a second, whatever it does, with the number of steps of work done so far. A task whose
    /// number does not move for long hangs.
    Heartbeat {
        /// Steps of work since the worker began.
        beats: u64,
    },
    /// Answer to a ping.
    Pong {
        /// The ping's number.
        number: u64,
    },
    /// How far the task is.
    Progress {
        /// The task.
        task: u64,
        /// Steps done.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Epoch that is going on, counted from 1.
        epoch: Option<u32>,
        /// Epochs in all.
        epochs: Option<u32>,
        /// How long it will take from now on [s], an estimate.
        eta_s: Option<f64>,
    },
    /// Measured numbers.
    Metrics {
        /// The task.
        task: u64,
        /// The numbers, in order.
        points: Vec<MetricPoint>,
    },
    /// A checkpoint stands complete in the checkpoint folder.
    Checkpoint {
        /// The task.
        task: u64,
        /// Epochs that it holds.
        epoch: u32,
        /// Steps that it holds.
        step: u64,
    },
    /// Something worth knowing.
    Log {
        /// The task.
        task: Option<u64>,
        /// How much it matters.
        level: LogLevel,
        /// What happened.
        message: String,
    },
    /// The task is done.
    Done {
        /// The task.
        task: u64,
        /// Its outputs.
        outputs: Vec<Output>,
        /// What it measured.
        metrics: Metrics,
        /// A word on the result for the node's body.
        summary: Option<String>,
        /// Whether it was stopped before its end; its outputs then hold what there is, and are not cached.
        stopped: bool,
    },
    /// The task failed.
    Failed {
        /// The task.
        task: u64,
        /// What went wrong.
        fault: Fault,
        /// What there is all the same: the last good model.
        outputs: Vec<Output>,
    },
    /// Answer to a preview.
    Previewed {
        /// The request's number.
        request: u64,
        /// What was seen, or what went wrong.
        result: Result<Preview, Fault>,
    },
}

/// What `weft worker` is started for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkerRole {
    /// To do tasks on a device.
    Compute(DeviceId),
    /// To look at data, behind everything else that the machine does.
    Preview,
    /// To list the devices that there are, as JSON lines of [`DeviceInfo`], and end.
    ListDevices,
    /// To try a device with a small training and compare with the processor's result, and end.
    SelfTest(DeviceId),
}
