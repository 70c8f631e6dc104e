//! Silences: what is written and not sent.

use serde_json::json;
use wasmtab_domain::{
    alert::{DeliveryStatus, Scope},
    status::AttemptStatus::Failure,
};

use super::{
    alerting::{carry_out, deliveries, everything, job, take},
    support::{World, at},
};
use crate::NewSilence;

pub(super) async fn what_a_silence_covers_is_written_and_not_sent(w: World) {
    everything(&w).await;
    let (quiet, loud) = (
        job(&w, "quiet", json!({"labels": ["moving"]})).await,
        job(&w, "loud", json!({})).await,
    );
    let silence = NewSilence {
        scope: Scope::Label("moving".into()),
        until: at(10),
        note: Some("moving house".into()),
        by: "ops".into(),
        now: at(1),
    };
    let silence = w.store.create_silence(silence).await.unwrap().unwrap();
    assert_eq!(
        w.store.silences(at(2)).await.unwrap(),
        std::slice::from_ref(&silence)
    );
    carry_out(&w, &quiet, 5, Failure).await;
    carry_out(&w, &loud, 5, Failure).await;
    carry_out(&w, &quiet, 10, Failure).await;
    let all = deliveries(&w).await;
    let statuses: Vec<_> = all.iter().map(|delivery| delivery.status).collect();
    assert_eq!(
        statuses,
        [
            DeliveryStatus::Silenced,
            DeliveryStatus::Pending,
            DeliveryStatus::Pending
        ]
    );
    assert_eq!(
        (all[0].silenced_by, all[0].next_at, all[0].ended_at),
        (Some(silence.silence.id), None, Some(at(5)))
    );
    assert_eq!(take(&w, 20).await.deliveries.len(), 2);
}

pub(super) async fn a_silence_is_ended_by_hand(w: World) {
    everything(&w).await;
    let silence = NewSilence {
        scope: Scope::All,
        until: at(100),
        note: None,
        by: "ops".into(),
        now: at(1),
    };
    let id = w.store.create_silence(silence).await.unwrap().unwrap().silence.id;
    let ended = w.store.end_silence(id, at(2)).await.unwrap().unwrap();
    assert_eq!((ended.silence.until, ended.created_by.as_str()), (at(2), "ops"));
    assert_eq!(w.store.end_silence(id, at(3)).await.unwrap(), None);
    assert_eq!(w.store.silences(at(3)).await.unwrap(), []);
    let job = job(&w, "a", json!({})).await;
    carry_out(&w, &job, 3, Failure).await;
    assert_eq!(deliveries(&w).await[0].status, DeliveryStatus::Pending);
}
