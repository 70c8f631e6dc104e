//! Carrying one claimed attempt out: what its handler's name is bound to, what it may touch, how it ended.

use std::{
    collections::HashMap,
    error::Error as StdError,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use async_trait::async_trait;
use bytes::Bytes;
use wasmtab_domain::{
    completion::CompletionKey,
    digest::Digest,
    grant::{self, Grants, SecretValues},
    run::{Binding, Claim, Outcome, Refusal},
    status::AttemptStatus,
    time::Timestamp,
};
use wasmtab_runtime::{
    Attempt, AttemptContext, AttemptReport, Control, Handler, Limits, LiveAttempt, LiveLog, LiveLogs,
    LoadError, Observer, Runtime, Source, StateError, StateStore, Upstream,
};
use wasmtab_store::{StateError as StoredStateError, StateScope, Store, StoreError};

use crate::clock::Timer;

/// Carries claimed attempts out. The product has one, [`Sandbox`]; tests have others.
///
/// No trait object: an attempt's future is part of the task that carries it out, and not allocated anew for each.
pub trait Executor: Send + Sync + 'static {
    /// Runs the attempt to its end, calling `on_begin` when the guest begins.
    fn execute(
        &self,
        claim: Claim,
        control: &Control,
        on_begin: impl Fn() + Send + Sync + 'static,
    ) -> impl Future<Output = Outcome> + Send;

    /// Attempts of this handler are about to be claimed: what the first of them would wait for may be done before.
    fn prepare(&self, handler_name: &str, binding: &Binding) -> impl Future<Output = ()> + Send;
}

/// Runs attempts as components on wasmtime.
pub struct Sandbox {
    store: Arc<dyn Store>,
    runtime: Arc<Runtime>,
    timer: Arc<dyn Timer>,
    completion: CompletionKey,
    live: Arc<LiveLogs>,
    /// What a handler may touch, by its name, as of a revision.
    permissions: Mutex<HashMap<String, Permissions>>,
}

#[derive(Clone)]
struct Permissions {
    revision: i64,
    grants: Arc<Grants>,
    secrets: Arc<SecretValues>,
}

impl Sandbox {
    /// A sandbox whose handlers, grants and state are in `store`. What its attempts write can be read along in `live`.
    pub fn new(
        store: Arc<dyn Store>,
        runtime: Arc<Runtime>,
        timer: Arc<dyn Timer>,
        completion: CompletionKey,
        live: Arc<LiveLogs>,
    ) -> Self {
        Self {
            store,
            runtime,
            timer,
            completion,
            live,
            permissions: Mutex::default(),
        }
    }

    async fn run(
        &self,
        claim: &Claim,
        binding: &Binding,
        control: &Control,
        on_begin: impl Fn() + Send + Sync + 'static,
    ) -> Result<(AttemptReport, Timestamp), Failed> {
        let (handler, permissions) = self.ready(&claim.handler_name, binding).await?;
        let begin = self.timer.now();
        let log = LiveLog::new();
        let _entry = self.live.enter(
            claim.run_id,
            LiveAttempt {
                attempt_id: claim.attempt_id,
                execute_index: claim.execute_index,
                log: log.clone(),
            },
        );
        let attempt = Attempt {
            context: context(claim, begin, &self.completion),
            param: claim.handler_param.clone(),
            limits: Limits {
                timeout: claim.policy.monitor_timeout.to_duration(),
                fuel: claim.policy.fuel,
                memory: claim.policy.memory_limit,
            },
            state: Arc::new(ScopedState {
                scope: scope(claim, &permissions.grants),
                store: Arc::clone(&self.store),
            }),
            grants: permissions.grants,
            secrets: permissions.secrets,
            observer: Arc::new(Begin(on_begin)),
            log,
        };
        Ok((self.runtime.run(&handler, attempt, control).await, begin))
    }

    /// The handler as it was bound, and what it may touch.
    async fn ready(&self, name: &str, binding: &Binding) -> Result<(Arc<Handler>, Permissions), Failed> {
        let digest: Digest = binding
            .digest
            .parse()
            .map_err(|cause| Failed::host(format!("digest: {cause}")))?;
        let handler = self
            .runtime
            .load(&digest, &Originals(Arc::clone(&self.store)))
            .await?;
        let permissions = self.permissions(name, binding.handler_revision).await?;
        Ok((handler, permissions))
    }

    async fn permissions(&self, handler: &str, revision: i64) -> Result<Permissions, Failed> {
        let known = self
            .permissions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(handler)
            .cloned();
        if let Some(known) = known.filter(|known| known.revision == revision) {
            return Ok(known);
        }
        let Some(found) = self.store.handler(handler).await? else {
            return Err(Failed::NoHandler);
        };
        let secrets = self.store.secrets(handler).await?.into_iter().collect();
        let permissions = Permissions {
            revision: found.revision,
            grants: Arc::new(found.grants),
            secrets: Arc::new(secrets),
        };
        let mut cache = self.permissions.lock().unwrap_or_else(PoisonError::into_inner);
        cache.insert(handler.to_owned(), permissions.clone());
        Ok(permissions)
    }
}

/// Why an attempt did not come as far as its guest.
enum Failed {
    NoHandler,
    Host(String),
}

impl Failed {
    fn host(reason: impl std::fmt::Display) -> Self {
        Self::Host(format!("host: {reason}"))
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::host(error)
    }
}

impl From<LoadError> for Failed {
    fn from(error: LoadError) -> Self {
        Self::host(error)
    }
}

