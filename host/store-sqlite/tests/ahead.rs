//! Fires that are decided a little before their instant, and committed on it.

#![expect(
    clippy::unwrap_used,
    reason = "a database that does not answer fails a case by a panic"
)]

mod support;

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use wasmtab_domain::{
    ids::BootId,
    job::Job,
    status::{AttemptStatus, SkipReason},
    time::Timestamp,
};
use wasmtab_store::{
    Come, JobStore as _,
    conformance::{World, at},
};
use wasmtab_store_sqlite::SqliteStore;

struct Ahead {
    world: World,
    store: Arc<SqliteStore>,
    directory: TempDir,
}

impl Ahead {
    async fn new() -> Self {
        let (world, store, directory) = support::empty().await;
        Self {
            world,
            store,
            directory,
        }
    }

    async fn job(&self, said: Value) -> Job {
        self.world.create(said, at(0)).await
    }

    async fn fires(&self, job: &Job) -> Vec<Timestamp> {
        let runs = self.world.runs(job.id).await;
        runs.iter().map(|run| run.scheduled_at).collect()
    }

    async fn release(&self, instant: Timestamp, come: Come) -> bool {
        self.store.release_at(instant, 100, come).await.unwrap()
    }

    /// All is prepared and waits for the instant, which comes or does not, as it is told.
    async fn prepare(&self, instant: Timestamp) -> (JoinHandle<bool>, oneshot::Sender<bool>) {
        let (ready, is_ready) = oneshot::channel();
        let (comes, come) = oneshot::channel();
        let store = Arc::clone(&self.store);
        let released = tokio::spawn(async move {
            let come = Box::pin(async move {
                ready.send(()).unwrap();
                come.await.unwrap()
            });
            store.release_at(instant, 100, come).await.unwrap()
        });
        is_ready.await.unwrap();
        (released, comes)
    }
}

fn comes() -> Come {
    Box::pin(async { true })
}

fn does_not_come() -> Come {
    Box::pin(async { false })
}

#[tokio::test]
async fn nothing_is_released_before_the_instant_has_come() {
    let ahead = Ahead::new().await;
    let job = ahead.job(json!({"every": 60})).await;
    let (released, comes) = ahead.prepare(at(60)).await;
    assert!(ahead.fires(&job).await.is_empty());
    comes.send(true).unwrap();
    assert!(released.await.unwrap());
    assert_eq!(ahead.fires(&job).await, [at(60)]);
    let progress = ahead.world.read(job.id).await.progress;
    assert_eq!(
        (progress.next_fire_at, progress.decided_until),
        (Some(at(120)), Some(at(60)))
    );
    // Nothing of it is left for the instant itself.
    assert_eq!(ahead.world.release(at(60)).await.runs, 0);
}

/// What was prepared is in the write-ahead log and on the disk: a machine that dies before the instant must not find it there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_ahead_of_its_commit_does_not_count() {
    let ahead = Ahead::new().await;
    let job = ahead.job(json!({"every": 60})).await;
    let in_directory = |name: &str| ahead.directory.path().join(name);
    let log = in_directory("wasmtab.db-wal");
    let length = || std::fs::metadata(&log).unwrap().len();
    let before = length();
    let (released, comes) = ahead.prepare(at(60)).await;
    assert!(length() > before, "nothing was written ahead");
    // As a dead machine leaves it: the file of shared memory is gone.
    let dead = tempfile::tempdir().unwrap();
    for name in ["wasmtab.db", "wasmtab.db-wal"] {
        std::fs::copy(in_directory(name), dead.path().join(name)).unwrap();
    }
    comes.send(true).unwrap();
    assert!(released.await.unwrap());

    let store = SqliteStore::open(&dead.path().join("wasmtab.db")).await.unwrap();
    let world = World::new(Arc::new(store));
    assert!(world.runs(job.id).await.is_empty());
    assert_eq!(world.read(job.id).await.progress, job.progress);
    assert_eq!(world.release(at(60)).await.runs, 1);
}

#[tokio::test]
async fn an_instant_that_does_not_come_changes_nothing() {
    let ahead = Ahead::new().await;
    let job = ahead.job(json!({"every": 60})).await;
    assert!(!ahead.release(at(60), does_not_come()).await);
    assert!(ahead.fires(&job).await.is_empty());
    assert_eq!(ahead.world.read(job.id).await.progress, job.progress);
    assert_eq!(ahead.world.release(at(60)).await.runs, 1);
}

