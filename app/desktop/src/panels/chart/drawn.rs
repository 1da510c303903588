//! A chart as a picture for a file: as it is looked at, with title, legend and axes. Knows no runs and writes nothing.

use super::axis::{marks, tick};
use super::paint::{Frame, Marker};
use super::{Curve, Entry, Scale};
use crate::picture::{Anchor, Letters, Picture, Shape};
use crate::theme::Theme;

use egui::{Rect, pos2};

/// Width and height of the picture [points].
const SIZE: [f32; 2] = [960.0, 540.0];
/// Columns of a line for each point of the picture: it may be enlarged.
const COLUMNS_PER_POINT: f32 = 2.0;

/// What a picture says beside its curves.
pub struct Drawing<'a> {
    /// What is above it.
    pub title: &'a str,
    /// Which line is which.
    pub legend: &'a [Entry],
    /// What stands below: what was left out.
    pub note: &'a str,
    /// What x counts.
    pub x_label: &'a str,
    /// Language of the texts.
    pub lang: &'static str,
    /// How x and y are written.
    pub scales: [Scale; 2],
    /// What x goes from and to.
    pub x: (f64, f64),
    /// What y goes from and to, as logarithms on a logarithmic axis.
    pub y: (f64, f64),
    /// Width of a text in small letters [points].
    pub width_of: &'a dyn Fn(&str) -> f32,
}

/// Draws curves into a picture.
pub fn picture<'a>(theme: &Theme, drawing: &Drawing<'_>, curves: impl Iterator<Item = &'a Curve<'a>>) -> Picture {
    let mut shapes = Vec::new();
    let [width, height] = SIZE;
    let text = Shape::text;
    shapes.push(text([20.0, 30.0], Anchor::Start, drawing.title, 17.0, Letters::Semibold, theme.text));
    let legend_end = legend(&mut shapes, theme, drawing, width);
    let rect = Rect::from_min_max(pos2(76.0, legend_end + 14.0), pos2(width - 24.0, height - 56.0));
    let log = drawing.scales[1] == Scale::Logarithm;
    let frame = Frame { rect, x: drawing.x, y: drawing.y, log };
    for mark in marks(frame.y.0, frame.y.1, rect.height(), 56.0, drawing.scales[1]) {
        let share = ((mark.value - frame.y.0) / (frame.y.1 - frame.y.0)) as f32;
        let y = egui::lerp(rect.bottom()..=rect.top(), share);
        let points = vec![[rect.left(), y], [rect.right(), y]];
        shapes.push(Shape::Line { points, colour: theme.border, width: 1.0, dash: Vec::new() });
        let at = [rect.left() - 8.0, y + 4.0];
        shapes.push(text(at, Anchor::End, &tick(mark, drawing.scales[1]), 11.0, Letters::Mono, theme.muted));
    }
    for mark in marks(frame.x.0, frame.x.1, rect.width(), 90.0, drawing.scales[0]) {
        let x = frame.place_x(mark.value);
        let points = vec![[x, rect.bottom()], [x, rect.bottom() + 4.0]];
        shapes.push(Shape::Line { points, colour: theme.strong, width: 1.0, dash: Vec::new() });
        let at = [x, rect.bottom() + 18.0];
        shapes.push(text(at, Anchor::Middle, &tick(mark, drawing.scales[0]), 11.0, Letters::Mono, theme.muted));
    }
    let lines = curves.flat_map(|curve| line(&frame, curve)).collect();
    let place = [rect.left(), rect.top() - 4.0, rect.width(), rect.height() + 8.0];
    shapes.push(Shape::Clip { place, shapes: lines });
    let below = height - 16.0;
    shapes.push(text([width - 24.0, below], Anchor::End, drawing.x_label, 12.0, Letters::Plain, theme.muted));
    shapes.push(text([20.0, below], Anchor::Start, drawing.note, 12.0, Letters::Plain, theme.muted));
    Picture { title: drawing.title.to_owned(), lang: drawing.lang, size: SIZE, ground: theme.panel, shapes }
}

/// The legend in rows below the title. Returns where it ends.
fn legend(shapes: &mut Vec<Shape>, theme: &Theme, drawing: &Drawing<'_>, width: f32) -> f32 {
    let (mut x, mut y) = (20.0, 54.0);
    for entry in drawing.legend {
        let room = 26.0 + 6.0 + (drawing.width_of)(&entry.name) * 1.1;
        if x + room > width - 20.0 && x > 20.0 {
            (x, y) = (20.0, y + 18.0);
        }
        shapes.push(Shape::Line {
            points: vec![[x, y - 4.0], [x + 26.0, y - 4.0]],
            colour: entry.look.colour,
            width: 2.0,
            dash: entry.look.dash.lengths().to_vec(),
        });
        if let Some(marker) = entry.look.marker {
            shapes.push(marked(marker, [x + 13.0, y - 4.0], 3.0, entry.look.colour));
        }
        shapes.push(Shape::Text {
            at: [x + 32.0, y],
            anchor: Anchor::Start,
            text: entry.name.clone(),
            size: 12.0,
            letters: Letters::Plain,
            colour: theme.text,
        });
        x += room + 16.0;
    }
    y
}

fn line(frame: &Frame, curve: &Curve<'_>) -> Vec<Shape> {
    let range = curve.map.to_step(frame.x.0)..=curve.map.to_step(frame.x.1);
    let columns = (frame.rect.width() * COLUMNS_PER_POINT) as usize;
    let (points, thinned) = curve.trace.outline(&range, columns);
    let points: Vec<_> =
        points.into_iter().map(|[step, y]| [frame.place_x(curve.map.of_step(step)), frame.place_y(y)]).collect();
    let look = &curve.look;
    let mut out = Vec::new();
    let mut last = f32::NEG_INFINITY;
    let apart = if thinned || points.len() as f32 > frame.rect.width() / 8.0 { 48.0 } else { 0.0 };
    if let Some(marker) = look.marker {
        for point in points.iter().filter(|point| point[1].is_finite()) {
            if point[0] - last >= apart {
                last = point[0];
                out.push(marked(marker, *point, look.width + 1.0, look.colour));
            }
        }
    }
    out.insert(0, Shape::Line { points, colour: look.colour, width: look.width, dash: look.dash.lengths().to_vec() });
    out
}

fn marked(marker: Marker, [x, y]: [f32; 2], radius: f32, colour: egui::Color32) -> Shape {
    match marker.corners(pos2(x, y), radius) {
        None => Shape::Circle { at: [x, y], radius, fill: colour },
        Some(corners) => {
            let points = corners.map(|corner| [corner.x, corner.y]).to_vec();
            Shape::Polygon { points, fill: colour }
        }
    }
}
