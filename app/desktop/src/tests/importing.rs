//! Workflows of other programs: from the menu, by dropping them, and bad ones.

use std::path::Path;

use weft_model::Localised;
use weft_project::{GraphTask, GraphWire, Opened, ProjectError, TaskGraph};

use super::*;

/// Reads a file that holds the names of tasks, each after the one before it.
pub(super) fn scripted(path: &Path) -> Result<Opened, ProjectError> {
    let text = std::fs::read_to_string(path).unwrap();
    if text.contains("bad") {
        let why = Localised::new("line 3: a number is wanted", "第 3 行：需要数字");
        return Err(ProjectError::foreign(path, why, Localised::new("mend it", "请修正")));
    }
    let tasks: Vec<GraphTask> =
        text.split_whitespace().map(|name| GraphTask { name: name.into(), run_s: 2.5, memory_bytes: 4096 }).collect();
    let wires = (1..tasks.len()).map(|to| GraphWire { from: to - 1, to, bytes: 10 }).collect();
    Ok(Opened {
        project: TaskGraph { title: "chain".into(), tasks, wires }.project(),
        problems: Vec::new(),
        base_dir: path.parent().unwrap().to_owned(),
        file: path.with_extension("weft"),
        from_bundle: true,
        holds: Vec::new(),
    })
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("a path is enough".to_owned())
    }
}

fn written(window: &Window, name: &str, text: &str) -> PathBuf {
    let path = window.dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_workflow_is_imported_from_the_menu_and_saved_as_a_project() {
    let mut window = Window::with_mnist();
    let path = written(&window, "chain.stg", "first second third");
    window.dialogs.answer(Some(path));
    window.click("File");
    window.click("Import…");
    window.until("it is open", |w| w.app().project().is_some() && w.count() == 3);
    window.settle();
    let (_, endings) = window.dialogs.asked()[0].filter.clone().unwrap();
    assert_eq!(endings, ["json", "stg", "weftz"]);
    let graph = window.app().project().unwrap().graph();
    assert_eq!((graph.wires().len(), graph.check()), (2, Ok(())));
    assert_eq!(window.param("second", "run_s"), Value::Float(2.5));
    assert_eq!(window.app().project().unwrap().file(), None, "what was imported is not written over");
    window.until("the node is drawn", |w| w.says("Node: first, ready"));

    let target = window.dir.path().join("saved.weft");
    window.dialogs.answer(Some(target.clone()));
    window.keys(Modifiers::COMMAND, Key::S);
    window.until("it is saved", |w| w.app().project().unwrap().file() == Some(target.as_path()));
    let (project, problems) = weft_project::read(&target).unwrap();
    assert_eq!((project.graph.nodes().len(), problems), (3, Vec::new()));
}

#[test]
fn a_workflow_that_is_dropped_on_the_window_is_imported() {
    let mut window = Window::with_mnist();
    let path = written(&window, "Chain.JSON", "one two");
    window.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
    window.settle();
    window.until("it is open", |w| w.app().project().is_some() && w.count() == 2);
}

#[test]
fn a_bad_file_says_what_is_wrong_and_leaves_the_project() {
    let mut window = Window::with_mnist();
    let path = written(&window, "broken.stg", "bad");
    window.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
    window.settle();
    window.until("it is said", |w| w.says_something_like("broken.stg cannot be imported: line 3: a number is wanted"));
    assert_eq!(window.count(), 6);
}

#[test]
fn the_cards_of_samples_stand_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let samples = ["mnist", "planning", "three-services"].map(|id| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample_projects");
        Sample { id: id.to_owned(), path: root.join(format!("{id}/{id}.weft")) }
    });
    let mut window = Window::with_samples(dir, None, samples.into());
    window.until("the samples are listed", |w| w.says("Three services"));
    window.settle();
    let cards = ["MNIST", "Planning", "Three services"]
        .map(|title| window.harness.get_by_role_and_label(egui::Role::Button, title).rect());
    for (at, card) in cards.iter().enumerate() {
        assert!(cards[..at].iter().all(|other| !other.intersects(*card)), "{cards:?}");
    }
    assert_eq!(cards[0].top(), cards[1].top(), "{cards:?}");
}

#[test]
fn several_wires_end_at_one_input_of_a_timed_task() {
    let mut window = Window::with_mnist();
    let path = written(&window, "chain.stg", "first second third");
    window.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
    window.until("it is open", |w| w.app().project().is_some() && w.count() == 3);
    window.settle();
    let pin = |window: &Window, name: &str, output: bool| {
        let key = crate::node_views::node_key(window.node(name));
        let pin = if output { egui_node_graph::PinId::output(key, 0) } else { egui_node_graph::PinId::input(key, 2) };
        let view = window.app().canvas().unwrap();
        view.state.to_screen(view.scene.pin_pos(pin).unwrap())
    };
    let (from, to) = (pin(&window, "first", true), pin(&window, "third", false));
    window.harness.drag_at(from);
    window.harness.step();
    window.harness.hover_at(to);
    window.harness.step();
    window.harness.drop_at(to);
    window.settle();
    assert_eq!(window.app().project().unwrap().graph().wires().len(), 3);
    assert_eq!(window.app().project().unwrap().graph().predecessors(window.node("third")).len(), 2);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().project().unwrap().graph().wires().len(), 2);
}
