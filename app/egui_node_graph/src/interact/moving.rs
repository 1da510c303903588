//! Dragging nodes: what they are drawn to, and the wire into which one is dropped.

use std::collections::HashMap;

use super::Hand;
use crate::{
    Action, LevelOfDetail, NodeId,
    gesture::{Gesture, MoveDrag},
    grid::Bounds,
    snap,
    view::{PinId, WireId},
};

/// How near an edge must come to another to be drawn to it, in points of the screen.
const SNAP_REACH: f64 = 6.0;

impl Hand<'_> {
    /// A drag of the selected nodes sets out.
    pub(super) fn begin_move(&mut self, origin: [f64; 2]) -> Gesture {
        let nodes: Vec<_> = self.state.selection().nodes.iter().copied().collect();
        let mut starts = Vec::with_capacity(nodes.len());
        let mut bounds: Option<Bounds> = None;
        for &id in &nodes {
            if let Some(slot) = self.scene.node_slot(id) {
                let node = self.scene.boxes[slot as usize];
                self.scene.hold(id, true);
                starts.push((id, node.pos));
                bounds = Some(bounds.map_or(node.bounds(), |all| all.union(node.bounds())));
            }
        }
        self.actions.push(Action::MoveStarted { nodes });
        Gesture::Move(MoveDrag {
            origin,
            starts,
            delta: [0.0; 2],
            bounds,
            guides: Vec::new(),
            insertion: None,
            asked: HashMap::new(),
            structure: self.scene.structure(),
        })
    }

    pub(super) fn drag_nodes(&mut self, drag: &mut MoveDrag, at: [f64; 2]) {
        let mut delta = [at[0] - drag.origin[0], at[1] - drag.origin[1]];
        self.snap(drag, &mut delta);
        let restructured = drag.structure != self.scene.structure();
        if restructured {
            drag.structure = self.scene.structure();
            drag.asked.clear();
        }
        if delta != drag.delta {
            drag.delta = delta;
            self.scene.put_nodes(&drag.starts, delta);
            self.actions.push(Action::Moving { delta });
        } else if !restructured {
            return;
        }
        drag.insertion = self.insertion(drag);
    }

    /// Draws a drag to what lies near.
    fn snap(&self, drag: &mut MoveDrag, delta: &mut [f64; 2]) {
        drag.guides.clear();
        let (snapping, alt) = (self.state.snapping, self.ctx.input(|i| i.modifiers.alt));
        let Some(start) = drag.bounds.filter(|_| !alt && (snapping.align || snapping.grid.is_some())) else { return };
        let moved = |delta: &[f64; 2]| Bounds {
            min: [start.min[0] + delta[0], start.min[1] + delta[1]],
            max: [start.max[0] + delta[0], start.max[1] + delta[1]],
        };
        // From far away hundreds of nodes would each have their say.
        let others = if snapping.align && self.state.level_of_detail() != LevelOfDetail::Far {
            let mut slots = Vec::new();
            self.scene.query_nodes(&self.state.view_bounds(), &mut slots);
            let boxes = slots.iter().map(|&slot| &self.scene.boxes[slot as usize]);
            boxes.filter(|node| !node.held).map(|node| node.bounds()).collect()
        } else {
            Vec::new()
        };
        let free = moved(delta);
        let aligned = snap::align(&free, &others, SNAP_REACH / self.state.zoom());
        for axis in 0..2 {
            delta[axis] += match (aligned[axis], snapping.grid) {
                (Some(shift), _) => shift,
                (None, Some(step)) => snap::to_grid(free.min[axis], step),
                (None, None) => 0.0,
            };
        }
        drag.guides = snap::guides(&moved(delta), &others);
    }

    /// The wire into which the dragged node would go: it is alone, has no wires, and lies on one that takes it.
    fn insertion(&self, drag: &mut MoveDrag) -> Option<(WireId, PinId, PinId)> {
        let [(node, _)] = drag.starts[..] else { return None };
        if self.state.level_of_detail() == LevelOfDetail::Far || self.scene.wires_of(node).next().is_some() {
            return None;
        }
        self.scene.wires_under(node).into_iter().find_map(|wire| {
            let pins = *drag.asked.entry(wire).or_insert_with(|| self.pins_for(node, wire));
            pins.map(|(input, output)| (wire, input, output))
        })
    }

    /// The first input of a node that takes what a wire carries, and the first output that can go on to where it ends.
    fn pins_for(&self, node: NodeId, wire: WireId) -> Option<(PinId, PinId)> {
        let (view, wire) = (self.scene.node(node)?, self.scene.wire(wire)?);
        let count = |pins: &[crate::PinView]| pins.len().min(usize::from(u16::MAX)) as u16;
        let mut inputs = (0..count(&view.inputs)).map(|index| PinId::input(node, index));
        let mut outputs = (0..count(&view.outputs)).map(|index| PinId::output(node, index));
        let input = inputs.find(|&pin| self.rules.can_connect(wire.from, pin).is_ok())?;
        let output = outputs.find(|&pin| self.rules.can_connect(pin, wire.to).is_ok())?;
        Some((input, output))
    }

    pub(super) fn drop_nodes(&mut self, drag: MoveDrag) {
        let node = drag.starts.first().map(|(id, _)| *id);
        self.finish_move(drag.starts);
        if let (Some(node), Some((wire, input, output))) = (node, drag.insertion)
            && self.scene.contains_wire(wire)
            && self.scene.node_slot(node).is_some()
        {
            self.actions.push(Action::InsertOnWire { node, wire, input, output });
        }
    }

    pub(super) fn finish_move(&mut self, starts: Vec<(NodeId, [f64; 2])>) {
        let mut nodes = Vec::with_capacity(starts.len());
        for (id, _) in starts {
            self.scene.hold(id, false);
            if let Some((pos, _)) = self.scene.node_rect(id) {
                nodes.push((id, pos));
            }
        }
        self.actions.push(Action::MoveFinished { nodes });
    }
}
