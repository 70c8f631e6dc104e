//! Holding a handler: nothing new of it begins, whatever job asks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtab_domain::limits;
use wasmtab_store::{HoldRequest, Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    names,
    service::{Change, Service, authorize},
    view::{HandlerView, HoldView},
};

/// What a hold says.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HoldBody {
    /// Why; 1,000 bytes at most.
    pub note: Option<String>,
}

impl Service {
    /// Lays a hold over a handler, or replaces the one that is there. Attempts go on; runs wait until it is released.
    pub async fn hold_handler(
        &self,
        by: &Principal,
        name: &str,
        body: HoldBody,
    ) -> ServiceResult<HandlerView> {
        authorize(by, Role::Operator)?;
        if let Some(note) = &body.note {
            names::check_length("note", note, limits::NOTE_BYTES)?;
        }
        let change = Change::made(&body);
        let request = HoldRequest {
            note: body.note,
            by: by.name.clone(),
            now: self.now(),
        };
        let Some(handler) = self.store.hold_handler(name, request).await? else {
            return Err(unbound(name));
        };
        self.audit(by, "handler.hold", format!("handler/{name}"), change)
            .await;
        self.show_handler(&handler).await
    }

    /// Lifts the hold: what waited for it begins as soon as there is room.
    pub async fn release_handler(&self, by: &Principal, name: &str) -> ServiceResult<HandlerView> {
        authorize(by, Role::Operator)?;
        let before = self.find_handler(name).await?;
        let Some(handler) = self.store.release_handler(name).await? else {
            return Err(unbound(name));
        };
        if let Some(hold) = &before.hold {
            let change = Change::removed(HoldView::from(hold));
            self.audit(by, "handler.release", format!("handler/{name}"), change)
                .await;
        }
        self.show_handler(&handler).await
    }
}

fn unbound(name: &str) -> ServiceError {
    ServiceError::not_found(format!("handler `{name}`"))
}
