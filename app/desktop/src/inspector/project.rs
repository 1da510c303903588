//! The project itself: what it is called, what it is about, its seed, and how it stands.

use egui::{Frame, Id, Label, Layout, Margin, RichText, ScrollArea, Ui};
use weft_model::Severity;

use super::field::{Field, describe};
use super::rows::{editor_width, problem};
use super::{Context, Inspector, InspectorRequest, facts};
use crate::document::OpenProject;
use crate::focus;
use crate::icons;
use crate::widgets;

impl Inspector {
    /// Shows the project.
    pub(super) fn project(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        with: &Context<'_>,
        requests: &mut Vec<InspectorRequest>,
    ) {
        let (theme, tr) = (with.theme, with.tr);
        ScrollArea::vertical().id_salt("project").auto_shrink([false, false]).show(ui, |ui| {
            Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.label(icons::text("graph", 18.0, theme.accent));
                    ui.label(widgets::semibold(tr.t("inspector-project"), theme));
                });
                ui.add_space(8.0);
                self.title(ui, project, with);
                self.seed(ui, project, with);
                self.description(ui, project, with);
                ui.add_space(8.0);
                widgets::rule(ui, theme);
                ui.add_space(4.0);
                state(ui, project, with, requests);
                ui.add_space(12.0);
                ui.label(widgets::muted(tr.t("inspector-hint"), theme));
            });
            focus::keep_in_view(ui);
        });
    }

    fn title(&mut self, ui: &mut Ui, project: &mut OpenProject, with: &Context<'_>) {
        let tr = with.tr;
        let lang = tr.lang();
        let before = project.title(lang).unwrap_or_default().to_owned();
        let row = Row { name: "title", label: tr.t("inspector-title"), help: tr.t("inspector-title-help"), before };
        self.project_row(ui, project, with, &row, |_| None, |p, text, merge| p.set_title(lang, text, merge));
    }

    fn seed(&mut self, ui: &mut Ui, project: &mut OpenProject, with: &Context<'_>) {
        let tr = with.tr;
        let before = project.seed().to_string();
        let row = Row { name: "seed", label: tr.t("inspector-seed"), help: tr.t("inspector-seed-help"), before };
        let check = |text: &str| text.trim().parse::<u64>().is_err().then(|| tr.t("inspector-seed-wrong").to_owned());
        self.project_row(ui, project, with, &row, check, |p, text, merge| {
            if let Ok(seed) = text.trim().parse() {
                p.set_seed(seed, Some(merge));
            }
        });
    }

    fn description(&mut self, ui: &mut Ui, project: &mut OpenProject, with: &Context<'_>) {
        let (theme, tr) = (with.theme, with.tr);
        let label = tr.t("inspector-description");
        ui.add_space(4.0);
        ui.label(RichText::new(label).color(theme.muted));
        let before = project.description(tr.lang()).unwrap_or_default().to_owned();
        let id = Id::unique(("inspector project", "description"));
        let hint = tr.t("inspector-description-hint");
        let field = Field { lines: 4, hint, ..Field::new(id, label, &before, ui.available_width()) };
        let outcome = self.fields.show(ui, theme, &field);
        let merge = self.fields.merge_key(id);
        if outcome.given_up {
            project.give_up(&merge);
        } else if outcome.changed
            && let Some(text) = &outcome.pending
        {
            project.set_description(tr.lang(), text, &merge);
        }
        if !outcome.response.has_focus() {
            self.fields.forget(id);
        }
        describe(ui, id, hint, None);
    }

    /// A row of the project: its text is taken over as soon as it is right.
    fn project_row(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        with: &Context<'_>,
        row: &Row<'_>,
        check: impl Fn(&str) -> Option<String>,
        apply: impl FnOnce(&mut OpenProject, &str, &str),
    ) {
        let theme = with.theme;
        let id = Id::unique(("inspector project", row.name));
        let width = editor_width(ui.available_width());
        let line = ui.horizontal(|ui| {
            ui.set_min_height(theme.size.field + 2.0);
            ui.label(RichText::new(row.label).color(theme.muted)).on_hover_text(row.help);
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                self.fields.show(ui, theme, &Field::new(id, row.label, &row.before, width))
            })
        });
        let outcome = line.inner.inner;
        let merge = self.fields.merge_key(id);
        let wrong = outcome.pending.as_deref().and_then(check);
        describe(ui, id, row.help, wrong.as_deref());
        if outcome.given_up {
            project.give_up(&merge);
        } else if wrong.is_none() {
            if outcome.changed
                && let Some(text) = &outcome.pending
            {
                apply(project, text, &merge);
            }
            if !outcome.response.has_focus() {
                self.fields.forget(id);
            }
        }
        if let Some(wrong) = wrong {
            problem(ui, theme, &wrong, Some(id));
        }
    }
}

/// A row to show.
struct Row<'a> {
    name: &'a str,
    label: &'a str,
    help: &'a str,
    before: String,
}

/// How it stands: counts, problems, its file.
fn state(ui: &mut Ui, project: &OpenProject, with: &Context<'_>, requests: &mut Vec<InspectorRequest>) {
    let (theme, tr) = (with.theme, with.tr);
    let count = |severity| project.problems().filter(|p| p.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    facts(
        ui,
        theme,
        &[
            (tr.t("inspector-nodes"), project.graph().nodes().len().to_string()),
            (tr.t("inspector-wires"), project.graph().wires().len().to_string()),
        ],
    );
    ui.horizontal(|ui| {
        ui.label(widgets::muted(tr.t("inspector-problems"), theme));
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            if errors + warnings == 0 {
                ui.label(widgets::muted(tr.t("inspector-problems-none"), theme));
                ui.label(icons::filled("check-circle", 13.0, theme.ok));
                return;
            }
            let text = tr.fmt("inspector-problems-count", &[("errors", errors.into()), ("warnings", warnings.into())]);
            if ui.link(&text).clicked() {
                requests.push(InspectorRequest::Problems);
            }
            let (icon, color) = if errors > 0 { ("warning-circle", theme.error) } else { ("warning", theme.warn) };
            ui.label(icons::filled(icon, 13.0, color));
        });
    });
    ui.add_space(4.0);
    let file = project.file().map_or_else(|| tr.t("inspector-unsaved").to_owned(), |f| f.display().to_string());
    ui.label(widgets::muted(tr.t("inspector-file"), theme));
    ui.add(Label::new(RichText::new(file).font(theme.mono_small()).color(theme.muted)).wrap());
}
