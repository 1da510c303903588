//! The training panel: runs at the left, loss and accuracy live at the right, other runs laid over them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use egui::{
    Align, Align2, CornerRadius, Id, Layout, Rect, Role, ScrollArea, Sense, StrokeKind, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};
use weft_protocol::{Command, Part, RunId, RunStatus};

use super::chart::{ChartView, Curve, Scale, chart_ui};
use super::{PanelAction, empty_state, figures, legend_dash, small, title};
use crate::i18n::Tr;
use crate::icons;
use crate::run_state::{CurveKey, NodeCurves, RunState, summary_accuracy};
use crate::series::{Series, Smoothed};
use crate::theme::Theme;

/// Points that a smoothed line takes in per frame: one that begins anew on a long run catches up over some frames.
const SMOOTHED_PER_FRAME: usize = 200_000;

/// How the training panel is looked at.
#[derive(Debug, Clone)]
pub struct TrainingPanel {
    /// Weight of what was before in the smoothed lines, 0 to below 1.
    pub smoothing: f64,
    /// Whether x counts steps, and not epochs.
    pub steps: bool,
    /// Whether loss has a logarithmic axis.
    pub log_loss: bool,
    /// Whether the current run is left out.
    pub current_hidden: bool,
    /// Earlier runs that are laid over, each with the number of its colour.
    overlays: BTreeMap<RunId, usize>,
    /// Runs whose record was asked for and has not come.
    asked: BTreeSet<RunId>,
    smoothed: HashMap<LineId, Smoothed>,
}

/// Identifies a line: run, node, series.
type LineId = (RunId, String, CurveKey);

impl Default for TrainingPanel {
    fn default() -> Self {
        Self {
            smoothing: 0.9,
            steps: false,
            log_loss: false,
            current_hidden: false,
            overlays: BTreeMap::new(),
            asked: BTreeSet::new(),
            smoothed: HashMap::new(),
        }
    }
}

impl TrainingPanel {
    /// Runs that are laid over the current one.
    pub fn overlays(&self) -> impl Iterator<Item = RunId> {
        self.overlays.keys().copied()
    }

    fn chosen(&self) -> Chosen<'_> {
        Chosen { overlays: &self.overlays, current_hidden: self.current_hidden }
    }

    fn toggle(&mut self, run: RunId) {
        self.asked.remove(&run);
        if self.overlays.remove(&run).is_none() {
            // The first colour belongs to the current run.
            let free = (1..).find(|number| !self.overlays.values().any(|used| used == number)).unwrap_or(1);
            self.overlays.insert(run, free);
        }
    }
}

/// Draws the panel.
pub fn training_ui(
    ui: &mut Ui,
    panel: &mut TrainingPanel,
    runs: &RunState,
    theme: &Theme,
    tr: &Tr,
) -> Vec<PanelAction> {
    let mut actions = Vec::new();
    // Only runs of the list can be laid over: not the current one, and none of another project.
    panel.overlays.retain(|run, _| runs.earlier().any(|earlier| earlier.run == *run));
    if runs.current().is_none() && runs.earlier().next().is_none() {
        empty_state(ui, theme, "chart-line", tr.t("training-empty"), tr.t("training-empty-hint"));
        return actions;
    }
    let full = ui.available_rect_before_wrap();
    let list_width = 208.0_f32.min(full.width() * 0.4);
    let list = Rect::from_min_max(full.min, pos2(full.left() + list_width, full.bottom()));
    ui.scope_builder(UiBuilder::new().max_rect(list.shrink2(vec2(0.0, 4.0))), |ui| {
        run_list(ui, panel, runs, theme, tr, &mut actions);
    });
    ui.painter().vline(list.right(), full.y_range(), theme.line());
    let plots = Rect::from_min_max(pos2(list.right() + 1.0, full.top()), full.max).shrink2(vec2(12.0, 6.0));
    ui.scope_builder(UiBuilder::new().max_rect(plots), |ui| plots_ui(ui, panel, runs, theme, tr));
    ui.advance_cursor_after_rect(full);
    actions
}

