//! What becomes of a fire: the decision taken when it is released, in the transaction that advances the job.
//!
//! Every instant between a job's next fire and now is decided here exactly once: it runs, or a skip covers it.

use std::{
    collections::BTreeSet,
    ops::{Bound, RangeBounds},
    time::Duration,
};

use crate::{
    ids::{JobId, RunId},
    job::{Blackout, Calendars, Job, JobSpec, Pause, Progress},
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
const ONE: Duration = Duration::from_micros(1);
/// How long the fires of a paused job may wait until they are written down together.
pub const PAUSED_SWEEP: Duration = Duration::from_mins(1);

/// A run of the job that has not ended. The shards of one fire count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveRun {
    /// Which; of shards the first.
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
    /// Instants from the next fire on that are decided already; only a clock that was set back makes some.
    pub decided: &'a BTreeSet<Timestamp>,
    /// The calendars that the job names.
    pub calendars: &'a Calendars,
}

/// A fire that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleasedFire {
    /// The id of its run; of shards the first.
    pub run_id: RunId,
    /// The planned instant.
    pub fire: Timestamp,
    /// When it may start: the planned instant, put off by its jitter.
    pub due_at: Timestamp,
    /// Whether it waits for the runs before it to end.
    pub held: bool,
}

/// One row that covers fires which do not run.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// What caused it, in words, where the reason alone does not tell.
    pub cause: Option<String>,
}

/// How a run may start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Whether it waits for the runs before it to end.
    pub held: bool,
    /// The runs that are asked to end for it.
    pub cancels: Vec<RunId>,
}

/// All that follows for one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The fires that run, in order.
    pub runs: Vec<ReleasedFire>,
    /// The rows for those that do not, in order.
    pub skips: Vec<SkippedFires>,
    /// Runs that are asked to end, perhaps one of `runs` among them.
    pub cancels: Vec<RunId>,
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
    let Snapshot {
        job,
        active,
        decided,
        calendars,
    } = *snapshot;
    let spec = &job.spec;
    let schedule = job.schedule();
    let pause_ends = job
        .pause
        .as_ref()
        .is_some_and(|pause| pause.until.is_some_and(|until| until <= now));
    let kept_off = |fire| -> Option<(SkipReason, Option<String>)> {
        if paused_at(job.pause.as_ref(), fire) {
            return Some((SkipReason::Paused, None));
        }
        Blackout::cause(&spec.blackouts, calendars, spec.timezone, fire)
            .map(|cause| (SkipReason::Blackout, Some(cause)))
    };

    // The missed fires are those older than the grace; `latest` runs the last of them that may run at all.
    let missed_until = now.minus(MISFIRE_GRACE + ONE);
    let newest_missed = if spec.misfire == Misfire::Latest {
        std::iter::successors(schedule.last_until(missed_until), |fire| {
            schedule.last_until(fire.minus(ONE))
        })
        .take(FIRES_PER_RELEASE)
        .take_while(|fire| Some(*fire) >= job.progress.next_fire_at)
        .find(|fire| !decided.contains(fire) && kept_off(*fire).is_none())
    } else {
        None
    };

    let mut turn = Turn::new(spec.overlap, active);
    let mut runs: Vec<ReleasedFire> = Vec::new();
    let mut skipped = Vec::new();
    let mut cancels = Vec::new();
    let mut progress = job.progress;
    let mut next = progress.next_fire_at;
    let mut count = 0;
    while let Some(fire) = next.filter(|fire| *fire <= now && count < FIRES_PER_RELEASE) {
        if spec.max_runs.is_some_and(|most| progress.released >= most) {
            next = None;
            break;
        }
        count += 1;
        next = schedule.next_after(fire);
        if decided.contains(&fire) {
            continue;
        }
        progress.decided_until = progress.decided_until.max(Some(fire));
        let missed = fire <= missed_until;
        let outcome = if let Some((reason, cause)) = kept_off(fire) {
            Err((reason, None, cause))
        } else if missed {
            match spec.misfire {
                Misfire::Latest if Some(fire) == newest_missed => Ok(turn.catch_up()),
                Misfire::All if now.since(fire) <= spec.catch_up_window.to_duration() => Ok(turn.catch_up()),
                _ => Err((SkipReason::Misfire, None, None)),
            }
        } else {
            turn.on_time()
                .map_err(|blocking| (SkipReason::Overlap, Some(blocking), None))
        };
        match outcome {
            Ok(start) => {
                let run_id = next_id();
                turn.occupy(run_id, &start);
                cancels.extend(start.cancels);
                progress.released += 1;
                let due_at = if missed {
                    fire
                } else {
                    fire.plus(jitter(job.id, fire, spec.jitter.to_duration(), next))
                };
                runs.push(ReleasedFire {
                    run_id,
                    fire,
                    due_at,
                    held: start.held,
                });
            }
            Err((reason, blocked_by, cause)) => skipped.push(SkippedFires {
                from: fire,
                until: fire,
                count: 1,
                reason,
                blocked_by,
                cause,
            }),
        }
    }
    if spec.max_runs.is_some_and(|most| progress.released >= most) {
        next = None;
    }

    let partial = next.is_some_and(|fire| fire <= now);
    let pause = job.pause.as_ref().filter(|_| !pause_ends);
    progress.next_fire_at = next;
    progress.plan_at = if partial {
        Some(now)
    } else {
        plan_at(next, pause, now)
    };
    Release {
        skips: share_rows(skipped, if partial { 1 } else { OWN_ROWS }, &runs, decided),
        runs,
        cancels,
        progress,
        pause_ends: pause_ends && !partial,
    }
}

