//! Who may do what, what was done, and the settings of the database.

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;

use crate::StoreResult;

/// What a principal may do; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Starts, stops, pauses, cancels.
    Operator,
    /// Writes jobs and uploads plugins.
    Author,
    /// Activates, binds, grants, makes users and tokens.
    Administrator,
}

impl Role {
    /// Every role, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Author, Self::Administrator];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Author => "author",
            Self::Administrator => "administrator",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("`{text}` is none of viewer, operator, author, administrator"))
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name that logs bear.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A token as it is kept: only its hash.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose, and for what.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of the token, in lower-case hex.
    pub hash: String,
    /// When it ends to be good.
    pub expires_at: Option<Timestamp>,
    /// Who made it.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// A token as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its number.
    pub id: i64,
    /// Whose, and for what.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When it ends to be good.
    pub expires_at: Option<Timestamp>,
}

/// Something that was done, to be written down.
#[derive(Clone, Debug)]
pub struct NewAudit {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
    /// What, as `job.update`.
    pub action: String,
    /// To what, as `job/3`.
    pub subject: String,
    /// JSON of it before.
    pub before: Option<String>,
    /// JSON of it after.
    pub after: Option<String>,
}

/// Something that was done.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Its number.
    pub id: i64,
    /// What was done.
    pub entry: NewAudit,
}

/// The answer that an idempotency key got the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReply {
    /// SHA-256 of what was asked.
    pub request_hash: String,
    /// The answer's status and body; none while the first request is still being answered.
    pub reply: Option<(u16, String)>,
}

/// Principals, the audit log, idempotency keys and settings.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Keeps a token.
    async fn create_token(&self, token: NewToken) -> StoreResult<TokenInfo>;

    /// The tokens, oldest first.
    async fn tokens(&self) -> StoreResult<Vec<TokenInfo>>;

    /// Ends a token; false when there is no such.
    async fn delete_token(&self, id: i64) -> StoreResult<bool>;

    /// Who bears the token of this hash, if it is good at `now`.
    async fn principal(&self, token_hash: &str, now: Timestamp) -> StoreResult<Option<Principal>>;

    /// Uses the set-up code up (the setting `setupCode` holds its hash): keeps the token and forgets the code, unless the code is another or was used.
    async fn redeem_setup(&self, code_hash: &str, token: NewToken) -> StoreResult<Option<TokenInfo>>;

    /// Writes down what was done.
    async fn audit(&self, entry: NewAudit) -> StoreResult<()>;

    /// What was done, newest first.
    async fn audit_log(&self, before: Option<i64>, limit: u32) -> StoreResult<crate::Page<AuditEntry>>;

    /// Takes an idempotency key; what is there already comes back, none when the key is new.
    async fn take_key(
        &self,
        key: &str,
        request_hash: &str,
        now: Timestamp,
    ) -> StoreResult<Option<StoredReply>>;

    /// Keeps the answer of a key; none lets the key go, so that a failed request may be sent again.
    async fn keep_reply(&self, key: &str, reply: Option<(u16, String)>) -> StoreResult<()>;

    /// Forgets keys that were taken before `before`.
    async fn forget_keys(&self, before: Timestamp) -> StoreResult<u64>;

    /// A setting.
    async fn setting(&self, key: &str) -> StoreResult<Option<String>>;

    /// Sets a setting; none removes it.
    async fn set_setting(&self, key: &str, value: Option<&str>) -> StoreResult<()>;
}
