//! The interface that all algorithms have, and the register of those there are.
//!
//! Must not know any thread or clock: whoever starts a search injects time and cancellation.

use serde::Serialize;

use crate::{
    annealing::Annealing,
    ants::Ants,
    auto::Auto,
    exact::Exact,
    genetic::Genetic,
    list_rules::{Cpop, Fifo, Heft, Peft},
    neighbourhood::Neighbourhood,
    plan::Plan,
    problem::{Problem, ProblemError},
    swarm::Swarm,
};

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Progress {
    /// Seconds since the search began, by the injected clock.
    pub elapsed_s: f64,
    /// The best makespan so far, in seconds.
    pub best_makespan_s: f64,
    /// The best bound so far, in seconds.
    pub lower_bound_s: f64,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The search was cancelled before the first plan was found.
    #[error("planning was cancelled before there was a plan")]
    Cancelled,
    /// Weights that stay where they are leave no room for tasks that still have to come.
    #[error(
        "the weights that have to be resident together leave no memory for {}: give {} more memory, allow another \
         device or run fewer branches at once", .tasks.join(", "), .devices.join(" or ")
    )]
    WeightsDoNotFitTogether {
        /// Tasks for which no room could be found.
        tasks: Vec<String>,
        /// The devices on which they could be.
        devices: Vec<String>,
    },
    /// With what has started and what was lost, a task can be nowhere any more.
    #[error("the rest of the plan cannot be executed any more: {why}")]
    NotReplannable {
        /// The constraint.
        why: Box<ProblemError>,
    },
    /// A parameter of an algorithm is not one of its own or out of its range.
    #[error("{algorithm} has no parameter {name:?} with the value {value}: {expected}")]
    Parameter {
        /// The algorithm.
        algorithm: &'static str,
        /// The parameter.
        name: String,
        /// The value asked for.
        value: f64,
        /// What there is.
        expected: String,
    },
    /// No algorithm has this name.
    #[error("there is no scheduling algorithm {name:?}; there are {}", .known.join(", "))]
    NoSuchAlgorithm {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
}

/// What a search is given besides the problem: seed, limits, clock, and whom to tell.
///
/// [`SearchContext::report`] drops what is not better than before, so that the reported makespans only fall and the
/// bounds only rise.
pub struct SearchContext<'a> {
    seed: u64,
    time_limit_s: f64,
    evaluation_limit: u64,
    evaluations: u64,
    cancelled: &'a dyn Fn() -> bool,
    now_s: &'a dyn Fn() -> f64,
    progress: Option<&'a mut dyn FnMut(Progress)>,
    began_s: Option<f64>,
    best_makespan_s: f64,
    lower_bound_s: f64,
    start_makespan_s: f64,
}

