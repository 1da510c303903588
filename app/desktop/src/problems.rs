//! The list of problems: what keeps the workflow from running, each with its remedy; a click jumps to the node.

use egui::{Id, RichText, ScrollArea, Ui};
use weft_model::{NodeId, Problem, Severity};

use crate::document::OpenProject;
use crate::i18n::Tr;
use crate::icons;
use crate::theme::Theme;
use crate::widgets;

/// Shows the list; the node to jump to.
pub fn problems_ui(ui: &mut Ui, project: &OpenProject, theme: &Theme, tr: &Tr) -> Option<NodeId> {
    let mut jump = None;
    if project.problems().next().is_none() {
        widgets::empty(ui, theme, "check-circle", tr.t("problems-none"));
        return None;
    }
    let problems: Vec<&Problem> = project.problems().collect();
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.add_space(4.0);
    // Only the rows in view are laid out: a broken file can have thousands of problems.
    ScrollArea::vertical().auto_shrink([false, false]).show_rows(ui, 28.0, problems.len(), |ui, rows| {
        for (index, problem) in problems.iter().enumerate().take(rows.end).skip(rows.start) {
            let message = tr.of(&problem.message);
            let row = widgets::row(ui, theme, Id::unique(("problem", index)), 28.0, false, message, |ui| {
                let (icon, color) = match problem.severity {
                    Severity::Error => ("warning-circle", theme.error),
                    Severity::Warning => ("warning", theme.warn),
                };
                ui.label(icons::filled(icon, 16.0, color));
                ui.label(RichText::new(message).color(theme.text));
                ui.label(widgets::muted(tr.of(&problem.remedy), theme));
            });
            if row.clicked() && problem.node.is_some() {
                jump = problem.node;
            }
        }
    });
    jump
}
