//! The whole scene, small, with a frame around what is seen.

use std::sync::Arc;

use egui::{CornerRadius, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui, pos2};

use crate::{CanvasState, Scene, Style, mesh, state::KeptMesh};

/// The space between the edge of the minimap and what it shows, in points.
const MARGIN: f32 = 6.0;

/// Shows the whole scene small in `rect`, over the canvas: call it after [`show`](crate::show). A click or a drag moves
/// the camera.
pub fn minimap(ui: &mut Ui, scene: &Scene, state: &mut CanvasState, style: &Style, rect: Rect) -> Response {
    let response = ui.interact(rect, ui.scope_id().with("minimap"), Sense::CLICK | Sense::DRAG);
    let painter = ui.painter_at(rect.expand(1.0));
    painter.rect(rect, CornerRadius::same(4), style.canvas, Stroke::new(1.0, style.border), StrokeKind::Inside);
    let Some((min, max)) = scene.bounds() else { return response };

    let room = rect.shrink(MARGIN);
    let fits = |points: f32, units: f64| f64::from(points) / units.max(1.0);
    let scale = fits(room.width(), max[0] - min[0]).min(fits(room.height(), max[1] - min[1]));
    let middle = [0, 1].map(|axis| (min[axis] + max[axis]) * 0.5);
    let at = |point: [f64; 2]| -> Pos2 {
        let offset = |axis: usize| ((point[axis] - middle[axis]) * scale) as f32;
        pos2(room.center().x + offset(0), room.center().y + offset(1))
    };

    let kept = state.minimap.take().filter(|kept| {
        kept.geometry == scene.geometry() && kept.rect == rect && kept.ground == (style.node, style.canvas)
    });
    let kept = kept.unwrap_or_else(|| KeptMesh {
        geometry: scene.geometry(),
        rect,
        ground: (style.node, style.canvas),
        mesh: Arc::new(mesh::small(scene, style, scale as f32, at)),
    });
    painter.add(Shape::Mesh(kept.mesh.clone()));
    state.minimap = Some(kept);

    let view = state.view_bounds();
    let frame = Rect::from_two_pos(at(view.min), at(view.max)).intersect(rect);
    painter.rect(frame, 2.0, style.accent.gamma_multiply(0.08), Stroke::new(1.0, style.accent), StrokeKind::Inside);

    if (response.clicked() || response.dragged())
        && let Some(pos) = response.interact_pointer_pos()
    {
        let point = |axis: usize, offset: f32| middle[axis] + f64::from(offset) / scale;
        let offset = pos - room.center();
        state.look_at([point(0, offset.x), point(1, offset.y)]);
        ui.ctx().request_repaint();
    }
    response
}
