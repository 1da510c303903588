//! Networks: a graph of layer specifications, built at run time into a Burn module.
//!
//! A network is always built from [`Weights`], whether they are the start, a checkpoint or a stored model. Shapes are
//! checked while building, by [`LayerGraph::analyse`] and against the weights, so that running it cannot meet a wrong
//! one. This module knows no optimisers and no data.

use burn::module::{Module, Param, ParamId, RunningState};
use burn::tensor::{Device, Tensor, TensorData};
use weft_model::layers::{INPUT, LayerGraph, LayerKind, NetworkReport, shape_text};

use crate::ops;
use crate::weights::{Array, Weights, transposed};

/// Share of a new batch in the running statistics of batch normalisation, as in PyTorch.
const RUNNING_SHARE: f64 = 0.1;

/// Why a network cannot be built or run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// The layers do not fit one another or the samples.
    #[error("the network does not fit samples of shape {}: {}", shape_text(.shape), .problems.join("; "))]
    Layers {
        /// Shape of the samples.
        shape: Vec<usize>,
        /// What is wrong, layer by layer.
        problems: Vec<String>,
    },
    /// The weights are not those of the network.
    #[error("the weights do not fit the network: {0}")]
    Weights(String),
    /// A tensor cannot be read from its device.
    #[error("a tensor cannot be read from the device: {0}")]
    Read(String),
}

/// What passes between layers.
#[derive(Debug, Clone)]
pub enum Activations {
    /// `[batch, features]`.
    Vectors(Tensor<2>),
    /// `[batch, channels, height, width]`.
    Images(Tensor<4>),
}

impl Activations {
    /// Samples of `shape`, one after another in `values`, on a device.
    pub fn from_samples(values: Vec<f32>, count: usize, shape: &[usize], device: &Device) -> Self {
        match shape {
            [channels, height, width] => {
                let dims = [count, *channels, *height, *width];
                Self::Images(Tensor::from_data(TensorData::new(values, dims), device))
            }
            _ => {
                let dims = [count, shape.iter().product()];
                Self::Vectors(Tensor::from_data(TensorData::new(values, dims), device))
            }
        }
    }

    /// Shape of one sample.
    pub fn sample_shape(&self) -> Vec<usize> {
        match self {
            Self::Vectors(x) => x.dims()[1..].to_vec(),
            Self::Images(x) => x.dims()[1..].to_vec(),
        }
    }

    fn images(self) -> Tensor<4> {
        match self {
            Self::Images(x) => x,
            Self::Vectors(x) => {
                let [batch, features] = x.dims();
                x.reshape([batch, features, 1, 1])
            }
        }
    }

    fn vectors(self) -> Tensor<2> {
        match self {
            Self::Vectors(x) => x,
            Self::Images(x) => x.flatten(1, 3),
        }
    }
}

#[derive(Module, Debug)]
struct Convolution {
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
    stride: usize,
    padding: usize,
}

#[derive(Module, Debug)]
struct Linear {
    /// `[features, units]`: the other way round than stored, since products are faster so.
    weight: Param<Tensor<2>>,
    bias: Option<Param<Tensor<1>>>,
}

#[derive(Module, Debug)]
struct BatchNorm {
    scale: Param<Tensor<1>>,
    shift: Param<Tensor<1>>,
    running_mean: RunningState<Tensor<1>>,
    running_var: RunningState<Tensor<1>>,
}

/// A layer that learns nothing.
#[derive(Module, Debug)]
struct Fixed {
    #[module(skip)]
    kind: LayerKind,
}

#[derive(Module, Debug)]
enum Layer {
    Convolution(Convolution),
    Linear(Linear),
    BatchNorm(BatchNorm),
    Fixed(Fixed),
}

/// Where a layer's input comes from, and whether it is the last to take it.
#[derive(Debug, Clone)]
struct Wiring {
    name: String,
    /// Number of the layer; none for the network's input.
    input: Option<usize>,
    last_use: bool,
}

/// A network on a device.
#[derive(Module, Debug)]
pub struct Network {
    layers: Vec<Layer>,
    #[module(skip)]
    wiring: Vec<Wiring>,
}

