//! The engine from outside: commands in, events out, with a scripted worker (`examples/scripted_worker.rs`).

mod harness;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::{Bench, Ran, copy, empties, graph, mnist_like};
use serde_json::json;
use weft_engine::{ArtifactStore, Engine, RunStore};
use weft_model::clipboard::copy as copy_nodes;
use weft_model::subgraph::make_subgraph;
use weft_model::{Edit, Mode, Node, NodeId, Value};
use weft_project::Project;
use weft_protocol::event::LogLevel;
use weft_protocol::{Command, DeviceId, Event, NodeStatus, RunId, RunStatus, Sample};

use NodeStatus::{Cached, Done, Failed, Skipped, Stopped};

#[test]
fn a_run_goes_in_order_and_numbers_its_events_without_gaps() {
    let mut bench = Bench::new();
    let ran = bench.run(&mnist_like(), |_| {});
    assert_eq!(ran.status, RunStatus::Done, "{ran:?}");
    let seqs: Vec<u64> = ran.all.iter().map(|n| n.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert!(matches!(ran.all[0].event, Event::RunStarted { .. }));
    let plan = ran.all.iter().find_map(|n| if let Event::Plan { plan, .. } = &n.event { Some(plan) } else { None });
    let plan = plan.expect("a plan");
    assert_eq!((plan.algorithm.as_str(), plan.tasks.len()), ("auto", 6));
    assert!(plan.makespan_s > 0.0);
    for (before, after) in [("data", "split"), ("split", "normalise"), ("normalise", "train"), ("train", "evaluate")] {
        assert!(ran.finished_at(before) < ran.started_at(after), "{before} before {after}");
    }
    for node in ["data", "split", "normalise", "network", "train", "evaluate"] {
        assert_eq!(ran.node(node), Done, "{node}");
    }
    assert!(ran.metrics["train"]["state"].number().is_some());
    let (_, _, model) = ran.artifacts.iter().find(|(n, p, _)| n == "train" && p == "model").expect("a model");
    assert!(fs::read_to_string(model).unwrap().starts_with("model "));

    let record = bench.store().get(ran.run).unwrap();
    assert_eq!(record.summary.status, RunStatus::Done);
    assert_eq!(record.nodes["train"].status, Some(Done));
    assert_eq!(record.devices["train"], DeviceId::cpu());
    assert_eq!(record.series["train"].iter().map(|p| p.step).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(record.summary.metrics, ran.metrics);
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());
}

#[test]
fn an_unchanged_graph_is_computed_once_and_starts_no_worker_again() {
    let mut bench = Bench::new();
    let first = bench.run(&mnist_like(), |_| {});
    bench.restart();
    let second = bench.run(&mnist_like(), |_| {});
    assert_eq!(second.status, RunStatus::Done);
    for node in ["data", "split", "normalise", "network", "train", "evaluate"] {
        assert_eq!(second.node(node), Cached, "{node}");
    }
    assert_eq!(second.metrics, first.metrics);
    assert_eq!(second.artifacts, first.artifacts);
    assert_eq!(bench.count("train"), 1);
    assert!(!second.all.iter().any(|n| matches!(n.event, Event::NodeStarted { .. })));
    // The curves are this run's too.
    assert_eq!(bench.store().get(second.run).unwrap().series["train"].len(), 3);

    let fresh = bench.run(&mnist_like(), |r| r.fresh = true);
    assert_eq!(fresh.node("train"), Done);
    assert_eq!(fresh.metrics, first.metrics);
    assert_eq!(bench.count("train"), 2);
}

#[test]
fn a_changed_parameter_recomputes_only_what_depends_on_it() {
    let mut bench = Bench::new();
    bench.run(&mnist_like(), |_| {});
    let mut project = mnist_like();
    let train = project.graph.node_named("train").unwrap();
    let edit = Edit::SetParam { id: train, param: "epochs".into(), value: Some(Value::Int(3)) };
    project.graph.apply(edit).unwrap();
    let ran = bench.run(&project, |_| {});
    let is = |node: &str| ran.node(node);
    assert_eq!([is("data"), is("split"), is("normalise"), is("network")], [Cached; 4]);
    assert_eq!([is("train"), is("evaluate")], [Done; 2]);

    // Another seed changes what is random, and what depends on that; data and network stay.
    let ran = bench.run(&mnist_like(), |r| r.seed = Some(99));
    assert_eq!([ran.node("data"), ran.node("network")], [Cached; 2]);
    assert_eq!([ran.node("split"), ran.node("train")], [Done; 2]);

    // A file that has changed is noticed, though its name has not.
    fs::write(bench.project_dir().join("data/train-images-idx3-ubyte"), "other images").unwrap();
    let ran = bench.run(&mnist_like(), |_| {});
    assert_eq!((ran.node("data"), ran.node("network"), ran.node("evaluate")), (Done, Cached, Done));
}

#[test]
fn until_runs_a_node_and_what_it_needs() {
    let mut bench = Bench::new();
    let project = mnist_like();
    let split = project.graph.node_named("split");
    let ran = bench.run(&project, |r| r.until = split);
    assert_eq!(ran.status, RunStatus::Done);
    assert_eq!(ran.nodes.len(), 2);
    assert_eq!((ran.node("data"), ran.node("split")), (Done, Done));
}

#[test]
fn muting_and_bypassing_leave_out_what_they_say_and_recompute_only_what_gets_other_inputs() {
    let mut bench = Bench::new();
    let mut project = mnist_like();
    bench.run(&project, |_| {});
    let note = Node::new("note", "remark", [0.0; 2]);
    project.graph.apply(Edit::AddNode { id: NodeId(77), node: note }).unwrap();
    let id = |project: &Project, name| project.graph.node_named(name).unwrap();
    let mode = |project: &mut Project, name, mode| {
        let id = id(project, name);
        project.graph.apply(Edit::SetMode { id, mode }).unwrap();
    };
    mode(&mut project, "evaluate", Mode::Muted);
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.nodes.len(), 5, "neither the note nor what is muted: {:?}", ran.nodes);
    assert!(["data", "split", "normalise", "network", "train"].iter().all(|name| ran.node(name) == Cached));
    let left_out = id(&project, "evaluate");
    assert_eq!(bench.refused(&project.to_text(), |r| r.until = Some(left_out)).0.code, "node_left_out");

    mode(&mut project, "evaluate", Mode::Active);
    mode(&mut project, "normalise", Mode::Bypassed);
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.nodes.len(), 5);
    assert_eq!((ran.node("data"), ran.node("split"), ran.node("network")), (Cached, Cached, Cached));
    assert_eq!((ran.node("train"), ran.node("evaluate")), (Done, Done));

    mode(&mut project, "data", Mode::Muted);
    let ran = bench.run(&project, |_| {});
    assert_eq!((ran.nodes.len(), ran.node("network")), (1, Cached));
    mode(&mut project, "network", Mode::Muted);
    assert_eq!(bench.refused(&project.to_text(), |_| {}).0.code, "empty_graph");
}

