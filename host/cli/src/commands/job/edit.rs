//! `wasmtab job edit`.

use clap::Args;
use serde_json::Value;

use super::show;
use crate::{client, context::Context, exit::Failure, input::job_fields::JobFields, output::cell};

#[derive(Args, Debug)]
pub(crate) struct EditArgs {
    /// Its name or id
    job: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only if the job is still at this revision [default: the one it has now]
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
    #[command(flatten)]
    fields: JobFields,
}

impl EditArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut fields = self.fields.into_map()?;
        if let Some(name) = self.name {
            fields.insert("name".into(), name.into());
        }
        if fields.is_empty() {
            return Err(Failure::usage(
                "nothing to change was named; --set retryCount=3 changes a field",
            ));
        }
        let client = context.client()?;
        let job = client::job_of(&client, &self.job).await?;
        let etag = match self.revision {
            Some(revision) => format!("\"{revision}\""),
            None => job.tag()?,
        };
        let id = cell::text(&job.body, "/id");
        let job = client
            .patch(&["jobs", &id])
            .if_match(&etag)
            .json(&Value::Object(fields))
            .send()
            .await?
            .body;
        context.out.one(&job, show::show)
    }
}
