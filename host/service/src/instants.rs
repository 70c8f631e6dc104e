//! In which zone a run's instants are shown: its job's; UTC where there is none.

use std::collections::HashMap;

use chrono_tz::Tz;
use wasmtab_domain::ids::JobId;

use crate::{error::ServiceResult, service::Service};

/// The zones of the jobs of one answer, each looked up once.
#[derive(Debug, Default)]
pub(crate) struct Zones(HashMap<JobId, Tz>);

impl Zones {
    /// The zone of `job`.
    pub(crate) async fn of(&mut self, service: &Service, job: Option<JobId>) -> ServiceResult<Tz> {
        let Some(id) = job else { return Ok(Tz::UTC) };
        if let Some(zone) = self.0.get(&id) {
            return Ok(*zone);
        }
        let zone = service
            .store
            .job(id)
            .await?
            .map_or(Tz::UTC, |job| job.spec.timezone);
        self.0.insert(id, zone);
        Ok(zone)
    }
}
