//! The tasks of the run that is going on: started, followed, ended.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use weft_model::Localised;
use weft_model::catalogue::Place;
use weft_protocol::event::{Fault, Progress};
use weft_protocol::run::Metrics;
use weft_protocol::worker::{FromWorker, Job, Output};
use weft_protocol::{Event, LogLevel, NodeStatus};

use super::{EngineThread, worker_start_fault};
use crate::execute::execute;
use crate::keeper::{Errand, Ingest, Ingested, Source};
use crate::planning::candidates::{mode_name, subject};
use crate::run::{Active, Ending};
use crate::store::{KeptResult, WORKER_START, Write};
use crate::supervise::{Busy, Purpose};
use crate::worker::News;

/// Starting tasks is interrupted so often to look at everything else.
const AT_A_TIME: Duration = Duration::from_millis(8);

impl EngineThread {
    /// Starts what is ready.
    pub(super) fn start_tasks(&mut self) {
        let until = Instant::now() + AT_A_TIME;
        loop {
            let Some(active) = &mut self.active else { return };
            if active.paused || active.stopping || active.forecast.is_awaited {
                return;
            }
            if active.to_start.is_empty() {
                let ready = active.queue.start_ready(active.t_s());
                if ready.is_empty() {
                    return;
                }
                active.to_start.extend(ready);
            }
            let waiting = active.to_start.len();
            for _ in 0..waiting {
                let Some(index) = self.active.as_mut().and_then(|a| a.to_start.pop_front()) else { return };
                if !self.start(index) {
                    // More compute there than any plan has.
                    if let Some(active) = &mut self.active {
                        active.to_start.push_back(index);
                    }
                }
                if Instant::now() >= until {
                    return;
                }
            }
            if self.active.as_ref().is_none_or(|a| a.to_start.len() >= waiting) {
                return;
            }
        }
    }

    /// Starts a task. Says whether it could.
    fn start(&mut self, index: usize) -> bool {
        let Some(active) = &mut self.active else { return true };
        if active.prepared.tasks[index].cached.is_some() {
            self.reuse(index);
            return true;
        }
        let place = active.task(index).kind.place;
        let slot = if !in_worker(place) {
            None
        } else {
            let Some(slot) = self.fleet.place(&active.task(index).device, active.task(index).threads) else {
                return false;
            };
            Some(slot)
        };
        // What the engine itself does reads no files.
        let inputs = if !in_worker(place) { Ok(Default::default()) } else { active.inputs(index) };
        let paused_before = active.paused_time();
        let state = &mut active.tasks[index];
        state.started = Some(Instant::now());
        (state.worked_since, state.paused_before, state.eta) = (None, paused_before, None);
        let task = active.task(index);
        let (run, name, device) = (active.run, task.name.clone(), task.device.clone());
        let event = Event::NodeStarted {
            run,
            node: task.node,
            name: name.clone(),
            device: device.clone(),
            mode: task.mode.clone(),
            t_s: active.t_s(),
        };
        if task.part.is_first {
            if place != Place::Engine {
                self.writes.push(Write::NodeStarted { run, name: name.clone(), device });
            }
            self.say(event);
        }
        self.say_phase(index, true);
        let inputs = match inputs {
            Ok(inputs) => inputs,
            Err(port) => {
                let fault = Fault::new(
                    "missing_input",
                    Localised::new(
                        format!("input '{port}' of '{name}' has no data: the node before it has not made it"),
                        format!("“{name}”的输入“{port}”没有数据：上游节点没有产生它"),
                    ),
                    Localised::new("run again without the cache (--fresh)", "请不使用缓存重新运行（--fresh）"),
                );
                self.end_task(index, NodeStatus::Failed, Some(fault));
                self.finish_run_if_done();
                return true;
            }
        };
        match slot {
            None if place == Place::Clock => self.begin_timed(index),
            None => self.execute(index),
            Some(slot) => self.give(index, slot, inputs),
        }
        true
    }

