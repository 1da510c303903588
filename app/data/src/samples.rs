//! The value on a samples wire: a description of samples, never the samples themselves.
//!
//! Descriptions are small JSON documents in the artifact store. Everything in them is data that a worker needs to read
//! and prepare the same samples again; enumerations grow by variants, so readers of an older program refuse what they
//! do not know instead of misreading it. This module reads no files.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::random::{shuffle, stream};
use crate::{DataError, Step};

/// Which of the published parts of a data set a source stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The part to learn (and validate) from.
    Train,
    /// The part to judge by, touched at the end only.
    Test,
}

/// A data file as it was when it was described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Name within the source's folder.
    pub name: String,
    /// Length of the file as stored.
    pub bytes: u64,
    /// BLAKE3 hash of the file as stored, in hexadecimal.
    pub blake3: String,
}

/// Where samples come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// An image file and a label file in IDX format, plain or gzipped.
    Idx {
        /// Absolute path of the folder.
        folder: PathBuf,
        /// The part these files hold.
        part: Part,
        /// The file of images.
        images: DataFile,
        /// The file of labels.
        labels: DataFile,
    },
}

impl Source {
    /// The folder or file that messages about this source name.
    pub fn location(&self) -> &Path {
        match self {
            Source::Idx { folder, .. } => folder,
        }
    }
}

/// Which side of a split a selection keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The larger rest, to learn from.
    Train,
    /// The part held out to choose by.
    Validation,
}

/// One selection of rows. A description holds a list of them; each selects among the rows the one before it left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "select", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rows {
    /// At most the first `count` rows.
    First {
        /// Rows to keep.
        count: u32,
    },
    /// The rows from `start` up to but without `end`.
    Range {
        /// First row.
        start: u32,
        /// Row after the last.
        end: u32,
    },
    /// All rows in the order of the random stream of (seed, node).
    Permutation {
        /// Seed of the run or node.
        seed: u64,
        /// Id of the node that ordered them.
        node: u64,
    },
    /// The listed rows, in the listed order.
    Indices {
        /// Rows to keep.
        rows: Vec<u32>,
    },
    /// One side of a split by the random stream of (seed, node); kept in ascending order.
    Split {
        /// Seed of the run or node.
        seed: u64,
        /// Id of the split node.
        node: u64,
        /// Rows on the validation side.
        validation: u32,
        /// Whether each class is parted in the same proportion.
        stratified: bool,
        /// The side that is kept.
        side: Side,
    },
}

/// What a sample looks like, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Shape of one sample; `[channels, height, width]` for images.
    pub sample_shape: Vec<usize>,
    /// Names of the classes, in the order of the labels.
    pub classes: Vec<String>,
    /// Number of samples after selection of rows.
    pub count: usize,
}

/// A description of samples: source, rows, fitted steps, schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    /// Where the samples come from.
    pub source: Source,
    /// Selections in order; none means all rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Rows>,
    /// Fitted steps in order; none means values as stored (0 to 255 for images).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What a sample looks like.
    pub schema: Schema,
}

impl Samples {
    /// BLAKE3 hash (hexadecimal) of what the samples are: files' content, rows, steps, schema. The folder and the
    /// files' names are not in it, so the same data elsewhere has the same hash.
    ///
    /// # Errors
    /// [`DataError::Json`] if the description cannot be written.
    pub fn content_hash(&self) -> Result<String, DataError> {
        let source = match &self.source {
            Source::Idx { part, images, labels, .. } => ("idx", part, &images.blake3, &labels.blake3),
        };
        let canonical = serde_json::to_vec(&(source, &self.rows, &self.steps, &self.schema))?;
        Ok(blake3::hash(&canonical).to_hex().to_string())
    }

    /// The same samples with one more fitted step.
    pub fn with_step(&self, step: Step) -> Self {
        let mut samples = self.clone();
        samples.steps.push(step);
        samples
    }

    /// The description as JSON.
    ///
    /// # Errors
    /// [`DataError::Json`] if a path is not UTF-8.
    pub fn to_json(&self) -> Result<String, DataError> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Reads a description.
    ///
    /// # Errors
    /// [`DataError::Json`] with line and column.
    pub fn from_json(text: &str) -> Result<Self, DataError> {
        Ok(serde_json::from_str(text)?)
    }
}

