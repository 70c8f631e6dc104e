//! Calls: a handler at an instant or after a delay, without a job.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wasmtab_domain::{field::FieldError, interval::Interval, job::JobSpec, run::RunPolicy, time::Timestamp};
use wasmtab_store::{NewCall, Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    service::{Change, Service, authorize},
    view::RunView,
};

/// What is called, and when. Without `at` and `delay` it is called at once.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CallRequest {
    /// The instant.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// How long from now: seconds, or a text like `10m`.
    #[schema(value_type = Option<crate::view::Length>)]
    pub delay: Option<Interval>,
    /// Who answers, with what, and how it is bounded and retried: `handlerName`, `handlerParam`, `retryCount`, `retryInterval`,
    /// `retryBackoff`, `retryOn`, `monitorTimeout`, `fuel`, `memoryLimit`, `priority`, `warnAfter`, `retryVersion`, as in a job.
    #[serde(flatten)]
    #[schema(value_type = Object, additional_properties)]
    pub policy: Map<String, Value>,
}

/// The fields of a job that a call has too.
const FIELDS: [&str; 12] = [
    "handlerName",
    "handlerParam",
    "retryCount",
    "retryInterval",
    "retryBackoff",
    "retryOn",
    "monitorTimeout",
    "fuel",
    "memoryLimit",
    "priority",
    "warnAfter",
    "retryVersion",
];
/// An instant this much in the past is a client's slow clock; before that it is a mistake.
const SLACK: Duration = Duration::from_mins(1);

impl Service {
    /// Plans a call.
    pub async fn call(&self, by: &Principal, request: CallRequest) -> ServiceResult<RunView> {
        authorize(by, Role::Operator)?;
        let now = self.now();
        let at = due(&request, now)?;
        let spec = self.read_call(request.policy).await?;
        let call = NewCall {
            policy: RunPolicy::from(&spec),
            handler_name: spec.handler_name,
            handler_param: spec.handler_param,
            at,
            by: by.name.clone(),
            now,
        };
        let run = self.store.call(call).await?;
        let change =
            Change::made(serde_json::json!({ "handlerName": run.handler_name, "at": run.scheduled_at }));
        self.audit(by, "call.create", format!("run/{}", run.id), change)
            .await;
        Ok(RunView::new(&run, chrono_tz::Tz::UTC))
    }

    /// A call is read as the job that would say the same.
    async fn read_call(&self, mut said: Map<String, Value>) -> ServiceResult<JobSpec> {
        if let Some(name) = said.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            let reason = format!(
                "is not a field of a call; those are at, delay, {}",
                FIELDS.join(", ")
            );
            return Err(ServiceError::Invalid(FieldError::new(name, reason).into()));
        }
        said.insert("name".into(), "call".into());
        said.insert("every".into(), 1.into());
        Ok(JobSpec::read(&said, &self.read_context().await?, None)?)
    }
}

fn due(request: &CallRequest, now: Timestamp) -> ServiceResult<Timestamp> {
    match (request.at, request.delay) {
        (Some(_), Some(_)) => Err(ServiceError::field(
            "delay",
            "stands beside at: a call says one of the two",
        )),
        (Some(at), None) if at < now.minus(SLACK) => {
            Err(ServiceError::field("at", format!("{at} has passed already")))
        }
        (Some(at), None) => Ok(at),
        (None, Some(delay)) => Ok(now.plus(delay.to_duration())),
        (None, None) => Ok(now),
    }
}
