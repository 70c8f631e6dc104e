//! JSON Schema of a handler's parameter, written as text: small enough to be part of every handler.
//!
//! `#[param]` implements [`Schema`] for structs and enums from their fields, their doc comments and serde's attributes. A type that
//! does not implement it stands in a parameter all the same; its schema says nothing.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Write;
use std::marker::PhantomData;

/// Types within types beyond this depth are not described: a type may hold itself.
const MAX_DEPTH: u8 = 12;

/// Nor is anything once a schema is this long, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// What a type reads from JSON.
pub trait Schema {
    /// Writes the members of the type's schema.
    fn members(out: &mut Members);

    /// The value as JSON, where it may stand as a default.
    fn default_json(&self) -> Option<String> {
        None
    }
}

/// The members of a JSON object that is being written.
#[derive(Debug, Default)]
pub struct Members {
    text: String,
    depth: u8,
}

impl Members {
    /// A whole schema, `$schema` included.
    pub(crate) fn document<T: Schema>() -> String {
        let mut members = Self::default();
        members.raw(r#""$schema":"https://json-schema.org/draft/2020-12/schema""#);
        T::members(&mut members);
        format!("{{{}}}", members.text)
    }

    /// Writes a member, or several, that are JSON already.
    pub fn raw(&mut self, member: &str) {
        if !self.text.is_empty() && !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
        self.text.push_str(member);
    }

    /// Writes a member whose value is an object.
    pub fn object(&mut self, key: &str, members: impl FnOnce(&mut Self)) {
        self.raw(&quoted(key));
        self.text.push(':');
        self.braced(members);
    }

    /// Writes a member whose value is a list of objects.
    pub fn list(&mut self, key: &str, items: impl FnOnce(&mut Self)) {
        self.raw(&quoted(key));
        self.text.push_str(":[");
        items(self);
        self.text.push(']');
    }

    /// Writes an object as an item of a list.
    pub fn item(&mut self, members: impl FnOnce(&mut Self)) {
        self.raw("");
        self.braced(members);
    }

    /// Writes a field of a struct: its description, its default, then what its type says.
    pub fn field(
        &mut self,
        key: &str,
        description: &str,
        default: Option<String>,
        members: impl FnOnce(&mut Self),
    ) {
        self.object(key, |out| {
            out.description(description);
            if let Some(default) = default {
                out.raw(&format!("\"default\":{default}"));
            }
            members(out);
        });
    }

    /// Writes a description, unless it is empty.
    pub fn description(&mut self, text: &str) {
        if !text.is_empty() {
            self.raw(&format!("\"description\":{}", quoted(text)));
        }
    }

    fn braced(&mut self, members: impl FnOnce(&mut Self)) {
        self.text.push('{');
        if self.depth < MAX_DEPTH && self.text.len() < MAX_LENGTH {
            self.depth += 1;
            members(self);
            self.depth -= 1;
        }
        self.text.push('}');
    }
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            // Writing to a string does not fail.
            control if control < ' ' => drop(write!(quoted, "\\u{:04x}", control as u32)),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Asks a type for its schema where it has one: `(&&Probe::<T>::new()).…` finds [`Described`] first, else [`Undescribed`].
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// A probe of the type.
    #[expect(clippy::new_without_default, reason = "only the macro makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// What a [`Probe`] says of a type with a schema.
pub trait Described<T> {
    /// See [`Schema::members`].
    fn members(&self, out: &mut Members);
    /// See [`Schema::default_json`].
    fn default_json(&self, value: &T) -> Option<String>;
}

/// What a [`Probe`] says of any other type: nothing.
pub trait Undescribed<T> {
    /// Writes nothing, which allows anything.
    fn members(&self, _: &mut Members) {}
    /// No default.
    fn default_json(&self, _: &T) -> Option<String> {
        None
    }
}

impl<T: Schema> Described<T> for &Probe<T> {
    fn members(&self, out: &mut Members) {
        T::members(out);
    }

    fn default_json(&self, value: &T) -> Option<String> {
        value.default_json()
    }
}

impl<T> Undescribed<T> for Probe<T> {}

macro_rules! numbers {
    ($($members:literal: $($number:ty)+;)+) => {$($(
        impl Schema for $number {
            fn members(out: &mut Members) {
                out.raw($members);
            }

            fn default_json(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )+)+};
}

numbers! {
    r#""type":"integer""#: i8 i16 i32 i64 isize;
    r#""type":"integer","minimum":0"#: u8 u16 u32 u64 usize;
    r#""type":"boolean""#: bool;
}

macro_rules! floats {
    ($($number:ty)+) => {$(
        impl Schema for $number {
            fn members(out: &mut Members) {
                out.raw(r#""type":"number""#);
            }

            fn default_json(&self) -> Option<String> {
                self.is_finite().then(|| self.to_string())
            }
        }
    )+};
}

floats!(f32 f64);

macro_rules! lists {
    ($($list:ident)+) => {$(
        impl<T: Schema> Schema for $list<T> {
            fn members(out: &mut Members) {
                out.raw(r#""type":"array""#);
                out.object("items", T::members);
            }

            fn default_json(&self) -> Option<String> {
                let items: Option<Vec<String>> = self.iter().map(T::default_json).collect();
                Some(format!("[{}]", items?.join(",")))
            }
        }
    )+};
}

lists!(Vec VecDeque BTreeSet);

impl<T: Schema, S> Schema for HashSet<T, S> {
    fn members(out: &mut Members) {
        Vec::<T>::members(out);
    }
}

impl<V: Schema> Schema for BTreeMap<String, V> {
    fn members(out: &mut Members) {
        out.raw(r#""type":"object""#);
        out.object("additionalProperties", V::members);
    }

    fn default_json(&self) -> Option<String> {
        self.is_empty().then(|| "{}".to_owned())
    }
}

impl<V: Schema, S> Schema for HashMap<String, V, S> {
    fn members(out: &mut Members) {
        BTreeMap::<String, V>::members(out);
    }

    fn default_json(&self) -> Option<String> {
        self.is_empty().then(|| "{}".to_owned())
    }
}

impl Schema for String {
    fn members(out: &mut Members) {
        out.raw(r#""type":"string""#);
    }

    fn default_json(&self) -> Option<String> {
        Some(quoted(self))
    }
}

impl Schema for Value {
    fn members(_: &mut Members) {}

    fn default_json(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl<T: Schema> Schema for Box<T> {
    fn members(out: &mut Members) {
        T::members(out);
    }

    fn default_json(&self) -> Option<String> {
        T::default_json(self)
    }
}

impl<T: Schema> Schema for Option<T> {
    fn members(out: &mut Members) {
        out.list("anyOf", |out| {
            out.item(T::members);
            out.item(|out| out.raw(r#""type":"null""#));
        });
    }

    fn default_json(&self) -> Option<String> {
        self.as_ref()?.default_json()
    }
}
