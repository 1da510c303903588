//! Lower bounds: no plan of a problem finishes before them.
//!
//! Must not know any algorithm: the bounds judge them.

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Lower bounds on the makespan, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// The longest path with, along each wire, the cheapest pair of modes and the transfer that they cannot avoid.
    pub critical_path_s: f64,
    /// Compute area: the work, spread over the devices as favourably as a relaxation allows, by their capacities.
    pub compute_area_s: f64,
    /// Memory area: bytes times seconds over the bytes there are, likewise.
    pub memory_area_s: f64,
    /// The work that only one device can do, with the earliest it can begin and the least that comes after it.
    pub device_load_s: f64,
}

impl Bounds {
    /// The largest of them: the bound that the gap is measured against.
    pub fn best_s(&self) -> f64 {
        self.critical_path_s.max(self.compute_area_s).max(self.memory_area_s).max(self.device_load_s)
    }
}

/// Computes the lower bounds of a problem in O(steps · modes + wires · modes²).
pub fn lower_bounds(problem: &Problem) -> Bounds {
    let heads = heads(problem);
    let tails = tails(problem);
    let modes = &problem.modes;
    let critical_path_s = (0..problem.tasks().len())
        .map(|task| {
            problem
                .modes_of(task)
                .filter(|&m| modes.admissible[m])
                .map(|m| heads[m] + modes.duration_s[m] + tails[m])
                .fold(f64::INFINITY, f64::min)
        })
        .fold(0.0, f64::max);
    let compute_share: Vec<f64> = problem.capacity_units.iter().map(|&c| 1.0 / c as f64).collect();
    let memory_share: Vec<f64> = problem
        .devices()
        .iter()
        .map(|d| match d.memory_bytes {
            Some(bytes) if bytes > 0 => 1.0 / bytes as f64,
            _ => 0.0,
        })
        .collect();
    let compute: Vec<f64> = (0..modes.device.len())
        .map(|m| modes.duration_s[m] * modes.units[m] as f64 * compute_share[modes.device[m] as usize])
        .collect();
    let memory: Vec<f64> = (0..modes.device.len())
        .map(|m| {
            let bytes = modes.memory_bytes[m] as f64 + modes.weights_bytes[m] as f64;
            modes.duration_s[m] * bytes * memory_share[modes.device[m] as usize]
        })
        .collect();
    Bounds {
        critical_path_s,
        compute_area_s: area(problem, &compute),
        memory_area_s: area(problem, &memory),
        device_load_s: device_load(problem, &compute, &heads, &tails)
            .max(device_load(problem, &memory, &heads, &tails)),
    }
}

/// For each flat mode the earliest start in it.
fn heads(problem: &Problem) -> Vec<f64> {
    let modes = &problem.modes;
    let mut heads = vec![0.0; modes.device.len()];
    for &task in problem.topological_order() {
        for m in problem.modes_of(task) {
            let mut head = problem.tasks()[task].release_s;
            for edge in problem.incoming(task) {
                let arrival = problem
                    .modes_of(edge.from)
                    .filter(|&p| modes.admissible[p])
                    .map(|p| {
                        let sent = problem.transfer_s(modes.device[p] as usize, modes.device[m] as usize, edge.bytes);
                        heads[p] + modes.duration_s[p] + sent
                    })
                    .fold(f64::INFINITY, f64::min);
                head = head.max(arrival);
            }
            heads[m] = head;
        }
    }
    heads
}

/// For each flat mode the least time from its finish to the end of the plan.
fn tails(problem: &Problem) -> Vec<f64> {
    let modes = &problem.modes;
    let mut tails = vec![0.0; modes.device.len()];
    for &task in problem.topological_order().iter().rev() {
        for m in problem.modes_of(task) {
            let mut tail: f64 = 0.0;
            for edge in problem.outgoing(task) {
                let rest = problem
                    .modes_of(edge.to)
                    .filter(|&s| modes.admissible[s])
                    .map(|s| {
                        let sent = problem.transfer_s(modes.device[m] as usize, modes.device[s] as usize, edge.bytes);
                        sent + modes.duration_s[s] + tails[s]
                    })
                    .fold(f64::INFINITY, f64::min);
                tail = tail.max(rest);
            }
            tails[m] = tail;
        }
    }
    tails
}

/// Steps of the ascent over device weights; each costs one pass over the modes.
const ASCENT_STEPS: u32 = 40;

/// The linear relaxation over modes, min T with Σ_j x_jm · area_jm ≤ T on every device, from below: for any weights
/// y ≥ 0 with Σ y = 1, T ≥ Σ_j min_m y_d(m) · area_jm. The weights are improved by multiplicative updates towards the
/// devices that are loaded more (Plotkin, Shmoys, Tardos 1995); every step's value is a bound, the best is kept.
fn area(problem: &Problem, area: &[f64]) -> f64 {
    let modes = &problem.modes;
    let devices = problem.devices().len();
    let mut weight = vec![1.0 / devices as f64; devices];
    let mut best: f64 = 0.0;
    for step in 0..ASCENT_STEPS {
        let mut load = vec![0.0; devices];
        let mut bound = 0.0;
        for task in 0..problem.tasks().len() {
            let mut least = f64::INFINITY;
            let mut chosen = (0, 0.0);
            for m in problem.modes_of(task).filter(|&m| modes.admissible[m]) {
                let d = modes.device[m] as usize;
                let cost = weight[d] * area[m];
                // Among equals the one that is loaded least, lest identical devices all point at the first.
                if cost < least || (cost == least && load[d] < load[chosen.0]) {
                    least = cost;
                    chosen = (d, area[m]);
                }
            }
            bound += least;
            load[chosen.0] += chosen.1;
        }
        best = best.max(bound);
        let largest = load.iter().copied().fold(0.0, f64::max);
        if largest <= best * (1.0 + 1e-9) {
            break;
        }
        let rate = 1.0 / f64::from(step + 1).sqrt();
        for (w, l) in weight.iter_mut().zip(&load) {
            *w *= (rate * (l / largest - 0.5)).exp();
        }
        let sum: f64 = weight.iter().sum();
        weight.iter_mut().for_each(|w| *w /= sum);
    }
    best
}

/// The largest, over devices, of the area that only this device can take plus its least head and tail.
fn device_load(problem: &Problem, area: &[f64], heads: &[f64], tails: &[f64]) -> f64 {
    let modes = &problem.modes;
    let devices = problem.devices().len();
    let mut load = vec![0.0; devices];
    let mut head = vec![f64::INFINITY; devices];
    let mut tail = vec![f64::INFINITY; devices];
    for task in 0..problem.tasks().len() {
        let mut device = None;
        let mut only = true;
        let mut least = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
        for m in problem.modes_of(task).filter(|&m| modes.admissible[m]) {
            only &= device.is_none_or(|d| d == modes.device[m]);
            device = Some(modes.device[m]);
            least = (least.0.min(area[m]), least.1.min(heads[m]), least.2.min(tails[m]));
        }
        if let (true, Some(d), true) = (only, device, least.0 > 0.0) {
            let d = d as usize;
            load[d] += least.0;
            head[d] = head[d].min(least.1);
            tail[d] = tail[d].min(least.2);
        }
    }
    (0..devices).filter(|&d| load[d] > 0.0).map(|d| head[d] + load[d] + tail[d]).fold(0.0, f64::max)
}
