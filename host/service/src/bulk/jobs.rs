//! Many jobs at once.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use wasmtab_domain::{
    field::FieldError,
    job::{Job, ReadContext},
    policy::Overlap,
    time::Timestamp,
};
use wasmtab_store::{JobChange, JobChanges, NewTrigger, Principal, Role, WriteError};

use super::{
    AUDITED, BATCH, SHOWN,
    change::{self, Planned},
    failure,
    select::{Chosen, JobSelect},
};
use crate::{
    error::{self, ServiceError, ServiceResult},
    jobs::{check_pause, param},
    names,
    service::{Change, Service, authorize},
    view::{BulkJobView, BulkJobsView, ChangeView},
};

/// What is done to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum JobAction {
    /// A pause is laid over it; jobs that are paused already keep theirs, unless `replace`.
    Pause,
    /// Its pause is lifted.
    Resume,
    /// It is declared `normal`.
    Start,
    /// It is declared `stopped`.
    Stop,
    /// It bears `labels` too.
    Label,
    /// It bears them no more.
    Unlabel,
    /// Another handler answers.
    AssignHandler,
    /// It is removed; its runs are asked to end, its state goes, its log stays.
    Delete,
    /// It is started by hand.
    Trigger,
}

/// An operation on many jobs.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkJobs {
    /// What is done to each.
    pub action: JobAction,
    /// Which.
    pub select: JobSelect,
    /// Whether to stop at the preview.
    #[serde(default)]
    pub dry_run: bool,
    /// With `pause`: when it lifts itself.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// With `pause`: why; 1,000 bytes at most.
    #[serde(default)]
    pub note: Option<String>,
    /// With `pause`: whether a pause that is there is replaced.
    #[serde(default)]
    pub replace: bool,
    /// With `label` and `unlabel`.
    #[serde(default)]
    pub labels: Vec<String>,
    /// With `assignHandler`: who answers from now on.
    #[serde(default)]
    pub handler_name: Option<String>,
    /// With `trigger`: in place of each job's own parameter, this once.
    #[serde(default)]
    pub handler_param: Option<Value>,
    /// With `trigger`: in place of each job's own rule, this once.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub overlap: Option<Overlap>,
}

/// How often a job is planned anew because somebody changed it meanwhile.
const TRIES: usize = 3;

/// Everything that batches share.
struct Operation<'a> {
    by: &'a Principal,
    request: &'a BulkJobs,
    context: ReadContext,
    handler_param: Option<String>,
}

/// What became of the jobs so far.
struct Outcome {
    view: BulkJobsView,
    /// Names of jobs that changed, for the audit log.
    names: Vec<String>,
}

impl Service {
    /// Does one thing to many jobs, or tells what it would do. A job whose change is refused keeps no other from its own.
    pub async fn bulk_jobs(&self, by: &Principal, request: BulkJobs) -> ServiceResult<BulkJobsView> {
        authorize(by, request.action.needs())?;
        let now = self.now();
        request.check(now)?;
        let chosen = request.select.read()?;
        let operation = Operation {
            by,
            request: &request,
            context: self.read_context().await?,
            handler_param: param(request.handler_param.clone())?,
        };
        let mut outcome = Outcome {
            view: BulkJobsView::new(request.action, request.dry_run),
            names: Vec::new(),
        };
        let worked = self.work_through(&operation, chosen, &mut outcome).await;
        // What was done before a failure of the database is done: the audit log has it all the same.
        if outcome.view.changed > 0 && !request.dry_run {
            let after = json!({
                "select": request.select, "changed": outcome.view.changed, "failed": outcome.view.failed,
                "until": request.until, "note": request.note, "labels": request.labels,
                "handlerName": request.handler_name, "names": outcome.names,
            });
            self.audit(by, request.action.audited(), "jobs".into(), Change::made(after))
                .await;
        }
        worked?;
        Ok(outcome.view)
    }

