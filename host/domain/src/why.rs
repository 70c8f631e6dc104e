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
mod tests {
    use std::collections::BTreeMap;

    use chrono_tz::Tz;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{
        ids::JobId,
        job::{Pause, Progress, ReadContext},
        status::AttemptStatus,
    };

    /// A job made at 00:00 on Monday, 2026-01-05, and what is known of it at noon.
    struct World {
        revisions: Vec<Revision>,
        pauses: Vec<PausePeriod>,
        decided: Vec<DecidedFire>,
        job: Option<Job>,
        now: Timestamp,
    }

    fn at(time: &str) -> Timestamp {
        let text = if time.contains('T') {
            time.to_owned()
        } else {
            format!("2026-01-05T{time}Z")
        };
        text.parse().unwrap()
    }

    fn spec(said: Value) -> JobSpec {
        let mut fields = serde_json::from_value::<Map<_, _>>(said).unwrap();
        for (name, value) in [
            ("name", json!("job")),
            ("handlerName", json!("H")),
            ("cronExpression", json!("0 * * * *")),
        ] {
            fields.entry(name).or_insert(value);
        }
        let context = ReadContext {
            default_zone: Tz::UTC,
            max_memory: 1 << 30,
        };
        JobSpec::read(&fields, &context, None).unwrap()
    }

    impl World {
        fn new(said: Value) -> Self {
            let spec = spec(said);
            let job = Job {
                id: JobId(1),
                spec: std::sync::Arc::new(spec.clone()),
                revision: 1,
                source: None,
                created_at: at("00:00:00"),
                updated_at: at("00:00:00"),
                pause: None,
                progress: Progress {
                    next_fire_at: Some(at("13:00:00")),
                    plan_at: None,
                    decided_until: Some(at("12:00:00")),
                    released: 12,
                },
            };
            let mut world = Self {
                revisions: Vec::new(),
                pauses: Vec::new(),
                decided: Vec::new(),
                job: Some(job),
                now: at("12:30:00"),
            };
            world.says(Some(spec), "00:00:00");
            world
        }

        fn says(&mut self, spec: Option<JobSpec>, since: &str) {
            self.revisions.push(Revision {
                job_id: JobId(1),
                revision: self.revisions.len() as i64 + 1,
                spec,
                valid_from: at(since),
                changed_by: "ann".into(),
            });
        }

        fn paused(&mut self, from: &str, ended: Option<&str>) -> PausePeriod {
            let period = PausePeriod {
                pause: Pause {
                    paused_at: at(from),
                    until: None,
                    by: "ops".into(),
                    note: None,
                },
                ended_at: ended.map(at),
                ended_by: None,
            };
            self.pauses.push(period.clone());
            period
        }

        fn ran(&mut self, time: &str, run: i64, trigger: Trigger) {
            self.decided.push(DecidedFire {
                from: at(time),
                until: at(time),
                trigger,
                fire_key: 0,
                became: Became::Run(RunId(run), SUCCESS),
            });
        }

        fn skipped(&mut self, from: &str, until: &str, reason: SkipReason) {
            self.decided.push(DecidedFire {
                from: at(from),
                until: at(until),
                trigger: Trigger::Cron,
                fire_key: 0,
                became: Became::Skipped {
                    row: AttemptId(4),
                    reason,
                    blocked_by: None,
                    cause: None,
                },
            });
        }

        fn why(&self, time: &str) -> Why {
            let evidence = Evidence {
                revisions: &self.revisions,
                pauses: &self.pauses,
                decided: &self.decided,
                job: self.job.as_ref(),
                calendars: &BTreeMap::new(),
                now: self.now,
            };
            why(&evidence, at(time))
        }

        fn verdict(&self, time: &str) -> Verdict {
            self.why(time).verdict
        }
    }

    const SUCCESS: RunStatus = RunStatus::Ended(AttemptStatus::Success);

    #[test]
    fn a_fire_names_its_run_and_later_backfills() {
        let mut world = World::new(json!({}));
        world.ran("03:00:00", 7, Trigger::Cron);
        world.ran("03:00:00", 8, Trigger::Backfill);
        let why = world.why("03:00:00");
        assert_eq!(why.verdict, Verdict::Fired(vec![(RunId(7), SUCCESS)]));
        assert_eq!(why.backfills, [RunId(8)]);
        assert_eq!(why.revision, Some(0));
        let near = why.nearest.map(|near| near.map(|near| near.at));
        assert_eq!(near, [Some(at("02:00:00")), Some(at("04:00:00"))]);
    }

    #[test]
    fn a_skip_names_the_pause_that_held_it_back() {
        let mut world = World::new(json!({}));
        let pause = world.paused("01:30:00", Some("05:00:00"));
        world.paused("05:00:00", Some("06:30:00"));
        world.skipped("02:00:00", "06:00:00", SkipReason::Paused);
        let Verdict::Skipped { pause: found, .. } = world.verdict("05:00:00") else {
            panic!("it was skipped");
        };
        assert_eq!(found, Some(pause));
    }

