//! Fixes through the window: by the buttons of the list, of a node's menu and of the inspector, one by one and all at once,
//! and taken back from the message that tells of them.

use weft_model::{Edit, Endpoint};

use super::*;
use crate::node_views::node_key;

impl Window {
    fn graph(&self) -> &weft_model::Graph {
        self.app().project().unwrap().graph()
    }

    fn is_wired(&self, node: &str, port: &str) -> bool {
        self.graph().wire_into(&Endpoint::new(self.node(node), port)).is_some()
    }

    /// Does something to the project that the window itself would refuse.
    pub(super) fn break_it(&mut self, edit: Edit) {
        self.harness.state_mut().project_mut().unwrap().apply("edit-set-param", edit).unwrap();
        self.settle();
    }

    pub(super) fn without_network() -> Self {
        let mut window = Self::with_mnist();
        window.select("network");
        window.keys(Modifiers::NONE, Key::Delete);
        window.click("Problems");
        window.until("the problem is listed", |w| w.says("Input 'network' of 'train' is not wired"));
        window
    }

    fn problems(&self) -> usize {
        self.app().project().unwrap().problems().count()
    }
}

#[test]
fn a_button_of_the_list_adds_what_is_missing_and_the_message_takes_it_back() {
    let mut window = Window::without_network();
    window.click("Add 'Network'");
    assert_eq!(window.count(), 6);
    assert!(window.is_wired("train", "network"));
    window.until("it is told", |w| w.says_something_like("Fixed: Add 'Network'"));
    window.until("the problem is gone", |w| w.problems() == 0);
    // It covers nothing that is drawn.
    let scene = &window.app().canvas().unwrap().scene;
    let rect = |name: &str| {
        let (pos, size) = scene.node_rect(node_key(window.node(name))).unwrap();
        egui::Rect::from_min_size(Pos2::new(pos[0] as f32, pos[1] as f32), vec2(size[0], size[1]))
    };
    for name in ["data", "split", "normalise", "train", "evaluate"] {
        assert!(!rect("Network").intersects(rect(name)), "it covers {name}");
    }
    window.click("Undo");
    assert_eq!((window.count(), window.is_wired("train", "network")), (5, false));
    assert!(!window.says_something_like("Fixed: Add 'Network'"));
}

#[test]
fn a_message_no_longer_offers_to_take_back_what_something_else_followed() {
    let mut window = Window::without_network();
    window.click("Add 'Network'");
    let offered = |w: &Window| w.harness.query_all_by_role_and_label(egui::Role::Button, "Undo").count();
    // The bar's own is called by what it would take back.
    assert_eq!(offered(&window), 1);
    let id = window.node("train");
    window.break_it(Edit::SetParam { id, param: "epochs".to_owned(), value: Some(Value::Int(3)) });
    assert!(window.says_something_like("Fixed: Add 'Network'"));
    assert_eq!(offered(&window), 0);
}

#[test]
fn all_problems_are_fixed_by_one_command_as_one_step() {
    let mut window = Window::without_network();
    let id = window.node("train");
    window.break_it(Edit::SetParam { id, param: "epochs".to_owned(), value: Some(Value::Int(0)) });
    let id = window.node("normalise");
    window.break_it(Edit::SetParam { id, param: "method".to_owned(), value: Some("scael".into()) });
    window.until("all are found", |w| w.problems() == 3);
    window.click("Fix all problems");
    window.until("none is left", |w| w.problems() == 0);
    assert_eq!(window.param("train", "epochs"), Value::Int(1));
    assert_eq!(window.param("normalise", "method"), Value::from("scale"));
    assert!(window.is_wired("train", "network"));
    assert!(window.says_something_like("3 problems fixed"));
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!((window.count(), window.param("train", "epochs")), (5, Value::Int(0)));
}

#[test]
fn the_menu_of_a_node_and_the_inspector_offer_its_fixes() {
    let mut window = Window::with_mnist();
    let id = window.node("train");
    window.break_it(Edit::SetParam { id, param: "epochs".to_owned(), value: Some(Value::Int(0)) });
    window.until("it is found", |w| w.problems() == 1);
    window.until("the badge is on the node", |w| w.says("Node: train, has a problem"));
    window.select("train");
    window.click("Set to 1");
    assert_eq!(window.param("train", "epochs"), Value::Int(1));
    window.break_it(Edit::SetParam { id, param: "epochs".to_owned(), value: Some(Value::Int(200_000)) });
    window.until("it is found", |w| w.problems() == 1);
    let canvas = window.app().canvas().unwrap();
    let (pos, size) = canvas.scene.node_rect(node_key(id)).unwrap();
    let at = canvas.state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + 14.0]);
    for pressed in [true, false] {
        window.harness.event(egui::Event::PointerMoved(at));
        let button = egui::PointerButton::Secondary;
        window.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
        window.harness.step();
    }
    window.settle();
    window.click("Fix: Reset to 10");
    assert_eq!(window.param("train", "epochs"), Value::Int(10));
}