/// Shapes and cost of a network for samples of `shape`.
///
/// # Errors
/// [`NetworkError::Layers`] with every problem.
pub fn analyse(graph: &LayerGraph, shape: &[usize]) -> Result<NetworkReport, NetworkError> {
    graph.analyse(shape).map_err(|problems| NetworkError::Layers {
        shape: shape.to_vec(),
        problems: problems.into_iter().map(|p| p.message.en).collect(),
    })
}

impl Network {
    /// Builds the network for samples of `shape` with the given weights. On a device with autodiff it can learn.
    ///
    /// # Errors
    /// [`NetworkError`] if layers, samples and weights do not fit one another.
    pub fn build(
        graph: &LayerGraph,
        shape: &[usize],
        weights: &Weights,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let report = analyse(graph, shape)?;
        let mut network = Self { layers: Vec::new(), wiring: Vec::new() };
        let mut used = 0;
        let mut array = |layer: &str, what: &str, shape: &[usize]| -> Result<&Array, NetworkError> {
            let name = format!("{layer}.{what}");
            used += 1;
            match weights.get(&name) {
                Some(array) if array.shape == shape => Ok(array),
                Some(array) => Err(NetworkError::Weights(format!(
                    "'{name}' is {} and should be {}",
                    shape_text(&array.shape),
                    shape_text(shape)
                ))),
                None => Err(NetworkError::Weights(format!("'{name}' is missing"))),
            }
        };
        for (layer, known) in graph.layers.iter().zip(&report.layers) {
            let name = layer.name.as_str();
            let built = match &layer.kind {
                LayerKind::Conv2d { filters, kernel, stride, padding, bias } => {
                    let dims = [*filters, known.input_shape[0], *kernel, *kernel];
                    let weight = array(name, "weight", &dims)?;
                    Layer::Convolution(Convolution {
                        weight: parameter(weight.values.clone(), dims, device),
                        bias: match bias {
                            true => {
                                Some(parameter(array(name, "bias", &[*filters])?.values.clone(), [*filters], device))
                            }
                            false => None,
                        },
                        stride: *stride,
                        padding: *padding,
                    })
                }
                LayerKind::Linear { units, bias } => {
                    let features = known.input_shape[0];
                    let weight = array(name, "weight", &[*units, features])?;
                    Layer::Linear(Linear {
                        weight: parameter(transposed(&weight.values, *units, features), [features, *units], device),
                        bias: match bias {
                            true => Some(parameter(array(name, "bias", &[*units])?.values.clone(), [*units], device)),
                            false => None,
                        },
                    })
                }
                LayerKind::BatchNorm {} => {
                    let dims = [known.input_shape[0]];
                    let mut values = |what| array(name, what, &dims).map(|array| array.values.clone());
                    let state = |values| RunningState::new(Tensor::from_data(TensorData::new(values, dims), device));
                    Layer::BatchNorm(BatchNorm {
                        scale: parameter(values("weight")?, dims, device),
                        shift: parameter(values("bias")?, dims, device),
                        running_mean: state(values("running_mean")?),
                        running_var: state(values("running_var")?),
                    })
                }
                kind => Layer::Fixed(Fixed { kind: kind.clone() }),
            };
            network.layers.push(built);
            let from = &layer.inputs[0];
            let input = graph.layers.iter().position(|other| &other.name == from && from != INPUT);
            network.wiring.push(Wiring { name: layer.name.clone(), input, last_use: false });
        }
        if used != weights.len() {
            return Err(NetworkError::Weights(format!("there are {} arrays and {used} are needed", weights.len())));
        }
        for at in 0..network.wiring.len() {
            let input = network.wiring[at].input;
            network.wiring[at].last_use = !network.wiring[at + 1..].iter().any(|later| later.input == input);
        }
        Ok(network)
    }

    /// Runs samples through the network: `[batch, classes]`. While `training`, batch normalisation goes by the batch and
    /// dropout drops.
    pub fn forward(&self, input: Activations, training: bool) -> Tensor<2> {
        self.run(input, training, |_, _| {}).vectors()
    }

