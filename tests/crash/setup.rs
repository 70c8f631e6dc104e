//! A server with handlers, calendars and jobs.

use std::{fs, path::Path};

use reqwest::Method;
use serde_json::{Value, json};
use wasmtab_domain::ids::JobId;

use crate::{
    client::Client,
    jobs,
    server::{Server, TOKEN},
};

/// A preview-1 command that waits for so many milliseconds.
fn waits(millis: u32) -> Vec<u8> {
    let text = format!(
        r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "\01\00\00\00")
    (func (export "_start")
        (i64.store (i32.const 24) (i64.const {millis}000000))
        (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))"#
    );
    wat::parse_str(text).expect("it is a module")
}

/// The jobs, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    /// Those with a schedule.
    pub scheduled: Vec<JobId>,
    /// Those that start by hand.
    pub by_hand: Vec<JobId>,
}

/// Makes everything that a trial needs.
pub(crate) async fn prepare(
    server: &Server,
    url: &str,
    client: &mut Client,
    scratch: &Path,
    count: u32,
) -> Jobs {
    let run = |args: &[&str]| {
        let mut command = server.command(args);
        command.env("WASMTAB_SERVER", url).env("WASMTAB_TOKEN", TOKEN);
        let output = command.output().expect("the binary runs");
        assert!(
            output.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let (slow, slower) = (scratch.join("slow.wasm"), scratch.join("slower.wasm"));
    fs::write(&slow, waits(300)).expect("the scratch directory takes files");
    // Longer than a second: a fire that comes meanwhile meets it.
    fs::write(&slower, waits(1_300)).expect("the scratch directory takes files");
    let prebuilt = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt");
    for (handler, file) in [
        ("Echo", prebuilt.join("echo.wasm")),
        ("Flaky", prebuilt.join("flaky.wasm")),
        ("Slow", slow),
        ("Slower", slower),
    ] {
        let file = file.to_str().expect("a path in UTF-8");
        let name = handler.to_lowercase();
        run(&["plugin", "push", file, "--name", &name, "--activate"]);
        run(&["handler", "bind", handler, &name]);
    }
    calendar(
        client,
        "always",
        json!([{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "until": "24:00"}]),
    )
    .await;
    calendar(client, "never", json!([{"date": "2000-01-01"}])).await;
    let file = scratch.join("jobs.json");
    fs::write(&file, jobs::all(count).to_string()).expect("the scratch directory takes files");
    run(&["apply", "-f", file.to_str().expect("a path in UTF-8")]);
    read(client).await
}

async fn calendar(client: &mut Client, name: &str, windows: Value) {
    let body = json!({ "windows": windows });
    let answer = client
        .insist(Method::PUT, &format!("/calendars/{name}"), &body)
        .await;
    assert!(answer.status.is_success(), "{}", answer.body);
}

async fn read(client: &mut Client) -> Jobs {
    let mut jobs = Jobs::default();
    let mut cursor = String::new();
    loop {
        let path = format!("/jobs?limit=200{cursor}");
        let page = client.insist(Method::GET, &path, &Value::Null).await.body;
        for job in page["items"].as_array().expect("a list") {
            let id = JobId(job["id"].as_i64().expect("a number"));
            let name = job["name"].as_str().expect("a name");
            if name.starts_with("job-") {
                jobs.scheduled.push(id);
            } else if name.starts_with("hand-") {
                jobs.by_hand.push(id);
            }
        }
        let Some(next) = page["nextCursor"].as_str() else {
            return jobs;
        };
        cursor = format!("&cursor={next}");
    }
}
