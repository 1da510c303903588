//! The settings: sections with a search over all of them, keys included. Changes what it is given at once, and asks the
//! application for what it cannot do itself.

mod keys;
mod storage;

use std::collections::BTreeSet;
use std::path::PathBuf;

use egui::{
    Align, Checkbox, DragValue, Frame, Id, Label, Layout, Margin, Modal, RichText, ScrollArea, Slider, Ui, vec2,
};
use weft_model::Lang;
use weft_protocol::kept::{Kept, KeptReport};
use weft_protocol::{DeviceInfo, DeviceKind};

use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::panels::figures;
use crate::settings::{MAX_SCALE, MESSAGE_S, MIN_SCALE, Settings, ThemeChoice};
use crate::theme::Theme;
use crate::widgets;

use keys::KeysPage;
use storage::StoragePage;

/// A part of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Section {
    /// Theme, scale, language, motion.
    #[default]
    Look,
    /// Snapping, minimap.
    Canvas,
    /// Which keys do what.
    Keys,
    /// What computes.
    Devices,
    /// Where things lie, and how they are kept.
    Folders,
    /// What the window says of itself.
    Messages,
}

impl Section {
    const ALL: [Section; 6] =
        [Section::Look, Section::Canvas, Section::Keys, Section::Devices, Section::Folders, Section::Messages];

    fn label(self) -> &'static str {
        match self {
            Section::Look => "settings-look",
            Section::Canvas => "settings-canvas",
            Section::Keys => "settings-keys",
            Section::Devices => "settings-devices",
            Section::Folders => "settings-folders",
            Section::Messages => "settings-messages",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Section::Look => "sun",
            Section::Canvas => "graph",
            Section::Keys => "keyboard",
            Section::Devices => "cpu",
            Section::Folders => "folder-open",
            Section::Messages => "bell",
        }
    }
}

/// One setting: a label, what it is good for, and what changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Theme,
    Language,
    Scale,
    Motion,
    Guides,
    Grid,
    Minimap,
    Devices,
    Threads,
    DataDir,
    Kept,
    Autosave,
    DataFolders,
    Attention,
    MessageTime,
}

impl Item {
    const ALL: [Item; 15] = [
        Item::Theme,
        Item::Language,
        Item::Scale,
        Item::Motion,
        Item::Guides,
        Item::Grid,
        Item::Minimap,
        Item::Devices,
        Item::Threads,
        Item::DataDir,
        Item::Kept,
        Item::Autosave,
        Item::DataFolders,
        Item::Attention,
        Item::MessageTime,
    ];

    fn section(self) -> Section {
        match self {
            Item::Theme | Item::Language | Item::Scale | Item::Motion => Section::Look,
            Item::Guides | Item::Grid | Item::Minimap => Section::Canvas,
            Item::Devices | Item::Threads => Section::Devices,
            Item::DataDir | Item::Kept | Item::Autosave | Item::DataFolders => Section::Folders,
            Item::Attention | Item::MessageTime => Section::Messages,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Item::Theme => "settings-theme",
            Item::Language => "settings-language",
            Item::Scale => "settings-scale",
            Item::Motion => "settings-motion",
            Item::Guides => "settings-guides",
            Item::Grid => "settings-grid",
            Item::Minimap => "settings-minimap",
            Item::Devices => "settings-allowed",
            Item::Threads => "settings-threads",
            Item::DataDir => "settings-data-dir",
            Item::Kept => "settings-kept",
            Item::Autosave => "settings-autosave",
            Item::DataFolders => "settings-data-folders",
            Item::Attention => "settings-attention",
            Item::MessageTime => "settings-message-time",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Item::Theme => "settings-theme-hint",
            Item::Language => "settings-language-hint",
            Item::Scale => "settings-scale-hint",
            Item::Motion => "settings-motion-hint",
            Item::Guides => "settings-guides-hint",
            Item::Grid => "settings-grid-hint",
            Item::Minimap => "settings-minimap-hint",
            Item::Devices => "settings-allowed-hint",
            Item::Threads => "settings-threads-hint",
            Item::DataDir => "settings-data-dir-hint",
            Item::Kept => "settings-kept-hint",
            Item::Autosave => "settings-autosave-hint",
            Item::DataFolders => "settings-data-folders-hint",
            Item::Attention => "settings-attention-hint",
            Item::MessageTime => "settings-message-time-hint",
        }
    }

