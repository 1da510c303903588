//! The worker process: messages in over standard input, out over standard output.
//!
//! Threads: `reader` takes messages and answers pings; `writer` sends, urgent ones first; `heartbeat` tells once a second
//! how many steps of work are done; `compute` owns the device and does one job at a time; `preview` looks at data, and
//! waits for no training. The end of standard input means that the parent is gone, and ends the process at once.
//!
//! Two lanes lead to the writer. What belongs to a task goes in order on one; answers to pings and heartbeats go on the
//! other and never wait behind it.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select_biased};
use weft_data::Loader;
use weft_protocol::event::{Fault, LogLevel};
use weft_protocol::frame::{self, FrameError};
use weft_protocol::worker::{FromWorker, Job, PROTOCOL_VERSION, ToWorker, WorkerRole};
use weft_protocol::DeviceId;

use crate::devices::{self, ComputeDevice};
use crate::executor::{self, Context, Control, Report};
use crate::self_test::{SelfTest, self_test};
use crate::{fault, panics};

/// Messages of a task that may wait for the pipe.
const TASK_LANE: usize = 256;
/// Answers and heartbeats that may wait for the pipe.
const URGENT_LANE: usize = 64;
/// Jobs and previews that may wait for their turn.
const WAITING: usize = 16;
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Stack of each thread: a network's depth becomes depth of calls in places.
const STACK_BYTES: usize = 8 << 20;

/// Does what a worker process is started for.
pub fn worker_main(role: WorkerRole) -> ExitCode {
    panics::install_hook();
    let out = match own_output() {
        Ok(out) => out,
        Err(e) => {
            log::error!("the standard output cannot be taken over: {e}");
            return ExitCode::FAILURE;
        }
    };
    match role {
        WorkerRole::ListDevices => print_lines(out, &devices::list_devices()),
        WorkerRole::SelfTest(id) => {
            let found = match devices::open(&id) {
                Ok(device) => self_test(&device),
                Err(fault) => SelfTest { ok: false, reason: fault.to_string() },
            };
            print_lines(out, &[found])
        }
        WorkerRole::Compute(id) => compute_main(&id, out),
    }
}

/// Takes standard output for messages and points its descriptor at standard error, since drivers print.
#[cfg(unix)]
fn own_output() -> io::Result<Box<dyn Write + Send>> {
    let own = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(Box::new(std::fs::File::from(own)))
}

/// On other systems there is no safe call to do so: standard output carries the messages as it is, and a driver that
/// prints to it breaks the connection, which the engine notices as a stream that is out of step.
#[cfg(not(unix))]
fn own_output() -> io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(io::stdout()))
}

