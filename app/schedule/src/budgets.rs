//! Resources that are not renewable: budgets over the modes of all tasks.
//!
//! Must not know times. For every task one mode is kept in reserve, and together these keep every budget: whoever
//! chooses task by task, never leaving room for less than the reserve of what is still to come, cannot end up without a
//! choice.

use crate::{
    input::TaskIndex,
    problem::{Problem, ProblemError},
    rng::Rng,
};

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Budgets {
    capacity: Vec<u64>,
    /// Row-major: flat mode, budget.
    cost: Vec<u64>,
    /// Flat mode kept for each task.
    reserve: Vec<usize>,
    reserved: Vec<u64>,
}

/// Steps of the search for modes that keep all budgets, for each task.
const STEPS_PER_TASK: usize = 2000;

impl Budgets {
    pub fn new(problem: &Problem) -> Result<Self, ProblemError> {
        let numbers: Vec<usize> =
            (0..problem.resources().len()).filter(|&r| !problem.resources()[r].renewable).collect();
        if numbers.is_empty() {
            return Ok(Self::default());
        }
        let capacity: Vec<u64> = numbers.iter().map(|&r| problem.resources()[r].capacity).collect();
        let mut cost = Vec::new();
        for mode in problem.tasks().iter().flat_map(|task| &task.modes) {
            cost.extend(
                numbers
                    .iter()
                    .map(|&r| mode.uses.iter().filter(|used| used.resource == r).map(|used| used.amount).sum::<u64>()),
            );
        }
        let mut budgets = Self { capacity, cost, reserve: Vec::new(), reserved: Vec::new() };
        for (b, &r) in numbers.iter().enumerate() {
            let least = (0..problem.tasks().len())
                .map(|task| budgets.modes(problem, task).map(|m| budgets.row(m)[b]).min().unwrap_or(0))
                .sum::<u64>();
            if least > budgets.capacity[b] {
                let (resource, available) = (problem.resources()[r].name.clone(), budgets.capacity[b]);
                return Err(ProblemError::Budget { resource, least, available });
            }
        }
        if !budgets.find_reserve(problem) {
            let resources = numbers.iter().map(|&r| problem.resources()[r].name.clone()).collect();
            return Err(ProblemError::BudgetsTogether { resources });
        }
        Ok(budgets)
    }

    pub fn is_empty(&self) -> bool {
        self.capacity.is_empty()
    }

    /// What the modes in reserve spend together.
    pub fn reserved(&self) -> &[u64] {
        &self.reserved
    }

    fn row(&self, mode: usize) -> &[u64] {
        let count = self.capacity.len();
        &self.cost[mode * count..(mode + 1) * count]
    }

