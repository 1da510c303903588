//! The problem: tasks, modes, devices, links and wires, checked once and laid out flat for the search.
//!
//! Must not know how a plan is made. Every index in a [`Problem`] is valid, every number finite and in range, the wires
//! have no cycle, and every task has a mode that fits an empty device: the algorithms rely on it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{
    budgets::Budgets,
    input::{Device, DeviceIndex, Edge, Links, Phase, ProblemInput, Resource, Task, TaskIndex},
};

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
    /// A task needs more of a resource than there is, whatever its mode.
    #[error("{task:?} needs {needed} of {resource:?} and there is {available}; make it smaller or provide more")]
    ResourceTooSmall {
        /// The task.
        task: String,
        /// The resource.
        resource: String,
        /// How much of it the most modest mode needs.
        needed: u64,
        /// How much there is.
        available: u64,
    },
    /// No choice of modes keeps a budget: even the most modest modes need more.
    #[error(
        "the most modest modes together need {least} of {resource:?} and there is {available}: raise it or allow more \
         modest modes"
    )]
    Budget {
        /// The resource.
        resource: String,
        /// Sum of the smallest amounts.
        least: u64,
        /// What there is.
        available: u64,
    },
    /// Each budget can be kept alone, but no choice of modes was found that keeps all of them.
    #[error(
        "no choice of modes was found that keeps all budgets at once ({}): raise one or allow more modest modes",
        .resources.join(", ")
    )]
    BudgetsTogether {
        /// The resources.
        resources: Vec<String>,
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
    pub(crate) budgets: Budgets,
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
    /// Where the uses of each mode begin in `uses`; one entry more than modes.
    pub use_start: Vec<u32>,
    /// Renewable resource and amount, one entry a resource that the mode takes.
    pub uses: Vec<(u32, u64)>,
    /// Fits its device when that is empty, together with what its node needs there.
    pub admissible: Vec<bool>,
}

impl FlatModes {
    /// What a mode takes of renewable resources while it is active.
    pub fn uses_of(&self, mode: usize) -> &[(u32, u64)] {
        &self.uses[self.use_start[mode] as usize..self.use_start[mode + 1] as usize]
    }
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

/// Sums of such amounts over a million tasks stay within 64 bits.
const LARGEST_AMOUNT: u64 = 1_000_000_000_000;

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
        Self::from_input(ProblemInput { tasks, devices, links, edges, resources: Vec::new(), accuracy_budget: None })
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
        modes.use_start.push(0);
        for task in &input.tasks {
            for mode in &task.modes {
                modes.device.push(mode.device as u32);
                modes.duration_s.push(mode.duration_s);
                modes.units.push((mode.compute_share * UNITS_PER_SHARE).round() as u64);
                modes.memory_bytes.push(mode.memory_bytes);
                modes.weights_bytes.push(if task.phase == Phase::Deploy { mode.weights_bytes } else { 0 });
                modes.accuracy_loss.push(mode.accuracy_loss);
                modes.admissible.push(true);
                let first = modes.uses.len();
                for used in &mode.uses {
                    if used.amount == 0 || !input.resources[used.resource].renewable || mode.duration_s <= 0.0 {
                        continue;
                    }
                    let resource = used.resource as u32;
                    match modes.uses[first..].iter_mut().find(|(r, _)| *r == resource) {
                        Some((_, amount)) => *amount += used.amount,
                        None => modes.uses.push((resource, used.amount)),
                    }
                }
                modes.use_start.push(modes.uses.len() as u32);
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
            budgets: Budgets::default(),
        };
        problem.find_admissible()?;
        problem.check_accuracy()?;
        problem.budgets = Budgets::new(&problem)?;
        problem.empty_instants();
        Ok(problem)
    }

    /// What takes no time takes no room: an interval without length holds nothing.
    fn empty_instants(&mut self) {
        for task in 0..self.tasks().len() {
            for m in self.modes_of(task) {
                if self.modes.duration_s[m] <= 0.0 {
                    self.modes.units[m] = 0;
                    self.modes.memory_bytes[m] = 0;
                    if self.runs_of[task].is_empty() {
                        self.modes.weights_bytes[m] = 0;
                    }
                }
            }
        }
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
        self.rule_out_greedy()?;
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

    /// Rules out the modes that take more of a renewable resource than there is.
    fn rule_out_greedy(&mut self) -> Result<(), ProblemError> {
        for task in 0..self.tasks().len() {
            let mut nearest: Option<(u64, ProblemError)> = None;
            for m in self.modes_of(task) {
                let resources = &self.input.resources;
                let missing = |&(r, amount): &(u32, u64)| amount.saturating_sub(resources[r as usize].capacity);
                let Some(&(r, needed)) = self.modes.uses_of(m).iter().find(|u| missing(u) > 0) else { continue };
                self.modes.admissible[m] = false;
                let resource = &resources[r as usize];
                let available = resource.capacity;
                if nearest.as_ref().is_none_or(|(least, _)| needed - available < *least) {
                    let (task, resource) = (self.input.tasks[task].name.clone(), resource.name.clone());
                    let error = ProblemError::ResourceTooSmall { task, resource, needed, available };
                    nearest = Some((needed - available, error));
                }
            }
            let any = self.modes_of(task).any(|m| self.modes.admissible[m]);
            if let (false, Some((_, error))) = (any, nearest) {
                return Err(error);
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

    /// What is limited beside devices and links.
    pub fn resources(&self) -> &[Resource] {
        &self.input.resources
    }

    /// The accuracy that may be lost over all tasks together.
    pub fn accuracy_budget(&self) -> Option<f64> {
        self.input.accuracy_budget
    }

    /// The problem with time running backwards: wires and links turned round, nothing released, resident or short of
    /// budget. Modes and tasks keep their numbers. Decoding it gives latest starts; `None` where even so it does not hold
    /// together.
    pub(crate) fn reversed(&self) -> Option<Problem> {
        let mut input = self.input.clone();
        for task in &mut input.tasks {
            task.phase = Phase::Run;
            task.node = u32::MAX;
            task.release_s = 0.0;
            for mode in &mut task.modes {
                mode.weights_bytes = 0;
                mode.uses.retain(|used| self.input.resources[used.resource].renewable);
            }
        }
        for edge in &mut input.edges {
            std::mem::swap(&mut edge.from, &mut edge.to);
        }
        let n = input.devices.len();
        for a in 0..n {
            for b in 0..a {
                input.links.bandwidth_bytes_per_s.swap(a * n + b, b * n + a);
                input.links.latency_s.swap(a * n + b, b * n + a);
                input.links.link.swap(a * n + b, b * n + a);
            }
        }
        input.accuracy_budget = None;
        Problem::from_input(input).ok()
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
    for resource in &input.resources {
        let capacity = resource.capacity as f64;
        in_range(resource.capacity <= LARGEST_AMOUNT, "the capacity", &resource.name, capacity, "at most 10^12")?;
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
            for used in &mode.uses {
                if used.resource >= input.resources.len() {
                    let (index, count) = (used.resource, input.resources.len());
                    let name = task.name.clone();
                    return Err(ProblemError::NoSuchIndex { what: "the resource", name, index, count });
                }
                let amount = used.amount as f64;
                in_range(used.amount <= LARGEST_AMOUNT, "the resource use", &task.name, amount, "at most 10^12")?;
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
