//! Fires that are cut into parts.

use serde_json::json;
use wasmtab_domain::{
    run::{Outcome, Shard},
    status::{AttemptStatus, SkipReason, Trigger},
};

use super::support::{BOOT, World, at, outcome};
use crate::AttemptFilter;

pub(super) async fn a_fire_makes_a_run_a_shard(w: World) {
    let job = w.job(json!({"shards": 3})).await;
    w.release(at(60)).await;
    let claims = w.claim(at(60)).await;
    let mut shards: Vec<_> = claims.iter().map(|claim| claim.shard).collect();
    shards.sort_by_key(|shard| shard.index);
    assert_eq!(shards, [0, 1, 2].map(|index| Shard { index, count: 3 }));
    assert!(claims.iter().all(|claim| claim.scheduled_at == at(60)));
    assert_eq!(w.read(job.id).await.progress.released, 1);
}

pub(super) async fn the_shards_of_a_fire_are_one_run_to_overlap(w: World) {
    let job = w.job(json!({"shards": 2, "overlap": "bufferOne"})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    w.release(at(180)).await;
    assert_eq!(w.skipped(job.id).await, [(180, 180, 1, "overlap")]);
    let first = w.claim(at(190)).await;
    assert_eq!(first.len(), 2);
    w.end(&first[0], AttemptStatus::Success, at(190)).await;
    assert!(w.claim(at(190)).await.is_empty(), "the other shard goes on");
    w.end(&first[1], AttemptStatus::Success, at(190)).await;
    let second = w.claim(at(190)).await;
    assert_eq!(second.len(), 2, "both shards get the turn");
    assert!(second.iter().all(|claim| claim.scheduled_at == at(120)));
}

pub(super) async fn a_shard_is_retried_by_itself(w: World) {
    w.job(json!({"shards": 2, "retryCount": 1, "retryInterval": 10}))
        .await;
    w.release(at(60)).await;
    let claims = w.claim(at(60)).await;
    w.end(&claims[0], AttemptStatus::Success, at(61)).await;
    w.end(&claims[1], AttemptStatus::Failure, at(61)).await;
    let again = w.claim_one(at(71)).await;
    assert_eq!((again.shard, again.execute_index), (claims[1].shard, 2));
}

pub(super) async fn a_chain_follows_when_every_shard_has_succeeded(w: World) {
    let next = w.job(json!({"name": "next", "every": 86400})).await;
    w.job(json!({"name": "first", "shards": 2, "onSuccess": ["next"]}))
        .await;
    w.release(at(60)).await;
    let claims = w.claim(at(60)).await;
    w.end(&claims[0], AttemptStatus::Success, at(61)).await;
    assert!(w.runs(next.id).await.is_empty());
    w.end(&claims[1], AttemptStatus::Success, at(62)).await;
    let chained = w.claim_one(at(62)).await;
    assert_eq!((chained.job_id, chained.trigger), (Some(next.id), Trigger::Chain));
    let upstream = chained.upstream.unwrap();
    assert_eq!(upstream.status, AttemptStatus::Success);
    assert_eq!(upstream.result.as_deref(), Some(r#"["done","done"]"#));
}

pub(super) async fn one_failed_shard_fails_the_fire(w: World) {
    let cure = w.job(json!({"name": "cure", "every": 86400})).await;
    w.job(json!({"name": "first", "shards": 2, "onFailure": ["cure"], "onSuccess": ["nobody"]}))
        .await;
    w.release(at(60)).await;
    let claims = w.claim(at(60)).await;
    w.end(&claims[0], AttemptStatus::Trap, at(61)).await;
    w.end(&claims[1], AttemptStatus::Success, at(62)).await;
    assert_eq!(w.runs(cure.id).await.len(), 1);
}

pub(super) async fn shards_that_end_together_are_followed_once(w: World) {
    let next = w
        .job(json!({"name": "next", "every": 86400, "overlap": "allow"}))
        .await;
    w.job(json!({"name": "first", "shards": 3, "onSuccess": ["next"]}))
        .await;
    w.release(at(60)).await;
    let claims = w.claim(at(60)).await;
    let outcomes: Vec<_> = claims
        .iter()
        .map(|claim| outcome(claim, AttemptStatus::Success, at(61)))
        .collect();
    w.finish(&outcomes, at(61)).await;
    assert_eq!(w.runs(next.id).await.len(), 1);
}

pub(super) async fn a_fire_that_its_follower_ends_is_followed_once(w: World) {
    // The cure of `ill` cancels what is left of an earlier cure, whose other shards end in the same commit.
    let cure = w
        .job(json!({
            "name": "cure", "every": 86400, "shards": 3, "overlap": "cancelOther", "onFailure": ["nobody"],
        }))
        .await;
    w.job(json!({"name": "ill", "every": 60, "onFailure": ["cure"]}))
        .await;
    w.trigger(cure.id, at(10)).await;
    let cures = w.claim_for(BOOT, at(10), 2).await;
    w.release(at(60)).await;
    let claims = w.claim_for(BOOT, at(60), 9).await;
    let ill = claims.iter().find(|claim| claim.job_id != Some(cure.id)).unwrap();
    let last = claims.iter().find(|claim| claim.run_id != ill.run_id).unwrap();
    let until = Some(at(600));
    let pending = Outcome {
        pending_until: until,
        ..outcome(last, AttemptStatus::Running, at(60))
    };
    w.finish(&[pending], at(60)).await;

    let outcomes: Vec<_> = [ill, &cures[0], &cures[1]]
        .map(|claim| outcome(claim, AttemptStatus::Failure, at(61)))
        .to_vec();
    w.finish(&outcomes, at(61)).await;
    assert_eq!(w.runs(cure.id).await.len(), 6);
    let rows = w
        .store
        .attempts(&AttemptFilter::default(), None, 100)
        .await
        .unwrap()
        .items;
    let unfollowed = rows.iter().filter(|row| row.reason == Some(SkipReason::NoJob));
    assert_eq!(unfollowed.count(), 1);
}
