//! Nodes and pins as widgets: for the order of Tab, for screen readers and for tests. They lie over the canvas and leave
//! the pointer to it.

use egui::{Id, PopupAnchor, Rect, Response, Role, Sense, Tooltip, Ui, Vec2, WidgetInfo, accesskit};

use crate::{
    Action, CanvasState, Form, LevelOfDetail, NodeView, PinId, Scene, Target, Words, gesture::Gesture,
    interact::pin_widget, view::Side,
};

/// The half side of the field of a pin, in points.
const PIN_FIELD: f32 = 8.0;

/// Gives every node in view at full detail a place in the order of Tab and a name. The node with the focus has one at any
/// distance, so that it keeps the focus, and so have its pins.
pub(crate) fn widgets(
    ui: &mut Ui,
    canvas: &Response,
    scene: &Scene,
    state: &mut CanvasState,
    words: &Words,
    actions: &mut Vec<Action>,
) {
    let mut slots = match state.level_of_detail() {
        LevelOfDetail::Full => state.scratch.nodes.clone(),
        _ => Vec::new(),
    };
    if let Some(wanted) = state.wanted_focus.filter(|id| scene.node_slot(*id).is_some()) {
        state.wanted_focus = None;
        state.focused_node = Some(wanted);
        state.focused_pin = None;
        ui.ctx().memory_mut(|memory| memory.request_focus(canvas.id.with(wanted)));
    }
    let with_pins = state.focused_pin.map(|pin| pin.node).or(state.focused_node);
    slots.extend([state.focused_node, with_pins].into_iter().flatten().filter_map(|id| scene.node_slot(id)));
    // In the order of the application, not of who lies above whom.
    slots.sort_unstable();
    slots.dedup();
    let (mut focused, mut focused_pin) = (None, None);
    for slot in slots {
        let Some(view) = scene.view(slot) else { continue };
        let node = scene.boxes[slot as usize];
        let rect = Rect::from_min_size(state.to_screen(node.pos), Vec2::from(node.size) * state.zoom() as f32);
        let id = canvas.id.with(view.id);
        let response = ui.interact(rect, id, Sense::focusable_noninteractive());
        name_node(ui, &response, view, state);
        if response.has_focus() {
            focused = Some(view.id);
        }
        let asked = |action| ui.input(|i| i.has_accesskit_action_request(id, action));
        let selected = state.selection().nodes.contains(&view.id);
        if (response.gained_focus() || asked(accesskit::Action::Click)) && !selected {
            state.select([view.id], []);
            actions.push(Action::SelectionChanged);
        }
        if asked(accesskit::Action::Expand) || asked(accesskit::Action::Collapse) {
            actions.push(Action::ToggleCollapsed(view.id));
        }
        if asked(accesskit::Action::ShowContextMenu) {
            let screen_pos = canvas.rect.clamp(rect.center());
            let graph_pos = state.to_graph(screen_pos);
            actions.push(Action::ContextMenu { target: Target::Node(view.id), graph_pos, screen_pos });
        }
        if with_pins == Some(view.id)
            && let Some(pin) = pins(ui, canvas.id, scene, state, words, view)
        {
            (focused, focused_pin) = (Some(view.id), Some(pin));
        }
    }
    state.focused_node = focused;
    state.focused_pin = focused_pin;
    if focused_pin.is_none() && state.gesture.key_wire().is_some() {
        // The focus went elsewhere, and with it the keys that lead the wire.
        state.gesture = Gesture::Idle;
    }
    state.something_focused = ui.ctx().memory(|memory| memory.focused().is_some());
    say_nothing_fits(ui, canvas.id, scene, state, words);
}

fn name_node(ui: &Ui, response: &Response, view: &NodeView, state: &CanvasState) {
    let selected = state.selection().nodes.contains(&view.id);
    let role = match view.form {
        Form::Node => Role::GraphicsObject,
        Form::Frame { .. } => Role::Group,
        Form::Note { .. } => Role::Note,
    };
    response.widget_info(|| WidgetInfo::selected(role, true, selected, &view.accessible_name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.add_action(accesskit::Action::Click);
        node.add_action(accesskit::Action::ShowContextMenu);
        if view.collapsible {
            node.set_expanded(!view.collapsed);
            node.add_action(if view.collapsed { accesskit::Action::Expand } else { accesskit::Action::Collapse });
        }
    });
}

