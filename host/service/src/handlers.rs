//! Handlers: which plugin answers to a name, and what it may reach.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use utoipa::ToSchema;
use wasmtab_domain::{
    field::{FieldError, FieldErrors},
    grant::{Grants, MAX_CONFIG_VALUE},
    limits,
    plugin::Handler,
};
use wasmtab_store::{BindRequest, DeleteRefused, Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    names,
    paging::{self, PageQuery},
    precondition::Expected,
    service::{Change, Service, authorize},
    view::{HandlerView, ListView},
};

/// Everything that a binding says. Values of secrets are write-only: those that are not named stay.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandlerPut {
    /// The plugin that answers.
    pub plugin: String,
    /// A pinned version; absent or null follows the active one.
    #[serde(default)]
    pub version: Option<i64>,
    /// What it may reach; nothing where absent.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub grants: Value,
    /// Values of secrets to set, or (with null) to forget.
    #[serde(default)]
    pub secrets: BTreeMap<String, Option<String>>,
    /// Attempts of it that may go on at once, 1 to 10,000; absent or null sets no bound.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10000)]
    pub max_concurrency: Option<i64>,
}

/// What changes of a binding; what is absent stays.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HandlerPatch {
    /// Another plugin.
    pub plugin: Option<String>,
    /// A pinned version; null follows the active one.
    #[serde(deserialize_with = "said")]
    #[schema(value_type = Option<i64>)]
    pub version: Option<Option<i64>>,
    /// What it may reach from now on, in place of what it may now.
    #[schema(value_type = Option<Object>)]
    pub grants: Option<Value>,
    /// Values of secrets to set, or (with null) to forget.
    pub secrets: BTreeMap<String, Option<String>>,
    /// Attempts of it that may go on at once, 1 to 10,000; null takes the bound away.
    #[serde(deserialize_with = "said")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 10000)]
    pub max_concurrency: Option<Option<i64>>,
}

/// Tells `null` from an absent field.
#[expect(
    clippy::option_option,
    reason = "absent, null and a number are three different wishes"
)]
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl fmt::Debug for HandlerPut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerPut")
            .field("plugin", &self.plugin)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HandlerPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerPatch")
            .field("plugin", &self.plugin)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Jobs that a view names.
const JOBS: u32 = 100;

impl Service {
    /// Handlers, by name.
    pub async fn handlers(&self, by: &Principal, query: &PageQuery) -> ServiceResult<ListView<HandlerView>> {
        authorize(by, Role::Viewer)?;
        let page = paging::cut("handlers", query, self.store.handlers().await?)?;
        let mut items = Vec::with_capacity(page.items.len());
        for handler in &page.items {
            items.push(self.show_handler(handler).await?);
        }
        Ok(ListView {
            items,
            next_cursor: page.next_cursor,
        })
    }

    /// One handler.
    pub async fn handler(&self, by: &Principal, name: &str) -> ServiceResult<HandlerView> {
        authorize(by, Role::Viewer)?;
        let handler = self.find_handler(name).await?;
        self.show_handler(&handler).await
    }

    /// Binds a name; true: it is new.
    pub async fn put_handler(
        &self,
        by: &Principal,
        name: &str,
        expected: Expected,
        put: HandlerPut,
    ) -> ServiceResult<(HandlerView, bool)> {
        authorize(by, Role::Administrator)?;
        names::check_name("name", name)?;
        let before = self.store.handler(name).await?;
        let expected = match &before {
            Some(handler) => expected.require(handler.revision)?,
            None if expected == Expected::Unsaid => Some(0),
            None => return Err(ServiceError::PreconditionFailed { current: None }),
        };
        let request = BindRequest {
            name: name.to_owned(),
            plugin: put.plugin,
            version: put.version,
            grants: read_grants(put.grants)?,
            secrets: put.secrets.into_iter().collect(),
            max_concurrency: check_bound(put.max_concurrency)?,
            expected,
            by: by.name.clone(),
            now: self.now(),
        };
        let handler = self.bind(by, before.as_ref(), request).await?;
        Ok((handler, before.is_none()))
    }

    /// Changes a binding.
    pub async fn patch_handler(
        &self,
        by: &Principal,
        name: &str,
        expected: Expected,
        patch: HandlerPatch,
    ) -> ServiceResult<HandlerView> {
        authorize(by, Role::Administrator)?;
        let before = self.find_handler(name).await?;
        let expected = expected.require(before.revision)?;
        let version = match (patch.version, &patch.plugin) {
            (Some(version), _) => version,
            // A pinned number means nothing for another plugin.
            (None, Some(plugin)) if *plugin != before.plugin => None,
            (None, _) => before.version,
        };
        let request = BindRequest {
            name: name.to_owned(),
            plugin: patch.plugin.unwrap_or_else(|| before.plugin.clone()),
            version,
            grants: match patch.grants {
                Some(grants) => read_grants(grants)?,
                None => before.grants.clone(),
            },
            secrets: patch.secrets.into_iter().collect(),
            max_concurrency: match patch.max_concurrency {
                Some(bound) => check_bound(bound)?,
                None => before.max_concurrency,
            },
            expected,
            by: by.name.clone(),
            now: self.now(),
        };
        self.bind(by, Some(&before), request).await
    }

    /// Frees a name. Attempts that begin from now on end as `noHandler`.
    pub async fn unbind(&self, by: &Principal, name: &str, expected: Expected) -> ServiceResult<()> {
        authorize(by, Role::Administrator)?;
        let before = self.find_handler(name).await?;
        expected.require(before.revision)?;
        match self.store.unbind(name).await? {
            Ok(()) => {}
            Err(DeleteRefused::NotFound) => return Err(ServiceError::not_found(format!("handler `{name}`"))),
            Err(DeleteRefused::InUse(names)) => {
                let detail = format!("handler `{name}` is in use by {}", names.join(", "));
                return Err(crate::Conflict::new(crate::ConflictKind::InUse, detail)
                    .with_names(names)
                    .into());
            }
        }
        self.audit(
            by,
            "handler.unbind",
            format!("handler/{name}"),
            Change::removed(audited(&before)),
        )
        .await;
        Ok(())
    }

