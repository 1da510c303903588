//! Where things are: measured nodes, placed wires, and the nodes that a drag has lifted off the canvas.

use egui::Context;

use super::{FAR_AWAY, Lifted, Scene, WireBox, sane};
use crate::{
    Style,
    geometry::{Ruler, RulerKey, pin_offset},
    route::Route,
    view::{NodeId, Side, WireId},
};

/// The nodes that a drag holds. Until they are put down again the grids have them where they were, and so have the views;
/// only their boxes move. So a drag of fifty thousand nodes costs little more than drawing them.
#[derive(Clone, Debug)]
pub(super) struct Lift {
    /// Where each of them was, by rising slot. A slot whose box is not held has gone meanwhile.
    starts: Vec<(u32, [f64; 2])>,
    /// The wires at them. Those that are not lifted have gone meanwhile.
    pub(super) wires: Vec<u32>,
    /// How far the drag has gone.
    pub(super) delta: [f64; 2],
}

impl Lift {
    pub(super) fn nodes(&self) -> impl Iterator<Item = u32> {
        self.starts.iter().map(|(slot, _)| *slot)
    }
}

/// What drags have put down and the grids have not followed yet: of many nodes a few in a frame, so that the end of a drag
/// is a frame like any other. A search looks through all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Landing {
    /// Those that are no longer landing have been entered, or have gone.
    pub(super) nodes: Vec<u32>,
    pub(super) wires: Vec<u32>,
}

/// Nodes and wires that are entered into the grids in one frame.
const ENTERED_AT_ONCE: usize = 3_000;

/// Nodes and wires with their new places: what a drag leaves behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Moved {
    pub nodes: Vec<(NodeId, [f64; 2])>,
    /// The wires whose points went along, and where those are now.
    pub wires: Vec<(WireId, Vec<[f64; 2]>)>,
}

fn plus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

impl Scene {
    /// A drag takes hold of nodes. Ids that are gone are passed over.
    pub(crate) fn lift(&mut self, nodes: impl IntoIterator<Item = NodeId>) {
        self.put_down(false);
        let mut starts: Vec<(u32, [f64; 2])> = Vec::new();
        for id in nodes {
            let Some(slot) = self.node_slot(id) else { continue };
            let node = &mut self.boxes[slot as usize];
            if !std::mem::replace(&mut node.held, true) {
                starts.push((slot, node.pos));
            }
        }
        starts.sort_unstable_by_key(|(slot, _)| *slot);
        let mut wires = Vec::new();
        for &(slot, _) in &starts {
            for &wire in &self.wires_of[slot as usize] {
                let held = |slot: u32| self.boxes[slot as usize].held;
                let WireBox { from_slot, to_slot, lifted, .. } = &mut self.wire_boxes[wire as usize];
                if *lifted == Lifted::No {
                    *lifted = if held(*from_slot) && held(*to_slot) { Lifted::Whole } else { Lifted::End };
                    wires.push(wire);
                }
            }
        }
        wires.sort_unstable();
        self.lift = Some(Lift { starts, wires, delta: [0.0; 2] });
    }

    /// Takes a wire that came during a drag into it.
    pub(super) fn lift_wire(&mut self, wire: u32) {
        let Some(lift) = &mut self.lift else { return };
        let held = |slot: u32| self.boxes[slot as usize].held;
        let WireBox { from_slot, to_slot, lifted, .. } = &mut self.wire_boxes[wire as usize];
        *lifted = match (held(*from_slot), held(*to_slot)) {
            (false, false) => return,
            (true, true) => Lifted::Whole,
            _ => Lifted::End,
        };
        if let Err(place) = lift.wires.binary_search(&wire) {
            lift.wires.insert(place, wire);
        }
    }

    /// Carries what is lifted so far from where it was.
    pub(crate) fn carry(&mut self, delta: [f64; 2]) {
        let Some(mut lift) = self.lift.take() else { return };
        lift.delta = delta;
        for &(slot, start) in &lift.starts {
            let node = &mut self.boxes[slot as usize];
            if node.held {
                node.pos = sane(plus(start, delta));
            }
        }
        for &wire in &lift.wires {
            if self.wire_boxes[wire as usize].lifted == Lifted::End {
                self.route(wire);
            }
        }
        self.lift = Some(lift);
        self.changed_geometry();
    }

    /// The drag is over: everything is put down where it is, or back where it was, and goes into the grids, of many the
    /// rest later ([`Self::land`]).
    pub(crate) fn put_down(&mut self, keep: bool) -> Moved {
        self.put_down_within(keep, ENTERED_AT_ONCE)
    }

