//! Plugins, their versions and bytes, and the handlers bound to them.

use async_trait::async_trait;
use wasmtab_domain::{
    grant::Grants,
    plugin::{Description, Handler, Plugin, PluginVersion, VersionFacts},
    time::Timestamp,
};

use crate::StoreResult;

/// A version that somebody uploads.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// The plugin, made when it is new.
    pub plugin: String,
    /// A unique label.
    pub label: Option<String>,
    /// What the inspection found.
    pub facts: VersionFacts,
    /// The original file.
    pub content: Vec<u8>,
    /// Who.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// What became of an upload.
#[derive(Clone, Debug, PartialEq)]
pub enum Pushed {
    /// A new version.
    Created(PluginVersion),
    /// The plugin has this digest already.
    Existing(PluginVersion),
    /// Another version bears the label.
    LabelTaken(i64),
}

/// A change of the active version.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// The plugin.
    pub plugin: String,
    /// What became active.
    pub version: i64,
    /// When.
    pub activated_at: Timestamp,
    /// By whom.
    pub activated_by: String,
}

/// What a name shall be bound to.
#[derive(Clone, Debug)]
pub struct BindRequest {
    /// The handler's name.
    pub name: String,
    /// The plugin.
    pub plugin: String,
    /// A pinned version.
    pub version: Option<i64>,
    /// What it may touch.
    pub grants: Grants,
    /// Secrets to set, or (with none) to remove; others stay.
    pub secrets: Vec<(String, Option<String>)>,
    /// Attempts of it that may go on at once.
    pub max_concurrency: Option<u32>,
    /// With it, the handler must be at this revision; 0: must not be there.
    pub expected: Option<i64>,
    /// Who.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// What a hold says.
#[derive(Clone, Debug)]
pub struct HoldRequest {
    /// Why.
    pub note: Option<String>,
    /// Who.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// Why something was not removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeleteRefused {
    /// No such thing.
    NotFound,
    /// Handlers or jobs of these names use it.
    InUse(Vec<String>),
}

/// Plugins and handlers.
#[async_trait]
pub trait PluginStore: Send + Sync {
    /// Keeps an upload. It changes nothing that runs.
    async fn push_version(&self, version: NewVersion) -> StoreResult<Pushed>;

    /// All plugins, by name.
    async fn plugins(&self) -> StoreResult<Vec<Plugin>>;

    /// One plugin.
    async fn plugin(&self, name: &str) -> StoreResult<Option<Plugin>>;

    /// Its versions, newest first.
    async fn versions(&self, plugin: &str) -> StoreResult<Vec<PluginVersion>>;

    /// One version.
    async fn version(&self, plugin: &str, version: i64) -> StoreResult<Option<PluginVersion>>;

    /// Makes a version the active one, with what it says of itself; false when there is no such version.
    async fn activate(
        &self,
        plugin: &str,
        version: i64,
        description: &Description,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<bool>;

    /// The activations of a plugin, newest first.
    async fn activations(&self, plugin: &str) -> StoreResult<Vec<Activation>>;

    /// Removes a version that nothing resolves to.
    async fn delete_version(&self, plugin: &str, version: i64) -> StoreResult<Result<(), DeleteRefused>>;

    /// The original bytes of a digest.
    async fn content(&self, digest: &str) -> StoreResult<Option<Vec<u8>>>;

    /// All handlers, by name.
    async fn handlers(&self) -> StoreResult<Vec<Handler>>;

    /// One handler.
    async fn handler(&self, name: &str) -> StoreResult<Option<Handler>>;

    /// Binds a name; `Err` tells the revision that it has when another was expected. A hold stays.
    async fn bind(&self, request: BindRequest) -> StoreResult<Result<Handler, i64>>;

    /// Lays a hold over a handler, or replaces the one that is there; none when nothing is bound to the name. Nothing is
    /// claimed for it from now on; attempts that were claimed go on.
    async fn hold_handler(&self, name: &str, request: HoldRequest) -> StoreResult<Option<Handler>>;

    /// Lifts the hold: runs that waited for it may be claimed. None when nothing is bound to the name.
    async fn release_handler(&self, name: &str) -> StoreResult<Option<Handler>>;

    /// Removes a binding, with its hold and its bound: runs that waited for either may be claimed.
    async fn unbind(&self, name: &str) -> StoreResult<Result<(), DeleteRefused>>;

    /// The values of a handler's secrets.
    async fn secrets(&self, handler: &str) -> StoreResult<Vec<(String, String)>>;

    /// The names of the jobs that call a handler, at most `limit`.
    async fn jobs_of_handler(&self, handler: &str, limit: u32) -> StoreResult<Vec<String>>;
}
