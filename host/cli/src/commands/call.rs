//! `wasmtab call`: a handler at an instant or after a delay, without a job.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::run::view;
use crate::{
    client::WaitArgs,
    context::Context,
    exit::Failure,
    input::{file, job_fields, when},
};

#[derive(Args, Debug)]
pub(crate) struct CallArgs {
    /// The handler's name
    handler: String,
    /// What it is given; @FILE reads a file
    #[arg(long, value_name = "TEXT")]
    param: Option<String>,
    /// How long from now: 10m
    #[arg(long, value_name = "LENGTH", value_parser = when::length, conflicts_with = "at")]
    delay: Option<Duration>,
    /// When: an instant (RFC 3339), or a length of time from now
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// How it is bounded and retried, as in a job: retryCount=3, monitorTimeout=10s, memoryLimit=64MiB
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    sets: Vec<String>,
    /// The same key again makes no second call
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
}

impl CallArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = job_fields::sets(&self.sets)?;
        body.insert("handlerName".into(), self.handler.into());
        if let Some(param) = &self.param {
            body.insert("handlerParam".into(), file::or_literal(param)?.into());
        }
        if let Some(at) = &self.at {
            body.insert("at".into(), json!(when::future("--at", at, context.now())?));
        }
        if let Some(delay) = self.delay {
            // The server counts whole seconds; a fraction waits rather longer than shorter.
            body.insert(
                "delay".into(),
                (delay.as_secs() + u64::from(delay.subsec_nanos() > 0)).into(),
            );
        }
        let client = context.client()?;
        let request = client
            .post(&["calls"])
            .json(&Value::Object(body))
            .idempotency_key(self.idempotency_key.as_deref());
        let run = request.send().await?.body;
        view::finish(context, &client, run, self.wait).await
    }
}
