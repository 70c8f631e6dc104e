//! Lines for the attempt's log.

use std::fmt;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step, for whoever debugs the handler itself.
    Trace,
    /// What helps to understand a run afterwards.
    Debug,
    /// What a run did.
    Info,
    /// Something is off; the run goes on.
    Warn,
    /// A part of the work failed.
    Error,
    /// The run cannot go on.
    Critical,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        })
    }
}

/// Writes a line with a topic of the handler's choosing, empty for none. The macros are shorter.
pub fn log(level: Level, topic: &str, message: &str) {
    #[cfg(target_family = "wasm")]
    {
        use crate::bindings::wasmtab::job::logging as wit;
        let level = match level {
            Level::Trace => wit::Level::Trace,
            Level::Debug => wit::Level::Debug,
            Level::Info => wit::Level::Info,
            Level::Warn => wit::Level::Warn,
            Level::Error => wit::Level::Error,
            Level::Critical => wit::Level::Critical,
        };
        wit::log(level, topic, message);
    }
    #[cfg(not(target_family = "wasm"))]
    eprintln!(
        "{level} {topic}{}{message}",
        if topic.is_empty() { "" } else { ": " }
    );
}

/// Logs at the named level: `log_at!(Level::Info, topic: "copy", "{n} files")`.
#[doc(hidden)]
#[macro_export]
macro_rules! log_at {
    ($level:ident, topic: $topic:expr, $($message:tt)+) => {
        $crate::log($crate::Level::$level, $topic, &::std::format!($($message)+))
    };
    ($level:ident, $($message:tt)+) => {
        $crate::log($crate::Level::$level, "", &::std::format!($($message)+))
    };
}

/// Logs a step: `trace!("{x}")`, or with a topic `trace!(topic: "copy", "{x}")`.
#[macro_export]
macro_rules! trace {
    ($($message:tt)+) => { $crate::log_at!(Trace, $($message)+) };
}

/// Logs a detail: `debug!("{x}")`, or with a topic `debug!(topic: "copy", "{x}")`.
#[macro_export]
macro_rules! debug {
    ($($message:tt)+) => { $crate::log_at!(Debug, $($message)+) };
}

/// Logs what the run did: `info!("{x}")`, or with a topic `info!(topic: "copy", "{x}")`.
#[macro_export]
macro_rules! info {
    ($($message:tt)+) => { $crate::log_at!(Info, $($message)+) };
}

/// Logs that something is off: `warn!("{x}")`, or with a topic `warn!(topic: "copy", "{x}")`.
#[macro_export]
macro_rules! warn {
    ($($message:tt)+) => { $crate::log_at!(Warn, $($message)+) };
}

/// Logs that a part failed: `error!("{x}")`, or with a topic `error!(topic: "copy", "{x}")`.
#[macro_export]
macro_rules! error {
    ($($message:tt)+) => { $crate::log_at!(Error, $($message)+) };
}

/// Logs that the run cannot go on: `critical!("{x}")`, or with a topic `critical!(topic: "copy", "{x}")`.
#[macro_export]
macro_rules! critical {
    ($($message:tt)+) => { $crate::log_at!(Critical, $($message)+) };
}
