//! The workers of an engine: as many on a device as compute there side by side, and one for previews; started when first
//! needed, kept warm, replaced when they die or hang, ended when they have idled for long and with the engine.
//!
//! Must not know of runs: what a lost task means is decided by who gave it.

use std::io;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use weft_model::Value;
use weft_protocol::DeviceId;
use weft_protocol::worker::{Job, PROTOCOL_VERSION, ToWorker, WorkerRole};

use crate::resources::Pids;
use crate::thread::Inbound;
use crate::worker::WorkerProcess;
use crate::{Patience, WorkerCommand};

/// How long a worker may take to end by itself when the engine ends.
const FAREWELL: Duration = Duration::from_millis(1_000);
/// The fewest tasks that may compute on a device at once, whatever its threads.
const SIDE_BY_SIDE: usize = 8;

/// What a worker is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Tasks on a device.
    Compute {
        device: DeviceId,
        /// Threads that compute in it; none for as many as the processor has.
        threads: Option<usize>,
        /// Tells it from others on the device, counted from 0.
        number: usize,
    },
    /// Previews of data, so that they never wait for a task.
    Preview,
}

/// A task at a worker.
#[derive(Debug)]
pub(crate) struct Busy {
    pub task: usize,
    pub job: Job,
    /// Parameters that were changed while it computes.
    pub live: Vec<(String, Value)>,
    pub paused: bool,
    /// When the worker was given it; before that the worker is starting.
    pub sent: Option<Instant>,
    /// The most memory that its worker was seen to use meanwhile [bytes].
    pub peak_bytes: Option<u64>,
    stop_asked: Option<Instant>,
    signalled: bool,
}

impl Busy {
    pub(crate) fn new(task: usize, job: Job, live: Vec<(String, Value)>) -> Self {
        Self { task, job, live, paused: false, sent: None, peak_bytes: None, stop_asked: None, signalled: false }
    }
}

/// A place for a worker.
#[derive(Debug)]
pub(crate) struct Slot {
    pub purpose: Purpose,
    pub busy: Option<Busy>,
    pub ready: bool,
    /// Memory that its process was last seen to use [bytes].
    pub resident_bytes: Option<u64>,
    process: Option<WorkerProcess>,
    /// When it was last free.
    idle_since: Instant,
    /// Tells messages of a process from those of the one before it.
    generation: u64,
    started: Instant,
    heard: Instant,
    beats: u64,
    moved: Instant,
}

/// All workers.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub slots: Vec<Slot>,
    command: WorkerCommand,
    patience: Patience,
    inbound: Sender<Inbound>,
    pids: Pids,
    /// Processes that were told to end, and since when.
    leaving: Vec<(WorkerProcess, Instant)>,
}

impl Fleet {
    pub(crate) fn new(command: WorkerCommand, patience: Patience, inbound: Sender<Inbound>, pids: Pids) -> Self {
        Self { slots: Vec::new(), command, patience, inbound, pids, leaving: Vec::new() }
    }

