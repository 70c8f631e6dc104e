//! Reading what a person or a program says of a job: every wrong field is named, nothing is guessed.

use chrono_tz::Tz;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasmtab_cron as cron;

use super::JobSpec;
use crate::{
    field::{FieldError, FieldErrors},
    interval::Interval,
    limits,
    policy::RETRYABLE,
    status::AttemptStatus,
    time::Timestamp,
};

/// What a reading needs to know of the server.
#[derive(Clone, Copy, Debug)]
pub struct ReadContext {
    /// The zone of a job that names none.
    pub default_zone: Tz,
    /// The most memory that a job may ask for, in bytes.
    pub max_memory: u64,
}

impl JobSpec {
    /// Reads a whole job. Absent fields take their defaults, except that `keep_zone` stands in for an absent `timezone`.
    pub fn read(
        said: &Map<String, Value>,
        context: &ReadContext,
        keep_zone: Option<Tz>,
    ) -> Result<Self, FieldErrors> {
        Self::blank(keep_zone.unwrap_or(context.default_zone)).with(said, context)
    }

    /// This job with the fields of `said` in place of its own; `null` puts a default back.
    pub fn patched(&self, said: &Map<String, Value>, context: &ReadContext) -> Result<Self, FieldErrors> {
        let mut base = self.clone();
        // Naming one kind of schedule replaces the other, and a new expression is read by its own number of fields.
        if said.get("cronExpression").is_some_and(|value| !value.is_null()) {
            base.every = said.get("every").and(base.every);
            base.cron_dialect = None;
        }
        if said.get("every").is_some_and(|value| !value.is_null()) && !said.contains_key("cronExpression") {
            base.cron_expression = None;
            base.cron_dialect = None;
        }
        base.with(said, context)
    }

    fn with(mut self, said: &Map<String, Value>, context: &ReadContext) -> Result<Self, FieldErrors> {
        let blank = Self::blank(context.default_zone);
        let mut reader = Reader {
            said,
            errors: Vec::new(),
        };
        for name in said.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            reader.errors.push(FieldError::new(name, unknown(name)));
        }

        reader.take("name", &mut self.name, blank.name, name);
        reader.take("status", &mut self.status, blank.status, plain);
        reader.take("handlerName", &mut self.handler_name, blank.handler_name, name);
        reader.take("handlerParam", &mut self.handler_param, None, |value| {
            param(value).map(Some)
        });
        reader.take("cronExpression", &mut self.cron_expression, None, |value| {
            text(value).map(Some)
        });
        reader.take("cronDialect", &mut self.cron_dialect, None, |value| {
            text(value)?.parse().map(Some)
        });
        reader.take("every", &mut self.every, None, |value| positive(value).map(Some));
        reader.take("timezone", &mut self.timezone, context.default_zone, zone);
        reader.take("startAt", &mut self.start_at, None, |value| {
            plain::<Timestamp>(value).map(Some)
        });
        reader.take("endAt", &mut self.end_at, None, |value| {
            plain::<Timestamp>(value).map(Some)
        });
        reader.take("retryCount", &mut self.retry.retry_count, 0, retry_count);
        reader.take(
            "retryInterval",
            &mut self.retry.retry_interval,
            blank.retry.retry_interval,
            plain,
        );
        reader.take(
            "retryBackoff",
            &mut self.retry.retry_backoff,
            blank.retry.retry_backoff,
            plain,
        );
        reader.take(
            "retryOn",
            &mut self.retry.retry_on,
            blank.retry.retry_on,
            retry_on,
        );
        reader.take(
            "monitorTimeout",
            &mut self.monitor_timeout,
            blank.monitor_timeout,
            positive,
        );
        reader.take("fuel", &mut self.fuel, None, |value| fuel(value).map(Some));
        reader.take(
            "memoryLimit",
            &mut self.memory_limit,
            blank.memory_limit.min(context.max_memory),
            |value| memory(value, context.max_memory),
        );
        reader.take("overlap", &mut self.overlap, blank.overlap, plain);
        reader.take("misfire", &mut self.misfire, blank.misfire, plain);
        reader.take(
            "catchUpWindow",
            &mut self.catch_up_window,
            blank.catch_up_window,
            plain,
        );

        let mut errors = reader.errors;
        let bad = |name: &str, errors: &[FieldError]| {
            errors.iter().any(|error| error.pointer == format!("/{name}"))
        };
        for (name, value) in [("name", &self.name), ("handlerName", &self.handler_name)] {
            if value.is_empty() && !bad(name, &errors) {
                errors.push(FieldError::new(name, "is missing"));
            }
        }
        self.settle_schedule(&mut errors);
        if let (Some(start), Some(end)) = (self.start_at, self.end_at)
            && end < start
        {
            errors.push(FieldError::new("endAt", format!("lies before startAt ({start})")));
        }
        self.memory_limit = self.memory_limit.min(context.max_memory);
        if errors.is_empty() {
            Ok(self)
        } else {
            Err(FieldErrors(errors))
        }
    }

    fn settle_schedule(&mut self, errors: &mut Vec<FieldError>) {
        let schedule_is_wrong = errors
            .iter()
            .any(|e| ["/cronExpression", "/every", "/cronDialect"].contains(&e.pointer.as_str()));
        match (&self.cron_expression, self.every) {
            _ if schedule_is_wrong => {}
            (None, None) => {
                errors.push(FieldError::new(
                    "cronExpression",
                    "is missing: a job says cronExpression or every",
                ));
            }
            (Some(_), Some(_)) => {
                errors.push(FieldError::new(
                    "every",
                    "stands beside cronExpression: a job says one of the two",
                ));
            }
            (None, Some(_)) if self.cron_dialect.is_some() => {
                errors.push(FieldError::new(
                    "cronDialect",
                    "goes with cronExpression, which is absent",
                ));
            }
            (None, Some(_)) => {}
            (Some(text), None) => match cron::Schedule::parse(text, self.cron_dialect) {
                Ok(schedule) => self.cron_dialect = Some(schedule.dialect()),
                Err(error) => errors.push(FieldError {
                    pointer: "/cronExpression".into(),
                    detail: error.to_string(),
                }),
            },
        }
    }
}

