//! The start page: samples with a picture of their workflow, recent projects, and what a crash left. It reads nothing
//! itself and asks the application for everything.

use std::collections::BTreeSet;
use std::path::PathBuf;

use egui::text::LayoutJob;
use egui::{
    Align, Color32, CornerRadius, CursorIcon, FontFamily, FontId, Id, Label, Layout, Painter, Pos2, Rect, RichText,
    Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, epaint, pos2, vec2,
};
use jiff::{Timestamp, Zoned};
use weft_model::{Endpoint, Graph};

use crate::commands::UiCommand;
use crate::files::{RecoveryCard, SampleCard};
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::recovery;
use crate::settings::Recent;
use crate::theme::Theme;
use crate::widgets;

/// What the start page asks of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartRequest {
    /// Do this.
    Command(UiCommand),
    /// Open this project.
    Open(PathBuf),
    /// Make the changes of this journal again.
    Recover(PathBuf),
    /// Ask whether this journal is to be thrown away.
    Discard(PathBuf),
    /// Show what this journal has beyond the file of its project.
    Compare(PathBuf),
    /// Forget this recent project.
    Forget(PathBuf),
}

/// What the start page shows.
pub struct StartPage<'a> {
    /// Projects that come with the program.
    pub samples: &'a [SampleCard],
    /// Projects that were opened.
    pub recent: &'a [Recent],
    /// What a crash left.
    pub recoveries: &'a [RecoveryCard],
    /// Recent projects that are gone.
    pub missing: &'a BTreeSet<PathBuf>,
    /// Now, where the user is.
    pub now: Zoned,
}

const CARD: egui::Vec2 = egui::Vec2::new(283.0, 172.0);
const SIDE: f32 = 336.0;
const GAP: f32 = 16.0;