#[test]
fn grouping_nodes_keeps_every_result() {
    let mut bench = Bench::new();
    let mut project = mnist_like();
    let ids = |project: &Project, names: &[&str]| -> Vec<NodeId> {
        names.iter().map(|name| project.graph.node_named(name).unwrap()).collect()
    };
    let plain = bench.run(&project, |_| {});
    let chosen = ids(&project, &["normalise", "train", "network"]);
    let (block, edit) = make_subgraph(&project.graph, &chosen, "Block").unwrap();
    project.graph.apply(edit).unwrap();
    let inner = project.graph.at(&[block]).unwrap();
    let (_, edit) = make_subgraph(inner, &[inner.node_named("train").unwrap()], "Inner").unwrap();
    project.graph.apply(Edit::inside(&[block], edit)).unwrap();
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.nodes.len(), plain.nodes.len());
    assert!(["data", "split", "normalise", "network", "train", "evaluate"].iter().all(|n| ran.node(n) == Cached));
    let ran = bench.run(&project, |r| r.until = Some(block));
    assert_eq!(ran.nodes.len(), 5, "all but what judges the model");
    // A copy has names and seeds of its own, and what was there keeps its results.
    let (edit, copies) = copy_nodes(&project.graph, &[block]).paste(&project.graph, [0.0; 2], true);
    project.graph.apply(edit).unwrap();
    assert_eq!(copies.len(), 1);
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.nodes.len(), 9);
    // Ports of the subgraph have names like that of the node, too.
    assert_eq!((ran.node("train"), ran.node("train 3")), (Cached, Done));
}

