//! Those who come from elsewhere: their jobs are imported, reviewed, started by label, and fire as they did.

#[path = "../../host/import/tests/import/generator.rs"]
mod generator;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::Value;

use crate::support::{Server, wasmtab};

/// Fires are compared from here on, so that nothing depends on the present.
const AFTER: &str = "2027-05-01T00:00:00+08:00";

/// Imports a dump and applies what was written; what `import -o json` printed.
fn import_and_apply(server: &Server, system: &str, dump: &str) -> Value {
    let file = |name: &str| {
        server
            .scratch()
            .join(format!("{system}{name}"))
            .display()
            .to_string()
    };
    fs::write(file(".sql"), dump).expect("the scratch directory takes files");
    let (from, out) = (file(".sql"), file(".yaml"));
    let imported = wasmtab(&[
        "import",
        system,
        "--from",
        &from,
        "--timezone",
        "Asia/Shanghai",
        "--out",
        &out,
        "--compare",
        "--after",
        AFTER,
        "-o",
        "json",
    ])
    .ok()
    .json();
    let _ = server.run(&["apply", "-f", &out]).ok();
    imported
}

/// Starts what bears this label; how many jobs that were.
fn start(server: &Server, label: &str) -> u64 {
    let done = server.json(&["job", "bulk", "start", "--label", label, "--yes"]);
    done["changed"].as_u64().expect("a number")
}

fn jobs(server: &Server) -> BTreeMap<String, Value> {
    let items = server.items(&["job", "list"]);
    items
        .into_iter()
        .map(|job| (job["name"].as_str().expect("a name").to_owned(), job))
        .collect()
}

fn items(imported: &Value) -> &[Value] {
    imported["items"].as_array().expect("a list")
}

fn name(item: &Value) -> &str {
    item["name"].as_str().expect("a name")
}

/// The server's own answer, for a few of the jobs, against what the old system would have done.
fn check_fires<'a>(server: &Server, items: impl Iterator<Item = &'a Value>) {
    for item in items {
        let next = server.json(&["job", "next", name(item), "--after", AFTER, "-n", "5"]);
        assert_eq!(next["next"], item["compare"]["old"], "{}", name(item));
    }
}

#[test]
fn eight_hundred_jobs_of_xxl_job_fire_as_they_did() {
    let server = Server::start();
    let imported = import_and_apply(&server, "xxl-job", &generator::xxl_dump(800));
    let left_out = imported["leftOut"].as_array().expect("a list");
    assert_eq!(items(&imported).len() + left_out.len(), 800);
    assert!(
        left_out
            .iter()
            .all(|job| !job["reason"].as_str().expect("a text").is_empty())
    );
    let report = fs::read_to_string(imported["report"].as_str().expect("a path")).expect("it was written");
    for job in left_out {
        let origin = job["origin"].as_str().expect("a text");
        assert!(
            report.contains(&format!("| {origin} |")),
            "{origin} is not in the report"
        );
    }

    let applied = jobs(&server);
    assert_eq!(applied.len(), items(&imported).len());
    assert!(
        applied
            .values()
            .all(|job| job["status"] == "stopped" && job["nextFireAt"].is_null())
    );

    let started = start(&server, "import:ready");
    let ready: BTreeSet<&str> = items(&imported)
        .iter()
        .filter(|item| item["state"] == "import:ready")
        .map(name)
        .collect();
    assert_eq!(started, ready.len() as u64);
    assert!(started > 350, "{started}");
    for (job, shown) in jobs(&server) {
        let status = if ready.contains(job.as_str()) {
            "normal"
        } else {
            "stopped"
        };
        assert_eq!(shown["status"], status, "{job}");
    }
    let told = items(&imported).iter().filter(|item| ready.contains(name(item)));
    check_fires(
        &server,
        told.clone()
            .filter(|item| !item["compare"]["old"].is_null())
            .step_by(20),
    );
    for item in told {
        assert_eq!(
            item["compare"]["differences"],
            Value::Array(Vec::new()),
            "{}",
            name(item)
        );
    }
}

#[test]
fn fifty_jobs_of_yudao_fire_as_they_did() {
    let server = Server::start();
    let imported = import_and_apply(&server, "yudao", &generator::yudao_dump(50));
    assert_eq!(items(&imported).len(), 48);
    assert!(jobs(&server).values().all(|job| job["status"] == "stopped"));
    assert!(start(&server, "import:ready") > 20);
    let ready = items(&imported)
        .iter()
        .filter(|item| item["state"] == "import:ready");
    check_fires(&server, ready.step_by(3));
    let job = server.json(&["job", "show", name(&items(&imported)[0])]);
    assert_eq!(
        (&job["overlap"], &job["misfire"]),
        (&"bufferOne".into(), &"latest".into())
    );
}

#[test]
fn a_crontabs_jobs_are_applied_as_they_are_written() {
    let server = Server::start();
    let file = server.scratch().join("tab");
    fs::write(
        &file,
        "# 每日备份\n0 2 * * * /opt/backup.sh --full\n@reboot /opt/agent\n",
    )
    .expect("it is ours");
    let out = server.scratch().join("jobs.yaml").display().to_string();
    let imported = wasmtab(&[
        "import",
        "crontab",
        &file.display().to_string(),
        "--timezone",
        "Asia/Shanghai",
        "--out",
        &out,
        "-o",
        "json",
    ])
    .ok()
    .json();
    assert!(
        imported["leftOut"][0]["reason"]
            .as_str()
            .expect("a text")
            .contains("@reboot")
    );
    let applied = server.run(&["apply", "-f", &out]).ok();
    assert!(
        applied.stderr.contains("BackupHandler"),
        "an unbound handler is a warning: {}",
        applied.stderr
    );
    let job = server.json(&["job", "show", "每日备份"]);
    assert_eq!(job["handlerParam"], "/opt/backup.sh --full");
    assert_eq!(job["timezone"], "Asia/Shanghai");
}
