//! A list that grows in pieces of one size: to add to it never copies what is there, however long it is, as one piece of
//! memory would that doubles. Copies share all pieces but the one that is written to. Knows nothing of what it holds.

use std::sync::Arc;

/// Memory of a piece at most [bytes]: many lists often begin a new one at the same moment, and what is asked of the system
/// in one frame then stays small.
const PIECE_BYTES: usize = 32 << 10;

/// The list.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunks<T> {
    /// All are full but the last; none is empty.
    pieces: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }
}

impl<T: Copy> Chunks<T> {
    /// Entries of a piece: a power of two.
    const PIECE: usize = 1 << (PIECE_BYTES / size_of::<T>()).ilog2();

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// An entry.
    pub fn get(&self, index: usize) -> Option<T> {
        self.pieces.get(index / Self::PIECE)?.get(index % Self::PIECE).copied()
    }

    /// An entry that is there.
    ///
    /// # Panics
    /// There is none at `index`.
    pub fn at(&self, index: usize) -> T {
        self.pieces[index / Self::PIECE][index % Self::PIECE]
    }

    /// The entries from `start` on that lie side by side in memory, up to `end`; at least up to the next multiple of any
    /// power of two that is not larger than a piece.
    pub fn run(&self, start: usize, end: usize) -> &[T] {
        let Some(piece) = self.pieces.get(start / Self::PIECE) else { return &[] };
        let first = start % Self::PIECE;
        let last = (end - start.min(end) + first).min(piece.len());
        piece.get(first..last).unwrap_or_default()
    }

    /// The newest entry.
    pub fn last(&self) -> Option<T> {
        self.pieces.last()?.last().copied()
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = T> {
        self.pieces.iter().flat_map(|piece| piece.iter().copied())
    }

    /// The entries `start..end`, as far as there are any.
    pub fn range(&self, start: usize, end: usize) -> impl Iterator<Item = T> {
        let end = end.min(self.len);
        let pieces = self.pieces.iter().enumerate().skip(start / Self::PIECE);
        pieces.take_while(move |(at, _)| at * Self::PIECE < end).flat_map(move |(at, piece)| {
            let first = start.saturating_sub(at * Self::PIECE).min(piece.len());
            let last = (end - at * Self::PIECE).min(piece.len());
            piece[first.min(last)..last].iter().copied()
        })
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: T) {
        if self.len.is_multiple_of(Self::PIECE) {
            // The first grows as it is needed: most lists are short.
            self.pieces.push(Arc::new(if self.len == 0 { Vec::new() } else { Vec::with_capacity(Self::PIECE) }));
        }
        if let Some(piece) = self.pieces.last_mut() {
            Arc::make_mut(piece).push(entry);
            self.len += 1;
        }
    }

    /// Leaves the first `count` entries, at most.
    pub fn truncate(&mut self, count: usize) {
        if count >= self.len {
            return;
        }
        self.pieces.truncate(count.div_ceil(Self::PIECE));
        if !count.is_multiple_of(Self::PIECE)
            && let Some(piece) = self.pieces.last_mut()
        {
            Arc::make_mut(piece).truncate(count % Self::PIECE);
        }
        self.len = count;
    }

    /// The first index in `start..end` at which `before` no longer holds, if it holds for all before that.
    pub fn partition_point(&self, start: usize, end: usize, before: impl Fn(T) -> bool) -> usize {
        let (mut low, mut high) = (start, end.max(start));
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.at(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Memory that it takes [bytes].
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.capacity() * size_of::<T>()).sum()
    }
}

impl<T: Copy> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut out = Self::default();
        entries.into_iter().for_each(|entry| out.push(entry));
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIECE: usize = Chunks::<f64>::PIECE;

    #[derive(Debug, Clone)]
    enum Step {
        Push(usize),
        Truncate(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let near = prop_oneof![Just(1), Just(PIECE - 1), Just(PIECE), Just(PIECE + 1), 0..3 * PIECE];
        prop_oneof![3 => near.clone().prop_map(Step::Push), 2 => near.prop_map(Step::Truncate)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn it_holds_what_a_plain_list_holds(
            steps in prop::collection::vec(step(), 1..8),
            at in 0..4 * PIECE,
            count in 0..2 * PIECE,
        ) {
            let (mut list, mut plain) = (Chunks::default(), Vec::new());
            let mut next = 0_usize;
            for step in steps {
                let before = list.clone();
                match step {
                    Step::Push(count) => {
                        for _ in 0..count {
                            list.push(next);
                            plain.push(next);
                            next += 1;
                        }
                    }
                    Step::Truncate(count) => {
                        list.truncate(count);
                        plain.truncate(count);
                    }
                }
                prop_assert!(before.iter().eq(before.range(0, usize::MAX)), "a copy stays as it was");
                prop_assert_eq!(list.len(), plain.len());
                prop_assert_eq!(list.is_empty(), plain.is_empty());
                prop_assert_eq!(list.last(), plain.last().copied());
                prop_assert_eq!(list.get(at), plain.get(at).copied());
                prop_assert!(list.iter().eq(plain.iter().copied()));
                let end = (at + count).min(plain.len());
                let part = plain.get(at..end).unwrap_or_default();
                prop_assert!(list.range(at, at + count).eq(part.iter().copied()));
                let run = list.run(at, at + count);
                prop_assert!(part.starts_with(run));
                prop_assert!(run.len() == part.len() || (at + run.len()).is_multiple_of(PIECE));
                prop_assert_eq!(&list, &plain.iter().copied().collect::<Chunks<_>>());
                let found = list.partition_point(0, list.len(), |entry| entry < at);
                prop_assert_eq!(found, plain.partition_point(|entry| *entry < at));
            }
        }
    }

    #[test]
    fn nothing_long_is_copied_when_a_shared_list_grows() {
        let mut list: Chunks<u64> = (0..10 * PIECE as u64 + 5).collect();
        let shared = list.clone();
        list.push(0);
        let same = list.pieces.iter().zip(&shared.pieces).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!((same, list.pieces.len()), (10, 11));
        assert_eq!(shared.len(), 10 * PIECE + 5);
    }
}
