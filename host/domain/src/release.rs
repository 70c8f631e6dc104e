//! What becomes of a fire: the decision taken when it is released, in the transaction that advances the job.
//!
//! Every instant between a job's next fire and now is decided here exactly once: it runs, or a skip covers it.

use std::time::Duration;

use crate::{
    ids::RunId,
    job::{Job, JobSpec, Pause, Progress},
    policy::{Misfire, Overlap},
    status::SkipReason,
    time::Timestamp,
};

/// A fire that is released later than this was missed: no planner was there.
pub const MISFIRE_GRACE: Duration = Duration::from_secs(5);
/// Fires that one release decides at most; the rest follows in the next one, so that no transaction is endless.
pub const FIRES_PER_RELEASE: usize = 10_000;
/// Skipped fires that get a row each; beyond it the oldest share one.
pub const OWN_ROWS: usize = 100;
/// How long the fires of a paused job may wait until they are written down together.
pub const PAUSED_SWEEP: Duration = Duration::from_secs(60);

/// A run of the job that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveRun {
    /// Which.
    pub run_id: RunId,
    /// Whether it waits for the runs before it to end.
    pub held: bool,
}

/// What a decision may look at.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The job as it stands.
    pub job: &'a Job,
    /// Its runs that have not ended, oldest first.
    pub active: &'a [ActiveRun],
    /// Instants and ranges already decided that lie after the next fire; only a clock that was set back makes some.
    pub decided: &'a [(Timestamp, Timestamp)],
}

/// A fire that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleasedFire {
    /// The id of its run.
    pub run_id: RunId,
    /// The planned instant.
    pub fire: Timestamp,
    /// Whether it waits for the runs before it to end.
    pub held: bool,
}

/// One row that covers fires which do not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkippedFires {
    /// The first fire it covers.
    pub from: Timestamp,
    /// The last.
    pub until: Timestamp,
    /// How many.
    pub count: u32,
    /// Why.
    pub reason: SkipReason,
    /// The run that was in the way.
    pub blocked_by: Option<RunId>,
}

/// All that follows for one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The fires that run, in order.
    pub runs: Vec<ReleasedFire>,
    /// The rows for those that do not, in order.
    pub skips: Vec<SkippedFires>,
    /// How far the job is decided afterwards.
    pub progress: Progress,
    /// Whether the pause has run out.
    pub pause_ends: bool,
}

impl Release {
    /// Whether fires up to the instant of the decision are left for another round.
    pub fn is_partial(&self, now: Timestamp) -> bool {
        self.progress.next_fire_at.is_some_and(|fire| fire <= now)
    }
}

/// Decides every fire of a job up to `now`, at most [`FIRES_PER_RELEASE`]; `next_id` makes run ids.
pub fn release(snapshot: &Snapshot<'_>, now: Timestamp, mut next_id: impl FnMut() -> RunId) -> Release {
    let Snapshot { job, active, decided } = *snapshot;
    let schedule = job.schedule();
    let pause_ends = job
        .pause
        .as_ref()
        .is_some_and(|pause| pause.until.is_some_and(|until| until <= now));

    // The missed fires are those older than the grace; `latest` runs the last of them.
    let missed_until = now.minus(MISFIRE_GRACE + Duration::from_micros(1));
    let newest_missed = schedule.last_until(missed_until);

    let mut turn = Turn::new(job.spec.overlap, active);
    let mut runs = Vec::new();
    let mut skipped = Vec::new();
    let mut decided_until = job.progress.decided_until;
    let mut next = job.progress.next_fire_at;
    let mut count = 0;
    while let Some(fire) = next.filter(|fire| *fire <= now && count < FIRES_PER_RELEASE) {
        count += 1;
        next = schedule.next_after(fire);
        if decided
            .iter()
            .any(|(from, until)| (*from..=*until).contains(&fire))
        {
            continue;
        }
        decided_until = decided_until.max(Some(fire));
        let outcome = if paused_at(job.pause.as_ref(), fire) {
            Err((SkipReason::Paused, None))
        } else if fire <= missed_until {
            match job.spec.misfire {
                Misfire::Latest if Some(fire) == newest_missed => Ok(turn.catch_up()),
                Misfire::All if now.since(fire) <= job.spec.catch_up_window.to_duration() => {
                    Ok(turn.catch_up())
                }
                _ => Err((SkipReason::Misfire, None)),
            }
        } else {
            turn.on_time()
                .map_err(|blocking| (SkipReason::Overlap, Some(blocking)))
        };
        match outcome {
            Ok(held) => {
                let run_id = next_id();
                turn.occupy(run_id, held);
                runs.push(ReleasedFire { run_id, fire, held });
            }
            Err((reason, blocked_by)) => skipped.push(SkippedFires {
                from: fire,
                until: fire,
                count: 1,
                reason,
                blocked_by,
            }),
        }
    }

    let partial = next.is_some_and(|fire| fire <= now);
    let pause = job.pause.as_ref().filter(|_| !pause_ends);
    let plan_at = if partial {
        Some(now)
    } else {
        plan_at(next, pause, now)
    };
    Release {
        skips: share_rows(skipped, if partial { 1 } else { OWN_ROWS }, &runs),
        runs,
        progress: Progress {
            next_fire_at: next,
            plan_at,
            decided_until,
        },
        pause_ends: pause_ends && !partial,
    }
}

