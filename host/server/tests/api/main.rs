//! The API as a client meets it: requests against the router, over the SQLite store, with a simulated clock.

#[cfg(test)]
mod access;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod apply;
#[cfg(test)]
mod backfills;
mod backup;
#[cfg(test)]
mod bulk_jobs;
#[cfg(test)]
mod bulk_runs;
#[cfg(test)]
mod calendars;
mod code;
#[cfg(test)]
mod completions;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod document;
#[cfg(test)]
mod events;
#[cfg(test)]
mod follow;
#[cfg(test)]
mod handlers;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod plugins;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod state;
#[cfg(test)]
mod why;
