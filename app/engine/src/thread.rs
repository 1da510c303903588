//! The engine's thread: takes commands, follows the run, and says what happens. It never waits for a disk for long, a
//! pipe, a process or the receiver of what it says.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};
use weft_model::{Localised, NodeId, Value};
use weft_protocol::event::{Fault, Resources};
use weft_protocol::kept::{Kept, KeptReport};
use weft_protocol::lanes::EngineEnd;
use weft_protocol::run::NodeRecord;
use weft_protocol::{Command, DeviceInfo, Event, LogLevel, NodeStatus, RunId, RunRequest, RunStatus};

use crate::artifacts::ArtifactStore;
use crate::devices::DeviceBook;
use crate::forecast::Renewed;
use crate::keeper::{Errand, Ingest, Ingested, Keeper};
use crate::kept;
use crate::outlet::Outlet;
use crate::planning::planner::{Answer, Planner};
use crate::prepare::{Prepared, Refusal};
use crate::previews::{Previews, Shelf, ShelfAnswer};
use crate::resources;
use crate::run::Active;
use crate::samples::SampleLane;
use crate::store::{Owner, RunStore, StoreError, Write, project_label};
use crate::supervise::Fleet;
use crate::worker::News;
use crate::{EngineConfig, EngineError};

mod anew;
mod clearing;
mod clock;
mod limits;
mod looks;
mod plans;
mod tasks;
mod waiting;

pub(crate) use clock::Timed;

/// Messages that may wait for the engine; whoever sends more waits.
const INBOUND: usize = 4_096;
/// Messages that are handled before the engine looks at everything else.
const AT_ONCE: usize = 512;
/// Points are written together so often.
const SAVE_EVERY: Duration = Duration::from_millis(250);
/// How far a run has come is written so often, so that an interrupted one can say how long it took.
const ELAPSED_EVERY: Duration = Duration::from_secs(5);
/// A store that could not be written is tried again after this long.
const STORE_AGAIN: Duration = Duration::from_secs(2);
/// Writes that may wait while the store cannot be written.
const WRITES: usize = 20_000;

/// What comes to the engine's thread from its other threads.
#[derive(Debug)]
pub(crate) enum Inbound {
    Worker {
        slot: usize,
        generation: u64,
        news: News,
    },
    Prepared {
        ticket: u64,
        result: Result<Box<Prepared>, Refusal>,
    },
    Ingested(Ingested),
    Renewed(Box<Renewed>),
    Devices(Vec<DeviceInfo>),
    Resources(Resources),
    /// Memory of worker processes by their numbers [bytes].
    Weighed(Vec<(u32, u64)>),
    LookedUp(ShelfAnswer),
    Kept(Result<KeptReport, String>),
    Planning(Answer),
}

/// All that the engine's thread owns.
pub(crate) struct EngineThread {
    config: EngineConfig,
    commands: Receiver<Command>,
    quitting: Receiver<()>,
    inbound: Receiver<Inbound>,
    to_inbound: Sender<Inbound>,
    errands: Option<Sender<Errand>>,
    /// Errands for which there was no room yet.
    waiting_errands: std::collections::VecDeque<Errand>,
    keeper: Option<JoinHandle<()>>,
    stop_keeper: Arc<AtomicBool>,
    watcher: Option<(Sender<()>, JoinHandle<()>)>,
    asking_devices: Option<JoinHandle<()>>,
    store: RunStore,
    owner: Arc<Owner>,
    devices: Arc<DeviceBook>,
    fleet: Fleet,
    outlet: Outlet,
    samples: SampleLane,
    writes: Vec<Write>,
    active: Option<Box<Active>>,
    /// The run that is being prepared: its number, and a flag that is set to have it given up.
    preparing: Option<(u64, Arc<AtomicBool>)>,
    /// The runs that wait for their turn.
    waiting: waiting::Waiting,
    previews: Previews,
    /// What is to be cleared as soon as no run is being prepared; empty where it is only to be measured.
    to_clear: Option<BTreeSet<Kept>>,
    shelf: Option<JoinHandle<()>>,
    plans: plans::Plans,
    planner: Option<JoinHandle<()>>,
    next_number: u64,
    shutting_down: bool,
    /// The store could not be written, and that was said: it is tried again then.
    store_is_broken: Option<Instant>,
}

