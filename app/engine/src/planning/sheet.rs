//! A plan as it is shown: who waits for whom and why, what each device is loaded with, and what may come of it.
//!
//! Must not know how the plan was made: the run shows the plans that it makes while it goes on by the same sheet.

use weft_model::{Localised, NodeId};
use weft_protocol::plan::{DeviceLoad, Resident, SchedulerChoice, Shortage};
use weft_protocol::{DeviceId, PlanView, PlannedTask, PlannedTransfer};
use weft_schedule::{self as schedule, Attempts, Plan, Problem, Reason, Spread, WhyHere, WhyNow};

use super::l;

/// Tasks that are simulated in all to find what may come of a plan.
const SIMULATED: usize = 60_000;
/// A normal distribution is below this in 95 of 100 cases, in deviations.
const NORMAL_95: f64 = 1.644_853_6;

/// A task of the library's problem, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// Position of the node's task in the run.
    pub task: usize,
    pub node: NodeId,
    pub name: String,
    pub is_cached: bool,
    /// How far its duration may be off, by mode.
    pub spread: Vec<Spread>,
}

/// What plans of a problem are shown by.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Sheet {
    pub steps: Vec<Step>,
    pub devices: Vec<DeviceId>,
    /// Memory of each device, where it is known.
    pub memory_bytes: Vec<Option<u64>>,
    pub disk_bytes: Option<u64>,
    pub shortages: Vec<Shortage>,
    pub scheduler: SchedulerChoice,
    pub planned_in_s: f64,
}

impl Sheet {
    /// How far the duration of a task may be off.
    fn spread(&self, task: usize, mode: usize) -> Spread {
        let modes = self.steps.get(task).map(|s| s.spread.as_slice()).unwrap_or_default();
        modes.get(mode).or(modes.first()).copied().unwrap_or(Spread::Exact)
    }

    /// A plan of the problem as it is shown.
    pub(crate) fn view(&self, problem: &Problem, plan: &Plan) -> PlanView {
        let analysis = schedule::analyse(problem, plan);
        let index = schedule::serial_index(problem, plan);
        let blockers = Blockers::new(problem, plan);
        let device = |index: usize| self.devices.get(index).cloned().unwrap_or_default();
        let tasks = problem.tasks().iter().zip(&plan.assignments).zip(&analysis.tasks).enumerate();
        let tasks = tasks.map(|(id, ((task, a), slack))| {
            let step = self.steps.get(id);
            let mode = &task.modes[a.mode];
            let duration_s = a.finish_s - a.start_s;
            let why = why(&a.reason, problem, a.device);
            PlannedTask {
                id,
                node: step.map_or_else(|| task.name.clone(), |s| s.name.clone()),
                phase: task.phase.to_string(),
                device: device(a.device),
                mode: mode.name.clone(),
                start_s: a.start_s,
                finish_s: a.finish_s,
                critical: slack.critical,
                slack_s: slack.slack_s,
                reason: why.en.clone(),
                why,
                node_id: step.map(|s| s.node),
                after: blockers.of(problem, plan, id),
                range_s: range_of(self.spread(id, a.mode)).map(|factor| factor * duration_s),
                memory_bytes: mode.memory_bytes,
                cached: step.is_some_and(|s| s.is_cached),
            }
        });
        let tasks: Vec<PlannedTask> = tasks.collect();
        let transfers = plan.transfers.iter().map(|t| PlannedTransfer {
            from: t.from,
            to: t.to,
            link: problem.links().links.get(t.link).map(|l| l.name.clone()).unwrap_or_default(),
            start_s: t.start_s,
            finish_s: t.finish_s,
            bytes: t.bytes,
        });
        let residents = residents(problem, plan, &device);
        let loads = loads(problem, plan, &analysis, |d| self.memory_bytes.get(d).copied().flatten(), &device);
        PlanView {
            algorithm: plan.algorithm.clone(),
            makespan_s: plan.makespan_s,
            lower_bound_s: plan.lower_bound_s,
            gap: plan.gap,
            serial_index_s: index.index_s,
            devices: (0..problem.devices().len()).map(device).collect(),
            tasks,
            transfers: transfers.collect(),
            proved: plan.gap <= 1e-9,
            bound_by: bound_by(problem, plan).to_owned(),
            speed_up: if plan.makespan_s > 0.0 { index.speed_up } else { 0.0 },
            makespan_range_s: self.range(problem, plan),
            loads,
            residents,
            disk_bytes: self.disk_bytes,
            shortages: self.shortages.clone(),
            scheduler: self.scheduler.clone(),
            planned_in_s: self.planned_in_s,
        }
    }