    #[test]
    fn a_shared_row_tells_nothing_of_the_instants_between_its_fires() {
        let mut world = World::new(json!({}));
        world.skipped("02:00:00", "06:00:00", SkipReason::Misfire);
        assert_eq!(world.verdict("03:30:00"), Verdict::NoFire);
        assert!(matches!(world.verdict("03:00:00"), Verdict::Skipped { .. }));
    }

    #[test]
    fn before_it_was_made_and_after_its_deletion_there_is_no_job() {
        let mut world = World::new(json!({}));
        assert_eq!(world.verdict("2026-01-04T23:00:00Z"), Verdict::NotMade);
        assert_eq!(world.verdict("00:00:00"), Verdict::NotMade);
        world.says(None, "04:00:00");
        world.job = None;
        assert_eq!(world.verdict("05:00:00"), Verdict::Deleted);
        assert_eq!(world.verdict("03:00:00"), Verdict::NoRecord(None));
        assert_eq!(world.why("05:00:00").nearest[1], None);
    }

    #[test]
    fn what_the_job_said_then_decides_not_what_it_says_now() {
        let mut world = World::new(json!({"cronExpression": "30 * * * *"}));
        world.says(Some(spec(json!({}))), "04:00:00");
        // The edit at 04:00 decided the fire of that instant by the schedule before it.
        assert_eq!(world.verdict("04:00:00"), Verdict::NoFire);
        let why = world.why("04:10:00");
        assert_eq!(why.revision, Some(1));
        let near = why.nearest.map(|near| near.map(|near| near.at));
        assert_eq!(near, [Some(at("03:30:00")), Some(at("05:00:00"))]);
    }

    #[test]
    fn a_stopped_job_would_have_fired() {
        let mut world = World::new(json!({}));
        world.says(Some(spec(json!({"status": "stopped"}))), "04:00:00");
        assert_eq!(world.verdict("05:00:00"), Verdict::Stopped);
        assert_eq!(world.verdict("05:10:00"), Verdict::NoFire);
    }

    #[test]
    fn the_bounds_of_a_job_are_told() {
        let world = World::new(json!({"startAt": "2026-01-05T02:30:00Z", "endAt": "2026-01-05T09:30:00Z"}));
        assert_eq!(world.verdict("02:00:00"), Verdict::BeforeStart(at("02:30:00")));
        assert_eq!(world.verdict("10:00:00"), Verdict::AfterEnd(at("09:30:00")));
        assert_eq!(world.verdict("10:10:00"), Verdict::NoFire);
    }

    #[test]
    fn max_runs_may_be_used_up() {
        let mut world = World::new(json!({"maxRuns": 12}));
        world.job.as_mut().unwrap().progress.next_fire_at = None;
        assert_eq!(world.verdict("13:00:00"), Verdict::UsedUp(12));
        assert_eq!(world.verdict("11:00:00"), Verdict::NoRecord(Some(12)));
    }

    #[test]
    fn what_is_to_come_has_an_outlook() {
        let mut world =
            World::new(json!({"blackouts": [{"days": ["mon"], "from": "20:00", "until": "22:00"}]}));
        assert_eq!(world.verdict("14:00:00"), Verdict::ToCome(Outlook::Fires));
        assert_eq!(
            world.verdict("21:00:00"),
            Verdict::ToCome(Outlook::Blackout("mon 20:00-22:00".into()))
        );
        let pause = world.paused("12:10:00", None);
        assert_eq!(world.verdict("14:00:00"), Verdict::ToCome(Outlook::Paused(pause)));
    }

    #[test]
    fn what_is_due_and_not_decided_says_so() {
        let mut world = World::new(json!({}));
        world.now = at("13:00:00.5");
        assert_eq!(world.verdict("13:00:00"), Verdict::Undecided(Outlook::Fires));
    }

    #[test]
    fn a_whole_second_means_the_fire_within_it() {
        let mut world = World::new(json!({"cronExpression": null, "every": 60}));
        world.revisions[0].valid_from = at("00:00:00.123456");
        world.ran("00:01:00.123456", 7, Trigger::Cron);
        for said in ["00:01:00", "00:01:00.123", "00:01:00.123456"] {
            let why = world.why(said);
            assert_eq!(
                (why.at, why.verdict),
                (at("00:01:00.123456"), Verdict::Fired(vec![(RunId(7), SUCCESS)])),
                "{said}"
            );
        }
        assert_eq!(world.verdict("00:01:00.1"), Verdict::NoFire);
    }

    #[test]
    fn a_clock_change_is_flagged() {
        let mut world = World::new(json!({"cronExpression": "30 2 * * *", "timezone": "America/New_York"}));
        world.now = at("2026-03-09T00:00:00Z");
        let fire = world.why("2026-03-08T07:00:00Z");
        assert_eq!(fire.clock_change, Some(ClockChange::Gap));
        let beside = world.why("2026-03-08T07:30:00Z");
        assert_eq!(beside.verdict, Verdict::NoFire);
        assert_eq!(
            beside.nearest[0],
            Some(Near {
                at: at("2026-03-08T07:00:00Z"),
                clock_change: Some(ClockChange::Gap)
            })
        );
    }
}