impl EngineThread {
    pub(crate) fn new(config: EngineConfig, end: EngineEnd, quitting: Receiver<()>) -> Result<Self, EngineError> {
        // Opened twice: the keeper reads and writes while this thread does.
        let store = RunStore::open(&config.data_dir)?;
        let keepers_store = RunStore::open(&config.data_dir)?;
        let owner = Arc::new(Owner::new(&config.data_dir)?);
        let devices = Arc::new(DeviceBook::new(&config));
        let (to_inbound, inbound) = bounded(INBOUND);
        let (errands, to_do) = bounded(64);
        let stop_keeper = Arc::new(AtomicBool::new(false));
        let keeper = Keeper {
            data_dir: config.data_dir.clone(),
            store: keepers_store,
            artifacts: ArtifactStore::new(&config.data_dir),
            owner: Arc::clone(&owner),
            devices: Arc::clone(&devices),
            cache_limit_bytes: config.cache_limit_bytes,
            stop: Arc::clone(&stop_keeper),
        };
        let done = to_inbound.clone();
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let data_dir = config.data_dir.clone();
        let keeper = thread("keeper")
            .spawn(move || {
                Owner::sweep(&data_dir);
                kept::sweep(&data_dir, &keeper.store);
                keeper.run(&to_do, &done);
            })
            .map_err(EngineError::Thread)?;
        let (to_shelf, shelf_errands) = bounded(64);
        let (shelf, done) = (Shelf::new(&config.data_dir), to_inbound.clone());
        let shelf = thread("previews").spawn(move || shelf.run(&shelf_errands, &done)).map_err(EngineError::Thread)?;
        let (to_planner, questions) = bounded(1);
        let planner = Planner::new(&config.data_dir, Arc::clone(&devices), Arc::clone(&stop_keeper))?;
        let done = to_inbound.clone();
        let planner = thread("planner").spawn(move || planner.run(&questions, &done)).map_err(EngineError::Thread)?;
        let pids = Arc::new(Mutex::new(Vec::new()));
        let (quit, quitted) = bounded(1);
        let (every, memory_every) = (config.resources_every, config.memory_every);
        let (data_dir, watched, tell) = (config.data_dir.clone(), Arc::clone(&pids), to_inbound.clone());
        let watching = thread("resources")
            .spawn(move || {
                // A sample that finds no room is replaced by the next one.
                let tell = |seen| {
                    let message = match seen {
                        resources::Seen::Machine(r) => Inbound::Resources(r),
                        resources::Seen::Workers(processes) => Inbound::Weighed(processes),
                    };
                    !matches!(tell.try_send(message), Err(TrySendError::Disconnected(_)))
                };
                resources::watch(every, memory_every, &data_dir, &watched, &quitted, tell);
            })
            .map_err(EngineError::Thread)?;
        let watcher = Some((quit, watching));
        let fleet = Fleet::new(config.worker.clone(), config.patience, to_inbound.clone(), pids);
        Ok(Self {
            config,
            commands: end.commands,
            quitting,
            inbound,
            to_inbound,
            errands: Some(errands),
            waiting_errands: std::collections::VecDeque::new(),
            keeper: Some(keeper),
            stop_keeper,
            watcher,
            asking_devices: None,
            store,
            owner,
            devices,
            fleet,
            outlet: Outlet::new(end.events),
            samples: SampleLane::new(end.samples),
            writes: Vec::new(),
            active: None,
            preparing: None,
            waiting: waiting::Waiting::default(),
            previews: Previews::new(to_shelf),
            to_clear: None,
            shelf: Some(shelf),
            plans: plans::Plans::new(to_planner),
            planner: Some(planner),
            next_number: 1,
            shutting_down: false,
            store_is_broken: None,
        })
    }

    /// Works until it is told to end and nothing is going on any more.
    pub(crate) fn run(mut self) {
        let (commands, quitting, inbound) = (self.commands.clone(), self.quitting.clone(), self.inbound.clone());
        // A channel whose other end is gone is ready for ever: it is not asked again.
        let (mut commands_open, mut quit_open) = (true, true);
        let never = crossbeam_channel::never();
        let never_quit = crossbeam_channel::never();
        loop {
            let wait = self.wait();
            select! {
                recv(if commands_open { &commands } else { &never }) -> command => match command {
                    Ok(command) => self.command(command),
                    Err(_) => {
                        commands_open = false;
                        self.shut_down();
                    }
                },
                recv(inbound) -> message => {
                    if let Ok(message) = message {
                        self.inbound(message);
                    }
                },
                recv(if quit_open { &quitting } else { &never_quit }) -> _ => {
                    quit_open = false;
                    self.shut_down();
                },
                default(wait) => {}
            }
            for _ in 0..AT_ONCE {
                let Ok(message) = inbound.try_recv() else { break };
                self.inbound(message);
            }
            self.supervise();
            self.fleet.retire();
            self.hold_limits();
            self.follow_timed();
            self.follow_forecast();
            self.start_queued();
            self.start_tasks();
            self.send_errands();
            self.follow_previews();
            self.save();
            self.clear();
            if self.shutting_down && self.active.is_none() && self.preparing.is_none() {
                break;
            }
        }
        self.end();
    }

