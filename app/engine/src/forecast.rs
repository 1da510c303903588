//! When a plan is to be made anew while it is executed, and from what: how far each task has come, what was measured of
//! others like it, and what else loads the processor.
//!
//! Must not know of workers, lanes or threads: the engine's thread acts, and the planning itself is done beside it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use weft_model::Localised;
use weft_protocol::event::Resources;
use weft_protocol::{DeviceId, NodeStatus, PlanView, RunId};
use weft_schedule::{self as schedule, Plan, Problem, ProblemInput, TaskProgress, TaskState};

use crate::planning::sheet::Sheet;
use crate::run::Active;

/// A forecast is wrong that is off by more than this share of what the task was to take …
const OFF_SHARE: f64 = 0.15;
/// … and by more than this [s].
const OFF_S: f64 = 2.0;
/// What a task says of its own end is believed after it has computed so long [s].
const BELIEVED_S: f64 = 1.0;
/// Plans are made anew no more often than this, and more rarely the more tasks there are and the longer the run goes on.
const EVERY: Duration = Duration::from_secs(3);
const EVERY_FOR_EACH: Duration = Duration::from_millis(2);
const EVERY_SHARE: f64 = 0.02;
/// What others take of a device counts when it has changed by this share of it.
const LOAD_CHANGE: f64 = 0.25;
/// How much the newest measurement of that load counts.
const LOAD_EWMA: f64 = 0.3;
/// A lost device is tried again after this, and after twice as long each time that it is lost again.
const TRY_AGAIN: Duration = Duration::from_secs(30);
/// Shorter tasks say nothing about how long others take [s].
const TELLING_S: f64 = 0.05;
/// What was planned is kept if moving a task gains less than this [s].
const MOVE_PENALTY_S: f64 = 0.5;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// Shares of a device that others take.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Load {
    /// Smoothed.
    now: f64,
    /// When the run began: what was measured before has felt it.
    at_first: f64,
    /// When it was last planned.
    planned: f64,
}

/// A device on which no worker could be started.
#[derive(Debug)]
struct Lost {
    device: DeviceId,
    since: Instant,
    /// After so long it may be tried again.
    wait: Duration,
    /// Nothing is planned on it.
    is_out: bool,
}

/// What is known of how good the plan is.
#[derive(Debug, Default)]
pub(crate) struct Forecast {
    /// When a plan was last made anew.
    last: Option<Instant>,
    /// A plan is being made.
    pub is_under_way: bool,
    /// Nothing is started before it is there: where tasks would go is lost.
    pub is_awaited: bool,
    /// Why the next one is to be made.
    wanted: Option<Localised>,
    /// How much longer tasks take than was planned, by kind and device.
    ratios: HashMap<(&'static str, DeviceId), f64>,
    /// What others take of the processor and of each graphics processor that tells it.
    others: HashMap<DeviceId, Load>,
    /// Devices that are gone, or were.
    lost: Vec<Lost>,
}

/// A plan to be made anew, off the engine's thread.
#[derive(Debug)]
pub(crate) struct Anew {
    pub run: RunId,
    /// The problem with durations as they are known by now.
    pub input: ProblemInput,
    pub plan: Plan,
    /// How it is shown.
    pub sheet: Sheet,
    pub progress: Vec<TaskProgress>,
    pub now_s: f64,
    pub lost: Vec<usize>,
    pub reason: Localised,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Renewed {
    pub run: RunId,
    /// The tasks that could still go anywhere when it was made.
    pub open: Vec<bool>,
    pub reason: Localised,
    pub result: Result<(Plan, PlanView), String>,
}

impl Anew {
    /// Makes the plan.
    pub(crate) fn make(self) -> Renewed {
        let Self { run, input, plan, sheet, progress, now_s, lost, reason } = self;
        let open = progress.iter().map(|p| *p == TaskProgress::NotStarted).collect();
        let result = Problem::from_input(input)
            .map_err(|fault| fault.to_string())
            .and_then(|problem| {
                schedule::replan(&problem, &plan, &progress, now_s, &lost, MOVE_PENALTY_S).map_err(|e| e.to_string())
            })
            .map(|renewed| {
                let mut view = sheet.view(&renewed.problem, &renewed.plan);
                // The rule that planned first is still the run's.
                view.algorithm.clone_from(&plan.algorithm);
                (renewed.plan, view)
            });
        Renewed { run, open, reason, result }
    }
}

impl Forecast {
    /// A new plan is wanted, for a reason that somebody can read.
    pub(crate) fn want(&mut self, reason: Localised) {
        self.wanted.get_or_insert(reason);
    }

