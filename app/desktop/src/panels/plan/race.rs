//! The race: all rules on the graph as it is, convergence drawn as it comes, and the plan to take.

use egui::{
    Align, Button, DragValue, Grid, Id, Label, Layout, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, pos2,
    vec2,
};
use weft_protocol::Command;

use super::super::chart::{ChartView, Curve, Dash, Entry, Look, Scale, XMap, chart_ui, legend_ui};
use super::super::{PanelAction, empty_state, figures, mono, small};
use super::{PlanContext, PlanPanel};
use crate::focus;
use crate::icons;
use crate::planning::{PlannerSettings, Planning, RACE_RANGE_S, Racer};
use crate::widgets;

/// Width from which chart and table stand beside one another.
const BESIDE: f32 = 720.0;
/// Width of the table.
const TABLE: f32 = 400.0;
/// Height of the chart where they do not.
const CHART: f32 = 200.0;

/// Draws the page.
pub(super) fn race_ui(
    ui: &mut Ui,
    panel: &mut PlanPanel,
    planning: &mut Planning,
    planner: &mut PlannerSettings,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let (theme, tr) = (with.theme, with.tr);
    head(ui, planning, planner, with, actions);
    if let Some(fault) = &planning.race.refused {
        ui.add(Label::new(RichText::new(tr.said(&fault.message)).color(theme.error)).wrap());
        ui.add(Label::new(small(theme, tr.said(&fault.remedy), theme.muted)).wrap());
        return;
    }
    if planning.race.racers.is_empty() {
        empty_state(ui, theme, "flag-checkered", tr.t("race-empty"), tr.t("race-empty-hint"));
        return;
    }
    let full = ui.available_rect_before_wrap();
    if full.width() >= BESIDE && full.height() >= 120.0 {
        let left = full.with_max_x(full.right() - TABLE - 16.0);
        ui.scope_builder(UiBuilder::new().max_rect(left), |ui| chart(ui, panel, planning, with));
        let right = full.with_min_x(full.right() - TABLE);
        ui.scope_builder(UiBuilder::new().max_rect(right), |ui| {
            ScrollArea::vertical().id_salt("race table").auto_shrink([false, false]).show(ui, |ui| {
                table(ui, planning, with);
                focus::keep_in_view(ui);
            });
        });
        ui.allocate_rect(full, Sense::hover());
    } else {
        ScrollArea::both().id_salt("race").auto_shrink([false, false]).show(ui, |ui| {
            let width = full.width() - 12.0;
            let (rect, _) = ui.allocate_exact_size(vec2(width, CHART), Sense::hover());
            ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| chart(ui, panel, planning, with));
            table(ui, planning, with);
            focus::keep_in_view(ui);
        });
    }
}

fn head(
    ui: &mut Ui,
    planning: &mut Planning,
    planner: &mut PlannerSettings,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let (theme, tr) = (with.theme, with.tr);
    ui.horizontal_wrapped(|ui| {
        if planning.is_racing() {
            if widgets::button(ui, theme, "stop", tr.t("race-stop")).clicked()
                && let Some(ticket) = planning.race_ticket()
            {
                actions.push(PanelAction::Command(Command::CancelPlan { ticket }));
            }
            widgets::busy(ui, theme, 14.0);
        } else {
            let again = if planning.race.racers.is_empty() { "race-begin" } else { "race-again" };
            let rules: Vec<_> =
                with.schedulers.iter().filter(|rule| !planner.race_without.contains(&rule.name)).collect();
            ui.add_enabled_ui(with.may_plan && !rules.is_empty(), |ui| {
                if widgets::primary_button(ui, theme, "play", tr.t(again), "").clicked() {
                    let each = |name: &str| planner.choice_of(name, Some(planner.race_s));
                    planning.begin_race(rules.iter().map(|rule| each(&rule.name)).collect());
                    ui.ctx().request_repaint();
                }
            });
        }
        let name = tr.t("race-time");
        let field = DragValue::new(&mut planner.race_s).range(RACE_RANGE_S).speed(0.05).suffix(" s").max_decimals(1);
        widgets::named(ui.add(field), Role::SpinButton, name).on_hover_text(tr.t("race-time-hint"));
        let racing = with.schedulers.len().saturating_sub(planner.race_without.len());
        let text = tr.fmt("race-rules", &[("n", racing.into())]);
        let menu = ui.menu_button(small(theme, &text, theme.text), |ui| {
            for rule in with.schedulers {
                let mut on = !planner.race_without.contains(&rule.name);
                if ui.checkbox(&mut on, &rule.name).on_hover_text(tr.of(&rule.summary)).changed() {
                    match on {
                        true => planner.race_without.remove(&rule.name),
                        false => planner.race_without.insert(rule.name.clone()),
                    };
                }
            }
        });
        widgets::named(menu.response, Role::Button, &text);
        if !planning.race.racers.is_empty() && !planning.race_is_current() {
            ui.label(icons::text("warning", 14.0, theme.warn));
            ui.label(small(theme, tr.t("race-outdated"), theme.muted));
        }
    });
}

fn look(number: usize, with: &PlanContext<'_>) -> Look {
    let dash = if number < 8 { Dash::Solid } else { Dash::numbered(1 + number % 4) };
    Look { colour: with.theme.series(number), width: 2.0, dash, marker: None }
}