#[test]
fn what_cannot_run_is_refused_with_every_problem() {
    let mut bench = Bench::new();
    let mut project = mnist_like();
    let train = project.graph.node_named("train").unwrap();
    let wires: Vec<_> = project.graph.wires_at(train).map(|(id, _)| id).collect();
    for wire in wires {
        project.graph.apply(Edit::RemoveWire { id: wire }).unwrap();
    }
    let (fault, problems) = bench.refused(&project.to_text(), |_| {});
    assert_eq!(fault.code, "invalid_project");
    assert!(problems.iter().filter(|p| p.code == "unwired_input").count() >= 2, "{problems:?}");

    assert_eq!(bench.refused("{ broken", |_| {}).0.code, "unreadable_project");
    let good = mnist_like().to_text();
    let (fault, _) = bench.refused(&good, |r| r.device = Some(DeviceId("abacus".into())));
    assert_eq!(fault.code, "unknown_device");
    assert!(fault.remedy.en.contains("cpu") && fault.remedy.en.contains("gpu1"), "{fault}");
    assert_eq!(bench.refused(&good, |r| r.scheduler = Some("oracle".into())).0.code, "unknown_scheduler");
    fs::remove_dir_all(bench.project_dir().join("data")).unwrap();
    assert_eq!(bench.refused(&good, |_| {}).1[0].code, "missing_data");
    assert!(bench.store().list(None).unwrap().is_empty());
}

#[test]
fn a_failed_node_stops_what_needs_it_and_nothing_else() {
    let mut bench = Bench::new();
    bench.script(json!({ "b": { "steps": 9, "what": "fail", "at": 2 } }));
    // a → b → c and a → d → e, all of them splits.
    let ran = bench.run(&graph(&["b", "d"], &[("b", "c"), ("d", "e")]), |_| {});
    assert_eq!(ran.status, RunStatus::Failed);
    assert_eq!([ran.node("b"), ran.node("c"), ran.node("d"), ran.node("e")], [Failed, Skipped, Done, Done]);
    let fault = ran.fault("b");
    assert_eq!((fault.code.as_str(), fault.message.en.as_str()), ("nan_loss", "the loss is NaN"));
    assert!(ran.fault("c").message.en.contains("'b'"));
    // The last good model is left all the same, and not reused.
    assert!(ran.artifacts.iter().any(|(node, ..)| node == "b"));
    bench.script(json!({}));
    let again = bench.run(&graph(&["b", "d"], &[("b", "c"), ("d", "e")]), |_| {});
    assert_eq!([again.node("b"), again.node("c"), again.node("d")], [Done, Done, Cached]);
}

#[test]
fn stop_keeps_the_model_so_far_and_run_again_goes_on_from_it() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 40, "step_ms": 0 } }));
    let whole = bench.run(&mnist_like(), |_| {});

    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 40, "step_ms": 20 } }));
    bench.start(&mnist_like(), |_| {});
    bench.wait_for_progress("train", 7);
    let asked = Instant::now();
    bench.send(Command::Stop);
    bench.wait_for(|e| matches!(e, Event::RunStopping { .. }));
    let answered = asked.elapsed();
    let ran = bench.finish();
    assert!(answered < Duration::from_secs(1), "{answered:?}");
    assert_eq!(ran.status, RunStatus::Stopped);
    assert_eq!([ran.node("normalise"), ran.node("train"), ran.node("evaluate")], [Done, Stopped, Skipped]);
    let (_, _, model) = ran.artifacts.iter().find(|(n, p, _)| n == "train" && p == "model").expect("a model");
    assert!(Path::new(model).is_file());
    assert_eq!(bench.store().get(ran.run).unwrap().summary.status, RunStatus::Stopped);

    bench.script(json!({ "train": { "steps": 40, "step_ms": 0 } }));
    let again = bench.run(&mnist_like(), |_| {});
    assert_eq!([again.node("normalise"), again.node("train"), again.node("evaluate")], [Cached, Done, Done]);
    assert!(bench.began_at("train") >= 7);
    assert_eq!(again.metrics, whole.metrics);
}

#[test]
fn a_killed_worker_is_replaced_and_ends_with_the_same_numbers() {
    let mut undisturbed = Bench::new();
    undisturbed.script(json!({ "train": { "steps": 20 } }));
    let whole = undisturbed.run(&mnist_like(), |_| {});

    for what in ["kill", "exit", "babble"] {
        let mut bench = Bench::new();
        bench.script(json!({ "train": { "steps": 20, "what": what, "at": 13, "times": 1, "garbage": 3 } }));
        let ran = bench.run(&mnist_like(), |_| {});
        assert_eq!(ran.status, RunStatus::Done, "{what}: {ran:?}");
        assert_eq!(ran.metrics, whole.metrics, "{what}");
        assert_eq!(bench.began_at("train"), 10, "{what}: from the checkpoint");
        let warning = ran.logs(LogLevel::Warn, Some("train"));
        assert_eq!(warning.len(), 1, "{what}: {warning:?}");
        assert!(warning[0].contains("checkpoint"), "{warning:?}");
        if cfg!(unix) && what == "kill" {
            assert!(warning[0].contains("killed by signal 9 (out of memory?)"), "{warning:?}");
        }
        // What was measured twice stands once in the record.
        let steps: Vec<u64> = bench.store().get(ran.run).unwrap().series["train"].iter().map(|p| p.step).collect();
        assert_eq!(steps, (1..=20).collect::<Vec<_>>(), "{what}");
        assert!(
            ran.all.iter().any(|n| matches!(&n.event, Event::Log { message, .. } if message.contains("garbage 2")))
        );
    }
}

