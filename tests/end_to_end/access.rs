//! Who may do what: nothing without a token, and no default password.

use crate::support::Server;

#[test]
fn nothing_is_answered_without_a_token() {
    let server = Server::start();
    let refused = server.run_as("", &["job", "list"]).fails_with(3);
    assert!(!refused.stderr.is_empty());
    let refused = server.run_as("wrong", &["job", "list"]).fails_with(3);
    assert!(!refused.stderr.is_empty());
}

#[test]
fn a_viewer_looks_and_changes_nothing() {
    let server = Server::start();
    let made = server.json(&["token", "create", "looker", "--role", "viewer"]);
    let token = made["token"].as_str().unwrap();
    let _ = server.run_as(token, &["job", "list"]).ok();
    let refused = server
        .run_as(
            token,
            &[
                "job",
                "create",
                "--name",
                "x",
                "--every",
                "60",
                "--handler-name",
                "X",
            ],
        )
        .fails_with(3);
    assert!(
        refused.stderr.contains("author"),
        "it says which role is needed: {}",
        refused.stderr
    );
    assert!(server.items(&["job", "list"]).is_empty());
}

#[test]
fn whether_it_is_ready_is_told_without_a_token() {
    let mut server = Server::start();
    assert_eq!(server.run_as("", &["ping"]).ok().stdout, "the server is ready\n");
    let url = server.url().to_owned();
    server.kill();
    let _ = crate::support::wasmtab(&["--server", &url, "ping"]).fails_with(6);
}

/// As in a minimal container.
#[test]
fn a_machine_that_trusts_no_authority_reaches_a_server_without_tls() {
    let server = Server::start();
    let ping = |url: &str| {
        let mut command = server.command(&["--server", url, "ping"]);
        command
            .env("SSL_CERT_FILE", "/nowhere")
            .env("SSL_CERT_DIR", "/nowhere");
        crate::support::run(command)
    };
    assert_eq!(ping(server.url()).ok().stdout, "the server is ready\n");
    let refused = ping("https://127.0.0.1:1").fails_with(6);
    assert!(refused.stderr.contains("ca-certificates"), "{}", refused.stderr);
}
