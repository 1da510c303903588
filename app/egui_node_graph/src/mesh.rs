//! Meshes built by hand, where a shape for each thing would cost too much: the grid of dots, and the whole scene seen
//! from far away or small. It knows boxes and colours, not what nodes say.

use std::sync::Arc;

use egui::{Color32, Mesh, Pos2, Rect, Vec2, pos2, vec2};

use crate::{
    CanvasState, Scene, Style,
    gesture::CutStroke,
    scene::{Layer, Mark, NodeBox},
    state::FarKey,
};

/// Graph units between the dots of the grid at zoom 1.
const DOT_STEP: f64 = 20.0;
/// Dots never come nearer than this on the screen.
const LEAST_DOT_STEP: f64 = 16.0;
/// A node of at least this height on the screen shows its header.
const HEADER_FROM: f32 = 14.0;

/// How much of its colour a frame, its title bar and a note have over the ground.
pub(crate) const FRAME_TINT: f32 = 0.07;
pub(crate) const FRAME_BAR_TINT: f32 = 0.2;
pub(crate) const NOTE_TINT: f32 = 0.16;

fn quad(mesh: &mut Mesh, corners: [Pos2; 4], color: Color32) {
    let first = mesh.vertices.len() as u32;
    mesh.indices.extend_from_slice(&[first, first + 1, first + 2, first, first + 2, first + 3]);
    mesh.vertices.extend(corners.map(|pos| egui::epaint::Vertex::untextured(pos, color)));
}

pub(crate) fn rectangle(mesh: &mut Mesh, rect: Rect, color: Color32) {
    quad(mesh, [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()], color);
}

/// A straight line of some width, which must have a length.
pub(crate) fn line(mesh: &mut Mesh, from: Pos2, to: Pos2, width: f32, color: Color32) {
    let along = to - from;
    let length = along.length();
    let side = vec2(-along.y, along.x) * (0.5 * width / length);
    quad(mesh, [from + side, to + side, to - side, from - side], color);
}

/// The dots of the grid. As the zoom falls every second one fades, and is gone when the step doubles.
pub(crate) fn dots(state: &CanvasState, style: &Style) -> Mesh {
    let mut mesh = Mesh::default();
    let mut step = DOT_STEP;
    while step * state.zoom() < LEAST_DOT_STEP {
        step *= 2.0;
    }
    while step * state.zoom() >= 2.0 * LEAST_DOT_STEP {
        step *= 0.5;
    }
    let near = ((step * state.zoom() / LEAST_DOT_STEP) - 1.0).clamp(0.0, 1.0) as f32;
    let fading = style.grid.gamma_multiply(near);
    let view = state.view_bounds();
    let size = Vec2::splat(1.6);
    let first = view.min.map(|x| (x / step).floor() as i64);
    let last = view.max.map(|x| (x / step).ceil() as i64);
    for row in first[1]..=last[1] {
        for column in first[0]..=last[0] {
            let color = if row % 2 == 0 && column % 2 == 0 { style.grid } else { fading };
            let at = state.to_screen([column as f64 * step, row as f64 * step]);
            rectangle(&mut mesh, Rect::from_center_size(at, size), color);
        }
    }
    mesh
}

/// From the graph to the screen, with what does not change from node to node reckoned once.
struct Projection {
    scale: f64,
    offset: [f64; 2],
}

impl Projection {
    fn new(state: &CanvasState) -> Self {
        let (camera, origin) = (state.camera(), state.rect().min);
        Self {
            scale: camera.zoom,
            offset: [
                f64::from(origin.x) - camera.pan[0] * camera.zoom,
                f64::from(origin.y) - camera.pan[1] * camera.zoom,
            ],
        }
    }

    fn at(&self, point: [f64; 2]) -> Pos2 {
        pos2((point[0] * self.scale + self.offset[0]) as f32, (point[1] * self.scale + self.offset[1]) as f32)
    }

