//! `wasmtab run show`.

use clap::Args;
use serde_json::Value;

use super::view;
use crate::{context::Context, exit::Failure, output::cell};

/// Log lines of each attempt that the story shows.
const LINES: usize = 20;

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Its id
    run: String,
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let run = client.get(&["runs", &self.run]).send().await?.body;
        if !context.out.is_table() {
            return context.out.one(&run, |_| String::new());
        }
        let mut shown = view::facts_of(&run);
        for attempt in run
            .get("attempts")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            shown.push('\n');
            shown.push_str(&view::attempt(attempt));
            if attempt.get("logLines").and_then(Value::as_u64).unwrap_or(0) > 0 {
                let index = cell::text(attempt, "/executeIndex");
                let log = client
                    .get(&["runs", &self.run, "logs"])
                    .query("attempt", &index)
                    .send()
                    .await?
                    .body;
                shown.push_str(&view::last_lines(&log, LINES, &self.run));
            } else {
                shown.push_str("  the handler wrote nothing\n");
            }
        }
        crate::output::write(&shown)
    }
}
