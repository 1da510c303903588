//! What is known of a task's work before anything was measured: how many samples pass through it, what its network costs.
//! Found along the wires, from parameters and the sizes of files: the data themselves are not read, so that these are
//! rough numbers. What was measured is kept for each unit of [`Facts::work`], so that it holds for more epochs and other
//! data alike.
//!
//! Must not know of devices.

use std::path::Path;

use weft_model::{LayerGraph, Node, NodeKind};

/// Bytes of an image before anything is known of it: 28 by 28, grey.
const IMAGE_BYTES: f64 = 784.0;
/// The shape that networks are looked at with, for want of a better one.
const IMAGE: [usize; 3] = [1, 28, 28];
/// How much smaller compressed images are.
const COMPRESSED: f64 = 4.7;
/// Operations of a forward pass where the network cannot be looked at.
const FLOPS: f64 = 1e6;
/// Operations of a training step for each of a forward pass: forward, and backward by inputs and by weights.
const TRAINING: f64 = 3.0;
/// Numbers that training holds for each parameter: itself, its gradient and two moments.
const HELD: f64 = 4.0;

/// What is known of a task and of what it gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Facts {
    /// Samples for training that it gives.
    pub samples: f64,
    /// Samples for testing that it gives.
    pub tests: f64,
    /// Operations of a forward pass of one sample through the network that it gives.
    pub flops: f64,
    /// Learned numbers of that network.
    pub parameters: f64,
    /// Outputs of all its layers for one sample [bytes].
    pub activation_bytes: f64,
    /// Units of its own work: billions of operations, thousands of samples, or 1.
    pub work: f64,
    /// Operations in all; 0 where it is no matter of operations.
    pub operations: f64,
    /// What its results take [bytes].
    pub output_bytes: f64,
}

impl Default for Facts {
    fn default() -> Self {
        let (samples, tests) = (60_000.0, 10_000.0);
        Self {
            samples,
            tests,
            flops: FLOPS,
            parameters: 1e5,
            activation_bytes: 1e5,
            work: 1.0,
            operations: 0.0,
            output_bytes: 4e3,
        }
    }
}

impl Facts {
    /// Of a node, with what is known of those that feed it, by input.
    pub(crate) fn of<'a>(
        node: &Node,
        kind: &NodeKind,
        base_dir: &Path,
        inputs: impl Iterator<Item = (&'a str, &'a Facts)>,
    ) -> Self {
        let mut facts = Self::default();
        let number = |id: &str| node.param(id).and_then(|v| v.as_f64()).filter(|v| v.is_finite());
        for (port, from) in inputs {
            match port {
                "network" | "model" => {
                    (facts.flops, facts.parameters) = (from.flops, from.parameters);
                    facts.activation_bytes = from.activation_bytes;
                }
                _ => (facts.samples, facts.tests) = (from.samples, from.tests),
            }
        }
        match kind.id {
            "image_dataset" => {
                let folder = node.param("path").and_then(|v| v.as_str().map(|p| base_dir.join(p)));
                let found = folder.and_then(|f| images_in(&f));
                if let Some((samples, tests)) = found {
                    (facts.samples, facts.tests) = (samples, tests);
                }
                if let Some(limit) = number("limit").filter(|n| *n > 0.0) {
                    (facts.samples, facts.tests) = (facts.samples.min(limit), facts.tests.min(limit));
                }
                facts.work = (facts.samples + facts.tests) / 1e3;
            }
            "split" => {
                facts.work = facts.samples / 1e3;
                facts.samples *= 1.0 - number("validation").unwrap_or(0.1).clamp(0.0, 0.99);
            }
            "normalise" => facts.work = (facts.samples + facts.tests) / 1e3,
            "network" => {
                let layers = node.param("layers");
                if let Some(report) = layers.as_ref().and_then(|v| v.as_layers()).and_then(report) {
                    facts.flops = report.flops as f64;
                    facts.parameters = report.parameters as f64;
                    facts.activation_bytes = report.activation_bytes as f64;
                }
                facts.output_bytes = 8e3;
            }
            "train" => {
                let epochs = number("epochs").unwrap_or(1.0).max(1.0);
                facts.operations = TRAINING * facts.flops * facts.samples * epochs;
                facts.output_bytes = 4.0 * facts.parameters;
            }
            "evaluate" => facts.operations = facts.flops * facts.tests,
            _ => {}
        }
        if facts.operations > 0.0 {
            facts.work = facts.operations / 1e9;
        }
        facts.work = facts.work.max(1e-6);
        facts
    }

    /// Memory that a task needs beyond what any worker takes, with so many samples at a time [bytes].
    pub(crate) fn working_bytes(&self, kind: &NodeKind, batch: f64) -> f64 {
        let data = IMAGE_BYTES * (self.samples + self.tests);
        match kind.id {
            "train" => data + 4.0 * HELD * self.parameters + 2.0 * self.activation_bytes * batch,
            "evaluate" => data + 4.0 * self.parameters + self.activation_bytes * batch,
            "image_dataset" | "split" | "normalise" => 2.0 * data,
            _ => 0.0,
        }
    }
}

