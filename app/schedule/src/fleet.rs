//! Annealing on flat arrays for devices that take one task at a time and links on which nothing queues: a schedule is an
//! order of the tasks and a mode for each, and a move is judged from the first place that it changes.
//!
//! Must not decide what a plan is: what is found here is decoded again by [`crate::Decoder`] before it counts. Problems
//! with memory, weights, budgets, shared devices or contended links are left to the general search.

use crate::{bounds::mode_tails, input::TaskIndex, problem::Problem, rng::Rng, workbench::Workbench};

/// Moves between two looks at the clock.
const MOVES_A_LOOK: u32 = 64;
/// What is found is told of so often in a phase, at most.
const REPORTS: f64 = 50.0;
const NOBODY: u32 = u32::MAX;

/// How hot it is at the beginning and at the end, as shares of the makespan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heat {
    pub start: f64,
    pub end: f64,
    /// Factor for every schedule made per task, where no limit sets the pace.
    pub cooling: f64,
}

/// An order and the modes, and what comes of them.
#[derive(Debug, Clone, Default)]
struct State {
    /// Tasks by place; wires lead forwards.
    order: Vec<u32>,
    place: Vec<u32>,
    /// One a task, as numbered through all tasks.
    mode: Vec<u32>,
    makespan_s: f64,
}

#[derive(Debug)]
pub(crate) struct Fleet<'p> {
    problem: &'p Problem,
    devices: usize,
    device: &'p [u32],
    duration_s: &'p [f64],
    /// For each mode the least that comes after it.
    tail_s: Vec<f64>,
    release_s: Vec<f64>,
    pred_start: Vec<u32>,
    /// Task and bytes.
    pred: Vec<(u32, f64)>,
    succ_start: Vec<u32>,
    succ: Vec<u32>,
    state: State,
    finish_s: Vec<f64>,
    /// The task before on the same device.
    before: Vec<u32>,
    /// For each place when each device is free before it, and the latest finish so far.
    free_s: Vec<f64>,
    new_finish_s: Vec<f64>,
    new_before: Vec<u32>,
    new_free_s: Vec<f64>,
    last: Vec<u32>,
    now_free_s: Vec<f64>,
    /// What the present move has changed, to be taken back.
    moved: Vec<Change>,
    critical: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Mode { task: u32, was: u32 },
    Place { from: usize, to: usize },
}

impl<'p> Fleet<'p> {
    /// `None` where devices are shared or anything but them is limited.
    pub fn of(problem: &'p Problem) -> Option<Self> {
        let count = problem.tasks().len();
        let modes = &problem.modes;
        let whole = (0..modes.device.len())
            .all(|m| modes.admissible[m] && 2 * modes.units[m] > problem.capacity_units[modes.device[m] as usize]);
        let plain = problem.accuracy_budget().is_none()
            && problem.resources().is_empty()
            && problem.devices().iter().all(|d| d.memory_bytes.is_none())
            && (0..count).all(|task| problem.runs_of(task).is_empty())
            && problem.links().links.iter().all(|link| link.channels.is_none());
        if count == 0 || !whole || !plain {
            return None;
        }
        let mut pred_start = vec![0];
        let mut pred = Vec::new();
        let mut succ_start = vec![0];
        let mut succ = Vec::new();
        for task in 0..count {
            pred.extend(problem.incoming(task).map(|e| (e.from as u32, e.bytes as f64)));
            pred_start.push(pred.len() as u32);
            succ.extend(problem.outgoing(task).map(|e| e.to as u32));
            succ_start.push(succ.len() as u32);
        }
        let devices = problem.devices().len();
        Some(Self {
            problem,
            devices,
            device: &modes.device,
            duration_s: &modes.duration_s,
            tail_s: mode_tails(problem),
            release_s: problem.tasks().iter().map(|t| t.release_s).collect(),
            pred_start,
            pred,
            succ_start,
            succ,
            state: State::default(),
            finish_s: vec![0.0; count],
            before: vec![NOBODY; count],
            free_s: vec![0.0; (count + 1) * (devices + 1)],
            new_finish_s: vec![0.0; count],
            new_before: vec![NOBODY; count],
            new_free_s: vec![0.0; (count + 1) * (devices + 1)],
            last: vec![NOBODY; devices],
            now_free_s: vec![0.0; devices],
            moved: Vec::new(),
            critical: Vec::new(),
        })
    }