fn run_list(
    ui: &mut Ui,
    panel: &mut TrainingPanel,
    runs: &RunState,
    theme: &Theme,
    tr: &Tr,
    actions: &mut Vec<PanelAction>,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        title(ui, theme, tr.t("training-runs"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(8.0);
            let export = egui::Button::new(icons::text("export", 14.0, theme.muted)).frame(false);
            let response = ui.add(export).on_hover_text(tr.t("training-export"));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, tr.t("training-export")));
            if response.clicked() {
                actions.push(PanelAction::SaveText {
                    file_name: "curves.csv".to_owned(),
                    text: csv(panel.chosen(), runs),
                });
            }
        });
    });
    let settings_height = 84.0;
    let list_height = (ui.available_height() - settings_height).max(24.0);
    ScrollArea::vertical().id_salt("runs").auto_shrink([false, false]).max_height(list_height).show(ui, |ui| {
        if let Some(current) = runs.current() {
            let state = match current.status {
                RunStatus::Running => "training-run-now",
                status => status_key(status),
            };
            let name = format!("#{} {}", current.id, tr.t(state));
            let shown = !panel.current_hidden;
            if run_row(ui, theme, &name, shown.then(|| theme.series(0)), true, runs.best_accuracy()) {
                panel.current_hidden = shown;
            }
        }
        for run in runs.earlier() {
            let name = format!("#{} {}", run.run, tr.t(status_key(run.status)));
            let colour = panel.overlays.get(&run.run).map(|number| theme.series(*number));
            if run_row(ui, theme, &name, colour, false, summary_accuracy(run)) {
                panel.toggle(run.run);
            }
        }
    });
    // Whatever is laid over must be fetched, once.
    for run in panel.overlays.keys() {
        if runs.loaded(*run).is_some() {
            panel.asked.remove(run);
        } else if panel.asked.insert(*run) {
            actions.push(PanelAction::Command(Command::GetRun { run: *run }));
        }
    }
    ui.add_space(4.0);
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        let label = ui.label(small(theme, tr.t("training-smooth"), theme.muted));
        ui.spacing_mut().slider_width = (ui.available_width() - 62.0).max(40.0);
        ui.add(egui::Slider::new(&mut panel.smoothing, 0.0..=0.999).max_decimals(3).logarithmic(false))
            .labelled_by(label.id);
    });
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        ui.label(small(theme, tr.t("training-axis"), theme.muted));
        ui.selectable_value(&mut panel.steps, false, small(theme, tr.t("training-epochs"), theme.text));
        ui.selectable_value(&mut panel.steps, true, small(theme, tr.t("training-steps"), theme.text));
    });
    if runs.left_out() > 0 && runs.is_running() {
        ui.horizontal(|ui| {
            ui.add_space(12.0);
            let points = figures::count(runs.left_out());
            ui.label(small(theme, tr.fmt("training-left-out", &[("n", points.into())]), theme.warn));
        });
    }
}

/// The key of the word for how a run stands.
pub(super) fn status_key(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "run-status-running",
        RunStatus::Done => "run-status-done",
        RunStatus::Failed => "run-status-failed",
        RunStatus::Stopped => "run-status-stopped",
        RunStatus::Interrupted => "run-status-interrupted",
    }
}

/// A run in the list: its colour if it is shown, its name, its best accuracy. Returns whether it was clicked.
fn run_row(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    colour: Option<egui::Color32>,
    current: bool,
    accuracy: Option<f64>,
) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme.size.row), Sense::click());
    let figure = accuracy.map(|share| figures::percent(share, 2));
    response.widget_info(|| {
        let label = format!("{name} {}", figure.as_deref().unwrap_or(""));
        WidgetInfo::selected(Role::CheckBox, true, colour.is_some(), label.trim_end())
    });
    if current {
        ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.selection());
    } else if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.hover());
    }
    let square = Rect::from_center_size(pos2(rect.left() + 17.0, rect.center().y), vec2(10.0, 10.0));
    match colour {
        Some(colour) => {
            ui.painter().rect_filled(square, CornerRadius::same(2), colour);
        }
        None => {
            ui.painter().rect_stroke(square, CornerRadius::same(2), (1.0, theme.strong), StrokeKind::Inside);
        }
    }
    let text = if colour.is_some() { theme.text } else { theme.muted };
    let name_rect = Rect::from_min_max(pos2(rect.left() + 30.0, rect.top()), pos2(rect.right() - 66.0, rect.bottom()));
    super::clipped_text(ui, name_rect, name, theme.font(), text);
    if let Some(figure) = figure {
        let place = pos2(rect.right() - 10.0, rect.center().y);
        ui.painter().text(place, Align2::RIGHT_CENTER, figure, theme.mono_small(), theme.muted);
    }
    response.clicked()
}