    /// How long nothing needs to be looked at.
    fn wait(&self) -> Duration {
        let until = self.until_timed().unwrap_or(Duration::MAX);
        let work = self.active.as_ref().is_some_and(|a| !a.to_start.is_empty() && !a.paused);
        if work {
            Duration::ZERO
        } else if self.samples.is_waiting() || self.active.is_some() || !self.waiting_errands.is_empty() {
            until.min(Duration::from_millis(20))
        } else {
            Duration::from_millis(200)
        }
    }

    fn shut_down(&mut self) {
        self.shutting_down = true;
        self.devices.stop();
        self.stop();
    }

    fn end(&mut self) {
        self.fleet.end();
        self.stop_keeper.store(true, Ordering::Relaxed);
        self.errands = None;
        self.previews.close();
        self.plans.close();
        self.watcher.take().map(|(quit, thread)| {
            drop(quit);
            thread.join()
        });
        // The threads may wait for room for what they have to say.
        let threads = [self.keeper.take(), self.asking_devices.take(), self.shelf.take(), self.planner.take()];
        for thread in threads.into_iter().flatten() {
            while !thread.is_finished() {
                self.inbound.try_iter().for_each(drop);
                std::thread::sleep(Duration::from_millis(1));
            }
            if thread.join().is_err() {
                log::error!("a thread of the engine has panicked");
            }
        }
        self.save();
        std::fs::remove_dir_all(self.config.data_dir.join("work").join(self.owner.name())).ok();
    }

    /// Says something; it is sent once it is kept.
    fn say(&mut self, event: Event) {
        let run = match &event {
            Event::RunStarted { run, .. }
            | Event::Plan { run, .. }
            | Event::NodeStarted { run, .. }
            | Event::PhaseStarted { run, .. }
            | Event::PhaseFinished { run, .. }
            | Event::NodeFinished { run, .. }
            | Event::RunFinished { run, .. }
            | Event::RunStopping { run }
            | Event::RunPaused { run, .. } => Some(*run),
            Event::Log { .. } => self.active.as_ref().map(|a| a.run),
            _ => None,
        };
        let json = run.and_then(|_| serde_json::to_string(&event).ok());
        let seq = self.outlet.keep(event);
        if let Some(json) = json {
            self.writes.push(Write::Event { seq, run, json });
        }
    }

    fn log(&mut self, level: LogLevel, node: Option<String>, message: impl Into<String>) {
        let (message, at) = (message.into(), jiff::Timestamp::now().to_string());
        self.say(Event::Log { level, node, message, at });
    }

