//! Calendars: named windows in which jobs do not fire.

use std::fs;

use crate::support::{Server, eventually, plugin};

const EVERY_DAY: &str = "- days: [mon, tue, wed, thu, fri, sat, sun]\n";

#[test]
fn a_job_does_not_fire_in_the_windows_of_its_calendar() {
    let server = Server::start();
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let file = server.scratch().join("windows.yaml");
    let path = file.to_str().unwrap();
    let job = "- {name: tick, every: 1s, handlerName: EchoHandler, blackouts: [stocktaking]}\n";
    let refused = server.apply(job).fails_with(2);
    assert!(
        refused.stderr.contains("no calendar is called `stocktaking`"),
        "{}",
        refused.stderr
    );

    fs::write(&file, EVERY_DAY).unwrap();
    let _ = server.run(&["calendar", "set", "stocktaking", "-f", path]).ok();
    let _ = server.apply(job).ok();
    let skipped = eventually("a skipped fire", || {
        server
            .items(&["job", "history", "tick"])
            .into_iter()
            .find(|row| row["status"] == "skipped")
    });
    assert_eq!(skipped["reason"], "blackout");
    let next = server.run(&["job", "next", "tick"]).ok().stdout;
    assert!(next.contains("left out"), "{next}");
    assert!(next.contains("calendar stocktaking"), "{next}");
    let _ = server
        .run(&["calendar", "rm", "stocktaking", "--yes"])
        .fails_with(5);

    fs::write(&file, "windows: [{date: 2001-01-01}]\n").unwrap();
    let _ = server.run(&["calendar", "set", "stocktaking", "-f", path]).ok();
    eventually("it fires", || {
        server
            .items(&["run", "list", "--job", "tick", "--state", "success"])
            .pop()
    });
    let _ = server.run(&["job", "rm", "tick", "--yes"]).ok();
    let _ = server.run(&["calendar", "rm", "stocktaking", "--yes"]).ok();
    assert!(server.items(&["calendar", "list"]).is_empty());
}
