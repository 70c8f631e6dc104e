//! The fires that lie ahead of a schedule, without those that fall into a blackout.

use chrono_tz::Tz;

use super::{Blackout, Calendars, Schedule};
use crate::time::Timestamp;

/// Fires that are looked at, at most: a job that is never let through would be looked at for ever.
const LOOKS: usize = 100_000;
/// Spans of left out fires that are told, at most.
const SPANS: usize = 1_000;

/// What lies ahead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upcoming {
    /// The fires that run, in order.
    pub fires: Vec<Timestamp>,
    /// Those up to the last of them that do not.
    pub left_out: Vec<LeftOut>,
}

/// Consecutive fires that fall into the same window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The first of them.
    pub from: Timestamp,
    /// The last.
    pub until: Timestamp,
    /// How many.
    pub count: u64,
    /// The window, in words.
    pub cause: String,
}

impl Upcoming {
    /// The next `count` fires of `schedule` after `after`. Fewer come back where it ends, or where blackouts leave no more
    /// of very many.
    pub fn after(
        schedule: &Schedule,
        (blackouts, calendars): (&[Blackout], &Calendars),
        zone: Tz,
        after: Timestamp,
        count: usize,
    ) -> Self {
        let mut upcoming = Self::default();
        if count == 0 {
            return upcoming;
        }
        for fire in schedule.fires_after(after).take(count.saturating_add(LOOKS)) {
            let Some(cause) = Blackout::cause(blackouts, calendars, zone, fire) else {
                upcoming.fires.push(fire);
                if upcoming.fires.len() == count {
                    break;
                }
                continue;
            };
            let follows = |last: &LeftOut| {
                last.cause == cause && upcoming.fires.last().is_none_or(|ran| *ran < last.from)
            };
            let spans = upcoming.left_out.len();
            match upcoming.left_out.last_mut() {
                Some(last) if follows(last) => {
                    last.until = fire;
                    last.count += 1;
                }
                _ if spans < SPANS => upcoming.left_out.push(LeftOut {
                    from: fire,
                    until: fire,
                    count: 1,
                    cause,
                }),
                _ => {}
            }
        }
        upcoming
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::job::{JobSpec, ReadContext};

    fn upcoming(said: &Value, after: &str, count: usize) -> Upcoming {
        let context = ReadContext {
            default_zone: Tz::Asia__Shanghai,
            max_memory: u64::MAX,
        };
        let mut fields = json!({"name": "a", "handlerName": "H"})
            .as_object()
            .unwrap()
            .clone();
        fields.extend(said.as_object().unwrap().clone());
        let spec = JobSpec::read(&fields, &context, None).unwrap();
        let after = after.parse().unwrap();
        let calendars = Calendars::new();
        Upcoming::after(
            &spec.schedule(after),
            (&spec.blackouts, &calendars),
            spec.timezone,
            after,
            count,
        )
    }

    fn days(fires: &[Timestamp]) -> Vec<String> {
        fires
            .iter()
            .map(|fire| fire.in_zone(Tz::Asia__Shanghai)[..10].to_owned())
            .collect()
    }

    #[test]
    fn fires_in_a_blackout_are_left_out_and_told() {
        // 2026-11-27 is a Friday.
        let said = json!({"cronExpression": "0 9 * * *", "blackouts": [{"days": ["sat", "sun"]}, {"date": "2026-11-30"}]});
        let ahead = upcoming(&said, "2026-11-27T00:00:00+08:00", 3);
        assert_eq!(days(&ahead.fires), ["2026-11-27", "2026-12-01", "2026-12-02"]);
        let told: Vec<_> = ahead
            .left_out
            .iter()
            .map(|span| {
                (
                    days(&[span.from, span.until]).join(" to "),
                    span.count,
                    span.cause.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("2026-11-28 to 2026-11-29".to_owned(), 2, "sat, sun"),
                ("2026-11-30 to 2026-11-30".to_owned(), 1, "2026-11-30"),
            ]
        );
    }

    #[test]
    fn a_fire_that_runs_parts_the_spans_around_it() {
        let said = json!({"cronExpression": "0 0,9 * * *", "blackouts": [{"days": ["fri", "sat"], "from": "08:00", "until": "10:00"}]});
        let ahead = upcoming(&said, "2026-11-27T01:00:00+08:00", 3);
        assert_eq!(ahead.left_out.len(), 2);
    }

    #[test]
    fn a_schedule_that_is_never_let_through_comes_to_an_end() {
        let said =
            json!({"every": 60, "blackouts": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]});
        let ahead = upcoming(&said, "2026-11-27T00:00:00+08:00", 5);
        assert_eq!((ahead.fires.len(), ahead.left_out.len()), (0, 1));
        assert!(ahead.left_out[0].count >= 100_000);
    }

    #[test]
    fn a_schedule_that_ends_has_no_more() {
        let said = json!({"cronExpression": "0 9 * * *", "endAt": "2026-11-28T23:00:00+08:00"});
        assert_eq!(upcoming(&said, "2026-11-27T00:00:00+08:00", 5).fires.len(), 2);
        assert_eq!(
            upcoming(&said, "2026-11-27T00:00:00+08:00", 0),
            Upcoming::default()
        );
    }
}
