//! How much of what there is, and what was counted.

use serde_json::json;
use wasmtab_domain::{
    status::{AttemptStatus, RunState, SkipReason},
    time::Timestamp,
};

use super::support::{World, at};
use crate::{Facts, JobWrite, PauseRequest, QueuePart};

impl World {
    async fn facts(&self) -> Facts {
        let mut facts = self.store.facts().await.unwrap();
        facts.queue.sort_by_key(|part| (part.state, part.held));
        facts
    }
}

const fn part(state: RunState, held: bool, runs: u64, due_at: Timestamp) -> QueuePart {
    QueuePart {
        state,
        held,
        runs,
        due_at,
    }
}

pub(super) async fn what_there_is_is_counted(w: World) {
    assert_eq!(
        w.facts().await,
        Facts {
            size: w.facts().await.size,
            ..Facts::default()
        }
    );
    for (name, status) in [("a", "normal"), ("b", "normal"), ("c", "stopped")] {
        w.job(json!({"name": name, "status": status})).await;
    }
    let paused = w.store.job_named("b").await.unwrap().unwrap().id;
    let request = PauseRequest {
        until: None,
        note: None,
        by: "ops".into(),
        now: at(1),
    };
    w.store.pause_job(paused, request).await.unwrap().unwrap();
    let facts = w.facts().await;
    assert_eq!((facts.jobs, facts.planned, facts.paused), (3, 2, 1));
    w.store.resume_job(paused, "ops", at(2)).await.unwrap().unwrap();
    assert_eq!(w.facts().await.paused, 0);
}

pub(super) async fn the_queue_is_told_apart_by_state_and_hold(w: World) {
    let buffered = w.job(json!({"name": "b", "overlap": "bufferOne"})).await;
    w.job(json!({"name": "a"})).await;
    w.release(at(60)).await;
    assert_eq!(w.facts().await.queue, [part(RunState::Queued, false, 2, at(60))]);
    w.claim(at(60)).await;
    w.release(at(120)).await;
    assert_eq!(w.runs(buffered.id).await.len(), 2);
    assert_eq!(
        w.facts().await.queue,
        [
            part(RunState::Queued, true, 1, at(120)),
            part(RunState::Running, false, 2, at(60)),
        ]
    );
}

pub(super) async fn decided_fires_are_counted_by_reason(w: World) {
    let count = |reason| w.store.meters().fires(reason);
    let job = w.job(json!({})).await;
    w.release(at(60)).await;
    assert_eq!(count(SkipReason::Overlap), (1, 0));
    w.release(at(120)).await;
    w.release(at(180)).await;
    assert_eq!(count(SkipReason::Overlap), (1, 2));
    let claim = w.claim_one(at(180)).await;
    w.end(&claim, AttemptStatus::Success, at(181)).await;
    // An edit decides what was due before it.
    let write = JobWrite {
        spec: World::patched(&job.spec, &json!({"misfire": "skip"})),
        source: None,
        by: "ann".into(),
        now: at(242),
    };
    w.store.update_job(job.id, None, write).await.unwrap().unwrap();
    assert_eq!(count(SkipReason::Overlap), (2, 2));
    let claim = w.claim_one(at(242)).await;
    w.end(&claim, AttemptStatus::Success, at(243)).await;
    // Five fires were missed by more than the grace, the last one was not.
    w.release(at(600)).await;
    assert_eq!(count(SkipReason::Misfire), (3, 5));
}
