//! One of several: buttons side by side where they fit, a list that unfolds where they do not, swatches for colours.

use egui::{
    Align2, Button, Color32, ComboBox, CornerRadius, Key, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, vec2,
};
use weft_model::catalogue::ChoiceDecl;
use weft_model::{Category, Value};

use super::field::describe;
use super::rows::{At, MIXED};
use crate::icons;
use crate::theme::Theme;
use crate::widgets;

/// So many choices stand side by side at most.
const SIDE_BY_SIDE: usize = 3;
/// Side of a swatch [points].
const SWATCH: f32 = 20.0;

/// Shows the choices; the identifier of one that was taken.
pub(super) fn show(ui: &mut Ui, at: &At<'_>, choices: &[ChoiceDecl]) -> Option<String> {
    let current = at.row.value().and_then(Value::as_str).map(str::to_owned);
    let colours: Vec<Color32> = choices.iter().filter_map(|c| swatch(at.with.theme, c.id)).collect();
    let taken = if at.row.param.id == "colour" && colours.len() == choices.len() {
        swatches(ui, at, choices, &colours, current.as_deref())
    } else if choices.len() <= SIDE_BY_SIDE && fits(ui, at, choices) {
        side_by_side(ui, at, choices, current.as_deref())
    } else {
        list(ui, at, choices, current.as_deref())
    };
    taken.map(|choice| choice.id.to_owned()).filter(|id| current.as_ref() != Some(id))
}

/// The colour that a choice names: that of a category, or of what belongs to none.
fn swatch(theme: &Theme, id: &str) -> Option<Color32> {
    if id == "neutral" {
        return Some(theme.muted);
    }
    Category::ALL.iter().find(|category| category.id() == id).map(|category| theme.category(category))
}

/// Width of one choice side by side.
fn width(ui: &Ui, at: &At<'_>, choice: &ChoiceDecl) -> f32 {
    let theme = at.with.theme;
    let text = at.with.tr.text(choice.label).to_owned();
    ui.painter().layout_no_wrap(text, theme.font(), theme.text).size().x + 16.0
}

fn fits(ui: &Ui, at: &At<'_>, choices: &[ChoiceDecl]) -> bool {
    let widest = choices.iter().map(|choice| width(ui, at, choice)).fold(0.0, f32::max);
    widest * choices.len() as f32 <= at.width
}

fn named(response: &Response, at: &At<'_>, choice: &ChoiceDecl, chosen: bool) {
    let name = format!("{} {}", at.label(), at.with.tr.text(choice.label));
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &name));
}

/// Moves the focus with the keys left and right from one of a group to another; the one that the focus goes to.
fn neighbour(ui: &Ui, response: &Response, index: usize, count: usize) -> Option<usize> {
    if !response.has_focus() {
        return None;
    }
    let (left, right) = ui.input(|i| (i.key_pressed(Key::ArrowLeft), i.key_pressed(Key::ArrowRight)));
    match (left, right) {
        (true, false) => index.checked_sub(1),
        (false, true) => Some(index + 1).filter(|next| *next < count),
        _ => None,
    }
}

fn side_by_side<'c>(
    ui: &mut Ui,
    at: &At<'_>,
    choices: &'c [ChoiceDecl],
    current: Option<&str>,
) -> Option<&'c ChoiceDecl> {
    let theme = at.with.theme;
    let mut taken = None;
    let (rect, _) = ui.allocate_exact_size(vec2(at.width, theme.size.field), Sense::hover());
    ui.painter().rect(rect, theme.radius(), theme.input, theme.line(), StrokeKind::Inside);
    let each = rect.width() / choices.len() as f32;
    for (index, choice) in choices.iter().enumerate() {
        let chosen = current == Some(choice.id);
        let left = rect.left() + each * index as f32;
        let part = egui::Rect::from_min_size(egui::pos2(left, rect.top()), vec2(each, rect.height())).shrink(2.0);
        let response = ui.interact(part, at.row.key.with(choice.id), Sense::click());
        let radius = CornerRadius::same(4);
        if chosen {
            ui.painter().rect(part, radius, theme.selection(), Stroke::new(1.0, theme.accent), StrokeKind::Inside);
        } else if response.hovered() {
            ui.painter().rect_filled(part, radius, theme.hover());
        }
        let color = if chosen { theme.text } else { theme.muted };
        let text = at.with.tr.text(choice.label);
        ui.painter().text(part.center(), Align2::CENTER_CENTER, text, theme.font(), color);
        widgets::focus_ring(ui, theme, &response);
        if let Some(next) = neighbour(ui, &response, index, choices.len()).and_then(|next| choices.get(next)) {
            ui.memory_mut(|m| m.request_focus(at.row.key.with(next.id)));
        }
        named(&response, at, choice, chosen);
        describe(ui, response.id, at.with.tr.text(at.row.param.help), None);
        if response.clicked() {
            taken = Some(choice);
        }
    }
    taken
}

