//! Alerts: which ends and warnings leave a delivery.

use serde_json::{Value, json};
use wasmtab_domain::{
    alert::{DeliveryStatus, Event, Occasion, Scope},
    ids::RunId,
    run::Outcome,
    status::AttemptStatus::{self, Cancelled, Failure, Running, Success, Timeout, Trap},
};

use super::{
    alerting::{body, carry_out, channel, deliveries, events, everything, job, rule, rule_of},
    support::{NOBODY, World, at, outcome},
};
use crate::{DeleteRefused, RuleRefused};

pub(super) async fn a_final_failure_leaves_a_delivery(w: World) {
    everything(&w).await;
    let job = job(&w, "nightly", json!({"labels": ["billing"], "owner": "ann"})).await;
    let claim = carry_out(&w, &job, 5, Trap).await;
    let delivery = deliveries(&w).await.remove(0);
    assert_eq!(
        (delivery.channel.as_str(), delivery.event, delivery.status),
        ("ops", Event::Failure, DeliveryStatus::Pending)
    );
    assert_eq!(
        (delivery.run_id, delivery.job_id, delivery.job_name.as_deref()),
        (Some(claim.run_id), Some(job.id), Some("nightly"))
    );
    assert_eq!(
        (
            delivery.tries,
            delivery.created_at,
            delivery.next_at,
            delivery.ended_at
        ),
        (0, at(5), Some(at(5)), None)
    );
    let body = body(&delivery);
    assert_eq!(
        (&body["id"], &body["rules"]),
        (&json!(delivery.id.to_string()), &json!(["all"]))
    );
    assert_eq!(
        (&body["job"]["owner"], &body["job"]["labels"]),
        (&json!("ann"), &json!(["billing"]))
    );
    assert_eq!(
        (&body["run"]["status"], &body["run"]["error"]),
        (&json!("trap"), &json!("wrong"))
    );
    assert_eq!(w.store.delivery(delivery.id).await.unwrap(), Some(delivery));
}

pub(super) async fn only_the_last_attempt_is_told(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({"retryCount": 2, "retryInterval": 0})).await;
    w.trigger(job.id, at(1)).await;
    for index in 1..=3 {
        assert_eq!(events(&w).await, []);
        let claim = w.claim_one(at(1)).await;
        assert_eq!(claim.execute_index, index);
        w.end(&claim, Failure, at(1)).await;
    }
    let all = deliveries(&w).await;
    assert_eq!(all.len(), 1);
    assert_eq!(body(&all[0])["run"]["executeIndex"], 3);
}

pub(super) async fn without_a_rule_nothing_is_written(w: World) {
    channel(&w, "ops").await;
    let job = job(&w, "a", json!({})).await;
    carry_out(&w, &job, 1, Failure).await;
    assert_eq!(events(&w).await, []);
    // A rule that is made later finds no job failing.
    rule(&w, "all", Scope::All, Occasion::ALL).await;
    carry_out(&w, &job, 2, Success).await;
    assert_eq!(events(&w).await, []);
}

pub(super) async fn cancels_and_deaths_that_are_repeated_are_not_told(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({})).await;
    carry_out(&w, &job, 1, Cancelled).await;
    let waiting = w.trigger(job.id, at(2)).await;
    w.store.cancel_run(waiting.id, "ops", at(2)).await.unwrap();
    w.trigger(job.id, at(3)).await;
    for _ in 0..=3 {
        assert_eq!(events(&w).await, []);
        let claim = w.claim_one(at(3)).await;
        w.end(&claim, AttemptStatus::Abandoned, at(3)).await;
    }
    assert_eq!(events(&w).await, [Event::Failure]);
}

pub(super) async fn the_first_success_after_failures_is_told(w: World) {
    everything(&w).await;
    let (a, b) = (job(&w, "a", json!({})).await, job(&w, "b", json!({})).await);
    carry_out(&w, &b, 1, Success).await;
    let first = carry_out(&w, &a, 2, Failure).await;
    carry_out(&w, &a, 3, Timeout).await;
    carry_out(&w, &b, 4, Success).await;
    carry_out(&w, &a, 5, Cancelled).await;
    carry_out(&w, &a, 6, Success).await;
    carry_out(&w, &a, 7, Success).await;
    assert_eq!(
        events(&w).await,
        [Event::Failure, Event::Failure, Event::Recovery]
    );
    let recovered = body(&deliveries(&w).await[2]);
    assert_eq!(
        recovered["recoveredFrom"],
        json!({"runId": first.run_id.to_string(), "since": at(2).to_string()})
    );
    carry_out(&w, &a, 8, Failure).await;
    carry_out(&w, &a, 9, Success).await;
    assert_eq!(events(&w).await.len(), 5);
}

