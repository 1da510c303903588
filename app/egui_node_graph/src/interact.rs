//! From events to actions: gestures of the pointer and keys. It draws nothing and never asks what a wire means.

mod keys;
mod moving;
mod pins;
mod resize;
mod via;
mod wire;

use egui::{
    Context, CursorIcon, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, Rect, Response,
    Ui, Vec2,
};

use crate::{
    Action, CanvasState, LevelOfDetail, Rules, Scene, Selection, Style, Target,
    geometry::{CHEVRON, COLLAPSED_INDENT, HEADER},
    gesture::{CutStroke, Gesture, Press, StrokeKind},
    grid::Bounds,
    scene::Layer,
    view::NodeId,
};
pub(crate) use pins::pin_widget;

/// How near the pointer must be to a pin to take hold of it, in points, and never more than so many graph units: else
/// the pins of a small node would leave nothing of it to take hold of.
const PIN_REACH: f64 = 9.0;
const PIN_REACH_UNITS: f64 = 12.0;
/// How near the pointer must be to a wire, in points.
const WIRE_REACH: f64 = 6.0;
/// How near the pointer must be to an edge of a frame or a note, in points, and never more than so many graph units.
const EDGE_REACH: f64 = 5.0;
const EDGE_REACH_UNITS: f64 = 12.0;
/// How near it must be to a point of a wire, in points.
const VIA_REACH: f64 = 8.0;
/// The half of the field that takes a click on the arrow in a header, in graph units.
const CHEVRON_REACH: [f64; 2] = [7.0, 11.0];
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
    if let Some((node, _)) = scene.hit(at, 0.0, |layer| layer == Layer::Node) {
        return Target::Node(node);
    }
    if state.level_of_detail() != LevelOfDetail::Far
        && let Some((wire, index)) = scene.via_at(at, VIA_REACH / zoom)
    {
        return Target::Via { wire, index };
    }
    if let Some(wire) = scene.wire_at(at, WIRE_REACH / zoom) {
        return Target::Wire(wire);
    }
    let beneath = scene.hit(at, (EDGE_REACH / zoom).min(EDGE_REACH_UNITS), |layer| layer != Layer::Node);
    beneath.map_or(Target::Canvas, |(node, _)| Target::Node(node))
}

/// The edges of a frame or a note at a point of the screen where `target` was found: -1 for the left or upper one, 1 for
/// the right or lower one.
fn edges_at(scene: &Scene, state: &CanvasState, pos: Pos2, target: Target) -> Option<[i8; 2]> {
    let Target::Node(id) = target else { return None };
    if state.level_of_detail() == LevelOfDetail::Far {
        return None;
    }
    scene.node(id)?.form.size()?;
    let bounds = scene.node_bounds(id)?;
    let at = state.to_graph(pos);
    let reach = (EDGE_REACH / state.zoom()).min(EDGE_REACH_UNITS);
    let edges = [0, 1].map(|axis| {
        if at[axis] >= bounds.max[axis] - reach {
            1
        } else if at[axis] <= bounds.min[axis] + reach {
            -1
        } else {
            0
        }
    });
    (edges != [0, 0]).then_some(edges)
}

/// Where the arrow that collapses a node is, in graph units from its corner.
pub(crate) fn chevron_offset(collapsed: bool) -> [f32; 2] {
    [CHEVRON + if collapsed { COLLAPSED_INDENT } else { 0.0 }, HEADER * 0.5]
}

