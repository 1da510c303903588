//! Faults as they happen: the program and its workers are killed, hang and are interrupted, and nothing is lost.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg(unix)]

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use support::{Place, Ran, sample, short_run, wait_until};

/// Children of a process, by /proc.
fn workers_of(pid: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok())
        .filter(|child: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            after.split_whitespace().nth(1).and_then(|p| p.parse().ok()) == Some(pid)
        })
        .collect()
}

fn alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.is_ok_and(|s| s.success()), "kill -{name} {pid}");
}

/// A run whose lines are read while it goes on.
struct Running {
    child: Child,
    lines: Box<dyn Iterator<Item = String>>,
    seen: Vec<Value>,
}

impl Running {
    fn start(place: &Place, args: &[&str]) -> Self {
        Self::of(place.command(args))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        Self { child, lines: Box::new(lines), seen: Vec::new() }
    }

    /// Reads until a line fits.
    #[track_caller]
    fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) {
        for line in self.lines.by_ref() {
            let value: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}"));
            let found = fits(&value);
            self.seen.push(value);
            if found {
                return;
            }
        }
        panic!("{what} did not come: {:#?}", self.seen.last());
    }

    fn finish(mut self) -> (Option<i32>, Vec<Value>) {
        for line in self.lines.by_ref() {
            self.seen.push(serde_json::from_str(&line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}")));
        }
        (self.child.wait().expect("it ends").code(), self.seen)
    }
}

fn is_epoch(line: &Value, epoch: u64) -> bool {
    line["event"] == "metric" && line["part"] == "validation" && line["epoch"].as_u64() >= Some(epoch)
}

fn evaluation(lines: &[Value]) -> Value {
    let last = lines.last().expect("there are lines");
    assert_eq!(last["status"], "done", "{last}");
    last["metrics"]["evaluate"].clone()
}

/// What the sample measures when nothing disturbs it, and a run of the same that has come to its second epoch, with the
/// workers that compute for it.
fn disturbed(place: &Place) -> (Value, Running, Vec<u32>) {
    let sample = sample();
    let args = short_run(sample.to_str().expect("paths of the tests are UTF-8"), LONGER);
    let undisturbed = Place::new().weft(&args).expect(0);
    let mut run = Running::start(place, &args);
    run.until("the second epoch", |line| is_epoch(line, 2));
    let workers = workers_of(run.child.id());
    assert!(!workers.is_empty());
    (evaluation(&undisturbed.json()), run, workers)
}

const LONGER: &[&str] = &["--set", "data.limit=6000", "--set", "train.epochs=6"];

#[test]
fn a_killed_worker_is_reported_and_the_training_ends_with_the_same_numbers() {
    let place = Place::new();
    let (undisturbed, run, workers) = disturbed(&place);
    for worker in workers {
        signal(worker, "KILL");
    }
    let (status, lines) = run.finish();
    assert_eq!(status, Some(0), "{:#?}", lines.last());
    assert_eq!(evaluation(&lines), undisturbed);
    let told = lines.iter().any(|l| l["event"] == "log" && l["node"] == "train" && l["level"] == "warn");
    assert!(told, "the loss of the worker is told at its node");
}

#[test]
fn a_killed_program_leaves_no_worker_and_a_run_that_can_be_resumed() {
    let place = Place::new();
    let (undisturbed, mut run, workers) = disturbed(&place);
    run.child.kill().expect("it is killed");
    run.child.wait().expect("it ends");
    wait_until("no worker is left", 10, || !workers.iter().any(|w| alive(*w)));

    let runs = place.weft(&["runs", "--json"]).expect(0).json();
    assert_eq!(runs[0]["status"], "interrupted");
    let id = runs[0]["run"].to_string();
    let resumed = place.weft(&["resume", &id, "--json"]).expect(0);
    assert_eq!(evaluation(&resumed.json()), undisturbed);
    let first = resumed.events("metric").iter().find(|m| m["part"] == "validation").map(|m| m["epoch"].clone());
    assert!(first.as_ref().and_then(Value::as_u64) > Some(1), "it goes on from its checkpoint: {first:?}");
    assert_eq!(place.weft(&["runs", "--json"]).expect(0).json()[0]["status"], "done");
}

#[test]
fn ctrl_c_stops_cleanly_and_keeps_the_model() {
    for name in ["INT", "TERM"] {
        let place = Place::new();
        let sample = sample();
        let mut args = short_run(sample.to_str().unwrap(), LONGER);
        args.extend(["--set", "train.epochs=500", "--out", "out"]);
        let mut run = Running::start(&place, &args);
        run.until("the first epoch", |line| is_epoch(line, 1));
        signal(run.child.id(), name);
        let (status, lines) = run.finish();
        assert_eq!(status, Some(130));
        let last = lines.last().unwrap();
        assert_eq!((&last["event"], &last["status"]), (&json!("run_finished"), &json!("stopped")));
        assert!(place.path("out/train.safetensors").is_file(), "the model so far is kept");
    }
}

#[test]
fn a_worker_that_hangs_is_noticed_and_replaced() {
    let place = Place::new();
    let sample = sample();
    let mut command = place.command(&short_run(sample.to_str().unwrap(), LONGER));
    command.env("WEFT_HEARTBEAT_TIMEOUT_S", "3");
    let mut run = Running::of(command);
    run.until("the second epoch", |line| is_epoch(line, 2));
    for worker in workers_of(run.child.id()) {
        signal(worker, "STOP");
    }
    let (status, lines) = run.finish();
    assert_eq!(status, Some(0), "{:#?}", lines.last());
    evaluation(&lines);
}

#[test]
fn a_reader_that_goes_away_does_not_break_a_run() {
    let place = Place::new();
    let sample = sample();
    let mut run = Running::start(&place, &short_run(sample.to_str().unwrap(), &[]));
    run.until("the start", |line| line["event"] == "run_started");
    let Running { mut child, lines, .. } = run;
    drop(lines);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let runs: Ran = place.weft(&["runs", "--json"]).expect(0);
    assert_eq!(runs.json()[0]["status"], "done");
}
