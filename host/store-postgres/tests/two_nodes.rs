//! Two processes on one database, at the same time.

mod support;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::json;
use wasmtab_domain::{
    ids::{BootId, JobId},
    run::Outcome,
    status::{AttemptStatus, Trigger},
    time::Timestamp,
};
use wasmtab_store::{
    CancelReply, ClaimRequest, FinishReply, Hint, JobStore as _, MaintenanceStore as _, NewTrigger, NodeInfo,
    NodeStore as _, PauseRequest, RunFilter, RunStore as _, Store as _,
    conformance::{World, at},
};
use wasmtab_store_postgres::PostgresStore;

/// Seconds, in each of which every job fires.
const ROUNDS: i64 = 40;
const OVERLAPS: [&str; 5] = ["skip", "bufferOne", "bufferAll", "cancelOther", "allow"];

/// Two processes on an empty database.
async fn two() -> [Arc<PostgresStore>; 2] {
    let schema = support::fresh_schema();
    let stores = [support::open(&schema).await, support::open(&schema).await];
    stores.map(Arc::new)
}

fn node(boot: i64, now: Timestamp, lease_until: Timestamp) -> NodeInfo {
    NodeInfo {
        boot_id: BootId(boot),
        name: format!("node-{boot}"),
        started_at: now,
        seen_at: now,
        lease_until,
        stopped_at: None,
    }
}

fn request(boot: i64, now: Timestamp, limit: u32) -> ClaimRequest {
    ClaimRequest {
        boot_id: BootId(boot),
        node: format!("node-{boot}"),
        now,
        limit,
        by_age: 1,
    }
}