fn report(layers: &LayerGraph) -> Option<weft_model::layers::NetworkReport> {
    layers.analyse(&IMAGE).ok()
}

/// How many images for training and for testing a folder seems to hold, by the sizes of its files.
fn images_in(folder: &Path) -> Option<(f64, f64)> {
    let (mut samples, mut tests) = (0.0, 0.0);
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.contains("images-idx3") && !name.contains("images.idx3") {
            continue;
        }
        let bytes = entry.metadata().ok()?.len() as f64;
        let count = (bytes * if name.ends_with(".gz") { COMPRESSED } else { 1.0 } / IMAGE_BYTES).max(1.0);
        if name.starts_with("t10k") { tests += count } else { samples += count }
    }
    (samples > 0.0).then_some((samples, tests.max(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_model::Value;

    fn facts(kind: &str, params: &[(&str, Value)], inputs: &[(&str, &Facts)]) -> Facts {
        let mut node = Node::new(kind, "n", [0.0; 2]);
        node.params = params.iter().map(|(id, v)| ((*id).to_owned(), v.clone())).collect();
        let decl = node.decl().expect("a kind");
        Facts::of(&node, decl, Path::new("."), inputs.iter().copied())
    }

    #[test]
    fn work_grows_with_epochs_samples_and_the_network() {
        let data = facts("image_dataset", &[("limit", Value::Int(2_000))], &[]);
        assert_eq!((data.samples, data.tests), (2_000.0, 2_000.0));
        let split = facts("split", &[("validation", Value::Float(0.25))], &[("samples", &data)]);
        assert_eq!(split.samples, 1_500.0);
        let network = facts("network", &[], &[]);
        let train = |epochs: i64| {
            let inputs = [("network", &network), ("train", &split)];
            facts("train", &[("epochs", Value::Int(epochs))], &inputs)
        };
        let (one, three) = (train(1), train(3));
        assert!((three.work / one.work - 3.0).abs() < 1e-9 && one.operations > 1e8, "{one:?}");
        let judged = facts("evaluate", &[], &[("model", &one), ("test", &split)]);
        assert!(judged.work < one.work && judged.flops == network.flops, "{judged:?}");
        let kind = weft_model::catalogue::kind("train").expect("a kind");
        assert!(one.working_bytes(kind, 256.0) > one.working_bytes(kind, 32.0));
    }

    #[test]
    fn images_are_counted_by_the_sizes_of_files() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(images_in(folder.path()), None);
        std::fs::write(folder.path().join("train-images-idx3-ubyte"), vec![0; 16 + 784 * 50]).expect("written");
        std::fs::write(folder.path().join("t10k-images-idx3-ubyte"), vec![0; 16 + 784 * 10]).expect("written");
        let (samples, tests) = images_in(folder.path()).expect("images");
        assert!((samples - 50.0).abs() < 0.1 && (tests - 10.0).abs() < 0.1, "{samples} {tests}");
    }
}
