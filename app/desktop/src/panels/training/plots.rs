//! The plots of the training panel: how they share the room, and around each its title, legend, menu and notes.

use std::collections::HashMap;

use egui::containers::menu::MenuButton;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Button, ComboBox, Id, Layout, Rect, Role, Ui, UiBuilder, pos2, vec2};

use super::super::chart::{
    ChartState, ChartView, Curve, Dash, Drawing, Entry, Found, Look, Scale, XMap, chart_ui, legend_ui, picture,
};
use super::super::{PanelAction, empty_state, figures, small, title};
use super::lines::{Chosen, Shown, collect, csv, other_metrics};
use super::{LEAST_PLOT, Page, TrainingPanel, XUnit, pages_ui};
use crate::export::Content;
use crate::i18n::Tr;
use crate::icons;
use crate::run_state::{NodeRunState, RunState};
use crate::theme::{Mode, Theme};
use crate::widgets;

/// Points that the smoothed lines take in per frame, all together: those that begin anew on a long run catch up over
/// some frames.
const SMOOTHED_PER_FRAME: usize = 120_000;
/// Height of the notes below a plot.
const NOTE_HEIGHT: f32 = 16.0;
/// Room between two plots.
const GAP: f32 = 20.0;

/// Both plots beside one another, one above the other, or one of them, whatever there is room for.
pub(super) fn plots_ui(
    ui: &mut Ui,
    panel: &mut TrainingPanel,
    runs: &RunState,
    theme: &Theme,
    tr: &Tr,
    actions: &mut Vec<PanelAction>,
) {
    let full = ui.available_rect_before_wrap();
    let second = second_metric(panel.chosen(), runs, panel.second.as_deref());
    let (left, right) = if full.width() >= 2.0 * LEAST_PLOT[0] + GAP {
        full.split_left_right_at_fraction(0.5)
    } else if full.height() >= 2.0 * LEAST_PLOT[1] + GAP {
        full.split_top_bottom_at_fraction(0.5)
    } else {
        if panel.page == Page::Runs {
            panel.page = Page::Loss;
        }
        let pages = [(Page::Loss, metric_title(tr, "loss")), (Page::Other, metric_title(tr, &second))];
        pages_ui(ui, panel, theme, &pages);
        let metric = if panel.page == Page::Other { second.as_str() } else { "loss" };
        plot_of(ui, panel, runs, theme, tr, metric, actions);
        return;
    };
    let shown = [left, right].into_iter().zip(["loss", second.as_str()]);
    if nothing(ui, panel, runs, theme, tr, &["loss", &second]) {
        return;
    }
    follow(ui, panel, runs, theme, tr, &["loss", &second]);
    for (index, (half, metric)) in shown.enumerate() {
        let gap = if left.top() == right.top() { vec2(GAP / 2.0, 0.0) } else { vec2(0.0, 4.0) };
        let half = match index {
            0 => Rect::from_min_max(half.min, half.max - gap),
            _ => Rect::from_min_max(half.min + gap, half.max),
        };
        ui.scope_builder(UiBuilder::new().max_rect(half).id_salt(index), |ui| {
            ui.shrink_clip_rect(half.expand(2.0));
            plot_ui(ui, panel, runs, theme, tr, metric, actions);
        });
    }
}

/// The plot of one metric, in all the room that there is.
pub(super) fn plot_of(
    ui: &mut Ui,
    panel: &mut TrainingPanel,
    runs: &RunState,
    theme: &Theme,
    tr: &Tr,
    metric: &str,
    actions: &mut Vec<PanelAction>,
) {
    if !nothing(ui, panel, runs, theme, tr, &[metric]) {
        follow(ui, panel, runs, theme, tr, &[metric]);
        plot_ui(ui, panel, runs, theme, tr, metric, actions);
    }
}

