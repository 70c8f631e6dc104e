//! The binary as a shell sees it: arguments in; output, messages and exit codes out.

mod bulk;
mod canned;
mod client;
mod cron;
mod import;
mod import_database;
mod plugin;
mod support;
mod usage;
