//! Who lies where from whom: for the arrow keys, for the stroke that cuts, and for a node over a wire.

use super::{Layer, Scene, WireBox};
use crate::{
    grid::Bounds,
    view::{NodeId, WireId},
};

/// A neighbour may lie this much farther to the side than ahead.
const CONE: f64 = 2.0;

impl Scene {
    /// The middle of a node.
    pub(crate) fn middle(&self, id: NodeId) -> Option<[f64; 2]> {
        let slot = self.node_slot(id)?;
        Some(middle(&self.boxes[slot as usize].bounds()))
    }

    /// The node nearest to a point.
    pub(crate) fn nearest(&self, point: [f64; 2]) -> Option<NodeId> {
        self.best(|at| Some((at[0] - point[0]).hypot(at[1] - point[1])))
    }

    /// The nearest node in a direction from another; what lies to the side counts as farther away.
    pub(crate) fn neighbour(&self, id: NodeId, direction: [f64; 2]) -> Option<NodeId> {
        let from = self.middle(id)?;
        self.best(|at| {
            let way = [at[0] - from[0], at[1] - from[1]];
            let along = way[0] * direction[0] + way[1] * direction[1];
            let across = (way[0] * direction[1] - way[1] * direction[0]).abs();
            (along > 0.0 && across <= CONE * along).then_some(along + 2.0 * across)
        })
    }

    /// The node or note whose middle costs least; those without a cost are passed over.
    fn best(&self, cost: impl Fn([f64; 2]) -> Option<f64>) -> Option<NodeId> {
        let costs = (0u32..).zip(&self.boxes).filter(|(_, node)| node.alive && node.layer != Layer::Frame);
        let costs = costs.filter_map(|(slot, node)| Some((cost(middle(&node.bounds()))?, slot)));
        let (_, slot) = costs.min_by(|a, b| a.0.total_cmp(&b.0))?;
        self.view(slot).map(|view| view.id)
    }

    /// The wires of others that run under a node, the one nearest to its middle first.
    pub(crate) fn wires_under(&self, id: NodeId) -> Vec<WireId> {
        let Some(slot) = self.node_slot(id) else { return Vec::new() };
        let bounds = self.boxes[slot as usize].bounds();
        let middle = middle(&bounds);
        let mut slots = Vec::new();
        self.query_wires(&bounds, &mut slots);
        let mut found: Vec<(f64, WireId)> = Vec::new();
        for wire in slots {
            let WireBox { route, from_slot, to_slot, .. } = &self.wire_boxes[wire as usize];
            if *from_slot != slot
                && *to_slot != slot
                && route.meets(&bounds)
                && let Some(view) = self.wire_view(wire)
            {
                found.push((route.distance(middle), view.id));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// The wires that a straight line between two points crosses, each with the place where it does. `straight`: they are
    /// drawn as straight lines.
    pub(crate) fn crossed(&self, a: [f64; 2], b: [f64; 2], straight: bool) -> Vec<(WireId, [f64; 2])> {
        let mut slots = Vec::new();
        self.query_wires(&Bounds::from_points(a, b), &mut slots);
        let crossing = |slot: u32| {
            let route = &self.wire_boxes[slot as usize].route;
            let place = if straight { route.straight_crossing(a, b) } else { route.crossing(a, b) };
            Some((self.wire_view(slot)?.id, place?))
        };
        slots.into_iter().filter_map(crossing).collect()
    }
}

fn middle(bounds: &Bounds) -> [f64; 2] {
    [0, 1].map(|axis| (bounds.min[axis] + bounds.max[axis]) * 0.5)
}