/// Every field that a job may say, in the order in which jobs are written.
const FIELDS: &[&str] = &[
    "name",
    "status",
    "handlerName",
    "handlerParam",
    "cronExpression",
    "cronDialect",
    "every",
    "timezone",
    "startAt",
    "endAt",
    "retryCount",
    "retryInterval",
    "retryBackoff",
    "retryOn",
    "monitorTimeout",
    "fuel",
    "memoryLimit",
    "overlap",
    "misfire",
    "catchUpWindow",
];

fn unknown(name: &str) -> String {
    let folded = name.to_lowercase().replace(['_', '-'], "");
    match FIELDS.iter().find(|field| field.to_lowercase() == folded) {
        Some(field) => format!("is not a field of a job; `{field}` is meant?"),
        None => format!("is not a field of a job; those are {}", FIELDS.join(", ")),
    }
}

struct Reader<'a> {
    said: &'a Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    /// Puts the field `name` into `slot` when it was said; `null` stands for the default.
    fn take<T>(
        &mut self,
        name: &str,
        slot: &mut T,
        default: T,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) {
        match self.said.get(name) {
            None => {}
            Some(Value::Null) => *slot = default,
            Some(value) => match read(value) {
                Ok(value) => *slot = value,
                Err(reason) => self.errors.push(FieldError::new(name, reason)),
            },
        }
    }
}

fn plain<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        other => Err(format!("must be a text, not {}", kind(other))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn name(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    if text.trim() != text {
        return Err(format!("`{text}` begins or ends with a space"));
    }
    if text.len() > limits::NAME_BYTES {
        return Err(format!(
            "is {} bytes long; {} are allowed",
            text.len(),
            limits::NAME_BYTES
        ));
    }
    if text.chars().any(char::is_control) {
        return Err("contains a control character".into());
    }
    Ok(text)
}

/// A parameter is a text; an object or a list written in place of one stands for its JSON.
fn param(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.len() > limits::PARAM_BYTES {
        return Err(format!(
            "is {} bytes long; {} are allowed",
            text.len(),
            limits::PARAM_BYTES
        ));
    }
    Ok(text)
}

fn zone(value: &Value) -> Result<Tz, String> {
    let text = text(value)?;
    text.parse()
        .map_err(|_| format!("`{text}` is not an IANA time zone like Asia/Shanghai or UTC"))
}

fn positive(value: &Value) -> Result<Interval, String> {
    match plain::<Interval>(value)? {
        interval if interval.as_secs() == 0 => Err("must be at least one second".into()),
        interval => Ok(interval),
    }
}

fn retry_count(value: &Value) -> Result<u32, String> {
    match value.as_u64() {
        Some(count) if count <= u64::from(limits::RETRIES) => Ok(count as u32),
        _ => Err(format!(
            "must be a whole number from 0 to {}, not {value}",
            limits::RETRIES
        )),
    }
}

fn retry_on(value: &Value) -> Result<Vec<AttemptStatus>, String> {
    let words = || {
        RETRYABLE
            .iter()
            .map(|status| status.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let list = value
        .as_array()
        .ok_or_else(|| format!("must be a list of {}", words()))?;
    let mut statuses = Vec::new();
    for item in list {
        let status = text(item)?
            .parse::<AttemptStatus>()
            .ok()
            .filter(|status| RETRYABLE.contains(status));
        let status = status.ok_or_else(|| format!("{item} cannot be retried; that can be {}", words()))?;
        if !statuses.contains(&status) {
            statuses.push(status);
        }
    }
    Ok(statuses)
}

fn fuel(value: &Value) -> Result<u64, String> {
    value
        .as_u64()
        .filter(|fuel| (1..=i64::MAX as u64).contains(fuel))
        .ok_or_else(|| format!("must be a whole number of at least 1, not {value}"))
}

fn memory(value: &Value, max: u64) -> Result<u64, String> {
    let bytes = match value {
        Value::Number(number) => number
            .as_u64()
            .ok_or_else(|| format!("must be a whole number of bytes, not {number}"))?,
        other => parse_bytes(&text(other)?)?,
    };
    if bytes < limits::MIN_MEMORY {
        return Err(format!(
            "{bytes} bytes are less than one page ({} bytes)",
            limits::MIN_MEMORY
        ));
    }
    if bytes > max {
        return Err(format!(
            "{} is above this server's maximum of {}",
            bytes_text(bytes),
            bytes_text(max)
        ));
    }
    Ok(bytes)
}

const UNITS: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

/// Reads a number of bytes: `1048576`, `64MiB`, `1GiB`.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let refuse = || format!("`{text}` is not a size: write bytes (`1048576`) or KiB, MiB, GiB (`64MiB`)");
    let trimmed = text.trim();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, size)| trimmed.strip_suffix(unit).map(|number| (number, *size)))
        .unwrap_or((trimmed, 1));
    let number: u64 = number.trim().parse().map_err(|_| refuse())?;
    number.checked_mul(unit).ok_or_else(refuse)
}

/// Writes a number of bytes with the largest unit that divides it.
pub fn bytes_text(bytes: u64) -> String {
    match UNITS[..3]
        .iter()
        .rev()
        .find(|(_, size)| bytes >= *size && bytes % size == 0)
    {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => format!("{bytes}B"),
    }
}
