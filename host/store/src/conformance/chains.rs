//! Jobs that another job's end starts.

use serde_json::json;
use wasmtab_domain::{
    limits,
    status::{AttemptStatus, SkipReason, Trigger},
};

use super::support::{World, at};
use crate::AttemptFilter;

pub(super) async fn a_success_starts_what_it_names_and_hands_its_result_on(w: World) {
    let next = w
        .job(json!({"name": "next", "every": 86400, "handlerParam": "own"}))
        .await;
    let first = w
        .job(json!({"name": "first", "onSuccess": ["next"], "onFailure": ["nobody"]}))
        .await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Success, at(61)).await;
    let chained = w.claim_one(at(61)).await;
    assert_eq!(
        (
            chained.job_id,
            chained.trigger,
            chained.scheduled_at,
            &*chained.handler_param
        ),
        (Some(next.id), Trigger::Chain, at(61), "own")
    );
    let upstream = chained.upstream.unwrap();
    assert_eq!(
        (
            upstream.run_id,
            upstream.job_id,
            &*upstream.job_name,
            upstream.status
        ),
        (claim.run_id, first.id, "first", AttemptStatus::Success)
    );
    assert_eq!(upstream.result.as_deref(), Some("done"));
    assert_eq!(w.run(chained.run_id).await.upstream_run, Some(claim.run_id));
}

pub(super) async fn a_failure_starts_its_followers_after_the_final_attempt(w: World) {
    let cure = w.job(json!({"name": "cure", "every": 86400})).await;
    w.job(json!({"name": "first", "onFailure": ["cure"], "retryCount": 1, "retryInterval": 10}))
        .await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Failure, at(60)).await;
    assert!(w.runs(cure.id).await.is_empty());
    let claim = w.claim_one(at(70)).await;
    w.end(&claim, AttemptStatus::Timeout, at(70)).await;
    let chained = w.claim_one(at(70)).await;
    assert_eq!(chained.job_id, Some(cure.id));
    assert_eq!(chained.upstream.unwrap().status, AttemptStatus::Timeout);
}

pub(super) async fn a_cancelled_run_starts_nothing(w: World) {
    w.job(json!({"name": "first", "onSuccess": ["gone"], "onFailure": ["gone"]}))
        .await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.store.cancel_run(claim.run_id, "ops", at(61)).await.unwrap();
    w.end(&claim, AttemptStatus::Cancelled, at(61)).await;
    assert!(w.claim(at(61)).await.is_empty());
}

pub(super) async fn overlap_holds_for_a_chain_and_leaves_a_row(w: World) {
    let next = w.job(json!({"name": "next"})).await;
    w.job(json!({"name": "first", "onSuccess": ["next"]})).await;
    w.release(at(60)).await;
    let claims = w.claim(at(60)).await;
    let (busy, first): (Vec<_>, Vec<_>) = claims
        .into_iter()
        .partition(|claim| claim.job_id == Some(next.id));
    w.end(&first[0], AttemptStatus::Success, at(61)).await;
    let row = w.log(next.id).await.remove(1);
    assert_eq!(
        (row.status, row.reason, row.blocked_by, row.trigger),
        (
            AttemptStatus::Skipped,
            Some(SkipReason::Overlap),
            Some(busy[0].run_id),
            Trigger::Chain
        )
    );
    assert_eq!(row.upstream_run, Some(first[0].run_id));
}

pub(super) async fn a_paused_follower_is_skipped_and_a_stopped_one_runs(w: World) {
    let paused = w.job(json!({"name": "paused", "every": 86400})).await;
    let stopped = w.job(json!({"name": "stopped", "status": "stopped"})).await;
    w.pause(paused.id, None, at(1)).await;
    w.job(json!({"name": "first", "onSuccess": ["paused", "stopped"]}))
        .await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Success, at(61)).await;
    assert_eq!(w.log(paused.id).await[0].reason, Some(SkipReason::Paused));
    assert_eq!(w.claim_one(at(61)).await.job_id, Some(stopped.id));
}

pub(super) async fn a_follower_that_is_not_there_leaves_a_row(w: World) {
    w.job(json!({"name": "first", "onSuccess": ["nobody"]})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Success, at(61)).await;
    let rows = w
        .store
        .attempts(&AttemptFilter::default(), None, 10)
        .await
        .unwrap()
        .items;
    assert_eq!(
        (rows[0].job_name.as_deref(), rows[0].reason),
        (Some("nobody"), Some(SkipReason::NoJob))
    );
}

pub(super) async fn a_chain_has_an_end(w: World) {
    // Nobody saves a cycle, but a chain may be longer than any that is meant.
    let links = limits::CHAIN_DEPTH + 1;
    let mut first = None;
    for link in (0..=links).rev() {
        let follower = format!("link {}", link + 1);
        let said = json!({"name": format!("link {link}"), "every": 86400, "onSuccess": if link < links { vec![follower] } else { vec![] }});
        first = Some(w.job(said).await.id);
    }
    w.trigger(first.unwrap(), at(10)).await;
    for _ in 0..=limits::CHAIN_DEPTH {
        let claim = w.claim_one(at(10)).await;
        w.end(&claim, AttemptStatus::Success, at(10)).await;
    }
    assert!(w.claim(at(10)).await.is_empty());
    let filter = AttemptFilter {
        status: Some(AttemptStatus::Skipped),
        ..AttemptFilter::default()
    };
    let rows = w.store.attempts(&filter, None, 10).await.unwrap().items;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].reason, Some(SkipReason::ChainDepth));
}

pub(super) async fn a_rescued_run_that_ends_starts_its_followers(w: World) {
    let cure = w.job(json!({"name": "cure", "every": 86400})).await;
    w.job(json!({"name": "first", "onFailure": ["cure"]})).await;
    w.release(at(60)).await;
    for death in 0..4 {
        w.claim_one(at(61)).await;
        let next = wasmtab_domain::ids::BootId(100 + death);
        assert_eq!(w.store.rescue(next, at(61)).await.unwrap(), 1);
    }
    assert_eq!(w.runs(cure.id).await.len(), 1);
}
