//! A worker that computes nothing and behaves as it is told: for the tests of the engine.
//!
//! `script.json` in the project's folder says for each node what to do, see [`Act`]. What it gives depends on what a real
//! worker's results depend on (kind, parameters, seed, inputs), and a training's also on every one of its steps.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a part of the tests")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use serde::Deserialize;
use weft_protocol::event::Fault;
use weft_protocol::frame;
use weft_protocol::preview::{Fact, FactValue, LookNode, PartSummary};
use weft_protocol::run::{MetricPoint, MetricValue, Part};
use weft_protocol::worker::{FromWorker, Job, Output, PROTOCOL_VERSION, ToWorker, WorkerRole};
use weft_protocol::{DeviceId, DeviceInfo, DeviceKind, Preview, PreviewBody};

/// What to do at a node.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
struct Act {
    /// Steps of the task; a checkpoint every fifth.
    steps: u64,
    /// How long a step takes.
    step_ms: u64,
    /// What to do at a step: `kill`, `exit`, `freeze` (no heartbeat), `hang` (heartbeat, no step), `fail`, `deaf` (go on
    /// whatever it is told), `babble` (what is no message).
    what: String,
    /// At which step.
    at: u64,
    /// How often, over all processes.
    times: u32,
    /// Lines of garbage for the log.
    garbage: u32,
    /// Points at each step.
    points: u64,
    /// Memory that it takes at its first step [MB].
    take_mb: usize,
    /// How long it says that it will take from now on, whatever it does [s].
    eta_s: Option<f64>,
}

impl Default for Act {
    fn default() -> Self {
        Self {
            steps: 3,
            step_ms: 1,
            what: String::new(),
            at: 0,
            times: u32::MAX,
            garbage: 0,
            points: 1,
            take_mb: 0,
            eta_s: None,
        }
    }
}

#[derive(Default)]
struct Shared {
    beats: AtomicU64,
    frozen: AtomicBool,
    out: Mutex<Option<io::Stdout>>,
}

impl Shared {
    fn send(&self, message: &FromWorker) {
        if let Some(out) = self.out.lock().unwrap().as_mut()
            && frame::write(out, message).is_err()
        {
            std::process::exit(0);
        }
    }
}

fn cpu() -> DeviceInfo {
    DeviceInfo {
        id: DeviceId::cpu(),
        name: "scripted".into(),
        kind: DeviceKind::Cpu,
        backend: "none".into(),
        driver: None,
        memory_bytes: None,
        threads: Some(1),
        offered: true,
        reason: String::new(),
    }
}

fn gpu(number: u32, kind: DeviceKind) -> DeviceInfo {
    DeviceInfo { id: DeviceId(format!("gpu{number}")), name: format!("card {number}"), kind, ..cpu() }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let at = args.iter().position(|a| a == "--role").expect("--role");
    let role: WorkerRole = serde_json::from_str(&args[at + 1]).expect("a role");
    match role {
        WorkerRole::ListDevices => {
            for device in [
                cpu(),
                gpu(0, DeviceKind::DiscreteGpu),
                gpu(1, DeviceKind::IntegratedGpu),
                gpu(2, DeviceKind::Software),
            ] {
                println!("{}", serde_json::to_string(&device).unwrap());
            }
        }
        // The first crashes as drivers do, the second passes.
        WorkerRole::SelfTest(id) if id.0 == "gpu0" => std::process::abort(),
        WorkerRole::SelfTest(_) => println!("{}", serde_json::json!({ "ok": true, "reason": "agrees" })),
        WorkerRole::Compute(_) | WorkerRole::Preview => compute(),
    }
}

