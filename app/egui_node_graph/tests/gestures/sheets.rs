//! Frames, notes and collapsed nodes.

use egui::{CursorIcon, Key, Modifiers, Pos2, Rect, vec2};
use egui_node_graph::{Action, Form, LevelOfDetail, NodeId, NodeView, PinId, Snapping, Target};

use crate::bench::{A, B, Bench, C, EMPTY, node};

pub const FRAME: NodeId = NodeId(20);
pub const NOTE: NodeId = NodeId(21);
pub const CTRL: Modifiers = Modifiers { command: true, ctrl: true, ..Modifiers::NONE };

impl Bench {
    /// A frame from (20, 50) to (540, 280), around A and B, and a note at (20, 380), 160 × 96. Nothing snaps.
    pub fn with_sheets() -> Self {
        let mut bench = Self::new();
        bench.state.snapping = Snapping::OFF;
        let mut frame = NodeView::frame(FRAME, [20.0, 50.0], [520.0, 230.0], "Part");
        frame.accessible_name = "Frame: Part".to_owned();
        bench.scene.upsert_node(frame);
        bench.scene.upsert_node(NodeView::note(NOTE, [20.0, 380.0], [160.0, 96.0], "Note"));
        bench.frame([]);
        bench
    }

    fn at(&self, x: f64, y: f64) -> Pos2 {
        self.state.to_screen([x, y])
    }

    fn finished(&mut self) -> Vec<NodeId> {
        let actions = self.take();
        let Some(Action::MoveFinished { nodes, .. }) = actions.last() else { panic!("{actions:?}") };
        let mut ids: Vec<_> = nodes.iter().map(|(id, _)| *id).collect();
        ids.sort();
        ids
    }
}

#[test]
fn a_frame_is_hit_at_its_title_and_its_edges_and_inside_is_the_canvas() {
    let mut bench = Bench::with_sheets();
    for (x, y, target) in [
        (300.0, 60.0, Target::Node(FRAME)),
        (21.0, 240.0, Target::Node(FRAME)),
        (300.0, 278.0, Target::Node(FRAME)),
        (300.0, 240.0, Target::Canvas),
        (70.0, 114.0, Target::Node(A)),
    ] {
        bench.hover(bench.at(x, y));
        assert_eq!(bench.hovered, Some(target), "at {x}, {y}");
    }
    // A box drawn inside selects nodes and not the frame; one drawn around it selects it too.
    bench.drag(bench.at(30.0, 90.0), bench.at(530.0, 270.0));
    assert_eq!(bench.selected(), [A, B]);
    bench.drag(bench.at(5.0, 40.0), bench.at(560.0, 290.0));
    assert_eq!(bench.selected(), [A, B, FRAME]);
}

#[test]
fn a_frame_takes_along_what_lies_wholly_inside_when_the_drag_begins() {
    let mut bench = Bench::with_sheets();
    // A frame within, and a node half outside.
    bench.scene.upsert_node(NodeView::frame(NodeId(22), [30.0, 90.0], [220.0, 150.0], "Inner"));
    bench.scene.move_node(C, [480.0, 200.0]);
    bench.frame([]);
    bench.drag(bench.at(300.0, 60.0), bench.at(330.0, 80.0));
    assert_eq!(bench.finished(), [A, B, FRAME, NodeId(22)]);
    assert_eq!((bench.pos(A), bench.pos(FRAME), bench.pos(C)), ([80.0, 120.0], [50.0, 70.0], [480.0, 200.0]));
    let view = bench.scene.node(A).expect("it is there");
    assert_eq!(view.pos, [80.0, 120.0]);
}

#[test]
fn ctrl_and_alt_move_the_frame_alone() {
    for held in [CTRL, Modifiers::ALT] {
        let mut bench = Bench::with_sheets();
        bench.hold(held);
        bench.drag(bench.at(300.0, 60.0), bench.at(330.0, 80.0));
        bench.hold(Modifiers::NONE);
        assert_eq!(bench.finished(), [FRAME]);
        assert_eq!(bench.pos(A), [50.0, 100.0]);
    }
}

#[test]
fn esc_puts_a_frame_and_what_is_in_it_back() {
    let mut bench = Bench::with_sheets();
    let from = bench.at(300.0, 60.0);
    bench.press(from);
    bench.move_to(from + vec2(50.0, 60.0));
    assert_eq!(bench.pos(A), [100.0, 160.0]);
    bench.key(Modifiers::NONE, Key::Escape);
    bench.release(from);
    assert_eq!((bench.pos(A), bench.pos(FRAME)), ([50.0, 100.0], [20.0, 50.0]));
    assert_eq!(bench.take().last(), Some(&Action::MoveCancelled));
}

