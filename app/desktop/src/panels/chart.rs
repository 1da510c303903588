//! A plot of series over steps, epochs or time: zoomed by wheel, box and keys, values under the cursor, lines that can be
//! hidden. It knows series and colours; it knows no runs.
//!
//! What a frame costs depends on the pixels, not on the points: see [`crate::series`] and [`paint`].

use std::collections::BTreeSet;

use egui::text::LayoutJob;
use egui::{
    Align2, Color32, CornerRadius, EventFilter, FontFamily, FontId, Id, Key, Modifiers, PointerButton, Pos2, Rect,
    Response, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2,
};

use egui_node_graph::bindings;

use crate::commands::UiCommand;
use crate::focus;
use crate::i18n::Tr;
use crate::keymap::Keymap;
use crate::series::{Extent, Trace};
use crate::theme::Theme;
use crate::widgets;

mod axis;
mod drawn;
mod legend;
mod paint;
mod spark;

pub use axis::{Scale, XMap, nice_step};
use axis::{marks, said, tick, y_bounds};
pub use drawn::{Drawing, picture};
pub use legend::{Entry, legend_ui};
pub use paint::{Dash, Found, Look, Marker};
use paint::{Frame, Pen};
pub use spark::{SparkLine, spark_ui};

/// Points between marks of x and of y.
const APART: [f64; 2] = [64.0, 40.0];
/// Height of the marks below a chart.
const X_AXIS_HEIGHT: f32 = 18.0;
/// How much of the view the arrow keys move the cursor.
const CURSOR_STEP: f64 = 0.01;

/// One line of a chart.
pub struct Curve<'a> {
    /// Its points.
    pub trace: Trace<'a>,
    /// What x counts.
    pub map: XMap<'a>,
    /// How it looks.
    pub look: Look,
    /// Its name: lines of the same name are hidden together.
    pub name: String,
    /// Whether its values are told under the cursor; not those of a pale line behind a smoothed one.
    pub main: bool,
}

/// What a chart shows beside its curves.
pub struct ChartView<'a> {
    /// Identifies the chart.
    pub id: Id,
    /// Where it stands.
    pub rect: Rect,
    /// The greatest x at least.
    pub x_min_end: f64,
    /// How x is written.
    pub x: Scale,
    /// How y is written.
    pub y: Scale,
    /// Writes x for the head of the card.
    pub x_text: &'a dyn Fn(f64) -> String,
    /// What it is called for those who cannot see it.
    pub accessible_name: &'a str,
}

/// How a chart is looked at.
#[derive(Debug, Clone, Default)]
pub struct ChartState {
    /// What x goes from and to; none to follow the data.
    x: Option<(f64, f64)>,
    /// What y goes from and to; none to fit what is seen.
    y: Option<(f64, f64)>,
    /// Where the keyboard has put the cursor.
    cursor: Option<f64>,
    /// Where a box was begun.
    box_from: Option<Pos2>,
    /// Names of lines that are hidden.
    hidden: BTreeSet<String>,
    /// How it was shown last.
    shown: Option<Frame>,
    pen: Pen,
}

impl ChartState {
    /// Shows everything again.
    pub fn fit(&mut self) {
        (self.x, self.y) = (None, None);
    }

    /// Shows all x again: x counts something else from now on.
    pub fn fit_x(&mut self) {
        (self.x, self.cursor) = (None, None);
    }

    /// Fits y to what is seen again: the axis is another from now on.
    pub fn fit_y(&mut self) {
        self.y = None;
    }

    /// Whether it shows less than everything.
    pub fn is_zoomed(&self) -> bool {
        self.x.is_some() || self.y.is_some()
    }

    /// What x goes from and to, as it was shown last.
    pub fn x_shown(&self) -> Option<(f64, f64)> {
        self.shown.map(|frame| frame.x)
    }

    /// What y goes from and to, as it was shown last; logarithms on a logarithmic axis.
    pub fn y_shown(&self) -> Option<(f64, f64)> {
        self.shown.map(|frame| frame.y)
    }

    /// Whether the lines of this name are shown.
    pub fn is_shown(&self, name: &str) -> bool {
        !self.hidden.contains(name)
    }

