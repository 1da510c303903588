//! Which keys do what: what the commands declare, with what the user has changed laid over it. No two commands ever have
//! the same key. Must not know what a command does, nor where keys are chosen.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use egui::{Context, Id, Key, KeyboardShortcut, Modifiers};
use egui_node_graph::bindings::{self, canonical};

use crate::commands::{Situation, UiCommand};

/// What of the keys stands in the settings file: commands by [`UiCommand::id`], and the keys that each has instead of
/// those that it declares, as [`text_of`] writes them.
pub type KeptKeys = BTreeMap<String, Vec<String>>;

/// The keys of all commands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Keymap {
    /// Commands whose keys are others than they declare.
    changed: HashMap<UiCommand, Vec<KeyboardShortcut>>,
}

impl Keymap {
    /// The keys with what the settings file says. What cannot be read or used is left out, with a line in the log.
    pub fn from_kept(kept: &KeptKeys) -> Self {
        let mut taken = HashSet::new();
        let mut keymap = Self::default();
        for (id, texts) in kept {
            let Some(command) = UiCommand::all().find(|c| c.id() == id) else {
                log::warn!("settings: there is no command '{id}'; its keys are ignored");
                continue;
            };
            let mut keys = Vec::new();
            for text in texts {
                match shortcut_of(text).filter(|s| refusal(*s, command).is_none()) {
                    Some(shortcut) if taken.insert(shortcut) => keys.push(shortcut),
                    Some(_) => log::warn!("settings: '{text}' of '{id}' is taken; it is ignored"),
                    None => log::warn!("settings: '{text}' of '{id}' is no key that can be chosen; it is ignored"),
                }
            }
            if keys.is_empty() && !texts.is_empty() {
                continue;
            }
            keymap.changed.insert(command, keys);
        }
        // What was chosen goes before what is declared.
        for command in UiCommand::all().filter(|c| !keymap.changed.contains_key(c)).collect::<Vec<_>>() {
            let declared = command.default_shortcuts();
            if declared.iter().any(|s| taken.contains(s)) {
                let left = declared.iter().filter(|s| !taken.contains(*s)).copied().collect();
                keymap.changed.insert(command, left);
            }
        }
        keymap.tidy();
        keymap
    }

    /// What is to stand in the settings file: what differs from what is declared.
    pub fn to_kept(&self) -> KeptKeys {
        self.changed.iter().map(|(c, keys)| (c.id().to_owned(), keys.iter().map(text_of).collect())).collect()
    }

    /// The keys of a command, the one that is shown first.
    pub fn keys(&self, command: UiCommand) -> &[KeyboardShortcut] {
        self.changed.get(&command).map_or(command.default_shortcuts(), Vec::as_slice)
    }

    /// Whether a command has keys other than it declares.
    pub fn is_changed(&self, command: UiCommand) -> bool {
        self.changed.contains_key(&command)
    }

    /// Whether any command has.
    pub fn any_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The command that a key belongs to.
    pub fn owner(&self, shortcut: KeyboardShortcut) -> Option<UiCommand> {
        let shortcut = canonical(shortcut);
        UiCommand::all().find(|c| self.keys(*c).contains(&shortcut))
    }

    /// Gives a command a further key, taken away from the command that had it.
    pub fn add(&mut self, command: UiCommand, shortcut: KeyboardShortcut) {
        let shortcut = canonical(shortcut);
        if let Some(owner) = self.owner(shortcut) {
            if owner == command {
                return;
            }
            self.remove(owner, shortcut);
        }
        let mut keys = self.keys(command).to_vec();
        keys.push(shortcut);
        self.set(command, keys);
    }

    /// Gives a command the key of another one, which has the first key of this one from then on, if it had any.
    pub fn swap(&mut self, command: UiCommand, shortcut: KeyboardShortcut) {
        let shortcut = canonical(shortcut);
        let Some(owner) = self.owner(shortcut).filter(|owner| *owner != command) else { return };
        let given = self.keys(command).first().copied();
        let exchange = |keys: &[KeyboardShortcut], from, to: Option<KeyboardShortcut>| -> Vec<KeyboardShortcut> {
            keys.iter().filter_map(|s| if *s == from { to } else { Some(*s) }).collect()
        };
        let theirs = exchange(self.keys(owner), shortcut, given.filter(|s| refusal(*s, owner).is_none()));
        let mut own: Vec<KeyboardShortcut> = self.keys(command).iter().skip(1).copied().collect();
        own.insert(0, shortcut);
        self.set(owner, theirs);
        self.set(command, own);
    }

    /// Takes a key away from a command.
    pub fn remove(&mut self, command: UiCommand, shortcut: KeyboardShortcut) {
        let shortcut = canonical(shortcut);
        let keys = self.keys(command).iter().copied().filter(|s| *s != shortcut).collect();
        self.set(command, keys);
    }

