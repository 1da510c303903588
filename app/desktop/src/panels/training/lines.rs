//! Which lines the plots of the training panel show: series of the runs that are chosen, with names and looks. Draws
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use weft_protocol::{Part, RunId};

use super::super::chart::{Dash, Look, Marker};
use crate::export::CurveTable;
use crate::i18n::Tr;
use crate::run_state::{CurveKey, NodeCurves, RunState};
use crate::series::Series;
use crate::theme::Theme;

/// Which runs are shown.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) overlays: &'a BTreeMap<RunId, usize>,
    pub(super) current_hidden: bool,
}

/// A series that is shown, and how.
pub(super) struct Shown<'a> {
    pub(super) run: RunId,
    pub(super) node: &'a str,
    pub(super) key: &'a CurveKey,
    pub(super) series: &'a Series,
    /// All series of its node.
    pub(super) curves: &'a NodeCurves,
    pub(super) look: Look,
    /// Whether it belongs to the current run.
    pub(super) current: bool,
    pub(super) name: String,
}

/// The metrics that there are besides loss, in a fixed order.
pub(super) fn other_metrics(chosen: Chosen<'_>, runs: &RunState) -> BTreeSet<String> {
    sources(chosen, runs)
        .flat_map(|(_, _, nodes)| nodes.values())
        .flat_map(|curves| curves.curves())
        .filter(|(key, _)| key.metric != "loss")
        .map(|(key, _)| key.metric.clone())
        .collect()
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
///
/// Runs and nodes are told apart by colour and dash, parts by their markers.
pub(super) fn collect<'a>(
    chosen: Chosen<'a>,
    runs: &'a RunState,
    theme: &Theme,
    tr: &Tr,
    metric: &str,
) -> Vec<Shown<'a>> {
    let mut out = Vec::new();
    for (run, number, nodes) in sources(chosen, runs) {
        let measured = |curves: &NodeCurves| curves.curves().any(|(key, _)| key.metric == metric);
        let several = nodes.values().filter(|curves| measured(curves)).count() > 1;
        for (place, (node, curves)) in nodes.iter().filter(|(_, curves)| measured(curves)).enumerate() {
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
                    (None, Part::Train) if place == 0 => (theme.train, what),
                    (None, Part::Validation) if place == 0 => (theme.evaluate, what),
                    (None, Part::Test) if place == 0 => (theme.prepare, what),
                    (None, _) => (theme.series(place), what),
                    (Some(number), _) => (theme.series(number + place), format!("#{run} {what}")),
                };
                let look = Look {
                    colour,
                    width: if number.is_none() { 2.0 } else { 1.25 },
                    dash: Dash::numbered(number.unwrap_or(0) + place),
                    marker: match key.part {
                        Part::Train => key.per_epoch.then_some(Marker::Square),
                        Part::Validation => Some(Marker::Disc),
                        Part::Test => Some(Marker::Diamond),
                    },
                };
                out.push(Shown { run, node, key, series, curves, look, current: number.is_none(), name });
            }
        }
    }
    out
}

/// What is shown as a table: every measured point of the series that `wanted` says yes to.
pub(super) fn csv(chosen: Chosen<'_>, runs: &RunState, wanted: impl Fn(RunId, &CurveKey) -> bool) -> Vec<CurveTable> {
    let mut out = Vec::new();
    for (run, _, nodes) in sources(chosen, runs) {
        for (node, curves) in nodes {
            for (key, series) in curves.curves().filter(|(key, _)| wanted(run, key)) {
                out.push(CurveTable {
                    run: run.0,
                    node: node.clone(),
                    metric: key.metric.clone(),
                    part: match key.part {
                        Part::Train => "train",
                        Part::Validation => "validation",
                        Part::Test => "test",
                    },
                    per_epoch: key.per_epoch,
                    points: series.points().clone(),
                });
            }
        }
    }
    out
}