    /// When the last task ends in 5 and in 95 of 100 simulated executions [s].
    fn range(&self, problem: &Problem, plan: &Plan) -> [f64; 2] {
        let count = plan.assignments.len();
        let spread: Vec<Spread> = plan.assignments.iter().map(|a| self.spread(a.task, a.mode)).collect();
        if count == 0 || spread.iter().all(|s| *s == Spread::Exact) {
            return [plan.makespan_s; 2];
        }
        let times = (SIMULATED / count).clamp(7, 200);
        let mut ends: Vec<f64> = (0..times as u64)
            .map(|seed| schedule::simulate(problem, plan, &spread, Attempts::default(), seed).makespan_s)
            .collect();
        ends.sort_by(f64::total_cmp);
        let at = |share: f64| ends[((times - 1) as f64 * share).round() as usize];
        [at(0.05), at(0.95)]
    }
}

/// Factors of a duration in a good and in a bad case, 5 % and 95 % of what may come.
fn range_of(spread: Spread) -> [f64; 2] {
    match spread {
        Spread::Exact => [1.0; 2],
        Spread::Factor(factor) => [factor; 2],
        Spread::Uniform { least, most } => [least + 0.05 * (most - least), least + 0.95 * (most - least)],
        Spread::LogNormal { deviation } => [-NORMAL_95, NORMAL_95].map(|z| {
            let mean = -0.5 * deviation * deviation;
            (mean + z * deviation).exp()
        }),
    }
}

/// Which bound is the largest.
fn bound_by(problem: &Problem, plan: &Plan) -> &'static str {
    if plan.lower_bound_s <= 0.0 {
        return "";
    }
    let bounds = schedule::lower_bounds(problem);
    // What is above all that is found at once was proved by the search.
    if plan.lower_bound_s > bounds.best_s() * (1.0 + 1e-9) {
        return "proof";
    }
    let named = [
        ("path", bounds.critical_path_s),
        ("area", bounds.compute_area_s),
        ("memory", bounds.memory_area_s),
        ("device", bounds.device_load_s),
        ("interval", bounds.energy_s),
    ];
    // Among equals the one that is told most simply.
    named.iter().find(|(_, s)| *s >= bounds.best_s()).map_or("", |(name, _)| name)
}

/// The tasks that end on each device, to find the one that another waited for.
struct Blockers {
    /// (end, task) by device, ascending.
    ends: Vec<Vec<(f64, usize)>>,
}

impl Blockers {
    fn new(problem: &Problem, plan: &Plan) -> Self {
        let mut ends = vec![Vec::new(); problem.devices().len()];
        for a in plan.assignments.iter().filter(|a| a.finish_s > a.start_s) {
            if let Some(list) = ends.get_mut(a.device) {
                list.push((a.finish_s, a.task));
            }
        }
        ends.iter_mut().for_each(|list| list.sort_by(|a, b| a.0.total_cmp(&b.0)));
        Self { ends }
    }

    fn of(&self, problem: &Problem, plan: &Plan, task: usize) -> Option<usize> {
        let a = &plan.assignments[task];
        match a.reason.now {
            WhyNow::Predecessor(from) | WhyNow::Transfer(from) => Some(from),
            WhyNow::Device | WhyNow::Memory | WhyNow::Resource => {
                let eps = 1e-9 * plan.makespan_s.max(1e-3);
                let list = &self.ends[a.device];
                let upto = list.partition_point(|(end, _)| *end <= a.start_s + eps);
                let (end, before) = *list[..upto].last()?;
                (end >= a.start_s - eps && before != task).then_some(before)
            }
            // What is there is needed first, whatever was written down as the reason.
            _ => problem
                .incoming(task)
                .map(|e| e.from)
                .filter(|_| a.start_s > 0.0)
                .max_by(|x, y| plan.assignments[*x].finish_s.total_cmp(&plan.assignments[*y].finish_s)),
        }
    }
}

