//! The design document's own jobs.

use crate::support::{Server, seed_jobs};

#[test]
fn the_seeds_yaml_is_applied_as_it_stands_and_a_second_time_changes_nothing() {
    let server = Server::start();
    let file = seed_jobs(server.scratch());
    let file = file.to_str().unwrap();

    let dry = server.run(&["apply", "-f", file, "--dry-run"]).ok();
    assert!(dry.stdout.contains("Asia/Shanghai"), "{}", dry.stdout);
    assert!(
        server.items(&["job", "list"]).is_empty(),
        "a dry run makes nothing"
    );

    let plan = server.json(&["apply", "-f", file]);
    let actions: Vec<_> = plan["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["action"])
        .collect();
    assert_eq!(actions, ["created", "created", "created"]);
    let before: Vec<_> = server
        .items(&["job", "list"])
        .iter()
        .map(|job| job["nextFireAt"].clone())
        .collect();

    let again = server.json(&["apply", "-f", file]);
    let actions: Vec<_> = again["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["action"])
        .collect();
    assert_eq!(actions, ["unchanged", "unchanged", "unchanged"]);
    let after: Vec<_> = server
        .items(&["job", "list"])
        .iter()
        .map(|job| job["nextFireAt"].clone())
        .collect();
    assert_eq!(before, after);
}

#[test]
fn the_seeds_jobs_fire_at_their_hours_in_the_zone_that_was_asked_for() {
    let server = Server::start();
    let file = seed_jobs(server.scratch());
    let _ = server.run(&["apply", "-f", file.to_str().unwrap()]).ok();

    let next = |name: &str| -> Vec<String> {
        let next = server.json(&["job", "next", name, "-n", "3"]);
        next["next"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fire| fire.as_str().unwrap().to_owned())
            .collect()
    };
    assert!(
        next("数据备份")
            .iter()
            .all(|fire| fire.ends_with("T02:00:00+08:00"))
    );
    assert!(
        next("周报生成")
            .iter()
            .all(|fire| fire.ends_with("T09:00:00+08:00"))
    );
    assert!(
        next("系统健康检查")
            .iter()
            .all(|fire| fire.ends_with(":00:00+08:00"))
    );
    assert_eq!(next("周报生成").len(), 3);
}

#[test]
fn the_seeds_second_block_is_refused_with_the_advice_to_use_defaults() {
    let server = Server::start();
    let refused = server
        .apply("retryCount: 3\nretryInterval: 300\nmonitorTimeout: 1800\n")
        .fails_with(2);
    assert!(refused.stderr.contains("defaults"), "{}", refused.stderr);

    let _ = server
        .apply(
            "defaults: {retryCount: 3, retryInterval: 300, monitorTimeout: 1800}\n\
             jobs:\n  - {name: 数据备份, cronExpression: '0 2 * * *', handlerName: DataBackupHandler}\n",
        )
        .ok();
    let job = server.json(&["job", "show", "数据备份"]);
    assert_eq!(
        (&job["retryCount"], &job["retryInterval"]),
        (&3.into(), &300.into())
    );
}
