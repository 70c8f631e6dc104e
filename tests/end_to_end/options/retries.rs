//! `retryCount`, `retryInterval`, `retryBackoff`, `retryOn`, `retryVersion`.

use serde_json::Value;

use super::{ended, with};
use crate::support::{eventually, plugin};

fn attempts(run: &Value) -> Vec<Value> {
    run["attempts"]
        .as_array()
        .expect("one run is shown with its attempts")
        .clone()
}

#[test]
fn retry_count_and_retry_interval_bound_and_space_the_attempts() {
    let server = with(
        "- {name: job, every: 1d, handlerName: Flaky, handlerParam: {failures: 9}, retryCount: 2, retryInterval: 1s}\n",
    );
    let run = server
        .run(&["job", "trigger", "job", "--wait", "-o", "json"])
        .fails_with(1)
        .json();
    assert_eq!((&run["status"], attempts(&run).len()), (&"failure".into(), 3));
    for attempt in &attempts(&run)[..2] {
        let (end, retry) = (
            attempt["endTime"].as_str().unwrap(),
            attempt["retryAt"].as_str().unwrap(),
        );
        let at = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
        assert!((at(retry) - at(end)).num_milliseconds() >= 1_000, "{attempt}");
    }
}

#[test]
fn retry_backoff_takes_a_list_whose_last_wait_repeats() {
    let server = with(
        "- {name: job, every: 1d, handlerName: Flaky, handlerParam: {failures: 3}, retryCount: 3, retryBackoff: [0, 1s]}\n",
    );
    let run = server.json(&["job", "trigger", "job", "--wait"]);
    assert_eq!((&run["status"], attempts(&run).len()), (&"success".into(), 4));
}

#[test]
fn retry_on_names_what_is_tried_again() {
    let server = with(
        "- {name: job, every: 1d, handlerName: Flaky, retryCount: 3, retryInterval: 0, retryOn: [timeout]}\n",
    );
    let run = server
        .run(&["job", "trigger", "job", "--wait", "-o", "json"])
        .fails_with(1)
        .json();
    assert_eq!(attempts(&run).len(), 1);
}

#[test]
fn retry_version_same_stays_on_the_version_it_began_with() {
    let server = with(
        "defaults: {every: 1d, handlerName: Changing, retryCount: 1, retryInterval: 3s}\n\
         jobs:\n  - {name: current}\n  - {name: same, retryVersion: same}\n",
    );
    server.bind("Changing", "changing", &plugin("flaky"), &[]);
    for job in ["current", "same"] {
        let _ = server.json(&["job", "trigger", job]);
    }
    for job in ["current", "same"] {
        eventually("its first failure", || {
            let runs = server.items(&["run", "list", "--job", job]);
            (runs[0]["status"] == "waitingRetry").then_some(())
        });
    }
    let echo = plugin("echo");
    let _ = server
        .run(&[
            "plugin",
            "push",
            echo.to_str().unwrap(),
            "--name",
            "changing",
            "--activate",
        ])
        .ok();
    let versions = |job: &str| -> Vec<Value> {
        let run = ended(&server, job, 1).remove(0);
        let run = server.json(&["run", "show", run["id"].as_str().unwrap()]);
        attempts(&run)
            .iter()
            .map(|attempt| attempt["pluginVersion"].clone())
            .collect()
    };
    assert_eq!(versions("current"), [1, 2]);
    assert_eq!(versions("same"), [1, 1]);
}
