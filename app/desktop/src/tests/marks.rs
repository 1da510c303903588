//! Frames, notes, modes, bars and points of wires, through the whole window: each is one step, which one undo takes back.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Role, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_node_graph::{NodeState, PinId};
use weft_model::{Lang, Mode, NodeId, Value};

use super::Window;
use crate::i18n::Tr;
use crate::node_views::node_key;

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..NONE };
const CTRL_ALT: Modifiers = Modifiers { alt: true, ..CTRL };

impl Window {
    pub(super) fn text(&self) -> String {
        self.app().project().unwrap().project().to_text()
    }

    pub(super) fn kind(&self, kind: &str) -> Option<NodeId> {
        let graph = self.app().project().unwrap().graph();
        graph.nodes().find(|(_, n)| n.kind == kind).map(|(id, _)| id)
    }

    fn value(&self, id: NodeId, param: &str) -> Value {
        self.app().project().unwrap().graph().node(id).unwrap().param(param).unwrap()
    }

    pub(super) fn double_click(&mut self, at: Pos2) {
        // A frame of the harness takes a quarter of a second.
        self.harness.ctx.options_mut(|o| o.input_options.max_double_click_delay = 2.0);
        self.harness.event(Event::PointerMoved(at));
        self.harness.step();
        for pressed in [true, false, true, false] {
            let (pos, button) = (at, PointerButton::Primary);
            self.harness.event(Event::PointerButton { pos, button, pressed, modifiers: NONE });
            self.harness.step();
        }
        self.settle();
        self.harness.run_steps(30);
    }

    fn type_text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.settle();
    }

    /// Where the title of a frame is, or a place of a note that is not its edge.
    fn title_of(&self, id: NodeId) -> Pos2 {
        let canvas = self.app().canvas().unwrap();
        let (pos, _) = canvas.scene.node_rect(node_key(id)).unwrap();
        canvas.state.to_screen([pos[0] + 60.0, pos[1] + 14.0])
    }

    /// All that was done so far is taken back, step by step.
    #[track_caller]
    fn undo_gives_back(&mut self, text: &str, steps: usize) {
        let project = self.app().project().unwrap();
        assert_eq!(project.graph().check(), Ok(()));
        let labels: Vec<String> = project.document().undo_steps().iter().map(|s| s.label.clone()).collect();
        assert_eq!(labels.len(), steps, "{labels:?}");
        for label in &labels {
            assert_ne!(Tr::new(Lang::Zh).t(label), label, "the step has a name");
        }
        for _ in 0..steps {
            self.keys(Modifiers::COMMAND, Key::Z);
        }
        assert_eq!(self.text(), text);
    }
}

#[test]
fn ctrl_g_frames_the_selection_and_its_title_is_written_at_once() {
    let mut window = Window::with_mnist();
    let before = window.text();
    window.select_these(&["split", "normalise"]);
    window.keys(CTRL, Key::G);
    let frame = window.kind("frame").unwrap();
    assert!(window.says("Frame: Frame"));
    assert!(window.harness.query_by_role_and_label(Role::TextInput, "Title of the frame").is_some());
    window.type_text("Prep");
    window.type_text("are");
    window.keys(NONE, Key::Enter);
    assert_eq!(window.value(frame, "title"), Value::Text("Prepare".into()));
    assert!(window.says("Frame: Prepare"));
    assert!(window.harness.query_by_role_and_label(Role::TextInput, "Title of the frame").is_none());
    // Escape gives up what is typed.
    let title = window.title_of(frame);
    window.double_click(title);
    window.type_text("!!");
    assert_eq!(window.value(frame, "title"), Value::Text("Prepare!!".into()));
    window.keys(NONE, Key::Escape);
    assert_eq!(window.value(frame, "title"), Value::Text("Prepare".into()));
    window.undo_gives_back(&before, 2);
}

