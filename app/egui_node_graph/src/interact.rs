//! From events to actions: gestures of the pointer and keys. It draws nothing and never asks what a wire means.

mod keys;
mod moving;
mod wire;

use egui::{
    Context, CursorIcon, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, Rect, Response,
    Ui, Vec2,
};

use crate::{
    Action, CanvasState, LevelOfDetail, Rules, Scene, Selection, Style, Target,
    gesture::{CutStroke, Gesture, Press},
    grid::Bounds,
};

/// How near the pointer must be to a pin to take hold of it, in points, and never more than so many graph units: else
/// the pins of a small node would leave nothing of it to take hold of.
const PIN_REACH: f64 = 9.0;
const PIN_REACH_UNITS: f64 = 12.0;
/// How near the pointer must be to a wire, in points.
const WIRE_REACH: f64 = 6.0;
/// How fast the canvas follows a drag over its edge: points a second for each point beyond it.
const EDGE_SPEED: f32 = 12.0;

/// Deals with the input of one frame.
pub(crate) fn interact(
    ui: &Ui,
    response: &Response,
    scene: &mut Scene,
    state: &mut CanvasState,
    style: &Style,
    rules: &dyn Rules,
) -> Vec<Action> {
    let selection_before = state.selection_revision;
    state.prune_selection(scene);
    let mut hand = Hand { ctx: ui.ctx(), response, scene, state, style, rules, actions: Vec::new() };
    if ui.is_enabled() {
        hand.wheel();
        hand.pointer();
        hand.keys();
    } else {
        hand.cancel();
    }
    let mut actions = hand.actions;
    if state.selection_revision != selection_before {
        actions.insert(0, Action::SelectionChanged);
    }
    actions
}

/// What lies at a point of the screen.
pub(crate) fn target_at(scene: &Scene, state: &CanvasState, pos: Pos2) -> Target {
    let at = state.to_graph(pos);
    let zoom = state.zoom();
    if state.level_of_detail() != LevelOfDetail::Far {
        let reach = (PIN_REACH / zoom).min(PIN_REACH_UNITS);
        if let Some(pin) = scene.pin_at(at, reach, |_| true) {
            return Target::Pin(pin);
        }
    }
    if let Some(node) = scene.node_at(at) {
        return Target::Node(node);
    }
    scene.wire_at(at, WIRE_REACH / zoom).map_or(Target::Canvas, Target::Wire)
}

struct Hand<'a> {
    ctx: &'a Context,
    response: &'a Response,
    scene: &'a mut Scene,
    state: &'a mut CanvasState,
    style: &'a Style,
    rules: &'a dyn Rules,
    actions: Vec<Action>,
}