/// Says so if there is nothing to show. Returns whether that is the case.
fn nothing(ui: &mut Ui, panel: &TrainingPanel, runs: &RunState, theme: &Theme, tr: &Tr, metrics: &[&str]) -> bool {
    if metrics.iter().any(|metric| !collect(panel.chosen(), runs, theme, tr, metric).is_empty()) {
        return false;
    }
    let (text, hint) = if runs.is_running() && !panel.current_hidden {
        (tr.t("training-waiting"), tr.t("training-waiting-hint"))
    } else {
        (tr.t("training-nothing"), tr.t("training-nothing-hint"))
    };
    empty_state(ui, theme, "chart-line", text, hint);
    true
}

/// Smoothed lines that are not shown any more are let go, and those that are shown take in what is new.
fn follow(ui: &Ui, panel: &mut TrainingPanel, runs: &RunState, theme: &Theme, tr: &Tr, metrics: &[&str]) {
    let mut old = std::mem::take(&mut panel.smoothed);
    let mut kept = HashMap::with_capacity(old.len());
    let (mut behind, mut budget) = (false, SMOOTHED_PER_FRAME);
    if panel.smoothing > 0.0 {
        for metric in metrics {
            for shown in collect(panel.chosen(), runs, theme, tr, metric).iter().filter(|shown| !shown.key.per_epoch) {
                let id = (shown.run, shown.node.to_owned(), shown.key.clone());
                let mut smoothed = old.remove(&id).unwrap_or_default();
                behind |= !smoothed.follow(shown.series, panel.smoothing, &mut budget);
                kept.insert(id, smoothed);
            }
        }
    }
    panel.smoothed = kept;
    if behind {
        ui.ctx().request_repaint();
    }
}

/// The metric of the second plot: the one that was chosen, accuracy, or the first beside loss.
pub(super) fn second_metric(chosen: Chosen<'_>, runs: &RunState, wanted: Option<&str>) -> String {
    let metrics = other_metrics(chosen, runs);
    match wanted.filter(|wanted| metrics.contains(*wanted)) {
        Some(wanted) => wanted.to_owned(),
        None if metrics.contains("accuracy") => "accuracy".to_owned(),
        None => metrics.into_iter().next().unwrap_or_else(|| "accuracy".to_owned()),
    }
}

/// What a metric is called above its plot.
pub(super) fn metric_title(tr: &Tr, metric: &str) -> String {
    match metric {
        "loss" => tr.t("training-loss").to_owned(),
        "accuracy" => tr.t("training-accuracy").to_owned(),
        name => name.to_owned(),
    }
}

/// What the menu of a plot was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Csv,
    Svg,
    Png,
    Copy,
    Fit,
    ShowAll,
}

/// The lines of a plot, and which of them have no times.
fn lines<'a>(panel: &'a TrainingPanel, shown: &'a [Shown<'a>]) -> (Vec<Curve<'a>>, usize) {
    let mut curves = Vec::new();
    let mut without_times = 0;
    // A node that has not said how long its epochs are is taken to be like the others.
    let usual = shown.iter().find_map(|line| line.curves.steps_per_epoch());
    for line in shown {
        let map = match (panel.x, line.curves.steps_per_epoch().or(usual)) {
            (XUnit::Time, _) if line.curves.times().is_empty() => {
                without_times += 1;
                continue;
            }
            (XUnit::Time, _) => XMap::Table(line.curves.times()),
            (XUnit::Epochs, Some(steps)) if steps > 0.0 => XMap::Times(1.0 / steps),
            _ => XMap::Times(1.0),
        };
        let smoothed = panel.smoothed.get(&(line.run, line.node.to_owned(), line.key.clone()));
        let smoothed = smoothed.map(|smoothed| smoothed.trace(line.series)).filter(|trace| !trace.is_empty());
        let Some(smoothed) = smoothed else {
            let width = if line.key.per_epoch { line.look.width } else { 1.0 };
            let look = Look { width, ..line.look };
            curves.push(Curve { trace: line.series.trace(), map, look, name: line.name.clone(), main: true });
            continue;
        };
        if line.current {
            // What was measured stands pale behind what is smoothed.
            let look =
                Look { colour: line.look.colour.gamma_multiply(0.28), width: 1.0, dash: Dash::Solid, marker: None };
            curves.push(Curve { trace: line.series.trace(), map, look, name: line.name.clone(), main: false });
        }
        curves.push(Curve { trace: smoothed, map, look: line.look, name: line.name.clone(), main: true });
    }
    (curves, without_times)
}

