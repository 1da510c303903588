//! The Gantt chart: forecast of every task by device, below each what really happened so far, transfers by link, memory
//! in use. Zoomed, dragged and walked through by keys. What a frame costs depends on what is in view: bars thinner than a
//! pixel are drawn together. Hands back which node is wanted; must not know the canvas.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::epaint::Mesh;
use egui::{
    Align2, Color32, CornerRadius, EventFilter, FontFamily, FontId, Key, Modifiers, Painter, PointerButton, Pos2, Rect,
    Response, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, accesskit, pos2, vec2,
};
use weft_model::{Category, NodeId};
use weft_protocol::{DeviceInfo, PlanView, PlannedTask};

use super::super::chart::nice_step;
use super::super::{clipped_text, figures, small, text_on};
use super::card::{card_ui, label_of, time_text, why};
use super::layout::{Laid, Row, RowOf, Span};
use crate::i18n::Tr;
use crate::run_state::{CurrentRun, NodeRunState};
use crate::theme::Theme;
use crate::widgets;

/// Height of the times above the chart.
pub(super) const AXIS: f32 = 20.0;
/// Height of a planned task.
const BAR: f32 = 20.0;
/// Height of what really happened.
const ACTUAL: f32 = 5.0;
/// Height of a lane: bar, what happened, and the gap to the next.
const LANE: f32 = 33.0;
/// Height of a lane of transfers.
const LINK_LANE: f32 = 18.0;
/// Height of what memory is in use.
const MEMORY: f32 = 26.0;
/// Room above and below a row.
const ROW_GAP: f32 = 5.0;
/// Least height of a row: two lines of text.
const LEAST_ROW: f32 = 38.0;
/// Width of the column with the devices' names, and the share of the panel that it takes at most.
const NAMES: f32 = 140.0;
const NAMES_SHARE: f32 = 0.3;
/// Width of the badge at the present.
const BADGE: f32 = 38.0;
/// Bars thinner than this are drawn together.
const THIN: f32 = 1.5;
/// Bars wider than this have round corners.
const ROUND: f32 = 6.0;
/// Tasks in view that have names of their own for screen readers, at most.
const NAMED: usize = 200;
/// Narrowest stretch of time that can be shown, as a share of all.
const LEAST_SHARE: f64 = 1e-6;
/// How often what happened is looked at anew.
const HAPPENED_EVERY: Duration = Duration::from_millis(100);
/// Reach of the pointer beside a bar.
const REACH: f32 = 3.0;

/// What of a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shows {
    /// What really happened, under the forecast.
    pub actual: bool,
    /// Which tasks the whole plan waits for.
    pub critical: bool,
    /// How much later tasks may end.
    pub slack: bool,
    /// What is sent between devices.
    pub transfers: bool,
    /// What memory is in use.
    pub memory: bool,
}

impl Default for Shows {
    fn default() -> Self {
        Self { actual: true, critical: true, slack: false, transfers: true, memory: false }
    }
}

/// When a node began, when it ended or how far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Happened {
    /// When it began [s].
    pub from_s: f64,
    /// When it ended, or now [s].
    pub to_s: f64,
    /// Whether it still computes.
    pub running: bool,
}

/// What the chart asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Show this node.
    Show(NodeId),
    /// Go near to this node.
    Zoom(NodeId),
}

/// How a plan is looked at.
#[derive(Debug, Clone, Default)]
pub struct GanttView {
    /// What is shown.
    pub shows: Shows,
    /// What is searched for.
    pub search: String,
    /// Number of the task that is selected.
    pub selected: Option<usize>,
    /// From when to when [s]; none for all.
    shown_s: Option<(f64, f64)>,
    laid: Option<Laid>,
    /// Which tasks are found, and by what.
    found: (String, Vec<bool>),
    /// What happened to the node of each task, and when that was looked at.
    happened: Vec<Option<Happened>>,
    happened_at: Option<Instant>,
    /// The task that is to come into view.
    reveal: Option<usize>,
    /// How it was shown last, and how long all of it is [s].
    frame: Option<Frame>,
    end_s: f64,
}

/// What a chart is made from.
pub(super) struct Input<'a> {
    /// The plan.
    pub plan: &'a Arc<PlanView>,
    /// The run that follows it; none for a forecast.
    pub run: Option<&'a CurrentRun>,
    /// How long the run has gone on [s], while it does.
    pub now_s: Option<f64>,
    /// How long the time axis is at least [s].
    pub least_end_s: f64,
    /// What is known of devices.
    pub devices: &'a [DeviceInfo],
    /// What kind a node is.
    pub category: &'a dyn Fn(NodeId) -> Option<Category>,
    /// What the chart is called for those who cannot see it.
    pub name: &'a str,
    /// Colours.
    pub theme: &'a Theme,
    /// Language.
    pub tr: &'a Tr,
}

/// From times to places.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Frame {
    left: f32,
    right: f32,
    from_s: f64,
    to_s: f64,
}

impl Frame {
    fn x(&self, at_s: f64) -> f32 {
        let share = (at_s - self.from_s) / (self.to_s - self.from_s);
        // Far outside is as good as a little outside.
        self.left + (share.clamp(-4.0, 5.0) as f32) * (self.right - self.left)
    }

    fn at(&self, x: f32) -> f64 {
        self.from_s + (self.to_s - self.from_s) * f64::from((x - self.left) / (self.right - self.left).max(1.0))
    }
}

impl GanttView {
    /// The plan as it is laid out.
    pub(super) fn laid(&self) -> Option<&Laid> {
        self.laid.as_ref()
    }

