//! A plugin is replaced while its job goes on.

use crate::support::{Server, eventually, plugin};

#[test]
fn a_new_version_holds_from_the_next_attempt_on_and_a_rollback_too() {
    let server = Server::start();
    server.bind("Work", "work", &plugin("echo"), &[]);
    let jobs: Vec<_> = (0..20)
        .map(|n| format!("- {{name: job-{n}, every: 1s, handlerName: Work, overlap: allow}}\n"))
        .collect();
    let jobs = jobs.concat();
    let _ = server.apply(&jobs).ok();
    let ran_on = |version: i64| {
        server
            .items(&["run", "list", "--handler", "Work", "--limit", "100"])
            .iter()
            .filter(|run| run["endTime"].is_string())
            .find(|run| {
                let run = server.json(&["run", "show", run["id"].as_str().unwrap()]);
                run["attempts"][0]["pluginVersion"] == version
            })
            .map(|_| ())
    };
    eventually("runs on version 1", || ran_on(1));

    let file = plugin("flaky");
    let pushed = server.json(&["plugin", "push", file.to_str().unwrap(), "--name", "work"]);
    assert_eq!(pushed["version"], 2);
    assert_eq!(
        server.json(&["handler", "show", "Work"])["resolvedVersion"],
        1,
        "an upload alone changes nothing"
    );
    let _ = server
        .run(&["job", "edit", "job-0", "--set", "handlerParam={\"failures\":0}"])
        .ok();
    let _ = server.run(&["plugin", "activate", "work@2"]).ok();
    let run = server.json(&["job", "trigger", "job-0", "--wait"]);
    assert_eq!(run["result"], "succeeded at attempt 1");
    eventually("runs on version 2", || ran_on(2));

    let _ = server.run(&["plugin", "rollback", "work"]).ok();
    let run = server.json(&["job", "trigger", "job-0", "--param", "back", "--wait"]);
    assert_eq!(run["result"], "back");
    assert_eq!(
        server.json(&["run", "show", run["id"].as_str().unwrap()])["attempts"][0]["pluginVersion"],
        1
    );
}

#[test]
fn a_retry_after_an_activation_runs_the_new_version() {
    let server = Server::start();
    server.bind("Work", "work", &plugin("panic"), &[]);
    let _ = server
        .apply("- {name: job, every: 1d, handlerName: Work, retryCount: 1, retryInterval: 3s}\n")
        .ok();
    let run = server.json(&["job", "trigger", "job"]);
    let id = run["id"].as_str().unwrap().to_owned();
    eventually("the first attempt's end", || {
        (server.json(&["run", "show", &id])["status"] == "waitingRetry").then_some(())
    });
    let file = plugin("echo");
    let _ = server
        .run(&[
            "plugin",
            "push",
            file.to_str().unwrap(),
            "--name",
            "work",
            "--activate",
        ])
        .ok();
    let run = eventually("the retry", || {
        let run = server.json(&["run", "show", &id]);
        (run["status"] == "success").then_some(run)
    });
    let versions: Vec<_> = run["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["pluginVersion"].as_i64().unwrap())
        .collect();
    assert_eq!(versions, [1, 2]);
}
