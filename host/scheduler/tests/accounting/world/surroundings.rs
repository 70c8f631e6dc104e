//! What a world has besides jobs: a plugin with two versions, and somebody who wants to be told.

use std::sync::Arc;

use rand::Rng;
use serde_json::json;
use wasmtab_domain::{
    alert::{Occasion, Rule, Scope},
    plugin::{Description, PluginKind, VersionFacts},
};
use wasmtab_store::{AlertStore, Channel, NewVersion, PluginStore, StoredRule};

use super::World;

/// The one plugin.
pub(super) const PLUGIN: &str = "plugin";

impl World {
    /// Uploads both versions, and has somebody told of every failure and recovery. Nothing goes wrong with that.
    pub(super) async fn furnish(&mut self) {
        let now = self.now();
        let tap = match self.up() {
            Some(up) => Arc::clone(&up.tap),
            None => self.open().await,
        };
        for content in ["one", "two"] {
            let version = NewVersion {
                plugin: PLUGIN.into(),
                label: None,
                facts: VersionFacts {
                    digest: format!("digest of {content}"),
                    size: content.len() as u64,
                    kind: PluginKind::Handler,
                    imports: Vec::new(),
                    exports: Vec::new(),
                    capabilities: Vec::new(),
                },
                content: content.as_bytes().to_vec(),
                by: "ann".into(),
                now,
            };
            tap.push_version(version).await.unwrap();
        }
        let channel = Channel {
            name: "hook".into(),
            url: "http://hook.example".into(),
            secret: None,
            enabled: true,
            updated_at: now,
            updated_by: "ann".into(),
        };
        tap.put_channel(channel).await.unwrap().unwrap();
        let rule = StoredRule {
            rule: Rule {
                name: "everything".into(),
                scope: Scope::All,
                on: vec![Occasion::Failure, Occasion::Recovery],
                channel: "hook".into(),
            },
            updated_at: now,
            updated_by: "ann".into(),
        };
        tap.put_rule(rule).await.unwrap().unwrap();
    }

    /// Somebody activates one of the versions.
    pub(crate) async fn activate(&mut self) {
        let version = self.rng.random_range(1..=2);
        let description = Description {
            name: PLUGIN.into(),
            summary: "what a world runs".into(),
            parameter_schema: Some(json!({})),
            suggested_handler_name: "Handler".into(),
        };
        let now = self.now();
        if let Some(up) = self.up() {
            let _ = up.tap.activate(PLUGIN, version, &description, "ann", now).await;
        }
    }
}
