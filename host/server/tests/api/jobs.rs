use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Api;

#[tokio::test]
async fn a_job_shows_all_that_it_says() {
    let api = Api::new().await;
    let extra = [("timezone", json!("Asia/Shanghai")), ("every", Value::Null)];
    let job = api.job("数据备份", &extra).await;
    assert_eq!(job["nextFireAt"], "2026-03-03T02:00:00+08:00");
    assert_eq!(job["description"], "At 02:00 every day");
    assert_eq!(job["cronDialect"], "unix");
    assert_eq!(
        job["handler"],
        json!({ "bound": false, "plugin": null, "version": null })
    );
    assert_eq!(
        (&job["paused"], &job["every"], &job["retryBackoff"]),
        (&Value::Null, &Value::Null, &json!("fixed"))
    );
    let shown = api
        .request(Method::GET, &format!("/jobs/{}?lang=zh", job["id"]))
        .send()
        .await;
    assert_eq!(shown.json()["description"], "每天 02:00");
    api.get(&format!("/jobs/{}?lang=xx", job["id"]))
        .await
        .problem(422, "invalid");
}

#[tokio::test]
async fn what_may_be_said_in_several_ways_is_shown_in_one() {
    let api = Api::new().await;
    let blackouts = json!([{ "date": "2026-12-25" }, { "from": "2026-12-30", "until": "2026-12-31" }, { "days": ["sun"] },
        { "days": ["sat"], "from": "22:00", "until": "06:00" }]);
    let said = |name: &str, every: Value, length: Value, size: Value, backoff: Value, param: Value| {
        json!({ "name": name, "handlerName": "EchoHandler", "handlerParam": param, "every": every,
            "retryInterval": length, "monitorTimeout": length, "catchUpWindow": length, "jitter": length,
            "warnAfter": length, "memoryLimit": size, "retryBackoff": backoff, "blackouts": blackouts })
    };
    let numbers = said(
        "numbers",
        json!(3_600),
        json!(60),
        json!(1 << 26),
        json!([10, 60]),
        json!("[1]"),
    );
    let texts = said(
        "texts",
        json!("1h"),
        json!("1m"),
        json!("64MiB"),
        json!(["10s", "1m"]),
        json!([1]),
    );
    let mut shown = Vec::new();
    for body in [&numbers, &texts] {
        let mut job = api.post("/jobs", body).await.expect(StatusCode::CREATED);
        for (field, value) in numbers.as_object().unwrap() {
            assert!(field == "name" || job[field] == *value, "{field}: {}", job[field]);
        }
        for own in ["id", "name", "nextFireAt"] {
            job.as_object_mut().unwrap().remove(own);
        }
        shown.push(job);
    }
    assert_eq!(shown[0], shown[1]);
    let preview = json!({ "every": "1h", "blackouts": blackouts });
    api.post("/schedules:preview", &preview)
        .await
        .expect(StatusCode::OK);
    let call = |delay: Value| json!({ "handlerName": "EchoHandler", "handlerParam": {}, "delay": delay });
    for delay in [json!(600), json!("10m")] {
        api.post("/calls", &call(delay))
            .await
            .expect(StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn an_edit_needs_the_revision_that_it_changes() {
    let api = Api::new().await;
    let job = api.job("nightly", &[("timezone", json!("Asia/Tokyo"))]).await;
    let path = format!("/jobs/{}", job["id"]);
    let etag = api.get(&path).await.header("etag").to_owned();
    let patch = |etag: &str, body: &Value| {
        let request = api.request(Method::PATCH, &path);
        if etag.is_empty() {
            request
        } else {
            request.header("if-match", etag)
        }
        .json(body)
        .send()
    };
    patch("", &json!({ "retryCount": 1 }))
        .await
        .problem(428, "if-match-required");
    let changed = patch(&etag, &json!({ "retryCount": 1 })).await;
    assert_eq!(
        (changed.status, changed.json()["retryCount"].as_i64()),
        (StatusCode::OK, Some(1))
    );
    let stale = patch(&etag, &json!({ "retryCount": 2 }))
        .await
        .problem(412, "stale");
    assert_eq!(stale["currentRevision"], changed.json()["revision"]);

    let now = changed.header("etag").to_owned();
    let put = json!({ "name": "nightly", "handlerName": "Other", "every": "5m" });
    let request = api
        .request(Method::PUT, &path)
        .header("if-match", &now)
        .json(&put);
    let replaced = request.send().await.expect(StatusCode::OK);
    assert_eq!(
        (&replaced["retryCount"], &replaced["timezone"]),
        (&json!(0), &json!("Asia/Tokyo"))
    );
    assert_eq!(
        (&replaced["every"], &replaced["cronExpression"]),
        (&json!(300), &Value::Null)
    );

    api.delete(&path, &etag).await.problem(412, "stale");
    api.request(Method::DELETE, &path)
        .send()
        .await
        .problem(428, "if-match-required");
    api.delete(&path, &format!("\"{}\"", replaced["revision"]))
        .await
        .expect(StatusCode::NO_CONTENT);
    api.get(&path).await.problem(404, "not-found");
    let revisions = api.get(&format!("{path}/revisions")).await.json();
    assert_eq!(revisions["items"][0]["spec"], Value::Null);
    assert_eq!(revisions["items"][1]["spec"]["handlerName"], "Other");
}

#[tokio::test]
async fn two_jobs_cannot_bear_one_name() {
    let api = Api::new().await;
    api.job("nightly", &[]).await;
    let twin = json!({ "name": "nightly", "handlerName": "H", "every": 60 });
    api.post("/jobs", &twin).await.problem(409, "name-taken");
}

#[tokio::test]
async fn a_pause_lies_over_a_job() {
    let api = Api::new().await;
    let job = api.job("nightly", &[]).await;
    let path = format!("/jobs/{}", job["id"]);
    api.post(
        &format!("{path}/pause"),
        &json!({ "until": "2026-03-01T00:00:00Z" }),
    )
    .await
    .problem(422, "invalid");
    let body = json!({ "note": "moving disks", "until": "2026-03-05T00:00:00Z" });
    let paused = api
        .post(&format!("{path}/pause"), &body)
        .await
        .expect(StatusCode::OK);
    assert_eq!(paused["paused"]["note"], "moving disks");
    assert_eq!(paused["paused"]["by"], "admin");
    assert_eq!(paused["status"], "normal");
    assert_eq!(
        api.get("/jobs?paused=true").await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let resumed = api
        .request(Method::POST, &format!("{path}/resume"))
        .send()
        .await
        .expect(StatusCode::OK);
    assert_eq!(resumed["paused"], Value::Null);
}

#[tokio::test]
async fn a_list_comes_in_pages_that_cover_it_once() {
    let api = Api::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        api.job(name, &[]).await;
    }
    let mut names = Vec::new();
    let mut path = "/jobs?limit=2".to_owned();
    loop {
        let page = api.get(&path).await.expect(StatusCode::OK);
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|job| job["name"].clone()),
        );
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/jobs?limit=2&cursor={next}");
    }
    assert_eq!(json!(names), json!(["a", "b", "c", "d", "e"]));
    api.get("/jobs?cursor=made-up").await.problem(400, "bad-cursor");
    api.get("/jobs?limit=501").await.problem(422, "invalid");
    assert_eq!(api.get("/jobs?name=c").await.json()["items"][0]["name"], "c");
    assert_eq!(api.get("/jobs?q=E").await.json()["items"][0]["name"], "e");
}

#[tokio::test]
async fn the_next_fires_bear_the_zones_offset() {
    let api = Api::new().await;
    let job = api
        .job(
            "spring",
            &[
                ("timezone", json!("America/New_York")),
                ("cronExpression", json!("0 9 * * *")),
            ],
        )
        .await;
    let next = api
        .get(&format!(
            "/jobs/{}/next?count=2&after=2026-03-07T00:00:00Z",
            job["id"]
        ))
        .await
        .json();
    assert_eq!(
        next,
        json!({ "next": ["2026-03-07T09:00:00-05:00", "2026-03-08T09:00:00-04:00"] })
    );
    api.get(&format!("/jobs/{}/next?count=0", job["id"]))
        .await
        .problem(422, "invalid");
}

#[tokio::test]
async fn a_preview_flags_the_clock_change() {
    let api = Api::new().await;
    let body = json!({ "cronExpression": "30 2 * * *", "timezone": "America/New_York", "count": 7 });
    let preview = api.post("/schedules:preview", &body).await.expect(StatusCode::OK);
    assert_eq!(preview["clockChanges"][0]["at"], "2026-03-08T03:00:00-04:00");
    assert_eq!(preview["clockChanges"][0]["kind"], "gap");
    let wrong = api
        .post("/schedules:preview", &json!({ "cronExpression": "x" }))
        .await
        .problem(422, "invalid");
    assert_eq!(wrong["errors"][0]["pointer"], "/cronExpression");
    api.post("/schedules:preview", &json!({ "every": 60, "name": "x" }))
        .await
        .problem(422, "invalid");
}

#[tokio::test]
async fn the_default_zone_is_a_setting() {
    let api = Api::new().await;
    assert_eq!(api.get("/settings").await.json(), json!({ "timezone": "UTC" }));
    let patch = |zone: &str| {
        api.request(Method::PATCH, "/settings")
            .json(&json!({ "timezone": zone }))
            .send()
    };
    patch("Mars/Olympus").await.problem(422, "invalid");
    patch("Europe/Berlin").await.expect(StatusCode::OK);
    assert_eq!(api.job("local", &[]).await["timezone"], "Europe/Berlin");
}
