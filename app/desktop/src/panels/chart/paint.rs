//! Lines of a chart on the screen. Few points are a line; many are a band from the smallest to the greatest value of
//! each column of pixels, which costs the same however many points there are. Knows places and colours, no runs.

use egui::epaint::{Mesh, PathStroke, Vertex, WHITE_UV};
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

use super::axis::XMap;
use crate::series::{Column, Trace};

/// How a line is broken, so that lines are told apart by more than colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Long dashes.
    Long,
    /// Dots.
    Dots,
    /// A dash and a dot.
    Mixed,
    /// Short dashes.
    Short,
}

impl Dash {
    /// The dash of the `number`-th line: the first is solid.
    pub fn numbered(number: usize) -> Self {
        [Dash::Solid, Dash::Long, Dash::Dots, Dash::Mixed, Dash::Short][number % 5]
    }

    /// Lengths of dashes and gaps in turn [points]; empty for a solid line.
    pub fn lengths(self) -> &'static [f32] {
        match self {
            Dash::Solid => &[],
            Dash::Long => &[10.0, 4.0],
            Dash::Dots => &[2.0, 3.0],
            Dash::Mixed => &[10.0, 3.0, 2.0, 3.0],
            Dash::Short => &[5.0, 3.0],
        }
    }

    /// Whether a line is drawn at a distance from its beginning [points].
    fn is_on(self, at: f32) -> bool {
        let lengths = self.lengths();
        let period: f32 = lengths.iter().sum();
        if period <= 0.0 {
            return true;
        }
        let mut rest = at.rem_euclid(period);
        for (index, length) in lengths.iter().enumerate() {
            if rest < *length {
                return index % 2 == 0;
            }
            rest -= length;
        }
        true
    }
}

/// The shape of points that stand out of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// A disc.
    Disc,
    /// A square.
    Square,
    /// A square on its corner.
    Diamond,
}

impl Marker {
    /// The corners of it around a place; none for a disc.
    pub fn corners(self, at: Pos2, radius: f32) -> Option<[Pos2; 4]> {
        let r = radius;
        match self {
            Marker::Disc => None,
            Marker::Square => {
                let r = 0.86 * r;
                Some([at + vec2(-r, -r), at + vec2(r, -r), at + vec2(r, r), at + vec2(-r, r)])
            }
            Marker::Diamond => {
                let r = 1.25 * r;
                Some([at + vec2(0.0, -r), at + vec2(r, 0.0), at + vec2(0.0, r), at + vec2(-r, 0.0)])
            }
        }
    }

    /// Draws it.
    pub fn paint(self, painter: &Painter, at: Pos2, radius: f32, colour: Color32) {
        match self.corners(at, radius) {
            None => {
                painter.circle_filled(at, radius, colour);
            }
            Some(corners) => {
                painter.add(Shape::convex_polygon(corners.to_vec(), colour, Stroke::NONE));
            }
        }
    }
}

/// From values to places on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Where the lines are.
    pub rect: Rect,
    /// What x goes from and to.
    pub x: (f64, f64),
    /// What y goes from and to, as logarithms on a logarithmic axis.
    pub y: (f64, f64),
    /// Whether y is logarithmic.
    pub log: bool,
}

impl Frame {
    /// Where x stands.
    pub fn place_x(&self, x: f64) -> f32 {
        self.rect.left() + ((x - self.x.0) / (self.x.1 - self.x.0)) as f32 * self.rect.width()
    }

    /// Where a value stands; no number for one that has no place. Far outside it is as good as a little outside.
    pub fn place_y(&self, y: f64) -> f32 {
        let y = if self.log { if y > 0.0 { y.log10() } else { f64::NAN } } else { y };
        let share = (y - self.y.0) / (self.y.1 - self.y.0);
        if share.is_finite() {
            self.rect.bottom() - share.clamp(-100.0, 100.0) as f32 * self.rect.height()
        } else {
            f32::NAN
        }
    }

    /// What x stands there.
    pub fn x_at(&self, place: f32) -> f64 {
        self.x.0 + (self.x.1 - self.x.0) * f64::from((place - self.rect.left()) / self.rect.width())
    }

    /// What y stands there, as a logarithm on a logarithmic axis.
    pub fn y_at(&self, place: f32) -> f64 {
        self.y.0 + (self.y.1 - self.y.0) * f64::from((self.rect.bottom() - place) / self.rect.height())
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Its colour.
    pub colour: Color32,
    /// How thick it is [points].
    pub width: f32,
    /// How it is broken.
    pub dash: Dash,
    /// How its points are marked; all while they are few, and some of them when they are many.
    pub marker: Option<Marker>,
}

/// What was found while a line was drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Points were left out because there are more than two for a column of pixels.
    pub thinned: bool,
    /// There are values that are infinite or no number.
    pub unreal: bool,
    /// There are values that have no place on a logarithmic axis.
    pub not_positive: bool,
}

