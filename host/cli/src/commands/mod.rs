//! One command, or family of commands, a file.

pub(crate) mod alert;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod bulk;
pub(crate) mod calendar;
pub(crate) mod call;
pub(crate) mod completion;
pub(crate) mod confirm;
pub(crate) mod cron;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod handler;
pub(crate) mod import;
pub(crate) mod job;
pub(crate) mod migrate;
pub(crate) mod pause;
pub(crate) mod ping;
pub(crate) mod plugin;
pub(crate) mod restore;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod token;

use std::future::Future;

use crate::{
    args::{Cli, Command},
    context::Context,
    exit::Failure,
    serve,
};

/// Carries out what was asked.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let context = Context::new(cli.global);
    match cli.command {
        Command::Serve(args) => serve::run(args),
        Command::Demo(args) => serve::block_on(args.run()),
        Command::Migrate(args) => serve::block_on(args.run(&context)),
        Command::Backup(args) => serve::block_on(args.run(&context)),
        Command::Doctor(args) => serve::block_on(args.run(&context)),
        Command::Restore(args) => serve::block_on(args.run(&context)),
        Command::Bench(command) => serve::block_on(command.run(&context)),
        Command::Apply(args) => client(args.run(&context)),
        Command::Import(command) => client(command.run(&context)),
        Command::Export(args) => client(args.run(&context)),
        Command::Diff(args) => client(args.run(&context)),
        Command::Pause(args) => client(args.run(&context)),
        Command::Resume(args) => client(args.run(&context)),
        Command::Job(command) => client(command.run(&context)),
        Command::Run(command) => client(command.run(&context)),
        Command::Call(args) => client(args.run(&context)),
        Command::Plugin(command) => serve::block_on(command.run(&context)),
        Command::Handler(command) => client(command.run(&context)),
        Command::Alert(command) => client(command.run(&context)),
        Command::Calendar(command) => client(command.run(&context)),
        Command::Cron(command) => command.run(&context),
        Command::State(command) => client(command.run(&context)),
        Command::Ping(args) => client(args.run(&context)),
        Command::Token(command) => client(command.run(&context)),
        Command::Audit(args) => client(args.run(&context)),
        Command::Completion(args) => args.run(),
        // It was told apart before anything was set up.
        Command::CompileChild => Ok(()),
    }
}

/// A command that waits for a server, and for nothing else, needs one thread.
fn client(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own(format!("no threads: {error}")))?
        .block_on(work)
}
