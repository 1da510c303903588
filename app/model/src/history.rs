//! A graph with its history: transactions, undo and redo, and whether it differs from what was saved.

use std::collections::{BTreeMap, BTreeSet};

use crate::edit::{Edit, EditError};
use crate::graph::Graph;

/// How many steps can be taken back.
const DEPTH: usize = 1_000;

/// One step of the history: a gesture of the user.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Name of the command, as a key of the translations.
    pub label: String,
    /// The change that takes the step back, or makes it again.
    pub inverse: Edit,
    /// Settings to take back with it: name and value, none for no value.
    settings: Vec<(String, Option<String>)>,
    /// Steps that follow one another with the same key are one step (a slider that is drawn).
    merge_key: Option<String>,
}

/// A graph with the settings of the whole project (title, seed), the steps that led to them and the steps that were
/// taken back.
#[derive(Debug, Clone, Default)]
pub struct Document {
    graph: Graph,
    settings: BTreeMap<String, String>,
    undo: Vec<HistoryEntry>,
    redo: Vec<HistoryEntry>,
    open: Option<(String, Vec<Edit>)>,
    /// Grows with every change of the graph, whichever way.
    revision: u64,
    /// The newest revision that altered what runs.
    run_revision: u64,
    /// Distance from the saved state in steps; none when it can no longer be reached by undo and redo.
    from_saved: Option<i64>,
}

impl Document {
    /// A document that stands as it was saved.
    pub fn new(graph: Graph) -> Self {
        Self { graph, from_saved: Some(0), ..Self::default() }
    }

    /// The same with settings as they were saved.
    pub fn with_settings(self, settings: BTreeMap<String, String>) -> Self {
        Self { settings, ..self }
    }

    /// A setting of the whole project.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    /// Changes a setting of the whole project, or takes it away, as a step of its own; when the newest step has the same
    /// `merge_key`, the two become one step.
    pub fn set(&mut self, label: &str, name: &str, value: Option<String>, merge_key: Option<&str>) {
        self.commit();
        if self.setting(name) == value.as_deref() {
            return;
        }
        let before = self.put(name, value);
        self.revised(false);
        let settings = vec![(name.to_owned(), before)];
        if let Some(last) = self.merging(merge_key) {
            // The oldest value is the one to go back to.
            if last.settings.iter().all(|(n, _)| n != name) {
                last.settings.extend(settings);
            }
            return;
        }
        let inverse = Edit::Batch { edits: Vec::new() };
        let merge_key = merge_key.map(str::to_owned);
        self.push(HistoryEntry { label: label.to_owned(), inverse, settings, merge_key });
    }

    fn put(&mut self, name: &str, value: Option<String>) -> Option<String> {
        match value {
            Some(value) => self.settings.insert(name.to_owned(), value),
            None => self.settings.remove(name),
        }
    }

