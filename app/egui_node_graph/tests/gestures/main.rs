//! Every gesture: events in, actions out, without a window and without a renderer.

mod bench;
mod edits;
mod many;
mod pins;
mod sheets;
mod vias;

use bench::{A, B, Bench, C, EMPTY, WIRE, node};
use egui::{Event, Key, Modifiers, MouseWheelSource, PointerButton, pos2, vec2};
use egui_node_graph::{Action, Camera, CanvasState, LevelOfDetail, NodeId, PinId, Target};

#[test]
fn a_click_selects_and_a_click_beside_it_selects_nothing() {
    let mut bench = Bench::new();
    bench.click(bench.title(A));
    assert_eq!(bench.selected(), [A]);
    assert_eq!(bench.take(), [Action::SelectionChanged]);
    bench.click(bench.title(B));
    assert_eq!(bench.selected(), [B]);
    bench.click(EMPTY);
    assert!(bench.selected().is_empty());
    assert_eq!(bench.take(), [Action::SelectionChanged, Action::SelectionChanged]);
}

#[test]
fn shift_and_ctrl_add_and_take_away() {
    for modifiers in [Modifiers::SHIFT, Modifiers::COMMAND | Modifiers::CTRL] {
        let mut bench = Bench::new();
        bench.click(bench.title(A));
        bench.hold(modifiers);
        bench.click(bench.title(B));
        assert_eq!(bench.selected(), [A, B]);
        bench.click(EMPTY);
        assert_eq!(bench.selected(), [A, B]);
        bench.click(bench.title(A));
        assert_eq!(bench.selected(), [B]);
    }
}

#[test]
fn a_wire_can_be_selected() {
    let mut bench = Bench::new();
    let (a, b) = (bench.pin(PinId::output(A, 0)), bench.pin(PinId::input(B, 0)));
    bench.click(a + (b - a) * 0.5);
    assert!(bench.state.selection().wires.contains(&WIRE));
    bench.scene.remove_wire(WIRE);
    bench.frame([]);
    assert!(bench.state.selection().is_empty());
}

#[test]
fn a_frame_selects_what_it_touches() {
    let mut bench = Bench::new();
    bench.drag(pos2(10.0, 20.0), pos2(360.0, 120.0));
    assert_eq!(bench.selected(), [A, B]);
    bench.hold(Modifiers::SHIFT);
    bench.drag(pos2(980.0, 580.0), pos2(700.0, 350.0));
    assert_eq!(bench.selected(), [A, B, C]);
}

#[test]
fn esc_takes_a_frame_back() {
    let mut bench = Bench::new();
    bench.click(bench.title(C));
    bench.press(pos2(10.0, 20.0));
    bench.move_to(pos2(400.0, 200.0));
    assert_eq!(bench.selected(), [A, B]);
    bench.key(Modifiers::NONE, Key::Escape);
    assert_eq!(bench.selected(), [C]);
    bench.release(pos2(400.0, 200.0));
    assert_eq!(bench.selected(), [C]);
}

#[test]
fn a_drag_moves_the_whole_selection_and_ends_in_one_edit() {
    let mut bench = Bench::new();
    bench.state.select([A, B], []);
    bench.take();
    let from = bench.title(A);
    bench.drag(from, from + vec2(100.0, 50.0));
    assert_eq!(bench.pos(A), [150.0, 150.0]);
    assert_eq!(bench.pos(B), [450.0, 150.0]);
    assert_eq!(bench.pos(C), [650.0, 300.0]);
    let actions = bench.take();
    assert_eq!(actions.first(), Some(&Action::MoveStarted { nodes: vec![A, B] }));
    let nodes = vec![(A, [150.0, 150.0]), (B, [450.0, 150.0])];
    assert_eq!(actions.last(), Some(&Action::MoveFinished { nodes, wires: Vec::new() }));
    assert!(actions.contains(&Action::Moving { delta: [100.0, 50.0] }));
    assert_eq!(bench.selected(), [A, B]);
}

