//! The narrow interface between a worker and what computes: one executor a kind of node.
//!
//! An executor sees a [`Job`] and a [`Context`], and nothing of processes, pipes or threads. It asks the context at every
//! step whether to go on, and reports through it; its panics become faults.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use weft_data::Loader;
use weft_model::{LayerGraph, Value};
use weft_protocol::event::{Fault, LogLevel};
use weft_protocol::run::Metrics;
use weft_protocol::worker::{FromWorker, Job, Output};

use crate::devices::ComputeDevice;
use crate::preview::{Given, Look};
use crate::{evaluate, fault, samples, train};

/// What the outside asks of a running task.
#[derive(Debug, Default)]
pub struct Control {
    stop: AtomicBool,
    paused: Mutex<bool>,
    resumed: Condvar,
    live: Mutex<BTreeMap<String, Value>>,
    has_live: AtomicBool,
}

impl Control {
    /// Asks the task to end at its next step.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        // Whoever is about to wait has either seen the stop or already waits: the word cannot fall between.
        drop(self.paused.lock().unwrap_or_else(PoisonError::into_inner));
        self.resumed.notify_all();
    }

    /// Asks the task to wait at its next step, or to go on.
    pub fn pause(&self, paused: bool) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = paused;
        self.resumed.notify_all();
    }

    /// Changes a parameter from the next step on.
    pub fn set_live(&self, param: String, value: Value) {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).insert(param, value);
        self.has_live.store(true, Ordering::Release);
    }
}

/// Where a task's messages go.
pub trait Report: Send + Sync {
    /// Sends a message that must arrive; waits for room.
    fn send(&self, message: FromWorker);
    /// Sends a message if there is room; gives it back if there is none.
    fn offer(&self, message: FromWorker) -> Result<(), Box<FromWorker>>;
}

/// Whether a task goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Continue,
    /// It gives what there is and ends.
    Stop,
}

/// What an executor has beside its job.
pub struct Context {
    /// The device.
    pub device: ComputeDevice,
    /// Opens samples; shared, so that nodes on the same data decode it once.
    pub loader: Arc<Loader>,
    /// What the outside asks.
    pub control: Arc<Control>,
    /// Takes messages.
    pub report: Arc<dyn Report>,
    /// Counts steps of work.
    pub beats: Arc<AtomicU64>,
}

impl Context {
    /// To be called at every step: counts it, waits while the task is paused, and says whether to go on.
    pub fn step(&self) -> Flow {
        self.beats.fetch_add(1, Ordering::Relaxed);
        let mut paused = self.control.paused.lock().unwrap_or_else(PoisonError::into_inner);
        while *paused && !self.control.stop.load(Ordering::Acquire) {
            // A paused task counts on, so that it is not taken for one that hangs.
            self.beats.fetch_add(1, Ordering::Relaxed);
            let waited = self.control.resumed.wait_timeout(paused, Duration::from_millis(200));
            paused = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match self.control.stop.load(Ordering::Acquire) {
            true => Flow::Stop,
            false => Flow::Continue,
        }
    }

    /// Parameters that were changed since this was last asked.
    pub fn take_live(&self) -> BTreeMap<String, Value> {
        if !self.control.has_live.swap(false, Ordering::AcqRel) {
            return BTreeMap::new();
        }
        std::mem::take(&mut *self.control.live.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells of something worth knowing.
    pub fn log(&self, task: u64, level: LogLevel, message: String) {
        self.report.send(FromWorker::Log { task: Some(task), level, message });
    }
}

/// What a task gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Files in the job's folder for outputs.
    pub outputs: Vec<Output>,
    /// What was measured.
    pub metrics: Metrics,
    /// A word for the node's body.
    pub summary: Option<String>,
    /// Whether it ended early because it was asked to.
    pub stopped: bool,
}

/// Why a task gives nothing, and what it leaves all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What went wrong.
    pub fault: Box<Fault>,
    /// The last good model, where there is one.
    pub outputs: Vec<Output>,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault: Box::new(fault), outputs: Vec::new() }
    }
}

/// Executes one kind of node.
pub trait Executor: Sync {
    /// Does the job.
    ///
    /// # Errors
    /// [`Failure`] with what happened and what to do about it.
    fn run(&self, job: &Job, context: &Context) -> Result<Outcome, Failure>;

    /// What a node would give, without a run and by the same functions; none where that cannot be said.
    fn look<'a>(&self, _given: &Given<'_>, _loader: &'a Loader) -> Option<Result<Look<'a>, Fault>> {
        None
    }

    /// Whether a look must read the samples themselves, because something is measured on them.
    fn measures(&self) -> bool {
        false
    }
}

