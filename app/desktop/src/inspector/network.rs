//! The layers of a network in the inspector: what is known of each, and other networks to take instead.

use egui::{Align, FontId, Id, Label, Layout, RichText, Ui, UiBuilder, vec2};
use weft_model::layers::{Layer, LayerGraph, LayerKind, shape_text};
use weft_model::{Node, NodeId, ParamDecl, Value};

use super::rows::problem;
use super::{Context, facts};
use crate::document::OpenProject;
use crate::node_views::short_count;
use crate::panels::figures;
use crate::theme::Theme;
use crate::widgets;

/// The layers of a network, with what is known of each. Read only: they are drawn on a canvas of their own.
pub(super) fn layers(
    ui: &mut Ui,
    project: &mut OpenProject,
    id: NodeId,
    param: &'static ParamDecl,
    with: &Context<'_>,
) {
    let (theme, tr) = (with.theme, with.tr);
    let Some(node) = project.graph().node(id) else { return };
    let Some(Value::Layers(graph)) = node.param(param.id) else { return };
    let analysis = project.analysis(id);
    match analysis.map(|a| &a.result) {
        Some(Ok(report)) => facts(
            ui,
            theme,
            &[
                (tr.t("layers-parameters"), figures::count(report.parameters)),
                (tr.t("layers-flops"), format!("{} FLOP", short_count(report.flops))),
                (tr.t("layers-activations"), figures::bytes(report.activation_bytes as f64)),
            ],
        ),
        Some(Err(problems)) => {
            for p in problems {
                problem(ui, theme, tr.of(&p.message), None);
            }
        }
        None => {
            ui.label(widgets::muted(tr.t("layers-unknown"), theme));
        }
    }
    ui.add_space(6.0);
    let report = |name: &str| {
        let report = analysis?.result.as_ref().ok()?;
        report.layers.iter().find(|l| l.name == name)
    };
    let cells = |layer: &Layer| {
        let known = report(&layer.name);
        let shape = known.map_or_else(|| "–".to_owned(), |l| shape_text(&l.shape));
        let parameters = known.map_or_else(|| "–".to_owned(), |l| figures::count(l.parameters));
        [layer.name.clone(), layer_text(&layer.kind), shape, parameters]
    };
    let head = ["layers-name", "layers-type", "layers-shape", "layers-parameters"].map(|key| tr.t(key).to_owned());
    table(ui, theme, &head, &graph.layers.iter().map(cells).collect::<Vec<_>>());
    presets(ui, project, id, &graph, with);
}

/// Four columns, the last flush right: all as wide as what is in them, but that the second gives way where there is too
/// little room.
fn table(ui: &mut Ui, theme: &Theme, head: &[String; 4], rows: &[[String; 4]]) {
    const GAP: f32 = 10.0;
    let wide =
        |ui: &Ui, text: &str, font: FontId| ui.painter().layout_no_wrap(text.to_owned(), font, theme.text).size().x;
    let mut widths = [0.0_f32; 4];
    for (column, width) in widths.iter_mut().enumerate() {
        *width = wide(ui, &head[column], theme.small_font());
        for row in rows {
            *width = width.max(wide(ui, &row[column], theme.mono_small()));
        }
    }
    let others = widths[0] + widths[2] + widths[3] + 3.0 * GAP;
    widths[1] = (ui.available_width() - others).max(24.0);
    let line = |ui: &mut Ui, row: &[String; 4], text: &dyn Fn(usize, &str) -> RichText| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            for (column, width) in widths.into_iter().enumerate() {
                let (_, place) = ui.allocate_space(vec2(width, 16.0));
                let layout = match column {
                    3 => Layout::right_to_left(Align::Center),
                    _ => Layout::left_to_right(Align::Center),
                };
                let mut cell = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
                cell.add(Label::new(text(column, &row[column])).truncate());
            }
        });
    };
    ui.spacing_mut().item_spacing.y = 3.0;
    ui.spacing_mut().interact_size.y = 16.0;
    line(ui, head, &|_, text| widgets::muted(text, theme));
    for row in rows {
        line(ui, row, &|column, text| {
            let ink = if column == 1 { theme.muted } else { theme.text };
            RichText::new(text).font(theme.mono_small()).color(ink)
        });
    }
}

/// Other networks to take instead.
fn presets(ui: &mut Ui, project: &mut OpenProject, id: NodeId, graph: &LayerGraph, with: &Context<'_>) {
    let Some(decl) = project.graph().node(id).and_then(Node::decl) else { return };
    ui.add_space(with.theme.size.section);
    ui.label(widgets::muted(with.tr.t("layers-presets"), with.theme));
    let texts: Vec<&str> = decl.presets.iter().map(|preset| with.tr.text(preset.label)).collect();
    let values: Vec<Value> = decl.presets.iter().map(|preset| (preset.value)()).collect();
    let current = values.iter().position(|value| value.as_layers() == Some(graph));
    let taken = widgets::segments(ui, with.theme, Id::unique(("network presets", id.0)), &texts, current);
    if let Some(taken) = taken.filter(|taken| current != Some(*taken)) {
        let (preset, value) = (&decl.presets[taken], values[taken].clone());
        let default = decl.param(preset.param).and_then(|p| p.default.value());
        let value = (default.as_ref() != Some(&value)).then_some(value);
        if let Err(error) = project.set_param(id, preset.param, value, None) {
            log::warn!("{error}");
        }
    }
}

/// A layer's type with its settings: `conv2d 6 · 5×5`.
fn layer_text(kind: &LayerKind) -> String {
    match kind {
        LayerKind::Conv2d { filters, kernel, stride, padding, .. } => {
            let mut text = format!("conv2d {filters} · {kernel}×{kernel}");
            if *stride > 1 {
                text.push_str(&format!(" /{stride}"));
            }
            if *padding > 0 {
                text.push_str(&format!(" +{padding}"));
            }
            text
        }
        LayerKind::MaxPool2d { kernel, .. } | LayerKind::AvgPool2d { kernel, .. } => {
            format!("{} {kernel}×{kernel}", kind.id().trim_end_matches("2d").replace('_', " "))
        }
        LayerKind::Linear { units, .. } => format!("linear {units}"),
        LayerKind::Dropout { rate } => format!("dropout {rate}"),
        other => other.id().replace('_', " "),
    }
}
