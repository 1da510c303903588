//! Resource-constrained project scheduling: Patterson's form and that of PSPLIB and MMLIB.
//!
//! Must not know how instances are solved (R. Kolisch, A. Sprecher 1996; V. Van Peteghem, M. Vanhoucke 2014).

use super::{FormatError, Id, Instance, MOST_TASKS, Places, Words};
use crate::{
    input::{Device, Edge, Links, Mode, Phase, ProblemInput, Resource, Task},
    problem::Problem,
};

/// Reads Patterson's form: `n r`, the r capacities, then for each task `duration req_1..req_r n_succ succ..`, tasks
/// counted from 1.
///
/// ```
/// let text = "3 1\n2\n0 0 2 2 3\n4 2 0\n3 1 0\n";
/// let instance = weft_schedule::formats::patterson(text)?;
/// assert_eq!(instance.problem.tasks().len(), 3);
/// assert_eq!(instance.problem.resources()[0].capacity, 2);
/// # Ok::<(), weft_schedule::formats::FormatError>(())
/// ```
///
/// # Errors
///
/// [`FormatError`] with the line where the text is not of this form.
pub fn patterson(text: &str) -> Result<Instance, FormatError> {
    let mut words = Words::new(text);
    let count = words.at_most(MOST_TASKS, "the number of tasks")?;
    let resources = words.at_most(1000, "the number of resources")?;
    let mut input = empty();
    for r in 0..resources {
        input.resources.push(Resource::renewable(format!("R{}", r + 1), words.next("a capacity")?));
    }
    for number in 0..count {
        let mut mode = mode(words.next("a duration")?);
        for r in 0..resources {
            let amount = words.next("a demand")?;
            if amount > 0 {
                mode = mode.uses(r, amount);
            }
        }
        input.tasks.push(Task::new((number + 1).to_string(), Phase::Run, vec![mode]));
        for _ in 0..words.at_most(count as u64, "the number of successors")? {
            let to = words.at_most(count as u64, "a successor")?;
            if to == 0 {
                return Err(FormatError::line(words.line, "tasks are counted from 1, but a successor is 0"));
            }
            input.edges.push(Edge { from: number, to: to - 1, bytes: 0 });
        }
    }
    instance(input)
}