/// How far a job is decided when it is made: nothing before that instant is planned.
pub fn begin(spec: &JobSpec, now: Timestamp) -> Progress {
    let next_fire_at = spec.schedule(now).next_after(now);
    Progress {
        next_fire_at,
        plan_at: next_fire_at,
        ..Progress::default()
    }
}

/// How far `job` is decided when its schedule is `spec`'s from `now` on: what was decided stays so.
pub fn begin_anew(spec: &JobSpec, job: &Job, now: Timestamp) -> Progress {
    let done = spec.max_runs.is_some_and(|most| job.progress.released >= most);
    let next_fire_at = if done {
        None
    } else {
        spec.schedule(job.created_at).next_after(now)
    };
    Progress {
        next_fire_at,
        plan_at: plan_at(next_fire_at, job.pause.as_ref(), now),
        ..job.progress
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

/// May a run start that no schedule asked for? `Err` says who is in the way.
pub fn start(overlap: Overlap, active: &[ActiveRun]) -> Result<Start, RunId> {
    Turn::new(overlap, active).on_time()
}

/// How the runs of a backfill start: one after another, unless the job lets runs overlap.
pub fn start_in_turn(overlap: Overlap, active: &[ActiveRun]) -> Start {
    Turn::new(overlap, active).catch_up()
}

/// By how much a fire is put off: the same for the same fire ever after, and less than the gap to the `next` one.
pub fn jitter(job: JobId, fire: Timestamp, most: Duration, next: Option<Timestamp>) -> Duration {
    let bound = next.map_or(most, |next| most.min(next.since(fire)));
    let bound = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
    if bound == 0 {
        return Duration::ZERO;
    }
    let mixed = mix(mix(job.0 as u64) ^ fire.as_micros() as u64);
    Duration::from_micros(mixed % bound)
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): near inputs come out far apart.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn paused_at(pause: Option<&Pause>, fire: Timestamp) -> bool {
    pause.is_some_and(|pause| pause.until.is_none_or(|until| fire <= until))
}

/// Who may run now among the runs of one job.
struct Turn {
    overlap: Overlap,
    active: Vec<ActiveRun>,
}

impl Turn {
    fn new(overlap: Overlap, active: &[ActiveRun]) -> Self {
        Self {
            overlap,
            active: active.to_vec(),
        }
    }

    fn waiting(&self) -> usize {
        self.active.iter().filter(|run| run.held).count()
    }

    /// A fire on time: it runs, waits for its turn, or is kept off by another run.
    fn on_time(&self) -> Result<Start, RunId> {
        let Some(blocking) = self.active.first() else {
            return Ok(Start::default());
        };
        let waits = |may| {
            if may {
                Ok(Start {
                    held: true,
                    cancels: Vec::new(),
                })
            } else {
                Err(blocking.run_id)
            }
        };
        match self.overlap {
            Overlap::Allow => Ok(Start::default()),
            Overlap::Skip => Err(blocking.run_id),
            Overlap::BufferOne => waits(self.waiting() == 0),
            Overlap::BufferAll => waits(self.waiting() < Overlap::MAX_BUFFERED),
            Overlap::CancelOther => Ok(Start {
                held: true,
                cancels: self.active.iter().map(|run| run.run_id).collect(),
            }),
        }
    }

    /// Missed fires that run do so one after another.
    fn catch_up(&self) -> Start {
        Start {
            held: !self.active.is_empty() && self.overlap != Overlap::Allow,
            cancels: Vec::new(),
        }
    }

    fn occupy(&mut self, run_id: RunId, start: &Start) {
        self.active.retain(|run| !start.cancels.contains(&run.run_id));
        self.active.push(ActiveRun {
            run_id,
            held: start.held,
        });
    }
}

/// Lets consecutive fires that were skipped alike share a row where there are more than `own_rows`.
fn share_rows(
    skipped: Vec<SkippedFires>,
    own_rows: usize,
    runs: &[ReleasedFire],
    decided: &BTreeSet<Timestamp>,
) -> Vec<SkippedFires> {
    let mut surplus = skipped.len().saturating_sub(own_rows);
    let mut rows: Vec<SkippedFires> = Vec::new();
    for fire in skipped {
        // What was decided otherwise between two fires keeps their rows apart, so that a row covers every fire in its span.
        let joins = rows.last().is_some_and(|row| {
            let between = (Bound::Excluded(row.until), Bound::Excluded(fire.from));
            row.reason == fire.reason
                && row.blocked_by == fire.blocked_by
                && row.cause == fire.cause
                && !runs.iter().any(|run| between.contains(&run.fire))
                && decided.range(between).next().is_none()
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
