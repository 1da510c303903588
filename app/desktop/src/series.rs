//! Series of measured points that stay cheap to draw however long they grow.
//!
//! A [`Series`] keeps its points and, over them, a pyramid of first, last, smallest and greatest value of every 16, 64,
//! 256, … points. A [`Trace`] is what is asked of it: the [`Column`]s of a view hold those four of each column of pixels,
//! which is all that a line through the points can show (Jugel et al., 2014); no peak is ever lost. Adding a point costs
//! constant time, with no long copy at any of them; a point takes 20 bytes, a smoothed one 12 more (the pyramid is 48
//! bytes for 16 points and a third of that above). [`Smoothed`] follows a series and smooths it as it grows. This module
//! knows no runs and draws nothing.

mod chunks;

use std::ops::RangeInclusive;

pub use chunks::Chunks;

/// Points of a group of the lowest level are two to the power of this.
const BASE_BITS: u32 = 4;
/// How many groups of one level make one of the next: two to the power of this.
const FACTOR_BITS: u32 = 2;
const BASE: usize = 1 << BASE_BITS;
const FACTOR: usize = 1 << FACTOR_BITS;
/// A column of many points may begin so much of its width too late, where its points come in groups: what a group holds
/// is read at one place, its points at many.
const LATE: f64 = 1.0 / 8.0;
/// Points that a series keeps at most; those beyond are counted as left out.
const MOST: usize = u32::MAX as usize;

/// The extremes of some values, those that are infinite or no number left aside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The smallest; infinite if there is none.
    pub low: f64,
    /// The greatest; negative infinite if there is none.
    pub high: f64,
    /// The smallest above zero, for a logarithmic axis; infinite if there is none.
    pub positive: f64,
}

impl Extent {
    /// Of no value.
    pub const NOTHING: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY, positive: f64::INFINITY };

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.low > self.high
    }

    fn take(&mut self, y: f64) {
        if y.is_finite() {
            self.low = self.low.min(y);
            self.high = self.high.max(y);
            if y > 0.0 {
                self.positive = self.positive.min(y);
            }
        }
    }

    /// Takes in other values.
    pub fn extend(&mut self, other: &Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.positive = self.positive.min(other.positive);
    }
}

/// Some points side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Group {
    /// x of the first of them.
    x: f64,
    extent: Extent,
    /// The first and the last value that is one; no number if there is none.
    first: f64,
    last: f64,
}

impl Group {
    fn at(x: f64) -> Self {
        Self { x, extent: Extent::NOTHING, first: f64::NAN, last: f64::NAN }
    }

    fn take(&mut self, y: f64) {
        if y.is_finite() {
            self.extent.take(y);
            self.last = y;
            if self.first.is_nan() {
                self.first = y;
            }
        }
    }

    fn extend(&mut self, other: &Self) {
        if !other.last.is_nan() {
            self.extent.extend(&other.extent);
            self.last = other.last;
            if self.first.is_nan() {
                self.first = other.first;
            }
        }
    }
}

/// What groups of points hold: level k has one for every complete group of `BASE · FACTOR^k`.
#[derive(Debug, Clone, PartialEq, Default)]
struct Pyramid {
    levels: Vec<Chunks<Group>>,
}

impl Pyramid {
    /// How many points a group of a level has, as a power of two.
    fn bits(level: usize) -> u32 {
        BASE_BITS + FACTOR_BITS * level as u32
    }

    /// Takes in that there are `count` values now, one more than before. `x` is that of a point, `take` takes in values
    /// of a part of a group.
    fn grow(&mut self, count: usize, x: impl Fn(usize) -> f64, take: impl Fn(usize, usize, &mut Group)) {
        let mut level = 0;
        while count.trailing_zeros() >= Self::bits(level) {
            let made = if level == 0 {
                let mut group = Group::at(x(count - BASE));
                take(count - BASE, count, &mut group);
                group
            } else {
                let below = &self.levels[level - 1];
                let first = below.len() - FACTOR;
                let mut group = Group::at(below.at(first).x);
                below.run(first, below.len()).iter().for_each(|part| group.extend(part));
                group
            };
            if level == self.levels.len() {
                self.levels.push(Chunks::default());
            }
            self.levels[level].push(made);
            level += 1;
        }
    }

