//! What the searches find: proofs against enumeration, parameters, cancelling, limits.

use proptest::prelude::*;
use weft_schedule::{
    Decoder, Device, Edge, Links, Mode, ModeChoice, Order, Phase, Problem, ProblemInput, Resource, ScheduleError,
    SearchContext, Task, algorithms, by_name, validate,
};

/// Projects in whole seconds: one device, two renewable resources, a budget, up to two modes.
fn projects() -> impl Strategy<Value = Problem> {
    let mode = (0..6_u32, 0..4_u64, 0..4_u64, 0..3_u64);
    let task = (mode.clone(), proptest::option::of(mode), prop_oneof![4 => Just(0), 1 => 1..5_u32]);
    (2..6_usize)
        .prop_flat_map(move |n| {
            (
                proptest::collection::vec(task.clone(), n),
                proptest::collection::vec((0..n, 0..n), 0..2 * n),
                3..6_u64,
                2..8_u64,
            )
        })
        .prop_filter_map("the budget is too small", |(rows, ends, people, money)| {
            let made = |(seconds, a, b, cost): (u32, u64, u64, u64)| {
                Mode::on(0, f64::from(seconds)).share(0.0).uses(0, a).uses(1, b).uses(2, cost)
            };
            let tasks = rows
                .into_iter()
                .enumerate()
                .map(|(i, (first, second, release))| {
                    let modes = std::iter::once(first).chain(second).map(made).collect();
                    Task::new(i.to_string(), Phase::Run, modes).released_at(f64::from(release))
                })
                .collect();
            let edges = ends.into_iter().filter(|(a, b)| a < b).map(|(from, to)| Edge { from, to, bytes: 0 }).collect();
            Problem::from_input(ProblemInput {
                tasks,
                devices: vec![Device::new("project")],
                links: Links::instant(1),
                edges,
                resources: vec![
                    Resource::renewable("people", people),
                    Resource::renewable("rooms", 4),
                    Resource::budget("money", money),
                ],
                accuracy_budget: None,
            })
            .ok()
        })
}

/// The best makespan over all orders and all modes.
fn enumerate(problem: &Problem) -> f64 {
    fn orders(rest: &mut Vec<usize>, chosen: &mut Vec<usize>, each: &mut dyn FnMut(&[usize])) {
        if rest.is_empty() {
            return each(chosen);
        }
        for i in 0..rest.len() {
            let task = rest.remove(i);
            chosen.push(task);
            orders(rest, chosen, each);
            chosen.pop();
            rest.insert(i, task);
        }
    }
    let n = problem.tasks().len();
    let mut best = f64::INFINITY;
    let mut decoder = Decoder::new(problem);
    orders(&mut (0..n).collect(), &mut Vec::new(), &mut |order| {
        let mut keys = vec![0.0; n];
        for (position, &task) in order.iter().enumerate() {
            keys[task] = -(position as f64);
        }
        for combination in 0..1 << n {
            let modes: Vec<usize> = (0..n).map(|t| combination >> t & 1).collect();
            if (0..n).any(|t| modes[t] >= problem.tasks()[t].modes.len()) {
                continue;
            }
            if decoder.decode(Order::Priority(&keys), ModeChoice::Fixed(&modes), &|| false).is_ok() {
                best = best.min(decoder.makespan_s());
            }
        }
    });
    best
}

/// Workflows on devices that take one task at a time, two of them alike, with links on which nothing queues.
fn small_workflows() -> impl Strategy<Value = Problem> {
    let speeds = prop_oneof![Just([1.0, 1.0, 4.0]), Just([2.0, 2.0, 2.0]), Just([1.0, 2.0, 4.0])];
    let task = (0..40_u32, prop_oneof![4 => Just(0), 1 => 1..9_u32]);
    (1..6_usize).prop_flat_map(move |n| {
        let tasks = proptest::collection::vec(task.clone(), n);
        let edges = proptest::collection::vec((0..n, 0..n, 0..60_u64), 0..2 * n);
        let bandwidth = prop_oneof![Just(f64::INFINITY), Just(10.0), Just(3.0)];
        (tasks, edges, speeds.clone(), bandwidth, prop_oneof![Just(0.0), Just(0.5)]).prop_map(
            |(tasks, ends, speeds, bandwidth, latency)| {
                let tasks = tasks.into_iter().enumerate().map(|(i, (work, release))| {
                    let modes = speeds.iter().enumerate().map(|(d, speed)| Mode::on(d, f64::from(work) / speed));
                    Task::new(i.to_string(), Phase::Run, modes.collect()).released_at(f64::from(release))
                });
                let edges =
                    ends.into_iter().filter(|(a, b, _)| a < b).map(|(from, to, bytes)| Edge { from, to, bytes });
                let devices = (0..3).map(|d| Device::new(d.to_string())).collect();
                let links = Links::uniform(3, bandwidth, latency, None);
                Problem::new(tasks.collect(), devices, links, edges.collect()).expect("consistent")
            },
        )
    })
}

