//! Questions for plans: the plan of a run that begins, and the plans of one that is only looked at, side by side where rules
//! race.
//!
//! Runs on the keeper's or the planner's thread, or on the caller's where there is no engine.

use std::collections::BTreeMap;
use std::time::Instant;

use weft_model::{Localised, NodeId};
use weft_protocol::event::Fault;
use weft_protocol::plan::{Convergence, PlanRequest, Planned, RacedPlan, SchedulerChoice, WhatIf};
use weft_protocol::{PlanView, RunRequest};
use weft_schedule::{Plan, Problem};

use super::candidates::{Candidate, Costs, machines};
use super::draw::{Drawn, Scene, draw};
use super::race::side_by_side;
use super::search::{Asked, Purpose, follow, search};
use super::sheet::Sheet;
use super::{calibrate, faults, l, parts, shortages};
use crate::artifacts::ArtifactStore;
use crate::devices::DeviceBook;
use crate::prepare::{Chosen, Gathered, Ground, Refusal, Task, gather};
use crate::store::RunStore;

/// Whom to tell how far a search has come: which of the rules that race, and how far.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(usize, Convergence);

/// A run that can begin.
pub(crate) struct ForRun {
    pub gathered: Gathered,
    pub problem: Problem,
    pub plan: Plan,
    /// The modes of each task in that problem.
    pub ways: Vec<Vec<Candidate>>,
    pub sheet: Sheet,
    pub view: PlanView,
    /// Why it is not the plan that was asked for.
    pub reason: Option<Localised>,
}

/// Plans a run without an engine, and without running it.
///
/// # Errors
/// As a run would be refused.
pub fn plan_only(config: &crate::EngineConfig, request: RunRequest) -> Result<PlanView, Refusal> {
    on_ground(config, |ground| for_run(request, ground).map(|run| run.view))?
}

/// Answers a question for plans without an engine. `progress` is told how far each search has come.
///
/// # Errors
/// The data folder cannot be used.
pub fn plan(
    config: &crate::EngineConfig,
    question: &PlanRequest,
    progress: &mut dyn FnMut(usize, Convergence),
) -> Result<Planned, Fault> {
    on_ground(config, |ground| for_looking(question, ground, progress)).map_err(|refusal| *refusal.fault)
}