#[test]
fn dragging_a_frame_takes_its_nodes_and_ctrl_leaves_them() {
    let mut window = Window::with_mnist();
    let nodes = window.select_these(&["split", "normalise"]);
    window.keys(CTRL, Key::G);
    window.keys(NONE, Key::Enter);
    let (frame, train) = (window.kind("frame").unwrap(), window.node("train"));
    let framed = window.text();
    let places = |w: &Window, ids: &[NodeId]| ids.iter().map(|id| w.pos_of(*id)).collect::<Vec<_>>();
    let (inside, at, outside) = (places(&window, &nodes), window.pos_of(frame), window.pos_of(train));
    let title = window.title_of(frame);
    let zoom = window.app().canvas().unwrap().state.zoom();
    window.drag(PointerButton::Primary, NONE, &[title, title + vec2(0.0, 60.0), title + vec2(0.0, 120.0)]);
    let by = window.pos_of(frame)[1] - at[1];
    assert!((by - 120.0 / zoom).abs() < 20.0, "{by}");
    for (now, before) in places(&window, &nodes).iter().zip(&inside) {
        assert!((now[1] - before[1] - by).abs() < 1e-6, "{now:?} {before:?}");
    }
    assert_eq!(window.pos_of(train), outside);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.text(), framed);
    window.drag(PointerButton::Primary, CTRL, &[title, title + vec2(0.0, 60.0), title + vec2(0.0, 120.0)]);
    assert_eq!(places(&window, &nodes), inside);
    assert_ne!(window.pos_of(frame), at);
}

#[test]
fn a_frame_is_resized_by_its_corner_as_one_step() {
    let mut window = Window::with_mnist();
    window.select("network");
    window.keys(CTRL, Key::G);
    window.keys(NONE, Key::Enter);
    let frame = window.kind("frame").unwrap();
    let framed = window.text();
    let (corner, size) = {
        let canvas = window.app().canvas().unwrap();
        let (pos, size) = canvas.scene.node_rect(node_key(frame)).unwrap();
        (canvas.state.to_screen([0, 1].map(|n| pos[n] + f64::from(size[n]))) - vec2(1.0, 1.0), size)
    };
    window.drag(PointerButton::Primary, ALT, &[corner, corner + vec2(20.0, 20.0), corner + vec2(48.0, 32.0)]);
    let Value::Float(width) = window.value(frame, "width") else { panic!("no width") };
    assert!(width > f64::from(size[0]) + 20.0, "{width} {size:?}");
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.text(), framed);
}

#[test]
fn a_note_is_written_where_it_stands_and_shown_as_markdown() {
    let mut window = Window::with_mnist();
    let before = window.text();
    window.keys(CTRL_ALT, Key::N);
    let note = window.kind("note").unwrap();
    assert!(window.harness.query_by_role_and_label(Role::TextInput, "Text of the note").is_some());
    window.type_text("# Plan");
    window.keys(NONE, Key::Enter);
    window.type_text("see [the paper](https://example.org/paper)");
    window.keys(CTRL, Key::Enter);
    assert!(window.harness.query_by_role_and_label(Role::TextInput, "Text of the note").is_none());
    assert_eq!(window.value(note, "text"), Value::Text("# Plan\nsee [the paper](https://example.org/paper)".into()));
    assert!(window.says("Note: Plan"));
    assert!(window.says("the paper"), "the link is shown as its text");
    // A run was not begun by the key that ends the writing.
    assert!(!window.app().runs().is_running());
    // Escape leaves, and keeps what is typed.
    let at = window.middle_of(note) + vec2(0.0, 30.0);
    window.double_click(at);
    window.type_text("!");
    window.keys(NONE, Key::Escape);
    let Value::Text(text) = window.value(note, "text") else { panic!("no text") };
    assert!(text.contains('!') && text.len() > 20, "{text}");
    window.undo_gives_back(&before, 3);
}

