//! What is on the canvas, kept from frame to frame and changed by edits.
//!
//! Flat arrays with a map from names to slots, a grid over nodes and one over wires, and the wires of each node. It must
//! not know the camera, the pointer, or what the application's graph allows: a scene holds any wires it is given.

mod around;
mod find;
mod place;

use std::sync::atomic::{AtomicU64, Ordering};

use egui::Color32;

use crate::{
    geometry::{HEADER, Ruler, guessed_size},
    grid::{Bounds, Grid},
    hash::Map,
    route::Route,
    view::{Form, NodeId, NodeState, NodeView, Severity, Side, WireId, WireView},
};
pub(crate) use place::Moved;
use place::{Landing, Lift};

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

/// What lies above what, whatever was raised last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    Frame,
    Note,
    Node,
}

impl Layer {
    fn of(form: Form) -> Self {
        match form {
            Form::Frame { .. } => Self::Frame,
            Form::Note { .. } => Self::Note,
            Form::Node => Self::Node,
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
    pub layer: Layer,
    /// It takes no part: drawn fainter.
    pub faint: bool,
    /// All its pins sit in the middle of its header.
    pub collapsed: bool,
    pub alive: bool,
    /// A drag holds it: its position is the widget's, not the application's.
    pub held: bool,
    /// It waits to be measured.
    unmeasured: bool,
    /// A drag has put it down and the grid still has it where it was.
    landing: bool,
}

impl NodeBox {
    pub(crate) fn bounds(&self) -> Bounds {
        let max = [self.pos[0] + f64::from(self.size[0]), self.pos[1] + f64::from(self.size[1])];
        Bounds { min: self.pos, max }
    }

    /// By this nodes are drawn one over the other. Of frames the smaller lies above the larger, or its title could be
    /// lost beneath a frame around it.
    pub(crate) fn rank(&self) -> (Layer, u32, u32) {
        let small = match self.layer {
            Layer::Frame => u32::MAX - (self.size[0] * self.size[1]).max(0.0).to_bits(),
            _ => 0,
        };
        (self.layer, small, self.order)
    }

    /// Whether a point hits it: a frame only at its title bar and its edges, which reach out a little, and a note a
    /// little beyond its edges.
    pub(crate) fn is_hit(&self, at: [f64; 2], reach: f64) -> bool {
        let bounds = self.bounds();
        match self.layer {
            Layer::Node => bounds.contains(at),
            Layer::Note => bounds.expand(reach).contains(at),
            Layer::Frame => {
                let inside = Bounds {
                    min: [bounds.min[0] + reach, bounds.min[1] + reach.max(f64::from(HEADER))],
                    max: [bounds.max[0] - reach, bounds.max[1] - reach],
                };
                bounds.expand(reach).contains(at) && !inside.contains(at)
            }
        }
    }

    fn look_at(&mut self, view: &NodeView) {
        self.color = view.color;
        self.mark = Mark::of(view.state);
        self.layer = Layer::of(view.form);
        self.faint = view.muted || view.left_out || view.bypassed;
        self.collapsed = view.collapsed && view.form == Form::Node;
    }
}

/// What drawing and hit tests need of a wire, close together in memory.
#[derive(Clone, Debug)]
pub(crate) struct WireBox {
    pub route: Route,
    /// Around the whole of it.
    pub bounds: Bounds,
    pub color: Color32,
    pub alive: bool,
    /// A drag holds its points: they are the widget's, not the application's.
    pub held: bool,
    /// Whether a drag of nodes takes it along.
    lifted: Lifted,
    /// A drag has put it down and the grid still has it where it was.
    landing: bool,
    from_slot: u32,
    to_slot: u32,
    from_pin: (Side, u16),
    to_pin: (Side, u16),
}

/// What a drag of nodes does to a wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Lifted {
    /// Nothing.
    #[default]
    No,
    /// One of its ends moves.
    End,
    /// All of it moves: its route stands as it was when the drag began, and is drawn as far away as the drag has gone.
    Whole,
}

/// What is on the canvas. See the module.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    node_slots: Map<NodeId, u32>,
    wire_slots: Map<WireId, u32>,
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
    /// The nodes that a drag holds.
    lift: Option<Lift>,
    /// What drags have put down and the grids have not followed yet.
    landing: Landing,
    ruler: Option<Ruler>,
    next_order: u32,
    revision: u64,
    /// The revision in which what is drawn last changed.
    drawn: u64,
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

    /// The revision in which what is drawn last changed: to put down what a drag has carried alters no picture.
    pub(crate) fn drawn(&self) -> u64 {
        self.drawn
    }

    /// The revision in which nodes, pins or wires last came, went or joined differently.
    pub(crate) fn structure(&self) -> u64 {
        self.structure
    }

    /// The revision in which the place, size or colour of a node last changed.
    pub(crate) fn geometry(&self) -> u64 {
        self.geometry
    }

    fn changed_unseen(&mut self) {
        static LAST: AtomicU64 = AtomicU64::new(0);
        self.revision = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    }

