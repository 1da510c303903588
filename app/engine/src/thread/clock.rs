//! Timed tasks: nothing is computed, the clock is waited for. They take the time that they state, are held up by a pause,
//! end at once when the run is stopped, and fail as often as they say.

use std::time::{Duration, Instant};

use weft_model::Localised;
use weft_model::catalogue::Phase;
use weft_model::timed::TimedTask;
use weft_protocol::event::{Fault, Progress};
use weft_protocol::run::Metrics;
use weft_protocol::{LogLevel, NodeStatus};

use super::EngineThread;
use super::limits::time_fault;
use crate::execute;
use crate::keeper::Source;
use crate::run::Ending;

/// How far a task has come is said so often.
const SAY_EVERY: Duration = Duration::from_millis(100);
/// Parts into which the time of a task is divided to say how far it has come.
const STEPS: u64 = 1_000;

/// A task whose time is running.
#[derive(Debug)]
pub(crate) struct Timed {
    pub index: usize,
    whole: Duration,
    /// What phases of the same node took before, and what all of its phases take.
    before: Duration,
    of_node: Duration,
    /// Time that was left when `since` was.
    left: Duration,
    /// When its time began to run; none while the run is paused.
    since: Option<Instant>,
    said: Instant,
}

impl Timed {
    fn new(index: usize, whole_s: f64, now: Instant) -> Self {
        // What is longer than the clock can say ends never.
        let whole = Duration::try_from_secs_f64(whole_s).unwrap_or(Duration::MAX);
        Self { index, whole, before: Duration::ZERO, of_node: whole, left: whole, since: Some(now), said: now }
    }

    /// Puts it between the other phases of its node, by what those before it and those after it take [s].
    fn between(mut self, before_s: f64, after_s: f64) -> Self {
        let time = |s: f64| Duration::try_from_secs_f64(s).unwrap_or(Duration::MAX);
        self.before = time(before_s);
        self.of_node = self.before.saturating_add(self.whole).saturating_add(time(after_s));
        self
    }

    /// How long its node has computed.
    fn elapsed(&self, now: Instant) -> Duration {
        self.before.saturating_add(self.whole - self.left(now))
    }

    /// Time that is left.
    fn left(&self, now: Instant) -> Duration {
        let passed = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.left.saturating_sub(passed)
    }

    fn pause(&mut self, paused: bool, now: Instant) {
        self.left = self.left(now);
        self.since = (!paused).then_some(now);
    }
}

impl EngineThread {
    /// Lets the time of a task begin to run.
    pub(super) fn begin_timed(&mut self, index: usize) {
        let Some(active) = &mut self.active else { return };
        let (task, attempt) = (active.task(index), active.tasks[index].failures);
        let (stated, seed) = (TimedTask::from_params(&task.params), task.seed);
        let speed = stated.speed_on(&task.device.0);
        let times = stated.phases().into_iter().map(|(phase, _)| (phase, stated.real_s(phase, seed, attempt) / speed));
        let times: Vec<_> = times.collect();
        let sum = |times: &[(Phase, f64)]| times.iter().map(|(_, s)| s).sum::<f64>();
        let own = task.part.phase.and_then(|own| times.iter().position(|(phase, _)| *phase == own));
        let timed = match own {
            None => Timed::new(index, sum(&times), Instant::now()),
            Some(at) => {
                Timed::new(index, times[at].1, Instant::now()).between(sum(&times[..at]), sum(&times[at + 1..]))
            }
        };
        active.timed.push(timed);
    }

    /// How long no timed task ends.
    pub(super) fn until_timed(&self) -> Option<Duration> {
        let now = Instant::now();
        let timed = self.active.as_ref()?.timed.iter().filter(|t| t.since.is_some());
        timed.map(|t| t.left(now)).min()
    }

