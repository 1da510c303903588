//! What is said of one task: where, when, how sure, and why here and why now.

use egui::{Grid, Label, Ui, vec2};
use weft_protocol::{DeviceInfo, PlannedTask};

use super::super::{figures, mono, small, title};
use super::gantt::Happened;
use super::layout::Laid;
use crate::i18n::Tr;
use crate::theme::Theme;

/// A time of a plan: to a tenth of a second where all of it takes less than a minute.
pub(super) fn time_text(at_s: f64, end_s: f64) -> String {
    if end_s < 60.0 && at_s.is_finite() { format!("{:.1} s", at_s.max(0.0)) } else { figures::clock(at_s) }
}

/// What a task is called.
pub(super) fn label_of(task: &PlannedTask, tr: &Tr) -> String {
    match task.phase.as_str() {
        "train" => format!("{} · {}", task.node, tr.t("phase-train")),
        "deploy" => format!("{} · {}", task.node, tr.t("phase-deploy")),
        _ => task.node.clone(),
    }
}

/// Why a task stands where it does; empty where nothing is known.
pub(super) fn why<'a>(task: &'a PlannedTask, tr: &Tr) -> &'a str {
    let why = task.why.get(tr.lang());
    if why.is_empty() { &task.reason } else { why }
}

/// How long a task may take, in a good and in a bad case; none where it is not known.
pub(super) fn range_text([low_s, high_s]: [f64; 2]) -> Option<String> {
    (high_s > 0.0 && high_s >= low_s).then(|| {
        if high_s < 60.0 {
            format!("{low_s:.1} – {high_s:.1} s")
        } else {
            format!("{} – {}", figures::clock(low_s), figures::clock(high_s))
        }
    })
}

/// The card of a task.
pub(super) fn card_ui(
    ui: &mut Ui,
    laid: &Laid,
    index: usize,
    happened: Option<Happened>,
    devices: &[DeviceInfo],
    theme: &Theme,
    tr: &Tr,
) {
    let Some(task) = laid.plan.tasks.get(index) else { return };
    ui.add(Label::new(crate::widgets::semibold(label_of(task, tr), theme)).truncate());
    let time = |at_s: f64| time_text(at_s, laid.end_s);
    let info = devices.iter().find(|info| info.id == task.device);
    Grid::new(("task", index)).num_columns(2).spacing(vec2(16.0, 2.0)).show(ui, |ui| {
        let mut row = |key: &str, text: String, ink| {
            ui.label(small(theme, tr.t(key), theme.muted));
            ui.add(Label::new(mono(theme, text, ink)).truncate());
            ui.end_row();
        };
        row("plan-device", info.map_or_else(|| task.device.to_string(), |info| info.name.clone()), theme.text);
        if !task.mode.is_empty() {
            row("plan-mode", task.mode.clone(), theme.text);
        }
        row("plan-forecast", format!("{} – {}", time(task.start_s), time(task.finish_s)), theme.text);
        let (start_s, finish_s) = laid.first_s[index];
        if (start_s - task.start_s).abs() > 0.05 || (finish_s - task.finish_s).abs() > 0.05 {
            row("plan-first-forecast", format!("{} – {}", time(start_s), time(finish_s)), theme.muted);
        }
        if let Some(range) = range_text(task.range_s) {
            row("plan-takes", range, theme.text);
        }
        if let Some(happened) = happened {
            let to = if happened.running { "…".to_owned() } else { time(happened.to_s) };
            row("plan-happened", format!("{} – {to}", time(happened.from_s)), theme.text);
        }
        if task.memory_bytes > 0 {
            let used = figures::bytes(task.memory_bytes as f64);
            let of = info.and_then(|info| info.memory_bytes).map(|all| figures::bytes(all as f64));
            let text = match of {
                Some(all) => tr.fmt("plan-memory-of", &[("used", used.into()), ("all", all.into())]),
                None => used,
            };
            row("plan-card-memory", text, theme.text);
        }
        if task.critical {
            row("plan-card-slack", tr.t("plan-slack-none").to_owned(), theme.critical);
        } else {
            row("plan-card-slack", figures::duration(task.slack_s), theme.text);
        }
        if task.cached {
            row("plan-result", tr.t("plan-cached").to_owned(), theme.cached);
        }
    });
    let why = why(task, tr);
    if !why.is_empty() {
        ui.add_space(4.0);
        title(ui, theme, tr.t("plan-why"));
        ui.add(Label::new(small(theme, why, theme.muted)).wrap());
    }
}
