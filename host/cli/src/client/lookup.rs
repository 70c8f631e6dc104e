//! Things are named by name or by id.

use serde_json::Value;

use super::{Client, Reply};
use crate::exit::{Exit, Failure};

/// The job that goes by this name or id, as the API has it.
pub(crate) async fn job_of(client: &Client, said: &str) -> Result<Reply, Failure> {
    if said.bytes().all(|byte| byte.is_ascii_digit()) && !said.is_empty() {
        match client.get(&["jobs", said]).send().await {
            // A job may be called 42.
            Err(failure) if failure.exit == Exit::NotFound => {}
            found => return found,
        }
    }
    let id = id_by_name(client, said).await?;
    client.get(&["jobs", &id]).send().await
}

/// The id of the job that goes by this name or id.
pub(crate) async fn job_id(client: &Client, said: &str) -> Result<String, Failure> {
    let job = job_of(client, said).await?;
    id_of(&job.body).ok_or_else(|| Failure::own("the server answered with a job without an id"))
}

async fn id_by_name(client: &Client, name: &str) -> Result<String, Failure> {
    let found = client
        .list(&["jobs"], usize::MAX, |request| request.query("name", name))
        .await?;
    found
        .get("items")
        .and_then(Value::as_array)
        .and_then(|jobs| {
            jobs.iter()
                .find(|job| job.get("name").and_then(Value::as_str) == Some(name))
        })
        .and_then(id_of)
        .ok_or_else(|| Failure::new(Exit::NotFound, format!("there is no job `{name}`")))
}

/// The id of whatever the API answered, number or text.
fn id_of(value: &Value) -> Option<String> {
    match value.get("id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
