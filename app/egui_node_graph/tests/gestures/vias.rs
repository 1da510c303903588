//! The points through which wires go.

use egui::{Key, Modifiers, PointerButton, Pos2, pos2, vec2};
use egui_node_graph::{Action, NodeId, PinId, Snapping, Target, WireId, WireView};

use crate::bench::{A, B, Bench, C, EMPTY, WIRE};

const POINT: [f64; 2] = [290.0, 260.0];

impl Bench {
    /// The wire from A to B goes through a point below both.
    pub fn with_point() -> Self {
        let mut bench = Self::new();
        bench.state.snapping = Snapping::OFF;
        bench.scene.update_wire(WIRE, |wire| wire.via = vec![POINT]);
        bench.frame([]);
        bench
    }

    fn via(&self) -> Vec<[f64; 2]> {
        self.scene.wire(WIRE).expect("the wire is there").via.clone()
    }
}

fn changed(via: Vec<[f64; 2]>) -> Action {
    Action::ViaChanged { wires: vec![(WIRE, via)] }
}

fn at(point: [f64; 2]) -> Pos2 {
    pos2(point[0] as f32, point[1] as f32)
}

#[test]
fn a_wire_goes_through_its_point_and_is_found_there() {
    let mut bench = Bench::with_point();
    assert_eq!(bench.scene.wire_at(POINT, 1.0), Some(WIRE));
    bench.hover(at(POINT));
    assert_eq!(bench.hovered, Some(Target::Via { wire: WIRE, index: 0 }));
    bench.click(at(POINT));
    assert!(bench.state.selection().wires.contains(&WIRE));
}

#[test]
fn a_point_is_dragged_in_one_edit_and_esc_puts_it_back() {
    let mut bench = Bench::with_point();
    bench.drag(at(POINT), at(POINT) + vec2(30.0, 20.0));
    assert_eq!(bench.take(), [Action::SelectionChanged, changed(vec![[320.0, 280.0]])]);
    assert_eq!(bench.via(), [[320.0, 280.0]]);
    bench.press(pos2(320.0, 280.0));
    bench.move_to(pos2(400.0, 400.0));
    // What the application says meanwhile does not snatch it away.
    let stale = WireView { via: vec![POINT], ..bench.scene.wire(WIRE).expect("it is there").clone() };
    bench.scene.upsert_wire(stale);
    assert_eq!(bench.via(), [[400.0, 400.0]]);
    bench.key(Modifiers::NONE, Key::Escape);
    bench.release(pos2(400.0, 400.0));
    assert_eq!(bench.via(), [[320.0, 280.0]]);
    assert_eq!(bench.take(), []);
}

#[test]
fn a_double_click_adds_a_point_and_takes_it_away() {
    let mut bench = Bench::with_point();
    bench.double_click(at(POINT));
    assert_eq!(bench.take(), [Action::SelectionChanged, changed(vec![])]);
    // The wire is a curve now, from (202, 142) to (350, 142) or thereabouts.
    let middle = [0, 1].map(|axis| {
        let end = |pin| bench.scene.pin_pos(pin).expect("it is there")[axis];
        (end(PinId::output(A, 0)) + end(PinId::input(B, 0))) / 2.0
    });
    bench.double_click(at(middle));
    assert_eq!(bench.via().len(), 1);
    assert!(matches!(&bench.take()[..], [Action::ViaChanged { .. }]));
}

#[test]
fn points_come_in_order_along_the_wire() {
    let mut bench = Bench::with_point();
    bench.scene.update_wire(WIRE, |wire| wire.via = vec![[230.0, 250.0], [310.0, 250.0]]);
    bench.frame([]);
    // Between the two it swings out a little.
    bench.double_click(pos2(270.0, 264.0));
    let via = bench.via();
    assert_eq!((via.len(), via[0], via[2]), (3, [230.0, 250.0], [310.0, 250.0]));
}

#[test]
fn del_takes_the_point_that_is_selected_or_under_the_pointer_and_not_the_wire() {
    for select in [true, false] {
        let mut bench = Bench::with_point();
        if select {
            bench.click(at(POINT));
            bench.hover(EMPTY);
        } else {
            bench.hover(at(POINT));
        }
        bench.take();
        bench.key(Modifiers::NONE, Key::Delete);
        assert_eq!(bench.take(), [changed(vec![])], "selected: {select}");
    }
    // With no point it is the selected wire that goes.
    let mut bench = Bench::with_point();
    bench.state.select([], [WIRE]);
    bench.hover(EMPTY);
    bench.key(Modifiers::NONE, Key::Delete);
    assert_eq!(bench.take(), [Action::DeleteSelection]);
}

