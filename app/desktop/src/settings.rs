//! What the user has chosen for the window, and how each project was last looked at. Kept in the data folder, never in a
//! project. Unreadable files count as absent: a setting is never worth a refusal to start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use weft_model::{Lang, ProjectId};
use weft_project::{ProjectError, write_atomically};
use weft_protocol::DeviceId;

use crate::dock::Shape;
use crate::keymap::KeptKeys;
use crate::planning::PlannerSettings;
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

/// The grid that nodes are drawn to, in graph units: as far apart as the dots of the canvas.
const SNAP_GRID: f64 = 16.0;
/// How long messages stay [s].
pub const MESSAGE_S: std::ops::RangeInclusive<u32> = 2..=30;
/// Kinds of node that are remembered as chosen lately.
const RECENT_KINDS: usize = 8;
/// Folders that are searched for data, at most.
const DATA_FOLDERS: usize = 32;

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
    /// Whether nothing moves of itself; none for what the desktop has.
    pub reduced_motion: Option<bool>,
    /// Whether dragged nodes are drawn to what they come to lie in line with.
    pub snap_guides: bool,
    /// Whether dragged nodes are drawn to the grid.
    pub snap_grid: bool,
    /// Whether projects that are opened for the first time show the minimap.
    pub minimap: bool,
    /// Keys other than the commands declare.
    pub keys: KeptKeys,
    /// Devices that runs must not use.
    pub forbidden_devices: BTreeSet<DeviceId>,
    /// Threads that compute on the processor; none for as many as it has.
    pub threads: Option<usize>,
    /// Folders in which data is looked for that is not where a project says.
    pub data_folders: Vec<PathBuf>,
    /// Whether the desktop is to draw attention to a run that ended while the window was not in use.
    pub attention: bool,
    /// How long messages stay [s].
    pub message_s: u32,
    /// Kinds of node that were added, the newest first, each with the preset, if any.
    pub recent_kinds: Vec<RecentKind>,
    /// Projects that were opened, the newest first.
    pub recent: Vec<Recent>,
    /// Folders of data that were chosen, the newest first.
    pub recent_folders: Vec<PathBuf>,
    /// What other versions of the program keep here.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            lang: None,
            scale: 1.0,
            reduced_motion: None,
            snap_guides: true,
            snap_grid: false,
            minimap: true,
            keys: KeptKeys::new(),
            forbidden_devices: BTreeSet::new(),
            threads: None,
            data_folders: Vec::new(),
            attention: true,
            message_s: 5,
            recent_kinds: Vec::new(),
            recent: Vec::new(),
            recent_folders: Vec::new(),
            other: BTreeMap::new(),
        }
    }
}

/// A kind of node that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentKind {
    /// Identifier of the kind.
    pub kind: String,
    /// Identifier of the preset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
}

/// A project that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Its file.
    pub path: PathBuf,
    /// When.
    pub at: jiff::Timestamp,
}

/// Recent projects, and folders, that are remembered.
const RECENT: usize = 12;

impl Settings {
    /// Reads the settings of a data folder. What cannot be read of them is left out, one by one, and a file of which
    /// anything was left out is kept beside, since the next change writes over it.
    pub fn load(data_dir: &Path) -> Self {
        let path = data_dir.join("settings.json");
        let Ok(text) = std::fs::read_to_string(&path) else { return Self::default() };
        let (mut settings, whole) = Self::from_text(&text);
        if !whole {
            let spare = data_dir.join("settings.damaged.json");
            match std::fs::copy(&path, &spare) {
                Ok(_) => log::warn!("{} is damaged; a copy is kept as {}", path.display(), spare.display()),
                Err(error) => log::warn!("{} is damaged and cannot be copied: {error}", path.display()),
            }
        }
        settings.scale = sane_scale(settings.scale);
        settings.message_s = settings.message_s.clamp(*MESSAGE_S.start(), *MESSAGE_S.end());
        settings.threads = settings.threads.filter(|threads| *threads > 0);
        settings.recent.truncate(RECENT);
        settings.recent_kinds.truncate(RECENT_KINDS);
        settings.data_folders.truncate(DATA_FOLDERS);
        settings.recent_folders.truncate(RECENT);
        settings
    }

    /// What can be read of a text, and whether that is all of it.
    fn from_text(text: &str) -> (Self, bool) {
        let fields = match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
            Ok(fields) => fields,
            Err(error) => {
                log::warn!("the settings are not readable and are ignored: {error}");
                return (Self::default(), false);
            }
        };
        let read = |fields| serde_json::from_value::<Self>(serde_json::Value::Object(fields));
        if let Ok(settings) = read(fields.clone()) {
            return (settings, true);
        }
        let mut good = serde_json::Map::new();
        for (name, value) in fields {
            let alone = serde_json::Map::from_iter([(name.clone(), value.clone())]);
            match read(alone) {
                Ok(_) => drop(good.insert(name, value)),
                Err(error) => log::warn!("settings: '{name}' is not readable and is ignored: {error}"),
            }
        }
        (read(good).unwrap_or_default(), false)
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

    /// To what dragged nodes are drawn.
    pub fn snapping(&self) -> egui_node_graph::Snapping {
        egui_node_graph::Snapping { align: self.snap_guides, grid: self.snap_grid.then_some(SNAP_GRID) }
    }

