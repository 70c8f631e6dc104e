//! Claims: what they write, what they take, what answers.

use serde_json::json;
use wasmtab_domain::{
    run::Binding,
    status::{AttemptStatus, RunState},
};

use super::{
    plugins::{activate, bind, pushed},
    support::{BOOT, World, active, at},
};
use crate::ClaimRequest;

pub(super) async fn a_claim_writes_its_row_before_anything_starts(w: World) {
    let job = w
        .job(json!({"name": "report", "handlerParam": "p", "timezone": "Asia/Shanghai"}))
        .await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(61)).await;
    assert_eq!(
        (claim.execute_index, claim.job_name.as_deref()),
        (1, Some("report"))
    );
    assert_eq!(
        (claim.timezone.name(), claim.scheduled_at, claim.due_at),
        ("Asia/Shanghai", at(60), at(60))
    );
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.execute_index, row.run_id),
        (AttemptStatus::Claimed, 1, Some(claim.run_id))
    );
    assert_eq!(
        (row.boot_id, row.node.as_deref(), row.claimed_at),
        (Some(BOOT), Some("node"), Some(at(61)))
    );
    assert_eq!(
        (row.job_id, row.handler_param.as_deref(), row.last),
        (Some(job.id), Some("p"), false)
    );
    let run = w.run(claim.run_id).await;
    assert_eq!((run.status, run.attempts), (active(RunState::Running), 1));
    assert_eq!(run.attempt_id, Some(claim.attempt_id));
}

pub(super) async fn a_run_is_claimed_once(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    assert_eq!(w.claim(at(60)).await.len(), 1);
    assert!(w.claim(at(61)).await.is_empty());
}

pub(super) async fn a_claim_takes_no_more_than_asked(w: World) {
    for name in ["a", "b", "c"] {
        w.job(json!({"name": name})).await;
    }
    w.release(at(60)).await;
    let request = ClaimRequest {
        boot_id: BOOT,
        node: "node".into(),
        now: at(60),
        limit: 2,
        by_age: 0,
    };
    let first = w.store.claim_due(&request).await.unwrap();
    assert_eq!((first.claims.len(), first.next_due_at), (2, Some(at(60))));
    let second = w.store.claim_due(&request).await.unwrap();
    assert_eq!((second.claims.len(), second.next_due_at), (1, None));
}

pub(super) async fn nothing_is_claimed_before_it_is_due(w: World) {
    w.job(json!({"retryCount": 1, "retryInterval": 100})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Failure, at(60)).await;
    let request = ClaimRequest {
        boot_id: BOOT,
        node: "node".into(),
        now: at(159),
        limit: 2,
        by_age: 0,
    };
    let early = w.store.claim_due(&request).await.unwrap();
    assert_eq!((early.claims, early.next_due_at), (vec![], Some(at(160))));
    assert_eq!(w.claim_one(at(160)).await.execute_index, 2);
}

pub(super) async fn the_oldest_goes_first(w: World) {
    w.job(json!({"name": "late", "every": 90})).await;
    w.job(json!({"name": "early", "every": 60})).await;
    w.release(at(60)).await;
    w.release(at(90)).await;
    let claims = w.claim_for(BOOT, at(100), 1).await;
    assert_eq!(claims[0].job_name.as_deref(), Some("early"));
}

pub(super) async fn an_unbound_name_is_claimed_without_a_binding(w: World) {
    w.job(json!({"handlerName": "Nobody"})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    assert_eq!(claim.binding, None);
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!((row.plugin, row.plugin_version, row.digest), (None, None, None));
}

pub(super) async fn a_claim_resolves_the_active_version(w: World) {
    let (first, second) = (pushed(&w, "plug", "1").await, pushed(&w, "plug", "2").await);
    let handler = bind(&w, "Handler", "plug", None).await;
    w.job(json!({"overlap": "allow"})).await;
    // Bound to a plugin without an active version: nothing answers yet.
    w.release(at(60)).await;
    assert_eq!(w.claim_one(at(60)).await.binding, None);
    for (minute, version) in [(2, &second), (3, &first)] {
        activate(&w, "plug", version.version).await;
        w.release(at(minute * 60)).await;
        let claim = w.claim_one(at(minute * 60)).await;
        let wanted = Binding {
            plugin: "plug".into(),
            version: version.version,
            digest: version.facts.digest.clone(),
            handler_revision: handler.revision,
        };
        assert_eq!(claim.binding, Some(wanted.into()));
        let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
        assert_eq!(
            (row.plugin.as_deref(), row.plugin_version),
            (Some("plug"), Some(version.version))
        );
        assert_eq!(row.digest, Some(version.facts.digest.clone()));
    }
}

pub(super) async fn a_claim_resolves_the_pinned_version(w: World) {
    for content in ["1", "2"] {
        pushed(&w, "plug", content).await;
    }
    activate(&w, "plug", 2).await;
    bind(&w, "Handler", "plug", Some(1)).await;
    w.job(json!({})).await;
    w.release(at(60)).await;
    assert_eq!(w.claim_one(at(60)).await.binding.unwrap().version, 1);
}

pub(super) async fn a_retry_resolves_the_binding_again(w: World) {
    for content in ["1", "2"] {
        pushed(&w, "plug", content).await;
    }
    activate(&w, "plug", 1).await;
    bind(&w, "Handler", "plug", None).await;
    w.job(json!({"retryCount": 2, "retryInterval": 0})).await;
    w.release(at(60)).await;
    let first = w.claim_one(at(60)).await;
    activate(&w, "plug", 2).await;
    w.end(&first, AttemptStatus::Failure, at(61)).await;
    let second = w.claim_one(at(61)).await;
    assert_eq!(
        (
            first.binding.unwrap().version,
            second.binding.as_ref().unwrap().version
        ),
        (1, 2)
    );
    assert_ne!(first.attempt_id, second.attempt_id);
    w.store.unbind("Handler").await.unwrap().unwrap();
    w.end(&second, AttemptStatus::Failure, at(62)).await;
    assert_eq!(w.claim_one(at(62)).await.binding, None);
}

pub(super) async fn a_claim_carries_the_released_revision(w: World) {
    let job = w
        .job(json!({"handlerName": "Old", "handlerParam": "old", "monitorTimeout": 11}))
        .await;
    w.release(at(60)).await;
    let said = json!({"handlerName": "New", "handlerParam": "new", "monitorTimeout": 22});
    w.edit(job.id, said, at(61)).await.unwrap();
    let claim = w.claim_one(at(62)).await;
    assert_eq!(
        (claim.handler_name.as_str(), claim.handler_param.as_str()),
        ("Old", "old")
    );
    assert_eq!(claim.policy.monitor_timeout.as_secs(), 11);
}

pub(super) async fn a_begun_attempt_reads_running(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.store.mark_running(&[(claim.attempt_id, at(61))]).await.unwrap();
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.begin_time),
        (AttemptStatus::Running, Some(at(61)))
    );
    assert_eq!(w.run(claim.run_id).await.begin_time, Some(at(61)));
}

pub(super) async fn a_begin_after_the_end_is_passed_over(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Success, at(62)).await;
    w.store
        .mark_running(&[(claim.attempt_id, at(61)), (super::support::NOBODY, at(61))])
        .await
        .unwrap();
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.begin_time),
        (AttemptStatus::Success, Some(at(62)))
    );
}
