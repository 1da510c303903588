//! What a plan says about itself: slack, critical tasks, use of the devices, the serial index.
//!
//! Must not know how a plan was made; it need not be a good one, only a valid one.

use serde::{Deserialize, Serialize};

use crate::{input::TaskIndex, plan::Plan, problem::Problem};

/// Slack of every task and use of every device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// One for each task.
    pub tasks: Vec<TaskAnalysis>,
    /// For each device the part of its compute that is used over the makespan, 0 to 1.
    pub utilisation: Vec<f64>,
}

/// How much a task may be late.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TaskAnalysis {
    /// Seconds by which its finish may move without moving the plan's end, modes, devices and order being kept.
    pub slack_s: f64,
    /// It has no slack: the plan ends later if it does.
    pub critical: bool,
}

/// One bar of the plan, task or transfer, for the backward pass.
struct Bar {
    start_s: f64,
    finish_s: f64,
    resource: usize,
    amount: f64,
    /// Position in the order of wires, which decides between bars of no length.
    depth: usize,
    successors: Vec<usize>,
}

/// Latest starts of the bars on one resource that are done, latest start first.
#[derive(Default)]
struct Later {
    /// (start, smallest latest start among the bars from there on).
    bars: Vec<(f64, f64)>,
}

impl Later {
    fn push(&mut self, start_s: f64, latest_start_s: f64) {
        let least = self.bars.last().map_or(latest_start_s, |last| last.1.min(latest_start_s));
        self.bars.push((start_s, least));
    }

    /// The smallest latest start among bars that start at `time_s` or after.
    fn least_from(&self, time_s: f64) -> f64 {
        let count = self.bars.partition_point(|bar| bar.0 >= time_s);
        count.checked_sub(1).map_or(f64::INFINITY, |last| self.bars[last].1)
    }
}

/// Finds slack and critical tasks by going backwards from the end over wires, transfers and the order on devices and
/// links. Waiting for memory is not followed: a task that delays another only by holding memory counts as having slack.
///
/// The plan must be valid (see [`crate::validate`]); with one that is not the numbers mean nothing.
pub fn analyse(problem: &Problem, plan: &Plan) -> Analysis {
    let devices = problem.devices().len();
    let mut bars = bars_of(problem, plan);
    let capacity = |resource: usize| {
        if resource < devices {
            problem.devices()[resource].capacity
        } else {
            problem.links().links[resource - devices].channels.map_or(f64::INFINITY, f64::from)
        }
    };
    let resources = devices + problem.links().links.len();
    let steps: Vec<Vec<(f64, f64)>> = (0..resources).map(|resource| use_over_time(&bars, resource)).collect();

    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&bars[a], &bars[b]);
        b.start_s.total_cmp(&a.start_s).then(b.depth.cmp(&a.depth))
    });
    let mut later: Vec<Later> = (0..resources).map(|_| Later::default()).collect();
    let mut latest_start_s = vec![f64::INFINITY; bars.len()];
    let mut slack_s = vec![0.0; bars.len()];
    for number in order {
        let bar = &mut bars[number];
        let mut latest_finish_s = plan.makespan_s;
        for &successor in &bar.successors {
            latest_finish_s = latest_finish_s.min(latest_start_s[successor]);
        }
        let room = capacity(bar.resource) * (1.0 + 1e-9) - bar.amount;
        if bar.amount > 0.0 && bar.finish_s > bar.start_s && room.is_finite() {
            let steps = &steps[bar.resource];
            let from = steps.partition_point(|step| step.0 < bar.finish_s);
            if let Some(conflict) = steps[from..].iter().find(|step| step.1 > room) {
                latest_finish_s = latest_finish_s.min(later[bar.resource].least_from(conflict.0));
            }
        }
        slack_s[number] = (latest_finish_s - bar.finish_s).max(0.0);
        latest_start_s[number] = bar.start_s + slack_s[number];
        later[bar.resource].push(bar.start_s, latest_start_s[number]);
    }
    let tolerance_s = 1e-9 * plan.makespan_s.max(1e-3);
    let tasks = slack_s[..plan.assignments.len()]
        .iter()
        .map(|&slack_s| TaskAnalysis { slack_s, critical: slack_s <= tolerance_s })
        .collect();
    let mut utilisation = vec![0.0; devices];
    for (task, a) in problem.tasks().iter().zip(&plan.assignments) {
        utilisation[a.device] += task.modes[a.mode].compute_share * (a.finish_s - a.start_s);
    }
    for (used, device) in utilisation.iter_mut().zip(problem.devices()) {
        *used = if plan.makespan_s > 0.0 { *used / (device.capacity * plan.makespan_s) } else { 0.0 };
    }
    Analysis { tasks, utilisation }
}