    fn preds(&self, task: usize) -> &[(u32, f64)] {
        &self.pred[self.pred_start[task] as usize..self.pred_start[task + 1] as usize]
    }

    fn succs(&self, task: usize) -> &[u32] {
        &self.succ[self.succ_start[task] as usize..self.succ_start[task + 1] as usize]
    }

    /// Anneals from the best plan on the workbench until the phase is over or it has cooled down; what is better than
    /// that is left there.
    pub fn anneal(&mut self, bench: &mut Workbench<'_, '_, '_>, heat: Heat) {
        let Some(plan) = bench.best() else { return };
        let starts_s: Vec<f64> = plan.assignments.iter().map(|a| a.start_s).collect();
        let modes: Vec<usize> = plan.assignments.iter().map(|a| a.mode).collect();
        self.begin(&starts_s, &modes);
        let mut rng = bench.rng.clone();
        bench.rng.next_u64();
        let mut best = self.state.clone();
        let mut told_s = bench.best_score().makespan_s;
        let (mut temperature, mut told_at, mut looks) = (heat.start, 0.0, 0_u32);
        let count = self.finish_s.len() as f64;
        loop {
            looks += 1;
            let progress = bench.phase_progress();
            temperature = match progress {
                Some(p) => heat.start * (heat.end / heat.start).powf(p),
                None => temperature * heat.cooling.powf(f64::from(MOVES_A_LOOK) / count),
            };
            let cold = progress.is_none() && temperature < heat.end;
            let due = progress.map_or(looks.is_multiple_of(256), |p| p - told_at >= 1.0 / REPORTS);
            if best.makespan_s < told_s * (1.0 - 1e-9) && (due || cold || bench.phase_over()) {
                self.tell(bench, &best);
                told_s = best.makespan_s;
                told_at = progress.unwrap_or(0.0);
            }
            if cold || bench.phase_over() {
                return;
            }
            for _ in 0..MOVES_A_LOOK {
                if self.step(&mut rng, temperature) && self.state.makespan_s < best.makespan_s * (1.0 - 1e-12) {
                    best.clone_from(&self.state);
                }
            }
            bench.context.count(u64::from(MOVES_A_LOOK));
        }
    }

    /// Tells the workbench of a state.
    fn tell(&mut self, bench: &mut Workbench<'_, '_, '_>, best: &State) {
        let keys: Vec<f64> = best.place.iter().map(|&place| -f64::from(place)).collect();
        let modes: Vec<usize> =
            (0..best.mode.len()).map(|task| best.mode[task] as usize - self.problem.modes_of(task).start).collect();
        bench.adopt_keys(&keys, &modes);
    }

    fn begin(&mut self, starts_s: &[f64], modes: &[usize]) {
        let mut order: Vec<TaskIndex> = self.problem.topological_order().to_vec();
        order.sort_by(|&a, &b| starts_s[a].total_cmp(&starts_s[b]));
        let mut place = vec![0; order.len()];
        for (at, &task) in order.iter().enumerate() {
            place[task] = at as u32;
        }
        self.state = State {
            order: order.into_iter().map(|task| task as u32).collect(),
            place,
            mode: (0..modes.len()).map(|task| (self.problem.modes_of(task).start + modes[task]) as u32).collect(),
            makespan_s: f64::INFINITY,
        };
        if let Some(makespan_s) = self.judge(0, f64::INFINITY) {
            self.accept(0, makespan_s);
        }
    }

