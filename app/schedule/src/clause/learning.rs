//! Nogoods: what follows from them, and how a conflict becomes one.
//!
//! Must not know what is decided next.

use super::{Conflict, Half, NONE, Nogood, Predicate, Reason, Solver, negation};

impl Solver {
    pub(super) fn propagate_nogoods(&mut self, half: usize, old: i32) -> Result<(), Conflict> {
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
    pub(super) fn learn(&mut self, conflict: Conflict) -> bool {
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
}

enum Visit {
    Moved,
    Kept,
    Gone,
    Unit(Predicate),
    Conflict,
}
