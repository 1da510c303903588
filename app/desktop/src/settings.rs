//! What the user has chosen for the window, and how each project was last looked at. Kept in the data folder, never in a
//! project. Unreadable files count as absent: a setting is never worth a refusal to start.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use weft_model::{Lang, ProjectId};
use weft_project::{ProjectError, write_atomically};

use crate::theme::Mode;

/// Which palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// Dark.
    Dark,
    /// Light.
    Light,
    /// What the desktop has; dark where it does not say.
    #[default]
    System,
}

impl ThemeChoice {
    /// All choices, as the settings list them.
    pub const ALL: [ThemeChoice; 3] = [ThemeChoice::Dark, ThemeChoice::Light, ThemeChoice::System];

    /// Key of its label.
    pub fn label(self) -> &'static str {
        match self {
            ThemeChoice::Dark => "settings-theme-dark",
            ThemeChoice::Light => "settings-theme-light",
            ThemeChoice::System => "settings-theme-system",
        }
    }

    /// The palette that it comes to.
    pub fn mode(self, system: Option<egui::Theme>) -> Mode {
        match (self, system) {
            (ThemeChoice::Light, _) | (ThemeChoice::System, Some(egui::Theme::Light)) => Mode::Light,
            _ => Mode::Dark,
        }
    }
}

/// Smallest interface scale.
pub const MIN_SCALE: f32 = 0.75;
/// Largest interface scale.
pub const MAX_SCALE: f32 = 2.0;

/// The settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The palette.
    pub theme: ThemeChoice,
    /// The language; none for the machine's.
    pub lang: Option<Lang>,
    /// Scale of the interface.
    pub scale: f32,
    /// Nothing moves of itself.
    pub reduced_motion: bool,
    /// Projects that were opened, the newest first.
    pub recent: Vec<Recent>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { theme: ThemeChoice::default(), lang: None, scale: 1.0, reduced_motion: false, recent: Vec::new() }
    }
}

/// A project that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Its file.
    pub path: PathBuf,
    /// When.
    pub at: jiff::Timestamp,
}

/// Recent projects that are remembered.
const RECENT: usize = 12;

impl Settings {
    /// Reads the settings of a data folder.
    pub fn load(data_dir: &Path) -> Self {
        let mut settings: Self = read(&data_dir.join("settings.json"));
        settings.scale = sane_scale(settings.scale);
        settings.recent.truncate(RECENT);
        settings
    }

    /// Writes them.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, data_dir: &Path) -> Result<(), ProjectError> {
        write(data_dir.join("settings.json"), self)
    }

    /// Puts a project at the head of the recent ones.
    pub fn remember(&mut self, path: &Path, now: jiff::Timestamp) {
        self.recent.retain(|r| r.path != path);
        self.recent.insert(0, Recent { path: path.to_owned(), at: now });
        self.recent.truncate(RECENT);
    }
}

/// A scale within its limits.
pub fn sane_scale(scale: f32) -> f32 {
    if scale.is_finite() { scale.clamp(MIN_SCALE, MAX_SCALE) } else { 1.0 }
}

/// A panel at the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum BottomTab {
    #[default]
    Training,
    Plan,
    Resources,
    Results,
    Problems,
    Log,
}

impl BottomTab {
    /// All tabs, from left to right.
    pub const ALL: [BottomTab; 6] = [
        BottomTab::Training,
        BottomTab::Plan,
        BottomTab::Resources,
        BottomTab::Results,
        BottomTab::Problems,
        BottomTab::Log,
    ];

    /// Key of its label.
    pub fn label(self) -> &'static str {
        match self {
            BottomTab::Training => "tab-training",
            BottomTab::Plan => "tab-plan",
            BottomTab::Resources => "tab-resources",
            BottomTab::Results => "tab-results",
            BottomTab::Problems => "tab-problems",
            BottomTab::Log => "tab-log",
        }
    }

    /// Its icon.
    pub fn icon(self) -> &'static str {
        match self {
            BottomTab::Training => "chart-line",
            BottomTab::Plan => "chart-bar",
            BottomTab::Resources => "cpu",
            BottomTab::Results => "gauge",
            BottomTab::Problems => "warning",
            BottomTab::Log => "terminal-window",
        }
    }
}

/// How a project was last looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// What of the canvas was seen; none before anything was.
    pub camera: Option<egui_node_graph::Camera>,
    /// Whether the palette is shown.
    pub left: bool,
    /// Whether the inspector is shown.
    pub right: bool,
    /// Whether the panels at the bottom are unfolded.
    pub bottom: bool,
    /// Whether the minimap is shown.
    pub minimap: bool,
    /// Which panel at the bottom is open.
    pub tab: BottomTab,
    /// Width of the palette, width of the inspector, height of the panels [points]; none before they were shown.
    pub sizes: [Option<f32>; 3],
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            camera: None,
            left: true,
            right: true,
            bottom: true,
            minimap: true,
            tab: BottomTab::default(),
            sizes: [None; 3],
        }
    }
}

impl Layout {
    fn path(data_dir: &Path, project: ProjectId) -> PathBuf {
        data_dir.join("layout").join(format!("{project}.json"))
    }

    /// Reads the layout of a project.
    pub fn load(data_dir: &Path, project: ProjectId) -> Self {
        read(&Self::path(data_dir, project))
    }

    /// Writes it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, data_dir: &Path, project: ProjectId) -> Result<(), ProjectError> {
        write(Self::path(data_dir, project), self)
    }
}

fn read<T: DeserializeOwned + Default>(path: &Path) -> T {
    let Ok(text) = std::fs::read_to_string(path) else { return T::default() };
    serde_json::from_str(&text).unwrap_or_else(|error| {
        log::warn!("{} is not readable and is ignored: {error}", path.display());
        T::default()
    })
}

fn write<T: Serialize>(path: PathBuf, value: &T) -> Result<(), ProjectError> {
    if let Some(folder) = path.parent() {
        // If this fails the writing below says why, with the path.
        let _ = std::fs::create_dir_all(folder);
    }
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    write_atomically(&path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_and_nonsense_counts_as_absent() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(dir.path()), Settings::default());
        let mut settings = Settings { scale: 1.5, lang: Some(Lang::Zh), ..Settings::default() };
        settings.remember(Path::new("/a.weft"), jiff::Timestamp::UNIX_EPOCH);
        settings.remember(Path::new("/b.weft"), jiff::Timestamp::UNIX_EPOCH);
        settings.remember(Path::new("/a.weft"), jiff::Timestamp::UNIX_EPOCH);
        settings.save(dir.path()).unwrap();
        let back = Settings::load(dir.path());
        assert_eq!(back, settings);
        assert_eq!(back.recent.len(), 2);
        assert_eq!(back.recent[0].path, Path::new("/a.weft"));
        std::fs::write(dir.path().join("settings.json"), "{ \"scale\": 1e9 }").unwrap();
        assert_eq!(Settings::load(dir.path()).scale, MAX_SCALE);
        std::fs::write(dir.path().join("settings.json"), "nonsense").unwrap();
        assert_eq!(Settings::load(dir.path()), Settings::default());
    }

    #[test]
    fn layouts_are_kept_by_project() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (ProjectId(1), ProjectId(2));
        let layout = Layout { left: false, tab: BottomTab::Log, ..Layout::default() };
        layout.save(dir.path(), a).unwrap();
        assert_eq!(Layout::load(dir.path(), a), layout);
        assert_eq!(Layout::load(dir.path(), b), Layout::default());
    }
}
