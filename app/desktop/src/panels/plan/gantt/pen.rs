//! How the Gantt chart is drawn: times, rows, bars, transfers, memory, and what it is called for those who cannot see it.
//! Bars thinner than a pixel are drawn together. Must not change how the plan is looked at.

use egui::epaint::Mesh;
use egui::{
    Align2, Color32, CornerRadius, FontFamily, FontId, Painter, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind,
    Ui, WidgetInfo, accesskit, pos2, vec2,
};

use super::super::super::chart::nice_step;
use super::super::super::{clipped_text, figures, text_on};
use super::super::card::{label_of, time_text, why};
use super::super::layout::{Laid, Row, RowOf, Span};
use super::{Frame, GanttView, Input, LANE, LINK_LANE, MEMORY, ROW_GAP};
use crate::theme::Theme;

/// Height of a planned task.
const BAR: f32 = 20.0;
/// Height of what really happened.
const ACTUAL: f32 = 5.0;
/// Width of the badge at the present.
const BADGE: f32 = 38.0;
/// Bars thinner than this are drawn together.
const THIN: f32 = 1.5;
/// Bars wider than this have round corners.
const ROUND: f32 = 6.0;
/// Tasks in view that have names of their own for screen readers, at most.
const NAMED: usize = 200;

/// Times along the top, and the present.
pub(super) fn times(ui: &Ui, axis: Rect, frame: &Frame, with: &Input<'_>) {
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
pub(in super::super) fn colour_of(laid: &Laid, index: usize, theme: &Theme) -> Color32 {
    let task = laid.plan.tasks.get(index);
    match (task.map(|task| task.phase.as_str()), laid.categories.get(index).and_then(Option::as_ref)) {
        (Some("deploy"), _) => theme.deploy,
        (_, Some(category)) => theme.category(category),
        (Some("train"), None) => theme.train,
        _ => theme.prepare,
    }
}

/// Draws what is in view.
pub(super) struct Pen<'a, 'u> {
    pub ui: &'u Ui,
    pub laid: &'a Laid,
    pub view: &'a GanttView,
    pub frame: Frame,
    pub with: &'a Input<'a>,
    pub rect: Rect,
    pub seen: Rect,
}

impl Pen<'_, '_> {
    pub fn rows(&self, heights: &[f32]) {
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
            let Some(happened) = self.view.happened.get(index).copied().flatten() else { continue };
            let Some((start_s, finish_s)) = self.laid.planned(index, &happened) else { continue };
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
    pub fn words(&self, response: &Response, heights: &[f32]) {
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
