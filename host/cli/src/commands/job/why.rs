//! `wasmtab job why`.

use clap::Args;
use serde_json::Value;

use crate::{
    client,
    context::Context,
    exit::{Exit, Failure},
    input::when,
    output::cell::{instant, present, text, time},
};

#[derive(Args, Debug)]
pub(crate) struct WhyArgs {
    /// Its name or id; of a job that was deleted its id
    job: String,
    /// The instant: RFC 3339, without an offset the job's own clock (2026-01-31T02:00), or a length of time before now
    #[arg(long, value_name = "WHEN")]
    at: String,
}

impl WhyArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let id = match client::job_id(&client, &self.job).await {
            Err(failure) if failure.exit == Exit::NotFound && is_number(&self.job) => self.job.clone(),
            Err(failure) if failure.exit == Exit::NotFound => {
                return Err(failure.with("a job that was deleted goes by its id, which the log has"));
            }
            found => found?,
        };
        // Whatever is no length of time is the server's to read: it knows the job's zone.
        let at = when::past("--at", &self.at, context.now()).map_or(self.at, |at| at.to_string());
        let why = client
            .get(&["jobs", &id, "why"])
            .query("at", &at)
            .send()
            .await?
            .body;
        context.out.one(&why, show)
    }
}

fn is_number(said: &str) -> bool {
    !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit())
}

fn show(why: &Value) -> String {
    let reason = present(why, "/reason").map_or_else(String::new, |reason| format!(" ({reason})"));
    let mut shown = format!(
        "{} at {} ({}): {}{reason}\n",
        text(why, "/jobName"),
        time(why, "/at"),
        text(why, "/timezone"),
        verdict(&text(why, "/verdict")),
    );
    for sentence in why
        .get("explanation")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        shown.push_str("  ");
        shown.push_str(&text(sentence, ""));
        shown.push('\n');
    }
    for change in why
        .pointer("/revision/changes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        shown = format!(
            "{shown}    {}: {} -> {}\n",
            text(change, "/field"),
            text(change, "/from"),
            text(change, "/to")
        );
    }
    for (which, pointer) in [("fire before", "/before"), ("fire after", "/after")] {
        if let Some(at) = present(why, &format!("{pointer}/at")) {
            let clock = present(why, &format!("{pointer}/clockChange/kind"))
                .map_or_else(String::new, |kind| format!(", clock change: {kind}"));
            shown = format!("{shown}  {which:<12} {}{clock}\n", instant(&at));
        }
    }
    shown
}

/// A verdict in words.
fn verdict(word: &str) -> &str {
    match word {
        "undecided" => "due, not decided yet",
        "toCome" => "to come",
        "noFire" => "no fire",
        "beforeStart" => "no fire, before startAt",
        "afterEnd" => "no fire, after endAt",
        "stopped" => "no fire, the job was stopped",
        "usedUp" => "no fire, maxRuns was used up",
        "notMade" => "the job was not there yet",
        "deleted" => "the job was deleted",
        "noRecord" => "nothing is on record",
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_verdict_comes_with_its_reasons() {
        let why = json!({
            "jobName": "nightly", "at": "2026-03-08T03:30:00-04:00", "timezone": "America/New_York", "verdict": "noFire",
            "reason": null, "explanation": ["The job's schedule has no fire at that instant."],
            "before": {"at": "2026-03-08T03:00:00-04:00", "clockChange": {"kind": "gap"}}, "after": null,
            "revision": {"changes": [{"field": "retryCount", "from": 0, "to": 3}]},
        });
        assert_eq!(
            show(&why),
            "nightly at 2026-03-08 03:30:00 -04:00 (America/New_York): no fire\n  \
             The job's schedule has no fire at that instant.\n    retryCount: 0 -> 3\n  \
             fire before  2026-03-08 03:00:00 -04:00, clock change: gap\n"
        );
    }
}
