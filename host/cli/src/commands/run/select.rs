//! Which runs: by their ids, or by what they have in common.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    client::{self, Client},
    context::Context,
    exit::Failure,
    input::when,
};

/// The filters of runs.
#[derive(Args, Clone, Debug)]
pub(super) struct Filters {
    /// Only runs of this job, by name or id
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Only runs of this handler
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
    /// Only runs of jobs that bear this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Only runs in this state: queued, running, waitingRetry, success, failure, …
    #[arg(long, value_name = "STATE")]
    pub(super) state: Option<String>,
    /// Only runs that were made so: cron, manual, call, backfill, chain
    #[arg(long, value_name = "TRIGGER")]
    trigger: Option<String>,
    /// Only runs planned at or after: an instant (RFC 3339), or a length of time before now
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only runs planned before
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
}

/// Runs by id, or by filter.
#[derive(Args, Clone, Debug)]
pub(super) struct Selection {
    /// Their ids
    ids: Vec<String>,
    /// Every run that the command is for
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    filters: Filters,
}

impl Filters {
    /// The filters that were said, by the API's names.
    pub(super) async fn said(
        &self,
        context: &Context,
        client: &Client,
    ) -> Result<Map<String, Value>, Failure> {
        let mut said = Map::new();
        if let Some(job) = &self.job {
            said.insert(
                "jobId".into(),
                client::job_of(client, job).await?.body["id"].take(),
            );
        }
        for (flag, name, value) in [
            ("--since", "since", &self.since),
            ("--until", "until", &self.until),
        ] {
            if let Some(value) = value {
                let at = when::past(flag, value, context.now())?;
                said.insert(name.into(), json!(at));
            }
        }
        for (name, value) in [
            ("handlerName", &self.handler),
            ("label", &self.label),
            ("state", &self.state),
            ("trigger", &self.trigger),
        ] {
            if let Some(value) = value {
                said.insert(name.into(), value.as_str().into());
            }
        }
        Ok(said)
    }

    fn any(&self) -> bool {
        let said = [
            &self.job,
            &self.handler,
            &self.label,
            &self.state,
            &self.trigger,
            &self.since,
            &self.until,
        ];
        said.into_iter().any(Option::is_some)
    }
}

impl Selection {
    /// What the API takes as the choice of runs.
    pub(super) async fn select(&self, context: &Context, client: &Client) -> Result<Value, Failure> {
        let named = !self.ids.is_empty();
        match (self.all, named, self.filters.any()) {
            (false, false, false) => Err(Failure::usage(
                "no run was named; give ids, --all, or --job, --handler, --label, --state, --trigger, --since, --until",
            )),
            (_, true, true) | (true, true, _) => Err(Failure::usage(
                "runs are named by id, by --all or by filters, not by two of them",
            )),
            (true, _, true) => Err(Failure::usage(
                "--all stands beside a filter, which leaves some out",
            )),
            (true, ..) => Ok(json!({ "all": true })),
            (_, true, _) => Ok(json!({ "ids": self.ids })),
            _ => self.filters.said(context, client).await.map(Value::Object),
        }
    }

    /// The run, where one was named by its id and nothing else was said.
    pub(super) fn one(&self) -> Option<&str> {
        match self.ids.as_slice() {
            [id] if !self.all && !self.filters.any() => Some(id),
            _ => None,
        }
    }
}
