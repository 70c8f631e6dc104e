//! The fields of a job as flags. They are handed on as they were said: the server judges them and names what is wrong.

use clap::Args;
use serde_json::{Map, Value};

use super::file;
use crate::exit::Failure;

/// Every field of a job but its name.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Fields of the job")]
pub(crate) struct JobFields {
    /// Who answers
    #[arg(long, alias = "handler-name", value_name = "NAME")]
    handler: Option<String>,
    /// What the handler is given: a text, JSON by custom; @FILE reads a file
    #[arg(long, alias = "handler-param", value_name = "TEXT")]
    param: Option<String>,
    /// When it fires, as a cron expression
    #[arg(
        long,
        alias = "cron-expression",
        value_name = "EXPR",
        allow_hyphen_values = true
    )]
    cron: Option<String>,
    /// How the expression is read: unix or quartz [default: by its number of fields]
    #[arg(long, alias = "cron-dialect", value_name = "DIALECT")]
    dialect: Option<String>,
    /// When it fires, as a fixed grid: 30s, 5m
    #[arg(long, value_name = "LENGTH")]
    every: Option<String>,
    /// The IANA zone of the schedule [default: the server's]
    #[arg(long, alias = "tz", value_name = "ZONE")]
    timezone: Option<String>,
    /// normal or stopped
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// No fire before this instant (RFC 3339); the anchor of --every
    #[arg(long, value_name = "INSTANT")]
    start_at: Option<String>,
    /// No fire after this instant (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    end_at: Option<String>,
    /// Retries beyond the first attempt
    #[arg(long, value_name = "N")]
    retry_count: Option<String>,
    /// The wait before a retry
    #[arg(long, value_name = "LENGTH")]
    retry_interval: Option<String>,
    /// fixed, exponential, or a list of waits (10s,1m,5m)
    #[arg(long, value_name = "BACKOFF")]
    retry_backoff: Option<String>,
    /// What is tried again (failure,trap,timeout,noHandler,outOfFuel,outOfMemory)
    #[arg(long, value_name = "STATUSES")]
    retry_on: Option<String>,
    /// The longest one attempt may take
    #[arg(long, value_name = "LENGTH")]
    monitor_timeout: Option<String>,
    /// The most fuel one attempt may burn
    #[arg(long, value_name = "N")]
    fuel: Option<String>,
    /// The most memory one attempt may have: 64MiB
    #[arg(long, value_name = "SIZE")]
    memory_limit: Option<String>,
    /// While a run is active: skip, bufferOne, bufferAll, cancelOther or allow
    #[arg(long, value_name = "RULE")]
    overlap: Option<String>,
    /// Fires that nobody was there for: latest, all or skip
    #[arg(long, value_name = "RULE")]
    misfire: Option<String>,
    /// How old a missed fire may be that `--misfire all` still runs
    #[arg(long, value_name = "LENGTH")]
    catch_up_window: Option<String>,
    /// The longest by which a fire is put off
    #[arg(long, value_name = "LENGTH")]
    jitter: Option<String>,
    /// Which runs come first: -1000 to 1000
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    priority: Option<String>,
    /// Fires that run at most
    #[arg(long, value_name = "N")]
    max_runs: Option<String>,
    /// When it must not fire: names of calendars, or a JSON list of windows
    #[arg(long, value_name = "WINDOWS")]
    blackouts: Option<String>,
    /// Runs that one fire makes
    #[arg(long, value_name = "N")]
    shards: Option<String>,
    /// After how long an attempt somebody is told
    #[arg(long, value_name = "LENGTH")]
    warn_after: Option<String>,
    /// The plugin version that a retry runs: current or same
    #[arg(long, value_name = "WHICH")]
    retry_version: Option<String>,
    /// Jobs that start when a run has succeeded (a,b)
    #[arg(long, value_name = "JOBS")]
    on_success: Option<String>,
    /// Jobs that start when a run has failed for good (a,b)
    #[arg(long, value_name = "JOBS")]
    on_failure: Option<String>,
    /// Words by which jobs are chosen together (a,b)
    #[arg(long, value_name = "LABELS")]
    labels: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// What to do when it fails: a text or a link
    #[arg(long, value_name = "TEXT")]
    runbook: Option<String>,
    /// Any field by its name; FIELD=null puts its default back
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    sets: Vec<String>,
}

