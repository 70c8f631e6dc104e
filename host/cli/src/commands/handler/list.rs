//! `wasmtab handler list`.

use clap::Args;
use serde_json::Value;

use crate::{
    context::Context,
    exit::Failure,
    output::{
        cell::{present, text, time},
        table::{column, render},
    },
};

#[derive(Args, Debug)]
pub(crate) struct ListArgs {}

impl ListArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let list = context
            .client()?
            .list(&["handlers"], usize::MAX, |request| request)
            .await?;
        let columns = [
            column("HANDLER", |handler| text(handler, "/name")),
            column("PLUGIN", |handler| text(handler, "/plugin")),
            column("VERSION", version),
            column("JOBS", |handler| {
                handler
                    .get("jobs")
                    .and_then(Value::as_array)
                    .map_or(0, Vec::len)
                    .to_string()
            }),
            column("AT ONCE", |handler| text(handler, "/maxConcurrency")),
            column("HELD BY", |handler| text(handler, "/held/by")),
            column("UPDATED", |handler| time(handler, "/updatedAt")),
            column("BY", |handler| text(handler, "/updatedBy")),
        ];
        context.out.list(&list, |handlers| {
            render(&columns, handlers, "no name is bound yet")
        })
    }
}

/// Which version answers, and whether that follows the active one.
pub(super) fn version(handler: &Value) -> String {
    match (present(handler, "/version"), present(handler, "/resolvedVersion")) {
        (Some(pinned), _) => format!("{pinned} (pinned)"),
        (None, Some(active)) => format!("{active} (follows)"),
        (None, None) => "none is active".into(),
    }
}
