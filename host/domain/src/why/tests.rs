//! A job's short life, and what is said of its instants.

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
    let mut world = World::new(json!({"blackouts": [{"days": ["mon"], "from": "20:00", "until": "22:00"}]}));
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
