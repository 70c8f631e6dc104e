//! What a message says: one JSON object, whose `text` is the whole of it as a sentence.

use serde_json::{Map, Value, json};

use super::{Event, MESSAGE_ERROR_BYTES};
use crate::{
    ids::RunId,
    interval::Interval,
    run::{Attempt, RunStatus},
    status::AttemptStatus,
    time::Timestamp,
};

/// What a message says of the job.
#[derive(Clone, Debug, Default)]
pub struct JobFacts {
    /// Words by which jobs are chosen together.
    pub labels: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What to do when it fails.
    pub runbook: Option<String>,
}

/// Everything that a message is made of.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// What it tells.
    pub event: Event,
    /// When that came about.
    pub at: Timestamp,
    /// The job; none for a call, and where it was deleted meanwhile.
    pub job: Option<&'a JobFacts>,
    /// The attempt that decided the run, or that goes on for long; none for a test.
    pub attempt: Option<&'a Attempt>,
    /// How the run stands; of shards, how all of them ended together.
    pub status: Option<RunStatus>,
    /// The first failed run since the last success, and when it had failed.
    pub failing: Option<(RunId, Timestamp)>,
    /// The job's `warnAfter`.
    pub warn_after: Option<Interval>,
}

impl Message<'_> {
    /// The body of a delivery. `id` is the delivery's own.
    pub fn body(&self, id: i64, rules: &[String]) -> Value {
        let mut body = json!({
            "id": id.to_string(),
            "event": self.event,
            "at": self.at,
            "text": self.text(),
            "rules": rules,
        });
        let Some(members) = body.as_object_mut() else {
            return body;
        };
        if let Some(attempt) = self.attempt {
            members.insert("job".into(), self.job_of(attempt));
            members.insert("run".into(), self.run_of(attempt));
        }
        if let Some((run, since)) = self.failing.filter(|_| self.event == Event::Recovery) {
            let failing = json!({ "runId": run, "since": since });
            members.insert("recoveredFrom".into(), failing);
        }
        if let Some(length) = self.warn_after.filter(|_| self.event == Event::WarnAfter) {
            members.insert("warnAfter".into(), json!(length));
        }
        body
    }

    /// One sentence.
    fn text(&self) -> String {
        let Some(attempt) = self.attempt else {
            return "wasmtab: this is a test of the channel; nothing has happened".into();
        };
        let who = match &attempt.job_name {
            Some(job) => format!("job {job}"),
            None => format!("a call of {}", attempt.handler_name),
        };
        let run = attempt
            .run_id
            .map_or_else(String::new, |run| format!(" (run {run})"));
        let sentence = match self.event {
            Event::Failure => {
                let tries = match attempt.execute_index {
                    1 => String::new(),
                    tries => format!(" at attempt {tries}"),
                };
                let error = self
                    .error(attempt)
                    .map_or_else(String::new, |error| format!(": {error}"));
                format!("{who} failed{tries}, {}{run}{error}", self.status_word(attempt))
            }
            Event::Recovery => {
                let since = self
                    .failing
                    .map_or_else(String::new, |(_, since)| format!(" after failing since {since}"));
                format!("{who} succeeded{since}{run}")
            }
            Event::WarnAfter => {
                let length = self
                    .warn_after
                    .map_or_else(String::new, |length| format!(" than {length}"));
                format!("{who} goes on for longer{length}{run}")
            }
            Event::Test => "this is a test".into(),
        };
        format!("wasmtab: {sentence}")
    }

    fn status_word(&self, attempt: &Attempt) -> &'static str {
        self.status.map_or(attempt.status.as_str(), RunStatus::as_str)
    }

    fn job_of(&self, attempt: &Attempt) -> Value {
        let (Some(id), Some(name)) = (attempt.job_id, &attempt.job_name) else {
            return Value::Null;
        };
        let nothing = JobFacts::default();
        let facts = self.job.unwrap_or(&nothing);
        json!({
            "id": id,
            "name": name,
            "labels": facts.labels,
            "owner": facts.owner,
            "runbook": facts.runbook,
        })
    }

    fn run_of(&self, attempt: &Attempt) -> Value {
        let mut run = Map::new();
        for (name, value) in [
            ("id", json!(attempt.run_id)),
            ("status", json!(self.status_word(attempt))),
            ("handlerName", json!(attempt.handler_name)),
            ("trigger", json!(attempt.trigger)),
            ("scheduledAt", json!(attempt.scheduled_at)),
            ("executeIndex", json!(attempt.execute_index)),
            ("beginTime", json!(attempt.begin_time)),
            ("endTime", json!(attempt.end_time)),
            ("duration", json!(attempt.duration)),
            ("error", json!(self.error(attempt))),
            ("plugin", json!(attempt.plugin)),
            ("pluginVersion", json!(attempt.plugin_version)),
            ("node", json!(attempt.node)),
        ] {
            run.insert(name.into(), value);
        }
        if attempt.shard.count > 1 {
            run.insert("shardIndex".into(), json!(attempt.shard.index));
            run.insert("shardCount".into(), json!(attempt.shard.count));
        }
        Value::Object(run)
    }

    fn error<'a>(&self, attempt: &'a Attempt) -> Option<&'a str> {
        // A success that came late bears no error; an attempt that goes on has none of its own yet.
        let error = attempt
            .error
            .as_deref()
            .filter(|_| attempt.status != AttemptStatus::Success && self.event == Event::Failure)?;
        Some(&error[..error.floor_char_boundary(MESSAGE_ERROR_BYTES)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{AttemptId, JobId},
        run::Shard,
        status::Trigger,
    };

    fn attempt(status: AttemptStatus, error: Option<&str>) -> Attempt {
        Attempt {
            id: AttemptId(11),
            run_id: Some(RunId(9)),
            job_id: Some(JobId(3)),
            job_name: Some("nightly".into()),
            revision: Some(1),
            handler_name: "H".into(),
            handler_param: Some("{\"password\": \"hunter2\"}".into()),
            execute_index: 3,
            status,
            reason: None,
            blocked_by: None,
            trigger: Trigger::Cron,
            requested_by: None,
            upstream_run: None,
            shard: Shard::WHOLE,
            scheduled_at: Timestamp::from_secs(1_000),
            scheduled_until: None,
            fire_count: None,
            due_at: None,
            claimed_at: None,
            begin_time: Some(Timestamp::from_secs(1_001)),
            end_time: Some(Timestamp::from_secs(1_002)),
            duration: Some(1_000),
            result: Some("secret result".into()),
            error: error.map(str::to_owned),
            backtrace: None,
            refusals: Vec::new(),
            plugin: Some("p".into()),
            plugin_version: Some(2),
            digest: None,
            node: Some("n".into()),
            boot_id: None,
            fuel_used: None,
            peak_memory: None,
            log_lines: 0,
            log_cut_lines: 0,
            retry_at: None,
            last: true,
            warned_at: None,
        }
    }

    fn message<'a>(event: Event, attempt: Option<&'a Attempt>, job: &'a JobFacts) -> Message<'a> {
        Message {
            event,
            at: Timestamp::from_secs(1_002),
            job: Some(job),
            attempt,
            status: None,
            failing: Some((RunId(5), Timestamp::from_secs(600))),
            warn_after: Some(Interval::from_secs(300)),
        }
    }

    #[test]
    fn a_failure_says_what_and_why_but_neither_parameter_nor_result() {
        let job = JobFacts {
            labels: vec!["billing".into()],
            owner: Some("ann".into()),
            runbook: None,
        };
        let attempt = attempt(AttemptStatus::Timeout, Some("too slow"));
        let body = message(Event::Failure, Some(&attempt), &job).body(42, &["all".into()]);
        assert_eq!(
            body["text"],
            "wasmtab: job nightly failed at attempt 3, timeout (run 9): too slow"
        );
        assert_eq!((&body["id"], &body["event"]), (&json!("42"), &json!("failure")));
        assert_eq!(
            (&body["run"]["id"], &body["run"]["status"]),
            (&json!("9"), &json!("timeout"))
        );
        assert_eq!(
            body["job"],
            json!({ "id": 3, "name": "nightly", "labels": ["billing"], "owner": "ann", "runbook": null })
        );
        assert_eq!(body.get("recoveredFrom"), None);
        let text = body.to_string();
        assert!(
            !text.contains("hunter2") && !text.contains("secret result"),
            "{text}"
        );
    }

    #[test]
    fn a_recovery_says_from_what() {
        let attempt = attempt(AttemptStatus::Success, None);
        let body = message(Event::Recovery, Some(&attempt), &JobFacts::default()).body(1, &[]);
        assert_eq!(
            body["text"],
            "wasmtab: job nightly succeeded after failing since 1970-01-01T00:10:00Z (run 9)"
        );
        assert_eq!(
            body["recoveredFrom"],
            json!({ "runId": "5", "since": "1970-01-01T00:10:00Z" })
        );
    }

    #[test]
    fn a_warning_says_how_long() {
        let attempt = attempt(AttemptStatus::Running, None);
        let body = message(Event::WarnAfter, Some(&attempt), &JobFacts::default()).body(1, &[]);
        assert_eq!(
            body["text"],
            "wasmtab: job nightly goes on for longer than 5m (run 9)"
        );
        assert_eq!(
            (&body["warnAfter"], &body["run"]["status"]),
            (&json!(300), &json!("running"))
        );
    }

    #[test]
    fn a_call_has_no_job_and_a_test_no_run() {
        let mut attempt = attempt(AttemptStatus::Failure, Some(&"é".repeat(5_000)));
        attempt.job_id = None;
        attempt.job_name = None;
        let body = message(Event::Failure, Some(&attempt), &JobFacts::default()).body(1, &[]);
        assert_eq!(body["job"], Value::Null);
        assert!(
            body["text"]
                .as_str()
                .unwrap()
                .starts_with("wasmtab: a call of H failed")
        );
        assert!(body["run"]["error"].as_str().unwrap().len() <= MESSAGE_ERROR_BYTES);
        let body = message(Event::Test, None, &JobFacts::default()).body(1, &[]);
        assert_eq!((body.get("run"), body.get("job")), (None, None));
        assert!(body["text"].as_str().unwrap().contains("a test of the channel"));
    }
}
