//! What if: devices lost or added, capacities, memory, speed, branches and durations changed, and the plan that comes of
//! it beside the one that is.

use std::sync::Arc;

use egui::{
    Align, Button, Checkbox, DragValue, Grid, Label, Layout, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder,
    vec2,
};
use weft_protocol::{DeviceId, ImaginedDevice, PlanView, WhatIf};

use super::super::{PanelAction, empty_state, figures, mono, small, title};
use super::costs::optional;
use super::{PlanContext, PlanPanel, gantt};
use crate::focus;
use crate::icons;
use crate::planning::{Answer, Planning};
use crate::widgets;

/// Width from which suppositions and plans stand beside one another.
const BESIDE: f32 = 760.0;
/// Width of the suppositions.
const FORM: f32 = 340.0;
/// Height of a plan where they do not.
const CHART: f32 = 170.0;
/// Imagined devices at most.
const MOST_IMAGINED: usize = 16;

/// Draws the page.
pub(super) fn what_if_ui(
    ui: &mut Ui,
    panel: &mut PlanPanel,
    planning: &mut Planning,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let Some(base) = planning.forecast().cloned() else {
        empty_state(ui, with.theme, "question", with.tr.t("what-if-empty"), with.tr.t("what-if-empty-hint"));
        return;
    };
    let full = ui.available_rect_before_wrap();
    if full.width() >= BESIDE && full.height() >= 140.0 {
        let left = full.with_max_x(full.left() + FORM);
        ui.scope_builder(UiBuilder::new().max_rect(left), |ui| {
            ui.shrink_clip_rect(left.expand(2.0));
            ScrollArea::vertical().id_salt("what if").auto_shrink([false, false]).show(ui, |ui| {
                ui.set_width(FORM - 12.0);
                form(ui, planning, &base, with);
                focus::keep_in_view(ui);
            });
        });
        let right = full.with_min_x(left.right() + 12.0);
        ui.painter().vline(right.left() - 6.0, right.y_range(), with.theme.line());
        ui.scope_builder(UiBuilder::new().max_rect(right), |ui| {
            difference(ui, planning, &base, with);
            plans(ui, panel, planning, &base, with, actions);
        });
        ui.allocate_rect(full, Sense::hover());
    } else {
        ScrollArea::vertical().id_salt("what if").auto_shrink([false, false]).show(ui, |ui| {
            ui.set_width(full.width() - 12.0);
            difference(ui, planning, &base, with);
            form(ui, planning, &base, with);
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 2.0 * CHART), Sense::hover());
            ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| plans(ui, panel, planning, &base, with, actions));
            focus::keep_in_view(ui);
        });
    }
}

/// By how much the plan would be longer or shorter.
fn difference(ui: &mut Ui, planning: &Planning, base: &PlanView, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    ui.horizontal_wrapped(|ui| {
        ui.label(widgets::semibold(tr.t("what-if-makespan"), theme));
        ui.label(mono(theme, figures::duration(base.makespan_s), theme.text));
        if planning.what_if == WhatIf::default() {
            ui.label(small(theme, tr.t("what-if-nothing"), theme.muted));
            return;
        }
        ui.label(icons::text("arrow-right", 14.0, theme.muted));
        match planning.supposed() {
            Answer::Plan(plan) => {
                let more = plan.makespan_s - base.makespan_s;
                let share = if base.makespan_s > 0.0 { more / base.makespan_s } else { 0.0 };
                let (icon, ink) = match share {
                    share if share < -0.001 => ("trend-down", theme.ok),
                    share if share > 0.001 => ("trend-up", theme.error),
                    _ => ("equals", theme.muted),
                };
                ui.label(mono(theme, figures::duration(plan.makespan_s), ink));
                ui.label(icons::text(icon, 14.0, ink));
                ui.label(mono(theme, format!("{:+.1} %", share * 100.0), ink));
            }
            Answer::Refused(fault, _) => {
                ui.label(icons::filled("warning", 14.0, theme.error));
                ui.add(Label::new(small(theme, tr.said(&fault.message), theme.text)).wrap());
            }
            Answer::Nothing => {}
        }
        if !planning.supposed_is_current() {
            widgets::busy(ui, theme, 12.0);
        }
    });
}