/// Which runs are shown.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    overlays: &'a BTreeMap<RunId, usize>,
    current_hidden: bool,
}

/// A series that is shown, and how.
struct Shown<'a> {
    run: RunId,
    node: &'a str,
    key: &'a CurveKey,
    series: &'a Series,
    /// Steps of an epoch.
    steps_per_epoch: Option<f64>,
    colour: egui::Color32,
    /// Whether it belongs to the current run.
    current: bool,
    name: String,
}

fn plots_ui(ui: &mut Ui, panel: &mut TrainingPanel, runs: &RunState, theme: &Theme, tr: &Tr) {
    let full = ui.available_rect_before_wrap();
    let chosen = Chosen { overlays: &panel.overlays, current_hidden: panel.current_hidden };
    let second = second_metric(chosen, runs);
    let loss = collect(chosen, runs, theme, tr, "loss");
    let other = collect(chosen, runs, theme, tr, &second);
    if loss.is_empty() && other.is_empty() {
        let (text, hint) = if runs.is_running() && !panel.current_hidden {
            (tr.t("training-waiting"), tr.t("training-waiting-hint"))
        } else {
            (tr.t("training-nothing"), tr.t("training-nothing-hint"))
        };
        empty_state(ui, theme, "chart-line", text, hint);
        return;
    }
    // Smoothed lines that are not shown any more are let go, and those that are shown take in what is new.
    let mut old = std::mem::take(&mut panel.smoothed);
    let mut behind = false;
    for shown in loss.iter().chain(&other).filter(|shown| !shown.key.per_epoch) {
        let id = (shown.run, shown.node.to_owned(), shown.key.clone());
        let mut smoothed = old.remove(&id).unwrap_or_default();
        behind |= !smoothed.follow(shown.series, panel.smoothing, SMOOTHED_PER_FRAME);
        panel.smoothed.insert(id, smoothed);
    }
    if behind {
        ui.ctx().request_repaint();
    }
    let gap = 20.0;
    let width = (full.width() - gap) / 2.0;
    let left = Rect::from_min_size(full.min, vec2(width, full.height()));
    let right = left.translate(vec2(width + gap, 0.0));
    let end_steps = planned_steps(runs).filter(|_| !panel.current_hidden);

    let loss_title = tr.t("training-loss");
    let mut log = panel.log_loss;
    ui.scope_builder(UiBuilder::new().max_rect(left).id_salt("loss"), |ui| {
        let scale = if log { Scale::Logarithm } else { Scale::Number };
        plot_ui(ui, panel, theme, tr, loss_title, "loss", scale, end_steps, &loss, Some(&mut log));
    });
    panel.log_loss = log;
    let other_title = match second.as_str() {
        "accuracy" => tr.t("training-accuracy"),
        name => name,
    };
    ui.scope_builder(UiBuilder::new().max_rect(right).id_salt("other"), |ui| {
        let scale = if figures::is_share(&second) { Scale::Percent } else { Scale::Number };
        plot_ui(ui, panel, theme, tr, other_title, &second, scale, end_steps, &other, None);
    });
}

