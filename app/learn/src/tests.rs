//! Whole jobs on small made-up data: what the engine asks of a worker, without the process around it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use weft_data::{Loader, Samples};
use weft_model::{LayerGraph, LayerKind, Value};
use weft_protocol::run::{MetricPoint, MetricValue, Part};
use weft_protocol::worker::{FromWorker, Job, Output};

use crate::devices::ComputeDevice;
use crate::executor::{self, Context, Control, Failure, Outcome, Report};
use crate::model_file::Model;

mod previews;

const SIDE: usize = 8;

/// Images with one bright quarter, which is their class, in noise.
pub(crate) fn write_data(folder: &Path, train: usize, test: usize) {
    fs::create_dir_all(folder).unwrap();
    let mut state = 7u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for (name, count) in [("train", train), ("t10k", test)] {
        let size = |n: usize| (n as u32).to_be_bytes();
        let mut images = [&[0, 0, 8, 3][..], &size(count), &size(SIDE), &size(SIDE)].concat();
        let mut labels = [&[0, 0, 8, 1][..], &size(count)].concat();
        for sample in 0..count {
            let class = sample % 4;
            labels.push(class as u8);
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let bright = class == 2 * (y / (SIDE / 2)) + x / (SIDE / 2);
                    images.push(noise() / 3 + if bright { 150 } else { 0 });
                }
            }
        }
        fs::write(folder.join(format!("{name}-images-idx3-ubyte")), images).unwrap();
        fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
    }
}

type Hook = Box<dyn Fn(&FromWorker, &Arc<Control>) + Send + Sync>;

/// Keeps messages, and does something about them.
struct Recorder {
    messages: Mutex<Vec<FromWorker>>,
    control: Arc<Control>,
    hook: Hook,
}

impl Report for Recorder {
    fn send(&self, message: FromWorker) {
        (self.hook)(&message, &self.control);
        self.messages.lock().unwrap().push(message);
    }

    fn offer(&self, message: FromWorker) -> Result<(), Box<FromWorker>> {
        self.send(message);
        Ok(())
    }
}

/// A workplace: data, a folder for results, and the outputs so far.
struct Bench {
    folder: TempDir,
    loader: Arc<Loader>,
    jobs: u64,
    outputs: BTreeMap<(String, String), PathBuf>,
    messages: Vec<FromWorker>,
    beats: u64,
}

impl Bench {
    fn new(train: usize, test: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_data(&folder.path().join("data"), train, test);
        Self::at(folder)
    }

    fn at(folder: TempDir) -> Self {
        let loader = Arc::new(Loader::new());
        Self { folder, loader, jobs: 0, outputs: BTreeMap::new(), messages: Vec::new(), beats: 0 }
    }

    fn job(&mut self, kind: &str, params: &[(&str, Value)], inputs: &[(&str, &str, &str)]) -> Job {
        self.jobs += 1;
        let out_dir = self.folder.path().join(format!("out{}", self.jobs));
        fs::create_dir_all(&out_dir).unwrap();
        Job {
            task: self.jobs,
            node: kind.to_owned(),
            kind: kind.to_owned(),
            params: params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            seed: 42,
            inputs: inputs
                .iter()
                .filter_map(|(port, node, output)| {
                    let path = self.outputs.get(&((*node).to_owned(), (*output).to_owned()))?;
                    Some(((*port).to_owned(), path.clone()))
                })
                .collect(),
            out_dir,
            checkpoint_dir: self.folder.path().join(format!("checkpoints-{kind}")),
            base_dir: self.folder.path().to_owned(),
        }
    }

    fn run(&mut self, job: &Job, hook: Hook) -> Result<Outcome, Failure> {
        self.run_on(ComputeDevice::cpu(), job, hook)
    }

