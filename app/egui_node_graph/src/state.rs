//! What the widget remembers between frames: camera, selection and the gesture that is going on.
//!
//! Only the camera outlives the program. Nothing here reads input or draws.

use std::{collections::BTreeSet, sync::Arc};

use egui::{Color32, Mesh, Pos2, Rect, Vec2, emath::GuiRounding as _, pos2};
use serde::{Deserialize, Serialize};

use crate::{
    LevelOfDetail, Snapping, Style,
    bindings::Keys,
    gesture::Gesture,
    grid::Bounds,
    scene::Scene,
    view::{NodeId, PinId, WireId},
};

/// The smallest zoom that the wheel goes to.
pub const MIN_ZOOM: f64 = 0.05;
/// The largest zoom.
pub const MAX_ZOOM: f64 = 4.0;

/// The smallest zoom there is: fitting goes further out than the wheel, so that all of a huge graph can be seen.
const LEAST_ZOOM: f64 = 0.005;

/// Below this zoom nodes are flat rectangles.
pub(crate) const FAR_ZOOM: f64 = 0.35;
/// To this zoom nodes are header and title.
pub(crate) const MIDDLE_ZOOM: f64 = 0.7;

/// How long the camera takes to get somewhere.
const FLIGHT_S: f64 = 0.18;
/// The space left around what is fitted, in points.
const FIT_MARGIN: f64 = 40.0;

/// Which part of the graph is seen, and how large.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Camera {
    /// The point of the graph at the top left corner of the canvas, in graph units.
    pub pan: [f64; 2],
    /// Points of the screen for one graph unit, at most [`MAX_ZOOM`]; less than [`MIN_ZOOM`] only where a huge graph is
    /// fitted.
    pub zoom: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Self { pan: [-40.0, -40.0], zoom: 1.0 }
    }
}

impl Camera {
    /// The camera with anything impossible (a broken file) put right.
    fn sane(self) -> Self {
        let zoom = if self.zoom.is_finite() { self.zoom.clamp(LEAST_ZOOM, MAX_ZOOM) } else { 1.0 };
        Self { pan: self.pan.map(|x| if x.is_finite() { x.clamp(-1.0e10, 1.0e10) } else { 0.0 }), zoom }
    }
}

/// What is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Nodes.
    pub nodes: BTreeSet<NodeId>,
    /// Wires.
    pub wires: BTreeSet<WireId>,
}

impl Selection {
    /// Nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.wires.is_empty()
    }
}

/// Where the camera was asked to go; answered in the next frame, when the canvas is known.
#[derive(Clone, Debug, PartialEq)]
enum Goal {
    All,
    Selection,
    Nodes(Vec<NodeId>),
    Bounds(Bounds),
    Node(NodeId),
    Point([f64; 2]),
    Zoom(f64),
    Exactly(Camera),
}

#[derive(Clone, Copy, Debug)]
struct Flight {
    from: Camera,
    to: Camera,
    began_s: f64,
}

/// The mesh of the minimap, kept until what it shows has changed.
#[derive(Clone, Debug)]
pub(crate) struct KeptMesh {
    pub geometry: u64,
    pub rect: Rect,
    /// The box around all nodes that it shows.
    pub bounds: Bounds,
    /// Frames that it has been shown though it is out of date.
    pub late: u8,
    /// The colours with which the nodes were mixed.
    pub ground: (Color32, Color32),
    pub mesh: Arc<Mesh>,
}

/// Buffers that keep their memory from frame to frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    pub nodes: Vec<u32>,
    pub wires: Vec<u32>,
    /// Whether each node slot is selected.
    pub selected: Vec<bool>,
    /// The selection and structure for which `selected` holds.
    pub selected_key: Option<(u64, u64)>,
    /// The scene from far away, and what it was made from.
    pub far: Arc<Mesh>,
    pub far_key: Option<FarKey>,
}

/// What the scene from far away looks like depends on this and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FarKey {
    pub camera: Camera,
    pub rect: Rect,
    pub drawn: u64,
    pub selection: u64,
    pub style: Style,
}

