//! What was done, by whom.

use wasmtab_store::{Principal, Role};

use crate::{
    error::ServiceResult,
    paging::{self, PageQuery},
    service::{Service, authorize},
    view::{AuditView, ListView},
};

const LIST: &str = "audit";

impl Service {
    /// What was done, newest first.
    pub async fn audit_log(&self, by: &Principal, query: &PageQuery) -> ServiceResult<ListView<AuditView>> {
        authorize(by, Role::Administrator)?;
        let slice = paging::slice(LIST, query.limit, query.cursor.as_deref())?;
        let page = self.store.audit_log(slice.from, slice.limit).await?;
        let items = page.items.iter().map(AuditView::from).collect();
        Ok(ListView {
            items,
            next_cursor: paging::next(LIST, page.next),
        })
    }
}
