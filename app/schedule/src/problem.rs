//! The problem: tasks, modes, devices, links and wires, checked once and laid out flat for the search.
//!
//! Must not know how a plan is made. Every index in a [`Problem`] is valid, every number finite and in range, the wires
//! have no cycle, and every task has a mode that fits an empty device: the algorithms rely on it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Position of a task in [`Problem::tasks`].
pub type TaskIndex = usize;
/// Position of a device in [`Problem::devices`].
pub type DeviceIndex = usize;

/// Which part of a service a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Learning parameters from data.
    Train,
    /// Bringing weights onto a device, where they stay until the last run of the same node.
    Deploy,
    /// Doing the work: also the phase of a node that knows no other.
    Run,
}

impl Phase {
    /// All phases in the order in which a service passes through them.
    pub const ALL: [Phase; 3] = [Phase::Train, Phase::Deploy, Phase::Run];

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Train => "train",
            Phase::Deploy => "deploy",
            Phase::Run => "run",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One way to execute a task: on which device, how long, with how much of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mode {
    /// The device that computes.
    pub device: DeviceIndex,
    /// How long the task takes in this mode, in seconds.
    pub duration_s: f64,
    /// Compute taken from the device while the task is active, in the unit of [`Device::capacity`]: with the default
    /// capacity of 1 it is the fraction of the device, 1 meaning the whole of it.
    pub compute_share: f64,
    /// Peak memory on the device while the task is active, in bytes.
    pub memory_bytes: u64,
    /// Weights that stay on the device after a deploy, in bytes: from its start to the end of the last run of the same
    /// node, on top of `memory_bytes`. Has no effect in the modes of other phases, whose weights are in `memory_bytes`.
    pub weights_bytes: u64,
    /// Accuracy lost by choosing this mode (a fraction: 0.01 is one percentage point); 0 for exact modes.
    pub accuracy_loss: f64,
    /// What the mode is called, for people ("8-bit", "batch 128"); empty when the device says it all.
    #[serde(default)]
    pub name: String,
}

impl Mode {
    /// A mode that takes the whole of a device of capacity 1 for `duration_s` seconds, without memory or loss.
    pub fn on(device: DeviceIndex, duration_s: f64) -> Self {
        Self {
            device,
            duration_s,
            compute_share: 1.0,
            memory_bytes: 0,
            weights_bytes: 0,
            accuracy_loss: 0.0,
            name: String::new(),
        }
    }

    /// Takes only this much of the device, in the unit of its capacity.
    pub fn share(mut self, compute_share: f64) -> Self {
        self.compute_share = compute_share;
        self
    }

    /// Needs this peak memory, in bytes.
    pub fn memory(mut self, memory_bytes: u64) -> Self {
        self.memory_bytes = memory_bytes;
        self
    }

    /// Leaves these weights resident, in bytes (deploy only).
    pub fn weights(mut self, weights_bytes: u64) -> Self {
        self.weights_bytes = weights_bytes;
        self
    }

    /// Costs this much accuracy.
    pub fn loss(mut self, accuracy_loss: f64) -> Self {
        self.accuracy_loss = accuracy_loss;
        self
    }

    /// Is called this.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

/// One node, or one phase of it, made ready to execute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// What people call it.
    pub name: String,
    /// Which part of its node it is.
    pub phase: Phase,
    /// The ways to execute it; at least one.
    pub modes: Vec<Mode>,
    /// Not to be started before this, in seconds from the plan's zero.
    pub release_s: f64,
    /// Weight of its finish in the second objective Σ π F; larger is more urgent, 0 for none.
    pub priority: f64,
    /// The node it belongs to: tasks of one node share it. A run sits where its node's deploy put the weights.
    pub node: u32,
}

impl Task {
    /// A task that may start at once, of a node of its own: [`Problem::new`] numbers the nodes left at `u32::MAX`.
    pub fn new(name: impl Into<String>, phase: Phase, modes: Vec<Mode>) -> Self {
        Self { name: name.into(), phase, modes, release_s: 0.0, priority: 0.0, node: u32::MAX }
    }

    /// Belongs to this node.
    pub fn of_node(mut self, node: u32) -> Self {
        self.node = node;
        self
    }

    /// Does not start before `release_s`.
    pub fn released_at(mut self, release_s: f64) -> Self {
        self.release_s = release_s;
        self
    }

