//! Fitted preparation steps: fitted on the training part only, carried in descriptions, stored with the model.
//!
//! One function, [`apply`], prepares numbers everywhere: the loader fills its tables with it, and serving calls it on
//! raw input, so that both see the same bits.

use serde::{Deserialize, Serialize};

use crate::{DataError, ImageSet, Loader, Parts, Samples};

/// How to normalise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// Mean 0 and standard deviation 1 per channel, over the training part.
    Standardise,
    /// Byte values 0 to 255 to numbers 0 to 1; nothing is fitted.
    UnitRange,
    /// Leave values as they are.
    None,
}

/// A fitted step: with it, any input can be prepared as the training samples were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// (value − mean) ÷ std, per channel.
    Normalise {
        /// How mean and std were found.
        method: Normalisation,
        /// One per channel, in units of the values the step takes.
        mean: Vec<f32>,
        /// One per channel, above 0.
        std: Vec<f32>,
    },
}

/// Prepares `values` in place: any number of samples of `sample_shape` (first dimension: channels), one after another.
///
/// # Errors
/// [`DataError::StepMismatch`] if values, shape and steps do not fit.
pub fn apply(steps: &[Step], values: &mut [f32], sample_shape: &[usize]) -> Result<(), DataError> {
    for step in steps {
        let Step::Normalise { mean, std, .. } = step;
        let misfit = |reason: String| DataError::StepMismatch { step: "normalise", reason };
        let channels = sample_shape.first().copied().unwrap_or(1);
        let plane: usize = sample_shape.iter().skip(1).product();
        if mean.len() != channels || std.len() != channels {
            return Err(misfit(format!(
                "it was fitted on {} channels (means) and {} (deviations), and the input has {channels}",
                mean.len(),
                std.len()
            )));
        }
        if !std.iter().all(|std| *std > 0.0) {
            return Err(misfit("a standard deviation in it is not above 0".to_owned()));
        }
        let sample = channels * plane;
        if sample == 0 || !values.len().is_multiple_of(sample) {
            return Err(misfit(format!("{} values are no whole samples of shape {sample_shape:?}", values.len())));
        }
        for sample in values.chunks_exact_mut(sample) {
            for (plane, (mean, std)) in sample.chunks_exact_mut(plane).zip(mean.iter().zip(std)) {
                for value in plane {
                    *value = (*value - mean) / std;
                }
            }
        }
    }
    Ok(())
}

/// Fits a normalisation on `train`, after the steps it already has. `None` if there is nothing to do.
///
/// The standard deviation is that of the population (divided by n, as in scikit-learn's `StandardScaler`); a channel
/// that never changes gets 1.
///
/// # Errors
/// What [`Loader::open`] reports.
pub fn fit_normalisation(train: &Samples, method: Normalisation, loader: &Loader) -> Result<Option<Step>, DataError> {
    let (mean, std) = match method {
        Normalisation::None => return Ok(None),
        Normalisation::UnitRange => {
            let channels = train.schema.sample_shape.first().copied().unwrap_or(1);
            (vec![0.0; channels], vec![255.0; channels])
        }
        Normalisation::Standardise => {
            let moments = moments(&loader.open(train)?)?;
            let std = |std: f64| if std as f32 > 0.0 { std as f32 } else { 1.0 };
            (moments.iter().map(|(mean, _)| *mean as f32).collect(), moments.iter().map(|(_, s)| std(*s)).collect())
        }
    };
    Ok(Some(Step::Normalise { method, mean, std }))
}

/// Fits a normalisation on the training part and appends it to all three parts.
///
/// # Errors
/// What [`Loader::open`] reports.
pub fn normalise(parts: &Parts, method: Normalisation, loader: &Loader) -> Result<Parts, DataError> {
    Ok(match fit_normalisation(&parts.train, method, loader)? {
        None => parts.clone(),
        Some(step) => Parts {
            train: parts.train.with_step(step.clone()),
            validation: parts.validation.with_step(step.clone()),
            test: parts.test.with_step(step),
        },
    })
}

/// Mean and population standard deviation of the prepared values per channel, in f64.
///
/// Bytes are counted first, so the sums run over 256 values and lose nothing however many samples there are. Fails
/// where the images were not read.
pub(crate) fn moments(set: &ImageSet) -> Result<Vec<(f64, f64)>, DataError> {
    Ok(set
        .histogram()?
        .iter()
        .zip(set.table().chunks_exact(256))
        .map(|(counts, table)| {
            let total = counts.iter().sum::<u64>().max(1) as f64;
            let sum_of = |term: &dyn Fn(f64) -> f64| -> f64 {
                counts.iter().zip(table).map(|(&count, &value)| count as f64 * term(f64::from(value))).sum()
            };
            let mean = sum_of(&|value| value) / total;
            let variance = sum_of(&|value| (value - mean) * (value - mean)) / total;
            (mean, variance.sqrt())
        })
        .collect())
}