    fn modes<'a>(&self, problem: &'a Problem, task: TaskIndex) -> impl Iterator<Item = usize> + 'a {
        problem.modes_of(task).filter(|&m| problem.modes.admissible[m])
    }

    /// By how much a choice exceeds the budgets, as a sum of fractions of them.
    fn excess(&self, total: &[u64]) -> f64 {
        let over = total.iter().zip(&self.capacity);
        over.map(|(&t, &c)| t.saturating_sub(c) as f64 / c.max(1) as f64).sum()
    }

    /// Local search with restarts: from the modes that are most modest in all budgets together, the change that lowers
    /// the excess most, a random one where none does.
    fn find_reserve(&mut self, problem: &Problem) -> bool {
        let count = problem.tasks().len();
        let weight =
            |row: &[u64]| -> f64 { row.iter().zip(&self.capacity).map(|(&x, &c)| x as f64 / c.max(1) as f64).sum() };
        let mut chosen: Vec<usize> = (0..count)
            .map(|task| {
                let modest = |&a: &usize, &b: &usize| weight(self.row(a)).total_cmp(&weight(self.row(b)));
                self.modes(problem, task).min_by(modest).unwrap_or(problem.modes_of(task).start)
            })
            .collect();
        let mut total = vec![0; self.capacity.len()];
        for &m in &chosen {
            total.iter_mut().zip(self.row(m)).for_each(|(t, c)| *t += c);
        }
        let mut rng = Rng::new(1);
        let mut temperature = 0.05;
        for _ in 0..STEPS_PER_TASK * count.min(1000) {
            let excess = self.excess(&total);
            if excess <= 0.0 {
                break;
            }
            temperature = f64::max(temperature * 0.9999, 1e-4);
            let task = rng.below(count);
            let range = problem.modes_of(task);
            let m = range.start + rng.below(range.len());
            if !problem.modes.admissible[m] || m == chosen[task] {
                continue;
            }
            let mut changed = total.clone();
            for ((t, old), new) in changed.iter_mut().zip(self.row(chosen[task])).zip(self.row(m)) {
                *t = *t - old + new;
            }
            let worse = self.excess(&changed) - excess;
            if worse <= 0.0 || rng.chance((-worse / temperature).exp()) {
                chosen[task] = m;
                total = changed;
            }
        }
        let found = self.excess(&total) <= 0.0;
        self.reserve = chosen;
        self.reserved = total;
        found
    }

    /// Whether a mode may be chosen for a task when this is spent already, the reserve of what is to come included.
    pub fn allows(&self, task: TaskIndex, mode: usize, spent: &[u64]) -> bool {
        self.capacity.is_empty() || mode == self.reserve[task] || {
            let change = self.row(self.reserve[task]).iter().zip(self.row(mode));
            spent.iter().zip(&self.capacity).zip(change).all(|((&s, &c), (&old, &new))| s - old + new <= c)
        }
    }

    /// Notes that a task takes this mode instead of the one in reserve.
    pub fn spend(&self, task: TaskIndex, mode: usize, spent: &mut [u64]) {
        if self.capacity.is_empty() {
            return;
        }
        let change = self.row(self.reserve[task]).iter().zip(self.row(mode));
        for (s, (&old, &new)) in spent.iter_mut().zip(change) {
            *s = (*s + new).saturating_sub(old);
        }
    }

    /// What modes, given by position for each task, spend together; `None` where a task has no such mode.
    pub fn total(&self, problem: &Problem, modes: &[usize]) -> Option<Vec<u64>> {
        let mut total = vec![0; self.capacity.len()];
        for task in 0..problem.tasks().len() {
            let range = problem.modes_of(task);
            let local = modes.get(task).copied().filter(|&m| m < range.len())?;
            total.iter_mut().zip(self.row(range.start + local)).for_each(|(t, c)| *t += c);
        }
        Some(total)
    }

    pub fn keeps(&self, total: &[u64]) -> bool {
        total.iter().zip(&self.capacity).all(|(t, c)| t <= c)
    }

    /// Changes modes (by position, one a task) until they keep the budgets: random tasks take, among their modes, the one
    /// that lowers the excess most; whatever still exceeds ends in the reserve.
    pub fn repair(&self, problem: &Problem, modes: &mut [usize], rng: &mut Rng) {
        if self.is_empty() {
            return;
        }
        let Some(mut total) = self.total(problem, modes) else { return };
        let count = modes.len();
        for _ in 0..4 * count {
            let excess = self.excess(&total);
            if excess <= 0.0 {
                return;
            }
            let task = rng.below(count);
            let range = problem.modes_of(task);
            if range.len() < 2 {
                continue;
            }
            let mut best = (excess, modes[task]);
            for m in self.modes(problem, task) {
                let change = self.row(range.start + modes[task]).iter().zip(self.row(m));
                let over: f64 = (total.iter().zip(&self.capacity).zip(change))
                    .map(|((&t, &c), (&old, &new))| (t - old + new).saturating_sub(c) as f64 / c.max(1) as f64)
                    .sum();
                if over < best.0 {
                    best = (over, m - range.start);
                }
            }
            let old = self.row(range.start + modes[task]);
            let new = self.row(range.start + best.1);
            for ((t, old), new) in total.iter_mut().zip(old).zip(new) {
                *t = *t - old + new;
            }
            modes[task] = best.1;
        }
        for (task, local) in modes.iter_mut().enumerate() {
            if self.keeps(&total) {
                return;
            }
            let range = problem.modes_of(task);
            let old = self.row(range.start + *local);
            for ((t, old), new) in total.iter_mut().zip(old).zip(self.row(self.reserve[task])) {
                *t = *t - old + new;
            }
            *local = self.reserve[task] - range.start;
        }
    }
}
