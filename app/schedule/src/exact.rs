//! Proofs: the problem in whole numbers, given to the clause-learning solver, all of it or a window of a plan.
//!
//! Must not know how the solver reasons. Only problems whose times are multiples of one quantum, whose data needs no time
//! to be sent, and in which no weights stay can be put this way; for all others there are the bounds.

use crate::{
    bounds::device_weights,
    clause::{Activity, Outcome, Solver, Var, at_most},
    enumeration::Enumeration,
    fleet::Fleet,
    plan::Plan,
    problem::Problem,
    search::{ScheduleError, Scheduler, SearchContext},
    workbench::{Mirror, Workbench},
};

/// Clause learning until there is a proof or the time is up. Where the problem cannot be put so, every schedule is looked
/// at, if devices take one task at a time and there are few tasks; else there are the list rules alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exact;

impl Scheduler for Exact {
    fn name(&self) -> &str {
        "exact"
    }

    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError> {
        let mirror = Mirror::of(problem);
        let mut bench = Workbench::new("exact", problem, &mirror, context);
        bench.start_solutions()?;
        if let Some(integral) = Integral::of(problem) {
            let mut proof = Proof::new(&integral, &bench);
            proof.run(&mut bench, u64::MAX);
        } else if Fleet::of(problem).is_some()
            && let Some(mut all) = Enumeration::of(problem, device_weights(problem))
        {
            bench.begin_phase(1.0);
            all.run(&mut bench);
        }
        bench.finish()
    }
}

#[derive(Debug)]
struct WholeMode {
    /// Position in the task's modes.
    local: usize,
    duration: i32,
    /// (resource, amount)
    uses: Vec<(usize, i64)>,
    /// (budget, amount)
    costs: Vec<(usize, i64)>,
}

#[derive(Debug)]
struct WholeTask {
    release: i32,
    modes: Vec<WholeMode>,
}

/// A problem in multiples of one quantum of time.
#[derive(Debug)]
pub(crate) struct Integral {
    quantum_s: f64,
    tasks: Vec<WholeTask>,
    edges: Vec<(usize, usize)>,
    capacity: Vec<i64>,
    budget: Vec<i64>,
}

/// Quanta that are tried, in seconds.
const QUANTA_S: [f64; 8] = [1.0, 0.5, 0.25, 0.1, 0.05, 0.01, 0.001, 60.0];
/// Above this many tasks clause learning is not worth its memory.
const MOST_TASKS: usize = 400;
const LONGEST: f64 = 1e8;