fn on_ground<T>(config: &crate::EngineConfig, ask: impl FnOnce(&mut Ground<'_>) -> T) -> Result<T, Refusal> {
    let mut store = RunStore::open(&config.data_dir).map_err(|fault| {
        Fault::new(
            "run_store",
            l(fault.to_string(), format!("无法使用数据文件夹：{fault}")),
            l("choose another data folder (--data-dir)", "请另选数据文件夹（--data-dir）"),
        )
    })?;
    let mut ground = Ground {
        store: &mut store,
        artifacts: &mut ArtifactStore::new(&config.data_dir),
        devices: &DeviceBook::new(config),
        cancelled: &|| false,
    };
    Ok(ask(&mut ground))
}

/// Draws the problem of what was gathered.
fn drawn(gathered: &Gathered, what_if: &WhatIf, is_lenient: bool, ground: &mut Ground<'_>) -> Result<Drawn, Fault> {
    let request = &gathered.request;
    let mut limits = request.limits.clone();
    limits.branches = what_if.branches.or(limits.branches);
    let machines = machines(&gathered.devices, limits.memory_bytes, what_if);
    let processor = calibrate::processor(ground.store);
    let device = request.device.clone().unwrap_or_default();
    let costs = Costs {
        store: ground.store,
        machines: &machines,
        device: &device,
        insisted: gathered.insisted,
        processor,
        threads: request.threads,
        what_if,
    };
    let candidates = gathered.tasks.iter().map(|task| costs.of(task)).collect();
    draw(Scene { tasks: &gathered.tasks, machines: &machines, candidates, limits: &limits, is_lenient })
}

/// The plan of a run that begins.
///
/// Where the planner chooses among values that alter numbers, keys are made anew with what it chose, and it plans once
/// more, since results may be in the store then.
pub(crate) fn for_run(request: RunRequest, ground: &mut Ground<'_>) -> Result<ForRun, Refusal> {
    let choice = request.scheduler.clone().unwrap_or_default();
    let given = request.plan.clone();
    let began = Instant::now();
    let mut chosen = BTreeMap::new();
    loop {
        let mut gathered = gather(request.clone(), &chosen, ground)?;
        let mut drawn = drawn(&gathered, &WhatIf::default(), false, ground)?;
        let (plan, reason) = match given.as_deref().map(|given| follow(&drawn.problem, &drawn.sheet, given)) {
            Some(Ok(plan)) => (plan, None),
            followed => {
                let cancelled = ground.cancelled;
                let asked = Asked { choice: &choice, seed: gathered.seed, purpose: Purpose::Run, cancelled };
                (search(&drawn.problem, &asked, &mut |_| {})?, followed.and_then(Result::err))
            }
        };
        if chosen.is_empty() {
            chosen = what_was_chosen(&gathered, &drawn, &plan);
            if !chosen.is_empty() {
                continue;
            }
        }
        drawn.sheet.scheduler = choice;
        drawn.sheet.planned_in_s = began.elapsed().as_secs_f64();
        let view = drawn.sheet.view(&drawn.problem, &plan);
        let (mut tasks, ways) = parts::by_step(std::mem::take(&mut gathered.tasks), &mut drawn);
        assign(&mut tasks, &ways, &drawn, &plan);
        gathered.tasks = tasks;
        let Drawn { problem, sheet, .. } = drawn;
        // What was followed is of no more use.
        gathered.request.plan = None;
        return Ok(ForRun { gathered, problem, plan, ways, sheet, view, reason });
    }
}

/// The mode of each node's task: that of its last phase.
fn ways_of<'a>(drawn: &'a Drawn, plan: &Plan) -> Vec<Option<&'a Candidate>> {
    let mut ways = vec![None; drawn.candidates.len()];
    for (step, a) in drawn.sheet.steps.iter().zip(&plan.assignments) {
        if let Some(way) = ways.get_mut(step.task) {
            *way = drawn.candidates[step.task].get(a.mode);
        }
    }
    ways
}

/// What the plan chose of what alters numbers, of every task for which it could choose. Keys are made with it, and
/// whatever plans are made while the run goes on keep to it.
fn what_was_chosen(gathered: &Gathered, drawn: &Drawn, plan: &Plan) -> BTreeMap<NodeId, Chosen> {
    let mut chosen = BTreeMap::new();
    for (task, way) in gathered.tasks.iter().zip(ways_of(drawn, plan)) {
        let Some(way) = way else { continue };
        let could = !task.planning.alternatives.is_empty() || !task.planning.devices.is_empty();
        if could && task.cached.is_none() {
            chosen.insert(task.node, Chosen { numerics: way.numerics, params: way.params.clone() });
        }
    }
    chosen
}

/// Tells each task where and how it is computed.
fn assign(tasks: &mut [Task], ways: &[Vec<Candidate>], drawn: &Drawn, plan: &Plan) {
    for ((task, ways), a) in tasks.iter_mut().zip(ways).zip(&plan.assignments) {
        let Some(way) = ways.get(a.mode).filter(|_| task.cached.is_none()) else { continue };
        if let Some(device) = drawn.sheet.devices.get(way.machine) {
            task.device = device.clone();
        }
        task.threads = way.threads;
        task.mode.clone_from(&way.name);
    }
}

/// Plans that are only looked at. What does not fit is said beside the plan, as far as there is one without it.
pub(crate) fn for_looking(question: &PlanRequest, ground: &mut Ground<'_>, progress: Tell<'_>) -> Planned {
    match look(question, ground, progress) {
        Ok(plans) => Planned::Plans(plans),
        Err(refusal) => Planned::Refused { fault: *refusal.fault, problems: refusal.problems },
    }
}

