//! The preview of the selected node at larger size: every row of samples, class balance part by part, facts. Shows what
//! is known and hands back what was asked for; must not ask the engine itself.

use std::collections::BTreeMap;

use egui::{
    Align, Context, CornerRadius, Grid, Image, Label, Layout, Rect, RichText, ScrollArea, Sense, TextureHandle,
    TextureOptions, Ui, Window, pos2, vec2,
};
use weft_model::layers::shape_text;
use weft_model::{Node, NodeId};
use weft_protocol::preview::{Fact, FactValue, PartSummary, Preview, Stage, Strip, Thumbnail, has_preview};
use weft_protocol::run::Part;

use crate::document::OpenProject;
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::node_views::image;
use crate::panels::figures;
use crate::theme::Theme;
use crate::widgets;

/// Side of a picture [points].
const PICTURE: f32 = 56.0;
/// Width of a bar of the class balance [points].
const BAR: f32 = 150.0;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewAction {
    /// To look at the data of a node anew.
    Refresh(NodeId),
    /// To show previews of a node, or not.
    Switch(NodeId, bool),
}

/// The window.
#[derive(Default)]
pub struct PreviewWindow {
    open: bool,
    /// Whether text was being typed in the last frame: Escape ends that first.
    typing: bool,
    /// Pictures that are loaded: of which node and answer, row by row.
    pictures: Option<(NodeId, u64, Vec<Vec<TextureHandle>>)>,
}

impl PreviewWindow {
    /// Opens it, or closes it.
    pub fn toggle(&mut self) {
        self.open = !self.open;
    }

    /// Opens it.
    pub fn open(&mut self) {
        self.open = true;
    }

