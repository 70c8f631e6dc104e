//! The values that handlers keep from one run to the next, as operators see and mend them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use wasmtab_domain::grant::{StateGrant, StateScope as Granted};
use wasmtab_runtime::limits::STATE_KEY_BYTES;
use wasmtab_store::{Principal, Role, StateError, StateScope, StateUse};

use crate::{
    cursor,
    error::{ServiceError, ServiceResult},
    paging::{self, PageQuery},
    service::{Change, Service, authorize},
    view::{ListView, StateClearedView, StateEntryView, StateScopeView, StateView},
};

/// Which pairs of a scope to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StateQuery {
    /// Only keys that begin so.
    pub prefix: Option<String>,
    /// How many items, 1 to 500; 50 unless said.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// Which pairs of a scope to remove.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StateClear {
    /// Only keys that begin so; all of them unless said.
    pub prefix: Option<String>,
}

/// A value in JSON: one of the two.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StateValue {
    /// The value as text.
    pub text: Option<String>,
    /// The value's bytes in base64.
    pub base64: Option<String>,
}

impl StateValue {
    /// The bytes that it stands for.
    pub fn into_bytes(self) -> ServiceResult<Vec<u8>> {
        match (self.text, self.base64) {
            (Some(text), None) => Ok(text.into_bytes()),
            (None, Some(base64)) => STANDARD
                .decode(base64)
                .map_err(|error| ServiceError::field("base64", format!("is not base64: {error}"))),
            (Some(_), Some(_)) => Err(ServiceError::field(
                "base64",
                "stands beside text: a value is one of the two",
            )),
            (None, None) => Err(ServiceError::field(
                "text",
                "is missing, and so is base64: a value is one of the two",
            )),
        }
    }
}

const LIST: &str = "state";
const SCOPES: &str = "stateScopes";
/// Bytes up to which lists show a value.
const INLINE: u32 = 1_024;
/// Pairs that one transaction removes.
const BATCH: u32 = 1_000;
/// Bytes up to which the audit log keeps what a value was, so that a slip can be mended.
const AUDITED: usize = 1_024;

/// What holds for a scope, whatever it holds.
struct Terms {
    quota: u64,
    note: Option<String>,
}

impl Service {
    /// The jobs and handlers that keep anything.
    pub async fn state_scopes(
        &self,
        by: &Principal,
        query: &PageQuery,
    ) -> ServiceResult<ListView<StateScopeView>> {
        authorize(by, Role::Viewer)?;
        let slice = paging::slice(SCOPES, query.limit, None)?;
        let after = match query.cursor.as_deref() {
            Some(text) => {
                let key: String = cursor::decode(SCOPES, text)?;
                Some(StateScope::of_key(&key).ok_or(ServiceError::BadCursor)?)
            }
            None => None,
        };
        let mut scopes = self.store.state_scopes(after.as_ref(), slice.limit + 1).await?;
        let next_cursor = cut(&mut scopes, slice.limit, |(scope, _)| {
            cursor::encode(SCOPES, scope.key())
        });
        let mut items = Vec::with_capacity(scopes.len());
        for (scope, held) in scopes {
            items.push(self.show_scope(scope, held).await?);
        }
        Ok(ListView { items, next_cursor })
    }

    /// What a job or a handler keeps.
    pub async fn state(
        &self,
        by: &Principal,
        scope: &StateScope,
        query: &StateQuery,
    ) -> ServiceResult<StateView> {
        authorize(by, Role::Viewer)?;
        let held = self.store.state_use(scope).await?;
        let terms = self.terms_of_known(scope, held).await?;
        let slice = paging::slice(LIST, query.limit, None)?;
        let after: Option<String> = query
            .cursor
            .as_deref()
            .map(|text| cursor::decode(LIST, text))
            .transpose()?;
        let prefix = query.prefix.as_deref().unwrap_or_default();
        let mut entries = self
            .store
            .state_entries(scope, prefix, after.as_deref(), slice.limit + 1, INLINE)
            .await?;
        let next_cursor = cut(&mut entries, slice.limit, |entry| {
            cursor::encode(LIST, &entry.key)
        });
        Ok(StateView {
            items: entries.into_iter().map(StateEntryView::from).collect(),
            next_cursor,
            keys: held.keys,
            bytes: held.bytes,
            quota: terms.quota,
            note: terms.note,
        })
    }

