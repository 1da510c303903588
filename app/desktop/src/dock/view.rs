//! How tabs and handles of panels look, and what keys do on them. Must not know what is in a panel, or where it stands.

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, EventFilter, FontId, Id, Key, Modifiers, Painter, Rect, Response, Role,
    Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{BAR, Edge, Pane, tile_of, tree_id};
use crate::i18n::Tr;
use crate::icons;
use crate::theme::Theme;

/// How much of a tab there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Icon and text.
    Full,
    /// The text alone.
    Text,
    /// The icon alone, but for the open tab; the text of the others is in the tooltip.
    Icon,
}

impl Detail {
    /// What fits when so many tabs share a width [points].
    pub fn of(tabs: usize, width: f32) -> Self {
        let each = width / tabs.max(1) as f32;
        match each {
            _ if each >= 112.0 => Detail::Full,
            _ if each >= 86.0 => Detail::Text,
            _ => Detail::Icon,
        }
    }
}

/// What a tab shows.
pub struct TabLook<'a> {
    /// The panel.
    pub pane: Pane,
    /// Whether it is the one that is seen.
    pub open: bool,
    /// Whether it is being dragged to another place.
    pub dragged: bool,
    /// A number beside its name.
    pub badge: Option<&'a str>,
    /// How much there is room for.
    pub detail: Detail,
}

/// What was done to a tab or a handle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TabAsked {
    /// Take the panel away.
    pub close: bool,
    /// Open the tab after it, or the one before.
    pub turn: Option<bool>,
    /// Put the panel to this side of the canvas.
    pub dock: Option<Edge>,
}

/// Shows a tab.
pub fn tab(ui: &mut Ui, theme: &Theme, tr: &Tr, id: Id, look: &TabLook<'_>) -> (Response, TabAsked) {
    let name = tr.t(look.pane.label());
    let ink = if look.open { theme.text } else { theme.muted };
    let galley = |text: &str, font: FontId, ink: Color32| ui.painter().layout_no_wrap(text.to_owned(), font, ink);
    let with_icon = look.detail != Detail::Text;
    let with_text = look.detail != Detail::Icon || look.open;
    let icon = with_icon.then(|| galley(&icons::icon(look.pane.icon()).to_string(), icons::font(16.0), ink));
    let label = with_text.then(|| galley(name, theme.font(), ink));
    let badge = look.badge.map(|text| galley(text, theme.mono_small(), theme.muted));
    let mut width = 24.0;
    width += icon.as_ref().map_or(0.0, |g| g.size().x);
    width += label.as_ref().map_or(0.0, |g| g.size().x + if with_icon { 8.0 } else { 0.0 });
    width += badge.as_ref().map_or(0.0, |g| g.size().x + 22.0);
    let (_, rect) = ui.allocate_space(vec2(width, BAR));
    let response = ui.interact(rect, id, Sense::click_and_drag()).on_hover_cursor(CursorIcon::PointingHand);
    let close = close_button(ui, theme, tr, id, rect, look.pane, &response);
    response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), look.open, name));
    // egui tells whether it is pressed; of a tab screen readers ask whether it is selected.
    ui.ctx().accesskit_node_builder(id, |node| node.set_selected(look.open));
    let painter = ui.painter();
    let inside = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - 1.0));
    if (response.hovered() || look.dragged) && !look.open {
        painter.rect_filled(inside, CornerRadius::same(4), theme.hover());
    }
    let mut x = rect.left() + 12.0;
    let middle = inside.center().y;
    if let Some(icon) = icon {
        let size = icon.size();
        painter.galley(pos2(x, middle - size.y / 2.0), icon, ink);
        x += size.x + 8.0;
    }
    if let Some(label) = label {
        let size = label.size();
        painter.galley(pos2(x, middle - size.y / 2.0), label, ink);
        x += size.x + 8.0;
    }
    if let Some(badge) = badge {
        let pill = Rect::from_min_size(pos2(x, middle - 9.0), vec2(badge.size().x + 14.0, 18.0));
        painter.rect(pill, CornerRadius::same(9), theme.raised, theme.line(), StrokeKind::Inside);
        painter.galley(pos2(x + 7.0, middle - badge.size().y / 2.0), badge, theme.muted);
    }
    if look.open {
        painter.hline(rect.x_range(), inside.bottom() - 1.0, Stroke::new(2.0, theme.accent));
    }
    if response.has_focus() {
        let ring = Stroke::new(1.5, theme.accent);
        painter.rect_stroke(inside.shrink(1.0), theme.radius(), ring, StrokeKind::Inside);
    }
    let response = if with_text { response } else { response.on_hover_text(name) };
    let mut asked = TabAsked { close, ..TabAsked::default() };
    asked.close |= look.pane != Pane::Canvas && response.middle_clicked();
    let response = menu(response, theme, tr, look.pane, &mut asked);
    (response, asked)
}

