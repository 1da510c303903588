//! Questions for plans: handed to the planner's thread one at a time; a later one takes the place of an earlier one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;
use weft_protocol::Event;
use weft_protocol::plan::PlanRequest;

use super::EngineThread;
use crate::planning::ask;
use crate::planning::planner::{Answer, Question};

/// The questions that wait for the planner.
#[derive(Debug)]
pub(crate) struct Plans {
    /// None once the engine ends.
    to_planner: Option<Sender<Question>>,
    /// The question that is being answered, and a flag that is set to have it end.
    asked: Option<(u64, Arc<AtomicBool>)>,
    /// Whether the answer to it is wanted still.
    is_wanted: bool,
    /// The question that comes next.
    next: Option<Box<PlanRequest>>,
}

impl Plans {
    /// The planner takes one question at a time: its lane has room for one.
    pub(crate) fn new(to_planner: Sender<Question>) -> Self {
        Self { to_planner: Some(to_planner), asked: None, is_wanted: false, next: None }
    }

    /// Lets the planner's thread end.
    pub(crate) fn close(&mut self) {
        self.next = None;
        if let Some((_, enough)) = &self.asked {
            enough.store(true, Ordering::Relaxed);
        }
        self.to_planner = None;
    }

    /// Hands the next question over, if the planner is free.
    fn hand_over(&mut self) {
        if self.asked.is_some() {
            return;
        }
        let (Some(request), Some(planner)) = (self.next.take(), &self.to_planner) else { return };
        let enough = Arc::new(AtomicBool::new(false));
        let ticket = request.ticket;
        if planner.try_send(Question { request, enough: Arc::clone(&enough) }).is_ok() {
            self.asked = Some((ticket, enough));
            self.is_wanted = true;
        }
    }
}

impl EngineThread {
    /// A question for plans. The one before it is not answered any more.
    pub(super) fn ask_for_plans(&mut self, request: Box<PlanRequest>) {
        if let Some((_, enough)) = &self.plans.asked {
            enough.store(true, Ordering::Relaxed);
            self.plans.is_wanted = false;
        }
        self.plans.next = Some(request);
        self.plans.hand_over();
    }

    /// A question is given up: what was found so far is its answer.
    pub(super) fn cancel_plan(&mut self, ticket: u64) {
        if self.plans.next.as_ref().is_some_and(|next| next.ticket == ticket) {
            self.plans.next = None;
            self.say(Event::Planned { ticket, planned: ask::given_up() });
        }
        if let Some((_, enough)) = self.plans.asked.as_ref().filter(|(asked, _)| *asked == ticket) {
            enough.store(true, Ordering::Relaxed);
        }
    }

    /// What the planner says.
    pub(super) fn planner_said(&mut self, answer: Answer) {
        match answer {
            Answer::Progress { ticket, rule, point } => {
                let is_asked = self.plans.asked.as_ref().is_some_and(|(asked, _)| *asked == ticket);
                if is_asked && self.plans.is_wanted {
                    self.samples.planning(ticket, rule, point);
                }
            }
            Answer::Planned { ticket, planned } => {
                let wanted = self.plans.is_wanted;
                self.plans.asked = None;
                if wanted {
                    self.say(Event::Planned { ticket, planned });
                }
                self.plans.hand_over();
            }
        }
    }
}