impl Integral {
    /// `None` where the problem cannot be put in whole numbers.
    pub fn of(problem: &Problem) -> Option<Self> {
        let n = problem.tasks().len();
        if n == 0 || n > MOST_TASKS || problem.accuracy_budget().is_some() {
            return None;
        }
        let admissible = |task: usize| problem.modes_of(task).filter(|&m| problem.modes.admissible[m]);
        if (0..n).any(|task| !problem.runs_of(task).is_empty()) {
            return None;
        }
        for edge in problem.edges() {
            for a in admissible(edge.from) {
                for b in admissible(edge.to) {
                    let (from, to) = (problem.modes.device[a] as usize, problem.modes.device[b] as usize);
                    if problem.transfer_s(from, to, edge.bytes) > 0.0 {
                        return None;
                    }
                }
            }
        }
        let times = problem
            .tasks()
            .iter()
            .flat_map(|task| task.modes.iter().map(|mode| mode.duration_s).chain(std::iter::once(task.release_s)));
        let quantum_s = QUANTA_S.into_iter().find(|q| {
            let whole = |t: f64| ((t / q).round() - t / q).abs() < 1e-9 * (1.0 + t / q);
            times.clone().all(whole) && times.clone().sum::<f64>() / q < LONGEST
        })?;
        let whole = |t: f64| (t / quantum_s).round() as i32;
        let devices = problem.devices().len();
        let renewable = problem.resources().len();
        // Resources: compute of each device, memory of each device, then the renewable ones.
        let mut capacity: Vec<i64> = problem.capacity_units.iter().map(|&c| c as i64).collect();
        capacity.extend(
            problem.devices().iter().map(|d| d.memory_bytes.map_or(i64::MAX, |b| b.min(i64::MAX as u64 / 4) as i64)),
        );
        capacity.extend(problem.resources().iter().map(|r| r.capacity as i64));
        let numbers: Vec<usize> = (0..renewable).filter(|&r| !problem.resources()[r].renewable).collect();
        let budget = numbers.iter().map(|&r| problem.resources()[r].capacity as i64).collect();
        let tasks = (0..n)
            .map(|task| {
                let modes = admissible(task)
                    .map(|m| {
                        let device = problem.modes.device[m] as usize;
                        let memory = problem.modes.memory_bytes[m] + problem.modes.weights_bytes[m];
                        let mut uses = Vec::new();
                        if problem.modes.units[m] > 0 {
                            uses.push((device, problem.modes.units[m] as i64));
                        }
                        if memory > 0 && problem.devices()[device].memory_bytes.is_some() {
                            uses.push((devices + device, memory as i64));
                        }
                        uses.extend(
                            problem.modes.uses_of(m).iter().map(|&(r, a)| (2 * devices + r as usize, a as i64)),
                        );
                        let local = m - problem.modes_of(task).start;
                        let input = &problem.tasks()[task].modes[local];
                        let costs = numbers.iter().enumerate().map(|(b, &r)| {
                            let own = input.uses.iter().filter(|used| used.resource == r);
                            (b, own.map(|used| used.amount as i64).sum())
                        });
                        WholeMode {
                            local,
                            duration: whole(problem.modes.duration_s[m]),
                            uses,
                            costs: costs.filter(|c: &(usize, i64)| c.1 > 0).collect(),
                        }
                    })
                    .collect();
                WholeTask { release: whole(problem.tasks()[task].release_s), modes }
            })
            .collect();
        let edges = problem.edges().iter().map(|e| (e.from, e.to)).collect();
        Some(Self { quantum_s, tasks, edges, capacity, budget })
    }

    /// The resources that can run short, with their amounts divided by what all of them share.
    pub fn limited(&self) -> Vec<Limit> {
        let mut limits = Vec::new();
        for (resource, &capacity) in self.capacity.iter().enumerate() {
            let amounts = |mode: &WholeMode| mode.uses.iter().find(|u| u.0 == resource).map_or(0, |u| u.1);
            let all = self.tasks.iter().flat_map(|task| &task.modes).map(amounts);
            let unit = all.fold(0, greatest_common_divisor);
            let most: i64 = self.tasks.iter().filter_map(|task| task.modes.iter().map(amounts).max()).sum();
            if unit > 0 && most > capacity {
                limits.push(Limit { resource, unit, capacity: capacity / unit });
            }
        }
        limits
    }

    /// Duration and uses of a mode by its position among all modes of the task; `None` where it fits nowhere.
    pub fn mode(&self, task: usize, local: usize) -> Option<(i32, &[(usize, i64)])> {
        self.tasks[task].modes.iter().find(|m| m.local == local).map(|m| (m.duration, &m.uses[..]))
    }

    pub fn release(&self, task: usize) -> i32 {
        self.tasks[task].release
    }

    /// Times in seconds.
    pub fn seconds(&self, times: &[i32]) -> Vec<f64> {
        times.iter().map(|&t| f64::from(t) * self.quantum_s).collect()
    }

    pub fn whole(&self, time_s: f64) -> i32 {
        (time_s / self.quantum_s).round().min(LONGEST) as i32
    }
}