    /// What the store has is the result.
    fn reuse(&mut self, index: usize) {
        let Some(active) = &mut self.active else { return };
        let Some((kept, paths)) = active.prepared.tasks[index].cached.take() else { return };
        let (run, node, name) = (active.run, active.task(index).node, active.task(index).name.clone());
        let outputs: Vec<_> = kept.outputs.iter().filter(|o| paths.contains_key(&o.port)).cloned().collect();
        for output in &outputs {
            if let Some(path) = paths.get(&output.port) {
                active.tasks[index].outputs.insert(output.port.clone(), (output.clone(), path.clone()));
            }
        }
        // The curves of the run that computed it are this run's too; tasks of the engine have none.
        if active.task(index).kind.place != Place::Engine
            && (kept.run, &kept.node) != (run, &name)
            && let Ok(points) = self.store.series(kept.run, &kept.node)
            && !points.is_empty()
        {
            self.samples.points(run, node, &name, points);
            self.writes.push(Write::CopySeries { from: (kept.run, kept.node), to: (run, name) });
        }
        let Some(active) = &mut self.active else { return };
        active.tasks[index].ending = Some(Ending {
            status: NodeStatus::Cached,
            fault: None,
            metrics: kept.metrics,
            summary: kept.summary,
            elapsed_s: 0.0,
        });
        self.end_as_planned(index);
        self.finish_run_if_done();
    }

    fn execute(&mut self, index: usize) {
        let Some(active) = &mut self.active else { return };
        let task = active.task(index);
        match execute(task.kind, &task.name, &task.params) {
            Ok(outputs) => {
                let ending = Ending {
                    status: NodeStatus::Done,
                    fault: None,
                    metrics: Metrics::new(),
                    summary: None,
                    elapsed_s: active.computed_s(index),
                };
                let source = Source::Inline(outputs);
                self.take_in(index, ending, source);
            }
            Err(fault) => self.end_task(index, NodeStatus::Failed, Some(fault)),
        }
        self.finish_run_if_done();
    }

    fn give(&mut self, index: usize, slot: usize, inputs: std::collections::BTreeMap<String, PathBuf>) {
        let number = self.number();
        let data_dir = self.config.data_dir.clone();
        let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
        let out_dir = data_dir.join("work").join(self.owner.name()).join(format!("task-{number}"));
        let Some(active) = &mut self.active else { return };
        let first = active.tasks[index].checkpoint_dir.is_none();
        let task = &active.prepared.tasks[index];
        let state = &mut active.tasks[index];
        if first {
            let folder = data_dir.join("checkpoints");
            let own = folder.join(&task.key.0);
            // Another program may be computing the very same: it keeps its checkpoints to itself.
            let lock = fs::create_dir_all(&folder)
                .and_then(|()| fs::File::create(folder.join(format!("{}.lock", task.key.0))))
                .ok()
                .filter(|lock| lock.try_lock().is_ok());
            state.checkpoint_dir = Some(if lock.is_some() { own } else { out_dir.with_extension("checkpoints") });
            state.checkpoint_lock = lock;
        }
        let checkpoint_dir = state.checkpoint_dir.clone().unwrap_or_else(|| out_dir.with_extension("checkpoints"));
        if first && active.prepared.request.fresh {
            fs::remove_dir_all(&checkpoint_dir).ok();
        }
        let made = fs::create_dir_all(&out_dir).and_then(|()| fs::create_dir_all(&checkpoint_dir));
        if let Err(e) = made {
            let at = out_dir.display();
            let fault = Fault::new(
                "data_folder",
                Localised::new(format!("the folder {at} cannot be made: {e}"), format!("无法创建文件夹 {at}：{e}")),
                Localised::new("make room there, or choose another data folder", "请腾出空间，或另选数据文件夹"),
            );
            self.end_task(index, NodeStatus::Failed, Some(fault));
            return self.finish_run_if_done();
        }
        let job = Job {
            task: number,
            node: task.name.clone(),
            kind: task.kind.id.to_owned(),
            params: task.params.clone(),
            seed: task.seed,
            inputs,
            out_dir,
            checkpoint_dir,
            base_dir: active.prepared.base_dir.clone(),
        };
        let live = active.tasks[index].live.clone();
        let mut busy = Busy::new(index, job, live);
        busy.paused = active.paused;
        if let Err(e) = self.fleet.begin(slot, busy) {
            let fault = worker_start_fault(&self.config.worker.program, &e);
            self.end_task(index, NodeStatus::Failed, Some(fault));
            self.finish_run_if_done();
        }
    }

