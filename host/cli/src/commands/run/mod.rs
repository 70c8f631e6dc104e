//! `wasmtab run`.

mod cancel;
mod follow;
mod list;
mod logs;
mod retry;
mod select;
mod show;
pub(crate) mod view;

use clap::Subcommand;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    /// List runs, newest first
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// The whole story of a run: its attempts, what they ran on, used, said and returned
    Show(show::ShowArgs),
    /// What a run's handler wrote
    Logs(logs::LogsArgs),
    /// End runs, waiting or under way
    Cancel(cancel::CancelArgs),
    /// Start ended runs anew, as new runs with the same parameter
    Retry(retry::RetryArgs),
    /// The same for the instants that the ended runs were planned for; many follow one another, oldest first
    Rerun(retry::RetryArgs),
}

impl RunCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Show(args) => args.run(context).await,
            Self::Logs(args) => args.run(context).await,
            Self::Cancel(args) => args.run(context).await,
            Self::Retry(args) => args.run(context).await,
            Self::Rerun(args) => args.rerun(context).await,
        }
    }
}