    /// Keeps what has happened, then sends it.
    fn save(&mut self) {
        let now = Instant::now();
        if let Some(active) = &mut self.active
            && (now.saturating_duration_since(active.saved_at) >= SAVE_EVERY || active.is_to_be_saved)
        {
            active.is_to_be_saved = false;
            active.saved_at = now;
            for index in 0..active.tasks.len() {
                let points = std::mem::take(&mut active.tasks[index].unsaved);
                if !points.is_empty() {
                    let name = active.task(index).name.clone();
                    self.writes.push(Write::Points { run: active.run, name, points });
                }
            }
            // Written only beside something else or rarely, so that an idle run leaves the disk alone.
            if !self.writes.is_empty() || active.t_s() % ELAPSED_EVERY.as_secs_f64() < SAVE_EVERY.as_secs_f64() {
                let (run, elapsed_s) = (active.run, active.elapsed_s());
                self.writes.push(Write::RunFinished { run, status: RunStatus::Running, elapsed_s });
            }
        }
        if !self.writes.is_empty() && self.store_is_broken.is_none_or(|again| now >= again) {
            match self.store.apply(&self.owner, &self.writes) {
                Ok(()) => {
                    self.writes.clear();
                    self.store_is_broken = None;
                }
                Err(fault) => {
                    // The run goes on in memory; what is not kept is tried again.
                    let surplus = self.writes.len().saturating_sub(WRITES);
                    self.writes.drain(..surplus);
                    if self.store_is_broken.replace(now + STORE_AGAIN).is_none() {
                        self.log(LogLevel::Error, None, format!("the run is not kept: {fault}"));
                    }
                }
            }
        }
        let (store, owner) = (&self.store, &self.owner);
        let mut older = |from| store.events(owner, from, 512).unwrap_or_default();
        // What was measured before something happened is sent before it: the end of a run comes last.
        let mut sent = self.samples.send(self.active.is_none() || self.outlet.is_waiting());
        sent |= self.outlet.send(&mut older);
        if sent {
            (self.config.wake)();
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Run(request) => self.prepare(*request, None),
            Command::Stop => self.stop(),
            Command::Pause => self.pause(true),
            Command::Continue => self.pause(false),
            Command::Resume { run } => self.resume(run),
            Command::SetLive { node, param, value } => self.set_live(node, &param, &value),
            Command::ListRuns { project_id } => {
                self.save();
                let listed = self.store.mark_interrupted().and_then(|()| self.store.list(project_id.as_deref()));
                match listed {
                    Ok(runs) => self.say(Event::Runs(runs)),
                    Err(fault) => self.log(LogLevel::Error, None, fault.to_string()),
                }
            }
            Command::GetRun { run } => {
                self.save();
                match self.store.get(run) {
                    Ok(record) => self.say(Event::Run(Box::new(record))),
                    Err(fault) => self.log(LogLevel::Error, None, fault.to_string()),
                }
            }
            Command::Preview(request) => {
                let (given_up, said) = self.previews.ask(request, Instant::now());
                self.give_up_preview(given_up);
                self.say_preview(said);
            }
            Command::CancelPreview { node } => {
                let given_up = self.previews.cancel(node, Instant::now());
                self.give_up_preview(given_up);
            }
            Command::ListDevices { refresh } => self.list_devices(refresh),
            Command::Plan(request) => self.ask_for_plans(request),
            Command::CancelPlan { ticket } => self.cancel_plan(ticket),
            Command::Queue(change) => self.change_queue(change),
            Command::ListQueue => self.list_queue(),
            Command::MeasureKept => self.ask_to_clear(BTreeSet::new()),
            Command::ClearKept { kinds } => self.ask_to_clear(kinds),
            Command::ReadEvents { from } => self.outlet.read_from(from),
            Command::Shutdown => self.shut_down(),
        }
    }

    fn list_devices(&mut self, refresh: bool) {
        if self.asking_devices.as_ref().is_some_and(|t| !t.is_finished()) {
            // Whoever asks meanwhile gets the answer that is on its way.
            return;
        }
        let (devices, tell) = (Arc::clone(&self.devices), self.to_inbound.clone());
        let thread = std::thread::Builder::new().name("devices".to_owned()).spawn(move || {
            tell.send(Inbound::Devices(devices.list(refresh))).ok();
        });
        match thread {
            Ok(thread) => self.asking_devices = Some(thread),
            Err(e) => self.log(LogLevel::Error, None, format!("devices cannot be listed: {e}")),
        }
    }

    fn refuse(&mut self, refusal: impl Into<Refusal>) {
        let Refusal { fault, problems } = refusal.into();
        self.say(Event::RunRefused { fault: *fault, problems });
    }

    fn prepare(&mut self, request: RunRequest, resumed: Option<(RunId, f64)>) {
        if self.active.is_some() || self.preparing.is_some() || self.shutting_down {
            return self.refuse(Fault::new(
                "run_is_going_on",
                Localised::new("another run is going on", "已有一个运行正在进行"),
                Localised::new("stop it, or wait until it has ended", "请停止它，或等待其结束"),
            ));
        }
        let cancelled = Arc::new(AtomicBool::new(false));
        let ticket = self.number();
        self.preparing = Some((ticket, Arc::clone(&cancelled)));
        self.errand(Errand::Prepare { ticket, request: Box::new(request), resumed, cancelled });
    }