/// The node on whose arrow a point of the screen lies, where `target` was found.
pub(crate) fn chevron_at(scene: &Scene, state: &CanvasState, pos: Pos2, target: Target) -> Option<NodeId> {
    let Target::Node(id) = target else { return None };
    let view = scene.node(id)?;
    if !view.collapsible || view.form.size().is_some() || state.level_of_detail() != LevelOfDetail::Full {
        return None;
    }
    let (corner, _) = scene.node_rect(id)?;
    let (at, offset) = (state.to_graph(pos), chevron_offset(view.collapsed));
    let near = |axis: usize| (at[axis] - corner[axis] - f64::from(offset[axis])).abs() <= CHEVRON_REACH[axis];
    (near(0) && near(1)).then_some(id)
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
                Event::PointerButton { pos, button, pressed: true, modifiers } if ours && self.rect().contains(pos) => {
                    if self.by_keys() {
                        self.cancel();
                    }
                    self.state.nothing_fits = None;
                    if !self.state.is_gesture_active() {
                        self.press(pos, button, modifiers, panning);
                    }
                }
                Event::PointerButton { pos, button, pressed: false, .. } if !self.by_keys() => {
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
        if self.state.is_gesture_active() && !self.by_keys() {
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
                target if chevron_at(self.scene, self.state, pos, target).is_some() => {}
                Target::Node(id) => self.actions.push(Action::ActivateNode(id)),
                Target::Canvas => self.open_add_menu(pos),
                Target::Wire(wire) => self.add_point(wire, pos),
                Target::Via { wire, index } => self.remove_point(wire, index),
                Target::Pin(_) => {}
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
                self.begin_stroke(StrokeKind::Cut, pos);
            }
            PointerButton::Secondary if modifiers.shift => self.begin_stroke(StrokeKind::Bend, pos),
            PointerButton::Secondary => self.state.gesture = Gesture::Secondary { origin: pos },
            PointerButton::Extra1 | PointerButton::Extra2 => {}
        }
    }

    fn begin_stroke(&mut self, kind: StrokeKind, pos: Pos2) {
        let points = vec![self.state.to_graph(pos)];
        self.state.gesture = Gesture::Cut(CutStroke::new(kind, pos, points));
    }

    fn press_primary(&mut self, pos: Pos2, modifiers: Modifiers) {
        let target = target_at(self.scene, self.state, pos);
        let all_wires = modifiers.command || modifiers.ctrl;
        let adding = modifiers.shift || all_wires;
        let before = self.state.selection().clone();
        let mut was_selected = false;
        self.state.selected_via = None;
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
            Target::Wire(id) | Target::Via { wire: id, .. } => {
                if let Target::Via { wire, index } = target {
                    self.state.selected_via = Some((wire, index));
                }
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
        let edges = edges_at(self.scene, self.state, pos, target);
        let chevron = chevron_at(self.scene, self.state, pos, target).is_some();
        let alone = all_wires || modifiers.alt;
        self.state.gesture = Gesture::Press(Press {
            origin: pos,
            target,
            adding,
            all_wires,
            alone,
            edges,
            chevron,
            before,
            was_selected,
        });
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
            Gesture::Resize(drag) => self.drag_edges(drag, at),
            Gesture::Via(drag) => self.drag_point(drag, at),
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
            Target::Node(id) => match press.edges.and_then(|edges| self.begin_resize(id, edges, origin)) {
                Some(resize) => resize,
                None => self.begin_move(origin, press.alone),
            },
            Target::Pin(pin) => self.begin_wire(pin, press.all_wires, press.origin),
            Target::Via { wire, index } => self.begin_point(wire, index, origin),
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
            Gesture::Resize(drag) => self.drop_edges(drag),
            Gesture::Via(drag) => self.drop_point(drag),
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
        let Press { target, adding, was_selected, chevron, .. } = press;
        if chevron && let Target::Node(id) = target {
            self.actions.push(Action::ToggleCollapsed(id));
        }
        self.state.change_selection(|selection| match target {
            Target::Node(id) if adding && was_selected => {
                selection.nodes.remove(&id);
            }
            Target::Wire(id) | Target::Via { wire: id, .. } if adding && was_selected => {
                selection.wires.remove(&id);
            }
            Target::Node(id) if !adding => {
                *selection = Selection { nodes: [id].into(), wires: Default::default() };
            }
            Target::Wire(id) | Target::Via { wire: id, .. } if !adding => {
                *selection = Selection { nodes: Default::default(), wires: [id].into() };
            }
            Target::Canvas if !adding => *selection = Selection::default(),
            _ => {}
        });
    }

    /// The button is up and nobody said so: what was moved stays, what was drawn goes.
    fn lost(&mut self) {
        match std::mem::take(&mut self.state.gesture) {
            Gesture::Move(_) => self.finish_move(),
            Gesture::Resize(drag) => self.drop_edges(drag),
            Gesture::Via(drag) => self.drop_point(drag),
            Gesture::Press(press) => self.click(press),
            _ => {}
        }
    }

    /// Takes the gesture back as if it had not begun.
    fn cancel(&mut self) {
        match std::mem::take(&mut self.state.gesture) {
            Gesture::Idle | Gesture::Pan { .. } | Gesture::Secondary { .. } | Gesture::Cut(_) => {}
            Gesture::Wire(drag) => self.back_to_pin(&drag),
            Gesture::Press(Press { before, .. }) | Gesture::BoxSelect { before, .. } => {
                self.state.set_selection(before);
            }
            Gesture::Resize(drag) => {
                self.scene.resize(drag.node, drag.start);
                self.scene.hold(drag.node, false);
            }
            Gesture::Via(drag) => {
                self.scene.bend(drag.wire, &drag.start);
                self.scene.hold_wire(drag.wire, false);
            }
            Gesture::Move(_) => {
                self.scene.put_down(false);
                self.actions.push(Action::MoveCancelled);
            }
        }
    }

    /// Lets the canvas follow when something is dragged over its edge.
    fn follow_over_edge(&mut self, pos: Pos2, dt: f32) {
        let carrying = matches!(
            self.state.gesture,
            Gesture::Move(_) | Gesture::Resize(_) | Gesture::Via(_) | Gesture::BoxSelect { .. } | Gesture::Wire(_)
        );
        let beyond = pos - self.rect().clamp(pos);
        if carrying && beyond != Vec2::ZERO {
            self.state.pan_by(-beyond.clamp(Vec2::splat(-60.0), Vec2::splat(60.0)) * EDGE_SPEED * dt.min(0.1));
            self.ctx.request_repaint();
        }
    }

    fn cursor(&self, panning: bool, pointer: Option<Pos2>) {
        let icon = match &self.state.gesture {
            Gesture::Pan { .. } | Gesture::Move(_) | Gesture::Via(_) => CursorIcon::Grabbing,
            Gesture::Resize(drag) => resize_cursor(drag.edges),
            Gesture::Press(Press { edges: Some(edges), .. }) => resize_cursor(*edges),
            Gesture::Cut(_) => CursorIcon::Crosshair,
            Gesture::Wire(wire) if wire.keys.is_some() => return,
            Gesture::Wire(wire) if wire.refused.is_some() => CursorIcon::NotAllowed,
            Gesture::Wire(_) => CursorIcon::Crosshair,
            _ if !self.response.hovered() => return,
            _ if panning => CursorIcon::Grab,
            _ => {
                let Some(pos) = pointer else { return };
                let target = target_at(self.scene, self.state, pos);
                match (target, edges_at(self.scene, self.state, pos, target)) {
                    (_, Some(edges)) => resize_cursor(edges),
                    (Target::Pin(_), _) => CursorIcon::Crosshair,
                    (Target::Via { .. }, _) => CursorIcon::Grab,
                    _ if chevron_at(self.scene, self.state, pos, target).is_some() => CursorIcon::PointingHand,
                    _ => return,
                }
            }
        };
        self.ctx.set_cursor_icon(icon);
    }
}

fn resize_cursor(edges: [i8; 2]) -> CursorIcon {
    match edges {
        [_, 0] => CursorIcon::ResizeHorizontal,
        [0, _] => CursorIcon::ResizeVertical,
        [x, y] if x == y => CursorIcon::ResizeNwSe,
        _ => CursorIcon::ResizeNeSw,
    }
}
