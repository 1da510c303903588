//! Timed tasks: they take their time, fail as often as they state, and end when they are told to.

#![allow(clippy::unwrap_used, reason = "a test says best where it failed by failing there")]

mod harness;

use std::time::Instant;

use harness::Bench;
use weft_model::planning::Planning;
use weft_model::timed::TIMED_TASK;
use weft_model::{Edit, Endpoint, Node, NodeId, Value, Wire, WireId};
use weft_project::Project;
use weft_protocol::event::LogLevel;
use weft_protocol::{Command, Event, NodeStatus, RunStatus, Sample};

use NodeStatus::{Cached, Done, Failed, Skipped, Stopped};

/// Timed tasks with the time of their run [s], and wires from one to the run of another.
fn tasks(list: &[(&str, f64)], wires: &[(&str, &str)]) -> Project {
    let mut project = Project::new();
    for (at, (name, run_s)) in list.iter().enumerate() {
        let mut node = Node::new(TIMED_TASK, *name, [0.0; 2]);
        node.params.insert("run_s".into(), Value::Float(*run_s));
        project.graph.apply(Edit::AddNode { id: NodeId(at as u64 + 1), node }).unwrap();
    }
    for (at, (from, to)) in wires.iter().enumerate() {
        let end = |name: &str, port: &str| Endpoint::new(project.graph.node_named(name).unwrap(), port);
        let wire = Wire::new(end(from, "done"), end(to, "run"));
        project.graph.apply(Edit::AddWire { id: WireId(at as u64), wire }).unwrap();
    }
    project
}

fn set(project: &mut Project, node: &str, param: &str, value: impl Into<Value>) {
    let id = project.graph.node_named(node).unwrap();
    project.graph.apply(Edit::SetParam { id, param: param.into(), value: Some(value.into()) }).unwrap();
}

fn retries(project: &mut Project, node: &str, retries: u32) {
    let id = project.graph.node_named(node).unwrap();
    let planning = Box::new(Planning { retries, ..Planning::default() });
    project.graph.apply(Edit::SetPlanning { id, planning }).unwrap();
}

#[test]
fn each_takes_its_time_after_all_that_it_waits_for() {
    let mut bench = Bench::new();
    let mut project = tasks(&[("a", 0.05), ("b", 0.1), ("c", 0.0), ("d", 0.15)], &[("a", "d"), ("b", "d"), ("c", "d")]);
    let begun = Instant::now();
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.status, RunStatus::Done, "{ran:?}");
    assert!(begun.elapsed().as_secs_f64() >= 0.25, "the longest way takes 0.1 + 0.15 s");
    for before in ["a", "b", "c"] {
        assert!(ran.finished_at(before) < ran.started_at("d"), "{before} before d");
    }
    let elapsed = |node: &str| {
        ran.all.iter().find_map(|n| match &n.event {
            Event::NodeFinished { name, elapsed_s, .. } if name == node => Some(*elapsed_s),
            _ => None,
        })
    };
    assert!(elapsed("d").unwrap() >= 0.15);
    let (_, _, left) = ran.artifacts.iter().find(|(n, ..)| n == "d").unwrap();
    let left: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(left).unwrap()).unwrap();
    assert_eq!(left, serde_json::json!({"run_s": 0.15}));

    let again = bench.run(&project, |_| {});
    assert!(["a", "b", "c", "d"].iter().all(|node| again.node(node) == Cached));
    // What is only planned with changes nothing; how long it takes does, and what comes after.
    set(&mut project, "a", "memory_mb", 500.0);
    set(&mut project, "b", "run_s", 0.0);
    let changed = bench.run(&project, |_| {});
    assert_eq!(["a", "b", "c", "d"].map(|node| changed.node(node)), [Cached, Done, Cached, Done]);
}

/// Two chained services of 0.5 s of training, 0.1 s of deployment and 0.05 s of a run, both at once on half of a device each;
/// the first feeds an input of the second.
fn services(input: &str) -> Project {
    let mut project = tasks(&[("first", 0.05), ("second", 0.05)], &[]);
    for node in ["first", "second"] {
        set(&mut project, node, "train_s", 0.5);
        set(&mut project, node, "deploy_s", 0.1);
        set(&mut project, node, "share", 0.5);
    }
    let end = |name: &str, port: &str| Endpoint::new(project.graph.node_named(name).unwrap(), port);
    let wire = Wire::new(end("first", "done"), end("second", input));
    project.graph.apply(Edit::AddWire { id: WireId(1), wire }).unwrap();
    project
}

