//! Jobs as code: export, prune, chains.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Api;

async fn apply(api: &Api, body: Value) -> Value {
    api.post("/jobs:apply", &body).await.expect(StatusCode::OK)
}

fn full() -> Value {
    json!([
        {"name": "b", "handlerName": "H", "every": "5m", "labels": ["x"], "onSuccess": ["c"], "memoryLimit": "64MiB",
            "startAt": "2026-04-01T00:00:00+08:00", "timezone": "Asia/Shanghai", "handlerParam": {"deep": [1, {"a": null}]}},
        {"name": "a", "handlerName": "H", "cronExpression": "0 0 2 ? * MON", "status": "stopped"},
        {"name": "c", "handlerName": "H", "cronExpression": "0 2 * * *", "retryBackoff": [10, 60], "retryCount": 2},
    ])
}

#[tokio::test]
async fn an_export_says_what_differs_from_the_defaults_and_applies_without_a_change() {
    let api = Api::new().await;
    apply(&api, json!({"document": full(), "source": "team"})).await;
    api.job("other", &[]).await;
    let all = api.get("/jobs:export").await.expect(StatusCode::OK);
    let names: Vec<_> = all["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "b", "c", "other"]);
    assert_eq!(
        all["jobs"][0],
        json!({"name": "a", "handlerName": "H", "cronExpression": "0 0 2 ? * MON", "timezone": "UTC", "status": "stopped"})
    );
    assert_eq!(all["jobs"][1]["handlerParam"], json!({"deep": [1, {"a": null}]}));
    let plan = apply(&api, json!({"document": all})).await;
    assert_eq!((&plan["unchanged"], &plan["updated"]), (&json!(4), &json!(0)));

    let some = api.get("/jobs:export?source=team&label=x").await.json();
    assert_eq!(some["jobs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_prune_removes_what_the_same_source_made_and_nothing_else() {
    let api = Api::new().await;
    apply(&api, json!({"document": full(), "source": "team"})).await;
    api.job("by hand", &[]).await;
    let others = json!([{"name": "theirs", "handlerName": "H", "every": 60}]);
    apply(&api, json!({"document": others, "source": "others"})).await;
    assert_eq!(api.get("/jobs/1").await.json()["source"], "team");

    let less =
        json!([full()[2], {"name": "by hand", "handlerName": "EchoHandler", "cronExpression": "0 3 * * *"}]);
    let mut body = json!({"document": less, "source": "team", "prune": true, "dryRun": true});
    let plan = apply(&api, body.clone()).await;
    let actions = |plan: &Value| -> Vec<String> {
        let jobs = plan["jobs"].as_array().unwrap().iter();
        jobs.map(|job| {
            format!(
                "{} {}",
                job["action"].as_str().unwrap(),
                job["name"].as_str().unwrap()
            )
        })
        .collect()
    };
    let wanted = ["unchanged c", "updated by hand", "deleted b", "deleted a"];
    let mut planned = actions(&plan);
    planned.sort();
    let mut sorted = wanted;
    sorted.sort_unstable();
    assert_eq!(planned, sorted);
    assert_eq!(plan["deleted"], 2);
    assert_eq!(
        api.get("/jobs").await.json()["items"].as_array().unwrap().len(),
        5
    );

    body["dryRun"] = json!(false);
    apply(&api, body.clone()).await;
    let left: Vec<_> = api.get("/jobs").await.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(left, ["c", "by hand", "theirs"]);
    // A job that was there before is not the source's: taking it out of the document leaves it.
    body["document"] = json!([]);
    let plan = apply(&api, body).await;
    assert_eq!(actions(&plan), ["deleted c"]);
    let unnamed = json!({"document": [], "prune": true});
    let refused = api.post("/jobs:apply", &unnamed).await.problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/prune");
}

#[tokio::test]
async fn a_chain_that_comes_round_is_refused_wherever_it_is_said() {
    let api = Api::new().await;
    let chained =
        |name: &str, next: &str| json!({"name": name, "handlerName": "H", "every": 60, "onSuccess": [next]});
    let round = json!([chained("a", "b"), chained("b", "c"), chained("c", "a")]);
    let refused = api
        .post("/jobs:apply", &json!({"document": round}))
        .await
        .problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/document/0/onSuccess");
    assert!(
        refused["detail"].as_str().unwrap().contains("a -> b -> c -> a"),
        "{refused}"
    );
    assert_eq!(api.get("/jobs").await.json()["items"], json!([]));

    // A reference forward is none; a job that is not there is a warning.
    let forward = json!([chained("a", "b"), chained("b", "nowhere")]);
    let plan = apply(&api, json!({"document": forward})).await;
    assert!(
        plan["jobs"][1]["warnings"].to_string().contains("nowhere"),
        "{plan}"
    );
    assert!(
        !plan["jobs"][0]["warnings"].to_string().contains("not there"),
        "{plan}"
    );
    let job = api.get("/jobs?name=b").await.json()["items"][0].clone();
    assert_eq!(job["missingJobs"], json!(["nowhere"]));

    let create = api
        .post("/jobs", &chained("nowhere", "a"))
        .await
        .problem(422, "invalid");
    assert!(
        create["detail"]
            .as_str()
            .unwrap()
            .contains("nowhere -> a -> b -> nowhere"),
        "{create}"
    );
    let edit = api
        .request(Method::PATCH, &format!("/jobs/{}", job["id"]))
        .header("if-match", "*")
        .json(&json!({"onFailure": ["a"]}))
        .send()
        .await
        .problem(422, "invalid");
    assert!(edit["detail"].as_str().unwrap().contains("b -> a -> b"), "{edit}");
}

#[tokio::test]
async fn a_chain_may_be_turned_round_by_one_document_whatever_else_it_says() {
    let api = Api::new().await;
    let job =
        |name: &str, next: &[&str]| json!({"name": name, "handlerName": "H", "every": 60, "onFailure": next});
    // Each of them among more jobs than are written at once.
    let among_others = |chain: [Value; 3], every: u32| -> Value {
        chain
            .into_iter()
            .enumerate()
            .flat_map(|(place, chained)| {
                let others = (0..70).map(move |number| {
                    json!({"name": format!("{place}-{number}"), "handlerName": "H", "every": every})
                });
                others.chain([chained])
            })
            .collect()
    };
    let chain = [job("a", &["b"]), job("b", &["c"]), job("c", &[])];
    let plan = apply(&api, json!({"document": among_others(chain, 60)})).await;
    assert_eq!(plan["created"], 213);
    let turned = [job("c", &["b"]), job("b", &["a"]), job("a", &[])];
    let document = among_others(turned, 90);
    let plan = apply(&api, json!({"document": document})).await;
    assert_eq!(plan["updated"], 213);
    let plan = apply(&api, json!({"document": document})).await;
    assert_eq!(plan["unchanged"], 213);
}

#[tokio::test]
async fn anybody_who_may_look_may_plan() {
    let mut api = Api::new().await;
    api.as_role("viewer").await;
    let mut body = json!({"document": full(), "dryRun": true});
    assert_eq!(apply(&api, body.clone()).await["created"], 3);
    body["dryRun"] = json!(false);
    api.post("/jobs:apply", &body).await.problem(403, "forbidden");
}
