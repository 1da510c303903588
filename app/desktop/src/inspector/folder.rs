//! Folders: a dialog, those that were used before, and beneath the field where the folder lies.

use std::path::Path;

use egui::containers::menu::MenuButton;
use egui::{Button, RichText, Role, Ui, vec2};
use weft_model::Value;

use super::rows::{Asked, At, Change};
use crate::icons;
use crate::widgets;

/// How a path is written in a project: relative within its folder, so that the project can be moved with its data.
pub(crate) fn written(base: &Path, path: &Path) -> String {
    match path.strip_prefix(base) {
        Ok(inside) if !inside.as_os_str().is_empty() => inside.to_string_lossy().replace('\\', "/"),
        _ => path.to_string_lossy().into_owned(),
    }
}

/// Whether something is held over the window that could be dropped.
pub(super) fn is_offered(ui: &Ui) -> bool {
    ui.input(|i| !i.raw.hovered_files.is_empty())
}

/// The buttons beside the field; the room that they take [points].
pub(super) fn buttons(ui: &mut Ui, at: &At<'_>, asked: &mut Asked) -> f32 {
    let (theme, tr) = (at.with.theme, at.with.tr);
    let before = ui.available_width();
    let size = vec2(26.0, theme.size.field);
    ui.spacing_mut().item_spacing.x = 4.0;
    ui.spacing_mut().button_padding.x = 4.0;
    let name = tr.t("inspector-pick-folder");
    let pick = Button::new(icons::text("folder-open", 15.0, theme.muted)).min_size(size);
    if widgets::named(ui.add(pick), Role::Button, name).on_hover_text(name).clicked() {
        asked.pick = Some(at.index);
    }
    if !at.with.folders.is_empty() {
        let name = tr.t("inspector-recent-folders");
        let button = Button::new(icons::text("clock-counter-clockwise", 15.0, theme.muted)).min_size(size);
        let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
            ui.set_max_width(420.0);
            let base = at.project.base_dir();
            for folder in at.with.folders {
                let text = written(&base, folder);
                let chosen = at.row.value().and_then(Value::as_str) == Some(text.as_str());
                let label = Button::selectable(chosen, RichText::new(&text).font(theme.mono_small())).truncate();
                if ui.add(label).on_hover_text(folder.display().to_string()).clicked() {
                    let value = Some(Value::Text(text));
                    asked.changes.push(Change { row: at.index, value, merge: None });
                    ui.close();
                }
            }
        });
        widgets::named(response, Role::Button, name).on_hover_text(name);
    }
    if let Some(text) = at.row.value().and_then(Value::as_str).filter(|text| !text.trim().is_empty()) {
        let name = tr.t("folder-show");
        let show = Button::new(icons::text("arrow-square-out", 15.0, theme.muted)).min_size(size);
        if widgets::named(ui.add(show), Role::Button, name).on_hover_text(name).clicked() {
            let path = at.project.base_dir().join(text);
            asked.reveal = Some(std::path::absolute(&path).unwrap_or(path));
        }
    }
    before - ui.available_width()
}

/// Where the folder lies.
pub(super) fn beneath(ui: &mut Ui, at: &At<'_>) {
    let (theme, tr) = (at.with.theme, at.with.tr);
    let Some(text) = at.row.value().and_then(Value::as_str).filter(|text| !text.trim().is_empty()) else {
        ui.label(widgets::muted(tr.t("inspector-folder-hint"), theme));
        return;
    };
    if Path::new(text).is_relative() {
        let path = at.project.base_dir().join(text);
        // The base may end in the program's own folder: what the system says is what people know.
        let whole = std::path::absolute(&path).unwrap_or(path).display().to_string();
        let label = RichText::new(&whole).font(theme.mono_small()).color(theme.muted);
        ui.add(egui::Label::new(label).truncate()).on_hover_text(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_within_the_project_are_written_from_there() {
        let base = Path::new("/home/me/project");
        assert_eq!(written(base, Path::new("/home/me/project/data/mnist")), "data/mnist");
        assert_eq!(written(base, Path::new("/data/mnist")), "/data/mnist");
        assert_eq!(written(base, base), "/home/me/project");
    }
}
