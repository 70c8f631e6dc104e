//! One of the two databases, and what is asked of it.

#![expect(
    clippy::unwrap_used,
    reason = "a database that does not answer fails the comparison by a panic"
)]

use std::{
    collections::HashMap,
    fmt::{Debug, Write as _},
    sync::Arc,
};

use serde_json::json;
use wasmtab_domain::{
    alert::{Occasion, Rule, Scope},
    grant::Grants,
    ids::{BootId, JobId, RunId},
    job::{JobSpec, read_windows},
    plugin::{Description, PluginKind, VersionFacts},
    repeat::Wish,
    run::{Claim, Outcome, RunPolicy},
    status::AttemptStatus,
    time::Timestamp,
};
use wasmtab_store::{
    BindRequest, Calendar, Channel, ClaimRequest, HoldRequest, JobChange, JobChanges, JobWrite, LogKey,
    NewBackfill, NewCall, NewRepeats, NewSilence, NewTrigger, NewVersion, NodeInfo, PauseRequest, RunFilter,
    StateScope, Store, StoredRule, TakeDeliveries, Tried, conformance::at,
};

use crate::{
    jobs::{self, HANDLERS},
    operation::{End, Operation},
};

/// A page that holds everything a sequence makes.
pub(crate) const ALL: u32 = 100_000;
/// When the leases of processes that live run out.
const LASTING: Timestamp = at(1_000_000_000);
/// Ids that a store makes itself have at least so many digits; instants have fewer.
const DIGITS: usize = 17;

/// A database, and what it told of its own.
pub(crate) struct Side {
    pub(crate) store: Arc<dyn Store>,
    /// The claims of all processes, newest last.
    claims: Vec<Claim>,
    /// Deliveries that were taken.
    taken: Vec<i64>,
    /// The first of the two processes that live.
    pub(crate) boot: i64,
    /// Ids by their order of appearance: the databases give different ones.
    names: HashMap<String, usize>,
}

pub(crate) fn length(secs: u32) -> std::time::Duration {
    std::time::Duration::from_secs(secs.into())
}

impl Side {
    pub(crate) async fn new(store: Arc<dyn Store>) -> Self {
        let side = Self {
            store,
            claims: Vec::new(),
            taken: Vec::new(),
            boot: 1,
            names: HashMap::new(),
        };
        side.enter(at(0)).await;
        side
    }

    /// Two processes.
    async fn enter(&self, now: Timestamp) {
        for second in [0, 1] {
            let node = NodeInfo {
                boot_id: BootId(self.boot + second),
                name: format!("node {second}"),
                started_at: now.plus(length(second as u32)),
                seen_at: now,
                lease_until: LASTING,
                stopped_at: None,
            };
            self.store.register_node(node).await.unwrap();
        }
    }

    /// The answer, with every id by its order of appearance.
    pub(crate) async fn carry_out(&mut self, operation: &Operation, now: Timestamp) -> String {
        let said = self.answer(operation, now).await;
        self.named(&said)
    }

    pub(crate) fn named(&mut self, text: &str) -> String {
        let mut named = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find(|c: char| c.is_ascii_digit()) {
            let digits = rest[begin..].find(|c: char| !c.is_ascii_digit());
            let end = digits.map_or(rest.len(), |digits| begin + digits);
            named.push_str(&rest[..begin]);
            let number = &rest[begin..end];
            if number.len() < DIGITS {
                named.push_str(number);
            } else {
                let next = self.names.len();
                let place = *self.names.entry(number.to_owned()).or_insert(next);
                write!(named, "#{place}").expect("a text takes more");
            }
            rest = &rest[end..];
        }
        named.push_str(rest);
        named
    }

    async fn runs(&self) -> Vec<RunId> {
        let page = self.store.runs(&RunFilter::default(), None, ALL).await.unwrap();
        page.items.iter().map(|run| run.id).collect()
    }

    async fn some_runs(&self, places: &[usize]) -> Vec<RunId> {
        let runs = self.runs().await;
        places
            .iter()
            .filter_map(|place| runs.get(place % runs.len().max(1)).copied())
            .collect()
    }

    /// The newest claim is at 0.
    fn claim(&self, place: usize) -> Option<&Claim> {
        let last = self.claims.len().checked_sub(1)?;
        self.claims.get(last - place % self.claims.len())
    }

