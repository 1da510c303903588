//! The plan: where, when and how every task is executed, and why.
//!
//! Must not know how it was made: any algorithm, or a person, may fill it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    input::{DeviceIndex, TaskIndex},
    problem::Problem,
};

/// Start, device and mode for every task, with the transfers between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Name of the algorithm that made it.
    pub algorithm: String,
    /// One for each task, in the order of the tasks.
    pub assignments: Vec<Assignment>,
    /// What is sent between devices, in order of start.
    pub transfers: Vec<Transfer>,
    /// When the last task finishes, in seconds.
    pub makespan_s: f64,
    /// No plan of this problem can finish before this, in seconds.
    pub lower_bound_s: f64,
    /// (makespan − bound) / bound: how much better another plan could at most be. 1 where the bound is zero and the
    /// makespan is not.
    pub gap: f64,
}

impl Plan {
    /// Puts a plan together: makespan and gap follow from the rest.
    pub fn new(
        algorithm: impl Into<String>,
        assignments: Vec<Assignment>,
        transfers: Vec<Transfer>,
        lower_bound_s: f64,
    ) -> Self {
        let makespan_s = assignments.iter().map(|a| a.finish_s).fold(0.0, f64::max);
        // Sums taken in another order may put the bound above by a rounding error.
        let lower_bound_s = lower_bound_s.min(makespan_s);
        let gap = relative_gap(makespan_s, lower_bound_s);
        Self { algorithm: algorithm.into(), assignments, transfers, makespan_s, lower_bound_s, gap }
    }

    /// Σ π F, the second objective: the smaller of two plans with equal makespan is better.
    pub fn weighted_finish_s(&self, problem: &Problem) -> f64 {
        self.assignments.iter().zip(problem.tasks()).map(|(a, t)| t.priority * a.finish_s).sum()
    }
}

/// (makespan − bound) / bound, 0 when they meet, 1 when only the bound is zero.
pub(crate) fn relative_gap(makespan_s: f64, lower_bound_s: f64) -> f64 {
    if makespan_s <= lower_bound_s {
        0.0
    } else if lower_bound_s > 0.0 {
        (makespan_s - lower_bound_s) / lower_bound_s
    } else {
        1.0
    }
}

/// Where and when one task is executed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The task.
    pub task: TaskIndex,
    /// Position of the chosen mode in the task's modes.
    pub mode: usize,
    /// The mode's device.
    pub device: DeviceIndex,
    /// Start, in seconds from the plan's zero.
    pub start_s: f64,
    /// Finish, in seconds from the plan's zero.
    pub finish_s: f64,
    /// Why here and why now.
    pub reason: Reason,
}

/// Data on its way from one device to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// The task that made the data.
    pub from: TaskIndex,
    /// The task that waits for it.
    pub to: TaskIndex,
    /// The link it occupies, by position in [`crate::Links::links`].
    pub link: usize,
    /// When it begins, in seconds.
    pub start_s: f64,
    /// When all of it has arrived, in seconds.
    pub finish_s: f64,
    /// How much is sent.
    pub bytes: u64,
}

/// Why a task is where and when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What chose the device and the mode.
    pub here: WhyHere,
    /// What kept it from starting earlier there.
    pub now: WhyNow,
}

/// What chose a task's device and mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhyHere {
    /// It was the only mode that can be.
    OnlyChoice,
    /// The device was the first that was free.
    FirstFree,
    /// It finishes here sooner than anywhere else.
    EarliestFinish,
    /// Its weights are resident here.
    WeightsAreHere,
    /// A search over whole plans found this better.
    Searched,
}

/// What kept a task from starting earlier on its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhyNow {
    /// Nothing: it starts with the plan.
    AtOnce,
    /// It was not to start before its release time.
    Release,
    /// A predecessor had to finish.
    Predecessor(TaskIndex),
    /// What a predecessor on another device made had to arrive.
    Transfer(TaskIndex),
    /// The device was busy.
    Device,
    /// The device's memory was taken.
    Memory,
    /// A resource beside the device was taken.
    Resource,
}

impl Reason {
    /// The reason as an English sentence with the names of the problem.
    pub fn text<'a>(&self, problem: &'a Problem, device: DeviceIndex) -> ReasonText<'a> {
        ReasonText { reason: *self, problem, device }
    }
}

/// A [`Reason`] with names, ready to be written.
#[derive(Debug, Clone, Copy)]
pub struct ReasonText<'a> {
    reason: Reason,
    problem: &'a Problem,
    device: DeviceIndex,
}

impl fmt::Display for ReasonText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = self.problem.devices().get(self.device).map_or("?", |d| d.name.as_str());
        let task = |index: TaskIndex| self.problem.tasks().get(index).map_or("?", |t| t.name.as_str());
        match self.reason.here {
            WhyHere::OnlyChoice => write!(f, "fits only {device}")?,
            WhyHere::FirstFree => write!(f, "first device free: {device}")?,
            WhyHere::EarliestFinish => write!(f, "earliest finish on {device}")?,
            WhyHere::WeightsAreHere => write!(f, "its weights are on {device}")?,
            WhyHere::Searched => write!(f, "better for the whole plan on {device}")?,
        }
        match self.reason.now {
            WhyNow::AtOnce => write!(f, "; starts at once"),
            WhyNow::Release => write!(f, "; waited for its release time"),
            WhyNow::Predecessor(from) => write!(f, "; waited for predecessor {}", task(from)),
            WhyNow::Transfer(from) => write!(f, "; waited for the data of {}", task(from)),
            WhyNow::Device => write!(f, "; waited for {device}"),
            WhyNow::Memory => write!(f, "; waited for memory of {device}"),
            WhyNow::Resource => write!(f, "; waited for a resource"),
        }
    }
}
