//! The history panel: every step of the project from its beginning, the newest at the bottom, with what was taken back
//! greyed beneath. It hands back the step to go to; how to get there is for the application.

use std::collections::BTreeSet;

use egui::{Align, EventFilter, Id, Key, Layout, Modifiers, RichText, ScrollArea, Ui};
use weft_model::{Edit, Graph, NodeId};

use crate::document::OpenProject;
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::theme::Theme;
use crate::widgets;

/// How the history is looked at.
#[derive(Debug, Clone, Default)]
pub struct HistoryPanel {
    /// How many steps were done, and how many there were, when it was drawn last.
    seen: Option<(usize, usize)>,
    /// How far it is scrolled, and how high it is [points].
    offset: f32,
    height: f32,
}

/// Draws the panel. Gives the number of steps that are to be done, if the user wants another than are.
pub fn history_ui(
    ui: &mut Ui,
    panel: &mut HistoryPanel,
    project: &OpenProject,
    theme: &Theme,
    tr: &Tr,
) -> Option<usize> {
    let document = project.document();
    let (done, undone) = (document.undo_steps(), document.redo_steps());
    let (present, last) = (done.len(), done.len() + undone.len());
    let mut wanted = focused_step(ui, last).and_then(|step| step_by_key(ui, step, last));
    let row_height = theme.size.row;
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area = ScrollArea::vertical().id_salt("history").auto_shrink([false, false]);
    if panel.seen.replace((present, last)) != Some((present, last)) {
        // The present step is kept in view.
        let top = present as f32 * row_height;
        let least = top + row_height - panel.height.max(row_height);
        area = area.vertical_scroll_offset(panel.offset.clamp(least.max(0.0), top.max(0.0)));
    }
    let shown = area.show_rows(ui, row_height, last + 1, |ui, rows| {
        for step in rows {
            // The newest step that was taken back stands last among those.
            let entry = match step.checked_sub(1) {
                None => None,
                Some(at) if at < done.len() => done.get(at),
                Some(at) => undone.get(last - 1 - at),
            };
            let what = entry.map_or_else(|| tr.t("history-start").to_owned(), |e| tr.t(&e.label).to_owned());
            let whom = entry.and_then(|e| concerned(&e.inverse, project.graph()));
            let look =
                Row { step, present: step == present, undone: step > present, what: &what, whom: whom.as_deref() };
            let saved = document.saved_step() == Some(step);
            if row(ui, &look, saved, theme, tr) {
                wanted = Some(step);
            }
        }
        focus::keep_in_view(ui);
    });
    panel.offset = shown.state.clamped_offset().y;
    panel.height = shown.inner_rect.height();
    wanted.filter(|step| *step != present)
}

struct Row<'a> {
    step: usize,
    present: bool,
    undone: bool,
    what: &'a str,
    whom: Option<&'a str>,
}

fn id_of(step: usize) -> Id {
    Id::unique(("history", step))
}

/// The step whose row has the keyboard.
fn focused_step(ui: &Ui, last: usize) -> Option<usize> {
    let focused = ui.memory(|m| m.focused())?;
    // Only rows near the present one are drawn; the row that has the keyboard says which it is.
    let step: usize = ui.data(|d| d.get_temp(Id::unique("history-focus")))?;
    (step <= last && id_of(step) == focused).then_some(step)
}

/// Up and down go to the step before and after; the keyboard goes along.
fn step_by_key(ui: &Ui, step: usize, last: usize) -> Option<usize> {
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(id_of(step), filter));
    let wanted = ui.input_mut(|i| {
        let mut take = |key| i.consume_key(Modifiers::NONE, key);
        if take(Key::ArrowUp) {
            Some(step.saturating_sub(1))
        } else if take(Key::ArrowDown) {
            Some((step + 1).min(last))
        } else if take(Key::Home) {
            Some(0)
        } else if take(Key::End) {
            Some(last)
        } else {
            None
        }
    })?;
    ui.memory_mut(|m| m.request_focus(id_of(wanted)));
    Some(wanted)
}

