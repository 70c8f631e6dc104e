//! What stands in for the host when a handler's own tests run on the ordinary target.
//!
//! Everything is kept per thread, so that tests do not meet one another.

use crate::context::{Context, Trigger};

/// A context as a first attempt of a scheduled run has it; change its fields as the test needs.
pub fn context() -> Context {
    Context {
        job_id: Some(1),
        job_name: Some("test".to_owned()),
        handler_name: "TestHandler".to_owned(),
        run_id: "run-1".to_owned(),
        execute_index: 1,
        trigger: Trigger::Cron,
        scheduled_at: "2026-01-05T02:00:00+08:00".to_owned(),
        deadline: "2100-01-01T00:00:00Z".to_owned(),
        shard_index: 0,
        shard_count: 1,
        upstream: None,
        completion_token: None,
    }
}

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{config, secret, state_delete, state_get, state_list, state_set};
#[cfg(not(target_family = "wasm"))]
pub use native::{set_config, set_secret};

#[cfg(not(target_family = "wasm"))]
mod native {
    use crate::state::Error;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    thread_local! {
        static STATE: RefCell<BTreeMap<String, Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
        static CONFIG: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
        static SECRETS: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
    }

    /// Sets what [`config::get`](crate::config::get) answers in this thread.
    pub fn set_config(key: &str, value: &str) {
        CONFIG.with_borrow_mut(|config| config.insert(key.to_owned(), value.to_owned()));
    }

    /// Sets what [`config::secret`](crate::config::secret) answers in this thread.
    pub fn set_secret(name: &str, value: &str) {
        SECRETS.with_borrow_mut(|secrets| secrets.insert(name.to_owned(), value.to_owned()));
    }

    pub(crate) fn config(key: &str) -> Option<String> {
        CONFIG.with_borrow(|config| config.get(key).cloned())
    }

    pub(crate) fn secret(name: &str) -> Option<String> {
        SECRETS.with_borrow(|secrets| secrets.get(name).cloned())
    }

    pub(crate) fn state_get(key: &str) -> Result<Option<Vec<u8>>, Error> {
        check(key)?;
        Ok(STATE.with_borrow(|state| state.get(key).cloned()))
    }

    pub(crate) fn state_set(key: &str, value: &[u8]) -> Result<(), Error> {
        check(key)?;
        STATE.with_borrow_mut(|state| state.insert(key.to_owned(), value.to_vec()));
        Ok(())
    }

    pub(crate) fn state_delete(key: &str) -> Result<(), Error> {
        check(key)?;
        STATE.with_borrow_mut(|state| state.remove(key));
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the host's list can fail")]
    pub(crate) fn state_list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, Error> {
        Ok(STATE.with_borrow(|state| {
            let keys = state.keys().filter(|key| key.starts_with(prefix));
            let keys = keys.filter(|key| after.is_none_or(|after| key.as_str() > after));
            keys.take(limit.min(1000) as usize).cloned().collect()
        }))
    }

    fn check(key: &str) -> Result<(), Error> {
        if (1..=255).contains(&key.len()) {
            Ok(())
        } else {
            Err(Error::BadKey)
        }
    }
}