    /// What happened to the node of a task.
    pub(super) fn happened_to(&self, index: usize) -> Option<Happened> {
        self.happened.get(index).copied().flatten()
    }

    /// Which of the plan's tasks is selected.
    pub(super) fn selected_index(&self) -> Option<usize> {
        self.laid.as_ref()?.index_of(self.selected?)
    }

    /// Shows all of the time.
    pub fn fit(&mut self) {
        self.shown_s = None;
    }

    /// Whether less than all of the time is shown.
    pub fn is_zoomed(&self) -> bool {
        self.shown_s.is_some()
    }

    /// Shows a stretch of time that is `factor` as long, around the middle.
    pub fn zoom(&mut self, factor: f64) {
        if let Some(frame) = self.frame {
            self.zoom_at((frame.from_s + frame.to_s) / 2.0, factor);
        }
    }

    /// From when to when it was shown last [s].
    pub fn shown_s(&self) -> Option<(f64, f64)> {
        self.frame.map(|frame| (frame.from_s, frame.to_s))
    }

    fn zoom_at(&mut self, at_s: f64, factor: f64) {
        let Some(frame) = self.frame else { return };
        let all_s = self.all_s();
        let wide_s = (frame.to_s - frame.from_s) * factor;
        if wide_s >= all_s {
            self.shown_s = None;
            return;
        }
        let wide_s = wide_s.max(all_s * LEAST_SHARE).max(1e-6);
        let share = (at_s - frame.from_s) / (frame.to_s - frame.from_s);
        self.show_from(at_s - share * wide_s, wide_s);
    }

    fn pan(&mut self, by_s: f64) {
        if let Some((from_s, to_s)) = self.shown_s {
            self.show_from(from_s + by_s, to_s - from_s);
        }
    }

    fn show_from(&mut self, from_s: f64, wide_s: f64) {
        let from_s = from_s.clamp(0.0, (self.all_s() - wide_s).max(0.0));
        self.shown_s = Some((from_s, from_s + wide_s));
    }

    fn all_s(&self) -> f64 {
        if self.end_s > 0.0 { self.end_s } else { 1.0 }
    }
}

/// Draws the chart in all the room that there is.
pub(super) fn gantt_ui(ui: &mut Ui, view: &mut GanttView, with: &Input<'_>) -> Option<Asked> {
    view.follow(with);
    let full = ui.available_rect_before_wrap();
    let names = NAMES.min(full.width() * NAMES_SHARE);
    // Room at the right for the bar that scrolls.
    let (left, right) = (full.left() + names, (full.right() - 10.0).max(full.left() + names + 8.0));
    let end_s = view.laid.as_ref().map_or(0.0, |laid| laid.end_s);
    view.end_s = end_s.max(with.now_s.unwrap_or(0.0)).max(with.least_end_s).max(1e-3) * 1.02;
    let (from_s, to_s) = view.shown_s.unwrap_or((0.0, view.end_s));
    let frame = Frame { left, right, from_s, to_s };
    view.frame = Some(frame);
    let laid = view.laid.take()?;
    let (axis, _) = ui.allocate_exact_size(vec2(full.width(), AXIS), Sense::hover());
    let mut asked = None;
    let heights: Vec<f32> = laid.rows.iter().map(|row| row_height(row, view.shows)).collect();
    let all: f32 = heights.iter().sum();
    let mut area = ScrollArea::vertical().id_salt("gantt").auto_shrink([false, false]);
    area = area.scroll_source(egui::scroll_area::ScrollSource {
        drag: egui::scroll_area::DragScroll::Never,
        ..Default::default()
    });
    if let Some(index) = view.reveal.take().and_then(|id| laid.index_of(id)) {
        let (row, lane) = laid.places[index];
        let top: f32 = heights[..row].iter().sum::<f32>() + ROW_GAP + lane as f32 * LANE;
        let height = (full.height() - AXIS).max(LANE);
        area = area.vertical_scroll_offset((top - (height - LANE) / 2.0).clamp(0.0, (all - height).max(0.0)));
    }
    area.show(ui, |ui| {
        let size = vec2(ui.available_width(), all.max(ui.available_height()));
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        let seen = rect.intersect(ui.clip_rect());
        let at = response.hover_pos().or_else(|| response.interact_pointer_pos());
        let under = at.and_then(|at| laid.under(&frame, &heights, rect.top(), at));
        asked = view.interact(ui, &response, &laid, &frame, under, with);
        let pen = Pen { ui, laid: &laid, view, frame, with, rect, seen };
        pen.rows(&heights);
        pen.words(&response, &heights);
        if let Some(index) = under
            && !response.dragged()
        {
            let happened = view.happened.get(index).copied().flatten();
            let (theme, tr) = (with.theme, with.tr);
            response.clone().on_hover_ui_at_pointer(|ui| {
                ui.set_max_width(300.0);
                card_ui(ui, &laid, index, happened, with.devices, theme, tr);
            });
        }
        let idle = at
            .filter(|_| under.is_none() && !response.dragged())
            .and_then(|at| laid.idle_under(&frame, &heights, rect.top(), at));
        if let Some((from_s, to_s)) = idle {
            let time = |at_s: f64| time_text(at_s, laid.end_s).into();
            let long = figures::duration(to_s - from_s).into();
            let text = with.tr.fmt("plan-idle", &[("from", time(from_s)), ("to", time(to_s)), ("long", long)]);
            response.clone().on_hover_ui_at_pointer(|ui| {
                ui.label(small(with.theme, text, with.theme.muted));
            });
        }
        widgets::focus_ring(ui, with.theme, &response);
    });
    times(ui, axis, &frame, with);
    view.laid = Some(laid);
    asked
}

