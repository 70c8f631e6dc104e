//! What of the log is kept.

use crate::support::{Server, eventually, plugin};

#[test]
fn a_job_keeps_as_many_runs_as_it_may_and_failures_their_own_time() {
    let mut server = Server::start();
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let _ = server
        .apply("- {name: good, every: 1d, handlerName: EchoHandler}\n- {name: bad, every: 1d, handlerName: Nobody}\n")
        .ok();
    for _ in 0..4 {
        let _ = server.run(&["job", "trigger", "good", "--wait"]).ok();
    }
    let _ = server.run(&["job", "trigger", "bad", "--wait"]).fails_with(1);
    let runs = |server: &Server, job: &str| server.items(&["run", "list", "--job", job]);
    let newest = runs(&server, "good").remove(0)["id"].clone();
    assert_eq!(server.stop(), Some(0));

    server.set_flags(&["--retention-count", "1"]);
    server.restart();
    let left = eventually("the newest is left", || {
        let left = runs(&server, "good");
        (left.len() == 1).then_some(left)
    });
    assert_eq!(left[0]["id"], newest);
    assert_eq!(server.stop(), Some(0));

    server.set_flags(&["--retention", "0s", "--retention-failures", "90d"]);
    server.restart();
    eventually("what succeeded is gone", || {
        runs(&server, "good").is_empty().then_some(())
    });
    assert_eq!(runs(&server, "bad").len(), 1);
}
