//! When a job fires: `cronExpression`, `every`, `startAt`, `endAt`, `maxRuns`, `jitter`, `blackouts`, `misfire`, `status`,
//! `timezone`, `shards`, `priority`.

use std::collections::BTreeSet;

use super::{ended, runs, skipped, with};
use crate::support::{Server, eventually, plugin};

#[test]
fn every_keeps_to_its_grid_from_start_at() {
    let server = with("- {name: job, every: 2s, startAt: 2026-01-01T00:00:01Z, handlerName: Echo}\n");
    for run in ended(&server, "job", 2) {
        let at = chrono::DateTime::parse_from_rfc3339(run["scheduledAt"].as_str().unwrap()).unwrap();
        assert_eq!(
            (at.timestamp() % 2, at.timestamp_subsec_micros()),
            (1, 0),
            "{run}"
        );
    }
}

#[test]
fn end_at_ends_the_fires() {
    let server = with("- {name: job, every: 1s, endAt: 2026-01-01T00:00:00Z, handlerName: Echo}\n");
    let job = server.json(&["job", "show", "job"]);
    assert!(job["nextFireAt"].is_null());
    let next = server.json(&["job", "next", "job"]);
    assert_eq!(next["next"].as_array().unwrap().len(), 0);
}

#[test]
fn max_runs_counts_fires_and_then_there_are_no_more() {
    let server = with("- {name: job, every: 1s, maxRuns: 2, handlerName: Echo}\n");
    let runs = ended(&server, "job", 2);
    assert_eq!(runs.len(), 2);
    assert!(server.json(&["job", "show", "job"])["nextFireAt"].is_null());
}

#[test]
fn jitter_puts_the_start_off_and_keeps_the_nominal_instant() {
    let server = with("- {name: job, cronExpression: '*/2 * * * * ?', jitter: 2s, handlerName: Echo}\n");
    let at = |text: &serde_json::Value| chrono::DateTime::parse_from_rfc3339(text.as_str().unwrap()).unwrap();
    for run in ended(&server, "job", 2) {
        let run = server.json(&["run", "show", run["id"].as_str().unwrap()]);
        let late = at(&run["attempts"][0]["dueAt"]) - at(&run["scheduledAt"]);
        assert_eq!(at(&run["scheduledAt"]).timestamp() % 2, 0);
        assert!(
            (1..2_000_000).contains(&late.num_microseconds().unwrap()),
            "{late}"
        );
    }
}

#[test]
fn blackouts_keep_fires_off_and_say_which_window_did() {
    let server = with(
        "- {name: job, every: 1s, handlerName: Echo, blackouts: [{from: 2026-01-01, until: 2126-01-01}]}\n",
    );
    let row = skipped(&server, "job", "blackout");
    assert_eq!(row["error"], "2026-01-01 to 2126-01-01");
    assert!(runs(&server, "job").is_empty());
}

#[test]
fn status_stopped_plans_nothing_and_may_be_started_by_hand() {
    let server = with("- {name: job, every: 1s, status: stopped, handlerName: Echo}\n");
    assert!(server.json(&["job", "show", "job"])["nextFireAt"].is_null());
    assert_eq!(
        server.json(&["job", "trigger", "job", "--wait"])["status"],
        "success"
    );
}

#[test]
fn timezone_is_the_wall_clock_that_the_expression_follows() {
    let server =
        with("- {name: job, cronExpression: '0 9 * * *', timezone: America/New_York, handlerName: Echo}\n");
    let next = server.json(&["job", "next", "job"]);
    let next = next["next"][0].as_str().unwrap();
    assert!(next.contains("T09:00:00-0"), "{next}");
}

#[test]
fn shards_run_one_fire_in_parts() {
    let server = with("- {name: job, every: 1d, shards: 3, handlerName: Echo}\n");
    let _ = server.json(&["job", "trigger", "job"]);
    let runs = ended(&server, "job", 3);
    let shards: BTreeSet<_> = runs
        .iter()
        .map(|run| run["shardIndex"].as_u64().unwrap())
        .collect();
    assert_eq!(shards, BTreeSet::from([0, 1, 2]));
    assert!(runs.iter().all(|run| run["shardCount"] == 3));
    assert_eq!(
        runs.iter()
            .map(|run| &run["scheduledAt"])
            .collect::<Vec<_>>()
            .len(),
        3
    );
}

#[test]
fn priority_goes_first_where_not_all_can_run() {
    let server = Server::start_with(&["--concurrency", "1"]);
    server.bind("Echo", "echo", &plugin("echo"), &[]);
    let _ = server
        .apply(
            "defaults: {every: 1d, handlerName: Echo}\n\
             jobs:\n  - {name: low, priority: -10}\n  - {name: plain}\n  - {name: high, priority: 10}\n",
        )
        .ok();
    // What waits while nothing may be claimed begins by priority afterwards, one at a time.
    let _ = server
        .run(&["handler", "hold", "Echo", "--note", "one moment"])
        .ok();
    for job in ["low", "plain", "high"] {
        let _ = server.json(&["job", "trigger", job]);
    }
    eventually("all are kept back", || {
        ["low", "plain", "high"]
            .iter()
            .all(|job| runs(&server, job)[0]["held"] == "handler")
            .then_some(())
    });
    let _ = server.run(&["handler", "release", "Echo"]).ok();
    let begun = |job: &str| {
        let run = ended(&server, job, 1).remove(0);
        let run = server.json(&["run", "show", run["id"].as_str().unwrap()]);
        run["attempts"][0]["beginTime"].as_str().unwrap().to_owned()
    };
    let (high, plain, low) = (begun("high"), begun("plain"), begun("low"));
    assert!(high < plain && plain < low, "{high} {plain} {low}");
}
