//! Which runs a rule or a silence is about, as requests say it and as views show it.

use wasmtab_domain::{alert::Scope, ids::JobId};

use crate::{
    error::{ServiceError, ServiceResult},
    names,
    service::Service,
    view::ScopeView,
};

/// What a request said of it; one at most.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) label: Option<String>,
    pub(super) job: Option<String>,
    pub(super) job_id: Option<i64>,
    pub(super) handler_name: Option<String>,
}

impl Service {
    /// Reads what was said; none where nothing was.
    pub(super) async fn read_scope(&self, said: Said) -> ServiceResult<Option<Scope>> {
        let names: Vec<_> = [
            ("label", said.label.is_some()),
            ("job", said.job.is_some()),
            ("jobId", said.job_id.is_some()),
            ("handlerName", said.handler_name.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_said)| is_said.then_some(name))
        .collect();
        if let [first, second, ..] = names[..] {
            let reason = format!("stands beside {first}: one of label, job, jobId and handlerName is taken");
            return Err(ServiceError::field(second, reason));
        }
        if let Some(label) = said.label {
            names::check_name("label", &label)?;
            return Ok(Some(Scope::Label(label)));
        }
        if let Some(name) = said.handler_name {
            names::check_name("handlerName", &name)?;
            return Ok(Some(Scope::Handler(name)));
        }
        if let Some(name) = said.job {
            let job = self.store.job_named(&name).await?;
            let job = job.ok_or_else(|| ServiceError::field("job", format!("there is no job `{name}`")))?;
            return Ok(Some(Scope::Job(job.id)));
        }
        if let Some(id) = said.job_id {
            return match self.store.job(JobId(id)).await? {
                Some(job) => Ok(Some(Scope::Job(job.id))),
                None => Err(no_job(id)),
            };
        }
        Ok(None)
    }

    pub(super) async fn show_alert_scope(&self, scope: &Scope) -> ServiceResult<ScopeView> {
        let mut view = ScopeView::default();
        match scope {
            Scope::All => {}
            Scope::Label(label) => view.label = Some(label.clone()),
            Scope::Handler(name) => view.handler_name = Some(name.clone()),
            Scope::Job(id) => {
                view.job_id = Some(id.0);
                view.job = self.store.job(*id).await?.map(|job| job.spec.name.clone());
            }
        }
        Ok(view)
    }
}

/// A job that is not there.
pub(super) fn no_job(id: i64) -> ServiceError {
    ServiceError::field("jobId", format!("there is no job {id}"))
}
