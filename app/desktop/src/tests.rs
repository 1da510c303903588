//! The whole window, driven by labels and keys against a scripted engine, scripted dialogs and a folder of its own.

mod anything;
mod by_keyboard;
mod docking;
mod editing;
mod fixes;
mod focus;
mod gallery;
mod gestures;
mod importing;
mod inspecting;
mod keys;
mod marks;
mod plans;
mod preferences;
mod previews;
mod recovering;
mod sizes;
mod subgraphs;
mod upkeep;
mod within;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, Pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_node_graph::PreviewRow;
use weft_model::{Lang, NodeId, Value};
use weft_protocol::event::{NodeStatus, Numbered, Progress, RunStatus};
use weft_protocol::lanes::{EngineEnd, lanes};
use weft_protocol::{Command, DeviceId, Event, Part, RunId, RunRequest, Sample as Live, Thumbnail};

use crate::dialogs::ScriptedDialogs;
use crate::settings::ThemeChoice;
use crate::{DesktopApp, Options, Sample};

/// So long is waited for what other threads do, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Window {
    harness: Harness<'static, DesktopApp>,
    engine: EngineEnd,
    dialogs: ScriptedDialogs,
    dir: tempfile::TempDir,
    seq: u64,
}

fn mnist_in(dir: &Path) -> PathBuf {
    let file = dir.join("mnist.weft");
    if !file.exists() {
        weft_project::save(&weft_project::template("mnist").unwrap().project(), &file).unwrap();
        // Beginnings of the files that the check looks for.
        let data = dir.join("data");
        std::fs::create_dir_all(&data).unwrap();
        for name in
            ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
        {
            std::fs::write(data.join(name), b"").unwrap();
        }
    }
    file
}

