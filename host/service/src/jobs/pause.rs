use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtab_cron::Lang;
use wasmtab_domain::{ids::JobId, limits, time::Timestamp};
use wasmtab_store::{PauseRequest, Principal, Role};

use super::subject;
use crate::{
    error::{self, ServiceError, ServiceResult},
    names,
    service::{Change, Service, authorize},
    view::JobView,
};

/// What a pause says.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PauseBody {
    /// When it lifts itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Why; 1,000 bytes at most.
    pub note: Option<String>,
}

impl Service {
    /// Lays a pause over a job, or replaces the one that is there.
    pub async fn pause_job(
        &self,
        by: &Principal,
        id: JobId,
        body: PauseBody,
        lang: Lang,
    ) -> ServiceResult<JobView> {
        authorize(by, Role::Operator)?;
        let now = self.now();
        check_pause(body.until, body.note.as_deref(), now)?;
        let change = Change::made(&body);
        let request = PauseRequest {
            until: body.until,
            note: body.note,
            by: by.name.clone(),
            now,
        };
        let paused = self.store.pause_job(id, request).await?;
        let job = paused.map_err(|refused| error::job_write(&refused, &id.to_string()))?;
        self.audit(by, "job.pause", subject(job.id), change).await;
        self.show_job(&job, lang).await
    }

    /// Lifts the pause; no fire of the time in between runs.
    pub async fn resume_job(&self, by: &Principal, id: JobId, lang: Lang) -> ServiceResult<JobView> {
        authorize(by, Role::Operator)?;
        let before = self.find_job(id).await?;
        let resumed = self.store.resume_job(id, &by.name, self.now()).await?;
        let job = resumed.map_err(|refused| error::job_write(&refused, &before.spec.name))?;
        if before.pause.is_some() {
            self.audit(by, "job.resume", subject(job.id), Change::removed(&before.pause))
                .await;
        }
        self.show_job(&job, lang).await
    }
}

/// Refuses a pause that has passed already, or says too much.
pub(crate) fn check_pause(until: Option<Timestamp>, note: Option<&str>, now: Timestamp) -> ServiceResult<()> {
    if let Some(until) = until.filter(|until| *until <= now) {
        return Err(ServiceError::field(
            "until",
            format!("{until} has passed already"),
        ));
    }
    if let Some(note) = note {
        names::check_length("note", note, limits::NOTE_BYTES)?;
    }
    Ok(())
}