impl Hand<'_> {
    fn rect(&self) -> Rect {
        self.response.rect
    }

    fn typing(&self) -> bool {
        self.ctx.text_edit_focused()
    }

    // ---- Wheel -------------------------------------------------------------------------------------------------------

    fn wheel(&mut self) {
        let Some(pointer) = self.ctx.pointer_hover_pos() else { return };
        let over = self.response.hovered() || (self.state.is_gesture_active() && self.rect().contains(pointer));
        if !over {
            return;
        }
        let speed = self.ctx.options(|options| options.input_options.scroll_zoom_speed);
        let (scroll, zoom, source) = self.ctx.input(|i| {
            let source = i.events.iter().rev().find_map(|event| match event {
                Event::MouseWheel { unit, source, .. } => Some((*unit, *source)),
                _ => None,
            });
            (i.smooth_scroll_delta(), i.zoom_delta(), source)
        });
        if let Some((unit, source)) = source {
            // Where the platform does not say, a wheel counts lines and a trackpad points.
            self.state.trackpad = match source {
                MouseWheelSource::Wheel => false,
                MouseWheelSource::Trackpad | MouseWheelSource::Momentum => true,
                MouseWheelSource::Unknown => unit == MouseWheelUnit::Point,
            };
        }
        if zoom != 1.0 {
            self.state.zoom_by(f64::from(zoom), pointer);
        }
        if scroll != Vec2::ZERO {
            let sideways = scroll.x != 0.0 && scroll.y == 0.0;
            if self.state.trackpad || sideways {
                self.state.pan_by(scroll);
            } else {
                self.state.zoom_by(f64::from(scroll.y * speed).exp(), pointer);
            }
            self.ctx.input_mut(|i| i.smooth_scroll_delta = Vec2::ZERO);
        }
    }

    // ---- Pointer -----------------------------------------------------------------------------------------------------

    fn pointer(&mut self) {
        let response = self.response;
        let (events, latest, any_down, space, dt) = self.ctx.input(|i| {
            let events: Vec<Event> = i
                .events
                .iter()
                .filter(|event| matches!(event, Event::PointerMoved(_) | Event::PointerButton { .. }))
                .cloned()
                .collect();
            (events, i.pointer.latest_pos(), i.pointer.any_down(), i.key_down(Key::Space), i.stable_dt)
        });
        // Something may lie over the canvas: a press is ours only if egui gives it to us.
        let ours = response.hovered() || response.is_pointer_button_down_on();
        let panning = space && !self.typing();
        for event in events {
            match event {
                Event::PointerButton { pos, button, pressed: true, modifiers }
                    if ours && !self.state.is_gesture_active() && self.rect().contains(pos) =>
                {
                    self.press(pos, button, modifiers, panning);
                }
                Event::PointerButton { pos, button, pressed: false, .. } => {
                    self.drag_to(pos);
                    self.release(pos, button);
                }
                // Only the first move out of a press and those of a stroke matter one by one; a drag goes where the
                // pointer ends up.
                Event::PointerMoved(pos) if matches!(self.state.gesture, Gesture::Press(_) | Gesture::Cut(_)) => {
                    self.drag_to(pos);
                }
                _ => {}
            }
        }
        if self.state.is_gesture_active() {
            match latest {
                // The release was lost, outside the window perhaps.
                _ if !any_down => self.lost(),
                Some(pos) => {
                    self.follow_over_edge(pos, dt);
                    self.drag_to(pos);
                }
                None => {}
            }
        }
        if response.double_clicked_by(PointerButton::Primary)
            && !panning
            && let Some(pos) = response.interact_pointer_pos()
            && !self.ctx.input(|i| i.modifiers.any())
        {
            match target_at(self.scene, self.state, pos) {
                Target::Node(id) => self.actions.push(Action::ActivateNode(id)),
                Target::Canvas => self.open_add_menu(pos),
                Target::Pin(_) | Target::Wire(_) => {}
            }
        }
        self.cursor(panning, latest);
    }

    fn press(&mut self, pos: Pos2, button: PointerButton, modifiers: Modifiers, panning: bool) {
        match button {
            PointerButton::Middle => self.state.gesture = Gesture::Pan { button, last: pos },
            PointerButton::Primary if panning => self.state.gesture = Gesture::Pan { button, last: pos },
            PointerButton::Primary => self.press_primary(pos, modifiers),
            PointerButton::Secondary if modifiers.command || modifiers.ctrl => {
                let points = vec![self.state.to_graph(pos)];
                self.state.gesture =
                    Gesture::Cut(CutStroke { origin: pos, drawn: false, points, crossed: Default::default() });
            }
            PointerButton::Secondary => self.state.gesture = Gesture::Secondary { origin: pos },
            PointerButton::Extra1 | PointerButton::Extra2 => {}
        }
    }

    fn press_primary(&mut self, pos: Pos2, modifiers: Modifiers) {
        let target = target_at(self.scene, self.state, pos);
        let all_wires = modifiers.command || modifiers.ctrl;
        let adding = modifiers.shift || all_wires;
        let before = self.state.selection().clone();
        let mut was_selected = false;
        match target {
            Target::Pin(pin) if modifiers.alt => {
                if self.scene.wires_at(pin).next().is_some() {
                    self.actions.push(Action::BreakPin(pin));
                }
                return;
            }
            Target::Node(id) => {
                was_selected = before.nodes.contains(&id);
                self.scene.raise(id);
                if !was_selected {
                    self.state.change_selection(|selection| {
                        if !adding {
                            *selection = Selection::default();
                        }
                        selection.nodes.insert(id);
                    });
                }
            }
            Target::Wire(id) => {
                was_selected = before.wires.contains(&id);
                if !was_selected {
                    self.state.change_selection(|selection| {
                        if !adding {
                            *selection = Selection::default();
                        }
                        selection.wires.insert(id);
                    });
                }
            }
            Target::Pin(_) | Target::Canvas => {}
        }
        self.state.gesture = Gesture::Press(Press { origin: pos, target, adding, all_wires, before, was_selected });
    }

    /// The pointer is at `pos` while a gesture goes on.
    fn drag_to(&mut self, pos: Pos2) {
        if let Gesture::Press(press) = &self.state.gesture {
            let far_enough = self.ctx.options(|options| options.input_options.max_click_dist);
            if press.origin.distance(pos) > far_enough {
                let press = press.clone();
                self.begin_drag(press);
            }
        }
        let at = self.state.to_graph(pos);
        // Taken out, so that the gesture and the rest of the state can be changed together.
        let mut gesture = std::mem::take(&mut self.state.gesture);
        match &mut gesture {
            Gesture::Idle | Gesture::Press(_) | Gesture::Secondary { .. } => {}
            Gesture::Pan { last, .. } => {
                self.state.pan_by(pos - *last);
                *last = pos;
            }
            Gesture::Move(drag) => self.drag_nodes(drag, at),
            Gesture::BoxSelect { origin, corner, base, .. } => {
                *corner = at;
                let bounds = Bounds::from_points(*origin, at);
                let mut selection = base.clone();
                selection.nodes.extend(self.scene.nodes_in(bounds.min, bounds.max));
                self.state.set_selection(selection);
            }
            Gesture::Wire(wire) => self.drag_wire(wire, pos),
            Gesture::Cut(stroke) => self.draw_stroke(stroke, pos),
        }
        self.state.gesture = gesture;
    }

    fn begin_drag(&mut self, press: Press) {
        let origin = self.state.to_graph(press.origin);
        self.state.gesture = match press.target {
            Target::Node(_) => self.begin_move(origin),
            Target::Pin(pin) => self.begin_wire(pin, &press),
            Target::Canvas | Target::Wire(_) => {
                let base = if press.adding { press.before.clone() } else { Selection::default() };
                Gesture::BoxSelect { origin, corner: origin, base, before: press.before }
            }
        };
    }

    fn release(&mut self, pos: Pos2, button: PointerButton) {
        let ends = match &self.state.gesture {
            Gesture::Idle => false,
            Gesture::Pan { button: held, .. } => *held == button,
            Gesture::Secondary { .. } | Gesture::Cut(_) => button == PointerButton::Secondary,
            _ => button == PointerButton::Primary,
        };
        if !ends {
            return;
        }
        match std::mem::take(&mut self.state.gesture) {
            Gesture::Idle | Gesture::Pan { .. } | Gesture::BoxSelect { .. } => {}
            Gesture::Press(press) => self.click(press),
            Gesture::Move(drag) => self.drop_nodes(drag),
            Gesture::Wire(wire) => self.drop_wire(wire, pos),
            Gesture::Cut(stroke) => self.cut(stroke, pos),
            Gesture::Secondary { origin } => {
                let far = self.ctx.options(|options| options.input_options.max_click_dist);
                if origin.distance(pos) <= far {
                    self.context_menu(pos);
                }
            }
        }
    }

    /// A press that did not become a drag.
    fn click(&mut self, press: Press) {
        let Press { target, adding, was_selected, .. } = press;
        self.state.change_selection(|selection| match target {
            Target::Node(id) if adding && was_selected => {
                selection.nodes.remove(&id);
            }
            Target::Wire(id) if adding && was_selected => {
                selection.wires.remove(&id);
            }
            Target::Node(id) if !adding => {
                *selection = Selection { nodes: [id].into(), wires: Default::default() };
            }
            Target::Wire(id) if !adding => {
                *selection = Selection { nodes: Default::default(), wires: [id].into() };
            }
            Target::Canvas if !adding => *selection = Selection::default(),
            _ => {}
        });
    }

    /// The button is up and nobody said so: what was moved stays, what was drawn goes.
    fn lost(&mut self) {
        match std::mem::take(&mut self.state.gesture) {
            Gesture::Move(drag) => self.finish_move(drag.starts),
            Gesture::Press(press) => self.click(press),
            _ => {}
        }
    }

    /// Takes the gesture back as if it had not begun.
    fn cancel(&mut self) {
        match std::mem::take(&mut self.state.gesture) {
            Gesture::Idle | Gesture::Pan { .. } | Gesture::Wire(_) | Gesture::Secondary { .. } | Gesture::Cut(_) => {}
            Gesture::Press(Press { before, .. }) | Gesture::BoxSelect { before, .. } => {
                self.state.set_selection(before);
            }
            Gesture::Move(drag) => {
                for (id, start) in drag.starts {
                    self.scene.hold(id, false);
                    self.scene.move_node(id, start);
                }
                self.actions.push(Action::MoveCancelled);
            }
        }
    }

    /// Lets the canvas follow when something is dragged over its edge.
    fn follow_over_edge(&mut self, pos: Pos2, dt: f32) {
        let carrying = matches!(self.state.gesture, Gesture::Move(_) | Gesture::BoxSelect { .. } | Gesture::Wire(_));
        let beyond = pos - self.rect().clamp(pos);
        if carrying && beyond != Vec2::ZERO {
            self.state.pan_by(-beyond.clamp(Vec2::splat(-60.0), Vec2::splat(60.0)) * EDGE_SPEED * dt.min(0.1));
            self.ctx.request_repaint();
        }
    }

    fn cursor(&self, panning: bool, pointer: Option<Pos2>) {
        let icon = match &self.state.gesture {
            Gesture::Pan { .. } | Gesture::Move(_) => CursorIcon::Grabbing,
            Gesture::Cut(_) => CursorIcon::Crosshair,
            Gesture::Wire(wire) if wire.refused.is_some() => CursorIcon::NotAllowed,
            Gesture::Wire(_) => CursorIcon::Crosshair,
            _ if !self.response.hovered() => return,
            _ if panning => CursorIcon::Grab,
            _ => match pointer.map(|pos| target_at(self.scene, self.state, pos)) {
                Some(Target::Pin(_)) => CursorIcon::Crosshair,
                _ => return,
            },
        };
        self.ctx.set_cursor_icon(icon);
    }
}
