//! `wasmtab alert history` and `wasmtab alert show`.

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::{
    client,
    context::Context,
    exit::Failure,
    output::{
        cell::{present, short, text, time},
        clean,
        table::{column, facts, render},
    },
};

/// The width of an error in a list.
const ERROR: usize = 60;

#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// To this channel
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// That stand so
    #[arg(long, value_enum, value_name = "STATUS")]
    status: Option<Status>,
    /// Of this job's runs, by its name or id
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Its number
    delivery: String,
}

/// How a message stands.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    /// It is tried, or will be
    Pending,
    /// The other side has taken it
    Delivered,
    /// It was given up
    Failed,
    /// A silence held
    Silenced,
}

impl HistoryArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let job = match &self.job {
            Some(job) => Some(client::job_id(&client, job).await?),
            None => None,
        };
        let status = self.status.and_then(|status| status.to_possible_value());
        let list = client
            .list(&["alerts", "history"], self.limit, |request| {
                request
                    .query_opt("channel", self.channel.as_deref())
                    .query_opt(
                        "status",
                        status.as_ref().map(clap::builder::PossibleValue::get_name),
                    )
                    .query_opt("jobId", job.as_deref())
            })
            .await?;
        let columns = [
            column("ID", |delivery| text(delivery, "/id")),
            column("AT", |delivery| time(delivery, "/createdAt")),
            column("EVENT", |delivery| text(delivery, "/event")),
            column("JOB", |delivery| text(delivery, "/jobName")),
            column("RUN", |delivery| text(delivery, "/runId")),
            column("CHANNEL", |delivery| text(delivery, "/channel")),
            column("STATUS", |delivery| text(delivery, "/status")),
            column("TRIES", |delivery| text(delivery, "/tries")),
            column("NEXT", |delivery| time(delivery, "/nextAt")),
            column("ERROR", |delivery| {
                short(&present(delivery, "/error").unwrap_or_default(), ERROR)
            }),
        ];
        context.out.list(&list, |deliveries| {
            render(&columns, deliveries, "nobody was told of anything")
        })
    }
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let delivery = client.get(&["alerts", "history", &self.delivery]).send().await?;
        context.out.one(&delivery.body, |delivery| {
            let mut shown = facts_of(delivery);
            if let Some(body) = delivery.get("body").filter(|body| !body.is_null()) {
                shown = format!("{shown}\n{}\n", clean::clean(&format!("{body:#}")));
            }
            shown
        })
    }
}

/// What is known of a message, without what it says.
pub(super) fn facts_of(delivery: &Value) -> String {
    let mut rows = vec![
        ("message", text(delivery, "/id")),
        ("event", text(delivery, "/event")),
        ("channel", text(delivery, "/channel")),
        ("status", text(delivery, "/status")),
    ];
    for (name, pointer) in [
        ("job", "/jobName"),
        ("run", "/runId"),
        ("tries", "/tries"),
        ("answer", "/answer"),
        ("error", "/error"),
        ("silenced by", "/silencedBy"),
    ] {
        rows.extend(present(delivery, pointer).map(|value| (name, value)));
    }
    for (name, pointer) in [
        ("came", "/createdAt"),
        ("next try", "/nextAt"),
        ("ended", "/endedAt"),
    ] {
        if present(delivery, pointer).is_some() {
            rows.push((name, time(delivery, pointer)));
        }
    }
    facts(&rows)
}
