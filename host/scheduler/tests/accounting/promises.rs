//! What the scheduler promises where one thing goes wrong at one place.

use std::time::Duration;

use serde_json::json;
use wasmtab_domain::{
    run::Run,
    status::AttemptStatus,
    time::{Clock, Timestamp},
};
use wasmtab_store::{RunFilter, RunStore, conformance::at};

use crate::{
    faults::{Fault, Plan},
    guests::Ending,
    sound,
    world::World,
};

/// A world without misfortune, and a process in it.
async fn world() -> World {
    let mut world = World::new(0, at(0), Plan::Never, sound);
    world.boot().await;
    world
}

async fn runs(world: &mut World) -> Vec<Run> {
    let up = world.up().unwrap();
    let mut runs = up.tap.runs(&RunFilter::default(), None, 100).await.unwrap().items;
    runs.sort_by_key(|run| run.id);
    runs
}

async fn fires(world: &mut World) -> Vec<Timestamp> {
    runs(world).await.iter().map(|run| run.scheduled_at).collect()
}

/// The clock is an hour ahead, and a job is made that fires every hour on the hour.
async fn made_in_the_future() -> World {
    let mut world = world().await;
    world.clock.set(at(3_610));
    world.create_as(json!({"cronExpression": "0 * * * *"})).await;
    world
}

#[tokio::test]
async fn a_clock_set_back_is_noticed_though_the_database_fails_at_first() {
    let mut world = made_in_the_future().await;
    world.clock.set(at(10));
    world.faults.next_is(Fault::Refused);
    world.plan().await;
    world.plan().await;
    world.clock.set(at(3_600));
    world.plan().await;
    assert_eq!(fires(&mut world).await, [at(3_600)]);
}

#[tokio::test]
async fn a_clock_set_back_is_noticed_though_the_process_died_meanwhile() {
    let mut world = made_in_the_future().await;
    world.die();
    world.clock.set(at(10));
    world.boot().await;
    world.plan().await;
    world.clock.set(at(3_600));
    world.plan().await;
    assert_eq!(fires(&mut world).await, [at(3_600)]);
}

#[tokio::test]
async fn a_clock_set_back_is_noticed_though_the_keeper_was_first_to_see_it() {
    let mut world = made_in_the_future().await;
    world.clock.set(at(10));
    world.keep().await;
    world.die();
    world.boot().await;
    world.plan().await;
    world.clock.set(at(3_600));
    world.plan().await;
    assert_eq!(fires(&mut world).await, [at(3_600)]);
}

#[tokio::test]
async fn a_claim_that_nobody_heard_of_is_repeated() {
    let mut world = world().await;
    // Parts of a fire are left to the dispatcher.
    world.create_as(json!({"every": 60, "shards": 2})).await;
    world.clock.set(at(60));
    world.plan().await;
    world.faults.next_is(Fault::Unanswered);
    world.claim().await;
    assert!(world.guests.going().is_empty());
    world.claim().await;
    let going = world.guests.going();
    assert_eq!(going.len(), 2);
    for attempt in going {
        world.guests.end(attempt, Ending::SUCCESS);
    }
    world.record().await;
    for run in runs(&mut world).await {
        assert_eq!((run.status.as_str(), run.attempts), ("success", 2));
    }
}

#[tokio::test]
async fn a_fire_that_nobody_heard_to_be_claimed_is_repeated() {
    let mut world = world().await;
    world.create_as(json!({"every": 60})).await;
    world.clock.set(at(60));
    world.faults.next_is(Fault::Unanswered);
    world.plan().await;
    world.turn().await;
    assert!(world.guests.going().is_empty());
    world.claim().await;
    assert_eq!(world.guests.going().len(), 1);
    world.guests.end(world.guests.going()[0], Ending::SUCCESS);
    world.record().await;
    let run = runs(&mut world).await.remove(0);
    assert_eq!((run.status.as_str(), run.attempts), ("success", 2));
}

#[tokio::test]
async fn what_goes_on_or_waits_to_be_written_is_not_given_back() {
    let mut world = world().await;
    world.create_as(json!({"every": 60, "overlap": "allow"})).await;
    for minute in 1..=2 {
        world.clock.set(at(minute * 60));
        world.plan().await;
        world.claim().await;
    }
    // One has ended and is not written, the other goes on, when a third claim is not heard of.
    world.guests.end(world.guests.going()[0], Ending::SUCCESS);
    world.turn().await;
    world.advance(Duration::from_mins(1));
    world.faults.next_is(Fault::Unanswered);
    world.plan().await;
    world.claim().await;
    world.guests.end(world.guests.going()[0], Ending::SUCCESS);
    world.record().await;
    let attempts: Vec<_> = runs(&mut world)
        .await
        .iter()
        .map(|run| (run.status.as_str(), run.attempts))
        .collect();
    assert_eq!(attempts, [("success", 1), ("success", 1), ("running", 2)]);
}

#[tokio::test]
async fn an_outcome_is_written_however_often_the_database_refuses_it() {
    let mut world = world().await;
    world
        .create_as(json!({"every": 60, "retryCount": 5, "retryInterval": 0}))
        .await;
    world.clock.set(at(60));
    world.plan().await;
    world.claim().await;
    world
        .guests
        .end(world.guests.going()[0], Ending::of(AttemptStatus::Failure));
    for fault in [Fault::Refused, Fault::Refused, Fault::Unanswered] {
        world.turn().await;
        world.faults.next_is(fault);
        world.record().await;
    }
    // It was written when the answer was lost; once more it is refused.
    world.record().await;
    let run = runs(&mut world).await.remove(0);
    assert_eq!((run.status.as_str(), run.attempts), ("waitingRetry", 1));
    assert_eq!(run.due_at, Some(world.clock.now()));
}

#[tokio::test]
async fn a_place_goes_to_whoever_is_due_though_the_clock_was_set_back() {
    let mut world = world().await;
    world.bind(Some(1)).await;
    for priority in [0, 5] {
        let said =
            json!({"every": 86_400, "handlerName": "Bounded", "overlap": "allow", "priority": priority});
        world.create_as(said).await;
    }
    let jobs: Vec<_> = world.jobs().await.iter().map(|job| job.id).collect();
    for (secs, job) in [(10, jobs[0]), (10, jobs[0]), (7_200, jobs[1])] {
        world.clock.set(at(secs));
        world.start(job).await;
        world.claim().await;
    }
    // One goes on, and two wait for its place; of the more urgent one the instant lies ahead again.
    world.clock.set(at(100));
    world.guests.end(world.guests.going()[0], Ending::SUCCESS);
    world.record().await;
    world.claim().await;
    let stands: Vec<_> = runs(&mut world)
        .await
        .iter()
        .map(|run| run.status.as_str())
        .collect();
    assert_eq!(stands, ["success", "running", "queued"]);
}
