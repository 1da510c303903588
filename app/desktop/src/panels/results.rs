//! The results panel: for each evaluated model its figures, the measures of each class, and who was taken for whom.

use std::path::PathBuf;

use egui::{
    Align2, CornerRadius, FontFamily, FontId, Margin, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};
use weft_model::NodeId;
use weft_protocol::RunId;
use weft_protocol::run::{CONFUSION_MATRIX, MetricValue, Metrics, is_judgement};

use super::{PanelAction, empty_state, figures, mono, small, text_on, title};
use crate::focus;
use crate::i18n::Tr;
use crate::run_state::RunState;
use crate::theme::Theme;
use crate::widgets;

/// Figures that stand large at the top, in this order.
const FIGURES: [(&str, &str); 9] = [
    ("accuracy", "metric-accuracy"),
    ("precision_macro", "metric-precision"),
    ("recall_macro", "metric-recall"),
    ("f1_macro", "metric-f1"),
    ("loss", "metric-loss"),
    ("roc_auc", "metric-roc-auc"),
    ("mse", "metric-mse"),
    ("mae", "metric-mae"),
    ("r2", "metric-r2"),
];
/// Classes up to which every cell of the matrix can be reached on its own by a screen reader.
const NAMED_CELLS: usize = 32;

/// Narrower than this the matrix stands beneath the classes, and not beside them [points].
const BESIDE: f32 = 640.0;
/// Room that a large figure takes at least [points].
const FIGURE: f32 = 84.0;

/// How the results panel is looked at.
#[derive(Debug, Clone, Default)]
pub struct ResultsPanel {
    /// The run and the node that are shown; none for the newest.
    selected: Option<(RunId, String)>,
}

/// A node that judged a model.
struct Outcome<'a> {
    run: RunId,
    node: &'a str,
    /// The node on the canvas, for the current run.
    id: Option<NodeId>,
    metrics: &'a Metrics,
}

/// Draws the panel.
pub fn results_ui(ui: &mut Ui, panel: &mut ResultsPanel, runs: &RunState, theme: &Theme, tr: &Tr) -> Vec<PanelAction> {
    let mut actions = Vec::new();
    let outcomes = outcomes(runs);
    let chosen = panel.selected.as_ref().and_then(|(run, node)| {
        outcomes.iter().position(|outcome| outcome.run == *run && outcome.node == node.as_str())
    });
    let index = chosen.unwrap_or(0);
    let Some(outcome) = outcomes.get(index) else {
        let (text, hint) = if runs.is_running() {
            (tr.t("results-waiting"), tr.t("results-waiting-hint"))
        } else {
            (tr.t("results-empty"), tr.t("results-empty-hint"))
        };
        empty_state(ui, theme, "chart-bar", text, hint);
        return actions;
    };
    // What the same node found in the run before, to compare with.
    let before = outcomes[index + 1..].iter().find(|other| other.node == outcome.node && other.run != outcome.run);
    egui::Frame::new().inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let name = |outcome: &Outcome<'_>| format!("#{} · {}", outcome.run, outcome.node);
            let combo = egui::ComboBox::from_id_salt("result").icon(widgets::caret(theme));
            let combo = combo.selected_text(name(outcome)).show_ui(ui, |ui| {
                for (other_index, other) in outcomes.iter().enumerate() {
                    if ui.selectable_label(other_index == index, name(other)).clicked() {
                        panel.selected = Some((other.run, other.node.to_owned()));
                    }
                }
            });
            let combo = combo.response.on_hover_text(tr.t("results-choose"));
            let says = || format!("{}: {}", tr.t("results-choose"), name(outcome));
            combo.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, says()));
            if let Some(id) = outcome.id
                && ui.button(small(theme, tr.t("results-show-node"), theme.text)).clicked()
            {
                actions.push(PanelAction::ShowNode(id));
            }
            // Only of the current run is it known where its files lie.
            let files = outcome.id.and(runs.current()).map_or(&[][..], |run| run.artifacts.as_slice());
            if let Some((_, _, path)) = files.iter().find(|(node, _, _)| node == outcome.node)
                && ui.button(small(theme, tr.t("results-show-files"), theme.text)).clicked()
            {
                actions.push(PanelAction::Reveal(PathBuf::from(path)));
            }
        });
        ui.add_space(4.0);
        let room = ui.available_width();
        ScrollArea::both().id_salt("results").auto_shrink([false, false]).show(ui, |ui| {
            big_figures(ui, room, theme, tr, outcome, before);
            if let Some(matrix) = matrix_of(outcome.metrics) {
                ui.add_space(theme.size.section);
                let labels = labels_of(outcome.metrics, matrix.len());
                if room < BESIDE {
                    class_table(ui, theme, tr, matrix, &labels);
                    ui.add_space(theme.size.section);
                    confusion_ui(ui, theme, tr, matrix, &labels);
                } else {
                    ui.horizontal_top(|ui| {
                        ui.vertical(|ui| class_table(ui, theme, tr, matrix, &labels));
                        ui.add_space(theme.size.section * 2.0);
                        ui.vertical(|ui| confusion_ui(ui, theme, tr, matrix, &labels));
                    });
                }
            }
            focus::keep_in_view(ui);
        });
    });
    actions
}