#[test]
fn edges_and_corners_resize_frames_and_notes() {
    let mut bench = Bench::with_sheets();
    bench.hold(Modifiers::ALT);
    bench.drag(bench.at(540.0, 280.0), bench.at(573.0, 301.0));
    let size = [553.0, 251.0];
    assert_eq!(bench.take().last(), Some(&Action::Resized { node: FRAME, pos: [20.0, 50.0], size }));
    bench.hold(Modifiers::NONE);
    // Without Alt the edge goes from line to line of the grid.
    bench.drag(bench.at(20.0, 420.0), bench.at(39.0, 420.0));
    let (pos, size) = ([32.0, 380.0], [148.0, 96.0]);
    assert_eq!(bench.take().last(), Some(&Action::Resized { node: NOTE, pos, size }));
    assert_eq!(bench.scene.node(NOTE).map(|view| view.form), Some(Form::Note { size }));
    // It never turns inside out, nor does it go with what the application says meanwhile.
    bench.press(bench.at(179.0, 420.0));
    bench.move_to(bench.at(-300.0, 420.0));
    bench.scene.upsert_node(NodeView::note(NOTE, [0.0, 0.0], [500.0, 500.0], "Note"));
    bench.frame([]);
    bench.release(bench.at(-300.0, 420.0));
    let Some(Action::Resized { pos, size, .. }) = bench.take().pop() else { panic!("it was resized") };
    assert!(pos == [32.0, 380.0] && size[0] >= 96.0 && size[0] <= 112.0, "{size:?}");
}

#[test]
fn esc_gives_a_note_its_size_back() {
    let mut bench = Bench::with_sheets();
    bench.press(bench.at(179.0, 420.0));
    bench.move_to(bench.at(300.0, 420.0));
    assert!(bench.scene.node_rect(NOTE).is_some_and(|(_, size)| size[0] > 250.0));
    bench.key(Modifiers::NONE, Key::Escape);
    bench.release(bench.at(300.0, 420.0));
    assert_eq!(bench.scene.node_rect(NOTE), Some(([20.0, 380.0], [160.0, 96.0])));
    assert!(!bench.take().iter().any(|action| matches!(action, Action::Resized { .. })));
}

#[test]
fn a_resized_edge_is_drawn_to_that_of_a_neighbour() {
    let mut bench = Bench::with_sheets();
    bench.state.snapping = Snapping::default();
    // The right edge of the frame is at 540.
    bench.drag(bench.at(179.0, 420.0), bench.at(537.0, 420.0));
    let Some(Action::Resized { size, .. }) = bench.take().pop() else { panic!("it was resized") };
    assert_eq!(size[0], 520.0);
}

#[test]
fn the_cursor_says_which_edge() {
    let mut bench = Bench::with_sheets();
    for (x, y, icon) in [
        (540.0, 200.0, CursorIcon::ResizeHorizontal),
        (300.0, 280.0, CursorIcon::ResizeVertical),
        (540.0, 280.0, CursorIcon::ResizeNwSe),
        (20.0, 280.0, CursorIcon::ResizeNeSw),
        (300.0, 64.0, CursorIcon::Default),
    ] {
        bench.hover(bench.at(x, y));
        assert_eq!(bench.cursor, icon, "at {x}, {y}");
    }
}

