//! The command line: one subcommand a family, each with its own flags beside its code.

use clap::{Args, Parser, Subcommand};

use crate::{commands, output::Format, serve::ServeArgs};

/// A crontab for WebAssembly handlers.
#[derive(Debug, Parser)]
#[command(name = "wasmtab", version, max_term_width = 110, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the run failed (or `diff` found a difference), 2 usage, 3 not allowed, 4 not found, 5 conflict, \
     6 no server or its own failure, 124 the wait ran out";

/// Flags of every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The server
    #[arg(
        long,
        global = true,
        env = "WASMTAB_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:7320"
    )]
    pub(crate) server: String,
    /// The API token
    #[arg(
        long,
        global = true,
        env = "WASMTAB_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub(crate) token: Option<String>,
    /// The shape of the output
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t
    )]
    pub(crate) output: Format,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: the API, and everything that fires
    Serve(ServeArgs),
    /// A server on a scratch directory, with sample handlers and jobs that fire
    Demo(commands::demo::DemoArgs),
    /// Create and update jobs from a file
    Apply(commands::apply::ApplyArgs),
    /// Jobs of crontab, XXL-JOB or yudao as a jobs file and a report, without a server
    #[command(subcommand)]
    Import(commands::import::ImportCommand),
    /// Write jobs as the file that `apply` takes
    Export(commands::export::ExportArgs),
    /// Where a file and the jobs differ; exit with 1 where they do
    Diff(commands::diff::DiffArgs),
    /// Stop the fires of all jobs, or of those with a label, until they are resumed
    Pause(commands::pause::PauseArgs),
    /// Lift pauses: all, or those of jobs with a label
    Resume(commands::pause::ResumeArgs),
    /// Jobs: what fires, when, with what
    #[command(subcommand)]
    Job(Box<commands::job::JobCommand>),
    /// Runs: what was carried out, and how it ended
    #[command(subcommand)]
    Run(commands::run::RunCommand),
    /// Call a handler once, now or later, without a job
    Call(commands::call::CallArgs),
    /// Plugins: components, their versions, and which one is active
    #[command(subcommand)]
    Plugin(commands::plugin::PluginCommand),
    /// Handlers: which plugin answers to a name, and what it may touch
    #[command(subcommand)]
    Handler(commands::handler::HandlerCommand),
    /// Calendars: named lists of windows in which jobs must not fire
    #[command(subcommand)]
    Calendar(commands::calendar::CalendarCommand),
    /// What handlers keep from one run to the next
    #[command(subcommand)]
    State(commands::state::StateCommand),
    /// Alerts: who is told when a run fails, recovers or takes too long
    #[command(subcommand)]
    Alert(commands::alert::AlertCommand),
    /// Cron expressions, without a server
    #[command(subcommand)]
    Cron(commands::cron::CronCommand),
    /// API tokens
    #[command(subcommand)]
    Token(commands::token::TokenCommand),
    /// Whether the server is ready, for containers and load balancers; needs no token
    Ping(commands::ping::PingArgs),
    /// Who changed what
    Audit(commands::audit::AuditArgs),
    /// Copy everything into one file, from a server that goes on or from a data directory
    Backup(commands::backup::BackupArgs),
    /// Look at everything that may be wrong, of a server or of a data directory
    Doctor(commands::doctor::DoctorArgs),
    /// Make a data directory of a backup
    Restore(commands::restore::RestoreArgs),
    /// Bring the database's schema up to date
    Migrate(commands::migrate::MigrateArgs),
    /// What this machine can hold, as numbers
    #[command(subcommand)]
    Bench(commands::bench::BenchCommand),
    /// The bounded process that compiles an upload
    #[command(hide = true)]
    CompileChild,
    /// Print the completion script of a shell
    Completion(commands::completion::CompletionArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
