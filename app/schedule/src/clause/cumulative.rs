//! What follows from resources: no more than there is at any time (timetables of compulsory parts).
//!
//! Must not know how a conflict is analysed.

use super::{Activity, Conflict, Cumulative, Predicate, Solver, at_least, at_most};

/// How much others than an activity take in a step of the profile from `from` on; `own` is what the profile has of it.
fn beside(a: &Activity, own: Option<(i32, i32)>, from: i32, height: i64) -> i64 {
    match own {
        Some((own_from, own_to)) if own_from <= from && from < own_to => height - a.amount,
        _ => height,
    }
}

impl Solver {
    fn present(&self, a: &Activity) -> bool {
        a.present.is_none_or(|p| self.low(p) >= 1)
    }

    pub(super) fn propagate_cumulative(&mut self, number: usize) -> Result<(), Conflict> {
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
            if beside(a, own, from, height) > room {
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
                if beside(a, own, from, height) > room {
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
}