/// How far a job is decided when its schedule is new at `now`: nothing before that instant is planned.
pub fn begin(spec: &JobSpec, created_at: Timestamp, pause: Option<&Pause>, now: Timestamp) -> Progress {
    let next_fire_at = spec.schedule(created_at).next_after(now);
    Progress {
        next_fire_at,
        plan_at: plan_at(next_fire_at, pause, now),
        decided_until: None,
    }
}

/// When the planner must look at a job. A paused one is looked at less often, and when its pause runs out.
pub fn plan_at(next: Option<Timestamp>, pause: Option<&Pause>, now: Timestamp) -> Option<Timestamp> {
    match pause {
        None => next,
        Some(pause) => next
            .map(|fire| fire.max(now.plus(PAUSED_SWEEP)))
            .into_iter()
            .chain(pause.until)
            .min(),
    }
}

/// May a run start that no schedule asked for? `Ok` says whether it has to wait for its turn, `Err` who is in the way.
pub fn start(overlap: Overlap, active: &[ActiveRun]) -> Result<bool, RunId> {
    Turn::new(overlap, active).on_time()
}

fn paused_at(pause: Option<&Pause>, fire: Timestamp) -> bool {
    pause.is_some_and(|pause| pause.until.is_none_or(|until| fire <= until))
}

/// Who may run now among the runs of one job.
struct Turn {
    overlap: Overlap,
    blocking: Option<RunId>,
    held: bool,
}

impl Turn {
    fn new(overlap: Overlap, active: &[ActiveRun]) -> Self {
        Self {
            overlap,
            blocking: active.first().map(|run| run.run_id),
            held: active.iter().any(|run| run.held),
        }
    }

    /// A fire on time: runs, waits (`Ok(true)`), or is in the way of nothing but blocked.
    fn on_time(&self) -> Result<bool, RunId> {
        match (self.blocking, self.overlap) {
            (None, _) | (_, Overlap::Allow) => Ok(false),
            (Some(_), Overlap::BufferOne) if !self.held => Ok(true),
            (Some(blocking), _) => Err(blocking),
        }
    }

    /// Missed fires that run do so one after another.
    fn catch_up(&self) -> bool {
        self.blocking.is_some() && self.overlap != Overlap::Allow
    }

    fn occupy(&mut self, run_id: RunId, held: bool) {
        self.blocking.get_or_insert(run_id);
        self.held |= held;
    }
}

/// Lets consecutive fires that were skipped alike share a row where there are more than `own_rows`.
fn share_rows(skipped: Vec<SkippedFires>, own_rows: usize, runs: &[ReleasedFire]) -> Vec<SkippedFires> {
    let mut surplus = skipped.len().saturating_sub(own_rows);
    let mut rows: Vec<SkippedFires> = Vec::new();
    for fire in skipped {
        // A run between two fires keeps their rows apart, so that a row never spans an instant that ran.
        let joins = rows.last().is_some_and(|row| {
            row.reason == fire.reason
                && row.blocked_by == fire.blocked_by
                && !runs
                    .iter()
                    .any(|run| row.until < run.fire && run.fire < fire.from)
        });
        match rows.last_mut() {
            Some(row) if joins && (surplus > 0 || fire.reason == SkipReason::Paused) => {
                row.until = fire.until;
                row.count += 1;
                surplus = surplus.saturating_sub(1);
            }
            _ => rows.push(fire),
        }
    }
    rows
}