/// The least makespan of all orders in all modes, each task as early as its order lets it.
fn least_of_all_orders(problem: &Problem) -> f64 {
    fn append(
        problem: &Problem,
        placed: &mut Vec<Option<(usize, f64)>>,
        free_s: &mut [f64],
        end_s: f64,
        best: &mut f64,
    ) {
        if placed.iter().all(Option::is_some) {
            *best = best.min(end_s);
            return;
        }
        for task in (0..placed.len()).filter(|t| placed[*t].is_none()).collect::<Vec<_>>() {
            let needs: Vec<_> = problem.edges().iter().filter(|e| e.to == task).collect();
            if needs.iter().any(|e| placed[e.from].is_none()) {
                continue;
            }
            for mode in &problem.tasks()[task].modes {
                let arrivals = needs.iter().filter_map(|e| {
                    let (device, finish_s) = placed[e.from]?;
                    Some(finish_s + problem.transfer_s(device, mode.device, e.bytes))
                });
                let ready_s = problem.tasks()[task].release_s.max(free_s[mode.device]);
                let finish_s = arrivals.fold(ready_s, f64::max) + mode.duration_s;
                let before = std::mem::replace(&mut free_s[mode.device], finish_s);
                placed[task] = Some((mode.device, finish_s));
                append(problem, placed, free_s, end_s.max(finish_s), best);
                placed[task] = None;
                free_s[mode.device] = before;
            }
        }
    }
    let mut best = f64::INFINITY;
    append(problem, &mut vec![None; problem.tasks().len()], &mut vec![0.0; problem.devices().len()], 0.0, &mut best);
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_proved_of_a_workflow_is_the_least_of_all_orders(problem in small_workflows()) {
        let least_s = least_of_all_orders(&problem);
        for name in ["exact", "auto", "ga"] {
            let plan = by_name(name).and_then(|s| s.solve(&problem, &mut SearchContext::new(3).evaluation_limit(5000)));
            let plan = plan.expect("a workflow has a plan");
            prop_assert_eq!(validate(&problem, &plan), vec![]);
            prop_assert!(plan.lower_bound_s <= least_s + 1e-9, "{name}: {} above {least_s}", plan.lower_bound_s);
            if name != "ga" {
                prop_assert!((plan.makespan_s - least_s).abs() < 1e-9, "{name}: {} and not {least_s}", plan.makespan_s);
                prop_assert!(plan.gap <= 1e-9, "{name} has not proved it");
            }
        }
    }

    #[test]
    fn what_is_proved_is_what_enumeration_finds(problem in projects()) {
        let plan = by_name("exact").and_then(|s| s.solve(&problem, &mut SearchContext::new(3)));
        let plan = plan.expect("a project has a plan");
        prop_assert_eq!(validate(&problem, &plan), vec![]);
        prop_assert_eq!(plan.gap, 0.0, "not proved: {}", plan.lower_bound_s);
        prop_assert!((plan.makespan_s - enumerate(&problem)).abs() < 1e-9);
    }

    #[test]
    fn windows_and_populations_keep_to_the_rules(problem in projects(), seed in 0..1000_u64) {
        for name in ["auto", "lns", "ga", "sa", "pso", "aco"] {
            let plan = by_name(name).and_then(|s| s.solve(&problem, &mut SearchContext::new(seed).evaluation_limit(150)));
            prop_assert_eq!(validate(&problem, &plan.expect("a project has a plan")), vec![]);
        }
    }
}

/// Twelve tasks on two people: long enough for a search, and HEFT is not optimal.
fn packing() -> Problem {
    let seconds = [9.0, 8.0, 7.0, 7.0, 6.0, 5.0, 5.0, 4.0, 3.0, 3.0, 2.0, 2.0, 1.5];
    let tasks = seconds.iter().enumerate().map(|(i, &s)| {
        Task::new(format!("{i}"), Phase::Run, vec![Mode::on(0, s).share(1.0 + f64::from(i as u32 % 3))])
    });
    let edges =
        vec![Edge { from: 0, to: 9, bytes: 0 }, Edge { from: 3, to: 4, bytes: 0 }, Edge { from: 4, to: 8, bytes: 0 }];
    Problem::new(tasks.collect(), vec![Device::new("cpu").capacity(4.0)], Links::instant(1), edges).expect("consistent")
}

#[test]
fn a_search_is_never_worse_than_the_list_rules() {
    let problem = packing();
    let rule =
        |name: &str| by_name(name).and_then(|s| s.solve(&problem, &mut SearchContext::new(0))).map(|p| p.makespan_s);
    let best =
        ["heft", "fifo", "peft", "cpop"].map(|n| rule(n).expect("a plan")).into_iter().fold(f64::INFINITY, f64::min);
    for info in algorithms().iter().filter(|info| info.anytime) {
        let plan = info.create().solve(&problem, &mut SearchContext::new(5).evaluation_limit(400)).expect("a plan");
        assert!(plan.makespan_s <= best, "{}: {} against {best}", info.name, plan.makespan_s);
    }
}

