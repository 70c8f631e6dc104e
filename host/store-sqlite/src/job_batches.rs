//! Changes to several jobs at once.

use sqlx::SqliteConnection;
use wasmtab_store::{JobChange, JobChanges, JobWrite, PauseRequest, WriteError};

use crate::{Memory, effects::Effects, job_writes};

/// Carries the changes out one after another; a refused one writes nothing, and the others stay.
pub(crate) async fn change(
    connection: &mut SqliteConnection,
    memory: &Memory,
    changes: &JobChanges,
    effects: &mut Effects,
) -> Result<Vec<Result<(), WriteError>>, sqlx::Error> {
    let JobChanges { changes, by, now } = changes;
    let mut replies = Vec::with_capacity(changes.len());
    for (id, change) in changes {
        let reply = match change {
            JobChange::Pause { until, note } => {
                let request = PauseRequest {
                    until: *until,
                    note: note.clone(),
                    by: by.clone(),
                    now: *now,
                };
                job_writes::pause(connection, memory, *id, &request, effects)
                    .await?
                    .map(drop)
            }
            JobChange::Resume => {
                effects.queue = true;
                job_writes::resume(connection, memory, *id, by, *now, effects)
                    .await?
                    .map(drop)
            }
            JobChange::Update(spec, revision) => {
                let write = JobWrite {
                    spec: (**spec).clone(),
                    source: None,
                    by: by.clone(),
                    now: *now,
                };
                job_writes::update(connection, memory, *id, Some(*revision), &write, effects)
                    .await?
                    .map(drop)
            }
            JobChange::Delete => job_writes::delete(connection, memory, *id, by, *now, effects)
                .await?
                .map(drop),
        };
        replies.push(reply);
    }
    Ok(replies)
}
