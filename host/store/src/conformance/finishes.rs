//! Outcomes: which are accepted, and what follows.

use serde_json::json;
use wasmtab_domain::{
    ids::RunId,
    run::{AttemptLog, LogLevel, LogLine, Outcome, Refusal},
    status::{AttemptStatus, RunState},
};

use super::support::{NOBODY, World, active, at, ended, outcome};
use crate::FinishReply;

pub(super) async fn a_success_ends_the_run(w: World) {
    let job = w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::Success, at(65)).await,
        FinishReply::Ended
    );
    let run = w.run(claim.run_id).await;
    assert_eq!(
        (run.status, run.result.as_deref()),
        (ended(AttemptStatus::Success), Some("done"))
    );
    assert_eq!((run.attempts, run.due_at, run.end_time), (1, None, Some(at(65))));
    let rows = w.log(job.id).await;
    assert_eq!(
        (rows.len(), rows[0].status, rows[0].last),
        (1, AttemptStatus::Success, true)
    );
}

pub(super) async fn a_second_outcome_is_refused(w: World) {
    w.job(json!({"retryCount": 5})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::Failure, at(61)).await,
        FinishReply::Retry(at(121))
    );
    assert_eq!(
        w.end(&claim, AttemptStatus::Success, at(62)).await,
        FinishReply::Refused
    );
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.end_time, row.retry_at),
        (AttemptStatus::Failure, Some(at(61)), Some(at(121)))
    );
    assert_eq!(w.run(claim.run_id).await.status, active(RunState::WaitingRetry));
}

pub(super) async fn a_second_outcome_in_the_same_batch_is_refused(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    let both = [
        outcome(&claim, AttemptStatus::Success, at(61)),
        outcome(&claim, AttemptStatus::Failure, at(61)),
    ];
    assert_eq!(
        w.finish(&both, at(61)).await,
        [FinishReply::Ended, FinishReply::Refused]
    );
    assert_eq!(w.run(claim.run_id).await.status, ended(AttemptStatus::Success));
}

pub(super) async fn an_outcome_with_a_stale_token_is_refused(w: World) {
    let job = w.job(json!({"retryCount": 5, "retryInterval": 0})).await;
    w.release(at(60)).await;
    let first = w.claim_one(at(60)).await;
    w.end(&first, AttemptStatus::Failure, at(61)).await;
    let second = w.claim_one(at(61)).await;
    assert_eq!(
        w.end(&first, AttemptStatus::Success, at(62)).await,
        FinishReply::Refused
    );
    assert_eq!(w.run(first.run_id).await.status, active(RunState::Running));
    assert_eq!(
        w.end(&second, AttemptStatus::Success, at(63)).await,
        FinishReply::Ended
    );
    let rows: Vec<_> = w
        .log(job.id)
        .await
        .iter()
        .map(|row| (row.execute_index, row.status, row.last))
        .collect();
    assert_eq!(
        rows,
        [
            (1, AttemptStatus::Failure, false),
            (2, AttemptStatus::Success, true)
        ]
    );
}

pub(super) async fn an_outcome_of_another_run_is_refused(w: World) {
    w.job(json!({"name": "a"})).await;
    w.job(json!({"name": "b"})).await;
    w.release(at(60)).await;
    let claims = w.claim(at(60)).await;
    let crossed = Outcome {
        run_id: claims[1].run_id,
        ..outcome(&claims[0], AttemptStatus::Success, at(61))
    };
    let nobodys = Outcome {
        attempt_id: NOBODY,
        run_id: RunId(1),
        ..crossed.clone()
    };
    assert_eq!(
        w.finish(&[crossed, nobodys], at(61)).await,
        [FinishReply::Refused; 2]
    );
    for claim in &claims {
        assert_eq!(w.run(claim.run_id).await.status, active(RunState::Running));
    }
}

pub(super) async fn replies_come_in_the_order_of_the_outcomes(w: World) {
    for (name, retries) in [("a", 0), ("b", 1), ("c", 0)] {
        w.job(json!({"name": name, "retryCount": retries})).await;
    }
    w.release(at(60)).await;
    let mut claims = w.claim(at(60)).await;
    claims.sort_by(|x, y| y.job_name.cmp(&x.job_name));
    let mut outcomes: Vec<_> = claims
        .iter()
        .map(|claim| outcome(claim, AttemptStatus::Trap, at(61)))
        .collect();
    outcomes.insert(1, outcomes[0].clone());
    let replies = w.finish(&outcomes, at(61)).await;
    let wanted = [
        FinishReply::Ended,
        FinishReply::Refused,
        FinishReply::Retry(at(121)),
        FinishReply::Ended,
    ];
    assert_eq!(replies, wanted);
}

pub(super) async fn a_failure_is_retried_after_its_wait(w: World) {
    w.job(json!({"retryCount": 1, "retryInterval": 30})).await;
    w.release(at(60)).await;
    let first = w.claim_one(at(60)).await;
    assert_eq!(
        w.end(&first, AttemptStatus::Failure, at(70)).await,
        FinishReply::Retry(at(100))
    );
    let run = w.run(first.run_id).await;
    assert_eq!(
        (run.status, run.due_at),
        (active(RunState::WaitingRetry), Some(at(100)))
    );
    assert_eq!(run.error.as_deref(), Some("wrong"));
    let second = w.claim_one(at(100)).await;
    assert_eq!(
        (second.run_id, second.execute_index, second.due_at),
        (first.run_id, 2, at(100))
    );
    assert_eq!(second.scheduled_at, at(60));
}

