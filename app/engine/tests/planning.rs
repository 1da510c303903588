//! Plans as they are asked for and as runs get them: costs, modes, limits, rules, races, suppositions.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod harness;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use harness::{Bench, mnist_like};
use serde_json::json;
use weft_model::planning::Planning;
use weft_model::timed::TIMED_TASK;
use weft_model::{Edit, Endpoint, Node, NodeId, Value, Wire, WireId};
use weft_project::Project;
use weft_protocol::{
    Command, DeviceId, Event, FitChange, ImaginedDevice, NodeStatus, PlanRequest, PlanView, Planned, PlannedTask,
    RacedPlan, RunLimits, RunStatus, Sample, SchedulerChoice, WhatIf,
};

/// Timed tasks with their phases: name, train, deploy, run [s]; wires from one to an input of another.
fn timed(list: &[(&str, [f64; 3])], wires: &[(&str, &str, &str)]) -> Project {
    let mut project = Project::new();
    for (at, (name, seconds)) in list.iter().enumerate() {
        let mut node = Node::new(TIMED_TASK, *name, [0.0; 2]);
        for (param, seconds) in ["train_s", "deploy_s", "run_s"].into_iter().zip(seconds) {
            node.params.insert(param.into(), Value::Float(*seconds));
        }
        project.graph.apply(Edit::AddNode { id: NodeId(at as u64 + 1), node }).unwrap();
    }
    for (at, (from, to, port)) in wires.iter().enumerate() {
        let end = |name: &str, port: &str| Endpoint::new(project.graph.node_named(name).unwrap(), port);
        let wire = Wire::new(end(from, "done"), end(to, port));
        project.graph.apply(Edit::AddWire { id: WireId(at as u64 + 1), wire }).unwrap();
    }
    project
}

fn set(project: &mut Project, node: &str, param: &str, value: impl Into<Value>) {
    let id = project.graph.node_named(node).unwrap();
    project.graph.apply(Edit::SetParam { id, param: param.into(), value: Some(value.into()) }).unwrap();
}

fn planning(project: &mut Project, node: &str, change: impl FnOnce(&mut Planning)) {
    let id = project.graph.node_named(node).unwrap();
    let mut planning = Box::new(project.graph.node(id).unwrap().planning().clone());
    change(&mut planning);
    project.graph.apply(Edit::SetPlanning { id, planning }).unwrap();
}

fn question(bench: &Bench, project: &Project) -> PlanRequest {
    PlanRequest { ticket: 1, request: bench.request(&project.to_text()), what_if: WhatIf::default(), race: Vec::new() }
}

fn plans(bench: &Bench, question: &PlanRequest) -> Vec<RacedPlan> {
    match bench.ask(question) {
        Planned::Plans(plans) => plans,
        Planned::Refused { fault, problems } => panic!("{fault} {problems:?}"),
    }
}

fn plan_of(bench: &Bench, question: &PlanRequest) -> PlanView {
    plans(bench, question).remove(0).plan.unwrap()
}

fn task<'a>(plan: &'a PlanView, node: &str) -> &'a PlannedTask {
    plan.tasks.iter().find(|t| t.node == node).unwrap_or_else(|| panic!("no '{node}' in {plan:#?}"))
}

fn overlap(a: &PlannedTask, b: &PlannedTask) -> bool {
    a.start_s < b.finish_s - 1e-9 && b.start_s < a.finish_s - 1e-9
}

