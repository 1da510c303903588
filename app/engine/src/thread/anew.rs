//! Plans that are made anew while a run goes on: asked for, followed, told.
//!
//! Must not know what makes a forecast wrong: see [`crate::forecast`].

use weft_protocol::{DeviceId, Event, LogLevel};

use super::EngineThread;
use crate::forecast::Renewed;
use crate::keeper::Errand;

impl EngineThread {
    /// Has a new plan made if the one that is followed is wrong by much.
    pub(super) fn follow_forecast(&mut self) {
        let timed = self.active.iter().flat_map(|active| active.timed.iter().map(|timed| timed.index));
        let computing = self.fleet.slots.iter().filter_map(|slot| slot.busy.as_ref().map(|busy| busy.task));
        let computing: Vec<usize> = computing.chain(timed).collect();
        let Some(anew) = self.active.as_mut().and_then(|active| active.anew(computing.into_iter())) else { return };
        self.errand(Errand::Replan(Box::new(anew)));
    }

    /// A new plan has come.
    pub(super) fn renewed(&mut self, renewed: Renewed) {
        let Renewed { run, open, reason, result } = renewed;
        let Some(active) = self.active.as_mut().filter(|a| a.run == run) else { return };
        (active.forecast.is_under_way, active.forecast.is_awaited) = (false, false);
        match result {
            Ok((plan, view)) => {
                active.renew(plan, &open);
                active.prepared.view = view.clone();
                self.say(Event::Plan { run, plan: view, reason: Some(reason) });
            }
            Err(fault) => {
                let message =
                    format!("there is no new plan ({}): {fault}; the run goes on with the old one", reason.en);
                self.log(LogLevel::Warn, None, message);
            }
        }
    }

    /// No worker can be started on a device: its tasks go elsewhere, if they may. Says whether that one does.
    pub(super) fn device_lost(&mut self, device: &DeviceId, index: usize) -> bool {
        let Some(active) = &mut self.active else { return false };
        let problem = &active.prepared.problem;
        let elsewhere = |d: usize| problem.devices().get(d).is_some_and(|found| found.name != device.0);
        if active.stopping || !problem.tasks()[index].modes.iter().any(|m| elsewhere(m.device)) {
            return false;
        }
        if !active.forecast.lose(device) {
            return false;
        }
        active.tasks[index].started = None;
        active.forecast.is_awaited = active.queue.retry(index);
        true
    }
}
