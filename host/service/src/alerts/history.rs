//! What was told, or was to be.

use serde::Deserialize;
use utoipa::IntoParams;
use wasmtab_domain::ids::JobId;
use wasmtab_store::{DeliveryFilter, Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    paging,
    service::{Service, authorize},
    view::{DeliveryView, ListView},
};

/// Which deliveries to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// To this channel.
    pub channel: Option<String>,
    /// That stand so: `pending`, `delivered`, `failed`, `silenced`.
    pub status: Option<String>,
    /// Of this job's runs.
    pub job_id: Option<i64>,
    /// How many items, 1 to 500; 50 unless said.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

const LIST: &str = "deliveries";

impl Service {
    /// Deliveries, newest first.
    pub async fn deliveries(
        &self,
        by: &Principal,
        query: &DeliveryQuery,
    ) -> ServiceResult<ListView<DeliveryView>> {
        authorize(by, Role::Viewer)?;
        let slice = paging::slice(LIST, query.limit, query.cursor.as_deref())?;
        let status = query.status.as_deref().map(str::parse).transpose();
        let filter = DeliveryFilter {
            channel: query.channel.clone(),
            status: status.map_err(|reason: String| ServiceError::field("status", reason))?,
            job_id: query.job_id.map(JobId),
        };
        let page = self.store.deliveries(&filter, slice.from, slice.limit).await?;
        Ok(ListView {
            items: page.items.iter().map(DeliveryView::new).collect(),
            next_cursor: paging::next(LIST, page.next),
        })
    }

    /// One delivery, with what it says.
    pub async fn delivery(&self, by: &Principal, id: i64) -> ServiceResult<DeliveryView> {
        authorize(by, Role::Viewer)?;
        Ok(DeliveryView::with_body(&self.find_delivery(id).await?))
    }
}
