//! The layers of a network in the inspector: what is known of each, and other networks to take instead.

use egui::{Align, Grid, Layout, RichText, Ui, vec2};
use weft_model::layers::{LayerGraph, LayerKind, shape_text};
use weft_model::{Node, NodeId, ParamDecl, Value};

use super::rows::problem;
use super::{Context, facts};
use crate::document::OpenProject;
use crate::node_views::short_count;
use crate::panels::figures;
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
    Grid::new(("layers", id.0)).num_columns(4).spacing(vec2(10.0, 3.0)).min_row_height(16.0).striped(false).show(
        ui,
        |ui| {
            for key in ["layers-name", "layers-type", "layers-shape", "layers-parameters"] {
                ui.label(widgets::muted(tr.t(key), theme));
            }
            ui.end_row();
            for layer in &graph.layers {
                ui.label(RichText::new(&layer.name).font(theme.mono_small()).color(theme.text));
                ui.label(RichText::new(layer_text(&layer.kind)).font(theme.mono_small()).color(theme.muted));
                let known = report(&layer.name);
                let shape = known.map_or_else(|| "–".to_owned(), |l| shape_text(&l.shape));
                ui.label(RichText::new(shape).font(theme.mono_small()).color(theme.text));
                let parameters = known.map_or_else(|| "–".to_owned(), |l| figures::count(l.parameters));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.label(RichText::new(parameters).font(theme.mono_small()).color(theme.text));
                });
                ui.end_row();
            }
        },
    );
    presets(ui, project, id, &graph, with);
}

/// Other networks to take instead.
fn presets(ui: &mut Ui, project: &mut OpenProject, id: NodeId, graph: &LayerGraph, with: &Context<'_>) {
    let Some(decl) = project.graph().node(id).and_then(Node::decl) else { return };
    ui.add_space(with.theme.size.section);
    ui.label(widgets::muted(with.tr.t("layers-presets"), with.theme));
    ui.horizontal_wrapped(|ui| {
        for preset in decl.presets {
            let value = (preset.value)();
            let current = value.as_layers() == Some(graph);
            if ui.selectable_label(current, with.tr.text(preset.label)).clicked() && !current {
                let default = decl.param(preset.param).and_then(|p| p.default.value());
                let value = (default.as_ref() != Some(&value)).then_some(value);
                if let Err(error) = project.set_param(id, preset.param, value, None) {
                    log::warn!("{error}");
                }
            }
        }
    });
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