    /// Closes it on Escape where nothing lies over it that Escape is for; to be called before anything else sees the key.
    pub fn close_by_key(&mut self, ctx: &Context) {
        let busy = self.typing || egui::Popup::is_any_open(ctx) || ctx.input(|i| i.pointer.any_down());
        if self.open && !busy && ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, egui::Key::Escape)) {
            self.open = false;
        }
    }

    /// Shows it, if it is open.
    pub fn ui(
        &mut self,
        ctx: &Context,
        project: &OpenProject,
        selected: Option<NodeId>,
        theme: &Theme,
        tr: &Tr,
    ) -> Vec<PreviewAction> {
        let mut actions = Vec::new();
        self.typing = ctx.text_edit_focused();
        let mut open = self.open;
        if !open {
            self.pictures = None;
            return actions;
        }
        let all = ctx.content_rect();
        let room = all.size();
        // Over the panels at the bottom, so that the canvas is seen beside it.
        let size = vec2(520.0, 500.0).min(room * 0.8);
        let at = pos2(all.center().x - size.x / 2.0, (all.bottom() - size.y - 100.0).max(all.top()));
        Window::new(RichText::new(tr.t("preview-title")).font(theme.semibold()))
            .id(egui::Id::unique("preview-window"))
            .collapsible(false)
            .open(&mut open)
            .default_size(size)
            .default_pos(at)
            .max_size(room * 0.95)
            .min_width(260.0)
            .show(ctx, |ui| {
                let node = selected.and_then(|id| Some((id, project.graph().node(id)?)));
                match node {
                    Some((id, node)) => self.node(ui, project, id, node, theme, tr, &mut actions),
                    None => widgets::empty(ui, theme, "image", tr.t("preview-select")),
                }
            });
        self.open = open;
        actions
    }

    #[allow(clippy::too_many_arguments, reason = "one frame's worth of context")]
    fn node(
        &mut self,
        ui: &mut Ui,
        project: &OpenProject,
        id: NodeId,
        node: &Node,
        theme: &Theme,
        tr: &Tr,
        actions: &mut Vec<PreviewAction>,
    ) {
        let previews = project.previews();
        let id = project.run_id(id);
        ui.horizontal(|ui| {
            ui.label(widgets::semibold(node.name.as_str(), theme));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if widgets::icon_button(ui, theme, "arrow-clockwise", tr.t("preview-refresh")).clicked() {
                    actions.push(PreviewAction::Refresh(id));
                }
                let mut on = previews.is_on_at(id);
                if widgets::tick(ui, theme, egui::Checkbox::new(&mut on, tr.t("preview-on-node"))).changed() {
                    actions.push(PreviewAction::Switch(id, on));
                }
                if previews.get(id).is_some_and(|p| p.is_slow()) {
                    widgets::busy(ui, theme, 14.0);
                    ui.label(widgets::muted(tr.t("preview-reading"), theme));
                }
            });
        });
        widgets::rule(ui, theme);
        ui.add_space(4.0);
        let Some(preview) = previews.get(id) else {
            let why = match node.decl() {
                Some(kind) if !has_preview(kind) => "preview-none",
                _ if !previews.is_on(id) => "preview-off",
                _ => "preview-not-ready",
            };
            return widgets::empty(ui, theme, "image", tr.t(why));
        };
        if let Some(fault) = preview.fault() {
            ui.horizontal_wrapped(|ui| {
                ui.label(icons::filled("x-circle", 16.0, theme.error));
                ui.add(Label::new(RichText::new(tr.said(&fault.message)).color(theme.text)).wrap().selectable(true));
            });
            ui.add(Label::new(RichText::new(tr.said(&fault.remedy)).color(theme.muted)).wrap().selectable(true));
            return;
        }
        let Some(seen) = preview.seen() else { return };
        self.load(ui.ctx(), id, preview.answered(), seen);
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            facts(ui, seen, theme, tr);
            let pictures = self.pictures.as_ref().map_or(&[][..], |(.., p)| p);
            for (strip, pictures) in seen.strips().iter().zip(pictures) {
                ui.add_space(10.0);
                samples(ui, strip, pictures, theme, tr);
            }
            for part in seen.parts.iter().filter(|p| p.count > 0) {
                ui.add_space(10.0);
                balance(ui, part, &seen.classes, theme, tr);
            }
            focus::keep_in_view(ui);
        });
    }

    fn load(&mut self, ctx: &Context, id: NodeId, answered: u64, seen: &Preview) {
        if self.pictures.as_ref().is_some_and(|(of, at, _)| (*of, *at) == (id, answered)) {
            return;
        }
        let load = |t: &Thumbnail| {
            let picture = image(t).unwrap_or_else(|| egui::ColorImage::filled([1, 1], egui::Color32::TRANSPARENT));
            // Each pixel as it is: a sample is looked at, not admired.
            ctx.load_texture("preview", picture, TextureOptions::NEAREST)
        };
        let rows = seen.strips().iter().map(|strip| strip.thumbnails.iter().map(load).collect()).collect();
        self.pictures = Some((id, answered, rows));
    }
}

/// The name of a part of the data.
fn part_name(part: Part) -> &'static str {
    match part {
        Part::Train => "preview-train",
        Part::Validation => "preview-validation",
        Part::Test => "preview-test",
    }
}

fn facts(ui: &mut Ui, seen: &Preview, theme: &Theme, tr: &Tr) {
    let shape = match seen.schema.shape.as_slice() {
        [channels, height, width] => format!("{height} × {width} × {channels}"),
        other => shape_text(other),
    };
    let mut rows: BTreeMap<usize, (String, String)> = BTreeMap::new();
    let mut add = |label: &str, value: String| {
        rows.insert(rows.len(), (label.to_owned(), value));
    };
    add(tr.t("preview-samples"), figures::count(seen.total()));
    add(tr.t("preview-shape"), shape);
    add(tr.t("preview-classes"), figures::count(seen.schema.classes as u64));
    for fact in &seen.facts {
        add(tr.of(&fact.label), value_text(fact, tr));
    }
    Grid::new("preview-facts").num_columns(2).spacing(vec2(20.0, 4.0)).show(ui, |ui| {
        for (label, value) in rows.into_values() {
            ui.label(RichText::new(label).color(theme.muted));
            ui.add(Label::new(widgets::mono(value, theme)).selectable(true));
            ui.end_row();
        }
    });
}