    fn truncate(&mut self, count: usize) {
        for (level, groups) in self.levels.iter_mut().enumerate() {
            groups.truncate(count >> Self::bits(level));
        }
        self.levels.retain(|level| !level.is_empty());
    }

    /// What the values `start..end` hold, from the greatest groups that fit; its x is not told. `take` takes in those of
    /// a part of a group, which lie side by side.
    fn sum(&self, start: usize, end: usize, take: impl Fn(usize, usize, &mut Group)) -> Group {
        let mut sum = Group::at(f64::NAN);
        let mut index = start;
        while index < end {
            let fits = index.trailing_zeros().min((end - index).ilog2());
            let level = (fits.saturating_sub(BASE_BITS) / FACTOR_BITS) as usize;
            match self.levels.get(level.min(self.levels.len().saturating_sub(1))) {
                Some(groups) if fits >= BASE_BITS => {
                    let bits = Self::bits(level.min(self.levels.len() - 1));
                    sum.extend(&groups.at(index >> bits));
                    index += 1 << bits;
                }
                _ => {
                    let stop = ((index / BASE + 1) * BASE).min(end);
                    take(index, stop, &mut sum);
                    index = stop;
                }
            }
        }
        sum
    }

    fn bytes(&self) -> usize {
        self.levels.iter().map(Chunks::bytes).sum()
    }
}

/// What a column of pixels shows of a series: the points `start..end`, at least one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Number of the column, from the left.
    pub column: usize,
    /// Index of its first point.
    pub start: usize,
    /// Index after its last point.
    pub end: usize,
    /// The value of its first point that has one; no number if none has.
    pub first: f64,
    /// The value of its last point that has one; no number if none has.
    pub last: f64,
    /// Its extremes.
    pub extent: Extent,
    /// Whether the value of one of its points is infinite or no number.
    pub unreal: bool,
}

/// Points in strictly ascending x, with a pyramid of extremes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    points: Chunks<[f64; 2]>,
    pyramid: Pyramid,
    /// Indices of the points whose value is infinite or no number.
    unreal: Vec<u32>,
    /// Counts how often points were taken back.
    revision: u64,
}

impl Series {
    /// A series of these points, added one by one.
    pub fn from_points(points: impl IntoIterator<Item = [f64; 2]>) -> Self {
        let mut series = Self::default();
        for [x, y] in points {
            series.push(x, y);
        }
        series
    }

    /// Adds a point.
    ///
    /// A training that goes on from a checkpoint measures some steps again: a point at or before the last x takes the
    /// place of all points from there on. A value that is infinite or no number is kept: it is a gap in the line.
    pub fn push(&mut self, x: f64, y: f64) {
        if !x.is_finite() {
            return;
        }
        if self.points.last().is_some_and(|last| last[0] >= x) {
            self.take_back_from(x);
        }
        if self.points.len() >= MOST {
            return;
        }
        if !y.is_finite() {
            self.unreal.push(self.points.len() as u32);
        }
        self.points.push([x, y]);
        let points = &self.points;
        self.pyramid.grow(
            points.len(),
            |index| points.at(index)[0],
            |start, end, group| points.run(start, end).iter().for_each(|p| group.take(p[1])),
        );
    }

    fn take_back_from(&mut self, x: f64) {
        let keep = self.points.partition_point(0, self.points.len(), |p| p[0] < x);
        self.points.truncate(keep);
        self.unreal.truncate(self.unreal.partition_point(|index| (*index as usize) < keep));
        self.pyramid.truncate(keep);
        self.revision += 1;
    }

