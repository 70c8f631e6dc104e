//! What the shell is told, and how a failure is said to a person.

use std::{fmt, process::ExitCode};

/// The exit codes that scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done = 0,
    /// The run that was waited for did not succeed, or `diff` found a difference.
    RunFailed = 1,
    /// What was asked for cannot be: a flag, an expression, a document.
    Usage = 2,
    /// There is no valid token, or it may not do this.
    NotAllowed = 3,
    /// There is no such thing.
    NotFound = 4,
    /// It changed meanwhile, or something stands in its way.
    Conflict = 5,
    /// No server answers, or something failed that the user did not cause.
    Unavailable = 6,
    /// The wait ran out; the run goes on.
    TimedOut = 124,
}

impl Exit {
    /// The code that answers to an HTTP status.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            200..=399 => Self::Done,
            401 | 403 => Self::NotAllowed,
            404 => Self::NotFound,
            409 | 412 => Self::Conflict,
            400 | 413 | 415 | 422 | 428 => Self::Usage,
            _ => Self::Unavailable,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What the shell is told.
    pub(crate) exit: Exit,
    /// One line for a person; empty where there is nothing to say.
    pub(crate) message: String,
    /// Lines below it: the single wrong fields, or advice.
    pub(crate) details: Vec<String>,
}

impl Failure {
    /// A failure of this kind.
    pub(crate) fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            message: message.to_string(),
            details: Vec::new(),
        }
    }

    /// What was asked for cannot be.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something failed that the user did not cause.
    pub(crate) fn own(message: impl fmt::Display) -> Self {
        Self::new(Exit::Unavailable, message)
    }

    /// Nobody reads the output any more: the end, but nothing that went wrong.
    pub(crate) const fn reader_gone() -> Self {
        Self::said(Exit::Done)
    }

    /// The output has said it all.
    pub(crate) const fn said(exit: Exit) -> Self {
        Self {
            exit,
            message: String::new(),
            details: Vec::new(),
        }
    }

    /// Adds a line below the message.
    #[must_use]
    pub(crate) fn with(mut self, detail: impl fmt::Display) -> Self {
        self.details.push(detail.to_string());
        self
    }
}

impl From<anyhow::Error> for Failure {
    /// The causes follow one another on the one line: whoever reads it sees the first reason too.
    fn from(error: anyhow::Error) -> Self {
        Self::own(format!("{error:#}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for detail in &self.details {
            write!(f, "\n  {detail}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_leads_to_the_code_of_its_kind() {
        for (status, exit) in [
            (200, 0),
            (202, 0),
            (400, 2),
            (401, 3),
            (403, 3),
            (404, 4),
            (405, 6),
            (409, 5),
            (412, 5),
            (413, 2),
            (415, 2),
            (422, 2),
            (428, 2),
            (429, 6),
            (500, 6),
            (503, 6),
        ] {
            assert_eq!(Exit::of_status(status) as u8, exit, "{status}");
        }
    }

    #[test]
    fn details_stand_below_the_message() {
        let failure = Failure::usage("the job is not valid")
            .with("name: is missing")
            .with("every: is missing");
        assert_eq!(
            failure.to_string(),
            "the job is not valid\n  name: is missing\n  every: is missing"
        );
    }

    #[test]
    fn causes_are_said_on_one_line() {
        let error = anyhow::anyhow!("disk full").context("the file cannot be written");
        assert_eq!(
            Failure::from(error).to_string(),
            "the file cannot be written: disk full"
        );
    }
}
