use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Api};

async fn put(api: &Api, etag: Option<&str>, body: &Value) -> Answer {
    let request = api.request(Method::PUT, "/handlers/EchoHandler");
    let request = match etag {
        Some(etag) => request.header("if-match", etag),
        None => request,
    };
    request.json(body).send().await
}

async fn with_plugin() -> Api {
    let api = Api::new().await;
    api.push("/plugins/echo/versions?activate=true", b"\0asm one")
        .await
        .expect(StatusCode::CREATED);
    api
}

#[tokio::test]
async fn a_binding_resolves_to_the_active_version_unless_pinned() {
    let api = with_plugin().await;
    api.job("nightly", &[]).await;
    let made = put(&api, None, &json!({ "plugin": "echo" })).await;
    let etag = made.header("etag").to_owned();
    let bound = made.expect(StatusCode::CREATED);
    assert_eq!(
        (&bound["version"], &bound["resolvedVersion"], &bound["jobs"]),
        (&Value::Null, &json!(1), &json!(["nightly"]))
    );
    assert_eq!(
        api.get("/jobs").await.json()["items"][0]["handler"],
        json!({ "bound": true, "plugin": "echo", "version": 1 })
    );

    api.push("/plugins/echo/versions?activate=true", b"\0asm two")
        .await
        .expect(StatusCode::CREATED);
    assert_eq!(
        api.get("/handlers/EchoHandler").await.json()["resolvedVersion"],
        2
    );
    put(&api, None, &json!({ "plugin": "echo" }))
        .await
        .problem(428, "if-match-required");
    let etag = if api.get("/handlers/EchoHandler").await.header("etag") == etag {
        etag
    } else {
        api.get("/handlers/EchoHandler").await.header("etag").to_owned()
    };
    let pinned = put(&api, Some(&etag), &json!({ "plugin": "echo", "version": 1 }))
        .await
        .expect(StatusCode::OK);
    assert_eq!(pinned["resolvedVersion"], 1);
    put(&api, Some(&etag), &json!({ "plugin": "echo" }))
        .await
        .problem(412, "stale");
    let now = format!("\"{}\"", pinned["revision"]);
    api.delete("/handlers/EchoHandler", &etag)
        .await
        .problem(412, "stale");
    api.delete("/handlers/EchoHandler", &now)
        .await
        .expect(StatusCode::NO_CONTENT);
    api.get("/handlers/EchoHandler").await.problem(404, "not-found");
}

#[tokio::test]
async fn grants_change_without_the_rest() {
    let api = with_plugin().await;
    let body = json!({ "plugin": "echo", "version": 1, "grants": { "config": { "greeting": "hi" } } });
    let made = put(&api, None, &body).await;
    let etag = made.header("etag").to_owned();
    let patch = json!({ "grants": { "http": [{ "scheme": "https", "host": "api.example.com" }] } });
    let request = api
        .request(Method::PATCH, "/handlers/EchoHandler")
        .header("if-match", &etag)
        .json(&patch);
    let patched = request.send().await.expect(StatusCode::OK);
    assert_eq!(
        (&patched["version"], &patched["plugin"]),
        (&json!(1), &json!("echo"))
    );
    assert_eq!(patched["allow"], json!(["http=https://api.example.com"]));
}

#[tokio::test]
async fn what_cannot_be_bound_is_named() {
    let api = with_plugin().await;
    for (body, pointer) in [
        (json!({ "plugin": "other" }), "/plugin"),
        (json!({ "plugin": "echo", "version": 7 }), "/version"),
        (
            json!({ "plugin": "echo", "grants": { "https": [] } }),
            "/grants/https",
        ),
        (
            json!({ "plugin": "echo", "secrets": { "TOKEN": "x" } }),
            "/secrets/TOKEN",
        ),
    ] {
        let refused = put(&api, None, &body).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    api.get("/handlers/EchoHandler").await.problem(404, "not-found");
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let api = with_plugin().await;
    let body =
        json!({ "plugin": "echo", "grants": { "secrets": ["TOKEN"] }, "secrets": { "TOKEN": "hunter2" } });
    let made = put(&api, None, &body).await;
    let etag = made.header("etag").to_owned();
    let bound = made.expect(StatusCode::CREATED);
    assert_eq!(bound["secrets"], json!(["TOKEN"]));
    let everything = [
        api.get("/handlers").await.text,
        api.get("/audit").await.text,
        bound.to_string(),
    ]
    .concat();
    assert!(!everything.contains("hunter2"), "{everything}");
    assert!(everything.contains("secretsChanged"), "{everything}");
    let patch = json!({ "secrets": { "TOKEN": null } });
    let request = api
        .request(Method::PATCH, "/handlers/EchoHandler")
        .header("if-match", &etag)
        .json(&patch);
    assert_eq!(request.send().await.expect(StatusCode::OK)["secrets"], json!([]));
}
