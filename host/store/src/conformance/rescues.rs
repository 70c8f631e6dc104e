//! Processes that die, and what becomes of their attempts.

use serde_json::json;
use wasmtab_domain::{
    ids::BootId,
    retry::MAX_ABANDONS,
    run::Claim,
    status::{AttemptStatus, RunState},
    time::Timestamp,
};

use super::support::{BOOT, World, active, at, ended};
use crate::{FinishReply, NodeInfo};

fn node(boot: i64, now: Timestamp) -> NodeInfo {
    NodeInfo {
        boot_id: BootId(boot),
        name: format!("node-{boot}"),
        started_at: now,
        seen_at: now,
        lease_until: now.plus(std::time::Duration::from_secs(15)),
        stopped_at: None,
    }
}

/// A process claims the run that is due at 60 and dies; its lease has run out by `now`, when the next one rescues.
async fn die(w: &World, boot: i64, now: Timestamp) -> Claim {
    w.store.register_node(node(boot, now)).await.unwrap();
    let claim = w.claim_for(BootId(boot), now, 10).await.remove(0);
    let later = now.plus(std::time::Duration::from_secs(20));
    let next = BootId(boot + 1);
    w.store.register_node(node(next.0 + 1_000, later)).await.unwrap();
    assert_eq!(w.store.rescue(BootId(next.0 + 1_000), later).await.unwrap(), 1);
    claim
}

pub(super) async fn a_dead_process_loses_its_attempts(w: World) {
    let job = w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = die(&w, 7, at(60)).await;
    let rows = w.log(job.id).await;
    assert_eq!(
        (rows[0].status, rows[0].end_time, rows[0].last),
        (AttemptStatus::Abandoned, Some(at(80)), false)
    );
    assert!(rows[0].error.is_some());
    let run = w.run(claim.run_id).await;
    assert_eq!((run.status, run.due_at), (active(RunState::Queued), Some(at(80))));
    let again = w.claim_one(at(80)).await;
    assert_eq!((again.run_id, again.execute_index), (claim.run_id, 2));
}

pub(super) async fn the_living_process_keeps_its_attempts(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    w.store.register_node(node(BOOT.0, at(60))).await.unwrap();
    let claim = w.claim_one(at(60)).await;
    assert_eq!(w.store.rescue(BOOT, at(61)).await.unwrap(), 0);
    assert_eq!(
        w.end(&claim, AttemptStatus::Success, at(62)).await,
        FinishReply::Ended
    );
}

pub(super) async fn a_death_uses_up_no_retry(w: World) {
    w.job(json!({"retryCount": 1, "retryInterval": 5})).await;
    w.release(at(60)).await;
    die(&w, 7, at(60)).await;
    let second = w.claim_one(at(80)).await;
    assert_eq!(
        w.end(&second, AttemptStatus::Failure, at(80)).await,
        FinishReply::Retry(at(85))
    );
    let third = w.claim_one(at(85)).await;
    assert_eq!(third.execute_index, 3);
    assert_eq!(
        w.end(&third, AttemptStatus::Failure, at(86)).await,
        FinishReply::Ended
    );
}

pub(super) async fn the_fourth_death_ends_the_run(w: World) {
    let job = w.job(json!({"retryCount": 9})).await;
    w.release(at(60)).await;
    for death in 0..=i64::from(MAX_ABANDONS) {
        die(&w, 7 + death, at(60 + 30 * death)).await;
    }
    let rows = w.log(job.id).await;
    assert_eq!(rows.len(), MAX_ABANDONS as usize + 1);
    assert!(rows.iter().all(|row| row.status == AttemptStatus::Abandoned));
    assert!(rows.last().unwrap().last);
    assert_eq!(w.runs(job.id).await[0].status, ended(AttemptStatus::Abandoned));
    assert!(w.claim(at(900)).await.is_empty());
}

pub(super) async fn a_rescued_run_refuses_its_old_outcome(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = die(&w, 7, at(60)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::Success, at(81)).await,
        FinishReply::Refused
    );
    let again = w.claim_one(at(81)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::Success, at(82)).await,
        FinishReply::Refused
    );
    assert_eq!(
        w.end(&again, AttemptStatus::Success, at(83)).await,
        FinishReply::Ended
    );
}

