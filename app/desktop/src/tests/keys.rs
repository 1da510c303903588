//! The table of keys and gestures: a test for each row of it, through the whole window. A row may have several keys; each
//! of them is pressed.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Role, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_node_graph::PinId;
use weft_model::Mode;
use weft_protocol::Command;

use super::Window;
use crate::node_views::node_key;

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..NONE };
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..CTRL };
const CTRL_ALT: Modifiers = Modifiers { alt: true, ..CTRL };

impl Window {
    /// A place on the canvas where nothing is.
    fn nowhere(&self) -> Pos2 {
        self.app().canvas().unwrap().state.canvas_rect().unwrap().left_bottom() + vec2(120.0, -120.0)
    }

    fn point_at(&mut self, at: Pos2) {
        self.harness.hover_at(at);
        self.settle();
    }

    fn button(&mut self, at: Pos2, button: PointerButton, modifiers: Modifiers) {
        self.harness.event(Event::PointerMoved(at));
        self.harness.step();
        for pressed in [true, false] {
            self.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers });
            self.harness.step();
        }
        self.settle();
    }

    pub(super) fn asks(&self, field: &str) -> bool {
        self.harness.query_by_role_and_label(Role::TextInput, field).is_some()
    }

    fn camera(&self) -> egui_node_graph::Camera {
        self.app().canvas().unwrap().state.camera()
    }

    /// Lets the view come to rest.
    fn rest(&mut self) {
        self.harness.run_steps(30);
    }
}

#[test]
fn add_a_node_at_the_cursor_double_click_shift_a_tab() {
    let mut window = Window::with_mnist();
    let at = window.nowhere();
    window.point_at(at);
    for (modifiers, key) in [(SHIFT, Key::A), (NONE, Key::Tab)] {
        window.keys(modifiers, key);
        assert!(window.asks("Add a node"), "{key:?}");
        window.keys(NONE, Key::Escape);
        assert!(!window.asks("Add a node"), "{key:?}");
    }
    // A frame of the harness takes a quarter of a second.
    window.harness.ctx.options_mut(|o| o.input_options.max_double_click_delay = 2.0);
    for pressed in [true, false, true, false] {
        let (pos, button) = (at, PointerButton::Primary);
        window.harness.event(Event::PointerButton { pos, button, pressed, modifiers: NONE });
        window.harness.step();
    }
    window.settle();
    assert!(window.asks("Add a node"), "double click");
    window.search_for("Add a node", "normalise");
    window.keys(NONE, Key::Enter);
    let added = window.selected()[0];
    let (place, wanted) = (window.pos_of(added), window.app().canvas().unwrap().state.to_graph(at));
    assert!((place[0] - wanted[0]).abs() <= 2.0 && (place[1] - wanted[1]).abs() <= 2.0, "{place:?} {wanted:?}");
}

#[test]
fn drop_a_wire_on_empty_canvas_lists_compatible_nodes() {
    let mut window = Window::with_mnist();
    let from = window.pin_at(PinId::output(node_key(window.node("network")), 0));
    let to = window.nowhere();
    window.drag(PointerButton::Primary, NONE, &[from, from.lerp(to, 0.5), to]);
    assert!(window.asks("Add a node"));
    assert!(window.says_something_like("of network"), "the port is named");
    // The palette at the left has each kind too.
    let offers = |w: &Window, name: &str| w.harness.query_all_by_role_and_label(Role::ListBoxOption, name).count() > 1;
    window.search_for("Add a node", "split");
    assert!(!offers(&window, "Split"));
    window.keys(CTRL, Key::A);
    window.search_for("Add a node", "train");
    window.keys(NONE, Key::Enter);
    assert!(window.wires().iter().any(|w| w == "network.network Train 2.network"), "{:?}", window.wires());
}

#[test]
fn command_palette_ctrl_shift_p_f3() {
    let mut window = Window::with_mnist();
    for (modifiers, key) in [(CTRL_SHIFT, Key::P), (NONE, Key::F3)] {
        window.keys(modifiers, key);
        assert!(window.asks("Find a command"), "{key:?}");
        window.keys(NONE, Key::Escape);
        assert!(!window.asks("Find a command"), "{key:?}");
    }
}

#[test]
fn run_ctrl_enter_stop_ctrl_alt_enter() {
    let mut window = Window::with_mnist();
    window.keys(CTRL, Key::Enter);
    assert!(!window.run_request().fresh);
    window.begin_run();
    window.keys(CTRL_ALT, Key::Enter);
    window.until_command(|command| command == Command::Stop);
}

#[test]
fn undo_ctrl_z_redo_ctrl_shift_z_or_ctrl_y() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.point_at(window.nowhere());
    window.keys(NONE, Key::Delete);
    assert_eq!(window.count(), 5);
    for (modifiers, key) in [(CTRL_SHIFT, Key::Z), (CTRL, Key::Y)] {
        window.keys(CTRL, Key::Z);
        assert_eq!(window.count(), 6);
        window.keys(modifiers, key);
        assert_eq!(window.count(), 5, "{key:?}");
    }
}

