//! What every command is given.

use wasmtab_domain::time::{Clock, Timestamp};

use crate::{args::Global, client::Client, clock::SystemClock, exit::Failure, output::Output};

/// The global flags, and what follows from them.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    global: Global,
    clock: SystemClock,
    /// Where results go.
    pub(crate) out: Output,
}

impl Context {
    /// From the global flags.
    pub(crate) const fn new(global: Global) -> Self {
        let out = Output {
            format: global.output,
        };
        Self {
            global,
            clock: SystemClock,
            out,
        }
    }

    /// A client of the server that was named.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Client::new(&self.global.server, self.global.token.as_deref())
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
