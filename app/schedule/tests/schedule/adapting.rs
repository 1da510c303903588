//! Execution with noise and failures, and planning again on the way.

use proptest::prelude::*;
use weft_schedule::{
    Attempts, Device, Edge, Links, Mode, Phase, Plan, Problem, ReadyQueue, ScheduleError, SearchContext, Spread, Task,
    TaskProgress, TaskState, by_name, replan, simulate, validate,
};

use crate::random_problem::problems;

fn heft(problem: &Problem) -> Option<Plan> {
    by_name("heft").and_then(|a| a.solve(problem, &mut SearchContext::new(0))).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_execution_ends_keeps_the_wires_and_repeats(problem in problems(), seed in any::<u64>(), failure in 0.0..0.4_f64) {
        let Some(plan) = heft(&problem) else { return Ok(()) };
        let spread = [Spread::LogNormal { deviation: 0.5 }, Spread::Uniform { least: 0.5, most: 2.0 }];
        let attempts = Attempts { failure, most: 2 };
        let done = simulate(&problem, &plan, &spread, attempts, seed);
        prop_assert_eq!(&format!("{done:?}"), &format!("{:?}", simulate(&problem, &plan, &spread, attempts, seed)));
        for edge in problem.edges() {
            let (from, to) = (&done.tasks[edge.from], &done.tasks[edge.to]);
            if to.attempts > 0 {
                prop_assert_eq!(from.state, TaskState::Finished);
                prop_assert!(to.start_s >= from.finish_s);
                prop_assert!(to.start_s >= problem.tasks()[edge.to].release_s);
            }
        }
        for task in &done.tasks {
            prop_assert!(task.attempts <= 2 && (task.attempts > 0) == (task.state != TaskState::Skipped));
            prop_assert!(!matches!(task.state, TaskState::Waiting | TaskState::Ready | TaskState::Running));
        }
    }

    #[test]
    fn what_has_started_stays_and_the_rest_is_valid(problem in problems(), share in 0.0..1.0_f64) {
        let Some(plan) = heft(&problem) else { return Ok(()) };
        let now_s = share * plan.makespan_s;
        let progress: Vec<TaskProgress> = plan.assignments.iter().map(|a| {
            if a.finish_s <= now_s {
                TaskProgress::Finished { start_s: a.start_s, finish_s: a.finish_s }
            } else if a.start_s < now_s {
                TaskProgress::Running { start_s: a.start_s, expected_finish_s: a.finish_s }
            } else {
                TaskProgress::NotStarted
            }
        }).collect();
        let Ok(again) = replan(&problem, &plan, &progress, now_s, &[], 1e6) else { return Ok(()) };
        prop_assert_eq!(validate(&again.problem, &again.plan), vec![]);
        for (task, (old, new)) in plan.assignments.iter().zip(&again.plan.assignments).enumerate() {
            if progress[task] == TaskProgress::NotStarted {
                prop_assert!(new.start_s >= now_s - 1e-9);
            } else {
                prop_assert_eq!(old.mode, new.mode);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn another_plan_that_is_followed_from_the_middle_leads_to_the_end(
        problem in problems(), steps in 0_usize..20, fails in any::<u64>(),
    ) {
        let Some(plan) = heft(&problem) else { return Ok(()) };
        let count = problem.tasks().len();
        let mut queue = ReadyQueue::new(&problem, &plan);
        let mut starts = vec![0; count];
        let mut running: Vec<usize> = Vec::new();
        let end = |queue: &mut ReadyQueue, task: usize| match fails >> (task % 64) & 3 {
            0 => drop(queue.failed(task)),
            _ => drop(queue.finished(task)),
        };
        for step in 0..4 * count + steps {
            // Late enough for every release.
            for task in queue.start_ready(1e12) {
                starts[task] += 1;
                running.push(task);
            }
            if step == steps {
                let before: Vec<TaskState> = (0..count).map(|t| queue.state(t)).collect();
                let progress: Vec<TaskProgress> = before.iter().map(|state| match state {
                    TaskState::Waiting | TaskState::Ready => TaskProgress::NotStarted,
                    TaskState::Running => TaskProgress::Running { start_s: 0.0, expected_finish_s: 1.0 },
                    TaskState::Finished => TaskProgress::Finished { start_s: 0.0, finish_s: 1.0 },
                    TaskState::Failed | TaskState::Skipped => TaskProgress::Dropped,
                }).collect();
                if let Ok(again) = replan(&problem, &plan, &progress, 1.0, &[], 0.0) {
                    queue.adopt(&problem, &again.plan);
                    for (task, state) in before.iter().enumerate() {
                        let is_open = |s: &TaskState| matches!(s, TaskState::Waiting | TaskState::Ready);
                        prop_assert!(queue.state(task) == *state || is_open(state) && is_open(&queue.state(task)));
                    }
                }
            }
            if let Some(task) = running.pop() {
                end(&mut queue, task);
            }
        }
        prop_assert!(queue.is_done(), "{queue:?}");
        for (task, times) in starts.iter().enumerate() {
            prop_assert_eq!(*times, usize::from(queue.state(task) != TaskState::Skipped));
        }
    }
}

fn two_devices() -> Problem {
    let task = |name: &str| Task::new(name, Phase::Run, vec![Mode::on(0, 10.0), Mode::on(1, 12.0)]);
    let tasks = vec![task("a"), task("b"), task("c"), task("d")];
    let edges = vec![Edge { from: 0, to: 2, bytes: 0 }, Edge { from: 1, to: 3, bytes: 0 }];
    Problem::new(tasks, vec![Device::new("x"), Device::new("y")], Links::instant(2), edges).expect("consistent")
}

#[test]
fn exact_durations_are_the_forecast() {
    let problem = two_devices();
    let plan = heft(&problem).expect("a plan");
    let done = simulate(&problem, &plan, &[], Attempts::default(), 3);
    assert_eq!(done.makespan_s, plan.makespan_s);
    assert!(done.is_complete());
    assert_eq!(
        simulate(&problem, &plan, &[Spread::Factor(3.0)], Attempts::default(), 3).makespan_s,
        3.0 * plan.makespan_s
    );
}

#[test]
fn what_fails_always_is_tried_as_often_as_allowed_and_skips_what_follows() {
    let problem = two_devices();
    let plan = heft(&problem).expect("a plan");
    let done = simulate(&problem, &plan, &[], Attempts { failure: 1.0, most: 3 }, 1);
    assert_eq!(done.tasks.iter().map(|t| t.attempts).collect::<Vec<_>>(), [3, 3, 0, 0]);
    assert_eq!(done.tasks[2].state, TaskState::Skipped);
    assert!(!done.is_complete());
}

#[test]
fn a_late_task_lets_others_move_unless_that_costs_too_much() {
    let problem = two_devices();
    let plan = heft(&problem).expect("a plan");
    let first = plan.assignments[0].device;
    assert_ne!(first, plan.assignments[1].device);
    let others = |penalty_s| {
        // "a" takes ten times as long as was thought; "b" is done.
        let progress = [
            TaskProgress::Running { start_s: 0.0, expected_finish_s: 100.0 },
            TaskProgress::Finished { start_s: 0.0, finish_s: plan.assignments[1].finish_s },
            TaskProgress::NotStarted,
            TaskProgress::NotStarted,
        ];
        replan(&problem, &plan, &progress, 12.0, &[], penalty_s).expect("a plan")
    };
    assert!(others(0.0).plan.makespan_s <= 112.0);
    assert!(others(1e6).moved.is_empty());
}

#[test]
fn a_lost_device_is_left_and_losing_all_is_refused() {
    let problem = two_devices();
    let plan = heft(&problem).expect("a plan");
    let progress = [TaskProgress::NotStarted; 4];
    let again = replan(&problem, &plan, &progress, 5.0, &[0], 0.0).expect("the other device is left");
    assert!(again.plan.assignments.iter().all(|a| a.device == 1 && a.start_s >= 5.0));
    assert_eq!(validate(&again.problem, &again.plan), vec![]);
    let none = replan(&problem, &plan, &progress, 5.0, &[0, 1], 0.0);
    assert!(matches!(none, Err(ScheduleError::NotReplannable { .. })));
    let dropped = [TaskProgress::Dropped, TaskProgress::NotStarted, TaskProgress::Dropped, TaskProgress::NotStarted];
    assert!(replan(&problem, &plan, &dropped, 0.0, &[], 0.0).expect("half of it").plan.makespan_s <= 20.0);
}
