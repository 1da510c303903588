//! Anything that a hand may do to the canvas, in any order, through the whole window: the graph stays a graph, the scene
//! shows it, and undoing all of it gives the first file back byte for byte. `WEFT_GESTURES` says how many orders are tried.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_node_graph::{Form, PinId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use weft_model::Mode;
use weft_model::align::{Alignment, Axis};

use super::Window;
use crate::commands::UiCommand;
use crate::node_views::node_id;

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..NONE };
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..CTRL };

/// More nodes are not copied: each frame would take its time.
const MANY: usize = 40;
/// Kinds of deeds, see [`Window::deed`].
const DEEDS: u8 = 42;

/// One deed: what, where, and whereto.
type Deed = (u8, u16, u16);

impl Window {
    /// A place on the canvas: of a node, a pin, a wire, an edge, or of nothing.
    fn aim(&self, at: u16) -> Pos2 {
        let canvas = self.app().canvas().unwrap();
        let rect = canvas.state.canvas_rect().unwrap().shrink(4.0);
        let n = usize::from(at / 8);
        let nodes: Vec<_> = canvas.scene.nodes().map(|v| v.id).collect();
        let node = nodes.get(n % nodes.len().max(1)).and_then(|id| Some((*id, canvas.scene.node_rect(*id)?)));
        let share = vec2((at % 97) as f32 / 97.0, (at % 89) as f32 / 89.0);
        let nowhere = rect.min + rect.size() * share;
        let Some((id, (pos, size))) = node else { return nowhere };
        let within =
            |x: f64, y: f64| canvas.state.to_screen([pos[0] + f64::from(size[0]) * x, pos[1] + f64::from(size[1]) * y]);
        let place = match at % 8 {
            0 | 1 => nowhere,
            2 => within(0.5, 0.5),
            3 => canvas.state.to_screen([pos[0] + f64::from(size[0]) * 0.5, pos[1] + 12.0]),
            4 => within(1.0, 1.0) - vec2(1.0, 1.0),
            5 => canvas.scene.pin_pos(PinId::output(id, (n % 3) as u16)).map_or(nowhere, |p| canvas.state.to_screen(p)),
            6 => canvas.scene.pin_pos(PinId::input(id, (n % 3) as u16)).map_or(nowhere, |p| canvas.state.to_screen(p)),
            _ => {
                let mut wires = canvas.scene.wires().filter(|w| w.from.node == id || w.to.node == id);
                let ends =
                    wires.next().and_then(|w| Some((canvas.scene.pin_pos(w.from)?, canvas.scene.pin_pos(w.to)?)));
                ends.map_or(nowhere, |(a, b)| canvas.state.to_screen(a).lerp(canvas.state.to_screen(b), 0.5))
            }
        };
        rect.clamp(place)
    }

