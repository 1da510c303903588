//! What the window knows of runs, from the engine's events and samples alone.
//!
//! Events are applied in the order of their numbers; a gap is noticed and asked for. Samples only ever add detail: what
//! is lost of them stands in the run's record, which is asked for when the run has ended. This module draws nothing and
//! sends nothing: it hands back the commands that are to be sent.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;
use weft_model::NodeId;
use weft_protocol::event::{Fault, Resources};
use weft_protocol::kept::KeptReport;
use weft_protocol::run::Metrics;
use weft_protocol::{
    Command, Convergence, DeviceInfo, Event, LogLevel, NodeStatus, Numbered, Part, PlanView, RunId, RunRecord,
    RunStatus, RunSummary, Sample,
};

use crate::i18n::Tr;
use crate::panels::figures;

mod current;

pub use current::{CurrentRun, CurveKey, NodeCurves, NodeRun, NodeRunState, summary_accuracy};
use current::{best_accuracy_among, best_accuracy_of};

/// Lines of the log that are kept.
pub const LOG_LINES: usize = 10_000;
/// How far back resources are kept [s].
pub const RESOURCES_KEPT_S: f64 = 300.0;
/// Samples of resources that are kept at most, however fast they come.
const RESOURCES_KEPT: usize = 4_000;
/// Events beyond a gap that are held until it is filled.
const HELD_EVENTS: usize = 8_192;
/// Runs whose series are kept for laying over one another.
const LOADED_RUNS: usize = 24;

/// A run whose record was fetched, with its series.
#[derive(Debug, Clone)]
pub struct LoadedRun {
    /// Its series by the nodes' names.
    pub curves: BTreeMap<String, NodeCurves>,
    /// In what order they came, to tell which to forget.
    order: u64,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// Number of the line since the window opened.
    pub number: u64,
    /// How much it matters.
    pub level: LogLevel,
    /// Name of the node that it is about.
    pub node: Option<String>,
    /// What happened.
    pub message: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// Why a run could not begin.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Why.
    pub fault: Fault,
    /// The nodes at fault, each with its problem.
    pub problems: Vec<weft_model::Problem>,
}

/// Everything that the window knows of runs.
#[derive(Debug, Clone, Default)]
pub struct RunState {
    project_id: Option<String>,
    /// Number of the last event that was applied.
    applied: u64,
    /// Events beyond a gap.
    held: BTreeMap<u64, Event>,
    /// The number that was last asked for.
    asked_from: Option<u64>,
    current: Option<CurrentRun>,
    refusal: Option<Refusal>,
    earlier: Vec<RunSummary>,
    loaded: BTreeMap<RunId, LoadedRun>,
    loads: u64,
    devices: Vec<DeviceInfo>,
    kept: Option<KeptReport>,
    resources: VecDeque<Resources>,
    log: VecDeque<LogLine>,
    log_lines: u64,
    /// How far searches for plans have come, until it is taken away.
    searches: Vec<(u64, usize, Vec<Convergence>)>,
}

impl RunState {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Turns to a project: its runs are listed from now on, those of another are forgotten. Returns what to ask for.
    pub fn set_project(&mut self, project_id: Option<String>) -> Option<Command> {
        if self.project_id != project_id {
            self.earlier.clear();
            self.loaded.clear();
            self.refusal = None;
            if !self.is_running() {
                self.current = None;
            }
            self.project_id = project_id;
        }
        self.project_id.clone().map(|id| Command::ListRuns { project_id: Some(id) })
    }

    /// Takes in an event. Returns what is to be asked of the engine because of it: events that are missing, the list of
    /// runs when one has ended, a record whose points did not all arrive.
    pub fn apply_event(&mut self, numbered: &Numbered) -> Vec<Command> {
        self.apply_event_at(numbered, Instant::now())
    }

