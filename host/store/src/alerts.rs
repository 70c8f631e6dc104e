//! Who is told of what, and the deliveries that come of it.
//!
//! A delivery is written in the transaction that ends the run it tells of; sending it is another matter, which any number of
//! crashes only puts off.

use async_trait::async_trait;
use wasmtab_domain::{
    alert::{DeliveryStatus, Event, Rule, Scope, Silence},
    ids::{AttemptId, JobId, RunId},
    time::Timestamp,
};

use crate::{DeleteRefused, Page, StoreResult};

/// Where messages are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Channel {
    /// Unique.
    pub name: String,
    /// An `http` or `https` address.
    pub url: String,
    /// With which messages are signed.
    pub secret: Option<String>,
    /// Whether anything is sent there.
    pub enabled: bool,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Address and secret may both be what opens the other side.
        f.debug_struct("Channel")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A rule as somebody set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRule {
    /// What it says.
    pub rule: Rule,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

/// A limit on how many there may be is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Why a rule was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleRefused {
    /// There is no such channel.
    NoChannel,
    /// There is no such job.
    NoJob,
    /// There are as many as may be.
    TooMany,
}

/// A silence that somebody wants.
#[derive(Clone, Debug)]
pub struct NewSilence {
    /// Of which runs.
    pub scope: Scope,
    /// When it ends.
    pub until: Timestamp,
    /// Why.
    pub note: Option<String>,
    /// Who.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// A silence as somebody made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSilence {
    /// What it says.
    pub silence: Silence,
    /// Why.
    pub note: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
}

/// A message on its way to a channel, or past it.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Its number, which the receiver is told too.
    pub id: i64,
    /// The channel.
    pub channel: String,
    /// What it tells.
    pub event: Event,
    /// The run that it tells of; of shards the first. None for a test.
    pub run_id: Option<RunId>,
    /// The run's job.
    pub job_id: Option<JobId>,
    /// The job's name at the time.
    pub job_name: Option<String>,
    /// The body as it is sent, JSON.
    pub body: String,
    /// How it stands.
    pub status: DeliveryStatus,
    /// Tries so far.
    pub tries: u32,
    /// When it came about.
    pub created_at: Timestamp,
    /// When it is tried next; none once it has ended.
    pub next_at: Option<Timestamp>,
    /// When it was delivered, given up or silenced.
    pub ended_at: Option<Timestamp>,
    /// What the other side answered last, as an HTTP status.
    pub answer: Option<u16>,
    /// Why the last try failed.
    pub error: Option<String>,
    /// The silence that kept it from being sent.
    pub silenced_by: Option<i64>,
}

/// A delivery to be tried now, with what its channel says.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenDelivery {
    /// Its number.
    pub id: i64,
    /// The channel as it is now.
    pub channel: Channel,
    /// The body as it is sent, JSON.
    pub body: String,
    /// This try's number, from 1.
    pub tries: u32,
    /// Whether it is a test, which is tried once.
    pub is_test: bool,
}

/// What deliveries are taken.
#[derive(Clone, Debug)]
pub struct TakeDeliveries {
    /// Channels whose last ones have not been tried yet.
    pub busy: Vec<String>,
    /// Deliveries of one channel at most.
    pub per_channel: u32,
    /// Deliveries at most.
    pub limit: u32,
    /// The present instant.
    pub now: Timestamp,
    /// When they may be taken again, should nobody hear of them.
    pub lease_until: Timestamp,
}

/// What was taken.
#[derive(Clone, Debug, Default)]
pub struct TakenDeliveries {
    /// Each counts as a try from now on.
    pub deliveries: Vec<TakenDelivery>,
    /// When the next one that is left is due.
    pub next_at: Option<Timestamp>,
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What the other side answered, as an HTTP status.
    pub answer: Option<u16>,
    /// Why it failed; none: it was taken.
    pub error: Option<String>,
    /// When it is tried again; none: it ends here.
    pub again_at: Option<Timestamp>,
}

/// Which deliveries to list.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// To this channel.
    pub channel: Option<String>,
    /// That stand so.
    pub status: Option<DeliveryStatus>,
    /// Of this job's runs.
    pub job_id: Option<JobId>,
}

/// Channels, rules, silences and deliveries.
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// All channels, by name.
    async fn channels(&self) -> StoreResult<Vec<Channel>>;

    /// One channel.
    async fn channel(&self, name: &str) -> StoreResult<Option<Channel>>;

    /// Makes or replaces a channel; what was there comes back. Deliveries that wait go to the new address. One that is
    /// disabled ends its deliveries that wait.
    async fn put_channel(&self, channel: Channel) -> StoreResult<Result<Option<Channel>, TooMany>>;

    /// Removes a channel that no rule names, and ends its deliveries that wait.
    async fn delete_channel(&self, name: &str, now: Timestamp) -> StoreResult<Result<(), DeleteRefused>>;

    /// All rules, by name.
    async fn rules(&self) -> StoreResult<Vec<StoredRule>>;

    /// One rule.
    async fn rule(&self, name: &str) -> StoreResult<Option<StoredRule>>;

    /// Makes or replaces a rule; what was there comes back.
    async fn put_rule(&self, rule: StoredRule) -> StoreResult<Result<Option<StoredRule>, RuleRefused>>;

    /// Removes a rule; false when there is no such.
    async fn delete_rule(&self, name: &str) -> StoreResult<bool>;

    /// The silences that hold at `now`, the first to end first.
    async fn silences(&self, now: Timestamp) -> StoreResult<Vec<StoredSilence>>;

    /// Makes a silence; none when as many hold as may.
    async fn create_silence(&self, silence: NewSilence) -> StoreResult<Option<StoredSilence>>;

    /// Ends a silence; none when no such silence holds at `now`.
    async fn end_silence(&self, id: i64, now: Timestamp) -> StoreResult<Option<StoredSilence>>;

    /// Deliveries, newest first, those below `before`.
    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        before: Option<i64>,
        limit: u32,
    ) -> StoreResult<Page<Delivery>>;

    /// One delivery.
    async fn delivery(&self, id: i64) -> StoreResult<Option<Delivery>>;

    /// Writes a delivery that only tries a channel; none when there is no such channel, or it is disabled.
    async fn test_channel(&self, name: &str, now: Timestamp) -> StoreResult<Option<Delivery>>;

    /// Takes deliveries that are due. Those whose channel is gone or disabled meanwhile end.
    async fn take_deliveries(&self, take: TakeDeliveries) -> StoreResult<TakenDeliveries>;

    /// Writes what became of a try.
    async fn tried(&self, id: i64, tried: Tried, now: Timestamp) -> StoreResult<()>;

    /// Lets deliveries that another process took be taken at once. For a process that knows itself alone.
    async fn untake_deliveries(&self, now: Timestamp) -> StoreResult<u64>;

    /// Writes that attempts have gone on for as long as their jobs' `warnAfter`, once each, and tells who waits for that.
    async fn warn(&self, late: &[(RunId, AttemptId)], now: Timestamp) -> StoreResult<()>;

    /// Removes at most `limit` deliveries and silences that ended before `before`; whether more are left.
    async fn sweep_deliveries(&self, before: Timestamp, limit: u32) -> StoreResult<bool>;
}
