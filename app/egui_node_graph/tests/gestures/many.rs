//! Inputs that take any number of wires.

use egui::{Color32, Key, Modifiers};
use egui_node_graph::{Action, NodeId, PinId, WireView};

use crate::bench::{A, B, Bench, EMPTY, WIRE, node};

const D: NodeId = NodeId(4);

/// The canvas of the other tests; the first input of B takes many, and D stands below A.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let mut many = node(B, [350.0, 100.0], "B");
    many.inputs[0].many = true;
    bench.scene.upsert_node(many);
    bench.scene.upsert_node(node(D, [50.0, 300.0], "D"));
    bench.frame([]);
    bench
}

#[test]
fn a_drag_from_such_an_input_draws_another_wire() {
    let mut bench = bench();
    let input = bench.pin(PinId::input(B, 0));
    bench.drag(input, bench.pin(PinId::output(D, 0)));
    assert_eq!(bench.take(), [Action::Connect { from: PinId::output(D, 0), to: PinId::input(B, 0) }]);
    bench.drag(input, EMPTY);
    assert!(matches!(bench.take()[..], [Action::DropWireOnCanvas { pin, .. }] if pin == PinId::input(B, 0)));
    // What is joined already is not joined twice.
    bench.drag(bench.pin(PinId::output(A, 0)), input);
    assert_eq!(bench.take(), []);
}

#[test]
fn a_wire_over_the_body_goes_to_it_though_it_has_one() {
    let mut bench = bench();
    let (from, body) = (bench.pin(PinId::output(D, 0)), bench.pin(PinId::input(B, 0)));
    bench.drag(from, egui::pos2(body.x + 60.0, body.y - 30.0));
    assert_eq!(bench.take(), [Action::Connect { from: PinId::output(D, 0), to: PinId::input(B, 0) }]);
}

#[test]
fn all_its_wires_are_broken_or_carried_at_once() {
    let mut bench = bench();
    let second = egui_node_graph::WireId(11);
    let view = WireView::new(second, PinId::output(D, 0), PinId::input(B, 0), Color32::GRAY);
    assert!(bench.scene.upsert_wire(view));
    bench.frame([]);
    bench.hold(Modifiers::COMMAND);
    bench.drag(bench.pin(PinId::input(B, 0)), bench.pin(PinId::input(B, 1)));
    assert_eq!(bench.take(), [Action::MoveWires { from: PinId::input(B, 0), to: PinId::input(B, 1) }]);
    bench.hold(Modifiers::NONE);
    assert_eq!(bench.scene.wires_at(PinId::input(B, 0)).map(|w| w.id).collect::<Vec<_>>(), [WIRE, second]);
    bench.key(Modifiers::NONE, Key::Escape);
}
