//! Gestures on wires: drawing one, carrying an end or all ends at a pin, and the stroke that cuts.

use egui::Pos2;

use super::{Hand, PIN_REACH, PIN_REACH_UNITS, target_at};
use crate::{
    Action, Form, LevelOfDetail, NodeId, Target,
    gesture::{CutStroke, Gesture, InHand, StrokeKind, WireDrag, ordered},
    scene::Layer,
    view::{PinId, Side},
};

/// The stroke that cuts gets a new point every so many points of the screen.
const STROKE_STEP: f64 = 2.0;

impl Hand<'_> {
    /// A drag sets out from a pin.
    pub(super) fn begin_wire(&mut self, pin: PinId, all_wires: bool, at: Pos2) -> Gesture {
        let structure = self.scene.structure();
        if all_wires {
            let other = |wire: &crate::WireView| if wire.from == pin { wire.to } else { wire.from };
            let (wires, fixed): (Vec<_>, Vec<_>) = self.scene.wires_at(pin).map(|wire| (wire.id, other(wire))).unzip();
            if !wires.is_empty() {
                let hand = InHand::All { wires, origin: pin };
                return Gesture::Wire(WireDrag::new(fixed, hand, at, structure));
            }
        }
        let taken = if self.takes_many(pin) { None } else { self.scene.wires_at(pin).last() };
        let (fixed, hand) = match taken {
            Some(wire) => (wire.from, InHand::End { wire: wire.id, origin: pin }),
            None => (pin, InHand::New),
        };
        Gesture::Wire(WireDrag::new(vec![fixed], hand, at, structure))
    }

    /// Whether any number of wires may end at a pin.
    fn takes_many(&self, pin: PinId) -> bool {
        let view = || self.scene.node(pin.node)?.pins(pin.side).get(usize::from(pin.index));
        pin.side == Side::Output || view().is_some_and(|pin| pin.many)
    }

    pub(super) fn drag_wire(&mut self, wire: &mut WireDrag, pos: Pos2) {
        if wire.structure != self.scene.structure() {
            wire.structure = self.scene.structure();
            wire.verdicts.clear();
        }
        wire.pointer = pos;
        let at = self.state.to_graph(pos);
        let reach = f64::from(self.style.snap_distance) / self.state.zoom();
        let near = (PIN_REACH / self.state.zoom()).min(PIN_REACH_UNITS);
        let (scene, rules) = (&*self.scene, self.rules);
        let snapped = scene.pin_at(at, reach, |pin| !wire.fixed.contains(&pin) && wire.verdict(pin, rules).is_ok());
        let refused = match snapped {
            Some(_) => None,
            None => scene.pin_at(at, near, |pin| !wire.fixed.contains(&pin)),
        };
        (wire.snapped, wire.refused) = (snapped, refused);
        if snapped.is_none()
            && refused.is_none()
            && let Some((node, _)) = scene.hit(at, 0.0, |layer| layer == Layer::Node)
        {
            (wire.snapped, wire.refused) = self.pin_of_body(wire, node);
        }
    }

    /// The pin to which a wire over the body of a node goes: the first that fits and is free. If none fits, the first
    /// that refuses, which says why.
    fn pin_of_body(&self, wire: &mut WireDrag, node: NodeId) -> (Option<PinId>, Option<PinId>) {
        let Some(end) = wire.fixed.first().copied().filter(|_| wire.fixed.iter().all(|pin| pin.node != node)) else {
            return (None, None);
        };
        let side = if end.side == Side::Input { Side::Output } else { Side::Input };
        let count = self.scene.node(node).map_or(0, |view| view.pins(side).len().min(usize::from(u16::MAX)));
        let mut refused = None;
        for index in 0..count as u16 {
            let pin = PinId { node, side, index };
            if wire.verdict(pin, self.rules).is_err() {
                refused = refused.or(Some(pin));
                continue;
            }
            // An output feeds as many as there are; an input takes one, unless it says otherwise.
            let held = wire.wires();
            if self.takes_many(pin) || self.scene.wires_at(pin).all(|other| held.contains(&other.id)) {
                return (Some(pin), None);
            }
        }
        (None, refused)
    }

    pub(super) fn drop_wire(&mut self, mut wire: WireDrag, pos: Pos2) {
        let Some(fixed) = wire.fixed.first().copied() else { return };
        let origin = wire.origin();
        if let Some(pin) = wire.snapped {
            let Some((from, to)) = ordered(fixed, pin) else { return };
            let there = self.scene.wires_at(to).any(|other| other.from == from);
            match wire.hand {
                InHand::All { origin, .. } if origin != pin => {
                    self.actions.push(Action::MoveWires { from: origin, to: pin });
                }
                InHand::All { .. } => {}
                _ if there => {}
                InHand::End { wire, .. } => self.actions.push(Action::Reconnect { wire, from, to }),
                InHand::New => self.actions.push(Action::Connect { from, to }),
            }
            return;
        }
        if let Some(pin) = wire.refused {
            // Back on the pin that it came off is no mistake.
            if let Err(reason) = wire.verdict(pin, self.rules)
                && origin != Some(pin)
            {
                let (from, to) = ordered(fixed, pin).unwrap_or((fixed, pin));
                self.actions.push(Action::RefusedConnection { from, to, reason: reason.clone() });
            }
            return;
        }
        let empty = match target_at(self.scene, self.state, pos) {
            Target::Canvas | Target::Wire(_) | Target::Via { .. } => true,
            // A frame is as good as the canvas.
            Target::Node(id) => self.scene.node(id).is_some_and(|view| view.form != Form::Node),
            Target::Pin(_) => false,
        };
        if !empty || !self.rect().contains(pos) {
            return;
        }
        match wire.hand {
            InHand::End { wire, .. } => self.actions.push(Action::Disconnect(wire)),
            InHand::New => self.actions.push(Action::DropWireOnCanvas {
                pin: fixed,
                graph_pos: self.state.to_graph(pos),
                screen_pos: pos,
            }),
            // Many wires at once are taken away by Alt and a click, not by a slip of the hand.
            InHand::All { .. } => {}
        }
    }

    /// The stroke that cuts goes on to `pos`.
    pub(super) fn draw_stroke(&self, stroke: &mut CutStroke, pos: Pos2) {
        let far_enough = self.ctx.options(|options| options.input_options.max_click_dist);
        stroke.drawn |= stroke.origin.distance(pos) > far_enough;
        let at = self.state.to_graph(pos);
        let Some(&last) = stroke.points.last() else { return };
        if !stroke.drawn || (at[0] - last[0]).hypot(at[1] - last[1]) * self.state.zoom() < STROKE_STEP {
            return;
        }
        let straight = self.state.level_of_detail() == LevelOfDetail::Far;
        for (wire, place) in self.scene.crossed(last, at, straight) {
            stroke.cross(wire, place);
        }
        stroke.points.push(at);
    }

    /// The stroke is done.
    pub(super) fn cut(&mut self, stroke: CutStroke, pos: Pos2) {
        if !stroke.drawn {
            self.context_menu(pos);
            return;
        }
        if stroke.kind == StrokeKind::Bend {
            self.bend_crossed(stroke);
            return;
        }
        let wires: Vec<_> = stroke.crossed.into_keys().filter(|id| self.scene.contains_wire(*id)).collect();
        if !wires.is_empty() {
            self.actions.push(Action::CutWires(wires));
        }
    }

    pub(super) fn context_menu(&mut self, pos: Pos2) {
        self.actions.push(Action::ContextMenu {
            target: target_at(self.scene, self.state, pos),
            graph_pos: self.state.to_graph(pos),
            screen_pos: pos,
        });
    }
}
