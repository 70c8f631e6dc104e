//! What a check-up looks at.

use serde_json::json;
use wasmtab_domain::{interval::Interval, status::AttemptStatus};

use super::support::{BOOT, World, at};
use crate::{Findings, NewToken, NodeInfo, OwnedAttempt, PauseRequest, PausedJob, Role, Sample, StateScope};

const MOST: u32 = 2;

impl World {
    async fn findings(&self) -> Findings {
        self.store.findings(MOST).await.unwrap()
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

pub(super) async fn a_sound_database_has_no_faults_and_nothing_to_find(w: World) {
    assert!(w.store.faults(10).await.unwrap().is_empty());
    assert!(w.store.schema().await.unwrap() >= 1);
    assert_eq!(w.findings().await, Findings::default());
    let token = NewToken {
        name: "ann".into(),
        role: Role::Administrator,
        hash: "hash".into(),
        expires_at: None,
        by: "setup".into(),
        now: at(0),
    };
    w.store.create_token(token).await.unwrap();
    assert_eq!(w.findings().await.administrators, 1);
}

pub(super) async fn jobs_whose_handler_resolves_to_nothing_are_found(w: World) {
    for name in ["c", "a", "b"] {
        w.job(json!({"name": name, "handlerName": format!("{name}-handler")}))
            .await;
    }
    // One that does not fire needs nobody who answers.
    w.job(json!({"name": "stopped", "status": "stopped"})).await;
    let found = w.findings().await;
    assert_eq!(
        found.unresolved,
        Sample {
            count: 3,
            first: vec![("a".into(), "a-handler".into()), ("b".into(), "b-handler".into())],
        }
    );
    assert_eq!(found.zones, ["UTC"]);
}

pub(super) async fn jobs_that_should_fire_and_will_not_are_found(w: World) {
    w.job(json!({"name": "on"})).await;
    w.job(json!({"name": "stopped", "status": "stopped"})).await;
    w.job(json!({"name": "over", "endAt": at(90)})).await;
    assert_eq!(w.findings().await.over, Sample::default());
    w.release(at(60)).await;
    assert_eq!(
        w.findings().await.over,
        Sample {
            count: 1,
            first: names(&["over"]),
        }
    );
}

pub(super) async fn paused_jobs_are_found_the_longest_pause_first(w: World) {
    for (name, now, until) in [("a", 20, None), ("b", 10, Some(at(500))), ("c", 30, None)] {
        let job = w.job(json!({"name": name})).await;
        let request = PauseRequest {
            until,
            note: None,
            by: "ops".into(),
            now: at(now),
        };
        w.store.pause_job(job.id, request).await.unwrap().unwrap();
    }
    let paused = |name: &str, now, until| PausedJob {
        name: name.into(),
        paused_at: at(now),
        until,
    };
    assert_eq!(
        w.findings().await.paused,
        Sample {
            count: 3,
            first: vec![paused("b", 10, Some(at(500))), paused("a", 20, None)],
        }
    );
}

pub(super) async fn owned_attempts_tell_how_long_they_may_take_and_whose_they_are(w: World) {
    w.job(json!({"monitorTimeout": 77})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(61)).await;
    let owned = |lease_until| Sample {
        count: 1,
        first: vec![OwnedAttempt {
            run_id: claim.run_id,
            job_name: Some("job".into()),
            handler_name: "Handler".into(),
            claimed_at: at(61),
            timeout: Interval::from_secs(77),
            lease_until,
        }],
    };
    assert_eq!(w.findings().await.owned, owned(None));
    let node = NodeInfo {
        boot_id: BOOT,
        name: "node".into(),
        started_at: at(0),
        seen_at: at(0),
        lease_until: at(100),
        stopped_at: None,
    };
    w.store.register_node(node).await.unwrap();
    assert_eq!(w.findings().await.owned, owned(Some(at(100))));
    w.end(&claim, AttemptStatus::Success, at(62)).await;
    assert_eq!(w.findings().await.owned, Sample::default());
}

pub(super) async fn what_an_attempt_kept_for_a_deleted_job_is_found(w: World) {
    let job = w.job(json!({})).await;
    let kept = StateScope::Job(job.id);
    let keep = async || {
        for scope in [&kept, &StateScope::Handler("Handler".into())] {
            w.store.state_set(scope, "k", b"v", 100).await.unwrap().unwrap();
        }
    };
    keep().await;
    assert_eq!(w.findings().await.state_without_job, 0);
    w.store.delete_job(job.id, "ann", at(1)).await.unwrap().unwrap();
    assert_eq!(w.findings().await.state_without_job, 0);
    // Its last attempt goes on for a moment.
    keep().await;
    assert_eq!(w.findings().await.state_without_job, 1);
    w.store.state_clear(&kept, "", 10).await.unwrap();
    assert_eq!(w.findings().await.state_without_job, 0);
}
