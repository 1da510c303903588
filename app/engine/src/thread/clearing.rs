//! Clearing what is kept, on the engine's thread: when it may be done, and what a run must be able to count on.

use std::collections::BTreeSet;

use weft_protocol::kept::Kept;

use super::EngineThread;
use crate::keeper::Errand;
use crate::run::Active;
use crate::store::Write;

impl EngineThread {
    pub(super) fn ask_to_clear(&mut self, kinds: BTreeSet<Kept>) {
        self.to_clear.get_or_insert_default().extend(kinds);
    }

    /// Has cleared what was asked for, unless a run is being prepared: what that has found in the store does not stand
    /// under its name yet.
    pub(super) fn clear(&mut self) {
        if self.preparing.is_some() || !self.writes.is_empty() {
            return;
        }
        if let Some(kinds) = self.to_clear.take() {
            if kinds.contains(&Kept::Previews) {
                self.previews.forget();
            }
            self.errand(Errand::Kept(kinds));
        }
    }

    /// Puts every result that a run will use under its name, so that none of them is cleared before it is read.
    pub(super) fn claim(&mut self, active: &Active) {
        let run = active.run;
        for task in &active.prepared.tasks {
            let Some((kept, paths)) = &task.cached else { continue };
            let outputs: Vec<_> = kept.outputs.iter().filter(|o| paths.contains_key(&o.port)).cloned().collect();
            if !outputs.is_empty() {
                self.writes.push(Write::Left { run, name: task.name.clone(), outputs });
            }
        }
    }
}
