//! What is asked of a database, named by intent.
//!
//! A method is one transaction. The instant is always a parameter: no backend reads a clock of its own. Decisions are
//! the domain's; a backend only gathers their snapshot and writes down what follows.

mod access;
mod alerts;
mod calendars;
#[cfg(feature = "conformance")]
pub mod conformance;
mod desk;
mod effects;
mod error;
mod facts;
mod hints;
mod jobs;
mod maintenance;
mod meters;
mod nodes;
mod plugins;
mod retention;
mod runs;
mod standing;
mod state;

pub use self::{
    access::{AccessStore, AuditEntry, NewAudit, NewToken, Principal, Role, StoredReply, TokenInfo},
    alerts::{
        AlertStore, Channel, Delivery, DeliveryFilter, NewSilence, RuleRefused, StoredRule, StoredSilence,
        TakeDeliveries, TakenDeliveries, TakenDelivery, TooMany, Tried,
    },
    calendars::{Calendar, CalendarStore},
    desk::{Attendant, Desk, Seats},
    effects::Effects,
    error::{StoreError, StoreResult},
    facts::{DatabaseSize, FactStore, Facts, QueuePart},
    hints::{Hint, Hints},
    jobs::{
        Come, Deleted, JobChange, JobChanges, JobFilter, JobStore, JobWrite, PauseRequest, Released,
        WriteError,
    },
    maintenance::{Findings, MaintenanceStore, OwnedAttempt, PausedJob, Sample, Snapshot},
    meters::StoreMeters,
    nodes::{NodeInfo, NodeStore},
    plugins::{Activation, BindRequest, DeleteRefused, HoldRequest, NewVersion, PluginStore, Pushed},
    retention::{LogEnd, LogKey, LogSort, RetentionStore},
    runs::{
        AttemptFilter, CancelReply, ClaimRequest, Claimed, FinishReply, NewBackfill, NewCall, NewRepeats,
        NewTrigger, RepeatReply, RunFilter, RunStore, Started, TriggerRefused,
    },
    standing::{Migration, Standing},
    state::{StateEntry, StateError, StateScope, StateStore, StateUse},
};

pub use wasmtab_domain::job::{PausePeriod, Revision};

/// Everything that the product asks of its database.
pub trait Store:
    JobStore
    + CalendarStore
    + RunStore
    + RetentionStore
    + PluginStore
    + StateStore
    + AccessStore
    + AlertStore
    + NodeStore
    + FactStore
    + MaintenanceStore
    + std::fmt::Debug
{
    /// Where wake-ups are announced and heard.
    fn hints(&self) -> &Hints;

    /// Where runs are claimed as they are made; none where they never are.
    fn desk(&self) -> Option<&Desk> {
        None
    }

    /// What it counts.
    fn meters(&self) -> &StoreMeters;
}

/// One page of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// What to pass as `after` for the next page; none at the end.
    pub next: Option<i64>,
}
