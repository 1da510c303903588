//! What is on the canvas, kept from frame to frame and changed by edits.
//!
//! Flat arrays with a map from names to slots, a grid over nodes and one over wires, and the wires of each node. It must
//! not know the camera, the pointer, or what the application's graph allows: a scene holds any wires it is given.

mod around;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use egui::{Color32, Context};

use crate::{
    Style,
    geometry::{Ruler, RulerKey, guessed_size, pin_offset},
    grid::{Bounds, Grid},
    route::Route,
    view::{NodeId, NodeState, NodeView, PinId, Severity, Side, WireId, WireView},
};

/// Positions beyond this are drawn back to it: a broken file must not take the arithmetic with it.
const FAR_AWAY: f64 = 1.0e9;

/// What of a node's state is seen from far away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mark {
    #[default]
    None,
    Running,
    Failed,
    Warning,
}

impl Mark {
    fn of(state: NodeState) -> Self {
        match state {
            NodeState::Running { .. } => Self::Running,
            NodeState::Failed | NodeState::Problem(Severity::Error) => Self::Failed,
            NodeState::Problem(Severity::Warning) => Self::Warning,
            _ => Self::None,
        }
    }
}

/// What drawing and hit tests need of a node, close together in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeBox {
    pub pos: [f64; 2],
    pub size: [f32; 2],
    pub color: Color32,
    /// Later ones lie above earlier ones.
    pub order: u32,
    pub mark: Mark,
    pub alive: bool,
    /// A drag holds it: its position is the widget's, not the application's.
    pub held: bool,
    /// It waits to be measured.
    unmeasured: bool,
}

impl NodeBox {
    pub(crate) fn bounds(&self) -> Bounds {
        let max = [self.pos[0] + f64::from(self.size[0]), self.pos[1] + f64::from(self.size[1])];
        Bounds { min: self.pos, max }
    }
}

/// What drawing and hit tests need of a wire, close together in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WireBox {
    pub from: [f64; 2],
    pub to: [f64; 2],
    pub route: Route,
    /// Around the whole of it.
    pub bounds: Bounds,
    pub color: Color32,
    pub alive: bool,
    from_slot: u32,
    to_slot: u32,
    from_pin: (Side, u16),
    to_pin: (Side, u16),
    /// It waits in the list of wires to place.
    touched: bool,
}

/// What is on the canvas. See the module.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    node_slots: HashMap<NodeId, u32>,
    wire_slots: HashMap<WireId, u32>,
    pub(crate) boxes: Vec<NodeBox>,
    views: Vec<Option<NodeView>>,
    wires_of: Vec<Vec<u32>>,
    free_nodes: Vec<u32>,
    pub(crate) wire_boxes: Vec<WireBox>,
    wire_views: Vec<Option<WireView>>,
    free_wires: Vec<u32>,
    node_grid: Grid,
    wire_grid: Grid,
    unmeasured: Vec<u32>,
    /// An empty buffer for wires to place.
    touched: Vec<u32>,
    ruler: Option<Ruler>,
    next_order: u32,
    revision: u64,
    structure: u64,
    geometry: u64,
}

