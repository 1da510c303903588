//! `weft bench train` and `weft bench gpu`: LeNet-5 on MNIST through the whole program (engine, worker, checkpoints),
//! beside the same network in PyTorch on the same machine in the same run.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use weft_model::{Edit, Value};
use weft_protocol::run::{MetricPoint, MetricValue};
use weft_protocol::{Command, DeviceId, Event, Part, RunRequest, RunStatus, Sample};

use super::{Row, Rows, median};
use crate::cli::BenchArgs;
use crate::run::start_engine;

const PEER: &str = include_str!("../../../../tests/peers/lenet_pytorch.py");
const SEED: u64 = 7;
/// What is left of the 60,000 once the validation samples are parted.
const TRAINING_SAMPLES: f64 = 54_000.0;

#[derive(Debug, Deserialize)]
struct PeerResult {
    version: String,
    threads: u32,
    epoch_s: f64,
    accuracy: f64,
    memory_bytes: Option<f64>,
}

/// Trains on `device`, then lets the peer do the same.
pub fn run(rows: &mut Rows<'_>, args: &BenchArgs, device: &str) -> anyhow::Result<()> {
    let bench = if device == "cpu" { "train" } else { "gpu" };
    let data = std::path::absolute(&args.data)?;
    let case = format!("LeNet-5, batch 64, {}", device);
    let scratch = std::env::temp_dir().join(format!("weft-bench-train-{}", std::process::id()));
    let ours = train(args, &data, device, &scratch);
    let _best_effort = std::fs::remove_dir_all(&scratch);
    let ours = ours?;

    let peer_device = if device == "cpu" { "cpu" } else { "cuda" };
    let peer = peer(args, &data, peer_device);
    let (name, peer) = match peer {
        Ok(peer) => (format!("PyTorch {} ({} threads)", peer.version, peer.threads), Some(peer)),
        Err(error) => {
            rows.note(&format!("PyTorch was not measured: {error:#}"));
            (String::new(), None)
        }
    };
    let mut push = |metric: &str, value: f64, unit: &str, peer: Option<f64>| {
        let row = Row::new(bench, &case, metric, value, unit);
        rows.push(match peer {
            Some(peer) => row.beside(&name, peer),
            None => row,
        });
    };
    let peer = peer.as_ref();
    push("epoch with validation", ours.epoch_s, "s", peer.map(|p| p.epoch_s));
    push("samples per second", ours.samples / ours.epoch_s, "1/s", peer.map(|p| ours.samples / p.epoch_s));
    push("test accuracy", ours.accuracy, "", peer.map(|p| p.accuracy));
    push("whole run", ours.run_s, "s", None);
    if let Some(bytes) = ours.gpu_bytes {
        push("memory on the device", bytes / 1e6, "MB", peer.and_then(|p| p.memory_bytes).map(|b| b / 1e6));
    }
    if let Some(bytes) = ours.own_bytes {
        push("memory of all processes", bytes / 1e6, "MB", None);
    }
    Ok(())
}

struct Ours {
    epoch_s: f64,
    samples: f64,
    accuracy: f64,
    run_s: f64,
    gpu_bytes: Option<f64>,
    own_bytes: Option<f64>,
}

/// A run of the MNIST project on a device.
pub fn request(data: &Path, device: &str, epochs: u32) -> anyhow::Result<RunRequest> {
    let mut project = weft_project::template("mnist").context("the template is there")?.project();
    for (node, param, value) in [
        ("data", "path", Value::Text(data.to_string_lossy().into_owned())),
        ("train", "epochs", Value::Int(epochs.into())),
    ] {
        let id = project.graph.node_named(node).context("the template's nodes are named")?;
        project.graph.apply(Edit::SetParam { id, param: param.to_owned(), value: Some(value) })?;
    }
    Ok(RunRequest {
        project_text: project.to_text(),
        seed: Some(SEED),
        device: Some(DeviceId(device.to_owned())),
        fresh: true,
        ..RunRequest::default()
    })
}

fn train(args: &BenchArgs, data: &Path, device: &str, scratch: &Path) -> anyhow::Result<Ours> {
    let (_engine, client) = start_engine(scratch, || {})?;
    client.commands.send(Command::Run(Box::new(request(data, device, args.epochs)?)))?;
    let (mut ends, mut own, mut gpu, mut gpu_before) = (Vec::new(), None::<u64>, None::<u64>, None);
    loop {
        crossbeam_channel::select! {
            recv(client.samples) -> sample => match sample? {
                Sample::Metrics { points, .. } => {
                    let is_end = |p: &&MetricPoint| p.per_epoch && p.part == Part::Validation && p.name == "accuracy";
                    ends.extend(points.iter().filter(is_end).map(|_| Instant::now()));
                }
                Sample::Resources(r) => {
                    own = own.max(r.own_memory_bytes);
                    let now: Option<u64> = r.gpus.iter().filter_map(|g| g.memory_bytes).max();
                    gpu_before = gpu_before.or(now);
                    gpu = gpu.max(now);
                }
                Sample::Progress(_) | Sample::Planning { .. } => {}
            },
            recv(client.events) -> event => match event?.event {
                Event::NodeStarted { name, .. } if name == "train" => ends.push(Instant::now()),
                Event::RunRefused { fault, problems } => {
                    let problems = problems.iter().map(|p| p.message.en.clone()).collect::<Vec<_>>().join("; ");
                    bail!("{fault} {problems}");
                }
                Event::NodeFinished { name, fault: Some(fault), .. } => bail!("{name}: {fault}"),
                Event::RunFinished { status, elapsed_s, metrics, .. } => {
                    if status != RunStatus::Done {
                        bail!("the run ended as {}", status.id());
                    }
                    let accuracy = metrics.get("evaluate").and_then(|m| m.get("accuracy")).and_then(MetricValue::number);
                    let epochs = ends.windows(2).map(|w| w[1] - w[0]).collect();
                    return Ok(Ours {
                        epoch_s: median(epochs).as_secs_f64(),
                        samples: TRAINING_SAMPLES,
                        accuracy: accuracy.context("the run has measured no accuracy")?,
                        run_s: elapsed_s,
                        gpu_bytes: gpu.map(|b| b.saturating_sub(gpu_before.unwrap_or(0)) as f64).filter(|b| *b > 0.0),
                        own_bytes: own.map(|b| b as f64),
                    });
                }
                _ => {}
            },
        }
    }
}

fn peer(args: &BenchArgs, data: &Path, device: &str) -> anyhow::Result<PeerResult> {
    let mut child = Process::new(&args.python)
        .arg("-")
        .arg(data)
        .args([args.epochs.to_string(), device.to_owned(), SEED.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} could not be started", args.python.display()))?;
    child.stdin.take().context("the peer reads its program from its input")?.write_all(PEER.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{}", text.lines().last().unwrap_or("it failed without a word"));
    }
    serde_json::from_slice(&output.stdout).context("the peer's result cannot be read")
}
