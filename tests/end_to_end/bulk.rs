//! Many jobs are changed at once, and a pause of all is many pauses.

use crate::support::Server;

fn server() -> Server {
    let server = Server::start();
    let _ = server
        .apply(
            "- {name: a, every: 1d, handlerName: H, labels: [night]}\n\
             - {name: b, every: 1d, handlerName: H, labels: [night, eu]}\n\
             - {name: c, every: 1d, handlerName: H}\n",
        )
        .ok();
    server
}

fn names(server: &Server, args: &[&str]) -> Vec<String> {
    let jobs = server.items(&[&["job", "list"], args].concat());
    jobs.iter()
        .map(|job| job["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn a_pause_by_label_is_previewed_listed_and_lifted() {
    let server = server();
    assert_eq!(names(&server, &["--label", "night"]), ["a", "b"]);
    let dry = server
        .run(&["pause", "--label", "night", "--note", "disks", "--dry-run"])
        .ok()
        .stdout;
    assert!(dry.contains("2 of 2 jobs would be paused"), "{dry}");
    assert!(dry.contains("nothing was changed"), "{dry}");
    assert!(names(&server, &["--paused"]).is_empty());

    let done = server
        .run(&["pause", "--label", "night", "--note", "disks", "--until", "2h"])
        .ok()
        .stdout;
    assert!(done.contains("2 of 2 jobs were paused"), "{done}");
    assert_eq!(names(&server, &["--paused"]), ["a", "b"]);
    assert_eq!(names(&server, &["--paused=false"]), ["c"]);
    let listed = server.run(&["job", "list"]).ok().stdout;
    assert!(listed.contains("LABELS") && listed.contains("paused"), "{listed}");

    let all = server.json(&["pause", "--all", "--note", "incident"]);
    assert_eq!(
        (&all["changed"], &all["unchanged"]),
        (&1.into(), &2.into()),
        "a pause that is there stays"
    );
    let _ = server.run(&["resume", "--all", "--note", "incident"]).ok();
    assert_eq!(names(&server, &["--paused"]), ["a", "b"]);
    let _ = server.run(&["resume", "--label", "night"]).ok();
    assert!(names(&server, &["--paused"]).is_empty());
}

#[test]
fn a_misspelt_label_is_not_found_and_a_choice_is_needed() {
    let server = server();
    let refused = server.run(&["pause", "--label", "nigth"]).fails_with(4);
    assert!(refused.stderr.contains("no such jobs"), "{}", refused.stderr);
    let _ = server.run(&["pause"]).fails_with(2);
    let _ = server.run(&["pause", "--all", "--label", "night"]).fails_with(2);
    let _ = server.run(&["job", "bulk", "stop"]).fails_with(2);
    let _ = server.run(&["run", "cancel", "--label", "night"]).ok();
}

#[test]
fn what_jobs_say_is_changed_together() {
    let server = server();
    let _ = server.run(&["job", "bulk", "stop", "--label", "night"]).ok();
    assert_eq!(names(&server, &["--status", "stopped"]), ["a", "b"]);
    let _ = server.run(&["job", "bulk", "start", "a", "b"]).ok();
    let _ = server
        .run(&["job", "bulk", "label", "--all", "--labels", "x,y"])
        .ok();
    assert_eq!(names(&server, &["--label", "y"]), ["a", "b", "c"]);
    let _ = server
        .run(&["job", "bulk", "assign-handler", "--label", "eu", "--to", "Other"])
        .ok();
    assert_eq!(names(&server, &["--handler", "Other"]), ["b"]);
    let _ = server
        .run(&["job", "bulk", "delete", "--search", "c", "--yes"])
        .ok();
    assert_eq!(names(&server, &[]), ["a", "b"]);

    let shown = server.run(&["job", "show", "b"]).ok().stdout;
    assert!(shown.contains("labels          eu, night, x, y"), "{shown}");
    assert!(!shown.contains("priority"), "only what is said is shown: {shown}");
}
