//! Buttons, chips, tabs and headings as the drawings have them. They know the theme and nothing of projects.

use egui::style::WidgetVisuals;
use egui::{
    Align2, Button, Checkbox, Color32, CornerRadius, CursorIcon, FontFamily, FontId, Frame, Id, Key, Margin, Rect,
    Response, RichText, Role, Sense, Stroke, StrokeKind, TextEdit, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::icons;
use crate::theme::{SEMIBOLD, Theme};

/// Text in semibold.
pub fn semibold(text: impl Into<String>, theme: &Theme) -> RichText {
    RichText::new(text).font(theme.semibold()).color(theme.text)
}

/// Secondary text.
pub fn muted(text: impl Into<String>, theme: &Theme) -> RichText {
    RichText::new(text).font(theme.small_font()).color(theme.muted)
}

/// Figures, shapes and keys.
pub fn mono(text: impl Into<String>, theme: &Theme) -> RichText {
    RichText::new(text).font(theme.mono()).color(theme.text)
}

/// A field to search in, as wide as there is room; `key` is the key that leads to it, `name` what screen readers call it.
pub fn search_field(
    ui: &mut Ui,
    theme: &Theme,
    query: &mut String,
    hint: &str,
    key: Option<&str>,
    name: &str,
) -> Response {
    let mut field = TextEdit::singleline(query)
        .hint_text(hint)
        .prefix(icons::text("magnifying-glass", 14.0, theme.muted))
        .desired_width(f32::INFINITY)
        .min_size(vec2(0.0, theme.size.field));
    if let Some(key) = key {
        field = field.suffix(RichText::new(key).font(theme.mono_small()).color(theme.muted));
    }
    let response = field.show(ui).response.response;
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
    response
}

/// The one button of a panel that leads on.
pub fn primary_button(ui: &mut Ui, theme: &Theme, icon: &str, text: &str, key: &str) -> Response {
    let ink = |t: RichText| t.color(theme.on_accent);
    // Filled where the icon is a shape; the others would become a block.
    let glyph = if icon == "play" { icons::filled } else { icons::text };
    let mut button = Button::new((glyph(icon, 14.0, theme.on_accent), ink(RichText::new(text).font(theme.semibold()))))
        .fill(theme.accent)
        .stroke(Stroke::NONE)
        .min_size(vec2(0.0, 28.0));
    if !key.is_empty() {
        button = button.right_text(ink(RichText::new(key).font(theme.mono_small())));
    }
    named(ui.add(button), Role::Button, text)
}

/// A button with an icon and a text.
pub fn button(ui: &mut Ui, theme: &Theme, icon: &str, text: &str) -> Response {
    let button = Button::new((icons::text(icon, 15.0, theme.text), text)).min_size(vec2(0.0, 28.0));
    named(ui.add(button), Role::Button, text)
}

/// The arrow of a list that unfolds.
pub fn caret(theme: &Theme) -> impl FnOnce(&Ui, Rect, &WidgetVisuals, bool) + use<> {
    let ink = theme.muted;
    move |ui, rect, _, _| {
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, icons::icon("caret-down"), icons::font(12.0), ink);
    }
}

/// A box to tick, with an edge that is made out on every ground.
pub fn tick(ui: &mut Ui, theme: &Theme, tick: Checkbox<'_>) -> Response {
    ui.scope(|ui| {
        let idle = &mut ui.visuals_mut().widgets.inactive;
        idle.bg_stroke.color = theme.faint;
        idle.bg_fill = theme.input;
        idle.weak_bg_fill = theme.input;
        ui.add(tick)
    })
    .inner
}

/// A button of an icon alone: its name is in the tooltip and for screen readers.
pub fn icon_button(ui: &mut Ui, theme: &Theme, icon: &str, name: &str) -> Response {
    let button =
        Button::new(icons::text(icon, 16.0, theme.muted)).frame_when_inactive(false).min_size(vec2(26.0, 24.0));
    named(ui.add(button), Role::Button, name).on_hover_text(name)
}

