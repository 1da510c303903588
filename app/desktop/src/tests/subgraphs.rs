//! Subgraphs in the whole window: made, entered, left and taken apart; every command on every level; runs and problems
//! seen from outside and from inside.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use weft_model::{NodeId, Value};
use weft_protocol::event::NodeStatus;
use weft_protocol::{Event, RunId};

use super::Window;
use crate::commands::UiCommand;
use crate::document::OpenProject;
use crate::node_views::node_key;

const CTRL_ALT: Modifiers = Modifiers::COMMAND.plus(Modifiers::ALT);

impl Window {
    fn open_project(&self) -> &OpenProject {
        self.app().project().unwrap()
    }

    fn bytes(&self) -> String {
        self.open_project().project().to_text()
    }

    fn choose(&mut self, names: &[&str]) {
        let keys: Vec<_> = names.iter().map(|name| node_key(self.node(name))).collect();
        self.harness.state_mut().canvas_mut().unwrap().state.select(keys, []);
        self.settle();
    }

    /// Makes a subgraph of nodes, by the keys; its identifier.
    pub(super) fn group(&mut self, names: &[&str]) -> NodeId {
        self.choose(names);
        self.keys(CTRL_ALT, Key::G);
        self.app().canvas().unwrap().selected_node().unwrap()
    }

    fn command(&mut self, command: UiCommand) {
        self.harness.state_mut().execute(command);
        self.settle();
    }

    fn depth(&self) -> usize {
        self.open_project().level().len()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.open_project().graph().nodes().map(|(_, n)| n.name.clone()).collect();
        names.sort();
        names
    }

    fn state_word(&self, node: NodeId) -> String {
        self.app().canvas().unwrap().scene.node(node_key(node)).unwrap().accessible_name.clone()
    }

    fn node_ends(&mut self, run: RunId, node: NodeId, name: &str, status: NodeStatus) {
        self.say(Event::NodeFinished {
            run,
            node,
            name: name.to_owned(),
            status,
            elapsed_s: 1.0,
            fault: None,
            metrics: Default::default(),
            summary: None,
            t_s: 1.0,
        });
        // What moves is drawn ten times a second.
        std::thread::sleep(std::time::Duration::from_millis(110));
        self.settle();
    }
}

#[test]
fn nodes_are_grouped_entered_left_and_taken_apart_and_undo_gives_back_every_byte() {
    let mut window = Window::with_mnist();
    let texts = [window.bytes()];
    let sub = window.group(&["split", "normalise"]);
    assert_eq!(window.names(), ["Subgraph", "data", "evaluate", "network", "train"]);
    let grouped = window.bytes();
    let node = window.open_project().graph().node(sub).unwrap();
    assert_eq!((node.inputs().len(), node.outputs().len()), (1, 3));
    let view = window.app().canvas().unwrap().scene.node(node_key(sub)).unwrap().clone();
    assert!(view.enterable && view.inputs.len() == 1 && view.outputs.len() == 3);
    // In by the key, out by the key.
    window.keys(Modifiers::ALT, Key::Enter);
    assert_eq!(window.depth(), 1);
    assert!(window.names().contains(&"normalise".to_owned()));
    let inside = window.names().len();
    assert_eq!(window.app().canvas().unwrap().scene.node_count(), inside);
    assert_eq!(inside, 2 + 4);
    window.keys(Modifiers::ALT, Key::Backspace);
    assert_eq!(window.depth(), 0);
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(sub));
    // A double click enters, too.
    let at = window.middle_of(sub);
    window.double_click(at);
    window.settle();
    assert_eq!(window.depth(), 1);
    assert_eq!(window.bytes(), grouped, "looking changes nothing");
    window.command(UiCommand::LeaveSubgraph);
    window.keys(CTRL_ALT, Key::U);
    assert_eq!(window.names(), ["data", "evaluate", "network", "normalise", "split", "train"]);
    assert_eq!(window.app().canvas().unwrap().selected_nodes().len(), 2);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.bytes(), grouped);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.bytes(), texts[0]);
    assert!(!window.open_project().is_dirty());
}

