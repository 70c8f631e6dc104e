//! Changes to several jobs at once.

use serde_json::json;
use wasmtab_domain::{ids::JobId, policy::JobStatus, status::AttemptStatus};

use super::support::{World, at};
use crate::{JobChange, JobChanges, WriteError};

fn batch(changes: Vec<(JobId, JobChange)>, secs: i64) -> JobChanges {
    JobChanges {
        changes,
        by: "ops".into(),
        now: at(secs),
    }
}

fn pause() -> JobChange {
    JobChange::Pause {
        until: Some(at(500)),
        note: Some("night".into()),
    }
}

pub(super) async fn several_jobs_change_together(w: World) {
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(w.job(json!({"name": name})).await.id);
    }
    let all = batch(ids.iter().map(|id| (*id, pause())).collect(), 90);
    assert_eq!(w.store.change_jobs(all).await.unwrap(), [Ok(()), Ok(()), Ok(())]);
    for id in &ids {
        let job = w.read(*id).await;
        let pause = job.pause.expect("it is paused");
        assert_eq!(
            (pause.until, pause.by.as_str(), pause.note.as_deref()),
            (Some(at(500)), "ops", Some("night"))
        );
        // What was due before the pause has been decided.
        assert_eq!(w.ran(*id).await, [60]);
    }
    let stopped = World::patched(&w.read(ids[1]).await.spec, &json!({"status": "stopped"}));
    let mixed = batch(
        vec![
            (ids[0], JobChange::Resume),
            (ids[1], JobChange::Update(Box::new(stopped), 1)),
            (ids[2], JobChange::Delete),
        ],
        100,
    );
    assert_eq!(
        w.store.change_jobs(mixed).await.unwrap(),
        [Ok(()), Ok(()), Ok(())]
    );
    assert_eq!(w.read(ids[0]).await.pause, None);
    let second = w.read(ids[1]).await;
    assert_eq!((second.spec.status, second.revision), (JobStatus::Stopped, 2));
    assert!(second.pause.is_some());
    assert_eq!(w.store.job(ids[2]).await.unwrap(), None);
}

pub(super) async fn a_refused_change_leaves_the_others(w: World) {
    let job = w.job(json!({})).await;
    let other = w.job(json!({"name": "other"})).await;
    let renamed = |name: &str| Box::new(World::spec(json!({"name": name})));
    let changes = batch(
        vec![
            (JobId(99), pause()),
            (job.id, JobChange::Update(renamed("other"), 1)),
            (job.id, JobChange::Update(renamed("new"), 7)),
            (job.id, pause()),
        ],
        10,
    );
    assert_eq!(
        w.store.change_jobs(changes).await.unwrap(),
        [
            Err(WriteError::NotFound),
            Err(WriteError::NameTaken(other.id)),
            Err(WriteError::Stale(1)),
            Ok(())
        ]
    );
    let job = w.read(job.id).await;
    assert_eq!((job.spec.name.as_str(), job.revision), ("job", 1));
    assert!(job.pause.is_some());
}

pub(super) async fn a_batch_of_deletions_leaves_the_log(w: World) {
    let job = w.job(json!({})).await;
    w.release(at(60)).await;
    let deleted = batch(vec![(job.id, JobChange::Delete)], 70);
    assert_eq!(w.store.change_jobs(deleted).await.unwrap(), [Ok(())]);
    let log = w.log(job.id).await;
    assert_eq!(
        (log.len(), log[0].status, log[0].job_name.as_deref()),
        (1, AttemptStatus::Cancelled, Some("job"))
    );
}
