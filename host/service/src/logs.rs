//! The log: attempts, and what they wrote.

use serde::Deserialize;
use utoipa::IntoParams;
use wasmtab_domain::{
    ids::{AttemptId, JobId, RunId},
    run::Attempt,
};
use wasmtab_store::{AttemptFilter, Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    instants::Zones,
    jobs::next::instant,
    paging,
    runs::word,
    service::{Service, authorize},
    view::{AttemptView, ListView, LogView},
};

/// Which rows of the log to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AttemptQuery {
    /// Of this job.
    pub job_id: Option<i64>,
    /// Of this run.
    pub run_id: Option<String>,
    /// Of this handler.
    pub handler_name: Option<String>,
    /// With this status: `success`, `failure`, `skipped`, ….
    pub status: Option<String>,
    /// Skipped for this reason: `overlap`, `misfire`, `paused`, `blackout`, `noJob`, `chainDepth`.
    pub reason: Option<String>,
    /// Of jobs that bear this label now.
    pub label: Option<String>,
    /// Of runs that were made for this reason: `cron`, `manual`, `call`, `backfill`, `chain`.
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

const LIST: &str = "logs";

impl Service {
    /// Rows of the log, newest first.
    pub async fn attempts(
        &self,
        by: &Principal,
        query: &AttemptQuery,
    ) -> ServiceResult<ListView<AttemptView>> {
        authorize(by, Role::Viewer)?;
        let slice = paging::slice(LIST, query.limit, query.cursor.as_deref())?;
        let run_id = query.run_id.as_deref().map(str::parse::<RunId>).transpose();
        let status = query.status.as_deref().map(str::parse).transpose();
        let filter = AttemptFilter {
            job_id: query.job_id.map(JobId),
            run_id: run_id.map_err(|_| ServiceError::field("runId", "is not the id of a run"))?,
            handler_name: query.handler_name.clone(),
            status: status.map_err(|reason| ServiceError::field("status", reason))?,
            reason: word("reason", query.reason.as_deref())?,
            label: query.label.clone(),
            trigger: word("trigger", query.trigger.as_deref())?,
            since: instant("since", query.since.as_deref())?,
            until: instant("until", query.until.as_deref())?,
        };
        let page = self.store.attempts(&filter, slice.from, slice.limit).await?;
        let mut zones = Zones::default();
        let mut items = Vec::with_capacity(page.items.len());
        for attempt in &page.items {
            items.push(AttemptView::new(attempt, zones.of(self, attempt.job_id).await?));
        }
        Ok(ListView {
            items,
            next_cursor: paging::next(LIST, page.next),
        })
    }

    /// One row of the log.
    pub async fn attempt(&self, by: &Principal, id: AttemptId) -> ServiceResult<AttemptView> {
        authorize(by, Role::Viewer)?;
        let attempt = self.find_attempt(id).await?;
        let zone = Zones::default().of(self, attempt.job_id).await?;
        Ok(AttemptView::new(&attempt, zone))
    }

    /// What an attempt wrote.
    pub async fn attempt_log(&self, by: &Principal, id: AttemptId) -> ServiceResult<LogView> {
        authorize(by, Role::Viewer)?;
        let attempt = self.find_attempt(id).await?;
        self.show_log(&attempt).await
    }

    /// What a run's attempt of this number wrote; its newest one's unless said.
    pub async fn run_log(
        &self,
        by: &Principal,
        id: RunId,
        execute_index: Option<u32>,
    ) -> ServiceResult<LogView> {
        authorize(by, Role::Viewer)?;
        let run = self.find_run(id).await?;
        let wanted = execute_index.unwrap_or(run.attempts);
        match self.attempt_of(id, wanted).await? {
            Some(attempt) => self.show_log(&attempt).await,
            None => Err(ServiceError::not_found(format!("attempt {wanted} of run {id}"))),
        }
    }

    /// The attempt of a run that has this number.
    pub(crate) async fn attempt_of(&self, run: RunId, execute_index: u32) -> ServiceResult<Option<Attempt>> {
        let filter = AttemptFilter {
            run_id: Some(run),
            ..AttemptFilter::default()
        };
        let mut before = None;
        loop {
            let page = self.store.attempts(&filter, before, 500).await?;
            let found = page
                .items
                .into_iter()
                .find(|attempt| attempt.execute_index == execute_index);
            before = page.next;
            if found.is_some() || before.is_none() {
                return Ok(found);
            }
        }
    }

    /// What is kept of an attempt that has ended, or what one that goes on here has written so far.
    async fn show_log(&self, attempt: &Attempt) -> ServiceResult<LogView> {
        let zone = Zones::default().of(self, attempt.job_id).await?;
        let live = attempt.run_id.and_then(|run| self.live.of(run));
        let log = match live.filter(|live| live.attempt_id == attempt.id) {
            Some(live) if !attempt.status.is_final() => live.log.snapshot().into(),
            _ => self.store.attempt_log(attempt.id).await?,
        };
        Ok(LogView::new(attempt, &log, zone))
    }
}