/// A resource that can run short.
pub(crate) struct Limit {
    pub resource: usize,
    /// What one of `capacity` is.
    pub unit: i64,
    pub capacity: i64,
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A solver with the variables of the tasks.
struct Model {
    solver: Solver,
    start: Vec<Var>,
    /// For each task its options, (variable, position in the task's modes); none where it has one mode.
    options: Vec<Vec<(Var, usize)>>,
    only: Vec<usize>,
    end: Var,
}

impl Model {
    /// `fixed` gives, for tasks whose mode is not open, the position among all modes; `before` further wires.
    fn new(integral: &Integral, most: i32, fixed: &[Option<usize>], before: &[(usize, usize)]) -> Self {
        let mut solver = Solver::default();
        let n = integral.tasks.len();
        let mut activities: Vec<Vec<Activity>> = vec![Vec::new(); integral.capacity.len()];
        let mut rows: Vec<Vec<Vec<(Var, i64)>>> = vec![Vec::new(); integral.budget.len()];
        let mut spent = vec![0_i64; integral.budget.len()];
        let start: Vec<Var> = integral.tasks.iter().map(|t| solver.variable(t.release.min(most), most)).collect();
        let end = solver.variable(0, most);
        let mut options = Vec::with_capacity(n);
        let mut only = Vec::with_capacity(n);
        let mut length: Vec<Result<i32, Var>> = Vec::with_capacity(n);
        for (number, task) in integral.tasks.iter().enumerate() {
            let open: Vec<&WholeMode> = match fixed[number] {
                Some(local) => task.modes.iter().filter(|m| m.local == local).collect(),
                None => task.modes.iter().collect(),
            };
            only.push(open.first().map_or(0, |m| m.local));
            let mut own = Vec::new();
            if let [mode] = open[..] {
                for &(resource, amount) in &mode.uses {
                    let start = start[number];
                    activities[resource].push(Activity { start, duration: mode.duration, amount, present: None });
                }
                for &(b, cost) in &mode.costs {
                    spent[b] += cost;
                }
                length.push(Ok(mode.duration));
            } else {
                let durations = || open.iter().map(|m| m.duration);
                let duration = solver.variable(durations().min().unwrap_or(0), durations().max().unwrap_or(0));
                let mut choice = Vec::new();
                let mut costs: Vec<Vec<(Var, i64)>> = vec![Vec::new(); integral.budget.len()];
                for mode in &open {
                    let var = solver.variable(0, 1);
                    own.push((var, mode.local));
                    choice.push((var, mode.duration));
                    for &(resource, amount) in &mode.uses {
                        let activity =
                            Activity { start: start[number], duration: mode.duration, amount, present: Some(var) };
                        activities[resource].push(activity);
                    }
                    for (b, row) in costs.iter_mut().enumerate() {
                        let cost = mode.costs.iter().filter(|c| c.0 == b).map(|c| c.1).sum();
                        row.push((var, cost));
                    }
                }
                solver.choice(duration, choice);
                for (row, cost) in rows.iter_mut().zip(costs) {
                    row.push(cost);
                }
                length.push(Err(duration));
            }
            options.push(own);
        }
        let wire = |solver: &mut Solver, from: usize, to: Var| match length[from] {
            Ok(duration) => solver.after(start[from], duration, to),
            Err(duration) => solver.after_variable(start[from], duration, to),
        };
        for &(from, to) in integral.edges.iter().chain(before) {
            wire(&mut solver, from, start[to]);
        }
        for task in 0..n {
            wire(&mut solver, task, end);
        }
        for (capacity, list) in integral.capacity.iter().zip(activities) {
            let all: i64 = list.iter().map(|a| a.amount).sum();
            if all > *capacity {
                solver.cumulative(*capacity, list);
            }
        }
        for ((capacity, spent), rows) in integral.budget.iter().zip(spent).zip(rows) {
            solver.budget(*capacity, spent, rows);
        }
        let mut branch: Vec<Var> = options.iter().flatten().map(|o| o.0).collect();
        branch.extend(&start);
        solver.branch_on(branch);
        Self { solver, start, options, only, end }
    }

    /// Makes the search try the starts and modes of a plan first.
    fn guide(&mut self, integral: &Integral, plan: &Plan) {
        for (task, a) in plan.assignments.iter().enumerate() {
            self.solver.guide(self.start[task], integral.whole(a.start_s));
            for &(var, local) in &self.options[task] {
                self.solver.guide(var, i32::from(local == a.mode));
            }
        }
    }

    /// Starts in seconds and modes of the solution that was found.
    fn solution(&self, integral: &Integral) -> (Vec<f64>, Vec<usize>) {
        let starts_s = self.start.iter().map(|&v| f64::from(self.solver.value(v)) * integral.quantum_s).collect();
        let taken = |options: &Vec<(Var, usize)>, only: usize| {
            options.iter().find(|&&(var, _)| self.solver.value(var) == 1).map_or(only, |o| o.1)
        };
        let modes = self.options.iter().zip(&self.only).map(|(o, &only)| taken(o, only)).collect();
        (starts_s, modes)
    }
}

/// A search of the whole problem that can be interrupted and continued, keeping what it has learned.
pub(crate) struct Proof<'i> {
    integral: &'i Integral,
    model: Model,
    done: bool,
}

