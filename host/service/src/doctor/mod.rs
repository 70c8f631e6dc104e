//! A check-up: everything that may be wrong though nobody has complained yet.

mod checks;
mod surroundings;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use wasmtab_store::{Principal, Role, StoreError};

pub use self::surroundings::{Seen, Surroundings};
use crate::{
    error::ServiceResult,
    inspector::InspectError,
    service::{Service, authorize},
    view::{CheckView, DoctorView},
};

/// Names that a check shows.
const ITEMS: u32 = 20;
/// Faults of the database that are looked for.
const FAULTS: u32 = 10;
/// A component with nothing in it: it is refused, which only a compiler that works can do.
const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
/// How long the compiler may take for it; an upload may be before it.
const COMPILE: Duration = Duration::from_secs(30);

impl Service {
    /// Looks at everything. It changes nothing.
    pub async fn doctor(&self, by: &Principal) -> ServiceResult<DoctorView> {
        authorize(by, Role::Operator)?;
        let now = self.now();
        let facts = self.store.facts().await;
        let size = facts.as_ref().ok().and_then(|facts| facts.size);
        let faults = self.store.faults(FAULTS).await;
        let mut all = vec![if size.is_none() && faults.as_ref().is_ok_and(Vec::is_empty) {
            checks::database_elsewhere(facts.as_ref().err())
        } else {
            checks::database(&faults)
        }];
        all.push(checks::schema(&self.store.schema().await));
        let seen = match &self.surroundings {
            Some(surroundings) => look(surroundings).await,
            None => None,
        };
        if let Some(seen) = &seen {
            all.push(checks::disk(seen, size));
            all.push(checks::directories(seen));
            all.push(checks::descriptors(seen));
            all.push(checks::copies(seen));
        }
        all.push(match self.store.last_seen().await {
            Ok(last_seen) => checks::clock(last_seen, now),
            Err(error) => unanswered("clock", &error),
        });
        all.push(self.check_compiler().await);
        let serving = seen.as_ref().is_none_or(|seen| seen.serving);
        match self.store.findings(ITEMS).await {
            Ok(found) => {
                all.push(checks::zones(&found.zones));
                all.push(checks::handlers(&found));
                all.push(checks::jobs(&found));
                all.push(checks::pauses(&found));
                all.push(checks::runs(&found, now, serving));
                all.push(checks::leftovers(&found));
                all.push(checks::access(&found, self.admin_hash().is_some(), serving));
            }
            Err(error) => all.push(unanswered("jobs", &error)),
        }
        match facts {
            Ok(facts) => all.push(checks::queue(&facts.queue, now, serving)),
            Err(error) => all.push(unanswered("queue", &error)),
        }
        Ok(DoctorView::new(all))
    }

    async fn check_compiler(&self) -> CheckView {
        const NAME: &str = "compiler";
        let empty = Bytes::from_static(EMPTY_COMPONENT);
        match tokio::time::timeout(COMPILE, self.inspector.inspect(empty)).await {
            Ok(Ok(_) | Err(InspectError::Refused { .. })) => {
                CheckView::ok(NAME, "the process that compiles uploads starts and answers")
            }
            Ok(Err(InspectError::Host(reason))) => CheckView::fail(
                NAME,
                format!("uploads cannot be compiled: {reason}"),
                "the program starts itself as a child for that: see that its file is still there, and that the directory `compiled` below \
                 the data directory can be written",
            ),
            Err(_) => CheckView::warn(
                NAME,
                format!("no answer within {} s", COMPILE.as_secs()),
                "an upload may be compiled at the moment; ask again when it is done",
            ),
        }
    }
}

/// Off the threads that answer: a disk may hang.
async fn look(surroundings: &Arc<dyn Surroundings>) -> Option<Seen> {
    let surroundings = Arc::clone(surroundings);
    tokio::task::spawn_blocking(move || surroundings.look())
        .await
        .ok()
}

fn unanswered(name: &str, error: &StoreError) -> CheckView {
    CheckView::fail(
        name,
        error.to_string(),
        "see the checks `database` and `disk`, and the server's own log",
    )
}