fn print_lines<T: serde::Serialize>(mut out: impl Write, values: &[T]) -> ExitCode {
    for value in values {
        let line = serde_json::to_string(value).map_err(io::Error::other);
        if let Err(e) = line.and_then(|line| writeln!(out, "{line}")).and_then(|()| out.flush()) {
            log::error!("the answer cannot be written: {e}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The lanes to the writer.
#[derive(Clone)]
struct Lanes {
    task: Sender<FromWorker>,
    urgent: Sender<FromWorker>,
}

impl Report for Lanes {
    fn send(&self, message: FromWorker) {
        // The writer ends only with the process.
        let _ = self.task.send(message);
    }

    fn offer(&self, message: FromWorker) -> Result<(), Box<FromWorker>> {
        match self.task.try_send(message) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(()),
            Err(TrySendError::Full(message)) => Err(Box::new(message)),
        }
    }
}

/// Controls of the tasks that wait or run.
type Controls = Arc<Mutex<BTreeMap<u64, Arc<Control>>>>;

fn lock(controls: &Controls) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Control>>> {
    controls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request to look at data.
struct Look {
    request: u64,
    kind: String,
    params: BTreeMap<String, weft_model::Value>,
    base_dir: std::path::PathBuf,
}

/// Opens the device, says so, and serves until the parent is gone or says that it is over.
fn compute_main(id: &DeviceId, mut out: Box<dyn Write + Send>) -> ExitCode {
    let device = match devices::open(id) {
        Ok(device) => device,
        Err(fault) => {
            log::error!("{fault}");
            let message = FromWorker::Log { task: None, level: LogLevel::Error, message: fault.to_string() };
            if let Err(e) = frame::write(&mut out, &message) {
                log::error!("{e}");
            }
            return ExitCode::FAILURE;
        }
    };
    let ready = FromWorker::Ready {
        protocol: PROTOCOL_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        device: device.info.clone(),
    };
    if let Err(e) = frame::write(&mut out, &ready) {
        log::error!("{e}");
        return ExitCode::FAILURE;
    }
    match start(device, out).map(thread::JoinHandle::join) {
        Ok(_) => log::error!("the computing thread has ended"),
        Err(e) => log::error!("a thread cannot be started: {e}"),
    }
    ExitCode::FAILURE
}

/// Starts all threads; the one that computes is given back. It does not end before the process does.
fn start(device: ComputeDevice, out: Box<dyn Write + Send>) -> io::Result<thread::JoinHandle<()>> {
    let (task, task_out) = bounded(TASK_LANE);
    let (urgent, urgent_out) = bounded(URGENT_LANE);
    let (jobs, jobs_out) = bounded::<Job>(WAITING);
    let (looks, looks_out) = bounded::<Look>(WAITING);
    let lanes = Lanes { task, urgent };
    let controls = Controls::default();
    let beats = Arc::new(AtomicU64::new(0));
    let loader = Arc::new(Loader::new());
    let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
        thread::Builder::new().name(name.to_owned()).stack_size(STACK_BYTES).spawn(work)
    };
    spawn("writer", Box::new(move || write_all(out, &task_out, &urgent_out)))?;
    let (urgent, counted) = (lanes.urgent.clone(), Arc::clone(&beats));
    spawn("heartbeat", Box::new(move || beat(&urgent, &counted)))?;
    let (report, shared) = (lanes.clone(), Arc::clone(&loader));
    spawn("preview", Box::new(move || preview_all(&looks_out, &report, &shared)))?;
    let (report, known) = (lanes.clone(), Arc::clone(&controls));
    let compute =
        spawn("compute", Box::new(move || compute_all(&device, &jobs_out, &report, &known, &loader, &beats)))?;
    spawn("reader", Box::new(move || read_all(io::stdin(), &jobs, &looks, &lanes, &controls)))?;
    Ok(compute)
}

/// Tells once a second how many steps of work are done.
fn beat(urgent: &Sender<FromWorker>, beats: &AtomicU64) {
    loop {
        let beats = beats.load(Ordering::Relaxed);
        // A full lane means that the pipe is stuck: another heartbeat would not help.
        if let Err(TrySendError::Disconnected(_)) = urgent.try_send(FromWorker::Heartbeat { beats }) {
            return;
        }
        thread::sleep(HEARTBEAT);
    }
}

/// Looks at data, one request after another.
fn preview_all(looks: &Receiver<Look>, report: &Lanes, loader: &Loader) {
    for look in looks {
        let result = executor::preview(&look.kind, &look.params, &look.base_dir, loader);
        report.send(FromWorker::Previewed { request: look.request, result });
    }
}

/// Sends what comes, urgent messages first.
fn write_all(mut out: Box<dyn Write + Send>, task: &Receiver<FromWorker>, urgent: &Receiver<FromWorker>) {
    loop {
        let message = select_biased! {
            recv(urgent) -> message => message,
            recv(task) -> message => message,
        };
        let Ok(message) = message else { return };
        match frame::write(&mut out, &message) {
            Ok(()) => {}
            Err(FrameError::Io(e)) => {
                log::error!("the engine is gone: {e}");
                std::process::exit(0);
            }
            Err(e) => log::error!("a message was dropped: {e}"),
        }
    }
}

/// Takes messages until the parent is gone or says that it is over.
fn read_all(
    input: impl io::Read,
    jobs: &Sender<Job>,
    looks: &Sender<Look>,
    lanes: &Lanes,
    controls: &Controls,
) {
    let mut input = BufReader::new(input);
    loop {
        let message = match frame::read::<ToWorker>(&mut input) {
            Ok(message) => message,
            Err(FrameError::Closed) => std::process::exit(0),
            Err(e) => {
                log::error!("{e}");
                std::process::exit(1);
            }
        };
        let control = |task: u64| lock(controls).get(&task).cloned();
        match message {
            ToWorker::Run(job) => {
                let task = job.task;
                lock(controls).insert(task, Arc::default());
                if jobs.try_send(job).is_err() {
                    lock(controls).remove(&task);
                    lanes.send(FromWorker::Failed { task, fault: busy(), outputs: Vec::new() });
                }
            }
            ToWorker::Stop { task } => {
                if let Some(control) = control(task) {
                    control.stop();
                }
            }
            ToWorker::Pause { task, paused } => {
                if let Some(control) = control(task) {
                    control.pause(paused);
                }
            }
            ToWorker::SetLive { task, param, value } => {
                if let Some(control) = control(task) {
                    control.set_live(param, value);
                }
            }
            ToWorker::Preview { request, kind, params, base_dir } => {
                if looks.try_send(Look { request, kind, params, base_dir }).is_err() {
                    lanes.send(FromWorker::Previewed { request, result: Err(busy()) });
                }
            }
            ToWorker::Ping { number } => drop(lanes.urgent.send(FromWorker::Pong { number })),
            // Whoever wants a result stops the task first and waits for it.
            ToWorker::Exit => std::process::exit(0),
        }
    }
}

fn busy() -> Fault {
    fault::fault(
        "worker_busy",
        ("the worker has too much to do already".to_owned(), "工作进程任务过多".to_owned()),
        ("Try again.", "请重试。"),
    )
}

/// Does jobs, one after another.
fn compute_all(
    device: &ComputeDevice,
    jobs: &Receiver<Job>,
    lanes: &Lanes,
    controls: &Controls,
    loader: &Arc<Loader>,
    beats: &Arc<AtomicU64>,
) {
    for job in jobs {
        let task = job.task;
        let context = Context {
            device: device.clone(),
            loader: Arc::clone(loader),
            control: lock(controls).get(&task).cloned().unwrap_or_default(),
            report: Arc::new(lanes.clone()),
            beats: Arc::clone(beats),
        };
        let result = executor::execute(&job, &context);
        lock(controls).remove(&task);
        lanes.send(match result {
            Ok(done) => FromWorker::Done {
                task,
                outputs: done.outputs,
                metrics: done.metrics,
                summary: done.summary,
                stopped: done.stopped,
            },
            Err(failure) => FromWorker::Failed { task, fault: *failure.fault, outputs: failure.outputs },
        });
    }
}
