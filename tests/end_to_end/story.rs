//! A handler that fails twice and then succeeds, fired by cron: the log tells the whole story.

use crate::support::{Server, eventually, plugin};

#[test]
fn a_run_that_is_retried_tells_its_whole_story() {
    let server = Server::start();
    server.bind("FlakyHandler", "flaky", &plugin("flaky"), &[]);
    let _ = server
        .apply(
            "- name: flaky\n  cronExpression: '* * * * * ?'\n  handlerName: FlakyHandler\n  \
             handlerParam: {failures: 2}\n  retryCount: 3\n  retryInterval: 0\n",
        )
        .ok();
    let run = eventually("a run that succeeded", || {
        server
            .items(&["run", "list", "--job", "flaky", "--state", "success"])
            .pop()
    });
    let run = server.json(&["run", "show", run["id"].as_str().unwrap()]);
    assert_eq!(run["status"], "success");
    assert_eq!(run["trigger"], "cron");
    assert_eq!(run["result"], "succeeded at attempt 3");

    let attempts = run["attempts"].as_array().unwrap();
    let indexes: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt["executeIndex"].as_u64().unwrap())
        .collect();
    assert_eq!(indexes, [1, 2, 3]);
    let statuses: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["failure", "failure", "success"]);
    assert_eq!(attempts[0]["error"], "failure 1 of 2");
    assert_eq!(attempts[1]["error"], "failure 2 of 2");
    for attempt in attempts {
        assert_eq!(attempt["plugin"], "flaky");
        assert_eq!(attempt["pluginVersion"], 1);
        assert_eq!(attempt["digest"].as_str().unwrap().len(), 64);
        assert!(attempt["fuelUsed"].as_u64().unwrap() > 1_000);
        assert!(attempt["peakMemory"].as_u64().unwrap() >= 65_536);
        assert!(attempt["beginTime"].is_string() && attempt["endTime"].is_string());
        assert!(attempt["duration"].is_u64());
    }
    let logs = server
        .run(&["run", "logs", run["id"].as_str().unwrap()])
        .ok()
        .stdout;
    assert!(logs.contains("attempt 1 fails, as told"), "{logs}");
    assert!(logs.contains("attempt 2 fails, as told"), "{logs}");
}

#[test]
fn a_trigger_with_a_parameter_waits_for_its_result() {
    let server = Server::start();
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let _ = server
        .apply("- {name: echo, every: 1d, handlerName: EchoHandler, handlerParam: own}\n")
        .ok();
    let run = server.json(&["job", "trigger", "echo", "--param", "given", "--wait"]);
    assert_eq!(
        (&run["status"], &run["result"]),
        (&"success".into(), &"given".into())
    );
    let run = server.json(&["job", "trigger", "echo", "--wait"]);
    assert_eq!(run["result"], "own");
    let call = server.json(&[
        "call",
        "EchoHandler",
        "--param",
        "called",
        "--delay",
        "1s",
        "--wait",
    ]);
    assert_eq!(
        (&call["trigger"], &call["result"]),
        (&"call".into(), &"called".into())
    );
}

#[test]
fn a_paused_job_does_not_fire_and_may_be_triggered_by_hand() {
    let server = Server::start();
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let _ = server
        .apply("- {name: tick, every: 1s, handlerName: EchoHandler}\n")
        .ok();
    eventually("a fire", || server.items(&["run", "list", "--job", "tick"]).pop());
    let _ = server.run(&["job", "pause", "tick", "--note", "inventory"]).ok();
    let at = |instant: &serde_json::Value| {
        chrono::DateTime::parse_from_rfc3339(instant.as_str().unwrap()).unwrap()
    };
    let next = at(&server.json(&["job", "show", "tick"])["nextFireAt"]);
    eventually("a fire that falls into the pause", || {
        let run = server.json(&["job", "trigger", "tick", "--wait"]);
        assert_eq!(run["status"], "success");
        (at(&run["scheduledAt"]) > next).then_some(())
    });
    let _ = server.run(&["job", "resume", "tick"]).ok();
    let skipped = eventually("the paused fires on record", || {
        server
            .items(&["job", "history", "tick"])
            .into_iter()
            .find(|row| row["status"] == "skipped")
    });
    assert_eq!(skipped["reason"], "paused");
}
