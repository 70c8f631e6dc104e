//! Jobs.

mod create;
mod delete;
mod edit;
mod list;
pub(crate) mod next;
mod pause;
mod revisions;
mod trigger;

use wasmtab_cron::Lang;
use wasmtab_domain::job::Job;

pub use self::{list::JobQuery, next::NextQuery, pause::PauseBody, trigger::TriggerBody};
use crate::{error::ServiceResult, service::Service, view::JobView};

impl Service {
    /// The job with what its handler's name resolves to.
    pub(crate) async fn show_job(&self, job: &Job, lang: Lang) -> ServiceResult<JobView> {
        let handler = self.store.handler(&job.spec.handler_name).await?;
        Ok(JobView::new(job, handler.as_ref(), lang))
    }
}

/// How the audit log names a job.
pub(crate) fn subject(job: &Job) -> String {
    format!("job/{}", job.id)
}
