//! The inspector by labels, roles and keys: every kind of editor, what is typed and not allowed, one node and many, wires
//! and the project, in both languages.

use egui::{Event, Key, Modifiers, PointerButton, Role, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use weft_model::{Lang, NodeId, Value};
use weft_protocol::Command;

use super::Window;
use crate::node_views::node_key;

const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };

impl Window {
    fn undo_steps(&self) -> usize {
        self.app().project().unwrap().document().undo_steps().len()
    }

    /// What a text field holds.
    fn field(&self, label: &str) -> String {
        let node = self.harness.get_by_role_and_label(Role::TextInput, label);
        node.accesskit_node().value().unwrap_or_default()
    }

    /// What a screen reader says of a field beyond its name.
    fn described(&self, role: Role, label: &str) -> String {
        let node = self.harness.get_by_role_and_label(role, label);
        node.accesskit_node().data().description().unwrap_or_default().to_owned()
    }

    pub(super) fn select_these(&mut self, names: &[&str]) -> Vec<NodeId> {
        let ids: Vec<NodeId> = names.iter().map(|name| self.node(name)).collect();
        let first = self.node(names[0]);
        let at = |w: &Self, id: NodeId| {
            let canvas = w.app().canvas().unwrap();
            let (pos, size) = canvas.scene.node_rect(node_key(id)).unwrap();
            canvas.state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + 14.0])
        };
        self.click_at(at(self, first));
        for id in &ids[1..] {
            let pos = at(self, *id);
            for pressed in [true, false] {
                self.harness.event(Event::PointerMoved(pos));
                let modifiers = Modifiers::SHIFT;
                self.harness.event_modifiers(
                    Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers },
                    modifiers,
                );
                self.harness.step();
            }
            for _ in 0..30 {
                self.harness.step();
            }
        }
        let mut wanted = ids.clone();
        wanted.sort();
        let mut selected = self.app().canvas().unwrap().selected_nodes();
        selected.sort();
        assert_eq!(selected, wanted);
        ids
    }

    /// Clicks the middle of the first wire between two nodes.
    pub(super) fn select_wire(&mut self, from: &str, to: &str) {
        let (from, to) = (node_key(self.node(from)), node_key(self.node(to)));
        let canvas = self.app().canvas().unwrap();
        let wire = canvas.scene.wires().find(|w| w.from.node == from && w.to.node == to).unwrap();
        let at = |pin| canvas.state.to_screen(canvas.scene.pin_pos(pin).unwrap());
        let middle = at(wire.from).lerp(at(wire.to), 0.5);
        let id = wire.id;
        self.click_at(middle);
        assert!(self.app().canvas().unwrap().state.selection().wires.contains(&id));
    }

    /// Draws the pointer from a place by a distance, in four steps.
    fn draw(&mut self, from: egui::Pos2, by: egui::Vec2, modifiers: Modifiers) {
        self.harness.event_modifiers(Event::PointerMoved(from), modifiers);
        self.harness.step();
        let button = |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers };
        self.harness.event_modifiers(button(from, true), modifiers);
        self.harness.step();
        for step in 1..=4 {
            let pos = from + by * (step as f32 / 4.0);
            self.harness.event_modifiers(Event::PointerMoved(pos), modifiers);
            self.harness.step();
        }
        self.harness.event_modifiers(button(from + by, false), modifiers);
        self.settle();
    }
}

#[test]
fn what_is_typed_is_one_step_enter_keeps_it_and_esc_gives_the_old_value_back() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.type_into("Epochs", "2");
    window.harness.get_by_role_and_label(Role::TextInput, "Epochs").type_text("5");
    window.settle();
    assert_eq!(window.param("train", "epochs"), Value::Int(25));
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!((window.param("train", "epochs"), window.undo_steps()), (Value::Int(25), 1));
    window.type_into("Epochs", "77");
    assert_eq!(window.param("train", "epochs"), Value::Int(77));
    window.keys(Modifiers::NONE, Key::Escape);
    assert_eq!((window.param("train", "epochs"), window.undo_steps()), (Value::Int(25), 1));
    assert_eq!(window.field("Epochs"), "25");
    window.keys(CTRL, Key::Z);
    assert!(!window.app().project().unwrap().is_dirty());
}

