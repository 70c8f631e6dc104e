//! `wasmtab job bulk`.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::{
    client::{self, Client},
    commands::{
        bulk::{self, Kind},
        confirm::Consent,
    },
    context::Context,
    exit::Failure,
    input::{file, when},
};

/// What is done to each job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Action {
    /// Lay a pause over it (--until, --note)
    Pause,
    /// Lift its pause
    Resume,
    /// Declare it normal
    Start,
    /// Declare it stopped
    Stop,
    /// Add --labels
    Label,
    /// Take --labels away
    Unlabel,
    /// Let the handler --to answer
    AssignHandler,
    /// Delete it and its state; its log stays
    Delete,
    /// Start a run now (--param, --overlap)
    Trigger,
}

#[derive(Args, Debug)]
pub(crate) struct BulkArgs {
    /// What is done to each job
    #[arg(value_enum)]
    action: Action,
    /// Their names or ids
    jobs: Vec<String>,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Which jobs")]
struct Which {
    /// Every job
    #[arg(long)]
    all: bool,
    /// Those that bear this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Those whose name contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Those of this handler
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
    /// Those that are declared normal, or stopped
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Those that are paused
    #[arg(long)]
    paused: bool,
    /// Those that this source of documents made
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "How")]
struct How {
    /// When pauses end by themselves: an instant (RFC 3339), or a length of time from now
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Why they are paused
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Replace pauses that are there
    #[arg(long)]
    replace: bool,
    /// The labels to add or to take away (a,b)
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    labels: Vec<String>,
    /// Who answers from now on
    #[arg(long, value_name = "HANDLER")]
    to: Option<String>,
    /// In place of each job's own parameter; @FILE reads a file
    #[arg(long, value_name = "TEXT")]
    param: Option<String>,
    /// In place of each job's own rule: `allow` starts beside an active run
    #[arg(long, value_name = "RULE")]
    overlap: Option<String>,
}

impl BulkArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let mut body = self.how.body(context)?;
        body.insert("action".into(), self.action.word().into());
        body.insert("select".into(), self.which.select(&client, &self.jobs).await?);
        bulk::carry_out(context, &client, Kind::Jobs, Value::Object(body), self.consent)
            .await
            .map(drop)
    }
}

impl Action {
    const fn word(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Label => "label",
            Self::Unlabel => "unlabel",
            Self::AssignHandler => "assignHandler",
            Self::Delete => "delete",
            Self::Trigger => "trigger",
        }
    }
}

impl Which {
    async fn select(&self, client: &Client, jobs: &[String]) -> Result<Value, Failure> {
        let mut select = Map::new();
        for (name, said) in [
            ("label", &self.label),
            ("q", &self.search),
            ("handlerName", &self.handler),
            ("status", &self.status),
            ("source", &self.source),
        ] {
            if let Some(said) = said {
                select.insert(name.into(), said.as_str().into());
            }
        }
        if self.paused {
            select.insert("paused".into(), true.into());
        }
        if self.all {
            select.insert("all".into(), true.into());
        }
        let mut ids = Vec::with_capacity(jobs.len());
        for job in jobs {
            // The API's ids of jobs are numbers.
            ids.push(client::job_of(client, job).await?.body["id"].take());
        }
        if !ids.is_empty() {
            select.insert("ids".into(), ids.into());
        }
        if select.is_empty() {
            return Err(Failure::usage(
                "no job was named; give names, or --all, --label, --search, --handler, --status, --paused, --source",
            ));
        }
        Ok(Value::Object(select))
    }
}

impl How {
    fn body(self, context: &Context) -> Result<Map<String, Value>, Failure> {
        let mut body = Map::new();
        if let Some(until) = &self.until {
            let until = when::future("--until", until, context.now())?;
            body.insert("until".into(), json!(until));
        }
        if let Some(param) = &self.param {
            body.insert("handlerParam".into(), file::or_literal(param)?.into());
        }
        for (name, said) in [
            ("note", self.note),
            ("handlerName", self.to),
            ("overlap", self.overlap),
        ] {
            if let Some(said) = said {
                body.insert(name.into(), said.into());
            }
        }
        if self.replace {
            body.insert("replace".into(), true.into());
        }
        if !self.labels.is_empty() {
            body.insert("labels".into(), self.labels.into());
        }
        Ok(body)
    }
}
