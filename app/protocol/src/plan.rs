//! A plan as it is shown and printed: see 'JSON of a plan' in the documentation of the command line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weft_model::{Localised, NodeId, Problem, Value};

use crate::command::RunRequest;
use crate::device::DeviceId;
use crate::event::Fault;

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
    /// Whether no plan can be shorter.
    #[serde(default)]
    pub proved: bool,
    /// Which bound is the largest: `path`, `area`, `memory`, `link`, `interval`, `proof`, …; empty where it is not known.
    #[serde(default)]
    pub bound_by: String,
    /// What one after another would take, divided by the makespan; 0 for a plan of nothing.
    #[serde(default)]
    pub speed_up: f64,
    /// When the last task ends in a good and in a bad case, 5 % and 95 % of what may come [s].
    #[serde(default)]
    pub makespan_range_s: [f64; 2],
    /// What is asked of each device, in the order of `devices`.
    #[serde(default)]
    pub loads: Vec<DeviceLoad>,
    /// Weights that stay on a device from the start of a deployment to the last run that needs them.
    #[serde(default)]
    pub residents: Vec<Resident>,
    /// What the results will take on disk [bytes]; none where it is not known.
    #[serde(default)]
    pub disk_bytes: Option<u64>,
    /// What does not fit, each with what would make it fit.
    #[serde(default)]
    pub shortages: Vec<Shortage>,
    /// The rule with its parameters.
    #[serde(default)]
    pub scheduler: SchedulerChoice,
    /// How long planning took [s].
    #[serde(default)]
    pub planned_in_s: f64,
}

/// What a plan asks of a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceLoad {
    /// The device.
    pub device: DeviceId,
    /// How many tasks of its whole width it computes at once: threads of a processor, 1 for a graphics processor.
    pub capacity: f64,
    /// Share of its capacity that is used up to the makespan, 0 to 1.
    pub busy: f64,
    /// Most memory in use at once [bytes].
    pub peak_memory_bytes: u64,
    /// How much there is [bytes]; none where it is not known.
    pub memory_bytes: Option<u64>,
}

/// Weights that stay on a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resident {
    /// The task that brings them there.
    pub task: usize,
    /// Where they are.
    pub device: DeviceId,
    /// From when on [s].
    pub start_s: f64,
    /// Until when [s].
    pub finish_s: f64,
    /// How much they take [bytes].
    pub bytes: u64,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shortage {
    /// What is short, where and by how much.
    pub message: Localised,
    /// Changes that would make it fit, the mildest first.
    pub remedies: Vec<FitRemedy>,
}

/// A change that makes a plan fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitRemedy {
    /// What it does, in a few words.
    pub label: Localised,
    /// What to change.
    pub change: FitChange,
}

/// What is changed to make a plan fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FitChange {
    /// A parameter of a node: a smaller batch.
    Param {
        /// The node, with those that own the graph it stands in.
        path: Vec<NodeId>,
        /// The parameter.
        param: String,
        /// Its new value.
        value: Value,
    },
    /// Everything that computes on a device does so on this one.
    Device(DeviceId),
    /// So many branches at once at most.
    Branches(usize),
}

/// Which rule plans, and with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchedulerChoice {
    /// Name of the rule.
    pub algorithm: String,
    /// Parameters by name; those that are left out have their usual values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, f64>,
    /// How long it may search [s]; none for what suits the size of the graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_s: Option<f64>,
    /// Seed of the search; none for the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Default for SchedulerChoice {
    fn default() -> Self {
        Self { algorithm: "auto".to_owned(), parameters: BTreeMap::new(), time_limit_s: None, seed: None }
    }
}

impl From<&str> for SchedulerChoice {
    fn from(algorithm: &str) -> Self {
        Self { algorithm: algorithm.to_owned(), ..Self::default() }
    }
}

/// A rule that plans, as windows and help show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchedulerInfo {
    /// Its name.
    pub name: String,
    /// What it does, in one sentence.
    pub summary: Localised,
    /// Who published it; empty for folklore.
    pub source: String,
    /// Whether it goes on improving until its time is up.
    pub anytime: bool,
    /// What a user may set.
    pub parameters: Vec<SchedulerParameter>,
}

/// A number that a user may set for a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchedulerParameter {
    /// Its name.
    pub name: String,
    /// What it does.
    pub help: Localised,
    /// Its unit; empty for a plain number.
    pub unit: String,
    /// Used unless the user says otherwise.
    pub default: f64,
    /// The smallest value allowed.
    pub minimum: f64,
    /// The largest value allowed.
    pub maximum: f64,
}

/// What is supposed to be otherwise than it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WhatIf {
    /// Devices that are not there.
    pub lost: Vec<DeviceId>,
    /// Devices that are there besides.
    pub imagined: Vec<ImaginedDevice>,
    /// Capacity by device, in place of its own.
    pub capacity: BTreeMap<DeviceId, f64>,
    /// Memory by device, in place of its own [bytes].
    pub memory_bytes: BTreeMap<DeviceId, u64>,
    /// By how much faster each device is.
    pub speed: BTreeMap<DeviceId, f64>,
    /// By how much longer the tasks of a node take.
    pub duration: BTreeMap<NodeId, f64>,
    /// So many branches at once at most.
    pub branches: Option<usize>,
}

/// A device that is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImaginedDevice {
    /// Its name, unlike that of any other.
    pub id: DeviceId,
    /// The device that it is like.
    pub like: DeviceId,
    /// By how much it is faster than that one.
    pub speed: f64,
}

/// A question for plans: nothing is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanRequest {
    /// Number by which the answer is known. A later question takes the place of an earlier one that is not answered yet.
    pub ticket: u64,
    /// What would be run.
    pub request: RunRequest,
    /// What is supposed to be otherwise.
    #[serde(default)]
    pub what_if: WhatIf,
    /// The rules that race; for none, the request's own plans alone.
    #[serde(default)]
    pub race: Vec<SchedulerChoice>,
}

/// What came of a question for plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Planned {
    /// The plans, in the order of the question.
    Plans(Vec<RacedPlan>),
    /// Nothing can be planned.
    Refused {
        /// Why.
        fault: Fault,
        /// The nodes at fault, each with its problem.
        problems: Vec<Problem>,
    },
}

/// What one rule made of a graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RacedPlan {
    /// The rule.
    pub scheduler: SchedulerChoice,
    /// Its plan, or why it has none.
    pub plan: Result<PlanView, Fault>,
    /// Whether it is the one to adopt: the shortest, of several the one that was found first.
    pub adopted: bool,
}

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    /// Since it began [s].
    pub elapsed_s: f64,
    /// The best makespan so far [s].
    pub makespan_s: f64,
    /// The best bound so far [s].
    pub lower_bound_s: f64,
}

/// One task of a plan. All times are estimates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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
    /// Why here, why now, in English.
    pub reason: String,
    /// The same in both languages.
    #[serde(default)]
    pub why: Localised,
    /// Its node in the graph as it runs, without subgraphs.
    #[serde(default)]
    pub node_id: Option<NodeId>,
    /// The task whose end it waits for; none where nothing holds it back.
    #[serde(default)]
    pub after: Option<usize>,
    /// How long it takes in a good and in a bad case, 5 % and 95 % of what may come [s].
    #[serde(default)]
    pub range_s: [f64; 2],
    /// Memory while it computes [bytes]; 0 where it is not known.
    #[serde(default)]
    pub memory_bytes: u64,
    /// Whether its result stands in the store.
    #[serde(default)]
    pub cached: bool,
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
