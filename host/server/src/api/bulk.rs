//! `/jobs:bulk` and `/runs:bulk`

use axum::{Json, extract::State};
use wasmtab_service::{
    BulkJobs, BulkRuns,
    view::{BulkJobsView, BulkRunsView},
};

use crate::{app::App, auth::Caller, extract, reply::Reply};

/// Does one thing to many jobs
///
/// In bounded transactions; a job that is refused keeps no other from its change, and is named with the reason. With `dryRun` the answer is
/// the preview alone. What it does is done to the jobs that are there: one that is made later is not paused by an earlier `pause` of all.
#[utoipa::path(post, path = "/jobs:bulk", tag = "jobs", operation_id = "bulkJobs", request_body = BulkJobs,
    responses((status = 200, body = BulkJobsView)))]
pub(crate) async fn jobs(
    State(app): State<App>,
    Caller(by): Caller,
    extract::Json(request): extract::Json<BulkJobs>,
) -> Reply<Json<BulkJobsView>> {
    Ok(Json(app.service.bulk_jobs(&by, request).await?))
}

/// Does one thing to many runs
///
/// `cancel` is for runs that go on; `retry` and `rerun` are for those that have ended without success, 10,000 at most, or in the state that was
/// asked for. The new runs have the old parameters and name the run that they repeat; those of one job follow one another, oldest first. A run
/// that was repeated before is passed over unless `again` says otherwise. With `dryRun` the answer is the preview alone.
#[utoipa::path(post, path = "/runs:bulk", tag = "runs", operation_id = "bulkRuns", request_body = BulkRuns,
    responses((status = 200, body = BulkRunsView)))]
pub(crate) async fn runs(
    State(app): State<App>,
    Caller(by): Caller,
    extract::Json(request): extract::Json<BulkRuns>,
) -> Reply<Json<BulkRunsView>> {
    Ok(Json(app.service.bulk_runs(&by, request).await?))
}