/// What the widget remembers between frames. Serialised it is the camera alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CanvasState {
    camera: Camera,
    /// To what dragged nodes are drawn.
    #[serde(skip)]
    pub snapping: Snapping,
    /// The keys that its user has chosen.
    #[serde(skip)]
    pub keys: Keys,
    #[serde(skip)]
    selection: Selection,
    #[serde(skip)]
    pub(crate) selection_revision: u64,
    #[serde(skip)]
    rect: Option<Rect>,
    #[serde(skip)]
    goals: Vec<Goal>,
    #[serde(skip)]
    flight: Option<Flight>,
    #[serde(skip)]
    pub(crate) gesture: Gesture,
    /// The node with the keyboard focus.
    #[serde(skip)]
    pub(crate) focused_node: Option<NodeId>,
    /// The node that is to have the keyboard focus in the next frame.
    #[serde(skip)]
    pub(crate) wanted_focus: Option<NodeId>,
    /// The pin with the keyboard focus; its node then counts as the one that has it.
    #[serde(skip)]
    pub(crate) focused_pin: Option<PinId>,
    /// The point of a wire that was clicked last, and which of its points it is.
    #[serde(skip)]
    pub(crate) selected_via: Option<(WireId, u16)>,
    /// No pin fits the wire that keys were to lead from this one: it is said there until the next key or click.
    #[serde(skip)]
    pub(crate) nothing_fits: Option<PinId>,
    /// The node to which the arrow keys came last.
    #[serde(skip)]
    pub(crate) arrow_node: Option<NodeId>,
    /// Anything at all had the keyboard focus at the end of the last frame.
    #[serde(skip)]
    pub(crate) something_focused: bool,
    /// The last scrolling came from a surface that is stroked, not from a wheel that clicks.
    #[serde(skip)]
    pub(crate) trackpad: bool,
    #[serde(skip)]
    pub(crate) pruned_structure: u64,
    #[serde(skip)]
    pub(crate) scratch: Scratch,
    #[serde(skip)]
    pub(crate) minimap: Option<KeptMesh>,
}

impl CanvasState {
    /// A canvas with the camera at the origin.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is seen.
    pub fn camera(&self) -> Camera {
        self.camera
    }

    /// Looks somewhere else at once.
    pub fn set_camera(&mut self, camera: Camera) {
        self.flight = None;
        self.goals.clear();
        self.camera = camera.sane();
    }

    /// The zoom: points of the screen for one graph unit.
    pub fn zoom(&self) -> f64 {
        self.camera.zoom
    }

    /// Goes where all nodes are seen.
    pub fn fit_all(&mut self) {
        self.goals.push(Goal::All);
    }

    /// Goes where all selected nodes are seen; all nodes if none is selected.
    pub fn fit_selection(&mut self) {
        self.goals.push(Goal::Selection);
    }

    /// Goes where all of these nodes are seen, such as those with a problem. Nothing if there are none of them.
    pub fn fit_nodes(&mut self, nodes: impl IntoIterator<Item = NodeId>) {
        self.goals.push(Goal::Nodes(nodes.into_iter().collect()));
    }

    /// Goes where all between two corners is seen, in graph units.
    pub fn fit_rect(&mut self, min: [f64; 2], max: [f64; 2]) {
        self.goals.push(Goal::Bounds(Bounds::from_points(min, max)));
    }

    /// Brings a node to the middle, and near enough to be read.
    pub fn center_on(&mut self, node: NodeId) {
        self.goals.push(Goal::Node(node));
    }

    /// Brings a point of the graph to the middle.
    pub fn center_on_point(&mut self, point: [f64; 2]) {
        self.goals.push(Goal::Point(point));
    }

    /// Zooms about the middle of the canvas.
    pub fn zoom_to(&mut self, zoom: f64) {
        self.goals.push(Goal::Zoom(zoom));
    }

    /// Goes to a camera that was remembered.
    pub fn fly_to(&mut self, camera: Camera) {
        self.goals.push(Goal::Exactly(camera));
    }

    /// What is selected.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Selects these and nothing else. No action comes of it.
    pub fn select(&mut self, nodes: impl IntoIterator<Item = NodeId>, wires: impl IntoIterator<Item = WireId>) {
        let selection = Selection { nodes: nodes.into_iter().collect(), wires: wires.into_iter().collect() };
        self.set_selection(selection);
    }

    /// Selects nothing. No action comes of it.
    pub fn clear_selection(&mut self) {
        self.set_selection(Selection::default());
    }

    pub(crate) fn set_selection(&mut self, selection: Selection) {
        if selection != self.selection {
            self.selection = selection;
            self.selection_revision += 1;
        }
    }

