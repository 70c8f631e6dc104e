//! The queue and the log: writes are faulted and chronicled, reads go through.

use async_trait::async_trait;
use wasmtab_domain::{
    decided::DecidedFire,
    ids::{AttemptId, BootId, JobId, RunId},
    run::{Attempt, AttemptLog, Outcome, Run},
    time::Timestamp,
};
use wasmtab_store::{
    AttemptFilter, CancelReply, ClaimRequest, Claimed, FinishReply, NewBackfill, NewCall, NewRepeats,
    NewTrigger, Page, RepeatReply, RunFilter, RunStore, Started, StoreResult, TriggerRefused,
};

use super::Tap;
use crate::chronicle::Event;

#[async_trait]
impl RunStore for Tap {
    async fn trigger(&self, trigger: NewTrigger) -> StoreResult<Result<Started, TriggerRefused>> {
        let (now, job, overlap) = (trigger.now, trigger.job_id, trigger.overlap);
        let work = self.bug.trigger(&self.real, trigger);
        self.write("trigger", Some(now), work, |answer| {
            let answer = match answer {
                Ok(started) => Ok(started.run.id),
                Err(TriggerRefused::Overlap(blocking)) => Err(*blocking),
                Err(TriggerRefused::NotFound) => return None,
            };
            Some(Event::Triggered { job, overlap, answer })
        })
        .await
    }

    async fn backfill(&self, backfill: NewBackfill) -> StoreResult<Option<Vec<RunId>>> {
        let (now, job, overlap) = (backfill.now, backfill.job_id, backfill.overlap);
        let fires = backfill.fires.clone();
        let work = self.bug.backfill(&self.real, backfill);
        self.write("backfill", Some(now), work, |answer| {
            Some(Event::FilledBack {
                job,
                overlap,
                fires,
                answer: answer.clone(),
            })
        })
        .await
    }

    async fn repeat(&self, repeats: NewRepeats) -> StoreResult<Vec<RepeatReply>> {
        let (now, wish, runs) = (repeats.now, repeats.wish, repeats.runs.clone());
        let is_real = !repeats.dry_run;
        let work = self.bug.repeat(&self.real, repeats);
        self.write("repeat", Some(now), work, |replies| {
            is_real.then(|| Event::Repeated {
                runs,
                wish,
                replies: replies.clone(),
            })
        })
        .await
    }

    async fn repeated_by(&self, runs: &[RunId]) -> StoreResult<Vec<(RunId, RunId)>> {
        self.real.store.repeated_by(runs).await
    }

    async fn decided_fires(
        &self,
        job: JobId,
        since: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Vec<DecidedFire>> {
        self.real.store.decided_fires(job, since, until).await
    }

    async fn cancel_runs(&self, ids: &[RunId], by: &str, now: Timestamp) -> StoreResult<Vec<CancelReply>> {
        let work = self.bug.cancel_runs(&self.real, ids, by, now);
        self.write("cancel_runs", Some(now), work, |replies| {
            let each = ids.iter().zip(replies);
            let events = each.map(|(run, reply)| Event::Cancelled {
                run: *run,
                reply: *reply,
            });
            Some(Event::Together(events.collect()))
        })
        .await
    }

    async fn call(&self, call: NewCall) -> StoreResult<Run> {
        let (now, at, policy) = (call.now, call.at, Box::new(call.policy.clone()));
        let work = self.bug.call(&self.real, call);
        self.write("call", Some(now), work, |run| {
            Some(Event::Called {
                run: run.id,
                at,
                policy,
            })
        })
        .await
    }

    async fn claim_due(&self, request: &ClaimRequest) -> StoreResult<Claimed> {
        let (limit, by_age) = self.faults.places((request.limit, request.by_age));
        let request = ClaimRequest {
            limit,
            by_age,
            ..request.clone()
        };
        let owner = request.boot_id;
        let work = self.bug.claim_due(&self.real, &request);
        self.write("claim_due", Some(request.now), work, |claimed| {
            Some(Event::Claimed {
                owner,
                limit,
                by_age,
                claims: claimed.claims.clone(),
            })
        })
        .await
    }

    async fn mark_running(&self, begun: &[(AttemptId, Timestamp)]) -> StoreResult<()> {
        let work = self.bug.mark_running(&self.real, begun);
        self.write("mark_running", None, work, |()| None).await
    }

    async fn finish(&self, outcomes: &[Outcome], now: Timestamp) -> StoreResult<Vec<FinishReply>> {
        let work = self.bug.finish(&self.real, outcomes, now);
        self.write("finish", Some(now), work, |replies| {
            Some(Event::Finished {
                outcomes: outcomes.to_vec(),
                replies: replies.clone(),
            })
        })
        .await
    }

    async fn cancel_run(&self, id: RunId, by: &str, now: Timestamp) -> StoreResult<CancelReply> {
        let work = self.bug.cancel_run(&self.real, id, by, now);
        self.write("cancel_run", Some(now), work, |reply| {
            Some(Event::Cancelled {
                run: id,
                reply: *reply,
            })
        })
        .await
    }

    async fn cancel_wishes(&self, boot_id: BootId) -> StoreResult<Vec<AttemptId>> {
        self.real.store.cancel_wishes(boot_id).await
    }

    async fn rescue(&self, living: BootId, now: Timestamp) -> StoreResult<u64> {
        let work = self.bug.rescue(&self.real, living, now);
        self.write("rescue", Some(now), work, |count| {
            Some(Event::Rescued {
                living,
                count: *count,
            })
        })
        .await
    }

    async fn give_back(&self, owner: BootId, known: &[AttemptId], now: Timestamp) -> StoreResult<u64> {
        let work = self.bug.give_back(&self.real, owner, known, now);
        self.write("give_back", Some(now), work, |count| {
            Some(Event::GaveBack {
                owner,
                known: known.to_vec(),
                count: *count,
            })
        })
        .await
    }

    async fn hand_back(&self, owner: BootId, attempts: &[AttemptId], now: Timestamp) -> StoreResult<()> {
        let work = self.real.store.hand_back(owner, attempts, now);
        self.write("hand_back", Some(now), work, |()| None).await
    }

    async fn run(&self, id: RunId) -> StoreResult<Option<Run>> {
        self.real.store.run(id).await
    }

    async fn runs(&self, filter: &RunFilter, before: Option<i64>, limit: u32) -> StoreResult<Page<Run>> {
        self.real.store.runs(filter, before, limit).await
    }

    async fn attempts(
        &self,
        filter: &AttemptFilter,
        before: Option<i64>,
        limit: u32,
    ) -> StoreResult<Page<Attempt>> {
        self.real.store.attempts(filter, before, limit).await
    }

    async fn attempt(&self, id: AttemptId) -> StoreResult<Option<Attempt>> {
        self.real.store.attempt(id).await
    }

    async fn attempt_log(&self, id: AttemptId) -> StoreResult<AttemptLog> {
        self.real.store.attempt_log(id).await
    }
}