impl GanttView {
    /// Brings what is kept up to date with the plan and the run.
    fn follow(&mut self, with: &Input<'_>) {
        let same = self.laid.as_ref().is_some_and(|laid| Arc::ptr_eq(&laid.plan, with.plan));
        if !same {
            let first = with.run.and_then(|run| run.first_plan.as_deref());
            self.laid = Some(Laid::new(with.plan, first, with.category));
            self.found = Default::default();
            self.happened_at = None;
            if self.selected_index().is_none() {
                self.selected = None;
            }
        }
        let Some(laid) = &self.laid else { return };
        let due = self.happened_at.is_none_or(|at| at.elapsed() >= HAPPENED_EVERY);
        if due {
            self.happened = happened(laid, with);
            self.happened_at = Some(Instant::now());
        }
        if self.found.0 != self.search {
            let wanted = self.search.trim().to_lowercase();
            let fits =
                |task: &PlannedTask| !wanted.is_empty() && label_of(task, with.tr).to_lowercase().contains(&wanted);
            self.found = (self.search.clone(), laid.plan.tasks.iter().map(fits).collect());
        }
    }

    /// How many tasks are found; none while nothing is searched for.
    pub fn matches(&self) -> Option<usize> {
        (!self.search.trim().is_empty()).then(|| self.found.1.iter().filter(|found| **found).count())
    }

    /// Goes to the next task that is found, or to the one before.
    pub fn find(&mut self, forward: bool) {
        let Some(laid) = &self.laid else { return };
        let mut order: Vec<usize> = (0..laid.plan.tasks.len()).filter(|i| self.is_found(*i)).collect();
        order.sort_by(|a, b| laid.plan.tasks[*a].start_s.total_cmp(&laid.plan.tasks[*b].start_s));
        let at = self.selected_index().and_then(|index| order.iter().position(|i| *i == index));
        let count = order.len();
        let next = match (at, forward) {
            (_, _) if count == 0 => return,
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
        };
        let index = order[next];
        self.select(index);
    }

    fn is_found(&self, index: usize) -> bool {
        self.found.1.get(index) == Some(&true)
    }

    /// Selects a task and brings it into view.
    pub(super) fn select(&mut self, index: usize) {
        let Some(task) = self.laid.as_ref().and_then(|laid| laid.plan.tasks.get(index)) else { return };
        let (id, start_s, finish_s) = (task.id, task.start_s, task.finish_s);
        self.selected = Some(id);
        self.reveal = Some(id);
        self.bring_into_view(start_s, finish_s);
    }

    fn bring_into_view(&mut self, start_s: f64, finish_s: f64) {
        if let Some((from_s, to_s)) = self.shown_s
            && (finish_s < from_s || start_s > to_s || start_s < from_s && finish_s - start_s < to_s - from_s)
        {
            let wide_s = to_s - from_s;
            self.show_from(start_s - wide_s * 0.1, wide_s);
        }
    }

    /// Mouse, wheel and keys.
    fn interact(
        &mut self,
        ui: &Ui,
        response: &Response,
        laid: &Laid,
        frame: &Frame,
        under: Option<usize>,
        with: &Input<'_>,
    ) -> Option<Asked> {
        let mut asked = None;
        if response.contains_pointer()
            && let Some(at) = response.hover_pos()
        {
            let (scroll, zoom) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
            if zoom != 1.0 {
                self.zoom_at(frame.at(at.x), 1.0 / f64::from(zoom));
            } else if scroll.x != 0.0 {
                self.pan(-f64::from(scroll.x) * (frame.to_s - frame.from_s) / f64::from(frame.right - frame.left));
            }
        }
        if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
            let by = f64::from(response.drag_delta().x);
            self.pan(-by * (frame.to_s - frame.from_s) / f64::from(frame.right - frame.left));
            ui.scroll_with_delta(vec2(0.0, response.drag_delta().y));
        }
        // Keys that press what has the focus mean the selected task here, not a place.
        let clicked = response.clicked_by(PointerButton::Primary);
        if clicked {
            response.request_focus();
        }
        match under {
            Some(index) if response.double_clicked() => {
                asked = self.node_of(laid, index, with).map(Asked::Zoom);
            }
            Some(index) if clicked => {
                self.selected = laid.plan.tasks.get(index).map(|task| task.id);
                asked = self.node_of(laid, index, with).map(Asked::Show);
            }
            None if response.double_clicked() => self.fit(),
            None if clicked => self.selected = None,
            _ => {}
        }
        if response.has_focus() {
            let filter =
                EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            asked = self.keys(ui, laid, with).or(asked);
        }
        asked
    }

    fn keys(&mut self, ui: &Ui, laid: &Laid, with: &Input<'_>) -> Option<Asked> {
        let pressed = |modifiers, key| ui.input_mut(|i| i.consume_key(modifiers, key));
        let plain = |key| pressed(Modifiers::NONE, key);
        let selected = self.selected.and_then(|id| laid.index_of(id));
        let arrows = [(Key::ArrowLeft, -1, 0), (Key::ArrowRight, 1, 0), (Key::ArrowUp, 0, -1), (Key::ArrowDown, 0, 1)];
        for (key, right, down) in arrows {
            if !plain(key) {
                continue;
            }
            let first = || {
                (0..laid.plan.tasks.len())
                    .min_by(|a, b| laid.plan.tasks[*a].start_s.total_cmp(&laid.plan.tasks[*b].start_s))
            };
            let next = selected.map_or_else(first, |index| laid.beside(index, right, down));
            if let Some(task) = next.and_then(|index| laid.plan.tasks.get(index)) {
                self.selected = Some(task.id);
                self.reveal = Some(task.id);
                self.bring_into_view(task.start_s, task.finish_s);
                ui.ctx().request_repaint();
            }
        }
        if plain(Key::Plus) || plain(Key::Equals) {
            self.zoom(0.8);
        } else if plain(Key::Minus) {
            self.zoom(1.25);
        } else if plain(Key::Num0) || plain(Key::Home) {
            self.fit();
        } else if plain(Key::Escape) {
            if self.selected.take().is_none() {
                ui.memory_mut(|memory| memory.stop_text_input());
            }
        } else if let Some(index) = selected {
            if plain(Key::Enter) {
                return self.node_of(laid, index, with).map(Asked::Zoom);
            }
            if plain(Key::Space) {
                return self.node_of(laid, index, with).map(Asked::Show);
            }
        }
        None
    }

    fn node_of(&self, laid: &Laid, index: usize, with: &Input<'_>) -> Option<NodeId> {
        let task = laid.plan.tasks.get(index)?;
        task.node_id.or_else(|| Some(with.run?.node_named(&task.node)?.0))
    }
}

