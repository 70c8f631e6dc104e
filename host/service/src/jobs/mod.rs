//! Jobs.

mod backfill;
mod create;
mod delete;
mod edit;
mod list;
pub(crate) mod next;
mod pause;
mod revisions;
mod trigger;
mod why;

use std::collections::HashSet;

use wasmtab_cron::Lang;
use wasmtab_domain::{
    ids::JobId,
    job::{Job, JobSpec},
};

pub use self::{
    backfill::BackfillBody, list::JobQuery, next::NextQuery, pause::PauseBody, trigger::TriggerBody,
    why::WhyQuery,
};
pub(crate) use self::{
    pause::check_pause,
    trigger::{in_the_way, param},
};
use crate::{error::ServiceResult, service::Service, view::JobView};

impl Service {
    /// The job with what its handler's name resolves to.
    pub(crate) async fn show_job(&self, job: &Job, lang: Lang) -> ServiceResult<JobView> {
        let handler = self.store.handler(&job.spec.handler_name).await?;
        let known = self.known_chained([&*job.spec]).await?;
        Ok(JobView::new(job, handler.as_ref(), lang).with_missing(missing_chained(&job.spec, &known)))
    }

    /// Which of the jobs that these start at their end are there.
    pub(crate) async fn known_chained<'a>(
        &self,
        specs: impl IntoIterator<Item = &'a JobSpec>,
    ) -> ServiceResult<HashSet<String>> {
        let names: HashSet<_> = specs.into_iter().flat_map(chained).cloned().collect();
        if names.is_empty() {
            return Ok(names);
        }
        let names: Vec<_> = names.into_iter().collect();
        Ok(self.store.known_jobs(&names).await?.into_iter().collect())
    }
}

/// The jobs that a job starts at its end.
pub(crate) fn chained(spec: &JobSpec) -> impl Iterator<Item = &String> {
    spec.on_success.iter().chain(&spec.on_failure)
}

/// Those of them that are not among `known`, each once.
pub(crate) fn missing_chained(spec: &JobSpec, known: &HashSet<String>) -> Vec<String> {
    let mut missing: Vec<_> = chained(spec)
        .filter(|name| !known.contains(*name))
        .cloned()
        .collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// How the audit log names a job.
pub(crate) fn subject(job: JobId) -> String {
    format!("job/{job}")
}
