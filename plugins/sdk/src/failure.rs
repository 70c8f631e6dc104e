//! How a handler fails, and whether another try is worth it.

use crate::bindings::wasmtab::job::types as wit;
use std::error::Error;
use std::fmt::{self, Display};

/// Why the attempt failed.
///
/// `?` turns any error into [`Failure::Retryable`], with its sources after colons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Worth another try, as far as the job's policy has tries left.
    Retryable(String),
    /// Another try would fail alike: the run ends here.
    Permanent(String),
}

impl Failure {
    /// A failure that another try may mend.
    pub fn retryable(reason: impl Display) -> Self {
        Self::Retryable(reason.to_string())
    }

    /// A failure that another try would meet again.
    pub fn permanent(reason: impl Display) -> Self {
        Self::Permanent(reason.to_string())
    }

    /// The reason, for people.
    pub fn reason(&self) -> &str {
        match self {
            Self::Retryable(reason) | Self::Permanent(reason) => reason,
        }
    }

    /// Whether the run ends here.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Permanent(_))
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason())
    }
}

// `Failure` is no `Error` itself, which is what lets every error convert into it.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Retryable(with_sources(&error))
    }
}

impl From<Failure> for wit::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Retryable(reason) => Self::Retryable(reason),
            Failure::Permanent(reason) => Self::Permanent(reason),
        }
    }
}

/// Says what was being done when something failed.
pub trait OrFail<T>: Sized {
    /// Fails with `what: error`, worth another try.
    fn or_retry<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, Failure>;

    /// Fails with `what: error`, for good.
    fn or_give_up<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, Failure>;
}

impl<T, E: Error> OrFail<T> for Result<T, E> {
    fn or_retry<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, Failure> {
        self.map_err(|error| Failure::Retryable(format!("{}: {}", what(), with_sources(&error))))
    }

    fn or_give_up<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, Failure> {
        self.map_err(|error| Failure::Permanent(format!("{}: {}", what(), with_sources(&error))))
    }
}

impl<T> OrFail<T> for Option<T> {
    fn or_retry<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, Failure> {
        self.ok_or_else(|| Failure::retryable(what()))
    }

    fn or_give_up<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, Failure> {
        self.ok_or_else(|| Failure::permanent(what()))
    }
}

fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let message = error.to_string();
        // Some errors already print their source.
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = error.source();
    }
    text
}

/// Returns from the handler with a retryable failure: `fail!("{n} files are missing")`.
#[macro_export]
macro_rules! fail {
    (permanent, $($message:tt)+) => {
        return ::core::result::Result::Err($crate::Failure::Permanent(::std::format!($($message)+)).into())
    };
    ($($message:tt)+) => {
        return ::core::result::Result::Err($crate::Failure::Retryable(::std::format!($($message)+)).into())
    };
}

/// Returns with a retryable failure unless the condition holds: `ensure!(n > 0, "nothing was found")`.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            $crate::fail!($($message)+);
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<u8, Failure> {
        ensure!(text.len() < 4, permanent, "{text} is too long");
        Ok(text.parse::<u8>()?)
    }

    #[test]
    fn a_question_mark_is_retryable_and_a_permanent_failure_stays_one() {
        assert_eq!(
            parse("x"),
            Err(Failure::Retryable("invalid digit found in string".into()))
        );
        assert_eq!(
            parse("12345"),
            Err(Failure::Permanent("12345 is too long".into()))
        );
        assert_eq!(parse("7"), Ok(7));
    }

    #[test]
    fn what_was_being_done_stands_before_the_error() {
        let failure = "x".parse::<u8>().or_give_up(|| "count").unwrap_err();
        assert_eq!(
            failure,
            Failure::Permanent("count: invalid digit found in string".into())
        );
        assert_eq!(
            None::<u8>.or_retry(|| "no url").unwrap_err(),
            Failure::Retryable("no url".into())
        );
    }
}
