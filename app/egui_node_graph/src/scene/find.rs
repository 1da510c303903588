//! What there is, and what lies where: look-ups, searches by place and hit tests.

use egui::TextureId;

use super::{Layer, Lifted, NodeBox, Scene, WireBox};
use crate::{
    grid::Bounds,
    route::Route,
    view::{Bar, BodyLine, BodyText, NodeId, NodeView, PinId, PinView, PreviewRow, Side, WireId, WireView},
};

impl Scene {
    /// About how many bytes the scene holds on the heap: nodes, wires and grids.
    pub fn heap_bytes(&self) -> usize {
        let text = |line: &BodyText| line.text.capacity() + size_of::<BodyText>();
        let pin = |pin: &PinView| size_of::<PinView>() + pin.label.capacity() + pin.type_name.capacity();
        let row = |row: &PreviewRow| {
            size_of::<PreviewRow>()
                + match row {
                    PreviewRow::Strip(all) => all.capacity() * size_of::<TextureId>(),
                    PreviewRow::Pair { before, after } => {
                        (before.capacity() + after.capacity()) * size_of::<TextureId>()
                    }
                    PreviewRow::Bars(bars) => bars.capacity() * size_of::<Bar>(),
                }
        };
        let node = |view: &NodeView| {
            let line =
                |line: &BodyLine| size_of::<BodyLine>() + line.left.iter().chain(&line.right).map(text).sum::<usize>();
            view.title.capacity()
                + view.progress_line.capacity()
                + view.accessible_name.capacity()
                + view.tooltip.as_ref().map_or(0, String::capacity)
                + view.inputs.iter().chain(&view.outputs).map(pin).sum::<usize>()
                + view.body.iter().map(line).sum::<usize>()
                + view.previews.iter().map(row).sum::<usize>()
        };
        let wire = |view: &WireView| view.label.capacity() + view.via.capacity() * size_of::<[f64; 2]>();
        let lists: usize = self.wires_of.iter().map(|list| list.capacity() * size_of::<u32>()).sum();
        self.views.iter().flatten().map(node).sum::<usize>()
            + self.wire_views.iter().flatten().map(wire).sum::<usize>()
            + self.wire_boxes.iter().map(|wire| wire.route.heap_bytes()).sum::<usize>()
            + lists
            + self.wires_of.capacity() * size_of::<Vec<u32>>()
            + self.boxes.capacity() * size_of::<NodeBox>()
            + self.views.capacity() * size_of::<Option<NodeView>>()
            + self.wire_boxes.capacity() * size_of::<WireBox>()
            + self.wire_views.capacity() * size_of::<Option<WireView>>()
            + self.node_slots.capacity() * (size_of::<(NodeId, u32)>() + 1)
            + self.wire_slots.capacity() * (size_of::<(WireId, u32)>() + 1)
            + self.node_grid.heap_bytes()
            + self.wire_grid.heap_bytes()
    }

    /// The node with this id.
    pub fn node(&self, id: NodeId) -> Option<&NodeView> {
        self.node_slot(id).and_then(|slot| self.view(slot))
    }

    /// The wire with this id.
    pub fn wire(&self, id: WireId) -> Option<&WireView> {
        self.wire_slots.get(&id).and_then(|&slot| self.wire_view(slot))
    }