    /// Whether it answers a search, in small letters.
    fn answers(self, query: &str, tr: &Tr) -> bool {
        let texts = [tr.t(self.label()), tr.t(self.hint()), tr.t(self.section().label()), self.label()];
        let of_list = storage::words().filter(|_| self == Item::Kept).map(|key| tr.t(key));
        texts.into_iter().chain(of_list).any(|text| text.to_lowercase().contains(query))
    }
}

/// What the settings ask of the application.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingsRequest {
    /// Speak this language.
    Language(Lang),
    /// Show or hide the minimap of the open project too.
    Minimap(bool),
    /// Test every device anew.
    TestDevices,
    /// Show a folder in the desktop's file manager.
    Reveal(PathBuf),
    /// Ask for a folder in which data is looked for.
    AddDataFolder,
    /// Measure the data folder, and what is kept in it that could be made again.
    MeasureDataDir,
    /// Clear what is kept of these kinds.
    ClearKept(BTreeSet<Kept>),
}

/// What the settings show of the rest of the program.
pub struct Surroundings<'a> {
    /// What can compute; empty until the engine has said.
    pub devices: &'a [DeviceInfo],
    /// Where everything is kept.
    pub data_dir: &'a std::path::Path,
    /// How much lies there [bytes]; none until it has been measured.
    pub data_dir_bytes: Option<u64>,
    /// How much of it could be made again; none until the engine has said.
    pub kept: Option<&'a KeptReport>,
    /// Whether the desktop wants nothing to move of itself; none where it does not say.
    pub desktop_motion: Option<bool>,
    /// How long after a change it is written down at the latest [s].
    pub autosave_s: f64,
}

/// The settings while they are open.
#[derive(Debug, Default)]
pub struct SettingsWindow {
    section: Section,
    query: String,
    keys: KeysPage,
    storage: StoragePage,
    fresh: bool,
    measured: bool,
}

impl SettingsWindow {
    /// Opens at a section.
    pub fn at(section: Section) -> Self {
        Self { section, fresh: true, ..Self::default() }
    }

