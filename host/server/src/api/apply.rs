//! `/jobs:apply`

use axum::{Json, extract::State};
use wasmtab_service::{ApplyRequest, view::PlanView};

use crate::{
    app::App,
    auth::Caller,
    extract::{self, Language},
    reply::Reply,
};

/// Applies a document of jobs
///
/// All of it is checked before anything is written. Absent fields take their defaults, except `timezone`, which stays; jobs that are so
/// already are not touched; nothing is deleted and no pause is lifted. With `dryRun` the answer is the plan alone.
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
