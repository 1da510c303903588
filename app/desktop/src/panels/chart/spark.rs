//! Small plots without axes: what was measured over the last minutes. Knows no runs.

use egui::{Color32, Rect, Stroke, Ui, pos2};

use crate::series::Series;
use crate::theme::Theme;

/// A line of a small plot: points of time and value, with gaps where a value is absent.
pub struct SparkLine {
    /// Time [s] and value.
    pub points: Vec<(f64, Option<f64>)>,
    /// Its colour.
    pub colour: Color32,
}

/// Draws a small plot without axes over `window_s` seconds up to `now_s`, from zero to `top`.
pub fn spark_ui(ui: &Ui, theme: &Theme, rect: Rect, now_s: f64, window_s: f64, top: f64, lines: &[SparkLine]) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    for share in [0.0, 0.5, 1.0] {
        let y = egui::lerp(rect.bottom() - 0.5..=rect.top() + 0.5, share);
        painter.hline(rect.x_range(), y, Stroke::new(1.0, theme.border));
    }
    let place = |x: f64, y: f64| {
        pos2(
            rect.right() - ((now_s - x) / window_s) as f32 * rect.width(),
            rect.bottom() - 1.0 - ((y / top).clamp(0.0, 1.0) as f32) * (rect.height() - 2.0),
        )
    };
    let pixels = (rect.width() * ui.ctx().pixels_per_point()).ceil().max(1.0) as usize;
    for line in lines {
        let draw = |run: &[[f64; 2]]| {
            let series = Series::from_points(run.iter().copied());
            let (points, _) = series.trace().outline(&(now_s - window_s..=now_s), pixels);
            match points.as_slice() {
                [] => {}
                [only] => {
                    painter.circle_filled(place(only[0], only[1]), 1.5, line.colour);
                }
                points => {
                    let points = points.iter().map(|p| place(p[0], p[1])).collect();
                    painter.line(points, Stroke::new(1.5, line.colour));
                }
            }
        };
        let mut run: Vec<[f64; 2]> = Vec::new();
        for &(t_s, value) in &line.points {
            match value {
                Some(value) => run.push([t_s, value]),
                None => {
                    draw(&run);
                    run.clear();
                }
            }
        }
        draw(&run);
    }
}
