//! The interface that all algorithms have, and the register of those there are.
//!
//! Must not know any thread or clock: whoever starts a search injects time and cancellation.

use serde::Serialize;

use crate::{
    list_rules::{Fifo, Heft},
    plan::Plan,
    problem::Problem,
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
    cancelled: &'a dyn Fn() -> bool,
    now_s: &'a dyn Fn() -> f64,
    progress: Option<&'a mut dyn FnMut(Progress)>,
    began_s: Option<f64>,
    best_makespan_s: f64,
    lower_bound_s: f64,
}

impl<'a> SearchContext<'a> {
    /// A search that nobody watches or cancels and whose clock stands still: list rules need no more.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            time_limit_s: f64::INFINITY,
            cancelled: &|| false,
            now_s: &|| 0.0,
            progress: None,
            began_s: None,
            best_makespan_s: f64::INFINITY,
            lower_bound_s: 0.0,
        }
    }

    /// Stops improving after this many seconds of the clock.
    pub fn time_limit_s(mut self, seconds: f64) -> Self {
        self.time_limit_s = seconds;
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

    /// Whether to stop improving: cancelled, out of time, or the best meets the bound.
    pub fn should_stop(&self) -> bool {
        self.is_cancelled() || self.best_makespan_s <= self.lower_bound_s || self.elapsed_s() >= self.time_limit_s
    }

    /// The best makespan reported so far; infinite before the first.
    pub fn best_makespan_s(&self) -> f64 {
        self.best_makespan_s
    }

    /// Tells of a plan and a bound; what is no better than before is not passed on.
    pub fn report(&mut self, makespan_s: f64, lower_bound_s: f64) {
        let better = makespan_s < self.best_makespan_s || lower_bound_s > self.lower_bound_s;
        self.best_makespan_s = self.best_makespan_s.min(makespan_s);
        self.lower_bound_s = self.lower_bound_s.max(lower_bound_s);
        if better {
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
    /// Who published it; empty for folklore.
    pub source: &'static str,
    /// Whether it goes on improving until its time is up.
    pub anytime: bool,
    /// What a user may set.
    pub parameters: &'static [ParameterInfo],
    #[serde(skip)]
    make: fn() -> Box<dyn Scheduler>,
}

impl AlgorithmInfo {
    /// The algorithm with its default parameters.
    pub fn create(&self) -> Box<dyn Scheduler> {
        (self.make)()
    }
}

static ALGORITHMS: &[AlgorithmInfo] = &[
    AlgorithmInfo {
        name: "heft",
        summary: "Most urgent task first by upward rank, each where it finishes earliest.",
        source: "Topcuoglu, Hariri, Wu 2002",
        anytime: false,
        parameters: &[],
        make: || Box::new(Heft),
    },
    AlgorithmInfo {
        name: "fifo",
        summary: "In order of arrival, each on the first device that is free.",
        source: "",
        anytime: false,
        parameters: &[],
        make: || Box::new(Fifo),
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
