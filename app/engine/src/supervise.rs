//! The workers of an engine: one a device, and one for previews; started when first needed, kept warm, replaced when
//! they die or hang, ended with the engine.
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

/// What a worker is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Tasks on a device.
    Compute(DeviceId),
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
    sent: bool,
    stop_asked: Option<Instant>,
    signalled: bool,
}

impl Busy {
    pub(crate) fn new(task: usize, job: Job, live: Vec<(String, Value)>) -> Self {
        Self { task, job, live, paused: false, sent: false, stop_asked: None, signalled: false }
    }
}

/// A place for a worker.
#[derive(Debug)]
pub(crate) struct Slot {
    pub purpose: Purpose,
    pub busy: Option<Busy>,
    pub ready: bool,
    process: Option<WorkerProcess>,
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
    /// Threads that compute in each; none for as many as the processor has.
    threads: Option<usize>,
}

impl Fleet {
    pub(crate) fn new(command: WorkerCommand, patience: Patience, inbound: Sender<Inbound>, pids: Pids) -> Self {
        Self { slots: Vec::new(), command, patience, inbound, pids, threads: None }
    }

    /// How many threads compute in each worker from now on. Those that have nothing to do and began with another number
    /// are ended: they begin anew when they are needed.
    pub(crate) fn set_threads(&mut self, threads: Option<usize>) {
        if std::mem::replace(&mut self.threads, threads) == threads {
            return;
        }
        for at in 0..self.slots.len() {
            let slot = &self.slots[at];
            if slot.process.is_some() && slot.busy.is_none() && matches!(slot.purpose, Purpose::Compute(_)) {
                self.lose(at, Some("another number of threads is wanted".to_owned()));
            }
        }
    }

    /// The place for a purpose.
    pub(crate) fn slot(&mut self, purpose: Purpose) -> usize {
        if let Some(at) = self.slots.iter().position(|s| s.purpose == purpose) {
            return at;
        }
        let now = Instant::now();
        self.slots.push(Slot {
            purpose,
            busy: None,
            ready: false,
            process: None,
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
            Some(Purpose::Compute(device)) => format!("worker {device}"),
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
        let role = match &slot.purpose {
            Purpose::Compute(device) => WorkerRole::Compute(device.clone()),
            Purpose::Preview => WorkerRole::Preview,
        };
        slot.generation += 1;
        slot.ready = false;
        slot.started = Instant::now();
        let (inbound, generation) = (self.inbound.clone(), slot.generation);
        let tell = move |news| inbound.send(Inbound::Worker { slot: at, generation, news }).is_ok();
        let process = WorkerProcess::start(&self.command, &role, self.threads, &name, tell)?;
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

    /// A worker has said that it is ready.
    pub(crate) fn ready(&mut self, at: usize, protocol: u32) -> Result<(), String> {
        if protocol != PROTOCOL_VERSION {
            return Err(format!(
                "it speaks version {protocol} of the messages and this program version {PROTOCOL_VERSION}: use the \
                 worker of the same version"
            ));
        }
        if let Some(slot) = self.slots.get_mut(at) {
            slot.ready = true;
            slot.heard = Instant::now();
        }
        self.give(at);
        Ok(())
    }

    fn give(&mut self, at: usize) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        let (true, Some(process), Some(busy)) = (slot.ready, &slot.process, &mut slot.busy) else { return };
        if busy.sent {
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
        busy.sent = true;
        slot.moved = Instant::now();
        slot.heard = slot.moved;
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
            if busy.sent
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
            if busy.sent
                && let Some(process) = &slot.process
            {
                let (task, param) = (busy.job.task, param.to_owned());
                process.send(ToWorker::SetLive { task, param, value: value.clone() });
            }
        }
    }

    /// Asks every task to stop. Gives those that were not yet at their worker: they have stopped.
    pub(crate) fn stop(&mut self) -> Vec<usize> {
        let mut stopped = Vec::new();
        for slot in &mut self.slots {
            let Some(busy) = &mut slot.busy else { continue };
            if !busy.sent {
                stopped.push(busy.task);
                slot.busy = None;
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
            let is_working = slot.busy.as_ref().is_some_and(|b| b.sent && !b.paused);
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
        }
    }

    /// Ends every worker: by message, then by signal, then for good.
    pub(crate) fn end(&mut self) {
        let mut processes: Vec<WorkerProcess> = self.slots.iter_mut().filter_map(|s| s.process.take()).collect();
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
