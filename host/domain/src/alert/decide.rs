//! Whether a message follows, who gets it, and when it is tried again.

use std::time::Duration;

use super::{Event, Occasion, Rule, Scope, Silence, TRIES};
use crate::{ids::JobId, status::AttemptStatus, time::Timestamp};

/// The wait after the first try; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What a message is about, as far as rules and silences look at it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The job; none for a call.
    pub job: Option<JobId>,
    /// The labels that the job bears now.
    pub labels: &'a [String],
    /// Who answered.
    pub handler: &'a str,
}

/// A message that goes to a channel, or would but for a silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The channel.
    pub channel: String,
    /// The rules that send it there.
    pub rules: Vec<String>,
    /// The silence that keeps it from being sent.
    pub silenced_by: Option<i64>,
}

/// What the end of a run tells; `failing` says whether the last run of its job that was not cancelled had failed.
pub fn ended(status: AttemptStatus, failing: bool) -> Option<Event> {
    match status {
        AttemptStatus::Success if failing => Some(Event::Recovery),
        // Who stopped a run knows that it ended, and what did not run did not fail.
        AttemptStatus::Success
        | AttemptStatus::Cancelled
        | AttemptStatus::Skipped
        | AttemptStatus::Claimed
        | AttemptStatus::Running => None,
        AttemptStatus::Failure
        | AttemptStatus::Trap
        | AttemptStatus::Timeout
        | AttemptStatus::OutOfFuel
        | AttemptStatus::OutOfMemory
        | AttemptStatus::Denied
        | AttemptStatus::NoHandler
        | AttemptStatus::Abandoned => Some(Event::Failure),
    }
}

/// Who is told: each channel once, however many rules name it.
pub fn outgoing(
    event: Event,
    status: AttemptStatus,
    subject: Subject<'_>,
    rules: &[Rule],
    silences: &[Silence],
    now: Timestamp,
) -> Vec<Outgoing> {
    let silenced_by = silences
        .iter()
        .find(|silence| silence.until > now && silence.scope.covers(subject))
        .map(|silence| silence.id);
    let mut all: Vec<Outgoing> = Vec::new();
    for rule in rules {
        if !rule.scope.covers(subject) || !rule.on.iter().any(|occasion| occasion.is(event, status)) {
            continue;
        }
        match all.iter_mut().find(|out| out.channel == rule.channel) {
            Some(out) => out.rules.push(rule.name.clone()),
            None => all.push(Outgoing {
                channel: rule.channel.clone(),
                rules: vec![rule.name.clone()],
                silenced_by,
            }),
        }
    }
    all
}

/// When a delivery is tried again after `tries` of them failed, the last at `now`; none: it is given up.
pub fn next_try(tries: u32, now: Timestamp) -> Option<Timestamp> {
    if tries >= TRIES {
        return None;
    }
    let doubled = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(20));
    Some(now.plus(doubled.min(LONGEST_WAIT)))
}

impl Scope {
    /// Whether it is about this.
    pub fn covers(&self, subject: Subject<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Label(label) => subject.labels.contains(label),
            Self::Job(job) => subject.job == Some(*job),
            Self::Handler(handler) => subject.handler == handler,
        }
    }
}

impl Occasion {
    fn is(self, event: Event, status: AttemptStatus) -> bool {
        match self {
            Self::Failure => event == Event::Failure,
            Self::Timeout => event == Event::Failure && status == AttemptStatus::Timeout,
            Self::Recovery => event == Event::Recovery,
            Self::WarnAfter => event == Event::WarnAfter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptStatus::{Abandoned, Cancelled, Denied, Failure, Success, Timeout};

    const NOW: Timestamp = Timestamp::from_secs(1_000);

    fn rule(name: &str, scope: Scope, on: &[Occasion], channel: &str) -> Rule {
        Rule {
            name: name.into(),
            scope,
            on: on.to_vec(),
            channel: channel.into(),
        }
    }

    fn told(event: Event, status: AttemptStatus, rules: &[Rule], silences: &[Silence]) -> Vec<Outgoing> {
        let labels = ["billing".to_owned()];
        let subject = Subject {
            job: Some(JobId(7)),
            labels: &labels,
            handler: "H",
        };
        outgoing(event, status, subject, rules, silences, NOW)
    }

    #[test]
    fn every_final_failure_but_a_cancel_is_told() {
        for status in [Failure, Timeout, Denied, Abandoned] {
            for failing in [false, true] {
                assert_eq!(ended(status, failing), Some(Event::Failure), "{status}");
            }
        }
        for failing in [false, true] {
            assert_eq!(ended(Cancelled, failing), None);
        }
    }

    #[test]
    fn a_success_is_told_only_after_a_failure() {
        assert_eq!(ended(Success, false), None);
        assert_eq!(ended(Success, true), Some(Event::Recovery));
    }

    #[test]
    fn a_rule_hears_of_what_it_waits_for_within_its_scope() {
        let failures = [Occasion::Failure];
        for (scope, hears) in [
            (Scope::All, true),
            (Scope::Label("billing".into()), true),
            (Scope::Label("bill".into()), false),
            (Scope::Job(JobId(7)), true),
            (Scope::Job(JobId(8)), false),
            (Scope::Handler("H".into()), true),
            (Scope::Handler("h".into()), false),
        ] {
            let rules = [rule("r", scope.clone(), &failures, "ops")];
            assert_eq!(
                told(Event::Failure, Failure, &rules, &[]).len(),
                usize::from(hears),
                "{scope:?}"
            );
        }
        let timeouts = [rule("r", Scope::All, &[Occasion::Timeout], "ops")];
        assert_eq!(told(Event::Failure, Timeout, &timeouts, &[]).len(), 1);
        assert_eq!(told(Event::Failure, Failure, &timeouts, &[]).len(), 0);
        let failures = [rule("r", Scope::All, &failures, "ops")];
        assert_eq!(told(Event::Failure, Timeout, &failures, &[]).len(), 1);
        assert_eq!(told(Event::Recovery, Success, &failures, &[]).len(), 0);
    }

    #[test]
    fn a_channel_gets_one_message_however_many_rules_name_it() {
        let both = [Occasion::Failure, Occasion::Timeout];
        let rules = [
            rule("a", Scope::All, &both, "ops"),
            rule("b", Scope::Job(JobId(7)), &both, "ops"),
            rule("c", Scope::All, &both, "team"),
        ];
        let out = told(Event::Failure, Timeout, &rules, &[]);
        assert_eq!(out.len(), 2);
        assert_eq!(
            (out[0].channel.as_str(), &out[0].rules),
            ("ops", &vec!["a".into(), "b".into()])
        );
    }

    #[test]
    fn a_silence_is_named_until_it_ends() {
        let rules = [rule("a", Scope::All, &[Occasion::Failure], "ops")];
        let silence = |until: i64, scope: Scope| Silence {
            id: 3,
            scope,
            until: Timestamp::from_secs(until),
        };
        let by = |silence: Silence| told(Event::Failure, Failure, &rules, &[silence])[0].silenced_by;
        assert_eq!(by(silence(1_001, Scope::Label("billing".into()))), Some(3));
        assert_eq!(by(silence(1_000, Scope::All)), None);
        assert_eq!(by(silence(2_000, Scope::Job(JobId(8)))), None);
    }

    #[test]
    fn tries_come_ever_later_and_end() {
        let mut now = NOW;
        let mut waits = Vec::new();
        for tries in 1.. {
            let Some(next) = next_try(tries, now) else { break };
            waits.push(next.since(now).as_secs());
            now = next;
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]);
        assert_eq!(next_try(u32::MAX, NOW), None);
    }
}
