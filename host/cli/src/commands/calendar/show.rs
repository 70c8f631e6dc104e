//! `wasmtab calendar show`.

use clap::Args;
use serde_json::Value;
use wasmtab_domain::job::Window;

use crate::{
    context::Context,
    exit::Failure,
    output::{
        cell::{present, text, time},
        clean,
        table::facts,
    },
};

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Its name
    calendar: String,
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let calendar = context
            .client()?
            .get(&["calendars", &self.calendar])
            .send()
            .await?
            .body;
        context.out.one(&calendar, show)
    }
}

/// A calendar as people see it.
pub(super) fn show(calendar: &Value) -> String {
    let mut rows = vec![
        ("calendar", text(calendar, "/name")),
        (
            "updated",
            format!(
                "{} by {}",
                time(calendar, "/updatedAt"),
                text(calendar, "/updatedBy")
            ),
        ),
    ];
    rows.extend(present(calendar, "/jobs").map(|jobs| ("jobs", jobs)));
    let windows = calendar.get("windows").and_then(Value::as_array);
    rows.extend(
        windows
            .into_iter()
            .flatten()
            .map(|window| ("not on", in_words(window))),
    );
    if windows.is_none_or(Vec::is_empty) {
        rows.push(("not on", "(no window: it keeps no job from firing)".into()));
    }
    facts(&rows)
}

fn in_words(window: &Value) -> String {
    // A newer server may know windows that this program does not.
    serde_json::from_value::<Window>(window.clone())
        .map_or_else(|_| clean::line(&window.to_string()), |window| window.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn windows_are_told_in_words() {
        let shown = show(&json!({
            "name": "holidays", "jobs": ["report"],
            "windows": [{"date": "2026-12-25"}, {"days": ["sat"], "from": "22:00", "until": "24:00"}, {"moon": "full"}],
        }));
        for line in [
            "jobs      report",
            "not on    2026-12-25",
            "not on    sat 22:00-24:00",
            "not on    {\"moon\":\"full\"}",
        ] {
            assert!(shown.contains(line), "{line:?} is missing in\n{shown}");
        }
    }
}
