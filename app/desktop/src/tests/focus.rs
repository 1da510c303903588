//! Where the keyboard is: Tab goes through every page, and whatever it comes to can be seen, has a name and a ring.

use egui::{Rect, Shape};

use super::*;
use crate::commands::UiCommand;
use crate::theme::{Mode, Theme};

impl Window {
    /// What has the keyboard is on the screen, has a name and the ring about it. Gives its name and its place.
    #[track_caller]
    fn focus_is_seen(&self, page: &str) -> (String, Rect) {
        let ctx = &self.harness.ctx;
        let id = ctx.memory(|m| m.focused()).unwrap_or_else(|| panic!("{page}: nothing has the keyboard"));
        let widget = ctx.read_response(id).unwrap_or_else(|| panic!("{page}: what has the keyboard is not drawn"));
        let node = self.harness.root().children_recursive().find(|n| n.accesskit_node().is_focused());
        let node = node.unwrap_or_else(|| panic!("{page}: a screen reader finds nothing at {:?}", widget.rect));
        let node = node.accesskit_node();
        let name = node.label().or_else(|| node.value()).unwrap_or_default();
        assert!(!name.trim().is_empty(), "{page}: {:?} at {:?} has no name", node.role(), widget.rect);
        let seen = widget.interact_rect;
        assert!(seen.is_positive() && ctx.content_rect().contains_rect(seen), "{page}: '{name}' is at {seen:?}");
        let accent = Theme::load(Mode::Dark).accent;
        let ring = self.harness.output().shapes.iter().any(|clipped| match &clipped.shape {
            Shape::Rect(ring) => {
                ring.stroke.color == accent
                    && ring.stroke.width >= 1.5
                    && ring.rect.contains_rect(seen)
                    && seen.expand(4.0).contains_rect(ring.rect)
                    && clipped.clip_rect.expand(0.5).contains_rect(ring.rect)
            }
            _ => false,
        });
        assert!(ring, "{page}: '{name}' at {seen:?} has no ring");
        (name, seen)
    }

    /// Whether a line between two panels has the keyboard: it has no name.
    fn at_divider(&self) -> bool {
        let ctx = &self.harness.ctx;
        let widget = ctx.memory(|m| m.focused()).and_then(|id| ctx.read_response(id));
        widget.is_some_and(|w| w.rect.width().min(w.rect.height()) <= 8.0)
    }

    /// Presses Tab until it has come round, at most so often. Gives the names of what it came to.
    #[track_caller]
    fn tab_round(&mut self, page: &str, most: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut first = None;
        for _ in 0..most {
            self.keys(Modifiers::NONE, Key::Tab);
            let found = self.focus_is_seen(page);
            if first.as_ref() == Some(&found) {
                return names;
            }
            names.push(found.0.clone());
            first.get_or_insert(found);
        }
        names
    }
}

#[test]
fn tab_goes_through_the_start_page_and_shows_where_it_is() {
    let mut window = Window::new();
    window.until("the sample is listed", |w| w.says("MNIST"));
    let names = window.tab_round("start page", 60);
    for name in ["File", "New project", "Open…", "MNIST"] {
        assert!(names.iter().any(|n| n.contains(name)), "{name} is not among {names:?}");
    }
}

#[test]
fn tab_goes_through_every_panel_of_the_editor_and_shows_where_it_is() {
    let mut window = Window::with_mnist();
    window.select("train");
    let mut names = Vec::new();
    for panel in 0..6 {
        window.keys(Modifiers::NONE, Key::F6);
        for _ in 0..24 {
            window.keys(Modifiers::NONE, Key::Tab);
            // On the canvas it opens the search for a node; so do nodes that have the keyboard.
            if window.says("Add a node")
                && window.harness.query_by_role_and_label(egui::Role::TextInput, "Add a node").is_some()
            {
                window.focus_is_seen("search for a node");
                window.keys(Modifiers::NONE, Key::Escape);
                break;
            }
            if window.at_divider() {
                continue;
            }
            names.push(window.focus_is_seen(&format!("panel {panel}")).0);
        }
    }
    for name in ["Learning rate", "Problems"] {
        assert!(names.iter().any(|n| n.contains(name)), "{name} is not among {names:?}");
    }
}

#[test]
fn tab_goes_through_the_settings_and_shows_where_it_is() {
    let mut window = Window::with_mnist();
    window.harness.state_mut().execute(UiCommand::Settings);
    window.settle();
    for section in ["Look", "Canvas", "Devices", "Folders", "Messages", "Keys"] {
        window.click(section);
        let names = window.tab_round(section, 60);
        assert!(names.len() > 6, "{section}: {names:?}");
    }
}

#[test]
fn the_ring_goes_when_the_pointer_is_used() {
    let mut window = Window::with_mnist();
    window.keys(Modifiers::NONE, Key::F6);
    window.keys(Modifiers::NONE, Key::Tab);
    window.focus_is_seen("editor");
    window.select("train");
    let accent = Theme::load(Mode::Dark).accent;
    let id = window.harness.ctx.memory(|m| m.focused());
    let focused = id.and_then(|id| window.harness.ctx.read_response(id)).map(|r| r.interact_rect);
    let ring = window.harness.output().shapes.iter().any(|clipped| match &clipped.shape {
        Shape::Rect(ring) => {
            ring.stroke.color == accent && focused.is_some_and(|rect| ring.rect.contains_rect(rect.expand(1.0)))
        }
        _ => false,
    });
    assert!(!ring);
}

#[test]
fn with_less_motion_nothing_of_egui_moves_either() {
    let mut window = Window::with_mnist();
    let time = |w: &Window| w.harness.ctx.global_style().animation_time;
    assert!(time(&window) > 0.0);
    window.keys(Modifiers::COMMAND, Key::Comma);
    window.click("Less");
    window.keys(Modifiers::NONE, Key::Escape);
    assert_eq!(time(&window), 0.0);
    for theme in [egui::Theme::Dark, egui::Theme::Light] {
        assert_eq!(window.harness.ctx.style_of(theme).animation_time, 0.0);
    }
}
