//! What all use-cases share.

use std::sync::Arc;

use chrono_tz::Tz;
use wasmtab_domain::{
    completion::CompletionKey,
    job::ReadContext,
    time::{Clock, Timestamp},
};
use wasmtab_runtime::LiveLogs;
use wasmtab_store::{NewAudit, Principal, Role, Store};

use crate::{
    backup::Backups,
    doctor::Surroundings,
    error::{ServiceError, ServiceResult},
    inspector::Inspector,
    secret,
};

/// The settings of one process.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Bytes of linear memory that a job may ask for.
    pub max_memory: u64,
    /// Bytes of an upload.
    pub max_upload: usize,
    /// A token that is an administrator's without being in the database (`WASMTAB_ADMIN_TOKEN`).
    pub admin_token: Option<String>,
    /// From which the tokens of pending work follow.
    pub completion: CompletionKey,
    /// The machine, for a check-up; without it only the database is looked at.
    pub surroundings: Option<Arc<dyn Surroundings>>,
    /// The logs of attempts that go on in this process.
    pub live: Arc<LiveLogs>,
}

impl ServiceConfig {
    /// The bounds that hold unless others are set.
    pub fn new(completion: CompletionKey) -> Self {
        Self {
            max_memory: 1024 * 1024 * 1024,
            max_upload: 64 * 1024 * 1024,
            admin_token: None,
            completion,
            surroundings: None,
            live: Arc::default(),
        }
    }
}

/// The use-cases of one server.
#[derive(Debug)]
pub struct Service {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) inspector: Arc<dyn Inspector>,
    clock: Arc<dyn Clock>,
    max_memory: u64,
    max_upload: usize,
    admin_hash: Option<String>,
    pub(crate) backups: Backups,
    pub(crate) surroundings: Option<Arc<dyn Surroundings>>,
    pub(crate) live: Arc<LiveLogs>,
    pub(crate) completion: CompletionKey,
}

/// The setting that names the default zone.
pub(crate) const TIMEZONE: &str = "timezone";
/// The setting that holds the hash of the set-up code.
pub(crate) const SETUP_CODE: &str = "setupCode";

impl Service {
    /// The use-cases over these.
    pub fn new(
        store: Arc<dyn Store>,
        inspector: Arc<dyn Inspector>,
        clock: Arc<dyn Clock>,
        config: ServiceConfig,
    ) -> Self {
        Self {
            store,
            inspector,
            clock,
            max_memory: config.max_memory,
            max_upload: config.max_upload,
            admin_hash: config.admin_token.map(|token| secret::hash(&token)),
            backups: Backups::default(),
            surroundings: config.surroundings,
            live: config.live,
            completion: config.completion,
        }
    }

    /// Bytes that an upload may have.
    pub const fn max_upload(&self) -> usize {
        self.max_upload
    }

    pub(crate) fn admin_hash(&self) -> Option<&str> {
        self.admin_hash.as_deref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The zone of jobs that name none: a setting of the database; UTC where it was never set.
    pub(crate) async fn default_zone(&self) -> ServiceResult<Tz> {
        let setting = self.store.setting(TIMEZONE).await?;
        Ok(setting.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC))
    }

    pub(crate) async fn read_context(&self) -> ServiceResult<ReadContext> {
        Ok(ReadContext {
            default_zone: self.default_zone().await?,
            max_memory: self.max_memory,
        })
    }

    /// Writes down what was done. It was done already: a failure here is logged, not reported as if nothing had happened.
    pub(crate) async fn audit(&self, by: &Principal, action: &str, subject: String, change: Change) {
        let entry = NewAudit {
            at: self.now(),
            by: by.name.clone(),
            action: action.to_owned(),
            subject,
            before: change.before.map(|value| value.to_string()),
            after: change.after.map(|value| value.to_string()),
        };
        let (action, subject) = (entry.action.clone(), entry.subject.clone());
        if let Err(error) = self.store.audit(entry).await {
            tracing::error!(%action, %subject, %error, "{action} of {subject} was done, but not written to the audit log");
        }
    }
}

/// What an audit entry shows of a change.
#[derive(Debug, Default)]
pub(crate) struct Change {
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
}

impl Change {
    pub(crate) const NONE: Self = Self {
        before: None,
        after: None,
    };

    pub(crate) fn made(after: impl serde::Serialize) -> Self {
        Self {
            before: None,
            after: json(after),
        }
    }

    pub(crate) fn removed(before: impl serde::Serialize) -> Self {
        Self {
            before: json(before),
            after: None,
        }
    }

    pub(crate) fn of(before: impl serde::Serialize, after: impl serde::Serialize) -> Self {
        Self {
            before: json(before),
            after: json(after),
        }
    }
}

fn json(value: impl serde::Serialize) -> Option<serde_json::Value> {
    serde_json::to_value(value).ok()
}

/// Refuses who may not.
pub(crate) fn authorize(principal: &Principal, needs: Role) -> ServiceResult<()> {
    if principal.role >= needs {
        Ok(())
    } else {
        Err(ServiceError::Forbidden { needs })
    }
}