    async fn bind(
        &self,
        by: &Principal,
        before: Option<&Handler>,
        request: BindRequest,
    ) -> ServiceResult<HandlerView> {
        self.check_target(&request).await?;
        check_secrets(&request)?;
        let name = request.name.clone();
        let set: Vec<String> = request.secrets.iter().map(|(name, _)| name.clone()).collect();
        let bound = self.store.bind(request).await?;
        let handler = bound.map_err(|current| ServiceError::PreconditionFailed {
            current: Some(current),
        })?;
        let mut after = audited(&handler);
        if !set.is_empty() {
            after["secretsChanged"] = json!(set);
        }
        self.audit(
            by,
            "handler.bind",
            format!("handler/{name}"),
            Change::of(before.map(audited), after),
        )
        .await;
        self.show_handler(&handler).await
    }

    async fn check_target(&self, request: &BindRequest) -> ServiceResult<()> {
        let plugin = &request.plugin;
        if self.store.plugin(plugin).await?.is_none() {
            return Err(ServiceError::field(
                "plugin",
                format!("there is no plugin `{plugin}`; upload it first"),
            ));
        }
        if let Some(version) = request.version
            && self.store.version(plugin, version).await?.is_none()
        {
            return Err(ServiceError::field(
                "version",
                format!("`{plugin}` has no version {version}"),
            ));
        }
        Ok(())
    }

    pub(crate) async fn show_handler(&self, handler: &Handler) -> ServiceResult<HandlerView> {
        Ok(HandlerView::new(
            handler,
            self.store.jobs_of_handler(&handler.name, JOBS).await?,
        ))
    }
}

fn check_bound(said: Option<i64>) -> ServiceResult<Option<u32>> {
    let most = limits::HANDLER_CONCURRENCY;
    said.map(|bound| {
        u32::try_from(bound)
            .ok()
            .filter(|bound| (1..=most).contains(bound))
            .ok_or_else(|| {
                ServiceError::field("maxConcurrency", format!("must be from 1 to {most}, not {bound}"))
            })
    })
    .transpose()
}

fn read_grants(said: Value) -> ServiceResult<Grants> {
    if said.is_null() {
        return Ok(Grants::default());
    }
    let grants: Grants = serde_path_to_error::deserialize(said).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        if path == "." {
            grant_error("", &reason)
        } else {
            grant_error(&path, &reason)
        }
    })?;
    grants
        .validate()
        .map_err(|error| grant_error(&error.field, &error.reason))?;
    Ok(grants)
}

/// `path` is as `http[0].host`.
fn grant_error(path: &str, reason: &dyn fmt::Display) -> FieldErrors {
    let mut pointer = String::from("/grants");
    for part in path
        .split(['.', '['])
        .map(|part| part.trim_end_matches(']'))
        .filter(|part| !part.is_empty())
    {
        pointer.push('/');
        pointer.push_str(part);
    }
    let name = if path.is_empty() {
        "grants".to_owned()
    } else {
        format!("grants.{path}")
    };
    FieldError {
        pointer,
        detail: format!("{name}: {reason}"),
    }
    .into()
}

fn check_secrets(request: &BindRequest) -> Result<(), FieldErrors> {
    let refuse = |name: &str, reason: String| FieldError::new(name, reason).within("/secrets");
    let mut errors = Vec::new();
    for (name, value) in &request.secrets {
        let Some(value) = value else { continue };
        if !request.grants.secrets.contains(name) {
            errors.push(refuse(
                name,
                "is not among grants.secrets, so the handler could not read it".into(),
            ));
        } else if value.len() > MAX_CONFIG_VALUE {
            errors.push(refuse(
                name,
                format!("is {} bytes long; {MAX_CONFIG_VALUE} are allowed", value.len()),
            ));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(FieldErrors(errors))
    }
}

/// What the audit log keeps of a binding: no value of a secret is ever part of it.
fn audited(handler: &Handler) -> Value {
    json!({
        "plugin": handler.plugin,
        "version": handler.version,
        "grants": handler.grants,
        "secrets": handler.secrets,
        "maxConcurrency": handler.max_concurrency,
        "revision": handler.revision,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_grants_are_named_by_their_place() {
        let error = read_grants(json!({"http": [{"host": "a b"}]})).unwrap_err();
        let ServiceError::Invalid(FieldErrors(errors)) = error else {
            panic!("{error}")
        };
        assert!(errors[0].pointer.starts_with("/grants/http/0"), "{errors:?}");
        let error =
            read_grants(json!({"directories": [{"guest": "data", "host": "/srv", "access": "read"}]}))
                .unwrap_err();
        let ServiceError::Invalid(FieldErrors(errors)) = error else {
            panic!("{error}")
        };
        assert_eq!(errors[0].pointer, "/grants/directories/0/guest");
    }

    #[test]
    fn null_unpins_and_absence_leaves() {
        let patch: HandlerPatch = serde_json::from_value(json!({"version": null})).unwrap();
        assert_eq!(patch.version, Some(None));
        let patch: HandlerPatch = serde_json::from_value(json!({})).unwrap();
        assert_eq!(patch.version, None);
    }

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let put: HandlerPut =
            serde_json::from_value(json!({"plugin": "p", "secrets": {"TOKEN": "hunter2"}})).unwrap();
        assert!(!format!("{put:?}").contains("hunter2"));
    }
}
