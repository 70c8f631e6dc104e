//! More than twenty hostile guests at any time, beside a hundred runs a second that mean well: on the real server.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

use serde_json::Value;
use wasmtab_domain::time::Timestamp;

use crate::{
    fixtures,
    support::{Server, eventually, plugin},
};

/// The jobs of the hostile guests.
const HOSTILE: &str = include_str!("neighbours.yaml");
/// Jobs that mean well; each fires once a second.
const NORMAL: usize = 100;
/// How often each of them has run when it is enough.
const FIRES: usize = 8;
/// How often each hostile guest has ended by then.
const ENDS: usize = 1;
const ALL: &str = "20000";

#[test]
fn a_hundred_runs_a_second_go_on_beside_twenty_hostile_guests() {
    let server = Server::start_with(&["--workers", "2"]);
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let mut hostile = Vec::new();
    let jobs: Value = serde_norway::from_str(HOSTILE).expect("the file is YAML");
    for job in jobs["jobs"].as_array().expect("a list of jobs") {
        let word = |field: &str| job[field].as_str().expect("a text").to_owned();
        let ends = job["labels"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|label| label.as_str()?.strip_prefix("ends:"));
        hostile.push((
            word("name"),
            word("handlerName"),
            ends.expect("how it ends").to_owned(),
        ));
    }
    let guests: BTreeSet<&String> = hostile.iter().map(|(_, guest, _)| guest).collect();
    for guest in guests {
        server.bind(guest, guest, &fixtures::file(server.scratch(), guest), &[]);
    }
    let _ = server.apply(HOSTILE).ok();
    let mut normal = String::new();
    for n in 0..NORMAL {
        writeln!(
            normal,
            "- {{name: normal-{n}, every: 1s, handlerName: EchoHandler, handlerParam: '{n}', overlap: allow, misfire: all, labels: [normal]}}"
        )
        .expect("a text takes every line");
    }
    let _ = server.apply(&normal).ok();

    eventually("enough runs of everybody", || {
        let runs = ended(&server, "hostile");
        let enough = hostile
            .iter()
            .all(|(job, _, _)| runs.get(job).is_some_and(|runs| runs.len() >= ENDS));
        let newest = format!("normal-{}", NORMAL - 1);
        let last = server.items(&[
            "run", "list", "--job", &newest, "--state", "success", "--limit", "100",
        ]);
        (enough && last.len() >= FIRES).then_some(())
    });
    let _ = server.run(&["pause", "--all", "--note", "enough", "--yes"]).ok();
    eventually("the end of all runs", || {
        let active = ["queued", "running", "waitingRetry"].iter().all(|state| {
            server
                .items(&["run", "list", "--state", state, "--limit", "1"])
                .is_empty()
        });
        active.then_some(())
    });

    let mut wrong = Vec::new();
    let runs = ended(&server, "hostile");
    for (job, _, ends) in &hostile {
        for run in &runs[job] {
            if run["status"] != ends.as_str() {
                wrong.push(format!(
                    "{job} ended as {}, not {ends}: {}",
                    run["status"], run["error"]
                ));
            }
        }
    }
    let runs = ended(&server, "normal");
    let mut lags = Vec::new();
    for n in 0..NORMAL {
        let (job, said) = (format!("normal-{n}"), n.to_string());
        let runs = runs.get(&job).map_or(&[][..], Vec::as_slice);
        let mut instants: Vec<Timestamp> = Vec::new();
        for run in runs {
            if run["status"] != "success" || run["executeIndex"] != 1 || run["result"].as_str() != Some(&said)
            {
                wrong.push(format!("{job}: {run}"));
            }
            let at = instant(run, "scheduledAt");
            instants.push(at);
            lags.push(instant(run, "beginTime").since(at));
        }
        instants.sort_unstable();
        if instants.len() < FIRES
            || instants
                .windows(2)
                .any(|pair| pair[0].plus(Duration::from_secs(1)) != pair[1])
        {
            wrong.push(format!("{job} did not run once a second: {instants:?}"));
        }
    }
    let skipped = server.items(&[
        "run", "list", "--label", "normal", "--state", "skipped", "--limit", ALL,
    ]);
    wrong.extend(
        skipped
            .iter()
            .filter(|row| row["reason"] != "paused")
            .map(|row| format!("{}: skipped for {}", row["jobName"], row["reason"])),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    lags.sort_unstable();
    // For the reader: what a machine manages is measured by `cargo xtask hostile`, on a build with all optimisations.
    println!(
        "{} runs beside {} hostile jobs; begun after {:?} in the middle, {:?} at the 99th percentile, {:?} at most",
        lags.len(),
        hostile.len(),
        lags[lags.len() / 2],
        lags[lags.len() * 99 / 100],
        lags[lags.len() - 1],
    );
}

/// Runs that have ended, by their jobs.
fn ended(server: &Server, label: &str) -> BTreeMap<String, Vec<Value>> {
    let mut runs: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for run in server.items(&["run", "list", "--label", label, "--limit", ALL]) {
        if run["endTime"].is_string() {
            runs.entry(run["jobName"].as_str().expect("it has a job").to_owned())
                .or_default()
                .push(run);
        }
    }
    runs
}

fn instant(row: &Value, field: &str) -> Timestamp {
    row[field]
        .as_str()
        .expect("an instant")
        .parse()
        .expect("RFC 3339")
}
