//! Plugins, their versions, and the handler names bound to them.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

crate::status::words! {
    /// What a file is, by what it exports.
    PluginKind {
        /// A component of the world `wasmtab:job`.
        Handler = "handler",
        /// A component that is a `wasi:cli/command`.
        Command = "command",
        /// A preview-1 module with `_start`, adapted.
        ModuleCommand = "moduleCommand",
        /// A preview-1 module with a world embedded, adapted.
        ModuleHandler = "moduleHandler",
    }
}

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Its own name.
    pub name: String,
    /// One line.
    pub summary: String,
    /// JSON Schema of the parameter.
    pub parameter_schema: Option<serde_json::Value>,
    /// The handler name that an administrator is offered first.
    pub suggested_handler_name: String,
}

/// What an inspection of the file found; nothing of it ran for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionFacts {
    /// The original's SHA-256, in lower-case hex.
    pub digest: String,
    /// Bytes of the original.
    pub size: u64,
    /// What it is.
    pub kind: PluginKind,
    /// The interfaces it imports.
    pub imports: Vec<String>,
    /// The interfaces it exports.
    pub exports: Vec<String>,
    /// What it asks to reach, as words: `http`, `filesystem`, `state`, `config`, …
    pub capabilities: Vec<String>,
}

/// One immutable version of a plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginVersion {
    /// The plugin's name.
    pub plugin: String,
    /// Counts from 1.
    pub version: i64,
    /// A unique label of the uploader's choosing.
    pub label: Option<String>,
    /// What the file is.
    pub facts: VersionFacts,
    /// What it says of itself; known from its first activation on.
    pub description: Option<Description>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
}

/// A named series of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// Unique.
    pub name: String,
    /// The version that follows-latest bindings resolve to.
    pub active_version: Option<i64>,
    /// The newest version.
    pub latest_version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A name that jobs call, bound to a plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// Unique.
    pub name: String,
    /// The plugin that answers.
    pub plugin: String,
    /// The pinned version; none follows the active one.
    pub version: Option<i64>,
    /// What the name resolves to now; none while the plugin has no active version.
    pub resolved_version: Option<i64>,
    /// Its digest.
    pub digest: Option<String>,
    /// What it may touch.
    pub grants: crate::grant::Grants,
    /// Names of the secrets that are set.
    pub secrets: Vec<String>,
    /// Rises with every change of any handler.
    pub revision: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
    /// Attempts of it that may go on at once, those whose work goes on elsewhere among them; none for no bound of its own.
    pub max_concurrency: Option<u32>,
    /// The hold that lies over it: nothing new of it begins.
    pub hold: Option<HandlerHold>,
}

/// A hold lies over a binding: attempts go on, and runs wait until it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerHold {
    /// Since when.
    pub at: Timestamp,
    /// Who holds it.
    pub by: String,
    /// Why.
    pub note: Option<String>,
}