fn row(ui: &mut Ui, row: &Row<'_>, saved: bool, theme: &Theme, tr: &Tr) -> bool {
    let mut name = match row.whom {
        Some(whom) => tr.fmt("history-step", &[("what", row.what.into()), ("node", whom.into())]),
        None => row.what.to_owned(),
    };
    for (said, key) in [(row.present, "history-now"), (saved, "history-saved"), (row.undone, "history-undone")] {
        if said {
            name = format!("{name}, {}", tr.t(key));
        }
    }
    let ink = if row.undone { theme.muted } else { theme.text };
    let response = widgets::row(ui, theme, id_of(row.step), theme.size.row, row.present, &name, |ui| {
        // Told apart by more than the ink: done, present, taken back.
        let (icon, color) = match (row.present, row.undone) {
            (true, _) => ("caret-right", theme.accent),
            (_, true) => ("arrow-counter-clockwise", theme.faint),
            _ => ("check", theme.faint),
        };
        ui.label(icons::text(icon, 12.0, color));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if saved {
                ui.label(icons::text("floppy-disk", 13.0, theme.muted)).on_hover_text(tr.t("history-saved"));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(row.what).color(ink)).extend());
                if let Some(whom) = row.whom {
                    ui.add(egui::Label::new(widgets::muted(whom, theme)).truncate());
                }
            });
        });
    });
    if response.clicked() {
        // The keyboard goes on from where the mouse was.
        response.request_focus();
    }
    if response.has_focus() {
        ui.data_mut(|d| d.insert_temp(Id::unique("history-focus"), row.step));
    }
    response.clicked()
}

/// The name of the node that a change is about, if it is one.
fn concerned(edit: &Edit, graph: &Graph) -> Option<String> {
    let mut found = BTreeSet::new();
    let mut name = None;
    collect(edit, &mut found, &mut name);
    let id = found.first().filter(|_| found.len() == 1)?;
    graph.node(*id).map(|node| node.name.clone()).or(name)
}

/// Collects nodes until there are two; that is all that is asked for.
fn collect(edit: &Edit, found: &mut BTreeSet<NodeId>, name: &mut Option<String>) {
    if found.len() > 1 {
        return;
    }
    match edit {
        Edit::AddNode { id, node } => {
            found.insert(*id);
            *name = Some(node.name.clone());
        }
        Edit::RemoveNode { id } | Edit::SetParam { id, .. } | Edit::Rename { id, .. } | Edit::Move { id, .. } => {
            found.insert(*id);
        }
        Edit::Batch { edits } => {
            for edit in edits {
                collect(edit, found, name);
                if found.len() > 1 {
                    return;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use weft_model::{Document, Edit, HistoryEntry, Node, NodeId};

    use super::*;

    #[test]
    fn a_step_says_which_node_it_is_about_if_it_is_one() {
        let mut document = Document::default();
        for n in [1, 2] {
            let node = Node::new("split", format!("split {n}"), [0.0; 2]);
            document.apply("edit-add-node", Edit::AddNode { id: NodeId(n), node }).unwrap();
        }
        let moves = [1, 2].map(|n| Edit::Move { id: NodeId(n), pos: [4.0, 4.0] });
        document.apply("edit-move", Edit::Batch { edits: moves[..1].to_vec() }).unwrap();
        document.apply("edit-move", Edit::Batch { edits: moves.to_vec() }).unwrap();
        document.apply("edit-delete", Edit::RemoveNode { id: NodeId(2) }).unwrap();
        let whom = |document: &Document, entry: &HistoryEntry| concerned(&entry.inverse, document.graph());
        let all: Vec<_> = document.undo_steps().iter().map(|e| whom(&document, e)).collect();
        let name = |n: u64| Some(format!("split {n}"));
        assert_eq!(all, [name(1), None, name(1), None, name(2)], "the second is not there any more");
        document.undo();
        let all: Vec<_> = document.undo_steps().iter().map(|e| whom(&document, e)).collect();
        assert_eq!(all, [name(1), name(2), name(1), None]);
        assert_eq!(whom(&document, &document.redo_steps()[0]), name(2));
    }
}
