//! How gradients change weights: Adam, AdamW, SGD with momentum, and the schedule of the learning rate.
//!
//! The rules and their constants are PyTorch's. On the processor a parameter is updated in one pass over plain slices
//! (Burn's own optimisers make about twelve); on any other device by tensor operations. What an optimiser remembers
//! goes in and out as plain named arrays, exactly, so that a training that is resumed goes on with the same numbers.
//! Burn's record of an optimiser would not do: it is read back onto the default device, which may not work here.

use std::collections::{BTreeMap, HashMap};

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::network::{Network, NetworkError};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;
const MOMENTUM: f64 = 0.9;

/// Parameters that are this long are updated by several threads.
const PARALLEL_FROM: usize = 1 << 16;

/// The rule by which gradients change weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Kingma and Ba, 2015. Weight decay is added to the gradient.
    Adam,
    /// Loshchilov and Hutter, 2019: weight decay apart from the gradient.
    Adamw,
    /// Stochastic gradient descent with momentum 0.9, without Nesterov's change.
    Sgd,
}

/// How the learning rate changes from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It does not.
    Constant,
    /// It falls along half a cosine to zero after the last step (Loshchilov and Hutter, 2017, without restarts).
    Cosine,
}

impl Schedule {
    /// The rate for step `step` of `steps`, counted from 0, where `base` is the rate to begin with.
    pub fn rate(self, base: f64, step: u64, steps: u64) -> f64 {
        match self {
            Schedule::Constant => base,
            Schedule::Cosine => {
                let done = step as f64 / steps.max(1) as f64;
                base * 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos())
            }
        }
    }
}

/// What an optimiser remembers of each parameter by its name: the first and, with Adam, the second moment. The numbers
/// are in the order in which they lie in memory.
pub type Moments = BTreeMap<String, (Vec<f32>, Vec<f32>)>;

/// The constants of one step.
#[derive(Debug, Clone, Copy)]
struct Step {
    method: Method,
    rate: f64,
    decay: f64,
    /// 1 − β₁ᵗ and 1 − β₂ᵗ.
    correction: (f64, f64),
}

#[derive(Debug)]
enum Memory {
    Host(Vec<f32>, Vec<f32>),
    Device(Box<(Tensor<1>, Tensor<1>)>),
}

#[derive(Debug)]
struct Slot {
    name: String,
    memory: Memory,
}

/// An optimiser of one network.
#[derive(Debug)]
pub struct Optimiser {
    method: Method,
    weight_decay: f64,
    steps: u64,
    slots: HashMap<ParamId, Slot>,
}

impl Optimiser {
    /// An optimiser that has made `steps` steps, with what it remembers from them; `None` for a new one.
    ///
    /// # Errors
    /// [`NetworkError::Weights`] if the memory is that of another network.
    pub fn new(
        method: Method,
        weight_decay: f64,
        network: &Network,
        device: &Device,
        resumed: Option<(u64, Moments)>,
    ) -> Result<Self, NetworkError> {
        struct Lengths(HashMap<ParamId, usize>);
        impl burn::module::ModuleVisitor for Lengths {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.0.insert(param.id, param.shape().num_elements());
            }
        }
        let mut lengths = Lengths(HashMap::new());
        network.visit(&mut lengths);
        let (steps, mut moments) = resumed.unzip();
        let mut slots = HashMap::new();
        for (id, name) in network.parameters() {
            let length = lengths.0.get(&id).copied().unwrap_or(0);
            let second = if method == Method::Sgd { 0 } else { length };
            let (m, v) = match &mut moments {
                None => (vec![0.0; length], vec![0.0; second]),
                Some(moments) => moments
                    .remove(&name)
                    .filter(|(m, v)| m.len() == length && v.len() == second)
                    .ok_or_else(|| NetworkError::Weights(format!("the optimiser's memory of '{name}' does not fit")))?,
            };
            let memory = if on_host(device) {
                Memory::Host(m, v)
            } else {
                let put = |values: Vec<f32>| {
                    let length = values.len();
                    Tensor::from_data(TensorData::new(values, [length]), &device.clone().inner())
                };
                // A tensor of no length is refused by some devices.
                let v = if v.is_empty() { vec![0.0] } else { v };
                Memory::Device(Box::new((put(m), put(v))))
            };
            slots.insert(id, Slot { name, memory });
        }
        Ok(Self { method, weight_decay, steps: steps.unwrap_or(0), slots })
    }

    /// Changes the network's weights by their gradients, at the given learning rate.
    pub fn step(&mut self, network: Network, gradients: Gradients, rate: f64) -> Network {
        self.steps += 1;
        let t = self.steps.min(i32::MAX as u64) as i32;
        let step = Step {
            method: self.method,
            rate,
            decay: self.weight_decay,
            correction: (1.0 - BETA_1.powi(t), 1.0 - BETA_2.powi(t)),
        };
        network.map(&mut Update { step, slots: &mut self.slots, gradients })
    }

    /// What the optimiser remembers, read from the device.
    ///
    /// # Errors
    /// [`NetworkError::Read`] if the device does not give it.
    pub fn moments(&self) -> Result<Moments, NetworkError> {
        let read = |tensor: &Tensor<1>| -> Result<Vec<f32>, NetworkError> {
            let data = tensor.try_to_data().map_err(|e| NetworkError::Read(e.to_string()))?;
            Ok(data.as_slice::<f32>().map_err(|e| NetworkError::Read(format!("{e:?}")))?.to_vec())
        };
        let mut moments = Moments::new();
        for slot in self.slots.values() {
            let pair = match &slot.memory {
                Memory::Host(m, v) => (m.clone(), v.clone()),
                Memory::Device(pair) if self.method == Method::Sgd => (read(&pair.0)?, Vec::new()),
                Memory::Device(pair) => (read(&pair.0)?, read(&pair.1)?),
            };
            moments.insert(slot.name.clone(), pair);
        }
        Ok(moments)
    }
}