    fn rect(&self, node: &NodeBox) -> Rect {
        Rect::from_min_size(self.at(node.pos), Vec2::from(node.size) * self.scale as f32)
    }
}

/// What a scene looks like from far away depends on.
fn far_key(scene: &Scene, state: &CanvasState, style: &Style) -> FarKey {
    FarKey {
        camera: state.camera(),
        rect: state.rect(),
        drawn: scene.drawn(),
        selection: state.selection_revision,
        style: style.clone(),
    }
}

/// Brings the picture of the wires that a stroke has crossed, seen from far away, to where the stroke is.
pub(crate) fn mark_crossed(stroke: &mut CutStroke, scene: &Scene, state: &CanvasState, style: &Style) {
    let key = far_key(scene, state, style);
    let marked = &mut stroke.marked;
    // The last frame's shapes are gone by now, so this copies nothing.
    let mesh = Arc::make_mut(&mut marked.mesh);
    if marked.key.as_ref() != Some(&key) {
        mesh.indices.clear();
        mesh.vertices.clear();
        (marked.key, marked.count) = (Some(key), 0);
    }
    let projection = Projection::new(state);
    for route in stroke.order[marked.count..].iter().filter_map(|id| scene.route_of(*id)) {
        let mut from = projection.at(route.from());
        for to in route.corners_of_via().skip(1).map(|point| projection.at(point)) {
            if from.distance_sq(to) >= 1.0 {
                line(mesh, from, to, 3.0, style.error);
            }
            from = to;
        }
    }
    marked.count = stroke.order.len();
}

/// The scene seen from far away: one mesh of flat rectangles and straight wires. It is kept while nothing changes, and
/// its memory is used again when something does.
pub(crate) fn far(scene: &Scene, state: &mut CanvasState, style: &Style, nodes: &[u32], wires: &[u32]) -> Arc<Mesh> {
    let key = far_key(scene, state, style);
    if state.scratch.far_key.as_ref() != Some(&key) {
        let mut kept = std::mem::take(&mut state.scratch.far);
        // The last frame's shapes are gone by now; if anybody still holds them, they keep theirs.
        match Arc::get_mut(&mut kept) {
            Some(mesh) => {
                mesh.indices.clear();
                mesh.vertices.clear();
                fill_far(mesh, scene, state, style, nodes, wires);
            }
            None => {
                let mut mesh = Mesh::default();
                fill_far(&mut mesh, scene, state, style, nodes, wires);
                kept = Arc::new(mesh);
            }
        }
        state.scratch.far = kept;
        state.scratch.far_key = Some(key);
    }
    state.scratch.far.clone()
}

fn fill_far(mesh: &mut Mesh, scene: &Scene, state: &CanvasState, style: &Style, nodes: &[u32], wires: &[u32]) {
    let count = nodes.len() + wires.len();
    mesh.vertices.reserve(count * 4);
    mesh.indices.reserve(count * 6);
    let projection = Projection::new(state);
    sheets(mesh, scene, state, style, nodes, &projection);
    let selected_wires = &state.selection().wires;
    for &slot in wires {
        let wire = &scene.wire_boxes[slot as usize];
        let way = scene.wire_offset(slot);
        let place = |point: [f64; 2]| projection.at([point[0] + way[0], point[1] + way[1]]);
        let chosen =
            !selected_wires.is_empty() && scene.wire_view(slot).is_some_and(|view| selected_wires.contains(&view.id));
        let (width, color) = if chosen { (2.5, style.accent) } else { (1.2, wire.color.gamma_multiply(0.6)) };
        let mut from = place(wire.route.from());
        for corner in wire.route.corners_of_via().skip(1) {
            let to = place(corner);
            // Shorter than a pixel nobody sees it.
            if from.distance_sq(to) >= 1.0 {
                line(mesh, from, to, width, color);
            }
            from = to;
        }
    }
    for &slot in nodes {
        let node = &scene.boxes[slot as usize];
        if node.layer != Layer::Node {
            continue;
        }
        let mut rect = projection.rect(node);
        // A node never vanishes altogether.
        rect.max = rect.max.max(rect.min + Vec2::splat(1.0));
        if state.scratch.selected.get(slot as usize).copied().unwrap_or_default() {
            rectangle(mesh, rect.expand(1.5), style.accent);
        }
        let marked = match node.mark {
            Mark::None => None,
            Mark::Running => Some(style.run),
            Mark::Failed => Some(style.error),
            Mark::Warning => Some(style.warn),
        };
        let strong = if node.faint { 0.25 } else { 0.6 };
        if rect.height() < HEADER_FROM {
            rectangle(mesh, rect, style.node.lerp_to_gamma(node.color, strong));
            if let Some(color) = marked {
                rectangle(mesh, Rect::from_min_max(pos2(rect.center().x, rect.min.y), rect.max), color);
            }
            continue;
        }
        rectangle(mesh, rect, style.node.lerp_to_gamma(node.color, 0.12));
        let header = crate::geometry::HEADER * projection.scale as f32;
        let strip = Rect::from_min_size(rect.min, vec2(rect.width(), header));
        rectangle(mesh, strip, style.node.lerp_to_gamma(node.color, strong));
        if let Some(color) = marked {
            let mark = Rect::from_min_max(pos2(strip.max.x - header, strip.min.y), strip.max);
            rectangle(mesh, mark.shrink(header * 0.2), color);
        }
    }
}

