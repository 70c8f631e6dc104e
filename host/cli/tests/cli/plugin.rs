//! `wasmtab plugin inspect|check|run` need no server: the sample handlers, run by the real sandbox.

use std::{fs, path::PathBuf};

use crate::support::{Done, wasmtab};
use serde_json::Value;

fn sample(name: &str) -> String {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt");
    dir.join(format!("{name}.wasm")).display().to_string()
}

fn run(name: &str, flags: &[&str]) -> Done {
    let file = sample(name);
    wasmtab(&[&["plugin", "run", &file, "-o", "json"], flags].concat())
}

#[test]
fn an_attempt_is_printed_as_the_api_would() {
    let attempt = run("echo", &["--param", "{\"a\": [1, 2]}"]).exits(0).json();
    assert_eq!(attempt["status"], "success");
    assert_eq!(attempt["result"], "{\"a\": [1, 2]}");
    assert_eq!(attempt["executeIndex"], 1);
    assert_eq!(attempt["error"], Value::Null);
    assert!(attempt["fuelUsed"].as_u64().unwrap() > 0, "{attempt}");
    assert!(attempt["peakMemory"].as_u64().unwrap() > 0, "{attempt}");
    assert!(attempt["duration"].is_u64(), "{attempt}");
    assert_eq!(attempt["logs"][0]["level"], "info");
}

#[test]
fn a_failure_is_the_commands_failure() {
    let attempt = run("flaky", &[]).exits(1).says("ended as failure").json();
    assert_eq!(attempt["status"], "failure");
    assert_eq!(attempt["error"], "failure 1 of 2");
    assert_eq!(
        run("flaky", &["--execute-index", "3"]).exits(0).json()["status"],
        "success"
    );
}

#[test]
fn a_panic_is_a_trap_with_function_names() {
    let attempt = run("panic", &[]).exits(1).json();
    assert_eq!(attempt["status"], "trap");
    let backtrace = attempt["backtrace"].as_str().unwrap();
    assert!(backtrace.contains("balance_the_books"), "{backtrace}");
}

#[test]
fn a_loop_is_stopped_by_time_and_by_fuel() {
    assert_eq!(
        run("loop-forever", &["--timeout", "200ms"]).exits(1).json()["status"],
        "timeout"
    );
    assert_eq!(
        run("loop-forever", &["--fuel", "100000"]).exits(1).json()["status"],
        "outOfFuel"
    );
}

#[test]
fn only_what_is_allowed_is_reached() {
    let dir = tempfile::tempdir().unwrap();
    for sub in ["data", "backup"] {
        fs::create_dir(dir.path().join(sub)).unwrap();
    }
    fs::write(dir.path().join("data/a.txt"), "alpha").unwrap();
    let grant = |sub: &str, access: &str| format!("dir={}:/{sub}:{access}", dir.path().join(sub).display());

    let denied = run("data-backup", &[]).exits(1).json();
    assert_eq!(denied["status"], "denied", "{denied}");
    let (data, backup) = (grant("data", "ro"), grant("backup", "rw"));
    let allowed = run("data-backup", &["--allow", &data, "--allow", &backup])
        .exits(0)
        .json();
    assert_eq!(allowed["status"], "success", "{allowed}");
    assert_eq!(fs::read_dir(dir.path().join("backup")).unwrap().count(), 1);
    run("data-backup", &["--allow", "everything"])
        .exits(2)
        .says("`everything`");
}

#[test]
fn people_see_the_log_and_then_the_attempt() {
    let file = sample("flaky");
    let done = wasmtab(&["plugin", "run", &file])
        .exits(1)
        .says("attempt 1 fails, as told");
    assert!(done.stdout.starts_with("attempt 1: failure\n"), "{}", done.stdout);
}

#[test]
fn a_file_is_inspected_and_checked() {
    let file = sample("http-call");
    let facts = wasmtab(&["plugin", "inspect", &file, "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(facts["kind"], "handler");
    assert_eq!(
        facts["size"].as_u64().unwrap(),
        fs::metadata(&file).unwrap().len()
    );
    assert!(
        facts["capabilities"].as_array().unwrap().contains(&"http".into()),
        "{facts}"
    );
    let checked = wasmtab(&["plugin", "check", &file, "-o", "json"]).exits(0).json();
    assert_eq!(checked["description"]["suggestedHandlerName"], "HttpCallHandler");
    assert_eq!(checked["digest"], facts["digest"]);
}

#[test]
fn what_is_no_handler_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text.wasm").display().to_string();
    fs::write(&text, "#!/bin/sh\necho no\n").unwrap();
    let module = dir.path().join("module.wasm").display().to_string();
    fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
    for command in ["inspect", "check", "run"] {
        wasmtab(&["plugin", command, &text])
            .exits(2)
            .says("not a WebAssembly file");
        wasmtab(&["plugin", command, &module])
            .exits(2)
            .says("module.wasm: ");
        wasmtab(&["plugin", command, "not-there.wasm"])
            .exits(2)
            .says("not-there.wasm cannot be read");
    }
    run("echo", &["--memory", "1000GiB"]).exits(2).says("--memory");
    run("echo", &["--memory", "much"]).exits(2);
}
