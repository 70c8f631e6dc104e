//! `wasmtab import` needs no server: files in, a jobs file and a report out.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Done, wasmtab, wasmtab_in};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../import/tests/data");

fn data(name: &str) -> String {
    format!("{DATA}/{name}")
}

fn scratch() -> TempDir {
    TempDir::new().expect("a scratch directory")
}

fn import(dir: &Path, arguments: &[&str]) -> Done {
    wasmtab_in(dir, &[&["import"], arguments].concat(), "")
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).expect("it is written")
}

#[test]
fn a_dump_becomes_a_jobs_file_and_a_report() {
    let dir = scratch();
    let dump = data("xxl-job-2.4.mysqldump.sql");
    let done = import(
        dir.path(),
        &["xxl-job", "--from", &dump, "--timezone", "Asia/Shanghai"],
    )
    .exits(0);
    assert!(
        done.stdout
            .contains("15 jobs from XXL-JOB, all stopped, in jobs.yaml"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("2 left out"), "{}", done.stdout);
    assert!(
        done.stdout
            .contains("wasmtab apply -f jobs.yaml --source xxl-job"),
        "{}",
        done.stdout
    );
    let jobs: Value = serde_norway::from_str(&read(dir.path(), "jobs.yaml")).unwrap();
    assert_eq!(jobs.as_array().unwrap().len(), 15);
    assert_eq!(
        (&jobs[0]["name"], &jobs[0]["status"]),
        (&"订单超时取消".into(), &"stopped".into())
    );
    let report = read(dir.path(), "jobs.report.md");
    assert!(report.starts_with("# Import from XXL-JOB"), "{report}");
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "nothing else is left: {names:?}");
}

