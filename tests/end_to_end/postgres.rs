//! Several nodes on one PostgreSQL, none of which is special.

use std::{
    collections::BTreeSet,
    sync::LazyLock,
    time::{Duration, Instant},
};

use chrono::DateTime;
use serde_json::Value;
use wasmtab_test_databases::{PASSWORD, Postgres};

use crate::support::{Server, eventually, plugin, seed_jobs, wasmtab};

/// One server for all of these tests; each has a schema of its own.
static POSTGRES: LazyLock<&Postgres> =
    LazyLock::new(|| Postgres::start_until_exit().expect("a throwaway PostgreSQL"));

fn url() -> String {
    POSTGRES.url("postgres")
}

/// A node on the schema.
fn node(schema: &str) -> Server {
    Server::start_with(&["--database-url", &url(), "--database-schema", schema])
}

fn trigger(server: &Server, job: &str) -> String {
    server.json(&["job", "trigger", job])["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

/// Every planned instant of a job since it was made, with how often it is on record: as a run, or under a row of skips.
fn decided(server: &Server, job: &str) -> Vec<i64> {
    let second = |row: &Value, field: &str| {
        row[field].as_str().map(|text| {
            DateTime::parse_from_rfc3339(text)
                .expect("an instant")
                .timestamp()
        })
    };
    let mut instants = Vec::new();
    for run in server.items(&["run", "list", "--job", job, "--limit", "500"]) {
        if run["trigger"] == "cron" {
            instants.push(second(&run, "scheduledAt").expect("a run has one"));
        }
    }
    for row in server.items(&["job", "history", job, "--limit", "500"]) {
        if row["status"] == "skipped" {
            let from = second(&row, "scheduledAt").expect("a row has one");
            instants.extend(from..=second(&row, "scheduledUntil").unwrap_or(from));
        }
    }
    instants.sort_unstable();
    instants
}

/// Insists that a job of every second has each of its instants on record once, from its first to its last.
fn every_second_is_accounted_for(server: &Server, job: &str) {
    let instants = decided(server, job);
    let once: BTreeSet<_> = instants.iter().copied().collect();
    assert_eq!(
        instants.len(),
        once.len(),
        "a fire was decided twice: {instants:?}"
    );
    let (first, last) = (instants[0], instants[instants.len() - 1]);
    assert_eq!(
        last - first + 1,
        instants.len() as i64,
        "a fire is missing: {instants:?}"
    );
}

#[test]
fn a_node_on_postgres_runs_the_seeds_jobs_and_accounts_for_everything_after_a_kill() {
    let mut server = node("kill_and_restart");
    let file = seed_jobs(server.scratch());
    let plan = server.json(&["apply", "-f", file.to_str().unwrap()]);
    let actions: Vec<_> = plan["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["action"])
        .collect();
    assert_eq!(actions, ["created", "created", "created"]);
    let again = server.json(&["apply", "-f", file.to_str().unwrap()]);
    assert!(
        again["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["action"] == "unchanged")
    );

    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let _ = server
        .apply(
            "- {name: all, every: 1s, handlerName: EchoHandler, misfire: all, overlap: allow}\n\
             - {name: skip, every: 1s, handlerName: EchoHandler, misfire: skip}\n\
             - {name: stuck, every: 1d, handlerName: Loops}\n\
             - {name: echo, every: 1d, handlerName: EchoHandler, handlerParam: own}\n",
        )
        .ok();
    let run = server.json(&["job", "trigger", "echo", "--param", "given", "--wait"]);
    assert_eq!(
        (&run["status"], &run["result"]),
        (&"success".into(), &"given".into())
    );
    let stuck = trigger(&server, "stuck");
    eventually("it runs", || {
        (server.json(&["run", "show", &stuck])["status"] == "running").then_some(())
    });
    eventually("fires before the kill", || {
        server
            .items(&["run", "list", "--job", "all", "--state", "success"])
            .pop()
    });

    server.kill();
    let down = Instant::now();
    eventually("several missed fires", || {
        (down.elapsed() >= Duration::from_secs(8)).then_some(())
    });
    server.restart();

    // The lease of the process that was killed has to run out first.
    let run = eventually("the interrupted run goes on", || {
        let run = server.json(&["run", "show", &stuck]);
        (run["attempts"].as_array().unwrap().len() == 2 && run["status"] == "running").then_some(run)
    });
    assert_eq!(run["attempts"][0]["status"], "abandoned");
    eventually("missed fires were skipped", || {
        server
            .items(&["job", "history", "skip", "--limit", "200"])
            .into_iter()
            .find(|row| row["reason"] == "misfire")
    });
    for job in ["all", "skip"] {
        let _ = server.run(&["job", "pause", job]).ok();
        every_second_is_accounted_for(&server, job);
    }
    let _ = server.run(&["run", "cancel", &stuck]).ok();
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn two_nodes_share_the_work_and_one_takes_over_what_the_other_leaves() {
    let mut first = node("two_nodes");
    first.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    first.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let _ = first
        .apply(
            "- {name: tick, every: 1s, handlerName: EchoHandler, misfire: all, overlap: allow}\n\
             - {name: left, every: 1d, handlerName: Loops}\n\
             - {name: unwanted, every: 1d, handlerName: Loops}\n",
        )
        .ok();
    let (left, unwanted) = (trigger(&first, "left"), trigger(&first, "unwanted"));
    let status = |server: &Server, run: &str| server.json(&["run", "show", run])["status"].clone();
    for run in [&left, &unwanted] {
        eventually("it runs", || (status(&first, run) == "running").then_some(()));
    }

    // It has nothing but the URL: jobs, plugins and bindings are in the database.
    let second = node("two_nodes");
    let run = second.json(&["call", "EchoHandler", "--param", "there", "--wait"]);
    assert_eq!(run["result"], "there");
    // A job's rule holds over all nodes, and so does a wish.
    let conflict = second.run(&["job", "trigger", "left"]).fails_with(5);
    assert!(conflict.stderr.contains(&left), "{}", conflict.stderr);
    let _ = second.run(&["run", "cancel", &unwanted]).ok();
    eventually("the other node stops it", || {
        (status(&second, &unwanted) == "cancelled").then_some(())
    });

    first.kill();
    let run = eventually("it goes on elsewhere", || {
        let run = second.json(&["run", "show", &left]);
        (run["attempts"].as_array().unwrap().len() == 2 && run["status"] == "running").then_some(run)
    });
    assert_eq!(run["attempts"][0]["status"], "abandoned");
    let _ = second.run(&["run", "cancel", &left]).ok();
    let _ = second.run(&["job", "pause", "tick"]).ok();
    every_second_is_accounted_for(&second, "tick");
}

#[test]
fn what_is_not_done_here_is_said_in_a_sentence() {
    let server = node("sentences");
    let url = url();
    let postgres = ["--database-url", &url];

    let backup = wasmtab(&["backup", "nowhere.db", "--database-url", &url]).fails_with(2);
    assert!(backup.stderr.contains("pg_dump"), "{}", backup.stderr);
    let asked = server.run(&["backup", "nowhere.db"]).fails_with(5);
    assert!(asked.stderr.contains("pg_dump"), "{}", asked.stderr);
    let directory = server.scratch().join("new");
    let restore = wasmtab(&[
        "restore",
        "nowhere.db",
        "--data-dir",
        directory.to_str().unwrap(),
        "--database-url",
        &url,
    ])
    .fails_with(2);
    assert!(restore.stderr.contains("pg_restore"), "{}", restore.stderr);

    let data = server.data_dir();
    let data = data.to_str().unwrap();
    let migrate = wasmtab(&["migrate", "--data-dir", data, postgres[0], postgres[1]]).ok();
    assert!(migrate.stdout.contains("up to date"), "{}", migrate.stdout);
    let doctor = [
        "doctor",
        "--data-dir",
        data,
        postgres[0],
        postgres[1],
        "--database-schema",
        "sentences",
    ];
    let doctor = wasmtab(&doctor);
    assert!(doctor.stdout.contains("a server of its own"), "{}", doctor.stdout);
    let nothing = wasmtab(&[
        "doctor",
        "--data-dir",
        data,
        postgres[0],
        postgres[1],
        "--database-schema",
        "nothing",
    ])
    .fails_with(1);
    assert!(
        nothing.stdout.contains("not a wasmtab database"),
        "{}",
        nothing.stdout
    );

    let wrong = url.replace(&PASSWORD.replace(' ', "%20"), "hush");
    let refused = wasmtab(&["migrate", "--data-dir", data, "--database-url", &wrong]).fails_with(6);
    assert!(
        refused.stderr.contains("PostgreSQL at 127.0.0.1"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("hush"), "{}", refused.stderr);
    let schema = wasmtab(&["migrate", postgres[0], postgres[1], "--database-schema", "a-b"]).fails_with(2);
    assert!(schema.stderr.contains("database-schema"), "{}", schema.stderr);
    let other = wasmtab(&["migrate", "--database-url", "mysql://host/db"]).fails_with(2);
    assert!(other.stderr.contains("postgres://"), "{}", other.stderr);
}
