//! Pins and wires without a pointer: the focus goes from pin to pin, and a wire from pin to pin that fits.

use egui::{FocusDirection, Id, Key, Modifiers};

use super::Hand;
use crate::{
    Action, Form, Scene, Target,
    gesture::{Gesture, KeyWire, WireDrag},
    view::{NodeId, PinId, Side},
};

/// The name of the widget that a pin is for keyboard and screen readers.
pub(crate) fn pin_widget(canvas: Id, pin: PinId) -> Id {
    canvas.with(("pin", pin))
}

fn pin_count(scene: &Scene, node: NodeId, side: Side) -> u16 {
    scene.node(node).map_or(0, |view| view.pins(side).len().min(usize::from(u16::MAX)) as u16)
}

fn across(side: Side) -> Side {
    if side == Side::Input { Side::Output } else { Side::Input }
}

impl Hand<'_> {
    /// Keys lead a wire.
    pub(super) fn by_keys(&self) -> bool {
        self.state.gesture.key_wire().is_some()
    }

    fn take(&self, modifiers: Modifiers, key: Key) -> bool {
        self.ctx.input_mut(|i| i.consume_key(modifiers, key))
    }

    /// The keys of pins. True if the canvas needs no others in this frame.
    pub(super) fn pin_keys(&mut self) -> bool {
        if self.by_keys() {
            self.lead_wire();
            return true;
        }
        if self.state.is_gesture_active() {
            return false;
        }
        for (key, side) in [(Key::ArrowLeft, Side::Input), (Key::ArrowRight, Side::Output)] {
            if self.take(Modifiers::ALT, key) {
                self.cycle(side);
            }
        }
        let Some(pin) = self.state.focused_pin else { return false };
        if self.take(Modifiers::NONE, Key::Escape) {
            self.focus_node(pin.node);
            return true;
        }
        if self.take(Modifiers::NONE, Key::Enter) {
            self.begin_key_wire(pin);
            return true;
        }
        let bare = self.ctx.input(|i| i.modifiers.is_none());
        if bare && (self.take(Modifiers::NONE, Key::Delete) || self.take(Modifiers::NONE, Key::Backspace)) {
            if self.scene.wires_at(pin).next().is_some() {
                self.actions.push(Action::BreakPin(pin));
            }
            return true;
        }
        if bare {
            let count = pin_count(self.scene, pin.node, pin.side);
            if self.take(Modifiers::NONE, Key::ArrowDown) {
                self.focus_pin(PinId { index: (pin.index + 1) % count.max(1), ..pin });
            } else if self.take(Modifiers::NONE, Key::ArrowUp) {
                self.focus_pin(PinId { index: (pin.index + count.max(1) - 1) % count.max(1), ..pin });
            }
            for (key, side) in [(Key::ArrowLeft, Side::Input), (Key::ArrowRight, Side::Output)] {
                if self.take(Modifiers::NONE, key) {
                    let count = pin_count(self.scene, pin.node, side);
                    self.focus_pin(match count {
                        0 => pin,
                        _ => PinId { node: pin.node, side, index: pin.index.min(count - 1) },
                    });
                }
            }
        }
        false
    }

    /// The focus goes to the next pin on a side of the node that has it, or of the one that is selected.
    fn cycle(&mut self, side: Side) {
        let mut selected = self.state.selection().nodes.iter().copied();
        let only = selected.next().filter(|_| selected.next().is_none());
        let Some(node) = self.state.focused_node.or(only) else { return };
        let count = pin_count(self.scene, node, side);
        if count == 0 {
            return;
        }
        let index = match self.state.focused_pin {
            Some(pin) if pin.node == node && pin.side == side => (pin.index + 1) % count,
            _ => 0,
        };
        self.focus_pin(PinId { node, side, index });
    }

    fn focus_pin(&mut self, pin: PinId) {
        let widget = pin_widget(self.response.id, pin);
        self.ctx.memory_mut(|memory| {
            memory.move_focus(FocusDirection::None);
            memory.request_focus(widget);
        });
        self.state.nothing_fits = None;
        self.state.focused_node = Some(pin.node);
        self.state.focused_pin = Some(pin);
        if let Some(at) = self.scene.pin_pos(pin)
            && !self.state.view_bounds().contains(at)
        {
            self.state.center_on_point(at);
        }
        self.ctx.request_repaint();
    }

    fn focus_node(&mut self, node: NodeId) {
        let widget = self.response.id.with(node);
        self.ctx.memory_mut(|memory| memory.request_focus(widget));
        self.state.focused_pin = None;
        self.state.focused_node = Some(node);
    }

    /// A wire that keys led is dropped: the focus goes back to where it began.
    pub(super) fn back_to_pin(&mut self, drag: &WireDrag) {
        if let Some(keys) = &drag.keys {
            self.focus_pin(keys.began);
        }
    }

    fn begin_key_wire(&mut self, pin: PinId) {
        let Some(at) = self.scene.pin_pos(pin) else { return };
        let Gesture::Wire(mut drag) = self.begin_wire(pin, false, self.state.to_screen(at)) else { return };
        let Some(&fixed) = drag.fixed.first() else { return };
        let side = across(fixed.side);
        let mut order: Vec<(f64, PinId)> = Vec::new();
        for view in self.scene.nodes().filter(|view| view.form == Form::Node && view.id != fixed.node) {
            for index in 0..pin_count(self.scene, view.id, side) {
                let candidate = PinId { node: view.id, side, index };
                if let Some(place) = self.scene.pin_pos(candidate).filter(|_| drag.origin() != Some(candidate)) {
                    order.push(((place[0] - at[0]).hypot(place[1] - at[1]), candidate));
                }
            }
        }
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let order = order.into_iter().map(|(_, pin)| pin).collect();
        drag.keys = Some(KeyWire { began: pin, order, at: None });
        self.go_to_fitting(drag, true);
    }

    fn lead_wire(&mut self) {
        let (mut forward, mut back) = (false, self.take(Modifiers::SHIFT, Key::Tab));
        for key in [Key::Tab, Key::ArrowRight, Key::ArrowDown] {
            forward |= self.take(Modifiers::NONE, key);
        }
        for key in [Key::ArrowLeft, Key::ArrowUp] {
            back |= self.take(Modifiers::NONE, key);
        }
        if forward || back {
            if let Gesture::Wire(drag) = std::mem::take(&mut self.state.gesture) {
                self.go_to_fitting(drag, forward);
            }
        } else if self.take(Modifiers::NONE, Key::Enter)
            && let Gesture::Wire(drag) = std::mem::take(&mut self.state.gesture)
        {
            self.back_to_pin(&drag);
            let pos = drag.pointer;
            self.drop_wire(drag, pos);
        }
    }

    /// The end of the wire goes to the next pin that fits, nearest first; if none does, the wire is dropped and that is
    /// said.
    fn go_to_fitting(&mut self, mut drag: WireDrag, forward: bool) {
        let Some(mut keys) = drag.keys.take() else { return };
        if drag.structure != self.scene.structure() {
            drag.structure = self.scene.structure();
            drag.verdicts.clear();
        }
        let count = keys.order.len();
        let start = match (keys.at, forward) {
            (Some(at), true) => at + 1,
            (Some(at), false) => at + count - 1,
            (None, _) => 0,
        };
        let places = (0..count).map(|step| if forward { start + step } else { start + count - step } % count);
        let found = places.into_iter().find(|&place| {
            let pin = keys.order[place];
            let joined = |wire: &crate::WireView| drag.fixed.iter().any(|&end| wire.from == end || wire.to == end);
            self.scene.pin_pos(pin).is_some()
                && !self.scene.wires_at(pin).any(joined)
                && drag.verdict(pin, self.rules).is_ok()
        });
        let Some(place) = found else {
            self.focus_pin(keys.began);
            self.state.nothing_fits = Some(keys.began);
            return;
        };
        let pin = keys.order[place];
        keys.at = Some(place);
        drag.snapped = Some(pin);
        if let Some(at) = self.scene.pin_pos(pin) {
            drag.pointer = self.state.to_screen(at);
        }
        drag.keys = Some(keys);
        self.state.gesture = Gesture::Wire(drag);
        self.focus_pin(pin);
    }

    /// Opens the menu of what has the focus, or of the one node that is selected, or of the canvas.
    pub(super) fn menu_key(&mut self) {
        let pressed = self.take(Modifiers::NONE, Key::Menu) || self.take(Modifiers::SHIFT, Key::F10);
        if !pressed {
            return;
        }
        let mut selected = self.state.selection().nodes.iter().copied();
        let only = selected.next().filter(|_| selected.next().is_none());
        let node = self.state.focused_node.or(only).and_then(|id| Some((id, self.scene.node_bounds(id)?)));
        let pin = self.state.focused_pin.and_then(|pin| Some((pin, self.scene.pin_pos(pin)?)));
        let (target, at) = match (pin, node) {
            (Some((pin, at)), _) => (Target::Pin(pin), self.state.to_screen(at)),
            (None, Some((id, bounds))) => {
                let middle = [0, 1].map(|axis| (bounds.min[axis] + bounds.max[axis]) * 0.5);
                (Target::Node(id), self.state.to_screen(middle))
            }
            (None, None) => (Target::Canvas, self.rect().center()),
        };
        let screen_pos = self.rect().clamp(at);
        self.actions.push(Action::ContextMenu { target, graph_pos: self.state.to_graph(screen_pos), screen_pos });
    }
}
