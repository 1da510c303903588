//! `weft run` and `weft resume`: a run without a window, through the same engine and with the same events.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use crossbeam_channel::{RecvTimeoutError, bounded, select};
use serde_json::json;
use weft_engine::{Engine, EngineConfig, WorkerCommand};
use weft_model::{Edit, NodeId, ParamKind, Severity, Value};
use weft_protocol::event::Progress;
use weft_protocol::lanes::ClientEnd;
use weft_protocol::run::{MetricValue, Metrics};
use weft_protocol::{Command, DeviceId, Event, LogLevel, NodeStatus, RunId, RunRequest, RunStatus, Sample};

use crate::cli::{ResumeArgs, RunArgs};
use crate::exit::{Ended, Exit};
use crate::output::Output;
use crate::project::Opened;

/// Starts an engine whose workers are this very executable.
pub fn start_engine(data_dir: &Path, wake: impl Fn() + Send + Sync + 'static) -> anyhow::Result<(Engine, ClientEnd)> {
    Ok(Engine::start(engine_config(data_dir)?.waking(wake))?)
}

/// The engine's settings, with this executable for its workers.
///
/// `WEFT_HEARTBEAT_TIMEOUT_S` says how long a worker may be silent before it is replaced, for machines under heavy load.
pub fn engine_config(data_dir: &Path) -> anyhow::Result<EngineConfig> {
    let program =
        std::env::current_exe().context("this program's own file is not known, so no worker can be started")?;
    let worker = WorkerCommand { program, args: vec!["worker".to_owned()] };
    let mut config = EngineConfig::new(data_dir, worker);
    if let Some(text) = std::env::var_os("WEFT_HEARTBEAT_TIMEOUT_S") {
        let seconds = text.to_str().and_then(|t| t.parse().ok()).filter(|s: &f64| *s >= 2.0 && *s <= 86_400.0);
        let seconds = seconds.ok_or_else(|| {
            Ended::usage(format!("WEFT_HEARTBEAT_TIMEOUT_S={}: seconds from 2 to 86400 are expected", text.display()))
        })?;
        config.patience.heartbeat = Duration::from_secs_f64(seconds);
    }
    Ok(config)
}

/// `weft run`.
pub fn run(args: &RunArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let mut opened = Opened::read(&args.project, data_dir, output)?;
    for set in &args.set {
        set_param(&mut opened, set, output)?;
    }
    let problems = opened.problems();
    let broken = problems.iter().any(|p| p.severity == Severity::Error);
    for problem in &problems {
        output.note(&output.problem_text(problem));
    }
    if broken {
        return Err(Ended::invalid(format!("{} cannot run: see the problems above", args.project.display())));
    }
    let until = match &args.until {
        None => None,
        Some(name) => Some(opened.node(name)?),
    };
    let request = RunRequest {
        project_text: opened.project.to_text(),
        project_path: Some(opened.path.clone()),
        seed: args.seed,
        device: args.device.clone().map(DeviceId),
        until,
        fresh: args.fresh,
        scheduler: None,
    };
    follow(Command::Run(Box::new(request)), args.out.as_deref(), data_dir, output)
}

/// `weft resume`.
pub fn resume(args: &ResumeArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let run: RunId = args
        .run
        .parse()
        .map_err(|_| Ended::usage(format!("'{}' is not the number of a run: see `weft runs`", args.run)))?;
    follow(Command::Resume { run }, args.out.as_deref(), data_dir, output)
}

/// `--set NODE.PARAM=VALUE`. The name of a node may hold dots: the last one parts it from the parameter.
fn set_param(opened: &mut Opened, set: &str, output: &Output) -> anyhow::Result<()> {
    let (target, text) =
        set.split_once('=').ok_or_else(|| Ended::usage(format!("--set {set}: NODE.PARAM=VALUE is expected")))?;
    let (name, param) = target
        .rsplit_once('.')
        .ok_or_else(|| Ended::usage(format!("--set {set}: NODE.PARAM=VALUE is expected, '{target}' has no dot")))?;
    let id = opened.node(name)?;
    let node = opened.project.graph.node(id).context("the node was found a moment ago")?;
    let Some(kind) = node.decl() else {
        return Err(Ended::invalid(format!("--set {set}: '{name}' is of a kind that this version does not know")));
    };
    let Some(decl) = kind.param(param) else {
        let known = kind.params.iter().map(|p| p.id).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {known}") };
        return Err(Ended::usage(format!("--set {set}: '{name}' has no parameter '{param}': {known}")));
    };
    let mut value = decl.parse(text).map_err(|why| Ended::usage(format!("--set {set}: {}", output.say(&why))))?;
    if let (ParamKind::Folder, Value::Text(path)) = (decl.kind, &value) {
        value = Value::Text(std::path::absolute(path)?.to_string_lossy().into_owned());
    }
    opened.project.graph.apply(Edit::SetParam { id, param: param.to_owned(), value: Some(value) })?;
    Ok(())
}