fn chart(ui: &mut Ui, panel: &mut PlanPanel, planning: &Planning, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let race = &planning.race;
    let bound_look = Look { colour: theme.error, width: 1.5, dash: Dash::Long, marker: None };
    let bound_name = tr.t("race-bound").to_owned();
    let mut curves: Vec<Curve<'_>> = race
        .racers
        .iter()
        .enumerate()
        .filter(|(_, racer)| !racer.curve.is_empty())
        .map(|(number, racer)| Curve {
            trace: racer.curve.trace(),
            map: XMap::Times(1.0),
            look: look(number, with),
            name: racer.scheduler.algorithm.clone(),
            main: true,
        })
        .collect();
    let end_s = race.racers.iter().filter_map(|racer| Some(racer.last?.elapsed_s)).fold(0.1, f64::max);
    if !race.bound.is_empty() {
        let (trace, map) = (race.bound.trace(), XMap::Times(1.0));
        curves.push(Curve { trace, map, look: bound_look, name: bound_name, main: true });
    }
    let entries: Vec<Entry> = curves.iter().map(|curve| Entry { name: curve.name.clone(), look: curve.look }).collect();
    ui.label(small(theme, tr.t("race-chart"), theme.muted));
    legend_ui(ui, theme, tr, &mut panel.race, &entries);
    let rect = ui.available_rect_before_wrap();
    let rect = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom().max(rect.top() + 60.0)));
    let view = ChartView {
        id: Id::unique("race chart"),
        rect,
        x_min_end: end_s,
        x: Scale::Number,
        y: Scale::Time,
        x_text: &|x| format!("{x:.2} s"),
        accessible_name: tr.t("race-chart"),
    };
    chart_ui(ui, theme, tr, &mut panel.race, &view, &curves);
    ui.allocate_rect(rect, Sense::hover());
}

fn table(ui: &mut Ui, planning: &mut Planning, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let adopted = planning.adopted().map(|(_, rule)| rule.clone());
    let mut order: Vec<usize> = (0..planning.race.racers.len()).collect();
    let best = |racer: &Racer| racer.makespan_s().unwrap_or(f64::INFINITY);
    order.sort_by(|a, b| best(&planning.race.racers[*a]).total_cmp(&best(&planning.race.racers[*b])));
    let current = planning.race_is_current() && !planning.is_racing();
    let mut wanted = None;
    Grid::new("race").num_columns(6).striped(true).spacing(vec2(14.0, 4.0)).show(ui, |ui| {
        for key in ["race-rule", "race-makespan", "race-gap", "race-found", "race-proved", ""] {
            ui.label(small(theme, if key.is_empty() { "" } else { tr.t(key) }, theme.muted));
        }
        ui.end_row();
        for number in order {
            let racer = &planning.race.racers[number];
            let name = racer.scheduler.algorithm.as_str();
            let ink = if racer.best { theme.ok } else { theme.text };
            ui.horizontal(|ui| {
                ui.label(icons::filled("circle", 8.0, look(number, with).colour));
                ui.label(RichText::new(name).color(theme.text));
                if racer.best {
                    ui.label(icons::filled("trophy", 13.0, theme.ok)).on_hover_text(tr.t("race-best"));
                }
            });
            let dash = || "–".to_owned();
            ui.label(mono(theme, racer.makespan_s().map_or_else(dash, figures::duration), ink));
            match &racer.result {
                Some(Ok(plan)) => {
                    ui.label(mono(theme, figures::percent(plan.gap, 1), theme.text));
                    ui.label(mono(theme, seconds(racer.found_s.unwrap_or(plan.planned_in_s)), theme.text));
                    let (icon, key) = if plan.proved { ("check", "race-yes") } else { ("minus", "race-no") };
                    ui.label(icons::text(icon, 14.0, if plan.proved { theme.ok } else { theme.muted }))
                        .on_hover_text(tr.t(key));
                    if adopted.as_ref() == Some(&racer.scheduler) {
                        ui.label(small(theme, tr.t("race-adopted"), theme.ok));
                    } else {
                        let text = tr.fmt("race-adopt-name", &[("rule", name.into())]);
                        let button = Button::new(small(theme, tr.t("race-adopt"), theme.text)).small();
                        let button = widgets::named(ui.add_enabled(current, button), Role::Button, &text);
                        if button.on_hover_text(tr.t("race-adopt-hint")).clicked() {
                            wanted = Some(number);
                        }
                    }
                }
                Some(Err(fault)) => {
                    ui.add(Label::new(small(theme, tr.said(&fault.message), theme.error)).truncate());
                }
                None => {
                    let gap = racer.last.filter(|last| last.lower_bound_s > 0.0);
                    let gap = gap.map(|last| (last.makespan_s - last.lower_bound_s) / last.lower_bound_s);
                    ui.label(mono(theme, gap.map_or_else(dash, |gap| figures::percent(gap, 1)), theme.muted));
                    ui.label(mono(theme, racer.found_s.map_or_else(dash, seconds), theme.muted));
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| widgets::busy(ui, theme, 12.0));
                }
            }
            ui.end_row();
        }
    });
    if let Some(number) = wanted {
        planning.adopt(number);
    }
}

fn seconds(value: f64) -> String {
    if value < 1.0 { format!("{value:.3} s") } else { format!("{value:.1} s") }
}
