use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Api, MAX_UPLOAD};

#[tokio::test]
async fn an_upload_is_a_version_once() {
    let api = Api::new().await;
    let first = api
        .push("/plugins/echo/versions?label=v1.0", b"\0asm one")
        .await
        .expect(StatusCode::CREATED);
    assert_eq!(
        (&first["version"], &first["label"], &first["active"]),
        (&json!(1), &json!("v1.0"), &json!(false))
    );
    assert_eq!(first["capabilities"], json!(["state"]));
    assert_eq!(first["description"], Value::Null);
    let again = api
        .push("/plugins/echo/versions", b"\0asm one")
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        (&again["version"], &again["digest"]),
        (&json!(1), &first["digest"])
    );
    api.push("/plugins/echo/versions?label=v1.0", b"\0asm two")
        .await
        .problem(409, "label-taken");
    api.push("/plugins/echo/versions?label=2", b"\0asm two")
        .await
        .problem(422, "invalid");
    api.push("/plugins/a@b/versions", b"\0asm")
        .await
        .problem(422, "invalid");
    let shown = api
        .get("/plugins/echo/versions/v1.0")
        .await
        .expect(StatusCode::OK);
    assert_eq!(shown["version"], 1);
    let file = api.get("/plugins/echo/versions/1/content").await;
    assert_eq!(
        (file.text.as_str(), file.header("content-type")),
        ("\0asm one", "application/wasm")
    );
}

#[tokio::test]
async fn a_wrong_file_is_refused_and_nothing_is_kept() {
    let api = Api::new().await;
    let refused = api
        .push("/plugins/echo/versions?activate=true", b"#!/bin/sh")
        .await
        .problem(422, "upload-refused");
    assert_eq!(refused["refusal"], "notWasm");
    let large: &'static [u8] = Box::leak(vec![0; MAX_UPLOAD + 1].into_boxed_slice());
    api.push("/plugins/echo/versions", large)
        .await
        .problem(413, "too-large");
    api.push("/plugins:inspect", b"#!/bin/sh")
        .await
        .problem(422, "upload-refused");
    let inspected = api
        .push("/plugins:inspect", b"\0asm")
        .await
        .expect(StatusCode::OK);
    assert_eq!(inspected["kind"], "handler");
    assert_eq!(api.get("/plugins").await.json()["items"], json!([]));
}

#[tokio::test]
async fn activation_describes_and_rollback_goes_back() {
    let api = Api::new().await;
    api.push("/plugins/echo/versions", b"\0asm one")
        .await
        .expect(StatusCode::CREATED);
    let one = api
        .post("/plugins/echo/versions/1/activate", &json!({}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        (&one["active"], &one["description"]["summary"]),
        (&json!(true), &json!("Says it again"))
    );
    api.post("/plugins/echo/rollback", &json!({}))
        .await
        .problem(409, "nothing-to-roll-back");
    api.push("/plugins/echo/versions?activate=true", b"\0asm two")
        .await
        .expect(StatusCode::CREATED);
    assert_eq!(api.get("/plugins/echo").await.json()["activeVersion"], 2);
    let back = api
        .post("/plugins/echo/rollback", &json!({}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(back["version"], 1);
    let plugin = api.get("/plugins/echo").await.json();
    let activated: Vec<_> = plugin["activations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["version"].clone())
        .collect();
    assert_eq!(json!(activated), json!([1, 2, 1]));
}

#[tokio::test]
async fn a_version_that_cannot_describe_itself_is_not_activated() {
    let api = Api::new().await;
    api.push("/plugins/echo/versions?activate=true", b"\0asm one")
        .await
        .expect(StatusCode::CREATED);
    api.push("/plugins/echo/versions", b"\0asm mute")
        .await
        .expect(StatusCode::CREATED);
    let refused = api
        .post("/plugins/echo/versions/2/activate", &json!({}))
        .await
        .problem(422, "upload-refused");
    assert_eq!(refused["refusal"], "describe");
    assert_eq!(api.get("/plugins/echo").await.json()["activeVersion"], 1);
}

#[tokio::test]
async fn a_version_in_use_is_not_deleted() {
    let api = Api::new().await;
    api.push("/plugins/echo/versions?activate=true", b"\0asm one")
        .await
        .expect(StatusCode::CREATED);
    api.push("/plugins/echo/versions", b"\0asm two")
        .await
        .expect(StatusCode::CREATED);
    let put = api
        .request(Method::PUT, "/handlers/EchoHandler")
        .json(&json!({ "plugin": "echo" }));
    put.send().await.expect(StatusCode::CREATED);
    let delete = |version: &str| {
        api.request(Method::DELETE, &format!("/plugins/echo/versions/{version}"))
            .send()
    };
    let refused = delete("1").await.problem(409, "in-use");
    assert_eq!(refused["names"], json!(["EchoHandler"]));
    delete("2").await.expect(StatusCode::NO_CONTENT);
    delete("2").await.problem(404, "not-found");
}
