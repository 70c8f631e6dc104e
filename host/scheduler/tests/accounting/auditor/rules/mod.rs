//! What must become of a fire: the first rule that has an answer decides.

mod blackout;
mod misfire;
mod overlap;
mod paused;

use wasmtab_auditor::is_blacked_out;
use wasmtab_domain::{
    ids::RunId,
    job::{Calendars, JobSpec},
    status::SkipReason,
    time::Timestamp,
};

pub(super) use self::{misfire::is_missed, overlap::start};
use super::jobs::Pause;

/// A fire at the instant of its decision.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub spec: &'a JobSpec,
    /// The pause that lies over the job.
    pub pause: Option<Pause>,
    pub calendars: &'a Calendars,
    pub fire: Timestamp,
    /// When it is decided.
    pub now: Timestamp,
    /// The newest of the missed fires that are decided with it and may run at all.
    pub newest_missed: Option<Timestamp>,
    pub active: &'a [Active],
}

/// A group of runs of the job that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Active {
    /// The first of it.
    pub run: RunId,
    /// Whether it waits for the others.
    pub held: bool,
}

/// How a run starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    /// Whether it waits for its turn.
    pub held: bool,
    /// Whether the others are asked to end for it.
    pub cancels: bool,
}

/// What becomes of a fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Runs(Start),
    Skipped(SkipReason),
}

/// In the order in which they are asked; overlap has the last word.
const RULES: &[fn(&Case<'_>) -> Option<Verdict>] = &[paused::rule, blackout::rule, misfire::rule];

/// What must become of the fire.
pub(super) fn verdict(case: &Case<'_>) -> Verdict {
    RULES
        .iter()
        .find_map(|rule| rule(case))
        .unwrap_or_else(|| overlap::verdict(case))
}

/// Whether something else than its lateness and other runs keeps a fire from running.
pub(super) fn is_kept_off(
    spec: &JobSpec,
    pause: Option<Pause>,
    calendars: &Calendars,
    fire: Timestamp,
) -> bool {
    paused::holds(pause, fire) || is_blacked_out(spec, calendars, fire)
}