#[test]
fn what_is_not_allowed_stays_in_its_field_with_the_reason_until_it_is_mended() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.type_into("Epochs", "0");
    window.keys(Modifiers::NONE, Key::Tab);
    assert_eq!(window.field("Epochs"), "0", "nothing that was typed is lost");
    assert!(window.says_something_like("0 is outside the range 1 to 100000"));
    assert!(window.described(Role::TextInput, "Epochs").starts_with("0 is outside the range"));
    assert_eq!(window.param("train", "epochs"), Value::Int(10), "and nothing is clamped");
    // It waits there while another node is looked at.
    window.select("split");
    window.select("train");
    assert_eq!(window.field("Epochs"), "0");
    window.type_into("Epochs", "4");
    window.keys(Modifiers::NONE, Key::Enter);
    assert!(!window.says_something_like("outside the range"));
    // What is overtaken by a change from elsewhere is gone.
    window.type_into("Epochs", "x");
    window.keys(Modifiers::NONE, Key::Tab);
    window.click("Reset Epochs");
    assert_eq!((window.field("Epochs"), window.param("train", "epochs")), ("10".to_owned(), Value::Int(10)));
}

#[test]
fn numbers_take_sums_steps_and_usual_values() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.type_into("Batch size", "2*64");
    assert!(window.says("= 128"));
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!((window.param("train", "batch_size"), window.field("Batch size")), (Value::Int(128), "128".into()));
    window.harness.get_by_role_and_label(Role::TextInput, "Learning rate").focus();
    window.settle();
    window.keys(CTRL, Key::ArrowUp);
    assert_eq!(window.param("train", "learning_rate"), Value::Float(0.01));
    window.keys(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.param("train", "learning_rate"), Value::Float(0.0079));
    window.keys(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(window.param("train", "learning_rate"), Value::Float(0.00808));
    assert_eq!(window.undo_steps(), 2, "one stay in a field is one step");
    window.click("Usual values of Learning rate");
    window.click("0.0003");
    assert_eq!(window.param("train", "learning_rate"), Value::Float(3e-4));
    assert_eq!(window.undo_steps(), 3);
}

#[test]
fn a_label_that_is_drawn_changes_its_number_as_one_step() {
    let mut window = Window::with_mnist();
    window.select("train");
    let label = |w: &Window| w.harness.get_by_role_and_label(Role::Label, "Epochs").rect().center();
    let from = label(&window);
    window.draw(from, vec2(40.0, 0.0), Modifiers::NONE);
    assert_eq!((window.param("train", "epochs"), window.undo_steps()), (Value::Int(20), 1));
    let from = label(&window);
    window.draw(from, vec2(-400.0, 0.0), Modifiers::NONE);
    assert_eq!((window.param("train", "epochs"), window.undo_steps()), (Value::Int(1), 2));
    window.keys(CTRL, Key::Z);
    let from = label(&window);
    window.draw(from, vec2(40.0, 0.0), CTRL);
    assert_eq!(window.param("train", "epochs"), Value::Int(120));
}

#[test]
fn a_slider_that_is_drawn_is_one_step() {
    let mut window = Window::with_mnist();
    window.select("split");
    let rect = window.harness.get_by_role_and_label(Role::Slider, "Validation share").rect();
    let from = rect.left_center() + vec2(rect.width() * 0.2, 0.0);
    window.draw(from, vec2(rect.width() * 0.4, 0.0), Modifiers::NONE);
    let Value::Float(share) = window.param("split", "validation") else { panic!("a share is a number") };
    assert!((0.2..=0.4).contains(&share), "{share}");
    assert_eq!(share, (share * 100.0).round() / 100.0, "a slider gives round values");
    assert_eq!(window.undo_steps(), 1);
    window.keys(CTRL, Key::Z);
    assert_eq!(window.param("split", "validation"), Value::Float(0.1));
}

#[test]
fn switches_and_choices_are_set_and_reset() {
    let mut window = Window::with_mnist();
    window.select("split");
    window.harness.get_by_role_and_label(Role::CheckBox, "Stratified").click();
    window.settle();
    assert_eq!(window.param("split", "stratified"), Value::Bool(false));
    window.click("Reset Stratified");
    assert_eq!(window.param("split", "stratified"), Value::Bool(true));
    window.select("train");
    window.harness.get_by_role_and_label(Role::RadioButton, "Schedule Constant").click();
    window.settle();
    assert_eq!(window.param("train", "schedule"), Value::from("constant"));
    window.harness.get_by_role_and_label(Role::ComboBox, "Method").click();
    window.settle();
    window.click("SGD with momentum");
    assert_eq!(window.param("train", "optimiser"), Value::from("sgd"));
    assert_eq!(window.undo_steps(), 4);
    // The keys left and right go from one to the next.
    window.harness.get_by_role_and_label(Role::RadioButton, "Schedule Constant").focus();
    window.settle();
    window.keys(Modifiers::NONE, Key::ArrowRight);
    window.keys(Modifiers::NONE, Key::Space);
    assert_eq!(window.param("train", "schedule"), Value::from("cosine"));
}

