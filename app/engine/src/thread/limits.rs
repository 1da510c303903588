//! What a run and its tasks may take: time and memory. Whatever takes more is told to stop at its next step, and fails
//! with a fault that names the limit; what it has learnt so far is kept.
//!
//! Must not know how a worker is stopped.

use weft_model::Localised;
use weft_protocol::NodeStatus;
use weft_protocol::event::Fault;

use super::EngineThread;
use crate::run::Active;
use crate::supervise::Slot;

/// What is over its limit.
enum Over {
    Run(Fault),
    Task(usize, Fault),
}

impl EngineThread {
    /// Stops what takes more than it may.
    pub(super) fn hold_limits(&mut self) {
        let Some(active) = &self.active else { return };
        if active.stopping {
            return;
        }
        match over(active, &self.fleet.slots) {
            None => {}
            Some(Over::Task(index, fault)) => {
                if let Some(active) = &mut self.active {
                    active.tasks[index].limit = Some(fault);
                }
                for index in self.fleet.stop(Some(index)) {
                    self.end_stopped(index);
                }
                self.finish_run_if_done();
            }
            Some(Over::Run(fault)) => {
                if let Some(active) = &mut self.active {
                    for slot in &self.fleet.slots {
                        if let Some(busy) = &slot.busy {
                            active.tasks[busy.task].limit.get_or_insert_with(|| fault.clone());
                        }
                    }
                    for timed in &active.timed {
                        active.tasks[timed.index].limit.get_or_insert_with(|| fault.clone());
                    }
                    active.limit = Some(fault);
                }
                self.stop();
            }
        }
    }

    /// Ends a task that was told to stop before its worker had begun with it.
    pub(super) fn end_stopped(&mut self, index: usize) {
        match self.active.as_ref().and_then(|a| a.tasks[index].limit.clone()) {
            Some(limit) => self.end_task(index, NodeStatus::Failed, Some(limit)),
            None => self.end_task(index, NodeStatus::Stopped, None),
        }
    }
}

/// The first thing that takes more than it may.
fn over(active: &Active, slots: &[Slot]) -> Option<Over> {
    let limits = &active.prepared.request.limits;
    let spent_s = (active.began.elapsed().saturating_sub(active.paused_time())).as_secs_f64();
    if let Some(limit_s) = limits.time_s.filter(|limit_s| spent_s > *limit_s) {
        return Some(Over::Run(time_fault("the run", "运行", limit_s)));
    }
    let busy = || {
        let at_work = slots.iter().filter_map(|slot| Some((slot, slot.busy.as_ref()?)));
        at_work.filter(|(_, busy)| busy.sent.is_some() && active.tasks[busy.task].limit.is_none())
    };
    for (slot, busy) in busy() {
        let (task, state) = (active.task(busy.task), &active.tasks[busy.task]);
        let (en, zh) = (format!("'{}'", task.name), format!("“{}”", task.name));
        let since = busy.sent.map_or(0.0, |sent| {
            let paused = active.paused_time().saturating_sub(state.paused_before);
            sent.elapsed().saturating_sub(paused).as_secs_f64()
        });
        if let Some(limit_s) = task.rules.time_limit_s.filter(|limit_s| since > *limit_s) {
            return Some(Over::Task(busy.task, time_fault(&en, &zh, limit_s)));
        }
        if let (Some(limit), Some(used)) = (task.rules.memory_limit_bytes, slot.resident_bytes)
            && used > limit
        {
            return Some(Over::Task(busy.task, memory_fault(&en, &zh, used, limit, "its limit", "其上限")));
        }
    }
    // Of several that are too much together the largest gives way.
    let limit = limits.memory_bytes?;
    let together: u64 = busy().filter_map(|(slot, _)| slot.resident_bytes).sum();
    if together <= limit {
        return None;
    }
    let (_, largest) = busy().max_by_key(|(slot, _)| slot.resident_bytes)?;
    let name = &active.task(largest.task).name;
    let (en, zh) = (format!("'{name}' and what computes beside it"), format!("“{name}”及同时计算的任务"));
    let fault = memory_fault(&en, &zh, together, limit, "the run's limit", "运行的上限");
    Some(Over::Task(largest.task, fault))
}

pub(super) fn time_fault(en: &str, zh: &str, limit_s: f64) -> Fault {
    Fault::new(
        "time_limit",
        Localised::new(
            format!("{en} was stopped: it has taken longer than its limit of {limit_s} s"),
            format!("{zh}已停止：用时超过 {limit_s} 秒的上限"),
        ),
        Localised::new(
            "raise the limit or remove it, and run again: it goes on from the last checkpoint",
            "请提高或取消该上限，然后重新运行：将从最近的检查点继续",
        ),
    )
}

fn memory_fault(en: &str, zh: &str, used: u64, limit: u64, whose_en: &str, whose_zh: &str) -> Fault {
    let (used, limit) = (used as f64 / 1e6, limit as f64 / 1e6);
    Fault::new(
        "memory_limit",
        Localised::new(
            format!("{en} took {used:.0} MB of memory, and {whose_en} is {limit:.0} MB"),
            format!("{zh}占用了 {used:.0} MB 内存，超过{whose_zh} {limit:.0} MB"),
        ),
        Localised::new(
            "choose a smaller batch, let fewer branches compute at once, or raise the limit",
            "请减小批大小、减少同时计算的分支，或提高上限",
        ),
    )
}