#[tokio::test]
async fn what_was_decided_meanwhile_would_have_to_be_known_so_it_waits() {
    let ahead = Ahead::new().await;
    let job = ahead.job(json!({"every": 60})).await;
    let (released, comes) = ahead.prepare(at(60)).await;
    let (world, id) = (World::new(Arc::<SqliteStore>::clone(&ahead.store)), job.id);
    let paused = tokio::spawn(async move { world.pause(id, None, at(59)).await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!paused.is_finished());
    comes.send(true).unwrap();
    assert!(released.await.unwrap());
    assert!(paused.await.unwrap().pause.is_some());
    assert_eq!(ahead.fires(&job).await, [at(60)]);
}

#[tokio::test]
async fn whoever_is_due_before_goes_first() {
    let ahead = Ahead::new().await;
    let early = ahead.job(json!({"name": "early", "every": 30})).await;
    let job = ahead.job(json!({"name": "job", "every": 60})).await;
    assert!(!ahead.release(at(60), comes()).await);
    assert!(ahead.fires(&early).await.is_empty());
    assert!(ahead.fires(&job).await.is_empty());
}

#[tokio::test]
async fn jobs_that_something_may_happen_to_are_left() {
    let ahead = Ahead::new().await;
    let free = ahead.job(json!({"name": "free", "every": 60})).await;
    let paused = ahead.job(json!({"name": "paused", "every": 60})).await;
    ahead.world.pause(paused.id, Some(at(60)), at(1)).await;
    let active = ahead.job(json!({"name": "active", "every": 30})).await;
    ahead.world.release(at(30)).await;
    assert!(ahead.release(at(60), comes()).await);
    assert_eq!(ahead.fires(&free).await, [at(60)]);
    assert_eq!(ahead.fires(&active).await, [at(30)]);
    assert!(ahead.world.log(paused.id).await.is_empty());
    // The run that was in the way has ended just before the instant, so the fire that it would have kept off runs.
    let claims = ahead.world.claim_for(BootId(1), at(60), 10).await;
    let claim = claims
        .iter()
        .find(|claim| claim.job_id == Some(active.id))
        .unwrap();
    ahead.world.end(claim, AttemptStatus::Success, at(60)).await;
    ahead.world.release(at(60)).await;
    assert_eq!(ahead.fires(&active).await, [at(30), at(60)]);
    assert_eq!(
        ahead.world.log(paused.id).await[0].reason,
        Some(SkipReason::Paused)
    );
}

#[tokio::test]
async fn as_many_are_prepared_as_are_asked_for() {
    let ahead = Ahead::new().await;
    for name in ["a", "b", "c"] {
        ahead.job(json!({"name": name, "every": 60})).await;
    }
    assert_eq!(ahead.store.crowd_at(at(60), 10).await.unwrap(), 3);
    assert_eq!(ahead.store.crowd_at(at(60), 2).await.unwrap(), 2);
    assert_eq!(ahead.store.crowd_at(at(59), 10).await.unwrap(), 0);
    assert!(ahead.store.release_at(at(60), 2, comes()).await.unwrap());
    assert_eq!(ahead.store.crowd_at(at(60), 10).await.unwrap(), 1);
    assert_eq!(ahead.world.release(at(60)).await.runs, 1);
}

#[tokio::test]
async fn the_handlers_of_what_fires_soon_are_told() {
    let ahead = Ahead::new().await;
    for (name, handler, every) in [
        ("bound", "Soon", 60),
        ("alike", "Soon", 60),
        ("later", "Later", 3_600),
        ("unbound", "Nobody", 60),
    ] {
        ahead
            .job(json!({"name": name, "handlerName": handler, "every": every}))
            .await;
    }
    let bound = ahead.world.bind("Soon", None).await;
    ahead.world.bind("Later", None).await;
    let told = ahead.store.foresee(at(58), at(60)).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|(name, binding)| (name.as_str(), binding.version, binding.handler_revision))
        .collect();
    assert_eq!(told, [("Soon", 1, bound.revision)]);
    assert!(ahead.store.foresee(at(60), at(62)).await.unwrap().is_empty());
}
