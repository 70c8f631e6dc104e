//! What goes from the log.

use serde_json::json;
use wasmtab_domain::{
    ids::JobId,
    run::{AttemptLog, Claim, LogLevel, LogLine, Outcome},
    status::AttemptStatus,
    time::Timestamp,
};

use super::support::{World, at, outcome, policy};
use crate::{LogEnd, LogKey, LogSort, NewCall};

const DAY: i64 = 86_400;

fn end(claim: &Claim, status: AttemptStatus, ended_at: Timestamp) -> LogEnd {
    LogEnd {
        key: LogKey(claim.run_id.0),
        status,
        ended_at,
    }
}

impl World {
    /// Lets the one job fire at `now` and end a second later.
    async fn fire(&self, now: i64, status: AttemptStatus) -> Claim {
        self.release(at(now)).await;
        let claim = self.claim_one(at(now)).await;
        self.end(&claim, status, at(now + 1)).await;
        claim
    }

    async fn ends(&self, before: i64) -> Vec<LogEnd> {
        self.store.log_ends(0, at(before), 100).await.unwrap().items
    }
}

pub(super) async fn what_has_ended_is_found_in_pages_by_age(w: World) {
    w.job(json!({"cronExpression": "0 0 * * *"})).await;
    let mut all = Vec::new();
    for (day, status) in [
        (1, AttemptStatus::Success),
        (2, AttemptStatus::Trap),
        (3, AttemptStatus::Success),
    ] {
        let claim = w.fire(day * DAY, status).await;
        all.push(end(&claim, status, at(day * DAY + 1)));
    }
    assert_eq!(w.ends(DAY).await, []);
    assert_eq!(w.ends(2 * DAY).await, all[..1]);
    assert_eq!(w.ends(4 * DAY).await, all);
    let first = w.store.log_ends(0, at(4 * DAY), 2).await.unwrap();
    let rest = w
        .store
        .log_ends(first.next.unwrap(), at(4 * DAY), 2)
        .await
        .unwrap();
    assert_eq!((first.items, rest.next), (all[..2].to_vec(), None));
    assert_eq!(rest.items, all[2..]);
}

pub(super) async fn a_run_is_found_by_its_last_attempt_and_goes_as_a_whole(w: World) {
    let job = w
        .job(json!({"every": DAY, "retryCount": 2, "retryInterval": 10}))
        .await;
    let claim = w.fire(DAY, AttemptStatus::Failure).await;
    let second = w.claim_one(at(DAY + 100)).await;
    assert_eq!(second.run_id, claim.run_id);
    w.end(&second, AttemptStatus::Success, at(DAY + 101)).await;
    assert_eq!(
        w.ends(2 * DAY).await,
        [end(&claim, AttemptStatus::Success, at(DAY + 101))]
    );
    let key = LogKey(claim.run_id.0);
    assert_eq!(w.store.remove_from_log(&[key]).await.unwrap(), 2);
    assert!(w.log(job.id).await.is_empty());
    assert_eq!(w.store.run(claim.run_id).await.unwrap(), None);
    assert_eq!(w.store.remove_from_log(&[key]).await.unwrap(), 0);
}

pub(super) async fn a_run_that_goes_on_is_neither_found_nor_removed(w: World) {
    let job = w.job(json!({"retryCount": 1, "retryInterval": 9_999_999})).await;
    let claim = w.fire(60, AttemptStatus::Failure).await;
    assert_eq!(w.ends(30 * DAY).await, []);
    let key = LogKey(claim.run_id.0);
    assert_eq!(w.store.remove_from_log(&[key]).await.unwrap(), 0);
    assert_eq!(w.log(job.id).await.len(), 1);
}

pub(super) async fn a_call_that_was_planned_long_ahead_tells_when_it_ended(w: World) {
    let call = NewCall {
        handler_name: "Handler".into(),
        handler_param: None,
        at: at(30 * DAY),
        policy: policy(0),
        by: "ops".into(),
        now: at(0),
    };
    w.store.call(call).await.unwrap();
    let claim = w.claim_one(at(30 * DAY)).await;
    w.end(&claim, AttemptStatus::Success, at(30 * DAY + 1)).await;
    assert_eq!(
        w.ends(DAY).await,
        [end(&claim, AttemptStatus::Success, at(30 * DAY + 1))]
    );
}