    /// One value.
    pub async fn state_value(&self, by: &Principal, scope: &StateScope, key: &str) -> ServiceResult<Vec<u8>> {
        authorize(by, Role::Viewer)?;
        self.find_value(scope, key).await
    }

    /// Sets a value, within what the handler's grant allows.
    pub async fn set_state(
        &self,
        by: &Principal,
        scope: &StateScope,
        key: &str,
        value: Vec<u8>,
    ) -> ServiceResult<StateEntryView> {
        authorize(by, Role::Operator)?;
        if !(1..=STATE_KEY_BYTES).contains(&key.len()) {
            let reason = format!("must have 1 to {STATE_KEY_BYTES} bytes, not {}", key.len());
            return Err(ServiceError::field("key", reason));
        }
        let terms = self.terms(scope).await?.ok_or_else(|| not_there(scope))?;
        let before = self.store.state_get(scope, key).await?;
        if let Err(StateError::OverQuota(bytes)) =
            self.store.state_set(scope, key, &value, terms.quota).await?
        {
            let reason = format!(
                "with it the state would have {bytes} bytes; {} are allowed (the grant state-quota)",
                terms.quota
            );
            return Err(ServiceError::field("value", reason));
        }
        let change = Change::of(before.map(|value| audited(key, &value)), audited(key, &value));
        self.audit(by, "state.set", scope.key(), change).await;
        Ok(StateEntryView::new(key.to_owned(), value))
    }

    /// Removes a value.
    pub async fn delete_state(&self, by: &Principal, scope: &StateScope, key: &str) -> ServiceResult<()> {
        authorize(by, Role::Operator)?;
        let before = self.find_value(scope, key).await?;
        self.store.state_delete(scope, key).await?;
        self.audit(
            by,
            "state.delete",
            scope.key(),
            Change::removed(audited(key, &before)),
        )
        .await;
        Ok(())
    }

    /// Removes every value, or those under a prefix, a part at a time.
    pub async fn clear_state(
        &self,
        by: &Principal,
        scope: &StateScope,
        query: &StateClear,
    ) -> ServiceResult<StateClearedView> {
        authorize(by, Role::Operator)?;
        let held = self.store.state_use(scope).await?;
        self.terms_of_known(scope, held).await?;
        let prefix = query.prefix.as_deref().unwrap_or_default();
        let mut removed = 0;
        // No further than what was there: a handler that writes meanwhile must not keep this going.
        while removed < held.keys {
            let part = self.store.state_clear(scope, prefix, BATCH).await?;
            removed += part;
            if part < u64::from(BATCH) {
                break;
            }
        }
        if removed > 0 {
            let change = Change::removed(json!({ "prefix": prefix, "keys": removed }));
            self.audit(by, "state.clear", scope.key(), change).await;
        }
        Ok(StateClearedView { removed })
    }

    async fn find_value(&self, scope: &StateScope, key: &str) -> ServiceResult<Vec<u8>> {
        self.store.state_get(scope, key).await?.ok_or_else(|| {
            ServiceError::not_found(format!("value under `{key}` in the state of {}", named(scope)))
        })
    }

    /// The terms of a scope that may be looked at: one whose job or handler is there, or that still holds something.
    async fn terms_of_known(&self, scope: &StateScope, held: StateUse) -> ServiceResult<Terms> {
        match self.terms(scope).await? {
            Some(terms) => Ok(terms),
            None if held.keys > 0 => Ok(Terms {
                quota: 0,
                note: Some(format!(
                    "{} is not there any more: nothing reads this",
                    named(scope)
                )),
            }),
            None => Err(not_there(scope)),
        }
    }