#[test]
fn the_golden_cases_of_two_chained_services() {
    let bench = Bench::new();
    let service = [100.0, 20.0, 10.0];
    let mut alone = WhatIf::default();
    alone.capacity.insert(DeviceId::cpu(), 1.0);
    let other = ImaginedDevice { id: DeviceId("other".into()), like: DeviceId::cpu(), speed: 1.0 };
    let two = WhatIf { imagined: vec![other], ..alone.clone() };
    for (port, what_if, makespan_s) in
        [("run", &alone, 260.0), ("train", &alone, 260.0), ("train", &two, 260.0), ("run", &two, 140.0)]
    {
        let project = timed(&[("first", service), ("second", service)], &[("first", "second", port)]);
        let question = PlanRequest { what_if: what_if.clone(), ..question(&bench, &project) };
        let plan = plan_of(&bench, &question);
        assert!((plan.makespan_s - makespan_s).abs() < 0.1, "{port}: {}", plan.makespan_s);
        assert!((plan.serial_index_s - 360.0).abs() < 1e-6, "{port}: {}", plan.serial_index_s);
        assert!((plan.speed_up - 260.0 / plan.makespan_s).abs() < 1e-6 && plan.proved, "{port}: {plan:?}");
        let phases: Vec<&str> = plan.tasks.iter().map(|t| t.phase.as_str()).collect();
        assert_eq!(phases, ["train", "deploy", "run", "train", "deploy", "run"]);
    }
}

#[test]
fn a_plan_says_all_that_is_shown_of_it() {
    let bench = Bench::new();
    let mut project = timed(&[("a", [4.0, 1.0, 2.0]), ("b", [0.0, 0.0, 3.0])], &[("a", "b", "run")]);
    for (param, value) in [("weights_mb", 50.0), ("memory_mb", 20.0), ("spread", 0.5)] {
        set(&mut project, "a", param, value);
    }
    let plan = plan_of(&bench, &question(&bench, &project));
    assert_eq!((plan.algorithm.as_str(), plan.scheduler.algorithm.as_str()), ("auto", "auto"));
    assert!((plan.makespan_s - 10.0).abs() < 1e-6 && plan.bound_by == "path" && plan.gap < 1e-6, "{plan:#?}");
    let [least, most] = plan.makespan_range_s;
    assert!(least < 10.0 && most > 10.0 && most < 14.0, "{least} to {most}");
    let [train, deploy, run, b] = &plan.tasks[..] else { panic!("{plan:#?}") };
    assert!(plan.tasks.iter().all(|t| t.critical && !t.cached && !t.why.zh.is_empty() && t.reason == t.why.en));
    assert_eq!([train.node_id, run.node_id, b.node_id], [1, 1, 2].map(|id| Some(NodeId(id))));
    assert_eq!([train.after, deploy.after, run.after, b.after], [None, Some(0), Some(1), Some(2)]);
    assert!((train.range_s[0] - 2.2).abs() < 0.01 && (train.range_s[1] - 5.8).abs() < 0.01, "{train:?}");
    let [weights] = &plan.residents[..] else { panic!("{plan:#?}") };
    assert_eq!((weights.task, weights.bytes, weights.device.0.as_str()), (1, 50_000_000, "cpu"));
    assert!((weights.start_s - 4.0).abs() < 1e-6 && (weights.finish_s - 7.0).abs() < 1e-6, "{weights:?}");
    let [load] = &plan.loads[..] else { panic!("{plan:#?}") };
    assert_eq!(load.peak_memory_bytes, 70_000_000);
    assert!((load.busy - 1.0).abs() < 1e-6 && load.memory_bytes.is_some(), "{load:?}");
    assert!(plan.shortages.is_empty() && plan.planned_in_s > 0.0);
}