#[test]
fn a_worker_that_hangs_is_replaced() {
    for what in ["freeze", "hang"] {
        let mut bench = Bench::patient(|p| {
            p.heartbeat = Duration::from_millis(700);
            p.progress = Duration::from_millis(1_500);
        });
        bench.script(json!({ "train": { "steps": 20, "what": what, "at": 13, "times": 1 } }));
        let ran = bench.run(&mnist_like(), |_| {});
        assert_eq!(ran.status, RunStatus::Done, "{what}: {ran:?}");
        let warning = ran.logs(LogLevel::Warn, Some("train"));
        let said = if what == "freeze" { "no sign of life" } else { "no progress" };
        assert!(warning.len() == 1 && warning[0].contains(said), "{warning:?}");
        assert_eq!(bench.began_at("train"), 10);
    }
}

#[test]
fn a_task_that_kills_every_worker_fails_with_cause_and_remedy() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 20, "what": "exit", "at": 2 } }));
    let ran = bench.run(&mnist_like(), |_| {});
    assert_eq!(ran.status, RunStatus::Failed);
    assert_eq!([ran.node("train"), ran.node("evaluate")], [Failed, Skipped]);
    assert_eq!(bench.count("train"), 4);
    let fault = ran.fault("train");
    assert_eq!(fault.code, "worker_died");
    assert!(fault.message.en.contains("exit status 3") && fault.message.en.contains("3 restarts"), "{fault}");
    assert!(!fault.remedy.en.is_empty() && !fault.remedy.zh.is_empty());
}

#[test]
fn a_worker_that_cannot_be_started_fails_its_node() {
    let mut bench = Bench::configured(|c| c.worker.program = "/no/such/program".into());
    let ran = bench.run(&mnist_like(), |r| r.device = Some(DeviceId::cpu()));
    assert_eq!(ran.status, RunStatus::Failed);
    let fault = ran.fault("data");
    assert!(fault.code == "worker_start" && fault.message.en.contains("/no/such/program"), "{fault}");
    assert_eq!(ran.node("network"), Done);
}

#[test]
fn a_worker_that_does_not_listen_is_stopped_by_force() {
    let mut bench = Bench::patient(|p| {
        p.stop = Duration::from_millis(100);
        p.signal = Duration::from_millis(100);
    });
    bench.script(json!({ "train": { "steps": 100_000, "what": "deaf" } }));
    bench.start(&mnist_like(), |_| {});
    bench.wait_for_progress("train", 6);
    bench.send(Command::Stop);
    let ran = bench.finish();
    assert_eq!((ran.status, ran.node("train")), (RunStatus::Stopped, Stopped));
}

#[test]
fn a_run_pauses_and_goes_on() {
    let mut bench = Bench::patient(|p| p.progress = Duration::from_millis(400));
    bench.script(json!({ "train": { "steps": 30, "step_ms": 5 } }));
    bench.start(&mnist_like(), |_| {});
    bench.wait_for_progress("train", 3);
    bench.send(Command::Pause);
    bench.wait_for(|e| matches!(e, Event::RunPaused { paused: true, .. }));
    // Longer than a worker may go without progress: a pause is no hang.
    std::thread::sleep(Duration::from_millis(900));
    bench.send(Command::Continue);
    let ran = bench.finish();
    assert_eq!(ran.status, RunStatus::Done);
    assert!(ran.logs(LogLevel::Warn, Some("train")).is_empty());
}

#[test]
fn a_result_of_changed_parameters_is_not_reused() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 30, "step_ms": 10 } }));
    let project = mnist_like();
    bench.start(&project, |_| {});
    bench.wait_for_progress("train", 3);
    let node = project.graph.node_named("train").unwrap();
    bench.send(Command::SetLive { node, param: "batch_size".into(), value: Value::Int(8) });
    let ran = bench.finish();
    assert_eq!((ran.status, ran.node("train")), (RunStatus::Done, Done));
    assert!(ran.artifacts.iter().any(|(n, ..)| n == "train"));
    let again = bench.run(&project, |_| {});
    assert_eq!([again.node("normalise"), again.node("train")], [Cached, Done]);
    assert_eq!(bench.began_at("train"), 0);
}