    fn run_on(&mut self, device: ComputeDevice, job: &Job, hook: Hook) -> Result<Outcome, Failure> {
        let control = Arc::new(Control::default());
        let recorder = Arc::new(Recorder { messages: Mutex::default(), control: Arc::clone(&control), hook });
        let beats = Arc::new(AtomicU64::new(0));
        let context = Context {
            device,
            loader: Arc::clone(&self.loader),
            control,
            report: Arc::clone(&recorder) as Arc<dyn Report>,
            beats: Arc::clone(&beats),
        };
        let result = executor::execute(job, &context);
        self.messages = std::mem::take(&mut *recorder.messages.lock().unwrap());
        self.beats = beats.load(Ordering::Relaxed);
        let outputs: &[Output] = match &result {
            Ok(done) => &done.outputs,
            Err(failure) => &failure.outputs,
        };
        for output in outputs {
            assert!(output.file.is_file() && output.file.starts_with(&job.out_dir));
            self.outputs.insert((job.kind.clone(), output.port.clone()), output.file.clone());
        }
        result
    }

    fn node(&mut self, kind: &str, params: &[(&str, Value)], inputs: &[(&str, &str, &str)]) -> Outcome {
        let job = self.job(kind, params, inputs);
        self.run(&job, no_hook()).unwrap_or_else(|failure| panic!("{}", failure.fault))
    }

    /// Data, split and normalise, and the given network.
    fn prepare(&mut self, graph: &LayerGraph, path: &str, limit: i64) -> [Option<String>; 3] {
        let limit = Value::Int(limit);
        let data = self.node("image_dataset", &[("path", path.into()), ("limit", limit)], &[]);
        let share = [("validation", Value::Float(0.25)), ("stratified", true.into())];
        let split = self.node("split", &share, &[("samples", "image_dataset", "samples")]);
        let parts = ["train", "validation", "test"].map(|part| (part, "split", part));
        let normalise = self.node("normalise", &[("method", "standardise".into())], &parts);
        let path = self.folder.path().join("network.json");
        fs::write(&path, serde_json::to_vec(graph).unwrap()).unwrap();
        self.outputs.insert(("network".into(), "network".into()), path);
        [data.summary, split.summary, normalise.summary]
    }

    fn train_job(&mut self, changes: &[(&str, Value)]) -> Job {
        let mut params: BTreeMap<&str, Value> = BTreeMap::from([
            ("optimiser", "adam".into()),
            ("learning_rate", Value::Float(0.01)),
            ("schedule", "cosine".into()),
            ("weight_decay", Value::Float(0.0)),
            ("batch_size", Value::Int(20)),
            ("epochs", Value::Int(3)),
            ("patience", Value::Int(0)),
        ]);
        params.extend(changes.iter().cloned());
        let params: Vec<_> = params.into_iter().collect();
        let inputs = [
            ("train", "normalise", "train"),
            ("validation", "normalise", "validation"),
            ("network", "network", "network"),
        ];
        self.job("train", &params, &inputs)
    }

    fn evaluate(&mut self) -> Outcome {
        let inputs = [("model", "train", "model"), ("test", "normalise", "test")];
        self.node("evaluate", &[("batch_size", Value::Int(7))], &inputs)
    }

    fn output(&self, kind: &str, port: &str) -> Vec<u8> {
        fs::read(&self.outputs[&(kind.to_owned(), port.to_owned())]).unwrap()
    }

    fn points(&self) -> Vec<MetricPoint> {
        let points = |message: &FromWorker| match message {
            FromWorker::Metrics { points, .. } => points.clone(),
            _ => Vec::new(),
        };
        self.messages.iter().flat_map(points).collect()
    }
}

fn no_hook() -> Hook {
    Box::new(|_, _| {})
}

/// Does something when the checkpoint of an epoch stands.
fn at_epoch(at: u32, what: impl Fn(&Arc<Control>) + Send + Sync + 'static) -> Hook {
    Box::new(move |message, control| {
        if matches!(message, FromWorker::Checkpoint { epoch, .. } if *epoch == at) {
            what(control);
        }
    })
}

/// A network with everything that has a state: batch normalisation and dropout too.
fn small_network() -> LayerGraph {
    LayerGraph::chain([
        ("conv", LayerKind::Conv2d { filters: 4, kernel: 3, stride: 1, padding: 1, bias: true }),
        ("norm", LayerKind::BatchNorm {}),
        ("relu", LayerKind::Relu {}),
        ("pool", LayerKind::MaxPool2d { kernel: 2, stride: 2 }),
        ("flatten", LayerKind::Flatten {}),
        ("drop", LayerKind::Dropout { rate: 0.2 }),
        ("out", LayerKind::Linear { units: 4, bias: true }),
    ])
}

