//! The icons of a header: those of states, from a font or drawn, and those that say that a node takes no part.

use egui::{Pos2, Rect, Shape, Stroke, Vec2, vec2};

use super::Pencil;
use crate::{NodeState, NodeView};

impl Pencil<'_, '_> {
    /// Draws the icons at the right end of a header, from the right, and gives the place that is left.
    pub(super) fn icons(&mut self, view: &NodeView, mut right: f32, middle: f32) -> f32 {
        let step = 20.0 * self.zoom;
        let half = 8.0 * self.zoom;
        if view.state != NodeState::None {
            self.state_icon(view.state, Pos2::new(right - half, middle));
            right -= step;
        }
        if view.muted {
            self.muted_icon(Pos2::new(right - half, middle));
            right -= step;
        }
        if view.bypassed {
            self.bypassed_icon(Pos2::new(right - half, middle));
            right -= step;
        }
        right
    }

    /// A circle struck through.
    fn muted_icon(&mut self, at: Pos2) {
        let color = self.style.muted;
        if let Some(icon) = self.style.icons.muted {
            return self.glyph(icon, &self.style.icon_family, at, color);
        }
        let r = 6.0 * self.zoom;
        let pen = Stroke::new((1.5 * self.zoom).max(1.0), color);
        let corner = Vec2::angled(std::f32::consts::FRAC_PI_4) * r;
        self.shapes.push(Shape::circle_stroke(at, r, pen));
        self.shapes.push(Shape::line_segment([at - corner, at + corner], pen));
    }

    /// An arrow that leaps over a point.
    fn bypassed_icon(&mut self, at: Pos2) {
        let color = self.style.bypassed;
        if let Some(icon) = self.style.icons.bypassed {
            return self.glyph(icon, &self.style.icon_family, at, color);
        }
        const PARTS: usize = 10;
        let r = 6.0 * self.zoom;
        let pen = Stroke::new((1.5 * self.zoom).max(1.0), color);
        let base = at + vec2(0.0, 0.4 * r);
        let arc = |part: usize| {
            let angle = std::f32::consts::PI * (1.0 + part as f32 / PARTS as f32);
            base + vec2(angle.cos() * r, angle.sin() * r)
        };
        self.shapes.push(Shape::line((0..=PARTS).map(arc).collect(), pen));
        let tip = base + vec2(r, 0.15 * r);
        self.shapes.push(Shape::line(vec![tip + vec2(-0.55, -0.5) * r, tip, tip + vec2(0.45, -0.6) * r], pen));
        self.shapes.push(Shape::circle_filled(base, pen.width, color));
    }

    pub(super) fn state_icon(&mut self, state: NodeState, at: Pos2) {
        let style = self.style;
        let icons = style.icons;
        let r = 6.0 * self.zoom;
        let (icon, color) = match state {
            NodeState::None => return,
            NodeState::Running { .. } => return self.turning_circle(at, r),
            NodeState::Waiting => (icons.waiting, style.cached),
            NodeState::Done => (icons.done, style.ok),
            NodeState::Cached => (icons.cached, style.cached),
            NodeState::Failed => (icons.failed, style.error),
            NodeState::Stopped => (icons.stopped, style.muted),
            NodeState::Skipped => (icons.skipped, style.faint),
            NodeState::Problem(severity) => (icons.problem, style.severity(severity)),
        };
        let color = self.tone(color);
        if let Some(icon) = icon {
            self.glyph(icon, &style.icon_fill_family, at, color);
            return;
        }
        let pen = Stroke::new((1.5 * self.zoom).max(1.0), color);
        let hole = Stroke::new(pen.width, style.node);
        let point = |x: f32, y: f32| at + vec2(x, y) * r;
        let line = |points: &[[f32; 2]], stroke: Stroke| {
            Shape::line(points.iter().map(|&[x, y]| point(x, y)).collect(), stroke)
        };
        match state {
            NodeState::Waiting => {
                self.shapes.push(Shape::circle_stroke(at, r, pen));
                self.shapes.push(line(&[[0.0, -0.6], [0.0, 0.0], [0.45, 0.0]], pen));
            }
            NodeState::Done => {
                self.shapes.push(Shape::circle_filled(at, r, color));
                self.shapes.push(line(&[[-0.45, 0.0], [-0.1, 0.35], [0.45, -0.3]], hole));
            }
            NodeState::Cached => {
                let left = [[0.25, -1.1], [-0.65, 0.2], [0.1, 0.2]];
                let right = [[-0.25, 1.1], [0.65, -0.2], [-0.1, -0.2]];
                for half in [left, right] {
                    let points = half.iter().map(|&[x, y]| point(x, y)).collect();
                    self.shapes.push(Shape::convex_polygon(points, color, Stroke::NONE));
                }
            }
            NodeState::Failed => {
                self.shapes.push(Shape::circle_filled(at, r, color));
                self.shapes.push(line(&[[-0.35, -0.35], [0.35, 0.35]], hole));
                self.shapes.push(line(&[[0.35, -0.35], [-0.35, 0.35]], hole));
            }
            NodeState::Stopped => {
                let square = Rect::from_center_size(at, Vec2::splat(r * 1.5));
                self.shapes.push(Shape::rect_filled(square, 1.0, color));
            }
            NodeState::Skipped => self.shapes.push(line(&[[-0.7, 0.0], [0.7, 0.0]], pen)),
            NodeState::Problem(_) => {
                self.shapes.push(Shape::circle_filled(at, r, color));
                self.shapes.push(line(&[[0.0, -0.55], [0.0, 0.1]], hole));
                self.shapes.push(Shape::circle_filled(point(0.0, 0.5), hole.width * 0.6, hole.color));
            }
            NodeState::None | NodeState::Running { .. } => {}
        }
    }

    /// An open circle that turns once a second, or stands still where motion is not wanted.
    fn turning_circle(&mut self, at: Pos2, radius: f32) {
        const PARTS: usize = 20;
        self.turning = true;
        let begin = if self.style.reduced_motion { 0.0 } else { self.time_s.fract() as f32 };
        let points = (0..=PARTS)
            .map(|part| {
                let angle = (begin + 0.75 * part as f32 / PARTS as f32) * std::f32::consts::TAU;
                at + Vec2::angled(angle) * radius
            })
            .collect();
        let stroke = Stroke::new((1.8 * self.zoom).max(1.0), self.tone(self.style.run));
        self.shapes.push(Shape::line(points, stroke));
    }
}