impl<'i> Proof<'i> {
    pub fn new(integral: &'i Integral, bench: &Workbench<'_, '_, '_>) -> Self {
        let most = integral.whole(bench.best_score().makespan_s);
        let model = Model::new(integral, most, &vec![None; integral.tasks.len()], &[]);
        Self { integral, model, done: false }
    }

    /// Searches for ever better plans until there is none, the phase is over, or there were this many conflicts.
    pub fn run(&mut self, bench: &mut Workbench<'_, '_, '_>, most_conflicts: u64) {
        let mut rng = bench.rng.clone();
        while !self.done && !bench.phase_over() {
            let best = self.integral.whole(bench.best_score().makespan_s);
            if let Some(plan) = bench.best() {
                self.model.guide(self.integral, plan);
            }
            self.model.solver.assert(at_most(self.model.end, best - 1));
            let outcome = self.model.solver.search(most_conflicts, &mut || tick(bench), &mut rng);
            match outcome {
                Outcome::Found => {
                    let (starts_s, modes) = self.model.solution(self.integral);
                    let before = bench.best_score();
                    let score = bench.adopt_starts(&starts_s, &modes);
                    if !score.better_than(before) {
                        // The decoder does not follow: going on would find the same again.
                        self.done = true;
                    }
                }
                Outcome::Impossible => {
                    let proved_s = f64::from(best) * self.integral.quantum_s;
                    bench.prove(proved_s);
                    self.done = true;
                }
                Outcome::Unknown => break,
            }
        }
        // Going on from another place of the sequence the next time.
        bench.rng.next_u64();
    }

    /// Whether nothing is left to be searched.
    pub fn is_done(&self) -> bool {
        self.done
    }
}

/// Counts a piece of the solver's work as a schedule; whether to stop.
fn tick(bench: &mut Workbench<'_, '_, '_>) -> bool {
    bench.context.count(1);
    bench.phase_over()
}

/// Takes tasks out of the best plan and looks for a better one in which all others keep their modes and their order on
/// every resource (a partial-order schedule; D. Godard, P. Laborie, W. Nuijten 2005). Whether one was found.
pub(crate) fn improve_window(
    integral: &Integral,
    bench: &mut Workbench<'_, '_, '_>,
    plan: &Plan,
    free: &[bool],
    most_conflicts: u64,
) -> Option<(Vec<f64>, Vec<usize>)> {
    let n = integral.tasks.len();
    let most = integral.whole(plan.makespan_s) - 1;
    let fixed: Vec<Option<usize>> = (0..n).map(|task| (!free[task]).then_some(plan.assignments[task].mode)).collect();
    let mut users: Vec<Vec<(i32, i32, usize)>> = vec![Vec::new(); integral.capacity.len()];
    for task in (0..n).filter(|&task| !free[task]) {
        let a = &plan.assignments[task];
        let Some(mode) = integral.tasks[task].modes.iter().find(|m| m.local == a.mode) else { continue };
        let start = integral.whole(a.start_s);
        for &(resource, _) in &mode.uses {
            users[resource].push((start, start + mode.duration, task));
        }
    }
    let mut before = Vec::new();
    for list in &mut users {
        list.sort_unstable_by_key(|u| u.1);
        for &(start, _, task) in list.iter() {
            // Those that end before it starts, but for those that something between them keeps apart anyway.
            let mut latest = i32::MIN;
            let end = list.partition_point(|u| u.1 <= start);
            for &(s, e, earlier) in list[..end].iter().rev() {
                if e <= latest {
                    break;
                }
                if earlier != task {
                    before.push((earlier, task));
                    latest = latest.max(s);
                }
            }
        }
    }
    before.sort_unstable();
    before.dedup();
    let mut model = Model::new(integral, most, &fixed, &before);
    model.guide(integral, plan);
    let mut rng = bench.rng.clone();
    bench.rng.next_u64();
    match model.solver.search(most_conflicts, &mut || tick(bench), &mut rng) {
        Outcome::Found => Some(model.solution(integral)),
        _ => None,
    }
}
