//! What Prometheus reads, from a server that runs handlers.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::support::{Server, eventually, plugin};

fn metrics(server: &Server) -> String {
    let address = server.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

fn value(text: &str, series: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("`{series}` is not in\n{text}"));
    line.trim().parse().expect("a number")
}

#[test]
fn what_was_run_is_counted() {
    let server = Server::start();
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    server.bind("FlakyHandler", "flaky", &plugin("flaky"), &[]);
    let _ = server
        .apply("- {name: tick, every: 1s, handlerName: EchoHandler}\n- {name: nobody, every: 1d, handlerName: Nobody}\n")
        .ok();
    let _ = server
        .run(&["call", "FlakyHandler", "--param", "{\"failures\": 1}", "--wait"])
        .fails_with(1);
    let _ = server.run(&["job", "trigger", "nobody", "--wait"]).fails_with(1);
    let text = eventually("two fires that ran", || {
        let text = metrics(&server);
        (value(&text, "wasmtab_fires_released_total") >= 2.0
            && value(&text, "wasmtab_attempts_total{status=\"success\"}") >= 2.0)
            .then_some(text)
    });
    for (series, least) in [
        ("wasmtab_attempts_total{status=\"failure\"}", 1.0),
        ("wasmtab_runs_ended_total{status=\"noHandler\"}", 1.0),
        ("wasmtab_start_lag_seconds_count", 3.0),
        ("wasmtab_attempt_duration_seconds_count", 4.0),
        ("wasmtab_commit_group_size_count", 8.0),
        ("wasmtab_jobs", 2.0),
        ("wasmtab_handlers", 2.0),
        ("wasmtab_plugin_versions_active", 2.0),
        ("process_resident_memory_bytes", 1_000_000.0),
        ("process_open_fds", 5.0),
    ] {
        assert!(value(&text, series) >= least, "{series}\n{text}");
    }
    assert!(text.contains("wasmtab_build_info{version="), "{text}");
}
