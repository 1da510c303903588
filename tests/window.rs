//! The real window, driven as a person does: real keys and a real pointer on a virtual display. Skipped, and said so,
//! where there is no Xvfb or no xdotool.
#![cfg(target_os = "linux")]

mod support;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::{Place, wait_until};

/// A virtual display of its own.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// None, with a word why, where it cannot be had.
    fn open() -> Option<Self> {
        for program in ["Xvfb", "xdotool"] {
            if Command::new(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
                eprintln!("SKIPPED: {program} is not installed, so no real window is driven");
                return None;
            }
        }
        // The server picks a free number and says which.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"])
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
        Some(Self { server, name: format!(":{number}") })
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
        std::thread::sleep(Duration::from_secs(3));
        window
    }

    fn tool(&self, args: &[&str]) -> String {
        let output = Command::new("xdotool").args(args).env("DISPLAY", &self.display.name).output();
        String::from_utf8_lossy(&output.expect("xdotool runs").stdout).trim().to_owned()
    }

    fn key(&self, key: &str) {
        self.tool(&["windowfocus", "--sync", &self.id]);
        self.tool(&["key", key]);
        std::thread::sleep(Duration::from_millis(600));
    }

    /// Moves the pointer into the middle of the canvas, so that its keys are meant for it.
    fn point_at_canvas(&self) {
        self.tool(&["mousemove", "700", "480"]);
        std::thread::sleep(Duration::from_millis(300));
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
