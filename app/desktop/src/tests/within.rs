//! Subgraphs with all that surrounds a graph: carried from one project to another by the clipboard, looked at before a run,
//! and brought back after a crash.

use std::collections::BTreeMap;

use egui::Event as Ui;
use weft_model::subgraph;
use weft_protocol::PreviewRequest;
use weft_protocol::run::Part;

use super::*;
use crate::commands::UiCommand;
use crate::node_views::node_key;

impl Window {
    fn pick(&mut self, names: &[&str]) {
        let keys: Vec<_> = names.iter().map(|name| node_key(self.node(name))).collect();
        self.harness.state_mut().canvas_mut().unwrap().state.select(keys, []);
        self.settle();
    }

    fn group_of(&mut self, names: &[&str]) -> NodeId {
        self.pick(names);
        self.harness.state_mut().execute(UiCommand::MakeSubgraph);
        self.settle();
        self.app().canvas().unwrap().selected_node().unwrap()
    }

    fn enter(&mut self, id: NodeId) {
        self.harness.state_mut().canvas_mut().unwrap().state.select([node_key(id)], []);
        self.settle();
        self.harness.state_mut().execute(UiCommand::EnterSubgraph);
        self.settle();
    }

    fn root(&self) -> &weft_model::Graph {
        self.app().project().unwrap().root()
    }

    /// Names of the nodes of a subgraph that can be seen.
    fn inside(&self, id: NodeId) -> Vec<String> {
        let inner = self.app().project().unwrap().graph().node(id).unwrap().inner.as_ref().unwrap();
        let nodes = inner.nodes().filter(|(_, n)| !n.is_boundary());
        let mut names: Vec<String> = nodes.map(|(_, n)| n.name.clone()).collect();
        names.sort();
        names
    }
}

#[test]
fn subgraphs_are_carried_to_another_project_by_the_clipboard_whole_and_as_copies() {
    let mut window = Window::with_mnist();
    // One within another.
    let inner = window.group_of(&["split", "normalise"]);
    let name = window.root().node(inner).unwrap().name.clone();
    let outer = window.group_of(&[&name, "data"]);
    assert_eq!(window.root().levels().count(), 3);
    window.harness.state_mut().canvas_mut().unwrap().state.select([node_key(outer)], []);
    window.settle();
    let text = window.copied(Ui::Copy).unwrap();
    // As text it goes through the system's clipboard, to a window of another program.
    let mut other = Window::new();
    other.keys(Modifiers::COMMAND, Key::N);
    other.until("there is a project", |w| w.app().project().is_some());
    other.pasted(&text);
    assert_eq!(other.count(), 1);
    assert_eq!(other.root().levels().count(), 3);
    assert_eq!(other.root().check(), Ok(()));
    let pasted = other.selected()[0];
    let outside = other.root().node(pasted).unwrap();
    assert_eq!(outside.outputs().len(), window.root().node(outer).unwrap().outputs().len());
    assert_eq!(other.inside(pasted).len(), 2);
    // Once more, into itself: a copy with names and identifiers of its own.
    other.enter(pasted);
    other.pasted(&text);
    assert_eq!(other.root().levels().count(), 5);
    assert_eq!(other.root().check(), Ok(()));
    let mut seen = std::collections::BTreeSet::new();
    for (_, level) in other.root().levels() {
        assert!(level.nodes().all(|(id, _)| seen.insert(id)), "no identifier stands twice");
    }
    // And back: what is cut there is what was copied here.
    other.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(other.root().levels().count(), 3);
    other.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!((other.count(), other.app().project().unwrap().level().len()), (0, 0));
    let before = window.app().project().unwrap().project().to_text();
    window.pasted(&text);
    assert_eq!(window.root().levels().count(), 5);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().project().unwrap().project().to_text(), before);
}

#[test]
fn part_of_a_subgraph_is_carried_to_another_level_with_its_wires() {
    let mut window = Window::with_mnist();
    let sub = window.group_of(&["split", "normalise"]);
    window.enter(sub);
    window.pick(&["split", "normalise"]);
    let text = window.copied(Ui::Copy).unwrap();
    window.harness.state_mut().execute(UiCommand::LeaveSubgraph);
    window.settle();
    let (nodes, wires) = (window.count(), window.root().wires().len());
    window.pasted(&text);
    // What stands for the ports of the subgraph is no part of it.
    assert_eq!((window.count(), window.root().wires().len()), (nodes + 2, wires + 3));
    assert_eq!(window.root().check(), Ok(()));
}

