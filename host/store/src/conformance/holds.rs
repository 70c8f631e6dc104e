//! Handlers that are held, and handlers with a bound on attempts at once.

use serde_json::{Value, json};
use wasmtab_domain::{
    ids::RunId,
    plugin::{Handler, HandlerHold},
    run::{Claim, Hold, Outcome},
    status::{AttemptStatus, RunState},
};

use super::{
    plugins::{activate, bind, binding, pushed},
    support::{World, active, at, ended, outcome},
};
use crate::{BindRequest, HoldRequest};

impl World {
    /// Binds a handler to a plugin that is there for it, with at most so many attempts at once.
    pub async fn bind(&self, name: &str, most: Option<u32>) -> Handler {
        if self.store.plugin("plug").await.unwrap().is_none() {
            pushed(self, "plug", "1").await;
            activate(self, "plug", 1).await;
        }
        let request = BindRequest {
            max_concurrency: most,
            ..binding(name, "plug", None)
        };
        self.store.bind(request).await.unwrap().unwrap()
    }
}

/// The handler of all jobs here, bound, with at most so many attempts at once.
async fn bounded(w: &World, most: Option<u32>) -> Handler {
    w.bind("Handler", most).await
}

async fn hold(w: &World, secs: i64, note: &str) -> Handler {
    let request = HoldRequest {
        note: Some(note.into()),
        by: "ops".into(),
        now: at(secs),
    };
    w.store.hold_handler("Handler", request).await.unwrap().unwrap()
}

async fn release(w: &World) -> Handler {
    w.store.release_handler("Handler").await.unwrap().unwrap()
}

/// Jobs of the handler, each with a run that is due at the begin.
async fn due(w: &World, names: &[&str], extra: Value) -> Vec<RunId> {
    let mut runs = Vec::new();
    for name in names {
        let mut said = json!({"name": name, "status": "stopped"});
        said.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let job = w.job(said).await;
        runs.push(w.trigger(job.id, at(0)).await.id);
    }
    runs
}

fn names(claims: &[Claim]) -> Vec<&str> {
    let mut names: Vec<_> = claims
        .iter()
        .map(|claim| claim.job_name.as_deref().unwrap())
        .collect();
    names.sort_unstable();
    names
}

async fn held(w: &World, run: RunId) -> Option<Hold> {
    w.run(run).await.held
}

pub(super) async fn nothing_is_claimed_for_a_held_handler(w: World) {
    bounded(&w, None).await;
    let runs = due(&w, &["a"], json!({})).await;
    due(&w, &["other"], json!({"handlerName": "Other"})).await;
    hold(&w, 1, "why").await;
    assert_eq!(names(&w.claim(at(2)).await), ["other"]);
    let run = w.run(runs[0]).await;
    assert_eq!(
        (run.status, run.held, run.attempts),
        (active(RunState::Queued), Some(Hold::Handler), 0)
    );
    assert!(w.claim(at(1_000)).await.is_empty());
}

pub(super) async fn an_attempt_goes_on_under_a_hold_and_its_retry_waits(w: World) {
    bounded(&w, None).await;
    due(&w, &["a"], json!({"retryCount": 1, "retryInterval": 0})).await;
    let claim = w.claim_one(at(1)).await;
    hold(&w, 2, "why").await;
    w.end(&claim, AttemptStatus::Failure, at(3)).await;
    assert!(w.claim(at(4)).await.is_empty());
    let run = w.run(claim.run_id).await;
    assert_eq!(
        (run.status, run.held),
        (active(RunState::WaitingRetry), Some(Hold::Handler))
    );
    release(&w).await;
    assert_eq!(w.claim_one(at(5)).await.execute_index, 2);
}

pub(super) async fn a_release_lets_what_waited_go_on(w: World) {
    bounded(&w, None).await;
    let runs = due(&w, &["a", "b"], json!({})).await;
    let before = hold(&w, 1, "why").await;
    w.claim(at(2)).await;
    let after = release(&w).await;
    assert_eq!((after.hold, after.revision), (None, before.revision));
    assert_eq!(held(&w, runs[0]).await, None);
    assert_eq!(names(&w.claim(at(3)).await), ["a", "b"]);
    // Releasing what is not held changes nothing.
    assert_eq!(release(&w).await.hold, None);
}

pub(super) async fn a_second_hold_replaces_the_first(w: World) {
    bounded(&w, None).await;
    hold(&w, 1, "first").await;
    let handler = hold(&w, 2, "second").await;
    let said = HandlerHold {
        at: at(2),
        by: "ops".into(),
        note: Some("second".into()),
    };
    assert_eq!(handler.hold, Some(said));
    assert_eq!(w.store.handler("Handler").await.unwrap(), Some(handler));
}

pub(super) async fn a_binding_that_changes_keeps_its_hold(w: World) {
    bounded(&w, None).await;
    let before = hold(&w, 1, "why").await;
    let after = bounded(&w, Some(3)).await;
    assert_eq!((after.hold, after.max_concurrency), (before.hold, Some(3)));
    assert!(after.revision > before.revision);
}

pub(super) async fn what_is_not_bound_is_neither_held_nor_released(w: World) {
    let request = HoldRequest {
        note: None,
        by: "ops".into(),
        now: at(1),
    };
    assert_eq!(w.store.hold_handler("Handler", request).await.unwrap(), None);
    assert_eq!(w.store.release_handler("Handler").await.unwrap(), None);
}

