//! What the attribute macro calls: the way from the world's types to the handler's and back.

use crate::bindings::wasmtab::job::types as wit;
use crate::{Context, Failure, IntoOutcome, Level, Param, log};
use std::panic;
use std::sync::Once;

/// Answers `describe`.
pub fn describe<P: Param>(package: &str, summary: &str, suggested: &str) -> wit::Description {
    wit::Description {
        name: package.to_owned(),
        summary: summary.to_owned(),
        parameter_schema: P::schema(),
        suggested_handler_name: suggested.to_owned(),
    }
}

/// Answers `execute` with the handler.
pub fn execute<P: Param, T: IntoOutcome>(
    context: wit::Context,
    param: &str,
    handler: impl FnOnce(&Context, P) -> Result<T, Failure>,
) -> Result<wit::Outcome, wit::Failure> {
    log_panics();
    let outcome = P::parse(param)
        .and_then(|param| handler(&Context::from(context), param))
        .and_then(IntoOutcome::into_outcome);
    outcome.map(Into::into).map_err(Into::into)
}

/// A panic aborts; its message would be on stderr only, without a level.
fn log_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|panic| {
            let payload = panic.payload();
            let message = payload.downcast_ref::<&str>().copied();
            let message = message
                .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message");
            let place = panic
                .location()
                .map(|place| format!(" at {place}"))
                .unwrap_or_default();
            log(Level::Critical, "panic", &format!("{message}{place}"));
        }));
    });
}
