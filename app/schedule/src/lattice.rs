//! The decoder's scheme in whole time, for searches that need very many schedules: what is free is kept a time step at a
//! time, four resources to a machine word.
//!
//! Must not decide what a plan is: what is found here is decoded again by [`crate::Decoder`] before it counts. Only
//! problems that [`Integral`] can express, with a horizon that fits the cache, are put this way.

use crate::{exact::Integral, problem::Problem, rng::Rng, workbench::Workbench};

/// One a lane: the highest bit is borrowed from when more is taken than there is.
const GUARD: u64 = 0x8000_8000_8000_8000;
const LANES: usize = 4;
const MOST_AMOUNT: i64 = 0x7fff;
const LONGEST_HORIZON: usize = 1 << 15;

/// A schedule as the search keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence {
    /// The tasks by start; wires lead forwards.
    pub order: Vec<u32>,
    /// One a task, by position in the task's modes.
    pub modes: Vec<usize>,
    pub start: Vec<i32>,
    pub makespan: i32,
}

#[derive(Debug)]
pub(crate) struct Lattice {
    words: usize,
    /// For each task where its modes begin; by position in the task's modes.
    mode_start: Vec<usize>,
    /// Negative for modes that fit nowhere.
    duration: Vec<i32>,
    demand: Vec<u64>,
    capacity: Vec<u64>,
    release: Vec<i32>,
    pred_start: Vec<usize>,
    pred: Vec<u32>,
    succ_start: Vec<usize>,
    succ: Vec<u32>,
    place: Vec<u32>,
    free: Vec<u64>,
    dirty_to: usize,
    keys: Vec<u64>,
    back: Vec<i32>,
}

impl Lattice {
    /// `None` where amounts or horizon are too large for it.
    pub fn of(problem: &Problem, integral: &Integral) -> Option<Self> {
        let resources = integral.limited();
        let words = resources.len().div_ceil(LANES).max(1);
        let n = problem.tasks().len();
        let mut capacity = vec![GUARD; words];
        for (lane, limit) in resources.iter().enumerate() {
            if limit.capacity > MOST_AMOUNT {
                return None;
            }
            capacity[lane / LANES] += (limit.capacity as u64) << (16 * (lane % LANES));
        }
        let mut mode_start = vec![0];
        let mut duration = Vec::new();
        let mut demand = Vec::new();
        let mut horizon = 1_usize;
        for task in 0..n {
            let mut longest = 0;
            for local in 0..problem.tasks()[task].modes.len() {
                let mut row = vec![0_u64; words];
                match integral.mode(task, local) {
                    Some((length, uses)) => {
                        longest = longest.max(length);
                        duration.push(length);
                        for &(resource, amount) in uses.iter().filter(|u| u.1 > 0) {
                            if let Some(lane) = resources.iter().position(|l| l.resource == resource) {
                                let scaled = amount / resources[lane].unit;
                                row[lane / LANES] += (scaled as u64) << (16 * (lane % LANES));
                            }
                        }
                    }
                    None => duration.push(-1),
                }
                demand.extend(row);
            }
            mode_start.push(duration.len());
            horizon += longest as usize + integral.release(task) as usize;
        }
        if horizon > LONGEST_HORIZON {
            return None;
        }
        let mut place = vec![0; n];
        for (position, &task) in problem.topological_order().iter().enumerate() {
            place[task] = position as u32;
        }
        let rows = |of: &dyn Fn(usize) -> Vec<u32>| {
            let mut start = vec![0];
            let mut all = Vec::new();
            for task in 0..n {
                all.extend(of(task));
                start.push(all.len());
            }
            (start, all)
        };
        let (pred_start, pred) = rows(&|task| problem.incoming(task).map(|e| e.from as u32).collect());
        let (succ_start, succ) = rows(&|task| problem.outgoing(task).map(|e| e.to as u32).collect());
        let free = capacity.iter().copied().cycle().take(horizon * words).collect();
        let release = (0..n).map(|task| integral.release(task)).collect();
        Some(Self {
            words,
            mode_start,
            duration,
            demand,
            capacity,
            release,
            pred_start,
            pred,
            succ_start,
            succ,
            place,
            free,
            dirty_to: 0,
            keys: Vec::with_capacity(n),
            back: vec![0; n],
        })
    }