/// One plot: title, legend and switch above, curves below, and a word when points were left out.
#[allow(clippy::too_many_arguments, reason = "one caller, twice; a struct would only repeat the names")]
fn plot_ui(
    ui: &mut Ui,
    panel: &TrainingPanel,
    theme: &Theme,
    tr: &Tr,
    heading: &str,
    metric: &str,
    scale: Scale,
    end_steps: Option<(f64, f64)>,
    shown: &[Shown<'_>],
    log: Option<&mut bool>,
) {
    let full = ui.available_rect_before_wrap();
    ui.horizontal(|ui| {
        title(ui, theme, heading);
        if let Some(log) = log {
            ui.toggle_value(log, small(theme, tr.t("training-log-axis"), theme.muted));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut named: Vec<(&str, egui::Color32, bool)> = Vec::new();
            for line in shown {
                if !named.iter().any(|(name, ..)| *name == line.name) {
                    named.push((&line.name, line.colour, !line.current && line.key.part != Part::Train));
                }
            }
            // From right to left: the name first, then its dash.
            for (name, colour, dashed) in named.into_iter().rev() {
                ui.spacing_mut().item_spacing.x = 4.0;
                ui.label(small(theme, name, theme.muted));
                legend_dash(ui, colour, dashed);
                ui.add_space(8.0);
            }
        });
    });
    let x_scale = |line: &Shown<'_>| match line.steps_per_epoch {
        Some(steps) if !panel.steps && steps > 0.0 => 1.0 / steps,
        _ => 1.0,
    };
    let mut curves = Vec::new();
    for line in shown {
        let width = if line.current { 2.0 } else { 1.25 };
        let dashed = !line.current && line.key.part != Part::Train;
        if line.key.per_epoch {
            curves.push(Curve {
                series: line.series,
                x_scale: x_scale(line),
                colour: line.colour,
                width,
                dashed,
                markers: true,
                name: Some(line.name.clone()),
            });
            continue;
        }
        let smoothed = panel.smoothed.get(&(line.run, line.node.to_owned(), line.key.clone()));
        let smoothed = smoothed.map(Smoothed::series).filter(|series| !series.is_empty());
        if line.current && panel.smoothing > 0.0 || smoothed.is_none() {
            curves.push(Curve {
                series: line.series,
                x_scale: x_scale(line),
                colour: line.colour.gamma_multiply(0.28),
                width: 1.0,
                dashed: false,
                markers: false,
                name: None,
            });
        }
        if let Some(series) = smoothed {
            curves.push(Curve {
                series,
                x_scale: x_scale(line),
                colour: line.colour,
                width,
                dashed,
                markers: false,
                name: Some(line.name.clone()),
            });
        }
    }
    let per_epoch = shown.iter().filter(|line| line.current).chain(shown).find_map(|line| line.steps_per_epoch);
    let x_text = |x: f64| {
        let step = match per_epoch {
            Some(steps) if !panel.steps => x * steps,
            _ => x,
        };
        tr.fmt("training-step", &[("n", figures::count(step.max(0.0).round() as u64).into())])
    };
    let in_steps = panel.steps || per_epoch.is_none();
    let x_min_end = end_steps.map_or(0.0, |(steps, epochs)| if in_steps { steps } else { epochs });
    let names: Vec<_> = shown.iter().map(|line| line.name.as_str()).collect();
    let note_height = 14.0;
    let rect =
        Rect::from_min_max(pos2(full.left(), ui.cursor().top()), pos2(full.right(), full.bottom() - note_height));
    let thinned = chart_ui(
        ui,
        theme,
        &ChartView {
            // Another unit or another axis is another view.
            id: Id::unique(("weft training plot", metric, in_steps, scale == Scale::Logarithm)),
            rect,
            x_min_end,
            y: scale,
            x_text: &x_text,
            accessible_name: &format!("{heading}: {}", names.join(", ")),
        },
        &curves,
    );
    let unreal: u64 = shown.iter().map(|line| line.series.unreal()).sum();
    let unit = if in_steps { tr.t("training-steps") } else { tr.t("training-epochs") };
    let note = Rect::from_min_max(pos2(full.left(), full.bottom() - note_height), full.max);
    ui.scope_builder(UiBuilder::new().max_rect(note).layout(Layout::right_to_left(Align::Center)), |ui| {
        ui.label(small(theme, unit, theme.muted));
        if thinned {
            ui.label(small(theme, tr.t("training-thinned"), theme.muted)).on_hover_text(tr.t("training-thinned-hint"));
        }
        if unreal > 0 {
            let n = figures::count(unreal);
            ui.label(small(theme, tr.fmt("training-unreal", &[("n", n.into())]), theme.error));
        }
    });
}