    fn press(&mut self, at: Pos2, button: PointerButton, modifiers: Modifiers, times: usize) {
        self.harness.event(Event::PointerMoved(at));
        self.harness.step();
        for _ in 0..times {
            for pressed in [true, false] {
                self.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers });
                self.harness.step();
            }
        }
    }

    fn deed(&mut self, (what, a, b): Deed, clipboard: &mut Option<String>) {
        let (from, to) = (self.aim(a), self.aim(b));
        let path = [from, from.lerp(to, 0.3), from.lerp(to, 0.7), to];
        let many = self.count() > MANY;
        let primary = PointerButton::Primary;
        match what % DEEDS {
            0..=3 => self.drag(primary, NONE, &path),
            4 => self.drag(primary, CTRL, &path),
            5 => self.drag(primary, SHIFT, &path),
            6 => self.drag(primary, ALT, &path),
            7 => self.drag(PointerButton::Secondary, CTRL, &path),
            8 | 9 => self.drag(PointerButton::Secondary, SHIFT, &path),
            10 => self.drag(PointerButton::Middle, NONE, &path),
            11 => self.press(from, primary, ALT, 1),
            12 => self.press(from, primary, NONE, 2),
            13 => self.press(from, primary, NONE, 1),
            14 => self.press(from, primary, CTRL, 1),
            15 => self.press(from, PointerButton::Secondary, NONE, 1),
            16 if !many => {
                self.press(self.aim(a & !7), primary, NONE, 1);
                self.keys(SHIFT, Key::A);
                let query = ["split", "train", "note", "frame", "normalise", "lenet"][usize::from(b) % 6];
                self.harness.event(Event::Text(query.to_owned()));
                self.settle();
                self.keys(NONE, Key::Enter);
            }
            17 => self.keys(NONE, Key::Delete),
            18 => self.keys(CTRL, Key::Delete),
            19 => *clipboard = self.copied(Event::Cut).or(clipboard.take()),
            20 => *clipboard = self.copied(Event::Copy).or(clipboard.take()),
            21 if !many => {
                if let Some(text) = clipboard.clone() {
                    self.pasted(&text);
                }
            }
            22 if !many => {
                self.keys(CTRL_SHIFT, Key::V);
                if let Some(text) = clipboard.clone() {
                    self.pasted(&text);
                }
            }
            23 if !many => self.keys(CTRL, Key::D),
            24 if !many => self.keys(CTRL, Key::G),
            25 if !many => self.order(UiCommand::AddNote),
            26 => self.keys(CTRL, Key::M),
            27 => self.keys(CTRL, Key::B),
            28 => self.keys(ALT, Key::C),
            29 => {
                let all = [Alignment::Left, Alignment::Center, Alignment::Top, Alignment::Bottom];
                self.order(UiCommand::Align(all[usize::from(a) % all.len()]));
            }
            30 => self.order(UiCommand::Distribute(if a % 2 == 0 { Axis::Horizontal } else { Axis::Vertical })),
            31 => self.order(UiCommand::Arrange),
            32 | 33 => self.keys(CTRL, Key::Z),
            34 => self.keys(CTRL_SHIFT, Key::Z),
            35 => self.order(UiCommand::SelectAll),
            36 => {
                let arrows = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];
                let modifiers = [NONE, SHIFT, CTRL, CTRL_SHIFT][usize::from(b) % 4];
                self.keys(modifiers, arrows[usize::from(a) % 4]);
            }
            37 => {
                for (modifiers, key) in
                    [(ALT, Key::ArrowRight), (NONE, Key::Enter), (NONE, Key::Tab), (NONE, Key::Enter)]
                {
                    self.keys(modifiers, key);
                }
            }
            38 => {
                self.harness.event(Event::Text("ab".to_owned()));
                self.settle();
            }
            39 => self.keys(NONE, Key::Escape),
            40 => self.order(if a % 2 == 0 { UiCommand::FitAll } else { UiCommand::ZoomActual }),
            _ => {
                // As from the inspector.
                let id = self.selected().first().copied();
                if let Some(id) = id.filter(|id| self.app().project().unwrap().graph().node(*id).is_some()) {
                    let mode = Mode::ALL[usize::from(a) % 3];
                    self.press_named(&format!("Mode {}", ["Active", "Muted", "Bypassed"][mode as usize]));
                    let _ = id;
                }
            }
        }
        self.harness.run_steps(2);
        // An engine that listens and says nothing.
        while self.engine.commands.try_recv().is_ok() {}
    }

    fn order(&mut self, command: UiCommand) {
        self.harness.state_mut().execute(command);
        self.settle();
    }

    fn press_named(&mut self, label: &str) {
        use egui_kittest::kittest::Queryable as _;
        if let Some(node) = self.harness.query_all_by_label(label).next() {
            node.click();
        }
        self.settle();
    }

    /// Whether the canvas shows what the project is.
    fn agrees(&self) -> Result<(), String> {
        let (project, canvas) = (self.app().project().unwrap(), self.app().canvas().unwrap());
        let graph = project.graph();
        graph.check()?;
        if canvas.scene.node_count() != graph.nodes().len() {
            return Err(format!("{} nodes are shown of {}", canvas.scene.node_count(), graph.nodes().len()));
        }
        if canvas.scene.wires().count() != graph.wires().len() {
            return Err(format!("{} wires are shown of {}", canvas.scene.wires().count(), graph.wires().len()));
        }
        for view in canvas.scene.nodes() {
            let node = graph.node(node_id(view.id)).ok_or("a node is shown that is gone")?;
            let (pos, _) = canvas.scene.node_rect(view.id).ok_or("a node is nowhere")?;
            if pos != node.pos || view.pos != node.pos {
                return Err(format!("{} is shown at {pos:?}, {:?} and stands at {:?}", node.name, view.pos, node.pos));
            }
            let own = weft_model::frame::own_rect(node).map(|r| r.size.map(|v| v as f32));
            if view.form.size() != own || (view.form == Form::Node) != own.is_none() {
                return Err(format!("{} is shown as {:?} and is {own:?}", node.name, view.form));
            }
            let shown = (view.muted, view.bypassed, view.collapsed);
            let is = (node.mode == Mode::Muted, node.mode == Mode::Bypassed, node.collapsed && own.is_none());
            if shown != is {
                return Err(format!("{}: {shown:?} is shown, {is:?} is so", node.name));
            }
        }
        for view in canvas.scene.wires() {
            let wire = graph.wire(crate::node_views::wire_id(view.id)).ok_or("a wire is shown that is gone")?;
            if wire.via != view.via {
                return Err(format!("a wire is shown through {:?} and goes through {:?}", view.via, wire.via));
            }
        }
        Ok(())
    }
}

fn try_deeds(deeds: &[Deed]) -> Result<(), TestCaseError> {
    let mut window = Window::with_mnist();
    window.harness.ctx.options_mut(|o| o.input_options.max_double_click_delay = 2.0);
    let first = window.text();
    let mut clipboard = None;
    for (index, deed) in deeds.iter().enumerate() {
        window.deed(*deed, &mut clipboard);
        if let Err(why) = window.agrees() {
            return Err(TestCaseError::fail(format!("after deed {index} {deed:?}: {why}")));
        }
    }
    for _ in 0..3 {
        window.keys(NONE, Key::Escape);
    }
    let last = window.text();
    let steps = window.steps();
    if std::env::var_os("WEFT_GESTURES").is_some() {
        let labels: Vec<_> =
            window.app().project().unwrap().document().undo_steps().iter().map(|s| s.label.clone()).collect();
        eprintln!("{steps} steps: {labels:?}");
    }
    while window.app().project().unwrap().document().can_undo() {
        window.harness.state_mut().execute(UiCommand::Undo);
    }
    window.settle();
    prop_assert_eq!(window.agrees(), Ok(()));
    prop_assert_eq!(&window.text(), &first, "undo does not lead back");
    for _ in 0..steps {
        window.harness.state_mut().execute(UiCommand::Redo);
    }
    window.settle();
    prop_assert_eq!(window.agrees(), Ok(()));
    prop_assert_eq!(&window.text(), &last, "redo does not lead there again");
    Ok(())
}

#[test]
fn whatever_is_done_the_graph_holds_and_undo_leads_back_to_the_first_byte() {
    let cases = std::env::var("WEFT_GESTURES").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let deeds = proptest::collection::vec((0..DEEDS, any::<u16>(), any::<u16>()), 20..50);
    let mut runner = TestRunner::new(config);
    if let Err(error) = runner.run(&deeds, |deeds| try_deeds(&deeds)) {
        panic!("{error}");
    }
}