    /// Shows the settings and changes them; false when they were closed.
    pub fn ui(
        &mut self,
        ctx: &egui::Context,
        theme: &Theme,
        tr: &Tr,
        settings: &mut Settings,
        around: &Surroundings<'_>,
        requests: &mut Vec<SettingsRequest>,
    ) -> bool {
        if !std::mem::replace(&mut self.measured, true) {
            requests.push(SettingsRequest::MeasureDataDir);
        }
        self.keys.record(ctx, settings);
        let room = ctx.content_rect().size() - vec2(48.0, 96.0);
        let width = room.x.clamp(280.0, 760.0);
        let height = room.y.clamp(200.0, 520.0);
        let frame = Frame::window(&ctx.global_style()).inner_margin(Margin::same(16));
        let modal = Modal::new(Id::unique("settings")).frame(frame).backdrop_color(theme.veil()).show(ctx, |ui| {
            ui.set_width(width);
            let mut close = false;
            ui.horizontal(|ui| {
                let title = RichText::new(tr.t("settings-title"));
                ui.label(title.font(egui::FontId { size: 16.0, ..theme.semibold() }).color(theme.text));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    close = widgets::icon_button(ui, theme, "x", tr.t("close")).clicked();
                    let search = tr.t("settings-search");
                    ui.scope(|ui| {
                        ui.set_max_width((width * 0.4).max(140.0));
                        let field = widgets::search_field(ui, theme, &mut self.query, search, None, search);
                        if std::mem::take(&mut self.fresh) {
                            field.request_focus();
                        }
                    });
                });
            });
            ui.add_space(8.0);
            // With a narrow window or a large scale the sections stand above.
            if width < 520.0 {
                self.sections_in_a_line(ui, theme, tr);
                ui.add_space(4.0);
                ui.scope(|ui| {
                    ui.set_height(height - 96.0);
                    self.page(ui, theme, tr, settings, around, requests);
                });
            } else {
                ui.horizontal_top(|ui| {
                    ui.vertical(|ui| {
                        ui.set_width(168.0);
                        ui.set_height(height - 48.0);
                        self.sections(ui, theme, tr);
                    });
                    ui.add_space(8.0);
                    ui.vertical(|ui| {
                        ui.set_height(height - 48.0);
                        self.page(ui, theme, tr, settings, around, requests);
                    });
                });
            }
            close
        });
        !(modal.inner || modal.should_close())
    }

    fn go_to(&mut self, section: Section) {
        self.section = section;
        self.query.clear();
        self.keys.stop();
    }

    fn sections(&mut self, ui: &mut Ui, theme: &Theme, tr: &Tr) {
        ui.spacing_mut().item_spacing.y = 2.0;
        for section in Section::ALL {
            let (label, open) = (tr.t(section.label()), self.query.is_empty() && section == self.section);
            let row = widgets::row(ui, theme, Id::unique(("settings", section.label())), 28.0, open, label, |ui| {
                ui.label(icons::text(section.icon(), 16.0, if open { theme.text } else { theme.muted }));
                ui.label(RichText::new(label).color(theme.text));
            });
            if row.clicked() {
                self.go_to(section);
            }
        }
    }

    fn sections_in_a_line(&mut self, ui: &mut Ui, theme: &Theme, tr: &Tr) {
        ui.horizontal_wrapped(|ui| {
            for section in Section::ALL {
                let open = self.query.is_empty() && section == self.section;
                let text = RichText::new(tr.t(section.label())).color(theme.text);
                if ui.selectable_label(open, text).clicked() {
                    self.go_to(section);
                }
            }
        });
    }

    fn page(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        settings: &mut Settings,
        around: &Surroundings<'_>,
        requests: &mut Vec<SettingsRequest>,
    ) {
        let query = self.query.trim().to_lowercase();
        let id = if query.is_empty() { self.section.label() } else { "settings-search" };
        ScrollArea::vertical().id_salt(id).auto_shrink([false, false]).show(ui, |ui| {
            // The bar floats over what is beneath.
            ui.set_width(ui.available_width() - 10.0);
            ui.spacing_mut().item_spacing.y = 4.0;
            let mut shown = 0;
            for section in Section::ALL {
                if query.is_empty() && section != self.section {
                    continue;
                }
                let items = Item::ALL.into_iter().filter(|i| i.section() == section);
                let items: Vec<Item> = items.filter(|i| query.is_empty() || i.answers(&query, tr)).collect();
                let with_keys = section == Section::Keys && (query.is_empty() || KeysPage::answers(ui, tr, &query));
                if items.is_empty() && !with_keys {
                    continue;
                }
                shown += 1;
                if !query.is_empty() {
                    ui.add_space(4.0);
                    ui.label(widgets::semibold(tr.t(section.label()), theme));
                }
                for item in items {
                    if item == Item::Kept {
                        self.kept_ui(ui, theme, tr, around, requests);
                    } else {
                        item_ui(ui, theme, tr, item, settings, around, requests);
                    }
                }
                if with_keys {
                    self.keys.ui(ui, theme, tr, &query, settings);
                }
            }
            if shown == 0 {
                widgets::empty(ui, theme, "magnifying-glass", tr.t("settings-nothing"));
            }
            focus::keep_in_view(ui);
        });
    }
}

impl SettingsWindow {
    /// What could be made again: not a setting, and cleared after a question.
    fn kept_ui(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        around: &Surroundings<'_>,
        requests: &mut Vec<SettingsRequest>,
    ) {
        ui.add_space(6.0);
        ui.label(RichText::new(tr.t(Item::Kept.label())).color(theme.text));
        ui.add(Label::new(widgets::muted(tr.t(Item::Kept.hint()), theme)).wrap());
        ui.add_space(2.0);
        self.storage.ui(ui, theme, tr, around.kept, requests);
        ui.add_space(6.0);
        widgets::rule(ui, theme);
    }
}

/// A setting: its label over what it is good for, and what changes it beside them, or below.
fn item_ui(
    ui: &mut Ui,
    theme: &Theme,
    tr: &Tr,
    item: Item,
    settings: &mut Settings,
    around: &Surroundings<'_>,
    requests: &mut Vec<SettingsRequest>,
) {
    let hint = match item {
        Item::Autosave => tr.fmt(item.hint(), &[("s", around.autosave_s.to_string().into())]),
        other => tr.t(other.hint()).to_owned(),
    };
    let words = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let label = ui.add(Label::new(RichText::new(tr.t(item.label())).color(theme.text)).wrap());
        ui.add(Label::new(widgets::muted(hint, theme)).wrap());
        label.id
    };
    let whole = ui.available_width();
    let beside = whole > 400.0 && !matches!(item, Item::Devices | Item::DataDir | Item::DataFolders);
    ui.add_space(6.0);
    if beside {
        let left = (whole * 0.47).round();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            let label = ui.vertical(|ui| {
                ui.set_width(left);
                words(ui)
            });
            ui.add_space(20.0);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                ui.horizontal_wrapped(|ui| control(ui, theme, tr, item, settings, around, requests, label.inner));
            });
        });
    } else {
        let label = ui.scope(words).inner;
        ui.add_space(2.0);
        ui.horizontal_wrapped(|ui| control(ui, theme, tr, item, settings, around, requests, label));
    }
    ui.add_space(6.0);
    widgets::rule(ui, theme);
}