/// The executor of a kind of node; none if the kind is not executed by workers.
pub fn executor(kind: &str) -> Option<&'static dyn Executor> {
    Some(match kind {
        "image_dataset" => &samples::ImageDataset,
        "split" => &samples::Split,
        "normalise" => &samples::Normalise,
        "train" => &train::Train,
        "evaluate" => &evaluate::Evaluate,
        _ => return None,
    })
}

/// Held by whoever computes. A worker does one thing at a time anyway; two trainings inside one thread pool would take
/// threads from one another while each waits for its own, and could wait for ever.
static COMPUTING: Mutex<()> = Mutex::new(());

/// Waits until nothing computes in this process, and keeps it so.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    COMPUTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Executes a job. On the processor it runs inside the thread pool, so that the pool's threads need not be woken for
/// every operation. A panic becomes a fault.
pub fn execute(job: &Job, context: &Context) -> Result<Outcome, Failure> {
    let _alone = alone();
    let executor = known(&job.kind)?;
    let guarded = || catch_unwind(AssertUnwindSafe(|| executor.run(job, context)));
    let result = if context.device.on_host() { rayon::scope(|_| guarded()) } else { guarded() };
    result.unwrap_or_else(|payload| Err(fault::panicked(&crate::panics::describe(&*payload)).into()))
}

fn known(kind: &str) -> Result<&'static dyn Executor, Fault> {
    executor(kind).ok_or_else(|| {
        fault::fault(
            "unknown_kind",
            (
                format!("this worker does not know nodes of the kind '{kind}'"),
                format!("此工作进程不认识“{kind}”类节点"),
            ),
            ("Update the program.", "请更新程序。"),
        )
    })
}

/// Parameters of a node, defaults filled in.
pub struct Params<'a> {
    /// The values.
    pub values: &'a BTreeMap<String, Value>,
    /// Folder that relative paths start from.
    pub base_dir: &'a Path,
}

impl<'a> Params<'a> {
    /// Parameters of a job.
    pub fn of(job: &'a Job) -> Self {
        Self { values: &job.params, base_dir: &job.base_dir }
    }

    fn get<T>(
        &self,
        name: &str,
        expected: (&str, &str),
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, Fault> {
        self.values.get(name).and_then(read).ok_or_else(|| fault::bad_parameter(name, expected))
    }

    /// A number.
    pub fn number(&self, name: &str) -> Result<f64, Fault> {
        self.get(name, ("a number", "数"), |v| v.as_f64().filter(|v| v.is_finite()))
    }

    /// A whole number of at least `least`.
    pub fn whole(&self, name: &str, least: i64) -> Result<u64, Fault> {
        let expected = (format!("a whole number of at least {least}"), format!("不小于 {least} 的整数"));
        self.get(name, (&expected.0, &expected.1), |v| {
            v.as_i64().filter(|v| *v >= least).and_then(|v| u64::try_from(v).ok())
        })
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<&'a str, Fault> {
        self.get(name, ("a text", "文本"), Value::as_str)
    }

    /// A switch.
    pub fn switch(&self, name: &str) -> Result<bool, Fault> {
        self.get(name, ("true or false", "真或假"), Value::as_bool)
    }

    /// A path; a relative one starts from the project's folder.
    pub fn path(&self, name: &str) -> Result<PathBuf, Fault> {
        let text = self.get(name, ("a path", "路径"), |v| v.as_str().filter(|text| !text.is_empty()))?;
        Ok(self.base_dir.join(text))
    }
}

/// The file that is connected to an input.
pub(crate) fn input<'a>(job: &'a Job, port: &str) -> Result<&'a Path, Fault> {
    job.inputs.get(port).map(PathBuf::as_path).ok_or_else(|| fault::missing_input(port))
}

/// Reads a description from an input.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path, what: (&str, &str)) -> Result<T, Fault> {
    let text = std::fs::read(path).map_err(|e| fault::unreadable(what, path, e))?;
    serde_json::from_slice(&text).map_err(|e| fault::unreadable(what, path, e))
}

/// The network that is connected to an input.
pub(crate) fn read_network(path: &Path) -> Result<LayerGraph, Fault> {
    read_json(path, ("network", "网络"))
}

/// Writes an output.
pub(crate) fn write_output(job: &Job, port: &str, extension: &str, bytes: &[u8]) -> Result<Output, Fault> {
    let file = job.out_dir.join(format!("{port}.{extension}"));
    std::fs::write(&file, bytes).map_err(|e| fault::unwritable(&file, e))?;
    Ok(Output { port: port.to_owned(), file })
}

/// Writes a description as an output.
pub(crate) fn write_json_output<T: serde::Serialize>(job: &Job, port: &str, value: &T) -> Result<Output, Fault> {
    let text = serde_json::to_vec_pretty(value).map_err(|e| fault::unwritable(&job.out_dir, e))?;
    write_output(job, port, "json", &text)
}