    fn clear(&mut self) {
        let end = self.dirty_to * self.words;
        if self.words == 1 {
            self.free[..end].fill(self.capacity[0]);
        } else {
            for step in self.free[..end].chunks_exact_mut(self.words) {
                step.copy_from_slice(&self.capacity);
            }
        }
        self.dirty_to = 0;
    }

    /// The first start from `ready` on, taken at once.
    fn put(&mut self, mode: usize, ready: i32) -> i32 {
        let length = self.duration[mode].max(0) as usize;
        let mut start = ready as usize;
        if length == 0 {
            return ready;
        }
        if self.words == 1 {
            let demand = self.demand[mode];
            // From the end of the place backwards: what is in the way last moves it furthest.
            'place: loop {
                for step in (start..start + length).rev() {
                    if (self.free[step] - demand) & GUARD != GUARD {
                        start = step + 1;
                        continue 'place;
                    }
                }
                break;
            }
            for free in &mut self.free[start..start + length] {
                *free -= demand;
            }
        } else {
            let words = self.words;
            let demand = &self.demand[mode * words..(mode + 1) * words];
            'wide: loop {
                for step in (start..start + length).rev() {
                    let free = &self.free[step * words..(step + 1) * words];
                    if free.iter().zip(demand).any(|(f, d)| (f - d) & GUARD != GUARD) {
                        start = step + 1;
                        continue 'wide;
                    }
                }
                break;
            }
            for step in self.free[start * words..(start + length) * words].chunks_exact_mut(words) {
                step.iter_mut().zip(demand).for_each(|(f, d)| *f -= d);
            }
        }
        self.dirty_to = self.dirty_to.max(start + length);
        start as i32
    }

    /// Everything as early as it can be, in the sequence's order.
    pub fn forward(&mut self, sequence: &mut Sequence) {
        self.clear();
        sequence.start.resize(sequence.order.len(), 0);
        let mut makespan = 0;
        for i in 0..sequence.order.len() {
            let task = sequence.order[i] as usize;
            let mut ready = self.release[task];
            for at in self.pred_start[task]..self.pred_start[task + 1] {
                let from = self.pred[at] as usize;
                ready = ready.max(sequence.start[from] + self.duration[self.mode_start[from] + sequence.modes[from]]);
            }
            let mode = self.mode_start[task] + sequence.modes[task];
            let start = self.put(mode, ready);
            sequence.start[task] = start;
            makespan = makespan.max(start + self.duration[mode]);
        }
        sequence.makespan = makespan;
    }

    /// Puts the tasks in order of start.
    pub fn sort(&mut self, sequence: &mut Sequence) {
        self.keys.clear();
        let rank = |task: usize| (sequence.start[task] as u64) << 40 | u64::from(self.place[task]) << 20 | task as u64;
        self.keys.extend((0..sequence.order.len()).map(rank));
        self.keys.sort_unstable();
        for (slot, key) in sequence.order.iter_mut().zip(&self.keys) {
            *slot = (key & 0xf_ffff) as u32;
        }
    }

    /// Everything as late as it can be, by falling finish, then as early as it can be.
    pub fn justify(&mut self, sequence: &mut Sequence) {
        let n = sequence.order.len();
        let mode = |lattice: &Self, task: usize| lattice.mode_start[task] + sequence.modes[task];
        self.keys.clear();
        for task in 0..n {
            let finish = sequence.start[task] + self.duration[mode(self, task)];
            let key = (finish as u64) << 40 | u64::from(self.place[task]) << 20 | task as u64;
            self.keys.push(key);
        }
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        self.clear();
        let keys = std::mem::take(&mut self.keys);
        for key in &keys {
            let task = (key & 0xf_ffff) as usize;
            let mut ready = 0;
            for at in self.succ_start[task]..self.succ_start[task + 1] {
                let to = self.succ[at] as usize;
                ready = ready.max(self.back[to] + self.duration[mode(self, to)]);
            }
            self.back[task] = self.put(mode(self, task), ready);
        }
        self.keys = keys;
        // Time from the start to the end of all, the longest first.
        self.keys.clear();
        for task in 0..n {
            let rest = self.back[task] + self.duration[mode(self, task)];
            let key = (0x7f_ffff - rest as u64) << 40 | u64::from(self.place[task]) << 20 | task as u64;
            self.keys.push(key);
        }
        self.keys.sort_unstable();
        for (slot, key) in sequence.order.iter_mut().zip(&self.keys) {
            *slot = (key & 0xf_ffff) as u32;
        }
        self.forward(sequence);
    }

    fn fits(&self, task: usize, local: usize) -> bool {
        self.duration[self.mode_start[task] + local] >= 0
    }
}