fn look(question: &PlanRequest, ground: &mut Ground<'_>, progress: Tell<'_>) -> Result<Vec<RacedPlan>, Refusal> {
    let began = Instant::now();
    check_what_if(&question.what_if)?;
    let gathered = gather(question.request.clone(), &BTreeMap::new(), ground)?;
    let drawn = drawn(&gathered, &question.what_if, true, ground)?;
    let usual = [gathered.request.scheduler.clone().unwrap_or_default()];
    let rules: &[SchedulerChoice] = if question.race.is_empty() { &usual } else { &question.race };
    let gathered_in_s = began.elapsed().as_secs_f64();
    let cancelled = ground.cancelled;
    let solve = |rule: usize, tell: &mut dyn FnMut(Convergence)| {
        let choice = &rules[rule];
        let began = Instant::now();
        let asked = Asked { choice, seed: gathered.seed, purpose: Purpose::Look, cancelled };
        let plan = search(&drawn.problem, &asked, tell).map(|plan| {
            let mut sheet = drawn.sheet.clone();
            sheet.scheduler = choice.clone();
            sheet.planned_in_s = began.elapsed().as_secs_f64();
            if question.race.is_empty() {
                sheet.planned_in_s += gathered_in_s;
            }
            let mut view = sheet.view(&drawn.problem, &plan);
            view.shortages.extend(shortages::of_time(&view, &gathered.request.limits));
            view
        });
        RacedPlan { scheduler: choice.clone(), plan, adopted: false }
    };
    let mut plans = side_by_side(rules.len(), solve, progress);
    share_bounds(&mut plans);
    adopt(&mut plans);
    // One plan alone that there is none of is a refusal.
    match &plans[..] {
        [RacedPlan { plan: Err(fault), .. }] if question.race.is_empty() => Err(fault.clone().into()),
        _ => Ok(plans),
    }
}

/// What one rule has proved holds for all.
fn share_bounds(plans: &mut [RacedPlan]) {
    let best =
        plans.iter().filter_map(|p| p.plan.as_ref().ok()).max_by(|a, b| a.lower_bound_s.total_cmp(&b.lower_bound_s));
    let Some((bound_s, by)) = best.map(|view| (view.lower_bound_s, view.bound_by.clone())) else { return };
    for view in plans.iter_mut().filter_map(|p| p.plan.as_mut().ok()).filter(|v| v.lower_bound_s < bound_s) {
        // Makespans of other rules may lie below it by rounding.
        view.lower_bound_s = bound_s.min(view.makespan_s);
        view.bound_by.clone_from(&by);
        view.gap = match view.lower_bound_s > 0.0 {
            true => (view.makespan_s - view.lower_bound_s) / view.lower_bound_s,
            false => view.gap,
        };
        view.proved = view.gap <= 1e-9;
    }
}

/// The shortest plan is the one to adopt; of several the one that was found first.
fn adopt(plans: &mut [RacedPlan]) {
    let mut best: Option<(usize, f64)> = None;
    for (at, raced) in plans.iter().enumerate() {
        let Ok(view) = &raced.plan else { continue };
        if best.is_none_or(|(_, least_s)| view.makespan_s < least_s * (1.0 - 1e-9)) {
            best = Some((at, view.makespan_s));
        }
    }
    if let Some((at, _)) = best {
        plans[at].adopted = true;
    }
}

/// What is supposed makes sense.
fn check_what_if(what_if: &WhatIf) -> Result<(), Fault> {
    let numbers = what_if.speed.values().chain(what_if.duration.values()).chain(what_if.capacity.values()).copied();
    let mut numbers = numbers.chain(what_if.imagined.iter().map(|d| d.speed));
    if numbers.all(|v| v > 0.0 && v.is_finite()) && what_if.branches != Some(0) {
        return Ok(());
    }
    Err(Fault::new(
        "bad_supposition",
        l("what is supposed holds a number that is not above 0", "假设中有不大于 0 的数"),
        l("choose numbers above 0", "请选择大于 0 的数"),
    ))
}

/// That the planner met a bug.
pub(crate) fn panicked() -> Planned {
    let fault = Fault::new(
        "panic",
        l("the planner met a bug in Weft", "规划器触发了 Weft 的缺陷"),
        l("choose another scheduling rule, and report it", "请另选调度规则，并报告此问题"),
    );
    Planned::Refused { fault, problems: Vec::new() }
}

/// That a question was given up before it had an answer.
pub(crate) fn given_up() -> Planned {
    Planned::Refused { fault: faults::of_search(&weft_schedule::ScheduleError::Cancelled), problems: Vec::new() }
}
