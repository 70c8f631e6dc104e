//! `/jobs`

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Map, Value};
use wasmtab_service::{
    JobQuery,
    view::{JobInput, JobView, ListView},
};

use crate::{
    app::App,
    auth::Caller,
    extract::{self, IfMatch, Language, job_id},
    reply::{self, Reply},
};

/// Lists jobs
///
/// By rising id.
#[utoipa::path(get, path = "/jobs", tag = "jobs", operation_id = "listJobs", params(JobQuery),
    responses((status = 200, body = ListView<JobView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    Query(query): Query<JobQuery>,
) -> Reply<Json<ListView<JobView>>> {
    Ok(Json(app.service.jobs(&by, &query, lang).await?))
}

/// Creates a job
#[utoipa::path(post, path = "/jobs", tag = "jobs", operation_id = "createJob", request_body = JobInput,
    responses((status = 201, body = JobView, headers(("etag" = String), ("location" = String)))))]
pub(crate) async fn create(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    extract::Json(said): extract::Json<Map<String, Value>>,
) -> Reply {
    let job = app.service.create_job(&by, &said, lang).await?;
    Ok(reply::created(
        job.revision,
        &format!("/api/v1/jobs/{}", job.id),
        &job,
    ))
}

/// Shows a job
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", operation_id = "getJob", params(("id" = i64, Path)),
    responses((status = 200, body = JobView, headers(("etag" = String)))))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    Path(id): Path<String>,
) -> Reply {
    let job = app.service.job(&by, job_id(&id)?, lang).await?;
    Ok(reply::tagged(StatusCode::OK, job.revision, &job))
}

/// Replaces what a job says
///
/// Absent fields take their defaults, except `timezone`, which stays.
#[utoipa::path(put, path = "/jobs/{id}", tag = "jobs", operation_id = "putJob", request_body = JobInput,
    params(("id" = i64, Path), ("If-Match" = String, Header, description = "The ETag of the last GET")),
    responses((status = 200, body = JobView, headers(("etag" = String)))))]
pub(crate) async fn put(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    IfMatch(expected): IfMatch,
    Path(id): Path<String>,
    extract::Json(said): extract::Json<Map<String, Value>>,
) -> Reply {
    let job = app
        .service
        .put_job(&by, job_id(&id)?, expected, &said, lang)
        .await?;
    Ok(reply::tagged(StatusCode::OK, job.revision, &job))
}

/// Changes fields of a job
///
/// `null` puts a default back.
#[utoipa::path(patch, path = "/jobs/{id}", tag = "jobs", operation_id = "patchJob", request_body = JobInput,
    params(("id" = i64, Path), ("If-Match" = String, Header, description = "The ETag of the last GET")),
    responses((status = 200, body = JobView, headers(("etag" = String)))))]
pub(crate) async fn patch(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    IfMatch(expected): IfMatch,
    Path(id): Path<String>,
    extract::Json(said): extract::Json<Map<String, Value>>,
) -> Reply {
    let job = app
        .service
        .patch_job(&by, job_id(&id)?, expected, &said, lang)
        .await?;
    Ok(reply::tagged(StatusCode::OK, job.revision, &job))
}

/// Deletes a job
///
/// Its runs are asked to end; its state goes, its log stays.
#[utoipa::path(delete, path = "/jobs/{id}", tag = "jobs", operation_id = "deleteJob",
    params(("id" = i64, Path), ("If-Match" = String, Header, description = "The ETag of the last GET")),
    responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    IfMatch(expected): IfMatch,
    Path(id): Path<String>,
) -> Reply<StatusCode> {
    app.service.delete_job(&by, job_id(&id)?, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A job after an action on it.
pub(super) fn changed(job: &JobView) -> Response {
    reply::tagged(StatusCode::OK, job.revision, job)
}
