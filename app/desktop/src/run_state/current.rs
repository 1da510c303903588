//! The run that is going on, or the last one that was: its nodes and their series. It is told what happened and knows
//! nothing of the order in which that is heard of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use weft_model::NodeId;
use weft_protocol::event::{Fault, Progress};
use weft_protocol::run::{CONFUSION_MATRIX, MetricValue, Metrics};
use weft_protocol::{DeviceId, MetricPoint, Part, PlanView, RunId, RunStatus, RunSummary};

use crate::series::Series;

/// Accuracy on validation of the model that a training keeps, among the metrics of its node.
const VALIDATION_ACCURACY: &str = "validation/accuracy";

/// Steps of a node whose time is kept; beyond it every other one is let go.
const TIMES_KEPT: usize = 4096;

/// How a node of a run stands.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeRunState {
    /// It has not begun.
    Waiting,
    /// It computes.
    Running {
        /// Share that is done, 0 to 1; none while it is not known.
        progress: Option<f32>,
        /// Epoch that is going on, counted from 1.
        epoch: Option<u32>,
        /// Epochs in all.
        epochs: Option<u32>,
        /// Steps done.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// How long it has computed [s], when last heard of.
        elapsed_s: f64,
        /// How long it will take from then on [s], an estimate.
        eta_s: Option<f64>,
    },
    /// It computed.
    Done,
    /// Its result stood in the store.
    Cached,
    /// It could not compute.
    Failed(Fault),
    /// The user stopped it.
    Stopped,
    /// Something that it needs failed, or was stopped without a result.
    Skipped,
}

impl NodeRunState {
    /// Whether it has ended, in whatever way.
    pub fn is_over(&self) -> bool {
        !matches!(self, NodeRunState::Waiting | NodeRunState::Running { .. })
    }
}

/// Which series of a node: a metric, what it was measured on, and whether per epoch or per step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CurveKey {
    /// `loss`, `accuracy`, …
    pub metric: String,
    /// What it was measured on.
    pub part: Part,
    /// Whether each point stands for a whole epoch.
    pub per_epoch: bool,
}

/// The series of a node, over steps of its optimiser.
#[derive(Debug, Clone, Default)]
pub struct NodeCurves {
    curves: BTreeMap<CurveKey, Series>,
    /// Steps of an epoch, from the newest point of a whole epoch.
    steps_per_epoch: Option<f64>,
    /// Steps and when they were done, both ascending.
    times: Vec<[f64; 2]>,
    /// Whether the times are only known for the end, and not measured on the way.
    times_guessed: bool,
}

impl NodeCurves {
    pub(super) fn extend(&mut self, points: &[MetricPoint]) {
        for point in points {
            if point.per_epoch && point.epoch > 0 && point.step > 0 {
                self.steps_per_epoch = Some(point.step as f64 / f64::from(point.epoch));
            }
            let key = CurveKey { metric: point.name.clone(), part: point.part, per_epoch: point.per_epoch };
            self.curves.entry(key).or_default().push(point.step as f64, point.value);
        }
    }

    /// The series, in a fixed order.
    pub fn curves(&self) -> impl Iterator<Item = (&CurveKey, &Series)> {
        self.curves.iter()
    }

    /// One series.
    pub fn curve(&self, metric: &str, part: Part, per_epoch: bool) -> Option<&Series> {
        self.curves.get(&CurveKey { metric: metric.to_owned(), part, per_epoch })
    }

    /// Steps of one epoch; none before it is known.
    pub fn steps_per_epoch(&self) -> Option<f64> {
        self.steps_per_epoch
    }

    /// Steps and when they were done, from the beginning of the node [s], both ascending.
    pub fn times(&self) -> &[[f64; 2]] {
        &self.times
    }

    /// Whether only the time of the last step is known, and those before are taken to be even.
    pub fn times_guessed(&self) -> bool {
        self.times_guessed
    }

