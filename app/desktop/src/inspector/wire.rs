//! Wires: what flows, from where, to where, and in what shape. Must not change the project.

use egui::{Frame, Label, Layout, Margin, RichText, ScrollArea, Ui};
use weft_model::layers::shape_text;
use weft_model::shape::data_source;
use weft_model::{Endpoint, NodeId, PortType, Wire, WireId};

use super::{Context, InspectorRequest, facts};
use crate::commands::UiCommand;
use crate::document::OpenProject;
use crate::focus;
use crate::icons;
use crate::panels::figures;
use crate::widgets;

/// So many of several wires are listed.
const LISTED: usize = 100;

/// What flows through a wire, if its output is known.
fn flows(project: &OpenProject, wire: &Wire) -> Option<PortType> {
    Some(project.graph().node(wire.from.node)?.output(&wire.from.port)?.ty)
}

/// `train · model`.
fn end(project: &OpenProject, end: &Endpoint, output: bool, with: &Context<'_>) -> String {
    let Some(node) = project.graph().node(end.node) else { return end.port.clone() };
    let port = if output { node.output(&end.port) } else { node.input(&end.port) };
    format!("{} · {}", node.name, port.map_or(end.port.as_str(), |p| p.label.get(with.tr.lang())))
}

/// Shows the selected wires.
pub(super) fn show(
    ui: &mut Ui,
    project: &OpenProject,
    wires: &[WireId],
    with: &Context<'_>,
    requests: &mut Vec<InspectorRequest>,
) {
    let (theme, tr) = (with.theme, with.tr);
    let found: Vec<&Wire> = wires.iter().filter_map(|id| project.graph().wire(*id)).collect();
    ScrollArea::vertical().id_salt("wires").auto_shrink([false, false]).show(ui, |ui| {
        Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
            if let [wire] = found.as_slice() {
                one(ui, project, wire, with, requests);
            } else {
                let title = tr.fmt("inspector-wires-selected", &[("n", found.len().into())]);
                ui.label(widgets::semibold(title, theme));
                ui.add_space(4.0);
                for wire in found.iter().take(LISTED) {
                    let (from, to) = (end(project, &wire.from, true, with), end(project, &wire.to, false, with));
                    ui.add(Label::new(widgets::muted(format!("{from} → {to}"), theme)).truncate());
                }
            }
            ui.add_space(theme.size.section);
            if widgets::button(ui, theme, "trash", tr.t(UiCommand::Delete.label())).clicked() {
                requests.push(InspectorRequest::Command(UiCommand::Delete));
            }
        });
        focus::keep_in_view(ui);
    });
}

fn one(ui: &mut Ui, project: &OpenProject, wire: &Wire, with: &Context<'_>, requests: &mut Vec<InspectorRequest>) {
    let (theme, tr) = (with.theme, with.tr);
    let ty = flows(project, wire);
    ui.horizontal(|ui| {
        ui.label(icons::text("flow-arrow", 18.0, ty.map_or(theme.flow, |ty| theme.port(ty))));
        let what = ty.map_or(tr.t("inspector-unknown-type"), |ty| tr.text(ty.label()));
        ui.label(widgets::semibold(tr.fmt("inspector-wire", &[("type", what.into())]), theme));
    });
    ui.add_space(8.0);
    for (key, point, output) in [("inspector-from", &wire.from, true), ("inspector-to", &wire.to, false)] {
        ui.horizontal(|ui| {
            ui.label(widgets::muted(tr.t(key), theme));
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                let text = end(project, point, output, with);
                let name = tr.fmt("inspector-show", &[("name", text.as_str().into())]);
                let link = ui.add(egui::Link::new(RichText::new(&text)));
                if widgets::named(link, egui::Role::Link, &name).clicked() {
                    requests.push(InspectorRequest::Show(point.node));
                }
            });
        });
    }
    let known = shape(project, wire, ty, with);
    if known.is_empty() {
        ui.add_space(4.0);
        ui.label(widgets::muted(tr.t("inspector-shape-unknown"), theme));
    } else {
        facts(ui, theme, &known);
    }
}

/// What is known of what flows: shape of a sample, classes, cost of a network.
fn shape<'t>(
    project: &OpenProject,
    wire: &Wire,
    ty: Option<PortType>,
    with: &'t Context<'_>,
) -> Vec<(&'t str, String)> {
    let tr = with.tr;
    match ty {
        Some(PortType::Dataset | PortType::Samples) => {
            let input = project.running_input(&wire.to);
            let source: Option<NodeId> = input.and_then(|input| data_source(project.flat().graph(), &input));
            let Some(schema) = source.and_then(|id| project.schemas().remove(&id)) else { return Vec::new() };
            vec![
                (tr.t("inspector-sample"), shape_text(&schema.shape)),
                (tr.t("inspector-batch"), format!("N×{}", shape_text(&schema.shape))),
                (tr.t("inspector-classes"), figures::count(schema.classes as u64)),
            ]
        }
        Some(PortType::Network) => {
            let Some(analysis) = project.analysis(wire.from.node) else { return Vec::new() };
            let Ok(report) = &analysis.result else { return Vec::new() };
            let output = report.layers.last().map_or_else(String::new, |l| format!(" → N×{}", shape_text(&l.shape)));
            vec![
                (tr.t("inspector-shape"), format!("N×{}{output}", shape_text(&analysis.input.shape))),
                (tr.t("layers-parameters"), figures::count(report.parameters)),
            ]
        }
        _ => Vec::new(),
    }
}
