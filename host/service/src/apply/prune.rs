//! Jobs that a source made and does not say any more.

use std::collections::HashSet;

use wasmtab_cron::Lang;
use wasmtab_domain::{field::FieldError, job::Job};
use wasmtab_store::{JobFilter, Principal};

use super::plan::Planned;
use crate::{
    error::{self, ServiceError, ServiceResult},
    jobs::subject,
    service::{Change, Service},
    view::{Action, AppliedJob, SpecView},
};

/// Jobs that are read at once.
const PAGE: u32 = 500;

impl Service {
    /// The jobs that `source` made, without those of the document.
    pub(super) async fn surplus(&self, source: Option<&str>, planned: &[Planned]) -> ServiceResult<Vec<Job>> {
        let Some(source) = source else {
            let reason = "goes with source: only what the same source made is removed";
            return Err(ServiceError::Invalid(FieldError::new("prune", reason).into()));
        };
        let said: HashSet<&str> = planned.iter().map(|plan| plan.spec.name.as_str()).collect();
        let filter = JobFilter {
            source: Some(source.to_owned()),
            ..JobFilter::default()
        };
        let (mut surplus, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.jobs(&filter, after, PAGE).await?;
            let left = page.items.into_iter();
            surplus.extend(left.filter(|job| !said.contains(job.spec.name.as_str())));
            after = page.next;
            if after.is_none() {
                return Ok(surplus);
            }
        }
    }

    /// Removes a job that its source does not say any more. One that is gone already is no failure.
    pub(super) async fn prune(&self, by: &Principal, job: &Job) -> ServiceResult<()> {
        let deleted = self.store.delete_job(job.id, &by.name, self.now()).await?;
        match deleted {
            Err(wasmtab_store::WriteError::NotFound) => return Ok(()),
            other => other.map_err(|refused| error::job_write(&refused, &job.spec.name))?,
        };
        let before = serde_json::json!({ "source": job.source, "job": job.spec });
        self.audit(by, "job.delete", subject(job.id), Change::removed(before))
            .await;
        Ok(())
    }
}

/// What a plan shows of a job that is removed.
pub(super) fn show(job: &Job, lang: Lang) -> AppliedJob {
    let pause = job.pause.as_ref();
    AppliedJob {
        action: Action::Deleted,
        id: Some(job.id.0),
        spec: SpecView::from(&*job.spec),
        description: crate::view::describe(&job.spec, lang),
        next_fire_at: None,
        changes: Vec::new(),
        warnings: pause
            .map(|pause| format!("it is paused by {}, and goes all the same", pause.by))
            .into_iter()
            .collect(),
    }
}
