//! Which keys the canvas answers to, where the application lets its user choose them; and when a key counts as pressed.
//!
//! Arrows, Enter, Escape and Space belong to the gestures and are not for choosing. Nothing here knows what a key does.

use egui::{Event, InputState, Key, KeyboardShortcut, Modifiers};

/// The keys that can be chosen; each action may have several, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Keys {
    /// Asks for a node at the pointer.
    pub add: Vec<KeyboardShortcut>,
    /// Takes away what is selected.
    pub delete: Vec<KeyboardShortcut>,
    /// Selects everything.
    pub select_all: Vec<KeyboardShortcut>,
    /// Brings everything into view.
    pub fit_all: Vec<KeyboardShortcut>,
    /// Brings what is selected into view.
    pub fit_selection: Vec<KeyboardShortcut>,
}

impl Default for Keys {
    fn default() -> Self {
        let key = |modifiers, key| KeyboardShortcut::new(modifiers, key);
        Self {
            add: vec![key(Modifiers::SHIFT, Key::A), key(Modifiers::NONE, Key::Tab)],
            delete: vec![key(Modifiers::NONE, Key::Delete), key(Modifiers::NONE, Key::Backspace)],
            select_all: vec![key(Modifiers::COMMAND, Key::A)],
            fit_all: vec![key(Modifiers::NONE, Key::Home)],
            fit_selection: vec![key(Modifiers::NONE, Key::Period)],
        }
    }
}

/// Keys that need Shift on one keyboard and not on another: it does not count for them.
fn shift_is_part_of(key: Key) -> bool {
    matches!(
        key,
        Key::Questionmark
            | Key::Exclamationmark
            | Key::Plus
            | Key::Colon
            | Key::Pipe
            | Key::OpenCurlyBracket
            | Key::CloseCurlyBracket
    )
}

/// A shortcut in the one form in which two can be compared: what each system calls its main modifier is
/// [`Modifiers::COMMAND`], and Shift is left out where it only makes the character.
pub fn canonical(shortcut: KeyboardShortcut) -> KeyboardShortcut {
    let KeyboardShortcut { modifiers: m, logical_key: key } = shortcut;
    let mac = cfg!(target_os = "macos");
    let modifiers = Modifiers {
        alt: m.alt,
        ctrl: m.ctrl && mac,
        shift: m.shift && !shift_is_part_of(key),
        mac_cmd: false,
        command: m.command || m.mac_cmd || (m.ctrl && !mac),
    };
    KeyboardShortcut::new(modifiers, key)
}

/// The shortcut that an event presses, in its [`canonical`] form.
pub fn pressed(event: &Event) -> Option<KeyboardShortcut> {
    match event {
        Event::Key { key, pressed: true, modifiers, .. } => Some(canonical(KeyboardShortcut::new(*modifiers, *key))),
        _ => None,
    }
}

/// Takes every press of one of the shortcuts out of the input and says whether there was one. Modifiers count exactly:
/// unlike in egui, Ctrl+Shift+Z never passes for Ctrl+Z.
pub fn take(input: &mut InputState, shortcuts: &[KeyboardShortcut]) -> bool {
    let before = input.events.len();
    input.events.retain(|event| !pressed(event).is_some_and(|p| shortcuts.iter().any(|s| canonical(*s) == p)));
    input.events.len() < before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(modifiers: Modifiers, key: Key) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    #[test]
    fn modifiers_count_exactly_and_shift_only_where_it_says_something() {
        let ctrl = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
        let check = |event: &Event, modifiers, key, matches| {
            let shortcut = canonical(KeyboardShortcut::new(modifiers, key));
            assert_eq!(pressed(event) == Some(shortcut), matches, "{event:?} {shortcut:?}");
        };
        check(&press(Modifiers::COMMAND, Key::Z), Modifiers::COMMAND, Key::Z, true);
        check(&press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z), Modifiers::COMMAND, Key::Z, false);
        check(&press(Modifiers::COMMAND | Modifiers::ALT, Key::G), Modifiers::COMMAND, Key::G, false);
        check(&press(Modifiers::SHIFT, Key::Questionmark), Modifiers::NONE, Key::Questionmark, true);
        check(&press(Modifiers::SHIFT, Key::A), Modifiers::NONE, Key::A, false);
        if !cfg!(target_os = "macos") {
            check(&press(ctrl, Key::Z), Modifiers::COMMAND, Key::Z, true);
        }
        let mut input = InputState::default();
        input.events = vec![press(Modifiers::NONE, Key::Home), press(Modifiers::SHIFT, Key::Home)];
        assert!(take(&mut input, &Keys::default().fit_all));
        assert_eq!(input.events.len(), 1);
        assert!(!take(&mut input, &Keys::default().fit_all));
    }
}
