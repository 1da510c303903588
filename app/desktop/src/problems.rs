//! Problems as they are shown: the list of all of them, those of one node, and the buttons that mend them. What a fix does
//! is in it; when it is applied is for the application to know.

use egui::{Align, AtomExt as _, Button, Id, Label, Layout, RichText, ScrollArea, Ui, vec2};
use weft_model::flat::NodePath;
use weft_model::{Fix, NodeId, Problem, Severity};

use crate::document::OpenProject;
use crate::focus;
use crate::i18n::{Tr, sentence};
use crate::icons;
use crate::theme::Theme;
use crate::widgets;

/// Fixes of a problem that are offered as such; further ones are in a menu.
const BUTTONS: usize = 2;
/// Widths of rows from which there is room for words and one button more [points].
const ROOM_FOR_BUTTONS: [f32; BUTTONS] = [380.0, 620.0];
/// Height of a row of the list [points].
const ROW: f32 = 28.0;

/// What the user asks of a problem.
#[derive(Debug, Clone, PartialEq)]
pub enum ProblemRequest {
    /// Bring its node into view.
    Show(NodePath),
    /// Apply this fix of it.
    Fix(Box<FixRequest>),
    /// Fix all problems.
    FixAll,
}

/// A fix with the problem that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct FixRequest {
    /// The problem, as it was when the button was shown.
    pub problem: Problem,
    /// The fix.
    pub fix: Fix,
}

impl FixRequest {
    fn new(problem: &Problem, fix: &Fix) -> Self {
        Self { problem: problem.clone(), fix: fix.clone() }
    }
}

/// Shows the list; what was asked of it.
pub fn problems_ui(ui: &mut Ui, project: &OpenProject, theme: &Theme, tr: &Tr) -> Option<ProblemRequest> {
    let mut request = None;
    if project.problems().next().is_none() {
        widgets::empty(ui, theme, "check-circle", tr.t("problems-none"));
        return None;
    }
    let problems: Vec<&Problem> = project.problems().collect();
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.add_space(4.0);
    if project.is_fixable() {
        ui.horizontal(|ui| {
            ui.add_space(8.0);
            if widgets::button(ui, theme, "wrench", tr.t("cmd-fix-problems")).clicked() {
                request = Some(ProblemRequest::FixAll);
            }
        });
    }
    // Only the rows in view are laid out: a broken file can have thousands of problems.
    ScrollArea::vertical().auto_shrink([false, false]).show_rows(ui, ROW, problems.len(), |ui, rows| {
        for (index, problem) in problems.iter().enumerate().take(rows.end).skip(rows.start) {
            row(ui, index, problem, theme, tr, &mut request);
        }
        focus::keep_in_view(ui);
    });
    request
}

fn row(ui: &mut Ui, index: usize, problem: &Problem, theme: &Theme, tr: &Tr, request: &mut Option<ProblemRequest>) {
    let (message, remedy) = (sentence(tr.of(&problem.message)), sentence(tr.of(&problem.remedy)));
    let row = widgets::row(ui, theme, Id::unique(("problem", index)), ROW, false, &message, |ui| {
        // The buttons stand at the right, and the words take what is left.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.push_id(index, |ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                if let Some(fix) = fix_buttons(ui, problem, theme, tr) {
                    *request = Some(ProblemRequest::Fix(Box::new(fix)));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.label(severity_icon(problem.severity, theme));
                    ui.add(Label::new(RichText::new(&*message).color(theme.text)).truncate().selectable(false));
                    if ui.available_width() > 60.0 {
                        ui.add(Label::new(widgets::muted(&*remedy, theme)).truncate().selectable(false));
                    }
                });
            });
        });
    });
    if row.on_hover_text(format!("{message}\n{remedy}")).clicked()
        && let Some(path) = problem.node_path()
    {
        *request = Some(ProblemRequest::Show(path));
    }
}

fn severity_icon(severity: Severity, theme: &Theme) -> RichText {
    match severity {
        Severity::Error => icons::filled("warning-circle", 16.0, theme.error),
        Severity::Warning => icons::filled("warning", 16.0, theme.warn),
    }
}