/// One plot: title and menu above, legend, curves, and below it what must be said of them.
fn plot_ui(
    ui: &mut Ui,
    panel: &mut TrainingPanel,
    runs: &RunState,
    theme: &Theme,
    tr: &Tr,
    metric: &str,
    actions: &mut Vec<PanelAction>,
) {
    let full = ui.available_rect_before_wrap();
    let heading = metric_title(tr, metric);
    let others = if metric == "loss" { Default::default() } else { other_metrics(panel.chosen(), runs) };
    let mut chart = panel.charts.remove(metric).unwrap_or_default();
    let (log_before, mut second) = (panel.is_log(metric), None);
    let mut log = log_before;
    let mut in_own_colours = panel.own_colours;
    let share = figures::is_share(metric);

    // Title, axis and menu.
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut wish = None;
    ui.horizontal(|ui| {
        ui.set_height(theme.size.row);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            wish = menu(ui, theme, tr, &heading, &chart, &mut in_own_colours);
            if !share {
                ui.toggle_value(&mut log, small(theme, tr.t("training-log-axis"), theme.muted));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if others.len() > 1 {
                    let width = ui.available_width().clamp(60.0, 150.0);
                    let choice = ComboBox::from_id_salt("metric")
                        .icon(widgets::caret(theme))
                        .width(width)
                        .truncate()
                        .selected_text(&heading);
                    let response = choice.show_ui(ui, |ui| {
                        for other in &others {
                            if ui.selectable_label(other == metric, metric_title(tr, other)).clicked() {
                                second = Some(other.clone());
                            }
                        }
                    });
                    response.response.on_hover_text(tr.t("plot-metric"));
                } else {
                    title(ui, theme, &heading);
                }
            });
        });
    });
    let shown = collect(panel.chosen(), runs, theme, tr, metric);
    let (curves, without_times) = lines(panel, &shown);
    legend_ui(ui, theme, tr, &mut chart, &legend(&curves));

    let per_epoch =
        shown.iter().filter(|line| line.current).chain(&shown).find_map(|line| line.curves.steps_per_epoch());
    let unit = if panel.x == XUnit::Epochs && per_epoch.is_none() { XUnit::Steps } else { panel.x };
    let x_text = |x: f64| match unit {
        XUnit::Time => figures::duration(x),
        _ => {
            let step = if unit == XUnit::Epochs { x * per_epoch.unwrap_or(1.0) } else { x };
            tr.fmt("training-step", &[("n", figures::count(step.max(0.0).round() as u64).into())])
        }
    };
    let x_min_end = planned_steps(runs).filter(|_| !panel.current_hidden).map_or(0.0, |(steps, epochs)| match unit {
        XUnit::Steps => steps,
        XUnit::Epochs => epochs,
        XUnit::Time => 0.0,
    });
    let mut names: Vec<&str> = Vec::new();
    for line in &shown {
        if !names.contains(&line.name.as_str()) {
            names.push(&line.name);
        }
    }
    let scales = [
        if unit == XUnit::Time { Scale::Time } else { Scale::Number },
        match (share, log_before) {
            (true, _) => Scale::Percent,
            (false, true) => Scale::Logarithm,
            (false, false) => Scale::Number,
        },
    ];
    let top = ui.cursor().top();
    let rect = Rect::from_min_max(pos2(full.left(), top), pos2(full.right(), full.bottom() - NOTE_HEIGHT));
    let view = ChartView {
        id: Id::unique(("weft training plot", metric)),
        rect,
        x_min_end,
        x: scales[0],
        y: scales[1],
        x_text: &x_text,
        accessible_name: &format!("{heading}: {}", names.join(", ")),
    };
    let found = chart_ui(ui, theme, tr, &mut chart, &view, &curves);

    // Notes.
    let x_label = tr.t(match unit {
        XUnit::Epochs => "training-epochs",
        XUnit::Steps => "training-steps",
        XUnit::Time => "plot-time",
    });
    let guessed = unit == XUnit::Time && shown.iter().any(|line| line.curves.times_guessed());
    let unreal = shown.iter().filter(|line| chart.is_shown(&line.name)).map(|line| line.series.unreal()).sum();
    let notes = notes(theme, tr, found, unreal, without_times, guessed);
    let place = Rect::from_min_max(pos2(full.left(), full.bottom() - NOTE_HEIGHT), full.max);
    ui.scope_builder(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)), |ui| {
        ui.label(small(theme, x_label, theme.muted));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| notes_ui(ui, theme, &notes));
    });

    match wish {
        None => {}
        Some(Wish::Fit) => chart.fit(),
        Some(Wish::ShowAll) => chart.show_all(),
        Some(Wish::Csv) => {
            let wanted: Vec<_> =
                shown.iter().filter(|line| chart.is_shown(&line.name)).map(|line| (line.run, line.key)).collect();
            let content = Content::Curves(csv(panel.chosen(), runs, |run, key| wanted.contains(&(run, key))));
            actions.push(PanelAction::Save { file_name: format!("{}.csv", file_stem(metric)), content });
        }
        Some(wish @ (Wish::Svg | Wish::Png | Wish::Copy)) => {
            let light;
            let paper = if in_own_colours {
                theme
            } else {
                light = Theme::load(Mode::Light);
                &light
            };
            let shown = collect(panel.chosen(), runs, paper, tr, metric);
            let (curves, _) = lines(panel, &shown);
            let visible: Vec<_> = curves.iter().filter(|curve| chart.is_shown(&curve.name)).collect();
            let entries: Vec<_> = legend(&curves).into_iter().filter(|entry| chart.is_shown(&entry.name)).collect();
            let note = notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>().join(" · ");
            let font = theme.small_font();
            let painter = ui.painter();
            let drawing = Drawing {
                title: &heading,
                legend: &entries,
                note: &note,
                x_label,
                lang: tr.lang().id(),
                scales,
                x: chart.x_shown().unwrap_or((0.0, 1.0)),
                y: chart.y_shown().unwrap_or((0.0, 1.0)),
                width_of: &|text| {
                    painter.layout_no_wrap(text.to_owned(), font.clone(), theme.text).size().x * 12.0 / font.size
                },
            };
            let drawn = Box::new(picture(paper, &drawing, visible.into_iter()));
            let content = match wish {
                Wish::Copy => {
                    actions.push(PanelAction::Copy(drawn));
                    None
                }
                Wish::Svg => Some(Content::Svg(drawn)),
                _ => Some(Content::Png(drawn)),
            };
            if let Some(content) = content {
                let file_name = format!("{}.{}", file_stem(metric), content.extension());
                actions.push(PanelAction::Save { file_name, content });
            }
        }
    }
    drop(curves);
    if log != log_before {
        chart.fit_y();
        if log {
            panel.log.insert(metric.to_owned());
        } else {
            panel.log.remove(metric);
        }
    }
    panel.own_colours = in_own_colours;
    panel.charts.insert(metric.to_owned(), chart);
    panel.second = second.or(panel.second.take());
}