#[test]
fn a_rule_that_there_is_not_and_a_parameter_out_of_range_are_refused_with_what_there_is() {
    let mut bench = Bench::new();
    let project = timed(&[("a", [0.0, 0.0, 1.0])], &[]);
    let ga = |name: &str, value: f64| SchedulerChoice {
        parameters: BTreeMap::from([(name.to_owned(), value)]),
        ..SchedulerChoice::from("ga")
    };
    for (choice, code, says) in [
        (SchedulerChoice::from("best"), "unknown_scheduler", "heft"),
        (ga("ants", 3.0), "bad_scheduler_parameter", "population"),
        (ga("crossover", 2.0), "bad_scheduler_parameter", "from 0 to 1"),
        (ga("crossover", f64::NAN), "bad_scheduler_parameter", "from 0 to 1"),
        (SchedulerChoice { time_limit_s: Some(0.0), ..SchedulerChoice::default() }, "bad_limit", "0 s"),
    ] {
        let (fault, _) = bench.refused(&project.to_text(), |r| r.scheduler = Some(choice));
        assert_eq!(fault.code, code);
        assert!(format!("{fault}").contains(says) && !fault.message.zh.is_empty(), "{fault}");
    }
    for limits in [
        RunLimits { time_s: Some(-1.0), ..RunLimits::default() },
        RunLimits { memory_bytes: Some(0), ..RunLimits::default() },
        RunLimits { branches: Some(0), ..RunLimits::default() },
    ] {
        let (fault, _) = bench.refused(&project.to_text(), |r| r.limits = limits);
        assert_eq!(fault.code, "bad_limit");
    }
}

#[test]
fn every_rule_plans_and_the_best_of_a_race_is_adopted() {
    let bench = Bench::new();
    let list: Vec<(String, [f64; 3])> = (0..9).map(|n| (format!("t{n}"), [0.0, 0.0, 1.0 + f64::from(n % 4)])).collect();
    let list: Vec<(&str, [f64; 3])> = list.iter().map(|(name, s)| (name.as_str(), *s)).collect();
    let mut project =
        timed(&list, &[("t0", "t5", "run"), ("t1", "t5", "run"), ("t2", "t7", "run"), ("t3", "t8", "run")]);
    for (name, _) in &list {
        set(&mut project, name, "share", 0.5);
    }
    let race: Vec<SchedulerChoice> = weft_engine::scheduling_rules()
        .iter()
        .map(|rule| SchedulerChoice { time_limit_s: Some(0.1), ..SchedulerChoice::from(rule.name) })
        .collect();
    let question = PlanRequest { race, ..question(&bench, &project) };
    let raced = plans(&bench, &question);
    assert_eq!(raced.len(), weft_engine::scheduling_rules().len());
    let least = raced.iter().map(|r| r.plan.as_ref().unwrap().makespan_s).fold(f64::INFINITY, f64::min);
    let adopted: Vec<&RacedPlan> = raced.iter().filter(|r| r.adopted).collect();
    assert_eq!(adopted.len(), 1);
    assert!((adopted[0].plan.as_ref().unwrap().makespan_s - least).abs() < 1e-9);
    for plan in raced.iter().map(|r| r.plan.as_ref().unwrap()) {
        assert!(plan.lower_bound_s <= plan.makespan_s + 1e-9 && plan.tasks.len() == 9, "{plan:?}");
        for (from, to) in [("t0", "t5"), ("t1", "t5"), ("t2", "t7"), ("t3", "t8")] {
            assert!(task(plan, from).finish_s <= task(plan, to).start_s + 1e-9, "{from} before {to}");
        }
    }
}

#[test]
fn no_more_branches_at_once_than_are_allowed() {
    let bench = Bench::new();
    let list: Vec<String> = (0..8).map(|n| format!("t{n}")).collect();
    let list: Vec<(&str, [f64; 3])> = list.iter().map(|name| (name.as_str(), [0.0, 0.0, 1.0])).collect();
    let mut project = timed(&list, &[]);
    for (name, _) in &list {
        set(&mut project, name, "share", 0.05);
    }
    for (branches, makespan_s) in [(None, 1.0), (Some(1), 8.0), (Some(2), 4.0), (Some(3), 3.0)] {
        let mut question = question(&bench, &project);
        question.request.limits.branches = branches;
        let plan = plan_of(&bench, &question);
        assert!((plan.makespan_s - makespan_s).abs() < 1e-6, "{branches:?}: {}", plan.makespan_s);
        question.request.limits.branches = None;
        question.what_if.branches = branches;
        assert!((plan_of(&bench, &question).makespan_s - makespan_s).abs() < 1e-6);
    }
}

