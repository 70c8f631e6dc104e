//! A run in the way is named, and may be passed by.

use crate::support::{Server, eventually, plugin};

#[test]
fn a_trigger_names_the_run_in_its_way_and_may_pass_it_by() {
    let server = Server::start();
    server.bind("Loop", "loop", &plugin("loop-forever"), &[]);
    let _ = server.apply("- {name: job, every: 1d, handlerName: Loop}\n").ok();
    let first = server.json(&["job", "trigger", "job"]);
    let first = first["id"].as_str().expect("an id").to_owned();

    let refused = server.run(&["job", "trigger", "job"]).fails_with(5);
    assert!(refused.stderr.contains(&first), "{}", refused.stderr);
    let bulk = server.run(&["job", "bulk", "trigger", "job"]).fails_with(5);
    assert!(bulk.stderr.contains(&first), "{}", bulk.stderr);

    let beside = server.json(&["job", "trigger", "job", "--overlap", "allow"]);
    assert_eq!(beside["held"], serde_json::Value::Null);
    let waits = server.json(&["job", "trigger", "job", "--overlap", "bufferAll"]);
    assert_eq!(waits["held"], "turn");
    let last = server.json(&["job", "trigger", "job", "--overlap", "cancelOther"]);
    let last = last["id"].as_str().expect("an id").to_owned();
    eventually("the end of the others", || {
        let running = server.items(&["run", "list", "--job", "job", "--state", "running"]);
        let ids: Vec<_> = running.iter().map(|run| run["id"].clone()).collect();
        (ids == [serde_json::json!(last)]).then_some(())
    });
    let wrong = server
        .run(&["job", "trigger", "job", "--overlap", "sometimes"])
        .fails_with(2);
    assert!(wrong.stderr.contains("overlap"), "{}", wrong.stderr);
    let _ = server.run(&["run", "cancel", "--job", "job"]).ok();
}