impl Window {
    fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), None)
    }

    fn in_folder(dir: tempfile::TempDir, open: Option<PathBuf>) -> Self {
        let samples = vec![Sample { id: "mnist".to_owned(), path: mnist_in(dir.path()) }];
        Self::with_samples(dir, open, samples)
    }

    fn with_samples(dir: tempfile::TempDir, open: Option<PathBuf>, samples: Vec<Sample>) -> Self {
        let (client, engine) = lanes();
        let dialogs = ScriptedDialogs::new();
        let options = Options {
            engine: client,
            dialogs: Box::new(dialogs.clone()),
            data_dir: dir.path().join("data-dir"),
            samples,
            schedulers: Vec::new(),
            import: importing::scripted,
            open,
            lang: Some(Lang::En),
            theme: Some(ThemeChoice::Dark),
            first_frame: None,
        };
        let harness = Harness::builder()
            .with_size(vec2(1440.0, 900.0))
            .build_eframe(|cc| DesktopApp::new(&cc.egui_ctx, options).unwrap());
        Self { harness, engine, dialogs, dir, seq: 0 }
    }

    /// A window with MNIST open and its preview answered.
    fn with_mnist() -> Self {
        let mut window = Self::new();
        window.until("the sample is listed", |w| w.says("MNIST"));
        window.click("MNIST");
        window.until("the project is open", |w| w.app().project().is_some());
        window.answer_preview();
        window.settle();
        window
    }

    fn app(&self) -> &DesktopApp {
        self.harness.state()
    }

    fn settle(&mut self) {
        self.harness.run_steps(3);
    }

    #[track_caller]
    fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            self.harness.step();
            if done(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("it never came to this: {what}");
    }

    #[track_caller]
    fn click(&mut self, label: &str) {
        // A row has its name, and so has the text that is painted on it.
        let found = self.harness.query_all_by_label(label).find(|n| n.accesskit_node().role() != egui::Role::Label);
        found.unwrap_or_else(|| panic!("nothing to press is called '{label}'")).click();
        self.settle();
    }

    fn says(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    fn says_something_like(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    fn say(&mut self, event: Event) {
        self.seq += 1;
        self.engine.events.send(Numbered { seq: self.seq, event }).unwrap();
        self.settle();
    }

    fn answer_preview(&mut self) {
        let mut found = None;
        self.until_command(|command| match command {
            Command::Preview(asked) if asked.chain.len() == 1 => {
                found = Some((asked.node, asked.request));
                true
            }
            _ => false,
        });
        let (node, request) = found.unwrap();
        let thumbnail = Thumbnail { width: 2, height: 2, channels: 1, pixels: vec![9; 4], label: "7".to_owned() };
        let preview = previews::seen(&[(Part::Train, 60_000), (Part::Test, 10_000)], vec![thumbnail; 3]);
        self.say(Event::Preview { node, request, result: Ok(preview) });
    }

    #[track_caller]
    fn until_command(&mut self, mut wanted: impl FnMut(Command) -> bool) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            self.harness.step();
            while let Ok(command) = self.engine.commands.try_recv() {
                if wanted(command) {
                    return;
                }
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("the command never came");
    }

    fn node(&self, name: &str) -> NodeId {
        self.app().project().unwrap().graph().node_named(name).unwrap()
    }

    fn param(&self, name: &str, param: &str) -> Value {
        let id = self.node(name);
        self.app().project().unwrap().graph().node(id).unwrap().param(param).unwrap()
    }

    fn count(&self) -> usize {
        self.app().project().unwrap().graph().nodes().len()
    }

    #[track_caller]
    fn select(&mut self, name: &str) {
        let id = self.node(name);
        let view = self.app().canvas().unwrap();
        let key = crate::node_views::node_key(id);
        let (pos, size) = view.scene.node_rect(key).unwrap();
        let at = view.state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + 14.0]);
        self.click_at(at);
        assert_eq!(self.app().canvas().unwrap().selected_node(), Some(id), "{name} at {at:?}");
    }

    fn click_at(&mut self, at: Pos2) {
        for pressed in [true, false] {
            self.harness.event(egui::Event::PointerMoved(at));
            let button = egui::PointerButton::Primary;
            self.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
            self.harness.step();
        }
        // Two clicks of a test are never one double click.
        for _ in 0..30 {
            self.harness.step();
        }
    }

    fn type_into(&mut self, label: &str, text: &str) {
        self.harness.get_by_role_and_label(egui::Role::TextInput, label).focus();
        self.settle();
        self.keys(Modifiers::COMMAND, Key::A);
        self.harness.get_by_role_and_label(egui::Role::TextInput, label).type_text(text);
        self.settle();
    }

    fn run_request(&mut self) -> RunRequest {
        let mut request = None;
        self.until_command(|command| match command {
            Command::Run(run) => {
                request = Some(*run);
                true
            }
            _ => false,
        });
        request.unwrap()
    }

    fn begin_run(&mut self) -> RunId {
        let run = RunId(1);
        let nodes = self.app().project().unwrap().graph().nodes().map(|(id, _)| id).collect();
        let devices = vec![DeviceId::cpu()];
        self.say(Event::RunStarted { run, project: "mnist.weft".to_owned(), seed: 7, devices, nodes });
        run
    }
}

#[test]
fn opening_the_sample_shows_six_wired_nodes_and_what_they_say() {
    let mut window = Window::with_mnist();
    assert_eq!(window.count(), 6);
    assert_eq!(window.app().project().unwrap().graph().wires().len(), 9);
    for name in ["data", "split", "normalise", "network", "train", "evaluate"] {
        let label = format!("Node: {name}, ready");
        window.until(&label, |w| w.says(&label));
    }
    let scene = &window.app().canvas().unwrap().scene;
    let body = |name: &str| -> String {
        let view = scene.node(crate::node_views::node_key(window.node(name))).unwrap();
        view.body.iter().flat_map(|l| l.left.iter().chain(&l.right)).map(|t| format!("{}\n", t.text)).collect()
    };
    assert_eq!(body("data"), "70,000 × 28×28×1 · 10\n");
    assert_eq!(body("network"), "61.7 k parameters\nN×1×28×28 → N×10\n");
    let data = scene.node(crate::node_views::node_key(window.node("data"))).unwrap();
    let [PreviewRow::Strip(pictures), PreviewRow::Bars(bars)] = &data.previews[..] else { panic!("strip and bars") };
    assert_eq!((pictures.len(), bars.len()), (3, 10));
}

