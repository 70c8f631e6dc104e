//! `wasmtab calendar`.

mod list;
mod rm;
mod set;
mod show;

use clap::Subcommand;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum CalendarCommand {
    /// List calendars
    #[command(visible_alias = "ls")]
    List,
    /// The windows of a calendar, and the jobs that name it
    Show(show::ShowArgs),
    /// Make or replace a calendar from a file
    Set(set::SetArgs),
    /// Delete a calendar that no job names
    Rm(rm::RmArgs),
}

impl CalendarCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List => list::run(context).await,
            Self::Show(args) => args.run(context).await,
            Self::Set(args) => args.run(context).await,
            Self::Rm(args) => args.run(context).await,
        }
    }
}
