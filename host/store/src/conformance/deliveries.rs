//! Deliveries: who takes them, and what becomes of them.

use serde_json::json;
use wasmtab_domain::{
    alert::{DeliveryStatus, Event, Occasion, Scope},
    status::AttemptStatus::Failure,
};

use super::{
    alerting::{carry_out, channel, channel_of, deliveries, everything, job, rule_of, take},
    support::{World, at},
};
use crate::{Channel, DeliveryFilter, TakeDeliveries, TakenDeliveries, Tried};

pub(super) async fn a_delivery_is_tried_until_it_is_taken(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({})).await;
    carry_out(&w, &job, 1, Failure).await;
    let taken = take(&w, 1).await;
    assert_eq!(taken.deliveries.len(), 1);
    let delivery = taken.deliveries[0].clone();
    assert_eq!((delivery.tries, delivery.is_test), (1, false));
    assert_eq!(delivery.channel, channel_of("ops"));
    assert_eq!(taken.next_at, Some(at(61)));
    // Somebody has it; only its lease lets another take it.
    assert!(take(&w, 2).await.deliveries.is_empty());
    let failed = Tried {
        answer: Some(503),
        error: Some("status 503".into()),
        again_at: Some(at(11)),
    };
    w.store.tried(delivery.id, failed, at(3)).await.unwrap();
    let row = w.store.delivery(delivery.id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.tries, row.answer, row.next_at),
        (DeliveryStatus::Pending, 1, Some(503), Some(at(11)))
    );
    assert!(take(&w, 10).await.deliveries.is_empty());
    assert_eq!(take(&w, 11).await.deliveries[0].tries, 2);
    let good = Tried {
        answer: Some(204),
        error: None,
        again_at: None,
    };
    w.store.tried(delivery.id, good, at(12)).await.unwrap();
    let row = w.store.delivery(delivery.id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.error, row.next_at, row.ended_at),
        (DeliveryStatus::Delivered, None, None, Some(at(12)))
    );
    let taken = take(&w, 1_000).await;
    assert_eq!((taken.deliveries.len(), taken.next_at), (0, None));
}

pub(super) async fn a_delivery_is_given_up_with_the_reason(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({})).await;
    carry_out(&w, &job, 1, Failure).await;
    let id = take(&w, 1).await.deliveries[0].id;
    let failed = Tried {
        answer: None,
        error: Some("nobody answers".into()),
        again_at: None,
    };
    w.store.tried(id, failed, at(2)).await.unwrap();
    let row = w.store.delivery(id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.error.as_deref(), row.ended_at),
        (DeliveryStatus::Failed, Some("nobody answers"), Some(at(2)))
    );
}

pub(super) async fn what_a_dead_process_took_is_taken_again(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({})).await;
    carry_out(&w, &job, 1, Failure).await;
    take(&w, 1).await;
    assert!(take(&w, 60).await.deliveries.is_empty());
    assert_eq!(take(&w, 61).await.deliveries[0].tries, 2);
    assert_eq!(w.store.untake_deliveries(at(62)).await.unwrap(), 1);
    assert_eq!(take(&w, 62).await.deliveries[0].tries, 3);
}

pub(super) async fn one_channel_does_not_hold_up_another(w: World) {
    everything(&w).await;
    channel(&w, "team").await;
    let other = rule_of("team", Scope::All, &[Occasion::Failure], "team");
    w.store.put_rule(other).await.unwrap().unwrap();
    let job = job(&w, "a", json!({})).await;
    for secs in 1..=3 {
        carry_out(&w, &job, secs, Failure).await;
    }
    let request = TakeDeliveries {
        busy: vec!["ops".into()],
        per_channel: 2,
        limit: 100,
        now: at(5),
        lease_until: at(65),
    };
    let channels = |taken: &TakenDeliveries| {
        let mut names: Vec<_> = taken
            .deliveries
            .iter()
            .map(|delivery| delivery.channel.name.clone())
            .collect();
        names.sort();
        names
    };
    let taken = w.store.take_deliveries(request.clone()).await.unwrap();
    assert_eq!(channels(&taken), ["team", "team"]);
    assert_eq!(taken.next_at, Some(at(3)));
    let request = TakeDeliveries {
        busy: Vec::new(),
        limit: 2,
        ..request
    };
    let taken = w.store.take_deliveries(request).await.unwrap();
    assert_eq!(taken.deliveries.len(), 2);
}

