//! Every guest, and what becomes of it. A guest without a row fails the suite, and so does a row without a guest.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use tempfile::TempDir;

use crate::{
    fixtures,
    ground::Ground,
    row::{
        Class::{Denied, Failure, OutOfFuel, OutOfMemory, Refused, Success, Timeout, Trap},
        Row, row,
    },
};

const TIME: &[&str] = &["stopped after 1s, its monitorTimeout"];
const MEMORY: &[&str] = &["memoryLimit is 268435456"];
const DATA: &[&str] = &["dir={data}:/data:rw"];

/// In the order in which people would think of them.
const TABLE: &[Row] = &[
    // It does not return.
    row("loop", Timeout, TIME),
    row("loop", OutOfFuel, &["used up its fuel of 100000000"]).fuel(100_000_000),
    row("start-loop", Timeout, TIME),
    row("start-loop", OutOfFuel, &["used up its fuel of 1000000"]).fuel(1_000_000),
    row("endless-calls", Timeout, TIME),
    row("random-flood", Timeout, TIME),
    row("progress-flood", Timeout, TIME),
    row("sleep", Timeout, TIME),
    row("nap", Timeout, TIME),
    row("endless-sleep", Timeout, TIME),
    row("memory-copy", Timeout, TIME),
    row("memory-fill", Timeout, TIME),
    row("memory-fill", OutOfFuel, &["used up its fuel of 300000000"]).fuel(300_000_000),
    // It wants too much memory.
    row("memory-bomb", OutOfMemory, &["memoryLimit is 67108864"]).memory(64),
    row("malloc-bomb", OutOfMemory, MEMORY),
    row("malloc-failure", OutOfMemory, MEMORY),
    row("many-memories", OutOfMemory, MEMORY),
    row("too-many-memories", Refused, &["memories"]),
    row("table-bomb", OutOfMemory, &["table", "100000"]),
    row("huge-table", Refused, &["table"]),
    // It breaks a rule of WebAssembly, or of the interface.
    row("stack-overflow", Trap, &["StackOverflow"]),
    row("recursion", Trap, &["MemoryOutOfBounds"]),
    row("abort", Trap, &["UnreachableCodeReached"]),
    row("out-of-bounds", Trap, &["MemoryOutOfBounds"]),
    row("bad-result", Trap, &["discriminant"]),
    row("bad-outcome", Trap, &["discriminant"]),
    row("bad-failure", Trap, &["discriminant"]),
    row("bad-level", Trap, &["discriminant"]),
    row("invalid-utf8-result", Trap, &["utf-8"]),
    row("invalid-utf8-log", Trap, &["utf-8"]),
    row("result-out-of-bounds", Trap, &["out of bounds"]),
    row("misplaced-return", Trap, &["pointer"]),
    row("invalid-utf8", Failure, &["not UTF-8"]).param("result"),
    row("invalid-utf8", Success, &[]).param("log"),
    row("terminal-escapes", Failure, &["red"]),
    // It ends by itself.
    row("exit-code", Success, &[]).param("0"),
    row("exit-code", Failure, &["exit code 1", "the disk is full"]).param("1"),
    row("exit-code", Failure, &["exit code 1", "the disk is full"]).param("255"),
    // It says too much.
    row("log-flood", Timeout, TIME).cuts_the_log(),
    row("stderr-flood", Timeout, TIME).cuts_the_log(),
    row("long-line", Success, &[]).cuts_the_log(),
    row(
        "stdout-flood",
        Failure,
        &["the result has 104857600 bytes, the limit is 262144"],
    ),
    row("big-result", Success, &[]).param(r#"{"bytes": 262144}"#),
    row(
        "big-result",
        Failure,
        &["the result has 262145 bytes, the limit is 262144"],
    )
    .param(r#"{"bytes": 262145}"#),
    row("big-result", Failure, &["the result has", "the limit is 262144"]).param(r#"{"bytes": 104857600}"#),
    row("argument-flood", Trap, &["16777216 bytes"]),
    row("random-in-one", Trap, &["67108864 exceeds limit 65536"]),
    row("many-waits", Trap, &["4096 handles"]),
    row("state-bomb", Denied, &["over quota", "state-quota="]),
    row("file-flood", Failure, &["opening once more"]).allow(&["dir={data}:/data"]),
    // It goes where it may not.
    row("http-get", Denied, &["http=http://169.254.169.254"])
        .param(r#"{"url": "http://169.254.169.254/latest/meta-data"}"#),
    row("http-get", Denied, &["net=169.254.169.254/32"])
        .param(r#"{"url": "http://169.254.169.254/latest/meta-data"}"#)
        .allow(&["http=http://*"]),
    row("http-get", Denied, &["http={web}"]).param(r#"{"url": "{web}/"}"#),
    row("http-get", Denied, &["net=127.0.0.1/32"])
        .param(r#"{"url": "http://localhost:{port}/"}"#)
        .allow(&["http=http://localhost:{port}"]),
    row("http-get", Timeout, TIME)
        .param(r#"{"url": "{web}/slow"}"#)
        .allow(&["http={web}"]),
    row("http-get", Timeout, TIME)
        .param(r#"{"url": "{web}/stuck"}"#)
        .allow(&["http={web}"]),
    row("http-get", OutOfMemory, &["memoryLimit is 67108864"])
        .param(r#"{"url": "{web}/endless"}"#)
        .allow(&["http={web}"])
        .memory(64),
    row("http-get", Failure, &["http"])
        .param(r#"{"url": "{web}/flood"}"#)
        .allow(&["http={web}"]),
    row("connection", Denied, &["sockets"]),
    row("path-escape", Denied, &["dir="]).param(r#"{"path": "/etc/passwd"}"#),
    row("path-escape", Denied, &["dir="])
        .param(r#"{"path": "/etc/passwd"}"#)
        .allow(DATA),
    row("path-escape", Denied, &["dir="])
        .param(r#"{"path": "/data/../outside.txt"}"#)
        .allow(DATA),
    row("path-escape", Denied, &["dir="])
        .param(r#"{"path": "/data/link"}"#)
        .allow(DATA),
    row("path-escape", Denied, &["dir="])
        .param(r#"{"path": "/data/up/outside.txt"}"#)
        .allow(DATA),
    row("path-escape", Denied, &["dir="])
        .param(r#"{"path": "/data/everything/etc/passwd"}"#)
        .allow(DATA),
    row("symlink-escape", Denied, &["dir="])
        .param("../outside.txt")
        .allow(DATA),
    row("symlink-escape", Denied, &["dir="])
        .param("/etc/passwd")
        .allow(DATA),
];

/// Rows that are tried at once.
const AT_ONCE: usize = 4;

#[test]
fn every_guest_has_its_row_and_every_row_its_guest() {
    let rows: BTreeSet<String> = TABLE.iter().map(|row| row.guest.to_owned()).collect();
    assert_eq!(fixtures::names(), rows);
}

#[test]
fn every_guest_ends_in_its_own_class_and_within_its_limits() {
    let cache = TempDir::new().expect("a scratch directory");
    let next = AtomicUsize::new(0);
    let try_rows = || {
        let mut complaints = Vec::new();
        while let Some(row) = TABLE.get(next.fetch_add(1, Ordering::Relaxed)) {
            // A ground for each, so that what one guest leaves there does not help another.
            complaints.extend(row.complaints(&Ground::new(cache.path())));
        }
        complaints
    };
    let complaints: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(try_rows)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("it does not panic"))
            .collect()
    });
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
