//! Previews through the engine with a scripted worker: the newest request wins, what nobody waits for is given up, what
//! was seen is kept, and a worker that dies or hangs is told of and replaced.
#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod harness;

use std::fs;
use std::time::Duration;

use harness::{Bench, mnist_like};
use serde_json::json;
use weft_model::{NodeId, Value};
use weft_project::Project;
use weft_protocol::event::Fault;
use weft_protocol::preview::{self, FactValue};
use weft_protocol::run::Part;
use weft_protocol::{Command, Event, Preview, PreviewRequest, RunStatus};

fn node(project: &Project, name: &str) -> NodeId {
    project.graph.node_named(name).unwrap()
}

/// The request for a node; its data set has so many samples.
fn request(bench: &Bench, project: &Project, name: &str, number: u64, samples: i64) -> PreviewRequest {
    let mut chain = preview::chain(&project.graph, node(project, name)).unwrap();
    chain[0].params.insert("limit".into(), Value::Int(samples));
    let base_dir = bench.project_dir().to_owned();
    PreviewRequest { node: node(project, name), request: number, chain, seed: project.seed, base_dir, fresh: false }
}

fn ask(bench: &mut Bench, request: PreviewRequest) {
    bench.send(Command::Preview(Box::new(request)));
}

fn answer(bench: &mut Bench) -> (NodeId, u64, Result<Preview, Fault>) {
    match bench.wait_for(|e| matches!(e, Event::Preview { .. })) {
        Event::Preview { node, request, result } => (node, request, result),
        _ => unreachable!(),
    }
}

/// Which look of the worker a preview comes from.
fn look_number(preview: &Preview) -> u64 {
    match preview.facts[0].value {
        FactValue::Count(n) => n,
        _ => panic!("{preview:?}"),
    }
}

fn wait_for_file(bench: &Bench, name: &str) {
    let path = bench.project_dir().join(name);
    for _ in 0..3_000 {
        if path.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{name} never came");
}

#[test]
fn previews_are_answered_while_a_task_computes_and_the_newest_request_wins() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 100_000 }, "preview": { "steps": 50, "step_ms": 2 } }));
    let project = mnist_like();
    bench.start(&project, |_| {});
    bench.wait_for_progress("train", 2);
    for number in 1..=5 {
        let asked = request(&bench, &project, "data", number, number as i64);
        ask(&mut bench, asked);
    }
    // Only the newest is answered, whatever became of those before it.
    let (_, number, seen) = answer(&mut bench);
    assert_eq!((number, seen.unwrap().count(Part::Train)), (5, 5));
    bench.send(Command::Stop);
    assert_eq!(bench.finish().status, RunStatus::Stopped);
}

#[test]
fn a_look_that_nobody_waits_for_is_given_up_at_once_by_word() {
    let mut bench = Bench::new();
    bench.script(json!({ "preview": { "steps": 100_000, "step_ms": 2 } }));
    let project = mnist_like();
    let asked = request(&bench, &project, "data", 1, 1);
    ask(&mut bench, asked);
    wait_for_file(&bench, "count-preview");
    bench.send(Command::CancelPreview { node: node(&project, "data") });
    wait_for_file(&bench, "cancelled-preview");
    bench.script(json!({}));
    let asked = request(&bench, &project, "split", 2, 2);
    ask(&mut bench, asked);
    let (of, number, seen) = answer(&mut bench);
    assert_eq!((of, number), (node(&project, "split"), 2));
    assert_eq!(look_number(&seen.unwrap()), 2);
    // By the same worker: a word was enough.
    assert_eq!(fs::read_to_string(bench.project_dir().join("workers-preview")).unwrap(), "1");
}

#[test]
fn a_worker_that_is_deaf_to_it_is_replaced() {
    let mut bench = Bench::patient(|p| p.preview_cancel = Duration::from_millis(50));
    bench.script(json!({ "preview": { "steps": 100_000, "step_ms": 2, "what": "deaf" } }));
    let project = mnist_like();
    let asked = request(&bench, &project, "data", 1, 1);
    ask(&mut bench, asked);
    wait_for_file(&bench, "count-preview");
    bench.script(json!({}));
    // Another value of the same node: the look before it is of no use any more.
    let asked = request(&bench, &project, "data", 2, 2);
    ask(&mut bench, asked);
    let (_, number, seen) = answer(&mut bench);
    assert_eq!((number, seen.unwrap().count(Part::Train)), (2, 2));
}

