//! Particle swarm over priorities and modes.
//!
//! Must not know how priorities become a schedule (J. Kennedy, R. Eberhart 1995; with inertia, Y. Shi, R. Eberhart 1998).

use crate::{
    plan::Plan,
    problem::Problem,
    search::{ScheduleError, Scheduler, SearchContext, Settings},
    workbench::{Candidate, FREE, Mirror, Score, Workbench, tails},
};

/// Particles in the space of one priority a task and, where tasks have several modes, one mode coordinate a task.
#[derive(Debug, Clone, Copy)]
pub struct Swarm {
    particles: usize,
    iterations: usize,
    inertia: f64,
    cognitive: f64,
    social: f64,
}

impl Swarm {
    pub(crate) fn new(settings: &Settings<'_>) -> Self {
        Self {
            particles: settings.count("particles"),
            iterations: settings.count("iterations"),
            inertia: settings.get("inertia"),
            cognitive: settings.get("cognitive"),
            social: settings.get("social"),
        }
    }
}

struct Particle {
    position: Vec<f64>,
    velocity: Vec<f64>,
    best: Vec<f64>,
    best_score: Score,
}

impl Scheduler for Swarm {
    fn name(&self) -> &str {
        "pso"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let mirror = Mirror::of(problem);
        let mut bench = Workbench::new("pso", problem, &mirror, context);
        let start = bench.start_solutions()?;
        let n = bench.tasks();
        let tails = tails(problem);
        let mut swarm: Vec<Particle> = Vec::with_capacity(self.particles);
        for number in 0..self.particles {
            let candidate = match start.get(number) {
                Some(found) => found.clone(),
                None => bench.random(&tails, 0.5),
            };
            let position = position(problem, &candidate);
            let velocity = (0..position.len()).map(|_| 0.1 * (bench.rng.unit() - 0.5)).collect();
            swarm.push(Particle { best: position.clone(), position, velocity, best_score: candidate.score });
        }
        let mut global = start.first().map(|c| (position(problem, c), c.score));
        let mut candidate = Candidate { keys: vec![0.0; n], modes: vec![FREE; n], score: Score::NONE };
        let mut move_first = false;
        for _ in 0..self.iterations {
            for particle in &mut swarm {
                if bench.phase_over() {
                    return bench.finish();
                }
                if move_first {
                    let best = global.as_ref().map_or(&particle.best, |(position, _)| position);
                    for (i, place) in particle.position.iter_mut().enumerate() {
                        let own = self.cognitive * bench.rng.unit() * (particle.best[i] - *place);
                        let common = self.social * bench.rng.unit() * (best[i] - *place);
                        let velocity = (self.inertia * particle.velocity[i] + own + common).clamp(-0.25, 0.25);
                        particle.velocity[i] = velocity;
                        *place = (*place + velocity).clamp(-0.25, 1.25);
                    }
                }
                candidate.keys.copy_from_slice(&particle.position[..n]);
                for task in 0..n {
                    let range = problem.modes_of(task);
                    let share = particle.position.get(n + task).copied().unwrap_or(-1.0);
                    let local = (share * range.len() as f64).floor();
                    candidate.modes[task] =
                        if share < 0.0 { FREE } else { (local as usize).min(range.len().saturating_sub(1)) };
                }
                bench.repair(&mut candidate.modes);
                let mut score = bench.evaluate(&mut candidate);
                if score == Score::NONE {
                    continue;
                }
                // The improved schedule is where the particle then is.
                let found = bench.justify(score, 1);
                if found.better_than(score) {
                    score = found;
                    bench.capture(&mut candidate, score);
                    particle.position = position(problem, &candidate);
                }
                if score.better_than(particle.best_score) {
                    particle.best_score = score;
                    particle.best.clone_from(&particle.position);
                }
                if global.as_ref().is_none_or(|(_, best)| score.better_than(*best)) {
                    global = Some((particle.position.clone(), score));
                }
            }
            move_first = true;
        }
        bench.finish()
    }
}

/// Keys scaled to 0..1, then, where tasks have several modes, the middle of the mode's share of 0..1, below 0 for a mode
/// left to the decoder.
fn position(problem: &Problem, candidate: &Candidate) -> Vec<f64> {
    let low = candidate.keys.iter().copied().fold(f64::INFINITY, f64::min);
    let high = candidate.keys.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scale = 1.0 / (high - low).max(1e-12);
    let mut position: Vec<f64> = candidate.keys.iter().map(|k| (k - low) * scale).collect();
    if problem.tasks().iter().any(|task| task.modes.len() > 1) {
        position.extend(
            candidate
                .modes
                .iter()
                .zip(problem.tasks())
                .map(|(&mode, task)| if mode == FREE { -0.1 } else { (mode as f64 + 0.5) / task.modes.len() as f64 }),
        );
    }
    position
}
