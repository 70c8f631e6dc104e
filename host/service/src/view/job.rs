use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_cron::Lang;
use wasmtab_domain::{
    ids::JobId,
    interval::Interval,
    job::{Blackout, Job, JobSpec, Pause},
    plugin::Handler,
    policy::Backoff,
};
use wasmtab_store::Revision;

/// Everything that a job says.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpecView {
    /// Unique among jobs.
    pub name: String,
    /// `normal` or `stopped`.
    pub status: String,
    /// Who answers.
    pub handler_name: String,
    /// What the handler is given.
    pub handler_param: Option<String>,
    /// The schedule as a cron expression; null where `every` says it.
    pub cron_expression: Option<String>,
    /// `unix` or `quartz`; there with `cronExpression`.
    pub cron_dialect: Option<String>,
    /// The schedule as a grid of so many seconds.
    pub every: Option<u64>,
    /// The zone whose wall clock the schedule follows.
    pub timezone: String,
    /// No fire before it; the anchor of the grid.
    #[schema(format = DateTime)]
    pub start_at: Option<String>,
    /// No fire after it.
    #[schema(format = DateTime)]
    pub end_at: Option<String>,
    /// Retries beyond the first attempt.
    pub retry_count: u32,
    /// The base of the waits between attempts, in seconds.
    pub retry_interval: u64,
    /// How the waits grow.
    pub retry_backoff: BackoffView,
    /// The attempt statuses that are tried again.
    pub retry_on: Vec<String>,
    /// The longest that one attempt may take, in seconds.
    pub monitor_timeout: u64,
    /// The most fuel that one attempt may burn; null only records it.
    pub fuel: Option<u64>,
    /// The most bytes of linear memory that one attempt may have.
    pub memory_limit: u64,
    /// `skip`, `bufferOne`, `bufferAll`, `cancelOther` or `allow`.
    pub overlap: String,
    /// `latest`, `all` or `skip`.
    pub misfire: String,
    /// How old a missed fire may be that `misfire: all` still runs, in seconds.
    pub catch_up_window: u64,
    /// The longest by which a fire is put off, in seconds.
    pub jitter: u64,
    /// Which runs come first where not all can: the higher.
    pub priority: i32,
    /// Fires that run at most; null for no bound.
    pub max_runs: Option<u64>,
    /// When it must not fire: names of calendars, dates, windows of the week.
    #[schema(value_type = Vec<super::BlackoutShape>)]
    pub blackouts: Vec<Blackout>,
    /// Runs that one fire makes.
    pub shards: u32,
    /// After how many seconds of an attempt somebody is told; null for never.
    pub warn_after: Option<u64>,
    /// `current` or `same`: which plugin version a retry runs.
    pub retry_version: String,
    /// Jobs that start when a run has succeeded.
    pub on_success: Vec<String>,
    /// Jobs that start when a run has failed for good.
    pub on_failure: Vec<String>,
    /// Words by which jobs are chosen together.
    pub labels: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What to do when it fails.
    pub runbook: Option<String>,
}

/// `fixed`, `exponential`, or the waits themselves in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum BackoffView {
    /// `fixed` or `exponential`.
    Word(&'static str),
    /// One after another; the last one repeats.
    Waits(Vec<u64>),
}

/// A job.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// Its number.
    pub id: i64,
    /// What it says.
    #[serde(flatten)]
    pub spec: SpecView,
    /// Counts what it said, from 1; the ETag.
    pub revision: i64,
    /// The source of documents that made it; null: none.
    pub source: Option<String>,
    /// Fires that ran or will: what `maxRuns` counts.
    pub released: u64,
    /// Jobs of `onSuccess` and `onFailure` that are not there.
    pub missing_jobs: Vec<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// The operator's pause that lies over it.
    pub paused: Option<PauseView>,
    /// The next fire that is not decided, paused or not; null when there will be none.
    #[schema(format = DateTime)]
    pub next_fire_at: Option<String>,
    /// What its handler's name resolves to.
    pub handler: BindingView,
    /// The schedule in words.
    pub description: String,
}

/// A pause.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PauseView {
    /// Who paused.
    pub by: String,
    /// Why.
    pub note: Option<String>,
    /// When it lifts itself; null when a person has to.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub at: String,
}

/// What a handler's name resolves to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BindingView {
    /// Whether anything is bound to the name.
    pub bound: bool,
    /// The plugin.
    pub plugin: Option<String>,
    /// The version that a new attempt would run; null while the plugin has no active one.
    pub version: Option<i64>,
}

