//! Whether what is asked and answered is what the OpenAPI document says of it.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use axum::http::{HeaderMap, Method, header, request, response};
use jsonschema::Validator;
use serde_json::Value;

/// The committed document, which another test holds to the code.
static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../openapi.json")).unwrap());

/// Validators, each by where in the document its schema is.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Fails where an answer is none that the document knows, or a request that was accepted one that it forbids.
#[track_caller]
pub(crate) fn check(asked: (&request::Parts, &[u8]), answered: (&response::Parts, &[u8])) {
    let (request, response) = (asked.0, answered.0);
    let status = response.status;
    let Some(path) = request.uri.path().strip_prefix("/api/v1") else {
        return;
    };
    let Some(operation) = operation(&request.method, path) else {
        // The document does not tell of itself.
        assert!(
            path == "/openapi.json" || status.is_client_error(),
            "{} {path} is not in the document and answers {status}",
            request.method
        );
        return;
    };
    // What takes no body does not look at one.
    let body = format!("{operation}/requestBody");
    if let Some(described) = DOCUMENT.pointer(&body).filter(|_| status.is_success()) {
        if asked.1.is_empty() {
            assert_ne!(described["required"], true, "{body} is left out");
        } else {
            check_content(&body, &request.headers, asked.1);
        }
    }
    let code = if status.is_success() {
        status.as_str()
    } else {
        "default"
    };
    let answer = format!("{operation}/responses/{code}");
    assert!(DOCUMENT.pointer(&answer).is_some(), "nothing is at {answer}");
    check_content(&answer, &response.headers, answered.1);
}

/// Where the document tells of the endpoint.
fn operation(method: &Method, path: &str) -> Option<String> {
    let paths = DOCUMENT["paths"].as_object()?;
    let template = paths.keys().filter(|template| fits(template, path));
    // A literal segment says more than a parameter.
    let template = template.min_by_key(|template| template.matches('{').count())?;
    let method = method.as_str().to_lowercase();
    paths[template]
        .get(&method)
        .map(|_| format!("/paths/{}/{method}", template.replace('/', "~1")))
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(said, segment)| said.starts_with('{') && !segment.is_empty() || said == segment)
}

/// Checks the body of a request or of an answer against what the document has at `place`.
#[track_caller]
fn check_content(place: &str, headers: &HeaderMap, body: &[u8]) {
    let Some(contents) = DOCUMENT
        .pointer(place)
        .and_then(|described| described.get("content"))
    else {
        assert!(
            body.is_empty(),
            "{place} has no content, but there is {}",
            String::from_utf8_lossy(body)
        );
        return;
    };
    let said = headers
        .get(header::CONTENT_TYPE)
        .map_or("", |said| said.to_str().unwrap());
    let media = said.split(';').next().unwrap_or_default();
    assert!(
        contents.get(media).is_some(),
        "{place} has no content of `{media}`"
    );
    if !media.ends_with("json") {
        return;
    }
    let schema = format!("{place}/content/{}/schema", media.replace('/', "~1"));
    let body: Value = serde_json::from_slice(body).unwrap();
    let wrong: Vec<_> = validator(&schema)
        .iter_errors(&body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{schema} is not this: {wrong:#?} in {body:#}");
}

fn validator(place: &str) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let known = validators.entry(place.to_owned()).or_insert_with(|| {
        let mut schema = DOCUMENT.pointer(place).unwrap().clone();
        schema["components"] = DOCUMENT["components"].clone();
        Arc::new(jsonschema::draft202012::new(&schema).unwrap())
    });
    Arc::clone(known)
}
