//! What window, engine and workers say to one another, as plain values that serialise.
//!
//! The window and the command line send [`Command`]s and receive [`Event`]s (numbered, never lost) and [`Sample`]s
//! (coalesced, newest wins). The engine and its workers exchange [`worker::ToWorker`] and [`worker::FromWorker`] as
//! length-prefixed messages ([`frame`]). Nothing here does anything but serialise.

pub mod artifact;
pub mod command;
pub mod device;
pub mod event;
pub mod frame;
pub mod kept;
pub mod lanes;
pub mod plan;
pub mod preview;
pub mod run;
pub mod worker;

pub use artifact::{ArtifactKey, ContentHash};
pub use command::{Command, QueueChange, QueuedRun, RunLimits, RunRequest};
pub use device::{DeviceId, DeviceInfo, DeviceKind};
pub use event::{Event, LogLevel, NodeStatus, Numbered, RunStatus, Sample};
pub use kept::{Kept, KeptReport};
pub use plan::{
    Convergence, DeviceLoad, FitChange, FitRemedy, ImaginedDevice, PlanRequest, PlanView, Planned, PlannedTask,
    PlannedTransfer, RacedPlan, Resident, SchedulerChoice, SchedulerInfo, SchedulerParameter, Shortage, WhatIf,
};
pub use preview::{Preview, PreviewBody, PreviewRequest, Strip, Thumbnail};
pub use run::{MetricPoint, Part, RunId, RunRecord, RunSummary};
