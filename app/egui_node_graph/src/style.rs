//! How the canvas looks: colours, families, icons and distances. The application fills this from its theme.

use egui::{Color32, FontFamily, Visuals};

use crate::view::{Severity, TextRole};

/// Characters of [`Style::icon_fill_family`] for the states of a node. Where one is absent a drawn shape stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateIcons {
    /// A clock.
    pub waiting: Option<char>,
    /// A tick in a disc.
    pub done: Option<char>,
    /// A flash.
    pub cached: Option<char>,
    /// A cross.
    pub failed: Option<char>,
    /// A square.
    pub stopped: Option<char>,
    /// A dash.
    pub skipped: Option<char>,
    /// An exclamation mark.
    pub problem: Option<char>,
    /// A loudspeaker crossed out, or the like: takes no part.
    pub muted: Option<char>,
    /// An arrow around something: what comes in goes out.
    pub bypassed: Option<char>,
}

/// Everything that the canvas needs to know of the application's theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// The ground of the canvas.
    pub canvas: Color32,
    /// The dots of the grid.
    pub grid: Color32,
    /// The body of a node.
    pub node: Color32,
    /// The edge of a node.
    pub border: Color32,
    /// The edge of a node under the pointer, and the track of the progress bar.
    pub strong: Color32,
    /// The shadow of a node.
    pub shadow: Color32,
    /// Titles.
    pub text: Color32,
    /// Labels and secondary text.
    pub muted: Color32,
    /// Ornaments.
    pub faint: Color32,
    /// Selection.
    pub accent: Color32,
    /// Bad.
    pub error: Color32,
    /// Doubtful.
    pub warn: Color32,
    /// Good.
    pub ok: Color32,
    /// Running.
    pub run: Color32,
    /// From the cache.
    pub cached: Color32,
    /// On the critical path.
    pub critical: Color32,
    /// Passed by.
    pub bypassed: Color32,
    /// Plain text.
    pub family: FontFamily,
    /// Titles.
    pub semibold_family: FontFamily,
    /// Figures.
    pub mono_family: FontFamily,
    /// Icons of categories.
    pub icon_family: FontFamily,
    /// Icons of states.
    pub icon_fill_family: FontFamily,
    /// Which icons.
    pub icons: StateIcons,
    /// The size of titles, in points at zoom 1.
    pub title_size: f32,
    /// The size of labels and plain body text, in points at zoom 1.
    pub label_size: f32,
    /// The size of monospaced body text, in points at zoom 1.
    pub mono_size: f32,
    /// The size of icons, in points at zoom 1.
    pub icon_size: f32,
    /// How near a dragged wire must come to a pin to be drawn to it, in points of the screen.
    pub snap_distance: f32,
    /// Nothing moves of itself: the camera jumps and the circle of a running node stands still.
    pub reduced_motion: bool,
}

impl Style {
    /// A style made from egui's own colours.
    pub fn from_visuals(visuals: &Visuals) -> Self {
        let text = visuals.strong_text_color();
        let canvas = visuals.extreme_bg_color;
        let accent = visuals.hyperlink_color;
        Self {
            canvas,
            grid: canvas.lerp_to_gamma(text, 0.12),
            node: visuals.panel_fill,
            border: visuals.panel_fill.lerp_to_gamma(text, 0.12),
            strong: visuals.panel_fill.lerp_to_gamma(text, 0.24),
            shadow: visuals.popup_shadow.color,
            text,
            muted: visuals.text_color(),
            faint: visuals.weak_text_color(),
            accent,
            error: visuals.error_fg_color,
            warn: visuals.warn_fg_color,
            ok: accent,
            run: accent,
            cached: visuals.text_color(),
            critical: visuals.warn_fg_color,
            bypassed: accent.lerp_to_gamma(visuals.error_fg_color, 0.5),
            family: FontFamily::Proportional,
            semibold_family: FontFamily::Proportional,
            mono_family: FontFamily::Monospace,
            icon_family: FontFamily::Proportional,
            icon_fill_family: FontFamily::Proportional,
            icons: StateIcons::default(),
            title_size: 13.0,
            label_size: 11.0,
            mono_size: 11.0,
            icon_size: 16.0,
            snap_distance: 16.0,
            reduced_motion: false,
        }
    }

    pub(crate) fn role(&self, role: TextRole) -> Color32 {
        match role {
            TextRole::Normal => self.text,
            TextRole::Muted => self.muted,
            TextRole::Faint => self.faint,
            TextRole::Accent => self.accent,
            TextRole::Ok => self.ok,
            TextRole::Warn => self.warn,
            TextRole::Error => self.error,
        }
    }

    pub(crate) fn severity(&self, severity: Severity) -> Color32 {
        match severity {
            Severity::Note => self.accent,
            Severity::Warning => self.warn,
            Severity::Error => self.error,
        }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self::from_visuals(&Visuals::dark())
    }
}