    /// A device takes nothing any more. Says whether that is news.
    pub(crate) fn lose(&mut self, device: &DeviceId) -> bool {
        match self.lost.iter_mut().find(|lost| lost.device == *device) {
            Some(lost) if lost.is_out => return false,
            Some(lost) => (lost.is_out, lost.since, lost.wait) = (true, Instant::now(), 2 * lost.wait),
            None => {
                let device = device.clone();
                self.lost.push(Lost { device, since: Instant::now(), wait: TRY_AGAIN, is_out: true });
            }
        }
        self.wanted = Some(l(format!("the device {device} is lost"), format!("设备 {device} 已失去")));
        true
    }

    /// Devices that were lost long enough ago may be there again: whoever is planned on one will see.
    fn try_again(&mut self, now: Instant) {
        let is_due = |lost: &Lost| lost.is_out && now.saturating_duration_since(lost.since) >= lost.wait;
        let Some(lost) = self.lost.iter_mut().find(|lost| is_due(lost)) else { return };
        lost.is_out = false;
        let device = lost.device.clone();
        self.want(l(
            format!("the device {device} may be back and is tried again"),
            format!("设备 {device} 可能已恢复，再次尝试"),
        ));
    }

    /// What others take of the devices, which are given with the names that their makers gave them.
    pub(crate) fn loaded<'a>(&mut self, resources: &Resources, devices: impl Iterator<Item = (&'a DeviceId, &'a str)>) {
        let others = |all: Option<f64>, own: Option<f64>| Some((all? - own?).clamp(0.0, 1.0));
        if let Some(share) = others(resources.cpu_busy, resources.own_cpu_busy) {
            self.taken_by_others(&DeviceId::cpu(), share, &l("the processor", "处理器"));
        }
        for (id, name) in devices.filter(|(id, _)| **id != DeviceId::cpu()) {
            // Of two alike nobody can tell which is which.
            let mut alike = resources.gpus.iter().filter(|gpu| gpu.name == name);
            if let (Some(gpu), None) = (alike.next(), alike.next())
                && let Some(share) = others(gpu.busy, gpu.own_busy)
            {
                self.taken_by_others(id, share, &l(name, name));
            }
        }
    }

    fn taken_by_others(&mut self, device: &DeviceId, share: f64, name: &Localised) {
        let first = Load { now: share, at_first: share, planned: share };
        let load = self.others.entry(device.clone()).or_insert(first);
        load.now += LOAD_EWMA * (share - load.now);
        if (load.now - load.planned).abs() > LOAD_CHANGE {
            let percent = 100.0 * load.now;
            self.want(l(
                format!("other programs take {percent:.0} % of {} now", name.en),
                format!("其他程序现在占用{}的 {percent:.0} %", name.zh),
            ));
        }
    }

    /// A task has ended: what it took says something about others of its kind.
    fn measured(&mut self, kind: &'static str, device: &DeviceId, ratio: f64) {
        let ratio = ratio.clamp(0.05, 20.0);
        let known = self.ratios.entry((kind, device.clone())).or_insert(ratio);
        *known += 0.5 * (ratio - *known);
    }

    /// How much longer a mode takes than it was planned to, with so much of a device.
    fn slower(&self, device: &DeviceId, share: f64, capacity: f64) -> f64 {
        let Some(load) = self.others.get(device) else { return 1.0 };
        let slow = |others: f64| match *device == DeviceId::cpu() {
            // Threads of others are in the way of those only for which there is no core of their own.
            true => (share / (capacity * (1.0 - others)).max(0.5)).max(1.0),
            false => 1.0 / (1.0 - others).max(0.1),
        };
        slow(load.now) / slow(load.at_first)
    }
}

impl Active {
    /// When a running task will end, as far as is known, in seconds since the run began.
    fn expected_finish_s(&self, index: usize) -> f64 {
        let a = &self.prepared.plan.assignments[index];
        let Some(start_s) = self.start_s(index) else { return self.t_s() + a.finish_s - a.start_s };
        match self.tasks[index].eta {
            Some((said_s, eta_s)) if said_s - start_s >= BELIEVED_S => said_s + eta_s,
            // One that should have ended is near its end, for all that is known.
            _ => (start_s + a.finish_s - a.start_s).max(self.t_s() + 0.1 * (self.t_s() - start_s)),
        }
    }

    /// When a task began, in seconds since the run did.
    fn start_s(&self, index: usize) -> Option<f64> {
        self.tasks[index].started.map(|at| at.saturating_duration_since(self.began).as_secs_f64())
    }

    /// What a task was planned to take before anything was measured [s].
    fn planned_s(&self, index: usize) -> f64 {
        let mode = self.prepared.plan.assignments[index].mode;
        self.prepared.problem.tasks()[index].modes.get(mode).map_or(0.0, |m| m.duration_s)
    }

