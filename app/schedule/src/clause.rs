//! A clause-learning solver over integer bounds: the engine of proofs and of neighbourhood windows.
//!
//! Must not know tasks, devices or plans: variables with bounds, sums of two along wires, cumulative resources,
//! one-of-several choices, budgets. Bounds are halves: half 2i of variable i is its lower bound, half 2i + 1 its upper
//! bound negated, so that every half only rises; a predicate (h, v) says that half h is at least v, and its negation is
//! (h ^ 1, 1 − v). Conflicts are analysed to the first unique implication point and the nogood is learned (J.
//! Marques-Silva, K. Sakallah 1999; O. Ohrimenko, P. Stuckey, M. Codish 2009; for resources with pointwise explanations
//! A. Schutt, T. Feydy, P. Stuckey, M. Wallace 2011).

mod cumulative;
mod learning;
mod propagation;
mod search;

use std::collections::HashMap;

/// Half of a variable.
pub(crate) type Half = u32;
/// `(h, v)`: half h is at least v.
pub(crate) type Predicate = (Half, i32);

/// A variable, by number.
pub(crate) type Var = u32;

pub(crate) fn at_least(var: Var, value: i32) -> Predicate {
    (2 * var, value)
}

pub(crate) fn at_most(var: Var, value: i32) -> Predicate {
    (2 * var + 1, -value)
}

fn negation((half, value): Predicate) -> Predicate {
    (half ^ 1, 1 - value)
}

#[derive(Debug, Clone, Copy)]
enum Reason {
    Decision,
    Nogood(u32),
    /// Half `from` is at least this value less the shift.
    Shift(Half, i32),
    /// Predicates in the arena.
    Listed(u32, u32),
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    half: Half,
    old: i32,
    reason: Reason,
    /// The entry before of the same half, plus one.
    before: u32,
}

/// One activity that takes of a resource while it is active, if it is present.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Activity {
    pub start: Var,
    pub duration: i32,
    pub amount: i64,
    /// A variable from 0 to 1, if it can be absent.
    pub present: Option<Var>,
}

#[derive(Debug, Clone)]
struct Cumulative {
    capacity: i64,
    activities: Vec<Activity>,
}

/// Exactly one of these variables from 0 to 1 is 1, and then the duration is this.
#[derive(Debug, Clone)]
struct Choice {
    duration: Var,
    options: Vec<(Var, i32)>,
}

#[derive(Debug, Clone)]
struct Budget {
    capacity: i64,
    /// For each choice the options and their costs.
    rows: Vec<Vec<(Var, i64)>>,
    fixed: i64,
}

#[derive(Debug)]
struct Nogood {
    predicates: Vec<Predicate>,
    levels: u32,
    used: f32,
    learned: bool,
}

/// What a search came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All variables are fixed without contradiction: see [`Solver::value`].
    Found,
    /// There is no solution.
    Impossible,
    /// It was stopped, or had enough conflicts.
    Unknown,
}

#[derive(Debug, Default)]
pub(crate) struct Solver {
    bound: Vec<i32>,
    last: Vec<u32>,
    trail: Vec<Entry>,
    level_start: Vec<u32>,
    level_arena: Vec<u32>,
    arena: Vec<Predicate>,
    next: usize,
    /// For each half: (other half, shift) so that half ≥ v gives other ≥ v + shift.
    shifts: Vec<Vec<(Half, i32)>>,
    /// (from, duration, to): to ≥ from + duration.
    sums: Vec<(Var, Var, Var)>,
    sums_of: Vec<Vec<u32>>,
    choices: Vec<Choice>,
    choice_of: Vec<Vec<u32>>,
    is_option: Vec<bool>,
    budgets: Vec<Budget>,
    cumulatives: Vec<Cumulative>,
    cumulative_of: Vec<Vec<u32>>,
    dirty: Vec<bool>,
    nogoods: Vec<Nogood>,
    watches: Vec<Vec<(u32, i32)>>,
    // Search.
    atoms: Vec<Predicate>,
    atom_of: HashMap<Predicate, u32>,
    activity: Vec<f64>,
    heap: Vec<u32>,
    heap_at: Vec<u32>,
    popped: Vec<(u32, u32)>,
    bump: f64,
    guide: Vec<i32>,
    branch: Vec<Var>,
    conflicts: u64,
    // Kept to be reused.
    need: Vec<i32>,
    touched: Vec<Half>,
    profile: Vec<(i32, i64)>,
    impossible: bool,
}

const NONE: i32 = i32::MIN;
const OUTSIDE: u32 = u32::MAX;

type Conflict = Vec<Predicate>;

impl Solver {
    /// A variable from `least` to `most`.
    pub fn variable(&mut self, least: i32, most: i32) -> Var {
        let var = (self.bound.len() / 2) as Var;
        self.bound.extend([least, -most]);
        self.last.extend([0, 0]);
        self.need.extend([NONE, NONE]);
        self.shifts.extend([Vec::new(), Vec::new()]);
        self.watches.extend([Vec::new(), Vec::new()]);
        self.sums_of.push(Vec::new());
        self.choice_of.push(Vec::new());
        self.is_option.push(false);
        self.cumulative_of.push(Vec::new());
        self.guide.push(least);
        var
    }

