//! Jobs without what they say: that is their revision's, which is remembered.

use std::sync::Arc;

use serde::Deserialize;
use sqlx::SqliteConnection;
use wasmtab_domain::{ids::JobId, job::Job};

use crate::{
    Memory,
    convert::{instant, pause, progress},
    decode_error,
};

/// The rest of a job's row, as JSON in this order. Many come as one text: rows one by one are handed from thread to thread, value
/// by value.
#[derive(Debug, Deserialize)]
pub(crate) struct JobState {
    id: i64,
    revision: i64,
    source: Option<String>,
    created_at: i64,
    updated_at: i64,
    paused_at: Option<i64>,
    paused_until: Option<i64>,
    paused_by: Option<String>,
    paused_note: Option<String>,
    next_fire_at: Option<i64>,
    plan_at: Option<i64>,
    decided_until: Option<i64>,
    released: i64,
}

/// The whole jobs, in this order.
pub(crate) async fn complete(
    connection: &mut SqliteConnection,
    memory: &Memory,
    states: Vec<JobState>,
) -> Result<Vec<Job>, sqlx::Error> {
    let keys = states.iter().map(|state| (state.id, state.revision)).collect();
    let revisions = memory.revisions(connection, &keys).await?;
    states
        .into_iter()
        .map(|state| {
            let revised = revisions
                .get(&(state.id, state.revision))
                .ok_or_else(|| decode_error("revision", "a job's own is missing"))?;
            Ok(Job {
                id: JobId(state.id),
                spec: Arc::clone(&revised.spec),
                revision: state.revision,
                source: state.source,
                created_at: instant(state.created_at),
                updated_at: instant(state.updated_at),
                pause: pause(
                    state.paused_at,
                    state.paused_until,
                    state.paused_by,
                    state.paused_note,
                ),
                progress: progress(
                    state.next_fire_at,
                    state.plan_at,
                    state.decided_until,
                    state.released,
                ),
            })
        })
        .collect()
}