    /// What a worker says, or that it is gone.
    pub(super) fn news(&mut self, slot: usize, news: News) {
        let message = match news {
            News::Gone(why) => {
                // Its input is closed and its exit awaited, unless it talks nonsense and may live on.
                return self.lost(slot, why);
            }
            News::Line(line) => {
                let (level, text) = level_of(&line);
                let text = format!("{}: {text}", self.fleet.name(slot));
                return self.log(level, None, text);
            }
            News::Message(message) => message,
        };
        self.fleet.heard(slot, None);
        let computing = |number: u64| self.fleet.computing(slot, number);
        match message {
            FromWorker::Ready { protocol, .. } => match self.fleet.ready(slot, protocol) {
                Ok(start_s) => self.worker_started(slot, start_s),
                Err(why) => self.lost(slot, Some(why)),
            },
            FromWorker::Heartbeat { beats } => self.fleet.heard(slot, Some(beats)),
            FromWorker::Pong { .. } => {}
            FromWorker::Progress { task, step, steps, epoch, epochs, eta_s } => {
                let (Some(index), Some(active)) = (computing(task), &mut self.active) else { return };
                active.tasks[index].eta = eta_s.filter(|s| s.is_finite() && *s >= 0.0).map(|s| (active.t_s(), s));
                let (node, name) = (active.task(index).node, active.task(index).name.clone());
                let elapsed_s = active.computed_s(index);
                let run = active.run;
                self.samples.progress(Progress { run, node, name, step, steps, epoch, epochs, elapsed_s, eta_s });
            }
            FromWorker::Metrics { task, points } => {
                let index = computing(task);
                let (Some(index), Some(active)) = (index, &mut self.active) else { return };
                active.tasks[index].unsaved.extend(points.iter().cloned());
                let task = active.task(index);
                self.samples.points(active.run, task.node, &task.name, points);
            }
            FromWorker::Checkpoint { task, epoch, step } => {
                let index = computing(task);
                let (Some(index), Some(active)) = (index, &mut self.active) else { return };
                // Whoever goes on from it does not measure again what came before it.
                active.is_to_be_saved = true;
                let name = active.task(index).name.clone();
                self.log(LogLevel::Debug, Some(name), format!("checkpoint after epoch {epoch}, step {step}"));
            }
            FromWorker::Log { task, level, message } => {
                let node =
                    task.and_then(computing).and_then(|index| Some(self.active.as_ref()?.task(index).name.clone()));
                self.log(level, node, message);
            }
            FromWorker::Done { task, outputs, metrics, summary, stopped } => {
                let (Some(index), Some(active)) = (computing(task), &self.active) else { return };
                let status = if stopped { NodeStatus::Stopped } else { NodeStatus::Done };
                let elapsed_s = active.computed_s(index);
                self.worker_ended(slot, index, Ending { status, fault: None, metrics, summary, elapsed_s }, outputs);
            }
            FromWorker::Failed { task, fault, outputs } => {
                let (Some(index), Some(active)) = (computing(task), &self.active) else { return };
                if !active.stopping && active.tasks[index].limit.is_none() && self.try_again(slot, index, &fault) {
                    return;
                }
                let Some(active) = &self.active else { return };
                let elapsed_s = active.computed_s(index);
                let ending = Ending {
                    status: NodeStatus::Failed,
                    fault: Some(fault),
                    metrics: Metrics::new(),
                    summary: None,
                    elapsed_s,
                };
                self.worker_ended(slot, index, ending, outputs);
            }
            FromWorker::Previewed { request, result } => self.previewed(request, result),
        }
    }

    /// How long a worker took to start is kept, to be planned with.
    fn worker_started(&mut self, slot: usize, start_s: f64) {
        let (Purpose::Compute { device, .. }, true) = (&self.fleet.slots[slot].purpose, self.active.is_some()) else {
            return;
        };
        self.writes.push(Write::Estimate {
            kind: WORKER_START.to_owned(),
            subject: String::new(),
            device: device.clone(),
            mode: String::new(),
            work: 1.0,
            seconds: start_s,
            peak_bytes: None,
        });
    }

