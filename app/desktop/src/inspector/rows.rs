//! The parameters of what is selected, one row each: label, mark of a change, editor, and what is wrong. Changes are
//! collected while the rows are drawn and made afterwards, so that every row sees the same project.

use std::path::PathBuf;

use egui::accesskit::{Action, Live};
use egui::collapsing_header::CollapsingState;
use egui::{
    Align, Align2, Button, Checkbox, CursorIcon, Id, Label, Layout, Response, RichText, Role, Sense, Slider,
    SliderClamping, Ui, UiBuilder, WidgetInfo, vec2,
};
use weft_model::{Localised, ParamKind, Value};

use super::field::{Field, describe};
use super::number::{Pace, Scale, shown};
use super::shared::Row;
use super::{Context, Inspector, choice, folder};
use crate::document::OpenProject;
use crate::icons;
use crate::panels::figures;
use crate::theme::Theme;
use crate::widgets;

/// What stands for values that differ.
pub(super) const MIXED: &str = "—";
/// From so many parameters on there is a field to search among them.
const SEARCH_FROM: usize = 13;

/// A change of a parameter that a row asks for.
#[derive(Debug)]
pub(super) struct Change {
    /// Index of the row.
    pub row: usize,
    /// The new value; none for the default.
    pub value: Option<Value>,
    /// Key of the step that it belongs to.
    pub merge: Option<String>,
}

/// What the rows ask for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Values to set.
    pub changes: Vec<Change>,
    /// A step to give up.
    pub revoke: Option<String>,
    /// Rows whose folder is to be chosen in a dialog.
    pub pick: Option<usize>,
    /// A folder to show in the desktop's file manager.
    pub reveal: Option<PathBuf>,
}

/// A row being drawn.
pub(super) struct At<'a> {
    /// Its index.
    pub index: usize,
    /// The parameter.
    pub row: &'a Row,
    /// Width of its editor [points].
    pub width: f32,
    /// The project.
    pub project: &'a OpenProject,
    /// What frame it is drawn in.
    pub with: &'a Context<'a>,
}

impl At<'_> {
    /// What the parameter is called.
    pub fn label(&self) -> &'static str {
        self.with.tr.text(self.row.param.label)
    }

    /// What it is for and what it takes, as one text for screen readers.
    fn description(&self) -> String {
        let tr = self.with.tr;
        let mut text = tr.text(self.row.param.help).to_owned();
        let mixed = self.row.is_mixed().then(|| tr.t("inspector-mixed").to_owned());
        for more in range_text(self).into_iter().chain(mixed) {
            text.push(' ');
            text.push_str(&more);
        }
        text
    }
}

/// Lines that the editor of a parameter has.
fn lines(kind: ParamKind) -> usize {
    if kind == ParamKind::Markdown { 8 } else { 1 }
}

/// Width that the editors have where rows are so wide.
pub(super) fn editor_width(room: f32) -> f32 {
    (room * 0.56).clamp(104.0, 300.0).round()
}

impl Inspector {
    /// Draws rows under the headings of their groups.
    pub(super) fn rows(&mut self, ui: &mut Ui, project: &OpenProject, rows: &[Row], with: &Context<'_>) -> Asked {
        let mut asked = Asked::default();
        let (theme, tr) = (with.theme, with.tr);
        let mut query = String::new();
        if rows.len() >= SEARCH_FROM {
            let name = tr.t("inspector-search");
            widgets::search_field(ui, theme, &mut self.search, name, None, name);
            ui.add_space(theme.size.gap);
            query = self.search.trim().to_lowercase();
        }
        let width = editor_width(ui.available_width());
        let drawn = rows.iter().enumerate().filter(|(_, row)| row.param.kind != ParamKind::Layers);
        let found: Vec<(usize, &Row)> = drawn.filter(|(_, row)| matches(row, &query)).collect();
        if found.is_empty() && !query.is_empty() {
            ui.label(widgets::muted(tr.t("inspector-search-none"), theme));
        }
        let mut rest = found.as_slice();
        while let Some((_, first)) = rest.first() {
            let group = first.param.group;
            let count = rest.iter().take_while(|(_, row)| row.param.group.en == group.en).count();
            let (section, after) = rest.split_at(count);
            rest = after;
            let changed = section.iter().filter(|(_, row)| row.changed > 0).count();
            heading(ui, with, tr.text(group), changed, query.is_empty(), |ui| {
                for (index, row) in section {
                    self.row(ui, &At { index: *index, row, width, project, with }, &mut asked);
                }
            });
            if !rest.is_empty() {
                ui.add_space(theme.size.section - 4.0);
            }
        }
        asked
    }

