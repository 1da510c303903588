//! Ant colony: pheromone on the place of a task in the order and on its mode.
//!
//! Must not know how an order becomes a schedule. Order pheromone is summed up to the place, so that a task that was due
//! earlier stays wanted (D. Merkle, M. Middendorf, H. Schmeck 2002); limits as in the max-min ant system (T. Stützle,
//! H. Hoos 2000).

use crate::{
    plan::Plan,
    problem::Problem,
    search::{ScheduleError, Scheduler, SearchContext, Settings},
    workbench::{Candidate, FREE, Mirror, Score, Workbench, tails},
};

/// Ants that build orders and choose modes by pheromone and urgency.
#[derive(Debug, Clone, Copy)]
pub struct Ants {
    ants: usize,
    iterations: usize,
    evaporation: f64,
    pheromone_weight: f64,
    rank_weight: f64,
}

impl Ants {
    pub(crate) fn new(settings: &Settings<'_>) -> Self {
        Self {
            ants: settings.count("ants"),
            iterations: settings.count("iterations"),
            evaporation: settings.get("evaporation"),
            pheromone_weight: settings.get("pheromone_weight"),
            rank_weight: settings.get("rank_weight"),
        }
    }
}

/// Places of the order share pheromone in at most so many groups, so that it stays linear in the tasks.
const PLACES: usize = 64;
/// Ants look at so many ready tasks at most, the most urgent ones.
const CHOICES: usize = 40;
const LEAST: f64 = 0.02;

impl Scheduler for Ants {
    fn name(&self) -> &str {
        "aco"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let mirror = Mirror::of(problem);
        let mut bench = Workbench::new("aco", problem, &mirror, context);
        let start = bench.start_solutions()?;
        let n = bench.tasks();
        let places = n.clamp(1, PLACES);
        let tails = tails(problem);
        let longest = tails.iter().copied().fold(0.0, f64::max).max(1e-9);
        let urgency: Vec<f64> = tails.iter().map(|t| (0.05 + t / longest).powf(self.rank_weight)).collect();
        // Row-major: task, place. One column more a mode for 'left to the decoder'.
        let mut on_order = vec![0.5; n * places];
        let mut on_mode: Vec<Vec<f64>> = problem.tasks().iter().map(|task| vec![0.5; task.modes.len() + 1]).collect();
        let mut best = start.into_iter().next();
        let mut trail = Trail { place: 0, sums: vec![0.0; n] };
        for _ in 0..self.iterations {
            let mut leader: Option<Candidate> = None;
            for _ in 0..self.ants {
                if bench.phase_over() {
                    return bench.finish();
                }
                let keys = self.walk(&mut bench, &urgency, &on_order, places, &mut trail);
                let mut modes = vec![FREE; n];
                if bench.several_modes {
                    for task in 0..n {
                        let wanted: Vec<f64> = on_mode[task].iter().map(|p| p.powf(self.pheromone_weight)).collect();
                        let chosen = pick(&mut bench, &wanted);
                        let free = chosen == problem.tasks()[task].modes.len();
                        modes[task] = if !free {
                            chosen
                        } else if problem.budgets.is_empty() {
                            FREE
                        } else {
                            bench.random_mode(task)
                        };
                    }
                    bench.repair(&mut modes);
                }
                let mut candidate = Candidate { keys, modes, score: Score::NONE };
                let score = bench.evaluate(&mut candidate);
                if score == Score::NONE {
                    continue;
                }
                bench.capture(&mut candidate, score);
                let improved = bench.justify(score, 1);
                if improved.better_than(score) {
                    bench.capture(&mut candidate, improved);
                }
                if leader.as_ref().is_none_or(|l| candidate.score.better_than(l.score)) {
                    leader = Some(candidate);
                }
            }
            if let Some(leader) = leader {
                if best.as_ref().is_none_or(|b| leader.score.better_than(b.score)) {
                    best = Some(leader.clone());
                }
                self.lay(&mut on_order, &mut on_mode, places, &leader);
            }
            if let Some(best) = &best {
                self.lay(&mut on_order, &mut on_mode, places, best);
            }
        }
        bench.finish()
    }
}

/// What a walk needs again each time.
struct Trail {
    place: usize,
    /// For each task its pheromone summed up to the present place.
    sums: Vec<f64>,
}

impl Ants {
    /// One ant's order, as keys.
    fn walk(
        &self,
        bench: &mut Workbench<'_, '_, '_>,
        urgency: &[f64],
        on_order: &[f64],
        places: usize,
        trail: &mut Trail,
    ) -> Vec<f64> {
        let problem = bench.problem;
        let n = urgency.len();
        let mut waiting: Vec<usize> = (0..n).map(|task| problem.incoming(task).count()).collect();
        let mut ready: Vec<usize> = (0..n).filter(|&task| waiting[task] == 0).collect();
        let mut keys = vec![0.0; n];
        let mut wanted = Vec::with_capacity(CHOICES);
        trail.sums.fill(0.0);
        trail.place = usize::MAX;
        for position in 0..n {
            let place = position * places / n;
            if place != trail.place {
                for (task, sum) in trail.sums.iter_mut().enumerate() {
                    *sum += on_order[task * places + place];
                }
                trail.place = place;
            }
            if ready.len() > CHOICES {
                ready.select_nth_unstable_by(CHOICES - 1, |&a, &b| urgency[b].total_cmp(&urgency[a]).then(a.cmp(&b)));
            }
            let seen = ready.len().min(CHOICES);
            wanted.clear();
            for &task in &ready[..seen] {
                wanted.push(trail.sums[task].powf(self.pheromone_weight) * urgency[task]);
            }
            let chosen = ready.swap_remove(pick(bench, &wanted));
            keys[chosen] = (n - position) as f64;
            for edge in problem.outgoing(chosen) {
                waiting[edge.to] -= 1;
                if waiting[edge.to] == 0 {
                    ready.push(edge.to);
                }
            }
        }
        keys
    }

    /// Lets pheromone evaporate where a candidate is not and grow where it is.
    fn lay(&self, on_order: &mut [f64], on_mode: &mut [Vec<f64>], places: usize, candidate: &Candidate) {
        let n = candidate.keys.len();
        let rate = 0.5 * self.evaporation;
        on_order.iter_mut().for_each(|p| *p = (*p * (1.0 - rate)).max(LEAST));
        for (task, key) in candidate.keys.iter().enumerate() {
            let position = (n as f64 - key).clamp(0.0, (n - 1) as f64) as usize;
            on_order[task * places + position * places / n] += rate;
            for (mode, p) in on_mode[task].iter_mut().enumerate() {
                *p = (*p * (1.0 - rate)).max(LEAST) + if mode == candidate.modes[task] { rate } else { 0.0 };
            }
        }
    }
}

/// A position at random, in proportion to the weights.
fn pick(bench: &mut Workbench<'_, '_, '_>, weights: &[f64]) -> usize {
    let mut left = bench.rng.unit() * weights.iter().sum::<f64>();
    for (position, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return position;
        }
    }
    weights.len().saturating_sub(1)
}
