//! Windows over the window: the list of keys, what this is, an error in full, and the question about unsaved
//! changes. They change what they are given and hand back what was decided.

use egui::{Align, Button, Frame, Id, Label, Layout, Margin, Modal, RichText, Role, ScrollArea, Ui, vec2};

use crate::commands::{Menu, UiCommand, shortcut_text};
use crate::focus;
use crate::i18n::{Tr, sentence};
use crate::icons;
use crate::keymap::Keymap;
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

pub(crate) fn modal<R>(
    ctx: &egui::Context,
    theme: &Theme,
    id: &str,
    width: f32,
    content: impl FnOnce(&mut Ui) -> R,
) -> (R, bool) {
    let response = Modal::new(Id::unique(id)).frame(frame(ctx)).backdrop_color(theme.veil()).show(ctx, |ui| {
        ui.set_width(width);
        content(ui)
    });
    let close = response.should_close();
    (response.inner, close)
}

pub(crate) fn heading(ui: &mut Ui, theme: &Theme, tr: &Tr, text: &str) -> bool {
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

/// Asks what is to become of the run that is on when the window is closed: true ends both.
pub fn running(ctx: &egui::Context, theme: &Theme, tr: &Tr) -> Option<bool> {
    let mut answer = None;
    let ((), close) = modal(ctx, theme, "running", 420.0, |ui| {
        ui.horizontal(|ui| {
            ui.label(icons::filled("warning", 20.0, theme.warn));
            ui.label(widgets::semibold(tr.t("closing-title"), theme));
        });
        ui.add(Label::new(RichText::new(tr.t("closing-text")).color(theme.muted)).wrap());
        ui.add_space(12.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::primary_button(ui, theme, "stop", tr.t("closing-stop"), "").clicked() {
                answer = Some(true);
            }
            if ui.add(Button::new(tr.t("cancel")).min_size(vec2(0.0, 28.0))).clicked() {
                answer = Some(false);
            }
        });
    });
    answer.or(close.then_some(false))
}

/// Asks whether a run is to wait for the one that is on.
pub fn queue_it(ctx: &egui::Context, theme: &Theme, tr: &Tr) -> Option<bool> {
    let mut answer = None;
    let ((), close) = modal(ctx, theme, "queue it", 420.0, |ui| {
        ui.horizontal(|ui| {
            ui.label(icons::text("queue", 20.0, theme.accent));
            ui.label(widgets::semibold(tr.t("queue-it-title"), theme));
        });
        ui.add(Label::new(RichText::new(tr.t("queue-it-text")).color(theme.muted)).wrap());
        ui.add_space(12.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let button = widgets::primary_button(ui, theme, "queue", tr.t("queue-it"), "");
            if ui.memory(|memory| memory.focused().is_none()) {
                button.request_focus();
            }
            if button.clicked() {
                answer = Some(true);
            }
            if ui.add(Button::new(tr.t("cancel")).min_size(vec2(0.0, 28.0))).clicked() {
                answer = Some(false);
            }
        });
    });
    answer.or(close.then_some(false))
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
        ui.add(Label::new(RichText::new(sentence(message)).color(theme.text)).wrap().selectable(true));
        ui.add(Label::new(RichText::new(sentence(remedy)).color(theme.muted)).wrap().selectable(true));
        ui.add_space(12.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            done = widgets::primary_button(ui, theme, "check", tr.t("ok"), "").clicked();
        });
    });
    done || close
}

/// What came of a frame of the list of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysAnswer {
    /// It stays open.
    Open,
    /// It was closed.
    Closed,
    /// Other keys are to be chosen.
    Change,
}

/// What is done on the canvas without a command, and how.
const GESTURES: [(&str, &str); 21] = [
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
    ("keys-via", "keys-via-keys"),
    ("keys-via-stroke", "keys-via-stroke-keys"),
    ("keys-edit-sheet", "keys-edit-sheet-keys"),
    ("keys-frame-alone", "keys-frame-alone-keys"),
    ("keys-resize", "keys-resize-keys"),
    ("keys-ports", "keys-ports-keys"),
    ("keys-key-wire", "keys-key-wire-keys"),
    ("keys-break-port", "keys-break-port-keys"),
    ("keys-menu", "keys-menu-keys"),
];