    /// Has this priority.
    pub fn with_priority(mut self, priority: f64) -> Self {
        self.priority = priority;
        self
    }
}

/// Something that computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// What people call it.
    pub name: String,
    /// How much compute it has: the shares of active tasks sum to this at most. A CPU may count cores, a GPU is 1.
    pub capacity: f64,
    /// Memory in bytes; `None` where it is unlimited or unknown.
    pub memory_bytes: Option<u64>,
    /// Devices with the same group see the same memory, so that nothing is sent between them. Their limits stay their
    /// own.
    pub memory_group: Option<u32>,
}

impl Device {
    /// A device of capacity 1 with unlimited memory of its own.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), capacity: 1.0, memory_bytes: None, memory_group: None }
    }

    /// Has this capacity.
    pub fn capacity(mut self, capacity: f64) -> Self {
        self.capacity = capacity;
        self
    }

    /// Has this much memory, in bytes.
    pub fn memory(mut self, memory_bytes: u64) -> Self {
        self.memory_bytes = Some(memory_bytes);
        self
    }

    /// Shares its memory with the devices of this group.
    pub fn shares_memory(mut self, group: u32) -> Self {
        self.memory_group = Some(group);
        self
    }
}

/// A wire: `to` needs what `from` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The task that makes the data.
    pub from: TaskIndex,
    /// The task that waits for it.
    pub to: TaskIndex,
    /// How much is sent when the two sit on devices without common memory, in bytes.
    pub bytes: u64,
}

/// Something that transfers occupy while they are under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What people call it.
    pub name: String,
    /// How many transfers pass at the same time at full speed; `None` for any number (no contention).
    pub channels: Option<u32>,
}

/// How devices reach one another: square matrices, row to column, in the order of the devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Links {
    /// Bytes per second from row to column, row-major; infinite (or, in JSON, null) where sending takes no time.
    #[serde(with = "infinite_as_null")]
    pub bandwidth_bytes_per_s: Vec<f64>,
    /// Seconds before the first byte arrives, row-major.
    pub latency_s: Vec<f64>,
    /// Which of `links` the pair uses, row-major; ignored on the diagonal.
    pub link: Vec<usize>,
    /// The links that the pairs share.
    pub links: Vec<Link>,
}

/// JSON has no infinity.
mod infinite_as_null {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|v| v.is_finite().then_some(*v)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let values = Vec::<Option<f64>>::deserialize(deserializer)?;
        Ok(values.into_iter().map(|v| v.unwrap_or(f64::INFINITY)).collect())
    }
}

impl Links {
    /// Every pair of `devices` is joined by one common link, such as a bus or a switch.
    pub fn uniform(devices: usize, bandwidth_bytes_per_s: f64, latency_s: f64, channels: Option<u32>) -> Self {
        Self {
            bandwidth_bytes_per_s: vec![bandwidth_bytes_per_s; devices * devices],
            latency_s: vec![latency_s; devices * devices],
            link: vec![0; devices * devices],
            links: vec![Link { name: "link".to_owned(), channels }],
        }
    }

    /// Sending takes no time: precedence only.
    pub fn instant(devices: usize) -> Self {
        Self::uniform(devices, f64::INFINITY, 0.0, None)
    }

    /// Each ordered pair has a link of its own with this many channels. Both matrices are row-major, row to column.
    pub fn pairwise(
        devices: usize,
        bandwidth_bytes_per_s: Vec<f64>,
        latency_s: Vec<f64>,
        channels: Option<u32>,
    ) -> Self {
        let links = (0..devices * devices)
            .map(|pair| Link { name: format!("{} to {}", pair / devices, pair % devices), channels })
            .collect();
        Self { bandwidth_bytes_per_s, latency_s, link: (0..devices * devices).collect(), links }
    }
}

