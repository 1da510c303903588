//! Planning again while a plan is executed: what has started stays, the rest may move, at a price.
//!
//! Must not know when or why to plan again; a caller decides that and brings the durations up to date.

use crate::{
    bounds::lower_bounds,
    decoder::{Decoder, ModeChoice, Order},
    input::{DeviceIndex, Edge, TaskIndex},
    list_rules::upward_ranks,
    plan::Plan,
    problem::{Problem, ProblemError},
    search::ScheduleError,
};

/// How far a task has come, in seconds from the plan's zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TaskProgress {
    /// It may still go anywhere.
    NotStarted,
    /// It is running and is expected to end then.
    Running {
        /// When it began.
        start_s: f64,
        /// When it will end, as far as is known.
        expected_finish_s: f64,
    },
    /// It has ended.
    Finished {
        /// When it began.
        start_s: f64,
        /// When it ended.
        finish_s: f64,
    },
    /// It has failed or will not be executed: it takes no time and holds nothing up.
    Dropped,
}

/// A new plan and the problem that it solves.
#[derive(Debug, Clone)]
pub struct Replanned {
    /// The tasks with what is known now: started ones can be only where and when they are, the others begin at `now_s` at
    /// the earliest. Task and mode numbers are those of before.
    pub problem: Problem,
    /// The new plan for all tasks, valid for `problem`.
    pub plan: Plan,
    /// Tasks that get another device or mode than before.
    pub moved: Vec<TaskIndex>,
}

/// Plans what has not started again, in one pass of a list rule for each of a few ways to go on, the best of which is
/// taken: by makespan plus `move_penalty_s` for each task that moves.
///
/// `problem` has the durations as they are known now; `plan` is the plan being executed; `progress` has one entry a task;
/// devices in `lost` take nothing new.
///
/// # Errors
///
/// [`ScheduleError::NotReplannable`] with the constraint when a task can be nowhere any more;
/// [`ScheduleError::WeightsDoNotFitTogether`] when no way to go on holds all weights.
pub fn replan(
    problem: &Problem,
    plan: &Plan,
    progress: &[TaskProgress],
    now_s: f64,
    lost: &[DeviceIndex],
    move_penalty_s: f64,
) -> Result<Replanned, ScheduleError> {
    let rest = remaining(problem, plan, progress, now_s, lost)?;
    let count = rest.tasks().len();
    let started = |task: TaskIndex| !matches!(progress.get(task), None | Some(TaskProgress::NotStarted));
    // What has started goes first, in the order in which it did, so that nothing else takes its place.
    let first = |keys: &mut [f64]| {
        let top = keys.iter().copied().fold(0.0, f64::max) + 1.0;
        for (task, key) in keys.iter_mut().enumerate() {
            if started(task) {
                *key = top + (1.0 - rest.tasks()[task].release_s / (1.0 + now_s));
            }
        }
    };
    let latest_s = plan.makespan_s.max(now_s);
    let mut as_planned: Vec<f64> = plan.assignments.iter().map(|a| latest_s - a.start_s).collect();
    first(&mut as_planned);
    let mut by_rank = upward_ranks(&rest);
    first(&mut by_rank);
    let kept: Vec<usize> = plan.assignments.iter().map(|a| a.mode).collect();
    let mut price = vec![0.0; rest.modes.device.len()];
    for (task, &kept) in kept.iter().enumerate() {
        for m in rest.modes_of(task) {
            if m - rest.modes_of(task).start != kept {
                price[m] = move_penalty_s;
            }
        }
    }
    let ways = [
        (Order::Priority(&as_planned), ModeChoice::Fixed(&kept)),
        (Order::Priority(&by_rank), ModeChoice::EarliestFinishPlus(&price)),
        (Order::Priority(&as_planned), ModeChoice::EarliestFinishPlus(&price)),
    ];
    let bound_s = lower_bounds(&rest).best_s();
    let mut decoder = Decoder::new(&rest);
    let mut best: Option<(f64, Plan, Vec<TaskIndex>)> = None;
    let mut failure = None;
    for (order, choice) in ways {
        if let Err(error) = decoder.decode(order, choice, &|| false) {
            failure = Some(error);
            continue;
        }
        let moved: Vec<TaskIndex> =
            (0..count).filter(|&task| decoder.mode_of(task) != kept[task] && !started(task)).collect();
        let cost_s = decoder.makespan_s() + move_penalty_s * moved.len() as f64;
        if best.as_ref().is_none_or(|(least_s, ..)| cost_s < *least_s) {
            best = Some((cost_s, decoder.plan("replan", bound_s), moved));
        }
    }
    match (best, failure) {
        (Some((_, plan, moved)), _) => Ok(Replanned { problem: rest, plan, moved }),
        (None, Some(error)) => Err(error),
        (None, None) => Err(ScheduleError::Cancelled),
    }
}

/// The problem that is left.
fn remaining(
    problem: &Problem,
    plan: &Plan,
    progress: &[TaskProgress],
    now_s: f64,
    lost: &[DeviceIndex],
) -> Result<Problem, ScheduleError> {
    let mut input = problem.input().clone();
    let capacity: Vec<f64> = input.devices.iter().map(|d| d.capacity).collect();
    for (number, task) in input.tasks.iter_mut().enumerate() {
        let (start_s, finish_s) = match progress.get(number).copied().unwrap_or(TaskProgress::NotStarted) {
            TaskProgress::NotStarted => {
                task.release_s = task.release_s.max(now_s);
                for mode in task.modes.iter_mut().filter(|mode| lost.contains(&mode.device)) {
                    // More than there is: the mode fits no more.
                    mode.compute_share = 2.0 * capacity[mode.device];
                }
                continue;
            }
            TaskProgress::Running { start_s, expected_finish_s } => (start_s, expected_finish_s.max(now_s)),
            TaskProgress::Finished { start_s, finish_s } => (start_s, finish_s),
            TaskProgress::Dropped => (0.0, 0.0),
        };
        task.release_s = start_s;
        let chosen = plan.assignments.get(number).map_or(0, |a| a.mode);
        for (local, mode) in task.modes.iter_mut().enumerate() {
            if local == chosen {
                mode.duration_s = (finish_s - start_s).max(0.0);
            } else {
                mode.compute_share = 2.0 * capacity[mode.device];
            }
        }
    }
    // What lies between tasks that have started has happened; what is dropped holds nothing up.
    let begun = |task: TaskIndex| !matches!(progress.get(task), None | Some(TaskProgress::NotStarted));
    let dropped = |task: TaskIndex| matches!(progress.get(task), Some(TaskProgress::Dropped));
    let over = |edge: &Edge| begun(edge.from) && begun(edge.to) || dropped(edge.from) || dropped(edge.to);
    input.edges.retain(|edge| !over(edge));
    Problem::from_input(input).map_err(|error: ProblemError| ScheduleError::NotReplannable { why: Box::new(error) })
}
