//! The validator: checks a plan against the problem's constraints, one after another, from the definitions alone.
//!
//! Must not use the decoder or anything of it: an error there must not be able to hide here. It favours plainness over
//! speed.

use std::collections::HashMap;

use crate::{
    input::{DeviceIndex, Phase, TaskIndex},
    plan::{Plan, relative_gap},
    problem::Problem,
};

/// A constraint that a plan does not keep. Tasks, devices and links are given by position.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Not one assignment for each task.
    #[error("the plan has {found} assignments for {expected} tasks")]
    TaskCount {
        /// Assignments there are.
        found: usize,
        /// Tasks there are.
        expected: usize,
    },
    /// An assignment is not at its task's position.
    #[error("assignment {position} is for task {found}")]
    Misplaced {
        /// Where it is.
        position: usize,
        /// For which task it is.
        found: TaskIndex,
    },
    /// The task has no such mode.
    #[error("task {task} has no mode {mode}")]
    NoSuchMode {
        /// The task.
        task: TaskIndex,
        /// The mode.
        mode: usize,
    },
    /// The assignment's device is not its mode's.
    #[error("task {task} is on device {found}, its mode on {expected}")]
    WrongDevice {
        /// The task.
        task: TaskIndex,
        /// The device in the plan.
        found: DeviceIndex,
        /// The mode's device.
        expected: DeviceIndex,
    },
    /// A time is negative or not a number, or finish is not start plus duration.
    #[error("task {task} runs from {start_s} s to {finish_s} s, its mode takes {duration_s} s")]
    WrongTimes {
        /// The task.
        task: TaskIndex,
        /// Its start.
        start_s: f64,
        /// Its finish.
        finish_s: f64,
        /// What its mode takes.
        duration_s: f64,
    },
    /// It starts before its release.
    #[error("task {task} starts at {start_s} s, before its release at {release_s} s")]
    BeforeRelease {
        /// The task.
        task: TaskIndex,
        /// Its start.
        start_s: f64,
        /// Its release.
        release_s: f64,
    },
    /// It starts before a predecessor has finished.
    #[error("task {to} starts before its predecessor {from} has finished")]
    Precedence {
        /// The predecessor.
        from: TaskIndex,
        /// The task.
        to: TaskIndex,
    },
    /// Data has to be sent and is not.
    #[error("no transfer brings the data of task {from} to task {to} on another device")]
    MissingTransfer {
        /// The sender.
        from: TaskIndex,
        /// The receiver.
        to: TaskIndex,
    },
    /// A transfer begins before its data is made, ends after it is needed, takes another time than its bytes take, or
    /// uses another link.
    #[error("the transfer from task {from} to task {to} has {what}")]
    WrongTransfer {
        /// The sender.
        from: TaskIndex,
        /// The receiver.
        to: TaskIndex,
        /// What is wrong with it.
        what: &'static str,
    },
    /// More transfers at a time than a link has channels.
    #[error("link {link} carries {used} transfers at {at_s} s and has {channels} channels")]
    Link {
        /// The link.
        link: usize,
        /// When.
        at_s: f64,
        /// Transfers at that time.
        used: usize,
        /// Its channels.
        channels: u32,
    },
    /// More compute at a time than a device has.
    #[error("device {device} is asked for {used} of compute at {at_s} s and has {capacity}")]
    Compute {
        /// The device.
        device: DeviceIndex,
        /// When.
        at_s: f64,
        /// Asked for.
        used: f64,
        /// Its capacity.
        capacity: f64,
    },
    /// More memory at a time than a device has.
    #[error("device {device} is asked for {used_bytes} bytes at {at_s} s and has {available_bytes}")]
    Memory {
        /// The device.
        device: DeviceIndex,
        /// When.
        at_s: f64,
        /// Asked for by active tasks and resident weights.
        used_bytes: f64,
        /// What it has.
        available_bytes: f64,
    },
    /// More of a resource is taken than there is: at a time, or of a budget over all tasks.
    #[error("resource {resource} is asked for {used} at {at_s} s and has {capacity}")]
    Resource {
        /// The resource.
        resource: usize,
        /// When; 0 for a budget.
        at_s: f64,
        /// Asked for.
        used: f64,
        /// What there is.
        capacity: u64,
    },
    /// A run is not where its weights are.
    #[error("task {run} runs on another device than its deploy, task {deploy}")]
    AwayFromWeights {
        /// The run.
        run: TaskIndex,
        /// The deploy.
        deploy: TaskIndex,
    },
    /// More accuracy is lost than allowed.
    #[error("the chosen modes lose {lost} of accuracy, {budget} is allowed")]
    Accuracy {
        /// Lost together.
        lost: f64,
        /// Allowed.
        budget: f64,
    },
    /// Makespan, bound or gap do not follow from the rest.
    #[error("the plan says that its {what} is {said}, it is {found}")]
    WrongTotal {
        /// Which of them.
        what: &'static str,
        /// What the plan says.
        said: f64,
        /// What follows from the rest, or the largest that can be.
        found: f64,
    },
}

