use serde::Deserialize;
use utoipa::IntoParams;
use wasmtab_domain::{ids::JobId, time::Timestamp};
use wasmtab_store::{Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    service::{Service, authorize},
    view::NextView,
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
    /// The next fires of a job's schedule, whether it is paused or not.
    pub async fn next_fires(&self, by: &Principal, id: JobId, query: &NextQuery) -> ServiceResult<NextView> {
        authorize(by, Role::Viewer)?;
        let count = check_count(query.count.unwrap_or(5))?;
        let after = instant("after", query.after.as_deref())?.unwrap_or_else(|| self.now());
        let job = self.find_job(id).await?;
        let zone = job.spec.timezone;
        let next = job
            .schedule()
            .fires_after(after)
            .take(count)
            .map(|fire| fire.in_zone(zone))
            .collect();
        Ok(NextView { next })
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