    /// As [`forward`](Self::forward), showing what each layer gives.
    pub fn run(&self, input: Activations, training: bool, mut seen: impl FnMut(&str, &Activations)) -> Activations {
        let mut input = Some(input);
        let mut outputs: Vec<Option<Activations>> = Vec::with_capacity(self.layers.len());
        for (layer, wiring) in self.layers.iter().zip(&self.wiring) {
            let slot = match wiring.input {
                Some(at) => &mut outputs[at],
                None => &mut input,
            };
            // Building has checked that every input comes before its use, so that the slot is filled.
            let Some(taken) = (if wiring.last_use { slot.take() } else { slot.clone() }) else { continue };
            let output = layer.forward(taken, training);
            seen(&wiring.name, &output);
            outputs.push(Some(output));
        }
        match outputs.pop().flatten().or(input) {
            Some(output) => output,
            // Only a network without layers, which cannot be built.
            None => unreachable!("a network has at least one layer"),
        }
    }

    /// Identifier and name of everything that is learned.
    pub fn parameters(&self) -> Vec<(ParamId, String)> {
        let mut out = Vec::new();
        for (layer, Wiring { name, .. }) in self.layers.iter().zip(&self.wiring) {
            let (weight, bias) = match layer {
                Layer::Convolution(l) => (l.weight.id, l.bias.as_ref().map(|b| b.id)),
                Layer::Linear(l) => (l.weight.id, l.bias.as_ref().map(|b| b.id)),
                Layer::BatchNorm(l) => (l.scale.id, Some(l.shift.id)),
                Layer::Fixed(_) => continue,
            };
            out.push((weight, format!("{name}.weight")));
            out.extend(bias.map(|id| (id, format!("{name}.bias"))));
        }
        out
    }

    /// The weights as they are, read from the device.
    ///
    /// # Errors
    /// [`NetworkError::Read`] if the device does not give them.
    pub fn weights(&self) -> Result<Weights, NetworkError> {
        let mut weights = Weights::new();
        for (layer, Wiring { name, .. }) in self.layers.iter().zip(&self.wiring) {
            let mut put = |what: &str, array: Array| weights.insert(format!("{name}.{what}"), array);
            match layer {
                Layer::Convolution(l) => {
                    put("weight", read(l.weight.val())?);
                    if let Some(bias) = &l.bias {
                        put("bias", read(bias.val())?);
                    }
                }
                Layer::Linear(l) => {
                    let Array { shape, values } = read(l.weight.val())?;
                    let values = transposed(&values, shape[0], shape[1]);
                    put("weight", Array { shape: vec![shape[1], shape[0]], values });
                    if let Some(bias) = &l.bias {
                        put("bias", read(bias.val())?);
                    }
                }
                Layer::BatchNorm(l) => {
                    put("weight", read(l.scale.val())?);
                    put("bias", read(l.shift.val())?);
                    put("running_mean", read(l.running_mean.value_sync())?);
                    put("running_var", read(l.running_var.value_sync())?);
                }
                Layer::Fixed(_) => {}
            }
        }
        Ok(weights)
    }
}

impl Layer {
    fn forward(&self, input: Activations, training: bool) -> Activations {
        match self {
            Layer::Convolution(l) => {
                let bias = l.bias.as_ref().map(Param::val);
                Activations::Images(ops::conv2d(input.images(), l.weight.val(), bias, l.stride, l.padding))
            }
            Layer::Linear(l) => {
                let bias = l.bias.as_ref().map(Param::val);
                Activations::Vectors(ops::linear(input.vectors(), l.weight.val(), bias))
            }
            Layer::BatchNorm(l) => match input {
                Activations::Vectors(x) => Activations::Vectors(l.forward(x, training)),
                Activations::Images(x) => Activations::Images(l.forward(x, training)),
            },
            Layer::Fixed(l) => l.forward(input, training),
        }
    }
}

