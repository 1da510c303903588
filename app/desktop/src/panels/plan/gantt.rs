//! The Gantt chart: forecast of every task by device, below each what really happened so far, transfers by link, memory
//! in use. Zoomed, dragged and walked through by keys. What a frame costs depends on what is in view. Hands back which
//! node is wanted; must not know the canvas.

mod pen;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{EventFilter, Key, Modifiers, PointerButton, Pos2, Response, ScrollArea, Sense, Ui, vec2};
use weft_model::{Category, NodeId};
use weft_protocol::{DeviceInfo, PlanView, PlannedTask};

use super::super::{figures, small};
use super::card::{card_ui, label_of, time_text};
use super::layout::{Laid, Row, RowOf, Span};
use crate::i18n::Tr;
use crate::run_state::{CurrentRun, NodeRunState};
use crate::theme::Theme;
use crate::widgets;

pub(super) use pen::colour_of;
use pen::{Pen, times};

/// Height of the times above the chart.
pub(super) const AXIS: f32 = 20.0;
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
    /// It is the task's own phase, and not all of its node.
    pub of_phase: bool,
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
        if !node.phases.is_empty() {
            let (_, from_s, end_s) = node.phases.iter().find(|(phase, ..)| *phase == task.phase)?;
            let to_s = end_s.or(node.finished_s).or(with.now_s).unwrap_or(*from_s);
            let running = end_s.is_none() && node.finished_s.is_none();
            return Some(Happened { from_s: *from_s, to_s: to_s.max(*from_s), running, of_phase: true });
        }
        let from_s = node.started_s?;
        let running = matches!(node.state, NodeRunState::Running { .. });
        let to_s = node.finished_s.unwrap_or(if running { with.now_s.unwrap_or(from_s) } else { from_s });
        Some(Happened { from_s, to_s: to_s.max(from_s), running, of_phase: false })
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
    /// What was planned of what happened to a task, or to its node: once for all tasks of a node.
    pub(super) fn planned(&self, index: usize, happened: &Happened) -> Option<(f64, f64)> {
        if happened.of_phase {
            return self.plan.tasks.get(index).map(|task| (task.start_s, task.finish_s));
        }
        self.node_s.get(index).copied().flatten()
    }

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