/// The metric of the second plot: accuracy where there is one, else the first metric beside loss.
fn second_metric(chosen: Chosen<'_>, runs: &RunState) -> String {
    let mut first = None;
    for (_, _, curves) in sources(chosen, runs) {
        for curves in curves.values() {
            for (key, _) in curves.curves() {
                if key.metric == "accuracy" {
                    return key.metric.clone();
                }
                if key.metric != "loss" && first.is_none() {
                    first = Some(key.metric.clone());
                }
            }
        }
    }
    first.unwrap_or_else(|| "accuracy".to_owned())
}

/// The runs that are shown: number, number of the colour (none for the current one) and series.
fn sources<'a>(
    chosen: Chosen<'a>,
    runs: &'a RunState,
) -> impl Iterator<Item = (RunId, Option<usize>, &'a BTreeMap<String, NodeCurves>)> {
    let overlays =
        chosen.overlays.iter().filter_map(|(run, number)| Some((*run, Some(*number), &runs.loaded(*run)?.curves)));
    let current = runs.current().filter(move |_| !chosen.current_hidden).map(|run| (run.id, None, &run.curves));
    // The current run is drawn last, over the others.
    overlays.chain(current)
}

/// The series of a metric that are shown. A part that is measured per step is not shown per epoch as well.
fn collect<'a>(chosen: Chosen<'a>, runs: &'a RunState, theme: &Theme, tr: &Tr, metric: &str) -> Vec<Shown<'a>> {
    let mut out = Vec::new();
    for (run, number, nodes) in sources(chosen, runs) {
        let measured = |curves: &NodeCurves| curves.curves().any(|(key, _)| key.metric == metric);
        let several = nodes.values().filter(|curves| measured(curves)).count() > 1;
        for (node, curves) in nodes {
            for (key, series) in curves.curves().filter(|(key, _)| key.metric == metric) {
                if key.per_epoch && curves.curve(metric, key.part, false).is_some() {
                    continue;
                }
                let part = match key.part {
                    Part::Train => tr.t("part-train"),
                    Part::Validation => tr.t("part-validation"),
                    Part::Test => tr.t("part-test"),
                };
                let what = if several { format!("{node} {part}") } else { part.to_owned() };
                let (colour, name) = match (number, key.part) {
                    (None, Part::Train) => (theme.train, what),
                    (None, Part::Validation) => (theme.evaluate, what),
                    (None, Part::Test) => (theme.prepare, what),
                    (Some(number), _) => (theme.series(number), format!("#{run} {what}")),
                };
                out.push(Shown {
                    run,
                    node,
                    key,
                    series,
                    steps_per_epoch: curves.steps_per_epoch(),
                    colour,
                    current: number.is_none(),
                    name,
                });
            }
        }
    }
    out
}

/// Steps and epochs that the current run will have when it is done, as far as it has said.
fn planned_steps(runs: &RunState) -> Option<(f64, f64)> {
    let run = runs.current()?;
    run.nodes.values().find_map(|node| match node.state {
        crate::run_state::NodeRunState::Running { steps, epochs: Some(epochs), .. } if steps > 0 => {
            Some((steps as f64, f64::from(epochs)))
        }
        _ => None,
    })
}

/// What is shown as a table: every measured point, none left out, shares as fractions.
fn csv(chosen: Chosen<'_>, runs: &RunState) -> String {
    let mut out = "run,node,metric,part,per_epoch,step,value\n".to_owned();
    for (run, _, nodes) in sources(chosen, runs) {
        for (node, curves) in nodes {
            let node = node.replace('"', "\"\"");
            for (key, series) in curves.curves() {
                let part = match key.part {
                    Part::Train => "train",
                    Part::Validation => "validation",
                    Part::Test => "test",
                };
                for [step, value] in series.points() {
                    out.push_str(&format!("{run},\"{node}\",{},{part},{},{step},{value}\n", key.metric, key.per_epoch));
                }
            }
        }
    }
    out
}