    /// None where there is no such job, or nothing is bound to the handler's name.
    async fn terms(&self, scope: &StateScope) -> ServiceResult<Option<Terms>> {
        let handler = match scope {
            StateScope::Handler(name) => match self.store.handler(name).await? {
                Some(handler) => Some(handler),
                None => return Ok(None),
            },
            StateScope::Job(id) => match self.store.job(*id).await? {
                Some(job) => self.store.handler(&job.spec.handler_name).await?,
                None => return Ok(None),
            },
        };
        let granted = handler
            .as_ref()
            .map_or_else(StateGrant::default, |handler| handler.grants.state);
        let note = match (scope, granted.scope, handler) {
            (StateScope::Job(_), Granted::Handler, Some(handler)) => Some(format!(
                "runs of this job do not read this: they share the state of handler `{}` (its grant is state=handler)",
                handler.name
            )),
            (StateScope::Handler(_), Granted::Job, _) => Some(
                "only calls read this: without the grant state=handler each job has a state of its own"
                    .to_owned(),
            ),
            _ => None,
        };
        Ok(Some(Terms {
            quota: granted.quota,
            note,
        }))
    }

    async fn show_scope(&self, scope: StateScope, held: StateUse) -> ServiceResult<StateScopeView> {
        let terms = self.terms_of_known(&scope, held).await?;
        let (job_id, job_name, handler_name) = match scope {
            StateScope::Job(id) => {
                let job = self.store.job(id).await?;
                (Some(id.0), job.map(|job| job.spec.name.clone()), None)
            }
            StateScope::Handler(name) => (None, None, Some(name)),
        };
        Ok(StateScopeView {
            job_id,
            job_name,
            handler_name,
            keys: held.keys,
            bytes: held.bytes,
            quota: terms.quota,
            note: terms.note,
        })
    }
}

/// Cuts one item more than was wanted off, and tells the cursor behind the last one that is left.
fn cut<T>(items: &mut Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Option<String> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    if more { items.last().map(cursor) } else { None }
}

fn named(scope: &StateScope) -> String {
    match scope {
        StateScope::Job(id) => format!("job {id}"),
        StateScope::Handler(name) => format!("handler `{name}`"),
    }
}

fn not_there(scope: &StateScope) -> ServiceError {
    ServiceError::not_found(named(scope))
}

fn audited(key: &str, value: &[u8]) -> Value {
    let mut shown = json!({ "key": key, "bytes": value.len() });
    if value.len() <= AUDITED {
        match std::str::from_utf8(value) {
            Ok(text) => shown["text"] = text.into(),
            Err(_) => shown["base64"] = STANDARD.encode(value).into(),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_text_or_base64() {
        let value = |json: Value| -> Result<Vec<u8>, String> {
            let value: StateValue = serde_json::from_value(json).map_err(|error| error.to_string())?;
            value.into_bytes().map_err(|error| error.to_string())
        };
        assert_eq!(value(json!({"text": "é"})), Ok("é".as_bytes().to_vec()));
        assert_eq!(value(json!({"base64": "AP8="})), Ok(vec![0, 255]));
        assert_eq!(value(json!({"text": ""})), Ok(Vec::new()));
        for wrong in [
            json!({}),
            json!({"text": "a", "base64": "YQ=="}),
            json!({"base64": "?"}),
            json!({"value": "a"}),
        ] {
            assert!(value(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_audit_log_keeps_short_values_only() {
        assert_eq!(audited("k", b"17")["text"], "17");
        assert_eq!(audited("k", &[255])["base64"], "/w==");
        let long = audited("k", &[0; AUDITED + 1]);
        assert_eq!(
            (&long["bytes"], long.get("text"), long.get("base64")),
            (&json!(AUDITED + 1), None, None)
        );
    }
}
