//! `wasmtab pause` and `wasmtab resume`: of all jobs, or of those with a label.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    bulk::{self, Kind},
    confirm::Consent,
};
use crate::{context::Context, exit::Failure, input::when};

/// Which jobs.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
struct Which {
    /// Every job that is there now; one that is made later fires
    #[arg(long)]
    all: bool,
    /// Jobs that bear this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    which: Which,
    /// When the pauses end by themselves: an instant (RFC 3339), or a length of time from now
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Also jobs that are paused already: theirs is replaced
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    which: Which,
    /// Only pauses that bear exactly this note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

impl PauseArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = Map::from_iter([
            ("action".to_owned(), json!("pause")),
            ("select".to_owned(), self.which.select(None)),
            ("replace".to_owned(), self.replace.into()),
        ]);
        if let Some(until) = &self.until {
            let until = when::future("--until", until, context.now())?;
            body.insert("until".into(), json!(until));
        }
        if let Some(note) = self.note {
            body.insert("note".into(), note.into());
        }
        carry_out(context, body, self.consent).await
    }
}

impl ResumeArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let body = Map::from_iter([
            ("action".to_owned(), json!("resume")),
            ("select".to_owned(), self.which.select(self.note)),
        ]);
        carry_out(context, body, self.consent).await
    }
}

async fn carry_out(context: &Context, body: Map<String, Value>, consent: Consent) -> Result<(), Failure> {
    let client = context.client()?;
    bulk::carry_out(context, &client, Kind::Jobs, Value::Object(body), consent)
        .await
        .map(drop)
}

impl Which {
    fn select(&self, note: Option<String>) -> Value {
        match (&self.label, note) {
            (None, None) => json!({ "all": true }),
            (Some(label), None) => json!({ "label": label }),
            (None, Some(note)) => json!({ "pauseNote": note }),
            (Some(label), Some(note)) => json!({ "label": label, "pauseNote": note }),
        }
    }
}