#[test]
fn what_is_supposed_changes_the_plan_and_nonsense_is_refused() {
    let bench = Bench::new();
    let project = timed(&[("a", [0.0, 0.0, 8.0]), ("b", [0.0, 0.0, 2.0])], &[("a", "b", "run")]);
    let ask = |change: &dyn Fn(&mut WhatIf)| {
        let mut question = question(&bench, &project);
        change(&mut question.what_if);
        bench.ask(&question)
    };
    let makespan_s = |change: &dyn Fn(&mut WhatIf)| match ask(change) {
        Planned::Plans(mut plans) => plans.remove(0).plan.unwrap().makespan_s,
        Planned::Refused { fault, .. } => panic!("{fault}"),
    };
    let near = |a: f64, b: f64| (a - b).abs() < 1e-3;
    assert!(near(makespan_s(&|_| {}), 10.0));
    assert!(near(makespan_s(&|w| w.speed = [(DeviceId::cpu(), 2.0)].into()), 5.0));
    assert!(near(makespan_s(&|w| w.duration = [(NodeId(1), 0.5)].into()), 6.0));
    let faster = ImaginedDevice { id: DeviceId("twice".into()), like: DeviceId::cpu(), speed: 2.0 };
    assert!(near(makespan_s(&|w| w.imagined.push(faster.clone())), 5.0));
    for change in [
        (&|w: &mut WhatIf| w.speed = [(DeviceId::cpu(), 0.0)].into()) as &dyn Fn(&mut WhatIf),
        &|w| w.duration = [(NodeId(1), f64::NAN)].into(),
        &|w| w.branches = Some(0),
    ] {
        let Planned::Refused { fault, .. } = ask(change) else { panic!("nonsense is planned with") };
        assert_eq!(fault.code, "bad_supposition");
    }
    // Without any device there is no plan.
    let Planned::Refused { fault, .. } = ask(&|w| w.lost.push(DeviceId::cpu())) else { panic!("a plan on nothing") };
    assert!(fault.code == "no_device" && fault.message.en.contains("'a'"), "{fault}");
}

#[test]
fn what_does_not_fit_is_refused_for_a_run_and_shown_with_what_would_make_it_fit() {
    let mut bench = Bench::new();
    let mut project = mnist_like();
    set(&mut project, "train", "batch_size", Value::Int(8_192));
    let limits = RunLimits { memory_bytes: Some(300_000_000), ..RunLimits::default() };
    let (fault, _) = bench.refused(&project.to_text(), |r| r.limits = limits.clone());
    assert!(fault.code == "does_not_fit" && fault.message.en.contains("'train'"), "{fault}");

    let mut question = question(&bench, &project);
    question.request.limits = limits;
    let plan = plan_of(&bench, &question);
    let [short] = &plan.shortages[..] else { panic!("{:#?}", plan.shortages) };
    assert!(short.message.en.contains("'train'") && short.message.zh.contains("train"), "{short:?}");
    let FitChange::Param { path, param, value } = &short.remedies[0].change else { panic!("{short:?}") };
    assert_eq!((path.as_slice(), param.as_str()), (&[NodeId(5)][..], "batch_size"));
    assert!(value.as_i64().is_some_and(|batch| batch < 8_192 && batch > 64), "{value}");
    set(&mut project, "train", "batch_size", value.clone());
    question.request.project_text = project.to_text();
    let plan = plan_of(&bench, &question);
    assert!(plan.shortages.is_empty(), "{:#?}", plan.shortages);
    assert!(plan.loads.iter().all(|l| l.peak_memory_bytes <= 300_000_000), "{:?}", plan.loads);
    // Time that will not do is said as well.
    question.request.limits.time_s = Some(1e-3);
    assert!(plan_of(&bench, &question).shortages[0].message.en.contains("stopped after"));
}

