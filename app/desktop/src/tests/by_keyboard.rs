//! Without a mouse: the MNIST workflow from an empty canvas, by keys alone.

use std::collections::BTreeSet;

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use weft_model::{Graph, Value};

use super::Window;

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..NONE };

impl Window {
    fn typed(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.settle();
    }

    fn go_to(&mut self, node: &str) {
        self.keys(CTRL, Key::F);
        self.typed(node);
        self.keys(NONE, Key::Enter);
        self.harness.run_steps(10);
        let selected = self.selected();
        let name = selected.first().and_then(|id| self.app().project().unwrap().graph().node(*id)).map(|n| &n.name);
        assert_eq!(name.map(String::as_str), Some(node));
    }

    /// To the inspector with F6, to the field with Tab.
    #[track_caller]
    fn set_by_keys(&mut self, node: &str, field: &str, text: &str) {
        self.go_to(node);
        let mut tries = 0;
        while !self.has_focus(Role::TextInput, field) {
            tries += 1;
            assert!(tries < 200, "'{field}' is never reached");
            self.keys(NONE, if tries == 1 { Key::F6 } else { Key::Tab });
        }
        self.keys(CTRL, Key::A);
        self.typed(text);
        self.keys(NONE, Key::Enter);
    }

    fn has_focus(&self, role: Role, label: &str) -> bool {
        self.harness.query_by_role_and_label(role, label).is_some_and(|n| n.accesskit_node().is_focused())
    }
}

/// The wires of a workflow, with kinds instead of names.
fn wires(graph: &Graph) -> BTreeSet<[String; 4]> {
    let kind = |id| graph.node(id).unwrap().kind.clone();
    graph.wires().map(|(_, w)| [kind(w.from.node), w.from.port.clone(), kind(w.to.node), w.to.port.clone()]).collect()
}

#[test]
fn the_mnist_workflow_is_built_by_keyboard_alone() {
    let mut window = Window::new();
    window.until("the sample is listed", |w| w.says("MNIST"));
    window.keys(CTRL, Key::N);
    window.until("there is an empty project", |w| w.app().project().is_some());
    window.settle();
    for query in ["image data set", "split", "normalise", "lenet", "train", "evaluate"] {
        window.keys(SHIFT, Key::A);
        window.typed(query);
        window.keys(NONE, Key::Enter);
        window.harness.run_steps(10);
        let added = window.selected();
        assert_eq!(added.len(), 1, "{query}");
        let name = &window.app().project().unwrap().graph().node(added[0]).unwrap().name.clone();
        let label = format!("Node: {name}");
        let focused =
            |w: &Window| w.harness.query_all_by_label_contains(&label).any(|n| n.accesskit_node().is_focused());
        window.until("the keyboard is at the new node", focused);
    }
    let wanted = weft_project::template("mnist").unwrap().project().graph;
    let named =
        |w: &Window, kind: &str| w.app().project().unwrap().graph().node(w.kind(kind).unwrap()).unwrap().name.clone();
    for (_, wire) in wanted.wires() {
        let (from, to) = (wanted.node(wire.from.node).unwrap(), wanted.node(wire.to.node).unwrap());
        let outputs = from.decl().unwrap().outputs;
        let index = outputs.iter().position(|p| p.id == wire.from.port).unwrap();
        let input = to.decl().unwrap().input(&wire.to.port).unwrap();
        let from = named(&window, &from.kind);
        window.go_to(&from);
        for _ in 0..=index {
            window.keys(ALT, Key::ArrowRight);
        }
        window.keys(NONE, Key::Enter);
        let candidate = format!("Connect to {} of {}", input.label.en, named(&window, &to.kind));
        let mut tries = 0;
        while !window.says_something_like(&candidate) {
            tries += 1;
            assert!(tries < 40, "{candidate} is never offered");
            window.keys(NONE, Key::Tab);
        }
        window.keys(NONE, Key::Enter);
    }
    assert_eq!(wires(window.app().project().unwrap().graph()), wires(&wanted));
    let (data, train) = (named(&window, "image_dataset"), named(&window, "train"));
    window.set_by_keys(&data, "Folder", "data");
    window.set_by_keys(&train, "Epochs", "3");
    assert_eq!(window.param(&data, "path"), Value::from("data"));
    assert_eq!(window.param(&train, "epochs"), Value::Int(3));
    let project = window.app().project().unwrap();
    assert_eq!(project.graph().check(), Ok(()));
    let wrong: Vec<_> = project.errors_before_run().into_iter().filter(|p| p.code != "missing_data").collect();
    assert_eq!(wrong, []);
    // Nothing lies upon another.
    let canvas = window.app().canvas().unwrap();
    let rects: Vec<_> = canvas.scene.nodes().map(|n| canvas.scene.node_rect(n.id).unwrap()).collect();
    for (index, a) in rects.iter().enumerate() {
        for b in &rects[index + 1..] {
            let apart = (0..2).any(|n| a.0[n] + f64::from(a.1[n]) <= b.0[n] || b.0[n] + f64::from(b.1[n]) <= a.0[n]);
            assert!(apart, "{a:?} {b:?}");
        }
    }
}
