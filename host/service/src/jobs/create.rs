use serde_json::{Map, Value};
use wasmtab_cron::Lang;
use wasmtab_domain::job::JobSpec;
use wasmtab_store::{JobWrite, Principal, Role};

use super::subject;
use crate::{
    error::{self, ServiceResult},
    service::{Change, Service, authorize},
    view::JobView,
};

impl Service {
    /// Makes a job.
    pub async fn create_job(
        &self,
        by: &Principal,
        said: &Map<String, Value>,
        lang: Lang,
    ) -> ServiceResult<JobView> {
        authorize(by, Role::Author)?;
        let spec = JobSpec::read(said, &self.read_context().await?, None)?;
        let name = spec.name.clone();
        let write = JobWrite {
            spec,
            source: None,
            by: by.name.clone(),
            now: self.now(),
        };
        let job = self
            .store
            .create_job(write)
            .await?
            .map_err(|refused| error::job_write(&refused, &name))?;
        self.audit(by, "job.create", subject(job.id), Change::made(&job.spec))
            .await;
        self.show_job(&job, lang).await
    }
}
