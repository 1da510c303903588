//! What is said while a run goes on: JSON lines to a program, or words and progress bars to a person, and at the end
//! `results.json` and the models.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::json;
use weft_model::text::t;
use weft_model::{Lang, Localised, NodeId};
use weft_protocol::event::Progress;
use weft_protocol::run::{MetricValue, Metrics, is_judgement};
use weft_protocol::{Event, LogLevel, NodeStatus, PlanView, RunStatus, Sample};

use crate::exit::{Ended, Exit};
use crate::output::{Output, plain};

/// Tells a person or a program what happens.
pub struct Follower<'a> {
    output: &'a Output,
    out: Option<PathBuf>,
    /// When the run began; none before it has.
    began: Option<Instant>,
    /// Nodes that were told to have begun or ended.
    told: HashSet<NodeId>,
    /// What came of nodes before the word that they have begun: there are two lanes.
    early: Vec<(NodeId, Sample)>,
    bars: Option<indicatif::MultiProgress>,
    bar: HashMap<NodeId, indicatif::ProgressBar>,
    last: HashMap<NodeId, String>,
    report: serde_json::Map<String, serde_json::Value>,
    /// The first plan was told.
    is_planned: bool,
}

impl<'a> Follower<'a> {
    /// Nothing has happened yet. `out` is the folder for results, if one was asked for.
    pub fn new(output: &'a Output, out: Option<PathBuf>) -> Self {
        let bars = (!output.json && !output.quiet && std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .then(indicatif::MultiProgress::new);
        Self {
            output,
            out,
            began: None,
            told: HashSet::new(),
            early: Vec::new(),
            bars,
            bar: HashMap::new(),
            last: HashMap::new(),
            report: serde_json::Map::new(),
            is_planned: false,
        }
    }

    fn t_s(&self) -> f64 {
        self.began.map_or(0.0, |began| began.elapsed().as_secs_f64())
    }

    /// A fixed text in the language of this invocation.
    fn word(&self, en: &'static str, zh: &'static str) -> &'static str {
        t(en, zh).get(self.output.lang)
    }

    /// A line for a person, above the bars.
    pub fn tell(&self, text: &str) {
        match &self.bars {
            Some(bars) => {
                let _closed = bars.println(plain(text));
            }
            None => self.output.note(text),
        }
    }

    /// An error, above the bars.
    fn tell_error(&self, text: &str) {
        match &self.bars {
            Some(_) => self.tell(&self.output.error_text(text)),
            None => self.output.error(text),
        }
    }

    fn json(&self, event: &str, mut fields: serde_json::Value) {
        if !self.output.json {
            return;
        }
        let mut line = serde_json::Map::new();
        line.insert("event".to_owned(), event.into());
        line.insert("t_s".to_owned(), self.t_s().into());
        if let Some(fields) = fields.as_object_mut() {
            // Whatever is not available is absent.
            line.extend(std::mem::take(fields).into_iter().filter(|(_, value)| !value.is_null()));
        }
        self.output.json_line(&line);
    }

