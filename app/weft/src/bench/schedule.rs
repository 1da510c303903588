//! `weft bench schedule`: the planner on public instances, against what others have found.
//!
//! Every schedule is checked by the validator, which trusts no algorithm, before it counts or is written.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use weft_schedule::formats::{Places, Solution, solution};
use weft_schedule::{AlgorithmInfo, Problem, SearchContext, algorithms, by_name, validate};

use super::{FRACTION, Row, Rows, thread_cpu};
use crate::cli::ScheduleArgs;
use crate::exit::Ended;
use instances::Case;

mod instances;
mod size;

pub use size::{random_graph, run as size};

/// Instances, read and understood, and how they are to be solved.
#[derive(Debug)]
pub struct Solving {
    cases: Vec<Case>,
    algorithms: Vec<&'static AlgorithmInfo>,
    time_s: f64,
    processor_time: bool,
    seed: u64,
    solutions: Option<PathBuf>,
}

/// What came of one instance and algorithm.
struct Solved {
    solution: Solution,
    /// (makespan − best known) / best known.
    gap: Option<f64>,
    /// (makespan − bound) / bound.
    above_bound: f64,
    /// What the search began with, as a multiple of what it ended with, less one.
    gained: Option<f64>,
    rules: Option<Rules>,
}

/// What the simple rules give where tasks choose among devices.
#[derive(Debug, Clone, Copy)]
struct Rules {
    heft: f64,
    fifo: f64,
}

