//! Handlers that misbehave: each is stopped and named, and nobody else notices.

use crate::support::{Server, eventually, plugin, wat};

/// Preview-1 commands in text; each does one thing wrong.
const SLEEPS_FOREVER: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    ;; A subscription to the monotonic clock, 1,000,000 s from now.
    (data (i32.const 16) "\01\00\00\00")
    (func (export "_start")
        (i64.store (i32.const 24) (i64.const 1000000000000000))
        (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))"#;

const LOOPS_IN_START: &str = r#"(module
    (memory (export "memory") 1)
    (func $spin (loop (br 0)))
    (start $spin)
    (func (export "_start")))"#;

const MEMORY_BOMB: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "_start")
        (loop
            (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
            (br 0))))"#;

#[test]
fn every_misbehaviour_ends_in_its_own_class_while_others_go_on() {
    let server = Server::start();
    let text = |name: &str, text: &str| wat(server.scratch(), name, text);
    server.bind("Sleeps", "sleeps", &text("sleeps", SLEEPS_FOREVER), &[]);
    server.bind(
        "StartLoop",
        "start-loop",
        &text("start-loop", LOOPS_IN_START),
        &[],
    );
    server.bind("Bomb", "bomb", &text("bomb", MEMORY_BOMB), &[]);
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    server.bind("Panics", "panics", &plugin("panic"), &[]);
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let _ = server
        .apply(
            "defaults: {every: 1d, monitorTimeout: 1s, memoryLimit: 16MiB}\n\
             jobs:\n  - {name: sleeps, handlerName: Sleeps}\n  - {name: start-loop, handlerName: StartLoop}\n  \
             - {name: bomb, handlerName: Bomb, monitorTimeout: 30s}\n  - {name: loops, handlerName: Loops}\n  \
             - {name: panics, handlerName: Panics, monitorTimeout: 30s}\n  \
             - {name: tick, handlerName: EchoHandler, every: 1s, monitorTimeout: 30s}\n",
        )
        .ok();
    let expected = [
        ("sleeps", "timeout"),
        ("start-loop", "timeout"),
        ("loops", "timeout"),
        ("bomb", "outOfMemory"),
        ("panics", "trap"),
    ];
    for (job, _) in expected {
        let _ = server.run(&["job", "trigger", job]).ok();
    }
    for (job, status) in expected {
        let run = eventually(job, || {
            server
                .items(&["run", "list", "--job", job])
                .into_iter()
                .find(|run| run["endTime"].is_string())
        });
        assert_eq!(run["status"], status, "{job}: {run}");
    }
    let panicked = server.items(&["job", "history", "panics"]).remove(0);
    let backtrace = panicked["backtrace"].as_str().unwrap();
    assert!(
        backtrace.contains("panic"),
        "the guest's function names: {backtrace}"
    );
    eventually("a neighbour that went on", || {
        server
            .items(&["run", "list", "--job", "tick", "--state", "success"])
            .pop()
    });
}

#[test]
fn a_cancel_stops_a_loop_and_names_who_asked() {
    let server = Server::start();
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let call = server.json(&["call", "Loops"]);
    let id = call["id"].as_str().unwrap().to_owned();
    eventually("the loop runs", || {
        (server.json(&["run", "show", &id])["status"] == "running").then_some(())
    });
    let _ = server.run(&["run", "cancel", &id]).ok();
    let run = eventually("its end", || {
        let run = server.json(&["run", "show", &id]);
        (run["status"] != "running").then_some(run)
    });
    assert_eq!(run["status"], "cancelled");
    assert!(run["cancelRequestedBy"].is_string());
}

#[test]
fn an_ungranted_directory_is_denied_with_the_grant_that_would_have_helped() {
    let server = Server::start();
    let data = server.scratch().join("files");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("a.txt"), "kept").unwrap();
    let backup = server.scratch().join("backup");
    std::fs::create_dir_all(&backup).unwrap();
    server.bind("DataBackupHandler", "data-backup", &plugin("data-backup"), &[]);
    let run = server
        .run(&["call", "DataBackupHandler", "--wait", "-o", "json"])
        .fails_with(1)
        .json();
    assert_eq!(run["status"], "denied", "{run}");
    assert!(run["error"].as_str().unwrap().contains("dir="), "{run}");

    let (read, write) = (
        format!("dir={}:/data", data.display()),
        format!("dir={}:/backup:rw", backup.display()),
    );
    let _ = server
        .run(&["handler", "grant", "DataBackupHandler", &read, &write])
        .ok();
    let run = server.json(&["call", "DataBackupHandler", "--wait"]);
    assert_eq!(run["status"], "success", "{run}");
    assert_eq!(std::fs::read_dir(&backup).unwrap().count(), 1);
}
