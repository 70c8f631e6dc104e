//! What the cases about alerts have in common: channels and rules, runs that are told of, and what was told.

use serde_json::{Value, json};
use wasmtab_domain::{
    alert::{Event, Occasion, Rule, Scope},
    job::Job,
    run::Claim,
    status::AttemptStatus,
};

use super::support::{World, at};
use crate::{Channel, Delivery, DeliveryFilter, StoredRule, TakeDeliveries, TakenDeliveries};

pub(super) fn channel_of(name: &str) -> Channel {
    Channel {
        name: name.into(),
        url: format!("https://example.com/{name}"),
        secret: Some("s3cret".into()),
        enabled: true,
        updated_at: at(0),
        updated_by: "ann".into(),
    }
}

pub(super) async fn channel(w: &World, name: &str) {
    w.store.put_channel(channel_of(name)).await.unwrap().unwrap();
}

pub(super) fn rule_of(name: &str, scope: Scope, on: &[Occasion], channel: &str) -> StoredRule {
    StoredRule {
        rule: Rule {
            name: name.into(),
            scope,
            on: on.to_vec(),
            channel: channel.into(),
        },
        updated_at: at(0),
        updated_by: "ann".into(),
    }
}

pub(super) async fn rule(w: &World, name: &str, scope: Scope, on: &[Occasion]) {
    let stored = rule_of(name, scope, on, "ops");
    w.store.put_rule(stored).await.unwrap().unwrap();
}

/// A channel that hears of everything.
pub(super) async fn everything(w: &World) {
    channel(w, "ops").await;
    rule(w, "all", Scope::All, Occasion::ALL).await;
}

/// A job without a schedule.
pub(super) async fn job(w: &World, name: &str, extra: Value) -> Job {
    let mut said = json!({"name": name, "status": "stopped", "overlap": "allow"});
    said.as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    w.job(said).await
}

/// Runs the job once, to this end.
pub(super) async fn carry_out(w: &World, job: &Job, secs: i64, status: AttemptStatus) -> Claim {
    w.trigger(job.id, at(secs)).await;
    let claim = w.claim_one(at(secs)).await;
    w.end(&claim, status, at(secs)).await;
    claim
}

pub(super) async fn deliveries(w: &World) -> Vec<Delivery> {
    let page = w.store.deliveries(&DeliveryFilter::default(), None, 1_000).await;
    let mut all = page.unwrap().items;
    all.reverse();
    all
}

pub(super) async fn events(w: &World) -> Vec<Event> {
    deliveries(w)
        .await
        .iter()
        .map(|delivery| delivery.event)
        .collect()
}

pub(super) async fn take(w: &World, secs: i64) -> TakenDeliveries {
    let take = TakeDeliveries {
        busy: Vec::new(),
        per_channel: 10,
        limit: 100,
        now: at(secs),
        lease_until: at(secs + 60),
    };
    w.store.take_deliveries(take).await.unwrap()
}

pub(super) fn body(delivery: &Delivery) -> Value {
    serde_json::from_str(&delivery.body).unwrap()
}