    fn row(&mut self, ui: &mut Ui, at: &At<'_>, asked: &mut Asked) {
        let (row, with) = (at.row, at.with);
        let scale = Scale::of(row.param, &row.hint);
        let height = if lines(row.param.kind) > 1 { with.theme.size.row } else { with.theme.size.field + 2.0 };
        let mut wrong = None;
        let mut note = None;
        ui.horizontal(|ui| {
            ui.set_min_height(height);
            self.label(ui, at, scale.as_ref(), asked);
            if lines(row.param.kind) > 1 {
                return;
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| match row.param.kind {
                ParamKind::Bool => toggle(ui, at, asked),
                ParamKind::Choice { choices } => {
                    if let Some(id) = choice::show(ui, at, choices) {
                        asked.changes.push(Change { row: at.index, value: Some(Value::Text(id)), merge: None });
                    }
                }
                _ => (wrong, note) = self.typed(ui, at, scale.as_ref(), asked),
            });
        });
        if lines(row.param.kind) > 1 {
            (wrong, note) = self.typed(ui, at, scale.as_ref(), asked);
        }
        if let Some(wrong) = wrong {
            problem(ui, with.theme, with.tr.of(&wrong), Some(row.key));
        } else if let Some(note) = note {
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| ui.label(widgets::muted(note, with.theme)));
        }
        if let Some(scale) = &scale {
            self.slider(ui, at, scale, asked);
        }
        if row.param.kind == ParamKind::Folder {
            folder::beneath(ui, at);
            self.folder_row = Some((ui.ctx().cumulative_frame_nr(), at.index));
        }
    }

    /// The label: help when hovered, a number is drawn by it, and a mark beside it tells of a change.
    fn label(&mut self, ui: &mut Ui, at: &At<'_>, scale: Option<&Scale>, asked: &mut Asked) {
        let (row, theme) = (at.row, at.with.theme);
        let room = (ui.available_width() - at.width - 8.0).max(24.0);
        let (_, rect) = ui.allocate_space(vec2(room, ui.available_height().min(theme.size.field + 2.0)));
        let hovered = ui.rect_contains_pointer(rect);
        let mark = if row.changed > 0 { 16.0 } else { 0.0 };
        let color = if row.changed > 0 { theme.text } else { theme.muted };
        let builder = UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let text = ui.painter().layout_no_wrap(at.label().to_owned(), theme.font(), color).size().x;
            let sense = if scale.is_some() { Sense::click_and_drag() } else { Sense::click() };
            let label = Label::new(RichText::new(at.label()).color(color)).truncate().selectable(false).sense(sense);
            let size = vec2((text + 1.0).min(room - mark - 2.0), rect.height());
            let label = ui.allocate_ui_with_layout(size, *ui.layout(), |ui| ui.add(label)).inner;
            if let Some(scale) = scale {
                self.draw(ui, at, scale, &label, asked);
            }
            label.context_menu(|ui| menu(ui, at, asked));
            label.on_hover_ui(|ui| help(ui, at));
            if row.changed > 0 && reset(ui, at, hovered) {
                self.fields.forget(row.key);
                asked.changes.push(Change { row: at.index, value: None, merge: None });
            }
        });
    }

    /// A number is drawn larger and smaller by its label.
    fn draw(&mut self, ui: &Ui, at: &At<'_>, scale: &Scale, label: &Response, asked: &mut Asked) {
        let key = at.row.key;
        let Some(now) = at.row.value().and_then(Value::as_f64) else { return };
        if label.hovered() || label.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        }
        if label.drag_started() {
            self.drawn = Some((key, now));
            self.fields.forget(key);
        }
        if label.dragged()
            && let Some((_, exact)) = self.drawn.as_mut().filter(|(drawn, _)| *drawn == key)
        {
            let pace = Pace::of(ui.input(|i| i.modifiers));
            *exact = scale.drawn(*exact, f64::from(label.drag_delta().x), pace);
            let next = scale.rounded(*exact, *exact, pace);
            if next != now {
                let merge = Some(self.fields.merge_key(key));
                asked.changes.push(Change { row: at.index, value: Some(scale.value(next)), merge });
            }
        }
        if label.drag_stopped() {
            self.drawn = None;
            self.fields.end_stay();
        }
    }

    /// A field with what is typed in it; what is wrong, and what a sum comes to.
    fn typed(
        &mut self,
        ui: &mut Ui,
        at: &At<'_>,
        scale: Option<&Scale>,
        asked: &mut Asked,
    ) -> (Option<Localised>, Option<String>) {
        let (row, theme, tr) = (at.row, at.with.theme, at.with.tr);
        let text = row.value().map_or_else(String::new, shown);
        let hint = match row.param.kind {
            _ if row.is_mixed() => MIXED,
            ParamKind::Seed => tr.t("inspector-auto"),
            _ => "",
        };
        let mut width = at.width;
        if row.param.kind == ParamKind::Folder {
            width -= folder::buttons(ui, at, asked);
        } else if !row.hint.values.is_empty() && scale.is_some() {
            width -= usual_values(ui, at, scale, asked);
        }
        let lines = lines(row.param.kind);
        let field = Field {
            hint,
            unit: row.param.unit.map_or("", |unit| tr.text(unit)),
            figures: lines == 1,
            lines,
            steps: scale.is_some(),
            ..Field::new(row.key, at.label(), &text, if lines > 1 { ui.available_width() } else { width })
        };
        let outcome = self.fields.show(ui, theme, &field);
        if row.param.kind == ParamKind::Folder && folder::is_offered(ui) {
            ui.painter().rect_stroke(
                outcome.response.rect,
                theme.radius(),
                (2.0, theme.accent),
                egui::StrokeKind::Inside,
            );
        }
        let merge = self.fields.merge_key(row.key);
        let mut wrong = None;
        let mut note = None;
        if let Some((steps, pace)) = outcome.steps
            && let Some(value) = row.value().zip(scale).and_then(|(value, scale)| scale.stepped(value, steps, pace))
        {
            asked.changes.push(Change { row: at.index, value: Some(value), merge: Some(merge) });
        } else if outcome.given_up {
            asked.revoke = Some(merge);
        } else {
            match outcome.pending.as_deref().map(|text| (text, row.parse(text))) {
                Some((text, Ok(value))) => {
                    if outcome.changed {
                        asked.changes.push(Change { row: at.index, value: value.clone(), merge: Some(merge) });
                    }
                    let is_sum = scale.is_some() && row.param.parse(text.trim()).is_err();
                    note = value.filter(|_| is_sum).map(|v| format!("= {}", shown(&v)));
                    if !outcome.response.has_focus() {
                        self.fields.forget(row.key);
                    }
                }
                // What differs and is left empty still differs.
                Some((text, Err(_))) if row.is_mixed() && text.trim().is_empty() => self.fields.forget(row.key),
                Some((_, Err(why))) => wrong = Some(why),
                None => wrong = row.value().and_then(|value| row.check(value).err()),
            }
        }
        describe(ui, row.key, &at.description(), wrong.as_ref().map(|why| tr.of(why)));
        if let (Some(scale), Some(value)) = (scale, row.value().and_then(Value::as_f64)) {
            ui.ctx().accesskit_node_builder(row.key, |builder| {
                builder.set_min_numeric_value(scale.min);
                builder.set_max_numeric_value(scale.max);
                builder.set_numeric_value(value);
                builder.set_numeric_value_step(scale.step(value));
                builder.add_action(Action::Increment);
                builder.add_action(Action::Decrement);
            });
        }
        if wrong.is_some() {
            ui.painter().rect_stroke(
                outcome.response.rect,
                theme.radius(),
                (1.0, theme.error),
                egui::StrokeKind::Inside,
            );
        }
        (wrong, note)
    }

    /// A slider under the field, where one helps.
    fn slider(&mut self, ui: &mut Ui, at: &At<'_>, scale: &Scale, asked: &mut Asked) {
        let (Some(hint), Some(now)) = (scale.slider, at.row.value().and_then(Value::as_f64)) else { return };
        let mut value = now;
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            ui.spacing_mut().slider_width = at.width;
            ui.spacing_mut().interact_size.y = 14.0;
            ui.spacing_mut().slider_rail_height = 4.0;
            let slider = Slider::new(&mut value, hint.min..=hint.max)
                .logarithmic(hint.logarithmic)
                .show_value(false)
                .clamping(SliderClamping::Edits);
            let response = ui.add(slider);
            response.widget_info(|| WidgetInfo::slider(true, value, at.label()));
            widgets::focus_ring(ui, at.with.theme, &response);
            if response.changed() && value != now {
                let next = scale.rounded(value, value, Pace::Plain);
                self.fields.forget(at.row.key);
                let merge = Some(self.fields.merge_key(at.row.key));
                asked.changes.push(Change { row: at.index, value: Some(scale.value(next)), merge });
            }
            if response.drag_stopped() || response.lost_focus() {
                self.fields.end_stay();
            }
        });
    }
}

