//! Image sets: describing the files of a folder, and opening a description for reading.
//!
//! Decoded files are kept once per process, by content hash, so that every node of a worker that reads the same data
//! shares one copy. Memory holds bytes as stored; a table per channel turns them into prepared numbers batch by batch.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::idx::{Content, glance_images, locate, read_images, read_images_at, read_labels};
use crate::samples::resolve;
use crate::{DataError, DataFile, DataSet, Part, Rows, Samples, Schema, Source, apply, random};

/// Decoded bytes a loader keeps by default before it lets go of those used longest ago.
const CACHE_BYTES: usize = 2 << 30;

/// What a data node asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageOptions {
    /// Folder with the four files under their usual names, plain or gzipped.
    pub folder: PathBuf,
    /// `Some(n)` keeps the first n training samples and at most n test samples; `None` keeps all.
    pub limit: Option<u32>,
    /// Names of the classes; empty means that they are found from the labels and named `0`, `1`, ….
    pub classes: Vec<String>,
}

/// An image file and its label file, decoded.
#[derive(Debug)]
pub(crate) struct Decoded {
    key: (String, String),
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// `[count, channels, height, width]`; none of them for a loader that only glances.
    pub pixels: Vec<u8>,
    /// `[count]`.
    pub labels: Vec<u8>,
}

/// Opens descriptions; keeps decoded files, so share one loader per process.
#[derive(Debug)]
pub struct Loader {
    /// Newest use last.
    cached: Mutex<VecDeque<Arc<Decoded>>>,
    limit_bytes: usize,
    glances: bool,
}

impl Default for Loader {
    fn default() -> Self {
        Self::with_limit(CACHE_BYTES)
    }
}

impl Loader {
    /// A loader that keeps up to 2 GiB of decoded data.
    pub fn new() -> Self {
        Self::default()
    }

    /// A loader that lets go of decoded data beyond `limit_bytes` (the newest file is always kept).
    pub fn with_limit(limit_bytes: usize) -> Self {
        Self { cached: Mutex::default(), limit_bytes, glances: false }
    }

    /// A loader that reads labels and headers only, for a look at data: it tells files apart by their length and time
    /// of change and not by their content, and of the images it reads those that are asked for one by one
    /// ([`Loader::pictures`]). What it describes is for itself alone; nothing can be fitted or trained on it.
    pub fn glancing() -> Self {
        Self { glances: true, ..Self::default() }
    }

    /// Pixels of some samples as stored, each `[channels, height, width]`. `set` is what [`Loader::open`] gave for
    /// `samples`; rows beyond it are left out.
    ///
    /// # Errors
    /// The images cannot be read.
    pub fn pictures(&self, samples: &Samples, set: &ImageSet, rows: &[u32]) -> Result<Vec<Vec<u8>>, DataError> {
        let stored: Vec<u32> = rows.iter().filter_map(|row| set.source_row(*row)).collect();
        if !self.glances {
            return Ok(rows.iter().filter_map(|row| set.pixels(*row)).map(<[u8]>::to_vec).collect());
        }
        let Source::Idx { folder, images, .. } = &samples.source;
        let mut ascending = stored.clone();
        ascending.sort_unstable();
        ascending.dedup();
        let read = read_images_at(&folder.join(&images.name), &ascending)?;
        let picture = |row: &u32| Some(read.get(ascending.binary_search(row).ok()?)?.clone());
        Ok(stored.iter().filter_map(picture).collect())
    }

    /// Opens a description: reads and verifies its files unless they are in memory, and selects its rows.
    ///
    /// # Errors
    /// Any error of the files; [`DataError::Changed`] if they are not those described; [`DataError::Description`] or
    /// [`DataError::StepMismatch`] if the description does not fit them.
    pub fn open(&self, samples: &Samples) -> Result<ImageSet, DataError> {
        let decoded = self.decoded(&samples.source)?;
        let misfit =
            |reason: String| DataError::Description { folder: samples.source.location().to_path_buf(), reason };
        if samples.schema.sample_shape != decoded.shape {
            return Err(misfit(format!(
                "samples of shape {:?} are described, and the files hold {:?}",
                samples.schema.sample_shape, decoded.shape
            )));
        }
        let Source::Idx { folder, labels, .. } = &samples.source;
        check_labels(&decoded.labels, samples.schema.classes.len(), &folder.join(&labels.name), "")?;
        let rows = resolve(&samples.rows, &decoded.labels, &samples.source)?;
        if rows.len() != samples.schema.count {
            return Err(misfit(format!("{} samples are described, and {} selected", samples.schema.count, rows.len())));
        }
        // The same function as for raw input, once for each byte value: training and prediction cannot differ.
        let channels = decoded.shape[0];
        let mut table: Vec<f32> = (0..channels).flat_map(|_| (0..=255u8).map(f32::from)).collect();
        apply(&samples.steps, &mut table, &[channels, 16, 16])?;
        Ok(ImageSet { decoded, rows, table, schema: samples.schema.clone() })
    }

