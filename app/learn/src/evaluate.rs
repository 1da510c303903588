//! Judging a network on samples: for validation while training, and for the node that evaluates a model.

use burn::tensor::{Device, Int, Tensor, TensorData, Transaction};
use weft_data::metrics::classification;
use weft_data::{ImageSet, Samples};
use weft_protocol::event::Fault;
use weft_protocol::run::{CONFUSION_MATRIX, MetricValue, Metrics};
use weft_protocol::worker::{FromWorker, Job};

use crate::batches::Batches;
use crate::executor::{Context, Executor, Failure, Flow, Outcome, Params, input, read_json, write_json_output};
use crate::model_file::Model;
use crate::network::{Activations, Network};
use crate::samples::SAMPLES;
use crate::{fault, ops};

/// Batches whose results are read from the device together.
const READ_TOGETHER: usize = 16;

/// What a network makes of samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Share of samples that are recognised.
    pub accuracy: f64,
    /// Class of each sample.
    pub truth: Vec<u32>,
    /// Class that the network takes each sample for.
    pub predicted: Vec<u32>,
}

/// Judges `network` on `set`, telling after each batch how many samples are done. None if it was asked to stop.
///
/// # Errors
/// A [`Fault`] of the data or the device.
pub(crate) fn score(
    network: &Network,
    set: &ImageSet,
    batch_size: usize,
    device: &Device,
    context: &Context,
    mut told: impl FnMut(usize),
) -> Result<Option<Score>, Fault> {
    let shape = set.shape();
    let truth: Vec<u32> = set.labels().map(u32::from).collect();
    let mut predicted = Vec::with_capacity(truth.len());
    let mut loss_sum = 0.0;
    let order: Vec<u32> = (0..set.len() as u32).collect();
    let batches = Batches::start(set.clone(), [order], batch_size).map_err(no_thread)?;
    let mut waiting: Vec<(Tensor<1>, Tensor<1, Int>)> = Vec::new();
    for batch in batches {
        if context.step() == Flow::Stop {
            return Ok(None);
        }
        let batch = batch.map_err(|e| fault::from_data(&e))?;
        let count = batch.targets.len();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(batch.targets, [count]), device);
        let logits = network.forward(Activations::from_samples(batch.values, count, &shape, device), false);
        let classes = logits.clone().argmax(1).reshape([count]);
        waiting.push((ops::cross_entropy(logits, targets).mul_scalar(count as f64), classes));
        if waiting.len() == READ_TOGETHER {
            read(&mut waiting, &mut loss_sum, &mut predicted)?;
            told(predicted.len());
        }
    }
    read(&mut waiting, &mut loss_sum, &mut predicted)?;
    let correct = truth.iter().zip(&predicted).filter(|(truth, predicted)| truth == predicted).count();
    let count = truth.len().max(1) as f64;
    Ok(Some(Score { loss: loss_sum / count, accuracy: correct as f64 / count, truth, predicted }))
}

fn read(
    waiting: &mut Vec<(Tensor<1>, Tensor<1, Int>)>,
    loss_sum: &mut f64,
    predicted: &mut Vec<u32>,
) -> Result<(), Fault> {
    if waiting.is_empty() {
        return Ok(());
    }
    let transaction = waiting
        .drain(..)
        .fold(Transaction::default(), |transaction, (loss, classes)| transaction.register(loss).register(classes));
    let data = transaction.try_execute().map_err(|e| unread(&e))?;
    for pair in data.chunks_exact(2) {
        *loss_sum += pair[0].iter::<f64>().next().unwrap_or(f64::NAN);
        predicted.extend(pair[1].iter::<i64>().map(|class| class as u32));
    }
    Ok(())
}

/// A tensor that the device does not give.
pub(crate) fn unread(cause: &dyn std::fmt::Display) -> Fault {
    fault::from_network(&crate::network::NetworkError::Read(cause.to_string()))
}

/// The system gives no thread.
pub(crate) fn no_thread(cause: std::io::Error) -> Fault {
    fault::fault(
        "no_thread",
        (format!("no thread can be started: {cause}"), format!("无法启动线程：{cause}")),
        ("Close other programs.", "请关闭其他程序。"),
    )
}

/// `evaluate`: judges a model on test samples.
pub(crate) struct Evaluate;

