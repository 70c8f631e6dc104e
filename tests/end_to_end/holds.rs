//! Handlers that an operator holds, and handlers with a bound on attempts at once.

use serde_json::Value;

use crate::support::{Server, eventually, plugin};

#[test]
fn a_server_has_no_more_attempts_at_once_than_it_was_told() {
    let server = Server::start_with(&["--concurrency", "2"]);
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let loops = [call(&server, "Loops"), call(&server, "Loops")];
    for id in &loops {
        eventually("it runs", || {
            (run(&server, id)["status"] == "running").then_some(())
        });
    }
    let waiting = call(&server, "EchoHandler");
    assert_eq!(run(&server, &waiting)["status"], "queued");
    let _ = server.run(&["run", "cancel", &loops[0]]).ok();
    eventually("its place was given on", || {
        (run(&server, &waiting)["status"] == "success").then_some(())
    });
    assert_eq!(run(&server, &loops[1])["status"], "running");
}

fn call(server: &Server, handler: &str) -> String {
    let call = server.json(&["call", handler]);
    call["id"].as_str().expect("a call has an id").to_owned()
}

fn run(server: &Server, id: &str) -> Value {
    server.json(&["run", "show", id])
}

#[test]
fn a_held_handler_begins_nothing_until_it_is_released() {
    let server = Server::start();
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let going_on = call(&server, "Loops");
    eventually("it runs", || {
        (run(&server, &going_on)["status"] == "running").then_some(())
    });
    for handler in ["EchoHandler", "Loops"] {
        let held = server.json(&["handler", "hold", handler, "--note", "inventory"]);
        assert_eq!(held["held"]["note"], "inventory");
    }
    let shown = server.run(&["handler", "show", "EchoHandler"]).ok().stdout;
    assert!(shown.contains("inventory"), "{shown}");

    let waiting = call(&server, "EchoHandler");
    eventually("it is kept back", || {
        (run(&server, &waiting)["held"] == "handler").then_some(())
    });
    assert_eq!(run(&server, &waiting)["status"], "queued");
    assert_eq!(run(&server, &going_on)["status"], "running");
    let _ = server.run(&["run", "cancel", &going_on]).ok();

    let _ = server.run(&["handler", "release", "EchoHandler"]).ok();
    eventually("it goes on", || {
        (run(&server, &waiting)["status"] == "success").then_some(())
    });
    let _ = server.run(&["handler", "hold", "Nobody"]).fails_with(4);
}

#[test]
fn a_handler_has_no_more_attempts_at_once_than_its_bound() {
    let server = Server::start();
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let _ = server.run(&["handler", "limit", "Loops", "1"]).ok();
    let _ = server.run(&["handler", "limit", "Loops", "0"]).fails_with(2);
    let runs = [
        call(&server, "Loops"),
        call(&server, "Loops"),
        call(&server, "Loops"),
    ];
    let at_work = || {
        runs.iter()
            .filter(|id| run(&server, id)["status"] == "running")
            .count()
    };
    let kept_back = || {
        runs.iter()
            .filter(|id| run(&server, id)["held"] == "capacity")
            .count()
    };
    eventually("one runs and two wait", || {
        ((at_work(), kept_back()) == (1, 2)).then_some(())
    });
    let bound = server.json(&["handler", "bind", "Loops", "loops", "--max-concurrency", "2"]);
    assert_eq!(bound["maxConcurrency"], 2);
    eventually("two run", || ((at_work(), kept_back()) == (2, 1)).then_some(()));
    let first = runs
        .iter()
        .find(|id| run(&server, id)["status"] == "running")
        .unwrap();
    let _ = server.run(&["run", "cancel", first]).ok();
    eventually("the last one runs", || {
        ((at_work(), kept_back()) == (2, 0)).then_some(())
    });
}
