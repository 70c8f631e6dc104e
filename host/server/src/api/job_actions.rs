//! `/jobs/{id}/…`

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use wasmtab_service::{
    BackfillBody, NextQuery, PageQuery, PauseBody, RunQuery, TriggerBody, WhyQuery,
    view::{BackfillView, JobView, ListView, NextView, RevisionView, RunView, WhyView},
};

use super::jobs::changed;
use crate::{
    app::App,
    auth::Caller,
    extract::{self, JsonOrDefault, Language, job_id},
    keyed::{Answer, Key},
    reply::{self, Reply},
};

/// Pauses a job
///
/// Its fires are skipped until it is resumed, or until `until`. Runs that were released go on; their retries wait.
#[utoipa::path(post, path = "/jobs/{id}/pause", tag = "jobs", operation_id = "pauseJob", request_body = Option<PauseBody>,
    params(("id" = i64, Path)), responses((status = 200, body = JobView)))]
pub(crate) async fn pause(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    Path(id): Path<String>,
    JsonOrDefault(body, _): JsonOrDefault<PauseBody>,
) -> Reply {
    Ok(changed(
        &app.service.pause_job(&by, job_id(&id)?, body, lang).await?,
    ))
}

/// Resumes a job
///
/// No fire of the time in between runs.
#[utoipa::path(post, path = "/jobs/{id}/resume", tag = "jobs", operation_id = "resumeJob",
    params(("id" = i64, Path)), responses((status = 200, body = JobView)))]
pub(crate) async fn resume(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    Path(id): Path<String>,
) -> Reply {
    Ok(changed(&app.service.resume_job(&by, job_id(&id)?, lang).await?))
}

/// Lists a job's runs
///
/// Newest first.
#[utoipa::path(get, path = "/jobs/{id}/runs", tag = "jobs", operation_id = "listJobRuns",
    params(("id" = i64, Path), RunQuery), responses((status = 200, body = ListView<RunView>)))]
pub(crate) async fn runs(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
    Query(query): Query<RunQuery>,
) -> Reply<Json<ListView<RunView>>> {
    let query = RunQuery {
        job_id: Some(job_id(&id)?.0),
        ..query
    };
    Ok(Json(app.service.runs(&by, &query).await?))
}

/// Starts a job by hand
///
/// Paused and stopped jobs may be started. Where the overlap rule lets no other run begin, the answer is 409 with the run in the way.
#[utoipa::path(post, path = "/jobs/{id}/runs", tag = "jobs", operation_id = "triggerJob", request_body = Option<TriggerBody>,
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 202, body = RunView, headers(("location" = String)))))]
pub(crate) async fn trigger(
    State(app): State<App>,
    Caller(by): Caller,
    key: Key,
    Path(id): Path<String>,
    JsonOrDefault(body, raw): JsonOrDefault<TriggerBody>,
) -> Reply {
    let id = job_id(&id)?;
    let work = async { Answer::new(StatusCode::ACCEPTED, &app.service.trigger(&by, id, body).await?) };
    Ok(key.once(&app.service, &by, &raw, work).await?.into_response())
}

/// Tells a job's next fires
#[utoipa::path(get, path = "/jobs/{id}/next", tag = "jobs", operation_id = "nextFires",
    params(("id" = i64, Path), NextQuery), responses((status = 200, body = NextView)))]
pub(crate) async fn next(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
    Query(query): Query<NextQuery>,
) -> Reply<Json<NextView>> {
    Ok(Json(app.service.next_fires(&by, job_id(&id)?, &query).await?))
}

/// Runs instants of the past
///
/// The fires of the job's present schedule from `since` to before `until`, 10,000 runs at most: one after another unless `overlap: allow`, with
/// the job's present parameter unless another is given. The answer tells what became of each instant before. With `dryRun` nothing is run.
#[utoipa::path(post, path = "/jobs/{id}/backfills", tag = "jobs", operation_id = "backfillJob", request_body = BackfillBody,
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 202, body = BackfillView), (status = 200, description = "A preview", body = BackfillView)))]
pub(crate) async fn backfill(
    State(app): State<App>,
    Caller(by): Caller,
    key: Key,
    Path(id): Path<String>,
    extract::JsonAndRaw(body, raw): extract::JsonAndRaw<BackfillBody>,
) -> Reply {
    let id = job_id(&id)?;
    if body.dry_run {
        return Ok(Json(app.service.backfill(&by, id, body).await?).into_response());
    }
    let work = async { Answer::new(StatusCode::ACCEPTED, &app.service.backfill(&by, id, body).await?) };
    Ok(key.once(&app.service, &by, &raw, work).await?.into_response())
}

/// Explains an instant
///
/// Why the job did or did not run then: what fired and how it ended, or what kept it from firing, and which revision held. Also of a job that
/// was deleted.
#[utoipa::path(get, path = "/jobs/{id}/why", tag = "jobs", operation_id = "explainInstant",
    params(("id" = i64, Path), WhyQuery), responses((status = 200, body = WhyView)))]
pub(crate) async fn why(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    Path(id): Path<String>,
    Query(query): Query<WhyQuery>,
) -> Reply<Json<WhyView>> {
    Ok(Json(app.service.why(&by, job_id(&id)?, &query, lang).await?))
}

/// Lists what a job said over time
///
/// Newest first; also of a job that was deleted.
#[utoipa::path(get, path = "/jobs/{id}/revisions", tag = "jobs", operation_id = "listJobRevisions",
    params(("id" = i64, Path), PageQuery), responses((status = 200, body = ListView<RevisionView>)))]
pub(crate) async fn revisions(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<RevisionView>>> {
    Ok(Json(app.service.revisions(&by, job_id(&id)?, &query).await?))
}

/// A run that was just made, with its address.
pub(super) fn accepted(run: &RunView) -> Response {
    reply::located(
        (StatusCode::ACCEPTED, Json(run)).into_response(),
        &format!("/api/v1/runs/{}", run.id),
    )
}
