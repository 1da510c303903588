//! What is kept and cleared, folders that are shown, files that come from outside, the title of the window, plots that are
//! copied and fitted by keys, and lists that follow the keyboard.

use std::collections::{BTreeMap, BTreeSet};

use egui::{Modifiers, OutputCommand, Role};
use weft_model::Edit;
use weft_protocol::kept::{Kept, KeptReport};

use super::*;
use crate::commands::UiCommand;
use crate::dock::Pane;
use crate::node_views::node_key;

/// A file as the desktop drops it.
#[derive(Debug)]
pub(super) struct Dropped(pub PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("it is read by its path".to_owned())
    }
}

impl Window {
    fn drop_file(&mut self, path: &Path) {
        self.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path.to_owned())));
        self.settle();
    }

    fn focus_plot(&mut self, name: &str) {
        self.harness.get_by_role_and_label(Role::Image, name).focus();
        self.settle();
    }

    /// Does something, and waits for the title that comes of it.
    #[track_caller]
    fn title_after(&mut self, what: impl FnOnce(&mut Self), title: &str) {
        what(self);
        self.until(title, |w| w.app().title == title);
    }

    /// A copy of the sample under another name.
    fn copy_of_sample(&self, name: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        let mut project = weft_project::template("mnist").unwrap().project();
        project.id = weft_model::ProjectId::random();
        weft_project::save(&project, &file).unwrap();
        file
    }
}

#[test]
fn what_is_kept_is_shown_and_cleared_after_a_question() {
    let mut window = Window::with_mnist();
    window.keys(Modifiers::COMMAND, Key::Comma);
    window.click("Folders");
    window.until_command(|command| command == Command::MeasureKept);
    let report = |results: u64, cleared_bytes| {
        let bytes = [(Kept::Results, results), (Kept::Checkpoints, 0), (Kept::Previews, 64_000), (Kept::Bundles, 0)];
        Event::Kept(KeptReport { bytes: BTreeMap::from(bytes), cleared_bytes })
    };
    assert!(window.says("Being measured"));
    window.say(report(2_100_000_000, None));
    assert!(window.says("2.1 GB") && window.says("64.0 kB"));
    let asked = |w: &mut Window| {
        let mut kinds = None;
        while let Ok(command) = w.engine.commands.try_recv() {
            if let Command::ClearKept { kinds: found } = command {
                kinds = Some(found);
            }
        }
        kinds
    };
    window.click("Clear Results…");
    assert!(window.says("Clear 2.1 GB?") && window.says_something_like("computes them again"));
    window.click("Cancel");
    assert!(!window.says("Clear 2.1 GB?"));
    assert_eq!(asked(&mut window), None);
    window.click("Clear Results…");
    window.click("Clear");
    assert_eq!(asked(&mut window), Some(BTreeSet::from([Kept::Results])));
    window.say(report(0, Some(2_100_000_000)));
    assert!(window.says("2.1 GB cleared"));
    // All at once: only what there is.
    window.click("Clear all…");
    assert!(window.says("Clear 64.0 kB?"));
    window.click("Clear");
    assert_eq!(asked(&mut window), Some(BTreeSet::from([Kept::Previews])));
    // It is found by what it is called, and speaks both languages.
    window.harness.get_by_role_and_label(Role::TextInput, "Search the settings").focus();
    window.settle();
    window.harness.get_by_role_and_label(Role::TextInput, "Search the settings").type_text("checkpoint");
    window.settle();
    assert!(window.says("Kept to save time") && window.says("Unpacked bundles"));
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
}

#[test]
fn folders_are_shown_where_they_are_of_use() {
    let mut window = Window::with_mnist();
    let revealed = |w: &Window| w.dialogs.revealed();
    let here = window.dir.path().to_owned();
    window.harness.state_mut().execute(UiCommand::ShowFolder);
    window.settle();
    assert_eq!(revealed(&window), std::slice::from_ref(&here));
    window.select("data");
    window.click("Show folder in the file manager");
    assert_eq!(revealed(&window).last(), Some(&here.join("data")));
    // One that is gone is said, and nothing else is shown instead of it.
    let id = window.node("data");
    let project = window.harness.state_mut().project_mut().unwrap();
    project.set_param(id, "path", Some("nowhere/at all".into()), None).unwrap();
    window.settle();
    window.click("Show folder in the file manager");
    assert!(window.says_something_like("does not exist."));
    assert_eq!(revealed(&window).len(), 2);
    // Blocks.
    window.harness.state_mut().canvas_mut().unwrap().state.select([node_key(id)], []);
    window.settle();
    window.harness.state_mut().execute(UiCommand::MakeSubgraph);
    window.settle();
    window.harness.state_mut().execute(UiCommand::SaveBlock);
    window.settle();
    window.type_into("Name of the block", "Source");
    window.click("Save");
    window.until("the block is listed", |w| w.says("Source"));
    // It stands below all kinds of nodes.
    window.harness.set_size(egui::vec2(1440.0, 1400.0));
    window.settle();
    window.harness.get_by_role_and_label(Role::ListBoxOption, "Source").click_secondary();
    window.settle();
    window.click("Show folder of blocks");
    assert_eq!(revealed(&window).last(), Some(&here.join("data-dir").join("blocks")));
    // A project that was never saved lies nowhere.
    let mut new = Window::new();
    new.keys(Modifiers::COMMAND, Key::N);
    new.until("the new project is there", |w| w.app().project().is_some());
    new.harness.state_mut().execute(UiCommand::ShowFolder);
    new.settle();
    assert!(revealed(&new).is_empty());
}

