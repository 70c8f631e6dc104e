//! Many runs at once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use wasmtab_domain::{
    ids::{JobId, RunId},
    limits,
    policy::Overlap,
    repeat::{Refused, Wish},
    run::{Run, RunStatus},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};
use wasmtab_store::{CancelReply, NewRepeats, Principal, RepeatReply, Role, RunFilter};

use super::{
    AUDITED, BATCH, SHOWN, failure,
    select::{Chosen, RunSelect},
};
use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    instants::Zones,
    repeat::not_repeated,
    service::{Change, Service, authorize},
    view::{BulkRunView, BulkRunsView},
};

/// What is done to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunAction {
    /// Those that go on are asked to end.
    Cancel,
    /// Those that did not succeed are repeated, planned for now.
    Retry,
    /// Those that did not succeed are repeated for the instant that they were planned for.
    Rerun,
}

/// An operation on many runs.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkRuns {
    /// What is done to each.
    pub action: RunAction,
    /// Which.
    pub select: RunSelect,
    /// Whether to stop at the preview.
    #[serde(default)]
    pub dry_run: bool,
    /// With `retry` and `rerun`: whether runs are repeated that were repeated before.
    #[serde(default)]
    pub again: bool,
    /// With `retry` and `rerun`, in place of each job's own rule: `allow` lets the new runs of a job begin at once. Otherwise
    /// they follow one another, and whatever run of the job goes on.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub overlap: Option<Overlap>,
}

/// As much of a run as deciding about it takes.
struct Found {
    id: RunId,
    job: Option<JobId>,
    name: Option<String>,
    scheduled_at: Timestamp,
    status: RunStatus,
}

/// What became of the runs so far.
struct Outcome {
    view: BulkRunsView,
    zones: Zones,
    /// Names of the jobs of runs that changed, and these runs, for the audit log.
    names: BTreeSet<String>,
    runs: Vec<RunId>,
}

impl Service {
    /// Does one thing to many runs, or tells what it would do. A run that is refused keeps no other from its turn.
    pub async fn bulk_runs(&self, by: &Principal, request: BulkRuns) -> ServiceResult<BulkRunsView> {
        authorize(by, Role::Operator)?;
        request.check()?;
        let chosen = request.select.read(self).await?;
        let mut outcome = Outcome {
            view: BulkRunsView::new(request.action, request.dry_run),
            zones: Zones::default(),
            names: BTreeSet::new(),
            runs: Vec::new(),
        };
        let found = self.find_chosen(&request, chosen, &mut outcome).await?;
        let worked = match request.action {
            RunAction::Cancel => self.cancel_all(by, &request, found, &mut outcome).await,
            RunAction::Retry | RunAction::Rerun => self.repeat_all(by, &request, found, &mut outcome).await,
        };
        // What was done before a failure of the database is done: the audit log has it all the same.
        if outcome.view.changed > 0 && !request.dry_run {
            let after = json!({
                "select": request.select, "changed": outcome.view.changed, "failed": outcome.view.failed,
                "names": outcome.names, "runs": outcome.runs,
            });
            self.audit(by, request.action.audited(), "runs".into(), Change::made(after))
                .await;
        }
        worked?;
        Ok(outcome.view)
    }

    /// The runs that the action is for. Those that were named and are not fit for it are failures.
    async fn find_chosen(
        &self,
        request: &BulkRuns,
        chosen: Chosen<RunId, RunFilter>,
        outcome: &mut Outcome,
    ) -> ServiceResult<Vec<Found>> {
        let mut found = Vec::new();
        match chosen {
            Chosen::Ids(ids) => {
                for id in ids {
                    outcome.view.matched += 1;
                    let Some(run) = self.store.run(id).await? else {
                        outcome.fails(id, None, &ServiceError::not_found(format!("run {id}")));
                        continue;
                    };
                    match request.action.refusal(&run) {
                        Some(error) => outcome.fails(id, run.job_name, &error),
                        None => found.push(Found::from(run)),
                    }
                }
            }
            Chosen::Filter(filter) => {
                let wants_active = request.action == RunAction::Cancel;
                // Success is repeated only where it was asked for by its name.
                let all_ends = filter.state.is_some();
                let filter = RunFilter {
                    active: Some(wants_active),
                    ..filter
                };
                let mut before = None;
                loop {
                    let page = self.store.runs(&filter, before, 2 * BATCH as u32).await?;
                    let fit = |run: &Run| {
                        wants_active || all_ends || run.status != RunStatus::Ended(AttemptStatus::Success)
                    };
                    found.extend(page.items.into_iter().filter(fit).map(Found::from));
                    if !wants_active && found.len() > limits::REPEATED_RUNS {
                        let most = limits::REPEATED_RUNS;
                        let reason =
                            format!("more than {most} runs meet it; narrow it by since, until or label");
                        return Err(ServiceError::field("select", reason));
                    }
                    before = page.next;
                    if before.is_none() {
                        break;
                    }
                }
                outcome.view.matched = found.len() as u64;
            }
        }
        Ok(found)
    }

