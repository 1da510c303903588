//! The log panel: what happened, the newest at the bottom, by level, by node and by what is searched for.

use egui::text::LayoutJob;
use egui::{Align, Label, Layout, Margin, Role, ScrollArea, TextEdit, TextFormat, Ui, WidgetInfo};
use weft_protocol::LogLevel;

use super::{empty_state, figures, small};
use crate::i18n::Tr;
use crate::icons;
use crate::run_state::{LogLine, RunState};
use crate::theme::Theme;
use crate::widgets;

/// Levels, from the least to the one that matters most.
const LEVELS: [LogLevel; 4] = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error];

/// How the log is looked at.
#[derive(Debug, Clone)]
pub struct LogPanel {
    /// The least level that is shown.
    pub level: LogLevel,
    /// What lines must contain.
    pub search: String,
    /// The node whose lines are shown; none for all.
    pub node: Option<String>,
    /// Numbers of the lines that fit, as far as they were looked at.
    fitting: Vec<u64>,
    /// Number of the last line that was looked at.
    looked_at: u64,
    /// What `fitting` was made for.
    made_for: (LogLevel, String, Option<String>),
}

impl Default for LogPanel {
    fn default() -> Self {
        Self {
            level: LogLevel::Info,
            search: String::new(),
            node: None,
            fitting: Vec::new(),
            looked_at: 0,
            made_for: (LogLevel::Info, String::new(), None),
        }
    }
}

impl LogPanel {
    fn fits(&self, line: &LogLine, search: &str) -> bool {
        line.level >= self.level
            && self.node.as_ref().is_none_or(|node| line.node.as_ref() == Some(node))
            && (search.is_empty()
                || line.message.to_lowercase().contains(search)
                || line.node.as_ref().is_some_and(|node| node.to_lowercase().contains(search)))
    }

    /// Brings the list of fitting lines up to date: only lines that are new are looked at.
    fn update(&mut self, runs: &RunState) {
        let wanted = (self.level, self.search.to_lowercase(), self.node.clone());
        if self.made_for != wanted || self.looked_at > runs.log_lines() {
            self.made_for = wanted;
            self.fitting.clear();
            self.looked_at = 0;
        }
        let Some(first) = runs.log().front().map(|line| line.number) else {
            self.fitting.clear();
            return;
        };
        let gone = self.fitting.partition_point(|number| *number < first);
        self.fitting.drain(..gone);
        let skip = (self.looked_at + 1).saturating_sub(first) as usize;
        let search = self.made_for.1.clone();
        let found: Vec<u64> =
            runs.log().iter().skip(skip).filter(|line| self.fits(line, &search)).map(|line| line.number).collect();
        self.fitting.extend(found);
        self.looked_at = runs.log_lines();
    }

    /// The lines that are shown.
    fn lines<'a>(&'a self, runs: &'a RunState) -> impl Iterator<Item = &'a LogLine> {
        self.fitting.iter().filter_map(|number| line_of(runs, *number))
    }
}

fn line_of(runs: &RunState, number: u64) -> Option<&LogLine> {
    let first = runs.log().front()?.number;
    runs.log().get(usize::try_from(number.checked_sub(first)?).ok()?)
}

/// Draws the panel.
pub fn log_ui(ui: &mut Ui, panel: &mut LogPanel, runs: &RunState, theme: &Theme, tr: &Tr) {
    egui::Frame::new().inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
        ui.horizontal(|ui| filters(ui, panel, runs, theme, tr));
        panel.update(runs);
        if panel.fitting.is_empty() {
            if runs.log().is_empty() {
                empty_state(ui, theme, "terminal-window", tr.t("log-empty"), tr.t("log-empty-hint"));
            } else {
                empty_state(ui, theme, "funnel", tr.t("log-nothing-fits"), tr.t("log-nothing-fits-hint"));
            }
            return;
        }
        let row_height = theme.size.small_line;
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().interact_size.y = row_height;
        ScrollArea::both().id_salt("log").auto_shrink([false, false]).stick_to_bottom(true).show_rows(
            ui,
            row_height,
            panel.fitting.len(),
            |ui, rows| {
                for number in &panel.fitting[rows] {
                    if let Some(line) = line_of(runs, *number) {
                        ui.add(Label::new(line_job(line, theme, tr)).selectable(true).extend());
                    }
                }
            },
        );
    });
}

/// Narrower than this the filters are in a menu.
const FILTERS_WIDTH: f32 = 680.0;
/// Narrower than this nobody is told how many lines there are.
const COUNT_WIDTH: f32 = 400.0;