/// What happened to the node of each task.
fn happened(laid: &Laid, with: &Input<'_>) -> Vec<Option<Happened>> {
    let Some(run) = with.run else { return Vec::new() };
    let names: HashMap<&str, NodeId> = match laid.by_node_id {
        true => HashMap::new(),
        false => run.nodes.iter().filter_map(|(id, node)| Some((node.name.as_deref()?, *id))).collect(),
    };
    let of = |task: &PlannedTask| {
        let node = run.nodes.get(&task.node_id.or_else(|| names.get(task.node.as_str()).copied())?)?;
        let from_s = node.started_s?;
        let running = matches!(node.state, NodeRunState::Running { .. });
        let to_s = node.finished_s.unwrap_or(if running { with.now_s.unwrap_or(from_s) } else { from_s });
        Some(Happened { from_s, to_s: to_s.max(from_s), running })
    };
    laid.plan.tasks.iter().map(of).collect()
}

fn row_height(row: &Row, shows: Shows) -> f32 {
    let lanes = row.lanes.len().max(1) as f32;
    match row.of {
        RowOf::Device(_) => {
            let memory = if shows.memory && !row.memory.is_empty() { MEMORY + 4.0 } else { 0.0 };
            (lanes * LANE + memory + 2.0 * ROW_GAP).max(LEAST_ROW)
        }
        RowOf::Link(_) if !shows.transfers => 0.0,
        RowOf::Link(_) => (lanes * LINK_LANE + 2.0 * ROW_GAP).max(LEAST_ROW),
    }
}

impl Laid {
    /// The lane under a place.
    fn lane_under(&self, frame: &Frame, heights: &[f32], top: f32, at: Pos2) -> Option<&[Span]> {
        if at.x < frame.left - REACH {
            return None;
        }
        let mut y = top;
        for (row, height) in self.rows.iter().zip(heights) {
            if at.y >= y && at.y < y + height {
                if !matches!(row.of, RowOf::Device(_)) {
                    return None;
                }
                let lane = ((at.y - y - ROW_GAP) / LANE).floor();
                return row.lanes.get((lane >= 0.0).then_some(lane as usize)?).map(Vec::as_slice);
            }
            y += height;
        }
        None
    }

    /// The task under a place.
    fn under(&self, frame: &Frame, heights: &[f32], top: f32, at: Pos2) -> Option<usize> {
        let lane = self.lane_under(frame, heights, top, at)?;
        // Of several within reach the nearest: bars may be thinner than the pointer is sure.
        let (from, to) = (frame.at(at.x - REACH), frame.at(at.x + REACH));
        let first = lane.partition_point(|span| span.finish_s < from);
        let near = lane[first..].iter().take_while(|span| span.start_s <= to);
        let exact = frame.at(at.x);
        let far = |s: &Span| (s.start_s - exact).max(exact - s.finish_s).max(0.0);
        near.min_by(|a, b| far(a).total_cmp(&far(b))).map(|span| span.index as usize)
    }

    /// From when to when nothing computes in the lane under a place [s].
    fn idle_under(&self, frame: &Frame, heights: &[f32], top: f32, at: Pos2) -> Option<(f64, f64)> {
        let lane = self.lane_under(frame, heights, top, at)?;
        let at_s = frame.at(at.x);
        let next = lane.partition_point(|span| span.finish_s <= at_s);
        let from_s = next.checked_sub(1).and_then(|before| lane.get(before)).map_or(0.0, |span| span.finish_s);
        let to_s = lane.get(next).map_or(self.plan.makespan_s, |span| span.start_s);
        (from_s <= at_s && at_s < to_s).then_some((from_s, to_s))
    }
}