    /// Puts a kind of node at the head of those that were added lately.
    pub fn remember_kind(&mut self, kind: &str, preset: Option<&str>) {
        let chosen = RecentKind { kind: kind.to_owned(), preset: preset.map(str::to_owned) };
        self.recent_kinds.retain(|k| *k != chosen);
        self.recent_kinds.insert(0, chosen);
        self.recent_kinds.truncate(RECENT_KINDS);
    }

    /// Puts a folder of data at the head of those that were chosen.
    pub fn remember_folder(&mut self, path: &Path) {
        self.recent_folders.retain(|folder| folder != path);
        self.recent_folders.insert(0, path.to_owned());
        self.recent_folders.truncate(RECENT);
    }
}

/// A scale within its limits.
pub fn sane_scale(scale: f32) -> f32 {
    if scale.is_finite() { scale.clamp(MIN_SCALE, MAX_SCALE) } else { 1.0 }
}

/// How a project was last looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// What of the canvas was seen; none before anything was.
    pub camera: Option<egui_node_graph::Camera>,
    /// Whether the minimap is shown.
    pub minimap: bool,
    /// Whether nodes show what they give.
    pub previews: bool,
    /// Nodes that do not, all the same.
    pub previews_off: std::collections::BTreeSet<weft_model::NodeId>,
    /// How the panels stand.
    #[serde(deserialize_with = "dock_or_default")]
    pub dock: Shape,
    /// How its runs are planned.
    pub planner: PlannerSettings,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            camera: None,
            minimap: true,
            previews: true,
            previews_off: Default::default(),
            dock: Shape::default(),
            planner: PlannerSettings::default(),
        }
    }
}

/// A damaged layout of the panels takes nothing else with it.
fn dock_or_default<'de, D: Deserializer<'de>>(from: D) -> Result<Shape, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(Shape::deserialize(value).map(Shape::repaired).unwrap_or_else(|error| {
        log::warn!("the layout of the panels is not readable, the usual one is shown: {error}");
        Shape::default()
    }))
}

impl Layout {
    fn path(data_dir: &Path, project: ProjectId) -> PathBuf {
        data_dir.join("layout").join(format!("{project}.json"))
    }

    /// Reads the layout of a project; `minimap` is for one that was never looked at.
    pub fn load(data_dir: &Path, project: ProjectId, minimap: bool) -> Self {
        let path = Self::path(data_dir, project);
        if path.exists() { read(&path) } else { Self { minimap, ..Self::default() } }
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
    use crate::dock::Pane;

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
        assert_eq!(std::fs::read_to_string(dir.path().join("settings.damaged.json")).unwrap(), "nonsense");
    }

    #[test]
    fn one_bad_setting_loses_no_other_and_what_a_newer_version_keeps_stays() {
        let dir = tempfile::tempdir().unwrap();
        let text = r#"{"scale": "large", "lang": "zh", "keys": {"undo": ["Ctrl+U"]}, "recent": 7, "of tomorrow": [1],
                       "threads": 0, "message_s": 4000000}"#;
        std::fs::write(dir.path().join("settings.json"), text).unwrap();
        let settings = Settings::load(dir.path());
        assert_eq!((settings.scale, settings.lang), (1.0, Some(Lang::Zh)));
        assert_eq!(settings.keys["undo"], ["Ctrl+U"]);
        assert_eq!((settings.threads, settings.message_s), (None, *MESSAGE_S.end()));
        assert_eq!(std::fs::read_to_string(dir.path().join("settings.damaged.json")).unwrap(), text);
        settings.save(dir.path()).unwrap();
        let kept = std::fs::read_to_string(dir.path().join("settings.json")).unwrap();
        assert!(kept.contains("of tomorrow"), "{kept}");
        assert_eq!(Settings::load(dir.path()), settings);
    }

    #[test]
    fn kinds_that_were_added_are_remembered_once_each_the_newest_first() {
        let mut settings = Settings::default();
        for kind in ["a", "b", "c", "a"] {
            settings.remember_kind(kind, None);
        }
        settings.remember_kind("a", Some("preset"));
        let names: Vec<&str> = settings.recent_kinds.iter().map(|k| k.kind.as_str()).collect();
        assert_eq!(names, ["a", "a", "c", "b"]);
        (0..50).for_each(|n| settings.remember_kind(&n.to_string(), None));
        assert_eq!(settings.recent_kinds.len(), RECENT_KINDS);
    }

    #[test]
    fn layouts_are_kept_by_project() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (ProjectId(1), ProjectId(2));
        let mut layout = Layout { minimap: false, ..Layout::default() };
        layout.dock.show(Pane::History);
        layout.save(dir.path(), a).unwrap();
        assert_eq!(Layout::load(dir.path(), a, true), layout);
        assert_eq!(Layout::load(dir.path(), b, true), Layout::default());
        assert!(!Layout::load(dir.path(), b, false).minimap);
        // A layout of an older version, and one that is damaged: the rest is kept.
        for dock in ["", r#", "dock": {"split": 7}"#, r#", "dock": null, "left": false, "tab": "log""#] {
            std::fs::write(Layout::path(dir.path(), b), format!("{{\"minimap\": false{dock}}}")).unwrap();
            assert_eq!(Layout::load(dir.path(), b, true), Layout { minimap: false, ..Layout::default() }, "{dock}");
        }
    }
}
