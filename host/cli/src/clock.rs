//! The one place of this program that reads the wall clock.

use wasmtab_domain::time::{Clock, Timestamp};

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "everything else is given this clock")]
    fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }
}
