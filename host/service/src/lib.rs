//! The use-cases: authorize, validate, transact, audit, show.
//!
//! A [`Service`] is all that the API and the console call. Every method takes the [`Principal`] who asks; what it returns are the
//! views of [`view`], whose JSON is the API's schema.

mod access;
mod alerts;
mod apply;
mod audit;
mod backup;
mod bulk;
mod calendars;
mod calls;
mod completion;
mod cursor;
mod doctor;
mod error;
mod events;
mod explain;
mod follow;
mod handlers;
mod holds;
mod idempotency;
mod inspector;
mod instants;
mod jobs;
mod logs;
mod metrics;
mod names;
mod paging;
mod plugins;
mod precondition;
mod repeat;
mod resolve;
mod runs;
mod runtime_inspector;
mod schedules;
mod secret;
mod service;
mod settings;
mod setup;
mod state;
mod tokens;
pub mod view;

pub use wasmtab_cron::Lang;
pub use wasmtab_store::{Principal, Role, StateScope, StoreError};

pub use self::{
    alerts::{ChannelPut, DeliveryQuery, RulePut, SilenceRequest},
    apply::{ApplyRequest, ExportQuery, MAX_DOCUMENT},
    backup::{Backup, BackupTurn},
    bulk::{BulkJobs, BulkRuns, JobAction, JobSelect, RunAction, RunSelect},
    calendars::CalendarPut,
    calls::CallRequest,
    completion::{CompleteBody, Completing, completion_key},
    doctor::{Seen, Surroundings},
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    events::{Event, Events},
    follow::{Follow, FollowEvent, Followed},
    handlers::{HandlerPatch, HandlerPut},
    holds::HoldBody,
    idempotency::{KeyedReply, KeyedRequest},
    inspector::{InspectError, Inspector},
    jobs::{BackfillBody, JobQuery, NextQuery, PauseBody, TriggerBody, WhyQuery},
    logs::AttemptQuery,
    metrics::{Exposition, Metrics},
    paging::PageQuery,
    plugins::Push,
    precondition::Expected,
    repeat::RetryBody,
    runs::RunQuery,
    runtime_inspector::RuntimeInspector,
    service::{Service, ServiceConfig},
    settings::SettingsPatch,
    setup::SetupRequest,
    state::{StateClear, StateQuery, StateValue},
    tokens::TokenRequest,
};
