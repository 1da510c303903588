//! The panels at the bottom of the window: thin functions that draw what [`crate::run_state::RunState`] knows and hand
//! back what the user asks for. They keep only how they are looked at; they never send, read files or compute runs.

use std::path::PathBuf;

use egui::{Color32, Rect, Response, RichText, Sense, Ui, pos2, vec2};
use weft_model::NodeId;
use weft_protocol::{Command, FitChange};

use crate::commands::UiCommand;
use crate::export::Content;
use crate::icons;
use crate::picture::Picture;
use crate::theme::Theme;

mod chart;
pub mod figures;
pub mod history;
pub mod log;
pub mod plan;
pub mod resources;
pub mod results;
pub mod training;

pub use history::{HistoryPanel, history_ui};
pub use log::{LogPanel, log_ui};
pub use plan::{PlanContext, PlanPanel, plan_ui};
pub use resources::resources_ui;
pub use results::{ResultsPanel, results_ui};
pub use training::{TrainingPanel, training_ui};

/// What a panel asks the window to do.
#[derive(Debug, Clone, PartialEq)]
pub enum PanelAction {
    /// Send this to the engine.
    Command(Command),
    /// Carry this out.
    Execute(UiCommand),
    /// Change this, so that a plan fits.
    Fit(FitChange),
    /// Select this node and bring it into view.
    ShowNode(NodeId),
    /// The same, and go near to it.
    ZoomToNode(NodeId),
    /// Show the folder of this file in the desktop's file manager.
    Reveal(PathBuf),
    /// Ask where to, and write this to a file; it is made by the thread that writes.
    Save {
        /// Proposed name of the file.
        file_name: String,
        /// What to write.
        content: Content,
    },
    /// Put this picture on the clipboard; it is painted by a thread.
    Copy(Box<Picture>),
    /// Ask where to, and write this text to a file.
    SaveText {
        /// Proposed name of the file.
        file_name: String,
        /// What to write.
        text: String,
    },
}

/// What a panel shows while there is nothing to show: an icon, a sentence, and what to do.
fn empty_state(ui: &mut Ui, theme: &Theme, icon: &str, title: &str, hint: &str) {
    let top = (ui.available_height() / 2.0 - 44.0).max(theme.size.section);
    ui.vertical_centered(|ui| {
        ui.add_space(top);
        ui.label(icons::text(icon, 32.0, theme.faint));
        ui.add_space(theme.size.gap);
        ui.label(RichText::new(title).font(theme.semibold()).color(theme.text));
        ui.label(RichText::new(hint).font(theme.small_font()).color(theme.muted));
    });
}

/// A line of a legend: a short dash of its colour and what it is, kept together where a row is broken.
fn legend_item(ui: &mut Ui, theme: &Theme, colour: Color32, text: &str) {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme.small_font(), theme.muted);
    let height = galley.size().y.max(ui.spacing().interact_size.y);
    let (rect, response) = ui.allocate_exact_size(vec2(18.0 + galley.size().x, height), Sense::hover());
    let y = rect.center().y;
    ui.painter().hline(rect.left()..=rect.left() + 12.0, y, (2.0, colour));
    ui.painter().galley(egui::pos2(rect.left() + 18.0, y - galley.size().y / 2.0), galley, theme.muted);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
}

/// The title of a part of a panel.
fn title(ui: &mut Ui, theme: &Theme, text: &str) -> Response {
    ui.label(RichText::new(text).font(theme.semibold()).color(theme.text))
}

/// Figures in mono.
fn mono(theme: &Theme, text: impl Into<String>, colour: Color32) -> RichText {
    RichText::new(text).font(theme.mono()).color(colour)
}

/// Secondary text.
fn small(theme: &Theme, text: impl Into<String>, colour: Color32) -> RichText {
    RichText::new(text).font(theme.small_font()).color(colour)
}

/// Text that lies within a rectangle of the painter, ended by an ellipsis where it does not fit.
fn clipped_text(ui: &Ui, rect: Rect, text: &str, font: egui::FontId, colour: Color32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let galley = painter.layout_job(job);
    painter.galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, colour);
}

/// Whichever of the theme's text colours is easier to read on a ground.
fn text_on(theme: &Theme, ground: Color32) -> Color32 {
    let luminance = |colour: Color32| {
        let c = egui::Rgba::from(colour);
        0.2126 * c.r() + 0.7152 * c.g() + 0.0722 * c.b()
    };
    let contrast = |colour: Color32| {
        let (a, b) = (luminance(colour), luminance(ground));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    };
    if contrast(theme.text) >= contrast(theme.on_accent) { theme.text } else { theme.on_accent }
}

#[cfg(test)]
mod tests;