    async fn answer(&mut self, operation: &Operation, now: Timestamp) -> String {
        let store = Arc::clone(&self.store);
        let by = "ann".to_owned();
        match operation {
            Operation::Create(said) => match jobs::spec(said) {
                None => "no job".into(),
                Some(spec) => {
                    let source = Some("file".into());
                    show(
                        store
                            .create_job(JobWrite {
                                spec,
                                source,
                                by,
                                now,
                            })
                            .await,
                    )
                }
            },
            Operation::Edit(id, said, fresh) => match jobs::spec(said) {
                None => "no job".into(),
                Some(spec) => {
                    let source = None;
                    let write = JobWrite {
                        spec,
                        source,
                        by,
                        now,
                    };
                    let expected = (!fresh).then_some(1);
                    show(store.update_job(JobId(*id), expected, write).await)
                }
            },
            Operation::Pause(id, secs) => {
                let request = PauseRequest {
                    until: secs.map(|secs| now.plus(length(secs))),
                    note: secs.map(|_| "inventory".into()),
                    by,
                    now,
                };
                show(store.pause_job(JobId(*id), request).await)
            }
            Operation::Resume(id) => show(store.resume_job(JobId(*id), &by, now).await),
            Operation::Delete(id) => show(store.delete_job(JobId(*id), &by, now).await),
            Operation::ChangeAll(changes) => {
                let mut all = Vec::new();
                for (id, kind) in changes {
                    let change = match kind {
                        0 => JobChange::Pause {
                            until: None,
                            note: None,
                        },
                        1 => JobChange::Resume,
                        2 => JobChange::Delete,
                        _ => match store.job(JobId(*id)).await.unwrap() {
                            Some(job) => {
                                let mut spec = JobSpec::clone(&job.spec);
                                spec.owner = Some("bulk".into());
                                JobChange::Update(Box::new(spec), job.revision)
                            }
                            None => JobChange::Resume,
                        },
                    };
                    all.push((JobId(*id), change));
                }
                let changes = JobChanges {
                    changes: all,
                    by,
                    now,
                };
                show(store.change_jobs(changes).await)
            }
            Operation::Trigger(id, overlap, param) => {
                let trigger = NewTrigger {
                    job_id: JobId(*id),
                    handler_param: param.clone(),
                    overlap: *overlap,
                    by,
                    now,
                };
                show(store.trigger(trigger).await)
            }
            Operation::Call(secs, param) => {
                let spec =
                    jobs::spec(&json!({"name": "call", "handlerName": "H", "every": 60, "retryCount": 1}));
                let call = NewCall {
                    handler_name: HANDLERS[0].into(),
                    handler_param: Some(param.clone()),
                    at: now.plus(length(*secs)),
                    policy: RunPolicy::from(&spec.expect("a job")),
                    by,
                    now,
                };
                show(store.call(call).await)
            }
            Operation::Backfill(id, fires, overlap) => {
                let backfill = NewBackfill {
                    job_id: JobId(*id),
                    fires: (1..=i64::from(*fires)).map(|fire| at(-fire * 60)).rev().collect(),
                    handler_param: None,
                    overlap: *overlap,
                    by,
                    now,
                };
                show(store.backfill(backfill).await)
            }
            Operation::Repeat(places, keep_instant, again, dry_run) => {
                let repeats = NewRepeats {
                    runs: self.some_runs(places).await,
                    wish: Wish {
                        keep_instant: *keep_instant,
                        again: *again,
                        overlap: None,
                        in_turn: *again,
                    },
                    dry_run: *dry_run,
                    by,
                    now,
                };
                show(store.repeat(repeats).await)
            }
            Operation::Release(limit) => show(store.release_due(now, *limit).await),
            Operation::Replan => show(store.replan(now).await),
            Operation::Claim {
                second,
                limit,
                by_age,
            } => {
                let request = ClaimRequest {
                    boot_id: BootId(self.boot + i64::from(*second)),
                    node: "node".into(),
                    now,
                    limit: *limit,
                    by_age: *by_age,
                };
                let claimed = store.claim_due(&request).await;
                if let Ok(claimed) = &claimed {
                    self.claims.extend(claimed.claims.iter().cloned());
                }
                show(claimed)
            }
            Operation::Begin(place) => match self.claim(*place) {
                None => "no claim".into(),
                Some(claim) => show(store.mark_running(&[(claim.attempt_id, now)]).await),
            },
            Operation::Finish(ends) => {
                let outcomes: Vec<_> = ends
                    .iter()
                    .filter_map(|(place, end)| Some(outcome(self.claim(*place)?, end, now)))
                    .collect();
                show(store.finish(&outcomes, now).await)
            }
            Operation::Cancel(place) => match self.some_runs(&[*place]).await.first() {
                None => "no run".into(),
                Some(run) => show(store.cancel_run(*run, &by, now).await),
            },
            Operation::CancelSeveral(places) => {
                let runs = self.some_runs(places).await;
                show(store.cancel_runs(&runs, &by, now).await)
            }
            Operation::GiveBack(place) => {
                let known: Vec<_> = self
                    .claim(*place)
                    .map(|claim| claim.attempt_id)
                    .into_iter()
                    .collect();
                show(store.give_back(BootId(self.boot), &known, now).await)
            }
            Operation::TakeOver => {
                let dead = [BootId(self.boot), BootId(self.boot + 1)];
                // One database knows that they are dead by their leases, the other one by being alone.
                for boot in dead {
                    store.heartbeat(boot, now, at(-1_000_000)).await.unwrap();
                }
                self.boot += 2;
                self.enter(now).await;
                let rescued = show(store.rescue(BootId(self.boot), now).await);
                for boot in dead {
                    store.retire_node(boot, now).await.unwrap();
                }
                rescued
            }
            Operation::Heartbeat(second) => {
                let boot = BootId(self.boot + i64::from(*second));
                show(store.heartbeat(boot, now, LASTING).await)
            }
            Operation::Warn(place) => match self.claim(*place) {
                None => "no claim".into(),
                Some(claim) => show(store.warn(&[(claim.run_id, claim.attempt_id)], now).await),
            },
            other => self.answer_about_the_rest(other, now).await,
        }
    }

