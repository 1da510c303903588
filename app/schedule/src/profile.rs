//! What of a resource is free when: the arrays that the decoder searches and books in.
//!
//! Must not know tasks or devices, only times and amounts. [`Gaps`] is for resources that one activity takes whole,
//! [`Levels`] for those that several share.

/// Gaps a block holds before it is split: small enough to be searched in a few cache lines, large enough that whole
/// blocks without a long enough gap are skipped.
const BLOCK: usize = 64;

/// Free intervals of a resource that serves one at a time, in blocks that know their longest gap.
#[derive(Debug, Clone)]
pub(crate) struct Gaps {
    blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
struct Block {
    /// (start, end), disjoint and ascending; never empty.
    gaps: Vec<(f64, f64)>,
    longest_s: f64,
}

impl Block {
    fn new(gaps: Vec<(f64, f64)>) -> Self {
        let mut block = Self { gaps, longest_s: 0.0 };
        block.measure();
        block
    }

    fn measure(&mut self) {
        self.longest_s = self.gaps.iter().map(|(start, end)| end - start).fold(0.0, f64::max);
    }

    fn end_s(&self) -> f64 {
        self.gaps.last().map_or(0.0, |gap| gap.1)
    }
}

impl Gaps {
    pub(crate) fn new() -> Self {
        Self { blocks: vec![Block::new(vec![(0.0, f64::INFINITY)])] }
    }

    pub(crate) fn clear(&mut self) {
        self.blocks.truncate(1);
        self.blocks[0].gaps.clear();
        self.blocks[0].gaps.push((0.0, f64::INFINITY));
        self.blocks[0].longest_s = f64::INFINITY;
    }

    /// The earliest start from `ready_s` on for something that takes `duration_s`.
    pub(crate) fn earliest(&self, ready_s: f64, duration_s: f64) -> f64 {
        if duration_s <= 0.0 {
            return ready_s;
        }
        // A gap's length is rounded, so that blocks are skipped with a margin and gaps are tried by their end.
        let least_s = duration_s * (1.0 - 1e-12);
        let first = self.blocks.partition_point(|block| block.end_s() <= ready_s);
        for block in &self.blocks[first..] {
            if block.longest_s < least_s {
                continue;
            }
            let from = block.gaps.partition_point(|gap| gap.1 <= ready_s);
            for &(start, end) in &block.gaps[from..] {
                let start = start.max(ready_s);
                if start + duration_s <= end {
                    return start;
                }
            }
        }
        // The last gap has no end, so that this is not reached.
        f64::INFINITY
    }

