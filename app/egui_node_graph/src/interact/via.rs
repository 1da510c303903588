//! The points through which wires go: dragging one, adding and removing them.

use egui::Pos2;

use super::{Hand, target_at};
use crate::{
    Action, LevelOfDetail, Target, WireId,
    gesture::{CutStroke, Gesture, ViaDrag},
    snap,
};

impl Hand<'_> {
    /// A drag of a point sets out.
    pub(super) fn begin_point(&mut self, wire: WireId, index: u16, origin: [f64; 2]) -> Gesture {
        let start = self.scene.wire(wire).map(|view| view.via.clone()).unwrap_or_default();
        self.scene.hold_wire(wire, true);
        Gesture::Via(ViaDrag { wire, index, origin, via: start.clone(), start })
    }

    pub(super) fn drag_point(&mut self, drag: &mut ViaDrag, at: [f64; 2]) {
        let place = usize::from(drag.index);
        let Some(start) = drag.start.get(place) else { return };
        let mut to = [0, 1].map(|axis| start[axis] + at[axis] - drag.origin[axis]);
        let free = self.ctx.input(|i| i.modifiers.alt);
        if let Some(step) = self.state.snapping.grid.filter(|_| !free) {
            to = to.map(|x| x + snap::to_grid(x, step));
        }
        drag.via[place] = to;
        self.scene.bend(drag.wire, &drag.via);
    }

    pub(super) fn drop_point(&mut self, drag: ViaDrag) {
        self.scene.hold_wire(drag.wire, false);
        if drag.via != drag.start && self.scene.contains_wire(drag.wire) {
            self.actions.push(Action::ViaChanged { wires: vec![(drag.wire, drag.via)] });
        }
    }

    /// Gives a wire a point where it was double-clicked.
    pub(super) fn add_point(&mut self, wire: WireId, pos: Pos2) {
        if self.state.level_of_detail() == LevelOfDetail::Far {
            return;
        }
        if let Some((via, index)) = self.scene.with_point(wire, self.state.to_graph(pos)) {
            self.scene.bend(wire, &via);
            self.state.selected_via = Some((wire, index));
            self.actions.push(Action::ViaChanged { wires: vec![(wire, via)] });
        }
    }

    pub(super) fn remove_point(&mut self, wire: WireId, index: u16) {
        let Some(mut via) = self.scene.wire(wire).map(|view| view.via.clone()) else { return };
        if usize::from(index) < via.len() {
            via.remove(usize::from(index));
            self.scene.bend(wire, &via);
            self.state.selected_via = None;
            self.actions.push(Action::ViaChanged { wires: vec![(wire, via)] });
        }
    }

    /// Removes the point that is selected, else the one under the pointer, and says whether there was one.
    pub(super) fn delete_point(&mut self, over: Option<Pos2>) -> bool {
        let hovered = over.and_then(|pos| match target_at(self.scene, self.state, pos) {
            Target::Via { wire, index } => Some((wire, index)),
            _ => None,
        });
        let selected = self.state.selected_via.filter(|(wire, index)| {
            self.state.selection().wires.contains(wire)
                && self.scene.wire(*wire).is_some_and(|view| usize::from(*index) < view.via.len())
        });
        let Some((wire, index)) = selected.or(hovered) else { return false };
        self.remove_point(wire, index);
        true
    }

    /// A stroke that gives wires a point is done.
    pub(super) fn bend_crossed(&mut self, stroke: CutStroke) {
        let mut wires = Vec::new();
        for (wire, at) in stroke.crossed {
            if let Some((via, _)) = self.scene.with_point(wire, at) {
                self.scene.bend(wire, &via);
                wires.push((wire, via));
            }
        }
        if !wires.is_empty() {
            self.actions.push(Action::ViaChanged { wires });
        }
    }
}
