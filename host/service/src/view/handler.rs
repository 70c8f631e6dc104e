use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_domain::{
    grant::Grants,
    plugin::{Handler, HandlerHold},
};

/// A name that jobs call, and what answers to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HandlerView {
    /// Unique.
    pub name: String,
    /// The plugin that answers.
    pub plugin: String,
    /// The pinned version; null follows the active one.
    pub version: Option<i64>,
    /// What the name resolves to now; null while the plugin has no active version.
    pub resolved_version: Option<i64>,
    /// The SHA-256 of that version.
    pub digest: Option<String>,
    /// What it may reach.
    #[schema(value_type = Object)]
    pub grants: Grants,
    /// The same, each as the text that `allow` takes.
    pub allow: Vec<String>,
    /// Names of the secrets that are set; their values are never shown.
    pub secrets: Vec<String>,
    /// Attempts of it that may go on at once; null for no bound of its own.
    pub max_concurrency: Option<u32>,
    /// The hold that lies over it: attempts go on, nothing new begins. Null where there is none.
    pub held: Option<HoldView>,
    /// Jobs that call it, a hundred at most.
    pub jobs: Vec<String>,
    /// The ETag.
    pub revision: i64,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// By whom.
    pub updated_by: String,
}

/// A hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HoldView {
    /// Who holds it.
    pub by: String,
    /// Why.
    pub note: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub at: String,
}

impl From<&HandlerHold> for HoldView {
    fn from(hold: &HandlerHold) -> Self {
        Self {
            by: hold.by.clone(),
            note: hold.note.clone(),
            at: hold.at.to_string(),
        }
    }
}

impl HandlerView {
    pub(crate) fn new(handler: &Handler, jobs: Vec<String>) -> Self {
        Self {
            name: handler.name.clone(),
            plugin: handler.plugin.clone(),
            version: handler.version,
            resolved_version: handler.resolved_version,
            digest: handler.digest.clone(),
            grants: handler.grants.clone(),
            allow: handler.grants.list().iter().map(ToString::to_string).collect(),
            secrets: handler.secrets.clone(),
            max_concurrency: handler.max_concurrency,
            held: handler.hold.as_ref().map(HoldView::from),
            jobs,
            revision: handler.revision,
            updated_at: handler.updated_at.to_string(),
            updated_by: handler.updated_by.clone(),
        }
    }
}