    /// Tells of an event. Gives the exit status when the run is over.
    pub fn event(&mut self, event: Event) -> anyhow::Result<Option<Exit>> {
        match event {
            Event::RunStarted { run, project, seed, devices, .. } => {
                self.began = Some(Instant::now());
                self.json("run_started", json!({"run": run, "project": project, "seed": seed, "devices": devices}));
                let devices = devices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let (a_run, a_seed) = (self.word("run", "运行"), self.word("seed", "种子"));
                self.tell(&format!("{a_run} {run} · {project} · {a_seed} {seed} · {devices}"));
                self.report.insert("run".to_owned(), json!(run));
                self.report.insert("project".to_owned(), json!(project));
                self.report.insert("seed".to_owned(), json!(seed));
            }
            Event::Plan { plan, reason, .. } => {
                // Between two searches only times are corrected.
                if !self.is_planned || reason.is_some() {
                    self.tell(&plan_line(&plan, self.is_planned, reason.as_ref(), self.output.lang));
                }
                self.is_planned = true;
                self.json("plan", json!({"plan": plan, "reason": reason.map(|r| r.en)}));
            }
            Event::NodeStarted { node, name, device, mode, .. } => {
                self.json("node_started", json!({"node": name, "device": device, "mode": mode}));
                if let Some(bars) = &self.bars {
                    let bar = bars.add(indicatif::ProgressBar::new(0));
                    let style = indicatif::ProgressStyle::with_template("{prefix:>12} {bar:32} {msg}");
                    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
                    bar.set_prefix(plain(&name).into_owned());
                    self.bar.insert(node, bar);
                }
                self.now_told(node);
            }
            Event::NodeFinished { node, name, status, elapsed_s, fault, metrics, summary, .. } => {
                // Of one whose result was there already nothing is told before.
                self.now_told(node);
                // What a node measures of a part that is not the test set says so in its name.
                let judged = metrics.iter().filter(|(name, _)| !name.contains('/'));
                let judged = judged.filter_map(|(name, value)| Some((name, value.number()?)));
                for (metric, value) in judged.filter(|_| is_judgement(&metrics)) {
                    self.json("metric", json!({"node": name, "name": metric, "part": "test", "value": value}));
                }
                let error = fault.as_ref().map(|f| self.fault(f));
                self.json(
                    "node_finished",
                    json!({"node": name, "status": status, "elapsed_s": elapsed_s, "error": error}),
                );
                if let Some(bar) = self.bar.remove(&node) {
                    bar.finish_and_clear();
                }
                let last = self.last.remove(&node);
                let mut words = vec![format!("{name:>12}  {:<8}", node_status(status, self.output.lang))];
                if status == NodeStatus::Done || status == NodeStatus::Stopped {
                    words.push(duration(elapsed_s));
                }
                words.extend(summary.or(last));
                // What is skipped is not at fault: why stands beside it.
                let (why, error) = if status == NodeStatus::Skipped { (error, None) } else { (None, error) };
                words.extend(why);
                self.tell(words.join("  ").trim_end());
                if let Some(error) = error {
                    self.tell_error(&format!("{name}: {error}"));
                }
            }
            Event::RunFinished { run, status, elapsed_s, metrics, artifacts } => {
                let files: Vec<_> = artifacts
                    .iter()
                    .map(|(node, port, path)| json!({"node": node, "port": port, "path": path}))
                    .collect();
                self.json(
                    "run_finished",
                    json!({
                        "run": run, "status": status, "elapsed_s": elapsed_s, "metrics": metrics, "artifacts": files,
                    }),
                );
                if let Some(bars) = &self.bars {
                    let _closed = bars.clear();
                }
                self.finish(status, elapsed_s, &metrics, &artifacts)?;
                return Ok(Some(if status == RunStatus::Done { Exit::Done } else { Exit::Failed }));
            }
            Event::RunRefused { fault, .. } if fault.code == "stopped" => {
                // Stopped while it was being prepared: there is no run, but whoever reads waits for its end.
                self.json(
                    "run_finished",
                    json!({"status": RunStatus::Stopped, "elapsed_s": 0.0, "metrics": {}, "artifacts": []}),
                );
                return Ok(Some(Exit::Failed));
            }
            Event::RunRefused { fault, problems } => {
                for problem in &problems {
                    self.output.note(&self.output.problem_text(problem));
                }
                return Err(Ended::invalid(Localised::new(
                    with_remedy(&fault.message.en, &fault.remedy.en),
                    with_remedy(&fault.message.zh, &fault.remedy.zh),
                )));
            }
            Event::Log { level, node, message, .. } => {
                self.json("log", json!({"level": level, "node": node, "message": message}));
                let least = match self.output.verbose {
                    0 => LogLevel::Warn,
                    1 => LogLevel::Info,
                    _ => LogLevel::Debug,
                };
                if !self.output.json && level >= least {
                    let node = node.map(|n| format!("{n}: ")).unwrap_or_default();
                    self.tell(&format!("{node}{message}"));
                }
            }
            _ => {}
        }
        Ok(None)
    }

