//! What is in the data of a node: shape of a sample, numbers of samples, how many there are of each class, and a few of
//! them. It shows what the engine found, and reads nothing itself.

use egui::{
    Align2, CornerRadius, Rect, RichText, Role, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use weft_model::NodeId;
use weft_model::layers::shape_text;
use weft_protocol::preview::{Fact, FactValue, Preview, Stage, Strip};
use weft_protocol::run::Part;

use super::rows::{heading, problem};
use super::{Context, facts};
use crate::document::OpenProject;
use crate::node_views::image;
use crate::panels::figures;
use crate::widgets;

/// Side of a picture [points].
const PICTURE: f32 = 28.0;
/// Height of the bars of the classes [points].
const BARS: f32 = 32.0;
/// Up to so many classes are named under their bars.
const NAMED: usize = 12;

/// The pictures of the node that was shown last, ready for the screen, row by row.
#[derive(Default)]
pub(super) struct Pictures {
    of: Option<(NodeId, u64)>,
    strips: Vec<Vec<(TextureHandle, String)>>,
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pictures").field("of", &self.of).field("strips", &self.strips.len()).finish()
    }
}

/// Shows what is known of what a node gives; nothing where a node gives no data. True if it is to be seen larger.
pub(super) fn show(
    ui: &mut Ui,
    project: &OpenProject,
    with: &Context<'_>,
    node: NodeId,
    pictures: &mut Pictures,
) -> bool {
    let node = project.run_id(node);
    let Some(preview) = project.previews().shown(node) else { return false };
    let mut larger = false;
    let (theme, tr) = (with.theme, with.tr);
    ui.add_space(theme.size.section - 4.0);
    heading(ui, with, tr.t("inspector-data"), 0, true, |ui| {
        if let Some(fault) = preview.fault() {
            problem(ui, theme, &tr.said(&fault.message), None);
            ui.label(widgets::muted(tr.said(&fault.remedy), theme));
        } else if let Some(seen) = preview.seen() {
            let stamp = Some((node, preview.answered()));
            if pictures.of != stamp {
                pictures.of = stamp;
                pictures.strips = seen.strips().iter().map(|strip| load(ui, strip)).collect();
            }
            widgets::card(theme).inner_margin(egui::Margin::same(8)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 2.0;
                found(ui, with, seen);
                for (strip, pictures) in seen.strips().iter().zip(&pictures.strips) {
                    row(ui, with, strip, pictures);
                }
            });
        } else {
            ui.horizontal(|ui| {
                widgets::busy(ui, theme, 12.0);
                ui.label(widgets::muted(tr.t("preview-reading"), theme));
            });
        }
        ui.add_space(4.0);
        larger = widgets::chip(ui, theme, "image", tr.t("preview-larger")).clicked();
    });
    larger
}

fn load(ui: &Ui, strip: &Strip) -> Vec<(TextureHandle, String)> {
    let texture = |image, label: &str| ui.ctx().load_texture(label, image, TextureOptions::LINEAR);
    strip.thumbnails.iter().filter_map(|t| Some((texture(image(t)?, &t.label), t.label.clone()))).collect()
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Train => "inspector-train-samples",
        Part::Validation => "inspector-validation-samples",
        Part::Test => "inspector-test-samples",
    }
}

fn found(ui: &mut Ui, with: &Context<'_>, seen: &Preview) {
    let tr = with.tr;
    let mut known = vec![
        (tr.t("inspector-sample"), shape_text(&seen.schema.shape)),
        (tr.t("inspector-classes"), figures::count(seen.schema.classes as u64)),
    ];
    known.extend(seen.parts.iter().map(|part| (tr.t(part_name(part.part)), figures::count(part.count))));
    known.extend(seen.facts.iter().map(|fact| (tr.of(&fact.label), fact_text(fact, with))));
    facts(ui, with.theme, &known);
    for part in &seen.parts {
        balance(ui, with, tr.t(part_name(part.part)), &seen.classes, &part.class_counts);
    }
}