pub(super) async fn a_failure_and_a_success_in_one_batch_are_both_told(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({})).await;
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (secs, status) in [(1, Failure), (2, Success), (3, Failure), (4, Failure)] {
        w.trigger(job.id, at(secs)).await;
        outcomes.push(outcome(&w.claim_one(at(secs)).await, status, at(secs)));
    }
    w.finish(&outcomes, at(5)).await;
    let told = [Event::Failure, Event::Recovery, Event::Failure, Event::Failure];
    assert_eq!(events(&w).await, told);
    // What the batch left is known to the next one.
    carry_out(&w, &job, 6, Success).await;
    assert_eq!(events(&w).await.len(), 5);
}

pub(super) async fn rules_choose_by_scope_and_occasion(w: World) {
    channel(&w, "ops").await;
    let nightly = job(&w, "nightly", json!({"labels": ["billing"]})).await;
    let other = job(&w, "other", json!({"handlerName": "Other"})).await;
    rule(&w, "label", Scope::Label("billing".into()), &[Occasion::Failure]).await;
    rule(&w, "job", Scope::Job(other.id), &[Occasion::Timeout]).await;
    rule(
        &w,
        "handler",
        Scope::Handler("Third".into()),
        &[Occasion::Failure],
    )
    .await;
    for (job, status, told) in [
        (&nightly, Failure, 1),
        (&nightly, Timeout, 2),
        (&nightly, Success, 2),
        (&other, Failure, 2),
        (&other, Timeout, 3),
    ] {
        carry_out(&w, job, 1, status).await;
        assert_eq!(events(&w).await.len(), told, "{status}");
    }
    let call = crate::NewCall {
        handler_name: "Third".into(),
        handler_param: None,
        at: at(2),
        policy: super::support::policy(0),
        by: "ops".into(),
        now: at(2),
    };
    w.store.call(call).await.unwrap();
    let claim = w.claim_one(at(2)).await;
    w.end(&claim, Failure, at(2)).await;
    let last = deliveries(&w).await.pop().unwrap();
    assert_eq!((body(&last)["job"].clone(), last.job_id), (Value::Null, None));
    assert_eq!(body(&last)["rules"], json!(["handler"]));
}

pub(super) async fn a_channel_hears_of_a_run_once(w: World) {
    channel(&w, "ops").await;
    channel(&w, "team").await;
    rule(&w, "a", Scope::All, &[Occasion::Failure]).await;
    rule(&w, "b", Scope::All, &[Occasion::Timeout]).await;
    let third = rule_of("c", Scope::All, &[Occasion::Failure], "team");
    w.store.put_rule(third).await.unwrap().unwrap();
    let job = job(&w, "a", json!({})).await;
    carry_out(&w, &job, 1, Timeout).await;
    let mut told: Vec<_> = deliveries(&w)
        .await
        .iter()
        .map(|delivery| (delivery.channel.clone(), body(delivery)["rules"].clone()))
        .collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        told,
        [
            ("ops".to_owned(), json!(["a", "b"])),
            ("team".to_owned(), json!(["c"]))
        ]
    );
}

pub(super) async fn the_shards_of_a_fire_are_told_together(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({"shards": 3})).await;
    w.trigger(job.id, at(1)).await;
    let claims = w.claim(at(1)).await;
    let statuses = [Success, Failure, Timeout];
    for (claim, status) in claims.iter().zip(statuses) {
        assert_eq!(events(&w).await, []);
        w.end(claim, status, at(2)).await;
    }
    let all = deliveries(&w).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].run_id, claims.iter().map(|claim| claim.run_id).min());
    let told = body(&all[0]);
    assert_eq!(
        (&told["run"]["status"], &told["run"]["shardCount"]),
        (&json!("failure"), &json!(3))
    );
    assert_eq!(told["run"]["error"], "wrong");
}

