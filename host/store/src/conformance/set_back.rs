//! The wall clock goes back: next fires are computed anew, and what was decided stays decided.

use serde_json::json;
use wasmtab_domain::status::AttemptStatus;

use super::support::{World, at};

pub(super) async fn next_fires_are_computed_anew(w: World) {
    let job = w.job(json!({"cronExpression": "* * * * *"})).await;
    let stopped = w.job(json!({"name": "stopped", "status": "stopped"})).await;
    w.release(at(7_200)).await;
    w.store.replan(at(-600)).await.unwrap();
    assert_eq!(w.read(job.id).await.progress.next_fire_at, Some(at(-540)));
    assert_eq!(w.read(stopped.id).await.progress.next_fire_at, None);
    w.release(at(-540)).await;
    assert_eq!(w.skipped(job.id).await.last(), Some(&(-540, -540, 1, "overlap")));
}

pub(super) async fn what_was_decided_stays_decided(w: World) {
    let job = w.job(json!({"overlap": "allow"})).await;
    for minute in 1..=3 {
        w.release(at(minute * 60)).await;
    }
    // One has ended, one goes on, one waits: each was decided.
    let claims = w.claim_for(super::support::BOOT, at(180), 2).await;
    w.end(&claims[0], AttemptStatus::Success, at(180)).await;
    w.store.replan(at(30)).await.unwrap();
    assert_eq!(w.read(job.id).await.progress.next_fire_at, Some(at(60)));
    for minute in 1..=4 {
        w.release(at(minute * 60)).await;
    }
    assert_eq!(w.ran(job.id).await, [60, 120, 180, 240]);
    assert!(w.skipped(job.id).await.is_empty());
}

pub(super) async fn ids_go_on_rising(w: World) {
    let job = w.job(json!({"overlap": "allow"})).await;
    let first = w.trigger(job.id, at(86_400)).await;
    let second = w.trigger(job.id, at(0)).await;
    assert!(second.id > first.id);
}

pub(super) async fn an_edit_after_it_decides_the_new_instants_only(w: World) {
    let job = w.job(json!({"overlap": "allow"})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    w.store.replan(at(40)).await.unwrap();
    w.edit(job.id, json!({"every": 30}), at(45)).await.unwrap();
    for half in 2..=5 {
        w.release(at(half * 30)).await;
    }
    assert_eq!(w.ran(job.id).await, [60, 120, 90, 150]);
    assert!(w.skipped(job.id).await.is_empty());
}

pub(super) async fn a_shared_row_covers_no_instant_of_another_schedule(w: World) {
    let job = w.job(json!({"overlap": "allow"})).await;
    w.pause(job.id, None, at(1)).await;
    w.resume(job.id, at(190)).await;
    assert_eq!(w.skipped(job.id).await, [(60, 180, 3, "paused")]);
    w.store.replan(at(10)).await.unwrap();
    w.edit(job.id, json!({"every": 30}), at(20)).await.unwrap();
    for half in 1..=7 {
        w.release(at(half * 30)).await;
    }
    // 60, 120 and 180 are in the row; 90 and 150 only lie within it.
    assert_eq!(w.ran(job.id).await, [30, 90, 150, 210]);
}

pub(super) async fn a_shared_row_never_spans_a_decided_instant(w: World) {
    let job = w.job(json!({"every": 120, "overlap": "allow"})).await;
    w.release(at(120)).await;
    w.store.replan(at(10)).await.unwrap();
    w.edit(job.id, json!({"every": 60}), at(20)).await.unwrap();
    w.pause(job.id, None, at(30)).await;
    w.resume(job.id, at(190)).await;
    assert_eq!(w.ran(job.id).await, [120]);
    assert_eq!(
        w.skipped(job.id).await,
        [(60, 60, 1, "paused"), (180, 180, 1, "paused")]
    );
}

pub(super) async fn the_newest_missed_fire_is_one_that_was_not_decided(w: World) {
    let job = w.job(json!({"every": 60, "overlap": "allow"})).await;
    for minute in 1..=3 {
        w.release(at(minute * 60)).await;
    }
    w.store.replan(at(30)).await.unwrap();
    w.edit(job.id, json!({"every": 45}), at(40)).await.unwrap();
    // 45, 90 and 135 were missed, and so was 180, but that has run.
    w.release(at(200)).await;
    assert_eq!(w.ran(job.id).await, [60, 120, 180, 135]);
    assert_eq!(
        w.skipped(job.id).await,
        [(45, 45, 1, "misfire"), (90, 90, 1, "misfire")]
    );
}
