//! Parting the training part of a data set into training and validation samples.
//!
//! The published test part is passed on untouched: nothing here can move a test sample.

use serde::{Deserialize, Serialize};

use crate::samples::resolve;
use crate::{DataError, DataSet, Loader, Parts, Rows, Samples, Side};

/// How many samples to hold out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// A share of the training part, above 0 and below 1; rounded to the nearest whole sample, at least one.
    Ratio(f64),
    /// A number of samples.
    Count(u32),
}

/// How to part the training samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SplitOptions {
    /// What is held out for validation.
    pub validation: Amount,
    /// Whether every class is parted in the same proportion (to within one sample).
    pub stratified: bool,
    /// Seed of the run, or of the node if it sets its own.
    pub seed: u64,
    /// Id of the split node; the random stream derives from (seed, node).
    pub node: u64,
}

/// Parts the training part of `data`; the test part stays what it is.
///
/// The same data, seed and node give the same parts on every machine. Both parts keep the order of the source.
///
/// # Errors
/// [`DataError::Parameter`] if either part would be empty, and what [`Loader::open`] reports.
pub fn split(data: &DataSet, options: &SplitOptions, loader: &Loader) -> Result<Parts, DataError> {
    let available = data.train.schema.count;
    let parameter = |reason: String| DataError::Parameter { parameter: "validation", reason };
    let validation = match options.validation {
        Amount::Ratio(ratio) if ratio > 0.0 && ratio < 1.0 => ((available as f64 * ratio).round() as u32).max(1),
        Amount::Ratio(ratio) => {
            return Err(parameter(format!("a ratio of {ratio} cannot be held out: give one above 0 and below 1")));
        }
        Amount::Count(count) => count,
    };
    if validation == 0 || validation as usize >= available {
        return Err(parameter(format!(
            "{validation} of the {available} training samples in {} cannot be held out: at least one sample must be on each side",
            data.train.source.location().display()
        )));
    }
    let labels = loader.labels(&data.train)?;
    let side = |side: Side| -> Result<Samples, DataError> {
        let mut samples = data.train.clone();
        samples.rows.push(Rows::Split {
            seed: options.seed,
            node: options.node,
            validation,
            stratified: options.stratified,
            side,
        });
        samples.schema.count = resolve(&samples.rows, &labels, &samples.source)?.len();
        Ok(samples)
    };
    Ok(Parts { train: side(Side::Train)?, validation: side(Side::Validation)?, test: data.test.clone() })
}