#[test]
fn copy_ctrl_c_paste_ctrl_v_keeping_inputs_ctrl_shift_v_duplicate_ctrl_d() {
    let mut window = Window::with_mnist();
    window.select("train");
    // The system says of the keys of the clipboard what they mean, and not that they were pressed.
    let text = window.copied(Event::Copy).unwrap();
    window.pasted(&text);
    assert_eq!((window.count(), window.wires().len()), (7, 9));
    window.keys(CTRL_SHIFT, Key::V);
    window.pasted(&text);
    assert_eq!((window.count(), window.wires().len()), (8, 12));
    window.keys(CTRL, Key::D);
    assert_eq!(window.count(), 9);
}

#[test]
fn delete_del_delete_and_reconnect_ctrl_del() {
    let mut window = Window::with_mnist();
    let at = window.nowhere();
    for key in [Key::Delete, Key::Backspace] {
        window.select("train");
        window.point_at(at);
        window.keys(NONE, key);
        assert_eq!(window.count(), 5, "{key:?}");
        window.keys(CTRL, Key::Z);
    }
    window.select("normalise");
    window.point_at(at);
    window.keys(CTRL, Key::Delete);
    assert_eq!(window.count(), 5);
    assert!(window.wires().contains(&"split.train train.train".to_owned()), "{:?}", window.wires());
}

#[test]
fn mute_ctrl_m_bypass_ctrl_b_collapse_alt_c() {
    let mut window = Window::with_mnist();
    window.select("train");
    let now = |w: &Window| {
        let node = w.app().project().unwrap().graph().node(w.node("train")).unwrap();
        (node.mode, node.collapsed)
    };
    for (modifiers, key, state) in [
        (CTRL, Key::M, (Mode::Muted, false)),
        (CTRL, Key::B, (Mode::Bypassed, false)),
        (CTRL, Key::B, (Mode::Active, false)),
        (ALT, Key::C, (Mode::Active, true)),
        (ALT, Key::C, (Mode::Active, false)),
    ] {
        window.keys(modifiers, key);
        assert_eq!(now(&window), state, "{key:?}");
    }
}

#[test]
fn frame_the_selection_ctrl_g() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.keys(CTRL, Key::G);
    assert_eq!(window.count(), 7);
    assert!(window.asks("Title of the frame"));
    let (frame, train) = (window.kind("frame").unwrap(), window.node("train"));
    let canvas = window.app().canvas().unwrap();
    let rect = |id| canvas.scene.node_rect(node_key(id)).unwrap();
    let (outer, inner) = (rect(frame), rect(train));
    for axis in 0..2 {
        assert!(outer.0[axis] < inner.0[axis]);
        assert!(outer.0[axis] + f64::from(outer.1[axis]) > inner.0[axis] + f64::from(inner.1[axis]));
    }
}

#[test]
fn fit_selection_period_fit_all_home() {
    let mut window = Window::with_mnist();
    window.rest();
    let all = window.camera();
    window.select("train");
    window.point_at(window.nowhere());
    window.keys(NONE, Key::Period);
    window.rest();
    let near = window.camera();
    assert!(near.zoom > all.zoom, "{near:?} {all:?}");
    window.keys(NONE, Key::Home);
    window.rest();
    let again = window.camera();
    assert!((again.zoom - all.zoom).abs() < 1e-6 && (again.pan[0] - all.pan[0]).abs() < 1e-3, "{again:?} {all:?}");
}

#[test]
fn pan_middle_drag_or_space_drag_zoom_at_the_cursor_wheel() {
    let mut window = Window::with_mnist();
    window.rest();
    let at = window.nowhere();
    let moved = |window: &Window, before: egui_node_graph::Camera| {
        let now = window.camera();
        [(before.pan[0] - now.pan[0]) * now.zoom, (before.pan[1] - now.pan[1]) * now.zoom]
    };
    let before = window.camera();
    window.drag(PointerButton::Middle, NONE, &[at, at + vec2(20.0, 10.0), at + vec2(40.0, 20.0)]);
    let by = moved(&window, before);
    assert!((by[0] - 40.0).abs() < 1.0 && (by[1] - 20.0).abs() < 1.0, "{by:?}");
    let before = window.camera();
    window.harness.key_down(Key::Space);
    window.harness.step();
    window.drag(PointerButton::Primary, NONE, &[at, at - vec2(10.0, 10.0), at - vec2(30.0, 15.0)]);
    window.harness.key_up(Key::Space);
    window.settle();
    let by = moved(&window, before);
    assert!((by[0] + 30.0).abs() < 1.0 && (by[1] + 15.0).abs() < 1.0, "{by:?}");
    assert!(window.selected().is_empty());
    window.point_at(at);
    let (zoom, under) = (window.camera().zoom, window.app().canvas().unwrap().state.to_graph(at));
    let (unit, delta) = (egui::MouseWheelUnit::Line, vec2(0.0, 2.0));
    window.harness.event(Event::MouseWheel {
        unit,
        delta,
        modifiers: NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    });
    window.rest();
    assert!(window.camera().zoom > zoom);
    let now = window.app().canvas().unwrap().state.to_graph(at);
    assert!((now[0] - under[0]).abs() < 0.5 && (now[1] - under[1]).abs() < 0.5, "{now:?} {under:?}");
}