    /// Labels of all rows of the source of `samples`.
    pub(crate) fn labels(&self, samples: &Samples) -> Result<Vec<u8>, DataError> {
        Ok(self.decoded(&samples.source)?.labels.clone())
    }

    /// The files of a source, from memory or read and verified.
    fn decoded(&self, source: &Source) -> Result<Arc<Decoded>, DataError> {
        let Source::Idx { folder, images, labels, .. } = source;
        self.cached_or((images.blake3.clone(), labels.blake3.clone()), || {
            for described in [images, labels] {
                let path = folder.join(&described.name);
                let found = self.data_file(&path)?;
                if found.blake3 != described.blake3 {
                    let short = |hash: &str| hash.chars().take(12).collect();
                    return Err(DataError::Changed {
                        path,
                        found: short(&found.blake3),
                        expected: short(&described.blake3),
                    });
                }
            }
            self.decode(&folder.join(&images.name), &folder.join(&labels.name))
        })
    }

    /// Name, length and identity of a file.
    fn data_file(&self, path: &Path) -> Result<DataFile, DataError> {
        if !self.glances {
            return data_file(path);
        }
        let unreadable = |source| DataError::Read { path: path.to_path_buf(), source };
        let found = std::fs::metadata(path).map_err(unreadable)?;
        let changed = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let changed_ns = changed.map_or(0, |at| at.as_nanos());
        let mut hasher = blake3::Hasher::new();
        hasher.update(path.as_os_str().as_encoded_bytes());
        hasher.update(&found.len().to_le_bytes());
        hasher.update(&changed_ns.to_le_bytes());
        Ok(DataFile {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            bytes: found.len(),
            blake3: hasher.finalize().to_hex().to_string(),
        })
    }

    /// Reads an image file and its label file, as far as this loader does.
    fn decode(&self, images_path: &Path, labels_path: &Path) -> Result<Decoded, DataError> {
        let labels = read_labels(labels_path)?;
        let (image_count, shape, pixels) = if self.glances {
            let (count, shape) = glance_images(images_path)?;
            (count, shape, Vec::new())
        } else {
            let images = read_images(images_path)?;
            (images.pixels.len() / images.shape.iter().product::<usize>(), images.shape, images.pixels)
        };
        if labels.len() != image_count {
            return Err(DataError::LabelCount {
                labels: labels_path.to_path_buf(),
                label_count: labels.len(),
                images: images_path.to_path_buf(),
                image_count,
            });
        }
        Ok(Decoded { key: Default::default(), shape, pixels, labels })
    }

    /// Files by the hashes of their content. The lock is held while reading: two nodes that ask for the same file at
    /// once read it once.
    fn cached_or(
        &self,
        key: (String, String),
        read: impl FnOnce() -> Result<Decoded, DataError>,
    ) -> Result<Arc<Decoded>, DataError> {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = cached.iter().position(|entry| entry.key == key)
            && let Some(entry) = cached.remove(at)
        {
            cached.push_back(Arc::clone(&entry));
            return Ok(entry);
        }
        let entry = Arc::new(Decoded { key, ..read()? });
        cached.push_back(Arc::clone(&entry));
        let mut held_bytes: usize = cached.iter().map(|entry| entry.pixels.len() + entry.labels.len()).sum();
        while held_bytes > self.limit_bytes && cached.len() > 1 {
            if let Some(oldest) = cached.pop_front() {
                held_bytes -= oldest.pixels.len() + oldest.labels.len();
            }
        }
        Ok(entry)
    }
}