#[test]
fn a_link_of_a_note_opens_on_a_click_if_it_leads_to_the_web() {
    let mut window = Window::with_mnist();
    window.keys(CTRL_ALT, Key::N);
    let note = window.kind("note").unwrap();
    window.type_text("[web](https://example.org) [file](file:///etc/passwd) ![picture](https://example.org/a.png)");
    window.keys(CTRL, Key::Enter);
    assert!(window.harness.query_by_role_and_label(Role::Image, "picture").is_none());
    for (label, opens) in [("web", true), ("file", false)] {
        let link = window.harness.get_by_role_and_label(Role::Link, label).rect().center();
        let mut opened = false;
        window.harness.event(Event::PointerMoved(link));
        window.harness.step();
        for pressed in [true, false] {
            let button = PointerButton::Primary;
            window.harness.event(Event::PointerButton { pos: link, button, pressed, modifiers: NONE });
            window.harness.step();
            let commands = &window.harness.output().platform_output.commands;
            opened |= commands.iter().any(|c| matches!(c, egui::OutputCommand::OpenUrl(_)));
        }
        assert_eq!(opened, opens, "{label}");
        window.settle();
    }
    assert!(window.app().project().unwrap().graph().node(note).is_some());
}

#[test]
fn mute_bypass_and_collapse_toggle_on_the_selection_and_are_said() {
    let mut window = Window::with_mnist();
    let before = window.text();
    window.select("network");
    window.keys(CTRL, Key::M);
    window.select_these(&["network", "normalise"]);
    window.keys(CTRL, Key::M);
    let mode = |w: &Window, name: &str| w.app().project().unwrap().graph().node(w.node(name)).unwrap().mode;
    assert_eq!((mode(&window, "network"), mode(&window, "normalise")), (Mode::Muted, Mode::Muted), "mixed: on");
    assert!(window.says("Node: network, muted"));
    window.until("what needs it is left out", |w| w.says("Node: train, left out, needs a muted node"));
    window.until("the list agrees", |w| w.app().project().unwrap().problems().any(|p| p.code == "needs_muted"));
    let scene = &window.app().canvas().unwrap().scene;
    assert!(scene.node(node_key(window.node("network"))).unwrap().muted);
    let train = scene.node(node_key(window.node("train"))).unwrap();
    assert!(train.left_out && !train.muted);
    assert!(!matches!(train.state, NodeState::Problem(egui_node_graph::Severity::Error)), "{:?}", train.state);
    window.keys(CTRL, Key::M);
    assert_eq!(mode(&window, "network"), Mode::Active);
    window.keys(CTRL, Key::B);
    assert!(window.says("Node: normalise, bypassed"));
    window.keys(ALT, Key::C);
    assert!(window.says("Node: normalise, bypassed, collapsed"));
    window.undo_gives_back(&before, 5);
}

#[test]
fn the_small_arrow_collapses_and_the_inspector_changes_the_mode() {
    let mut window = Window::with_mnist();
    let before = window.text();
    window.select("train");
    window.click("Mode Bypassed");
    assert!(window.says("Node: train, bypassed"));
    window.click("Mode Active");
    let tall = window.app().canvas().unwrap().scene.node_rect(node_key(window.node("train"))).unwrap().1[1];
    let train = window.node("train");
    let label = "Node: train, ready";
    window.until("it is ready", |w| w.says(label));
    window.harness.get_by_label(label).click_accesskit();
    window.settle();
    window.keys(ALT, Key::C);
    let low = window.app().canvas().unwrap().scene.node_rect(node_key(train)).unwrap().1[1];
    assert!(low < tall, "{low} {tall}");
    window.undo_gives_back(&before, 3);
}

