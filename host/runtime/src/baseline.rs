//! A guest in a fresh sandbox and nothing around it: what the engine itself takes. Attempts are measured against it.

use std::{sync::Arc, time::Instant};

use crate::{
    attempt::{Attempt, Control},
    describe::nothing,
    handler::Handler,
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
        let recorder = Recorder::new(
            Arc::clone(&self.runtime.config.clock),
            Arc::clone(&self.attempt.observer),
            self.attempt.log.clone(),
        );
        let deadline = deadline(Instant::now(), self.attempt.limits.timeout);
        let mut store =
            self.runtime
                .store(self.handler, &self.attempt, &recorder, Control::new(), deadline)?;
        store
            .set_fuel(u64::MAX)
            .and_then(|()| store.fuel_async_yield_interval(Some(FUEL_SLICE)))
            .map_err(|error| format!("{error:#}"))?;
        match call(&self.handler.entry, &mut store, &self.attempt, Ask::Run).await {
            Ended::Said(Said::Handler(Ok(_)) | Said::Command(Ok(()))) => Ok(()),
            Ended::Failed(_, error) => Err(format!("{error:#}")),
            _ => Err("the guest failed".into()),
        }
    }
}
