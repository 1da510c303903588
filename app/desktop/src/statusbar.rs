//! The bar at the bottom: what is going on, problems, when it was saved; processor, memory, language, theme, zoom.

use egui::{Align, Button, FontId, Label, Layout, Response, RichText, Role, Ui, UiBuilder, vec2};
use weft_model::Severity;

use crate::commands::UiCommand;
use crate::document::OpenProject;
use crate::i18n::Tr;
use crate::icons;
use crate::panels::figures;
use crate::run_state::RunState;
use crate::theme::Theme;
use crate::widgets;

/// Room at both ends of the bar [points].
const MARGIN: f32 = 12.0;
/// Room between two things [points].
const GAP: f32 = 12.0;
/// Room of what is always there: icons, zoom [points].
const ALWAYS: f32 = 170.0;
/// Room that the words for what is going on get before anything is left out for them [points].
const LEAST_HEADLINE: f32 = 140.0;

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
    let headline = runs.headline(tr);
    let problems = project.map(|project| problems(project, theme, tr));
    let saved = project.and_then(|project| project.saved_at).map(|saved_at| {
        let time = saved_at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M").to_string();
        tr.fmt("status-saved", &[("time", time.into())])
    });
    let language = tr.lang().own_name();
    let figures: Vec<String> = figures_of(runs).into_iter().flatten().collect();
    // What matters least is left out first where there is no room for all of it.
    let mut left = ui.available_width() - 2.0 * MARGIN - ALWAYS;
    left -= wide(ui, &headline, theme.small_font()).min(LEAST_HEADLINE);
    let mut room_for = |text: &str, font, more: f32| {
        let needed = wide(ui, text, font) + GAP + more;
        let fits = needed <= left;
        left -= if fits { needed } else { f32::INFINITY };
        fits
    };
    let with_problems = problems.as_ref().is_some_and(|(_, _, text)| room_for(text, theme.small_font(), 4.0));
    let with_language = room_for(language, theme.small_font(), 0.0);
    let with_saved = saved.as_ref().is_none_or(|text| room_for(text, theme.small_font(), 0.0));
    let shown_figures = figures.iter().rev().take_while(|text| room_for(text, theme.mono_small(), 0.0)).count();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.add_space(MARGIN);
        let running = runs.is_running();
        let color = if running { theme.run } else { theme.muted };
        ui.scope_builder(UiBuilder::new().layout(Layout::right_to_left(Align::Center)), |ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            ui.add_space(MARGIN);
            if let Some(zoom) = zoom {
                let text = format!("{:.0} %", zoom * 100.0);
                ui.label(RichText::new(text).font(theme.mono_small()).color(theme.muted));
            }
            let icon = if theme.is_dark() { "moon" } else { "sun" };
            let name = tr.t(UiCommand::SwitchTheme.label());
            if item(ui, theme, (icon, theme.muted, false), "", name).clicked() {
                request = Some(StatusRequest::Command(UiCommand::SwitchTheme));
            }
            let name = tr.t(UiCommand::SwitchLanguage.label());
            let language = if with_language { language } else { "" };
            if item(ui, theme, ("translate", theme.muted, false), language, name).clicked() {
                request = Some(StatusRequest::Command(UiCommand::SwitchLanguage));
            }
            for text in &figures[figures.len() - shown_figures..] {
                ui.label(RichText::new(text).font(theme.mono_small()).color(theme.muted));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let beside = problems.as_ref().map_or(0.0, |(_, _, text)| {
                    GAP + 25.0 + if with_problems { wide(ui, text, theme.small_font()) + 4.0 } else { 0.0 }
                });
                let saved = saved.filter(|_| with_saved);
                let beside = beside + saved.as_ref().map_or(0.0, |t| GAP + wide(ui, t, theme.small_font()));
                let room = (ui.available_width() - beside).max(0.0);
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    ui.spacing_mut().item_spacing.x = 4.0;
                    if running {
                        ui.label(icons::text("circle-notch", 13.0, color));
                    }
                    let headline = RichText::new(&headline).font(theme.small_font()).color(color);
                    ui.add(Label::new(headline).truncate());
                });
                if let Some((icon, color, text)) = &problems {
                    let words = if with_problems { text } else { "" };
                    if item(ui, theme, (icon, *color, true), words, text).clicked() {
                        request = Some(StatusRequest::Problems);
                    }
                }
                if let Some(saved) = saved {
                    ui.label(widgets::muted(saved, theme));
                }
            });
        });
    });
    request
}

/// Icon, its colour and words for the problems of a project.
fn problems(project: &OpenProject, theme: &Theme, tr: &Tr) -> (&'static str, egui::Color32, String) {
    let worst = project.problems().map(|p| p.severity).max();
    let n = project.problems().count();
    match worst {
        Some(Severity::Error) => ("warning-circle", theme.error, tr.fmt("status-problems", &[("n", n.into())])),
        Some(Severity::Warning) => ("warning", theme.warn, tr.fmt("status-problems", &[("n", n.into())])),
        None => ("check-circle", theme.ok, tr.t("status-no-problems").to_owned()),
    }
}

/// Width of a text in one line [points].
fn wide(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::PLACEHOLDER).size().x
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

fn item(ui: &mut Ui, theme: &Theme, icon: (&str, egui::Color32, bool), text: &str, name: &str) -> Response {
    let (icon, color, filled) = icon;
    let icon = if filled { icons::filled(icon, 13.0, color) } else { icons::text(icon, 13.0, color) };
    let button = match text.is_empty() {
        true => Button::new(icon),
        false => Button::new((icon, RichText::new(text).font(theme.small_font()).color(theme.muted))),
    };
    let button = button.frame_when_inactive(false).small().gap(4.0).min_size(vec2(0.0, 20.0));
    widgets::named(ui.add(button), Role::Button, name).on_hover_text(name)
}