fn compute() {
    let shared = Arc::new(Shared { out: Mutex::new(Some(io::stdout())), ..Shared::default() });
    let (messages, received) = bounded::<ToWorker>(64);
    let beating = Arc::clone(&shared);
    let thread = |name: &str| std::thread::Builder::new().name(name.into());
    shared.send(&FromWorker::Ready { protocol: PROTOCOL_VERSION, version: "0".into(), device: cpu() });
    thread("heartbeat")
        .spawn(move || {
            loop {
                if !beating.frozen.load(Ordering::Relaxed) {
                    beating.send(&FromWorker::Heartbeat { beats: beating.beats.load(Ordering::Relaxed) });
                }
                std::thread::sleep(Duration::from_millis(30));
            }
        })
        .unwrap();
    let answering = Arc::clone(&shared);
    thread("reader")
        .spawn(move || {
            let mut input = io::stdin().lock();
            loop {
                match frame::read::<ToWorker>(&mut input) {
                    Ok(ToWorker::Ping { number }) => answering.send(&FromWorker::Pong { number }),
                    Ok(ToWorker::Exit) | Err(_) => std::process::exit(0),
                    Ok(message) => messages.send(message).unwrap(),
                }
            }
        })
        .unwrap();
    for message in received.iter() {
        match message {
            ToWorker::Run(job) => run(&job, &shared, &received),
            ToWorker::Preview { request, chain, base_dir } => look(request, &chain, &base_dir, &shared, &received),
            _ => {}
        }
    }
}

/// Looks at data as the act `preview` says: the limit of the first node is how many samples there are.
fn look(request: u64, chain: &[LookNode], base_dir: &Path, shared: &Shared, messages: &Receiver<ToWorker>) {
    let act = act("preview", base_dir);
    static FIRST: std::sync::Once = std::sync::Once::new();
    FIRST.call_once(|| {
        count(base_dir, "workers-preview");
    });
    let number = count(base_dir, "count-preview") + 1;
    let mut cancelled = false;
    for step in 1..=act.steps {
        for message in messages.try_iter() {
            if message == (ToWorker::CancelPreview { request }) {
                count(base_dir, "cancelled-preview");
                cancelled = act.what != "deaf";
            }
        }
        if cancelled {
            break;
        }
        std::thread::sleep(Duration::from_millis(act.step_ms));
        if step == act.at && count(base_dir, "acted-preview") < act.times {
            match act.what.as_str() {
                "kill" => kill_myself(),
                "hang" => std::thread::sleep(Duration::from_secs(3_600)),
                _ => {}
            }
        }
    }
    let samples = chain[0].params.get("limit").and_then(|v| v.as_i64()).unwrap_or(6) as u64;
    let result = if cancelled {
        Err(Fault::new("cancelled", Default::default(), Default::default()))
    } else if act.what == "fail" {
        Err(Fault::new("missing_data", weft_model::Localised::new("gone", "没有"), Default::default()))
    } else {
        let part = |part, count| PartSummary { part, count, class_counts: vec![count] };
        let seen = FactValue::Count(u64::from(number));
        Ok(Preview {
            schema: Default::default(),
            classes: vec![format!("{} {}", chain[chain.len() - 1].kind, chain[chain.len() - 1].seed)],
            parts: vec![part(Part::Train, samples), part(Part::Test, 1)],
            facts: vec![Fact { id: "number".into(), label: Default::default(), value: seen, unit: None }],
            body: PreviewBody::Images { strips: vec![] },
        })
    };
    shared.send(&FromWorker::Previewed { request, result });
}

/// The act of a node, and whether its moment is still to come.
fn act(node: &str, base_dir: &Path) -> Act {
    let script = fs::read_to_string(base_dir.join("script.json")).unwrap_or_default();
    let mut acts: BTreeMap<String, Act> = serde_json::from_str(&script).unwrap_or_default();
    acts.remove(node).unwrap_or_default()
}

/// Counts over all processes how often something was done.
fn count(folder: &Path, name: &str) -> u32 {
    let path = folder.join(name);
    let before: u32 = fs::read_to_string(&path).ok().and_then(|t| t.parse().ok()).unwrap_or(0);
    fs::write(path, (before + 1).to_string()).unwrap();
    before
}

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
}

