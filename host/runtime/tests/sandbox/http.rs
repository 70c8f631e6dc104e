//! Outgoing HTTP behind grants, with the sample handler that makes one request, against servers on the loopback.

use std::{
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wasmtab_domain::status::AttemptStatus;
use wasmtab_runtime::{Attempt, AttemptReport, Resolve};

use crate::{
    samples::sample,
    support::{Fixture, SHARED, granted},
};

/// Answers "pong" to every request, and remembers the heads of requests by connection.
struct Server {
    port: u16,
    connections: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                let at = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(Vec::new());
                    seen.len() - 1
                };
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while let Ok(byte) = stream.read_u8().await {
                        head.push(byte);
                        if head.ends_with(b"\r\n\r\n") {
                            seen.lock().unwrap()[at]
                                .push(String::from_utf8(std::mem::take(&mut head)).unwrap());
                            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npong";
                            if stream.write_all(answer).await.is_err() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        Self { port, connections }
    }

    fn seen(&self) -> Vec<Vec<String>> {
        self.connections.lock().unwrap().clone()
    }
}

fn get(url: &str, grants: &[&str]) -> Attempt {
    Attempt {
        param: format!(r#"{{"url": "{url}", "method": "GET"}}"#),
        ..granted(grants)
    }
}

async fn call(fixture: &Fixture, url: &str, grants: &[&str]) -> AttemptReport {
    fixture.run(sample("http-call"), get(url, grants)).await
}

#[tokio::test]
async fn nothing_is_reached_without_a_grant() {
    let server = Server::start().await;
    let url = format!("http://127.0.0.1:{}/ping", server.port);
    let report = call(&SHARED, &url, &[]).await;
    assert_eq!(
        (report.status, report.permanent),
        (AttemptStatus::Denied, true),
        "{report:?}"
    );
    let grant = format!("http=http://127.0.0.1:{}", server.port);
    assert_eq!(report.refusals[0].grant.as_deref(), Some(grant.as_str()));
    assert!(report.error.unwrap().contains(&grant));
    assert!(server.seen().is_empty());
    // The grant that was proposed is enough.
    let report = call(&SHARED, &url, &[&grant]).await;
    assert_eq!(
        (report.status, report.refusals.len()),
        (AttemptStatus::Success, 0),
        "{report:?}"
    );
    assert!(report.result.unwrap().contains("pong"));
    let head = &server.seen()[0][0];
    assert!(head.starts_with("GET /ping HTTP/1.1\r\n"), "{head}");
    assert!(
        head.to_lowercase()
            .contains(&format!("host: 127.0.0.1:{}\r\n", server.port)),
        "{head}"
    );
}

#[tokio::test]
async fn a_grant_for_another_port_or_scheme_does_not_help() {
    let server = Server::start().await;
    let url = format!("http://127.0.0.1:{}/", server.port);
    for grant in [
        "http=http://127.0.0.1",
        "http=https://127.0.0.1",
        "http=http://example.com",
    ] {
        assert_eq!(call(&SHARED, &url, &[grant]).await.status, AttemptStatus::Denied);
    }
    assert!(server.seen().is_empty());
}

/// Answers with one address after another.
#[derive(Debug)]
struct Rebinding(Mutex<Vec<IpAddr>>);

#[async_trait]
impl Resolve for Rebinding {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(self.0.lock().unwrap().pop().into_iter().collect())
    }
}

fn resolving(addresses: &[&str]) -> Fixture {
    let addresses = addresses
        .iter()
        .rev()
        .map(|address| address.parse().unwrap())
        .collect();
    Fixture::with(|config| config.resolver = Arc::new(Rebinding(Mutex::new(addresses))))
}

#[tokio::test]
async fn a_name_that_leads_inside_is_denied_though_the_name_is_granted() {
    let server = Server::start().await;
    let url = format!("http://example.com:{}/", server.port);
    let grant = format!("http=http://example.com:{}", server.port);
    for (address, network) in [
        ("127.0.0.1", "net=127.0.0.1/32"),
        ("::ffff:127.0.0.1", "net=127.0.0.1/32"),
        ("169.254.169.254", "net=169.254.169.254/32"),
        ("::1", "net=::1/128"),
        ("10.0.0.1", "net=10.0.0.1/32"),
    ] {
        let report = call(&resolving(&[address]), &url, &[&grant]).await;
        assert_eq!(report.status, AttemptStatus::Denied, "{address}");
        assert_eq!(report.refusals[0].grant.as_deref(), Some(network), "{address}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_name_is_resolved_and_checked_anew_for_every_request() {
    let server = Server::start().await;
    let url = format!("http://example.com:{}/", server.port);
    let http = format!("http=http://example.com:{}", server.port);
    let fixture = resolving(&["127.0.0.1", "127.0.0.2"]);
    let grants = [http.as_str(), "net=127.0.0.1/32"];
    assert_eq!(call(&fixture, &url, &grants).await.status, AttemptStatus::Success);
    // Rebound to an address that is not granted; an idle connection to the granted one is there.
    assert_eq!(call(&fixture, &url, &grants).await.status, AttemptStatus::Denied);
}

#[tokio::test]
async fn one_handlers_connection_does_not_help_another() {
    let server = Server::start().await;
    let url = format!("http://example.com:{}/", server.port);
    let http = format!("http=http://example.com:{}", server.port);
    let fixture = resolving(&["127.0.0.1", "127.0.0.1"]);
    assert_eq!(
        call(&fixture, &url, &[&http, "net=127.0.0.0/8"]).await.status,
        AttemptStatus::Success
    );
    assert_eq!(call(&fixture, &url, &[&http]).await.status, AttemptStatus::Denied);
}

#[tokio::test]
async fn connections_are_kept_for_the_next_attempt() {
    let server = Server::start().await;
    let fixture = Fixture::new();
    let url = format!("http://127.0.0.1:{}/", server.port);
    let grant = format!("http=http://127.0.0.1:{}", server.port);
    for _ in 0..3 {
        assert_eq!(
            call(&fixture, &url, &[&grant]).await.status,
            AttemptStatus::Success
        );
    }
    let requests: Vec<usize> = server.seen().iter().map(Vec::len).collect();
    assert_eq!(requests, [3]);
}

#[tokio::test]
async fn a_refused_connection_is_a_failure_and_not_a_denial() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let grant = format!("http=http://127.0.0.1:{port}");
    let report = call(&SHARED, &format!("http://127.0.0.1:{port}/"), &[&grant]).await;
    assert_eq!(report.status, AttemptStatus::Failure);
    assert!(
        report
            .logs
            .lines
            .iter()
            .any(|line| line.target == "http" && line.message.contains("connection refused"))
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut attempt = get(
        &format!("http://127.0.0.1:{port}/"),
        &[&format!("http=http://127.0.0.1:{port}")],
    );
    attempt.limits.timeout = std::time::Duration::from_millis(300);
    let report = SHARED.run(sample("http-call"), attempt).await;
    assert_eq!(report.status, AttemptStatus::Timeout);
}
