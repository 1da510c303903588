//! Following a plan while it is executed: what may start now, given what has finished.
//!
//! Must not know who executes or how long it takes. A plan is a forecast: the queue keeps its devices, its modes and its
//! order among what is ready, not its times. A device never waits for a task that is late while another of its tasks is
//! ready and fits, with one exception: a deploy whose weights stay does not overtake, since weights that come too early
//! could leave no room for what they wait for.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    input::{DeviceIndex, TaskIndex},
    plan::Plan,
    problem::Problem,
};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// For predecessors, its release, or its turn.
    Waiting,
    /// Only for its device.
    Ready,
    /// It was started and has not ended.
    Running,
    /// It has ended well.
    Finished,
    /// It has ended badly.
    Failed,
    /// It will not be started, since something it needs has failed.
    Skipped,
}

#[derive(Debug)]
struct DeviceQueue {
    /// The device's tasks in the plan's order.
    order: Vec<TaskIndex>,
    /// How many at the front of `order` are no longer waiting to be started.
    begun: usize,
    ready: BinaryHeap<Reverse<(usize, TaskIndex)>>,
    capacity_units: u64,
    used_units: u64,
    memory_bytes: Option<u64>,
    /// Working memory of what is running.
    working_bytes: u64,
    /// Weights of deploys that have been started and are still needed.
    resident_bytes: u64,
}

/// The tasks of a plan in execution. Starting, finishing and failing take O(log n) for each task and wire concerned.
///
/// ```
/// use weft_schedule::{Device, Edge, Links, Mode, Phase, Problem, ReadyQueue, SearchContext, Task, by_name};
///
/// let task = |name| Task::new(name, Phase::Run, vec![Mode::on(0, 1.0)]);
/// let edges = vec![Edge { from: 0, to: 1, bytes: 0 }];
/// let problem = Problem::new(vec![task("a"), task("b")], vec![Device::new("cpu")], Links::instant(1), edges)?;
/// let plan = by_name("heft")?.solve(&problem, &mut SearchContext::new(0))?;
///
/// let mut queue = ReadyQueue::new(&problem, &plan);
/// assert_eq!(queue.start_ready(0.0), [0]);
/// assert!(queue.start_ready(0.5).is_empty());
/// queue.finished(0);
/// assert_eq!(queue.start_ready(3.0), [1]);
/// queue.finished(1);
/// assert!(queue.is_done());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReadyQueue {
    state: Vec<TaskState>,
    waiting: Vec<usize>,
    successor_start: Vec<usize>,
    successors: Vec<TaskIndex>,
    device: Vec<DeviceIndex>,
    units: Vec<u64>,
    memory_bytes: Vec<u64>,
    weights_bytes: Vec<u64>,
    deploy_of: Vec<Option<TaskIndex>>,
    runs_left: Vec<usize>,
    release_s: Vec<f64>,
    /// Position among the tasks of the device.
    position: Vec<usize>,
    /// All wires satisfied and released, but it is not the deploy's turn.
    held: Vec<bool>,
    /// Tasks whose wires are satisfied, by release time as ordered bits.
    unreleased: BinaryHeap<Reverse<(u64, TaskIndex)>>,
    queues: Vec<DeviceQueue>,
    /// Renewable resources and amounts that each task takes beside its device.
    uses: Vec<Vec<(u32, u64)>>,
    /// What is left of each resource.
    resource_left: Vec<u64>,
    running: usize,
    open: usize,
}