#[test]
fn what_was_seen_is_kept_for_the_next_request_and_the_next_program() {
    let mut bench = Bench::new();
    let project = mnist_like();
    let asked = |bench: &mut Bench, number, samples| {
        let asked = request(bench, &project, "normalise", number, samples);
        ask(bench, asked);
        look_number(&answer(bench).2.unwrap())
    };
    assert_eq!(asked(&mut bench, 1, 5), 1);
    assert_eq!(asked(&mut bench, 2, 5), 1);
    assert_eq!(asked(&mut bench, 3, 6), 2);
    bench.restart();
    assert_eq!((asked(&mut bench, 1, 5), asked(&mut bench, 2, 6)), (1, 2));
    // No worker was needed for that.
    assert_eq!(fs::read_to_string(bench.project_dir().join("count-preview")).unwrap(), "2");
    // Another file in the folder, another look; and whoever asks to look anew gets one.
    fs::write(bench.project_dir().join("data").join("train-labels-idx1-ubyte"), "something else").unwrap();
    assert_eq!(asked(&mut bench, 3, 5), 3);
    let again = PreviewRequest { fresh: true, ..request(&bench, &project, "normalise", 4, 5) };
    ask(&mut bench, again);
    assert_eq!(look_number(&answer(&mut bench).2.unwrap()), 4);
}

#[test]
fn the_seed_is_that_of_a_run() {
    let mut bench = Bench::new();
    let project = mnist_like();
    let of = |bench: &mut Bench, number, seed| {
        let asked = PreviewRequest { seed, ..request(bench, &project, "split", number, 1) };
        ask(bench, asked);
        answer(bench).2.unwrap().classes[0].clone()
    };
    let (one, other) = (of(&mut bench, 1, 7), of(&mut bench, 2, 8));
    assert!(one.starts_with("split ") && one != other, "{one} {other}");
    assert_eq!(of(&mut bench, 3, 7), one);
}

#[test]
fn a_worker_that_dies_is_told_of_and_the_next_request_gets_another() {
    let mut bench = Bench::new();
    bench.script(json!({ "preview": { "what": "kill", "at": 1, "times": 1 } }));
    let project = mnist_like();
    let asked = request(&bench, &project, "data", 1, 1);
    ask(&mut bench, asked);
    let fault = answer(&mut bench).2.unwrap_err();
    assert_eq!(fault.code, "worker_died");
    assert!(!fault.remedy.en.is_empty() && !fault.remedy.zh.is_empty());
    // A fault is not kept.
    let asked = request(&bench, &project, "data", 2, 1);
    ask(&mut bench, asked);
    assert!(answer(&mut bench).2.is_ok());
}

#[test]
fn a_look_that_takes_too_long_ends_with_what_to_do() {
    let mut bench = Bench::patient(|p| p.preview = Duration::from_millis(200));
    bench.script(json!({ "preview": { "what": "hang", "at": 1, "times": 1 } }));
    let project = mnist_like();
    let asked = request(&bench, &project, "data", 1, 1);
    ask(&mut bench, asked);
    let asked = request(&bench, &project, "split", 2, 1);
    ask(&mut bench, asked);
    let (of, number, result) = answer(&mut bench);
    let fault = result.unwrap_err();
    assert_eq!((of, number, fault.code.as_str()), (node(&project, "data"), 1, "preview_timeout"));
    assert!(fault.remedy.en.contains("drive"), "{fault}");
    // Whoever waited behind it is served by the next worker.
    let (of, number, result) = answer(&mut bench);
    assert_eq!((of, number, result.is_ok()), (node(&project, "split"), 2, true));
}

#[test]
fn a_fault_of_the_data_comes_as_it_is() {
    let mut bench = Bench::new();
    bench.script(json!({ "preview": { "what": "fail" } }));
    let project = mnist_like();
    let asked = request(&bench, &project, "data", 1, 1);
    ask(&mut bench, asked);
    let fault = answer(&mut bench).2.unwrap_err();
    assert_eq!((fault.code.as_str(), fault.message.zh.as_str()), ("missing_data", "没有"));
}

#[test]
fn a_worker_that_cannot_be_started_is_told_to_everybody_who_waits() {
    let mut bench = Bench::configured(|c| c.worker.program = "/no/such/worker".into());
    let project = mnist_like();
    for (number, name) in [(1, "data"), (2, "split")] {
        let asked = request(&bench, &project, name, number, 1);
        ask(&mut bench, asked);
    }
    let faults = [answer(&mut bench), answer(&mut bench)].map(|(_, number, r)| (number, r.unwrap_err().code));
    assert_eq!(faults, [(1, "worker_start".to_owned()), (2, "worker_start".to_owned())]);
}
