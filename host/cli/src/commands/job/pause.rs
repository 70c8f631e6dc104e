//! `wasmtab job pause` and `wasmtab job resume`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::show;
use crate::{client, context::Context, exit::Failure, input::when};

#[derive(Args, Debug)]
pub(crate) struct PauseArgs {
    /// Its name or id
    job: String,
    /// When the pause ends by itself: an instant (RFC 3339), or a length of time from now
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    /// Its name or id
    job: String,
}

impl PauseArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = Map::new();
        if let Some(until) = &self.until {
            body.insert(
                "until".into(),
                json!(when::future("--until", until, context.now())?),
            );
        }
        if let Some(note) = self.note {
            body.insert("note".into(), note.into());
        }
        change(context, &self.job, "pause", &Value::Object(body)).await
    }
}

impl ResumeArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        change(context, &self.job, "resume", &json!({})).await
    }
}

async fn change(context: &Context, job: &str, action: &str, body: &Value) -> Result<(), Failure> {
    let client = context.client()?;
    let id = client::job_id(&client, job).await?;
    let job = client.post(&["jobs", &id, action]).json(body).send().await?.body;
    context.out.one(&job, show::show)
}