fn number(outcome: &Outcome, name: &str) -> f64 {
    outcome.metrics[name].number().unwrap()
}

#[test]
fn learns_what_can_be_told_apart_and_judges_it() {
    let mut bench = Bench::new(240, 60);
    let summaries = bench.prepare(&small_network(), "data", 0).map(Option::unwrap);
    assert_eq!(summaries[..2], ["300 × 8×8×1 · 4", "180 · 60 · 60"]);
    assert!(summaries[2].starts_with("mean 0."), "{}", summaries[2]);
    let job = bench.train_job(&[]);
    let done = bench.run(&job, no_hook()).unwrap();
    assert!(!done.stopped);
    assert!(number(&done, "validation/accuracy") > 0.9, "{:?}", done.metrics);

    let points = bench.points();
    let steps: Vec<u64> = points.iter().filter(|p| p.name == "loss" && !p.per_epoch).map(|p| p.step).collect();
    assert_eq!(steps, (1..=27).collect::<Vec<_>>());
    let epochs = |part| points.iter().filter(|p| p.per_epoch && p.part == part && p.name == "accuracy").count();
    assert_eq!((epochs(Part::Train), epochs(Part::Validation)), (3, 3));
    assert!(bench.beats >= 27);
    let checkpoints = bench.messages.iter().filter(|m| matches!(m, FromWorker::Checkpoint { .. })).count();
    assert_eq!(checkpoints, 3);
    assert!(bench.messages.iter().any(|m| matches!(m, FromWorker::Progress { steps: 27, epochs: Some(3), .. })));

    let judged = bench.evaluate();
    let MetricValue::Matrix(matrix) = &judged.metrics["confusion_matrix"] else { panic!("no matrix") };
    assert_eq!(matrix.iter().map(|row| row.iter().sum::<u64>()).collect::<Vec<_>>(), [15; 4]);
    let hits: u64 = (0..4).map(|class| matrix[class][class]).sum();
    assert_eq!(number(&judged, "accuracy"), hits as f64 / 60.0);
    let recall = matrix[2][2] as f64 / 15.0;
    assert_eq!(number(&judged, "recall/2"), recall);
    assert!(number(&judged, "accuracy") > 0.9 && number(&judged, "loss") < 0.5, "{:?}", judged.metrics);
    let written: BTreeMap<String, MetricValue> = serde_json::from_slice(&bench.output("evaluate", "metrics")).unwrap();
    assert_eq!(written, judged.metrics);

    let model = Model::read(&bench.outputs[&("train".into(), "model".into())]).unwrap();
    let samples: Samples = serde_json::from_slice(&bench.output("normalise", "train")).unwrap();
    assert_eq!((model.info.steps, model.info.network), (samples.steps, small_network()));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let mut bench = Bench::new(80, 20);
    bench.prepare(&small_network(), "data", 0);
    let mut models = Vec::new();
    for seed in [42, 42, 43] {
        let mut job = bench.train_job(&[("epochs", Value::Int(2))]);
        job.seed = seed;
        job.checkpoint_dir = bench.folder.path().join(format!("run{}", models.len()));
        bench.run(&job, no_hook()).unwrap();
        models.push((bench.output("train", "model"), bench.output("train", "history")));
    }
    assert!(models[0] == models[1]);
    assert!(models[0] != models[2]);
}

#[test]
fn a_resumed_training_ends_as_one_that_was_not_interrupted() {
    for optimiser in ["adam", "sgd"] {
        let mut bench = Bench::new(120, 20);
        bench.prepare(&small_network(), "data", 0);
        let changes = [("optimiser", Value::from(optimiser)), ("weight_decay", Value::Float(0.01))];
        let whole = bench.train_job(&changes);
        bench.run(&whole, no_hook()).unwrap();
        let expected = (bench.output("train", "model"), bench.output("train", "history"));

        let mut broken = bench.train_job(&changes);
        broken.checkpoint_dir = bench.folder.path().join("broken");
        bench.run(&broken, at_epoch(1, |_| panic!("the worker dies here"))).unwrap_err();
        let mut resumed = bench.train_job(&changes);
        resumed.checkpoint_dir = broken.checkpoint_dir;
        bench.run(&resumed, no_hook()).unwrap();
        assert!(
            bench.messages.iter().any(|m| matches!(m, FromWorker::Log { message, .. } if message.contains("epoch 1")))
        );
        assert!(bench.points().iter().all(|point| point.epoch > 1));
        assert!((bench.output("train", "model"), bench.output("train", "history")) == expected, "{optimiser}");
    }
}

