//! What may come of a plan: its execution with noise and failures, made up from a seed.
//!
//! Must not know how the plan was made. The execution follows [`ReadyQueue`], as the real one does: it keeps the plan's
//! devices, modes and order, not its times, and looks at nothing before it happens.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    input::TaskIndex,
    plan::Plan,
    problem::Problem,
    ready_queue::{ReadyQueue, TaskState},
    rng::Rng,
};

/// How a task's real duration differs from the mode's, as a factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// Not at all.
    Exact,
    /// Always by this factor: a wrong estimate.
    Factor(f64),
    /// Evenly between two factors.
    Uniform {
        /// The smallest.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// By a log-normal factor of mean 1: often a little less, seldom much more.
    LogNormal {
        /// Deviation of the factor's logarithm.
        deviation: f64,
    },
}

impl Spread {
    fn factor(self, rng: &mut Rng) -> f64 {
        let factor = match self {
            Spread::Exact => 1.0,
            Spread::Factor(factor) => factor,
            Spread::Uniform { least, most } => least + (most - least) * rng.unit(),
            Spread::LogNormal { deviation } => (deviation * rng.normal() - 0.5 * deviation * deviation).exp(),
        };
        if factor.is_finite() { factor.max(0.0) } else { 1.0 }
    }
}

/// How often tasks fail and how often they are tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attempts {
    /// Probability that an attempt fails, somewhere on its way.
    pub failure: f64,
    /// Attempts in all before the task counts as failed; at least 1.
    pub most: u32,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { failure: 0.0, most: 1 }
    }
}

/// What happened to one task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Executed {
    /// How it ended: finished, failed or skipped.
    pub state: TaskState,
    /// When the last attempt began, in seconds; NaN where there was none.
    pub start_s: f64,
    /// When it ended, in seconds; NaN where it did not begin.
    pub finish_s: f64,
    /// How often it was tried.
    pub attempts: u32,
}

/// What came of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// One a task.
    pub tasks: Vec<Executed>,
    /// When the last task ended, in seconds.
    pub makespan_s: f64,
}

impl Simulation {
    /// Whether every task has finished.
    pub fn is_complete(&self) -> bool {
        self.tasks.iter().all(|task| task.state == TaskState::Finished)
    }
}

/// Executes a valid plan with durations drawn from `spread` (one a task; the last one holds for the rest, none for
/// exact) and failing attempts. The same seed gives the same durations for each task, whatever the plan, so that plans can
/// be compared under equal luck.
///
/// Data is sent as soon as it is made, in the order in which it is made, to the device that the plan names; a task that has
/// its device waits there for its data.
///
/// ```
/// use weft_schedule::{Attempts, Device, Links, Mode, Phase, Problem, SearchContext, Spread, Task, by_name, simulate};
///
/// let tasks = vec![Task::new("train", Phase::Train, vec![Mode::on(0, 10.0)])];
/// let problem = Problem::new(tasks, vec![Device::new("gpu")], Links::instant(1), vec![])?;
/// let plan = by_name("heft")?.solve(&problem, &mut SearchContext::new(0))?;
/// let late = simulate(&problem, &plan, &[Spread::Factor(1.5)], Attempts::default(), 1);
/// assert_eq!(late.makespan_s, 15.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn simulate(problem: &Problem, plan: &Plan, spread: &[Spread], attempts: Attempts, seed: u64) -> Simulation {
    let count = problem.tasks().len();
    let mut luck: Vec<Rng> =
        (0..count).map(|task| Rng::new(seed ^ (task as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let duration_s: Vec<f64> = (0..count)
        .map(|task| {
            let spread = spread.get(task).or(spread.last()).copied().unwrap_or(Spread::Exact);
            problem.tasks()[task].modes[plan.assignments[task].mode].duration_s * spread.factor(&mut luck[task])
        })
        .collect();
    let mut lanes: Vec<Vec<f64>> = problem
        .links()
        .links
        .iter()
        .map(|link| vec![0.0; link.channels.map_or(0, |c| (c as usize).min(problem.edges().len()))])
        .collect();
    let unseen = Executed { state: TaskState::Skipped, start_s: f64::NAN, finish_s: f64::NAN, attempts: 0 };
    let mut tasks = vec![unseen; count];
    let mut arrival_s = vec![0.0_f64; count];
    let mut queue = ReadyQueue::new(problem, plan);
    // Ends to come: (time as ordered bits, task, whether it fails).
    let mut ends: BinaryHeap<Reverse<(u64, TaskIndex, bool)>> = BinaryHeap::new();
    let mut now_s = 0.0_f64;
    loop {
        for task in queue.start_ready(now_s) {
            let start_s = now_s.max(arrival_s[task]);
            tasks[task].attempts += 1;
            tasks[task].start_s = start_s;
            let fails = luck[task].chance(attempts.failure);
            let part = if fails { luck[task].unit() } else { 1.0 };
            ends.push(Reverse(((start_s + part * duration_s[task]).to_bits(), task, fails)));
        }
        let Some(Reverse((bits, task, fails))) = ends.pop() else {
            match queue.next_release_s() {
                Some(release_s) if release_s > now_s => now_s = release_s,
                _ => break,
            }
            continue;
        };
        let end_s = f64::from_bits(bits);
        // A release in between may let a task start before this one ends.
        if let Some(release_s) = queue.next_release_s().filter(|&r| r > now_s && r < end_s) {
            ends.push(Reverse((bits, task, fails)));
            now_s = release_s;
            continue;
        }
        now_s = now_s.max(end_s);
        tasks[task].finish_s = end_s;
        if fails && tasks[task].attempts < attempts.most {
            queue.retry(task);
        } else if fails {
            tasks[task].state = TaskState::Failed;
            queue.failed(task);
        } else {
            tasks[task].state = TaskState::Finished;
            for edge in problem.outgoing(task) {
                let (from, to) = (plan.assignments[task].device, plan.assignments[edge.to].device);
                let length_s = problem.transfer_s(from, to, edge.bytes);
                if length_s <= 0.0 {
                    continue;
                }
                let link = &mut lanes[problem.link_of(from, to)];
                let first = link.iter_mut().min_by(|a, b| a.total_cmp(b));
                let there_s = match first {
                    Some(free_s) => {
                        *free_s = free_s.max(end_s) + length_s;
                        *free_s
                    }
                    None => end_s + length_s,
                };
                arrival_s[edge.to] = arrival_s[edge.to].max(there_s);
            }
            queue.finished(task);
        }
    }
    let makespan_s = tasks.iter().map(|task| task.finish_s).fold(0.0, f64::max);
    Simulation { tasks, makespan_s }
}