/// Reads a PSPLIB file, single-mode (`.sm`) or multi-mode (`.mm`, MMLIB), with renewable and non-renewable resources.
///
/// # Errors
///
/// [`FormatError`] with the line where the text is not of this form; doubly constrained resources are refused.
pub fn psplib(text: &str) -> Result<Instance, FormatError> {
    let lines: Vec<&str> = text.lines().collect();
    let after_colon = |mark: &str| -> Result<(usize, u64), FormatError> {
        let number = lines.iter().position(|line| line.trim_start().starts_with(mark));
        let number = number.ok_or_else(|| FormatError::line(lines.len(), format!("no line begins with {mark:?}")))?;
        let value = lines[number].rsplit(':').next().and_then(|rest| rest.split_whitespace().next());
        let value = value.and_then(|word| word.parse().ok());
        let missing = || FormatError::line(number + 1, format!("no number follows the colon of {mark:?}"));
        Ok((number, value.ok_or_else(missing)?))
    };
    let section = |mark: &str| -> Result<usize, FormatError> {
        let found = lines.iter().position(|line| line.trim_start().starts_with(mark));
        found.ok_or_else(|| FormatError::line(lines.len(), format!("the section {mark:?} is missing")))
    };
    let count = after_colon("jobs")?.1;
    if count > MOST_TASKS {
        return Err(FormatError::line(1, format!("{count} jobs are too many")));
    }
    let count = count as usize;
    let (_, renewable) = after_colon("- renewable")?;
    let (_, budgets) = after_colon("- nonrenewable")?;
    let (doubly_at, doubly) = after_colon("- doubly")?;
    if doubly > 0 {
        return Err(FormatError::line(doubly_at + 1, "doubly constrained resources are not supported"));
    }
    if renewable + budgets > 1000 {
        return Err(FormatError::line(1, "there are more than 1000 resources"));
    }
    let resources = (renewable + budgets) as usize;
    let mut input = empty();

    let numbers = |line: usize| -> Result<Vec<u64>, FormatError> {
        let text = lines.get(line).ok_or_else(|| FormatError::line(lines.len(), "the text ends too early"))?;
        let parse = |word: &str| {
            let wrong = |_| FormatError::line(line + 1, format!("{word:?} should be a whole number of 0 or more"));
            word.parse::<u64>().map_err(wrong)
        };
        text.split_whitespace().map(parse).collect()
    };
    // Precedence: two lines of headings, then a line a job.
    let first = section("PRECEDENCE RELATIONS")? + 2;
    let mut modes_of = Vec::with_capacity(count.min(lines.len()));
    for number in 0..count {
        let row = numbers(first + number)?;
        let at = first + number + 1;
        let [job, modes, successors, list @ ..] = &row[..] else {
            return Err(FormatError::line(at, "job number, number of modes and of successors expected"));
        };
        if *job != number as u64 + 1 {
            return Err(FormatError::line(at, format!("job {} expected, {job} found", number + 1)));
        }
        if *modes == 0 || list.len() as u64 != *successors {
            let what = format!("job {job} has {modes} modes and {} of {successors} successors", list.len());
            return Err(FormatError::line(at, what));
        }
        for &to in list {
            if to == 0 || to > count as u64 {
                return Err(FormatError::line(at, format!("successor {to} is none of the jobs 1 to {count}")));
            }
            input.edges.push(Edge { from: number, to: to as usize - 1, bytes: 0 });
        }
        modes_of.push(*modes);
    }
    let capacities_at = lines
        .iter()
        .position(|line| {
            let line = line.trim().replace(' ', "");
            line.starts_with("RESOURCEAVAILABILITIES")
        })
        .ok_or_else(|| FormatError::line(lines.len(), "the section \"RESOURCEAVAILABILITIES\" is missing"))?;
    let capacities = numbers(capacities_at + 2)?;
    if capacities.len() != resources {
        let what = format!("{} capacities found, {resources} expected", capacities.len());
        return Err(FormatError::line(capacities_at + 3, what));
    }
    for (r, &capacity) in capacities.iter().enumerate() {
        input.resources.push(if (r as u64) < renewable {
            Resource::renewable(format!("R{}", r + 1), capacity)
        } else {
            Resource::budget(format!("N{}", r as u64 + 1 - renewable), capacity)
        });
    }
    // Requests: a line a mode, after a line of headings and one of dashes; the job stands only before its first mode.
    let mut at = section("REQUESTS/DURATIONS")? + 1;
    while lines.get(at).is_some_and(|line| !line.trim().starts_with(|c: char| c.is_ascii_digit())) {
        at += 1;
    }
    for (number, &modes) in modes_of.iter().enumerate() {
        let mut task = Vec::with_capacity(modes.min(1000) as usize);
        for local in 0..modes {
            let row = numbers(at)?;
            let begins = usize::from(local == 0);
            if row.len() != resources + 2 + begins {
                let what = format!("{} numbers found, {} expected", row.len(), resources + 2 + begins);
                return Err(FormatError::line(at + 1, what));
            }
            if (begins == 1 && row[0] != number as u64 + 1) || row[begins] != local + 1 {
                let what = format!("mode {} of job {} expected", local + 1, number + 1);
                return Err(FormatError::line(at + 1, what));
            }
            let mut mode = mode(row[begins + 1]);
            for (r, &amount) in row[begins + 2..].iter().enumerate().filter(|(_, amount)| **amount > 0) {
                mode = mode.uses(r, amount);
            }
            task.push(mode);
            at += 1;
        }
        input.tasks.push(Task::new((number + 1).to_string(), Phase::Run, task));
    }
    instance(input)
}

/// Tasks take no compute: the resources say what they take.
fn mode(duration: u64) -> Mode {
    Mode::on(0, duration as f64).share(0.0)
}

fn empty() -> ProblemInput {
    ProblemInput {
        tasks: Vec::new(),
        devices: vec![Device::new("project")],
        links: Links::instant(1),
        edges: Vec::new(),
        resources: Vec::new(),
        accuracy_budget: None,
    }
}

fn instance(input: ProblemInput) -> Result<Instance, FormatError> {
    let ids = (1..=input.tasks.len() as u64).map(Id::Number).collect();
    Ok(Instance { name: String::new(), problem: Problem::from_input(input)?, ids, places: Places::None })
}