/// Two trainings of one data set that do not need one another.
fn two_branches() -> Project {
    let mut project = mnist_like();
    let first = project.graph.node_named("train").unwrap();
    let node = Node { name: "train 2".into(), ..project.graph.node(first).unwrap().clone() };
    let second = NodeId(99);
    project.graph.apply(Edit::AddNode { id: second, node }).unwrap();
    for (n, (from, output, input)) in
        [("normalise", "train", "train"), ("normalise", "validation", "validation"), ("network", "network", "network")]
            .into_iter()
            .enumerate()
    {
        let from = Endpoint::new(project.graph.node_named(from).unwrap(), output);
        let wire = Wire::new(from, Endpoint::new(second, input));
        project.graph.apply(Edit::AddWire { id: WireId(900 + n as u64), wire }).unwrap();
    }
    set(&mut project, "train 2", "learning_rate", 0.01);
    project
}

#[test]
fn branches_that_do_not_need_one_another_share_the_processor_where_that_is_shorter() {
    let mut bench = Bench::new();
    // Long enough that it pays to start another worker.
    bench.script(json!({"train": {"steps": 30, "step_ms": 40}, "train 2": {"steps": 30, "step_ms": 40}}));
    let project = two_branches();
    assert_eq!(bench.run(&project, |_| {}).status, RunStatus::Done);
    let mut question = question(&bench, &project);
    question.request.fresh = true;
    question.request.scheduler = Some(SchedulerChoice { time_limit_s: Some(0.5), ..SchedulerChoice::default() });
    question.what_if.capacity.insert(DeviceId::cpu(), 2.0);
    let plan = plan_of(&bench, &question);
    let (a, b) = (task(&plan, "train"), task(&plan, "train 2"));
    assert!(overlap(a, b) && a.mode.contains("1 thread") && b.mode.contains("1 thread"), "{a:?} {b:?}");
    // One at a time, if only one may be.
    question.request.limits.branches = Some(1);
    let plan = plan_of(&bench, &question);
    assert!(!overlap(task(&plan, "train"), task(&plan, "train 2")), "{plan:#?}");
    // As many threads as the user says.
    let mut bound = project.clone();
    planning(&mut bound, "train", |p| p.threads = Some(1));
    question.request.project_text = bound.to_text();
    assert!(task(&plan_of(&bench, &question), "train").mode.contains("1 thread"));
}

#[test]
fn what_was_measured_is_planned_with_for_each_unit_of_work() {
    let bench = Bench::new();
    let project = mnist_like();
    let mut question = question(&bench, &project);
    question.request.fresh = true;
    let train_s = |question: &PlanRequest| {
        let plan = plan_of(&bench, question);
        task(&plan, "train").finish_s - task(&plan, "train").start_s
    };
    let guessed_s = train_s(&question);
    bench.second().run(&project, |r| r.fresh = true);
    let once_s = train_s(&question);
    assert_ne!(guessed_s, once_s);
    // Twice the epochs of the very same take twice as long.
    let mut longer = project.clone();
    set(&mut longer, "train", "epochs", Value::Int(20));
    question.request.project_text = longer.to_text();
    assert!((train_s(&question) / once_s - 2.0).abs() < 1e-6, "{once_s}");
}

#[test]
fn what_is_in_the_store_takes_no_time() {
    let mut bench = Bench::new();
    let project = mnist_like();
    bench.run(&project, |_| {});
    let plan = plan_of(&bench, &question(&bench, &project));
    assert!(plan.tasks.iter().all(|t| t.cached && t.mode == "cached") && plan.makespan_s == 0.0, "{plan:#?}");
}