/// Sends a command that starts a run, and follows the run to its end.
fn follow(command: Command, out: Option<&Path>, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    if let Some(out) = out {
        // Before hours of training, not after.
        std::fs::create_dir_all(out)
            .map_err(|e| Ended::invalid(format!("the folder {} cannot be made: {e}", out.display())))?;
    }
    let (interrupt, interrupts) = bounded::<()>(4);
    let times = AtomicUsize::new(0);
    ctrlc::set_handler(move || {
        if times.fetch_add(1, Ordering::SeqCst) >= 1 {
            std::process::exit(130);
        }
        let _full = interrupt.try_send(());
    })
    .context("Ctrl-C cannot be caught")?;

    let (engine, client) = start_engine(data_dir, || {})?;
    client.commands.send(command).context("the engine has ended")?;
    let mut follower = Follower::new(output, out.map(Path::to_owned));
    let mut interrupted = false;
    let exit = loop {
        // Life-cycle events are few, and may not overtake the samples that came before them.
        select! {
            recv(client.events) -> event => {
                let event = event.context("the engine has ended unexpectedly")?;
                while let Ok(sample) = client.samples.try_recv() {
                    follower.sample(sample);
                }
                if let Event::Behind { missing_from } = event.event {
                    client.commands.send(Command::ReadEvents { from: missing_from }).context("the engine has ended")?;
                } else if let Some(exit) = follower.event(event.event)? {
                    break exit;
                }
            }
            recv(client.samples) -> sample => {
                if let Ok(sample) = sample {
                    follower.sample(sample);
                }
            }
            recv(interrupts) -> _ => {
                interrupted = true;
                output.note(output.say(&weft_model::Localised::new(
                    "stopping; once more to end at once",
                    "正在停止；再按一次立即结束",
                )));
                client.commands.send(Command::Stop).context("the engine has ended")?;
            }
        }
    };
    drop(client);
    drop(engine);
    Ok(if interrupted { Exit::Interrupted } else { exit })
}

/// Tells a person or a program what happens.
struct Follower<'a> {
    output: &'a Output,
    out: Option<PathBuf>,
    began: Instant,
    bars: Option<indicatif::MultiProgress>,
    bar: HashMap<NodeId, indicatif::ProgressBar>,
    last: HashMap<NodeId, String>,
    report: serde_json::Map<String, serde_json::Value>,
}

