//! `wasmtab audit`.

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
pub(crate) struct AuditArgs {
    /// At most so many entries, newest first
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl AuditArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let list = context
            .client()?
            .list(&["audit"], self.limit as usize, |request| request)
            .await?;
        let columns = [
            column("AT", |entry| time(entry, "/at")),
            column("BY", |entry| text(entry, "/by")),
            column("ACTION", |entry| text(entry, "/action")),
            column("SUBJECT", |entry| text(entry, "/subject")),
        ];
        context.out.list(&list, |entries| {
            render(&columns, entries, "nothing was changed yet")
        })
    }
}