#[test]
fn json_has_all_of_it() {
    let dir = scratch();
    let dump = data("yudao.pg_dump.sql");
    let done = import(
        dir.path(),
        &[
            "yudao",
            "--from",
            &dump,
            "--tz",
            "Asia/Shanghai",
            "--compare",
            "-n",
            "2",
            "--after",
            "2026-11-24T00:00:00+08:00",
            "-o",
            "json",
        ],
    )
    .exits(0)
    .json();
    assert_eq!(done["source"], "yudao");
    assert_eq!(done["leftOut"][0]["reason"], "it is marked as deleted");
    let expire = done["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["origin"] == "id 18")
        .unwrap();
    assert_eq!(expire["state"], "import:ready");
    assert_eq!(expire["job"]["warnAfter"], 1_801);
    let fires: Value = ["2026-11-24T02:00:00+08:00", "2026-11-25T02:00:00+08:00"]
        .into_iter()
        .collect();
    assert_eq!(
        (&expire["compare"]["old"], &expire["compare"]["new"]),
        (&fires, &fires)
    );
    assert_eq!(expire["compare"]["equal"], true);
}

#[test]
fn the_fires_stand_side_by_side_and_differences_are_flagged() {
    let dir = scratch();
    fs::write(
        dir.path().join("tab"),
        "# nightly\n30 2 * * * /opt/a\n0,30 2 * * * /opt/b\n",
    )
    .unwrap();
    let done = import(
        dir.path(),
        &[
            "crontab",
            "tab",
            "--tz",
            "America/New_York",
            "--compare",
            "-n",
            "2",
            "--after",
            "2027-03-13T12:00:00Z",
        ],
    )
    .exits(0);
    assert!(
        done.stdout
            .starts_with("next fires: THERE is cron, HERE is wasmtab"),
        "{}",
        done.stdout
    );
    let line = |text: &str| {
        done.stdout
            .lines()
            .find(|line| line.contains(text))
            .map(str::to_owned)
            .unwrap_or_default()
    };
    assert!(
        line("nightly").contains("2027-03-14 03:00:00 -04:00  2027-03-14 03:00:00 -04:00"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("differs"), "{}", done.stdout);
    assert!(
        done.stdout.contains("cron fires 2 times, wasmtab 1"),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("1 of them with other fires than in cron"),
        "{}",
        done.stdout
    );
}

#[test]
fn the_zone_must_be_said_and_be_one() {
    let dir = scratch();
    let dump = data("yudao.mysql.sql");
    import(dir.path(), &["yudao", "--from", &dump])
        .exits(2)
        .says("--timezone");
    import(dir.path(), &["yudao", "--from", &dump, "--timezone", "Mars"])
        .exits(2)
        .says("--timezone: `Mars`");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is written");
}

#[test]
fn a_zone_that_was_probably_not_meant_is_warned_of() {
    let dir = scratch();
    let dump = data("xxl-job-2.4.mysqldump.sql");
    import(dir.path(), &["xxl-job", "--from", &dump, "--timezone", "America/New_York"])
        .exits(0)
        .says("warning: the zone: trigger_next_time is a fire in America/New_York for 1 of 8 running cron jobs; in Asia/Shanghai it is for 8");
    assert!(read(dir.path(), "jobs.report.md").contains("is --timezone right?**"));
}

#[test]
fn bad_input_is_named_and_writes_nothing() {
    let dir = scratch();
    let zone = ["--timezone", "UTC"];
    let run = |arguments: &[&str]| import(dir.path(), &[arguments, &zone].concat());
    run(&["xxl-job"]).exits(2).says("--from: say where the jobs are");
    run(&["xxl-job", "--from", "no-such.sql"])
        .exits(2)
        .says("no-such.sql cannot be read");
    run(&["xxl-job", "--from", &data("yudao.mysql.sql")])
        .exits(2)
        .says("the table xxl_job_info is not there");
    run(&["yudao", "--from", "jdbc:mysql://h/d"])
        .exits(2)
        .says("mysql://USER:PASSWORD@HOST");
    run(&["crontab", "--from", "mysql://h/d"])
        .exits(2)
        .says("neither a file");
    run(&["crontab", &data("yudao.mysql.sql"), "--timeout", "0"])
        .exits(2)
        .says("--timeout");
    run(&["crontab", &data("yudao.mysql.sql"), "--after", "noon"])
        .exits(2)
        .says("--after");
    run(&["crontab", "x", "--out", "-", "-o", "json"])
        .exits(2)
        .says("--out");
    run(&["crontab", "x", "--out", "a", "--report", "a"])
        .exits(2)
        .says("--report");
    fs::write(
        dir.path().join("cut.sql"),
        "-- MySQL dump\nINSERT INTO `infra_job` (id) VALUES ('",
    )
    .unwrap();
    run(&["yudao", "--from", "cut.sql"])
        .exits(2)
        .says("cut.sql: line 2: a string that begins here never ends");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn files_that_are_there_stay_unless_forced() {
    let dir = scratch();
    let dump = data("yudao.mysql.sql");
    let base = ["yudao", "--from", dump.as_str(), "--timezone", "Asia/Shanghai"];
    let run = |more: &[&str]| import(dir.path(), &[&base[..], more].concat());
    fs::write(dir.path().join("jobs.yaml"), "mine").unwrap();
    run(&[]).exits(5).says("jobs.yaml is there already");
    assert_eq!(read(dir.path(), "jobs.yaml"), "mine");
    run(&["--out", "other.yaml", "--report", "jobs.yaml"])
        .exits(5)
        .says("--report names another");
    assert!(!dir.path().join("other.yaml").exists());
    run(&["--force", "--prefix", "old/"]).exits(0);
    let jobs: Value = serde_norway::from_str(&read(dir.path(), "jobs.yaml")).unwrap();
    assert_eq!(jobs[0]["name"], "old/支付通知");
}

#[test]
fn standard_output_takes_the_jobs_file_alone() {
    let dir = scratch();
    let input = "0 2 * * * /opt/backup.sh\n";
    let done = wasmtab_in(
        dir.path(),
        &[
            "import",
            "crontab",
            "-",
            "--timezone",
            "UTC",
            "--out",
            "-",
            "--report",
            "r.md",
        ],
        input,
    )
    .exits(0);
    let jobs: Value = serde_norway::from_str(&done.stdout).unwrap();
    assert_eq!(jobs[0]["handlerName"], "BackupHandler");
    assert!(read(dir.path(), "r.md").contains("standard input"));
}

#[test]
fn a_system_crontab_is_told_by_its_flag() {
    let dir = scratch();
    fs::write(dir.path().join("tab"), "0 2 * * * root /opt/backup.sh\n").unwrap();
    let run = |more: &[&str]| {
        import(
            dir.path(),
            &[&["crontab", "tab", "--tz", "UTC", "--force", "-o", "json"], more].concat(),
        )
        .exits(0)
        .json()
    };
    let as_user = run(&[]);
    assert_eq!(as_user["items"][0]["job"]["handlerParam"], "root /opt/backup.sh");
    assert_eq!(as_user["items"][0]["findings"][0]["weight"], "decide");
    let as_system = run(&["--system"]);
    assert_eq!(as_system["items"][0]["job"]["handlerParam"], "/opt/backup.sh");
}

#[test]
fn either_argument_says_the_file_and_not_both() {
    let dir = scratch();
    fs::write(dir.path().join("tab"), "0 2 * * * /opt/backup.sh\n").unwrap();
    let run = |more: &[&str]| {
        import(
            dir.path(),
            &[&["crontab", "--tz", "UTC", "--force"], more].concat(),
        )
    };
    run(&["tab"]).exits(0);
    run(&["--from", "tab"]).exits(0);
    run(&["tab", "--from", "tab"])
        .exits(2)
        .says("cannot be used with");
}

#[test]
fn an_empty_file_is_no_failure() {
    let dir = scratch();
    fs::write(dir.path().join("tab"), "# nothing here\n").unwrap();
    import(dir.path(), &["crontab", "tab", "--tz", "UTC"])
        .exits(0)
        .says("tab has no jobs");
    assert!(read(dir.path(), "jobs.yaml").ends_with("[]\n"));
    wasmtab(&["import", "crontab", "--help"]).exits(0);
}
