//! `wasmtab calendar rm`.

use clap::Args;

use crate::{commands::confirm, context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct RmArgs {
    /// Its name
    calendar: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl RmArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        confirm::ask(self.yes, &format!("Delete the calendar `{}`?", self.calendar))?;
        client.delete(&["calendars", &self.calendar]).send().await?;
        context
            .out
            .say(&format!("the calendar `{}` is deleted", self.calendar))
    }
}
