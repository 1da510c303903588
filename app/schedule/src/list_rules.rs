//! List rules: one pass over the tasks in a fixed order, no search.
//!
//! Must not know how a task is placed; the decoder does that, for these as for every other algorithm.

use crate::{
    bounds::lower_bounds,
    decoder::{Decoder, ModeChoice, Order},
    plan::Plan,
    problem::Problem,
    search::{ScheduleError, Scheduler, SearchContext},
};

/// In order of arrival (the time when a task could start at the earliest), each on the device that is free first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fifo;

impl Scheduler for Fifo {
    fn name(&self) -> &str {
        "fifo"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        one_pass(self.name(), problem, context, Order::Arrival, ModeChoice::EarliestStart)
    }
}

/// Heterogeneous Earliest Finish Time: the task with the largest upward rank first, in the mode in which it finishes
/// first, gaps being filled.
///
/// H. Topcuoglu, S. Hariri, M.-Y. Wu: Performance-effective and low-complexity task scheduling for heterogeneous
/// computing. IEEE Transactions on Parallel and Distributed Systems 13(3), 2002.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heft;

impl Scheduler for Heft {
    fn name(&self) -> &str {
        "heft"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let mut ranks = upward_ranks(problem);
        // Ranks that differ by rounding alone are equal, and the task with the smaller number is first.
        let unit = ranks.iter().copied().fold(0.0, f64::max) * 1e-12;
        if unit > 0.0 {
            ranks.iter_mut().for_each(|rank| *rank = (*rank / unit).round());
        }
        one_pass(self.name(), problem, context, Order::Priority(&ranks), ModeChoice::EarliestFinish)
    }
}

fn one_pass(
    name: &str,
    problem: &Problem,
    context: &mut SearchContext<'_>,
    order: Order<'_>,
    choice: ModeChoice<'_>,
) -> Result<Plan, ScheduleError> {
    context.begin();
    let mut decoder = Decoder::new(problem);
    decoder.decode(order, choice, &|| context.is_cancelled())?;
    let plan = decoder.plan(name, lower_bounds(problem).best_s());
    context.report(plan.makespan_s, plan.lower_bound_s);
    Ok(plan)
}

/// For each task the mean length of the longest way to the end, in seconds: rank_u(i) = w̄_i + max_j (c̄_ij + rank_u(j)),
/// with w̄ the mean duration over the modes that fit and c̄ the mean transfer over all ordered pairs of different devices
/// (Topcuoglu, Hariri, Wu 2002, equation 5).
pub fn upward_ranks(problem: &Problem) -> Vec<f64> {
    let n = problem.devices().len();
    let pairs = (n * n - n).max(1) as f64;
    // Both are zero on the diagonal.
    let latency_s = problem.transfer_latency_s.iter().sum::<f64>() / pairs;
    let s_per_byte = problem.transfer_s_per_byte.iter().sum::<f64>() / pairs;
    let mut ranks = vec![0.0; problem.tasks().len()];
    for &task in problem.topological_order().iter().rev() {
        let (sum, count) = problem
            .modes_of(task)
            .filter(|&m| problem.modes.admissible[m])
            .fold((0.0, 0), |(sum, count), m| (sum + problem.modes.duration_s[m], count + 1));
        let after = problem
            .outgoing(task)
            .map(|edge| latency_s + edge.bytes as f64 * s_per_byte + ranks[edge.to])
            .fold(0.0, f64::max);
        ranks[task] = sum / f64::from(count.max(1)) + after;
    }
    ranks
}

/// Predict Earliest Finish Time: like HEFT, but the mode is chosen by finish plus the optimistic cost of all that follows.
///
/// H. Arabnejad, J. G. Barbosa: List scheduling algorithm for heterogeneous systems by an optimistic cost table. IEEE
/// Transactions on Parallel and Distributed Systems 25(3), 2014.
#[derive(Debug, Clone, Copy, Default)]
pub struct Peft;

impl Scheduler for Peft {
    fn name(&self) -> &str {
        "peft"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let costs = optimistic_costs(problem);
        let choice = ModeChoice::EarliestFinishPlus(&costs.added);
        one_pass(self.name(), problem, context, Order::Priority(&costs.ranks), choice)
    }
}

/// Critical Path on a Processor: the tasks of the critical path on the one device that executes them fastest, all others
/// where they finish first (Topcuoglu, Hariri, Wu 2002).
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpop;

impl Scheduler for Cpop {
    fn name(&self) -> &str {
        "cpop"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let critical = critical_mode_choice(problem, &upward_ranks(problem));
        let choice = ModeChoice::Fixed(&critical.modes);
        one_pass(self.name(), problem, context, Order::Priority(&critical.ranks), choice)
    }
}

