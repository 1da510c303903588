//! Checkpoints: everything that a training needs to go on, bit for bit, as if it had never been interrupted.
//!
//! One is written at the end of each epoch, as a whole or not at all. It holds the weights, what the optimiser remembers,
//! the weights of the best epoch, and how far the training is; random streams need no storing, since they derive from
//! (seed, epoch). A checkpoint belongs to one training: one of other settings, data or layers is not gone on from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use weft_protocol::event::Fault;

use crate::fault;
use crate::model_file::{from_bytes, to_bytes, write_atomically};
use crate::optimiser::Moments;
use crate::weights::{Array, Weights};

const FILE: &str = "checkpoint.safetensors";

/// Version of what stands in a checkpoint.
const FORMAT: u32 = 1;

/// What an epoch came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// Steps of the optimiser at its end.
    pub step: u64,
    /// Mean loss over its steps, each before its update.
    pub train_loss: f64,
    /// Share of training samples that were recognised, each before its update.
    pub train_accuracy: f64,
    /// Loss on the validation samples at its end.
    pub validation_loss: Option<f64>,
    /// Accuracy on the validation samples at its end.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of its last step.
    pub learning_rate: f64,
}

impl EpochRecord {
    /// Whether this epoch did better than another: by accuracy on the validation samples, then by loss. Without
    /// validation samples the later one is taken.
    pub fn better_than(&self, other: &EpochRecord) -> bool {
        match (self.validation_accuracy, other.validation_accuracy) {
            (Some(a), Some(b)) => a > b || (a == b && self.validation_loss < other.validation_loss),
            _ => true,
        }
    }
}

/// How far a training is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Version of the format.
    pub format: u32,
    /// Hash of everything that alters the numbers; the state of another training has another.
    pub fingerprint: String,
    /// Epochs that are done.
    pub epoch: u32,
    /// Steps that are done.
    pub step: u64,
    /// Learning rate that the schedule starts from; it can be changed while training.
    pub learning_rate: f64,
    /// All epochs so far.
    pub history: Vec<EpochRecord>,
    /// The best of them.
    pub best_epoch: Option<u32>,
}

impl State {
    /// A training that has not begun.
    pub fn new(fingerprint: String, learning_rate: f64) -> Self {
        Self { format: FORMAT, fingerprint, epoch: 0, step: 0, learning_rate, history: Vec::new(), best_epoch: None }
    }

    /// The record of the best epoch.
    pub fn best(&self) -> Option<&EpochRecord> {
        self.history.iter().find(|record| Some(record.epoch) == self.best_epoch)
    }
}

/// A training as it stands at the end of an epoch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checkpoint {
    pub state: State,
    pub weights: Weights,
    pub moments: Moments,
    /// Weights of the best epoch; none while there is none.
    pub best: Weights,
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

impl Checkpoint {
    /// Writes the checkpoint over an earlier one.
    ///
    /// # Errors
    /// A [`Fault`] that names the file; the earlier one stays.
    pub fn write(&self, folder: &Path) -> Result<(), Fault> {
        let mut arrays = BTreeMap::new();
        for (prefix, weights) in [("weights", &self.weights), ("best", &self.best)] {
            for (name, array) in weights {
                arrays.insert(format!("{prefix}/{name}"), array.clone());
            }
        }
        for (name, (first, second)) in &self.moments {
            for (prefix, values) in [("first", first), ("second", second)] {
                let array = Array { shape: vec![values.len()], values: values.clone() };
                arrays.insert(format!("{prefix}/{name}"), array);
            }
        }
        let path = path(folder);
        let bytes = to_bytes(&arrays, &self.state).map_err(|e| fault::unwritable(&path, e))?;
        std::fs::create_dir_all(folder)
            .and_then(|()| write_atomically(&path, &bytes))
            .map_err(|e| fault::unwritable(&path, e))
    }

    /// Reads the checkpoint of the training with the given fingerprint. None if there is none.
    ///
    /// # Errors
    /// Why the one that is there cannot be used, in words.
    pub fn read(folder: &Path, fingerprint: &str) -> Result<Option<Self>, String> {
        let bytes = match std::fs::read(path(folder)) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e.to_string()),
        };
        let (arrays, state): (_, State) = from_bytes(&bytes)?;
        if state.format != FORMAT {
            return Err(format!("it is of format {}, and this program reads {FORMAT}", state.format));
        }
        if state.fingerprint != fingerprint {
            return Err("it belongs to a training with other settings, data or layers".to_owned());
        }
        let mut checkpoint = Self { state, weights: Weights::new(), moments: Moments::new(), best: Weights::new() };
        for (name, array) in arrays {
            let Some((prefix, name)) = name.split_once('/') else { continue };
            let name = name.to_owned();
            match prefix {
                "weights" => drop(checkpoint.weights.insert(name, array)),
                "best" => drop(checkpoint.best.insert(name, array)),
                "first" => checkpoint.moments.entry(name).or_default().0 = array.values,
                "second" => checkpoint.moments.entry(name).or_default().1 = array.values,
                _ => {}
            }
        }
        Ok(Some(checkpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(epoch: u32, accuracy: Option<f64>, loss: Option<f64>) -> EpochRecord {
        EpochRecord {
            epoch,
            step: 10,
            train_loss: 0.1 + 0.2,
            train_accuracy: 0.5,
            validation_loss: loss,
            validation_accuracy: accuracy,
            learning_rate: 1e-3,
        }
    }

    #[test]
    fn the_best_epoch_is_found_by_accuracy_then_loss() {
        let base = record(1, Some(0.9), Some(0.5));
        assert!(record(2, Some(0.91), Some(0.9)).better_than(&base));
        assert!(record(2, Some(0.9), Some(0.4)).better_than(&base));
        assert!(!record(2, Some(0.9), Some(0.5)).better_than(&base));
        assert!(!record(2, Some(0.8), Some(0.1)).better_than(&base));
        assert!(record(2, None, None).better_than(&record(1, None, None)));
    }

    #[test]
    fn a_checkpoint_comes_back_exactly_and_only_to_its_own_training() {
        let folder = tempfile::tempdir().unwrap();
        let weights = Weights::from([(
            "fc.weight".to_owned(),
            Array { shape: vec![1, 3], values: vec![0.1, f32::MIN_POSITIVE / 3.0, -1.0e-30] },
        )]);
        let mut state = State::new("abc".into(), 0.1 + 0.2);
        state.history.push(record(1, Some(1.0 / 3.0), Some(2.0 / 3.0)));
        state.best_epoch = Some(1);
        let moments = Moments::from([("fc.weight".to_owned(), (vec![0.3, -0.1, 1e-20], Vec::new()))]);
        let written = Checkpoint { state, best: weights.clone(), weights, moments };
        assert_eq!(Checkpoint::read(folder.path(), "abc"), Ok(None));
        written.write(folder.path()).unwrap();
        assert_eq!(Checkpoint::read(folder.path(), "abc"), Ok(Some(written)));
        assert!(Checkpoint::read(folder.path(), "abd").unwrap_err().contains("other settings"));
        std::fs::write(path(folder.path()), b"torn").unwrap();
        assert!(Checkpoint::read(folder.path(), "abc").is_err());
    }
}
