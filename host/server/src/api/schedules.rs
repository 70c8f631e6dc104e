//! `/schedules:preview`

use axum::{Json, extract::State};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wasmtab_service::view::{BlackoutShape, Length, PreviewView};

use crate::{
    app::App,
    auth::Caller,
    extract::{self, Language},
    reply::Reply,
};

/// A schedule as a job would say it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read field by field so that every wrong one is named"
)]
pub(crate) struct Preview {
    #[schema(example = "30 2 * * *")]
    cron_expression: Option<String>,
    /// `unix` or `quartz`; by the number of fields where absent.
    cron_dialect: Option<String>,
    /// A fixed grid instead of an expression.
    #[schema(value_type = Option<Length>)]
    every: Option<Value>,
    /// The server's default zone where absent.
    #[schema(example = "America/New_York")]
    timezone: Option<String>,
    #[schema(format = DateTime)]
    start_at: Option<String>,
    #[schema(format = DateTime)]
    end_at: Option<String>,
    /// When it must not fire, as a job says it.
    #[schema(value_type = Option<Vec<BlackoutShape>>)]
    blackouts: Option<Vec<Value>>,
    /// How many fires, 1 to 1,000; 5 unless said.
    count: Option<usize>,
    /// Fires after this instant; from now on unless said.
    #[schema(format = DateTime)]
    after: Option<String>,
}

/// Tells what a schedule means
///
/// In words, with its next fires and those that a clock change touches.
#[utoipa::path(post, path = "/schedules:preview", tag = "jobs", operation_id = "previewSchedule", request_body = Preview,
    responses((status = 200, body = PreviewView)))]
pub(crate) async fn preview(
    State(app): State<App>,
    Caller(by): Caller,
    Language(lang): Language,
    extract::Json(said): extract::Json<Map<String, Value>>,
) -> Reply<Json<PreviewView>> {
    Ok(Json(app.service.preview(&by, said, lang).await?))
}
