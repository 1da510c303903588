//! Which way a wire goes, in graph units: a curve to what lies ahead, a way round between the nodes to what lies behind, or
//! a smooth line through the points that the user gave it. It draws nothing.

use crate::grid::Bounds;

/// A wire whose input lies so far behind its output goes round.
const BEHIND: f64 = 40.0;
/// How far a wire that goes round leaves its node, and how much farther for each further pin, so that they lie side by
/// side.
const ROUND_REACH: f64 = 22.0;
const ROUND_STEP: f64 = 6.0;
/// The radius of its corners.
const CORNER: f64 = 18.0;
/// The room between a node and a wire that goes past it.
const CLEARANCE: f64 = 14.0;

/// The way of a wire from an output to an input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Route {
    from: [f64; 2],
    to: [f64; 2],
    round: Option<Round>,
    /// The points between. Where there are any it does not go round by itself.
    via: Vec<[f64; 2]>,
}

/// The way round: out, along at some height, and back in.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Round {
    reach: f64,
    y: f64,
}

impl Route {
    /// A wire to the pointer, which has no node to go past.
    pub(crate) fn loose(from: [f64; 2], to: [f64; 2]) -> Self {
        let here = |point| Bounds { min: point, max: point };
        Self::new(from, to, here(from), here(to), 0)
    }

    /// A wire between pins of two nodes; `lane` is the place of its output among those of its node.
    pub(crate) fn new(from: [f64; 2], to: [f64; 2], source: Bounds, target: Bounds, lane: u16) -> Self {
        let lane = ROUND_STEP * f64::from(lane % 8);
        let round = (to[0] < from[0] - BEHIND).then(|| {
            let y = if target.min[1] - source.max[1] >= CLEARANCE {
                (target.min[1] + source.max[1]) * 0.5
            } else if source.min[1] - target.max[1] >= CLEARANCE {
                (source.min[1] + target.max[1]) * 0.5
            } else {
                source.max[1].max(target.max[1]) + CLEARANCE + lane
            };
            Round { reach: ROUND_REACH + lane, y }
        });
        Self { from, to, round, via: Vec::new() }
    }

    /// A wire through some points, smooth at each of them, that leaves and enters its pins level.
    pub(crate) fn through(from: [f64; 2], via: &[[f64; 2]], to: [f64; 2]) -> Self {
        Self { from, to, round: None, via: via.to_vec() }
    }

    /// Where it begins.
    pub(crate) fn from(&self) -> [f64; 2] {
        self.from
    }

    /// Where it ends.
    #[cfg(test)]
    pub(crate) fn to(&self) -> [f64; 2] {
        self.to
    }

    /// Carries all of it away.
    pub(crate) fn shift(&mut self, by: [f64; 2]) {
        let plus = |point: [f64; 2]| [point[0] + by[0], point[1] + by[1]];
        (self.from, self.to) = (plus(self.from), plus(self.to));
        if let Some(round) = &mut self.round {
            round.y += by[1];
        }
        self.via.iter_mut().for_each(|point| *point = plus(*point));
    }

