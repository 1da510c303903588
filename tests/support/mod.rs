//! What the end-to-end tests share: the program as a user starts it, with a data folder of its own.

#![allow(dead_code, reason = "each test target uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The repository.
pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the repository is there")
}

/// The sample project.
pub fn sample() -> PathBuf {
    root().join("sample_projects/mnist/mnist.weft")
}

/// A folder to work in and a data folder.
pub struct Place {
    pub dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn data_dir(&self) -> PathBuf {
        self.path("weft-data")
    }

    /// The program with arguments, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("WEFT_DATA_DIR", self.data_dir())
            .env_remove("RUST_LOG")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn weft(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().expect("the program starts");
        Ran::new(args, output)
    }

    /// A copy of the sample project whose data is a link to the sample's, with parameters changed.
    pub fn project(&self, name: &str, params: &[(&str, &str, Value)]) -> PathBuf {
        let text = std::fs::read_to_string(sample()).expect("the sample is there");
        let mut project: Value = serde_json::from_str(&text).expect("the sample is JSON");
        for (node, param, value) in params {
            let node = node_mut(&mut project, node).expect("the node is there");
            if node.get("params").is_none() {
                node["params"] = Value::Object(serde_json::Map::new());
            }
            node["params"][*param] = value.clone();
        }
        if !params.iter().any(|(node, param, _)| *node == "data" && *param == "path") {
            let data = root().join("sample_projects/mnist/data");
            node_mut(&mut project, "data").expect("the node is there")["params"]["path"] =
                data.to_string_lossy().into();
        }
        let path = self.path(name);
        std::fs::write(&path, serde_json::to_string_pretty(&project).expect("JSON")).expect("written");
        path
    }
}

/// The node of this name in the JSON of a project.
pub fn node_mut<'a>(project: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    project["nodes"].as_object_mut()?.values_mut().find(|node| node["name"] == name)
}

/// What a finished program left.
pub struct Ran {
    pub args: String,
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn new(args: &[&str], output: Output) -> Self {
        Self {
            args: args.join(" "),
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "weft {}\n{}\n{}", self.args, self.out, self.err);
        self
    }

    /// Standard output as JSON lines: every line must be one.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}")))
            .collect()
    }

    /// The lines of one event.
    #[track_caller]
    pub fn events(&self, name: &str) -> Vec<Value> {
        self.json().into_iter().filter(|line| line["event"] == name).collect()
    }

    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let all = format!("{}\n{}", self.out, self.err);
        for word in words {
            assert!(all.contains(word), "'{word}' is expected of weft {}:\n{all}", self.args);
        }
        self
    }
}

/// Arguments of a short run on the processor.
pub fn short_run<'a>(project: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["run", project, "--json", "--device", "cpu", "--seed", "7"];
    args.extend(["--set", "data.limit=1000", "--set", "train.epochs=2"]);
    args.extend(more);
    args
}

/// Waits until something holds, at most so long.
#[track_caller]
pub fn wait_until(what: &str, limit_s: u64, mut holds: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(limit_s);
    while !holds() {
        assert!(std::time::Instant::now() < end, "{what} within {limit_s} s");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
