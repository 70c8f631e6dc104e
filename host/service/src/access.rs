//! Who asks.

use wasmtab_store::{Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    secret,
    service::Service,
};

impl Service {
    /// Who bears this token.
    pub async fn authenticate(&self, token: &str) -> ServiceResult<Principal> {
        let hash = secret::hash(token);
        if self.admin_hash().is_some_and(|admin| secret::same(admin, &hash)) {
            return Ok(Principal {
                name: "admin".into(),
                role: Role::Administrator,
            });
        }
        self.store
            .principal(&hash, self.now())
            .await?
            .ok_or(ServiceError::Unauthorized)
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> ServiceResult<()> {
        self.store.setting(crate::service::TIMEZONE).await?;
        Ok(())
    }
}
