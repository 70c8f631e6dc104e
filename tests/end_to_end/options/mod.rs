//! Every word that a job can say, tried on the real binary. A test is found by the option's name.

mod chains;
mod limits;
mod overlap;
mod retries;
mod schedule;

use serde_json::Value;

use crate::support::{Server, eventually, plugin};

/// A server where `Echo`, `Flaky` and `Loops` are bound.
fn server() -> Server {
    let server = Server::start();
    server.bind("Echo", "echo", &plugin("echo"), &[]);
    server.bind("Flaky", "flaky", &plugin("flaky"), &[]);
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    server
}

/// A server with these jobs.
fn with(yaml: &str) -> Server {
    let server = server();
    let _ = server.apply(yaml).ok();
    server
}

/// The runs of a job, oldest first.
fn runs(server: &Server, job: &str) -> Vec<Value> {
    let mut runs = server.items(&["run", "list", "--job", job, "--limit", "200"]);
    runs.reverse();
    runs
}

/// Waits until the oldest `count` runs of a job have ended, and shows them.
fn ended(server: &Server, job: &str, count: usize) -> Vec<Value> {
    eventually(job, || {
        let ended: Vec<_> = runs(server, job)
            .into_iter()
            .filter(|run| run["endTime"].is_string() && run["dueAt"].is_null())
            .collect();
        (ended.len() >= count).then_some(ended)
    })
}

/// Waits for a row of a job's log that was skipped for this reason.
fn skipped(server: &Server, job: &str, reason: &str) -> Value {
    eventually(reason, || {
        server
            .items(&["job", "history", job, "--limit", "200"])
            .into_iter()
            .find(|row| row["reason"] == reason)
    })
}

/// Starts a job that loops and waits until it runs; its run id.
fn running(server: &Server, job: &str) -> String {
    let id = server.json(&["job", "trigger", job])["id"]
        .as_str()
        .expect("a run has an id")
        .to_owned();
    eventually("it runs", || {
        (server.json(&["run", "show", &id])["status"] == "running").then_some(())
    });
    id
}