    /// The makespan after a change at this place and later ones; `None` as soon as it must be above the limit.
    fn judge(&mut self, from: usize, limit_s: f64) -> Option<f64> {
        let width = self.devices + 1;
        let (latency_s, s_per_byte) = (&self.problem.transfer_latency_s[..], &self.problem.transfer_s_per_byte[..]);
        let kept = &self.free_s[from * width..(from + 1) * width];
        self.now_free_s.copy_from_slice(&kept[..self.devices]);
        let mut makespan_s = kept[self.devices];
        self.last.fill(NOBODY);
        let State { order, place, mode, .. } = &self.state;
        for (at, &task) in order.iter().enumerate().skip(from) {
            let row = &mut self.new_free_s[at * width..(at + 1) * width];
            row[..self.devices].copy_from_slice(&self.now_free_s);
            row[self.devices] = makespan_s;
            let task = task as usize;
            let m = mode[task] as usize;
            let device = self.device[m] as usize;
            let mut start_s = self.release_s[task].max(self.now_free_s[device]);
            for &(before, bytes) in &self.pred[self.pred_start[task] as usize..self.pred_start[task + 1] as usize] {
                let before = before as usize;
                let finish_s =
                    if (place[before] as usize) < from { self.finish_s[before] } else { self.new_finish_s[before] };
                // A sum is compared only where it can matter.
                let pair = self.device[mode[before] as usize] as usize * self.devices + device;
                let arrival_s = finish_s + latency_s[pair] + bytes * s_per_byte[pair];
                if arrival_s > start_s {
                    start_s = arrival_s;
                }
            }
            let finish_s = start_s + self.duration_s[m];
            if finish_s + self.tail_s[m] > limit_s {
                return None;
            }
            self.new_finish_s[task] = finish_s;
            self.new_before[task] = self.last[device];
            self.last[device] = task as u32;
            self.now_free_s[device] = finish_s;
            makespan_s = makespan_s.max(finish_s);
        }
        Some(makespan_s)
    }

    /// What was judged last is what is so from now on.
    fn accept(&mut self, from: usize, makespan_s: f64) {
        let width = self.devices + 1;
        self.free_s[from * width..].copy_from_slice(&self.new_free_s[from * width..]);
        // The first of each device after the change follows the last before it.
        let mut seen = 0;
        for &task in &self.state.order[from..] {
            let task = task as usize;
            self.finish_s[task] = self.new_finish_s[task];
            self.before[task] = self.new_before[task];
            if self.before[task] == NOBODY && seen < self.devices {
                seen += 1;
                let device = self.device[self.state.mode[task] as usize];
                let earlier = self.state.order[..from].iter().rev();
                self.before[task] = earlier
                    .copied()
                    .find(|&t| self.device[self.state.mode[t as usize] as usize] == device)
                    .unwrap_or(NOBODY);
            }
        }
        self.state.makespan_s = makespan_s;
        self.moved.clear();
        self.trace();
    }

    /// The tasks of one critical path, the last first.
    fn trace(&mut self) {
        self.critical.clear();
        let end_s = self.state.makespan_s * (1.0 - 1e-12);
        let mut at = self.state.order.iter().rev().copied().find(|&task| self.finish_s[task as usize] >= end_s);
        while let Some(task) = at {
            self.critical.push(task);
            let number = task as usize;
            let m = self.state.mode[number] as usize;
            let device = self.device[m] as usize;
            let slack_s = 1e-9 * self.state.makespan_s;
            let start_s = self.finish_s[number] - self.duration_s[m];
            let held_up = self.preds(number).iter().find(|&&(from, bytes)| {
                let sender = self.device[self.state.mode[from as usize] as usize] as usize;
                let pair = sender * self.devices + device;
                let sent_s = self.problem.transfer_latency_s[pair] + bytes * self.problem.transfer_s_per_byte[pair];
                self.finish_s[from as usize] + sent_s >= start_s - slack_s
            });
            at = match (held_up, self.before[number]) {
                (Some(&(from, _)), _) => Some(from),
                (None, NOBODY) => None,
                (None, before) => (self.finish_s[before as usize] >= start_s - slack_s).then_some(before),
            };
        }
    }

    /// One move, accepted or taken back; whether it was accepted.
    fn step(&mut self, rng: &mut Rng, temperature: f64) -> bool {
        let moves = 1 + u32::from(rng.chance(0.25)) + u32::from(rng.chance(0.08));
        for _ in 0..moves {
            self.change(rng);
        }
        let Some(from) = self.moved.iter().map(|change| self.first_place(*change)).min() else { return false };
        // The worst that is accepted, drawn before it is judged, so that what is worse need not be judged to its end.
        let allowed = temperature * -(1.0 - rng.unit()).max(1e-300).ln();
        let limit_s = self.state.makespan_s * (1.0 + allowed);
        match self.judge(from, limit_s) {
            Some(makespan_s) => {
                self.accept(from, makespan_s);
                true
            }
            None => {
                while let Some(change) = self.moved.pop() {
                    match change {
                        Change::Mode { task, was } => self.state.mode[task as usize] = was,
                        Change::Place { from, to } => self.shift(to, from),
                    }
                }
                false
            }
        }
    }

