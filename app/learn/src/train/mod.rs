//! The node that trains: settings, data and network come together, and the model goes out.

mod checkpoint;
mod run;

use serde::{Deserialize, Serialize};
use weft_data::{ImageSet, Samples};
use weft_model::LayerGraph;
use weft_protocol::event::{Fault, LogLevel};
use weft_protocol::run::{MetricValue, Metrics};
use weft_protocol::worker::{Job, Output};

use crate::executor::{
    Context, Executor, Failure, Outcome, Params, input, read_json, read_network, write_json_output, write_output,
};
use crate::fault;
use crate::model_file::{MODEL_FORMAT, Model, ModelInfo};
use crate::network::analyse;
use crate::optimiser::{Method, Schedule};
use crate::samples::SAMPLES;
use crate::weights::Weights;

pub use checkpoint::EpochRecord;
pub(crate) use run::Session;

/// How to train.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The rule of the optimiser.
    pub method: Method,
    /// Learning rate to begin with.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Weight decay.
    pub weight_decay: f64,
    /// Samples in a step.
    pub batch_size: usize,
    /// How often every sample is seen.
    pub epochs: u32,
    /// Epochs without improvement on the validation samples after which training ends; 0: never.
    pub patience: u32,
    /// Seed of weights, order and dropout.
    pub seed: u64,
}

impl Settings {
    fn of(job: &Job) -> Result<Self, Fault> {
        let params = Params::of(job);
        let small = |name: &str, least| -> Result<u32, Fault> {
            let value = params.whole(name, least)?;
            u32::try_from(value).map_err(|_| fault::bad_parameter(name, ("a smaller number", "更小的数")))
        };
        let positive = |name: &str| -> Result<f64, Fault> {
            let value = params.number(name)?;
            if value >= 0.0 {
                Ok(value)
            } else {
                Err(fault::bad_parameter(name, ("a number not below 0", "非负数")))
            }
        };
        Ok(Self {
            method: match params.text("optimiser")? {
                "adam" => Method::Adam,
                "adamw" => Method::Adamw,
                "sgd" => Method::Sgd,
                _ => return Err(fault::bad_parameter("optimiser", ("adam, adamw or sgd", "adam、adamw 或 sgd"))),
            },
            learning_rate: positive("learning_rate")?,
            schedule: match params.text("schedule")? {
                "constant" => Schedule::Constant,
                "cosine" => Schedule::Cosine,
                _ => return Err(fault::bad_parameter("schedule", ("constant or cosine", "constant 或 cosine"))),
            },
            weight_decay: positive("weight_decay")?,
            batch_size: small("batch_size", 1)? as usize,
            epochs: small("epochs", 1)?,
            patience: small("patience", 0)?,
            seed: job.seed,
        })
    }
}

/// What a training learns, and from what.
pub(crate) struct Lesson {
    pub settings: Settings,
    pub graph: LayerGraph,
    pub train: ImageSet,
    /// None where there are no validation samples.
    pub validation: Option<ImageSet>,
}

/// What a training leaves: a model's weights, the epoch that they are of, and all epochs.
pub(crate) struct Learned {
    pub weights: Weights,
    pub epoch: u32,
    pub history: Vec<EpochRecord>,
    pub stopped: bool,
}

/// How a training ended.
pub(crate) enum Ending {
    Done(Learned),
    /// With what it had learned before, if anything.
    Failed(Fault, Option<Learned>),
}

/// `train`: teaches a network to tell classes apart.
pub(crate) struct Train;

impl Executor for Train {
    fn run(&self, job: &Job, context: &Context) -> Result<Outcome, Failure> {
        let settings = Settings::of(job)?;
        let graph = read_network(input(job, "network")?)?;
        let samples: Samples = read_json(input(job, "train")?, SAMPLES)?;
        let validation = match job.inputs.get("validation") {
            Some(path) => Some(read_json::<Samples>(path, SAMPLES)?).filter(|samples| samples.schema.count > 0),
            None => None,
        };
        let schema = samples.schema.clone();
        check(&graph, &samples, validation.as_ref(), context.device.info.memory_bytes)?;
        let open = |samples: &Samples| context.loader.open(samples).map_err(|e| fault::from_data(&e));
        let mut fingerprint = blake3::Hasher::new();
        for part in std::iter::once(&samples).chain(&validation) {
            fingerprint.update(part.content_hash().map_err(|e| fault::from_data(&e))?.as_bytes());
        }
        let described = serde_json::to_vec(&(&settings, &graph)).map_err(|e| fault::panicked(&e.to_string()))?;
        fingerprint.update(&described);
        let lesson = Lesson {
            settings,
            graph,
            train: open(&samples)?,
            validation: match validation {
                // Prepared as the training samples are, whatever its wire says.
                Some(mut validation) => {
                    validation.steps.clone_from(&samples.steps);
                    Some(open(&validation)?)
                }
                None => None,
            },
        };
        let fingerprint = fingerprint.finalize().to_hex().to_string();
        let write = |learned: &Learned| -> Result<Vec<Output>, Fault> {
            let model = Model {
                info: ModelInfo {
                    format: MODEL_FORMAT,
                    network: lesson.graph.clone(),
                    sample_shape: schema.sample_shape.clone(),
                    classes: schema.classes.clone(),
                    steps: samples.steps.clone(),
                    epoch: learned.epoch,
                },
                weights: learned.weights.clone(),
            };
            let bytes = model.to_bytes().map_err(|e| fault::unwritable(&job.out_dir, e))?;
            let history = serde_json::json!({ "best_epoch": learned.epoch, "epochs": learned.history });
            Ok(vec![write_output(job, "model", "safetensors", &bytes)?, write_json_output(job, "history", &history)?])
        };
        match Session::begin(&lesson, job, &fingerprint, context)?.run()? {
            Ending::Done(learned) => Ok(Outcome {
                outputs: write(&learned)?,
                metrics: metrics_of(&learned),
                summary: summary_of(&learned),
                stopped: learned.stopped,
            }),
            Ending::Failed(fault, learned) => {
                let outputs = learned.map(|learned| write(&learned)).transpose()?.unwrap_or_default();
                if !outputs.is_empty() {
                    let message = "the last good checkpoint was kept as the model".to_owned();
                    context.log(job.task, LogLevel::Warn, message);
                }
                Err(Failure { fault: Box::new(fault), outputs })
            }
        }
    }
}