/// Everything that was judged: the current run first, then earlier ones, the newest first.
fn outcomes(runs: &RunState) -> Vec<Outcome<'_>> {
    let mut out = Vec::new();
    if let Some(current) = runs.current() {
        for (id, node) in &current.nodes {
            if let Some(name) = &node.name
                && is_outcome(&node.metrics)
            {
                out.push(Outcome { run: current.id, node: name, id: Some(*id), metrics: &node.metrics });
            }
        }
    }
    for run in runs.earlier() {
        for (node, metrics) in &run.metrics {
            if is_outcome(metrics) {
                out.push(Outcome { run: run.run, node, id: None, metrics });
            }
        }
    }
    out
}

/// Whether these are the measures of an evaluation, and not those of a training.
fn is_outcome(metrics: &Metrics) -> bool {
    is_judgement(metrics) || ["f1_macro", "r2", "mse", "mae"].iter().any(|name| metrics.contains_key(*name))
}

fn matrix_of(metrics: &Metrics) -> Option<&Vec<Vec<u64>>> {
    match metrics.get(CONFUSION_MATRIX)? {
        // A matrix that is not square cannot be of classes by classes.
        MetricValue::Matrix(rows) if !rows.is_empty() && rows.iter().all(|row| row.len() == rows.len()) => Some(rows),
        _ => None,
    }
}

/// Names of the classes; their numbers where no names are known.
fn labels_of(metrics: &Metrics, classes: usize) -> Vec<String> {
    let named = metrics.values().find_map(|value| match value {
        MetricValue::Labels(labels) if labels.len() == classes => Some(labels.clone()),
        _ => None,
    });
    named.unwrap_or_else(|| (0..classes).map(|class| class.to_string()).collect())
}

/// The figures in rows that fit into a width.
fn big_figures(ui: &mut Ui, width: f32, theme: &Theme, tr: &Tr, outcome: &Outcome<'_>, before: Option<&Outcome<'_>>) {
    let found: Vec<_> = FIGURES
        .into_iter()
        .filter_map(|(metric, key)| Some((metric, key, outcome.metrics.get(metric).and_then(MetricValue::number)?)))
        .collect();
    let gap = if width < BESIDE { 14.0 } else { 28.0 };
    let in_a_row = (((width + gap) / (FIGURE + gap)).floor() as usize).max(1);
    egui::Grid::new("figures").spacing(vec2(gap, theme.size.gap)).min_col_width(FIGURE.min(width)).show(ui, |ui| {
        for row in found.chunks(in_a_row) {
            for (metric, key, value) in row {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    ui.label(small(theme, tr.t(key), theme.muted));
                    let font = FontId::new(20.0, FontFamily::Monospace);
                    ui.label(egui::RichText::new(figures::metric(metric, *value)).font(font).color(theme.text));
                    let old = before.and_then(|before| Some((before.run, before.metrics.get(*metric)?.number()?)));
                    if let Some((run, old)) = old {
                        let text = format!("#{run} {}", figures::metric(metric, old));
                        ui.label(small(theme, text, theme.muted)).on_hover_text(tr.t("results-before"));
                    }
                });
            }
            ui.end_row();
        }
    });
}

/// Measures of a class against all others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ClassRow {
    /// Of the samples predicted as this class, the share that are; 0 if there are none.
    pub precision: f64,
    /// Of the samples of this class, the share predicted as it; 0 if there are none.
    pub recall: f64,
    /// Harmonic mean of both; 0 if both are undefined.
    pub f1: f64,
    /// Samples of this class.
    pub support: u64,
}

/// Measures of each class from a square matrix of true by predicted classes.
pub(super) fn class_rows(matrix: &[Vec<u64>]) -> Vec<ClassRow> {
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    (0..matrix.len())
        .map(|class| {
            let hits = matrix[class][class];
            let support: u64 = matrix[class].iter().sum();
            let claimed: u64 = matrix.iter().map(|row| row[class]).sum();
            ClassRow {
                precision: ratio(hits, claimed),
                recall: ratio(hits, support),
                f1: ratio(2 * hits, support + claimed),
                support,
            }
        })
        .collect()
}

fn class_table(ui: &mut Ui, theme: &Theme, tr: &Tr, matrix: &[Vec<u64>], labels: &[String]) {
    title(ui, theme, tr.t("results-classes"));
    ui.add_space(2.0);
    egui::Grid::new("classes").num_columns(5).spacing(vec2(18.0, 2.0)).min_row_height(18.0).show(ui, |ui| {
        for key in ["results-class", "metric-precision", "metric-recall", "metric-f1", "results-support"] {
            ui.label(small(theme, tr.t(key), theme.muted));
        }
        ui.end_row();
        for (row, label) in class_rows(matrix).iter().zip(labels) {
            ui.label(mono(theme, label, theme.text));
            for share in [row.precision, row.recall, row.f1] {
                ui.label(mono(theme, format!("{:>8}", figures::percent(share, 2)), theme.text));
            }
            ui.label(mono(theme, format!("{:>6}", figures::count(row.support)), theme.text));
            ui.end_row();
        }
    });
}