#[test]
fn a_parameter_is_changed_checked_while_typing_reset_and_undone() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.type_into("Epochs", "3");
    assert_eq!(window.param("train", "epochs"), Value::Int(3));
    window.type_into("Epochs", "0");
    assert_eq!(window.param("train", "epochs"), Value::Int(3), "what is not allowed is not taken over");
    assert!(window.says_something_like("outside the range"));
    // Keys are off while text is typed: this is the field's own undo.
    window.keys(Modifiers::COMMAND, Key::Z);
    window.keys(Modifiers::NONE, Key::Enter);
    window.settle();
    assert_eq!(window.param("train", "epochs"), Value::Int(3));
    window.click("Reset Epochs");
    assert_eq!(window.param("train", "epochs"), Value::Int(10));
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.param("train", "epochs"), Value::Int(3));
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.param("train", "epochs"), Value::Int(10));
    assert!(!window.app().project().unwrap().is_dirty());
}

#[test]
fn nodes_are_added_by_search_deleted_and_brought_back() {
    let mut window = Window::with_mnist();
    let canvas = window.app().canvas().unwrap().state.canvas_rect().unwrap();
    window.harness.hover_at(canvas.center() + vec2(0.0, 160.0));
    window.settle();
    window.keys(Modifiers::SHIFT, Key::A);
    window.harness.get_by_role_and_label(egui::Role::TextInput, "Add a node").type_text("perceptron");
    window.settle();
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.count(), 7);
    assert!(window.app().project().unwrap().graph().node_named("Multilayer perceptron").is_some());
    window.harness.hover_at(canvas.center() + vec2(0.0, 160.0));
    window.settle();
    window.keys(Modifiers::NONE, Key::Delete);
    assert_eq!(window.count(), 6);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.count(), 7);
    window.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(window.count(), 6);
    assert_eq!(window.app().project().unwrap().graph().check(), Ok(()));
}

#[test]
fn saving_under_a_new_name_writes_a_project_that_opens() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.type_into("Epochs", "2");
    window.keys(Modifiers::NONE, Key::Enter);
    let path = window.dir.path().join("copy");
    window.dialogs.answer(Some(path.clone()));
    window.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    window.until("it is saved", |w| !w.app().project().unwrap().is_dirty());
    let file = path.with_extension("weft");
    let (project, problems) = weft_project::read(&file).unwrap();
    assert_eq!(problems, []);
    let train = project.graph.node_named("train").unwrap();
    assert_eq!(project.graph.node(train).unwrap().params.get("epochs"), Some(&Value::Int(2)));
    assert_eq!(window.app().project().unwrap().file(), Some(file.as_path()));
    assert_eq!(window.dialogs.asked()[0].file_name.as_deref(), Some("mnist.weft"));
}

#[test]
fn unsaved_changes_are_asked_about_and_kept_on_cancel() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.type_into("Epochs", "2");
    window.keys(Modifiers::NONE, Key::Enter);
    window.keys(Modifiers::COMMAND, Key::N);
    assert!(window.says("Save the changes to mnist.weft?"));
    window.click("Cancel");
    assert_eq!(window.count(), 6);
    window.keys(Modifiers::COMMAND, Key::N);
    window.click("Save");
    window.until("the new project is there", |w| w.count() == 0);
    let (project, _) = weft_project::read(&window.dir.path().join("mnist.weft")).unwrap();
    let train = project.graph.node_named("train").unwrap();
    assert_eq!(project.graph.node(train).unwrap().params.get("epochs"), Some(&Value::Int(2)));
}

#[test]
fn a_file_that_is_no_project_is_refused_with_the_reason_and_nothing_is_lost() {
    let mut window = Window::with_mnist();
    let path = window.dir.path().join("broken.weft");
    std::fs::write(&path, "{ \"format\": ").unwrap();
    window.dialogs.answer(Some(path));
    window.keys(Modifiers::COMMAND, Key::O);
    window.until("the error is shown", |w| w.says("The project could not be opened"));
    assert!(window.says_something_like("line 1"));
    window.click("OK");
    assert_eq!(window.count(), 6);
}

