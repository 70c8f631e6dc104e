//! The process ends without a word, and comes back later.

use std::net::TcpListener;

use crate::support::{Server, eventually, plugin, wasmtab};

#[test]
fn after_a_kill_interrupted_runs_are_repeated_and_missed_fires_follow_the_jobs_own_rule() {
    let mut server = Server::start();
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let _ = server
        .apply(
            "- {name: latest, every: 1s, handlerName: EchoHandler, misfire: latest}\n\
             - {name: all, every: 1s, handlerName: EchoHandler, misfire: all}\n\
             - {name: skip, every: 1s, handlerName: EchoHandler, misfire: skip}\n\
             - {name: stuck, every: 1d, handlerName: Loops}\n",
        )
        .ok();
    let stuck = server.json(&["job", "trigger", "stuck"])["id"]
        .as_str()
        .unwrap()
        .to_owned();
    eventually("it runs", || {
        (server.json(&["run", "show", &stuck])["status"] == "running").then_some(())
    });
    eventually("fires before the kill", || {
        server
            .items(&["run", "list", "--job", "all", "--state", "success"])
            .pop()
    });
    server.kill();
    // Long enough for several fires to be missed by more than the grace of five seconds.
    let down = std::time::Instant::now();
    eventually("several missed fires", || {
        (down.elapsed().as_secs() >= 9).then_some(())
    });
    server.restart();

    let run = eventually("the interrupted run goes on", || {
        let run = server.json(&["run", "show", &stuck]);
        (run["attempts"].as_array().unwrap().len() == 2 && run["status"] == "running").then_some(run)
    });
    assert_eq!(run["attempts"][0]["status"], "abandoned");
    let skipped = |job: &str| -> u64 {
        server
            .items(&["job", "history", job, "--limit", "200"])
            .iter()
            .filter(|row| row["reason"] == "misfire")
            .map(|row| row["fireCount"].as_u64().unwrap())
            .sum()
    };
    eventually("fires after the restart", || (skipped("skip") >= 1).then_some(()));
    assert!(skipped("latest") + 1 == skipped("skip") || skipped("latest") + 2 >= skipped("skip"));
    assert_eq!(skipped("all"), 0, "every missed fire within the window runs");
    let _ = server.run(&["run", "cancel", &stuck]).ok();
}

#[test]
fn a_stop_abandons_what_does_not_end_in_time_and_a_start_repeats_it() {
    let mut server = Server::start_with(&["--drain-timeout", "1s"]);
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let id = server.json(&["call", "Loops"])["id"].as_str().unwrap().to_owned();
    eventually("it runs", || {
        (server.json(&["run", "show", &id])["status"] == "running").then_some(())
    });
    assert_eq!(server.stop(), Some(0));
    server.restart();
    let run = eventually("it runs again", || {
        let run = server.json(&["run", "show", &id]);
        (run["attempts"].as_array().unwrap().len() == 2).then_some(run)
    });
    assert_eq!(run["attempts"][0]["status"], "abandoned");
    let _ = server.run(&["run", "cancel", &id]).ok();
}

#[test]
fn a_second_server_on_the_same_directory_says_so_and_leaves() {
    let server = Server::start();
    let second = server.serve_command().output().unwrap();
    assert_eq!(second.status.code(), Some(6));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another wasmtab process"), "{said}");
}

#[test]
fn a_server_whose_address_is_taken_says_so_and_leaves() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().to_str().unwrap();
    let refused = wasmtab(&["serve", "--data-dir", directory, "--listen", &address]).fails_with(6);
    assert!(
        refused.stderr.contains("cannot be listened on"),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.stdout, "");
}
