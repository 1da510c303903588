//! The bar at the bottom: what is going on, problems, when it was saved; processor, memory, language, theme, zoom.

use egui::{Align, Button, Layout, Response, RichText, Role, Ui, vec2};
use weft_model::Severity;

use crate::commands::UiCommand;
use crate::document::OpenProject;
use crate::i18n::Tr;
use crate::icons;
use crate::panels::figures;
use crate::run_state::RunState;
use crate::theme::Theme;
use crate::widgets;

/// What the status bar asks of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusRequest {
    /// Do this.
    Command(UiCommand),
    /// Show the problems.
    Problems,
}

/// Shows it. `zoom` is that of the canvas; none on the start page.
pub fn statusbar_ui(
    ui: &mut Ui,
    project: Option<&OpenProject>,
    runs: &RunState,
    zoom: Option<f64>,
    theme: &Theme,
    tr: &Tr,
) -> Option<StatusRequest> {
    let mut request = None;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        ui.add_space(12.0);
        let running = runs.is_running();
        let color = if running { theme.run } else { theme.muted };
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            if running {
                ui.label(icons::text("circle-notch", 13.0, color));
            }
            ui.label(RichText::new(runs.headline(tr)).font(theme.small_font()).color(color));
        });
        if let Some(project) = project {
            let worst = project.problems().map(|p| p.severity).max();
            let n = project.problems().count();
            let (icon, color, text) = match worst {
                Some(Severity::Error) => ("warning-circle", theme.error, tr.fmt("status-problems", &[("n", n.into())])),
                Some(Severity::Warning) => ("warning", theme.warn, tr.fmt("status-problems", &[("n", n.into())])),
                None => ("check-circle", theme.ok, tr.t("status-no-problems").to_owned()),
            };
            if item(ui, theme, Some((icon, color, true)), &text, &text).clicked() {
                request = Some(StatusRequest::Problems);
            }
            if let Some(saved_at) = project.saved_at {
                let time = saved_at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M").to_string();
                ui.label(widgets::muted(tr.fmt("status-saved", &[("time", time.into())]), theme));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 12.0;
            ui.add_space(12.0);
            if let Some(zoom) = zoom {
                let text = format!("{:.0} %", zoom * 100.0);
                ui.label(RichText::new(text).font(theme.mono_small()).color(theme.muted));
            }
            let icon = if theme.is_dark() { "moon" } else { "sun" };
            let name = tr.t(UiCommand::SwitchTheme.label());
            if item(ui, theme, Some((icon, theme.muted, false)), "", name).clicked() {
                request = Some(StatusRequest::Command(UiCommand::SwitchTheme));
            }
            let name = tr.t(UiCommand::SwitchLanguage.label());
            let language = tr.lang().own_name();
            if item(ui, theme, Some(("translate", theme.muted, false)), language, name).clicked() {
                request = Some(StatusRequest::Command(UiCommand::SwitchLanguage));
            }
            for text in figures_of(runs).into_iter().flatten() {
                ui.label(RichText::new(text).font(theme.mono_small()).color(theme.muted));
            }
        });
    });
    request
}

/// Memory and processor, from right to left; what cannot be measured is left out.
fn figures_of(runs: &RunState) -> [Option<String>; 2] {
    let Some(now) = runs.latest_resources() else { return [None, None] };
    let memory = now.memory_bytes.zip(now.memory_total_bytes).map(|(used, all)| {
        let (used, all) = (used as f64 / 1e9, figures::bytes(all as f64));
        format!("RAM {used:.1} / {all}")
    });
    [memory, now.cpu_busy.map(|busy| format!("CPU {}", figures::percent(busy, 0)))]
}

fn item(ui: &mut Ui, theme: &Theme, icon: Option<(&str, egui::Color32, bool)>, text: &str, name: &str) -> Response {
    let text = RichText::new(text).font(theme.small_font()).color(theme.muted);
    let button = match icon {
        Some((icon, color, true)) => Button::new((icons::filled(icon, 13.0, color), text)),
        Some((icon, color, false)) => Button::new((icons::text(icon, 13.0, color), text)),
        None => Button::new(text),
    };
    let button = button.frame_when_inactive(false).small().gap(4.0).min_size(vec2(0.0, 20.0));
    widgets::named(ui.add(button), Role::Button, name).on_hover_text(name)
}
