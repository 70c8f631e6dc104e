//! The OpenAPI document, made of the endpoints' own annotations.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        Components, ContentBuilder, InfoBuilder, OpenApi, Ref, ResponseBuilder, Server,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    app::App,
    auth::Caller,
    problem::{FieldProblem, Problem},
    router::routes_of,
};

const BEARER: &str = "bearer";

/// The OpenAPI document of this version.
pub fn document() -> String {
    to_json(&finish(routes_of(0).1))
}

/// `GET /openapi.json`
pub(crate) async fn show(State(app): State<App>, _: Caller) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        app.openapi.to_string(),
    )
        .into_response()
}

pub(crate) fn to_json(document: &OpenApi) -> String {
    // Texts, numbers and lists always have a JSON form.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Marks every operation as one that takes a token.
pub(crate) fn guard(document: &mut OpenApi) {
    for operation in operations(document) {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])]);
    }
}

/// Adds what holds for all endpoints.
pub(crate) fn finish(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("wasmtab")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("A crontab for WebAssembly handlers. Lists are `{\"items\": […], \"nextCursor\": …}`; refusals are RFC 9457."))
        .build();
    document.servers = Some(vec![Server::new("/api/v1")]);
    let components = document.components.get_or_insert_with(Components::new);
    components
        .schemas
        .insert(Problem::name().into(), Problem::schema());
    components
        .schemas
        .insert(FieldProblem::name().into(), FieldProblem::schema());
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    let refusal = ResponseBuilder::new()
        .description("Why it was not done")
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(Problem::name())))
                .build(),
        )
        .build();
    for operation in operations(&mut document) {
        operation
            .responses
            .responses
            .insert("default".into(), refusal.clone().into());
    }
    document
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|item| {
        [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ]
        .into_iter()
        .filter_map(Option::as_mut)
    })
}
