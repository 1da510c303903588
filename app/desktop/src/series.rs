//! Series of measured points that stay cheap to draw however long they grow.
//!
//! A [`Series`] keeps its points and, over them, a pyramid of where the smallest and the greatest value of every 4, 16,
//! 64, … points stand. A view of it takes from the pyramid at most two points per pixel column, and those are the very
//! extremes of the column: no peak is ever lost. [`Smoothed`] follows a series and smooths it as it grows. This module
//! knows no runs and draws nothing.

use std::ops::RangeInclusive;

/// How many entries of one level make one of the next.
const FACTOR: usize = 4;

/// The extremes of some neighbouring points: where they stand, and what they are. The values stand here too, so that a
/// view of a long series reads the pyramid, which is small and in order, and not points all over the memory.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Extremes {
    /// Index of the (first) smallest value.
    min: u32,
    /// Index of the (first) greatest value.
    max: u32,
    /// The smallest value.
    low: f64,
    /// The greatest value.
    high: f64,
}

impl Extremes {
    fn of(index: usize, y: f64) -> Self {
        Self { min: index as u32, max: index as u32, low: y, high: y }
    }

    /// Takes in the extremes of points further on.
    fn extend(&mut self, other: &Self) {
        if other.low < self.low {
            (self.min, self.low) = (other.min, other.low);
        }
        if other.high > self.high {
            (self.max, self.high) = (other.max, other.high);
        }
    }
}

/// What a view shows of a series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thinned {
    /// The points, in order: those of the view, and one on either side so that the line reaches the edges.
    pub points: Vec<[f64; 2]>,
    /// Whether points of the view were left out because there are more than two for a pixel column.
    pub thinned: bool,
}

