//! The same duties as loops that go on by themselves: a simulated clock wakes them, hints wake them, and they end in order.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tempfile::TempDir;
use tokio::{runtime::Handle, sync::broadcast::Receiver};
use wasmtab_domain::{
    ids::{BootId, JobId, RunId},
    retention::Retention,
    run::RunStatus,
    status::{AttemptStatus, RunState},
    time::Timestamp,
};
use wasmtab_scheduler::{Config, Running, Timer, start};
use wasmtab_store::{
    Hint, StateScope, Store,
    conformance::{World as Words, at},
};
use wasmtab_store_sqlite::SqliteStore;

use crate::{
    chronicle::Chronicle,
    clock::SimClock,
    guests::{Ending, Guests, Playground},
};

/// A running process over an empty database at the begin.
struct Process {
    words: Words,
    hints: Receiver<Hint>,
    clock: Arc<SimClock>,
    guests: Arc<Guests>,
    running: Running,
    _directory: TempDir,
}

async fn process() -> Process {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("wasmtab.db"))
        .await
        .unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let (clock, guests) = (Arc::new(SimClock::at(at(0))), Arc::new(Guests::default()));
    let config = Config {
        node: "node".into(),
        boot_id: BootId(1),
        concurrency: 8,
        retention: Retention::all(Duration::from_hours(24)),
        guests: Handle::current(),
        replan: false,
    };
    let playground = Playground {
        guests: Arc::clone(&guests),
        clock: Arc::clone(&clock),
        chronicle: Arc::new(Chronicle::default()),
        owner: BootId(1),
    };
    let hints = store.hints().listen();
    let timer = Arc::clone(&clock) as Arc<dyn Timer>;
    let running = start(config, Arc::clone(&store), timer, Arc::new(playground))
        .await
        .unwrap();
    Process {
        words: Words::new(store),
        hints,
        clock,
        guests,
        running,
        _directory: directory,
    }
}

impl Process {
    async fn until_a_guest_begins(&self, now: Timestamp) -> RunId {
        self.clock.set(now);
        loop {
            if let Some(attempt) = self.guests.going().first() {
                return RunId(attempt.0);
            }
            tokio::task::yield_now().await;
        }
    }

    async fn until_it_ends(&mut self, run: RunId) {
        while self.hints.recv().await.unwrap() != Hint::RunEnded(run) {}
    }

    async fn fires(&self, job: JobId) -> Vec<Timestamp> {
        self.words
            .runs(job)
            .await
            .iter()
            .map(|run| run.scheduled_at)
            .collect()
    }
}

#[tokio::test]
async fn a_clock_that_moves_wakes_whoever_waits_for_it() {
    let mut process = process().await;
    let job = process.words.create(json!({"every": 60}), at(0)).await.id;
    let run = process.until_a_guest_begins(at(60)).await;
    process.guests.end(process.guests.going()[0], Ending::SUCCESS);
    process.until_it_ends(run).await;
    assert_eq!(process.fires(job).await, [at(60)]);
    process
        .running
        .shut_down(Duration::ZERO, std::future::pending())
        .await;
}

#[tokio::test]
async fn a_handler_is_made_ready_before_its_fire() {
    let process = process().await;
    process.words.bind("Soon", None).await;
    process
        .words
        .create(json!({"handlerName": "Soon", "every": 60}), at(0))
        .await;
    process.clock.set(at(30));
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(process.guests.prepared().is_empty());
    process.clock.set(at(60).minus(Duration::from_millis(500)));
    while process.guests.prepared().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(process.guests.going().is_empty());
    process.until_a_guest_begins(at(60)).await;
    assert_eq!(process.guests.prepared(), ["Soon".to_owned()].into());
    process
        .running
        .shut_down(Duration::ZERO, std::future::pending())
        .await;
}

