//! What does not fit, and what would make it fit: a smaller batch, another device, fewer branches at once.
//!
//! Must not know how plans are searched for.

use std::collections::BTreeMap;

use weft_model::Value;
use weft_protocol::PlanView;
use weft_protocol::command::RunLimits;
use weft_protocol::plan::{FitChange, FitRemedy, Shortage};
use weft_schedule::ProblemError;

use super::candidates::{Candidate, Machine, memory_of};
use super::{faults, l};
use crate::prepare::Task;

/// What does not fit into the memory of the devices.
pub(crate) fn of_memory(
    tasks: &[Task],
    machines: &[Machine],
    candidates: &[Vec<Candidate>],
    error: &ProblemError,
) -> Vec<Shortage> {
    let mut short = Vec::new();
    for (task, ways) in tasks.iter().zip(candidates) {
        let room = |way: &Candidate| machines[way.machine].memory_bytes.unwrap_or(u64::MAX);
        if ways.iter().any(|way| way.memory_bytes <= room(way)) {
            continue;
        }
        // Where least is missing.
        let Some(way) = ways.iter().min_by_key(|way| way.memory_bytes.saturating_sub(room(way))) else { continue };
        let machine = &machines[way.machine];
        let (needed, there) = (gigabytes(way.memory_bytes), gigabytes(room(way)));
        let (name, device) = (&task.name, &machine.id);
        short.push(Shortage {
            message: l(
                format!("'{name}' needs {needed} of memory on {device}, and there is {there}"),
                format!("“{name}”在 {device} 上需要 {needed} 内存，而只有 {there}"),
            ),
            remedies: remedies(task, machine, machines, way),
        });
    }
    if short.is_empty() {
        // Each fits alone, and not with what stays beside it.
        let remedies = vec![fewer_branches(1)];
        short.push(Shortage { message: faults::of_problem(error).message, remedies });
    }
    short
}

/// Whether the run may take as long as its plan says.
pub(crate) fn of_time(view: &PlanView, limits: &RunLimits) -> Option<Shortage> {
    let limit_s = limits.time_s.filter(|limit_s| view.makespan_s > *limit_s)?;
    let makespan_s = view.makespan_s;
    Some(Shortage {
        message: l(
            format!("the run is expected to take {makespan_s:.0} s and is stopped after {limit_s:.0} s"),
            format!("运行预计需要 {makespan_s:.0} 秒，但会在 {limit_s:.0} 秒后停止"),
        ),
        remedies: Vec::new(),
    })
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.2} GB", bytes as f64 / 1e9)
}

fn fewer_branches(branches: usize) -> FitRemedy {
    FitRemedy {
        label: l(format!("At most {branches} at once"), format!("同时至多 {branches} 个分支")),
        change: FitChange::Branches(branches),
    }
}

fn remedies(task: &Task, machine: &Machine, machines: &[Machine], way: &Candidate) -> Vec<FitRemedy> {
    let mut out = Vec::new();
    let own = task.params.get("batch_size").and_then(|v| v.as_i64());
    let room = machine.memory_bytes.unwrap_or(u64::MAX);
    if let Some(own) = own {
        // What was measured is more than what is known by reckoning: only the difference counts.
        let reckoned = |batch: i64| {
            let params = BTreeMap::from([("batch_size".to_owned(), Value::Int(batch))]);
            memory_of(task, machine, &params)
        };
        let over = way.memory_bytes.saturating_sub(room);
        let fits = |batch: &i64| reckoned(own).saturating_sub(reckoned(*batch)) >= over;
        let halves = std::iter::successors(Some(own / 2), |b| Some(b / 2)).take_while(|b| *b >= 1);
        if let Some(batch) = halves.into_iter().find(fits) {
            out.push(FitRemedy {
                label: l(
                    format!("Batches of {batch} for '{}'", task.name),
                    format!("将“{}”的批大小设为 {batch}", task.name),
                ),
                change: FitChange::Param {
                    path: task.path.clone(),
                    param: "batch_size".to_owned(),
                    value: Value::Int(batch),
                },
            });
        }
    }
    let larger = machines
        .iter()
        .find(|m| m.id != machine.id && !m.imagined && m.memory_bytes.is_none_or(|bytes| bytes >= way.memory_bytes));
    if let Some(larger) = larger {
        out.push(FitRemedy {
            label: l(format!("Compute on {}", larger.id), format!("在 {} 上计算", larger.id)),
            change: FitChange::Device(larger.id.clone()),
        });
    }
    out
}