impl<'a> SearchContext<'a> {
    /// A search that nobody watches or cancels and whose clock stands still: list rules need no more.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            time_limit_s: f64::INFINITY,
            evaluation_limit: u64::MAX,
            evaluations: 0,
            cancelled: &|| false,
            now_s: &|| 0.0,
            progress: None,
            began_s: None,
            best_makespan_s: f64::INFINITY,
            lower_bound_s: 0.0,
            start_makespan_s: f64::INFINITY,
        }
    }

    /// Stops improving after this many seconds of the clock.
    pub fn time_limit_s(mut self, seconds: f64) -> Self {
        self.time_limit_s = seconds;
        self
    }

    /// Stops improving after this many schedules were made: a limit that, unlike time, gives the same plan on any machine.
    pub fn evaluation_limit(mut self, schedules: u64) -> Self {
        self.evaluation_limit = schedules;
        self
    }

    /// Asks this, often, whether to stop.
    pub fn cancelled_by(mut self, cancelled: &'a dyn Fn() -> bool) -> Self {
        self.cancelled = cancelled;
        self
    }

    /// Reads the time, in seconds from any zero, from this.
    pub fn clock(mut self, now_s: &'a dyn Fn() -> f64) -> Self {
        self.now_s = now_s;
        self
    }

    /// Tells this whenever a better plan or a better bound is found.
    pub fn on_progress(mut self, progress: &'a mut dyn FnMut(Progress)) -> Self {
        self.progress = Some(progress);
        self
    }

    /// From which all randomness derives.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Begins to measure time; an algorithm calls it first.
    pub fn begin(&mut self) {
        self.began_s.get_or_insert((self.now_s)());
    }

    /// Seconds since the search began.
    pub fn elapsed_s(&self) -> f64 {
        self.began_s.map_or(0.0, |began| ((self.now_s)() - began).max(0.0))
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        (self.cancelled)()
    }

    /// Whether to stop improving: cancelled, out of time or schedules, or the best meets the bound.
    pub fn should_stop(&self) -> bool {
        self.is_cancelled() || self.is_proved() || self.spent() >= 1.0
    }

    /// Whether the best meets the bound, but for rounding.
    pub fn is_proved(&self) -> bool {
        self.best_makespan_s <= self.lower_bound_s * (1.0 + 1e-12)
    }

    /// Which part of the time or of the schedules is used up, 1 or more when all is; 0 where neither is limited.
    pub fn spent(&self) -> f64 {
        let time = if self.time_limit_s.is_finite() { self.elapsed_s() / self.time_limit_s.max(1e-9) } else { 0.0 };
        let schedules = if self.evaluation_limit < u64::MAX {
            self.evaluations as f64 / self.evaluation_limit.max(1) as f64
        } else {
            0.0
        };
        time.max(schedules)
    }

    /// Whether nothing but the algorithm's own parameters ends the search.
    pub(crate) fn is_unlimited(&self) -> bool {
        !self.time_limit_s.is_finite() && self.evaluation_limit == u64::MAX
    }

    /// Counts schedules that were made.
    pub(crate) fn count(&mut self, schedules: u64) {
        self.evaluations += schedules;
    }

    /// How many schedules were made.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// The best bound reported so far, in seconds.
    pub fn lower_bound_s(&self) -> f64 {
        self.lower_bound_s
    }

    /// The best makespan reported so far; infinite before the first.
    pub fn best_makespan_s(&self) -> f64 {
        self.best_makespan_s
    }

    /// The best makespan among the solutions that the search began with, in seconds; infinite for an algorithm that has
    /// none.
    pub fn start_makespan_s(&self) -> f64 {
        self.start_makespan_s
    }

    /// Everything found so far is what the search begins with.
    pub(crate) fn note_start(&mut self) {
        self.start_makespan_s = self.best_makespan_s;
    }

    /// Tells of a plan and a bound; what is no better than before is not passed on.
    pub fn report(&mut self, makespan_s: f64, lower_bound_s: f64) {
        let better = makespan_s < self.best_makespan_s || lower_bound_s > self.lower_bound_s;
        self.best_makespan_s = self.best_makespan_s.min(makespan_s);
        self.lower_bound_s = self.lower_bound_s.max(lower_bound_s);
        // A bound alone, before there is any plan, is no news yet.
        if better && self.best_makespan_s < f64::INFINITY {
            let news = Progress {
                elapsed_s: self.elapsed_s(),
                best_makespan_s: self.best_makespan_s,
                lower_bound_s: self.lower_bound_s,
            };
            if let Some(progress) = &mut self.progress {
                progress(news);
            }
        }
    }
}

/// A way to make plans.
///
/// An anytime algorithm returns the best plan it has when it is cancelled or its time is up.
pub trait Scheduler: Send + Sync {
    /// Its name in files and on the command line.
    fn name(&self) -> &str;

    /// Makes a plan.
    ///
    /// # Errors
    ///
    /// [`ScheduleError::Cancelled`] when it was cancelled before it had any plan;
    /// [`ScheduleError::WeightsDoNotFitTogether`] when no plan was found that holds all weights.
    fn solve(&self, problem: &Problem, context: &mut SearchContext<'_>) -> Result<Plan, ScheduleError>;
}

/// A number that a user may set for an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ParameterInfo {
    /// Its name in files and on the command line.
    pub name: &'static str,
    /// What it does, in English.
    pub help: &'static str,
    /// What it does, in Chinese.
    pub help_zh: &'static str,
    /// Its unit; empty for a plain number.
    pub unit: &'static str,
    /// Used unless the user says otherwise.
    pub default: f64,
    /// The smallest value allowed.
    pub minimum: f64,
    /// The largest value allowed.
    pub maximum: f64,
}

