//! What a handler says of itself.

use std::{sync::Arc, time::Instant};

use serde::{Deserialize, Serialize};
use wasmtab_domain::{
    grant::{Grants, SecretValues},
    status::{AttemptStatus, Trigger},
};

use crate::{
    attempt::{Attempt, AttemptContext, Control, Limits, NoObserver},
    bindings::wasmtab::job::types::Description as Said,
    compile::Entry,
    handler::Handler,
    limits::{DESCRIBE_TEXT_BYTES, DESCRIBE_TIMEOUT, PARAM_BYTES},
    live::LiveLog,
    report::AttemptReport,
    run::Ask,
    runtime::Runtime,
    state::MemoryState,
    text::{strip_control, truncate},
};

/// What a handler says of itself, or what its file says where it cannot speak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Its name; empty for a command.
    pub name: String,
    /// One line.
    pub summary: String,
    /// JSON Schema of the parameter; none where any text goes.
    pub parameter_schema: Option<String>,
    /// The handler name that an administrator is offered first; empty for a command.
    pub suggested_handler_name: String,
}

impl Runtime {
    /// Asks a handler to describe itself: with nothing granted, 5 s and the server's memory limit. A command is not run for it.
    ///
    /// `Err` is the report of an attempt that did not answer.
    pub async fn describe(&self, handler: &Arc<Handler>) -> Result<Description, Box<AttemptReport>> {
        let Entry::Handler(_) = &handler.entry else {
            return Ok(Description {
                name: String::new(),
                summary:
                    "A command: the parameter is its second argument and its stdin, its stdout is the result"
                        .into(),
                parameter_schema: None,
                suggested_handler_name: String::new(),
            });
        };
        let begun = Instant::now();
        let attempt = nothing(self.config.max_memory);
        let (report, description) = self
            .ask(handler, &attempt, &Control::new(), Ask::Describe, begun)
            .await;
        match description {
            Some(said) => check(said).map_err(|error| {
                Box::new(AttemptReport::new(AttemptStatus::Failure).with_error(format!("describe: {error}")))
            }),
            None => Err(Box::new(report)),
        }
    }
}

/// An attempt that may reach nothing.
pub(crate) fn nothing(memory: u64) -> Attempt {
    let mut grants = Grants::default();
    grants.state.quota = 0;
    Attempt {
        context: AttemptContext {
            job_id: None,
            job_name: None,
            handler_name: String::new(),
            run_id: String::new(),
            execute_index: 0,
            trigger: Trigger::Manual,
            scheduled_at: String::new(),
            deadline: String::new(),
            shard_index: 0,
            shard_count: 1,
            upstream: None,
            completion_token: None,
        },
        param: String::new(),
        limits: Limits {
            timeout: DESCRIBE_TIMEOUT,
            fuel: None,
            memory,
        },
        grants: Arc::new(grants),
        secrets: Arc::new(SecretValues::default()),
        state: Arc::new(MemoryState::default()),
        observer: Arc::new(NoObserver),
        log: LiveLog::new(),
    }
}

fn check(said: Said) -> Result<Description, String> {
    let mut description = Description {
        name: said.name,
        summary: said.summary,
        parameter_schema: said.parameter_schema,
        suggested_handler_name: said.suggested_handler_name,
    };
    for text in [
        &mut description.name,
        &mut description.summary,
        &mut description.suggested_handler_name,
    ] {
        *text = strip_control(text).replace('\n', " ");
        truncate(text, DESCRIBE_TEXT_BYTES);
    }
    if let Some(schema) = &description.parameter_schema {
        if schema.len() > PARAM_BYTES {
            return Err(format!(
                "parameter-schema has {} bytes, the limit is {PARAM_BYTES}",
                schema.len()
            ));
        }
        serde_json::from_str::<serde::de::IgnoredAny>(schema)
            .map_err(|error| format!("parameter-schema is not JSON: {error}"))?;
    }
    Ok(description)
}
