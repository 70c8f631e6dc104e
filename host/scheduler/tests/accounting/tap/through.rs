//! What plays no part in when something runs goes through: tokens, keys, settings, the values of handlers, what goes from
//! the log, what is counted, and what a check-up looks at.

use async_trait::async_trait;
use wasmtab_domain::{
    ids::{AttemptId, JobId, RunId},
    time::Timestamp,
};
use wasmtab_store::{
    AccessStore, AlertStore, AuditEntry, Channel, DeleteRefused, Delivery, DeliveryFilter, FactStore, Facts,
    Findings, LogEnd, LogKey, LogSort, MaintenanceStore, NewAudit, NewSilence, NewToken, Page, Principal,
    RetentionStore, RuleRefused, Snapshot, StateEntry, StateError, StateScope, StateStore, StateUse,
    StoreResult, StoredReply, StoredRule, StoredSilence, TakeDeliveries, TakenDeliveries, TokenInfo, TooMany,
    Tried,
};

use super::Tap;

/// Implements a trait of the store's by handing every method on.
macro_rules! goes_through {
    ($trait:ident { $(async fn $name:ident(&self $(, $argument:ident: $type:ty)* $(,)?) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $trait for Tap {
            $(async fn $name(&self $(, $argument: $type)*) -> $answer {
                self.real.store.$name($($argument),*).await
            })*
        }
    };
}

goes_through! {
    AccessStore {
        async fn create_token(&self, token: NewToken) -> StoreResult<TokenInfo>;
        async fn tokens(&self) -> StoreResult<Vec<TokenInfo>>;
        async fn delete_token(&self, id: i64) -> StoreResult<bool>;
        async fn principal(&self, token_hash: &str, now: Timestamp) -> StoreResult<Option<Principal>>;
        async fn redeem_setup(&self, code_hash: &str, token: NewToken) -> StoreResult<Option<TokenInfo>>;
        async fn audit(&self, entry: NewAudit) -> StoreResult<()>;
        async fn audit_log(&self, before: Option<i64>, limit: u32) -> StoreResult<Page<AuditEntry>>;
        async fn take_key(&self, key: &str, request_hash: &str, now: Timestamp) -> StoreResult<Option<StoredReply>>;
        async fn keep_reply(&self, key: &str, reply: Option<(u16, String)>) -> StoreResult<()>;
        async fn forget_keys(&self, before: Timestamp) -> StoreResult<u64>;
        async fn setting(&self, key: &str) -> StoreResult<Option<String>>;
        async fn set_setting(&self, key: &str, value: Option<&str>) -> StoreResult<()>;
    }
}

goes_through! {
    StateStore {
        async fn state_get(&self, scope: &StateScope, key: &str) -> StoreResult<Option<Vec<u8>>>;
        async fn state_set(&self, scope: &StateScope, key: &str, value: &[u8], quota: u64) -> StoreResult<Result<(), StateError>>;
        async fn state_delete(&self, scope: &StateScope, key: &str) -> StoreResult<()>;
        async fn state_list(&self, scope: &StateScope, prefix: &str, after: Option<&str>, limit: u32) -> StoreResult<Vec<String>>;
        async fn state_entries(&self, scope: &StateScope, prefix: &str, after: Option<&str>, limit: u32, inline: u32) -> StoreResult<Vec<StateEntry>>;
        async fn state_use(&self, scope: &StateScope) -> StoreResult<StateUse>;
        async fn state_scopes(&self, after: Option<&StateScope>, limit: u32) -> StoreResult<Vec<(StateScope, StateUse)>>;
        async fn state_clear(&self, scope: &StateScope, prefix: &str, limit: u32) -> StoreResult<u64>;
    }
}

goes_through! {
    RetentionStore {
        async fn log_ends(&self, after: i64, before: Timestamp, limit: u32) -> StoreResult<Page<LogEnd>>;
        async fn crowded_jobs(&self, after: i64, count: u32, limit: u32) -> StoreResult<Page<JobId>>;
        async fn newest_of_job(&self, job: JobId, sort: LogSort, limit: u32) -> StoreResult<Vec<LogKey>>;
        async fn remove_from_log(&self, keys: &[LogKey]) -> StoreResult<u64>;
    }
}

goes_through! {
    FactStore {
        async fn facts(&self) -> StoreResult<Facts>;
    }
}

goes_through! {
    MaintenanceStore {
        async fn snapshot(&self, now: Timestamp) -> StoreResult<Option<Snapshot>>;
        async fn faults(&self, most: u32) -> StoreResult<Vec<String>>;
        async fn schema(&self) -> StoreResult<i64>;
        async fn findings(&self, most: u32) -> StoreResult<Findings>;
    }
}

goes_through! {
    AlertStore {
        async fn channels(&self) -> StoreResult<Vec<Channel>>;
        async fn channel(&self, name: &str) -> StoreResult<Option<Channel>>;
        async fn put_channel(&self, channel: Channel) -> StoreResult<Result<Option<Channel>, TooMany>>;
        async fn delete_channel(&self, name: &str, now: Timestamp) -> StoreResult<Result<(), DeleteRefused>>;
        async fn rules(&self) -> StoreResult<Vec<StoredRule>>;
        async fn rule(&self, name: &str) -> StoreResult<Option<StoredRule>>;
        async fn put_rule(&self, rule: StoredRule) -> StoreResult<Result<Option<StoredRule>, RuleRefused>>;
        async fn delete_rule(&self, name: &str) -> StoreResult<bool>;
        async fn silences(&self, now: Timestamp) -> StoreResult<Vec<StoredSilence>>;
        async fn create_silence(&self, silence: NewSilence) -> StoreResult<Option<StoredSilence>>;
        async fn end_silence(&self, id: i64, now: Timestamp) -> StoreResult<Option<StoredSilence>>;
        async fn deliveries(&self, filter: &DeliveryFilter, before: Option<i64>, limit: u32) -> StoreResult<Page<Delivery>>;
        async fn delivery(&self, id: i64) -> StoreResult<Option<Delivery>>;
        async fn test_channel(&self, name: &str, now: Timestamp) -> StoreResult<Option<Delivery>>;
        async fn take_deliveries(&self, take: TakeDeliveries) -> StoreResult<TakenDeliveries>;
        async fn tried(&self, id: i64, tried: Tried, now: Timestamp) -> StoreResult<()>;
        async fn untake_deliveries(&self, now: Timestamp) -> StoreResult<u64>;
        async fn warn(&self, late: &[(RunId, AttemptId)], now: Timestamp) -> StoreResult<()>;
        async fn sweep_deliveries(&self, before: Timestamp, limit: u32) -> StoreResult<bool>;
    }
}