/// Times along the top, and the present.
fn times(ui: &Ui, axis: Rect, frame: &Frame, with: &Input<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(axis.expand2(vec2(0.0, 2.0))));
    let font = FontId::new(theme.size.axis, FontFamily::Monospace);
    let now_x = with.now_s.map(|now_s| frame.x(now_s)).filter(|x| (frame.left..=frame.right).contains(x));
    for mark_s in marks(frame) {
        let x = frame.x(mark_s);
        let text = mark_text(mark_s, frame);
        let half = painter.layout_no_wrap(text.clone(), font.clone(), theme.muted).size().x / 2.0;
        // Where the badge of the present stands there is no room for another time; nor beyond the edge.
        if now_x.is_none_or(|now| (x - now).abs() > BADGE / 2.0 + half + 2.0) && x + half <= axis.right() {
            painter.text(pos2(x, axis.center().y), Align2::CENTER_CENTER, text, font.clone(), theme.muted);
        }
    }
    if let Some(x) = now_x {
        let wide = painter.layout_no_wrap(tr.t("plan-now").to_owned(), theme.small_font(), theme.muted).size().x + 10.0;
        let badge = Rect::from_center_size(pos2(x, axis.center().y), vec2(wide.max(BADGE), 15.0));
        painter.rect_filled(badge, CornerRadius::same(3), theme.accent);
        painter.text(badge.center(), Align2::CENTER_CENTER, tr.t("plan-now"), theme.small_font(), theme.on_accent);
    }
}

/// Round times of the stretch that is shown [s].
fn marks(frame: &Frame) -> Vec<f64> {
    let wide_s = frame.to_s - frame.from_s;
    let step_s = time_step(wide_s / f64::from((frame.right - frame.left).max(1.0)) * 90.0);
    let first = (frame.from_s / step_s).ceil().max(0.0);
    let count = ((frame.to_s / step_s).floor() - first).clamp(-1.0, 400.0) as i64;
    (0..=count).map(|n| (first + n as f64) * step_s).collect()
}

fn mark_text(at_s: f64, frame: &Frame) -> String {
    let wide_s = frame.to_s - frame.from_s;
    if wide_s < 0.5 {
        format!("{:.1} ms", at_s * 1e3)
    } else if wide_s < 10.0 {
        format!("{at_s:.2} s")
    } else if wide_s < 60.0 && frame.to_s < 120.0 {
        format!("{at_s:.0} s")
    } else {
        figures::clock(at_s)
    }
}

/// A round step of time [s]: as of other numbers below a minute, then in minutes and hours.
fn time_step(wanted_s: f64) -> f64 {
    if !wanted_s.is_finite() || wanted_s <= 0.0 {
        return 1.0;
    }
    [10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0]
        .into_iter()
        .find(|step| wanted_s > 5.0 && *step >= wanted_s)
        .unwrap_or_else(|| if wanted_s <= 5.0 { nice_step(wanted_s) } else { nice_step(wanted_s / 3600.0) * 3600.0 })
}

/// The colour of what a task does.
pub(super) fn colour_of(laid: &Laid, index: usize, theme: &Theme) -> Color32 {
    let task = laid.plan.tasks.get(index);
    match (task.map(|task| task.phase.as_str()), laid.categories.get(index).and_then(Option::as_ref)) {
        (Some("deploy"), _) => theme.deploy,
        (_, Some(category)) => theme.category(category),
        (Some("train"), None) => theme.train,
        _ => theme.prepare,
    }
}

/// Draws what is in view.
struct Pen<'a, 'u> {
    ui: &'u Ui,
    laid: &'a Laid,
    view: &'a GanttView,
    frame: Frame,
    with: &'a Input<'a>,
    rect: Rect,
    seen: Rect,
}

impl Pen<'_, '_> {
    fn rows(&self, heights: &[f32]) {
        let theme = self.with.theme;
        let chart = Rect::from_x_y_ranges(self.frame.left..=self.frame.right, self.seen.y_range());
        let painter = self.ui.painter().with_clip_rect(chart.expand2(vec2(1.0, 0.0)).intersect(self.ui.clip_rect()));
        for mark_s in marks(&self.frame) {
            painter.vline(self.frame.x(mark_s), chart.y_range(), theme.line());
        }
        let mut y = self.rect.top();
        for (row, height) in self.laid.rows.iter().zip(heights) {
            let top = y;
            y += height;
            if *height <= 0.0 || y < self.seen.top() || top > self.seen.bottom() {
                continue;
            }
            self.names(row, top, *height);
            match row.of {
                RowOf::Device(_) => self.device(&painter, row, top),
                RowOf::Link(_) => self.link(&painter, row, top),
            }
            self.ui.painter().hline(self.rect.x_range(), y - 0.5, theme.line());
        }
        self.ties(&painter, heights);
        if let Some(now_s) = self.with.now_s {
            painter.vline(self.frame.x(now_s), chart.y_range(), Stroke::new(1.5, theme.accent));
        }
    }

    /// What a row is called, and what is known of it.
    fn names(&self, row: &Row, top: f32, height: f32) {
        let (theme, tr) = (self.with.theme, self.with.tr);
        let wide = self.frame.left - self.rect.left() - 8.0;
        let line = Rect::from_min_size(pos2(self.rect.left(), top + ROW_GAP), vec2(wide, 16.0));
        let (name, mut lines) = match &row.of {
            RowOf::Device(id) => {
                let info = self.with.devices.iter().find(|info| info.id == *id);
                let below = info.map(|info| match (info.threads, info.memory_bytes) {
                    (Some(threads), _) => tr.fmt("plan-threads", &[("n", threads.to_string().into())]),
                    (None, Some(bytes)) => format!("{} · {}", info.backend, figures::bytes(bytes as f64)),
                    (None, None) => info.backend.clone(),
                });
                let busy = tr.fmt("plan-busy", &[("share", figures::percent(row.busy, 0).into())]);
                (info.map_or_else(|| id.to_string(), |info| info.name.clone()), vec![below, Some(busy)])
            }
            RowOf::Link(name) => (name.clone(), vec![Some(tr.t("plan-transfers").to_owned())]),
        };
        if self.view.shows.memory && row.peak_bytes > 0.0 {
            let peak = figures::bytes(row.peak_bytes);
            lines.push(Some(match row.memory_bytes {
                Some(all) => tr.fmt("plan-memory-of", &[("used", peak.into()), ("all", figures::bytes(all).into())]),
                None => tr.fmt("plan-peak", &[("used", peak.into())]),
            }));
        }
        clipped_text(self.ui, line, &name, theme.semibold(), theme.text);
        for (at, text) in (1_u8..).zip(lines.into_iter().flatten()) {
            let place = line.translate(vec2(0.0, 15.0 * f32::from(at)));
            if place.bottom() <= top + height + 2.0 {
                clipped_text(self.ui, place, &text, theme.small_font(), theme.muted);
            }
        }
    }

