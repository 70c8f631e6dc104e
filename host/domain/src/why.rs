//! Why a job did or did not run at an instant: read off its revisions, its pauses, and what is on record.

use std::time::Duration;

use wasmtab_cron::ClockChange;

use crate::{
    decided::{Became, DecidedFire},
    ids::{AttemptId, RunId},
    job::{Blackout, Calendars, Job, JobSpec, PausePeriod, Revision, Schedule, in_force},
    policy::JobStatus,
    run::RunStatus,
    status::{SkipReason, Trigger},
    time::Timestamp,
};

const ONE: Duration = Duration::from_micros(1);

/// What is known of a job.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What it said over time, oldest first; never empty.
    pub revisions: &'a [Revision],
    /// When it was paused, oldest first.
    pub pauses: &'a [PausePeriod],
    /// What is on record of the instant that is asked about, in order.
    pub decided: &'a [DecidedFire],
    /// The job as it stands; none: it was deleted.
    pub job: Option<&'a Job>,
    /// The calendars that it names.
    pub calendars: &'a Calendars,
    /// The present instant.
    pub now: Timestamp,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The instant, as precise as the fire that is meant.
    pub at: Timestamp,
    /// What happened, or did not.
    pub verdict: Verdict,
    /// Which of the revisions held, by its place among them.
    pub revision: Option<usize>,
    /// How a clock change touches the fire.
    pub clock_change: Option<ClockChange>,
    /// The fire before the instant, and the one after it.
    pub nearest: [Option<Near>; 2],
    /// Runs of backfills of the instant, oldest first.
    pub backfills: Vec<RunId>,
}

/// A fire near the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// When.
    pub at: Timestamp,
    /// How a clock change touches it.
    pub clock_change: Option<ClockChange>,
}

/// What happened at an instant.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It fired: these runs are its shards, one where there are none.
    Fired(Vec<(RunId, RunStatus)>),
    /// A row of the log says why nothing ran.
    Skipped {
        /// The row.
        row: AttemptId,
        /// Why.
        reason: SkipReason,
        /// The run that was in the way.
        blocked_by: Option<RunId>,
        /// What caused it, in words.
        cause: Option<String>,
        /// The pause that held it back.
        pause: Option<PausePeriod>,
    },
    /// It is due, and nothing has been decided yet.
    Undecided(Outlook),
    /// It is to come.
    ToCome(Outlook),
    /// The schedule does not fire then.
    NoFire,
    /// The schedule would fire then, but the job only begins later.
    BeforeStart(Timestamp),
    /// The schedule would fire then, but the job had ended.
    AfterEnd(Timestamp),
    /// The schedule would fire then, but the job was declared stopped.
    Stopped,
    /// `maxRuns` was used up.
    UsedUp(u64),
    /// The job was not there yet.
    NotMade,
    /// The job was deleted.
    Deleted,
    /// It was a fire, but nothing is on record: the log is not kept that long. Where a `maxRuns` held, that may be why too.
    NoRecord(Option<u64>),
}

/// What becomes of a fire that is not decided, as things stand.
#[derive(Clone, Debug, PartialEq)]
pub enum Outlook {
    /// It fires, unless another run is in the way.
    Fires,
    /// A pause holds it back.
    Paused(PausePeriod),
    /// It lies in a blackout.
    Blackout(String),
}

/// Explains the instant `at`.
pub fn why(evidence: &Evidence<'_>, at: Timestamp) -> Why {
    let at = meant(evidence, at);
    let revision = in_force(evidence.revisions, at);
    let spec = revision.and_then(|index| evidence.revisions[index].spec.as_ref());
    let schedule = spec.map(|spec| spec.schedule(made_at(evidence)));
    let fires = schedule.as_ref().is_some_and(|schedule| schedule.fires_at(at));
    Why {
        at,
        verdict: verdict(evidence, at, revision.is_some(), spec, fires),
        revision,
        clock_change: schedule
            .filter(|_| fires)
            .and_then(|schedule| schedule.clock_change(at)),
        nearest: [before(evidence, at, revision), after(evidence, at, revision)],
        backfills: evidence
            .decided
            .iter()
            .filter(|fire| fire.trigger == Trigger::Backfill && fire.covers(at))
            .filter_map(|fire| match fire.became {
                Became::Run(run, _) => Some(run),
                Became::Skipped { .. } => None,
            })
            .collect(),
    }
}

/// People write whole seconds or milliseconds: the fire within that unit is meant, where the very instant is none.
fn meant(evidence: &Evidence<'_>, at: Timestamp) -> Timestamp {
    let unit = [1_000_000, 1_000]
        .into_iter()
        .find(|unit| at.as_micros().rem_euclid(*unit) == 0)
        .unwrap_or(1);
    let end = at.plus(Duration::from_micros(unit as u64));
    let Some(spec) = in_force(evidence.revisions, end.minus(ONE))
        .and_then(|index| evidence.revisions[index].spec.as_ref())
    else {
        return at;
    };
    normal(spec)
        .schedule(made_at(evidence))
        .fires_from(at)
        .next()
        .filter(|fire| *fire < end)
        .unwrap_or(at)
}