    fn worker_ended(&mut self, slot: usize, index: usize, mut ending: Ending, outputs: Vec<Output>) {
        let folder = self.leave(slot, index);
        if ending.status == NodeStatus::Stopped
            && let Some(limit) = self.active.as_ref().and_then(|a| a.tasks[index].limit.clone())
        {
            // What it has learnt so far is kept, as after any other fault.
            (ending.status, ending.fault) = (NodeStatus::Failed, Some(limit));
        }
        // A number that is none has no form in JSON.
        ending.metrics.retain(|_, value| value.number().is_none_or(f64::is_finite));
        self.take_in(index, ending, Source::Files { outputs, folder });
        self.finish_run_if_done();
    }

    /// A task has failed: it is tried again, from its last checkpoint, if its node says so and that was not too often.
    fn try_again(&mut self, slot: usize, index: usize, fault: &Fault) -> bool {
        let Some(active) = &mut self.active else { return false };
        let (name, allowed) = (active.task(index).name.clone(), active.task(index).rules.retries);
        if active.tasks[index].failures >= allowed {
            return false;
        }
        active.tasks[index].failures += 1;
        let attempt = active.tasks[index].failures + 1;
        let folder = self.leave(slot, index);
        fs::remove_dir_all(folder).ok();
        if let Some(active) = &mut self.active {
            active.tasks[index].started = None;
            active.queue.retry(index);
        }
        let message = format!("'{name}' failed: {fault}; it is tried again (attempt {attempt} of {})", allowed + 1);
        self.log(LogLevel::Warn, Some(name), message);
        true
    }

    /// A task leaves its worker: what was measured of it is noted. Gives the folder of its outputs.
    fn leave(&mut self, slot: usize, index: usize) -> PathBuf {
        self.fleet.weigh(slot);
        let busy = self.fleet.slots.get_mut(slot).and_then(|s| s.busy.take());
        self.fleet.free(slot);
        let (Some(active), Some(busy)) = (&mut self.active, busy) else { return PathBuf::new() };
        let state = &mut active.tasks[index];
        state.peak_bytes = state.peak_bytes.max(busy.peak_bytes);
        state.worked_since = busy.sent;
        busy.job.out_dir
    }

    /// Takes the outputs of a task in, and ends it once that is done.
    pub(super) fn take_in(&mut self, index: usize, ending: Ending, source: Source) {
        let Some(active) = &mut self.active else { return };
        let task = &active.prepared.tasks[index];
        let state = &active.tasks[index];
        let is_whole = ending.status == NodeStatus::Done && state.live.is_empty();
        let keep = is_whole.then(|| {
            let kept = KeptResult {
                run: active.run,
                node: task.name.clone(),
                metrics: ending.metrics.clone(),
                summary: ending.summary.clone(),
                elapsed_s: ending.elapsed_s,
                outputs: Vec::new(),
            };
            (task.key.clone(), kept)
        });
        // Checkpoints of altered parameters must not be gone on from under the unaltered ones.
        let clear = (ending.status == NodeStatus::Done || !state.live.is_empty())
            .then(|| state.checkpoint_dir.clone())
            .flatten();
        let (run, node) = (active.run, task.name.clone());
        let is_empty = match &source {
            Source::Inline(outputs) => outputs.is_empty(),
            Source::Files { outputs, folder } => {
                let empty = outputs.is_empty();
                if empty {
                    fs::remove_dir_all(folder).ok();
                }
                empty && clear.is_none()
            }
        };
        active.tasks[index].ending = Some(ending);
        if is_empty {
            // Nothing for the disk: kept in the batch of this turn.
            if let Some((key, result)) = keep {
                self.writes.push(Write::Result { key, result });
            }
            return self.end_as_planned(index);
        }
        self.errand(Errand::Ingest(Box::new(Ingest { run, task: index, node, source, keep, clear })));
    }

    pub(super) fn ingested(&mut self, ingested: Ingested) {
        let Ingested { run, task: index, result } = ingested;
        let Some(active) = self.active.as_mut().filter(|a| a.run == run) else { return };
        match result {
            Ok(outputs) => {
                for (output, path) in outputs {
                    active.tasks[index].outputs.insert(output.port.clone(), (output, path));
                }
                self.end_as_planned(index);
            }
            Err(fault) => {
                active.tasks[index].ending = None;
                self.end_task(index, NodeStatus::Failed, Some(fault));
            }
        }
        self.finish_run_if_done();
    }

