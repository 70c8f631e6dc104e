use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{ADMIN, Answer, Api};

async fn put(api: &Api, path: &str, body: &Value) -> Answer {
    let request = api.request(Method::PUT, &format!("/alerts/{path}"));
    request.json(body).send().await
}

async fn delete(api: &Api, path: &str) -> Answer {
    api.request(Method::DELETE, &format!("/alerts/{path}"))
        .send()
        .await
}

async fn with_channel() -> Api {
    let api = Api::new().await;
    let body = json!({ "url": "https://example.com/hooks/hunter2", "secret": "s3cret" });
    put(&api, "channels/ops", &body).await.expect(StatusCode::CREATED);
    api
}

#[tokio::test]
async fn a_channel_shows_neither_its_secret_nor_to_everybody_its_address() {
    let mut api = with_channel().await;
    let shown = json!({ "name": "ops", "url": "https://example.com/hooks/hunter2", "signed": true, "enabled": true,
        "updatedAt": "2026-03-02T00:00:00Z", "updatedBy": "admin" });
    assert_eq!(api.get("/alerts/channels/ops").await.json(), shown);
    api.as_role("author").await;
    let masked = api.get("/alerts/channels").await.json()["items"][0].clone();
    assert_eq!(masked["url"], "https://example.com/…");
    put(&api, "channels/ops", &json!({ "url": "https://example.com" }))
        .await
        .problem(403, "forbidden");

    api.token = ADMIN.into();
    // What is absent stays, as far as it is secret.
    let changed = put(
        &api,
        "channels/ops",
        &json!({ "url": "http://10.0.0.1/x", "enabled": false }),
    )
    .await
    .expect(StatusCode::OK);
    assert_eq!(
        (&changed["signed"], &changed["enabled"]),
        (&json!(true), &json!(false))
    );
    let unsigned = put(
        &api,
        "channels/ops",
        &json!({ "url": "http://10.0.0.1/x", "secret": null }),
    )
    .await
    .expect(StatusCode::OK);
    assert_eq!(
        (&unsigned["signed"], &unsigned["enabled"]),
        (&json!(false), &json!(true))
    );
    let everything = [
        api.get("/alerts/channels").await.text,
        api.get("/audit").await.text,
    ]
    .concat();
    assert!(!everything.contains("s3cret"), "{everything}");
    assert!(everything.contains("secretChanged"), "{everything}");

    delete(&api, "channels/ops").await.expect(StatusCode::NO_CONTENT);
    delete(&api, "channels/ops").await.problem(404, "not-found");
}