#[test]
fn a_wire_holds_back_the_phase_that_it_feeds_and_no_earlier_one() {
    let mut bench = Bench::new();
    let ran = bench.run(&services("run"), |_| {});
    assert_eq!((ran.status, ran.node("first"), ran.node("second")), (RunStatus::Done, Done, Done));
    assert!(ran.started_at("second") < ran.finished_at("first"), "both train and deploy at once");
    assert!(ran.finished_at("first") < ran.finished_at("second"), "the second runs after the first has");
    // Each is told of once, whatever the number of its phases.
    let told = |name: &str| {
        ran.all
            .iter()
            .filter(|n| match &n.event {
                Event::NodeStarted { name: of, .. } | Event::NodeFinished { name: of, .. } => of == name,
                _ => false,
            })
            .count()
    };
    assert_eq!((told("first"), told("second")), (2, 2));
    let elapsed = |node: &str| {
        ran.all.iter().find_map(|n| match &n.event {
            Event::NodeFinished { name, elapsed_s, .. } if name == node => Some(*elapsed_s),
            _ => None,
        })
    };
    assert!(elapsed("second").unwrap() >= 0.65, "its phases together");
    let phases: Vec<String> = ran
        .all
        .iter()
        .filter_map(|n| match &n.event {
            Event::PhaseStarted { node, phase, .. } if *node == NodeId(2) => Some(format!("{phase} begins")),
            Event::PhaseFinished { node, phase, .. } if *node == NodeId(2) => Some(format!("{phase} ends")),
            _ => None,
        })
        .collect();
    let all = ["train begins", "train ends", "deploy begins", "deploy ends", "run begins", "run ends"];
    assert_eq!(phases, all);
    let fed = bench.run(&services("train"), |_| {});
    assert!(fed.finished_at("first") < fed.started_at("second"));
    assert_eq!(bench.run(&services("train"), |_| {}).node("second"), Cached);
}

#[test]
fn a_node_whose_phases_run_apart_ends_once_whatever_ends_it() {
    // What it waits for fails while it trains.
    let mut bench = Bench::new();
    let mut project = services("run");
    set(&mut project, "second", "train_s", 1e6);
    set(&mut project, "first", "failures", 1_i64);
    let ran = bench.run(&project, |_| {});
    assert_eq!((ran.status, ran.node("first"), ran.node("second")), (RunStatus::Failed, Failed, Skipped));
    // It is stopped while it trains, and between its phases.
    for node in ["first", "second"] {
        let mut project = services("run");
        // In the second case, the first node is at work on its last phase when the second waits for it with its own.
        let (param, seconds, step) = if node == "first" { ("train_s", 1e6, 0) } else { ("run_s", 5.0, 200) };
        set(&mut project, "first", param, seconds);
        bench.start(&project, |_| {});
        bench.wait_for_progress("first", step);
        bench.send(Command::Stop);
        let ran = bench.finish();
        assert_eq!((ran.status, ran.node("first"), ran.node("second")), (RunStatus::Stopped, Stopped, Stopped));
        let ends = ran.all.iter().filter(|n| matches!(n.event, Event::NodeFinished { .. })).count();
        assert_eq!(ends, 2);
    }
    // It takes longer than it may, in its second phase.
    let mut project = services("run");
    set(&mut project, "first", "deploy_s", 1e6);
    let planning = Box::new(Planning { time_limit_s: Some(0.6), ..Planning::default() });
    let id = project.graph.node_named("first").unwrap();
    project.graph.apply(Edit::SetPlanning { id, planning }).unwrap();
    let ran = bench.run(&project, |_| {});
    assert_eq!((ran.node("first"), ran.node("second")), (Failed, Skipped));
    assert_eq!(ran.fault("first").code, "time_limit");
}

