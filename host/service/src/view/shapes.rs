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

/// A span of time on the wall clock of a job's zone: `{date}`, a whole day; `{from, until}`, whole days; `{days, from, until}`, the same hours
/// on some days of each week, which end on the following day where `until` is not after `from`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowShape {
    /// Like `2026-12-25`.
    #[schema(nullable = false)]
    pub date: Option<String>,
    /// `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`.
    #[schema(nullable = false)]
    pub days: Option<Vec<String>>,
    /// Like `2026-12-24`, or with `days` like `22:00`: the day's beginning unless said.
    #[schema(nullable = false)]
    pub from: Option<String>,
    /// Like `2026-12-26`, or with `days` like `06:00`: the day's end unless said.
    #[schema(nullable = false)]
    pub until: Option<String>,
}
