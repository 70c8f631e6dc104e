//! Ended runs that are carried out once more.

use serde_json::json;
use wasmtab_domain::{
    ids::{JobId, RunId},
    repeat::{Refused, Wish},
    run::{Hold, Shard},
    status::{AttemptStatus, RunState, Trigger},
    time::Timestamp,
};

use super::support::{World, active, at, policy};
use crate::{NewCall, NewRepeats, NewTrigger, RepeatReply};

const WISH: Wish = Wish {
    keep_instant: true,
    again: false,
    overlap: None,
    in_turn: true,
};

fn repeats(runs: &[RunId], wish: Wish, now: Timestamp) -> NewRepeats {
    NewRepeats {
        runs: runs.to_vec(),
        wish,
        dry_run: false,
        by: "ops".into(),
        now,
    }
}

impl World {
    async fn repeat(&self, runs: &[RunId], wish: Wish, now: Timestamp) -> Vec<RepeatReply> {
        self.store.repeat(repeats(runs, wish, now)).await.unwrap()
    }

    /// The one run that was made.
    async fn repeated(&self, run: RunId, wish: Wish, now: Timestamp) -> RunId {
        let replies = self.repeat(&[run], wish, now).await;
        let [RepeatReply::Made(Some(new))] = replies[..] else {
            panic!("it is repeated: {replies:?}");
        };
        new
    }

    /// Fires of a job that failed, by their instants.
    async fn failed(&self, job: JobId, fires: &[i64]) -> Vec<RunId> {
        let mut runs = Vec::new();
        for fire in fires {
            self.release(at(*fire)).await;
            let claims = self.claim(at(*fire)).await;
            for claim in claims.iter().filter(|claim| claim.job_id == Some(job)) {
                self.end(claim, AttemptStatus::Failure, at(fire + 1)).await;
                runs.push(claim.run_id);
            }
        }
        runs
    }
}

pub(super) async fn a_repeat_keeps_instant_and_parameter(w: World) {
    let job = w.job(json!({"handlerParam": "old"})).await;
    let failed = w.failed(job.id, &[60]).await;
    w.edit(job.id, json!({"handlerParam": "new", "retryCount": 2}), at(70))
        .await
        .unwrap();
    let new = w.repeated(failed[0], WISH, at(80)).await;
    let claim = w.claim_one(at(80)).await;
    assert_eq!(
        (claim.run_id, claim.scheduled_at, claim.trigger),
        (new, at(60), Trigger::Backfill)
    );
    assert_eq!(
        (claim.handler_param.as_str(), claim.policy.retry.retry_count),
        ("old", 2)
    );
    w.end(&claim, AttemptStatus::Success, at(81)).await;
    let run = w.run(new).await;
    assert_eq!(
        (run.retry_of, run.requested_by.as_deref(), run.revision),
        (Some(failed[0]), Some("ops"), Some(2))
    );
    assert_eq!(w.store.repeated_by(&failed).await.unwrap(), [(failed[0], new)]);
}

pub(super) async fn a_repeat_may_be_planned_for_now(w: World) {
    let job = w.job(json!({})).await;
    let failed = w.failed(job.id, &[60]).await;
    let now = Wish {
        keep_instant: false,
        ..WISH
    };
    let new = w.repeated(failed[0], now, at(80)).await;
    let run = w.run(new).await;
    assert_eq!((run.scheduled_at, run.trigger), (at(80), Trigger::Manual));
}

pub(super) async fn repeats_of_a_job_follow_one_another(w: World) {
    let job = w.job(json!({})).await;
    let failed = w.failed(job.id, &[60, 120, 180]).await;
    let mut newest_first = failed.clone();
    newest_first.reverse();
    let replies = w.repeat(&newest_first, WISH, at(190)).await;
    assert!(
        replies
            .iter()
            .all(|reply| matches!(reply, RepeatReply::Made(Some(_))))
    );
    for planned in [60, 120, 180] {
        let claim = w.claim_one(at(190)).await;
        assert_eq!(claim.scheduled_at, at(planned));
        w.end(&claim, AttemptStatus::Success, at(191)).await;
    }

    let obey = Wish {
        in_turn: false,
        again: true,
        ..WISH
    };
    let replies = w.repeat(&failed[..2], obey, at(195)).await;
    let RepeatReply::Made(Some(first)) = replies[0] else {
        panic!("the first is made: {replies:?}");
    };
    assert_eq!(replies[1], RepeatReply::Refused(Refused::Overlap(first)));
}

pub(super) async fn what_was_repeated_is_repeated_once(w: World) {
    let job = w.job(json!({})).await;
    let failed = w.failed(job.id, &[60]).await;
    let new = w.repeated(failed[0], WISH, at(80)).await;
    assert_eq!(
        w.repeat(&failed, WISH, at(81)).await,
        [RepeatReply::Refused(Refused::Repeated(new))]
    );
    let again = Wish { again: true, ..WISH };
    let newer = w.repeated(failed[0], again, at(82)).await;
    assert_eq!(w.run(newer).await.held, Some(Hold::Turn));
    assert_eq!(w.store.repeated_by(&failed).await.unwrap(), [(failed[0], newer)]);
}