/// Whether tensors of the device lie in ordinary memory.
fn on_host(device: &Device) -> bool {
    device.clone().inner() == Device::flex()
}

struct Update<'a> {
    step: Step,
    slots: &'a mut HashMap<ParamId, Slot>,
    gradients: Gradients,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let gradient = tensor.grad_remove(&mut self.gradients);
        let (Some(slot), Some(gradient)) = (self.slots.get_mut(&id), gradient) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let (tensor, gradient) = (tensor.inner(), gradient.inner());
        let updated = match &mut slot.memory {
            Memory::Host(m, v) => update_host(&self.step, tensor, gradient, m, v),
            Memory::Device(pair) => update_device(&self.step, tensor, gradient, &mut pair.0, &mut pair.1),
        };
        Param::from_mapped_value(id, Tensor::from_inner(updated).require_grad(), mapper)
    }
}

fn update_host<const D: usize>(
    step: &Step,
    tensor: Tensor<D>,
    gradient: Tensor<D>,
    m: &mut [f32],
    v: &mut [f32],
) -> Tensor<D> {
    let device = tensor.device();
    let mut data = tensor.into_data();
    let gradient = gradient.into_data();
    if let (Ok(p), Ok(g)) = (data.as_mut_slice::<f32>(), gradient.as_slice::<f32>()) {
        if p.len() < PARALLEL_FROM {
            update_slices(step, p, g, m, v);
        } else {
            // Each number is computed alone, so that it does not depend on where the parts begin.
            let part = p.len().div_ceil(rayon::current_num_threads());
            let parts = p.par_chunks_mut(part).zip(g.par_chunks(part)).zip(m.par_chunks_mut(part));
            if v.is_empty() {
                parts.for_each(|((p, g), m)| update_slices(step, p, g, m, &mut []));
            } else {
                parts.zip(v.par_chunks_mut(part)).for_each(|(((p, g), m), v)| update_slices(step, p, g, m, v));
            }
        }
    }
    Tensor::from_data(data, &device)
}

/// One step for the parameters `p` with the gradients `g` and the moments `m` and `v` (not used by SGD).
fn update_slices(step: &Step, p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
    let (decay, rate) = (step.decay as f32, step.rate as f32);
    match step.method {
        Method::Sgd => {
            let momentum = MOMENTUM as f32;
            for ((p, g), m) in p.iter_mut().zip(g).zip(m) {
                *m = momentum * *m + (g + decay * *p);
                *p -= rate * *m;
            }
        }
        Method::Adam | Method::Adamw => {
            let coupled = step.method == Method::Adam;
            let (added, kept) = if coupled { (decay, 1.0) } else { (0.0, (1.0 - step.rate * step.decay) as f32) };
            let (b1, b2, epsilon) = (BETA_1 as f32, BETA_2 as f32, EPSILON as f32);
            let (size, root) = ((step.rate / step.correction.0) as f32, (1.0 / step.correction.1.sqrt()) as f32);
            for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
                let g = g + added * *p;
                *m = b1 * *m + (1.0 - b1) * g;
                *v = b2 * *v + (1.0 - b2) * g * g;
                *p = kept * *p - size * *m / (v.sqrt() * root + epsilon);
            }
        }
    }
}

