//! Somebody is told when a run fails, recovers, or takes too long.

use std::net::TcpListener;

use serde_json::Value;
use wasmtab_domain::{alert, time::Timestamp};

use crate::support::{Hook, Server, eventually, plugin};

/// A channel to this hook that hears of everything.
fn tell(server: &Server, hook: &Hook) {
    let url = hook.url();
    let set = [
        "alert", "channel", "set", "ops", "--url", &url, "--secret", "s3cret",
    ];
    let _ = server.run(&set).ok();
    let _ = server
        .run(&["alert", "rule", "set", "all", "--channel", "ops"])
        .ok();
}

fn trigger(server: &Server, job: &str) -> String {
    let run = server
        .run(&["job", "trigger", job, "--wait", "-o", "json"])
        .json();
    run["id"].as_str().unwrap_or_default().to_owned()
}

fn history(server: &Server) -> Vec<Value> {
    let mut all = server.items(&["alert", "history"]);
    all.reverse();
    all
}

#[test]
fn a_failure_and_the_recovery_from_it_are_told_once_each_and_signed() {
    let server = Server::start();
    server.bind("FlakyHandler", "flaky", &plugin("flaky"), &[]);
    let hook = Hook::new();
    tell(&server, &hook);
    let _ = server
        .apply(
            "- name: nightly\n  every: 1d\n  handlerName: FlakyHandler\n  handlerParam: {failures: 9}\n  \
             retryCount: 1\n  retryInterval: 0\n  labels: [billing]\n  runbook: look into the cellar\n",
        )
        .ok();
    let failed = trigger(&server, "nightly");
    let told = eventually("the failure is told", || hook.came().first().cloned());
    let message = told.json();
    assert_eq!(
        (
            &message["event"],
            &message["run"]["id"],
            &message["run"]["status"]
        ),
        (&"failure".into(), &failed.as_str().into(), &"failure".into())
    );
    assert_eq!(
        message["run"]["executeIndex"], 2,
        "only the final failure is told"
    );
    assert_eq!(message["job"]["runbook"], "look into the cellar");
    assert!(
        message["text"].as_str().unwrap().contains("job nightly failed"),
        "{message}"
    );

    // Whoever has the secret can check that the message is ours.
    let signature = told.header("x-wasmtab-signature").unwrap();
    let seconds = signature.strip_prefix("t=").unwrap().split(',').next().unwrap();
    let at = Timestamp::from_secs(seconds.parse().unwrap());
    assert_eq!(signature, alert::sign("s3cret", at, told.text.as_bytes()));
    assert_eq!(
        told.header("x-wasmtab-delivery"),
        Some(message["id"].as_str().unwrap())
    );
    assert_eq!(told.header("content-type"), Some("application/json"));

    let _ = server
        .run(&["job", "edit", "nightly", "--param", "{\"failures\": 0}"])
        .ok();
    let well = trigger(&server, "nightly");
    trigger(&server, "nightly");
    eventually("the recovery is told", || (hook.came().len() == 2).then_some(()));
    let message = hook.came()[1].json();
    assert_eq!(
        (&message["event"], &message["run"]["id"]),
        (&"recovery".into(), &well.as_str().into())
    );
    assert_eq!(message["recoveredFrom"]["runId"], failed.as_str());
    let all = eventually("both are known to be delivered", || {
        let all = history(&server);
        all.iter()
            .all(|message| message["status"] == "delivered")
            .then_some(all)
    });
    assert_eq!(all.len(), 2);
    assert_eq!((&all[0]["answer"], &all[0]["tries"]), (&204.into(), &1.into()));
}

