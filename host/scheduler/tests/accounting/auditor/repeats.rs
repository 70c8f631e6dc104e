//! Ended runs that are carried out once more: each that may be, and no other, as new runs of what their job says now.

use wasmtab_domain::{
    ids::{JobId, RunId},
    policy::Overlap,
    repeat::{Refused, Wish},
    run::{Run, RunPolicy},
    status::Trigger,
    time::Timestamp,
};
use wasmtab_store::RepeatReply;

use super::{
    Books,
    rules::{self, Start},
    runs::{Release, Stands},
    unaccounted::Unaccounted,
};

impl Books {
    /// `runs` are parts of one fire.
    pub(super) fn repeated(
        &mut self,
        runs: &[RunId],
        wish: Wish,
        replies: &[RepeatReply],
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        let refused: Vec<_> = runs
            .iter()
            .map(|run| self.may_not_be_repeated(*run, wish))
            .collect();
        let parts: Vec<_> = runs
            .iter()
            .zip(&refused)
            .filter(|(_, refused)| refused.is_none())
            .map(|(run, _)| *run)
            .collect();
        let start = parts.first().map(|first| self.place(*first, wish));
        let new = match start {
            Some(Ok((job, start))) => self.carried_out_again(job, &parts, start, wish, now, made),
            _ => Vec::new(),
        };
        for ((old, refused), reply) in runs.iter().zip(refused).zip(replies) {
            let expected = match (refused, &start) {
                (Some(refused), _) => RepeatReply::Refused(refused),
                (None, Some(Err(active))) => {
                    self.count("repeat refused, overlap");
                    match reply {
                        RepeatReply::Refused(Refused::Overlap(run)) if active.contains(run) => *reply,
                        _ => RepeatReply::Refused(Refused::Overlap(active.first().copied().unwrap_or(*old))),
                    }
                }
                (None, _) => {
                    let at = parts.iter().position(|part| part == old);
                    RepeatReply::Made(at.and_then(|at| new.get(at)).map(|run| run.id))
                }
            };
            self.findings.same(
                "repeats",
                || format!("the repeat of run {old} at {now}"),
                reply,
                &expected,
            );
        }
    }

    fn may_not_be_repeated(&mut self, id: RunId, wish: Wish) -> Option<Refused> {
        let run = self.runs.get(&id)?;
        let job = run.job.and_then(|job| self.jobs.get(&job));
        let (refused, word) = if !matches!(run.stands, Stands::Ended(_)) {
            (Refused::Active, "active")
        } else if job.is_none_or(|job| job.deleted) {
            (Refused::JobDeleted, "no job")
        } else {
            let newest = self.repeats.get(&id).copied().filter(|_| !wish.again)?;
            (Refused::Repeated(newest), "again")
        };
        self.count(format!("repeat refused, {word}"));
        Some(refused)
    }

    /// How the new runs start, or which runs are in the way.
    fn place(&self, old: RunId, wish: Wish) -> Result<(JobId, Start), Vec<RunId>> {
        let job = self.runs.get(&old).and_then(|run| run.job);
        let Some((id, book)) = job.and_then(|id| Some((id, self.jobs.get(&id)?))) else {
            return Err(Vec::new());
        };
        let active = self.all_active(book);
        let overlap = wish.overlap.unwrap_or(book.spec.overlap);
        if wish.in_turn {
            let start = Start {
                held: !active.is_empty() && overlap != Overlap::Allow,
                cancels: false,
            };
            return Ok((id, start));
        }
        match rules::start(overlap, &active) {
            Some(start) => Ok((id, start)),
            None => Err(active.iter().map(|active| active.run).collect()),
        }
    }

    /// The new runs, in the order of the old ones.
    fn carried_out_again(
        &mut self,
        id: JobId,
        parts: &[RunId],
        start: Start,
        wish: Wish,
        now: Timestamp,
        made: &mut Unaccounted,
    ) -> Vec<Run> {
        self.count("repeat");
        let trigger = if wish.keep_instant {
            Trigger::Backfill
        } else {
            Trigger::Manual
        };
        let runs = made.group(Some(id), trigger).unwrap_or_default();
        let old: Vec<_> = parts.iter().filter_map(|part| self.runs.get(part)).collect();
        let Some(first) = old.first() else { return runs };
        let (upstream, instant, shards) = (first.upstream, first.scheduled_at, first.shard.count);
        let indices: Vec<_> = old.iter().map(|run| run.shard.index).collect();
        let (Some(book), Some(new)) = (self.jobs.get_mut(&id), runs.first()) else {
            let text = format!("runs {parts:?} of job {id} were to be repeated at {now}");
            self.findings.add("repeats", text);
            return runs;
        };
        let others = book.active.clone();
        book.active.push(new.id);
        let release = Release {
            shards,
            upstream,
            ..Release::of(book, Some(now), start.held)
        };
        let policy = RunPolicy::from(&book.spec);
        let expected = if wish.keep_instant { instant } else { now };
        for (run, part) in runs.iter().zip(parts) {
            self.findings.same(
                "repeats",
                || format!("run {} repeats what it was asked to, for its instant", run.id),
                &(run.retry_of, run.scheduled_at),
                &(Some(*part), expected),
            );
            self.repeats.insert(*part, run.id);
        }
        self.enter_parts(&runs, &indices, &policy, release);
        if start.cancels {
            self.cancel_groups(&others, now, made);
        }
        runs
    }
}