/// A heading that folds what stands under it.
pub(super) fn heading(
    ui: &mut Ui,
    with: &Context<'_>,
    text: &str,
    changed: usize,
    foldable: bool,
    content: impl FnOnce(&mut Ui),
) {
    let theme = with.theme;
    let size = vec2(ui.available_width(), theme.size.row);
    let (rect, response) = ui.allocate_exact_size(size, if foldable { Sense::click() } else { Sense::hover() });
    let id = ui.make_persistent_id(("section", text));
    let mut state = CollapsingState::load_with_default_open(ui.ctx(), id, true);
    if response.clicked() {
        state.toggle(ui);
    }
    let open = state.is_open() || !foldable;
    let painter = ui.painter();
    painter.text(rect.left_center(), Align2::LEFT_CENTER, text, theme.semibold(), theme.text);
    if foldable {
        let icon = icons::icon(if open { "caret-down" } else { "caret-right" });
        let color = if response.hovered() || response.has_focus() { theme.text } else { theme.faint };
        painter.text(rect.right_center(), Align2::RIGHT_CENTER, icon, icons::font(12.0), color);
    }
    if !open && changed > 0 {
        let name = with.tr.fmt("inspector-changed-count", &[("n", changed.into())]);
        let at = rect.right_center() - vec2(20.0, 0.0);
        painter.text(at, Align2::RIGHT_CENTER, name, theme.small_font(), theme.muted);
    }
    if foldable {
        widgets::focus_ring(ui, theme, &response);
        response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, open, text));
        state.show_body_unindented(ui, content);
    } else {
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, text));
        content(ui);
    }
}