/// Tasks first, in their order, then transfers, joined along the wires.
fn bars_of(problem: &Problem, plan: &Plan) -> Vec<Bar> {
    let devices = problem.devices().len();
    let mut depth = vec![0; problem.tasks().len()];
    for (position, &task) in problem.topological_order().iter().enumerate() {
        depth[task] = 2 * position + 1;
    }
    let mut bars: Vec<Bar> = plan
        .assignments
        .iter()
        .zip(problem.tasks())
        .map(|(a, task)| Bar {
            start_s: a.start_s,
            finish_s: a.finish_s,
            resource: a.device,
            amount: task.modes[a.mode].compute_share,
            depth: depth[a.task],
            successors: Vec::new(),
        })
        .collect();
    for edge in problem.edges() {
        bars[edge.from].successors.push(edge.to);
    }
    for transfer in &plan.transfers {
        let number = bars.len();
        bars[transfer.from].successors.push(number);
        bars.push(Bar {
            start_s: transfer.start_s,
            finish_s: transfer.finish_s,
            resource: devices + transfer.link,
            amount: 1.0,
            depth: depth[transfer.to] - 1,
            successors: vec![transfer.to],
        });
    }
    bars
}

/// (time, use from there on) of a resource, ascending.
fn use_over_time(bars: &[Bar], resource: usize) -> Vec<(f64, f64)> {
    let mut events: Vec<(f64, f64)> = Vec::new();
    for bar in bars.iter().filter(|b| b.resource == resource && b.finish_s > b.start_s && b.amount > 0.0) {
        events.push((bar.start_s, bar.amount));
        events.push((bar.finish_s, -bar.amount));
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut steps: Vec<(f64, f64)> = Vec::with_capacity(events.len());
    let mut used = 0.0;
    for (time_s, amount) in events {
        used += amount;
        match steps.last_mut() {
            Some(last) if last.0 == time_s => last.1 = used,
            _ => steps.push((time_s, used)),
        }
    }
    steps
}

/// The classical serial index of service-oriented workflow management, and what one after another would take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SerialIndex {
    /// W = Σ run + Σ train + Σ deploy + Σ_wires D, D = max(train, deploy, run) of the wire's predecessor, in seconds.
    /// An index, never an objective: with fixed modes every order has the same.
    pub index_s: f64,
    /// Σ (train + deploy + run), in seconds.
    pub serial_s: f64,
    /// `serial_s` / makespan; 1 for a plan of no length.
    pub speed_up: f64,
}

/// The serial index of a plan's modes and the plan's speed-up.
///
/// Wires are the edges between tasks of different nodes, each counted once; the phases of a node are joined by edges that
/// do not count. The plan must have one assignment for each task.
///
/// Two chained services of 100 s train, 20 s deploy, 10 s run have W = 360 s: 2 · 130 s and 100 s for the wire.
///
/// ```
/// use weft_schedule::{Device, Links, Phase, SearchContext, Service, Wire, by_name, serial_index, services};
///
/// let chain = ["first", "second"].map(|name| Service::timed(name, 2, 100.0, 20.0, 10.0));
/// let wire = Wire { from: 0, to: 1, consumed_by: Phase::Run, bytes: 0 };
/// let devices = vec![Device::new("a"), Device::new("b")];
/// let (problem, _) = services(&chain, &[wire], devices, Links::instant(2))?;
/// let plan = by_name("heft")?.solve(&problem, &mut SearchContext::new(0))?;
/// let index = serial_index(&problem, &plan);
/// assert_eq!((index.index_s, index.serial_s, plan.makespan_s), (360.0, 260.0, 140.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn serial_index(problem: &Problem, plan: &Plan) -> SerialIndex {
    let duration_s = |task: TaskIndex| problem.tasks()[task].modes[plan.assignments[task].mode].duration_s;
    let mut longest = std::collections::HashMap::new();
    let mut serial_s = 0.0;
    for (task, info) in problem.tasks().iter().enumerate() {
        serial_s += duration_s(task);
        let entry = longest.entry(info.node).or_insert(0.0_f64);
        *entry = entry.max(duration_s(task));
    }
    let wires_s: f64 = problem
        .edges()
        .iter()
        .map(|edge| (problem.tasks()[edge.from].node, problem.tasks()[edge.to].node))
        .filter(|(from, to)| from != to)
        .map(|(from, _)| longest.get(&from).copied().unwrap_or(0.0))
        .sum();
    let speed_up = if plan.makespan_s > 0.0 { serial_s / plan.makespan_s } else { 1.0 };
    SerialIndex { index_s: serial_s + wires_s, serial_s, speed_up }
}
