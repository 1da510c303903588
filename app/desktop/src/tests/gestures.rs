//! Gestures on the canvas of the whole window: each changes the project as one step, which one undo takes back.

use egui::{Key, Modifiers, PointerButton, Pos2, vec2};
use egui_node_graph::PinId;
use weft_model::{Lang, NodeId};

use egui_kittest::kittest::Queryable as _;

use super::Window;
use crate::i18n::Tr;
use crate::node_views::{node_id, node_key};

const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };

impl Window {
    /// Presses at the first point, goes to the others and lets go.
    pub(super) fn drag(&mut self, button: PointerButton, modifiers: Modifiers, points: &[Pos2]) {
        let (first, last) = (points[0], points[points.len() - 1]);
        self.harness.event(egui::Event::PointerMoved(first));
        self.harness.step();
        self.harness.event(egui::Event::PointerButton { pos: first, button, pressed: true, modifiers });
        self.harness.step();
        for &point in &points[1..] {
            self.harness.event(egui::Event::PointerMoved(point));
            self.harness.step();
        }
        self.harness.event(egui::Event::PointerButton { pos: last, button, pressed: false, modifiers });
        self.settle();
    }

    /// The names of the nodes that the wires join, sorted.
    pub(super) fn wires(&self) -> Vec<String> {
        let graph = self.app().project().unwrap().graph();
        let end = |end: &weft_model::Endpoint| format!("{}.{}", graph.node(end.node).unwrap().name, end.port);
        let mut wires: Vec<String> =
            graph.wires().map(|(_, wire)| format!("{} {}", end(&wire.from), end(&wire.to))).collect();
        wires.sort();
        wires
    }

    pub(super) fn pin_at(&self, pin: PinId) -> Pos2 {
        let canvas = self.app().canvas().unwrap();
        canvas.state.to_screen(canvas.scene.pin_pos(pin).unwrap())
    }

    pub(super) fn middle_of(&self, id: NodeId) -> Pos2 {
        let canvas = self.app().canvas().unwrap();
        let (pos, size) = canvas.scene.node_rect(node_key(id)).unwrap();
        canvas.state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + f64::from(size[1]) / 2.0])
    }

    pub(super) fn pos_of(&self, id: NodeId) -> [f64; 2] {
        self.app().project().unwrap().graph().node(id).unwrap().pos
    }

    #[track_caller]
    fn one_undo_gives_back(&mut self, wires: &[String], steps: usize) {
        let project = self.app().project().unwrap();
        assert_eq!(project.graph().check(), Ok(()));
        assert_eq!(project.document().undo_steps().len(), steps + 1);
        let label = project.document().undo_steps().last().unwrap().label.clone();
        assert_ne!(Tr::new(Lang::En).t(&label), label, "the step has a name");
        self.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(self.wires(), wires);
    }
}

#[test]
fn a_stroke_cuts_wires_and_one_undo_brings_them_back() {
    let mut window = Window::with_mnist();
    let before = window.wires();
    let (data, split) = (window.node("data"), window.node("split"));
    let (from, to) = (PinId::output(node_key(data), 0), PinId::input(node_key(split), 0));
    let middle = window.pin_at(from).lerp(window.pin_at(to), 0.5);
    let stroke = [middle - vec2(0.0, 40.0), middle, middle + vec2(0.0, 40.0)];
    window.drag(PointerButton::Secondary, CTRL, &stroke);
    let mut after = before.clone();
    after.retain(|wire| wire != "data.samples split.samples");
    assert_eq!(window.wires(), after);
    window.one_undo_gives_back(&before, 0);
}

