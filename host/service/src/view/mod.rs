//! What the use-cases show: the JSON of the API.
//!
//! Instants are RFC 3339 texts with an offset, intervals whole seconds, durations milliseconds, ids of runs and attempts texts.

mod access;
mod alert;
mod apply;
mod attempt;
mod backfill;
mod bulk;
mod calendar;
mod doctor;
mod handler;
mod job;
mod job_input;
mod list;
mod log;
mod plugin;
mod run;
mod schedule;
mod shapes;
mod state;
mod why;

pub use self::{
    access::{AuditView, MeView, NewTokenView, SettingsView, TokenView},
    alert::{ChannelView, DeliveryView, RuleView, ScopeView, SilenceView},
    apply::{Action, AppliedJob, ChangeView, ExportView, PlanView},
    attempt::{AttemptView, RefusalView},
    backfill::{BackfillItemView, BackfillView},
    bulk::{BulkFailureView, BulkJobView, BulkJobsView, BulkRunView, BulkRunsView},
    calendar::CalendarView,
    doctor::{CheckView, DoctorView},
    handler::{HandlerView, HoldView},
    job::{BackoffView, BindingView, JobView, PauseView, RevisionView, SpecView},
    job_input::JobInput,
    list::ListView,
    log::{LogLineView, LogView},
    plugin::{ActivationView, DescriptionView, InspectionView, PluginView, VersionView},
    run::RunView,
    schedule::{ClockChangeView, LeftOutView, NextView, PreviewView},
    shapes::{BackoffInput, BlackoutShape, Length, Size, WindowShape},
    state::{StateClearedView, StateEntryView, StateScopeView, StateView},
    why::{NearView, PausePeriodView, WhyRevisionView, WhyView},
};

pub(crate) use self::schedule::describe;
