use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_store::PausePeriod;

use super::{AttemptView, ChangeView, ClockChangeView, PauseView, RunView};

/// Why a job did or did not run at an instant.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhyView {
    /// The job.
    pub job_id: i64,
    /// What it was called then.
    pub job_name: String,
    /// The instant, in the zone that the job followed then.
    #[schema(format = DateTime)]
    pub at: String,
    /// That zone.
    pub timezone: String,
    /// `fired`, `skipped`, `undecided`, `toCome`, `noFire`, `beforeStart`, `afterEnd`, `stopped`, `usedUp`, `notMade`,
    /// `deleted` or `noRecord`.
    pub verdict: &'static str,
    /// Why it was skipped: `overlap`, `misfire`, `paused` or `blackout`.
    pub reason: Option<String>,
    /// The same in sentences.
    pub explanation: Vec<String>,
    /// How a clock change touches the fire.
    pub clock_change: Option<ClockChangeView>,
    /// The fire before the instant.
    pub before: Option<NearView>,
    /// The fire after it.
    pub after: Option<NearView>,
    /// Which revision of the job held; null before it was made.
    pub revision: Option<WhyRevisionView>,
    /// The runs that the fire made: its shards, one where there are none.
    pub runs: Vec<RunView>,
    /// The row of the log that says why nothing ran.
    pub skipped: Option<AttemptView>,
    /// The run that was in the way.
    pub blocked_by: Option<RunView>,
    /// The pause that holds it back.
    pub pause: Option<PausePeriodView>,
    /// Later runs of the same instant: backfills and repeats.
    pub repeats: Vec<RunView>,
}

/// A fire near the instant.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NearView {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// How a clock change touches it.
    pub clock_change: Option<ClockChangeView>,
}

/// The revision that held.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhyRevisionView {
    /// Counts from 1.
    pub revision: i64,
    /// Since when.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Who changed it.
    pub created_by: String,
    /// Whether it is the job's deletion.
    pub deleted: bool,
    /// What it changed.
    pub changes: Vec<ChangeView>,
}

/// A time in which a job was paused.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PausePeriodView {
    /// What was said of it.
    #[serde(flatten)]
    pub pause: PauseView,
    /// When it ended; null while it lasts.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// Who ended it; null where its time ran out.
    pub ended_by: Option<String>,
}

impl PausePeriodView {
    pub(crate) fn new(period: &PausePeriod, zone: Tz) -> Self {
        Self {
            pause: PauseView::new(&period.pause, zone),
            ended_at: period.ended_at.map(|at| at.in_zone(zone)),
            ended_by: period.ended_by.clone(),
        }
    }
}
