//! The real window, driven as a person does: real keys and a real pointer on a virtual display. Skipped, and said so,
//! where there is no Xvfb or no xdotool.
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Place, wait_until};

/// A virtual display of its own. One at a time: each window is painted by the processor.
struct Display {
    server: Child,
    name: String,
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());

impl Display {
    /// None, with a word why, where it cannot be had.
    fn open() -> Option<Self> {
        for program in ["Xvfb", "xdotool"] {
            if Command::new(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
                eprintln!("SKIPPED: {program} is not installed, so no real window is driven");
                return None;
            }
        }
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        // The server picks a free number and says which.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut out = server.stdout.take().expect("piped");
        let (mut number, mut byte) = (String::new(), [0]);
        while out.read(&mut byte).is_ok_and(|n| n == 1) && byte[0] != b'\n' {
            number.push(char::from(byte[0]));
        }
        assert!(!number.is_empty(), "Xvfb says its display");
        Some(Self { server, name: format!(":{number}"), _alone: alone })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _gone = self.server.wait();
    }
}

/// The program in a window on a display.
struct Window<'a> {
    display: &'a Display,
    program: Child,
    id: String,
}

impl<'a> Window<'a> {
    fn open(display: &'a Display, place: &Place, args: &[&str]) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let runtime = place.path("runtime");
        std::fs::create_dir_all(&runtime).expect("a folder");
        std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).expect("its permissions");
        let program = place
            .command(args)
            .env("DISPLAY", &display.name)
            .env("XDG_RUNTIME_DIR", runtime)
            .stdout(Stdio::inherit())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let mut window = Self { display, program, id: String::new() };
        wait_until("the window opens", 60, || {
            let found = window.tool(&["search", "--onlyvisible", "--name", "Weft"]);
            window.id = found.lines().next().unwrap_or_default().to_owned();
            !window.id.is_empty()
        });
        window.tool(&["windowfocus", "--sync", &window.id.clone()]);
        // The first frames: a software adapter takes its time.
        std::thread::sleep(Duration::from_secs(2));
        window.settle();
        window
    }

    fn tool(&self, args: &[&str]) -> String {
        let output = Command::new("xdotool").args(args).env("DISPLAY", &self.display.name).output();
        String::from_utf8_lossy(&output.expect("xdotool runs").stdout).trim().to_owned()
    }

    /// Waits until the program has nothing to do, a while at most: how long a frame takes on a software adapter depends
    /// on what else the machine does.
    fn settle(&self) {
        let folder = format!("/proc/{}/task", self.program.id());
        // Whether any thread wants a processor, and the ticks that all have had.
        let state = || {
            let stats = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let stats = stats.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
            stats.fold((false, 0_u64), |(busy, ticks), stat| {
                let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
                let runs = fields.next().is_some_and(|state| matches!(state, "R" | "D"));
                let own = fields.skip(10).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>();
                (busy || runs, ticks + own)
            })
        };
        let pause = Duration::from_millis(60);
        std::thread::sleep(2 * pause);
        let end = Instant::now() + Duration::from_secs(4);
        let (mut still, mut before) = (0, state());
        while still < 3 && Instant::now() < end {
            std::thread::sleep(pause);
            let now = state();
            still = if now.0 || now.1 != before.1 { 0 } else { still + 1 };
            before = now;
        }
    }

    fn key(&self, key: &str) {
        self.tool(&["windowfocus", "--sync", &self.id]);
        self.tool(&["key", key]);
        self.settle();
    }

    fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.key(key);
        }
    }

    fn types(&self, text: &str) {
        self.tool(&["type", "--delay", "60", text]);
        self.settle();
    }

    fn pointer(&self, what: &[&str]) {
        self.tool(what);
        self.settle();
    }

    fn move_to(&self, [x, y]: [i32; 2]) {
        self.pointer(&["mousemove", &x.to_string(), &y.to_string()]);
    }

    fn click(&self, at: [i32; 2]) {
        self.move_to(at);
        self.pointer(&["click", "1"]);
    }

    fn drag(&self, from: [i32; 2], to: [i32; 2]) {
        self.move_to(from);
        self.pointer(&["mousedown", "1"]);
        self.move_to([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
        self.move_to(to);
        self.pointer(&["mouseup", "1"]);
    }

    /// Moves the pointer into the middle of the canvas, so that its keys are meant for it.
    fn point_at_canvas(&self) {
        self.pointer(&["mousemove", "700", "480"]);
    }

    fn is_open(&mut self) -> bool {
        self.program.try_wait().is_ok_and(|status| status.is_none())
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _gone = self.program.kill();
        let _gone = self.program.wait();
    }
}

fn nodes(project: &Path) -> usize {
    let text = std::fs::read_to_string(project).expect("the project is there");
    let project: Value = serde_json::from_str(&text).expect("the project is whole at any moment");
    project["nodes"].as_object().map_or(0, serde_json::Map::len)
}

fn small_project(place: &Place) -> PathBuf {
    let path = place.project("digits.weft", &[("data", "limit", json!(1000)), ("train", "epochs", json!(2))]);
    // In the form in which the program writes it, so that bytes can be compared.
    let ran = place.weft(&["validate", "digits.weft"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    path
}

#[test]
fn a_project_is_opened_run_edited_undone_and_saved() {
    let Some(display) = Display::open() else { return };
    let place = Place::new();
    let path = small_project(&place);
    let mut window = Window::open(&display, &place, &["digits.weft"]);

    // Save without a change first: the program's own form of the file.
    window.point_at_canvas();
    window.key("ctrl+s");
    let whole = std::fs::read(&path).expect("saved");

    window.key("ctrl+Return");
    let runs = || place.weft(&["runs", "--json"]).json();
    wait_until("the run is done", 240, || runs().first().is_some_and(|r| r["status"] == "done"));
    let accuracy = runs()[0]["metrics"]["evaluate"]["accuracy"].as_f64().expect("measured");
    assert!(accuracy > 0.3, "it has learnt something from 900 samples: {accuracy}");

    window.point_at_canvas();
    window.key("ctrl+a");
    window.key("Delete");
    window.key("ctrl+s");
    wait_until("the deletion is saved", 20, || nodes(&path) == 0);
    window.key("ctrl+z");
    window.key("ctrl+s");
    wait_until("the undo is saved", 20, || nodes(&path) == 6);
    assert_eq!(std::fs::read(&path).expect("saved"), whole, "undo gives the first file back byte for byte");
    assert!(window.is_open());

    window.key("ctrl+q");
    wait_until("it closes, with nothing unsaved to ask about", 20, || !window.is_open());
}

#[test]
fn a_killed_window_loses_no_edit_and_leaves_a_project_that_opens() {
    let Some(display) = Display::open() else { return };
    let place = Place::new();
    let path = small_project(&place);
    let before = std::fs::read(&path).expect("there");
    let mut window = Window::open(&display, &place, &["digits.weft"]);
    window.point_at_canvas();
    window.key("ctrl+a");
    window.key("Delete");
    // At most two seconds of edits may be lost: this one is older.
    std::thread::sleep(Duration::from_millis(2_500));
    window.program.kill().expect("it is killed");
    window.program.wait().expect("it ends");
    drop(window);
    assert_eq!(std::fs::read(&path).expect("there"), before, "the file is as it was saved last");

    let journals = weft_project::Journal::find_all(&place.data_dir());
    assert_eq!(journals.len(), 1, "one recovery is offered");
    let recovered = weft_project::recover(&journals[0]);
    assert_eq!(recovered.project.graph.nodes().len(), 0, "with the edit that was not saved");
}

/// The project without nodes, beside a folder with the MNIST data.
fn empty_project(place: &Place) -> PathBuf {
    let data = support::root().join("sample_projects/mnist/data");
    std::os::unix::fs::symlink(data, place.path("data")).expect("a link to the data");
    let path = place.path("digits.weft");
    weft_project::save(&weft_project::Project::new(), &path).expect("saved");
    path
}

/// The wires of a project, with kinds instead of names.
fn wires(graph: &weft_model::Graph) -> BTreeSet<[String; 4]> {
    let kind = |id| graph.node(id).expect("there").kind.clone();
    graph.wires().map(|(_, w)| [kind(w.from.node), w.from.port.clone(), kind(w.to.node), w.to.port.clone()]).collect()
}

fn graph_in(path: &Path) -> weft_model::Graph {
    weft_project::read(path).expect("the project is whole at any moment").0.graph
}

/// How many ways of doing a thing are tried, one after the other, before the first is tried again.
const WAYS: usize = 8;

/// Does something and saves until the saved graph is as wanted: a virtual display painted by a busy processor may be too
/// slow for a gesture. What did not lead there is taken back.
fn attempt(
    path: &Path,
    what: &str,
    save: impl Fn(),
    take_back: impl Fn(),
    mut act: impl FnMut(usize),
    wanted: impl Fn(&weft_model::Graph) -> bool,
) {
    for time in 0..3 * WAYS {
        let before = std::fs::read(path).expect("there");
        act(time % WAYS);
        for _ in 0..2 {
            save();
            if wanted(&graph_in(path)) {
                return;
            }
        }
        for _ in 0..6 {
            if std::fs::read(path).expect("there") == before {
                break;
            }
            take_back();
            save();
        }
    }
    panic!("it never came to this: {what}");
}

/// What was built is the sample's workflow, and runs.
fn check_built(place: &Place, path: &Path) {
    let wanted = weft_project::template("mnist").expect("the template is there").project().graph;
    assert_eq!(wires(&graph_in(path)), wires(&wanted));
    place.weft(&["validate", "digits.weft"]).expect(0);
    let data = graph_in(path).nodes().find(|(_, n)| n.kind == "image_dataset").map(|(_, n)| n.name.clone());
    let train = graph_in(path).nodes().find(|(_, n)| n.kind == "train").map(|(_, n)| n.name.clone());
    let limit = format!("{}.limit=600", data.expect("there"));
    let epochs = format!("{}.epochs=1", train.expect("there"));
    place.weft(&["run", "digits.weft", "--device", "cpu", "--set", &limit, "--set", &epochs]).expect(0);
}

#[test]
fn the_mnist_workflow_is_built_by_mouse_alone() {
    let Some(display) = Display::open() else { return };
    let place = Place::new();
    let path = empty_project(&place);
    let window = Window::open(&display, &place, &["digits.weft"]);
    // File > Save, Edit > Undo.
    let save = || {
        window.click([100, 22]);
        window.click([127, 180]);
    };
    let take_back = || {
        window.click([140, 22]);
        window.click([165, 53]);
    };
    // Where the palette lists a kind, and where on the canvas it is dropped: the node's corner comes 60 to the left of
    // that and 14 above.
    let nodes = [
        ("image_dataset", 128, [290, 90]),
        ("split", 178, [490, 90]),
        ("normalise", 202, [690, 90]),
        ("train", 326, [960, 90]),
        ("network", 252, [490, 330]),
        ("evaluate", 376, [960, 330]),
    ];
    for (kind, row, at) in nodes {
        let has = |graph: &weft_model::Graph| graph.nodes().filter(|(_, node)| node.kind == kind).count() == 1;
        attempt(&path, kind, save, take_back, |_| window.drag([90, row], at), has);
    }
    // From an input, whose place is certain, to an output, which is found near where it should be.
    let wires_by_ends = [
        ("split", "samples", [430, 118], [394, 118]),
        ("normalise", "train", [630, 118], [586, 118]),
        ("normalise", "validation", [630, 138], [586, 138]),
        ("normalise", "test", [630, 158], [586, 158]),
        ("train", "train", [900, 118], [786, 118]),
        ("train", "validation", [900, 138], [786, 138]),
        ("train", "network", [900, 158], [582, 358]),
        ("evaluate", "test", [900, 378], [786, 158]),
        ("evaluate", "model", [900, 358], [1096, 118]),
    ];
    let wanted = wires(&weft_project::template("mnist").expect("the template is there").project().graph);
    for (kind, port, input, output) in wires_by_ends {
        let wire = wanted.iter().find(|w| w[2] == kind && w[3] == port).expect("the sample has it");
        let what = format!("a wire into {port} of {kind}");
        let has = |graph: &weft_model::Graph| wires(graph).contains(wire);
        attempt(&path, &what, save, take_back, |_| window.drag(input, output), has);
    }
    // A folder with such images is the first thing that the menu of the data set offers.
    let chosen = |graph: &weft_model::Graph| graph.nodes().any(|(_, n)| n.params.contains_key("path"));
    let choose = |_| {
        window.move_to([310, 90]);
        window.pointer(&["click", "3"]);
        window.click([370, 112]);
    };
    attempt(&path, "the data's folder", save, take_back, choose, chosen);
    check_built(&place, &path);
}

#[test]
fn the_mnist_workflow_is_built_by_keyboard_alone() {
    let Some(display) = Display::open() else { return };
    let place = Place::new();
    let path = empty_project(&place);
    let window = Window::open(&display, &place, &["digits.weft"]);
    let save = || window.key("ctrl+s");
    let take_back = || window.keys(&["Escape", "ctrl+z"]);
    let kinds = [
        ("image data set", "image_dataset"),
        ("split", "split"),
        ("normalise", "normalise"),
        ("lenet", "network"),
        ("train", "train"),
        ("evaluate", "evaluate"),
    ];
    for (query, kind) in kinds {
        let has = |graph: &weft_model::Graph| graph.nodes().filter(|(_, node)| node.kind == kind).count() == 1;
        let add = |_| {
            window.key("shift+a");
            window.types(query);
            window.key("Return");
        };
        attempt(&path, kind, save, take_back, add, has);
    }
    let go_to = |kind: &str| {
        let name = graph_in(&path).nodes().find(|(_, n)| n.kind == kind).map(|(_, n)| n.name.clone());
        window.keys(&["Escape", "ctrl+f"]);
        window.types(&name.expect("there"));
        window.key("Return");
    };
    let sample = weft_project::template("mnist").expect("the template is there").project().graph;
    for wire in wires(&sample) {
        let [from, output, to, input] = &wire;
        let outputs = weft_model::catalogue::kind(from).expect("in the catalogue").outputs;
        let index = outputs.iter().position(|port| port.id == output).expect("declared");
        // The ports that fit are offered, the nearest first: which of them this one is depends on where the nodes stand.
        let lead = |time: usize| {
            go_to(from);
            window.keys(&vec!["alt+Right"; index + 1]);
            window.key("Return");
            window.keys(&vec!["Tab"; time]);
            window.key("Return");
        };
        let has = |graph: &weft_model::Graph| wires(graph).contains(&wire);
        attempt(&path, &format!("{output} of {from} to {input} of {to}"), save, take_back, lead, has);
    }
    let chosen = |graph: &weft_model::Graph| graph.nodes().any(|(_, n)| n.params.contains_key("path"));
    // A folder with such images is what the program offers.
    let choose = |_| {
        go_to("image_dataset");
        // The menu begins at its first command, beneath what it offers to mend.
        window.keys(&["shift+F10", "Up", "Up", "Return"]);
    };
    attempt(&path, "the data's folder", save, take_back, choose, chosen);
    check_built(&place, &path);
}

#[test]
fn edits_are_recovered_after_a_kill_and_saved() {
    let Some(display) = Display::open() else { return };
    let place = Place::new();
    let path = small_project(&place);
    let mut window = Window::open(&display, &place, &["digits.weft"]);
    window.point_at_canvas();
    // In the middle of editing: all nodes once more, and more than two seconds later half a gesture.
    window.keys(&["ctrl+a", "ctrl+d"]);
    std::thread::sleep(Duration::from_millis(3_500));
    window.pointer(&["mousedown", "1"]);
    window.move_to([740, 500]);
    window.program.kill().expect("it is killed");
    window.program.wait().expect("it ends");
    drop(window);
    assert_eq!(nodes(&path), 6, "the file is as it was saved last");

    // The program offers what was lost, and Enter takes it.
    let window = Window::open(&display, &place, &[]);
    window.tool(&["mouseup", "1"]);
    wait_until("what was recovered is saved", 60, || {
        window.keys(&["Return", "ctrl+s"]);
        nodes(&path) == 12
    });
    place.weft(&["validate", "digits.weft"]).expect(0);
}

#[test]
fn language_and_theme_are_switched_while_a_run_is_on() {
    let Some(display) = Display::open() else { return };
    let place = Place::new();
    let _path = place.project("digits.weft", &[("train", "epochs", json!(30))]);
    let window = Window::open(&display, &place, &["digits.weft"]);
    let runs = || place.weft(&["runs", "--json"]).json();
    window.point_at_canvas();
    window.key("ctrl+Return");
    wait_until("the run is on", 60, || runs().first().is_some_and(|r| r["status"] == "running"));
    let settings = || -> Value {
        let text = std::fs::read_to_string(place.data_dir().join("settings.json")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    };
    // The list of commands finds both in the language that is spoken at the time.
    for (words, setting, value) in [("dark and light", "theme", "light"), ("switch language", "lang", "zh")] {
        wait_until("the switch is remembered", 60, || {
            if settings()[setting] != value {
                window.key("ctrl+shift+p");
                window.types(words);
                window.key("Return");
                std::thread::sleep(Duration::from_millis(700));
            }
            settings()[setting] == value
        });
    }
    assert_eq!(runs()[0]["status"], "running", "and the run went on meanwhile");
    window.key("ctrl+alt+Return");
    wait_until("the run stops in an orderly way", 60, || runs()[0]["status"] == "stopped");
}
