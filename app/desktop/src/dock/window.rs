//! The window of named layouts: keep the present one under a name, take another, forget one. It changes the list and hands
//! back the layout to take.

use egui::{Align, Button, Id, Layout, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo, vec2};

use super::{Layouts, Shape};
use crate::focus;
use crate::i18n::Tr;
use crate::theme::Theme;
use crate::{widgets, windows};

/// What is being typed.
#[derive(Debug, Default)]
pub struct LayoutsWindow {
    name: String,
    began: bool,
}

/// What came of a frame of the window.
#[derive(Debug, Clone, PartialEq)]
pub enum LayoutsAnswer {
    /// It goes on.
    Open,
    /// It was closed.
    Closed,
    /// Take this layout.
    Take(Shape),
}

impl LayoutsWindow {
    /// Shows it.
    pub fn ui(
        &mut self,
        ctx: &egui::Context,
        theme: &Theme,
        tr: &Tr,
        layouts: &mut Layouts,
        present: &Shape,
    ) -> LayoutsAnswer {
        let (answer, close) = windows::modal(ctx, theme, "layouts", 380.0, |ui| {
            let closed = windows::heading(ui, theme, tr, tr.t("layouts-title"));
            let mut answer = if closed { LayoutsAnswer::Closed } else { LayoutsAnswer::Open };
            self.keep(ui, theme, tr, layouts, present);
            ui.add_space(8.0);
            if layouts.names().next().is_none() {
                ui.label(widgets::muted(tr.t("layouts-none"), theme));
            }
            let height = ui.ctx().content_rect().height() * 0.4;
            ScrollArea::vertical().max_height(height).show(ui, |ui| {
                let names: Vec<String> = layouts.names().map(str::to_owned).collect();
                for name in names {
                    if list_row(ui, theme, tr, layouts, &name)
                        && let Some(shape) = layouts.get(&name)
                    {
                        answer = LayoutsAnswer::Take(shape.clone());
                    }
                }
                focus::keep_in_view(ui);
            });
            answer
        });
        if close { LayoutsAnswer::Closed } else { answer }
    }

    fn keep(&mut self, ui: &mut Ui, theme: &Theme, tr: &Tr, layouts: &mut Layouts, present: &Shape) {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let key = if layouts.has(&self.name) { "layouts-replace" } else { "layouts-save" };
                let can = layouts.can_keep(&self.name);
                let button = Button::new(tr.t(key)).min_size(vec2(84.0, theme.size.field));
                let clicked = widgets::named(ui.add_enabled(can, button), Role::Button, tr.t(key)).clicked();
                let name = tr.t("layouts-name");
                let field = TextEdit::singleline(&mut self.name).hint_text(name).desired_width(f32::INFINITY);
                let field = ui.add(field.min_size(vec2(0.0, theme.size.field)));
                field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
                if !std::mem::replace(&mut self.began, true) {
                    field.request_focus();
                }
                let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
                if (clicked || entered) && can {
                    layouts.keep(&self.name, present.clone());
                    self.name.clear();
                }
            });
        });
    }
}

/// One layout: a click takes it, the bin forgets it.
fn list_row(ui: &mut Ui, theme: &Theme, tr: &Tr, layouts: &mut Layouts, name: &str) -> bool {
    let mut taken = false;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let forget = tr.fmt("layouts-forget", &[("name", name.into())]);
            if widgets::icon_button(ui, theme, "trash", &forget).clicked() {
                layouts.forget(name);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let id = Id::unique(("layout", name));
                taken = widgets::row(ui, theme, id, theme.size.field, false, name, |ui| {
                    ui.add(egui::Label::new(RichText::new(name).color(theme.text)).truncate());
                })
                .clicked();
            });
        });
    });
    taken
}
