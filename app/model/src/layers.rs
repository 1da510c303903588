//! Networks as graphs of layer specifications: what a network node holds, and what becomes a module at run time.
//!
//! Shapes leave out the batch dimension: an image is `[channels, height, width]`, a vector `[features]`.
//! FLOPs count a multiply and an add as two operations, for the forward pass of one sample.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::text::Localised;

/// Problems of one network that are told: its layers come from a file.
const MOST_PROBLEMS: usize = 1_000;

/// The name by which layers refer to what the network is given.
pub const INPUT: &str = "input";

/// What one layer does, with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LayerKind {
    /// Two-dimensional convolution with a square kernel. `[c, h, w]` to `[filters, h', w']`.
    Conv2d {
        /// Channels that come out.
        filters: usize,
        /// Side of the kernel [px].
        kernel: usize,
        /// Step of the kernel [px].
        #[serde(default = "one")]
        stride: usize,
        /// Zeros added on every side [px].
        #[serde(default)]
        padding: usize,
        /// Whether a bias is added to each channel.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Largest value of each window.
    MaxPool2d {
        /// Side of the window [px].
        kernel: usize,
        /// Step of the window [px].
        stride: usize,
    },
    /// Mean value of each window.
    AvgPool2d {
        /// Side of the window [px].
        kernel: usize,
        /// Step of the window [px].
        stride: usize,
    },
    /// Mean of each channel: `[c, h, w]` to `[c]`.
    GlobalAvgPool2d {},
    /// Fully connected. `[features]` to `[units]`.
    Linear {
        /// Features that come out.
        units: usize,
        /// Whether a bias is added.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Normalisation of each channel over the batch (Ioffe and Szegedy, 2015), with learned scale and shift.
    BatchNorm {},
    /// Sets a share of the values to zero while training (Srivastava et al., 2014).
    Dropout {
        /// Share of the values that is dropped, 0 to below 1.
        rate: f64,
    },
    /// max(0, x).
    Relu {},
    /// x Φ(x) (Hendrycks and Gimpel, 2016).
    Gelu {},
    /// x σ(x).
    Silu {},
    /// Hyperbolic tangent.
    Tanh {},
    /// 1 / (1 + exp(-x)).
    Sigmoid {},
    /// All values in one row: `[c, h, w]` to `[c h w]`.
    Flatten {},
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}

impl LayerKind {
    /// The identifier of the layer's type, as it stands in project files.
    pub fn id(&self) -> &'static str {
        match self {
            LayerKind::Conv2d { .. } => "conv2d",
            LayerKind::MaxPool2d { .. } => "max_pool2d",
            LayerKind::AvgPool2d { .. } => "avg_pool2d",
            LayerKind::GlobalAvgPool2d {} => "global_avg_pool2d",
            LayerKind::Linear { .. } => "linear",
            LayerKind::BatchNorm {} => "batch_norm",
            LayerKind::Dropout { .. } => "dropout",
            LayerKind::Relu {} => "relu",
            LayerKind::Gelu {} => "gelu",
            LayerKind::Silu {} => "silu",
            LayerKind::Tanh {} => "tanh",
            LayerKind::Sigmoid {} => "sigmoid",
            LayerKind::Flatten {} => "flatten",
        }
    }
}

/// One layer of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Name, unique within the network; weights are stored under it.
    pub name: String,
    /// Names of the layers whose outputs come in, or [`INPUT`]. Every type of this version takes exactly one.
    pub inputs: Vec<String>,
    /// What the layer does.
    #[serde(flatten)]
    pub kind: LayerKind,
}

/// A network: layers in an order in which each comes after its inputs. The last one is the output.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerGraph {
    /// The layers.
    pub layers: Vec<Layer>,
}

/// What is known of one layer once the network's input shape is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    /// The layer's name.
    pub name: String,
    /// Shape of what comes in, without the batch dimension.
    pub input_shape: Vec<usize>,
    /// Shape of what comes out, without the batch dimension.
    pub shape: Vec<usize>,
    /// Learned numbers.
    pub parameters: u64,
    /// Operations of the forward pass of one sample.
    pub flops: u64,
    /// What the layer's output takes for one sample, at four bytes a number.
    pub activation_bytes: u64,
}

/// What is known of a network once its input shape is known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct NetworkReport {
    /// One report a layer, in the network's order.
    pub layers: Vec<LayerReport>,
    /// Learned numbers in all.
    pub parameters: u64,
    /// Operations of the forward pass of one sample.
    pub flops: u64,
    /// Outputs of all layers for one sample [bytes].
    pub activation_bytes: u64,
    /// Shape of what the network gives, without the batch dimension.
    pub output_shape: Vec<usize>,
}

