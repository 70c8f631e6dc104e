//! Writing a job as a person would: only what differs from the defaults.

use serde_json::{Map, Value};
use wasmtab_cron as cron;

use super::{JobSpec, ReadContext, bytes_text};

/// Said even where they are the default: without them a document would mean another job elsewhere.
const ALWAYS: [&str; 3] = ["name", "handlerName", "timezone"];

impl JobSpec {
    /// The fields that reading needs to make this job again, on a server with these settings or with another zone.
    pub fn said(&self, context: &ReadContext) -> Map<String, Value> {
        let mut blank = Self::blank(context.default_zone);
        blank.memory_limit = blank.memory_limit.min(context.max_memory);
        // The dialect that the number of fields tells need not be said.
        let parsed = self
            .cron_expression
            .as_ref()
            .map(|text| cron::Schedule::parse(text, None));
        if let Some(Ok(schedule)) = parsed {
            blank.cron_dialect = Some(schedule.dialect());
        }
        let defaults = members(&blank);
        let mut said = members(self);
        said.retain(|field, value| {
            let is_default = value.is_null() || defaults.get(field).unwrap_or(&Value::Null) == value;
            ALWAYS.contains(&field.as_str()) || !is_default
        });
        for (field, at) in [("startAt", self.start_at), ("endAt", self.end_at)] {
            if let Some(at) = at {
                said.insert(field.into(), at.in_zone(self.timezone).into());
            }
        }
        if said.contains_key("memoryLimit") {
            said.insert("memoryLimit".into(), bytes_text(self.memory_limit).into());
        }
        if let Some(text) = &self.handler_param {
            said.insert("handlerParam".into(), param(text));
        }
        said
    }
}

fn members(spec: &JobSpec) -> Map<String, Value> {
    match serde_json::to_value(spec) {
        Ok(Value::Object(members)) => members,
        // A specification holds texts, numbers and lists, so it is always an object.
        _ => Map::new(),
    }
}

/// A parameter as the object or list whose JSON it is, where that reads back to the very same text.
fn param(text: &str) -> Value {
    serde_json::from_str::<Value>(text)
        .ok()
        .filter(|value| {
            let written = value.to_string();
            (value.is_object() || value.is_array()) && written == text
        })
        .unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    const CONTEXT: ReadContext = ReadContext {
        default_zone: Tz::UTC,
        max_memory: 1 << 30,
    };

    fn said(fields: Value) -> Value {
        let fields = serde_json::from_value::<Map<_, _>>(fields).unwrap();
        let spec = JobSpec::read(&fields, &CONTEXT, None).unwrap();
        let said = spec.said(&CONTEXT);
        let elsewhere = ReadContext {
            default_zone: Tz::Asia__Tokyo,
            ..CONTEXT
        };
        assert_eq!(JobSpec::read(&said, &elsewhere, None).unwrap(), spec);
        Value::Object(said)
    }

    #[test]
    fn only_what_is_not_the_default_is_said() {
        let least =
            json!({"name": "a", "handlerName": "H", "cronExpression": "0 2 * * *", "timezone": "UTC"});
        assert_eq!(said(least.clone()), least);
        let quartz =
            json!({"name": "a", "handlerName": "H", "cronExpression": "0 0 2 * * ?", "timezone": "UTC"});
        assert_eq!(said(quartz.clone()), quartz);
    }

    #[test]
    fn everything_that_was_said_is_said_again() {
        let full = json!({
            "name": "a", "status": "stopped", "handlerName": "H", "handlerParam": {"a": [1, "x"]}, "every": 90,
            "timezone": "Asia/Shanghai", "startAt": "2026-01-01T00:00:00+08:00", "endAt": "2027-01-01T00:00:00+08:00",
            "retryCount": 2, "retryInterval": 5, "retryBackoff": [10, 60], "retryOn": ["trap"], "monitorTimeout": 60,
            "fuel": 1000, "memoryLimit": "64MiB", "overlap": "allow", "misfire": "all", "catchUpWindow": 60, "jitter": 7,
            "priority": -3, "maxRuns": 9, "blackouts": ["holidays", {"days": ["sat"]}], "shards": 3, "warnAfter": 30,
            "retryVersion": "same", "onSuccess": ["b"], "onFailure": ["c", "d"], "labels": ["x", "y"], "owner": "ann",
            "runbook": "call her",
        });
        assert_eq!(said(full.clone()), full);
    }

    #[test]
    fn a_parameter_that_would_not_read_back_stays_a_text() {
        for text in ["{\"b\":1,\"a\":2}", "{ }", "1", "[1.0e3]", "plain"] {
            let spec = json!({"name": "a", "handlerName": "H", "every": 60, "handlerParam": text});
            assert_eq!(said(spec)["handlerParam"], text);
        }
    }
}