    /// Takes an interval that [`Gaps::earliest`] found free.
    pub(crate) fn book(&mut self, start_s: f64, finish_s: f64) {
        if finish_s <= start_s {
            return;
        }
        let number = self.blocks.partition_point(|block| block.end_s() <= start_s);
        let block = &mut self.blocks[number];
        let at = block.gaps.partition_point(|gap| gap.1 <= start_s);
        let (start, end) = block.gaps[at];
        debug_assert!(start <= start_s && finish_s <= end);
        match (start < start_s, finish_s < end) {
            (true, true) => {
                block.gaps[at] = (start, start_s);
                block.gaps.insert(at + 1, (finish_s, end));
            }
            (true, false) => block.gaps[at] = (start, start_s),
            (false, true) => block.gaps[at] = (finish_s, end),
            (false, false) => {
                block.gaps.remove(at);
            }
        }
        if block.gaps.is_empty() {
            self.blocks.remove(number);
        } else if block.gaps.len() > BLOCK {
            let tail = block.gaps.split_off(BLOCK / 2);
            block.measure();
            self.blocks.insert(number + 1, Block::new(tail));
        } else if end - start >= block.longest_s {
            block.measure();
        }
    }
}

/// How much of a shared resource is taken, as steps over time.
#[derive(Debug, Clone)]
pub(crate) struct Levels {
    limit: u64,
    /// Where each step begins; the first is 0, the last never ends.
    times_s: Vec<f64>,
    used: Vec<u64>,
    /// Before this nothing at all is left: where a search may begin.
    full_until_s: f64,
}

impl Levels {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, times_s: vec![0.0], used: vec![0], full_until_s: 0.0 }
    }

    pub(crate) fn clear(&mut self) {
        self.times_s.clear();
        self.times_s.push(0.0);
        self.used.clear();
        self.used.push(0);
        self.full_until_s = 0.0;
    }

    fn step_at(&self, time_s: f64) -> usize {
        self.times_s.partition_point(|&t| t <= time_s).saturating_sub(1)
    }

    /// The earliest start from `ready_s` on at which `amount` is free for `duration_s`, and `kept` of it for ever after
    /// the start. `None` when there is no such time.
    pub(crate) fn earliest(&self, ready_s: f64, duration_s: f64, amount: u64, kept: u64) -> Option<f64> {
        if amount > self.limit {
            return None;
        }
        let mut start = ready_s;
        if amount > 0 && duration_s > 0.0 {
            start = start.max(self.full_until_s);
        }
        if kept > 0 {
            let room = self.limit - kept;
            if let Some(last) = self.used.iter().rposition(|&used| used > room) {
                start = start.max(*self.times_s.get(last + 1)?);
            }
        }
        if duration_s <= 0.0 || amount == 0 {
            return Some(start);
        }
        let room = self.limit - amount;
        for step in self.step_at(start)..self.times_s.len() {
            let end = self.times_s.get(step + 1).copied().unwrap_or(f64::INFINITY);
            if self.used[step] > room {
                if end == f64::INFINITY {
                    return None;
                }
                start = start.max(end);
            } else if start + duration_s <= end {
                return Some(start);
            }
        }
        None
    }

    /// Takes `amount` from `start_s` to `finish_s`, which may be infinite.
    pub(crate) fn take(&mut self, start_s: f64, finish_s: f64, amount: u64) {
        self.change(start_s, finish_s, |used| used + amount);
        // Equal neighbours are one step, so that the first is all of what is full from the beginning on.
        if let (true, Some(&end_s)) = (self.used[0] >= self.limit, self.times_s.get(1)) {
            self.full_until_s = end_s;
        }
    }

    /// Gives back what was taken for ever, from `start_s` on.
    pub(crate) fn give_back_from(&mut self, start_s: f64, amount: u64) {
        self.full_until_s = 0.0;
        self.change(start_s, f64::INFINITY, |used| used - amount);
    }

    fn change(&mut self, start_s: f64, finish_s: f64, new: impl Fn(u64) -> u64) {
        if finish_s <= start_s {
            return;
        }
        let first = self.cut(start_s);
        let end = if finish_s == f64::INFINITY { self.times_s.len() } else { self.cut(finish_s) };
        for used in &mut self.used[first..end] {
            *used = new(*used);
        }
        // Within the interval neighbours differ as before; only its ends may have become level.
        for step in [end, first] {
            if step > 0 && step < self.used.len() && self.used[step] == self.used[step - 1] {
                self.used.remove(step);
                self.times_s.remove(step);
            }
        }
    }

    /// Makes a step begin at this time and returns its number.
    fn cut(&mut self, time_s: f64) -> usize {
        let step = self.step_at(time_s);
        if self.times_s[step] == time_s {
            return step;
        }
        self.times_s.insert(step + 1, time_s);
        self.used.insert(step + 1, self.used[step]);
        step + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_fill_from_the_first_that_is_long_enough() {
        let mut gaps = Gaps::new();
        for i in 0..1000 {
            let start = 10.0 * f64::from(i);
            assert_eq!(gaps.earliest(start + 1.0, 9.0), start + 1.0);
            gaps.book(start + 1.0, start + 10.0);
        }
        assert_eq!(gaps.earliest(0.0, 1.0), 0.0);
        assert_eq!(gaps.earliest(0.5, 1.0), 10.0);
        assert_eq!(gaps.earliest(0.0, 1.5), 10_000.0);
        gaps.book(5000.0, 5001.0);
        assert_eq!(gaps.earliest(4999.0, 1.0), 5010.0);
        assert_eq!(gaps.earliest(4999.0, 0.0), 4999.0);
        gaps.clear();
        assert_eq!(gaps.earliest(3.0, 100.0), 3.0);
    }

    #[test]
    fn levels_share_and_keep() {
        let mut levels = Levels::new(10);
        levels.take(0.0, 5.0, 6);
        levels.take(0.0, 2.0, 4);
        assert_eq!(levels.earliest(0.0, 1.0, 4, 0), Some(2.0));
        assert_eq!(levels.earliest(0.0, 1.0, 5, 0), Some(5.0));
        assert_eq!(levels.earliest(0.0, 1.0, 11, 0), None);
        levels.take(8.0, f64::INFINITY, 7);
        assert_eq!(levels.earliest(0.0, 1.0, 4, 0), Some(2.0));
        assert_eq!(levels.earliest(0.0, 6.0, 4, 0), Some(2.0));
        assert_eq!(levels.earliest(0.0, 6.5, 4, 0), None);
        assert_eq!(levels.earliest(0.0, 1.0, 4, 4), None);
        assert_eq!(levels.earliest(0.0, 1.0, 5, 3), Some(5.0));
        levels.give_back_from(20.0, 7);
        assert_eq!(levels.earliest(0.0, 4.0, 4, 4), Some(20.0));
    }
}