#[test]
fn commands_work_on_every_level_and_undo_goes_to_where_the_change_was_made() {
    let mut window = Window::with_mnist();
    let mut texts = vec![window.bytes()];
    window.group(&["split", "normalise"]);
    texts.push(window.bytes());
    window.command(UiCommand::EnterSubgraph);
    window.choose(&["normalise"]);
    window.keys(Modifiers::COMMAND, Key::D);
    assert!(window.names().contains(&"normalise 2".to_owned()), "{:?}", window.names());
    texts.push(window.bytes());
    window.command(UiCommand::Arrange);
    texts.push(window.bytes());
    let deeper = window.group(&["normalise"]);
    texts.push(window.bytes());
    window.command(UiCommand::EnterSubgraph);
    assert_eq!(window.depth(), 2);
    window.select("normalise");
    window.type_into("Name", "deep");
    window.keys(Modifiers::NONE, Key::Enter);
    assert!(window.names().contains(&"deep".to_owned()));
    texts.push(window.bytes());
    window.command(UiCommand::SelectAll);
    window.keys(Modifiers::COMMAND, Key::Delete);
    texts.push(window.bytes());
    assert_eq!(window.open_project().root().check(), Ok(()));
    // From the outermost graph each undo goes to its level.
    window.click("MNIST");
    assert_eq!(window.depth(), 0);
    let mut depths = Vec::new();
    for text in texts.iter().rev().skip(1) {
        window.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(&window.bytes(), text);
        assert_eq!(window.open_project().root().check(), Ok(()));
        depths.push(window.depth());
    }
    assert_eq!(depths, [2, 2, 1, 1, 1, 0]);
    depths.clear();
    for text in &texts[1..] {
        window.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        assert_eq!(&window.bytes(), text);
        depths.push(window.depth());
    }
    assert_eq!(depths, [0, 1, 1, 1, 2, 2]);
    assert!(window.open_project().root().levels().any(|(path, _)| path.last() == Some(&deeper)));
}

#[test]
fn what_stands_for_a_port_goes_with_its_wires_and_comes_back_with_them() {
    let mut window = Window::with_mnist();
    let sub = window.group(&["split", "normalise"]);
    let before = window.bytes();
    let outer = window.open_project().graph().wires().len();
    window.command(UiCommand::EnterSubgraph);
    let input = window.open_project().graph().nodes().find(|(_, n)| n.kind == "graph_input").unwrap().1.name.clone();
    for command in [UiCommand::Delete, UiCommand::Cut, UiCommand::DeleteAndReconnect] {
        window.choose(&[&input]);
        window.command(command);
        assert_eq!(window.open_project().root().wires().len(), outer - 1, "{command:?}");
        assert_eq!(window.open_project().root().node(sub).unwrap().inputs().len(), 0);
        window.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(window.bytes(), before);
        assert_eq!(window.depth(), 1, "it is seen where it happened");
    }
}

#[test]
fn camera_and_selection_are_kept_for_each_level() {
    let mut window = Window::with_mnist();
    window.group(&["split", "normalise"]);
    window.command(UiCommand::ZoomOut);
    let outer = window.app().canvas().unwrap().state.camera();
    window.command(UiCommand::EnterSubgraph);
    window.choose(&["split"]);
    window.command(UiCommand::ZoomIn);
    window.command(UiCommand::ZoomIn);
    for _ in 0..60 {
        window.harness.step();
    }
    let inner = window.app().canvas().unwrap().state.camera();
    assert_ne!(inner, outer);
    let split = window.node("split");
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(split), "before");
    window.click("MNIST");
    assert_eq!(window.depth(), 0);
    window.command(UiCommand::EnterSubgraph);
    assert_eq!(window.depth(), 1);
    assert_eq!(window.app().canvas().unwrap().state.camera(), inner);
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(split));
}

