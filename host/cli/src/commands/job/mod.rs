//! `wasmtab job`.

mod backfill;
mod bulk;
mod create;
mod edit;
mod history;
mod list;
mod next;
mod pause;
mod rm;
mod show;
mod trigger;
mod why;

use clap::Subcommand;

use crate::{context::Context, exit::Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// List jobs
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Everything a job says, and what is planned
    Show(show::ShowArgs),
    /// Make a job
    Create(create::CreateArgs),
    /// Change fields of a job
    Edit(edit::EditArgs),
    /// Stop its fires until it is resumed; what the job says stays
    Pause(pause::PauseArgs),
    /// Lift a pause
    Resume(pause::ResumeArgs),
    /// Start a run now
    Trigger(trigger::TriggerArgs),
    /// The next fires of a job
    Next(next::NextArgs),
    /// Why a job did or did not run at an instant
    Why(why::WhyArgs),
    /// Run instants of the past, once more or at last
    Backfill(backfill::BackfillArgs),
    /// Do one thing to many jobs
    Bulk(bulk::BulkArgs),
    /// What was carried out and what was skipped, newest first
    History(history::HistoryArgs),
    /// Delete a job and its state; its log stays
    Rm(rm::RmArgs),
}

impl JobCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Show(args) => args.run(context).await,
            Self::Create(args) => args.run(context).await,
            Self::Edit(args) => args.run(context).await,
            Self::Pause(args) => args.run(context).await,
            Self::Resume(args) => args.run(context).await,
            Self::Trigger(args) => args.run(context).await,
            Self::Next(args) => args.run(context).await,
            Self::Why(args) => args.run(context).await,
            Self::Backfill(args) => args.run(context).await,
            Self::Bulk(args) => args.run(context).await,
            Self::History(args) => args.run(context).await,
            Self::Rm(args) => args.run(context).await,
        }
    }
}
