use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_domain::{decided::Became, time::Timestamp};

/// What a backfill made, or would make.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackfillView {
    /// Whether it was left at the preview.
    pub dry_run: bool,
    /// Instants that are run, or would be; their shards counted once.
    pub count: usize,
    /// The zone of the instants.
    pub timezone: String,
    /// Instants of the range that had a run before.
    pub had_run: usize,
    /// Instants of the range that were skipped.
    pub skipped: usize,
    /// Instants of the range that nothing is on record of.
    pub unknown: usize,
    /// Every instant of the range, in order.
    pub items: Vec<BackfillItemView>,
}

/// One instant of a backfill.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackfillItemView {
    /// The instant.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether the backfill runs it; not where only missed ones were wanted and it had a run.
    pub included: bool,
    /// How the newest run of it stands, or `skipped`; null where nothing is on record.
    pub was: Option<String>,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// The newest run of it.
    pub was_run_id: Option<String>,
    /// The run that the backfill made of it; of shards the first.
    pub run_id: Option<String>,
}

impl BackfillItemView {
    pub(crate) fn new(at: Timestamp, zone: Tz, found: Option<&Became>, included: bool) -> Self {
        let mut item = Self {
            at: at.in_zone(zone),
            included,
            was: None,
            reason: None,
            was_run_id: None,
            run_id: None,
        };
        match found {
            Some(Became::Run(run, status)) => {
                item.was = Some(status.to_string());
                item.was_run_id = Some(run.to_string());
            }
            Some(Became::Skipped { reason, .. }) => {
                item.was = Some("skipped".into());
                item.reason = Some(reason.to_string());
            }
            None => {}
        }
        item
    }
}
