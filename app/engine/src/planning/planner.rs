//! The thread 'planner': answers questions for plans, one at a time, so that neither the engine's thread nor the keeper
//! waits for a search.
//!
//! Must not know of workers or lanes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use weft_protocol::plan::{Convergence, PlanRequest, Planned};

use super::ask;
use crate::artifacts::ArtifactStore;
use crate::devices::DeviceBook;
use crate::prepare::Ground;
use crate::store::RunStore;
use crate::thread::Inbound;

/// A question for plans.
#[derive(Debug)]
pub(crate) struct Question {
    pub request: Box<PlanRequest>,
    /// Set to have the search end with what it has.
    pub enough: Arc<AtomicBool>,
}

/// What the planner says.
#[derive(Debug)]
pub(crate) enum Answer {
    /// How far a search has come.
    Progress { ticket: u64, rule: usize, point: Convergence },
    /// What came of a question.
    Planned { ticket: u64, planned: Planned },
}

/// All that the planner's thread owns.
pub(crate) struct Planner {
    store: RunStore,
    artifacts: ArtifactStore,
    devices: Arc<DeviceBook>,
    /// The engine ends.
    stop: Arc<AtomicBool>,
}

impl Planner {
    pub(crate) fn new(
        data_dir: &Path,
        devices: Arc<DeviceBook>,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, crate::StoreError> {
        Ok(Self { store: RunStore::open(data_dir)?, artifacts: ArtifactStore::new(data_dir), devices, stop })
    }

    /// Works until the other end is gone.
    pub(crate) fn run(mut self, questions: &Receiver<Question>, done: &Sender<Inbound>) {
        for question in questions {
            let ticket = question.request.ticket;
            let stop = Arc::clone(&self.stop);
            let enough = || question.enough.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed);
            let mut tell = |rule: usize, point: Convergence| {
                // A point that finds no room is drawn over by the next one.
                let message = Inbound::Planning(Answer::Progress { ticket, rule, point });
                if let Err(TrySendError::Disconnected(_)) = done.try_send(message) {
                    log::debug!("nobody waits for the plan any more");
                }
            };
            let planned = if enough() {
                ask::given_up()
            } else {
                let mut ground = Ground {
                    store: &mut self.store,
                    artifacts: &mut self.artifacts,
                    devices: &self.devices,
                    cancelled: &enough,
                };
                // A bug in one of the searches is to cost this plan, and not all later ones.
                catch_unwind(AssertUnwindSafe(|| ask::for_looking(&question.request, &mut ground, &mut tell)))
                    .unwrap_or_else(|_| ask::panicked())
            };
            if done.send(Inbound::Planning(Answer::Planned { ticket, planned })).is_err() {
                return;
            }
        }
    }
}
