//! The sandbox as the inspector of uploads.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use wasmtab_domain::{
    digest::Digest,
    plugin::{Description, PluginKind, VersionFacts},
};
use wasmtab_runtime::{HandlerKind, Inspection, LoadError, Runtime, UploadError};

use crate::inspector::{InspectError, Inspector};

/// Inspects with the runtime that also runs the handlers, so that an upload is compiled when it comes to run.
#[derive(Clone, Debug)]
pub struct RuntimeInspector(pub Arc<Runtime>);

#[async_trait]
impl Inspector for RuntimeInspector {
    async fn inspect(&self, original: Bytes) -> Result<VersionFacts, InspectError> {
        Ok(facts(self.0.inspect(original).await?))
    }

    async fn describe(&self, digest: &str, original: Bytes) -> Result<Description, InspectError> {
        let digest: Digest = digest.parse().map_err(InspectError::Host)?;
        let handler = self
            .0
            .load(&digest, &original)
            .await
            .map_err(|error| match error {
                LoadError::Upload(refused) => refused.into(),
                host => InspectError::Host(host.to_string()),
            })?;
        let said = self
            .0
            .describe(&handler)
            .await
            .map_err(|report| InspectError::Refused {
                kind: "describe".into(),
                detail: format!(
                    "it was asked to describe itself and ended with {}: {}",
                    report.status,
                    report.error.as_deref().unwrap_or("no reason was given"),
                ),
            })?;
        Ok(Description {
            name: said.name,
            summary: said.summary,
            // The runtime has checked that it is JSON.
            parameter_schema: said
                .parameter_schema
                .and_then(|schema| serde_json::from_str(&schema).ok()),
            suggested_handler_name: said.suggested_handler_name,
        })
    }
}

impl From<UploadError> for InspectError {
    fn from(error: UploadError) -> Self {
        if let UploadError::Host { reason } = error {
            return Self::Host(reason);
        }
        Self::Refused {
            kind: word(&error, "kind"),
            detail: error.to_string(),
        }
    }
}

fn facts(inspection: Inspection) -> VersionFacts {
    VersionFacts {
        digest: inspection.digest.to_string(),
        size: inspection.size,
        kind: match inspection.kind {
            HandlerKind::Handler => PluginKind::Handler,
            HandlerKind::Command => PluginKind::Command,
            HandlerKind::ModuleCommand => PluginKind::ModuleCommand,
            HandlerKind::ModuleReactor => PluginKind::ModuleHandler,
        },
        capabilities: inspection
            .capabilities
            .iter()
            .map(|capability| word(capability, ""))
            .collect(),
        imports: inspection.imports,
        exports: inspection.exports,
    }
}

/// The word that stands for a value in JSON: the value itself, or its member `member`.
fn word(value: &impl serde::Serialize, member: &str) -> String {
    let json = serde_json::to_value(value).unwrap_or(Value::Null);
    json.as_str()
        .or_else(|| json.get(member).and_then(Value::as_str))
        .unwrap_or_default()
        .to_owned()
}