    /// The same at a given time.
    pub fn apply_event_at(&mut self, numbered: &Numbered, now: Instant) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Event::Behind { missing_from } = numbered.event {
            // What is missing may be known already from a gap; and a notice is not itself part of the order.
            if missing_from > self.applied && self.asked_from != Some(self.applied + 1) {
                commands.extend(self.ask());
            }
            return commands;
        }
        if numbered.seq <= self.applied {
            return commands;
        }
        if numbered.seq > self.applied + 1 {
            let seen_before = self.held.contains_key(&numbered.seq);
            if self.held.len() < HELD_EVENTS {
                self.held.insert(numbered.seq, numbered.event.clone());
            }
            if seen_before {
                // The answer has come as far as an event that was here before: what lies in the gap is not kept any more.
                let first = self.held.keys().next().copied().unwrap_or(numbered.seq);
                self.applied = first - 1;
                self.apply_held(now, &mut commands);
            } else if self.asked_from.is_none() {
                commands.extend(self.ask());
            }
            return commands;
        }
        self.applied = numbered.seq;
        self.apply(&numbered.event, now, &mut commands);
        self.apply_held(now, &mut commands);
        commands
    }

    fn ask(&mut self) -> Option<Command> {
        let from = self.applied + 1;
        self.asked_from = Some(from);
        Some(Command::ReadEvents { from })
    }

    fn apply_held(&mut self, now: Instant, commands: &mut Vec<Command>) {
        while let Some(entry) = self.held.first_entry() {
            let seq = *entry.key();
            if seq > self.applied + 1 {
                // The answer that fills this gap is on its way: the lane keeps its order, so it holds whatever was
                // here before it.
                return;
            }
            let event = entry.remove();
            if seq == self.applied + 1 {
                self.applied = seq;
                self.apply(&event, now, commands);
            }
        }
        self.asked_from = None;
    }

    fn apply(&mut self, event: &Event, now: Instant, commands: &mut Vec<Command>) {
        match event {
            Event::RunStarted { run, seed, devices, nodes, .. } => {
                self.keep_current();
                self.refusal = None;
                self.current = Some(CurrentRun {
                    id: *run,
                    status: RunStatus::Running,
                    paused: false,
                    stopping: false,
                    seed: *seed,
                    devices: devices.clone(),
                    nodes: nodes.iter().map(|id| (*id, NodeRun::waiting())).collect(),
                    curves: BTreeMap::new(),
                    left_out: 0,
                    plan: None,
                    first_plan: None,
                    replanned: Vec::new(),
                    artifacts: Vec::new(),
                    started: now,
                    elapsed_s: None,
                });
            }
            Event::Plan { run, plan, reason } => {
                if let Some(current) = self.run_mut(*run) {
                    let plan = Arc::new(plan.clone());
                    current.first_plan.get_or_insert_with(|| plan.clone());
                    current.plan = Some(plan);
                    let since_s = now.saturating_duration_since(current.started).as_secs_f64();
                    current.replanned.extend(reason.clone().map(|reason| (since_s, reason)));
                }
            }
            Event::NodeStarted { run, node, name, device, mode, t_s } => {
                if let Some(current) = self.run_mut(*run) {
                    current.hear(*t_s, now);
                    let entry = current.nodes.entry(*node).or_insert_with(NodeRun::waiting);
                    entry.name = Some(name.clone());
                    entry.device = Some(device.clone());
                    entry.mode.clone_from(mode);
                    entry.started_s = Some(*t_s);
                    entry.heard = Some(now);
                    entry.state = NodeRunState::Running {
                        progress: None,
                        epoch: None,
                        epochs: None,
                        step: 0,
                        steps: 0,
                        elapsed_s: 0.0,
                        eta_s: None,
                    };
                }
            }
            Event::PhaseStarted { run, node, phase, t_s } => {
                if let Some(current) = self.run_mut(*run) {
                    current.hear(*t_s, now);
                    let entry = current.nodes.entry(*node).or_insert_with(NodeRun::waiting);
                    // One that is tried again begins anew.
                    entry.phases.retain(|(name, ..)| name != phase);
                    entry.phases.push((phase.clone(), *t_s, None));
                }
            }
            Event::PhaseFinished { run, node, phase, t_s } => {
                if let Some(current) = self.run_mut(*run) {
                    current.hear(*t_s, now);
                    let entry = current.nodes.entry(*node).or_insert_with(NodeRun::waiting);
                    if let Some((.., end)) = entry.phases.iter_mut().find(|(name, ..)| name == phase) {
                        *end = Some(*t_s);
                    }
                }
            }
            Event::NodeFinished { run, node, name, status, elapsed_s, fault, metrics, summary, t_s } => {
                if let Some(current) = self.run_mut(*run) {
                    current.hear(*t_s, now);
                    let entry = current.nodes.entry(*node).or_insert_with(NodeRun::waiting);
                    entry.name = Some(name.clone());
                    entry.state = match status {
                        NodeStatus::Done => NodeRunState::Done,
                        NodeStatus::Cached => NodeRunState::Cached,
                        NodeStatus::Failed => NodeRunState::Failed(fault.clone().unwrap_or_else(|| {
                            Fault::new("unknown", weft_model::Localised::default(), weft_model::Localised::default())
                        })),
                        NodeStatus::Skipped => NodeRunState::Skipped,
                        NodeStatus::Stopped => NodeRunState::Stopped,
                    };
                    entry.elapsed_s = Some(*elapsed_s);
                    entry.finished_s = Some(*t_s);
                    entry.metrics.clone_from(metrics);
                    entry.summary.clone_from(summary);
                }
            }
            Event::RunFinished { run, status, elapsed_s, artifacts, metrics } => {
                let mut incomplete = false;
                if let Some(current) = self.run_mut(*run) {
                    current.status = *status;
                    current.paused = false;
                    current.stopping = false;
                    current.elapsed_s = Some(*elapsed_s);
                    current.artifacts.clone_from(artifacts);
                    incomplete = current.left_out > 0;
                    for node in current.nodes.values_mut() {
                        // Metrics of nodes whose end was not heard of.
                        if node.metrics.is_empty()
                            && let Some(found) = node.name.as_ref().and_then(|name| metrics.get(name))
                        {
                            node.metrics.clone_from(found);
                        }
                        if matches!(node.state, NodeRunState::Running { .. }) {
                            node.state = NodeRunState::Stopped;
                        }
                    }
                }
                if incomplete {
                    commands.push(Command::GetRun { run: *run });
                }
                commands.push(Command::ListRuns { project_id: self.project_id.clone() });
            }
            Event::RunRefused { fault, problems } => {
                self.refusal = Some(Refusal { fault: fault.clone(), problems: problems.clone() });
            }
            Event::RunStopping { run } => {
                if let Some(current) = self.run_mut(*run) {
                    current.stopping = true;
                }
            }
            Event::RunPaused { run, paused } => {
                if let Some(current) = self.run_mut(*run) {
                    current.paused = *paused;
                }
            }
            Event::Log { level, node, message, at } => {
                self.log_lines += 1;
                if self.log.len() == LOG_LINES {
                    self.log.pop_front();
                }
                self.log.push_back(LogLine {
                    number: self.log_lines,
                    level: *level,
                    node: node.clone(),
                    message: message.clone(),
                    at: at.clone(),
                });
            }
            Event::Devices(devices) => self.devices.clone_from(devices),
            Event::Runs(runs) => {
                self.earlier = match &self.project_id {
                    Some(id) => runs.iter().filter(|run| run.project_id == *id).cloned().collect(),
                    None => runs.clone(),
                };
            }
            Event::Run(record) => self.load(record),
            Event::Kept(report) => self.kept = Some(report.clone()),
            // Plans that were asked for and the queue are not part of a run.
            Event::Preview { .. } | Event::Behind { .. } | Event::Planned { .. } | Event::Queue { .. } => {}
        }
    }

    fn run_mut(&mut self, run: RunId) -> Option<&mut CurrentRun> {
        self.current.as_mut().filter(|current| current.id == run)
    }

    /// Keeps the series of the current run among the earlier ones, before another takes its place.
    fn keep_current(&mut self) {
        if let Some(old) = self.current.take()
            && !old.curves.is_empty()
            && old.left_out == 0
        {
            self.remember(old.id, old.curves);
        }
    }

    fn load(&mut self, record: &RunRecord) {
        let mut curves: BTreeMap<String, NodeCurves> = BTreeMap::new();
        for (node, points) in &record.series {
            let of_node = curves.entry(node.clone()).or_default();
            of_node.extend(points);
            of_node.guess_times(record.nodes.get(node).map_or(0.0, |node| node.elapsed_s));
        }
        let id = record.summary.run;
        if let Some(current) = self.run_mut(id) {
            for (node, fetched) in curves {
                let known = current.curves.entry(node).or_default();
                if fetched.points() >= known.points() {
                    known.replace(fetched);
                }
            }
            if current.status != RunStatus::Running {
                current.left_out = 0;
            }
        } else {
            self.remember(id, curves);
        }
    }

    fn remember(&mut self, id: RunId, curves: BTreeMap<String, NodeCurves>) {
        self.loads += 1;
        self.loaded.insert(id, LoadedRun { curves, order: self.loads });
        while self.loaded.len() > LOADED_RUNS {
            let oldest = self.loaded.iter().min_by_key(|(_, run)| run.order).map(|(id, _)| *id);
            let Some(oldest) = oldest else { return };
            self.loaded.remove(&oldest);
        }
    }

    /// Takes in the samples that wait, until `deadline`. Returns how many there were, and whether there may be more.
    pub fn take_samples(&mut self, samples: &Receiver<Sample>, deadline: Instant) -> (usize, bool) {
        let mut taken = 0;
        while let Ok(sample) = samples.try_recv() {
            self.apply_sample(sample);
            taken += 1;
            if Instant::now() > deadline {
                return (taken, true);
            }
        }
        (taken, false)
    }

    /// Takes in a sample.
    pub fn apply_sample(&mut self, sample: Sample) {
        self.apply_sample_at(sample, Instant::now());
    }

    /// The same at a given time.
    pub fn apply_sample_at(&mut self, sample: Sample, now: Instant) {
        match sample {
            Sample::Progress(progress) => {
                if let Some(current) = self.run_mut(progress.run) {
                    current.progress(&progress, now);
                }
            }
            Sample::Metrics { run, name, points, left_out, .. } => {
                if let Some(current) = self.run_mut(run) {
                    current.left_out += left_out;
                    current.curves.entry(name).or_default().extend(&points);
                }
            }
            Sample::Resources(resources) => {
                // An engine that began anew counts its time from zero.
                if self.resources.back().is_some_and(|last| last.t_s > resources.t_s) {
                    self.resources.clear();
                }
                let oldest_s = resources.t_s - RESOURCES_KEPT_S;
                self.resources.push_back(resources);
                while self.resources.len() > RESOURCES_KEPT
                    || self.resources.front().is_some_and(|first| first.t_s < oldest_s)
                {
                    self.resources.pop_front();
                }
            }
            Sample::Planning { ticket, rule, points } => self.searches.push((ticket, rule, points)),
        }
    }

    /// The run that is going on, or the last one that was.
    pub fn current(&self) -> Option<&CurrentRun> {
        self.current.as_ref()
    }

    /// How a node stands in the current run; none if it is not part of it.
    pub fn node_state(&self, node: NodeId) -> Option<&NodeRunState> {
        Some(&self.node(node)?.state)
    }

    /// A node of the current run.
    pub fn node(&self, node: NodeId) -> Option<&NodeRun> {
        self.current.as_ref()?.nodes.get(&node)
    }

    /// Whether a run is going on, paused or not.
    pub fn is_running(&self) -> bool {
        self.current.as_ref().is_some_and(|run| run.status == RunStatus::Running)
    }

    /// Whether the run that is going on is paused.
    pub fn is_paused(&self) -> bool {
        self.is_running() && self.current.as_ref().is_some_and(|run| run.paused)
    }

    /// Whether the run that is going on was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.is_running() && self.current.as_ref().is_some_and(|run| run.stopping)
    }

    /// How long the current run has taken so far, or took [s].
    pub fn run_elapsed_s(&self, now: Instant) -> Option<f64> {
        let run = self.current.as_ref()?;
        Some(run.elapsed_s.unwrap_or_else(|| now.saturating_duration_since(run.started).as_secs_f64()))
    }

    /// How long the current run will take from now on [s]: by its plan, corrected by what the running nodes say.
    pub fn run_left_s(&self, now: Instant) -> Option<f64> {
        let run = self.current.as_ref().filter(|run| run.status == RunStatus::Running)?;
        let plan = run.plan.as_ref()?;
        let elapsed_s = self.run_elapsed_s(now)?;
        // How much later than planned the latest of the running nodes will be: what follows is later by as much.
        let late_s = run
            .nodes
            .values()
            .filter_map(|node| {
                let left_s = node.times_s(now).1?;
                let planned = plan.tasks.iter().filter(|task| Some(&task.node) == node.name.as_ref());
                let planned_end_s = planned.map(|task| task.finish_s).fold(f64::NAN, f64::max);
                planned_end_s.is_finite().then_some(elapsed_s + left_s - planned_end_s)
            })
            .reduce(f64::max)
            .unwrap_or(0.0);
        Some((plan.makespan_s + late_s - elapsed_s).max(0.0))
    }

    /// Nodes that have ended, and nodes in all, of the current run.
    pub fn nodes_over(&self) -> (usize, usize) {
        self.current
            .as_ref()
            .map_or((0, 0), |run| (run.nodes.values().filter(|node| node.state.is_over()).count(), run.nodes.len()))
    }

    /// What is going on, in a few words: `Train · epoch 6 of 10`.
    pub fn headline(&self, tr: &Tr) -> String {
        let Some(run) = &self.current else {
            return tr.t(if self.refusal.is_some() { "run-headline-refused" } else { "run-headline-ready" }).to_owned();
        };
        let number = run.id.to_string();
        let took = figures::duration(run.elapsed_s.unwrap_or(0.0));
        let ended = |key: &str| tr.fmt(key, &[("run", number.as_str().into()), ("time", took.as_str().into())]);
        match run.status {
            RunStatus::Done => return ended("run-headline-done"),
            RunStatus::Stopped => return ended("run-headline-stopped"),
            RunStatus::Interrupted => return ended("run-headline-interrupted"),
            RunStatus::Failed => {
                let failed = run.nodes.values().find(|node| matches!(node.state, NodeRunState::Failed(_)));
                let name = failed.and_then(|node| node.name.as_deref()).unwrap_or("?");
                return tr.fmt("run-headline-failed", &[("node", name.into())]);
            }
            RunStatus::Running => {}
        }
        let rank = |state: &NodeRunState| match state {
            NodeRunState::Running { epoch, progress, .. } => (epoch.is_some(), progress.is_some()),
            _ => (false, false),
        };
        let running = run.nodes.values().filter(|node| matches!(node.state, NodeRunState::Running { .. }));
        let what = match running.max_by_key(|node| rank(&node.state)) {
            None => tr.t("run-headline-between").to_owned(),
            Some(node) => {
                let name = node.name.as_deref().unwrap_or("?");
                match &node.state {
                    NodeRunState::Running { epoch: Some(epoch), epochs: Some(epochs), .. } => tr.fmt(
                        "run-headline-epoch",
                        &[
                            ("node", name.into()),
                            ("epoch", epoch.to_string().as_str().into()),
                            ("epochs", epochs.to_string().as_str().into()),
                        ],
                    ),
                    NodeRunState::Running { progress: Some(progress), .. } => {
                        let percent = figures::percent(f64::from(*progress), 0);
                        tr.fmt("run-headline-progress", &[("node", name.into()), ("percent", percent.as_str().into())])
                    }
                    _ => name.to_owned(),
                }
            }
        };
        if run.stopping {
            tr.fmt("run-headline-stopping", &[("what", what.as_str().into())])
        } else if run.paused {
            tr.fmt("run-headline-paused", &[("what", what.as_str().into())])
        } else {
            what
        }
    }

    /// Why the last run could not begin; none once another has.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// What can compute here.
    pub fn devices(&self) -> &[DeviceInfo] {
        &self.devices
    }

    /// How much is kept that could be made again; none until the engine has said.
    pub fn kept(&self) -> Option<&KeptReport> {
        self.kept.as_ref()
    }

    /// What a node of the current run measured; none before it has ended.
    pub fn metrics_of(&self, node: NodeId) -> Option<&Metrics> {
        Some(&self.node(node)?.metrics).filter(|metrics| !metrics.is_empty())
    }

    /// The best validation accuracy of a node of the current run so far, 0 to 1.
    pub fn best_validation_accuracy(&self, node: NodeId) -> Option<f64> {
        let run = self.current.as_ref()?;
        let found = run.nodes.get(&node)?;
        let from_series = found
            .name
            .as_ref()
            .and_then(|name| run.curves.get(name))
            .and_then(|curves| curves.best("accuracy", Part::Validation));
        from_series.or_else(|| best_accuracy_of(&found.metrics))
    }

    /// The best accuracy of the current run: on validation where it was measured, else on what its evaluation says.
    pub fn best_accuracy(&self) -> Option<f64> {
        let run = self.current.as_ref()?;
        let live = run.curves.values().filter_map(|curves| curves.best("accuracy", Part::Validation)).reduce(f64::max);
        live.or_else(|| best_accuracy_among(run.nodes.values().map(|node| &node.metrics)))
    }

    /// Points of the current run that did not reach the window; they stand in the run's record.
    pub fn left_out(&self) -> u64 {
        self.current.as_ref().map_or(0, |run| run.left_out)
    }

    /// Earlier runs of the project, the newest first, without the current one.
    pub fn earlier(&self) -> impl Iterator<Item = &RunSummary> {
        let current = self.current.as_ref().map(|run| run.id);
        self.earlier.iter().filter(move |run| Some(run.run) != current)
    }

    /// The series of an earlier run, once they were fetched.
    pub fn loaded(&self, run: RunId) -> Option<&LoadedRun> {
        self.loaded.get(&run)
    }

    /// What was in use over the last minutes, the newest last.
    pub fn resources(&self) -> &VecDeque<Resources> {
        &self.resources
    }

    /// What is in use now.
    pub fn latest_resources(&self) -> Option<&Resources> {
        self.resources.back()
    }

    /// The log, the newest line last.
    pub fn log(&self) -> &VecDeque<LogLine> {
        &self.log
    }

    /// How many lines the log has had, those that were dropped included.
    pub fn log_lines(&self) -> u64 {
        self.log_lines
    }

    /// What searches for plans have said since this was asked last: number of the question, of the rule, and its points.
    pub fn take_searches(&mut self) -> Vec<(u64, usize, Vec<Convergence>)> {
        std::mem::take(&mut self.searches)
    }

    /// The plan of the current run.
    pub fn plan(&self) -> Option<&PlanView> {
        self.current.as_ref()?.plan.as_deref()
    }
}

#[cfg(test)]
mod tests;
