//! The bar at the top: menus made from the commands, the project's name, the device, and the one button that runs or the
//! two that pause and stop.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use egui::{
    Align, Align2, Button, FontId, Label, Layout, MenuBar, Popup, Rect, RichText, Role, ScrollArea, Sense, Stroke, Ui,
    pos2, vec2,
};
use weft_protocol::{DeviceId, DeviceInfo, DeviceKind};

use crate::commands::{LAYOUTS, Menu, Situation, UiCommand};
use crate::i18n::Tr;
use crate::icons;
use crate::panels::figures;
use crate::panels::plan::Page;
use crate::run_state::RunState;
use crate::theme::Theme;
use crate::widgets;

/// Room at both ends of the bar [points].
const MARGIN: f32 = 12.0;
/// Room between the project's name and what stands beside it [points].
const NAME_GAP: f32 = 12.0;
/// Room of the mark of unsaved changes [points].
const DOT: f32 = 18.0;
/// With less room than this a name says nothing [points].
const LEAST_NAME: f32 = 90.0;

/// What has no room and is left out, or is in a menu.
#[derive(Debug, Clone, Copy, Default)]
struct Fold {
    /// The key of the button and the time that is left.
    details: bool,
    /// The name of the device.
    device: bool,
    /// The menus.
    menus: bool,
    /// The word beside the mark of the program.
    word: bool,
}

/// What the top bar shows.
pub struct TopBar<'a> {
    /// What is open; none on the start page.
    pub project: Option<&'a str>,
    /// What can be done.
    pub now: &'a Situation,
    /// How things run.
    pub runs: &'a RunState,
    /// The device that was insisted on.
    pub device: Option<&'a DeviceId>,
    /// Devices that runs must not use.
    pub forbidden: &'a BTreeSet<DeviceId>,
    /// Names of the layouts that are kept.
    pub layouts: &'a [&'a str],
    /// How long the next run is thought to take [s].
    pub forecast_s: Option<f64>,
    /// Whether that is of the graph as it is now.
    pub forecast_is_current: bool,
    /// Projects that were opened last and are still there, the newest first.
    pub recent: &'a [&'a Path],
}

/// What the top bar asks of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopRequest {
    /// Do this.
    Command(UiCommand),
    /// Use this device; none for the best.
    Device(Option<DeviceId>),
    /// Take the layout of this name.
    Layout(String),
    /// Open this project.
    Open(PathBuf),
}