/// An algorithm as menus, help and documentation show it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AlgorithmInfo {
    /// Its name in files and on the command line.
    pub name: &'static str,
    /// What it does, in one English sentence.
    pub summary: &'static str,
    /// The same in Chinese.
    pub summary_zh: &'static str,
    /// Who published it; empty for folklore.
    pub source: &'static str,
    /// Whether it goes on improving until its time is up.
    pub anytime: bool,
    /// What a user may set.
    pub parameters: &'static [ParameterInfo],
    #[serde(skip)]
    make: fn(&Settings<'_>) -> Box<dyn Scheduler>,
}

/// Values of an algorithm's parameters: those set, else the defaults.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    info: &'a AlgorithmInfo,
    set: &'a [(&'a str, f64)],
}

impl Settings<'_> {
    pub fn get(&self, name: &str) -> f64 {
        let set = self.set.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
        set.or_else(|| self.info.parameters.iter().find(|p| p.name == name).map(|p| p.default)).unwrap_or(0.0)
    }

    /// A parameter that counts something.
    pub fn count(&self, name: &str) -> usize {
        self.get(name).round().max(0.0) as usize
    }
}

impl AlgorithmInfo {
    /// The algorithm with its default parameters.
    pub fn create(&self) -> Box<dyn Scheduler> {
        (self.make)(&Settings { info: self, set: &[] })
    }

    /// The algorithm with these values of its parameters and the defaults of the others.
    ///
    /// # Errors
    ///
    /// [`ScheduleError::Parameter`] when it has no such parameter or the value is out of range.
    pub fn create_with(&self, values: &[(&str, f64)]) -> Result<Box<dyn Scheduler>, ScheduleError> {
        for &(name, value) in values {
            let known = self.parameters.iter().find(|p| p.name == name);
            if known.is_some_and(|p| (p.minimum..=p.maximum).contains(&value)) {
                continue;
            }
            let expected = match known {
                Some(p) => format!("it may be from {} to {}", p.minimum, p.maximum),
                None if self.parameters.is_empty() => "it has none".to_owned(),
                None => {
                    let names: Vec<&str> = self.parameters.iter().map(|p| p.name).collect();
                    format!("there are {}", names.join(", "))
                }
            };
            return Err(ScheduleError::Parameter { algorithm: self.name, name: name.to_owned(), value, expected });
        }
        Ok((self.make)(&Settings { info: self, set: values }))
    }
}

