//! The worker process: messages in over standard input, out over standard output.
//!
//! Threads: `reader` takes messages and answers pings; `writer` sends, urgent ones first; `heartbeat` tells once a second
//! how many steps of work are done; `compute` owns the device and does one job at a time; `preview` looks at data, and
//! waits for no training; it gives a look up when it is told to. The end of standard input means that the parent is gone, and ends the process at once.
//!
//! Two lanes lead to the writer. What belongs to a task goes in order on one; answers to pings and heartbeats go on the
//! other and never wait behind it.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select_biased};
use weft_data::Loader;
use weft_protocol::DeviceId;
use weft_protocol::event::{Fault, LogLevel};
use weft_protocol::frame::{self, FrameError};
use weft_protocol::preview::LookNode;
use weft_protocol::worker::{FromWorker, Job, PROTOCOL_VERSION, ToWorker, WorkerRole};

use crate::devices::{self, ComputeDevice};
use crate::executor::{self, Context, Control, Report};
use crate::preview::Looker;
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
    // Fails only where the pool stands already, with threads that have no names.
    let _ = rayon::ThreadPoolBuilder::new().thread_name(|number| format!("pool {number}")).build_global();
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
                Err(fault) => SelfTest::failed(fault.to_string()),
            };
            print_lines(out, &[found])
        }
        WorkerRole::Compute(id) => compute_main(&id, out),
        WorkerRole::Preview => {
            step_back();
            compute_main(&DeviceId::cpu(), out)
        }
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

/// Lets everything else on the machine go first. On Windows the engine starts the process so.
fn step_back() {
    #[cfg(unix)]
    if let Err(e) = rustix::process::nice(10) {
        log::info!("previews keep their priority: {e}");
    }
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
    chain: Vec<LookNode>,
    base_dir: std::path::PathBuf,
    cancelled: Arc<AtomicBool>,
}

/// The looks that wait or go on, by number: set to have them given up.
type Looks = Arc<Mutex<BTreeMap<u64, Arc<AtomicBool>>>>;

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
    match start(device, io::stdin(), out, |code| std::process::exit(code)).map(thread::JoinHandle::join) {
        Ok(_) => log::error!("the computing thread has ended"),
        Err(e) => log::error!("a thread cannot be started: {e}"),
    }
    ExitCode::FAILURE
}

