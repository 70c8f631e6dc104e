//! `wasmtab alert`.

mod channel;
mod history;
mod rule;
mod scope;
mod silence;

use clap::Subcommand;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// Channels: where messages are sent
    #[command(subcommand)]
    Channel(channel::ChannelCommand),
    /// Rules: who is told of what
    #[command(subcommand)]
    Rule(rule::RuleCommand),
    /// Silences: times in which nobody is told
    #[command(subcommand)]
    Silence(silence::SilenceCommand),
    /// What was told, or was to be, newest first
    History(history::HistoryArgs),
    /// One message: what it says, and what became of it
    Show(history::ShowArgs),
}

impl AlertCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Channel(command) => command.run(context).await,
            Self::Rule(command) => command.run(context).await,
            Self::Silence(command) => command.run(context).await,
            Self::History(args) => args.run(context).await,
            Self::Show(args) => args.run(context).await,
        }
    }
}
