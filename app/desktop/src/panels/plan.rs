//! The plan panel: forecast of every task by device, and below each what really happened so far.

use std::collections::BTreeMap;
use std::time::Instant;

use egui::{
    Align, Align2, Color32, CornerRadius, FontFamily, FontId, Label, Layout, Margin, Rect, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use weft_protocol::{DeviceId, PlanView, PlannedTask};

use super::chart::nice_step;
use super::{PanelAction, clipped_text, empty_state, figures, mono, small, text_on};
use crate::i18n::Tr;
use crate::run_state::{CurrentRun, NodeRunState, RunState};
use crate::theme::Theme;

/// Height of a planned task.
const BAR: f32 = 20.0;
/// Height of what really happened.
const ACTUAL: f32 = 5.0;
/// Height of a row: bar, what happened, and the gap to the next.
const ROW: f32 = 38.0;
/// Width of the column with the devices' names, and the share of the panel that it takes at most.
const NAMES: f32 = 140.0;
const NAMES_SHARE: f32 = 0.3;
/// Width of the badge at the present.
const BADGE: f32 = 38.0;
/// What can be shown or left out.
const SWITCHES: [&str; 2] = ["plan-actual", "plan-critical"];

/// How the plan is looked at.
#[derive(Debug, Clone)]
pub struct PlanPanel {
    /// Whether what really happened is laid under the forecast.
    pub actual: bool,
    /// Whether tasks that the whole plan waits for are marked.
    pub critical: bool,
}

impl Default for PlanPanel {
    fn default() -> Self {
        Self { actual: true, critical: true }
    }
}

/// Draws the panel.
pub fn plan_ui(ui: &mut Ui, panel: &mut PlanPanel, runs: &RunState, theme: &Theme, tr: &Tr) -> Vec<PanelAction> {
    let mut actions = Vec::new();
    let Some((run, plan)) = runs.current().and_then(|run| Some((run, run.plan.as_ref()?))) else {
        empty_state(ui, theme, "chart-bar-horizontal", tr.t("plan-empty"), tr.t("plan-empty-hint"));
        return actions;
    };
    let now_s = runs.run_elapsed_s(Instant::now()).unwrap_or(0.0);
    egui::Frame::new().inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
        head_ui(ui, panel, run, plan, theme, tr);
        ui.add_space(4.0);
        ScrollArea::vertical().id_salt("plan").auto_shrink([false, false]).show(ui, |ui| {
            gantt(ui, panel, runs, run, plan, now_s, theme, tr, &mut actions);
        });
    });
    actions
}

/// What is shown and what the plan promises: beside one another where there is room, else beneath.
fn head_ui(ui: &mut Ui, panel: &mut PlanPanel, run: &CurrentRun, plan: &PlanView, theme: &Theme, tr: &Tr) {
    let head = head(plan, tr);
    let reason =
        run.replanned.last().map(|reason| tr.fmt("plan-replanned", &[("reason", reason.get(tr.lang()).into())]));
    let wide = |text: &str, font| ui.painter().layout_no_wrap(text.to_owned(), font, theme.text).size().x;
    let switches: f32 = SWITCHES.iter().map(|key| wide(tr.t(key), theme.small_font()) + 24.0).sum();
    let beside = switches + wide(&head, theme.mono()) + 24.0 <= ui.available_width();
    ui.horizontal(|ui| {
        // Cut off where there is no room for all of it; the pointer shows the rest.
        let says = |ui: &mut Ui, text| ui.add(Label::new(text).truncate());
        ui.horizontal_wrapped(|ui| {
            if !beside {
                ui.set_max_width(ui.available_width());
            }
            ui.toggle_value(&mut panel.actual, small(theme, tr.t(SWITCHES[0]), theme.text));
            ui.toggle_value(&mut panel.critical, small(theme, tr.t(SWITCHES[1]), theme.text));
        });
        if beside {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                says(ui, mono(theme, &head, theme.muted));
                if let Some(reason) = reason.as_ref().filter(|_| ui.available_width() > 60.0) {
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        says(ui, small(theme, reason, theme.muted));
                    });
                }
            });
        }
    });
    if !beside {
        let text = reason.map_or_else(|| head.clone(), |reason| format!("{head} · {reason}"));
        ui.add(Label::new(mono(theme, head, theme.muted)).truncate()).on_hover_text(text);
    }
}

fn head(plan: &PlanView, tr: &Tr) -> String {
    let mut args = vec![
        ("algorithm", plan.algorithm.as_str().into()),
        ("makespan", figures::duration(plan.makespan_s).into()),
        ("bound", figures::duration(plan.lower_bound_s).into()),
        ("gap", figures::percent(plan.gap, 1).into()),
        ("serial", figures::duration(plan.serial_index_s).into()),
    ];
    if plan.makespan_s > 0.0 && plan.serial_index_s > 0.0 {
        args.push(("speedup", format!("{:.2}", plan.serial_index_s / plan.makespan_s).into()));
        tr.fmt("plan-head", &args)
    } else {
        tr.fmt("plan-head-short", &args)
    }
}

