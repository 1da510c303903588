//! The ready queue: whatever durations turn out to be, a plan is carried through within the problem's limits.

use std::collections::HashSet;

use proptest::prelude::*;
use weft_schedule::{
    Device, Edge, Links, Mode, Phase, Plan, Problem, ReadyQueue, SearchContext, Task, TaskIndex, TaskState, by_name,
};

use crate::random_problem::problems;

/// What was running when, by the events of an execution.
struct Execution {
    state: Vec<TaskState>,
    started_s: Vec<f64>,
    skipped: HashSet<TaskIndex>,
}

/// Executes a plan with each duration scaled; some tasks fail, some have to be tried twice.
fn execute(problem: &Problem, plan: &Plan, scale: &[f64], fails: &[bool], retries: &[bool]) -> Execution {
    let count = problem.tasks().len();
    let mut queue = ReadyQueue::new(problem, plan);
    let mut running: Vec<(f64, TaskIndex)> = Vec::new();
    let mut retried = HashSet::new();
    let mut skipped = HashSet::new();
    let mut started_s = vec![f64::NAN; count];
    let mut now_s = 0.0;
    let mode = |task: TaskIndex| &problem.tasks()[task].modes[plan.assignments[task].mode];
    loop {
        for task in queue.start_ready(now_s) {
            for edge in problem.incoming(task) {
                assert_eq!(queue.state(edge.from), TaskState::Finished, "{task} started before {}", edge.from);
            }
            assert!(problem.tasks()[task].release_s <= now_s);
            started_s[task] = now_s;
            running.push((now_s + mode(task).duration_s * scale[task % scale.len()], task));
        }
        assert_eq!(queue.running(), running.len());
        for (device, info) in problem.devices().iter().enumerate() {
            let takes_time = |task: TaskIndex| mode(task).duration_s > 0.0;
            let here = || running.iter().map(|r| r.1).filter(|&task| queue.device(task) == device && takes_time(task));
            let used: f64 = here().map(|task| mode(task).compute_share).sum();
            assert!(used <= info.capacity + 1e-6);
            let resident = (0..count).filter(|&task| {
                let begun = matches!(queue.state(task), TaskState::Running | TaskState::Finished);
                let needed = problem.runs_of(task).iter().any(|&run| {
                    !matches!(queue.state(run), TaskState::Finished | TaskState::Failed | TaskState::Skipped)
                });
                problem.tasks()[task].phase == Phase::Deploy
                    && queue.device(task) == device
                    && begun
                    && (needed || queue.state(task) == TaskState::Running && takes_time(task))
            });
            let bytes = here().map(|task| mode(task).memory_bytes).sum::<u64>()
                + resident.map(|task| mode(task).weights_bytes).sum::<u64>();
            assert!(info.memory_bytes.is_none_or(|limit| bytes <= limit), "{bytes} bytes on {device}");
        }
        if queue.is_done() {
            break;
        }
        running.sort_by(|a, b| b.0.total_cmp(&a.0));
        let Some((end_s, task)) = running.pop() else {
            now_s = queue.next_release_s().expect("nothing runs and nothing will be released: stuck");
            continue;
        };
        now_s = end_s;
        if retries[task % retries.len()] && retried.insert(task) {
            assert!(queue.retry(task));
        } else if fails[task % fails.len()] {
            skipped.extend(queue.failed(task));
            assert!(queue.failed(task).is_empty(), "it has failed already");
        } else {
            assert!(queue.finished(task));
            assert!(!queue.finished(task), "it has finished already");
        }
    }
    assert_eq!(queue.running(), 0);
    Execution { state: (0..count).map(|task| queue.state(task)).collect(), started_s, skipped }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_execution_ends_and_keeps_the_limits(
        problem in problems(),
        scale in proptest::collection::vec(0.1..4.0_f64, 24),
        retries in proptest::collection::vec(proptest::bool::weighted(0.1), 24),
    ) {
        for algorithm in ["fifo", "heft"] {
            let Ok(plan) = by_name(algorithm).and_then(|a| a.solve(&problem, &mut SearchContext::new(0))) else { continue };
            let done = execute(&problem, &plan, &scale, &[false], &retries);
            prop_assert!(done.state.iter().all(|&s| s == TaskState::Finished));
        }
    }

    #[test]
    fn a_failure_fails_what_depends_on_it_and_nothing_else(
        problem in problems(),
        scale in proptest::collection::vec(0.1..4.0_f64, 24),
        fails in proptest::collection::vec(proptest::bool::weighted(0.15), 24),
    ) {
        let Ok(plan) = by_name("heft").and_then(|a| a.solve(&problem, &mut SearchContext::new(0))) else { return Ok(()) };
        let done = execute(&problem, &plan, &scale, &fails, &[false]);
        for &task in problem.topological_order() {
            let doomed = problem
                .incoming(task)
                .any(|e| matches!(done.state[e.from], TaskState::Failed | TaskState::Skipped));
            let expected = match (doomed, fails[task]) {
                (true, _) => TaskState::Skipped,
                (false, true) => TaskState::Failed,
                (false, false) => TaskState::Finished,
            };
            prop_assert_eq!(done.state[task], expected);
            prop_assert_eq!(done.skipped.contains(&task), doomed);
            prop_assert_eq!(done.started_s[task].is_nan(), doomed);
        }
    }
}

fn chain_and_independent() -> (Problem, Plan) {
    let task = |name, device| Task::new(name, Phase::Run, vec![Mode::on(device, 1.0)]);
    let tasks = vec![task("first", 0), task("second", 1), task("apart", 1)];
    let edges = vec![Edge { from: 0, to: 1, bytes: 0 }];
    let devices = vec![Device::new("x"), Device::new("y")];
    let problem = Problem::new(tasks, devices, Links::instant(2), edges).expect("consistent");
    let plan = by_name("heft").and_then(|a| a.solve(&problem, &mut SearchContext::new(0))).expect("a plan");
    (problem, plan)
}

#[test]
fn a_device_does_not_wait_for_a_task_that_is_late() {
    let (problem, plan) = chain_and_independent();
    let mut queue = ReadyQueue::new(&problem, &plan);
    assert_eq!(queue.start_ready(0.0), [0, 2]);
    // "first" is late; nothing that may start is held back by it.
    assert!(queue.finished(2));
    assert!(queue.start_ready(9.0).is_empty());
    assert!(queue.finished(0));
    assert_eq!(queue.start_ready(10.0), [1]);
}

#[test]
fn a_task_that_was_not_started_can_fail_too() {
    let (problem, plan) = chain_and_independent();
    let mut queue = ReadyQueue::new(&problem, &plan);
    assert_eq!(queue.failed(0), [1]);
    assert_eq!(queue.start_ready(0.0), [2]);
    assert!(!queue.finished(1) && !queue.retry(1));
    assert!(queue.finished(2));
    assert!(queue.is_done());
}