#[test]
fn ctrl_shift_and_an_arrow_resize_the_selected_frame() {
    let mut bench = Bench::with_sheets();
    bench.hover(EMPTY);
    bench.state.select([FRAME], []);
    bench.key(CTRL | Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(bench.take(), [Action::Resized { node: FRAME, pos: [20.0, 50.0], size: [536.0, 230.0] }]);
    bench.state.select([A], []);
    bench.key(CTRL | Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(bench.take(), []);
    // Moved by keys it takes along what is in it, as under the pointer.
    bench.state.select([FRAME], []);
    bench.key(CTRL, Key::ArrowDown);
    assert_eq!(bench.finished(), [A, B, FRAME]);
}

#[test]
fn a_double_click_on_a_title_bar_or_a_note_opens_it_and_inside_a_frame_the_menu() {
    let mut bench = Bench::with_sheets();
    bench.double_click(bench.at(300.0, 64.0));
    assert_eq!(bench.take().last(), Some(&Action::ActivateNode(FRAME)));
    bench.double_click(bench.at(100.0, 430.0));
    assert_eq!(bench.take().last(), Some(&Action::ActivateNode(NOTE)));
    bench.double_click(bench.at(300.0, 250.0));
    assert!(matches!(bench.take().last(), Some(Action::OpenAddMenu { .. })));
}

#[test]
fn a_smaller_frame_lies_above_a_larger_one_whichever_was_clicked_last() {
    let mut bench = Bench::with_sheets();
    bench.scene.upsert_node(NodeView::frame(NodeId(22), [30.0, 50.0], [200.0, 150.0], "Inner"));
    bench.frame([]);
    bench.click(bench.at(400.0, 64.0));
    bench.click(bench.at(100.0, 64.0));
    assert_eq!(bench.selected(), [NodeId(22)]);
}

#[test]
fn the_application_draws_the_content_of_notes_beneath_the_nodes() {
    let mut bench = Bench::with_sheets();
    bench.draw_notes = true;
    bench.frame([]);
    assert_eq!(bench.notes.len(), 1);
    let (id, rect, zoom) = bench.notes[0];
    assert_eq!((id, zoom), (NOTE, 1.0));
    let (pos, size) = bench.scene.node_rect(NOTE).expect("it is there");
    assert!(Rect::from_min_size(bench.state.to_screen(pos), size.into()).contains_rect(rect));
    // Its text does not keep the pointer from the sheet.
    bench.drag(bench.at(60.0, 405.0), bench.at(90.0, 405.0));
    assert_eq!(bench.finished(), [NOTE]);
    // Neither out of view nor from afar.
    for (pan, zoom) in [([5000.0, 0.0], 1.0), ([0.0, 0.0], 0.5), ([0.0, 0.0], 0.2)] {
        bench.state.set_camera(egui_node_graph::Camera { pan, zoom });
        bench.frame([]);
        assert_eq!(bench.notes.len(), 0, "at {zoom}");
    }
}

#[test]
fn a_click_on_the_arrow_collapses_a_node_and_its_wires_end_at_the_bar() {
    let mut bench = Bench::new();
    bench.scene.update_node(A, |view| view.collapsible = true);
    bench.frame([]);
    let arrow = bench.at(57.0, 114.0);
    bench.click(arrow);
    assert_eq!(bench.take(), [Action::SelectionChanged, Action::ToggleCollapsed(A)]);
    bench.scene.update_node(A, |view| view.collapsed = true);
    bench.frame([]);
    let (pos, size) = bench.scene.node_rect(A).expect("it is there");
    assert_eq!(size[1], 28.0);
    let end = [pos[0] + f64::from(size[0]), pos[1] + 14.0];
    for index in 0..2 {
        assert_eq!(bench.scene.pin_pos(PinId::output(A, index)), Some(end));
    }
    // A wire can be drawn to it, and the double click beside the arrow opens it.
    bench.drag(bench.pin(PinId::output(B, 0)), bench.pin(PinId::input(A, 0)));
    assert_eq!(bench.take().pop(), Some(Action::Connect { from: PinId::output(B, 0), to: PinId::input(A, 0) }));
    bench.click(bench.at(67.0, 114.0));
    assert!(bench.take().contains(&Action::ToggleCollapsed(A)));
    // Nothing is there on a node that does not collapse.
    bench.click(bench.at(357.0, 114.0));
    assert!(!bench.take().contains(&Action::ToggleCollapsed(B)));
}

#[test]
fn every_look_is_drawn_at_every_zoom() {
    let mut bench = Bench::with_sheets();
    bench.scene = egui_node_graph::mixed_scene(120);
    bench.with_minimap = true;
    for zoom in [0.05, 0.2, 0.4, 0.71, 1.0, 2.0, 4.0] {
        bench.state.set_camera(egui_node_graph::Camera { pan: [-50.0, -50.0], zoom });
        bench.frame([]);
        bench.hover(EMPTY);
        assert!(bench.level != LevelOfDetail::Full || zoom > 0.7);
    }
    // Sizes and values that are none do no harm.
    let mut bad = NodeView::frame(FRAME, [f64::NAN, 0.0], [f32::NAN, -5.0], "Bad");
    bad.previews =
        vec![egui_node_graph::PreviewRow::Bars(vec![
            egui_node_graph::Bar { value: f32::NAN, role: Default::default() };
            3
        ])];
    bench.scene.upsert_node(bad.clone());
    bad.form = Form::Node;
    bad.id = NOTE;
    bench.scene.upsert_node(bad);
    bench.state.set_camera(Default::default());
    bench.frame([]);
    assert_eq!(bench.scene.node_rect(FRAME), Some(([0.0, 0.0], [96.0, 48.0])));
}

#[test]
fn a_node_that_sticks_out_of_a_frame_is_not_in_it() {
    let mut bench = Bench::with_sheets();
    bench.scene.upsert_node(node(NodeId(30), [200.0, 400.0], "D"));
    bench.frame([]);
    bench.drag(bench.title(NodeId(30)), bench.title(NodeId(30)) + vec2(0.0, -190.0));
    assert_eq!(bench.finished(), [NodeId(30)]);
    // Nor is it carried by the frame while it sticks out of it.
    bench.drag(bench.at(400.0, 60.0), bench.at(400.0, 100.0));
    assert_eq!(bench.finished(), [A, B, FRAME]);
}
