//! What all searches share: start solutions, forward and backward decoding, the best plan so far, limits.
//!
//! Must not know how a search moves. Everything that is made here is counted, compared and reported, so that no search
//! can return less than the best it has seen.

use crate::{
    bounds::{lower_bounds, relaxed_bound},
    decoder::{Decoder, ModeChoice, Order},
    giants::giants_bound,
    input::TaskIndex,
    list_rules::{critical_mode_choice, optimistic_costs, upward_ranks},
    plan::Plan,
    problem::Problem,
    rng::Rng,
    search::{ScheduleError, SearchContext},
};

/// Lets the decoder choose a mode.
pub(crate) const FREE: usize = usize::MAX;

/// A point of the search: what the decoder is given, and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// One a task; the largest goes first.
    pub keys: Vec<f64>,
    /// One a task, or [`FREE`].
    pub modes: Vec<usize>,
    pub score: Score,
}

/// Makespan first, then Σ π F, both in seconds.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Score {
    pub makespan_s: f64,
    pub weighted_s: f64,
}

impl Score {
    pub const NONE: Score = Score { makespan_s: f64::INFINITY, weighted_s: f64::INFINITY };

    pub fn better_than(self, other: Score) -> bool {
        let tolerance_s = 1e-12 * other.makespan_s.min(1e300);
        self.makespan_s < other.makespan_s - tolerance_s
            || (self.makespan_s <= other.makespan_s && self.weighted_s < other.weighted_s * (1.0 - 1e-12))
    }
}

/// The reversed problem, which has to outlive the [`Workbench`] that decodes it.
pub(crate) struct Mirror(Option<Problem>);

impl Mirror {
    pub fn of(problem: &Problem) -> Self {
        Self(problem.reversed())
    }
}

pub(crate) struct Workbench<'p, 'a, 'c> {
    pub problem: &'p Problem,
    pub context: &'a mut SearchContext<'c>,
    pub decoder: Decoder<'p>,
    backward: Option<Decoder<'p>>,
    pub rng: Rng,
    name: &'static str,
    best: Option<Plan>,
    best_score: Score,
    failure: Option<ScheduleError>,
    prioritised: bool,
    pub several_modes: bool,
    phase_from: f64,
    phase_to: f64,
    scratch: Vec<f64>,
    scratch_modes: Vec<usize>,
}

/// Schedules made by an open-ended search that nothing limits.
const UNLIMITED_SCHEDULES: u64 = 20_000;

impl<'p, 'a, 'c> Workbench<'p, 'a, 'c> {
    pub fn new(
        name: &'static str,
        problem: &'p Problem,
        mirror: &'p Mirror,
        context: &'a mut SearchContext<'c>,
    ) -> Self {
        context.begin();
        let tasks = problem.tasks().len();
        context.report(f64::INFINITY, lower_bounds(problem).best_s());
        Self {
            problem,
            decoder: Decoder::new(problem),
            backward: mirror.0.as_ref().map(Decoder::new),
            rng: Rng::new(context.seed()),
            context,
            name,
            best: None,
            best_score: Score::NONE,
            failure: None,
            prioritised: problem.tasks().iter().any(|task| task.priority > 0.0),
            several_modes: problem.tasks().iter().any(|task| task.modes.len() > 1),
            phase_from: 0.0,
            phase_to: 1.0,
            scratch: vec![0.0; tasks],
            scratch_modes: vec![0; tasks],
        }
    }

    pub fn tasks(&self) -> usize {
        self.problem.tasks().len()
    }

    /// Schedules what a candidate says and notes its score.
    pub fn evaluate(&mut self, candidate: &mut Candidate) -> Score {
        candidate.score = self.schedule(Order::Priority(&candidate.keys), ModeChoice::Fixed(&candidate.modes));
        candidate.score
    }

    /// Decodes; the schedule is left in the decoder. [`Score::NONE`] when there is none.
    pub fn schedule(&mut self, order: Order<'_>, choice: ModeChoice<'_>) -> Score {
        self.context.count(1);
        let context = &*self.context;
        if let Err(error) = self.decoder.decode(order, choice, &|| context.is_cancelled()) {
            self.failure = Some(error);
            return Score::NONE;
        }
        let score = Score { makespan_s: self.decoder.makespan_s(), weighted_s: self.weighted_s() };
        if score.better_than(self.best_score) {
            self.best_score = score;
            self.best = Some(self.decoder.plan(self.name, 0.0));
            self.context.report(score.makespan_s, 0.0);
        }
        score
    }

    /// Adopts a plan that was made otherwise, if it is better. Its starts are decoded again.
    pub fn adopt_starts(&mut self, starts_s: &[f64], modes: &[usize]) -> Score {
        let keys: Vec<f64> = starts_s.iter().map(|s| -s).collect();
        self.adopt_keys(&keys, modes)
    }

