//! Which runs: one by its id, or many by what they have in common.

use clap::Args;
use serde_json::Value;

use crate::{
    client::{self, Client},
    context::Context,
    exit::{Exit, Failure},
    input::when,
};

/// The filters of runs.
#[derive(Args, Clone, Debug)]
pub(super) struct Filters {
    /// Only runs of this job, by name or id
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Only runs of this handler
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
    /// Only runs in this state: queued, running, waitingRetry, success, failure, …
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Only runs planned at or after: an instant (RFC 3339), or a length of time before now
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only runs planned before
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// Runs by id, or by filter.
#[derive(Args, Clone, Debug)]
pub(super) struct Selection {
    /// Their ids
    ids: Vec<String>,
    #[command(flatten)]
    filters: Filters,
}

impl Filters {
    /// The list that they leave.
    pub(super) async fn list(&self, context: &Context, client: &Client) -> Result<Value, Failure> {
        let job = match &self.job {
            Some(job) => Some(client::job_id(client, job).await?),
            None => None,
        };
        let instant = |flag: &str, said: &Option<String>| {
            said.as_ref()
                .map(|said| when::past(flag, said, context.now()).map(|at| at.to_string()))
                .transpose()
        };
        let (since, until) = (instant("--since", &self.since)?, instant("--until", &self.until)?);
        client
            .list(&["runs"], self.limit as usize, |request| {
                request
                    .query_opt("jobId", job.as_deref())
                    .query_opt("handlerName", self.handler.as_deref())
                    .query_opt("state", self.state.as_deref())
                    .query_opt("since", since.as_deref())
                    .query_opt("until", until.as_deref())
            })
            .await
    }

    fn any(&self) -> bool {
        self.job.is_some()
            || self.handler.is_some()
            || self.state.is_some()
            || self.since.is_some()
            || self.until.is_some()
    }
}

impl Selection {
    /// The ids that are meant: those that were named, or those of the runs that the filters leave and `wanted` takes.
    pub(super) async fn ids(
        &self,
        context: &Context,
        client: &Client,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Vec<String>, Failure> {
        match (self.ids.is_empty(), self.filters.any()) {
            (false, false) => Ok(self.ids.clone()),
            (false, true) => Err(Failure::usage("runs are named by id or by filters, not by both")),
            (true, false) => Err(Failure::usage(
                "no run was named; give ids, or --job, --handler, --state, --since, --until",
            )),
            (true, true) => {
                let list = self.filters.list(context, client).await?;
                let runs = list.get("items").and_then(Value::as_array).into_iter().flatten();
                let ids = runs
                    .filter(|run| wanted(run))
                    .filter_map(|run| run.get("id")?.as_str().map(str::to_owned));
                Ok(ids.collect())
            }
        }
    }

    /// Whether one run was named by its id.
    pub(super) const fn is_one(&self) -> bool {
        self.ids.len() == 1
    }
}

/// Tells of each failure, and fails as the first one did once all were tried.
pub(super) fn first_failure(failures: Vec<(String, Failure)>, tried: usize) -> Result<(), Failure> {
    let count = failures.len();
    let Some(exit) = failures.first().map(|(_, failure)| failure.exit) else {
        return Ok(());
    };
    let mut failures = failures;
    if tried == 1 {
        return Err(failures.remove(0).1);
    }
    let mut all = Failure::new(
        if count == tried { exit } else { Exit::Conflict },
        format!("{count} of {tried} runs were refused"),
    );
    for (id, failure) in failures {
        all = all.with(format!("{id}: {}", failure.message));
    }
    Err(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_refused_is_a_conflict() {
        let refused = |exit| ("7".to_owned(), Failure::new(exit, "no"));
        assert_eq!(first_failure(Vec::new(), 3), Ok(()));
        assert_eq!(
            first_failure(vec![refused(Exit::NotFound)], 1).unwrap_err().exit,
            Exit::NotFound
        );
        let part = first_failure(vec![refused(Exit::NotFound)], 3).unwrap_err();
        assert_eq!(
            (part.exit, part.to_string().as_str()),
            (Exit::Conflict, "1 of 3 runs were refused\n  7: no")
        );
    }
}
