//! How a node stands: its state in a run, what went wrong there, and what its kind is for. Must not change anything.

use egui::{CornerRadius, RichText, Role, Sense, Ui, pos2, vec2};
use weft_model::{NodeId, NodeKind};

use super::Context;
use crate::icons;
use crate::panels::figures;
use crate::run_state::NodeRunState;
use crate::widgets;

/// How the node stands, as a small rounded label.
pub(super) fn chip(ui: &mut Ui, with: &Context<'_>, run_id: NodeId) {
    let (theme, tr) = (with.theme, with.tr);
    let Some(node) = with.runs.node(run_id) else { return };
    let (icon, color, text) = match &node.state {
        NodeRunState::Waiting => ("clock", theme.muted, tr.t("state-waiting").to_owned()),
        NodeRunState::Running { epoch: Some(epoch), epochs: Some(epochs), .. } => {
            let of = [("epoch", i64::from(*epoch).into()), ("epochs", i64::from(*epochs).into())];
            ("circle-notch", theme.run, tr.fmt("inspector-epoch", &of))
        }
        NodeRunState::Running { .. } => ("circle-notch", theme.run, tr.t("state-running").to_owned()),
        NodeRunState::Done => ("check-circle", theme.ok, figures::duration(node.elapsed_s.unwrap_or(0.0))),
        NodeRunState::Cached => ("lightning", theme.cached, tr.t("state-cached").to_owned()),
        NodeRunState::Failed(_) => ("x-circle", theme.error, tr.t("state-failed").to_owned()),
        NodeRunState::Stopped => ("stop", theme.warn, tr.t("state-stopped").to_owned()),
        NodeRunState::Skipped => ("minus-circle", theme.muted, tr.t("state-skipped").to_owned()),
    };
    let painter = ui.painter();
    let font = if icon == "circle-notch" { icons::font(12.0) } else { icons::fill_font(12.0) };
    let icon = painter.layout_no_wrap(icons::icon(icon).to_string(), font, color);
    let label = painter.layout_no_wrap(text.clone(), theme.small_font(), theme.text);
    let size = vec2(icon.size().x + label.size().x + 20.0, 20.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let ground = theme.tint(theme.panel, color);
    ui.painter().rect_filled(rect, CornerRadius::same(10), ground);
    let middle = rect.center().y;
    let after = rect.left() + 12.0 + icon.size().x;
    ui.painter().galley(pos2(rect.left() + 8.0, middle - icon.size().y / 2.0), icon, color);
    ui.painter().galley(pos2(after, middle - label.size().y / 2.0), label, theme.text);
    widgets::named(response, Role::Label, &text);
}

/// What went wrong at a node in the last run.
pub(super) fn fault(ui: &mut Ui, with: &Context<'_>, run_id: NodeId) {
    let Some(NodeRunState::Failed(fault)) = with.runs.node_state(run_id) else { return };
    let (theme, tr) = (with.theme, with.tr);
    widgets::card(theme).stroke((1.0, theme.error)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(tr.said(&fault.message)).color(theme.error));
        ui.label(widgets::muted(tr.said(&fault.remedy), theme));
    });
    ui.add_space(theme.size.section);
}

/// What a kind of node is for, with its ports and parameters.
pub(super) fn help(ui: &mut Ui, decl: &NodeKind, with: &Context<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    ui.label(RichText::new(tr.text(decl.help)).color(theme.text));
    for (key, ports) in [("inspector-inputs", decl.inputs), ("inspector-outputs", decl.outputs)] {
        if ports.is_empty() {
            continue;
        }
        ui.add_space(theme.size.section);
        ui.label(widgets::semibold(tr.t(key), theme));
        for port in ports {
            ui.horizontal(|ui| {
                ui.label(RichText::new("●").font(theme.small_font()).color(theme.port(port.ty)));
                ui.label(tr.text(port.label));
                let optional =
                    if port.required || key == "inspector-outputs" { "" } else { tr.t("inspector-optional") };
                ui.label(widgets::muted(format!("{} {optional}", tr.text(port.ty.label())), theme));
            });
        }
    }
    ui.add_space(theme.size.section);
    for param in decl.params {
        ui.label(widgets::semibold(tr.text(param.label), theme));
        ui.label(widgets::muted(tr.text(param.help), theme));
        ui.add_space(6.0);
    }
}
