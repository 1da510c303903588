//! What layers compute, as operations on tensors: the one place where an operation is chosen.
//!
//! Everything goes through Burn's own operations, on every device. A faster kernel of our own for the processor is put
//! in here, behind a question to the tensor's device, and nothing else changes. This module knows no layers, weights or
//! training.

use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Distribution, Int, Tensor, activation, module};
use weft_model::layers::LayerKind;

/// Added to a variance before its root is taken, as in PyTorch.
const BATCH_NORM_EPSILON: f64 = 1e-5;

/// Convolution: `[batch, channels, height, width]` with `[filters, channels, kernel, kernel]`.
pub(crate) fn conv2d(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
) -> Tensor<4> {
    module::conv2d(input, weight, bias, ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1))
}

/// Largest value of each window.
pub(crate) fn max_pool2d(input: Tensor<4>, kernel: usize, stride: usize) -> Tensor<4> {
    module::max_pool2d(input, MaxPoolOptions::new([kernel; 2]).with_stride([stride; 2]))
}

/// Mean of each window.
pub(crate) fn avg_pool2d(input: Tensor<4>, kernel: usize, stride: usize) -> Tensor<4> {
    module::avg_pool2d(input, AvgPoolOptions::new([kernel; 2]).with_stride([stride; 2]))
}

/// Mean of each channel: `[batch, channels, height, width]` to `[batch, channels]`.
pub(crate) fn global_avg_pool2d(input: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = input.dims();
    input.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels])
}

/// `[batch, features]` with `[features, units]`.
pub(crate) fn linear(input: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<2> {
    module::linear(input, weight, bias)
}

/// What batch normalisation gives while training, and what it saw.
pub(crate) struct BatchNormed<const D: usize> {
    pub output: Tensor<D>,
    /// Mean of each channel over the batch.
    pub mean: Tensor<1>,
    /// Variance of each channel over the batch, divided by n.
    pub variance: Tensor<1>,
}

/// Normalises each channel by its own batch.
pub(crate) fn batch_norm_train<const D: usize>(input: Tensor<D>, scale: Tensor<1>, shift: Tensor<1>) -> BatchNormed<D> {
    let done = module::batch_norm_train(input, scale, shift, BATCH_NORM_EPSILON);
    BatchNormed { output: done.output, mean: done.mean.detach(), variance: done.variance.detach() }
}

/// Normalises each channel by what was seen while training.
pub(crate) fn batch_norm<const D: usize>(
    input: Tensor<D>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    mean: Tensor<1>,
    variance: Tensor<1>,
) -> Tensor<D> {
    module::batch_norm(input, scale, shift, mean, variance, BATCH_NORM_EPSILON)
}

/// Sets a share of the values to zero and scales the others up, so that the mean stays.
pub(crate) fn dropout<const D: usize>(input: Tensor<D>, rate: f64) -> Tensor<D> {
    let keep = 1.0 - rate;
    let mask = input.random_like(Distribution::Bernoulli(keep));
    input * mask * (1.0 / keep)
}

/// An activation; any other kind of layer passes its input on.
pub(crate) fn activation<const D: usize>(input: Tensor<D>, kind: &LayerKind) -> Tensor<D> {
    match kind {
        LayerKind::Relu {} => activation::relu(input),
        LayerKind::Gelu {} => activation::gelu(input),
        LayerKind::Silu {} => activation::silu(input),
        LayerKind::Tanh {} => activation::tanh(input),
        LayerKind::Sigmoid {} => activation::sigmoid(input),
        _ => input,
    }
}

/// Mean cross-entropy of `[batch, classes]` with the true class of each sample: `[1]`.
pub(crate) fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [batch, _] = logits.dims();
    activation::log_softmax(logits, 1).gather(1, targets.reshape([batch, 1])).mean().neg()
}

/// Number of samples whose largest value is that of their true class: `[1]`.
pub(crate) fn count_correct(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1, Int> {
    let [batch, _] = logits.dims();
    logits.argmax(1).reshape([batch]).equal(targets).int().sum()
}
