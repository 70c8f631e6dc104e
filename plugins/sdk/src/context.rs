//! What the handler may know about the attempt that it is.

use crate::bindings::wasmtab::job::types as wit;
use crate::time;
use std::fmt;
use std::time::{Duration, SystemTime};

/// Why a run exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A fire of the job's schedule.
    Cron,
    /// A person or a program asked for it.
    Manual,
    /// A delayed call; there is no job.
    Call,
    /// An instant of the past, asked for afterwards.
    Backfill,
    /// Another job's end started it.
    Chain,
}

impl fmt::Display for Trigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cron => "cron",
            Self::Manual => "manual",
            Self::Call => "call",
            Self::Backfill => "backfill",
            Self::Chain => "chain",
        })
    }
}

/// The run that started this one, where a chain did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The upstream run.
    pub run_id: String,
    /// The upstream job's name.
    pub job_name: String,
    /// The last attempt's status, as the API spells it.
    pub status: String,
    /// The upstream result; none when it failed.
    pub result: Option<String>,
}

/// The attempt that is being carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// None for a delayed call.
    pub job_id: Option<i64>,
    /// None for a delayed call.
    pub job_name: Option<String>,
    /// The name that the job asked for.
    pub handler_name: String,
    /// Stable over the attempts of one run: the idempotency key for effects outside the host.
    pub run_id: String,
    /// This attempt's number within the run, from 1.
    pub execute_index: u32,
    /// Why the run exists.
    pub trigger: Trigger,
    /// The planned instant, RFC 3339 with the job's offset.
    pub scheduled_at: String,
    /// The instant at which this attempt is stopped, RFC 3339 in UTC.
    pub deadline: String,
    /// From 0.
    pub shard_index: u32,
    /// 1 unless the job is sharded.
    pub shard_count: u32,
    /// What started this run, where a chain did.
    pub upstream: Option<Upstream>,
    /// The one-run token with which work that goes on elsewhere is reported done after [`Outcome::Pending`].
    ///
    /// [`Outcome::Pending`]: crate::Outcome::Pending
    pub completion_token: Option<String>,
}

impl Context {
    /// The planned instant's date in the job's zone, `2026-11-23`.
    pub fn scheduled_date(&self) -> &str {
        self.scheduled_at
            .split_once('T')
            .map_or(self.scheduled_at.as_str(), |(date, _)| date)
    }

    /// The planned instant in the job's zone as a part of a file name, `2026-11-23T02-00-00`. The same for every attempt of a
    /// run, so that a retry writes to the same place.
    pub fn scheduled_stamp(&self) -> String {
        let to_the_second = self.scheduled_at.get(..19).unwrap_or(&self.scheduled_at);
        to_the_second.replace(':', "-")
    }

    /// Where on the server work that goes on elsewhere is reported done, by a `POST` with [`completion_token`] as the bearer
    /// token: `{"status": "success", "result": "…"}` or `{"status": "failure", "error": "…"}`.
    ///
    /// [`completion_token`]: Self::completion_token
    pub fn completion_path(&self) -> String {
        format!("/api/v1/runs/{}/complete", self.run_id)
    }

    /// What is left until the deadline; none where the deadline does not parse or has passed.
    pub fn time_left(&self) -> Option<Duration> {
        let deadline = time::parse_rfc3339(&self.deadline)?;
        deadline.duration_since(SystemTime::now()).ok()
    }
}

impl From<wit::Context> for Context {
    fn from(context: wit::Context) -> Self {
        Self {
            job_id: context.job_id,
            job_name: context.job_name,
            handler_name: context.handler_name,
            run_id: context.run_id,
            execute_index: context.execute_index,
            trigger: match context.trigger {
                wit::Trigger::Cron => Trigger::Cron,
                wit::Trigger::Manual => Trigger::Manual,
                wit::Trigger::Call => Trigger::Call,
                wit::Trigger::Backfill => Trigger::Backfill,
                wit::Trigger::Chain => Trigger::Chain,
            },
            scheduled_at: context.scheduled_at,
            deadline: context.deadline,
            shard_index: context.shard_index,
            shard_count: context.shard_count,
            upstream: context.upstream.map(|upstream| Upstream {
                run_id: upstream.run_id,
                job_name: upstream.job_name,
                status: upstream.status,
                result: upstream.result,
            }),
            completion_token: context.completion_token,
        }
    }
}