    /// A free place for a task that computes with so many threads: where a worker idles that does, else where one is to
    /// be started. None where as many compute on the device as it could hold in any plan.
    pub(crate) fn place(&mut self, device: &DeviceId, threads: Option<usize>) -> Option<usize> {
        let on_device = |slot: &Slot| matches!(&slot.purpose, Purpose::Compute { device: d, .. } if d == device);
        let warm = self.slots.iter().enumerate().filter(|(_, slot)| {
            let fits = matches!(&slot.purpose, Purpose::Compute { threads: t, .. } if *t == threads);
            slot.busy.is_none() && slot.process.is_some() && fits && on_device(slot)
        });
        if let Some((at, _)) = warm.max_by_key(|(_, slot)| (slot.ready, slot.idle_since)) {
            return Some(at);
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.slots.iter().filter(|slot| slot.busy.is_some() && on_device(slot)).count() >= cores.max(SIDE_BY_SIDE) {
            return None;
        }
        let is_alive = |slot: &Slot| slot.busy.is_some() || slot.process.is_some();
        let is_taken = |wanted: usize| {
            self.slots.iter().any(|slot| {
                let same = matches!(&slot.purpose, Purpose::Compute { number, .. } if *number == wanted);
                same && on_device(slot) && is_alive(slot)
            })
        };
        let number = (0..).find(|number| !is_taken(*number)).unwrap_or_default();
        let purpose = Purpose::Compute { device: device.clone(), threads, number };
        let unused = self.slots.iter().position(|s| s.purpose != Purpose::Preview && !is_alive(s));
        match unused {
            Some(at) => {
                self.slots[at].purpose = purpose;
                Some(at)
            }
            None => Some(self.add(purpose)),
        }
    }

    /// The place of the worker for previews.
    pub(crate) fn preview(&mut self) -> usize {
        let at = self.slots.iter().position(|s| s.purpose == Purpose::Preview);
        at.unwrap_or_else(|| self.add(Purpose::Preview))
    }

    fn add(&mut self, purpose: Purpose) -> usize {
        let now = Instant::now();
        self.slots.push(Slot {
            purpose,
            busy: None,
            ready: false,
            resident_bytes: None,
            process: None,
            idle_since: now,
            generation: 0,
            started: now,
            heard: now,
            beats: 0,
            moved: now,
        });
        self.slots.len() - 1
    }

    /// The name of a worker in the log.
    pub(crate) fn name(&self, at: usize) -> String {
        match self.slots.get(at).map(|s| &s.purpose) {
            Some(Purpose::Compute { device, number: 0, .. }) => format!("worker {device}"),
            Some(Purpose::Compute { device, number, .. }) => format!("worker {device}.{}", number + 1),
            _ => "worker preview".to_owned(),
        }
    }

    /// Whether a message comes from the process that stands there now.
    pub(crate) fn is_current(&self, at: usize, generation: u64) -> bool {
        self.slots.get(at).is_some_and(|s| s.generation == generation && s.process.is_some())
    }

    /// Starts the worker if it is not running.
    pub(crate) fn ensure(&mut self, at: usize) -> io::Result<()> {
        let name = self.name(at);
        let Some(slot) = self.slots.get_mut(at) else { return Err(io::ErrorKind::NotFound.into()) };
        if slot.process.is_some() {
            return Ok(());
        }
        let (role, threads) = match &slot.purpose {
            Purpose::Compute { device, threads, .. } => (WorkerRole::Compute(device.clone()), *threads),
            Purpose::Preview => (WorkerRole::Preview, None),
        };
        slot.generation += 1;
        slot.ready = false;
        slot.resident_bytes = None;
        slot.started = Instant::now();
        let (inbound, generation) = (self.inbound.clone(), slot.generation);
        let tell = move |news| inbound.send(Inbound::Worker { slot: at, generation, news }).is_ok();
        let process = WorkerProcess::start(&self.command, &role, threads, &name, tell)?;
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).push(process.pid());
        slot.process = Some(process);
        Ok(())
    }

    /// Gives a task to a worker, which is started if need be.
    pub(crate) fn begin(&mut self, at: usize, busy: Busy) -> io::Result<()> {
        self.ensure(at)?;
        if let Some(slot) = self.slots.get_mut(at) {
            slot.busy = Some(busy);
        }
        self.give(at);
        Ok(())
    }

    /// A worker has said that it is ready; how long it took to start [s].
    ///
    /// # Errors
    /// It speaks another version of the messages.
    pub(crate) fn ready(&mut self, at: usize, protocol: u32) -> Result<f64, String> {
        if protocol != PROTOCOL_VERSION {
            return Err(format!(
                "it speaks version {protocol} of the messages and this program version {PROTOCOL_VERSION}: use the \
                 worker of the same version"
            ));
        }
        let mut start_s = 0.0;
        if let Some(slot) = self.slots.get_mut(at) {
            slot.ready = true;
            slot.heard = Instant::now();
            start_s = slot.heard.saturating_duration_since(slot.started).as_secs_f64();
        }
        self.give(at);
        Ok(start_s)
    }