    fn resume(&mut self, run: RunId) {
        let kept = self.store.mark_interrupted().and_then(|()| self.store.request_of(run));
        let kept = match kept {
            Ok(kept) => kept,
            Err(fault) => return self.refuse(no_such_run(run, &fault)),
        };
        let again = Localised::new("start a new run", "请开始新的运行");
        let wait = Localised::new("wait until it has ended", "请等待其结束");
        let (code, en, zh, remedy) = match kept.status {
            RunStatus::Running => ("run_is_going_on", "is going on", "正在进行", wait),
            RunStatus::Done => ("run_is_done", "is done: there is nothing left to do", "已完成，没有剩余工作", again),
            _ => {
                // What the run itself has left in the store is what it goes on from.
                let request = RunRequest { fresh: false, ..kept.request };
                return self.prepare(request, Some((run, kept.elapsed_s)));
            }
        };
        self.refuse(Fault::new(code, Localised::new(format!("run {run} {en}"), format!("运行 {run} {zh}")), remedy));
    }

    fn errand(&mut self, errand: Errand) {
        self.waiting_errands.push_back(errand);
        self.send_errands();
    }

    fn send_errands(&mut self) {
        let Some(errands) = &self.errands else { return };
        while let Some(errand) = self.waiting_errands.pop_front() {
            match errands.try_send(errand) {
                Ok(()) => {}
                Err(TrySendError::Full(errand)) => {
                    self.waiting_errands.push_front(errand);
                    break;
                }
                Err(TrySendError::Disconnected(errand)) => {
                    // The keeper has panicked: nothing can be prepared or kept any more.
                    self.errands = None;
                    let lost = || {
                        Fault::new(
                            "panic",
                            Localised::new("the engine met a bug in Weft", "引擎触发了 Weft 的缺陷"),
                            Localised::new("restart the program and report it", "请重启程序并报告此问题"),
                        )
                    };
                    match errand {
                        Errand::Prepare { .. } => {
                            self.preparing = None;
                            self.refuse(lost());
                            self.queued_has_begun();
                        }
                        Errand::Ingest(ingest) => {
                            let Ingest { run, task, .. } = *ingest;
                            self.ingested(Ingested { run, task, result: Err(lost()) });
                        }
                        Errand::Replan(_) => {
                            if let Some(active) = &mut self.active {
                                active.forecast.is_awaited = false;
                            }
                        }
                        Errand::Kept(_) => self.log(LogLevel::Error, None, lost().message.en),
                    }
                    return;
                }
            }
        }
    }

    fn inbound(&mut self, message: Inbound) {
        match message {
            Inbound::Worker { slot, generation, news } => {
                if self.fleet.is_current(slot, generation) {
                    self.news(slot, news);
                }
            }
            Inbound::Prepared { ticket, result } => {
                // One that was stopped has been answered.
                if self.preparing.take_if(|(number, _)| *number == ticket).is_some() {
                    match result {
                        Ok(prepared) => self.begin(*prepared),
                        Err(refusal) => self.refuse(refusal),
                    }
                    self.queued_has_begun();
                }
            }
            Inbound::Ingested(ingested) => self.ingested(ingested),
            Inbound::Devices(list) => self.say(Event::Devices(list)),
            Inbound::Renewed(renewed) => self.renewed(*renewed),
            Inbound::Resources(resources) => {
                if let Some(active) = &mut self.active {
                    let devices = active.prepared.devices.iter().map(|d| (&d.id, d.name.as_str()));
                    active.forecast.loaded(&resources, devices);
                }
                self.samples.resources(resources);
            }
            Inbound::Weighed(processes) => self.fleet.weighed(&processes),
            Inbound::Kept(Ok(report)) => self.say(Event::Kept(report)),
            Inbound::Kept(Err(fault)) => {
                self.log(LogLevel::Error, None, format!("what is kept is not cleared: {fault}"))
            }
            Inbound::Planning(answer) => self.planner_said(answer),
            Inbound::LookedUp(answer) => {
                let said = self.previews.looked_up(answer);
                self.say_preview(said);
            }
        }
    }

    fn begin(&mut self, prepared: Prepared) {
        let run = match prepared.resumed {
            None => {
                let at = jiff::Timestamp::now().to_string();
                self.store.begin_run(&self.owner, &prepared.request, &prepared.project_id, &at)
            }
            Some((run, _)) => match self.store.take_over(&self.owner, run) {
                Ok(true) => Ok(run),
                Ok(false) => {
                    return self.refuse(Fault::new(
                        "run_is_going_on",
                        Localised::new(format!("run {run} is going on elsewhere"), format!("运行 {run} 正在别处进行")),
                        Localised::new("wait until it has ended", "请等待其结束"),
                    ));
                }
                Err(fault) => Err(fault),
            },
        };
        let run = match run {
            Ok(run) => run,
            Err(fault) => {
                return self.refuse(Fault::new(
                    "run_store",
                    Localised::new(format!("the run cannot be kept: {fault}"), format!("无法保存运行：{fault}")),
                    Localised::new("make room, or choose another data folder", "请腾出空间，或另选数据文件夹"),
                ));
            }
        };
        let active = Active::new(run, prepared);
        self.claim(&active);
        let started = Event::RunStarted {
            run,
            project: project_label(&active.prepared.request),
            seed: active.prepared.request.seed.unwrap_or_default(),
            devices: active.prepared.devices.iter().map(|d| d.id.clone()).collect(),
            nodes: active.prepared.tasks.iter().map(|t| t.node).collect(),
        };
        let reason = active.prepared.plan_reason.clone();
        let plan = Event::Plan { run, plan: active.prepared.view.clone(), reason };
        self.active = Some(Box::new(active));
        self.say(started);
        self.say(plan);
    }

