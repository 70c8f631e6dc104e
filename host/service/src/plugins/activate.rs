use bytes::Bytes;
use serde_json::json;
use wasmtab_domain::plugin::PluginVersion;
use wasmtab_store::{Principal, Role};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    service::{Change, Service, authorize},
    view::VersionView,
};

impl Service {
    /// Makes a version, named by number or label, the active one: every attempt that begins from now on runs it.
    pub async fn activate(&self, by: &Principal, plugin: &str, which: &str) -> ServiceResult<VersionView> {
        authorize(by, Role::Administrator)?;
        let version = self.find_version(plugin, which).await?;
        self.activate_version(by, version, None).await
    }

    /// Makes the version active that was so before the present one. Doing it twice comes back.
    pub async fn rollback(&self, by: &Principal, plugin: &str) -> ServiceResult<VersionView> {
        authorize(by, Role::Administrator)?;
        let active = self.find_plugin(plugin).await?.active_version;
        for activation in self.store.activations(plugin).await? {
            if Some(activation.version) == active {
                continue;
            }
            // A version that was deleted since cannot come back.
            if let Some(version) = self.store.version(plugin, activation.version).await? {
                return self.activate_version(by, version, None).await;
            }
        }
        let detail = format!("no other version of `{plugin}` that is still there was ever active");
        Err(Conflict::new(ConflictKind::NothingToRollBack, detail).into())
    }

    /// A version describes itself once, before it is activated for the first time: until then nothing of an upload runs.
    pub(crate) async fn activate_version(
        &self,
        by: &Principal,
        version: PluginVersion,
        content: Option<Bytes>,
    ) -> ServiceResult<VersionView> {
        let description = if let Some(known) = &version.description {
            known.clone()
        } else {
            let digest = &version.facts.digest;
            let original = match content {
                Some(content) => content,
                None => self.original(digest).await?,
            };
            self.inspector.describe(digest, original).await?
        };
        let (plugin, number) = (&version.plugin, version.version);
        let before = self.find_plugin(plugin).await?.active_version;
        if !self
            .store
            .activate(plugin, number, &description, &by.name, self.now())
            .await?
        {
            return Err(ServiceError::not_found(format!(
                "version {number} of plugin `{plugin}`"
            )));
        }
        if before != Some(number) {
            let change = Change::of(
                json!({ "activeVersion": before }),
                json!({ "activeVersion": number }),
            );
            self.audit(by, "plugin.activate", format!("plugin/{plugin}"), change)
                .await;
        }
        let version = PluginVersion {
            description: Some(description),
            ..version
        };
        Ok(VersionView::new(&version, Some(version.version)))
    }
}