    /// The points.
    pub fn points(&self) -> &Chunks<[f64; 2]> {
        &self.points
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// How many values are infinite or no number.
    pub fn unreal(&self) -> u64 {
        self.unreal.len() as u64
    }

    /// The newest point.
    pub fn last(&self) -> Option<[f64; 2]> {
        self.points.last()
    }

    /// Smallest and greatest value among the points of a range of x.
    pub fn y_range(&self, x_range: &RangeInclusive<f64>) -> Option<(f64, f64)> {
        let extent = self.trace().extent(x_range);
        (!extent.is_empty()).then_some((extent.low, extent.high))
    }

    /// All of it, to look at.
    pub fn trace(&self) -> Trace<'_> {
        Trace {
            points: &self.points,
            len: self.points.len(),
            smooth: None,
            pyramid: &self.pyramid,
            unreal: &self.unreal,
        }
    }

    /// Memory that it takes [bytes].
    pub fn bytes(&self) -> usize {
        self.points.bytes() + self.pyramid.bytes() + self.unreal.capacity() * 4
    }
}

/// A series, as measured or smoothed, to look at.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    points: &'a Chunks<[f64; 2]>,
    /// How many of them.
    len: usize,
    /// Values that stand for those of the points.
    smooth: Option<&'a Chunks<f64>>,
    pyramid: &'a Pyramid,
    unreal: &'a [u32],
}

impl<'a> Trace<'a> {
    /// How many points there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A point; its value may be infinite or no number.
    pub fn point(&self, index: usize) -> Option<[f64; 2]> {
        let [x, y] = self.points.get(index).filter(|_| index < self.len)?;
        Some([x, self.smooth.and_then(|smooth| smooth.get(index)).unwrap_or(y)])
    }

    /// The newest point.
    pub fn last(&self) -> Option<[f64; 2]> {
        self.point(self.len().checked_sub(1)?)
    }

    /// The index of the point whose x is nearest to this one.
    pub fn nearest(&self, x: f64) -> Option<usize> {
        let after = self.points.partition_point(0, self.len, |p| p[0] < x);
        let candidates = [after.checked_sub(1), Some(after).filter(|index| *index < self.len())];
        let far = |index: &usize| (self.points.at(*index)[0] - x).abs();
        candidates.into_iter().flatten().min_by(|a, b| far(a).total_cmp(&far(b)))
    }

    /// The indices `first..end` of the points within a range of x.
    pub fn indices(&self, x_range: &RangeInclusive<f64>) -> (usize, usize) {
        let first = self.points.partition_point(0, self.len, |p| p[0] < *x_range.start());
        let end = self.points.partition_point(0, self.len, |p| p[0] <= *x_range.end());
        (first, end.max(first))
    }

    /// The extremes of the points of a range of x.
    pub fn extent(&self, x_range: &RangeInclusive<f64>) -> Extent {
        let (first, end) = self.indices(x_range);
        self.sum(first, end).extent
    }

    /// What the points `start..end` hold.
    fn sum(&self, start: usize, end: usize) -> Group {
        match self.smooth {
            Some(smooth) => self.pyramid.sum(start, end, |start, end, group| {
                smooth.run(start, end).iter().for_each(|y| group.take(*y));
            }),
            None => self.pyramid.sum(start, end, |start, end, group| {
                self.points.run(start, end).iter().for_each(|p| group.take(p[1]));
            }),
        }
    }

    /// Whether one of the points `start..end` has a value that is infinite or no number.
    fn any_unreal(&self, start: usize, end: usize) -> bool {
        let at = self.unreal.partition_point(|index| (*index as usize) < start);
        self.unreal.get(at).is_some_and(|index| (*index as usize) < end)
    }

    /// The points between ascending edges of columns, `edges(0)` to `edges(columns)`; those on the last edge are in the
    /// last column. Columns without points are left out. Where there are many points to a column, the first ones of a
    /// column, up to an eighth of its width, may be in the one before. `out` is emptied first, so that its memory serves
    /// again.
    pub fn columns(&self, columns: usize, edges: impl Fn(usize) -> f64, out: &mut Vec<Column>) {
        out.clear();
        let mut edge = edges(0);
        let (mut start, end) = self.indices(&(edge..=edges(columns)));
        let groups = self.groups_for((end - start) / columns.max(1));
        for column in 0..columns {
            if start == end {
                return;
            }
            let next = edges(column + 1);
            let stop = if column + 1 == columns {
                end
            } else {
                let guess = start + (end - start) / (columns - column);
                self.first_from(start, end, next, guess, groups, (next - edge) * LATE)
            };
            edge = next;
            if stop > start {
                let Group { extent, first, last, .. } = self.sum(start, stop);
                let unreal = !self.unreal.is_empty() && self.any_unreal(start, stop);
                out.push(Column { column, start, end: stop, first, last, extent, unreal });
            }
            start = stop;
        }
    }

