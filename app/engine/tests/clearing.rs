//! What is kept only so that it need not be made again: measured, cleared when that is asked for, and never while a run
//! uses it.
#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod harness;

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use harness::{Bench, mnist_like};
use serde_json::json;
use weft_engine::ArtifactStore;
use weft_model::{Edit, Value};
use weft_project::{BundleOptions, Project, clear_bundles, export_bundle};
use weft_protocol::command::QueueChange;
use weft_protocol::kept::{Kept, KeptReport};
use weft_protocol::{Command, Event, NodeStatus, PreviewRequest, RunRequest, RunStatus, preview};

use NodeStatus::{Cached, Done};

fn report(bench: &mut Bench, command: Command) -> KeptReport {
    bench.send(command);
    match bench.wait_for(|e| matches!(e, Event::Kept(_))) {
        Event::Kept(report) => report,
        _ => unreachable!(),
    }
}

fn set_epochs(project: &mut Project, epochs: i64) {
    let id = project.graph.node_named("train").unwrap();
    let edit = Edit::SetParam { id, param: "epochs".into(), value: Some(Value::Int(epochs)) };
    project.graph.apply(edit).unwrap();
}

fn clear(bench: &mut Bench, kinds: &[Kept]) -> KeptReport {
    report(bench, Command::ClearKept { kinds: kinds.iter().copied().collect() })
}

#[test]
fn results_are_measured_cleared_and_computed_again_with_the_same_numbers() {
    let mut bench = Bench::new();
    let nothing = report(&mut bench, Command::MeasureKept);
    assert_eq!(nothing.bytes.keys().copied().collect::<Vec<_>>(), Kept::ALL);
    assert!(nothing.bytes.values().all(|bytes| *bytes == 0) && nothing.cleared_bytes.is_none());
    let first = bench.run(&mnist_like(), |_| {});
    let before = report(&mut bench, Command::MeasureKept);
    assert!(before.bytes[&Kept::Results] > 0);
    let after = clear(&mut bench, &[Kept::Results]);
    assert_eq!((after.bytes[&Kept::Results], after.cleared_bytes), (0, Some(before.bytes[&Kept::Results])));
    let store = ArtifactStore::new(bench.data_dir());
    let left = bench.store().run_artifacts(first.run).unwrap();
    assert!(!left.is_empty() && left.iter().all(|(_, output)| store.find(output).is_err()));
    // The record of the run is no cache.
    assert_eq!(bench.store().get(first.run).unwrap().series["train"].len(), 3);
    let again = bench.run(&mnist_like(), |_| {});
    assert_eq!((again.status, again.node("train")), (RunStatus::Done, Done));
    assert_eq!(again.metrics, first.metrics);
    assert_eq!(again.artifacts, first.artifacts);
}

#[test]
fn a_run_that_goes_on_keeps_what_it_uses_also_what_it_has_not_come_to_yet() {
    let mut bench = Bench::new();
    let project = mnist_like();
    bench.run(&project, |_| {});
    // The second trains anew on what is kept, and is slow about it; what else lies there belongs to nobody.
    let mut longer = project.clone();
    set_epochs(&mut longer, 3);
    bench.script(json!({ "train": { "steps": 400, "step_ms": 5 } }));
    bench.start(&longer, |_| {});
    bench.wait_for_progress("train", 2);
    let during = clear(&mut bench, &Kept::ALL);
    assert!(during.cleared_bytes.unwrap() > 0, "the model of the first run is free");
    assert!(during.bytes[&Kept::Results] > 0, "its prepared data are not");
    let ran = bench.finish();
    assert_eq!(ran.status, RunStatus::Done, "{ran:?}");
    for node in ["data", "split", "normalise"] {
        assert_eq!(ran.node(node), Cached, "{node}");
    }
    assert_eq!(ran.node("evaluate"), Done);
    // Now nobody uses anything.
    let after = clear(&mut bench, &Kept::ALL);
    assert!(after.bytes.values().all(|bytes| *bytes == 0), "{after:?}");
}

#[test]
fn what_is_asked_for_while_a_run_is_prepared_waits_for_it() {
    let mut bench = Bench::new();
    bench.run(&mnist_like(), |_| {});
    for epochs in 11..31 {
        // Trained anew on data that were found in the store, or that were cleared just before.
        let mut project = mnist_like();
        set_epochs(&mut project, epochs);
        bench.start(&project, |_| {});
        bench.send(Command::ClearKept { kinds: BTreeSet::from([Kept::Results]) });
        let ran = bench.finish();
        assert_eq!((ran.status, ran.node("train")), (RunStatus::Done, Done), "{ran:?}");
    }
}