    fn changed(&mut self) {
        self.changed_unseen();
        self.drawn = self.revision;
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
            view.form = view.form.with_size(self.boxes[index].size);
        }
        let Some(old) = &self.views[index] else { return };
        if *old == view {
            return;
        }
        // Collapsed, its pins are elsewhere.
        let moved = self.boxes[index].pos != view.pos || old.collapsed != view.collapsed || old.form != view.form;
        let pins = old.inputs != view.inputs || old.outputs != view.outputs || old.collapsed != view.collapsed;
        let recolored = old.color != view.color || old.form != view.form;
        if pins {
            self.changed_structure();
        } else if moved || recolored {
            self.changed_geometry();
        } else {
            self.changed();
        }
        self.boxes[index].pos = view.pos;
        self.boxes[index].look_at(&view);
        self.views[index] = Some(view);
        self.wait_for_ruler(slot);
        if moved {
            self.place_node(slot);
        }
    }

    fn insert_node(&mut self, view: NodeView) {
        self.next_order += 1;
        let mut node = NodeBox {
            pos: view.pos,
            size: guessed_size(&view),
            color: view.color,
            order: self.next_order,
            mark: Mark::None,
            layer: Layer::Node,
            faint: false,
            collapsed: false,
            alive: true,
            held: false,
            unmeasured: false,
            landing: false,
        };
        node.look_at(&view);
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
        self.boxes[index].landing = false;
        self.boxes[index].alive = false;
        self.boxes[index].held = false;
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

    /// Lays a node above all others.
    pub(crate) fn raise(&mut self, id: NodeId) {
        if let Some(&slot) = self.node_slots.get(&id) {
            self.next_order += 1;
            self.boxes[slot as usize].order = self.next_order;
        }
    }

    /// Puts a wire in, or replaces the one with its id. False, and nothing is done, if an end has no node. While the user
    /// drags one of its points they stay the user's.
    pub fn upsert_wire(&mut self, mut view: WireView) -> bool {
        view.via.iter_mut().for_each(|point| *point = sane(*point));
        // So many a [`Target`](crate::Target) can name.
        view.via.truncate(usize::from(u16::MAX));
        let (Some(&from_slot), Some(&to_slot)) =
            (self.node_slots.get(&view.from.node), self.node_slots.get(&view.to.node))
        else {
            return false;
        };
        if let Some(&slot) = self.wire_slots.get(&view.id) {
            let Some(old) = &self.wire_views[slot as usize] else { return false };
            if self.wire_boxes[slot as usize].held {
                view.via.clone_from(&old.via);
            }
            if *old == view {
                return true;
            }
            if (old.from, old.to) == (view.from, view.to) {
                let bent = old.via != view.via;
                self.changed();
                self.wire_boxes[slot as usize].color = view.color;
                self.wire_views[slot as usize] = Some(view);
                if bent {
                    self.place_wire(slot);
                }
                return true;
            }
            self.remove_wire(view.id);
        }
        let nowhere = [0.0; 2];
        let bounds = Bounds { min: nowhere, max: nowhere };
        let wire = WireBox {
            route: Route::loose(nowhere, nowhere),
            bounds,
            color: view.color,
            alive: true,
            held: false,
            lifted: Lifted::No,
            landing: false,
            from_slot,
            to_slot,
            from_pin: (view.from.side, view.from.index),
            to_pin: (view.to.side, view.to.index),
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
        self.lift_wire(slot);
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

    /// Leads a wire through other points, held or not.
    pub(crate) fn bend(&mut self, id: WireId, via: &[[f64; 2]]) {
        let Some(&slot) = self.wire_slots.get(&id) else { return };
        if let Some(view) = &mut self.wire_views[slot as usize]
            && view.via != via
        {
            view.via = via.iter().map(|&point| sane(point)).collect();
            self.changed();
            self.place_wire(slot);
        }
    }

    /// A drag takes hold of the points of a wire, or lets them go.
    pub(crate) fn hold_wire(&mut self, id: WireId, held: bool) {
        if let Some(&slot) = self.wire_slots.get(&id) {
            self.wire_boxes[slot as usize].held = held;
        }
    }

    /// Gives a frame or a note another place and size, held or not.
    pub(crate) fn resize(&mut self, id: NodeId, bounds: Bounds) {
        let Some(&slot) = self.node_slots.get(&id) else { return };
        let index = slot as usize;
        let size = bounds.size().map(|x| x as f32);
        let Some(view) = self.views[index].as_mut().filter(|view| view.form.size().is_some()) else { return };
        (view.pos, view.form) = (bounds.min, view.form.with_size(size));
        (self.boxes[index].pos, self.boxes[index].size) = (bounds.min, size);
        self.changed_geometry();
        self.place_node(slot);
    }

    /// A drag takes hold of a node, or lets it go.
    pub(crate) fn hold(&mut self, id: NodeId, held: bool) {
        if let Some(&slot) = self.node_slots.get(&id) {
            self.boxes[slot as usize].held = held;
        }
    }

    /// Takes a wire out, and says whether there was one.
    pub fn remove_wire(&mut self, id: WireId) -> bool {
        let Some(slot) = self.wire_slots.remove(&id) else { return false };
        let WireBox { from_slot, to_slot, .. } = self.wire_boxes[slot as usize];
        for node in [from_slot, to_slot] {
            self.wires_of[node as usize].retain(|&other| other != slot);
        }
        self.wire_grid.remove(slot);
        self.wire_boxes[slot as usize].landing = false;
        self.wire_boxes[slot as usize].alive = false;
        self.wire_boxes[slot as usize].lifted = Lifted::No;
        self.wire_views[slot as usize] = None;
        self.free_wires.push(slot);
        self.changed_structure();
        true
    }
}

/// A position that can be reckoned with, whatever the file said.
fn sane(pos: [f64; 2]) -> [f64; 2] {
    pos.map(|x| if x.is_finite() { x.clamp(-FAR_AWAY, FAR_AWAY) } else { 0.0 })
}

#[cfg(test)]
mod tests;
