//! What holds of every algorithm on every problem.

use proptest::prelude::*;
use weft_schedule::{
    Decoder, ModeChoice, Order, Plan, Problem, ProblemInput, Progress, ScheduleError, SearchContext, algorithms,
    analyse, by_name, lower_bounds, serial_index, validate,
};

use crate::random_problem::problems;

fn check(problem: &Problem, plan: &Plan) -> Result<(), TestCaseError> {
    let violations = validate(problem, plan);
    prop_assert!(violations.is_empty(), "{violations:?}");
    let bounds = lower_bounds(problem);
    prop_assert!(bounds.best_s() <= plan.makespan_s + 1e-9, "{bounds:?} against {}", plan.makespan_s);
    prop_assert!(plan.gap >= 0.0);
    let analysis = analyse(problem, plan);
    for (task, a) in analysis.tasks.iter().zip(&plan.assignments) {
        prop_assert!(task.slack_s >= 0.0 && a.finish_s + task.slack_s <= plan.makespan_s + 1e-9);
    }
    prop_assert!(plan.makespan_s == 0.0 || analysis.tasks.iter().any(|t| t.critical));
    prop_assert!(analysis.utilisation.iter().all(|&u| (0.0..=1.0 + 1e-6).contains(&u)));
    let index = serial_index(problem, plan);
    prop_assert!(index.index_s >= index.serial_s);
    for a in &plan.assignments {
        prop_assert!(!a.reason.text(problem, a.device).to_string().is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_plan_is_valid_and_not_below_the_bound(problem in problems()) {
        let mut best_s = f64::INFINITY;
        let mut bound_s: f64 = 0.0;
        for info in algorithms() {
            match info.create().solve(&problem, &mut SearchContext::new(1).evaluation_limit(60)) {
                Ok(plan) => {
                    check(&problem, &plan)?;
                    best_s = best_s.min(plan.makespan_s);
                    bound_s = bound_s.max(plan.lower_bound_s);
                }
                Err(error) => {
                    let refused = matches!(error, ScheduleError::WeightsDoNotFitTogether { .. });
                    prop_assert!(refused, "{error}");
                }
            }
        }
        // What one claims as a bound, no other may be below.
        prop_assert!(bound_s <= best_s + 1e-9, "a bound of {bound_s} and a plan of {best_s}");
    }

    #[test]
    fn any_order_and_any_modes_decode_to_a_valid_plan(
        problem in problems(),
        priorities in proptest::collection::vec(0.0..1.0_f64, 24),
        modes in proptest::collection::vec(0..6_usize, 24),
    ) {
        let mut decoder = Decoder::new(&problem);
        for choice in [ModeChoice::Fixed(&modes), ModeChoice::EarliestFinish, ModeChoice::EarliestStart] {
            if decoder.decode(Order::Priority(&priorities), choice, &|| false).is_ok() {
                check(&problem, &decoder.plan("random", lower_bounds(&problem).best_s()))?;
            }
        }
    }

    #[test]
    fn a_decoder_used_before_decodes_as_a_new_one(
        problem in problems(),
        priorities in proptest::collection::vec(0.0..1.0_f64, 24),
    ) {
        let order = Order::Priority(&priorities);
        let mut used = Decoder::new(&problem);
        let _ = used.decode(Order::Arrival, ModeChoice::EarliestStart, &|| false);
        let mut new = Decoder::new(&problem);
        let again = used.decode(order, ModeChoice::EarliestFinish, &|| false);
        let first = new.decode(order, ModeChoice::EarliestFinish, &|| false);
        prop_assert_eq!(&first, &again);
        if first.is_ok() {
            prop_assert_eq!(new.plan("", 0.0), used.plan("", 0.0));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_reports_only_improve(problem in problems(), seed in any::<u64>()) {
        for info in algorithms() {
            let mut reports: Vec<Progress> = Vec::new();
            let first = {
                let mut note = |progress| reports.push(progress);
                info.create().solve(&problem, &mut SearchContext::new(seed).evaluation_limit(60).on_progress(&mut note))
            };
            let second = info.create().solve(&problem, &mut SearchContext::new(seed).evaluation_limit(60));
            prop_assert_eq!(&first, &second);
            for pair in reports.windows(2) {
                prop_assert!(pair[1].best_makespan_s <= pair[0].best_makespan_s);
                prop_assert!(pair[1].lower_bound_s >= pair[0].lower_bound_s);
            }
            if let Ok(plan) = first {
                let last = reports.last().map(|r| r.best_makespan_s);
                prop_assert_eq!(last, Some(plan.makespan_s));
            }
        }
    }

    #[test]
    fn a_problem_survives_being_written_and_read(problem in problems()) {
        let text = serde_json::to_string(&problem).expect("a problem can be written");
        let back: Problem = serde_json::from_str(&text).expect("what was written can be read");
        prop_assert_eq!(ProblemInput::from(back), problem.input().clone());
    }
}

#[test]
fn a_search_context_passes_on_only_what_is_better() {
    let mut reports = Vec::new();
    let mut note = |progress: Progress| reports.push((progress.best_makespan_s, progress.lower_bound_s));
    let mut context = SearchContext::new(0).on_progress(&mut note);
    context.begin();
    context.report(10.0, 4.0);
    context.report(11.0, 3.0);
    context.report(9.0, 3.0);
    context.report(12.0, 5.0);
    assert!(!context.should_stop());
    context.report(5.0, 5.0);
    assert!(context.should_stop(), "nothing is left to improve");
    assert_eq!(reports, [(10.0, 4.0), (9.0, 4.0), (9.0, 5.0), (5.0, 5.0)]);
}

#[test]
fn a_search_stops_when_its_time_is_up_or_it_is_cancelled() {
    let time_s = std::cell::Cell::new(100.0);
    let clock = || time_s.get();
    let mut context = SearchContext::new(0).clock(&clock).time_limit_s(2.0);
    context.begin();
    time_s.set(101.5);
    assert!(!context.should_stop());
    assert_eq!(context.elapsed_s(), 1.5);
    time_s.set(102.0);
    assert!(context.should_stop());
    assert!(SearchContext::new(0).cancelled_by(&|| true).should_stop());
}

#[test]
fn an_unknown_algorithm_is_refused_with_the_known_ones() {
    let message = by_name("magic").err().map(|e| e.to_string()).unwrap_or_default();
    assert!(message.contains("\"magic\"") && message.contains("heft") && message.contains("fifo"), "{message}");
    for info in algorithms() {
        assert_eq!(info.create().name(), info.name);
    }
}