    /// The groups, with their size as a power of two, of which some make a column of so many points.
    fn groups_for(&self, points: usize) -> Option<(&'a Chunks<Group>, u32)> {
        let fits = (points as f64 * LATE) as usize;
        let level = (fits.checked_ilog2()?.checked_sub(BASE_BITS)? / FACTOR_BITS) as usize;
        let level = level.min(self.pyramid.levels.len().checked_sub(1)?);
        Some((&self.pyramid.levels[level], Pyramid::bits(level)))
    }

    /// The first index in `start..end` whose x is at or beyond `x`, or the beginning of a group soon after it, at most by
    /// `late`.
    fn first_from(
        &self,
        start: usize,
        end: usize,
        x: f64,
        guess: usize,
        groups: Option<(&Chunks<Group>, u32)>,
        late: f64,
    ) -> usize {
        let Some((groups, bits)) = groups else {
            return gallop(start, end, guess, |index| self.points.at(index)[0] < x);
        };
        let (low, high) = (start.div_ceil(1 << bits), (end >> bits).min(groups.len()));
        if low >= high {
            return gallop(start, end, guess, |index| self.points.at(index)[0] < x);
        }
        let found = gallop(low, high, guess >> bits, |index| groups.at(index).x < x);
        if found > low && found < high && groups.at(found).x - groups.at(found - 1).x <= late {
            return found << bits;
        }
        let from = if found > low { (found - 1) << bits } else { start };
        let to = if found < high { found << bits } else { end };
        self.points.partition_point(from, to, |p| p[0] < x)
    }

    /// The points of a view with one on either side, so that the line reaches the edges, or, where there are more than
    /// two for a column, the first, smallest, greatest and last of each column; and whether that was so.
    pub fn outline(&self, x_range: &RangeInclusive<f64>, columns: usize) -> (Vec<[f64; 2]>, bool) {
        let (first, end) = self.indices(x_range);
        let columns = columns.max(1);
        let (from, to) = (first.saturating_sub(1), (end + 1).min(self.len()));
        if end - first <= 2 * columns {
            return ((from..to).filter_map(|index| self.point(index)).collect(), false);
        }
        let (low, width) = (*x_range.start(), (x_range.end() - x_range.start()) / columns as f64);
        let mut found = Vec::new();
        let edge = |column| if column == columns { *x_range.end() } else { low + width * column as f64 };
        self.columns(columns, edge, &mut found);
        let mut out = Vec::with_capacity(4 * found.len() + 2);
        out.extend((from < first).then(|| self.point(from)).flatten());
        for column in &found {
            let (left, right) = (self.points.at(column.start)[0], self.points.at(column.end - 1)[0]);
            let middle = (left + right) / 2.0;
            let Extent { low, high, .. } = column.extent;
            if column.extent.is_empty() {
                out.push([middle, f64::NAN]);
                continue;
            }
            let (near, far) = if column.first - low <= high - column.first { (low, high) } else { (high, low) };
            out.extend([[left, column.first], [middle, near], [middle, far], [right, column.last]]);
        }
        out.extend((end < to).then(|| self.point(end)).flatten());
        (out, true)
    }
}