    /// Stops what is going on. Answered at once, by an event.
    fn stop(&mut self) {
        if let Some((_, cancelled)) = self.preparing.take() {
            cancelled.store(true, Ordering::Relaxed);
            self.refuse(crate::prepare::stopped());
            // What the end of the program stops waits for the next one.
            if !self.shutting_down {
                self.queued_has_begun();
            }
        }
        let Some(active) = &mut self.active else { return };
        if std::mem::replace(&mut active.stopping, true) {
            return;
        }
        let run = active.run;
        let why = active.limit.clone().unwrap_or_else(stopped_fault);
        let untouched = active.untouched();
        self.say(Event::RunStopping { run });
        self.stop_timed();
        for index in untouched {
            self.end_task(index, NodeStatus::Skipped, Some(why.clone()));
        }
        for index in self.fleet.stop(None) {
            self.end_stopped(index);
        }
        self.finish_run_if_done();
    }

    fn pause(&mut self, paused: bool) {
        let Some(active) = &mut self.active else { return };
        if active.paused == paused || active.stopping {
            return;
        }
        active.pause(paused);
        let run = active.run;
        self.fleet.pause(paused);
        self.pause_timed(paused);
        self.say(Event::RunPaused { run, paused });
    }

    fn set_live(&mut self, node: NodeId, param: &str, value: &Value) {
        let Some(active) = &mut self.active else { return };
        let Some(&index) = active.by_node.get(&node) else { return };
        let name = active.task(index).name.clone();
        let refusal = match active.task(index).kind.param(param) {
            None => Some(format!("'{name}' has no parameter '{param}'")),
            Some(decl) => decl.check(value).err().map(|why| why.en),
        };
        if let Some(why) = refusal {
            return self.log(LogLevel::Warn, Some(name), why);
        }
        let state = &mut active.tasks[index];
        if state.started.is_none() || state.status.is_some() {
            return self.log(LogLevel::Warn, Some(name), format!("{param} is not changed: the node is not computing"));
        }
        state.live.retain(|(p, _)| p != param);
        state.live.push((param.to_owned(), value.clone()));
        self.fleet.set_live(index, param, value);
        self.log(
            LogLevel::Info,
            Some(name),
            format!("{param} is {value} from the next step on; the result is not reused"),
        );
    }

    fn ended_record(status: NodeStatus, elapsed_s: f64, fault: Option<&Fault>) -> NodeRecord {
        NodeRecord { status: Some(status), elapsed_s, error: fault.map(ToString::to_string) }
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}

fn no_such_run(run: RunId, fault: &StoreError) -> Fault {
    Fault::new(
        "no_such_run",
        match fault {
            StoreError::NoSuchRun(_) => Localised::new(
                format!("there is no run {run} in this data folder"),
                format!("此数据文件夹中没有运行 {run}"),
            ),
            fault => Localised::new(fault.to_string(), format!("无法继续运行 {run}：{fault}")),
        },
        Localised::new("list the runs that there are (weft runs)", "请查看现有运行的列表（weft runs）"),
    )
}

fn stopped_fault() -> Fault {
    Fault::new(
        "run_stopped",
        Localised::new("the run was stopped before it began", "在它开始之前运行被停止"),
        Localised::default(),
    )
}

fn worker_start_fault(program: &std::path::Path, e: &std::io::Error) -> Fault {
    Fault::new(
        "worker_start",
        Localised::new(
            format!("the worker {} cannot be started: {e}", program.display()),
            format!("无法启动计算进程 {}：{e}", program.display()),
        ),
        Localised::new(
            "check that the program is installed whole and may be executed",
            "请检查程序是否完整安装并可执行",
        ),
    )
}
