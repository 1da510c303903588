//! Windows over the window: settings, the list of keys, what this is, an error in full, and the question about unsaved
//! changes. They change what they are given and hand back what was decided.

use egui::{
    Align, Button, Frame, Grid, Id, Label, Layout, Margin, Modal, RichText, Role, ScrollArea, Slider, Ui, vec2,
};
use weft_model::Lang;

use crate::commands::{Menu, UiCommand, shortcut_text};
use crate::i18n::Tr;
use crate::icons;
use crate::settings::{MAX_SCALE, MIN_SCALE, Settings, ThemeChoice};
use crate::theme::Theme;
use crate::widgets;

/// What was answered to the question about unsaved changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsaved {
    /// Save, then go on.
    Save,
    /// Go on without saving.
    Discard,
    /// Stay.
    Cancel,
}

fn frame(ui: &egui::Context) -> Frame {
    Frame::window(&ui.global_style()).inner_margin(Margin::same(18))
}

fn modal<R>(ctx: &egui::Context, theme: &Theme, id: &str, width: f32, content: impl FnOnce(&mut Ui) -> R) -> (R, bool) {
    let response = Modal::new(Id::unique(id)).frame(frame(ctx)).backdrop_color(theme.veil()).show(ctx, |ui| {
        ui.set_width(width);
        content(ui)
    });
    let close = response.should_close();
    (response.inner, close)
}

fn heading(ui: &mut Ui, theme: &Theme, tr: &Tr, text: &str) -> bool {
    let mut close = false;
    ui.horizontal(|ui| {
        ui.label(RichText::new(text).font(egui::FontId { size: 16.0, ..theme.semibold() }).color(theme.text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            close = widgets::icon_button(ui, theme, "x", tr.t("close")).clicked();
        });
    });
    ui.add_space(8.0);
    close
}

/// Asks what is to become of unsaved changes.
pub fn unsaved(ctx: &egui::Context, theme: &Theme, tr: &Tr, name: &str) -> Option<Unsaved> {
    let mut answer = None;
    let ((), close) = modal(ctx, theme, "unsaved", 400.0, |ui| {
        ui.horizontal(|ui| {
            ui.label(icons::filled("warning", 20.0, theme.warn));
            ui.label(widgets::semibold(tr.fmt("unsaved-title", &[("name", name.into())]), theme));
        });
        ui.add(Label::new(RichText::new(tr.t("unsaved-text")).color(theme.muted)).wrap());
        ui.add_space(12.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::primary_button(ui, theme, "floppy-disk", tr.t("unsaved-save"), "").clicked() {
                answer = Some(Unsaved::Save);
            }
            if ui.add(Button::new(tr.t("unsaved-discard")).min_size(vec2(0.0, 28.0))).clicked() {
                answer = Some(Unsaved::Discard);
            }
            if ui.add(Button::new(tr.t("cancel")).min_size(vec2(0.0, 28.0))).clicked() {
                answer = Some(Unsaved::Cancel);
            }
        });
    });
    answer.or(close.then_some(Unsaved::Cancel))
}

/// Shows an error in full; true when it was read.
pub fn error(ctx: &egui::Context, theme: &Theme, tr: &Tr, title: &str, message: &str, remedy: &str) -> bool {
    let mut done = false;
    let ((), close) = modal(ctx, theme, "error", 460.0, |ui| {
        ui.horizontal(|ui| {
            ui.label(icons::filled("x-circle", 20.0, theme.error));
            ui.label(widgets::semibold(title, theme));
        });
        ui.add_space(4.0);
        ui.add(Label::new(RichText::new(message).color(theme.text)).wrap().selectable(true));
        ui.add(Label::new(RichText::new(remedy).color(theme.muted)).wrap().selectable(true));
        ui.add_space(12.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            done = widgets::primary_button(ui, theme, "check", tr.t("ok"), "").clicked();
        });
    });
    done || close
}

