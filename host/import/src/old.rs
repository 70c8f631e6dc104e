//! What the old system does with a schedule.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use wasmtab_domain::{interval::Interval, time::Timestamp};

use crate::{quartz, vixie};

/// A schedule by the old system's rules.
#[derive(Clone, Debug)]
pub(crate) enum OldSchedule {
    /// By Quartz: yudao, XXL-JOB.
    Quartz(Box<quartz::Expression>),
    /// By cron(8).
    Cron(vixie::Entry),
    /// XXL-JOB's fixed rate: counted from the last planned fire, as long as it is never late.
    FixedRate {
        /// A planned fire; none while the job is stopped there.
        anchor: Option<Timestamp>,
        every: Interval,
    },
    /// It never fires by itself.
    Never,
    /// The old system does not fire it, or there is no telling when.
    Unknown(String),
}

impl OldSchedule {
    /// The fires after `after`; none where there is no telling.
    pub(crate) fn fires_after(
        &self,
        zone: Tz,
        after: DateTime<Utc>,
    ) -> Option<Box<dyn Iterator<Item = DateTime<Utc>> + '_>> {
        match self {
            Self::Quartz(expression) => {
                let first = expression.next_after(zone, after);
                Some(Box::new(std::iter::successors(first, move |fire| {
                    expression.next_after(zone, *fire)
                })))
            }
            Self::Cron(entry) => Some(Box::new(entry.fires_after(zone, after))),
            Self::FixedRate {
                anchor: Some(anchor),
                every,
            } => Some(Box::new(grid(*anchor, *every, after))),
            Self::Never => Some(Box::new(std::iter::empty())),
            Self::FixedRate { anchor: None, .. } | Self::Unknown(_) => None,
        }
    }

    /// Why there is nothing to compare.
    pub(crate) fn remark(&self) -> Option<String> {
        match self {
            Self::FixedRate { anchor: None, every } => Some(format!(
                "every {every} on both sides; XXL-JOB counts from the moment in which the job is started there"
            )),
            Self::Unknown(reason) => Some(reason.clone()),
            _ => None,
        }
    }
}

fn grid(anchor: Timestamp, every: Interval, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let step = i64::try_from(every.as_secs())
        .unwrap_or(i64::MAX)
        .saturating_mul(1_000_000)
        .max(1);
    let anchor = anchor.as_micros();
    let passed = after.timestamp_micros().saturating_sub(anchor).div_euclid(step);
    // Before the anchor there is no fire: it is the next one that the old system has planned.
    (passed.saturating_add(1).max(0)..)
        .map_while(move |k| k.checked_mul(step).and_then(|way| anchor.checked_add(way)))
        .map_while(DateTime::from_timestamp_micros)
}
