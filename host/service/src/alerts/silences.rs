//! Silences: times in which nobody is told.

use serde::Deserialize;
use utoipa::ToSchema;
use wasmtab_domain::{
    alert::{self, Scope},
    limits,
    time::Timestamp,
};
use wasmtab_store::{NewSilence, Principal, Role, StoredSilence};

use super::scope::Said;
use crate::{
    error::{ServiceError, ServiceResult},
    names,
    paging::{self, PageQuery},
    service::{Change, Service, authorize},
    view::{ListView, SilenceView},
};

/// A silence that somebody wants. It names a label, a job or a handler, or says outright that it is about everything.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SilenceRequest {
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Why; 1,000 bytes at most.
    #[serde(default)]
    pub note: Option<String>,
    /// About every run.
    #[serde(default)]
    pub all: bool,
    /// About runs of jobs that bear this label.
    #[serde(default)]
    pub label: Option<String>,
    /// About runs of the job of this name.
    #[serde(default)]
    pub job: Option<String>,
    /// About runs of the job of this number.
    #[serde(default)]
    pub job_id: Option<i64>,
    /// About runs of this handler.
    #[serde(default)]
    pub handler_name: Option<String>,
}

impl Service {
    /// The silences that hold, the first to end first.
    pub async fn silences(&self, by: &Principal, query: &PageQuery) -> ServiceResult<ListView<SilenceView>> {
        authorize(by, Role::Viewer)?;
        let page = paging::cut("silences", query, self.store.silences(self.now()).await?)?;
        let mut items = Vec::with_capacity(page.items.len());
        for silence in &page.items {
            items.push(self.show_silence(silence).await?);
        }
        Ok(ListView {
            items,
            next_cursor: page.next_cursor,
        })
    }

    /// Makes a silence. Messages that it keeps from being sent are written to the history all the same.
    pub async fn create_silence(
        &self,
        by: &Principal,
        request: SilenceRequest,
    ) -> ServiceResult<SilenceView> {
        authorize(by, Role::Operator)?;
        let now = self.now();
        if request.until <= now {
            let reason = format!("{} has passed already", request.until);
            return Err(ServiceError::field("until", reason));
        }
        if let Some(note) = &request.note {
            names::check_length("note", note, limits::NOTE_BYTES)?;
        }
        let said = Said {
            label: request.label,
            job: request.job,
            job_id: request.job_id,
            handler_name: request.handler_name,
        };
        let scope = match (self.read_scope(said).await?, request.all) {
            (Some(_), true) => {
                return Err(ServiceError::field(
                    "all",
                    "stands beside a label, a job or a handler",
                ));
            }
            (Some(scope), false) => scope,
            (None, true) => Scope::All,
            (None, false) => {
                let reason = "must be true where neither label, job, jobId nor handlerName is said";
                return Err(ServiceError::field("all", reason));
            }
        };
        let new = NewSilence {
            scope,
            until: request.until,
            note: request.note,
            by: by.name.clone(),
            now,
        };
        let Some(silence) = self.store.create_silence(new).await? else {
            let most = alert::SILENCES;
            return Err(ServiceError::field(
                "until",
                format!("{most} silences hold already"),
            ));
        };
        let view = self.show_silence(&silence).await?;
        self.audit(by, "alertSilence.create", subject(view.id), Change::made(&view))
            .await;
        Ok(view)
    }

    /// Ends a silence.
    pub async fn end_silence(&self, by: &Principal, id: i64) -> ServiceResult<()> {
        authorize(by, Role::Operator)?;
        let Some(silence) = self.store.end_silence(id, self.now()).await? else {
            return Err(ServiceError::not_found(format!("silence {id}")));
        };
        let view = self.show_silence(&silence).await?;
        self.audit(by, "alertSilence.end", subject(view.id), Change::removed(&view))
            .await;
        Ok(())
    }

    async fn show_silence(&self, stored: &StoredSilence) -> ServiceResult<SilenceView> {
        let scope = self.show_alert_scope(&stored.silence.scope).await?;
        Ok(SilenceView::new(stored, scope))
    }
}

fn subject(id: i64) -> String {
    format!("alertSilence/{id}")
}