    /// Gives a command the keys that it declares, taken away from those that have them now.
    pub fn reset(&mut self, command: UiCommand) {
        for shortcut in command.default_shortcuts() {
            if let Some(owner) = self.owner(*shortcut).filter(|owner| *owner != command) {
                self.remove(owner, *shortcut);
            }
        }
        self.changed.remove(&command);
    }

    /// Gives every command the keys that it declares.
    pub fn reset_all(&mut self) {
        self.changed.clear();
    }

    fn set(&mut self, command: UiCommand, keys: Vec<KeyboardShortcut>) {
        self.changed.insert(command, keys);
        self.tidy();
    }

    fn tidy(&mut self) {
        self.changed.retain(|command, keys| keys.as_slice() != command.default_shortcuts());
    }

    /// The keys that the canvas takes itself, at the place of the pointer.
    pub fn of_canvas(&self) -> bindings::Keys {
        let keys = |command| self.keys(command).to_vec();
        bindings::Keys {
            add: keys(UiCommand::AddNode),
            delete: keys(UiCommand::Delete),
            select_all: keys(UiCommand::SelectAll),
            fit_all: keys(UiCommand::FitAll),
            fit_selection: keys(UiCommand::FitSelection),
        }
    }

    /// The command whose keys were pressed, taken out of the input; none while text is typed. The keys of a command that
    /// cannot be done now do nothing.
    pub fn pressed(&self, ctx: &Context, now: &Situation) -> Option<UiCommand> {
        let typing = ctx.text_edit_focused();
        let pressed: Vec<KeyboardShortcut> = ctx.input(|i| i.events.iter().filter_map(bindings::pressed).collect());
        let (command, shortcut) = pressed.into_iter().find_map(|s| {
            let owner =
                self.owner(s).filter(|c| !c.keys_belong_to_canvas() && (!typing || c.keys_lead_out_of_text()))?;
            Some((owner, s))
        })?;
        ctx.input_mut(|i| bindings::take(i, &[shortcut]));
        Some(command).filter(|c| c.enabled(now))
    }

    /// Makes these the keys of the window, so that whatever shows a key finds it.
    pub fn install(self, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(Id::unique("keymap"), Arc::new(self)));
    }

    /// The keys of the window.
    pub fn of(ctx: &Context) -> Arc<Self> {
        ctx.data(|data| data.get_temp::<Arc<Self>>(Id::unique("keymap"))).unwrap_or_default()
    }
}

/// Why a key cannot be chosen for a command, as the key of a text; none if it can.
pub fn refusal(shortcut: KeyboardShortcut, command: UiCommand) -> Option<&'static str> {
    let bare = shortcut.modifiers.is_none();
    match shortcut.logical_key {
        Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight | Key::ArrowUp => Some("keys-refused-arrows"),
        Key::Escape | Key::Enter | Key::Space if bare => Some("keys-refused-fixed"),
        // The canvas asks for a node with it, where it does not go from widget to widget.
        Key::Tab if bare && command == UiCommand::AddNode => None,
        Key::Tab if bare || shortcut.modifiers == Modifiers::SHIFT => Some("keys-refused-tab"),
        Key::Copy | Key::Cut | Key::Paste => Some("keys-refused-fixed"),
        _ => None,
    }
}

/// A shortcut as the settings file has it: `Ctrl+Shift+P`, with `Ctrl` for Command on a Mac and `Control` for the key of
/// that name there.
pub fn text_of(shortcut: &KeyboardShortcut) -> String {
    let KeyboardShortcut { modifiers: m, logical_key } = canonical(*shortcut);
    let parts = [(m.command, "Ctrl"), (m.ctrl, "Control"), (m.alt, "Alt"), (m.shift, "Shift")];
    let mut text: String = parts.iter().filter(|(held, _)| *held).map(|(_, name)| format!("{name}+")).collect();
    text.push_str(logical_key.name());
    text
}

