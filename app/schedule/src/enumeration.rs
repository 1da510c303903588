//! Proofs for few tasks on devices that take one task at a time: every schedule that starts nothing later than it must is
//! looked at, but for those that a bound or a schedule looked at before rules out.
//!
//! A schedule is built by appending tasks in the order of their starts (E. Demeulemeester and W. Herroelen 1992 do so for
//! projects): each begins as soon as its device is free and what it needs has arrived, and not before the one appended
//! last. Some schedule of least makespan can be built so. A part of a schedule is given up when
//!
//! - what is left cannot end before the best known: each task has, in every mode, an earliest start and a least rest; all
//!   together need so much of the devices ([`Bounds`](crate::Bounds), with what has been appended as it is);
//! - another part with the same tasks, in which those that still send stand on the same devices, has every device free no
//!   later, every such task ended no later, and its last start no later: whatever completes the one completes the other;
//! - it uses a device first whose twin is still unused.
//!
//! Must not know how a good plan is found: it starts from the best of the workbench.

use std::collections::HashMap;

use crate::{bounds::mode_tails, problem::Problem, workbench::Workbench};

/// More tasks than this no one can enumerate, and they would not fit a word.
const MOST_TASKS: usize = 63;
/// Parts that are remembered.
const MOST_KEPT: usize = 400_000;
/// Parts that are looked at between two looks at the clock.
const PARTS_A_LOOK: u32 = 256;
/// Parts that are looked at where no limit sets an end.
const MOST_PARTS: u64 = 300_000;
const ROUNDING: f64 = 1e-9;

/// What a part of a schedule is compared by: free times, finishes of those that still send, the last start.
type Times = Vec<f64>;

#[derive(Debug)]
pub(crate) struct Enumeration<'p> {
    problem: &'p Problem,
    /// For each mode the least from its finish to the end.
    tail_s: Vec<f64>,
    /// For each task the direct predecessors and successors, as bits.
    needs: Vec<u64>,
    feeds: Vec<u64>,
    /// What a second of each device counts in the area.
    weight: Vec<f64>,
    /// For each task the least area over its modes.
    area: Vec<f64>,
    /// For each device a smaller one that is no different.
    twin: Vec<Option<usize>>,
    /// By tasks and the devices of those that still send.
    seen: HashMap<(u64, Vec<u8>), Vec<Times>>,
    kept: usize,
    parts: u64,
    part: Part,
    /// For each mode its earliest start, given the part.
    head_s: Vec<f64>,
    best_s: f64,
    best: Option<Part>,
    is_given_up: bool,
}

#[derive(Debug, Clone, Default)]
struct Part {
    done: u64,
    start_s: Vec<f64>,
    finish_s: Vec<f64>,
    mode: Vec<usize>,
    free_s: Vec<f64>,
    /// How many tasks each device has.
    on: Vec<u32>,
    last_s: f64,
    end_s: f64,
}

impl<'p> Enumeration<'p> {
    /// `weight` says what a second of each device counts in the area. The problem must be one of devices that take one
    /// task at a time and of links on which nothing queues ([`crate::fleet::Fleet::of`]); `None` where it has too many
    /// tasks.
    pub fn of(problem: &'p Problem, weight: Vec<f64>) -> Option<Self> {
        let count = problem.tasks().len();
        if count > MOST_TASKS {
            return None;
        }
        let devices = problem.devices().len();
        let modes = &problem.modes;
        let mut needs = vec![0_u64; count];
        let mut feeds = vec![0_u64; count];
        for edge in problem.edges() {
            needs[edge.to] |= 1 << edge.from;
            feeds[edge.from] |= 1 << edge.to;
        }
        let of_mode = |m: usize| weight[modes.device[m] as usize] * modes.duration_s[m];
        let area = (0..count).map(|task| problem.modes_of(task).map(of_mode).fold(f64::INFINITY, f64::min)).collect();
        Some(Self {
            problem,
            tail_s: mode_tails(problem),
            needs,
            feeds,
            weight,
            area,
            twin: (0..devices).map(|d| (0..d).rev().find(|&other| are_twins(problem, other, d))).collect(),
            seen: HashMap::new(),
            kept: 0,
            parts: 0,
            part: Part {
                start_s: vec![0.0; count],
                finish_s: vec![0.0; count],
                mode: vec![0; count],
                free_s: vec![0.0; devices],
                on: vec![0; devices],
                ..Part::default()
            },
            head_s: vec![0.0; modes.device.len()],
            best_s: f64::INFINITY,
            best: None,
            is_given_up: false,
        })
    }