#[tokio::test]
async fn an_address_that_cannot_be_sent_to_is_named() {
    let api = Api::new().await;
    for (body, pointer) in [
        (json!({ "url": "example.com" }), "/url"),
        (json!({ "url": "file:///etc/passwd" }), "/url"),
        (json!({ "url": "https://ann:hunter2@example.com/" }), "/url"),
        (json!({ "url": "https://example.com", "secret": "" }), "/secret"),
        (
            json!({ "url": "https://example.com", "secret": "x".repeat(1_001) }),
            "/secret",
        ),
        (json!({ "url": 3 }), "/url"),
        (json!({ "url": "https://example.com", "sekret": "x" }), "/sekret"),
    ] {
        let refused = put(&api, "channels/a", &body).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    assert_eq!(api.get("/alerts/channels").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_rule_says_who_is_told_of_what() {
    let mut api = with_channel().await;
    let job = api.job("nightly", &[]).await;
    api.as_role("author").await;
    let rule = put(&api, "rules/all", &json!({ "channel": "ops" }))
        .await
        .expect(StatusCode::CREATED);
    let told = json!(["failure", "recovery", "warnAfter"]);
    assert_eq!(
        (&rule["on"], &rule["label"], &rule["jobId"]),
        (&told, &Value::Null, &Value::Null)
    );
    for (said, shown) in [
        (
            json!({ "job": "nightly" }),
            json!([job["id"], "nightly", null, null]),
        ),
        (
            json!({ "jobId": job["id"] }),
            json!([job["id"], "nightly", null, null]),
        ),
        (
            json!({ "label": "billing" }),
            json!([null, null, "billing", null]),
        ),
        (json!({ "handlerName": "H" }), json!([null, null, null, "H"])),
    ] {
        let mut body = said.clone();
        body["channel"] = json!("ops");
        body["on"] = json!(["timeout", "failure", "timeout"]);
        let rule = put(&api, "rules/all", &body).await.expect(StatusCode::OK);
        assert_eq!(
            json!([rule["jobId"], rule["job"], rule["label"], rule["handlerName"]]),
            shown
        );
        assert_eq!(rule["on"], json!(["failure", "timeout"]));
        assert_eq!(api.get("/alerts/rules/all").await.json(), rule);
        assert_eq!(api.get("/alerts/rules").await.json()["items"], json!([rule]));
    }
    for (body, pointer) in [
        (json!({ "channel": "nobody" }), "/channel"),
        (json!({ "channel": "ops", "on": [] }), "/on"),
        (json!({ "channel": "ops", "on": ["skipped"] }), "/on/0"),
        (json!({ "channel": "ops", "job": "nobody" }), "/job"),
        (json!({ "channel": "ops", "jobId": 99 }), "/jobId"),
        (
            json!({ "channel": "ops", "label": "a", "handlerName": "b" }),
            "/handlerName",
        ),
        (json!({ "channel": "ops", "label": "" }), "/label"),
    ] {
        let refused = put(&api, "rules/other", &body).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    api.get("/alerts/rules/other").await.problem(404, "not-found");

    api.token = ADMIN.into();
    let refused = delete(&api, "channels/ops").await.problem(409, "in-use");
    assert!(refused.to_string().contains("\"all\""), "{refused}");
    delete(&api, "rules/all").await.expect(StatusCode::NO_CONTENT);
    delete(&api, "rules/all").await.problem(404, "not-found");
    let log = api.get("/audit").await.json();
    assert_eq!(
        (&log["items"][0]["action"], &log["items"][0]["before"]["channel"]),
        (&json!("alertRule.delete"), &json!("ops"))
    );
    assert_eq!(log["items"][1]["action"], "alertRule.put");
}

#[tokio::test]
async fn a_silence_holds_until_its_end_or_until_it_is_ended() {
    let mut api = Api::new().await;
    api.as_role("viewer").await;
    let hour = json!({ "until": "2026-03-02T01:00:00Z", "label": "moving", "note": "moving house" });
    api.post("/alerts/silences", &hour)
        .await
        .problem(403, "forbidden");
    api.token = ADMIN.into();
    api.as_role("operator").await;
    let silence = api
        .post("/alerts/silences", &hour)
        .await
        .expect(StatusCode::CREATED);
    assert_eq!(
        (&silence["label"], &silence["note"], &silence["createdBy"]),
        (&json!("moving"), &json!("moving house"), &json!("operator"))
    );
    let all = json!({ "until": "2026-03-03T00:00:00Z", "all": true });
    let second = api
        .post("/alerts/silences", &all)
        .await
        .expect(StatusCode::CREATED);
    assert_eq!(
        api.get("/alerts/silences").await.json()["items"],
        json!([silence, second])
    );
    api.clock.advance(3_600);
    assert_eq!(api.get("/alerts/silences").await.json()["items"], json!([second]));
    let path = format!("silences/{}", second["id"]);
    delete(&api, &path).await.expect(StatusCode::NO_CONTENT);
    delete(&api, &path).await.problem(404, "not-found");
    delete(&api, "silences/x").await.problem(404, "not-found");
    for (body, pointer) in [
        (json!({ "until": "2026-03-02T01:00:00Z", "all": true }), "/until"),
        (json!({ "until": "2026-03-09T00:00:00Z" }), "/all"),
        (
            json!({ "until": "2026-03-09T00:00:00Z", "all": true, "label": "a" }),
            "/all",
        ),
        (
            json!({ "until": "2026-03-09T00:00:00Z", "all": true, "note": "x".repeat(1_001) }),
            "/note",
        ),
        (json!({ "until": "tomorrow", "all": true }), "/until"),
    ] {
        let refused = api.post("/alerts/silences", &body).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
}

#[tokio::test]
async fn a_test_is_a_message_of_the_history() {
    let api = with_channel().await;
    let path = "/alerts/channels/ops/test?wait=0s";
    let message = api.post(path, &json!({})).await.expect(StatusCode::OK);
    assert_eq!(
        (&message["event"], &message["status"], &message["tries"]),
        (&json!("test"), &json!("pending"), &json!(0))
    );
    assert_eq!(api.get("/alerts/history").await.json()["items"], json!([message]));
    let shown = api
        .get(&format!("/alerts/history/{}", message["id"].as_str().unwrap()))
        .await
        .json();
    assert_eq!(shown["body"]["id"], message["id"]);
    assert_eq!(shown["body"]["event"], "test");
    for (query, count) in [
        ("?channel=ops&status=pending", 1),
        ("?status=failed", 0),
        ("?channel=team", 0),
        ("?jobId=1", 0),
    ] {
        let list = api.get(&format!("/alerts/history{query}")).await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{query}");
    }
    let refused = api
        .get("/alerts/history?status=lost")
        .await
        .problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/status");
    api.get("/alerts/history/1").await.problem(404, "not-found");
    api.get("/alerts/history/x").await.problem(404, "not-found");
    api.post("/alerts/channels/nobody/test", &json!({}))
        .await
        .problem(404, "not-found");

    // A channel that is disabled gives up what waits.
    let off = json!({ "url": "https://example.com/", "enabled": false });
    put(&api, "channels/ops", &off).await.expect(StatusCode::OK);
    api.post(path, &json!({})).await.problem(409, "channel-disabled");
    let given_up = &api.get("/alerts/history").await.json()["items"][0];
    assert_eq!(given_up["status"], "failed");
    assert!(given_up["error"].as_str().unwrap().contains("disabled"));
}
