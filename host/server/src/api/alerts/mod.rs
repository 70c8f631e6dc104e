//! `/alerts/…`

pub(crate) mod channels;
pub(crate) mod history;
pub(crate) mod rules;
pub(crate) mod silences;

use axum::http::StatusCode;

/// The status of a `PUT`.
const fn made(created: bool) -> StatusCode {
    if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    }
}