#[test]
fn points_of_a_wire_come_move_and_go_with_a_step_each() {
    let mut window = Window::with_mnist();
    let before = window.text();
    let (data, split) = (node_key(window.node("data")), node_key(window.node("split")));
    let (from, to) = (window.pin_at(PinId::output(data, 0)), window.pin_at(PinId::input(split, 0)));
    let via = |w: &Window| -> Vec<[f64; 2]> {
        let graph = w.app().project().unwrap().graph();
        let mut wires = graph.wires_at(w.node("data"));
        wires.next().unwrap().1.via.clone()
    };
    let middle = from.lerp(to, 0.5);
    window.double_click(middle);
    assert_eq!(via(&window).len(), 1);
    let point = {
        let canvas = window.app().canvas().unwrap();
        canvas.state.to_screen(via(&window)[0])
    };
    window.drag(PointerButton::Primary, NONE, &[point, point + vec2(0.0, 30.0), point + vec2(0.0, 60.0)]);
    let moved = window.app().canvas().unwrap().state.to_screen(via(&window)[0]);
    assert!((moved.y - point.y - 60.0).abs() < 12.0, "{moved:?} {point:?}");
    window.double_click(moved);
    assert!(via(&window).is_empty());
    let stroke = [middle - vec2(0.0, 40.0), middle, middle + vec2(0.0, 40.0)];
    window.drag(PointerButton::Secondary, SHIFT, &stroke);
    assert_eq!(via(&window).len(), 1);
    // Copies of both ends are joined by a wire that goes the same way.
    window.select_these(&["data", "split"]);
    window.keys(CTRL, Key::D);
    let led = window.app().project().unwrap().graph().wires().filter(|(_, w)| !w.via.is_empty()).count();
    assert_eq!(led, 2);
    window.undo_gives_back(&before, 5);
}

#[test]
fn frames_and_notes_come_from_the_search_at_the_cursor_and_have_colours_by_name() {
    let mut window = Window::with_mnist();
    let before = window.text();
    let canvas = window.app().canvas().unwrap().state.canvas_rect().unwrap();
    window.harness.hover_at(canvas.left_bottom() + vec2(150.0, -160.0));
    window.settle();
    window.keys(SHIFT, Key::A);
    window.search_for("Add a node", "note");
    window.keys(NONE, Key::Enter);
    let note = window.kind("note").unwrap();
    window.type_text("hello");
    window.keys(NONE, Key::Escape);
    let at = window.middle_of(note) + vec2(0.0, 20.0);
    for pressed in [true, false] {
        window.harness.event(Event::PointerMoved(at));
        let button = PointerButton::Secondary;
        window.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers: NONE });
        window.harness.step();
    }
    window.settle();
    window.harness.get_by_role_and_label(Role::RadioButton, "Evaluate").click();
    window.settle();
    assert_eq!(window.value(note, "colour"), Value::Text("evaluate".into()));
    window.undo_gives_back(&before, 3);
}

#[test]
fn the_menu_key_opens_the_menu_whose_first_line_has_the_focus() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.keys(SHIFT, Key::F10);
    assert!(window.harness.get_by_role_and_label(Role::Button, "Mute").rect().is_positive());
    window.keys(NONE, Key::ArrowDown);
    window.keys(NONE, Key::Escape);
    assert!(window.harness.query_by_role_and_label(Role::Button, "Mute").is_none());
}

#[test]
fn whatever_a_note_says_it_is_shown() {
    let mut window = Window::with_mnist();
    window.keys(CTRL_ALT, Key::N);
    let note = window.kind("note").unwrap();
    let code = "```\nlet a = 1;\n```\n\n    indented\n\n> [!NOTE]\n> said\n\n- [ ] open\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |";
    let deep = "> - ".repeat(3_000);
    for text in
        [code, "{\n  \"a\": {\n    \"b\": [\n        1\n    ]\n  }\n}", &deep, "<b>html</b> $x$ [^1]\n\n[^1]: foot"]
    {
        window.pasted(text);
        window.keys(CTRL, Key::Enter);
        window.settle();
        assert!(!window.asks("Text of the note"));
        let at = window.title_of(note);
        window.double_click(at);
        window.keys(CTRL, Key::A);
    }
    assert_eq!(window.app().project().unwrap().graph().check(), Ok(()));
}