#[test]
fn a_drag_goes_by_the_zoom() {
    let mut bench = Bench::new();
    bench.state.set_camera(Camera { pan: [0.0, 0.0], zoom: 0.5 });
    bench.frame([]);
    let from = bench.title(A);
    bench.drag(from, from + vec2(100.0, 50.0));
    assert_eq!(bench.pos(A), [250.0, 200.0]);
}

#[test]
fn esc_puts_dragged_nodes_back() {
    let mut bench = Bench::new();
    let from = bench.title(A);
    bench.press(from);
    bench.move_to(from + vec2(100.0, 50.0));
    assert_eq!(bench.pos(A), [150.0, 150.0]);
    assert!(bench.state.is_gesture_active());
    bench.take();
    bench.key(Modifiers::NONE, Key::Escape);
    assert_eq!(bench.pos(A), [50.0, 100.0]);
    bench.move_to(from + vec2(200.0, 50.0));
    bench.release(from + vec2(200.0, 50.0));
    assert_eq!(bench.pos(A), [50.0, 100.0]);
    assert_eq!(bench.take(), [Action::MoveCancelled]);
}

#[test]
fn an_edit_during_a_drag_does_not_snatch_the_node_away() {
    let mut bench = Bench::new();
    let from = bench.title(A);
    bench.press(from);
    bench.move_to(from + vec2(100.0, 0.0));
    bench.scene.upsert_node(node(A, [50.0, 100.0], "A, running"));
    bench.scene.remove_node(B);
    bench.frame([]);
    assert_eq!(bench.pos(A), [150.0, 100.0]);
    bench.release(from + vec2(100.0, 0.0));
    assert_eq!(
        bench.actions.last(),
        Some(&Action::MoveFinished { nodes: vec![(A, [150.0, 100.0])], wires: Vec::new() })
    );
    bench.scene.upsert_node(node(A, [50.0, 100.0], "A"));
    assert_eq!(bench.pos(A), [50.0, 100.0]);
}

