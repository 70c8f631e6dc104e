//! What must become of every fire, at the instant at which it is decided.

use std::collections::BTreeMap;

use wasmtab_auditor::fires;
use wasmtab_domain::{
    ids::{JobId, RunId},
    policy::JobStatus,
    release::FIRES_PER_RELEASE,
    run::{Attempt, Run, RunPolicy},
    status::{SkipReason, Trigger},
    time::Timestamp,
};

use super::{
    Books,
    jobs::{Cover, JobBook},
    rules::{Active, Case, Verdict, is_kept_off, is_missed, verdict},
    runs::Release,
    unaccounted::Unaccounted,
};

/// A wall clock that goes back by no more is being disciplined; fires that were decided stay so.
const SET_BACK_MICROS: i64 = 2_000_000;
/// Skipped fires of one decision that must have a row each.
const OWN_ROWS: usize = 100;

/// When fires are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// A planner looks at every job.
    Look,
    /// Something is about to be done to the job.
    Settle,
}

/// What was found for one fire.
#[derive(Debug)]
struct Found {
    cover: Cover,
    verdict: Option<Verdict>,
    blocked_by: Option<RunId>,
    runs: Vec<Run>,
}

impl Books {
    /// Decides the job's fires up to `now`; the groups that are asked to end for them come back.
    pub(super) fn decide(
        &mut self,
        id: JobId,
        now: Timestamp,
        point: Point,
        made: &mut Unaccounted,
    ) -> Vec<RunId> {
        let Some(mut book) = self.jobs.remove(&id) else {
            return Vec::new();
        };
        let groups = made.groups(Some(id), Trigger::Cron);
        let rows = made.skips(id);
        if point == Point::Look {
            self.next_fires_are_computed_anew(id, &book, now);
        }
        let until = book
            .pause
            .and_then(|pause| pause.until)
            .filter(|until| *until <= now);
        // The fires of a paused job may wait until they are written down together.
        let waits = point == Point::Look
            && book.pause.is_some()
            && until.is_none()
            && groups.is_empty()
            && rows.is_empty();
        let mut cancels = Vec::new();
        if !waits {
            self.decide_due(id, &mut book, now, point, (groups, rows), &mut cancels);
            if let Some(until) = until.filter(|_| book.frontier >= now) {
                book.end_pause(until);
                self.count("pause ran out");
            }
        }
        self.jobs.insert(id, book);
        cancels
    }

    fn next_fires_are_computed_anew(&mut self, id: JobId, book: &JobBook, now: Timestamp) {
        let from = book.planned_from;
        let ahead = from.as_micros() - now.as_micros();
        if book.spec.status == JobStatus::Normal && ahead > SET_BACK_MICROS {
            let text = format!(
                "job {id}: the clock is back from {from} at {now}, and next fires were not computed anew"
            );
            self.findings.add("clock", text);
        }
    }

    fn decide_due(
        &mut self,
        id: JobId,
        book: &mut JobBook,
        now: Timestamp,
        point: Point,
        (groups, rows): (Vec<Vec<Run>>, Vec<Attempt>),
        cancels: &mut Vec<RunId>,
    ) {
        let mut due = if book.is_done() {
            Vec::new()
        } else {
            fires(&book.spec, book.created_at, book.frontier, now)
        };
        let newest_missed = due
            .iter()
            .rev()
            .find(|fire| {
                is_missed(**fire, now)
                    && !book.decided.contains_key(*fire)
                    && !is_kept_off(&book.spec, book.pause, &self.calendars, **fire)
            })
            .copied();
        // One look decides no more than this; an edit decides all.
        let partial = point == Point::Look && due.len() > FIRES_PER_RELEASE;
        if partial {
            self.count("more than one look takes");
            due.truncate(FIRES_PER_RELEASE);
        }
        let frontier = due
            .last()
            .copied()
            .filter(|_| partial)
            .unwrap_or(book.frontier.max(now));
        due.retain(|fire| !book.decided.contains_key(fire));

        let mut found = self.found(id, &due, groups, &rows);
        self.rows_are_shared_rightly(id, &rows, &due, now, partial);
        for fire in due {
            if book.is_done() {
                break;
            }
            let case = Case {
                spec: &book.spec,
                pause: book.pause,
                calendars: &self.calendars.clone(),
                fire,
                now,
                newest_missed,
                active: &self.active(book, cancels),
            };
            let mut covers = found.remove(&fire).unwrap_or_default().into_iter();
            let cover = covers.next();
            self.judge(id, &case, cover.as_ref());
            let active: Vec<_> = case.active.iter().map(|active| active.run).collect();
            let starts = verdict(&case);
            if let Some(Found { cover, runs, .. }) = cover {
                book.decided.insert(fire, cover);
                book.planned_from = book.planned_from.max(fire);
                if let Some(first) = runs.first() {
                    if let Verdict::Runs(start) = starts
                        && start.cancels
                    {
                        cancels.extend(active);
                    }
                    let due = self.due(id, book, first, now);
                    let held = matches!(starts, Verdict::Runs(start) if start.held);
                    let release = Release::of(book, due, held);
                    book.active.push(first.id);
                    book.released += 1;
                    self.enter(&runs, &RunPolicy::from(&book.spec), release);
                }
            }
            for twice in covers {
                let text = format!("job {id}, fire {fire}: {:?} covers it too", twice.cover);
                self.findings.add("coverage", text);
            }
        }
        for (fire, covers) in found {
            for cover in covers {
                let before = book.decided.get(&fire);
                let text = format!(
                    "job {id} at {now}: {:?} covers {fire}, which was not to be decided (before: {before:?})",
                    cover.cover
                );
                self.findings.add("coverage", text);
            }
        }
        book.frontier = frontier;
    }

