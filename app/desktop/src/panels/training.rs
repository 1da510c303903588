//! The training panel: runs at the left, loss and accuracy live at the right, other runs laid over them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use egui::{
    Align, Align2, CornerRadius, Layout, Rect, Role, ScrollArea, Sense, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};
use weft_protocol::{Command, RunId, RunStatus};

use super::chart::ChartState;
use super::{PanelAction, empty_state, figures, small, title};
use crate::export::Content;
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::run_state::{CurveKey, RunState, summary_accuracy};
use crate::series::Smoothed;
use crate::theme::Theme;

mod lines;
mod plots;

use lines::{Chosen, csv};
use plots::{plot_of, plots_ui};

/// Narrower than this there is room for one thing at a time: the runs or a plot.
const ONE_AT_A_TIME: f32 = 440.0;
/// How narrow and how low a plot may be before there is only one of them.
const LEAST_PLOT: [f32; 2] = [210.0, 150.0];

/// How low the list of runs may be before it is scrolled together with what stands beneath it.
const LEAST_LIST: f32 = 48.0;

/// What x counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum XUnit {
    /// Epochs.
    #[default]
    Epochs,
    /// Steps of the optimiser.
    Steps,
    /// Time from the beginning of the node.
    Time,
}

/// What is shown where there is room for one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Page {
    Runs,
    #[default]
    Loss,
    Other,
}

/// How the training panel is looked at.
#[derive(Debug, Clone)]
pub struct TrainingPanel {
    /// Weight of what was before in the smoothed lines, 0 to below 1.
    pub smoothing: f64,
    /// What x counts.
    pub x: XUnit,
    /// Metrics with a logarithmic axis.
    log: BTreeSet<String>,
    /// The metric of the second plot; none for the one that says most.
    second: Option<String>,
    /// What is shown where there is room for one thing.
    page: Page,
    /// Whether pictures have the colours of the window, and not those of paper.
    own_colours: bool,
    /// How the plot of each metric is looked at.
    charts: BTreeMap<String, ChartState>,
    /// Whether the current run is left out.
    pub current_hidden: bool,
    /// Earlier runs that are laid over, each with the number of its colour.
    overlays: BTreeMap<RunId, usize>,
    /// Runs whose record was asked for and has not come.
    asked: BTreeSet<RunId>,
    smoothed: HashMap<LineId, Smoothed>,
}

/// What x may count, each with the key of its word.
const X_UNITS: [(XUnit, &str); 3] =
    [(XUnit::Epochs, "training-epochs"), (XUnit::Steps, "training-steps"), (XUnit::Time, "plot-time")];

/// Identifies a line: run, node, series.
type LineId = (RunId, String, CurveKey);

impl Default for TrainingPanel {
    fn default() -> Self {
        Self {
            smoothing: 0.9,
            x: XUnit::default(),
            log: BTreeSet::new(),
            second: None,
            page: Page::default(),
            own_colours: false,
            charts: BTreeMap::new(),
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

    /// How the plot of a metric is looked at; none before it was shown.
    pub fn chart(&self, metric: &str) -> Option<&ChartState> {
        self.charts.get(metric)
    }

    /// Whether a metric has a logarithmic axis.
    pub fn is_log(&self, metric: &str) -> bool {
        self.log.contains(metric)
    }

    /// Memory that the smoothed lines take [bytes].
    pub fn smoothed_bytes(&self) -> usize {
        self.smoothed.values().map(Smoothed::bytes).sum()
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
    if full.width() < ONE_AT_A_TIME {
        let inner = full.shrink2(vec2(6.0, 4.0));
        ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
            let second = plots::second_metric(panel.chosen(), runs, panel.second.as_deref());
            let pages = [
                (Page::Runs, tr.t("training-runs").to_owned()),
                (Page::Loss, plots::metric_title(tr, "loss")),
                (Page::Other, plots::metric_title(tr, &second)),
            ];
            pages_ui(ui, panel, theme, &pages);
            match panel.page {
                Page::Runs => run_list(ui, panel, runs, theme, tr, &mut actions),
                Page::Loss => plot_of(ui, panel, runs, theme, tr, "loss", &mut actions),
                Page::Other => plot_of(ui, panel, runs, theme, tr, &second, &mut actions),
            }
        });
        ui.advance_cursor_after_rect(full);
        return actions;
    }
    let list_width = 208.0_f32.min(full.width() * 0.4);
    let list = Rect::from_min_max(full.min, pos2(full.left() + list_width, full.bottom()));
    ui.scope_builder(UiBuilder::new().max_rect(list.shrink2(vec2(0.0, 4.0))), |ui| {
        run_list(ui, panel, runs, theme, tr, &mut actions);
    });
    ui.painter().vline(list.right(), full.y_range(), theme.line());
    let plots = Rect::from_min_max(pos2(list.right() + 1.0, full.top()), full.max).shrink2(vec2(12.0, 6.0));
    ui.scope_builder(UiBuilder::new().max_rect(plots), |ui| plots_ui(ui, panel, runs, theme, tr, &mut actions));
    ui.advance_cursor_after_rect(full);
    actions
}

/// The switch between things that have no room beside one another.
fn pages_ui(ui: &mut Ui, panel: &mut TrainingPanel, theme: &Theme, pages: &[(Page, String)]) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
        ui.spacing_mut().button_padding = vec2(6.0, 2.0);
        for (page, text) in pages {
            ui.selectable_value(&mut panel.page, *page, small(theme, text, theme.text));
        }
    });
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
                actions.push(PanelAction::Save {
                    file_name: "curves.csv".to_owned(),
                    content: Content::Curves(csv(panel.chosen(), runs, |_, _| true)),
                });
            }
        });
    });
    let settings_height = if runs.left_out() > 0 && runs.is_running() { 102.0 } else { 76.0 };
    let list_height = ui.available_height() - settings_height;
    if list_height < LEAST_LIST {
        // Too low for a list of its own: all of it is scrolled.
        ScrollArea::vertical().id_salt("runs and settings").auto_shrink([false, false]).show(ui, |ui| {
            run_rows(ui, panel, runs, theme, tr);
            run_settings(ui, panel, runs, theme, tr);
            focus::keep_in_view(ui);
        });
    } else {
        ScrollArea::vertical().id_salt("runs").auto_shrink([false, false]).max_height(list_height).show(ui, |ui| {
            run_rows(ui, panel, runs, theme, tr);
            focus::keep_in_view(ui);
        });
        run_settings(ui, panel, runs, theme, tr);
    }
    // Whatever is laid over must be fetched, once.
    for run in panel.overlays.keys() {
        if runs.loaded(*run).is_some() {
            panel.asked.remove(run);
        } else if panel.asked.insert(*run) {
            actions.push(PanelAction::Command(Command::GetRun { run: *run }));
        }
    }
}

fn run_rows(ui: &mut Ui, panel: &mut TrainingPanel, runs: &RunState, theme: &Theme, tr: &Tr) {
    ui.spacing_mut().item_spacing.y = 0.0;
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
}

/// How smooth the lines are, and what x counts.
fn run_settings(ui: &mut Ui, panel: &mut TrainingPanel, runs: &RunState, theme: &Theme, tr: &Tr) {
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
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().button_padding.x = 5.0;
        let before = panel.x;
        for (unit, key) in X_UNITS {
            ui.selectable_value(&mut panel.x, unit, small(theme, tr.t(key), theme.text));
        }
        if panel.x != before {
            panel.charts.values_mut().for_each(ChartState::fit_x);
        }
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
