//! Dragging the edges of frames and notes, and moving them by keys.

use super::Hand;
use crate::{
    Action, NodeId,
    geometry::{LEAST_SIZE, SIZE_STEP},
    gesture::{Gesture, ResizeDrag},
    grid::Bounds,
    snap,
};

/// How near an edge must come to another to be drawn to it, in points of the screen.
const SNAP_REACH: f64 = 6.0;

impl Hand<'_> {
    /// A drag of edges sets out.
    pub(super) fn begin_resize(&mut self, node: NodeId, edges: [i8; 2], origin: [f64; 2]) -> Option<Gesture> {
        let start = self.scene.node_bounds(node)?;
        self.scene.hold(node, true);
        Some(Gesture::Resize(ResizeDrag { node, edges, origin, start, bounds: start, guides: Vec::new() }))
    }

    pub(super) fn drag_edges(&mut self, drag: &mut ResizeDrag, at: [f64; 2]) {
        drag.guides.clear();
        let free = self.ctx.input(|i| i.modifiers.alt);
        let others = if self.state.snapping.align && !free { self.others_in_view() } else { Vec::new() };
        let mut bounds = drag.start;
        for axis in 0..2 {
            let moved = at[axis] - drag.origin[axis];
            let edge = match drag.edges[axis] {
                -1 => &mut bounds.min[axis],
                1 => &mut bounds.max[axis],
                _ => continue,
            };
            *edge += moved;
            if !free {
                *edge += self.drawn_by(*edge, axis, &others);
            }
            let least = LEAST_SIZE[axis];
            match drag.edges[axis] {
                -1 => bounds.min[axis] = bounds.min[axis].min(drag.start.max[axis] - least),
                _ => bounds.max[axis] = bounds.max[axis].max(drag.start.min[axis] + least),
            }
        }
        let is_moved = |guide: &snap::Guide| match drag.edges[guide.axis] {
            -1 => guide.at == bounds.min[guide.axis],
            1 => guide.at == bounds.max[guide.axis],
            _ => false,
        };
        drag.guides = snap::guides(&bounds, &others).into_iter().filter(is_moved).collect();
        if bounds != drag.bounds {
            drag.bounds = bounds;
            self.scene.resize(drag.node, bounds);
        }
    }

    /// By how much an edge is drawn to the nearest edge of another box, else to the grid.
    fn drawn_by(&self, edge: f64, axis: usize, others: &[Bounds]) -> f64 {
        let reach = SNAP_REACH / self.state.zoom();
        let lines = others.iter().flat_map(|other| [other.min[axis], other.max[axis]]).map(|line| line - edge);
        let nearest = lines.filter(|shift| shift.abs() <= reach).min_by(|a, b| a.abs().total_cmp(&b.abs()));
        nearest.unwrap_or_else(|| snap::to_grid(edge, self.state.snapping.grid.unwrap_or(SIZE_STEP)))
    }

    pub(super) fn drop_edges(&mut self, drag: ResizeDrag) {
        self.scene.hold(drag.node, false);
        if drag.bounds != drag.start && self.scene.node_slot(drag.node).is_some() {
            self.say_size(drag.node, drag.bounds);
        }
    }

    /// Moves the right and lower edges of the one frame or note that is selected, and says whether there is one.
    pub(super) fn resize_by_key(&mut self, direction: [f64; 2]) -> bool {
        let mut selected = self.state.selection().nodes.iter();
        let (Some(&id), None) = (selected.next(), selected.next()) else { return false };
        if self.scene.node(id).and_then(|view| view.form.size()).is_none() {
            return false;
        }
        let Some(mut bounds) = self.scene.node_bounds(id) else { return false };
        for axis in 0..2 {
            let moved = bounds.max[axis] + direction[axis] * SIZE_STEP;
            bounds.max[axis] = moved.max(bounds.min[axis] + LEAST_SIZE[axis]);
        }
        self.scene.resize(id, bounds);
        self.say_size(id, bounds);
        true
    }

    fn say_size(&mut self, node: NodeId, bounds: Bounds) {
        let size = bounds.size().map(|x| x as f32);
        self.actions.push(Action::Resized { node, pos: bounds.min, size });
    }
}
