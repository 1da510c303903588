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
//! Frames and notes are nodes of another [`Form`], so that selecting, moving and deleting are one thing; a collapsed node
//! and one that can be entered are nodes too. What is inside a frame or a node is for the application to know.
//!
//! Keys are taken only while no text is typed (`Context::text_edit_focused`) and no popup is open. The widget never asks
//! for the keyboard focus itself, though its nodes can be reached with Tab; from there the arrows carry it on.

mod access;
mod action;
mod bench;
pub mod bindings;
mod extras;
mod geometry;
mod gesture;
mod grid;
mod hash;
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
pub use bench::{MEASURED_VIEWS, Measured, MeasuredView, chained_scene, measure, mixed_scene};
pub use extras::{Extras, NotePainter, Words};
pub use minimap::minimap;
pub use scene::Scene;
pub use snap::Snapping;
pub use state::{Camera, CanvasState, MAX_ZOOM, MIN_ZOOM, Selection};
pub use style::{StateIcons, Style};
pub use view::{
    Bar, BodyLine, BodyText, Form, NodeId, NodeState, NodeView, PinId, PinShape, PinView, PreviewRow, Severity, Side,
    TextRole, WireId, WireStyle, WireView,
};

use egui::{PopupAnchor, Sense, Tooltip, Ui};

use crate::gesture::Gesture;

/// Shows the canvas in all the room that is left in `ui`, deals with the input, and says what the user did.
///
/// The nodes in view are measured here and not before, so [`CanvasState::fit_all`] and its like are carried out here too,
/// whenever they were called.
pub fn show(ui: &mut Ui, scene: &mut Scene, state: &mut CanvasState, style: &Style, rules: &dyn Rules) -> CanvasOutput {
    show_with(ui, scene, state, style, rules, Extras::default())
}

/// The same with what else the application has to give: the content of notes, and words for screen readers.
pub fn show_with(
    ui: &mut Ui,
    scene: &mut Scene,
    state: &mut CanvasState,
    style: &Style,
    rules: &dyn Rules,
    extras: Extras<'_>,
) -> CanvasOutput {
    let Extras { note, words } = extras;
    // Not focusable: Tab goes to the nodes.
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::CLICK | Sense::DRAG);
    let first_frame = state.canvas_rect().is_none();
    state.set_rect(rect);
    scene.measure(ui.ctx(), style);
    if scene.land() {
        ui.ctx().request_repaint();
    }
    let mut actions = interact::interact(ui, &response, scene, state, style, rules);
    if state.fly(scene, style, first_frame, ui.input(|i| i.time)) {
        ui.ctx().request_repaint();
    }

    let hovered = ui
        .ctx()
        .pointer_hover_pos()
        .filter(|pos| rect.contains(*pos) && response.contains_pointer())
        .map(|pos| interact::target_at(scene, state, pos));
    let (visible_nodes, visible_wires) = paint::paint(ui, rect, scene, state, style, rules, hovered, note);
    let signs;
    let words = match words {
        Some(words) => words,
        None => {
            signs = Words::default();
            &signs
        }
    };
    access::widgets(ui, &response, scene, state, words, &mut actions);
    tooltip(ui, &response, scene, state, hovered);
    CanvasOutput { response, actions, hovered, level_of_detail: state.level_of_detail(), visible_nodes, visible_wires }
}

/// Says why a pin does not take the wire in hand, of which type a pin is, or what is wrong with a node.
fn tooltip(ui: &Ui, response: &egui::Response, scene: &Scene, state: &CanvasState, hovered: Option<Target>) {
    if let Gesture::Wire(drag) = &state.gesture {
        if drag.keys.is_some() {
            return;
        }
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
