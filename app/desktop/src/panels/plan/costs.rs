//! What a run will cost before it is begun: time, memory by device, disk, what does not fit and what would make it fit;
//! and what it may take.

use egui::{Button, Checkbox, DragValue, Label, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use weft_protocol::{DeviceLoad, PlanView, Shortage};

use super::super::{PanelAction, figures, mono, small, title};
use super::{PlanContext, card};
use crate::commands::UiCommand;
use crate::focus;
use crate::icons;
use crate::planning::{PlannerSettings, Planning};
use crate::theme::Theme;
use crate::widgets;

/// Width from which costs and limits stand beside one another.
const BESIDE: f32 = 640.0;
/// Width of a bar of memory at most.
const BAR: f32 = 220.0;

/// Draws the page.
pub(super) fn costs_ui(
    ui: &mut Ui,
    planning: &mut Planning,
    planner: &mut PlannerSettings,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    ScrollArea::vertical().id_salt("costs").auto_shrink([false, false]).show(ui, |ui| {
        ui.set_width(ui.available_width() - 10.0);
        if ui.available_width() >= BESIDE {
            ui.columns(2, |columns| {
                forecast(&mut columns[0], planning, with, actions);
                limits(&mut columns[1], planner, with);
            });
        } else {
            forecast(ui, planning, with, actions);
            ui.add_space(with.theme.size.section);
            limits(ui, planner, with);
        }
        focus::keep_in_view(ui);
    });
}

fn forecast(ui: &mut Ui, planning: &mut Planning, with: &PlanContext<'_>, actions: &mut Vec<PanelAction>) {
    let (theme, tr) = (with.theme, with.tr);
    let plan = planning.forecast().cloned();
    ui.horizontal_wrapped(|ui| {
        match &plan {
            Some(plan) => {
                let ink = if planning.is_current() { theme.text } else { theme.muted };
                let font = egui::FontId { size: theme.size.title, ..theme.semibold() };
                ui.label(RichText::new(format!("≈ {}", figures::duration(plan.makespan_s))).font(font).color(ink));
                if let Some(range) = card::range_text(plan.makespan_range_s) {
                    ui.label(mono(theme, range, theme.muted)).on_hover_text(tr.t("cost-range-hint"));
                }
            }
            None => {
                let key = match (planning.refused().is_some(), with.blocked > 0) {
                    (true, _) => "cost-refused",
                    (_, true) => "cost-blocked",
                    _ => "cost-none",
                };
                ui.label(widgets::semibold(tr.t(key), theme));
            }
        }
        if planning.is_planning() {
            widgets::busy(ui, theme, 14.0);
            ui.label(small(theme, tr.t("cost-planning"), theme.muted));
        } else if with.runs.is_running() && !planning.is_current() {
            ui.label(small(theme, tr.t("cost-while-running"), theme.muted));
        }
    });
    if let Some((rule, adopted)) = planning.adopted().map(|(plan, rule)| (rule.algorithm.clone(), plan.makespan_s)) {
        ui.horizontal_wrapped(|ui| {
            let time = figures::duration(adopted);
            let text = tr.fmt("cost-adopted", &[("rule", rule.as_str().into()), ("time", time.into())]);
            ui.label(icons::text("check-circle", 14.0, theme.ok));
            ui.label(small(theme, text, theme.text));
            if widgets::icon_button(ui, theme, "x", tr.t("cost-unadopt")).clicked() {
                planning.unadopt();
            }
        });
    }
    if plan.is_none() || !planning.is_current() {
        if let Some((fault, _)) = planning.refused() {
            ui.add(Label::new(RichText::new(tr.said(&fault.message)).color(theme.text)).wrap());
            ui.add(Label::new(small(theme, tr.said(&fault.remedy), theme.muted)).wrap());
        } else if with.blocked > 0 {
            let text = tr.fmt("cost-blocked-hint", &[("n", with.blocked.into())]);
            ui.add(Label::new(small(theme, text, theme.muted)).wrap());
        }
    }
    if let Some(plan) = &plan {
        details(ui, plan, with);
        for shortage in &plan.shortages {
            shortage_ui(ui, shortage, with, actions);
        }
    }
    ui.add_space(theme.size.gap);
    ui.horizontal_wrapped(|ui| {
        let text = if with.runs.is_running() { "cmd-queue-run" } else { "cmd-run" };
        let command = if with.runs.is_running() { UiCommand::QueueRun } else { UiCommand::Run };
        ui.add_enabled_ui(with.may_run, |ui| {
            let icon = if with.runs.is_running() { "queue" } else { "play" };
            if widgets::primary_button(ui, theme, icon, tr.t(text), "").clicked() {
                actions.push(PanelAction::Execute(command));
            }
            if !with.runs.is_running() && widgets::button(ui, theme, "queue", tr.t("cmd-queue-run")).clicked() {
                actions.push(PanelAction::Execute(UiCommand::QueueRun));
            }
        });
    });
}

/// What stands in the store, memory by device, disk.
fn details(ui: &mut Ui, plan: &PlanView, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let cached = plan.tasks.iter().filter(|task| task.cached).count();
    if cached > 0 {
        let args = [("n", cached.into()), ("all", plan.tasks.len().into())];
        ui.label(small(theme, tr.fmt("cost-cached", &args), theme.muted));
    }
    ui.add_space(theme.size.gap);
    if !plan.loads.is_empty() {
        title(ui, theme, tr.t("cost-memory"));
    }
    for load in &plan.loads {
        load_ui(ui, load, with);
    }
    if let Some(bytes) = plan.disk_bytes {
        title(ui, theme, tr.t("cost-disk"));
        let free = with.runs.latest_resources().and_then(|now| now.disk_free_bytes);
        let needed = figures::bytes(bytes as f64);
        let text = match free {
            Some(free) => {
                let free = figures::bytes(free as f64);
                tr.fmt("cost-disk-of", &[("needed", needed.into()), ("free", free.into())])
            }
            None => needed,
        };
        let ink = if free.is_some_and(|free| free < bytes) { theme.error } else { theme.text };
        ui.label(mono(theme, text, ink));
    }
}

fn load_ui(ui: &mut Ui, load: &DeviceLoad, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let info = with.runs.devices().iter().find(|info| info.id == load.device);
    let name = info.map_or_else(|| load.device.to_string(), |info| info.name.clone());
    let peak = load.peak_memory_bytes as f64;
    let used = if load.peak_memory_bytes > 0 { figures::bytes(peak) } else { tr.t("cost-unknown").to_owned() };
    let text = match load.memory_bytes {
        Some(all) => tr.fmt("plan-memory-of", &[("used", used.into()), ("all", figures::bytes(all as f64).into())]),
        None => used,
    };
    let over = load.memory_bytes.is_some_and(|all| load.peak_memory_bytes > all);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&name).color(theme.text));
        ui.label(mono(theme, &text, if over { theme.error } else { theme.muted }));
        if over {
            ui.label(icons::filled("warning", 14.0, theme.error)).on_hover_text(tr.t("cost-over"));
        }
    });
    if let Some(all) = load.memory_bytes.filter(|all| *all > 0) {
        let width = ui.available_width().min(BAR);
        let (rect, response) = ui.allocate_exact_size(vec2(width, 8.0), Sense::hover());
        share(ui, rect, peak / all as f64, theme);
        response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, format!("{name}, {text}")));
    }
}

