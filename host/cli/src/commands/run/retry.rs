//! `wasmtab run retry` and `wasmtab run rerun`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{select::Selection, view};
use crate::{
    client::WaitArgs,
    commands::{
        bulk::{self, Kind},
        confirm::Consent,
    },
    context::Context,
    exit::Failure,
};

#[derive(Args, Debug)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    selection: Selection,
    /// Also runs that were repeated before
    #[arg(long)]
    again: bool,
    /// In place of each job's own rule: `allow` lets new runs begin at once; otherwise those of a job follow one another
    #[arg(long, value_name = "RULE")]
    overlap: Option<String>,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    wait: WaitArgs,
}

impl RetryArgs {
    /// Plans the new runs for now. A single run that is named by its id is refused where another one is in its way.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Some(id) = self.selection.one().filter(|_| !self.consent.dry_run) else {
            return self.repeat(context, "retry").await;
        };
        let client = context.client()?;
        let mut body = Map::new();
        if let Some(overlap) = &self.overlap {
            body.insert("overlap".into(), overlap.as_str().into());
        }
        let request = client.post(&["runs", id, "retry"]).json(&Value::Object(body));
        let run = request.send().await?.body;
        if self.wait.wait {
            return view::finish(context, &client, run, self.wait).await;
        }
        context.out.one(&run, view::facts_of)
    }

    /// Plans the new runs for the instants of the old ones.
    pub(crate) async fn rerun(self, context: &Context) -> Result<(), Failure> {
        self.repeat(context, "rerun").await
    }

    async fn repeat(self, context: &Context, action: &str) -> Result<(), Failure> {
        if self.wait.wait && self.selection.one().is_none() {
            return Err(Failure::usage("--wait waits for one run, named by its id"));
        }
        let client = context.client()?;
        let select = self.selection.select(context, &client).await?;
        let mut body = json!({ "action": action, "select": select, "again": self.again });
        if let Some(overlap) = self.overlap {
            body["overlap"] = overlap.into();
        }
        let done = bulk::carry_out(context, &client, Kind::Runs, body, self.consent).await?;
        let new = done
            .as_ref()
            .and_then(|done| done.pointer("/items/0/runId"))
            .and_then(Value::as_str);
        match new {
            Some(new) if self.wait.wait => {
                let run = client.get(&["runs", new]).send().await?.body;
                view::finish(context, &client, run, self.wait).await
            }
            _ => Ok(()),
        }
    }
}
