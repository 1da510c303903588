//! What is kept in the data folder only so that it need not be made again: how much it is, and what may be cleared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A kind of thing that is kept, and that can be cleared without losing a project, a run or what a run has measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Files of results: models, prepared data, histories.
    Results,
    /// Checkpoints, from which runs go on that were stopped or interrupted.
    Checkpoints,
    /// Previews.
    Previews,
    /// What bundles were unpacked to.
    Bundles,
}

impl Kept {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Results, Self::Checkpoints, Self::Previews, Self::Bundles];
}

/// How much is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptReport {
    /// Of each kind [bytes].
    pub bytes: BTreeMap<Kept, u64>,
    /// What was cleared just now [bytes]; none where nothing was to be.
    pub cleared_bytes: Option<u64>,
}