#[test]
fn a_run_says_where_its_files_lie() {
    let mut window = Window::with_everything();
    let folder = window.dir.path().join("data-dir/artifacts/ab");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("abcd.json");
    std::fs::write(&file, "{}").unwrap();
    let artifacts = vec![("evaluate".to_owned(), "report".to_owned(), file.display().to_string())];
    let metrics = BTreeMap::new();
    window.say(Event::RunFinished { run: RunId(1), status: RunStatus::Done, elapsed_s: 9.0, metrics, artifacts });
    window.harness.state_mut().execute(UiCommand::ShowPanel(Pane::Results));
    window.settle();
    window.click("Show files");
    assert_eq!(window.dialogs.revealed(), [folder]);
}

#[test]
fn a_plot_is_copied_as_a_picture() {
    let mut window = Window::with_everything();
    window.harness.state_mut().execute(UiCommand::ShowPanel(Pane::Training));
    window.settle();
    window.click("Menu of the plot Loss");
    window.click("Copy as picture");
    let mut picture = None;
    for _ in 0..2_000 {
        window.harness.step();
        picture = window.harness.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::CopyImage(picture) => Some(picture.clone()),
            _ => None,
        });
        if picture.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let picture = picture.expect("a picture on the clipboard");
    assert!(picture.size[0] > 400 && picture.size[1] > 200, "{:?}", picture.size);
    let light = crate::theme::Theme::load(crate::theme::Mode::Light);
    let like = |colour: egui::Color32| picture.pixels.iter().filter(|pixel| **pixel == colour).count();
    assert!(like(light.panel) > 10_000, "in the colours of paper");
    assert!(like(light.train) > 100, "with its line");
    window.until("it is said", |w| w.says("The plot is on the clipboard"));
}

#[test]
fn home_fits_what_has_the_keyboard_wherever_the_pointer_is() {
    let mut window = Window::with_everything();
    window.harness.state_mut().execute(UiCommand::ShowPanel(Pane::Training));
    window.settle();
    let canvas = window.app().canvas().unwrap().state.canvas_rect().unwrap();
    let far = egui_node_graph::Camera { pan: [5_000.0, 5_000.0], zoom: 0.5 };
    window.harness.state_mut().canvas_mut().unwrap().state.set_camera(far);
    window.harness.hover_at(canvas.center());
    window.settle();
    let zoomed = |w: &Window| w.harness.state().training.chart("loss").unwrap().is_zoomed();
    let camera = |w: &Window| w.app().canvas().unwrap().state.camera();
    window.focus_plot("Loss: train, validation");
    window.keys(Modifiers::NONE, Key::ArrowUp);
    assert!(zoomed(&window));
    window.keys(Modifiers::NONE, Key::Home);
    window.harness.run_steps(30);
    assert!(!zoomed(&window) && camera(&window) == far, "the plot and not the canvas");
    // The key that the user has chosen for it, too.
    window.keys(Modifiers::NONE, Key::ArrowUp);
    window.harness.state_mut().settings.keys.insert("fit-all".to_owned(), vec!["F5".to_owned()]);
    window.settle();
    window.keys(Modifiers::NONE, Key::Home);
    assert!(zoomed(&window));
    window.keys(Modifiers::NONE, Key::F5);
    assert!(!zoomed(&window) && camera(&window) == far);
    // Without the keyboard in a plot it is the canvas.
    window.harness.ctx.memory_mut(|m| m.stop_text_input());
    let nowhere = canvas.left_bottom() + vec2(120.0, -120.0);
    window.click_at(nowhere);
    window.keys(Modifiers::NONE, Key::F5);
    window.harness.run_steps(30);
    assert!(camera(&window) != far);
}

