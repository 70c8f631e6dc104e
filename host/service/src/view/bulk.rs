use serde::Serialize;
use utoipa::ToSchema;

use super::ChangeView;
use crate::bulk::{JobAction, RunAction};

/// What an operation on many jobs did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkJobsView {
    /// What is done to each.
    pub action: JobAction,
    /// Whether it was left at the preview.
    pub dry_run: bool,
    /// Jobs that were chosen.
    pub matched: u64,
    /// Jobs that changed, or would.
    pub changed: u64,
    /// Jobs that were so already.
    pub unchanged: u64,
    /// Jobs that were refused.
    pub failed: u64,
    /// The first hundred that changed, or would, by rising id.
    pub items: Vec<BulkJobView>,
    /// The first hundred that were refused.
    pub failures: Vec<BulkFailureView>,
}

/// A job among many.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkJobView {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What changes of it.
    pub changes: Vec<ChangeView>,
    /// The run that was started.
    pub run_id: Option<String>,
}

/// What an operation on many runs did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkRunsView {
    /// What is done to each.
    pub action: RunAction,
    /// Whether it was left at the preview.
    pub dry_run: bool,
    /// Runs that were chosen.
    pub matched: u64,
    /// Runs that were asked to end, or repeated, or would be.
    pub changed: u64,
    /// Runs that were passed over: they had ended by themselves, or were repeated before.
    pub unchanged: u64,
    /// Those of them that were repeated before; `again` repeats them once more.
    pub repeated: u64,
    /// Runs that were refused.
    pub failed: u64,
    /// The first hundred that changed, or would.
    pub items: Vec<BulkRunView>,
    /// The first hundred that were refused.
    pub failures: Vec<BulkFailureView>,
}

/// A run among many, as it was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkRunView {
    /// Its number.
    pub id: String,
    /// Its job; null for a call.
    pub job_id: Option<i64>,
    /// The name of its job; of a call its handler's.
    pub name: Option<String>,
    /// The planned instant.
    #[schema(format = DateTime)]
    pub scheduled_at: String,
    /// How it stood.
    pub status: String,
    /// The run that repeats it.
    pub run_id: Option<String>,
}

/// One of many that was left as it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkFailureView {
    /// The number of the job or the run.
    pub id: String,
    /// The job's name, where it is known.
    pub name: Option<String>,
    /// Which kind of problem: `urn:wasmtab:problem:` and a word.
    pub r#type: String,
    /// Why.
    pub detail: String,
    /// The run in the way.
    pub run_id: Option<String>,
}

impl BulkJobsView {
    pub(crate) const fn new(action: JobAction, dry_run: bool) -> Self {
        Self {
            action,
            dry_run,
            matched: 0,
            changed: 0,
            unchanged: 0,
            failed: 0,
            items: Vec::new(),
            failures: Vec::new(),
        }
    }
}

impl BulkRunsView {
    pub(crate) const fn new(action: RunAction, dry_run: bool) -> Self {
        Self {
            action,
            dry_run,
            matched: 0,
            changed: 0,
            unchanged: 0,
            repeated: 0,
            failed: 0,
            items: Vec::new(),
            failures: Vec::new(),
        }
    }
}