/// Gives the pins of a node names, and says which has the focus. Only that one is in the order of Tab.
fn pins(ui: &Ui, canvas: Id, scene: &Scene, state: &mut CanvasState, words: &Words, view: &NodeView) -> Option<PinId> {
    let mut focused = None;
    for side in [Side::Input, Side::Output] {
        for index in 0..view.pins(side).len().min(usize::from(u16::MAX)) as u16 {
            let pin = PinId { node: view.id, side, index };
            let Some(at) = scene.pin_pos(pin) else { continue };
            let rect = Rect::from_center_size(state.to_screen(at), Vec2::splat(2.0 * PIN_FIELD));
            let id = pin_widget(canvas, pin);
            let mut wanted = state.focused_pin == Some(pin);
            if !wanted && ui.input(|i| i.has_accesskit_action_request(id, accesskit::Action::Click)) {
                ui.ctx().memory_mut(|memory| memory.request_focus(id));
                wanted = true;
            }
            let response =
                ui.interact(rect, id, if wanted { Sense::focusable_noninteractive() } else { Sense::hover() });
            let in_hand =
                matches!(&state.gesture, Gesture::Wire(drag) if drag.keys.is_some() && drag.snapped == Some(pin));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name(scene, words, pin, in_hand)));
            ui.ctx().accesskit_node_builder(id, |node| node.add_action(accesskit::Action::Click));
            if wanted && response.has_focus() {
                focused = Some(pin);
            }
        }
    }
    focused
}

/// Fills in a sentence.
fn fill(sentence: &str, scene: &Scene, pin: PinId, joined: &str) -> String {
    let node = scene.node(pin.node);
    let view = node.and_then(|node| node.pins(pin.side).get(usize::from(pin.index)));
    let mut rest = sentence;
    let mut filled = String::with_capacity(sentence.len() + 32);
    // In one go: what is filled in may look like a placeholder itself.
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let known = [
            ("{pin}", view.map_or("", |pin| &pin.label)),
            ("{type}", view.map_or("", |pin| &pin.type_name)),
            ("{node}", node.map_or("", |node| &node.title)),
            ("{joined}", joined),
            ("{others}", joined),
        ];
        let (taken, text) = known.into_iter().find(|(key, _)| rest.starts_with(key)).unwrap_or(("{", "{"));
        filled.push_str(text);
        rest = &rest[taken.len()..];
    }
    filled.push_str(rest);
    filled.trim().to_owned()
}

/// What is said of a pin.
fn name(scene: &Scene, words: &Words, pin: PinId, candidate: bool) -> String {
    if candidate {
        return fill(&words.candidate, scene, pin, "");
    }
    let other = |wire: &crate::WireView| if wire.from == pin { wire.to } else { wire.from };
    let others: Vec<String> = scene.wires_at(pin).map(|wire| fill(&words.other_end, scene, other(wire), "")).collect();
    let joined =
        if others.is_empty() { words.free.clone() } else { fill(&words.joined, scene, pin, &others.join(", ")) };
    fill(if pin.side == Side::Input { &words.input } else { &words.output }, scene, pin, &joined)
}

/// Says, to the eye and to a screen reader, that no pin takes the wire.
fn say_nothing_fits(ui: &Ui, canvas: Id, scene: &Scene, state: &CanvasState, words: &Words) {
    let Some(pin) = state.nothing_fits else { return };
    let Some(at) = scene.pin_pos(pin) else { return };
    let rect = Rect::from_center_size(state.to_screen(at), Vec2::splat(2.0 * PIN_FIELD));
    let text = fill(&words.nothing_fits, scene, pin, "");
    let id = canvas.with("nothing fits");
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &text));
    ui.ctx().accesskit_node_builder(id, |node| node.set_live(accesskit::Live::Assertive));
    Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), id.with("tip"), PopupAnchor::ParentRect(rect))
        .show(|ui| ui.label(text));
}
