//! A uniform grid over boxes, asked for what lies in a rectangle. It knows slots and boxes, not nodes or wires.

use crate::hash::Map;

/// The side of a cell in graph units: about two nodes.
const CELL: f64 = 512.0;

/// A box over more cells than this is kept in a list of its own, so that one long wire does not fill the grid.
const MAX_CELLS: i64 = 64;

/// An axis-aligned box in graph units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl Bounds {
    pub(crate) fn from_points(a: [f64; 2], b: [f64; 2]) -> Self {
        Self { min: [a[0].min(b[0]), a[1].min(b[1])], max: [a[0].max(b[0]), a[1].max(b[1])] }
    }

    pub(crate) fn expand(self, by: f64) -> Self {
        Self { min: [self.min[0] - by, self.min[1] - by], max: [self.max[0] + by, self.max[1] + by] }
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self {
            min: [self.min[0].min(other.min[0]), self.min[1].min(other.min[1])],
            max: [self.max[0].max(other.max[0]), self.max[1].max(other.max[1])],
        }
    }

    pub(crate) fn intersects(&self, other: &Self) -> bool {
        self.min[0] <= other.max[0]
            && other.min[0] <= self.max[0]
            && self.min[1] <= other.max[1]
            && other.min[1] <= self.max[1]
    }

    /// Whether a straight line between two points touches it.
    pub(crate) fn meets_segment(&self, a: [f64; 2], b: [f64; 2]) -> bool {
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for axis in 0..2 {
            let way = b[axis] - a[axis];
            if way == 0.0 {
                if !(self.min[axis]..=self.max[axis]).contains(&a[axis]) {
                    return false;
                }
                continue;
            }
            let (first, last) = ((self.min[axis] - a[axis]) / way, (self.max[axis] - a[axis]) / way);
            enter = enter.max(first.min(last));
            leave = leave.min(first.max(last));
        }
        enter <= leave
    }

    pub(crate) fn shifted(self, by: [f64; 2]) -> Self {
        Self { min: [self.min[0] + by[0], self.min[1] + by[1]], max: [self.max[0] + by[0], self.max[1] + by[1]] }
    }

    pub(crate) fn size(&self) -> [f64; 2] {
        [self.max[0] - self.min[0], self.max[1] - self.min[1]]
    }

    /// Whether another one lies wholly inside.
    pub(crate) fn encloses(&self, other: &Self) -> bool {
        self.contains(other.min) && self.contains(other.max)
    }

    pub(crate) fn contains(&self, point: [f64; 2]) -> bool {
        (self.min[0]..=self.max[0]).contains(&point[0]) && (self.min[1]..=self.max[1]).contains(&point[1])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cells {
    min: [i32; 2],
    max: [i32; 2],
}

impl Cells {
    fn of(bounds: &Bounds) -> Self {
        // A cast from f64 saturates, so a box however far away has a cell.
        let cell = |x: f64| (x / CELL).floor() as i32;
        Self { min: bounds.min.map(cell), max: bounds.max.map(cell) }
    }

    fn count(&self) -> i64 {
        let side = |axis: usize| i64::from(self.max[axis]) - i64::from(self.min[axis]) + 1;
        side(0).saturating_mul(side(1))
    }

    fn iter(self) -> impl Iterator<Item = (i32, i32)> {
        (self.min[1]..=self.max[1]).flat_map(move |y| (self.min[0]..=self.max[0]).map(move |x| (x, y)))
    }
}

/// Which slots lie where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    cells: Map<(i32, i32), Vec<u32>>,
    /// Where each slot is now.
    placed: Vec<Option<Cells>>,
    /// Slots over too many cells to be in `cells`.
    large: Vec<u32>,
}

impl Grid {
    /// Puts a slot into the grid, or moves it.
    pub(crate) fn set(&mut self, slot: u32, bounds: &Bounds) {
        let index = slot as usize;
        if self.placed.len() <= index {
            self.placed.resize(index + 1, None);
        }
        let cells = Cells::of(bounds);
        if self.placed[index] == Some(cells) {
            return;
        }
        self.remove(slot);
        self.placed[index] = Some(cells);
        if cells.count() > MAX_CELLS {
            self.large.push(slot);
        } else {
            for cell in cells.iter() {
                self.cells.entry(cell).or_default().push(slot);
            }
        }
    }

    /// Takes a slot out of the grid.
    pub(crate) fn remove(&mut self, slot: u32) {
        let Some(cells) = self.placed.get_mut(slot as usize).and_then(Option::take) else { return };
        let take = |list: &mut Vec<u32>| {
            if let Some(at) = list.iter().position(|&other| other == slot) {
                list.swap_remove(at);
            }
        };
        if cells.count() > MAX_CELLS {
            take(&mut self.large);
            return;
        }
        for cell in cells.iter() {
            if let Some(list) = self.cells.get_mut(&cell) {
                take(list);
                if list.is_empty() {
                    self.cells.remove(&cell);
                }
            }
        }
    }

    /// Fills `slots` with candidates for `bounds`, each once and in rising order. Every slot whose box meets `bounds` is
    /// among them; the caller tests the boxes.
    pub(crate) fn query(&self, bounds: &Bounds, slots: &mut Vec<u32>) {
        slots.clear();
        let wanted = Cells::of(bounds);
        // With most cells in view, running through the slots is cheaper than gathering and sorting them.
        if wanted.count() >= (self.cells.len() as i64 / 2).max(1) {
            let meets = |cells: &Cells| (0..2).all(|a| cells.min[a] <= wanted.max[a] && wanted.min[a] <= cells.max[a]);
            slots.extend(
                (0u32..).zip(&self.placed).filter(|(_, cells)| cells.as_ref().is_some_and(meets)).map(|(slot, _)| slot),
            );
            return;
        }
        for cell in wanted.iter() {
            if let Some(list) = self.cells.get(&cell) {
                slots.extend_from_slice(list);
            }
        }
        slots.extend_from_slice(&self.large);
        slots.sort_unstable();
        slots.dedup();
    }

    /// About how many bytes it holds on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let lists: usize = self.cells.values().map(|list| list.capacity() * size_of::<u32>()).sum();
        let entry = size_of::<((i32, i32), Vec<u32>)>() + 1;
        lists
            + self.cells.capacity() * entry
            + self.placed.capacity() * size_of::<Option<Cells>>()
            + self.large.capacity() * size_of::<u32>()
    }

    /// Panics unless the cells hold exactly what `placed` says.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        let mut count = 0;
        for (slot, cells) in (0u32..).zip(&self.placed) {
            let Some(cells) = cells else { continue };
            if cells.count() > MAX_CELLS {
                assert!(self.large.contains(&slot));
            } else {
                for cell in cells.iter() {
                    count += 1;
                    assert_eq!(self.cells[&cell].iter().filter(|&&other| other == slot).count(), 1);
                }
            }
        }
        assert_eq!(count, self.cells.values().map(Vec::len).sum::<usize>());
        assert!(self.cells.values().all(|list| !list.is_empty()));
    }
}