    fn first_place(&self, change: Change) -> usize {
        match change {
            Change::Mode { task, .. } => self.state.place[task as usize] as usize,
            Change::Place { from, to } => from.min(to),
        }
    }

    /// Puts what is at one place to another; what lies between moves up.
    fn shift(&mut self, from: usize, to: usize) {
        let State { order, place, .. } = &mut self.state;
        if from < to {
            order[from..=to].rotate_left(1);
        } else {
            order[to..=from].rotate_right(1);
        }
        for at in from.min(to)..=from.max(to) {
            place[order[at] as usize] = at as u32;
        }
    }

    fn put(&mut self, task: usize, to: usize) {
        let from = self.state.place[task] as usize;
        if from != to {
            self.shift(from, to);
            self.moved.push(Change::Place { from, to });
        }
    }

    fn set_mode(&mut self, task: usize, mode: usize) {
        let was = self.state.mode[task];
        if was as usize != mode {
            self.state.mode[task] = mode as u32;
            self.moved.push(Change::Mode { task: task as u32, was });
        }
    }

    /// The places to which a task can go while all others stay in order.
    fn range(&self, task: usize) -> (usize, usize) {
        let place = &self.state.place;
        let low = self.preds(task).iter().map(|&(from, _)| place[from as usize] as usize + 1).max().unwrap_or(0);
        let last = self.state.order.len() - 1;
        let high = self.succs(task).iter().map(|&to| place[to as usize] as usize - 1).min().unwrap_or(last);
        (low, high)
    }

    /// One change: another mode, another place, or both.
    fn change(&mut self, rng: &mut Rng) {
        let count = self.state.order.len();
        let critical = !self.critical.is_empty() && rng.chance(0.85);
        let task = if critical { self.critical[rng.below(self.critical.len())] as usize } else { rng.below(count) };
        let modes = self.problem.modes_of(task);
        let device = self.device[self.state.mode[task] as usize];
        if modes.len() > 1 && rng.chance(0.5) {
            self.set_mode(task, modes.start + rng.below(modes.len()));
            if rng.chance(0.5) {
                let (low, high) = self.range(task);
                let to = near(rng, self.state.place[task] as usize, low, high);
                self.put(task, to);
            }
            if rng.chance(0.2) {
                // What it waits for goes along, or what waits for it.
                let (preds, succs) = (self.preds(task).len(), self.succs(task).len());
                if preds + succs > 0 {
                    let at = rng.below(preds + succs);
                    let other = if at < preds { self.preds(task)[at].0 } else { self.succs(task)[at - preds] } as usize;
                    let wanted = self.device[self.state.mode[task] as usize];
                    if let Some(mode) = self.problem.modes_of(other).find(|&m| self.device[m] == wanted) {
                        self.set_mode(other, mode);
                    }
                }
            }
            return;
        }
        let before = self.before[task];
        if before != NOBODY && rng.chance(0.8) {
            // Past what is before it on its device: itself to the front, or that one to the back.
            let mut earlier = before as usize;
            while rng.chance(0.4) && self.before[earlier] != NOBODY {
                earlier = self.before[earlier] as usize;
            }
            let (low, _) = self.range(task);
            let wanted = self.state.place[earlier] as usize;
            if low <= wanted && wanted < self.state.place[task] as usize {
                self.put(task, wanted);
                return;
            }
            let (_, high) = self.range(before as usize);
            let own = self.state.place[task] as usize;
            if high >= own && (self.state.place[before as usize] as usize) < own {
                self.put(before as usize, own);
                return;
            }
            // Or the two change devices.
            let other = before as usize;
            let elsewhere = self.problem.modes_of(other);
            let mode = elsewhere.start + rng.below(elsewhere.len());
            if self.device[mode] != device {
                self.set_mode(other, mode);
            }
            return;
        }
        let (low, high) = self.range(task);
        let to = near(rng, self.state.place[task] as usize, low, high);
        self.put(task, to);
    }
}

