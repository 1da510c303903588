//! The trial of a device: a few training steps of a small convolutional network, compared with the processor's.

use std::time::{Duration, Instant};

use burn::tensor::{Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use weft_data::random::{Rng, stream};
use weft_model::{LayerGraph, LayerKind};
use weft_protocol::event::Fault;

use crate::devices::ComputeDevice;
use crate::network::{Activations, Network, analyse};
use crate::optimiser::{Method, Optimiser};
use crate::weights::initial_weights;
use crate::{fault, ops};

/// Losses may differ by this share: kernels of different devices round in different orders.
const TOLERANCE: f64 = 1e-3;

const STEPS: usize = 6;
const SHAPE: [usize; 3] = [1, 12, 12];
const BATCH: usize = 32;
const CLASSES: usize = 4;

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// Whether the device computes as it should.
    pub ok: bool,
    /// What was seen.
    pub reason: String,
    /// Throughput of a multiplication of large matrices, for plans made before anything else was measured
    /// [operations/s]; none on a processor, and on a device that does not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flops_per_s: Option<f64>,
    /// Throughput of what is sent to the device and read back [bytes/s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_s: Option<f64>,
}

impl SelfTest {
    /// A device that is not used, and why.
    pub fn failed(reason: String) -> Self {
        Self { ok: false, reason, flops_per_s: None, bytes_per_s: None }
    }
}

/// Tries a device. A panic is not caught here: a device that panics fails by that.
pub fn self_test(device: &ComputeDevice) -> SelfTest {
    let _alone = crate::executor::alone();
    let compare = || -> Result<SelfTest, Fault> {
        let expected = losses(&ComputeDevice::cpu())?;
        let found = losses(device)?;
        let worst = expected.iter().zip(&found).map(|(expected, found)| ((expected - found) / expected).abs()).fold(
            0.0,
            |worst: f64, difference| if difference.is_finite() { worst.max(difference) } else { f64::INFINITY },
        );
        let ok = worst < TOLERANCE;
        let verdict = if ok { "agree with" } else { "differ from" };
        let text = |losses: &[f64]| losses.iter().map(|l| format!("{l:.4}")).collect::<Vec<_>>().join(" ");
        let measured = (ok && !device.on_host()).then(|| throughput(device)).transpose()?;
        Ok(SelfTest {
            ok,
            flops_per_s: measured.map(|(flops_per_s, _)| flops_per_s),
            bytes_per_s: measured.map(|(_, bytes_per_s)| bytes_per_s),
            reason: format!(
                "losses of {STEPS} steps {verdict} the processor's (largest relative difference {worst:.1e}): {} and {}",
                text(&found),
                text(&expected)
            ),
        })
    };
    compare().unwrap_or_else(|fault| SelfTest::failed(fault.to_string()))
}

/// Side of the matrices by which a device's throughput is measured.
const SIDE: usize = 512;
/// How long it is measured at least, and how many multiplications there are at most.
const MEASURED_FOR: Duration = Duration::from_millis(30);
const MOST_PRODUCTS: u32 = 4096;

/// Operations and bytes to the device and back, each a second.
fn throughput(device: &ComputeDevice) -> Result<(f64, f64), Fault> {
    let device = device.plain();
    let read = |tensor: Tensor<2>| tensor.try_into_data().map_err(|e| crate::evaluate::unread(&e));
    // Powers of it stay what they are.
    let values = vec![1.0 / SIDE as f32; SIDE * SIDE];
    let sent = || Tensor::<2>::from_data(TensorData::new(values.clone(), [SIDE, SIDE]), device);
    let factor = sent();
    // Kernels are compiled before anything is measured.
    read(factor.clone().matmul(factor.clone()))?;
    let began = Instant::now();
    read(sent())?;
    let bytes_per_s = 2.0 * (4 * SIDE * SIDE) as f64 / began.elapsed().as_secs_f64().max(1e-9);
    let mut products = 1_u32;
    loop {
        let began = Instant::now();
        let product = (0..products).fold(factor.clone(), |product, _| product.matmul(factor.clone()));
        read(product)?;
        let elapsed = began.elapsed();
        if elapsed >= MEASURED_FOR || products >= MOST_PRODUCTS {
            let operations = 2.0 * (SIDE * SIDE * SIDE) as f64 * f64::from(products);
            return Ok((operations / elapsed.as_secs_f64().max(1e-9), bytes_per_s));
        }
        products *= 2;
    }
}

