//! Reading along while a handler writes.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::support::{Server, eventually, wat};

/// Writes a line to stderr every 100 ms, sixty times.
const TICKS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 512) "tick\n")
    ;; The one piece to write: five bytes from 512 on.
    (data (i32.const 600) "\00\02\00\00\05\00\00\00")
    ;; A subscription to the monotonic clock.
    (data (i32.const 16) "\01\00\00\00")
    (func (export "_start") (local $left i32)
        (local.set $left (i32.const 60))
        (i64.store (i32.const 24) (i64.const 100000000))
        (loop $again
            (drop (call $write (i32.const 2) (i32.const 600) (i32.const 1) (i32.const 700)))
            (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $again (local.get $left)))))"#;

#[test]
fn lines_are_there_while_the_handler_goes_on_and_the_reader_ends_with_the_run() {
    let server = Server::start();
    let file = wat(server.scratch(), "ticks", TICKS);
    server.bind("Ticks", "ticks", &file, &[]);
    let id = server.json(&["call", "Ticks"])["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut reader = server
        .command(&["run", "logs", "-f", &id])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(reader.stdout.take().expect("it was piped")).lines();
    let first = lines.next().expect("a line").expect("it is text");
    assert!(first.ends_with("stderr: tick"), "{first}");
    // It came before the end, which is some seconds away.
    assert_eq!(server.json(&["run", "show", &id])["status"], "running");
    let log = server.run(&["run", "logs", &id]).ok().stdout;
    assert!(log.contains("tick"), "{log}");

    let _ = server.run(&["run", "cancel", &id]).ok();
    let more = lines.count();
    assert!(reader.wait().expect("it ends").success());
    let run = eventually("the end is on record", || {
        let run = server.json(&["run", "show", &id]);
        (run["status"] == "cancelled").then_some(run)
    });
    let kept = run["attempts"][0]["logLines"].as_u64().expect("a count");
    assert_eq!(kept, more as u64 + 1, "every line once: {run}");
    let again = server.run(&["run", "logs", "-f", &id, "-o", "ndjson"]).ok();
    assert_eq!(again.stdout.lines().count() as u64, kept);
}
