//! Instants of the past that shall run once more, or at last.

use crate::{
    chain,
    decided::{Became, DecidedFire},
    job::JobSpec,
    policy::JobStatus,
    run::RunStatus,
    time::Timestamp,
};

/// Why there is nothing to fill, or too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// It ends before it begins.
    Reversed,
    /// It reaches beyond the present instant.
    Future,
    /// No fire lies in it.
    Empty,
    /// More fires than `most` lie in it.
    TooMany {
        /// How many one backfill takes.
        most: usize,
    },
}

/// The fires of what a job says now, from `since` to before `until`; of a stopped job those that it would have.
pub fn instants(
    spec: &JobSpec,
    created_at: Timestamp,
    (since, until): (Timestamp, Timestamp),
    now: Timestamp,
    most: usize,
) -> Result<Vec<Timestamp>, RangeError> {
    if until <= since {
        return Err(RangeError::Reversed);
    }
    if until > now {
        return Err(RangeError::Future);
    }
    let spec = JobSpec {
        status: JobStatus::Normal,
        ..spec.clone()
    };
    let fires: Vec<_> = spec
        .schedule(created_at)
        .fires_from(since)
        .take_while(|fire| *fire < until)
        .take(most + 1)
        .collect();
    match fires.len() {
        0 => Err(RangeError::Empty),
        count if count > most => Err(RangeError::TooMany { most }),
        _ => Ok(fires),
    }
}

/// What is on record of each instant, in their order: the newest fire that was made of it, with its shards told as one, else
/// its skip, else nothing. `decided` is in the order of its instants.
pub fn on_record(instants: &[Timestamp], decided: &[DecidedFire]) -> Vec<Option<Became>> {
    let (runs, skips): (Vec<_>, Vec<_>) = decided
        .iter()
        .partition(|fire| matches!(fire.became, Became::Run(..)));
    let (mut run, mut skip) = (0, 0);
    instants
        .iter()
        .map(|at| {
            run += runs[run..].iter().take_while(|fire| fire.from < *at).count();
            skip += skips[skip..].iter().take_while(|fire| fire.until < *at).count();
            let here = runs[run..].iter().take_while(|fire| fire.from == *at);
            newest(here.copied()).or_else(|| {
                let skip = skips.get(skip).filter(|fire| fire.covers(*at))?;
                Some(skip.became.clone())
            })
        })
        .collect()
}

/// The newest of the fires of an instant: a shard of it that goes on, else one that ended as they did together.
fn newest<'a>(fires: impl Iterator<Item = &'a DecidedFire> + Clone) -> Option<Became> {
    let newest = fires.clone().map(|fire| fire.fire_key).max()?;
    let shards: Vec<_> = fires
        .filter(|fire| fire.fire_key == newest)
        .filter_map(|fire| match fire.became {
            Became::Run(run, status) => Some((run, status)),
            Became::Skipped { .. } => None,
        })
        .collect();
    let ends = shards.iter().map(|(_, status)| match status {
        RunStatus::Ended(status) => Some(*status),
        RunStatus::Active(_) => None,
    });
    let together = ends.collect::<Option<Vec<_>>>().map(chain::group_status);
    let tells = |status: &RunStatus| match together {
        Some(together) => *status == RunStatus::Ended(together),
        None => matches!(status, RunStatus::Active(_)),
    };
    let (run, status) = shards.iter().find(|(_, status)| tells(status))?;
    Some(Became::Run(*run, *status))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{
        ids::{AttemptId, RunId},
        job::ReadContext,
        status::{AttemptStatus, RunState, SkipReason, Trigger},
    };

    fn spec(said: Value) -> JobSpec {
        let mut fields = serde_json::from_value::<Map<_, _>>(said).unwrap();
        fields.insert("name".into(), "job".into());
        fields.insert("handlerName".into(), "H".into());
        let context = ReadContext {
            default_zone: Tz::UTC,
            max_memory: 1 << 30,
        };
        JobSpec::read(&fields, &context, None).unwrap()
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn fill(spec: &JobSpec, since: i64, until: i64) -> Result<Vec<Timestamp>, RangeError> {
        instants(spec, at(0), (at(since), at(until)), at(100_000), 5)
    }

    #[test]
    fn a_range_holds_its_begin_and_not_its_end() {
        let minutely = spec(json!({"cronExpression": "* * * * *"}));
        assert_eq!(fill(&minutely, 60, 180), Ok(vec![at(60), at(120)]));
        assert_eq!(fill(&minutely, 61, 181), Ok(vec![at(120), at(180)]));
    }

    #[test]
    fn a_stopped_job_may_be_filled() {
        let stopped = spec(json!({"every": 100, "status": "stopped"}));
        assert_eq!(fill(&stopped, 0, 201), Ok(vec![at(100), at(200)]));
    }

    #[test]
    fn a_range_that_asks_for_nothing_or_too_much_is_refused() {
        let hourly = spec(json!({"cronExpression": "0 * * * *"}));
        assert_eq!(fill(&hourly, 60, 60), Err(RangeError::Reversed));
        assert_eq!(fill(&hourly, 60, 100_001), Err(RangeError::Future));
        assert_eq!(fill(&hourly, 60, 3_600), Err(RangeError::Empty));
        assert_eq!(
            fill(&hourly, 0, 5 * 3_600 + 1),
            Err(RangeError::TooMany { most: 5 })
        );
        assert_eq!(fill(&hourly, 0, 5 * 3_600).map(|fires| fires.len()), Ok(5));
    }

    fn ran(secs: i64, fire_key: i64, run: i64, status: RunStatus) -> DecidedFire {
        DecidedFire {
            from: at(secs),
            until: at(secs),
            trigger: if fire_key == 0 {
                Trigger::Cron
            } else {
                Trigger::Backfill
            },
            fire_key,
            became: Became::Run(RunId(run), status),
        }
    }

    const FAILED: RunStatus = RunStatus::Ended(AttemptStatus::Failure);
    const DONE: RunStatus = RunStatus::Ended(AttemptStatus::Success);

    #[test]
    fn the_newest_fire_of_an_instant_is_what_became_of_it() {
        let skipped = Became::Skipped {
            row: AttemptId(9),
            reason: SkipReason::Paused,
            blocked_by: None,
            cause: None,
        };
        let decided = [
            ran(60, 0, 1, FAILED),
            ran(60, 7, 7, DONE),
            DecidedFire {
                from: at(120),
                until: at(240),
                trigger: Trigger::Cron,
                fire_key: 0,
                became: skipped.clone(),
            },
            ran(180, 8, 8, DONE),
        ];
        assert_eq!(
            on_record(&[60, 120, 180, 240, 300].map(at), &decided),
            [
                Some(Became::Run(RunId(7), DONE)),
                Some(skipped.clone()),
                Some(Became::Run(RunId(8), DONE)),
                Some(skipped),
                None
            ]
        );
    }

    #[test]
    fn the_shards_of_a_fire_are_told_as_one() {
        let running = RunStatus::Active(RunState::Running);
        let decided = [
            ran(60, 0, 1, DONE),
            ran(60, 0, 2, FAILED),
            ran(60, 0, 3, DONE),
            ran(120, 0, 4, FAILED),
            ran(120, 0, 5, running),
        ];
        assert_eq!(
            on_record(&[60, 120].map(at), &decided),
            [
                Some(Became::Run(RunId(2), FAILED)),
                Some(Became::Run(RunId(5), running))
            ]
        );
    }
}
