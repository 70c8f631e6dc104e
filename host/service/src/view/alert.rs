use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use wasmtab_store::{Channel, Delivery, StoredRule, StoredSilence};

/// Where messages are sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelView {
    /// Unique.
    pub name: String,
    /// The address; whoever is no administrator sees only the beginning of it.
    pub url: String,
    /// Whether messages are signed: a secret is set.
    pub signed: bool,
    /// Whether anything is sent there.
    pub enabled: bool,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// By whom.
    pub updated_by: String,
}

/// Which runs something is about; all where nothing is said.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScopeView {
    /// Runs of jobs that bear this label.
    pub label: Option<String>,
    /// Runs of the job of this number.
    pub job_id: Option<i64>,
    /// The job's name now; null once it is deleted.
    pub job: Option<String>,
    /// Runs of this handler.
    pub handler_name: Option<String>,
}

/// Who is told of what.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleView {
    /// Unique.
    pub name: String,
    /// The channel that is told.
    pub channel: String,
    /// Of what: `failure`, `timeout`, `recovery`, `warnAfter`.
    pub on: Vec<String>,
    /// Of which runs.
    #[serde(flatten)]
    pub scope: ScopeView,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// By whom.
    pub updated_by: String,
}

/// A time in which nobody is told.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SilenceView {
    /// Its number.
    pub id: i64,
    /// Of which runs.
    #[serde(flatten)]
    pub scope: ScopeView,
    /// When it ends.
    #[schema(format = DateTime)]
    pub until: String,
    /// Why.
    pub note: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// By whom.
    pub created_by: String,
}

/// A message on its way to a channel, or past it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    /// Its number; the receiver finds it in `X-Wasmtab-Delivery`.
    pub id: String,
    /// The channel.
    pub channel: String,
    /// What it tells: `failure`, `recovery`, `warnAfter` or `test`.
    pub event: String,
    /// The run that it tells of; null for a test.
    pub run_id: Option<String>,
    /// The run's job; null for a call.
    pub job_id: Option<i64>,
    /// The job's name at the time.
    pub job_name: Option<String>,
    /// `pending`, `delivered`, `failed` or `silenced`.
    pub status: String,
    /// Tries so far.
    pub tries: u32,
    /// When it came about.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it is tried next; null once it has ended.
    #[schema(format = DateTime)]
    pub next_at: Option<String>,
    /// When it was delivered, given up or silenced.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// What the other side answered last, as an HTTP status.
    pub answer: Option<u16>,
    /// Why the last try failed, or why it was given up.
    pub error: Option<String>,
    /// The silence that kept it from being sent.
    pub silenced_by: Option<i64>,
    /// What is sent; only where one delivery was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub body: Option<Value>,
}

impl ChannelView {
    pub(crate) fn new(channel: &Channel, url: String) -> Self {
        Self {
            name: channel.name.clone(),
            url,
            signed: channel.secret.is_some(),
            enabled: channel.enabled,
            updated_at: channel.updated_at.to_string(),
            updated_by: channel.updated_by.clone(),
        }
    }
}

impl RuleView {
    pub(crate) fn new(stored: &StoredRule, scope: ScopeView) -> Self {
        Self {
            name: stored.rule.name.clone(),
            channel: stored.rule.channel.clone(),
            on: stored.rule.on.iter().map(ToString::to_string).collect(),
            scope,
            updated_at: stored.updated_at.to_string(),
            updated_by: stored.updated_by.clone(),
        }
    }
}

impl SilenceView {
    pub(crate) fn new(stored: &StoredSilence, scope: ScopeView) -> Self {
        Self {
            id: stored.silence.id,
            scope,
            until: stored.silence.until.to_string(),
            note: stored.note.clone(),
            created_at: stored.created_at.to_string(),
            created_by: stored.created_by.clone(),
        }
    }
}

impl DeliveryView {
    pub(crate) fn new(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            channel: delivery.channel.clone(),
            event: delivery.event.to_string(),
            run_id: delivery.run_id.map(|run| run.to_string()),
            job_id: delivery.job_id.map(|job| job.0),
            job_name: delivery.job_name.clone(),
            status: delivery.status.to_string(),
            tries: delivery.tries,
            created_at: delivery.created_at.to_string(),
            next_at: delivery.next_at.map(|at| at.to_string()),
            ended_at: delivery.ended_at.map(|at| at.to_string()),
            answer: delivery.answer,
            error: delivery.error.clone(),
            silenced_by: delivery.silenced_by,
            body: None,
        }
    }

    pub(crate) fn with_body(delivery: &Delivery) -> Self {
        Self {
            body: serde_json::from_str(&delivery.body).ok(),
            ..Self::new(delivery)
        }
    }
}