/// Points in strictly ascending x, with a pyramid of extremes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    points: Vec<[f64; 2]>,
    /// Level k has an entry for every complete group of `FACTOR^(k + 1)` points.
    levels: Vec<Vec<Extremes>>,
    /// Points that cannot be drawn because they are not finite.
    unreal: u64,
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
    /// place of all points from there on. Infinite values and NaN are counted, not kept.
    pub fn push(&mut self, x: f64, y: f64) {
        if !x.is_finite() {
            return;
        }
        if self.points.last().is_some_and(|last| last[0] >= x) {
            self.take_back_from(x);
        }
        if !y.is_finite() || self.points.len() >= u32::MAX as usize {
            self.unreal += 1;
            return;
        }
        self.points.push([x, y]);
        let mut group = FACTOR;
        let mut level = 0;
        while self.points.len().is_multiple_of(group) {
            let entry = self.group_extremes(level);
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(entry);
            group = group.saturating_mul(FACTOR);
            level += 1;
        }
    }

    /// The extremes of the last complete group of a level, from the level below.
    fn group_extremes(&self, level: usize) -> Extremes {
        if level == 0 {
            let start = self.points.len() - FACTOR;
            let mut best = Extremes::of(start, self.points[start][1]);
            for index in start + 1..self.points.len() {
                best.extend(&Extremes::of(index, self.points[index][1]));
            }
            best
        } else {
            let below = &self.levels[level - 1];
            let group = &below[below.len() - FACTOR..];
            let mut best = group[0];
            for entry in &group[1..] {
                best.extend(entry);
            }
            best
        }
    }

    fn take_back_from(&mut self, x: f64) {
        let keep = self.points.partition_point(|p| p[0] < x);
        self.points.truncate(keep);
        let mut group = FACTOR;
        for level in &mut self.levels {
            level.truncate(keep / group);
            group = group.saturating_mul(FACTOR);
        }
        self.levels.retain(|level| !level.is_empty());
        self.revision += 1;
    }

    /// The points.
    pub fn points(&self) -> &[[f64; 2]] {
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

    /// How many values were infinite or no number, and are not among the points.
    pub fn unreal(&self) -> u64 {
        self.unreal
    }

    /// The newest point.
    pub fn last(&self) -> Option<[f64; 2]> {
        self.points.last().copied()
    }

    /// The point whose x is nearest to this one.
    pub fn nearest(&self, x: f64) -> Option<[f64; 2]> {
        let after = self.points.partition_point(|p| p[0] < x);
        let candidates = [after.checked_sub(1), Some(after)];
        candidates
            .into_iter()
            .flatten()
            .filter_map(|index| self.points.get(index).copied())
            .min_by(|a, b| (a[0] - x).abs().total_cmp(&(b[0] - x).abs()))
    }

    /// Smallest and greatest value among the points of a range of x.
    pub fn y_range(&self, x_range: &RangeInclusive<f64>) -> Option<(f64, f64)> {
        let (first, end) = self.indices(x_range);
        let found = self.extremes(first, end)?;
        Some((found.low, found.high))
    }

    /// What a view of `x_range`, `pixels` wide, shows: all points while there are at most two for a pixel column, and
    /// else the smallest and the greatest of each column.
    pub fn thin(&self, x_range: RangeInclusive<f64>, pixels: usize) -> Thinned {
        let (first, end) = self.indices(&x_range);
        let pixels = pixels.max(1);
        let before = first.checked_sub(1);
        let after = (end < self.points.len()).then_some(end);
        if end - first <= 2 * pixels {
            let from = before.unwrap_or(first);
            let to = after.map_or(end, |index| index + 1);
            return Thinned { points: self.points[from..to].to_vec(), thinned: false };
        }
        let mut points = Vec::with_capacity(2 * pixels + 2);
        points.extend(before.map(|index| self.points[index]));
        let (low, width) = (*x_range.start(), (x_range.end() - x_range.start()) / pixels as f64);
        let mut start = first;
        for column in 1..=pixels {
            let stop = if column == pixels {
                end
            } else {
                let guess = start + (end - start) / (pixels - column + 1);
                self.advance(start, end, low + width * column as f64, guess)
            };
            if let Some(found) = self.extremes(start, stop) {
                let (a, b) = (found.min.min(found.max) as usize, found.min.max(found.max) as usize);
                points.push(self.points[a]);
                if a != b {
                    points.push(self.points[b]);
                }
            }
            start = stop;
        }
        points.extend(after.map(|index| self.points[index]));
        Thinned { points, thinned: true }
    }

    /// The indices `first..end` of the points within a range of x.
    fn indices(&self, x_range: &RangeInclusive<f64>) -> (usize, usize) {
        let first = self.points.partition_point(|p| p[0] < *x_range.start());
        let end = self.points.partition_point(|p| p[0] <= *x_range.end());
        (first, end.max(first))
    }

    /// The first index in `start..end` whose x is at or beyond `x`. The steps of a training are evenly spaced, so it is
    /// looked for about where even spacing has it, by steps that double.
    fn advance(&self, start: usize, end: usize, x: f64, guess: usize) -> usize {
        let before = |index: usize| self.points[index][0] < x;
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
        low + self.points[low..high.max(low)].partition_point(|p| p[0] < x)
    }

    /// The extremes of the points `start..end`, from the greatest groups that fit.
    fn extremes(&self, start: usize, end: usize) -> Option<Extremes> {
        if start >= end {
            return None;
        }
        let mut best = Extremes::of(start, self.points[start][1]);
        let mut index = start;
        while index < end {
            let mut group = 1;
            let mut found = None;
            let mut size = FACTOR;
            for level in &self.levels {
                if !index.is_multiple_of(size) || index + size > end {
                    break;
                }
                let Some(entry) = level.get(index / size) else { break };
                (found, group) = (Some(entry), size);
                size = size.saturating_mul(FACTOR);
            }
            match found {
                Some(entry) => best.extend(entry),
                None => best.extend(&Extremes::of(index, self.points[index][1])),
            }
            index += group;
        }
        Some(best)
    }
}