    pub(crate) fn change_selection(&mut self, change: impl FnOnce(&mut Selection)) {
        let mut selection = std::mem::take(&mut self.selection);
        let before = selection.clone();
        change(&mut selection);
        if selection != before {
            self.selection_revision += 1;
        }
        self.selection = selection;
    }

    /// Forgets selected nodes and wires that are gone.
    pub(crate) fn prune_selection(&mut self, scene: &Scene) {
        if self.pruned_structure == scene.structure() {
            return;
        }
        self.pruned_structure = scene.structure();
        self.change_selection(|selection| {
            selection.nodes.retain(|&id| scene.node_slot(id).is_some());
            selection.wires.retain(|&id| scene.contains_wire(id));
        });
        self.selected_via = self.selected_via.filter(|(wire, _)| scene.contains_wire(*wire));
    }

    /// Gives a node the keyboard focus, at any distance: as soon as the scene has it.
    pub fn focus(&mut self, node: NodeId) {
        self.wanted_focus = Some(node);
    }

    /// The node that has the keyboard focus, itself or by one of its pins.
    pub fn focused(&self) -> Option<NodeId> {
        self.focused_node
    }

    /// A drag, a frame or a wire is under way: Esc belongs to the canvas.
    pub fn is_gesture_active(&self) -> bool {
        !matches!(self.gesture, Gesture::Idle)
    }

    /// Where the canvas was in the last frame.
    pub fn canvas_rect(&self) -> Option<Rect> {
        self.rect
    }

    pub(crate) fn set_rect(&mut self, rect: Rect) {
        self.rect = Some(rect);
        self.camera = self.camera.sane();
    }

    pub(crate) fn rect(&self) -> Rect {
        self.rect.unwrap_or(Rect::ZERO)
    }

    /// Where a point of the graph is on the screen.
    pub fn to_screen(&self, point: [f64; 2]) -> Pos2 {
        let origin = self.rect().min;
        let at = |axis: usize| ((point[axis] - self.camera.pan[axis]) * self.camera.zoom) as f32;
        pos2(origin.x + at(0), origin.y + at(1))
    }

    /// Which point of the graph is at a place on the screen.
    pub fn to_graph(&self, point: Pos2) -> [f64; 2] {
        let offset = point - self.rect().min;
        [
            self.camera.pan[0] + f64::from(offset.x) / self.camera.zoom,
            self.camera.pan[1] + f64::from(offset.y) / self.camera.zoom,
        ]
    }

    /// The part of the graph that is seen.
    pub(crate) fn view_bounds(&self) -> Bounds {
        Bounds { min: self.to_graph(self.rect().min), max: self.to_graph(self.rect().max) }
    }

    pub(crate) fn level_of_detail(&self) -> LevelOfDetail {
        if self.camera.zoom < FAR_ZOOM {
            LevelOfDetail::Far
        } else if self.camera.zoom <= MIDDLE_ZOOM {
            LevelOfDetail::Middle
        } else {
            LevelOfDetail::Full
        }
    }

    /// Moves what is seen by so many points of the screen.
    pub(crate) fn pan_by(&mut self, delta: Vec2) {
        self.flight = None;
        self.camera.pan[0] -= f64::from(delta.x) / self.camera.zoom;
        self.camera.pan[1] -= f64::from(delta.y) / self.camera.zoom;
    }

    /// Brings a point of the graph to the middle at once.
    pub(crate) fn look_at(&mut self, point: [f64; 2]) {
        let camera = self.centred(point, self.camera.zoom);
        self.set_camera(camera);
    }

    /// Marks the selected slots for drawing, unless they are marked already.
    pub(crate) fn mark_selected(&mut self, scene: &Scene) {
        let key = Some((self.selection_revision, scene.structure()));
        if self.scratch.selected_key == key {
            return;
        }
        self.scratch.selected_key = key;
        self.scratch.selected.clear();
        self.scratch.selected.resize(scene.boxes.len(), false);
        for &id in &self.selection.nodes {
            if let Some(slot) = scene.node_slot(id) {
                self.scratch.selected[slot as usize] = true;
            }
        }
    }

    /// Zooms so that what is at `at` stays there.
    pub(crate) fn zoom_by(&mut self, factor: f64, at: Pos2) {
        self.flight = None;
        self.camera = self.zoomed(self.camera.zoom * factor, at);
    }

