//! The index of the API.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};
use wasmtab_service::{MAX_DOCUMENT, Service};

use crate::{
    api::{
        alerts, apply, audit, backup, bulk, calendars, calls, doctor, events, handlers, health, holds,
        job_actions, jobs, logs, me, metrics, plugins, runs, schedules, settings, setup, state, tokens,
        unknown, versions,
    },
    app::{App, Options},
    auth, openapi, request,
};

/// Bytes of a body that is no upload: 1 MiB.
const BODY_BYTES: usize = 1024 * 1024;

/// The routes over `service`.
pub fn router(service: Arc<Service>, options: Options) -> Router {
    let (api, document) = routes_of(service.max_upload());
    let document = openapi::to_json(&openapi::finish(document));
    let app = App {
        service,
        closing: options.closing,
        metrics: options.metrics,
        guard_metrics: options.guard_metrics,
        openapi: document.into(),
    };
    let guarded = api
        .guarded
        .route("/openapi.json", get(openapi::show))
        .fallback(unknown::nothing_here)
        .layer(from_fn_with_state(app.clone(), auth::require_token));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .nest("/api/v1", guarded.merge(api.open))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(from_fn(request::around))
        .with_state(app)
}

pub(crate) struct Api {
    guarded: Router<App>,
    open: Router<App>,
}

/// Every endpoint under `/api/v1`, and what their annotations say of them.
pub(crate) fn routes_of(max_upload: usize) -> (Api, utoipa::openapi::OpenApi) {
    let uploads = OpenApiRouter::new()
        .routes(routes!(plugins::inspect))
        .routes(routes!(versions::list, versions::push))
        .layer(DefaultBodyLimit::max(max_upload));
    let values = OpenApiRouter::new()
        .routes(routes!(state::job_get, state::job_set, state::job_delete))
        .routes(routes!(
            state::handler_get,
            state::handler_set,
            state::handler_delete
        ))
        .layer(DefaultBodyLimit::max(max_upload));
    let documents = OpenApiRouter::new()
        .routes(routes!(apply::apply))
        .layer(DefaultBodyLimit::max(MAX_DOCUMENT));
    let guarded = OpenApiRouter::new()
        // Jobs
        .routes(routes!(jobs::list, jobs::create))
        .routes(routes!(jobs::show, jobs::put, jobs::patch, jobs::delete))
        .routes(routes!(job_actions::pause))
        .routes(routes!(job_actions::resume))
        .routes(routes!(job_actions::runs, job_actions::trigger))
        .routes(routes!(job_actions::backfill))
        .routes(routes!(job_actions::next))
        .routes(routes!(job_actions::why))
        .routes(routes!(job_actions::revisions))
        .routes(routes!(bulk::jobs))
        .merge(documents)
        .routes(routes!(apply::export))
        .routes(routes!(schedules::preview))
        .routes(routes!(calendars::list))
        .routes(routes!(calendars::show, calendars::put, calendars::delete))
        // Runs and their log
        .routes(routes!(runs::list))
        .routes(routes!(bulk::runs))
        .routes(routes!(runs::show))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::retry))
        .routes(routes!(runs::logs))
        .routes(routes!(logs::list))
        .routes(routes!(logs::show))
        .routes(routes!(logs::lines))
        .routes(routes!(calls::call))
        // Plugins and handlers
        .merge(uploads)
        .routes(routes!(plugins::list))
        .routes(routes!(plugins::show))
        .routes(routes!(plugins::rollback))
        .routes(routes!(versions::show, versions::delete))
        .routes(routes!(versions::activate))
        .routes(routes!(versions::content))
        .routes(routes!(handlers::list))
        .routes(routes!(
            handlers::show,
            handlers::put,
            handlers::patch,
            handlers::delete
        ))
        .routes(routes!(holds::hold))
        .routes(routes!(holds::release))
        // What handlers keep
        .routes(routes!(state::scopes))
        .routes(routes!(state::job_list, state::job_clear))
        .routes(routes!(state::handler_list, state::handler_clear))
        .merge(values)
        // Who is told of what
        .routes(routes!(alerts::channels::list))
        .routes(routes!(
            alerts::channels::show,
            alerts::channels::put,
            alerts::channels::delete
        ))
        .routes(routes!(alerts::channels::test))
        .routes(routes!(alerts::rules::list))
        .routes(routes!(
            alerts::rules::show,
            alerts::rules::put,
            alerts::rules::delete
        ))
        .routes(routes!(alerts::silences::list, alerts::silences::create))
        .routes(routes!(alerts::silences::delete))
        .routes(routes!(alerts::history::list))
        .routes(routes!(alerts::history::show))
        // Access and the server itself
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::delete))
        .routes(routes!(audit::list))
        .routes(routes!(backup::backup))
        .routes(routes!(doctor::doctor))
        .routes(routes!(settings::show, settings::patch))
        .routes(routes!(me::me))
        .routes(routes!(events::events));
    let open = OpenApiRouter::new()
        .routes(routes!(setup::setup))
        .routes(routes!(runs::complete));
    let (guarded, mut document) = guarded.split_for_parts();
    let (open, open_document) = open.split_for_parts();
    openapi::guard(&mut document);
    document.merge(open_document);
    (Api { guarded, open }, document)
}