/// One process's round: it plans, claims, and ends what it claimed; other rounds go on meanwhile.
async fn round(store: Arc<PostgresStore>, boot: i64, now: Timestamp) {
    for _ in 0..4 {
        store.release_due(now, 3).await.expect("it plans");
        let claimed = store.claim_due(&request(boot, now, 5)).await.expect("it claims");
        let outcomes: Vec<_> = claimed
            .claims
            .iter()
            .map(|claim| {
                // One in five fails, so that both ways of a chain are gone.
                let status = if claim.run_id.0 % 5 == 0 {
                    AttemptStatus::Failure
                } else {
                    AttemptStatus::Success
                };
                Outcome::bare(claim.attempt_id, claim.run_id, status, now)
            })
            .collect();
        let replies = store.finish(&outcomes, now).await.expect("it records");
        assert!(
            !replies.contains(&FinishReply::Refused),
            "nobody else has what it claimed"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fire_is_decided_once_and_nobody_waits_for_a_turn_that_never_comes() {
    let stores = two().await;
    let world = World::new(Arc::clone(&stores[0]) as Arc<_>);
    let mut jobs = Vec::new();
    for (number, overlap) in OVERLAPS.iter().cycle().take(10).enumerate() {
        let follower = format!("job {}", (number + 1) % 10);
        // A chain that comes round is refused, so the last one starts nothing.
        let chain = if number < 9 { vec![follower] } else { Vec::new() };
        let said = json!({
            "name": format!("job {number}"), "every": 1, "overlap": overlap, "shards": 1 + number % 3,
            "misfire": "all", "onSuccess": chain, "retryCount": 1, "retryInterval": 2,
        });
        jobs.push(world.create(said, at(0)).await.id);
    }
    for second in 1..=ROUNDS {
        let rounds = [0_i64, 1, 2, 3].map(|lane| {
            let store = Arc::clone(&stores[lane as usize % 2]);
            tokio::spawn(round(store, 1 + lane % 2, at(second)))
        });
        for round in rounds {
            round.await.expect("a round ends well");
        }
    }
    // What is due is decided, and nothing is planned any more.
    let now = at(ROUNDS);
    while stores[0].release_due(now, 100).await.expect("it plans").more {}
    for job in &jobs {
        let request = PauseRequest {
            until: None,
            note: None,
            by: "ops".into(),
            now,
        };
        stores[1]
            .pause_job(*job, request)
            .await
            .expect("it pauses")
            .expect("it is there");
    }
    for job in &jobs {
        decided_once(&stores[0], *job).await;
        stores[0]
            .resume_job(*job, "ops", now)
            .await
            .expect("it resumes")
            .expect("it is there");
    }
    assert_eq!(stores[0].findings(10).await.expect("it looks").turnless.count, 0);
    drain(&stores).await;
}

/// Every second has one decision: a run (of which each shard is one), or a row of skips that covers it.
async fn decided_once(store: &PostgresStore, job: JobId) {
    let fires = store
        .decided_fires(job, at(0), at(ROUNDS + 1))
        .await
        .expect("they are read");
    let mut decisions: BTreeMap<i64, Vec<bool>> = BTreeMap::new();
    for fire in fires.iter().filter(|fire| fire.trigger == Trigger::Cron) {
        let is_run = matches!(fire.became, wasmtab_domain::decided::Became::Run(..));
        let (from, until) = (
            fire.from.as_micros() / 1_000_000,
            fire.until.as_micros() / 1_000_000,
        );
        for second in from..=until {
            decisions.entry(second).or_default().push(is_run);
        }
    }
    let seconds: Vec<_> = decisions.keys().copied().collect();
    let begin = at(0).as_micros() / 1_000_000;
    assert_eq!(
        seconds,
        (begin + 1..=begin + ROUNDS).collect::<Vec<_>>(),
        "job {job}"
    );
    for (second, all) in decisions {
        let runs = all.iter().filter(|is_run| **is_run).count();
        assert!(
            runs == all.len() || all.len() == 1,
            "second {second} of job {job} is both run and skipped: {all:?}"
        );
    }
}

/// Claims and ends what is left; fires of the present are none, since the jobs stopped there.
async fn drain(stores: &[Arc<PostgresStore>; 2]) {
    for second in 1..400 {
        let now = at(ROUNDS).plus(Duration::from_millis(second * 20));
        let claimed = stores[0]
            .claim_due(&request(1, now, 1_000))
            .await
            .expect("it claims");
        let outcomes: Vec<_> = claimed
            .claims
            .iter()
            .map(|claim| Outcome::bare(claim.attempt_id, claim.run_id, AttemptStatus::Cancelled, now))
            .collect();
        stores[1].finish(&outcomes, now).await.expect("it records");
        let active = RunFilter {
            active: Some(true),
            ..RunFilter::default()
        };
        if stores[0]
            .runs(&active, None, 1)
            .await
            .expect("it reads")
            .items
            .is_empty()
        {
            return;
        }
    }
    panic!("runs are left that nobody can claim");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_lost_its_lease_claims_nothing_until_it_enters_itself_anew() {
    let [first, second] = two().await;
    let world = World::new(Arc::clone(&first) as Arc<_>);
    world.create(json!({"overlap": "allow"}), at(0)).await;
    first
        .register_node(node(1, at(0), at(15)))
        .await
        .expect("it enters");
    second
        .register_node(node(2, at(0), at(100)))
        .await
        .expect("it enters");
    world.release(at(60)).await;
    let claim = world.claim_for(BootId(1), at(60), 1).await.remove(0);

    assert_eq!(second.rescue(BootId(2), at(61)).await.expect("it looks"), 1);
    assert!(
        !first
            .heartbeat(BootId(1), at(61), at(76))
            .await
            .expect("it is told")
    );
    assert!(world.claim_for(BootId(1), at(61), 1).await.is_empty());
    let reply = world.end(&claim, AttemptStatus::Success, at(61)).await;
    assert_eq!(reply, FinishReply::Refused);

    first
        .register_node(node(1, at(62), at(77)))
        .await
        .expect("it enters anew");
    assert!(
        first
            .heartbeat(BootId(1), at(63), at(78))
            .await
            .expect("it lives")
    );
    let again = world.claim_for(BootId(1), at(63), 1).await.remove(0);
    assert_eq!((again.run_id, again.execute_index), (claim.run_id, 2));
    assert_eq!(second.rescue(BootId(2), at(64)).await.expect("it looks"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_hears_what_another_did() {
    let [first, second] = two().await;
    let mut heard = second.hints().listen();
    let world = World::new(Arc::clone(&first) as Arc<_>);
    // Listening begins in a task of its own: whoever says something again is heard at last.
    let mut number = 0;
    let hint = loop {
        number += 1;
        world
            .create(json!({"name": format!("job {number}")}), at(0))
            .await;
        if let Ok(hint) = tokio::time::timeout(Duration::from_millis(200), heard.recv()).await {
            break hint.expect("a hint");
        }
        assert!(number < 100, "nothing is heard");
    };
    assert_eq!(hint, Hint::Jobs);

    let job = first
        .job_named("job 1")
        .await
        .expect("it reads")
        .expect("it is there");
    let trigger = NewTrigger {
        job_id: job.id,
        handler_param: None,
        overlap: None,
        by: "ops".into(),
        now: at(1),
    };
    first
        .trigger(trigger)
        .await
        .expect("it starts")
        .expect("nothing is in the way");
    let claim = second
        .claim_due(&request(2, at(1), 1))
        .await
        .expect("it claims")
        .claims
        .remove(0);
    let reply = first
        .cancel_run(claim.run_id, "ops", at(1))
        .await
        .expect("it asks");
    assert_eq!(reply, CancelReply::Asked(claim.attempt_id));
    loop {
        let hint = tokio::time::timeout(Duration::from_mins(1), heard.recv()).await;
        if hint.expect("it is heard").expect("a hint") == Hint::Cancel(claim.attempt_id) {
            break;
        }
    }
}
