//! A check-up of a server that goes on, and of a directory that none has open.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{Server, eventually, plugin, wasmtab};

fn check<'a>(found: &'a Value, name: &str) -> &'a Value {
    found["checks"]
        .as_array()
        .and_then(|checks| checks.iter().find(|check| check["name"] == name))
        .unwrap_or_else(|| panic!("{name} is not in {found}"))
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn a_sound_server_passes_and_what_is_wrong_is_named_with_what_to_do() {
    let server = Server::start();
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let _ = server
        .apply("- {name: good, cronExpression: '30 2 * * *', handlerName: EchoHandler}\n")
        .ok();
    let found = server.json(&["doctor"]);
    assert_eq!(found["ok"], true, "{found}");
    for name in [
        "database",
        "schema",
        "disk",
        "directories",
        "descriptors",
        "clock",
        "compiler",
        "zones",
        "handlers",
        "jobs",
        "pauses",
        "runs",
        "queue",
        "leftovers",
        "copies",
        "access",
    ] {
        let status = check(&found, name)["status"].as_str();
        assert!(matches!(status, Some("ok" | "warn")), "{name}: {found}");
    }

    let _ = server
        .apply(
            "- {name: good, cronExpression: '30 2 * * *', handlerName: EchoHandler}\n\
             - {name: orphan, every: 1d, handlerName: NobodyHandler}\n\
             - {name: once, every: 1d, handlerName: EchoHandler, endAt: '2020-01-01T00:00:00Z'}\n",
        )
        .ok();
    let _ = server.run(&["job", "pause", "good", "--note", "inventory"]).ok();
    let sick = server.run(&["doctor"]).fails_with(1);
    assert!(
        sick.stdout.contains("orphan calls NobodyHandler"),
        "{}",
        sick.stdout
    );
    assert!(sick.stdout.contains("-> "), "{}", sick.stdout);
    let found = server.run(&["doctor", "-o", "json"]).fails_with(1).json();
    for (name, status) in [
        ("handlers", "fail"),
        ("jobs", "warn"),
        ("pauses", "warn"),
        ("database", "ok"),
    ] {
        assert_eq!(check(&found, name)["status"], status, "{found}");
    }
    assert_eq!(check(&found, "jobs")["items"][0], "once");
}

#[test]
fn a_directory_is_looked_at_while_no_server_has_it() {
    let mut server = Server::start();
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let id = server.json(&["call", "Loops"])["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    eventually("it runs", || {
        (server.json(&["run", "show", &id])["status"] == "running").then_some(())
    });
    let (data, scratch) = (server.data_dir(), server.scratch().to_owned());
    let args = ["doctor", "--data-dir", path(&data), "-o", "json"];
    let refused = wasmtab(&args).fails_with(5);
    assert!(refused.stderr.contains("--server"), "{}", refused.stderr);
    server.kill();

    let found = wasmtab(&args).ok().json();
    assert_eq!(check(&found, "runs")["status"], "ok", "{found}");
    assert!(
        check(&found, "runs")["items"][0]
            .as_str()
            .expect("a line")
            .starts_with(&id),
        "{found}"
    );
    let nowhere = scratch.join("nowhere");
    let _ = wasmtab(&["doctor", "--data-dir", path(&nowhere)]).fails_with(4);

    // Damage in the middle of the file.
    let database = data.join("wasmtab.db");
    let mut bytes = fs::read(&database).expect("it is there");
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 2_000].fill(0xa5);
    fs::write(&database, bytes).expect("it is ours");
    fs::remove_file(data.join("wasmtab.db-wal")).ok();
    let found = wasmtab(&args).fails_with(1).json();
    assert_eq!(check(&found, "database")["status"], "fail", "{found}");
}
