//! A way in for those who come from elsewhere: jobs of crontab, XXL-JOB and yudao as a jobs file and a report.
//!
//! Pure: texts and rows go in, drafts of jobs and findings come out; reading files and databases is the caller's. Every job is
//! carried over `stopped` and with every policy said, what changes on the way is a [`Finding`], and what cannot come along is
//! listed with its reason. [`compare`](compare::compare) evaluates the old schedules by rules of their own and holds ours against them.

pub mod compare;
pub mod crontab;
pub mod document;
mod draft;
mod names;
mod old;
mod outcome;
mod quartz;
mod quartz_job;
pub mod report;
pub mod rows;
pub mod sql;
mod tally;
mod vixie;
pub mod xxl_job;
pub mod yudao;

pub use self::{
    draft::JobDraft,
    outcome::{Finding, Import, Imported, LeftOut, Options, Source, Was, Weight},
};