/// Tasks of a device in lanes, so that those that run at the same time do not hide one another.
pub(super) fn lanes<'a>(plan: &'a PlanView, device: &DeviceId) -> Vec<Vec<&'a PlannedTask>> {
    let mut tasks: Vec<_> = plan.tasks.iter().filter(|task| task.device == *device).collect();
    tasks.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.id.cmp(&b.id)));
    let mut lanes: Vec<Vec<&PlannedTask>> = Vec::new();
    for task in tasks {
        let free = lanes.iter_mut().find(|lane| lane.last().is_none_or(|last| last.finish_s <= task.start_s + 1e-9));
        match free {
            Some(lane) => lane.push(task),
            None => lanes.push(vec![task]),
        }
    }
    lanes
}

/// When a node began and when it ended or how far it is, and whether it still computes.
fn happened(run: &CurrentRun, node: &str, now_s: f64) -> Option<(f64, f64, bool)> {
    let (_, node) = run.node_named(node)?;
    let start_s = node.started_s?;
    let running = matches!(node.state, NodeRunState::Running { .. });
    Some((start_s, node.finished_s.unwrap_or(if running { now_s } else { start_s }), running))
}

fn colour_of(phase: &str, theme: &Theme) -> Color32 {
    match phase {
        "train" => theme.train,
        "deploy" => theme.deploy,
        _ => theme.prepare,
    }
}

#[allow(clippy::too_many_arguments, reason = "the body of the one function above")]
fn gantt(
    ui: &mut Ui,
    panel: &PlanPanel,
    runs: &RunState,
    run: &CurrentRun,
    plan: &PlanView,
    now_s: f64,
    theme: &Theme,
    tr: &Tr,
    actions: &mut Vec<PanelAction>,
) {
    let mut devices: Vec<&DeviceId> = plan.devices.iter().collect();
    for task in &plan.tasks {
        if !devices.contains(&&task.device) {
            devices.push(&task.device);
        }
    }
    let rows: Vec<_> = devices.into_iter().map(|device| (device, lanes(plan, device))).collect();
    let lane_count: usize = rows.iter().map(|(_, lanes)| lanes.len().max(1)).sum();
    // Tasks that run several times in the plan (training, then computing) share what happened to their node.
    let mut last_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut first_of: BTreeMap<&str, usize> = BTreeMap::new();
    for task in &plan.tasks {
        first_of.entry(&task.node).or_insert(task.id);
        last_of.insert(&task.node, task.id);
    }
    let axis_height = 20.0;
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, axis_height + ROW * lane_count as f32 + 6.0), Sense::hover());
    let names = NAMES.min(width * NAMES_SHARE);
    let chart = Rect::from_min_max(pos2(rect.left() + names, rect.top() + axis_height), rect.max);
    let end_s = plan.makespan_s.max(now_s).max(1e-3) * 1.02;
    let x_of = |t_s: f64| chart.left() + ((t_s / end_s) as f32) * chart.width();
    let painter = ui.painter().clone();
    let axis_font = FontId::new(theme.size.axis, FontFamily::Monospace);

    let step_s = time_step(end_s / f64::from(chart.width().max(1.0)) * 110.0);
    let mut mark_s = 0.0;
    while mark_s <= end_s {
        let x = x_of(mark_s);
        painter.vline(x, chart.y_range(), theme.line());
        let text = if step_s < 1.0 { format!("{mark_s:.1} s") } else { figures::clock(mark_s) };
        // Where the badge of the present stands there is no room for another time.
        if !runs.is_running() || (x - x_of(now_s)).abs() > BADGE {
            painter.text(pos2(x, rect.top() + 8.0), Align2::CENTER_CENTER, text, axis_font.clone(), theme.muted);
        }
        mark_s += step_s;
    }
    let mut y = chart.top();
    for (device, lanes) in &rows {
        let info = runs.devices().iter().find(|info| info.id == **device);
        let name_rect = Rect::from_min_size(pos2(rect.left(), y), vec2(names - 8.0, 18.0));
        clipped_text(ui, name_rect, info.map_or(device.0.as_str(), |info| &info.name), theme.semibold(), theme.text);
        let below = info.map(|info| match (info.threads, info.memory_bytes) {
            (Some(threads), _) => tr.fmt("plan-threads", &[("n", threads.to_string().into())]),
            (None, Some(bytes)) => format!("{} · {}", info.backend, figures::bytes(bytes as f64)),
            (None, None) => info.backend.clone(),
        });
        if let Some(below) = below {
            clipped_text(ui, name_rect.translate(vec2(0.0, 16.0)), &below, theme.small_font(), theme.muted);
        }
        for lane in lanes {
            for task in lane {
                let left = x_of(task.start_s);
                let bar = Rect::from_min_max(pos2(left, y), pos2(x_of(task.finish_s).max(left + 2.0), y + BAR));
                let over = run.node_named(&task.node).is_some_and(|(_, node)| node.state != NodeRunState::Waiting);
                let colour = colour_of(&task.phase, theme);
                let ground = if over { colour } else { theme.panel.lerp_to_gamma(colour, 0.45) };
                painter.rect_filled(bar, CornerRadius::same(4), ground);
                if panel.critical && task.critical {
                    let edge = Stroke::new(1.5, theme.critical);
                    painter.rect_stroke(bar, CornerRadius::same(4), edge, StrokeKind::Inside);
                }
                let label = label_of(task, tr);
                if bar.width() > 24.0 {
                    let font = theme.small_font();
                    clipped_text(ui, bar.shrink2(vec2(6.0, 0.0)), &label, font, text_on(theme, ground));
                }
                let response = ui.interact(bar, ui.scope_id().with(("task", task.id)), Sense::click());
                let actual = happened(run, &task.node, now_s);
                response.widget_info(|| {
                    let from = figures::clock(task.start_s);
                    let to = figures::clock(task.finish_s);
                    WidgetInfo::labeled(Role::Button, true, format!("{label}, {device}, {from} – {to}"))
                });
                if response.clicked()
                    && let Some((id, _)) = run.node_named(&task.node)
                {
                    actions.push(PanelAction::ShowNode(id));
                }
                response.on_hover_ui(|ui| task_card(ui, task, &label, actual, theme, tr));
                // What happened to a node is drawn once, from its first task on.
                if panel.actual
                    && first_of.get(task.node.as_str()) == Some(&task.id)
                    && let Some((from_s, to_s, running)) = actual
                {
                    let top = y + BAR + 3.0;
                    let left = x_of(from_s);
                    let line = Rect::from_min_max(pos2(left, top), pos2(x_of(to_s).max(left + 2.0), top + ACTUAL));
                    painter.rect_filled(line, CornerRadius::same(2), colour);
                    let planned_end =
                        last_of.get(task.node.as_str()).and_then(|id| plan.tasks.iter().find(|t| t.id == *id));
                    let planned_s = planned_end.map_or(0.0, |last| last.finish_s - task.start_s);
                    if !running && planned_s > 0.5 {
                        let error = (to_s - from_s) / planned_s - 1.0;
                        let text = format!("{:+.0} %", error * 100.0);
                        let place = pos2(line.right() + 4.0, line.center().y);
                        painter.text(place, Align2::LEFT_CENTER, text, axis_font.clone(), theme.muted);
                    }
                }
            }
            y += ROW;
        }
        if lanes.is_empty() {
            y += ROW;
        }
        painter.hline(rect.x_range(), y - 5.0, theme.line());
    }
    if runs.is_running() {
        painter.vline(x_of(now_s), chart.top() - 4.0..=chart.bottom(), Stroke::new(1.5, theme.accent));
        let badge = Rect::from_center_size(pos2(x_of(now_s), rect.top() + 8.0), vec2(BADGE, 15.0));
        painter.rect_filled(badge, CornerRadius::same(3), theme.accent);
        painter.text(badge.center(), Align2::CENTER_CENTER, tr.t("plan-now"), theme.small_font(), theme.on_accent);
    }
}