/// Starts all threads; the one that computes is given back. `end` ends the process, with an exit code: it is called by
/// the thread that notices that the parent is gone.
fn start(
    device: ComputeDevice,
    input: impl io::Read + Send + 'static,
    out: Box<dyn Write + Send>,
    end: fn(i32),
) -> io::Result<thread::JoinHandle<()>> {
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
    spawn("writer", Box::new(move || end(write_all(out, &task_out, &urgent_out))))?;
    let (urgent, counted) = (lanes.urgent.clone(), Arc::clone(&beats));
    spawn("heartbeat", Box::new(move || beat(&urgent, &counted)))?;
    let looking = Looks::default();
    let (report, known) = (lanes.clone(), Arc::clone(&looking));
    spawn("preview", Box::new(move || preview_all(&looks_out, &report, &known)))?;
    let (report, known) = (lanes.clone(), Arc::clone(&controls));
    let compute =
        spawn("compute", Box::new(move || compute_all(&device, &jobs_out, &report, &known, &loader, &beats)))?;
    spawn("reader", Box::new(move || end(read_all(input, &jobs, &looks, &lanes, &controls, &looking))))?;
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
fn preview_all(looks: &Receiver<Look>, report: &Lanes, known: &Looks) {
    let looker = Looker::default();
    for look in looks {
        let result = looker.look(&look.chain, &look.base_dir, &|| look.cancelled.load(Ordering::Relaxed));
        known.lock().unwrap_or_else(PoisonError::into_inner).remove(&look.request);
        report.send(FromWorker::Previewed { request: look.request, result });
    }
}

/// Sends what comes, urgent messages first, until nobody reads any more. The exit code comes back.
fn write_all(mut out: Box<dyn Write + Send>, task: &Receiver<FromWorker>, urgent: &Receiver<FromWorker>) -> i32 {
    loop {
        let message = select_biased! {
            recv(urgent) -> message => message,
            recv(task) -> message => message,
        };
        let Ok(message) = message else { return 0 };
        match frame::write(&mut out, &message) {
            Ok(()) => {}
            Err(FrameError::Io(e)) => {
                log::error!("the engine is gone: {e}");
                return 0;
            }
            Err(e) => log::error!("a message was dropped: {e}"),
        }
    }
}

/// Takes messages until the parent is gone or says that it is over. The exit code comes back.
fn read_all(
    input: impl io::Read,
    jobs: &Sender<Job>,
    looks: &Sender<Look>,
    lanes: &Lanes,
    controls: &Controls,
    looking: &Looks,
) -> i32 {
    let mut input = BufReader::new(input);
    loop {
        let message = match frame::read::<ToWorker>(&mut input) {
            Ok(message) => message,
            Err(FrameError::Closed) => return 0,
            Err(e) => {
                log::error!("{e}");
                return 1;
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
            ToWorker::Preview { request, chain, base_dir } => {
                let cancelled = Arc::new(AtomicBool::new(false));
                let known = || looking.lock().unwrap_or_else(PoisonError::into_inner);
                known().insert(request, Arc::clone(&cancelled));
                if looks.try_send(Look { request, chain, base_dir, cancelled }).is_err() {
                    known().remove(&request);
                    lanes.send(FromWorker::Previewed { request, result: Err(busy()) });
                }
            }
            ToWorker::CancelPreview { request } => {
                if let Some(cancelled) = looking.lock().unwrap_or_else(PoisonError::into_inner).get(&request) {
                    cancelled.store(true, Ordering::Relaxed);
                }
            }
            ToWorker::Ping { number } => drop(lanes.urgent.send(FromWorker::Pong { number })),
            // Whoever wants a result stops the task first and waits for it.
            ToWorker::Exit => return 0,
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

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, PipeWriter, pipe};

    use weft_model::{LayerGraph, Value};

    use super::*;

    /// The engine's end of a worker that lives in this process.
    struct Worker {
        input: PipeWriter,
        output: PipeReader,
        _compute: thread::JoinHandle<()>,
    }

    impl Worker {
        fn new() -> Self {
            let (theirs, input) = pipe().unwrap();
            let (output, out) = pipe().unwrap();
            // In this process the end of the worker is only the end of its reader.
            let compute = start(ComputeDevice::cpu(), theirs, Box::new(out), |_| {}).unwrap();
            Self { input, output, _compute: compute }
        }

        fn send(&mut self, message: &ToWorker) {
            frame::write(&mut self.input, message).unwrap();
        }

        /// The next message that is no heartbeat.
        fn next(&mut self) -> FromWorker {
            loop {
                match frame::read(&mut self.output).unwrap() {
                    FromWorker::Heartbeat { .. } => {}
                    message => return message,
                }
            }
        }
    }

    fn job(task: u64, kind: &str, folder: &std::path::Path) -> Job {
        Job {
            task,
            node: kind.to_owned(),
            kind: kind.to_owned(),
            params: BTreeMap::new(),
            seed: 1,
            inputs: BTreeMap::new(),
            out_dir: folder.to_owned(),
            checkpoint_dir: folder.to_owned(),
            base_dir: folder.to_owned(),
        }
    }

    #[test]
    fn pings_come_back_and_jobs_that_cannot_be_done_fail_with_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let mut worker = Worker::new();
        assert!(matches!(frame::read(&mut worker.output).unwrap(), FromWorker::Heartbeat { beats: 0 }));
        for number in 0..100 {
            worker.send(&ToWorker::Ping { number });
            assert_eq!(worker.next(), FromWorker::Pong { number });
        }
        worker.send(&ToWorker::Run(job(7, "juggle", folder.path())));
        let FromWorker::Failed { task: 7, fault, .. } = worker.next() else { panic!("no failure") };
        assert_eq!(fault.code, "unknown_kind");
        let (params, base_dir) = (BTreeMap::from([("path".to_owned(), Value::from("none"))]), folder.path().to_owned());
        let node = LookNode { kind: "image_dataset".into(), params, seed: 0, inputs: Vec::new() };
        worker.send(&ToWorker::Preview { request: 3, chain: vec![node], base_dir });
        let FromWorker::Previewed { request: 3, result } = worker.next() else { panic!("no preview") };
        assert_eq!(result.unwrap_err().code, "bad_parameter");
        // Words about tasks that are not there are no fault.
        worker.send(&ToWorker::CancelPreview { request: 3 });
        worker.send(&ToWorker::Stop { task: 99 });
        worker.send(&ToWorker::Pause { task: 99, paused: true });
        worker.send(&ToWorker::Ping { number: 5 });
        assert_eq!(worker.next(), FromWorker::Pong { number: 5 });
    }

    #[test]
    fn a_task_is_stopped_while_it_trains_and_pings_are_answered_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        crate::tests::write_data(&folder.path().join("data"), 200, 20);
        let loader = Loader::new();
        let options = weft_data::ImageOptions { folder: folder.path().join("data"), limit: None, classes: Vec::new() };
        let data = weft_data::describe_images(&options, &loader).unwrap();
        let (samples, network) = (folder.path().join("samples.json"), folder.path().join("network.json"));
        std::fs::write(&samples, data.train.to_json().unwrap()).unwrap();
        let mut graph = LayerGraph::mlp();
        graph.layers[6].kind = weft_model::LayerKind::Linear { units: 4, bias: true };
        std::fs::write(&network, serde_json::to_vec(&graph).unwrap()).unwrap();
        let mut train = job(1, "train", folder.path());
        train.inputs = BTreeMap::from([("train".to_owned(), samples), ("network".to_owned(), network)]);
        train.params = [
            ("optimiser", Value::from("adam")),
            ("learning_rate", Value::Float(1e-3)),
            ("schedule", "cosine".into()),
            ("weight_decay", Value::Float(0.0)),
            ("batch_size", Value::Int(1)),
            ("epochs", Value::Int(100_000)),
            ("patience", Value::Int(0)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut worker = Worker::new();
        worker.send(&ToWorker::Run(train));
        while !matches!(worker.next(), FromWorker::Metrics { task: 1, .. }) {}
        worker.send(&ToWorker::Ping { number: 1 });
        while worker.next() != (FromWorker::Pong { number: 1 }) {}
        worker.send(&ToWorker::Stop { task: 1 });
        let done = loop {
            if let done @ FromWorker::Done { .. } = worker.next() {
                break done;
            }
        };
        let FromWorker::Done { task: 1, outputs, stopped: true, .. } = done else { panic!("{done:?}") };
        assert_eq!(outputs.iter().map(|o| o.port.as_str()).collect::<Vec<_>>(), ["model", "history"]);
    }
}