/// The row above the lines: level, node, what is searched for, how many lines fit, and a button that copies them.
fn filters(ui: &mut Ui, panel: &mut LogPanel, runs: &RunState, theme: &Theme, tr: &Tr) {
    let width = ui.available_width();
    if width >= FILTERS_WIDTH {
        levels(ui, panel, theme, tr);
        ui.add_space(theme.size.gap);
        node_choice(ui, panel, runs, theme, tr);
    } else {
        // Whether something is left out is told by the ink as well.
        let ink = if panel.level > LogLevel::Debug || panel.node.is_some() { theme.accent } else { theme.text };
        let menu = ui.menu_button(icons::text("funnel", 14.0, ink), |ui| {
            ui.set_min_width(180.0);
            ui.horizontal(|ui| levels(ui, panel, theme, tr));
            node_choice(ui, panel, runs, theme, tr);
        });
        widgets::named(menu.response, Role::Button, tr.t("log-filter")).on_hover_text(tr.t("log-filter"));
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let copy = ui.button(icons::text("copy", 14.0, theme.text)).on_hover_text(tr.t("log-copy"));
        copy.widget_info(|| WidgetInfo::labeled(Role::Button, true, tr.t("log-copy")));
        if copy.clicked() {
            panel.update(runs);
            let text: String = panel.lines(runs).map(|line| plain(line) + "\n").collect();
            ui.ctx().copy_text(text);
        }
        if width >= COUNT_WIDTH {
            let args = [
                ("shown", figures::count(panel.fitting.len() as u64).into()),
                ("all", figures::count(runs.log_lines()).into()),
            ];
            ui.label(small(theme, tr.fmt("log-count", &args), theme.muted));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let room = ui.available_width();
            let room = if width >= FILTERS_WIDTH { room.min(180.0) } else { room };
            let field = TextEdit::singleline(&mut panel.search).hint_text(tr.t("log-search")).desired_width(room);
            let field = ui.add(field);
            field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, tr.t("log-search")));
        });
    });
}

fn levels(ui: &mut Ui, panel: &mut LogPanel, theme: &Theme, tr: &Tr) {
    for level in LEVELS {
        let text = small(theme, tr.t(level_key(level)), theme.text);
        ui.selectable_value(&mut panel.level, level, text).on_hover_text(tr.t("log-level-hint"));
    }
}

fn node_choice(ui: &mut Ui, panel: &mut LogPanel, runs: &RunState, theme: &Theme, tr: &Tr) {
    let mut nodes: Vec<&str> = runs.log().iter().filter_map(|line| line.node.as_deref()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let shown = panel.node.clone().unwrap_or_else(|| tr.t("log-all-nodes").to_owned());
    let combo = egui::ComboBox::from_id_salt("log node").icon(widgets::caret(theme)).width(130.0).truncate();
    let combo = combo.selected_text(small(theme, &shown, theme.text)).show_ui(ui, |ui| {
        ui.selectable_value(&mut panel.node, None, tr.t("log-all-nodes"));
        for node in nodes {
            ui.selectable_value(&mut panel.node, Some(node.to_owned()), node);
        }
    });
    combo.response.widget_info(|| {
        WidgetInfo::labeled(Role::ComboBox, true, tr.fmt("log-node", &[("node", shown.as_str().into())]))
    });
}

fn level_key(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "log-level-debug",
        LogLevel::Info => "log-level-info",
        LogLevel::Warn => "log-level-warn",
        LogLevel::Error => "log-level-error",
    }
}

/// The time of day of an RFC 3339 time, in the time zone of the machine.
fn time_of_day(at: &str) -> String {
    match at.parse::<jiff::Timestamp>() {
        Ok(time) => time.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string(),
        Err(_) => at.to_owned(),
    }
}

/// A line as it is copied: everything, the time as it was recorded.
fn plain(line: &LogLine) -> String {
    let level = match line.level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    };
    match &line.node {
        Some(node) => format!("{} {level} [{node}] {}", line.at, line.message),
        None => format!("{} {level} {}", line.at, line.message),
    }
}

fn line_job(line: &LogLine, theme: &Theme, tr: &Tr) -> LayoutJob {
    let font = egui::FontId::new(theme.size.small, egui::FontFamily::Monospace);
    let mut job = LayoutJob::default();
    let mut add = |text: &str, colour| job.append(text, 0.0, TextFormat::simple(font.clone(), colour));
    add(&time_of_day(&line.at), theme.muted);
    let colour = match line.level {
        LogLevel::Debug => theme.muted,
        LogLevel::Info => theme.accent,
        LogLevel::Warn => theme.warn,
        LogLevel::Error => theme.error,
    };
    add(&format!("  {:<5}  ", tr.t(level_key(line.level))), colour);
    if let Some(node) = &line.node {
        add(&format!("{node}  "), theme.text);
    }
    // Every line has one row, so that ten thousand of them can be scrolled without measuring them.
    let message = line.message.replace("\r\n", " ↵ ").replace('\n', " ↵ ");
    add(&message, if line.level == LogLevel::Debug { theme.muted } else { theme.text });
    job
}
