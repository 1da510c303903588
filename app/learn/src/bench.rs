//! Measurements of the crate itself, for `weft bench`.

use std::time::{Duration, Instant};

use burn::tensor::{Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use weft_data::random::{Rng, stream};
use weft_model::LayerGraph;
use weft_protocol::event::Fault;

use crate::devices::ComputeDevice;
use crate::network::{Activations, Network, analyse};
use crate::optimiser::{Method, Optimiser};
use crate::weights::initial_weights;
use crate::{fault, ops};

/// How fast a network learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Samples a second: the median of the windows.
    pub samples_per_s: f64,
    /// The slowest window.
    pub slowest_per_s: f64,
    /// The fastest window.
    pub fastest_per_s: f64,
    /// Steps that were measured.
    pub steps: u64,
}

/// Speed of training with Adam on random samples that lie ready in memory: forward, backward and update, as the node
/// does them. Measures `windows` times for `window` each, after as long to warm up.
///
/// # Errors
/// A [`Fault`] if the network does not fit the shape, or the device fails.
pub fn train_speed(
    graph: &LayerGraph,
    shape: &[usize],
    batch_size: usize,
    device: &ComputeDevice,
    window: Duration,
    windows: usize,
) -> Result<Speed, Fault> {
    let network_fault = |e| fault::from_network(&e);
    let report = analyse(graph, shape).map_err(network_fault)?;
    let learning = device.learning();
    let weights = initial_weights(graph, &report, 1);
    let mut network = Some(Network::build(graph, shape, &weights, learning).map_err(network_fault)?);
    let built = network.as_ref().ok_or_else(|| fault::panicked("the network is gone"))?;
    let mut optimiser = Optimiser::new(Method::Adam, 0.0, built, learning, None).map_err(network_fault)?;
    let mut random = stream(1, &["bench".into()]);
    let values: Vec<f32> = (0..batch_size * shape.iter().product::<usize>())
        .map(|_| (random.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0)
        .collect();
    let classes = report.output_shape.iter().product::<usize>().max(1);
    let targets: Vec<i32> = (0..batch_size).map(|i| (i % classes) as i32).collect();
    let mut step = || -> Option<()> {
        let input = Activations::from_samples(values.clone(), batch_size, shape, learning);
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets.clone(), [batch_size]), learning);
        let taken = network.take()?;
        let loss = ops::cross_entropy(taken.forward(input, true), targets);
        let gradients = loss.backward();
        network = Some(optimiser.step(taken, gradients, 1e-3));
        Some(())
    };
    let mut steps = 0;
    let mut measure = || -> Result<f64, Fault> {
        let (began, before) = (Instant::now(), steps);
        while began.elapsed() < window || steps == before {
            step().ok_or_else(|| fault::panicked("the network is gone"))?;
            steps += 1;
        }
        device.plain().sync().map_err(|e| crate::evaluate::unread(&e))?;
        Ok(((steps - before) as usize * batch_size) as f64 / began.elapsed().as_secs_f64())
    };
    let mut all = || -> Result<Vec<f64>, Fault> {
        measure()?;
        (0..windows.max(1)).map(|_| measure()).collect()
    };
    let mut rates = if device.on_host() { rayon::scope(|_| all()) } else { all() }?;
    rates.sort_by(f64::total_cmp);
    Ok(Speed {
        samples_per_s: rates[rates.len() / 2],
        slowest_per_s: rates[0],
        fastest_per_s: rates[rates.len() - 1],
        steps,
    })
}
