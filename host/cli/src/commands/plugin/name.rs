//! How plugins and their versions are named: `NAME`, `NAME@3`, `NAME@LABEL`.

use std::{path::Path, str::FromStr};

use serde_json::Value;

use crate::{
    client::Client,
    exit::{Exit, Failure},
};

/// A plugin, or one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PluginRef {
    /// The plugin.
    pub(crate) name: String,
    /// The version, where one was named.
    pub(crate) version: Option<VersionRef>,
}

/// A version by its number or by its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VersionRef(String);

impl FromStr for PluginRef {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let (name, version) = match said.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (said, None),
        };
        if name.is_empty() || version == Some("") {
            return Err("PLUGIN or PLUGIN@VERSION is expected".into());
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.map(|version| VersionRef(version.to_owned())),
        })
    }
}

impl VersionRef {
    /// Its number, which the server is asked for where only the label is known.
    pub(crate) async fn number(&self, client: &Client, plugin: &str) -> Result<u64, Failure> {
        if let Ok(number) = self.0.trim_start_matches('v').parse() {
            return Ok(number);
        }
        let list = client
            .list(&["plugins", plugin, "versions"], usize::MAX, |request| request)
            .await?;
        let versions = list.get("items").and_then(Value::as_array);
        versions
            .and_then(|versions| {
                versions
                    .iter()
                    .find(|version| version["label"] == self.0.as_str())
            })
            .and_then(|version| version.get("version")?.as_u64())
            .ok_or_else(|| {
                Failure::new(
                    Exit::NotFound,
                    format!("plugin `{plugin}` has no version labelled `{}`", self.0),
                )
            })
    }
}

/// The name of the plugin that a file holds, unless another is given: the file's, with dashes.
pub(crate) fn of_file(file: &Path) -> Result<String, Failure> {
    let stem = file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let name = stem.replace(['_', ' '], "-").to_lowercase();
    if name.is_empty() || name == "-" {
        return Err(Failure::usage(
            "--name: the plugin's name does not follow from the file's; name it",
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_behind_an_at() {
        let of = |said: &str| {
            said.parse::<PluginRef>()
                .map(|plugin| (plugin.name, plugin.version.map(|v| v.0)))
        };
        assert_eq!(of("echo"), Ok(("echo".into(), None)));
        assert_eq!(of("echo@3"), Ok(("echo".into(), Some("3".into()))));
        assert_eq!(of("echo@1.0"), Ok(("echo".into(), Some("1.0".into()))));
        assert!(of("@3").is_err());
        assert!(of("echo@").is_err());
    }

    #[test]
    fn a_plugin_is_named_after_its_file() {
        assert_eq!(
            of_file(Path::new("target/release/data_backup.wasm")),
            Ok("data-backup".into())
        );
        assert!(of_file(Path::new("-")).is_err());
    }
}
