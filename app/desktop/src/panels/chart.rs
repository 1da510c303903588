//! A plot of series over steps or epochs, in the look of the window: few grid lines, small axes, values under the cursor
//! in a card. It knows series and colours; it knows no runs.

use egui::{Color32, CornerRadius, FontFamily, FontId, Id, Pos2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, Line, LineStyle, Plot, PlotBounds, PlotMemory, PlotPoints, Points};

use crate::series::Series;
use crate::theme::Theme;

/// How the values of an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As numbers.
    Number,
    /// As numbers on a logarithmic axis.
    Logarithm,
    /// Shares, in per cent.
    Percent,
}

/// One line of a chart.
pub struct Curve<'a> {
    /// Its points.
    pub series: &'a Series,
    /// What x is multiplied by before it is drawn.
    pub x_scale: f64,
    /// Its colour.
    pub colour: Color32,
    /// How thick it is [points].
    pub width: f32,
    /// Whether it is dashed.
    pub dashed: bool,
    /// Whether its points are marked, while they are few.
    pub markers: bool,
    /// Its name in the card under the cursor; none to leave it out there.
    pub name: Option<String>,
}

/// What a chart shows beside its curves.
pub struct ChartView<'a> {
    /// Identifies the chart for as long as its view is kept.
    pub id: Id,
    /// Where it stands.
    pub rect: Rect,
    /// The greatest x at least, after scaling.
    pub x_min_end: f64,
    /// How y is written.
    pub y: Scale,
    /// Writes x for the head of the card.
    pub x_text: &'a dyn Fn(f64) -> String,
    /// What it is called for those who cannot see it.
    pub accessible_name: &'a str,
}

/// Draws a chart. Returns whether points were left out of it because there are more than two for a pixel column.
pub fn chart_ui(ui: &mut Ui, theme: &Theme, view: &ChartView<'_>, curves: &[Curve<'_>]) -> bool {
    let everything = f64::NEG_INFINITY..=f64::INFINITY;
    let log = view.y == Scale::Logarithm;
    let (mut x_end, mut y_low, mut y_high) = (view.x_min_end, f64::INFINITY, f64::NEG_INFINITY);
    for curve in curves {
        if let Some(last) = curve.series.last() {
            x_end = x_end.max(last[0] * curve.x_scale);
        }
        if let Some((low, high)) = curve.series.y_range(&everything) {
            // What is not above zero has no place on a logarithmic axis.
            let low = if log && low <= 0.0 { smallest_positive(curve.series) } else { low };
            if !log || high > 0.0 {
                y_low = y_low.min(low);
                y_high = y_high.max(high);
            }
        }
    }
    let x_end = if x_end > 0.0 { x_end } else { 1.0 };
    let (y_low, y_high) = y_bounds(y_low, y_high, view.y);

    let axis_font = FontId::new(theme.size.axis, FontFamily::Monospace);
    let axis = |hints: AxisHints<'static>| {
        hints
            .tick_label_font(axis_font.clone())
            .tick_label_color(theme.muted)
            .label_spacing(egui::Rangef::new(8.0, 12.0))
    };
    let scale = view.y;
    let mut plot_ui = ui.new_child(egui::UiBuilder::new().max_rect(view.rect).id_salt(view.id));
    let first_time = PlotMemory::load(ui.ctx(), view.id).is_none();
    let plot = Plot::new(view.id)
        .id(view.id)
        .width(view.rect.width())
        .height(view.rect.height())
        .show_background(false)
        .show_x(false)
        .show_y(false)
        .show_grid([false, true])
        .grid_color(theme.border)
        .grid_fade(0.0)
        .set_margin_fraction(egui::Vec2::ZERO)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .default_x_bounds(0.0, x_end)
        .default_y_bounds(y_low, y_high)
        .x_grid_spacer(|input| marks(&input, 56.0, Scale::Number))
        .y_grid_spacer(move |input| marks(&input, 44.0, scale))
        .custom_x_axes(vec![axis(AxisHints::new_x().formatter(|mark, _| tick(mark, Scale::Number)))])
        .custom_y_axes(vec![axis(AxisHints::new_y().min_thickness(44.0).formatter(move |mark, _| tick(mark, scale)))]);

    let pixels_per_point = ui.ctx().pixels_per_point();
    let mut thinned = false;
    let shown = plot.show(&mut plot_ui, |plot_ui| {
        if first_time {
            // From here on the view follows the data, until the user moves it; a double click lets it follow again.
            plot_ui.set_auto_bounds(true);
        }
        let follows = first_time || plot_ui.auto_bounds().x;
        let visible = if follows { 0.0..=x_end } else { plot_ui.plot_bounds().range_x() };
        let width = plot_ui.transform().frame().width().max(1.0);
        let pixels = (width * pixels_per_point).ceil() as usize;
        for (index, curve) in curves.iter().enumerate() {
            let range = visible.start() / curve.x_scale..=visible.end() / curve.x_scale;
            let mut part = curve.series.thin(range, pixels);
            thinned |= part.thinned;
            if log {
                part.points.retain(|p| p[1] > 0.0);
            }
            for point in &mut part.points {
                point[0] *= curve.x_scale;
                if log {
                    point[1] = point[1].log10();
                }
            }
            let few = part.points.len() as f32 <= width / 8.0;
            if curve.markers && few {
                plot_ui.points(
                    Points::new(format!("points {index}"), PlotPoints::new(part.points.clone()))
                        .color(curve.colour)
                        .radius(curve.width + 1.0)
                        .allow_hover(false),
                );
            }
            let style = if curve.dashed { LineStyle::dashed_dense() } else { LineStyle::Solid };
            // A single point of a curve without markers would not be seen at all as a line.
            plot_ui.line(
                Line::new(format!("line {index}"), PlotPoints::new(part.points))
                    .color(curve.colour)
                    .width(curve.width)
                    .style(style)
                    .allow_band(false)
                    .allow_hover(false),
            );
        }
    });
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, view.accessible_name));
    if let Some(pointer) = shown.response.hover_pos()
        && shown.transform.frame().contains(pointer)
    {
        cursor(ui, theme, view, curves, shown.transform.frame(), pointer, shown.transform.bounds());
    }
    thinned
}

