//! What runs and nodes may take, and what is tried again.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod harness;

use std::time::Duration;

use harness::{Bench, graph, mnist_like};
use serde_json::json;
use weft_model::{Edit, Planning};
use weft_project::Project;
use weft_protocol::event::LogLevel;
use weft_protocol::{Command, Event, NodeStatus, RunStatus};

use NodeStatus::{Done, Failed, Skipped};

fn plan_node(project: &mut Project, node: &str, planning: Planning) {
    let id = project.graph.node_named(node).unwrap();
    project.graph.apply(Edit::SetPlanning { id, planning: Box::new(planning) }).unwrap();
}

#[test]
fn a_failed_task_is_tried_again_as_often_as_its_node_says() {
    let project = |retries| {
        let mut project = graph(&["b", "d"], &[("b", "c")]);
        plan_node(&mut project, "b", Planning { retries, ..Planning::default() });
        project
    };
    let mut bench = Bench::new();
    bench.script(json!({ "b": { "steps": 9, "what": "fail", "at": 7, "times": 2 } }));
    let ran = bench.run(&project(2), |_| {});
    assert_eq!(ran.status, RunStatus::Done, "{ran:#?}");
    assert_eq!((bench.count("b"), bench.began_at("b")), (3, 5), "each time from the checkpoint");
    let warnings = ran.logs(LogLevel::Warn, Some("b"));
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("the loss is NaN") && warnings[0].contains("attempt 2 of 3"), "{warnings:?}");
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());

    let mut bench = Bench::new();
    bench.script(json!({ "b": { "steps": 9, "what": "fail", "at": 7 } }));
    let ran = bench.run(&project(1), |_| {});
    assert_eq!([ran.node("b"), ran.node("c"), ran.node("d")], [Failed, Skipped, Done]);
    assert_eq!((bench.count("b"), ran.fault("b").code.as_str()), (2, "nan_loss"));
}

#[test]
fn a_node_that_takes_longer_than_it_may_is_stopped_and_keeps_what_there_is() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 1_000_000 } }));
    let mut project = mnist_like();
    plan_node(&mut project, "train", Planning { time_limit_s: Some(0.3), ..Planning::default() });
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.status, RunStatus::Failed);
    assert_eq!([ran.node("normalise"), ran.node("train"), ran.node("evaluate")], [Done, Failed, Skipped]);
    let fault = ran.fault("train");
    assert_eq!(fault.code, "time_limit");
    assert!(fault.message.en.contains("'train'") && fault.message.en.contains("0.3 s"), "{fault}");
    assert!(fault.message.zh.contains("0.3") && !fault.remedy.zh.is_empty());
    assert!(ran.artifacts.iter().any(|(node, ..)| node == "train"), "the model so far");
    // It is no result: the next run goes on from the checkpoint.
    bench.script(json!({ "train": { "steps": 3 } }));
    let again = bench.run(&project, |_| {});
    assert_eq!([again.node("normalise"), again.node("train")], [NodeStatus::Cached, Done]);
    assert!(bench.began_at("train") > 0);
}

#[test]
fn a_run_that_takes_longer_than_it_may_is_stopped_and_says_so() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 1_000_000 } }));
    bench.start(&mnist_like(), |r| r.limits.time_s = Some(1.5));
    bench.wait_for_progress("train", 2);
    bench.wait_for(|e| matches!(e, Event::RunStopping { .. }));
    let ran = bench.finish();
    assert_eq!(ran.status, RunStatus::Failed);
    assert_eq!([ran.node("train"), ran.node("evaluate")], [Failed, Skipped]);
    for node in ["train", "evaluate"] {
        assert!(ran.fault(node).code == "time_limit" && ran.fault(node).message.en.contains("1.5 s"));
    }
}

#[test]
fn the_time_of_a_pause_counts_for_no_limit() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 30, "step_ms": 5 } }));
    let mut project = mnist_like();
    plan_node(&mut project, "train", Planning { time_limit_s: Some(20.0), ..Planning::default() });
    bench.start(&project, |r| r.limits.time_s = Some(20.0));
    bench.wait_for_progress("train", 3);
    bench.send(Command::Pause);
    bench.wait_for(|e| matches!(e, Event::RunPaused { paused: true, .. }));
    std::thread::sleep(Duration::from_millis(300));
    bench.send(Command::Continue);
    assert_eq!(bench.finish().status, RunStatus::Done);
}

#[test]
fn a_task_that_takes_more_memory_than_it_may_is_stopped() {
    let quick = || Bench::configured(|c| (c.memory_every, c.processor_threads) = (Duration::from_millis(20), Some(2)));
    let mut bench = quick();
    bench.script(json!({ "b": { "steps": 1_000_000, "take_mb": 300 } }));
    let mut project = graph(&["b", "c"], &[("b", "e")]);
    plan_node(&mut project, "b", Planning { memory_limit_bytes: Some(200_000_000), ..Planning::default() });
    let ran = bench.run(&project, |_| {});
    assert_eq!([ran.node("b"), ran.node("c"), ran.node("e")], [Failed, Done, Skipped]);
    let fault = ran.fault("b");
    assert_eq!(fault.code, "memory_limit");
    assert!(fault.message.en.contains("'b'") && fault.message.en.contains("its limit is 200 MB"), "{fault}");
}
