//! What the end of a run starts.

use std::collections::{HashMap, HashSet, VecDeque};

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

/// Jobs so that each comes after those that it starts, also by way of others: written in this order, no state in between
/// has a chain that comes round. `Err` is the way from a job back to itself.
pub fn downstream_first<'a>(
    jobs: &[&'a str],
    next: impl Fn(&str) -> &'a [String],
) -> Result<Vec<&'a str>, Vec<String>> {
    enum Mark {
        OnTheWay,
        Done,
    }
    let wanted: HashSet<&str> = jobs.iter().copied().collect();
    let mut marks: HashMap<&str, Mark> = HashMap::new();
    let mut order = Vec::with_capacity(jobs.len());
    for job in jobs {
        // The way from `job` to where the search stands, each with those that it has yet to look at.
        let mut way: Vec<(&str, std::slice::Iter<'a, String>)> = Vec::new();
        if !marks.contains_key(job) {
            marks.insert(job, Mark::OnTheWay);
            way.push((job, next(job).iter()));
        }
        while let Some((at, left)) = way.last_mut() {
            let Some(name) = left.next() else {
                marks.insert(at, Mark::Done);
                if wanted.contains(at) {
                    order.push(*at);
                }
                way.pop();
                continue;
            };
            match marks.get(name.as_str()) {
                Some(Mark::Done) => {}
                Some(Mark::OnTheWay) => {
                    let round = way.iter().map(|(job, _)| (*job).to_owned());
                    let mut round: Vec<_> = round.skip_while(|job| job != name).collect();
                    round.push(name.clone());
                    return Err(round);
                }
                None => {
                    marks.insert(name, Mark::OnTheWay);
                    way.push((name, next(name).iter()));
                }
            }
        }
    }
    Ok(order)
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

    #[test]
    fn jobs_come_after_those_that_they_start() {
        let edges = HashMap::from([
            ("a", vec!["b".to_owned(), "outside".to_owned()]),
            ("outside", vec!["c".to_owned()]),
            ("c", vec!["b".to_owned()]),
        ]);
        let next = |name: &str| edges.get(name).map_or(&[][..], Vec::as_slice);
        assert_eq!(
            downstream_first(&["a", "b", "c", "d"], next),
            Ok(vec!["b", "c", "a", "d"])
        );
        let round = HashMap::from([
            ("a", vec!["b".to_owned()]),
            ("b", vec!["c".to_owned()]),
            ("c", vec!["b".to_owned()]),
        ]);
        let next = |name: &str| round.get(name).map_or(&[][..], Vec::as_slice);
        assert_eq!(
            downstream_first(&["a", "b", "c"], next),
            Err(["b", "c", "b"].map(str::to_owned).to_vec())
        );
    }
}