/// Reads the data set in a folder and describes it. The whole of the files is read and checked, and stays in `loader`.
///
/// The published parts stay what they are. With a `limit` of n, the first n training samples and at most the first n
/// test samples are described; the classes are those of the whole files all the same.
///
/// # Errors
/// A [`DataError`] that names file and place: missing, truncated or damaged files, a wrong magic number, labels that do
/// not match the images or are out of range, parts of different shapes, a limit of 0.
pub fn describe_images(options: &ImageOptions, loader: &Loader) -> Result<DataSet, DataError> {
    if options.limit == Some(0) {
        return Err(DataError::Parameter {
            parameter: "limit",
            reason: "a limit of 0 leaves no samples: give at least 1, or no limit".to_owned(),
        });
    }
    let folder = absolute(&options.folder)?;
    // All four are looked for before any is read: a missing file is told at once.
    let files = |part| -> Result<(Part, PathBuf, PathBuf), DataError> {
        let images = locate(&folder, part, Content::Images)?;
        Ok((part, images, locate(&folder, part, Content::Labels)?))
    };
    let (train_files, test_files) = (files(Part::Train)?, files(Part::Test)?);
    let read = |(part, images_path, labels_path): &(Part, PathBuf, PathBuf)| -> Result<_, DataError> {
        let (images, labels) = (loader.data_file(images_path)?, loader.data_file(labels_path)?);
        let key = (images.blake3.clone(), labels.blake3.clone());
        let decoded = loader.cached_or(key, || loader.decode(images_path, labels_path))?;
        Ok((Source::Idx { folder: folder.clone(), part: *part, images, labels }, decoded))
    };
    let ((train_source, train), (test_source, test)) = (read(&train_files)?, read(&test_files)?);
    let ((_, train_images, train_labels), (_, test_images, test_labels)) = (train_files, test_files);
    if test.shape != train.shape {
        return Err(DataError::ShapeMismatch {
            path: test_images,
            found: test.shape.to_vec(),
            other: train_images,
            expected: train.shape.to_vec(),
        });
    }
    let (classes, hint) = if options.classes.is_empty() {
        let count = infer_classes(&train.labels, &test.labels);
        let hint = " (found from the labels that occur in both files or often); if the class is real, name the classes";
        ((0..count).map(|class| class.to_string()).collect(), hint)
    } else {
        (options.classes.clone(), "")
    };
    check_labels(&train.labels, classes.len(), &train_labels, hint)?;
    check_labels(&test.labels, classes.len(), &test_labels, hint)?;
    let describe = |source: &Source, decoded: &Decoded| {
        let available = decoded.labels.len();
        let rows = options.limit.map(|count| Rows::First { count });
        Samples {
            source: source.clone(),
            rows: rows.into_iter().collect(),
            steps: Vec::new(),
            schema: Schema {
                sample_shape: decoded.shape.to_vec(),
                classes: classes.clone(),
                count: options.limit.map_or(available, |limit| available.min(limit as usize)),
            },
        }
    };
    Ok(DataSet { train: describe(&train_source, &train), test: describe(&test_source, &test) })
}