/// Why a problem is refused: what is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// There is nothing to compute on.
    #[error("there is no device to plan for: add one")]
    NoDevice,
    /// A number is negative, infinite or not a number.
    #[error("{what} of {name:?} is {value}, which is out of range: {expected}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// Of which task, device or wire.
        name: String,
        /// What it is.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A wire, mode or link names something that does not exist.
    #[error("{what} of {name:?} names number {index}, but there are only {count}")]
    NoSuchIndex {
        /// What names it.
        what: &'static str,
        /// Of which task, device or wire.
        name: String,
        /// The number named.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A matrix of [`Links`] has not one entry for every pair of devices.
    #[error("the matrix of {what} has {found} entries, {expected} are needed: one for every pair of devices")]
    MatrixSize {
        /// Which matrix.
        what: &'static str,
        /// Entries it has.
        found: usize,
        /// Entries it needs.
        expected: usize,
    },
    /// The wires lead in a circle.
    #[error("the tasks wait for one another in a circle: {}; remove one of these wires", .tasks.join(" -> "))]
    Cycle {
        /// The tasks on the circle, the first repeated at the end.
        tasks: Vec<String>,
    },
    /// A task cannot be executed in any way at all.
    #[error("{task:?} has no mode: give it at least one device to run on")]
    NoMode {
        /// The task.
        task: String,
    },
    /// A task needs more than any of its devices has, even when nothing else is there.
    #[error(
        "{task:?} fits no device, even an empty one: on {device:?} it needs {needed} {what} and there is {available}; \
         make it smaller or allow another device"
    )]
    FitsNoDevice {
        /// The task.
        task: String,
        /// The device where least is missing.
        device: String,
        /// "bytes of memory" or "of compute".
        what: &'static str,
        /// How much of it is needed.
        needed: f64,
        /// How much there is.
        available: f64,
    },
    /// A node's deploy and its runs have no device in common that holds the weights and what the run needs.
    #[error(
        "no device can hold the weights of {deploy:?} and execute {run:?} beside them: a run sits where its weights \
         are, so allow both one device with enough memory"
    )]
    RunApartFromWeights {
        /// The deploy task.
        deploy: String,
        /// The run task.
        run: String,
    },
    /// Two tasks deploy the same node.
    #[error("{first:?} and {second:?} both deploy the same node: a node has one deploy at most")]
    TwoDeploys {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// Even the most exact modes lose more accuracy than is allowed.
    #[error(
        "the most exact modes lose {least} of accuracy together and the budget is {budget}: raise it or allow more \
         exact modes"
    )]
    AccuracyBudget {
        /// Sum of the smallest losses.
        least: f64,
        /// What is allowed.
        budget: f64,
    },
}

/// A problem as it is written down: what [`Problem`] is made from and saved as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProblemInput {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The devices.
    pub devices: Vec<Device>,
    /// How the devices reach one another.
    pub links: Links,
    /// The wires.
    pub edges: Vec<Edge>,
    /// The accuracy that may be lost over all tasks together; `None` for any.
    #[serde(default)]
    pub accuracy_budget: Option<f64>,
}

/// A checked problem, laid out in flat arrays.
///
/// Modes are numbered through all tasks; those of task `j` are [`Problem::modes_of`]`(j)`, so that the local number of a
/// flat mode is its distance from the range's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ProblemInput", into = "ProblemInput")]
pub struct Problem {
    input: ProblemInput,
    mode_start: Vec<usize>,
    pub(crate) modes: FlatModes,
    predecessors: Adjacency,
    successors: Adjacency,
    topological: Vec<TaskIndex>,
    deploy_of: Vec<Option<TaskIndex>>,
    runs_of: Vec<Vec<TaskIndex>>,
    pub(crate) capacity_units: Vec<u64>,
    pub(crate) transfer_latency_s: Vec<f64>,
    pub(crate) transfer_s_per_byte: Vec<f64>,
}

/// Per-mode columns, one entry a mode of any task.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct FlatModes {
    pub device: Vec<u32>,
    pub duration_s: Vec<f64>,
    /// Compute in billionths of a unit, so that sums are exact.
    pub units: Vec<u64>,
    pub memory_bytes: Vec<u64>,
    pub weights_bytes: Vec<u64>,
    pub accuracy_loss: Vec<f64>,
    /// Fits its device when that is empty, together with what its node needs there.
    pub admissible: Vec<bool>,
}

/// Compressed rows: for each task the edges (by number) that enter or leave it.
#[derive(Debug, Clone, PartialEq, Default)]
struct Adjacency {
    start: Vec<usize>,
    edge: Vec<usize>,
}

