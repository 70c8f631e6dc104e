//! `wasmtab job history`.

use clap::Args;

use crate::{
    client,
    commands::run::view,
    context::Context,
    exit::Failure,
    input::when,
    output::{
        cell::{text, time},
        table::{column, render},
    },
};

#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// Its name or id
    job: String,
    /// Only attempts that ended so
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only fires that were skipped for this reason: overlap, misfire, paused, blackout, …
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Only what was started so: cron, manual, backfill, chain
    #[arg(long, value_name = "TRIGGER")]
    trigger: Option<String>,
    /// Only those planned at or after: an instant, or a length of time before now
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only those planned before
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// What the job said, revision by revision, in place of what it did
    #[arg(long, conflicts_with_all = ["status", "reason", "trigger", "since", "until"])]
    revisions: bool,
}

impl HistoryArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let job = client::job_id(&client, &self.job).await?;
        let limit = self.limit as usize;
        if self.revisions {
            let list = client
                .list(&["jobs", &job, "revisions"], limit, |request| request)
                .await?;
            let columns = [
                column("REVISION", |revision| text(revision, "/revision")),
                column("AT", |revision| time(revision, "/createdAt")),
                column("BY", |revision| text(revision, "/createdBy")),
                column("CRON", |revision| text(revision, "/spec/cronExpression")),
                column("ZONE", |revision| text(revision, "/spec/timezone")),
                column("HANDLER", |revision| text(revision, "/spec/handlerName")),
                column("PARAM", |revision| text(revision, "/spec/handlerParam")),
            ];
            return context.out.list(&list, |revisions| {
                render(&columns, revisions, "there are no revisions")
            });
        }
        let instant = |flag: &str, said: &Option<String>| {
            said.as_ref()
                .map(|said| when::past(flag, said, context.now()).map(|at| at.to_string()))
                .transpose()
        };
        let (since, until) = (instant("--since", &self.since)?, instant("--until", &self.until)?);
        let list = client
            .list(&["logs"], limit, |request| {
                request
                    .query("jobId", &job)
                    .query_opt("status", self.status.as_deref())
                    .query_opt("reason", self.reason.as_deref())
                    .query_opt("trigger", self.trigger.as_deref())
                    .query_opt("since", since.as_deref())
                    .query_opt("until", until.as_deref())
            })
            .await?;
        context.out.list(&list, view::attempts)
    }
}