/// The plan that is, and beneath it the one that would be, over the same time.
fn plans(
    ui: &mut Ui,
    panel: &mut PlanPanel,
    planning: &Planning,
    base: &Arc<PlanView>,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let tr = with.tr;
    let full = ui.available_rect_before_wrap();
    let supposed = planning.supposed().plan();
    let end_s = supposed.map_or(0.0, |plan| plan.makespan_s).max(base.makespan_s);
    let halves = if supposed.is_some() { full.split_top_bottom_at_fraction(0.5) } else { (full, Rect::NOTHING) };
    let shown = [(Some(base), halves.0, "what-if-base"), (supposed, halves.1, "what-if-supposed")];
    for (at, (plan, rect, key)) in shown.into_iter().enumerate() {
        let Some(plan) = plan else { continue };
        let view = &mut panel.supposed[at];
        ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(0.0, 2.0))).id_salt(key), |ui| {
            ui.shrink_clip_rect(rect);
            ui.label(small(with.theme, tr.t(key), with.theme.muted));
            let input = gantt::Input {
                plan,
                run: None,
                now_s: None,
                least_end_s: end_s,
                devices: with.runs.devices(),
                category: &|id| with.category(id),
                name: tr.t(key),
                theme: with.theme,
                tr,
            };
            actions.extend(gantt::gantt_ui(ui, view, &input).map(PanelAction::from));
        });
    }
}

fn form(ui: &mut Ui, planning: &mut Planning, base: &PlanView, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let what_if = &mut planning.what_if;
    ui.horizontal(|ui| {
        title(ui, theme, tr.t("what-if-devices"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let changed = *what_if != WhatIf::default();
            ui.add_enabled_ui(changed, |ui| {
                if widgets::icon_button(ui, theme, "arrow-counter-clockwise", tr.t("what-if-reset")).clicked() {
                    *what_if = WhatIf::default();
                }
            });
        });
    });
    for id in &base.devices {
        device(ui, what_if, id, base, with);
    }
    imagined(ui, what_if, base, with);
    ui.add_space(theme.size.gap);
    optional(ui, with, "limit-branches", &mut what_if.branches, 1, |ui, value, name| {
        widgets::named(ui.add(DragValue::new(value).range(1..=1024).speed(0.1)), Role::SpinButton, name);
    });
    ui.add_space(theme.size.gap);
    durations(ui, what_if, with);
}

fn name_of(id: &DeviceId, with: &PlanContext<'_>) -> String {
    let info = with.runs.devices().iter().find(|info| info.id == *id);
    info.map_or_else(|| id.to_string(), |info| info.name.clone())
}

fn device(ui: &mut Ui, what_if: &mut WhatIf, id: &DeviceId, base: &PlanView, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let name = name_of(id, with);
    let load = base.loads.iter().find(|load| load.device == *id);
    let mut there = !what_if.lost.contains(id);
    let text = RichText::new(&name).color(theme.text);
    if ui.add(Checkbox::new(&mut there, text)).on_hover_text(tr.t("what-if-there-hint")).changed() {
        what_if.lost.retain(|lost| lost != id);
        if !there {
            what_if.lost.push(id.clone());
        }
    }
    if !there {
        return;
    }
    let said = |key: &str| tr.fmt("what-if-of", &[("what", tr.t(key).into()), ("device", name.as_str().into())]);
    ui.indent(("device", id), |ui| {
        Grid::new(("what if", id)).num_columns(2).spacing(vec2(12.0, 2.0)).show(ui, |ui| {
            let mut capacity = what_if.capacity.get(id).copied().or(load.map(|load| load.capacity)).unwrap_or(1.0);
            ui.label(small(theme, tr.t("what-if-capacity"), theme.muted));
            let field = DragValue::new(&mut capacity).range(1.0..=1024.0).speed(0.05).max_decimals(1);
            let usual = load.map_or(1.0, |load| load.capacity);
            if widgets::named(ui.add(field), Role::SpinButton, &said("what-if-capacity")).changed() {
                set(&mut what_if.capacity, id, (capacity - usual).abs() > 1e-9, capacity);
            }
            ui.end_row();
            let own = load.and_then(|load| load.memory_bytes);
            if let Some(own) = own {
                let mut memory_gb = what_if.memory_bytes.get(id).copied().unwrap_or(own) as f64 / 1e9;
                ui.label(small(theme, tr.t("what-if-memory"), theme.muted));
                let field = DragValue::new(&mut memory_gb).range(0.1..=1e5).speed(0.1).suffix(" GB").max_decimals(1);
                if widgets::named(ui.add(field), Role::SpinButton, &said("what-if-memory")).changed() {
                    let bytes = (memory_gb * 1e9).round() as u64;
                    set(&mut what_if.memory_bytes, id, bytes != own, bytes);
                }
                ui.end_row();
            }
            let mut speed = what_if.speed.get(id).copied().unwrap_or(1.0);
            ui.label(small(theme, tr.t("what-if-speed"), theme.muted));
            let field = DragValue::new(&mut speed).range(0.05..=100.0).speed(0.02).suffix(" ×").max_decimals(2);
            if widgets::named(ui.add(field), Role::SpinButton, &said("what-if-speed")).changed() {
                set(&mut what_if.speed, id, (speed - 1.0).abs() > 1e-9, speed);
            }
            ui.end_row();
        });
    });
}

