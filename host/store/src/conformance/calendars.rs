//! Calendars: they keep fires from running, and jobs keep them from being deleted.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wasmtab_domain::{job::read_windows, status::SkipReason, time::Timestamp};

use super::support::{World, at};
use crate::{Calendar, DeleteRefused, JobWrite, WriteError};

fn calendar(name: &str, windows: &Value, now: Timestamp) -> Calendar {
    Calendar {
        name: name.into(),
        windows: read_windows(windows).unwrap(),
        updated_at: now,
        updated_by: "ann".into(),
    }
}

async fn put(w: &World, name: &str, windows: &Value) -> Option<Calendar> {
    w.store
        .put_calendar(calendar(name, windows, at(0)))
        .await
        .unwrap()
}

pub(super) async fn a_calendar_is_made_replaced_and_removed(w: World) {
    assert_eq!(put(&w, "b", &json!([{"date": "2026-01-06"}])).await, None);
    assert_eq!(put(&w, "a", &json!([])).await, None);
    let names: Vec<_> = w
        .store
        .calendars()
        .await
        .unwrap()
        .into_iter()
        .map(|calendar| calendar.name)
        .collect();
    assert_eq!(names, ["a", "b"]);
    let other = calendar("b", &json!([{"days": ["sat"]}]), at(9));
    let before = w.store.put_calendar(other.clone()).await.unwrap();
    assert_eq!(
        before,
        Some(calendar("b", &json!([{"date": "2026-01-06"}]), at(0)))
    );
    assert_eq!(w.store.calendar("b").await.unwrap(), Some(other));
    w.store.delete_calendar("b").await.unwrap().unwrap();
    assert_eq!(w.store.calendar("b").await.unwrap(), None);
    assert_eq!(
        w.store.delete_calendar("b").await.unwrap(),
        Err(DeleteRefused::NotFound)
    );
}

pub(super) async fn calendars_are_read_by_their_names(w: World) {
    put(&w, "a", &json!([{"date": "2026-01-06"}])).await;
    put(&w, "b", &json!([])).await;
    let names = BTreeSet::from(["a".to_owned(), "nobody".to_owned()]);
    let named = w.store.calendars_named(&names).await.unwrap();
    assert_eq!(named.keys().collect::<Vec<_>>(), ["a"]);
    assert!(
        w.store
            .calendars_named(&BTreeSet::new())
            .await
            .unwrap()
            .is_empty()
    );
}

pub(super) async fn a_fire_sees_the_windows_of_its_instant(w: World) {
    put(&w, "days", &json!([])).await;
    let job = w.job(json!({"every": 3600, "blackouts": ["days"]})).await;
    w.release(at(3_600)).await;
    put(&w, "days", &json!([{"date": "2026-01-05"}])).await;
    w.release(at(7_200)).await;
    assert_eq!(w.ran(job.id).await, [3_600]);
    let row = w.log(job.id).await.pop().unwrap();
    assert_eq!(row.reason, Some(SkipReason::Blackout));
    assert_eq!(row.error.as_deref(), Some("calendar days: 2026-01-05"));
}

pub(super) async fn a_job_names_only_calendars_that_are_there(w: World) {
    let write = |blackouts: Value| JobWrite {
        spec: World::spec(json!({"name": "a", "blackouts": blackouts})),
        source: None,
        by: "ann".into(),
        now: at(1),
    };
    let refused = Err(WriteError::NoCalendar("gone".into()));
    assert_eq!(w.store.create_job(write(json!(["gone"]))).await.unwrap(), refused);
    assert_eq!(w.store.job_named("a").await.unwrap(), None);
    put(&w, "there", &json!([])).await;
    let job = w
        .store
        .create_job(write(json!(["there"])))
        .await
        .unwrap()
        .unwrap();
    let updated = w
        .store
        .update_job(job.id, None, write(json!(["there", "gone"])))
        .await
        .unwrap();
    assert_eq!(updated, refused);
    assert_eq!(w.read(job.id).await, job);
}

pub(super) async fn a_calendar_that_a_job_names_is_kept(w: World) {
    put(&w, "used", &json!([])).await;
    put(&w, "unused", &json!([])).await;
    let job = w
        .job(json!({"name": "a", "blackouts": [{"date": "2026-01-06"}, "used"]}))
        .await;
    // A window that spells a calendar's name names none.
    w.job(json!({"name": "b", "blackouts": [{"date": "2026-01-06"}]}))
        .await;
    assert_eq!(w.store.jobs_of_calendar("used", 9).await.unwrap(), ["a"]);
    assert_eq!(
        w.store.delete_calendar("used").await.unwrap(),
        Err(DeleteRefused::InUse(vec!["a".into()]))
    );
    w.store.delete_calendar("unused").await.unwrap().unwrap();
    w.edit(job.id, json!({"blackouts": []}), at(1)).await.unwrap();
    w.store.delete_calendar("used").await.unwrap().unwrap();
}