pub(super) async fn what_its_owner_does_not_know_goes_back(w: World) {
    w.job(json!({"overlap": "allow"})).await;
    w.release(at(60)).await;
    let known = w.claim_one(at(60)).await;
    w.release(at(120)).await;
    let unheard = w.claim_one(at(120)).await;
    w.release(at(180)).await;
    let another = w.claim_for(BootId(7), at(180), 1).await.remove(0);

    let known = [known.attempt_id];
    assert_eq!(w.store.give_back(BOOT, &known, at(181)).await.unwrap(), 1);
    assert_eq!(
        w.end(&unheard, AttemptStatus::Success, at(182)).await,
        FinishReply::Refused
    );
    let again = w.claim_one(at(182)).await;
    assert_eq!((again.run_id, again.execute_index), (unheard.run_id, 2));
    assert_eq!(
        w.end(&another, AttemptStatus::Success, at(183)).await,
        FinishReply::Ended
    );
    assert_eq!(
        w.store
            .give_back(BOOT, &[known[0], again.attempt_id], at(184))
            .await
            .unwrap(),
        0
    );
}

pub(super) async fn claims_that_nobody_began_go_back_as_if_they_had_not_been(w: World) {
    let job = w.job(json!({"overlap": "allow"})).await;
    w.release(at(60)).await;
    let begun = w.claim_one(at(60)).await;
    w.store.mark_running(&[(begun.attempt_id, at(60))]).await.unwrap();
    w.release(at(120)).await;
    let waiting = w.claim_one(at(120)).await;
    w.release(at(180)).await;
    let unwanted = w.claim_one(at(180)).await;
    w.store.cancel_run(unwanted.run_id, "ops", at(181)).await.unwrap();
    w.release(at(240)).await;
    let another = w.claim_for(BootId(7), at(240), 1).await.remove(0);

    let all = [&begun, &waiting, &unwanted, &another].map(|claim| claim.attempt_id);
    w.store.hand_back(BOOT, &all, at(241)).await.unwrap();
    let again = w.claim(at(241)).await;
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].run_id, again[0].execute_index), (waiting.run_id, 1));
    assert_eq!(
        w.run(unwanted.run_id).await.status,
        ended(AttemptStatus::Cancelled)
    );
    for claim in [&begun, &again[0], &another] {
        assert_eq!(
            w.end(claim, AttemptStatus::Success, at(242)).await,
            FinishReply::Ended
        );
    }
    let rows = w.log(job.id).await;
    assert_eq!(rows.len(), 4);
}

pub(super) async fn a_cancelled_run_of_a_dead_process_ends(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    w.store.register_node(node(7, at(60))).await.unwrap();
    let claim = w.claim_for(BootId(7), at(60), 1).await.remove(0);
    w.store.cancel_run(claim.run_id, "ops", at(61)).await.unwrap();
    assert_eq!(w.store.rescue(BootId(8), at(90)).await.unwrap(), 1);
    let run = w.run(claim.run_id).await;
    assert_eq!(
        (run.status, run.cancel_requested_by.as_deref()),
        (ended(AttemptStatus::Abandoned), Some("ops"))
    );
}

pub(super) async fn a_process_that_left_has_no_lease(w: World) {
    w.store.register_node(node(7, at(0))).await.unwrap();
    assert!(w.store.heartbeat(BootId(7), at(5), at(20)).await.unwrap());
    let seen = w.store.nodes(10).await.unwrap().remove(0);
    assert_eq!(
        (seen.seen_at, seen.lease_until, seen.stopped_at),
        (at(5), at(20), None)
    );
    w.store.retire_node(BootId(7), at(6)).await.unwrap();
    assert!(!w.store.heartbeat(BootId(7), at(7), at(22)).await.unwrap());
    assert!(!w.store.heartbeat(BootId(8), at(7), at(22)).await.unwrap());
    assert_eq!(w.store.nodes(10).await.unwrap()[0].stopped_at, Some(at(6)));
}

pub(super) async fn the_last_sign_of_life_stays_when_the_clock_goes_back(w: World) {
    w.store.register_node(node(7, at(100))).await.unwrap();
    assert!(w.store.heartbeat(BootId(7), at(50), at(65)).await.unwrap());
    assert_eq!(w.store.last_seen().await.unwrap(), Some(at(100)));
}

pub(super) async fn what_was_planned_is_a_sign_of_life(w: World) {
    w.job(json!({})).await;
    assert_eq!(w.store.last_seen().await.unwrap(), Some(at(0)));
    w.release(at(130)).await;
    assert_eq!(w.store.last_seen().await.unwrap(), Some(at(120)));
}

pub(super) async fn the_last_sign_of_life_is_known(w: World) {
    assert_eq!(w.store.last_seen().await.unwrap(), None);
    w.store.register_node(node(7, at(100))).await.unwrap();
    w.store.register_node(node(8, at(50))).await.unwrap();
    assert_eq!(w.store.last_seen().await.unwrap(), Some(at(100)));
    let names: Vec<_> = w
        .store
        .nodes(1)
        .await
        .unwrap()
        .into_iter()
        .map(|node| node.name)
        .collect();
    assert_eq!(names, ["node-7"]);
}