/// One entry for each name.
fn legend(curves: &[Curve<'_>]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for curve in curves.iter().filter(|curve| curve.main) {
        if !entries.iter().any(|entry| entry.name == curve.name) {
            entries.push(Entry { name: curve.name.clone(), look: curve.look });
        }
    }
    entries
}

/// The menu of a plot: what it can be saved as, and how it is looked at.
fn menu(ui: &mut Ui, theme: &Theme, tr: &Tr, heading: &str, chart: &ChartState, own: &mut bool) -> Option<Wish> {
    let mut wish = None;
    let icon = icons::text("dots-three", 16.0, theme.muted);
    let button = Button::new(icon).frame_when_inactive(false).min_size(vec2(26.0, 24.0));
    let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(180.0);
        for (key, of) in
            [("plot-csv", Wish::Csv), ("plot-svg", Wish::Svg), ("plot-png", Wish::Png), ("plot-copy", Wish::Copy)]
        {
            if ui.add(Button::new(tr.t(key)).frame_when_inactive(false)).clicked() {
                wish = Some(of);
                ui.close();
            }
        }
        widgets::tick(ui, theme, egui::Checkbox::new(own, tr.t("plot-own-colours")));
        ui.separator();
        for (key, of, enabled) in
            [("plot-fit", Wish::Fit, chart.is_zoomed()), ("plot-show-all", Wish::ShowAll, chart.hides_some())]
        {
            if ui.add_enabled(enabled, Button::new(tr.t(key)).frame_when_inactive(false)).clicked() {
                wish = Some(of);
                ui.close();
            }
        }
    });
    let name = tr.fmt("plot-menu", &[("plot", heading.into())]);
    widgets::named(response, Role::Button, &name).on_hover_text(name);
    wish
}