pub(super) async fn a_disabled_channel_gives_up_what_waits_and_hears_nothing(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({})).await;
    carry_out(&w, &job, 1, Failure).await;
    let disabled = Channel {
        enabled: false,
        updated_at: at(2),
        ..channel_of("ops")
    };
    let before = w.store.put_channel(disabled.clone()).await.unwrap().unwrap();
    assert_eq!(before, Some(channel_of("ops")));
    assert_eq!(w.store.channel("ops").await.unwrap(), Some(disabled));
    carry_out(&w, &job, 3, Failure).await;
    let all = deliveries(&w).await;
    assert_eq!((all.len(), all[0].status), (1, DeliveryStatus::Failed));
    assert!(all[0].error.as_deref().unwrap().contains("disabled"));
    assert_eq!(w.store.test_channel("ops", at(4)).await.unwrap(), None);
    // What was given up stays so.
    channel(&w, "ops").await;
    assert!(take(&w, 5).await.deliveries.is_empty());
}

pub(super) async fn a_test_is_a_delivery_of_its_own(w: World) {
    channel(&w, "ops").await;
    let delivery = w.store.test_channel("ops", at(1)).await.unwrap().unwrap();
    assert_eq!((delivery.event, delivery.run_id), (Event::Test, None));
    let again = w.store.test_channel("ops", at(1)).await.unwrap().unwrap();
    assert_ne!(delivery.id, again.id);
    assert!(take(&w, 1).await.deliveries.iter().all(|taken| taken.is_test));
    assert_eq!(w.store.test_channel("nobody", at(1)).await.unwrap(), None);
}

pub(super) async fn deliveries_are_listed_in_pages_and_by_filter(w: World) {
    everything(&w).await;
    let (a, b) = (job(&w, "a", json!({})).await, job(&w, "b", json!({})).await);
    for secs in 1..=3 {
        carry_out(&w, &a, secs, Failure).await;
    }
    carry_out(&w, &b, 4, Failure).await;
    w.store.test_channel("ops", at(5)).await.unwrap();
    let list = async |filter: DeliveryFilter, before, limit| {
        w.store.deliveries(&filter, before, limit).await.unwrap()
    };
    let first = list(DeliveryFilter::default(), None, 2).await;
    let second = list(DeliveryFilter::default(), first.next, 9).await;
    let ids: Vec<_> = first
        .items
        .iter()
        .chain(&second.items)
        .map(|delivery| delivery.id)
        .collect();
    assert_eq!((ids.len(), second.next), (5, None));
    assert!(ids.is_sorted_by(|a, b| a > b));
    let count = async |filter| list(filter, None, 9).await.items.len();
    let of_a = DeliveryFilter {
        job_id: Some(a.id),
        ..DeliveryFilter::default()
    };
    let elsewhere = DeliveryFilter {
        channel: Some("team".into()),
        ..DeliveryFilter::default()
    };
    let pending = DeliveryFilter {
        channel: Some("ops".into()),
        status: Some(DeliveryStatus::Pending),
        ..DeliveryFilter::default()
    };
    assert_eq!(
        (count(of_a).await, count(elsewhere).await, count(pending).await),
        (3, 0, 5)
    );
}

pub(super) async fn old_deliveries_are_swept_and_waiting_ones_kept(w: World) {
    everything(&w).await;
    let job = job(&w, "a", json!({})).await;
    for secs in 1..=3 {
        carry_out(&w, &job, secs, Failure).await;
    }
    let taken = take(&w, 3).await.deliveries;
    for delivery in &taken[..2] {
        let good = Tried {
            answer: Some(200),
            error: None,
            again_at: None,
        };
        w.store.tried(delivery.id, good, at(4)).await.unwrap();
    }
    assert!(!w.store.sweep_deliveries(at(0), 9).await.unwrap());
    assert!(w.store.sweep_deliveries(at(100), 1).await.unwrap());
    assert_eq!(deliveries(&w).await.len(), 2);
    w.store.sweep_deliveries(at(100), 9).await.unwrap();
    assert_eq!(deliveries(&w).await[0].id, taken[2].id);
}
