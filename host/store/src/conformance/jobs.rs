//! Jobs and their revisions.

use serde_json::json;
use wasmtab_domain::{ids::JobId, policy::JobStatus};

use super::support::{World, at};
use crate::{Calendar, JobFilter, JobWrite, WriteError};

pub(super) async fn a_new_job_is_there_under_its_id_and_its_name(w: World) {
    let job = w.job(json!({"name": "report", "every": 300})).await;
    assert_eq!((job.revision, job.created_at, job.updated_at), (1, at(0), at(0)));
    assert_eq!(job.progress.next_fire_at, Some(at(300)));
    assert_eq!(w.store.job(job.id).await.unwrap(), Some(job.clone()));
    assert_eq!(w.store.job_named("report").await.unwrap(), Some(job));
    assert_eq!(w.store.job_named("Report").await.unwrap(), None);
    assert_eq!(w.store.job(JobId(999)).await.unwrap(), None);
}

pub(super) async fn a_name_belongs_to_one_job(w: World) {
    let first = w.job(json!({"name": "first"})).await;
    let second = w.job(json!({"name": "second"})).await;
    let again = JobWrite {
        spec: World::spec(json!({"name": "first"})),
        source: None,
        by: "ann".into(),
        now: at(1),
    };
    assert_eq!(
        w.store.create_job(again).await.unwrap(),
        Err(WriteError::NameTaken(first.id))
    );
    assert_eq!(
        w.edit(second.id, json!({"name": "first"}), at(1)).await,
        Err(WriteError::NameTaken(first.id))
    );
    assert_eq!(w.read(second.id).await, second);
}

pub(super) async fn an_edit_makes_a_revision(w: World) {
    let job = w.job(json!({"name": "report"})).await;
    let edited = w
        .edit(job.id, json!({"name": "rapport", "retryCount": 3}), at(10))
        .await
        .unwrap();
    assert_eq!(
        (edited.revision, edited.created_at, edited.updated_at),
        (2, at(0), at(10))
    );
    assert_eq!(edited, w.read(job.id).await);
    assert_eq!(w.store.job_named("report").await.unwrap(), None);

    let revisions = w.store.revisions(job.id).await.unwrap();
    let said: Vec<_> = revisions
        .iter()
        .map(|r| (r.revision, r.valid_from, r.changed_by.as_str()))
        .collect();
    assert_eq!(said, [(1, at(0), "ann"), (2, at(10), "bob")]);
    assert_eq!(revisions[0].spec.as_ref(), Some(&*job.spec));
    assert_eq!(revisions[1].spec.as_ref(), Some(&*edited.spec));
}

pub(super) async fn an_equal_specification_changes_nothing(w: World) {
    let job = w.job(json!({"every": 7})).await;
    let same = w.edit(job.id, json!({"every": "7s"}), at(3)).await.unwrap();
    assert_eq!(same, job);
    assert_eq!(w.store.revisions(job.id).await.unwrap().len(), 1);
}

pub(super) async fn an_edit_of_another_revision_is_refused(w: World) {
    let job = w.job(json!({})).await;
    let write = |name: &str| JobWrite {
        spec: World::spec(json!({"name": name})),
        source: None,
        by: "bob".into(),
        now: at(1),
    };
    assert_eq!(
        w.store
            .update_job(job.id, Some(1), write("a"))
            .await
            .unwrap()
            .unwrap()
            .revision,
        2
    );
    assert_eq!(
        w.store.update_job(job.id, Some(1), write("b")).await.unwrap(),
        Err(WriteError::Stale(2))
    );
    assert_eq!(w.read(job.id).await.spec.name, "a");
}

pub(super) async fn an_edit_of_a_job_that_is_not_there_is_refused(w: World) {
    let write = JobWrite {
        spec: World::spec(json!({})),
        source: None,
        by: "bob".into(),
        now: at(1),
    };
    assert_eq!(
        w.store.update_job(JobId(5), None, write).await.unwrap(),
        Err(WriteError::NotFound)
    );
}

pub(super) async fn a_changed_policy_keeps_the_next_fire(w: World) {
    let job = w.job(json!({"every": 60})).await;
    let edited = w
        .edit(job.id, json!({"overlap": "allow", "handlerParam": "x"}), at(30))
        .await
        .unwrap();
    assert_eq!(edited.progress, job.progress);
}

pub(super) async fn a_changed_schedule_plans_from_the_edit_on(w: World) {
    let job = w.job(json!({"every": 60})).await;
    let edited = w.edit(job.id, json!({"every": 7}), at(30)).await.unwrap();
    // The grid stays anchored at the creation.
    assert_eq!(edited.progress.next_fire_at, Some(at(35)));
}