    /// A task has ended well in `worked_s`: notes by how much its forecast was off.
    pub(crate) fn compare(&mut self, index: usize, worked_s: f64) {
        let (planned_s, task) = (self.planned_s(index), self.task(index));
        if planned_s > TELLING_S && worked_s > TELLING_S {
            let (kind, device) = (task.kind.id, task.device.clone());
            self.forecast.measured(kind, &device, worked_s / planned_s);
        }
        let (ended_s, finish_s) = (self.t_s(), self.prepared.plan.assignments[index].finish_s);
        if (ended_s - finish_s).abs() > OFF_S.max(OFF_SHARE * planned_s) {
            let name = &self.task(index).name;
            let reason = l(
                format!("'{name}' ended after {ended_s:.1} s and not after {finish_s:.1} s as planned"),
                format!("“{name}”在 {ended_s:.1} 秒后完成，而非计划的 {finish_s:.1} 秒"),
            );
            self.forecast.want(reason);
        }
    }

    /// The plan to be made anew now, if one is. `computing` are the tasks that are at work.
    pub(crate) fn anew(&mut self, computing: impl Iterator<Item = usize>) -> Option<Anew> {
        let every = EVERY
            + EVERY_FOR_EACH * u32::try_from(self.tasks.len()).unwrap_or(u32::MAX)
            + self.began.elapsed().mul_f64(EVERY_SHARE);
        let is_early = self.forecast.last.is_some_and(|last| last.elapsed() < every) && !self.forecast.is_awaited;
        if self.forecast.is_under_way || self.stopping || self.paused || is_early {
            return None;
        }
        self.forecast.try_again(Instant::now());
        for index in computing {
            let a = &self.prepared.plan.assignments[index];
            let (planned_s, finish_s) = (a.finish_s - a.start_s, a.finish_s);
            let expected_s = self.expected_finish_s(index);
            if (expected_s - finish_s).abs() > OFF_S.max(OFF_SHARE * planned_s) {
                let name = &self.task(index).name;
                let reason = l(
                    format!(
                        "'{name}' is expected to end after {expected_s:.1} s and not after {finish_s:.1} s as planned"
                    ),
                    format!("“{name}”预计在 {expected_s:.1} 秒后完成，而非计划的 {finish_s:.1} 秒"),
                );
                self.forecast.want(reason);
                break;
            }
        }
        let reason = self.forecast.wanted.take()?;
        let is_open = |index: usize| matches!(self.queue.state(index), TaskState::Waiting | TaskState::Ready);
        if !(0..self.tasks.len()).any(is_open) {
            return None;
        }
        let progress = (0..self.tasks.len()).map(|index| self.progress_of(index)).collect();
        let lost = self.prepared.problem.devices().iter().enumerate();
        let lost = lost
            .filter(|(_, d)| self.forecast.lost.iter().any(|lost| lost.is_out && lost.device.0 == d.name))
            .map(|(at, _)| at)
            .collect();
        self.forecast.is_under_way = true;
        self.forecast.last = Some(Instant::now());
        self.forecast.others.values_mut().for_each(|load| load.planned = load.now);
        Some(Anew {
            run: self.run,
            input: self.corrected(),
            plan: self.prepared.plan.clone(),
            sheet: self.prepared.sheet.clone(),
            progress,
            now_s: self.t_s(),
            lost,
            reason,
        })
    }

    fn progress_of(&self, index: usize) -> TaskProgress {
        let state = &self.tasks[index];
        let start_s = self.start_s(index);
        match (state.status, self.queue.state(index)) {
            (Some(NodeStatus::Skipped), _) | (None, TaskState::Failed | TaskState::Skipped) => TaskProgress::Dropped,
            (Some(_), _) => {
                let finish_s = state.ended.map(|at| at.saturating_duration_since(self.began).as_secs_f64());
                let finish_s = finish_s.unwrap_or_else(|| self.t_s());
                TaskProgress::Finished { start_s: start_s.unwrap_or(finish_s), finish_s }
            }
            (None, TaskState::Waiting | TaskState::Ready) => TaskProgress::NotStarted,
            (None, _) => TaskProgress::Running {
                start_s: start_s.unwrap_or_else(|| self.t_s()),
                expected_finish_s: self.expected_finish_s(index),
            },
        }
    }