#[test]
fn a_run_whose_program_is_gone_is_interrupted_and_can_be_resumed() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 30, "step_ms": 15 } }));
    bench.start(&mnist_like(), |r| r.seed = Some(5));
    bench.wait_for_progress("train", 12);
    // While it lives its run is going on, whoever looks.
    assert_eq!(bench.store().list(None).unwrap()[0].status, RunStatus::Running);
    let gone = bench.abandon();

    let run = gone.store().list(None).unwrap()[0].clone();
    assert_eq!((run.status, run.seed), (RunStatus::Interrupted, 5));
    let mut bench = gone;
    bench.script(json!({ "train": { "steps": 30 } }));
    bench.send(Command::Resume { run: run.run });
    let ran = bench.finish();
    assert_eq!((ran.run, ran.status), (run.run, RunStatus::Done));
    assert_eq!([ran.node("normalise"), ran.node("train")], [Cached, Done]);
    assert!(bench.began_at("train") >= 10);
    let record = bench.store().get(run.run).unwrap();
    assert_eq!(record.summary.status, RunStatus::Done);
    assert_eq!(record.series["train"].iter().map(|p| p.step).collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());

    for (run, code) in [(run.run, "run_is_done"), (RunId(77), "no_such_run")] {
        bench.send(Command::Resume { run });
        let event = bench.wait_for(|e| matches!(e, Event::RunRefused { .. }));
        assert!(matches!(event, Event::RunRefused { fault, .. } if fault.code == code));
    }
}

#[test]
fn a_damaged_result_is_computed_again() {
    let mut bench = Bench::new();
    let first = bench.run(&mnist_like(), |_| {});
    bench.restart();
    let (_, _, model) = first.artifacts.iter().find(|(n, p, _)| n == "train" && p == "model").unwrap();
    let content = fs::read(model).unwrap();
    fs::write(model, vec![b'?'; content.len()]).unwrap();
    let ran = bench.run(&mnist_like(), |_| {});
    assert_eq!(ran.status, RunStatus::Done);
    assert_eq!([ran.node("normalise"), ran.node("train"), ran.node("evaluate")], [Cached, Done, Cached]);
    assert_eq!(fs::read(model).unwrap(), content);
}

#[test]
fn a_project_that_was_moved_describes_its_data_anew_and_trains_nothing() {
    let mut bench = Bench::new();
    let first = bench.run(&mnist_like(), |_| {});
    let elsewhere = tempfile::tempdir().unwrap();
    copy(bench.project_dir(), elsewhere.path());
    let ran = bench.run(&mnist_like(), |r| r.project_path = Some(elsewhere.path().join("test.weft")));
    assert_eq!(ran.status, RunStatus::Done);
    let nodes = ["data", "split", "normalise", "network", "train", "evaluate"];
    assert_eq!(nodes.map(|n| ran.node(n)), [Done, Done, Done, Cached, Cached, Cached]);
    assert_eq!(ran.metrics["evaluate"], first.metrics["evaluate"]);
}

#[test]
fn a_new_data_folder_is_opened_by_many_programs_at_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..8).map(|_| scope.spawn(|| weft_engine::RunStore::open(folder.path()))).collect();
            for store in opened {
                store.join().unwrap().unwrap();
            }
        });
    }
}

#[test]
fn the_store_stays_within_its_limit_and_keeps_what_a_run_uses() {
    let mut bench = Bench::configured(|c| c.cache_limit_bytes = 1);
    let ran = bench.run(&mnist_like(), |_| {});
    assert_eq!(ran.status, RunStatus::Done);
    let again = bench.run(&mnist_like(), |r| r.seed = Some(1));
    assert_eq!(again.status, RunStatus::Done);
    // What the second run used was there while it was going on.
    let store = ArtifactStore::new(bench.data_dir());
    let left: Vec<_> = bench.store().run_artifacts(again.run).unwrap();
    assert!(!left.is_empty());
    let first = bench.store().run_artifacts(ran.run).unwrap();
    let gone = first.iter().filter(|(_, o)| !left.iter().any(|(_, l)| l == o)).all(|(_, o)| store.find(o).is_err());
    assert!(gone);
}