#[test]
fn a_run_shows_its_states_and_stop_reaches_the_engine() {
    let mut window = Window::with_mnist();
    window.keys(Modifiers::COMMAND, Key::Enter);
    let request = window.run_request();
    assert!(request.project_text.contains("image_dataset") && !request.fresh);
    assert_eq!(request.project_path.as_deref(), Some(window.dir.path().join("mnist.weft").as_path()));
    let run = window.begin_run();
    let (data, train) = (window.node("data"), window.node("train"));
    let cpu = DeviceId::cpu();
    window.say(Event::NodeFinished {
        run,
        node: data,
        name: "data".to_owned(),
        status: NodeStatus::Cached,
        elapsed_s: 0.0,
        fault: None,
        metrics: Default::default(),
        summary: None,
        t_s: 0.1,
    });
    window.say(Event::NodeStarted {
        run,
        node: train,
        name: "train".to_owned(),
        device: cpu,
        mode: String::new(),
        t_s: 0.2,
    });
    let progress = Progress {
        run,
        node: train,
        name: "train".to_owned(),
        step: 30,
        steps: 60,
        epoch: Some(2),
        epochs: Some(3),
        elapsed_s: 72.0,
        eta_s: Some(56.0),
    };
    window.engine.samples.send(Live::Progress(progress)).unwrap();
    for label in ["Node: data, from the cache", "Node: train, running", "Node: evaluate, waiting"] {
        let label = label.replace("from the cache", "cached");
        window.until(&label, |w| w.says(&label));
    }
    window.click("Stop");
    window.until_command(|command| command == Command::Stop);
    window.say(Event::RunFinished {
        run,
        status: RunStatus::Stopped,
        elapsed_s: 80.0,
        metrics: Default::default(),
        artifacts: Vec::new(),
    });
    window.until("it can run again", |w| w.says("Run") && !w.app().runs().is_running());
}

#[test]
fn what_keeps_it_from_running_is_listed_instead_and_a_click_jumps_to_the_node() {
    let mut window = Window::with_mnist();
    window.select("network");
    window.keys(Modifiers::NONE, Key::Delete);
    window.keys(Modifiers::COMMAND, Key::Enter);
    let message = "Input 'network' of 'train' is not wired";
    window.until("the problem is listed", |w| w.says(message));
    assert!(window.engine.commands.try_iter().all(|c| !matches!(c, Command::Run(_))));
    window.click(message);
    assert_eq!(window.app().canvas().unwrap().selected_node(), Some(window.node("train")));
}

#[test]
fn the_language_is_switched_while_it_runs() {
    let mut window = Window::with_mnist();
    window.begin_run();
    window.click("Switch language");
    assert_eq!(window.app().lang(), Lang::Zh);
    window.until("the labels follow", |w| w.says("停止"));
    for label in ["文件", "训练", "节点：data，等待"] {
        assert!(window.says(label), "{label}");
    }
    window.click("切换语言");
    assert!(window.says("Stop"));
}

#[test]
fn after_a_crash_the_edits_are_offered_and_recovered() {
    let dir = tempfile::tempdir().unwrap();
    let file = mnist_in(dir.path());
    let (project, _) = weft_project::read(&file).unwrap();
    let mut journal = weft_project::Journal::new(&dir.path().join("data-dir"), Some(&file), &project);
    let mut graph = project.graph.clone();
    let train = graph.node_named("train").unwrap();
    let value = Some(Value::Int(42));
    graph.apply(weft_model::Edit::SetParam { id: train, param: "epochs".to_owned(), value }).unwrap();
    journal.record("edit-set-param", &project, &graph).unwrap();
    // A journal that is merely dropped is what a crash leaves.
    drop(journal);
    let mut window = Window::in_folder(dir, None);
    window.until("it is offered", |w| w.says("Recover"));
    window.click("Recover");
    window.until("it is open", |w| w.app().project().is_some());
    assert_eq!(window.param("train", "epochs"), Value::Int(42));
    assert!(window.app().project().unwrap().is_dirty());
}

