//! Runs that wait for their turn.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod harness;

use harness::{Bench, empties, graph, mnist_like};
use serde_json::json;
use weft_project::Project;
use weft_protocol::command::{QueueChange, QueuedRun};
use weft_protocol::{Command, Event, RunStatus};

fn project(name: &str) -> Project {
    empties(&[name.to_owned()])
}

/// Queues a run that is told apart by its seed.
fn add(bench: &mut Bench, project: &Project, seed: u64) -> (bool, Vec<QueuedRun>) {
    let mut request = bench.request(&project.to_text());
    request.seed = Some(seed);
    change(bench, QueueChange::Add(Box::new(request)))
}

fn change(bench: &mut Bench, change: QueueChange) -> (bool, Vec<QueuedRun>) {
    bench.send(Command::Queue(change));
    said(bench)
}

fn said(bench: &mut Bench) -> (bool, Vec<QueuedRun>) {
    match bench.wait_for(|e| matches!(e, Event::Queue { .. })) {
        Event::Queue { held, waiting } => (held, waiting),
        _ => unreachable!(),
    }
}

fn seeds(waiting: &[QueuedRun]) -> Vec<u64> {
    waiting.iter().map(|q| q.seed.unwrap()).collect()
}

/// Seeds of the runs that there were, the first one first.
fn ran(bench: &Bench) -> Vec<u64> {
    bench.store().list(None).unwrap().iter().rev().map(|r| r.seed).collect()
}

#[test]
fn runs_that_wait_begin_one_after_another_in_the_order_that_they_were_given() {
    let mut bench = Bench::new();
    let (held, _) = change(&mut bench, QueueChange::Hold(true));
    assert!(held);
    for seed in 1..=4 {
        add(&mut bench, &project("a"), seed);
    }
    let (_, waiting) = add(&mut bench, &project("a"), 5);
    assert_eq!(seeds(&waiting), [1, 2, 3, 4, 5]);
    assert!(waiting.iter().all(|q| q.project.ends_with("test.weft") && !q.queued_at.is_empty()));
    let (_, waiting) = change(&mut bench, QueueChange::Move { id: waiting[4].id, to: 0 });
    assert_eq!(seeds(&waiting), [5, 1, 2, 3, 4]);
    let (_, waiting) = change(&mut bench, QueueChange::Move { id: waiting[1].id, to: 99 });
    assert_eq!(seeds(&waiting), [5, 2, 3, 4, 1]);
    let (_, waiting) = change(&mut bench, QueueChange::Remove { id: waiting[2].id });
    assert_eq!(seeds(&waiting), [5, 2, 4, 1]);
    assert_eq!(seeds(&bench.store().queue().unwrap()), [5, 2, 4, 1]);
    assert!(ran(&bench).is_empty(), "it is held");

    bench.send(Command::Queue(QueueChange::Hold(false)));
    for _ in 0..4 {
        assert_eq!(bench.finish().status, RunStatus::Done);
    }
    assert_eq!(ran(&bench), [5, 2, 4, 1]);
    bench.send(Command::ListQueue);
    assert_eq!(said(&mut bench), (false, Vec::new()));
}

#[test]
fn the_next_run_begins_when_one_ends_and_one_that_is_refused_holds_nothing_up() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 100_000 } }));
    bench.start(&mnist_like(), |_| {});
    bench.wait_for_progress("train", 2);
    let mut broken = graph(&["b"], &[]);
    let id = broken.graph.node_named("a").unwrap();
    let path = weft_model::Edit::SetParam { id, param: "path".into(), value: Some("nowhere".into()) };
    broken.graph.apply(path).unwrap();
    add(&mut bench, &broken, 7);
    let (held, waiting) = add(&mut bench, &project("a"), 8);
    assert_eq!((held, seeds(&waiting)), (false, vec![7, 8]));
    bench.send(Command::Stop);
    assert_eq!(bench.finish().status, RunStatus::Stopped);
    bench.wait_for(|e| matches!(e, Event::RunRefused { fault, .. } if fault.code == "invalid_project"));
    assert_eq!(bench.finish().status, RunStatus::Done);
    assert_eq!(ran(&bench)[1..], [8]);
    assert!(bench.store().queue().unwrap().is_empty());
}

#[test]
fn the_queue_survives_the_program_and_is_held_until_the_user_lets_it_go_on() {
    let mut bench = Bench::new();
    change(&mut bench, QueueChange::Hold(true));
    add(&mut bench, &project("a"), 1);
    add(&mut bench, &project("a"), 2);

    // Another program that lives at the same time takes nothing of it.
    let mut other = bench.second();
    other.send(Command::ListQueue);
    assert_eq!(said(&mut other), (false, Vec::new()));
    assert_eq!(seeds(&add(&mut other, &project("a"), 9).1), [9]);
    assert_eq!(other.finish().status, RunStatus::Done);

    bench.restart();
    bench.send(Command::ListQueue);
    let (held, waiting) = said(&mut bench);
    assert_eq!((held, seeds(&waiting)), (true, vec![1, 2]));
    assert_eq!(ran(&bench), [9]);
    bench.send(Command::Queue(QueueChange::Hold(false)));
    for _ in 0..2 {
        assert_eq!(bench.finish().status, RunStatus::Done);
    }
    assert_eq!(ran(&bench), [9, 1, 2]);
}

#[test]
fn what_is_queued_is_not_lost_when_the_program_is_killed() {
    let mut bench = Bench::new();
    bench.script(json!({ "train": { "steps": 100_000 } }));
    bench.start(&mnist_like(), |_| {});
    bench.wait_for_progress("train", 2);
    add(&mut bench, &project("a"), 3);
    let mut bench = bench.abandon();
    bench.send(Command::ListQueue);
    let (held, waiting) = said(&mut bench);
    assert_eq!((held, seeds(&waiting)), (true, vec![3]));
}
