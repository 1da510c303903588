//! The nodes that give and prepare samples: they write descriptions; the samples themselves stay in their files.

use std::collections::BTreeMap;

use weft_data::{
    Amount, DataSet, ImageOptions, Loader, Normalisation, Parts, Rows, Samples, SplitOptions, Step, describe_images,
    fit_normalisation, split,
};
use weft_model::Localised;
use weft_protocol::Preview;
use weft_protocol::event::Fault;
use weft_protocol::preview::{Fact, FactValue, Stage};
use weft_protocol::run::{MetricValue, Metrics, Part};
use weft_protocol::worker::Job;

use crate::executor::{Context, Executor, Failure, Outcome, Params, input, read_json, write_json_output};
use crate::fault;
use crate::preview::{self, Carried, Given, Look, fact};

/// What a samples wire carries, in both languages.
pub(crate) const SAMPLES: (&str, &str) = ("description of the samples", "样本描述");

/// `image_dataset`: reads and describes a folder of IDX files.
pub(crate) struct ImageDataset;

/// `split`: parts the training samples.
pub(crate) struct Split;

/// `normalise`: fits on the training samples and prepares all parts alike.
pub(crate) struct Normalise;

fn describe(params: &Params<'_>, loader: &Loader) -> Result<DataSet, Fault> {
    let folder = params.path("path")?;
    let limit = params.whole("limit", 0)?;
    let limit = u32::try_from(limit).ok().filter(|limit| *limit > 0);
    describe_images(&ImageOptions { folder, limit, classes: Vec::new() }, loader).map_err(|e| fault::from_data(&e))
}

impl Executor for ImageDataset {
    fn run(&self, job: &Job, context: &Context) -> Result<Outcome, Failure> {
        let data = describe(&Params::of(job), &context.loader)?;
        let schema = &data.train.schema;
        let (train, test) = (schema.count as u64, data.test.schema.count as u64);
        let shape = match schema.sample_shape.as_slice() {
            [channels, height, width] => format!("{height}×{width}×{channels}"),
            other => weft_model::layers::shape_text(other),
        };
        Ok(Outcome {
            outputs: vec![write_json_output(job, "samples", &data)?],
            metrics: counts([("train", train), ("test", test), ("classes", schema.classes.len() as u64)]),
            summary: Some(format!("{} × {shape} · {}", grouped(train + test), schema.classes.len())),
            stopped: false,
        })
    }

    fn look<'a>(&self, given: &Given<'_>, loader: &'a Loader) -> Option<Result<Look<'a>, Fault>> {
        Some(describe(&given.params, loader).map(|data| {
            let outputs = BTreeMap::from([("samples", Carried::DataSet(Box::new(data.clone())))]);
            Look { outputs, show: Box::new(move || show_data_set(&data, loader)) }
        }))
    }
}

fn show_data_set(data: &DataSet, loader: &Loader) -> Result<Preview, Fault> {
    let train = preview::see(Part::Train, &data.train, loader)?;
    let test = preview::see(Part::Test, &data.test, loader)?;
    let facts = preview::imbalance(&train.summary).into_iter().collect();
    Ok(preview::of_images(&data.train, vec![train.summary, test.summary], facts, vec![train.strip, test.strip]))
}

/// Parts the training samples as the parameters say; `seed` is the node's own.
fn part(params: &Params<'_>, seed: u64, data: &DataSet, loader: &Loader) -> Result<Parts, Fault> {
    let share = params.number("validation")?;
    if share == 0.0 {
        let mut validation = data.train.clone();
        validation.rows.push(Rows::First { count: 0 });
        validation.schema.count = 0;
        return Ok(Parts { train: data.train.clone(), validation, test: data.test.clone() });
    }
    let options = SplitOptions {
        validation: Amount::Ratio(share),
        stratified: params.switch("stratified")?,
        seed,
        // The job's seed is the node's own.
        node: 0,
    };
    split(data, &options, loader).map_err(|e| fault::from_data(&e))
}