#[test]
fn a_checkpoint_of_other_settings_is_not_gone_on_from() {
    let mut bench = Bench::new(80, 20);
    bench.prepare(&small_network(), "data", 0);
    let job = bench.train_job(&[("epochs", Value::Int(1))]);
    bench.run(&job, no_hook()).unwrap();
    let other = bench.train_job(&[("epochs", Value::Int(1)), ("batch_size", Value::Int(10))]);
    bench.run(&other, no_hook()).unwrap();
    assert!(
        bench
            .messages
            .iter()
            .any(|m| matches!(m, FromWorker::Log { message, .. } if message.contains("other settings")))
    );
    assert_eq!(bench.points().iter().filter(|p| p.per_epoch && p.part == Part::Validation).count(), 2);
}

#[test]
fn a_loss_that_is_no_number_stops_the_node_and_keeps_a_model() {
    let mut bench = Bench::new(120, 20);
    bench.prepare(&small_network(), "data", 0);
    // From the beginning, and after a good epoch.
    for good_epochs in [0, 1] {
        let rate = if good_epochs == 0 { 1e30 } else { 0.01 };
        let mut job = bench.train_job(&[
            ("learning_rate", Value::Float(rate)),
            ("optimiser", "sgd".into()),
            ("schedule", "constant".into()),
        ]);
        job.checkpoint_dir = bench.folder.path().join(format!("nan{good_epochs}"));
        let hook = at_epoch(1, |control| control.set_live("learning_rate".into(), Value::Float(1e30)));
        let failure = bench.run(&job, hook).unwrap_err();
        assert_eq!(failure.fault.code, "nan_loss");
        let expected = format!("epoch {}", good_epochs + 1);
        assert!(failure.fault.message.en.contains(&expected), "{}", failure.fault);
        assert!(failure.fault.remedy.en.contains("learning rate") && failure.fault.remedy.zh.contains("学习率"));
        let model = Model::read(&bench.outputs[&("train".into(), "model".into())]).unwrap();
        assert_eq!(model.info.epoch, good_epochs);
        assert!(crate::weights::all_finite(&model.weights));
        let judged = bench.evaluate();
        assert!(good_epochs == 0 || number(&judged, "accuracy") > 0.5);
    }
}

#[test]
fn a_stop_keeps_the_model_so_far() {
    let mut bench = Bench::new(120, 20);
    bench.prepare(&small_network(), "data", 0);
    let job = bench.train_job(&[("epochs", Value::Int(1000))]);
    let done = bench.run(&job, at_epoch(2, |control| control.stop())).unwrap();
    assert!(done.stopped);
    assert_eq!(number(&done, "epochs"), 2.0);
    bench.evaluate();

    // Before the first epoch has ended there is a model too.
    let mut job = bench.train_job(&[("epochs", Value::Int(1000)), ("batch_size", Value::Int(1))]);
    job.checkpoint_dir = bench.folder.path().join("early");
    let hook: Hook = Box::new(|message, control| {
        if matches!(message, FromWorker::Metrics { .. }) {
            control.stop();
        }
    });
    let done = bench.run(&job, hook).unwrap();
    assert!(done.stopped && !done.outputs.is_empty());
    assert_eq!(number(&done, "epochs"), 0.0);
    bench.evaluate();
}

#[test]
fn a_paused_training_waits_and_goes_on_to_the_same_numbers() {
    let mut bench = Bench::new(80, 20);
    bench.prepare(&small_network(), "data", 0);
    let job = bench.train_job(&[]);
    bench.run(&job, no_hook()).unwrap();
    let expected = bench.output("train", "model");
    let mut job = bench.train_job(&[]);
    job.checkpoint_dir = bench.folder.path().join("paused");
    let hook: Hook = Box::new(|message, control| {
        if matches!(message, FromWorker::Checkpoint { epoch: 1, .. }) {
            control.pause(true);
            let control = Arc::clone(control);
            let resume = move || {
                std::thread::sleep(std::time::Duration::from_millis(300));
                control.pause(false);
            };
            std::thread::Builder::new().spawn(resume).unwrap();
        }
    });
    assert!(!bench.run(&job, hook).unwrap().stopped);
    assert!(bench.output("train", "model") == expected);
}