    /// Looks at all there is until the phase is over; leaves what it finds on the workbench, and the proof if it comes to
    /// an end. Says whether it did.
    pub fn run(&mut self, bench: &mut Workbench<'_, '_, '_>) -> bool {
        self.best_s = bench.best_score().makespan_s;
        self.is_given_up = false;
        self.parts = 0;
        self.seen.clear();
        self.kept = 0;
        self.extend(bench);
        if let Some(best) = self.best.take() {
            let modes: Vec<usize> =
                best.mode.iter().enumerate().map(|(task, m)| m - self.problem.modes_of(task).start).collect();
            bench.adopt_keys(&best.start_s.iter().map(|s| -s).collect::<Vec<_>>(), &modes);
        }
        if !self.is_given_up {
            bench.prove(self.best_s);
        }
        !self.is_given_up
    }

    /// Looks at every schedule that begins with the part.
    fn extend(&mut self, bench: &mut Workbench<'_, '_, '_>) {
        self.parts += 1;
        if self.parts.is_multiple_of(u64::from(PARTS_A_LOOK)) {
            bench.context.count(u64::from(PARTS_A_LOOK));
            let too_many = bench.context.is_unlimited() && self.parts > MOST_PARTS;
            self.is_given_up |= bench.phase_over() || too_many;
        }
        let count = self.needs.len();
        if self.part.done.count_ones() as usize == count {
            if self.part.end_s < self.best_s * (1.0 - ROUNDING) {
                self.best_s = self.part.end_s;
                self.best = Some(self.part.clone());
            }
            return;
        }
        if self.is_given_up || self.least_s() >= self.best_s * (1.0 - ROUNDING) || self.is_no_better() {
            return;
        }
        // (least end, start, task, mode), those that promise most first.
        let mut next: Vec<(f64, f64, usize, usize)> = Vec::new();
        for task in (0..count).filter(|&t| self.part.done & 1 << t == 0 && self.needs[t] & !self.part.done == 0) {
            for m in self.problem.modes_of(task) {
                let device = self.problem.modes.device[m] as usize;
                let is_unused = |d: usize| self.part.on[d] == 0;
                if is_unused(device) && self.twin[device].is_some_and(is_unused) {
                    continue;
                }
                let start_s = self.head_s[m];
                let end_s = start_s + self.problem.modes.duration_s[m] + self.tail_s[m];
                if start_s >= self.part.last_s && end_s < self.best_s * (1.0 - ROUNDING) {
                    next.push((end_s, start_s, task, m));
                }
            }
        }
        next.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.3.cmp(&b.3)));
        for (end_s, start_s, task, m) in next {
            if end_s >= self.best_s * (1.0 - ROUNDING) || self.is_given_up {
                continue;
            }
            let device = self.problem.modes.device[m] as usize;
            let finish_s = start_s + self.problem.modes.duration_s[m];
            let before = (self.part.free_s[device], self.part.last_s, self.part.end_s);
            self.part.done |= 1 << task;
            (self.part.start_s[task], self.part.finish_s[task], self.part.mode[task]) = (start_s, finish_s, m);
            self.part.free_s[device] = finish_s;
            self.part.on[device] += 1;
            (self.part.last_s, self.part.end_s) = (start_s, before.2.max(finish_s));
            self.extend(bench);
            self.part.done &= !(1 << task);
            self.part.on[device] -= 1;
            (self.part.free_s[device], self.part.last_s, self.part.end_s) = before;
        }
    }

    /// The least end of all schedules that begin with the part. Leaves the earliest starts.
    fn least_s(&mut self) -> f64 {
        let (problem, modes) = (self.problem, &self.problem.modes);
        let mut least_s = self.part.end_s;
        let mut left = 0.0;
        for &task in problem.topological_order().iter().filter(|&&t| self.part.done & 1 << t == 0) {
            left += self.area[task];
            let mut own_s = f64::INFINITY;
            for m in problem.modes_of(task) {
                let device = modes.device[m] as usize;
                // It is appended after the last one.
                let mut head_s = problem.tasks()[task].release_s.max(self.part.free_s[device]).max(self.part.last_s);
                for edge in problem.incoming(task) {
                    let arrives = |from: usize, finish_s: f64| {
                        finish_s + problem.transfer_s(modes.device[from] as usize, device, edge.bytes)
                    };
                    let arrival_s = if self.part.done & 1 << edge.from != 0 {
                        arrives(self.part.mode[edge.from], self.part.finish_s[edge.from])
                    } else {
                        let any = problem.modes_of(edge.from);
                        any.map(|p| arrives(p, self.head_s[p] + modes.duration_s[p])).fold(f64::INFINITY, f64::min)
                    };
                    head_s = head_s.max(arrival_s);
                }
                self.head_s[m] = head_s;
                own_s = own_s.min(head_s + modes.duration_s[m] + self.tail_s[m]);
            }
            least_s = least_s.max(own_s);
        }
        let free: f64 =
            self.part.free_s.iter().zip(&self.weight).map(|(free_s, w)| free_s.max(self.part.last_s) * w).sum();
        // What is appended begins no earlier than the last one: until then the devices are idle or taken.
        least_s.max((free + left) / self.weight.iter().sum::<f64>())
    }

    /// Whether a part was looked at that is as good for whatever comes; if not, this one is remembered.
    fn is_no_better(&mut self) -> bool {
        let done = self.part.done;
        let sends = |t: &usize| done & 1 << t != 0 && self.feeds[*t] & !done != 0;
        let senders: Vec<usize> = (0..self.needs.len()).filter(sends).collect();
        let at = senders.iter().map(|&t| self.problem.modes.device[self.part.mode[t]] as u8).collect();
        let mut times: Times = self.part.free_s.clone();
        times.extend(senders.iter().map(|&t| self.part.finish_s[t]));
        times.extend([self.part.last_s, self.part.end_s]);
        let others = self.seen.entry((done, at)).or_default();
        let no_later = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a <= b);
        if others.iter().any(|other| no_later(other, &times)) {
            return true;
        }
        let before = others.len();
        others.retain(|other| !no_later(&times, other));
        self.kept -= before - others.len();
        if self.kept < MOST_KEPT {
            self.kept += 1;
            others.push(times);
        }
        false
    }
}

/// Whether two devices could change their names and nobody would notice.
fn are_twins(problem: &Problem, a: usize, b: usize) -> bool {
    let modes = &problem.modes;
    let swapped = |d: usize| {
        if d == a {
            b
        } else if d == b {
            a
        } else {
            d
        }
    };
    let devices = problem.devices().len();
    let alike_links = (0..devices).all(|from| {
        (0..devices).all(|to| {
            let (pair, other) = (from * devices + to, swapped(from) * devices + swapped(to));
            problem.transfer_latency_s[pair] == problem.transfer_latency_s[other]
                && problem.transfer_s_per_byte[pair] == problem.transfer_s_per_byte[other]
        })
    });
    let durations = |task: usize, device: usize| {
        let on = problem.modes_of(task).filter(move |&m| modes.device[m] as usize == device);
        let mut all: Vec<f64> = on.map(|m| modes.duration_s[m]).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    alike_links && (0..problem.tasks().len()).all(|task| durations(task, a) == durations(task, b))
}
