//! Measures of classification from plain arrays of classes.
//!
//! Definitions are those of scikit-learn with `zero_division=0` and `labels=range(classes)`: a class that does not
//! occur counts in the macro average, with 0. This module knows no samples and no models.

use serde::{Deserialize, Serialize};

/// Why measures cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// The arrays differ in length.
    #[error("{truth} true classes and {predicted} predicted ones cannot be compared: give one of each per sample")]
    Lengths {
        /// True classes.
        truth: usize,
        /// Predicted classes.
        predicted: usize,
    },
    /// A class does not exist.
    #[error("the {kind} class {class} of sample {sample} does not exist: there are {classes} classes, from 0")]
    Class {
        /// 'true' or 'predicted'.
        kind: &'static str,
        /// The class.
        class: u32,
        /// Sample, counted from 0.
        sample: usize,
        /// Number of classes.
        classes: usize,
    },
    /// There is nothing to judge.
    #[error("there is no sample to judge: check the rows that reach the evaluation")]
    Empty,
}

/// How often samples of each class were predicted as each class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// Counts predictions; one true and one predicted class per sample, each below `classes`.
    ///
    /// # Errors
    /// [`MetricError`] if the arrays differ in length, are empty, or hold a class that does not exist.
    pub fn new(truth: &[u32], predicted: &[u32], classes: usize) -> Result<Self, MetricError> {
        if truth.len() != predicted.len() {
            return Err(MetricError::Lengths { truth: truth.len(), predicted: predicted.len() });
        }
        if truth.is_empty() {
            return Err(MetricError::Empty);
        }
        let mut counts = vec![0; classes * classes];
        for (sample, (&true_class, &predicted_class)) in truth.iter().zip(predicted).enumerate() {
            for (kind, class) in [("true", true_class), ("predicted", predicted_class)] {
                if class as usize >= classes {
                    return Err(MetricError::Class { kind, class, sample, classes });
                }
            }
            counts[true_class as usize * classes + predicted_class as usize] += 1;
        }
        Ok(Self { classes, counts })
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Samples of the true class `truth` predicted as `predicted`; 0 for a class that does not exist.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        if predicted >= self.classes {
            return 0;
        }
        self.counts.get(truth * self.classes + predicted).copied().unwrap_or(0)
    }

    /// One row per true class, one column per predicted class.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }

    /// Number of samples.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Share of samples predicted as what they are.
    pub fn accuracy(&self) -> f64 {
        ratio((0..self.classes).map(|class| self.count(class, class)).sum(), self.total())
    }

    /// Measures of each class against all others.
    pub fn per_class(&self) -> Vec<ClassScores> {
        (0..self.classes)
            .map(|class| {
                let hits = self.count(class, class);
                let support = (0..self.classes).map(|other| self.count(class, other)).sum();
                let claimed = (0..self.classes).map(|other| self.count(other, class)).sum();
                ClassScores {
                    precision: ratio(hits, claimed),
                    recall: ratio(hits, support),
                    f1: ratio(2 * hits, support + claimed),
                    support,
                }
            })
            .collect()
    }
}

/// Measures of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// Of the samples predicted as this class, the share that are; 0 if there are none.
    pub precision: f64,
    /// Of the samples of this class, the share predicted as it; 0 if there are none.
    pub recall: f64,
    /// Harmonic mean of precision and recall; 0 if both are undefined.
    pub f1: f64,
    /// Samples of this class.
    pub support: u64,
}

/// Unweighted means over all classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MacroScores {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1.
    pub f1: f64,
}

/// The judgement of a classifier on one set of samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// Share of samples predicted as what they are.
    pub accuracy: f64,
    /// Measures of each class, in the order of the classes.
    pub per_class: Vec<ClassScores>,
    /// Means over the classes.
    pub macro_average: MacroScores,
    /// Who was taken for whom.
    pub confusion: ConfusionMatrix,
}

/// Judges predictions; one true and one predicted class per sample, each below `classes`.
///
/// # Errors
/// As [`ConfusionMatrix::new`].
pub fn classification(truth: &[u32], predicted: &[u32], classes: usize) -> Result<Classification, MetricError> {
    let confusion = ConfusionMatrix::new(truth, predicted, classes)?;
    let per_class = confusion.per_class();
    let mean = |score: &dyn Fn(&ClassScores) -> f64| per_class.iter().map(score).sum::<f64>() / classes as f64;
    Ok(Classification {
        accuracy: confusion.accuracy(),
        macro_average: MacroScores {
            precision: mean(&|scores| scores.precision),
            recall: mean(&|scores| scores.recall),
            f1: mean(&|scores| scores.f1),
        },
        per_class,
        confusion,
    })
}

/// A quotient, 0 where it is undefined.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, and as `sklearn.metrics.classification_report` gives it with `zero_division=0`:
    /// class 0: 2 of 2 found, 3 claimed; class 1: 1 of 3 found, 1 claimed; class 2: 1 of 1 found, 2 claimed;
    /// class 3 does not occur.
    #[test]
    fn agrees_with_values_worked_out_by_hand() {
        let judged = classification(&[0, 0, 1, 1, 1, 2], &[0, 0, 0, 1, 2, 2], 4).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        close(judged.accuracy, 4.0 / 6.0);
        let expected =
            [(2.0 / 3.0, 1.0, 0.8, 2), (1.0, 1.0 / 3.0, 0.5, 3), (0.5, 1.0, 2.0 / 3.0, 1), (0.0, 0.0, 0.0, 0)];
        for (scores, (precision, recall, f1, support)) in judged.per_class.iter().zip(expected) {
            close(scores.precision, precision);
            close(scores.recall, recall);
            close(scores.f1, f1);
            assert_eq!(scores.support, support);
        }
        close(judged.macro_average.precision, (2.0 / 3.0 + 1.0 + 0.5) / 4.0);
        close(judged.macro_average.recall, (1.0 + 1.0 / 3.0 + 1.0) / 4.0);
        close(judged.macro_average.f1, (0.8 + 0.5 + 2.0 / 3.0) / 4.0);
        let rows: Vec<&[u64]> = judged.confusion.rows().collect();
        assert_eq!(rows, [&[2, 0, 0, 0], &[1, 1, 1, 0], &[0, 0, 1, 0], &[0, 0, 0, 0]]);
        assert_eq!((judged.confusion.total(), judged.confusion.count(1, 2), judged.confusion.count(9, 9)), (6, 1, 0));
    }

    #[test]
    fn refuses_what_cannot_be_judged() {
        let message = |truth: &[u32], predicted: &[u32]| classification(truth, predicted, 2).unwrap_err().to_string();
        assert!(message(&[0, 1], &[0]).contains("2 true classes and 1 predicted"));
        assert!(message(&[0, 1], &[0, 2]).contains("predicted class 2 of sample 1"));
        assert!(message(&[3], &[0]).contains("true class 3 of sample 0"));
        assert!(message(&[], &[]).contains("no sample"));
    }
}
