//! How a node is planned: priority, retries, limits, where it may compute, and values that the planner may choose.

use egui::{Button, Checkbox, CollapsingHeader, DragValue, Label, RichText, Role, Ui, vec2};
use weft_model::planning::{
    CHOOSABLE, LEAST_MEMORY_BYTES, MOST_ALTERNATIVES, MOST_PRIORITY, MOST_RETRIES, MOST_THREADS,
};
use weft_model::port::{GRAPH_INPUT, GRAPH_OUTPUT, SUBGRAPH};
use weft_model::{Edit, Node, NodeId, NodeKind, ParamDecl, Planning, Value};

use super::{Context, InspectorRequest};
use crate::document::OpenProject;
use crate::widgets;

/// Values of a whole number that are offered to the planner, as far as they are allowed.
const OFFERED: [i64; 10] = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/// Shows how a node is planned, and changes it.
pub(super) fn show(
    ui: &mut Ui,
    project: &mut OpenProject,
    id: NodeId,
    decl: &'static NodeKind,
    with: &Context<'_>,
    requests: &mut Vec<InspectorRequest>,
) {
    // What runs is what is within; boundaries do not run at all.
    if decl.is_annotation() || [SUBGRAPH, GRAPH_INPUT, GRAPH_OUTPUT].contains(&decl.id) {
        return;
    }
    let Some(node) = project.graph().node(id) else { return };
    let (theme, tr) = (with.theme, with.tr);
    let before = node.planning().clone();
    let mut planning = before.clone();
    ui.add_space(theme.size.section);
    let changed = !before.is_default();
    let text = widgets::semibold(tr.t("planning-title"), theme);
    let mut field = None;
    CollapsingHeader::new(text).id_salt(("planning", id.0)).default_open(changed).show(ui, |ui| {
        ui.add(Label::new(widgets::muted(tr.t("planning-hint"), theme)).wrap());
        field = fields(ui, &mut planning, node, decl, with);
    });
    if planning == before {
        return;
    }
    let key = format!("planning {} {}", id.0, field.unwrap_or("all"));
    if let Err(error) = project.set_planning(id, planning, Some(&key)) {
        requests.push(InspectorRequest::Refused(error.to_string()));
    }
}

/// The fields; gives the name of the one that was changed.
fn fields(
    ui: &mut Ui,
    planning: &mut Planning,
    node: &Node,
    decl: &'static NodeKind,
    with: &Context<'_>,
) -> Option<&'static str> {
    let (theme, tr) = (with.theme, with.tr);
    let mut changed = None;
    let mut note = |name: &'static str, response: bool| {
        if response {
            changed = Some(name);
        }
    };
    ui.spacing_mut().item_spacing.y = 4.0;
    let row = |ui: &mut Ui, key: &str, field: &mut dyn FnMut(&mut Ui, &str) -> bool| {
        let mut changed = false;
        ui.horizontal_wrapped(|ui| {
            ui.set_min_height(theme.size.field);
            let name = tr.t(key);
            ui.label(RichText::new(name).color(theme.text)).on_hover_text(tr.t(&format!("{key}-hint")));
            changed = field(ui, name);
        });
        changed
    };
    note(
        "priority",
        row(ui, "planning-priority", &mut |ui, name| {
            let field = DragValue::new(&mut planning.priority).range(0.0..=MOST_PRIORITY).speed(0.1).max_decimals(1);
            widgets::named(ui.add(field), Role::SpinButton, name).changed()
        }),
    );
    note(
        "retries",
        row(ui, "planning-retries", &mut |ui, name| {
            let field = DragValue::new(&mut planning.retries).range(0..=MOST_RETRIES).speed(0.05);
            widgets::named(ui.add(field), Role::SpinButton, name).changed()
        }),
    );
    note(
        "time",
        optional(ui, with, "planning-time", &mut planning.time_limit_s, 3_600.0, |ui, value, name| {
            let field = DragValue::new(value).range(1.0..=1e7).speed(10.0).suffix(" s").max_decimals(1);
            widgets::named(ui.add(field), Role::SpinButton, name).changed()
        }),
    );
    let mut memory_gb = planning.memory_limit_bytes.map(|bytes| bytes as f64 / 1e9);
    note(
        "memory",
        optional(ui, with, "planning-memory", &mut memory_gb, 4.0, |ui, value, name| {
            let least = (LEAST_MEMORY_BYTES as f64 / 1e9 * 1e3).ceil() / 1e3;
            let field = DragValue::new(value).range(least..=1e5).speed(0.05).suffix(" GB").max_decimals(3);
            widgets::named(ui.add(field), Role::SpinButton, name).changed()
        }),
    );
    if memory_gb != planning.memory_limit_bytes.map(|bytes| bytes as f64 / 1e9) {
        planning.memory_limit_bytes = memory_gb.map(|gb| (gb * 1e9).round() as u64);
    }
    note(
        "threads",
        optional(ui, with, "planning-threads", &mut planning.threads, 1, |ui, value, name| {
            let field = DragValue::new(value).range(1..=MOST_THREADS).speed(0.05);
            widgets::named(ui.add(field), Role::SpinButton, name).changed()
        }),
    );
    note("devices", devices(ui, planning, with));
    for param in decl.params.iter().filter(|param| CHOOSABLE.contains(&param.id)) {
        note("alternatives", alternatives(ui, planning, node, param, with));
    }
    for (_, why) in planning.problems(decl) {
        ui.add(Label::new(RichText::new(tr.of(&why)).font(theme.small_font()).color(theme.error)).wrap());
    }
    changed
}

