//! Runs.

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, ToSchema};
use wasmtab_domain::{
    ids::{JobId, RunId},
    policy::Overlap,
    run::{Run, RunStatus},
    status::{AttemptStatus, RunState},
};
use wasmtab_store::{AttemptFilter, CancelReply, Hint, NewTrigger, Principal, Role, RunFilter};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    instants::Zones,
    jobs::next::instant,
    paging,
    service::{Change, Service, authorize},
    view::{AttemptView, ListView, RunView},
};

/// Which runs to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    /// Of this job.
    pub job_id: Option<i64>,
    /// Of this handler.
    pub handler_name: Option<String>,
    /// In this state: `queued`, `running`, `success`, `failure`, ….
    pub state: Option<String>,
    /// Scheduled at or after this instant (RFC 3339).
    #[param(format = DateTime)]
    pub since: Option<String>,
    /// Scheduled before this instant.
    #[param(format = DateTime)]
    pub until: Option<String>,
    /// How many items, 1 to 500; 50 unless said.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// How an ended run is repeated.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RetryBody {
    /// In place of the job's own rule, this once: `skip`, `bufferOne` or `allow`.
    #[schema(value_type = Option<String>)]
    pub overlap: Option<Overlap>,
}

const LIST: &str = "runs";
/// A run shows this many attempts; more than any job's retries and rescues come to.
const ATTEMPTS: u32 = 2_000;
/// How often a waiting request looks for itself: a hint can only come from this process.
const LOOK: Duration = Duration::from_secs(2);

impl Service {
    /// Runs, newest first.
    pub async fn runs(&self, by: &Principal, query: &RunQuery) -> ServiceResult<ListView<RunView>> {
        authorize(by, Role::Viewer)?;
        let slice = paging::slice(LIST, query.limit, query.cursor.as_deref())?;
        let filter = RunFilter {
            job_id: query.job_id.map(JobId),
            handler_name: query.handler_name.clone(),
            state: query.state.as_deref().map(check_state).transpose()?,
            since: instant("since", query.since.as_deref())?,
            until: instant("until", query.until.as_deref())?,
        };
        let page = self.store.runs(&filter, slice.from, slice.limit).await?;
        let mut zones = Zones::default();
        let mut items = Vec::with_capacity(page.items.len());
        for run in &page.items {
            items.push(RunView::new(run, zones.of(self, run.job_id).await?));
        }
        Ok(ListView {
            items,
            next_cursor: paging::next(LIST, page.next),
        })
    }

    /// One run with its attempts.
    pub async fn run(&self, by: &Principal, id: RunId) -> ServiceResult<RunView> {
        authorize(by, Role::Viewer)?;
        let run = self.find_run(id).await?;
        self.show_run(&run).await
    }

    /// One run as it stands once it has ended, or after `patience`.
    pub async fn wait_for_run(
        &self,
        by: &Principal,
        id: RunId,
        patience: Duration,
    ) -> ServiceResult<RunView> {
        authorize(by, Role::Viewer)?;
        // Listening begins before the first look: an end in between is heard.
        let mut hints = self.store.hints().listen();
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let run = self.find_run(id).await?;
            let now = tokio::time::Instant::now();
            if matches!(run.status, RunStatus::Ended(_)) || now >= deadline {
                return self.show_run(&run).await;
            }
            let look = deadline.min(now + LOOK);
            let heard = async {
                loop {
                    match hints.recv().await {
                        Ok(Hint::RunEnded(run)) if run == id => return,
                        Ok(_) => {}
                        Err(RecvError::Lagged(_)) => return,
                        // Nobody is left to say anything; the clock remains.
                        Err(RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            // The outcome does not matter: either way it is time to look.
            let _ = tokio::time::timeout_at(look, heard).await;
        }
    }

    /// Asks for a run's end.
    pub async fn cancel_run(&self, by: &Principal, id: RunId) -> ServiceResult<RunView> {
        authorize(by, Role::Operator)?;
        match self.store.cancel_run(id, &by.name, self.now()).await? {
            CancelReply::NotFound => return Err(ServiceError::not_found(format!("run {id}"))),
            CancelReply::AlreadyEnded => {
                return Err(
                    Conflict::new(ConflictKind::RunEnded, format!("run {id} has ended already"))
                        .with_run(id)
                        .into(),
                );
            }
            CancelReply::Ended | CancelReply::Asked(_) => {}
        }
        self.audit(by, "run.cancel", format!("run/{id}"), Change::NONE)
            .await;
        let run = self.find_run(id).await?;
        self.show_run(&run).await
    }

    /// Repeats an ended run as a new one, with the same parameter.
    pub async fn retry_run(&self, by: &Principal, id: RunId, body: RetryBody) -> ServiceResult<RunView> {
        authorize(by, Role::Operator)?;
        let old = self.find_run(id).await?;
        if matches!(old.status, RunStatus::Active(_)) {
            let detail = format!("run {id} has not ended; cancel it, or wait");
            return Err(Conflict::new(ConflictKind::RunActive, detail).with_run(id).into());
        }
        let run = match old.job_id {
            Some(job_id) => self.retry_job(by, &old, job_id, body).await?,
            None => self.retry_call(by, &old).await?,
        };
        self.audit(
            by,
            "run.retry",
            format!("run/{id}"),
            Change::made(serde_json::json!({ "runId": run.id })),
        )
        .await;
        let zone = Zones::default().of(self, run.job_id).await?;
        Ok(RunView::new(&run, zone))
    }

    async fn retry_job(
        &self,
        by: &Principal,
        old: &Run,
        job_id: JobId,
        body: RetryBody,
    ) -> ServiceResult<Run> {
        let trigger = NewTrigger {
            job_id,
            // Said outright, or the job's present parameter would stand in for none.
            handler_param: Some(old.handler_param.clone().unwrap_or_default()),
            overlap: body.overlap,
            retry_of: Some(old.id),
            by: by.name.clone(),
            now: self.now(),
        };
        self.start(trigger).await.map_err(|error| match error {
            ServiceError::NotFound { .. } => Conflict::new(
                ConflictKind::JobDeleted,
                format!("job {job_id} of run {} was deleted", old.id),
            )
            .into(),
            other => other,
        })
    }

    pub(crate) async fn show_run(&self, run: &Run) -> ServiceResult<RunView> {
        let zone = Zones::default().of(self, run.job_id).await?;
        let filter = AttemptFilter {
            run_id: Some(run.id),
            ..AttemptFilter::default()
        };
        let attempts = self.store.attempts(&filter, None, ATTEMPTS).await?;
        let mut attempts: Vec<_> = attempts
            .items
            .iter()
            .map(|attempt| AttemptView::new(attempt, zone))
            .collect();
        attempts.reverse();
        Ok(RunView {
            attempts: Some(attempts),
            ..RunView::new(run, zone)
        })
    }
}

fn check_state(word: &str) -> ServiceResult<String> {
    if word.parse::<RunState>().is_ok() || word.parse::<AttemptStatus>().is_ok() {
        return Ok(word.to_owned());
    }
    let words = RunState::ALL.iter().map(|state| state.as_str());
    let ends = AttemptStatus::ALL
        .iter()
        .filter(|status| status.is_final())
        .map(|status| status.as_str());
    let known: Vec<_> = words.chain(ends).collect();
    Err(ServiceError::field(
        "state",
        format!("`{word}` is none of {}", known.join(", ")),
    ))
}
