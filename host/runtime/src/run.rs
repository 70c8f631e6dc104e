//! One attempt, from a fresh store to its report.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use wasmtab_domain::status::{AttemptStatus, Trigger};
use wasmtime::{Store, UpdateDeadline};

use crate::{
    attempt::{Attempt, AttemptContext, CancelCause, Control},
    bindings::{
        exports::wasmtab::job::handler::{Context, Description, Failure, Outcome},
        wasmtab::job::types,
    },
    capability::{clocks::WallClock, http::HttpHooks},
    classify::{Classifier, Phase},
    compile::Entry,
    decommit,
    handler::Handler,
    host::{CommandInput, Host, HostParts},
    limiter::Limiter,
    limits::{FUEL_SLICE, HANDLES, HOSTCALL_BYTES, PARAM_BYTES},
    recorder::Recorder,
    report::AttemptReport,
    runtime::Runtime,
    turns::{QUICK, Turn},
};

/// What a guest that ran to its end said.
pub(crate) enum Said {
    Handler(Result<Outcome, Failure>),
    Command(Result<(), ()>),
    Described(Description),
}

/// What is asked of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Run,
    Describe,
}

/// How the race between a guest and what may stop it ended.
pub(crate) enum Ended {
    Said(Said),
    Failed(Phase, wasmtime::Error),
    TimedOut,
    Cancelled(CancelCause),
}

impl Runtime {
    /// Runs one attempt and says how it ended. Neither errors nor panics: a fault of the host is a report with `host_error`.
    ///
    /// An ordinary future: the caller chooses the async runtime that it, and the guest's code, run on. Dropping it stops the guest.
    pub async fn run(&self, handler: &Arc<Handler>, attempt: Attempt, control: &Control) -> AttemptReport {
        let begun = Instant::now();
        if let Some(cause) = control.cause() {
            return Classifier::cancelled(cause);
        }
        if attempt.param.len() > PARAM_BYTES {
            let mut report = AttemptReport::new(AttemptStatus::Failure).with_error(format!(
                "handlerParam has {} bytes, the limit is {PARAM_BYTES}",
                attempt.param.len()
            ));
            report.permanent = true;
            return report;
        }
        self.ask(handler, &attempt, control, Ask::Run, begun).await.0
    }

    /// Asks a guest in a fresh store.
    pub(crate) async fn ask(
        &self,
        handler: &Handler,
        attempt: &Attempt,
        control: &Control,
        ask: Ask,
        begun: Instant,
    ) -> (AttemptReport, Option<Description>) {
        let outcome = AssertUnwindSafe(self.race(handler, attempt, control, ask, begun))
            .catch_unwind()
            .await;
        let (mut report, description) = outcome.unwrap_or_else(|_| {
            (
                AttemptReport::host("it panicked while it ran the handler; its own log says where"),
                None,
            )
        });
        report.duration = begun.elapsed();
        (report, description)
    }

    async fn race(
        &self,
        handler: &Handler,
        attempt: &Attempt,
        control: &Control,
        ask: Ask,
        begun: Instant,
    ) -> (AttemptReport, Option<Description>) {
        let recorder = Recorder::new(
            Arc::clone(&self.config.clock),
            Arc::clone(&attempt.observer),
            attempt.log.clone(),
        );
        let deadline = deadline(begun, attempt.limits.timeout);
        let mut store = match self.store(handler, attempt, &recorder, control.clone(), deadline) {
            Ok(store) => store,
            Err(error) => return (AttemptReport::host(error), None),
        };
        let fuel = attempt.limits.fuel.unwrap_or(u64::MAX);
        // A loop keeps its count in a register and writes it down only where a slice ends: without slices, an attempt that is
        // stopped in a loop would seem to have done nothing.
        let bounded = store
            .set_fuel(fuel)
            .and_then(|()| store.fuel_async_yield_interval(Some(FUEL_SLICE)));
        if let Err(error) = bounded {
            return (AttemptReport::host(format!("{error:#}")), None);
        }
        attempt.observer.on_started();
        let ended = {
            let guest = std::pin::pin!(call(&handler.entry, &mut store, attempt, ask));
            let guest = Turn::new(self.epochs.watch(guest), Arc::clone(&self.turns), QUICK);
            // Around instantiation too: a `start` function that loops must not escape. Dropping the guest's future unwinds it
            // wherever it waits.
            tokio::select! {
                biased;
                // First: most guests end before they wait for anything, and then nobody had to watch a clock.
                ended = guest => ended,
                cause = control.cancelled() => Ended::Cancelled(cause),
                () = tokio::time::sleep_until(deadline.into()) => Ended::TimedOut,
            }
        };
        recorder.flush();
        let fuel_used = fuel - store.get_fuel().unwrap_or(fuel).min(fuel);
        let limiter = &store.data().limiter;
        let (peak_memory, refused) = (limiter.peak(), limiter.refused());
        // Aborts the guest's requests that are under way, so that nothing is recorded after this.
        drop(store);
        if peak_memory > decommit::LARGE {
            decommit::flush(&self.engine);
        }
        let classifier = Classifier {
            limits: attempt.limits,
            grants: &attempt.grants,
            recorder: &recorder,
            control,
            memory_refused: refused,
        };
        let (mut report, description) = match ended {
            Ended::Said(Said::Described(description)) => {
                (AttemptReport::new(AttemptStatus::Success), Some(description))
            }
            ended => (classifier.report(ended), None),
        };
        report.fuel_used = fuel_used;
        report.peak_memory = peak_memory;
        report.refusals = recorder.refusals();
        report.logs = recorder.take_logs();
        (report, description)
    }

