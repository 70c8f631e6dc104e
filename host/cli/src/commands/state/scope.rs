//! Whose state is meant.

use clap::Args;

use crate::{
    client::{self, Client},
    exit::{Exit, Failure},
};

/// A job's state, or a handler's.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct ScopeArgs {
    /// What this job keeps, by name or id
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// What this handler keeps: its calls, and with the grant state=handler all its jobs
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
}

impl ScopeArgs {
    /// The scope's address in the API.
    pub(super) async fn path(&self, client: &Client) -> Result<Vec<String>, Failure> {
        let (family, name) = match (&self.job, &self.handler) {
            (Some(job), _) => ("jobs", job_id(client, job).await?),
            (None, Some(handler)) => ("handlers", handler.clone()),
            (None, None) => {
                return Err(Failure::usage(
                    "whose state? name a job by --job, or a handler by --handler",
                ));
            }
        };
        Ok(vec![family.to_owned(), name, "state".to_owned()])
    }

    /// The same for one value.
    pub(super) async fn path_of(&self, client: &Client, key: &str) -> Result<Vec<String>, Failure> {
        if matches!(key, "." | "..") {
            // Whatever stands between here and the server takes these for directories.
            return Err(Failure::usage(format!(
                "the key `{key}` cannot be named in an address; `state show` prints its value, `state clear --prefix` removes it"
            )));
        }
        let mut path = self.path(client).await?;
        path.push(key.to_owned());
        Ok(path)
    }

    /// As a sentence names it.
    pub(super) fn named(&self) -> String {
        match (&self.job, &self.handler) {
            (Some(job), _) => format!("job `{job}`"),
            (None, handler) => format!("handler `{}`", handler.as_deref().unwrap_or_default()),
        }
    }
}

/// What an attempt kept for a job after its deletion has nothing but the job's number.
async fn job_id(client: &Client, said: &str) -> Result<String, Failure> {
    match client::job_id(client, said).await {
        Err(failure) if failure.exit == Exit::NotFound && said.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(said.to_owned())
        }
        found => found,
    }
}