pub(super) async fn a_late_attempt_is_told_once(w: World) {
    everything(&w).await;
    let job = job(
        &w,
        "a",
        json!({"warnAfter": 30, "retryCount": 1, "retryInterval": 0}),
    )
    .await;
    w.trigger(job.id, at(1)).await;
    let claim = w.claim_one(at(1)).await;
    let token = (claim.run_id, claim.attempt_id);
    w.store.warn(&[token, (RunId(1), NOBODY)], at(31)).await.unwrap();
    w.store.warn(&[token], at(32)).await.unwrap();
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.warned_at),
        (AttemptStatus::Claimed, Some(at(31)))
    );
    assert_eq!(w.run(claim.run_id).await.warned_at, Some(at(31)));
    assert_eq!(events(&w).await, [Event::WarnAfter]);
    assert_eq!(body(&deliveries(&w).await[0])["warnAfter"], 30);
    // The run's next attempt may be late too; of the run it was told.
    w.end(&claim, Failure, at(33)).await;
    let second = w.claim_one(at(33)).await;
    w.store
        .warn(&[(second.run_id, second.attempt_id)], at(70))
        .await
        .unwrap();
    assert_eq!(w.run(claim.run_id).await.warned_at, Some(at(70)));
    w.end(&second, Success, at(71)).await;
    w.store
        .warn(&[(second.run_id, second.attempt_id)], at(72))
        .await
        .unwrap();
    assert_eq!(events(&w).await, [Event::WarnAfter]);
    assert_eq!(w.run(claim.run_id).await.warned_at, Some(at(70)));
}

pub(super) async fn work_that_goes_on_elsewhere_is_warned_of_in_time(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({"warnAfter": 30, "monitorTimeout": 100})).await;
    w.trigger(job.id, at(1)).await;
    let claim = w.claim_one(at(1)).await;
    let parked = Outcome {
        pending_until: Some(at(101)),
        result: None,
        begin_time: Some(at(1)),
        ..outcome(&claim, Running, at(2))
    };
    w.finish(&[parked], at(2)).await;
    let request = crate::ClaimRequest {
        boot_id: super::support::BOOT,
        node: "node".into(),
        now: at(3),
        limit: 1,
        by_age: 0,
    };
    let claimed = w.store.claim_due(&request).await.unwrap();
    assert_eq!(claimed.next_due_at, Some(at(31)));
    assert_eq!(events(&w).await, []);
    // No place is needed for it.
    let request = crate::ClaimRequest {
        now: at(31),
        limit: 0,
        ..request
    };
    let claimed = w.store.claim_due(&request).await.unwrap();
    assert_eq!(claimed.next_due_at, Some(at(101)));
    assert_eq!(events(&w).await, [Event::WarnAfter]);
    assert_eq!(w.run(claim.run_id).await.warned_at, Some(at(31)));
    w.claim(at(101)).await;
    assert_eq!(events(&w).await, [Event::WarnAfter, Event::Failure]);
}

pub(super) async fn channels_and_rules_are_kept_together(w: World) {
    let refused = w
        .store
        .put_rule(rule_of("a", Scope::All, &[Occasion::Failure], "ops"))
        .await
        .unwrap();
    assert_eq!(refused, Err(RuleRefused::NoChannel));
    everything(&w).await;
    let gone = rule_of("b", Scope::Job(wasmtab_domain::ids::JobId(99)), &[], "ops");
    assert_eq!(w.store.put_rule(gone).await.unwrap(), Err(RuleRefused::NoJob));
    let other = rule_of("all", Scope::Handler("H".into()), &[Occasion::Timeout], "ops");
    let before = w.store.put_rule(other.clone()).await.unwrap().unwrap();
    assert_eq!(before, Some(rule_of("all", Scope::All, Occasion::ALL, "ops")));
    assert_eq!(w.store.rule("all").await.unwrap(), Some(other.clone()));
    assert_eq!(w.store.rules().await.unwrap(), [other]);
    assert_eq!(
        w.store.delete_channel("ops", at(1)).await.unwrap(),
        Err(DeleteRefused::InUse(vec!["all".into()]))
    );
    assert!(w.store.delete_rule("all").await.unwrap());
    assert!(!w.store.delete_rule("all").await.unwrap());
    w.store.delete_channel("ops", at(1)).await.unwrap().unwrap();
    assert_eq!(
        w.store.delete_channel("ops", at(1)).await.unwrap(),
        Err(DeleteRefused::NotFound)
    );
    assert_eq!(w.store.channels().await.unwrap(), []);
}
