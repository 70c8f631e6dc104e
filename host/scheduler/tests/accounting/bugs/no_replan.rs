//! The clock was set back, and next fires stay where the wrong clock had put them.

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::StoreResult;

use super::{Bug, Real};

/// Nothing is computed anew.
#[derive(Debug)]
pub(super) struct NoReplan;

#[async_trait]
impl Bug for NoReplan {
    async fn replan(&self, _real: &Real, _now: Timestamp) -> StoreResult<()> {
        Ok(())
    }
}
