//! Write wasmtab handlers: a function with typed parameters and an attribute.
//!
//! ```
//! use wasmtab_sdk::prelude::*;
//!
//! /// What `handlerParam` holds, as JSON.
//! #[param]
//! struct Greeting {
//!     /// Who is greeted.
//!     #[serde(default)]
//!     name: String,
//! }
//!
//! /// Says hello.
//! #[handler(name = "HelloHandler")]
//! fn hello(ctx: &Context, greeting: Greeting) -> Result<String, Failure> {
//!     info!("attempt {} of run {}", ctx.execute_index, ctx.run_id);
//!     Ok(format!("hello {}", greeting.name))
//! }
//! ```
//!
//! `cargo build --release --target wasm32-wasip2` makes the component that `wasmtab plugin push` takes; its crate needs
//! `crate-type = ["cdylib"]` and nothing but this one dependency.
//!
//! - **Parameter**: a type with [`param`] (JSON, described by its JSON Schema), a [`String`] (any text), or none. An empty
//!   `handlerParam` reads as `{}`, so a handler whose fields all have defaults runs without one.
//! - **Result**: a `String` as it stands, `()` as an empty one, anything else that serialises as JSON; or an [`Outcome`].
//! - **Work that goes on elsewhere**: [`Outcome::Pending`] ends the sandbox but not the attempt. Whoever has
//!   [`Context::completion_token`] reports it done at [`Context::completion_path`]; else it ends as `timeout` at its deadline.
//! - **Failure**: `?` on any error is retryable; [`Failure::permanent`] ends the run, whatever the job's `retryCount` says.
//! - **Panic**: its message goes to the attempt's log, the attempt ends as `trap` with the function names of the backtrace.
//! - **The host**: [`http`], [`state`], [`config`], [`progress`] and the logging macros; files are `std::fs`, clocks are
//!   `std::time`. Each reaches what an administrator granted to the handler, nothing else.
//!
//! - **Memory**: the feature `arena`, which is on, makes short handlers cheap to start; switch it off to bring an allocator of your
//!   own.
//!
//! `cargo test` runs a handler's tests on the ordinary target: there, state and configuration are kept in memory
//! ([`testing`]), log lines go to stderr and HTTP answers with an error.

#[cfg(all(target_family = "wasm", feature = "arena"))]
mod arena;
#[doc(hidden)]
#[rustfmt::skip]
pub mod bindings;
pub mod config;
mod context;
#[doc(hidden)]
pub mod entry;
mod failure;
pub mod http;
mod logging;
mod outcome;
#[doc(hidden)]
pub mod param;
pub mod progress;
#[doc(hidden)]
pub mod schema;
pub mod state;
pub mod testing;
pub mod time;

pub use context::{Context, Trigger, Upstream};
pub use failure::{Failure, OrFail};
pub use logging::{Level, log};
pub use outcome::{IntoOutcome, Outcome};
pub use param::Param;
pub use wasmtab_sdk_macros::{data, handler, param};

#[doc(hidden)]
pub use {serde, serde_json};

/// What a handler wants at hand.
pub mod prelude {
    pub use crate::{
        Context, Failure, OrFail, Outcome, Trigger, config, critical, data, debug, ensure, error, fail,
        handler, http, info, param, progress, state, trace, warn,
    };
    pub use serde_json::{Value, json};
}