pub(super) async fn crowded_jobs_are_found_a_part_at_a_time(w: World) {
    let mut jobs = Vec::new();
    for (name, end) in [("a", 3), ("b", 1), ("c", 3), ("d", 0)] {
        let until = at(60 * end);
        let said = json!({"name": name, "misfire": "all", "overlap": "allow", "endAt": until});
        jobs.push(w.job(said).await.id);
    }
    w.release(at(600)).await;
    for claim in w.claim(at(600)).await {
        w.end(&claim, AttemptStatus::Success, at(601)).await;
    }
    let crowded = async |after, count, limit| {
        let page = w.store.crowded_jobs(after, count, limit).await.unwrap();
        (page.items, page.next)
    };
    assert_eq!(crowded(0, 2, 100).await, (vec![jobs[0], jobs[2]], None));
    assert_eq!(crowded(0, 3, 100).await, (vec![], None));
    assert_eq!(crowded(0, 0, 100).await, (jobs[..3].to_vec(), None));
    assert_eq!(crowded(0, 2, 2).await, (vec![jobs[0]], Some(jobs[1].0)));
    assert_eq!(crowded(jobs[1].0, 2, 2).await, (vec![jobs[2]], None));
    // What a deleted job left counts on.
    w.store
        .delete_job(jobs[0], "ann", at(700))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(crowded(0, 2, 100).await, (vec![jobs[0], jobs[2]], None));
    assert_eq!(crowded(JobId(i64::MAX).0, 0, 1).await, (vec![], None));
}

pub(super) async fn runs_and_skipped_fires_of_a_job_are_told_apart(w: World) {
    let job = w.job(json!({"retryCount": 1, "retryInterval": 0})).await;
    let first = w.fire(60, AttemptStatus::Failure).await;
    let retry = w.claim_one(at(62)).await;
    w.end(&retry, AttemptStatus::Success, at(63)).await;
    w.release(at(120)).await;
    // The fires of these instants find the run of the one before still there.
    w.release(at(180)).await;
    w.release(at(240)).await;
    let claim = w.claim_one(at(240)).await;
    w.end(&claim, AttemptStatus::Success, at(241)).await;
    let newest = async |sort, limit| w.store.newest_of_job(job.id, sort, limit).await.unwrap();
    let runs = [LogKey(claim.run_id.0), LogKey(first.run_id.0)];
    assert_eq!(newest(LogSort::Runs, 9).await, runs);
    assert_eq!(newest(LogSort::Runs, 1).await, runs[..1]);
    let skipped = newest(LogSort::Skipped, 9).await;
    assert_eq!(skipped.len(), 2);
    assert!(skipped[0] > skipped[1]);
    assert_eq!(w.store.remove_from_log(&skipped).await.unwrap(), 2);
    assert_eq!(w.skipped(job.id).await, []);
    assert_eq!(w.ran(job.id).await, [60, 120]);
}

pub(super) async fn lines_go_with_their_attempt(w: World) {
    w.job(json!({"every": DAY})).await;
    let mut claims = Vec::new();
    for day in 1..=2 {
        w.release(at(day * DAY)).await;
        let claim = w.claim_one(at(day * DAY)).await;
        let line = LogLine {
            at: at(day * DAY),
            level: LogLevel::Info,
            target: String::new(),
            message: "x".into(),
        };
        let ended = Outcome {
            log: AttemptLog {
                lines: vec![line],
                ..AttemptLog::default()
            },
            ..outcome(&claim, AttemptStatus::Success, at(day * DAY + 1))
        };
        w.finish(&[ended], at(day * DAY + 1)).await;
        claims.push(claim);
    }
    let key = LogKey(claims[0].run_id.0);
    assert_eq!(w.store.remove_from_log(&[key]).await.unwrap(), 1);
    let lines = async |claim: &Claim| w.store.attempt_log(claim.attempt_id).await.unwrap().lines.len();
    assert_eq!((lines(&claims[0]).await, lines(&claims[1]).await), (0, 1));
}