    /// What became of a fire is what had to.
    fn judge(&mut self, id: JobId, case: &Case<'_>, cover: Option<&Found>) {
        let expected = verdict(case);
        let said = || {
            let Case {
                spec,
                fire,
                now,
                active,
                newest_missed,
                ..
            } = case;
            let rules = format!("{} {}", spec.overlap, spec.misfire);
            format!(
                "job {id} ({rules}), fire {fire} at {now}, active {active:?}, newest missed {newest_missed:?}"
            )
        };
        let Some(Found {
            verdict, blocked_by, ..
        }) = cover
        else {
            let text = format!("{}: nothing covers it, expected {expected:?}", said());
            self.findings.add("coverage", text);
            return;
        };
        let skipped = |verdict: Verdict| match verdict {
            Verdict::Runs(_) => None,
            Verdict::Skipped(reason) => Some(reason),
        };
        let seen = verdict.and_then(skipped);
        self.findings.same("verdict", said, &seen, &skipped(expected));
        let in_the_way = case.active.iter().any(|active| Some(active.run) == *blocked_by);
        if in_the_way != (seen == Some(SkipReason::Overlap)) {
            self.findings
                .add("verdict", format!("{}: blocked by {blocked_by:?}", said()));
        }
        let word = seen.map_or("runs", SkipReason::as_str);
        self.count(format!("fire {word}"));
        if !case.active.is_empty() {
            self.count(format!("fire {word}, {} with others active", case.spec.overlap));
        }
        if is_missed(case.fire, case.now) {
            self.count(format!("fire {word}, missed with {}", case.spec.misfire));
        }
    }

    /// When a run is due: at its fire, put off by its jitter, before the next fire.
    fn due(&mut self, id: JobId, book: &JobBook, run: &Run, now: Timestamp) -> Option<Timestamp> {
        let (fire, due) = (run.scheduled_at, run.due_at?);
        let most = book.spec.jitter.to_duration();
        if is_missed(fire, now) || most.is_zero() {
            self.findings.same(
                "verdict",
                || format!("job {id}: when run {} is due", run.id),
                &due,
                &fire,
            );
            return Some(due);
        }
        let next = fires(&book.spec, book.created_at, fire, fire.plus(most))
            .first()
            .copied();
        if due < fire || due >= next.unwrap_or(fire.plus(most)) {
            let text = format!(
                "job {id}: run {} for {fire} is due at {due}, next fire {next:?}",
                run.id
            );
            self.findings.add("verdict", text);
        }
        if due > fire {
            self.count("jitter");
        }
        Some(due)
    }

    /// What covers each fire, as the commit made it.
    fn found(
        &mut self,
        id: JobId,
        due: &[Timestamp],
        groups: Vec<Vec<Run>>,
        rows: &[Attempt],
    ) -> BTreeMap<Timestamp, Vec<Found>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for runs in groups {
            found.entry(runs[0].scheduled_at).or_default().push(Found {
                cover: Cover::Run(runs[0].id),
                verdict: None,
                blocked_by: None,
                runs,
            });
        }
        for row in rows {
            let until = row.scheduled_until.unwrap_or(row.scheduled_at);
            let within = |fire: &&Timestamp| (row.scheduled_at..=until).contains(*fire);
            let mut covered: Vec<_> = due.iter().filter(within).copied().collect();
            let text = || {
                format!(
                    "job {id}: row {} for {}..{until} counts its fires",
                    row.id, row.scheduled_at
                )
            };
            let count = row.fire_count.map(|count| count as usize);
            self.findings.same("coverage", text, &count, &Some(covered.len()));
            if covered.first() != Some(&row.scheduled_at) {
                covered.insert(0, row.scheduled_at);
            }
            for fire in covered {
                found.entry(fire).or_default().push(Found {
                    cover: Cover::Row(row.id),
                    verdict: row.reason.map(Verdict::Skipped),
                    blocked_by: row.blocked_by,
                    runs: Vec::new(),
                });
            }
        }
        found
    }

    /// Fires share a row where they were paused, or where there are very many.
    fn rows_are_shared_rightly(
        &mut self,
        id: JobId,
        rows: &[Attempt],
        due: &[Timestamp],
        now: Timestamp,
        partial: bool,
    ) {
        for row in rows
            .iter()
            .filter(|row| row.fire_count.is_some_and(|count| count > 1))
        {
            self.count("rows shared");
            if due.len() <= OWN_ROWS && !partial && row.reason != Some(SkipReason::Paused) {
                let text = format!("job {id} at {now}: row {} is shared by few fires", row.id);
                self.findings.add("coverage", text);
            }
        }
    }

    /// The job's active groups, but for those that are being asked to end.
    fn active(&self, book: &JobBook, but_for: &[RunId]) -> Vec<Active> {
        book.active
            .iter()
            .filter(|run| !but_for.contains(run))
            .map(|run| Active {
                run: *run,
                held: self.groups.get(run).is_some_and(|group| group.held),
            })
            .collect()
    }

    /// The job's active groups.
    pub(super) fn all_active(&self, book: &JobBook) -> Vec<Active> {
        self.active(book, &[])
    }
}
