//! Which jobs, and which runs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtab_domain::{
    field::{FieldError, FieldErrors},
    ids::{JobId, RunId},
};
use wasmtab_store::{JobFilter, RunFilter};

use crate::{
    error::{ServiceError, ServiceResult},
    jobs::next::instant,
    runs::{check_state, word},
    service::Service,
};

/// Ids that one request names.
const IDS: usize = 10_000;

/// Which jobs: those of `ids`, or those that meet everything else that is said.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct JobSelect {
    /// Every job.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// These.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<i64>,
    /// Those that bear this label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Those whose name contains this, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Those of this handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler_name: Option<String>,
    /// Those that are declared `normal`, or `stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Those that are paused, or those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Those whose pause bears exactly this note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_note: Option<String>,
    /// Those that this source of documents made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Which runs: those of `ids`, or those that meet everything else that is said.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RunSelect {
    /// Every run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// These.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Of this job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<i64>,
    /// Of the job of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
    /// Of jobs that bear this label now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Of this handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler_name: Option<String>,
    /// In this state: `queued`, `running`, `failure`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Made for this reason: `cron`, `manual`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Scheduled at or after this instant (RFC 3339).
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Scheduled before this instant.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Things by their ids, or by a filter.
#[derive(Clone, Debug)]
pub(super) enum Chosen<Id, Filter> {
    Ids(Vec<Id>),
    Filter(Filter),
}

impl JobSelect {
    pub(super) fn read(&self) -> ServiceResult<Chosen<JobId, JobFilter>> {
        self.read_members().map_err(within)
    }

    fn read_members(&self) -> ServiceResult<Chosen<JobId, JobFilter>> {
        let filters = self.label.is_some()
            || self.q.is_some()
            || self.handler_name.is_some()
            || self.status.is_some()
            || self.paused.is_some()
            || self.pause_note.is_some()
            || self.source.is_some();
        one_way(self.all, &self.ids, filters, "job")?;
        if !self.ids.is_empty() {
            return Ok(Chosen::Ids(self.ids.iter().map(|id| JobId(*id)).collect()));
        }
        Ok(Chosen::Filter(JobFilter {
            text: self.q.clone(),
            handler_name: self.handler_name.clone(),
            paused: self.paused.or(self.pause_note.is_some().then_some(true)),
            status: word("status", self.status.as_deref())?,
            label: self.label.clone(),
            source: self.source.clone(),
        }))
    }
}

impl RunSelect {
    pub(super) async fn read(&self, service: &Service) -> ServiceResult<Chosen<RunId, RunFilter>> {
        self.read_members(service).await.map_err(within)
    }

    async fn read_members(&self, service: &Service) -> ServiceResult<Chosen<RunId, RunFilter>> {
        let filters = self.job_id.is_some()
            || self.job_name.is_some()
            || self.label.is_some()
            || self.handler_name.is_some()
            || self.state.is_some()
            || self.trigger.is_some()
            || self.since.is_some()
            || self.until.is_some();
        one_way(self.all, &self.ids, filters, "run")?;
        if !self.ids.is_empty() {
            let ids = self.ids.iter().map(|id| {
                id.parse()
                    .map_err(|_| ServiceError::field("ids", format!("`{id}` is not the id of a run")))
            });
            return Ok(Chosen::Ids(ids.collect::<ServiceResult<_>>()?));
        }
        let job_id = match (self.job_id, &self.job_name) {
            (Some(_), Some(_)) => {
                return Err(ServiceError::field(
                    "jobName",
                    "stands beside jobId: one of the two names the job",
                ));
            }
            (Some(id), None) => Some(JobId(id)),
            (None, Some(name)) => Some(job_named(service, name).await?),
            (None, None) => None,
        };
        Ok(Chosen::Filter(RunFilter {
            job_id,
            handler_name: self.handler_name.clone(),
            state: self.state.as_deref().map(check_state).transpose()?,
            active: None,
            label: self.label.clone(),
            trigger: word("trigger", self.trigger.as_deref())?,
            since: instant("since", self.since.as_deref())?,
            until: instant("until", self.until.as_deref())?,
        }))
    }
}

async fn job_named(service: &Service, name: &str) -> ServiceResult<JobId> {
    let job = service.store.job_named(name).await?;
    job.map(|job| job.id)
        .ok_or_else(|| ServiceError::not_found(format!("job `{name}`")))
}

/// The error seen from the request that holds the choice.
fn within(error: ServiceError) -> ServiceError {
    match error {
        ServiceError::Invalid(errors) => {
            let errors = errors.0.into_iter().map(|error| error.within("/select"));
            ServiceError::Invalid(FieldErrors(errors.collect()))
        }
        other => other,
    }
}

/// Things are named in one way: all, by ids, or by filters.
fn one_way<Id>(all: bool, ids: &[Id], filters: bool, what: &str) -> ServiceResult<()> {
    let refuse = |reason: String| {
        let error = FieldError {
            pointer: String::new(),
            detail: format!("select: {reason}"),
        };
        Err(ServiceError::Invalid(error.into()))
    };
    match (all, !ids.is_empty(), filters) {
        (false, false, false) => refuse(format!("names no {what}; `all: true` takes every one")),
        (true, true, _) | (true, _, true) => refuse("says `all` beside a narrower choice".into()),
        (_, true, true) => refuse("says `ids` beside filters".into()),
        _ if ids.len() > IDS => refuse(format!("names {} ids; {IDS} are taken at once", ids.len())),
        _ => Ok(()),
    }
}