#[test]
fn add_to_the_selection_shift_click_ctrl_click() {
    let mut window = Window::with_mnist();
    for modifiers in [SHIFT, CTRL] {
        window.select("train");
        for name in ["split", "evaluate"] {
            let id = window.node(name);
            let at = {
                let canvas = window.app().canvas().unwrap();
                let (pos, size) = canvas.scene.node_rect(node_key(id)).unwrap();
                canvas.state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + 14.0])
            };
            window.button(at, PointerButton::Primary, modifiers);
        }
        let mut names: Vec<String> = window
            .selected()
            .into_iter()
            .map(|id| window.app().project().unwrap().graph().node(id).unwrap().name.clone())
            .collect();
        names.sort();
        assert_eq!(names, ["evaluate", "split", "train"], "{modifiers:?}");
        window.button(window.nowhere(), PointerButton::Primary, NONE);
    }
}

#[test]
fn cut_wires_ctrl_right_drag_break_alt_click_move_ctrl_drag() {
    let mut window = Window::with_mnist();
    let all = window.wires();
    let (data, split) = (node_key(window.node("data")), node_key(window.node("split")));
    let (from, to) = (window.pin_at(PinId::output(data, 0)), window.pin_at(PinId::input(split, 0)));
    let middle = from.lerp(to, 0.5);
    let across = [middle - vec2(0.0, 40.0), middle, middle + vec2(0.0, 40.0)];
    window.drag(PointerButton::Secondary, CTRL, &across);
    assert_eq!(window.wires().len(), all.len() - 1);
    window.keys(CTRL, Key::Z);
    window.button(from, PointerButton::Primary, ALT);
    assert_eq!(window.wires().len(), all.len() - 1);
    window.keys(CTRL, Key::Z);
    assert_eq!(window.wires(), all);
    let (validation, test) = (window.pin_at(PinId::output(split, 1)), window.pin_at(PinId::output(split, 2)));
    window.drag(PointerButton::Primary, CTRL, &[validation, validation + vec2(20.0, 5.0), test]);
    let moved = window.wires();
    assert_eq!(moved.len(), all.len());
    assert!(moved.iter().all(|w| !w.starts_with("split.validation ")), "{moved:?}");
}

#[test]
fn settings_ctrl_comma() {
    let mut window = Window::new();
    window.keys(CTRL, Key::Comma);
    assert!(window.asks("Search the settings"));
    window.keys(NONE, Key::Escape);
    assert!(!window.asks("Search the settings"));
}

#[test]
fn escape_cancels_a_gesture_and_a_right_click_never_loses_the_selection() {
    let mut window = Window::with_mnist();
    window.select("train");
    let id = window.node("train");
    let before = window.pos_of(id);
    let from = window.middle_of(id);
    window.harness.event(Event::PointerMoved(from));
    window.harness.step();
    let button = PointerButton::Primary;
    window.harness.event(Event::PointerButton { pos: from, button, pressed: true, modifiers: NONE });
    window.harness.step();
    window.harness.event(Event::PointerMoved(from + vec2(60.0, 30.0)));
    window.harness.step();
    window.keys(NONE, Key::Escape);
    window.harness.event(Event::PointerButton { pos: from, button, pressed: false, modifiers: NONE });
    window.settle();
    assert_eq!((window.pos_of(id), window.steps()), (before, 0));
    window.select("train");
    window.button(window.nowhere(), PointerButton::Secondary, NONE);
    assert_eq!(window.selected(), [id]);
    let shown = window.app().canvas().unwrap().state.selection().nodes.len();
    assert_eq!(shown, 1);
}

#[test]
fn keys_are_off_while_text_is_typed() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.harness.get_by_role_and_label(Role::TextInput, "Epochs").focus();
    window.settle();
    for (modifiers, key) in
        [(NONE, Key::Delete), (NONE, Key::Period), (NONE, Key::Home), (SHIFT, Key::A), (CTRL, Key::D)]
    {
        window.keys(modifiers, key);
        assert_eq!(window.count(), 6, "{key:?}");
        assert!(!window.asks("Add a node"), "{key:?}");
    }
}
