//! What the engine costs: tasks, messages, samples. Measures and judges nothing; `weft bench engine` prints the rows.

use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use serde::Serialize;
use weft_model::{Edit, Endpoint, Node, NodeId, Wire, WireId};
use weft_project::Project;
use weft_protocol::worker::{FromWorker, ToWorker, WorkerRole};
use weft_protocol::{Command, DeviceId, Event, MetricPoint, Part, RunId, RunRequest, RunStatus, frame};

use crate::samples::SampleLane;
use crate::store::{Owner, Write};
use crate::worker::{News, WorkerProcess};
use crate::{Engine, EngineConfig, EngineError, RunStore, WorkerCommand};

/// One measured number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchRow {
    /// The benchmark: `engine`.
    pub bench: &'static str,
    /// What was measured.
    pub case: String,
    /// Which number of it.
    pub metric: &'static str,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
}

fn row(case: &str, metric: &'static str, value: f64, unit: &'static str) -> BenchRow {
    BenchRow { bench: "engine", case: case.to_owned(), metric, value, unit }
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The engine did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] crate::StoreError),
    /// A worker did not start, or did not answer.
    #[error("the worker cannot be measured: {0}")]
    Worker(String),
    /// A run did not end well.
    #[error("the measured run has ended as {0}")]
    Run(String),
}

/// What a graph of `count` empty tasks costs in all, from the command to the last event, in the engine's process; the
/// median and the best of `repeats` runs, none of them cached. The data folder should be an empty one.
///
/// # Errors
/// The engine does not start, or the run does not end well.
pub fn empty_tasks(data_dir: &Path, count: usize, repeats: usize) -> Result<Vec<BenchRow>, BenchError> {
    // Nothing here needs a worker.
    let worker = WorkerCommand { program: "none".into(), args: Vec::new() };
    let (engine, client) =
        Engine::start(EngineConfig { resources_every: None, ..EngineConfig::new(data_dir, worker) })?;
    let project_text = empties(count).to_text();
    let run = |fresh: bool| -> Result<f64, BenchError> {
        let request = RunRequest { project_text: project_text.clone(), fresh, ..RunRequest::default() };
        let began = Instant::now();
        client.commands.send(Command::Run(Box::new(request))).map_err(|_| BenchError::Run("ended".to_owned()))?;
        loop {
            match client.events.recv_timeout(Duration::from_secs(120)).map(|n| n.event) {
                Ok(Event::RunFinished { status: RunStatus::Done, .. }) => return Ok(began.elapsed().as_secs_f64()),
                Ok(Event::RunFinished { status, .. }) => return Err(BenchError::Run(status.id().to_owned())),
                Ok(Event::RunRefused { fault, .. }) => return Err(BenchError::Run(fault.to_string())),
                Ok(_) => {}
                Err(e) => return Err(BenchError::Run(e.to_string())),
            }
        }
    };
    // The first finds every page of the store and of the program cold, as a user does.
    let first_s = run(true)?;
    let mut fresh_s = (0..repeats.max(1)).map(|_| run(true)).collect::<Result<Vec<_>, _>>()?;
    let mut cached_s = (0..repeats.max(1)).map(|_| run(false)).collect::<Result<Vec<_>, _>>()?;
    drop(engine);
    fresh_s.sort_by(f64::total_cmp);
    cached_s.sort_by(f64::total_cmp);
    let case = format!("{count} empty tasks");
    let cached = format!("{case}, all in the store");
    Ok(vec![
        row(&case, "first", first_s * 1e3, "ms"),
        row(&case, "median", fresh_s[fresh_s.len() / 2] * 1e3, "ms"),
        row(&case, "best", fresh_s[0] * 1e3, "ms"),
        row(&cached, "median", cached_s[cached_s.len() / 2] * 1e3, "ms"),
    ])
}

fn empties(count: usize) -> Project {
    let mut project = Project::new();
    let id = |at: usize| NodeId(at as u64 + 1);
    let mut edits = Vec::with_capacity(2 * count);
    for at in 0..count {
        edits.push(Edit::AddNode { id: id(at), node: Node::new("empty", format!("task {at}"), [0.0, 0.0]) });
    }
    for at in 1..count {
        // A tree: some wait for one another, many are ready together.
        let wire = Wire::new(Endpoint::new(id(at / 2), "done"), Endpoint::new(id(at), "after"));
        edits.push(Edit::AddWire { id: WireId(at as u64), wire });
    }
    for edit in edits {
        // Fresh identifiers and names cannot be refused.
        project.graph.apply(edit).ok();
    }
    project
}

