//! What bounds an attempt: `monitorTimeout`, `fuel`, `memoryLimit`.

use super::with;

fn status(yaml: &str) -> (String, String) {
    let server = with(yaml);
    let run = server
        .run(&["job", "trigger", "job", "--wait", "-o", "json"])
        .fails_with(1)
        .json();
    (
        run["status"].as_str().expect("a run has a status").to_owned(),
        run["error"].as_str().unwrap_or_default().to_owned(),
    )
}

#[test]
fn monitor_timeout_ends_an_attempt() {
    let (status, error) = status("- {name: job, every: 1d, handlerName: Loops, monitorTimeout: 1s}\n");
    assert_eq!(status, "timeout", "{error}");
}

#[test]
fn fuel_ends_an_attempt() {
    let (status, error) = status("- {name: job, every: 1d, handlerName: Loops, fuel: 1000000}\n");
    assert_eq!(status, "outOfFuel", "{error}");
}

#[test]
fn memory_limit_ends_an_attempt() {
    let (status, error) = status("- {name: job, every: 1d, handlerName: Echo, memoryLimit: 64KiB}\n");
    assert_eq!(status, "outOfMemory", "{error}");
}