/// A round step of time [s]: as of other numbers below a minute, then in minutes and hours.
fn time_step(wanted_s: f64) -> f64 {
    if !wanted_s.is_finite() || wanted_s <= 0.0 {
        return 1.0;
    }
    [10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0]
        .into_iter()
        .find(|step| wanted_s > 5.0 && *step >= wanted_s)
        .unwrap_or_else(|| if wanted_s <= 5.0 { nice_step(wanted_s) } else { nice_step(wanted_s / 3600.0) * 3600.0 })
}

fn label_of(task: &PlannedTask, tr: &Tr) -> String {
    match task.phase.as_str() {
        "train" => format!("{} · {}", task.node, tr.t("phase-train")),
        "deploy" => format!("{} · {}", task.node, tr.t("phase-deploy")),
        _ => task.node.clone(),
    }
}

fn task_card(ui: &mut Ui, task: &PlannedTask, label: &str, actual: Option<(f64, f64, bool)>, theme: &Theme, tr: &Tr) {
    super::title(ui, theme, label);
    egui::Grid::new("task").num_columns(2).spacing(vec2(16.0, 2.0)).show(ui, |ui| {
        let mut row = |key: &str, text: String| {
            ui.label(small(theme, tr.t(key), theme.muted));
            ui.label(mono(theme, text, theme.text));
            ui.end_row();
        };
        row("plan-device", task.device.to_string());
        if !task.mode.is_empty() {
            row("plan-mode", task.mode.clone());
        }
        row("plan-forecast", format!("{} – {}", figures::clock(task.start_s), figures::clock(task.finish_s)));
        if let Some((from_s, to_s, running)) = actual {
            let to = if running { "…".to_owned() } else { figures::clock(to_s) };
            row("plan-happened", format!("{} – {to}", figures::clock(from_s)));
        }
        let slack = figures::duration(task.slack_s);
        row("plan-slack", if task.critical { tr.t("plan-slack-none").to_owned() } else { slack });
    });
    if !task.reason.is_empty() {
        ui.label(small(theme, &task.reason, theme.muted));
    }
}