    /// Handlers, calendars, messages, state and the log.
    async fn answer_about_the_rest(&mut self, operation: &Operation, now: Timestamp) -> String {
        let store = Arc::clone(&self.store);
        let by = "ann".to_owned();
        match operation {
            Operation::Push(content) => show(store.push_version(version(*content, now)).await),
            Operation::Activate(number) => {
                let description = Description {
                    name: "plug".into(),
                    summary: format!("version {number}"),
                    parameter_schema: None,
                    suggested_handler_name: HANDLERS[0].into(),
                };
                show(store.activate("plug", *number, &description, &by, now).await)
            }
            Operation::DeleteVersion(number) => show(store.delete_version("plug", *number).await),
            Operation::Bind(handler, most, version) => {
                let request = BindRequest {
                    name: HANDLERS[*handler].into(),
                    plugin: "plug".into(),
                    version: *version,
                    grants: Grants::default(),
                    secrets: vec![("key".into(), most.map(|most| most.to_string()))],
                    max_concurrency: *most,
                    expected: None,
                    by,
                    now,
                };
                show(store.bind(request).await)
            }
            Operation::Hold(handler) => {
                let note = None;
                show(
                    store
                        .hold_handler(HANDLERS[*handler], HoldRequest { note, by, now })
                        .await,
                )
            }
            Operation::LetGo(handler) => show(store.release_handler(HANDLERS[*handler]).await),
            Operation::Unbind(handler) => show(store.unbind(HANDLERS[*handler]).await),
            Operation::PutCalendar(day) => {
                let windows = json!([{"date": format!("2026-01-0{}", day + 5)}]);
                let calendar = Calendar {
                    name: "cal".into(),
                    windows: read_windows(&windows).expect("a window"),
                    updated_at: now,
                    updated_by: by,
                };
                show(store.put_calendar(calendar).await)
            }
            Operation::DeleteCalendar => show(store.delete_calendar("cal").await),
            Operation::PutChannel(enabled) => {
                let channel = Channel {
                    name: "ops".into(),
                    url: "https://example.com/ops".into(),
                    secret: None,
                    enabled: *enabled,
                    updated_at: now,
                    updated_by: by,
                };
                show(store.put_channel(channel).await)
            }
            Operation::PutRule(which) => {
                let scope = match which {
                    0 => Scope::All,
                    1 => Scope::Label("x".into()),
                    2 => Scope::Job(JobId(1)),
                    _ => Scope::Handler(HANDLERS[0].into()),
                };
                let rule = StoredRule {
                    rule: Rule {
                        name: format!("rule {which}"),
                        scope,
                        on: Occasion::ALL.to_vec(),
                        channel: "ops".into(),
                    },
                    updated_at: now,
                    updated_by: by,
                };
                show(store.put_rule(rule).await)
            }
            Operation::DeleteRule(which) => show(store.delete_rule(&format!("rule {which}")).await),
            Operation::Silence(secs) => {
                let silence = NewSilence {
                    scope: Scope::Handler(HANDLERS[0].into()),
                    until: now.plus(length(*secs)),
                    note: None,
                    by,
                    now,
                };
                show(store.create_silence(silence).await)
            }
            Operation::TakeDeliveries => {
                let take = TakeDeliveries {
                    busy: Vec::new(),
                    per_channel: ALL,
                    limit: ALL,
                    now,
                    lease_until: now.plus(length(30)),
                };
                let mut taken = store.take_deliveries(take).await.unwrap();
                taken.deliveries.sort_by_key(|delivery| delivery.id);
                self.taken
                    .extend(taken.deliveries.iter().map(|delivery| delivery.id));
                format!("{taken:?}")
            }
            Operation::Tried(place, well) => {
                let Some(id) = self.taken.get(place % self.taken.len().max(1)) else {
                    return "nothing taken".into();
                };
                let tried = Tried {
                    answer: Some(if *well { 204 } else { 500 }),
                    error: (!well).then(|| "no".into()),
                    again_at: (place % 2 == 0).then(|| now.plus(length(60))),
                };
                show(store.tried(*id, tried, now).await)
            }
            Operation::SetState(id, key, bytes) => {
                let value = vec![7; usize::from(*bytes)];
                show(store.state_set(&scope(*id), key, &value, 60).await)
            }
            Operation::DeleteState(id, key) => show(store.state_delete(&scope(*id), key).await),
            Operation::ClearState(id, prefix) => show(store.state_clear(&scope(*id), prefix, 2).await),
            Operation::Forget(place) => {
                let runs = self.some_runs(&[*place, place + 1]).await;
                let keys: Vec<_> = runs.iter().map(|run| LogKey(run.0)).collect();
                show(store.remove_from_log(&keys).await)
            }
            other => unreachable!("{other:?} is answered elsewhere"),
        }
    }
}

