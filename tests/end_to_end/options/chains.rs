//! `onSuccess` and `onFailure`.

use super::{ended, with};

#[test]
fn on_success_starts_the_next_job_with_what_the_first_returned() {
    let server = with(
        "defaults: {every: 1d, handlerName: Echo}\n\
         jobs:\n  - {name: first, onSuccess: [second], handlerParam: hello}\n  - {name: second, handlerParam: own}\n",
    );
    let first = server.json(&["job", "trigger", "first", "--wait"]);
    let second = ended(&server, "second", 1).remove(0);
    assert_eq!(
        (&second["trigger"], &second["upstreamRun"], &second["status"]),
        (&"chain".into(), &first["id"], &"success".into())
    );
}

#[test]
fn on_failure_starts_after_the_final_attempt() {
    let server = with(
        "- {name: first, every: 1d, handlerName: Flaky, retryCount: 1, retryInterval: 0, onFailure: cure}\n\
         - {name: cure, every: 1d, handlerName: Echo}\n",
    );
    let _ = server.run(&["job", "trigger", "first", "--wait"]).fails_with(1);
    assert_eq!(ended(&server, "cure", 1).len(), 1);
}
