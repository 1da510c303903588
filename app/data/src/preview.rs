//! What a person sees of data before a run: thumbnails, class balance, ranges.

use serde::{Deserialize, Serialize};

use crate::prepare::moments;
use crate::{DataError, ImageSet, Loader, Samples};

/// Longest side of a thumbnail in pixels; larger images are sampled down.
const THUMBNAIL_SIDE: usize = 64;

/// A small picture of one sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Values per pixel: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.
    pub channels: usize,
    /// `[height, width, channels]`: as stored, or prepared and brought to the range of a byte.
    pub pixels: Vec<u8>,
    /// Class of the sample.
    pub label: u8,
}

/// A look at samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Samples in turn from every class, as stored.
    pub thumbnails: Vec<Thumbnail>,
    /// Which samples these are.
    pub rows: Vec<u32>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Samples of each class.
    pub class_counts: Vec<u64>,
    /// Number of samples.
    pub count: usize,
    /// Channels, height, width.
    pub shape: [usize; 3],
}

/// Counts and ranges of samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataReport {
    /// Number of samples.
    pub count: usize,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Samples of each class.
    pub class_counts: Vec<u64>,
    /// Names of the classes that have no sample.
    pub empty_classes: Vec<String>,
    /// Samples of the largest class for each of the smallest that has any; 1 is balanced.
    pub imbalance: f64,
    /// Mean of the prepared values, per channel.
    pub mean: Vec<f64>,
    /// Population standard deviation of the prepared values, per channel.
    pub std: Vec<f64>,
    /// Smallest prepared value, per channel.
    pub min: Vec<f32>,
    /// Largest prepared value, per channel.
    pub max: Vec<f32>,
}

/// Shows up to `thumbnails` samples, taken in turn from every class in the order of the rows, and the class balance.
/// With a loader that glances, only labels and those samples are read.
///
/// # Errors
/// What [`Loader::open`] and [`Loader::pictures`] report.
pub fn preview(samples: &Samples, thumbnails: usize, loader: &Loader) -> Result<Preview, DataError> {
    let set = loader.open(samples)?;
    let class_counts = set.class_counts();
    let mut by_class: Vec<Vec<u32>> = vec![Vec::new(); class_counts.len()];
    for (row, label) in set.labels().enumerate() {
        let members = &mut by_class[usize::from(label)];
        if members.len() < thumbnails {
            members.push(row as u32);
        }
    }
    let turns = (0..thumbnails).flat_map(|turn| by_class.iter().filter_map(move |class| class.get(turn)));
    let rows: Vec<u32> = turns.take(thumbnails).copied().collect();
    Ok(Preview {
        thumbnails: pictures(samples, &set, &rows, loader, |_, pixel| pixel)?,
        rows,
        classes: samples.schema.classes.clone(),
        class_counts,
        count: set.len(),
        shape: set.shape(),
    })
}

/// Shows samples as training is given them: the prepared value `range[0]` is black (0), `range[1]` white (255), and what
/// lies beyond is shown as the nearer of them. Rows beyond the last are left out.
///
/// # Errors
/// What [`Loader::open`] and [`Loader::pictures`] report.
pub fn prepared(
    samples: &Samples,
    rows: &[u32],
    range: [f32; 2],
    loader: &Loader,
) -> Result<Vec<Thumbnail>, DataError> {
    let set = loader.open(samples)?;
    let width = range[1] - range[0];
    pictures(samples, &set, rows, loader, |channel, pixel| {
        let value = set.table()[channel * 256 + usize::from(pixel)];
        if width > 0.0 { ((value - range[0]) / width * 255.0).round().clamp(0.0, 255.0) as u8 } else { 0 }
    })
}

/// Small pictures of samples; `shown` says what is shown of a byte of a channel.
fn pictures(
    samples: &Samples,
    set: &ImageSet,
    rows: &[u32],
    loader: &Loader,
    shown: impl Fn(usize, u8) -> u8,
) -> Result<Vec<Thumbnail>, DataError> {
    let [channels, height, width] = set.shape();
    let scale = height.max(width).div_ceil(THUMBNAIL_SIDE);
    let labels = rows.iter().filter_map(|row| set.label(*row));
    let pictures = loader.pictures(samples, set, rows)?;
    let picture = |(pixels, label): (Vec<u8>, u8)| {
        let mut interleaved = Vec::with_capacity(pixels.len());
        for y in (0..height).step_by(scale) {
            for x in (0..width).step_by(scale) {
                interleaved
                    .extend((0..channels).map(|channel| shown(channel, pixels[(channel * height + y) * width + x])));
            }
        }
        Thumbnail { width: width.div_ceil(scale), height: height.div_ceil(scale), channels, pixels: interleaved, label }
    };
    Ok(pictures.into_iter().zip(labels).map(picture).collect())
}

/// Counts samples per class and measures the prepared values.
///
/// # Errors
/// What [`Loader::open`] reports.
pub fn report(samples: &Samples, loader: &Loader) -> Result<DataReport, DataError> {
    let set = loader.open(samples)?;
    let class_counts = set.class_counts();
    let classes = samples.schema.classes.clone();
    let (mean, std) = moments(&set)?.into_iter().unzip();
    let occurring = |counts: &[u64; 256], table: &[f32]| -> Vec<f32> {
        counts.iter().zip(table).filter(|(count, _)| **count > 0).map(|(_, value)| *value).collect()
    };
    let values: Vec<Vec<f32>> = set
        .histogram()?
        .iter()
        .zip(set.table().chunks_exact(256))
        .map(|(counts, table)| occurring(counts, table))
        .collect();
    let largest = class_counts.iter().copied().max().unwrap_or(0);
    let smallest = class_counts.iter().copied().filter(|count| *count > 0).min().unwrap_or(1);
    Ok(DataReport {
        count: set.len(),
        empty_classes: classes
            .iter()
            .zip(&class_counts)
            .filter(|(_, count)| **count == 0)
            .map(|(class, _)| class.clone())
            .collect(),
        classes,
        imbalance: largest as f64 / smallest as f64,
        class_counts,
        mean,
        std,
        min: values.iter().map(|values| values.iter().copied().fold(f32::INFINITY, f32::min)).collect(),
        max: values.iter().map(|values| values.iter().copied().fold(f32::NEG_INFINITY, f32::max)).collect(),
    })
}