#[test]
fn training_ends_early_when_nothing_improves() {
    let mut bench = Bench::new(120, 20);
    bench.prepare(&small_network(), "data", 0);
    let job = bench.train_job(&[
        ("epochs", Value::Int(200)),
        ("patience", Value::Int(2)),
        ("learning_rate", Value::Float(0.01)),
        ("schedule", "constant".into()),
    ]);
    let done = bench.run(&job, no_hook()).unwrap();
    let (epochs, best) = (number(&done, "epochs"), number(&done, "best_epoch"));
    assert!(epochs < 200.0 && epochs == best + 2.0, "{epochs} {best}");
    assert!(!done.stopped);
}

#[test]
fn a_network_that_no_memory_can_hold_is_refused_before_it_is_made() {
    for units in [10_usize.pow(12), usize::MAX] {
        let linear = |units| LayerKind::Linear { units, bias: true };
        let layers = [("flatten", LayerKind::Flatten {}), ("wide", linear(units)), ("out", linear(4))];
        let mut bench = Bench::new(40, 20);
        bench.prepare(&LayerGraph::chain(layers), "data", 0);
        let job = bench.train_job(&[]);
        let Err(failure) = bench.run(&job, no_hook()) else { panic!("it cannot be trained") };
        assert_eq!(failure.fault.code, "too_large");
    }
}

#[test]
fn without_validation_samples_the_last_epoch_is_kept() {
    let mut bench = Bench::new(80, 20);
    bench.prepare(&small_network(), "data", 0);
    let share = [("validation", Value::Float(0.0)), ("stratified", true.into())];
    let split = bench.node("split", &share, &[("samples", "image_dataset", "samples")]);
    assert_eq!(split.summary.as_deref(), Some("80 · 0 · 20"));
    let parts = ["train", "validation", "test"].map(|part| (part, "split", part));
    bench.node("normalise", &[("method", "scale".into())], &parts);
    let job = bench.train_job(&[("patience", Value::Int(1))]);
    let done = bench.run(&job, no_hook()).unwrap();
    assert_eq!(number(&done, "best_epoch"), 3.0);
    assert!(!done.metrics.contains_key("validation/loss"));
}