#[test]
fn edits_reach_the_journal_and_an_orderly_end_leaves_none() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.type_into("Epochs", "2");
    let recovery = window.dir.path().join("data-dir/recovery");
    let journals = |dir: &Path| std::fs::read_dir(dir).map_or(0, |d| d.count());
    window.until("the journal is written", |_| journals(&recovery) == 1);
    eframe::App::on_exit(window.harness.state_mut());
    assert_eq!(journals(&recovery), 0);
}

#[test]
fn wires_are_drawn_only_where_the_model_allows_and_dropped_ones_find_a_node() {
    let mut window = Window::with_mnist();
    let (data, train) = (window.node("data"), window.node("train"));
    let pin = |w: &Window, node: NodeId, output: bool, index: u16| -> Pos2 {
        let key = crate::node_views::node_key(node);
        let pin = match output {
            true => egui_node_graph::PinId::output(key, index),
            false => egui_node_graph::PinId::input(key, index),
        };
        let canvas = w.app().canvas().unwrap();
        canvas.state.to_screen(canvas.scene.pin_pos(pin).unwrap())
    };
    let drag = |w: &mut Window, from: Pos2, to: Pos2| {
        w.harness.hover_at(from);
        w.harness.step();
        w.harness.drag_at(from);
        w.harness.step();
        for step in 1..=4 {
            w.harness.hover_at(from.lerp(to, step as f32 / 4.0));
            w.harness.step();
        }
        w.harness.drop_at(to);
        w.settle();
    };
    let (from, to) = (pin(&window, data, true, 0), pin(&window, train, false, 1));
    let revision = window.app().project().unwrap().revision();
    drag(&mut window, from, to);
    assert_eq!(window.app().project().unwrap().revision(), revision, "a data set does not fit samples");
    window.until("the reason is said", |w| {
        w.harness.query_all_by_label_contains("put a Split node between").next().is_some()
    });
    let canvas = window.app().canvas().unwrap().state.canvas_rect().unwrap();
    drag(&mut window, from, canvas.left_bottom() + vec2(120.0, -120.0));
    window.until("only what fits is offered", |w| w.says("Evaluate"));
    window.keys(Modifiers::NONE, Key::Enter);
    assert_eq!(window.count(), 7);
    let added = window.app().project().unwrap().graph().node_named("Split 2");
    let graph = window.app().project().unwrap().graph();
    let added = added.or_else(|| {
        graph
            .nodes()
            .map(|(id, _)| id)
            .find(|id| graph.predecessors(*id).contains(&data) && graph.node(*id).is_some_and(|n| n.name != "split"))
    });
    assert!(added.is_some_and(|id| graph.predecessors(id).contains(&data)));
}

#[test]
fn a_language_that_the_start_asked_for_is_left_by_a_choice_that_the_settings_already_hold() {
    let dir = tempfile::tempdir().unwrap();
    let kept = crate::settings::Settings { lang: Some(Lang::Zh), ..Default::default() };
    std::fs::create_dir_all(dir.path().join("data-dir")).unwrap();
    kept.save(&dir.path().join("data-dir")).unwrap();
    let mut window = Window::in_folder(dir, None);
    assert_eq!(window.app().lang(), Lang::En);
    window.click("Switch language");
    assert_eq!(window.app().lang(), Lang::Zh);
}

#[test]
fn the_settings_take_effect_and_are_kept() {
    let mut window = Window::new();
    window.keys(Modifiers::COMMAND, Key::Comma);
    window.click("Light");
    window.click("中文");
    window.until("the labels follow", |w| w.says("设置"));
    window.until("they are written", |w| {
        crate::settings::Settings::load(&w.dir.path().join("data-dir")).lang == Some(Lang::Zh)
    });
    let kept = crate::settings::Settings::load(&window.dir.path().join("data-dir"));
    assert_eq!(kept.theme, ThemeChoice::Light);
}

#[test]
fn every_widget_has_a_name_for_screen_readers() {
    let window = Window::new();
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
    let mut window = Window::with_mnist();
    for node in ["data", "split", "network", "train"] {
        window.select(node);
        assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new(), "{node}");
    }
}