#[test]
fn all_wires_of_a_port_move_together_and_a_refusal_is_said() {
    let mut window = Window::with_mnist();
    let before = window.wires();
    let split = node_key(window.node("split"));
    let (validation, test) = (window.pin_at(PinId::output(split, 1)), window.pin_at(PinId::output(split, 2)));
    window.drag(PointerButton::Primary, CTRL, &[validation, validation + vec2(20.0, 5.0), test]);
    let after: Vec<String> =
        before.iter().map(|wire| wire.replace("split.validation normalise", "split.test normalise")).collect();
    let mut after = after;
    after.sort();
    assert_eq!(window.wires(), after);
    window.one_undo_gives_back(&before, 0);
    // An input that is taken already gives its wire up.
    let normalise = node_key(window.node("normalise"));
    let (from, to) = (window.pin_at(PinId::input(normalise, 1)), window.pin_at(PinId::input(normalise, 2)));
    window.drag(PointerButton::Primary, CTRL, &[from, from - vec2(20.0, 5.0), to]);
    assert_eq!(window.wires().len(), before.len() - 1);
    assert!(window.wires().contains(&"split.validation normalise.test".to_owned()));
    window.one_undo_gives_back(&before, 0);
    // A network is no data.
    let network = window.pin_at(PinId::output(node_key(window.node("network")), 0));
    window.drag(PointerButton::Primary, CTRL, &[network, network + vec2(20.0, 5.0), test]);
    assert_eq!(window.wires(), before);
    assert!(window.app().project().unwrap().document().undo_steps().is_empty());
}

#[test]
fn a_node_dropped_on_a_wire_is_wired_in_and_one_undo_takes_move_and_wires_back() {
    let mut window = Window::with_mnist();
    let canvas = window.app().canvas().unwrap().state.canvas_rect().unwrap();
    window.harness.hover_at(canvas.center() + vec2(0.0, 160.0));
    window.settle();
    window.keys(Modifiers::SHIFT, Key::A);
    window.harness.get_by_role_and_label(egui::Role::TextInput, "Add a node").type_text("normalise");
    window.settle();
    window.keys(Modifiers::NONE, Key::Enter);
    let before = window.wires();
    let added = node_id(*window.app().canvas().unwrap().state.selection().nodes.first().unwrap());
    let name = window.app().project().unwrap().graph().node(added).unwrap().name.clone();
    let place = window.pos_of(added);
    let (split, normalise) = (node_key(window.node("split")), node_key(window.node("normalise")));
    let target = window.pin_at(PinId::output(split, 0)).lerp(window.pin_at(PinId::input(normalise, 0)), 0.5);
    let from = window.middle_of(added);
    window.drag(PointerButton::Primary, Modifiers::NONE, &[from, from.lerp(target, 0.5), target]);
    let after = window.wires();
    assert_eq!(after.len(), before.len() + 1, "{after:?}");
    let into = after.iter().filter(|wire| wire.starts_with("split.") && wire.contains(&format!(" {name}."))).count();
    let out = after.iter().filter(|wire| wire.starts_with(&format!("{name}.")) && wire.contains(" normalise.")).count();
    assert_eq!((into, out), (1, 1), "{after:?}");
    assert_ne!(window.pos_of(added), place);
    window.one_undo_gives_back(&before, 1);
    assert_eq!(window.pos_of(added), place);
    let shown = window.app().canvas().unwrap().scene.node_rect(node_key(added)).unwrap().0;
    assert_eq!(shown, place, "the canvas shows it where it is");
}

#[test]
fn arrows_walk_and_nudge_and_each_nudge_is_a_step() {
    let mut window = Window::with_mnist();
    window.select("split");
    let split = window.node("split");
    window.keys(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(window.node("normalise")));
    window.keys(Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(split));
    let before = window.pos_of(split);
    window.keys(CTRL, Key::ArrowRight);
    window.keys(CTRL, Key::ArrowDown);
    assert_eq!(window.pos_of(split), [before[0] + 8.0, before[1] + 8.0]);
    assert_eq!(window.app().project().unwrap().document().undo_steps().len(), 2);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.pos_of(split), [before[0] + 8.0, before[1]]);
}