impl BatchNorm {
    fn forward<const D: usize>(&self, input: Tensor<D>, training: bool) -> Tensor<D> {
        let (scale, shift) = (self.scale.val(), self.shift.val());
        if !training {
            let (mean, variance) = (self.running_mean.value_sync(), self.running_var.value_sync());
            return ops::batch_norm(input, scale, shift, mean, variance);
        }
        let dims = input.dims();
        let counted = dims.iter().product::<usize>() / dims[1].max(1);
        let done = ops::batch_norm_train(input, scale, shift);
        // The running variance is that of the population, as in PyTorch; the batch is normalised by its own.
        let unbiased = counted as f64 / (counted.max(2) - 1) as f64;
        let mix = |state: &RunningState<Tensor<1>>, seen: Tensor<1>| {
            let mixed = state.value_sync().mul_scalar(1.0 - RUNNING_SHARE) + seen.mul_scalar(RUNNING_SHARE);
            state.update(mixed.detach());
        };
        mix(&self.running_mean, done.mean);
        mix(&self.running_var, done.variance.mul_scalar(unbiased));
        done.output
    }
}

impl Fixed {
    fn forward(&self, input: Activations, training: bool) -> Activations {
        match &self.kind {
            LayerKind::MaxPool2d { kernel, stride } => {
                Activations::Images(ops::max_pool2d(input.images(), *kernel, *stride))
            }
            LayerKind::AvgPool2d { kernel, stride } => {
                Activations::Images(ops::avg_pool2d(input.images(), *kernel, *stride))
            }
            LayerKind::GlobalAvgPool2d {} => Activations::Vectors(ops::global_avg_pool2d(input.images())),
            LayerKind::Flatten {} => Activations::Vectors(input.vectors()),
            LayerKind::Dropout { rate } if !training || *rate == 0.0 => input,
            LayerKind::Dropout { rate } => match input {
                Activations::Vectors(x) => Activations::Vectors(ops::dropout(x, *rate)),
                Activations::Images(x) => Activations::Images(ops::dropout(x, *rate)),
            },
            kind => match input {
                Activations::Vectors(x) => Activations::Vectors(ops::activation(x, kind)),
                Activations::Images(x) => Activations::Images(ops::activation(x, kind)),
            },
        }
    }
}

fn parameter<const D: usize>(values: Vec<f32>, dims: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_data(TensorData::new(values, dims), device)
}

