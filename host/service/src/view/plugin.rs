use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_domain::plugin::{Description, Plugin, PluginVersion, VersionFacts};
use wasmtab_store::Activation;

/// A named series of versions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginView {
    /// Unique.
    pub name: String,
    /// The version that bindings without a pinned one resolve to.
    pub active_version: Option<i64>,
    /// The newest version.
    pub latest_version: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// The handlers that are bound to it.
    pub handlers: Vec<String>,
    /// Its activations, newest first; only where one plugin was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activations: Option<Vec<ActivationView>>,
}

/// A change of the active version.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivationView {
    /// What became active.
    pub version: i64,
    /// When.
    #[schema(format = DateTime)]
    pub activated_at: String,
    /// By whom.
    pub activated_by: String,
}

/// What an inspection found; nothing of the file ran for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectionView {
    /// SHA-256 of the file.
    pub digest: String,
    /// Its bytes.
    pub size: u64,
    /// `handler`, `command`, `moduleCommand` or `moduleHandler`.
    pub kind: String,
    /// The interfaces it imports.
    pub imports: Vec<String>,
    /// The interfaces it exports.
    pub exports: Vec<String>,
    /// What it may ask to reach: `http`, `filesystem`, `state`, `config`, `sockets`.
    pub capabilities: Vec<String>,
}

/// One immutable version.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    /// The plugin.
    pub plugin: String,
    /// Counts from 1.
    pub version: i64,
    /// A unique label.
    pub label: Option<String>,
    /// Whether it is the active one.
    pub active: bool,
    /// What the file is.
    #[serde(flatten)]
    pub facts: InspectionView,
    /// What it says of itself; null before its first activation.
    pub description: Option<DescriptionView>,
    /// When it was uploaded.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// By whom.
    pub created_by: String,
}

/// What a component says of itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DescriptionView {
    /// Its own name.
    pub name: String,
    /// One line.
    pub summary: String,
    /// JSON Schema of the parameter; null where any text goes.
    #[schema(value_type = Option<Object>)]
    pub parameter_schema: Option<serde_json::Value>,
    /// The handler name that is offered first.
    pub suggested_handler_name: String,
}

impl PluginView {
    pub(crate) fn new(plugin: &Plugin, handlers: Vec<String>) -> Self {
        Self {
            name: plugin.name.clone(),
            active_version: plugin.active_version,
            latest_version: plugin.latest_version,
            created_at: plugin.created_at.to_string(),
            handlers,
            activations: None,
        }
    }
}

impl From<&Activation> for ActivationView {
    fn from(activation: &Activation) -> Self {
        Self {
            version: activation.version,
            activated_at: activation.activated_at.to_string(),
            activated_by: activation.activated_by.clone(),
        }
    }
}

impl From<&VersionFacts> for InspectionView {
    fn from(facts: &VersionFacts) -> Self {
        Self {
            digest: facts.digest.clone(),
            size: facts.size,
            kind: facts.kind.to_string(),
            imports: facts.imports.clone(),
            exports: facts.exports.clone(),
            capabilities: facts.capabilities.clone(),
        }
    }
}

impl From<&Description> for DescriptionView {
    fn from(description: &Description) -> Self {
        Self {
            name: description.name.clone(),
            summary: description.summary.clone(),
            parameter_schema: description.parameter_schema.clone(),
            suggested_handler_name: description.suggested_handler_name.clone(),
        }
    }
}

impl VersionView {
    pub(crate) fn new(version: &PluginVersion, active: Option<i64>) -> Self {
        Self {
            plugin: version.plugin.clone(),
            version: version.version,
            label: version.label.clone(),
            active: active == Some(version.version),
            facts: (&version.facts).into(),
            description: version.description.as_ref().map(DescriptionView::from),
            created_at: version.created_at.to_string(),
            created_by: version.created_by.clone(),
        }
    }
}
