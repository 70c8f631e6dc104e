//! `wasmtab handler show`.

use clap::Args;
use serde_json::Value;

use super::list::version;
use crate::{
    context::Context,
    exit::Failure,
    input::grants,
    output::{
        cell::{present, text, time},
        table::facts,
    },
};

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Its name
    handler: String,
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let handler = context
            .client()?
            .get(&["handlers", &self.handler])
            .send()
            .await?
            .body;
        context.out.one(&handler, show)
    }
}

/// A handler as people see it.
pub(super) fn show(handler: &Value) -> String {
    let mut rows = vec![
        ("handler", text(handler, "/name")),
        ("plugin", text(handler, "/plugin")),
        ("version", version(handler)),
        ("digest", text(handler, "/digest")),
        ("revision", text(handler, "/revision")),
        (
            "updated",
            format!(
                "{} by {}",
                time(handler, "/updatedAt"),
                text(handler, "/updatedBy")
            ),
        ),
    ];
    rows.extend(
        present(handler, "/maxConcurrency").map(|most| ("at once", format!("{most} attempts at most"))),
    );
    if present(handler, "/held/at").is_some() {
        let note = present(handler, "/held/note").map_or_else(String::new, |note| format!(": {note}"));
        rows.push((
            "held",
            format!(
                "since {} by {}{note}",
                time(handler, "/held/at"),
                text(handler, "/held/by")
            ),
        ));
    }
    rows.extend(present(handler, "/jobs").map(|jobs| ("jobs", jobs)));
    let granted = handler.get("grants").and_then(grants::read);
    match granted.map(|grants| grants.list()) {
        Some(list) if list.is_empty() => rows.push(("may touch", "nothing beyond 1 MiB of state".into())),
        Some(list) => rows.extend(
            list.iter()
                .map(|grant| ("may touch", crate::output::clean::line(&grant.to_string()))),
        ),
        None => rows.push(("may touch", text(handler, "/grants"))),
    }
    rows.extend(present(handler, "/secrets").map(|names| ("secrets set", names)));
    facts(&rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_handler_may_is_shown_as_it_is_written() {
        let shown = show(&json!({
            "name": "H", "plugin": "p", "version": null, "resolvedVersion": 4,
            "maxConcurrency": 2, "held": {"by": "ops", "note": "moving house", "at": "2026-11-24T01:00:00Z"},
            "grants": {"directories": [{"guest": "/data", "host": "/srv/data", "access": "write"}], "networks": ["10.0.0.0/8"]},
        }));
        assert!(shown.contains("version    4 (follows)"), "{shown}");
        assert!(shown.contains("at once    2 attempts at most"), "{shown}");
        assert!(
            shown.contains("held       since 2026-11-24 01:00:00 UTC by ops: moving house"),
            "{shown}"
        );
        assert!(shown.contains("may touch  net=10.0.0.0/8"), "{shown}");
        assert!(shown.contains("may touch  dir=/srv/data:/data:rw"), "{shown}");
        assert!(show(&json!({"grants": {}})).contains("nothing beyond"), "{shown}");
    }
}
