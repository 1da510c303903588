//! Previews on the engine's thread: their worker, and what is said of them.

use std::time::Instant;

use weft_protocol::Event;
use weft_protocol::event::Fault;
use weft_protocol::worker::ToWorker;

use super::{EngineThread, worker_start_fault};
use crate::previews::Said;

impl EngineThread {
    pub(super) fn say_preview(&mut self, said: Option<Said>) {
        if let Some((node, request, result)) = said {
            self.say(Event::Preview { node, request, result });
        }
    }

    /// Tells the worker that nobody waits for a look any more.
    pub(super) fn give_up_preview(&mut self, number: Option<u64>) {
        if let Some(request) = number {
            let slot = self.fleet.preview();
            self.fleet.send(slot, ToWorker::CancelPreview { request });
        }
    }

    /// A look has come, or will not come.
    pub(super) fn previewed(&mut self, number: u64, result: Result<weft_protocol::Preview, Fault>) {
        let said = self.previews.ended(number, result);
        self.say_preview(said);
    }

    /// Moves previews on: to the shelf, to the worker, and away from a worker that takes too long.
    pub(super) fn follow_previews(&mut self) {
        if self.shutting_down {
            return;
        }
        if let Some((cause, fault)) = self.previews.overdue(&self.config.patience, Instant::now()) {
            let slot = self.fleet.preview();
            if let Some(number) = self.previews.awaited() {
                self.previewed(number, Err(fault));
            }
            self.lost(slot, Some(cause));
        }
        self.previews.look_up();
        if !self.previews.has_work() {
            return;
        }
        let slot = self.fleet.preview();
        if let Err(e) = self.fleet.ensure(slot) {
            let fault = worker_start_fault(&self.config.worker.program, &e);
            return self.no_previews(&fault);
        }
        if !self.fleet.slots[slot].ready {
            return;
        }
        let number = self.number();
        if let Some((chain, base_dir)) = self.previews.begin(number, Instant::now()) {
            self.fleet.send(slot, ToWorker::Preview { request: number, chain, base_dir });
        }
    }

    /// The worker is gone: whoever waits for what it computed is told. One that had not even started would not at the
    /// next try, so everybody is told, and nothing is tried for ever.
    pub(super) fn preview_worker_lost(&mut self, had_started: bool, fault: &Fault) {
        if let Some(number) = self.previews.awaited() {
            self.previewed(number, Err(fault.clone()));
        }
        if !had_started {
            self.no_previews(fault);
        }
    }

    fn no_previews(&mut self, fault: &Fault) {
        for (node, request) in self.previews.take_wanted() {
            self.say(Event::Preview { node, request, result: Err(fault.clone()) });
        }
    }
}