impl StartPage<'_> {
    /// Shows it.
    pub fn ui(&self, ui: &mut Ui, theme: &Theme, tr: &Tr) -> Vec<StartRequest> {
        let mut requests = Vec::new();
        let room = ui.available_rect_before_wrap();
        ui.painter().rect_filled(room, 0.0, theme.app);
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            let wide = (room.width() - 192.0).min(1248.0);
            // With a narrow window the recent projects go below.
            let beside = wide >= 2.0 * CARD.x + SIDE + 3.0 * GAP;
            let side = ((room.width() - wide) / 2.0).max(16.0);
            let left = if beside { wide - SIDE - 2.0 * GAP } else { wide };
            // No margin of a frame: those end at 127 points.
            let page = Rect::from_min_size(ui.cursor().min + vec2(side, 44.0), vec2(wide.max(320.0), f32::INFINITY));
            ui.scope_builder(UiBuilder::new().max_rect(page), |ui| {
                ui.set_width(wide.max(320.0));
                self.head(ui, theme, tr, &mut requests);
                ui.add_space(24.0);
                let top = ui.cursor().min;
                let mut bottom = top.y;
                let cards = Rect::from_min_size(top, vec2(left.max(CARD.x), f32::INFINITY));
                let drawn = ui.scope_builder(UiBuilder::new().max_rect(cards), |ui| {
                    self.samples(ui, theme, tr, &mut requests);
                });
                bottom = bottom.max(drawn.response.rect.bottom());
                let at = if beside { pos2(top.x + left + 2.0 * GAP, top.y) } else { pos2(top.x, bottom + 24.0) };
                let column = Rect::from_min_size(at, vec2(SIDE, f32::INFINITY));
                let drawn = ui.scope_builder(UiBuilder::new().max_rect(column), |ui| {
                    self.recoveries(ui, theme, tr, &mut requests);
                    self.recent(ui, theme, tr, &mut requests);
                });
                bottom = bottom.max(drawn.response.rect.bottom());
                ui.expand_to_include_rect(Rect::from_min_max(top, pos2(top.x + wide, bottom + 24.0)));
                focus::keep_in_view(ui);
            });
        });
        requests
    }

    fn head(&self, ui: &mut Ui, theme: &Theme, tr: &Tr, requests: &mut Vec<StartRequest>) {
        let title = FontId::new(theme.size.title, FontFamily::Proportional);
        ui.label(RichText::new(tr.t("start-heading")).font(title).color(theme.text));
        ui.label(RichText::new(tr.t("start-sentence")).color(theme.muted));
        ui.add_space(14.0);
        ui.horizontal(|ui| {
            if widgets::primary_button(ui, theme, "plus", tr.t("start-new"), "").clicked() {
                requests.push(StartRequest::Command(UiCommand::New));
            }
            if widgets::button(ui, theme, "folder-open", tr.t("cmd-open")).clicked() {
                requests.push(StartRequest::Command(UiCommand::Open));
            }
        });
    }

    fn samples(&self, ui: &mut Ui, theme: &Theme, tr: &Tr, requests: &mut Vec<StartRequest>) {
        ui.label(widgets::semibold(tr.t("start-samples"), theme));
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(GAP, GAP);
            for sample in self.samples {
                if sample_card(ui, theme, tr, sample).clicked() {
                    requests.push(StartRequest::Open(sample.path.clone()));
                }
            }
        });
        if self.samples.is_empty() {
            ui.label(widgets::muted(tr.t("start-no-samples"), theme));
        }
    }

    fn recent(&self, ui: &mut Ui, theme: &Theme, tr: &Tr, requests: &mut Vec<StartRequest>) {
        ui.label(widgets::semibold(tr.t("start-recent"), theme));
        ui.add_space(6.0);
        if self.recent.is_empty() {
            ui.label(widgets::muted(tr.t("start-no-recent"), theme));
        }
        for recent in self.recent.iter().take(8) {
            let name = recent.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let folder = recent.path.parent().map(|p| home_relative(&p.to_string_lossy())).unwrap_or_default();
            let id = Id::unique(("recent", &recent.path));
            let missing = self.missing.contains(&recent.path);
            let forget = tr.fmt("start-forget-this", &[("name", name.as_str().into())]);
            let mut forgotten = false;
            let row = widgets::row(ui, theme, id, 46.0, false, &name, |ui| {
                let (icon, ink) = if missing { ("warning-circle", theme.warn) } else { ("graph", theme.accent) };
                ui.label(icons::text(icon, 18.0, ink));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if missing {
                        forgotten = widgets::icon_button(ui, theme, "x", &forget).clicked();
                        ui.label(widgets::muted(tr.t("start-missing"), theme));
                    } else {
                        ui.label(widgets::muted(when(recent.at, &self.now, tr), theme));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.vertical(|ui| {
                            ui.spacing_mut().item_spacing.y = 0.0;
                            ui.add_space(5.0);
                            ui.add(Label::new(RichText::new(&name).color(theme.text)).truncate());
                            ui.add(Label::new(widgets::muted(folder, theme)).truncate());
                        });
                    });
                });
            });
            ui.painter().hline(row.rect.x_range(), row.rect.bottom(), theme.line());
            if forgotten {
                requests.push(StartRequest::Forget(recent.path.clone()));
            } else if row.clicked() {
                requests.push(StartRequest::Open(recent.path.clone()));
            }
            row.context_menu(|ui| {
                if ui.button(tr.t("start-forget")).clicked() {
                    requests.push(StartRequest::Forget(recent.path.clone()));
                    ui.close();
                }
            });
        }
    }

    fn recoveries(&self, ui: &mut Ui, theme: &Theme, tr: &Tr, requests: &mut Vec<StartRequest>) {
        for card in self.recoveries {
            widgets::card(theme).fill(theme.panel).show(ui, |ui| {
                ui.set_width(SIDE - 26.0);
                ui.horizontal(|ui| {
                    ui.label(icons::text("arrow-clockwise", 16.0, theme.warn));
                    ui.label(widgets::semibold(tr.t("recovery-title"), theme));
                });
                let text = tr.fmt(
                    "recovery-text",
                    &[
                        ("time", recovery::edited(card, &self.now, tr).into()),
                        ("name", recovery::name(card, tr).into()),
                    ],
                );
                ui.add(Label::new(widgets::muted(text, theme)).wrap());
                ui.add_space(4.0);
                ui.horizontal_wrapped(|ui| {
                    let recover = tr.t("recovery-recover");
                    if widgets::primary_button(ui, theme, "arrow-clockwise", recover, "").clicked() {
                        requests.push(StartRequest::Recover(card.journal.clone()));
                    }
                    if widgets::button(ui, theme, "list-bullets", tr.t("recovery-compare")).clicked() {
                        requests.push(StartRequest::Compare(card.journal.clone()));
                    }
                    if widgets::framed_icon_button(ui, theme, "trash", tr.t("recovery-discard")).clicked() {
                        requests.push(StartRequest::Discard(card.journal.clone()));
                    }
                });
            });
            ui.add_space(GAP);
        }
    }
}

fn sample_card(ui: &mut Ui, theme: &Theme, tr: &Tr, sample: &SampleCard) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(CARD, Sense::click());
    let title = tr.of(&sample.title);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, title));
    let edge = if response.hovered() || response.has_focus() { theme.accent } else { theme.border };
    let radius = theme.radius();
    let painter = ui.painter();
    painter.rect(rect, radius, theme.panel, Stroke::new(1.0, edge), StrokeKind::Inside);
    let picture = Rect::from_min_size(rect.min, vec2(CARD.x, 110.0));
    let top = CornerRadius { nw: theme.size.radius, ne: theme.size.radius, sw: 0, se: 0 };
    painter.rect_filled(picture.shrink(1.0), top, theme.canvas);
    painter.hline(picture.x_range(), picture.bottom(), theme.line());
    paint_graph(
        &painter.with_clip_rect(picture.intersect(ui.clip_rect())),
        picture.shrink2(vec2(16.0, 14.0)),
        &sample.graph,
        theme,
    );
    let text = Rect::from_min_max(pos2(rect.left() + 12.0, picture.bottom() + 8.0), rect.max - vec2(12.0, 6.0));
    let builder = UiBuilder::new().max_rect(text).layout(Layout::top_down(Align::Min));
    // Within the card: the next card stands beside this one, not below its text.
    let mut inner = ui.new_child(builder);
    inner.spacing_mut().item_spacing.y = 1.0;
    inner.label(widgets::semibold(title, theme));
    let sentence = tr.of(&sample.sentence).to_owned();
    let mut job = LayoutJob::simple(sentence, theme.small_font(), theme.muted, inner.available_width());
    job.wrap.max_rows = 2;
    inner.label(job);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tr.of(&sample.sentence))
}

