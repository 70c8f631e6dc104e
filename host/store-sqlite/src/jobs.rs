//! The job table.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::JobId,
    job::{Job, Pause},
    run::Binding,
    time::Timestamp,
};
use wasmtab_store::{
    Come, Deleted, Hint, JobChanges, JobFilter, JobStore, JobWrite, Page, PausePeriod, PauseRequest,
    Released, Revision, StoreResult, WriteError,
};

use crate::{
    SqliteStore,
    convert::{JobRow, instant, json, select_jobs},
    job_batches, job_links, job_writes,
    release::{crowd_at, foresee, release_at, release_due},
    store_error,
    writer::Then,
};

#[async_trait]
impl JobStore for SqliteStore {
    async fn create_job(&self, write: JobWrite) -> StoreResult<Result<Job, WriteError>> {
        let created = self
            .write(move |c| Box::pin(async move { job_writes::create(c, &write).await }))
            .await?;
        self.hints.send(Hint::Jobs);
        Ok(created)
    }

    async fn update_job(
        &self,
        id: JobId,
        expected: Option<i64>,
        write: JobWrite,
    ) -> StoreResult<Result<Job, WriteError>> {
        let memory = self.memory.clone();
        let updated = self
            .write_announced(move |c, effects| {
                Box::pin(async move { job_writes::update(c, &memory, id, expected, &write, effects).await })
            })
            .await?;
        self.hints.send(Hint::Jobs);
        Ok(updated)
    }

    async fn delete_job(
        &self,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Deleted, WriteError>> {
        let (memory, by) = (self.memory.clone(), by.to_owned());
        self.write_announced(move |c, effects| {
            Box::pin(async move { job_writes::delete(c, &memory, id, &by, now, effects).await })
        })
        .await
    }

    async fn pause_job(&self, id: JobId, request: PauseRequest) -> StoreResult<Result<Job, WriteError>> {
        let memory = self.memory.clone();
        let paused = self
            .write_announced(move |c, effects| {
                Box::pin(async move { job_writes::pause(c, &memory, id, &request, effects).await })
            })
            .await?;
        self.hints.send(Hint::Jobs);
        Ok(paused)
    }

    async fn resume_job(&self, id: JobId, by: &str, now: Timestamp) -> StoreResult<Result<Job, WriteError>> {
        let (memory, by) = (self.memory.clone(), by.to_owned());
        let resumed = self
            .write_announced(move |c, effects| {
                effects.queue = true;
                Box::pin(async move { job_writes::resume(c, &memory, id, &by, now, effects).await })
            })
            .await?;
        self.hints.send(Hint::Jobs);
        Ok(resumed)
    }

    async fn change_jobs(&self, changes: JobChanges) -> StoreResult<Vec<Result<(), WriteError>>> {
        let memory = self.memory.clone();
        let changed = self
            .write_announced(move |c, effects| {
                Box::pin(async move { job_batches::change(c, &memory, &changes, effects).await })
            })
            .await?;
        self.hints.send(Hint::Jobs);
        Ok(changed)
    }

    async fn job(&self, id: JobId) -> StoreResult<Option<Job>> {
        let row = select_jobs!("WHERE id = ?", id.0)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        row.map(Job::try_from).transpose().map_err(store_error)
    }

    async fn job_named(&self, name: &str) -> StoreResult<Option<Job>> {
        let row = select_jobs!("WHERE name = ?", name)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        row.map(Job::try_from).transpose().map_err(store_error)
    }

    async fn jobs(&self, filter: &JobFilter, after: Option<i64>, limit: u32) -> StoreResult<Page<Job>> {
        let (after, more) = (after.unwrap_or(0), i64::from(limit) + 1);
        let status = filter.status.map(wasmtab_domain::policy::JobStatus::as_str);
        let rows = if let Some(label) = &filter.label {
            select_jobs!(
                "WHERE id IN (SELECT job_id FROM job_label WHERE label = ?8 AND job_id > ?1)
                    AND (?2 IS NULL OR instr(lower(name), lower(?2)) > 0) AND (?3 IS NULL OR handler_name = ?3)
                    AND (?4 IS NULL OR (paused_at IS NOT NULL) = ?4) AND (?5 IS NULL OR status = ?5)
                    AND (?7 IS NULL OR source = ?7)
                ORDER BY id LIMIT ?6",
                after,
                filter.text,
                filter.handler_name,
                filter.paused,
                status,
                more,
                filter.source,
                label
            )
            .fetch_all(&self.readers)
            .await
        } else {
            select_jobs!(
                "WHERE id > ?1 AND (?2 IS NULL OR instr(lower(name), lower(?2)) > 0)
                    AND (?3 IS NULL OR handler_name = ?3) AND (?4 IS NULL OR (paused_at IS NOT NULL) = ?4)
                    AND (?5 IS NULL OR status = ?5) AND (?7 IS NULL OR source = ?7)
                ORDER BY id LIMIT ?6",
                after,
                filter.text,
                filter.handler_name,
                filter.paused,
                status,
                more,
                filter.source
            )
            .fetch_all(&self.readers)
            .await
        }
        .map_err(store_error)?;
        let items = rows
            .into_iter()
            .map(Job::try_from)
            .collect::<Result<Vec<_>, _>>()
            .map_err(store_error)?;
        Ok(crate::reads::page(items, limit, |job| job.id.0))
    }

    async fn known_jobs(&self, names: &[String]) -> StoreResult<Vec<String>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        job_links::known(&mut connection, names)
            .await
            .map_err(store_error)
    }

