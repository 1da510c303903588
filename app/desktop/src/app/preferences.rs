//! The settings and the list of keys: shows them and does what they ask. What stands in the settings takes effect with the
//! next frame, whoever changed it.

use std::path::Path;

use super::{DesktopApp, Overlay, Purpose, upkeep};
use crate::dialogs::DialogKind;
use crate::files::Job;
use crate::settings_window::{Section, SettingsRequest, SettingsWindow, Surroundings};
use crate::windows::{self, KeysAnswer};
use weft_protocol::Command;

impl DesktopApp {
    pub(super) fn settings_ui(&mut self, ctx: &egui::Context) {
        let Some(mut window) = self.settings_window.take() else { return };
        let around = Surroundings {
            devices: self.runs.devices(),
            data_dir: &self.data_dir,
            data_dir_bytes: self.data_dir_bytes,
            kept: self.runs.kept(),
            desktop_motion: self.desktop_motion,
            autosave_s: upkeep::RECORD_EVERY.as_secs_f64(),
        };
        let mut requests = Vec::new();
        if window.ui(ctx, &self.theme, &self.tr, &mut self.settings, &around, &mut requests) {
            self.settings_window = Some(window);
        }
        for request in requests {
            match request {
                SettingsRequest::Language(lang) => {
                    self.lang = lang;
                    self.settings.lang = Some(lang);
                }
                SettingsRequest::Minimap(shown) => {
                    if let Some(session) = &mut self.session {
                        session.layout.minimap = shown;
                    }
                }
                SettingsRequest::TestDevices => {
                    self.send(Command::ListDevices { refresh: true });
                }
                SettingsRequest::Reveal(folder) => {
                    self.reveal(&folder);
                }
                SettingsRequest::AddDataFolder => {
                    self.ask(Purpose::DataFolder, DialogKind::Folder, "settings-data-folder-choose", None, None);
                }
                SettingsRequest::MeasureDataDir => {
                    self.files.send(Job::MeasureDataDir);
                    self.send(Command::MeasureKept);
                }
                SettingsRequest::ClearKept(kinds) => {
                    self.send(Command::ClearKept { kinds });
                }
            }
        }
    }

    /// Shows a folder in the desktop's file manager; of a file the folder that it lies in.
    pub(super) fn reveal(&mut self, path: &Path) {
        let folder = if path.is_dir() { Some(path) } else { path.parent().filter(|folder| folder.is_dir()) };
        match folder {
            None => {
                let folder = path.display().to_string();
                self.toasts.error(self.tr.fmt("folder-gone", &[("folder", folder.into())]));
            }
            Some(folder) if !self.dialogs.reveal(folder) => self.toasts.error(self.tr.t("settings-not-revealed")),
            Some(_) => {}
        }
    }

    pub(super) fn list_of_keys(&mut self, ctx: &egui::Context) {
        match windows::keys(ctx, &self.theme, &self.tr) {
            KeysAnswer::Open => self.overlay = Some(Overlay::Keys),
            KeysAnswer::Closed => self.overlay = None,
            KeysAnswer::Change => {
                self.overlay = None;
                self.settings_window = Some(SettingsWindow::at(Section::Keys));
            }
        }
    }
}
