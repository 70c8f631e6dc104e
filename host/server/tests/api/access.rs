use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Api;

#[tokio::test]
async fn without_a_token_every_endpoint_answers_401() {
    let mut api = Api::new().await;
    let document: Value = serde_json::from_str(&wasmtab_server::document()).unwrap();
    for token in ["", "wrong"] {
        api.token = token.into();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                if path == "/setup" {
                    continue;
                }
                let method: Method = method.to_uppercase().parse().unwrap();
                let answer = api
                    .request(method.clone(), &path.replace(['{', '}'], ""))
                    .send()
                    .await;
                assert_eq!(
                    answer.header("www-authenticate"),
                    "Bearer realm=\"wasmtab\"",
                    "{method} {path}"
                );
                answer.problem(401, "unauthorized");
            }
        }
        for path in ["/nowhere", "/openapi.json"] {
            api.get(path).await.problem(401, "unauthorized");
        }
    }
}

#[tokio::test]
async fn a_role_may_do_its_own_and_what_lesser_roles_may() {
    let mut api = Api::new().await;
    let job = api.job("nightly", &[]).await;
    let (id, etag) = (job["id"].to_string(), format!("\"{}\"", job["revision"]));

    api.as_role("viewer").await;
    api.get(&format!("/jobs/{id}")).await.expect(StatusCode::OK);
    let refused = api
        .post(&format!("/jobs/{id}/runs"), &json!({}))
        .await
        .problem(403, "forbidden");
    assert!(
        refused["detail"].as_str().unwrap().contains("operator"),
        "{refused}"
    );

    api.token = crate::harness::ADMIN.into();
    api.as_role("operator").await;
    api.post(&format!("/jobs/{id}/runs"), &json!({}))
        .await
        .expect(StatusCode::ACCEPTED);
    api.delete(&format!("/jobs/{id}"), &etag)
        .await
        .problem(403, "forbidden");

    api.token = crate::harness::ADMIN.into();
    api.as_role("author").await;
    api.push("/plugins/echo/versions?activate=true", b"\0asm")
        .await
        .problem(403, "forbidden");
    assert_eq!(api.get("/plugins").await.json()["items"], json!([]));
    api.push("/plugins/echo/versions", b"\0asm")
        .await
        .expect(StatusCode::CREATED);
    api.post("/plugins/echo/versions/1/activate", &json!({}))
        .await
        .problem(403, "forbidden");
    api.get("/tokens").await.problem(403, "forbidden");
}

#[tokio::test]
async fn the_set_up_code_makes_one_administrator_and_works_once() {
    let mut api = Api::with(None).await;
    let older = api.service.prepare_setup().await.unwrap().unwrap();
    let code = api.service.prepare_setup().await.unwrap().unwrap();
    api.token = String::new();
    api.post("/setup", &json!({ "code": older }))
        .await
        .problem(401, "unauthorized");
    let made = api
        .post("/setup", &json!({ "code": code, "name": "ann" }))
        .await
        .expect(StatusCode::CREATED);
    assert_eq!(made["role"], "administrator");
    api.post("/setup", &json!({ "code": code }))
        .await
        .problem(401, "unauthorized");

    api.token = made["token"].as_str().unwrap().into();
    assert_eq!(
        api.get("/me").await.json(),
        json!({ "name": "ann", "role": "administrator" })
    );
    assert_eq!(api.service.prepare_setup().await.unwrap(), None);
}

#[tokio::test]
async fn a_token_ends_at_its_time_or_by_hand() {
    let mut api = Api::new().await;
    let past = json!({ "name": "ci", "role": "viewer", "expiresAt": "2026-03-01T00:00:00Z" });
    api.post("/tokens", &past).await.problem(422, "invalid");
    let body = json!({ "name": "ci", "role": "viewer", "expiresAt": "2026-03-02T01:00:00Z" });
    let short = api.post("/tokens", &body).await.expect(StatusCode::CREATED);
    let other = api
        .post("/tokens", &json!({ "name": "x", "role": "viewer" }))
        .await
        .expect(StatusCode::CREATED);
    let listed = api.get("/tokens").await.text;
    assert!(!listed.contains(short["token"].as_str().unwrap()), "{listed}");

    api.request(Method::DELETE, &format!("/tokens/{}", other["id"]))
        .send()
        .await
        .expect(StatusCode::NO_CONTENT);
    api.request(Method::DELETE, &format!("/tokens/{}", other["id"]))
        .send()
        .await
        .problem(404, "not-found");
    api.token = other["token"].as_str().unwrap().into();
    api.get("/me").await.problem(401, "unauthorized");

    api.token = short["token"].as_str().unwrap().into();
    api.get("/me").await.expect(StatusCode::OK);
    api.clock.advance(3_600);
    api.get("/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn what_was_done_is_in_the_audit_log() {
    let api = Api::new().await;
    let job = api.job("nightly", &[]).await;
    let etag = format!("\"{}\"", job["revision"]);
    let path = format!("/jobs/{}", job["id"]);
    let patch = json!({ "retryCount": 2 });
    api.request(Method::PATCH, &path)
        .header("if-match", &etag)
        .json(&patch)
        .send()
        .await
        .expect(StatusCode::OK);
    let log = api.get("/audit").await.json();
    let entry = &log["items"][0];
    assert_eq!(entry["action"], "job.update");
    assert_eq!(entry["by"], "admin");
    assert_eq!(
        (&entry["before"]["retryCount"], &entry["after"]["retryCount"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(log["items"][1]["action"], "job.create");
}
