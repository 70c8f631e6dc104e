//! A parsed schedule: bit sets, so that a search is a handful of shifts and counts.

use crate::Dialect;

/// The first year a quartz year field can name.
pub(crate) const FIRST_QUARTZ_YEAR: i32 = 1970;
/// The last year a quartz year field can name.
pub(crate) const LAST_QUARTZ_YEAR: i32 = 2199;
/// Bytes that hold one bit for each quartz year.
pub(crate) const YEAR_BYTES: usize = 29;
/// Stands for "no rule counted from the month's end".
pub(crate) const NO_OFFSET: u8 = u8::MAX;

/// Days of the month, bits 1 to 31.
pub(crate) const ALL_DAYS: u32 = 0xffff_fffe;
/// Weekdays, bit 0 is Sunday.
pub(crate) const ALL_WEEKDAYS: u8 = 0x7f;

/// A schedule, parsed and known to fire at least once.
///
/// Two schedules are equal when they fire at the same local times and treat clock changes alike, however they
/// were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub(crate) seconds: u64,
    pub(crate) minutes: u64,
    pub(crate) hours: u32,
    /// Plain days of the month, bits 1 to 31.
    pub(crate) days: u32,
    /// Bits 1 to 12.
    pub(crate) months: u16,
    /// Plain weekdays, bit 0 is Sunday.
    pub(crate) weekdays: u8,
    /// `L-n` (0 for `L`), or [`NO_OFFSET`].
    pub(crate) last: u8,
    /// `L-nW` (0 for `LW`), or [`NO_OFFSET`].
    pub(crate) last_workday: u8,
    pub(crate) flags: Flags,
    pub(crate) rest: Rest,
}

const _: () = assert!(
    size_of::<Schedule>() <= 64,
    "a million schedules must stay in memory"
);

/// What the masks alone do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    const BOTH_DAYS: u8 = 1;
    const EVERY_INSTANT: u8 = 2;

    pub(crate) fn new(both_days: bool, every_instant: bool) -> Self {
        Self(u8::from(both_days) * Self::BOTH_DAYS + u8::from(every_instant) * Self::EVERY_INSTANT)
    }

    /// A day must satisfy both day fields, not just one.
    pub(crate) fn both_days(self) -> bool {
        self.0 & Self::BOTH_DAYS != 0
    }

    /// Minute or hour is a wildcard or an open step: every real instant whose local time matches is a fire.
    pub(crate) fn every_instant(self) -> bool {
        self.0 & Self::EVERY_INSTANT != 0
    }
}

/// What only one of the dialects can say, so that both fit into 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Unix {
        /// `15W`: bits 1 to 31.
        near: u32,
        /// Weekdays by ordinal: `#1` to `#5`, then `L`.
        nth: [u8; 6],
    },
    Quartz {
        years: [u8; YEAR_BYTES],
        /// `15W`, or 0.
        near: u8,
        /// Weekday times 8 plus the ordinal (1 to 5, 6 for `L`), or 0.
        nth: u8,
    },
}

/// The ordinal that stands for the last weekday of a month.
pub(crate) const LAST_NTH: usize = 6;

impl Schedule {
    /// The dialect the schedule was written in.
    pub fn dialect(&self) -> Dialect {
        match self.rest {
            Rest::Unix { .. } => Dialect::Unix,
            Rest::Quartz { .. } => Dialect::Quartz,
        }
    }

    /// Days whose nearest workday is meant, bits 1 to 31.
    pub(crate) fn near(&self) -> u32 {
        match self.rest {
            Rest::Unix { near, .. } => near,
            Rest::Quartz { near, .. } => u32::from(near > 0) << near.min(31),
        }
    }

    /// The weekdays asked for at each ordinal: `#1` to `#5`, then the last.
    pub(crate) fn nth(&self) -> [u8; 6] {
        match self.rest {
            Rest::Unix { nth, .. } => nth,
            Rest::Quartz { nth: code, .. } => {
                let mut nth = [0; 6];
                if let Some(slot) = usize::from(code & 7).checked_sub(1).and_then(|i| nth.get_mut(i)) {
                    *slot = 1 << (code >> 3);
                }
                nth
            }
        }
    }

    /// Whether fires may lie in `year`.
    pub(crate) fn has_year(&self, year: i32) -> bool {
        match &self.rest {
            Rest::Unix { .. } => true,
            Rest::Quartz { years, .. } => usize::try_from(year - FIRST_QUARTZ_YEAR)
                .ok()
                .and_then(|at| years.get(at / 8).map(|byte| byte >> (at % 8) & 1 == 1))
                .unwrap_or(false),
        }
    }

    /// Whether the year field leaves out some year.
    pub(crate) fn limits_years(&self) -> bool {
        matches!(self.rest, Rest::Quartz { .. })
            && !(FIRST_QUARTZ_YEAR..=LAST_QUARTZ_YEAR).all(|year| self.has_year(year))
    }

    /// Whether the day-of-month field lets every day pass.
    pub(crate) fn any_day(&self) -> bool {
        self.days == ALL_DAYS
    }

    /// Whether the day-of-week field lets every day pass.
    pub(crate) fn any_weekday(&self) -> bool {
        self.weekdays == ALL_WEEKDAYS
    }
}
