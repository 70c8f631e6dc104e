//! Runs that are claimed in the commit that makes them, where the process that makes them keeps seats.

#![expect(
    clippy::unwrap_used,
    reason = "a database that does not answer fails a case by a panic"
)]

mod support;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::{Value, json};
use tempfile::TempDir;
use wasmtab_domain::{
    ids::BootId,
    job::Job,
    run::{Claim, RunStatus},
    status::{AttemptStatus, RunState},
};
use wasmtab_store::{
    Attendant, HoldRequest, JobStore as _, NewTrigger, PluginStore as _, RunFilter, RunStore as _, Seats,
    Store as _,
    conformance::{World, at},
};
use wasmtab_store_sqlite::SqliteStore;

/// A process with so many seats, and the claims that took them.
#[derive(Debug)]
struct Process {
    seats: u32,
    claims: Arc<Mutex<Vec<Claim>>>,
}

impl Process {
    fn taken(&self) -> Vec<Claim> {
        std::mem::take(&mut self.claims.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Attendant for Process {
    fn seats(&self, most: u32) -> Option<Box<dyn Seats>> {
        let count = self.seats.min(most);
        (count > 0).then(|| {
            Box::new(Kept {
                count,
                claims: Arc::clone(&self.claims),
            }) as Box<dyn Seats>
        })
    }
}

struct Kept {
    count: u32,
    claims: Arc<Mutex<Vec<Claim>>>,
}

impl Seats for Kept {
    fn owner(&self) -> (BootId, &str) {
        (BootId(1), "node")
    }

    fn count(&self) -> u32 {
        self.count
    }

    fn take(self: Box<Self>, claims: Vec<Claim>) {
        assert!(claims.len() <= self.count as usize);
        self.claims
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(claims);
    }

    fn unsure(self: Box<Self>) {
        panic!("every commit is answered here");
    }
}

/// A database whose desk is attended.
struct Attended {
    world: World,
    store: Arc<SqliteStore>,
    process: Arc<Process>,
    _directory: TempDir,
}

impl Attended {
    async fn with(seats: u32) -> Self {
        let (world, store, directory) = support::empty().await;
        let process = Arc::new(Process {
            seats,
            claims: Arc::default(),
        });
        let attendant: Weak<Process> = Arc::downgrade(&process);
        store.desk().unwrap().attend(attendant);
        Self {
            world,
            store,
            process,
            _directory: directory,
        }
    }

    async fn job(&self, said: Value) -> Job {
        self.world.create(said, at(0)).await
    }

    /// The names of the jobs whose runs took the seats, in their order.
    fn seated(&self) -> Vec<String> {
        let claims = self.process.taken().into_iter();
        claims.filter_map(|claim| claim.job_name).collect()
    }

    /// What the dispatcher claims.
    async fn claim(&self, secs: i64) -> Vec<Claim> {
        self.world.claim_for(BootId(1), at(secs), 100).await
    }

    async fn states(&self) -> Vec<RunStatus> {
        let page = self.store.runs(&RunFilter::default(), None, 100).await.unwrap();
        page.items.into_iter().map(|run| run.status).collect()
    }
}

#[tokio::test]
async fn a_fire_is_claimed_as_it_is_released() {
    let attended = Attended::with(1).await;
    let job = attended
        .job(json!({"handlerParam": "said", "retryCount": 2, "timezone": "Asia/Kolkata"}))
        .await;
    let released = attended.store.release_due(at(60), 10).await.unwrap();
    assert_eq!((released.runs, released.next_plan_at), (1, Some(at(120))));
    let claims = attended.process.taken();
    let claim = &claims[0];
    assert_eq!(claims.len(), 1);
    assert_eq!(claim.attempt_id, claim.run_id.first_attempt());
    assert_eq!(
        (claim.job_id, claim.execute_index, claim.scheduled_at),
        (Some(job.id), 1, at(60))
    );
    assert_eq!(claim.handler_param, "said");
    assert_eq!(claim.timezone, chrono_tz::Asia::Kolkata);
    assert_eq!(claim.policy.retry.retry_count, 2);
    let attempt = attended.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!(
        (attempt.status, attempt.boot_id, attempt.claimed_at),
        (AttemptStatus::Claimed, Some(BootId(1)), Some(at(60)))
    );
    assert_eq!(attended.states().await, [RunStatus::Active(RunState::Running)]);
    // Nobody claims it again.
    assert!(attended.claim(60).await.is_empty());
}

#[tokio::test]
async fn more_fires_than_seats_wait_in_the_queue() {
    let attended = Attended::with(2).await;
    for name in ["a", "b", "c"] {
        attended.job(json!({"name": name})).await;
    }
    attended.store.release_due(at(60), 10).await.unwrap();
    assert_eq!(attended.seated(), ["a", "b"]);
    let others = attended.claim(60).await;
    assert_eq!(others[0].job_name.as_deref(), Some("c"));
}

#[tokio::test]
async fn the_higher_priority_has_the_seat() {
    let attended = Attended::with(1).await;
    attended.job(json!({"name": "low", "priority": -1})).await;
    attended.job(json!({"name": "high", "priority": 5})).await;
    attended.store.release_due(at(60), 10).await.unwrap();
    assert_eq!(attended.seated(), ["high"]);
}

#[tokio::test]
async fn whatever_waits_comes_first() {
    let attended = Attended::with(1).await;
    for name in ["a", "b"] {
        attended.job(json!({"name": name, "overlap": "allow"})).await;
    }
    attended.store.release_due(at(60), 10).await.unwrap();
    assert_eq!(attended.seated(), ["a"]);
    // `b` still waits for a place.
    attended.store.release_due(at(120), 10).await.unwrap();
    assert!(attended.seated().is_empty());
    let names: Vec<_> = attended
        .claim(120)
        .await
        .into_iter()
        .filter_map(|claim| claim.job_name)
        .collect();
    assert_eq!(names, ["b", "a", "b"]);
}

#[tokio::test]
async fn what_needs_more_than_a_place_is_not_claimed() {
    let attended = Attended::with(10).await;
    attended.job(json!({"name": "later", "jitter": 30})).await;
    attended.job(json!({"name": "shards", "shards": 3})).await;
    attended.job(json!({"name": "held", "handlerName": "Held"})).await;
    attended.world.bind("Held", None).await;
    let held = HoldRequest {
        note: None,
        by: "ann".into(),
        now: at(1),
    };
    attended.store.hold_handler("Held", held).await.unwrap();
    attended.store.release_due(at(60), 10).await.unwrap();
    assert!(attended.seated().is_empty());
    assert_eq!(attended.states().await.len(), 5);
}

#[tokio::test]
async fn a_run_that_waits_for_its_turn_is_not_claimed() {
    let attended = Attended::with(10).await;
    attended.job(json!({"overlap": "bufferOne"})).await;
    attended.store.release_due(at(60), 10).await.unwrap();
    assert_eq!(attended.seated().len(), 1);
    attended.store.release_due(at(120), 10).await.unwrap();
    assert!(attended.seated().is_empty());
}

#[tokio::test]
async fn a_start_by_hand_takes_a_seat_too() {
    let attended = Attended::with(1).await;
    let job = attended.job(json!({})).await;
    let trigger = NewTrigger {
        job_id: job.id,
        handler_param: Some("given".into()),
        overlap: None,
        by: "ann".into(),
        now: at(5),
    };
    let run = attended.store.trigger(trigger).await.unwrap().unwrap().run;
    let claims = attended.process.taken();
    assert_eq!(claims[0].run_id, run.id);
    assert_eq!(claims[0].handler_param, "given");
    assert_eq!(run.status, RunStatus::Active(RunState::Queued));
}