impl ReadyQueue {
    /// All tasks of a plan, none started. The plan must be valid (see [`crate::validate`]).
    pub fn new(problem: &Problem, plan: &Plan) -> Self {
        let count = problem.tasks().len();
        let mut depth = vec![0; count];
        for (position, &task) in problem.topological_order().iter().enumerate() {
            depth[task] = position;
        }
        let mut order: Vec<TaskIndex> = (0..count).collect();
        order.sort_by(|&a, &b| {
            plan.assignments[a].start_s.total_cmp(&plan.assignments[b].start_s).then(depth[a].cmp(&depth[b]))
        });
        let mut queues: Vec<DeviceQueue> = problem
            .devices()
            .iter()
            .zip(&problem.capacity_units)
            .map(|(device, &capacity_units)| DeviceQueue {
                order: Vec::new(),
                begun: 0,
                ready: BinaryHeap::new(),
                capacity_units,
                used_units: 0,
                memory_bytes: device.memory_bytes,
                working_bytes: 0,
                resident_bytes: 0,
            })
            .collect();
        let mut position = vec![0; count];
        for task in order {
            let queue = &mut queues[plan.assignments[task].device];
            position[task] = queue.order.len();
            queue.order.push(task);
        }
        let mode = |task: TaskIndex| problem.modes_of(task).start + plan.assignments[task].mode;
        let mut successor_start = vec![0];
        let mut successors = Vec::with_capacity(problem.edges().len());
        for task in 0..count {
            successors.extend(problem.outgoing(task).map(|edge| edge.to));
            successor_start.push(successors.len());
        }
        let mut queue = Self {
            state: vec![TaskState::Waiting; count],
            waiting: (0..count).map(|task| problem.incoming(task).count()).collect(),
            successor_start,
            successors,
            device: plan.assignments.iter().map(|a| a.device).collect(),
            units: (0..count).map(|task| problem.modes.units[mode(task)]).collect(),
            memory_bytes: (0..count).map(|task| problem.modes.memory_bytes[mode(task)]).collect(),
            weights_bytes: (0..count).map(|task| problem.modes.weights_bytes[mode(task)]).collect(),
            deploy_of: (0..count).map(|task| problem.deploy_of(task)).collect(),
            runs_left: (0..count).map(|task| problem.runs_of(task).len()).collect(),
            release_s: problem.tasks().iter().map(|t| t.release_s).collect(),
            position,
            held: vec![false; count],
            unreleased: BinaryHeap::new(),
            queues,
            uses: (0..count).map(|task| problem.modes.uses_of(mode(task)).to_vec()).collect(),
            resource_left: problem.resources().iter().map(|r| r.capacity).collect(),
            running: 0,
            open: count,
        };
        for task in 0..count {
            if queue.waiting[task] == 0 {
                queue.wires_satisfied(task);
            }
        }
        queue
    }

    /// The tasks to start now, in the plan's order on each device; they count as running from here on.
    ///
    /// `now_s` is the time since the plan's zero, against which release times are held. Call it again whenever a task has
    /// ended, and at [`ReadyQueue::next_release_s`].
    pub fn start_ready(&mut self, now_s: f64) -> Vec<TaskIndex> {
        while let Some(&Reverse((bits, task))) = self.unreleased.peek() {
            if f64::from_bits(bits) > now_s {
                break;
            }
            self.unreleased.pop();
            self.released(task);
        }
        let mut started = Vec::new();
        let mut set_aside = Vec::new();
        for device in 0..self.queues.len() {
            while let Some(Reverse((position, task))) = self.queues[device].ready.pop() {
                if self.state[task] != TaskState::Ready {
                    // It failed while it waited here.
                    continue;
                }
                let queue = &mut self.queues[device];
                let limit_bytes = queue.memory_bytes.unwrap_or(u64::MAX);
                let bytes = queue.resident_bytes + self.memory_bytes[task] + self.weights_bytes[task];
                if bytes > limit_bytes {
                    // Only runs of resident models can make room, and they may come after it.
                    set_aside.push(Reverse((position, task)));
                    continue;
                }
                let units = queue.used_units + self.units[task];
                let resources = self.uses[task].iter().all(|&(r, amount)| amount <= self.resource_left[r as usize]);
                if units > queue.capacity_units || queue.working_bytes + bytes > limit_bytes || !resources {
                    // What is running will make room; nothing overtakes, lest a large task wait for ever.
                    set_aside.push(Reverse((position, task)));
                    break;
                }
                for &(r, amount) in &self.uses[task] {
                    self.resource_left[r as usize] -= amount;
                }
                queue.used_units = units;
                queue.working_bytes += self.memory_bytes[task];
                queue.resident_bytes += self.weights_bytes[task];
                self.state[task] = TaskState::Running;
                self.running += 1;
                started.push(task);
                self.pass_begun(device);
            }
            self.queues[device].ready.extend(set_aside.drain(..));
        }
        started
    }

