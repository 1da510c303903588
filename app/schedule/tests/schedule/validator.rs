//! The validator finds each kind of fault in a plan that was valid.

use weft_schedule::{
    Device, Edge, Links, Mode, Phase, Plan, Problem, ProblemInput, SearchContext, Task, Violation, by_name, validate,
};

/// make (gpu 0 or 1) -> send -> use; deploy and run of one node; everything limited.
fn problem() -> Problem {
    let both = |seconds| vec![Mode::on(0, seconds).memory(40), Mode::on(1, seconds).memory(40)];
    let tasks = vec![
        Task::new("make", Phase::Run, vec![Mode::on(0, 2.0).memory(40)]),
        Task::new("use", Phase::Run, vec![Mode::on(1, 3.0).memory(40).loss(0.1), Mode::on(1, 4.0)]),
        Task::new("use too", Phase::Run, vec![Mode::on(1, 3.0).memory(40)]),
        Task::new("load", Phase::Deploy, both(1.0).into_iter().map(|m| m.weights(50)).collect()).of_node(9),
        Task::new("serve", Phase::Run, both(2.0)).of_node(9),
        Task::new("late", Phase::Run, both(1.0)).released_at(3.0),
    ];
    let edges = vec![Edge { from: 0, to: 1, bytes: 10 }, Edge { from: 0, to: 2, bytes: 10 }];
    let devices = vec![Device::new("a").memory(100), Device::new("b").memory(100)];
    let links = Links::uniform(2, 10.0, 0.5, Some(1));
    Problem::from_input(ProblemInput { tasks, devices, links, edges, resources: vec![], accuracy_budget: Some(0.1) })
        .expect("consistent")
}

/// Applies a fault and expects it to be among what is found.
fn check(fault: impl FnOnce(&mut Plan), expected: impl Fn(&Violation) -> bool) {
    let problem = problem();
    let mut plan = by_name("heft").and_then(|a| a.solve(&problem, &mut SearchContext::new(0))).expect("a plan");
    assert_eq!(validate(&problem, &plan), []);
    fault(&mut plan);
    let found = validate(&problem, &plan);
    assert!(found.iter().any(expected), "{found:?}");
    assert!(found.iter().all(|v| !v.to_string().is_empty()));
}

/// Moves a task without asking anybody.
fn put(plan: &mut Plan, task: usize, start_s: f64) {
    let a = &mut plan.assignments[task];
    let duration_s = a.finish_s - a.start_s;
    (a.start_s, a.finish_s) = (start_s, start_s + duration_s);
}

fn put_on(plan: &mut Plan, task: usize, device: usize) {
    plan.assignments[task].mode = device;
    plan.assignments[task].device = device;
}

#[test]
fn faults_of_single_tasks() {
    check(|p| p.assignments.truncate(5), |v| matches!(v, Violation::TaskCount { found: 5, expected: 6 }));
    check(|p| p.assignments.swap(0, 1), |v| matches!(v, Violation::Misplaced { position: 0, found: 1 }));
    check(|p| p.assignments[0].mode = 1, |v| matches!(v, Violation::NoSuchMode { task: 0, mode: 1 }));
    check(|p| p.assignments[0].device = 1, |v| matches!(v, Violation::WrongDevice { task: 0, .. }));
    check(|p| p.assignments[0].finish_s += 0.5, |v| matches!(v, Violation::WrongTimes { task: 0, .. }));
    check(|p| p.assignments[0].start_s = f64::NAN, |v| matches!(v, Violation::WrongTimes { task: 0, .. }));
    check(|p| put(p, 0, -1.0), |v| matches!(v, Violation::WrongTimes { task: 0, .. }));
    check(|p| put(p, 5, 2.5), |v| matches!(v, Violation::BeforeRelease { task: 5, .. }));
}

#[test]
fn faults_between_tasks() {
    check(|p| put(p, 1, 1.0), |v| matches!(v, Violation::Precedence { from: 0, to: 1 }));
    check(|p| put(p, 4, 0.0), |v| matches!(v, Violation::Precedence { from: 3, to: 4 }));
    check(|p| p.transfers.truncate(1), |v| matches!(v, Violation::MissingTransfer { from: 0, .. }));
    check(|p| p.transfers[0].start_s -= 1.0, |v| matches!(v, Violation::WrongTransfer { .. }));
    check(|p| p.transfers[0].finish_s = f64::NAN, |v| matches!(v, Violation::WrongTransfer { .. }));
    check(|p| p.transfers[0].link = 7, |v| matches!(v, Violation::WrongTransfer { .. }));
    check(
        |p| {
            let again = p.transfers[0].clone();
            p.transfers.push(again);
        },
        |v| matches!(v, Violation::WrongTransfer { .. } | Violation::Link { .. }),
    );
    check(
        |p| {
            let (start_s, finish_s) = (p.transfers[0].start_s, p.transfers[0].finish_s);
            (p.transfers[1].start_s, p.transfers[1].finish_s) = (start_s, finish_s);
        },
        |v| matches!(v, Violation::Link { link: 0, used: 2, channels: 1, .. }),
    );
}

#[test]
fn faults_of_devices() {
    check(
        |p| {
            let at = p.assignments[1].start_s;
            put(p, 2, at);
        },
        |v| matches!(v, Violation::Compute { device: 1, .. }),
    );
    check(
        |p| {
            let at = p.assignments[3].start_s;
            let device = p.assignments[3].device;
            put_on(p, 5, device);
            put(p, 5, at);
        },
        |v| matches!(v, Violation::Memory { .. }),
    );
    check(
        |p| {
            let other = 1 - p.assignments[4].device;
            put_on(p, 4, other);
        },
        |v| matches!(v, Violation::AwayFromWeights { run: 4, deploy: 3 }),
    );
}

#[test]
fn faults_of_totals() {
    check(|p| p.makespan_s -= 1.0, |v| matches!(v, Violation::WrongTotal { what: "makespan", .. }));
    check(|p| p.lower_bound_s = 1e9, |v| matches!(v, Violation::WrongTotal { what: "lower bound", .. }));
    check(|p| p.gap += 0.5, |v| matches!(v, Violation::WrongTotal { what: "gap", .. }));
    let mut input = problem().input().clone();
    input.accuracy_budget = Some(0.0);
    let strict = Problem::from_input(input).expect("there is an exact mode");
    let plan = by_name("heft").and_then(|a| a.solve(&problem(), &mut SearchContext::new(0))).expect("a plan");
    assert!(validate(&strict, &plan).iter().any(|v| matches!(v, Violation::Accuracy { .. })));
    let exact = by_name("heft").and_then(|a| a.solve(&strict, &mut SearchContext::new(0))).expect("a plan");
    assert_eq!(validate(&strict, &exact), []);
}