fn fact_text(fact: &Fact, with: &Context<'_>) -> String {
    let text = match &fact.value {
        FactValue::Count(count) => figures::count(*count),
        FactValue::Numbers(numbers) => numbers.iter().map(|n| figures::number(*n)).collect::<Vec<_>>().join(", "),
        FactValue::Range { least, most } => format!("{} … {}", figures::number(*least), figures::number(*most)),
        FactValue::Text(text) => with.tr.of(text).to_owned(),
    };
    match &fact.unit {
        Some(unit) => format!("{text} {}", with.tr.of(unit)),
        None => text,
    }
}

/// How many samples there are of each class, as bars.
fn balance(ui: &mut Ui, with: &Context<'_>, part: &str, classes: &[String], counts: &[u64]) {
    let (theme, tr) = (with.theme, with.tr);
    let most = counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let total: u64 = counts.iter().sum();
    let name = |index: usize| classes.get(index).cloned().unwrap_or_else(|| index.to_string());
    let says = |index: usize, count: u64| {
        let share = figures::percent(count as f64 / total as f64, 1);
        format!("{}: {} ({share})", name(index), figures::count(count))
    };
    ui.add_space(4.0);
    ui.label(widgets::muted(format!("{} · {part}", tr.t("inspector-balance")), theme));
    let named = counts.len() <= NAMED;
    let size = vec2(ui.available_width(), BARS + if named { 14.0 } else { 0.0 });
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let each = rect.width() / counts.len() as f32;
    let base = rect.top() + BARS;
    let over =
        response.hover_pos().map(|p| ((p.x - rect.left()) / each).max(0.0) as usize).filter(|i| *i < counts.len());
    for (index, count) in counts.iter().enumerate() {
        let left = rect.left() + each * index as f32;
        let height = (BARS - 2.0) * (*count as f32 / most as f32);
        let gap = (each * 0.12).min(3.0);
        let bar = Rect::from_min_max(pos2(left + gap, base - height.max(1.0)), pos2(left + each - gap, base));
        let color = if over == Some(index) { theme.accent } else { theme.data };
        ui.painter().rect_filled(bar, CornerRadius { nw: 2, ne: 2, sw: 0, se: 0 }, color);
        if named {
            let text = short(ui, &name(index), each, with);
            let at = pos2(left + each / 2.0, base + 2.0);
            ui.painter().text(at, Align2::CENTER_TOP, text, theme.mono_small(), theme.muted);
        }
    }
    ui.painter().hline(rect.x_range(), base, theme.line());
    let summary: Vec<String> = counts.iter().take(NAMED).enumerate().map(|(i, n)| says(i, *n)).collect();
    let summary = format!("{part}. {} {}", tr.t("inspector-balance"), summary.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &summary));
    if let Some(index) = over {
        response.on_hover_text_at_pointer(says(index, counts[index]));
    }
}

/// The beginning of a name, as far as there is room.
fn short(ui: &Ui, name: &str, room: f32, with: &Context<'_>) -> String {
    let wide = |text: &str| {
        let galley = ui.painter().layout_no_wrap(text.to_owned(), with.theme.mono_small(), with.theme.muted);
        galley.size().x > room
    };
    if !wide(name) {
        return name.to_owned();
    }
    let mut text: String = name.chars().take(12).collect();
    while text.chars().count() > 1 && wide(&format!("{text}…")) {
        text.pop();
    }
    if text.chars().count() > 1 { format!("{text}…") } else { text }
}

/// A few samples with the names of their classes.
fn row(ui: &mut Ui, with: &Context<'_>, strip: &Strip, pictures: &[(TextureHandle, String)]) {
    if pictures.is_empty() {
        return;
    }
    let tr = with.tr;
    let stage = match strip.stage {
        Some(Stage::Before) => format!(" · {}", tr.t("inspector-before")),
        Some(Stage::After) => format!(" · {}", tr.t("inspector-after")),
        None => String::new(),
    };
    ui.add_space(6.0);
    ui.label(widgets::muted(format!("{}{stage}", tr.t(part_name(strip.part))), with.theme));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (texture, label) in pictures {
            let image = |side: f32| {
                egui::Image::new((texture.id(), texture.size_vec2()))
                    .fit_to_exact_size(vec2(side, side))
                    .corner_radius(CornerRadius::same(3))
                    .alt_text(label.clone())
            };
            ui.add(image(PICTURE)).on_hover_ui(|ui| {
                ui.add(image(4.0 * PICTURE));
                ui.label(RichText::new(label).strong());
            });
        }
    });
}
