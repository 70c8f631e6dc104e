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

#[tokio::test]
async fn a_bound_on_attempts_is_set_changed_and_taken_away() {
    let api = with_plugin().await;
    let made = put(&api, None, &json!({ "plugin": "echo", "maxConcurrency": 2 })).await;
    let etag = made.header("etag").to_owned();
    assert_eq!(made.expect(StatusCode::CREATED)["maxConcurrency"], 2);
    let patch = async |etag: &str, body: Value| {
        let request = api.request(Method::PATCH, "/handlers/EchoHandler");
        request.header("if-match", etag).json(&body).send().await
    };
    for bound in [json!(0), json!(-1), json!(10_001)] {
        let refused = patch(&etag, json!({ "maxConcurrency": bound }))
            .await
            .problem(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], "/maxConcurrency", "{refused}");
        let detail = refused["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("from 1 to 10000"), "{detail}");
    }
    let kept = patch(&etag, json!({ "version": 1 })).await;
    let etag = kept.header("etag").to_owned();
    assert_eq!(kept.expect(StatusCode::OK)["maxConcurrency"], 2);
    let gone = patch(&etag, json!({ "maxConcurrency": null })).await;
    assert_eq!(gone.expect(StatusCode::OK)["maxConcurrency"], Value::Null);
    let entry = &api.get("/audit").await.json()["items"][0];
    assert_eq!(
        (
            &entry["before"]["maxConcurrency"],
            &entry["after"]["maxConcurrency"]
        ),
        (&json!(2), &Value::Null)
    );
}

#[tokio::test]
async fn an_operator_holds_and_releases_a_handler() {
    let mut api = with_plugin().await;
    let body = json!({ "plugin": "echo" });
    let made = put(&api, None, &body).await.expect(StatusCode::CREATED);
    assert_eq!(made["held"], Value::Null);
    api.as_role("viewer").await;
    for action in ["hold", "release"] {
        api.post(&format!("/handlers/EchoHandler/{action}"), &json!({}))
            .await
            .problem(403, "forbidden");
    }
    api.token = crate::harness::ADMIN.into();
    api.as_role("operator").await;
    let held = api
        .post("/handlers/EchoHandler/hold", &json!({ "note": "moving" }))
        .await
        .expect(StatusCode::OK);
    let said = json!({ "by": "operator", "note": "moving", "at": "2026-03-02T00:00:00Z" });
    assert_eq!((&held["held"], &held["revision"]), (&said, &made["revision"]));
    assert_eq!(api.get("/handlers").await.json()["items"][0]["held"], said);
    // No body is needed: a hold without a note replaces the other.
    let request = api.request(Method::POST, "/handlers/EchoHandler/hold");
    let held = request.send().await.expect(StatusCode::OK);
    assert_eq!(held["held"]["note"], Value::Null);
    let released = api.post("/handlers/EchoHandler/release", &json!({})).await;
    assert_eq!(released.expect(StatusCode::OK)["held"], Value::Null);

    let long = json!({ "note": "x".repeat(1_001) });
    let refused = api
        .post("/handlers/EchoHandler/hold", &long)
        .await
        .problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/note");
    for action in ["hold", "release"] {
        api.post(&format!("/handlers/Nobody/{action}"), &json!({}))
            .await
            .problem(404, "not-found");
    }
    api.token = crate::harness::ADMIN.into();
    let log = api.get("/audit").await.json();
    let actions: Vec<_> = log["items"].as_array().unwrap()[..3]
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["handler.release", "handler.hold", "handler.hold"]);
    assert_eq!(log["items"][2]["after"]["note"], "moving");
}
