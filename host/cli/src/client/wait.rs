//! Waiting for the end of a run.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use super::Client;
use crate::{
    exit::{Exit, Failure},
    input::when,
    output::{self, cell},
};

/// The longest that one request waits; the next one goes on.
const POLL: Duration = Duration::from_secs(25);
/// The least time between two requests, should the server not wait.
const PAUSE: Duration = Duration::from_millis(200);

/// Whether and how long to wait.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct WaitArgs {
    /// Wait for the run's end; exit with 1 if it did not succeed
    #[arg(long)]
    pub(crate) wait: bool,
    /// Wait no longer than this, then exit with 124; the run goes on
    #[arg(long, value_name = "LENGTH", value_parser = when::length, requires = "wait")]
    pub(crate) wait_timeout: Option<Duration>,
}

/// Whether a run with this status has ended.
pub(crate) fn is_ended(run: &Value) -> bool {
    !matches!(
        cell::raw(run, "/status"),
        Some("scheduled" | "queued" | "running" | "waitingRetry") | None
    )
}

/// Waits until the run has ended, and answers with it.
pub(crate) async fn wait_for_run(
    client: &Client,
    id: &str,
    timeout: Option<Duration>,
) -> Result<Value, Failure> {
    let begin = Instant::now();
    let mut last_said = String::new();
    loop {
        let asked = Instant::now();
        let left = timeout.map_or(POLL, |timeout| timeout.saturating_sub(begin.elapsed()).min(POLL));
        let wait = format!("{}s", left.as_secs());
        let request = client
            .get(&["runs", id])
            .query("wait", &wait)
            .within(left + Duration::from_secs(30));
        let run = request.send().await?.body;
        if is_ended(&run) {
            return Ok(run);
        }
        let status = cell::text(&run, "/status");
        if timeout.is_some_and(|timeout| begin.elapsed() >= timeout) {
            let message = format!("run {id} is still {status}; it goes on");
            return Err(Failure::new(Exit::TimedOut, message).with(format!("see `wasmtab run show {id}`")));
        }
        let said = format!(
            "run {id} is {status}, attempt {}",
            cell::text(&run, "/executeIndex")
        );
        if said != last_said {
            output::progress(&said);
            last_said = said;
        }
        tokio::time::sleep(PAUSE.saturating_sub(asked.elapsed())).await;
    }
}

/// What the shell is told of a run that has ended.
pub(crate) fn outcome(run: &Value) -> Result<(), Failure> {
    let status = cell::text(run, "/status");
    if status == "success" {
        return Ok(());
    }
    let mut message = format!("run {} ended as {status}", cell::text(run, "/id"));
    if let Some(error) = cell::present(run, "/error") {
        message.push_str(": ");
        message.push_str(&error);
    }
    Err(Failure::new(Exit::RunFailed, message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_ends_with_its_last_attempt() {
        for (status, ended) in [
            ("scheduled", false),
            ("queued", false),
            ("running", false),
            ("waitingRetry", false),
            ("success", true),
            ("timeout", true),
            ("cancelled", true),
        ] {
            assert_eq!(is_ended(&json!({ "status": status })), ended, "{status}");
        }
    }

    #[test]
    fn only_success_is_success() {
        assert_eq!(outcome(&json!({"id": "7", "status": "success"})), Ok(()));
        let failure =
            outcome(&json!({"id": "7", "status": "trap", "error": "unreachable\nexecuted"})).unwrap_err();
        assert_eq!(failure.exit, Exit::RunFailed);
        assert_eq!(failure.message, "run 7 ended as trap: unreachable executed");
    }
}