    /// Ends a task as it was found to end before its outputs were taken in.
    fn end_as_planned(&mut self, index: usize) {
        let Some(active) = &mut self.active else { return };
        let Some(ending) = active.tasks[index].ending.take() else { return };
        let task = &active.prepared.tasks[index];
        if ending.status == NodeStatus::Done && in_worker(task.kind.place) && active.tasks[index].is_undisturbed() {
            self.writes.push(Write::Estimate {
                kind: task.kind.id.to_owned(),
                subject: subject(&task.subject, &task.params),
                device: task.device.clone(),
                mode: mode_name(task.numerics, task.threads),
                work: task.facts.work,
                seconds: active.worked_s(index),
                peak_bytes: active.tasks[index].peak_bytes,
            });
            let worked_s = active.worked_s(index);
            active.compare(index, worked_s);
        }
        self.end_with(index, ending);
    }

    /// Ends a task that leaves nothing.
    pub(super) fn end_task(&mut self, index: usize, status: NodeStatus, fault: Option<Fault>) {
        let elapsed_s = self.active.as_ref().map_or(0.0, |a| a.computed_s(index));
        self.end_with(index, Ending { status, fault, metrics: Metrics::new(), summary: None, elapsed_s });
    }

    /// A phase that is not its node's last is over: nothing is said of it but to the tasks that wait for it.
    pub(super) fn end_phase(&mut self, index: usize) {
        let Some(active) = &mut self.active else { return };
        let state = &mut active.tasks[index];
        (state.status, state.ended, state.eta) = (Some(NodeStatus::Done), Some(Instant::now()), None);
        active.queue.finished(index);
        self.say_phase(index, false);
    }

    /// Says that a phase has begun or ended, if the task is one.
    fn say_phase(&mut self, index: usize, begins: bool) {
        let Some(active) = &self.active else { return };
        let task = active.task(index);
        let Some(phase) = task.part.phase_name() else { return };
        let (run, node, phase, t_s) = (active.run, task.node, phase.to_owned(), active.t_s());
        self.say(match begins {
            true => Event::PhaseStarted { run, node, phase, t_s },
            false => Event::PhaseFinished { run, node, phase, t_s },
        });
    }

    fn end_with(&mut self, index: usize, ending: Ending) {
        let Some(active) = &mut self.active else { return };
        if active.tasks[index].status.is_some() {
            return;
        }
        let Ending { mut status, fault, metrics, summary, mut elapsed_s } = ending;
        let siblings = active.siblings(index);
        if siblings.len() > 1 {
            elapsed_s = active.node_computed_s(index);
            // A node that has begun is not skipped but stopped.
            if status == NodeStatus::Skipped && siblings.clone().any(|at| active.tasks[at].status.is_some()) {
                status = NodeStatus::Stopped;
            }
        }
        let (run, name, node) = (active.run, active.task(index).name.clone(), active.task(index).node);
        let state = &mut active.tasks[index];
        (state.status, state.ended, state.eta) = (Some(status), Some(Instant::now()), None);
        state.checkpoint_lock = None;
        let points = std::mem::take(&mut state.unsaved);
        if !points.is_empty() {
            self.writes.push(Write::Points { run, name: name.clone(), points });
        }
        let skipped = match status {
            NodeStatus::Done | NodeStatus::Cached => {
                active.queue.finished(index);
                Vec::new()
            }
            NodeStatus::Failed | NodeStatus::Skipped | NodeStatus::Stopped => active.queue.failed(index),
        };
        if status == NodeStatus::Failed {
            active.forecast.want(Localised::new(format!("'{name}' failed"), format!("“{name}”失败")));
        }
        if !metrics.is_empty() {
            active.metrics.insert(name.clone(), metrics.clone());
        }
        let t_s = active.t_s();
        let record = Self::ended_record(status, elapsed_s, fault.as_ref());
        self.writes.push(Write::NodeFinished { run, name: name.clone(), record, metrics: metrics.clone() });
        let needed = name.clone();
        active.ended.insert(node);
        if active.tasks[index].started.is_some() {
            self.say_phase(index, false);
        }
        self.say(Event::NodeFinished { run, node, name, status, elapsed_s, fault, metrics, summary, t_s });
        let mut skipped = skipped;
        skipped.extend(self.drop_phases(index));
        for index in skipped {
            let Some(active) = &self.active else { return };
            let name = active.task(index).name.clone();
            let (en, zh) = match status {
                NodeStatus::Failed => ("failed", "失败"),
                _ => ("was stopped", "被停止"),
            };
            let fault = Fault::new(
                "needs_failed",
                Localised::new(
                    format!("'{name}' needs '{needed}', which {en}"),
                    format!("“{name}”依赖的“{needed}”{zh}"),
                ),
                Localised::default(),
            );
            self.skip(index, fault);
        }
    }

