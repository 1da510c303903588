//! The page on which keys are chosen: every command with its keys, a key recorded by pressing it, and a question where it
//! belongs to another command.

use egui::{Context, CornerRadius, Event, Frame, Key, KeyboardShortcut, Label, Margin, Modifiers, RichText, Ui, vec2};
use egui_node_graph::bindings;

use crate::commands::{Menu, UiCommand, shortcut_text};
use crate::i18n::Tr;
use crate::keymap::{Keymap, refusal};
use crate::settings::Settings;
use crate::theme::Theme;
use crate::widgets;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Recording {
    /// A key is waited for.
    Waiting,
    /// This one cannot be chosen, for this reason; another one is waited for.
    Refused(KeyboardShortcut, &'static str),
    /// This one belongs to another command: what is to become of it?
    Taken(KeyboardShortcut, UiCommand),
}

/// The page.
#[derive(Debug, Default)]
pub(super) struct KeysPage {
    recording: Option<(UiCommand, Recording)>,
}

impl KeysPage {
    /// No key is waited for any more.
    pub(super) fn stop(&mut self) {
        self.recording = None;
    }

    /// Takes the key that is waited for out of the input, before anything else sees it.
    pub(super) fn record(&mut self, ctx: &Context, settings: &mut Settings) {
        let Some((command, Recording::Waiting | Recording::Refused(..))) = self.recording else { return };
        let mut seen = None;
        let mut given_up = false;
        ctx.input_mut(|i| {
            i.events.retain(|event| {
                let plain = |key| Some(KeyboardShortcut::new(Modifiers::COMMAND, key));
                let pressed = match event {
                    // The system says by these that the keys of the clipboard were pressed.
                    Event::Copy => plain(Key::C),
                    Event::Cut => plain(Key::X),
                    Event::Paste(_) => plain(Key::V),
                    Event::Key { .. } | Event::Text(_) => bindings::pressed(event),
                    _ => return true,
                };
                given_up |= pressed == Some(KeyboardShortcut::new(Modifiers::NONE, Key::Escape));
                seen = seen.or(pressed);
                false
            });
        });
        if given_up {
            self.recording = None;
            return;
        }
        let Some(shortcut) = seen else { return };
        let mut keymap = Keymap::from_kept(&settings.keys);
        let owner = keymap.owner(shortcut).filter(|owner| *owner != command);
        match (refusal(shortcut, command), owner) {
            (Some(why), _) => self.recording = Some((command, Recording::Refused(shortcut, why))),
            (None, Some(owner)) => self.recording = Some((command, Recording::Taken(shortcut, owner))),
            (None, None) => {
                keymap.add(command, shortcut);
                settings.keys = keymap.to_kept();
                self.recording = None;
            }
        }
    }

    fn command_answers(ui: &Ui, tr: &Tr, keymap: &Keymap, query: &str, command: UiCommand) -> bool {
        let keys = || keymap.keys(command).iter().map(|s| shortcut_text(ui.ctx(), s));
        [tr.t(command.label()), command.id(), tr.t(command.menu().label())]
            .iter()
            .any(|text| text.to_lowercase().contains(query))
            || keys().any(|text| text.to_lowercase().contains(query))
    }

    /// Whether any command answers a search, in small letters.
    pub(super) fn answers(ui: &Ui, tr: &Tr, query: &str) -> bool {
        let keymap = Keymap::of(ui.ctx());
        UiCommand::all().any(|command| Self::command_answers(ui, tr, &keymap, query, command))
    }

    /// Shows the commands that answer a search; all for an empty one.
    pub(super) fn ui(&mut self, ui: &mut Ui, theme: &Theme, tr: &Tr, query: &str, settings: &mut Settings) {
        let mut keymap = Keymap::from_kept(&settings.keys);
        let before = keymap.clone();
        ui.horizontal_wrapped(|ui| {
            ui.add(Label::new(widgets::muted(tr.t("keys-hint"), theme)).wrap());
            if keymap.any_changed()
                && widgets::button(ui, theme, "arrow-counter-clockwise", tr.t("keys-reset-all")).clicked()
            {
                keymap.reset_all();
                self.recording = None;
            }
        });
        for menu in Menu::ALL {
            let commands = UiCommand::all().filter(|c| c.menu() == menu);
            let commands: Vec<UiCommand> =
                commands.filter(|c| query.is_empty() || Self::command_answers(ui, tr, &before, query, *c)).collect();
            if commands.is_empty() {
                continue;
            }
            ui.add_space(8.0);
            ui.label(widgets::semibold(tr.t(menu.label()), theme));
            for command in commands {
                self.row(ui, theme, tr, command, &mut keymap);
            }
        }
        if keymap != before {
            settings.keys = keymap.to_kept();
        }
    }

    fn row(&mut self, ui: &mut Ui, theme: &Theme, tr: &Tr, command: UiCommand, keymap: &mut Keymap) {
        let name = tr.t(command.label()).trim_end_matches('…');
        let mut removed = None;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let (_, rect) = ui.allocate_space(vec2((ui.available_width() * 0.46).min(260.0), 26.0));
            let inside = egui::UiBuilder::new().max_rect(rect).layout(egui::Layout::left_to_right(egui::Align::Center));
            // The room is taken already: however short the name is, the keys stand in line.
            let label = Label::new(RichText::new(tr.t(command.label())).color(theme.text)).truncate();
            ui.new_child(inside).add(label);
            for shortcut in keymap.keys(command) {
                let text = shortcut_text(ui.ctx(), shortcut);
                let frame = Frame::new()
                    .fill(theme.raised)
                    .stroke(theme.line())
                    .corner_radius(CornerRadius::same(4))
                    .inner_margin(Margin { left: 6, right: 0, top: 0, bottom: 0 });
                frame.show(ui, |ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    ui.label(RichText::new(&text).font(theme.mono_small()).color(theme.text));
                    let take = tr.fmt("keys-remove", &[("key", text.as_str().into()), ("command", name.into())]);
                    if widgets::icon_button(ui, theme, "x", &take).clicked() {
                        removed = Some(*shortcut);
                    }
                });
            }
            let add = tr.fmt("keys-add", &[("command", name.into())]);
            let adding = self.recording.is_some_and(|(c, _)| c == command);
            if !adding && widgets::icon_button(ui, theme, "plus", &add).clicked() {
                self.recording = Some((command, Recording::Waiting));
            }
            let reset = tr.fmt("keys-reset", &[("command", name.into())]);
            if keymap.is_changed(command)
                && widgets::icon_button(ui, theme, "arrow-counter-clockwise", &reset).clicked()
            {
                keymap.reset(command);
            }
        });
        if let Some(shortcut) = removed {
            keymap.remove(command, shortcut);
        }
        if let Some((_, recording)) = self.recording.filter(|(c, _)| *c == command) {
            self.question(ui, theme, tr, command, recording, keymap);
        }
    }

    /// What is waited for, or has to be decided.
    fn question(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        command: UiCommand,
        recording: Recording,
        keymap: &mut Keymap,
    ) {
        let text = match recording {
            Recording::Waiting => tr.t("keys-press").to_owned(),
            Recording::Refused(shortcut, why) => tr.fmt(why, &[("key", shortcut_text(ui.ctx(), &shortcut).into())]),
            Recording::Taken(shortcut, owner) => {
                let key = shortcut_text(ui.ctx(), &shortcut);
                let owner = tr.t(owner.label()).trim_end_matches('…');
                tr.fmt("keys-taken", &[("key", key.into()), ("command", owner.into())])
            }
        };
        let frame = widgets::card(theme).inner_margin(Margin::symmetric(10, 6)).stroke((1.0, theme.accent));
        let shown = frame.show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(text).color(theme.text));
                if let Recording::Taken(shortcut, _) = recording {
                    if widgets::button(ui, theme, "check", tr.t("keys-take")).clicked() {
                        keymap.add(command, shortcut);
                        self.recording = None;
                    }
                    if !keymap.keys(command).is_empty()
                        && widgets::button(ui, theme, "swap", tr.t("keys-swap")).clicked()
                    {
                        keymap.swap(command, shortcut);
                        self.recording = None;
                    }
                }
                if widgets::button(ui, theme, "x", tr.t("cancel")).clicked() {
                    self.recording = None;
                }
            });
        });
        shown.response.scroll_to_me(None);
    }
}
