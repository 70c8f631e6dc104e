//! Fires that are cut into parts.

use serde_json::json;
use wasmtab_domain::{
    run::Shard,
    status::{AttemptStatus, Trigger},
};

use super::support::{World, at};

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
