//! How late runs began.

use anyhow::{Context, Result};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// The lags of some runs, and what was wrong with them.
pub(crate) struct Lags {
    count: usize,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    most: Duration,
    /// The latest planned instant among them.
    pub(crate) newest: Option<String>,
    /// Runs that did not succeed at once.
    pub(crate) wrong: Vec<String>,
}

impl Lags {
    /// From runs as the API shows them.
    pub(crate) fn of(runs: &[Value]) -> Result<Self> {
        let mut lags = Vec::with_capacity(runs.len());
        let mut wrong = Vec::new();
        let mut newest = None;
        for run in runs {
            if run["status"] != "success" || run["executeIndex"] != 1 {
                wrong.push(format!("a run that means well did not succeed at once: {run}"));
                continue;
            }
            let (planned, begun) = (micros(&run["scheduledAt"])?, micros(&run["beginTime"])?);
            lags.push(Duration::from_micros(begun.saturating_sub(planned)));
            newest = newest.max(Some((
                planned,
                run["scheduledAt"].as_str().unwrap_or_default().to_owned(),
            )));
        }
        lags.sort_unstable();
        let at = |per_cent: usize| lags.get((lags.len() * per_cent / 100).min(lags.len().saturating_sub(1)));
        let at = |per_cent| at(per_cent).copied().context("nothing ran");
        Ok(Self {
            count: lags.len(),
            p50: at(50)?,
            p99: at(99)?,
            most: at(100)?,
            newest: newest.map(|(_, text)| text),
            wrong,
        })
    }
}

impl fmt::Display for Lags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            count,
            p50,
            p99,
            most,
            ..
        } = self;
        write!(
            f,
            "{count} runs begun late by {p50:?} in the middle, {p99:?} at the 99th percentile, {most:?} at most"
        )
    }
}

/// An instant of the API, in microseconds since 1970.
fn micros(instant: &Value) -> Result<u64> {
    let text = instant.as_str().context("a run without an instant")?;
    let instant = chrono::DateTime::parse_from_rfc3339(text)?;
    Ok(u64::try_from(instant.timestamp_micros())?)
}