    /// About how many bytes it holds on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.via.capacity() * size_of::<[f64; 2]>()
    }

    /// Its ends and the points between, as straight lines join them from far away.
    pub(crate) fn corners_of_via(&self) -> impl Iterator<Item = [f64; 2]> {
        std::iter::once(self.from).chain(self.via.iter().copied()).chain(std::iter::once(self.to))
    }

    /// The parts between its points: one without any.
    fn parts(&self) -> impl Iterator<Item = [[f64; 2]; 4]> {
        (0..=self.via.len()).map(|index| self.part(index))
    }

    fn knot(&self, index: usize) -> [f64; 2] {
        match index {
            0 => self.from,
            _ => self.via.get(index - 1).copied().unwrap_or(self.to),
        }
    }

    /// The control points of the `index`-th part. At a point the line runs as its neighbours lie (Catmull and Rom, 1974),
    /// but is not thrown out farther than a third of the way to the next.
    fn part(&self, index: usize) -> [[f64; 2]; 4] {
        if self.via.is_empty() {
            return self.curve();
        }
        let (a, d) = (self.knot(index), self.knot(index + 1));
        let length = distance(a, d);
        let direction = |at: usize| {
            if at == 0 || at > self.via.len() {
                return [1.0, 0.0];
            }
            let (before, after) = (self.knot(at - 1), self.knot(at + 1));
            let way = distance(before, after);
            if way > 0.0 { [(after[0] - before[0]) / way, (after[1] - before[1]) / way] } else { [0.0, 0.0] }
        };
        let (out, into, reach) = (direction(index), direction(index + 1), length / 3.0);
        [a, [a[0] + out[0] * reach, a[1] + out[1] * reach], [d[0] - into[0] * reach, d[1] - into[1] * reach], d]
    }

    /// Which part comes nearest to a point.
    pub(crate) fn part_at(&self, point: [f64; 2]) -> usize {
        let away = |curve: &[[f64; 2]; 4]| {
            let step = |i: usize| cubic(curve, i as f64 / 16.0);
            (0..16).map(|i| segment_distance(step(i), step(i + 1), point)).fold(f64::INFINITY, f64::min)
        };
        let parts = self.parts().map(|curve| away(&curve)).enumerate();
        parts.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(index, _)| index)
    }

    /// The box around it: that of its control points, which holds the curve.
    pub(crate) fn bounds(&self) -> Bounds {
        match self.round {
            None => {
                let around = |[a, b, c, d]: [[f64; 2]; 4]| Bounds::from_points(a, d).union(Bounds::from_points(b, c));
                let here = Bounds { min: self.from, max: self.from };
                self.parts().map(around).fold(here, Bounds::union)
            }
            Some(_) => {
                let corners = self.corners();
                let point = |p: [f64; 2]| Bounds { min: p, max: p };
                corners.into_iter().map(point).fold(point(self.from), Bounds::union)
            }
        }
    }

    /// It is a straight line, as seen at `zoom`.
    pub(crate) fn is_straight(&self, zoom: f64) -> bool {
        self.round.is_none()
            && self.via.is_empty()
            && (self.from[1] - self.to[1]).abs() * zoom < 0.5
            && self.to[0] >= self.from[0]
    }

    /// About how long it is.
    pub(crate) fn length(&self) -> f64 {
        let [a, b] = [self.from, self.to];
        match self.round {
            None if !self.via.is_empty() => {
                (0..=self.via.len()).map(|index| 1.1 * distance(self.knot(index), self.knot(index + 1))).sum()
            }
            None => (b[0] - a[0]).hypot(b[1] - a[1]) + self.curve_reach(),
            Some(round) => (a[0] - b[0]) + 4.0 * round.reach + (round.y - a[1]).abs() + (round.y - b[1]).abs(),
        }
    }

    /// Points along it, ends included; a curve has `parts` parts, a way round as many as its corners need, and a line
    /// through points at least a few between each two.
    pub(crate) fn points(&self, parts: usize) -> Vec<[f64; 2]> {
        let parts = parts.max(2);
        if !self.via.is_empty() {
            let each = parts.div_ceil(self.via.len() + 1).max(6);
            let along = |curve: [[f64; 2]; 4]| (1..=each).map(move |part| cubic(&curve, part as f64 / each as f64));
            return std::iter::once(self.from).chain(self.parts().flat_map(along)).collect();
        }
        if self.round.is_none() {
            let curve = self.curve();
            return (0..=parts).map(|part| cubic(&curve, part as f64 / parts as f64)).collect();
        }
        let corners = self.corners();
        let mut points = vec![self.from];
        for at in 1..corners.len() - 1 {
            let (before, corner, after) = (corners[at - 1], corners[at], corners[at + 1]);
            // Two corners share what lies between them.
            let radius = (distance(before, corner) * 0.5).min(distance(corner, after) * 0.5).min(CORNER);
            let (start, end) = (towards(corner, before, radius), towards(corner, after, radius));
            const STEPS: usize = 7;
            for step in 0..=STEPS {
                let t = step as f64 / STEPS as f64;
                let s = 1.0 - t;
                let mix = |i: usize| s * s * start[i] + 2.0 * s * t * corner[i] + t * t * end[i];
                points.push([mix(0), mix(1)]);
            }
        }
        points.push(self.to);
        points
    }

    /// Its middle, where a label goes.
    pub(crate) fn middle(&self) -> [f64; 2] {
        match self.round {
            // An odd number of points has one in the middle.
            None if self.via.len() % 2 == 1 => self.via[self.via.len() / 2],
            None => cubic(&self.part(self.via.len() / 2), 0.5),
            Some(round) => [(self.from[0] + self.to[0]) * 0.5, round.y],
        }
    }

    /// How far a point is from it.
    pub(crate) fn distance(&self, point: [f64; 2]) -> f64 {
        let points = self.points(32);
        points.windows(2).map(|pair| segment_distance(pair[0], pair[1], point)).fold(f64::INFINITY, f64::min)
    }

    /// Where a straight line between two points crosses it, if it does.
    pub(crate) fn crossing(&self, a: [f64; 2], b: [f64; 2]) -> Option<[f64; 2]> {
        self.points(32).windows(2).find_map(|pair| segment_crossing(pair[0], pair[1], a, b))
    }

    /// The same for a wire that is drawn as straight lines.
    pub(crate) fn straight_crossing(&self, a: [f64; 2], b: [f64; 2]) -> Option<[f64; 2]> {
        let mut from = self.from;
        self.corners_of_via().skip(1).find_map(|to| segment_crossing(std::mem::replace(&mut from, to), to, a, b))
    }

    /// Whether it runs through a box.
    pub(crate) fn meets(&self, bounds: &Bounds) -> bool {
        self.points(32).windows(2).any(|pair| bounds.meets_segment(pair[0], pair[1]))
    }

    fn curve_reach(&self) -> f64 {
        let (dx, dy) = (self.to[0] - self.from[0], self.to[1] - self.from[1]);
        (dx * 0.5).max((dx.hypot(dy) * 0.5).min(40.0))
    }

    /// The four control points of the cubic Bézier curve to what lies ahead.
    fn curve(&self) -> [[f64; 2]; 4] {
        let (a, b, reach) = (self.from, self.to, self.curve_reach());
        [a, [a[0] + reach, a[1]], [b[0] - reach, b[1]], b]
    }

    /// The corners of the way round, ends included.
    fn corners(&self) -> [[f64; 2]; 6] {
        let (a, b) = (self.from, self.to);
        let Round { reach, y } = self.round.unwrap_or(Round { reach: 0.0, y: (a[1] + b[1]) * 0.5 });
        [a, [a[0] + reach, a[1]], [a[0] + reach, y], [b[0] - reach, y], [b[0] - reach, b[1]], b]
    }
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