/// Shows the settings and changes them at once; false when they were closed.
pub fn settings(
    ctx: &egui::Context,
    theme: &Theme,
    tr: &Tr,
    settings: &mut Settings,
    wanted: &mut Lang,
    data_dir: &str,
) -> bool {
    let (closed, close) = modal(ctx, theme, "settings", 420.0, |ui| {
        let closed = heading(ui, theme, tr, tr.t("settings-title"));
        Grid::new("settings").num_columns(2).spacing(vec2(24.0, 12.0)).show(ui, |ui| {
            ui.label(tr.t("settings-theme"));
            ui.horizontal(|ui| {
                for choice in ThemeChoice::ALL {
                    ui.selectable_value(&mut settings.theme, choice, tr.t(choice.label()));
                }
            });
            ui.end_row();
            ui.label(tr.t("settings-language"));
            ui.horizontal(|ui| {
                for lang in Lang::ALL {
                    if ui.selectable_label(tr.lang() == lang, lang.own_name()).clicked() {
                        *wanted = lang;
                        settings.lang = Some(lang);
                    }
                }
            });
            ui.end_row();
            let label = ui.label(tr.t("settings-scale"));
            ui.horizontal(|ui| {
                // Applied when the slider is let go: it would run away from under the pointer otherwise.
                let id = ui.scope_id().with("scale");
                let mut scale = ui.data(|d| d.get_temp::<f32>(id)).unwrap_or(settings.scale);
                let slider = Slider::new(&mut scale, MIN_SCALE..=MAX_SCALE).step_by(0.05).fixed_decimals(2);
                let response = ui.add(slider).labelled_by(label.id);
                if response.dragged() {
                    ui.data_mut(|d| d.insert_temp(id, scale));
                } else {
                    ui.data_mut(|d| d.remove_temp::<f32>(id));
                    settings.scale = scale;
                }
            });
            ui.end_row();
            ui.label(tr.t("settings-motion"));
            ui.checkbox(&mut settings.reduced_motion, tr.t("settings-reduced-motion"));
            ui.end_row();
        });
        ui.add_space(12.0);
        ui.label(widgets::muted(tr.t("settings-folder"), theme));
        ui.add(Label::new(RichText::new(data_dir).font(theme.mono_small()).color(theme.muted)).wrap().selectable(true));
        closed
    });
    !(closed || close)
}

/// Shows the list of keys; false when it was closed.
pub fn keys(ctx: &egui::Context, theme: &Theme, tr: &Tr) -> bool {
    let (closed, close) = modal(ctx, theme, "keys", 460.0, |ui| {
        let closed = heading(ui, theme, tr, tr.t("keys-title"));
        ScrollArea::vertical().max_height(520.0).min_scrolled_height(520.0).show(ui, |ui| {
            Grid::new("keys").num_columns(2).spacing(vec2(32.0, 4.0)).min_col_width(190.0).show(ui, |ui| {
                let row = |ui: &mut Ui, what: &str, keys: &str| {
                    ui.label(RichText::new(what).color(theme.text));
                    ui.label(RichText::new(keys).font(theme.mono()).color(theme.muted));
                    ui.end_row();
                };
                for menu in Menu::ALL {
                    let with_keys = UiCommand::all().filter(|c| c.menu() == menu && !c.shortcuts().is_empty());
                    for command in with_keys {
                        let keys: Vec<String> =
                            command.shortcuts().iter().map(|s| shortcut_text(ui.ctx(), s)).collect();
                        row(ui, tr.t(command.label()), &keys.join(", "));
                    }
                }
                for (what, keys) in [
                    ("keys-pan", "keys-pan-keys"),
                    ("keys-zoom", "keys-zoom-keys"),
                    ("keys-add-select", "keys-add-select-keys"),
                    ("keys-break", "keys-break-keys"),
                    ("keys-wire", "keys-wire-keys"),
                    ("keys-cut", "keys-cut-keys"),
                    ("keys-move-wires", "keys-move-wires-keys"),
                    ("keys-insert", "keys-insert-keys"),
                    ("keys-free", "keys-free-keys"),
                    ("keys-arrows", "keys-arrows-keys"),
                    ("keys-extend", "keys-extend-keys"),
                    ("keys-nudge", "keys-nudge-keys"),
                ] {
                    row(ui, tr.t(what), tr.t(keys));
                }
            });
        });
        closed
    });
    !(closed || close)
}

/// Says what this is; false when it was closed.
pub fn about(ctx: &egui::Context, theme: &Theme, tr: &Tr) -> bool {
    let (closed, close) = modal(ctx, theme, "about", 380.0, |ui| {
        let mut closed = false;
        ui.horizontal(|ui| {
            widgets::logo(ui, theme, 26.0);
            ui.label(RichText::new(env!("CARGO_PKG_VERSION")).font(theme.mono()).color(theme.muted));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let button = widgets::icon_button(ui, theme, "x", tr.t("close"));
                closed = widgets::named(button, Role::Button, tr.t("close")).clicked();
            });
        });
        ui.add_space(8.0);
        ui.add(Label::new(RichText::new(tr.t("about-text")).color(theme.text)).wrap());
        ui.add_space(4.0);
        ui.label(widgets::muted(tr.t("about-licence"), theme));
        closed
    });
    !(closed || close)
}
