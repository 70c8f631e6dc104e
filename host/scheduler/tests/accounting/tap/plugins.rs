//! Plugins play no part in when something runs and go through; what keeps a handler's runs back is written down.

use async_trait::async_trait;
use wasmtab_domain::{
    plugin::{Description, Handler, Plugin, PluginVersion},
    time::Timestamp,
};
use wasmtab_store::{
    Activation, BindRequest, DeleteRefused, HoldRequest, NewVersion, PluginStore, Pushed, StoreResult,
};

use super::Tap;
use crate::chronicle::Event;

#[async_trait]
impl PluginStore for Tap {
    async fn push_version(&self, version: NewVersion) -> StoreResult<Pushed> {
        self.real.store.push_version(version).await
    }

    async fn plugins(&self) -> StoreResult<Vec<Plugin>> {
        self.real.store.plugins().await
    }

    async fn plugin(&self, name: &str) -> StoreResult<Option<Plugin>> {
        self.real.store.plugin(name).await
    }

    async fn versions(&self, plugin: &str) -> StoreResult<Vec<PluginVersion>> {
        self.real.store.versions(plugin).await
    }

    async fn version(&self, plugin: &str, version: i64) -> StoreResult<Option<PluginVersion>> {
        self.real.store.version(plugin, version).await
    }

    async fn activate(
        &self,
        plugin: &str,
        version: i64,
        description: &Description,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let work = self.real.store.activate(plugin, version, description, by, now);
        self.write("activate", Some(now), work, |is_there| {
            is_there.then_some(Event::Activated { version })
        })
        .await
    }

    async fn activations(&self, plugin: &str) -> StoreResult<Vec<Activation>> {
        self.real.store.activations(plugin).await
    }

    async fn delete_version(&self, plugin: &str, version: i64) -> StoreResult<Result<(), DeleteRefused>> {
        self.real.store.delete_version(plugin, version).await
    }

    async fn content(&self, digest: &str) -> StoreResult<Option<Vec<u8>>> {
        self.real.store.content(digest).await
    }

    async fn handlers(&self) -> StoreResult<Vec<Handler>> {
        self.real.store.handlers().await
    }

    async fn handler(&self, name: &str) -> StoreResult<Option<Handler>> {
        self.real.store.handler(name).await
    }

    async fn bind(&self, request: BindRequest) -> StoreResult<Result<Handler, i64>> {
        let (now, most) = (request.now, request.max_concurrency);
        let handler = request.name.clone();
        let work = self.real.store.bind(request);
        self.write("bind", Some(now), work, |bound| {
            bound.is_ok().then_some(Event::Bound { handler, most })
        })
        .await
    }

    async fn hold_handler(&self, name: &str, request: HoldRequest) -> StoreResult<Option<Handler>> {
        let (now, handler) = (request.now, name.to_owned());
        let work = self.real.store.hold_handler(name, request);
        self.write("hold_handler", Some(now), work, |held| {
            held.is_some().then_some(Event::Held { handler, is: true })
        })
        .await
    }

    async fn release_handler(&self, name: &str) -> StoreResult<Option<Handler>> {
        let handler = name.to_owned();
        let work = self.real.store.release_handler(name);
        self.write("release_handler", None, work, |held| {
            held.is_some().then_some(Event::Held { handler, is: false })
        })
        .await
    }

    async fn unbind(&self, name: &str) -> StoreResult<Result<(), DeleteRefused>> {
        self.real.store.unbind(name).await
    }

    async fn secrets(&self, handler: &str) -> StoreResult<Vec<(String, String)>> {
        self.real.store.secrets(handler).await
    }

    async fn jobs_of_handler(&self, handler: &str, limit: u32) -> StoreResult<Vec<String>> {
        self.real.store.jobs_of_handler(handler, limit).await
    }
}