#[test]
fn data_that_were_moved_are_found_and_a_folder_can_be_chosen() {
    let mut window = Window::with_mnist();
    let (from, to) = (window.dir.path().join("data"), window.dir.path().join("inputs/digits"));
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::rename(from, to).unwrap();
    let id = window.node("train");
    window.break_it(Edit::SetParam { id, param: "epochs".to_owned(), value: Some(Value::Int(3)) });
    window.click("Problems");
    window.until("it is missed", |w| w.says("Use inputs/digits"));
    window.dialogs.answer(Some(window.dir.path().join("inputs")));
    window.click("Find the folder…");
    window.until("it is chosen", |w| w.param("data", "path") == Value::from("inputs"));
    window.until("it is looked at", |w| w.says("Use inputs/digits"));
    window.click("Fix all problems");
    assert_eq!(window.param("data", "path"), Value::from("inputs/digits"));
    window.until("all is well", |w| w.problems() == 0);
}

#[test]
fn a_problem_that_is_clicked_brings_its_node_into_view() {
    let mut window = Window::without_network();
    // Far away and far out.
    let camera = egui_node_graph::Camera { pan: [9_000.0, 9_000.0], zoom: 0.1 };
    window.harness.state_mut().canvas_mut().unwrap().state.set_camera(camera);
    window.settle();
    window.click("Input 'network' of 'train' is not wired");
    window.until("it stands still", |w| {
        let canvas = w.app().canvas().unwrap();
        let (pos, size) = canvas.scene.node_rect(node_key(w.node("train"))).unwrap();
        let (a, b) = (
            canvas.state.to_screen(pos),
            canvas.state.to_screen([pos[0] + f64::from(size[0]), pos[1] + f64::from(size[1])]),
        );
        let room = canvas.state.canvas_rect().unwrap();
        room.contains(a) && room.contains(b) && canvas.state.zoom() >= 0.9
    });
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(window.node("train")));
}

#[test]
fn fixes_speak_the_language_of_the_window() {
    let mut window = Window::without_network();
    window.click("Switch language");
    for label in ["添加“网络”", "修复所有问题", "“train”的输入“网络”没有连线"] {
        window.until(label, |w| w.says(label));
    }
    window.click("添加“网络”");
    assert!(window.graph().node_named("网络").is_some(), "a new node is called as the palette calls it");
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
}

#[test]
fn a_new_image_data_set_is_given_a_folder_that_was_found_by_one_click() {
    let mut window = Window::new();
    window.until("the sample is listed", |w| w.says("MNIST"));
    window.keys(Modifiers::COMMAND, Key::N);
    window.until("the new project is there", |w| w.app().project().is_some());
    let id = NodeId(1);
    window.break_it(Edit::AddNode { id, node: weft_model::Node::new("image_dataset", "digits", [0.0, 0.0]) });
    window.click("Problems");
    let data = window.dir.path().join("data");
    let label = format!("Use {}", weft_model::text::brief(&data.to_string_lossy(), 40));
    window.until("the data of the sample are proposed", |w| w.says(&label));
    window.click(&label);
    assert_eq!(window.param("digits", "path"), Value::Text(data.to_string_lossy().into_owned()));
    window.until("nothing is missing", |w| !w.says_something_like("needs a value for Folder"));
    window.keys(Modifiers::COMMAND, Key::Z);
    window.until("it is taken back", |w| w.says(&label));
}

#[test]
fn moved_data_are_found_in_the_further_folders_of_the_settings() {
    let mut window = Window::with_mnist();
    let far = tempfile::tempdir().unwrap();
    let there = far.path().join("digits");
    std::fs::create_dir(&there).unwrap();
    for entry in std::fs::read_dir(window.dir.path().join("data")).unwrap().flatten() {
        std::fs::rename(entry.path(), there.join(entry.file_name())).unwrap();
    }
    let id = window.node("data");
    window.break_it(Edit::SetParam { id, param: "path".into(), value: Some("/gone/digits".into()) });
    window.click("Problems");
    window.until("it is missed", |w| w.says_something_like("does not exist"));
    let label = format!("Use {}", weft_model::text::brief(&there.to_string_lossy(), 40));
    assert!(!window.says(&label));
    window.keys(Modifiers::COMMAND, Key::Comma);
    window.click("Folders");
    window.dialogs.answer(Some(far.path().to_owned()));
    window.click("Add folder…");
    window.keys(Modifiers::NONE, Key::Escape);
    window.until("it is found there", |w| w.says(&label));
    window.click(&label);
    window.until("nothing is missing", |w| w.problems() == 0);
}

/// Opens the sample as a text editor or an older program may have left it, mends a problem by its first button in the list
/// (what it says begins with `label`), and takes that back.
#[track_caller]
fn mended(from: &str, to: &str, code: &str, label: &str, holds: impl Fn(&Window) -> bool) {
    mended_text(|text| text.replacen(from, to, 1), code, label, holds);
}

