//! Simulated annealing with moves of tasks on the critical path.
//!
//! Must not know how keys become a schedule, only what kept each task from starting earlier.

use crate::{
    fleet::{Fleet, Heat},
    input::TaskIndex,
    plan::{Plan, WhyNow},
    problem::Problem,
    search::{ScheduleError, Scheduler, SearchContext, Settings},
    workbench::{Candidate, FREE, Mirror, Score, Workbench},
};

/// Annealing from the best list rule: a task of the critical path, or of a block that holds it up, goes elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Annealing {
    start_temperature: f64,
    end_temperature: f64,
    cooling: f64,
}

impl Annealing {
    pub(crate) fn new(settings: &Settings<'_>) -> Self {
        Self {
            start_temperature: settings.get("start_temperature"),
            end_temperature: settings.get("end_temperature"),
            cooling: settings.get("cooling"),
        }
    }

    /// For use within another search.
    pub(crate) fn standard() -> Self {
        Self { start_temperature: 0.01, end_temperature: 1e-4, cooling: 0.95 }
    }
}

impl Scheduler for Annealing {
    fn name(&self) -> &str {
        "sa"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let mirror = Mirror::of(problem);
        let mut bench = Workbench::new("sa", problem, &mirror, context);
        let start = bench.start_solutions()?;
        match Fleet::of(problem) {
            Some(mut fleet) => fleet.anneal(&mut bench, self.heat()),
            None => {
                if let Some(best) = start.into_iter().next() {
                    self.anneal(&mut bench, best);
                }
            }
        }
        bench.finish()
    }
}

impl Annealing {
    fn heat(&self) -> Heat {
        Heat { start: self.start_temperature, end: self.end_temperature, cooling: self.cooling }
    }

    /// Anneals until the phase is over or, where nothing limits it, the temperature has fallen to its end.
    pub(crate) fn anneal(&self, bench: &mut Workbench<'_, '_, '_>, start: Candidate) -> Candidate {
        let n = bench.tasks();
        let mut current = start;
        // The start is scheduled again, so that the critical path can be read off the decoder.
        if bench.evaluate(&mut current) == Score::NONE || n == 0 {
            return current;
        }
        let mut best = current.clone();
        let mut critical = critical_tasks(bench);
        let mut temperature = self.start_temperature;
        let mut trial = current.clone();
        let mut since_justified = 0;
        while !bench.phase_over() {
            temperature = match bench.phase_progress() {
                Some(progress) => {
                    self.start_temperature * (self.end_temperature / self.start_temperature).powf(progress)
                }
                None => temperature * self.cooling.powf(1.0 / n as f64),
            };
            if temperature < self.end_temperature * (1.0 - 1e-9) {
                break;
            }
            trial.keys.copy_from_slice(&current.keys);
            trial.modes.copy_from_slice(&current.modes);
            let moves = 1 + usize::from(bench.rng.chance(0.3)) + usize::from(bench.rng.chance(0.1));
            for _ in 0..moves {
                step(bench, &mut trial, &critical);
            }
            let mut score = bench.evaluate(&mut trial);
            if score == Score::NONE {
                continue;
            }
            let worse = (score.makespan_s - current.score.makespan_s) / current.score.makespan_s.max(1e-12);
            if worse > 0.0 && !bench.rng.chance((-worse / temperature).exp()) {
                continue;
            }
            // Modes left to the decoder stay left to it; only the order is read off the schedule.
            let modes = trial.modes.clone();
            let moved = score.better_than(current.score);
            since_justified += 1;
            if moved || since_justified > 20 {
                since_justified = 0;
                bench.capture(&mut trial, score);
                let improved = bench.justify(score, 1);
                if improved.better_than(score) {
                    score = improved;
                    bench.capture(&mut trial, score);
                } else if improved != score {
                    // The decoder holds another schedule than the one to go on from.
                    score = bench.evaluate(&mut trial);
                }
            } else {
                bench.capture(&mut trial, score);
            }
            if score == Score::NONE {
                continue;
            }
            critical = critical_tasks(bench);
            if bench.problem.budgets.is_empty() {
                for (mode, before) in trial.modes.iter_mut().zip(modes) {
                    if before == FREE {
                        *mode = FREE;
                    }
                }
            }
            trial.score = score;
            std::mem::swap(&mut current, &mut trial);
            if current.score.better_than(best.score) {
                best = current.clone();
            }
        }
        best
    }
}

/// Moves one task in the order, or gives it another mode.
fn step(bench: &mut Workbench<'_, '_, '_>, trial: &mut Candidate, critical: &[TaskIndex]) {
    let n = bench.tasks();
    let task = if critical.is_empty() || bench.rng.chance(0.2) {
        bench.rng.below(n)
    } else {
        critical[bench.rng.below(critical.len())]
    };
    if bench.problem.modes_of(task).len() > 1 && bench.rng.chance(0.5) {
        let budgets = !bench.problem.budgets.is_empty();
        trial.modes[task] = if !budgets && bench.rng.chance(0.3) { FREE } else { bench.random_mode(task) };
        if budgets {
            bench.repair(&mut trial.modes);
        }
        return;
    }
    // Keys are places in the order: near moves are likelier than far ones.
    let reach = (n as f64).powf(bench.rng.unit());
    let up = bench.rng.chance(0.7);
    trial.keys[task] += if up { reach + 0.5 } else { -reach - 0.5 };
}

/// The tasks of one critical path, and those in the blocks that it waits for: from the last to finish back along what
/// kept each from starting earlier.
fn critical_tasks(bench: &Workbench<'_, '_, '_>) -> Vec<TaskIndex> {
    let decoder = &bench.decoder;
    let (starts_s, finishes_s) = (decoder.starts_s(), decoder.finishes_s());
    let mut by_finish: Vec<TaskIndex> = (0..starts_s.len()).collect();
    by_finish.sort_by(|&a, &b| finishes_s[a].total_cmp(&finishes_s[b]));
    let mut path = Vec::new();
    let mut seen = vec![false; starts_s.len()];
    let mut at = by_finish.last().copied();
    while let Some(task) = at {
        if std::mem::replace(&mut seen[task], true) {
            break;
        }
        path.push(task);
        at = match decoder.why_now(task) {
            WhyNow::Predecessor(from) | WhyNow::Transfer(from) => Some(from),
            WhyNow::Device | WhyNow::Memory | WhyNow::Resource => {
                let end = by_finish.partition_point(|&t| finishes_s[t] <= starts_s[task]);
                let before = &by_finish[..end];
                before.iter().rev().copied().find(|&t| !seen[t] && starts_s[t] < finishes_s[t])
            }
            WhyNow::AtOnce | WhyNow::Release => None,
        };
    }
    path
}