#[test]
fn a_frozen_receiver_slows_nothing_and_gets_every_event_when_it_wakes() {
    let mut bench = Bench::new();
    let nodes: Vec<String> = (0..3_000).map(|n| format!("n{n}")).collect();
    bench.start(&empties(&nodes), |_| {});
    // Nobody reads until the run is over: more events than the lane holds.
    let until = Instant::now() + Duration::from_secs(60);
    let is_done = |b: &Bench| b.store().list(None).unwrap().first().is_some_and(|r| r.status == RunStatus::Done);
    while !is_done(&bench) || !bench.lane_is_full() {
        assert!(Instant::now() < until, "the run waits for its receiver");
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = bench.finish();
    let behind = bench.times_behind;
    assert!(behind > 0);
    assert_eq!(ran.nodes.len(), 3_000);
    let seqs: Vec<u64> = ran.all.iter().map(|n| n.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_thousand_empty_tasks_are_done_and_found_again() {
    let mut bench = Bench::new();
    let nodes: Vec<String> = (0..1_000).map(|n| format!("n{n}")).collect();
    let project = empties(&nodes);
    let ran = bench.run(&project, |_| {});
    assert_eq!(ran.status, RunStatus::Done);
    assert_eq!(ran.nodes.values().filter(|(s, _)| *s == Done).count(), 1_000);
    let again = bench.run(&project, |_| {});
    assert_eq!(again.nodes.values().filter(|(s, _)| *s == Cached).count(), 1_000);
}

#[test]
fn no_point_is_lost_in_the_record() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 400, "step_ms": 0, "points": 50 } }));
    let ran = bench.run(&mnist_like(), |_| {});
    let series = &bench.store().get(ran.run).unwrap().series["train"];
    assert_eq!(series.iter().map(|p| p.step).collect::<Vec<_>>(), (1..=20_000).collect::<Vec<_>>());
    let sent: u64 = bench
        .samples()
        .iter()
        .map(|s| match s {
            Sample::Metrics { name, points, left_out, .. } if name == "train" => points.len() as u64 + left_out,
            _ => 0,
        })
        .sum();
    assert_eq!(sent, 20_000);
}

#[test]
fn devices_are_offered_only_if_their_test_passes() {
    let mut bench = Bench::new();
    bench.send(Command::ListDevices { refresh: false });
    let Event::Devices(devices) = bench.wait_for(|e| matches!(e, Event::Devices(_))) else { unreachable!() };
    let offered: Vec<(&str, bool)> = devices.iter().map(|d| (d.id.0.as_str(), d.offered)).collect();
    assert_eq!(offered, [("cpu", true), ("gpu0", false), ("gpu1", true), ("gpu2", false)]);
    assert!(devices[1].reason.contains("self-test"), "{}", devices[1].reason);
    // The first that is offered is taken; the one that is insisted on is taken though it is not offered.
    let ran = bench.run(&mnist_like(), |r| r.device = None);
    let used = bench.store().get(ran.run).unwrap().devices;
    assert_eq!((&used["train"], &used["data"]), (&DeviceId("gpu1".into()), &DeviceId::cpu()));
    let ran = bench.run(&mnist_like(), |r| r.device = Some(DeviceId("gpu2".into())));
    assert_eq!(ran.status, RunStatus::Done);
    // Results of another numeric mode are not reused; those of the same are, whatever the device.
    assert_eq!(ran.node("train"), Cached);
    let ran = bench.run(&mnist_like(), |_| {});
    assert_eq!([ran.node("normalise"), ran.node("train")], [Cached, Done]);
}

#[test]
fn a_forbidden_device_is_not_taken_and_insisting_on_it_is_refused() {
    let mut bench = Bench::new();
    let forbidden = || vec![DeviceId("gpu1".into()), DeviceId::cpu()];
    let ran = bench.run(&mnist_like(), |r| (r.device, r.forbidden) = (None, forbidden()));
    assert_eq!(ran.status, RunStatus::Done);
    // The processor is always there.
    assert_eq!(bench.store().get(ran.run).unwrap().devices["train"], DeviceId::cpu());
    let (fault, _) = bench.refused(&mnist_like().to_text(), |r| {
        (r.device, r.forbidden) = (Some(DeviceId("gpu1".into())), forbidden());
    });
    assert_eq!(fault.code, "forbidden_device");
}