#[test]
fn the_planner_chooses_among_the_values_that_are_allowed_and_the_choice_is_in_the_key() {
    let mut bench = Bench::new();
    let mut free = mnist_like();
    // Enough steps that their number matters.
    set(&mut free, "train", "epochs", Value::Int(5_000));
    let mut fixed = free.clone();
    planning(&mut free, "train", |p| {
        p.alternatives.insert("batch_size".into(), vec![Value::Int(32), Value::Int(4_096)]);
    });
    let ran = bench.run(&free, |_| {});
    assert_eq!(ran.status, RunStatus::Done, "{ran:?}");
    let mode = ran.all.iter().find_map(|n| match &n.event {
        Event::NodeStarted { name, mode, .. } if name == "train" => Some(mode.clone()),
        _ => None,
    });
    assert!(mode.as_ref().is_some_and(|m| m.contains("batch_size 4096")), "{mode:?}");
    // The same as if the user had chosen it, and not the same as the node's own value.
    assert_eq!(bench.run(&fixed, |_| {}).node("train"), NodeStatus::Done);
    set(&mut fixed, "train", "batch_size", Value::Int(4_096));
    assert_eq!(bench.run(&fixed, |_| {}).node("train"), NodeStatus::Cached);
}

#[test]
fn a_plan_that_was_chosen_is_followed_as_long_as_it_is_possible() {
    let mut bench = Bench::new();
    let project = timed(&[("a", [0.0, 0.0, 0.02]), ("b", [0.0, 0.0, 0.03]), ("c", [0.0, 0.0, 0.01])], &[]);
    let mut question = question(&bench, &project);
    question.race = vec!["fifo".into(), "heft".into()];
    // The last first: no rule would do so.
    let mut chosen = plans(&bench, &question).remove(1).plan.unwrap();
    let mut start_s = 0.0;
    for name in ["c", "a", "b"] {
        let task = chosen.tasks.iter_mut().find(|t| t.node == name).unwrap();
        let length_s = task.finish_s - task.start_s;
        (task.start_s, task.finish_s) = (start_s, start_s + length_s);
        start_s += length_s;
    }
    let followed = |bench: &mut Bench, plan: &PlanView| {
        let ran = bench.run(&project, |r| {
            r.fresh = true;
            r.plan = Some(Box::new(plan.clone()));
        });
        assert_eq!(ran.status, RunStatus::Done);
        let found = ran.all.iter().find_map(|n| match &n.event {
            Event::Plan { plan, reason, .. } => Some((plan.clone(), reason.clone())),
            _ => None,
        });
        found.unwrap()
    };
    let (plan, reason) = followed(&mut bench, &chosen);
    assert_eq!((reason, plan.algorithm.as_str()), (None, "heft"));
    let starts = ["c", "a", "b"].map(|name| task(&plan, name).start_s);
    assert!(starts.is_sorted(), "{starts:?}");
    chosen.tasks[0].device = DeviceId("gone".into());
    let (plan, reason) = followed(&mut bench, &chosen);
    assert!(reason.is_some_and(|r| r.en.contains("gone") && !r.zh.is_empty()) && plan.algorithm == "auto");
}

/// Many tasks that no rule orders at once.
fn puzzle() -> Project {
    let names: Vec<String> = (0..60).map(|n| format!("t{n}")).collect();
    let list: Vec<(&str, [f64; 3])> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), [0.0, 0.0, 1.0 + (n * 7 % 13) as f64])).collect();
    let mut wires = Vec::new();
    for n in 1..60 {
        wires.push((names[n / 3].as_str(), names[n].as_str(), "run"));
    }
    let mut project = timed(&list, &wires);
    for (n, (name, _)) in list.iter().enumerate() {
        set(&mut project, name, "share", [0.3, 0.4, 0.55, 0.7][n % 4]);
    }
    project
}

