//! `wasmtab run logs --follow`: lines as they are written, to the run's end.

use std::time::{Duration, Instant};

use super::view;
use crate::{
    client::{Client, Events, ServerEvent},
    context::Context,
    exit::{Exit, Failure},
    output::{self, cell::text},
};

/// How long one connection is kept; then another one goes on.
const CONNECTION: Duration = Duration::from_hours(1);
/// How long a server that is gone is asked for again.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long to wait before it is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// Prints what the run's attempts write, or one of them.
pub(super) async fn follow(
    context: &Context,
    client: &Client,
    run: &str,
    attempt: Option<u32>,
) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    let mut printer = Printer::default();
    let mut heard: Option<Instant> = None;
    loop {
        match connect(client, run, attempt, after.as_deref()).await {
            Ok(mut events) => {
                heard = Some(Instant::now());
                while let Some(event) = events.next().await? {
                    printer.print(context, &event)?;
                    let ended = match attempt {
                        Some(_) => matches!(event.name.as_str(), "attempt.ended" | "run.ended"),
                        None => event.name == "run.ended",
                    };
                    if ended {
                        return printer.finish(context);
                    }
                    after = event.id.or(after);
                    heard = Some(Instant::now());
                }
            }
            // What cannot be reached at first is not waited for.
            Err(failure)
                if failure.exit == Exit::Unavailable
                    && heard.is_some_and(|heard| heard.elapsed() < PATIENCE) => {}
            Err(failure) => return Err(failure),
        }
        output::progress("the connection was lost; it is made again");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn connect(
    client: &Client,
    run: &str,
    attempt: Option<u32>,
    after: Option<&str>,
) -> Result<Events, Failure> {
    let attempt = attempt.map(|attempt| attempt.to_string());
    let request = client
        .get(&["runs", run, "logs"])
        .query("follow", "true")
        .query_opt("attempt", attempt.as_deref())
        .query_opt("after", after)
        .within(CONNECTION);
    Ok(Events::new(request.answer().await?))
}

#[derive(Debug, Default)]
struct Printer {
    printed: bool,
}

impl Printer {
    fn print(&mut self, context: &Context, event: &ServerEvent) -> Result<(), Failure> {
        let shown = match event.name.as_str() {
            "line" if !context.out.is_table() => format!("{}\n", event.data),
            "line" => view::log_line(&event.data),
            _ if !context.out.is_table() => return Ok(()),
            "attempt" if event.data.get("attempt").and_then(serde_json::Value::as_u64) > Some(1) => {
                format!("attempt {}\n", text(&event.data, "/attempt"))
            }
            "cut" => format!("… {} lines were not kept …\n", text(&event.data, "/lines")),
            _ => return Ok(()),
        };
        self.printed = true;
        output::write(&shown)
    }

    fn finish(&self, context: &Context) -> Result<(), Failure> {
        if !self.printed {
            context.out.say("the handler wrote nothing")?;
        }
        Ok(())
    }
}