/// A button of an icon alone in a frame.
pub fn framed_icon_button(ui: &mut Ui, theme: &Theme, icon: &str, name: &str) -> Response {
    let button = Button::new(icons::text(icon, 16.0, theme.text)).min_size(vec2(34.0, 28.0));
    named(ui.add(button), Role::Button, name).on_hover_text(name)
}

/// One of a few, side by side on one ground, in more lines where there is too little room: the index of one that was taken.
/// The arrows go from one to the next.
pub fn segments(ui: &mut Ui, theme: &Theme, key: Id, texts: &[&str], chosen: Option<usize>) -> Option<usize> {
    let wide = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), theme.font(), theme.text).size().x + 24.0;
    let widths: Vec<f32> = texts.iter().map(|text| wide(text)).collect();
    let mut taken = None;
    let mut from = 0;
    while from < texts.len() {
        let room = ui.available_width();
        let mut width = widths[from];
        let mut to = from + 1;
        while to < texts.len() && width + widths[to] <= room {
            width += widths[to];
            to += 1;
        }
        let (rect, _) = ui.allocate_exact_size(vec2(width, theme.size.field), Sense::hover());
        ui.painter().rect(rect, theme.radius(), theme.input, theme.line(), StrokeKind::Inside);
        let mut left = rect.left();
        for index in from..to {
            let part = Rect::from_min_size(pos2(left, rect.top()), vec2(widths[index], rect.height())).shrink(2.0);
            left += widths[index];
            let response = ui.interact(part, key.with(index), Sense::click());
            let radius = CornerRadius::same(4);
            let is_chosen = chosen == Some(index);
            if is_chosen {
                ui.painter().rect(part, radius, theme.selection(), Stroke::new(1.0, theme.accent), StrokeKind::Inside);
            } else if response.hovered() {
                ui.painter().rect_filled(part, radius, theme.hover());
            }
            let ink = if is_chosen { theme.text } else { theme.muted };
            ui.painter().text(part.center(), Align2::CENTER_CENTER, texts[index], theme.font(), ink);
            if response.has_focus() {
                let (left, right) = ui.input(|i| (i.key_pressed(Key::ArrowLeft), i.key_pressed(Key::ArrowRight)));
                let next = if right { Some(index + 1) } else { left.then(|| index.checked_sub(1)).flatten() };
                if let Some(next) = next.filter(|next| *next < texts.len()) {
                    ui.memory_mut(|m| m.request_focus(key.with(next)));
                }
            }
            response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_chosen, texts[index]));
            if response.clicked() {
                taken = Some(index);
            }
        }
        from = to;
    }
    taken
}

/// Gives a widget whose text is an icon a name for screen readers and tests.
pub fn named(response: Response, kind: Role, name: &str) -> Response {
    let enabled = response.enabled();
    response.widget_info(|| WidgetInfo::labeled(kind, enabled, name));
    response
}

/// A rounded label that can be clicked.
pub fn chip(ui: &mut Ui, theme: &Theme, icon: &str, text: &str) -> Response {
    let button = Button::new((
        icons::text(icon, 13.0, theme.text),
        RichText::new(text).font(theme.small_font()).color(theme.text),
    ))
    .fill(theme.raised)
    .stroke(theme.line())
    .corner_radius(CornerRadius::same(10))
    .min_size(vec2(0.0, 20.0))
    .small();
    named(ui.add(button), Role::Button, text)
}

