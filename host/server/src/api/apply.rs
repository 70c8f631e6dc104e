//! `/jobs:apply` and `/jobs:export`

use axum::{
    Json,
    extract::{Query, State},
};
use wasmtab_service::{
    ApplyRequest, ExportQuery,
    view::{ExportView, PlanView},
};

use crate::{
    app::App,
    auth::Caller,
    extract::{self, Language},
    reply::Reply,
};

/// Applies a document of jobs
///
/// All of it is checked before anything is written. Absent fields take their defaults, except `timezone`, which stays; jobs that are so
/// already are not touched; no pause is lifted. With `prune` those jobs are deleted that the same `source` made and does not say any more;
/// nothing else is ever deleted. With `dryRun` the answer is the plan alone.
#[utoipa::path(post, path = "/jobs:apply", tag = "jobs", operation_id = "applyJobs", request_body = ApplyRequest,
    responses((status = 200, body = PlanView)))]
pub(crate) async fn apply(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    extract::Json(request): extract::Json<ApplyRequest>,
) -> Reply<Json<PlanView>> {
    Ok(Json(app.service.apply(&by, request, lang).await?))
}

/// Exports jobs as a document
///
/// By name; only what differs from the defaults, and the zone. `/jobs:apply` takes it, and changes nothing here.
#[utoipa::path(get, path = "/jobs:export", tag = "jobs", operation_id = "exportJobs", params(ExportQuery),
    responses((status = 200, body = ExportView)))]
pub(crate) async fn export(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<ExportQuery>,
) -> Reply<Json<ExportView>> {
    Ok(Json(app.service.export(&by, &query).await?))
}