#[tokio::test]
async fn a_clock_that_was_set_back_is_noticed_while_the_process_lives() {
    let mut process = process().await;
    let first = process
        .words
        .create(json!({"name": "first", "every": 60}), at(0))
        .await
        .id;
    let run = process.until_a_guest_begins(at(7_200)).await;
    process.guests.end(process.guests.going()[0], Ending::SUCCESS);
    process.until_it_ends(run).await;
    // Made while the clock was two hours ahead, so its next fire lies behind that.
    let second = process
        .words
        .create(
            json!({"name": "second", "cronExpression": "* * * * *"}),
            at(7_200),
        )
        .await
        .id;
    process.clock.set(at(120));
    while process.words.read(second).await.progress.next_fire_at != Some(at(180)) {
        tokio::task::yield_now().await;
    }
    let run = process.until_a_guest_begins(at(180)).await;
    process.guests.end(process.guests.going()[0], Ending::SUCCESS);
    process.until_it_ends(run).await;
    assert_eq!(process.fires(first).await, [at(7_140)]);
    assert_eq!(process.fires(second).await, [at(180)]);
    process
        .running
        .shut_down(Duration::ZERO, std::future::pending())
        .await;
}

#[tokio::test]
async fn fires_that_follow_each_other_closely_wait_for_company() {
    let mut process = process().await;
    process
        .words
        .create(json!({"name": "first", "every": 60}), at(0))
        .await;
    let soon = at(60).plus(Duration::from_millis(1));
    let said = json!({"name": "second", "every": 60, "startAt": soon.to_string()});
    let second = process.words.create(said, at(0)).await.id;
    let run = process.until_a_guest_begins(at(60)).await;
    process.guests.end(process.guests.going()[0], Ending::SUCCESS);
    process.until_it_ends(run).await;
    process.clock.set(at(60).plus(Duration::from_millis(2)));
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    // A release that had begun would be done before this is.
    let scope = StateScope::Handler("handler".into());
    let write = process.words.store.state_set(&scope, "key", b"value", 100);
    write.await.unwrap().unwrap();
    assert!(process.fires(second).await.is_empty());
    process
        .until_a_guest_begins(at(60).plus(Duration::from_millis(3)))
        .await;
    assert_eq!(process.fires(second).await, [soon]);
    process
        .running
        .shut_down(Duration::ZERO, std::future::pending())
        .await;
}

#[tokio::test]
async fn whoever_outstays_the_shutdown_is_abandoned_and_repeated() {
    let process = process().await;
    let job = process.words.create(json!({"every": 60}), at(0)).await.id;
    let run = process.until_a_guest_begins(at(60)).await;
    let Process { words, running, .. } = process;
    running.shut_down(Duration::ZERO, std::future::pending()).await;
    let attempt = words.log(job).await.remove(0);
    assert_eq!(attempt.status, AttemptStatus::Abandoned);
    let run = words.store.run(run).await.unwrap().unwrap();
    assert_eq!(run.status, RunStatus::Active(RunState::Queued));
    assert!(words.store.nodes(1).await.unwrap()[0].stopped_at.is_some());
}

/// So many jobs fire in one instant that their release is prepared before it.
const MANY: usize = 120;

#[tokio::test]
async fn many_that_fire_in_one_instant_are_released_on_it_and_begin() {
    let process = process().await;
    let mut jobs = Vec::new();
    for number in 0..MANY {
        let said = json!({"name": format!("job-{number}"), "every": 60});
        jobs.push(process.words.create(said, at(0)).await.id);
    }
    // Everything that writes waits once they are prepared: whoever is answered no more has seen that they are.
    process.clock.set(at(60).minus(Duration::from_millis(10)));
    let write = loop {
        let store = Arc::clone(&process.words.store);
        let write = tokio::spawn(async move {
            let scope = StateScope::Handler("handler".into());
            store.state_set(&scope, "key", b"value", 100).await
        });
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        if !write.is_finished() {
            break write;
        }
    };
    for job in &jobs {
        assert!(process.words.runs(*job).await.is_empty());
    }
    process.clock.set(at(60));
    write.await.unwrap().unwrap().unwrap();
    while process.guests.going().is_empty() {
        tokio::task::yield_now().await;
    }
    for job in &jobs {
        assert_eq!(process.fires(*job).await, [at(60)]);
    }
    process
        .running
        .shut_down(Duration::ZERO, std::future::pending())
        .await;
}
