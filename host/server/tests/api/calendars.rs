use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Api};

async fn put(api: &Api, name: &str, body: &Value) -> Answer {
    let request = api.request(Method::PUT, &format!("/calendars/{name}"));
    request.json(body).send().await
}

async fn delete(api: &Api, name: &str) -> Answer {
    api.request(Method::DELETE, &format!("/calendars/{name}"))
        .send()
        .await
}

#[tokio::test]
async fn a_calendar_is_made_replaced_and_deleted() {
    let mut api = Api::new().await;
    api.as_role("operator").await;
    let body = json!({ "windows": [{ "date": "2026-12-25" }] });
    put(&api, "holidays", &body).await.problem(403, "forbidden");
    api.token = crate::harness::ADMIN.into();
    api.as_role("author").await;
    let made = put(&api, "holidays", &body).await.expect(StatusCode::CREATED);
    assert_eq!(
        made,
        json!({ "name": "holidays", "windows": [{ "date": "2026-12-25" }], "jobs": [],
            "updatedAt": "2026-03-02T00:00:00Z", "updatedBy": "author" })
    );
    let weekend = json!({ "windows": [{ "days": ["saturday", "sun"] }] });
    let replaced = put(&api, "holidays", &weekend).await.expect(StatusCode::OK);
    assert_eq!(replaced["windows"], json!([{ "days": ["sat", "sun"] }]));
    assert_eq!(api.get("/calendars").await.json()["items"], json!([replaced]));
    assert_eq!(api.get("/calendars/holidays").await.json(), replaced);
    delete(&api, "holidays").await.expect(StatusCode::NO_CONTENT);
    delete(&api, "holidays").await.problem(404, "not-found");
    api.get("/calendars/holidays").await.problem(404, "not-found");

    api.token = crate::harness::ADMIN.into();
    let log = api.get("/audit").await.json();
    assert_eq!(
        (&log["items"][0]["action"], &log["items"][0]["subject"]),
        (&json!("calendar.delete"), &json!("calendar/holidays"))
    );
    assert_eq!(log["items"][1]["action"], "calendar.put");
    assert_eq!(log["items"][1]["before"], body);
    assert_eq!(log["items"][1]["after"]["windows"], replaced["windows"]);
}

#[tokio::test]
async fn every_wrong_window_is_named_by_its_place() {
    let api = Api::new().await;
    let windows = json!({ "windows": [{ "date": "2026-02-30" }, { "date": "2026-02-28" }, { "days": [] }] });
    let refused = put(&api, "a", &windows).await.problem(422, "invalid");
    let pointers: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/windows/0", "/windows/2"]);
    for (body, pointer) in [
        (json!({ "windows": {} }), "/windows"),
        (
            json!({ "windows": vec![json!({ "date": "2026-01-01" }); 1_001] }),
            "/windows",
        ),
    ] {
        let refused = put(&api, "a", &body).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    put(&api, "%20a", &json!({ "windows": [] }))
        .await
        .problem(422, "invalid");
    assert_eq!(api.get("/calendars").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_job_names_only_calendars_that_are_there_and_keeps_them() {
    let api = Api::new().await;
    let says =
        |blackouts: Value| json!({ "name": "a", "handlerName": "H", "every": 60, "blackouts": blackouts });
    let named = |refused: Value, pointer: &str| {
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
        let detail = refused["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("no calendar is called `gone`"), "{detail}");
    };
    let refused = api.post("/jobs", &says(json!(["gone"]))).await;
    named(refused.problem(422, "invalid"), "/blackouts");
    put(&api, "there", &json!({ "windows": [] })).await;
    let job = api
        .post("/jobs", &says(json!(["there"])))
        .await
        .expect(StatusCode::CREATED);
    let path = format!("/jobs/{}", job["id"]);
    for (method, body) in [
        (Method::PUT, says(json!(["gone"]))),
        (Method::PATCH, json!({ "blackouts": ["there", "gone"] })),
    ] {
        let request = api.request(method, &path).header("if-match", "*");
        named(
            request.json(&body).send().await.problem(422, "invalid"),
            "/blackouts",
        );
    }
    let document = json!({ "document": [says(json!([])), { "name": "b", "handlerName": "H", "every": 60, "blackouts": "gone" }] });
    let refused = api.post("/jobs:apply", &document).await;
    named(refused.problem(422, "invalid"), "/document/1/blackouts");
    let document = json!({ "document": { "defaults": { "blackouts": "gone" }, "jobs": [{ "name": "b", "handlerName": "H", "every": 60 }] }, "dryRun": true });
    let refused = api.post("/jobs:apply", &document).await;
    named(refused.problem(422, "invalid"), "/document/defaults/blackouts");
    assert_eq!(api.get(&path).await.json()["blackouts"], json!(["there"]));

    assert_eq!(api.get("/calendars/there").await.json()["jobs"], json!(["a"]));
    let refused = delete(&api, "there").await.problem(409, "in-use");
    assert!(refused.to_string().contains("\"a\""), "{refused}");
}

#[tokio::test]
async fn the_next_fires_leave_out_what_a_blackout_covers() {
    let api = Api::new().await;
    put(
        &api,
        "inventory",
        &json!({ "windows": [{ "from": "2026-03-03", "until": "2026-03-04" }] }),
    )
    .await;
    let job = api
        .job(
            "nightly",
            &[
                ("blackouts", json!(["inventory", { "days": ["fri"] }])),
                ("maxRuns", json!(3)),
            ],
        )
        .await;
    let next = api.get(&format!("/jobs/{}/next?count=2", job["id"])).await.json();
    let wanted = json!({
        "next": ["2026-03-02T02:00:00Z", "2026-03-05T02:00:00Z"],
        "leftOut": [{ "from": "2026-03-03T02:00:00Z", "until": "2026-03-04T02:00:00Z", "count": 2,
            "cause": "calendar inventory: 2026-03-03 to 2026-03-04" }],
    });
    assert_eq!(next, wanted);
    // No more are told than maxRuns leaves.
    let next = api.get(&format!("/jobs/{}/next", job["id"])).await.json();
    assert_eq!(next["next"].as_array().unwrap().len(), 3);

    let schedule = json!({ "cronExpression": "0 2 * * *", "blackouts": ["inventory"], "count": 2 });
    let preview = api
        .post("/schedules:preview", &schedule)
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        (&preview["next"], &preview["leftOut"]),
        (&wanted["next"], &wanted["leftOut"])
    );
    let schedule = json!({ "every": 60, "blackouts": ["gone"] });
    let refused = api
        .post("/schedules:preview", &schedule)
        .await
        .problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/blackouts");
    let plain = api
        .post("/schedules:preview", &json!({ "every": 60 }))
        .await
        .json();
    assert_eq!(plain.get("leftOut"), None);
}