/// Frames and notes as flat sheets, each frame with its title bar.
fn sheets(mesh: &mut Mesh, scene: &Scene, state: &CanvasState, style: &Style, nodes: &[u32], projection: &Projection) {
    let sheet = |slot: &&u32| scene.boxes[**slot as usize].layer != Layer::Node;
    let mut sheets: Vec<u32> = nodes.iter().filter(sheet).copied().collect();
    sheets.sort_unstable_by_key(|&slot| scene.boxes[slot as usize].rank());
    for slot in sheets {
        let node = &scene.boxes[slot as usize];
        let mut rect = projection.rect(node);
        rect.max = rect.max.max(rect.min + Vec2::splat(1.0));
        if state.scratch.selected.get(slot as usize).copied().unwrap_or_default() {
            rectangle(mesh, rect.expand(1.5), style.accent);
        }
        let tint = if node.layer == Layer::Note { NOTE_TINT } else { FRAME_TINT };
        rectangle(mesh, rect, style.canvas.lerp_to_gamma(node.color, tint));
        if node.layer == Layer::Frame {
            let bar = (crate::geometry::HEADER * projection.scale as f32).min(rect.height());
            let bar = Rect::from_min_size(rect.min, vec2(rect.width(), bar));
            rectangle(mesh, bar, style.canvas.lerp_to_gamma(node.color, FRAME_BAR_TINT));
        }
    }
}

/// Fills a mesh with every node as a small rectangle, for the minimap. `at` says where a point of the graph goes.
pub(crate) fn small(mesh: &mut Mesh, scene: &Scene, style: &Style, scale: f32, at: impl Fn([f64; 2]) -> Pos2) {
    mesh.indices.clear();
    mesh.vertices.clear();
    mesh.vertices.reserve(scene.node_count() * 4);
    mesh.indices.reserve(scene.node_count() * 6);
    let alive = || scene.boxes.iter().filter(|node| node.alive);
    let mut add = |node: &NodeBox, color: Color32| {
        let size = (Vec2::from(node.size) * scale).max(Vec2::splat(1.0));
        rectangle(mesh, Rect::from_min_size(at(node.pos), size), color);
    };
    let mut sheets: Vec<&NodeBox> = alive().filter(|node| node.layer != Layer::Node).collect();
    sheets.sort_unstable_by_key(|node| node.rank());
    for node in sheets {
        add(node, style.canvas.lerp_to_gamma(node.color, FRAME_BAR_TINT));
    }
    for node in alive().filter(|node| node.layer == Layer::Node) {
        add(node, style.node.lerp_to_gamma(node.color, 0.7));
    }
}