#[test]
fn lists_follow_the_keyboard() {
    let mut window = Window::with_mnist();
    // As many problems as have no room.
    let edits = (0..40).map(|n| {
        let node = weft_model::Node::new("train", format!("t{n}"), [f64::from(n) * 30.0, 2_000.0]);
        Edit::AddNode { id: NodeId(1_000 + n as u64), node }
    });
    let edit = Edit::Batch { edits: edits.collect() };
    window.harness.state_mut().project_mut().unwrap().apply("edit-paste", edit).unwrap();
    window.until("they are found", |w| w.app().project().unwrap().problems().count() >= 40);
    let seen = |w: &Window, what: &str| {
        let ctx = &w.harness.ctx;
        let focused = ctx.memory(|m| m.focused()).and_then(|id| ctx.read_response(id));
        let widget = focused.unwrap_or_else(|| panic!("{what}: nothing has the keyboard"));
        assert!(
            widget.interact_rect.height() >= widget.rect.height() - 0.5,
            "{what}: {:?} is cut to {:?}",
            widget.rect,
            widget.interact_rect
        );
        widget.rect
    };
    for (pane, size) in [(Pane::Problems, vec2(500.0, 140.0)), (Pane::Inspector, vec2(300.0, 160.0))] {
        let room = window.alone(pane, size);
        if pane == Pane::Inspector {
            // The page of the project.
            window.harness.state_mut().execute(UiCommand::SelectNone);
            window.settle();
        }
        window.harness.state_mut().execute(UiCommand::ShowPanel(pane));
        window.settle();
        let mut inside = 0;
        for _ in 0..40 {
            window.keys(Modifiers::NONE, Key::Tab);
            window.settle();
            let Some(widget) = window.harness.ctx.memory(|m| m.focused()) else { break };
            let Some(found) = window.harness.ctx.read_response(widget) else { continue };
            if !room.expand(2.0).contains_rect(found.rect) {
                if inside > 0 {
                    break;
                }
                continue;
            }
            inside += 1;
            seen(&window, &format!("{pane:?}, stop {inside}"));
        }
        assert!(inside > if pane == Pane::Problems { 20 } else { 2 }, "{pane:?}: {inside}");
    }
}

#[test]
fn a_project_dropped_on_the_window_opens_also_from_the_start_page_and_after_a_question() {
    let mut window = Window::new();
    window.until("the start page is there", |w| w.says("MNIST"));
    let (first, second) = (window.copy_of_sample("first.weft"), window.copy_of_sample("second.weft"));
    window.drop_file(&first);
    window.until("it is open", |w| w.app().project().is_some_and(|p| p.file() == Some(first.as_path())));
    window.select("train");
    window.type_into("Epochs", "3");
    window.drop_file(&second);
    assert!(window.says("Save the changes to first.weft?"));
    window.click("Cancel");
    assert_eq!(window.app().project().unwrap().file(), Some(first.as_path()));
    window.drop_file(&second);
    window.click("Don't save");
    window.until("it is open", |w| w.app().project().is_some_and(|p| p.file() == Some(second.as_path())));
    // A bundle.
    let bundle = window.dir.path().join("packed.weftz");
    let project = weft_project::template("mnist").unwrap().project();
    weft_project::export_bundle(&project, window.dir.path(), &bundle, &Default::default()).unwrap();
    window.drop_file(&bundle);
    window.until("it is open", |w| w.app().project().is_some_and(|p| p.file().is_none()));
    // What is no project says so, and nothing is lost.
    let text = window.dir.path().join("letter.txt");
    std::fs::write(&text, "Dear reader").unwrap();
    window.drop_file(&text);
    window.until("it is refused", |w| w.says("The project could not be opened"));
    window.click("OK");
    assert!(window.app().project().unwrap().file().is_none());
}

#[test]
fn recent_projects_are_opened_from_the_menu_and_the_start_page() {
    let mut window = Window::new();
    window.until("the start page is there", |w| w.says("MNIST"));
    let (first, second) = (window.copy_of_sample("first.weft"), window.copy_of_sample("second.weft"));
    for file in [&first, &second] {
        window.drop_file(file);
        window.until("it is open", |w| w.app().project().is_some_and(|p| p.file() == Some(file.as_path())));
    }
    window.click("File");
    window.click("Open recent");
    let name = format!("first.weft {}", window.dir.path().display());
    assert!(!window.says(&format!("second.weft {}", window.dir.path().display())), "it is open");
    window.click(&name);
    window.until("the first is open again", |w| w.app().project().unwrap().file() == Some(first.as_path()));
    let recent: Vec<PathBuf> = window.harness.state().settings.recent.iter().map(|r| r.path.clone()).collect();
    assert_eq!(recent[..2], [first, second.clone()]);
    window.harness.state_mut().execute(UiCommand::ShowStart);
    window.settle();
    window.click("second.weft");
    window.until("the second is open", |w| w.app().project().is_some_and(|p| p.file() == Some(second.as_path())));
}

#[test]
fn the_title_names_the_project_and_marks_what_is_not_saved() {
    let mut window = Window::new();
    window.until("the start page is there", |w| w.says("MNIST"));
    let file = window.copy_of_sample("first.weft");
    window.title_after(|w| w.drop_file(&file), "first.weft – Weft");
    let change = |w: &mut Window, epochs: i64| {
        let id = w.node("train");
        w.harness.state_mut().project_mut().unwrap().set_param(id, "epochs", Some(Value::Int(epochs)), None).unwrap();
    };
    window.title_after(|w| change(w, 3), "first.weft • – Weft");
    window.title_after(|w| w.keys(Modifiers::COMMAND, Key::Z), "first.weft – Weft");
    window.title_after(|w| w.keys(Modifiers::COMMAND, Key::Y), "first.weft • – Weft");
    window.title_after(|w| w.keys(Modifiers::COMMAND, Key::S), "first.weft – Weft");
    window.title_after(|w| w.harness.state_mut().execute(UiCommand::ShowStart), "Weft");
}
