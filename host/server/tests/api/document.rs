use std::path::Path;

use serde_json::Value;

/// Rewrite the file with `WASMTAB_UPDATE_OPENAPI=1 cargo test -p wasmtab-server openapi`.
#[test]
fn the_openapi_document_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let made = wasmtab_server::document();
    if std::env::var_os("WASMTAB_UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        made == committed,
        "host/server/openapi.json is not what the code says: run `WASMTAB_UPDATE_OPENAPI=1 cargo test -p wasmtab-server openapi`"
    );
}

#[tokio::test]
async fn the_server_shows_its_own_document() {
    let api = crate::harness::Api::new().await;
    assert_eq!(api.get("/openapi.json").await.text, wasmtab_server::document());
}

#[test]
fn every_reference_of_the_openapi_document_leads_somewhere() {
    let document: Value = serde_json::from_str(&wasmtab_server::document()).unwrap();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    references.retain(|to| document.pointer(to.trim_start_matches('#')).is_none());
    assert!(references.is_empty(), "nothing is at {references:?}");
}

fn collect_references<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| collect_references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, into)),
        _ => {}
    }
}