/// The matrix as a heat map: rows are true classes, columns predicted ones, tinted by the share of the row.
fn confusion_ui(ui: &mut Ui, theme: &Theme, tr: &Tr, matrix: &[Vec<u64>], labels: &[String]) {
    title(ui, theme, tr.t("results-confusion"));
    ui.label(small(theme, tr.t("results-confusion-axes"), theme.muted));
    let classes = matrix.len();
    let font = FontId::new(theme.size.axis, FontFamily::Monospace);
    let galley = |ui: &Ui, text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), theme.muted);
    let widest = labels.iter().map(|label| galley(ui, label).size().x).fold(0.0, f32::max).min(90.0);
    let most = matrix.iter().flatten().copied().max().unwrap_or(0);
    let digits = galley(ui, &most.to_string()).size().x;
    let cell = if classes <= NAMED_CELLS { (digits + 10.0).clamp(22.0, 46.0) } else { 8.0 };
    let cell = vec2(cell, if classes <= NAMED_CELLS { 20.0 } else { 8.0 });
    let head = vec2(widest + 8.0, 16.0);
    let (rect, whole) = ui.allocate_exact_size(head + cell * classes as f32, Sense::hover());
    let origin = rect.min + head;
    let write_counts = classes <= NAMED_CELLS;
    if write_counts {
        for (index, label) in labels.iter().enumerate() {
            let x = origin.x + cell.x * (index as f32 + 0.5);
            let column = Rect::from_center_size(pos2(x, rect.top() + 8.0), vec2(cell.x, 16.0));
            let painter = ui.painter().with_clip_rect(column.intersect(ui.clip_rect()));
            painter.text(column.center(), Align2::CENTER_CENTER, label, font.clone(), theme.muted);
            let y = origin.y + cell.y * (index as f32 + 0.5);
            let row = Rect::from_min_max(pos2(rect.left(), y - 10.0), pos2(origin.x - 6.0, y + 10.0));
            let painter = ui.painter().with_clip_rect(row.intersect(ui.clip_rect()));
            painter.text(row.right_center(), Align2::RIGHT_CENTER, label, font.clone(), theme.muted);
        }
    }
    let place = |truth: usize, predicted: usize| {
        Rect::from_min_size(origin + vec2(cell.x * predicted as f32, cell.y * truth as f32), cell)
    };
    for (truth, row) in matrix.iter().enumerate() {
        let total: u64 = row.iter().sum();
        for (predicted, &count) in row.iter().enumerate() {
            let rect = place(truth, predicted).shrink(0.5);
            if !ui.is_rect_visible(rect) {
                continue;
            }
            let share = if total == 0 { 0.0 } else { count as f64 / total as f64 };
            let colour = if truth == predicted { theme.evaluate } else { theme.error };
            // Confusions are rare: they are tinted more than in proportion, to be seen beside the many hits.
            let ground = theme.input.lerp_to_gamma(colour, (share.powf(0.35) * 0.9) as f32);
            ui.painter().rect_filled(rect, CornerRadius::same(2), ground);
            if write_counts && count > 0 {
                let text = text_on(theme, ground);
                ui.painter().text(rect.center(), Align2::CENTER_CENTER, count.to_string(), font.clone(), text);
            }
            if write_counts {
                let response = ui.interact(rect, ui.scope_id().with(("cell", truth, predicted)), Sense::hover());
                let says = || cell_text(tr, labels, truth, predicted, count, share);
                response.widget_info(|| WidgetInfo::labeled(Role::Cell, true, says()));
                if response.hovered() {
                    response.on_hover_text(says());
                }
            }
        }
    }
    if !write_counts && let Some(pointer) = whole.hover_pos() {
        let at = pointer - origin;
        let (truth, predicted) = ((at.y / cell.y).floor(), (at.x / cell.x).floor());
        if truth >= 0.0 && predicted >= 0.0 && (truth as usize) < classes && (predicted as usize) < classes {
            let (truth, predicted) = (truth as usize, predicted as usize);
            let total: u64 = matrix[truth].iter().sum();
            let count = matrix[truth][predicted];
            let share = if total == 0 { 0.0 } else { count as f64 / total as f64 };
            whole.on_hover_text_at_pointer(cell_text(tr, labels, truth, predicted, count, share));
        }
    }
}

fn cell_text(tr: &Tr, labels: &[String], truth: usize, predicted: usize, count: u64, share: f64) -> String {
    tr.fmt(
        "results-cell",
        &[
            ("truth", labels[truth].as_str().into()),
            ("predicted", labels[predicted].as_str().into()),
            ("count", figures::count(count).into()),
            ("share", figures::percent(share, 1).into()),
        ],
    )
}
