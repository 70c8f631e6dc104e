use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde::Deserialize;
use utoipa::IntoParams;
use wasmtab_cron::Lang;
use wasmtab_domain::{
    ids::{JobId, RunId},
    job::{Calendars, Revision, in_force},
    time::Timestamp,
    why::{Evidence, Verdict, Why, why},
};
use wasmtab_store::{Principal, Role};

use crate::{
    apply::changes,
    error::{ServiceError, ServiceResult},
    explain,
    service::{Service, authorize},
    view::{AttemptView, ClockChangeView, NearView, PausePeriodView, RunView, WhyRevisionView, WhyView},
};

/// Which instant is asked about.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhyQuery {
    /// An instant (RFC 3339), or without an offset what the clock of the job's zone showed (`2026-01-31T02:00`).
    pub at: String,
}

/// The least that people write: what is meant may lie this much later.
const PRECISION: std::time::Duration = std::time::Duration::from_secs(1);

impl Service {
    /// Why a job did or did not run at an instant; also of a job that was deleted.
    pub async fn why(
        &self,
        by: &Principal,
        id: JobId,
        query: &WhyQuery,
        lang: Lang,
    ) -> ServiceResult<WhyView> {
        authorize(by, Role::Viewer)?;
        let revisions = self.store.revisions(id).await?;
        let newest = revisions.iter().rev().find_map(|revision| revision.spec.as_ref());
        let Some(newest) = newest else {
            return Err(ServiceError::not_found(format!("job {id}")));
        };
        let at = read_instant(&query.at, newest.timezone)?;
        let spec = in_force(&revisions, at).and_then(|index| revisions[index].spec.as_ref());
        let pauses = self.store.pauses(id).await?;
        let decided = self.store.decided_fires(id, at, at.plus(PRECISION)).await?;
        let job = self.store.job(id).await?;
        let calendars = match spec {
            Some(spec) => self.calendars_there(spec).await?,
            None => Calendars::new(),
        };
        let now = self.now();
        let evidence = Evidence {
            revisions: &revisions,
            pauses: &pauses,
            decided: &decided,
            job: job.as_ref(),
            calendars: &calendars,
            now,
        };
        let why = why(&evidence, at);
        let (name, zone) = spec.map_or((&newest.name, newest.timezone), |spec| {
            (&spec.name, spec.timezone)
        });
        let clock = |at: Timestamp, change| ClockChangeView::new(at.in_zone(zone), change, lang);
        let near = why.nearest.map(|near| {
            near.map(|near| NearView {
                at: near.at.in_zone(zone),
                clock_change: near.clock_change.map(|change| clock(near.at, change)),
            })
        });
        let [before, after] = near;
        let mut view = WhyView {
            job_id: id.0,
            job_name: name.clone(),
            at: why.at.in_zone(zone),
            timezone: zone.name().to_owned(),
            verdict: explain::word(&why.verdict),
            reason: None,
            explanation: Vec::new(),
            clock_change: why.clock_change.map(|change| clock(why.at, change)),
            before,
            after,
            revision: why.revision.map(|index| revision_view(&revisions, index, zone)),
            runs: Vec::new(),
            skipped: None,
            blocked_by: None,
            pause: None,
            repeats: Vec::new(),
        };
        self.enrich(&mut view, &why, zone).await?;
        view.explanation = explain::sentences(&why, &view, &revisions, zone, now);
        Ok(view)
    }

    /// Adds the runs, rows and pauses that the verdict names.
    async fn enrich(&self, view: &mut WhyView, why: &Why, zone: Tz) -> ServiceResult<()> {
        let mut repeated: Vec<RunId> = why.backfills.clone();
        match &why.verdict {
            Verdict::Fired(runs) => {
                for (run, _) in runs {
                    // One that has ended may have left the log since.
                    if let Some(run) = self.store.run(*run).await? {
                        view.runs.push(self.show_run(&run).await?);
                    }
                }
                let ids: Vec<_> = runs.iter().map(|(run, _)| *run).collect();
                let by = self.store.repeated_by(&ids).await?;
                repeated.extend(by.into_iter().map(|(_, new)| new));
            }
            Verdict::Skipped {
                row,
                reason,
                blocked_by,
                pause,
                ..
            } => {
                view.reason = Some(reason.to_string());
                let row = self.store.attempt(*row).await?;
                view.skipped = row.map(|row| AttemptView::new(&row, zone));
                if let Some(run) = blocked_by {
                    let run = self.store.run(*run).await?;
                    view.blocked_by = run.map(|run| RunView::new(&run, zone));
                }
                view.pause = pause.as_ref().map(|pause| PausePeriodView::new(pause, zone));
            }
            Verdict::Undecided(outlook) | Verdict::ToCome(outlook) => {
                if let wasmtab_domain::why::Outlook::Paused(pause) = outlook {
                    view.pause = Some(PausePeriodView::new(pause, zone));
                }
            }
            _ => {}
        }
        repeated.sort_unstable();
        repeated.dedup();
        for run in repeated {
            if let Some(run) = self.store.run(run).await? {
                view.repeats.push(RunView::new(&run, zone));
            }
        }
        Ok(())
    }
}

fn revision_view(revisions: &[Revision], index: usize, zone: Tz) -> WhyRevisionView {
    let revision = &revisions[index];
    let before = index
        .checked_sub(1)
        .and_then(|before| revisions[before].spec.as_ref());
    WhyRevisionView {
        revision: revision.revision,
        created_at: revision.valid_from.in_zone(zone),
        created_by: revision.changed_by.clone(),
        deleted: revision.spec.is_none(),
        changes: before
            .zip(revision.spec.as_ref())
            .map(|(before, after)| changes::between(before, after))
            .unwrap_or_default(),
    }
}

/// An instant, or a time of the zone's clock: its first pass, or the end of the gap that swallows it.
fn read_instant(said: &str, zone: Tz) -> ServiceResult<Timestamp> {
    let instant = said.parse::<Timestamp>();
    let local = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ]
    .into_iter()
    .find_map(|format| NaiveDateTime::parse_from_str(said, format).ok());
    match (instant, local) {
        (Ok(instant), _) => Ok(instant),
        (Err(_), Some(local)) => Ok(wasmtab_cron::first_instant(zone, local).into()),
        (Err(reason), None) => Err(ServiceError::field(
            "at",
            format!("{reason}; without an offset it is a time in the job's zone ({zone})"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_one_of_the_jobs_zone() {
        let read = |said| read_instant(said, Tz::America__New_York).unwrap().to_string();
        assert_eq!(read("2026-01-31T02:00"), "2026-01-31T07:00:00Z");
        assert_eq!(read("2026-01-31 02:00:07.5"), "2026-01-31T07:00:07.500Z");
        assert_eq!(read("2026-01-31T02:00:00+08:00"), "2026-01-30T18:00:00Z");
        // The clock goes from 02:00 to 03:00 on that day, and shows 01:30 twice on the other.
        assert_eq!(read("2026-03-08T02:30"), "2026-03-08T07:00:00Z");
        assert_eq!(read("2026-11-01T01:30"), "2026-11-01T05:30:00Z");
        assert!(read_instant("yesterday", Tz::UTC).is_err());
    }
}
