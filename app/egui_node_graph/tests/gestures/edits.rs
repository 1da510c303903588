//! Gestures that change many things at once: the stroke that cuts, wires carried together, nodes dropped on wires, what
//! dragged nodes are drawn to, and the arrow keys.

use egui::{Color32, Event, Key, Modifiers, PointerButton, Pos2, pos2, vec2};
use egui_node_graph::{Action, Camera, NodeId, NodeView, PinId, Side, Snapping, Target, WireId, WireView};
use proptest::prelude::*;

use crate::bench::{A, B, Bench, C, EMPTY, WIRE, node};
use crate::sheets::{FRAME, NOTE};

const D: NodeId = NodeId(4);
const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };

/// A second wire, from A to the other input of B.
const SECOND: WireId = WireId(11);

impl Bench {
    fn with_two_wires() -> Self {
        let mut bench = Self::new();
        let wire = WireView::new(SECOND, PinId::output(A, 1), PinId::input(B, 1), Color32::GRAY);
        assert!(bench.scene.upsert_wire(wire));
        bench.frame([]);
        bench
    }

    /// A node without wires, right of all others.
    fn with_lone_node() -> Self {
        let mut bench = Self::new();
        bench.scene.upsert_node(node(D, [700.0, 50.0], "D"));
        bench.frame([]);
        bench
    }

    fn stroke(&mut self, points: &[Pos2]) {
        self.press_button(points[0], PointerButton::Secondary);
        for &point in &points[1..] {
            self.move_to(point);
        }
    }

    fn end_stroke(&mut self, at: Pos2) {
        self.frame([self.button(at, PointerButton::Secondary, false)]);
        self.frame([]);
    }
}

#[test]
fn a_stroke_cuts_the_wires_that_it_crosses() {
    let mut bench = Bench::with_two_wires();
    bench.state.select([C], []);
    bench.take();
    bench.hold(CTRL);
    bench.stroke(&[pos2(276.0, 60.0), pos2(276.0, 100.0), pos2(276.0, 300.0)]);
    assert!(bench.state.is_gesture_active());
    bench.end_stroke(pos2(276.0, 300.0));
    assert_eq!(bench.take(), [Action::CutWires(vec![WIRE, SECOND])]);
    assert_eq!(bench.selected(), [C]);
    // Between the two wires only one of them is crossed, and to and fro is once.
    let between = bench.pin(PinId::input(B, 0)).lerp(bench.pin(PinId::input(B, 1)), 0.5).y;
    bench.stroke(&[pos2(276.0, 60.0), pos2(276.0, between), pos2(280.0, 60.0)]);
    bench.end_stroke(pos2(280.0, 60.0));
    assert_eq!(bench.take(), [Action::CutWires(vec![WIRE])]);
    bench.stroke(&[pos2(20.0, 500.0), pos2(400.0, 550.0)]);
    bench.end_stroke(pos2(400.0, 550.0));
    assert_eq!(bench.take(), []);
}

#[test]
fn a_stroke_in_one_frame_and_one_from_far_away_cut_too() {
    let mut bench = Bench::with_two_wires();
    bench.hold(CTRL);
    let (from, to) = (pos2(276.0, 60.0), pos2(276.0, 300.0));
    bench.hover(from);
    bench.frame([
        bench.button(from, PointerButton::Secondary, true),
        Event::PointerMoved(to),
        bench.button(to, PointerButton::Secondary, false),
    ]);
    assert_eq!(bench.take(), [Action::CutWires(vec![WIRE, SECOND])]);
    bench.state.set_camera(Camera { pan: [0.0, 0.0], zoom: 0.2 });
    bench.frame([]);
    bench.stroke(&[pos2(55.0, 10.0), pos2(55.0, 60.0)]);
    bench.end_stroke(pos2(55.0, 60.0));
    assert_eq!(bench.take(), [Action::CutWires(vec![WIRE, SECOND])]);
}

