//! The Standard Task Graph Set: tasks with predecessors on identical processors.
//!
//! Must not know how instances are solved (T. Tobita, H. Kasahara 2002).

use super::{FormatError, Id, Instance, MOST_TASKS, Places, Words};
use crate::{
    input::{Device, Edge, Links, Mode, Phase, Task},
    problem::Problem,
};

/// Reads `n`, then for each of n + 2 tasks (a dummy first and last) `id time n_pred pred..`, for this number of identical
/// processors. What begins with `#` is a comment.
///
/// The processors are one device whose capacity is their number: tasks are not bound to one of them before the plan is
/// made, and [`crate::formats::solution`] tells them apart.
///
/// # Errors
///
/// [`FormatError`] with the line where the text is not of this form.
pub fn stg(text: &str, processors: usize) -> Result<Instance, FormatError> {
    if processors == 0 {
        return Err(FormatError::line(1, "at least one processor is needed"));
    }
    // Comments become empty lines, so that the others keep their numbers.
    let uncommented: Vec<&str> = text.lines().map(|line| line.split('#').next().unwrap_or("")).collect();
    let plain = uncommented.join("\n");
    let mut words = Words::new(&plain);
    let count = words.at_most(MOST_TASKS, "the number of tasks")? + 2;
    let mut tasks = Vec::with_capacity(count.min(text.len()));
    let mut edges = Vec::new();
    for number in 0..count {
        let id = words.next("a task's number")?;
        if id != number as u64 {
            return Err(FormatError::line(words.line, format!("task {number} expected, {id} found")));
        }
        let time = words.next("a processing time")?;
        tasks.push(Task::new(id.to_string(), Phase::Run, vec![Mode::on(0, time as f64)]));
        for _ in 0..words.at_most(count as u64, "the number of predecessors")? {
            let from = words.at_most(count as u64 - 1, "a predecessor")?;
            edges.push(Edge { from, to: number, bytes: 0 });
        }
    }
    let device = Device::new("processors").capacity(processors as f64);
    let problem = Problem::new(tasks, vec![device], Links::instant(1), edges)?;
    let ids = (0..count as u64).map(Id::Number).collect();
    Ok(Instance { name: String::new(), problem, ids, places: Places::Processors(processors) })
}
