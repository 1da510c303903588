//! Fields in which text is typed. What is typed and not allowed stays in its field, with the reason beneath it, until it
//! is mended, given up with Esc or overtaken by a change from elsewhere. Must not know what the text means.

use std::collections::HashMap;

use egui::accesskit::{Action, Invalid};
use egui::{Event, Frame, Id, Key, Margin, Response, RichText, Role, TextEdit, Ui, WidgetInfo, vec2};

use super::number::Pace;
use crate::theme::Theme;

/// Something typed that differs from what the project says.
#[derive(Debug)]
struct Typed {
    text: String,
    /// What the project said when the field was looked at last.
    from: String,
}

/// What is being typed, by field, and the stay in a field: all changes of one stay are one step of the history.
#[derive(Debug, Default)]
pub(super) struct Fields {
    typed: HashMap<Id, Typed>,
    stay: u64,
}

/// A field to show.
pub(super) struct Field<'a> {
    /// Its name; kept between frames.
    pub id: Id,
    /// What it is called.
    pub label: &'a str,
    /// What the project says.
    pub shown: &'a str,
    /// What stands in it while it is empty.
    pub hint: &'a str,
    /// Unit inside of it.
    pub unit: &'a str,
    /// Width [points].
    pub width: f32,
    /// Whether figures stand in it.
    pub figures: bool,
    /// Lines to show; more than one: Enter is a new line.
    pub lines: usize,
    /// Whether it is a title: without a frame.
    pub title: bool,
    /// Whether keys up and down count it up and down.
    pub steps: bool,
}

impl<'a> Field<'a> {
    /// A field of one line for text.
    pub fn new(id: Id, label: &'a str, shown: &'a str, width: f32) -> Self {
        Self { id, label, shown, hint: "", unit: "", width, figures: false, lines: 1, title: false, steps: false }
    }
}

/// What happened in a field.
pub(super) struct Outcome {
    /// The widget.
    pub response: Response,
    /// What stands in it, where that is not simply what the project says.
    pub pending: Option<String>,
    /// Whether it was typed in just now.
    pub changed: bool,
    /// Whether Esc was pressed: what was typed is given up.
    pub given_up: bool,
    /// Steps up that were asked for by keys or by a screen reader, and how far each goes.
    pub steps: Option<(i32, Pace)>,
}

impl Fields {
    /// Forgets all that was being typed.
    pub fn clear(&mut self) {
        self.typed.clear();
    }

    /// Forgets what is typed in one field.
    pub fn forget(&mut self, id: Id) {
        self.typed.remove(&id);
    }

    /// What is typed in a field and differs from what the project says.
    pub fn pending(&self, id: Id) -> Option<&str> {
        self.typed.get(&id).map(|typed| typed.text.as_str())
    }

    /// Key of the changes that belong to one step.
    pub fn merge_key(&self, id: Id) -> String {
        format!("{}.{}", id.value(), self.stay)
    }

    /// What follows is another step.
    pub fn end_stay(&mut self) {
        self.stay += 1;
    }

    /// Shows a field.
    pub fn show(&mut self, ui: &mut Ui, theme: &Theme, field: &Field<'_>) -> Outcome {
        let id = field.id;
        let focused = ui.memory(|m| m.has_focus(id));
        if !focused && self.typed.get(&id).is_some_and(|typed| typed.from != field.shown) {
            self.typed.remove(&id);
        }
        let steps = field.steps.then(|| steps(ui, id, focused)).flatten();
        if steps.is_some() {
            self.typed.remove(&id);
        }
        let mut text = self.typed.get(&id).map_or_else(|| field.shown.to_owned(), |typed| typed.text.clone());
        let font = match field {
            Field { title: true, .. } => theme.semibold(),
            Field { figures: true, .. } => theme.mono(),
            _ => theme.font(),
        };
        let edit = if field.lines > 1 { TextEdit::multiline(&mut text) } else { TextEdit::singleline(&mut text) };
        let mut edit = edit
            .id(id)
            .hint_text(RichText::new(field.hint).font(font.clone()).color(theme.muted))
            .font(font)
            .desired_width(field.width - 16.0)
            .desired_rows(field.lines)
            .margin(Margin::symmetric(8, 4))
            .min_size(vec2(field.width, theme.size.field));
        if field.title {
            edit = edit.frame(Frame::new()).margin(Margin::symmetric(2, 2)).desired_width(f32::INFINITY);
        }
        if field.lines == 1 {
            edit = edit.align(egui::Align2::LEFT_CENTER);
        }
        if !field.unit.is_empty() {
            edit = edit.suffix(RichText::new(field.unit).font(theme.small_font()).color(theme.muted));
        }
        let response = ui.add(edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, field.label));
        if response.changed() {
            self.typed.insert(id, Typed { text: text.clone(), from: field.shown.to_owned() });
        } else if let Some(typed) = self.typed.get_mut(&id) {
            typed.from.clear();
            typed.from.push_str(field.shown);
        }
        if response.gained_focus() {
            self.end_stay();
        }
        let given_up = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape));
        if given_up {
            self.typed.remove(&id);
        }
        Outcome { pending: self.pending(id).map(str::to_owned), changed: response.changed(), given_up, steps, response }
    }
}

/// Steps up that the keys of a field or a screen reader ask for.
fn steps(ui: &Ui, id: Id, focused: bool) -> Option<(i32, Pace)> {
    let mut taken = None;
    if focused {
        ui.input_mut(|input| {
            input.events.retain(|event| {
                let Event::Key { key, pressed: true, modifiers, .. } = event else { return true };
                let up = match key {
                    Key::ArrowUp => 1,
                    Key::ArrowDown => -1,
                    _ => return true,
                };
                taken = Some((taken.map_or(0, |(n, _)| n) + up, Pace::of(*modifiers)));
                false
            });
        });
    }
    let asked = ui.input(|i| {
        let asked = |action| i32::try_from(i.num_accesskit_action_requests(id, action)).unwrap_or(0);
        asked(Action::Increment) - asked(Action::Decrement)
    });
    taken.or_else(|| (asked != 0).then_some((asked, Pace::Plain)))
}

/// Tells screen readers what a field is for, and what is wrong with what stands in it.
pub(super) fn describe(ui: &Ui, id: Id, description: &str, wrong: Option<&str>) {
    ui.ctx().accesskit_node_builder(id, |builder| {
        match wrong {
            Some(wrong) => {
                builder.set_invalid(Invalid::True);
                builder.set_description(format!("{wrong}. {description}"));
            }
            None => builder.set_description(description.to_owned()),
        };
    });
}
