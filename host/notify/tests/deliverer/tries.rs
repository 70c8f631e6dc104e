use std::{sync::Arc, time::Duration};

use wasmtab_domain::{alert::DeliveryStatus, time::Clock};
use wasmtab_notify::Courier;
use wasmtab_store::{Delivery, conformance::at};

use crate::office::Office;

fn all_are(status: DeliveryStatus) -> impl Fn(&[Delivery]) -> bool {
    move |all| all.iter().all(|delivery| delivery.status == status)
}

#[tokio::test]
async fn a_message_that_is_refused_is_sent_again_when_it_is_due() {
    let office = Office::new(&["ops"]).await;
    office.courier.refuses.lock().unwrap().insert("ops".into(), 2);
    office.failures(1).await;
    let delivering = office.open();
    for wait in [10, 20] {
        // While a try is under way, the delivery is put off by the time that a try may take.
        let next = office.clock.now().plus(Duration::from_secs(wait));
        let waiting = office
            .until("a refusal", |all| all[0].next_at == Some(next))
            .await;
        assert_eq!(
            (waiting[0].status, waiting[0].answer),
            (DeliveryStatus::Pending, Some(503))
        );
        office.move_to(next);
    }
    let delivered = office.until("its end", all_are(DeliveryStatus::Delivered)).await;
    assert_eq!((delivered[0].tries, delivered[0].answer), (3, Some(200)));
    delivering.shut_down().await;
}

#[tokio::test]
async fn a_channel_that_does_not_answer_holds_up_no_other() {
    let office = Office::new(&["dead", "ops"]).await;
    office.courier.silent.lock().unwrap().insert("dead".into());
    office.failures(20).await;
    let delivering = office.open();
    let all = office
        .until("the other channel's messages", |all| {
            all.iter()
                .filter(|delivery| delivery.channel == "ops")
                .all(|delivery| delivery.status == DeliveryStatus::Delivered)
        })
        .await;
    let tried = all
        .iter()
        .filter(|delivery| delivery.channel == "dead" && delivery.tries > 0)
        .count();
    assert_eq!(
        (all.len(), tried),
        (40, 4),
        "few of a channel are under way at once"
    );
    drop(delivering);
}

#[tokio::test]
async fn a_message_that_nobody_takes_is_given_up_with_the_reason() {
    let office = Office::new(&["ops"]).await;
    office
        .courier
        .refuses
        .lock()
        .unwrap()
        .insert("ops".into(), u32::MAX);
    office.failures(1).await;
    let delivering = office.open();
    for tries in 1..=12 {
        office
            .until("a try", |all| all[0].tries == tries && all[0].error.is_some())
            .await;
        let all = office
            .until("what became of it", |all| {
                all[0].next_at != Some(office.clock.now().plus(Duration::from_mins(1)))
            })
            .await;
        assert_eq!(all[0].status == DeliveryStatus::Failed, tries == 12);
        office.move_to(office.clock.now().plus(Duration::from_hours(1)));
    }
    let all = office.deliveries().await;
    assert_eq!(
        (all[0].error.as_deref(), all[0].answer, all[0].next_at),
        (Some("status 503"), Some(503), None)
    );
    delivering.shut_down().await;
}

#[tokio::test]
async fn a_test_is_tried_once() {
    let office = Office::new(&["ops"]).await;
    office.courier.refuses.lock().unwrap().insert("ops".into(), 1);
    let delivering = office.open();
    office.store.test_channel("ops", at(0)).await.unwrap().unwrap();
    let all = office
        .until("its end", |all| {
            !all.is_empty() && all_are(DeliveryStatus::Failed)(all)
        })
        .await;
    assert_eq!((all[0].tries, all[0].answer), (1, Some(503)));
    delivering.shut_down().await;
}

#[tokio::test]
async fn a_message_under_way_at_a_crash_is_sent_again_under_its_own_id() {
    let office = Office::new(&["ops"]).await;
    office.courier.silent.lock().unwrap().insert("ops".into());
    office.failures(1).await;
    let crashed = tokio::spawn(
        wasmtab_notify::Deliverer::new(
            Arc::clone(&office.store),
            Arc::clone(&office.clock) as Arc<dyn Clock>,
            Arc::clone(&office.courier) as Arc<dyn Courier>,
        )
        .run(tokio_util::sync::CancellationToken::new()),
    );
    office.until("a try", |all| all[0].tries == 1).await;
    while office.courier.given.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    crashed.abort();
    assert!(crashed.await.unwrap_err().is_cancelled());

    office.courier.silent.lock().unwrap().clear();
    let delivering = office.open();
    let all = office.until("its end", all_are(DeliveryStatus::Delivered)).await;
    let id = all[0].id;
    assert_eq!(*office.courier.given.lock().unwrap(), [(id, 1), (id, 2)]);
    delivering.shut_down().await;
}
