//! The whole scene, small, with a frame around what is seen.

use std::sync::Arc;

use egui::{CornerRadius, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui, pos2};

use crate::{CanvasState, Scene, Style, grid::Bounds, mesh, state::KeptMesh};

/// The space between the edge of the minimap and what it shows, in points.
const MARGIN: f32 = 6.0;

/// A scene of more nodes than this is drawn anew every so many frames, while its nodes move.
const MANY_NODES: usize = 4_000;
const MANY_EVERY: u8 = 8;

/// Shows the whole scene small in `rect`, over the canvas: call it after [`show`](crate::show). A click or a drag moves
/// the camera.
pub fn minimap(ui: &mut Ui, scene: &Scene, state: &mut CanvasState, style: &Style, rect: Rect) -> Response {
    let response = ui.interact(rect, ui.scope_id().with("minimap"), Sense::CLICK | Sense::DRAG);
    let painter = ui.painter_at(rect.expand(1.0));
    painter.rect(rect, CornerRadius::same(4), style.canvas, Stroke::new(1.0, style.border), StrokeKind::Inside);
    let mut kept = state.minimap.take().filter(|kept| kept.rect == rect && kept.ground == (style.node, style.canvas));
    let is_new = |kept: &KeptMesh| kept.geometry == scene.geometry();
    let late = kept.as_mut().filter(|kept| !is_new(kept) && scene.node_count() > MANY_NODES && kept.late < MANY_EVERY);
    if let Some(kept) = late {
        kept.late += 1;
        ui.ctx().request_repaint();
    } else if !kept.as_ref().is_some_and(is_new) {
        let Some((min, max)) = scene.bounds() else { return response };
        let bounds = Bounds { min, max };
        let mut mesh = kept.map(|kept| kept.mesh).unwrap_or_default();
        // The last frame's shapes are gone by now, so that its memory serves again; if not, they keep theirs.
        let place = Place::new(rect, &bounds);
        mesh::small(Arc::make_mut(&mut mesh), scene, style, place.scale as f32, |point| place.at(point));
        let ground = (style.node, style.canvas);
        kept = Some(KeptMesh { geometry: scene.geometry(), rect, bounds, late: 0, ground, mesh });
    }
    let Some(kept) = kept else { return response };
    let place = Place::new(rect, &kept.bounds);
    painter.add(Shape::Mesh(kept.mesh.clone()));
    state.minimap = Some(kept);

    let view = state.view_bounds();
    let frame = Rect::from_two_pos(place.at(view.min), place.at(view.max)).intersect(rect);
    painter.rect(frame, 2.0, style.accent.gamma_multiply(0.08), Stroke::new(1.0, style.accent), StrokeKind::Inside);

    if (response.clicked() || response.dragged())
        && let Some(pos) = response.interact_pointer_pos()
    {
        state.look_at(place.of(pos));
        ui.ctx().request_repaint();
    }
    response
}

/// Where the scene stands in the minimap.
struct Place {
    scale: f64,
    /// The point of the graph in the middle, and where that is.
    middle: [f64; 2],
    center: Pos2,
}

impl Place {
    fn new(rect: Rect, bounds: &Bounds) -> Self {
        let (room, size) = (rect.shrink(MARGIN), bounds.size());
        let fits = |points: f32, units: f64| f64::from(points) / units.max(1.0);
        let scale = fits(room.width(), size[0]).min(fits(room.height(), size[1]));
        let middle = [0, 1].map(|axis| (bounds.min[axis] + bounds.max[axis]) * 0.5);
        Self { scale, middle, center: room.center() }
    }

    fn at(&self, point: [f64; 2]) -> Pos2 {
        let offset = |axis: usize| ((point[axis] - self.middle[axis]) * self.scale) as f32;
        pos2(self.center.x + offset(0), self.center.y + offset(1))
    }

    fn of(&self, pos: Pos2) -> [f64; 2] {
        let offset = pos - self.center;
        let point = |axis: usize, offset: f32| self.middle[axis] + f64::from(offset) / self.scale;
        [point(0, offset.x), point(1, offset.y)]
    }
}
