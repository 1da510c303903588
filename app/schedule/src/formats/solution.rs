//! Schedules in the ids and units of the instance they solve, for a checker that is not ours.
//!
//! Must not know any algorithm.

use serde::Serialize;

use super::{Id, Instance, Places};
use crate::plan::Plan;

/// A schedule of an instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Solution {
    /// The instance as the caller calls it.
    pub instance: String,
    /// The algorithm's name.
    pub algorithm: String,
    /// In the instance's unit of time.
    pub makespan: f64,
    /// Likewise.
    pub lower_bound: f64,
    /// Whether makespan and bound meet.
    pub proved: bool,
    /// What the search took.
    pub elapsed_s: f64,
    /// In the order of the instance, dummies included.
    pub tasks: Vec<SolutionTask>,
}

/// A task of a [`Solution`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SolutionTask {
    /// The instance's id.
    pub id: Id,
    /// In the instance's unit of time.
    pub start: f64,
    /// Likewise.
    pub finish: f64,
    /// Counted from 1.
    pub mode: usize,
    /// By name, or number from 0; null where the instance has no devices.
    pub device: Option<Id>,
}

/// Puts a plan into the words of its instance.
///
/// Processors behind one device are told apart by giving each task, in order of start, the one that has been free
/// longest.
pub fn solution(instance: &Instance, name: &str, plan: &Plan, elapsed_s: f64) -> Solution {
    let mut processor = vec![0_u64; plan.assignments.len()];
    if let Places::Processors(count) = instance.places {
        let mut free_at = vec![f64::NEG_INFINITY; count];
        let mut order: Vec<usize> = (0..plan.assignments.len()).collect();
        // What takes no time first, so that it does not need a processor that another takes at the same time.
        order.sort_by(|&a, &b| {
            let (a, b) = (&plan.assignments[a], &plan.assignments[b]);
            a.start_s.total_cmp(&b.start_s).then(a.finish_s.total_cmp(&b.finish_s)).then(a.task.cmp(&b.task))
        });
        for task in order {
            let a = &plan.assignments[task];
            let free = (0..count).min_by(|&x, &y| free_at[x].total_cmp(&free_at[y])).unwrap_or(0);
            processor[task] = free as u64;
            if a.finish_s > a.start_s {
                free_at[free] = a.finish_s;
            }
        }
    }
    let tasks = plan
        .assignments
        .iter()
        .zip(&instance.ids)
        .map(|(a, id)| SolutionTask {
            id: id.clone(),
            start: a.start_s,
            finish: a.finish_s,
            mode: a.mode + 1,
            device: match instance.places {
                Places::None => None,
                Places::Processors(_) => Some(Id::Number(processor[a.task])),
                Places::Devices => instance.problem.devices().get(a.device).map(|d| Id::Name(d.name.clone())),
            },
        })
        .collect();
    Solution {
        instance: name.to_owned(),
        algorithm: plan.algorithm.clone(),
        makespan: plan.makespan_s,
        lower_bound: plan.lower_bound_s,
        proved: plan.gap <= 1e-9,
        elapsed_s,
        tasks,
    }
}
