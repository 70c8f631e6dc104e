//! What is as large as it may be is taken, and what is larger by one is refused with the limit's name.

use std::fmt::Write as _;

use crate::{
    node::Node,
    support::{plugin, wat},
};

/// A preview-1 command that writes `count` times `text` to a stream of its own.
fn writes(stream: u32, text: &str, count: usize) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        write!(escaped, "\\{byte:02x}").expect("a text takes every byte");
    }
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 2)
          (data (i32.const 0) "\10\00\00\00\{length:02x}\00\00\00")
          (data (i32.const 16) "{escaped}")
          (func (export "_start") (local $left i32)
            (local.set $left (i32.const {count}))
            (loop $again
              (drop (call $write (i32.const {stream}) (i32.const 0) (i32.const 1) (i32.const 8)))
              (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"#,
        length = text.len(),
    )
}

#[test]
fn parameters_results_and_logs_at_their_limits_and_one_over() {
    let node = Node::start();
    node.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let bind = |name: &str, text: &str| node.bind(name, name, &wat(node.scratch(), name, text), &[]);
    bind("result-at", &writes(1, "x", 262_144));
    bind("result-over", &writes(1, "x", 262_145));
    bind("log-at", &writes(2, "line\n", 10_000));
    bind("log-over", &writes(2, "line\n", 10_001));

    let param = node.scratch().join("param");
    let at = format!("@{}", param.display());
    std::fs::write(&param, "x".repeat(65_536)).unwrap();
    let run = node.json(&["call", "EchoHandler", "--param", &at, "--wait"]);
    assert_eq!(run["result"].as_str().map(str::len), Some(65_536));
    std::fs::write(&param, "x".repeat(65_537)).unwrap();
    let refused = node.run(&["call", "EchoHandler", "--param", &at]).fails_with(2);
    assert!(
        refused.stderr.contains("handlerParam") && refused.stderr.contains("65536"),
        "{}",
        refused.stderr
    );

    let run = node.json(&["call", "result-at", "--wait"]);
    assert_eq!(
        (&run["status"], run["result"].as_str().map(str::len)),
        (&"success".into(), Some(262_144))
    );
    let run = node
        .run(&["call", "result-over", "--wait", "-o", "json"])
        .fails_with(1)
        .json();
    assert_eq!(
        (&run["status"], &run["result"]),
        (&"failure".into(), &serde_json::Value::Null)
    );
    assert_eq!(run["error"], "the result has 262145 bytes, the limit is 262144");

    for (handler, kept, cut) in [("log-at", 10_000, 0), ("log-over", 10_000, 1)] {
        let run = node.json(&["call", handler, "--wait"]);
        assert_eq!(run["status"], "success", "{run}");
        let attempt = &run["attempts"][0];
        assert_eq!(
            (&attempt["logLines"], &attempt["logCutLines"]),
            (&kept.into(), &cut.into()),
            "{handler}: {attempt}"
        );
    }
}

#[test]
fn what_a_job_says_at_its_limits_and_one_over() {
    let node = Node::start();
    let labels = |count: usize| {
        let labels: Vec<String> = (0..count).map(|n| format!("l{n}")).collect();
        format!("labels: [{}]", labels.join(", "))
    };
    let param = |bytes: usize| format!("handlerParam: '{}'", "x".repeat(bytes));
    for (at, over, field) in [
        (param(65_536), param(65_537), "handlerParam"),
        ("retryCount: 1000".into(), "retryCount: 1001".into(), "retryCount"),
        ("shards: 1000".into(), "shards: 1001".into(), "shards"),
        ("priority: 1000".into(), "priority: 1001".into(), "priority"),
        ("priority: -1000".into(), "priority: -1001".into(), "priority"),
        (
            "memoryLimit: 1GiB".into(),
            "memoryLimit: 1073741825".into(),
            "memoryLimit",
        ),
        (
            "memoryLimit: 64KiB".into(),
            "memoryLimit: 65535".into(),
            "memoryLimit",
        ),
        (labels(64), labels(65), "labels"),
        (
            format!("labels: [{}]", "l".repeat(63)),
            format!("labels: [{}]", "l".repeat(64)),
            "labels",
        ),
        (
            format!("handlerName: {}", "h".repeat(255)),
            format!("handlerName: {}", "h".repeat(256)),
            "handlerName",
        ),
    ] {
        let job = |said: &str| {
            let handler = if said.starts_with("handlerName") {
                ""
            } else {
                "handlerName: X, "
            };
            format!("- {{name: limits, every: 1d, {handler}{said}}}\n")
        };
        let _ = node.apply(&job(&at)).ok();
        let before = node.json(&["job", "show", "limits"]);
        let refused = node.apply(&job(&over)).fails_with(2);
        assert!(refused.stderr.contains(field), "{field}: {}", refused.stderr);
        assert_eq!(
            node.json(&["job", "show", "limits"])["revision"],
            before["revision"],
            "{field}"
        );
    }
    let name = |length: usize| format!("- {{name: {}, every: 1d, handlerName: X}}\n", "n".repeat(length));
    let _ = node.apply(&name(255)).ok();
    assert!(node.apply(&name(256)).fails_with(2).stderr.contains("name"));
}