    /// Hides the lines of this name, or shows them again.
    pub fn toggle(&mut self, name: &str) {
        if !self.hidden.remove(name) {
            self.hidden.insert(name.to_owned());
        }
    }

    /// Shows the lines of this name alone, or all if that is so already.
    pub fn isolate<'n>(&mut self, name: &str, all: impl Iterator<Item = &'n str>) {
        let others: BTreeSet<String> = all.filter(|other| *other != name).map(str::to_owned).collect();
        self.hidden = if self.hidden == others { BTreeSet::new() } else { others };
    }

    /// Shows all lines.
    pub fn show_all(&mut self) {
        self.hidden.clear();
    }

    /// Whether lines are hidden.
    pub fn hides_some(&self) -> bool {
        !self.hidden.is_empty()
    }
}

/// Draws a chart.
pub fn chart_ui(
    ui: &mut Ui,
    theme: &Theme,
    tr: &Tr,
    state: &mut ChartState,
    view: &ChartView<'_>,
    curves: &[Curve<'_>],
) -> Found {
    let response = ui.interact(view.rect, view.id, Sense::click_and_drag());
    let x_end = x_end(view, curves);
    interact(ui, &response, state, curves, x_end);
    let frame = frame(ui, theme, state, view, curves, x_end);
    state.shown = Some(frame);
    axes(ui, theme, view, &frame);

    let painter = ui.painter().with_clip_rect(frame.rect.intersect(ui.clip_rect()));
    let mut found = Found::default();
    for curve in curves.iter().filter(|curve| !state.hidden.contains(&curve.name)) {
        let of_this = state.pen.line(&painter, &frame, curve.trace, curve.map, &curve.look);
        found.thinned |= of_this.thinned;
        found.unreal |= of_this.unreal;
        found.not_positive |= of_this.not_positive;
    }
    state.pen.marks(&painter, &frame, theme.error, theme.warn);

    if let (Some(from), Some(to)) = (state.box_from, response.interact_pointer_pos()) {
        let chosen = Rect::from_two_pos(from, to).intersect(frame.rect);
        let ground = theme.accent.gamma_multiply(0.15);
        painter.rect(chosen, CornerRadius::ZERO, ground, Stroke::new(1.0, theme.accent), StrokeKind::Inside);
    }
    let hover = response.hover_pos().filter(|at| frame.rect.contains(*at));
    let keyboard = state.cursor.filter(|_| response.has_focus());
    let mut told = None;
    let cursor_x = hover.map(|at| frame.x_at(at.x)).or(keyboard);
    if state.box_from.is_none()
        && let Some(x) = cursor_x
    {
        told = Some(cursor(ui, theme, tr, state, view, curves, &frame, x, hover));
    }
    widgets::focus_ring(ui, theme, &response);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, view.accessible_name));
    if let Some(told) = told {
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(told));
    }
    found
}

/// Where the data end.
fn x_end(view: &ChartView<'_>, curves: &[Curve<'_>]) -> f64 {
    let ends = curves.iter().filter_map(|curve| Some(curve.map.of_step(curve.trace.last()?[0])));
    let end = ends.filter(|x| x.is_finite()).fold(view.x_min_end, f64::max);
    if end > 0.0 { end } else { 1.0 }
}

/// What is seen: where the user has put it, else all x, and of y what fits the curves between.
fn frame(ui: &Ui, theme: &Theme, state: &ChartState, view: &ChartView<'_>, curves: &[Curve<'_>], x_end: f64) -> Frame {
    let log = view.y == Scale::Logarithm;
    let x = state.x.unwrap_or((0.0, x_end));
    let y = state.y.unwrap_or_else(|| {
        let mut extent = Extent::NOTHING;
        for curve in curves.iter().filter(|curve| !state.hidden.contains(&curve.name)) {
            extent.extend(&curve.trace.extent(&(curve.map.to_step(x.0)..=curve.map.to_step(x.1))));
        }
        // What is not above zero has no place on a logarithmic axis.
        let low = if log { extent.positive } else { extent.low };
        if extent.is_empty() || low > extent.high {
            y_bounds(f64::INFINITY, f64::NEG_INFINITY, view.y)
        } else {
            y_bounds(low, extent.high, view.y)
        }
    });
    let bottom = view.rect.bottom() - X_AXIS_HEIGHT;
    let font = axis_font(theme);
    let widest = marks(y.0, y.1, bottom - view.rect.top(), APART[1], view.y)
        .into_iter()
        .map(|mark| ui.painter().layout_no_wrap(tick(mark, view.y), font.clone(), theme.muted).size().x)
        .fold(28.0, f32::max);
    let left = (view.rect.left() + (widest + 8.0).max(36.0)).min(view.rect.center().x);
    let rect = Rect::from_min_max(
        pos2(left, view.rect.top() + 5.0),
        pos2(view.rect.right() - 6.0, bottom.max(view.rect.top() + 6.0)),
    );
    Frame { rect, x, y, log }
}