#[test]
fn esc_takes_a_stroke_back_and_a_wire_that_goes_meanwhile_is_not_cut() {
    let mut bench = Bench::with_two_wires();
    bench.hold(CTRL);
    bench.stroke(&[pos2(276.0, 60.0), pos2(276.0, 300.0)]);
    bench.key(Modifiers::NONE, Key::Escape);
    bench.end_stroke(pos2(276.0, 300.0));
    assert_eq!(bench.take(), []);
    bench.hold(CTRL);
    bench.stroke(&[pos2(276.0, 60.0), pos2(276.0, 300.0)]);
    bench.scene.remove_wire(WIRE);
    bench.end_stroke(pos2(276.0, 300.0));
    assert_eq!(bench.take(), [Action::CutWires(vec![SECOND])]);
}

#[test]
fn a_right_click_with_ctrl_is_still_a_right_click() {
    let mut bench = Bench::new();
    bench.state.select([B], []);
    bench.take();
    bench.hold(CTRL);
    let at = bench.title(A);
    bench.stroke(&[at, at + vec2(1.0, 1.0)]);
    bench.end_stroke(at);
    let actions = bench.take();
    assert!(matches!(actions[..], [Action::ContextMenu { target: Target::Node(A), .. }]), "{actions:?}");
    assert_eq!(bench.selected(), [B]);
}

#[test]
fn ctrl_carries_all_wires_of_a_pin_to_another() {
    let mut bench = Bench::new();
    let out = PinId::output(A, 0);
    assert!(bench.scene.upsert_wire(WireView::new(SECOND, out, PinId::input(B, 1), Color32::GRAY)));
    bench.frame([]);
    bench.hold(CTRL);
    let to = PinId::output(A, 1);
    bench.drag(bench.pin(out), bench.pin(to) + vec2(5.0, 4.0));
    assert_eq!(bench.take(), [Action::MoveWires { from: out, to }]);
    // An input's wire goes to another input.
    let (from, to) = (PinId::input(B, 0), PinId::input(A, 1));
    bench.drag(bench.pin(from), bench.pin(to));
    assert_eq!(bench.take(), [Action::MoveWires { from, to }]);
    // Dropped back or on the canvas, nothing has happened.
    for at in [bench.pin(out), EMPTY] {
        bench.press(bench.pin(out));
        bench.move_to(EMPTY - vec2(0.0, 40.0));
        bench.move_to(at);
        bench.release(at);
        assert_eq!(bench.take(), []);
    }
    // A pin without wires begins a new one.
    let from = PinId::output(B, 0);
    bench.drag(bench.pin(from), bench.pin(PinId::input(A, 0)));
    assert_eq!(bench.take(), [Action::Connect { from, to: PinId::input(A, 0) }]);
}

