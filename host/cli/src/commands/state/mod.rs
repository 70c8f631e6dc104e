//! `wasmtab state`.

mod clear;
mod get;
mod list;
mod scope;
mod set;
mod show;

use clap::Subcommand;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// List the jobs and handlers that keep anything
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// What a job or a handler keeps
    Show(show::ShowArgs),
    /// Print one value, byte for byte
    Get(get::GetArgs),
    /// Set a value
    Set(set::SetArgs),
    /// Remove values
    Clear(clear::ClearArgs),
}

impl StateCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Show(args) => args.run(context).await,
            Self::Get(args) => args.run(context).await,
            Self::Set(args) => args.run(context).await,
            Self::Clear(args) => args.run(context).await,
        }
    }
}