#[test]
fn the_middle_button_and_the_space_bar_pan() {
    let mut bench = Bench::new();
    bench.press_button(EMPTY, PointerButton::Middle);
    bench.move_to(EMPTY + vec2(30.0, -20.0));
    bench.frame([bench.button(EMPTY + vec2(30.0, -20.0), PointerButton::Middle, false)]);
    assert_eq!(bench.state.camera(), Camera { pan: [-30.0, 20.0], zoom: 1.0 });
    let space = |pressed| Event::Key {
        key: Key::Space,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    bench.frame([space(true)]);
    let from = bench.title(A);
    bench.drag(from, from + vec2(30.0, -20.0));
    bench.frame([space(false)]);
    assert_eq!(bench.state.camera(), Camera { pan: [-60.0, 40.0], zoom: 1.0 });
    assert_eq!(bench.pos(A), [50.0, 100.0]);
    assert!(bench.take().is_empty());
}

#[test]
fn the_wheel_zooms_and_what_is_under_the_pointer_stays() {
    let mut bench = Bench::new();
    let at = pos2(321.0, 234.0);
    let before = bench.state.to_graph(at);
    bench.wheel(at, vec2(0.0, 3.0), MouseWheelSource::Wheel);
    assert!(bench.state.zoom() > 1.05, "zoom is {}", bench.state.zoom());
    let after = bench.state.to_graph(at);
    assert!((before[0] - after[0]).abs() < 1e-6 && (before[1] - after[1]).abs() < 1e-6);
    for _ in 0..30 {
        bench.wheel(at, vec2(0.0, -40.0), MouseWheelSource::Wheel);
    }
    assert_eq!(bench.state.zoom(), 0.05);
    let after = bench.state.to_graph(at);
    assert!((before[0] - after[0]).abs() < 1e-6 && (before[1] - after[1]).abs() < 1e-6);
}

#[test]
fn two_fingers_on_a_trackpad_pan() {
    let mut bench = Bench::new();
    bench.wheel(EMPTY, vec2(12.0, 34.0), MouseWheelSource::Trackpad);
    assert_eq!(bench.state.zoom(), 1.0);
    let pan = bench.state.camera().pan;
    assert!((pan[0] + 12.0).abs() < 0.5 && (pan[1] + 34.0).abs() < 0.5, "pan is {pan:?}");
}

#[test]
fn a_wire_is_drawn_from_either_side() {
    let (out, input) = (PinId::output(B, 0), PinId::input(A, 1));
    for (from, to) in [(out, input), (input, out)] {
        let mut bench = Bench::new();
        // It need not hit the pin: it snaps.
        bench.drag(bench.pin(from), bench.pin(to) + vec2(7.0, 8.0));
        assert_eq!(bench.take(), [Action::Connect { from: out, to: input }]);
    }
}

#[test]
fn a_wire_that_is_there_is_not_drawn_again() {
    let mut bench = Bench::new();
    bench.drag(bench.pin(PinId::output(A, 0)), bench.pin(PinId::input(B, 0)));
    assert_eq!(bench.take(), []);
}

#[test]
fn a_refusal_says_why() {
    let mut bench = Bench::new();
    let (from, to) = (PinId::output(B, 0), PinId::input(C, 0));
    bench.drag(bench.pin(from), bench.pin(to));
    assert_eq!(bench.take(), [Action::RefusedConnection { from, to, reason: "2 does not fit".to_owned() }]);
    let other = PinId::output(C, 0);
    bench.drag(bench.pin(from), bench.pin(other));
    let reason = "two outputs".to_owned();
    assert_eq!(bench.take(), [Action::RefusedConnection { from, to: other, reason }]);
}

#[test]
fn a_wire_dropped_on_the_canvas_asks_for_what_fits() {
    let mut bench = Bench::new();
    let pin = PinId::output(B, 1);
    bench.drag(bench.pin(pin), EMPTY);
    assert_eq!(bench.take(), [Action::DropWireOnCanvas { pin, graph_pos: [500.0, 500.0], screen_pos: EMPTY }]);
}

#[test]
fn esc_drops_the_wire_in_hand() {
    let mut bench = Bench::new();
    bench.press(bench.pin(PinId::output(B, 1)));
    bench.move_to(EMPTY);
    bench.key(Modifiers::NONE, Key::Escape);
    bench.release(EMPTY);
    assert_eq!(bench.take(), []);
}

#[test]
fn the_end_of_a_wire_is_carried_to_another_pin_or_thrown_away() {
    let mut bench = Bench::new();
    let end = bench.pin(PinId::input(B, 0));
    bench.drag(end, bench.pin(PinId::input(B, 1)));
    let (from, to) = (PinId::output(A, 0), PinId::input(B, 1));
    assert_eq!(bench.take(), [Action::Reconnect { wire: WIRE, from, to }]);
    bench.drag(end, EMPTY);
    assert_eq!(bench.take(), [Action::Disconnect(WIRE)]);
    // Back where it was, nothing has happened.
    bench.press(end);
    bench.move_to(EMPTY);
    bench.move_to(end);
    bench.release(end);
    assert_eq!(bench.take(), []);
}

#[test]
fn alt_breaks_the_wires_of_a_pin() {
    let mut bench = Bench::new();
    bench.hold(Modifiers::ALT);
    bench.click(bench.pin(PinId::output(A, 0)));
    bench.click(bench.pin(PinId::output(A, 1)));
    assert_eq!(bench.take(), [Action::BreakPin(PinId::output(A, 0))]);
}

#[test]
fn keys_delete_and_select_all() {
    let mut bench = Bench::new();
    bench.key(Modifiers::NONE, Key::Delete);
    assert_eq!(bench.take(), []);
    bench.key(Modifiers::COMMAND | Modifiers::CTRL, Key::A);
    assert_eq!(bench.selected(), [A, B, C]);
    assert_eq!(bench.take(), [Action::SelectionChanged]);
    bench.key(Modifiers::NONE, Key::Delete);
    bench.key(Modifiers::NONE, Key::Backspace);
    assert_eq!(bench.take(), [Action::DeleteSelection, Action::DeleteSelection]);
    // Left to the application: delete and reconnect.
    bench.key(Modifiers::COMMAND | Modifiers::CTRL, Key::Delete);
    assert_eq!(bench.take(), []);
}

#[test]
fn a_double_click_opens_a_node_or_the_menu_of_nodes() {
    let mut bench = Bench::new();
    bench.double_click(bench.title(A));
    assert_eq!(bench.take(), [Action::SelectionChanged, Action::ActivateNode(A)]);
    bench.double_click(EMPTY);
    let menu = Action::OpenAddMenu { graph_pos: [500.0, 500.0], screen_pos: EMPTY };
    assert_eq!(bench.take(), [Action::SelectionChanged, menu]);
}

#[test]
fn tab_and_shift_a_open_the_menu_of_nodes_at_the_pointer() {
    let mut bench = Bench::new();
    bench.hover(EMPTY);
    let menu = Action::OpenAddMenu { graph_pos: [500.0, 500.0], screen_pos: EMPTY };
    bench.key(Modifiers::SHIFT, Key::A);
    assert_eq!(bench.take(), std::slice::from_ref(&menu));
    bench.key(Modifiers::NONE, Key::Tab);
    assert_eq!(bench.take(), [menu]);
    assert!(bench.selected().is_empty(), "Tab went to a node as well");
}

#[test]
fn keys_are_off_while_text_is_typed() {
    let mut bench = Bench::new();
    bench.text = Some("text".to_owned());
    bench.state.select([A], []);
    bench.frame([]);
    bench.click(pos2(30.0, 10.0));
    assert!(bench.ctx.text_edit_focused());
    bench.hover(EMPTY);
    bench.take();
    let camera = bench.state.camera();
    for key in [Key::Delete, Key::Backspace, Key::Home, Key::Period, Key::Tab] {
        bench.click(pos2(30.0, 10.0));
        bench.hover(EMPTY);
        bench.key(Modifiers::NONE, key);
    }
    bench.click(pos2(30.0, 10.0));
    bench.hover(EMPTY);
    bench.key(Modifiers::SHIFT, Key::A);
    bench.key(Modifiers::COMMAND | Modifiers::CTRL, Key::A);
    assert_eq!(bench.take(), []);
    assert_eq!(bench.selected(), [A]);
    assert_eq!(bench.state.camera(), camera);
}

#[test]
fn a_right_click_keeps_the_selection() {
    let mut bench = Bench::new();
    bench.state.select([A, B], []);
    for (pos, target) in [(bench.title(C), Target::Node(C)), (EMPTY, Target::Canvas)] {
        bench.press_button(pos, PointerButton::Secondary);
        bench.frame([bench.button(pos, PointerButton::Secondary, false)]);
        let graph_pos = bench.state.to_graph(pos);
        assert_eq!(bench.take(), [Action::ContextMenu { target, graph_pos, screen_pos: pos }]);
        assert_eq!(bench.selected(), [A, B]);
    }
}

#[test]
fn home_and_full_stop_fit() {
    let mut bench = Bench::new();
    bench.hover(EMPTY);
    bench.state.set_camera(Camera { pan: [1.0e6, -1.0e6], zoom: 0.05 });
    bench.key(Modifiers::NONE, Key::Home);
    let screen = bench.state.canvas_rect().expect("it was shown");
    for id in [A, B, C] {
        assert!(screen.contains(bench.title(id)));
    }
    bench.state.select([C], []);
    bench.key(Modifiers::NONE, Key::Period);
    assert!(screen.contains(bench.title(C)) && !screen.contains(bench.title(A)));
    assert_eq!(bench.state.zoom(), 1.0);
}

#[test]
fn the_camera_goes_where_it_is_asked() {
    let mut bench = Bench::new();
    bench.state.center_on(C);
    bench.frame([]);
    let (pos, size) = bench.scene.node_rect(C).expect("it is there");
    let middle = [pos[0] + f64::from(size[0]) / 2.0, pos[1] + f64::from(size[1]) / 2.0];
    let centre = bench.state.canvas_rect().expect("it was shown").center();
    assert!(bench.state.to_screen(middle).distance(centre) < 0.01);
    bench.state.zoom_to(2.0);
    bench.frame([]);
    assert_eq!(bench.state.zoom(), 2.0);
    assert!(bench.state.to_screen(middle).distance(centre) < 0.01);
    // A node that is gone is no place to go to.
    bench.state.center_on(NodeId(99));
    bench.frame([]);
    assert_eq!(bench.state.zoom(), 2.0);
}

#[test]
fn the_camera_alone_is_stored_and_a_broken_one_is_put_right() {
    let mut bench = Bench::new();
    bench.state.select([A], []);
    bench.state.set_camera(Camera { pan: [1.5, -2.5], zoom: 0.75 });
    let stored = serde_json::to_string(&bench.state).expect("it can be stored");
    let restored: CanvasState = serde_json::from_str(&stored).expect("it can be read");
    assert_eq!(restored.camera(), bench.state.camera());
    assert!(restored.selection().is_empty());
    bench.state = serde_json::from_str(r#"{"camera":{"pan":[1e300,0.0],"zoom":0.0}}"#).expect("it can be read");
    bench.frame([]);
    assert!(bench.state.zoom() > 0.0 && bench.state.camera().pan[0].abs() <= 1.0e10);
}

#[test]
fn nodes_have_names_for_screen_readers_and_can_be_reached_with_tab() {
    let mut bench = Bench::new();
    bench.ctx.enable_accesskit();
    bench.frame([]);
    bench.frame([]);
    let names: Vec<&str> = bench.accesskit.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["Node: A", "Node: B", "Node: C"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    bench.key(Modifiers::NONE, Key::Tab);
    assert_eq!(bench.selected(), [A]);
    bench.key(Modifiers::NONE, Key::Tab);
    assert_eq!(bench.selected(), [B]);
    bench.take();
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(bench.take(), [Action::ActivateNode(B)]);
    // The node keeps the focus when it leaves the view.
    bench.state.set_camera(Camera { pan: [1.0e5, 1.0e5], zoom: 0.1 });
    for _ in 0..3 {
        bench.frame([]);
    }
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(bench.take(), [Action::ActivateNode(B)]);
}

#[test]
fn the_minimap_moves_the_camera_and_keeps_the_press_to_itself() {
    let mut bench = Bench::new();
    bench.with_minimap = true;
    bench.state.select([A], []);
    bench.frame([]);
    bench.take();
    let before = bench.state.camera();
    bench.drag(pos2(900.0, 520.0), pos2(970.0, 560.0));
    assert_ne!(bench.state.camera(), before);
    assert_eq!(bench.take(), []);
    assert_eq!(bench.selected(), [A]);
}

#[test]
fn detail_falls_with_the_zoom_and_nothing_panics_at_any() {
    let mut bench = Bench::new();
    bench.state.select([A], [WIRE]);
    for (zoom, level) in [
        (4.0, LevelOfDetail::Full),
        (0.71, LevelOfDetail::Full),
        (0.7, LevelOfDetail::Middle),
        (0.35, LevelOfDetail::Middle),
        (0.34, LevelOfDetail::Far),
        (0.05, LevelOfDetail::Far),
    ] {
        bench.state.set_camera(Camera { pan: [0.0, 0.0], zoom });
        bench.hover(bench.title(A));
        assert_eq!(bench.level, level, "at {zoom}");
        assert_eq!(bench.hovered, Some(Target::Node(A)), "at {zoom}");
    }
}

#[test]
fn nodes_can_be_dragged_from_far_away() {
    let mut bench = Bench::new();
    bench.state.set_camera(Camera { pan: [0.0, 0.0], zoom: 0.25 });
    bench.frame([]);
    let (pos, size) = bench.scene.node_rect(A).expect("it is there");
    let from = bench.state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + f64::from(size[1]) / 2.0]);
    bench.drag(from, from + vec2(25.0, 0.0));
    assert_eq!(bench.pos(A), [150.0, 100.0]);
}

#[test]
fn an_empty_scene_is_shown_too() {
    let mut bench = Bench::new();
    bench.scene.clear();
    bench.with_minimap = true;
    bench.state.fit_all();
    bench.key(Modifiers::COMMAND | Modifiers::CTRL, Key::A);
    bench.drag(pos2(10.0, 10.0), pos2(900.0, 500.0));
    assert_eq!(bench.take(), []);
}