impl Executor for Split {
    fn run(&self, job: &Job, context: &Context) -> Result<Outcome, Failure> {
        let data: DataSet = read_json(input(job, "samples")?, SAMPLES)?;
        let Parts { train, validation, test } = part(&Params::of(job), job.seed, &data, &context.loader)?;
        let sizes = [&train, &validation, &test].map(|part| part.schema.count as u64);
        Ok(Outcome {
            outputs: vec![
                write_json_output(job, "train", &train)?,
                write_json_output(job, "validation", &validation)?,
                write_json_output(job, "test", &test)?,
            ],
            metrics: counts([("train", sizes[0]), ("validation", sizes[1]), ("test", sizes[2])]),
            summary: Some(sizes.map(short).join(" · ")),
            stopped: false,
        })
    }

    fn look<'a>(&self, given: &Given<'_>, loader: &'a Loader) -> Option<Result<Look<'a>, Fault>> {
        let parts = given.data_set("samples").and_then(|data| part(&given.params, given.seed, data, loader));
        Some(parts.map(|parts| {
            let outputs = [("train", &parts.train), ("validation", &parts.validation), ("test", &parts.test)]
                .map(|(port, samples)| (port, Carried::Samples(Box::new(samples.clone()))));
            Look { outputs: outputs.into(), show: Box::new(move || show_parts(&parts, loader)) }
        }))
    }
}

fn show_parts(parts: &Parts, loader: &Loader) -> Result<Preview, Fault> {
    let (mut summaries, mut strips) = (Vec::new(), Vec::new());
    for (part, samples) in
        [(Part::Train, &parts.train), (Part::Validation, &parts.validation), (Part::Test, &parts.test)]
    {
        let seen = preview::see(part, samples, loader)?;
        summaries.push(seen.summary);
        strips.push(seen.strip);
    }
    Ok(preview::of_images(&parts.train, summaries, Vec::new(), strips))
}

/// What is fitted on the training samples; none where there is nothing to do.
fn fit(params: &Params<'_>, train: &Samples, loader: &Loader) -> Result<Option<Step>, Fault> {
    let method = match params.text("method")? {
        "standardise" => Normalisation::Standardise,
        "scale" => Normalisation::UnitRange,
        _ => return Err(fault::bad_parameter("method", ("'standardise' or 'scale'", "“standardise”或“scale”"))),
    };
    fit_normalisation(train, method, loader).map_err(|e| fault::from_data(&e))
}

/// Samples with one more fitted step.
fn stepped(samples: &Samples, step: Option<&Step>) -> Samples {
    step.map_or_else(|| samples.clone(), |step| samples.with_step(step.clone()))
}

/// Mean and standard deviation that were fitted, per channel, on the customary scale: stored bytes from 0 to 1.
fn fitted(step: Option<&Step>) -> Option<[Vec<f64>; 2]> {
    match step {
        Some(Step::Normalise { method: Normalisation::Standardise, mean, std }) => {
            Some([mean, std].map(|values| values.iter().map(|v| f64::from(*v) / 255.0).collect()))
        }
        _ => None,
    }
}

const PARTS: [(&str, Part); 3] = [("train", Part::Train), ("validation", Part::Validation), ("test", Part::Test)];

impl Executor for Normalise {
    fn run(&self, job: &Job, context: &Context) -> Result<Outcome, Failure> {
        let train: Samples = read_json(input(job, "train")?, SAMPLES)?;
        let step = fit(&Params::of(job), &train, &context.loader)?;
        let mut outputs = Vec::new();
        for (port, _) in PARTS {
            let Some(path) = job.inputs.get(port) else { continue };
            let samples: Samples = read_json(path, SAMPLES)?;
            outputs.push(write_json_output(job, port, &stepped(&samples, step.as_ref()))?);
        }
        let mut metrics = Metrics::new();
        let summary = match fitted(step.as_ref()) {
            Some([mean, std]) => {
                for (channel, (mean, std)) in mean.iter().zip(&std).enumerate() {
                    metrics.insert(format!("mean/{channel}"), MetricValue::Number(*mean));
                    metrics.insert(format!("std/{channel}"), MetricValue::Number(*std));
                }
                let text = |values: &[f64]| values.iter().map(|v| format!("{v:.3}")).collect::<Vec<_>>().join(", ");
                format!("mean {} · std {}", text(&mean), text(&std))
            }
            None => "0 – 1".to_owned(),
        };
        Ok(Outcome { outputs, metrics, summary: Some(summary), stopped: false })
    }

