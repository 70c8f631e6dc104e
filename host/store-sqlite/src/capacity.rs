//! Handlers that may not run all that is due: held ones, and those with a bound on attempts at once.
//!
//! A run that is due but may not start is marked with a hold, so that the next claim does not meet it again. Each claim
//! first takes the hold off as many runs as there is room for: whatever makes room has only to wake the dispatcher.

use std::collections::HashMap;

use serde::Deserialize;
use sqlx::SqliteConnection;
use wasmtab_domain::{run::Hold, time::Timestamp};

use crate::convert::{signed, to_json, unsigned};

/// How many more attempts each bounded handler may have; those that are not named have no bound.
#[derive(Debug, Default)]
pub(crate) struct Capacity(HashMap<String, Room>);

/// A handler that is held or has a bound, and how many of its attempts go on.
#[derive(Debug, Deserialize)]
pub(crate) struct Bounded {
    name: String,
    held: u8,
    max_concurrency: Option<i64>,
    running: i64,
}

#[derive(Debug)]
struct Room {
    held: bool,
    free: u64,
}

impl Capacity {
    /// From the handlers that are held or have a bound.
    pub(crate) fn of(handlers: Vec<Bounded>) -> Self {
        Self(
            handlers
                .into_iter()
                .map(|handler| {
                    let free = handler.max_concurrency.map_or(u64::MAX, |most| {
                        unsigned(most).saturating_sub(unsigned(handler.running))
                    });
                    let room = Room {
                        held: handler.held != 0,
                        free,
                    };
                    (handler.name, room)
                })
                .collect(),
        )
    }

    /// Lets waiting runs go on that are due, of each handler as many as there is room for, at most `limit`, and says whether there were
    /// any. After the clock was set back some are due no more: the room is not for them.
    pub(crate) async fn let_in(
        &self,
        connection: &mut SqliteConnection,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, sqlx::Error> {
        let (capacity, now) = (Hold::Capacity.as_str(), now.as_micros());
        let mut any = false;
        for (handler, room) in self.0.iter().filter(|(_, room)| !room.held && room.free > 0) {
            let most = signed(room.free.min(u64::from(limit)));
            let let_in = sqlx::query!(
                "UPDATE run SET hold = NULL WHERE id IN (
                    SELECT id FROM run WHERE handler_name = ?1 AND hold = ?2 AND due_at <= ?4
                    ORDER BY priority DESC, due_at, id LIMIT ?3
                )",
                handler,
                capacity,
                most,
                now
            )
            .execute(&mut *connection)
            .await?;
            any |= let_in.rows_affected() > 0;
        }
        Ok(any)
    }

    /// Takes a place for a run of the handler, or says why there is none.
    pub(crate) fn take(&mut self, handler: &str) -> Option<Hold> {
        let room = self.0.get_mut(handler)?;
        if room.held {
            return Some(Hold::Handler);
        }
        match room.free.checked_sub(1) {
            Some(left) => {
                room.free = left;
                None
            }
            None => Some(Hold::Capacity),
        }
    }
}

/// Marks runs as kept back; each pair is a run and why.
pub(crate) async fn keep_back(
    connection: &mut SqliteConnection,
    runs: &[(i64, &'static str)],
) -> Result<(), sqlx::Error> {
    if runs.is_empty() {
        return Ok(());
    }
    let runs = to_json(runs)?;
    sqlx::query!(
        "UPDATE run SET hold = new.hold FROM (SELECT value ->> 0 AS id, value ->> 1 AS hold FROM json_each(?)) AS new
        WHERE run.id = new.id",
        runs
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets every run go on that was kept back for this reason; the next claim looks at it again.
pub(crate) async fn let_go(
    connection: &mut SqliteConnection,
    handler: &str,
    hold: Hold,
) -> Result<(), sqlx::Error> {
    let hold = hold.as_str();
    sqlx::query!(
        "UPDATE run SET hold = NULL WHERE handler_name = ? AND hold = ?",
        handler,
        hold
    )
    .execute(connection)
    .await?;
    Ok(())
}