fn axis_font(theme: &Theme) -> FontId {
    FontId::new(theme.size.axis, FontFamily::Monospace)
}

/// Grid lines and marks.
fn axes(ui: &Ui, theme: &Theme, view: &ChartView<'_>, frame: &Frame) {
    let painter = ui.painter().with_clip_rect(view.rect.expand(1.0).intersect(ui.clip_rect()));
    let font = axis_font(theme);
    for mark in marks(frame.y.0, frame.y.1, frame.rect.height(), APART[1], view.y) {
        let share = ((mark.value - frame.y.0) / (frame.y.1 - frame.y.0)) as f32;
        let y = egui::lerp(frame.rect.bottom()..=frame.rect.top(), share);
        painter.hline(frame.rect.x_range(), y, theme.line());
        let at = pos2(frame.rect.left() - 6.0, y);
        painter.text(at, Align2::RIGHT_CENTER, tick(mark, view.y), font.clone(), theme.muted);
    }
    let mut free_from = f32::NEG_INFINITY;
    for mark in marks(frame.x.0, frame.x.1, frame.rect.width(), APART[0], view.x) {
        let x = frame.place_x(mark.value);
        let text = painter.layout_no_wrap(tick(mark, view.x), font.clone(), theme.muted);
        // The outermost are moved in rather than cut off.
        let left = (x - text.size().x / 2.0)
            .clamp(view.rect.left(), (view.rect.right() - text.size().x).max(view.rect.left()));
        if left >= free_from {
            free_from = left + text.size().x + 6.0;
            painter.vline(x, frame.rect.bottom()..=frame.rect.bottom() + 3.0, theme.line());
            painter.galley(pos2(left, frame.rect.bottom() + 4.0), text, theme.muted);
        }
    }
}

/// Mouse, wheel and keys.
fn interact(ui: &Ui, response: &Response, state: &mut ChartState, curves: &[Curve<'_>], x_end: f64) {
    if response.double_clicked() {
        state.fit();
    }
    if response.clicked() {
        response.request_focus();
    }
    let Some(shown) = state.shown else { return };
    // What is shown may have grown since.
    let x = state.x.unwrap_or((0.0, x_end));
    let shown = Frame { x, ..shown };

    if response.contains_pointer()
        && let Some(pointer) = response.hover_pos()
    {
        // The wheel with Ctrl comes as a zoom too, and goes on a little after Ctrl was let go.
        let (scroll, zoom, pinched) = ui.input(|i| {
            let pinched = i.events.iter().any(|event| matches!(event, egui::Event::Zoom(_)));
            (i.smooth_scroll_delta(), i.zoom_delta(), pinched)
        });
        if zoom != 1.0 && pinched {
            zoom_x(state, &shown, shown.x_at(pointer.x), 1.0 / f64::from(zoom), x_end);
        } else if zoom != 1.0 {
            state.y = Some(zoomed(shown.y, shown.y_at(pointer.y), 1.0 / f64::from(zoom)));
        }
        if scroll.y != 0.0 {
            zoom_x(state, &shown, shown.x_at(pointer.x), (-f64::from(scroll.y) * 0.005).exp(), x_end);
        }
        if scroll.x != 0.0 {
            pan(state, &shown, vec2(scroll.x, 0.0), x_end);
        }
        if scroll != Vec2::ZERO {
            ui.input_mut(|i| i.smooth_scroll_delta = Vec2::ZERO);
        }
    }

    let shift = ui.input(|i| i.modifiers.shift);
    let boxed =
        response.drag_started_by(PointerButton::Secondary) || shift && response.drag_started_by(PointerButton::Primary);
    if boxed {
        state.box_from = ui.input(|i| i.pointer.press_origin());
    }
    if state.box_from.is_some() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
        state.box_from = None;
    } else if let Some(from) = state.box_from {
        if !response.dragged() || response.drag_stopped() {
            state.box_from = None;
            if let Some(to) = response.interact_pointer_pos() {
                zoom_to_box(state, &shown, Rect::from_two_pos(from, to).intersect(shown.rect), x_end);
            }
        }
    } else if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
        pan(state, &shown, response.drag_delta(), x_end);
    }

    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        focus::claim_fitting(ui.ctx(), response.id);
        keys(ui, state, &shown, curves, x_end);
    }
}