    /// Gives up the phases of a task's node that have not ended: the node has. Says what the queue skips for that, of other
    /// nodes.
    fn drop_phases(&mut self, index: usize) -> Vec<usize> {
        let Some(active) = &mut self.active else { return Vec::new() };
        let siblings = active.siblings(index);
        active.timed.retain(|timed| !siblings.contains(&timed.index));
        let mut skipped = Vec::new();
        for at in siblings.clone().filter(|at| *at != index) {
            if active.tasks[at].status.is_none() {
                (active.tasks[at].status, active.tasks[at].eta) = (Some(NodeStatus::Skipped), None);
                active.tasks[at].ended = active.tasks[at].started.map(|_| Instant::now());
                skipped.extend(active.queue.failed(at));
            }
        }
        active.to_start.retain(|at| *at == index || !siblings.contains(at));
        skipped.retain(|at| !siblings.contains(at));
        skipped
    }

    /// The queue has given a task up.
    fn skip(&mut self, index: usize, fault: Fault) {
        let Some(active) = &mut self.active else { return };
        if active.tasks[index].status.is_some() {
            return;
        }
        // Phases of a node that is stopped are stopped with it, though what they would have waited for is too.
        let has_begun = active.siblings(index).any(|at| active.tasks[at].started.is_some());
        let (status, why) = match has_begun && active.stopping {
            true => (NodeStatus::Stopped, None),
            false => (NodeStatus::Skipped, Some(fault.clone())),
        };
        active.tasks[index].status = Some(status);
        if !active.ended.insert(active.task(index).node) {
            return;
        }
        let (run, node, name) = (active.run, active.task(index).node, active.task(index).name.clone());
        let (t_s, elapsed_s) = (active.t_s(), active.node_computed_s(index));
        let record = Self::ended_record(status, elapsed_s, why.as_ref());
        self.writes.push(Write::NodeFinished { run, name: name.clone(), record, metrics: Metrics::new() });
        let (metrics, summary) = (Metrics::new(), None);
        self.say(Event::NodeFinished { run, node, name, status, elapsed_s, fault: why, metrics, summary, t_s });
        for index in self.drop_phases(index) {
            self.skip(index, fault.clone());
        }
    }

    pub(super) fn finish_run_if_done(&mut self) {
        let is_over = |a: &Active| a.queue.is_done() && a.tasks.iter().all(|t| t.status.is_some());
        let Some(active) = self.active.as_ref().filter(|a| is_over(a)) else { return };
        if active.tasks.iter().all(|t| t.status == Some(NodeStatus::Cached)) {
            self.log(LogLevel::Info, None, "nothing had to be computed: every result was in the store");
        }
        let Some(active) = self.active.take() else { return };
        let (run, status, elapsed_s) = (active.run, active.status(), active.elapsed_s());
        self.writes.push(Write::RunFinished { run, status, elapsed_s });
        self.say(active.finished());
    }

    /// Looks after the workers.
    pub(super) fn supervise(&mut self) {
        for (slot, cause) in self.fleet.overdue() {
            self.lost(slot, Some(cause));
        }
    }

