use wasmtab_domain::ids::JobId;
use wasmtab_store::{Principal, Role};

use super::subject;
use crate::{
    error::{self, ServiceResult},
    precondition::Expected,
    service::{Change, Service, authorize},
};

impl Service {
    /// Removes a job: its runs are asked to end, its state goes, its log stays.
    pub async fn delete_job(&self, by: &Principal, id: JobId, expected: Expected) -> ServiceResult<()> {
        authorize(by, Role::Author)?;
        let job = self.find_job(id).await?;
        expected.require(job.revision)?;
        let deleted = self.store.delete_job(id, &by.name, self.now()).await?;
        deleted.map_err(|refused| error::job_write(&refused, &job.spec.name))?;
        self.audit(by, "job.delete", subject(job.id), Change::removed(&job.spec))
            .await;
        Ok(())
    }
}
