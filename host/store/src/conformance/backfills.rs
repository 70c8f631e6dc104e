//! Instants of the past that are run afterwards.

use serde_json::json;
use wasmtab_domain::{
    decided::{Became, DecidedFire},
    ids::{JobId, RunId},
    policy::Overlap,
    run::RunStatus,
    status::{AttemptStatus, RunState, SkipReason, Trigger},
};

use super::support::{World, active, at, ended};
use crate::NewBackfill;

fn backfill(job_id: JobId, secs: &[i64]) -> NewBackfill {
    NewBackfill {
        job_id,
        fires: secs.iter().map(|secs| at(*secs)).collect(),
        handler_param: None,
        overlap: None,
        by: "ops".into(),
        now: at(1_000),
    }
}

pub(super) async fn instants_run_one_after_another(w: World) {
    let job = w.job(json!({"status": "stopped", "handlerParam": "p"})).await;
    let runs = w.store.backfill(backfill(job.id, &[60, 120, 180])).await.unwrap();
    assert_eq!(runs.unwrap().len(), 3);
    for planned in [60, 120, 180] {
        let claim = w.claim_one(at(1_000)).await;
        assert_eq!(
            (claim.scheduled_at, claim.trigger, claim.handler_param.as_str()),
            (at(planned), Trigger::Backfill, "p")
        );
        w.end(&claim, AttemptStatus::Failure, at(1_001)).await;
    }
    let runs = w.runs(job.id).await;
    assert!(
        runs.iter()
            .all(|run| run.requested_by.as_deref() == Some("ops")
                && run.status == ended(AttemptStatus::Failure))
    );
}

pub(super) async fn an_override_lets_them_run_at_once(w: World) {
    let job = w.job(json!({"status": "stopped"})).await;
    let beside = NewBackfill {
        overlap: Some(Overlap::Allow),
        ..backfill(job.id, &[60, 120])
    };
    w.store.backfill(beside).await.unwrap();
    assert_eq!(w.claim(at(1_000)).await.len(), 2);
}

pub(super) async fn a_backfill_has_its_own_parameter(w: World) {
    let job = w.job(json!({"status": "stopped", "handlerParam": "p"})).await;
    let own = NewBackfill {
        handler_param: Some("own".into()),
        ..backfill(job.id, &[60])
    };
    w.store.backfill(own).await.unwrap();
    assert_eq!(w.claim_one(at(1_000)).await.handler_param, "own");
}

pub(super) async fn what_became_of_instants_is_on_record(w: World) {
    let job = w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.release(at(120)).await;
    w.end(&claim, AttemptStatus::Success, at(121)).await;
    w.pause(job.id, None, at(130)).await;
    w.resume(job.id, at(310)).await;
    w.release(at(360)).await;
    // Neither a manual run nor one of another job is the fire of an instant.
    w.claim(at(360)).await;
    let filled = NewBackfill {
        overlap: Some(Overlap::Allow),
        ..backfill(job.id, &[240])
    };
    let filled = w.store.backfill(filled).await.unwrap().unwrap()[0];
    let other = w.job(json!({"name": "other"})).await;
    w.trigger(other.id, at(240)).await;

    let ran = |secs, trigger, run: RunId, status| DecidedFire {
        from: at(secs),
        until: at(secs),
        trigger,
        fire_key: if trigger == Trigger::Cron { 0 } else { run.0 },
        became: Became::Run(run, status),
    };
    let all = w.store.decided_fires(job.id, at(0), at(400)).await.unwrap();
    let skips: Vec<_> = all
        .iter()
        .filter_map(|fire| match &fire.became {
            Became::Skipped {
                reason, blocked_by, ..
            } => Some((fire.from, fire.until, *reason, *blocked_by)),
            Became::Run(..) => None,
        })
        .collect();
    assert_eq!(
        skips,
        [
            (at(120), at(120), SkipReason::Overlap, Some(claim.run_id)),
            (at(180), at(300), SkipReason::Paused, None),
        ]
    );
    let runs: Vec<_> = all
        .iter()
        .filter(|fire| matches!(fire.became, Became::Run(..)))
        .cloned()
        .collect();
    let last = w
        .runs(job.id)
        .await
        .iter()
        .map(|run| run.id)
        .collect::<Vec<RunId>>()[1];
    assert_eq!(
        runs,
        [
            ran(60, Trigger::Cron, claim.run_id, ended(AttemptStatus::Success)),
            ran(240, Trigger::Backfill, filled, active(RunState::Queued)),
            ran(360, Trigger::Cron, last, active(RunState::Running)),
        ]
    );

    // A row that begins before the span and reaches into it is told too; one that ends before it is not.
    let inside = w.store.decided_fires(job.id, at(240), at(241)).await.unwrap();
    assert_eq!(
        inside
            .iter()
            .map(|fire| (fire.from, fire.until))
            .collect::<Vec<_>>(),
        [(at(180), at(300)), (at(240), at(240))]
    );
    assert_eq!(w.store.decided_fires(job.id, at(301), at(360)).await.unwrap(), []);
    let first = w.store.decided_fires(job.id, at(60), at(61)).await.unwrap();
    assert_eq!(
        first,
        [ran(
            60,
            Trigger::Cron,
            claim.run_id,
            RunStatus::Ended(AttemptStatus::Success)
        )]
    );
}

pub(super) async fn a_backfill_of_no_job_makes_nothing(w: World) {
    assert_eq!(w.store.backfill(backfill(JobId(9), &[60])).await.unwrap(), None);
}
