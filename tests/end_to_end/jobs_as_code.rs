//! Jobs live in files: what is exported applies without a change, differences are told, and a prune removes its own alone.

use crate::support::Server;

const TEAM: &str = "- name: 日报\n  cronExpression: '0 2 * * *'\n  handlerName: H\n  handlerParam: {deep: [1, 'yes']}\n  \
    labels: [night]\n  onSuccess: [weekly]\n- {name: weekly, cronExpression: '0 9 * * 1', handlerName: H, retryCount: 3}\n";

fn write(server: &Server, name: &str, text: &str) -> String {
    let path = server.scratch().join(name);
    std::fs::write(&path, text).expect("the scratch directory takes files");
    path.to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn an_export_applies_without_a_change() {
    let server = Server::start();
    let _ = server.apply(TEAM).ok();
    let yaml = server.run(&["export"]).ok().stdout;
    assert!(
        yaml.contains("- name: weekly\n  handlerName: H\n  cronExpression: 0 9 * * 1\n"),
        "{yaml}"
    );
    assert!(
        !yaml.contains("monitorTimeout"),
        "only what differs is said: {yaml}"
    );
    let file = write(&server, "export.yaml", &yaml);
    let plan = server.json(&["apply", "-f", &file]);
    assert_eq!((&plan["unchanged"], &plan["updated"]), (&2.into(), &0.into()));
    let _ = server.run(&["diff", "-f", &file]).ok();
    assert_eq!(server.run(&["export"]).ok().stdout, yaml, "its order is stable");

    let json = server.run(&["export", "--label", "night", "-o", "json"]).ok();
    let file = write(&server, "export.json", &json.stdout);
    assert_eq!(server.json(&["apply", "-f", &file])["unchanged"], 1);
}

#[test]
fn a_difference_is_told_field_by_field_and_exits_with_one() {
    let server = Server::start();
    let file = write(&server, "team.yaml", TEAM);
    let _ = server.run(&["apply", "-f", &file, "--source", "team"]).ok();
    let _ = server.run(&["job", "edit", "weekly", "--retry-count", "1"]).ok();
    let differs = server.run(&["diff", "-f", &file]).fails_with(1);
    assert!(
        differs.stdout.contains("weekly  retryCount  1       3"),
        "{}",
        differs.stdout
    );
    assert!(differs.stderr.is_empty(), "{}", differs.stderr);
    let less = write(&server, "less.yaml", "- {name: new, every: 60, handlerName: H}\n");
    let differs = server
        .run(&["diff", "-f", &less, "--source", "team"])
        .fails_with(1);
    for line in ["only in the file", "日报", "only on the server"] {
        assert!(differs.stdout.contains(line), "{}", differs.stdout);
    }
    assert_eq!(server.items(&["job", "list"]).len(), 2, "nothing was changed");
}

#[test]
fn a_prune_removes_what_its_source_made_and_lifts_no_pause() {
    let server = Server::start();
    let file = write(&server, "team.yaml", TEAM);
    let _ = server.run(&["apply", "-f", &file, "--source", "team"]).ok();
    let _ = server
        .run(&["job", "create", "by-hand", "--every", "60", "--handler", "H"])
        .ok();
    let _ = server.run(&["job", "pause", "weekly", "--note", "audit"]).ok();

    let less = write(
        &server,
        "less.yaml",
        "- {name: weekly, cronExpression: '0 9 * * 1', handlerName: H, retryCount: 3}\n",
    );
    let prune = ["apply", "-f", &less, "--source", "team", "--prune"];
    let dry = server.run(&[&prune[..], &["--dry-run"]].concat()).ok();
    assert!(
        dry.stdout.contains("deleted") && dry.stdout.contains("日报"),
        "{}",
        dry.stdout
    );
    assert!(dry.stderr.contains("apply lifts no pause"), "{}", dry.stderr);
    assert_eq!(server.items(&["job", "list"]).len(), 3);
    let _ = server.run(&[&prune[..], &["--yes"]].concat()).ok();
    let left: Vec<_> = server
        .items(&["job", "list"])
        .iter()
        .map(|job| (job["name"].clone(), job["paused"].is_object()))
        .collect();
    assert_eq!(left, [("weekly".into(), true), ("by-hand".into(), false)]);
    let _ = server.run(&["apply", "-f", &less, "--prune"]).fails_with(2);
}

#[test]
fn a_chain_that_comes_round_is_refused_and_a_missing_job_is_a_warning() {
    let server = Server::start();
    let refused = server
        .apply(
            "- {name: a, every: 60, handlerName: H, onSuccess: [b]}\n- {name: b, every: 60, handlerName: H, onFailure: [a]}\n",
        )
        .fails_with(2);
    assert!(refused.stderr.contains("a -> b -> a"), "{}", refused.stderr);
    assert!(server.items(&["job", "list"]).is_empty());
    let warned = server
        .apply("- {name: a, every: 60, handlerName: H, onSuccess: [gone]}\n")
        .ok();
    assert!(warned.stderr.contains("gone"), "{}", warned.stderr);
    let shown = server.run(&["job", "show", "a"]).ok().stdout;
    assert!(shown.contains("gone (there is no such job)"), "{shown}");
}