/// Something that must be said of a plot.
struct Note {
    text: String,
    hint: String,
    colour: egui::Color32,
}

fn notes(theme: &Theme, tr: &Tr, found: Found, unreal: u64, without_times: usize, guessed: bool) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |text: String, hint: &str, colour| {
        notes.push(Note { text, hint: tr.t(hint).to_owned(), colour });
    };
    if unreal > 0 {
        let n = figures::count(unreal);
        note(tr.fmt("training-unreal", &[("n", n.into())]), "plot-unreal-hint", theme.error);
    }
    if found.not_positive {
        note(tr.t("plot-not-positive").to_owned(), "plot-not-positive-hint", theme.warn);
    }
    if without_times > 0 {
        note(tr.fmt("plot-no-times", &[("n", without_times.into())]), "plot-no-times-hint", theme.warn);
    }
    if guessed {
        note(tr.t("plot-times-guessed").to_owned(), "plot-times-guessed-hint", theme.muted);
    }
    if found.thinned {
        note(tr.t("training-thinned").to_owned(), "plot-thinned-hint", theme.muted);
    }
    notes
}

/// The notes in one line, cut off where there is no room; all of it under the pointer.
fn notes_ui(ui: &mut Ui, theme: &Theme, notes: &[Note]) {
    if notes.is_empty() {
        return;
    }
    let mut job = LayoutJob::default();
    for (index, note) in notes.iter().enumerate() {
        let format = |colour| TextFormat { font_id: theme.small_font(), color: colour, ..TextFormat::default() };
        if index > 0 {
            job.append(" · ", 0.0, format(theme.muted));
        }
        job.append(&note.text, 0.0, format(note.colour));
    }
    let hints: Vec<_> = notes.iter().map(|note| format!("{}\n{}", note.text, note.hint)).collect();
    ui.add(egui::Label::new(job).truncate()).on_hover_text(hints.join("\n\n"));
}

/// A metric as part of the name of a file.
fn file_stem(metric: &str) -> String {
    metric.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// Steps and epochs that the current run will have when it is done, as far as it has said.
fn planned_steps(runs: &RunState) -> Option<(f64, f64)> {
    let run = runs.current()?;
    run.nodes.values().find_map(|node| match node.state {
        NodeRunState::Running { steps, epochs: Some(epochs), .. } if steps > 0 => {
            Some((steps as f64, f64::from(epochs)))
        }
        _ => None,
    })
}