    /// From here on what comes of a node is told at once.
    fn now_told(&mut self, node: NodeId) {
        if self.told.insert(node) {
            let early = std::mem::take(&mut self.early);
            let (of_it, others) = early.into_iter().partition(|(of, _)| *of == node);
            self.early = others;
            for (_, sample) in of_it {
                self.tell_sample(sample);
            }
        }
    }

    /// Tells of a sample, once the beginning of its node is told.
    pub fn sample(&mut self, sample: Sample) {
        match &sample {
            Sample::Progress(Progress { node, .. }) | Sample::Metrics { node, .. } if !self.told.contains(node) => {
                self.early.push((*node, sample));
            }
            Sample::Resources(_) if self.began.is_none() => {}
            _ => self.tell_sample(sample),
        }
    }

    fn tell_sample(&mut self, sample: Sample) {
        match sample {
            Sample::Progress(Progress { node, name, step, steps, epoch, epochs, eta_s, .. }) => {
                self.json(
                    "progress",
                    json!({
                        "node": name, "step": step, "steps": steps, "epoch": epoch, "epochs": epochs, "eta_s": eta_s,
                    }),
                );
                if let Some(bar) = self.bar.get(&node) {
                    bar.set_length(steps);
                    bar.set_position(step);
                    let mut words = Vec::new();
                    if let (Some(epoch), Some(epochs)) = (epoch, epochs) {
                        words.push(format!("{} {epoch}/{epochs}", self.word("epoch", "轮次")));
                    }
                    words.extend(self.last.get(&node).cloned());
                    words.extend(eta_s.map(|s| match self.output.lang {
                        Lang::En => format!("{} left", duration(s)),
                        Lang::Zh => format!("剩余 {}", duration(s)),
                    }));
                    bar.set_message(words.join(" · "));
                }
            }
            Sample::Metrics { node, name, points, .. } => {
                for point in points {
                    self.json(
                        "metric",
                        json!({
                            "node": name, "name": point.name, "part": point.part, "epoch": point.epoch,
                            "step": point.step, "value": point.value, "per_epoch": point.per_epoch,
                        }),
                    );
                    if point.per_epoch && point.part == weft_protocol::Part::Validation && point.name == "accuracy" {
                        let text = format!("{} {:.2} %", self.word("validation", "验证"), 100.0 * point.value);
                        if self.bars.is_none() && !self.output.json {
                            let epoch = self.word("epoch", "轮次");
                            self.output.note(&format!("{name:>12}  {epoch} {}  {text}", point.epoch));
                        }
                        self.last.insert(node, text);
                    }
                }
            }
            Sample::Resources(r) => {
                let busy = r.own_cpu_busy;
                self.json("resource", json!({"device": "cpu", "busy": busy, "memory_bytes": r.own_memory_bytes}));
                for gpu in r.gpus {
                    self.json(
                        "resource",
                        json!({"device": gpu.name, "busy": gpu.busy, "memory_bytes": gpu.memory_bytes}),
                    );
                }
            }
            // Nothing was asked to be planned ahead.
            Sample::Planning { .. } => {}
        }
    }

    fn fault(&self, fault: &weft_protocol::event::Fault) -> String {
        with_remedy(self.output.say(&fault.message), self.output.say(&fault.remedy))
    }

