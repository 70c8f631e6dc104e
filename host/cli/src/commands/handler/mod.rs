//! `wasmtab handler`.

mod bind;
mod grant;
mod hold;
mod limit;
mod list;
mod show;
mod unbind;

use clap::Subcommand;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum HandlerCommand {
    /// List handlers
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// What answers to a name, and what it may touch
    Show(show::ShowArgs),
    /// Bind a name to a plugin; the grants it has stay
    Bind(bind::BindArgs),
    /// Grant or take away what a handler may touch
    Grant(grant::GrantArgs),
    /// Bound how many attempts of a handler go on at once
    Limit(limit::LimitArgs),
    /// Let nothing new of a handler begin until it is released
    Hold(hold::HoldArgs),
    /// Lift a hold; what waited goes on
    Release(hold::ReleaseArgs),
    /// Remove a binding
    Unbind(unbind::UnbindArgs),
}

impl HandlerCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Show(args) => args.run(context).await,
            Self::Bind(args) => args.run(context).await,
            Self::Grant(args) => args.run(context).await,
            Self::Limit(args) => args.run(context).await,
            Self::Hold(args) => args.run(context).await,
            Self::Release(args) => args.run(context).await,
            Self::Unbind(args) => args.run(context).await,
        }
    }
}