/// The cross within the right margin of a tab: seen when the pointer or the keyboard is at the tab. The keyboard has Del,
/// so it is no stop of its own.
fn close_button(ui: &Ui, theme: &Theme, tr: &Tr, tab: Id, rect: Rect, pane: Pane, response: &Response) -> bool {
    if pane == Pane::Canvas {
        return false;
    }
    let place = Rect::from_center_size(pos2(rect.right() - 7.0, rect.top() + 9.0), vec2(14.0, 14.0));
    let button = ui.interact(place, tab.with("close"), Sense::CLICK);
    let name = tr.fmt("dock-close-panel", &[("panel", tr.t(pane.label()).into())]);
    button.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
    if response.hovered() || response.has_focus() || button.hovered() {
        let ink = if button.hovered() { theme.text } else { theme.muted };
        if button.hovered() {
            ui.painter().rect_filled(place, CornerRadius::same(4), theme.hover());
        }
        ui.painter().text(place.center(), Align2::CENTER_CENTER, icons::icon("x"), icons::font(10.0), ink);
    }
    button.on_hover_text(name).clicked()
}

/// The handle of a panel that has no tab: it is dragged by it, and the keyboard comes to it first. Of the canvas, which
/// stays where it is, it is only the place for the keyboard.
pub fn handle(ui: &Ui, theme: &Theme, tr: &Tr, id: Id, pane: Pane, rect: Rect) -> (Response, TabAsked) {
    let name = tr.t(pane.label());
    if pane == Pane::Canvas {
        let response = ui.interact(rect, id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::Group, ui.is_enabled(), name));
        return (response, TabAsked::default());
    }
    let place = Rect::from_center_size(pos2(rect.center().x, rect.top() + 4.0), vec2(56.0, 8.0));
    let response = ui.interact(place, id, Sense::click_and_drag()).on_hover_cursor(CursorIcon::Grab);
    response.widget_info(|| WidgetInfo::labeled(Role::Group, ui.is_enabled(), name));
    let near = Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + 48.0));
    if response.hovered() || response.has_focus() || ui.rect_contains_pointer(near) {
        let ink = if response.hovered() || response.has_focus() { theme.accent } else { theme.faint };
        let bar = Rect::from_center_size(place.center(), vec2(32.0, 3.0));
        ui.painter().rect_filled(bar, CornerRadius::same(2), ink);
    }
    let mut asked = TabAsked::default();
    let response = menu(response, theme, tr, pane, &mut asked).on_hover_text(tr.t("dock-handle"));
    (response, asked)
}

/// What keys do on the tab or handle that has the keyboard: arrows go to its neighbours, Del takes the panel away. To be
/// called before anything is drawn: the canvas takes its keys wherever the pointer is over it.
pub fn keys(ctx: &egui::Context) -> Option<(Pane, TabAsked)> {
    let focused = ctx.memory(|m| m.focused())?;
    let pane = Pane::ALL.into_iter().find(|p| tile_of(*p).egui_id(tree_id()) == focused)?;
    if pane == Pane::Canvas {
        return None;
    }
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ctx.memory_mut(|m| m.set_focus_lock_filter(focused, filter));
    let asked = ctx.input_mut(|i| {
        let mut take = |key| i.consume_key(Modifiers::NONE, key);
        let (left, right) = (take(Key::ArrowLeft), take(Key::ArrowRight));
        TabAsked { close: take(Key::Delete), turn: (left || right).then_some(right), dock: None }
    });
    Some((pane, asked))
}

/// What a right click on a tab or a handle offers.
fn menu(response: Response, theme: &Theme, tr: &Tr, pane: Pane, asked: &mut TabAsked) -> Response {
    if pane == Pane::Canvas {
        return response;
    }
    response.context_menu(|ui| {
        ui.set_min_width(180.0);
        let item = |ui: &mut Ui, icon: &str, key: &str| {
            let button =
                egui::Button::new((icons::text(icon, 15.0, theme.text), tr.t(key))).min_size(vec2(180.0, 26.0));
            let clicked = crate::widgets::named(ui.add(button), Role::Button, tr.t(key)).clicked();
            if clicked {
                ui.close();
            }
            clicked
        };
        for edge in Edge::ALL {
            let (icon, key) = edge_words(edge);
            if item(ui, icon, key) {
                asked.dock = Some(edge);
            }
        }
        ui.separator();
        asked.close |= item(ui, "x", "cmd-close-panel");
    });
    response
}

/// Icon and label of putting a panel to a side.
pub fn edge_words(edge: Edge) -> (&'static str, &'static str) {
    match edge {
        Edge::Left => ("arrow-line-left", "cmd-dock-left"),
        Edge::Right => ("arrow-line-right", "cmd-dock-right"),
        Edge::Top => ("arrow-line-up", "cmd-dock-top"),
        Edge::Bottom => ("arrow-line-down", "cmd-dock-bottom"),
    }
}

/// Marks the panel that has the keyboard.
pub fn focus_outline(painter: &Painter, theme: &Theme, rect: Rect) {
    painter.rect_stroke(rect, CornerRadius::ZERO, Stroke::new(1.5, theme.accent), StrokeKind::Inside);
}
