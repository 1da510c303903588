//! Weights as plain named arrays in host memory: how they begin, and the form in which they are stored.
//!
//! Names are `LAYER.weight` and `LAYER.bias`, for batch normalisation `LAYER.running_mean` and `LAYER.running_var` too.
//! Layouts are PyTorch's, so that a file can be read there as it is: linear `[units, features]`, convolution
//! `[filters, channels, kernel, kernel]`.
//!
//! The start is drawn here from our own random streams, not by a backend, so that it is the same on every device.

use std::collections::BTreeMap;

use weft_data::random::{Rng, stream};
use weft_model::layers::{LayerGraph, LayerKind, NetworkReport};

/// An array of numbers with its shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Array {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// The numbers, the last dimension running fastest.
    pub values: Vec<f32>,
}

impl Array {
    /// An array of one value throughout.
    pub fn filled(shape: &[usize], value: f32) -> Self {
        Self { shape: shape.to_vec(), values: vec![value; shape.iter().product()] }
    }
}

/// All weights of a network by name.
pub type Weights = BTreeMap<String, Array>;

/// Whether every number is finite.
pub fn all_finite(weights: &Weights) -> bool {
    weights.values().all(|array| array.values.iter().all(|v| v.is_finite()))
}

/// The weights that a network starts from: PyTorch's defaults, uniform in ±1/√fan-in for weights and biases of
/// convolutions and linear layers (Kaiming He et al., 2015, with a = √5), 1 and 0 for batch normalisation.
///
/// Each array has a random stream of its own, derived from the seed and its name.
pub fn initial_weights(graph: &LayerGraph, report: &NetworkReport, seed: u64) -> Weights {
    let mut weights = Weights::new();
    for (layer, known) in graph.layers.iter().zip(&report.layers) {
        let mut uniform = |what: &str, shape: Vec<usize>, fan_in: usize| {
            let name = format!("{}.{what}", layer.name);
            let bound = 1.0 / (fan_in.max(1) as f32).sqrt();
            let mut random = stream(seed, &["weights".into(), name.as_str().into()]);
            let count = shape.iter().product();
            let values = (0..count).map(|_| (unit(random.next_u32()) * 2.0 - 1.0) * bound).collect();
            weights.insert(name, Array { shape, values });
        };
        match &layer.kind {
            LayerKind::Conv2d { filters, kernel, bias, .. } => {
                let channels = known.input_shape[0];
                let fan_in = channels * kernel * kernel;
                uniform("weight", vec![*filters, channels, *kernel, *kernel], fan_in);
                if *bias {
                    uniform("bias", vec![*filters], fan_in);
                }
            }
            LayerKind::Linear { units, bias } => {
                let features = known.input_shape[0];
                uniform("weight", vec![*units, features], features);
                if *bias {
                    uniform("bias", vec![*units], features);
                }
            }
            LayerKind::BatchNorm {} => {
                let channels = [known.input_shape[0]];
                for (what, value) in [("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)] {
                    weights.insert(format!("{}.{what}", layer.name), Array::filled(&channels, value));
                }
            }
            _ => {}
        }
    }
    weights
}

/// 24 random bits as a number from 0 to below 1.
fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 / (1 << 24) as f32
}

/// Rows to columns: `[rows, columns]` to `[columns, rows]`.
pub(crate) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    for column in 0..columns {
        out.extend((0..rows).map(|row| values[row * columns + column]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_depends_on_the_seed_and_stays_within_its_bounds() {
        let graph = LayerGraph::lenet5();
        let report = graph.analyse(&[1, 28, 28]).unwrap();
        let weights = initial_weights(&graph, &report, 1);
        assert_eq!(weights, initial_weights(&graph, &report, 1));
        assert_ne!(weights, initial_weights(&graph, &report, 2));
        assert_eq!(weights["fc1.weight"].shape, [120, 400]);
        let count: usize = weights.values().map(|a| a.values.len()).sum();
        assert_eq!(count as u64, report.parameters);
        let fc1 = &weights["fc1.weight"].values;
        assert!(fc1.iter().all(|v| v.abs() <= 0.05));
        let mean = fc1.iter().sum::<f32>() / fc1.len() as f32;
        assert!(mean.abs() < 1e-3, "{mean}");
    }

    #[test]
    fn transposing_twice_changes_nothing() {
        let values: Vec<f32> = (0..6).map(|v| v as f32).collect();
        assert_eq!(transposed(&values, 2, 3), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert_eq!(transposed(&transposed(&values, 2, 3), 3, 2), values);
    }
}