    /// All nodes, in no particular order.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeView> {
        self.views.iter().flatten()
    }

    /// All wires, in no particular order.
    pub fn wires(&self) -> impl Iterator<Item = &WireView> {
        self.wire_views.iter().flatten()
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.node_slots.len()
    }

    /// How many wires there are.
    pub fn wire_count(&self) -> usize {
        self.wire_slots.len()
    }

    /// The top left corner and the size of a node, in graph units. Before its first frame the size is a guess.
    pub fn node_rect(&self, id: NodeId) -> Option<([f64; 2], [f32; 2])> {
        let node = &self.boxes[self.node_slot(id)? as usize];
        Some((node.pos, node.size))
    }

    pub(crate) fn node_bounds(&self, id: NodeId) -> Option<Bounds> {
        Some(self.boxes[self.node_slot(id)? as usize].bounds())
    }

    /// The corners, top left and bottom right, of the box around all nodes.
    pub fn bounds(&self) -> Option<([f64; 2], [f64; 2])> {
        let boxes = self.boxes.iter().filter(|node| node.alive).map(NodeBox::bounds);
        boxes.reduce(Bounds::union).map(|all| (all.min, all.max))
    }

    /// The wires of a node, on either side.
    pub fn wires_of(&self, node: NodeId) -> impl Iterator<Item = &WireView> {
        let slots = self.node_slot(node).map_or(&[][..], |slot| &self.wires_of[slot as usize]);
        slots.iter().filter_map(|&slot| self.wire_view(slot))
    }

    /// The wires of a pin.
    pub fn wires_at(&self, pin: PinId) -> impl Iterator<Item = &WireView> {
        self.wires_of(pin.node).filter(move |wire| wire.from == pin || wire.to == pin)
    }

    /// The nodes whose rectangles meet the rectangle between two corners; frames only if they lie wholly inside.
    pub fn nodes_in(&self, min: [f64; 2], max: [f64; 2]) -> Vec<NodeId> {
        let wanted = Bounds::from_points(min, max);
        let mut slots = Vec::new();
        self.query_nodes(&wanted, &mut slots);
        slots.retain(|&slot| {
            let node = &self.boxes[slot as usize];
            node.layer != Layer::Frame || wanted.encloses(&node.bounds())
        });
        slots.iter().filter_map(|&slot| self.view(slot)).map(|view| view.id).collect()
    }

    /// The nodes, frames and notes that lie wholly inside another one.
    pub(crate) fn inside(&self, id: NodeId) -> Vec<NodeId> {
        let Some(slot) = self.node_slot(id) else { return Vec::new() };
        let frame = self.boxes[slot as usize].bounds();
        let mut slots = Vec::new();
        self.query_nodes(&frame, &mut slots);
        slots.retain(|&other| other != slot && frame.encloses(&self.boxes[other as usize].bounds()));
        slots.iter().filter_map(|&slot| self.view(slot)).map(|view| view.id).collect()
    }

    /// The uppermost node at a point. A frame is hit at its title bar only.
    pub fn node_at(&self, pos: [f64; 2]) -> Option<NodeId> {
        self.hit(pos, 0.0, |_| true).map(|(id, _)| id)
    }

    /// The uppermost node in the wanted layers that a point hits, within `reach` of the edges of frames and notes.
    pub(crate) fn hit(&self, pos: [f64; 2], reach: f64, wanted: impl Fn(Layer) -> bool) -> Option<(NodeId, &NodeBox)> {
        let mut slots = Vec::new();
        self.query_nodes(&Bounds { min: pos, max: pos }.expand(reach), &mut slots);
        let hit = |slot: &u32| {
            let node = &self.boxes[*slot as usize];
            wanted(node.layer) && node.is_hit(pos, reach)
        };
        let top = slots.into_iter().filter(hit).max_by_key(|&slot| self.boxes[slot as usize].rank())?;
        self.view(top).map(|view| (view.id, &self.boxes[top as usize]))
    }

    /// The point of a wire nearest to a place within `reach` graph units: the wire, and which of its points.
    pub(crate) fn via_at(&self, pos: [f64; 2], reach: f64) -> Option<(WireId, u16)> {
        let mut slots = Vec::new();
        self.query_wires(&Bounds { min: pos, max: pos }.expand(reach), &mut slots);
        let mut best: Option<(f64, WireId, u16)> = None;
        for slot in slots {
            let Some(view) = self.wire_view(slot) else { continue };
            for (index, at) in (0u16..).zip(&view.via) {
                let distance = (at[0] - pos[0]).hypot(at[1] - pos[1]);
                if distance <= reach && best.is_none_or(|(least, ..)| distance < least) {
                    best = Some((distance, view.id, index));
                }
            }
        }
        best.map(|(_, wire, index)| (wire, index))
    }

    /// The points of a wire with one more where it comes nearest to a place, and which that is; nothing if the wire has
    /// as many as it can.
    pub(crate) fn with_point(&self, id: WireId, at: [f64; 2]) -> Option<(Vec<[f64; 2]>, u16)> {
        let slot = *self.wire_slots.get(&id)?;
        let mut via = self.wire_view(slot)?.via.clone();
        let index = self.wire_boxes[slot as usize].route.part_at(at).min(via.len());
        let place = u16::try_from(index).ok().filter(|_| via.len() < usize::from(u16::MAX))?;
        via.insert(index, at);
        Some((via, place))
    }

    /// The wire nearest to a point within `reach` graph units.
    pub fn wire_at(&self, pos: [f64; 2], reach: f64) -> Option<WireId> {
        let mut slots = Vec::new();
        self.query_wires(&Bounds { min: pos, max: pos }.expand(reach), &mut slots);
        slots
            .into_iter()
            .map(|slot| {
                let way = self.wire_offset(slot);
                let wire = &self.wire_boxes[slot as usize];
                (wire.route.distance([pos[0] - way[0], pos[1] - way[1]]), slot)
            })
            .filter(|(distance, _)| *distance <= reach)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .and_then(|(_, slot)| self.wire_view(slot))
            .map(|wire| wire.id)
    }

    /// Where a pin is, in graph units.
    pub fn pin_pos(&self, pin: PinId) -> Option<[f64; 2]> {
        self.node_slot(pin.node).map(|slot| self.pin_pos_at(slot, pin.side, pin.index))
    }

    /// The pin nearest to a point within `reach` graph units, among those that `wanted` lets through.
    pub fn pin_at(&self, pos: [f64; 2], reach: f64, mut wanted: impl FnMut(PinId) -> bool) -> Option<PinId> {
        let mut slots = Vec::new();
        self.query_nodes(&Bounds { min: pos, max: pos }.expand(reach), &mut slots);
        let mut best: Option<(f64, u32, PinId)> = None;
        for slot in slots {
            let Some(view) = self.view(slot) else { continue };
            let order = self.boxes[slot as usize].order;
            for side in [Side::Input, Side::Output] {
                for index in 0..view.pins(side).len().min(usize::from(u16::MAX)) as u16 {
                    let at = self.pin_pos_at(slot, side, index);
                    let distance = (at[0] - pos[0]).hypot(at[1] - pos[1]);
                    let nearer = best.is_none_or(|(d, o, _)| distance < d || (distance == d && order > o));
                    let pin = PinId { node: view.id, side, index };
                    if distance <= reach && nearer && wanted(pin) {
                        best = Some((distance, order, pin));
                    }
                }
            }
        }
        best.map(|(_, _, pin)| pin)
    }

    pub(crate) fn route_of(&self, id: WireId) -> Option<&Route> {
        self.wire_slots.get(&id).map(|&slot| &self.wire_boxes[slot as usize].route)
    }

    pub(crate) fn node_slot(&self, id: NodeId) -> Option<u32> {
        self.node_slots.get(&id).copied()
    }

    pub(crate) fn contains_wire(&self, id: WireId) -> bool {
        self.wire_slots.contains_key(&id)
    }

    pub(crate) fn view(&self, slot: u32) -> Option<&NodeView> {
        self.views[slot as usize].as_ref()
    }

    pub(crate) fn wire_view(&self, slot: u32) -> Option<&WireView> {
        self.wire_views[slot as usize].as_ref()
    }

    /// The nodes whose rectangles meet `bounds`, by slot.
    pub(crate) fn query_nodes(&self, bounds: &Bounds, slots: &mut Vec<u32>) {
        self.node_grid.query(bounds, slots);
        let node = |slot: u32| &self.boxes[slot as usize];
        let meets = |slot: u32| node(slot).bounds().intersects(bounds);
        if self.lift.is_none() && self.landing.nodes.is_empty() {
            slots.retain(|&slot| meets(slot));
            return;
        }
        // The grid has what a drag holds, or has just put down, where it was.
        slots.retain(|&slot| !node(slot).held && !node(slot).landing && meets(slot));
        let held = self.lift.iter().flat_map(|lift| lift.nodes()).filter(|&slot| node(slot).held);
        let landing = self.landing.nodes.iter().copied().filter(|&slot| node(slot).landing && !node(slot).held);
        slots.extend(held.chain(landing).filter(|&slot| meets(slot)));
        slots.sort();
        slots.dedup();
    }

    /// The wires whose boxes meet `bounds`, by slot.
    pub(crate) fn query_wires(&self, bounds: &Bounds, slots: &mut Vec<u32>) {
        self.wire_grid.query(bounds, slots);
        let wire = |slot: u32| &self.wire_boxes[slot as usize];
        let back = self.lift.as_ref().map_or(*bounds, |lift| bounds.shifted(lift.delta.map(|x| -x)));
        let meets = |slot: u32| {
            let bounds = if wire(slot).lifted == Lifted::Whole { &back } else { bounds };
            wire(slot).bounds.intersects(bounds)
        };
        if self.lift.is_none() && self.landing.wires.is_empty() {
            slots.retain(|&slot| meets(slot));
            return;
        }
        slots.retain(|&slot| wire(slot).lifted == Lifted::No && !wire(slot).landing && meets(slot));
        let lifted = self.lift.iter().flat_map(|lift| &lift.wires).filter(|&&slot| wire(slot).lifted != Lifted::No);
        let is_landing = |slot: u32| wire(slot).landing && wire(slot).lifted == Lifted::No;
        let landing = self.landing.wires.iter().filter(|&&slot| is_landing(slot));
        slots.extend(lifted.chain(landing).copied().filter(|&slot| meets(slot)));
        slots.sort();
        slots.dedup();
    }

    /// Whether a wire ends at each pin of a node, inputs and outputs.
    pub(crate) fn connected(&self, slot: u32) -> [Vec<bool>; 2] {
        let Some(view) = self.view(slot) else { return [Vec::new(), Vec::new()] };
        let mut full = [vec![false; view.inputs.len()], vec![false; view.outputs.len()]];
        for &wire in &self.wires_of[slot as usize] {
            let Some(wire) = self.wire_view(wire) else { continue };
            for pin in [wire.from, wire.to] {
                let side = usize::from(pin.side == Side::Output);
                if pin.node == view.id
                    && let Some(full) = full[side].get_mut(usize::from(pin.index))
                {
                    *full = true;
                }
            }
        }
        full
    }
}
