//! Runs and attempts as people see them.

use serde_json::Value;

use crate::{
    client::{self, Client, WaitArgs},
    context::Context,
    exit::Failure,
    output::{
        cell::{bytes, duration, present, short, text, time},
        clean,
        table::{column, facts, render},
    },
};

/// The width of an error in a list.
const ERROR: usize = 60;

/// A list of runs.
pub(crate) fn runs(runs: &[Value]) -> String {
    let columns = [
        column("RUN", |run| text(run, "/id")),
        column("STATUS", |run| text(run, "/status")),
        column("JOB", job),
        column("HANDLER", |run| text(run, "/handlerName")),
        column("TRIGGER", trigger),
        column("SCHEDULED", |run| time(run, "/scheduledAt")),
        column("TRIES", |run| text(run, "/executeIndex")),
        column("ERROR", |run| {
            short(&present(run, "/error").unwrap_or_default(), ERROR)
        }),
    ];
    render(&columns, runs, "there are no such runs")
}

/// A list of attempts, skipped fires among them.
pub(crate) fn attempts(attempts: &[Value]) -> String {
    let columns = [
        column("RUN", |attempt| text(attempt, "/runId")),
        column("TRY", |attempt| text(attempt, "/executeIndex")),
        column("STATUS", status),
        column("TRIGGER", trigger),
        column("SCHEDULED", scheduled),
        column("BEGAN", |attempt| time(attempt, "/beginTime")),
        column("TOOK", |attempt| duration(attempt, "/duration")),
        column("ON", ran_on),
        column("RESULT OR ERROR", |attempt| {
            short(
                &present(attempt, "/error")
                    .or_else(|| present(attempt, "/result"))
                    .unwrap_or_default(),
                ERROR,
            )
        }),
    ];
    render(&columns, attempts, "nothing was carried out yet")
}

fn status(attempt: &Value) -> String {
    match present(attempt, "/reason") {
        Some(reason) => format!("{} ({reason})", text(attempt, "/status")),
        None => text(attempt, "/status"),
    }
}

/// Who or what brought it about.
fn trigger(run: &Value) -> String {
    let trigger = text(run, "/trigger");
    match (present(run, "/requestedBy"), present(run, "/upstreamRun")) {
        (Some(by), _) => format!("{trigger} by {by}"),
        (None, Some(upstream)) => format!("{trigger} after {upstream}"),
        (None, None) => trigger,
    }
}

/// The job's name, and which of its fire's parts the run is.
fn job(run: &Value) -> String {
    match shard(run) {
        Some(shard) => format!("{} [{shard}]", text(run, "/jobName")),
        None => text(run, "/jobName"),
    }
}

fn shard(run: &Value) -> Option<String> {
    let count = run
        .get("shardCount")
        .and_then(Value::as_u64)
        .filter(|count| *count > 1)?;
    Some(format!("shard {} of {count}", text(run, "/shardIndex")))
}

/// The planned instant; of skipped fires that share a row, the first, the last and their number.
fn scheduled(attempt: &Value) -> String {
    let first = time(attempt, "/scheduledAt");
    match attempt.get("fireCount").and_then(Value::as_u64) {
        Some(count @ 2..) => format!("{first} to {} ({count} fires)", time(attempt, "/scheduledUntil")),
        _ => first,
    }
}

fn ran_on(attempt: &Value) -> String {
    match (present(attempt, "/plugin"), present(attempt, "/pluginVersion")) {
        (Some(plugin), Some(version)) => format!("{plugin}@{version}"),
        _ => "-".into(),
    }
}