/// An exponentially smoothed series that grows with the one it smooths.
///
/// Each value is the mean of all before it, weighted by `weight` to the power of their age; the weights are normalised,
/// so that the line starts at the first value and not at zero (bias correction as in Kingma and Ba, 2015).
#[derive(Debug, Clone, Default)]
pub struct Smoothed {
    series: Series,
    weight: f64,
    /// Points of the followed series that are in.
    taken: usize,
    /// Revision of the followed series that they are of.
    revision: u64,
    sum: f64,
    weights: f64,
}

impl Smoothed {
    /// Takes in what is new in `raw`, at most `budget` points, and begins anew when `weight` (0 to below 1) has changed
    /// or `raw` took points back. Returns whether it has caught up.
    pub fn follow(&mut self, raw: &Series, weight: f64, budget: usize) -> bool {
        let weight = if weight.is_finite() { weight.clamp(0.0, 0.9999) } else { 0.0 };
        if self.weight != weight || self.revision != raw.revision || self.taken > raw.len() {
            *self = Self { weight, revision: raw.revision, ..Self::default() };
        }
        let stop = raw.len().min(self.taken.saturating_add(budget));
        for &[x, y] in &raw.points[self.taken..stop] {
            self.sum = self.sum * weight + y;
            self.weights = self.weights * weight + 1.0;
            self.series.push(x, self.sum / self.weights);
        }
        self.taken = stop;
        stop == raw.len()
    }

