//! Jobs from a document: the same document again changes nothing.

mod changes;
mod document;
mod plan;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use wasmtab_cron::Lang;
use wasmtab_domain::job::Job;
use wasmtab_store::{JobWrite, Principal, Role};

use self::plan::Planned;
use crate::{
    error::{self, ServiceResult},
    jobs::subject,
    names,
    service::{Change, Service, authorize},
    view::{Action, AppliedJob, PlanView},
};

/// A document to apply.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyRequest {
    /// A list of jobs, or `{"defaults": {…}, "jobs": […]}`.
    #[schema(value_type = Object)]
    pub document: Value,
    /// Whether to stop at the plan.
    #[serde(default)]
    pub dry_run: bool,
    /// Where the document comes from, for the audit log.
    #[serde(default)]
    pub source: Option<String>,
}

/// How often a job is planned anew because somebody changed it meanwhile.
const TRIES: usize = 3;

impl Service {
    /// Applies a document. All of it is checked before anything is written; absent fields take their defaults, except `timezone`,
    /// which stays; a job that is so already is not touched; nothing is deleted; no pause is lifted.
    pub async fn apply(&self, by: &Principal, request: ApplyRequest, lang: Lang) -> ServiceResult<PlanView> {
        authorize(by, Role::Author)?;
        if let Some(source) = &request.source {
            names::check_name("source", source)?;
        }
        let entries = document::read(&request.document).map_err(document::in_request)?;
        let context = self.read_context().await?;
        let mut planned = Vec::with_capacity(entries.len());
        let mut errors = Vec::new();
        for entry in entries {
            match self.plan(entry, &context).await? {
                Ok(plan) => planned.push(plan),
                Err(wrong) => errors.extend(wrong.0),
            }
        }
        document::unique(&planned, &mut errors);
        document::refuse(errors).map_err(document::in_request)?;

        let mut view = PlanView {
            dry_run: request.dry_run,
            created: 0,
            updated: 0,
            unchanged: 0,
            jobs: Vec::new(),
        };
        for plan in planned {
            let applied = if request.dry_run {
                plan
            } else {
                self.carry_out(by, plan, request.source.as_deref()).await?
            };
            match applied.action() {
                Action::Created => view.created += 1,
                Action::Updated => view.updated += 1,
                Action::Unchanged => view.unchanged += 1,
            }
            let shown = self.show_plan(applied, lang).await?;
            view.jobs.push(shown);
        }
        Ok(view)
    }

    /// Writes what a plan says, and returns it with the job as it is then.
    async fn carry_out(
        &self,
        by: &Principal,
        mut plan: Planned,
        source: Option<&str>,
    ) -> ServiceResult<Planned> {
        for tries_left in (0..TRIES).rev() {
            let written = match (&plan.before, plan.action()) {
                (_, Action::Unchanged) => return Ok(plan),
                (None, _) => self.create_planned(by, &plan, source).await,
                (Some(job), _) => {
                    self.update_job(by, job, Some(job.revision), plan.spec.clone())
                        .await
                }
            };
            match written {
                Ok(job) => {
                    plan.after = Some(job);
                    return Ok(plan);
                }
                Err(
                    error::ServiceError::PreconditionFailed { .. }
                    | error::ServiceError::NotFound { .. }
                    | error::ServiceError::Conflict(_),
                ) if tries_left > 0 => {
                    plan.before = self.store.job_named(&plan.spec.name).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(plan)
    }

    async fn create_planned(
        &self,
        by: &Principal,
        plan: &Planned,
        source: Option<&str>,
    ) -> ServiceResult<Job> {
        let write = JobWrite {
            spec: plan.spec.clone(),
            by: by.name.clone(),
            now: self.now(),
        };
        let created = self.store.create_job(write).await?;
        let job = created.map_err(|refused| error::job_write(&refused, &plan.spec.name))?;
        let after = json!({ "source": source, "job": job.spec });
        self.audit(by, "job.create", subject(&job), Change::made(after))
            .await;
        Ok(job)
    }

    async fn show_plan(&self, plan: Planned, lang: Lang) -> ServiceResult<AppliedJob> {
        let handler = self.store.handler(&plan.spec.handler_name).await?;
        Ok(plan.show(handler.as_ref(), self.now(), lang))
    }
}
