use serde::Deserialize;
use utoipa::IntoParams;
use wasmtab_domain::{ids::JobId, job::Upcoming, time::Timestamp};
use wasmtab_store::{Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    service::{Service, authorize},
    view::{LeftOutView, NextView},
};

/// How many fires to tell.
const MAX_FIRES: usize = 1_000;

/// Which fires to tell.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NextQuery {
    /// How many, 1 to 1,000; 5 unless said.
    #[param(minimum = 1, maximum = 1000)]
    pub count: Option<usize>,
    /// Fires after this instant (RFC 3339); from now on unless said.
    #[param(format = DateTime)]
    pub after: Option<String>,
}

impl Service {
    /// The next fires of a job's schedule, whether it is paused or not; those in its blackouts are left out.
    pub async fn next_fires(&self, by: &Principal, id: JobId, query: &NextQuery) -> ServiceResult<NextView> {
        authorize(by, Role::Viewer)?;
        let count = check_count(query.count.unwrap_or(5))?;
        let after = instant("after", query.after.as_deref())?.unwrap_or_else(|| self.now());
        let job = self.find_job(id).await?;
        let (zone, spec) = (job.spec.timezone, &job.spec);
        let left = spec
            .max_runs
            .map_or(u64::MAX, |most| most.saturating_sub(job.progress.released));
        let count = count.min(usize::try_from(left).unwrap_or(usize::MAX));
        let calendars = self.calendars_there(spec).await?;
        let blackouts = (spec.blackouts.as_slice(), &calendars);
        let ahead = Upcoming::after(&job.schedule(), blackouts, zone, after, count);
        Ok(NextView {
            next: ahead.fires.iter().map(|fire| fire.in_zone(zone)).collect(),
            left_out: LeftOutView::of(&ahead.left_out, zone),
        })
    }
}

/// Refuses more fires than are told at once.
pub(crate) fn check_count(count: usize) -> ServiceResult<usize> {
    if (1..=MAX_FIRES).contains(&count) {
        return Ok(count);
    }
    Err(ServiceError::field(
        "count",
        format!("must be from 1 to {MAX_FIRES}, not {count}"),
    ))
}

/// Reads an instant that a field may say.
pub(crate) fn instant(field: &str, said: Option<&str>) -> ServiceResult<Option<Timestamp>> {
    said.map(str::parse)
        .transpose()
        .map_err(|reason| ServiceError::field(field, reason))
}