#[test]
fn a_run_is_seen_from_outside_and_from_inside() {
    let mut window = Window::with_mnist();
    let all: Vec<NodeId> = window.open_project().graph().nodes().map(|(id, _)| id).collect();
    let (split, normalise, train) = (window.node("split"), window.node("normalise"), window.node("train"));
    let sub = window.group(&["split", "normalise"]);
    window.until("checked", |w| w.open_project().is_checked());
    assert!(window.state_word(sub).contains("ready"), "{}", window.state_word(sub));
    // The run knows the nodes under the same identifiers as before.
    let run = RunId(1);
    let started = Event::RunStarted { run, project: String::new(), seed: 7, devices: Vec::new(), nodes: all };
    window.say(started);
    window.node_ends(run, split, "split", NodeStatus::Done);
    assert!(window.state_word(sub).contains("running, 1 of 2 done"), "{}", window.state_word(sub));
    window.command(UiCommand::EnterSubgraph);
    assert!(window.state_word(split).contains("done"), "{}", window.state_word(split));
    assert!(window.state_word(normalise).contains("waiting"), "{}", window.state_word(normalise));
    window.node_ends(run, normalise, "normalise", NodeStatus::Failed);
    assert!(window.state_word(normalise).contains("failed"), "{}", window.state_word(normalise));
    window.click("MNIST");
    assert!(window.state_word(sub).contains("failed"), "{}", window.state_word(sub));
    assert!(window.state_word(train).contains("waiting"), "{}", window.state_word(train));
    // A panel that names a node leads into the level where it stands.
    let app = window.harness.state_mut();
    app.show_run_node(normalise);
    window.settle();
    assert_eq!(window.depth(), 1);
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(normalise));
}

#[test]
fn a_problem_is_counted_outside_and_leads_inside() {
    let mut window = Window::with_mnist();
    let sub = window.group(&["network", "train"]);
    window.command(UiCommand::EnterSubgraph);
    let train = window.node("train");
    let project = window.harness.state_mut().project_mut().unwrap();
    project.set_param(train, "epochs", Some(Value::Int(-1)), None).unwrap();
    window.click("MNIST");
    window.until("the problem is found", |w| w.open_project().problems_at(sub).count() > 0);
    window.settle();
    let body = window.app().canvas().unwrap().scene.node(node_key(sub)).unwrap().body.clone();
    let said: Vec<&str> = body.iter().flat_map(|line| &line.left).map(|text| text.text.as_str()).collect();
    assert!(said.iter().any(|text| text.contains("1 problem")), "{said:?}");
    assert!(window.state_word(sub).contains("problem"), "{}", window.state_word(sub));
    window.keys(Modifiers::COMMAND, Key::Enter);
    window.until("problems are listed", |w| w.says_something_like("Epochs of 'train'"));
    let row = window.harness.query_all_by_label_contains("Epochs of 'train'").next().unwrap();
    row.click();
    window.settle();
    assert_eq!(window.depth(), 1);
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(train));
}

#[test]
fn find_lists_the_nodes_of_all_levels_and_goes_to_them() {
    let mut window = Window::with_mnist();
    window.group(&["split", "normalise"]);
    let inner = window.group(&["Subgraph", "data"]);
    assert_eq!(window.names().len(), 4);
    window.keys(Modifiers::COMMAND, Key::F);
    window
        .harness
        .get_by_role_and_label(egui::Role::TextInput, "Find a node by its name or kind")
        .type_text("normalise");
    window.settle();
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.depth(), 2);
    assert_eq!(window.open_project().level()[0], inner);
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(window.node("normalise")));
}

#[test]
fn grouping_what_another_node_stands_between_is_refused_with_the_reason() {
    let mut window = Window::with_mnist();
    let before = window.bytes();
    window.choose(&["split", "train"]);
    window.keys(CTRL_ALT, Key::G);
    assert_eq!(window.bytes(), before);
    assert!(window.says_something_like("cannot be grouped without 'normalise'"));
}

