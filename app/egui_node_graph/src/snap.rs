//! What a dragged box comes to lie in line with, and the lines that show it. It knows boxes, not nodes.

use crate::grid::Bounds;

/// Two lines this near are one, in graph units.
const SAME: f64 = 0.01;

/// To what dragged nodes are drawn. Alt lets them go free while it is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapping {
    /// To edges and middles of other nodes in view, which a line shows.
    pub align: bool,
    /// To multiples of so many graph units, where nothing else draws them.
    pub grid: Option<f64>,
}

impl Default for Snapping {
    fn default() -> Self {
        Self { align: true, grid: None }
    }
}

impl Snapping {
    /// Nodes stay where they are dropped.
    pub const OFF: Self = Self { align: false, grid: None };
}

/// A line through what is aligned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Guide {
    /// 0: all of it has one x. 1: one y.
    pub axis: usize,
    /// That x or y.
    pub at: f64,
    /// Where it begins and ends on the other axis.
    pub span: [f64; 2],
}

/// Edge, middle, edge.
fn lines(bounds: &Bounds, axis: usize) -> [f64; 3] {
    [bounds.min[axis], (bounds.min[axis] + bounds.max[axis]) * 0.5, bounds.max[axis]]
}

/// Edges go with edges, middles with middles.
const PAIRS: [(usize, usize); 5] = [(0, 0), (0, 2), (2, 0), (2, 2), (1, 1)];

/// By how much `moving` has to be shifted to lie in line with any of `others`, on each axis where anything is within
/// `reach`.
pub(crate) fn align(moving: &Bounds, others: &[Bounds], reach: f64) -> [Option<f64>; 2] {
    let mut best: [Option<(f64, f64)>; 2] = [None; 2];
    for other in others {
        for (axis, best) in best.iter_mut().enumerate() {
            let (own, theirs) = (lines(moving, axis), lines(other, axis));
            let across = 1 - axis;
            let gap = (other.min[across] - moving.max[across]).max(moving.min[across] - other.max[across]).max(0.0);
            for (a, b) in PAIRS {
                let shift = theirs[b] - own[a];
                if shift.abs() > reach {
                    continue;
                }
                // The smallest shift, and of equal ones the nearest neighbour's.
                let better = best.is_none_or(|(old, old_gap): (f64, f64)| {
                    let less = old.abs() - shift.abs();
                    less > SAME || (less > -SAME && gap < old_gap)
                });
                if better {
                    *best = Some((shift, gap));
                }
            }
        }
    }
    best.map(|best| best.map(|(shift, _)| shift))
}

/// The shift to a multiple of `step`, if that is a step at all.
pub(crate) fn to_grid(at: f64, step: f64) -> f64 {
    if step.is_finite() && step > 0.0 { (at / step).round() * step - at } else { 0.0 }
}

/// The lines through all edges and middles of `moving` that are those of any of `others` too.
pub(crate) fn guides(moving: &Bounds, others: &[Bounds]) -> Vec<Guide> {
    let mut guides: Vec<Guide> = Vec::new();
    for axis in 0..2 {
        let across = 1 - axis;
        let own = lines(moving, axis);
        for other in others {
            let theirs = lines(other, axis);
            for (a, b) in PAIRS {
                if (theirs[b] - own[a]).abs() > SAME {
                    continue;
                }
                let span = [moving.min[across].min(other.min[across]), moving.max[across].max(other.max[across])];
                match guides.iter_mut().find(|guide| guide.axis == axis && guide.at == own[a]) {
                    Some(guide) => guide.span = [guide.span[0].min(span[0]), guide.span[1].max(span[1])],
                    None => guides.push(Guide { axis, at: own[a], span }),
                }
            }
        }
    }
    guides
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds(x: f64, y: f64, width: f64, height: f64) -> Bounds {
        Bounds { min: [x, y], max: [x + width, y + height] }
    }

    #[test]
    fn the_nearest_line_wins_and_far_ones_do_not_draw() {
        let others = [bounds(0.0, 0.0, 100.0, 50.0), bounds(3.0, 400.0, 100.0, 50.0)];
        let moving = bounds(2.0, 200.0, 100.0, 60.0);
        assert_eq!(align(&moving, &others, 6.0), [Some(1.0), None]);
        assert_eq!(align(&moving, &others, 0.5), [None, None]);
    }

    #[test]
    fn middles_are_aligned_and_the_line_reaches_over_both() {
        let others = [bounds(0.0, 0.0, 100.0, 50.0)];
        let moving = bounds(15.0, 200.0, 60.0, 60.0);
        let [shift, _] = align(&moving, &others, 6.0);
        assert_eq!(shift, Some(5.0));
        let moved = bounds(20.0, 200.0, 60.0, 60.0);
        assert_eq!(guides(&moved, &others), [Guide { axis: 0, at: 50.0, span: [0.0, 260.0] }]);
    }

    #[test]
    fn a_step_that_is_none_shifts_nothing() {
        assert_eq!(to_grid(13.0, 20.0), 7.0);
        for step in [0.0, -4.0, f64::NAN, f64::INFINITY] {
            assert_eq!(to_grid(13.0, step), 0.0);
        }
    }

    proptest! {
        #[test]
        fn what_was_shifted_is_in_line(
            others in prop::collection::vec((-500.0..500.0, -500.0..500.0, 20.0..300.0, 20.0..300.0), 0..12),
            (x, y) in (-500.0..500.0, -500.0..500.0),
        ) {
            let others: Vec<Bounds> = others.into_iter().map(|(x, y, w, h)| bounds(x, y, w, h)).collect();
            let moving = bounds(x, y, 120.0, 80.0);
            let shift = align(&moving, &others, 6.0);
            prop_assert!(shift.iter().flatten().all(|shift| shift.abs() <= 6.0));
            let [dx, dy] = shift.map(Option::unwrap_or_default);
            let guides = guides(&bounds(x + dx, y + dy, 120.0, 80.0), &others);
            for (axis, shift) in shift.iter().enumerate() {
                prop_assert!(shift.is_none() || guides.iter().any(|guide| guide.axis == axis));
            }
        }
    }
}