/// The point `by` from `a` on the way to `b`.
fn towards(a: [f64; 2], b: [f64; 2], by: f64) -> [f64; 2] {
    let length = distance(a, b);
    if length <= 0.0 {
        return a;
    }
    [a[0] + (b[0] - a[0]) * by / length, a[1] + (b[1] - a[1]) * by / length]
}

/// The point of a cubic Bézier curve at `t` from 0 to 1.
fn cubic(curve: &[[f64; 2]; 4], t: f64) -> [f64; 2] {
    let s = 1.0 - t;
    let (a, b, c, d) = (s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t);
    [0, 1].map(|i| a * curve[0][i] + b * curve[1][i] + c * curve[2][i] + d * curve[3][i])
}

fn segment_distance(a: [f64; 2], b: [f64; 2], point: [f64; 2]) -> f64 {
    let along = [b[0] - a[0], b[1] - a[1]];
    let to = [point[0] - a[0], point[1] - a[1]];
    let length2 = along[0] * along[0] + along[1] * along[1];
    let t = if length2 > 0.0 { ((to[0] * along[0] + to[1] * along[1]) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (to[0] - t * along[0]).hypot(to[1] - t * along[1])
}

/// Where two straight lines cross, if they do. A point on a line counts with one of its sides, so a stroke that stops on a
/// wire and goes on from there crosses it once.
fn segment_crossing(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2]) -> Option<[f64; 2]> {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    let (near, far) = (side(c, d, a), side(c, d, b));
    let crosses = (near > 0.0) != (far > 0.0) && (side(a, b, c) > 0.0) != (side(a, b, d) > 0.0);
    // One of the two is above nought and the other is not, so they differ.
    let t = near / (near - far);
    crosses.then(|| [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point() -> impl Strategy<Value = [f64; 2]> {
        [-2000.0..2000.0, -2000.0..2000.0]
    }

    proptest! {
        #[test]
        fn a_route_joins_its_ends_and_stays_in_its_box(from in point(), to in point(), lane in 0..20u16) {
            let source = Bounds { min: [from[0] - 160.0, from[1] - 50.0], max: [from[0], from[1] + 90.0] };
            let target = Bounds { min: [to[0], to[1] - 50.0], max: [to[0] + 160.0, to[1] + 90.0] };
            let route = Route::new(from, to, source, target, lane);
            let points = route.points(24);
            prop_assert!(distance(points[0], from) < 1e-6);
            prop_assert!(distance(points[points.len() - 1], to) < 1e-6);
            let bounds = route.bounds().expand(1e-6);
            prop_assert!(points.iter().all(|&point| bounds.contains(point)));
            prop_assert!(route.distance(route.middle()) < 1.0);
        }
    }

    proptest! {
        #[test]
        fn a_route_through_points_meets_each_of_them(
            from in point(), to in point(), via in prop::collection::vec(point(), 1..6),
        ) {
            let route = Route::through(from, &via, to);
            let points = route.points(24);
            prop_assert!(distance(points[0], from) < 1e-6);
            prop_assert!(distance(points[points.len() - 1], to) < 1e-6);
            prop_assert!(via.iter().all(|&point| route.distance(point) < 1e-6));
            let bounds = route.bounds().expand(1e-6);
            prop_assert!(points.iter().all(|&point| bounds.contains(point)));
            prop_assert!(route.distance(route.middle()) < route.length() * 0.05 + 1.0);
            prop_assert!(route.part_at(from) <= via.len());
        }

        #[test]
        fn lines_cross_where_both_of_them_are(a in point(), b in point(), c in point(), d in point()) {
            if let Some(at) = segment_crossing(a, b, c, d) {
                prop_assert!(segment_distance(a, b, at) < 1e-3 && segment_distance(c, d, at) < 1e-3);
            }
        }
    }

    #[test]
    fn a_wire_to_a_node_behind_and_below_passes_between_the_two() {
        let source = Bounds { min: [400.0, 0.0], max: [560.0, 100.0] };
        let target = Bounds { min: [0.0, 200.0], max: [160.0, 300.0] };
        let route = Route::new([560.0, 40.0], [0.0, 240.0], source, target, 0);
        assert_eq!(route.middle(), [280.0, 150.0]);
        let beside = Bounds { min: [0.0, 20.0], max: [160.0, 120.0] };
        let route = Route::new([560.0, 40.0], [0.0, 60.0], source, beside, 0);
        assert!(route.middle()[1] > 120.0);
    }
}