fn value_text(fact: &Fact, tr: &Tr) -> String {
    let text = match &fact.value {
        FactValue::Count(count) => figures::count(*count),
        FactValue::Numbers(values) => values.iter().map(|v| figures::number(*v)).collect::<Vec<_>>().join(", "),
        FactValue::Range { least, most } => range_text(*least, *most),
        FactValue::Text(text) => tr.of(text).to_owned(),
    };
    match &fact.unit {
        Some(unit) => format!("{text} {}", tr.of(unit)),
        None => text,
    }
}

fn range_text(least: f64, most: f64) -> String {
    format!("{} – {}", figures::number(least), figures::number(most))
}

fn samples(ui: &mut Ui, strip: &Strip, pictures: &[TextureHandle], theme: &Theme, tr: &Tr) {
    ui.horizontal_wrapped(|ui| {
        ui.label(widgets::semibold(tr.t(part_name(strip.part)), theme));
        if let Some(stage) = strip.stage {
            let stage = if stage == Stage::Before { "preview-before" } else { "preview-after" };
            ui.label(RichText::new(tr.t(stage)).color(theme.text));
        }
        if let Some([black, white]) = strip.shown_range {
            let args = [("black", figures::number(black).into()), ("white", figures::number(white).into())];
            ui.label(widgets::muted(tr.fmt("preview-scale", &args), theme));
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        for (thumbnail, picture) in strip.thumbnails.iter().zip(pictures) {
            ui.vertical(|ui| {
                ui.set_width(PICTURE);
                let name = tr.fmt("preview-sample", &[("class", thumbnail.label.as_str().into())]);
                let shown = Image::new(picture).fit_to_exact_size(vec2(PICTURE, PICTURE)).alt_text(&name);
                ui.add(shown).on_hover_text(name);
                let label = RichText::new(&thumbnail.label).font(theme.mono_small()).color(theme.muted);
                ui.add(Label::new(label).truncate());
            });
        }
    });
}

fn balance(ui: &mut Ui, part: &PartSummary, classes: &[String], theme: &Theme, tr: &Tr) {
    let title = tr.fmt("preview-balance", &[("part", tr.t(part_name(part.part)).into())]);
    ui.horizontal_wrapped(|ui| {
        ui.label(widgets::semibold(title, theme));
        ui.label(widgets::muted(figures::count(part.count), theme));
    });
    let most = part.class_counts.iter().copied().max().unwrap_or(0).max(1) as f32;
    let colour = match part.part {
        Part::Train => theme.train,
        Part::Validation => theme.evaluate,
        Part::Test => theme.data,
    };
    Grid::new(("preview-balance", part.part)).num_columns(3).spacing(vec2(10.0, 2.0)).show(ui, |ui| {
        for (index, count) in part.class_counts.iter().enumerate() {
            let name = classes.get(index).cloned().unwrap_or_else(|| index.to_string());
            ui.label(RichText::new(&name).font(theme.mono_small()).color(theme.text));
            let (rect, _) = ui.allocate_exact_size(vec2(BAR, 12.0), Sense::hover());
            if ui.is_rect_visible(rect) {
                let radius = CornerRadius::same(2);
                ui.painter().rect_filled(rect, radius, theme.input);
                let filled = rect.width() * *count as f32 / most;
                let bar = Rect::from_min_max(rect.min, pos2(rect.left() + filled, rect.bottom()));
                ui.painter().rect_filled(bar, radius, colour);
            }
            let share = *count as f64 / part.count.max(1) as f64;
            let text = format!("{} ({})", figures::count(*count), figures::percent(share, 1));
            let label = ui.label(RichText::new(&text).font(theme.mono_small()).color(theme.muted));
            // Read out with the class that it is of.
            widgets::named(label, egui::Role::Label, &format!("{name}, {text}"));
            ui.end_row();
        }
    });
}