    /// The same for an order: one key a task, the largest goes first.
    pub fn adopt_keys(&mut self, keys: &[f64], modes: &[usize]) -> Score {
        self.schedule(Order::Priority(keys), ModeChoice::Fixed(modes))
    }

    fn weighted_s(&self) -> f64 {
        if !self.prioritised {
            return 0.0;
        }
        self.problem.tasks().iter().zip(self.decoder.finishes_s()).map(|(t, f)| t.priority * f).sum()
    }

    /// Forward-backward improvement (Tormos, Lova 2001) of the schedule in the decoder: everything as late as it can be,
    /// then as early as it can be, as long as it helps.
    pub fn justify(&mut self, mut score: Score, rounds: usize) -> Score {
        for _ in 0..rounds {
            let Some(backward) = &mut self.backward else { return score };
            if self.context.should_stop() {
                return score;
            }
            for task in 0..self.scratch.len() {
                self.scratch_modes[task] = self.decoder.mode_of(task);
            }
            self.context.count(1);
            let context = &*self.context;
            let late = backward.decode(
                Order::Priority(self.decoder.finishes_s()),
                ModeChoice::Fixed(&self.scratch_modes),
                &|| context.is_cancelled(),
            );
            if late.is_err() {
                return score;
            }
            self.scratch.copy_from_slice(backward.finishes_s());
            let (keys, modes) = (std::mem::take(&mut self.scratch), std::mem::take(&mut self.scratch_modes));
            let again = self.schedule(Order::Priority(&keys), ModeChoice::Fixed(&modes));
            (self.scratch, self.scratch_modes) = (keys, modes);
            let better = again.better_than(score);
            score = again;
            if !better {
                break;
            }
        }
        score
    }

    /// Writes the schedule in the decoder into a candidate: keys by start, modes as chosen.
    pub fn capture(&self, candidate: &mut Candidate, score: Score) {
        let count = self.tasks();
        let mut order: Vec<TaskIndex> = self.problem.topological_order().to_vec();
        let starts_s = self.decoder.starts_s();
        order.sort_by(|&a, &b| starts_s[a].total_cmp(&starts_s[b]));
        candidate.keys.resize(count, 0.0);
        candidate.modes.resize(count, 0);
        for (position, &task) in order.iter().enumerate() {
            candidate.keys[task] = (count - position) as f64;
        }
        for task in 0..count {
            candidate.modes[task] = self.decoder.mode_of(task);
        }
        candidate.score = score;
    }

    /// The schedule in the decoder as a candidate.
    pub fn captured(&self, score: Score) -> Candidate {
        let mut candidate = Candidate { keys: Vec::new(), modes: Vec::new(), score };
        self.capture(&mut candidate, score);
        candidate
    }

    /// The schedules of the list rules, the best first, each as found and improved.
    ///
    /// # Errors
    ///
    /// As of the decoder when no rule finds any.
    pub fn start_solutions(&mut self) -> Result<Vec<Candidate>, ScheduleError> {
        let mut found = Vec::new();
        let problem = self.problem;
        let ranks = upward_ranks(problem);
        let tails = tails(problem);
        let optimistic = optimistic_costs(problem);
        let critical = critical_mode_choice(problem, &ranks);
        let latest: Vec<f64> = tails.iter().zip(&ranks).map(|(t, r)| t + 1e-6 * r).collect();
        let followers = followers(problem, &tails);
        let rules: [(Order<'_>, ModeChoice<'_>); 8] = [
            (Order::Priority(&ranks), ModeChoice::EarliestFinish),
            (Order::Arrival, ModeChoice::EarliestStart),
            (Order::Priority(&optimistic.ranks), ModeChoice::EarliestFinishPlus(&optimistic.added)),
            (Order::Priority(&critical.ranks), ModeChoice::Fixed(&critical.modes)),
            (Order::Priority(&latest), ModeChoice::EarliestFinish),
            (Order::Priority(&followers), ModeChoice::EarliestFinish),
            (Order::Arrival, ModeChoice::EarliestFinish),
            (Order::Priority(&optimistic.ranks), ModeChoice::EarliestFinish),
        ];
        for (order, choice) in rules {
            if !found.is_empty() && self.context.should_stop() {
                break;
            }
            let score = self.schedule(order, choice);
            if score == Score::NONE {
                continue;
            }
            found.push(self.captured(score));
            let improved = self.justify(score, 3);
            if improved.better_than(score) {
                found.push(self.captured(improved));
            }
        }
        if found.is_empty() {
            return Err(self.failure.take().unwrap_or(ScheduleError::Cancelled));
        }
        self.context.note_start();
        if self.several_modes && !self.context.should_stop() {
            let context = &*self.context;
            // Never more than a part of what there is.
            let relaxed_s = relaxed_bound(problem, &|| context.is_cancelled() || context.spent() > 0.1);
            let best_s = self.best_score.makespan_s;
            let giants_s = giants_bound(problem, best_s, &|| context.is_cancelled() || context.spent() > 0.15);
            self.prove(relaxed_s.max(giants_s));
        }
        found.sort_by(|a, b| a.score.partial_cmp(&b.score).unwrap_or(std::cmp::Ordering::Equal));
        Ok(found)
    }

