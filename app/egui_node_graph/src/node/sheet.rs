//! Frames and notes: the sheets beneath wires and nodes.

use egui::{CornerRadius, Rect, Shape, Stroke, StrokeKind, Vec2, epaint::RectShape, pos2, vec2};

use super::{Anchor, NOTE_MARGIN, Pencil};
use crate::{
    LevelOfDetail, NodeView, Target,
    geometry::{HEADER, LINE, PADDING, PIECE_GAP, RADIUS},
    mesh::{FRAME_BAR_TINT, FRAME_TINT, NOTE_TINT},
    scene::Layer,
};

/// The title of a frame is never written smaller, in points of the screen.
const LEAST_TITLE: f32 = 10.0;
/// From far away a frame has a title if it is at least so large on the screen.
const FAR_TITLE_FROM: Vec2 = vec2(64.0, 36.0);

impl Pencil<'_, '_> {
    /// Draws a frame or a note, with the lines that stand for its content if `lines` is wanted, and says where it is.
    pub(crate) fn sheet(&mut self, slot: u32, level: LevelOfDetail, hovered: Option<Target>, lines: bool) -> Rect {
        let scene = self.scene;
        let node = &scene.boxes[slot as usize];
        let min = self.state.to_pixel(node.pos, self.pixels_per_point);
        let rect = Rect::from_min_size(min, Vec2::from(node.size) * self.zoom);
        let Some(view) = scene.view(slot) else { return rect };
        let selected = self.state.scratch.selected.get(slot as usize).copied().unwrap_or_default();
        let over = hovered == Some(Target::Node(view.id));
        let is_frame = node.layer == Layer::Frame;
        let radius = if is_frame { (RADIUS * self.zoom).round().min(64.0) as u8 } else { 3 };
        let corners = CornerRadius::same(radius);
        let style = self.style;
        if selected || self.state.focused_node == Some(view.id) {
            let halo = Stroke::new(3.0, style.accent.gamma_multiply(if selected { 0.3 } else { 0.6 }));
            self.shapes.push(Shape::rect_stroke(rect, corners, halo, StrokeKind::Outside));
        }
        let strength = match (selected, over) {
            (true, _) => style.accent,
            (_, true) => style.canvas.lerp_to_gamma(view.color, 0.7),
            _ => style.canvas.lerp_to_gamma(view.color, 0.4),
        };
        let tint = style.canvas.lerp_to_gamma(view.color, if is_frame { FRAME_TINT } else { NOTE_TINT });
        let edge = Stroke::new(1.0, strength);
        self.shapes.push(RectShape::new(rect, corners, tint, edge, StrokeKind::Inside).into());
        if is_frame {
            self.title_bar(view, rect, radius, edge);
        } else if lines {
            self.note_lines(view, rect, level);
        }
        rect
    }

    fn title_bar(&mut self, view: &NodeView, rect: Rect, radius: u8, edge: Stroke) {
        let (style, z) = (self.style, self.zoom);
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER * z));
        let top = CornerRadius { nw: radius, ne: radius, sw: 0, se: 0 };
        self.shapes.push(Shape::rect_filled(bar, top, style.canvas.lerp_to_gamma(view.color, FRAME_BAR_TINT)));
        self.shapes.push(Shape::rect_stroke(rect, CornerRadius::same(radius), edge, StrokeKind::Inside));
        let size = (style.title_size * z).max(LEAST_TITLE);
        let mut left = bar.min.x + PADDING * z;
        if let Some(icon) = view.icon {
            self.glyph(icon, &style.icon_family, pos2(left + style.icon_size * 0.5 * z, bar.center().y), view.color);
            left += 22.0 * z;
        }
        let room = bar.max.x - PADDING * z - left;
        self.line(
            Anchor::Left(pos2(left, bar.center().y)),
            &view.title,
            (&style.semibold_family, size),
            style.text,
            room,
        );
    }

    /// The lines of a note, as text where it can be read and as bars where it cannot.
    fn note_lines(&mut self, view: &NodeView, rect: Rect, level: LevelOfDetail) {
        let (style, z) = (self.style, self.zoom);
        let inner = rect.shrink(NOTE_MARGIN * z);
        let mut middle = inner.min.y + LINE * 0.5 * z;
        for line in &view.body {
            if middle + LINE * 0.5 * z > rect.max.y {
                break;
            }
            let mut left = inner.min.x;
            for piece in line.left.iter().chain(&line.right) {
                let room = inner.max.x - left;
                if level == LevelOfDetail::Full {
                    left += self.piece(Anchor::Left(pos2(left, middle)), piece, room);
                } else if room > 0.0 {
                    // About as wide as the text would be.
                    let width = (piece.text.chars().count() as f32 * style.label_size * 0.5 * z).min(room);
                    let bar = Rect::from_min_size(pos2(left, middle - 2.0 * z), vec2(width, 4.0 * z));
                    self.shapes.push(Shape::rect_filled(bar, 1.0, style.role(piece.role).gamma_multiply(0.45)));
                    left += width + PIECE_GAP * z;
                }
            }
            middle += LINE * z;
        }
    }

    /// The title of a frame seen from far away, if there is room for it.
    pub(crate) fn far_title(&mut self, slot: u32) {
        let scene = self.scene;
        let node = &scene.boxes[slot as usize];
        let size = Vec2::from(node.size) * self.zoom;
        if size.x < FAR_TITLE_FROM.x || size.y < FAR_TITLE_FROM.y {
            return;
        }
        let Some(view) = scene.view(slot) else { return };
        let min = self.state.to_pixel(node.pos, self.pixels_per_point);
        let at = pos2(min.x + 4.0, min.y + LEAST_TITLE * 0.65);
        let font = (&self.style.semibold_family, LEAST_TITLE);
        self.line(Anchor::Left(at), &view.title, font, self.style.text, size.x - 8.0);
    }
}