/// A dashed line at the cursor and the values there in a card.
fn cursor(
    ui: &Ui,
    theme: &Theme,
    view: &ChartView<'_>,
    curves: &[Curve<'_>],
    frame: &Rect,
    pointer: Pos2,
    bounds: &PlotBounds,
) {
    let x = bounds.min()[0] + bounds.width() * f64::from((pointer.x - frame.left()) / frame.width());
    let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
    painter.extend(egui::Shape::dashed_line(
        &[pos2(pointer.x, frame.top()), pos2(pointer.x, frame.bottom())],
        Stroke::new(1.0, theme.strong),
        3.0,
        3.0,
    ));
    let mut lines = vec![((view.x_text)(x), theme.text)];
    for curve in curves {
        let Some(name) = &curve.name else { continue };
        if let Some(point) = curve.series.nearest(x / curve.x_scale) {
            let value = match view.y {
                Scale::Percent => super::figures::percent(point[1], 2),
                _ => super::figures::number(point[1]),
            };
            lines.push((format!("{name} {value}"), curve.colour));
        }
    }
    let galleys: Vec<_> =
        lines.into_iter().map(|(text, colour)| painter.layout_no_wrap(text, theme.mono_small(), colour)).collect();
    let width = galleys.iter().map(|g| g.size().x).fold(0.0, f32::max) + 16.0;
    let height = galleys.iter().map(|g| g.size().y + 2.0).sum::<f32>() + 10.0;
    // On the side of the cursor where there is room.
    let left = if pointer.x + 12.0 + width <= frame.right() { pointer.x + 12.0 } else { pointer.x - 12.0 - width };
    let card = Rect::from_min_size(pos2(left.max(frame.left()), frame.top() + 4.0), vec2(width, height));
    painter.rect(card, CornerRadius::same(4), theme.raised, Stroke::new(1.0, theme.strong), StrokeKind::Inside);
    let mut y = card.top() + 6.0;
    for galley in galleys {
        let advance = galley.size().y + 2.0;
        painter.galley(pos2(card.left() + 8.0, y), galley, theme.text);
        y += advance;
    }
}

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
            let view = series.thin(now_s - window_s..=now_s, pixels);
            match view.points.as_slice() {
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

/// The smallest value above zero; looked for only on a logarithmic axis with values that have no place there.
fn smallest_positive(series: &Series) -> f64 {
    series.points().iter().map(|p| p[1]).filter(|y| *y > 0.0).fold(f64::INFINITY, f64::min)
}

/// What an axis shows for values of this range, in its own coordinates (logarithms on a logarithmic one).
fn y_bounds(low: f64, high: f64, scale: Scale) -> (f64, f64) {
    if !low.is_finite() || !high.is_finite() {
        return match scale {
            Scale::Logarithm => (-2.0, 1.0),
            Scale::Number | Scale::Percent => (0.0, 1.0),
        };
    }
    match scale {
        Scale::Logarithm => {
            let (low, high) = (low.log10(), high.log10());
            let margin = ((high - low) * 0.04).max(0.05);
            (low - margin, high + margin)
        }
        Scale::Percent => {
            let margin = ((high - low) * 0.04).max(0.002);
            ((low - margin).max(0.0), (high + margin).min(1.0 + margin.min(0.01)))
        }
        Scale::Number => {
            // Losses have a meaning against zero: it is shown unless all values are far from it.
            let low = if low >= 0.0 && low < 0.5 * high { 0.0 } else { low };
            let margin = if high > low { (high - low) * 0.04 } else { high.abs().max(1.0) * 0.1 };
            (if low == 0.0 { 0.0 } else { low - margin }, high + margin)
        }
    }
}

/// Marks of an axis, about `apart` points from one another, at round values.
fn marks(input: &GridInput, apart: f64, scale: Scale) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    // egui_plot recommends the value of eight points.
    let wanted = input.base_step_size / 8.0 * apart;
    if !(wanted > 0.0 && low.is_finite() && high.is_finite() && high > low) {
        return Vec::new();
    }
    if scale == Scale::Logarithm && high - low >= 1.0 {
        let parts: &[f64] = if wanted > 0.5 {
            &[1.0]
        } else if wanted > 0.25 {
            &[1.0, 3.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        let every = wanted.ceil().max(1.0) as i64;
        return (low.floor() as i64..=high.ceil() as i64)
            .filter(|decade| decade.rem_euclid(every) == 0)
            .flat_map(|decade| parts.iter().map(move |part| decade as f64 + part.log10()))
            .filter(|value| (low..=high).contains(value))
            .map(|value| GridMark { value, step_size: wanted })
            .collect();
    }
    let step = nice_step(wanted);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last.min(first + 200)).map(|n| GridMark { value: n as f64 * step, step_size: step }).collect()
}

/// The next greater of 1, 2 and 5 times a power of ten.
pub fn nice_step(wanted: f64) -> f64 {
    let power = 10f64.powf(wanted.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= wanted * 0.999).unwrap_or(10.0 * power)
}

/// What a mark says.
fn tick(mark: GridMark, scale: Scale) -> String {
    let decimals = |step: f64| (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    match scale {
        Scale::Percent => {
            let decimals = decimals(mark.step_size * 100.0);
            super::figures::percent(mark.value, decimals)
        }
        Scale::Number => {
            let decimals = decimals(mark.step_size);
            if decimals == 0 && mark.value.abs() >= 1000.0 {
                let sign = if mark.value < 0.0 { "-" } else { "" };
                return format!("{sign}{}", super::figures::count(mark.value.abs().round() as u64));
            }
            format!("{:.decimals$}", mark.value)
        }
        Scale::Logarithm => {
            let value = 10f64.powf(mark.value);
            if (1e-4..1e5).contains(&value) {
                let digits = (1.0 - value.log10().floor()).clamp(0.0, 6.0) as usize;
                let text = format!("{value:.digits$}");
                if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
            } else {
                format!("{value:.0e}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64, points: f64, scale: Scale) -> Vec<String> {
        let input = GridInput { bounds: (low, high), base_step_size: (high - low) / points * 8.0 };
        marks(&input, 44.0, scale).into_iter().map(|mark| tick(mark, scale)).collect()
    }

    #[test]
    fn marks_stand_at_round_values() {
        assert_eq!(texts(0.0, 2.4, 220.0, Scale::Number), ["0.0", "0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(texts(0.0, 1.0, 220.0, Scale::Percent), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(texts(-2.1, 0.4, 220.0, Scale::Logarithm), ["0.01", "0.03", "0.1", "0.3", "1"]);
        assert_eq!(texts(0.0, 8000.0, 220.0, Scale::Number), ["0", "2,000", "4,000", "6,000", "8,000"]);
        assert!(texts(0.0, 0.0, 220.0, Scale::Number).is_empty());
        assert!(texts(0.0, f64::NAN, 220.0, Scale::Number).is_empty());
    }

    #[test]
    fn the_axis_shows_every_value() {
        for (low, high) in [(0.0, 2.3), (0.01, 0.02), (5.0, 5.0), (-3.0, 4.0), (0.0, 0.0)] {
            let (from, to) = y_bounds(low, high, Scale::Number);
            assert!(from <= low && to >= high && to > from, "{low} to {high} gave {from} to {to}");
        }
        let (from, to) = y_bounds(0.9, 1.0, Scale::Percent);
        assert!(from <= 0.9 && to >= 1.0);
        let (from, to) = y_bounds(f64::INFINITY, f64::NEG_INFINITY, Scale::Logarithm);
        assert!(from < to);
    }
}