#[test]
fn nodes_within_subgraphs_are_looked_at_and_say_so_outside_too() {
    let mut window = Window::with_mnist();
    let sub = window.group_of(&["split", "normalise"]);
    let mut asked: BTreeMap<String, PreviewRequest> = BTreeMap::new();
    let mut ask = |window: &mut Window, wanted: &[&str]| {
        for _ in 0..2_000 {
            window.harness.step();
            while let Ok(command) = window.engine.commands.try_recv() {
                if let Command::Preview(request) = command {
                    asked.insert(request.chain.last().unwrap().name.clone(), *request);
                }
            }
            if wanted.iter().all(|name| asked.contains_key(*name)) {
                return asked.clone();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("asked about {:?}", asked.keys());
    };
    window.enter(sub);
    let found = ask(&mut window, &["split"]);
    let request = &found["split"];
    // The chain leads out of the subgraph to the data.
    assert_eq!(request.chain.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["data", "split"]);
    let thumbnail = || Thumbnail { width: 2, height: 2, channels: 1, pixels: vec![9; 4], label: "7".to_owned() };
    let parts = [(Part::Train, 54_000), (Part::Validation, 6_000), (Part::Test, 10_000)];
    let preview = previews::seen(&parts, (0..5).map(|_| thumbnail()).collect());
    window.say(Event::Preview { node: request.node, request: request.request, result: Ok(preview) });
    window.settle();
    let on = |w: &Window, name: &str| {
        let key = node_key(w.node(name));
        w.app().canvas().unwrap().scene.node(key).unwrap().previews.len()
    };
    assert_eq!(on(&window, "split"), 2);
    window.select("split");
    window.keys(Modifiers::ALT, Key::P);
    assert!(window.says("Class balance, Training"), "in the window of the preview");
    window.keys(Modifiers::ALT, Key::P);
    // A change outside is looked at anew inside.
    let data = window.root().node_named("data").unwrap();
    let edit = weft_model::Edit::SetParam { id: data, param: "limit".to_owned(), value: Some(Value::Int(100)) };
    window.harness.state_mut().project_mut().unwrap().apply_to_root("edit-set-param", edit).unwrap();
    let before = request.request;
    let mut again = before;
    for _ in 0..2_000 {
        again = ask(&mut window, &["split"])["split"].request;
        if again != before {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_ne!(again, before, "the data have changed");
}

#[test]
fn what_was_done_within_subgraphs_is_compared_and_recovered_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let file = mnist_in(dir.path());
    let (project, _) = weft_project::read(&file).unwrap();
    let mut grouped = project.clone();
    let nodes: Vec<NodeId> =
        ["split", "normalise"].iter().map(|name| grouped.graph.node_named(name).unwrap()).collect();
    let (sub, edit) = subgraph::make_subgraph(&grouped.graph, &nodes, "Preparation").unwrap();
    grouped.graph.apply(edit).unwrap();
    weft_project::save(&grouped, &file).unwrap();
    // What was done since: a parameter within, and one more level.
    let mut journal = weft_project::Journal::new(&dir.path().join("data-dir"), Some(&file), &grouped);
    let mut changed = grouped.clone();
    let inner = changed.graph.node(sub).unwrap().inner.as_ref().unwrap();
    let (split, normalise) = (inner.node_named("split").unwrap(), inner.node_named("normalise").unwrap());
    let edit = weft_model::Edit::SetParam { id: normalise, param: "method".to_owned(), value: Some("scale".into()) };
    changed.graph.apply(weft_model::Edit::inside(&[sub], edit)).unwrap();
    let (deeper, edit) = subgraph::make_subgraph(changed.graph.at(&[sub]).unwrap(), &[split], "Deeper").unwrap();
    changed.graph.apply(weft_model::Edit::inside(&[sub], edit)).unwrap();
    journal.record("edit", &changed, &changed.graph).unwrap();
    drop(journal);
    let mut window = Window::in_folder(dir, None);
    window.until("the question is asked", |w| w.says("Recover the last edits?") && w.says("Later"));
    window.settle();
    window.click("View differences");
    window.until("what was done within is listed", |w| w.says_something_like("'normalise'"));
    assert!(window.says_something_like("Deeper"), "the new level, too");
    window.settle();
    window.click("Recover");
    window.until("it is open", |w| w.app().project().is_some());
    assert_eq!(window.root(), &changed.graph);
    assert!(window.app().project().unwrap().is_dirty());
    window.enter(sub);
    assert_eq!(window.param("normalise", "method"), Value::from("scale"));
    window.enter(deeper);
    assert_eq!(window.app().project().unwrap().level(), [sub, deeper]);
    assert!(window.app().project().unwrap().graph().node_named("split").is_some());
    // Saved, it is as it was recovered.
    window.keys(Modifiers::COMMAND, Key::S);
    window.until("it is saved", |w| !w.app().project().unwrap().is_dirty());
    let (saved, problems) = weft_project::read(&window.dir.path().join("mnist.weft")).unwrap();
    assert_eq!((saved.graph, problems), (changed.graph, vec![]));
}
