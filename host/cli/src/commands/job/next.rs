//! `wasmtab job next`.

use clap::Args;
use serde_json::Value;

use crate::{
    client,
    context::Context,
    exit::Failure,
    input::when,
    output::cell::{instant, present, text},
};

#[derive(Args, Debug)]
pub(crate) struct NextArgs {
    /// Its name or id
    job: String,
    /// How many
    #[arg(short, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    n: u32,
    /// Fires after this instant (RFC 3339) [default: now]
    #[arg(long, value_name = "INSTANT")]
    after: Option<String>,
}

impl NextArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let after = match &self.after {
            Some(said) => Some(when::instant("--after", said)?.to_string()),
            None => None,
        };
        let client = context.client()?;
        let job = client::job_of(&client, &self.job).await?.body;
        let request = client
            .get(&["jobs", &text(&job, "/id"), "next"])
            .query("count", &self.n.to_string())
            .query_opt("after", after.as_deref());
        let next = request.send().await?.body;
        let left_out = next
            .get("leftOut")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        context
            .out
            .many(&next, "next", |fires| show(&job, fires, left_out))
    }
}

/// Spans of left out fires that are shown.
const SPANS: usize = 10;

fn show(job: &Value, fires: &[Value], left_out: &[Value]) -> String {
    let mut shown = format!("{}  ({})\n", super::show::described(job), text(job, "/timezone"));
    for fire in fires {
        shown.push_str(&instant(&text(fire, "")));
        shown.push('\n');
    }
    for span in left_out.iter().take(SPANS) {
        shown.push_str(&skipped(span));
    }
    if let Some(more @ 1..) = left_out.len().checked_sub(SPANS) {
        shown = format!("{shown}and {more} more spans in blackouts\n");
    }
    if job.get("paused").is_some_and(|pause| !pause.is_null()) {
        let until =
            present(job, "/paused/until").map_or_else(|| "it is resumed".into(), |until| instant(&until));
        shown = format!("{shown}paused: fires are skipped until {until}\n");
    }
    match (fires.is_empty(), left_out.is_empty()) {
        (true, true) => shown.push_str("it does not fire any more\n"),
        (true, false) => shown.push_str("no fire that lies ahead is outside of its blackouts\n"),
        _ => {}
    }
    shown
}

/// Fires that a blackout keeps from running.
fn skipped(span: &Value) -> String {
    let (first, cause) = (instant(&text(span, "/from")), text(span, "/cause"));
    match span.get("count").and_then(Value::as_u64) {
        Some(count @ 2..) => {
            let last = instant(&text(span, "/until"));
            format!("left out: {count} fires from {first} to {last}, in the blackout {cause}\n")
        }
        _ => format!("left out: {first}, in the blackout {cause}\n"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fires_in_a_blackout_are_told() {
        let job = json!({"description": "Every day", "timezone": "UTC"});
        let spans = [
            json!({"from": "2026-11-28T09:00:00Z", "until": "2026-11-29T09:00:00Z", "count": 2, "cause": "sat, sun"}),
            json!({"from": "2026-12-25T09:00:00Z", "until": "2026-12-25T09:00:00Z", "count": 1, "cause": "calendar h: 2026-12-25"}),
        ];
        let shown = show(&job, &[json!("2026-11-30T09:00:00Z")], &spans);
        for line in [
            "left out: 2 fires from 2026-11-28 09:00:00 UTC to 2026-11-29 09:00:00 UTC, in the blackout sat, sun\n",
            "left out: 2026-12-25 09:00:00 UTC, in the blackout calendar h: 2026-12-25\n",
        ] {
            assert!(shown.contains(line), "{line:?} is missing in\n{shown}");
        }
        assert!(show(&job, &[], &spans).contains("no fire that lies ahead"));
        assert!(show(&job, &[], &[]).contains("does not fire any more"));
    }
}