#[allow(clippy::too_many_arguments, reason = "one frame's worth of context")]
fn control(
    ui: &mut Ui,
    theme: &Theme,
    tr: &Tr,
    item: Item,
    settings: &mut Settings,
    around: &Surroundings<'_>,
    requests: &mut Vec<SettingsRequest>,
    label: Id,
) {
    let switch = |ui: &mut Ui, on: &mut bool| {
        widgets::tick(ui, theme, Checkbox::new(on, tr.t("settings-on"))).labelled_by(label)
    };
    match item {
        Item::Theme => {
            let texts = ThemeChoice::ALL.map(|choice| tr.t(choice.label()));
            let chosen = ThemeChoice::ALL.iter().position(|choice| *choice == settings.theme);
            if let Some(taken) = widgets::segments(ui, theme, Id::unique("settings-theme"), &texts, chosen) {
                settings.theme = ThemeChoice::ALL[taken];
            }
        }
        Item::Language => {
            let texts = Lang::ALL.map(Lang::own_name);
            let chosen = Lang::ALL.iter().position(|lang| *lang == tr.lang());
            if let Some(taken) = widgets::segments(ui, theme, Id::unique("settings-language"), &texts, chosen) {
                requests.push(SettingsRequest::Language(Lang::ALL[taken]));
            }
        }
        Item::Scale => {
            // Applied when the slider is let go: it would run away from under the pointer otherwise.
            let id = Id::unique("settings-scale");
            let mut scale = ui.data(|d| d.get_temp::<f32>(id)).unwrap_or(settings.scale);
            let slider = Slider::new(&mut scale, MIN_SCALE..=MAX_SCALE).step_by(0.05).fixed_decimals(2);
            let response = ui.add(slider).labelled_by(label);
            if response.dragged() {
                ui.data_mut(|d| d.insert_temp(id, scale));
            } else {
                ui.data_mut(|d| d.remove_temp::<f32>(id));
                settings.scale = scale;
            }
        }
        Item::Motion => {
            let desktop = match around.desktop_motion {
                Some(true) => "settings-motion-desktop-reduced",
                Some(false) => "settings-motion-desktop-full",
                None => "settings-motion-desktop",
            };
            let values = [None, Some(true), Some(false)];
            let texts = [desktop, "settings-motion-reduced", "settings-motion-full"].map(|key| tr.t(key));
            let chosen = values.iter().position(|value| *value == settings.reduced_motion);
            if let Some(taken) = widgets::segments(ui, theme, Id::unique("settings-motion"), &texts, chosen) {
                settings.reduced_motion = values[taken];
            }
        }
        Item::Guides => drop(switch(ui, &mut settings.snap_guides)),
        Item::Grid => drop(switch(ui, &mut settings.snap_grid)),
        Item::Minimap => {
            if switch(ui, &mut settings.minimap).changed() {
                requests.push(SettingsRequest::Minimap(settings.minimap));
            }
        }
        Item::Devices => devices(ui, theme, tr, settings, around, requests),
        Item::Threads => threads(ui, theme, tr, settings, around, label),
        Item::DataDir => {
            let folder = around.data_dir.display().to_string();
            ui.add(
                Label::new(RichText::new(folder).font(theme.mono_small()).color(theme.text)).wrap().selectable(true),
            );
            let size = match around.data_dir_bytes {
                Some(bytes) => figures::bytes(bytes as f64),
                None => tr.t("settings-measuring").to_owned(),
            };
            ui.label(widgets::muted(size, theme));
            if widgets::button(ui, theme, "folder-open", tr.t("settings-reveal")).clicked() {
                requests.push(SettingsRequest::Reveal(around.data_dir.to_owned()));
            }
        }
        Item::Kept => {}
        Item::Autosave => drop(ui.label(RichText::new(tr.t("settings-on")).color(theme.text))),
        Item::DataFolders => data_folders(ui, theme, tr, settings, requests),
        Item::Attention => drop(switch(ui, &mut settings.attention)),
        Item::MessageTime => {
            let value = DragValue::new(&mut settings.message_s).range(MESSAGE_S).suffix(" s").speed(0.1);
            ui.add(value).labelled_by(label);
        }
    }
}

