//! The queue of runs: what waits for its turn, and begins when a run has ended.
//!
//! It is kept in the store and survives the program. Runs that a program has left waiting which is gone are taken over by
//! the next one that asks for the queue, and held: whoever starts a program again did not ask for hours of computing, and
//! lets them go on with one command. A run that ends, however it does, makes room for the next; so does one that is
//! refused, which says why.

use weft_protocol::command::QueueChange;
use weft_protocol::{Event, LogLevel};

use super::EngineThread;
use crate::store::StoreError;

/// Runs that may wait.
const MOST: usize = 1_000;

/// The queue as the engine's thread knows it; the runs stand in the store.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Nothing begins.
    held: bool,
    /// Whether any run waits; whoever has not looked does not know.
    is_empty: Option<bool>,
    /// The run that is being prepared.
    starting: Option<i64>,
}

impl EngineThread {
    /// Changes the queue, and says how it is then.
    pub(super) fn change_queue(&mut self, change: QueueChange) {
        self.take_over_queue();
        let changed = match change {
            QueueChange::Add(request) => {
                let at = jiff::Timestamp::now().to_string();
                let count = self.store.queued(Some(&self.owner)).map(|list| list.len());
                match count {
                    Ok(count) if count >= MOST => {
                        self.log(LogLevel::Error, None, format!("the run is not queued: {MOST} runs wait already"));
                        Ok(())
                    }
                    Ok(_) => self.store.enqueue(&self.owner, &request, &at).map(|_| ()),
                    Err(fault) => Err(fault),
                }
            }
            QueueChange::Move { id, to } => self.move_queued(id, to),
            QueueChange::Remove { id } => {
                if self.waiting.starting == Some(id) {
                    self.stop();
                }
                self.store.unqueue(&self.owner, id).map(|_| ())
            }
            QueueChange::Hold(held) => {
                self.waiting.held = held;
                Ok(())
            }
        };
        if let Err(fault) = changed {
            self.log(LogLevel::Error, None, format!("the queue cannot be changed: {fault}"));
        }
        self.say_queue();
    }

    fn move_queued(&mut self, id: i64, to: usize) -> Result<(), StoreError> {
        let mut ids: Vec<i64> = self.store.queued(Some(&self.owner))?.iter().map(|q| q.id).collect();
        let Some(from) = ids.iter().position(|other| *other == id) else { return Ok(()) };
        let moved = ids.remove(from);
        ids.insert(to.min(ids.len()), moved);
        self.store.order_queue(&self.owner, &ids)
    }

    /// Says how the queue is.
    pub(super) fn list_queue(&mut self) {
        self.take_over_queue();
        self.say_queue();
    }

    fn take_over_queue(&mut self) {
        match self.store.adopt_queue(&self.owner) {
            Ok(0) => {}
            Ok(count) => {
                self.waiting.held = true;
                let message = format!("{count} queued runs of a program that has ended wait here; they are held");
                self.log(LogLevel::Info, None, message);
            }
            Err(fault) => self.log(LogLevel::Error, None, format!("the queue cannot be read: {fault}")),
        }
    }

    fn say_queue(&mut self) {
        match self.store.queued(Some(&self.owner)) {
            Ok(waiting) => {
                self.waiting.is_empty = Some(waiting.is_empty());
                let held = self.waiting.held;
                self.say(Event::Queue { held, waiting });
            }
            Err(fault) => self.log(LogLevel::Error, None, format!("the queue cannot be read: {fault}")),
        }
    }

    /// Begins the next run that waits, if it may and nothing else is going on.
    pub(super) fn start_queued(&mut self) {
        let busy = self.active.is_some() || self.preparing.is_some() || self.shutting_down;
        if busy || self.waiting.held || self.waiting.is_empty != Some(false) {
            return;
        }
        let next = self.store.queued(Some(&self.owner)).map(|list| list.first().map(|q| q.id));
        let id = match next {
            Ok(Some(id)) => id,
            Ok(None) => {
                self.waiting.is_empty = Some(true);
                return;
            }
            Err(fault) => {
                // Not tried again for ever: the user does, by letting the queue go on.
                self.waiting.held = true;
                return self.log(LogLevel::Error, None, format!("the queue cannot be read and is held: {fault}"));
            }
        };
        match self.store.queued_request(id) {
            Ok(Some(request)) => {
                self.waiting.starting = Some(id);
                self.prepare(request, None);
            }
            _ => {
                self.log(LogLevel::Error, None, "a queued run cannot be read and is given up");
                self.waiting.starting = Some(id);
                self.queued_has_begun();
            }
        }
    }

    /// What was being prepared has begun or was refused: if it came from the queue it waits there no longer.
    pub(super) fn queued_has_begun(&mut self) {
        let Some(id) = self.waiting.starting.take() else { return };
        if let Err(fault) = self.store.unqueue(&self.owner, id) {
            // It would begin again and again.
            self.waiting.held = true;
            self.log(LogLevel::Error, None, format!("the queue cannot be changed and is held: {fault}"));
        }
        self.say_queue();
    }
}
