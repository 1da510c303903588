//! The default: list rules at once, then the best hybrid until the time is up, a proof when one is near.
//!
//! Must not know more of the searches than that each takes a phase and leaves the best plan on the workbench.

use crate::{
    annealing::Annealing,
    bounds::device_weights,
    enumeration::Enumeration,
    exact::{Integral, Proof},
    fleet::{Fleet, Heat},
    genetic::Genetic,
    lattice::{Breeder, Lattice},
    neighbourhood::Neighbourhood,
    plan::Plan,
    problem::Problem,
    search::{ScheduleError, Scheduler, SearchContext},
    workbench::{Candidate, Mirror, Workbench, tails},
};

/// Chooses and mixes the other algorithms by the problem.
#[derive(Debug, Clone, Copy, Default)]
pub struct Auto;

impl Scheduler for Auto {
    fn name(&self) -> &str {
        "auto"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let mirror = Mirror::of(problem);
        let mut bench = Workbench::new("auto", problem, &mirror, context);
        let start = bench.start_solutions()?;
        match Integral::of(problem) {
            Some(integral) => whole(&mut bench, &integral, start),
            None => match Fleet::of(problem) {
                Some(mut fleet) => free(&mut bench, &mut fleet, start),
                None => mixed(&mut bench, start),
            },
        }
        bench.finish()
    }
}

/// Up to so many tasks a proof is worth waiting for.
const SMALL: usize = 40;

/// For whole numbers: a genetic start, then proof, windows and breeding in turn.
fn whole(bench: &mut Workbench<'_, '_, '_>, integral: &Integral, start: Vec<Candidate>) {
    let tails = tails(bench.problem);
    let size = bench.tasks().clamp(30, 100);
    let mut breeder = Lattice::of(bench.problem, integral).map(|l| Breeder::new(l, size, bench.several_modes));
    let mut kept = start;
    let breed = |bench: &mut Workbench<'_, '_, '_>, breeder: &mut Option<Breeder>, kept: &mut Vec<Candidate>| {
        if let Some(breeder) = breeder {
            if let Some(best) = bench.best() {
                let starts_s: Vec<f64> = best.assignments.iter().map(|a| a.start_s).collect();
                let modes: Vec<usize> = best.assignments.iter().map(|a| a.mode).collect();
                breeder.add(integral, &starts_s, &modes);
            }
            breeder.breed(bench, integral, &tails);
        } else {
            *kept = Genetic::standard(40).evolve(bench, std::mem::take(kept));
        }
    };
    bench.begin_phase(0.04);
    let before = bench.context.spent();
    breed(bench, &mut breeder, &mut kept);
    // Few tasks are bred to their end by few, again and again.
    if let Some(breeder) = breeder.as_mut().filter(|_| bench.tasks() > SMALL) {
        breeder.fit(bench.context.spent() - before);
    }
    let mut proof = Proof::new(integral, bench);
    let windows = Neighbourhood::standard();
    let most_conflicts = if bench.context.is_unlimited() { 2_000 } else { u64::MAX };
    let mut rounds = 0;
    while !bench.context.should_stop() && !proof.is_done() && rounds < 50 {
        rounds += 1;
        // A proof of many tasks comes soon or not for long.
        let soon = rounds == 1 && bench.tasks() > SMALL;
        bench.begin_phase(if soon { 0.06 } else { 0.3 });
        proof.run(bench, most_conflicts);
        if bench.context.should_stop() || proof.is_done() {
            return;
        }
        bench.begin_phase(0.75);
        breed(bench, &mut breeder, &mut kept);
        bench.begin_phase(0.2);
        windows.windows(bench, integral);
        if bench.context.is_unlimited() {
            break;
        }
    }
}

/// Up to so many tasks on devices that take one at a time it is worth while to look at all schedules.
const FEW: usize = 16;

/// For devices that take one task at a time: a proof where there are few, else annealing from the best list rule, a population with what it found, annealing
/// so hot that nothing of it is left, then from the best again and ever cooler.
fn free(bench: &mut Workbench<'_, '_, '_>, fleet: &mut Fleet<'_>, mut found: Vec<Candidate>) {
    // A good plan first: then more can be ruled out.
    bench.begin_phase(0.02);
    fleet.anneal(bench, Heat { start: 0.03, end: 1e-5, cooling: 0.9 });
    if let Some(mut all) = Enumeration::of(bench.problem, device_weights(bench.problem)) {
        bench.begin_phase(if bench.tasks() <= FEW { 0.4 } else { 0.05 });
        if all.run(bench) || bench.context.should_stop() {
            return;
        }
    }
    for (part, start) in [(0.2, 0.01), (0.55, 0.4), (0.5, 0.03), (1.0, 0.003)] {
        bench.begin_phase(part);
        fleet.anneal(bench, Heat { start, end: 1e-5, cooling: 0.95 });
        if !found.is_empty() {
            bench.begin_phase(0.3);
            if let Some(best) = bench.best() {
                let keys = best.assignments.iter().map(|a| -a.start_s).collect();
                let modes = best.assignments.iter().map(|a| a.mode).collect();
                found.insert(0, Candidate { keys, modes, score: bench.best_score() });
            }
            Genetic::standard(40).evolve(bench, std::mem::take(&mut found));
        }
        if bench.context.should_stop() {
            return;
        }
    }
}

/// For everything else: annealing from the best list rule, a population from what it found, annealing again.
fn mixed(bench: &mut Workbench<'_, '_, '_>, start: Vec<Candidate>) {
    let mut found = start;
    for part in [0.4, 0.4, 0.6, 1.0] {
        bench.begin_phase(part);
        if let Some(best) = found.first().cloned() {
            let annealed = Annealing::standard().anneal(bench, best);
            found.insert(0, annealed);
        }
        if part < 1.0 {
            bench.begin_phase(0.25);
            found = Genetic::standard(30).evolve(bench, found);
        }
        if bench.context.should_stop() {
            return;
        }
    }
}