    /// When the next task is released that waits for nothing else, in seconds since the plan's zero.
    pub fn next_release_s(&self) -> Option<f64> {
        self.unreleased.peek().map(|Reverse((bits, _))| f64::from_bits(*bits))
    }

    /// A running task has ended well: what it used is free, what waited for it may be ready. Says whether it was running;
    /// if not, nothing changes.
    pub fn finished(&mut self, task: TaskIndex) -> bool {
        if !self.end(task, TaskState::Finished) {
            return false;
        }
        if self.runs_left[task] == 0 {
            self.drop_weights(task);
        }
        for at in self.successor_start[task]..self.successor_start[task + 1] {
            let to = self.successors[at];
            self.waiting[to] -= 1;
            if self.waiting[to] == 0 && self.state[to] == TaskState::Waiting {
                self.wires_satisfied(to);
            }
        }
        true
    }

    /// A task has ended badly, or cannot be started: everything that depends on it is skipped, and nothing else. Returns
    /// what was skipped by this, without the task itself; empty if the task had already ended.
    pub fn failed(&mut self, task: TaskIndex) -> Vec<TaskIndex> {
        match self.state.get(task) {
            Some(TaskState::Running) => {
                self.end(task, TaskState::Failed);
                self.drop_weights(task);
            }
            Some(TaskState::Waiting | TaskState::Ready) => {
                self.give_up(task, TaskState::Failed);
                self.pass_begun(self.device[task]);
            }
            _ => return Vec::new(),
        }
        let mut skipped = Vec::new();
        let mut from = vec![task];
        while let Some(task) = from.pop() {
            for at in self.successor_start[task]..self.successor_start[task + 1] {
                let to = self.successors[at];
                if self.state[to] == TaskState::Waiting {
                    self.give_up(to, TaskState::Skipped);
                    skipped.push(to);
                    from.push(to);
                }
            }
        }
        for device in 0..self.queues.len() {
            self.pass_begun(device);
        }
        skipped.sort_unstable();
        skipped
    }

    /// A running task has stopped and is to be started once more: it is ready again. Says whether it was running.
    pub fn retry(&mut self, task: TaskIndex) -> bool {
        if self.state.get(task) != Some(&TaskState::Running) {
            return false;
        }
        self.free(task);
        let device = self.device[task];
        self.queues[device].resident_bytes -= self.weights_bytes[task];
        self.state[task] = TaskState::Ready;
        self.queues[device].ready.push(Reverse((self.position[task], task)));
        true
    }

    /// Follows another plan of the same tasks from now on: what has started or ended stays as it is, in the mode that it
    /// began with, the rest goes where the new plan has it. `plan` must be valid but for tasks that have started, which it
    /// must leave in their modes, as [`crate::replan`] does.
    pub fn adopt(&mut self, problem: &Problem, plan: &Plan) {
        let mut new = Self::new(problem, plan);
        for &task in problem.topological_order() {
            match self.state[task] {
                TaskState::Waiting | TaskState::Ready => {}
                TaskState::Running => new.begin(task),
                TaskState::Finished => {
                    new.begin(task);
                    new.finished(task);
                }
                ended @ (TaskState::Failed | TaskState::Skipped) => new.give_up(task, ended),
            }
        }
        for device in 0..new.queues.len() {
            new.pass_begun(device);
        }
        *self = new;
    }