/// Whether a search finds the parameter: by its label or identifier, in either language, or in its help.
fn matches(row: &Row, query: &str) -> bool {
    let param = row.param;
    let texts =
        [param.id, param.label.en, param.label.zh, param.group.en, param.group.zh, param.help.en, param.help.zh];
    query.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(query))
}

fn toggle(ui: &mut Ui, at: &At<'_>, asked: &mut Asked) {
    let row = at.row;
    let mut on = row.value().and_then(Value::as_bool).unwrap_or(false);
    ui.add_space(at.width - 24.0);
    let response = widgets::tick(ui, at.with.theme, Checkbox::without_text(&mut on).indeterminate(row.is_mixed()));
    widgets::focus_ring(ui, at.with.theme, &response);
    if row.is_mixed() {
        response.widget_info(|| WidgetInfo::labeled(Role::CheckBox, true, at.label()));
    } else {
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, at.label()));
    }
    describe(ui, response.id, &at.description(), None);
    if response.changed() {
        asked.changes.push(Change { row: at.index, value: Some(Value::Bool(on)), merge: None });
    }
}

/// A button for the values that people choose most often; the room that it takes.
fn usual_values(ui: &mut Ui, at: &At<'_>, scale: Option<&Scale>, asked: &mut Asked) -> f32 {
    let (theme, tr) = (at.with.theme, at.with.tr);
    let name = tr.fmt("inspector-usual-values", &[("param", at.label().into())]);
    let button = Button::new(icons::text("caret-down", 12.0, theme.muted)).min_size(vec2(20.0, theme.size.field));
    ui.spacing_mut().button_padding.x = 3.0;
    ui.spacing_mut().item_spacing.x = 4.0;
    let before = ui.available_width();
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(90.0);
        for value in at.row.hint.values {
            let Some(value) = scale.map(|scale| scale.value(*value)) else { continue };
            let chosen = at.row.value() == Some(&value);
            let text = RichText::new(shown(&value)).font(theme.mono());
            if ui.selectable_label(chosen, text).clicked() {
                asked.changes.push(Change { row: at.index, value: Some(value), merge: None });
                ui.close();
            }
        }
    });
    widgets::named(response, Role::Button, &name).on_hover_text(tr.t("inspector-usual"));
    before - ui.available_width()
}

