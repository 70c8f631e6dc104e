//! YAML (and so JSON) as JSON values, strictly: what JSON cannot say, or says once only, is refused with its line.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads one document. The error names the line.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    Strict
        .deserialize(serde_norway::Deserializer::from_str(text))
        .map_err(|error| explain(&error, text))
}

/// The parser's words, and what is most likely meant when it stumbles over a bare `*`.
fn explain(error: &serde_norway::Error, text: &str) -> String {
    let bare_star = text.lines().enumerate().find(|(_, line)| {
        line.split_once(':')
            .is_some_and(|(key, value)| key.contains("cronExpression") && value.trim().starts_with('*'))
    });
    match bare_star {
        Some((index, _)) => {
            format!(
                "{error} (line {}: an expression that begins with `*` must stand in quotes)",
                index + 1
            )
        }
        None => error.to_string(),
    }
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON knows")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom(format!("{value} is not a number that JSON knows")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key_seed(Key { taken: &object })? {
            let value = members.next_value_seed(Self)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
        Err(A::Error::custom("tags like `!name` are not understood here"))
    }
}

/// A key is a text, and new: refused here, where the parser still knows the line.
struct Key<'a> {
    taken: &'a Map<String, Value>,
}

impl Key<'_> {
    fn refuse<E: Error>(shown: impl fmt::Display) -> Result<String, E> {
        Err(E::custom(format!(
            "the key `{shown}` is not a text; put it in quotes"
        )))
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text as the key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        if self.taken.contains_key(key) {
            return Err(E::custom(format!("`{key}` is there twice")));
        }
        Ok(key.to_owned())
    }

    fn visit_bool<E: Error>(self, key: bool) -> Result<String, E> {
        Self::refuse(key)
    }

    fn visit_i64<E: Error>(self, key: i64) -> Result<String, E> {
        Self::refuse(key)
    }

    fn visit_u64<E: Error>(self, key: u64) -> Result<String, E> {
        Self::refuse(key)
    }

    fn visit_f64<E: Error>(self, key: f64) -> Result<String, E> {
        Self::refuse(key)
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Self::refuse("null")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_and_json_are_read_alike() {
        let yaml = "- name: 数据备份 # nightly\n  cronExpression: 0 2 * * *\n  retryCount: 3\n  handlerParam: null\n";
        let wanted = json!([{"name": "数据备份", "cronExpression": "0 2 * * *", "retryCount": 3, "handlerParam": null}]);
        assert_eq!(read(yaml).unwrap(), wanted);
        assert_eq!(read(&wanted.to_string()).unwrap(), wanted);
        assert_eq!(
            read("a: &x [1, 2.5]\nb: *x\n").unwrap(),
            json!({"a": [1, 2.5], "b": [1, 2.5]})
        );
    }

    #[test]
    fn what_json_cannot_say_is_refused_with_its_line() {
        for (yaml, reason, line) in [
            (
                "name: a\nretryCount: 1\nname: b\n",
                "`name` is there twice",
                "line 3",
            ),
            (
                "jobs:\n  - name: a\n    1: b\n",
                "the key `1` is not a text",
                "line 3",
            ),
            ("a: 1\ntrue: x\n", "the key `true` is not a text", "line 2"),
            ("a: 1\nb: .nan\n", "is not a number that JSON knows", "line 2"),
            ("b: 1\na: !secret x\n", "tags like `!name`", "line 2"),
            ("a: [1, 2\nb: 3\n", "", "line 2"),
            ("- a\n--- \n- b\n", "more than one document", ""),
            (
                "- name: a\n  cronExpression: * * * * *\n",
                "must stand in quotes",
                "line 2",
            ),
        ] {
            let error = read(yaml).unwrap_err();
            assert!(
                error.contains(reason) && error.contains(line),
                "{yaml:?}: {error}"
            );
        }
    }
}