    fn give(&mut self, at: usize) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        let (true, Some(process), Some(busy)) = (slot.ready, &slot.process, &mut slot.busy) else { return };
        if busy.sent.is_some() {
            return;
        }
        // If there is no room the worker does not read, and its silence will be noticed.
        process.send(ToWorker::Run(busy.job.clone()));
        let task = busy.job.task;
        for (param, value) in &busy.live {
            process.send(ToWorker::SetLive { task, param: param.clone(), value: value.clone() });
        }
        if busy.paused {
            process.send(ToWorker::Pause { task, paused: true });
        }
        slot.moved = Instant::now();
        slot.heard = slot.moved;
        busy.sent = Some(slot.moved);
    }

    /// Sends a message to a worker that is ready.
    pub(crate) fn send(&self, at: usize, message: ToWorker) -> bool {
        self.slots
            .get(at)
            .and_then(|s| s.process.as_ref().filter(|_| s.ready))
            .is_some_and(|process| process.send(message))
    }

    /// A worker is alive.
    pub(crate) fn heard(&mut self, at: usize, beats: Option<u64>) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        slot.heard = Instant::now();
        if beats.is_some_and(|beats| beats != slot.beats) {
            slot.beats = beats.unwrap_or_default();
            slot.moved = slot.heard;
        }
    }

    /// Where a task is computed: the place, if it is this attempt.
    pub(crate) fn computing(&self, at: usize, number: u64) -> Option<usize> {
        self.slots.get(at)?.busy.as_ref().filter(|b| b.job.task == number).map(|b| b.task)
    }

    /// Pauses every task, or lets them go on.
    pub(crate) fn pause(&mut self, paused: bool) {
        for slot in &mut self.slots {
            let Some(busy) = &mut slot.busy else { continue };
            busy.paused = paused;
            slot.moved = Instant::now();
            if busy.sent.is_some()
                && let Some(process) = &slot.process
            {
                process.send(ToWorker::Pause { task: busy.job.task, paused });
            }
        }
    }

    /// Changes a parameter of a task that is computing.
    pub(crate) fn set_live(&mut self, task: usize, param: &str, value: &Value) {
        for slot in &mut self.slots {
            let Some(busy) = slot.busy.as_mut().filter(|b| b.task == task) else { continue };
            busy.live.retain(|(p, _)| p != param);
            busy.live.push((param.to_owned(), value.clone()));
            if busy.sent.is_some()
                && let Some(process) = &slot.process
            {
                let (task, param) = (busy.job.task, param.to_owned());
                process.send(ToWorker::SetLive { task, param, value: value.clone() });
            }
        }
    }

    /// Asks tasks to stop: all of them, or one. Gives those that were not yet at their worker: they have stopped.
    pub(crate) fn stop(&mut self, only: Option<usize>) -> Vec<usize> {
        let mut stopped = Vec::new();
        for slot in &mut self.slots {
            let Some(busy) = slot.busy.as_mut().filter(|b| only.is_none_or(|task| b.task == task)) else { continue };
            if busy.sent.is_none() {
                stopped.push(busy.task);
                slot.busy = None;
                slot.idle_since = Instant::now();
                continue;
            }
            if busy.stop_asked.is_none() {
                busy.stop_asked = Some(Instant::now());
                if let Some(process) = &slot.process {
                    process.send(ToWorker::Stop { task: busy.job.task });
                }
            }
        }
        stopped
    }

    /// The workers that are to be replaced, each with the reason; sends the signals that are due.
    pub(crate) fn overdue(&mut self) -> Vec<(usize, String)> {
        let mut lost = Vec::new();
        let now = Instant::now();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let Some(process) = &mut slot.process else { continue };
            if let Some(busy) = &mut slot.busy
                && let Some(asked) = busy.stop_asked
            {
                let waited = now.saturating_duration_since(asked);
                if waited >= self.patience.stop + self.patience.signal {
                    lost.push((at, "did not stop when it was told to".to_owned()));
                    continue;
                }
                if waited >= self.patience.stop && !busy.signalled {
                    busy.signalled = true;
                    process.terminate();
                }
            }
            let silent = now.saturating_duration_since(slot.heard);
            let still = now.saturating_duration_since(slot.moved);
            let is_working = slot.busy.as_ref().is_some_and(|b| b.sent.is_some() && !b.paused);
            if !slot.ready {
                if now.saturating_duration_since(slot.started) >= self.patience.start {
                    lost.push((at, format!("did not start within {} s", self.patience.start.as_secs_f64())));
                }
            } else if silent >= self.patience.heartbeat {
                lost.push((at, format!("has given no sign of life for {:.1} s", silent.as_secs_f64())));
            } else if is_working && still >= self.patience.progress {
                lost.push((at, format!("has made no progress for {:.1} s", still.as_secs_f64())));
            }
        }
        lost
    }

    /// Ends a worker that is lost, takes its task, and says how it ended. `cause` is why it is ended; none if it has
    /// ended by itself.
    pub(crate) fn lose(&mut self, at: usize, cause: Option<String>) -> (String, Option<Busy>) {
        let Some(slot) = self.slots.get_mut(at) else { return (String::new(), None) };
        slot.ready = false;
        slot.resident_bytes = None;
        slot.idle_since = Instant::now();
        let busy = slot.busy.take();
        let Some(process) = slot.process.take() else { return (cause.unwrap_or_default(), busy) };
        let pid = process.pid();
        let how = match cause {
            Some(cause) => {
                drop(process);
                cause
            }
            None => process.end(Duration::from_millis(500)),
        };
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).retain(|p| *p != pid);
        (how, busy)
    }

    /// A task has ended: its worker is free.
    pub(crate) fn free(&mut self, at: usize) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.busy = None;
            slot.idle_since = Instant::now();
        }
    }

    /// Memory that processes were seen to use, by their numbers [bytes].
    pub(crate) fn weighed(&mut self, processes: &[(u32, u64)]) {
        for slot in &mut self.slots {
            let pid = slot.process.as_ref().map(WorkerProcess::pid);
            let Some(&(_, bytes)) = processes.iter().find(|(p, _)| Some(*p) == pid) else { continue };
            slot.resident_bytes = Some(bytes);
            if let Some(busy) = slot.busy.as_mut().filter(|b| b.sent.is_some()) {
                busy.peak_bytes = busy.peak_bytes.max(Some(bytes));
            }
        }
    }

    /// Looks at the memory of one worker now, where that costs next to nothing: its task ends, and may have been short.
    pub(crate) fn weigh(&mut self, at: usize) {
        let pid = self.slots.get(at).and_then(|s| s.process.as_ref()).map(WorkerProcess::pid);
        if let Some((pid, bytes)) = pid.and_then(|pid| Some((pid, crate::resources::resident_bytes(pid)?))) {
            self.weighed(&[(pid, bytes)]);
        }
    }

    /// Lets workers go that have had nothing to do for long; the one of each device that was used last stays warm.
    pub(crate) fn retire(&mut self) {
        self.leaving.retain_mut(|(process, since)| !process.has_ended() && since.elapsed() < FAREWELL);
        for at in 0..self.slots.len() {
            let slot = &self.slots[at];
            let Purpose::Compute { device, .. } = &slot.purpose else { continue };
            let idles =
                slot.process.is_some() && slot.busy.is_none() && slot.idle_since.elapsed() >= self.patience.idle;
            let is_last = !self.slots.iter().enumerate().any(|(other, s)| {
                let same = matches!(&s.purpose, Purpose::Compute { device: d, .. } if d == device);
                other != at && same && s.process.is_some() && (s.busy.is_some() || s.idle_since >= slot.idle_since)
            });
            if idles && !is_last {
                self.dismiss(at);
            }
        }
    }

    /// Tells an idle worker to end, and forgets it.
    fn dismiss(&mut self, at: usize) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        let Some(mut process) = slot.process.take() else { return };
        slot.ready = false;
        slot.resident_bytes = None;
        let pid = process.pid();
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).retain(|p| *p != pid);
        process.send(ToWorker::Exit);
        process.close();
        self.leaving.push((process, Instant::now()));
    }

    /// Ends every worker: by message, then by signal, then for good.
    pub(crate) fn end(&mut self) {
        let mut processes: Vec<WorkerProcess> = self.slots.iter_mut().filter_map(|s| s.process.take()).collect();
        processes.extend(self.leaving.drain(..).map(|(process, _)| process));
        for process in &mut processes {
            process.send(ToWorker::Exit);
            process.close();
        }
        for signalled in [false, true] {
            let until = Instant::now() + FAREWELL;
            while Instant::now() < until && !processes.iter_mut().all(WorkerProcess::has_ended) {
                std::thread::sleep(Duration::from_millis(2));
            }
            if !signalled {
                processes.retain_mut(|p| !p.has_ended());
                processes.iter_mut().for_each(WorkerProcess::terminate);
            }
        }
        // What is left is killed as it is dropped.
        drop(processes);
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.slots.clear();
    }
}