/// What is known of a run, without its attempts.
pub(crate) fn facts_of(run: &Value) -> String {
    let mut rows = vec![("run", text(run, "/id")), ("status", text(run, "/status"))];
    for (name, pointer) in [("job", "/jobName"), ("revision", "/revision")] {
        rows.extend(present(run, pointer).map(|value| (name, value)));
    }
    rows.extend(shard(run).map(|shard| ("shard", shard)));
    rows.extend([
        ("handler", text(run, "/handlerName")),
        ("param", text(run, "/handlerParam")),
        ("trigger", trigger(run)),
        ("scheduled", time(run, "/scheduledAt")),
    ]);
    if !client::is_ended(run) && present(run, "/dueAt").is_some() {
        rows.push(("due", time(run, "/dueAt")));
    }
    if present(run, "/pendingUntil").is_some() {
        let until = time(run, "/pendingUntil");
        rows.push((
            "pending",
            format!("its work goes on elsewhere, until {until} at the longest"),
        ));
    }
    for (name, pointer) in [
        ("held", "/held"),
        ("retry of", "/retryOf"),
        ("upstream", "/upstreamRun"),
        ("cancel asked by", "/cancelRequestedBy"),
        ("result", "/result"),
        ("error", "/error"),
    ] {
        rows.extend(present(run, pointer).map(|value| (name, value)));
    }
    facts(&rows)
}

/// One attempt in full, without its log.
pub(crate) fn attempt(attempt: &Value) -> String {
    let mut shown = format!(
        "attempt {}: {}\n",
        text(attempt, "/executeIndex"),
        status(attempt)
    );
    let mut rows = Vec::new();
    if let Some(digest) = present(attempt, "/digest") {
        rows.push(("on", format!("{} sha256:{digest}", ran_on(attempt))));
    }
    rows.extend(present(attempt, "/node").map(|node| ("node", node)));
    for (name, pointer) in [
        ("due", "/dueAt"),
        ("claimed", "/claimedAt"),
        ("began", "/beginTime"),
        ("late since", "/warnedAt"),
        ("ended", "/endTime"),
        ("retry at", "/retryAt"),
    ] {
        if present(attempt, pointer).is_some() {
            rows.push((name, time(attempt, pointer)));
        }
    }
    if present(attempt, "/duration").is_some() {
        rows.push(("took", duration(attempt, "/duration")));
    }
    rows.extend(present(attempt, "/fuelUsed").map(|fuel| ("fuel used", fuel)));
    if present(attempt, "/peakMemory").is_some() {
        rows.push(("peak memory", bytes(attempt, "/peakMemory")));
    }
    for (name, pointer) in [
        ("result", "/result"),
        ("error", "/error"),
        ("exit code", "/exitCode"),
    ] {
        rows.extend(present(attempt, pointer).map(|value| (name, value)));
    }
    for refusal in attempt
        .get("refusals")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let grant = present(refusal, "/grant")
            .map_or_else(String::new, |grant| format!(", which `{grant}` would grant"));
        rows.push(("refused", format!("{}{grant}", text(refusal, "/wanted"))));
    }
    indent(&mut shown, &facts(&rows));
    if let Some(backtrace) = attempt.get("backtrace").and_then(Value::as_str) {
        shown.push_str("  backtrace\n");
        indent(
            &mut shown,
            &format!("  {}\n", clean::clean(backtrace).trim_end().replace('\n', "\n  ")),
        );
    }
    shown
}

fn indent(shown: &mut String, text: &str) {
    for line in text.lines() {
        shown.push_str("  ");
        shown.push_str(line);
        shown.push('\n');
    }
}

/// One log line: when, how grave, about what, what.
pub(crate) fn log_line(line: &Value) -> String {
    let target = present(line, "/target").filter(|target| !target.is_empty());
    let target = target.map_or_else(String::new, |target| format!("{target}: "));
    let message = line.get("message").and_then(Value::as_str).unwrap_or_default();
    format!(
        "{}  {:<8}  {target}{}\n",
        time(line, "/at"),
        text(line, "/level"),
        clean::clean(message)
    )
}

/// The lines of an attempt's log, with the place where its limits cut some out.
pub(crate) fn log_lines(log: &Value) -> Vec<String> {
    let lines = log
        .get("lines")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let mut shown: Vec<String> = lines.iter().map(log_line).collect();
    let cut = log.get("cutLines").and_then(Value::as_u64).unwrap_or(0);
    if cut > 0 {
        let after = log.get("cutAfter").and_then(Value::as_u64).unwrap_or(0) as usize;
        let note = format!(
            "… {cut} lines ({}) are beyond the limit and were not kept …\n",
            bytes(log, "/cutBytes")
        );
        shown.insert(after.min(shown.len()), note);
    }
    shown
}

