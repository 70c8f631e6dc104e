//! What ties jobs together: labels, and the jobs that they start at their end.

use std::collections::HashMap;

use sqlx::PgConnection;
use wasmtab_domain::{chain, ids::JobId, job::JobSpec};

use crate::convert::json;

/// Which of these names are borne by jobs.
pub(crate) async fn known(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT name FROM infra_job WHERE name = ANY($1)", names)
        .fetch_all(connection)
        .await
}

/// The jobs that each of these starts, by name; those that start none are left out.
pub(crate) async fn chains_from(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<Vec<(String, Vec<String>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT name, on_success, on_failure FROM infra_job
        WHERE name = ANY($1) AND (on_success <> '[]' OR on_failure <> '[]')",
        names
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let mut next: Vec<String> = json("on_success", &row.on_success)?;
            next.extend(json::<Vec<String>>("on_failure", &row.on_failure)?);
            Ok((row.name, next))
        })
        .collect()
}

/// The way on which a job that says `spec` would come to start itself. `before` is the name that it bears until then.
pub(crate) async fn cycle(
    connection: &mut PgConnection,
    spec: &JobSpec,
    before: Option<&str>,
) -> Result<Option<Vec<String>>, sqlx::Error> {
    let own: Vec<String> = spec.on_success.iter().chain(&spec.on_failure).cloned().collect();
    // Everything that can be reached, a step at a time.
    let mut next: HashMap<String, Vec<String>> = HashMap::from([(spec.name.clone(), own.clone())]);
    let mut reached = own;
    while !reached.is_empty() {
        let mut found = chains_from(connection, &reached).await?;
        found.retain(|(name, _)| !next.contains_key(name) && Some(name.as_str()) != before);
        reached = found.iter().flat_map(|(_, names)| names).cloned().collect();
        next.extend(found);
    }
    Ok(chain::cycle(&spec.name, |name| {
        next.get(name).cloned().unwrap_or_default()
    }))
}

/// Keeps the labels of a job where jobs are found by them.
pub(crate) async fn save_labels(
    connection: &mut PgConnection,
    id: JobId,
    labels: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM job_label WHERE job_id = $1", id.0)
        .execute(&mut *connection)
        .await?;
    if !labels.is_empty() {
        sqlx::query!(
            "INSERT INTO job_label (label, job_id) SELECT label, $2 FROM UNNEST($1::text[]) AS label",
            labels,
            id.0
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}