/// What is wrong with a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerProblem {
    /// The layer's name, where one layer is at fault.
    pub layer: Option<String>,
    /// What is wrong, and what to do about it.
    pub message: Localised,
}

impl LayerGraph {
    /// A chain: each layer takes what the one before it gives.
    pub fn chain(layers: impl IntoIterator<Item = (&'static str, LayerKind)>) -> Self {
        let mut previous = INPUT.to_owned();
        let layers = layers
            .into_iter()
            .map(|(name, kind)| Layer {
                name: name.to_owned(),
                inputs: vec![std::mem::replace(&mut previous, name.to_owned())],
                kind,
            })
            .collect();
        Self { layers }
    }

    /// LeNet-5 (LeCun et al., 1998) in its usual modern form: padded first convolution, max pooling and ReLU.
    /// 61,706 parameters for an input of `[1, 28, 28]` and ten classes.
    pub fn lenet5() -> Self {
        let conv = |filters, padding| LayerKind::Conv2d { filters, kernel: 5, stride: 1, padding, bias: true };
        let pool = || LayerKind::MaxPool2d { kernel: 2, stride: 2 };
        let linear = |units| LayerKind::Linear { units, bias: true };
        Self::chain([
            ("conv1", conv(6, 2)),
            ("relu1", LayerKind::Relu {}),
            ("pool1", pool()),
            ("conv2", conv(16, 0)),
            ("relu2", LayerKind::Relu {}),
            ("pool2", pool()),
            ("flatten", LayerKind::Flatten {}),
            ("fc1", linear(120)),
            ("relu3", LayerKind::Relu {}),
            ("fc2", linear(84)),
            ("relu4", LayerKind::Relu {}),
            ("out", linear(10)),
        ])
    }

    /// A multilayer perceptron of two hidden layers with dropout.
    pub fn mlp() -> Self {
        let linear = |units| LayerKind::Linear { units, bias: true };
        Self::chain([
            ("flatten", LayerKind::Flatten {}),
            ("fc1", linear(512)),
            ("relu1", LayerKind::Relu {}),
            ("drop1", LayerKind::Dropout { rate: 0.2 }),
            ("fc2", linear(256)),
            ("relu2", LayerKind::Relu {}),
            ("out", linear(10)),
        ])
    }

    /// Shapes, parameters, FLOPs and memory of every layer for an input of `shape` (without the batch dimension).
    ///
    /// # Errors
    /// Every problem that can be found: layers that depend on a broken one are not reported again.
    pub fn analyse(&self, shape: &[usize]) -> Result<NetworkReport, Vec<LayerProblem>> {
        let mut problems = Vec::new();
        let mut report = NetworkReport::default();
        if self.layers.is_empty() {
            return Err(vec![LayerProblem {
                layer: None,
                message: Localised::new(
                    "the network has no layers: add at least one",
                    "网络没有任何层：请至少添加一层",
                ),
            }]);
        }
        // None: the layer stands, but what it gives is unknown because something before it is broken.
        let mut shapes: Shapes<'_> = HashMap::from([(INPUT, Some(shape.to_vec()))]);
        for layer in &self.layers {
            if problems.len() >= MOST_PROBLEMS {
                break;
            }
            if shapes.contains_key(layer.name.as_str()) {
                problems.push(problem(
                    layer,
                    format!("two layers are named '{}': rename one", layer.name),
                    format!("有两层都叫“{}”：请改名", layer.name),
                ));
            }
            let output = self.layer_output(layer, &shapes, &mut problems);
            if let Some((input_shape, done)) = &output {
                report.parameters = report.parameters.saturating_add(done.parameters);
                report.flops = report.flops.saturating_add(done.flops);
                let activation_bytes = elements(&done.shape).saturating_mul(4);
                report.activation_bytes = report.activation_bytes.saturating_add(activation_bytes);
                report.output_shape.clone_from(&done.shape);
                report.layers.push(LayerReport {
                    name: layer.name.clone(),
                    input_shape: input_shape.clone(),
                    shape: done.shape.clone(),
                    parameters: done.parameters,
                    flops: done.flops,
                    activation_bytes,
                });
            }
            shapes.insert(&layer.name, output.map(|(_, done)| done.shape));
        }
        if problems.is_empty() { Ok(report) } else { Err(problems) }
    }

    fn layer_output(
        &self,
        layer: &Layer,
        shapes: &Shapes<'_>,
        problems: &mut Vec<LayerProblem>,
    ) -> Option<(Vec<usize>, LayerOutput)> {
        let [input] = layer.inputs.as_slice() else {
            problems.push(problem(
                layer,
                format!("layer '{}' has {} inputs, and takes exactly one", layer.name, layer.inputs.len()),
                format!("层“{}”有 {} 个输入，应当恰好一个", layer.name, layer.inputs.len()),
            ));
            return None;
        };
        let Some(known) = shapes.get(input.as_str()) else {
            problems.push(problem(
                layer,
                format!("layer '{}' takes its input from '{input}', which does not come before it", layer.name),
                format!("层“{}”的输入“{input}”不在它之前", layer.name),
            ));
            return None;
        };
        let known = known.clone()?;
        match output_of(&layer.kind, &known) {
            Ok(done) => Some((known, done)),
            Err(message) => {
                problems.push(problem(
                    layer,
                    format!("layer '{}': {}", layer.name, message.en),
                    format!("层“{}”：{}", layer.name, message.zh),
                ));
                None
            }
        }
    }
}

/// What each layer gives by its name; none where that is unknown because something before it is broken.
type Shapes<'a> = HashMap<&'a str, Option<Vec<usize>>>;

struct LayerOutput {
    shape: Vec<usize>,
    parameters: u64,
    flops: u64,
}

fn problem(layer: &Layer, en: String, zh: String) -> LayerProblem {
    LayerProblem { layer: Some(layer.name.clone()), message: Localised::new(en, zh) }
}

/// Sizes come from files: where a product is beyond all bounds it stays at the bound, and no memory will do.
fn elements(shape: &[usize]) -> u64 {
    shape.iter().fold(1, |product: u64, &n| product.saturating_mul(n as u64))
}

/// `[1, 28, 28]` as `1×28×28`.
pub fn shape_text(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}

/// What a layer gives for an input of `shape`, or what keeps it from it.
fn output_of(kind: &LayerKind, shape: &[usize]) -> Result<LayerOutput, Localised> {
    let image = || match shape {
        [c, h, w] => Ok((*c, *h, *w)),
        _ => Err(Localised::new(
            format!("needs an image [channels, height, width] and is given {}", shape_text(shape)),
            format!("需要图像 [通道, 高, 宽]，得到的是 {}", shape_text(shape)),
        )),
    };
    let window = |size: usize, kernel: usize, stride: usize, padding: usize| {
        if kernel == 0 || stride == 0 {
            return Err(Localised::new("kernel and stride must be at least 1", "核与步长至少为 1"));
        }
        let padded = size.saturating_add(padding.saturating_mul(2));
        if kernel > padded {
            return Err(Localised::new(
                format!("a window of {kernel} does not fit into {padded}: make it smaller, or pad the input"),
                format!("大小为 {kernel} 的窗口放不进 {padded}：请缩小窗口或增加填充"),
            ));
        }
        Ok((padded - kernel) / stride + 1)
    };
    let same = |flops_each: u64| LayerOutput {
        shape: shape.to_vec(),
        parameters: 0,
        flops: elements(shape).saturating_mul(flops_each),
    };
    Ok(match kind {
        LayerKind::Conv2d { filters, kernel, stride, padding, bias } => {
            let (c, h, w) = image()?;
            if *filters == 0 {
                return Err(Localised::new("needs at least one filter", "至少需要一个卷积核"));
            }
            let (oh, ow) = (window(h, *kernel, *stride, *padding)?, window(w, *kernel, *stride, *padding)?);
            let weights = elements(&[*filters, c, *kernel, *kernel]);
            let bias = if *bias { *filters as u64 } else { 0 };
            let places = elements(&[oh, ow]);
            LayerOutput {
                shape: vec![*filters, oh, ow],
                parameters: weights.saturating_add(bias),
                flops: weights.saturating_mul(2).saturating_add(bias).saturating_mul(places),
            }
        }
        LayerKind::MaxPool2d { kernel, stride } | LayerKind::AvgPool2d { kernel, stride } => {
            let (c, h, w) = image()?;
            let shape = vec![c, window(h, *kernel, *stride, 0)?, window(w, *kernel, *stride, 0)?];
            let flops = elements(&shape).saturating_mul(elements(&[*kernel, *kernel]));
            LayerOutput { shape, parameters: 0, flops }
        }
        LayerKind::GlobalAvgPool2d {} => {
            let (c, h, w) = image()?;
            LayerOutput { shape: vec![c], parameters: 0, flops: elements(&[c, h, w]) }
        }
        LayerKind::Linear { units, bias } => {
            let [features] = shape else {
                return Err(Localised::new(
                    format!("needs a vector and is given {}: put a Flatten layer before it", shape_text(shape)),
                    format!("需要向量，得到的是 {}：请在它前面加一个展平层", shape_text(shape)),
                ));
            };
            if *units == 0 {
                return Err(Localised::new("needs at least one unit", "至少需要一个单元"));
            }
            let weights = elements(&[*features, *units]);
            let bias = if *bias { *units as u64 } else { 0 };
            LayerOutput {
                shape: vec![*units],
                parameters: weights.saturating_add(bias),
                flops: weights.saturating_mul(2).saturating_add(bias),
            }
        }
        LayerKind::BatchNorm {} => {
            let channels = *shape.first().ok_or_else(|| Localised::new("has no input", "没有输入"))?;
            LayerOutput {
                shape: shape.to_vec(),
                parameters: 2 * channels as u64,
                flops: elements(shape).saturating_mul(2),
            }
        }
        LayerKind::Dropout { rate } => {
            if !(0.0..1.0).contains(rate) {
                return Err(Localised::new(
                    format!("a rate of {rate} is not between 0 and 1"),
                    format!("比例 {rate} 不在 0 与 1 之间"),
                ));
            }
            same(1)
        }
        LayerKind::Relu {} => same(1),
        LayerKind::Gelu {} | LayerKind::Silu {} | LayerKind::Tanh {} | LayerKind::Sigmoid {} => same(4),
        LayerKind::Flatten {} => LayerOutput { shape: vec![elements(shape) as usize], parameters: 0, flops: 0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lenet5_has_the_published_number_of_parameters() {
        let report = LayerGraph::lenet5().analyse(&[1, 28, 28]).unwrap();
        assert_eq!(report.parameters, 61_706);
        assert_eq!(report.output_shape, [10]);
        assert_eq!(report.layers[6].shape, [400]);
        assert_eq!(report.layers[0].flops, 2 * 150 * 784 + 6 * 784);
    }

    #[test]
    fn mlp_takes_any_image() {
        let report = LayerGraph::mlp().analyse(&[3, 32, 32]).unwrap();
        assert_eq!(report.layers[1].input_shape, [3072]);
    }

    fn errors(graph: LayerGraph, shape: &[usize]) -> Vec<String> {
        graph.analyse(shape).unwrap_err().into_iter().map(|p| p.message.en).collect()
    }

    #[test]
    fn a_linear_layer_on_an_image_says_flatten() {
        let graph = LayerGraph::chain([("fc", LayerKind::Linear { units: 10, bias: true })]);
        assert_eq!(
            errors(graph, &[1, 28, 28]),
            ["layer 'fc': needs a vector and is given 1×28×28: put a Flatten layer before it"]
        );
    }

    #[test]
    fn a_broken_layer_is_reported_once_and_not_again_by_those_after_it() {
        let graph = LayerGraph::chain([
            ("pool", LayerKind::MaxPool2d { kernel: 40, stride: 2 }),
            ("flatten", LayerKind::Flatten {}),
            ("drop", LayerKind::Dropout { rate: 1.0 }),
        ]);
        assert_eq!(errors(graph, &[1, 28, 28]).len(), 1);
    }

    #[test]
    fn bad_graphs_are_errors_and_never_panics() {
        assert_eq!(errors(LayerGraph::default(), &[1]).len(), 1);
        let mut graph = LayerGraph::lenet5();
        graph.layers[3].inputs = vec!["out".into()];
        assert!(errors(graph.clone(), &[1, 28, 28])[0].contains("does not come before it"));
        graph.layers[3].inputs.clear();
        assert!(errors(graph.clone(), &[1, 28, 28])[0].contains("0 inputs"));
        graph.layers[3].inputs = vec!["pool1".into()];
        graph.layers[3].name = "conv1".into();
        assert!(errors(graph, &[1, 28, 28])[0].contains("two layers"));
    }

    #[test]
    fn sizes_beyond_all_bounds_stay_at_the_bound() {
        let huge = usize::MAX / 2;
        let conv = LayerKind::Conv2d { filters: huge, kernel: 3, stride: 1, padding: huge, bias: true };
        let graph = LayerGraph::chain([("conv", conv), ("flatten", LayerKind::Flatten {})]);
        let report = graph.analyse(&[1, 28, 28]).unwrap();
        assert_eq!((report.parameters, report.flops), (u64::MAX, u64::MAX));
    }

    #[test]
    fn json_is_flat_and_reads_back() {
        let json = serde_json::to_value(LayerGraph::lenet5()).unwrap();
        assert_eq!(json["layers"][0]["type"], "conv2d");
        assert_eq!(json["layers"][0]["filters"], 6);
        assert_eq!(serde_json::from_value::<LayerGraph>(json).unwrap(), LayerGraph::lenet5());
    }
}
