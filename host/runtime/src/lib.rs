//! The sandbox: compile, inspect and run one attempt of a handler on wasmtime.
//!
//! [`Runtime::inspect`] takes an upload and says what it is; [`Runtime::load`] makes it ready; [`Runtime::run`] runs one attempt and
//! reports. Every attempt gets a fresh store, bounded in time, work and memory, that reaches only what was granted.

mod attempt;
mod backtrace;
pub mod baseline;
mod bindings;
mod cache;
mod capability;
mod classify;
mod command;
mod compile;
mod config;
mod decommit;
mod describe;
mod engine;
mod epoch;
mod handler;
mod host;
mod limiter;
pub mod limits;
mod live;
mod logs;
mod memory_cache;
mod recorder;
mod report;
mod run;
mod runtime;
mod state;
mod sync;
mod text;
mod turns;

pub use self::{
    attempt::{Attempt, AttemptContext, CancelCause, Control, Limits, NoObserver, Observer, Upstream},
    capability::http::{Resolve, SystemResolver},
    command::VARIABLES,
    compile::compile_child_main,
    config::{CompileLimits, RuntimeConfig},
    describe::Description,
    handler::Handler,
    live::{LiveAttempt, LiveEntry, LiveLog, LiveLogs, LivePart},
    logs::{LogLevel, LogLine, Logs},
    report::{AttemptReport, Refusal},
    runtime::{LoadError, Runtime, RuntimeError, Source},
    state::{MemoryState, StateError, StateStore},
};

pub use wasmtab_upload::{Capability, HandlerKind, Inspection, UploadError, Weight};

/// The SHA-256 of an original.
pub fn digest(original: &[u8]) -> wasmtab_domain::digest::Digest {
    compile::sha256(original)
}