fn verdict(
    evidence: &Evidence<'_>,
    at: Timestamp,
    was_made: bool,
    spec: Option<&JobSpec>,
    fires: bool,
) -> Verdict {
    // What is on record is the truth, whatever the revisions say now.
    if let Some(verdict) = on_record(evidence, at) {
        return verdict;
    }
    let Some(spec) = spec else {
        return if was_made {
            Verdict::Deleted
        } else {
            Verdict::NotMade
        };
    };
    if !fires {
        return no_fire(evidence, at, spec);
    }
    let Some(job) = evidence.job else {
        return Verdict::NoRecord(spec.max_runs);
    };
    let progress = &job.progress;
    if let Some(most) = job.spec.max_runs
        && progress.released >= most
        && progress.decided_until.is_none_or(|until| until < at)
    {
        return Verdict::UsedUp(most);
    }
    if at > evidence.now {
        return Verdict::ToCome(outlook(evidence, spec, at));
    }
    if progress.next_fire_at.is_some_and(|next| next <= at) {
        return Verdict::Undecided(outlook(evidence, spec, at));
    }
    Verdict::NoRecord(spec.max_runs)
}

fn on_record(evidence: &Evidence<'_>, at: Timestamp) -> Option<Verdict> {
    let mut runs = Vec::new();
    let scheduled = |fire: &&DecidedFire| fire.trigger == Trigger::Cron && fire.covers(at);
    for fire in evidence.decided.iter().filter(scheduled) {
        match &fire.became {
            Became::Run(run, status) => runs.push((*run, *status)),
            Became::Skipped {
                row,
                reason,
                blocked_by,
                cause,
            } => {
                // A row that several fires share says nothing of the instants between them.
                if fire.from != at && fire.until != at && !was_a_fire(evidence, at) {
                    continue;
                }
                return Some(Verdict::Skipped {
                    row: *row,
                    reason: *reason,
                    blocked_by: *blocked_by,
                    cause: cause.clone(),
                    pause: (*reason == SkipReason::Paused)
                        .then(|| pause_at(evidence, at))
                        .flatten(),
                });
            }
        }
    }
    (!runs.is_empty()).then_some(Verdict::Fired(runs))
}

fn was_a_fire(evidence: &Evidence<'_>, at: Timestamp) -> bool {
    in_force(evidence.revisions, at)
        .and_then(|index| evidence.revisions[index].spec.as_ref())
        .is_some_and(|spec| spec.schedule(made_at(evidence)).fires_at(at))
}

/// Why an instant is no fire of `spec`: it may be one of its schedule all the same.
fn no_fire(evidence: &Evidence<'_>, at: Timestamp, spec: &JobSpec) -> Verdict {
    let made_at = made_at(evidence);
    if spec.status == JobStatus::Stopped && normal(spec).schedule(made_at).fires_at(at) {
        return Verdict::Stopped;
    }
    let unbounded = JobSpec {
        end_at: None,
        // A grid begins at its anchor; an expression has fires before `startAt` too.
        start_at: spec.start_at.filter(|_| spec.every.is_some()),
        ..normal(spec)
    };
    if unbounded.schedule(made_at).fires_at(at) {
        if let Some(start) = spec.start_at.filter(|start| at < *start) {
            return Verdict::BeforeStart(start);
        }
        if let Some(end) = spec.end_at.filter(|end| *end < at) {
            return Verdict::AfterEnd(end);
        }
    }
    Verdict::NoFire
}

fn outlook(evidence: &Evidence<'_>, spec: &JobSpec, at: Timestamp) -> Outlook {
    if let Some(pause) = pause_at(evidence, at) {
        return Outlook::Paused(pause);
    }
    match Blackout::cause(&spec.blackouts, evidence.calendars, spec.timezone, at) {
        Some(cause) => Outlook::Blackout(cause),
        None => Outlook::Fires,
    }
}

fn pause_at(evidence: &Evidence<'_>, at: Timestamp) -> Option<PausePeriod> {
    evidence
        .pauses
        .iter()
        .rev()
        .find(|period| period.covers(at))
        .cloned()
}

/// The anchor of the job's grid.
fn made_at(evidence: &Evidence<'_>) -> Timestamp {
    evidence
        .revisions
        .first()
        .map_or(evidence.now, |first| first.valid_from)
}

fn normal(spec: &JobSpec) -> JobSpec {
    JobSpec {
        status: JobStatus::Normal,
        ..spec.clone()
    }
}

fn schedule_of(evidence: &Evidence<'_>, revision: &Revision) -> Option<Schedule> {
    Some(revision.spec.as_ref()?.schedule(made_at(evidence)))
}

/// The last fire before `at`, by what the job said at that time.
fn before(evidence: &Evidence<'_>, at: Timestamp, revision: Option<usize>) -> Option<Near> {
    let mut limit = at.minus(ONE);
    for revision in evidence.revisions[..=revision?].iter().rev() {
        if let Some(schedule) = schedule_of(evidence, revision)
            && let Some(fire) = schedule
                .last_until(limit)
                .filter(|fire| *fire > revision.valid_from)
        {
            return Some(Near {
                at: fire,
                clock_change: schedule.clock_change(fire),
            });
        }
        limit = limit.min(revision.valid_from);
    }
    None
}

/// The first fire after `at`, by what the job said, or says, at that time.
fn after(evidence: &Evidence<'_>, at: Timestamp, revision: Option<usize>) -> Option<Near> {
    let revisions = &evidence.revisions[revision.unwrap_or(0)..];
    for (index, revision) in revisions.iter().enumerate() {
        let until = revisions.get(index + 1).map(|next| next.valid_from);
        if let Some(schedule) = schedule_of(evidence, revision)
            && let Some(fire) = schedule
                .next_after(at.max(revision.valid_from))
                .filter(|fire| until.is_none_or(|until| *fire <= until))
        {
            return Some(Near {
                at: fire,
                clock_change: schedule.clock_change(fire),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests;
