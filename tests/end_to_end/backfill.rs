//! Instants of the past are run afterwards, each for its own instant.

use crate::support::{Server, eventually, plugin};

#[test]
fn a_day_is_filled_in_its_order_and_the_count_comes_first() {
    let server = Server::start();
    server.bind("EchoHandler", "echo", &plugin("echo"), &[]);
    let _ = server
        .apply(
            "- {name: hourly, cronExpression: '0 * * * *', timezone: UTC, handlerName: EchoHandler, handlerParam: own}\n",
        )
        .ok();
    let range = [
        "--since",
        "2026-01-05T00:00:00Z",
        "--until",
        "2026-01-05T06:00:00Z",
    ];
    let fill = [&["job", "backfill", "hourly"], &range[..]].concat();
    let dry = server.run(&[&fill[..], &["--dry-run"]].concat()).ok().stdout;
    assert!(dry.starts_with("6 instants of hourly would be run"), "{dry}");
    assert!(server.items(&["run", "list"]).is_empty());

    let made = server.json(&[&fill[..], &["--param", "given", "--yes"]].concat());
    assert_eq!(made["count"], 6);
    let runs = eventually("six successes", || {
        let runs = server.items(&["run", "list", "--trigger", "backfill", "--state", "success"]);
        (runs.len() == 6).then_some(runs)
    });
    let mut by_end = runs.clone();
    by_end.sort_by_key(|run| run["endTime"].as_str().map(str::to_owned));
    let hours: Vec<_> = by_end
        .iter()
        .map(|run| run["scheduledAt"].as_str().expect("an instant").to_owned())
        .collect();
    let wanted: Vec<_> = (0..6).map(|hour| format!("2026-01-05T0{hour}:00:00Z")).collect();
    assert_eq!(hours, wanted, "one after another, oldest first");
    assert!(runs.iter().all(|run| run["result"] == "given"));

    let missed = server.json(&[&fill[..], &["--only-missed", "--yes"]].concat());
    assert_eq!((&missed["count"], &missed["hadRun"]), (&0.into(), &6.into()));
    let again = server.run(&[&fill[..], &["--dry-run"]].concat()).ok().stdout;
    assert!(
        again.contains("success") && again.contains("--only-missed"),
        "{again}"
    );
}

#[test]
fn a_range_that_asks_for_nothing_or_too_much_is_refused() {
    let server = Server::start();
    let _ = server
        .apply("- {name: minutely, cronExpression: '* * * * *', handlerName: H}\n")
        .ok();
    for (since, until, reason) in [
        ("2026-01-05T06:00:00Z", "2026-01-05T00:00:00Z", "until"),
        ("2026-01-05T00:00:10Z", "2026-01-05T00:00:20Z", "no fire"),
        ("2026-01-01T00:00:00Z", "2026-01-15T00:00:00Z", "10000"),
        ("1h", "2999-01-01T00:00:00Z", "future"),
    ] {
        let args = ["job", "backfill", "minutely", "--since", since, "--until", until];
        let refused = server.run(&args).fails_with(2);
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
    }
    assert!(server.items(&["run", "list"]).is_empty());
}
