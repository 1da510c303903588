//! Dragging nodes: what they are drawn to, and the wire into which one is dropped.

use std::collections::HashMap;

use super::Hand;
use crate::{
    Action, Form, LevelOfDetail, NodeId, NodeView,
    gesture::{Gesture, MoveDrag},
    grid::Bounds,
    scene::Moved,
    snap,
    view::{PinId, WireId},
};

/// How near an edge must come to another to be drawn to it, in points of the screen.
const SNAP_REACH: f64 = 6.0;

impl Hand<'_> {
    /// What moves with the selected nodes: themselves and, unless the frames go alone, what lies wholly inside a frame.
    pub(super) fn moving(&self, alone: bool) -> Vec<NodeId> {
        let selected = &self.state.selection().nodes;
        let mut nodes: Vec<NodeId> = selected.iter().copied().collect();
        if !alone {
            let is_frame =
                |id: &NodeId| matches!(self.scene.node(*id), Some(NodeView { form: Form::Frame { .. }, .. }));
            for frame in selected.iter().copied().filter(is_frame) {
                nodes.extend(self.scene.inside(frame));
            }
            nodes.sort_unstable();
            nodes.dedup();
        }
        nodes
    }

    /// A drag of the selected nodes sets out.
    pub(super) fn begin_move(&mut self, origin: [f64; 2], alone: bool) -> Gesture {
        let nodes = self.moving(alone);
        let bounds = nodes.iter().filter_map(|id| self.scene.node_bounds(*id)).reduce(Bounds::union);
        self.scene.lift(nodes.iter().copied());
        self.actions.push(Action::MoveStarted { nodes: nodes.clone() });
        Gesture::Move(MoveDrag {
            origin,
            nodes,
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
            self.scene.carry(delta);
            self.actions.push(Action::Moving { delta });
        } else if !restructured {
            return;
        }
        drag.insertion = self.insertion(drag);
    }

    /// The boxes to which a drag may be drawn: none from far away, where hundreds would each have their say.
    pub(super) fn others_in_view(&self) -> Vec<Bounds> {
        if self.state.level_of_detail() == LevelOfDetail::Far {
            return Vec::new();
        }
        let mut slots = Vec::new();
        self.scene.query_nodes(&self.state.view_bounds(), &mut slots);
        let boxes = slots.iter().map(|&slot| &self.scene.boxes[slot as usize]);
        boxes.filter(|node| !node.held).map(|node| node.bounds()).collect()
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
        let others = if snapping.align { self.others_in_view() } else { Vec::new() };
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
        let [node] = drag.nodes[..] else { return None };
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
        let insertion = drag.insertion;
        self.finish_move();
        if let (Some(&node), Some((wire, input, output))) = (drag.nodes.first(), insertion)
            && self.scene.contains_wire(wire)
            && self.scene.node_slot(node).is_some()
        {
            self.actions.push(Action::InsertOnWire { node, wire, input, output });
        }
    }

    /// Puts down what is lifted, and says where it is now.
    pub(super) fn finish_move(&mut self) {
        let Moved { nodes, wires } = self.scene.put_down(true);
        self.actions.push(Action::MoveFinished { nodes, wires });
    }
}