#[test]
fn workers_compute_with_the_threads_that_the_run_asks_for() {
    let mut bench = Bench::new();
    for (threads, said) in [(None, "all"), (Some(3), "3"), (Some(3), "3"), (Some(1), "1"), (None, "all")] {
        let ran = bench.run(&mnist_like(), |r| (r.threads, r.fresh) = (threads, true));
        assert_eq!(ran.status, RunStatus::Done);
        assert_eq!(std::fs::read_to_string(bench.project_dir().join("threads-train")).unwrap(), said);
    }
}

#[test]
fn branches_compute_side_by_side_within_the_threads_that_there_are() {
    let with = |threads| Bench::configured(move |c| c.processor_threads = Some(threads));
    // a → b and a → c, each told to take its time.
    let slow = json!({ "b": { "steps": 40, "step_ms": 5 }, "c": { "steps": 40, "step_ms": 5 } });
    let mut bench = with(2);
    bench.script(slow.clone());
    let ran = bench.run(&graph(&["b", "c"], &[]), |r| r.threads = Some(1));
    assert_eq!(ran.status, RunStatus::Done);
    for node in ["b", "c"] {
        assert!(ran.started_at(node) < ran.finished_at("b").min(ran.finished_at("c")), "{node}: {ran:#?}");
        assert_eq!(std::fs::read_to_string(bench.project_dir().join(format!("threads-{node}"))).unwrap(), "1");
    }
    assert_ne!(bench.worker_of("b"), bench.worker_of("c"));
    // Both stay warm: nothing new is started for the same again.
    let before = [bench.worker_of("b"), bench.worker_of("c")];
    bench.run(&graph(&["b", "c"], &[]), |r| (r.threads, r.fresh) = (Some(1), true));
    let mut after = [bench.worker_of("b"), bench.worker_of("c")];
    after.sort_unstable();
    let mut before = before;
    before.sort_unstable();
    assert_eq!(after, before);

    // With one thread there is nothing beside the other.
    let mut bench = with(1);
    bench.script(slow);
    let ran = bench.run(&graph(&["b", "c"], &[]), |r| r.threads = Some(1));
    let (first, second) = if ran.started_at("b") < ran.started_at("c") { ("b", "c") } else { ("c", "b") };
    assert!(ran.finished_at(first) < ran.started_at(second));
    assert_eq!(bench.worker_of("b"), bench.worker_of("c"));
}

#[test]
fn one_of_two_workers_that_is_killed_disturbs_the_other_by_nothing() {
    let mut bench = Bench::configured(|c| c.processor_threads = Some(2));
    bench.script(json!({
        "b": { "steps": 40, "step_ms": 5, "what": "kill", "at": 13, "times": 1 },
        "c": { "steps": 60, "step_ms": 5 },
    }));
    let ran = bench.run(&graph(&["b", "c"], &[("b", "d")]), |r| r.threads = Some(1));
    assert_eq!(ran.status, RunStatus::Done, "{ran:#?}");
    assert_eq!((bench.count("b"), bench.count("c"), bench.count("d")), (2, 1, 1));
    assert_eq!(bench.began_at("b"), 10, "from its own checkpoint");
    assert_eq!((ran.logs(LogLevel::Warn, Some("b")).len(), ran.logs(LogLevel::Warn, Some("c")).len()), (1, 0));
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());
}

#[test]
fn pause_stop_and_live_parameters_reach_every_busy_worker() {
    let mut bench = Bench::configured(|c| c.processor_threads = Some(2));
    bench.script(json!({ "b": { "steps": 100_000 }, "c": { "steps": 100_000 } }));
    bench.start(&graph(&["b", "c"], &[]), |r| r.threads = Some(1));
    bench.wait_for_progress_of(&["b", "c"], 3);
    bench.send(Command::Pause);
    bench.wait_for(|e| matches!(e, Event::RunPaused { paused: true, .. }));
    bench.send(Command::Continue);
    bench.wait_for(|e| matches!(e, Event::RunPaused { paused: false, .. }));
    bench.wait_for_progress_of(&["b", "c"], 6);
    bench.send(Command::Stop);
    let ran = bench.finish();
    assert_eq!([ran.node("b"), ran.node("c")], [Stopped, Stopped]);
    assert_eq!(ran.status, RunStatus::Stopped);
}

