//! A copy of everything while runs go on, and another server that goes on from it.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::support::{Server, eventually, plugin, wasmtab};

/// Jobs that fire every second while the backup is taken.
const BUSY: usize = 60;

fn ids(items: &[Value]) -> BTreeSet<String> {
    items
        .iter()
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

fn log_of(server: &Server, job: &str) -> Vec<Value> {
    server.items(&["job", "history", job, "--limit", "1000"])
}

#[test]
fn a_backup_during_runs_goes_on_elsewhere_where_it_was_taken() {
    let mut server = Server::start();
    server.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let mut jobs = "- {name: nightly, cronExpression: '30 2 * * *', handlerName: EchoHandler}\n\
                    - {name: stuck, every: 1d, handlerName: Loops}\n"
        .to_owned();
    for number in 0..BUSY {
        let job = format!("- {{name: busy {number}, every: 1s, handlerName: EchoHandler}}\n");
        jobs.push_str(&job);
    }
    let _ = server.apply(&jobs).ok();
    let stuck = server.json(&["job", "trigger", "stuck"])["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    eventually("it runs", || {
        (server.json(&["run", "show", &stuck])["status"] == "running").then_some(())
    });
    eventually("the others run too", || {
        server
            .items(&["run", "list", "--job", "busy 0", "--state", "success"])
            .pop()
    });

    let before = log_of(&server, "busy 0");
    let file = server.scratch().join("backup.db");
    let taken = server.json(&["backup", path(&file)]);
    assert_eq!(taken["jobs"], BUSY + 2, "{taken}");
    assert_eq!(
        fs::metadata(&file).expect("it is there").len(),
        taken["bytes"].as_u64().expect("a size")
    );
    eventually("runs after the backup", || {
        (log_of(&server, "busy 0").len() > before.len() + 3).then_some(())
    });
    let next = server.json(&["job", "next", "nightly", "-n", "2"]);
    let after = ids(&log_of(&server, "busy 0"));
    server.kill();

    let restored = Server::restored(&file);
    assert_eq!(restored.items(&["job", "list"]).len(), BUSY + 2);
    let run = eventually("the interrupted run is repeated", || {
        let run = restored.json(&["run", "show", &stuck]);
        (run["attempts"].as_array().expect("attempts").len() == 2 && run["status"] == "running")
            .then_some(run)
    });
    assert_eq!(run["attempts"][0]["status"], "abandoned");
    assert_eq!(restored.json(&["job", "next", "nightly", "-n", "2"]), next);
    eventually("new runs", || {
        let log = log_of(&restored, "busy 0");
        (log.iter().filter(|row| row["status"] == "success").count() > before.len() + 2).then_some(())
    });
    let now = ids(&log_of(&restored, "busy 0"));
    let before = ids(&before);
    assert!(before.is_subset(&now), "the history before the backup is there");
    // What the first server did after its backup was done under other ids.
    let lost: BTreeSet<_> = after.difference(&before).collect();
    let new: BTreeSet<_> = now.difference(&before).collect();
    let both: Vec<_> = lost.intersection(&new).collect();
    assert!(both.len() <= 2, "only what was under way is in both: {both:?}");
    let _ = restored.run(&["run", "cancel", &stuck]).ok();
}

#[test]
fn a_directory_is_copied_while_no_server_has_it_and_never_over_anything() {
    let mut server = Server::start();
    let _ = server.apply("- {name: kept, every: 1d, handlerName: X}\n").ok();
    let (data, scratch) = (server.data_dir(), server.scratch().to_owned());
    let file = scratch.join("backup.db");
    let locally = ["backup", path(&file), "--data-dir", path(&data)];
    let refused = wasmtab(&locally).fails_with(5);
    assert!(refused.stderr.contains("--server"), "{}", refused.stderr);
    assert!(!file.exists());
    let viewer = server.json(&["token", "create", "looker", "--role", "viewer"]);
    let _ = server
        .run_as(
            viewer["token"].as_str().expect("a token"),
            &["backup", path(&file)],
        )
        .fails_with(3);

    assert_eq!(server.stop(), Some(0));
    let _ = wasmtab(&locally).ok();
    let _ = wasmtab(&locally).fails_with(5);
    let other = scratch.join("other.db");
    let missing = ["backup", path(&other), "--data-dir", path(&scratch)];
    let _ = wasmtab(&missing).fails_with(4);

    let elsewhere = scratch.join("elsewhere");
    let to = |directory: &Path| {
        let args = ["restore", path(&file), "--data-dir", path(directory)];
        wasmtab(&args)
    };
    let _ = to(&data).fails_with(5);
    let restored = to(&elsewhere).ok();
    assert!(
        restored.stdout.contains("wasmtab serve --data-dir"),
        "{}",
        restored.stdout
    );
    let _ = to(&elsewhere).fails_with(5);
    let text = scratch.join("text.db");
    fs::write(&text, "not a database").expect("the scratch directory takes files");
    let new = scratch.join("new");
    let args = ["restore", path(&text), "--data-dir", path(&new)];
    let _ = wasmtab(&args).fails_with(2);
    let missing = scratch.join("missing");
    let args = ["restore", path(&missing), "--data-dir", path(&new)];
    let _ = wasmtab(&args).fails_with(4);
    server.restart();
    assert_eq!(server.items(&["job", "list"]).len(), 1);
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