/// A genetic algorithm on the lattice: as [`crate::Genetic`], with ten times as many schedules in the same time. So many
/// need a large population that stays unlike for long: a child takes its mother's place or nobody's (crowding; K. De Jong
/// 1975).
#[derive(Debug)]
pub(crate) struct Breeder {
    lattice: Lattice,
    population: Vec<Sequence>,
    size: usize,
    mutation: f64,
    stale: u32,
    several_modes: bool,
    child: Sequence,
    taken: Vec<bool>,
    /// Whose place the child may take.
    mother: usize,
    children: u64,
}

/// Children for each of a population, in all the time there is: more would come too late, fewer be too much alike.
const CHILDREN_A_PLACE: f64 = 2000.0;
/// Children for each of a population without a better one, after which it begins anew.
const MOST_STALE: u32 = 400;
const LARGEST_POPULATION: f64 = 1000.0;

impl Breeder {
    pub fn new(lattice: Lattice, size: usize, several_modes: bool) -> Self {
        Self {
            lattice,
            population: Vec::new(),
            size,
            mutation: 0.05,
            stale: 0,
            several_modes,
            child: Sequence::default(),
            taken: Vec::new(),
            mother: 0,
            children: 0,
        }
    }

    /// Makes the population as large as the time allows: `part` of all the time was taken by what was bred so far. One
    /// that grows begins anew but for its best: what was bred in a hurry would soon be all there is.
    pub fn fit(&mut self, part: f64) {
        if part <= 0.0 {
            return;
        }
        let size = (self.children as f64 / part / CHILDREN_A_PLACE).min(LARGEST_POPULATION) as usize;
        if size > self.size {
            self.size = size;
            self.population.sort_by_key(|s| s.makespan);
            self.population.truncate(1);
        }
    }

    /// Takes in a plan.
    pub fn add(&mut self, integral: &Integral, starts_s: &[f64], modes: &[usize]) {
        let start = starts_s.iter().map(|&s| integral.whole(s)).collect();
        let order = (0..modes.len() as u32).collect();
        let mut sequence = Sequence { order, modes: modes.to_vec(), start, makespan: 0 };
        if (0..modes.len()).all(|task| self.lattice.fits(task, modes[task])) {
            self.lattice.sort(&mut sequence);
            self.lattice.forward(&mut sequence);
            self.keep(sequence);
        }
    }

    /// Breeds until the phase is over; tells the workbench of what is better.
    pub fn breed(&mut self, bench: &mut Workbench<'_, '_, '_>, integral: &Integral, tails: &[f64]) {
        let mut rng = bench.rng.clone();
        bench.rng.next_u64();
        let mut best = integral.whole(bench.best_score().makespan_s);
        let mut rounds = 0_u64;
        while !bench.phase_over() {
            rounds += 1;
            let bred = self.population.len() >= self.size;
            if bred {
                self.cross(bench, &mut rng);
            } else {
                self.random(bench, tails, &mut rng);
            }
            let mut child = std::mem::take(&mut self.child);
            self.lattice.forward(&mut child);
            self.lattice.justify(&mut child);
            bench.context.count(3);
            // What is near the best deserves another round.
            if child.makespan <= best + best / 50 {
                let before = child.makespan;
                self.lattice.justify(&mut child);
                bench.context.count(2);
                if child.makespan < before {
                    self.lattice.justify(&mut child);
                }
            }
            self.lattice.sort(&mut child);
            if child.makespan < best {
                best = child.makespan;
                self.stale = 0;
                let (starts_s, modes) = (integral.seconds(&child.start), child.modes.clone());
                bench.adopt_starts(&starts_s, &modes);
            }
            self.child = child.clone();
            self.children += 1;
            if bred {
                self.crowd(child)
            } else {
                self.keep(child)
            }
            self.stale += 1;
            if self.stale > MOST_STALE * self.size as u32 {
                // Converged: a new beginning with a few of the old.
                self.population.sort_by_key(|s| s.makespan);
                self.population.truncate((self.size / 20).max(1));
                self.stale = 0;
            }
            if bench.context.is_unlimited() && rounds > 3000 {
                return;
            }
        }
    }

