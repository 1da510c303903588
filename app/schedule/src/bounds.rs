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
    /// Interval energy: what has to be done on one resource (or on all devices together, by their speeds) after some time
    /// and before the least that follows, with that time before and that rest behind.
    #[serde(default)]
    pub energy_s: f64,
}

impl Bounds {
    /// The largest of them: the bound that the gap is measured against.
    pub fn best_s(&self) -> f64 {
        self.critical_path_s.max(self.compute_area_s).max(self.memory_area_s).max(self.device_load_s).max(self.energy_s)
    }
}

/// Computes the lower bounds of a problem in O(steps · modes + wires · modes²).
pub fn lower_bounds(problem: &Problem) -> Bounds {
    let heads = heads(problem);
    let tails = mode_tails(problem);
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
    let (compute_area_s, weight) = area(problem, &compute);
    let spans = Spans::new(problem, &heads, &tails);
    let mut energy_s = spans.energy(&spans.least(problem, |m| weight[modes.device[m] as usize] * compute[m]));
    for (r, resource) in problem.resources().iter().enumerate().filter(|(_, r)| r.renewable && r.capacity > 0) {
        let taken = |m: usize| modes.uses_of(m).iter().find(|u| u.0 as usize == r).map_or(0, |u| u.1) as f64;
        energy_s = energy_s
            .max(spans.energy(&spans.least(problem, |m| modes.duration_s[m] * taken(m) / resource.capacity as f64)));
    }
    Bounds {
        critical_path_s,
        compute_area_s,
        energy_s,
        memory_area_s: area(problem, &memory).0,
        device_load_s: device_load(problem, &compute, &heads, &tails)
            .max(device_load(problem, &memory, &heads, &tails)),
    }
}

/// For each task the least head and tail over its modes.
struct Spans {
    head_s: Vec<f64>,
    tail_s: Vec<f64>,
    /// The tasks by falling head.
    order: Vec<usize>,
}

/// Tails at which intervals end, at most: so many of the different ones, evenly spread.
const INTERVALS: usize = 100;

impl Spans {
    fn new(problem: &Problem, heads: &[f64], tails: &[f64]) -> Self {
        let least = |values: &[f64], task: usize| {
            let fit = problem.modes_of(task).filter(|&m| problem.modes.admissible[m]);
            fit.map(|m| values[m]).fold(f64::INFINITY, f64::min)
        };
        let count = problem.tasks().len();
        let head_s: Vec<f64> = (0..count).map(|task| least(heads, task)).collect();
        let tail_s = (0..count).map(|task| least(tails, task)).collect();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| head_s[b].total_cmp(&head_s[a]));
        Self { head_s, tail_s, order }
    }

    /// For each task the least of a cost over its modes.
    fn least(&self, problem: &Problem, cost: impl Fn(usize) -> f64) -> Vec<f64> {
        let fit = |task: usize| problem.modes_of(task).filter(|&m| problem.modes.admissible[m]);
        (0..self.order.len()).map(|task| fit(task).map(&cost).fold(f64::INFINITY, f64::min)).collect()
    }

    /// The largest of a + Σ energy + b over all tasks with a head of a at least and a tail of b at least, energy being
    /// seconds of the whole resource.
    fn energy(&self, energy: &[f64]) -> f64 {
        let mut ends: Vec<f64> = self.tail_s.clone();
        ends.sort_by(f64::total_cmp);
        ends.dedup();
        let step = ends.len().div_ceil(INTERVALS).max(1);
        let mut best: f64 = 0.0;
        for &end_s in ends.iter().step_by(step) {
            let mut sum = 0.0;
            for &task in self.order.iter().filter(|&&task| self.tail_s[task] >= end_s) {
                sum += energy[task];
                if energy[task] > 0.0 {
                    best = best.max(self.head_s[task] + sum + end_s);
                }
            }
        }
        best
    }
}

/// Windows of heads and of tails that [`relaxed_bound`] looks at, each.
const WINDOWS: usize = 4;