/// Draws lines, and keeps the memory that this takes for the next one.
#[derive(Debug, Clone, Default)]
pub struct Pen {
    columns: Vec<Column>,
    /// Where values without a place stand along x, for the marks at the edges.
    unreal_at: Vec<f32>,
    low_at: Vec<f32>,
}

/// A column of a band: its middle along x, its upper and lower edge.
#[derive(Clone, Copy)]
struct Slice {
    x: f32,
    top: f32,
    bottom: f32,
    first: f32,
    last: f32,
}

impl Pen {
    /// Draws a trace.
    pub fn line(&mut self, painter: &Painter, frame: &Frame, trace: Trace<'_>, map: XMap<'_>, look: &Look) -> Found {
        let pixels_per_point = painter.ctx().pixels_per_point();
        let columns = ((frame.rect.width() * pixels_per_point).ceil() as usize).max(1);
        let range = map.to_step(frame.x.0)..=map.to_step(frame.x.1);
        let (first, end) = trace.indices(&range);
        let mut found = Found { thinned: end - first > 2 * columns, ..Found::default() };
        if end - first > columns {
            self.band(painter, frame, trace, map, look, columns, &mut found);
        } else {
            self.points(painter, frame, trace, map, look, (first, end), &mut found);
        }
        found
    }

    /// The points themselves, with one on either side so that the line reaches the edges.
    #[allow(clippy::too_many_arguments, reason = "one caller; a struct would only repeat the names")]
    fn points(
        &mut self,
        painter: &Painter,
        frame: &Frame,
        trace: Trace<'_>,
        map: XMap<'_>,
        look: &Look,
        (first, end): (usize, usize),
        found: &mut Found,
    ) {
        let mut run: Vec<Pos2> = Vec::new();
        let spaced = frame.rect.width() / (end - first).max(1) as f32 >= 8.0;
        let mut marked = f32::NEG_INFINITY;
        let mut markers = Vec::new();
        for index in first.saturating_sub(1)..(end + 1).min(trace.len()) {
            let Some([step, value]) = trace.point(index) else { continue };
            let place = pos2(frame.place_x(map.of_step(step)), frame.place_y(value));
            if !place.y.is_finite() {
                if (first..end).contains(&index) {
                    self.no_place(place.x, value, found);
                }
                flush(painter, &mut run, look);
                continue;
            }
            if look.marker.is_some() && (spaced || place.x - marked >= MARKERS_APART) {
                marked = place.x;
                markers.push(place);
            }
            run.push(place);
        }
        flush(painter, &mut run, look);
        if let Some(marker) = look.marker {
            for at in markers {
                marker.paint(painter, at, look.width + 1.0, look.colour);
            }
        }
    }

    fn no_place(&mut self, x: f32, value: f64, found: &mut Found) {
        let (list, flag) = if value.is_finite() {
            (&mut self.low_at, &mut found.not_positive)
        } else {
            (&mut self.unreal_at, &mut found.unreal)
        };
        *flag = true;
        // One mark for each few points of the screen.
        if list.last().is_none_or(|last| (x - last).abs() >= 3.0) {
            list.push(x);
        }
    }

    /// A band from the smallest to the greatest value of each column.
    #[allow(clippy::too_many_arguments, reason = "one caller; a struct would only repeat the names")]
    fn band(
        &mut self,
        painter: &Painter,
        frame: &Frame,
        trace: Trace<'_>,
        map: XMap<'_>,
        look: &Look,
        columns: usize,
        found: &mut Found,
    ) {
        let (low, width) = (frame.x.0, (frame.x.1 - frame.x.0) / columns as f64);
        let edge = |column: usize| map.to_step(if column == columns { frame.x.1 } else { low + width * column as f64 });
        let mut list = std::mem::take(&mut self.columns);
        trace.columns(columns, edge, &mut list);
        let column_width = frame.rect.width() / columns as f32;
        let mut mesh = Mesh::default();
        mesh.reserve_vertices(4 * list.len());
        mesh.reserve_triangles(6 * list.len());
        let feather = 1.0 / painter.ctx().pixels_per_point();
        // Dashes are fixed to the beginning of the axis: they move with the line.
        let origin = frame.place_x(0.0);
        let mut run: Vec<Slice> = Vec::with_capacity(list.len());
        let mut markers = Vec::new();
        let mut marked = f32::NEG_INFINITY;
        for column in &list {
            let x = frame.rect.left() + (column.column as f32 + 0.5) * column_width;
            if column.unreal {
                self.no_place(x, f64::NAN, found);
            }
            let extent = column.extent;
            let smallest = if frame.log {
                if !extent.is_empty() && extent.low <= 0.0 {
                    self.no_place(x, 0.0, found);
                }
                extent.positive
            } else {
                extent.low
            };
            let (top, bottom) = (frame.place_y(extent.high), frame.place_y(smallest));
            if !(top.is_finite() && bottom.is_finite()) {
                strip(&mut mesh, &run, look, feather);
                run.clear();
                continue;
            }
            let or = |place: f32, other: f32| if place.is_finite() { place } else { other };
            let slice = Slice {
                x,
                top,
                bottom,
                first: or(frame.place_y(column.first), bottom),
                last: or(frame.place_y(column.last), bottom),
            };
            // No peak is lost in the gap between two dashes.
            if !look.dash.is_on(x - origin) && bottom - top <= 3.0 {
                strip(&mut mesh, &run, look, feather);
                run.clear();
                continue;
            }
            if look.marker.is_some() && x - marked >= MARKERS_APART {
                marked = x;
                markers.push(pos2(x, slice.last));
            }
            run.push(slice);
        }
        strip(&mut mesh, &run, look, feather);
        self.columns = list;
        painter.add(Shape::mesh(mesh));
        if let Some(marker) = look.marker {
            for at in markers {
                marker.paint(painter, at, look.width + 1.0, look.colour);
            }
        }
    }