#[test]
fn wires_are_not_carried_where_the_rules_forbid_it() {
    let mut bench = Bench::new();
    bench.hold(CTRL);
    let (from, out) = (PinId::input(B, 0), PinId::output(A, 0));
    let to = PinId::input(C, 0);
    bench.drag(bench.pin(from), bench.pin(to));
    assert_eq!(bench.take(), [Action::RefusedConnection { from: out, to, reason: "1 does not fit".to_owned() }]);
    bench.drag(bench.pin(out), bench.pin(PinId::input(A, 1)));
    let actions = bench.take();
    let [Action::RefusedConnection { reason, .. }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(reason, "an input and an output");
    bench.press(bench.pin(from));
    bench.move_to(EMPTY);
    bench.key(Modifiers::NONE, Key::Escape);
    bench.release(EMPTY);
    assert_eq!(bench.take(), []);
}

#[test]
fn a_node_dropped_on_a_wire_goes_into_it() {
    let mut bench = Bench::with_lone_node();
    let from = bench.title(D);
    // The wire runs at y 142 from 202 to 350.
    bench.drag(from, from + vec2(200.0 - 700.0, 70.0));
    let actions = bench.take();
    let [.., Action::MoveFinished { nodes, .. }, insert] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(nodes[0].0, D);
    let (input, output) = (PinId::input(D, 0), PinId::output(D, 0));
    assert_eq!(*insert, Action::InsertOnWire { node: D, wire: WIRE, input, output });
}

#[test]
fn a_node_that_has_wires_or_does_not_fit_stays_beside_the_wire() {
    // The rules refuse C.
    let mut bench = Bench::new();
    let from = bench.title(C);
    bench.drag(from, from + vec2(-450.0, -180.0));
    assert!(matches!(bench.take().last(), Some(Action::MoveFinished { .. })));
    // D has a wire of its own.
    let mut bench = Bench::with_lone_node();
    assert!(bench.scene.upsert_wire(WireView::new(SECOND, PinId::output(D, 0), PinId::input(C, 0), Color32::GRAY)));
    let from = bench.title(D);
    bench.drag(from, from + vec2(-500.0, 70.0));
    assert!(matches!(bench.take().last(), Some(Action::MoveFinished { .. })));
    // It was over the wire, and is not any more.
    let mut bench = Bench::with_lone_node();
    let from = bench.title(D);
    bench.press(from);
    bench.move_to(from + vec2(-500.0, 70.0));
    bench.move_to(from + vec2(-300.0, 400.0));
    bench.release(from + vec2(-300.0, 400.0));
    assert!(matches!(bench.take().last(), Some(Action::MoveFinished { .. })));
    // The wire goes while the node is over it.
    let mut bench = Bench::with_lone_node();
    let from = bench.title(D);
    bench.press(from);
    bench.move_to(from + vec2(-500.0, 70.0));
    bench.scene.remove_wire(WIRE);
    bench.release(from + vec2(-500.0, 70.0));
    assert!(matches!(bench.take().last(), Some(Action::MoveFinished { .. })));
}

#[test]
fn dragged_nodes_are_drawn_into_line_and_alt_lets_them_go_free() {
    let mut bench = Bench::new();
    let from = bench.title(A);
    // 4 beside the left edge of C, and within 6 of nothing on the other axis.
    bench.press(from);
    bench.move_to(from + vec2(604.0, 300.0));
    assert_eq!(bench.pos(A), [650.0, 400.0]);
    bench.hold(Modifiers::ALT);
    bench.move_to(from + vec2(604.0, 300.0));
    assert_eq!(bench.pos(A), [654.0, 400.0]);
    bench.hold(Modifiers::NONE);
    bench.move_to(from + vec2(607.0, 300.0));
    assert_eq!(bench.pos(A), [657.0, 400.0]);
    bench.move_to(from + vec2(596.0, 300.0));
    bench.release(from + vec2(596.0, 300.0));
    assert_eq!(
        bench.actions.last(),
        Some(&Action::MoveFinished { nodes: vec![(A, [650.0, 400.0])], wires: Vec::new() })
    );
}

#[test]
fn the_reach_of_a_line_is_in_points_of_the_screen() {
    let mut bench = Bench::new();
    bench.state.set_camera(Camera { pan: [0.0, 0.0], zoom: 0.5 });
    bench.frame([]);
    let from = bench.title(A);
    bench.drag(from, from + vec2(295.0, 150.0));
    assert_eq!(bench.pos(A), [650.0, 400.0]);
}

#[test]
fn snapping_can_be_turned_off_and_a_grid_on() {
    let mut bench = Bench::new();
    bench.state.snapping = Snapping::OFF;
    let from = bench.title(A);
    bench.drag(from, from + vec2(604.0, 301.0));
    assert_eq!(bench.pos(A), [654.0, 401.0]);
    let mut bench = Bench::new();
    bench.state.snapping = Snapping { align: false, grid: Some(20.0) };
    let from = bench.title(A);
    bench.drag(from, from + vec2(604.0, 301.0));
    assert_eq!(bench.pos(A), [660.0, 400.0]);
}

#[test]
fn arrows_go_from_node_to_node() {
    let mut bench = Bench::new();
    bench.hover(EMPTY);
    bench.state.select([A], []);
    bench.take();
    for (key, selected) in [
        (Key::ArrowRight, B),
        (Key::ArrowDown, C),
        (Key::ArrowDown, C),
        (Key::ArrowUp, B),
        (Key::ArrowLeft, A),
        (Key::ArrowLeft, A),
    ] {
        bench.key(Modifiers::NONE, key);
        assert_eq!(bench.selected(), [selected], "{key:?}");
    }
    assert!(bench.take().iter().all(|action| *action == Action::SelectionChanged));
    bench.key(Modifiers::SHIFT, Key::ArrowRight);
    bench.key(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(bench.selected(), [A, B, C]);
    assert_eq!(bench.take(), [Action::SelectionChanged, Action::SelectionChanged]);
    // Without the focus Tab still opens the list of nodes.
    bench.key(Modifiers::NONE, Key::Tab);
    assert!(matches!(bench.take()[..], [Action::OpenAddMenu { .. }]));
    // With nothing selected the walk begins in the middle.
    bench.state.clear_selection();
    bench.key(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(bench.selected().len(), 1);
}

#[test]
fn arrows_take_the_focus_along_and_bring_the_node_into_view() {
    let mut bench = Bench::new();
    bench.key(Modifiers::NONE, Key::Tab);
    assert_eq!(bench.selected(), [A]);
    bench.key(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(bench.selected(), [B]);
    bench.take();
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(bench.take(), [Action::ActivateNode(B)]);
    bench.key(Modifiers::NONE, Key::Tab);
    assert_eq!(bench.selected(), [C]);
    bench.scene.upsert_node(node(D, [5000.0, 300.0], "D"));
    bench.key(Modifiers::NONE, Key::ArrowRight);
    bench.frame([]);
    assert_eq!(bench.selected(), [D]);
    let screen = bench.state.canvas_rect().expect("it was shown");
    assert!(screen.contains(bench.title(D)));
    assert_eq!(bench.state.zoom(), 1.0);
}

#[test]
fn ctrl_and_an_arrow_nudge() {
    let mut bench = Bench::new();
    bench.hover(EMPTY);
    bench.key(CTRL, Key::ArrowRight);
    assert_eq!(bench.take(), []);
    bench.state.select([A, C], []);
    bench.take();
    bench.key(CTRL, Key::ArrowRight);
    bench.key(CTRL, Key::ArrowUp);
    let moved = |a, c| Action::MoveFinished { nodes: vec![(A, a), (C, c)], wires: Vec::new() };
    let right = moved([58.0, 100.0], [658.0, 300.0]);
    assert_eq!(bench.take(), [right, moved([58.0, 92.0], [658.0, 292.0])]);
    assert_eq!(bench.pos(B), [350.0, 100.0]);
    // Nothing holds them: an edit of the application moves them on.
    assert!(bench.scene.move_node(A, [0.0, 0.0]));
    assert_eq!(bench.pos(A), [0.0, 0.0]);
}

#[test]
fn arrows_are_off_while_text_is_typed_and_away_from_the_canvas() {
    let mut bench = Bench::new();
    bench.text = Some("text".to_owned());
    bench.state.select([A], []);
    bench.frame([]);
    for modifiers in [Modifiers::NONE, Modifiers::SHIFT, CTRL] {
        bench.click(pos2(30.0, 10.0));
        bench.hover(EMPTY);
        bench.take();
        bench.key(modifiers, Key::ArrowRight);
        assert_eq!(bench.take(), []);
        assert_eq!(bench.selected(), [A]);
    }
    let mut bench = Bench::new();
    bench.state.select([A], []);
    bench.frame([Event::PointerGone]);
    bench.take();
    bench.key(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(bench.selected(), [A]);
}

#[test]
fn a_wire_dropped_on_a_node_goes_to_its_first_pin_that_fits_and_is_free() {
    let mut bench = Bench::with_lone_node();
    let from = PinId::output(B, 0);
    bench.drag(bench.pin(from), bench.title(D) + vec2(30.0, 0.0));
    assert_eq!(bench.take(), [Action::Connect { from, to: PinId::input(D, 0) }]);
    let taken = WireView::new(SECOND, from, PinId::input(D, 0), Color32::GRAY);
    assert!(bench.scene.upsert_wire(taken));
    bench.frame([]);
    bench.drag(bench.pin(from), bench.title(D) + vec2(30.0, 0.0));
    assert_eq!(bench.take(), [Action::Connect { from, to: PinId::input(D, 1) }]);
    // From an input, an output will do that feeds others already.
    let to = PinId::input(D, 1);
    bench.drag(bench.pin(to), bench.title(A));
    assert_eq!(bench.take(), [Action::Connect { from: PinId::output(A, 0), to }]);
    // No pin of C takes it, and none of its own node does.
    bench.drag(bench.pin(from), bench.title(C) + vec2(30.0, 0.0));
    let (to, reason) = (PinId::input(C, 0), "2 does not fit".to_owned());
    assert_eq!(bench.take(), [Action::RefusedConnection { from, to, reason }]);
    bench.drag(bench.pin(from), bench.title(B) + vec2(30.0, 0.0));
    assert_eq!(bench.take(), []);
}

#[derive(Clone, Debug)]
enum Move {
    To(f32, f32),
    Button(PointerButton, bool),
    Hold(Modifiers),
    Key(Key),
    Zoom(f64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let button = prop::sample::select(vec![PointerButton::Primary, PointerButton::Secondary, PointerButton::Middle]);
    let held = vec![Modifiers::NONE, Modifiers::SHIFT, Modifiers::ALT, CTRL, CTRL | Modifiers::SHIFT];
    let arrows = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];
    let keys = [&arrows[..], &[Key::Escape, Key::Tab, Key::Enter, Key::Delete, Key::Menu]].concat();
    let step = prop_oneof![
        6 => (0.0..1000.0_f32, 0.0..600.0_f32).prop_map(|(x, y)| Move::To(x, y)),
        4 => (button, any::<bool>()).prop_map(|(button, down)| Move::Button(button, down)),
        2 => prop::sample::select(held).prop_map(Move::Hold),
        2 => prop::sample::select(keys).prop_map(Move::Key),
        1 => (0.1..2.0).prop_map(Move::Zoom),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the hands do: what is asked for makes sense, and at the end nothing is held.
    #[test]
    fn any_gestures_in_any_order_ask_for_what_can_be_done(moves in moves()) {
        let mut bench = Bench::with_lone_node();
        bench.scene.upsert_node(NodeView::frame(FRAME, [20.0, 50.0], [520.0, 230.0], "Part"));
        bench.scene.upsert_node(NodeView::note(NOTE, [20.0, 380.0], [160.0, 96.0], "Note"));
        bench.scene.update_wire(WIRE, |wire| wire.via = vec![[290.0, 260.0]]);
        bench.scene.update_node(B, |node| (node.collapsible, node.collapsed) = (true, true));
        let mut at = EMPTY;
        for step in moves {
            match step {
                Move::To(x, y) => {
                    at = pos2(x, y);
                    bench.move_to(at);
                }
                Move::Button(button, down) => bench.frame([bench.button(at, button, down)]),
                Move::Hold(modifiers) => bench.hold(modifiers),
                Move::Key(key) => bench.key(bench.modifiers, key),
                Move::Zoom(zoom) => bench.state.set_camera(Camera { pan: [0.0, 0.0], zoom }),
            }
        }
        for button in [PointerButton::Primary, PointerButton::Secondary, PointerButton::Middle] {
            bench.frame([bench.button(at, button, false)]);
        }
        bench.hold(Modifiers::NONE);
        // A wire that keys lead needs no button.
        bench.key(Modifiers::NONE, Key::Escape);
        prop_assert!(!bench.state.is_gesture_active());
        for action in bench.take() {
            match action {
                Action::Connect { from, to } => prop_assert!(from.side == Side::Output && to.side == Side::Input),
                Action::MoveWires { from, to } => prop_assert!(from.side == to.side && from != to),
                Action::CutWires(wires) => prop_assert!(wires == [WIRE]),
                Action::InsertOnWire { node, input, output, .. } => {
                    prop_assert_eq!((input.node, input.side), (node, Side::Input));
                    prop_assert_eq!((output.node, output.side), (node, Side::Output));
                }
                Action::MoveFinished { nodes, wires } => {
                    prop_assert!(nodes.iter().all(|(_, pos)| pos.iter().all(|x| x.is_finite())));
                    prop_assert!(wires.iter().all(|(_, via)| via.iter().flatten().all(|x| x.is_finite())));
                }
                Action::Resized { node, pos, size } => {
                    prop_assert!(node == FRAME || node == NOTE);
                    prop_assert!(pos.iter().all(|x| x.is_finite()) && size[0] >= 96.0 && size[1] >= 48.0);
                }
                Action::ViaChanged { wires } => prop_assert!(wires.iter().all(|(id, _)| *id == WIRE)),
                Action::ToggleCollapsed(node) => prop_assert_eq!(node, B),
                _ => {}
            }
        }
        for id in [A, B, C, D, FRAME, NOTE] {
            prop_assert!(bench.scene.move_node(id, [7.0, 9.0]));
            prop_assert_eq!(bench.pos(id), [7.0, 9.0]);
        }
    }
}