/// Checks every constraint and returns what is not kept; empty for a valid plan.
///
/// Times may be off by a billionth of the makespan (or of a second), amounts by a millionth of what there is.
pub fn validate(problem: &Problem, plan: &Plan) -> Vec<Violation> {
    let mut violations = Vec::new();
    let tasks = problem.tasks();
    if plan.assignments.len() != tasks.len() {
        return vec![Violation::TaskCount { found: plan.assignments.len(), expected: tasks.len() }];
    }
    for (position, assignment) in plan.assignments.iter().enumerate() {
        if assignment.task != position {
            violations.push(Violation::Misplaced { position, found: assignment.task });
        } else if assignment.mode >= tasks[position].modes.len() {
            violations.push(Violation::NoSuchMode { task: position, mode: assignment.mode });
        } else if assignment.device != tasks[position].modes[assignment.mode].device {
            let expected = tasks[position].modes[assignment.mode].device;
            violations.push(Violation::WrongDevice { task: position, found: assignment.device, expected });
        }
    }
    if !violations.is_empty() {
        // The rest would index with what is not there.
        return violations;
    }
    let last_s = plan.assignments.iter().map(|a| a.finish_s).fold(0.0, f64::max);
    let tolerance_s = 1e-9 * last_s.max(1.0);
    check_times(problem, plan, tolerance_s, &mut violations);
    check_wires(problem, plan, tolerance_s, &mut violations);
    check_links(problem, plan, tolerance_s, &mut violations);
    check_devices(problem, plan, tolerance_s, &mut violations);
    check_resources(problem, plan, tolerance_s, &mut violations);
    check_totals(problem, plan, last_s, tolerance_s, &mut violations);
    violations
}

fn check_times(problem: &Problem, plan: &Plan, tolerance_s: f64, violations: &mut Vec<Violation>) {
    for (task, (info, a)) in problem.tasks().iter().zip(&plan.assignments).enumerate() {
        let duration_s = info.modes[a.mode].duration_s;
        let finite = a.start_s.is_finite() && a.finish_s.is_finite();
        if !finite || a.start_s < 0.0 || (a.finish_s - a.start_s - duration_s).abs() > tolerance_s {
            let (start_s, finish_s) = (a.start_s, a.finish_s);
            violations.push(Violation::WrongTimes { task, start_s, finish_s, duration_s });
        }
        if a.start_s < info.release_s - tolerance_s {
            let (start_s, release_s) = (a.start_s, info.release_s);
            violations.push(Violation::BeforeRelease { task, start_s, release_s });
        }
    }
}

