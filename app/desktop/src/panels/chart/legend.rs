//! The legend of a chart: which line is which, and a switch for each. Knows no runs.

use egui::text::LayoutJob;
use egui::{Color32, CornerRadius, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{ChartState, Dash, Look};
use crate::focus;
use crate::i18n::Tr;
use crate::theme::Theme;
use crate::widgets;

/// Width of the piece of line before a name.
const SAMPLE: f32 = 22.0;
/// Rows that are seen at once; more are scrolled to.
const ROWS: f32 = 2.0;

/// What the legend says of a line.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// How it looks.
    pub look: Look,
}

/// Draws the legend: a click hides a line or shows it again, a double click or a click with Shift shows it alone.
pub fn legend_ui(ui: &mut Ui, theme: &Theme, tr: &Tr, state: &mut ChartState, entries: &[Entry]) {
    let row = theme.size.small_line + 2.0;
    ScrollArea::vertical().id_salt("legend").max_height(ROWS * row).auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
            ui.spacing_mut().interact_size.y = row;
            for entry in entries {
                entry_ui(ui, theme, tr, state, entry, entries, row);
            }
        });
        focus::keep_in_view(ui);
    });
}

fn entry_ui(ui: &mut Ui, theme: &Theme, tr: &Tr, state: &mut ChartState, entry: &Entry, entries: &[Entry], row: f32) {
    let shown = state.is_shown(&entry.name);
    let colour = if shown { theme.muted } else { theme.faint };
    let mut job = LayoutJob::simple_singleline(entry.name.clone(), theme.small_font(), colour);
    job.wrap.max_width = (ui.max_rect().width() - SAMPLE - 8.0).max(16.0);
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    if !shown && let Some(section) = job.sections.first_mut() {
        section.format.strikethrough = Stroke::new(1.0, theme.faint);
    }
    let text = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(SAMPLE + 4.0 + text.size().x, row), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, shown, &entry.name));
    if response.hovered() {
        ui.painter().rect_filled(rect.expand2(vec2(3.0, 0.0)), CornerRadius::same(3), theme.hover());
    }
    let sample = Rect::from_min_size(rect.min, vec2(SAMPLE, row));
    sample_line(ui, sample, &entry.look, if shown { entry.look.colour } else { theme.faint });
    let at = pos2(rect.left() + SAMPLE + 4.0, rect.center().y - text.size().y / 2.0);
    ui.painter().galley(at, text, colour);
    widgets::focus_ring(ui, theme, &response);
    let all = || entries.iter().map(|entry| entry.name.as_str());
    if response.double_clicked() {
        // The first of the two clicks has switched it.
        state.toggle(&entry.name);
        state.isolate(&entry.name, all());
    } else if response.clicked() && ui.input(|i| i.modifiers.shift) {
        state.isolate(&entry.name, all());
    } else if response.clicked() {
        state.toggle(&entry.name);
    }
    response.on_hover_text(tr.t("plot-legend-hint"));
}

/// A piece of a line as it looks in the chart.
fn sample_line(ui: &Ui, rect: Rect, look: &Look, colour: Color32) {
    let painter = ui.painter();
    let (left, right, y) = (rect.left(), rect.right(), rect.center().y);
    let stroke = Stroke::new(2.0, colour);
    if look.dash == Dash::Solid {
        painter.hline(left..=right, y, stroke);
    } else {
        let (mut dashes, mut gaps) = (Vec::new(), Vec::new());
        for pair in look.dash.lengths().chunks_exact(2) {
            dashes.push(pair[0]);
            gaps.push(pair[1]);
        }
        let points = [pos2(left, y), pos2(right, y)];
        painter.extend(egui::Shape::dashed_line_with_offset(&points, stroke, &dashes, &gaps, 0.0));
    }
    if let Some(marker) = look.marker {
        marker.paint(painter, rect.center(), 3.0, colour);
    }
}
