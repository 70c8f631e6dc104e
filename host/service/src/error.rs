//! Why a use-case did not do what it was asked.

use thiserror::Error;
use wasmtab_domain::{
    field::{FieldError, FieldErrors},
    ids::RunId,
};
use wasmtab_store::{Role, StoreError, WriteError};

/// The outcome of a use-case.
pub type ServiceResult<T> = Result<T, ServiceError>;

/// Why a use-case refused, or failed.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// Nobody is known who bears this token, or none was given.
    #[error("a valid token is needed: `Authorization: Bearer TOKEN`")]
    Unauthorized,
    /// The principal may not do this.
    #[error("this needs the role {}", needs.as_str())]
    Forbidden {
        /// The least role that may.
        needs: Role,
    },
    /// There is no such thing.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The input is wrong.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The uploaded file is refused.
    #[error("{detail}")]
    UploadRefused {
        /// Which kind of refusal: `notWasm`, `wrongWorld`, `unsupported`, ….
        kind: String,
        /// What it is, what was expected, what to do.
        detail: String,
    },
    /// The present state is in the way.
    #[error("{}", .0.detail)]
    Conflict(Conflict),
    /// An edit without `If-Match`.
    #[error("an edit must say which revision it changes: send `If-Match` with the ETag of the last GET")]
    PreconditionRequired,
    /// The thing has moved on.
    #[error("it has changed since it was read{}", current.map_or_else(String::new, |revision| format!("; its revision is {revision} now")))]
    PreconditionFailed {
        /// The revision that it has.
        current: Option<i64>,
    },
    /// More bytes than are taken.
    #[error("{what} is larger than the {limit} bytes that are taken")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it may be.
        limit: usize,
    },
    /// A cursor that no list of ours gave out.
    #[error("cursor: it does not come from this list; begin without one")]
    BadCursor,
    /// The host cannot do it now.
    #[error("{0}")]
    Unavailable(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is in the way.
#[derive(Debug)]
pub struct Conflict {
    /// Which kind of conflict.
    pub kind: ConflictKind,
    /// A sentence for people.
    pub detail: String,
    /// The run in the way.
    pub run_id: Option<RunId>,
    /// Names of things that are in the way.
    pub names: Vec<String>,
}

/// The kinds of conflict, each with a stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictKind {
    /// Another bears the name.
    NameTaken,
    /// Another version bears the label.
    LabelTaken,
    /// A run is active and the overlap rule lets no other begin.
    Overlap,
    /// The run has ended.
    RunEnded,
    /// The run has not ended.
    RunActive,
    /// The run's job is gone.
    JobDeleted,
    /// Something uses it.
    InUse,
    /// The first request with this idempotency key is still being answered.
    KeyInProgress,
    /// There is no earlier activation.
    NothingToRollBack,
    /// Another backup is being taken.
    BackupInProgress,
    /// The database is backed up by its own means.
    BackupElsewhere,
    /// Another run repeats it already.
    Repeated,
    /// Nothing is sent to the channel.
    ChannelDisabled,
}

impl ConflictKind {
    /// The last part of the problem's `type`.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::NameTaken => "name-taken",
            Self::LabelTaken => "label-taken",
            Self::Overlap => "overlap",
            Self::RunEnded => "run-ended",
            Self::RunActive => "run-active",
            Self::JobDeleted => "job-deleted",
            Self::InUse => "in-use",
            Self::KeyInProgress => "key-in-progress",
            Self::NothingToRollBack => "nothing-to-roll-back",
            Self::BackupInProgress => "backup-in-progress",
            Self::BackupElsewhere => "backup-elsewhere",
            Self::Repeated => "repeated",
            Self::ChannelDisabled => "channel-disabled",
        }
    }
}

impl Conflict {
    /// A conflict that a sentence tells in full.
    pub fn new(kind: ConflictKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            run_id: None,
            names: Vec::new(),
        }
    }

    /// The same with the run that is in the way.
    #[must_use]
    pub fn with_run(mut self, run: RunId) -> Self {
        self.run_id = Some(run);
        self
    }

    /// The same with the names of what is in the way.
    #[must_use]
    pub fn with_names(mut self, names: Vec<String>) -> Self {
        self.names = names;
        self
    }
}

impl ServiceError {
    /// There is no `what`.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// One field is wrong.
    pub fn field(name: &str, reason: impl std::fmt::Display) -> Self {
        Self::Invalid(FieldError::new(name, reason).into())
    }
}

impl ServiceError {
    /// The last part of the problem's `type`.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "not-found",
            Self::Invalid(_) => "invalid",
            Self::UploadRefused { .. } => "upload-refused",
            Self::Conflict(conflict) => conflict.kind.slug(),
            Self::PreconditionRequired => "if-match-required",
            Self::PreconditionFailed { .. } => "stale",
            Self::TooLarge { .. } => "too-large",
            Self::BadCursor => "bad-cursor",
            Self::Unavailable(_) | Self::Store(StoreError::Transient(_)) => "unavailable",
            Self::Store(StoreError::Permanent(_)) => "internal",
        }
    }
}

impl From<Conflict> for ServiceError {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<FieldErrors> for ServiceError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

/// What a refused write of the job `name` means to who asked.
pub(crate) fn job_write(error: &WriteError, name: &str) -> ServiceError {
    match error {
        WriteError::NotFound => ServiceError::not_found(format!("job `{name}`")),
        WriteError::NameTaken(id) => Conflict::new(
            ConflictKind::NameTaken,
            format!("name: job {id} is called `{name}` already"),
        )
        .into(),
        WriteError::NoCalendar(calendar) => ServiceError::field("blackouts", no_calendar(calendar)),
        WriteError::Stale(current) => ServiceError::PreconditionFailed {
            current: Some(*current),
        },
        WriteError::Cycle(way) => ServiceError::field("onSuccess", comes_round(way)),
    }
}

/// Why a job that names this calendar is refused.
pub(crate) fn no_calendar(name: &str) -> String {
    format!("no calendar is called `{name}`; make it first")
}

/// That a chain of jobs leads back to where it begins; both kinds of chain count.
pub(crate) fn comes_round(way: &[String]) -> String {
    format!(
        "with onFailure, it comes round and would never end: {}",
        way.join(" -> ")
    )
}
