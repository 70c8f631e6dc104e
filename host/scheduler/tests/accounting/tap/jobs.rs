//! The job table: writes are faulted and chronicled, reads go through.

use std::sync::Arc;

use async_trait::async_trait;
use wasmtab_domain::{
    ids::JobId,
    job::Job,
    time::{Clock, Timestamp},
};
use wasmtab_store::{
    Come, Deleted, JobChange, JobChanges, JobFilter, JobStore, JobWrite, Page, PausePeriod, PauseRequest,
    Released, Revision, StoreResult, WriteError,
};

use super::Tap;
use crate::chronicle::Event;

fn written(answer: &Result<Job, WriteError>) -> Option<Event> {
    let job = answer.as_ref().ok()?;
    Some(Event::Written {
        job: job.id,
        revision: job.revision,
        spec: Arc::clone(&job.spec),
    })
}

impl Tap {
    /// What one of several changes was, once it is committed.
    async fn changed(&self, job: JobId, change: JobChange) -> StoreResult<Event> {
        Ok(match change {
            JobChange::Pause { until, .. } => Event::Paused { job, until },
            JobChange::Resume => Event::Resumed { job },
            JobChange::Delete => Event::Deleted { job },
            JobChange::Update(spec, _) => Event::Written {
                job,
                revision: self.real.store.job(job).await?.map_or(0, |job| job.revision),
                spec: Arc::from(spec),
            },
        })
    }
}

#[async_trait]
impl JobStore for Tap {
    async fn create_job(&self, write: JobWrite) -> StoreResult<Result<Job, WriteError>> {
        let at = Some(write.now);
        let work = self.bug.create_job(&self.real, write);
        self.write("create_job", at, work, written).await
    }

    async fn update_job(
        &self,
        id: JobId,
        expected: Option<i64>,
        write: JobWrite,
    ) -> StoreResult<Result<Job, WriteError>> {
        let at = Some(write.now);
        let work = self.bug.update_job(&self.real, id, expected, write);
        self.write("update_job", at, work, written).await
    }

    async fn delete_job(
        &self,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Deleted, WriteError>> {
        let work = self.bug.delete_job(&self.real, id, by, now);
        self.write("delete_job", Some(now), work, |answer| {
            answer.is_ok().then_some(Event::Deleted { job: id })
        })
        .await
    }

    async fn pause_job(&self, id: JobId, request: PauseRequest) -> StoreResult<Result<Job, WriteError>> {
        let (now, until) = (request.now, request.until);
        let work = self.bug.pause_job(&self.real, id, request);
        self.write("pause_job", Some(now), work, |answer| {
            answer.is_ok().then_some(Event::Paused { job: id, until })
        })
        .await
    }

    async fn resume_job(&self, id: JobId, by: &str, now: Timestamp) -> StoreResult<Result<Job, WriteError>> {
        let work = self.bug.resume_job(&self.real, id, by, now);
        self.write("resume_job", Some(now), work, |answer| {
            answer.is_ok().then_some(Event::Resumed { job: id })
        })
        .await
    }

    async fn change_jobs(&self, changes: JobChanges) -> StoreResult<Vec<Result<(), WriteError>>> {
        let at = Some(changes.now);
        let said = changes.changes.clone();
        let work = async {
            let replies = self.bug.change_jobs(&self.real, changes).await?;
            let mut events = Vec::new();
            for ((job, change), reply) in said.into_iter().zip(&replies) {
                if reply.is_ok() {
                    events.push(self.changed(job, change).await?);
                }
            }
            Ok((replies, events))
        };
        let (replies, _) = self
            .write("change_jobs", at, work, |(_, events)| {
                Some(Event::Together(events.clone()))
            })
            .await?;
        Ok(replies)
    }

    async fn known_jobs(&self, names: &[String]) -> StoreResult<Vec<String>> {
        self.real.store.known_jobs(names).await
    }

    async fn chains_from(&self, names: &[String]) -> StoreResult<Vec<(String, Vec<String>)>> {
        self.real.store.chains_from(names).await
    }

    async fn job(&self, id: JobId) -> StoreResult<Option<Job>> {
        self.real.store.job(id).await
    }

    async fn job_named(&self, name: &str) -> StoreResult<Option<Job>> {
        self.real.store.job_named(name).await
    }

    async fn jobs(&self, filter: &JobFilter, after: Option<i64>, limit: u32) -> StoreResult<Page<Job>> {
        self.real.store.jobs(filter, after, limit).await
    }

    async fn revisions(&self, id: JobId) -> StoreResult<Vec<Revision>> {
        self.real.store.revisions(id).await
    }

    async fn pauses(&self, id: JobId) -> StoreResult<Vec<PausePeriod>> {
        self.real.store.pauses(id).await
    }

    async fn release_due(&self, now: Timestamp, limit: u32) -> StoreResult<Released> {
        let work = self.bug.release_due(&self.real, now, limit);
        self.write("release_due", Some(now), work, |_| Some(Event::Looked))
            .await
    }

    async fn release_at(&self, at: Timestamp, limit: u32, come: Come) -> StoreResult<bool> {
        let work = self.bug.release_at(&self.real, at, limit, come);
        self.write("release_at", Some(at), work, |released| {
            let committed = self.clock.now();
            released.then_some(Event::LookedAhead { committed })
        })
        .await
    }

    async fn replan(&self, now: Timestamp) -> StoreResult<()> {
        let work = self.bug.replan(&self.real, now);
        self.write("replan", Some(now), work, |()| Some(Event::Replanned))
            .await
    }
}