impl JobFields {
    /// The fields that were said, as the API takes them.
    pub(crate) fn into_map(self) -> Result<Map<String, Value>, Failure> {
        let mut fields = sets(&self.sets)?;
        for (name, said) in [
            ("handlerName", self.handler),
            ("handlerParam", self.param),
            ("cronExpression", self.cron),
            ("cronDialect", self.dialect),
            ("every", self.every),
            ("timezone", self.timezone),
            ("status", self.status),
            ("startAt", self.start_at),
            ("endAt", self.end_at),
            ("retryCount", self.retry_count),
            ("retryInterval", self.retry_interval),
            ("retryBackoff", self.retry_backoff),
            ("retryOn", self.retry_on),
            ("monitorTimeout", self.monitor_timeout),
            ("fuel", self.fuel),
            ("memoryLimit", self.memory_limit),
            ("overlap", self.overlap),
            ("misfire", self.misfire),
            ("catchUpWindow", self.catch_up_window),
            ("jitter", self.jitter),
            ("priority", self.priority),
            ("maxRuns", self.max_runs),
            ("blackouts", self.blackouts),
            ("shards", self.shards),
            ("warnAfter", self.warn_after),
            ("retryVersion", self.retry_version),
            ("onSuccess", self.on_success),
            ("onFailure", self.on_failure),
            ("labels", self.labels),
            ("owner", self.owner),
            ("runbook", self.runbook),
        ] {
            if let Some(said) = said {
                fields.insert(name.to_owned(), value_of(name, &said)?);
            }
        }
        Ok(fields)
    }
}

/// Fields by their names, as `--set` takes them.
pub(crate) fn sets(said: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut fields = Map::new();
    for said in said {
        let (name, value) = said
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or_else(|| Failure::usage(format!("--set: `{said}` is not FIELD=VALUE")))?;
        fields.insert(name.trim().to_owned(), value_of(name.trim(), value)?);
    }
    Ok(fields)
}

/// The JSON value that a field's text stands for.
fn value_of(name: &str, said: &str) -> Result<Value, Failure> {
    if said == "null" {
        return Ok(Value::Null);
    }
    Ok(match name {
        "handlerParam" => Value::String(file::or_literal(said)?),
        // Numbers go as numbers; whatever else is said is refused by the server with its own words.
        "retryCount" | "fuel" | "maxRuns" | "shards" | "priority" => said
            .trim()
            .parse::<i64>()
            .map_or_else(|_| said.into(), Value::from),
        "retryOn" | "onSuccess" | "onFailure" | "labels" | "blackouts" => list(said),
        "retryBackoff" if said.contains(',') || said.trim_start().starts_with('[') => list(said),
        // One wait is a list of one: `--retry-backoff 30s`.
        "retryBackoff" if said.starts_with(|c: char| c.is_ascii_digit()) => list(said),
        _ => said.into(),
    })
}

/// A JSON list, or words with commas between them.
fn list(said: &str) -> Value {
    if let Ok(list @ Value::Array(_)) = serde_json::from_str(said) {
        return list;
    }
    let words = said.trim().trim_start_matches('[').trim_end_matches(']');
    words
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(Value::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        fields: JobFields,
    }

    fn read(flags: &[&str]) -> Result<Value, Failure> {
        let flags = Flags::try_parse_from([&["job"], flags].concat()).unwrap();
        flags.fields.into_map().map(Value::Object)
    }

    #[test]
    fn flags_become_the_fields_of_the_api() {
        let said = read(&[
            "--handler",
            "H",
            "--param",
            "{\"a\": 1}",
            "--cron",
            "*/5 * * * *",
            "--tz",
            "Asia/Shanghai",
            "--retry-count",
            "3",
            "--retry-interval",
            "5m",
            "--retry-backoff",
            "10s,1m",
            "--retry-on",
            "failure, trap",
            "--memory-limit",
            "64MiB",
        ]);
        assert_eq!(
            said.unwrap(),
            json!({
                "handlerName": "H", "handlerParam": "{\"a\": 1}", "cronExpression": "*/5 * * * *",
                "timezone": "Asia/Shanghai", "retryCount": 3, "retryInterval": "5m", "retryBackoff": ["10s", "1m"],
                "retryOn": ["failure", "trap"], "memoryLimit": "64MiB",
            })
        );
    }

    #[test]
    fn set_takes_any_field_by_its_name() {
        assert_eq!(
            read(&[
                "--set",
                "retryCount=2",
                "--set",
                "fuel=null",
                "--set",
                "handlerParam=a=b",
                "--set",
                "name=42"
            ])
            .unwrap(),
            json!({"retryCount": 2, "fuel": null, "handlerParam": "a=b", "name": "42"})
        );
        assert_eq!(
            read(&["--set", "retryCount=many"]).unwrap(),
            json!({"retryCount": "many"})
        );
        assert_eq!(
            read(&["--set", "retryBackoff=[10, 60]"]).unwrap(),
            json!({"retryBackoff": [10, 60]})
        );
        assert!(
            read(&["--set", "retryCount"])
                .unwrap_err()
                .message
                .contains("FIELD=VALUE")
        );
    }
}