#[test]
fn parameters_are_checked_and_used() {
    for info in algorithms() {
        assert!(!info.summary.is_empty() && !info.summary_zh.is_empty());
        for p in info.parameters {
            assert!(p.minimum <= p.default && p.default <= p.maximum && !p.help.is_empty() && !p.help_zh.is_empty());
            assert!(info.create_with(&[(p.name, p.default)]).is_ok());
            let error = info.create_with(&[(p.name, p.maximum * 2.0 + 1.0)]).err().expect("out of range");
            assert!(error.to_string().contains(p.name), "{error}");
        }
        assert!(matches!(info.create_with(&[("magic", 1.0)]), Err(ScheduleError::Parameter { .. })));
    }
    let ga = algorithms().iter().find(|info| info.name == "ga").expect("there is a genetic algorithm");
    let named = |name| ga.parameters.iter().find(|p| p.name == name).map(|p| p.default);
    assert_eq!([named("population"), named("generations"), named("crossover")], [Some(100.0), Some(1000.0), Some(0.9)]);
    // One generation of few makes few schedules.
    let made = |values: &[(&str, f64)]| {
        let problem = packing();
        let mut context = SearchContext::new(1).evaluation_limit(5000);
        ga.create_with(values).and_then(|s| s.solve(&problem, &mut context)).expect("a plan");
        context.evaluations()
    };
    assert!(made(&[("population", 4.0), ("generations", 1.0)]) < 200);
}

#[test]
fn a_search_that_is_cancelled_stops_with_what_it_has() {
    let problem = packing();
    for info in algorithms().iter().filter(|info| info.anytime) {
        let asked = std::cell::Cell::new(0_u32);
        let cancelled = || {
            asked.set(asked.get() + 1);
            asked.get() > 40
        };
        let plan = info
            .create()
            .solve(&problem, &mut SearchContext::new(1).cancelled_by(&cancelled))
            .expect("the plans of the rules");
        assert_eq!(validate(&problem, &plan), vec![]);
        // A few questions more, on the way out.
        assert!(asked.get() < 80, "{}: asked {} times", info.name, asked.get());
    }
}

#[test]
fn budgets_that_cannot_be_kept_are_refused_by_name() {
    let tasks = (0..3).map(|i| Task::new(i.to_string(), Phase::Run, vec![Mode::on(0, 1.0).uses(0, 3)])).collect();
    let input = ProblemInput {
        tasks,
        devices: vec![Device::new("cpu")],
        links: Links::instant(1),
        edges: vec![],
        resources: vec![Resource::budget("money", 8)],
        accuracy_budget: None,
    };
    let error = Problem::from_input(input.clone()).expect_err("nine of eight").to_string();
    assert!(error.contains("\"money\"") && error.contains('9') && error.contains('8'), "{error}");
    let mut renewable = input;
    renewable.resources = vec![Resource::renewable("people", 2)];
    let error = Problem::from_input(renewable).expect_err("three of two").to_string();
    assert!(error.contains("\"people\"") && error.contains('3') && error.contains('2'), "{error}");
}

/// Tasks on devices of different speeds that take one at a time, data that takes time to be sent.
fn workflows() -> impl Strategy<Value = Problem> {
    (2..12_usize)
        .prop_flat_map(|n| {
            let works = proptest::collection::vec(1..40_u32, n);
            (works, proptest::collection::vec((0..n, 0..n, 0..30_u64), 0..2 * n))
        })
        .prop_map(|(works, ends)| {
            let task = |(i, work): (usize, u32)| {
                let modes = [1.0, 2.0, 4.0].iter().enumerate().map(|(d, speed)| Mode::on(d, f64::from(work) / speed));
                Task::new(i.to_string(), Phase::Run, modes.collect())
            };
            let edges = ends.into_iter().filter(|(a, b, _)| a < b).map(|(from, to, bytes)| Edge { from, to, bytes });
            let devices = (0..3).map(|d| Device::new(d.to_string())).collect();
            let tasks = works.into_iter().enumerate().map(task).collect();
            Problem::new(tasks, devices, Links::uniform(3, 7.0, 0.3, None), edges.collect()).expect("consistent")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn annealing_and_auto_are_valid_repeatable_and_no_worse_than_any_list_rule_on_workflows(
        problem in workflows(), seed in any::<u64>(),
    ) {
        let rules = ["fifo", "heft", "peft", "cpop"]
            .map(|rule| by_name(rule).expect("known").solve(&problem, &mut SearchContext::new(1)).expect("solved").makespan_s);
        let best_s = rules.into_iter().fold(f64::INFINITY, f64::min);
        for name in ["sa", "auto"] {
            let solve = || {
                let mut context = SearchContext::new(seed).evaluation_limit(1_500);
                by_name(name).expect("known").solve(&problem, &mut context).expect("solved")
            };
            let plan = solve();
            prop_assert_eq!(validate(&problem, &plan), vec![]);
            prop_assert!(plan.makespan_s <= best_s * (1.0 + 1e-9), "{}: {} above {}", name, plan.makespan_s, best_s);
            prop_assert!(plan.lower_bound_s <= plan.makespan_s);
            prop_assert_eq!(plan, solve());
        }
    }
}
