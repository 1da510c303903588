//! Problems that no plan can solve, and input that makes no sense: refused, with the constraint named.

use weft_schedule::{
    Device, Edge, Links, Mode, Phase, Problem, ProblemError, ProblemInput, ScheduleError, SearchContext, Task, by_name,
};

fn task(name: &str, modes: Vec<Mode>) -> Task {
    Task::new(name, Phase::Run, modes)
}

fn input() -> ProblemInput {
    ProblemInput {
        tasks: ["a", "b", "c"].map(|name| task(name, vec![Mode::on(0, 1.0)])).to_vec(),
        devices: vec![Device::new("cpu").memory(100), Device::new("gpu")],
        links: Links::uniform(2, 1.0, 0.0, Some(1)),
        edges: Vec::new(),
        resources: vec![],
        accuracy_budget: None,
    }
}

/// The message says each of `words`.
fn refused(change: impl FnOnce(&mut ProblemInput), words: &[&str]) -> ProblemError {
    let mut input = input();
    change(&mut input);
    let error = Problem::from_input(input).expect_err("this makes no sense");
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
    error
}

fn edge(from: usize, to: usize) -> Edge {
    Edge { from, to, bytes: 0 }
}

#[test]
fn a_cycle_is_named_in_the_direction_of_its_wires() {
    let error = refused(|p| p.edges = vec![edge(0, 1), edge(1, 2), edge(2, 1)], &["circle"]);
    let ProblemError::Cycle { tasks } = error else { panic!("{error}") };
    assert!(tasks == ["b", "c", "b"] || tasks == ["c", "b", "c"], "{tasks:?}");
    refused(|p| p.edges = vec![edge(1, 1)], &["b -> b"]);
    refused(|p| p.edges = vec![edge(0, 1), edge(1, 2), edge(2, 0)], &[" -> "]);
}

#[test]
fn a_task_that_fits_no_empty_device_is_named() {
    refused(|p| p.tasks[1].modes[0].memory_bytes = 101, &["\"b\"", "\"cpu\"", "101", "100", "memory"]);
    refused(|p| p.tasks[1].modes[0].compute_share = 1.5, &["\"b\"", "1.5", "compute"]);
    let spared = Problem::from_input({
        let mut input = input();
        input.tasks[1].modes = vec![Mode::on(0, 1.0).memory(101), Mode::on(1, 9.0).memory(101)];
        input
    });
    let problem = spared.expect("the other device is large enough");
    assert!(!problem.is_admissible(1, 0) && problem.is_admissible(1, 1));
}

#[test]
fn a_run_that_cannot_be_where_its_weights_are_is_named() {
    refused(
        |p| {
            p.tasks[0] = Task::new("load", Phase::Deploy, vec![Mode::on(0, 1.0).weights(90)]).of_node(4);
            p.tasks[1] = task("serve", vec![Mode::on(0, 1.0).memory(20), Mode::on(1, 1.0)]).of_node(4);
        },
        &["\"load\"", "\"serve\"", "weights"],
    );
    let deploy = |name| Task::new(name, Phase::Deploy, vec![Mode::on(0, 1.0)]).of_node(4);
    refused(
        |p| {
            p.tasks[0] = deploy("load");
            p.tasks[1] = deploy("load again");
        },
        &["\"load\"", "\"load again\""],
    );
}

#[test]
fn weights_that_cannot_be_resident_together_are_named() {
    // Both runs need both models, which do not fit together.
    let deploy = |name, node| Task::new(name, Phase::Deploy, vec![Mode::on(0, 1.0).weights(60)]).of_node(node);
    let run = |name, node| task(name, vec![Mode::on(0, 1.0)]).of_node(node);
    let tasks = vec![deploy("load a", 0), deploy("load b", 1), run("run a", 0), run("run b", 1)];
    let problem =
        Problem::new(tasks, vec![Device::new("gpu").memory(100)], Links::instant(1), vec![edge(1, 2), edge(0, 3)])
            .expect("each fits alone");
    for algorithm in ["fifo", "heft"] {
        let error = by_name(algorithm)
            .and_then(|a| a.solve(&problem, &mut SearchContext::new(0)))
            .expect_err("60 and 60 of 100");
        assert!(matches!(error, ScheduleError::WeightsDoNotFitTogether { .. }), "{error}");
        assert!(error.to_string().contains("load") && error.to_string().contains("gpu"), "{error}");
    }
}

