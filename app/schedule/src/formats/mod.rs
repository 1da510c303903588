//! Public formats of scheduling problems, read from text, and solutions in their ids and units.
//!
//! Must not know files: a caller reads and writes them. Every reader takes text and gives an [`Instance`] or a
//! [`FormatError`] that names the line (of texts) or the place (of JSON).
//!
//! | format | reader | as a [`Problem`] |
//! |---|---|---|
//! | RCPSP, Patterson's form | [`patterson`] | one device, renewable resources |
//! | PSPLIB `.sm`, `.mm`, MMLIB | [`psplib`] | the same, with modes and budgets |
//! | Standard Task Graph Set | [`stg`] | one device whose capacity is the number of processors |
//! | WfCommons WfFormat 1.5 | [`workflow`] | devices of a [`DeviceSet`], transfers without queues |
//! | Estee tables | [`estee`] | likewise, by speed and cores |

mod psplib;
mod solution;
mod stg;
mod tables;
mod workflow;

use serde::Serialize;

use crate::problem::{Problem, ProblemError};

pub use psplib::{patterson, psplib};
pub use solution::{Solution, SolutionTask, solution};
pub use stg::stg;
pub use tables::estee;
pub use workflow::{DeviceSet, NamedDevice, workflow};

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// A line is not as the format says.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What was expected and what was found.
        what: String,
    },
    /// The text is not the JSON that the format says, or a part of it is missing.
    #[error("{place}: {what}")]
    Json {
        /// Where: a line and column, or a name within the document.
        place: String,
        /// What was expected and what was found.
        what: String,
    },
    /// It can be read, but no schedule can exist.
    #[error(transparent)]
    Problem(#[from] ProblemError),
}

impl FormatError {
    fn line(line: usize, what: impl Into<String>) -> Self {
        FormatError::Line { line, what: what.into() }
    }

    fn json(place: impl Into<String>, what: impl Into<String>) -> Self {
        FormatError::Json { place: place.into(), what: what.into() }
    }
}

impl From<serde_json::Error> for FormatError {
    fn from(error: serde_json::Error) -> Self {
        FormatError::json(format!("line {}, column {}", error.line(), error.column()), error.to_string())
    }
}

/// A task's name in its instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// As in PSPLIB (from 1) and STG (from 0).
    Number(u64),
    /// As in WfFormat.
    Name(String),
}

/// Where tasks are, in the words of the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// There are only resources, no devices.
    None,
    /// So many identical processors, numbered from 0, behind one device of the problem.
    Processors(usize),
    /// The problem's devices by name.
    Devices,
}

/// A problem with what is needed to speak of it as its file does.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The name within a table of several; empty where there is one.
    pub name: String,
    /// The problem, in seconds: one unit of the formats that have none is one second.
    pub problem: Problem,
    /// One a task, dummies included.
    pub ids: Vec<Id>,
    /// How places are called.
    pub places: Places,
}

/// The words of a text with their lines.
struct Words<'t> {
    words: std::iter::Peekable<Box<dyn Iterator<Item = (usize, &'t str)> + 't>>,
    line: usize,
}

impl<'t> Words<'t> {
    fn new(text: &'t str) -> Self {
        let words: Box<dyn Iterator<Item = (usize, &'t str)> + 't> = Box::new(
            text.lines().enumerate().flat_map(|(i, line)| line.split_whitespace().map(move |word| (i + 1, word))),
        );
        Self { words: words.peekable(), line: 1 }
    }

    fn next(&mut self, what: &str) -> Result<u64, FormatError> {
        let Some((line, word)) = self.words.next() else {
            return Err(FormatError::line(self.line, format!("the text ends where {what} should be")));
        };
        self.line = line;
        let value = word.parse::<u64>();
        value
            .map_err(|_| FormatError::line(line, format!("{what} should be a whole number of 0 or more, not {word:?}")))
    }

    /// A number that is at most this.
    fn at_most(&mut self, most: u64, what: &str) -> Result<usize, FormatError> {
        let value = self.next(what)?;
        if value > most {
            return Err(FormatError::line(self.line, format!("{what} is {value}, more than the {most} that can be")));
        }
        Ok(value as usize)
    }
}

/// More tasks than that are taken for an error in the text.
const MOST_TASKS: u64 = 10_000_000;
