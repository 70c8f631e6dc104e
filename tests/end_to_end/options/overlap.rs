//! `overlap`, in all its words.

use super::{running, runs, skipped, with};
use crate::support::eventually;

#[test]
fn overlap_skip_leaves_a_row_that_names_the_run_in_the_way() {
    let server = with("- {name: job, every: 1s, handlerName: Loops, overlap: skip}\n");
    let row = skipped(&server, "job", "overlap");
    assert_eq!(row["blockedBy"], runs(&server, "job")[0]["id"]);
}

#[test]
fn overlap_allow_runs_beside() {
    let server = with("- {name: job, every: 1s, handlerName: Loops, overlap: allow}\n");
    eventually("two at once", || {
        let running = runs(&server, "job");
        (running.iter().filter(|run| run["status"] == "running").count() >= 2).then_some(())
    });
}

#[test]
fn overlap_buffer_one_keeps_one_fire_waiting() {
    let server = with("- {name: job, every: 1s, handlerName: Loops, overlap: bufferOne}\n");
    let _ = skipped(&server, "job", "overlap");
    let runs = runs(&server, "job");
    let held: Vec<_> = runs.iter().filter(|run| run["held"] == "turn").collect();
    assert_eq!(held.len(), 1, "{runs:?}");
}

#[test]
fn overlap_buffer_all_keeps_them_all_and_runs_them_in_order() {
    let server = with(
        "- {name: job, every: 1s, maxRuns: 3, handlerName: Loops, overlap: bufferAll, monitorTimeout: 4s}\n",
    );
    let waiting = eventually("two that wait", || {
        let runs = runs(&server, "job");
        (runs.iter().filter(|run| run["held"] == "turn").count() == 2).then_some(runs)
    });
    let first = waiting[0]["id"].as_str().unwrap().to_owned();
    let _ = server.run(&["run", "cancel", &first]).ok();
    eventually("the second has its turn, the third waits", || {
        let runs = runs(&server, "job");
        let states: Vec<_> = runs.iter().map(|run| (&run["status"], &run["held"])).collect();
        (states[1].0 == "running" && *states[2].1 == "turn").then_some(())
    });
}

#[test]
fn overlap_cancel_other_ends_the_running_one_first() {
    let server = with("- {name: job, every: 1d, handlerName: Loops, overlap: cancelOther}\n");
    let first = running(&server, "job");
    let second = running(&server, "job");
    let first = server.json(&["run", "show", &first]);
    assert_eq!(first["status"], "cancelled");
    let second = server.json(&["run", "show", &second]);
    let claimed = second["attempts"][0]["claimedAt"].as_str().unwrap();
    assert!(claimed >= first["endTime"].as_str().unwrap());
}

#[test]
fn overlap_of_a_trigger_answers_with_the_run_in_the_way_and_is_overridden() {
    let server = with("- {name: job, every: 1d, handlerName: Loops}\n");
    let first = running(&server, "job");
    let refused = server.run(&["job", "trigger", "job"]).fails_with(5);
    assert!(refused.stderr.contains(&first), "{}", refused.stderr);
    let _ = server.run(&["job", "trigger", "job", "--overlap", "allow"]).ok();
}