/// What the mouse's other button offers on a label.
fn menu(ui: &mut Ui, at: &At<'_>, asked: &mut Asked) {
    let (row, tr) = (at.row, at.with.tr);
    let reset =
        Button::new((icons::text("arrow-counter-clockwise", 14.0, at.with.theme.muted), tr.t("inspector-to-default")));
    if ui.add_enabled(row.changed > 0, reset).clicked() {
        asked.changes.push(Change { row: at.index, value: None, merge: None });
        ui.close();
    }
    let copy = Button::new((icons::text("copy", 14.0, at.with.theme.muted), tr.t("inspector-copy-value")));
    if ui.add_enabled(row.value().is_some(), copy).clicked() {
        if let Some(value) = row.value() {
            ui.ctx().copy_text(value.to_string());
        }
        ui.close();
    }
}

/// The mark of a changed value: a dot, and under the pointer or with the focus an arrow back. True when it was pressed.
fn reset(ui: &mut Ui, at: &At<'_>, hovered: bool) -> bool {
    let (theme, tr) = (at.with.theme, at.with.tr);
    let (rect, response) = ui.allocate_exact_size(vec2(14.0, 20.0), Sense::click());
    if hovered || response.has_focus() {
        let icon = icons::icon("arrow-counter-clockwise");
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, icons::font(13.0), theme.accent);
    } else {
        ui.painter().circle_filled(rect.center(), 2.5, theme.accent);
    }
    widgets::focus_ring(ui, theme, &response);
    let name = tr.fmt("inspector-reset", &[("param", at.label().into())]);
    let response = widgets::named(response, Role::Button, &name);
    let hint = tr.fmt("inspector-reset-hint", &[("value", default_text(at).into())]);
    describe(ui, response.id, &hint, None);
    response.on_hover_text(hint).clicked()
}

fn default_text(at: &At<'_>) -> String {
    let tr = at.with.tr;
    match at.row.param.default.value() {
        None => tr.t("inspector-empty").to_owned(),
        Some(Value::Bool(on)) => tr.t(if on { "inspector-on" } else { "inspector-off" }).to_owned(),
        Some(Value::Text(id)) => match at.row.param.kind {
            ParamKind::Choice { choices } => {
                choices.iter().find(|c| c.id == id).map_or(id, |c| tr.text(c.label).to_owned())
            }
            _ => id,
        },
        Some(value) => shown(&value),
    }
}

