//! Crontab entries as the cron of Debian, cronie and the BSDs (Vixie's) reads and fires them.
//!
//! Independent of our own engine on purpose: it is what a comparison compares with.

mod next;
mod read;
#[cfg(test)]
mod tests;

/// When one line of a crontab fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Bits 0 to 59.
    minutes: u64,
    /// Bits 0 to 23.
    hours: u32,
    /// Bits 1 to 31.
    days: u32,
    /// Bits 1 to 12.
    months: u16,
    /// Bits 0 (Sunday) to 6.
    weekdays: u8,
    /// A day field begins with a star: both must match then, else one is enough.
    both_days: bool,
    /// Minute or hour begins with a star: such entries are not caught up after a gap, and repeat with a repeated hour.
    wildcard: bool,
}