fn share(ui: &Ui, rect: Rect, share: f64, theme: &Theme) {
    let bar = rect.shrink2(vec2(0.0, 1.0));
    ui.painter().rect_filled(bar, 3, theme.input);
    let right = bar.left() + bar.width() * (share.clamp(0.0, 1.0) as f32);
    let colour = if share > 1.0 {
        theme.error
    } else if share > 0.9 {
        theme.warn
    } else {
        theme.data
    };
    ui.painter().rect_filled(Rect::from_min_max(bar.min, pos2(right, bar.bottom())), 3, colour);
}

fn shortage_ui(ui: &mut Ui, shortage: &Shortage, with: &PlanContext<'_>, actions: &mut Vec<PanelAction>) {
    let (theme, tr) = (with.theme, with.tr);
    ui.add_space(theme.size.gap);
    widgets::card(theme).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            ui.label(icons::filled("warning", 16.0, theme.warn));
            ui.add(Label::new(RichText::new(tr.of(&shortage.message)).color(theme.text)).wrap());
        });
        ui.horizontal_wrapped(|ui| {
            for remedy in &shortage.remedies {
                let text = tr.of(&remedy.label);
                let button = Button::new((icons::text("wrench", 14.0, theme.text), text)).min_size(vec2(0.0, 26.0));
                if widgets::named(ui.add(button), Role::Button, text).clicked() {
                    actions.push(PanelAction::Fit(remedy.change.clone()));
                }
            }
        });
    });
}

fn limits(ui: &mut Ui, planner: &mut PlannerSettings, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    title(ui, theme, tr.t("limit-title"));
    ui.add(Label::new(small(theme, tr.t("limit-hint"), theme.muted)).wrap());
    ui.add_space(4.0);
    let limits = &mut planner.limits;
    optional(ui, with, "limit-time", &mut limits.time_s, 3_600.0, |ui, value, name| {
        let field = DragValue::new(value).range(1.0..=1e7).speed(10.0).suffix(" s").max_decimals(1);
        widgets::named(ui.add(field), Role::SpinButton, name);
        ui.label(mono(theme, figures::duration(*value), theme.muted));
    });
    let mut gigabytes = limits.memory_bytes.map(|bytes| bytes as f64 / 1e9);
    optional(ui, with, "limit-memory", &mut gigabytes, 4.0, |ui, value, name| {
        let field = DragValue::new(value).range(0.05..=1e5).speed(0.1).suffix(" GB").max_decimals(2);
        widgets::named(ui.add(field), Role::SpinButton, name);
    });
    limits.memory_bytes = gigabytes.map(|gb| (gb * 1e9).round() as u64);
    optional(ui, with, "limit-branches", &mut limits.branches, 1, |ui, value, name| {
        widgets::named(ui.add(DragValue::new(value).range(1..=1024).speed(0.1)), Role::SpinButton, name);
    });
}

/// A limit that is there or not.
pub(super) fn optional<T: Copy>(
    ui: &mut Ui,
    with: &PlanContext<'_>,
    key: &str,
    value: &mut Option<T>,
    usual: T,
    field: impl FnOnce(&mut Ui, &mut T, &str),
) {
    let (theme, tr) = (with.theme, with.tr);
    ui.horizontal_wrapped(|ui| {
        ui.set_min_height(theme.size.field);
        let mut on = value.is_some();
        let text = RichText::new(tr.t(key)).color(theme.text);
        if ui.add(Checkbox::new(&mut on, text)).on_hover_text(tr.t(&format!("{key}-hint"))).changed() {
            *value = on.then_some(usual);
        }
        if let Some(value) = value {
            field(ui, value, &tr.fmt("limit-value", &[("what", tr.t(key).into())]));
        }
    });
}
