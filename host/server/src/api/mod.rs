//! The endpoints, a family a file: read the request, call the use-case, answer.

pub(crate) mod alerts;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bulk;
pub(crate) mod calendars;
pub(crate) mod calls;
pub(crate) mod doctor;
pub(crate) mod events;
mod follow;
pub(crate) mod handlers;
pub(crate) mod health;
pub(crate) mod holds;
pub(crate) mod job_actions;
pub(crate) mod jobs;
pub(crate) mod logs;
pub(crate) mod me;
pub(crate) mod metrics;
pub(crate) mod plugins;
pub(crate) mod runs;
pub(crate) mod schedules;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod state;
pub(crate) mod tokens;
pub(crate) mod unknown;
pub(crate) mod versions;
