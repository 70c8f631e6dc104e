//! `wasmtab job trigger`.

use clap::Args;
use serde_json::{Map, Value};

use crate::{
    client::{self, WaitArgs},
    commands::run::view,
    context::Context,
    exit::Failure,
    input::file,
};

#[derive(Args, Debug)]
pub(crate) struct TriggerArgs {
    /// Its name or id
    job: String,
    /// In place of the job's own parameter; @FILE reads a file
    #[arg(long, value_name = "TEXT")]
    param: Option<String>,
    /// In place of the job's own rule: `allow` starts beside an active run
    #[arg(long, value_name = "RULE")]
    overlap: Option<String>,
    /// The same key again starts no second run
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
}

impl TriggerArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = Map::new();
        if let Some(param) = &self.param {
            body.insert("handlerParam".into(), file::or_literal(param)?.into());
        }
        if let Some(overlap) = self.overlap {
            body.insert("overlap".into(), overlap.into());
        }
        let client = context.client()?;
        let job = client::job_id(&client, &self.job).await?;
        let request = client.post(&["jobs", &job, "runs"]).json(&Value::Object(body));
        let run = request
            .idempotency_key(self.idempotency_key.as_deref())
            .send()
            .await?
            .body;
        view::finish(context, &client, run, self.wait).await
    }
}
