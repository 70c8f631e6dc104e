use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use wasmtab_store::{AuditEntry, Principal, TokenInfo};

/// A token as it is listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// Its number.
    pub id: i64,
    /// Whose, and for what.
    pub name: String,
    /// `viewer`, `operator`, `author` or `administrator`.
    pub role: &'static str,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// By whom.
    pub created_by: String,
    /// When it ends to be good; null: never.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
}

/// A token that was just made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewTokenView {
    /// What is kept of it.
    #[serde(flatten)]
    pub info: TokenView,
    /// The token itself: shown this once.
    pub token: String,
}

/// Who asks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeView {
    /// The name that logs bear.
    pub name: String,
    /// `viewer`, `operator`, `author` or `administrator`.
    pub role: &'static str,
}

/// The settings of the database.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettingsView {
    /// The zone of jobs that name none.
    pub timezone: String,
}

/// Something that was done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// Its number.
    pub id: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who.
    pub by: String,
    /// What, as `job.update`.
    pub action: String,
    /// To what, as `job/3`.
    pub subject: String,
    /// How it was before.
    pub before: Option<Value>,
    /// How it was after.
    pub after: Option<Value>,
}

impl From<&TokenInfo> for TokenView {
    fn from(token: &TokenInfo) -> Self {
        Self {
            id: token.id,
            name: token.name.clone(),
            role: token.role.as_str(),
            created_at: token.created_at.to_string(),
            created_by: token.created_by.clone(),
            expires_at: token.expires_at.map(|at| at.to_string()),
        }
    }
}

impl From<&Principal> for MeView {
    fn from(principal: &Principal) -> Self {
        Self {
            name: principal.name.clone(),
            role: principal.role.as_str(),
        }
    }
}

impl From<&AuditEntry> for AuditView {
    fn from(entry: &AuditEntry) -> Self {
        let json = |text: &Option<String>| {
            text.as_ref()
                .map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())))
        };
        let AuditEntry { id, entry } = entry;
        Self {
            id: id.to_string(),
            at: entry.at.to_string(),
            by: entry.by.clone(),
            action: entry.action.clone(),
            subject: entry.subject.clone(),
            before: json(&entry.before),
            after: json(&entry.after),
        }
    }
}