impl Adjacency {
    fn new(tasks: usize, ends: impl Iterator<Item = usize> + Clone) -> Self {
        let mut start = vec![0; tasks + 1];
        for end in ends.clone() {
            start[end + 1] += 1;
        }
        for i in 0..tasks {
            start[i + 1] += start[i];
        }
        let mut next = start.clone();
        let mut edge = vec![0; start[tasks]];
        for (number, end) in ends.enumerate() {
            edge[next[end]] = number;
            next[end] += 1;
        }
        Self { start, edge }
    }

    fn of(&self, task: TaskIndex) -> &[usize] {
        &self.edge[self.start[task]..self.start[task + 1]]
    }
}

const UNITS_PER_SHARE: f64 = 1e9;
/// Larger capacities would leave the exact range of the sums.
const LARGEST_CAPACITY: f64 = 1e6;

fn in_range(ok: bool, what: &'static str, name: &str, value: f64, expected: &'static str) -> Result<(), ProblemError> {
    if ok { Ok(()) } else { Err(ProblemError::OutOfRange { what, name: name.to_owned(), value, expected }) }
}

impl Problem {
    /// Checks and lays out a problem without an accuracy budget. See [`Problem::from_input`].
    ///
    /// # Errors
    ///
    /// The first constraint that no plan could meet, or the first number that makes no sense.
    pub fn new(tasks: Vec<Task>, devices: Vec<Device>, links: Links, edges: Vec<Edge>) -> Result<Self, ProblemError> {
        Self::from_input(ProblemInput { tasks, devices, links, edges, accuracy_budget: None })
    }

    /// Checks and lays out a problem.
    ///
    /// Tasks whose node is `u32::MAX` get a node of their own. A wire without data is added from a deploy to each run of
    /// its node where there is none.
    ///
    /// # Errors
    ///
    /// The first constraint that no plan could meet, or the first number that makes no sense.
    pub fn from_input(mut input: ProblemInput) -> Result<Self, ProblemError> {
        check_numbers(&input)?;
        number_nodes(&mut input.tasks);
        let (deploy_of, runs_of) = residency(&mut input)?;

        let count = input.tasks.len();
        let predecessors = Adjacency::new(count, input.edges.iter().map(|e| e.to));
        let successors = Adjacency::new(count, input.edges.iter().map(|e| e.from));
        let topological = topological_order(&input, &predecessors, &successors)?;

        let mut mode_start = Vec::with_capacity(count + 1);
        let mut modes = FlatModes::default();
        mode_start.push(0);
        for task in &input.tasks {
            for mode in &task.modes {
                modes.device.push(mode.device as u32);
                modes.duration_s.push(mode.duration_s);
                modes.units.push((mode.compute_share * UNITS_PER_SHARE).round() as u64);
                modes.memory_bytes.push(mode.memory_bytes);
                modes.weights_bytes.push(if task.phase == Phase::Deploy { mode.weights_bytes } else { 0 });
                modes.accuracy_loss.push(mode.accuracy_loss);
                modes.admissible.push(true);
            }
            mode_start.push(modes.device.len());
        }
        let n = input.devices.len();
        let capacity_units: Vec<u64> =
            input.devices.iter().map(|d| (d.capacity * UNITS_PER_SHARE).round() as u64).collect();
        let mut transfer_latency_s = vec![0.0; n * n];
        let mut transfer_s_per_byte = vec![0.0; n * n];
        for a in 0..n {
            for b in 0..n {
                let together = a == b
                    || (input.devices[a].memory_group.is_some()
                        && input.devices[a].memory_group == input.devices[b].memory_group);
                if !together {
                    transfer_latency_s[a * n + b] = input.links.latency_s[a * n + b];
                    transfer_s_per_byte[a * n + b] = 1.0 / input.links.bandwidth_bytes_per_s[a * n + b];
                }
            }
        }
        let mut problem = Self {
            input,
            mode_start,
            modes,
            predecessors,
            successors,
            topological,
            deploy_of,
            runs_of,
            capacity_units,
            transfer_latency_s,
            transfer_s_per_byte,
        };
        problem.find_admissible()?;
        problem.check_accuracy()?;
        Ok(problem)
    }

