//! The decoder shared by all algorithms: from an order of tasks and a choice of modes to start times.
//!
//! A serial schedule-generation scheme (Kolisch 1996): the next task of the order among those whose predecessors are
//! placed goes to the earliest time at which its data has arrived and compute, memory and links are free, gaps between
//! what is already placed included. Must not know any algorithm; holds its arrays between decodings, so that a search
//! allocates nothing.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use crate::{
    input::{DeviceIndex, TaskIndex},
    plan::{Assignment, Plan, Reason, Transfer, WhyHere, WhyNow},
    problem::Problem,
    profile::{Gaps, Levels},
    search::ScheduleError,
};

/// Which task is placed next among those whose predecessors are placed.
#[derive(Debug, Clone, Copy)]
pub enum Order<'a> {
    /// The one with the largest value; one value a task.
    Priority(&'a [f64]),
    /// The one whose predecessors finish first (or that is released first), the more urgent among equals.
    Arrival,
}

/// Which mode a task gets.
#[derive(Debug, Clone, Copy)]
pub enum ModeChoice<'a> {
    /// The one in which it finishes first.
    EarliestFinish,
    /// The one in which it can start first.
    EarliestStart,
    /// The one with the smallest sum of its finish and this, in seconds; one value a mode of any task, as numbered by
    /// [`Problem::modes_of`].
    EarliestFinishPlus(&'a [f64]),
    /// This one, by position in the task's modes, one a task. Where it cannot be (the weights are elsewhere, the accuracy
    /// is spent, it fits no device, there is no such position as with `usize::MAX`) the one that finishes first.
    Fixed(&'a [usize]),
}

/// Compute of a device over time.
#[derive(Debug)]
enum Compute {
    /// No two tasks fit together: a list of gaps is enough.
    Whole(Gaps),
    /// Tasks share it.
    Shared(Levels),
}

impl Compute {
    fn earliest(&self, ready_s: f64, duration_s: f64, units: u64) -> Option<f64> {
        match self {
            _ if units == 0 || duration_s <= 0.0 => Some(ready_s),
            Compute::Whole(gaps) => Some(gaps.earliest(ready_s, duration_s)),
            Compute::Shared(levels) => levels.earliest(ready_s, duration_s, units, 0),
        }
    }

    fn take(&mut self, start_s: f64, finish_s: f64, units: u64) {
        match self {
            _ if units == 0 => {}
            Compute::Whole(gaps) => gaps.book(start_s, finish_s),
            Compute::Shared(levels) => levels.take(start_s, finish_s, units),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Eligible {
    key: f64,
    urgency: f64,
    task: Reverse<TaskIndex>,
}

impl Ord for Eligible {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.total_cmp(&other.key).then(self.urgency.total_cmp(&other.urgency)).then(self.task.cmp(&other.task))
    }
}

impl PartialOrd for Eligible {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Eligible {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Eligible {}

/// A transfer that a placement would need.
#[derive(Debug, Clone, Copy)]
struct Sent {
    from: TaskIndex,
    bytes: u64,
    link: usize,
    /// Which channel of the link; `usize::MAX` where there is no contention.
    lane: usize,
    start_s: f64,
    finish_s: f64,
}

/// By what one mode is better than another.
#[derive(Debug, Clone, Copy)]
enum Prefer<'a> {
    Start,
    Finish,
    FinishPlus(&'a [f64]),
}

#[derive(Debug, Clone, Copy)]
struct Placement {
    mode: usize,
    ready_s: f64,
    start_s: f64,
    finish_s: f64,
    waited_for: WhyNow,
}

const UNPLACED: usize = usize::MAX;

/// Turns orders into schedules of one problem.
///
/// ```
/// use weft_schedule::{Decoder, Device, Links, Mode, ModeChoice, Order, Phase, Problem, Task};
///
/// let task = |name, seconds| Task::new(name, Phase::Run, vec![Mode::on(0, seconds)]);
/// let problem =
///     Problem::new(vec![task("a", 1.0), task("b", 2.0)], vec![Device::new("cpu")], Links::instant(1), vec![])?;
/// let mut decoder = Decoder::new(&problem);
/// decoder.decode(Order::Priority(&[0.0, 1.0]), ModeChoice::EarliestFinish, &|| false)?;
/// assert_eq!(decoder.starts_s(), [2.0, 0.0]);
/// assert_eq!(decoder.makespan_s(), 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Decoder<'p> {
    problem: &'p Problem,
    compute: Vec<Compute>,
    memory: Vec<Option<Levels>>,
    /// Renewable resources; none for budgets.
    resources: Vec<Option<Levels>>,
    /// For each task how many wires enter it.
    indegree: Vec<usize>,
    any_memory: bool,
    any_loss: bool,
    /// No weights stay, no accuracy is short and all modes fit, so that a mode asked for is a mode given.
    any_choice_holds: bool,
    /// For each link its channels; none where any number passes.
    lanes: Vec<Vec<Gaps>>,
    least_loss: Vec<f64>,
    // The schedule.
    mode: Vec<usize>,
    start_s: Vec<f64>,
    finish_s: Vec<f64>,
    reason: Vec<Reason>,
    transfers: Vec<Transfer>,
    // Where the decoding stands.
    waiting: Vec<usize>,
    arrival_s: Vec<f64>,
    eligible: BinaryHeap<Eligible>,
    spare_loss: f64,
    budgets_fixed: bool,
    /// What is spent of each budget once every task that is still to come takes the mode kept in reserve for it.
    spent: Vec<u64>,
    runs_left: Vec<usize>,
    resident_until_s: Vec<f64>,
    // Kept to be reused.
    tried: Vec<Sent>,
    chosen: Vec<Sent>,
    contended: Vec<Sent>,
}

impl<'p> Decoder<'p> {
    /// A decoder with nothing placed.
    pub fn new(problem: &'p Problem) -> Self {
        let devices = problem.devices().len();
        let tasks = problem.tasks().len();
        let mut least_units = vec![u64::MAX; devices];
        for (m, &units) in problem.modes.units.iter().enumerate() {
            if units > 0 {
                let least = &mut least_units[problem.modes.device[m] as usize];
                *least = units.min(*least);
            }
        }
        let compute = (0..devices)
            .map(|d| {
                if least_units[d] > problem.capacity_units[d] / 2 {
                    Compute::Whole(Gaps::new())
                } else {
                    Compute::Shared(Levels::new(problem.capacity_units[d]))
                }
            })
            .collect();
        let lanes = problem.links().links.iter().map(|link| match link.channels {
            Some(channels) if (channels as usize) < problem.edges().len() => {
                vec![Gaps::new(); channels as usize]
            }
            _ => Vec::new(),
        });
        Self {
            problem,
            compute,
            memory: problem.devices().iter().map(|d| d.memory_bytes.map(Levels::new)).collect(),
            resources: problem.resources().iter().map(|r| r.renewable.then(|| Levels::new(r.capacity))).collect(),
            indegree: (0..tasks).map(|task| problem.incoming(task).count()).collect(),
            any_memory: problem.devices().iter().any(|d| d.memory_bytes.is_some()),
            any_choice_holds: problem.accuracy_budget().is_none()
                && problem.modes.admissible.iter().all(|&a| a)
                && (0..tasks).all(|task| problem.runs_of(task).is_empty()),
            any_loss: problem.accuracy_budget().is_some(),
            lanes: lanes.collect(),
            least_loss: (0..tasks).map(|task| problem.least_loss(task)).collect(),
            mode: vec![UNPLACED; tasks],
            start_s: vec![0.0; tasks],
            finish_s: vec![0.0; tasks],
            reason: vec![Reason { here: WhyHere::OnlyChoice, now: WhyNow::AtOnce }; tasks],
            transfers: Vec::new(),
            waiting: vec![0; tasks],
            arrival_s: vec![0.0; tasks],
            eligible: BinaryHeap::new(),
            spare_loss: 0.0,
            budgets_fixed: false,
            spent: Vec::new(),
            runs_left: vec![0; tasks],
            resident_until_s: vec![0.0; tasks],
            tried: Vec::new(),
            chosen: Vec::new(),
            contended: Vec::new(),
        }
    }

    /// Places every task. The schedule of a decoding before is forgotten.
    ///
    /// A task for which weights leave no room yet is put off until some have gone. Where this leads nowhere, the order is
    /// given up for one that finishes the runs of a deploy before the next deploy begins.
    ///
    /// # Errors
    ///
    /// [`ScheduleError::Cancelled`] as soon as `stop` says so (asked every few hundred tasks);
    /// [`ScheduleError::WeightsDoNotFitTogether`] when neither order finds room for all weights.
    pub fn decode(
        &mut self,
        order: Order<'_>,
        choice: ModeChoice<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), ScheduleError> {
        if self.pass(order, choice, stop)?.is_empty() {
            return Ok(());
        }
        let one_by_one = self.deploy_after_deploy();
        let stuck = self.pass(Order::Priority(&one_by_one), choice, stop)?;
        if stuck.is_empty() {
            return Ok(());
        }
        let mut devices: Vec<usize> =
            stuck.iter().flat_map(|&task| self.problem.tasks()[task].modes.iter().map(|mode| mode.device)).collect();
        devices.sort_unstable();
        devices.dedup();
        Err(ScheduleError::WeightsDoNotFitTogether {
            tasks: stuck.iter().map(|&task| self.problem.tasks()[task].name.clone()).collect(),
            devices: devices.iter().map(|&d| self.problem.devices()[d].name.clone()).collect(),
        })
    }

    /// Start of each task in seconds.
    pub fn starts_s(&self) -> &[f64] {
        &self.start_s
    }

    /// Finish of each task in seconds.
    pub fn finishes_s(&self) -> &[f64] {
        &self.finish_s
    }

    /// Position of the chosen mode of a task in its modes.
    pub fn mode_of(&self, task: TaskIndex) -> usize {
        self.mode[task] - self.problem.modes_of(task).start
    }

    /// When the last task finishes, in seconds.
    pub fn makespan_s(&self) -> f64 {
        self.finish_s.iter().copied().fold(0.0, f64::max)
    }

    /// What kept a task from starting earlier.
    pub(crate) fn why_now(&self, task: TaskIndex) -> WhyNow {
        self.reason[task].now
    }

    /// The schedule as a plan.
    pub fn plan(&self, algorithm: &str, lower_bound_s: f64) -> Plan {
        let assignments = (0..self.mode.len())
            .map(|task| Assignment {
                task,
                mode: self.mode_of(task),
                device: self.device_of(task),
                start_s: self.start_s[task],
                finish_s: self.finish_s[task],
                reason: self.reason[task],
            })
            .collect();
        let mut transfers = self.transfers.clone();
        transfers.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then((a.to, a.from).cmp(&(b.to, b.from))));
        Plan::new(algorithm, assignments, transfers, lower_bound_s)
    }

    fn device_of(&self, task: TaskIndex) -> DeviceIndex {
        self.problem.modes.device[self.mode[task]] as usize
    }

    fn clear(&mut self) {
        for compute in &mut self.compute {
            match compute {
                Compute::Whole(gaps) => gaps.clear(),
                Compute::Shared(levels) => levels.clear(),
            }
        }
        self.memory.iter_mut().flatten().for_each(Levels::clear);
        self.resources.iter_mut().flatten().for_each(Levels::clear);
        self.spent.clear();
        self.spent.extend_from_slice(self.problem.budgets.reserved());
        self.lanes.iter_mut().flatten().for_each(Gaps::clear);
        self.mode.fill(UNPLACED);
        self.waiting.copy_from_slice(&self.indegree);
        self.transfers.clear();
        self.eligible.clear();
        self.spare_loss =
            self.problem.accuracy_budget().map_or(f64::INFINITY, |budget| budget - self.least_loss.iter().sum::<f64>());
        for (task, info) in self.problem.tasks().iter().enumerate() {
            self.arrival_s[task] = info.release_s;
            self.runs_left[task] = self.problem.runs_of(task).len();
            self.resident_until_s[task] = 0.0;
        }
    }

    /// Places what it can and returns the tasks for which there was no room.
    fn pass(
        &mut self,
        order: Order<'_>,
        choice: ModeChoice<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<TaskIndex>, ScheduleError> {
        let problem = self.problem;
        self.clear();
        // Modes that keep the budgets together are all kept, whatever was in reserve.
        let fixed = match choice {
            ModeChoice::Fixed(modes) if self.any_choice_holds && !problem.budgets.is_empty() => {
                problem.budgets.total(problem, modes).filter(|total| problem.budgets.keeps(total))
            }
            _ => None,
        };
        self.budgets_fixed = fixed.is_some();
        for task in 0..problem.tasks().len() {
            if self.waiting[task] == 0 {
                self.make_eligible(task, order);
            }
        }
        let mut put_off = Vec::new();
        let mut placed = 0_usize;
        while let Some(next) = self.eligible.pop() {
            let Reverse(task) = next.task;
            placed += 1;
            if placed.is_multiple_of(256) && stop() {
                return Err(ScheduleError::Cancelled);
            }
            let Some(weights_gone) = self.place(task, choice) else {
                put_off.push(next);
                continue;
            };
            if weights_gone {
                self.eligible.extend(put_off.drain(..));
            }
            for edge in problem.outgoing(task) {
                self.waiting[edge.to] -= 1;
                self.arrival_s[edge.to] = self.arrival_s[edge.to].max(self.finish_s[task]);
                if self.waiting[edge.to] == 0 {
                    self.make_eligible(edge.to, order);
                }
            }
        }
        Ok(put_off.into_iter().map(|next| next.task.0).collect())
    }

    fn make_eligible(&mut self, task: TaskIndex, order: Order<'_>) {
        let key = match order {
            Order::Priority(values) => values.get(task).copied().unwrap_or(0.0),
            Order::Arrival => -self.arrival_s[task],
        };
        let urgency = self.problem.tasks()[task].priority;
        self.eligible.push(Eligible { key, urgency, task: Reverse(task) });
    }

    /// Places a task; `None` when there is no room for it, else whether weights have gone for good.
    fn place(&mut self, task: TaskIndex, choice: ModeChoice<'_>) -> Option<bool> {
        let problem = self.problem;
        let pinned = problem.deploy_of(task).map(|deploy| self.device_of(deploy));
        let mut best: Option<Placement> = None;
        let mut searched = false;
        let mut choices = 0;
        let prefer = match choice {
            ModeChoice::EarliestStart => Prefer::Start,
            ModeChoice::EarliestFinishPlus(added) => Prefer::FinishPlus(added),
            _ => Prefer::Finish,
        };
        if let ModeChoice::Fixed(modes) = choice {
            let wanted = problem.modes_of(task).start.saturating_add(modes.get(task).copied().unwrap_or(0));
            if problem.modes_of(task).contains(&wanted) && self.allows(task, wanted, pinned) {
                best = self.try_mode(task, wanted, None, Prefer::Finish);
                searched = best.is_some();
                std::mem::swap(&mut self.tried, &mut self.chosen);
            }
        }
        if best.is_none() {
            for m in problem.modes_of(task) {
                if !self.allows(task, m, pinned) {
                    continue;
                }
                choices += 1;
                if let Some(found) = self.try_mode(task, m, best, prefer) {
                    best = Some(found);
                    std::mem::swap(&mut self.tried, &mut self.chosen);
                }
            }
        }
        let best = best?;
        let here = match (pinned, choice) {
            _ if searched => WhyHere::Searched,
            (Some(_), _) => WhyHere::WeightsAreHere,
            _ if choices == 1 => WhyHere::OnlyChoice,
            (None, ModeChoice::EarliestStart) => WhyHere::FirstFree,
            (None, _) => WhyHere::EarliestFinish,
        };
        Some(self.commit(task, best, here))
    }

    fn allows(&self, task: TaskIndex, mode: usize, pinned: Option<DeviceIndex>) -> bool {
        let modes = &self.problem.modes;
        modes.admissible[mode]
            && pinned.is_none_or(|device| modes.device[mode] as usize == device)
            && (!self.any_loss || modes.accuracy_loss[mode] - self.least_loss[task] <= self.spare_loss + 1e-12)
            && (self.budgets_fixed || self.problem.budgets.allows(task, mode, &self.spent))
    }

    /// Finds where a task would go in a mode, leaving its transfers in `tried`; `None` when there is no room, or when it
    /// would not be better than what is already found.
    fn try_mode(
        &mut self,
        task: TaskIndex,
        mode: usize,
        best: Option<Placement>,
        prefer: Prefer<'_>,
    ) -> Option<Placement> {
        let problem = self.problem;
        let device = problem.modes.device[mode] as usize;
        let duration_s = problem.modes.duration_s[mode];
        let better = |start_s: f64| {
            best.is_none_or(|best| {
                let finish_s = start_s + duration_s;
                match prefer {
                    Prefer::Start => start_s < best.start_s,
                    Prefer::Finish => finish_s < best.finish_s || (finish_s == best.finish_s && start_s < best.start_s),
                    Prefer::FinishPlus(added) => {
                        let plus = |m: usize| added.get(m).copied().unwrap_or(0.0);
                        finish_s + plus(mode) < best.finish_s + plus(best.mode)
                    }
                }
            })
        };
        let mut ready_s = problem.tasks()[task].release_s;
        let mut waited_for = if ready_s > 0.0 { WhyNow::Release } else { WhyNow::AtOnce };
        self.tried.clear();
        self.contended.clear();
        for edge in problem.incoming(task) {
            let finish_s = self.finish_s[edge.from];
            let sender = self.device_of(edge.from);
            let length_s = problem.transfer_s(sender, device, edge.bytes);
            let arrival_s = finish_s + length_s;
            if arrival_s > ready_s {
                ready_s = arrival_s;
                waited_for = if length_s > 0.0 { WhyNow::Transfer(edge.from) } else { WhyNow::Predecessor(edge.from) };
            }
            if length_s > 0.0 {
                let link = problem.link_of(sender, device);
                let sent = Sent {
                    from: edge.from,
                    bytes: edge.bytes,
                    link,
                    lane: usize::MAX,
                    start_s: finish_s,
                    finish_s: arrival_s,
                };
                if self.lanes[link].is_empty() {
                    self.tried.push(sent);
                } else {
                    self.contended.push(sent);
                }
            }
        }
        if !better(ready_s) {
            return None;
        }
        // What is there first is sent first.
        self.contended.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        let mut contended = std::mem::take(&mut self.contended);
        for sent in contended.drain(..) {
            let sent = self.find_lane(sent);
            if sent.finish_s > ready_s {
                ready_s = sent.finish_s;
                waited_for = WhyNow::Transfer(sent.from);
            }
            self.tried.push(sent);
        }
        self.contended = contended;
        let start_s = self.room(task, mode, ready_s)?;
        better(start_s).then_some(Placement { mode, ready_s, start_s, finish_s: start_s + duration_s, waited_for })
    }

    /// The channel on which a transfer can go first, beside those booked and those already tried.
    fn find_lane(&self, mut sent: Sent) -> Sent {
        let length_s = sent.finish_s - sent.start_s;
        let mut best = (f64::INFINITY, 0);
        for (lane, gaps) in self.lanes[sent.link].iter().enumerate() {
            let mut from_s = sent.start_s;
            let start_s = loop {
                let start_s = gaps.earliest(from_s, length_s);
                let in_the_way = self.tried.iter().find(|other| {
                    other.lane == lane
                        && other.link == sent.link
                        && other.start_s < start_s + length_s
                        && start_s < other.finish_s
                });
                match in_the_way {
                    Some(other) => from_s = other.finish_s,
                    None => break start_s,
                }
            };
            if start_s < best.0 {
                best = (start_s, lane);
            }
        }
        sent.lane = best.1;
        sent.start_s = best.0;
        sent.finish_s = best.0 + length_s;
        sent
    }

    /// The earliest start from `ready_s` on at which both compute and memory are free.
    fn room(&self, task: TaskIndex, mode: usize, ready_s: f64) -> Option<f64> {
        let modes = &self.problem.modes;
        let device = modes.device[mode] as usize;
        let duration_s = modes.duration_s[mode];
        let weights = modes.weights_bytes[mode];
        let kept = if self.problem.runs_of(task).is_empty() { 0 } else { weights };
        let amount = modes.memory_bytes[mode] + weights;
        let compute = &self.compute[device];
        let mut start_s = ready_s;
        loop {
            let free_s = compute.earliest(start_s, duration_s, modes.units[mode])?;
            start_s = free_s;
            if let Some(memory) = self.memory[device].as_ref().filter(|_| amount > 0) {
                start_s = memory.earliest(start_s, duration_s, amount, kept)?;
            }
            for &(resource, amount) in modes.uses_of(mode) {
                if let Some(levels) = &self.resources[resource as usize] {
                    start_s = levels.earliest(start_s, duration_s, amount, 0)?;
                }
            }
            // The first of them has to be asked again when a later one moved the start.
            if start_s == free_s || (amount == 0 && modes.units[mode] == 0 && modes.uses_of(mode).len() == 1) {
                return Some(start_s);
            }
        }
    }

    fn commit(&mut self, task: TaskIndex, placement: Placement, here: WhyHere) -> bool {
        let problem = self.problem;
        let modes = &problem.modes;
        let Placement { mode, ready_s, start_s, finish_s, waited_for } = placement;
        let device = modes.device[mode] as usize;
        let units = modes.units[mode];
        let now = if start_s <= ready_s {
            waited_for
        } else if units == 0 && !self.any_memory {
            WhyNow::Resource
        } else if self.compute[device].earliest(ready_s, finish_s - start_s, units).is_some_and(|s| s < start_s) {
            if modes.uses_of(mode).is_empty() { WhyNow::Memory } else { WhyNow::Resource }
        } else {
            WhyNow::Device
        };
        self.reason[task] = Reason { here, now };
        self.mode[task] = mode;
        self.start_s[task] = start_s;
        self.finish_s[task] = finish_s;
        self.spare_loss -= modes.accuracy_loss[mode] - self.least_loss[task];
        self.problem.budgets.spend(task, mode, &mut self.spent);
        self.compute[device].take(start_s, finish_s, units);
        for &(resource, amount) in modes.uses_of(mode) {
            if let Some(levels) = &mut self.resources[resource as usize] {
                levels.take(start_s, finish_s, amount);
            }
        }
        let runs = problem.runs_of(task);
        if let Some(memory) = &mut self.memory[device] {
            let bytes = modes.memory_bytes[mode];
            if bytes > 0 {
                memory.take(start_s, finish_s, bytes);
            }
            let weights = modes.weights_bytes[mode];
            if weights > 0 {
                memory.take(start_s, if runs.is_empty() { finish_s } else { f64::INFINITY }, weights);
            }
        }
        for sent in self.chosen.drain(..) {
            if sent.lane != usize::MAX {
                self.lanes[sent.link][sent.lane].book(sent.start_s, sent.finish_s);
            }
            self.transfers.push(Transfer {
                from: sent.from,
                to: task,
                link: sent.link,
                start_s: sent.start_s,
                finish_s: sent.finish_s,
                bytes: sent.bytes,
            });
        }
        let Some(deploy) = problem.deploy_of(task) else { return false };
        self.resident_until_s[deploy] = self.resident_until_s[deploy].max(finish_s);
        self.runs_left[deploy] -= 1;
        let weights = modes.weights_bytes[self.mode[deploy]];
        if self.runs_left[deploy] > 0 || weights == 0 {
            return false;
        }
        if let Some(memory) = &mut self.memory[device] {
            memory.give_back_from(self.resident_until_s[deploy], weights);
        }
        true
    }

    /// Priorities that bring up what the runs of one deploy need, then those runs, then the next deploy.
    fn deploy_after_deploy(&self) -> Vec<f64> {
        let problem = self.problem;
        let count = problem.tasks().len();
        let mut priority = vec![f64::NAN; count];
        let mut next = 0.0;
        let mut stack: Vec<(TaskIndex, bool)> = Vec::new();
        let topological = problem.topological_order();
        let runs = topological.iter().filter(|&&task| problem.deploy_of(task).is_some());
        for &root in runs.chain(topological) {
            stack.push((root, false));
            while let Some((task, done)) = stack.pop() {
                if done {
                    if priority[task].is_nan() {
                        priority[task] = next;
                        next -= 1.0;
                    }
                } else if priority[task].is_nan() {
                    stack.push((task, true));
                    stack.extend(problem.incoming(task).map(|edge| (edge.from, false)));
                }
            }
        }
        priority
    }
}