/// What a job said from one instant on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionView {
    /// Counts from 1.
    pub revision: i64,
    /// Since when.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Who changed it.
    pub created_by: String,
    /// What it said; null: the job was deleted.
    pub spec: Option<SpecView>,
}

impl From<&JobSpec> for SpecView {
    fn from(spec: &JobSpec) -> Self {
        Self {
            name: spec.name.clone(),
            status: spec.status.to_string(),
            handler_name: spec.handler_name.clone(),
            handler_param: spec.handler_param.clone(),
            cron_expression: spec.cron_expression.clone(),
            cron_dialect: spec.cron_dialect.map(|dialect| dialect.to_string()),
            every: spec.every.map(Interval::as_secs),
            timezone: spec.timezone.name().to_owned(),
            start_at: spec.start_at.map(|at| at.in_zone(spec.timezone)),
            end_at: spec.end_at.map(|at| at.in_zone(spec.timezone)),
            retry_count: spec.retry.retry_count,
            retry_interval: spec.retry.retry_interval.as_secs(),
            retry_backoff: (&spec.retry.retry_backoff).into(),
            retry_on: spec.retry.retry_on.iter().map(ToString::to_string).collect(),
            monitor_timeout: spec.monitor_timeout.as_secs(),
            fuel: spec.fuel,
            memory_limit: spec.memory_limit,
            overlap: spec.overlap.to_string(),
            misfire: spec.misfire.to_string(),
            catch_up_window: spec.catch_up_window.as_secs(),
            jitter: spec.jitter.as_secs(),
            priority: spec.priority,
            max_runs: spec.max_runs,
            blackouts: spec.blackouts.clone(),
            shards: spec.shards,
            warn_after: spec.warn_after.map(Interval::as_secs),
            retry_version: spec.retry_version.to_string(),
            on_success: spec.on_success.clone(),
            on_failure: spec.on_failure.clone(),
            labels: spec.labels.clone(),
            owner: spec.owner.clone(),
            runbook: spec.runbook.clone(),
        }
    }
}

impl From<&Backoff> for BackoffView {
    fn from(backoff: &Backoff) -> Self {
        match backoff {
            Backoff::Fixed => Self::Word("fixed"),
            Backoff::Exponential => Self::Word("exponential"),
            Backoff::List(waits) => Self::Waits(waits.iter().map(|wait| wait.as_secs()).collect()),
        }
    }
}

impl From<Option<&Handler>> for BindingView {
    fn from(handler: Option<&Handler>) -> Self {
        Self {
            bound: handler.is_some(),
            plugin: handler.map(|handler| handler.plugin.clone()),
            version: handler.and_then(|handler| handler.resolved_version),
        }
    }
}

impl JobView {
    pub(crate) fn new(job: &Job, handler: Option<&Handler>, lang: Lang) -> Self {
        let zone = job.spec.timezone;
        Self {
            id: job.id.0,
            spec: (&*job.spec).into(),
            revision: job.revision,
            source: job.source.clone(),
            released: job.progress.released,
            missing_jobs: Vec::new(),
            created_at: job.created_at.in_zone(zone),
            updated_at: job.updated_at.in_zone(zone),
            paused: job.pause.as_ref().map(|pause| PauseView::new(pause, zone)),
            next_fire_at: job.progress.next_fire_at.map(|at| at.in_zone(zone)),
            handler: handler.into(),
            description: super::schedule::describe(&job.spec, lang),
        }
    }

    /// The same with the chained jobs that are not there.
    pub(crate) fn with_missing(self, missing_jobs: Vec<String>) -> Self {
        Self { missing_jobs, ..self }
    }
}

impl PauseView {
    pub(crate) fn new(pause: &Pause, zone: chrono_tz::Tz) -> Self {
        Self {
            by: pause.by.clone(),
            note: pause.note.clone(),
            until: pause.until.map(|until| until.in_zone(zone)),
            at: pause.paused_at.in_zone(zone),
        }
    }
}

impl RevisionView {
    pub(crate) fn new(revision: &Revision, zone: chrono_tz::Tz) -> Self {
        Self {
            revision: revision.revision,
            created_at: revision.valid_from.in_zone(zone),
            created_by: revision.changed_by.clone(),
            spec: revision.spec.as_ref().map(SpecView::from),
        }
    }
}

impl JobView {
    /// The job's number, typed.
    pub fn job_id(&self) -> JobId {
        JobId(self.id)
    }
}
