//! `/runs`

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use serde::Deserialize;
use wasmtab_domain::interval::Interval;
use wasmtab_service::{
    CompleteBody, RetryBody, RunQuery, ServiceError,
    view::{ListView, LogView, RunView},
};

use super::{
    follow,
    job_actions::accepted,
    logs::{LogFormat, shown},
};
use crate::{
    app::App,
    auth::{Bearer, Caller},
    extract::{self, JsonOrDefault, run_id},
    problem::Problem,
    reply::Reply,
};

/// The longest that one request waits.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// Whether to wait.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitQuery {
    /// Answer when the run has ended, or after this time (`30s`; 60 s at most) as it stands then.
    wait: Option<String>,
}

/// Which attempt's log, and how.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunLogQuery {
    /// The attempt's number within the run; unless said the newest, or (following) all of them.
    attempt: Option<u32>,
    /// `json` or `text`; by `Accept` unless said.
    #[param(inline)]
    format: Option<LogFormat>,
    /// Whether to go on until the run has ended: server-sent events, or (with `format=text`) lines as they come. `Accept:
    /// text/event-stream` says so too.
    follow: Option<bool>,
    /// Where to go on: the id of the last event, as the header `Last-Event-ID` says it too.
    after: Option<String>,
}

/// Reports work done
///
/// For handlers that returned `pending`: whoever bears the attempt's completion token ends it. The run is retried as its job says.
#[utoipa::path(post, path = "/runs/{id}/complete", tag = "runs", operation_id = "completeRun", request_body = CompleteBody,
    params(("id" = String, Path)), responses((status = 200, body = RunView)))]
pub(crate) async fn complete(
    State(app): State<App>,
    Bearer(token): Bearer,
    Path(id): Path<String>,
    body: Result<extract::Json<CompleteBody>, Box<Problem>>,
) -> Reply<Json<RunView>> {
    // The token comes before the body: who has none is told nothing else.
    let id = run_id(&id).map_err(|_| ServiceError::Unauthorized)?;
    let completing = app.service.completing(id, &token).await?;
    Ok(Json(app.service.complete(completing, body?.0).await?))
}

/// Lists runs
///
/// Newest first.
#[utoipa::path(get, path = "/runs", tag = "runs", operation_id = "listRuns", params(RunQuery),
    responses((status = 200, body = ListView<RunView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<RunQuery>,
) -> Reply<Json<ListView<RunView>>> {
    Ok(Json(app.service.runs(&by, &query).await?))
}

/// Shows a run with its attempts
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", operation_id = "getRun", params(("id" = String, Path), WaitQuery),
    responses((status = 200, body = RunView)))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
    Query(query): Query<WaitQuery>,
) -> Reply<Json<RunView>> {
    let id = run_id(&id)?;
    let Some(said) = query.wait else {
        return Ok(Json(app.service.run(&by, id).await?));
    };
    let wait: Interval = said
        .parse()
        .map_err(|reason| ServiceError::field("wait", reason))?;
    let run = tokio::select! {
        run = app.service.wait_for_run(&by, id, wait.to_duration().min(MAX_WAIT)) => run?,
        () = app.closing.cancelled() => app.service.run(&by, id).await?,
    };
    Ok(Json(run))
}

/// Asks for a run's end
///
/// A run that has not begun ends at once, an attempt under way is stopped.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "runs", operation_id = "cancelRun", params(("id" = String, Path)),
    responses((status = 200, body = RunView)))]
pub(crate) async fn cancel(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
) -> Reply<Json<RunView>> {
    Ok(Json(app.service.cancel_run(&by, run_id(&id)?).await?))
}

/// Repeats an ended run
///
/// As a new run with the same parameter, on the version that is bound now.
#[utoipa::path(post, path = "/runs/{id}/retry", tag = "runs", operation_id = "retryRun", request_body = Option<RetryBody>,
    params(("id" = String, Path)), responses((status = 202, body = RunView, headers(("location" = String)))))]
pub(crate) async fn retry(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
    JsonOrDefault(body, _): JsonOrDefault<RetryBody>,
) -> Reply {
    Ok(accepted(&app.service.retry_run(&by, run_id(&id)?, body).await?))
}

/// Shows what an attempt of a run wrote
///
/// With `follow=true` everything that the run's attempts write, as they write it, until the run has ended. The events are `attempt` (what
/// follows is of this attempt), `line`, `cut` (so many lines are not kept), `attempt.ended` and `run.ended`; their data names the
/// attempt. Each has an id: with it as `Last-Event-ID` a reader that was cut off goes on where it was, missing and repeating nothing.
#[utoipa::path(get, path = "/runs/{id}/logs", tag = "runs", operation_id = "getRunLog",
    params(("id" = String, Path), RunLogQuery, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, content((LogView = "application/json"), (String = "text/plain"), (String = "text/event-stream")))))]
pub(crate) async fn logs(
    State(app): State<App>,
    Caller(by): Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<RunLogQuery>,
) -> Reply {
    let id = run_id(&id)?;
    if query.follow.unwrap_or_else(|| follow::likes_events(&headers)) {
        let place = follow::place(query.attempt, query.after.as_deref(), &headers)?;
        let reader = app
            .service
            .follow(&by, id, place, query.attempt.is_some())
            .await?;
        return Ok(follow::stream(reader, query.format, app.closing.clone())?);
    }
    let log = app.service.run_log(&by, id, query.attempt).await?;
    Ok(shown(&log, query.format, &headers))
}
