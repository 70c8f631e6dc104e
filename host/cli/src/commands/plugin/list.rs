//! `wasmtab plugin list`.

use clap::Args;

use crate::{
    context::Context,
    exit::Failure,
    output::{
        cell::{text, time},
        table::{column, render},
    },
};

#[derive(Args, Debug)]
pub(crate) struct ListArgs {}

impl ListArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let list = context
            .client()?
            .list(&["plugins"], usize::MAX, |request| request)
            .await?;
        let columns = [
            column("PLUGIN", |plugin| text(plugin, "/name")),
            column("ACTIVE", |plugin| text(plugin, "/activeVersion")),
            column("LATEST", |plugin| text(plugin, "/latestVersion")),
            column("CREATED", |plugin| time(plugin, "/createdAt")),
        ];
        context.out.list(&list, |plugins| {
            render(&columns, plugins, "nothing was uploaded yet")
        })
    }
}