/// The first of `start..end` for which `before` no longer holds, if it holds for all before that. The steps of a training
/// are evenly spaced, so it is looked for about where even spacing has it, by steps that double.
fn gallop(start: usize, end: usize, guess: usize, before: impl Fn(usize) -> bool) -> usize {
    let guess = guess.clamp(start, end);
    let (mut low, mut high) = (start, end);
    let mut reach = 1;
    if guess < end && before(guess) {
        low = guess + 1;
        while low < high {
            let probe = (low + reach).min(end) - 1;
            if !before(probe) {
                high = probe;
                break;
            }
            low = probe + 1;
            reach *= 2;
        }
    } else {
        high = guess;
        while low < high {
            let probe = high.saturating_sub(reach).max(start);
            if before(probe) {
                low = probe + 1;
                break;
            }
            high = probe;
            reach *= 2;
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// An exponentially smoothed series that grows with the one it smooths.
///
/// Each value is the mean of all before it, weighted by `weight` to the power of their age; the weights are normalised,
/// so that the line starts at the first value and not at zero (bias correction as in Kingma and Ba, 2015, and as in
/// TensorBoard). Each new point takes one step of this recurrence, so following costs constant time a point; with
/// another weight all is computed anew, a share a frame, and what was there before is shown until it is done.
#[derive(Debug, Clone, Default)]
pub struct Smoothed {
    shown: Smoothing,
    next: Option<Smoothing>,
}

#[derive(Debug, Clone, Default)]
struct Smoothing {
    weight: f64,
    /// Revision of the followed series.
    revision: u64,
    sum: f64,
    weights: f64,
    values: Chunks<f64>,
    pyramid: Pyramid,
}

impl Smoothing {
    fn new(weight: f64, revision: u64) -> Self {
        Self { weight, revision, ..Self::default() }
    }

    fn follow(&mut self, raw: &Series, budget: &mut usize) -> bool {
        let taken = self.values.len();
        let stop = raw.len().min(taken.saturating_add(*budget));
        for [_, y] in raw.points.range(taken, stop) {
            // A gap stays a gap, and what comes after it goes on from before it.
            let mut value = y;
            if y.is_finite() {
                self.sum = self.sum * self.weight + y;
                self.weights = self.weights * self.weight + 1.0;
                value = self.sum / self.weights;
            }
            self.values.push(value);
            let values = &self.values;
            self.pyramid.grow(
                values.len(),
                |index| raw.points.at(index)[0],
                |start, end, group| values.run(start, end).iter().for_each(|y| group.take(*y)),
            );
        }
        *budget -= stop - taken;
        stop == raw.len()
    }
}

impl Smoothed {
    /// Takes in what is new in `raw`, and less the points that it takes from `budget`; all anew when `weight` (0 to
    /// below 1) has changed or `raw` took points back. Returns whether it has caught up.
    pub fn follow(&mut self, raw: &Series, weight: f64, budget: &mut usize) -> bool {
        let weight = if weight.is_finite() { weight.clamp(0.0, 0.9999) } else { 0.0 };
        if self.shown.revision != raw.revision || self.shown.values.len() > raw.len() {
            *self = Self { shown: Smoothing::new(weight, raw.revision), next: None };
        }
        if self.shown.values.is_empty() {
            self.shown.weight = weight;
        }
        if self.shown.weight == weight {
            self.next = None;
            return self.shown.follow(raw, budget);
        }
        // One that has begun is finished first, though the weight may have changed again: while a slider is dragged
        // there is always something to see.
        let next = self.next.get_or_insert_with(|| Smoothing::new(weight, raw.revision));
        if !next.follow(raw, budget) {
            return false;
        }
        self.shown = self.next.take().unwrap_or_default();
        self.shown.weight == weight
    }

    /// The smoothed points, as far as it has come.
    pub fn trace<'a>(&'a self, raw: &'a Series) -> Trace<'a> {
        let values = &self.shown.values;
        let count = values.len().min(raw.len());
        Trace {
            points: &raw.points,
            len: count,
            smooth: Some(values),
            pyramid: &self.shown.pyramid,
            unreal: &raw.unreal[..raw.unreal.partition_point(|index| (*index as usize) < count)],
        }
    }

    /// Memory that it takes beside that of the series [bytes].
    pub fn bytes(&self) -> usize {
        let of = |s: &Smoothing| s.values.bytes() + s.pyramid.bytes();
        of(&self.shown) + self.next.as_ref().map_or(0, of)
    }
}

#[cfg(test)]
mod tests;
