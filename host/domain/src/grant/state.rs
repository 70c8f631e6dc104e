//! Whose values a guest sees, and how many.

use serde::{Deserialize, Serialize};

use super::GrantError;
use crate::status::words;

words! {
    /// Who shares the values.
    StateScope {
        /// The runs of one job.
        Job = "job",
        /// All runs of one handler, whatever their job.
        Handler = "handler",
    }
}

/// The values that survive from run to run. There is always some room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StateGrant {
    /// Who shares them.
    pub scope: StateScope,
    /// The bytes that keys and values may take together.
    pub quota: u64,
}

impl StateGrant {
    /// The quota where none is granted.
    pub const DEFAULT_QUOTA: u64 = 1024 * 1024;
    /// The largest quota. State is for cursors and counters; bulk data belongs into a granted directory.
    pub const MAX_QUOTA: u64 = 256 * 1024 * 1024;

    pub(super) fn validate(self) -> Result<(), GrantError> {
        if self.quota > Self::MAX_QUOTA {
            let reason = format!("{} bytes, at most {} are granted", self.quota, Self::MAX_QUOTA);
            return Err(GrantError::new("quota", reason));
        }
        Ok(())
    }
}

impl Default for StateGrant {
    fn default() -> Self {
        Self {
            scope: StateScope::Job,
            quota: Self::DEFAULT_QUOTA,
        }
    }
}
