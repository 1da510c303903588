//! What is decided next, restarts, and which nogoods are forgotten.
//!
//! Must not know how bounds follow from one another.

use super::{OUTSIDE, Outcome, Predicate, Reason, Solver, Var, at_least, at_most, negation};
use crate::rng::Rng;

impl Solver {
    pub(super) fn bump_atom(&mut self, predicate: Predicate) {
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

    pub(super) fn insert_atom(&mut self, atom: u32) {
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