    /// Takes in when a step was done.
    fn time(&mut self, step: f64, elapsed_s: f64) {
        // A training that goes on from a checkpoint does some steps again.
        let keep = self.times.partition_point(|row| row[0] < step && row[1] < elapsed_s);
        self.times.truncate(keep);
        self.times_guessed = false;
        if self.times.len() >= TIMES_KEPT {
            let mut odd = false;
            self.times.retain(|_| {
                odd = !odd;
                odd
            });
        }
        self.times.push([step, elapsed_s]);
    }

    /// Takes in how long all of it took, where nothing finer is known.
    pub(super) fn guess_times(&mut self, elapsed_s: f64) {
        let last = self.curves.values().filter_map(|series| Some(series.last()?[0])).fold(0.0, f64::max);
        if self.times.is_empty() && last > 0.0 && elapsed_s > 0.0 {
            self.times = vec![[0.0, 0.0], [last, elapsed_s]];
            self.times_guessed = true;
        }
    }

    /// The greatest value of a metric at the end of an epoch.
    pub(super) fn best(&self, metric: &str, part: Part) -> Option<f64> {
        let series = self.curve(metric, part, true)?;
        series.y_range(&(f64::NEG_INFINITY..=f64::INFINITY)).map(|(_, max)| max)
    }

    /// Takes the series of another, and keeps the times that were measured.
    pub(super) fn replace(&mut self, other: Self) {
        let times = std::mem::take(&mut self.times);
        let guessed = self.times_guessed;
        *self = other;
        if !times.is_empty() && !guessed {
            (self.times, self.times_guessed) = (times, false);
        }
    }

    pub(super) fn points(&self) -> usize {
        self.curves.values().map(Series::len).sum()
    }
}

/// A node of the current run.
#[derive(Debug, Clone)]
pub struct NodeRun {
    /// Its name; none before it has begun.
    pub name: Option<String>,
    /// Where it computes or did.
    pub device: Option<DeviceId>,
    /// How it computes.
    pub mode: String,
    /// How it stands.
    pub state: NodeRunState,
    /// When it began, from the beginning of the run [s].
    pub started_s: Option<f64>,
    /// When it ended, from the beginning of the run [s].
    pub finished_s: Option<f64>,
    /// Its phases that have begun, where they begin and end on their own: what each is called, when it began and when it
    /// ended [s].
    pub phases: Vec<(String, f64, Option<f64>)>,
    /// How long it computed, once it has ended [s].
    pub elapsed_s: Option<f64>,
    /// A word on the result.
    pub summary: Option<String>,
    /// What it measured.
    pub metrics: Metrics,
    /// When progress was heard of last.
    pub(super) heard: Option<Instant>,
}

impl NodeRun {
    pub(super) fn waiting() -> Self {
        Self {
            name: None,
            device: None,
            mode: String::new(),
            state: NodeRunState::Waiting,
            started_s: None,
            finished_s: None,
            phases: Vec::new(),
            elapsed_s: None,
            summary: None,
            metrics: Metrics::new(),
            heard: None,
        }
    }

    /// Time computed and time left, at `now` [s].
    pub fn times_s(&self, now: Instant) -> (f64, Option<f64>) {
        match &self.state {
            NodeRunState::Running { elapsed_s, eta_s, .. } => {
                let since = self.heard.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
                (elapsed_s + since, eta_s.map(|eta| (eta - since).max(0.0)))
            }
            _ => (self.elapsed_s.unwrap_or(0.0), None),
        }
    }
}

