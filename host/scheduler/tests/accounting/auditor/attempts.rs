//! Claims, begins and outcomes: nothing starts unclaimed, one owner at a time, one outcome an attempt.

use wasmtab_auditor::{Ended, Next, next};
use wasmtab_domain::{
    ids::{AttemptId, BootId, RunId},
    run::{Claim, Outcome},
    status::AttemptStatus,
    time::Timestamp,
};
use wasmtab_store::FinishReply;

use super::{
    Books,
    runs::{AttemptBook, Stands},
    unaccounted::Unaccounted,
};

impl Books {
    pub(super) fn claimed(
        &mut self,
        owner: BootId,
        places: (u32, u32),
        claims: &[Claim],
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        if !self.living.contains(&owner) {
            self.findings
                .add("claims", format!("{owner} claimed at {now} and is not there"));
        }
        self.expire(now, made);
        self.order(places, claims, now);
        for claim in claims {
            self.claim(owner, claim, now);
        }
    }

    /// Work that goes on elsewhere for too long has failed; that is noticed by whoever claims.
    fn expire(&mut self, now: Timestamp, made: &mut Unaccounted) {
        let mut late: Vec<_> = self
            .runs
            .iter()
            .filter_map(|(id, run)| match run.stands {
                Stands::Parked(_, until) if until <= now => Some((until, *id)),
                _ => None,
            })
            .collect();
        late.sort_unstable();
        let late: Vec<_> = late
            .into_iter()
            .map(|(_, run)| (run, AttemptStatus::Timeout, false))
            .collect();
        if !late.is_empty() {
            self.count("parked for too long");
        }
        self.accept(&late, now, made);
    }

    pub(super) fn claim(&mut self, owner: BootId, claim: &Claim, now: Timestamp) {
        let (id, attempt) = (claim.run_id, claim.attempt_id);
        let claimable = self.runs.get(&id).is_some_and(|run| self.is_claimable(run, now));
        if !claimable {
            let text = format!("run {id} was claimed at {now}: {}", self.stands(id));
            self.findings.add("claims", text);
        }
        self.runs_on(claim);
        let Some(run) = self.runs.get_mut(&id) else { return };
        let due = match run.stands {
            Stands::Waiting { due, .. } => due,
            _ => None,
        };
        let found = (
            claim.execute_index,
            Some(claim.due_at),
            claim.shard,
            &*claim.policy,
        );
        let expected = (run.attempts.len() as u32 + 1, due, run.shard, &run.policy);
        self.findings.same(
            "claims",
            || format!("the claim of run {id} at {now}"),
            &found,
            &expected,
        );
        run.attempts.push(AttemptBook {
            id: Some(attempt),
            claim: Some((owner, now)),
            version: claim.binding.as_ref().map(|binding| binding.version),
            due,
            began: None,
            end: None,
        });
        run.stands = Stands::Running(attempt);
        if self.owners.insert(attempt, id).is_some() {
            self.findings
                .add("claims", format!("attempt {attempt} was claimed twice"));
        }
        self.count("claim");
    }

    pub(super) fn began(&mut self, owner: BootId, attempt: AttemptId, now: Timestamp) {
        let run = self.owners.get(&attempt).and_then(|run| self.runs.get_mut(run));
        let Some(run) = run else {
            self.findings
                .add("claims", format!("attempt {attempt} began without a claim"));
            return;
        };
        let stands = run.stands;
        let book = run.attempts.iter_mut().find(|book| book.id == Some(attempt));
        let is_owned = book.is_some_and(|book| {
            let is_owned = book.claim.is_some_and(|(by, _)| by == owner) && book.began.is_none();
            book.began = Some(now);
            is_owned
        });
        if !self.living.contains(&owner) || !is_owned || stands != Stands::Running(attempt) {
            let text = format!("attempt {attempt} began for {owner} and is not its to carry out");
            self.findings.add("claims", text);
        }
    }