    /// Rules out the modes that fit no empty device, and the deploys after which a run of the node would not fit.
    fn find_admissible(&mut self) -> Result<(), ProblemError> {
        for task in 0..self.tasks().len() {
            let mut nearest: Option<(f64, ProblemError)> = None;
            let mut any = false;
            for m in self.modes_of(task) {
                let d = self.modes.device[m] as usize;
                let device = &self.input.devices[d];
                let needed_bytes = self.modes.memory_bytes[m] as f64 + self.modes.weights_bytes[m] as f64;
                let available_bytes = device.memory_bytes.map_or(f64::INFINITY, |b| b as f64);
                let (needed, available, what) = if self.modes.units[m] > self.capacity_units[d] {
                    (self.modes.units[m] as f64 / UNITS_PER_SHARE, device.capacity, "of compute")
                } else if needed_bytes > available_bytes {
                    (needed_bytes, available_bytes, "bytes of memory")
                } else {
                    any = true;
                    continue;
                };
                self.modes.admissible[m] = false;
                let missing = (needed - available) / needed;
                if nearest.as_ref().is_none_or(|(least, _)| missing < *least) {
                    let error = ProblemError::FitsNoDevice {
                        task: self.input.tasks[task].name.clone(),
                        device: device.name.clone(),
                        what,
                        needed,
                        available,
                    };
                    nearest = Some((missing, error));
                }
            }
            if let (false, Some((_, error))) = (any, nearest) {
                return Err(error);
            }
        }
        for deploy in 0..self.tasks().len() {
            if self.runs_of[deploy].is_empty() {
                continue;
            }
            let mut any = false;
            let mut unfit = self.runs_of[deploy][0];
            for m in self.modes_of(deploy) {
                if !self.modes.admissible[m] {
                    continue;
                }
                let device = self.modes.device[m];
                let room = self.input.devices[device as usize]
                    .memory_bytes
                    .map(|bytes| bytes.saturating_sub(self.modes.weights_bytes[m]));
                let homeless = self.runs_of[deploy].iter().copied().find(|&run| {
                    !self.modes_of(run).any(|r| {
                        self.modes.admissible[r]
                            && self.modes.device[r] == device
                            && room.is_none_or(|room| self.modes.memory_bytes[r] <= room)
                    })
                });
                match homeless {
                    Some(run) => {
                        self.modes.admissible[m] = false;
                        unfit = run;
                    }
                    None => any = true,
                }
            }
            if !any {
                return Err(ProblemError::RunApartFromWeights {
                    deploy: self.input.tasks[deploy].name.clone(),
                    run: self.input.tasks[unfit].name.clone(),
                });
            }
        }
        Ok(())
    }

    fn check_accuracy(&self) -> Result<(), ProblemError> {
        let Some(budget) = self.input.accuracy_budget else { return Ok(()) };
        let least: f64 = (0..self.tasks().len()).map(|task| self.least_loss(task)).sum();
        if least > budget + 1e-12 {
            return Err(ProblemError::AccuracyBudget { least, budget });
        }
        Ok(())
    }

    /// The smallest accuracy loss among the admissible modes of a task.
    pub(crate) fn least_loss(&self, task: TaskIndex) -> f64 {
        self.modes_of(task)
            .filter(|&m| self.modes.admissible[m])
            .map(|m| self.modes.accuracy_loss[m])
            .fold(f64::INFINITY, f64::min)
    }

    /// The tasks.
    pub fn tasks(&self) -> &[Task] {
        &self.input.tasks
    }

    /// The devices.
    pub fn devices(&self) -> &[Device] {
        &self.input.devices
    }

    /// How the devices reach one another.
    pub fn links(&self) -> &Links {
        &self.input.links
    }

    /// The wires, those from a deploy to its runs included.
    pub fn edges(&self) -> &[Edge] {
        &self.input.edges
    }

    /// The accuracy that may be lost over all tasks together.
    pub fn accuracy_budget(&self) -> Option<f64> {
        self.input.accuracy_budget
    }

    /// The problem as it can be written down.
    pub fn input(&self) -> &ProblemInput {
        &self.input
    }

    /// The flat numbers of a task's modes.
    pub fn modes_of(&self, task: TaskIndex) -> Range<usize> {
        self.mode_start[task]..self.mode_start[task + 1]
    }

    /// Whether the task's mode of this local number fits its device when nothing else is there.
    pub fn is_admissible(&self, task: TaskIndex, mode: usize) -> bool {
        mode < self.input.tasks[task].modes.len() && self.modes.admissible[self.mode_start[task] + mode]
    }