pub(super) async fn an_edit_first_decides_what_the_old_schedule_asked_for(w: World) {
    let job = w.job(json!({"every": 60, "misfire": "skip"})).await;
    w.edit(job.id, json!({"every": 1000}), at(121)).await.unwrap();
    assert_eq!(w.ran(job.id).await, [120]);
    assert_eq!(w.skipped(job.id).await, [(60, 60, 1, "misfire")]);
    assert_eq!(w.runs(job.id).await[0].revision, Some(1));
    assert_eq!(w.read(job.id).await.progress.next_fire_at, Some(at(1000)));
}

pub(super) async fn a_stopped_job_has_no_next_fire(w: World) {
    let job = w.job(json!({})).await;
    let stopped = w.edit(job.id, json!({"status": "stopped"}), at(1)).await.unwrap();
    assert_eq!(stopped.progress.next_fire_at, None);
    assert_eq!(w.release(at(600)).await.runs, 0);
    // What would have fired meanwhile is no fire.
    let started = w
        .edit(job.id, json!({"status": "normal"}), at(601))
        .await
        .unwrap();
    assert_eq!(started.progress.next_fire_at, Some(at(660)));
    assert!(w.log(job.id).await.is_empty());
}

pub(super) async fn jobs_are_listed_in_pages_and_by_filter(w: World) {
    let mut ids = Vec::new();
    for (name, handler) in [("Alpha", "A"), ("alphabet", "B"), ("beta", "A"), ("100%", "A")] {
        ids.push(w.job(json!({"name": name, "handlerName": handler})).await.id);
    }
    w.pause(ids[1], None, at(1)).await;
    w.edit(ids[2], json!({"status": "stopped"}), at(1)).await.unwrap();

    let none = JobFilter::default();
    let first = w.store.jobs(&none, None, 3).await.unwrap();
    assert_eq!(first.items.iter().map(|job| job.id).collect::<Vec<_>>(), ids[..3]);
    let rest = w.store.jobs(&none, first.next, 3).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].id, rest.next), (1, ids[3], None));

    let text = |text: &str| JobFilter {
        text: Some(text.into()),
        ..JobFilter::default()
    };
    for (filter, found) in [
        (text("ALPHA"), vec![0, 1]),
        // A filter is a text, not a pattern.
        (text("%"), vec![3]),
        (text("_"), vec![]),
        (
            JobFilter {
                handler_name: Some("A".into()),
                ..text("a")
            },
            vec![0, 2],
        ),
        (
            JobFilter {
                paused: Some(true),
                ..JobFilter::default()
            },
            vec![1],
        ),
        (
            JobFilter {
                paused: Some(false),
                ..JobFilter::default()
            },
            vec![0, 2, 3],
        ),
        (
            JobFilter {
                status: Some(JobStatus::Stopped),
                ..JobFilter::default()
            },
            vec![2],
        ),
    ] {
        let page = w.store.jobs(&filter, None, 10).await.unwrap();
        let wanted: Vec<_> = found.iter().map(|at: &usize| ids[*at]).collect();
        assert_eq!(
            page.items.iter().map(|job| job.id).collect::<Vec<_>>(),
            wanted,
            "{filter:?}"
        );
    }
}

pub(super) async fn every_field_survives_the_database(w: World) {
    let holidays = Calendar {
        name: "holidays".into(),
        windows: Vec::new(),
        updated_at: at(0),
        updated_by: "ann".into(),
    };
    w.store.put_calendar(holidays).await.unwrap();
    let said = [
        json!({
            "name": "full", "status": "stopped", "handlerName": "H", "handlerParam": "{\"a\": 1}",
            "cronExpression": "0 0/5 9-17 ? * MON-FRI", "timezone": "Europe/Berlin",
            "startAt": "2026-01-01T00:00:00.000001Z", "endAt": "2027-01-01T00:00:00+01:00", "retryCount": 4,
            "retryInterval": 9, "retryBackoff": [1, 2, 3], "retryOn": ["trap", "outOfFuel"], "monitorTimeout": 77,
            "fuel": i64::MAX, "memoryLimit": 1_048_576, "overlap": "bufferOne", "misfire": "all",
            "catchUpWindow": "2h", "jitter": 12, "priority": -7, "maxRuns": 9, "shards": 3, "warnAfter": "10m",
            "blackouts": [
                "holidays", {"date": "2026-12-25"}, {"days": ["fri"], "from": "22:00", "until": "06:00"},
            ],
            "retryVersion": "same", "onSuccess": ["next"], "onFailure": ["cure", "tell"], "labels": ["b", "a"],
            "owner": "ann", "runbook": "https://example.com/runbook",
        }),
        json!({"name": "grid", "every": "1d", "retryBackoff": "exponential", "retryOn": [], "misfire": "skip"}),
    ];
    for said in said {
        let spec = World::spec(said);
        let write = JobWrite {
            spec: spec.clone(),
            source: None,
            by: "ann".into(),
            now: at(0),
        };
        let job = w.store.create_job(write).await.unwrap().unwrap();
        assert_eq!(w.read(job.id).await.spec.as_ref(), &spec);
        assert_eq!(w.store.revisions(job.id).await.unwrap()[0].spec, Some(spec));
    }
}
