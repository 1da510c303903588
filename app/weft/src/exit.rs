//! Exit statuses of the command line: part of its contract.

use std::process::ExitCode;

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
#[error("{message}")]
pub struct Ended {
    /// The status.
    pub exit: Exit,
    /// What happened, and what to do.
    pub message: String,
}

impl Ended {
    /// Wrong use.
    pub fn usage(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Usage, message: message.into() }.into()
    }

    /// An invalid project or input.
    pub fn invalid(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Invalid, message: message.into() }.into()
    }
}
