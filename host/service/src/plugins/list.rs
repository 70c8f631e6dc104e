use std::collections::HashMap;

use bytes::Bytes;
use wasmtab_store::{Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    paging::{self, PageQuery},
    service::{Service, authorize},
    view::{ActivationView, ListView, PluginView, VersionView},
};

impl Service {
    /// Plugins, by name.
    pub async fn plugins(&self, by: &Principal, query: &PageQuery) -> ServiceResult<ListView<PluginView>> {
        authorize(by, Role::Viewer)?;
        let mut handlers: HashMap<String, Vec<String>> = HashMap::new();
        for handler in self.store.handlers().await? {
            handlers.entry(handler.plugin).or_default().push(handler.name);
        }
        let plugins = self.store.plugins().await?;
        let show = |plugin: &wasmtab_domain::plugin::Plugin| {
            PluginView::new(plugin, handlers.get(&plugin.name).cloned().unwrap_or_default())
        };
        paging::cut("plugins", query, plugins.iter().map(show).collect())
    }

    /// One plugin with its activations.
    pub async fn plugin(&self, by: &Principal, name: &str) -> ServiceResult<PluginView> {
        authorize(by, Role::Viewer)?;
        let plugin = self.find_plugin(name).await?;
        let handlers = self.store.handlers().await?;
        let bound = handlers
            .into_iter()
            .filter(|handler| handler.plugin == name)
            .map(|handler| handler.name);
        let activations = self.store.activations(name).await?;
        Ok(PluginView {
            activations: Some(activations.iter().map(ActivationView::from).collect()),
            ..PluginView::new(&plugin, bound.collect())
        })
    }

    /// A plugin's versions, newest first.
    pub async fn versions(
        &self,
        by: &Principal,
        plugin: &str,
        query: &PageQuery,
    ) -> ServiceResult<ListView<VersionView>> {
        authorize(by, Role::Viewer)?;
        let active = self.find_plugin(plugin).await?.active_version;
        let versions = self.store.versions(plugin).await?;
        let views = versions
            .iter()
            .map(|version| VersionView::new(version, active))
            .collect();
        paging::cut("versions", query, views)
    }

    /// One version, by its number or label.
    pub async fn version(&self, by: &Principal, plugin: &str, which: &str) -> ServiceResult<VersionView> {
        authorize(by, Role::Viewer)?;
        let active = self.find_plugin(plugin).await?.active_version;
        Ok(VersionView::new(&self.find_version(plugin, which).await?, active))
    }

    /// The file of a version as it was uploaded, and its digest.
    pub async fn content(&self, by: &Principal, plugin: &str, which: &str) -> ServiceResult<(Bytes, String)> {
        authorize(by, Role::Viewer)?;
        let version = self.find_version(plugin, which).await?;
        let digest = version.facts.digest;
        let content = self.original(&digest).await?;
        Ok((content, digest))
    }

    /// The original bytes of a digest that some version has.
    pub(crate) async fn original(&self, digest: &str) -> ServiceResult<Bytes> {
        let content = self.store.content(digest).await?;
        content
            .map(Bytes::from)
            .ok_or_else(|| ServiceError::not_found(format!("content with the digest {digest}")))
    }
}