    async fn chains_from(&self, names: &[String]) -> StoreResult<Vec<(String, Vec<String>)>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        job_links::chains_from(&mut connection, names)
            .await
            .map_err(store_error)
    }

    async fn revisions(&self, id: JobId) -> StoreResult<Vec<Revision>> {
        let rows = sqlx::query!(
            "SELECT revision, spec, valid_from, changed_by FROM job_revision WHERE job_id = ? ORDER BY revision",
            id.0
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|row| {
                Ok(Revision {
                    job_id: id,
                    revision: row.revision,
                    spec: row.spec.map(|spec| json("spec", &spec)).transpose()?,
                    valid_from: instant(row.valid_from),
                    changed_by: row.changed_by,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(store_error)
    }

    async fn pauses(&self, id: JobId) -> StoreResult<Vec<PausePeriod>> {
        let rows = sqlx::query!(
            "SELECT paused_at, until, note, paused_by, ended_at, ended_by FROM job_pause WHERE job_id = ? ORDER BY id",
            id.0
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(rows
            .into_iter()
            .map(|row| PausePeriod {
                pause: Pause {
                    paused_at: instant(row.paused_at),
                    until: row.until.map(instant),
                    by: row.paused_by,
                    note: row.note,
                },
                ended_at: row.ended_at.map(instant),
                ended_by: row.ended_by,
            })
            .collect())
    }

    async fn release_due(&self, now: Timestamp, limit: u32) -> StoreResult<Released> {
        let memory = self.memory.clone();
        self.write_seated(limit, now, Then::Others, move |c, seats, effects| {
            Box::pin(async move { release_due(c, &memory, now, limit, seats, effects).await })
        })
        .await
    }

    async fn crowd_at(&self, at: Timestamp, most: u32) -> StoreResult<u32> {
        let mut reader = self.readers.acquire().await.map_err(store_error)?;
        crowd_at(&mut reader, at, most).await.map_err(store_error)
    }

    async fn release_at(&self, at: Timestamp, limit: u32, come: Come) -> StoreResult<bool> {
        let (memory, log) = (self.memory.clone(), self.log.clone());
        self.write_seated(limit, at, Then::Commit, move |c, seats, effects| {
            Box::pin(async move { release_at(c, &memory, &log, at, limit, seats, come, effects).await })
        })
        .await
    }

    async fn foresee(
        &self,
        after: Timestamp,
        until: Timestamp,
    ) -> StoreResult<HashMap<String, Arc<Binding>>> {
        let mut reader = self.readers.acquire().await.map_err(store_error)?;
        foresee(&mut reader, &self.memory, after, until)
            .await
            .map_err(store_error)
    }

    async fn replan(&self, now: Timestamp) -> StoreResult<()> {
        self.write(move |c| Box::pin(async move { job_writes::replan(c, now).await }))
            .await?;
        self.hints.send(Hint::Jobs);
        Ok(())
    }
}

pub(crate) async fn load(connection: &mut SqliteConnection, id: JobId) -> Result<Option<Job>, sqlx::Error> {
    select_jobs!("WHERE id = ?", id.0)
        .fetch_optional(connection)
        .await?
        .map(JobRow::try_into)
        .transpose()
}
