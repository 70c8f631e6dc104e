//! What the jobs say: every second or two, with every policy in every mixture.

use serde_json::{Value, json};

/// Jobs that only start by hand.
pub(crate) const BY_HAND: u32 = 6;
/// Jobs that only others start.
const FOLLOWERS: u32 = 4;

/// All jobs of a trial, as a file for `apply`.
pub(crate) fn all(scheduled: u32) -> Value {
    let mut jobs: Vec<_> = (0..scheduled).map(job).collect();
    jobs.extend((0..BY_HAND).map(by_hand));
    jobs.extend((0..FOLLOWERS).map(follower));
    Value::Array(jobs)
}

/// The name of one that starts by hand.
pub(crate) fn hand(number: u32) -> String {
    format!("hand-{number}")
}

/// What a change may say of the schedule or of the policies.
pub(crate) fn edit(number: u32) -> Value {
    match number % 5 {
        0 => schedule(number / 5),
        1 => json!({"overlap": one(number / 5, &OVERLAPS), "misfire": one(number / 3, &MISFIRES)}),
        2 => {
            json!({"retryCount": number % 3, "handlerParam": "{}", "handlerName": one(number / 5, &HANDLERS)})
        }
        3 => json!({"shards": 1 + number / 5 % 3}),
        _ => json!({"priority": number % 7, "labels": ["changed"]}),
    }
}

const OVERLAPS: [&str; 5] = ["skip", "bufferOne", "bufferAll", "cancelOther", "allow"];
const MISFIRES: [&str; 3] = ["latest", "all", "skip"];
const HANDLERS: [&str; 4] = ["Echo", "Echo", "Flaky", "Slow"];

fn job(number: u32) -> Value {
    let mut job = json!({
        "name": format!("job-{number}"),
        "overlap": one(number, &OVERLAPS),
        "misfire": one(number, &MISFIRES),
        "catchUpWindow": one(number, &["1s", "10s", "1h"]),
        "retryCount": number % 4,
        "retryInterval": number % 2,
        "retryBackoff": one(number, &[json!("fixed"), json!("exponential"), json!([0, 1])]),
        "priority": number % 3,
        "handlerName": match number {
            _ if number % 10 == 5 => "Slower",
            _ if number % 11 == 6 => "Slow",
            _ if number % 7 == 3 => "Flaky",
            _ => "Echo",
        },
        "handlerParam": flaky(number),
    });
    merge(&mut job, &schedule(number));
    if number % 13 == 7 {
        job["shards"] = json!(3);
    }
    if number % 9 == 4 {
        job["onSuccess"] = json!([format!("follower-{}", number % FOLLOWERS)]);
        job["onFailure"] = json!([format!("follower-{}", (number + 1) % FOLLOWERS)]);
    }
    if number % 6 == 2 {
        job["blackouts"] = json!([if number % 12 == 2 { "always" } else { "never" }]);
    }
    if number % 19 == 6 {
        job["maxRuns"] = json!(20);
    }
    if number % 23 == 8 {
        job["jitter"] = json!(1);
    }
    job
}

fn schedule(number: u32) -> Value {
    match number % 4 {
        0 => json!({"every": "1s"}),
        1 => json!({"cronExpression": "* * * * * ?"}),
        2 => json!({"cronExpression": "*/2 * * * * ?", "timezone": "Asia/Kolkata"}),
        _ => json!({"every": "2s"}),
    }
}

fn flaky(number: u32) -> String {
    json!({"failures": number % 3 + 1, "permanent": number % 5 == 1}).to_string()
}

fn by_hand(number: u32) -> Value {
    json!({
        "name": hand(number),
        "every": "1d",
        "status": "stopped",
        "overlap": one(number, &["allow", "bufferAll"]),
        // Slow ones must not wait for each other: nobody waits for hundreds of them at the end.
        "handlerName": if number == 2 { "Slow" } else { "Echo" },
        "retryCount": 1,
        "retryInterval": 0,
        "onSuccess": if number == 4 { json!(["follower-0"]) } else { json!([]) },
    })
}

fn follower(number: u32) -> Value {
    json!({
        "name": format!("follower-{number}"),
        "every": "1d",
        "status": "stopped",
        "overlap": one(number, &["skip", "bufferAll", "allow"]),
        "handlerName": "Echo",
    })
}

fn one<T>(number: u32, of: &[T]) -> &T {
    &of[number as usize % of.len()]
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().expect("an object") {
        into[name] = value.clone();
    }
}
