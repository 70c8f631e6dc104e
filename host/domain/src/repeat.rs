//! Ended runs that are carried out once more, as new runs.

use std::{collections::HashMap, hash::BuildHasher};

use crate::{
    ids::{JobId, RunId},
    policy::Overlap,
    release::{ActiveRun, Start, start, start_in_turn},
    run::Shard,
    time::Timestamp,
};

/// How runs are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Whether the new runs keep the planned instant; else they are planned for now.
    pub keep_instant: bool,
    /// Whether a run is repeated that was repeated before.
    pub again: bool,
    /// In place of the jobs' own rule.
    pub overlap: Option<Overlap>,
    /// Whether a run waits for its turn where the rule would refuse it.
    pub in_turn: bool,
}

/// A run that shall be repeated, as it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub run_id: RunId,
    /// Its job; none for a call.
    pub job: Option<JobId>,
    /// The planned instant.
    pub scheduled_at: Timestamp,
    /// What tells the fires of one instant apart: the shards of a fire have it in common.
    pub fire_key: i64,
    /// Which part of its fire it is.
    pub shard: Shard,
    /// Whether it has not ended.
    pub active: bool,
    /// The newest run that repeats it.
    pub repeated_by: Option<RunId>,
}

/// What a job says of its runs, and which go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRuns {
    /// Its rule.
    pub overlap: Overlap,
    /// Those that have not ended, oldest first.
    pub active: Vec<ActiveRun>,
}

/// Why a run is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has not ended.
    Active,
    /// Its job is gone.
    JobDeleted,
    /// This run repeats it already.
    Repeated(RunId),
    /// This run is in the way.
    Overlap(RunId),
}

/// A fire that is carried out once more: of its shards those that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The id of the new run; of shards the first.
    pub first: RunId,
    /// Its job; none for a call.
    pub job: Option<JobId>,
    /// The planned instant.
    pub scheduled_at: Timestamp,
    /// The ended runs that it repeats, each with its part of the fire.
    pub parts: Vec<(RunId, Shard)>,
    /// How it may start.
    pub start: Start,
}

/// What follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeats {
    /// The new runs, in the order of their instants.
    pub made: Vec<Repeat>,
    /// Those that are not made, and why.
    pub refused: Vec<(RunId, Refused)>,
}

/// Decides how runs are repeated: the oldest instant first, the shards of a fire together; `next_id` makes run ids.
pub fn repeat(
    candidates: &[Candidate],
    jobs: &HashMap<JobId, JobRuns, impl BuildHasher>,
    wish: Wish,
    now: Timestamp,
    mut next_id: impl FnMut() -> RunId,
) -> Repeats {
    let mut repeats = Repeats::default();
    let mut fires: Vec<Vec<&Candidate>> = Vec::new();
    let mut sorted: Vec<_> = candidates.iter().collect();
    sorted.sort_by_key(|run| {
        (
            run.scheduled_at,
            run.job,
            run.fire_key,
            run.shard.index,
            run.run_id,
        )
    });
    for run in sorted {
        let refused = match (run.job, run.repeated_by) {
            _ if run.active => Refused::Active,
            (Some(job), _) if !jobs.contains_key(&job) => Refused::JobDeleted,
            (_, Some(by)) if !wish.again => Refused::Repeated(by),
            _ => {
                match fires.last_mut() {
                    Some(fire) if same_fire(fire[0], run) => fire.push(run),
                    _ => fires.push(vec![run]),
                }
                continue;
            }
        };
        repeats.refused.push((run.run_id, refused));
    }

    let mut active: HashMap<JobId, Vec<ActiveRun>> = HashMap::new();
    for fire in fires {
        let Candidate {
            job, scheduled_at, ..
        } = *fire[0];
        let mut place = Ok(Start::default());
        if let Some((id, said)) = job.and_then(|id| Some((id, jobs.get(&id)?))) {
            let active = active.entry(id).or_insert_with(|| said.active.clone());
            let overlap = wish.overlap.unwrap_or(said.overlap);
            place = if wish.in_turn {
                Ok(start_in_turn(overlap, active))
            } else {
                start(overlap, active)
            };
        }
        match place {
            Ok(start) => {
                let first = next_id();
                if let Some(active) = job.and_then(|id| active.get_mut(&id)) {
                    active.retain(|run| !start.cancels.contains(&run.run_id));
                    active.push(ActiveRun {
                        run_id: first,
                        held: start.held,
                    });
                }
                repeats.made.push(Repeat {
                    first,
                    job,
                    scheduled_at: if wish.keep_instant { scheduled_at } else { now },
                    parts: fire.iter().map(|run| (run.run_id, run.shard)).collect(),
                    start,
                });
            }
            Err(blocking) => {
                let refused = fire.iter().map(|run| (run.run_id, Refused::Overlap(blocking)));
                repeats.refused.extend(refused);
            }
        }
    }
    repeats
}

