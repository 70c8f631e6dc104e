//! The database's clock, by which all its processes go: each one knows how far its own is from it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{StoreError, StoreResult};

use crate::store_error;

/// Samples that are taken; the one of the shortest round trip counts.
const SAMPLES: usize = 5;

/// How far the database's clock is from this process's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Microseconds to add to the local instant; negative where the database is behind.
    pub micros: i64,
    /// The sample's round trip: twice what it may be wrong by.
    pub round_trip: Duration,
}

/// Asks the database. This is the one place where it is asked for the time: no statement that writes or decides does.
pub(crate) async fn sample(
    pool: &PgPool,
    local: impl Fn() -> Timestamp + Send + Sync,
) -> StoreResult<Offset> {
    let mut connection = pool.acquire().await.map_err(store_error)?;
    let mut best: Option<Offset> = None;
    for _ in 0..SAMPLES {
        let before = local();
        let there: DateTime<Utc> = sqlx::query_scalar("SELECT clock_timestamp()")
            .fetch_one(&mut *connection)
            .await
            .map_err(store_error)?;
        let offset = between(before, Timestamp::from(there), local());
        best = Some(match best {
            Some(best) if best.round_trip <= offset.round_trip => best,
            _ => offset,
        });
    }
    best.ok_or_else(|| StoreError::Transient("the database did not tell the time".into()))
}

/// The instant `there` was read somewhere between the two local ones: in the middle, as far as anybody knows.
fn between(before: Timestamp, there: Timestamp, after: Timestamp) -> Offset {
    let round_trip = after.since(before);
    let middle = before.plus(round_trip / 2);
    Offset {
        micros: there.as_micros() - middle.as_micros(),
        round_trip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_taken_from_the_middle_of_the_round_trip() {
        let at = Timestamp::from_micros;
        let offset = between(at(1_000), at(5_010), at(1_020));
        assert_eq!(
            (offset.micros, offset.round_trip),
            (4_000, Duration::from_micros(20))
        );
        assert_eq!(between(at(5_000), at(1_000), at(5_000)).micros, -4_000);
    }
}