fn keys(ui: &Ui, state: &mut ChartState, shown: &Frame, curves: &[Curve<'_>], x_end: f64) {
    // Shift first: a key without modifiers passes for one with shift as well.
    let pressed = |modifiers, key| ui.input_mut(|i| i.consume_key(modifiers, key));
    let tenth = shown.rect.width() / 10.0;
    let middle_x = state.cursor.unwrap_or((shown.x.0 + shown.x.1) / 2.0);
    let middle_y = (shown.y.0 + shown.y.1) / 2.0;
    if pressed(Modifiers::SHIFT, Key::ArrowLeft) {
        pan(state, shown, vec2(tenth, 0.0), x_end);
    } else if pressed(Modifiers::SHIFT, Key::ArrowRight) {
        pan(state, shown, vec2(-tenth, 0.0), x_end);
    } else if pressed(Modifiers::SHIFT, Key::ArrowUp) {
        state.y = Some(zoomed(shown.y, middle_y, 0.8));
    } else if pressed(Modifiers::SHIFT, Key::ArrowDown) {
        state.y = Some(zoomed(shown.y, middle_y, 1.25));
    } else if pressed(Modifiers::NONE, Key::ArrowUp) || pressed(Modifiers::NONE, Key::Plus) {
        zoom_x(state, shown, middle_x, 0.8, x_end);
    } else if pressed(Modifiers::NONE, Key::ArrowDown) || pressed(Modifiers::NONE, Key::Minus) {
        zoom_x(state, shown, middle_x, 1.25, x_end);
    } else if pressed(Modifiers::NONE, Key::Num0) || fit_all(ui) {
        state.fit();
    }
    let step = i8::from(pressed(Modifiers::NONE, Key::ArrowRight)) - i8::from(pressed(Modifiers::NONE, Key::ArrowLeft));
    if step == 0 {
        return;
    }
    let Some(curve) = curves.iter().find(|curve| curve.main && !curve.trace.is_empty() && state.is_shown(&curve.name))
    else {
        return;
    };
    // From point to point where they are few, else a share of the view.
    let index = curve.trace.nearest(curve.map.to_step(middle_x)).unwrap_or(0);
    let wanted = middle_x + f64::from(step) * CURSOR_STEP * (shown.x.1 - shown.x.0);
    let mut next = curve.trace.nearest(curve.map.to_step(wanted)).unwrap_or(index);
    if next == index && state.cursor.is_some() {
        next = if step > 0 { (index + 1).min(curve.trace.len() - 1) } else { index.saturating_sub(1) };
    }
    let Some([at, _]) = curve.trace.point(next) else { return };
    let at = curve.map.of_step(at);
    state.cursor = Some(at);
    // The view goes with the cursor.
    let width = shown.x.1 - shown.x.0;
    if at < shown.x.0 {
        state.x = Some(kept((at, at + width), x_end));
    } else if at > shown.x.1 {
        state.x = Some(kept((at - width, at), x_end));
    }
}

/// Whether the keys of 'fit all' were pressed, whichever they are.
fn fit_all(ui: &Ui) -> bool {
    let keymap = Keymap::of(ui.ctx());
    ui.input_mut(|i| bindings::take(i, keymap.keys(UiCommand::FitAll)))
}

/// A range that is `factor` as wide, with `at` where it was.
fn zoomed((low, high): (f64, f64), at: f64, factor: f64) -> (f64, f64) {
    let range = (at + (low - at) * factor, at + (high - at) * factor);
    // Beyond what numbers can tell apart there is nothing more to see.
    let width = range.1 - range.0;
    if width > 1e-12 * at.abs().max(1e-12) && width.is_finite() { range } else { (low, high) }
}

fn zoom_x(state: &mut ChartState, shown: &Frame, at: f64, factor: f64, x_end: f64) {
    let (low, high) = zoomed(shown.x, at, factor);
    // Wider than everything is everything, and follows the data again.
    state.x = (high - low < x_end).then(|| kept((low, high), x_end));
}

/// A range of x not wider than all there is and a little more, and not beside it.
fn kept((low, high): (f64, f64), x_end: f64) -> (f64, f64) {
    let width = (high - low).clamp(1e-9 * x_end, x_end);
    let low = low.clamp(-0.5 * width, x_end - 0.5 * width);
    (low, low + width)
}

fn pan(state: &mut ChartState, shown: &Frame, by: Vec2, x_end: f64) {
    if by.x != 0.0 {
        let dx = -f64::from(by.x / shown.rect.width()) * (shown.x.1 - shown.x.0);
        state.x = Some(kept((shown.x.0 + dx, shown.x.1 + dx), x_end));
    }
    // While y fits what is seen, it goes on doing so.
    if let Some((low, high)) = state.y.filter(|_| by.y != 0.0) {
        let dy = f64::from(by.y / shown.rect.height()) * (high - low);
        state.y = Some((low + dy, high + dy));
    }
}

fn zoom_to_box(state: &mut ChartState, shown: &Frame, chosen: Rect, x_end: f64) {
    // A box without breadth is a range of the other axis.
    if chosen.width() >= 6.0 {
        state.x = Some(kept((shown.x_at(chosen.left()), shown.x_at(chosen.right())), x_end));
    }
    if chosen.height() >= 6.0 {
        state.y = Some((shown.y_at(chosen.bottom()), shown.y_at(chosen.top())));
    }
}

/// A dashed line at the cursor, the points there, and their values in a card. Returns what the card says.
#[allow(clippy::too_many_arguments, reason = "one caller; a struct would only repeat the names")]
fn cursor(
    ui: &Ui,
    theme: &Theme,
    tr: &Tr,
    state: &ChartState,
    view: &ChartView<'_>,
    curves: &[Curve<'_>],
    frame: &Frame,
    x: f64,
    pointer: Option<Pos2>,
) -> String {
    let place_x = frame.place_x(x);
    let inner = ui.painter().with_clip_rect(frame.rect.expand(4.0).intersect(ui.clip_rect()));
    let stroke = Stroke::new(1.0, theme.strong);
    let (top, bottom) = (frame.rect.top(), frame.rect.bottom());
    inner.extend(egui::Shape::dashed_line(&[pos2(place_x, top), pos2(place_x, bottom)], stroke, 3.0, 3.0));
    if let Some(at) = pointer {
        let (left, right) = (frame.rect.left(), frame.rect.right());
        inner.extend(egui::Shape::dashed_line(&[pos2(left, at.y), pos2(right, at.y)], stroke, 3.0, 3.0));
    }
    let mut rows: Vec<(String, String, Color32, Option<Pos2>)> = Vec::new();
    for curve in curves.iter().filter(|curve| curve.main && state.is_shown(&curve.name)) {
        let Some(index) = curve.trace.nearest(curve.map.to_step(x)) else { continue };
        let Some([step, value]) = curve.trace.point(index) else { continue };
        let at = pos2(frame.place_x(curve.map.of_step(step)), frame.place_y(value));
        rows.push((curve.name.clone(), said(value, view.y), curve.look.colour, at.y.is_finite().then_some(at)));
    }
    let far = |at: &Option<Pos2>| match (at, pointer) {
        (Some(at), Some(pointer)) => at.distance(pointer),
        _ => f32::INFINITY,
    };
    let nearest = (0..rows.len())
        .min_by(|a, b| far(&rows[*a].3).total_cmp(&far(&rows[*b].3)))
        .filter(|index| far(&rows[*index].3) < 40.0);
    for (index, (_, _, colour, at)) in rows.iter().enumerate() {
        let Some(at) = at.filter(|at| frame.rect.expand(4.0).contains(*at)) else { continue };
        let radius = if nearest == Some(index) { 5.0 } else { 3.0 };
        inner.circle(at, radius, *colour, Stroke::new(1.5, theme.panel));
    }
    let head = (view.x_text)(x);
    let said: Vec<_> = rows.iter().map(|(name, value, ..)| format!("{name} {value}")).collect();
    let told = format!("{head}: {}", said.join(", "));
    card(ui, theme, tr, view, frame, place_x, head, &rows, nearest);
    told
}

/// The values at the cursor, on the side of it where there is room.
#[allow(clippy::too_many_arguments, reason = "one caller; a struct would only repeat the names")]
fn card(
    ui: &Ui,
    theme: &Theme,
    tr: &Tr,
    view: &ChartView<'_>,
    frame: &Frame,
    place_x: f32,
    head: String,
    rows: &[(String, String, Color32, Option<Pos2>)],
    nearest: Option<usize>,
) {
    let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
    let font = theme.mono_small();
    let row_height = theme.size.small_line;
    let fit = (((frame.rect.height() - 20.0) / row_height) as usize).max(2) - 1;
    // If not all fit, the nearest is always among those that are told.
    let mut shown: Vec<usize> = (0..rows.len()).collect();
    let left_out = if rows.len() > fit { rows.len() - (fit - 1).max(1) } else { 0 };
    if left_out > 0 {
        shown.truncate(rows.len() - left_out);
        if let (Some(nearest), Some(last)) = (nearest.filter(|nearest| !shown.contains(nearest)), shown.last_mut()) {
            *last = nearest;
        }
    }
    let widest = (frame.rect.width() - 8.0).max(40.0);
    let line = |text: String, colour: Color32, width: f32| {
        let mut job = LayoutJob::simple_singleline(text, font.clone(), colour);
        job.wrap.max_width = width.max(8.0);
        job.wrap.max_rows = 1;
        job.wrap.break_anywhere = true;
        painter.layout_job(job)
    };
    let head = line(head, theme.text, widest - 16.0);
    let more = (left_out > 0).then(|| line(tr.fmt("plot-more", &[("n", left_out.into())]), theme.muted, widest - 16.0));
    let lines: Vec<_> = shown
        .iter()
        .map(|index| {
            let (name, value, colour, _) = &rows[*index];
            let value = line(value.clone(), theme.text, widest - 16.0);
            let name = line(name.clone(), *colour, widest - 16.0 - 10.0 - value.size().x);
            (name, value, nearest == Some(*index))
        })
        .collect();
    let mut width = head.size().x;
    for (name, value, _) in &lines {
        width = width.max(name.size().x + 10.0 + value.size().x);
    }
    width = more.as_ref().map_or(width, |more| width.max(more.size().x)) + 16.0;
    let height = row_height * (1 + lines.len() + usize::from(more.is_some())) as f32 + 8.0;
    let right = place_x + 12.0 + width <= frame.rect.right();
    let left = if right { place_x + 12.0 } else { place_x - 12.0 - width };
    let left = left.clamp(frame.rect.left(), (frame.rect.right() - width).max(frame.rect.left()));
    let card = Rect::from_min_size(pos2(left, frame.rect.top() + 4.0), vec2(width, height));
    painter.rect(card, CornerRadius::same(4), theme.raised, Stroke::new(1.0, theme.strong), StrokeKind::Inside);
    let mut y = card.top() + 4.0;
    painter.galley(pos2(card.left() + 8.0, y), head, theme.text);
    for (name, value, nearest) in lines {
        y += row_height;
        if nearest {
            let row = Rect::from_min_size(pos2(card.left() + 2.0, y - 1.0), vec2(width - 4.0, row_height));
            painter.rect_filled(row, CornerRadius::same(3), theme.selection());
        }
        painter.galley(pos2(card.left() + 8.0, y), name, theme.text);
        painter.galley(pos2(card.right() - 8.0 - value.size().x, y), value, theme.text);
    }
    if let Some(more) = more {
        painter.galley(pos2(card.left() + 8.0, y + row_height), more, theme.muted);
    }
}

#[cfg(test)]
mod tests;
