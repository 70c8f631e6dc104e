//! Jobs of all sorts, as the API would be told of them.

use chrono_tz::Tz;
use proptest::{option, prelude::*};
use serde_json::{Map, Value, json};
use wasmtab_domain::{
    job::{JobSpec, ReadContext},
    limits,
};
use wasmtab_store::conformance::at;

/// The names that jobs bear, and that chains name.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];
/// Who answers; bound or not.
pub(crate) const HANDLERS: [&str; 2] = ["H", "I"];

fn one_of(values: &[Value]) -> impl Strategy<Value = Value> + use<> {
    proptest::sample::select(values.to_vec())
}

fn words(values: &[&str]) -> impl Strategy<Value = Value> + use<> {
    one_of(&values.iter().map(|value| json!(value)).collect::<Vec<_>>())
}

/// Fields that a job may say besides its name; each is there or is not.
fn fields() -> Vec<(&'static str, BoxedStrategy<Value>)> {
    let chain = || {
        prop_oneof![
            3 => Just(json!([])),
            1 => proptest::sample::subsequence(NAMES.to_vec(), 1..=2).prop_map(|names| json!(names)),
        ]
        .boxed()
    };
    let numbers =
        |numbers: &[i64]| one_of(&numbers.iter().map(|number| json!(number)).collect::<Vec<_>>()).boxed();
    vec![
        (
            "status",
            words(&["normal", "normal", "normal", "stopped"]).boxed(),
        ),
        ("handlerParam", words(&["{\"n\": 1}", "zwei", ""]).boxed()),
        (
            "overlap",
            words(&["skip", "bufferOne", "bufferAll", "cancelOther", "allow"]).boxed(),
        ),
        ("misfire", words(&["latest", "all", "skip"]).boxed()),
        ("catchUpWindow", numbers(&[60, 3_600])),
        ("retryCount", numbers(&[0, 1, 2])),
        ("retryInterval", numbers(&[0, 5, 60])),
        (
            "retryBackoff",
            one_of(&[json!("fixed"), json!("exponential"), json!([1, 30])]).boxed(),
        ),
        (
            "retryOn",
            one_of(&[json!(["failure"]), json!(["trap", "timeout"])]).boxed(),
        ),
        ("retryVersion", words(&["current", "same"]).boxed()),
        ("monitorTimeout", numbers(&[30, 1_800])),
        ("warnAfter", numbers(&[10])),
        ("maxRuns", numbers(&[1, 5])),
        ("shards", numbers(&[1, 1, 2, 3])),
        ("priority", numbers(&[-1, 0, 7])),
        ("jitter", numbers(&[0, 3])),
        ("fuel", numbers(&[1_000_000])),
        ("onSuccess", chain()),
        ("onFailure", chain()),
        (
            "labels",
            one_of(&[json!([]), json!(["x"]), json!(["y", "x"])]).boxed(),
        ),
        (
            "blackouts",
            one_of(&[json!(["cal"]), json!([{"date": "2026-01-06"}]), json!([])]).boxed(),
        ),
        (
            "startAt",
            one_of(&[json!(at(-30).to_string()), json!(at(90).to_string())]).boxed(),
        ),
        (
            "endAt",
            one_of(&[json!(at(600).to_string()), json!(at(86_400).to_string())]).boxed(),
        ),
        (
            "timezone",
            words(&["UTC", "Asia/Shanghai", "Europe/Berlin"]).boxed(),
        ),
        ("owner", words(&["ann", "团队"]).boxed()),
        ("runbook", words(&["https://example.com/runbook"]).boxed()),
    ]
}

fn schedule() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        4 => proptest::sample::select(vec![1, 7, 60, 600]).prop_map(|every| ("every", json!(every))),
        1 => Just(("cronExpression", json!("*/5 * * * *"))),
        1 => Just(("cronExpression", json!("0/20 * * * * ?"))),
    ]
}

/// What a job says.
pub(crate) fn said() -> impl Strategy<Value = Value> {
    let name = proptest::sample::select(NAMES.to_vec());
    let handler = proptest::sample::select(HANDLERS.to_vec());
    let fields: Vec<_> = fields()
        .into_iter()
        .map(|(name, value)| option::weighted(0.3, value).prop_map(move |value| (name, value)))
        .collect();
    (name, handler, schedule(), fields).prop_map(|(name, handler, (kind, when), fields)| {
        let mut said = Map::new();
        said.insert("name".into(), json!(name));
        said.insert("handlerName".into(), json!(handler));
        said.insert(kind.into(), when);
        for (name, value) in fields {
            said.extend(value.map(|value| (name.to_owned(), value)));
        }
        Value::Object(said)
    })
}

/// The job, where what was said makes one.
pub(crate) fn spec(said: &Value) -> Option<JobSpec> {
    let context = ReadContext {
        default_zone: Tz::UTC,
        max_memory: limits::DEFAULT_MEMORY,
    };
    JobSpec::read(said.as_object()?, &context, None).ok()
}