/// The same step by tensor operations.
fn update_device<const D: usize>(
    step: &Step,
    tensor: Tensor<D>,
    gradient: Tensor<D>,
    m: &mut Tensor<1>,
    v: &mut Tensor<1>,
) -> Tensor<D> {
    let shape = tensor.shape();
    let length = shape.num_elements();
    let p: Tensor<1> = tensor.reshape([length]);
    let mut g: Tensor<1> = gradient.reshape([length]);
    if step.decay != 0.0 && step.method != Method::Adamw {
        g = g + p.clone().mul_scalar(step.decay);
    }
    let updated = match step.method {
        Method::Sgd => {
            *m = m.clone().mul_scalar(MOMENTUM) + g;
            p - m.clone().mul_scalar(step.rate)
        }
        Method::Adam | Method::Adamw => {
            *m = m.clone().mul_scalar(BETA_1) + g.clone().mul_scalar(1.0 - BETA_1);
            *v = v.clone().mul_scalar(BETA_2) + g.clone().mul(g).mul_scalar(1.0 - BETA_2);
            let p = match step.method {
                Method::Adamw => p.mul_scalar(1.0 - step.rate * step.decay),
                _ => p,
            };
            let root = v.clone().sqrt().mul_scalar(1.0 / step.correction.1.sqrt()).add_scalar(EPSILON);
            p - m.clone().div(root).mul_scalar(step.rate / step.correction.0)
        }
    };
    updated.reshape(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [f64; 3] = [0.1, 0.05, 0.01];
    const GRADIENTS: [[f32; 2]; 3] = [[0.5, -1.0], [0.25, 0.5], [-2.0, 0.0]];

    fn step(method: Method, rate: f64, t: i32) -> Step {
        Step { method, rate, decay: 0.1, correction: (1.0 - BETA_1.powi(t), 1.0 - BETA_2.powi(t)) }
    }

    /// The parameters after three steps as `torch.optim` 2.x gives them, worked out in f64 from its documented rules.
    fn reference(method: Method) -> [f64; 2] {
        let mut out = [1.0, -2.0];
        for (k, p) in out.iter_mut().enumerate() {
            let (mut m, mut v) = (0.0, 0.0);
            for (t, (&rate, g)) in STEPS.iter().zip(GRADIENTS).enumerate() {
                let t = t as i32 + 1;
                let mut g = f64::from(g[k]);
                match method {
                    Method::Adamw => *p -= rate * 0.1 * *p,
                    _ => g += 0.1 * *p,
                }
                if method == Method::Sgd {
                    m = 0.9 * m + g;
                    *p -= rate * m;
                } else {
                    m = 0.9 * m + 0.1 * g;
                    v = 0.999 * v + 0.001 * g * g;
                    let (mh, vh) = (m / (1.0 - 0.9f64.powi(t)), v / (1.0 - 0.999f64.powi(t)));
                    *p -= rate * mh / (vh.sqrt() + 1e-8);
                }
            }
        }
        out
    }

    #[test]
    fn both_ways_to_update_follow_the_published_rules() {
        let device = Device::flex();
        for method in [Method::Adam, Method::Adamw, Method::Sgd] {
            let mut p = [1.0f32, -2.0];
            let (mut m, mut v) = (vec![0.0; 2], vec![0.0; 2]);
            let mut tensor = Tensor::<1>::from_floats([1.0, -2.0], &device);
            let (mut mt, mut vt) = (Tensor::zeros([2], &device), Tensor::zeros([2], &device));
            for (t, (&rate, g)) in STEPS.iter().zip(GRADIENTS).enumerate() {
                let step = step(method, rate, t as i32 + 1);
                update_slices(&step, &mut p, &g, &mut m, &mut v);
                tensor = update_device(&step, tensor, Tensor::from_floats(g, &device), &mut mt, &mut vt);
            }
            let by_tensors = tensor.into_data();
            for ((a, b), expected) in p.iter().zip(by_tensors.as_slice::<f32>().unwrap()).zip(reference(method)) {
                assert!((f64::from(*a) - expected).abs() < 1e-5, "{method:?}: {a} is not {expected}");
                assert!((f64::from(*b) - expected).abs() < 1e-5, "{method:?}: {b} is not {expected}");
            }
        }
    }

    #[test]
    fn long_parameters_are_updated_as_short_ones() {
        let device = Device::flex();
        let length = PARALLEL_FROM + 77;
        let values: Vec<f32> = (0..length).map(|i| (i % 13) as f32).collect();
        for method in [Method::Adam, Method::Sgd] {
            let step = step(method, 0.1, 1);
            let mut alone = values.clone();
            let seconds = if method == Method::Sgd { 0 } else { length };
            let (mut m, mut v) = (vec![0.0; length], vec![0.0; seconds]);
            update_slices(&step, &mut alone, &values, &mut m, &mut v);
            let tensor = || Tensor::<1>::from_data(TensorData::new(values.clone(), [length]), &device);
            let (mut m, mut v) = (vec![0.0; length], vec![0.0; seconds]);
            let parallel = update_host(&step, tensor(), tensor(), &mut m, &mut v).into_data();
            assert_eq!(parallel.as_slice::<f32>().unwrap(), alone);
        }
    }

    #[test]
    fn the_cosine_falls_from_the_rate_to_zero() {
        let rate = |step| Schedule::Cosine.rate(0.2, step, 100);
        assert_eq!(rate(0), 0.2);
        assert!((rate(50) - 0.1).abs() < 1e-12);
        assert!(rate(99) < 1e-4 && rate(99) > 0.0);
        assert_eq!(Schedule::Constant.rate(0.2, 99, 100), 0.2);
    }
}
