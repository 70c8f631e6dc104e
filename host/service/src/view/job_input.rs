use utoipa::ToSchema;

use super::{BackoffInput, BlackoutShape, Length, Size};

/// What a job may say. Every field but `name`, `handlerName` and one of `cronExpression` and `every` may be left out; `null` stands for
/// the default. Intervals are seconds or texts like `30s`, `5m`, `2h`, `1d`.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct JobInput {
    /// Unique among jobs.
    pub name: Option<String>,
    /// `normal` (the default) or `stopped`.
    pub status: Option<String>,
    /// Who answers.
    pub handler_name: Option<String>,
    /// What the handler is given, 64 KiB at most; an object or a list stands for its JSON text.
    pub handler_param: Option<serde_json::Value>,
    /// Five fields (`unix`), or six or seven (`quartz`).
    #[schema(example = "0 2 * * *")]
    pub cron_expression: Option<String>,
    /// `unix` or `quartz`; by the number of fields where absent.
    pub cron_dialect: Option<String>,
    /// A fixed grid, anchored at `startAt`, else at the job's creation.
    pub every: Option<Length>,
    /// An IANA zone; the server's default where absent.
    #[schema(example = "Asia/Shanghai")]
    pub timezone: Option<String>,
    /// No fire before it.
    #[schema(format = DateTime)]
    pub start_at: Option<String>,
    /// No fire after it.
    #[schema(format = DateTime)]
    pub end_at: Option<String>,
    /// Retries beyond the first attempt; 0.
    pub retry_count: Option<u32>,
    /// The base of the waits; 60 s.
    pub retry_interval: Option<Length>,
    /// `fixed` (the default), `exponential`, or a list of waits.
    pub retry_backoff: Option<BackoffInput>,
    /// The statuses that are tried again; `failure`, `trap`, `timeout`, `noHandler`.
    pub retry_on: Option<Vec<String>>,
    /// The longest that one attempt may take; 30 min.
    pub monitor_timeout: Option<Length>,
    /// The most fuel that one attempt may burn; not limited.
    pub fuel: Option<u64>,
    /// Bytes, or a text like `64MiB`; 256 MiB.
    pub memory_limit: Option<Size>,
    /// `skip` (the default), `bufferOne`, `bufferAll`, `cancelOther` or `allow`.
    pub overlap: Option<String>,
    /// `latest` (the default), `all` or `skip`.
    pub misfire: Option<String>,
    /// How old a missed fire may be that `misfire: all` still runs; 1 h.
    pub catch_up_window: Option<Length>,
    /// The longest by which a fire is put off, by an amount of its own; 0.
    pub jitter: Option<Length>,
    /// -1000 to 1000, the higher first; 0.
    pub priority: Option<i32>,
    /// Fires that run at most; not limited.
    pub max_runs: Option<u64>,
    /// When it must not fire: names of calendars, `{date}`, `{from, until}` (dates), `{days, from, until}` (times of day).
    pub blackouts: Option<Vec<BlackoutShape>>,
    /// Runs that one fire makes, 1 to 1000; 1.
    pub shards: Option<u32>,
    /// After how long an attempt somebody is told; never.
    pub warn_after: Option<Length>,
    /// The plugin version that a retry runs: `current` (the default) or `same`.
    pub retry_version: Option<String>,
    /// Names of jobs that start when a run has succeeded.
    pub on_success: Option<Vec<String>>,
    /// Names of jobs that start when a run has failed for good.
    pub on_failure: Option<Vec<String>>,
    /// Words by which jobs are chosen together.
    pub labels: Option<Vec<String>>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What to do when it fails: a text or a link.
    pub runbook: Option<String>,
}
