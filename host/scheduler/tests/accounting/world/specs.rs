//! What jobs say in a simulated world.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use wasmtab_domain::time::Timestamp;

/// The zones; those whose clocks change have none of the fixed times.
const ZONES: [&str; 5] = [
    "UTC",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Europe/Berlin",
    "America/St_Johns",
];
const FIXED_ZONES: [&str; 3] = ["UTC", "Asia/Shanghai", "Asia/Kolkata"];

/// Expressions that fire at every real instant whose local time matches.
const OFTEN: [&str; 8] = [
    "* * * * *",
    "*/2 * * * *",
    "*/5 * * * *",
    "*/3 8-17 * * *",
    "7,22,37,52 * * * *",
    "*/20 * * * * ?",
    "15 * * * * ?",
    "0 */4 * * * ?",
];
/// Expressions at fixed times of the day.
const AT_TIMES: [&str; 3] = ["30 1,2,3,9 * * *", "5 0 * * *", "0 10 6,7,8 * * ?"];

/// The one calendar.
pub(super) const CALENDAR: &str = "holidays";
/// The handlers; only the first of them is ever held or bounded.
pub(super) const HANDLERS: [&str; 2] = ["Bounded", "Handler"];

/// A job as somebody might write it at `now`; `own` is its number.
pub(super) fn job(rng: &mut StdRng, now: Timestamp, own: u32) -> Value {
    let mut said = json!({});
    merge(&mut said, &schedule(rng, now));
    merge(&mut said, &policies(rng));
    merge(&mut said, &chains(rng, own));
    said["blackouts"] = blackouts(rng, now);
    said
}

/// A change that somebody might make to one at `now`.
pub(super) fn edit(rng: &mut StdRng, now: Timestamp, own: u32) -> Value {
    match rng.random_range(0..12) {
        0..3 => schedule(rng, now),
        3..7 => policies(rng),
        7 => json!({"status": "stopped"}),
        8 => json!({"status": "normal"}),
        9 => json!({"blackouts": blackouts(rng, now)}),
        10 => chains(rng, own),
        _ => job(rng, now, own),
    }
}

fn schedule(rng: &mut StdRng, now: Timestamp) -> Value {
    let mut said = match rng.random_range(0..10) {
        0..6 => json!({"every": one(rng, &[7, 10, 15, 30, 45, 60, 90])}),
        // Beyond what one release decides, an hour of it is not.
        6 if rng.random_bool(0.8) => json!({"every": 1, "misfire": "skip"}),
        6..9 => json!({"cronExpression": one(rng, &OFTEN), "timezone": one(rng, &ZONES)}),
        _ => json!({"cronExpression": one(rng, &AT_TIMES), "timezone": one(rng, &FIXED_ZONES)}),
    };
    said["startAt"] = Value::Null;
    said["endAt"] = Value::Null;
    said["maxRuns"] = if rng.random_bool(0.15) {
        json!(rng.random_range(1..=6))
    } else {
        Value::Null
    };
    if rng.random_bool(0.2) {
        said["startAt"] = json!(near(rng, now, -300, 300));
    }
    if rng.random_bool(0.1) {
        said["endAt"] = json!(near(rng, now, 301, 900));
    }
    said
}

fn policies(rng: &mut StdRng) -> Value {
    json!({
        "overlap": one(rng, &["skip", "skip", "bufferOne", "bufferAll", "cancelOther", "allow"]),
        "misfire": one(rng, &["latest", "all", "skip"]),
        "catchUpWindow": one(rng, &[10, 60, 120]),
        "retryCount": rng.random_range(0..=3),
        "retryInterval": one(rng, &[0, 1, 5, 20, 60]),
        "retryBackoff": one(rng, &[json!("fixed"), json!("exponential"), json!([3, 30])]),
        "retryOn": one(rng, &[json!(null), json!(["failure"]), json!(["outOfFuel", "trap"])]),
        "jitter": one(rng, &[0, 0, 4, 30]),
        "priority": one(rng, &[0, 0, -1, 5]),
        "handlerName": one(rng, &HANDLERS),
        "retryVersion": one(rng, &["current", "same"]),
        "shards": one(rng, &[1, 1, 1, 2, 3]),
    })
}

/// Hours of today in which it must not fire, or the whole day.
fn blackouts(rng: &mut StdRng, now: Timestamp) -> Value {
    match rng.random_range(0..10) {
        0..2 => windows(rng, now),
        2 => json!([{"date": now.to_chrono().date_naive()}]),
        3..5 => json!([CALENDAR]),
        _ => json!([]),
    }
}

/// Hours of today, more or less.
pub(super) fn windows(rng: &mut StdRng, now: Timestamp) -> Value {
    let clock = |minutes: i64| {
        let minutes = (now.as_micros() / 60_000_000 + minutes).rem_euclid(24 * 60);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    };
    let (from, until) = (clock(rng.random_range(-10..5)), clock(rng.random_range(6..15)));
    json!([{"days": ["mon", "sat", "sun"], "from": from, "until": until}])
}

/// Jobs that start after the job of the number `own`: later ones, so that no chain comes round.
fn chains(rng: &mut StdRng, own: u32) -> Value {
    let mut some = || -> Vec<String> {
        let count = *one(rng, &[0, 0, 0, 1, 1, 2]);
        (0..count)
            .map(|_| format!("job-{}", own + rng.random_range(1..=3)))
            .collect()
    };
    json!({"onSuccess": some(), "onFailure": some()})
}

fn near(rng: &mut StdRng, now: Timestamp, from: i64, to: i64) -> String {
    let secs = now.as_micros() / 1_000_000 + rng.random_range(from..=to);
    Timestamp::from_secs(secs).to_string()
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        into[name] = value.clone();
    }
}

fn one<'a, T>(rng: &mut StdRng, of: &'a [T]) -> &'a T {
    of.choose(rng).expect("there is something to choose from")
}
