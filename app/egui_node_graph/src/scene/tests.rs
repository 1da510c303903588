//! The scene after any edits: consistent, and searched rightly.

use proptest::prelude::*;

use super::*;
use crate::PinId;

impl Scene {
    /// Panics unless everything that the scene knows twice agrees.
    fn check(&self) {
        self.node_grid.check();
        self.wire_grid.check();
        assert_eq!(self.node_slots.len(), self.boxes.iter().filter(|node| node.alive).count());
        assert_eq!(self.wire_slots.len(), self.wire_boxes.iter().filter(|wire| wire.alive).count());
        for (&id, &slot) in &self.node_slots {
            let view = self.view(slot).expect("a slot in the map has a view");
            assert_eq!(view.id, id);
            // What a drag holds has moved on from its view.
            assert!(self.boxes[slot as usize].held || view.pos == self.boxes[slot as usize].pos);
            assert!(self.lift.is_some() || !self.boxes[slot as usize].held);
            for &wire in &self.wires_of[slot as usize] {
                let wire = self.wire_view(wire).expect("a listed wire lives");
                assert!(wire.from.node == id || wire.to.node == id);
            }
        }
        for (&id, &slot) in &self.wire_slots {
            let view = self.wire_view(slot).expect("a slot in the map has a view");
            assert_eq!(view.id, id);
            let wire = &self.wire_boxes[slot as usize];
            let way = self.wire_offset(slot);
            for (end, pin) in [(wire.route.from(), view.from), (wire.route.to(), view.to)] {
                let at = self.pin_pos(pin).expect("its node is there");
                assert!((0..2).all(|axis| (end[axis] + way[axis] - at[axis]).abs() < 1e-6), "{end:?} {way:?} {at:?}");
            }
            assert_eq!(wire.bounds, wire.route.bounds());
            for pin in [view.from, view.to] {
                assert_eq!(self.wires_of(pin.node).filter(|other| other.id == id).count(), 1);
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Node(u64, [f64; 2], usize),
    RemoveNode(u64),
    Move(u64, [f64; 2]),
    Wire(u64, u64, u64, u16),
    RemoveWire(u64),
    Via(u64, Vec<[f64; 2]>),
    Lift(Vec<u64>),
    Carry([f64; 2]),
    PutDown(bool, usize),
    Land(usize),
    Clear,
}

fn edit() -> impl Strategy<Value = Edit> {
    let pos = || [-4000.0..4000.0, -4000.0..4000.0];
    prop_oneof![
        8 => (0..24u64, pos(), 0..5usize).prop_map(|(id, pos, pins)| Edit::Node(id, pos, pins)),
        3 => (0..24u64).prop_map(Edit::RemoveNode),
        6 => (0..24u64, pos()).prop_map(|(id, pos)| Edit::Move(id, pos)),
        10 => (0..40u64, 0..24u64, 0..24u64, 0..6u16).prop_map(|(id, a, b, pin)| Edit::Wire(id, a, b, pin)),
        4 => (0..40u64).prop_map(Edit::RemoveWire),
        4 => (0..40u64, prop::collection::vec(pos(), 0..4)).prop_map(|(id, via)| Edit::Via(id, via)),
        3 => prop::collection::vec(0..24u64, 0..24).prop_map(Edit::Lift),
        4 => pos().prop_map(Edit::Carry),
        2 => (any::<bool>(), 0..20usize).prop_map(|(keep, at_once)| Edit::PutDown(keep, at_once)),
        2 => (0..8usize).prop_map(Edit::Land),
        1 => Just(Edit::Clear),
    ]
}

fn node(id: u64, pos: [f64; 2], pins: usize) -> NodeView {
    let pin = crate::PinView {
        label: "pin".to_owned(),
        shape: crate::PinShape::Circle,
        color: Color32::GRAY,
        type_name: String::new(),
        many: false,
    };
    let mut view = NodeView::new(NodeId(id), pos, format!("Node {id}"));
    view.inputs = vec![pin.clone(); pins];
    view.outputs = vec![pin; pins];
    view
}

fn build(edits: &[Edit], mut after_each: impl FnMut(&Scene)) -> Scene {
    let mut scene = Scene::new();
    for edit in edits {
        match *edit {
            // Frames, notes and collapsed nodes are among them.
            Edit::Node(id, pos, pins) => {
                let mut view = node(id, pos, pins);
                match id % 7 {
                    0 => view.form = crate::Form::Frame { size: [300.0 * pins as f32, 200.0] },
                    1 => view.form = crate::Form::Note { size: [100.0, 80.0 * pins as f32] },
                    2 => view.collapsed = pins > 2,
                    _ => {}
                }
                scene.upsert_node(view);
            }
            Edit::RemoveNode(id) => {
                scene.remove_node(NodeId(id));
            }
            Edit::Move(id, pos) => {
                scene.move_node(NodeId(id), pos);
            }
            Edit::Wire(id, a, b, index) => {
                let (from, to) = (PinId::output(NodeId(a), index), PinId::input(NodeId(b), index));
                scene.upsert_wire(WireView::new(WireId(id), from, to, Color32::GRAY));
            }
            Edit::RemoveWire(id) => {
                scene.remove_wire(WireId(id));
            }
            Edit::Via(id, ref via) => {
                scene.update_wire(WireId(id), |wire| wire.via.clone_from(via));
            }
            Edit::Lift(ref nodes) => scene.lift(nodes.iter().map(|&id| NodeId(id))),
            Edit::Carry(delta) => scene.carry(delta),
            Edit::PutDown(keep, at_once) => {
                scene.put_down_within(keep, at_once);
            }
            Edit::Land(at_once) => {
                scene.land_within(at_once);
            }
            Edit::Clear => scene.clear(),
        }
        after_each(&scene);
    }
    scene
}

proptest! {
    #[test]
    fn random_edits_keep_the_scene_consistent(edits in prop::collection::vec(edit(), 1..80)) {
        build(&edits, Scene::check);
    }

    #[test]
    fn the_grid_finds_what_a_search_through_everything_finds(
        edits in prop::collection::vec(edit(), 1..80),
        corner in [-4500.0..4500.0, -4500.0..4500.0],
        size in [0.0..6000.0, 0.0..6000.0],
    ) {
        let scene = build(&edits, |_| ());
        let bounds = Bounds::from_points(corner, [corner[0] + size[0], corner[1] + size[1]]);
        let mut found = Vec::new();
        scene.query_nodes(&bounds, &mut found);
        let all: Vec<u32> = (0..scene.boxes.len() as u32)
            .filter(|&slot| scene.boxes[slot as usize].alive)
            .filter(|&slot| scene.boxes[slot as usize].bounds().intersects(&bounds))
            .collect();
        prop_assert_eq!(found, all);
        let mut found = Vec::new();
        scene.query_wires(&bounds, &mut found);
        let all: Vec<u32> = (0..scene.wire_boxes.len() as u32)
            .filter(|&slot| scene.wire_boxes[slot as usize].alive)
            .filter(|&slot| {
                scene.wire_boxes[slot as usize].bounds.shifted(scene.wire_offset(slot)).intersects(&bounds)
            })
            .collect();
        prop_assert_eq!(found, all);
    }
}

#[test]
fn positions_that_are_no_numbers_are_taken_as_zero() {
    let mut scene = Scene::new();
    scene.upsert_node(node(1, [f64::NAN, f64::INFINITY], 1));
    scene.upsert_node(node(2, [1.0e300, -1.0e300], 1));
    scene.check();
    assert_eq!(scene.node_rect(NodeId(1)).map(|rect| rect.0), Some([0.0, 0.0]));
    assert_eq!(scene.node_rect(NodeId(2)).map(|rect| rect.0), Some([FAR_AWAY, -FAR_AWAY]));
}

#[test]
fn a_wire_without_a_node_at_each_end_is_refused() {
    let mut scene = Scene::new();
    scene.upsert_node(node(1, [0.0; 2], 1));
    let (from, to) = (PinId::output(NodeId(1), 0), PinId::input(NodeId(2), 0));
    assert!(!scene.upsert_wire(WireView::new(WireId(1), from, to, Color32::GRAY)));
    assert_eq!(scene.wire_count(), 0);
}

#[test]
fn the_same_node_again_is_no_change() {
    let mut scene = Scene::new();
    scene.upsert_node(node(1, [0.0; 2], 1));
    let revision = scene.revision();
    scene.upsert_node(node(1, [0.0; 2], 1));
    assert_eq!(scene.revision(), revision);
    assert!(scene.update_node(NodeId(1), |view| view.title.push('!')));
    assert!(scene.revision() > revision);
}

#[test]
fn removing_a_node_takes_its_wires_along() {
    let mut scene = crate::chained_scene(3);
    assert_eq!((scene.node_count(), scene.wire_count()), (3, 2));
    let middle = scene.nodes().map(|view| view.id).nth(1).expect("three nodes");
    assert!(scene.remove_node(middle));
    assert_eq!((scene.node_count(), scene.wire_count()), (2, 0));
    scene.check();
}