/// The run that is going on, or the last one that was.
#[derive(Debug, Clone)]
pub struct CurrentRun {
    /// Its number.
    pub id: RunId,
    /// How it stands.
    pub status: RunStatus,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether it was told to stop, and has not ended yet.
    pub stopping: bool,
    /// Its seed.
    pub seed: u64,
    /// Devices that it may use.
    pub devices: Vec<DeviceId>,
    /// Its nodes.
    pub nodes: BTreeMap<NodeId, NodeRun>,
    /// Its series by the nodes' names.
    pub curves: BTreeMap<String, NodeCurves>,
    /// Points that did not reach the window; they stand in the run's record.
    pub left_out: u64,
    /// The plan that it follows.
    pub plan: Option<Arc<PlanView>>,
    /// The plan that it began with: forecasts are compared with what came of them.
    pub first_plan: Option<Arc<PlanView>>,
    /// When, from the beginning of the run [s], and why the plan was made anew, the newest last.
    pub replanned: Vec<(f64, weft_model::Localised)>,
    /// Files that it left: node name, port, path.
    pub artifacts: Vec<(String, String, String)>,
    /// When it began, as far as can be told.
    pub(super) started: Instant,
    /// How long it took, once it has ended [s].
    pub(super) elapsed_s: Option<f64>,
}

impl CurrentRun {
    /// The node of this name.
    pub fn node_named(&self, name: &str) -> Option<(NodeId, &NodeRun)> {
        self.nodes.iter().find(|(_, node)| node.name.as_deref() == Some(name)).map(|(id, node)| (*id, node))
    }
}

impl CurrentRun {
    /// Corrects when the run began: an event cannot be heard of before it happened.
    pub(super) fn hear(&mut self, t_s: f64, now: Instant) {
        let since = std::time::Duration::try_from_secs_f64(t_s).ok().and_then(|t| now.checked_sub(t));
        if let Some(started) = since
            && started < self.started
        {
            self.started = started;
        }
    }

    pub(super) fn progress(&mut self, progress: &Progress, now: Instant) {
        let entry = self.nodes.entry(progress.node).or_insert_with(NodeRun::waiting);
        // Samples have a lane of their own: the node may have ended before its last progress arrives.
        if entry.state.is_over() {
            return;
        }
        entry.name = Some(progress.name.clone());
        entry.heard = Some(now);
        entry.state = NodeRunState::Running {
            progress: (progress.steps > 0)
                .then(|| (progress.step as f64 / progress.steps as f64).clamp(0.0, 1.0) as f32),
            epoch: progress.epoch,
            epochs: progress.epochs,
            step: progress.step,
            steps: progress.steps,
            elapsed_s: progress.elapsed_s,
            eta_s: progress.eta_s,
        };
        if let Some(epochs) = progress.epochs.filter(|epochs| *epochs > 0)
            && progress.steps > 0
        {
            let curves = self.curves.entry(progress.name.clone()).or_default();
            curves.steps_per_epoch.get_or_insert(progress.steps as f64 / f64::from(epochs));
            curves.time(progress.step as f64, progress.elapsed_s);
        }
    }
}

/// The accuracy among the metrics of a node that says most about it: that on validation, if it has one.
pub(super) fn best_accuracy_of(metrics: &Metrics) -> Option<f64> {
    [VALIDATION_ACCURACY, "accuracy", "train/accuracy"]
        .iter()
        .find_map(|name| metrics.get(*name).and_then(MetricValue::number))
}

/// The best accuracy that the nodes of a run found: on validation where one measured it, else that of an evaluation,
/// and only in want of both what a training found on the samples it learns from.
pub(super) fn best_accuracy_among<'a>(nodes: impl Iterator<Item = &'a Metrics> + Clone) -> Option<f64> {
    let best = |key: &str| {
        let nodes = nodes.clone().filter(|metrics| metrics.contains_key(key));
        nodes.filter_map(best_accuracy_of).reduce(f64::max)
    };
    best(VALIDATION_ACCURACY).or_else(|| best(CONFUSION_MATRIX)).or_else(|| best("accuracy"))
}

/// The best accuracy of a run in a list, 0 to 1: on validation where it was measured.
pub fn summary_accuracy(run: &RunSummary) -> Option<f64> {
    best_accuracy_among(run.metrics.values())
}
