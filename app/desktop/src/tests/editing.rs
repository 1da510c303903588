//! Clipboard, arranging, find and the command palette, by the keys and menus that people have in their fingers.

use std::collections::BTreeSet;

use egui::{Event, Key, Modifiers, OutputCommand, PointerButton, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_node_graph::PinId;
use weft_model::NodeId;

use super::Window;
use crate::node_views::node_key;

const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..CTRL };

impl Window {
    /// Lets the system say that copy or cut was asked for; the text that came.
    pub(super) fn copied(&mut self, event: Event) -> Option<String> {
        self.harness.event(event);
        self.harness.step();
        let text = self.harness.output().platform_output.commands.iter().find_map(|c| match c {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        self.settle();
        text
    }

    pub(super) fn pasted(&mut self, text: &str) {
        self.harness.event(Event::Paste(text.to_owned()));
        self.settle();
    }

    pub(super) fn select_all(&mut self) {
        let canvas = self.app().canvas().unwrap().state.canvas_rect().unwrap();
        self.harness.hover_at(canvas.center() + vec2(0.0, 200.0));
        self.settle();
        self.keys(CTRL, Key::A);
    }

    pub(super) fn selected(&self) -> Vec<NodeId> {
        self.app().canvas().unwrap().selected_nodes()
    }

    fn ways(&self) -> BTreeSet<String> {
        let graph = self.app().project().unwrap().graph();
        let end = |end: &weft_model::Endpoint| format!("{}.{}", graph.node(end.node).unwrap().name, end.port);
        graph.wires().map(|(_, w)| format!("{} {}", end(&w.from), end(&w.to))).collect()
    }

    fn place(&self, id: NodeId) -> [f64; 2] {
        self.app().project().unwrap().graph().node(id).unwrap().pos
    }

    pub(super) fn steps(&self) -> usize {
        self.app().project().unwrap().document().undo_steps().len()
    }

    pub(super) fn search_for(&mut self, field: &str, text: &str) {
        self.harness.get_by_role_and_label(egui::Role::TextInput, field).type_text(text);
        self.settle();
    }
}

#[test]
fn what_is_copied_is_pasted_under_the_pointer_with_or_without_its_inputs() {
    let mut window = Window::with_mnist();
    window.select("train");
    let text = window.copied(Event::Copy).unwrap();
    assert!(text.contains("weft-project"), "{text}");
    let canvas = window.app().canvas().unwrap().state.canvas_rect().unwrap();
    let at = canvas.left_bottom() + vec2(200.0, -150.0);
    window.harness.hover_at(at);
    window.settle();
    window.pasted(&text);
    let copy = window.node("train 2");
    assert_eq!(window.selected(), [copy]);
    let wanted = window.app().canvas().unwrap().state.to_graph(at);
    let place = window.place(copy);
    assert!((place[0] - wanted[0]).abs() <= 2.0 && (place[1] - wanted[1]).abs() <= 2.0, "{place:?} {wanted:?}");
    assert!(window.ways().iter().all(|w| !w.contains("train 2")));

    // The keys ask the system, and the answer comes as an event.
    window.keys(CTRL_SHIFT, Key::V);
    window.pasted(&text);
    let ways = window.ways();
    for way in
        ["normalise.train train 3.train", "normalise.validation train 3.validation", "network.network train 3.network"]
    {
        assert!(ways.contains(way), "{ways:?}");
    }
    assert_eq!(window.steps(), 2);
    // That was asked once: the next paste is a plain one.
    window.pasted(&text);
    assert!(window.ways().iter().all(|w| !w.contains("train 4")));
    for _ in 0..3 {
        window.keys(CTRL, Key::Z);
    }
    assert_eq!(window.count(), 6);
    assert!(!window.app().project().unwrap().is_dirty());
}

#[test]
fn what_is_cut_in_one_window_is_pasted_into_another() {
    let mut window = Window::with_mnist();
    window.select_all();
    let text = window.copied(Event::Cut).unwrap();
    assert_eq!((window.count(), window.steps()), (0, 1));
    let mut other = Window::new();
    other.keys(CTRL, Key::N);
    other.until("there is a project", |w| w.app().project().is_some());
    other.pasted(&text);
    assert_eq!((other.count(), other.ways().len(), other.selected().len()), (6, 9, 6));
    assert_eq!(other.param("train", "epochs"), window_default("train", "epochs"));
    window.keys(CTRL, Key::Z);
    assert_eq!((window.count(), window.ways().len()), (6, 9));
}

fn window_default(kind: &str, param: &str) -> weft_model::Value {
    weft_model::Node::new(kind, "x", [0.0; 2]).param(param).unwrap()
}

#[test]
fn a_clipboard_that_holds_something_else_is_said_and_changes_nothing() {
    let mut window = Window::with_mnist();
    window.pasted("a shopping list");
    window.until("it is said", |w| w.says_something_like("the clipboard holds no nodes"));
    assert_eq!((window.count(), window.steps()), (6, 0));
    // While text is typed the clipboard is the field's.
    window.select("train");
    window.harness.get_by_role_and_label(egui::Role::TextInput, "Epochs").focus();
    window.settle();
    window.keys(CTRL, Key::A);
    window.pasted("4");
    assert_eq!(window.param("train", "epochs"), weft_model::Value::Int(4));
    assert_eq!(window.count(), 6);
}

#[test]
fn duplicates_stand_aside_with_the_wires_between_them() {
    let mut window = Window::with_mnist();
    window.select_all();
    window.keys(CTRL, Key::D);
    assert_eq!((window.count(), window.ways().len(), window.selected().len(), window.steps()), (12, 18, 6, 1));
    let (old, new) = (window.place(window.node("data")), window.place(window.node("data 2")));
    assert_eq!([new[0] - old[0], new[1] - old[1]], [32.0, 32.0]);
    window.keys(CTRL, Key::Z);
    assert_eq!((window.count(), window.ways().len()), (6, 9));
}

#[test]
fn deleting_and_reconnecting_keeps_the_way_through() {
    let mut window = Window::with_mnist();
    window.select("normalise");
    window.keys(CTRL, Key::Delete);
    let ways = window.ways();
    for way in ["split.train train.train", "split.validation train.validation", "split.test evaluate.test"] {
        assert!(ways.contains(way), "{ways:?}");
    }
    assert_eq!((window.count(), ways.len(), window.steps()), (5, 6, 1));
    window.keys(CTRL, Key::Z);
    assert_eq!((window.count(), window.ways().len()), (6, 9));
}

#[test]
fn the_command_palette_finds_a_command_and_runs_it() {
    let mut window = Window::with_mnist();
    let project = window.app().project().unwrap().graph().clone();
    window.keys(CTRL_SHIFT, Key::P);
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
    window.search_for("Find a command", "arr zzz");
    assert!(window.says("Nothing found"));
    window.keys(CTRL, Key::A);
    window.search_for("Find a command", "arrange");
    window.keys(Modifiers::NONE, Key::Enter);
    assert!(!window.says("Find a command"));
    let graph = window.app().project().unwrap().graph();
    let scene = &window.app().canvas().unwrap().scene;
    for (_, wire) in graph.wires() {
        let (from, size) = scene.node_rect(node_key(wire.from.node)).unwrap();
        let (to, _) = scene.node_rect(node_key(wire.to.node)).unwrap();
        assert!(from[0] + f64::from(size[0]) < to[0]);
    }
    // Three wires side by side from the split to the next node are straight.
    let pin = |pin| scene.pin_pos(pin).unwrap()[1];
    let (split, normalise) = (node_key(window.node("split")), node_key(window.node("normalise")));
    for index in 0..3 {
        assert_eq!(pin(PinId::output(split, index)), pin(PinId::input(normalise, index)));
    }
    assert_eq!(window.steps(), 1);
    window.keys(CTRL, Key::Z);
    assert_eq!(window.app().project().unwrap().graph(), &project);

    // What cannot be done now is listed, and does nothing; keys of the window are off meanwhile.
    window.keys(Modifiers::NONE, Key::F3);
    window.search_for("Find a command", "distribute h");
    window.keys(Modifiers::NONE, Key::Enter);
    assert!(window.harness.query_by_role_and_label(egui::Role::TextInput, "Find a command").is_some());
    window.keys(CTRL_SHIFT, Key::Z);
    assert_eq!(window.steps(), 0);
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(window.harness.query_by_role_and_label(egui::Role::TextInput, "Find a command").is_none());
}

#[test]
fn a_node_is_found_by_name_and_shown() {
    let mut window = Window::with_mnist();
    window.keys(CTRL, Key::F);
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
    window.search_for("Find a node by its name or kind", "eval");
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.selected(), [window.node("evaluate")]);
    window.keys(CTRL, Key::F);
    window.search_for("Find a node by its name or kind", "a");
    window.keys(Modifiers::NONE, Key::ArrowDown);
    window.keys(Modifiers::NONE, Key::ArrowUp);
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.selected().len(), 1);
}

