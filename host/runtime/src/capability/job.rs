//! The host's side of the world's own imports: log, progress, state, configuration.

use wasmtab_domain::grant::Grant;

use crate::{
    bindings::wasmtab::job::{config, logging, progress, state, types},
    host::Host,
    limits::{PROGRESS_BYTES, STATE_KEY_BYTES, STATE_LIST},
    logs::LogLevel,
    state::StateError,
    text::{strip_control, truncate},
};

impl types::Host for Host {}

impl logging::Host for Host {
    fn log(&mut self, level: logging::Level, context: String, message: String) -> wasmtime::Result<()> {
        let level = match level {
            logging::Level::Trace => LogLevel::Trace,
            logging::Level::Debug => LogLevel::Debug,
            logging::Level::Info => LogLevel::Info,
            logging::Level::Warn => LogLevel::Warn,
            logging::Level::Error => LogLevel::Error,
            logging::Level::Critical => LogLevel::Critical,
        };
        self.recorder.log(level, &context, &message);
        Ok(())
    }
}

impl progress::Host for Host {
    fn report(&mut self, done: u64, total: u64, message: String) -> wasmtime::Result<()> {
        let mut message = strip_control(&message);
        truncate(&mut message, PROGRESS_BYTES);
        self.observer().on_progress(done, total, &message);
        Ok(())
    }
}

impl state::Host for Host {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, state::Error>> {
        if let Err(error) = check_key(&key) {
            return Ok(Err(error));
        }
        Ok(self
            .state
            .get(&key)
            .await
            .map_err(|error| self.state_error(&error)))
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), state::Error>> {
        if let Err(error) = check_key(&key) {
            return Ok(Err(error));
        }
        let quota = self.grants.state.quota;
        Ok(self
            .state
            .set(&key, value, quota)
            .await
            .map_err(|error| self.state_error(&error)))
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), state::Error>> {
        if let Err(error) = check_key(&key) {
            return Ok(Err(error));
        }
        Ok(self
            .state
            .delete(&key)
            .await
            .map_err(|error| self.state_error(&error)))
    }

    async fn list(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<String>, state::Error>> {
        if prefix.len() > STATE_KEY_BYTES || after.as_ref().is_some_and(|after| after.len() > STATE_KEY_BYTES)
        {
            return Ok(Err(state::Error::BadKey));
        }
        let listed = self
            .state
            .list(&prefix, after.as_deref(), limit.min(STATE_LIST))
            .await;
        Ok(listed.map_err(|error| self.state_error(&error)))
    }
}

impl config::Host for Host {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.grants.config.get(&key).cloned())
    }

    fn secret(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        if !self.grants.secrets.contains(&name) {
            self.recorder
                .refuse("secret", name.clone(), Some(&Grant::Secret(name)));
            return Ok(None);
        }
        Ok(self.secrets.get(&name).map(str::to_owned))
    }
}

impl Host {
    fn state_error(&self, error: &StateError) -> state::Error {
        match error {
            StateError::OverQuota { used, .. } => {
                let grant = Grant::StateQuota(used.checked_next_power_of_two().unwrap_or(*used));
                self.recorder
                    .refuse("state", format!("{used} bytes of state"), Some(&grant));
                state::Error::OverQuota(error.to_string())
            }
            StateError::Unavailable(_) => state::Error::Unavailable(error.to_string()),
        }
    }
}

fn check_key(key: &str) -> Result<(), state::Error> {
    if (1..=STATE_KEY_BYTES).contains(&key.len()) {
        Ok(())
    } else {
        Err(state::Error::BadKey)
    }
}