    pub(super) fn finished(
        &mut self,
        outcomes: &[Outcome],
        replies: &[FinishReply],
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        self.findings
            .same("tokens", || "replies".to_owned(), &replies.len(), &outcomes.len());
        let mut ended = Vec::new();
        for (outcome, reply) in outcomes.iter().zip(replies) {
            let (run, attempt) = (outcome.run_id, outcome.attempt_id);
            let owner = self.runs.get(&run).filter(|run| match run.stands {
                Stands::Running(owner) | Stands::Parked(owner, _) => owner == attempt,
                _ => false,
            });
            let expected = match (owner.map(|run| run.cancelled), outcome.pending_until) {
                (None, _) => {
                    self.count("outcome refused");
                    FinishReply::Refused
                }
                (Some(false), Some(until)) => {
                    self.park(run, attempt, until);
                    FinishReply::Pending
                }
                // A cancel that came before the work was handed over ends it.
                (Some(true), Some(_)) => self.finish(run, AttemptStatus::Cancelled, false, now, &mut ended),
                (Some(_), None) => self.finish(run, outcome.status, outcome.permanent, now, &mut ended),
            };
            let rule = if expected == FinishReply::Refused {
                "tokens"
            } else {
                "retries"
            };
            let text = || format!("attempt {attempt} of run {run} ended {} at {now}", outcome.status);
            self.findings.same(rule, text, reply, &expected);
        }
        self.follow(&ended, now, made);
    }

    pub(super) fn rescued(&mut self, living: BootId, count: u64, now: Timestamp, made: &mut Unaccounted) {
        let lost = self.abandon(now, |owner, _| owner != living, made);
        self.findings
            .same("tokens", || format!("attempts rescued at {now}"), &count, &lost);
    }

    pub(super) fn gave_back(
        &mut self,
        owner: BootId,
        known: &[AttemptId],
        count: u64,
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        let lost = self.abandon(now, |by, attempt| by == owner && !known.contains(&attempt), made);
        self.findings.same(
            "tokens",
            || format!("attempts given back at {now}"),
            &count,
            &lost,
        );
        self.count(if lost > 0 {
            "given back"
        } else {
            "nothing given back"
        });
    }

    fn abandon(
        &mut self,
        now: Timestamp,
        is_lost: impl Fn(BootId, AttemptId) -> bool,
        made: &mut Unaccounted,
    ) -> u64 {
        let lost: Vec<_> = self
            .runs
            .iter()
            .filter(|(_, run)| {
                let last = run.attempts.last();
                let owner = last.and_then(|attempt| attempt.claim);
                matches!((run.stands, owner), (Stands::Running(attempt), Some((owner, _))) if is_lost(owner, attempt))
            })
            .map(|(id, _)| (*id, AttemptStatus::Abandoned, false))
            .collect();
        self.accept(&lost, now, made);
        lost.len() as u64
    }

    fn accept(&mut self, ends: &[(RunId, AttemptStatus, bool)], now: Timestamp, made: &mut Unaccounted) {
        let mut ended = Vec::new();
        for (run, status, permanent) in ends {
            self.finish(*run, *status, *permanent, now, &mut ended);
        }
        self.follow(&ended, now, made);
    }

    fn park(&mut self, id: RunId, attempt: AttemptId, until: Timestamp) {
        self.count("parked");
        if let Some(run) = self.runs.get_mut(&id) {
            run.stands = Stands::Parked(attempt, until);
        }
    }

    /// The owner's outcome of the run's attempt is accepted.
    fn finish(
        &mut self,
        id: RunId,
        status: AttemptStatus,
        permanent: bool,
        now: Timestamp,
        ended: &mut Vec<RunId>,
    ) -> FinishReply {
        let Some(run) = self.runs.get_mut(&id) else {
            return FinishReply::Refused;
        };
        let end = Ended {
            status,
            permanent,
            cancelled: run.cancelled,
            retries: run.retries,
            deaths: run.deaths,
        };
        let next = next(end, &run.policy.retry, now);
        let due = match next {
            Next::Ends => None,
            Next::Retry(at) => Some(at),
            Next::Again => Some(now),
        };
        if let Some(attempt) = run.attempts.last_mut() {
            attempt.end = Some((status, due));
        }
        match next {
            Next::Ends => {
                self.end(id, status);
                ended.push(id);
                return FinishReply::Ended;
            }
            Next::Retry(_) => run.retries += 1,
            Next::Again => run.deaths += 1,
        }
        run.stands = Stands::Waiting {
            due,
            retry: matches!(next, Next::Retry(_)),
        };
        self.count(if matches!(next, Next::Retry(_)) {
            "retry"
        } else {
            "repeated after a death"
        });
        FinishReply::Retry(due.unwrap_or(now))
    }
}
