//! `wasmtab bench`: the figures are of real rows, and what was acknowledged is in the file.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::Value;

use crate::support::{command, run, wasmtab};

fn bench(arguments: &[&str]) -> Value {
    let directory = tempfile::tempdir().expect("a scratch directory");
    let mut bench = command(&["-o", "json", "bench"]);
    bench.args(arguments).current_dir(directory.path());
    run(bench).ok().json()
}

#[test]
fn a_drain_is_counted_by_another_process() {
    let figures = bench(&["drain", "--runs", "700"]);
    assert_eq!(figures["counted"]["attempts"]["success"], 700);
    assert_eq!(figures["counted"]["queued"], 0);
    assert!(figures["runsPerSecond"].as_f64().unwrap() > 0.0);
    for baseline in ["wasmtime", "database"] {
        assert!(figures[baseline].is_object(), "{baseline}");
    }
}

#[test]
fn a_drain_that_is_killed_has_what_it_acknowledged_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let mut drain = command(&["bench", "drain", "--runs", "200000", "--tell", "--data-dir"])
        .arg(&data_dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(drain.stderr.take().unwrap()).lines();
    let mut acknowledged = 0;
    while acknowledged < 1_000 {
        let line = told.next().expect("the drain goes on").unwrap();
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        acknowledged = line["acknowledged"].as_u64().unwrap();
    }
    drain.kill().unwrap();
    drain.wait().unwrap();
    // What was told before the kill may not have been read yet.
    for line in told.map_while(Result::ok) {
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        acknowledged = acknowledged.max(line["acknowledged"].as_u64().unwrap_or_default());
    }
    let file = data_dir.join("wasmtab.db");
    let counted = wasmtab(&["-o", "json", "bench", "count", &file.to_string_lossy()])
        .ok()
        .json();
    let ended = counted["attempts"]["success"].as_u64().unwrap();
    assert!(
        ended >= acknowledged,
        "{ended} ended, {acknowledged} acknowledged"
    );
    assert!(ended < 200_000, "it was killed midway");
}

#[test]
fn the_latency_is_that_of_every_trigger() {
    let figures = bench(&["latency", "--triggers", "20"]);
    assert_eq!(figures["lag"]["count"], 20);
    assert_eq!(figures["counted"]["attempts"]["success"], 20);
    assert!(figures["lag"]["p50Millis"].as_f64().unwrap() > 0.0);
}

#[test]
fn every_job_fires_in_its_instant() {
    for arguments in [
        &["fire", "--jobs", "50"][..],
        &["fire", "--jobs", "50", "--spread"],
    ] {
        let figures = bench(arguments);
        assert_eq!(figures["counted"]["attempts"]["success"], 50);
        assert_eq!(figures["counted"]["lag"]["count"], 50);
    }
}

#[test]
fn what_computes_is_measured_beside_itself_unmetered() {
    let figures = bench(&["busy", "--attempts", "2", "--mebibytes", "1"]);
    assert_eq!(figures["counted"]["attempts"]["success"], 2);
    for way in ["attempt", "unmetered"] {
        assert_eq!(figures[way]["count"], 2);
        assert!(figures[way]["p50Millis"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn many_jobs_lie_idle() {
    let figures = bench(&["idle", "--jobs", "100", "--watch", "1"]);
    assert!(figures["startSeconds"].as_f64().unwrap() > 0.0);
    assert!(figures["residentMiB"].as_f64().unwrap() > 1.0);
}

#[test]
fn a_directory_that_is_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("wasmtab.db"), "not ours").unwrap();
    let path = directory.path().to_string_lossy();
    let output = wasmtab(&["bench", "drain", "--runs", "10", "--data-dir", &path]).fails_with(2);
    assert!(output.stderr.contains("data-dir"), "{}", output.stderr);
    assert_eq!(
        std::fs::read_to_string(directory.path().join("wasmtab.db")).unwrap(),
        "not ours"
    );
}