fn check_wires(problem: &Problem, plan: &Plan, tolerance_s: f64, violations: &mut Vec<Violation>) {
    let mut transfers: HashMap<(TaskIndex, TaskIndex, u64), Vec<usize>> = HashMap::new();
    for (number, t) in plan.transfers.iter().enumerate() {
        transfers.entry((t.from, t.to, t.bytes)).or_default().push(number);
    }
    for edge in problem.edges() {
        let (from, to) = (&plan.assignments[edge.from], &plan.assignments[edge.to]);
        if to.start_s < from.finish_s - tolerance_s {
            violations.push(Violation::Precedence { from: edge.from, to: edge.to });
            continue;
        }
        let length_s = if problem.share_memory(from.device, to.device) {
            0.0
        } else {
            let pair = from.device * problem.devices().len() + to.device;
            problem.links().latency_s[pair] + edge.bytes as f64 / problem.links().bandwidth_bytes_per_s[pair]
        };
        let Some(number) = transfers.get_mut(&(edge.from, edge.to, edge.bytes)).and_then(Vec::pop) else {
            if length_s > tolerance_s {
                violations.push(Violation::MissingTransfer { from: edge.from, to: edge.to });
            }
            continue;
        };
        let transfer = &plan.transfers[number];
        let mut wrong = |what| violations.push(Violation::WrongTransfer { from: edge.from, to: edge.to, what });
        if problem.share_memory(from.device, to.device) {
            wrong("no reason: both see the same memory");
            continue;
        }
        if transfer.link != problem.link_of(from.device, to.device) {
            wrong("another link than joins the two devices");
        }
        if transfer.start_s.is_nan() || transfer.start_s < from.finish_s - tolerance_s {
            wrong("a start before its data is made");
        }
        if transfer.finish_s.is_nan() || transfer.finish_s > to.start_s + tolerance_s {
            wrong("a finish after its data is needed");
        }
        if (transfer.finish_s - transfer.start_s - length_s).abs() > tolerance_s {
            wrong("another length than its bytes take");
        }
    }
    for number in transfers.into_values().flatten() {
        let t = &plan.transfers[number];
        let what = "no wire that it serves";
        violations.push(Violation::WrongTransfer { from: t.from, to: t.to, what });
    }
}

/// The largest sum of amounts active at one time, and when; intervals are shortened by the tolerance.
fn peak(intervals: &[(f64, f64, f64)], tolerance_s: f64) -> (f64, f64) {
    let mut events = Vec::with_capacity(2 * intervals.len());
    for &(start_s, finish_s, amount) in intervals {
        if finish_s - tolerance_s > start_s && amount > 0.0 {
            events.push((start_s, amount));
            events.push((finish_s - tolerance_s, -amount));
        }
    }
    // At one time the negative amounts come first.
    events.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut used = 0.0;
    let mut highest = (0.0, 0.0);
    for (at_s, amount) in events {
        used += amount;
        if used > highest.0 {
            highest = (used, at_s);
        }
    }
    highest
}

fn check_links(problem: &Problem, plan: &Plan, tolerance_s: f64, violations: &mut Vec<Violation>) {
    let links = &problem.links().links;
    let mut carried = vec![Vec::new(); links.len()];
    for t in &plan.transfers {
        if let Some(list) = carried.get_mut(t.link) {
            list.push((t.start_s, t.finish_s, 1.0));
        }
    }
    for (link, list) in carried.iter().enumerate() {
        let Some(channels) = links[link].channels else { continue };
        let (used, at_s) = peak(list, tolerance_s);
        if used > f64::from(channels) + 0.5 {
            violations.push(Violation::Link { link, at_s, used: used as usize, channels });
        }
    }
}