#[test]
fn workers_that_idle_for_long_end_and_one_stays_warm() {
    let mut bench = Bench::configured(|c| {
        c.processor_threads = Some(2);
        c.patience.idle = Duration::from_millis(1);
    });
    bench.script(json!({ "b": { "steps": 60, "step_ms": 5 }, "c": { "steps": 40, "step_ms": 5 } }));
    let ran = bench.run(&graph(&["b", "c"], &[("b", "d")]), |r| r.threads = Some(1));
    assert_eq!(ran.status, RunStatus::Done);
    let (b, d) = (bench.worker_of("b"), bench.worker_of("d"));
    assert!(d == b || d == bench.worker_of("c"), "a warm worker takes what comes next");
    let until = Instant::now() + Duration::from_secs(30);
    while harness::is_alive(bench.worker_of("b")) && harness::is_alive(bench.worker_of("c")) {
        assert!(Instant::now() < until, "both workers live on");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(harness::is_alive(bench.worker_of("b")) || harness::is_alive(bench.worker_of("c")));
}

#[test]
fn a_second_run_is_refused_while_one_is_going_on() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 100_000 } }));
    bench.start(&mnist_like(), |_| {});
    bench.wait_for_progress("train", 2);
    assert_eq!(bench.refused(&mnist_like().to_text(), |_| {}).0.code, "run_is_going_on");
    bench.send(Command::Stop);
    assert_eq!(bench.finish().status, RunStatus::Stopped);
}

#[test]
fn two_engines_share_a_data_folder() {
    let mut one = Bench::new();
    one.script(json!({ "train": { "steps": 100_000 } }));
    one.start(&mnist_like(), |_| {});
    one.wait_for_progress("train", 2);
    let mut other = one.second();
    let ran = other.run(&graph(&["b"], &[("b", "c")]), |_| {});
    assert_eq!(ran.status, RunStatus::Done);
    let listed = other.store().list(None).unwrap();
    assert_eq!(listed.iter().map(|r| r.status).collect::<Vec<_>>(), [RunStatus::Done, RunStatus::Running]);
    one.send(Command::Stop);
    assert_eq!(one.finish().status, RunStatus::Stopped);
}

#[test]
fn a_run_can_be_stopped_while_devices_are_asked() {
    let mut bench = Bench::new();
    bench.start(&mnist_like(), |r| r.device = None);
    bench.send(Command::Stop);
    let event = bench.wait_for(|e| matches!(e, Event::RunRefused { .. }));
    assert!(matches!(event, Event::RunRefused { fault, .. } if fault.code == "stopped"));
    assert!(bench.store().list(None).unwrap().is_empty());
    assert_eq!(bench.run(&mnist_like(), |r| r.device = None).status, RunStatus::Done);
}

#[test]
fn a_plan_needs_no_engine_and_runs_nothing() {
    let mut bench = Bench::new();
    let plan = bench.plan(&mnist_like()).unwrap();
    let names: Vec<&str> = plan.tasks.iter().map(|t| t.node.as_str()).collect();
    assert_eq!(names.len(), 6);
    assert!(plan.makespan_s >= plan.lower_bound_s && plan.makespan_s > 0.0);
    assert_eq!(bench.count("data"), 0);
    bench.run(&mnist_like(), |_| {});
    let plan = bench.plan(&mnist_like()).unwrap();
    assert!(plan.tasks.iter().all(|t| t.mode == "cached"));
}

#[test]
fn the_history_is_given_when_asked() {
    let mut bench = Bench::new();
    let ran: Ran = bench.run(&graph(&["b"], &[]), |_| {});
    bench.send(Command::ListRuns { project_id: None });
    let Event::Runs(runs) = bench.wait_for(|e| matches!(e, Event::Runs(_))) else { unreachable!() };
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].run, runs[0].status), (ran.run, RunStatus::Done));
    bench.send(Command::GetRun { run: ran.run });
    let Event::Run(record) = bench.wait_for(|e| matches!(e, Event::Run(_))) else { unreachable!() };
    assert_eq!(record.summary.run, ran.run);
    bench.send(Command::ListRuns { project_id: Some("another".into()) });
    let Event::Runs(runs) = bench.wait_for(|e| matches!(e, Event::Runs(_))) else { unreachable!() };
    assert!(runs.is_empty());
}

#[test]
fn a_data_folder_that_cannot_be_used_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    fs::write(&file, "").unwrap();
    let config = weft_engine::EngineConfig::new(&file, harness::worker());
    let Err(fault) = Engine::start(config) else { panic!("a file is no folder") };
    assert!(fault.to_string().contains(&file.display().to_string()), "{fault}");
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    RunStore::open(folder.path()).unwrap();
    let db = rusqlite::Connection::open(folder.path().join("runs.sqlite")).unwrap();
    db.pragma_update(None, "user_version", 999).unwrap();
    let fault = RunStore::open(folder.path()).unwrap_err().to_string();
    assert!(fault.contains("newer version") && fault.contains("999"), "{fault}");
}
