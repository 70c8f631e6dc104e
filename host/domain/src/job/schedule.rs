//! When a job fires: its expression or grid within its window.

use std::time::Duration;

use chrono_tz::Tz;
use wasmtab_cron as cron;

use super::JobSpec;
use crate::{policy::JobStatus, time::Timestamp};

/// The fires of one revision of a job: a set of instants, whatever has been decided of them.
#[derive(Clone, Debug)]
pub struct Schedule {
    rule: Rule,
    start_at: Option<Timestamp>,
    end_at: Option<Timestamp>,
}

#[derive(Clone, Debug)]
enum Rule {
    Never,
    Cron(cron::Schedule, Tz),
    /// Instants `anchor + k * step`, in microseconds; `k` from 0 when the anchor itself is a fire, else from 1.
    Grid {
        anchor: i64,
        step: i64,
        first: i64,
    },
}

const ONE: Duration = Duration::from_micros(1);

impl Schedule {
    pub(super) fn of(spec: &JobSpec, created_at: Timestamp) -> Self {
        let rule = match (&spec.cron_expression, spec.every) {
            _ if spec.status == JobStatus::Stopped => Rule::Never,
            // A specification is valid; were an expression of a newer version not read here, the job would rest.
            (Some(text), _) => match cron::Schedule::parse(text, spec.cron_dialect) {
                Ok(schedule) => Rule::Cron(schedule, spec.timezone),
                Err(_) => Rule::Never,
            },
            (None, Some(every)) => Rule::Grid {
                anchor: spec.start_at.unwrap_or(created_at).as_micros(),
                step: i64::try_from(every.to_duration().as_micros())
                    .unwrap_or(i64::MAX)
                    .max(1),
                first: i64::from(spec.start_at.is_none()),
            },
            (None, None) => Rule::Never,
        };
        Self {
            rule,
            start_at: spec.start_at,
            end_at: spec.end_at,
        }
    }

    /// The first fire strictly after `after`.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let after = self.start_at.map_or(after, |start| after.max(start.minus(ONE)));
        let next = match &self.rule {
            Rule::Never => None,
            Rule::Cron(schedule, zone) => schedule.next_after(*zone, after.to_chrono()).map(Timestamp::from),
            Rule::Grid { anchor, step, first } => {
                let k = (after.as_micros().saturating_sub(*anchor))
                    .div_euclid(*step)
                    .saturating_add(1)
                    .max(*first);
                k.checked_mul(*step)
                    .and_then(|distance| anchor.checked_add(distance))
                    .map(Timestamp::from_micros)
            }
        }?;
        self.end_at.is_none_or(|end| next <= end).then_some(next)
    }

    /// The last fire at or before `limit`.
    pub fn last_until(&self, limit: Timestamp) -> Option<Timestamp> {
        let limit = self.end_at.map_or(limit, |end| limit.min(end));
        let last = match &self.rule {
            Rule::Never => None,
            Rule::Cron(schedule, zone) => schedule
                .prev_before(*zone, limit.plus(ONE).to_chrono())
                .map(Timestamp::from),
            Rule::Grid { anchor, step, first } => {
                let k = (limit.as_micros().saturating_sub(*anchor)).div_euclid(*step);
                (k >= *first).then(|| Timestamp::from_micros(anchor + k * step))
            }
        }?;
        self.start_at.is_none_or(|start| last >= start).then_some(last)
    }

    /// Whether `at` is a fire.
    pub fn fires_at(&self, at: Timestamp) -> bool {
        self.next_after(at.minus(ONE)) == Some(at)
    }

    /// How a clock change touches a fire; none on all other days.
    pub fn clock_change(&self, fire: Timestamp) -> Option<cron::ClockChange> {
        match &self.rule {
            Rule::Cron(schedule, zone) => schedule.clock_change(*zone, fire.to_chrono()),
            Rule::Never | Rule::Grid { .. } => None,
        }
    }

    /// The fires at `since` and after it, in order.
    pub fn fires_from(&self, since: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        self.fires_after(since.minus(ONE))
    }

    /// The fires strictly after `after`, in order.
    pub fn fires_after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        std::iter::successors(self.next_after(after), |fire| self.next_after(*fire))
    }
}