/// A place within a range, near ones likelier than far ones.
fn near(rng: &mut Rng, own: usize, low: usize, high: usize) -> usize {
    let reach = ((high - low + 1) as f64).powf(rng.unit()) as usize;
    let to = if rng.chance(0.6) { own.saturating_sub(reach) } else { own + reach };
    to.clamp(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decoder::{Decoder, ModeChoice, Order},
        input::{Device, Edge, Links, Mode, Phase, Task},
    };

    fn layered(seed: u64, count: usize) -> Problem {
        let mut rng = Rng::new(seed);
        let tasks = (0..count)
            .map(|i| {
                let work_s = 1.0 + 9.0 * rng.unit();
                let modes = [1.0, 2.0, 4.0].iter().enumerate().map(|(d, speed)| Mode::on(d, work_s / speed));
                Task::new(i.to_string(), Phase::Run, modes.collect()).released_at(rng.below(3) as f64)
            })
            .collect();
        let edges = (1..count)
            .flat_map(|to| [(rng.below(to), to), (rng.below(to), to)])
            .map(|(from, to)| Edge { from, to, bytes: 1 + 7 * (from as u64 % 3) })
            .collect();
        let devices = (0..3).map(|d| Device::new(d.to_string())).collect();
        Problem::new(tasks, devices, Links::uniform(3, 5.0, 0.1, None), edges).expect("consistent")
    }

    #[test]
    fn a_move_judged_from_where_it_changes_is_as_if_all_was_judged_and_one_taken_back_leaves_nothing() {
        for seed in 0..20 {
            let problem = layered(seed, 4 + seed as usize);
            let count = problem.tasks().len();
            let mut fleet = Fleet::of(&problem).expect("devices that take one task at a time");
            let mut decoder = Decoder::new(&problem);
            decoder.decode(Order::Arrival, ModeChoice::EarliestFinish, &|| false).expect("nothing is in the way");
            let modes: Vec<usize> = (0..count).map(|task| decoder.mode_of(task)).collect();
            fleet.begin(decoder.starts_s(), &modes);
            assert!((fleet.state.makespan_s - decoder.makespan_s()).abs() < 1e-9);
            let mut rng = Rng::new(seed);
            let (mut accepted, mut refused) = (0, 0);
            for _ in 0..500 {
                let before = fleet.state.clone();
                if fleet.step(&mut rng, 0.05) {
                    accepted += 1;
                    let all = fleet.judge(0, f64::INFINITY);
                    assert_eq!(all, Some(fleet.state.makespan_s));
                    assert_eq!(fleet.new_finish_s, fleet.finish_s);
                    assert_eq!(fleet.new_before, fleet.before);
                    assert!(problem.edges().iter().all(|e| fleet.state.place[e.from] < fleet.state.place[e.to]));
                } else {
                    refused += 1;
                    assert_eq!(
                        (before.order, before.place, before.mode),
                        (fleet.state.order.clone(), fleet.state.place.clone(), fleet.state.mode.clone())
                    );
                }
            }
            assert!(accepted > 0 && refused > 0, "{accepted} {refused}");
            // The decoder, which also fills gaps, does no worse with the same order and modes.
            let keys: Vec<f64> = fleet.state.place.iter().map(|&place| -f64::from(place)).collect();
            let modes: Vec<usize> =
                (0..count).map(|t| fleet.state.mode[t] as usize - problem.modes_of(t).start).collect();
            decoder
                .decode(Order::Priority(&keys), ModeChoice::Fixed(&modes), &|| false)
                .expect("nothing is in the way");
            assert!(decoder.makespan_s() <= fleet.state.makespan_s + 1e-9);
        }
    }

    #[test]
    fn what_shares_or_runs_short_is_left_to_others() {
        let alone = |mode: Mode, device: Device| {
            let task = Task::new("a", Phase::Run, vec![mode]);
            let problem = Problem::new(vec![task], vec![device], Links::instant(1), vec![]).expect("consistent");
            Fleet::of(&problem).is_some()
        };
        assert!(alone(Mode::on(0, 1.5), Device::new("cpu")));
        assert!(!alone(Mode::on(0, 1.5).share(0.5), Device::new("cpu")));
        assert!(!alone(Mode::on(0, 1.5), Device { memory_bytes: Some(10), ..Device::new("cpu") }));
    }
}
