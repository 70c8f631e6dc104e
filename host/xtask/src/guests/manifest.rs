//! `manifest.json`: which components there are, and which sources they were made from.

use super::sample::Sample;
use super::sources;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

const FILE: &str = "manifest.json";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manifest {
    /// How `sources` is computed.
    sources_rule: String,
    pub(crate) plugins: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) file: String,
    /// What an administrator is offered first; empty where nobody is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) handler_name: String,
    pub(crate) size: usize,
    /// Of the component.
    sha256: String,
    /// Of what it was made from.
    sources: String,
}

impl Manifest {
    pub(crate) fn new(sources_rule: &str) -> Self {
        Self {
            sources_rule: sources_rule.to_owned(),
            plugins: Vec::new(),
        }
    }

    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a manifest", path.display()))
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(fs::write(dir.join(FILE), text)?)
    }
}

impl Entry {
    pub(crate) fn new(sample: &Sample, component: &[u8]) -> Result<Self> {
        Ok(Self {
            name: sample.name.clone(),
            file: sample.file(),
            handler_name: sample.handler_name.clone(),
            size: component.len(),
            sha256: sources::sha256(component),
            sources: sources::hash(sample)?,
        })
    }

    /// What does not match: the component the manifest, the manifest the sources.
    pub(crate) fn drift(&self, sample: &Sample, dir: &Path) -> Result<Vec<String>> {
        let mut complaints = Vec::new();
        match fs::read(dir.join(&self.file)) {
            Ok(component) if sources::sha256(&component) == self.sha256 => {}
            Ok(_) => complaints.push(format!("{} is not the component of the manifest", self.file)),
            Err(error) => complaints.push(format!("{}: {error}", self.file)),
        }
        if sources::hash(sample)? != self.sources {
            complaints.push(format!(
                "the sources of {} have changed since it was built",
                self.file
            ));
        }
        if self.handler_name != sample.handler_name {
            complaints.push(format!("{} is {} now", self.file, sample.handler_name));
        }
        Ok(complaints)
    }
}