/// The linear relaxation over modes of path and device load together, within windows of heads and tails; never below
/// what [`lower_bounds`] finds by path and area alone once it has converged. It takes many passes: for searches that have
/// the time, not for list rules.
///
/// In a game in which one side splits every task over its modes and the other names a path or a device, the value is the
/// least time of the relaxation. For any mixture of paths (through task j with weight f_j) and devices (y_d), Σ_j min_m
/// (f_j + y_d(m) a_jm) p_jm is a bound, a_jm being the mode's share of the device. Both sides play their best answer to
/// the other's average (G. Brown 1951); the best bound seen is kept. `stop` is asked between passes.
pub(crate) fn relaxed_bound(problem: &Problem, stop: &dyn Fn() -> bool) -> f64 {
    let (heads, tails) = (heads(problem), mode_tails(problem));
    let spans = Spans::new(problem, &heads, &tails);
    let quantiles = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        let mut some: Vec<f64> = (0..WINDOWS).filter_map(|i| sorted.get(i * sorted.len() / WINDOWS).copied()).collect();
        some.dedup();
        some
    };
    let mut best: f64 = 0.0;
    for &from_s in &quantiles(&spans.head_s) {
        for &end_s in &quantiles(&spans.tail_s) {
            let within: Vec<bool> =
                (0..spans.head_s.len()).map(|t| spans.head_s[t] >= from_s && spans.tail_s[t] >= end_s).collect();
            // Nothing lies in between: then one need not follow the other.
            if !within.contains(&true) {
                continue;
            }
            let passes = if from_s <= 0.0 && end_s <= 0.0 { 600 } else { 150 };
            best = best.max(from_s + play(problem, &within, passes, stop) + end_s);
            if stop() {
                return best;
            }
        }
    }
    best
}

/// The game of [`relaxed_bound`] for the tasks within a window.
fn play(problem: &Problem, within: &[bool], passes: usize, stop: &dyn Fn() -> bool) -> f64 {
    let modes = &problem.modes;
    let devices = problem.devices().len();
    let count = within.len();
    let share: Vec<f64> = (0..modes.device.len())
        .map(|m| modes.units[m] as f64 / problem.capacity_units[modes.device[m] as usize] as f64)
        .collect();
    // Averages: the durations and loads of the one side, the paths and devices of the other.
    let mut duration_s = vec![0.0; count];
    let mut load_s = vec![0.0; devices];
    let mut through = vec![0.0; count];
    let mut weight = vec![1.0 / devices as f64; devices];
    let mut longest_s = vec![0.0; count];
    let mut best: f64 = 0.0;
    for pass in 0..passes {
        if stop() {
            break;
        }
        let rate = 2.0 / (pass as f64 + 2.0);
        let mut bound = 0.0;
        load_s.iter_mut().for_each(|l| *l *= 1.0 - rate);
        for task in (0..count).filter(|&task| within[task]) {
            let mut least = (f64::INFINITY, 0);
            for m in problem.modes_of(task).filter(|&m| modes.admissible[m]) {
                let device = modes.device[m] as usize;
                let cost = (through[task] + weight[device] * share[m]) * modes.duration_s[m];
                // Among equals (before there is a path) the device that is loaded less.
                if cost < least.0 || (cost == least.0 && load_s[device] < load_s[modes.device[least.1] as usize]) {
                    least = (cost, m);
                }
            }
            bound += least.0;
            let m = least.1;
            duration_s[task] += rate * (modes.duration_s[m] - duration_s[task]);
            load_s[modes.device[m] as usize] += rate * share[m] * modes.duration_s[m];
        }
        best = best.max(bound);
        // The other side's answer: the longest path or the most loaded device.
        let mut end = (0.0, None);
        for &task in problem.topological_order().iter().filter(|&&task| within[task]) {
            let before = problem.incoming(task).filter(|e| within[e.from]).map(|e| longest_s[e.from]);
            longest_s[task] = before.fold(0.0, f64::max) + duration_s[task];
            if longest_s[task] > end.0 {
                end = (longest_s[task], Some(task));
            }
        }
        let (device, most_s) =
            load_s.iter().copied().enumerate().fold((0, 0.0), |best, (d, l)| if l > best.1 { (d, l) } else { best });
        let largest_s = f64::max(end.0, most_s);
        if largest_s <= best * (1.0 + 1e-4) {
            break;
        }
        through.iter_mut().for_each(|f| *f *= 1.0 - rate);
        weight.iter_mut().for_each(|y| *y *= 1.0 - rate);
        if end.0 >= most_s {
            let mut at = end.1;
            while let Some(task) = at {
                through[task] += rate;
                at = problem
                    .incoming(task)
                    .map(|e| e.from)
                    .filter(|&from| within[from])
                    .max_by(|&a, &b| longest_s[a].total_cmp(&longest_s[b]));
            }
        } else {
            weight[device] += rate;
        }
    }
    best
}