/// A tab: a text with an icon and a number, underlined when it is the open one.
pub fn tab(ui: &mut Ui, theme: &Theme, icon: Option<&str>, text: &str, badge: Option<&str>, open: bool) -> Response {
    let color = if open { theme.text } else { theme.muted };
    let galley = |text: &str, font: FontId, color: Color32| ui.painter().layout_no_wrap(text.to_owned(), font, color);
    let icon = icon.map(|name| galley(&icons::icon(name).to_string(), icons::font(16.0), color));
    let label = galley(text, theme.font(), color);
    let badge = badge.map(|text| galley(text, theme.mono_small(), theme.muted));
    let mut width = 12.0 + label.size().x + 12.0;
    width += icon.as_ref().map_or(0.0, |g| g.size().x + 8.0);
    width += badge.as_ref().map_or(0.0, |g| g.size().x + 22.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, ui.available_height().min(32.0)), Sense::click());
    let painter = ui.painter();
    if response.hovered() && !open {
        painter.rect_filled(rect, CornerRadius::same(4), theme.hover());
    }
    let mut x = rect.left() + 12.0;
    let middle = rect.center().y;
    if let Some(icon) = icon {
        let width = icon.size().x;
        painter.galley(pos2(x, middle - icon.size().y / 2.0), icon, color);
        x += width + 8.0;
    }
    let label_width = label.size().x;
    painter.galley(pos2(x, middle - label.size().y / 2.0), label, color);
    x += label_width + 8.0;
    if let Some(badge) = badge {
        let pill = Rect::from_min_size(pos2(x, middle - 9.0), vec2(badge.size().x + 14.0, 18.0));
        painter.rect(pill, CornerRadius::same(9), theme.raised, theme.line(), StrokeKind::Inside);
        painter.galley(pos2(x + 7.0, middle - badge.size().y / 2.0), badge, theme.muted);
    }
    if open {
        painter.hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, theme.accent));
    }
    focus_ring(ui, theme, &response);
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, open, text));
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// Shows where the keyboard is.
pub fn focus_ring(ui: &Ui, theme: &Theme, response: &Response) {
    if response.has_focus() {
        ui.painter().rect_stroke(
            response.rect.shrink(1.0),
            theme.radius(),
            Stroke::new(1.5, theme.accent),
            StrokeKind::Inside,
        );
    }
}

/// A card that stands out of its ground.
pub fn card(theme: &Theme) -> Frame {
    Frame::new().fill(theme.raised).stroke(theme.line()).corner_radius(theme.radius()).inner_margin(Margin::same(12))
}

/// The frame of a panel without margins.
pub fn panel(theme: &Theme) -> Frame {
    Frame::new().fill(theme.panel)
}

/// A line across the whole width.
pub fn rule(ui: &mut Ui, theme: &Theme) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, theme.line());
}

/// Says that something is under way: a circle that turns, or stands still where nothing is to move.
pub fn busy(ui: &mut Ui, theme: &Theme, size: f32) {
    if ui.style().animation_time > 0.0 {
        ui.add(egui::Spinner::new().size(size).color(theme.muted));
    } else {
        ui.label(icons::text("hourglass-medium", size, theme.muted));
    }
}

/// Text at the middle of what is left: what an empty panel says.
pub fn empty(ui: &mut Ui, theme: &Theme, icon: &str, text: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() / 2.0 - 32.0).max(8.0));
        ui.label(icons::text(icon, 24.0, theme.faint));
        ui.label(RichText::new(text).color(theme.muted));
    });
}

/// The mark of the program: four knots and their threads.
pub fn logo(ui: &mut Ui, theme: &Theme, size: f32) {
    ui.label(RichText::new(icons::icon("graph")).font(icons::fill_font(size)).color(theme.accent));
    ui.label(RichText::new("Weft").font(FontId::new(size * 0.88, FontFamily::Name(SEMIBOLD.into()))).color(theme.text));
}

/// A row of a list: the whole width reacts, and `content` is laid over it. Returns the row's response.
pub fn row(
    ui: &mut Ui,
    theme: &Theme,
    id: Id,
    height: f32,
    selected: bool,
    name: &str,
    content: impl FnOnce(&mut Ui),
) -> Response {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
    let response = ui.interact(rect, id, Sense::click());
    let ground = if selected {
        Some(theme.selection())
    } else if response.hovered() {
        Some(theme.hover())
    } else {
        None
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, CornerRadius::same(4), ground);
    }
    focus_ring(ui, theme, &response);
    let builder = egui::UiBuilder::new()
        .max_rect(rect.shrink2(vec2(8.0, 0.0)))
        .layout(egui::Layout::left_to_right(egui::Align::Center));
    ui.scope_builder(builder, content);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, name));
    response
}

/// A small text painted at a place, aligned.
pub fn paint_text(ui: &Ui, at: egui::Pos2, align: Align2, text: &str, style: &TextStyle, color: Color32) {
    ui.painter().text(at, align, text, style.resolve(ui.style()), color);
}
