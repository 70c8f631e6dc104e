use chrono_tz::Tz;
use wasmtab_domain::ids::JobId;
use wasmtab_store::{Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    paging::{self, PageQuery},
    service::{Service, authorize},
    view::{ListView, RevisionView},
};

impl Service {
    /// What a job said over time, newest first; also of a job that was deleted.
    pub async fn revisions(
        &self,
        by: &Principal,
        id: JobId,
        query: &PageQuery,
    ) -> ServiceResult<ListView<RevisionView>> {
        authorize(by, Role::Viewer)?;
        let revisions = self.store.revisions(id).await?;
        if revisions.is_empty() {
            return Err(ServiceError::not_found(format!("job {id}")));
        }
        let zone = revisions
            .iter()
            .rev()
            .find_map(|revision| Some(revision.spec.as_ref()?.timezone))
            .unwrap_or(Tz::UTC);
        let views = revisions
            .iter()
            .rev()
            .map(|revision| RevisionView::new(revision, zone))
            .collect();
        paging::cut("revisions", query, views)
    }
}
