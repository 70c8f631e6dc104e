//! Whatever became of an instant, `job why` tells it.

use serde_json::Value;

use crate::support::{Server, eventually, plugin};

fn told(server: &Server, job: &str, at: &str) -> String {
    server.run(&["job", "why", job, "--at", at]).ok().stdout
}

#[test]
fn a_fire_a_skip_and_no_fire_are_told_apart() {
    let server = Server::start();
    server.bind("Loop", "loop", &plugin("loop-forever"), &[]);
    let _ = server
        .apply("- {name: busy, every: 1s, handlerName: Loop}\n- {name: spring, cronExpression: '30 2 * * *', timezone: America/New_York, handlerName: Loop}\n")
        .ok();
    let skipped = eventually("a fire that found another run in its way", || {
        server
            .items(&["run", "list", "--reason", "overlap", "--job", "busy"])
            .pop()
    });
    let blocking = skipped["blockedBy"].as_str().expect("a run").to_owned();
    let at = skipped["scheduledAt"].as_str().expect("an instant");
    let overlap = told(&server, "busy", at);
    assert!(
        overlap.contains("skipped (overlap)") && overlap.contains(&blocking),
        "{overlap}"
    );
    let run = server.json(&["run", "show", &blocking]);
    let fired = told(&server, "busy", run["scheduledAt"].as_str().expect("an instant"));
    assert!(
        fired.contains(&format!("It fired: run {blocking} is running")),
        "{fired}"
    );

    let gap = told(&server, "spring", "2027-03-14T02:30");
    assert!(
        gap.contains("2027-03-14 03:00:00 -04:00") && gap.contains("Clock change"),
        "{gap}"
    );
    let none = told(&server, "spring", "2027-03-13T12:00");
    assert!(
        none.contains("no fire")
            && none.contains("fire after   2027-03-14 03:00:00 -04:00, clock change: gap"),
        "{none}"
    );
}

#[test]
fn an_edit_a_pause_and_a_deletion_are_told_with_who_did_it() {
    let server = Server::start();
    let _ = server
        .apply("- {name: job, cronExpression: '* * * * *', handlerName: H}\n")
        .ok();
    let id = server.json(&["job", "show", "job"])["id"].to_string();
    let _ = server.run(&["job", "edit", "job", "--cron", "0 3 * * *"]).ok();
    let _ = server.run(&["job", "pause", "job", "--note", "inventory"]).ok();
    let next = server.json(&["job", "next", "job", "-n", "1"])["next"][0]
        .as_str()
        .expect("an instant")
        .to_owned();
    let ahead = server.json(&["job", "why", "job", "--at", &next]);
    assert_eq!(
        (&ahead["verdict"], &ahead["pause"]["note"]),
        (&"toCome".into(), &"inventory".into())
    );
    let changes = ahead["revision"]["changes"].as_array().expect("changes");
    assert_eq!(changes[0]["field"], "cronExpression");
    let _ = server.run(&["job", "rm", "job", "--yes"]).ok();
    let gone = server.json(&["job", "why", &id, "--at", &next]);
    assert_eq!(
        (&gone["verdict"], &gone["after"]),
        (&"deleted".into(), &Value::Null)
    );
    let _ = server.run(&["job", "why", "job", "--at", &next]).fails_with(4);
}