/// The end of an attempt's log, indented, and how to see the rest.
pub(crate) fn last_lines(log: &Value, count: usize, run: &str) -> String {
    let lines = log_lines(log);
    let left_out = lines.len().saturating_sub(count);
    let mut shown = String::from("  log\n");
    if left_out > 0 {
        shown = format!("{shown}    … {left_out} earlier lines: wasmtab run logs {run}\n");
    }
    for line in &lines[left_out..] {
        shown.push_str("    ");
        shown.push_str(line);
    }
    shown
}

/// Tells that a run was started; waits for its end where that was asked.
pub(crate) async fn finish(
    context: &Context,
    client: &Client,
    run: Value,
    wait: WaitArgs,
) -> Result<(), Failure> {
    let id = text(&run, "/id");
    if !wait.wait {
        return context.out.one(&run, |run| {
            let due = match present(run, "/dueAt") {
                Some(_) if text(run, "/status") == "scheduled" => format!(", due {}", time(run, "/dueAt")),
                _ => String::new(),
            };
            format!(
                "run {id} is {}{due}; see `wasmtab run show {id}`\n",
                text(run, "/status")
            )
        });
    }
    let run = client::wait_for_run(client, &id, wait.wait_timeout).await?;
    context.out.one(&run, facts_of)?;
    client::outcome(&run)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attempt_tells_its_whole_story() {
        let shown = attempt(&json!({
            "executeIndex": 2, "status": "trap", "plugin": "flaky", "pluginVersion": 3, "digest": "ab12", "node": "n1",
            "beginTime": "2026-11-24T09:00:00.120+08:00", "endTime": "2026-11-24T09:00:00.132+08:00", "duration": 12,
            "fuelUsed": 4_242, "peakMemory": 1_114_112, "error": "panicked", "backtrace": "0: core::panic\n1: flaky::run",
            "refusals": [{"wanted": "GET http://10.0.0.1/", "grant": "net=10.0.0.0/8"}],
        }));
        for line in [
            "attempt 2: trap\n",
            "  on           flaky@3 sha256:ab12\n",
            "  began        2026-11-24 09:00:00.120 +08:00\n",
            "  took         12 ms\n",
            "  fuel used    4242\n",
            "  peak memory  1.1 MiB\n",
            "  error        panicked\n",
            "  refused      GET http://10.0.0.1/, which `net=10.0.0.0/8` would grant\n",
            "    0: core::panic\n    1: flaky::run\n",
        ] {
            assert!(shown.contains(line), "{line:?} is missing in\n{shown}");
        }
    }

    #[test]
    fn skipped_fires_that_share_a_row_are_counted() {
        let shown = attempts(&[json!({
            "executeIndex": 0, "status": "skipped", "reason": "paused", "trigger": "cron",
            "scheduledAt": "2026-11-24T09:00:00+08:00", "scheduledUntil": "2026-11-24T11:00:00+08:00", "fireCount": 3,
        })]);
        assert!(shown.contains("skipped (paused)"), "{shown}");
        assert!(
            shown.contains("to 2026-11-24 11:00:00 +08:00 (3 fires)"),
            "{shown}"
        );
    }

    #[test]
    fn the_cut_in_a_log_is_shown_where_it_is() {
        let line = |message: &str| json!({"at": "2026-11-24T01:00:00Z", "level": "info", "target": "", "message": message});
        let log = json!({"lines": [line("first"), line("\u{1b}[2Jlast")], "cutLines": 7, "cutBytes": 2_048, "cutAfter": 1});
        assert_eq!(
            log_lines(&log).concat(),
            "2026-11-24 01:00:00 UTC  info      first\n\
             … 7 lines (2 KiB) are beyond the limit and were not kept …\n\
             2026-11-24 01:00:00 UTC  info      last\n"
        );
        assert_eq!(
            last_lines(&log, 1, "9"),
            "  log\n    … 2 earlier lines: wasmtab run logs 9\n    2026-11-24 01:00:00 UTC  info      last\n"
        );
    }
}