/// A data set with its published parts: what a data node gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSet {
    /// The part to learn from; a split node takes validation samples from it.
    pub train: Samples,
    /// The published test part, which stays the test part.
    pub test: Samples,
}

/// A data set parted for learning: what a split node gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Samples to learn from.
    pub train: Samples,
    /// Samples to choose by (epoch, model).
    pub validation: Samples,
    /// Samples to judge by at the end.
    pub test: Samples,
}

/// Rows of the source that `selections` leave, in their order. `labels` are those of all rows of the source.
///
/// # Errors
/// [`DataError::Description`] if a selection reaches outside the rows there are.
pub(crate) fn resolve(selections: &[Rows], labels: &[u8], source: &Source) -> Result<Vec<u32>, DataError> {
    let misfit = |reason: String| DataError::Description { folder: source.location().to_path_buf(), reason };
    let mut rows: Vec<u32> = (0..labels.len() as u32).collect();
    for selection in selections {
        let available = rows.len();
        match selection {
            Rows::First { count } => rows.truncate(*count as usize),
            Rows::Range { start, end } => {
                rows = rows
                    .get(*start as usize..*end as usize)
                    .ok_or_else(|| misfit(format!("rows {start} to {end} of {available} are selected")))?
                    .to_vec();
            }
            Rows::Permutation { seed, node } => {
                shuffle(&mut stream(*seed, &["permutation".into(), (*node).into()]), &mut rows);
            }
            Rows::Indices { rows: chosen } => {
                rows = chosen
                    .iter()
                    .map(|&row| {
                        rows.get(row as usize)
                            .copied()
                            .ok_or_else(|| misfit(format!("row {row} of {available} is selected")))
                    })
                    .collect::<Result<_, _>>()?;
            }
            Rows::Split { seed, node, validation, stratified, side } => {
                if *validation as usize > available {
                    return Err(misfit(format!("{validation} of {available} rows are selected for validation")));
                }
                rows = split_side(&rows, labels, *seed, *node, *validation, *stratified, *side);
            }
        }
    }
    Ok(rows)
}

/// One side of a split of `rows`, ascending in the order of `rows`.
fn split_side(
    rows: &[u32],
    labels: &[u8],
    seed: u64,
    node: u64,
    validation: u32,
    stratified: bool,
    side: Side,
) -> Vec<u32> {
    let mut held_out = vec![false; rows.len()];
    if stratified {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); 256];
        for (position, &row) in rows.iter().enumerate() {
            members[usize::from(labels[row as usize])].push(position as u32);
        }
        let sizes: Vec<u64> = members.iter().map(|class| class.len() as u64).collect();
        let quotas = apportion(&sizes, u64::from(validation));
        for (class, (positions, quota)) in members.iter_mut().zip(quotas).enumerate() {
            let path = ["split".into(), node.into(), (class as u64).into()];
            shuffle(&mut stream(seed, &path), positions);
            for &position in positions.iter().take(quota as usize) {
                held_out[position as usize] = true;
            }
        }
    } else {
        let mut positions: Vec<u32> = (0..rows.len() as u32).collect();
        shuffle(&mut stream(seed, &["split".into(), node.into()]), &mut positions);
        for &position in positions.iter().take(validation as usize) {
            held_out[position as usize] = true;
        }
    }
    let keep = side == Side::Validation;
    rows.iter().zip(held_out).filter(|(_, held)| *held == keep).map(|(&row, _)| row).collect()
}

/// Shares `total` among groups in proportion to `sizes` by largest remainders (Hamilton); ties go to the earlier group.
/// Each share differs from the exact one by less than 1 and never exceeds its group, as long as `total` is at most
/// their sum.
fn apportion(sizes: &[u64], total: u64) -> Vec<u64> {
    let sum: u64 = sizes.iter().sum();
    if sum == 0 {
        return vec![0; sizes.len()];
    }
    let mut shares: Vec<u64> = sizes.iter().map(|size| size * total / sum).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|&group| (std::cmp::Reverse(sizes[group] * total % sum), group));
    let missing = total.saturating_sub(shares.iter().sum());
    for &group in by_remainder.iter().take(missing as usize) {
        shares[group] += 1;
    }
    shares
}
