//! Looking at runs and attempts, and removing what is old.

use serde_json::json;
use wasmtab_domain::{ids::RunId, status::AttemptStatus};

use super::support::{World, at};
use crate::{AttemptFilter, RunFilter};

/// Runs of two jobs: one that succeeded after a retry, one that goes on, one that waits, and a skipped fire.
async fn history(w: &World) -> Vec<RunId> {
    let a = w
        .job(json!({"name": "a", "handlerName": "A", "retryCount": 1, "retryInterval": 0, "endAt": at(120)}))
        .await;
    let b = w
        .job(json!({"name": "b", "handlerName": "B", "every": 100}))
        .await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Failure, at(61)).await;
    w.release(at(100)).await;
    let claims = w.claim(at(100)).await;
    w.end(&claims[0], AttemptStatus::Success, at(101)).await;
    w.release(at(120)).await;
    w.release(at(200)).await;
    let (a, b) = (w.runs(a.id).await, w.runs(b.id).await);
    vec![a[0].id, b[0].id, a[1].id]
}

pub(super) async fn runs_are_listed_newest_first_in_pages(w: World) {
    let runs = history(&w).await;
    let all = w.store.runs(&RunFilter::default(), None, 10).await.unwrap();
    assert_eq!((all.items.len(), all.next), (3, None));
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = w.store.runs(&RunFilter::default(), before, 1).await.unwrap();
        assert_eq!(page.items.len(), 1);
        seen.extend(page.items);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, all.items);
    let mut ids: Vec<_> = seen.iter().map(|run| run.id).collect();
    ids.sort();
    let mut wanted = runs;
    wanted.sort();
    assert_eq!(ids, wanted);
}

pub(super) async fn runs_are_filtered(w: World) {
    let runs = history(&w).await;
    let none = RunFilter::default;
    let a = w.store.job_named("a").await.unwrap().unwrap().id;
    let state = |word: &str| RunFilter {
        state: Some(word.into()),
        ..RunFilter::default()
    };
    for (filter, wanted) in [
        (
            RunFilter {
                job_id: Some(a),
                ..none()
            },
            vec![0, 2],
        ),
        (
            RunFilter {
                handler_name: Some("B".into()),
                ..none()
            },
            vec![1],
        ),
        (state("success"), vec![0]),
        (state("running"), vec![1]),
        (state("queued"), vec![2]),
        (state("failure"), vec![]),
        (
            RunFilter {
                since: Some(at(100)),
                ..none()
            },
            vec![1, 2],
        ),
        (
            RunFilter {
                until: Some(at(100)),
                ..none()
            },
            vec![0],
        ),
        (
            RunFilter {
                since: Some(at(100)),
                until: Some(at(101)),
                job_id: Some(a),
                ..none()
            },
            vec![],
        ),
    ] {
        let mut found: Vec<_> = w
            .store
            .runs(&filter, None, 10)
            .await
            .unwrap()
            .items
            .iter()
            .map(|run| run.id)
            .collect();
        found.sort();
        let mut wanted: Vec<_> = wanted.iter().map(|at: &usize| runs[*at]).collect();
        wanted.sort();
        assert_eq!(found, wanted, "{filter:?}");
    }
}

pub(super) async fn attempts_are_listed_newest_first_in_pages(w: World) {
    history(&w).await;
    let all = w
        .store
        .attempts(&AttemptFilter::default(), None, 10)
        .await
        .unwrap()
        .items;
    // Two attempts of the first run, one of the second, and a skipped fire.
    assert_eq!(all.len(), 4);
    assert!(all.is_sorted_by(|x, y| x.id > y.id));
    let first = w
        .store
        .attempts(&AttemptFilter::default(), None, 3)
        .await
        .unwrap();
    let rest = w
        .store
        .attempts(&AttemptFilter::default(), first.next, 3)
        .await
        .unwrap();
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (3, 1, None));
    assert_eq!([first.items, rest.items].concat(), all);
}

pub(super) async fn attempts_are_filtered(w: World) {
    history(&w).await;
    let none = AttemptFilter::default;
    let a = w.store.job_named("a").await.unwrap().unwrap().id;
    let status = |status| AttemptFilter {
        status: Some(status),
        ..AttemptFilter::default()
    };
    for (filter, count) in [
        (
            AttemptFilter {
                job_id: Some(a),
                ..none()
            },
            2,
        ),
        (
            AttemptFilter {
                handler_name: Some("B".into()),
                ..none()
            },
            2,
        ),
        (status(AttemptStatus::Skipped), 1),
        (status(AttemptStatus::Claimed), 1),
        (status(AttemptStatus::Trap), 0),
        (
            AttemptFilter {
                since: Some(at(61)),
                ..none()
            },
            2,
        ),
        (
            AttemptFilter {
                until: Some(at(61)),
                ..none()
            },
            2,
        ),
    ] {
        assert_eq!(
            w.store.attempts(&filter, None, 10).await.unwrap().items.len(),
            count,
            "{filter:?}"
        );
    }
}

pub(super) async fn the_attempts_of_a_run_are_listed(w: World) {
    let runs = history(&w).await;
    for (run, indexes) in [
        (runs[0], vec![2, 1]),
        (runs[1], vec![1]),
        (runs[2], vec![]),
        (RunId(5), vec![]),
    ] {
        let filter = AttemptFilter {
            run_id: Some(run),
            ..AttemptFilter::default()
        };
        let rows = w.store.attempts(&filter, None, 10).await.unwrap().items;
        assert_eq!(
            rows.iter().map(|row| row.execute_index).collect::<Vec<_>>(),
            indexes
        );
    }
}
