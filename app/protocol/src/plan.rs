//! A plan as it is shown and printed: see 'JSON of a plan' in the documentation of the command line.

use serde::{Deserialize, Serialize};

use crate::device::DeviceId;

/// Start, device and mode of every task, with the bound that it is held against.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PlanView {
    /// Name of the scheduling rule.
    pub algorithm: String,
    /// When the last task ends [s].
    pub makespan_s: f64,
    /// No plan can end earlier [s].
    pub lower_bound_s: f64,
    /// (makespan - bound) / bound.
    pub gap: f64,
    /// Classical serial index of the workflow [s].
    pub serial_index_s: f64,
    /// Devices that the plan may use.
    pub devices: Vec<DeviceId>,
    /// The tasks.
    pub tasks: Vec<PlannedTask>,
    /// Transfers between devices of separate memories.
    pub transfers: Vec<PlannedTransfer>,
}

/// One task of a plan. All times are estimates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedTask {
    /// Number of the task.
    pub id: usize,
    /// Name of its node.
    pub node: String,
    /// `train`, `deploy` or `run`.
    pub phase: String,
    /// Where it computes.
    pub device: DeviceId,
    /// How it computes: threads, precision.
    pub mode: String,
    /// When it starts [s].
    pub start_s: f64,
    /// When it ends [s].
    pub finish_s: f64,
    /// Whether the whole plan ends later if it does.
    pub critical: bool,
    /// How much later it may end without the plan ending later [s].
    pub slack_s: f64,
    /// Why here, why now.
    pub reason: String,
}

/// One transfer of a plan. All times are estimates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedTransfer {
    /// Task that makes what is sent.
    pub from: usize,
    /// Task that needs it.
    pub to: usize,
    /// Name of the link.
    pub link: String,
    /// When it starts [s].
    pub start_s: f64,
    /// When it ends [s].
    pub finish_s: f64,
    /// How much is sent [bytes].
    pub bytes: u64,
}