impl Solving {
    /// Reads all instances, so that what is wrong with any is told before hours of solving.
    pub fn prepare(paths: &[PathBuf], args: &ScheduleArgs) -> anyhow::Result<Self> {
        if paths.is_empty() {
            return Err(Ended::usage(
                "name the files or folders with instances, as in `weft bench schedule rcpsp stg/50_rand0001.stg`, or \
                 measure large graphs with --size",
                "请指定算例文件或文件夹，例如 `weft bench schedule rcpsp stg/50_rand0001.stg`，或用 --size 测量大图",
            ));
        }
        if !(args.time_s > 0.0 && args.time_s.is_finite()) {
            return Err(Ended::usage(
                format!("--time {} is no time: give seconds above 0", args.time_s),
                format!("--time {} 不是时间：请给出大于 0 的秒数", args.time_s),
            ));
        }
        if args.processors.contains(&0) {
            return Err(Ended::usage("--processors has to be 1 or more", "--processors 至少为 1"));
        }
        let mut chosen: Vec<&'static AlgorithmInfo> = Vec::new();
        for name in &args.algorithms {
            let known = algorithms();
            let found: Vec<_> = known.iter().filter(|info| info.name == name || name == "all").collect();
            if found.is_empty() {
                let names: Vec<&str> = known.iter().map(|info| info.name).collect();
                let names = names.join(", ");
                return Err(Ended::usage(
                    format!("there is no algorithm {name:?}; there are {names} and all"),
                    format!("没有算法 {name:?}；可用的有 {names} 与 all"),
                ));
            }
            for info in found {
                if !chosen.iter().any(|other| other.name == info.name) {
                    chosen.push(info);
                }
            }
        }
        let devices = args.devices.as_deref().map(instances::devices).transpose()?;
        let settings = instances::Settings { devices, processors: args.processors.clone() };
        let every = usize::try_from(args.every).unwrap_or(usize::MAX);
        let solving = Self {
            cases: instances::read(paths, &settings, every)?,
            algorithms: chosen,
            time_s: args.time_s,
            processor_time: args.processor_time,
            seed: args.seed,
            solutions: args.solutions.clone(),
        };
        if let Some(folder) = &solving.solutions {
            solving.check_names()?;
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        Ok(solving)
    }

    /// No two schedules may be written to one file.
    fn check_names(&self) -> anyhow::Result<()> {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for case in &self.cases {
            if let Some(other) = seen.insert(case.name(), &case.file) {
                let (file, name) = (&case.file, case.name());
                return Err(Ended::usage(
                    format!("{other} and {file} would both be written to {name}.json: solve them one after the other"),
                    format!("{other} 与 {file} 都会写入 {name}.json：请分别求解"),
                ));
            }
        }
        Ok(())
    }

    /// Solves everything with every algorithm; prints a few rows for each and the means of each set.
    pub fn run(&self, rows: &mut Rows<'_>) -> anyhow::Result<()> {
        let mut wrong = 0_usize;
        for info in &self.algorithms {
            let mut sets: BTreeMap<&str, Means> = BTreeMap::new();
            for case in &self.cases {
                let means = sets.entry(&case.set).or_default();
                means.instances += 1;
                match self.solve(case, info)? {
                    Ok(solved) => {
                        self.write(case, info, &solved.solution)?;
                        tell(rows, case, info, &solved);
                        means.add(&solved);
                    }
                    Err(why) => {
                        wrong += usize::from(why.invalid);
                        rows.note(&format!("{}, {}: {}", case.name(), info.name, why.message));
                    }
                }
            }
            let stg: Vec<&Means> = sets.iter().filter(|(set, _)| set.ends_with("processors")).map(|s| s.1).collect();
            let all = (stg.len() > 1).then(|| Means::sum(&stg));
            for (set, means) in sets.into_iter().chain(all.as_ref().map(|m| ("STG", m.clone()))) {
                means.tell(rows, &format!("{set}, {}", info.name));
            }
        }
        anyhow::ensure!(wrong == 0, "{wrong} plans did not pass the validator: this is a fault of the planner");
        Ok(())
    }

    fn solve(&self, case: &Case, info: &AlgorithmInfo) -> anyhow::Result<Result<Solved, Unsolved>> {
        let problem = &case.instance.problem;
        let began = Instant::now();
        let began_cpu = thread_cpu();
        // Asking for time on the processor is slow: every eighth time is enough.
        let (asked, told_s) = (Cell::new(0_u32), Cell::new(0.0));
        let processor_s = || {
            if asked.replace(asked.get().wrapping_add(1)).is_multiple_of(8) {
                told_s.set((thread_cpu() - began_cpu).as_secs_f64());
            }
            told_s.get()
        };
        let wall_s = || began.elapsed().as_secs_f64();
        let clock: &dyn Fn() -> f64 = if self.processor_time { &processor_s } else { &wall_s };
        let mut context = SearchContext::new(self.seed).clock(clock).time_limit_s(self.time_s);
        let plan = match info.create().solve(problem, &mut context) {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(Unsolved { invalid: false, message: error.to_string() })),
        };
        let elapsed_s =
            if self.processor_time { (thread_cpu() - began_cpu).as_secs_f64() } else { began.elapsed().as_secs_f64() };
        if let Some(violation) = validate(problem, &plan).first() {
            let message = format!("the plan does not pass the validator: {violation}");
            return Ok(Err(Unsolved { invalid: true, message }));
        }
        let start_s = context.start_makespan_s();
        let gained = (start_s.is_finite() && plan.makespan_s > 0.0).then(|| start_s / plan.makespan_s - 1.0);
        let rules = match case.instance.places {
            Places::Devices => Some(Rules { heft: makespan_by("heft", problem)?, fifo: makespan_by("fifo", problem)? }),
            _ => None,
        };
        Ok(Ok(Solved {
            solution: solution(&case.instance, &case.file, &plan, elapsed_s),
            gap: case.best_known.map(|best| if best > 0.0 { plan.makespan_s / best - 1.0 } else { plan.makespan_s }),
            above_bound: plan.gap,
            gained,
            rules,
        }))
    }

    fn write(&self, case: &Case, info: &AlgorithmInfo, solution: &Solution) -> anyhow::Result<()> {
        let Some(folder) = &self.solutions else { return Ok(()) };
        let algorithm = if self.algorithms.len() > 1 { format!(".{}", info.name) } else { String::new() };
        let file = folder.join(format!("{}{algorithm}.json", case.name()));
        write_whole(&file, &serde_json::to_vec(solution)?)
            .with_context(|| format!("{} cannot be written", file.display()))
    }
}

/// Writes beside and renames, so that a reader never sees half of it.
fn write_whole(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("json.part");
    fs::write(&beside, bytes)?;
    fs::rename(&beside, file)
}

fn makespan_by(rule: &str, problem: &Problem) -> anyhow::Result<f64> {
    Ok(by_name(rule)?.solve(problem, &mut SearchContext::new(1))?.makespan_s)
}

struct Unsolved {
    /// There was a plan, but a wrong one.
    invalid: bool,
    message: String,
}