/// Paints a workflow small: nodes with coloured heads, and wires.
pub fn paint_graph(painter: &Painter, room: Rect, graph: &Graph, theme: &Theme) {
    const NODE: egui::Vec2 = egui::Vec2::new(180.0, 84.0);
    let mut bounds: Option<(Pos2, Pos2)> = None;
    for (_, node) in graph.nodes() {
        let min = pos2(node.pos[0] as f32, node.pos[1] as f32);
        let max = min + NODE;
        bounds = Some(bounds.map_or((min, max), |(a, b)| (a.min(min), b.max(max))));
    }
    let Some((min, max)) = bounds else { return };
    let size = max - min;
    let scale = (room.width() / size.x).min(room.height() / size.y).min(0.4);
    let offset = room.center() - (min.to_vec2() + size / 2.0) * scale;
    let place = |pos: [f64; 2]| Rect::from_min_size(offset + vec2(pos[0] as f32, pos[1] as f32) * scale, NODE * scale);
    let end = |end: &Endpoint, output: bool| -> Option<Pos2> {
        let rect = place(graph.node(end.node)?.pos);
        Some(if output { rect.right_center() } else { rect.left_center() })
    };
    let line = Stroke::new(1.2, theme.strong);
    for (_, wire) in graph.wires() {
        let (Some(a), Some(b)) = (end(&wire.from, true), end(&wire.to, false)) else { continue };
        // What leads back bends out of its nodes first.
        let bend = if b.x > a.x { ((b.x - a.x) / 2.0).max(6.0) } else { 18.0 };
        let points = [a, a + vec2(bend, 0.0), b - vec2(bend, 0.0), b];
        let curve = epaint::CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, line);
        painter.add(Shape::CubicBezier(curve));
    }
    for (_, node) in graph.nodes() {
        let rect = place(node.pos);
        let color = node.decl().map_or(theme.flow, |d| theme.category(&d.category));
        let radius = CornerRadius::same(2);
        painter.rect(rect, radius, theme.node, Stroke::new(1.0, theme.strong), StrokeKind::Inside);
        let head = Rect::from_min_size(rect.min, vec2(rect.width(), rect.height() * 0.32));
        painter.rect_filled(head, CornerRadius { nw: 2, ne: 2, sw: 0, se: 0 }, color.gamma_multiply(0.85));
    }
}

/// `12:04` today, `yesterday`, a day of this week, or a date.
pub fn when(at: Timestamp, now: &Zoned, tr: &Tr) -> String {
    let at = at.to_zoned(now.time_zone().clone());
    let (day, today) = (at.date(), now.date());
    let days = today.since(day).map_or(i32::MAX, |span| span.get_days());
    match days {
        0 => at.strftime("%H:%M").to_string(),
        1 => tr.t("when-yesterday").to_owned(),
        2..=6 => {
            let key =
                ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][(at.weekday().to_monday_zero_offset()) as usize];
            tr.t(&format!("when-{key}")).to_owned()
        }
        _ => day.to_string(),
    }
}

fn home_relative(path: &str) -> String {
    let home = directories::UserDirs::new().map(|d| d.home_dir().to_string_lossy().into_owned());
    match home.as_deref().and_then(|home| path.strip_prefix(home)) {
        Some(rest) => format!("~{rest}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_model::Lang;

    #[test]
    fn times_are_said_as_people_say_them() {
        let tr = Tr::new(Lang::En);
        let now: Zoned = "2026-11-21T12:00:00+00:00[UTC]".parse().unwrap();
        let say = |text: &str| when(text.parse().unwrap(), &now, &tr);
        assert_eq!(say("2026-11-21T08:05:00Z"), "08:05");
        assert_eq!(say("2026-11-20T23:00:00Z"), "yesterday");
        assert_eq!(say("2026-11-16T23:00:00Z"), "Monday");
        assert_eq!(say("2026-10-01T23:00:00Z"), "2026-10-01");
        assert_eq!(say("2026-11-22T23:00:00Z"), "2026-11-22");
    }
}