/// The optimistic cost table of [`Peft`].
pub(crate) struct OptimisticCosts {
    /// Mean over the modes of a task.
    pub ranks: Vec<f64>,
    /// For each flat mode what has to follow at least.
    pub added: Vec<f64>,
}

/// OCT(i, m) = max over followers j of min over their modes m' of OCT(j, m') + p_jm' + the transfer between the modes'
/// devices. (The mean transfer of the original is replaced by the real one, which is known here.)
pub(crate) fn optimistic_costs(problem: &Problem) -> OptimisticCosts {
    let modes = &problem.modes;
    let mut added = vec![0.0; modes.device.len()];
    let mut ranks = vec![0.0; problem.tasks().len()];
    for &task in problem.topological_order().iter().rev() {
        let mut sum = 0.0;
        let mut count = 0.0;
        for m in problem.modes_of(task) {
            let mut cost: f64 = 0.0;
            for edge in problem.outgoing(task) {
                let least = problem
                    .modes_of(edge.to)
                    .filter(|&s| modes.admissible[s])
                    .map(|s| {
                        let sent = problem.transfer_s(modes.device[m] as usize, modes.device[s] as usize, edge.bytes);
                        sent + modes.duration_s[s] + added[s]
                    })
                    .fold(f64::INFINITY, f64::min);
                cost = cost.max(least);
            }
            added[m] = cost;
            if modes.admissible[m] {
                sum += cost + modes.duration_s[m];
                count += 1.0;
            }
        }
        ranks[task] = sum / f64::max(count, 1.0);
    }
    OptimisticCosts { ranks, added }
}

/// Order and modes of [`Cpop`].
pub(crate) struct CriticalModes {
    /// Upward plus downward rank.
    pub ranks: Vec<f64>,
    /// For tasks on the critical path a position, for others `usize::MAX`.
    pub modes: Vec<usize>,
}

pub(crate) fn critical_mode_choice(problem: &Problem, upward: &[f64]) -> CriticalModes {
    let count = problem.tasks().len();
    let n = problem.devices().len();
    let pairs = (n * n - n).max(1) as f64;
    let latency_s = problem.transfer_latency_s.iter().sum::<f64>() / pairs;
    let s_per_byte = problem.transfer_s_per_byte.iter().sum::<f64>() / pairs;
    let mean = |task: usize| {
        let fit = problem.modes_of(task).filter(|&m| problem.modes.admissible[m]);
        let (sum, n) = fit.fold((0.0, 0.0), |(sum, n), m| (sum + problem.modes.duration_s[m], n + 1.0));
        sum / f64::max(n, 1.0)
    };
    let mut downward = vec![0.0; count];
    for &task in problem.topological_order() {
        let mut rank = problem.tasks()[task].release_s;
        for edge in problem.incoming(task) {
            rank = f64::max(rank, downward[edge.from] + mean(edge.from) + latency_s + edge.bytes as f64 * s_per_byte);
        }
        downward[task] = rank;
    }
    let ranks: Vec<f64> = upward.iter().zip(&downward).map(|(u, d)| u + d).collect();
    let longest = ranks.iter().copied().fold(0.0, f64::max);
    let mut path = Vec::new();
    let mut at = (0..count).find(|&t| problem.incoming(t).next().is_none() && ranks[t] >= longest * (1.0 - 1e-9));
    while let Some(task) = at {
        path.push(task);
        at = problem
            .outgoing(task)
            .map(|edge| edge.to)
            .max_by(|&a, &b| ranks[a].total_cmp(&ranks[b]).then(b.cmp(&a)))
            .filter(|&next| ranks[next] >= longest * (1.0 - 1e-9));
    }
    // The device on which the path is shortest; where a task has no mode on it, it costs its mean and is left free.
    let fastest_on = |task: usize, device: usize| {
        problem
            .modes_of(task)
            .filter(|&m| problem.modes.admissible[m] && problem.modes.device[m] as usize == device)
            .min_by(|&a, &b| problem.modes.duration_s[a].total_cmp(&problem.modes.duration_s[b]))
    };
    let length = |device: usize| -> f64 {
        path.iter().map(|&t| fastest_on(t, device).map_or_else(|| 2.0 * mean(t), |m| problem.modes.duration_s[m])).sum()
    };
    let lengths: Vec<f64> = (0..n).map(length).collect();
    let device = (0..n).min_by(|&a, &b| lengths[a].total_cmp(&lengths[b])).unwrap_or(0);
    let mut modes = vec![usize::MAX; count];
    for &task in &path {
        if let Some(m) = fastest_on(task, device) {
            modes[task] = m - problem.modes_of(task).start;
        }
    }
    CriticalModes { ranks, modes }
}