fn swatches<'c>(
    ui: &mut Ui,
    at: &At<'_>,
    choices: &'c [ChoiceDecl],
    colours: &[Color32],
    current: Option<&str>,
) -> Option<&'c ChoiceDecl> {
    let theme = at.with.theme;
    let mut taken = None;
    let a_row = ((at.width + 4.0) / (SWATCH + 4.0)).floor().max(1.0) as usize;
    let rows = choices.len().div_ceil(a_row);
    let size = vec2(at.width, rows as f32 * (SWATCH + 4.0));
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    for (index, (choice, colour)) in choices.iter().zip(colours).enumerate() {
        let (x, y) = (index % a_row, index / a_row);
        let corner = rect.min + vec2(x as f32, y as f32) * (SWATCH + 4.0) + vec2(0.0, 2.0);
        let part = egui::Rect::from_min_size(corner, vec2(SWATCH, SWATCH));
        let response = ui.interact(part, at.row.key.with(choice.id), Sense::click());
        let chosen = current == Some(choice.id);
        let radius = CornerRadius::same(5);
        ui.painter().rect_filled(part.shrink(if response.hovered() { 0.0 } else { 1.0 }), radius, *colour);
        if chosen {
            // A tick, so that the choice is not told by colour.
            ui.painter().text(part.center(), Align2::CENTER_CENTER, icons::icon("check"), icons::font(13.0), theme.app);
            ui.painter().rect_stroke(part, radius, Stroke::new(2.0, theme.text), StrokeKind::Outside);
        }
        widgets::focus_ring(ui, theme, &response);
        if let Some(next) = neighbour(ui, &response, index, choices.len()).and_then(|next| choices.get(next)) {
            ui.memory_mut(|m| m.request_focus(at.row.key.with(next.id)));
        }
        named(&response, at, choice, chosen);
        if response.on_hover_text(at.with.tr.text(choice.label)).clicked() {
            taken = Some(choice);
        }
    }
    taken
}

fn list<'c>(ui: &mut Ui, at: &At<'_>, choices: &'c [ChoiceDecl], current: Option<&str>) -> Option<&'c ChoiceDecl> {
    let (theme, tr) = (at.with.theme, at.with.tr);
    let mut taken = None;
    ui.spacing_mut().interact_size.y = theme.size.field;
    ui.spacing_mut().button_padding.x = 8.0;
    let known = choices.iter().find(|c| Some(c.id) == current);
    let shown = known.map_or(current.unwrap_or(MIXED), |c| tr.text(c.label));
    let combo = ComboBox::from_id_salt(at.row.key)
        .selected_text(RichText::new(shown).font(theme.mono()))
        .width(at.width)
        .icon(widgets::caret(theme))
        .truncate()
        .show_ui(ui, |ui| {
            for choice in choices {
                let chosen = Some(choice.id) == current;
                if ui.add(Button::selectable(chosen, tr.text(choice.label))).clicked() {
                    taken = Some(choice);
                }
            }
        });
    widgets::focus_ring(ui, theme, &combo.response);
    combo.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, at.label());
        info.current_text_value = Some(shown.to_owned());
        info
    });
    describe(ui, combo.response.id, tr.text(at.row.param.help), None);
    taken
}
