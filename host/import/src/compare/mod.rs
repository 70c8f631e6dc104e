//! The old system's next fires beside ours.

mod clock_change;

use std::collections::BTreeMap;

use chrono_tz::Tz;
use wasmtab_domain::{job::Schedule, time::Timestamp};

use self::clock_change::ClockChange;
use crate::outcome::{Import, Imported};

/// One job's fires, there and here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The job's place there.
    pub origin: String,
    /// Its name here.
    pub name: String,
    /// The zone of both.
    pub timezone: Tz,
    /// The old system's next fires; none where there is no telling.
    pub old: Option<Vec<Timestamp>>,
    /// Ours, once the job is resumed; none where they count from its making.
    pub new: Vec<Timestamp>,
    /// Every way in which the two differ, now and at the clock changes of the coming year. A sentence each.
    pub differences: Vec<String>,
    /// Why there is nothing to compare.
    pub remark: Option<String>,
}

impl Comparison {
    /// Whether both fire alike, as far as that can be told.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Compares `count` fires after `after`, and the clock changes within a year.
pub fn compare(import: &Import, after: Timestamp, count: usize) -> Vec<Comparison> {
    let mut zones: BTreeMap<&str, Vec<ClockChange>> = BTreeMap::new();
    let mut known: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    import
        .jobs
        .iter()
        .map(|job| {
            let zone = job.draft.timezone;
            let changes = zones
                .entry(zone.name())
                .or_insert_with(|| clock_change::within_a_year(zone, after));
            let mut comparison = next_fires(job, after, count, import.source.title());
            // What happens at a clock change depends on the expression alone, and many jobs share theirs.
            if let (Some(expression), false) = (&job.draft.cron_expression, changes.is_empty()) {
                let at_changes = known
                    .entry((expression.clone(), zone.name()))
                    .or_insert_with(|| at_changes(job, changes, after, import.source.title()));
                comparison.differences.extend(at_changes.iter().cloned());
            }
            comparison
        })
        .collect()
}

fn ours(job: &Imported, after: Timestamp) -> Option<Schedule> {
    job.resumed().ok().map(|spec| spec.schedule(after))
}

fn next_fires(job: &Imported, after: Timestamp, count: usize, system: &str) -> Comparison {
    let zone = job.draft.timezone;
    // A grid without an anchor begins when the job is made, which it is not yet.
    let is_open = job.draft.every.is_some() && job.draft.start_at.is_none();
    let new: Vec<Timestamp> = ours(job, after)
        .filter(|_| !is_open)
        .map(|schedule| schedule.fires_after(after).take(count).collect())
        .unwrap_or_default();
    let old = job
        .old
        .fires_after(zone, after.to_chrono())
        .map(|fires| fires.take(count).map(Timestamp::from).collect::<Vec<_>>());
    let mut differences = Vec::new();
    if let Some(old) = &old
        && let Some(at) = (0..old.len().max(new.len())).find(|at| old.get(*at) != new.get(*at))
    {
        let shown =
            |fire: Option<&Timestamp>| fire.map_or_else(|| "never again".into(), |fire| fire.in_zone(zone));
        differences.push(format!(
            "fire {}: {system} {}, wasmtab {}",
            at + 1,
            shown(old.get(at)),
            shown(new.get(at))
        ));
    }
    Comparison {
        origin: job.origin.clone(),
        name: job.draft.name.clone(),
        timezone: zone,
        remark: job.old.remark(),
        old,
        new,
        differences,
    }
}

fn at_changes(job: &Imported, changes: &[ClockChange], after: Timestamp, system: &str) -> Vec<String> {
    let Some(ours) = ours(job, after) else {
        return Vec::new();
    };
    changes
        .iter()
        .filter_map(|change| change.difference(&job.old, &ours, job.draft.timezone, system))
        .collect()
}
