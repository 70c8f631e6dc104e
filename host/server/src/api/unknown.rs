//! Addresses that lead nowhere.

use axum::http::StatusCode;

use crate::{auth::Caller, problem::Problem};

/// Whoever has a token learns that there is nothing.
pub(crate) async fn nothing_here(_: Caller) -> Box<Problem> {
    Problem::of_status(StatusCode::NOT_FOUND, "")
}
