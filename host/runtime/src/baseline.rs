//! A guest in a fresh sandbox and nothing around it: what the engine itself takes. Attempts are measured against it.

use std::{sync::Arc, time::Instant};

use wasmtime::{Store, component::Component};

use crate::{
    attempt::{Attempt, Control},
    config::RuntimeConfig,
    describe::nothing,
    engine,
    handler::Handler,
    host::Host,
    limits::FUEL_SLICE,
    recorder::Recorder,
    run::{Ask, Ended, Said, call, deadline},
    runtime::Runtime,
};

/// Starts one guest again and again.
#[derive(Debug)]
pub struct Bare<'a> {
    runtime: &'a Runtime,
    handler: &'a Handler,
    attempt: Attempt,
}

impl<'a> Bare<'a> {
    /// Of this guest.
    pub fn new(runtime: &'a Runtime, handler: &'a Handler) -> Self {
        let attempt = nothing(runtime.config.max_memory);
        Self {
            runtime,
            handler,
            attempt,
        }
    }

    /// A store with the limits, the linker and the WASI context that attempts have; an instance; the call.
    pub async fn start(&self) -> Result<(), String> {
        let mut store = store(self.runtime, self.handler, &self.attempt)?;
        store
            .set_fuel(u64::MAX)
            .and_then(|()| store.fuel_async_yield_interval(Some(FUEL_SLICE)))
            .map_err(|error| format!("{error:#}"))?;
        answer(self.handler, &mut store, &self.attempt).await
    }
}

/// Runs one guest where nothing would stop it: its code counts no fuel and looks at no clock. For guests of one's own.
#[derive(Debug)]
pub struct Unmetered {
    runtime: Runtime,
    handler: Handler,
    attempt: Attempt,
}

impl Unmetered {
    /// Of the guest that `like` is of, which is compiled from this component in this process.
    pub fn new(config: RuntimeConfig, like: &Handler, component: &[u8], param: &str) -> Result<Self, String> {
        let engine = engine::unmetered(&config).map_err(|error| format!("{error:#}"))?;
        let component = Component::from_binary(&engine, component).map_err(|error| format!("{error:#}"))?;
        let runtime = Runtime::on(engine, config).map_err(|error| error.to_string())?;
        let handler = runtime
            .link(like.inspection.clone(), &component)
            .map_err(|error| error.to_string())?;
        let mut attempt = nothing(runtime.config.max_memory);
        param.clone_into(&mut attempt.param);
        Ok(Self {
            runtime,
            handler,
            attempt,
        })
    }

    /// As an attempt is run, but for what would stop it.
    pub async fn run(&self) -> Result<(), String> {
        let mut store = store(&self.runtime, &self.handler, &self.attempt)?;
        answer(&self.handler, &mut store, &self.attempt).await
    }
}

fn store(runtime: &Runtime, handler: &Handler, attempt: &Attempt) -> Result<Store<Host>, String> {
    let recorder = Recorder::new(
        Arc::clone(&runtime.config.clock),
        Arc::clone(&attempt.observer),
        attempt.log.clone(),
    );
    let deadline = deadline(Instant::now(), attempt.limits.timeout);
    runtime.store(handler, attempt, &recorder, Control::new(), deadline)
}

async fn answer(handler: &Handler, store: &mut Store<Host>, attempt: &Attempt) -> Result<(), String> {
    match call(&handler.entry, store, attempt, Ask::Run).await {
        Ended::Said(Said::Handler(Ok(_)) | Said::Command(Ok(()))) => Ok(()),
        Ended::Failed(_, error) => Err(format!("{error:#}")),
        _ => Err("the guest failed".into()),
    }
}
