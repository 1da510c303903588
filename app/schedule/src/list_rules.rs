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