    fn device(&self, painter: &Painter, row: &Row, top: f32) {
        for (lane, spans) in row.lanes.iter().enumerate() {
            let top = top + ROW_GAP + lane as f32 * LANE;
            if top > self.seen.bottom() || top + LANE < self.seen.top() {
                continue;
            }
            if self.view.shows.slack {
                self.slack(painter, spans, top);
            }
            self.bars(painter, spans, top);
            if self.view.shows.actual && self.with.run.is_some() {
                self.actual(painter, spans, top + BAR + 2.0);
            }
        }
        if self.view.shows.memory && !row.memory.is_empty() {
            self.memory(painter, row, top + ROW_GAP + row.lanes.len().max(1) as f32 * LANE);
        }
    }

    /// The spans of a lane that are in view.
    fn in_view<'s>(&self, spans: &'s [Span]) -> &'s [Span] {
        let first = spans.partition_point(|span| span.finish_s < self.frame.from_s);
        let end = spans.partition_point(|span| span.start_s <= self.frame.to_s);
        spans.get(first..end.max(first)).unwrap_or_default()
    }

    fn bars(&self, painter: &Painter, spans: &[Span], top: f32) {
        let theme = self.with.theme;
        let shows = self.view.shows;
        let searching = !self.view.search.trim().is_empty();
        let spans = self.in_view(spans);
        let mut mesh = Mesh::default();
        let mut at = 0;
        while let Some(span) = spans.get(at) {
            let index = span.index as usize;
            let left = self.frame.x(span.start_s);
            let mut right = self.frame.x(span.finish_s);
            let mut critical = self.is_critical(index);
            let mut found = self.view.is_found(index);
            let mut selected = self.is_selected(index);
            at += 1;
            if right - left < THIN {
                // Everything that ends within the same pixel is one thin bar.
                let edge = left + THIN;
                while let Some(next) = spans.get(at)
                    && self.frame.x(next.finish_s) <= edge
                {
                    let index = next.index as usize;
                    critical |= self.is_critical(index);
                    found |= self.view.is_found(index);
                    selected |= self.is_selected(index);
                    at += 1;
                }
                right = edge;
            }
            let colour = colour_of(self.laid, index, theme);
            let begun = self.view.happened.get(index).is_some_and(Option::is_some);
            let mut ground =
                if begun || self.with.run.is_none() { colour } else { theme.panel.lerp_to_gamma(colour, 0.45) };
            if searching && !found {
                ground = theme.panel.lerp_to_gamma(colour, 0.18);
            }
            let bar = Rect::from_min_max(pos2(left, top), pos2(right, top + BAR));
            if right - left < ROUND {
                mesh.add_colored_rect(bar, ground);
                if shows.critical && critical {
                    mesh.add_colored_rect(bar.with_min_y(bar.bottom() - 3.0), theme.critical);
                }
                if selected || searching && found {
                    mesh.add_colored_rect(bar.with_max_y(bar.top() + 3.0), theme.accent);
                }
                continue;
            }
            painter.rect_filled(bar, CornerRadius::same(4), ground);
            if shows.critical && critical {
                painter.rect_stroke(bar, CornerRadius::same(4), Stroke::new(2.0, theme.critical), StrokeKind::Inside);
                // Not by colour alone: a second line within, since a task may have the same colour.
                let within = Stroke::new(1.0, theme.panel);
                painter.rect_stroke(bar.shrink(2.0), CornerRadius::same(2), within, StrokeKind::Inside);
            }
            if searching && found {
                painter.rect_stroke(bar, CornerRadius::same(4), Stroke::new(1.5, theme.text), StrokeKind::Inside);
            }
            if selected {
                let halo = Stroke::new(2.0, theme.accent);
                painter.rect_stroke(bar, CornerRadius::same(5), halo, StrokeKind::Outside);
            }
            if let Some(task) = self.laid.plan.tasks.get(index).filter(|_| bar.width() > 24.0) {
                // What begins left of the chart says what it is where it comes into view.
                let inside = bar.shrink2(vec2(6.0, 0.0)).with_min_x((left + 6.0).max(self.frame.left + 4.0));
                let inside = inside.with_max_x(inside.right().min(self.frame.right));
                self.text(painter, inside, &label_of(task, self.with.tr), text_on(theme, ground));
            }
        }
        if !mesh.is_empty() {
            painter.add(Shape::mesh(mesh));
        }
    }

    fn text(&self, painter: &Painter, inside: Rect, text: &str, ink: Color32) {
        if inside.width() > 12.0 {
            painter.with_clip_rect(inside.expand2(vec2(2.0, 2.0)).intersect(painter.clip_rect())).text(
                inside.left_center(),
                Align2::LEFT_CENTER,
                text,
                self.with.theme.small_font(),
                ink,
            );
        }
    }

    fn is_critical(&self, index: usize) -> bool {
        self.laid.plan.tasks.get(index).is_some_and(|task| task.critical)
    }

    fn is_selected(&self, index: usize) -> bool {
        self.view.selected.is_some() && self.laid.plan.tasks.get(index).map(|task| task.id) == self.view.selected
    }

    /// Thin lines to where tasks may end without the plan ending later.
    fn slack(&self, painter: &Painter, spans: &[Span], top: f32) {
        let theme = self.with.theme;
        let stroke = Stroke::new(1.0, theme.muted);
        let mut last = f32::NEG_INFINITY;
        for span in spans {
            let Some(task) = self.laid.plan.tasks.get(span.index as usize) else { continue };
            let until_s = span.finish_s + task.slack_s.max(0.0);
            if task.critical || !until_s.is_finite() || until_s < self.frame.from_s || span.finish_s > self.frame.to_s {
                continue;
            }
            let (from, to) = (self.frame.x(span.finish_s), self.frame.x(until_s));
            if to - from < 2.0 || to - last < 1.0 {
                continue;
            }
            last = to;
            let y = top + BAR / 2.0;
            painter.hline(from..=to, y, stroke);
            painter.vline(to, y - 3.0..=y + 3.0, stroke);
        }
    }

    /// What really happened, below the forecast of the first task of each node.
    fn actual(&self, painter: &Painter, spans: &[Span], top: f32) {
        let theme = self.with.theme;
        let font = FontId::new(theme.size.axis, FontFamily::Monospace);
        let mut mesh = Mesh::default();
        let mut last = f32::NEG_INFINITY;
        for span in spans {
            let index = span.index as usize;
            let Some((start_s, finish_s)) = self.laid.node_s.get(index).copied().flatten() else { continue };
            let Some(happened) = self.view.happened.get(index).copied().flatten() else { continue };
            if happened.to_s < self.frame.from_s || happened.from_s > self.frame.to_s {
                continue;
            }
            let (left, right) = (self.frame.x(happened.from_s), self.frame.x(happened.to_s));
            if right <= last && right - left < THIN {
                continue;
            }
            let line = Rect::from_min_max(pos2(left, top), pos2(right.max(left + THIN), top + ACTUAL));
            let colour = colour_of(self.laid, index, theme);
            let begun_before = last;
            last = line.right();
            if line.width() < ROUND {
                mesh.add_colored_rect(line, colour);
                continue;
            }
            painter.rect_filled(line, CornerRadius::same(2), colour);
            let planned_s = finish_s - start_s;
            if !happened.running && planned_s > 0.0 && line.width() > 30.0 && line.left() >= begun_before {
                let error = (happened.to_s - happened.from_s) / planned_s - 1.0;
                let text = format!("{:+.0} %", (error * 100.0).clamp(-999.0, 9_999.0));
                let at = pos2(line.right() + 4.0, line.center().y);
                painter.text(at, Align2::LEFT_CENTER, text, font.clone(), theme.muted);
            }
        }
        if !mesh.is_empty() {
            painter.add(Shape::mesh(mesh));
        }
    }

    /// What memory is in use: all of it pale, weights that stay full, and a line at what there is.
    fn memory(&self, painter: &Painter, row: &Row, top: f32) {
        let theme = self.with.theme;
        let most = row.memory_bytes.unwrap_or(row.peak_bytes).max(row.peak_bytes).max(1.0);
        let bottom = top + MEMORY;
        let height = |bytes: f64| ((bytes / most) as f32).clamp(0.0, 1.0) * (MEMORY - 2.0);
        let mut mesh = Mesh::default();
        let (used, weights) = (theme.panel.lerp_to_gamma(theme.data, 0.45), theme.data);
        let mut steps = row.memory.iter().peekable();
        let mut pixel: Option<(f32, f64, f64)> = None;
        let flush = |mesh: &mut Mesh, from: f32, to: f32, bytes: f64, of_weights: f64| {
            if bytes > 0.0 && to > from {
                mesh.add_colored_rect(Rect::from_min_max(pos2(from, bottom - height(bytes)), pos2(to, bottom)), used);
                if of_weights > 0.0 {
                    let place = Rect::from_min_max(pos2(from, bottom - height(of_weights)), pos2(to, bottom));
                    mesh.add_colored_rect(place, weights);
                }
            }
        };
        while let Some(step) = steps.next() {
            let (from, to) =
                (self.frame.x(step.at_s), steps.peek().map_or(self.frame.right, |next| self.frame.x(next.at_s)));
            if to < self.frame.left || from > self.frame.right {
                continue;
            }
            // Steps thinner than a pixel are drawn as the most of them.
            let (begin, bytes, of_weights) = pixel.take().unwrap_or((from, 0.0, 0.0));
            let (bytes, of_weights) = (bytes.max(step.used_bytes), of_weights.max(step.weights_bytes));
            if to - begin < 1.0 && steps.peek().is_some() {
                pixel = Some((begin, bytes, of_weights));
            } else {
                flush(&mut mesh, begin, to.max(begin + 1.0), bytes, of_weights);
            }
        }
        painter.add(Shape::mesh(mesh));
        if row.memory_bytes.is_some() {
            let y = bottom - (MEMORY - 2.0) * (row.memory_bytes.unwrap_or(most) / most) as f32;
            let line = [pos2(self.frame.left, y), pos2(self.frame.right, y)];
            let over = row.memory_bytes.is_some_and(|all| row.peak_bytes > all);
            let ink = if over { theme.error } else { theme.strong };
            painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, ink), 4.0, 3.0));
        }
        painter.hline(self.frame.left..=self.frame.right, bottom, theme.line());
    }

    fn link(&self, painter: &Painter, row: &Row, top: f32) {
        let theme = self.with.theme;
        let mut mesh = Mesh::default();
        for (lane, spans) in row.lanes.iter().enumerate() {
            let top = top + ROW_GAP + lane as f32 * LINK_LANE;
            let mut last = f32::NEG_INFINITY;
            for span in self.in_view(spans) {
                let left = self.frame.x(span.start_s);
                let right = self.frame.x(span.finish_s).max(left + THIN);
                if right <= last {
                    continue;
                }
                last = right;
                let place = Rect::from_min_max(pos2(left, top), pos2(right, top + LINK_LANE - 5.0));
                mesh.add_colored_rect(place, theme.strong);
            }
        }
        if !mesh.is_empty() {
            painter.add(Shape::mesh(mesh));
        }
    }

    /// From the selected task back along what each waits for, and what is sent to it and by it.
    fn ties(&self, painter: &Painter, heights: &[f32]) {
        let theme = self.with.theme;
        let Some(selected) = self.view.selected.and_then(|id| self.laid.index_of(id)) else { return };
        let tops: Vec<f32> = heights
            .iter()
            .scan(self.rect.top(), |y, height| {
                let top = *y;
                *y += height;
                Some(top)
            })
            .collect();
        let middle = |index: usize| {
            let (row, lane) = self.laid.places[index];
            tops[row] + ROW_GAP + lane as f32 * LANE + BAR / 2.0
        };
        let tie = |from: usize, to: usize, stroke: Stroke| {
            let (tasks, frame) = (&self.laid.plan.tasks, &self.frame);
            let (a, b) =
                (pos2(frame.x(tasks[from].finish_s), middle(from)), pos2(frame.x(tasks[to].start_s), middle(to)));
            let bend = ((b.x - a.x).abs() / 2.0).clamp(6.0, 24.0);
            let points = [a, a + vec2(bend, 0.0), b - vec2(bend, 0.0), b];
            painter.add(egui::epaint::CubicBezierShape::from_points_stroke(
                points,
                false,
                Color32::TRANSPARENT,
                stroke,
            ));
        };
        for transfer in self.laid.plan.transfers.iter().filter(|_| self.view.shows.transfers) {
            let ends = self.laid.index_of(transfer.from).zip(self.laid.index_of(transfer.to));
            if let Some((from, to)) = ends.filter(|(from, to)| *from == selected || *to == selected) {
                tie(from, to, Stroke::new(1.5, theme.muted));
            }
        }
        // A plan that says that a task waits for itself is walked once.
        let (mut at, mut left) = (selected, self.laid.plan.tasks.len());
        while let Some(before) = self.laid.plan.tasks[at].after.and_then(|id| self.laid.index_of(id))
            && left > 0
        {
            tie(before, at, Stroke::new(1.5, theme.accent));
            (at, left) = (before, left - 1);
        }
    }

    /// Names of what is in view, for screen readers and tests.
    fn words(&self, response: &Response, heights: &[f32]) {
        let (tr, laid) = (self.with.tr, self.laid);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, self.with.name));
        let say = |index: usize| {
            let task = laid.plan.tasks.get(index)?;
            let (from, to) = (time_text(task.start_s, laid.end_s), time_text(task.finish_s, laid.end_s));
            let mut text = format!("{}, {}, {from} – {to}", label_of(task, tr), task.device);
            if task.critical && self.view.shows.critical {
                text = format!("{text}, {}", tr.t("plan-critical-word"));
            }
            Some(text)
        };
        let selected = self.view.selected.and_then(|id| laid.index_of(id));
        if let Some(index) = selected
            && let Some(said) = say(index)
        {
            let task = &laid.plan.tasks[index];
            self.ui.ctx().accesskit_node_builder(response.id, |node| {
                node.set_description(format!("{said}. {}", why(task, tr)));
                node.set_live(accesskit::Live::Polite);
            });
        }
        let (mut y, mut named) = (self.rect.top(), 0);
        for (row, height) in laid.rows.iter().zip(heights) {
            let top = y;
            y += height;
            if y < self.seen.top() || top > self.seen.bottom() || !matches!(row.of, RowOf::Device(_)) {
                continue;
            }
            for (lane, spans) in row.lanes.iter().enumerate() {
                let top = top + ROW_GAP + lane as f32 * LANE;
                if top + BAR < self.seen.top() || top > self.seen.bottom() {
                    continue;
                }
                for span in self.in_view(spans) {
                    let (left, right) = (self.frame.x(span.start_s), self.frame.x(span.finish_s));
                    if right - left < 2.0 || named >= NAMED {
                        continue;
                    }
                    let Some(said) = say(span.index as usize) else { continue };
                    named += 1;
                    let place = Rect::from_min_max(pos2(left, top), pos2(right, top + BAR));
                    let place = place.intersect(self.seen.with_min_x(self.frame.left));
                    if !place.is_positive() {
                        continue;
                    }
                    let widget = self.ui.interact(place, response.id.with(span.index), Sense::hover());
                    let is_selected = selected == Some(span.index as usize);
                    widget.widget_info(|| WidgetInfo::selected(Role::GraphicsObject, true, is_selected, &said));
                }
            }
        }
    }
}
