//! Which revision an edit is meant for.

use crate::error::{ServiceError, ServiceResult};

/// What `If-Match` said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Unsaid,
    /// `*`: whatever is there.
    Any,
    /// This revision.
    Revision(i64),
    /// A tag that was never given out, so nothing matches it.
    Other,
}

impl Expected {
    /// What an edit asks of the store, given the revision that is there now.
    pub(crate) fn require(self, current: i64) -> ServiceResult<Option<i64>> {
        match self {
            Self::Unsaid => Err(ServiceError::PreconditionRequired),
            Self::Any => Ok(None),
            Self::Revision(revision) if revision == current => Ok(Some(revision)),
            Self::Revision(_) | Self::Other => Err(ServiceError::PreconditionFailed {
                current: Some(current),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_present_revision_may_be_edited() {
        assert!(matches!(
            Expected::Unsaid.require(3),
            Err(ServiceError::PreconditionRequired)
        ));
        assert!(matches!(Expected::Any.require(3), Ok(None)));
        assert!(matches!(Expected::Revision(3).require(3), Ok(Some(3))));
        for stale in [Expected::Revision(2), Expected::Other] {
            assert!(matches!(
                stale.require(3),
                Err(ServiceError::PreconditionFailed { current: Some(3) })
            ));
        }
    }
}
