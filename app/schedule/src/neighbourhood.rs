//! Large-neighbourhood search: a part of the plan is taken out and put back better.
//!
//! Must not know how a part is put back: by the clause-learning solver where the problem can be put in whole numbers, else
//! by the decoder with the part's order and modes at random.

use crate::{
    exact::{Integral, improve_window},
    input::TaskIndex,
    plan::Plan,
    problem::Problem,
    search::{ScheduleError, Scheduler, SearchContext, Settings},
    workbench::{Candidate, FREE, Mirror, Score, Workbench},
};

/// Large-neighbourhood search (P. Shaw 1998).
#[derive(Debug, Clone, Copy)]
pub struct Neighbourhood {
    window: usize,
    conflicts: u64,
}

impl Neighbourhood {
    pub(crate) fn new(settings: &Settings<'_>) -> Self {
        Self { window: settings.count("window"), conflicts: settings.count("conflicts") as u64 }
    }

    /// For use within another search.
    pub(crate) fn standard() -> Self {
        Self { window: 30, conflicts: 500 }
    }
}

impl Scheduler for Neighbourhood {
    fn name(&self) -> &str {
        "lns"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let mirror = Mirror::of(problem);
        let mut bench = Workbench::new("lns", problem, &mirror, context);
        let start = bench.start_solutions()?;
        match Integral::of(problem) {
            Some(integral) => self.windows(&mut bench, &integral),
            None => {
                if let Some(best) = start.into_iter().next() {
                    self.shake(&mut bench, best);
                }
            }
        }
        bench.finish()
    }
}

impl Neighbourhood {
    /// Windows given to the solver, until the phase is over.
    pub(crate) fn windows(&self, bench: &mut Workbench<'_, '_, '_>, integral: &Integral) {
        let n = bench.tasks();
        let mut size = self.window.min(n);
        let mut failures = 0;
        let mut plan = bench.best().cloned();
        let mut tries = 0_u64;
        while !bench.phase_over() {
            tries += 1;
            let Some(current) = &plan else { return };
            let free = self.choose(bench, current, size);
            let before = bench.best_score();
            match improve_window(integral, bench, current, &free, self.conflicts) {
                Some((starts_s, modes)) => {
                    failures = 0;
                    size = self.window.min(n);
                    let score = bench.adopt_starts(&starts_s, &modes);
                    bench.justify(score, 2);
                    if !bench.best_score().better_than(before) {
                        return;
                    }
                    plan = bench.best().cloned();
                }
                None => {
                    failures += 1;
                    if failures % 10 == 0 {
                        size = (size + size / 8 + 1).min(n);
                        if size >= n {
                            size = self.window.min(n);
                        }
                        // Another plan of the same length, so that not the same windows fail again.
                        plan = self.another(bench, plan.take());
                    }
                }
            }
            // A phase without limits ends by itself.
            if bench.context.is_unlimited() && tries > 200 {
                return;
            }
        }
    }

    /// The same makespan with another order: the tasks shifted right, then left, with noise.
    fn another(&self, bench: &mut Workbench<'_, '_, '_>, plan: Option<Plan>) -> Option<Plan> {
        let plan = plan?;
        let length = plan.makespan_s;
        let keys: Vec<f64> = plan.assignments.iter().map(|a| -a.start_s + 0.02 * length * bench.rng.unit()).collect();
        let modes: Vec<usize> = plan.assignments.iter().map(|a| a.mode).collect();
        let mut candidate = Candidate { keys, modes, score: Score::NONE };
        let score = bench.evaluate(&mut candidate);
        if score == Score::NONE {
            return Some(plan);
        }
        let score = bench.justify(score, 2);
        let found = bench.decoder.plan("lns", 0.0);
        if score.makespan_s <= length * (1.0 + 1e-9) { Some(found) } else { Some(plan) }
    }

    /// Which tasks are taken out: those around a time, or a random task and what is near it in the graph and in time.
    fn choose(&self, bench: &mut Workbench<'_, '_, '_>, plan: &Plan, size: usize) -> Vec<bool> {
        let n = plan.assignments.len();
        let mut free = vec![false; n];
        let centre_s = bench.rng.unit() * plan.makespan_s;
        let noise_s = if bench.rng.chance(0.5) { 0.0 } else { 0.3 * plan.makespan_s };
        let mut near: Vec<(f64, TaskIndex)> = plan
            .assignments
            .iter()
            .enumerate()
            .map(|(task, a)| {
                let middle_s = 0.5 * (a.start_s + a.finish_s);
                ((middle_s - centre_s).abs() + noise_s * bench.rng.unit(), task)
            })
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for &(_, task) in near.iter().take(size) {
            free[task] = true;
        }
        free
    }

    /// Windows put back at random by the decoder, until the phase is over.
    pub(crate) fn shake(&self, bench: &mut Workbench<'_, '_, '_>, start: Candidate) {
        let n = bench.tasks();
        let mut current = start;
        let mut trial = current.clone();
        while !bench.phase_over() {
            trial.clone_from(&current);
            let size = 2 + bench.rng.below(self.window.min(n).max(1));
            let centre = bench.rng.unit() * n as f64;
            for task in 0..n {
                // Keys of a captured schedule are places in it.
                if (trial.keys[task] - centre).abs() <= 0.5 * size as f64 {
                    trial.keys[task] += (bench.rng.unit() - 0.5) * size as f64;
                    if bench.several_modes && bench.rng.chance(0.2) {
                        let free = bench.problem.budgets.is_empty() && bench.rng.chance(0.5);
                        trial.modes[task] = if free { FREE } else { bench.random_mode(task) };
                    }
                }
            }
            bench.repair(&mut trial.modes);
            let score = bench.evaluate(&mut trial);
            if score == Score::NONE {
                continue;
            }
            bench.capture(&mut trial, score);
            let improved =
                if score.makespan_s < 1.02 * current.score.makespan_s { bench.justify(score, 1) } else { score };
            if improved.better_than(score) {
                bench.capture(&mut trial, improved);
            }
            if !current.score.better_than(trial.score) {
                std::mem::swap(&mut current, &mut trial);
            }
        }
    }
}
