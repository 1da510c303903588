//! Rows of pictures on a node: strips, before and after, and small charts.

use egui::{Color32, CornerRadius, Mesh, Rect, Shape, Stroke, TextureId, Vec2, epaint::RectShape, pos2};

use super::Pencil;
use crate::{
    Bar, PreviewRow,
    geometry::{PAIR_GAP, THUMBNAIL, THUMBNAIL_GAP},
    mesh,
};

impl Pencil<'_, '_> {
    /// Draws a row of pictures into its place.
    pub(super) fn preview(&mut self, row: &PreviewRow, place: Rect) {
        match row {
            PreviewRow::Strip(pictures) => self.strip(pictures, place),
            PreviewRow::Pair { before, after } => {
                self.strip(before, place);
                self.strip(after, place.with_min_y(place.min.y + (THUMBNAIL + PAIR_GAP) * self.zoom));
                self.arrow_down(place);
            }
            PreviewRow::Bars(bars) => self.bars(bars, place),
        }
    }

    fn strip(&mut self, pictures: &[TextureId], place: Rect) {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let mut left = place.min.x;
        for &texture in pictures {
            let picture = Rect::from_min_size(pos2(left, place.min.y), Vec2::splat(THUMBNAIL * self.zoom));
            if picture.max.x > place.max.x + 1.0 {
                break;
            }
            let shape = RectShape::filled(picture, CornerRadius::same(2), self.tone(Color32::WHITE));
            self.shapes.push(shape.with_texture(texture, whole).into());
            left += (THUMBNAIL + THUMBNAIL_GAP) * self.zoom;
        }
    }

    /// The arrow between before and after.
    fn arrow_down(&mut self, place: Rect) {
        let (x, z) = (place.min.x + THUMBNAIL * 0.5 * self.zoom, self.zoom);
        let top = place.min.y + (THUMBNAIL + 2.5) * z;
        let bottom = place.min.y + (THUMBNAIL + PAIR_GAP - 2.5) * z;
        let pen = Stroke::new((1.4 * z).max(1.0), self.tone(self.style.muted));
        self.shapes.push(Shape::line_segment([pos2(x, top), pos2(x, bottom)], pen));
        let arm = 3.0 * z;
        let head = vec![pos2(x - arm, bottom - arm), pos2(x, bottom), pos2(x + arm, bottom - arm)];
        self.shapes.push(Shape::line(head, pen));
    }

    /// Bars over a line, all of them in one mesh.
    fn bars(&mut self, bars: &[Bar], place: Rect) {
        let mut chart = Mesh::default();
        let foot = Rect::from_min_max(pos2(place.min.x, place.max.y - 1.0), place.max);
        mesh::rectangle(&mut chart, foot, self.tone(self.style.strong));
        let count = bars.len().max(1) as f32;
        let step = place.width() / count;
        // From so many bars on there is no room for gaps.
        let width = if step >= 3.0 { step - (2.0 * self.zoom).min(step * 0.35) } else { step };
        for (index, bar) in bars.iter().enumerate() {
            let value = if bar.value.is_finite() { bar.value.clamp(0.0, 1.0) } else { 0.0 };
            let left = place.min.x + step * index as f32;
            // A small value is not none.
            let height = if value > 0.0 { (value * (place.height() - 1.0)).max(1.0) } else { 0.0 };
            let top = pos2(left, place.max.y - 1.0 - height);
            let column = Rect::from_min_max(top, pos2(left + width, place.max.y - 1.0));
            mesh::rectangle(&mut chart, column, self.tone(self.style.role(bar.role)));
        }
        self.shapes.push(Shape::mesh(chart));
    }
}
