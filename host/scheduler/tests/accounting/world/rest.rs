//! The end of a seed: nothing goes wrong any more, nothing new is asked for, and everything comes to rest.

use std::time::Duration;

use serde_json::json;
use wasmtab_domain::status::RunState;
use wasmtab_store::{RunFilter, RunStore};

use super::World;
use crate::guests::Ending;

/// Rounds after which a world that does not come to rest is stuck.
const ROUNDS: usize = 1_000;

impl World {
    /// Lets every run end; false when some never do.
    pub(crate) async fn rest(&mut self) -> bool {
        self.faults.stop();
        if self.up.is_none() {
            self.boot().await;
        }
        if self.up.is_none() {
            return false;
        }
        self.bind(None).await;
        self.let_go().await;
        self.plan().await;
        for job in self.jobs().await {
            self.resume_as(&job).await;
            self.edit_as(&job, &json!({"status": "stopped"})).await;
        }
        for _ in 0..ROUNDS {
            self.claim().await;
            let going = self.guests.going();
            for attempt in &going {
                self.guests.end(*attempt, Ending::SUCCESS);
            }
            self.record().await;
            self.keep().await;
            self.plan().await;
            if !self.is_active().await {
                return true;
            }
            if going.is_empty() {
                // Retries and calls are due by then.
                self.advance(Duration::from_mins(61));
            }
        }
        false
    }

    async fn is_active(&mut self) -> bool {
        for state in RunState::ALL {
            let filter = RunFilter {
                state: Some(state.as_str().into()),
                ..RunFilter::default()
            };
            if let Some(up) = self.up()
                && !up.tap.runs(&filter, None, 1).await.unwrap().items.is_empty()
            {
                return true;
            }
        }
        false
    }
}