    /// The problem with durations as they are known by now.
    fn corrected(&self) -> ProblemInput {
        let mut ratios = self.forecast.ratios.clone();
        for index in (0..self.tasks.len()).filter(|i| self.tasks[*i].status.is_none()) {
            if let (Some(start_s), Some((said_s, eta_s))) = (self.start_s(index), self.tasks[index].eta)
                && said_s - start_s >= BELIEVED_S
                && self.planned_s(index) > TELLING_S
            {
                let ratio = (said_s + eta_s - start_s) / self.planned_s(index);
                let task = self.task(index);
                ratios.entry((task.kind.id, task.device.clone())).or_insert(ratio.clamp(0.05, 20.0));
            }
        }
        let mut input = self.prepared.problem.input().clone();
        let devices: Vec<(DeviceId, f64)> =
            input.devices.iter().map(|d| (DeviceId(d.name.clone()), d.capacity)).collect();
        for (index, task) in input.tasks.iter_mut().enumerate() {
            if !matches!(self.queue.state(index), TaskState::Waiting | TaskState::Ready) {
                continue;
            }
            let (kind, kept) = (self.task(index).kind.id, self.prepared.plan.assignments[index].mode);
            for (at, mode) in task.modes.iter_mut().enumerate() {
                if at != kept && !self.prepared.may_take(index, at) {
                    // More than there is: the mode fits no more.
                    mode.compute_share = 2.0 * devices[mode.device].1;
                }
            }
            for mode in task.modes.iter_mut().filter(|m| m.duration_s > 0.0) {
                let (device, capacity) = &devices[mode.device];
                let mut factor = ratios.get(&(kind, device.clone())).copied().unwrap_or(1.0);
                // What was measured in this run has felt the load already.
                if factor <= 1.0 {
                    factor *= self.forecast.slower(device, mode.compute_share, *capacity);
                }
                mode.duration_s *= factor;
            }
        }
        input
    }

    /// Follows a new plan. Tasks that began while it was made stay where they are.
    pub(crate) fn renew(&mut self, mut plan: Plan, open: &[bool]) {
        for (index, was_open) in open.iter().enumerate() {
            let before = &self.prepared.plan.assignments[index];
            let is_open = matches!(self.queue.state(index), TaskState::Waiting | TaskState::Ready);
            if is_open {
                self.prepared.take_mode(index, plan.assignments[index].mode);
            } else if *was_open {
                plan.assignments[index] = before.clone();
            }
        }
        self.queue.adopt(&self.prepared.problem, &plan);
        self.prepared.plan = plan;
    }
}

#[cfg(test)]
mod tests {
    use weft_protocol::event::GpuResources;

    use super::*;

    fn gpu(name: &str, busy: f64, own_busy: Option<f64>) -> GpuResources {
        GpuResources {
            name: name.to_owned(),
            busy: Some(busy),
            memory_bytes: None,
            memory_total_bytes: None,
            temperature_c: None,
            power_w: None,
            own_busy,
            own_memory_bytes: None,
        }
    }

    #[test]
    fn what_others_take_of_a_graphics_processor_asks_for_a_new_plan_and_makes_its_tasks_longer() {
        let (id, name) = (DeviceId("gpu0".to_owned()), "A card");
        let mut forecast = Forecast::default();
        let mut tell = |busy, own| {
            let resources = Resources { gpus: vec![gpu(name, busy, own)], ..Resources::default() };
            forecast.loaded(&resources, [(&id, name)].into_iter());
            (forecast.wanted.take().map(|reason| reason.en), forecast.slower(&id, 1.0, 1.0))
        };
        // Busy with this program's own work, or with what nobody can tell apart.
        assert_eq!(tell(0.9, Some(0.9)), (None, 1.0));
        assert_eq!(tell(0.9, None), (None, 1.0));
        let mut reasons = Vec::new();
        for _ in 0..20 {
            let (reason, slower) = tell(0.9, Some(0.3));
            reasons.extend(reason);
            assert!((1.0..=2.5 + 1e-9).contains(&slower), "{slower}");
        }
        assert_eq!(reasons[0], "other programs take 31 % of A card now");
        assert!((forecast.slower(&id, 1.0, 1.0) - 2.5).abs() < 0.05);
        assert_eq!(forecast.slower(&DeviceId::cpu(), 1.0, 2.0), 1.0);
    }

    #[test]
    fn two_cards_of_one_name_are_not_told_apart() {
        let (id, name) = (DeviceId("gpu0".to_owned()), "A card");
        let mut forecast = Forecast::default();
        let resources = Resources { gpus: vec![gpu(name, 0.9, Some(0.0)); 2], ..Resources::default() };
        forecast.loaded(&resources, [(&id, name)].into_iter());
        assert!(forecast.others.is_empty());
    }

    #[test]
    fn a_lost_device_is_tried_again_later_and_later() {
        let device = DeviceId("gpu0".to_owned());
        let mut forecast = Forecast::default();
        assert!(forecast.lose(&device) && !forecast.lose(&device));
        forecast.wanted = None;
        let soon = Instant::now() + TRY_AGAIN / 2;
        forecast.try_again(soon);
        assert_eq!(forecast.wanted, None);
        forecast.try_again(soon + TRY_AGAIN);
        assert!(!forecast.lost[0].is_out && forecast.wanted.take().is_some_and(|r| r.en.contains("tried again")));
        assert!(forecast.lose(&device));
        forecast.wanted = None;
        forecast.try_again(soon + TRY_AGAIN);
        assert_eq!(forecast.wanted, None, "the second time it waits longer");
    }
}