pub(super) async fn no_more_attempts_go_on_than_a_handler_may_have(w: World) {
    bounded(&w, Some(2)).await;
    due(&w, &["a", "b", "c"], json!({})).await;
    due(&w, &["other"], json!({"handlerName": "Other"})).await;
    assert_eq!(names(&w.claim(at(1)).await), ["a", "b", "other"]);
    assert!(w.claim(at(2)).await.is_empty());
    let job = w.store.job_named("c").await.unwrap().unwrap();
    let run = w.runs(job.id).await.remove(0);
    assert_eq!(run.held, Some(Hold::Capacity));
}

pub(super) async fn work_that_goes_on_elsewhere_keeps_its_place(w: World) {
    bounded(&w, Some(1)).await;
    due(&w, &["a", "b"], json!({})).await;
    let claim = w.claim_one(at(1)).await;
    let parked = Outcome {
        pending_until: Some(at(100)),
        result: None,
        ..outcome(&claim, AttemptStatus::Running, at(2))
    };
    w.finish(&[parked], at(2)).await;
    assert!(w.claim(at(3)).await.is_empty());
    assert_eq!(names(&w.claim(at(100)).await), ["b"]);
}

pub(super) async fn an_end_makes_room_for_the_highest_priority(w: World) {
    bounded(&w, Some(1)).await;
    due(&w, &["first"], json!({"priority": 9})).await;
    due(&w, &["low"], json!({"priority": 1})).await;
    due(&w, &["high"], json!({"priority": 5})).await;
    let mut order = Vec::new();
    for secs in 1..=3 {
        let claim = w.claim_one(at(secs)).await;
        order.push(claim.job_name.clone().unwrap());
        w.end(&claim, AttemptStatus::Success, at(secs)).await;
    }
    assert_eq!(order, ["first", "high", "low"]);
}

pub(super) async fn a_raised_bound_lets_more_go_on(w: World) {
    bounded(&w, Some(1)).await;
    due(&w, &["a", "b", "c", "d"], json!({})).await;
    assert_eq!(names(&w.claim(at(1)).await), ["a"]);
    bounded(&w, Some(3)).await;
    assert_eq!(names(&w.claim(at(2)).await), ["b", "c"]);
}

pub(super) async fn a_removed_bound_lets_all_go_on(w: World) {
    bounded(&w, Some(1)).await;
    let runs = due(&w, &["a", "b", "c"], json!({})).await;
    w.claim(at(1)).await;
    assert_eq!(bounded(&w, None).await.max_concurrency, None);
    assert_eq!(held(&w, runs[2]).await, None);
    assert_eq!(names(&w.claim(at(2)).await), ["b", "c"]);
}

pub(super) async fn a_lowered_bound_stops_no_attempt(w: World) {
    bounded(&w, Some(3)).await;
    due(&w, &["a", "b", "c", "d"], json!({})).await;
    let claims = w.claim(at(1)).await;
    bounded(&w, Some(1)).await;
    for claim in &claims {
        assert_eq!(w.run(claim.run_id).await.status, active(RunState::Running));
    }
    for claim in &claims[..2] {
        w.end(claim, AttemptStatus::Success, at(2)).await;
        assert!(w.claim(at(2)).await.is_empty());
    }
    w.end(&claims[2], AttemptStatus::Success, at(3)).await;
    assert_eq!(names(&w.claim(at(3)).await), ["d"]);
}

pub(super) async fn room_passes_on_when_the_next_in_line_is_cancelled(w: World) {
    bounded(&w, Some(1)).await;
    let runs = due(&w, &["a", "b", "c"], json!({})).await;
    let claim = w.claim_one(at(1)).await;
    w.end(&claim, AttemptStatus::Success, at(2)).await;
    w.store.cancel_run(runs[1], "ops", at(3)).await.unwrap();
    assert_eq!(names(&w.claim(at(4)).await), ["c"]);
    assert_eq!(w.run(runs[1]).await.status, ended(AttemptStatus::Cancelled));
}

pub(super) async fn room_passes_on_when_the_next_in_line_is_paused(w: World) {
    bounded(&w, Some(1)).await;
    due(&w, &["a"], json!({"retryCount": 1, "retryInterval": 1})).await;
    let first = w.claim_one(at(1)).await;
    due(&w, &["b"], json!({})).await;
    assert!(w.claim(at(2)).await.is_empty());
    w.end(&first, AttemptStatus::Failure, at(2)).await;
    w.pause(first.job_id.unwrap(), None, at(3)).await;
    assert_eq!(names(&w.claim(at(4)).await), ["b"]);
}

pub(super) async fn room_that_came_under_a_hold_is_found_after_it(w: World) {
    bounded(&w, Some(1)).await;
    due(&w, &["a", "b"], json!({})).await;
    let claim = w.claim_one(at(1)).await;
    assert!(w.claim(at(1)).await.is_empty());
    hold(&w, 2, "why").await;
    w.end(&claim, AttemptStatus::Success, at(3)).await;
    assert!(w.claim(at(4)).await.is_empty());
    release(&w).await;
    assert_eq!(names(&w.claim(at(5)).await), ["b"]);
}

pub(super) async fn an_unbound_name_keeps_nothing_waiting(w: World) {
    bounded(&w, Some(1)).await;
    due(&w, &["a", "b", "c"], json!({})).await;
    w.claim(at(1)).await;
    hold(&w, 2, "why").await;
    due(&w, &["d"], json!({})).await;
    assert!(w.claim(at(3)).await.is_empty());
    w.store.unbind("Handler").await.unwrap().unwrap();
    let claims = w.claim(at(4)).await;
    assert_eq!(names(&claims), ["b", "c", "d"]);
    assert!(claims.iter().all(|claim| claim.binding.is_none()));
    // A name that is bound anew begins without either.
    let again = bind(&w, "Handler", "plug", None).await;
    assert_eq!((again.hold, again.max_concurrency), (None, None));
}
