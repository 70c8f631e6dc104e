//! How single values of the API look to people.

use serde_json::Value;

use super::clean;

/// The value at a JSON pointer as a line of text; a dash where there is none.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    present(value, pointer).unwrap_or_else(|| "-".into())
}

/// The value at a JSON pointer as a line of text.
pub(crate) fn present(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::Null => None,
        Value::String(text) => Some(clean::line(text)),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(
            items
                .iter()
                .map(|item| text(item, ""))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        other => Some(clean::line(&other.to_string())),
    }
}

/// The raw text at a JSON pointer.
pub(crate) fn raw<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// An instant, with its offset: `2026-01-31 09:00:00 +08:00`.
pub(crate) fn time(value: &Value, pointer: &str) -> String {
    raw(value, pointer).map_or_else(|| "-".into(), instant)
}

/// RFC 3339 in the shape that is easier to read. Milliseconds are shown where there are any, never more.
pub(crate) fn instant(text: &str) -> String {
    let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) else {
        return clean::line(text);
    };
    let offset = if text.ends_with(['Z', 'z']) { "UTC" } else { "%:z" };
    let millis = if instant.timestamp_subsec_millis() == 0 {
        ""
    } else {
        "%.3f"
    };
    instant
        .format(&format!("%Y-%m-%d %H:%M:%S{millis} {offset}"))
        .to_string()
}

/// Milliseconds: `12 ms`, `3.4 s`, `5 m 03 s`.
pub(crate) fn duration(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer).and_then(Value::as_u64) {
        None => "-".into(),
        Some(millis @ 0..=999) => format!("{millis} ms"),
        Some(millis @ 1_000..=59_999) => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        Some(millis) => format!("{} m {:02} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

/// Seconds as people write them: `30m`.
pub(crate) fn interval(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer).and_then(Value::as_u64) {
        None => text(value, pointer),
        Some(seconds) => wasmtab_domain::interval::Interval::from_secs(seconds).to_string(),
    }
}

/// Bytes with one decimal: `133.4 KiB`.
pub(crate) fn bytes(value: &Value, pointer: &str) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let Some(bytes) = value.pointer(pointer).and_then(Value::as_u64) else {
        return "-".into();
    };
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1_024.0;
    let mut unit = 0;
    while size >= 1_024.0 && unit + 1 < UNITS.len() {
        size /= 1_024.0;
        unit += 1;
    }
    let number = format!("{size:.1}");
    format!("{} {}", number.strip_suffix(".0").unwrap_or(&number), UNITS[unit])
}

/// A long text cut to `width` characters for a cell.
pub(crate) fn short(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_instant_keeps_its_offset() {
        for (text, shown) in [
            ("2026-11-30T09:00:00+08:00", "2026-11-30 09:00:00 +08:00"),
            ("2026-11-30T01:00:00.123456Z", "2026-11-30 01:00:00.123 UTC"),
            ("soon\u{1b}[2J", "soon"),
        ] {
            assert_eq!(instant(text), shown);
        }
        assert_eq!(time(&json!({"nextFireAt": null}), "/nextFireAt"), "-");
    }

    #[test]
    fn lengths_and_sizes_are_readable() {
        let value = json!({"a": 12, "b": 3_456, "c": 303_000, "d": 1_536, "e": 67_108_864, "f": 1_800});
        assert_eq!(duration(&value, "/a"), "12 ms");
        assert_eq!(duration(&value, "/b"), "3.4 s");
        assert_eq!(duration(&value, "/c"), "5 m 03 s");
        assert_eq!(bytes(&value, "/a"), "12 B");
        assert_eq!(bytes(&value, "/d"), "1.5 KiB");
        assert_eq!(bytes(&value, "/e"), "64 MiB");
        assert_eq!(interval(&value, "/f"), "30m");
        assert_eq!(duration(&value, "/missing"), "-");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(short("数据备份任务", 4), "数据备…");
        assert_eq!(short("ok", 4), "ok");
    }
}
