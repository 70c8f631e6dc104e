//! What ties jobs together: labels, sources, and the jobs that they start.

use serde_json::json;
use wasmtab_domain::status::{SkipReason, Trigger};

use super::support::{World, at};
use crate::{AttemptFilter, JobFilter, JobWrite, RunFilter, WriteError};

impl World {
    async fn labelled(&self, label: &str) -> Vec<String> {
        let filter = JobFilter {
            label: Some(label.into()),
            ..JobFilter::default()
        };
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.jobs(&filter, after, 1).await.unwrap();
            names.extend(page.items.into_iter().map(|job| job.spec.name.clone()));
            after = page.next;
            if after.is_none() {
                return names;
            }
        }
    }
}

pub(super) async fn jobs_are_found_by_their_labels(w: World) {
    let a = w.job(json!({"name": "a", "labels": ["night", "eu"]})).await;
    let b = w.job(json!({"name": "b", "labels": ["night"]})).await;
    w.job(json!({"name": "c", "labels": ["nightly"]})).await;
    assert_eq!(w.labelled("night").await, ["a", "b"]);
    let both = JobFilter {
        label: Some("night".into()),
        text: Some("B".into()),
        ..JobFilter::default()
    };
    assert_eq!(
        w.store.jobs(&both, None, 9).await.unwrap().items,
        std::slice::from_ref(&b)
    );

    w.edit(b.id, json!({"labels": ["day"]}), at(1)).await.unwrap();
    assert_eq!(w.labelled("night").await, ["a"]);
    assert_eq!(w.labelled("day").await, ["b"]);
    w.store.delete_job(a.id, "ops", at(2)).await.unwrap().unwrap();
    assert_eq!(w.labelled("eu").await, [""; 0]);
}

pub(super) async fn runs_and_rows_are_found_by_label_trigger_and_reason(w: World) {
    let a = w.job(json!({"name": "a", "labels": ["night"]})).await;
    let b = w.job(json!({"name": "b", "every": 3_600})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    let manual = w.trigger(b.id, at(121)).await;
    let claimed = w.claim(at(121)).await;
    let ended = claimed.iter().find(|claim| claim.job_id == Some(b.id)).unwrap();
    w.end(ended, wasmtab_domain::status::AttemptStatus::Success, at(122))
        .await;

    let fire = w.runs(a.id).await[0].id;
    let none = RunFilter::default;
    for (filter, wanted) in [
        (
            RunFilter {
                label: Some("night".into()),
                ..none()
            },
            vec![fire],
        ),
        (
            RunFilter {
                trigger: Some(Trigger::Manual),
                ..none()
            },
            vec![manual.id],
        ),
        (
            RunFilter {
                active: Some(true),
                ..none()
            },
            vec![fire],
        ),
        (
            RunFilter {
                active: Some(false),
                ..none()
            },
            vec![manual.id],
        ),
        (
            RunFilter {
                active: Some(false),
                label: Some("night".into()),
                ..none()
            },
            vec![],
        ),
    ] {
        let found = w.store.runs(&filter, None, 9).await.unwrap().items;
        let found: Vec<_> = found.iter().map(|run| run.id).collect();
        assert_eq!(found, wanted, "{filter:?}");
    }

    let none = AttemptFilter::default;
    for (filter, wanted) in [
        (
            AttemptFilter {
                reason: Some(SkipReason::Overlap),
                ..none()
            },
            vec![at(120)],
        ),
        (
            AttemptFilter {
                reason: Some(SkipReason::Paused),
                ..none()
            },
            vec![],
        ),
        (
            AttemptFilter {
                trigger: Some(Trigger::Manual),
                ..none()
            },
            vec![at(121)],
        ),
        (
            AttemptFilter {
                label: Some("night".into()),
                ..none()
            },
            vec![at(60), at(120)],
        ),
    ] {
        let found = w.store.attempts(&filter, None, 9).await.unwrap().items;
        let mut found: Vec<_> = found.iter().map(|row| row.scheduled_at).collect();
        found.sort();
        assert_eq!(found, wanted, "{filter:?}");
    }
}

pub(super) async fn a_chain_that_comes_round_is_refused(w: World) {
    w.job(json!({"name": "a", "onSuccess": ["b"]})).await;
    w.job(json!({"name": "b", "onFailure": ["c"]})).await;
    let closing = JobWrite {
        spec: World::spec(json!({"name": "c", "onSuccess": ["elsewhere", "a"]})),
        source: None,
        by: "ann".into(),
        now: at(1),
    };
    let way = ["c", "a", "b", "c"].map(str::to_owned).to_vec();
    assert_eq!(
        w.store.create_job(closing).await.unwrap(),
        Err(WriteError::Cycle(way.clone()))
    );
    assert_eq!(w.store.job_named("c").await.unwrap(), None);

    let c = w.job(json!({"name": "c"})).await;
    assert_eq!(
        w.edit(c.id, json!({"onFailure": ["a"]}), at(2)).await,
        Err(WriteError::Cycle(way))
    );
    assert!(w.edit(c.id, json!({"onFailure": ["d"]}), at(3)).await.is_ok());
}

pub(super) async fn a_renamed_job_may_not_close_a_chain(w: World) {
    w.job(json!({"name": "a", "onSuccess": ["b"]})).await;
    let other = w.job(json!({"name": "other", "onSuccess": ["a"]})).await;
    assert_eq!(
        w.edit(other.id, json!({"name": "b"}), at(1)).await,
        Err(WriteError::Cycle(["b", "a", "b"].map(str::to_owned).to_vec()))
    );
    // Its own old name leads nowhere once it is gone.
    let renamed = json!({"name": "new", "onSuccess": ["other"]});
    assert!(w.edit(other.id, renamed, at(2)).await.is_ok());
}

pub(super) async fn the_source_of_a_job_stays(w: World) {
    let write = |name: &str, source: Option<&str>| JobWrite {
        spec: World::spec(json!({"name": name})),
        source: source.map(str::to_owned),
        by: "ann".into(),
        now: at(0),
    };
    let job = w
        .store
        .create_job(write("a", Some("team")))
        .await
        .unwrap()
        .unwrap();
    w.store.create_job(write("b", None)).await.unwrap().unwrap();
    assert_eq!(job.source.as_deref(), Some("team"));
    w.store
        .update_job(job.id, None, write("a2", Some("other")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(w.read(job.id).await.source.as_deref(), Some("team"));
    let filter = JobFilter {
        source: Some("team".into()),
        ..JobFilter::default()
    };
    let found = w.store.jobs(&filter, None, 9).await.unwrap().items;
    assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), [job.id]);
}

pub(super) async fn known_names_and_chains_are_told(w: World) {
    w.job(json!({"name": "a", "onSuccess": ["b"], "onFailure": ["x"]}))
        .await;
    w.job(json!({"name": "b"})).await;
    let names = ["a", "b", "x"].map(str::to_owned);
    let mut known = w.store.known_jobs(&names).await.unwrap();
    known.sort();
    assert_eq!(known, ["a", "b"]);
    assert_eq!(
        w.store.chains_from(&names).await.unwrap(),
        [("a".to_owned(), vec!["b".to_owned(), "x".to_owned()])]
    );
}