pub(super) async fn the_wait_follows_the_backoff(w: World) {
    for (name, backoff, waits) in [
        ("fixed", json!("fixed"), [10, 10, 10, 10]),
        ("exponential", json!("exponential"), [10, 20, 40, 80]),
        ("list", json!([3, 5]), [3, 5, 5, 5]),
    ] {
        let said = json!({"name": name, "status": "stopped", "retryCount": 4, "retryInterval": 10, "retryBackoff": backoff});
        let job = w.job(said).await;
        w.trigger(job.id, at(0)).await;
        let mut now = 0;
        for wait in waits {
            let claim = w.claim_one(at(now)).await;
            assert_eq!(
                w.end(&claim, AttemptStatus::Failure, at(now)).await,
                FinishReply::Retry(at(now + wait)),
                "{name}"
            );
            now += wait;
        }
        let claim = w.claim_one(at(now)).await;
        assert_eq!(
            w.end(&claim, AttemptStatus::Failure, at(now)).await,
            FinishReply::Ended
        );
    }
}

pub(super) async fn retries_are_used_up(w: World) {
    let job = w.job(json!({"retryCount": 2, "retryInterval": 0})).await;
    w.release(at(60)).await;
    for index in 1..=3 {
        let claim = w.claim_one(at(60)).await;
        assert_eq!(claim.execute_index, index);
        w.end(&claim, AttemptStatus::Timeout, at(60)).await;
    }
    assert!(w.claim(at(100)).await.is_empty());
    let run = w.runs(job.id).await.remove(0);
    assert_eq!((run.status, run.attempts), (ended(AttemptStatus::Timeout), 3));
}

pub(super) async fn a_permanent_failure_is_not_retried(w: World) {
    w.job(json!({"retryCount": 5})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    let failed = Outcome {
        permanent: true,
        ..outcome(&claim, AttemptStatus::Failure, at(61))
    };
    assert_eq!(w.finish(&[failed], at(61)).await, [FinishReply::Ended]);
}

pub(super) async fn only_what_retry_on_names_is_retried(w: World) {
    w.job(json!({"retryCount": 5, "retryInterval": 0, "retryOn": ["timeout", "outOfFuel"]}))
        .await;
    w.release(at(60)).await;
    for status in [AttemptStatus::Timeout, AttemptStatus::OutOfFuel] {
        let claim = w.claim_one(at(60)).await;
        assert_eq!(
            w.end(&claim, status, at(60)).await,
            FinishReply::Retry(at(60)),
            "{status}"
        );
    }
    let claim = w.claim_one(at(60)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::Failure, at(60)).await,
        FinishReply::Ended
    );
}

pub(super) async fn retries_follow_the_policy_of_the_release(w: World) {
    let job = w.job(json!({"retryCount": 1, "retryInterval": 7})).await;
    w.release(at(60)).await;
    w.edit(job.id, json!({"retryCount": 0, "retryInterval": 500}), at(61))
        .await
        .unwrap();
    let claim = w.claim_one(at(61)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::Failure, at(62)).await,
        FinishReply::Retry(at(69))
    );
}

pub(super) async fn triggers_are_retried_too(w: World) {
    let job = w.job(json!({"retryCount": 1, "retryInterval": 7})).await;
    w.trigger(job.id, at(1)).await;
    let claim = w.claim_one(at(1)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::NoHandler, at(2)).await,
        FinishReply::Retry(at(9))
    );
}

pub(super) async fn everything_an_attempt_reports_is_kept(w: World) {
    let job = w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    let line = LogLine {
        at: at(62),
        level: LogLevel::Warn,
        target: "t".into(),
        message: "你好 \u{0}\"".into(),
    };
    let log = AttemptLog {
        lines: vec![line],
        cut_lines: 3,
        cut_bytes: 99,
        cut_after: 1,
    };
    let refusal = Refusal {
        wanted: "http: x".into(),
        grant: "http:x".into(),
        count: 2,
    };
    let reported = Outcome {
        begin_time: Some(at(61)),
        end_time: at(63),
        duration: Some(2_000),
        result: Some(String::new()),
        backtrace: Some("main".into()),
        fuel_used: Some(u64::MAX),
        peak_memory: Some(65_536),
        refusals: vec![refusal.clone()],
        log: log.clone(),
        ..outcome(&claim, AttemptStatus::Trap, at(63))
    };
    w.finish(&[reported], at(64)).await;
    let row = w.log(job.id).await.remove(0);
    assert_eq!(
        (row.begin_time, row.end_time, row.duration),
        (Some(at(61)), Some(at(63)), Some(2_000))
    );
    assert_eq!(
        (row.result.as_deref(), row.error.as_deref()),
        (Some(""), Some("wrong"))
    );
    assert_eq!(
        (row.backtrace.as_deref(), row.peak_memory),
        (Some("main"), Some(65_536))
    );
    // Databases count to 2^63.
    assert_eq!(row.fuel_used, Some(i64::MAX as u64));
    assert_eq!(
        (row.refusals, row.log_lines, row.log_cut_lines),
        (vec![refusal], 1, 3)
    );
    assert_eq!(w.store.attempt_log(claim.attempt_id).await.unwrap(), log);
    assert_eq!(w.store.attempt_log(NOBODY).await.unwrap(), AttemptLog::default());
}
