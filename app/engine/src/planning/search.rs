//! The search for a plan: which rule, for how long, and a plan that is followed instead of searched for.
//!
//! Must not know of nodes or devices beyond the library's problem.

use std::collections::HashMap;
use std::time::Instant;

use weft_model::Localised;
use weft_protocol::PlanView;
use weft_protocol::event::Fault;
use weft_protocol::plan::{Convergence, SchedulerChoice};
use weft_schedule::{self as schedule, AlgorithmInfo, Plan, Problem, Scheduler};

use super::sheet::Sheet;
use super::{faults, l};

/// What a search is for: a run that waits to begin gets its plan soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A run that begins as soon as there is a plan.
    Run,
    /// A plan to be looked at.
    Look,
}

/// The longest that a run waits for its plan, unless its user says otherwise [s].
const MOST_S: f64 = 1.0;
/// What a search may take of what the plan takes, when a run waits for it.
const SHARE: f64 = 0.03;

/// The rule that is chosen, with its parameters.
///
/// # Errors
/// There is no such rule or parameter, or a value is out of range.
pub(crate) fn scheduler(choice: &SchedulerChoice) -> Result<(&'static AlgorithmInfo, Box<dyn Scheduler>), Fault> {
    let known = schedule::algorithms();
    let info = known.iter().find(|info| info.name == choice.algorithm).ok_or_else(|| {
        faults::of_search(&schedule::ScheduleError::NoSuchAlgorithm {
            name: choice.algorithm.clone(),
            known: known.iter().map(|info| info.name).collect(),
        })
    })?;
    if let Some(limit_s) = choice.time_limit_s
        && !(limit_s > 0.0 && limit_s <= 1e6)
    {
        return Err(Fault::new(
            "bad_limit",
            l(format!("a search cannot be limited to {limit_s} s"), format!("搜索时间不能限制为 {limit_s} 秒")),
            l("give a time above 0 s and at most a million", "请给出大于 0 且不超过一百万秒的时间"),
        ));
    }
    let values: Vec<(&str, f64)> = choice.parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let made = info.create_with(&values).map_err(|e| faults::of_search(&e))?;
    Ok((info, made))
}

/// How long a search may take that nobody limited [s].
pub(crate) fn usual_limit_s(tasks: usize, purpose: Purpose, makespan_s: f64) -> f64 {
    let by_size: f64 = match tasks {
        0..=50 => 0.3,
        51..=1_000 => 0.6,
        _ => MOST_S,
    };
    match purpose {
        Purpose::Look => by_size,
        Purpose::Run => by_size.min(SHARE * makespan_s).max(0.01),
    }
}

/// What a search is asked.
pub(crate) struct Asked<'a> {
    pub choice: &'a SchedulerChoice,
    /// The run's seed.
    pub seed: u64,
    pub purpose: Purpose,
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// Searches for a plan.
///
/// # Errors
/// The rule does not exist, was stopped before it had a plan, or the weights do not fit together.
pub(crate) fn search(
    problem: &Problem,
    asked: &Asked<'_>,
    progress: &mut dyn FnMut(Convergence),
) -> Result<Plan, Fault> {
    let (info, scheduler) = scheduler(asked.choice)?;
    let seed = asked.choice.seed.unwrap_or(asked.seed);
    let began = Instant::now();
    let now_s = || began.elapsed().as_secs_f64();
    let limit_s = match asked.choice.time_limit_s {
        Some(limit_s) => limit_s,
        None if !info.anytime => f64::INFINITY,
        None => {
            let makespan_s = match asked.purpose {
                Purpose::Look => f64::INFINITY,
                Purpose::Run => {
                    let quick = schedule::Heft.solve(problem, &mut schedule::SearchContext::new(seed));
                    quick.map_or(f64::INFINITY, |plan| plan.makespan_s)
                }
            };
            usual_limit_s(problem.tasks().len(), asked.purpose, makespan_s)
        }
    };
    let mut tell = |p: schedule::Progress| {
        progress(Convergence { elapsed_s: p.elapsed_s, makespan_s: p.best_makespan_s, lower_bound_s: p.lower_bound_s });
    };
    let mut context = schedule::SearchContext::new(seed)
        .time_limit_s(limit_s)
        .cancelled_by(asked.cancelled)
        .clock(&now_s)
        .on_progress(&mut tell);
    scheduler.solve(problem, &mut context).map_err(|e| faults::of_search(&e))
}

/// The plan that was made before, on the problem as it is now: same tasks, same devices and modes, same order.
///
/// # Errors
/// Why it cannot be followed any more.
pub(crate) fn follow(problem: &Problem, sheet: &Sheet, given: &PlanView) -> Result<Plan, Localised> {
    let anew = |en: String, zh: String| {
        l(
            format!("the plan that was chosen is no longer possible, so it was planned anew: {en}"),
            format!("所选的计划已不可行，因此重新规划：{zh}"),
        )
    };
    if given.tasks.len() != problem.tasks().len() {
        return Err(anew(
            format!("it has {} tasks and there are {} now", given.tasks.len(), problem.tasks().len()),
            format!("它有 {} 个任务，而现在有 {} 个", given.tasks.len(), problem.tasks().len()),
        ));
    }
    let mut of_node: HashMap<_, usize> = HashMap::with_capacity(given.tasks.len());
    for (at, task) in given.tasks.iter().enumerate() {
        of_node.insert((task.node_id, task.phase.as_str()), at);
    }
    let mut modes = Vec::with_capacity(problem.tasks().len());
    let mut keys = Vec::with_capacity(problem.tasks().len());
    for (task, (info, step)) in problem.tasks().iter().zip(&sheet.steps).enumerate() {
        let Some(before) = of_node.get(&(Some(step.node), info.phase.name())).map(|at| &given.tasks[*at]) else {
            let name = &step.name;
            return Err(anew(format!("it has no task '{name}'"), format!("其中没有任务“{name}”")));
        };
        let found = info.modes.iter().enumerate().position(|(local, mode)| {
            let device = &problem.devices()[mode.device].name;
            *device == before.device.0 && mode.name == before.mode && problem.is_admissible(task, local)
        });
        // What has come to be in the store since is taken from there.
        let found = found.or((step.is_cached && !info.modes.is_empty()).then_some(0));
        let Some(mode) = found else {
            let (name, device, mode) = (&step.name, &before.device, &before.mode);
            return Err(anew(
                format!("'{name}' cannot be computed on {device} as '{mode}'"),
                format!("“{name}”不能在 {device} 上以“{mode}”方式计算"),
            ));
        };
        modes.push(mode);
        keys.push(-before.start_s);
    }
    let mut decoder = schedule::Decoder::new(problem);
    decoder
        .decode(schedule::Order::Priority(&keys), schedule::ModeChoice::Fixed(&modes), &|| false)
        .map_err(|e| anew(e.to_string(), faults::of_search(&e).message.zh))?;
    Ok(decoder.plan(&given.algorithm, schedule::lower_bounds(problem).best_s()))
}