/// The first fixes as buttons, from the right; the others in a menu.
fn fix_buttons(ui: &mut Ui, problem: &Problem, theme: &Theme, tr: &Tr) -> Option<FixRequest> {
    let mut chosen = None;
    let room = ui.available_width();
    let buttons = ROOM_FOR_BUTTONS.iter().filter(|least| room >= **least).count();
    let (shown, more) = problem.fixes.split_at(problem.fixes.len().min(buttons));
    if !more.is_empty() {
        let name = tr.t(if shown.is_empty() { "fix-all-of-it" } else { "fix-more" });
        let icon = match shown.is_empty() {
            true => icons::text("wrench", 13.0, theme.accent),
            false => icons::text("dots-three", 15.0, theme.text),
        };
        let menu = ui.menu_button(icon, |ui| {
            for fix in more {
                let label = tr.of(&fix.label);
                if widgets::named(ui.add(Button::new(label)), egui::Role::Button, label).clicked() {
                    chosen = Some(FixRequest::new(problem, fix));
                    ui.close();
                }
            }
        });
        widgets::named(menu.response, egui::Role::Button, name).on_hover_text(name);
    }
    for (at, fix) in shown.iter().enumerate().rev() {
        if fix_button(ui, fix, at == 0, theme, tr) {
            chosen = Some(FixRequest::new(problem, fix));
        }
    }
    chosen
}

fn fix_button(ui: &mut Ui, fix: &Fix, is_first: bool, theme: &Theme, tr: &Tr) -> bool {
    let label = tr.of(&fix.label);
    let text = RichText::new(label).font(theme.small_font()).color(theme.text);
    let button = match is_first {
        // What is too long (a path) is cut: the icon never is.
        true => Button::new((icons::text("wrench", 13.0, theme.accent), text.atom_shrink(true))),
        false => Button::new(text),
    };
    // In lines that wrap it goes to the next one before it is cut.
    let room = if ui.layout().main_wrap { ui.max_rect().width() } else { ui.available_size_before_wrap().x };
    let room = vec2(room.max(80.0), 22.0);
    let wanted = ui.painter().layout_no_wrap(label.to_owned(), theme.small_font(), theme.text).size().x + 48.0;
    let button = button.min_size(vec2(0.0, 22.0));
    let response = if wanted > room.x { ui.add_sized(room, button.truncate()) } else { ui.add(button) };
    widgets::named(response, egui::Role::Button, label).on_hover_text(label).clicked()
}

/// The problems of one node with all their fixes, as a card; the fix that was chosen.
pub fn node_problems_ui(
    ui: &mut Ui,
    project: &OpenProject,
    node: NodeId,
    theme: &Theme,
    tr: &Tr,
) -> Option<FixRequest> {
    /// More of one node are in the list.
    const SHOWN: usize = 6;
    let mut chosen = None;
    let mut any = false;
    for problem in project.problems_at(node).take(SHOWN) {
        any = true;
        let color = if problem.severity == Severity::Error { theme.error } else { theme.warn };
        widgets::card(theme).stroke((1.0, color)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.label(severity_icon(problem.severity, theme));
                ui.vertical(|ui| {
                    ui.add(Label::new(RichText::new(sentence(tr.of(&problem.message))).color(theme.text)).wrap());
                    ui.add(Label::new(widgets::muted(sentence(tr.of(&problem.remedy)), theme)).wrap());
                });
            });
            if !problem.fixes.is_empty() {
                ui.add_space(4.0);
                ui.horizontal_wrapped(|ui| {
                    for (at, fix) in problem.fixes.iter().enumerate() {
                        if fix_button(ui, fix, at == 0, theme, tr) {
                            chosen = Some(FixRequest::new(problem, fix));
                        }
                    }
                });
            }
        });
        ui.add_space(4.0);
    }
    if any {
        ui.add_space(theme.size.section);
    }
    chosen
}

/// The fixes of a node's problems as items of its menu, `width` points wide; the one that was chosen. The first has the
/// keyboard in a `fresh` menu.
pub fn menu_ui(
    ui: &mut Ui,
    project: &OpenProject,
    node: NodeId,
    (width, fresh): (f32, &mut bool),
    theme: &Theme,
    tr: &Tr,
) -> Option<FixRequest> {
    /// More are in the inspector.
    const ITEMS: usize = 4;
    let mut chosen = None;
    let fixes = project.problems_at(node).flat_map(|p| p.fixes.iter().take(BUTTONS).map(move |f| (p, f)));
    let mut any = false;
    for (problem, fix) in fixes.take(ITEMS) {
        any = true;
        let label = tr.fmt("fix-item", &[("fix", tr.of(&fix.label).into())]);
        let button = Button::new((icons::text("wrench", 15.0, theme.accent), label.as_str().atom_shrink(true)))
            .truncate()
            .min_size(vec2(width, 26.0));
        let response = widgets::named(ui.add(button), egui::Role::Button, &label);
        if std::mem::take(fresh) {
            response.request_focus();
        }
        if response.on_hover_text(tr.of(&problem.message)).clicked() {
            chosen = Some(FixRequest::new(problem, fix));
        }
    }
    if any {
        widgets::rule(ui, theme);
    }
    chosen
}