#[test]
fn a_folder_is_chosen_remembered_and_shows_what_is_in_it() {
    let mut window = Window::with_mnist();
    window.select("data");
    for text in ["1×28×28", "60,000", "10,000"] {
        assert!(window.says(text), "{text}");
    }
    assert!(window.says_something_like("Samples of each class 0: 6,000 (10.0 %)"));
    let inside = window.dir.path().join("elsewhere/mnist");
    std::fs::create_dir_all(&inside).unwrap();
    window.dialogs.answer(Some(inside.clone()));
    window.click("Choose a folder…");
    window.until("it is taken", |w| w.param("data", "path") == Value::from("elsewhere/mnist"));
    assert!(window.says(&inside.display().to_string()), "where it lies is said in full");
    let wanted = Value::from("elsewhere/mnist");
    window.until_command(
        |command| matches!(command, Command::Preview(asked) if asked.chain[0].params.get("path") == Some(&wanted)),
    );
    window.type_into("Folder", "data");
    window.keys(Modifiers::NONE, Key::Enter);
    // What is wrong with a folder stands above the field: it moves when that is found out.
    window.until("the folder is checked", |w| w.app().project().unwrap().is_checked());
    window.settle();
    window.click("Folders used before");
    window.click("elsewhere/mnist");
    assert_eq!(window.param("data", "path"), Value::from("elsewhere/mnist"));
}

#[test]
fn a_folder_dropped_on_the_window_goes_to_the_field_that_is_shown() {
    let mut window = Window::with_mnist();
    let folder = window.dir.path().join("dropped");
    std::fs::create_dir_all(&folder).unwrap();
    window.select("data");
    window.harness.input_mut().dropped_files.push(std::sync::Arc::new(super::upkeep::Dropped(folder)));
    window.settle();
    assert_eq!(window.param("data", "path"), Value::from("dropped"));
    assert_eq!(window.count(), 6);
}

#[test]
fn several_nodes_share_what_means_the_same_and_are_set_in_one_step() {
    let mut window = Window::with_mnist();
    window.select_these(&["train", "evaluate"]);
    assert!(window.says("2 nodes selected"));
    assert!(window.says("Train × 1") && window.says("Evaluate × 1"));
    assert!(!window.says("Epochs"), "only one of them has it");
    assert_eq!(window.field("Batch size"), "", "what differs is not shown as a value");
    assert!(window.described(Role::TextInput, "Batch size").contains("The selected nodes differ."));
    window.type_into("Batch size", "32");
    window.keys(Modifiers::NONE, Key::Enter);
    let both = |w: &Window| (w.param("train", "batch_size"), w.param("evaluate", "batch_size"));
    assert_eq!(both(&window), (Value::Int(32), Value::Int(32)));
    assert_eq!((window.undo_steps(), window.field("Batch size")), (1, "32".to_owned()));
    window.keys(CTRL, Key::Z);
    assert_eq!(both(&window), (Value::Int(64), Value::Int(256)));
    window.keys(CTRL, Key::Y);
    assert_eq!(both(&window), (Value::Int(32), Value::Int(32)));
    window.click("Reset all");
    assert_eq!(both(&window), (Value::Int(64), Value::Int(256)));
    assert_eq!(window.undo_steps(), 2);
    // Bad input changes none of them, and Esc leaves all as they were.
    window.type_into("Batch size", "0");
    assert!(window.says_something_like("outside the range"));
    window.keys(Modifiers::NONE, Key::Escape);
    assert_eq!(both(&window), (Value::Int(64), Value::Int(256)));
    window.click("Align left");
    let left = |w: &Window, name: &str| {
        let id = w.node(name);
        w.app().project().unwrap().graph().node(id).unwrap().pos[0]
    };
    assert_eq!(left(&window, "train"), left(&window, "evaluate"));
}