#[test]
fn run_to_here_runs_up_to_what_is_within() {
    let mut window = Window::with_mnist();
    let split = window.node("split");
    let sub = window.group(&["split", "normalise"]);
    window.command(UiCommand::RunToHere);
    assert_eq!(window.run_request().until, Some(sub));
    window.say(Event::RunFinished {
        run: RunId(1),
        status: weft_protocol::event::RunStatus::Done,
        elapsed_s: 1.0,
        artifacts: Vec::new(),
        metrics: Default::default(),
    });
    std::thread::sleep(std::time::Duration::from_millis(1));
    window.command(UiCommand::EnterSubgraph);
    window.choose(&["split"]);
    assert_eq!(window.open_project().run_id(split), split);
}

#[test]
fn graphs_within_graphs_to_the_limit_are_entered_and_left_and_no_deeper() {
    let mut window = Window::with_mnist();
    let before = window.bytes();
    let mut steps = 0;
    loop {
        window.command(UiCommand::SelectAll);
        let text = window.bytes();
        window.keys(CTRL_ALT, Key::G);
        if window.bytes() == text {
            break;
        }
        steps += 1;
        window.command(UiCommand::SelectAll);
        window.command(UiCommand::EnterSubgraph);
        assert!(steps <= weft_model::graph::MOST_DEPTH, "no end");
    }
    assert_eq!(steps, weft_model::graph::MOST_DEPTH);
    assert_eq!(window.open_project().root().check(), Ok(()));
    assert_eq!(window.depth(), steps);
    window.click("MNIST");
    for _ in 0..steps {
        window.keys(Modifiers::COMMAND, Key::Z);
    }
    assert_eq!(window.bytes(), before);
    assert_eq!(window.depth(), 0);
}

#[test]
fn a_block_is_kept_listed_inserted_renamed_and_deleted() {
    let mut window = Window::with_mnist();
    let sub = window.group(&["split", "normalise"]);
    window.command(UiCommand::SaveBlock);
    window.type_into("Name of the block", "a/b");
    assert!(window.says("This cannot be the name of a file on every system"));
    window.type_into("Name of the block", "Preparation");
    window.click("Save");
    let file = window.dir.path().join("data-dir").join("blocks").join("Preparation.weft-block");
    window.until("the block is listed", |w| w.says("Preparation"));
    assert!(file.is_file());
    let before = window.bytes();
    // Once more by the search, wired to nothing; then at the end of a wire.
    let canvas = window.app().canvas().unwrap().state.canvas_rect().unwrap();
    window.harness.hover_at(canvas.center() + egui::vec2(0.0, 200.0));
    window.settle();
    window.keys(Modifiers::SHIFT, Key::A);
    window.harness.get_by_role_and_label(egui::Role::TextInput, "Add a node").type_text("prepar");
    window.settle();
    window.keys(Modifiers::NONE, Key::Enter);
    let copy = window.node("Preparation");
    assert_ne!(copy, sub);
    assert_eq!(window.open_project().graph().node(copy).unwrap().outputs().len(), 3);
    assert_eq!(window.open_project().root().check(), Ok(()));
    let inner = |w: &Window, id: NodeId| -> Vec<NodeId> {
        let graph = w.open_project().graph();
        graph.node(id).unwrap().inner.as_ref().unwrap().nodes().map(|(id, _)| id).collect()
    };
    let of_first = inner(&window, sub);
    assert!(inner(&window, copy).iter().all(|id| !of_first.contains(id)), "a copy is a copy");
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.bytes(), before);
    // Another name, then none. The blocks stand below all kinds of nodes.
    window.harness.set_size(egui::vec2(1440.0, 1400.0));
    window.settle();
    for (from, item, to) in [("Preparation", "Rename…", Some("预处理")), ("预处理", "Delete…", None)] {
        let row = window.harness.get_by_role_and_label(egui::Role::ListBoxOption, from);
        row.click_secondary();
        window.settle();
        window.click(item);
        match to {
            Some(to) => {
                window.type_into("Name of the block", to);
                window.click("Rename");
                window.until("it has the name", |w| w.says(to));
            }
            None => {
                window.click("Delete");
                window.until("it is gone", |w| {
                    w.harness.query_all_by_role_and_label(egui::Role::ListBoxOption, from).next().is_none()
                });
            }
        }
    }
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 0);
    assert_eq!(window.bytes(), before);
}