/// How long a message to a worker and its answer take, one after another.
///
/// # Errors
/// The worker does not start, or does not answer.
pub fn round_trip(worker: &WorkerCommand, count: usize) -> Result<Vec<BenchRow>, BenchError> {
    let (news, heard) = bounded(256);
    let tell = move |what| news.send(what).is_ok();
    let broken = |e: String| BenchError::Worker(e);
    let began = Instant::now();
    let process = WorkerProcess::start(worker, &WorkerRole::Compute(DeviceId::cpu()), None, "bench", tell)
        .map_err(|e| broken(e.to_string()))?;
    let wait = |is: &dyn Fn(&FromWorker) -> bool| loop {
        match heard.recv_timeout(Duration::from_secs(60)) {
            Ok(News::Message(message)) if is(&message) => return Ok(()),
            Ok(News::Gone(why)) => return Err(broken(why.unwrap_or_else(|| "it has ended".to_owned()))),
            Ok(_) => {}
            Err(e) => return Err(broken(e.to_string())),
        }
    };
    wait(&|m| matches!(m, FromWorker::Ready { .. }))?;
    let ready_s = began.elapsed().as_secs_f64();
    let mut times_s = Vec::with_capacity(count);
    for number in 0..count.max(1) as u64 {
        let asked = Instant::now();
        process.send(ToWorker::Ping { number });
        wait(&|m| matches!(m, FromWorker::Pong { number: n } if *n == number))?;
        times_s.push(asked.elapsed().as_secs_f64());
    }
    process.send(ToWorker::Exit);
    process.end(Duration::from_secs(1));
    times_s.sort_by(f64::total_cmp);
    let at = |share: f64| times_s[((times_s.len() - 1) as f64 * share) as usize] * 1e3;
    Ok(vec![
        row("round trip to a worker", "median", at(0.5), "ms"),
        row("round trip to a worker", "p99", at(0.99), "ms"),
        row("start of a worker", "once", ready_s * 1e3, "ms"),
    ])
}

/// What 10,000 samples a second cost the engine: the samples of `seconds` seconds are taken from the bytes of a worker's
/// messages, kept in the store, coalesced and sent, as fast as that goes; the share of the time they stand for.
///
/// # Errors
/// The data folder cannot be used.
pub fn streaming(data_dir: &Path, seconds: u32) -> Result<Vec<BenchRow>, BenchError> {
    const PER_S: u64 = 10_000;
    /// A worker sends what it has so often.
    const MESSAGES_PER_S: u64 = 20;
    /// The store is written, and samples are sent, so often: as the engine's thread does.
    const WRITES_PER_S: u64 = 4;
    let mut store = RunStore::open(data_dir)?;
    let owner = Owner::new(data_dir)?;
    let (lane, received) = bounded(weft_protocol::lanes::SAMPLES);
    let mut samples = SampleLane::new(lane);
    let point = |step: u64| MetricPoint {
        name: "loss".to_owned(),
        part: Part::Train,
        epoch: 1,
        step,
        per_epoch: false,
        value: 1.0 / step as f64,
    };
    let mut stream = Vec::new();
    let messages = u64::from(seconds.max(1)) * MESSAGES_PER_S;
    for message in 0..messages {
        let first = message * PER_S / MESSAGES_PER_S + 1;
        let points = (first..first + PER_S / MESSAGES_PER_S).map(point).collect();
        frame::write(&mut stream, &FromWorker::Metrics { task: 1, points })
            .map_err(|e| BenchError::Worker(e.to_string()))?;
    }
    let mut unsaved = Vec::new();
    let (run, node, mut input) = (RunId(i64::MAX), NodeId(1), stream.as_slice());
    let began = Instant::now();
    for message in 0..messages {
        let read: FromWorker = frame::read(&mut input).map_err(|e| BenchError::Worker(e.to_string()))?;
        let FromWorker::Metrics { points, .. } = read else { continue };
        unsaved.extend(points.iter().cloned());
        if message % (MESSAGES_PER_S / WRITES_PER_S) == 0 {
            let points = std::mem::take(&mut unsaved);
            store.apply(&owner, &[Write::Points { run, name: "train".to_owned(), points }])?;
        }
        samples.points(run, node, "train", points);
        samples.send(true);
        received.try_iter().for_each(drop);
    }
    let spent_s = began.elapsed().as_secs_f64();
    let samples_sent = messages * PER_S / MESSAGES_PER_S;
    let case = "10,000 samples a second";
    Ok(vec![
        row(case, "share of the time", spent_s / f64::from(seconds.max(1)), "fraction"),
        row(case, "each", spent_s / samples_sent as f64 * 1e6, "µs"),
    ])
}