#[test]
fn bad_input_is_told_in_both_languages_with_a_remedy() {
    let mut bench = Bench::new(40, 8);
    let fault = |bench: &mut Bench, job: &Job| *bench.run(job, no_hook()).unwrap_err().fault;
    let data = |path: &str, limit| [("path", Value::from(path)), ("limit", Value::Int(limit))];
    let mut faults = Vec::new();

    let job = bench.job("image_dataset", &data("nowhere", 0), &[]);
    faults.push(("missing_data", "nowhere", fault(&mut bench, &job)));
    let labels = bench.folder.path().join("data/train-labels-idx1-ubyte");
    let whole = fs::read(&labels).unwrap();
    fs::write(&labels, &whole[..20]).unwrap();
    let job = bench.job("image_dataset", &data("data", 0), &[]);
    faults.push(("bad_data", "train-labels-idx1-ubyte", fault(&mut bench, &job)));
    fs::remove_file(&labels).unwrap();
    faults.push(("missing_data", "train-labels-idx1-ubyte", fault(&mut bench, &job)));
    fs::write(&labels, &whole).unwrap();
    let job = bench.job("image_dataset", &[("limit", Value::Int(0))], &[]);
    faults.push(("bad_parameter", "path", fault(&mut bench, &job)));
    let job = bench.job("split", &[], &[]);
    faults.push(("missing_input", "samples", fault(&mut bench, &job)));
    let job = bench.job("juggle", &[], &[]);
    faults.push(("unknown_kind", "juggle", fault(&mut bench, &job)));

    bench.prepare(&LayerGraph::lenet5(), "data", 0);
    let job = bench.train_job(&[]);
    faults.push(("bad_network", "conv2", fault(&mut bench, &job)));
    bench.prepare(&LayerGraph::mlp(), "data", 0);
    faults.push(("bad_network", "4 classes", fault(&mut bench, &job)));
    let job = bench.train_job(&[("optimiser", "guess".into())]);
    faults.push(("bad_parameter", "optimiser", fault(&mut bench, &job)));
    let mut job = bench.job("evaluate", &[("batch_size", Value::Int(8))], &[("test", "normalise", "test")]);
    job.inputs.insert("model".into(), bench.folder.path().join("network.json"));
    faults.push(("bad_input", "network.json", fault(&mut bench, &job)));

    // The data change after they were described.
    bench.loader = Arc::new(Loader::new());
    fs::write(&labels, [&whole[..8], &[0; 40]].concat()).unwrap();
    let parts = ["train", "validation", "test"].map(|part| (part, "split", part));
    let job = bench.job("normalise", &[("method", "standardise".into())], &parts);
    faults.push(("bad_data", "changed", fault(&mut bench, &job)));

    for (code, named, fault) in faults {
        assert_eq!(fault.code, code, "{fault}");
        assert!(fault.message.en.contains(named), "{fault}");
        assert!(!fault.remedy.en.is_empty(), "{fault}");
        for text in [&fault.message.zh, &fault.remedy.zh] {
            assert!(text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{text}");
        }
    }
}

#[test]
fn a_paused_training_can_be_stopped() {
    let mut bench = Bench::new(80, 20);
    bench.prepare(&small_network(), "data", 0);
    let job = bench.train_job(&[("epochs", Value::Int(1000))]);
    let hook = at_epoch(1, |control| {
        control.pause(true);
        let control = Arc::clone(control);
        std::thread::Builder::new().spawn(move || control.stop()).unwrap();
    });
    assert!(bench.run(&job, hook).unwrap().stopped);
}

/// The sample project's own data, and few of them: LeNet-5 learns to read digits.
#[test]
fn lenet5_reads_digits() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample_projects/mnist/data");
    let mut bench = Bench::at(tempfile::tempdir().unwrap());
    let began = std::time::Instant::now();
    let summaries = bench.prepare(&LayerGraph::lenet5(), data.to_str().unwrap(), 2000).map(Option::unwrap);
    assert_eq!(summaries[..2], ["4,000 × 28×28×1 · 10", "1,500 · 500 · 2 k"]);
    let job = bench.train_job(&[("learning_rate", Value::Float(3e-3))]);
    bench.run(&job, no_hook()).unwrap();
    let accuracy = number(&bench.evaluate(), "accuracy");
    eprintln!("accuracy {accuracy} after {:.1} s", began.elapsed().as_secs_f64());
    // Processors round in different orders; the digits are read all the same.
    assert!(accuracy > 0.85, "{accuracy}");
}

/// On whatever adapter there is, a software one included: a short training with every kind of state.
#[cfg(feature = "gpu")]
#[test]
fn a_training_on_an_adapter_loses_as_on_the_processor() {
    let Some(adapter) = crate::devices::list_devices().into_iter().nth(1) else {
        eprintln!("SKIPPED: this machine has no graphics adapter, not even a software one");
        return;
    };
    let mut graph = small_network();
    // Each device draws its own numbers for dropout.
    graph.layers.retain(|layer| layer.name != "drop");
    graph.layers[5].inputs = vec!["flatten".into()];
    let mut bench = Bench::new(80, 20);
    bench.prepare(&graph, "data", 0);
    let mut losses = Vec::new();
    for device in [ComputeDevice::cpu(), crate::devices::open(&adapter.id).unwrap()] {
        let mut job = bench.train_job(&[("epochs", Value::Int(1)), ("learning_rate", Value::Float(1e-3))]);
        job.checkpoint_dir = bench.folder.path().join(&device.info.id.0);
        bench.run_on(device, &job, no_hook()).unwrap();
        let loss = |p: &MetricPoint| (p.name == "loss" && p.part == Part::Train && !p.per_epoch).then_some(p.value);
        losses.push(bench.points().iter().filter_map(loss).collect::<Vec<f64>>());
    }
    eprintln!("{}: {:?}\ncpu: {:?}", adapter.name, losses[1], losses[0]);
    assert_eq!((losses[0].len(), losses[1].len()), (3, 3));
    for (a, b) in losses[0].iter().zip(&losses[1]) {
        assert!((a - b).abs() / a < 1e-3, "{losses:?}");
    }
}
