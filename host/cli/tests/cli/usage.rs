//! What the shell is told before any server is asked.

use std::fs;

use crate::support::{Done, wasmtab, wasmtab_in};

/// Nobody listens there: the port is reserved and refused.
const NOBODY: [&str; 2] = ["--server", "http://127.0.0.1:1"];

fn apply(document: &str) -> Done {
    wasmtab_in(
        std::path::Path::new("."),
        &[&NOBODY[..], &["apply", "-f", "-"]].concat(),
        document,
    )
}

#[test]
fn a_command_that_is_not_there_is_a_usage_error() {
    wasmtab(&["frobnicate"]).exits(2);
    wasmtab(&["job", "frobnicate"]).exits(2);
    wasmtab(&["compile-child", "--what"]).exits(2);
    wasmtab(&["--help"]).exits(0);
    wasmtab(&["--version"]).exits(0);
}

#[test]
fn without_a_server_the_failure_says_where_it_was_looked_for() {
    let done = wasmtab(&[&NOBODY[..], &["job", "list"]].concat())
        .exits(6)
        .says("http://127.0.0.1:1");
    assert_eq!(
        done.stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .count(),
        1,
        "{}",
        done.stderr
    );
    wasmtab(&["--server", "127.0.0.1:7320", "job", "list"])
        .exits(2)
        .says("--server");
}

#[test]
fn a_document_is_checked_before_a_server_is_asked() {
    apply("retryCount: 3\nretryInterval: 300\n")
        .exits(2)
        .says("`defaults:`");
    apply("- name: a\n  name: b\n")
        .exits(2)
        .says("`name` is there twice");
    apply("- name: a\n  name: b\n").exits(2).says("line 2");
    apply("- 1: a\n").exits(2).says("the key `1`");
    apply("- name: a\n  cronExpression: * * * * *\n")
        .exits(2)
        .says("quotes");
    apply("").exits(2).says("is empty");
    apply("- name: a\n").exits(6);
    wasmtab(&["apply", "-f", "not-there.yaml"])
        .exits(2)
        .says("not-there.yaml");
}

#[test]
fn nothing_to_change_is_a_usage_error() {
    wasmtab(&[&NOBODY[..], &["job", "edit", "a"]].concat())
        .exits(2)
        .says("nothing to change");
    wasmtab(&[&NOBODY[..], &["job", "edit", "a", "--set", "retryCount"]].concat())
        .exits(2)
        .says("FIELD=VALUE");
    wasmtab(&[&NOBODY[..], &["run", "cancel"]].concat())
        .exits(2)
        .says("no run was named");
    wasmtab(&[&NOBODY[..], &["call", "H", "--delay", "1m", "--at", "2m"]].concat()).exits(2);
    wasmtab(&[&NOBODY[..], &["call", "H", "--wait-timeout", "1m"]].concat()).exits(2);
    wasmtab(&[&NOBODY[..], &["handler", "grant", "H"]].concat())
        .exits(2)
        .says("no grant was named");
}

#[test]
fn completion_scripts_are_there_for_the_usual_shells() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            wasmtab(&["completion", shell])
                .exits(0)
                .stdout
                .contains("wasmtab"),
            "{shell}"
        );
    }
}

#[test]
fn a_project_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let new = || {
        wasmtab_in(
            dir.path(),
            &["plugin", "new", "order-timeout", "--lang", "rust"],
            "",
        )
    };
    new().exits(0);
    let source = fs::read_to_string(dir.path().join("order-timeout/src/lib.rs")).unwrap();
    assert!(source.contains("OrderTimeoutHandler"), "{source}");
    assert!(dir.path().join("order-timeout/.gitignore").is_file());
    new().exits(5).says("order-timeout is there already");
    wasmtab_in(dir.path(), &["plugin", "new", "../escape"], "").exits(2);
    wasmtab_in(dir.path(), &["plugin", "build", "nowhere"], "")
        .exits(4)
        .says("no Cargo.toml");
}
