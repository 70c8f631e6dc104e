//! Whom an outcome wakes: the dispatcher looks at the queue again where something may go on, and is left alone where nothing may.

#![expect(
    clippy::unwrap_used,
    reason = "a database that does not answer fails a case by a panic"
)]

mod support;

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use wasmtab_domain::{
    ids::BootId,
    run::{Claim, Outcome},
    status::AttemptStatus,
};
use wasmtab_store::{
    Hint, JobStore as _, RunStore as _, Store as _,
    conformance::{World, at},
};
use wasmtab_store_sqlite::SqliteStore;

struct Listening {
    world: World,
    store: Arc<SqliteStore>,
    duties: Receiver<Hint>,
    _directory: TempDir,
}

impl Listening {
    async fn new() -> Self {
        let (world, store, directory) = support::empty().await;
        Self {
            world,
            duties: store.hints().listen_for_duties(),
            store,
            _directory: directory,
        }
    }

    async fn job(&self, said: Value) {
        self.world.create(said, at(0)).await;
    }

    async fn release(&self, secs: i64) {
        self.store.release_due(at(secs), 10).await.unwrap();
    }

    async fn claim(&self, secs: i64) -> Vec<Claim> {
        self.world.claim_for(BootId(1), at(secs), 100).await
    }

    /// Whether the dispatcher is woken by this end of the attempt.
    async fn wakes(&mut self, claim: &Claim, status: AttemptStatus, secs: i64) -> bool {
        while self.duties.try_recv().is_ok() {}
        self.world.end(claim, status, at(secs)).await;
        self.is_woken()
    }

    fn is_woken(&mut self) -> bool {
        let mut woken = false;
        while let Ok(hint) = self.duties.try_recv() {
            woken |= hint == Hint::Queue;
        }
        woken
    }
}

#[tokio::test]
async fn an_end_that_lets_nothing_go_on_wakes_nobody() {
    let mut queue = Listening::new().await;
    queue.job(json!({"name": "a"})).await;
    queue.job(json!({"name": "b"})).await;
    queue.release(60).await;
    let claims = queue.claim(60).await;
    assert!(!queue.wakes(&claims[0], AttemptStatus::Success, 61).await);
    assert!(!queue.wakes(&claims[1], AttemptStatus::Failure, 61).await);
}

#[tokio::test]
async fn a_turn_wakes() {
    let mut queue = Listening::new().await;
    queue.job(json!({"overlap": "bufferOne"})).await;
    queue.release(60).await;
    let claims = queue.claim(60).await;
    queue.release(120).await;
    assert!(queue.claim(120).await.is_empty());
    assert!(queue.wakes(&claims[0], AttemptStatus::Success, 121).await);
    assert_eq!(queue.claim(121).await.len(), 1);
}

#[tokio::test]
async fn a_turn_that_others_are_in_the_way_of_does_not_wake() {
    let mut queue = Listening::new().await;
    queue.job(json!({"overlap": "bufferOne", "shards": 2})).await;
    queue.release(60).await;
    let claims = queue.claim(60).await;
    queue.release(120).await;
    assert!(!queue.wakes(&claims[0], AttemptStatus::Success, 121).await);
    assert!(queue.wakes(&claims[1], AttemptStatus::Success, 122).await);
}

#[tokio::test]
async fn a_place_of_a_handler_wakes() {
    let mut queue = Listening::new().await;
    queue.world.bind("Handler", Some(1)).await;
    queue.job(json!({"name": "a"})).await;
    queue.job(json!({"name": "b"})).await;
    queue.release(60).await;
    let first = queue.claim(60).await;
    assert_eq!(first.len(), 1);
    assert!(queue.wakes(&first[0], AttemptStatus::Success, 61).await);
    let second = queue.claim(61).await;
    assert_eq!(second.len(), 1);
    // Nobody waits for that one's place.
    assert!(!queue.wakes(&second[0], AttemptStatus::Success, 62).await);
}

#[tokio::test]
async fn a_retry_wakes() {
    let mut queue = Listening::new().await;
    queue.job(json!({"retryCount": 1})).await;
    queue.release(60).await;
    let claims = queue.claim(60).await;
    assert!(queue.wakes(&claims[0], AttemptStatus::Failure, 61).await);
}

#[tokio::test]
async fn work_that_goes_on_elsewhere_wakes() {
    let mut queue = Listening::new().await;
    queue.job(json!({})).await;
    queue.release(60).await;
    let claims = queue.claim(60).await;
    while queue.duties.try_recv().is_ok() {}
    let (attempt, run) = (claims[0].attempt_id, claims[0].run_id);
    let pending = Outcome {
        pending_until: Some(at(90)),
        ..Outcome::bare(attempt, run, AttemptStatus::Running, at(61))
    };
    queue.store.finish(&[pending], at(61)).await.unwrap();
    assert!(queue.is_woken());
}

#[tokio::test]
async fn a_chain_wakes() {
    let mut queue = Listening::new().await;
    queue.job(json!({"name": "after", "status": "stopped"})).await;
    queue.job(json!({"name": "before", "onSuccess": ["after"]})).await;
    queue.release(60).await;
    let claims = queue.claim(60).await;
    assert!(queue.wakes(&claims[0], AttemptStatus::Success, 61).await);
    assert_eq!(queue.claim(61).await.len(), 1);
}
