//! One line for every run that ends.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::{
    client::{self, Client},
    exit::Failure,
    output::{
        self,
        cell::{duration, present, raw, short, text},
    },
};

/// How often the server is asked what has ended.
const PAUSE: Duration = Duration::from_millis(500);
/// Runs that one look takes in: a demo has a few each second at most.
const LOOK: usize = 200;

/// Which runs were told already.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeSet<String>);

/// Prints until the server is gone.
pub(super) async fn follow(client: &Client) -> Result<(), Failure> {
    let mut told = Told::default();
    loop {
        let list = client.list(&["runs"], LOOK, |request| request).await?;
        let runs = list
            .get("items")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        for run in told.new_ends(runs) {
            output::write(&line(run))?;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Told {
    /// The runs that have ended since, oldest first.
    fn new_ends<'a>(&mut self, runs: &'a [Value]) -> Vec<&'a Value> {
        let ids: BTreeSet<&str> = runs.iter().filter_map(|run| raw(run, "/id")).collect();
        // What is not on the page any more does not come back.
        self.0.retain(|id| ids.contains(id.as_str()));
        let mut ends: Vec<&Value> = runs
            .iter()
            .filter(|run| {
                client::is_ended(run) && raw(run, "/id").is_some_and(|id| self.0.insert(id.to_owned()))
            })
            .collect();
        ends.sort_by_key(|run| {
            raw(run, "/endTime").and_then(|at| at.parse::<wasmtab_domain::time::Timestamp>().ok())
        });
        ends
    }
}

/// The end, how it ended, what ended, how long its last attempt took, what it said.
fn line(run: &Value) -> String {
    let at = raw(run, "/endTime").and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
    let at = at.map_or_else(|| "-".into(), |at| at.format("%H:%M:%S").to_string());
    let job = present(run, "/jobName").unwrap_or_else(|| format!("call {}", text(run, "/handlerName")));
    let tries = match run.get("executeIndex").and_then(Value::as_u64) {
        Some(1) | None => String::new(),
        Some(count) => format!("{count} tries"),
    };
    let said = present(run, "/error")
        .or_else(|| present(run, "/result"))
        .unwrap_or_default();
    format!(
        "{at}  {:<10}  {}  {:>8}  {tries:<7}  {}\n",
        text(run, "/status"),
        padded(&job, 22),
        took(run),
        short(&said, 70)
    )
}

fn took(run: &Value) -> String {
    let instant =
        |pointer| raw(run, pointer).and_then(|at| at.parse::<wasmtab_domain::time::Timestamp>().ok());
    match (instant("/beginTime"), instant("/endTime")) {
        (Some(begin), Some(end)) => {
            let millis = u64::try_from(end.since(begin).as_millis()).unwrap_or(u64::MAX);
            duration(&Value::from(millis), "")
        }
        _ => "-".into(),
    }
}

/// To `width` columns of a terminal, where a Chinese character takes two.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(id: &str, status: &str, end: &str) -> Value {
        json!({
            "id": id, "status": status, "jobName": "数据备份", "handlerName": "H", "executeIndex": 3,
            "beginTime": "2026-11-24T01:00:00Z", "endTime": end, "result": "ok\n",
        })
    }

    #[test]
    fn every_end_is_told_once_in_the_order_of_the_ends() {
        let mut told = Told::default();
        let page = [
            run("3", "running", "2026-11-24T01:00:00Z"),
            run("2", "success", "2026-11-24T01:00:01Z"),
            run("1", "failure", "2026-11-24T01:00:02Z"),
        ];
        let ids = |ends: Vec<&Value>| ends.iter().map(|run| text(run, "/id")).collect::<Vec<_>>();
        assert_eq!(ids(told.new_ends(&page)), ["2", "1"]);
        assert_eq!(ids(told.new_ends(&page)), Vec::<String>::new());
        let page = [run("3", "success", "2026-11-24T01:00:03Z"), page[1].clone()];
        assert_eq!(ids(told.new_ends(&page)), ["3"]);
    }

    #[test]
    fn lines_are_aligned_whatever_the_script() {
        assert_eq!(
            line(&run("1", "success", "2026-11-24T01:00:00.012Z")),
            "01:00:00  success     数据备份                   12 ms  3 tries  ok\n"
        );
        assert_eq!(padded("数据备份", 10).width(), padded("flaky", 10).width());
    }
}
