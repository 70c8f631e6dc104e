//! Whether the zone that was said is the one that XXL-JOB planned by: its table has the next fire of every running job.

use std::time::Duration;

use chrono_tz::Tz;
use wasmtab_domain::time::Timestamp;

use crate::{old::OldSchedule, outcome::Imported};

/// A running job's expression and the fire that XXL-JOB has planned for it.
pub(super) struct Sample<'a> {
    old: &'a OldSchedule,
    next: Timestamp,
}

/// Zones that are tried where the one that was said does not fit: an hour apart, and those between that people live by.
const OTHERS: [Tz; 16] = [
    Tz::UTC,
    Tz::Asia__Shanghai,
    Tz::Asia__Tokyo,
    Tz::Asia__Ho_Chi_Minh,
    Tz::Asia__Kolkata,
    Tz::Asia__Dubai,
    Tz::Europe__Moscow,
    Tz::Europe__Berlin,
    Tz::Europe__London,
    Tz::Australia__Sydney,
    Tz::Pacific__Auckland,
    Tz::America__Sao_Paulo,
    Tz::America__New_York,
    Tz::America__Chicago,
    Tz::America__Denver,
    Tz::America__Los_Angeles,
];

/// A sentence about the zone, where the table tells anything: that it fits, or that it is doubtful.
pub(super) fn check(
    jobs: &[Imported],
    next_fires: &[Option<Timestamp>],
    zone: Tz,
) -> Option<Result<String, String>> {
    let samples: Vec<Sample<'_>> = jobs
        .iter()
        .zip(next_fires)
        .filter(|(job, _)| matches!(job.old, OldSchedule::Quartz(_)))
        .filter_map(|(job, next)| {
            Some(Sample {
                old: &job.old,
                next: (*next)?,
            })
        })
        .collect();
    let fitting = |zone: Tz| samples.iter().filter(|sample| sample.fits(zone)).count();
    let fits = fitting(zone);
    if samples.is_empty() {
        return None;
    }
    let of = samples.len();
    if fits == of {
        return Some(Ok(format!(
            "the zone: trigger_next_time of all {of} running cron jobs is a fire in {zone}"
        )));
    }
    let best = OTHERS
        .into_iter()
        .rev()
        .map(|other| (fitting(other), other))
        .max_by_key(|(fits, _)| *fits)
        .filter(|(other, _)| *other > fits);
    let fact =
        format!("the zone: trigger_next_time is a fire in {zone} for {fits} of {of} running cron jobs");
    Some(match best {
        Some((fits, other)) => Err(format!(
            "{fact}; in {other} it is for {fits}: is --timezone right?"
        )),
        None => Ok(format!(
            "{fact}; the others were perhaps planned before their last edit"
        )),
    })
}

impl Sample<'_> {
    fn fits(&self, zone: Tz) -> bool {
        let just_before = self.next.minus(Duration::from_secs(1)).to_chrono();
        self.old
            .fires_after(zone, just_before)
            .and_then(|mut fires| fires.next())
            == Some(self.next.to_chrono())
    }
}
