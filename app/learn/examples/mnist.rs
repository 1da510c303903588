//! Trains LeNet-5 on the sample project's MNIST through the executors, without engine and process, and prints figures.
//!
//! `cargo run --release -p weft -p weft-learn --example mnist -- [EPOCHS] [LIMIT] [SEED] [DEVICE]`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use weft_data::Loader;
use weft_learn::bench::train_speed;
use weft_learn::devices::{ComputeDevice, open};
use weft_learn::executor::{Context, Control, Report, execute};
use weft_model::{LayerGraph, Value};
use weft_protocol::DeviceId;
use weft_protocol::run::Metrics;
use weft_protocol::worker::{FromWorker, Job};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Prints what an epoch came to.
struct Printer(Mutex<Instant>);

impl Report for Printer {
    fn send(&self, message: FromWorker) {
        match message {
            FromWorker::Metrics { points, .. } => {
                for point in points.iter().filter(|point| point.per_epoch) {
                    let part = point.part;
                    println!("  epoch {:2} {part:?} {}: {:.5}", point.epoch, point.name, point.value);
                }
            }
            FromWorker::Checkpoint { epoch, .. } => {
                let mut began = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                println!("  epoch {epoch:2} took {:.2} s", began.elapsed().as_secs_f64());
                *began = Instant::now();
            }
            FromWorker::Log { message, .. } => println!("  {message}"),
            _ => {}
        }
    }

    fn offer(&self, message: FromWorker) -> Result<(), Box<FromWorker>> {
        self.send(message);
        Ok(())
    }
}

/// The outputs so far, by node and port.
struct Trial {
    folder: PathBuf,
    device: ComputeDevice,
    loader: Arc<Loader>,
    seed: u64,
    outputs: BTreeMap<String, PathBuf>,
}

impl Trial {
    fn run(&mut self, kind: &str, params: &[(&str, Value)], inputs: &[(&str, &str)]) -> Result<Metrics, String> {
        let out_dir = self.folder.join(kind);
        std::fs::create_dir_all(&out_dir).map_err(|e| e.to_string())?;
        let job = Job {
            task: 1,
            node: kind.to_owned(),
            kind: kind.to_owned(),
            params: params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            seed: self.seed,
            inputs: inputs.iter().map(|(port, from)| ((*port).to_owned(), self.outputs[*from].clone())).collect(),
            checkpoint_dir: self.folder.join("checkpoint"),
            out_dir,
            base_dir: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample_projects/mnist"),
        };
        let context = Context {
            device: self.device.clone(),
            loader: Arc::clone(&self.loader),
            control: Arc::new(Control::default()),
            report: Arc::new(Printer(Mutex::new(Instant::now()))),
            beats: Arc::new(AtomicU64::new(0)),
        };
        let began = Instant::now();
        let done = execute(&job, &context).map_err(|failure| failure.fault.to_string())?;
        println!("{kind}: {} ({:.2} s)", done.summary.unwrap_or_default(), began.elapsed().as_secs_f64());
        for output in done.outputs {
            self.outputs.insert(format!("{kind}.{}", output.port), output.file);
        }
        Ok(done.metrics)
    }
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: i64| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (epochs, limit, seed) = (number(0, 10), number(1, 0), number(2, 42) as u64);
    let device = open(&DeviceId(arguments.get(3).cloned().unwrap_or_else(|| "cpu".to_owned())))
        .map_err(|fault| fault.to_string())?;
    println!("{} ({}), {} threads", device.info.name, device.info.backend, rayon::current_num_threads());
    let window = Duration::from_millis(700);
    for (name, graph, batch) in [("LeNet-5", LayerGraph::lenet5(), 64), ("MLP", LayerGraph::mlp(), 128)] {
        let speed = train_speed(&graph, &[1, 28, 28], batch, &device, window, 5).map_err(|fault| fault.to_string())?;
        println!("{name}, batch {batch}: {:.0} samples/s", speed.samples_per_s);
    }

    let folder = std::env::temp_dir().join(format!("weft-mnist-{}", std::process::id()));
    let mut trial =
        Trial { folder: folder.clone(), device, loader: Arc::new(Loader::new()), seed, outputs: BTreeMap::new() };
    trial.run("image_dataset", &[("path", "data".into()), ("limit", Value::Int(limit))], &[])?;
    let share = [("validation", Value::Float(0.1)), ("stratified", true.into())];
    trial.run("split", &share, &[("samples", "image_dataset.samples")])?;
    let parts = [("train", "split.train"), ("validation", "split.validation"), ("test", "split.test")];
    trial.run("normalise", &[("method", "standardise".into())], &parts)?;
    let network = folder.join("network.json");
    let text = serde_json::to_vec(&LayerGraph::lenet5()).map_err(|e| e.to_string())?;
    std::fs::write(&network, text).map_err(|e| e.to_string())?;
    trial.outputs.insert("network".to_owned(), network);
    let settings = [
        ("optimiser", Value::from("adam")),
        ("learning_rate", Value::Float(1e-3)),
        ("schedule", "cosine".into()),
        ("weight_decay", Value::Float(0.0)),
        ("batch_size", Value::Int(64)),
        ("epochs", Value::Int(epochs)),
        ("patience", Value::Int(0)),
    ];
    let inputs = [("train", "normalise.train"), ("validation", "normalise.validation"), ("network", "network")];
    trial.run("train", &settings, &inputs)?;
    let inputs = [("model", "train.model"), ("test", "normalise.test")];
    let metrics = trial.run("evaluate", &[("batch_size", Value::Int(256))], &inputs)?;
    println!("accuracy {:?}, loss {:?}", metrics["accuracy"], metrics["loss"]);
    std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())
}