pub(super) async fn a_dry_run_makes_nothing(w: World) {
    let job = w.job(json!({})).await;
    let failed = w.failed(job.id, &[60]).await;
    let dry = NewRepeats {
        dry_run: true,
        ..repeats(&failed, WISH, at(80))
    };
    assert_eq!(w.store.repeat(dry).await.unwrap(), [RepeatReply::Made(None)]);
    assert_eq!(w.runs(job.id).await.len(), 1);
}

pub(super) async fn what_goes_on_is_not_repeated(w: World) {
    let job = w.job(json!({})).await;
    let run = w.trigger(job.id, at(5)).await;
    assert_eq!(
        w.repeat(&[run.id, RunId(3)], WISH, at(6)).await,
        [RepeatReply::Refused(Refused::Active), RepeatReply::NotFound]
    );
}

pub(super) async fn the_runs_of_a_deleted_job_are_not_repeated(w: World) {
    let job = w.job(json!({})).await;
    let failed = w.failed(job.id, &[60]).await;
    w.store.delete_job(job.id, "ops", at(70)).await.unwrap().unwrap();
    assert_eq!(
        w.repeat(&failed, WISH, at(80)).await,
        [RepeatReply::Refused(Refused::JobDeleted)]
    );
}

pub(super) async fn a_run_that_never_began_keeps_the_jobs_parameter(w: World) {
    let job = w.job(json!({"handlerParam": "p"})).await;
    w.release(at(60)).await;
    let run = w.runs(job.id).await[0].id;
    w.store.cancel_run(run, "ops", at(61)).await.unwrap();
    w.edit(job.id, json!({"handlerParam": "new"}), at(62))
        .await
        .unwrap();
    w.repeated(run, WISH, at(70)).await;
    assert_eq!(w.claim_one(at(70)).await.handler_param, "p");
}

pub(super) async fn shards_are_repeated_one_by_one(w: World) {
    w.job(json!({"shards": 3, "onSuccess": ["after"]})).await;
    let after = w.job(json!({"name": "after", "status": "stopped"})).await;
    w.release(at(60)).await;
    let claims = w.claim(at(60)).await;
    for claim in &claims {
        let status = if claim.shard.index == 0 {
            AttemptStatus::Success
        } else {
            AttemptStatus::Failure
        };
        w.end(claim, status, at(61)).await;
    }
    let failed: Vec<_> = claims
        .iter()
        .filter(|claim| claim.shard.index > 0)
        .map(|claim| claim.run_id)
        .collect();
    let replies = w.repeat(&failed, WISH, at(70)).await;
    let claims = w.claim(at(70)).await;
    let mut parts: Vec<_> = claims.iter().map(|claim| claim.shard).collect();
    parts.sort_by_key(|shard| shard.index);
    assert_eq!(
        parts,
        [Shard { index: 1, count: 3 }, Shard { index: 2, count: 3 }]
    );
    let mut made: Vec<_> = replies
        .iter()
        .map(|reply| match reply {
            RepeatReply::Made(Some(run)) => *run,
            other => panic!("it is repeated: {other:?}"),
        })
        .collect();
    let mut claimed: Vec<_> = claims.iter().map(|claim| claim.run_id).collect();
    made.sort();
    claimed.sort();
    assert_eq!(made, claimed);
    for claim in &claims {
        w.end(claim, AttemptStatus::Success, at(71)).await;
    }
    assert_eq!(w.runs(after.id).await.len(), 1, "together they are one success");
}

pub(super) async fn a_call_is_repeated_as_it_was_bounded(w: World) {
    let call = NewCall {
        handler_name: "Handler".into(),
        handler_param: Some("p".into()),
        at: at(5),
        policy: policy(4),
        by: "ann".into(),
        now: at(5),
    };
    let run = w.store.call(call).await.unwrap();
    let claim = w.claim_one(at(5)).await;
    let permanent = wasmtab_domain::run::Outcome {
        permanent: true,
        ..super::support::outcome(&claim, AttemptStatus::Failure, at(6))
    };
    w.finish(&[permanent], at(6)).await;
    let new = w.repeated(run.id, WISH, at(20)).await;
    let claim = w.claim_one(at(20)).await;
    assert_eq!((claim.run_id, &*claim.policy), (new, &policy(4)));
    assert_eq!(
        (claim.handler_param.as_str(), claim.scheduled_at, claim.trigger),
        ("p", at(5), Trigger::Call)
    );
}

pub(super) async fn a_repeated_chain_start_knows_its_upstream(w: World) {
    let first = w
        .job(json!({"name": "first", "status": "stopped", "onSuccess": ["second"]}))
        .await;
    let second = w.job(json!({"name": "second", "status": "stopped"})).await;
    w.trigger(first.id, at(5)).await;
    let upstream = w.claim_one(at(5)).await;
    w.end(&upstream, AttemptStatus::Success, at(6)).await;
    let chained = w.claim_one(at(6)).await;
    w.end(&chained, AttemptStatus::Failure, at(7)).await;
    w.repeated(chained.run_id, WISH, at(10)).await;
    let claim = w.claim_one(at(10)).await;
    assert_eq!(claim.job_id, Some(second.id));
    assert_eq!(claim.upstream, chained.upstream);
    // A trigger afterwards finds it in the way.
    let beside = NewTrigger {
        job_id: second.id,
        handler_param: None,
        overlap: None,
        by: "ops".into(),
        now: at(11),
    };
    assert!(w.store.trigger(beside).await.unwrap().is_err());
    assert_eq!(w.run(claim.run_id).await.status, active(RunState::Running));
}