    /// Counts a task as running, whether or not it was its turn.
    fn begin(&mut self, task: TaskIndex) {
        let device = self.device[task];
        let queue = &mut self.queues[device];
        queue.used_units += self.units[task];
        queue.working_bytes += self.memory_bytes[task];
        queue.resident_bytes += self.weights_bytes[task];
        for &(r, amount) in &self.uses[task] {
            let left = &mut self.resource_left[r as usize];
            *left = left.saturating_sub(amount);
        }
        // What stands in the heap of ready tasks is passed over there, being ready no more.
        self.state[task] = TaskState::Running;
        self.held[task] = false;
        self.running += 1;
        self.pass_begun(device);
    }

    /// Where a task stands.
    pub fn state(&self, task: TaskIndex) -> TaskState {
        self.state[task]
    }

    /// On which device the plan has a task.
    pub fn device(&self, task: TaskIndex) -> DeviceIndex {
        self.device[task]
    }

    /// How many tasks are running.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Whether every task has finished, failed or been skipped.
    pub fn is_done(&self) -> bool {
        self.open == 0
    }

    fn wires_satisfied(&mut self, task: TaskIndex) {
        if self.release_s[task] > 0.0 {
            // Positive numbers are ordered as their bits.
            self.unreleased.push(Reverse((self.release_s[task].to_bits(), task)));
        } else {
            self.released(task);
        }
    }

    fn released(&mut self, task: TaskIndex) {
        if self.state[task] != TaskState::Waiting {
            return;
        }
        let queue = &self.queues[self.device[task]];
        let stays = self.weights_bytes[task] > 0 && queue.memory_bytes.is_some();
        if stays && queue.begun < self.position[task] {
            self.held[task] = true;
        } else {
            self.make_ready(task);
        }
    }

    fn make_ready(&mut self, task: TaskIndex) {
        self.state[task] = TaskState::Ready;
        self.queues[self.device[task]].ready.push(Reverse((self.position[task], task)));
    }

    /// Moves a device's front past what no longer waits to be started, and lets a deploy there have its turn.
    fn pass_begun(&mut self, device: DeviceIndex) {
        loop {
            let queue = &mut self.queues[device];
            let Some(&task) = queue.order.get(queue.begun) else { return };
            match self.state[task] {
                TaskState::Waiting if self.held[task] => {
                    self.held[task] = false;
                    self.make_ready(task);
                    return;
                }
                TaskState::Waiting | TaskState::Ready => return,
                _ => queue.begun += 1,
            }
        }
    }

    fn end(&mut self, task: TaskIndex, state: TaskState) -> bool {
        if self.state.get(task) != Some(&TaskState::Running) {
            return false;
        }
        self.free(task);
        self.state[task] = state;
        self.open -= 1;
        if let Some(deploy) = self.deploy_of[task] {
            self.run_is_over(deploy);
        }
        true
    }

    /// Gives back compute and working memory of a running task; its weights stay.
    fn free(&mut self, task: TaskIndex) {
        let queue = &mut self.queues[self.device[task]];
        queue.used_units -= self.units[task];
        queue.working_bytes -= self.memory_bytes[task];
        for &(r, amount) in &self.uses[task] {
            self.resource_left[r as usize] += amount;
        }
        self.running -= 1;
    }

    /// A task that was not started ends as failed or skipped.
    fn give_up(&mut self, task: TaskIndex, state: TaskState) {
        self.state[task] = state;
        self.open -= 1;
        if let Some(deploy) = self.deploy_of[task] {
            self.run_is_over(deploy);
        }
    }

    fn run_is_over(&mut self, deploy: TaskIndex) {
        self.runs_left[deploy] -= 1;
        if self.runs_left[deploy] == 0 && self.state[deploy] == TaskState::Finished {
            self.drop_weights(deploy);
        }
    }

    fn drop_weights(&mut self, deploy: TaskIndex) {
        self.queues[self.device[deploy]].resident_bytes -= self.weights_bytes[deploy];
        // Once only, whatever ends after this.
        self.weights_bytes[deploy] = 0;
    }
}
