//! A bad version is activated at night. It is undone by commands alone: nothing runs twice, and the log explains every instant.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write as _,
    time::Duration,
};

use serde_json::Value;
use wasmtab_domain::time::Timestamp;

use crate::support::{Server, eventually, plugin};

const JOBS: usize = 100;
const STEP: Duration = Duration::from_secs(5);
const ALL: &str = "10000";

fn instant(row: &Value, field: &str) -> Timestamp {
    row[field]
        .as_str()
        .expect("an instant")
        .parse()
        .expect("RFC 3339")
}

fn name(row: &Value) -> String {
    row["jobName"].as_str().expect("a job's name").to_owned()
}

fn replace(server: &Server, name: &str, with: &str) {
    let file = plugin(with);
    let file = file.to_str().expect("a path in UTF-8");
    let _ = server
        .run(&["plugin", "push", file, "--name", name, "--activate"])
        .ok();
}

#[test]
fn a_bad_night_is_undone_by_commands_alone() {
    let server = Server::start();
    server.bind("Work", "work", &plugin("echo"), &[]);
    server.bind("Slow", "slow", &plugin("echo"), &[]);
    server.bind("Other", "other", &plugin("echo"), &[]);
    let mut yaml = String::from("- {name: bystander, every: 1s, handlerName: Other}\n");
    for n in 0..JOBS {
        writeln!(
            yaml,
            "- {{name: night-{n}, every: 5s, handlerName: Work, labels: [night]}}"
        )
        .expect("a text takes every line");
    }
    yaml.push_str("- {name: hangs, every: 5s, handlerName: Slow, labels: [night]}\n");
    let _ = server.apply(&yaml).ok();

    // 01:00: the bad versions are activated. One traps, the other never returns.
    replace(&server, "work", "panic");
    replace(&server, "slow", "loop-forever");
    eventually("a hundred jobs that failed, and a run that hangs", || {
        let failed = server.items(&[
            "run", "list", "--label", "night", "--state", "trap", "--limit", ALL,
        ]);
        let jobs: HashSet<_> = failed.iter().map(name).collect();
        let hangs = server.items(&["run", "list", "--job", "hangs", "--state", "running"]);
        (jobs.len() == JOBS && !hangs.is_empty()).then_some(())
    });

    // Stop the bleeding: first what will fire, then the version, then what goes on.
    let preview = server.json(&["pause", "--label", "night", "--note", "bad version", "--dry-run"]);
    assert_eq!(
        (&preview["changed"], preview["items"].as_array().map(Vec::len)),
        (&(JOBS + 1).into(), Some(100))
    );
    let paused = server.json(&["pause", "--label", "night", "--note", "bad version", "--yes"]);
    assert_eq!(paused["changed"], JOBS + 1);
    let _ = server.run(&["plugin", "rollback", "work"]).ok();
    let _ = server.run(&["plugin", "rollback", "slow"]).ok();
    let cancelled = server.json(&["run", "cancel", "--label", "night", "--yes"]);
    assert!(cancelled["changed"].as_u64() >= Some(1), "{cancelled}");
    eventually("the end of what went on", || {
        let active = ["queued", "running", "waitingRetry"].iter().all(|state| {
            server
                .items(&["run", "list", "--label", "night", "--state", state])
                .is_empty()
        });
        active.then_some(())
    });

    // Make good: the failed range once more, for its own instants, and only once.
    let broken: Vec<Value> = server
        .items(&["run", "list", "--label", "night", "--limit", ALL])
        .into_iter()
        .filter(|run| run["status"] != "success")
        .collect();
    let rerun = ["run", "rerun", "--label", "night", "--since", "1h"];
    let preview = server.json(&[&rerun[..], &["--dry-run"]].concat());
    assert_eq!(preview["changed"], broken.len());
    let repeated = server.json(&[&rerun[..], &["--yes"]].concat());
    assert_eq!(repeated["changed"], broken.len());
    let again = server.json(&[&rerun[..], &["--yes"]].concat());
    assert_eq!(
        (&again["changed"], &again["repeated"]),
        (&0.into(), &broken.len().into())
    );
    eventually("the success of what was run again", || {
        let made_good = server.items(&[
            "run",
            "list",
            "--label",
            "night",
            "--trigger",
            "backfill",
            "--state",
            "success",
            "--limit",
            ALL,
        ]);
        (made_good.len() == broken.len()).then_some(())
    });

    // The pause lasts long enough to hold a fire of each job back; who is not paused tells the time.
    let since = instant(&server.json(&["job", "show", "night-0"])["paused"], "at");
    eventually("an instant of the bystander after that", || {
        let newest = server.items(&["run", "list", "--job", "bystander", "--limit", "1"]);
        (instant(newest.first()?, "scheduledAt") > since.plus(STEP)).then_some(())
    });
    let resumed = server.json(&["resume", "--label", "night", "--yes"]);
    assert_eq!(resumed["changed"], JOBS + 1);
    let lifted = Timestamp::from_micros(
        server.json(&["audit", "--limit", "1"])["items"]
            .as_array()
            .and_then(|items| items.first())
            .map(|entry| {
                assert_eq!(entry["action"], "jobs.resume");
                instant(entry, "at").as_micros()
            })
            .expect("the resume is on record"),
    );
    eventually("a fire of every job after the resume", || {
        let runs = server.items(&[
            "run",
            "list",
            "--label",
            "night",
            "--trigger",
            "cron",
            "--state",
            "success",
            "--limit",
            ALL,
        ]);
        let fired: HashSet<_> = runs
            .iter()
            .filter(|run| instant(run, "scheduledAt") > lifted)
            .map(name)
            .collect();
        (fired.len() == JOBS + 1).then_some(())
    });
    // From here on nothing new is decided.
    let _ = server
        .run(&["pause", "--all", "--note", "the audit", "--yes"])
        .ok();
    eventually("the end of the last runs", || {
        let runs = server.items(&["run", "list", "--label", "night", "--limit", ALL]);
        runs.iter().all(|run| run["endTime"].is_string()).then_some(())
    });

    nothing_ran_twice(&server);
    every_instant_is_explained(&server);
    what_happened_is_told(&server, &broken, lifted);
}