    async fn work_through(
        &self,
        operation: &Operation<'_>,
        chosen: Chosen<wasmtab_domain::ids::JobId, wasmtab_store::JobFilter>,
        outcome: &mut Outcome,
    ) -> ServiceResult<()> {
        match chosen {
            Chosen::Ids(ids) => {
                for ids in ids.chunks(BATCH) {
                    let mut jobs = Vec::with_capacity(ids.len());
                    for id in ids {
                        match self.find_job(*id).await {
                            Ok(job) => jobs.push(job),
                            Err(error @ ServiceError::NotFound { .. }) => {
                                outcome.view.matched += 1;
                                outcome.fails(id.to_string(), None, &error);
                            }
                            Err(error) => return Err(error),
                        }
                    }
                    self.work_on(operation, jobs, outcome).await?;
                }
            }
            Chosen::Filter(filter) => {
                let mut after = None;
                loop {
                    let page = self.store.jobs(&filter, after, BATCH as u32).await?;
                    let note = operation.request.select.pause_note.as_deref();
                    let bears_note = |job: &Job| {
                        let pause = job.pause.as_ref();
                        note.is_none() || pause.and_then(|pause| pause.note.as_deref()) == note
                    };
                    let jobs = page.items.into_iter().filter(bears_note).collect();
                    self.work_on(operation, jobs, outcome).await?;
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// One batch: one transaction, and another one for jobs that changed meanwhile.
    async fn work_on(
        &self,
        operation: &Operation<'_>,
        mut jobs: Vec<Job>,
        outcome: &mut Outcome,
    ) -> ServiceResult<()> {
        outcome.view.matched += jobs.len() as u64;
        for tries_left in (0..TRIES).rev() {
            let mut changes = Vec::new();
            let mut starts = Vec::new();
            for job in std::mem::take(&mut jobs) {
                match change::plan(operation.request, &job, &operation.context) {
                    Ok(Planned::Change(change, shown)) => changes.push((job, change, shown)),
                    Ok(Planned::Start) => starts.push(job),
                    Ok(Planned::Same) => outcome.view.unchanged += 1,
                    Err(wrong) => {
                        outcome.fails(
                            job.id.to_string(),
                            Some(job.spec.name.clone()),
                            &ServiceError::Invalid(wrong),
                        );
                    }
                }
            }
            self.start_all(operation, starts, outcome).await?;
            jobs = self
                .change_all(operation, changes, outcome, tries_left > 0)
                .await?;
            if jobs.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Carries changes out, and returns the jobs that have to be looked at again.
    async fn change_all(
        &self,
        operation: &Operation<'_>,
        changes: Vec<(Job, JobChange, Vec<ChangeView>)>,
        outcome: &mut Outcome,
        try_again: bool,
    ) -> ServiceResult<Vec<Job>> {
        let mut again = Vec::new();
        if changes.is_empty() {
            return Ok(again);
        }
        let replies = if operation.request.dry_run {
            vec![Ok(()); changes.len()]
        } else {
            let batch = JobChanges {
                changes: changes
                    .iter()
                    .map(|(job, change, _)| (job.id, change.clone()))
                    .collect(),
                by: operation.by.name.clone(),
                now: self.now(),
            };
            self.store.change_jobs(batch).await?
        };
        for ((job, _, shown), reply) in changes.into_iter().zip(replies) {
            match reply {
                Ok(()) => outcome.changes(&job, shown, None),
                Err(WriteError::Stale(_)) if try_again => {
                    if let Some(job) = self.store.job(job.id).await? {
                        again.push(job);
                    } else {
                        let error = ServiceError::not_found(format!("job {}", job.id));
                        outcome.fails(job.id.to_string(), Some(job.spec.name.clone()), &error);
                    }
                }
                Err(refused) => {
                    let error = error::job_write(&refused, &job.spec.name);
                    outcome.fails(job.id.to_string(), Some(job.spec.name.clone()), &error);
                }
            }
        }
        Ok(again)
    }

    async fn start_all(
        &self,
        operation: &Operation<'_>,
        jobs: Vec<Job>,
        outcome: &mut Outcome,
    ) -> ServiceResult<()> {
        if operation.request.dry_run {
            for job in &jobs {
                outcome.changes(job, Vec::new(), None);
            }
            return Ok(());
        }
        let starts = jobs.iter().map(|job| {
            self.start(NewTrigger {
                job_id: job.id,
                handler_param: operation.handler_param.clone(),
                overlap: operation.request.overlap,
                by: operation.by.name.clone(),
                now: self.now(),
            })
        });
        for (job, started) in jobs.iter().zip(join_all(starts).await) {
            match started {
                Ok(started) => outcome.changes(job, Vec::new(), Some(started.run.id.to_string())),
                Err(error @ ServiceError::Store(_)) => return Err(error),
                Err(error) => outcome.fails(job.id.to_string(), Some(job.spec.name.clone()), &error),
            }
        }
        Ok(())
    }
}

impl Outcome {
    fn changes(&mut self, job: &Job, changes: Vec<ChangeView>, run_id: Option<String>) {
        self.view.changed += 1;
        if self.names.len() < AUDITED {
            self.names.push(job.spec.name.clone());
        }
        if self.view.items.len() < SHOWN {
            self.view.items.push(BulkJobView {
                id: job.id.0,
                name: job.spec.name.clone(),
                changes,
                run_id,
            });
        }
    }

    fn fails(&mut self, id: String, name: Option<String>, error: &ServiceError) {
        self.view.failed += 1;
        if self.view.failures.len() < SHOWN {
            self.view.failures.push(failure(id, name, error));
        }
    }
}

impl JobAction {
    /// Operators decide what fires now; what a job says is its author's.
    const fn needs(self) -> Role {
        match self {
            Self::Pause | Self::Resume | Self::Trigger => Role::Operator,
            _ => Role::Author,
        }
    }

    const fn audited(self) -> &'static str {
        match self {
            Self::Pause => "jobs.pause",
            Self::Resume => "jobs.resume",
            Self::Start => "jobs.start",
            Self::Stop => "jobs.stop",
            Self::Label => "jobs.label",
            Self::Unlabel => "jobs.unlabel",
            Self::AssignHandler => "jobs.assignHandler",
            Self::Delete => "jobs.delete",
            Self::Trigger => "jobs.trigger",
        }
    }
}

impl BulkJobs {
    /// Refuses what does not go with the action, and what is missing.
    fn check(&self, now: Timestamp) -> ServiceResult<()> {
        let pauses = self.action == JobAction::Pause;
        let labels = matches!(self.action, JobAction::Label | JobAction::Unlabel);
        let assigns = self.action == JobAction::AssignHandler;
        let triggers = self.action == JobAction::Trigger;
        for (field, said, fits, with) in [
            ("until", self.until.is_some(), pauses, "pause"),
            ("note", self.note.is_some(), pauses, "pause"),
            ("replace", self.replace, pauses, "pause"),
            ("labels", !self.labels.is_empty(), labels, "label and unlabel"),
            (
                "handlerName",
                self.handler_name.is_some(),
                assigns,
                "assignHandler",
            ),
            ("handlerParam", self.handler_param.is_some(), triggers, "trigger"),
            ("overlap", self.overlap.is_some(), triggers, "trigger"),
        ] {
            if said && !fits {
                return Err(ServiceError::field(field, format!("goes with {with}")));
            }
        }
        if labels && self.labels.is_empty() {
            return Err(ServiceError::field("labels", "is missing: which?"));
        }
        match &self.handler_name {
            Some(name) => names::check_name("handlerName", name)?,
            None if assigns => {
                return Err(ServiceError::Invalid(
                    FieldError::new("handlerName", "is missing: who answers from now on?").into(),
                ));
            }
            None => {}
        }
        check_pause(self.until, self.note.as_deref(), now)
    }
}