#[test]
fn a_message_that_nobody_takes_outlives_the_server_and_is_sent_again() {
    let mut server = Server::start();
    server.bind("FlakyHandler", "flaky", &plugin("flaky"), &[]);
    // A port where nobody listens yet.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = Hook::on(listener.try_clone().unwrap());
    tell(&server, &hook);
    hook.answers(503);
    let _ = server
        .apply("- {name: nightly, every: 1d, handlerName: FlakyHandler, handlerParam: {failures: 9}}\n")
        .ok();
    trigger(&server, "nightly");
    let refused = eventually("the first try is known to have failed", || {
        history(&server)
            .into_iter()
            .find(|message| message["answer"] == 503)
    });
    assert_eq!(
        (&refused["status"], &refused["tries"]),
        (&"pending".into(), &1.into())
    );
    assert!(refused["nextAt"].is_string());
    server.kill();
    hook.answers(200);
    server.restart();
    let delivered = eventually("it is delivered after all", || {
        history(&server)
            .into_iter()
            .find(|message| message["status"] == "delivered")
    });
    assert_eq!(delivered["id"], refused["id"]);
    let ids: Vec<_> = hook
        .came()
        .iter()
        .map(|came| came.header("x-wasmtab-delivery").map(str::to_owned))
        .collect();
    assert!(ids.len() >= 2);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn an_attempt_that_takes_long_is_told_while_it_goes_on() {
    let server = Server::start();
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let hook = Hook::new();
    tell(&server, &hook);
    let _ = server
        .apply("- {name: slow, every: 1d, handlerName: Loops, warnAfter: 1s}\n")
        .ok();
    let run = server.json(&["job", "trigger", "slow"]);
    let id = run["id"].as_str().unwrap().to_owned();
    let message = eventually("it is told", || {
        hook.came().first().map(crate::support::Came::json)
    });
    assert_eq!(
        (&message["event"], &message["run"]["id"], &message["warnAfter"]),
        (&"warnAfter".into(), &id.as_str().into(), &1.into())
    );
    let run = server.json(&["run", "show", &id]);
    assert_eq!(run["status"], "running");
    assert!(run["warnedAt"].is_string());
    let _ = server.run(&["run", "cancel", &id]).ok();
    eventually("its end", || {
        (server.json(&["run", "show", &id])["status"] == "cancelled").then_some(())
    });
    assert!(server.json(&["run", "show", &id])["warnedAt"].is_string());
    assert_eq!(history(&server).len(), 1, "a cancel is no failure");
}

#[test]
fn a_channel_is_tried_and_a_silence_keeps_it_quiet() {
    let server = Server::start();
    server.bind("FlakyHandler", "flaky", &plugin("flaky"), &[]);
    let hook = Hook::new();
    tell(&server, &hook);
    let tried = server.run(&["alert", "channel", "test", "ops"]).ok();
    assert!(tried.stdout.contains("delivered"), "{}", tried.stdout);
    assert_eq!(hook.came()[0].json()["event"], "test");
    hook.answers(302);
    let failed = server.run(&["alert", "channel", "test", "ops"]).fails_with(1);
    assert!(
        failed.stderr.contains("redirects are not followed"),
        "{}",
        failed.stderr
    );
    hook.answers(200);

    let _ = server
        .apply(
            "- {name: quiet, every: 1d, handlerName: FlakyHandler, handlerParam: {failures: 9}, labels: [moving]}\n",
        )
        .ok();
    let _ = server
        .run(&["alert", "silence", "add", "--until", "1h"])
        .fails_with(2);
    let silence = server.json(&[
        "alert",
        "silence",
        "add",
        "--label",
        "moving",
        "--until",
        "1h",
        "--note",
        "moving house",
    ]);
    trigger(&server, "quiet");
    let silenced = eventually("the history tells", || {
        history(&server)
            .into_iter()
            .find(|message| message["status"] == "silenced")
    });
    assert_eq!(silenced["silencedBy"], silence["id"]);
    let _ = server
        .run(&["alert", "silence", "rm", &silence["id"].to_string()])
        .ok();
    trigger(&server, "quiet");
    eventually("the next failure is told", || {
        (hook.came().len() == 3).then_some(())
    });
    assert_eq!(hook.came()[2].json()["event"], "failure");
    let _ = server
        .run(&["alert", "channel", "rm", "ops", "--yes"])
        .fails_with(5);
}