#[test]
fn a_note_has_lines_of_text_and_a_colour_that_is_not_told_by_colour_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = super::mnist_in(dir.path());
    let (mut project, _) = weft_project::read(&file).unwrap();
    let node = weft_model::Node::new("note", "note", [0.0, -300.0]);
    project.graph.apply(weft_model::Edit::AddNode { id: NodeId(77), node }).unwrap();
    weft_project::save(&project, &file).unwrap();
    let mut window = Window::in_folder(dir, Some(file));
    window.until("the project is open", |w| w.app().project().is_some());
    window.settle();
    window.harness.state_mut().execute(crate::commands::UiCommand::FitAll);
    window.settle();
    window.select("note");
    window.type_into("Text", "# Why");
    window.keys(Modifiers::NONE, Key::Enter);
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Text");
    field.type_text("**bold**");
    window.settle();
    assert_eq!(window.param("note", "text"), Value::from("# Why\n**bold**"));
    window.click("Colour Train");
    assert_eq!(window.param("note", "colour"), Value::from("train"));
    let chosen = window.harness.get_by_role_and_label(Role::RadioButton, "Colour Train");
    assert_eq!(chosen.accesskit_node().toggled(), Some(egui::accesskit::Toggled::True));
    window.keys(CTRL, Key::Z);
    window.keys(CTRL, Key::Z);
    assert!(!window.app().project().unwrap().is_dirty());
}

#[test]
fn a_name_that_is_taken_is_said_while_it_is_typed() {
    let mut window = Window::with_mnist();
    window.select("train");
    let id = window.node("train");
    window.type_into("Name", "split");
    assert!(window.says_something_like("Another node has this name"));
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.node("train"), id);
    window.type_into("Name", "  teach ");
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.node("teach"), id);
    window.type_into("Name", "other");
    window.keys(Modifiers::NONE, Key::Escape);
    assert_eq!((window.node("teach"), window.undo_steps()), (id, 1));
    // Going to another node is leaving the field: nothing that was typed is lost.
    window.type_into("Name", "pupil");
    window.select("split");
    assert_eq!(window.node("pupil"), id);
}

#[test]
fn with_nothing_selected_the_project_is_described_and_with_a_wire_what_flows() {
    let mut window = Window::with_mnist();
    let before = window.app().project().unwrap().project();
    window.type_into("Seed", "12");
    window.keys(Modifiers::NONE, Key::Enter);
    window.type_into("Seed", "-1");
    assert!(window.says_something_like("a whole number of at least 0"));
    window.keys(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().project().unwrap().seed(), 12);
    window.type_into("Description", "For the lecture.");
    window.keys(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().project().unwrap().project().description, before.description);
    window.type_into("Description", "For the lecture.");
    assert_eq!(window.app().project().unwrap().description(Lang::En), Some("For the lecture."));
    let canvas = window.app().canvas().unwrap().state.canvas_rect().unwrap();
    window.click_at(canvas.center_bottom() - vec2(0.0, 30.0));
    window.keys(CTRL, Key::Z);
    window.keys(CTRL, Key::Z);
    assert_eq!(window.app().project().unwrap().project(), before);
    window.select_wire("split", "normalise");
    for text in ["Wire · samples", "split · train", "N×1×28×28"] {
        assert!(window.says_something_like(text), "{text}");
    }
    window.select_wire("network", "train");
    assert!(window.says("N×1×28×28 → N×10"));
    window.click("Show network · network");
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(window.node("network")));
}

#[test]
fn sections_fold_and_the_other_language_names_everything_anew() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.click("Stop early");
    for _ in 0..30 {
        window.harness.step();
    }
    assert!(!window.says("Patience"));
    window.click("Stop early");
    window.until("it is unfolded", |w| w.says("Patience"));
    window.type_into("Epochs", "0");
    window.click("Switch language");
    window.until("the labels follow", |w| w.says("轮数"));
    assert!(window.says_something_like("0 超出范围 1 至 100000"));
    assert!(window.described(Role::TextInput, "学习率").contains("每步的大小"));
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
    window.type_into("轮数", "6");
    assert_eq!(window.param("train", "epochs"), Value::Int(6));
}

#[test]
fn every_widget_of_the_inspector_has_a_name() {
    let mut window = Window::with_mnist();
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
    window.select_these(&["train", "evaluate"]);
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
    window.select_these(&["split", "data", "network"]);
    assert!(window.says("These nodes share no parameter."));
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
}
