//! Rules side by side, each on a thread of its own, as many at once as there are cores; what they find is told as it
//! comes.
//!
//! Must not know what a rule does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::bounded;
use weft_protocol::plan::Convergence;

/// Points on their way from the rules.
const ROOM: usize = 256;

/// What `solve` makes of each of `count` rules, in their order. It is given the number of the rule and whom to tell how
/// far it has come.
pub(crate) fn side_by_side<T: Send>(
    count: usize,
    solve: impl Fn(usize, &mut dyn FnMut(Convergence)) -> T + Sync,
    progress: &mut dyn FnMut(usize, Convergence),
) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(count);
    if threads < 2 {
        return (0..count).map(|rule| solve(rule, &mut |point| progress(rule, point))).collect();
    }
    let next = AtomicUsize::new(0);
    let (points_in, points) = bounded(ROOM);
    let mut found: Vec<Option<T>> = (0..count).map(|_| None).collect();
    let work = |points: crossbeam_channel::Sender<(usize, Convergence)>| {
        let mut solved = Vec::new();
        loop {
            let rule = next.fetch_add(1, Ordering::Relaxed);
            if rule >= count {
                return solved;
            }
            let mut tell = |point| {
                // The other end is there as long as this thread is.
                let _sent = points.send((rule, point));
            };
            solved.push((rule, solve(rule, &mut tell)));
        }
    };
    thread::scope(|scope| {
        let work = &work;
        let started: Vec<_> = (0..threads)
            .filter_map(|_| {
                let points = points_in.clone();
                thread::Builder::new().name("race".to_owned()).spawn_scoped(scope, move || work(points)).ok()
            })
            .collect();
        drop(points_in);
        for (rule, point) in &points {
            progress(rule, point);
        }
        for thread in started {
            match thread.join() {
                Ok(solved) => solved.into_iter().for_each(|(rule, result)| found[rule] = Some(result)),
                Err(bug) => std::panic::resume_unwind(bug),
            }
        }
    });
    // What no thread could be started for is solved here.
    let rest =
        |(rule, found): (usize, Option<T>)| found.unwrap_or_else(|| solve(rule, &mut |point| progress(rule, point)));
    found.into_iter().enumerate().map(rest).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn point(makespan_s: f64) -> Convergence {
        Convergence { elapsed_s: 0.0, makespan_s, lower_bound_s: 0.0 }
    }

    #[test]
    fn each_rule_has_its_answer_and_its_points_in_order() {
        let mut told = vec![Vec::new(); 9];
        let solve = |rule: usize, tell: &mut dyn FnMut(Convergence)| {
            (0..50).for_each(|step| tell(point(f64::from(step))));
            rule * rule
        };
        let answers = side_by_side(9, solve, &mut |rule, point| told[rule].push(point.makespan_s));
        assert_eq!(answers, (0..9).map(|rule| rule * rule).collect::<Vec<_>>());
        assert!(told.iter().all(|points| points.len() == 50 && points.is_sorted()));
        assert!(side_by_side(0, |_, _| 0, &mut |_, _| {}).is_empty());
    }

    #[test]
    fn rules_run_at_the_same_time_where_there_are_cores() {
        if thread::available_parallelism().map_or(1, usize::from) < 2 {
            println!("SKIPPED: one core");
            return;
        }
        // Neither gets past here without the other.
        let both = Barrier::new(2);
        let answers = side_by_side(2, |rule, _| (both.wait(), rule).1, &mut |_, _| {});
        assert_eq!(answers, [0, 1]);
    }

    #[test]
    #[should_panic(expected = "a bug in a rule")]
    fn a_bug_in_a_rule_is_not_hidden() {
        side_by_side(3, |rule, _| assert!(rule != 1, "a bug in a rule"), &mut |_, _| {});
    }
}