/// What a second of each device counts where all of them together are most in demand: the weights that give the area bound.
pub(crate) fn device_weights(problem: &Problem) -> Vec<f64> {
    area(problem, &problem.modes.duration_s).1
}

/// For each flat mode the earliest start in it.
pub(crate) fn heads(problem: &Problem) -> Vec<f64> {
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
pub(crate) fn mode_tails(problem: &Problem) -> Vec<f64> {
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

/// The bound and the weights of the devices that give it. The linear relaxation over modes, min T with Σ_j x_jm · area_jm ≤ T on every device, from below: for any weights
/// y ≥ 0 with Σ y = 1, T ≥ Σ_j min_m y_d(m) · area_jm. The weights are improved by multiplicative updates towards the
/// devices that are loaded more (Plotkin, Shmoys, Tardos 1995); every step's value is a bound, the best is kept.
fn area(problem: &Problem, area: &[f64]) -> (f64, Vec<f64>) {
    let modes = &problem.modes;
    let devices = problem.devices().len();
    let mut weight = vec![1.0 / devices as f64; devices];
    let mut best: f64 = 0.0;
    let mut best_weight = weight.clone();
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
        if bound > best {
            best = bound;
            best_weight.clone_from(&weight);
        }
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
    (best, best_weight)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Device, Edge, Links, Mode, Phase, Task};

    #[test]
    fn the_relaxation_does_not_add_what_need_not_follow() {
        // Two chains side by side: late heads and long tails are those of different tasks, so that some windows are empty.
        let tasks = (0..40).map(|i| Task::new(i.to_string(), Phase::Run, vec![Mode::on(0, 1.0), Mode::on(1, 1.0)]));
        let edges = (0..38).map(|from| Edge { from, to: from + 2, bytes: 0 }).collect();
        let devices = vec![Device::new("x"), Device::new("y")];
        let problem = Problem::new(tasks.collect(), devices, Links::instant(2), edges).expect("consistent");
        let bound_s = relaxed_bound(&problem, &|| false);
        assert!(bound_s <= 20.0 + 1e-9 && bound_s > 19.9, "{bound_s}");
    }

    #[test]
    fn path_and_load_together_are_more_than_each() {
        // Two tasks of 12 s of work on devices of speed 4, 1 and 1.
        let mode = |work: f64| vec![Mode::on(0, work / 4.0), Mode::on(1, work), Mode::on(2, work)];
        let tasks = (0..2).map(|i| Task::new(i.to_string(), Phase::Run, mode(12.0)));
        let devices = (0..3).map(|d| Device::new(d.to_string())).collect();
        let problem = Problem::new(tasks.collect(), devices, Links::instant(3), vec![]).expect("consistent");
        // Two tasks use two devices: 24 over a speed of 5, where area alone says 24 over 6.
        let bound_s = relaxed_bound(&problem, &|| false);
        assert!(bound_s > 4.5 && bound_s <= 4.8 + 1e-9, "{bound_s}");
        assert!(lower_bounds(&problem).best_s() < 4.1);
    }
}