fn tell(rows: &mut Rows<'_>, case: &Case, info: &AlgorithmInfo, solved: &Solved) {
    let name = format!("{}, {}", case.name(), info.name);
    let Solution { makespan, lower_bound, proved, elapsed_s, .. } = solved.solution;
    let row = Row::new("schedule", &name, "makespan", makespan, "");
    let row = match (case.best_known, solved.rules) {
        (Some(best), _) => row.beside("best known", best),
        (None, Some(rules)) => row.beside("heft", rules.heft),
        (None, None) => row,
    };
    rows.push(row);
    if !rows.output.json {
        return;
    }
    let mut more = vec![
        ("lower bound", lower_bound, ""),
        ("gap to bound", solved.above_bound, FRACTION),
        ("proved", f64::from(u8::from(proved)), ""),
        ("elapsed", elapsed_s, "s"),
    ];
    more.extend(solved.gap.map(|gap| ("gap", gap, FRACTION)));
    more.extend(solved.gained.map(|gained| ("start above end", gained, FRACTION)));
    if let Some(rules) = solved.rules {
        more.push(("below heft", 1.0 - makespan / rules.heft.max(f64::MIN_POSITIVE), FRACTION));
    }
    for (metric, value, unit) in more {
        rows.push(Row::new("schedule", &name, metric, value, unit));
    }
}

/// What is summed up over a set.
#[derive(Debug, Clone, Default)]
struct Means {
    instances: usize,
    feasible: usize,
    proved: usize,
    at_best_known: usize,
    worse_than_rule: usize,
    gaps: Vec<f64>,
    above_bound: Vec<f64>,
    gained: Vec<f64>,
    below_heft: Vec<f64>,
    elapsed_s: Vec<f64>,
}

/// Differences below this are rounding.
const EQUAL: f64 = 1e-9;

impl Means {
    fn add(&mut self, solved: &Solved) {
        let solution = &solved.solution;
        self.feasible += 1;
        self.proved += usize::from(solution.proved);
        self.at_best_known += usize::from(solved.gap.is_some_and(|gap| gap <= EQUAL));
        self.gaps.extend(solved.gap);
        self.above_bound.push(solved.above_bound);
        self.gained.extend(solved.gained);
        self.elapsed_s.push(solution.elapsed_s);
        if let Some(rules) = solved.rules {
            self.below_heft.push(1.0 - solution.makespan / rules.heft.max(f64::MIN_POSITIVE));
            self.worse_than_rule += usize::from(solution.makespan > rules.heft.min(rules.fifo) * (1.0 + EQUAL));
        }
    }

    fn sum(parts: &[&Means]) -> Means {
        let mut all = Means::default();
        for part in parts {
            all.instances += part.instances;
            all.feasible += part.feasible;
            all.proved += part.proved;
            all.at_best_known += part.at_best_known;
            all.worse_than_rule += part.worse_than_rule;
            all.gaps.extend(&part.gaps);
            all.above_bound.extend(&part.above_bound);
            all.gained.extend(&part.gained);
            all.below_heft.extend(&part.below_heft);
            all.elapsed_s.extend(&part.elapsed_s);
        }
        all
    }

    fn tell(&self, rows: &mut Rows<'_>, case: &str) {
        let count = self.instances.max(1) as f64;
        let mut put = |metric: &str, value: f64, unit: &str| rows.push(Row::new("schedule", case, metric, value, unit));
        put("instances", self.instances as f64, "");
        put("feasible", self.feasible as f64 / count, FRACTION);
        put("proved", self.proved as f64 / count, FRACTION);
        if !self.gaps.is_empty() {
            put("mean gap", mean(&self.gaps), FRACTION);
            put("worst gap", largest(&self.gaps), FRACTION);
            put("at best known", self.at_best_known as f64 / count, FRACTION);
        }
        if !self.above_bound.is_empty() {
            put("mean gap to bound", mean(&self.above_bound), FRACTION);
            put("worst gap to bound", largest(&self.above_bound), FRACTION);
        }
        if !self.below_heft.is_empty() {
            put("mean below heft", mean(&self.below_heft), FRACTION);
            put("worse than heft or fifo", self.worse_than_rule as f64, "");
        }
        if !self.gained.is_empty() {
            put("mean start above end", mean(&self.gained), FRACTION);
        }
        if !self.elapsed_s.is_empty() {
            put("mean time", mean(&self.elapsed_s), "s");
            put("longest time", largest(&self.elapsed_s), "s");
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
