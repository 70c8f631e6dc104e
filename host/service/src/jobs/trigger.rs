use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use wasmtab_domain::{
    ids::{JobId, RunId},
    limits,
    policy::Overlap,
};
use wasmtab_store::{NewTrigger, Principal, Role, Started, TriggerRefused};

use super::subject;
use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    names,
    service::{Change, Service, authorize},
    view::RunView,
};

/// How a job is started by hand.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TriggerBody {
    /// In place of the job's own parameter, this once; an object or a list stands for its JSON text.
    pub handler_param: Option<Value>,
    /// In place of the job's own rule, this once: `skip`, `bufferOne`, `bufferAll`, `cancelOther` or `allow`.
    #[schema(value_type = Option<String>)]
    pub overlap: Option<Overlap>,
}

impl Service {
    /// Starts a job by hand. Paused and stopped jobs may be started; the overlap rule holds.
    pub async fn trigger(&self, by: &Principal, id: JobId, body: TriggerBody) -> ServiceResult<RunView> {
        authorize(by, Role::Operator)?;
        let handler_param = param(body.handler_param)?;
        let trigger = NewTrigger {
            job_id: id,
            handler_param,
            overlap: body.overlap,
            by: by.name.clone(),
            now: self.now(),
        };
        let Started { run, job } = self.start(trigger).await?;
        self.audit(
            by,
            "job.trigger",
            subject(id),
            Change::made(serde_json::json!({ "runId": run.id })),
        )
        .await;
        Ok(RunView::new(&run, job.spec.timezone))
    }

    /// Starts a run, or says which one is in the way.
    pub(crate) async fn start(&self, trigger: NewTrigger) -> ServiceResult<Started> {
        let id = trigger.job_id;
        self.store
            .trigger(trigger)
            .await?
            .map_err(|refused| match refused {
                TriggerRefused::NotFound => ServiceError::not_found(format!("job {id}")),
                TriggerRefused::Overlap(run) => in_the_way(run),
            })
    }
}

/// The run that keeps another from starting.
pub(crate) fn in_the_way(run: RunId) -> ServiceError {
    let detail = format!(
        "run {run} is active, and the job's overlap rule lets no other begin; `overlap: allow` overrides it"
    );
    Conflict::new(ConflictKind::Overlap, detail).with_run(run).into()
}

/// A parameter is a text; anything else stands for its JSON.
pub(crate) fn param(said: Option<Value>) -> ServiceResult<Option<String>> {
    let text = match said {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    names::check_length("handlerParam", &text, limits::PARAM_BYTES)?;
    Ok(Some(text))
}
