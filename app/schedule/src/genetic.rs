//! The genetic algorithm over task lists and modes.
//!
//! Must not know how a list becomes a schedule. The representation and the two-point crossover are those of Hartmann
//! (1998, 2001), each child is improved forwards and backwards (Valls, Ballestín, Quintanilla 2008).

use crate::{
    plan::Plan,
    problem::Problem,
    search::{ScheduleError, Scheduler, SearchContext, Settings},
    workbench::{Candidate, FREE, Mirror, Score, Workbench, tails},
};

/// A genetic algorithm: precedence-feasible lists and modes as genes, started from the list rules.
#[derive(Debug, Clone, Copy)]
pub struct Genetic {
    population: usize,
    generations: usize,
    crossover: f64,
    mutation: f64,
}

impl Genetic {
    pub(crate) fn new(settings: &Settings<'_>) -> Self {
        Self {
            population: settings.count("population"),
            generations: settings.count("generations"),
            crossover: settings.get("crossover"),
            mutation: settings.get("mutation"),
        }
    }

    /// For use within another search.
    pub(crate) fn standard(population: usize) -> Self {
        Self { population, generations: usize::MAX, crossover: 0.9, mutation: 0.05 }
    }
}

impl Scheduler for Genetic {
    fn name(&self) -> &str {
        "ga"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let mirror = Mirror::of(problem);
        let mut bench = Workbench::new("ga", problem, &mirror, context);
        let start = bench.start_solutions()?;
        self.evolve(&mut bench, start);
        bench.finish()
    }
}

struct Individual {
    /// The tasks by start.
    order: Vec<u32>,
    modes: Vec<usize>,
    score: Score,
    /// Equal for equal schedules.
    print: u64,
}

impl Genetic {
    /// Evolves until the phase is over or the generations are used up; returns the best individuals.
    pub(crate) fn evolve(&self, bench: &mut Workbench<'_, '_, '_>, start: Vec<Candidate>) -> Vec<Candidate> {
        let tails = tails(bench.problem);
        let mut population: Vec<Individual> = Vec::with_capacity(2 * self.population);
        for candidate in &start {
            add(&mut population, individual(candidate));
        }
        let mut stale = 0_usize;
        let mut generation = 0;
        while !bench.phase_over() && generation < self.generations {
            // Room that is left (at the start, or after a new beginning) is filled at random.
            let mut tries = 0;
            while population.len() < self.population && tries < 3 * self.population && !bench.phase_over() {
                tries += 1;
                let mut candidate = bench.random(&tails, 0.5);
                if let Some(new) = brood(bench, &mut candidate) {
                    add(&mut population, new);
                }
            }
            population.sort_by(compare);
            let best = population.first().map(|p| p.score);
            for _ in 0..self.population.div_ceil(2) {
                if bench.phase_over() || population.len() < 2 {
                    break;
                }
                let (mother, father) = (tournament(bench, population.len()), tournament(bench, population.len()));
                for (a, b) in [(mother, father), (father, mother)] {
                    let mut child = self.child(bench, &population[a], &population[b]);
                    if let Some(new) = brood(bench, &mut child) {
                        add(&mut population, new);
                    }
                }
            }
            population.sort_by(compare);
            population.truncate(self.population);
            stale = if population.first().map(|p| p.score) == best { stale + 1 } else { 0 };
            let worst = population.last().map(|p| p.score.makespan_s);
            let flat = worst.is_some_and(|w| best.is_some_and(|b| w <= b.makespan_s * (1.0 + 1e-9)));
            if (flat && stale > 3) || stale > 40 {
                population.truncate((self.population / 10).max(1));
                stale = 0;
            }
            generation += 1;
            if population.len() < 2 && self.population < 2 {
                break;
            }
        }
        population.sort_by(compare);
        population.iter().take(8).map(candidate).collect()
    }

    /// The mother's list up to a point, then the father's order, then the mother's order; modes go with the place.
    fn child(&self, bench: &mut Workbench<'_, '_, '_>, mother: &Individual, father: &Individual) -> Candidate {
        let n = mother.order.len();
        let mut order: Vec<u32> = mother.order.clone();
        let mut modes = mother.modes.clone();
        if bench.rng.chance(self.crossover) {
            let (a, b) = (bench.rng.below(n + 1), bench.rng.below(n + 1));
            let (first, last) = (a.min(b), a.max(b));
            let mut taken = vec![false; n];
            order.clear();
            for &task in &mother.order[..first] {
                taken[task as usize] = true;
                order.push(task);
            }
            for &task in &father.order {
                if order.len() >= last {
                    break;
                }
                if !taken[task as usize] {
                    taken[task as usize] = true;
                    modes[task as usize] = father.modes[task as usize];
                    order.push(task);
                }
            }
            for &task in &mother.order {
                if !taken[task as usize] {
                    taken[task as usize] = true;
                    order.push(task);
                }
            }
        }
        let mut keys = vec![0.0; n];
        for (position, &task) in order.iter().enumerate() {
            keys[task as usize] = (n - position) as f64;
        }
        for task in 0..n {
            if bench.rng.chance(self.mutation) {
                // A few places up or down; the decoder keeps to the wires.
                keys[task] += (bench.rng.unit() - 0.5) * 0.2 * n as f64;
            }
            if bench.several_modes && bench.rng.chance(self.mutation) {
                let free = bench.problem.budgets.is_empty() && bench.rng.chance(0.5);
                modes[task] = if free { FREE } else { bench.random_mode(task) };
            }
        }
        if bench.several_modes {
            bench.repair(&mut modes);
        }
        Candidate { keys, modes, score: Score::NONE }
    }
}

/// Schedules and improves a candidate.
fn brood(bench: &mut Workbench<'_, '_, '_>, candidate: &mut Candidate) -> Option<Individual> {
    let score = bench.evaluate(candidate);
    if score == Score::NONE {
        return None;
    }
    bench.capture(candidate, score);
    let improved = bench.justify(score, 2);
    if improved.better_than(score) {
        bench.capture(candidate, improved);
    }
    Some(individual(candidate))
}

fn individual(candidate: &Candidate) -> Individual {
    let mut order: Vec<u32> = (0..candidate.keys.len() as u32).collect();
    order.sort_by(|&a, &b| candidate.keys[b as usize].total_cmp(&candidate.keys[a as usize]));
    let mut print = 0xcbf2_9ce4_8422_2325_u64;
    for &task in &order {
        let gene = u64::from(task) << 8 ^ candidate.modes[task as usize] as u64;
        print = (print ^ gene).wrapping_mul(0x0100_0000_01b3);
    }
    Individual { order, modes: candidate.modes.clone(), score: candidate.score, print }
}

fn candidate(individual: &Individual) -> Candidate {
    let n = individual.order.len();
    let mut keys = vec![0.0; n];
    for (position, &task) in individual.order.iter().enumerate() {
        keys[task as usize] = (n - position) as f64;
    }
    Candidate { keys, modes: individual.modes.clone(), score: individual.score }
}

fn add(population: &mut Vec<Individual>, new: Individual) {
    if population.iter().all(|old| old.print != new.print) {
        population.push(new);
    }
}

fn compare(a: &Individual, b: &Individual) -> std::cmp::Ordering {
    a.score.partial_cmp(&b.score).unwrap_or(std::cmp::Ordering::Equal)
}

/// The better of two at random; the population is sorted at the start of a generation, children are behind.
fn tournament(bench: &mut Workbench<'_, '_, '_>, count: usize) -> usize {
    bench.rng.below(count).min(bench.rng.below(count))
}
