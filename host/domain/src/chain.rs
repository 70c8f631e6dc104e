//! What the end of a run starts.

use std::collections::{HashMap, VecDeque};

use crate::{
    ids::RunId,
    job::Job,
    limits,
    release::{ActiveRun, Start, start},
    run::RunPolicy,
    status::{AttemptStatus, SkipReason},
    time::Timestamp,
};

/// How the shards of a fire ended together: in success when all did.
pub fn group_status(shards: impl IntoIterator<Item = AttemptStatus>) -> AttemptStatus {
    shards
        .into_iter()
        .reduce(|group, shard| match (group, shard) {
            (AttemptStatus::Success, other) => other,
            // A failure says more than a cancel.
            (AttemptStatus::Cancelled, other) if other != AttemptStatus::Success => other,
            (group, _) => group,
        })
        .unwrap_or(AttemptStatus::Success)
}

/// The jobs that start when a run has ended so for good. A run that a person stopped starts none.
pub fn followers(policy: &RunPolicy, status: AttemptStatus) -> &[String] {
    match status {
        AttemptStatus::Success => &policy.on_success,
        AttemptStatus::Cancelled => &[],
        _ => &policy.on_failure,
    }
}

/// Why a job that a chain names does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The reason its row bears.
    pub reason: SkipReason,
    /// The run in the way.
    pub blocked_by: Option<RunId>,
}

/// May `job` start as the `depth`th of a chain? Overlap and pause hold for it; a stopped job may be started.
pub fn admit(job: &Job, depth: u32, active: &[ActiveRun], now: Timestamp) -> Result<Start, Refused> {
    let refused = |reason, blocked_by| Refused { reason, blocked_by };
    if depth > limits::CHAIN_DEPTH {
        return Err(refused(SkipReason::ChainDepth, None));
    }
    let paused = job.pause.as_ref();
    if paused.is_some_and(|pause| pause.until.is_none_or(|until| now <= until)) {
        return Err(refused(SkipReason::Paused, None));
    }
    start(job.spec.overlap, active).map_err(|blocking| refused(SkipReason::Overlap, Some(blocking)))
}

/// The way from a job back to itself, along the jobs that `next` names for each; none where there is no such way.
pub fn cycle(from: &str, mut next: impl FnMut(&str) -> Vec<String>) -> Option<Vec<String>> {
    // Breadth first, remembering by which job each was reached.
    let mut reached_by: HashMap<String, String> = HashMap::new();
    let mut waiting = VecDeque::from([from.to_owned()]);
    while let Some(job) = waiting.pop_front() {
        for name in next(&job) {
            if name == from {
                let mut way = vec![name, job.clone()];
                let mut at = &job;
                while let Some(before) = reached_by.get(at) {
                    way.push(before.clone());
                    at = before;
                }
                way.reverse();
                return Some(way);
            }
            if !reached_by.contains_key(&name) {
                reached_by.insert(name.clone(), job.clone());
                waiting.push_back(name);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptStatus::{Cancelled, Failure, Success, Timeout};

    #[test]
    fn a_group_succeeds_when_all_its_shards_do() {
        assert_eq!(group_status([Success, Success]), Success);
        assert_eq!(group_status([Success, Timeout, Success]), Timeout);
        assert_eq!(group_status([Cancelled, Success]), Cancelled);
        assert_eq!(group_status([Success, Cancelled, Failure]), Failure);
    }

    #[test]
    fn a_chain_that_comes_round_is_found() {
        let edges = |name: &str| -> Vec<String> {
            match name {
                "a" => vec!["b".into(), "c".into()],
                "c" => vec!["d".into()],
                "d" => vec!["b".into(), "a".into()],
                _ => Vec::new(),
            }
        };
        assert_eq!(cycle("a", edges).unwrap(), ["a", "c", "d", "a"]);
        assert_eq!(cycle("b", edges), None);
    }
}