fn check_devices(problem: &Problem, plan: &Plan, tolerance_s: f64, violations: &mut Vec<Violation>) {
    let devices = problem.devices();
    let mut compute = vec![Vec::new(); devices.len()];
    let mut memory = vec![Vec::new(); devices.len()];
    // For each node where and since when its weights are resident, and until when.
    let mut deployed: HashMap<u32, (TaskIndex, f64)> = HashMap::new();
    for (task, (info, a)) in problem.tasks().iter().zip(&plan.assignments).enumerate() {
        let mode = &info.modes[a.mode];
        compute[a.device].push((a.start_s, a.finish_s, mode.compute_share));
        memory[a.device].push((a.start_s, a.finish_s, mode.memory_bytes as f64));
        if info.phase == Phase::Deploy {
            deployed.insert(info.node, (task, a.finish_s));
        }
    }
    for (run, (info, a)) in problem.tasks().iter().zip(&plan.assignments).enumerate() {
        if info.phase != Phase::Run {
            continue;
        }
        if let Some((deploy, until_s)) = deployed.get_mut(&info.node) {
            *until_s = until_s.max(a.finish_s);
            if plan.assignments[*deploy].device != a.device {
                violations.push(Violation::AwayFromWeights { run, deploy: *deploy });
            }
            if a.start_s < plan.assignments[*deploy].finish_s - tolerance_s {
                violations.push(Violation::Precedence { from: *deploy, to: run });
            }
        }
    }
    for (deploy, until_s) in deployed.into_values() {
        let a = &plan.assignments[deploy];
        let weights = problem.tasks()[deploy].modes[a.mode].weights_bytes as f64;
        memory[a.device].push((a.start_s, until_s, weights));
    }
    for (device, info) in devices.iter().enumerate() {
        let (used, at_s) = peak(&compute[device], tolerance_s);
        if used > info.capacity * (1.0 + 1e-6) {
            violations.push(Violation::Compute { device, at_s, used, capacity: info.capacity });
        }
        if let Some(bytes) = info.memory_bytes {
            let (used_bytes, at_s) = peak(&memory[device], tolerance_s);
            let available_bytes = bytes as f64;
            if used_bytes > available_bytes * (1.0 + 1e-9) {
                violations.push(Violation::Memory { device, at_s, used_bytes, available_bytes });
            }
        }
    }
}

fn check_resources(problem: &Problem, plan: &Plan, tolerance_s: f64, violations: &mut Vec<Violation>) {
    for (number, resource) in problem.resources().iter().enumerate() {
        let chosen = problem.tasks().iter().zip(&plan.assignments);
        let taken: Vec<(f64, f64, f64)> = chosen
            .flat_map(|(task, a)| task.modes[a.mode].uses.iter().map(move |used| (a, used)))
            .filter(|(_, used)| used.resource == number)
            .map(|(a, used)| (a.start_s, a.finish_s, used.amount as f64))
            .collect();
        let (used, at_s) = if resource.renewable {
            peak(&taken, tolerance_s)
        } else {
            (taken.iter().map(|(_, _, amount)| amount).sum(), 0.0)
        };
        if used > resource.capacity as f64 + 0.5 {
            violations.push(Violation::Resource { resource: number, at_s, used, capacity: resource.capacity });
        }
    }
}

fn check_totals(problem: &Problem, plan: &Plan, last_s: f64, tolerance_s: f64, violations: &mut Vec<Violation>) {
    if let Some(budget) = problem.accuracy_budget() {
        let chosen = problem.tasks().iter().zip(&plan.assignments);
        let lost: f64 = chosen.map(|(task, a)| task.modes[a.mode].accuracy_loss).sum();
        if lost > budget + 1e-9 {
            violations.push(Violation::Accuracy { lost, budget });
        }
    }
    let mut total = |what, said: f64, found: f64, ok: bool| {
        if !ok {
            violations.push(Violation::WrongTotal { what, said, found });
        }
    };
    let makespan_s = plan.makespan_s;
    total("makespan", makespan_s, last_s, (makespan_s - last_s).abs() <= tolerance_s);
    let bound_s = plan.lower_bound_s;
    total("lower bound", bound_s, last_s, bound_s >= 0.0 && bound_s <= last_s + tolerance_s);
    let gap = relative_gap(makespan_s, bound_s);
    total("gap", plan.gap, gap, (plan.gap - gap).abs() <= 1e-9 * gap.max(1.0));
}
