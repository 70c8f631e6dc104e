//! `wasmtab state list`.

use clap::Args;
use serde_json::Value;

use crate::{
    context::Context,
    exit::Failure,
    output::{
        cell::{bytes, present, text},
        table::{column, render},
    },
};

#[derive(Args, Debug)]
pub(crate) struct ListArgs {}

impl ListArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let list = context
            .client()?
            .list(&["state"], usize::MAX, |request| request)
            .await?;
        let columns = [
            column("OF", owner),
            column("KEYS", |scope| text(scope, "/keys")),
            column("SIZE", |scope| bytes(scope, "/bytes")),
            column("QUOTA", |scope| bytes(scope, "/quota")),
            column("NOTE", |scope| present(scope, "/note").unwrap_or_default()),
        ];
        context
            .out
            .list(&list, |scopes| render(&columns, scopes, "nothing is kept"))
    }
}

fn owner(scope: &Value) -> String {
    match (present(scope, "/handlerName"), present(scope, "/jobName")) {
        (Some(handler), _) => format!("handler {handler}"),
        (None, Some(job)) => format!("job {job}"),
        (None, None) => format!("job {} (deleted)", text(scope, "/jobId")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_owner_is_named_as_the_other_commands_take_it() {
        assert_eq!(owner(&json!({"handlerName": "H", "jobName": null})), "handler H");
        assert_eq!(owner(&json!({"jobId": 7, "jobName": "同步"})), "job 同步");
        assert_eq!(owner(&json!({"jobId": 7, "jobName": null})), "job 7 (deleted)");
    }
}