    fn measures(&self) -> bool {
        true
    }

    fn look<'a>(&self, given: &Given<'_>, loader: &'a Loader) -> Option<Result<Look<'a>, Fault>> {
        Some(self.prepare(given, loader))
    }
}

impl Normalise {
    fn prepare<'a>(&self, given: &Given<'_>, loader: &'a Loader) -> Result<Look<'a>, Fault> {
        let before = given.samples("train")?.clone();
        let step = fit(&given.params, &before, loader)?;
        let (mut outputs, mut parts) = (BTreeMap::new(), Vec::new());
        for (port, part) in PARTS {
            let Ok(samples) = given.samples(port) else { continue };
            outputs.insert(port, Carried::Samples(Box::new(stepped(samples, step.as_ref()))));
            parts.push((part, samples.clone()));
        }
        Ok(Look { outputs, show: Box::new(move || show_prepared(&before, step.as_ref(), &parts, loader)) })
    }
}

fn show_prepared(
    before: &Samples,
    step: Option<&Step>,
    parts: &[(Part, Samples)],
    loader: &Loader,
) -> Result<Preview, Fault> {
    let after = stepped(before, step);
    let report = |samples| weft_data::report(samples, loader).map_err(|e| fault::from_data(&e));
    let (was, is) = (report(before)?, report(&after)?);
    let range = |least: &[f32], most: &[f32]| {
        let (least, most) = (least.iter().copied().reduce(f32::min), most.iter().copied().reduce(f32::max));
        [least.filter(|v| v.is_finite()).unwrap_or(0.0), most.filter(|v| v.is_finite()).unwrap_or(0.0)]
    };
    let (range_before, range_after) = (range(&was.min, &was.max), range(&is.min, &is.max));
    let ranged = |[least, most]: [f32; 2]| FactValue::Range { least: f64::from(least), most: f64::from(most) };
    let mut facts = vec![Fact {
        unit: Some(Localised::new("images", "张图像")),
        ..fact("fitted_on", ("Fitted on the training part", "拟合所用的训练样本"), FactValue::Count(was.count as u64))
    }];
    if let Some([mean, std]) = fitted(step) {
        facts.push(fact("mean", ("Mean before (0 to 1)", "处理前均值（0 到 1）"), FactValue::Numbers(mean)));
        let label = ("Standard deviation before (0 to 1)", "处理前标准差（0 到 1）");
        facts.push(fact("std", label, FactValue::Numbers(std)));
    }
    facts.push(fact("range_before", ("Range before", "处理前范围"), ranged(range_before)));
    facts.push(fact("range_after", ("Range after", "处理后范围"), ranged(range_after)));
    let mut strips = Vec::new();
    let mut summaries = Vec::new();
    for (part, samples) in parts {
        let seen = preview::see(*part, samples, loader)?;
        if *part == Part::Train {
            // Steps of earlier nodes are in what comes in: it is shown on the scale that it has.
            let strip = preview::see_prepared(Part::Train, before, &seen.rows, range_before, loader)?;
            strips.push(weft_protocol::Strip { stage: Some(Stage::Before), ..strip });
            strips.push(preview::see_prepared(Part::Train, &after, &seen.rows, range_after, loader)?);
        }
        summaries.push(seen.summary);
    }
    Ok(preview::of_images(&after, summaries, facts, strips))
}

fn counts<const N: usize>(counts: [(&str, u64); N]) -> Metrics {
    counts.into_iter().map(|(name, count)| (name.to_owned(), MetricValue::Number(count as f64))).collect()
}

/// `70000` as `70,000`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `54000` as `54 k`, `1234` as `1,234`.
fn short(count: u64) -> String {
    match count {
        0..2_000 => grouped(count),
        _ if count.is_multiple_of(1000) => format!("{} k", grouped(count / 1000)),
        2_000..10_000 => grouped(count),
        _ => format!("{:.1} k", count as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        let texts = [0, 999, 1234, 6000, 6001, 10_000, 54_321, 1_234_567].map(short);
        assert_eq!(texts, ["0", "999", "1,234", "6 k", "6,001", "10 k", "54.3 k", "1234.6 k"]);
        assert_eq!(grouped(1_070_000), "1,070,000");
    }
}
