//! What `#[param]` makes of a type: the JSON that it reads and the JSON Schema that describes it.
#![expect(dead_code, reason = "the types are only described")]

use std::collections::BTreeMap;
use wasmtab_sdk::Param;
use wasmtab_sdk::prelude::*;

/// A copy.
#[param]
struct Copy {
    /// Where from,
    /// as a path.
    source_dir: String,
    #[serde(default = "seven")]
    keep_count: u32,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    max_bytes: Option<u64>,
    #[serde(rename = "mode")]
    how: Mode,
    #[serde(skip)]
    not_read: u8,
}

#[param]
#[derive(Debug, PartialEq)]
enum Mode {
    FullCopy,
    Quick,
}

fn seven() -> u32 {
    7
}

fn schema<T: Param>() -> Value {
    let schema = T::schema().expect("a type with #[param] has a schema");
    wasmtab_sdk::serde_json::from_str(&schema).expect("a schema is JSON")
}

#[test]
fn a_struct_is_described_as_serde_reads_it() {
    assert_eq!(
        schema::<Copy>(),
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "description": "A copy.",
            "type": "object",
            "properties": {
                "sourceDir": {"description": "Where from, as a path.", "type": "string"},
                "keepCount": {"default": 7, "type": "integer", "minimum": 0},
                "headers": {"default": {}, "type": "object", "additionalProperties": {"type": "string"}},
                "maxBytes": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
                "mode": {"type": "string", "enum": ["fullCopy", "quick"]},
            },
            "required": ["sourceDir", "mode"],
            "additionalProperties": false,
        })
    );
    let copy = Copy::parse(r#"{"sourceDir": "/data", "mode": "fullCopy"}"#).unwrap();
    assert_eq!((copy.keep_count, copy.how), (7, Mode::FullCopy));
}

#[test]
fn what_is_wrong_with_a_parameter_is_named() {
    let reason = |text: &str| {
        Copy::parse(text)
            .err()
            .map(|failure| failure.reason().to_owned())
            .unwrap()
    };
    assert!(
        reason("").starts_with("handlerParam: missing field `sourceDir`"),
        "{}",
        reason("")
    );
    assert!(reason(r#"{"sourceDir": "/", "mod": 1}"#).contains("unknown field `mod`"));
    assert!(reason("nonsense").starts_with("handlerParam: "));
}

#[param]
#[serde(default)]
struct Defaults {
    ratio: f64,
    names: Vec<String>,
    mode: Mode,
    nested: Inner,
    /// Says "anything" goes: \o/
    any: Value,
    raw: Opaque,
}

#[param]
#[derive(Default)]
#[serde(default)]
struct Inner {
    flag: bool,
}

/// A type that knows nothing of schemas.
#[data]
#[derive(Default)]
struct Opaque(u8);

impl Default for Defaults {
    fn default() -> Self {
        Self {
            ratio: 0.5,
            names: vec!["a\"b".to_owned()],
            mode: Mode::Quick,
            nested: Inner::default(),
            any: Value::Null,
            raw: Opaque::default(),
        }
    }
}

#[test]
fn defaults_of_the_whole_are_defaults_of_the_fields() {
    let schema = schema::<Defaults>();
    let of = |field: &str| schema["properties"][field].clone();
    assert_eq!(of("ratio"), json!({"default": 0.5, "type": "number"}));
    assert_eq!(
        of("names"),
        json!({"default": ["a\"b"], "type": "array", "items": {"type": "string"}})
    );
    assert_eq!(
        of("mode"),
        json!({"default": "quick", "type": "string", "enum": ["fullCopy", "quick"]})
    );
    assert_eq!(
        of("nested")["properties"]["flag"],
        json!({"default": false, "type": "boolean"})
    );
    assert_eq!(
        of("any"),
        json!({"description": "Says \"anything\" goes: \\o/", "default": null})
    );
    assert_eq!(of("raw"), json!({}), "a type without a schema may be anything");
    assert_eq!(schema.get("required"), None);
}

#[param]
enum Step {
    /// Nothing.
    Nothing,
    Say(String),
    Copy {
        from: String,
    },
}

#[param]
struct Tree {
    children: Vec<Tree>,
}

#[param]
#[serde(transparent)]
struct Name(String);

#[test]
fn variants_with_data_are_alternatives() {
    let closed = |properties: Value, required: &str| json!({"type": "object", "properties": properties, "required": [required], "additionalProperties": false});
    assert_eq!(
        schema::<Step>()["oneOf"],
        json!([
            {"description": "Nothing.", "const": "nothing"},
            closed(json!({"say": {"type": "string"}}), "say"),
            closed(json!({"copy": closed(json!({"from": {"type": "string"}}), "from")}), "copy"),
        ])
    );
    assert!(Step::parse(r#"{"copy": {"from": "/"}}"#).is_ok());
}

#[test]
fn a_type_that_holds_itself_is_described_to_some_depth() {
    let schema = Tree::schema().unwrap();
    assert!(schema.len() < 10_000 && schema.contains("children"));
    assert!(Tree::parse(r#"{"children": [{"children": []}]}"#).is_ok());
}

#[test]
fn a_transparent_type_reads_as_what_it_holds() {
    assert_eq!(Name::parse("\"Ada\"").unwrap().0, "Ada");
}

#[param]
struct Flat {
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[test]
fn a_flattened_field_takes_what_is_left() {
    assert_eq!(Flat::parse(r#"{"a": 1}"#).unwrap().rest["a"], 1);
    assert_eq!(schema::<Flat>().get("additionalProperties"), None);
}