impl Executor for Evaluate {
    fn run(&self, job: &Job, context: &Context) -> Result<Outcome, Failure> {
        let batch_size = Params::of(job).whole("batch_size", 1)? as usize;
        let model = Model::read(input(job, "model")?)?;
        let mut samples: Samples = read_json(input(job, "test")?, SAMPLES)?;
        check_fit(&model, &samples)?;
        // As training prepared them, whatever the wire says.
        samples.steps.clone_from(&model.info.steps);
        let set = context.loader.open(&samples).map_err(|e| fault::from_data(&e))?;
        let device = context.device.plain();
        let network = Network::build(&model.info.network, &model.info.sample_shape, &model.weights, device)
            .map_err(|e| fault::from_network(&e))?;
        let total = set.len() as u64;
        let progress = |done: usize| {
            // Whoever does not keep up misses a word on progress, and nothing more.
            let _ = context.report.offer(FromWorker::Progress {
                task: job.task,
                step: done as u64,
                steps: total,
                epoch: None,
                epochs: None,
                eta_s: None,
            });
        };
        let Some(score) = score(&network, &set, batch_size, device, context, progress)? else {
            return Ok(Outcome { stopped: true, ..Outcome::default() });
        };
        let classes = &model.info.classes;
        let metrics = judge(&score, classes)?;
        let accuracy = 100.0 * score.accuracy;
        Ok(Outcome {
            outputs: vec![write_json_output(job, "metrics", &metrics)?],
            metrics,
            summary: Some(format!("{accuracy:.2} %")),
            stopped: false,
        })
    }
}

/// All measures of a classification by name.
pub(crate) fn judge(score: &Score, classes: &[String]) -> Result<Metrics, Fault> {
    let judged = classification(&score.truth, &score.predicted, classes.len()).map_err(|e| fault::from_metrics(&e))?;
    let number = MetricValue::Number;
    let mut metrics = Metrics::from([
        ("accuracy".to_owned(), number(judged.accuracy)),
        ("loss".to_owned(), number(score.loss)),
        ("precision_macro".to_owned(), number(judged.macro_average.precision)),
        ("recall_macro".to_owned(), number(judged.macro_average.recall)),
        ("f1_macro".to_owned(), number(judged.macro_average.f1)),
        ("samples".to_owned(), number(score.truth.len() as f64)),
        (CONFUSION_MATRIX.to_owned(), MetricValue::Matrix(judged.confusion.rows().map(<[u64]>::to_vec).collect())),
        ("classes".to_owned(), MetricValue::Labels(classes.to_vec())),
    ]);
    for (class, scores) in classes.iter().zip(&judged.per_class) {
        for (name, value) in [("precision", scores.precision), ("recall", scores.recall), ("f1", scores.f1)] {
            metrics.insert(format!("{name}/{class}"), number(value));
        }
    }
    Ok(metrics)
}

fn check_fit(model: &Model, samples: &Samples) -> Result<(), Fault> {
    let (info, schema) = (&model.info, &samples.schema);
    let shape_text = weft_model::layers::shape_text;
    if info.sample_shape != schema.sample_shape {
        let (model, samples) = (shape_text(&info.sample_shape), shape_text(&schema.sample_shape));
        return Err(fault::fault(
            "bad_input",
            (
                format!("the model takes samples of shape {model}, and is given {samples}"),
                format!("模型需要形状为 {model} 的样本，得到的是 {samples}"),
            ),
            ("Connect samples of the kind that the model was trained on.", "请连接与训练时同类的样本。"),
        ));
    }
    if info.classes != schema.classes {
        return Err(fault::fault(
            "bad_input",
            (
                format!("the model knows the classes {:?}, and the samples have {:?}", info.classes, schema.classes),
                format!("模型的类别为 {:?}，样本的类别为 {:?}", info.classes, schema.classes),
            ),
            ("Connect samples of the kind that the model was trained on.", "请连接与训练时同类的样本。"),
        ));
    }
    if schema.count == 0 {
        return Err(fault::fault(
            "bad_data",
            ("there is no sample to judge".to_owned(), "没有可评估的样本".to_owned()),
            ("Check the samples that reach the node.", "请检查送入该节点的样本。"),
        ));
    }
    Ok(())
}