    /// The smoothed points.
    pub fn series(&self) -> &Series {
        &self.series
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Points of ascending x from gaps and values.
    fn points(steps: &[(u8, i16)]) -> Vec<[f64; 2]> {
        let mut x = 0.0;
        steps
            .iter()
            .map(|&(gap, y)| {
                x += f64::from(gap) + 1.0;
                [x, f64::from(y)]
            })
            .collect()
    }

    /// The thinned view by looking at every point.
    fn brute_force(points: &[[f64; 2]], range: &RangeInclusive<f64>, pixels: usize) -> Vec<[f64; 2]> {
        let inside: Vec<_> = points.iter().copied().filter(|p| range.contains(&p[0])).collect();
        let before = points.iter().copied().rfind(|p| p[0] < *range.start());
        let after = points.iter().copied().find(|p| p[0] > *range.end());
        let mut out: Vec<[f64; 2]> = before.into_iter().collect();
        if inside.len() <= 2 * pixels {
            out.extend(&inside);
        } else {
            let width = (range.end() - range.start()) / pixels as f64;
            let edge = |column: usize| range.start() + width * column as f64;
            for column in 0..pixels {
                let in_column: Vec<_> = inside
                    .iter()
                    .copied()
                    .filter(|p| {
                        (column == 0 || p[0] >= edge(column)) && (column + 1 == pixels || p[0] < edge(column + 1))
                    })
                    .collect();
                let (mut min, mut max) = (0, 0);
                for (index, p) in in_column.iter().enumerate() {
                    if p[1] < in_column[min][1] {
                        min = index;
                    }
                    if p[1] > in_column[max][1] {
                        max = index;
                    }
                }
                if let Some(first) = in_column.get(min.min(max)) {
                    out.push(*first);
                    if min != max {
                        out.push(in_column[min.max(max)]);
                    }
                }
            }
        }
        out.extend(after);
        out
    }

    proptest! {
        #[test]
        fn thinning_gives_the_extremes_of_every_column(
            steps in prop::collection::vec((0u8..4, -300i16..300), 0..1500),
            from in -50.0f64..3000.0,
            width in 1.0f64..4000.0,
            pixels in 1usize..200,
        ) {
            let points = points(&steps);
            let series = Series::from_points(points.iter().copied());
            let range = from..=from + width;
            let view = series.thin(range.clone(), pixels);
            prop_assert!(view.points.len() <= 2 * pixels + 2);
            prop_assert_eq!(view.points, brute_force(&points, &range, pixels));
        }

        #[test]
        fn the_extremes_of_a_range_are_those_of_its_points(
            steps in prop::collection::vec((0u8..4, any::<i16>()), 1..800),
            from in 0.0f64..1500.0,
            width in 0.0f64..1500.0,
        ) {
            let points = points(&steps);
            let series = Series::from_points(points.iter().copied());
            let range = from..=from + width;
            let inside = || points.iter().filter(|p| range.contains(&p[0])).map(|p| p[1]);
            let expected = inside().reduce(f64::min).zip(inside().reduce(f64::max));
            prop_assert_eq!(series.y_range(&range), expected);
        }

        #[test]
        fn points_taken_back_leave_what_was_there_before(
            steps in prop::collection::vec((0u8..4, any::<i16>()), 1..400),
            cut in 0usize..400,
        ) {
            let points = points(&steps);
            let cut = cut.min(points.len() - 1);
            let mut series = Series::from_points(points.iter().copied());
            for [x, y] in &points[cut..] {
                series.push(*x, *y);
            }
            let fresh = Series::from_points(points.iter().copied());
            prop_assert_eq!(series.points(), fresh.points());
            prop_assert_eq!(&series.levels, &fresh.levels);
        }

        #[test]
        fn smoothing_bit_by_bit_equals_smoothing_at_once(
            steps in prop::collection::vec((0u8..4, any::<i16>()), 1..400),
            weight in 0.0f64..0.99,
            budget in 1usize..50,
        ) {
            let mut raw = Series::default();
            let mut growing = Smoothed::default();
            for [x, y] in points(&steps) {
                raw.push(x, y);
                growing.follow(&raw, weight, budget);
            }
            while !growing.follow(&raw, weight, budget) {}
            let mut at_once = Smoothed::default();
            prop_assert!(at_once.follow(&raw, weight, usize::MAX));
            prop_assert_eq!(growing.series().points(), at_once.series().points());
            let (low, high) = raw.y_range(&(f64::NEG_INFINITY..=f64::INFINITY)).unwrap();
            for p in growing.series().points() {
                prop_assert!(p[1] >= low - 1e-6 && p[1] <= high + 1e-6, "smoothed values stay between the extremes");
            }
        }
    }

    #[test]
    fn few_points_are_given_exactly_and_it_says_so() {
        let series = Series::from_points([[0.0, 3.0], [1.0, 1.0], [2.0, 2.0]]);
        let view = series.thin(0.0..=2.0, 100);
        assert_eq!(view.points, series.points());
        assert!(!view.thinned);
    }

    #[test]
    fn a_single_peak_among_a_hundred_thousand_points_is_kept() {
        let series = Series::from_points((0..100_000).map(|i| [f64::from(i), if i == 54_321 { 9.0 } else { 0.5 }]));
        let view = series.thin(0.0..=99_999.0, 300);
        assert!(view.thinned);
        assert!(view.points.contains(&[54_321.0, 9.0]));
    }

    #[test]
    fn values_that_are_no_numbers_are_counted() {
        let series = Series::from_points([[0.0, 1.0], [1.0, f64::NAN], [2.0, f64::INFINITY], [3.0, 2.0]]);
        assert_eq!(series.len(), 2);
        assert_eq!(series.unreal(), 2);
    }

    #[test]
    fn an_empty_series_and_an_empty_view_give_nothing() {
        assert_eq!(Series::default().thin(0.0..=1.0, 10), Thinned::default());
        let series = Series::from_points([[5.0, 1.0]]);
        assert!(series.thin(0.0..=1.0, 10).points.len() <= 1);
        assert_eq!(series.y_range(&(0.0..=1.0)), None);
    }

    #[test]
    fn the_nearest_point_is_found_on_either_side() {
        let series = Series::from_points([[0.0, 1.0], [10.0, 2.0]]);
        assert_eq!(series.nearest(-4.0), Some([0.0, 1.0]));
        assert_eq!(series.nearest(4.0), Some([0.0, 1.0]));
        assert_eq!(series.nearest(6.0), Some([10.0, 2.0]));
        assert_eq!(series.nearest(60.0), Some([10.0, 2.0]));
        assert_eq!(Series::default().nearest(0.0), None);
    }
}