#[test]
fn it_is_as_fast_as_it_states_for_its_device() {
    let mut bench = Bench::new();
    let mut project = tasks(&[("a", 1e6)], &[]);
    set(&mut project, "a", "speeds", "other = 1; CPU = 1e8");
    assert_eq!(bench.run(&project, |_| {}).node("a"), Done, "in a hundredth of a second, not in days");
}

#[test]
fn it_says_how_far_it_is() {
    let mut bench = Bench::new();
    let project = tasks(&[("a", 0.6)], &[]);
    bench.start(&project, |_| {});
    bench.wait_for_progress("a", 100);
    assert_eq!(bench.finish().status, RunStatus::Done);
    let said = bench.samples().into_iter().filter_map(|s| match s {
        Sample::Progress(p) => Some(p),
        _ => None,
    });
    for progress in said {
        assert!(progress.step <= progress.steps && progress.eta_s.is_some_and(|left| (0.0..=0.6).contains(&left)));
    }
}

#[test]
fn one_that_fails_takes_with_it_what_waits_for_it_and_nothing_else() {
    let mut bench = Bench::new();
    let mut project =
        tasks(&[("a", 0.0), ("b", 0.01), ("c", 0.0), ("d", 0.0), ("e", 0.02)], &[("a", "b"), ("b", "c"), ("d", "e")]);
    set(&mut project, "b", "failures", 2_i64);
    retries(&mut project, "b", 1);
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.status, RunStatus::Failed);
    assert_eq!(["a", "b", "c", "d", "e"].map(|n| ran.node(n)), [Done, Failed, Skipped, Done, Done]);
    assert_eq!(ran.fault("b").code, "stated_failure");
    let [said] = ran.logs(LogLevel::Warn, Some("b"))[..] else { panic!("said once: {ran:?}") };
    assert!(said.contains("it is tried again (attempt 2 of 2)"), "{said}");
    retries(&mut project, "b", 2);
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.status, RunStatus::Done);
    assert_eq!(["a", "b", "c"].map(|n| ran.node(n)), [Cached, Done, Done]);
}

#[test]
fn it_is_stopped_at_its_limit() {
    let mut bench = Bench::new();
    let mut project = tasks(&[("long", 1e6), ("after", 0.0), ("other", 0.0)], &[("long", "after")]);
    let planning = Box::new(Planning { time_limit_s: Some(0.05), ..Planning::default() });
    let id = project.graph.node_named("long").unwrap();
    project.graph.apply(Edit::SetPlanning { id, planning }).unwrap();
    let ran = bench.run(&project, |_| {});
    assert_eq!(["long", "after", "other"].map(|n| ran.node(n)), [Failed, Skipped, Done]);
    assert_eq!(ran.fault("long").code, "time_limit");
}

#[test]
fn a_pause_holds_it_up_and_a_stop_ends_it_at_once() {
    let mut bench = Bench::new();
    let project = tasks(&[("long", 1e6), ("after", 0.0)], &[("long", "after")]);
    bench.start(&project, |_| {});
    bench.wait_for(|e| matches!(e, Event::NodeStarted { .. }));
    bench.send(Command::Pause);
    bench.wait_for(|e| matches!(e, Event::RunPaused { paused: true, .. }));
    bench.send(Command::Continue);
    bench.wait_for(|e| matches!(e, Event::RunPaused { paused: false, .. }));
    bench.send(Command::Stop);
    let ran = bench.finish();
    assert_eq!(ran.status, RunStatus::Stopped);
    assert_eq!((ran.node("long"), ran.node("after")), (Stopped, Skipped));

    let project = tasks(&[("short", 0.3)], &[]);
    bench.start(&project, |_| {});
    bench.wait_for(|e| matches!(e, Event::NodeStarted { .. }));
    bench.send(Command::Pause);
    bench.wait_for(|e| matches!(e, Event::RunPaused { paused: true, .. }));
    std::thread::sleep(std::time::Duration::from_millis(600));
    bench.send(Command::Continue);
    bench.wait_for(|e| matches!(e, Event::RunPaused { paused: false, .. }));
    assert_eq!(bench.finish().status, RunStatus::Done, "not before it went on");
}
