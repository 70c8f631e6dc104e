//! `wasmtab job backfill`.

use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    client,
    commands::confirm::{self, Consent},
    context::Context,
    exit::Failure,
    input::{file, when},
    output::{
        self,
        cell::{present, text, time},
        table::{column, render},
    },
};

/// The longest that ten thousand runs may take to be made.
const PATIENCE: Duration = Duration::from_mins(10);
/// Instants that are shown one by one.
const SHOWN: usize = 20;

#[derive(Args, Debug)]
pub(crate) struct BackfillArgs {
    /// Its name or id
    job: String,
    /// The fires at or after: an instant (RFC 3339), or a length of time before now
    #[arg(long, value_name = "WHEN")]
    since: String,
    /// The fires before [default: now]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// In place of the job's present parameter; @FILE reads a file
    #[arg(long, value_name = "TEXT")]
    param: Option<String>,
    /// In place of the job's own rule: `allow` lets them all begin at once; otherwise they follow one another
    #[arg(long, value_name = "RULE")]
    overlap: Option<String>,
    /// Leave out instants that had a run, however it ended
    #[arg(long)]
    only_missed: bool,
    #[command(flatten)]
    consent: Consent,
}

impl BackfillArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let now = context.now();
        let mut body = Map::from_iter([(
            "since".to_owned(),
            json!(when::past("--since", &self.since, now)?),
        )]);
        // The server's own clock tells what the present is.
        if let Some(until) = &self.until {
            body.insert("until".into(), json!(when::past("--until", until, now)?));
        }
        if let Some(param) = &self.param {
            body.insert("handlerParam".into(), file::or_literal(param)?.into());
        }
        if let Some(overlap) = self.overlap {
            body.insert("overlap".into(), overlap.into());
        }
        body.insert("onlyMissed".into(), self.only_missed.into());
        let client = context.client()?;
        let job = client::job_of(&client, &self.job).await?.body;
        let (id, name) = (text(&job, "/id"), text(&job, "/name"));
        let path = ["jobs", &id, "backfills"];

        // The count comes first, before anything is run.
        body.insert("dryRun".into(), true.into());
        let mut body = Value::Object(body);
        let preview = client.post(&path).json(&body).within(PATIENCE).send().await?.body;
        if self.consent.dry_run {
            return context.out.one(&preview, |view| {
                shown(&name, view) + "a dry run: nothing was run\n"
            });
        }
        if confirm::can_ask(self.consent.yes) {
            output::aside(&shown(&name, &preview));
        }
        let count = preview.get("count").and_then(Value::as_u64).unwrap_or(0);
        if count > 0 {
            confirm::ask(self.consent.yes, &format!("Run {count} instants of `{name}`?"))?;
        }
        // What was counted is what is run: the present may have moved on meanwhile.
        if body.get("until").is_none()
            && let Some(last) = preview
                .get("items")
                .and_then(Value::as_array)
                .and_then(|items| items.last())
        {
            let last = when::instant("until", &text(last, "/at"))?;
            body["until"] = json!(last.plus(Duration::from_micros(1)));
        }
        body["dryRun"] = false.into();
        let done = client.post(&path).json(&body).within(PATIENCE).send().await?.body;
        context.out.one(&done, |view| shown(&name, view))
    }
}

fn shown(name: &str, view: &Value) -> String {
    let number = |field: &str| view.get(field).and_then(Value::as_u64).unwrap_or(0);
    let dry_run = view.get("dryRun").and_then(Value::as_bool) == Some(true);
    let count = number("count");
    let verb = match (dry_run, count) {
        (true, _) => "would be run",
        (false, 1) => "is run",
        (false, _) => "are run",
    };
    let instants = if count == 1 { "instant" } else { "instants" };
    let mut told = format!(
        "{count} {instants} of {name} {verb} ({}): of the range {} had a run, {} were skipped, of {} nothing is on record\n",
        text(view, "/timezone"),
        number("hadRun"),
        number("skipped"),
        number("unknown"),
    );
    let items = view
        .get("items")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let first = &items[..items.len().min(SHOWN)];
    let mut columns = vec![
        column("INSTANT", |item| time(item, "/at")),
        column("BEFORE", before),
        column("RUN AGAIN", |item| {
            if item.get("included").and_then(Value::as_bool) == Some(true) {
                "yes".into()
            } else {
                "no".into()
            }
        }),
    ];
    if !dry_run {
        columns.push(column("NEW RUN", |item| text(item, "/runId")));
    }
    told.push_str(&render(&columns, first, ""));
    if items.len() > first.len() {
        told = format!(
            "{told}and {} more; -o json tells of each\n",
            items.len() - first.len()
        );
    }
    if dry_run && number("hadRun") > 0 && count > number("skipped") + number("unknown") {
        told.push_str("--only-missed leaves out those that had a run\n");
    }
    told
}

/// What became of an instant so far.
fn before(item: &Value) -> String {
    match (present(item, "/wasRunId"), present(item, "/reason")) {
        (Some(run), _) => format!("run {run}: {}", text(item, "/was")),
        (None, Some(reason)) => format!("skipped ({reason})"),
        (None, None) => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_comes_first_and_what_became_of_each_instant_after_it() {
        let item = |at: &str, was: Value, reason: Value, run: Value| json!({"at": at, "included": true, "was": was, "reason": reason, "wasRunId": run, "runId": null});
        let view = json!({
            "dryRun": true, "count": 3, "timezone": "Asia/Shanghai", "hadRun": 1, "skipped": 1, "unknown": 1, "items": [
                item("2026-11-24T02:00:00+08:00", json!("failure"), Value::Null, json!("42")),
                item("2026-11-25T02:00:00+08:00", json!("skipped"), json!("paused"), Value::Null),
                item("2026-11-26T02:00:00+08:00", Value::Null, Value::Null, Value::Null),
            ],
        });
        let told = shown("nightly", &view);
        for line in [
            "3 instants of nightly would be run (Asia/Shanghai): of the range 1 had a run, 1 were skipped, of 1 nothing",
            "run 42: failure",
            "skipped (paused)",
            "--only-missed",
        ] {
            assert!(told.contains(line), "{line:?} is missing in\n{told}");
        }
    }
}
