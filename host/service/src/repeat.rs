//! Ended runs that are carried out once more.

use serde::Deserialize;
use utoipa::ToSchema;
use wasmtab_domain::{
    ids::RunId,
    policy::Overlap,
    repeat::{Refused, Wish},
};
use wasmtab_store::{NewRepeats, Principal, RepeatReply, Role};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    instants::Zones,
    jobs::in_the_way,
    service::{Change, Service, authorize},
    view::RunView,
};

/// How an ended run is repeated.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RetryBody {
    /// In place of the job's own rule, this once: `skip`, `bufferOne`, `bufferAll`, `cancelOther` or `allow`.
    #[schema(value_type = Option<String>)]
    pub overlap: Option<Overlap>,
}

impl Service {
    /// Repeats an ended run as a new one, with the same parameter.
    pub async fn retry_run(&self, by: &Principal, id: RunId, body: RetryBody) -> ServiceResult<RunView> {
        authorize(by, Role::Operator)?;
        let wish = Wish {
            keep_instant: false,
            again: true,
            overlap: body.overlap,
            in_turn: false,
        };
        let repeats = NewRepeats {
            runs: vec![id],
            wish,
            dry_run: false,
            by: by.name.clone(),
            now: self.now(),
        };
        let new = match self.store.repeat(repeats).await?.first() {
            Some(RepeatReply::Made(Some(new))) => *new,
            Some(RepeatReply::Refused(refused)) => return Err(not_repeated(id, *refused)),
            _ => return Err(ServiceError::not_found(format!("run {id}"))),
        };
        self.audit(
            by,
            "run.retry",
            format!("run/{id}"),
            Change::made(serde_json::json!({ "runId": new })),
        )
        .await;
        let run = self.find_run(new).await?;
        Ok(RunView::new(&run, Zones::default().of(self, run.job_id).await?))
    }
}

/// What it means to who asked that a run is not repeated.
pub(crate) fn not_repeated(id: RunId, refused: Refused) -> ServiceError {
    let (kind, detail, run) = match refused {
        Refused::Active => (
            ConflictKind::RunActive,
            format!("run {id} has not ended; cancel it, or wait"),
            id,
        ),
        Refused::JobDeleted => (
            ConflictKind::JobDeleted,
            format!("the job of run {id} was deleted"),
            id,
        ),
        Refused::Repeated(by) => (
            ConflictKind::Repeated,
            format!("run {by} repeats run {id} already; `again` repeats it once more"),
            by,
        ),
        Refused::Overlap(run) => return in_the_way(run),
    };
    Conflict::new(kind, detail).with_run(run).into()
}