fn devices(
    ui: &mut Ui,
    theme: &Theme,
    tr: &Tr,
    settings: &mut Settings,
    around: &Surroundings<'_>,
    requests: &mut Vec<SettingsRequest>,
) {
    ui.vertical(|ui| {
        if around.devices.is_empty() {
            ui.label(widgets::muted(tr.t("settings-devices-asked"), theme));
        }
        for device in around.devices {
            widgets::card(theme).inner_margin(Margin::symmetric(10, 6)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                let cpu = device.kind == DeviceKind::Cpu;
                ui.horizontal_wrapped(|ui| {
                    ui.label(icons::text(if cpu { "cpu" } else { "graphics-card" }, 16.0, theme.muted));
                    let mut allowed = !settings.forbidden_devices.contains(&device.id);
                    let name = format!("{} · {}", device.name, device.backend);
                    // The processor prepares data whatever else computes.
                    let text = RichText::new(name).color(theme.text);
                    let tick =
                        ui.add_enabled_ui(!cpu, |ui| widgets::tick(ui, theme, Checkbox::new(&mut allowed, text))).inner;
                    if tick.changed() {
                        match allowed {
                            true => drop(settings.forbidden_devices.remove(&device.id)),
                            false => drop(settings.forbidden_devices.insert(device.id.clone())),
                        }
                    }
                });
                let mut facts = vec![device.id.to_string()];
                facts.extend(device.driver.clone());
                facts.extend(device.memory_bytes.map(|bytes| figures::bytes(bytes as f64)));
                ui.add(Label::new(widgets::muted(facts.join(" · "), theme)).wrap());
                ui.horizontal_wrapped(|ui| {
                    let (icon, color) =
                        if device.offered { ("check-circle", theme.ok) } else { ("warning-circle", theme.warn) };
                    ui.label(icons::filled(icon, 14.0, color));
                    ui.add(Label::new(widgets::muted(device.reason.as_str(), theme)).wrap());
                });
            });
        }
        if widgets::button(ui, theme, "arrow-clockwise", tr.t("settings-test-devices")).clicked() {
            requests.push(SettingsRequest::TestDevices);
        }
    });
}

fn threads(ui: &mut Ui, theme: &Theme, tr: &Tr, settings: &mut Settings, around: &Surroundings<'_>, label: Id) {
    let most = around.devices.iter().filter_map(|d| d.threads).max();
    let most = most.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let mut all = settings.threads.is_none();
    let text = tr.fmt("settings-threads-all", &[("n", most.into())]);
    if widgets::tick(ui, theme, Checkbox::new(&mut all, text)).labelled_by(label).changed() {
        settings.threads = (!all).then_some(most);
    }
    if let Some(threads) = &mut settings.threads {
        let ceiling = most.max(*threads);
        ui.add(DragValue::new(threads).range(1..=ceiling)).labelled_by(label);
    }
}

fn data_folders(ui: &mut Ui, theme: &Theme, tr: &Tr, settings: &mut Settings, requests: &mut Vec<SettingsRequest>) {
    ui.vertical(|ui| {
        let mut gone = None;
        for (index, folder) in settings.data_folders.iter().enumerate() {
            ui.horizontal(|ui| {
                let name = folder.display().to_string();
                let remove = tr.fmt("settings-data-folder-remove", &[("folder", name.as_str().into())]);
                if widgets::icon_button(ui, theme, "x", &remove).clicked() {
                    gone = Some(index);
                }
                ui.add(Label::new(RichText::new(name).font(theme.mono_small()).color(theme.text)).truncate());
            });
        }
        if let Some(index) = gone {
            settings.data_folders.remove(index);
        }
        if widgets::button(ui, theme, "plus", tr.t("settings-data-folder-add")).clicked() {
            requests.push(SettingsRequest::AddDataFolder);
        }
    });
}
