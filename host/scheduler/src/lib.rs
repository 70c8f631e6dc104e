//! The async shell around the decisions.
//!
//! A fire's way is one line: the [`planner`] releases it into the queue, the [`dispatcher`] claims it, an [`Executor`]
//! carries it out, the [`journal`] writes the outcome and what follows. Nothing flows back except through the database.
//! Beside that line the [`keeper`] says that this process lives, and the [`cleaner`] removes what is old.

mod backlog;
mod cleaner;
mod clock;
mod controls;
mod crew;
mod crowd;
mod desk;
mod dispatcher;
mod executor;
mod journal;
mod keeper;
mod meters;
mod permits;
mod planner;
mod process;
mod running;
mod watch;

pub use self::{
    clock::{SystemTimer, Timer},
    executor::{Executor, Sandbox},
    meters::SchedulerMeters,
    process::{Config, Process},
    running::{Running, start},
};

/// What follows each other more closely than this is taken together: fires by the planner, outcomes by the journal.
const GATHER: std::time::Duration = std::time::Duration::from_millis(3);
