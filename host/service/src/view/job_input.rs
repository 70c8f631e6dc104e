use utoipa::ToSchema;

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
    #[schema(value_type = Option<Object>)]
    pub handler_param: Option<serde_json::Value>,
    /// Five fields (`unix`), or six or seven (`quartz`).
    #[schema(example = "0 2 * * *")]
    pub cron_expression: Option<String>,
    /// `unix` or `quartz`; by the number of fields where absent.
    pub cron_dialect: Option<String>,
    /// A fixed grid, anchored at `startAt`, else at the job's creation.
    #[schema(value_type = Option<Object>, example = "5m")]
    pub every: Option<serde_json::Value>,
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
    #[schema(value_type = Option<Object>, example = 300)]
    pub retry_interval: Option<serde_json::Value>,
    /// `fixed` (the default), `exponential`, or a list of waits.
    #[schema(value_type = Option<Object>, example = "fixed")]
    pub retry_backoff: Option<serde_json::Value>,
    /// The statuses that are tried again; `failure`, `trap`, `timeout`, `noHandler`.
    pub retry_on: Option<Vec<String>>,
    /// The longest that one attempt may take; 30 min.
    #[schema(value_type = Option<Object>, example = 1800)]
    pub monitor_timeout: Option<serde_json::Value>,
    /// The most fuel that one attempt may burn; not limited.
    pub fuel: Option<u64>,
    /// Bytes, or a text like `64MiB`; 256 MiB.
    #[schema(value_type = Option<Object>, example = "256MiB")]
    pub memory_limit: Option<serde_json::Value>,
    /// `skip` (the default), `bufferOne` or `allow`.
    pub overlap: Option<String>,
    /// `latest` (the default), `all` or `skip`.
    pub misfire: Option<String>,
    /// How old a missed fire may be that `misfire: all` still runs; 1 h.
    #[schema(value_type = Option<Object>, example = "1h")]
    pub catch_up_window: Option<serde_json::Value>,
}