#[test]
fn a_question_is_answered_beside_a_run_and_a_later_one_takes_its_place() {
    let mut bench = Bench::new();
    let project = puzzle();
    let asked = question(&bench, &project);
    let long = |ticket: u64| {
        let choice = SchedulerChoice { time_limit_s: Some(3_600.0), ..SchedulerChoice::from("ga") };
        let choice = SchedulerChoice { parameters: BTreeMap::from([("generations".to_owned(), 1e6)]), ..choice };
        Command::Plan(Box::new(PlanRequest { ticket, race: vec![choice], ..asked.clone() }))
    };
    bench.send(long(1));
    // A run is not held up by it.
    let ran = bench.run(&timed(&[("a", [0.0, 0.0, 0.01])], &[]), |_| {});
    assert_eq!(ran.status, RunStatus::Done);
    bench.send(long(2));
    // What comes of the first question until then is of no more interest.
    let mut points = Vec::new();
    let until = Instant::now() + Duration::from_secs(60);
    while points.len() < 2 {
        assert!(Instant::now() < until, "the search says nothing");
        points.extend(
            bench
                .samples()
                .into_iter()
                .filter_map(|s| match s {
                    Sample::Planning { ticket: 2, rule: 0, points } => Some(points),
                    _ => None,
                })
                .flatten(),
        );
    }
    assert!(
        points.is_sorted_by(|a, b| a.makespan_s >= b.makespan_s && a.lower_bound_s <= b.lower_bound_s),
        "{points:?}"
    );
    bench.send(Command::CancelPlan { ticket: 2 });
    let Event::Planned { ticket, planned } = bench.wait_for(|e| matches!(e, Event::Planned { .. })) else { panic!() };
    assert_eq!(ticket, 2);
    let Planned::Plans(found) = planned else { panic!("{planned:?}") };
    assert!(found[0].plan.as_ref().is_ok_and(|p| p.makespan_s > 0.0) && found[0].adopted);
    // What is given up before it began is answered, too.
    bench.send(long(3));
    bench.send(Command::CancelPlan { ticket: 3 });
    assert!(matches!(bench.wait_for(|e| matches!(e, Event::Planned { .. })), Event::Planned { ticket: 3, .. }));
}

#[test]
fn random_graphs_are_planned_within_their_constraints() {
    let bench = Bench::new();
    let mut state = 7_u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for case in 0..25 {
        let count = 1 + random(10) as usize;
        let names: Vec<String> = (0..count).map(|n| format!("t{n}")).collect();
        let list: Vec<(&str, [f64; 3])> =
            names.iter().map(|name| (name.as_str(), [0, 1, 2].map(|_| random(4) as f64 * 0.5))).collect();
        let mut wires = Vec::new();
        for to in 1..count {
            for from in 0..to {
                if random(4) == 0 {
                    let port = ["train", "deploy", "run"][random(3) as usize];
                    wires.push((names[from].as_str(), names[to].as_str(), port));
                }
            }
        }
        let mut project = timed(&list, &wires);
        for name in &names {
            set(&mut project, name, "share", [0.25, 0.5, 1.0][random(3) as usize]);
            set(&mut project, name, "weights_mb", random(3) as f64 * 100.0);
        }
        let mut question = question(&bench, &project);
        let rules = weft_engine::scheduling_rules();
        let rule = rules[random(rules.len() as u64) as usize].name;
        question.request.scheduler = Some(SchedulerChoice { time_limit_s: Some(0.02), ..rule.into() });
        let plan = plan_of(&bench, &question);
        let end = |node: &str| plan.tasks.iter().filter(|t| t.node == node).map(|t| t.finish_s).fold(0.0, f64::max);
        for (from, to, _) in &wires {
            assert!(end(from) <= end(to) + 1e-6, "case {case}, {rule}: {from} before {to}: {plan:#?}");
        }
        let last = plan.tasks.iter().map(|t| t.finish_s).fold(0.0, f64::max);
        assert!((last - plan.makespan_s).abs() < 1e-9 && plan.lower_bound_s <= last + 1e-9, "case {case}");
        for task in &plan.tasks {
            assert!(
                task.range_s[0] <= task.range_s[1] && task.slack_s >= 0.0 && task.after != Some(task.id),
                "{task:?}"
            );
        }
    }
}
