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
    fn grants_are_shown_as_they_are_written() {
        let shown = show(&json!({
            "name": "H", "plugin": "p", "version": null, "resolvedVersion": 4,
            "grants": {"directories": [{"guest": "/data", "host": "/srv/data", "access": "write"}], "networks": ["10.0.0.0/8"]},
        }));
        assert!(shown.contains("version    4 (follows)"), "{shown}");
        assert!(shown.contains("may touch  net=10.0.0.0/8"), "{shown}");
        assert!(shown.contains("may touch  dir=/srv/data:/data:rw"), "{shown}");
        assert!(show(&json!({"grants": {}})).contains("nothing beyond"), "{shown}");
    }
}