fn run(job: &Job, shared: &Shared, messages: &Receiver<ToWorker>) {
    let act = act(&job.node, &job.base_dir);
    count(&job.base_dir, &format!("count-{}", job.node));
    for line in 0..act.garbage {
        eprintln!("\u{1b}[31mgarbage {line} of a driver");
    }
    let mut start = mix(job.seed, job.kind.len() as u64);
    for (port, path) in &job.inputs {
        let content = fs::read(path).expect("an input is there");
        start = content.iter().chain(port.as_bytes()).fold(start, |s, b| mix(s, u64::from(*b)));
    }
    start = serde_json::to_string(&job.params).unwrap().bytes().fold(start, |s, b| mix(s, u64::from(b)));

    let checkpoint = job.checkpoint_dir.join("state");
    let kept = fs::read_to_string(&checkpoint).unwrap_or_default();
    let mut numbers = kept.split(' ').filter_map(|n| n.parse::<u64>().ok());
    let (mut step, mut state) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(start));
    fs::write(job.base_dir.join(format!("began-{}", job.node)), step.to_string()).unwrap();
    fs::write(job.base_dir.join(format!("pid-{}", job.node)), std::process::id().to_string()).unwrap();
    let threads = std::env::var("RAYON_NUM_THREADS").unwrap_or_else(|_| "all".to_owned());
    fs::write(job.base_dir.join(format!("threads-{}", job.node)), threads).unwrap();

    // Written, so that it is there.
    let taken = vec![1_u8; act.take_mb << 20];
    let (mut stopped, mut paused) = (false, false);
    while step < act.steps && !stopped {
        for message in messages.try_iter() {
            match message {
                ToWorker::Stop { task } if task == job.task => stopped = act.what != "deaf",
                ToWorker::Pause { task, paused: p } if task == job.task => paused = p,
                ToWorker::SetLive { value, .. } => state = mix(state, value.as_i64().unwrap_or(0) as u64),
                _ => {}
            }
        }
        std::thread::sleep(Duration::from_millis(act.step_ms));
        if paused || stopped {
            continue;
        }
        step += 1;
        if step == act.at && !act.what.is_empty() && count(&job.base_dir, &format!("acted-{}", job.node)) < act.times {
            match act.what.as_str() {
                "kill" => kill_myself(),
                "exit" => std::process::exit(3),
                "freeze" => {
                    shared.frozen.store(true, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_secs(3_600));
                }
                "hang" => std::thread::sleep(Duration::from_secs(3_600)),
                "babble" => {
                    use io::Write as _;
                    let mut out = shared.out.lock().unwrap();
                    out.as_mut().unwrap().write_all(&[0xff; 64]).unwrap();
                    out.as_mut().unwrap().flush().unwrap();
                    drop(out);
                    std::thread::sleep(Duration::from_secs(3_600));
                }
                "fail" => {
                    let (message, remedy) =
                        (weft_model::Localised::new("the loss is NaN", "损失为 NaN"), Default::default());
                    let outputs = write_outputs(job, state);
                    let fault = Fault::new("nan_loss", message, remedy);
                    return shared.send(&FromWorker::Failed { task: job.task, fault, outputs });
                }
                _ => {}
            }
        }
        state = mix(state, step);
        shared.beats.fetch_add(1, Ordering::Relaxed);
        let value = (state >> 11) as f64 / (1_u64 << 53) as f64;
        let point = |n: u64| MetricPoint {
            name: "loss".into(),
            part: Part::Train,
            epoch: 1,
            step: (step - 1) * act.points + n + 1,
            per_epoch: false,
            value,
        };
        shared.send(&FromWorker::Metrics { task: job.task, points: (0..act.points).map(point).collect() });
        shared.send(&FromWorker::Progress {
            task: job.task,
            step,
            steps: act.steps,
            epoch: None,
            epochs: None,
            eta_s: act.eta_s,
        });
        if step % 5 == 0 {
            fs::write(&checkpoint, format!("{step} {state}")).unwrap();
            shared.send(&FromWorker::Checkpoint { task: job.task, epoch: 0, step });
        }
    }
    if stopped {
        fs::write(&checkpoint, format!("{step} {state}")).unwrap();
    }
    std::hint::black_box(&taken);
    let outputs = write_outputs(job, state);
    let metrics = [("state".to_owned(), MetricValue::Number((state >> 11) as f64))].into();
    let summary = Some(format!("{step} steps"));
    shared.send(&FromWorker::Done { task: job.task, outputs, metrics, summary, stopped });
}

fn write_outputs(job: &Job, state: u64) -> Vec<Output> {
    let ports = weft_model::catalogue::kind(&job.kind).expect("a known kind").outputs;
    ports
        .iter()
        .map(|port| {
            let file = job.out_dir.join(format!("{}.txt", port.id));
            fs::write(&file, format!("{} {state}", port.id)).unwrap();
            Output { port: port.id.to_owned(), file }
        })
        .collect()
}

fn kill_myself() -> ! {
    #[cfg(unix)]
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
    std::process::abort()
}