    /// Marks at the edges of the frame where values have no place: triangles above for those that are no number, and
    /// below for those that a logarithmic axis cannot show.
    pub fn marks(&mut self, painter: &Painter, frame: &Frame, unreal: Color32, low: Color32) {
        for x in self.unreal_at.drain(..) {
            let y = frame.rect.top();
            let corners = vec![pos2(x - 3.0, y), pos2(x + 3.0, y), pos2(x, y + 5.0)];
            painter.add(Shape::convex_polygon(corners, unreal, Stroke::NONE));
        }
        for x in self.low_at.drain(..) {
            let y = frame.rect.bottom();
            let corners = vec![pos2(x - 3.0, y - 5.0), pos2(x + 3.0, y - 5.0), pos2(x, y)];
            painter.add(Shape::convex_polygon(corners, low, Stroke::NONE));
        }
    }
}

/// How far markers stand from one another on a line of many points [points].
const MARKERS_APART: f32 = 48.0;

/// Draws a line without gaps.
fn flush(painter: &Painter, run: &mut Vec<Pos2>, look: &Look) {
    let points = std::mem::take(run);
    match points.as_slice() {
        [] => {}
        [only] => {
            painter.circle_filled(*only, look.width.max(1.0), look.colour);
        }
        _ if look.dash == Dash::Solid => {
            painter.add(Shape::line(points, PathStroke::new(look.width, look.colour)));
        }
        _ => {
            let (mut dashes, mut gaps) = (Vec::new(), Vec::new());
            for pair in look.dash.lengths().chunks_exact(2) {
                dashes.push(pair[0]);
                gaps.push(pair[1]);
            }
            let stroke = Stroke::new(look.width, look.colour);
            painter.extend(Shape::dashed_line_with_offset(&points, stroke, &dashes, &gaps, 0.0));
        }
    }
}

/// Adds a band without gaps to a mesh: the middle in colour, and a fading edge of `feather` points on either side.
fn strip(mesh: &mut Mesh, run: &[Slice], look: &Look, feather: f32) {
    let half = (look.width / 2.0 - feather / 2.0).max(0.0);
    // A line thinner than a pixel is a pale one.
    let colour = look.colour.gamma_multiply((look.width / feather).min(1.0));
    for (index, slice) in run.iter().enumerate() {
        let before = index.checked_sub(1).map(|at| run[at]);
        let after = run.get(index + 1);
        // Half of the way to either neighbour belongs to this column: the band never tears at a jump.
        let (mut top, mut bottom) = (slice.top, slice.bottom);
        if let Some(before) = before {
            let middle = (before.last + slice.first) / 2.0;
            (top, bottom) = (top.min(middle), bottom.max(middle));
        }
        if let Some(after) = after {
            let middle = (slice.last + after.first) / 2.0;
            (top, bottom) = (top.min(middle), bottom.max(middle));
        }
        // A line is as thick along a slope as it is on the level.
        let (from, to) = (before.unwrap_or(*slice), after.copied().unwrap_or(*slice));
        let rise = ((to.top + to.bottom) - (from.top + from.bottom)) / 2.0;
        let slope = if to.x > from.x { rise / (to.x - from.x) } else { 0.0 };
        let half = half * (1.0 + (slope * slope).min(3.0)).sqrt();
        let start = mesh.vertices.len() as u32;
        for (y, colour) in [
            (top - half - feather, Color32::TRANSPARENT),
            (top - half, colour),
            (bottom + half, colour),
            (bottom + half + feather, Color32::TRANSPARENT),
        ] {
            mesh.vertices.push(Vertex { pos: pos2(slice.x, y), uv: WHITE_UV, color: colour });
        }
        if index > 0 {
            for row in 0..3 {
                let (a, b) = (start - 4 + row, start + row);
                mesh.indices.extend([a, a + 1, b, a + 1, b, b + 1]);
            }
        }
    }
}
