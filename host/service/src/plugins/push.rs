use bytes::Bytes;
use wasmtab_store::{NewVersion, Principal, Pushed, Role};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    names,
    service::{Change, Service, authorize},
    view::{InspectionView, VersionView},
};

/// An upload.
#[derive(Clone, Debug)]
pub struct Push {
    /// The plugin, made when it is new.
    pub plugin: String,
    /// A unique label.
    pub label: Option<String>,
    /// Whether the version shall be active at once.
    pub activate: bool,
    /// The file.
    pub content: Bytes,
}

impl Service {
    /// Says what a file is. Nothing of it runs, and nothing is kept.
    pub async fn inspect(&self, by: &Principal, content: Bytes) -> ServiceResult<InspectionView> {
        authorize(by, Role::Author)?;
        self.check_size(&content)?;
        Ok((&self.inspector.inspect(content).await?).into())
    }

    /// Keeps an upload as a version; true: as a new one. The same file again is the version that is there.
    pub async fn push(&self, by: &Principal, push: Push) -> ServiceResult<(VersionView, bool)> {
        authorize(by, Role::Author)?;
        if push.activate {
            authorize(by, Role::Administrator)?;
        }
        names::check_plugin("name", &push.plugin)?;
        if let Some(label) = &push.label {
            names::check_label("label", label)?;
        }
        self.check_size(&push.content)?;
        let facts = self.inspector.inspect(push.content.clone()).await?;
        let new = NewVersion {
            plugin: push.plugin.clone(),
            label: push.label.clone(),
            facts,
            content: push.content.to_vec(),
            by: by.name.clone(),
            now: self.now(),
        };
        let (version, created) = match self.store.push_version(new).await? {
            Pushed::Created(version) => (version, true),
            Pushed::Existing(version) => (version, false),
            Pushed::LabelTaken(other) => {
                let label = push.label.unwrap_or_default();
                let detail = format!(
                    "label: version {other} of `{}` bears `{label}` already",
                    push.plugin
                );
                return Err(Conflict::new(ConflictKind::LabelTaken, detail).into());
            }
        };
        if created {
            let subject = format!("plugin/{}@{}", version.plugin, version.version);
            self.audit(by, "plugin.push", subject, Change::made(&version.facts))
                .await;
        }
        if push.activate {
            let view = self.activate_version(by, version, Some(push.content)).await?;
            return Ok((view, created));
        }
        let active = self.find_plugin(&version.plugin).await?.active_version;
        Ok((VersionView::new(&version, active), created))
    }

    fn check_size(&self, content: &Bytes) -> ServiceResult<()> {
        let limit = self.max_upload();
        if content.len() > limit {
            Err(ServiceError::TooLarge {
                what: "the upload",
                limit,
            })
        } else {
            Ok(())
        }
    }
}
