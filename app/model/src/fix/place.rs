//! Where a node that a fix adds can stand without covering another.

use std::collections::HashMap;

use crate::catalogue::NodeKind;
use crate::graph::Graph;
use crate::id::NodeId;

/// Side of a cell of the grid [points at zoom 1].
const CELL: f64 = 256.0;
/// Rectangles that a cell keeps: with more it counts as full.
const FULL: usize = 32;
/// Cells that one rectangle may lie in, each way.
const MOST_CELLS: i64 = 64;
/// Free room around a node [points].
const GAP: f64 = 24.0;
/// How far a place is moved when it is taken [points].
const STEP: f64 = 32.0;
/// Places are rounded to it [points].
const ROUND: f64 = 4.0;

/// How large a node of a kind is drawn, near enough to leave room for it [points at zoom 1].
pub(super) fn estimated_size(decl: Option<&NodeKind>) -> [f64; 2] {
    let ports = decl.map_or(1, |d| d.inputs.len().max(d.outputs.len()).max(1));
    [180.0, 72.0 + 22.0 * ports as f64]
}

/// What room is taken on the canvas.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Left, top, right and bottom of what lies in a cell.
    cells: HashMap<(i64, i64), Vec<[f64; 4]>>,
}

impl Places {
    /// The room that the nodes of a graph take. `size` says how large a node is drawn; none where that is not known.
    ///
    /// A frame takes none: nodes stand in it.
    pub fn of(graph: &Graph, size: impl Fn(NodeId) -> Option<[f64; 2]>) -> Self {
        let mut this = Self::default();
        for (id, node) in graph.nodes().filter(|(_, node)| node.kind != "frame") {
            this.add(node.pos, size(id).unwrap_or_else(|| estimated_size(node.decl())));
        }
        this
    }

    fn cells(rect: [f64; 4]) -> impl Iterator<Item = (i64, i64)> {
        // A conversion of what is beyond all bounds stays at the bound.
        let cell = |v: f64| (v / CELL).floor() as i64;
        let [left, top, right, bottom] = rect.map(cell);
        let (right, bottom) = (right.min(left.saturating_add(MOST_CELLS)), bottom.min(top.saturating_add(MOST_CELLS)));
        (left..=right).flat_map(move |x| (top..=bottom).map(move |y| (x, y)))
    }

    /// Takes room.
    pub fn add(&mut self, pos: [f64; 2], size: [f64; 2]) {
        let rect = [pos[0], pos[1], pos[0] + size[0], pos[1] + size[1]];
        for cell in Self::cells(rect) {
            let there = self.cells.entry(cell).or_default();
            if there.len() < FULL {
                there.push(rect);
            }
        }
    }

    fn is_free(&self, pos: [f64; 2], size: [f64; 2]) -> bool {
        let rect = [pos[0] - GAP, pos[1] - GAP, pos[0] + size[0] + GAP, pos[1] + size[1] + GAP];
        Self::cells(rect).filter_map(|cell| self.cells.get(&cell)).all(|there| {
            there.len() < FULL
                && there.iter().all(|r| r[2] <= rect[0] || rect[2] <= r[0] || r[3] <= rect[1] || rect[3] <= r[1])
        })
    }

    /// The place nearest to `wanted` where a node of `size` covers nothing: first below and above, then further left. On
    /// a canvas that is full everywhere it is `wanted` itself.
    pub fn free_near(&self, wanted: [f64; 2], size: [f64; 2]) -> [f64; 2] {
        let wanted = wanted.map(|v| (v / ROUND).round() * ROUND);
        for column in 0..16 {
            for step in 0..40 {
                let (dx, dy) = (f64::from(column) * -(size[0] + 2.0 * GAP), f64::from(step) * STEP);
                for y in [wanted[1] + dy, wanted[1] - dy] {
                    let pos = [wanted[0] + dx, y];
                    if pos.iter().all(|v| v.is_finite()) && self.is_free(pos, size) {
                        return pos;
                    }
                }
            }
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_kept_where_it_is_free_and_moved_where_it_is_taken() {
        let mut places = Places::default();
        let size = [180.0, 100.0];
        assert_eq!(places.free_near([8.0, 8.0], size), [8.0, 8.0]);
        for _ in 0..200 {
            let pos = places.free_near([8.0, 8.0], size);
            assert!(places.is_free(pos, size));
            places.add(pos, size);
        }
    }

    #[test]
    fn places_beyond_all_bounds_are_taken_without_end_or_panic() {
        let mut places = Places::default();
        for at in [f64::MAX, f64::MIN, 1e300, -1e300, 9.3e18] {
            places.add([at, at], [f64::MAX, 100.0]);
            assert!(places.free_near([at, at], [180.0, 100.0]).iter().all(|v| v.is_finite()));
        }
    }
}
