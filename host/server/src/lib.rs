//! The HTTP API: routes, tokens, problems; every decision is a use-case of `wasmtab_service`.

mod api;
mod app;
mod auth;
mod extract;
mod keyed;
mod listener;
mod openapi;
mod problem;
mod reply;
mod request;
mod router;
mod serve;

pub use self::{
    app::Options,
    openapi::document,
    problem::{FieldProblem, Problem},
    router::router,
    serve::serve,
};