    fn has(&self, new: &Sequence) -> bool {
        let same = |old: &Sequence| old.makespan == new.makespan && old.start == new.start && old.modes == new.modes;
        self.population.iter().any(same)
    }

    /// Replaces the child's mother, unless it is better or there is the same already.
    fn crowd(&mut self, new: Sequence) {
        if self.population[self.mother].makespan >= new.makespan && !self.has(&new) {
            self.population[self.mother] = new;
        }
    }

    /// Fills a free place or replaces the worst, unless there is the same already.
    fn keep(&mut self, new: Sequence) {
        if self.has(&new) {
            return;
        }
        if self.population.len() < self.size {
            self.population.push(new);
            return;
        }
        let worst = (0..self.population.len()).max_by_key(|&i| self.population[i].makespan);
        if let Some(worst) = worst.filter(|&w| self.population[w].makespan >= new.makespan) {
            self.population[worst] = new;
        }
    }

    fn random(&mut self, bench: &mut Workbench<'_, '_, '_>, tails: &[f64], rng: &mut Rng) {
        let n = tails.len();
        let child = &mut self.child;
        child.modes.clear();
        child.modes.resize(n, 0);
        for task in 0..n {
            child.modes[task] = bench.random_mode(task);
        }
        if self.several_modes {
            bench.repair(&mut child.modes);
        }
        // Latest starts with noise, made feasible by scheduling them in that order among what is ready.
        let longest = tails.iter().copied().fold(0.0, f64::max).max(1e-9);
        let noise = 0.4 * rng.unit();
        let keys: Vec<f64> = tails.iter().map(|t| t + noise * longest * rng.unit()).collect();
        let problem = bench.problem;
        let mut waiting: Vec<usize> = (0..n).map(|task| problem.incoming(task).count()).collect();
        let mut ready: Vec<usize> = (0..n).filter(|&task| waiting[task] == 0).collect();
        child.order.clear();
        while !ready.is_empty() {
            let best = (0..ready.len()).max_by(|&a, &b| keys[ready[a]].total_cmp(&keys[ready[b]])).unwrap_or(0);
            let task = ready.swap_remove(best);
            child.order.push(task as u32);
            for edge in problem.outgoing(task) {
                waiting[edge.to] -= 1;
                if waiting[edge.to] == 0 {
                    ready.push(edge.to);
                }
            }
        }
    }

    fn cross(&mut self, bench: &mut Workbench<'_, '_, '_>, rng: &mut Rng) {
        let count = self.population.len();
        let pick = |rng: &mut Rng, population: &[Sequence]| {
            let (a, b) = (rng.below(count), rng.below(count));
            if population[a].makespan <= population[b].makespan { a } else { b }
        };
        let (mother, father) = (pick(rng, &self.population), pick(rng, &self.population));
        self.mother = mother;
        let (mother, father) = (&self.population[mother], &self.population[father]);
        let n = mother.order.len();
        let child = &mut self.child;
        child.order.clear();
        child.modes.clone_from(&mother.modes);
        self.taken.clear();
        self.taken.resize(n, false);
        let (a, b) = (rng.below(n + 1), rng.below(n + 1));
        let (first, last) = (a.min(b), a.max(b));
        for &task in &mother.order[..first] {
            self.taken[task as usize] = true;
            child.order.push(task);
        }
        for &task in &father.order {
            if child.order.len() >= last {
                break;
            }
            if !std::mem::replace(&mut self.taken[task as usize], true) {
                child.modes[task as usize] = father.modes[task as usize];
                child.order.push(task);
            }
        }
        for &task in &mother.order {
            if !std::mem::replace(&mut self.taken[task as usize], true) {
                child.order.push(task);
            }
        }
        // Neighbours change places where no wire forbids it.
        for at in 1..n {
            if rng.chance(self.mutation) {
                let (before, after) = (child.order[at - 1], child.order[at]);
                let own = self.lattice.pred_start[after as usize]..self.lattice.pred_start[after as usize + 1];
                if !self.lattice.pred[own].contains(&before) {
                    child.order.swap(at - 1, at);
                }
            }
        }
        if self.several_modes {
            for task in 0..n {
                if rng.chance(0.6 * self.mutation) {
                    child.modes[task] = bench.random_mode(task);
                }
            }
            bench.repair(&mut child.modes);
        }
    }
}
