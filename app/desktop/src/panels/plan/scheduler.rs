//! Which rule plans, with its parameters, time and seed.

use egui::{Button, ComboBox, DragValue, Label, RichText, Role, ScrollArea, Ui, vec2};
use weft_protocol::{SchedulerInfo, SchedulerParameter};

use super::super::{mono, small, title};
use super::PlanContext;
use super::costs::optional;
use crate::focus;
use crate::icons;
use crate::planning::PlannerSettings;
use crate::widgets;

/// Draws the page.
pub(super) fn scheduler_ui(ui: &mut Ui, planner: &mut PlannerSettings, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    ScrollArea::vertical().id_salt("scheduler").auto_shrink([false, false]).show(ui, |ui| {
        ui.set_width((ui.available_width() - 10.0).min(560.0));
        title(ui, theme, tr.t("scheduler-title"));
        let known = with.schedulers.iter().find(|rule| rule.name == planner.algorithm);
        let combo = ComboBox::from_id_salt("scheduler").selected_text(planner.algorithm.clone()).width(140.0);
        let shown = combo.height(320.0).show_ui(ui, |ui| {
            ui.set_min_width(260.0);
            for rule in with.schedulers {
                let chosen = rule.name == planner.algorithm;
                let text = RichText::new(&rule.name).font(theme.mono()).color(theme.text);
                let item = ui.add(Button::selectable(chosen, text).min_size(vec2(240.0, 24.0)));
                if widgets::named(item, Role::ListBoxOption, &rule.name).on_hover_text(tr.of(&rule.summary)).clicked() {
                    planner.algorithm.clone_from(&rule.name);
                }
            }
        });
        widgets::named(shown.response, Role::ComboBox, tr.t("scheduler-title"));
        if let Some(rule) = known {
            ui.add(Label::new(RichText::new(tr.of(&rule.summary)).color(theme.text)).wrap());
            if !rule.source.is_empty() {
                ui.add(Label::new(small(theme, &rule.source, theme.muted)).wrap());
            }
            parameters(ui, planner, rule, with);
        }
        ui.add_space(theme.size.section);
        optional(ui, with, "scheduler-time", &mut planner.time_limit_s, 10.0, |ui, value, name| {
            let field = DragValue::new(value).range(0.01..=3_600.0).speed(0.1).suffix(" s").max_decimals(2);
            widgets::named(ui.add(field), Role::SpinButton, name);
        });
        optional(ui, with, "scheduler-seed", &mut planner.seed, 1, |ui, value, name| {
            widgets::named(ui.add(DragValue::new(value).speed(1.0)), Role::SpinButton, name);
        });
        focus::keep_in_view(ui);
    });
}

fn parameters(ui: &mut Ui, planner: &mut PlannerSettings, rule: &SchedulerInfo, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    if rule.parameters.is_empty() {
        ui.label(small(theme, tr.t("scheduler-no-parameters"), theme.muted));
        return;
    }
    for parameter in &rule.parameters {
        ui.add_space(4.0);
        let set = planner.parameters.get(&rule.name).and_then(|set| set.get(&parameter.name)).copied();
        let mut value = set.unwrap_or(parameter.default);
        let name = parameter_name(parameter, with);
        ui.horizontal_wrapped(|ui| {
            ui.set_min_height(theme.size.field);
            let dot = if set.is_some() { theme.accent } else { theme.panel };
            ui.label(icons::filled("circle", 6.0, dot));
            ui.label(RichText::new(&name).color(theme.text));
            let wide = parameter.maximum - parameter.minimum;
            let whole = parameter.default.fract() == 0.0 && wide > 10.0;
            let mut field = DragValue::new(&mut value).range(parameter.minimum..=parameter.maximum).speed(if whole {
                (parameter.default / 50.0).max(0.2)
            } else {
                wide / 400.0
            });
            field = if whole { field.fixed_decimals(0) } else { field.max_decimals(3) };
            if !parameter.unit.is_empty() {
                field = field.suffix(format!(" {}", parameter.unit));
            }
            let changed = widgets::named(ui.add(field), Role::SpinButton, &name).changed();
            if changed {
                let value = if whole { value.round() } else { value };
                planner.parameters.entry(rule.name.clone()).or_default().insert(parameter.name.clone(), value);
            }
            let range = format!("{} – {}", number(parameter.minimum), number(parameter.maximum));
            ui.label(mono(theme, range, theme.muted));
            let reset = tr.fmt("scheduler-reset", &[("what", name.as_str().into())]);
            if set.is_some()
                && widgets::icon_button(ui, theme, "arrow-counter-clockwise", &reset).clicked()
                && let Some(of_rule) = planner.parameters.get_mut(&rule.name)
            {
                of_rule.remove(&parameter.name);
            }
        });
        ui.add(Label::new(small(theme, tr.of(&parameter.help), theme.muted)).wrap());
    }
}

fn number(value: f64) -> String {
    if value.abs() >= 1_000.0 { super::super::figures::count(value as u64) } else { value.to_string() }
}

/// What a parameter is called.
fn parameter_name(parameter: &SchedulerParameter, with: &PlanContext<'_>) -> String {
    let key = format!("parameter-{}", parameter.name.replace('_', "-"));
    let text = with.tr.t(&key);
    if text == key { parameter.name.clone() } else { text.to_owned() }
}