/// Reads what [`text_of`] writes; none if it is no shortcut.
pub fn shortcut_of(text: &str) -> Option<KeyboardShortcut> {
    let mut modifiers = Modifiers::NONE;
    let mut parts = text.split('+').map(str::trim).peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return Some(canonical(KeyboardShortcut::new(modifiers, Key::from_name(part)?)));
        }
        modifiers |= match part.to_ascii_lowercase().as_str() {
            "ctrl" | "cmd" => Modifiers::COMMAND,
            "control" => Modifiers::CTRL,
            "alt" => Modifiers::ALT,
            "shift" => Modifiers::SHIFT,
            _ => return None,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_no_key_twice(keymap: &Keymap) {
        let mut seen = HashSet::new();
        for command in UiCommand::all() {
            for shortcut in keymap.keys(command) {
                assert!(seen.insert(*shortcut), "{shortcut:?} twice");
                assert_eq!(keymap.owner(*shortcut), Some(command));
            }
        }
    }

    #[test]
    fn what_is_declared_can_be_chosen_and_is_canonical() {
        let mut ids = HashSet::new();
        for command in UiCommand::all() {
            assert!(ids.insert(command.id()), "{command:?}");
            for shortcut in command.default_shortcuts() {
                assert_eq!(refusal(*shortcut, command), None, "{command:?}");
                assert_eq!(canonical(*shortcut), *shortcut, "{command:?}");
                assert_eq!(shortcut_of(&text_of(shortcut)), Some(*shortcut));
            }
        }
        check_no_key_twice(&Keymap::default());
        assert_eq!(text_of(&UiCommand::CommandPalette.default_shortcuts()[0]), "Ctrl+Shift+P");
        for wrong in ["", "Ctrl", "Ctrl+", "Hyper+A", "Ctrl+Nonsense", "A+Ctrl"] {
            assert_eq!(shortcut_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn taking_swapping_and_resetting_leave_each_key_with_one_command() {
        let shortcut = |text| shortcut_of(text).unwrap();
        let mut keymap = Keymap::default();
        keymap.add(UiCommand::Duplicate, shortcut("Ctrl+Z"));
        assert_eq!(keymap.keys(UiCommand::Undo), []);
        assert_eq!(keymap.keys(UiCommand::Duplicate), [shortcut("Ctrl+D"), shortcut("Ctrl+Z")]);
        keymap.reset(UiCommand::Undo);
        assert_eq!(keymap, Keymap::default(), "a reset takes the key back");
        keymap.swap(UiCommand::Duplicate, shortcut("Ctrl+Z"));
        assert_eq!(keymap.keys(UiCommand::Undo), [shortcut("Ctrl+D")]);
        assert_eq!(keymap.keys(UiCommand::Duplicate), [shortcut("Ctrl+Z")]);
        check_no_key_twice(&keymap);
        // One that had no key gives none.
        keymap.swap(UiCommand::Pause, shortcut("Ctrl+N"));
        assert_eq!(keymap.keys(UiCommand::New), []);
        assert_eq!(Keymap::from_kept(&keymap.to_kept()), keymap);
        keymap.reset_all();
        assert!(!keymap.any_changed() && keymap.to_kept().is_empty());
    }

    #[test]
    fn what_is_wrong_in_the_file_is_ignored_and_the_rest_holds() {
        let kept: KeptKeys = serde_json::from_str(
            r#"{"undo": ["Ctrl+U", "Ctrl+Nonsense"], "redo": ["Ctrl+U"], "no such command": ["Ctrl+J"],
                "arrange": ["Escape"], "duplicate": []}"#,
        )
        .unwrap();
        let keymap = Keymap::from_kept(&kept);
        // The commands are read in the order of their names.
        assert_eq!(keymap.keys(UiCommand::Redo), [shortcut_of("Ctrl+U").unwrap()]);
        assert_eq!(keymap.keys(UiCommand::Undo), UiCommand::Undo.default_shortcuts());
        assert_eq!(keymap.keys(UiCommand::Arrange), UiCommand::Arrange.default_shortcuts());
        assert_eq!(keymap.keys(UiCommand::Duplicate), []);
        check_no_key_twice(&keymap);
        let stolen: KeptKeys = serde_json::from_str(r#"{"arrange": ["Ctrl+Z"]}"#).unwrap();
        let keymap = Keymap::from_kept(&stolen);
        assert_eq!(keymap.keys(UiCommand::Undo), []);
        check_no_key_twice(&keymap);
    }

    fn any_shortcut() -> impl Strategy<Value = KeyboardShortcut> {
        // Few keys, so that they clash.
        (prop::sample::select(vec![Key::Z, Key::D, Key::A, Key::Delete, Key::Questionmark]), 0..8_u8).prop_map(
            |(key, held)| {
                let modifiers =
                    Modifiers { command: held & 1 != 0, shift: held & 2 != 0, alt: held & 4 != 0, ..Modifiers::NONE };
                canonical(KeyboardShortcut::new(modifiers, key))
            },
        )
    }

    proptest! {
        #[test]
        fn whatever_is_chosen_no_key_does_two_things_and_the_file_keeps_it(
            steps in prop::collection::vec((0..5_u8, 0..64_usize, any_shortcut()), 0..40),
        ) {
            let commands: Vec<UiCommand> = UiCommand::all().collect();
            let mut keymap = Keymap::default();
            for (what, which, shortcut) in steps {
                let command = commands[which % commands.len()];
                match what {
                    0 | 1 => keymap.add(command, shortcut),
                    2 => keymap.swap(command, shortcut),
                    3 => keymap.remove(command, shortcut),
                    _ => keymap.reset(command),
                }
                check_no_key_twice(&keymap);
            }
            prop_assert_eq!(Keymap::from_kept(&keymap.to_kept()), keymap);
        }
    }
}
