//! Jobs, runs, attempts, plugins, handlers, and every decision about them as a pure function.
//!
//! Nothing here does I/O, awaits, or reads a clock: a decision maps a snapshot and an instant to what shall be.

pub mod alert;
pub mod backfill;
pub mod chain;
pub mod completion;
pub mod decided;
pub mod digest;
pub mod document;
pub mod fairness;
pub mod field;
pub mod grant;
pub mod health;
pub mod ids;
pub mod interval;
pub mod job;
pub mod limits;
pub mod log;
pub mod plugin;
pub mod policy;
pub mod release;
pub mod repeat;
pub mod retention;
pub mod retry;
pub mod run;
pub mod status;
pub mod time;
pub mod why;
