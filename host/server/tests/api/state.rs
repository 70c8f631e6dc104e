use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use wasmtab_domain::ids::JobId;
use wasmtab_store::{StateScope, StateStore as _};

use crate::harness::{Answer, Api};

async fn put(api: &Api, path: &str, bytes: &'static [u8]) -> Answer {
    api.request(Method::PUT, path)
        .header("content-type", "application/octet-stream")
        .body(bytes)
        .send()
        .await
}

/// A server with a job, and the address of what it keeps.
async fn with_job() -> (Api, String) {
    let api = Api::new().await;
    let job = api.job("sync", &[]).await;
    let path = format!("/jobs/{}/state", job["id"]);
    (api, path)
}

async fn bind(api: &Api, grants: Value) {
    api.push("/plugins/echo/versions?activate=true", b"\0asm one")
        .await;
    let body = json!({ "plugin": "echo", "grants": grants });
    api.request(Method::PUT, "/handlers/EchoHandler")
        .json(&body)
        .send()
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_value_is_set_read_and_removed() {
    let (api, path) = with_job().await;
    let cursor = format!("{path}/pages%2Fcursor");
    let set = put(&api, &cursor, b"17").await.expect(StatusCode::OK);
    assert_eq!(set, json!({ "key": "pages/cursor", "bytes": 2, "text": "17" }));
    assert_eq!(api.get(&cursor).await.expect(StatusCode::OK), set);
    let raw = api.get(&format!("{cursor}?format=raw")).await;
    assert_eq!(
        (raw.text.as_str(), raw.header("content-type")),
        ("17", "application/octet-stream")
    );
    let asked = api
        .request(Method::GET, &cursor)
        .header("accept", "application/octet-stream");
    assert_eq!(asked.send().await.text, "17");

    let replace = api
        .request(Method::PUT, &cursor)
        .json(&json!({ "base64": "AP8=" }));
    assert_eq!(
        replace.send().await.expect(StatusCode::OK),
        json!({ "key": "pages/cursor", "bytes": 2, "base64": "AP8=" })
    );
    let gone = || api.request(Method::DELETE, &cursor);
    gone().send().await.expect(StatusCode::NO_CONTENT);
    gone().send().await.problem(404, "not-found");
    api.get(&cursor).await.problem(404, "not-found");
}

#[tokio::test]
async fn what_is_kept_is_listed_in_pages_and_cleared_by_prefix() {
    let (api, path) = with_job().await;
    for key in ["a%2F1", "a%2F2", "b"] {
        put(&api, &format!("{path}/{key}"), b"v")
            .await
            .expect(StatusCode::OK);
    }
    let long = vec![b'x'; 999];
    let body = json!({ "text": String::from_utf8(long).unwrap() });
    let set = api.request(Method::PUT, &format!("{path}/long")).json(&body);
    // The harness takes bodies of 1,000 bytes at most.
    set.send().await.problem(413, "too-large");

    let list = api.get(&format!("{path}?limit=2")).await.json();
    assert_eq!(
        (&list["keys"], &list["bytes"], &list["quota"], &list["note"]),
        (&json!(3), &json!(10), &json!(1_048_576), &Value::Null)
    );
    assert_eq!(list["items"][0], json!({ "key": "a/1", "bytes": 1, "text": "v" }));
    let next = list["nextCursor"].as_str().unwrap();
    let rest = api.get(&format!("{path}?limit=2&cursor={next}")).await.json();
    assert_eq!(
        (&rest["items"][0]["key"], &rest["nextCursor"]),
        (&json!("b"), &Value::Null)
    );
    api.get(&format!("{path}?cursor=x"))
        .await
        .problem(400, "bad-cursor");

    let clear = |query: &str| api.request(Method::DELETE, &format!("{path}{query}"));
    assert_eq!(
        clear("?prefix=a%2F").send().await.expect(StatusCode::OK),
        json!({ "removed": 2 })
    );
    assert_eq!(clear("").send().await.json()["removed"], 1);
    assert_eq!(api.get(&path).await.json()["items"], json!([]));
}

#[tokio::test]
async fn the_quota_of_the_grant_holds_for_operators_too() {
    let (api, path) = with_job().await;
    bind(&api, json!({ "state": { "quota": 10 } })).await;
    put(&api, &format!("{path}/k"), b"12345678")
        .await
        .expect(StatusCode::OK);
    let refused = put(&api, &format!("{path}/k"), b"1234567890")
        .await
        .problem(422, "invalid");
    assert!(
        refused["detail"].as_str().unwrap().contains("state-quota"),
        "{refused}"
    );
    assert_eq!(api.get(&format!("{path}/k")).await.json()["text"], "12345678");
}

#[tokio::test]
async fn a_scope_that_nobody_reads_says_so() {
    let (api, path) = with_job().await;
    bind(&api, json!({ "state": { "scope": "handler" } })).await;
    put(&api, &format!("{path}/k"), b"v").await.expect(StatusCode::OK);
    put(&api, "/handlers/EchoHandler/state/k", b"shared")
        .await
        .expect(StatusCode::OK);
    let note = api.get(&path).await.json()["note"].clone();
    assert!(note.as_str().unwrap().contains("EchoHandler"), "{note}");

    let scopes = api.get("/state").await.json()["items"].clone();
    assert_eq!(
        (&scopes[0]["handlerName"], &scopes[0]["note"]),
        (&json!("EchoHandler"), &Value::Null)
    );
    assert_eq!(
        (&scopes[1]["jobName"], &scopes[1]["keys"]),
        (&json!("sync"), &json!(1))
    );

    let job = api.get("/jobs").await.json()["items"][0].clone();
    api.delete(&path.replace("/state", ""), &format!("\"{}\"", job["revision"]))
        .await
        .expect(StatusCode::NO_CONTENT);
    api.get(&path).await.problem(404, "not-found");
    // Its last attempt goes on for a moment, and keeps something.
    let scope = StateScope::Job(JobId(job["id"].as_i64().unwrap()));
    api.store
        .state_set(&scope, "k", b"v", 100)
        .await
        .unwrap()
        .unwrap();
    let left = api.get(&path).await.expect(StatusCode::OK);
    assert!(
        left["note"].as_str().unwrap().contains("not there any more"),
        "{left}"
    );
    put(&api, &format!("{path}/k"), b"v")
        .await
        .problem(404, "not-found");
    api.request(Method::DELETE, &path)
        .send()
        .await
        .expect(StatusCode::OK);
    api.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn only_operators_change_state_and_every_change_is_on_record() {
    let (mut api, path) = with_job().await;
    let key = format!("{path}/k");
    put(&api, &key, b"one").await.expect(StatusCode::OK);
    put(&api, &key, b"two").await.expect(StatusCode::OK);
    let entry = api.get("/audit").await.json()["items"][0].clone();
    assert_eq!(
        (
            &entry["action"],
            &entry["before"]["text"],
            &entry["after"]["text"]
        ),
        (&json!("state.set"), &json!("one"), &json!("two"))
    );
    api.as_role("viewer").await;
    api.get(&key).await.expect(StatusCode::OK);
    put(&api, &key, b"three").await.problem(403, "forbidden");
    for path in [&key, &path] {
        api.request(Method::DELETE, path)
            .send()
            .await
            .problem(403, "forbidden");
    }
}

#[tokio::test]
async fn what_is_no_value_is_refused() {
    let (api, path) = with_job().await;
    let key = format!("{path}/k");
    for wrong in [
        json!({}),
        json!({ "text": "a", "base64": "YQ==" }),
        json!({ "base64": "?" }),
    ] {
        api.request(Method::PUT, &key)
            .json(&wrong)
            .send()
            .await
            .problem(422, "invalid");
    }
    let long = format!("{path}/{}", "k".repeat(256));
    put(&api, &long, b"v").await.problem(422, "invalid");
    let form = api
        .request(Method::PUT, &key)
        .header("content-type", "application/x-www-form-urlencoded");
    form.body("a=b")
        .send()
        .await
        .problem(415, "unsupported-media-type");
    put(&api, "/jobs/99/state/k", b"v")
        .await
        .problem(404, "not-found");
    put(&api, "/handlers/Nobody/state/k", b"v")
        .await
        .problem(404, "not-found");
    api.get("/handlers/Nobody/state").await.problem(404, "not-found");
}
