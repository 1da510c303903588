//! Plans that are made anew while a run goes on.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod harness;

use harness::{Bench, Ran, graph};
use serde_json::json;
use weft_model::Localised;
use weft_protocol::{Event, PlanView, RunStatus};

fn plans(ran: &Ran) -> Vec<(&PlanView, Option<&Localised>)> {
    ran.all
        .iter()
        .filter_map(|n| match &n.event {
            Event::Plan { plan, reason, .. } => Some((plan, reason.as_ref())),
            _ => None,
        })
        .collect()
}

#[test]
fn what_has_not_started_is_planned_again_when_a_task_takes_longer_than_planned() {
    let mut bench = Bench::configured(|c| c.processor_threads = Some(2));
    bench.script(json!({ "b": { "steps": 250, "step_ms": 10, "eta_s": 60.0 } }));
    let ran = bench.run(&graph(&["b", "c"], &[("b", "d"), ("c", "e")]), |r| r.threads = Some(1));
    assert_eq!(ran.status, RunStatus::Done, "{ran:#?}");
    let plans = plans(&ran);
    let (first, none) = plans[0];
    let (second, why) = plans[1];
    assert!(none.is_none());
    let why = why.expect("a reason");
    assert!(why.en.contains("'b' is expected to end after") && why.zh.contains("“b”预计在"), "{why:?}");
    // The tasks keep their numbers; what has started has the times that it really had.
    let names = |plan: &PlanView| plan.tasks.iter().map(|t| (t.id, t.node.clone())).collect::<Vec<_>>();
    assert_eq!(names(first), names(second));
    let task = |plan: &PlanView, name: &str| plan.tasks.iter().find(|t| t.node == name).unwrap().clone();
    assert!(task(second, "b").finish_s > 50.0 && task(second, "d").start_s >= task(second, "b").finish_s - 1e-6);
    assert!(task(second, "a").finish_s <= task(second, "b").start_s + 1e-6);
    assert!(second.makespan_s > 50.0 && first.makespan_s < 50.0);
}

#[test]
fn a_failure_is_a_reason_to_plan_again_and_a_run_as_planned_is_not() {
    let mut bench = Bench::configured(|c| c.processor_threads = Some(1));
    bench.script(json!({
        "b": { "steps": 9, "what": "fail", "at": 2 },
        "c": { "steps": 50, "step_ms": 10 }, "e": { "steps": 50, "step_ms": 10 },
    }));
    let ran = bench.run(&graph(&["b", "c"], &[("b", "d"), ("c", "e")]), |_| {});
    assert_eq!(ran.status, RunStatus::Failed);
    let started_later = ["c", "e"].iter().any(|node| ran.started_at(node) > ran.finished_at("b"));
    let reasons: Vec<&str> = plans(&ran).iter().filter_map(|(_, why)| Some(why.as_ref()?.en.as_str())).collect();
    assert_eq!(reasons.first().copied(), started_later.then_some("'b' failed"), "{reasons:?}");

    bench.script(json!({}));
    let ran = bench.run(&graph(&["b", "c"], &[]), |r| r.fresh = true);
    assert_eq!(plans(&ran).len(), 1, "{:?}", plans(&ran));
}