#[test]
fn checkpoints_of_a_stopped_run_are_cleared_and_its_training_begins_anew() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 100_000, "step_ms": 1 } }));
    bench.start(&mnist_like(), |_| {});
    bench.wait_for_progress("train", 30);
    assert!(report(&mut bench, Command::MeasureKept).bytes[&Kept::Checkpoints] > 0);
    assert!(clear(&mut bench, &[Kept::Checkpoints]).bytes[&Kept::Checkpoints] > 0, "they are being written");
    bench.send(Command::Stop);
    assert_eq!(bench.finish().status, RunStatus::Stopped);
    assert_eq!(clear(&mut bench, &[Kept::Checkpoints]).bytes[&Kept::Checkpoints], 0);
    bench.script(json!({}));
    assert_eq!(bench.run(&mnist_like(), |_| {}).node("train"), Done);
}

#[test]
fn previews_are_cleared_in_memory_and_on_disk() {
    let mut bench = Bench::new();
    let project = mnist_like();
    let node = project.graph.node_named("data").unwrap();
    let look = |bench: &mut Bench, number: u64| {
        let chain = preview::chain(&project.graph, node).unwrap();
        let base_dir = bench.project_dir().to_owned();
        let asked = PreviewRequest { node, request: number, chain, seed: project.seed, base_dir, fresh: false };
        bench.send(Command::Preview(Box::new(asked)));
        match bench.wait_for(|e| matches!(e, Event::Preview { .. })) {
            Event::Preview { result, .. } => format!("{:?}", result.unwrap().facts[0].value),
            _ => unreachable!(),
        }
    };
    let first = look(&mut bench, 1);
    assert_eq!(look(&mut bench, 2), first, "it is kept");
    // It is kept a moment after it was told.
    let mut bytes = 0;
    for _ in 0..1_000 {
        bytes = report(&mut bench, Command::MeasureKept).bytes[&Kept::Previews];
        if bytes > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(bytes > 0);
    assert_eq!(clear(&mut bench, &[Kept::Previews]).cleared_bytes, Some(bytes));
    assert_ne!(look(&mut bench, 3), first, "it is looked at anew");
}

#[test]
fn an_unpacked_bundle_stays_as_long_as_a_run_reads_it() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 400, "step_ms": 5 } }));
    let bundle = bench.project_dir().join("out.weftz");
    let options = BundleOptions { with_data: true, ..BundleOptions::default() };
    export_bundle(&mnist_like(), bench.project_dir(), &bundle, &options).unwrap();
    let opened = weft_project::open(&bundle, &bench.data_dir().join("bundles")).unwrap();
    fs::copy(bench.project_dir().join("script.json"), opened.base_dir.join("script.json")).unwrap();
    let file = opened.file.clone();
    bench.start(&opened.project, |request| request.project_path = Some(file.clone()));
    bench.wait_for_progress("train", 2);
    // The window has gone on to another project.
    drop(opened);
    assert_eq!(clear_bundles(bench.data_dir(), Duration::ZERO), 0);
    let during = clear(&mut bench, &[Kept::Bundles]);
    assert!(during.bytes[&Kept::Bundles] > 0 && file.exists());
    assert_eq!(bench.finish().status, RunStatus::Done);
    let after = clear(&mut bench, &[Kept::Bundles]);
    assert!(after.cleared_bytes.unwrap() > 0 && !file.exists());
}

#[test]
fn an_unpacked_bundle_stays_as_long_as_a_run_waits_that_will_read_it() {
    let mut bench = Bench::new();
    let bundle = bench.project_dir().join("out.weftz");
    let options = BundleOptions { with_data: true, ..BundleOptions::default() };
    export_bundle(&mnist_like(), bench.project_dir(), &bundle, &options).unwrap();
    let opened = weft_project::open(&bundle, &bench.data_dir().join("bundles")).unwrap();
    let (file, project_text) = (opened.file.clone(), opened.project.to_text());
    drop(opened);
    let queue = |bench: &mut Bench, change| {
        bench.send(Command::Queue(change));
        match bench.wait_for(|e| matches!(e, Event::Queue { .. })) {
            Event::Queue { waiting, .. } => waiting,
            _ => unreachable!(),
        }
    };
    queue(&mut bench, QueueChange::Hold(true));
    let request = RunRequest { project_text, project_path: Some(file.clone()), ..RunRequest::default() };
    let waiting = queue(&mut bench, QueueChange::Add(Box::new(request)));
    clear(&mut bench, &[Kept::Bundles]);
    assert!(file.exists());
    // The program ends and another clears.
    bench.restart();
    clear(&mut bench, &[Kept::Bundles]);
    assert!(file.exists());
    bench.send(Command::Queue(QueueChange::Remove { id: waiting[0].id }));
    bench.wait_for(|e| matches!(e, Event::Queue { waiting, .. } if waiting.is_empty()));
    assert!(clear(&mut bench, &[Kept::Bundles]).cleared_bytes.unwrap() > 0 && !file.exists());
}
