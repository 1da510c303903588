//! Exit statuses of the command line: part of its contract.

use std::process::ExitCode;

use weft_model::Localised;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All well.
    Done,
    /// The run failed or was stopped.
    Failed,
    /// Wrong use.
    Usage,
    /// The project or its input is invalid.
    Invalid,
    /// SIGINT or SIGTERM, after a clean stop.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Invalid => 3,
            Exit::Interrupted => 130,
        })
    }
}

/// An error that ends a command with a status of its own; it has been explained in the message.
#[derive(Debug, thiserror::Error)]
#[error("{}", .message.en)]
pub struct Ended {
    /// The status.
    pub exit: Exit,
    /// What happened, and what to do.
    pub message: Localised,
}

impl Ended {
    /// Wrong use.
    pub fn usage(en: impl Into<String>, zh: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Usage, message: Localised::new(en, zh) }.into()
    }

    /// An invalid project or input.
    pub fn invalid(message: Localised) -> anyhow::Error {
        Self { exit: Exit::Invalid, message }.into()
    }
}