impl TopBar<'_> {
    /// Shows it.
    pub fn ui(&self, ui: &mut Ui, theme: &Theme, tr: &Tr) -> Vec<TopRequest> {
        let mut requests = Vec::new();
        let bar = ui.available_rect_before_wrap();
        let name = self.project.unwrap_or_else(|| tr.t("start-name"));
        let fold = self.fold(ui, bar.width(), name, theme, tr);
        let (mut left, mut right) = (bar.left(), bar.right());
        ui.horizontal_centered(|ui| {
            ui.add_space(MARGIN);
            ui.spacing_mut().item_spacing.x = 5.0;
            if fold.word {
                ui.label(icons::filled("graph", 18.0, theme.accent));
            } else {
                widgets::logo(ui, theme, 18.0);
            }
            ui.add_space(6.0);
            let menus = MenuBar::new().ui(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.spacing_mut().button_padding = vec2(8.0, 4.0);
                if fold.menus {
                    let menu = ui.menu_button(icons::text("list", 16.0, theme.text), |ui| {
                        for menu in Menu::ALL {
                            ui.menu_button(RichText::new(tr.t(menu.label())).color(theme.text), |ui| {
                                self.menu(ui, menu, theme, tr, &mut requests);
                            });
                        }
                    });
                    widgets::named(menu.response, Role::Button, tr.t("top-menu")).on_hover_text(tr.t("top-menu"));
                    return ui.cursor().left();
                }
                for menu in Menu::ALL {
                    ui.menu_button(RichText::new(tr.t(menu.label())).color(theme.text), |ui| {
                        self.menu(ui, menu, theme, tr, &mut requests);
                    });
                }
                ui.cursor().left()
            });
            left = menus.inner;
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 10.0;
                ui.add_space(MARGIN);
                self.run_buttons(ui, !fold.details, theme, tr, &mut requests);
                self.costs(ui, !fold.details, theme, tr, &mut requests);
                if let Some(text) = self.time_left(tr).filter(|_| !fold.details) {
                    ui.label(RichText::new(text).font(theme.mono_small()).color(theme.muted));
                }
                self.device(ui, !fold.device, theme, tr, &mut requests);
            });
            right -= self.right_width(ui, &fold, theme, tr);
        });
        // The name in the middle of the window, or of what is left between both sides; cut off where that is too little.
        let room = Rect::from_min_max(pos2(left + NAME_GAP, bar.top()), pos2(right - NAME_GAP, bar.bottom()));
        let galley = ui.painter().layout_no_wrap(name.to_owned(), theme.font(), theme.text);
        let size = vec2(galley.size().x.min(room.width() - DOT), galley.size().y);
        if size.x < LEAST_NAME.min(galley.size().x) {
            return requests;
        }
        let mut rect = Align2::CENTER_CENTER.align_size_within_rect(size, bar);
        if rect.left() < room.left() || rect.right() + DOT > room.right() {
            rect = Align2::CENTER_CENTER.align_size_within_rect(size, room.with_max_x(room.right() - DOT));
        }
        ui.put(rect, Label::new(RichText::new(name).color(theme.text)).truncate());
        if self.now.dirty && self.project.is_some() {
            let dot = Rect::from_center_size(rect.right_center() + vec2(10.0, 1.0), vec2(12.0, 12.0));
            let response = ui.interact(dot, ui.scope_id().with("dirty"), Sense::hover());
            ui.painter().circle_filled(dot.center(), 3.0, theme.muted);
            widgets::named(response, Role::Label, tr.t("top-unsaved")).on_hover_text(tr.t("top-unsaved"));
        }
        requests
    }

    /// What is folded so that the rest has room: one thing after another, the least needed first.
    fn fold(&self, ui: &Ui, width: f32, name: &str, theme: &Theme, tr: &Tr) -> Fold {
        let wide = |text: &str, font: FontId| ui.painter().layout_no_wrap(text.to_owned(), font, theme.text).size().x;
        let menus: f32 = Menu::ALL.iter().map(|menu| wide(tr.t(menu.label()), theme.font()) + 16.0).sum();
        let name = wide(name, theme.font()).min(LEAST_NAME) + DOT + 2.0 * NAME_GAP;
        let mut fold = Fold::default();
        for step in 0..=4 {
            fold = Fold { details: step > 0, device: step > 1, menus: step > 2, word: step > 3 };
            let logo = if fold.word { 30.0 } else { 30.0 + wide("Weft", theme.semibold()) * 1.3 };
            let menus = if fold.menus { 34.0 } else { menus };
            if MARGIN + logo + menus + name + self.right_width(ui, &fold, theme, tr) <= width {
                break;
            }
        }
        fold
    }

    /// Room that what stands at the right takes [points].
    fn right_width(&self, ui: &Ui, fold: &Fold, theme: &Theme, tr: &Tr) -> f32 {
        let wide = |text: &str, font: FontId| ui.painter().layout_no_wrap(text.to_owned(), font, theme.text).size().x;
        let mut width = MARGIN + 10.0;
        width += if self.runs.is_running() {
            (wide(tr.t("cmd-stop"), theme.font()) + 42.0).max(72.0) + 10.0 + 34.0
        } else {
            let key = UiCommand::Run.shortcut_text(ui.ctx());
            let key = if fold.details { 0.0 } else { wide(&key, theme.mono_small()) + 14.0 };
            wide(tr.t("cmd-run"), theme.semibold()) + 42.0 + key
        };
        if self.has_costs() {
            let text = self.forecast(tr).filter(|_| !fold.details);
            width += 10.0 + text.map_or(34.0, |text| wide(&text, theme.small_font()) + 40.0);
        }
        if let Some(text) = self.time_left(tr).filter(|_| !fold.details) {
            width += 10.0 + wide(&text, theme.mono_small());
        }
        width + 10.0 + if fold.device { 34.0 } else { wide(&self.device_words(tr).1, theme.small_font()) + 40.0 }
    }

    /// Whether the costs of the next run are offered.
    fn has_costs(&self) -> bool {
        self.project.is_some() && !self.runs.is_running()
    }

    /// How long the next run is thought to take: `≈ 1:40`.
    fn forecast(&self, tr: &Tr) -> Option<String> {
        let time = figures::duration(self.forecast_s?);
        Some(tr.fmt("top-forecast", &[("time", time.into())]))
    }

    /// What the next run will cost, beside the button that begins it.
    fn costs(&self, ui: &mut Ui, with_time: bool, theme: &Theme, tr: &Tr, requests: &mut Vec<TopRequest>) {
        if !self.has_costs() {
            return;
        }
        let name = tr.t("cmd-show-costs");
        let chip = match self.forecast(tr).filter(|_| with_time) {
            Some(text) => {
                let chip = widgets::chip(ui, theme, "receipt", &text);
                widgets::named(chip, Role::Button, &format!("{name}, {text}"))
            }
            None => widgets::icon_button(ui, theme, "receipt", name),
        };
        let hint = if self.forecast_is_current { "top-forecast-hint" } else { "top-forecast-old" };
        if chip.on_hover_text(tr.t(hint)).clicked() {
            requests.push(TopRequest::Command(UiCommand::ShowPlan(Page::Costs)));
        }
    }

    fn time_left(&self, tr: &Tr) -> Option<String> {
        let left_s = self.runs.run_left_s(Instant::now())?;
        Some(tr.fmt("top-left", &[("time", figures::duration(left_s).into())]))
    }

    fn menu(&self, ui: &mut Ui, menu: Menu, theme: &Theme, tr: &Tr, requests: &mut Vec<TopRequest>) {
        // In a low window, or with a large interface, a long menu is scrolled.
        let room = ui.ctx().content_rect().height() - theme.size.top_bar - 16.0;
        let scroll = ScrollArea::vertical().max_height(room.max(120.0)).min_scrolled_height(room.max(120.0));
        scroll.show(ui, |ui| self.items(ui, menu, theme, tr, requests));
    }

    fn items(&self, ui: &mut Ui, menu: Menu, theme: &Theme, tr: &Tr, requests: &mut Vec<TopRequest>) {
        ui.set_min_width(220.0);
        let mut submenu = None;
        for command in UiCommand::all().filter(|c| c.menu() == menu) {
            if command.begins_group() {
                ui.separator();
            }
            let Some(label) = command.submenu() else {
                self.item(ui, command, theme, tr, requests);
                if command == UiCommand::Open {
                    self.recent(ui, theme, tr, requests);
                }
                continue;
            };
            if submenu.replace(label) == Some(label) {
                continue;
            }
            let inside = || UiCommand::all().filter(|c| c.menu() == menu && c.submenu() == Some(label));
            let enabled = inside().any(|c| c.enabled(self.now));
            let ink = if enabled { theme.text } else { theme.faint };
            ui.add_enabled_ui(enabled, |ui| {
                let text = (icons::text(command.icon(), 15.0, ink), RichText::new(tr.t(label)).color(ink));
                let opened = ui.menu_button(text, |ui| {
                    let room = (ui.ctx().content_rect().height() - 16.0).max(120.0);
                    ScrollArea::vertical().max_height(room).min_scrolled_height(room).show(ui, |ui| {
                        ui.set_min_width(220.0);
                        inside().for_each(|c| self.item(ui, c, theme, tr, requests));
                        if label == LAYOUTS {
                            self.layouts(ui, theme, requests);
                        }
                    });
                });
                widgets::named(opened.response, Role::Button, tr.t(label));
            });
        }
    }

    /// The projects that were opened last.
    fn recent(&self, ui: &mut Ui, theme: &Theme, tr: &Tr, requests: &mut Vec<TopRequest>) {
        let enabled = !self.recent.is_empty() && UiCommand::Open.enabled(self.now);
        let ink = if enabled { theme.text } else { theme.faint };
        let label = tr.t("menu-recent");
        ui.add_enabled_ui(enabled, |ui| {
            let text = (icons::text("clock-counter-clockwise", 15.0, ink), RichText::new(label).color(ink));
            let opened = ui.menu_button(text, |ui| {
                ui.set_min_width(220.0);
                for path in self.recent {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
                    let button = Button::new(RichText::new(&*name).color(theme.text))
                        .right_text(widgets::muted(weft_model::text::brief(&folder, 40), theme))
                        .min_size(vec2(220.0, 26.0));
                    let item = widgets::named(ui.add(button), Role::Button, &format!("{name} {folder}"));
                    if item.on_hover_text(path.display().to_string()).clicked() {
                        requests.push(TopRequest::Open((*path).to_owned()));
                        ui.close();
                    }
                }
            });
            widgets::named(opened.response, Role::Button, label);
        });
    }

    fn layouts(&self, ui: &mut Ui, theme: &Theme, requests: &mut Vec<TopRequest>) {
        if self.layouts.is_empty() {
            return;
        }
        ui.separator();
        for name in self.layouts {
            let text = RichText::new(*name).color(theme.text);
            let button = Button::new((icons::text("layout", 15.0, theme.text), text)).min_size(vec2(220.0, 26.0));
            if widgets::named(ui.add(button.truncate()), Role::Button, name).clicked() {
                requests.push(TopRequest::Layout((*name).to_owned()));
                ui.close();
            }
        }
    }

    fn item(&self, ui: &mut Ui, command: UiCommand, theme: &Theme, tr: &Tr, requests: &mut Vec<TopRequest>) {
        let enabled = command.enabled(self.now);
        let ink = if enabled { theme.text } else { theme.faint };
        let label = match command {
            UiCommand::Pause if self.runs.is_paused() => "cmd-continue",
            other => other.label(),
        };
        let shortcut = RichText::new(command.shortcut_text(ui.ctx())).font(theme.mono_small()).color(theme.muted);
        let button = Button::new((icons::text(command.icon(), 15.0, ink), RichText::new(tr.t(label)).color(ink)))
            .right_text(shortcut)
            .min_size(vec2(220.0, 26.0));
        if widgets::named(ui.add_enabled(enabled, button), Role::Button, tr.t(label)).clicked() {
            requests.push(TopRequest::Command(command));
            ui.close();
        }
    }

    fn run_buttons(&self, ui: &mut Ui, with_key: bool, theme: &Theme, tr: &Tr, requests: &mut Vec<TopRequest>) {
        if self.runs.is_running() {
            let stop = Button::new((
                icons::filled("stop", 15.0, theme.error),
                RichText::new(tr.t("cmd-stop")).color(theme.error),
            ))
            .min_size(vec2(72.0, 28.0));
            if widgets::named(ui.add(stop), Role::Button, tr.t("cmd-stop")).clicked() {
                requests.push(TopRequest::Command(UiCommand::Stop));
            }
            let (icon, key) = if self.runs.is_paused() { ("play", "cmd-continue") } else { ("pause", "cmd-pause") };
            if widgets::framed_icon_button(ui, theme, icon, tr.t(key)).clicked() {
                requests.push(TopRequest::Command(UiCommand::Pause));
            }
            return;
        }
        let enabled = UiCommand::Run.enabled(self.now);
        ui.add_enabled_ui(enabled, |ui| {
            let key = if with_key { UiCommand::Run.shortcut_text(ui.ctx()) } else { String::new() };
            if widgets::primary_button(ui, theme, "play", tr.t("cmd-run"), &key).clicked() {
                requests.push(TopRequest::Command(UiCommand::Run));
            }
        });
    }

    /// Icon and name of the device that runs take.
    fn device_words(&self, tr: &Tr) -> (&'static str, String) {
        let devices = self.runs.devices();
        let shown = match self.device {
            Some(id) => devices.iter().find(|d| d.id == *id),
            None => best(devices, self.forbidden),
        };
        let text = match (shown, self.device) {
            (Some(device), _) => device_text(device, tr),
            (None, Some(id)) => id.to_string(),
            (None, None) => tr.t("device-unknown").to_owned(),
        };
        (if shown.is_some_and(|d| d.kind != DeviceKind::Cpu) { "graphics-card" } else { "cpu" }, text)
    }

    fn device(&self, ui: &mut Ui, with_name: bool, theme: &Theme, tr: &Tr, requests: &mut Vec<TopRequest>) {
        let devices = self.runs.devices();
        let (icon, text) = self.device_words(tr);
        let chip = match with_name {
            true => widgets::chip(ui, theme, icon, &text).on_hover_text(tr.t("device-hint")),
            false => widgets::icon_button(ui, theme, icon, &text).on_hover_text(tr.t("device-hint")),
        };
        Popup::menu(&chip).width(300.0).show(|ui| {
            ui.label(widgets::muted(tr.t("device-choose"), theme));
            let automatic = ui.selectable_label(self.device.is_none(), tr.t("device-auto"));
            if automatic.clicked() {
                requests.push(TopRequest::Device(None));
                ui.close();
            }
            for device in devices {
                let chosen = self.device == Some(&device.id);
                let label = format!("{} · {}", device_text(device, tr), device.backend);
                let forbidden = self.forbidden.contains(&device.id);
                let usable = !forbidden && (device.offered || device.kind == DeviceKind::Software);
                let item = ui.add_enabled(usable, Button::selectable(chosen, label).stroke(Stroke::NONE));
                if item.clicked() {
                    requests.push(TopRequest::Device(Some(device.id.clone())));
                    ui.close();
                }
                let why = if forbidden { tr.t("device-forbidden") } else { device.reason.as_str() };
                ui.add(Label::new(widgets::muted(why, theme)).wrap());
            }
        });
    }
}

/// The device that a run takes without being told to.
fn best<'a>(devices: &'a [DeviceInfo], forbidden: &BTreeSet<DeviceId>) -> Option<&'a DeviceInfo> {
    devices.iter().filter(|d| d.offered && !forbidden.contains(&d.id)).min_by_key(|d| d.kind == DeviceKind::Cpu)
}

fn device_text(device: &DeviceInfo, tr: &Tr) -> String {
    match (device.kind, device.threads) {
        (DeviceKind::Cpu, Some(threads)) => tr.fmt("device-cpu", &[("n", threads.into())]),
        (DeviceKind::Cpu, None) => "CPU".to_owned(),
        _ => device.name.clone(),
    }
}
