//! What the store remembers from one transaction to the next: the newest id, and revisions of jobs that runs are of.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{IdSource, RunId},
    job::JobSpec,
    run::RunPolicy,
    time::Timestamp,
};

use crate::{
    convert::{json, to_json},
    decode_error,
};

/// Revisions that are remembered; beyond it all are forgotten, and those in use come back.
const REVISIONS: usize = 20_000;

/// A job and one of its revisions.
pub(crate) type RevisionKey = (i64, i64);

/// Shared between the methods of a store.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    ids: IdSource,
    revisions: HashMap<RevisionKey, Arc<Revised>>,
}

/// What a revision says. It never changes once it is written.
#[derive(Debug)]
pub(crate) struct Revised {
    pub spec: Arc<JobSpec>,
    /// The part of it that its runs need.
    pub policy: Arc<RunPolicy>,
}

impl Memory {
    pub(crate) fn new(ids: IdSource) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            ids,
            revisions: HashMap::new(),
        })))
    }

    pub(crate) fn next(&self, now: Timestamp) -> i64 {
        self.inner().ids.next(now)
    }

    pub(crate) fn next_run(&self, now: Timestamp) -> RunId {
        RunId(self.next(now))
    }

    /// Forgets what was read: a revision of a transaction that is undone may come again with other words.
    pub(crate) fn forget(&self) {
        self.inner().revisions.clear();
    }

    /// These revisions, from the database where they are not remembered. Deletions, which say nothing, are left out.
    pub(crate) async fn revisions(
        &self,
        connection: &mut SqliteConnection,
        wanted: &BTreeSet<RevisionKey>,
    ) -> Result<HashMap<RevisionKey, Arc<Revised>>, sqlx::Error> {
        let mut found = HashMap::with_capacity(wanted.len());
        let mut missing = Vec::new();
        {
            let inner = self.inner();
            for key in wanted {
                match inner.revisions.get(key) {
                    Some(revised) => {
                        found.insert(*key, Arc::clone(revised));
                    }
                    None => missing.push(*key),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let read = read(connection, &missing).await?;
        let mut inner = self.inner();
        inner.make_room(read.len());
        for (key, revised) in read {
            inner.revisions.insert(key, Arc::clone(&revised));
            found.insert(key, revised);
        }
        Ok(found)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn make_room(&mut self, more: usize) {
        if self.revisions.len() + more > REVISIONS {
            self.revisions.clear();
        }
    }
}

async fn read(
    connection: &mut SqliteConnection,
    keys: &[RevisionKey],
) -> Result<Vec<(RevisionKey, Arc<Revised>)>, sqlx::Error> {
    let keys = to_json(keys)?;
    let rows = sqlx::query!(
        r#"SELECT revision.job_id AS "job_id!: i64", revision.revision AS "revision!: i64", revision.spec AS "spec!"
        FROM json_each(?) AS wanted
        CROSS JOIN job_revision AS revision
            ON revision.job_id = wanted.value ->> 0 AND revision.revision = wanted.value ->> 1
        WHERE revision.spec IS NOT NULL"#,
        keys
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let spec: JobSpec = json("spec", &row.spec)?;
            let policy = Arc::new(RunPolicy::from(&spec));
            let revised = Revised {
                spec: Arc::new(spec),
                policy,
            };
            Ok(((row.job_id, row.revision), Arc::new(revised)))
        })
        .collect()
}

/// The policy of a run: its own, else its revision's.
pub(crate) fn policy_of(
    own: Option<&str>,
    revised: Option<&Arc<Revised>>,
) -> Result<Arc<RunPolicy>, sqlx::Error> {
    match (own, revised) {
        (Some(own), _) => json("policy", own),
        (None, Some(revised)) => Ok(Arc::clone(&revised.policy)),
        (None, None) => Err(decode_error("policy", "neither run nor revision has one")),
    }
}
