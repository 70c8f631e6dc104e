//! `/doctor`

use axum::{Json, extract::State};
use wasmtab_service::view::DoctorView;

use crate::{app::App, auth::Caller, reply::Reply};

/// Looks at everything that may be wrong
///
/// The database's structure, room on the disk, the clock, the compiler, handlers that do not resolve, jobs that will never fire, runs
/// that are stuck. It changes nothing, and reads all of the database once.
#[utoipa::path(get, path = "/doctor", tag = "access", operation_id = "doctor",
    responses((status = 200, body = DoctorView)))]
pub(crate) async fn doctor(State(app): State<App>, Caller(by): Caller) -> Reply<Json<DoctorView>> {
    Ok(Json(app.service.doctor(&by).await?))
}
