//! The cron engine: parse, next fire, describe.
//!
//! Pure: no clock, no I/O, nothing cached. A [`Schedule`] is 64 bytes of bit sets; what it fires at depends on
//! the expression, the zone and the instant asked about, and on nothing else. The crate's README has the rules.

mod calendar;
mod clock_change;
mod days;
mod describe;
mod dialect;
mod error;
mod field;
mod fire;
mod local;
mod parse;
mod schedule;
mod zone;

pub use clock_change::ClockChange;
pub use dialect::{Dialect, Lang};
pub use error::ParseError;
pub use parse::MAX_EXPRESSION;
pub use schedule::Schedule;
pub use zone::first_instant;