    pub(crate) fn store(
        &self,
        handler: &Handler,
        attempt: &Attempt,
        recorder: &Arc<Recorder>,
        control: Control,
        deadline: Instant,
    ) -> Result<Store<Host>, String> {
        let memory = attempt.limits.memory.min(self.config.max_memory);
        let parts = HostParts {
            recorder: Arc::clone(recorder),
            limiter: Limiter::new(memory, Arc::clone(&self.budget)),
            hooks: HttpHooks::new(
                Arc::clone(&self.http),
                Arc::clone(&attempt.grants),
                Arc::clone(recorder),
            ),
            grants: Arc::clone(&attempt.grants),
            secrets: Arc::clone(&attempt.secrets),
            state: Arc::clone(&attempt.state),
            clock: WallClock(Arc::clone(&self.config.clock)),
        };
        let input = CommandInput {
            context: &attempt.context,
            param: &attempt.param,
        };
        let command = matches!(handler.entry, Entry::Command(_)).then_some(input);
        let mut store = Store::new(&self.engine, Host::new(parts, command)?);
        store.limiter(|host| &mut host.limiter);
        store.set_hostcall_fuel(HOSTCALL_BYTES);
        store.set_max_component_handles(HANDLES);
        // Without a first deadline the guest would trap at once; from then on every tick asks here.
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| {
            if control.cause().is_some() || Instant::now() >= deadline {
                return Ok(UpdateDeadline::Interrupt);
            }
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
        });
        Ok(store)
    }
}

pub(crate) async fn call(entry: &Entry, store: &mut Store<Host>, attempt: &Attempt, ask: Ask) -> Ended {
    match entry {
        Entry::Handler(pre) => {
            let instance = match pre.instantiate_async(&mut *store).await {
                Ok(instance) => instance,
                Err(error) => return Ended::Failed(Phase::Instantiate, error),
            };
            if ask == Ask::Describe {
                return match instance.wasmtab_job_handler().call_describe(store).await {
                    Ok(said) => Ended::Said(Said::Described(said)),
                    Err(error) => Ended::Failed(Phase::Call, error),
                };
            }
            let context = context(&attempt.context);
            match instance
                .wasmtab_job_handler()
                .call_execute(store, context, &attempt.param)
                .await
            {
                Ok(said) => Ended::Said(Said::Handler(said)),
                Err(error) => Ended::Failed(Phase::Call, error),
            }
        }
        Entry::Command(pre) => {
            let instance = match pre.instantiate_async(&mut *store).await {
                Ok(instance) => instance,
                Err(error) => return Ended::Failed(Phase::Instantiate, error),
            };
            match instance.wasi_cli_run().call_run(store).await {
                Ok(said) => Ended::Said(Said::Command(said)),
                Err(error) => Ended::Failed(Phase::Call, error),
            }
        }
    }
}

fn context(context: &AttemptContext) -> Context<'_> {
    let trigger = match context.trigger {
        Trigger::Cron => types::Trigger::Cron,
        Trigger::Manual => types::Trigger::Manual,
        Trigger::Call => types::Trigger::Call,
        Trigger::Backfill => types::Trigger::Backfill,
        Trigger::Chain => types::Trigger::Chain,
    };
    Context {
        job_id: context.job_id,
        job_name: context.job_name.as_deref(),
        handler_name: &context.handler_name,
        run_id: &context.run_id,
        execute_index: context.execute_index,
        trigger,
        scheduled_at: &context.scheduled_at,
        deadline: &context.deadline,
        shard_index: context.shard_index,
        shard_count: context.shard_count,
        upstream: context.upstream.as_ref().map(|run| types::Upstream {
            run_id: &run.run_id,
            job_name: &run.job_name,
            status: &run.status,
            result: run.result.as_deref(),
        }),
        completion_token: context.completion_token.as_deref(),
    }
}

/// The instant at which a guest is stopped; a timeout beyond what the clock can count is ten years.
pub(crate) fn deadline(begun: Instant, timeout: Duration) -> Instant {
    const LONGEST: Duration = Duration::from_hours(10 * 366 * 24);
    begun + timeout.min(LONGEST)
}