    /// The wires that enter a task, by number.
    pub fn incoming(&self, task: TaskIndex) -> impl Iterator<Item = &Edge> + '_ {
        self.predecessors.of(task).iter().map(|&number| &self.input.edges[number])
    }

    /// The wires that leave a task.
    pub fn outgoing(&self, task: TaskIndex) -> impl Iterator<Item = &Edge> + '_ {
        self.successors.of(task).iter().map(|&number| &self.input.edges[number])
    }

    /// The tasks so ordered that every wire leads forwards; among the possible orders the one with the smallest numbers
    /// first.
    pub fn topological_order(&self) -> &[TaskIndex] {
        &self.topological
    }

    /// The deploy on whose device a run has to be; `None` for other phases and nodes without one.
    pub fn deploy_of(&self, task: TaskIndex) -> Option<TaskIndex> {
        self.deploy_of[task]
    }

    /// The runs that need what a deploy made resident; empty for other phases.
    pub fn runs_of(&self, task: TaskIndex) -> &[TaskIndex] {
        &self.runs_of[task]
    }

    /// Whether two devices see the same memory, so that nothing is sent between them.
    pub fn share_memory(&self, a: DeviceIndex, b: DeviceIndex) -> bool {
        let group = self.input.devices[a].memory_group;
        a == b || (group.is_some() && group == self.input.devices[b].memory_group)
    }

    /// Seconds that `bytes` take from one device to another, λ + b / B; zero when they share memory.
    pub fn transfer_s(&self, from: DeviceIndex, to: DeviceIndex, bytes: u64) -> f64 {
        let pair = from * self.input.devices.len() + to;
        self.transfer_latency_s[pair] + bytes as f64 * self.transfer_s_per_byte[pair]
    }

    /// The link that transfers from one device to another occupy.
    pub fn link_of(&self, from: DeviceIndex, to: DeviceIndex) -> usize {
        self.input.links.link[from * self.input.devices.len() + to]
    }
}

impl TryFrom<ProblemInput> for Problem {
    type Error = ProblemError;

    fn try_from(input: ProblemInput) -> Result<Self, ProblemError> {
        Self::from_input(input)
    }
}

impl From<Problem> for ProblemInput {
    fn from(problem: Problem) -> Self {
        problem.input
    }
}

fn check_numbers(input: &ProblemInput) -> Result<(), ProblemError> {
    let n = input.devices.len();
    if n == 0 {
        return Err(ProblemError::NoDevice);
    }
    for device in &input.devices {
        let c = device.capacity;
        let ok = c > 0.0 && c <= LARGEST_CAPACITY;
        in_range(ok, "the capacity", &device.name, c, "it has to be above 0 and at most a million")?;
    }
    let links = &input.links;
    let sizes = [
        ("bandwidths", links.bandwidth_bytes_per_s.len()),
        ("latencies", links.latency_s.len()),
        ("links", links.link.len()),
    ];
    for (what, found) in sizes {
        if found != n * n {
            return Err(ProblemError::MatrixSize { what, found, expected: n * n });
        }
    }
    for pair in (0..n * n).filter(|pair| pair / n != pair % n) {
        let name = format!("{} to {}", input.devices[pair / n].name, input.devices[pair % n].name);
        let bandwidth = links.bandwidth_bytes_per_s[pair];
        in_range(bandwidth > 0.0, "the bandwidth", &name, bandwidth, "it has to be above 0")?;
        let latency = links.latency_s[pair];
        in_range(latency >= 0.0 && latency.is_finite(), "the latency", &name, latency, "it has to be 0 or more")?;
        if links.link[pair] >= links.links.len() {
            let (index, count) = (links.link[pair], links.links.len());
            return Err(ProblemError::NoSuchIndex { what: "the link", name, index, count });
        }
    }
    for link in &links.links {
        in_range(link.channels != Some(0), "the number of channels", &link.name, 0.0, "it has to be 1 or more")?;
    }
    if let Some(budget) = input.accuracy_budget {
        in_range(budget >= 0.0, "the budget", "accuracy", budget, "it has to be 0 or more")?;
    }
    for task in &input.tasks {
        let non_negative = |what, value: f64| {
            let ok = value >= 0.0 && value.is_finite();
            in_range(ok, what, &task.name, value, "it has to be finite and 0 or more")
        };
        non_negative("the release time", task.release_s)?;
        non_negative("the priority", task.priority)?;
        if task.modes.is_empty() {
            return Err(ProblemError::NoMode { task: task.name.clone() });
        }
        for mode in &task.modes {
            if mode.device >= n {
                let name = task.name.clone();
                return Err(ProblemError::NoSuchIndex { what: "the device", name, index: mode.device, count: n });
            }
            non_negative("the duration", mode.duration_s)?;
            non_negative("the compute share", mode.compute_share)?;
            non_negative("the accuracy loss", mode.accuracy_loss)?;
        }
    }
    let count = input.tasks.len();
    for (number, edge) in input.edges.iter().enumerate() {
        for (what, index) in [("the start", edge.from), ("the end", edge.to)] {
            if index >= count {
                let name = format!("wire {number}");
                return Err(ProblemError::NoSuchIndex { what, name, index, count });
            }
        }
    }
    Ok(())
}

