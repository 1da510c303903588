//! A clause-learning solver over integer bounds: the engine of proofs and of neighbourhood windows.
//!
//! Must not know tasks, devices or plans: variables with bounds, sums of two along wires, cumulative resources,
//! one-of-several choices, budgets. Bounds are halves: half 2i of variable i is its lower bound, half 2i + 1 its upper
//! bound negated, so that every half only rises; a predicate (h, v) says that half h is at least v, and its negation is
//! (h ^ 1, 1 − v). Conflicts are analysed to the first unique implication point and the nogood is learned (J.
//! Marques-Silva, K. Sakallah 1999; O. Ohrimenko, P. Stuckey, M. Codish 2009; for resources with pointwise explanations
//! A. Schutt, T. Feydy, P. Stuckey, M. Wallace 2011).

use std::collections::HashMap;

use crate::rng::Rng;

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

    // Propagation.

    fn propagate(&mut self) -> Result<(), Conflict> {
        loop {
            while self.next < self.trail.len() {
                let entry = self.trail[self.next];
                self.next += 1;
                self.propagate_entry(entry)?;
            }
            let Some(number) = self.dirty.iter().position(|&d| d) else { return Ok(()) };
            self.dirty[number] = false;
            self.propagate_cumulative(number)?;
        }
    }

    fn propagate_entry(&mut self, entry: Entry) -> Result<(), Conflict> {
        let half = entry.half as usize;
        let value = self.bound[half];
        self.propagate_nogoods(half, entry.old)?;
        for at in 0..self.shifts[half].len() {
            let (to, shift) = self.shifts[half][at];
            self.raise(to, value + shift, Reason::Shift(half as Half, shift))?;
        }
        let var = half / 2;
        for at in 0..self.cumulative_of[var].len() {
            self.dirty[self.cumulative_of[var][at] as usize] = true;
        }
        for at in 0..self.sums_of[var].len() {
            let (from, duration, to) = self.sums[self.sums_of[var][at] as usize];
            let (f, d, t) = (self.low(from), self.low(duration), self.high(to));
            self.raise_listed(at_least(to, f + d), &[at_least(from, f), at_least(duration, d)])?;
            self.raise_listed(at_most(from, t - d), &[at_most(to, t), at_least(duration, d)])?;
            self.raise_listed(at_most(duration, t - f), &[at_most(to, t), at_least(from, f)])?;
        }
        for at in 0..self.choice_of[var].len() {
            self.propagate_choice(self.choice_of[var][at] as usize)?;
        }
        if !self.choice_of[var].is_empty() {
            for number in 0..self.budgets.len() {
                self.propagate_budget(number)?;
            }
        }
        Ok(())
    }

    fn propagate_choice(&mut self, number: usize) -> Result<(), Conflict> {
        let duration = self.choices[number].duration;
        let options = std::mem::take(&mut self.choices[number].options);
        let result = self.propagate_options(duration, &options);
        self.choices[number].options = options;
        result
    }

    fn propagate_options(&mut self, duration: Var, options: &[(Var, i32)]) -> Result<(), Conflict> {
        for &(var, length) in options {
            if self.low(var) >= 1 {
                for &(other, _) in options.iter().filter(|(other, _)| *other != var) {
                    self.raise_listed(at_most(other, 0), &[at_least(var, 1)])?;
                }
                self.raise_listed(at_least(duration, length), &[at_least(var, 1)])?;
                self.raise_listed(at_most(duration, length), &[at_least(var, 1)])?;
            } else if self.high(var) >= 1 {
                if length > self.high(duration) {
                    self.raise_listed(at_most(var, 0), &[at_most(duration, length - 1)])?;
                } else if length < self.low(duration) {
                    self.raise_listed(at_most(var, 0), &[at_least(duration, length + 1)])?;
                }
            }
        }
        let open: Vec<(Var, i32)> = options.iter().copied().filter(|&(var, _)| self.high(var) >= 1).collect();
        let shut = |keep: &dyn Fn(i32) -> bool| -> Vec<Predicate> {
            options
                .iter()
                .filter(|&&(var, d)| !open.contains(&(var, d)) && keep(d))
                .map(|&(var, _)| at_most(var, 0))
                .collect()
        };
        match open[..] {
            [] => return Err(shut(&|_| true)),
            [(var, _)] => {
                let because = shut(&|_| true);
                self.raise_listed(at_least(var, 1), &because)?;
            }
            _ => {}
        }
        let least = open.iter().map(|o| o.1).min().unwrap_or(0);
        let most = open.iter().map(|o| o.1).max().unwrap_or(0);
        if self.low(duration) < least {
            let because = shut(&|d| d < least);
            self.raise_listed(at_least(duration, least), &because)?;
        }
        if self.high(duration) > most {
            let because = shut(&|d| d > most);
            self.raise_listed(at_most(duration, most), &because)?;
        }
        Ok(())
    }

    fn propagate_budget(&mut self, number: usize) -> Result<(), Conflict> {
        let budget = &self.budgets[number];
        let least =
            |row: &Vec<(Var, i64)>| row.iter().filter(|&&(var, _)| self.high(var) >= 1).map(|o| o.1).min().unwrap_or(0);
        let leasts: Vec<i64> = budget.rows.iter().map(least).collect();
        let spare = budget.capacity - budget.fixed - leasts.iter().sum::<i64>();
        let mut ruled_out = Vec::new();
        for (row, &least) in budget.rows.iter().zip(&leasts) {
            ruled_out.extend(
                row.iter().filter(|&&(var, cost)| self.low(var) < 1 && self.high(var) >= 1 && cost - least > spare),
            );
        }
        if spare >= 0 && ruled_out.is_empty() {
            return Ok(());
        }
        // Why each row costs at least that: its cheaper options are out.
        let mut because = Vec::new();
        for (row, &least) in budget.rows.iter().zip(&leasts) {
            because.extend(row.iter().filter(|o| o.1 < least).map(|&(var, _)| at_most(var, 0)));
        }
        if spare < 0 {
            return Err(because);
        }
        for (var, _) in ruled_out {
            let own: Vec<Var> = self.budgets[number]
                .rows
                .iter()
                .find(|row| row.iter().any(|o| o.0 == var))
                .map_or_else(Vec::new, |row| row.iter().map(|o| o.0).collect());
            let others: Vec<Predicate> = because.iter().copied().filter(|p| !own.contains(&(p.0 / 2))).collect();
            self.raise_listed(at_most(var, 0), &others)?;
        }
        Ok(())
    }

    fn present(&self, a: &Activity) -> bool {
        a.present.is_none_or(|p| self.low(p) >= 1)
    }

    fn propagate_cumulative(&mut self, number: usize) -> Result<(), Conflict> {
        let mut profile = std::mem::take(&mut self.profile);
        let cumulative =
            std::mem::replace(&mut self.cumulatives[number], Cumulative { capacity: 0, activities: Vec::new() });
        let result = self.timetable(&cumulative, &mut profile);
        self.cumulatives[number] = cumulative;
        self.profile = profile;
        result
    }

    /// The activities whose compulsory part covers a point, enough of them to exceed what is left, as predicates.
    fn cover(&self, cumulative: &Cumulative, except: usize, at: i32, mut more_than: i64, because: &mut Vec<Predicate>) {
        let mut covering: Vec<&Activity> = cumulative
            .activities
            .iter()
            .enumerate()
            .filter(|&(i, a)| {
                i != except && self.present(a) && self.high(a.start) <= at && self.low(a.start) + a.duration > at
            })
            .map(|(_, a)| a)
            .collect();
        covering.sort_by_key(|a| std::cmp::Reverse(a.amount));
        for a in covering {
            if more_than < 0 {
                break;
            }
            more_than -= a.amount;
            because.push(at_least(a.start, at + 1 - a.duration));
            because.push(at_most(a.start, at));
            because.extend(a.present.map(|p| at_least(p, 1)));
        }
    }

    fn timetable(&mut self, cumulative: &Cumulative, profile: &mut Vec<(i32, i64)>) -> Result<(), Conflict> {
        profile.clear();
        for a in &cumulative.activities {
            let (latest, end) = (self.high(a.start), self.low(a.start) + a.duration);
            if latest < end && self.present(a) {
                profile.push((latest, a.amount));
                profile.push((end, -a.amount));
            }
        }
        if profile.is_empty() {
            return Ok(());
        }
        profile.sort_unstable();
        // Now as steps: (from, height).
        let mut steps = 0;
        let mut height = 0;
        let mut read = 0;
        let mut highest = 0;
        while read < profile.len() {
            let time = profile[read].0;
            while read < profile.len() && profile[read].0 == time {
                height += profile[read].1;
                read += 1;
            }
            profile[steps] = (time, height);
            steps += 1;
            if height > cumulative.capacity {
                let mut because = Vec::new();
                self.cover(cumulative, usize::MAX, time, cumulative.capacity, &mut because);
                return Err(because);
            }
            highest = highest.max(height);
        }
        profile.truncate(steps);
        for (number, a) in cumulative.activities.iter().enumerate() {
            if highest + a.amount <= cumulative.capacity || a.duration == 0 {
                continue;
            }
            if a.present.is_some_and(|p| self.high(p) < 1) || self.low(a.start) == self.high(a.start) && self.present(a)
            {
                continue;
            }
            if self.present(a) {
                self.push_later(cumulative, number, a, profile)?;
                self.push_earlier(cumulative, number, a, profile)?;
            } else {
                self.rule_out(cumulative, number, a, profile)?;
            }
        }
        Ok(())
    }

    /// The first step from `start` on that an activity of this amount cannot be beside, if it begins before `end`.
    fn blocked(
        &self,
        a: &Activity,
        profile: &[(i32, i64)],
        room: i64,
        start: i32,
        own: Option<(i32, i32)>,
    ) -> Option<(i32, i32)> {
        let first = profile.partition_point(|s| s.0 <= start).saturating_sub(1);
        for (i, &(from, height)) in profile.iter().enumerate().skip(first) {
            if from >= start + a.duration {
                return None;
            }
            let to = profile.get(i + 1).map_or(i32::MAX, |s| s.0);
            if to <= start {
                continue;
            }
            let beside = match own {
                Some((own_from, own_to)) if own_from <= from && from < own_to => height - a.amount,
                _ => height,
            };
            if beside > room {
                return Some((from, to));
            }
        }
        None
    }

    fn push_later(
        &mut self,
        cumulative: &Cumulative,
        number: usize,
        a: &Activity,
        profile: &[(i32, i64)],
    ) -> Result<(), Conflict> {
        let room = cumulative.capacity - a.amount;
        let own = (self.high(a.start), self.low(a.start) + a.duration);
        let own = (own.0 < own.1).then_some(own);
        loop {
            let start = self.low(a.start);
            let Some((_, to)) = self.blocked(a, profile, room, start, own) else { return Ok(()) };
            let at = (to - 1).min(start + a.duration - 1);
            let mut because = vec![at_least(a.start, at + 1 - a.duration)];
            because.extend(a.present.map(|p| at_least(p, 1)));
            self.cover(cumulative, number, at, room, &mut because);
            self.raise_listed(at_least(a.start, at + 1), &because)?;
        }
    }

    fn push_earlier(
        &mut self,
        cumulative: &Cumulative,
        number: usize,
        a: &Activity,
        profile: &[(i32, i64)],
    ) -> Result<(), Conflict> {
        let room = cumulative.capacity - a.amount;
        // As the profile has it: what the loop adds is not in there.
        let own = (self.high(a.start), self.low(a.start) + a.duration);
        let own = (own.0 < own.1).then_some(own);
        loop {
            let high = self.high(a.start);
            // The last step in the way of the latest place.
            let mut last = None;
            let end = high + a.duration;
            let upto = profile.partition_point(|s| s.0 < end);
            for i in (0..upto).rev() {
                let (from, height) = profile[i];
                let to = profile.get(i + 1).map_or(i32::MAX, |s| s.0);
                if to <= high {
                    break;
                }
                let beside = match own {
                    Some((own_from, own_to)) if own_from <= from && from < own_to => height - a.amount,
                    _ => height,
                };
                if beside > room {
                    last = Some(from);
                    break;
                }
            }
            let Some(from) = last else { return Ok(()) };
            let at = from.max(high);
            let mut because = vec![at_most(a.start, at)];
            because.extend(a.present.map(|p| at_least(p, 1)));
            self.cover(cumulative, number, at, room, &mut because);
            self.raise_listed(at_most(a.start, at - a.duration), &because)?;
        }
    }

    /// An activity that may be absent is, where it has no place.
    fn rule_out(
        &mut self,
        cumulative: &Cumulative,
        number: usize,
        a: &Activity,
        profile: &[(i32, i64)],
    ) -> Result<(), Conflict> {
        let Some(present) = a.present else { return Ok(()) };
        let room = cumulative.capacity - a.amount;
        let (low, high) = (self.low(a.start), self.high(a.start));
        let mut start = low;
        let mut because = vec![at_least(a.start, low), at_most(a.start, high)];
        while start <= high {
            let Some((_, to)) = self.blocked(a, profile, room, start, None) else { return Ok(()) };
            let at = (to - 1).min(start + a.duration - 1);
            self.cover(cumulative, number, at, room, &mut because);
            start = at + 1;
        }
        self.raise_listed(at_most(present, 0), &because)?;
        Ok(())
    }

    fn propagate_nogoods(&mut self, half: usize, old: i32) -> Result<(), Conflict> {
        let mut watching = std::mem::take(&mut self.watches[half]);
        let value = self.bound[half];
        let mut kept = 0;
        let mut result = Ok(());
        let mut at = 0;
        while at < watching.len() {
            let (number, threshold) = watching[at];
            at += 1;
            // What held before the change was visited then.
            if threshold > value || threshold <= old {
                watching[kept] = (number, threshold);
                kept += 1;
                continue;
            }
            match self.visit(number, (half as Half, threshold)) {
                Visit::Moved => {}
                Visit::Kept => {
                    watching[kept] = (number, threshold);
                    kept += 1;
                }
                Visit::Gone => {}
                Visit::Unit(predicate) => {
                    watching[kept] = (number, threshold);
                    kept += 1;
                    let (h, v) = negation(predicate);
                    if let Err(conflict) = self.raise(h, v, Reason::Nogood(number)) {
                        result = Err(conflict);
                        break;
                    }
                }
                Visit::Conflict => {
                    watching[kept] = (number, threshold);
                    kept += 1;
                    result = Err(self.nogoods[number as usize].predicates.clone());
                    break;
                }
            }
        }
        while at < watching.len() {
            watching[kept] = watching[at];
            kept += 1;
            at += 1;
        }
        watching.truncate(kept);
        watching.append(&mut self.watches[half]);
        self.watches[half] = watching;
        result
    }

    fn visit(&mut self, number: u32, predicate: Predicate) -> Visit {
        let Solver { nogoods, bound, watches, .. } = self;
        let nogood = &mut nogoods[number as usize];
        if nogood.predicates.is_empty() {
            return Visit::Gone;
        }
        let list = &mut nogood.predicates;
        if list[0] == predicate {
            list.swap(0, 1);
        }
        if list[1] != predicate {
            return Visit::Gone;
        }
        let other = list[0];
        if bound[(other.0 ^ 1) as usize] >= 1 - other.1 {
            return Visit::Kept;
        }
        for i in 2..list.len() {
            let (h, v) = list[i];
            if bound[h as usize] < v {
                list.swap(1, i);
                watches[h as usize].push((number, v));
                return Visit::Moved;
            }
        }
        if bound[other.0 as usize] >= other.1 { Visit::Conflict } else { Visit::Unit(other) }
    }

    // Conflicts.

    fn level_of(&self, half: Half, value: i32) -> usize {
        let mut at = self.last[half as usize];
        while at > 0 {
            let entry = &self.trail[at as usize - 1];
            if entry.old < value {
                return self.level_start.partition_point(|&s| s < at);
            }
            at = entry.before;
        }
        0
    }

    /// Learns from a conflict and goes back; false when there is no solution.
    fn learn(&mut self, conflict: Conflict) -> bool {
        // A conflict may hold already at an earlier level than the present one.
        let deepest = conflict.iter().map(|&(h, v)| self.level_of(h, v)).max().unwrap_or(0);
        if deepest == 0 {
            return false;
        }
        self.back_to(deepest);
        let level = deepest;
        let start = self.level_start[level - 1] as usize;
        let mut open = 0_usize;
        for (h, v) in conflict {
            self.require(h, v, start, &mut open);
        }
        let mut at = self.trail.len();
        let uip = loop {
            if at <= start {
                // Cannot be: some predicate holds since this level.
                self.clear_needs();
                return false;
            }
            at -= 1;
            let entry = self.trail[at];
            let need = self.need[entry.half as usize];
            if need == NONE || need <= entry.old {
                continue;
            }
            if open == 1 {
                break (entry.half, need);
            }
            self.need[entry.half as usize] = NONE;
            open -= 1;
            for (h, v) in self.explain((entry.half, need), entry.reason) {
                self.require(h, v, start, &mut open);
            }
        };
        let mut learned = vec![uip];
        let touched = std::mem::take(&mut self.touched);
        for &h in &touched {
            let v = self.need[h as usize];
            if v != NONE && h != uip.0 && !learned.iter().any(|p| p.0 == h) && !self.redundant(h, v) {
                learned.push((h, v));
            }
        }
        self.touched = touched;
        self.clear_needs();
        let mut back = 0;
        let mut levels: Vec<usize> = Vec::with_capacity(learned.len());
        for i in 1..learned.len() {
            let l = self.level_of(learned[i].0, learned[i].1);
            levels.push(l);
            if l > back {
                back = l;
                learned.swap(1, i);
                levels.swap(0, i - 1);
            }
        }
        levels.sort_unstable();
        levels.dedup();
        for &predicate in &learned {
            self.bump_atom(predicate);
        }
        self.bump /= 0.95;
        if self.bump > 1e100 {
            self.activity.iter_mut().for_each(|a| *a *= 1e-100);
            self.bump *= 1e-100;
        }
        self.back_to(back);
        let (h, v) = negation(uip);
        if learned.len() == 1 {
            return self.raise(h, v, Reason::Decision).is_ok();
        }
        let number = self.add_nogood(learned, levels.len() as u32 + 1, true);
        self.raise(h, v, Reason::Nogood(number)).is_ok()
    }

    fn add_nogood(&mut self, predicates: Vec<Predicate>, levels: u32, learned: bool) -> u32 {
        let number = self.nogoods.len() as u32;
        for &(h, v) in &predicates[..2] {
            self.watches[h as usize].push((number, v));
        }
        self.nogoods.push(Nogood { predicates, levels, used: self.conflicts as f32, learned });
        number
    }

    fn require(&mut self, half: Half, value: i32, start: usize, open: &mut usize) {
        let h = half as usize;
        // What holds from the beginning needs no reason.
        if self.level_of(half, value) == 0 {
            return;
        }
        let before = self.need[h];
        if before >= value {
            return;
        }
        if before == NONE {
            self.touched.push(half);
        }
        // Half's value when the level began.
        let mut at = self.last[h];
        let mut then = self.bound[h];
        while at as usize > start {
            let entry = &self.trail[at as usize - 1];
            then = entry.old;
            at = entry.before;
        }
        if value > then && (before == NONE || before <= then) {
            *open += 1;
        }
        self.need[h] = value;
    }

    fn clear_needs(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        for &h in &touched {
            self.need[h as usize] = NONE;
        }
    }

    /// Whether a predicate of the nogood follows from its others.
    fn redundant(&self, half: Half, value: i32) -> bool {
        let mut at = self.last[half as usize];
        while at > 0 {
            let entry = &self.trail[at as usize - 1];
            if entry.old < value {
                if matches!(entry.reason, Reason::Decision) {
                    return false;
                }
                return self
                    .explain((half, value), entry.reason)
                    .iter()
                    .all(|&(h, v)| (h != half && self.need[h as usize] >= v) || self.level_of(h, v) == 0);
            }
            at = entry.before;
        }
        false
    }

    // Search.

    fn bump_atom(&mut self, predicate: Predicate) {
        let canonical = if predicate.0 & 1 == 0 { predicate } else { negation(predicate) };
        let atom = match self.atom_of.get(&canonical) {
            Some(&atom) => atom,
            None => {
                let atom = self.atoms.len() as u32;
                self.atoms.push(canonical);
                self.atom_of.insert(canonical, atom);
                self.activity.push(0.0);
                self.heap_at.push(OUTSIDE);
                self.insert_atom(atom);
                atom
            }
        };
        self.activity[atom as usize] += self.bump;
        if self.heap_at[atom as usize] != OUTSIDE {
            self.sift_up(self.heap_at[atom as usize] as usize);
        }
    }

    fn insert_atom(&mut self, atom: u32) {
        if self.heap_at[atom as usize] == OUTSIDE {
            self.heap_at[atom as usize] = self.heap.len() as u32;
            self.heap.push(atom);
            self.sift_up(self.heap.len() - 1);
        }
    }

    fn sift_up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.activity[self.heap[parent] as usize] >= self.activity[self.heap[at] as usize] {
                break;
            }
            self.swap_heap(at, parent);
            at = parent;
        }
    }

    fn swap_heap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.heap_at[self.heap[a] as usize] = a as u32;
        self.heap_at[self.heap[b] as usize] = b as u32;
    }

    fn pop_atom(&mut self) -> Option<u32> {
        let top = *self.heap.first()?;
        let end = self.heap.len() - 1;
        self.swap_heap(0, end);
        self.heap.pop();
        self.heap_at[top as usize] = OUTSIDE;
        let mut at = 0;
        loop {
            let mut best = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len()
                    && self.activity[self.heap[child] as usize] > self.activity[self.heap[best] as usize]
                {
                    best = child;
                }
            }
            if best == at {
                return Some(top);
            }
            self.swap_heap(at, best);
            at = best;
        }
    }

    fn decide(&mut self, by_activity: bool) -> Option<Predicate> {
        while let Some(atom) = if by_activity { self.pop_atom() } else { None } {
            self.popped.push((atom, self.level_start.len() as u32));
            let predicate = self.atoms[atom as usize];
            if !self.holds(predicate) && !self.refuted(predicate) {
                // The popped atom belongs to the level that its decision opens.
                if let Some(last) = self.popped.last_mut() {
                    last.1 += 1;
                }
                let wanted = self.guide[(predicate.0 / 2) as usize] >= predicate.1;
                return Some(if wanted { predicate } else { negation(predicate) });
            }
        }
        let mut best: Option<(i32, i32, Var)> = None;
        for &var in &self.branch {
            let (low, high) = (self.low(var), self.high(var));
            if low < high {
                let rank = (low, high, var);
                if best.is_none_or(|b| (rank.0, rank.1) < (b.0, b.1)) {
                    best = Some(rank);
                }
            }
        }
        if let Some((low, _, var)) = best {
            // Whether an option is taken is decided as it was before; starts are tried from the earliest on.
            let taken = self.is_option[var as usize] && self.guide[var as usize] > 0;
            return Some(if taken { at_least(var, 1) } else { at_most(var, low) });
        }
        None
    }

    /// Searches for values of all branch variables.
    pub fn search(&mut self, most_conflicts: u64, stop: &mut dyn FnMut() -> bool, rng: &mut Rng) -> Outcome {
        if self.impossible {
            return Outcome::Impossible;
        }
        self.back_to(0);
        self.next = 0;
        if self.bump == 0.0 {
            self.bump = 1.0;
        }
        let begun = self.conflicts;
        let mut restart_at = self.conflicts + 100;
        let mut restarts = 0_u64;
        let mut largest = 2000 + self.nogoods.len();
        let mut steps = 0_u32;
        loop {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(64) && stop() {
                self.back_to(0);
                return Outcome::Unknown;
            }
            match self.propagate() {
                Err(conflict) => {
                    self.conflicts += 1;
                    if !self.learn(conflict) {
                        self.impossible = true;
                        return Outcome::Impossible;
                    }
                }
                Ok(()) => {
                    if self.conflicts - begun >= most_conflicts {
                        self.back_to(0);
                        return Outcome::Unknown;
                    }
                    if self.conflicts >= restart_at {
                        restarts += 1;
                        restart_at = self.conflicts + 100 * luby(restarts);
                        self.back_to(0);
                        if self.nogoods.len() > largest {
                            self.forget();
                            largest += 200;
                        }
                        continue;
                    }
                    let by_activity = restarts > 0 && !rng.chance(0.01);
                    let Some(predicate) = self.decide(by_activity) else { return Outcome::Found };
                    self.level_start.push(self.trail.len() as u32);
                    self.level_arena.push(self.arena.len() as u32);
                    if self.raise(predicate.0, predicate.1, Reason::Decision).is_err() {
                        return Outcome::Unknown;
                    }
                }
            }
        }
    }

    /// Drops half of the learned nogoods, those over many levels and the oldest. Only at the top level.
    fn forget(&mut self) {
        let mut ranks: Vec<(u32, f32)> =
            self.nogoods.iter().filter(|n| n.learned).map(|n| (n.levels, -n.used)).collect();
        if ranks.is_empty() {
            return;
        }
        let middle = ranks.len() / 2;
        ranks.select_nth_unstable_by(middle, |a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let limit = ranks[middle];
        self.nogoods.retain(|n| !n.learned || n.levels <= 2 || (n.levels, -n.used) < limit);
        self.watches.iter_mut().for_each(Vec::clear);
        for (number, nogood) in self.nogoods.iter_mut().enumerate() {
            // At the top level watch what does not hold.
            let bound = &self.bound;
            nogood.predicates.sort_by_key(|&(h, v)| bound[h as usize] >= v);
            for &(h, v) in &nogood.predicates[..2] {
                self.watches[h as usize].push((number as u32, v));
            }
        }
        // Reasons at the top level are never asked for.
        for entry in &mut self.trail {
            entry.reason = Reason::Decision;
        }
    }
}

enum Visit {
    Moved,
    Kept,
    Gone,
    Unit(Predicate),
    Conflict,
}

/// 1, 1, 2, 1, 1, 2, 4, … (M. Luby, A. Sinclair, D. Zuckerman 1993).
fn luby(mut i: u64) -> u64 {
    loop {
        let bits = u64::BITS - i.leading_zeros();
        if i == (1 << bits) - 1 {
            return 1 << (bits - 1);
        }
        i -= (1 << (bits - 1)) - 1;
    }
}
