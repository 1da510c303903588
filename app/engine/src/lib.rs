//! The engine: plans and executes workflows in the background, and keeps what comes of them.
//!
//! One thread ('engine') owns the run that is going on: it starts what is ready, forwards what workers say over the two
//! lanes of [`weft_protocol::lanes`], and supervises the worker processes in which everything is computed. What may take
//! long (reading projects, hashing files, asking devices) happens on threads beside it, so that a command is answered
//! at once. It never draws, and never looks inside data: this crate knows neither `weft-data` nor `weft-learn`.
//!
//! [`RunStore`] and [`ArtifactStore`] also serve without an engine, to list runs and to find their files.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;
use weft_protocol::lanes::{ClientEnd, lanes};

pub mod artifacts;
pub mod bench;
mod devices;
mod execute;
mod forecast;
mod keeper;
mod kept;
mod outlet;
mod planning;
mod prepare;
mod previews;
mod resources;
mod run;
mod samples;
mod schedulers;
pub mod store;
mod supervise;
mod thread;
mod worker;

pub use artifacts::{ArtifactError, ArtifactStore};
pub use devices::list_devices;
pub use planning::ask::{plan, plan_only};
pub use prepare::Refusal;
pub use schedulers::schedulers;
pub use store::{RunStore, StoreError};

/// The rules by which runs can be planned, with their parameters, the recommended one first.
pub fn scheduling_rules() -> &'static [weft_schedule::AlgorithmInfo] {
    weft_schedule::algorithms()
}

/// How a worker is started: the role is appended as `--role JSON` of [`weft_protocol::worker::WorkerRole`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The executable, usually the running one.
    pub program: PathBuf,
    /// What comes before the role: `worker`.
    pub args: Vec<String>,
}

/// How long the engine waits for its workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From a worker's start to its first message.
    pub start: Duration,
    /// Between two heartbeats.
    pub heartbeat: Duration,
    /// Without a step of work while a task is computing; the first step on a software GPU takes 12 s and more.
    pub progress: Duration,
    /// From the message to stop to the signal.
    pub stop: Duration,
    /// From the signal to the kill.
    pub signal: Duration,
    /// For a preview, from the moment when its worker is given it.
    pub preview: Duration,
    /// From the message to give a preview up to the end of its worker.
    pub preview_cancel: Duration,
    /// Until a worker that has nothing to do ends, while another one of its device is there.
    pub idle: Duration,
    /// For a throw-away process that lists devices.
    pub list_devices: Duration,
    /// For a throw-away process that tries a device.
    pub self_test: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(60),
            heartbeat: Duration::from_secs(10),
            progress: Duration::from_secs(120),
            stop: Duration::from_secs(5),
            signal: Duration::from_secs(3),
            preview: Duration::from_secs(60),
            preview_cancel: Duration::from_secs(2),
            idle: Duration::from_secs(30),
            list_devices: Duration::from_secs(30),
            self_test: Duration::from_secs(180),
        }
    }
}

/// What an engine needs to know.
#[derive(Clone)]
pub struct EngineConfig {
    /// Folder of runs, artifacts and checkpoints. Several programs may share it.
    pub data_dir: PathBuf,
    /// How a worker is started.
    pub worker: WorkerCommand,
    /// How much the artifacts may take on disk [bytes].
    pub cache_limit_bytes: u64,
    /// Called after anything was sent.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// How long the engine waits for its workers.
    pub patience: Patience,
    /// How often a task is started again in a run after its worker died.
    pub max_restarts: u32,
    /// How often resources are measured; none for never.
    pub resources_every: Option<Duration>,
    /// How often the memory of workers is measured: limits of memory are held with this delay.
    pub memory_every: Duration,
    /// Threads that compute on the processor, all tasks together; none for as many as it has.
    pub processor_threads: Option<usize>,
}

impl EngineConfig {
    /// The usual settings: 20 GB of artifacts, nobody to wake.
    pub fn new(data_dir: impl Into<PathBuf>, worker: WorkerCommand) -> Self {
        Self {
            data_dir: data_dir.into(),
            worker,
            cache_limit_bytes: 20_000_000_000,
            wake: Arc::new(|| ()),
            patience: Patience::default(),
            max_restarts: 3,
            resources_every: Some(Duration::from_secs(1)),
            memory_every: Duration::from_millis(250),
            processor_threads: None,
        }
    }

    /// The same, and this is called after anything was sent.
    pub fn waking(mut self, wake: impl Fn() + Send + Sync + 'static) -> Self {
        self.wake = Arc::new(wake);
        self
    }
}

impl fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineConfig").field("data_dir", &self.data_dir).field("worker", &self.worker).finish()
    }
}

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no thread.
    #[error("the engine's thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// A running engine. Dropping it stops the run that is going on, ends every worker, and waits for both.
#[derive(Debug)]
pub struct Engine {
    /// Nothing is sent: the engine ends when this end is gone.
    quit: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine's thread. It ends by [`weft_protocol::Command::Shutdown`], when the client's end is dropped,
    /// or when the engine is.
    ///
    /// # Errors
    /// The data folder cannot be used, or the system gives no thread.
    pub fn start(config: EngineConfig) -> Result<(Self, ClientEnd), EngineError> {
        let (client, end) = lanes();
        let (quit, quitting) = crossbeam_channel::bounded(1);
        let engine = thread::EngineThread::new(config, end, quitting)?;
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || engine.run())
            .map_err(EngineError::Thread)?;
        Ok((Self { quit: Some(quit), thread: Some(thread) }, client))
    }

    /// Waits until the engine has ended, which it does after [`weft_protocol::Command::Shutdown`] or when the client's
    /// end is gone.
    pub fn join(mut self) {
        self.wait();
    }

    fn wait(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the engine's thread has panicked: the run is shown as interrupted and can be resumed");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.quit = None;
        self.wait();
    }
}
