//! Plans: what tasks cost and in which ways they can be computed ([`candidates`]), the problem that the planner's library
//! solves ([`draw`]), the search within its time ([`search`]), and the plan as it is shown ([`sheet`]).
//!
//! Runs on the keeper's or the planner's thread, never on the engine's own. Must not know of workers, lanes or events.

use weft_model::Localised;

pub(crate) mod ask;
pub(crate) mod calibrate;
pub(crate) mod candidates;
pub(crate) mod draw;
pub(crate) mod facts;
pub(crate) mod faults;
pub(crate) mod parts;
pub(crate) mod planner;
pub(crate) mod race;
pub(crate) mod search;
pub(crate) mod sheet;
pub(crate) mod shortages;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}
