//! The nodes that give and prepare samples: they write descriptions; the samples themselves stay in their files.

use weft_data::{
    Amount, DataSet, ImageOptions, Loader, Normalisation, Rows, Samples, SplitOptions, Step, describe_images,
    fit_normalisation, split,
};
use weft_model::shape::SampleSchema;
use weft_protocol::event::Fault;
use weft_protocol::run::{MetricValue, Metrics};
use weft_protocol::worker::Job;
use weft_protocol::{Preview, Thumbnail};

use crate::executor::{Context, Executor, Failure, Outcome, Params, input, read_json, write_json_output};
use crate::fault;

/// What a samples wire carries, in both languages.
pub(crate) const SAMPLES: (&str, &str) = ("description of the samples", "样本描述");

/// Thumbnails of a preview: one of each class, but not fewer and not more than this.
const THUMBNAILS: std::ops::RangeInclusive<usize> = 10..=16;

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

    fn preview(&self, params: &Params<'_>, loader: &Loader) -> Option<Result<Preview, Fault>> {
        Some(describe(params, loader).and_then(|data| look(&data, loader)))
    }
}

fn look(data: &DataSet, loader: &Loader) -> Result<Preview, Fault> {
    let classes = data.train.schema.classes.clone();
    let thumbnails = classes.len().clamp(*THUMBNAILS.start(), *THUMBNAILS.end());
    let seen = weft_data::preview(&data.train, thumbnails, loader).map_err(|e| fault::from_data(&e))?;
    let name = |label: u8| classes.get(usize::from(label)).cloned().unwrap_or_else(|| label.to_string());
    Ok(Preview {
        schema: SampleSchema { shape: data.train.schema.sample_shape.clone(), classes: classes.len() },
        train_count: data.train.schema.count as u64,
        test_count: data.test.schema.count as u64,
        class_counts: seen.class_counts,
        thumbnails: seen
            .thumbnails
            .into_iter()
            .map(|picture| {
                // Transparency is left out.
                let shown = if picture.channels < 3 { 1 } else { 3 };
                let pixels =
                    picture.pixels.chunks_exact(picture.channels).flat_map(|pixel| &pixel[..shown]).copied().collect();
                Thumbnail {
                    width: picture.width,
                    height: picture.height,
                    channels: shown,
                    pixels,
                    label: name(picture.label),
                }
            })
            .collect(),
        classes,
    })
}

impl Executor for Split {
    fn run(&self, job: &Job, context: &Context) -> Result<Outcome, Failure> {
        let params = Params::of(job);
        let data: DataSet = read_json(input(job, "samples")?, SAMPLES)?;
        let share = params.number("validation")?;
        let (train, validation, test) = if share == 0.0 {
            let mut none = data.train.clone();
            none.rows.push(Rows::First { count: 0 });
            none.schema.count = 0;
            (data.train, none, data.test)
        } else {
            let options = SplitOptions {
                validation: Amount::Ratio(share),
                stratified: params.switch("stratified")?,
                seed: job.seed,
                // The job's seed is the node's own.
                node: 0,
            };
            let parts = split(&data, &options, &context.loader).map_err(|e| fault::from_data(&e))?;
            (parts.train, parts.validation, parts.test)
        };
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
}

impl Executor for Normalise {
    fn run(&self, job: &Job, context: &Context) -> Result<Outcome, Failure> {
        let method = match Params::of(job).text("method")? {
            "standardise" => Normalisation::Standardise,
            "scale" => Normalisation::UnitRange,
            _ => {
                return Err(
                    fault::bad_parameter("method", ("'standardise' or 'scale'", "“standardise”或“scale”")).into()
                );
            }
        };
        let train: Samples = read_json(input(job, "train")?, SAMPLES)?;
        let step = fit_normalisation(&train, method, &context.loader).map_err(|e| fault::from_data(&e))?;
        let mut outputs = Vec::new();
        for port in ["train", "validation", "test"] {
            let Some(path) = job.inputs.get(port) else { continue };
            let samples: Samples = read_json(path, SAMPLES)?;
            let samples = step.iter().fold(samples, |samples, step| samples.with_step(step.clone()));
            outputs.push(write_json_output(job, port, &samples)?);
        }
        let mut metrics = Metrics::new();
        let summary = match &step {
            Some(Step::Normalise { method: Normalisation::Standardise, mean, std }) => {
                // Samples are bytes as they are stored: shown on the scale from 0 to 1, as it is customary.
                for (channel, (mean, std)) in mean.iter().zip(std).enumerate() {
                    metrics.insert(format!("mean/{channel}"), MetricValue::Number(f64::from(*mean) / 255.0));
                    metrics.insert(format!("std/{channel}"), MetricValue::Number(f64::from(*std) / 255.0));
                }
                let text =
                    |values: &[f32]| values.iter().map(|v| format!("{:.3}", v / 255.0)).collect::<Vec<_>>().join(", ");
                format!("mean {} · std {}", text(mean), text(std))
            }
            _ => "0 – 1".to_owned(),
        };
        Ok(Outcome { outputs, metrics, summary: Some(summary), stopped: false })
    }
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
