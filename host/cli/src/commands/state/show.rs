//! `wasmtab state show`.

use clap::Args;
use serde_json::{Value, json};

use super::scope::ScopeArgs;
use crate::{
    context::Context,
    exit::Failure,
    output::{
        self,
        cell::{bytes, present, raw, short, text},
        clean,
        table::{column, render},
    },
};

/// Characters of a value that a row shows.
const WIDTH: usize = 60;

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Only keys that begin so
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// At most so many keys
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let path = self.scope.path(&client).await?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let prefix = self.prefix.as_deref();
        let mut list = client
            .list(&path, self.limit as usize, |request| {
                request.query_opt("prefix", prefix)
            })
            .await?;
        // What holds for the scope as a whole is said by every page; a list keeps the items alone.
        let whole = client.get(&path).query("limit", "1").send().await?.body;
        for member in ["keys", "bytes", "quota", "note"] {
            list[member] = whole.get(member).cloned().unwrap_or(Value::Null);
        }
        let columns = [
            column("KEY", |entry| text(entry, "/key")),
            column("SIZE", |entry| bytes(entry, "/bytes")),
            column("VALUE", value),
        ];
        context
            .out
            .list(&list, |entries| render(&columns, entries, "nothing is kept"))?;
        if context.out.is_table() {
            output::write(&summary(&list))?;
        }
        Ok(())
    }
}

fn value(entry: &Value) -> String {
    match (raw(entry, "/text"), raw(entry, "/base64")) {
        (Some(text), _) => short(&clean::line(text), WIDTH),
        (None, Some(base64)) => format!("base64 {}", short(base64, WIDTH)),
        (None, None) => "(long; see `state get`)".into(),
    }
}

/// `1 key`, `2 keys`.
pub(super) fn counted(object: &Value, pointer: &str, thing: &str) -> String {
    match text(object, pointer).as_str() {
        "1" => format!("1 {thing}"),
        count => format!("{count} {thing}s"),
    }
}

fn summary(list: &Value) -> String {
    let mut summary = format!(
        "{}, {} of {}\n",
        counted(list, "/keys", "key"),
        bytes(list, "/bytes"),
        bytes(list, "/quota")
    );
    if let Some(note) = present(list, "/note") {
        summary.push_str(&note);
        summary.push('\n');
    }
    if list.get("nextCursor") != Some(&json!(null)) && list.get("nextCursor").is_some() {
        summary.push_str("there are more; see --limit and --prefix\n");
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_harmless_line() {
        assert_eq!(value(&json!({"text": "a\n\u{1b}[31mb"})), "a b");
        assert_eq!(value(&json!({"base64": "/w=="})), "base64 /w==");
        assert!(value(&json!({"bytes": 9_999})).contains("state get"));
    }
}