/// Whether layers and samples belong together, and the weights fit into the memory, where its size is known.
fn check(
    graph: &LayerGraph,
    train: &Samples,
    validation: Option<&Samples>,
    memory_bytes: Option<u64>,
) -> Result<(), Fault> {
    let schema = &train.schema;
    if schema.count == 0 {
        return Err(fault::fault(
            "bad_data",
            ("there is no training sample".to_owned(), "没有训练样本".to_owned()),
            ("Check the split and the limit of the data node.", "请检查划分与数据节点的数量上限。"),
        ));
    }
    let report = analyse(graph, &schema.sample_shape).map_err(|e| fault::from_network(&e))?;
    if report.output_shape != [schema.classes.len()] {
        let (gives, needs) = (weft_model::layers::shape_text(&report.output_shape), schema.classes.len());
        return Err(fault::fault(
            "bad_network",
            (
                format!("the network gives {gives} values a sample, and there are {needs} classes"),
                format!("网络为每个样本给出 {gives} 个值，而共有 {needs} 个类别"),
            ),
            (
                "Let the last layer be a linear one with as many units as there are classes.",
                "请让最后一层为线性层，单元数与类别数相同。",
            ),
        ));
    }
    // Weights, their gradients, two moments of the optimiser and the best weights so far, at four bytes a number.
    let needed_bytes = report.parameters.saturating_mul(5 * 4);
    let memory_bytes = memory_bytes.or_else(crate::devices::memory_bytes);
    if memory_bytes.is_some_and(|there_is| needed_bytes > there_is) {
        let (needed, there_is) = (gigabytes(needed_bytes), gigabytes(memory_bytes.unwrap_or_default()));
        return Err(fault::fault(
            "too_large",
            (
                format!(
                    "the network has {} parameters: training them takes at least {needed}, and there is {there_is}",
                    report.parameters
                ),
                format!("网络有 {} 个参数：训练至少需要 {needed}，而内存共 {there_is}", report.parameters),
            ),
            ("Make the layers smaller.", "请减小各层的规模。"),
        ));
    }
    if let Some(other) =
        validation.filter(|v| v.schema.sample_shape != schema.sample_shape || v.schema.classes != schema.classes)
    {
        return Err(fault::fault(
            "bad_input",
            (
                format!("training and validation samples differ in kind: {schema:?} and {:?}", other.schema),
                format!("训练样本与验证样本种类不同：{schema:?} 与 {:?}", other.schema),
            ),
            ("Connect parts of the same data set.", "请连接同一数据集的各部分。"),
        ));
    }
    Ok(())
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

fn metrics_of(learned: &Learned) -> Metrics {
    let mut metrics = Metrics::new();
    let mut put = |name: &str, value: f64| metrics.insert(name.to_owned(), MetricValue::Number(value));
    put("epochs", learned.history.len() as f64);
    if let Some(record) = learned.history.iter().find(|record| record.epoch == learned.epoch) {
        put("best_epoch", f64::from(record.epoch));
        put("train/loss", record.train_loss);
        put("train/accuracy", record.train_accuracy);
        record.validation_loss.map(|loss| put("validation/loss", loss));
        record.validation_accuracy.map(|accuracy| put("validation/accuracy", accuracy));
    }
    metrics
}

fn summary_of(learned: &Learned) -> Option<String> {
    let record = learned.history.iter().find(|record| record.epoch == learned.epoch)?;
    let accuracy = record.validation_accuracy.unwrap_or(record.train_accuracy);
    Some(format!("{:.2} %", 100.0 * accuracy))
}