/// Keeps a value where it differs from the usual one.
fn set<K: Ord + Clone, V>(map: &mut std::collections::BTreeMap<K, V>, key: &K, differs: bool, value: V) {
    if differs {
        map.insert(key.clone(), value);
    } else {
        map.remove(key);
    }
}

fn imagined(ui: &mut Ui, what_if: &mut WhatIf, base: &PlanView, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let mut gone = None;
    for (at, device) in what_if.imagined.iter_mut().enumerate() {
        ui.horizontal_wrapped(|ui| {
            ui.label(icons::text("plus-circle", 14.0, theme.ok));
            let like = name_of(&device.like, with);
            ui.label(RichText::new(tr.fmt("what-if-like", &[("device", like.into())])).color(theme.text));
            let of = tr
                .fmt("what-if-of", &[("what", tr.t("what-if-speed").into()), ("device", device.id.to_string().into())]);
            let field = DragValue::new(&mut device.speed).range(0.05..=100.0).speed(0.02).suffix(" ×").max_decimals(2);
            widgets::named(ui.add(field), Role::SpinButton, &of);
            let name = tr.fmt("what-if-remove", &[("device", device.id.to_string().into())]);
            if widgets::icon_button(ui, theme, "x", &name).clicked() {
                gone = Some(at);
            }
        });
    }
    if let Some(at) = gone {
        what_if.imagined.remove(at);
    }
    let full = what_if.imagined.len() >= MOST_IMAGINED;
    ui.add_enabled_ui(!full, |ui| {
        let text = (icons::text("plus", 14.0, theme.text), RichText::new(tr.t("what-if-add")).color(theme.text));
        let menu = ui.menu_button(text, |ui| {
            for id in &base.devices {
                let name = tr.fmt("what-if-like", &[("device", name_of(id, with).into())]);
                if ui.add(Button::new(name).frame_when_inactive(false)).clicked() {
                    let taken = |name: &str| {
                        base.devices.iter().chain(what_if.imagined.iter().map(|d| &d.id)).any(|d| d.0 == name)
                    };
                    let free = (2..).map(|n| format!("{id}-{n}")).find(|name| !taken(name));
                    if let Some(name) = free {
                        let device = ImaginedDevice { id: DeviceId(name), like: id.clone(), speed: 1.0 };
                        what_if.imagined.push(device);
                    }
                    ui.close();
                }
            }
        });
        widgets::named(menu.response, Role::Button, tr.t("what-if-add"));
    });
}

/// By how much longer or shorter the tasks of the selected nodes would take.
fn durations(ui: &mut Ui, what_if: &mut WhatIf, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    title(ui, theme, tr.t("what-if-durations"));
    let changed: Vec<_> = what_if.duration.keys().copied().collect();
    let others = changed.into_iter().filter(|id| !with.selected.iter().any(|(selected, _)| selected == id));
    let named = |id| {
        let node = with.project?.flat().graph().node(id)?;
        Some((id, node.name.clone()))
    };
    let nodes: Vec<_> = with.selected.iter().cloned().chain(others.filter_map(named)).collect();
    if nodes.is_empty() {
        ui.add(Label::new(small(theme, tr.t("what-if-durations-hint"), theme.muted)).wrap());
    }
    for (id, name) in nodes {
        ui.horizontal_wrapped(|ui| {
            let mut factor = what_if.duration.get(&id).copied().unwrap_or(1.0);
            let said = tr.fmt("what-if-duration", &[("node", name.as_str().into())]);
            let field = DragValue::new(&mut factor).range(0.05..=20.0).speed(0.01).suffix(" ×").max_decimals(2);
            if widgets::named(ui.add(field), Role::SpinButton, &said).changed() {
                set(&mut what_if.duration, &id, (factor - 1.0).abs() > 1e-9, factor);
            }
            ui.add(Label::new(RichText::new(name).color(theme.text)).truncate());
        });
    }
}