static ALGORITHMS: &[AlgorithmInfo] = &[
    AlgorithmInfo {
        name: "auto",
        summary: "List rules at once, then the best hybrid until the time is up, then a proof if one is near.",
        summary_zh: "先立即用列表规则，再用最好的混合搜索直到时间用完，若接近则给出证明。",
        source: "",
        anytime: true,
        parameters: &[],
        make: |_| Box::new(Auto),
    },
    AlgorithmInfo {
        name: "heft",
        summary: "Most urgent task first by upward rank, each where it finishes earliest.",
        summary_zh: "按向上秩先排最紧急的任务，每个任务放在最早完成之处。",
        source: "Topcuoglu, Hariri, Wu 2002",
        anytime: false,
        parameters: &[],
        make: |_| Box::new(Heft),
    },
    AlgorithmInfo {
        name: "peft",
        summary: "Like HEFT, but looking ahead with a table of optimistic costs.",
        summary_zh: "类似 HEFT，但用乐观代价表向前看。",
        source: "Arabnejad, Barbosa 2014",
        anytime: false,
        parameters: &[],
        make: |_| Box::new(Peft),
    },
    AlgorithmInfo {
        name: "cpop",
        summary: "The critical path on the one device that executes it fastest, all else where it finishes earliest.",
        summary_zh: "关键路径放在执行它最快的一台设备上，其余放在最早完成之处。",
        source: "Topcuoglu, Hariri, Wu 2002",
        anytime: false,
        parameters: &[],
        make: |_| Box::new(Cpop),
    },
    AlgorithmInfo {
        name: "fifo",
        summary: "In order of arrival, each on the first device that is free.",
        summary_zh: "按到达顺序，每个任务放在第一台空闲的设备上。",
        source: "",
        anytime: false,
        parameters: &[],
        make: |_| Box::new(Fifo),
    },
    AlgorithmInfo {
        name: "ga",
        summary: "Genetic algorithm over task lists and modes, with forward-backward improvement.",
        summary_zh: "对任务列表与执行方式的遗传算法，带前后向改进。",
        source: "Hartmann 1998; Valls, Ballestin, Quintanilla 2008",
        anytime: true,
        parameters: &[
            ParameterInfo {
                name: "population",
                help: "Plans kept from one generation to the next.",
                help_zh: "每一代保留的方案数。",
                unit: "",
                default: 100.0,
                minimum: 4.0,
                maximum: 10000.0,
            },
            ParameterInfo {
                name: "generations",
                help: "Generations at most; the time limit may end the search before.",
                help_zh: "最多的代数；时间限制可能使搜索提前结束。",
                unit: "",
                default: 1000.0,
                minimum: 1.0,
                maximum: 1000000.0,
            },
            ParameterInfo {
                name: "crossover",
                help: "Probability that two parents are crossed.",
                help_zh: "两个父代交叉的概率。",
                unit: "",
                default: 0.9,
                minimum: 0.0,
                maximum: 1.0,
            },
            ParameterInfo {
                name: "mutation",
                help: "Probability that a task changes place or mode.",
                help_zh: "任务改变位置或执行方式的概率。",
                unit: "",
                default: 0.05,
                minimum: 0.0,
                maximum: 1.0,
            },
        ],
        make: |s| Box::new(Genetic::new(s)),
    },
    AlgorithmInfo {
        name: "pso",
        summary: "Particle swarm over priorities and modes.",
        summary_zh: "对优先级与执行方式的粒子群算法。",
        source: "Kennedy, Eberhart 1995",
        anytime: true,
        parameters: &[
            ParameterInfo {
                name: "particles",
                help: "Particles in the swarm.",
                help_zh: "粒子数。",
                unit: "",
                default: 40.0,
                minimum: 2.0,
                maximum: 10000.0,
            },
            ParameterInfo {
                name: "iterations",
                help: "Moves of each particle at most.",
                help_zh: "每个粒子最多移动的次数。",
                unit: "",
                default: 1000.0,
                minimum: 1.0,
                maximum: 1000000.0,
            },
            ParameterInfo {
                name: "inertia",
                help: "How much of its velocity a particle keeps.",
                help_zh: "粒子保留的速度比例。",
                unit: "",
                default: 0.72,
                minimum: 0.0,
                maximum: 1.2,
            },
            ParameterInfo {
                name: "cognitive",
                help: "Pull towards the particle's own best.",
                help_zh: "向粒子自身最优的吸引力。",
                unit: "",
                default: 1.49,
                minimum: 0.0,
                maximum: 4.0,
            },
            ParameterInfo {
                name: "social",
                help: "Pull towards the swarm's best.",
                help_zh: "向群体最优的吸引力。",
                unit: "",
                default: 1.49,
                minimum: 0.0,
                maximum: 4.0,
            },
        ],
        make: |s| Box::new(Swarm::new(s)),
    },
    AlgorithmInfo {
        name: "aco",
        summary: "Ant colony with pheromone on order and on modes.",
        summary_zh: "对顺序与执行方式留下信息素的蚁群算法。",
        source: "Dorigo, Stuetzle 2004; Merkle, Middendorf, Schmeck 2002",
        anytime: true,
        parameters: &[
            ParameterInfo {
                name: "ants",
                help: "Ants in each iteration.",
                help_zh: "每次迭代的蚂蚁数。",
                unit: "",
                default: 20.0,
                minimum: 1.0,
                maximum: 10000.0,
            },
            ParameterInfo {
                name: "iterations",
                help: "Iterations at most.",
                help_zh: "最多的迭代次数。",
                unit: "",
                default: 1000.0,
                minimum: 1.0,
                maximum: 1000000.0,
            },
            ParameterInfo {
                name: "evaporation",
                help: "Share of the pheromone that is lost in each iteration.",
                help_zh: "每次迭代中挥发的信息素比例。",
                unit: "",
                default: 0.1,
                minimum: 0.001,
                maximum: 1.0,
            },
            ParameterInfo {
                name: "pheromone_weight",
                help: "How much pheromone counts.",
                help_zh: "信息素的权重。",
                unit: "",
                default: 1.0,
                minimum: 0.0,
                maximum: 10.0,
            },
            ParameterInfo {
                name: "rank_weight",
                help: "How much urgency counts.",
                help_zh: "紧急程度的权重。",
                unit: "",
                default: 2.0,
                minimum: 0.0,
                maximum: 20.0,
            },
        ],
        make: |s| Box::new(Ants::new(s)),
    },
    AlgorithmInfo {
        name: "sa",
        summary: "Simulated annealing with moves of tasks on the critical path.",
        summary_zh: "模拟退火，移动关键路径上的任务。",
        source: "Kirkpatrick, Gelatt, Vecchi 1983; Van Laarhoven, Aarts, Lenstra 1992",
        anytime: true,
        parameters: &[
            ParameterInfo {
                name: "start_temperature",
                help: "Temperature at the start, as a share of the makespan.",
                help_zh: "初始温度，占总工期的比例。",
                unit: "",
                default: 0.01,
                minimum: 1e-05,
                maximum: 1.0,
            },
            ParameterInfo {
                name: "end_temperature",
                help: "Temperature at the end, as a share of the makespan.",
                help_zh: "最终温度，占总工期的比例。",
                unit: "",
                default: 0.0001,
                minimum: 1e-07,
                maximum: 1.0,
            },
            ParameterInfo {
                name: "cooling",
                help: "Factor of the temperature for every schedule made per task, where no limit sets the pace.",
                help_zh: "没有限制时，平均每个任务生成一个方案后温度所乘的系数。",
                unit: "",
                default: 0.95,
                minimum: 0.5,
                maximum: 0.9999,
            },
        ],
        make: |s| Box::new(Annealing::new(s)),
    },
    AlgorithmInfo {
        name: "lns",
        summary: "Large-neighbourhood search: a part of the plan is taken out and put back better.",
        summary_zh: "大邻域搜索：取出方案的一部分并更好地放回。",
        source: "Shaw 1998; Godard, Laborie, Nuijten 2005",
        anytime: true,
        parameters: &[
            ParameterInfo {
                name: "window",
                help: "Tasks taken out at a time, at most.",
                help_zh: "一次最多取出的任务数。",
                unit: "",
                default: 30.0,
                minimum: 2.0,
                maximum: 1000.0,
            },
            ParameterInfo {
                name: "conflicts",
                help: "Conflicts after which the solver gives a window up.",
                help_zh: "求解器放弃一个窗口之前的冲突数。",
                unit: "",
                default: 500.0,
                minimum: 10.0,
                maximum: 1000000.0,
            },
        ],
        make: |s| Box::new(Neighbourhood::new(s)),
    },
    AlgorithmInfo {
        name: "exact",
        summary: "Clause-learning search for a proof; for small problems and whole times.",
        summary_zh: "子句学习的完全搜索，给出证明；适合小问题与整数时间。",
        source: "Schutt, Feydy, Stuckey, Wallace 2011",
        anytime: true,
        parameters: &[],
        make: |_| Box::new(Exact),
    },
];

/// All algorithms, the recommended one first.
pub fn algorithms() -> &'static [AlgorithmInfo] {
    ALGORITHMS
}

/// The algorithm of this name with its default parameters.
///
/// # Errors
///
/// [`ScheduleError::NoSuchAlgorithm`] with the names there are.
pub fn by_name(name: &str) -> Result<Box<dyn Scheduler>, ScheduleError> {
    ALGORITHMS.iter().find(|info| info.name == name).map(AlgorithmInfo::create).ok_or_else(|| {
        ScheduleError::NoSuchAlgorithm {
            name: name.to_owned(),
            known: ALGORITHMS.iter().map(|info| info.name).collect(),
        }
    })
}