impl<'a> Follower<'a> {
    fn new(output: &'a Output, out: Option<PathBuf>) -> Self {
        let bars = (!output.json && !output.quiet && std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .then(indicatif::MultiProgress::new);
        Self {
            output,
            out,
            began: Instant::now(),
            bars,
            bar: HashMap::new(),
            last: HashMap::new(),
            report: serde_json::Map::new(),
        }
    }

    fn t_s(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// A line for a person, above the bars.
    fn tell(&self, text: &str) {
        match &self.bars {
            Some(bars) => {
                let _closed = bars.println(text);
            }
            None => self.output.note(text),
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

    fn event(&mut self, event: Event) -> anyhow::Result<Option<Exit>> {
        match event {
            Event::RunStarted { run, project, seed, devices, .. } => {
                self.began = Instant::now();
                self.json("run_started", json!({"run": run, "project": project, "seed": seed, "devices": devices}));
                let devices = devices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                self.tell(&format!("run {run} · {project} · seed {seed} · {devices}"));
                self.report.insert("run".to_owned(), json!(run));
                self.report.insert("project".to_owned(), json!(project));
                self.report.insert("seed".to_owned(), json!(seed));
            }
            Event::Plan { plan, reason, .. } => self.json("plan", json!({"plan": plan, "reason": reason})),
            Event::NodeStarted { node, name, device, mode, .. } => {
                self.json("node_started", json!({"node": name, "device": device, "mode": mode}));
                if let Some(bars) = &self.bars {
                    let bar = bars.add(indicatif::ProgressBar::new(0));
                    let style = indicatif::ProgressStyle::with_template("{prefix:>12} {bar:32} {msg}");
                    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
                    bar.set_prefix(name);
                    self.bar.insert(node, bar);
                }
            }
            Event::NodeFinished { node, name, status, elapsed_s, fault, metrics, summary, .. } => {
                for (metric, value) in &metrics {
                    // What a node measures of a part that is not the test set says so in its name.
                    if let (MetricValue::Number(value), false) = (value, metric.contains('/')) {
                        let fields = json!({"node": name, "name": metric, "part": "test", "value": value});
                        if metrics.contains_key("confusion_matrix") {
                            self.json("metric", fields);
                        }
                    }
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
                let mut words = vec![format!("{name:>12}  {:<8}", self.status(status))];
                if status == NodeStatus::Done || status == NodeStatus::Stopped {
                    words.push(duration(elapsed_s));
                }
                words.extend(summary.or(last));
                self.tell(words.join("  ").trim_end());
                if let Some(error) = error {
                    self.output.error(&format!("{name}: {error}"));
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
                return Err(Ended::invalid(self.fault(&fault)));
            }
            Event::Log { level, node, message, .. } => {
                self.json("log", json!({"level": level, "node": node, "message": message}));
                if !self.output.json && level >= LogLevel::Warn {
                    let node = node.map(|n| format!("{n}: ")).unwrap_or_default();
                    self.tell(&format!("{node}{message}"));
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn sample(&mut self, sample: Sample) {
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
                        words.push(format!("epoch {epoch}/{epochs}"));
                    }
                    words.extend(self.last.get(&node).cloned());
                    words.extend(eta_s.map(|s| format!("{} left", duration(s))));
                    bar.set_message(words.join(" · "));
                }
            }
            Sample::Metrics { node, name, points, .. } => {
                for point in points {
                    self.json(
                        "metric",
                        json!({
                            "node": name, "name": point.name, "part": point.part, "epoch": point.epoch,
                            "step": point.step, "value": point.value,
                        }),
                    );
                    if point.per_epoch && point.part == weft_protocol::Part::Validation && point.name == "accuracy" {
                        let text = format!("validation {:.2} %", 100.0 * point.value);
                        if self.bars.is_none() && !self.output.json {
                            self.output.note(&format!("{name:>12}  epoch {}  {text}", point.epoch));
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
        }
    }

    fn fault(&self, fault: &weft_protocol::event::Fault) -> String {
        let (message, remedy) = (self.output.say(&fault.message), self.output.say(&fault.remedy));
        if remedy.is_empty() { message.to_owned() } else { format!("{message}\n  → {remedy}") }
    }

    fn status(&self, status: NodeStatus) -> &'static str {
        let zh = self.output.lang == weft_model::Lang::Zh;
        match (status, zh) {
            (NodeStatus::Done, true) => "完成",
            (NodeStatus::Cached, true) => "缓存",
            (NodeStatus::Failed, true) => "失败",
            (NodeStatus::Skipped, true) => "跳过",
            (NodeStatus::Stopped, true) => "已停止",
            (status, false) => status.id(),
        }
    }

    /// The last words, `results.json` and the models.
    fn finish(
        &mut self,
        status: RunStatus,
        elapsed_s: f64,
        metrics: &BTreeMap<String, Metrics>,
        artifacts: &[(String, String, String)],
    ) -> anyhow::Result<()> {
        for (node, metrics) in metrics.iter().filter(|(_, m)| m.contains_key("confusion_matrix")) {
            let number = |name: &str| metrics.get(name).and_then(MetricValue::number);
            let words: Vec<String> = ["accuracy", "precision_macro", "recall_macro", "f1_macro"]
                .iter()
                .filter_map(|name| Some(format!("{} {:.2} %", name.trim_end_matches("_macro"), 100.0 * number(name)?)))
                .collect();
            self.result(&format!("{node}: {}", words.join(" · ")));
        }
        self.result(&format!("{} · {}", status.id(), duration(elapsed_s)));
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

/// A node's name as a file's name: whatever some system does not allow becomes a dash.
fn file_name(name: &str) -> String {
    let clean: String =
        name.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '-' } else { c }).collect();
    let clean = clean.trim_matches([' ', '.']);
    if clean.is_empty() { "model".to_owned() } else { clean.to_owned() }
}

/// 83.4 as `1:23`, 0.42 as `0.42 s`.
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.2} s");
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Waits for an answer of the engine among its events.
pub fn wait_for<T>(client: &ClientEnd, limit: Duration, mut pick: impl FnMut(Event) -> Option<T>) -> anyhow::Result<T> {
    let end = Instant::now() + limit;
    loop {
        match client.events.recv_deadline(end) {
            Ok(event) => {
                if let Some(found) = pick(event.event) {
                    return Ok(found);
                }
            }
            Err(RecvTimeoutError::Timeout) => bail!("the engine has not answered within {} s", limit.as_secs()),
            Err(RecvTimeoutError::Disconnected) => bail!("the engine has ended unexpectedly"),
        }
    }
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