    /// The newest step, if a change with this key belongs to it.
    fn merging(&mut self, merge_key: Option<&str>) -> Option<&mut HistoryEntry> {
        let fits = merge_key.is_some() && self.redo.is_empty() && self.from_saved != Some(0);
        self.undo.last_mut().filter(|last| fits && last.merge_key.as_deref() == merge_key)
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Grows with every change of the graph.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Grows with every change of the graph or of a setting that is not only one of looks; see [`Edit::is_look`].
    pub fn run_revision(&self) -> u64 {
        self.run_revision
    }

    fn revised(&mut self, only_looks: bool) {
        self.revision += 1;
        if !only_looks {
            self.run_revision = self.revision;
        }
    }

    /// Makes a change as a step of its own, or within the open transaction.
    ///
    /// # Errors
    /// Why it cannot be made; then nothing has changed.
    pub fn apply(&mut self, label: &str, edit: Edit) -> Result<(), EditError> {
        self.apply_merging(label, edit, None)
    }

    /// Makes a change; when the newest step has the same `merge_key`, the two become one step.
    ///
    /// # Errors
    /// Why it cannot be made; then nothing has changed.
    pub fn apply_merging(&mut self, label: &str, edit: Edit, merge_key: Option<&str>) -> Result<(), EditError> {
        let inverse = self.graph.apply(edit)?;
        self.revised(inverse.is_look());
        if let Some((_, inverses)) = &mut self.open {
            inverses.push(inverse);
            return Ok(());
        }
        if let Some(last) = self.merging(merge_key) {
            let older = std::mem::replace(&mut last.inverse, Edit::Batch { edits: Vec::new() });
            last.inverse = merged(inverse, older);
            return Ok(());
        }
        let merge_key = merge_key.map(str::to_owned);
        self.push(HistoryEntry { label: label.to_owned(), inverse, settings: Vec::new(), merge_key });
        Ok(())
    }

    fn push(&mut self, entry: HistoryEntry) {
        if !self.redo.is_empty() && self.from_saved.is_some_and(|n| n < 0) {
            // The saved state was among the steps that are lost now.
            self.from_saved = None;
        }
        self.redo.clear();
        self.undo.push(entry);
        if self.undo.len() > DEPTH {
            self.undo.remove(0);
        }
        self.from_saved = self.from_saved.map(|n| n + 1);
    }

    /// Takes the newest step back as if it had never been made, if it has this key: what was typed is given up. Whether
    /// there was such a step.
    pub fn revoke(&mut self, merge_key: &str) -> bool {
        self.commit();
        let ours = self.undo.last().is_some_and(|last| last.merge_key.as_deref() == Some(merge_key));
        if !ours || !self.redo.is_empty() {
            return false;
        }
        let Some(entry) = self.undo.pop() else { return false };
        let done = self.step(entry, -1).is_some();
        self.redo.clear();
        done
    }

    /// Begins a gesture: all changes until [`Self::commit`] are one step. An open one is committed first.
    pub fn begin(&mut self, label: &str) {
        self.commit();
        self.open = Some((label.to_owned(), Vec::new()));
    }

    /// Ends the gesture. A gesture that changed nothing leaves no step.
    pub fn commit(&mut self) {
        let Some((label, mut inverses)) = self.open.take() else { return };
        if inverses.is_empty() {
            return;
        }
        inverses.reverse();
        let inverse = Edit::Batch { edits: inverses };
        self.push(HistoryEntry { label, inverse, settings: Vec::new(), merge_key: None });
    }

    /// Gives the gesture up: everything since [`Self::begin`] is taken back.
    pub fn abort(&mut self) {
        if let Some((_, inverses)) = self.open.take() {
            self.revised(inverses.iter().all(Edit::is_look));
            self.graph.take_back(inverses);
        }
    }

    /// Takes the newest step back; its label, if there was one.
    pub fn undo(&mut self) -> Option<String> {
        self.commit();
        let entry = self.undo.pop()?;
        self.step(entry, -1)
    }

    /// Makes the step that was taken back last again; its label, if there was one.
    pub fn redo(&mut self) -> Option<String> {
        self.commit();
        let entry = self.redo.pop()?;
        self.step(entry, 1)
    }

    fn step(&mut self, entry: HistoryEntry, by: i64) -> Option<String> {
        let label = entry.label.clone();
        let inverse = self.graph.apply(entry.inverse).ok()?;
        self.revised(inverse.is_look() && entry.settings.is_empty());
        self.from_saved = self.from_saved.map(|n| n + by);
        let mut settings: Vec<_> =
            entry.settings.into_iter().map(|(name, value)| (name.clone(), self.put(&name, value))).collect();
        settings.reverse();
        let entry = HistoryEntry { label: entry.label, inverse, settings, merge_key: None };
        if by < 0 {
            self.redo.push(entry)
        } else {
            self.undo.push(entry)
        }
        Some(label)
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty() || self.open.as_ref().is_some_and(|(_, edits)| !edits.is_empty())
    }

    /// Whether there is a step to make again.
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// Steps that can be taken back, the oldest first.
    pub fn undo_steps(&self) -> &[HistoryEntry] {
        &self.undo
    }

    /// Steps that can be made again, the next one last.
    pub fn redo_steps(&self) -> &[HistoryEntry] {
        &self.redo
    }

    /// How many steps are done in the saved state; none when no undo and no redo leads there.
    pub fn saved_step(&self) -> Option<usize> {
        let done = i64::try_from(self.undo.len()).ok()?;
        let step = usize::try_from(done - self.from_saved?).ok()?;
        (step <= self.undo.len() + self.redo.len()).then_some(step)
    }

    /// Whether the graph differs from what was saved.
    pub fn is_dirty(&self) -> bool {
        self.from_saved != Some(0) || self.open.as_ref().is_some_and(|(_, edits)| !edits.is_empty())
    }

    /// Notes that the graph now stands in a file as it is.
    pub fn mark_saved(&mut self) {
        self.commit();
        self.from_saved = Some(0);
    }

    /// Notes that the graph stands in no file as it is, and no undo leads there (after a recovery).
    pub fn mark_unsaved(&mut self) {
        self.from_saved = None;
    }
}

/// One inverse for two, the newer first. Of a parameter that both set, the oldest value is the one to go back to: a
/// slider that is drawn must not leave a chain of values behind.
fn merged(newer: Edit, older: Edit) -> Edit {
    fn set(edit: &Edit) -> Option<(crate::id::NodeId, &str)> {
        match edit {
            Edit::SetParam { id, param, .. } => Some((*id, param)),
            _ => None,
        }
    }
    fn list(edit: Edit) -> Vec<Edit> {
        match edit {
            Edit::Batch { edits } => edits,
            other => vec![other],
        }
    }
    let (newer, older) = match (newer, older) {
        (Edit::Inside { id, edit: newer }, Edit::Inside { id: other, edit: older }) if id == other => {
            return Edit::Inside { id, edit: Box::new(merged(*newer, *older)) };
        }
        (newer, older) => (list(newer), list(older)),
    };
    if newer.iter().chain(&older).any(|edit| set(edit).is_none()) {
        return Edit::Batch { edits: vec![Edit::Batch { edits: newer }, Edit::Batch { edits: older }] };
    }
    let kept: BTreeSet<_> = older.iter().filter_map(set).collect();
    let mut edits: Vec<Edit> = newer.into_iter().filter(|e| set(e).is_some_and(|key| !kept.contains(&key))).collect();
    drop(kept);
    edits.extend(older);
    if edits.len() == 1 { edits.remove(0) } else { Edit::Batch { edits } }
}