    /// The last words, `results.json` and the models.
    fn finish(
        &mut self,
        status: RunStatus,
        elapsed_s: f64,
        metrics: &BTreeMap<String, Metrics>,
        artifacts: &[(String, String, String)],
    ) -> anyhow::Result<()> {
        for (node, metrics) in metrics.iter().filter(|(_, m)| is_judgement(m)) {
            let number = |name: &str| metrics.get(name).and_then(MetricValue::number);
            let words: Vec<String> = [
                ("accuracy", self.word("accuracy", "准确率")),
                ("precision_macro", self.word("precision", "精确率")),
                ("recall_macro", self.word("recall", "召回率")),
                ("f1_macro", "F1"),
            ]
            .iter()
            .filter_map(|(name, word)| Some(format!("{word} {:.2} %", 100.0 * number(name)?)))
            .collect();
            self.result(&format!("{node}: {}", words.join(" · ")));
        }
        self.result(&format!("{} · {}", run_status(status, self.output.lang), duration(elapsed_s)));
        let Some(out) = self.out.clone() else { return Ok(()) };
        let mut models = Vec::new();
        for (node, port, path) in artifacts.iter().filter(|(_, _, path)| path.ends_with(".safetensors")) {
            let name = if port == "model" { node.clone() } else { format!("{node}-{port}") };
            let target = out.join(format!("{}.safetensors", file_name(&name)));
            std::fs::copy(path, &target)
                .with_context(|| format!("the model of '{node}' could not be written to {}", target.display()))?;
            models.push(json!({"node": node, "file": target.file_name().map(|f| f.to_string_lossy())}));
        }
        let mut report = std::mem::take(&mut self.report);
        report.insert("status".to_owned(), json!(status));
        report.insert("elapsed_s".to_owned(), json!(elapsed_s));
        report.insert("metrics".to_owned(), json!(metrics));
        report.insert("models".to_owned(), json!(models));
        let target = out.join("results.json");
        std::fs::write(&target, serde_json::to_string_pretty(&report)? + "\n")
            .with_context(|| format!("the results could not be written to {}", target.display()))?;
        Ok(())
    }

    fn result(&self, text: &str) {
        if !self.output.json {
            self.output.line(text);
        }
    }
}

/// What happened, and what to do about it.
fn with_remedy(message: &str, remedy: &str) -> String {
    if remedy.is_empty() { message.to_owned() } else { format!("{message}\n  → {remedy}") }
}

fn node_status(status: NodeStatus, lang: Lang) -> &'static str {
    let zh = match status {
        NodeStatus::Done => "完成",
        NodeStatus::Cached => "缓存",
        NodeStatus::Failed => "失败",
        NodeStatus::Skipped => "跳过",
        NodeStatus::Stopped => "已停止",
    };
    t(status.id(), zh).get(lang)
}

/// How a run stands, in words.
pub fn run_status(status: RunStatus, lang: Lang) -> &'static str {
    let zh = match status {
        RunStatus::Running => "运行中",
        RunStatus::Done => "完成",
        RunStatus::Failed => "失败",
        RunStatus::Stopped => "已停止",
        RunStatus::Interrupted => "已中断",
    };
    t(status.id(), zh).get(lang)
}

/// A node's name as a file's name: whatever some system does not allow becomes a dash.
fn file_name(name: &str) -> String {
    let clean: String =
        name.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '-' } else { c }).collect();
    let clean = clean.trim_matches([' ', '.']);
    if clean.is_empty() { "model".to_owned() } else { clean.to_owned() }
}

/// What a plan expects, and why it was made anew.
fn plan_line(plan: &PlanView, anew: bool, reason: Option<&Localised>, lang: Lang) -> String {
    let what = if anew { t("planned anew", "重新规划") } else { t("planned", "已规划") };
    let ends = match (plan.makespan_s < 0.05, lang) {
        (true, _) => t("nothing to compute", "无需计算").get(lang).to_owned(),
        (false, Lang::En) => format!("{} expected in all", duration(plan.makespan_s)),
        (false, Lang::Zh) => format!("预计共 {}", duration(plan.makespan_s)),
    };
    let mut words = format!("{} · {} · {ends}", what.get(lang), plan.algorithm);
    if let Some(reason) = reason {
        words = format!("{words} · {}", reason.get(lang));
    }
    words
}

/// How long something took, or will take: 83.4 as `1:23`, 0.42 as `0.42 s`.
pub fn duration(seconds: f64) -> String {
    weft_model::text::duration(seconds, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        for (seconds, text) in [(0.42, "0.42 s"), (83.4, "1:23"), (59.6, "1:00"), (3_723.0, "1:02:03")] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn names_of_nodes_become_names_of_files() {
        for (name, file) in [("train", "train"), ("../a/b", "-a-b"), ("训练 2", "训练 2"), ("..", "model")] {
            assert_eq!(file_name(name), file);
        }
    }
}