    /// A worker has died, or is given up: it is replaced, and its task goes on from its checkpoint, if that has not
    /// happened too often.
    pub(super) fn lost(&mut self, slot: usize, cause: Option<String>) {
        let worker = self.fleet.name(slot);
        let had_started = self.fleet.slots[slot].ready;
        let (how, busy) = self.fleet.lose(slot, cause);
        if self.fleet.slots[slot].purpose == Purpose::Preview {
            self.preview_worker_lost(had_started, &died(&worker, &how, 0));
        }
        let (Some(busy), Some(active)) = (busy, &mut self.active) else {
            if !self.shutting_down {
                self.log(LogLevel::Warn, None, format!("{worker} {how}"));
            }
            return;
        };
        let index = busy.task;
        let name = active.task(index).name.clone();
        fs::remove_dir_all(&busy.job.out_dir).ok();
        if let Some(limit) = active.tasks[index].limit.clone() {
            self.log(
                LogLevel::Warn,
                Some(name),
                format!("{worker} {how}: what was computed since the last checkpoint is lost"),
            );
            self.end_task(index, NodeStatus::Failed, Some(limit));
            return self.finish_run_if_done();
        }
        if active.stopping {
            self.log(
                LogLevel::Warn,
                Some(name),
                format!("{worker} {how}: what was learnt since the last checkpoint is lost"),
            );
            self.end_task(index, NodeStatus::Stopped, None);
            return self.finish_run_if_done();
        }
        let device = active.task(index).device.clone();
        if !had_started && device != weft_protocol::DeviceId::cpu() && self.device_lost(&device, index) {
            return self.log(
                LogLevel::Warn,
                Some(name),
                format!("{worker} {how}: the device {device} is not used any more"),
            );
        }
        let Some(active) = &mut self.active else { return };
        let state = &mut active.tasks[index];
        if state.restarts >= self.config.max_restarts {
            let fault = died(&worker, &how, state.restarts);
            self.end_task(index, NodeStatus::Failed, Some(fault));
            return self.finish_run_if_done();
        }
        state.restarts += 1;
        let message = format!(
            "{worker} {how}; it is started again and '{name}' goes on from its last checkpoint (attempt {} of {})",
            state.restarts + 1,
            self.config.max_restarts + 1
        );
        self.log(LogLevel::Warn, Some(name), message);
        self.give(index, slot, busy.job.inputs);
    }
}

/// Whether a worker does it.
fn in_worker(place: Place) -> bool {
    matches!(place, Place::CpuWorker | Place::DeviceWorker)
}

/// How much a line of a worker's log matters, and what it says. The worker's own words begin with
/// `[TIME LEVEL weft_MODULE]`. Everything else comes from drivers and libraries, which complain at every start: of use
/// only to who asks, and when the worker dies, which is reported with its last words.
fn level_of(line: &str) -> (LogLevel, &str) {
    let own = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")).and_then(|(head, text)| {
        let mut words = head.split_whitespace().skip(1);
        let (level, module) = (words.next()?, words.next()?);
        module.starts_with("weft").then_some((level, text))
    });
    match own {
        Some(("ERROR", text)) => (LogLevel::Error, text),
        Some(("WARN", text)) => (LogLevel::Warn, text),
        Some(("INFO", text)) => (LogLevel::Info, text),
        _ => (LogLevel::Debug, line),
    }
}

fn died(worker: &str, how: &str, restarts: u32) -> Fault {
    let (times_en, times_zh) = match restarts {
        0 => (String::new(), String::new()),
        n => (format!(", after {n} restarts"), format!("（已重启 {n} 次）")),
    };
    Fault::new(
        "worker_died",
        Localised::new(format!("{worker} {how}{times_en}"), format!("计算进程 {worker} 异常结束{times_zh}：{how}")),
        Localised::new(
            "look into the log; a smaller batch needs less memory, and the processor (--device cpu) needs no driver",
            "请查看日志；减小批大小可降低内存占用，改用处理器（--device cpu）则不依赖驱动",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drivers_grumble_about_is_for_those_who_ask() {
        for (line, level, text) in [
            ("[2026-11-21T09:10:25Z WARN  weft_learn::worker] odd", LogLevel::Warn, "odd"),
            ("[2026-11-21T09:10:25Z ERROR weft_learn::worker] bad", LogLevel::Error, "bad"),
            ("[2026-11-21T09:10:25Z ERROR wgpu_core] x", LogLevel::Debug, "[2026-11-21T09:10:25Z ERROR wgpu_core] x"),
            ("error: XDG_RUNTIME_DIR is invalid", LogLevel::Debug, "error: XDG_RUNTIME_DIR is invalid"),
            ("[", LogLevel::Debug, "["),
        ] {
            assert_eq!(level_of(line), (level, text));
        }
    }
}