    /// The same where so many may be entered into the grids at once.
    pub(super) fn put_down_within(&mut self, keep: bool, at_once: usize) -> Moved {
        if !keep {
            self.carry([0.0; 2]);
        }
        let Some(lift) = self.lift.take() else { return Moved::default() };
        let mut moved = Moved { nodes: Vec::with_capacity(lift.starts.len()), wires: Vec::new() };
        let later = lift.starts.len() + lift.wires.len() > at_once;
        let mut rerouted = false;
        for &(slot, _) in &lift.starts {
            let node = &mut self.boxes[slot as usize];
            if !std::mem::take(&mut node.held) {
                continue;
            }
            let pos = node.pos;
            if !later {
                node.landing = false;
                self.node_grid.set(slot, &node.bounds());
            } else if !std::mem::replace(&mut node.landing, true) {
                self.landing.nodes.push(slot);
            }
            if let Some(view) = &mut self.views[slot as usize] {
                view.pos = pos;
                moved.nodes.push((view.id, pos));
            }
        }
        for &slot in &lift.wires {
            let lifted = std::mem::take(&mut self.wire_boxes[slot as usize].lifted);
            if lifted == Lifted::Whole
                && lift.delta != [0.0; 2]
                && let Some(view) = &mut self.wire_views[slot as usize]
                && !view.via.is_empty()
            {
                view.via.iter_mut().for_each(|point| *point = sane(plus(*point, lift.delta)));
                moved.wires.push((view.id, view.via.clone()));
            }
            match lifted {
                Lifted::No => continue,
                // Its ends have moved alike, so its route has only to follow.
                Lifted::Whole => {
                    let wire = &mut self.wire_boxes[slot as usize];
                    wire.route.shift(lift.delta);
                    wire.bounds = wire.route.bounds();
                    if [wire.bounds.min, wire.bounds.max].as_flattened().iter().any(|x| x.abs() > FAR_AWAY) {
                        // Nodes stop there, and their wires with them.
                        self.route(slot);
                        rerouted = true;
                    }
                }
                Lifted::End => {}
            }
            let wire = &mut self.wire_boxes[slot as usize];
            if !later {
                wire.landing = false;
                self.wire_grid.set(slot, &wire.bounds);
            } else if !std::mem::replace(&mut wire.landing, true) {
                self.landing.wires.push(slot);
            }
        }
        if rerouted {
            self.changed_geometry();
        } else {
            // All of it is drawn where it was carried.
            self.changed_unseen();
        }
        moved
    }

    /// Enters a few of those that a drag has put down into the grids. True: more are left.
    pub(crate) fn land(&mut self) -> bool {
        self.land_within(ENTERED_AT_ONCE)
    }

    /// The same, of `at_once` nodes and wires.
    pub(super) fn land_within(&mut self, mut at_once: usize) -> bool {
        while at_once > 0 {
            at_once -= 1;
            if let Some(slot) = self.landing.nodes.pop() {
                let node = &mut self.boxes[slot as usize];
                if std::mem::take(&mut node.landing) {
                    self.node_grid.set(slot, &node.bounds());
                }
            } else if let Some(slot) = self.landing.wires.pop() {
                let wire = &mut self.wire_boxes[slot as usize];
                if std::mem::take(&mut wire.landing) {
                    self.wire_grid.set(slot, &wire.bounds);
                }
            } else {
                return false;
            }
        }
        !(self.landing.nodes.is_empty() && self.landing.wires.is_empty())
    }

    /// How far from its route a wire is drawn.
    pub(crate) fn wire_offset(&self, slot: u32) -> [f64; 2] {
        match &self.lift {
            Some(lift) if self.wire_boxes[slot as usize].lifted == Lifted::Whole => lift.delta,
            _ => [0.0; 2],
        }
    }

    pub(super) fn pin_pos_at(&self, slot: u32, side: Side, index: u16) -> [f64; 2] {
        let node = &self.boxes[slot as usize];
        let offset = pin_offset(side, index, node.size, node.collapsed);
        [node.pos[0] + f64::from(offset[0]), node.pos[1] + f64::from(offset[1])]
    }

    /// Enters the place of a node into the grid, and moves its wires after it.
    pub(super) fn place_node(&mut self, slot: u32) {
        self.boxes[slot as usize].landing = false;
        self.node_grid.set(slot, &self.boxes[slot as usize].bounds());
        let wires = std::mem::take(&mut self.wires_of[slot as usize]);
        for &wire in &wires {
            self.place_wire(wire);
        }
        self.wires_of[slot as usize] = wires;
    }

    pub(super) fn place_wire(&mut self, slot: u32) {
        self.route(slot);
        self.wire_boxes[slot as usize].landing = false;
        self.wire_grid.set(slot, &self.wire_boxes[slot as usize].bounds);
    }

    /// Finds the way of a wire.
    fn route(&mut self, slot: u32) {
        let WireBox { from_slot, to_slot, from_pin, to_pin, .. } = self.wire_boxes[slot as usize];
        // What moves as a whole stands as it was.
        let back = self.wire_offset(slot).map(|x| -x);
        let from = plus(self.pin_pos_at(from_slot, from_pin.0, from_pin.1), back);
        let to = plus(self.pin_pos_at(to_slot, to_pin.0, to_pin.1), back);
        let via = self.wire_views[slot as usize].as_ref().map_or(&[][..], |view| &view.via);
        let route = if via.is_empty() {
            let (source, target) = (self.boxes[from_slot as usize].bounds(), self.boxes[to_slot as usize].bounds());
            Route::new(from, to, source.shifted(back), target.shifted(back), from_pin.1)
        } else {
            Route::through(from, via, to)
        };
        let wire = &mut self.wire_boxes[slot as usize];
        (wire.bounds, wire.route) = (route.bounds(), route);
    }

    pub(super) fn wait_for_ruler(&mut self, slot: u32) {
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