#[track_caller]
fn mended_text(spoil: impl Fn(&str) -> String, code: &str, label: &str, holds: impl Fn(&Window) -> bool) {
    let dir = tempfile::tempdir().unwrap();
    let file = mnist_in(dir.path());
    let text = std::fs::read_to_string(&file).unwrap();
    let spoilt = spoil(&text);
    assert_ne!(spoilt, text);
    std::fs::write(&file, spoilt).unwrap();
    let mut window = Window::in_folder(dir, Some(file));
    window.until("it opens, whatever is wrong with it", |w| w.app().project().is_some());
    window.click("Problems");
    let problem = |w: &Window| w.app().project().unwrap().problems().any(|p| p.code == code);
    window.until(code, problem);
    window.settle();
    let before = window.app().project().unwrap().project().to_text();
    let found = window.app().project().unwrap().problems().find(|p| p.code == code).unwrap().fixes[0].label.en.clone();
    assert!(found.starts_with(label), "{found}");
    window.click(&found);
    window.until("the problem is gone", |w| !problem(w));
    assert!(holds(&window), "{code}: {label}");
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().project().unwrap().project().to_text(), before, "one step, and all of it");
    window.until("it is there again", problem);
}

const TO_TRAIN: &str = r#""0000000000000007": {"from": "0000000000000004.network", "to": "0000000000000005.network"},"#;

#[test]
fn an_input_that_has_lost_its_wire_is_wired_again() {
    mended(TO_TRAIN, "", "unwired_input", "Wire 'network' of 'network'", |w| w.is_wired("train", "network"));
}

#[test]
fn a_wire_at_a_port_that_does_not_exist_goes_to_the_one_that_is_meant() {
    let wrong = TO_TRAIN.replace("5.network", "5.netwrok");
    mended(TO_TRAIN, &wrong, "unknown_port", "Wire it to 'network'", |w| w.is_wired("train", "network"));
}

#[test]
fn a_wire_whose_ends_do_not_fit_gets_a_node_between() {
    let wire = r#""from": "0000000000000003.train", "to": "0000000000000005.train""#;
    let wrong = wire.replace("3.train", "1.samples");
    mended(wire, &wrong, "type_mismatch", "Take '", |w| {
        let from = w
            .graph()
            .wire_into(&Endpoint::new(w.node("train"), "train"))
            .map(|id| w.graph().wire(id).unwrap().from.node);
        from == Some(w.node("split"))
    });
}

#[test]
fn a_circle_is_opened() {
    // The preparation takes what a second one gives, and that one what it gives itself.
    let wire = r#"{"from": "0000000000000002.train", "to": "0000000000000003.train"},"#;
    let circle = r#"{"from": "000000000000000a.train", "to": "0000000000000003.train"},
    "000000000000000a": {"from": "0000000000000003.train", "to": "000000000000000a.train"},"#;
    let nodes = "\"nodes\": {";
    let second = r#""nodes": {
    "000000000000000a": {"kind": "normalise", "name": "second", "params": {}, "pos": [500, 300]},"#;
    let text = |text: &str| text.replacen(wire, circle, 1).replacen(nodes, second, 1);
    mended_text(text, "cycle", "Remove the wire from 'normalise' to 'second'", |w| !w.is_wired("second", "train"));
}

#[test]
fn a_node_that_nobody_knows_is_deleted_and_its_wires_joined() {
    mended(r#""kind": "normalise""#, r#""kind": "nrmlse""#, "unknown_kind", "Delete 'normalise'", |w| {
        w.graph().node_named("normalise").is_none()
    });
}

#[test]
fn a_parameter_is_corrected_in_name_and_value() {
    let train = r#""name": "train",
      "params": {}"#;
    let with = |params: &str| train.replace("{}", params);
    let epochs = |w: &Window| w.param("train", "epochs") == Value::Int(3);
    mended(train, &with(r#"{"epoch": 3}"#), "unknown_param", "Call it 'epochs'", epochs);
    mended(train, &with(r#"{"epochs": "3"}"#), "bad_param", "Set to 3", epochs);
    mended(train, &with(r#"{"epochs": -4}"#), "bad_param", "Set to 1", |w| w.param("train", "epochs") == Value::Int(1));
}

#[test]
fn a_node_that_was_muted_is_let_run_again_where_another_needs_it() {
    let split = r#""name": "split",
      "params": {}"#;
    let muted = format!("\"mode\": \"muted\",\n      {split}");
    mended(split, &muted, "needs_muted", "Let 'split' run again", |w| {
        w.graph().node(w.node("split")).unwrap().mode == weft_model::Mode::Active
    });
}

#[test]
fn a_menu_opened_by_the_keyboard_begins_with_the_fixes() {
    let mut window = Window::without_network();
    window.select("train");
    window.keys(Modifiers::SHIFT, Key::F10);
    assert_eq!(window.focused_name().as_deref(), Some("Fix: Add 'Network'"));
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!((window.count(), window.is_wired("train", "network")), (6, true));
}
