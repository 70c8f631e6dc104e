//! Bad input: a clear error, the contract's exit code, nothing half done.

use crate::support::{Server, plugin, wasmtab, wat};

#[test]
fn a_bad_expression_exits_2_and_names_the_field() {
    for expression in [
        "61 * * * *",
        "* * * *",
        "0 0 31 2 *",
        ", * * * *",
        "0 0 12 * *  ? ? ?",
        "@fortnightly",
    ] {
        let refused = wasmtab(&["cron", "next", expression]).fails_with(2);
        assert!(
            refused.stderr.contains("cronExpression"),
            "{expression}: {}",
            refused.stderr
        );
    }
}

#[test]
fn a_document_with_one_wrong_job_changes_nothing() {
    let server = Server::start();
    let good = "- {name: good, cronExpression: '0 2 * * *', handlerName: X}\n";
    for (wrong, named) in [
        (
            "- {name: bad, cronExpression: '99 2 * * *', handlerName: X}\n",
            "cronExpression",
        ),
        (
            "- {name: bad, cronExpression: '0 2 * * *', handlerName: X, timezone: Mars/Olympus}\n",
            "timezone",
        ),
        (
            "- {name: bad, cronExpression: '0 2 * * *', handlerName: X, retryCount: -1}\n",
            "retryCount",
        ),
        (
            "- {name: bad, cronExpression: '0 2 * * *', handlerName: X, memoryLimit: 900GiB}\n",
            "memoryLimit",
        ),
        (
            "- {name: bad, cronExpression: '0 2 * * *', handlerName: X, overlap: sometimes}\n",
            "overlap",
        ),
        (
            "- {name: bad, cronExpression: '0 2 * * *', every: 5s, handlerName: X}\n",
            "every",
        ),
        (
            "- {name: bad, cronExpression: '0 2 * * *', handlerName: X, retry_count: 1}\n",
            "retryCount",
        ),
        ("- {name: bad, cronExpression: '0 2 * * *'}\n", "handlerName"),
        (
            "- {name: good, cronExpression: '0 3 * * *', handlerName: X}\n",
            "name",
        ),
        ("- [not, a, job]\n", "job"),
        (
            "- {name: bad, name: twice, cronExpression: '0 2 * * *', handlerName: X}\n",
            "name",
        ),
    ] {
        let refused = server.apply(&format!("{good}{wrong}")).fails_with(2);
        assert!(refused.stderr.contains(named), "{wrong} -> {}", refused.stderr);
        assert!(server.items(&["job", "list"]).is_empty(), "{wrong}");
    }
    let huge = format!(
        "- {{name: bad, every: 5s, handlerName: X, handlerParam: '{}'}}\n",
        "x".repeat(65_537)
    );
    let refused = server.apply(&huge).fails_with(2);
    assert!(refused.stderr.contains("handlerParam"), "{}", refused.stderr);
}

#[test]
fn a_file_that_is_no_handler_is_refused_with_what_it_is() {
    let server = Server::start();
    let scratch = server.scratch();
    let text = scratch.join("text.wasm");
    std::fs::write(&text, "hello").unwrap();
    let wrong_world = wat(scratch, "wrong", "(component)");
    let no_entry = wat(scratch, "no-entry", "(module (func (export \"run\")))");
    let mut messages = Vec::new();
    for file in [&text, &wrong_world, &no_entry] {
        let file = file.to_str().unwrap();
        let refused = server
            .run(&["plugin", "push", file, "--name", "bad"])
            .fails_with(2);
        messages.push(refused.stderr);
    }
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), 3, "three explanations: {messages:#?}");
    assert!(server.items(&["plugin", "list"]).is_empty());
}

#[test]
fn what_is_not_there_exits_4_and_what_is_in_the_way_exits_5() {
    let server = Server::start();
    for args in [
        &["job", "show", "nobody"][..],
        &["run", "show", "1"],
        &["handler", "show", "Nobody"],
        &["plugin", "show", "nobody"],
        &["plugin", "activate", "nobody@1"],
    ] {
        let _ = server.run(args).fails_with(4);
    }
    let _ = server.apply("- {name: taken, every: 1h, handlerName: X}\n").ok();
    let _ = server
        .run(&[
            "job",
            "create",
            "--name",
            "taken",
            "--every",
            "60",
            "--handler-name",
            "X",
        ])
        .fails_with(5);

    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let _ = server
        .apply("- {name: slow, every: 1d, handlerName: Loops}\n")
        .ok();
    let blocking = server.json(&["job", "trigger", "slow"])["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let refused = server.run(&["job", "trigger", "slow"]).fails_with(5);
    assert!(
        refused.stderr.contains(&blocking),
        "it names the blocking run: {}",
        refused.stderr
    );
    let _ = server.run(&["run", "cancel", &blocking]).ok();
}

#[test]
fn no_server_exits_6_and_bad_usage_exits_2() {
    let _ = wasmtab(&["--server", "http://127.0.0.1:1", "--token", "x", "job", "list"]).fails_with(6);
    let _ = wasmtab(&["frobnicate"]).fails_with(2);
    let _ = wasmtab(&["serve", "--timezone", "Mars/Olympus"]).fails_with(2);
}