#[test]
fn nodes_are_aligned_from_the_menu_and_from_the_context_menu() {
    let mut window = Window::with_mnist();
    window.select_all();
    window.click("Edit");
    window.click("Align");
    window.click("Align left");
    let ids: Vec<NodeId> = window.selected();
    let lefts: BTreeSet<u64> = ids.iter().map(|id| window.place(*id)[0].to_bits()).collect();
    assert_eq!((ids.len(), lefts.len(), window.steps()), (6, 1, 1));
    window.keys(CTRL, Key::Z);

    let canvas = window.app().canvas().unwrap();
    let (pos, size) = canvas.scene.node_rect(node_key(ids[0])).unwrap();
    let at = canvas.state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + 14.0]);
    for pressed in [true, false] {
        window.harness.event(Event::PointerMoved(at));
        let button = PointerButton::Secondary;
        window.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
        window.harness.step();
    }
    window.settle();
    assert_eq!(window.selected().len(), 6, "a right click never loses the selection");
    window.click("Align top");
    let tops: BTreeSet<u64> = ids.iter().map(|id| window.place(*id)[1].to_bits()).collect();
    assert_eq!((tops.len(), window.steps()), (1, 1));
}

#[test]
fn the_list_of_keys_opens_with_a_question_mark_and_has_every_command_that_has_one() {
    let mut window = Window::with_mnist();
    window.keys(Modifiers::SHIFT, Key::Questionmark);
    for label in ["Keys and gestures", "Paste keeping inputs", "Delete and reconnect", "Find node…", "F1, ?"] {
        assert!(window.says(label), "{label}");
    }
}

#[test]
fn the_keys_of_a_command_that_cannot_be_done_do_not_pass_for_those_of_another() {
    let mut window = Window::with_mnist();
    window.select_all();
    window.keys(CTRL, Key::D);
    window.keys(CTRL_SHIFT, Key::Z);
    assert_eq!((window.count(), window.steps()), (12, 1), "with nothing to redo nothing is undone");
    window.keys(CTRL_SHIFT, Key::A);
    window.keys(CTRL_SHIFT, Key::A);
    assert_eq!(window.selected(), [], "with nothing selected nothing becomes so");
    window.keys(CTRL | Modifiers::ALT, Key::Enter);
    assert!(window.engine.commands.try_iter().all(|c| !matches!(c, weft_protocol::Command::Run(_))));
}
