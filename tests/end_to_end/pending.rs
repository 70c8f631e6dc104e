//! Work that goes on elsewhere: a service is called, works on, and reports the work done later, or never.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::support::{Came, Hook, Server, eventually, plugin};

/// A service that accepts every call, and a handler that calls it.
fn service(server: &Server) -> Hook {
    let hook = Hook::new();
    hook.answers(202);
    server.bind("HttpCallHandler", "http-call", &plugin("http-call"), &[]);
    let grant = format!("http={}", hook.origin());
    let grants = ["handler", "grant", "HttpCallHandler", &grant, "net=127.0.0.0/8"];
    let _ = server.run(&grants).ok();
    hook
}

/// Calls the service; the run's id, and what the service was told.
fn call(server: &Server, hook: &Hook, flags: &[&str]) -> (String, Came) {
    let param = json!({ "url": hook.url() }).to_string();
    let before = hook.came().len();
    let mut args = vec!["call", "HttpCallHandler", "--param", &param];
    args.extend(flags);
    let id = server.json(&args)["id"].as_str().unwrap_or_default().to_owned();
    let came = eventually("the service is called", || hook.came().get(before).cloned());
    (id, came)
}

fn run(server: &Server, id: &str) -> Value {
    server.json(&["run", "show", id])
}

/// The run once its sandbox is gone.
fn handed_over(server: &Server, id: &str) -> Value {
    eventually("the work is handed over", || {
        let run = run(server, id);
        run["pendingUntil"].is_string().then_some(run)
    })
}

/// Reports as the service does, that knows nothing but what it was told; the answer's status.
fn report(server: &Server, told: &Came, body: &Value) -> u16 {
    let completion = &told.json()["completion"];
    let (path, token) = (
        completion["path"].as_str().unwrap_or_default(),
        completion["token"].as_str().unwrap_or_default(),
    );
    let address = server.url().trim_start_matches("http://").to_owned();
    let body = body.to_string();
    let mut stream = TcpStream::connect(&address).expect("the server listens");
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("the server takes it");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no answer: {answer}"))
}

#[test]
fn the_service_reports_its_work_done_also_after_a_restart_of_the_server() {
    let mut server = Server::start();
    let hook = service(&server);
    let (id, told) = call(&server, &hook, &[]);
    assert_eq!(told.json()["runId"], id.as_str());
    let going_on = handed_over(&server, &id);
    assert_eq!(
        (&going_on["status"], &going_on["attempts"][0]["status"]),
        (&"running".into(), &"running".into())
    );
    server.kill();
    server.restart();
    assert_eq!(run(&server, &id)["status"], "running");
    let done = json!({ "status": "success", "result": "42 rows" });
    assert_eq!(report(&server, &told, &done), 200);
    let ended = run(&server, &id);
    assert_eq!(
        (&ended["status"], &ended["result"], &ended["executeIndex"]),
        (&"success".into(), &"42 rows".into(), &1.into())
    );
    assert!(ended["attempts"][0]["duration"].is_u64());
    assert_eq!(report(&server, &told, &done), 409);
    let logs = server.run(&["run", "logs", &id]).ok().stdout;
    assert!(logs.contains("goes on elsewhere"), "{logs}");
}

#[test]
fn work_that_is_never_reported_ends_as_a_timeout_also_after_a_restart_of_the_server() {
    let mut server = Server::start();
    let hook = service(&server);
    let (id, told) = call(&server, &hook, &["--set", "monitorTimeout=5s"]);
    handed_over(&server, &id);
    server.kill();
    server.restart();
    let ended = eventually("its end", || {
        let run = run(&server, &id);
        (run["status"] != "running").then_some(run)
    });
    assert_eq!(ended["status"], "timeout", "{ended}");
    assert!(
        ended["error"].as_str().unwrap().contains("monitorTimeout"),
        "{ended}"
    );
    assert_eq!(report(&server, &told, &json!({ "status": "success" })), 409);
}

#[test]
fn pending_work_takes_no_place_and_is_cancelled_at_once() {
    let server = Server::start_with(&["--concurrency", "1"]);
    let hook = service(&server);
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let (id, told) = call(&server, &hook, &[]);
    handed_over(&server, &id);
    let other = server.json(&["call", "EchoHandler", "--param", "x", "--wait"]);
    assert_eq!(other["status"], "success");
    let shown = server.run(&["run", "show", &id]).ok().stdout;
    assert!(shown.contains("its work goes on elsewhere"), "{shown}");
    let cancelled = server.json(&["run", "cancel", &id]);
    let cancelled = cancelled["items"].get(0).unwrap_or(&cancelled).clone();
    assert_eq!(cancelled["status"], "cancelled", "{cancelled}");
    assert_eq!(report(&server, &told, &json!({ "status": "success" })), 409);
}
