//! A canvas of nodes and wires for egui that stays fast with tens of thousands of nodes.
//!
//! The application owns the graph. It keeps a [`Scene`] up to date by edits, calls [`show`] each frame, and does what the
//! returned [`Action`]s ask for. The widget itself changes only the camera, the selection and, while a drag goes on, the
//! positions in the scene. It knows no topology: which wires are legal is for the [`Rules`] to say.
//!
//! Architecture invariants: positions are f64 and go through the widget's own pan and zoom, never through a layer
//! transform, so text stays crisp; one interaction lies under everything, and what is under the pointer is found with the
//! scene's grid; a widget per node exists at full detail only, for keyboard and screen readers. The crate has no text of
//! its own to translate and no colour of its own: the application gives both.
//!
//! Keys are taken only while no text is typed (`Context::text_edit_focused`) and no popup is open. The widget never asks
//! for the keyboard focus itself, though its nodes can be reached with Tab; from there the arrows carry it on.

mod action;
mod bench;
mod geometry;
mod gesture;
mod grid;
mod interact;
mod mesh;
mod minimap;
mod node;
mod paint;
mod route;
mod scene;
mod snap;
mod state;
mod style;
mod view;

pub use action::{Action, AllowAll, CanvasOutput, LevelOfDetail, Rules, Target};
pub use bench::chained_scene;
pub use minimap::minimap;
pub use scene::Scene;
pub use snap::Snapping;
pub use state::{Camera, CanvasState, MAX_ZOOM, MIN_ZOOM, Selection};
pub use style::{StateIcons, Style};
pub use view::{
    BodyLine, BodyText, NodeId, NodeState, NodeView, PinId, PinShape, PinView, Severity, Side, TextRole, WireId,
    WireStyle, WireView,
};

use egui::{Id, PopupAnchor, Rect, Role, Sense, Tooltip, Ui, WidgetInfo, accesskit};

use crate::gesture::Gesture;

/// Shows the canvas in all the room that is left in `ui`, deals with the input, and says what the user did.
///
/// The nodes in view are measured here and not before, so [`CanvasState::fit_all`] and its like are carried out here too,
/// whenever they were called.
pub fn show(ui: &mut Ui, scene: &mut Scene, state: &mut CanvasState, style: &Style, rules: &dyn Rules) -> CanvasOutput {
    // Not focusable: Tab goes to the nodes.
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::CLICK | Sense::DRAG);
    let first_frame = state.canvas_rect().is_none();
    state.set_rect(rect);
    scene.measure(ui.ctx(), style);
    let mut actions = interact::interact(ui, &response, scene, state, style, rules);
    if state.fly(scene, style, first_frame, ui.input(|i| i.time)) {
        ui.ctx().request_repaint();
    }

    let hovered = ui
        .ctx()
        .pointer_hover_pos()
        .filter(|pos| rect.contains(*pos) && response.contains_pointer())
        .map(|pos| interact::target_at(scene, state, pos));
    let (visible_nodes, visible_wires) = paint::paint(ui, rect, scene, state, style, rules, hovered);
    widgets(ui, response.id, scene, state, &mut actions);
    tooltip(ui, &response, scene, state, hovered);
    CanvasOutput { response, actions, hovered, level_of_detail: state.level_of_detail(), visible_nodes, visible_wires }
}

/// Gives every node in view at full detail a place in the order of Tab and a name for screen readers and tests. The node
/// with the focus has one at any distance, so that it keeps the focus.
fn widgets(ui: &mut Ui, canvas: Id, scene: &Scene, state: &mut CanvasState, actions: &mut Vec<Action>) {
    let mut slots = match state.level_of_detail() {
        LevelOfDetail::Full => state.scratch.nodes.clone(),
        _ => Vec::new(),
    };
    slots.extend(state.focused_node.and_then(|id| scene.node_slot(id)));
    // In the order of the application, not of who lies above whom.
    slots.sort_unstable();
    slots.dedup();
    let mut focused = None;
    for slot in slots {
        let Some(view) = scene.view(slot) else { continue };
        let node = scene.boxes[slot as usize];
        let rect = Rect::from_min_size(state.to_screen(node.pos), egui::Vec2::from(node.size) * state.zoom() as f32);
        let id = canvas.with(view.id);
        let response = ui.interact(rect, id, Sense::focusable_noninteractive());
        let selected = state.selection().nodes.contains(&view.id);
        response.widget_info(|| WidgetInfo::selected(Role::GraphicsObject, true, selected, &view.accessible_name));
        ui.ctx().accesskit_node_builder(id, |node| node.add_action(accesskit::Action::Click));
        if response.has_focus() {
            focused = Some(view.id);
        }
        let pressed = ui.input(|i| i.has_accesskit_action_request(id, accesskit::Action::Click));
        if (response.gained_focus() || pressed) && !selected {
            state.select([view.id], []);
            actions.push(Action::SelectionChanged);
        }
    }
    state.focused_node = focused;
    state.something_focused = ui.ctx().memory(|memory| memory.focused().is_some());
}

/// Says why a pin does not take the wire in hand, of which type a pin is, or what is wrong with a node.
fn tooltip(ui: &Ui, response: &egui::Response, scene: &Scene, state: &CanvasState, hovered: Option<Target>) {
    if let Gesture::Wire(drag) = &state.gesture {
        let refusal = drag.refused.and_then(|pin| drag.verdicts.get(&pin)).and_then(|verdict| verdict.as_ref().err());
        if let Some(reason) = refusal.filter(|reason| !reason.is_empty()) {
            let id = response.id.with("refusal");
            Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), id, PopupAnchor::Pointer)
                .show(|ui| ui.label(reason.as_str()));
        }
        return;
    }
    if state.is_gesture_active() {
        return;
    }
    let text = match hovered {
        Some(Target::Pin(pin)) => {
            let pins = scene.node(pin.node).map(|view| view.pins(pin.side));
            pins.and_then(|pins| pins.get(usize::from(pin.index))).map(|pin| pin.type_name.clone())
        }
        Some(Target::Node(id)) => scene.node(id).and_then(|view| view.tooltip.clone()),
        _ => None,
    };
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        response.clone().on_hover_text_at_pointer(text);
    }
}
