//! Pins and wires without a pointer.

use egui::{Key, Modifiers};
use egui_node_graph::{Action, PinId, Target};

use crate::bench::{A, B, Bench, C};

impl Bench {
    fn with_focus() -> Self {
        let mut bench = Self::new();
        bench.ctx.enable_accesskit();
        bench.key(Modifiers::NONE, Key::Tab);
        assert_eq!(bench.selected(), [A]);
        bench.take();
        bench
    }

    fn press_key(&mut self, key: Key) {
        self.key(Modifiers::NONE, key);
    }

    fn focused(&mut self) -> String {
        self.frame([]);
        self.focused_name.clone().unwrap_or_default()
    }
}

#[test]
fn alt_and_an_arrow_go_through_the_pins_and_each_has_a_name() {
    let mut bench = Bench::with_focus();
    bench.key(Modifiers::ALT, Key::ArrowRight);
    assert_eq!(bench.focused(), "Output out, Tensor, joined to in of B");
    bench.key(Modifiers::ALT, Key::ArrowRight);
    assert_eq!(bench.focused(), "Output other, Tensor, free");
    bench.key(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(bench.focused(), "Input in, Tensor, free");
    bench.press_key(Key::ArrowDown);
    assert_eq!(bench.focused(), "Input more, Tensor, free");
    bench.press_key(Key::ArrowRight);
    assert_eq!(bench.focused(), "Output other, Tensor, free");
    // Esc goes back to the node, and Tab on from a pin goes to the next node.
    bench.press_key(Key::Escape);
    assert_eq!(bench.focused(), "Node: A");
    bench.key(Modifiers::ALT, Key::ArrowRight);
    bench.press_key(Key::Tab);
    assert_eq!(bench.focused(), "Node: B");
    assert_eq!(bench.take(), [Action::SelectionChanged]);
}

#[test]
fn a_wire_is_drawn_by_keys_and_skips_what_does_not_fit() {
    let mut bench = Bench::with_focus();
    bench.key(Modifiers::ALT, Key::ArrowRight);
    bench.key(Modifiers::ALT, Key::ArrowRight);
    bench.press_key(Key::Enter);
    // The inputs of C take nothing.
    assert_eq!(bench.focused(), "Connect to more of B");
    bench.press_key(Key::ArrowRight);
    assert_eq!(bench.focused(), "Connect to in of B");
    bench.press_key(Key::Tab);
    assert_eq!(bench.focused(), "Connect to more of B");
    bench.key(Modifiers::SHIFT, Key::Tab);
    assert_eq!(bench.focused(), "Connect to in of B");
    assert!(bench.state.is_gesture_active());
    bench.press_key(Key::Enter);
    assert!(!bench.state.is_gesture_active());
    assert_eq!(bench.take(), [Action::Connect { from: PinId::output(A, 1), to: PinId::input(B, 0) }]);
    assert_eq!(bench.focused(), "Output other, Tensor, free");
}

#[test]
fn a_wire_that_is_there_is_not_offered_again() {
    let mut bench = Bench::with_focus();
    bench.key(Modifiers::ALT, Key::ArrowRight);
    bench.press_key(Key::Enter);
    for _ in 0..3 {
        assert_eq!(bench.focused(), "Connect to more of B");
        bench.press_key(Key::ArrowDown);
    }
}

#[test]
fn esc_and_a_click_drop_a_wire_led_by_keys() {
    let mut bench = Bench::with_focus();
    bench.key(Modifiers::ALT, Key::ArrowRight);
    bench.press_key(Key::Enter);
    bench.press_key(Key::Escape);
    assert!(!bench.state.is_gesture_active());
    assert_eq!(bench.focused(), "Output out, Tensor, joined to in of B");
    bench.press_key(Key::Enter);
    assert!(bench.state.is_gesture_active());
    bench.click(bench.title(C));
    assert!(!bench.state.is_gesture_active());
    assert_eq!(bench.take(), [Action::SelectionChanged]);
    assert_eq!(bench.selected(), [C]);
}

#[test]
fn what_fits_nowhere_is_said() {
    let mut bench = Bench::with_focus();
    bench.scene.remove_node(B);
    bench.key(Modifiers::ALT, Key::ArrowRight);
    bench.press_key(Key::Enter);
    assert!(!bench.state.is_gesture_active());
    bench.frame([]);
    assert!(bench.accesskit.iter().any(|(name, _)| name == "Nothing fits out"), "{:?}", bench.accesskit);
    bench.press_key(Key::ArrowDown);
    bench.frame([]);
    assert!(!bench.accesskit.iter().any(|(name, _)| name == "Nothing fits out"));
}

#[test]
fn del_on_a_pin_breaks_its_wires() {
    let mut bench = Bench::with_focus();
    bench.key(Modifiers::ALT, Key::ArrowRight);
    bench.press_key(Key::Delete);
    assert_eq!(bench.take(), [Action::BreakPin(PinId::output(A, 0))]);
    bench.press_key(Key::ArrowDown);
    bench.press_key(Key::Delete);
    assert_eq!(bench.take(), []);
}

#[test]
fn enter_on_an_input_with_a_wire_takes_its_end_up() {
    let mut bench = Bench::with_focus();
    bench.press_key(Key::Tab);
    bench.take();
    bench.key(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(bench.focused(), "Input in, Tensor, joined to out of A");
    bench.press_key(Key::Enter);
    assert_eq!(bench.focused(), "Connect to more of B");
    bench.press_key(Key::Enter);
    let wire = crate::bench::WIRE;
    assert_eq!(bench.take(), [Action::Reconnect { wire, from: PinId::output(A, 0), to: PinId::input(B, 1) }]);
}

#[test]
fn the_menu_key_opens_the_menu_of_what_has_the_focus() {
    let mut bench = Bench::with_focus();
    for (modifiers, key) in [(Modifiers::NONE, Key::Menu), (Modifiers::SHIFT, Key::F10)] {
        bench.key(modifiers, key);
        let actions = bench.take();
        assert!(matches!(&actions[..], [Action::ContextMenu { target: Target::Node(A), .. }]), "{actions:?}");
    }
    bench.key(Modifiers::ALT, Key::ArrowRight);
    bench.press_key(Key::Menu);
    let pin = PinId::output(A, 0);
    assert!(matches!(&bench.take()[..], [Action::ContextMenu { target: Target::Pin(at), .. }] if *at == pin));
}

#[test]
fn fitting_some_nodes_shows_them_and_no_others() {
    let mut bench = Bench::new();
    bench.state.fit_nodes([C]);
    bench.frame([]);
    let screen = bench.state.canvas_rect().expect("it was shown");
    assert!(screen.contains(bench.title(C)) && !screen.contains(bench.title(A)));
    bench.state.fit_rect([0.0, 0.0], [2000.0, 1200.0]);
    bench.frame([]);
    assert!([A, B, C].iter().all(|id| screen.contains(bench.title(*id))));
    let camera = bench.state.camera();
    bench.state.fit_nodes([egui_node_graph::NodeId(99)]);
    bench.frame([]);
    assert_eq!(bench.state.camera(), camera);
}