/// Shards of one fire that were each asked for once.
fn same_fire(one: &Candidate, other: &Candidate) -> bool {
    one.job.is_some()
        && (one.job, one.scheduled_at, one.fire_key) == (other.job, other.scheduled_at, other.fire_key)
        && one.shard.count == other.shard.count
        && one.shard.count > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId(1);

    fn run(id: i64, at: i64) -> Candidate {
        Candidate {
            run_id: RunId(id),
            job: Some(JOB),
            scheduled_at: Timestamp::from_secs(at),
            fire_key: 0,
            shard: Shard::WHOLE,
            active: false,
            repeated_by: None,
        }
    }

    fn wish() -> Wish {
        Wish {
            keep_instant: true,
            again: false,
            overlap: None,
            in_turn: true,
        }
    }

    fn decide(candidates: &[Candidate], overlap: Overlap, active: &[ActiveRun], wish: Wish) -> Repeats {
        let jobs = HashMap::from([(
            JOB,
            JobRuns {
                overlap,
                active: active.to_vec(),
            },
        )]);
        let mut id = 100;
        repeat(candidates, &jobs, wish, Timestamp::from_secs(1_000), || {
            id += 1;
            RunId(id)
        })
    }

    #[test]
    fn runs_of_a_job_follow_one_another_from_the_oldest_instant() {
        let repeats = decide(&[run(3, 60), run(2, 0)], Overlap::Skip, &[], wish());
        let made: Vec<_> = repeats
            .made
            .iter()
            .map(|made| (made.parts[0].0, made.start.held, made.scheduled_at))
            .collect();
        assert_eq!(
            made,
            [
                (RunId(2), false, Timestamp::from_secs(0)),
                (RunId(3), true, Timestamp::from_secs(60))
            ]
        );
        let beside = decide(&[run(3, 60), run(2, 0)], Overlap::Allow, &[], wish());
        assert!(beside.made.iter().all(|made| !made.start.held));
    }

    #[test]
    fn without_a_turn_to_wait_for_the_rule_refuses() {
        let active = [ActiveRun {
            run_id: RunId(9),
            held: false,
        }];
        let obey = Wish {
            in_turn: false,
            ..wish()
        };
        let repeats = decide(&[run(2, 0)], Overlap::Skip, &active, obey);
        assert_eq!(repeats.refused, [(RunId(2), Refused::Overlap(RunId(9)))]);
        let cancelling = decide(&[run(2, 0)], Overlap::CancelOther, &active, obey);
        assert_eq!(cancelling.made[0].start.cancels, [RunId(9)]);
    }

    #[test]
    fn what_was_repeated_is_passed_over_unless_it_is_wanted_again() {
        let repeated = Candidate {
            repeated_by: Some(RunId(50)),
            ..run(2, 0)
        };
        assert_eq!(
            decide(&[repeated], Overlap::Skip, &[], wish()).refused,
            [(RunId(2), Refused::Repeated(RunId(50)))]
        );
        let again = Wish {
            again: true,
            ..wish()
        };
        assert_eq!(decide(&[repeated], Overlap::Skip, &[], again).made.len(), 1);
    }

    #[test]
    fn what_goes_on_or_has_no_job_any_more_is_refused() {
        let active = Candidate {
            active: true,
            ..run(2, 0)
        };
        let orphan = Candidate {
            job: Some(JobId(4)),
            ..run(3, 0)
        };
        assert_eq!(
            decide(&[active, orphan], Overlap::Skip, &[], wish()).refused,
            [(RunId(2), Refused::Active), (RunId(3), Refused::JobDeleted)]
        );
    }

    #[test]
    fn the_shards_of_a_fire_are_one_new_fire() {
        let shard = |id, index| Candidate {
            shard: Shard { index, count: 4 },
            ..run(id, 0)
        };
        let repeats = decide(
            &[shard(8, 2), shard(7, 0), run(9, 60)],
            Overlap::Skip,
            &[],
            wish(),
        );
        assert_eq!(repeats.made.len(), 2);
        let parts: Vec<_> = repeats.made[0]
            .parts
            .iter()
            .map(|(run, shard)| (run.0, shard.index))
            .collect();
        assert_eq!(parts, [(7, 0), (8, 2)]);
        assert!(repeats.made[1].start.held);
    }

    #[test]
    fn calls_stand_alone() {
        let call = |id| Candidate {
            job: None,
            fire_key: id,
            ..run(id, 0)
        };
        let now = Wish {
            keep_instant: false,
            ..wish()
        };
        let repeats = decide(&[call(2), call(3)], Overlap::Skip, &[], now);
        assert!(
            repeats
                .made
                .iter()
                .all(|made| !made.start.held && made.scheduled_at == Timestamp::from_secs(1_000))
        );
    }
}