    /// Ends the tasks whose time has come, and says how far the others are.
    pub(super) fn follow_timed(&mut self) {
        let now = Instant::now();
        let Some(active) = &mut self.active else { return };
        let tasks = &active.prepared.tasks;
        let (mut over, mut too_long) = (Vec::new(), Vec::new());
        active.timed.retain(|timed| {
            let limit_s = tasks[timed.index].rules.time_limit_s;
            let limit_s = limit_s.filter(|limit_s| timed.elapsed(now).as_secs_f64() > *limit_s);
            let is_over = timed.since.is_some() && timed.left(now).is_zero();
            match limit_s {
                Some(limit_s) => too_long.push((timed.index, limit_s)),
                None if is_over => over.push(timed.index),
                None => return true,
            }
            false
        });
        let (run, t_s) = (active.run, active.t_s());
        for timed in active.timed.iter_mut().filter(|t| now.saturating_duration_since(t.said) >= SAY_EVERY) {
            timed.said = now;
            active.tasks[timed.index].eta = Some((t_s, timed.left(now).as_secs_f64()));
            let (task, left) = (&tasks[timed.index], timed.left(now));
            let elapsed_s = timed.elapsed(now).as_secs_f64();
            let step = (elapsed_s / timed.of_node.as_secs_f64() * STEPS as f64) as u64;
            let after = timed.of_node.saturating_sub(timed.before).saturating_sub(timed.whole);
            self.samples.progress(Progress {
                run,
                node: task.node,
                name: task.name.clone(),
                step: step.min(STEPS),
                steps: STEPS,
                epoch: None,
                epochs: None,
                elapsed_s,
                eta_s: Some(left.saturating_add(after).as_secs_f64()),
            });
        }
        for index in over {
            self.timed_is_over(index);
        }
        for (index, limit_s) in too_long {
            let Some(active) = &self.active else { return };
            let name = active.task(index).name.clone();
            let fault = time_fault(&format!("'{name}'"), &format!("“{name}”"), limit_s);
            self.end_task(index, NodeStatus::Failed, Some(fault));
            self.finish_run_if_done();
        }
    }

    fn timed_is_over(&mut self, index: usize) {
        let Some(active) = &mut self.active else { return };
        let (task, attempt) = (active.task(index), active.tasks[index].failures);
        if !task.part.is_last {
            return self.end_phase(index);
        }
        let stated = TimedTask::from_params(&task.params);
        if attempt >= stated.failures {
            let ending = Ending {
                status: NodeStatus::Done,
                fault: None,
                metrics: Metrics::new(),
                summary: None,
                elapsed_s: active.computed_s(index),
            };
            let outputs = execute::timed(&stated);
            self.take_in(index, ending, Source::Inline(outputs));
            return self.finish_run_if_done();
        }
        let (name, allowed, times) = (task.name.clone(), task.rules.retries, attempt + 1);
        let fault = Fault::new(
            "stated_failure",
            Localised::new(
                format!("'{name}' has failed as it states, for the {times}. time of {}", stated.failures),
                format!("“{name}”按其设定失败，第 {times} 次，共 {} 次", stated.failures),
            ),
            Localised::new(
                "allow it more retries under 'Planning', or let it fail less often",
                "请在“规划”中增加重试次数，或减少失败次数",
            ),
        );
        if attempt < allowed {
            active.tasks[index].failures = times;
            active.tasks[index].started = None;
            active.queue.retry(index);
            let message =
                format!("'{name}' failed: {fault}; it is tried again (attempt {} of {})", times + 1, allowed + 1);
            return self.log(LogLevel::Warn, Some(name), message);
        }
        self.end_task(index, NodeStatus::Failed, Some(fault));
        self.finish_run_if_done();
    }

    /// Holds up the time of all tasks, or lets it run on.
    pub(super) fn pause_timed(&mut self, paused: bool) {
        let now = Instant::now();
        for timed in self.active.iter_mut().flat_map(|active| active.timed.iter_mut()) {
            timed.pause(paused, now);
        }
    }

    /// Ends every timed task before its time.
    pub(super) fn stop_timed(&mut self) {
        let timed = self.active.as_mut().map(|active| std::mem::take(&mut active.timed)).unwrap_or_default();
        for timed in timed {
            self.end_stopped(timed.index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_takes_nothing_of_the_time() {
        let begun = Instant::now();
        let after = |s: u64| begun + Duration::from_secs(s);
        let mut timed = Timed::new(0, 10.0, begun);
        timed.pause(true, after(4));
        assert_eq!(timed.left(after(100)), Duration::from_secs(6));
        timed.pause(false, after(100));
        assert_eq!(timed.left(after(103)), Duration::from_secs(3));
        assert_eq!(timed.left(after(200)), Duration::ZERO);
        assert_eq!(Timed::new(0, f64::MAX, begun).left(after(1_000)), Duration::MAX - Duration::from_secs(1_000));
    }
}
