//! What a user would try, on the real binary. Each file is a promise of the product.

mod access;
mod alerts;
mod backfill;
mod backup;
mod bad_night;
mod bench;
mod bulk;
mod calendars;
mod crash;
mod doctor;
mod follow;
mod holds;
mod hostile;
mod import;
mod jobs_as_code;
mod metrics;
mod options;
mod pending;
mod postgres;
mod refusals;
mod replace;
mod retention;
mod seed;
mod story;
#[expect(dead_code, reason = "each suite uses a part of what they share")]
mod support;
mod triggers;
mod why;