/// A limit that is there or not; gives whether it was changed.
fn optional<T: Copy>(
    ui: &mut Ui,
    with: &Context<'_>,
    key: &str,
    value: &mut Option<T>,
    usual: T,
    field: impl FnOnce(&mut Ui, &mut T, &str) -> bool,
) -> bool {
    let (theme, tr) = (with.theme, with.tr);
    let mut changed = false;
    ui.horizontal_wrapped(|ui| {
        ui.set_min_height(theme.size.field);
        let mut on = value.is_some();
        let text = RichText::new(tr.t(key)).color(theme.text);
        if ui.add(Checkbox::new(&mut on, text)).on_hover_text(tr.t(&format!("{key}-hint"))).changed() {
            *value = on.then_some(usual);
            changed = true;
        }
        if let Some(value) = value {
            changed |= field(ui, value, &tr.fmt("limit-value", &[("what", tr.t(key).into())]));
        }
    });
    changed
}

/// Devices that it may be computed on: none chosen are those of the run.
fn devices(ui: &mut Ui, planning: &mut Planning, with: &Context<'_>) -> bool {
    let (theme, tr) = (with.theme, with.tr);
    let mut changed = false;
    ui.label(RichText::new(tr.t("planning-devices")).color(theme.text)).on_hover_text(tr.t("planning-devices-hint"));
    let known = with.runs.devices().iter().map(|device| (device.id.0.clone(), device.name.clone()));
    let mut offered: Vec<(String, String)> = known.collect();
    // A project may name devices of another machine.
    for name in &planning.devices {
        if !offered.iter().any(|(id, _)| id == name) {
            offered.push((name.clone(), name.clone()));
        }
    }
    ui.horizontal_wrapped(|ui| {
        for (id, name) in offered {
            let chosen = planning.devices.contains(&id);
            let button = Button::selectable(chosen, RichText::new(&id).font(theme.mono_small()).color(theme.text));
            let response = ui.add(button).on_hover_text(&name);
            let said = tr.fmt("planning-device", &[("device", id.as_str().into())]);
            response.widget_info(|| egui::WidgetInfo::selected(Role::CheckBox, true, chosen, &said));
            if response.clicked() {
                changed = true;
                match chosen {
                    true => planning.devices.retain(|device| *device != id),
                    false => planning.devices.push(id),
                }
            }
        }
    });
    if planning.devices.is_empty() {
        ui.label(widgets::muted(tr.t("planning-devices-any"), theme));
    }
    changed
}

/// Values that the planner may choose besides the node's own.
fn alternatives(
    ui: &mut Ui,
    planning: &mut Planning,
    node: &Node,
    param: &'static ParamDecl,
    with: &Context<'_>,
) -> bool {
    let (theme, tr) = (with.theme, with.tr);
    let mut changed = false;
    let label = tr.text(param.label);
    let text = tr.fmt("planning-alternatives", &[("param", label.into())]);
    ui.label(RichText::new(text).color(theme.text)).on_hover_text(tr.t("planning-alternatives-hint"));
    let own = node.param(param.id);
    let set = planning.alternatives.get(param.id).cloned().unwrap_or_default();
    let mut offered: Vec<Value> = OFFERED.into_iter().map(Value::Int).filter(|v| param.check(v).is_ok()).collect();
    offered.extend(set.iter().filter(|value| !OFFERED.map(Value::Int).contains(value)).cloned());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for value in offered.into_iter().filter(|value| Some(value) != own.as_ref()) {
            let chosen = set.contains(&value);
            let text = value.to_string();
            let room = chosen || set.len() < MOST_ALTERNATIVES;
            let button = Button::selectable(chosen, RichText::new(&text).font(theme.mono_small()).color(theme.text));
            let response = ui.add_enabled(room, button.min_size(vec2(0.0, 22.0)));
            let said = tr.fmt("planning-alternative", &[("param", label.into()), ("value", text.into())]);
            response.widget_info(|| egui::WidgetInfo::selected(Role::CheckBox, room, chosen, &said));
            if response.clicked() {
                changed = true;
                let values = planning.alternatives.entry(param.id.to_owned()).or_default();
                match chosen {
                    true => values.retain(|other| *other != value),
                    false => values.push(value),
                }
                values.sort_by_key(|value| value.as_i64());
                if values.is_empty() {
                    planning.alternatives.remove(param.id);
                }
            }
        }
    });
    changed
}

impl OpenProject {
    /// Says how a node is planned. Changes with the same `merge_key` are one step.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn set_planning(
        &mut self,
        id: NodeId,
        planning: Planning,
        merge_key: Option<&str>,
    ) -> Result<(), weft_model::EditError> {
        let edit = Edit::SetPlanning { id, planning: Box::new(planning) };
        self.apply_merging("edit-set-planning", edit, merge_key)
    }
}
