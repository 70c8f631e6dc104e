//! What a job said over time, and when it was paused.

use super::{JobSpec, Pause};
use crate::{ids::JobId, time::Timestamp};

/// What a job said from one instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Whose.
    pub job_id: JobId,
    /// Counts from 1.
    pub revision: i64,
    /// What it said; none: the job was deleted.
    pub spec: Option<JobSpec>,
    /// Fires after this instant followed it.
    pub valid_from: Timestamp,
    /// Who changed it.
    pub changed_by: String,
}

/// A time in which a job was paused.
#[derive(Clone, Debug, PartialEq)]
pub struct PausePeriod {
    /// What was said of it.
    pub pause: Pause,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Who ended it; none when its time ran out.
    pub ended_by: Option<String>,
}

impl PausePeriod {
    /// Whether it holds back a fire at `at`.
    pub fn covers(&self, at: Timestamp) -> bool {
        let until = self.ended_at.or(self.pause.until);
        self.pause.paused_at < at && until.is_none_or(|until| at <= until)
    }
}

/// Which of a job's revisions, oldest first, a fire at `at` followed; none before the job was made.
pub fn in_force(revisions: &[Revision], at: Timestamp) -> Option<usize> {
    revisions.iter().rposition(|revision| revision.valid_from < at)
}