/// A part of the list of keys: its heading, and what is done by which keys.
type KeyGroup<'a> = (&'a str, Vec<(&'a str, String)>);

/// Shows the list of keys and gestures.
pub fn keys(ctx: &egui::Context, theme: &Theme, tr: &Tr) -> KeysAnswer {
    let keymap = Keymap::of(ctx);
    let room = ctx.content_rect().size() - vec2(64.0, 150.0);
    let width = room.x.clamp(280.0, 980.0);
    let columns = if width >= 720.0 { 2 } else { 1 };
    let (answer, close) = modal(ctx, theme, "keys", width, |ui| {
        let closed = heading(ui, theme, tr, tr.t("keys-title"));
        let change = widgets::button(ui, theme, "keyboard", tr.t("keys-change")).clicked();
        ui.add_space(4.0);
        let mut groups: Vec<KeyGroup<'_>> = Vec::new();
        for menu in Menu::ALL {
            let with_keys = UiCommand::all().filter(|c| c.menu() == menu && !keymap.keys(*c).is_empty());
            let rows = with_keys.map(|command| {
                let keys: Vec<String> = keymap.keys(command).iter().map(|s| shortcut_text(ui.ctx(), s)).collect();
                (tr.t(command.label()), keys.join(", "))
            });
            groups.push((tr.t(menu.label()), rows.collect()));
        }
        let gestures = GESTURES.iter().map(|(what, keys)| (tr.t(what), tr.t(keys).to_owned()));
        groups.push((tr.t("keys-gestures"), gestures.collect()));
        groups.retain(|(_, rows)| !rows.is_empty());
        let height = room.y.clamp(120.0, 640.0);
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            // The bar floats over what is beneath.
            let each = (ui.available_width() - 12.0 - 32.0 * (columns - 1) as f32) / columns as f32;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 32.0;
                for column in in_columns(&groups, columns) {
                    ui.vertical(|ui| {
                        ui.set_width(each);
                        column.iter().for_each(|group| key_group(ui, theme, group));
                    });
                }
            });
            focus::keep_in_view(ui);
        });
        match (change, closed) {
            (true, _) => KeysAnswer::Change,
            (_, true) => KeysAnswer::Closed,
            _ => KeysAnswer::Open,
        }
    });
    if close && answer == KeysAnswer::Open { KeysAnswer::Closed } else { answer }
}

/// The groups in columns that are about as long as one another.
fn in_columns<'g, 'a>(groups: &'g [KeyGroup<'a>], columns: usize) -> Vec<&'g [KeyGroup<'a>]> {
    let lines = |groups: &[KeyGroup<'_>]| groups.iter().map(|(_, rows)| rows.len() + 2).sum::<usize>();
    if columns < 2 {
        return vec![groups];
    }
    let longest = |at: &usize| lines(&groups[..*at]).max(lines(&groups[*at..]));
    let at = (0..=groups.len()).min_by_key(longest).unwrap_or(0);
    vec![&groups[..at], &groups[at..]]
}

fn key_group(ui: &mut Ui, theme: &Theme, (heading, rows): &KeyGroup<'_>) {
    ui.add_space(8.0);
    ui.label(widgets::semibold(*heading, theme));
    ui.add_space(2.0);
    ui.spacing_mut().item_spacing.y = 4.0;
    let whole = ui.available_width();
    let left = (whole * 0.5).min(230.0).round();
    for (what, keys) in rows {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.vertical(|ui| {
                ui.set_width(left);
                ui.add(Label::new(RichText::new(*what).color(theme.text)).wrap());
            });
            ui.add_space(12.0);
            ui.vertical(|ui| {
                ui.set_width(whole - left - 12.0);
                ui.add(Label::new(RichText::new(keys).font(theme.mono()).color(theme.muted)).wrap());
            });
        });
    }
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