/// `1 to 65,536 samples`.
fn range_text(at: &At<'_>) -> Option<String> {
    let tr = at.with.tr;
    let (min, max) = at.row.param.range()?;
    let unit = at.row.param.unit.map_or("", |unit| tr.text(unit));
    let number = |v: f64| match at.row.param.kind {
        ParamKind::Float { .. } => shown(&Value::Float(v)),
        _ => figures::count(v as u64),
    };
    let text = if at.row.param.kind == ParamKind::Seed {
        tr.fmt("inspector-range-from", &[("min", number(min).into())])
    } else {
        tr.fmt("inspector-range", &[("min", number(min).into()), ("max", number(max).into())])
    };
    Some(if unit.is_empty() { text } else { format!("{text} {unit}") })
}

/// What a parameter does, what it takes and how it is set.
fn help(ui: &mut Ui, at: &At<'_>) {
    let (theme, tr) = (at.with.theme, at.with.tr);
    ui.set_max_width(300.0);
    ui.label(widgets::semibold(at.label(), theme));
    ui.label(tr.text(at.row.param.help));
    let default = tr.fmt("inspector-default", &[("value", default_text(at).into())]);
    for fact in range_text(at).into_iter().chain([default]) {
        ui.label(widgets::muted(fact, theme));
    }
    if at.row.param.range().is_some() {
        ui.label(widgets::muted(tr.t("inspector-number-help"), theme));
    }
}

/// What is wrong, with a sign before it. Screen readers hear of it as soon as it appears.
pub(super) fn problem(ui: &mut Ui, theme: &Theme, message: &str, key: Option<Id>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label(icons::filled("warning-circle", 13.0, theme.error));
        let label = ui.label(RichText::new(message).font(theme.small_font()).color(theme.error));
        if key.is_some() {
            ui.ctx().accesskit_node_builder(label.id, |builder| builder.set_live(Live::Polite));
        }
    });
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;
    use weft_model::Lang;

    use super::super::shared::Shared;
    use super::*;
    use crate::commands::Situation;
    use crate::i18n::Tr;
    use crate::run_state::RunState;
    use crate::theme::{self, Mode};

    #[test]
    fn many_parameters_are_searched_by_label_identifier_and_help_in_both_languages() {
        let mut project = OpenProject::new();
        let mut rows = Vec::new();
        for kind in ["train", "split", "note"] {
            let decl = weft_model::catalogue::kind(kind).unwrap();
            let id = project.add_node(decl, None, [0.0; 2], Lang::En, None).unwrap();
            rows.extend(Shared::of(project.graph(), project.revision(), &[id]).rows);
        }
        assert!(rows.len() >= SEARCH_FROM, "{}", rows.len());
        let (theme, tr, runs) = (Theme::load(Mode::Dark), Tr::new(Lang::En), RunState::new());
        let mut harness =
            Harness::builder().with_size(vec2(320.0, 1200.0)).with_context_setup(theme::install).build_ui_state(
                move |ui, inspector: &mut Inspector| {
                    let now = Situation::default();
                    let with = Context { theme: &theme, tr: &tr, runs: &runs, now: &now, folders: &[] };
                    inspector.rows(ui, &project, &rows, &with);
                },
                Inspector::default(),
            );
        harness.run_steps(2);
        let has = |harness: &Harness<'_, Inspector>, label: &str| {
            harness.query_all_by_role_and_label(Role::TextInput, label).next().is_some()
        };
        assert!(has(&harness, "Epochs") && has(&harness, "Validation share"));
        for (query, found, hidden) in [
            ("epoch", "Epochs", "Batch size"),
            ("PATIENCE", "Patience", "Learning rate"),
            ("学习率", "Learning rate", "Epochs"),
            ("overfitting", "Weight decay", "Epochs"),
        ] {
            harness.state_mut().search = query.to_owned();
            harness.run_steps(2);
            assert!(has(&harness, found) && !has(&harness, hidden), "{query}");
        }
        harness.state_mut().search = "nothing like it".to_owned();
        harness.run_steps(2);
        assert!(harness.query_by_label("No parameter is called that.").is_some());
    }
}
