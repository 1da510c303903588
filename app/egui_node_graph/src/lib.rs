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
//! for the keyboard focus itself, though its nodes can be reached with Tab.

mod action;
mod bench;
mod geometry;
mod grid;
mod scene;
mod state;
mod style;
mod view;

pub use action::{Action, AllowAll, CanvasOutput, LevelOfDetail, Rules, Target};
pub use bench::chained_scene;
pub use scene::Scene;
pub use state::{Camera, CanvasState, MAX_ZOOM, MIN_ZOOM, Selection};
pub use style::{StateIcons, Style};
pub use view::{
    BodyLine, BodyText, NodeId, NodeState, NodeView, PinId, PinShape, PinView, Severity, Side, TextRole, WireId,
    WireStyle, WireView,
};

/// Shows the canvas in all the room that is left in `ui`.
pub fn show(
    ui: &mut egui::Ui,
    scene: &mut Scene,
    state: &mut CanvasState,
    style: &Style,
    rules: &dyn Rules,
) -> CanvasOutput {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), egui::Sense::click_and_drag());
    state.set_rect(rect);
    scene.measure(ui.ctx(), style);
    let _ = rules;
    CanvasOutput {
        response,
        actions: Vec::new(),
        hovered: None,
        level_of_detail: state.level_of_detail(),
        visible_nodes: 0,
        visible_wires: 0,
    }
}

/// Shows the whole scene small in `rect`, over the canvas: call it after [`show`]. A click or a drag moves the camera.
pub fn minimap(
    ui: &mut egui::Ui,
    scene: &Scene,
    state: &mut CanvasState,
    style: &Style,
    rect: egui::Rect,
) -> egui::Response {
    let _ = (scene, state, style);
    ui.allocate_rect(rect, egui::Sense::click_and_drag())
}
