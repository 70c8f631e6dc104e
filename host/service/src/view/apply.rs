use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::SpecView;

/// What applying a document does, or did.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    /// Whether it was left at the plan.
    pub dry_run: bool,
    /// Jobs that are new.
    pub created: usize,
    /// Jobs that say something else now.
    pub updated: usize,
    /// Jobs that were so already.
    pub unchanged: usize,
    /// Jobs that the source made and does not say any more.
    pub deleted: usize,
    /// Each job of the document, in its order; then those that are deleted.
    pub jobs: Vec<AppliedJob>,
}

/// What becomes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is new.
    Created,
    /// It says something else.
    Updated,
    /// It was so already, and is not touched.
    Unchanged,
    /// The source made it and does not say it any more.
    Deleted,
}

/// One job of a plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppliedJob {
    /// What becomes of it.
    pub action: Action,
    /// Its number; null while it is only planned.
    pub id: Option<i64>,
    /// What it says from now on.
    #[serde(flatten)]
    pub spec: SpecView,
    /// The schedule in words.
    pub description: String,
    /// Its next fire, with its zone's offset.
    #[schema(format = DateTime)]
    pub next_fire_at: Option<String>,
    /// The fields that change.
    pub changes: Vec<ChangeView>,
    /// What to know of it, as sentences.
    pub warnings: Vec<String>,
}

/// Jobs as a document that `apply` takes: only what differs from the defaults, and the zone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportView {
    /// By name.
    #[schema(value_type = Vec<super::JobInput>)]
    pub jobs: Vec<Map<String, Value>>,
}

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChangeView {
    /// Its name.
    pub field: String,
    /// What it said.
    pub from: Value,
    /// What it says.
    pub to: Value,
}
