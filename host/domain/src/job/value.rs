//! Reading single values of a job: each reader says in its own words what is wrong, without the field's name.

use chrono_tz::Tz;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{interval::Interval, limits, policy::RETRYABLE, status::AttemptStatus};

pub(super) fn plain<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

pub(super) fn text(value: &Value) -> Result<String, String> {
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

pub(super) fn name(value: &Value) -> Result<String, String> {
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
pub(super) fn param(value: &Value) -> Result<String, String> {
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

pub(super) fn zone(value: &Value) -> Result<Tz, String> {
    let text = text(value)?;
    text.parse()
        .map_err(|_| format!("`{text}` is not an IANA time zone like Asia/Shanghai or UTC"))
}

pub(super) fn positive(value: &Value) -> Result<Interval, String> {
    match plain::<Interval>(value)? {
        interval if interval.as_secs() == 0 => Err("must be at least one second".into()),
        interval => Ok(interval),
    }
}

pub(super) fn retry_count(value: &Value) -> Result<u32, String> {
    match value.as_u64() {
        Some(count) if count <= u64::from(limits::RETRIES) => Ok(count as u32),
        _ => Err(format!(
            "must be a whole number from 0 to {}, not {value}",
            limits::RETRIES
        )),
    }
}

pub(super) fn retry_on(value: &Value) -> Result<Vec<AttemptStatus>, String> {
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

pub(super) fn fuel(value: &Value) -> Result<u64, String> {
    value
        .as_u64()
        .filter(|fuel| (1..=i64::MAX as u64).contains(fuel))
        .ok_or_else(|| format!("must be a whole number of at least 1, not {value}"))
}

pub(super) fn memory(value: &Value, max: u64) -> Result<u64, String> {
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

/// The names of other jobs; one name may stand alone.
pub(super) fn names(value: &Value) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for item in items(value, limits::CHAINED_JOBS)? {
        let name = name(item)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Labels, sorted, each once; one label may stand alone.
pub(super) fn labels(value: &Value) -> Result<Vec<String>, String> {
    let mut labels = Vec::new();
    for item in items(value, limits::LABELS)? {
        let label = text(item)?;
        if label.is_empty() || label.len() > limits::LABEL_BYTES {
            return Err(format!("`{label}` must have 1 to {} bytes", limits::LABEL_BYTES));
        }
        if label
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == ',')
        {
            return Err(format!(
                "`{label}` contains a space, a comma or a control character"
            ));
        }
        labels.push(label);
    }
    labels.sort_unstable();
    labels.dedup();
    Ok(labels)
}

/// A text that people read, such as an owner or a link.
pub(super) fn remark(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    if text.len() > limits::NOTE_BYTES {
        return Err(format!(
            "is {} bytes long; {} are allowed",
            text.len(),
            limits::NOTE_BYTES
        ));
    }
    if text.chars().any(char::is_control) {
        return Err("contains a control character".into());
    }
    Ok(text)
}

/// A whole number from `least` to `most`.
pub(super) fn whole(value: &Value, least: i64, most: i64) -> Result<i64, String> {
    value
        .as_i64()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("must be a whole number from {least} to {most}, not {value}"))
}

fn items(value: &Value, most: usize) -> Result<&[Value], String> {
    match value {
        Value::Array(items) if items.len() > most => {
            Err(format!("has {} items; {most} are allowed", items.len()))
        }
        Value::Array(items) => Ok(items),
        Value::String(_) => Ok(std::slice::from_ref(value)),
        other => Err(format!("must be a list of texts, not {}", kind(other))),
    }
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
        .find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size))
    {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => format!("{bytes}B"),
    }
}