#[test]
fn a_stroke_with_shift_gives_each_wire_a_point_where_it_crosses() {
    let mut bench = Bench::with_point();
    let other = WireId(11);
    bench.scene.upsert_wire(WireView::new(other, PinId::output(A, 1), PinId::input(B, 1), egui::Color32::GRAY));
    bench.scene.update_wire(WIRE, |wire| wire.via.clear());
    bench.hold(Modifiers::SHIFT);
    bench.press_button(pos2(290.0, 120.0), PointerButton::Secondary);
    bench.move_to(pos2(290.0, 150.0));
    bench.move_to(pos2(290.0, 200.0));
    bench.frame([bench.button(pos2(290.0, 200.0), PointerButton::Secondary, false)]);
    bench.hold(Modifiers::NONE);
    let actions = bench.take();
    let [Action::ViaChanged { wires }] = &actions[..] else { panic!("{actions:?}") };
    let ids: Vec<_> = wires.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [WIRE, other]);
    assert!(wires.iter().all(|(_, via)| via.len() == 1 && (via[0][0] - 290.0).abs() < 1.0), "{wires:?}");
    // A click with Shift is still a right click.
    bench.hold(Modifiers::SHIFT);
    bench.press_button(EMPTY, PointerButton::Secondary);
    bench.frame([bench.button(EMPTY, PointerButton::Secondary, false)]);
    assert!(matches!(&bench.take()[..], [Action::ContextMenu { .. }]));
}

#[test]
fn points_go_along_when_both_ends_are_dragged() {
    let mut bench = Bench::with_point();
    bench.state.select([A, B], []);
    bench.drag(bench.title(A), bench.title(A) + vec2(40.0, 50.0));
    let moved = vec![[POINT[0] + 40.0, POINT[1] + 50.0]];
    let Some(Action::MoveFinished { wires, .. }) = bench.take().pop() else { panic!("it was moved") };
    assert_eq!(wires, [(WIRE, moved.clone())]);
    assert_eq!(bench.via(), moved);
    assert_eq!(bench.scene.wire_at(moved[0], 1.0), Some(WIRE));
    // With one end they stay.
    bench.state.select([A], []);
    bench.drag(bench.title(A), bench.title(A) + vec2(0.0, 50.0));
    let Some(Action::MoveFinished { wires, .. }) = bench.take().pop() else { panic!("it was moved") };
    assert_eq!((wires, bench.via()), (Vec::new(), moved));
}

#[test]
fn esc_brings_points_back_with_the_nodes() {
    let mut bench = Bench::with_point();
    bench.state.select([A, B], []);
    bench.press(bench.title(A));
    bench.move_to(bench.title(A) + vec2(40.0, 50.0));
    bench.key(Modifiers::NONE, Key::Escape);
    bench.release(EMPTY);
    assert_eq!(bench.via(), [POINT]);
    assert_eq!(bench.scene.wire_at(POINT, 1.0), Some(WIRE));
}

#[test]
fn wires_that_come_and_go_during_a_drag_are_where_they_belong() {
    let mut bench = Bench::with_point();
    bench.state.select([A, B], []);
    let from = bench.title(A);
    bench.press(from);
    bench.move_to(from + vec2(100.0, 0.0));
    let new = WireId(11);
    bench.scene.remove_wire(WIRE);
    bench.scene.upsert_wire(WireView::new(new, PinId::output(A, 1), PinId::input(B, 1), egui::Color32::GRAY));
    bench.scene.upsert_wire(WireView::new(WIRE, PinId::output(B, 0), PinId::input(C, 0), egui::Color32::GRAY));
    bench.scene.remove_node(A);
    bench.frame([]);
    bench.release(from + vec2(100.0, 0.0));
    let Some(Action::MoveFinished { nodes, .. }) = bench.take().pop() else { panic!("it was moved") };
    assert_eq!(nodes, [(B, [450.0, 100.0])]);
    let start = bench.scene.pin_pos(PinId::output(B, 0)).expect("it is there");
    assert_eq!(bench.scene.wire_at(start, 1.0), Some(WIRE));
    assert_eq!(bench.scene.nodes_in([440.0, 90.0], [460.0, 110.0]), [NodeId(2)]);
}