#[test]
fn ports_are_named_typed_and_ordered_in_the_inspector() {
    let mut window = Window::with_mnist();
    let sub = window.group(&["split", "normalise"]);
    let before = window.bytes();
    let labels = |w: &Window, outputs: bool| -> Vec<String> {
        let node = w.open_project().graph().node(sub).unwrap();
        let ports = if outputs { node.outputs() } else { node.inputs() };
        ports.iter().map(|p| p.label.get(weft_model::Lang::En).to_owned()).collect()
    };
    let outputs = labels(&window, true);
    assert_eq!(outputs.len(), 3);
    window.click(&format!("Move {} down", outputs[0]));
    assert_eq!(labels(&window, true), [&*outputs[1], &*outputs[0], &*outputs[2]]);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.bytes(), before);
    // Undo has gone to where the ports are made.
    assert_eq!(window.depth(), 1);
    window.command(UiCommand::LeaveSubgraph);
    let input = labels(&window, false).remove(0);
    window.type_into(&format!("Name of {input}"), "pictures");
    window.keys(Modifiers::NONE, Key::Enter);
    window.settle();
    assert_eq!(labels(&window, false), ["pictures"]);
    let pin = &window.app().canvas().unwrap().scene.node(node_key(sub)).unwrap().inputs[0];
    assert_eq!(pin.label, "pictures");
}

#[test]
fn what_stands_for_a_port_is_offered_only_inside_and_takes_the_type_of_its_wire() {
    let mut window = Window::with_mnist();
    let offered = |w: &mut Window| {
        w.harness.query_all_by_role_and_label(egui::Role::ListBoxOption, "Subgraph input").next().is_some()
    };
    assert!(!offered(&mut window));
    let sub = window.group(&["train"]);
    window.command(UiCommand::EnterSubgraph);
    assert!(offered(&mut window));
    let before = window.bytes();
    let train = window.node("train");
    let project = window.harness.state_mut().project_mut().unwrap();
    let kind = weft_model::catalogue::kind("graph_output").unwrap();
    let end = weft_model::Endpoint::new(train, "history");
    let is_there = project.graph().node(train).unwrap().output("history").is_some();
    let end = if is_there { end } else { weft_model::Endpoint::new(train, "model") };
    project.add_node(kind, None, [900.0, 300.0], weft_model::Lang::En, Some((end.clone(), true))).unwrap();
    let ty = project.graph().node(train).unwrap().output(&end.port).unwrap().ty;
    let outputs = project.root().node(sub).unwrap().outputs();
    assert!(
        outputs
            .iter()
            .any(|p| p.ty == ty && p.label.get(weft_model::Lang::En).starts_with(|c: char| c.is_alphabetic()))
    );
    assert_eq!(project.root().check(), Ok(()));
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.bytes(), before);
}

#[test]
fn the_breadcrumb_lists_the_subgraphs_and_leads_back() {
    let mut window = Window::with_mnist();
    window.group(&["split", "normalise"]);
    window.click("Subgraphs in here");
    window.settle();
    let entries = window.harness.query_all_by_role_and_label(egui::Role::Button, "Subgraph");
    entries.last().unwrap().click();
    window.settle();
    window.settle();
    assert_eq!(window.depth(), 1);
    window.click("MNIST");
    assert_eq!(window.depth(), 0);
}