fn show(answer: impl Debug) -> String {
    format!("{answer:?}")
}

pub(crate) fn scope(job: i64) -> StateScope {
    match job {
        5 => StateScope::Handler(HANDLERS[0].into()),
        job => StateScope::Job(JobId(job)),
    }
}

fn version(content: u8, now: Timestamp) -> NewVersion {
    NewVersion {
        plugin: "plug".into(),
        label: (content == 3).then(|| "third".into()),
        facts: VersionFacts {
            digest: format!("digest {content}"),
            size: 1,
            kind: PluginKind::Handler,
            imports: Vec::new(),
            exports: Vec::new(),
            capabilities: Vec::new(),
        },
        content: vec![content],
        by: "ann".into(),
        now,
    }
}

fn outcome(claim: &Claim, end: &End, now: Timestamp) -> Outcome {
    let (status, permanent, pending) = match end {
        End::As(status) => (*status, false, None),
        End::Permanent => (AttemptStatus::Failure, true, None),
        End::Pending(secs) => (AttemptStatus::Running, false, Some(now.plus(length(*secs)))),
    };
    let success = status == AttemptStatus::Success;
    Outcome {
        begin_time: Some(now),
        duration: pending.is_none().then_some(1),
        result: success.then(|| format!("\"ended\\ at {now}\"")),
        error: (!success).then(|| "wrong, \u{1f980}\n".into()),
        pending_until: pending,
        permanent,
        fuel_used: Some(u64::MAX),
        peak_memory: Some(65_536),
        ..Outcome::bare(claim.attempt_id, claim.run_id, status, now)
    }
}