/// Reads a tensor from its device.
fn read<const D: usize>(tensor: Tensor<D>) -> Result<Array, NetworkError> {
    let shape = tensor.dims().to_vec();
    let data = tensor.try_into_data().map_err(|e| NetworkError::Read(e.to_string()))?;
    let values = data.as_slice::<f32>().map_err(|e| NetworkError::Read(format!("{e:?}")))?.to_vec();
    Ok(Array { shape, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::initial_weights;

    fn network(graph: &LayerGraph, shape: &[usize], device: &Device) -> Network {
        let report = analyse(graph, shape).unwrap();
        Network::build(graph, shape, &initial_weights(graph, &report, 7), device).unwrap()
    }

    fn ramp(count: usize, shape: &[usize], device: &Device) -> Activations {
        let length = count * shape.iter().product::<usize>();
        let values = (0..length).map(|i| ((i * 37) % 101) as f32 / 101.0 - 0.5).collect();
        Activations::from_samples(values, count, shape, device)
    }

    /// Every kind of layer, on images of odd sides and on vectors, gives the shape that the analysis promises.
    #[test]
    fn shapes_are_those_of_the_analysis() {
        let conv =
            |filters, kernel, stride, padding, bias| LayerKind::Conv2d { filters, kernel, stride, padding, bias };
        let everything = |head: LayerKind| {
            LayerGraph::chain([
                ("conv1", conv(4, 3, 2, 1, true)),
                ("norm1", LayerKind::BatchNorm {}),
                ("gelu", LayerKind::Gelu {}),
                ("max", LayerKind::MaxPool2d { kernel: 3, stride: 2 }),
                ("conv2", conv(3, 2, 1, 0, false)),
                ("silu", LayerKind::Silu {}),
                ("avg", LayerKind::AvgPool2d { kernel: 2, stride: 1 }),
                ("tanh", LayerKind::Tanh {}),
                ("drop", LayerKind::Dropout { rate: 0.5 }),
                ("head", head),
                ("norm2", LayerKind::BatchNorm {}),
                ("sigmoid", LayerKind::Sigmoid {}),
                ("fc", LayerKind::Linear { units: 5, bias: false }),
                ("relu", LayerKind::Relu {}),
                ("out", LayerKind::Linear { units: 2, bias: true }),
            ])
        };
        for (plain, shape) in [(true, [1, 28, 28]), (false, [3, 19, 23]), (true, [2, 21, 18])] {
            let device = if plain { Device::flex() } else { Device::flex().autodiff() };
            for head in [LayerKind::Flatten {}, LayerKind::GlobalAvgPool2d {}] {
                let graph = everything(head);
                let report = analyse(&graph, &shape).unwrap();
                let mut seen = Vec::new();
                let note = |name: &str, x: &Activations| seen.push((name.to_owned(), x.sample_shape()));
                network(&graph, &shape, &device).run(ramp(3, &shape, &device), !plain, note);
                let promised: Vec<_> = report.layers.into_iter().map(|l| (l.name, l.shape)).collect();
                assert_eq!(seen, promised);
            }
        }
    }

    #[test]
    fn layers_take_the_input_that_they_name() {
        let mut graph = LayerGraph::chain([
            ("flatten", LayerKind::Flatten {}),
            ("relu", LayerKind::Relu {}),
            ("unused", LayerKind::Tanh {}),
            ("out", LayerKind::Relu {}),
        ]);
        graph.layers[3].inputs = vec!["flatten".into()];
        graph.layers[2].inputs = vec![INPUT.into()];
        let device = Device::flex();
        let input = Activations::from_samples(vec![-1.0, 2.0], 1, &[1, 1, 2], &device);
        let output = network(&graph, &[1, 1, 2], &device).forward(input, false);
        assert_eq!(output.into_data().as_slice::<f32>().unwrap(), [0.0, 2.0]);
    }

    #[test]
    fn weights_come_out_as_they_went_in() {
        for graph in [
            LayerGraph::lenet5(),
            LayerGraph::chain([
                ("conv", LayerKind::Conv2d { filters: 2, kernel: 3, stride: 1, padding: 0, bias: false }),
                ("norm", LayerKind::BatchNorm {}),
                ("flatten", LayerKind::Flatten {}),
                ("out", LayerKind::Linear { units: 3, bias: true }),
            ]),
        ] {
            let device = Device::flex().autodiff();
            let shape = [1, 28, 28];
            let weights = initial_weights(&graph, &analyse(&graph, &shape).unwrap(), 3);
            let network = Network::build(&graph, &shape, &weights, &device).unwrap();
            assert_eq!(network.weights().unwrap(), weights);
        }
    }

    #[test]
    fn weights_of_another_network_are_refused_by_name() {
        let graph = LayerGraph::lenet5();
        let device = Device::flex();
        let weights = initial_weights(&graph, &analyse(&graph, &[1, 28, 28]).unwrap(), 3);
        let error = |weights: &Weights, shape: &[usize]| {
            Network::build(&graph, shape, weights, &device).unwrap_err().to_string()
        };
        assert!(error(&weights, &[1, 32, 32]).contains("'fc1.weight' is 120×400 and should be 120×576"));
        let mut fewer = weights.clone();
        fewer.remove("out.bias");
        assert!(error(&fewer, &[1, 28, 28]).contains("'out.bias' is missing"));
        let mut more = weights;
        more.insert("extra.weight".into(), Array::default());
        assert!(error(&more, &[1, 28, 28]).contains("11 arrays and 10 are needed"));
        assert!(error(&more, &[784]).contains("conv1"));
    }

    #[test]
    fn dropout_drops_only_while_training() {
        let graph = LayerGraph::chain([("drop", LayerKind::Dropout { rate: 0.5 })]);
        let device = Device::flex().autodiff();
        let network = network(&graph, &[1000], &device);
        let ones = || Activations::from_samples(vec![1.0; 1000], 1, &[1000], &device);
        let sum = |training| network.forward(ones(), training).sum().into_scalar::<f32>();
        assert_eq!(sum(false), 1000.0);
        device.seed(1);
        let dropped = sum(true);
        assert!((850.0..1150.0).contains(&dropped), "{dropped}");
        device.seed(1);
        assert_eq!(sum(true), dropped);
    }
}