fn residents(problem: &Problem, plan: &Plan, device: &dyn Fn(usize) -> DeviceId) -> Vec<Resident> {
    let deploys = plan.assignments.iter().filter_map(|a| {
        let bytes = problem.tasks()[a.task].modes[a.mode].weights_bytes;
        let is_deploy = problem.tasks()[a.task].phase == schedule::Phase::Deploy;
        (is_deploy && bytes > 0).then_some((a, bytes))
    });
    let with_end = deploys.map(|(a, bytes)| {
        let ends = problem.runs_of(a.task).iter().map(|run| plan.assignments[*run].finish_s);
        let finish_s = ends.fold(a.finish_s, f64::max);
        Resident { task: a.task, device: device(a.device), start_s: a.start_s, finish_s, bytes }
    });
    with_end.collect()
}

fn loads(
    problem: &Problem,
    plan: &Plan,
    analysis: &schedule::Analysis,
    memory: impl Fn(usize) -> Option<u64>,
    device: &dyn Fn(usize) -> DeviceId,
) -> Vec<DeviceLoad> {
    let devices = problem.devices().len();
    // (time, bytes more or less) by device.
    let mut changes: Vec<Vec<(f64, i128)>> = vec![Vec::new(); devices];
    for a in &plan.assignments {
        let task = &problem.tasks()[a.task];
        let mode = &task.modes[a.mode];
        if a.finish_s > a.start_s && mode.memory_bytes > 0 {
            let bytes = i128::from(mode.memory_bytes);
            changes[a.device].extend([(a.start_s, bytes), (a.finish_s, -bytes)]);
        }
        if task.phase == schedule::Phase::Deploy && mode.weights_bytes > 0 {
            let ends = problem.runs_of(a.task).iter().map(|run| plan.assignments[*run].finish_s);
            let bytes = i128::from(mode.weights_bytes);
            changes[a.device].extend([(a.start_s, bytes), (ends.fold(a.finish_s, f64::max), -bytes)]);
        }
    }
    let peak = |list: &mut Vec<(f64, i128)>| {
        // What ends makes room for what begins at the same time.
        list.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (mut now, mut most) = (0_i128, 0_i128);
        for (_, bytes) in list {
            now += *bytes;
            most = most.max(now);
        }
        u64::try_from(most.max(0)).unwrap_or(u64::MAX)
    };
    (0..devices)
        .map(|d| DeviceLoad {
            device: device(d),
            capacity: problem.devices()[d].capacity,
            busy: analysis.utilisation.get(d).copied().unwrap_or(0.0).clamp(0.0, 1.0),
            peak_memory_bytes: peak(&mut changes[d]),
            memory_bytes: memory(d),
        })
        .collect()
}

/// Why here and why now, in both languages.
fn why(reason: &Reason, problem: &Problem, device: usize) -> Localised {
    let en = reason.text(problem, device).to_string();
    let name = problem.devices().get(device).map_or("?", |d| d.name.as_str());
    let task = |index: usize| problem.tasks().get(index).map_or("?", |t| t.name.as_str());
    let here = match reason.here {
        WhyHere::OnlyChoice => format!("只能在 {name} 上"),
        WhyHere::FirstFree => format!("{name} 最先空闲"),
        WhyHere::EarliestFinish => format!("在 {name} 上最早完成"),
        WhyHere::WeightsAreHere => format!("权重在 {name} 上"),
        _ => format!("放在 {name} 上对整个计划更好"),
    };
    let now = match reason.now {
        WhyNow::AtOnce => "立即开始".to_owned(),
        WhyNow::Release => "等待其允许开始的时间".to_owned(),
        WhyNow::Predecessor(from) => format!("等待“{}”完成", task(from)),
        WhyNow::Transfer(from) => format!("等待“{}”的数据到达", task(from)),
        WhyNow::Device => format!("等待 {name} 空闲"),
        WhyNow::Memory => format!("等待 {name} 的内存"),
        _ => "等待资源".to_owned(),
    };
    l(en, format!("{here}；{now}"))
}