/// Losses of a few steps on samples that are always the same.
pub(crate) fn losses(device: &ComputeDevice) -> Result<Vec<f64>, Fault> {
    let graph = LayerGraph::chain([
        ("conv", LayerKind::Conv2d { filters: 6, kernel: 3, stride: 1, padding: 1, bias: true }),
        ("norm", LayerKind::BatchNorm {}),
        ("relu", LayerKind::Relu {}),
        ("pool", LayerKind::MaxPool2d { kernel: 2, stride: 2 }),
        ("flatten", LayerKind::Flatten {}),
        ("out", LayerKind::Linear { units: CLASSES, bias: true }),
    ]);
    let network_fault = |e| fault::from_network(&e);
    let report = analyse(&graph, &SHAPE).map_err(network_fault)?;
    let weights = initial_weights(&graph, &report, 1);
    let learning = device.learning();
    let mut network = Network::build(&graph, &SHAPE, &weights, learning).map_err(network_fault)?;
    let mut optimiser = Optimiser::new(Method::Adam, 0.0, &network, learning, None).map_err(network_fault)?;
    let mut random = stream(1, &["self-test".into()]);
    let values: Vec<f32> = (0..BATCH * SHAPE.iter().product::<usize>())
        .map(|_| (random.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0)
        .collect();
    let targets: Vec<i32> = (0..BATCH).map(|i| (i % CLASSES) as i32).collect();
    let mut losses = Vec::with_capacity(STEPS);
    for _ in 0..STEPS {
        let input = Activations::from_samples(values.clone(), BATCH, &SHAPE, learning);
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets.clone(), [BATCH]), learning);
        let loss = ops::cross_entropy(network.forward(input, true), targets);
        let gradients = loss.backward();
        network = optimiser.step(network, gradients, 1e-3);
        let data = loss.inner().try_into_data().map_err(|e| crate::evaluate::unread(&e))?;
        losses.push(data.iter::<f64>().next().unwrap_or(f64::NAN));
    }
    Ok(losses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_agrees_with_itself_and_learns() {
        let found = self_test(&ComputeDevice::cpu());
        assert!(found.ok && found.reason.contains("0.0e0"), "{}", found.reason);
        assert_eq!(found.flops_per_s, None, "the engine tries the processor itself");
        let (flops_per_s, bytes_per_s) = throughput(&ComputeDevice::cpu()).unwrap();
        assert!(flops_per_s > 1e7 && bytes_per_s > 1e6, "{flops_per_s} {bytes_per_s}");
        let losses = losses(&ComputeDevice::cpu()).unwrap();
        assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{losses:?}");
    }

    /// On whatever adapter there is, a software one included.
    #[cfg(feature = "gpu")]
    #[test]
    fn an_adapter_trains_as_the_processor_does() {
        let Some(adapter) = crate::devices::list_devices().into_iter().nth(1) else {
            eprintln!("SKIPPED: this machine has no graphics adapter, not even a software one");
            return;
        };
        let name = adapter.name;
        match crate::devices::open(&adapter.id) {
            Ok(device) => {
                let found = self_test(&device);
                eprintln!("{name}: {}", found.reason);
                assert!(found.ok, "{name}: {}", found.reason);
                assert!(found.flops_per_s > Some(1e6) && found.bytes_per_s > Some(1e5), "{found:?}");
            }
            Err(fault) => panic!("{name}: {fault}"),
        }
    }
}
