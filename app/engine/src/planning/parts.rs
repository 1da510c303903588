//! What a run executes: one task for each step of its plan. Most nodes are one step; one of several phases is as many
//! tasks, which begin and end on their own, each held back only by what it consumes.
//!
//! Must not know of devices or costs.

use weft_model::catalogue::Phase;
use weft_schedule as schedule;

use super::candidates::Candidate;
use super::draw::Drawn;
use crate::prepare::Task;

/// Which of a node's tasks one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// The phase that it is; none where the node is one task.
    pub phase: Option<Phase>,
    /// The node begins with it.
    pub is_first: bool,
    /// The node ends with it, and leaves its results.
    pub is_last: bool,
}

impl Part {
    /// A node that is one task.
    pub(crate) const WHOLE: Self = Self { phase: None, is_first: true, is_last: true };
}

impl Part {
    /// The phase by its name in plans and events; none where the node is one task.
    pub(crate) fn phase_name(&self) -> Option<&'static str> {
        self.phase.map(|phase| match phase {
            Phase::Train => "train",
            Phase::Deploy => "deploy",
            Phase::Run => "run",
        })
    }
}

fn phase_of(phase: schedule::Phase) -> Phase {
    match phase {
        schedule::Phase::Train => Phase::Train,
        schedule::Phase::Deploy => Phase::Deploy,
        schedule::Phase::Run => Phase::Run,
    }
}

/// Makes of the nodes' tasks those of the steps of a plan, and of the ways of each node those of each step. The steps know
/// their tasks afterwards.
pub(crate) fn by_step(tasks: Vec<Task>, drawn: &mut Drawn) -> (Vec<Task>, Vec<Vec<Candidate>>) {
    let steps = &mut drawn.sheet.steps;
    if steps.len() == tasks.len() {
        return (tasks, drawn.candidates.clone());
    }
    let mut last = vec![0; tasks.len()];
    for (at, step) in steps.iter().enumerate() {
        last[step.task] = at;
    }
    let ways = steps.iter().map(|step| drawn.candidates[step.task].clone()).collect();
    let mut parts: Vec<Task> = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter_mut().enumerate() {
        let mut task = tasks[step.task].clone();
        let is_first = parts.last().is_none_or(|before| before.node != task.node);
        let is_last = last[step.task] == at;
        let phase = (!(is_first && is_last)).then(|| phase_of(drawn.problem.tasks()[at].phase));
        task.part = Part { phase, is_first, is_last };
        for input in &mut task.inputs {
            input.task = last[input.task];
        }
        step.task = at;
        parts.push(task);
    }
    (parts, ways)
}
