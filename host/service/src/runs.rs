//! Runs.

use std::{fmt::Display, str::FromStr, time::Duration};

use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;
use wasmtab_domain::{
    ids::{JobId, RunId},
    run::{Run, RunStatus},
    status::{AttemptStatus, RunState},
};
use wasmtab_store::{AttemptFilter, CancelReply, Hint, Principal, Role, RunFilter};

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
    /// Of jobs that bear this label now.
    pub label: Option<String>,
    /// Made for this reason: `cron`, `manual`, `call`, `backfill`, `chain`.
    pub trigger: Option<String>,
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
            active: None,
            label: query.label.clone(),
            trigger: word("trigger", query.trigger.as_deref())?,
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

pub(crate) fn check_state(word: &str) -> ServiceResult<String> {
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

/// Reads a word of the contract that a field may say.
pub(crate) fn word<T: FromStr<Err: Display>>(field: &str, said: Option<&str>) -> ServiceResult<Option<T>> {
    said.map(str::parse)
        .transpose()
        .map_err(|reason| ServiceError::field(field, reason))
}