#[test]
fn an_accuracy_budget_that_no_mode_meets_is_refused() {
    refused(
        |p| {
            p.tasks[0].modes[0].accuracy_loss = 0.25;
            p.tasks[1].modes[0].accuracy_loss = 0.5;
            p.accuracy_budget = Some(0.5);
        },
        &["0.75", "0.5"],
    );
}

#[test]
fn numbers_out_of_range_are_refused_with_what_they_are() {
    refused(|p| p.devices.clear(), &["device"]);
    refused(|p| p.devices[1].capacity = 0.0, &["capacity", "\"gpu\""]);
    refused(|p| p.devices[1].capacity = f64::NAN, &["capacity", "NaN"]);
    refused(|p| p.tasks[2].modes.clear(), &["\"c\"", "mode"]);
    refused(|p| p.tasks[2].modes[0].duration_s = -1.0, &["duration", "\"c\"", "-1"]);
    refused(|p| p.tasks[2].modes[0].duration_s = f64::INFINITY, &["duration", "inf"]);
    refused(|p| p.tasks[2].modes[0].compute_share = f64::NAN, &["compute share"]);
    refused(|p| p.tasks[2].modes[0].device = 2, &["device", "2"]);
    refused(|p| p.tasks[2].release_s = -0.5, &["release"]);
    refused(|p| p.tasks[2].priority = f64::NAN, &["priority"]);
    refused(|p| p.edges.push(edge(0, 3)), &["wire 0", "end", "3"]);
    refused(|p| p.links.latency_s.truncate(3), &["latencies", "3", "4"]);
    refused(|p| p.links.latency_s[1] = -1.0, &["latency", "cpu to gpu"]);
    refused(|p| p.links.bandwidth_bytes_per_s[2] = 0.0, &["bandwidth", "gpu to cpu"]);
    refused(|p| p.links.link[1] = 1, &["link", "1"]);
    refused(|p| p.links.links[0].channels = Some(0), &["channels"]);
    refused(|p| p.accuracy_budget = Some(-1.0), &["budget"]);
}

#[test]
fn a_written_problem_is_checked_when_it_is_read() {
    let mut input = input();
    input.edges = vec![edge(0, 0)];
    let text = serde_json::to_string(&input).expect("it can be written");
    let error = serde_json::from_str::<Problem>(&text).expect_err("it has a cycle").to_string();
    assert!(error.contains("a -> a"), "{error}");
}

#[test]
fn a_search_that_is_cancelled_at_once_has_no_plan() {
    let tasks = (0..1000).map(|i| task(&format!("{i}"), vec![Mode::on(0, 1.0)])).collect();
    let problem = Problem::new(tasks, vec![Device::new("cpu")], Links::instant(1), vec![]).expect("consistent");
    for algorithm in ["fifo", "heft"] {
        let result =
            by_name(algorithm).and_then(|a| a.solve(&problem, &mut SearchContext::new(0).cancelled_by(&|| true)));
        assert_eq!(result, Err(ScheduleError::Cancelled));
    }
}

#[test]
fn nothing_to_do_is_done_at_once() {
    let problem = Problem::new(vec![], vec![Device::new("cpu")], Links::instant(1), vec![]).expect("consistent");
    let plan = by_name("heft").and_then(|a| a.solve(&problem, &mut SearchContext::new(0))).expect("a plan of nothing");
    assert_eq!((plan.makespan_s, plan.gap, plan.assignments.len()), (0.0, 0.0, 0));
}