/// Each instant of each job succeeded at most once, and exactly once where it was run at all.
fn nothing_ran_twice(server: &Server) {
    let mut successes: HashMap<(String, Timestamp), usize> = HashMap::new();
    for run in server.items(&["run", "list", "--label", "night", "--limit", ALL]) {
        let key = (name(&run), instant(&run, "scheduledAt"));
        *successes.entry(key).or_default() += usize::from(run["status"] == "success");
    }
    for ((job, at), count) in successes {
        assert_eq!(count, 1, "{job} at {at}");
    }
}

/// The fires of each job follow one another without a gap: each ran, or a skipped row covers it.
fn every_instant_is_explained(server: &Server) {
    let mut covered: BTreeMap<String, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
    let rows = ["--label", "night", "--trigger", "cron", "--limit", ALL];
    for run in server.items(&[&["run", "list"], &rows[..]].concat()) {
        let at = instant(&run, "scheduledAt");
        covered.entry(name(&run)).or_default().push((at, at));
    }
    for row in server.items(&[&["run", "list", "--state", "skipped"], &rows[..]].concat()) {
        assert!(row["reason"].is_string(), "{row}");
        let from = instant(&row, "scheduledAt");
        let until = row["scheduledUntil"]
            .as_str()
            .map_or(from, |text| text.parse().expect("RFC 3339"));
        let count = row["fireCount"].as_u64().expect("a number of fires");
        assert_eq!(from.plus(STEP * (count as u32 - 1)), until, "{row}");
        covered.entry(name(&row)).or_default().push((from, until));
    }
    assert_eq!(covered.len(), JOBS + 1);
    for (job, mut spans) in covered {
        spans.sort_unstable();
        for pair in spans.windows(2) {
            assert_eq!(pair[0].1.plus(STEP), pair[1].0, "{job}: {spans:?}");
        }
    }
}

/// `job why` tells the story of an instant that failed and of one that the pause held back.
fn what_happened_is_told(server: &Server, broken: &[Value], lifted: Timestamp) {
    let run = &broken[0];
    let job = name(run);
    let at = run["scheduledAt"].as_str().expect("an instant");
    let why = server.json(&["job", "why", &job, "--at", at]);
    assert_eq!(
        (&why["verdict"], &why["runs"][0]["id"]),
        (&"fired".into(), &run["id"])
    );
    assert_eq!(
        (&why["repeats"][0]["status"], &why["repeats"][0]["retryOf"]),
        (&"success".into(), &run["id"])
    );

    let skipped = server.items(&["run", "list", "--reason", "paused", "--job", &job]);
    let skipped = skipped.last().expect("the pause held fires back");
    let at = skipped["scheduledAt"].as_str().expect("an instant");
    let told = server.run(&["job", "why", &job, "--at", at]).ok().stdout;
    assert!(told.contains("(bad version)"), "{told}");
    let bystander = server.items(&["run", "list", "--reason", "paused", "--job", "bystander"]);
    assert!(
        bystander.iter().all(|row| instant(row, "scheduledAt") > lifted),
        "the label chose its own jobs alone: {bystander:?}"
    );
}
