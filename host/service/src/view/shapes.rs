//! Values that may be written in more than one way, for the API's document; `domain` is who reads them.

use serde::Deserialize;
use utoipa::ToSchema;

/// A length of time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Length {
    /// Whole seconds.
    Seconds(u64),
    /// A number and its unit, like `30s`, `5m`, `2h`, `1d`.
    #[schema(example = "5m")]
    Text(String),
}

/// An amount of memory.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Size {
    /// Bytes.
    Bytes(u64),
    /// A number and its unit, like `64KiB`, `256MiB`, `1GiB`.
    #[schema(example = "256MiB")]
    Text(String),
}

/// How the waits between attempts grow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum BackoffInput {
    /// `fixed` or `exponential`.
    Word(String),
    /// One after another; the last one repeats.
    Waits(Vec<Length>),
}

/// A reason for a job not to fire.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum BlackoutShape {
    /// The name of a calendar.
    Calendar(String),
    /// A window of the job's own.
    Window(WindowShape),
}

/// A span of time on the wall clock of a job's zone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum WindowShape {
    /// A whole day.
    Day {
        /// Like `2026-12-25`.
        date: String,
    },
    /// Whole days, the first to the last.
    Days {
        /// Like `2026-12-24`.
        from: String,
        /// Like `2026-12-26`.
        until: String,
    },
    /// The same hours on some days of each week; where `until` is not after `from`, they end on the following day.
    Weekly {
        /// `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`.
        days: Vec<String>,
        /// Like `22:00`; the day's beginning unless said.
        from: Option<String>,
        /// Like `06:00`; the day's end unless said.
        until: Option<String>,
    },
}
