use wasmtab_store::{DeleteRefused, Principal, Role};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    service::{Change, Service, authorize},
};

impl Service {
    /// Removes a version that nothing resolves to.
    pub async fn delete_version(&self, by: &Principal, plugin: &str, which: &str) -> ServiceResult<()> {
        authorize(by, Role::Administrator)?;
        let version = self.find_version(plugin, which).await?;
        let number = version.version;
        match self.store.delete_version(plugin, number).await? {
            Ok(()) => {
                let change = Change::removed(&version.facts);
                self.audit(
                    by,
                    "plugin.deleteVersion",
                    format!("plugin/{plugin}@{number}"),
                    change,
                )
                .await;
                Ok(())
            }
            Err(DeleteRefused::NotFound) => Err(ServiceError::not_found(format!(
                "version {number} of plugin `{plugin}`"
            ))),
            Err(DeleteRefused::InUse(names)) => {
                let by_whom = if names.is_empty() {
                    String::new()
                } else {
                    format!(" by {}", names.join(", "))
                };
                let detail = format!(
                    "version {number} of `{plugin}` is in use{by_whom}; activate or bind another one first"
                );
                Err(Conflict::new(ConflictKind::InUse, detail)
                    .with_names(names)
                    .into())
            }
        }
    }
}