    async fn cancel_all(
        &self,
        by: &Principal,
        request: &BulkRuns,
        mut found: Vec<Found>,
        outcome: &mut Outcome,
    ) -> ServiceResult<()> {
        // Those that wait first, and the newest of them first: none gets its turn because the one before it has ended here.
        let running = RunStatus::Active(RunState::Running);
        found.sort_by_key(|run| (run.status == running, std::cmp::Reverse(run.id)));
        for batch in found.chunks(BATCH) {
            let ids: Vec<_> = batch.iter().map(|run| run.id).collect();
            let replies = if request.dry_run {
                vec![CancelReply::Ended; ids.len()]
            } else {
                self.store.cancel_runs(&ids, &by.name, self.now()).await?
            };
            for (run, reply) in batch.iter().zip(replies) {
                match reply {
                    CancelReply::Ended | CancelReply::Asked(_) => {
                        outcome.changes(self, run, None).await?;
                    }
                    // It ended by itself between the look and the wish.
                    CancelReply::AlreadyEnded | CancelReply::NotFound => outcome.view.unchanged += 1,
                }
            }
        }
        Ok(())
    }

    async fn repeat_all(
        &self,
        by: &Principal,
        request: &BulkRuns,
        mut found: Vec<Found>,
        outcome: &mut Outcome,
    ) -> ServiceResult<()> {
        found.sort_by_key(|run| (run.scheduled_at, run.job, run.id));
        let wish = Wish {
            keep_instant: request.action == RunAction::Rerun,
            again: request.again,
            overlap: request.overlap,
            in_turn: true,
        };
        let mut left = found.as_slice();
        while !left.is_empty() {
            let (batch, rest) = left.split_at(batch_end(left));
            left = rest;
            let repeats = NewRepeats {
                runs: batch.iter().map(|run| run.id).collect(),
                wish,
                dry_run: request.dry_run,
                by: by.name.clone(),
                now: self.now(),
            };
            let replies = self.store.repeat(repeats).await?;
            for (run, reply) in batch.iter().zip(replies) {
                match reply {
                    RepeatReply::Made(new) => outcome.changes(self, run, new).await?,
                    RepeatReply::Refused(Refused::Repeated(_)) => {
                        outcome.view.unchanged += 1;
                        outcome.view.repeated += 1;
                    }
                    RepeatReply::Refused(refused) => {
                        outcome.fails(run.id, run.name.clone(), &not_repeated(run.id, refused));
                    }
                    RepeatReply::NotFound => {
                        let error = ServiceError::not_found(format!("run {}", run.id));
                        outcome.fails(run.id, run.name.clone(), &error);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Where a batch ends: the shards of a fire are repeated together.
fn batch_end(runs: &[Found]) -> usize {
    let Some(last) = BATCH.checked_sub(1).and_then(|last| runs.get(last)) else {
        return runs.len();
    };
    let same =
        |run: &&Found| run.job.is_some() && (run.scheduled_at, run.job) == (last.scheduled_at, last.job);
    BATCH + runs[BATCH..].iter().take_while(same).count()
}

impl From<Run> for Found {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            job: run.job_id,
            name: run.job_name.or(Some(run.handler_name)),
            scheduled_at: run.scheduled_at,
            status: run.status,
        }
    }
}

impl Outcome {
    async fn changes(&mut self, service: &Service, run: &Found, new: Option<RunId>) -> ServiceResult<()> {
        self.view.changed += 1;
        if self.runs.len() < AUDITED {
            self.runs.push(run.id);
            self.names.extend(run.name.clone());
        }
        if self.view.items.len() < SHOWN {
            let zone = self.zones.of(service, run.job).await?;
            self.view.items.push(BulkRunView {
                id: run.id.to_string(),
                job_id: run.job.map(|job| job.0),
                name: run.name.clone(),
                scheduled_at: run.scheduled_at.in_zone(zone),
                status: run.status.to_string(),
                run_id: new.map(|run| run.to_string()),
            });
        }
        Ok(())
    }

    fn fails(&mut self, id: RunId, name: Option<String>, error: &ServiceError) {
        self.view.failed += 1;
        if self.view.failures.len() < SHOWN {
            self.view.failures.push(failure(id.to_string(), name, error));
        }
    }
}

impl RunAction {
    /// Why the action is not for a run that was named by its id.
    fn refusal(self, run: &Run) -> Option<ServiceError> {
        match (self, run.status) {
            (Self::Cancel, RunStatus::Ended(_)) => {
                let detail = format!("run {} has ended already", run.id);
                Some(
                    Conflict::new(ConflictKind::RunEnded, detail)
                        .with_run(run.id)
                        .into(),
                )
            }
            (Self::Retry | Self::Rerun, RunStatus::Active(_)) => Some(not_repeated(run.id, Refused::Active)),
            _ => None,
        }
    }

    const fn audited(self) -> &'static str {
        match self {
            Self::Cancel => "runs.cancel",
            Self::Retry => "runs.retry",
            Self::Rerun => "runs.rerun",
        }
    }
}

impl BulkRuns {
    /// Refuses what does not go with the action.
    fn check(&self) -> ServiceResult<()> {
        for (field, said) in [("again", self.again), ("overlap", self.overlap.is_some())] {
            if said && self.action == RunAction::Cancel {
                return Err(ServiceError::field(field, "goes with retry and rerun"));
            }
        }
        Ok(())
    }
}
