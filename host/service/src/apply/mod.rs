//! Jobs from a document: the same document again changes nothing.

mod chains;
pub(crate) mod changes;
mod document;
mod export;
mod plan;
mod prune;

use std::collections::HashMap;

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use wasmtab_cron::Lang;
use wasmtab_domain::{job::Job, plugin::Handler};
use wasmtab_store::{JobWrite, Principal, Role};

pub use self::export::ExportQuery;
use self::{
    chains::Chains,
    plan::{Planned, Seen},
};
use crate::{
    error::{self, ServiceResult},
    jobs::{chained, missing_chained, subject},
    names,
    service::{Change, Service, authorize},
    view::{Action, PlanView},
};

/// A document to apply.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyRequest {
    /// A list of jobs, or `{"defaults": {…}, "jobs": […]}`.
    pub document: Value,
    /// Whether to stop at the plan.
    #[serde(default)]
    pub dry_run: bool,
    /// Where the document comes from; jobs remember the source that made them.
    #[serde(default)]
    pub source: Option<String>,
    /// Whether jobs that this source made, and that the document does not say, are deleted.
    #[serde(default)]
    pub prune: bool,
}

/// Bytes of a document, as it is applied or exported: 16 MiB.
pub const MAX_DOCUMENT: usize = 16 * 1024 * 1024;

/// Jobs that are written at once: they share commits.
const AT_ONCE: usize = 64;

/// How often a job is planned anew because somebody changed it meanwhile.
const TRIES: usize = 3;

impl Service {
    /// Applies a document. All of it is checked before anything is written; absent fields take their defaults, except `timezone`,
    /// which stays; a job that is so already is not touched; nothing is deleted unless `prune` says so; no pause is lifted.
    pub async fn apply(&self, by: &Principal, request: ApplyRequest, lang: Lang) -> ServiceResult<PlanView> {
        // A plan shows what every viewer may see.
        authorize(
            by,
            if request.dry_run {
                Role::Viewer
            } else {
                Role::Author
            },
        )?;
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
        let chains = if errors.is_empty() {
            self.chains(&planned).await?.unwrap_or_else(|wrong| {
                errors.push(wrong);
                Chains::default()
            })
        } else {
            Chains::default()
        };
        document::refuse(errors).map_err(document::in_request)?;
        let surplus = if request.prune {
            self.surplus(request.source.as_deref(), &planned).await?
        } else {
            Vec::new()
        };
        let mut known = chains.known;
        known.retain(|name| surplus.iter().all(|job| job.spec.name != *name));

        if !request.dry_run {
            let mut plans: Vec<_> = planned.iter_mut().map(Some).collect();
            let in_order = chains.order.iter().filter_map(|place| plans[*place].take());
            self.carry_out_all(by, in_order.collect(), request.source.as_deref())
                .await?;
            for some in surplus.chunks(AT_ONCE) {
                together(some.iter().map(|job| self.prune(by, job))).await?;
            }
        }
        let handlers: HashMap<String, Handler> = self
            .store
            .handlers()
            .await?
            .into_iter()
            .map(|handler| (handler.name.clone(), handler))
            .collect();
        let mut view = PlanView {
            dry_run: request.dry_run,
            created: 0,
            updated: 0,
            unchanged: 0,
            deleted: surplus.len(),
            jobs: Vec::with_capacity(planned.len() + surplus.len()),
        };
        for plan in &planned {
            match plan.action() {
                Action::Created => view.created += 1,
                Action::Updated => view.updated += 1,
                Action::Unchanged | Action::Deleted => view.unchanged += 1,
            }
            let seen = Seen {
                handler: handlers.get(&plan.spec.handler_name),
                missing: missing_chained(&plan.spec, &known),
                source: request.source.as_deref(),
                now: self.now(),
            };
            view.jobs.push(plan.show(&seen, lang));
        }
        view.jobs.extend(surplus.iter().map(|job| prune::show(job, lang)));
        Ok(view)
    }

    /// Writes what the plans say. Whatever starts others waits for all before it, which they are among.
    async fn carry_out_all(
        &self,
        by: &Principal,
        mut in_order: Vec<&mut Planned>,
        source: Option<&str>,
    ) -> ServiceResult<()> {
        for group in in_order.chunk_by_mut(|_, next| chained(&next.spec).next().is_none()) {
            for some in group.chunks_mut(AT_ONCE) {
                together(some.iter_mut().map(|plan| self.carry_out(by, plan, source))).await?;
            }
        }
        Ok(())
    }

    /// Writes what a plan says, and keeps the job as it is then.
    async fn carry_out(&self, by: &Principal, plan: &mut Planned, source: Option<&str>) -> ServiceResult<()> {
        for tries_left in (0..TRIES).rev() {
            let written = match (&plan.before, plan.action()) {
                (_, Action::Unchanged) => return Ok(()),
                (None, _) => self.create_planned(by, plan, source).await,
                (Some(job), _) => {
                    self.update_job(by, job, Some(job.revision), plan.spec.clone())
                        .await
                }
            };
            match written {
                Ok(job) => {
                    plan.after = Some(job);
                    return Ok(());
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
        Ok(())
    }

    async fn create_planned(
        &self,
        by: &Principal,
        plan: &Planned,
        source: Option<&str>,
    ) -> ServiceResult<Job> {
        let write = JobWrite {
            spec: plan.spec.clone(),
            source: source.map(str::to_owned),
            by: by.name.clone(),
            now: self.now(),
        };
        let created = self.store.create_job(write).await?;
        let job = created.map_err(|refused| error::job_write(&refused, &plan.spec.name))?;
        let after = json!({ "source": source, "job": job.spec });
        self.audit(by, "job.create", subject(job.id), Change::made(after))
            .await;
        Ok(job)
    }
}

/// Carries all of it out to its end, and fails as the first that failed.
async fn together(work: impl Iterator<Item = impl Future<Output = ServiceResult<()>>>) -> ServiceResult<()> {
    join_all(work).await.into_iter().collect()
}