    /// A candidate made at random with a bias to what has much behind it.
    pub fn random(&mut self, tails: &[f64], noise: f64) -> Candidate {
        let longest = tails.iter().copied().fold(0.0, f64::max).max(1e-9);
        let keys = tails.iter().map(|t| t + noise * longest * self.rng.unit()).collect();
        let mut modes = vec![FREE; self.tasks()];
        if self.several_modes {
            for (task, mode) in modes.iter_mut().enumerate() {
                if !self.problem.budgets.is_empty() || self.rng.chance(0.3) {
                    *mode = self.random_mode(task);
                }
            }
            self.repair(&mut modes);
        }
        Candidate { keys, modes, score: Score::NONE }
    }

    /// Lets modes keep the budgets.
    pub fn repair(&mut self, modes: &mut [usize]) {
        self.problem.budgets.repair(self.problem, modes, &mut self.rng);
    }

    /// A mode of a task that fits, by position.
    pub fn random_mode(&mut self, task: TaskIndex) -> usize {
        let range = self.problem.modes_of(task);
        for _ in 0..8 {
            let local = self.rng.below(range.len());
            if self.problem.modes.admissible[range.start + local] {
                return local;
            }
        }
        0
    }

    /// Begins a phase that takes this part of what is left.
    pub fn begin_phase(&mut self, part: f64) {
        let spent = self.context.spent();
        self.phase_from = spent;
        self.phase_to = spent + part * (1.0 - spent).max(0.0);
    }

    /// How far the phase has come, from 0 to 1; `None` where nothing limits it.
    pub fn phase_progress(&self) -> Option<f64> {
        if self.context.is_unlimited() {
            return None;
        }
        let length = (self.phase_to - self.phase_from).max(1e-12);
        Some(((self.context.spent() - self.phase_from) / length).clamp(0.0, 1.0))
    }

    /// Whether the phase or the search is to end.
    pub fn phase_over(&self) -> bool {
        self.context.should_stop()
            || (!self.context.is_unlimited() && self.context.spent() >= self.phase_to)
            || (self.context.is_unlimited() && self.context.evaluations() >= UNLIMITED_SCHEDULES)
    }

    pub fn best_score(&self) -> Score {
        self.best_score
    }

    pub fn best(&self) -> Option<&Plan> {
        self.best.as_ref()
    }

    /// Raises the bound.
    pub fn prove(&mut self, lower_bound_s: f64) {
        self.context.report(f64::INFINITY, lower_bound_s.min(self.best_score.makespan_s));
    }

    /// The best plan of all.
    pub fn finish(mut self) -> Result<Plan, ScheduleError> {
        let Some(plan) = self.best.take() else {
            return Err(self.failure.take().unwrap_or(ScheduleError::Cancelled));
        };
        let bound_s = self.context.lower_bound_s();
        self.context.report(plan.makespan_s, bound_s);
        Ok(Plan::new(self.name, plan.assignments, plan.transfers, bound_s))
    }
}

/// For each task the least time from its start to the end of the plan, by fastest modes and without transfers.
pub(crate) fn tails(problem: &Problem) -> Vec<f64> {
    let mut tails = vec![0.0; problem.tasks().len()];
    for &task in problem.topological_order().iter().rev() {
        let shortest = problem
            .modes_of(task)
            .filter(|&m| problem.modes.admissible[m])
            .map(|m| problem.modes.duration_s[m])
            .fold(f64::INFINITY, f64::min);
        let after = problem.outgoing(task).map(|edge| tails[edge.to]).fold(0.0, f64::max);
        tails[task] = shortest + after;
    }
    tails
}

/// For each task its own length and those of its direct followers, with the tail to break ties: the rule 'greatest rank
/// positional weight'.
fn followers(problem: &Problem, tails: &[f64]) -> Vec<f64> {
    let shortest = |task: usize| {
        let after = problem.outgoing(task).map(|edge| tails[edge.to]).fold(0.0, f64::max);
        tails[task] - after
    };
    let own: Vec<f64> = (0..tails.len()).map(shortest).collect();
    (0..tails.len())
        .map(|task| own[task] + problem.outgoing(task).map(|edge| own[edge.to]).sum::<f64>() + 1e-3 * tails[task])
        .collect()
}