impl Executor for Sandbox {
    async fn execute(
        &self,
        claim: Claim,
        control: &Control,
        on_begin: impl Fn() + Send + Sync + 'static,
    ) -> Outcome {
        let started = Instant::now();
        let ran = match &claim.binding {
            Some(binding) => self.run(&claim, binding, control, on_begin).await,
            None => Err(Failed::NoHandler),
        };
        match ran {
            Ok((report, begin)) => outcome(&claim, report, begin),
            Err(failed) => {
                let (status, error) = match failed {
                    Failed::NoHandler => {
                        let name = &claim.handler_name;
                        let error = format!(
                            "no active plugin version is bound to the handler name `{name}`: see `wasmtab handler bind`"
                        );
                        (AttemptStatus::NoHandler, error)
                    }
                    Failed::Host(error) => (AttemptStatus::Failure, error),
                };
                let now = self.timer.now();
                Outcome {
                    duration: Some(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)),
                    error: Some(error),
                    begin_time: Some(now),
                    ..Outcome::bare(claim.attempt_id, claim.run_id, status, now)
                }
            }
        }
    }

    async fn prepare(&self, handler_name: &str, binding: &Binding) {
        // What is wrong with it, its attempts will say.
        let _ = self.ready(handler_name, binding).await;
    }
}

fn outcome(claim: &Claim, report: AttemptReport, begin: Timestamp) -> Outcome {
    // The end is the begin plus what the monotonic clock measured: setting the wall clock meanwhile does not bend it.
    let end = begin.plus(report.duration);
    let (status, error) = if report.no_room {
        (AttemptStatus::Abandoned, report.error)
    } else {
        (report.status, report.error)
    };
    let mut refusals: Vec<Refusal> = Vec::new();
    for refusal in report.refusals {
        let wanted = format!("{}: {}", refusal.capability, refusal.wanted);
        let grant = refusal.grant.unwrap_or_default();
        match refusals
            .iter_mut()
            .find(|known| known.wanted == wanted && known.grant == grant)
        {
            Some(known) => known.count += 1,
            None => refusals.push(Refusal {
                wanted,
                grant,
                count: 1,
            }),
        }
    }
    Outcome {
        permanent: report.permanent,
        // What goes on elsewhere may take as long as the attempt might have taken here.
        pending_until: report
            .pending
            .then(|| begin.plus(claim.policy.monitor_timeout.to_duration())),
        begin_time: Some(begin),
        duration: Some(u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX)),
        result: report.result,
        error,
        backtrace: report.backtrace,
        fuel_used: Some(report.fuel_used),
        peak_memory: Some(report.peak_memory),
        refusals,
        log: report.logs.into(),
        ..Outcome::bare(claim.attempt_id, claim.run_id, status, end)
    }
}

fn context(claim: &Claim, begin: Timestamp, completion: &CompletionKey) -> AttemptContext {
    AttemptContext {
        job_id: claim.job_id.map(|job| job.0),
        job_name: claim.job_name.clone(),
        handler_name: claim.handler_name.clone(),
        run_id: claim.run_id.to_string(),
        execute_index: claim.execute_index,
        trigger: claim.trigger,
        scheduled_at: claim.scheduled_at.in_zone(claim.timezone),
        deadline: begin.plus(claim.policy.monitor_timeout.to_duration()).to_string(),
        shard_index: claim.shard.index,
        shard_count: claim.shard.count,
        upstream: claim.upstream.as_ref().map(|upstream| Upstream {
            run_id: upstream.run_id.to_string(),
            job_name: upstream.job_name.clone(),
            status: upstream.status.to_string(),
            result: upstream.result.clone(),
        }),
        completion_token: Some(completion.token(claim.run_id, claim.attempt_id)),
    }
}

/// A call has no job, so that its values are always the handler's.
fn scope(claim: &Claim, grants: &Grants) -> StateScope {
    match (claim.job_id, grants.state.scope) {
        (Some(job), grant::StateScope::Job) => StateScope::Job(job),
        _ => StateScope::Handler(claim.handler_name.clone()),
    }
}

struct Begin<F>(F);

impl<F: Fn() + Send + Sync> Observer for Begin<F> {
    fn on_started(&self) {
        (self.0)();
    }
}

/// Originals as the database keeps them.
struct Originals(Arc<dyn Store>);

#[async_trait]
impl Source for Originals {
    async fn original(&self, digest: &Digest) -> Result<Bytes, Box<dyn StdError + Send + Sync>> {
        match self.0.content(&digest.to_string()).await? {
            Some(content) => Ok(content.into()),
            None => Err("the database does not keep it (any more)".into()),
        }
    }
}

/// The values of one scope.
struct ScopedState {
    scope: StateScope,
    store: Arc<dyn Store>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is passed to `map_err`, which hands errors over"
)]
fn unavailable(error: StoreError) -> StateError {
    StateError::Unavailable(error.to_string())
}

#[async_trait]
impl StateStore for ScopedState {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        self.store.state_get(&self.scope, key).await.map_err(unavailable)
    }

    async fn set(&self, key: &str, value: Vec<u8>, quota: u64) -> Result<(), StateError> {
        match self
            .store
            .state_set(&self.scope, key, &value, quota)
            .await
            .map_err(unavailable)?
        {
            Ok(()) => Ok(()),
            Err(StoredStateError::OverQuota(used)) => Err(StateError::OverQuota { used, quota }),
        }
    }

    async fn delete(&self, key: &str) -> Result<(), StateError> {
        self.store
            .state_delete(&self.scope, key)
            .await
            .map_err(unavailable)
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, StateError> {
        self.store
            .state_list(&self.scope, prefix, after, limit)
            .await
            .map_err(unavailable)
    }
}