    fn zoomed(&self, zoom: f64, at: Pos2) -> Camera {
        let least = MIN_ZOOM.min(self.camera.zoom);
        let zoom = if zoom.is_finite() { zoom.clamp(least, MAX_ZOOM) } else { self.camera.zoom };
        let fixed = self.to_graph(at);
        let offset = at - self.rect().min;
        Camera { pan: [fixed[0] - f64::from(offset.x) / zoom, fixed[1] - f64::from(offset.y) / zoom], zoom }
    }

    fn centred(&self, point: [f64; 2], zoom: f64) -> Camera {
        let half = self.rect().size() * 0.5;
        Camera { pan: [point[0] - f64::from(half.x) / zoom, point[1] - f64::from(half.y) / zoom], zoom }
    }

    fn fitted(&self, bounds: Bounds) -> Camera {
        let size = self.rect().size();
        let room = |points: f32, units: f64| (f64::from(points) - 2.0 * FIT_MARGIN).max(1.0) / units.max(1.0);
        let zoom = room(size.x, bounds.max[0] - bounds.min[0])
            .min(room(size.y, bounds.max[1] - bounds.min[1]))
            .clamp(LEAST_ZOOM, 1.0);
        self.centred([0, 1].map(|axis| (bounds.min[axis] + bounds.max[axis]) * 0.5), zoom)
    }

    fn aim(&self, goal: Goal, scene: &Scene) -> Option<Camera> {
        let rect = |id: &NodeId| scene.node_slot(*id).map(|slot| scene.boxes[slot as usize].bounds());
        let all = || scene.bounds().map(|(min, max)| Bounds { min, max });
        match goal {
            Goal::All => all().map(|bounds| self.fitted(bounds)),
            Goal::Selection => {
                let selected = self.selection.nodes.iter().filter_map(rect).reduce(Bounds::union);
                selected.or_else(all).map(|bounds| self.fitted(bounds))
            }
            Goal::Nodes(nodes) => nodes.iter().filter_map(rect).reduce(Bounds::union).map(|bounds| self.fitted(bounds)),
            Goal::Bounds(bounds) => Some(self.fitted(bounds)),
            Goal::Node(id) => rect(&id).map(|bounds| {
                let middle = [0, 1].map(|axis| (bounds.min[axis] + bounds.max[axis]) * 0.5);
                self.centred(middle, self.camera.zoom.max(1.0))
            }),
            Goal::Point(point) => Some(self.centred(point, self.camera.zoom)),
            Goal::Zoom(zoom) => Some(self.zoomed(zoom, self.rect().center())),
            Goal::Exactly(camera) => Some(camera),
        }
    }

    /// Brings the camera nearer to where it was asked to go. True while it is on its way.
    pub(crate) fn fly(&mut self, scene: &Scene, style: &Style, first_frame: bool, now_s: f64) -> bool {
        for goal in std::mem::take(&mut self.goals) {
            let Some(to) = self.aim(goal, scene).map(Camera::sane) else { continue };
            if style.reduced_motion || first_frame {
                self.flight = None;
                self.camera = to;
            } else {
                self.flight = Some(Flight { from: self.camera, to, began_s: now_s });
            }
        }
        let Some(Flight { from, to, began_s }) = self.flight else { return false };
        let t = ((now_s - began_s) / FLIGHT_S).clamp(0.0, 1.0);
        if t >= 1.0 {
            self.camera = to;
            self.flight = None;
            return false;
        }
        // Slow at both ends. The zoom goes in equal ratios and the middle of the canvas goes straight, which keeps what
        // is looked at in view.
        let t = t * t * (3.0 - 2.0 * t);
        let zoom = from.zoom * (to.zoom / from.zoom).powf(t);
        let half = self.rect().size() * 0.5;
        let middle = |camera: &Camera| {
            [camera.pan[0] + f64::from(half.x) / camera.zoom, camera.pan[1] + f64::from(half.y) / camera.zoom]
        };
        let (a, b) = (middle(&from), middle(&to));
        self.camera = self.centred([0, 1].map(|axis| a[axis] + (b[axis] - a[axis]) * t), zoom);
        true
    }

    /// The screen position of a node's corner, on a whole pixel so that text and edges stay crisp while panning.
    pub(crate) fn to_pixel(&self, point: [f64; 2], pixels_per_point: f32) -> Pos2 {
        self.to_screen(point).round_to_pixels(pixels_per_point)
    }
}