impl Scene {
    /// An empty scene.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        let ruler = self.ruler.take();
        *self = Self { ruler, ..Self::default() };
        self.changed_structure();
    }

    /// Grows with every change of any kind. No two scenes share one, unless they are the same.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision in which nodes, pins or wires last came, went or joined differently.
    pub(crate) fn structure(&self) -> u64 {
        self.structure
    }

    /// The revision in which the place, size or colour of a node last changed.
    pub(crate) fn geometry(&self) -> u64 {
        self.geometry
    }

    fn changed(&mut self) {
        static LAST: AtomicU64 = AtomicU64::new(0);
        self.revision = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    }

    fn changed_geometry(&mut self) {
        self.changed();
        self.geometry = self.revision;
    }

    fn changed_structure(&mut self) {
        self.changed_geometry();
        self.structure = self.revision;
    }

    /// Puts a node in, or replaces the one with its id. The same again costs next to nothing. While the user drags the
    /// node its position stays the user's.
    pub fn upsert_node(&mut self, mut view: NodeView) {
        view.pos = sane(view.pos);
        let Some(&slot) = self.node_slots.get(&view.id) else {
            self.insert_node(view);
            return;
        };
        let index = slot as usize;
        if self.boxes[index].held {
            view.pos = self.boxes[index].pos;
        }
        let Some(old) = &self.views[index] else { return };
        if *old == view {
            return;
        }
        let moved = old.pos != view.pos;
        let pins = old.inputs != view.inputs || old.outputs != view.outputs;
        let recolored = old.color != view.color;
        if pins {
            self.changed_structure();
        } else if moved || recolored {
            self.changed_geometry();
        } else {
            self.changed();
        }
        self.boxes[index].pos = view.pos;
        self.boxes[index].color = view.color;
        self.boxes[index].mark = Mark::of(view.state);
        self.views[index] = Some(view);
        self.wait_for_ruler(slot);
        if moved {
            self.place_node(slot);
        }
    }

    fn insert_node(&mut self, view: NodeView) {
        self.next_order += 1;
        let node = NodeBox {
            pos: view.pos,
            size: guessed_size(&view),
            color: view.color,
            order: self.next_order,
            mark: Mark::of(view.state),
            alive: true,
            held: false,
            unmeasured: false,
        };
        let id = view.id;
        let slot = match self.free_nodes.pop() {
            Some(slot) => {
                self.boxes[slot as usize] = node;
                self.views[slot as usize] = Some(view);
                slot
            }
            None => {
                self.boxes.push(node);
                self.views.push(Some(view));
                self.wires_of.push(Vec::new());
                (self.boxes.len() - 1) as u32
            }
        };
        self.node_slots.insert(id, slot);
        self.changed_structure();
        self.wait_for_ruler(slot);
        self.place_node(slot);
    }

    /// Changes a node in place, and says whether there is one. For state and progress during a run.
    pub fn update_node(&mut self, id: NodeId, change: impl FnOnce(&mut NodeView)) -> bool {
        let Some(mut view) = self.node(id).cloned() else { return false };
        change(&mut view);
        view.id = id;
        self.upsert_node(view);
        true
    }

    /// Takes a node out together with its wires, and says whether there was one.
    pub fn remove_node(&mut self, id: NodeId) -> bool {
        let Some(slot) = self.node_slots.remove(&id) else { return false };
        let index = slot as usize;
        for wire in std::mem::take(&mut self.wires_of[index]) {
            if let Some(view) = &self.wire_views[wire as usize] {
                let wire_id = view.id;
                self.remove_wire(wire_id);
            }
        }
        self.node_grid.remove(slot);
        self.boxes[index].alive = false;
        self.views[index] = None;
        self.free_nodes.push(slot);
        self.changed_structure();
        true
    }

    /// Moves a node, and says whether there is one. While the user drags it, it stays where it is.
    pub fn move_node(&mut self, id: NodeId, pos: [f64; 2]) -> bool {
        let Some(&slot) = self.node_slots.get(&id) else { return false };
        if !self.boxes[slot as usize].held {
            self.put_node(slot, pos);
        }
        true
    }

    /// Moves a node whether it is held or not.
    fn put_node(&mut self, slot: u32, pos: [f64; 2]) {
        let pos = sane(pos);
        let node = &mut self.boxes[slot as usize];
        if node.pos == pos {
            return;
        }
        node.pos = pos;
        if let Some(view) = &mut self.views[slot as usize] {
            view.pos = pos;
        }
        self.changed_geometry();
        self.place_node(slot);
    }

    /// Moves many nodes at once, held or not, by `delta` from where they started. Ids that are gone are passed over.
    pub(crate) fn put_nodes(&mut self, starts: &[(NodeId, [f64; 2])], delta: [f64; 2]) {
        // A wire between two of them is placed once, when both ends are where they belong.
        let mut wires = std::mem::take(&mut self.touched);
        for (id, start) in starts {
            let Some(&slot) = self.node_slots.get(id) else { continue };
            let index = slot as usize;
            let pos = sane([start[0] + delta[0], start[1] + delta[1]]);
            self.boxes[index].pos = pos;
            if let Some(view) = &mut self.views[index] {
                view.pos = pos;
            }
            self.node_grid.set(slot, &self.boxes[index].bounds());
            for &wire in &self.wires_of[index] {
                if !std::mem::replace(&mut self.wire_boxes[wire as usize].touched, true) {
                    wires.push(wire);
                }
            }
        }
        for wire in wires.drain(..) {
            self.wire_boxes[wire as usize].touched = false;
            self.place_wire(wire);
        }
        self.touched = wires;
        self.changed_geometry();
    }

    /// A drag takes hold of a node, or lets it go.
    pub(crate) fn hold(&mut self, id: NodeId, held: bool) {
        if let Some(&slot) = self.node_slots.get(&id) {
            self.boxes[slot as usize].held = held;
        }
    }

    /// Lays a node above all others.
    pub(crate) fn raise(&mut self, id: NodeId) {
        if let Some(&slot) = self.node_slots.get(&id) {
            self.next_order += 1;
            self.boxes[slot as usize].order = self.next_order;
        }
    }

    /// Puts a wire in, or replaces the one with its id. False, and nothing is done, if an end has no node.
    pub fn upsert_wire(&mut self, view: WireView) -> bool {
        let (Some(&from_slot), Some(&to_slot)) =
            (self.node_slots.get(&view.from.node), self.node_slots.get(&view.to.node))
        else {
            return false;
        };
        if let Some(&slot) = self.wire_slots.get(&view.id) {
            let Some(old) = &self.wire_views[slot as usize] else { return false };
            if *old == view {
                return true;
            }
            if (old.from, old.to) == (view.from, view.to) {
                self.changed();
                self.wire_boxes[slot as usize].color = view.color;
                self.wire_views[slot as usize] = Some(view);
                return true;
            }
            self.remove_wire(view.id);
        }
        let nowhere = [0.0; 2];
        let bounds = Bounds { min: nowhere, max: nowhere };
        let wire = WireBox {
            from: nowhere,
            to: nowhere,
            route: Route::loose(nowhere, nowhere),
            bounds,
            color: view.color,
            alive: true,
            from_slot,
            to_slot,
            from_pin: (view.from.side, view.from.index),
            to_pin: (view.to.side, view.to.index),
            touched: false,
        };
        let id = view.id;
        let slot = match self.free_wires.pop() {
            Some(slot) => {
                self.wire_boxes[slot as usize] = wire;
                self.wire_views[slot as usize] = Some(view);
                slot
            }
            None => {
                self.wire_boxes.push(wire);
                self.wire_views.push(Some(view));
                (self.wire_boxes.len() - 1) as u32
            }
        };
        self.wire_slots.insert(id, slot);
        self.wires_of[from_slot as usize].push(slot);
        if to_slot != from_slot {
            self.wires_of[to_slot as usize].push(slot);
        }
        self.changed_structure();
        self.place_wire(slot);
        true
    }

    /// Changes the look of a wire in place, and says whether there is one. Its ends stay.
    pub fn update_wire(&mut self, id: WireId, change: impl FnOnce(&mut WireView)) -> bool {
        let Some(mut view) = self.wire(id).cloned() else { return false };
        let (from, to) = (view.from, view.to);
        change(&mut view);
        (view.id, view.from, view.to) = (id, from, to);
        self.upsert_wire(view)
    }

    /// Takes a wire out, and says whether there was one.
    pub fn remove_wire(&mut self, id: WireId) -> bool {
        let Some(slot) = self.wire_slots.remove(&id) else { return false };
        let WireBox { from_slot, to_slot, .. } = self.wire_boxes[slot as usize];
        for node in [from_slot, to_slot] {
            self.wires_of[node as usize].retain(|&other| other != slot);
        }
        self.wire_grid.remove(slot);
        self.wire_boxes[slot as usize].alive = false;
        self.wire_views[slot as usize] = None;
        self.free_wires.push(slot);
        self.changed_structure();
        true
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

    /// The nodes whose rectangles meet the rectangle between two corners.
    pub fn nodes_in(&self, min: [f64; 2], max: [f64; 2]) -> Vec<NodeId> {
        let mut slots = Vec::new();
        self.query_nodes(&Bounds::from_points(min, max), &mut slots);
        slots.iter().filter_map(|&slot| self.view(slot)).map(|view| view.id).collect()
    }

    /// The uppermost node at a point.
    pub fn node_at(&self, pos: [f64; 2]) -> Option<NodeId> {
        let mut slots = Vec::new();
        self.query_nodes(&Bounds { min: pos, max: pos }, &mut slots);
        let top = slots.into_iter().max_by_key(|&slot| self.boxes[slot as usize].order)?;
        self.view(top).map(|view| view.id)
    }

    /// The wire nearest to a point within `reach` graph units.
    pub fn wire_at(&self, pos: [f64; 2], reach: f64) -> Option<WireId> {
        let mut slots = Vec::new();
        self.wire_grid.query(&Bounds { min: pos, max: pos }.expand(reach), &mut slots);
        slots
            .into_iter()
            .filter(|&slot| self.wire_boxes[slot as usize].bounds.expand(reach).contains(pos))
            .map(|slot| {
                let wire = &self.wire_boxes[slot as usize];
                (wire.route.distance(pos), slot)
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
        slots.retain(|&slot| self.boxes[slot as usize].bounds().intersects(bounds));
    }

    /// The wires whose boxes meet `bounds`, by slot.
    pub(crate) fn query_wires(&self, bounds: &Bounds, slots: &mut Vec<u32>) {
        self.wire_grid.query(bounds, slots);
        slots.retain(|&slot| self.wire_boxes[slot as usize].bounds.intersects(bounds));
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

    fn pin_pos_at(&self, slot: u32, side: Side, index: u16) -> [f64; 2] {
        let node = &self.boxes[slot as usize];
        let offset = pin_offset(side, index, node.size);
        [node.pos[0] + f64::from(offset[0]), node.pos[1] + f64::from(offset[1])]
    }

    /// Enters the place of a node into the grid, and moves its wires after it.
    fn place_node(&mut self, slot: u32) {
        self.node_grid.set(slot, &self.boxes[slot as usize].bounds());
        let wires = std::mem::take(&mut self.wires_of[slot as usize]);
        for &wire in &wires {
            self.place_wire(wire);
        }
        self.wires_of[slot as usize] = wires;
    }

    fn place_wire(&mut self, slot: u32) {
        let WireBox { from_slot, to_slot, from_pin, to_pin, .. } = self.wire_boxes[slot as usize];
        let from = self.pin_pos_at(from_slot, from_pin.0, from_pin.1);
        let to = self.pin_pos_at(to_slot, to_pin.0, to_pin.1);
        let (source, target) = (self.boxes[from_slot as usize].bounds(), self.boxes[to_slot as usize].bounds());
        let route = Route::new(from, to, source, target, from_pin.1);
        let wire = &mut self.wire_boxes[slot as usize];
        (wire.from, wire.to, wire.route, wire.bounds) = (from, to, route, route.bounds());
        self.wire_grid.set(slot, &wire.bounds);
    }

    fn wait_for_ruler(&mut self, slot: u32) {
        let node = &mut self.boxes[slot as usize];
        if !std::mem::replace(&mut node.unmeasured, true) {
            self.unmeasured.push(slot);
        }
    }

    /// Measures the nodes whose content has changed; all of them when fonts or sizes have.
    pub(crate) fn measure(&mut self, ctx: &Context, style: &Style) {
        let key = RulerKey::new(style, ctx.pixels_per_point());
        let stale = self.ruler.as_ref().is_none_or(|ruler| *ruler.key() != key);
        if stale {
            for slot in 0..self.boxes.len() as u32 {
                if self.boxes[slot as usize].alive {
                    self.wait_for_ruler(slot);
                }
            }
        }
        if self.unmeasured.is_empty() && !stale {
            return;
        }
        ctx.fonts_mut(|fonts| {
            let mut ruler = match self.ruler.take() {
                Some(ruler) if !stale => ruler,
                _ => Ruler::new(key, fonts),
            };
            for slot in std::mem::take(&mut self.unmeasured) {
                let index = slot as usize;
                self.boxes[index].unmeasured = false;
                let Some(view) = &self.views[index] else { continue };
                let size = ruler.size(view, fonts);
                if size != self.boxes[index].size {
                    self.boxes[index].size = size;
                    self.changed_geometry();
                    self.place_node(slot);
                }
            }
            self.ruler = Some(ruler);
        });
    }
}

/// A position that can be reckoned with, whatever the file said.
fn sane(pos: [f64; 2]) -> [f64; 2] {
    pos.map(|x| if x.is_finite() { x.clamp(-FAR_AWAY, FAR_AWAY) } else { 0.0 })
}

#[cfg(test)]
mod tests;
