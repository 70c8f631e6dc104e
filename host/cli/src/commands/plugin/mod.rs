//! `wasmtab plugin`.

mod activate;
mod build;
mod check;
mod inspect;
mod list;
pub(crate) mod name;
mod new;
mod push;
mod report;
mod rm;
mod rollback;
mod run;
mod show;
mod toolchain;

use clap::Subcommand;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Begin a handler: a project with the SDK beside it
    New(new::NewArgs),
    /// Build a project, and put NAME.wasm into its folder
    Build(build::BuildArgs),
    /// Whether a file is a handler, and what it says of itself
    Check(check::CheckArgs),
    /// What a file is and wants; nothing of it runs
    Inspect(inspect::InspectArgs),
    /// Run a file once, here, as a server would
    Run(Box<run::RunArgs>),
    /// Upload a component as a new version; nothing changes until it is activated
    Push(push::PushArgs),
    /// List plugins
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// A plugin and its versions
    Show(show::ShowArgs),
    /// Make a version the one that answers, from the next attempt on
    Activate(activate::ActivateArgs),
    /// Make the version answer again that was active before
    Rollback(rollback::RollbackArgs),
    /// Delete a version that nothing uses
    Rm(rm::RmArgs),
}

impl PluginCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::New(args) => args.run(context),
            Self::Build(args) => args.run(context),
            Self::Check(args) => args.run(context).await,
            Self::Inspect(args) => args.run(context).await,
            Self::Run(args) => args.run(context).await,
            Self::Push(args) => args.run(context).await,
            Self::List(args) => args.run(context).await,
            Self::Show(args) => args.run(context).await,
            Self::Activate(args) => args.run(context).await,
            Self::Rollback(args) => args.run(context).await,
            Self::Rm(args) => args.run(context).await,
        }
    }
}