fn number_nodes(tasks: &mut [Task]) {
    let mut next = tasks.iter().map(|t| t.node).filter(|&n| n != u32::MAX).max().map_or(0, |n| n + 1);
    for task in tasks {
        if task.node == u32::MAX {
            task.node = next;
            next += 1;
        }
    }
}

type Residency = (Vec<Option<TaskIndex>>, Vec<Vec<TaskIndex>>);

/// Which run belongs to which deploy, with a wire between them where there was none.
fn residency(input: &mut ProblemInput) -> Result<Residency, ProblemError> {
    let mut deploy_of_node = std::collections::HashMap::new();
    for (index, task) in input.tasks.iter().enumerate().filter(|(_, t)| t.phase == Phase::Deploy) {
        if let Some(first) = deploy_of_node.insert(task.node, index) {
            let first: &Task = &input.tasks[first];
            return Err(ProblemError::TwoDeploys { first: first.name.clone(), second: task.name.clone() });
        }
    }
    let mut deploy_of = vec![None; input.tasks.len()];
    let mut runs_of = vec![Vec::new(); input.tasks.len()];
    if deploy_of_node.is_empty() {
        return Ok((deploy_of, runs_of));
    }
    let wired: std::collections::HashSet<(usize, usize)> = input.edges.iter().map(|e| (e.from, e.to)).collect();
    for (run, task) in input.tasks.iter().enumerate().filter(|(_, t)| t.phase == Phase::Run) {
        if let Some(&deploy) = deploy_of_node.get(&task.node) {
            deploy_of[run] = Some(deploy);
            runs_of[deploy].push(run);
            if !wired.contains(&(deploy, run)) {
                input.edges.push(Edge { from: deploy, to: run, bytes: 0 });
            }
        }
    }
    Ok((deploy_of, runs_of))
}

fn topological_order(
    input: &ProblemInput,
    predecessors: &Adjacency,
    successors: &Adjacency,
) -> Result<Vec<TaskIndex>, ProblemError> {
    use std::{cmp::Reverse, collections::BinaryHeap};
    let count = input.tasks.len();
    let mut waiting: Vec<usize> = (0..count).map(|task| predecessors.of(task).len()).collect();
    let mut ready: BinaryHeap<Reverse<usize>> = (0..count).filter(|&task| waiting[task] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(task)) = ready.pop() {
        order.push(task);
        for &edge in successors.of(task) {
            let to = input.edges[edge].to;
            waiting[to] -= 1;
            if waiting[to] == 0 {
                ready.push(Reverse(to));
            }
        }
    }
    if order.len() == count {
        return Ok(order);
    }
    // Going back along waiting predecessors from any waiting task must come round.
    let mut seen_at = vec![usize::MAX; count];
    let mut path = Vec::new();
    let mut task = (0..count).find(|&task| waiting[task] > 0).unwrap_or(0);
    while seen_at[task] == usize::MAX {
        seen_at[task] = path.len();
        path.push(task);
        task = predecessors
            .of(task)
            .iter()
            .map(|&edge| input.edges[edge].from)
            .find(|&from| waiting[from] > 0)
            .unwrap_or(task);
    }
    let mut circle: Vec<String> = path[seen_at[task]..].iter().map(|&t| input.tasks[t].name.clone()).collect();
    circle.push(input.tasks[task].name.clone());
    circle.reverse();
    Err(ProblemError::Cycle { tasks: circle })
}
