//! `wasmtab run list`.

use clap::Args;

use super::{select::Filters, view};
use crate::{context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    filters: Filters,
}

impl ListArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let list = self.filters.list(context, &client).await?;
        context.out.list(&list, view::runs)
    }
}
