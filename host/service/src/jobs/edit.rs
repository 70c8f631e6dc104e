use serde_json::{Map, Value};
use wasmtab_cron::Lang;
use wasmtab_domain::{
    ids::JobId,
    job::{Job, JobSpec},
};
use wasmtab_store::{JobWrite, Principal, Role};

use super::subject;
use crate::{
    error::{self, ServiceResult},
    precondition::Expected,
    service::{Change, Service, authorize},
    view::JobView,
};

impl Service {
    /// Lets a job say what `said` says and nothing else; an absent `timezone` stays.
    pub async fn put_job(
        &self,
        by: &Principal,
        id: JobId,
        expected: Expected,
        said: &Map<String, Value>,
        lang: Lang,
    ) -> ServiceResult<JobView> {
        authorize(by, Role::Author)?;
        let job = self.find_job(id).await?;
        let expected = expected.require(job.revision)?;
        let spec = JobSpec::read(said, &self.read_context().await?, Some(job.spec.timezone))?;
        self.write_job(by, job, expected, spec, lang).await
    }

    /// Changes the fields that `said` names; `null` puts a default back.
    pub async fn patch_job(
        &self,
        by: &Principal,
        id: JobId,
        expected: Expected,
        said: &Map<String, Value>,
        lang: Lang,
    ) -> ServiceResult<JobView> {
        authorize(by, Role::Author)?;
        let job = self.find_job(id).await?;
        let expected = expected.require(job.revision)?;
        let spec = job.spec.patched(said, &self.read_context().await?)?;
        self.write_job(by, job, expected, spec, lang).await
    }

    async fn write_job(
        &self,
        by: &Principal,
        before: Job,
        expected: Option<i64>,
        spec: JobSpec,
        lang: Lang,
    ) -> ServiceResult<JobView> {
        let job = self.update_job(by, &before, expected, spec).await?;
        self.show_job(&job, lang).await
    }

    /// Writes what a job says from now on, and audits it unless it said so already.
    pub(crate) async fn update_job(
        &self,
        by: &Principal,
        before: &Job,
        expected: Option<i64>,
        spec: JobSpec,
    ) -> ServiceResult<Job> {
        let name = spec.name.clone();
        let write = JobWrite {
            spec,
            source: None,
            by: by.name.clone(),
            now: self.now(),
        };
        let updated = self.store.update_job(before.id, expected, write).await?;
        let job = updated.map_err(|refused| error::job_write(&refused, &name))?;
        if job.revision != before.revision {
            self.audit(
                by,
                "job.update",
                subject(job.id),
                Change::of(&before.spec, &job.spec),
            )
            .await;
        }
        Ok(job)
    }
}