/// BLAKE3 hash (hexadecimal) of the content of the four files in `folder`: what a cached result of reading them
/// depends on. The folder's own path is not in it.
///
/// # Errors
/// A file that is missing or cannot be read.
pub fn fingerprint(folder: &Path) -> Result<String, DataError> {
    let folder = absolute(folder)?;
    let mut hasher = blake3::Hasher::new();
    for part in [Part::Train, Part::Test] {
        for content in [Content::Images, Content::Labels] {
            hasher.update(data_file(&locate(&folder, part, content)?)?.blake3.as_bytes());
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// An image set in memory, in the row order of its description.
#[derive(Debug, Clone)]
pub struct ImageSet {
    decoded: Arc<Decoded>,
    rows: Vec<u32>,
    /// Prepared value of each byte, 256 per channel.
    table: Vec<f32>,
    schema: Schema,
}

impl ImageSet {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Channels, height, width.
    pub fn shape(&self) -> [usize; 3] {
        self.decoded.shape
    }

    /// What a sample looks like.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Pixels of a sample as stored, `[channels, height, width]`; `None` beyond the last row.
    pub fn pixels(&self, row: u32) -> Option<&[u8]> {
        let stored = *self.rows.get(row as usize)? as usize;
        let sample = self.sample_len();
        self.decoded.pixels.get(stored * sample..(stored + 1) * sample)
    }

    /// Label of a sample; `None` beyond the last row.
    pub fn label(&self, row: u32) -> Option<u8> {
        let stored = *self.rows.get(row as usize)? as usize;
        self.decoded.labels.get(stored).copied()
    }

    /// The row of the source's file that a sample is; `None` beyond the last row.
    pub fn source_row(&self, row: u32) -> Option<u32> {
        self.rows.get(row as usize).copied()
    }

    /// Labels of all samples, in order.
    pub fn labels(&self) -> impl Iterator<Item = u8> {
        self.rows.iter().map(|&stored| self.decoded.labels[stored as usize])
    }

    /// Writes the prepared samples `rows` to `values` as `[batch, channels, height, width]` and their classes to
    /// `labels` as `[batch]`. Both are cleared first and keep their memory, so reuse them.
    ///
    /// # Errors
    /// [`DataError::Parameter`] if a row does not exist.
    pub fn batch(&self, rows: &[u32], values: &mut Vec<f32>, labels: &mut Vec<i64>) -> Result<(), DataError> {
        values.clear();
        labels.clear();
        let [channels, height, width] = self.decoded.shape;
        let plane = height * width;
        values.reserve(rows.len() * channels * plane);
        for &row in rows {
            let (Some(pixels), Some(label)) = (self.pixels(row), self.label(row)) else {
                return Err(DataError::Parameter {
                    parameter: "rows",
                    reason: format!("sample {row} was asked for, and there are {}", self.len()),
                });
            };
            for (pixels, table) in pixels.chunks_exact(plane).zip(self.table.chunks_exact(256)) {
                values.extend(pixels.iter().map(|&pixel| table[usize::from(pixel)]));
            }
            labels.push(i64::from(label));
        }
        Ok(())
    }

    /// The order in which epoch `epoch` of `node` visits the samples; see [`random::epoch_order`].
    pub fn epoch_order(&self, seed: u64, node: u64, epoch: u64) -> Vec<u32> {
        random::epoch_order(seed, node, epoch, self.len() as u32)
    }

    /// Number of samples of each class.
    pub fn class_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.schema.classes.len()];
        for label in self.labels() {
            counts[usize::from(label)] += 1;
        }
        counts
    }

    /// How often each byte value occurs, per channel: 256 counts each.
    ///
    /// # Errors
    /// The images were not read: the loader only glanced at them.
    pub(crate) fn histogram(&self) -> Result<Vec<[u64; 256]>, DataError> {
        let [channels, height, width] = self.decoded.shape;
        let mut histogram = vec![[0; 256]; channels];
        let sample = self.sample_len();
        for &stored in &self.rows {
            let start = stored as usize * sample;
            let pixels = self.decoded.pixels.get(start..start + sample).ok_or_else(|| DataError::Parameter {
                parameter: "samples",
                reason: "their images were not read: open them with a loader that reads whole files".to_owned(),
            })?;
            for (pixels, counts) in pixels.chunks_exact(height * width).zip(&mut histogram) {
                for &pixel in pixels {
                    counts[usize::from(pixel)] += 1;
                }
            }
        }
        Ok(histogram)
    }

    /// Prepared value of each byte, 256 per channel.
    pub(crate) fn table(&self) -> &[f32] {
        &self.table
    }

    fn sample_len(&self) -> usize {
        self.decoded.shape.iter().product()
    }
}

/// Number of classes that the labels speak of, from 0 on.
///
/// A label counts if it occurs in both parts or in at least one of a thousand training samples; one that a damaged
/// byte made does neither in a data set of any size. If more than half of the numbers below the largest label name no
/// sample, the classes end before the largest gap.
fn infer_classes(train: &[u8], test: &[u8]) -> usize {
    let mut counts = [[0usize; 256]; 2];
    for (labels, counts) in [train, test].into_iter().zip(&mut counts) {
        for &label in labels {
            counts[usize::from(label)] += 1;
        }
    }
    let real: Vec<usize> = (0..256)
        .filter(|&label| {
            let [train_count, test_count] = [counts[0][label], counts[1][label]];
            train_count > 0 && (test_count > 0 || train_count * 1000 >= train.len())
        })
        .collect();
    let Some(&largest) = real.last() else { return 0 };
    if real.len() * 2 > largest {
        return largest + 1;
    }
    let end = real.windows(2).max_by_key(|pair| (pair[1] - pair[0], std::cmp::Reverse(pair[0])));
    end.map_or(largest + 1, |pair| pair[0] + 1)
}

/// Checks that every label names a class.
fn check_labels(labels: &[u8], classes: usize, path: &Path, hint: &'static str) -> Result<(), DataError> {
    match labels.iter().position(|&label| usize::from(label) >= classes) {
        None => Ok(()),
        Some(row) => Err(DataError::LabelRange {
            path: path.to_path_buf(),
            label: labels[row],
            row,
            byte: row as u64 + 8,
            classes,
            hint,
        }),
    }
}

/// Name, length and hash of a file.
fn data_file(path: &Path) -> Result<DataFile, DataError> {
    let unreadable = |source| DataError::Read { path: path.to_path_buf(), source };
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).map_err(unreadable)?).map_err(unreadable)?;
    Ok(DataFile {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        bytes: hasher.count(),
        blake3: hasher.finalize().to_hex().to_string(),
    })
}

/// The absolute form of a path, which need not exist.
fn absolute(path: &Path) -> Result<PathBuf, DataError> {
    std::path::absolute(path).map_err(|source| DataError::Read { path: path.to_path_buf(), source })
}
