//! The plan that a run follows: one task a node. A node of several phases is one task to the run, which takes what its
//! phases take together and begins when the first of them may.
//!
//! Must not know of devices or costs.

use std::collections::BTreeMap;

use weft_schedule::{Assignment, Edge, Mode, Phase, Plan, Problem, ProblemInput, Reason, Task, Use};

use super::sheet::{Sheet, Step};

/// The problem, the plan and the sheet by nodes. They are the same where every node has one phase.
pub(crate) fn by_node(problem: &Problem, plan: &Plan, sheet: &Sheet, nodes: usize) -> (Problem, Plan, Sheet) {
    let as_it_is = || (problem.clone(), plan.clone(), sheet.clone());
    if sheet.steps.len() == nodes {
        return as_it_is();
    }
    let mut of_node: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (task, step) in sheet.steps.iter().enumerate() {
        if let Some(list) = of_node.get_mut(step.task) {
            list.push(task);
        }
    }
    if of_node.iter().any(Vec::is_empty) {
        return as_it_is();
    }
    let mut tasks = Vec::with_capacity(nodes);
    let mut assignments: Vec<Assignment> = Vec::with_capacity(nodes);
    let mut steps: Vec<Step> = Vec::with_capacity(nodes);
    for (node, phases) in of_node.iter().enumerate() {
        let chosen = |phase: &usize| {
            let a = &plan.assignments[*phase];
            (a, &problem.tasks()[*phase].modes[a.mode])
        };
        let (Some(first), Some(last)) = (phases.first().map(chosen), phases.last().map(chosen)) else {
            return as_it_is();
        };
        let mut uses: Vec<Use> = Vec::new();
        let mut mode = Mode::on(last.0.device, 0.0).share(0.0).named(&*last.1.name);
        for (_, of_phase) in phases.iter().map(chosen) {
            mode.duration_s += of_phase.duration_s;
            mode.compute_share = mode.compute_share.max(of_phase.compute_share);
            mode.memory_bytes = mode.memory_bytes.max(of_phase.memory_bytes + of_phase.weights_bytes);
            if of_phase.uses.len() > uses.len() {
                uses.clone_from(&of_phase.uses);
            }
        }
        mode.uses = uses;
        let phase = if phases.len() == 1 { problem.tasks()[phases[0]].phase } else { Phase::Run };
        let step = &sheet.steps[phases[0]];
        let mut task = Task::new(&*step.name, phase, vec![mode]).of_node(node as u32);
        task.priority = problem.tasks()[phases[0]].priority;
        tasks.push(task);
        let reason = Reason { here: last.0.reason.here, now: first.0.reason.now };
        assignments.push(Assignment {
            task: node,
            mode: 0,
            device: last.0.device,
            start_s: first.0.start_s,
            finish_s: last.0.finish_s,
            reason,
        });
        let spread = step.spread.get(last.0.mode).or(step.spread.first()).copied();
        steps.push(Step { task: node, spread: spread.into_iter().collect(), ..step.clone() });
    }
    for a in &mut assignments {
        use weft_schedule::WhyNow::{Predecessor, Transfer};
        let node = |task: usize| sheet.steps[task].task;
        a.reason.now = match a.reason.now {
            Predecessor(from) => Predecessor(node(from)),
            Transfer(from) => Transfer(node(from)),
            other => other,
        };
    }
    let mut edges: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for edge in problem.edges() {
        let (from, to) = (sheet.steps[edge.from].task, sheet.steps[edge.to].task);
        if from != to {
            let bytes = edges.entry((from, to)).or_default();
            *bytes = (*bytes).max(edge.bytes);
        }
    }
    let edges = edges.into_iter().map(|((from, to), bytes)| Edge { from, to, bytes }).collect();
    let input = ProblemInput { tasks, edges, ..problem.input().clone() };
    let merged = match Problem::from_input(input.clone()) {
        Ok(merged) => merged,
        // Working memory and weights of different phases may be more together than there ever are at once.
        Err(_) => {
            let mut input = input;
            input.tasks.iter_mut().flat_map(|t| &mut t.modes).for_each(|m| m.memory_bytes = 0);
            match Problem::from_input(input) {
                Ok(merged) => merged,
                Err(fault) => {
                    log::error!("the plan cannot be followed by nodes: {fault}");
                    return as_it_is();
                }
            }
        }
    };
    let transfers = plan.transfers.iter().cloned().map(|mut t| {
        (t.from, t.to) = (sheet.steps[t.from].task, sheet.steps[t.to].task);
        t
    });
    let plan = Plan::new(&*plan.algorithm, assignments, transfers.collect(), plan.lower_bound_s);
    (merged, plan, Sheet { steps, ..sheet.clone() })
}