    /// `to` is at least `from` plus this.
    pub fn after(&mut self, from: Var, duration: i32, to: Var) {
        self.shifts[2 * from as usize].push((2 * to, duration));
        self.shifts[2 * to as usize + 1].push((2 * from + 1, duration));
    }

    /// `to` is at least `from` plus the variable `duration`.
    pub fn after_variable(&mut self, from: Var, duration: Var, to: Var) {
        let number = self.sums.len() as u32;
        self.sums.push((from, duration, to));
        for var in [from, duration, to] {
            self.sums_of[var as usize].push(number);
        }
    }

    /// One of the options is 1, the others 0; the duration is that of the one.
    pub fn choice(&mut self, duration: Var, options: Vec<(Var, i32)>) {
        let number = self.choices.len() as u32;
        self.choice_of[duration as usize].push(number);
        for &(var, _) in &options {
            self.choice_of[var as usize].push(number);
            self.is_option[var as usize] = true;
        }
        self.choices.push(Choice { duration, options });
    }

    /// The costs of the options that are 1, and what is fixed, are together at most the capacity.
    pub fn budget(&mut self, capacity: i64, fixed: i64, rows: Vec<Vec<(Var, i64)>>) {
        self.budgets.push(Budget { capacity, rows, fixed });
    }

    /// At no time more than the capacity is taken.
    pub fn cumulative(&mut self, capacity: i64, activities: Vec<Activity>) {
        let number = self.cumulatives.len() as u32;
        for a in &activities {
            self.cumulative_of[a.start as usize].push(number);
            if let Some(present) = a.present {
                self.cumulative_of[present as usize].push(number);
            }
        }
        self.cumulatives.push(Cumulative { capacity, activities });
        self.dirty.push(true);
    }

    /// Variables to branch on, in this order of preference among equals.
    pub fn branch_on(&mut self, variables: Vec<Var>) {
        self.branch = variables;
    }

    /// Values that the search tries first.
    pub fn guide(&mut self, var: Var, value: i32) {
        self.guide[var as usize] = value;
    }

    pub fn value(&self, var: Var) -> i32 {
        self.low(var)
    }

    /// The least value that the variable may still have.
    pub fn low(&self, var: Var) -> i32 {
        self.bound[2 * var as usize]
    }

    pub fn high(&self, var: Var) -> i32 {
        -self.bound[2 * var as usize + 1]
    }

    /// Makes a predicate hold for good.
    pub fn assert(&mut self, predicate: Predicate) {
        self.back_to(0);
        if self.raise(predicate.0, predicate.1, Reason::Decision).is_err() {
            self.impossible = true;
        }
    }

    fn holds(&self, (half, value): Predicate) -> bool {
        self.bound[half as usize] >= value
    }

    fn refuted(&self, predicate: Predicate) -> bool {
        self.holds(negation(predicate))
    }

    fn raise(&mut self, half: Half, value: i32, reason: Reason) -> Result<bool, Conflict> {
        let h = half as usize;
        let old = self.bound[h];
        if old >= value {
            return Ok(false);
        }
        if value > -self.bound[h ^ 1] {
            let mut conflict = self.explain((half, value), reason);
            conflict.push((half ^ 1, 1 - value));
            return Err(conflict);
        }
        self.bound[h] = value;
        self.trail.push(Entry { half, old, reason, before: self.last[h] });
        self.last[h] = self.trail.len() as u32;
        Ok(true)
    }

    fn raise_listed(&mut self, predicate: Predicate, because: &[Predicate]) -> Result<bool, Conflict> {
        if self.holds(predicate) {
            return Ok(false);
        }
        let from = self.arena.len() as u32;
        self.arena.extend_from_slice(because);
        self.raise(predicate.0, predicate.1, Reason::Listed(from, self.arena.len() as u32))
    }

    /// Predicates that together imply this one; `predicate` may be weaker than what was derived.
    fn explain(&self, predicate: Predicate, reason: Reason) -> Vec<Predicate> {
        match reason {
            Reason::Decision => Vec::new(),
            Reason::Nogood(number) => {
                let own = predicate.0 ^ 1;
                self.nogoods[number as usize].predicates.iter().copied().filter(|p| p.0 != own).collect()
            }
            Reason::Shift(from, shift) => vec![(from, predicate.1 - shift)],
            Reason::Listed(from, to) => self.arena[from as usize..to as usize].to_vec(),
        }
    }

    fn back_to(&mut self, level: usize) {
        if self.level_start.len() <= level {
            return;
        }
        let keep = self.level_start[level] as usize;
        while self.trail.len() > keep {
            if let Some(entry) = self.trail.pop() {
                self.bound[entry.half as usize] = entry.old;
                self.last[entry.half as usize] = entry.before;
            }
        }
        self.arena.truncate(self.level_arena[level] as usize);
        self.level_start.truncate(level);
        self.level_arena.truncate(level);
        self.next = self.next.min(keep);
        while let Some(&(atom, at)) = self.popped.last() {
            if (at as usize) < level + 1 {
                break;
            }
            self.popped.pop();
            self.insert_atom(atom);
        }
        self.dirty.fill(true);
    }
}
