//! Who accounts for every fire, run and attempt: works out anew what must have become of each, without a line of the product's own
//! decisions, and holds what the database says against it. For tests only.
//!
//! [`audit`] goes by the record alone: what the jobs said and when they were paused. The simulation of the scheduler knows more,
//! when planners looked and what each commit made, and uses the parts besides.

mod blackout;
mod findings;
mod fires;
mod record;
mod retry;

pub use self::{
    blackout::holds as is_blacked_out,
    findings::{Finding, Findings},
    fires::fires,
    record::{Audit, Doubt, Record, Tally, audit},
    retry::{Ended, Next, next},
};
