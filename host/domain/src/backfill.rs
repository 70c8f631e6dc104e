//! Instants of the past that shall run once more, or at last.

use crate::{
    decided::{Became, DecidedFire},
    job::JobSpec,
    policy::JobStatus,
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

/// What is on record of each instant, in their order: the newest run that was made of it, else its skip, else nothing.
/// `decided` is in the order of its instants.
pub fn on_record<'a>(instants: &[Timestamp], decided: &'a [DecidedFire]) -> Vec<Option<&'a DecidedFire>> {
    let (runs, skips): (Vec<_>, Vec<_>) = decided
        .iter()
        .partition(|fire| matches!(fire.became, Became::Run(..)));
    let (mut run, mut skip) = (0, 0);
    instants
        .iter()
        .map(|at| {
            run += runs[run..].iter().take_while(|fire| fire.from < *at).count();
            skip += skips[skip..].iter().take_while(|fire| fire.until < *at).count();
            runs[run..]
                .iter()
                .take_while(|fire| fire.from == *at)
                .max_by_key(|fire| match fire.became {
                    Became::Run(run, _) => Some(run),
                    Became::Skipped { .. } => None,
                })
                .or_else(|| skips.get(skip).filter(|fire| fire.covers(*at)))
                .copied()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{
        ids::{AttemptId, RunId},
        job::ReadContext,
        run::RunStatus,
        status::{AttemptStatus, SkipReason, Trigger},
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

    #[test]
    fn the_newest_run_of_an_instant_is_what_became_of_it() {
        let ran = |at_secs, trigger, run| DecidedFire {
            from: at(at_secs),
            until: at(at_secs),
            trigger,
            became: Became::Run(RunId(run), RunStatus::Ended(AttemptStatus::Failure)),
        };
        let skipped = DecidedFire {
            from: at(120),
            until: at(240),
            trigger: Trigger::Cron,
            became: Became::Skipped {
                row: AttemptId(9),
                reason: SkipReason::Paused,
                blocked_by: None,
                cause: None,
            },
        };
        let decided = [
            ran(60, Trigger::Cron, 1),
            ran(60, Trigger::Backfill, 7),
            skipped.clone(),
            ran(180, Trigger::Backfill, 8),
        ];
        let instants = [60, 120, 180, 240, 300].map(at);
        let found = on_record(&instants, &decided);
        assert_eq!(
            found,
            [
                Some(&decided[1]),
                Some(&skipped),
                Some(&decided[3]),
                Some(&skipped),
                None
            ]
        );
    }
}
