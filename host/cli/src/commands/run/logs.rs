//! `wasmtab run logs`.

use clap::Args;
use serde_json::Value;

use super::{follow, view};
use crate::{client::Client, context::Context, exit::Failure, output};

#[derive(Args, Debug)]
pub(crate) struct LogsArgs {
    /// The run's id
    run: String,
    /// Only this attempt, counted from 1 [default: all]
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,
    /// Go on until the run has ended, with lines as they are written
    #[arg(short, long)]
    follow: bool,
}

impl LogsArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        if self.follow {
            return follow::follow(context, &client, &self.run, self.attempt).await;
        }
        let run = client.get(&["runs", &self.run]).send().await?.body;
        let indices = self.indices(&run);
        for index in &indices {
            self.print(context, &client, *index, indices.len() > 1).await?;
        }
        Ok(())
    }

    fn indices(&self, run: &Value) -> Vec<u64> {
        let attempts = run
            .get("attempts")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let all = attempts.filter_map(|attempt| attempt.get("executeIndex")?.as_u64());
        all.filter(|index| self.attempt.is_none_or(|wanted| u64::from(wanted) == *index))
            .collect()
    }

    async fn print(
        &self,
        context: &Context,
        client: &Client,
        index: u64,
        titled: bool,
    ) -> Result<(), Failure> {
        let request = client
            .get(&["runs", &self.run, "logs"])
            .query("attempt", &index.to_string());
        let log = request.send().await?.body;
        if !context.out.is_table() {
            return context.out.many(&log, "lines", |_| String::new());
        }
        let mut shown = String::new();
        if titled {
            shown = format!("{shown}attempt {index}\n");
        }
        shown.extend(view::log_lines(&log));
        if shown.is_empty() {
            shown.push_str("the handler wrote nothing\n");
        }
        output::write(&shown)
    }
}
