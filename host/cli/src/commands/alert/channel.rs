//! `wasmtab alert channel`.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    commands::confirm,
    context::Context,
    exit::{Exit, Failure},
    input::{file, when},
    output::{
        cell::{raw, text, time},
        table::{column, facts, render},
    },
};

#[derive(Debug, Subcommand)]
pub(crate) enum ChannelCommand {
    /// List channels
    #[command(visible_alias = "ls")]
    List,
    /// What a channel says
    Show {
        /// Its name
        channel: String,
    },
    /// Make a channel, or change it
    Set(SetArgs),
    /// Send a message that tells of nothing, and say what became of it
    Test(TestArgs),
    /// Delete a channel that no rule names
    Rm {
        /// Its name
        channel: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SetArgs {
    /// Its name
    channel: String,
    /// The address to which messages are sent by POST [default: as it is]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// With which messages are signed: a text, or @FILE [default: as it is]
    #[arg(long, value_name = "SECRET", conflicts_with = "no_secret")]
    secret: Option<String>,
    /// Sign nothing
    #[arg(long)]
    no_secret: bool,
    /// Send nothing there, and give up what waits
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Send there again
    #[arg(long)]
    enable: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// Its name
    channel: String,
    /// How long to wait for what becomes of it
    #[arg(long, value_name = "LENGTH", value_parser = when::length, default_value = "15s")]
    wait: Duration,
}

impl ChannelCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        match self {
            Self::List => {
                let list = client
                    .list(&["alerts", "channels"], usize::MAX, |request| request)
                    .await?;
                let columns = [
                    column("CHANNEL", |channel| text(channel, "/name")),
                    column("URL", |channel| text(channel, "/url")),
                    column("SIGNED", |channel| text(channel, "/signed")),
                    column("ENABLED", |channel| text(channel, "/enabled")),
                    column("UPDATED", |channel| time(channel, "/updatedAt")),
                    column("BY", |channel| text(channel, "/updatedBy")),
                ];
                context.out.list(&list, |channels| {
                    render(&columns, channels, "there are no channels")
                })
            }
            Self::Show { channel } => {
                let channel = client.get(&["alerts", "channels", &channel]).send().await?;
                context.out.one(&channel.body, show)
            }
            Self::Set(args) => args.run(context).await,
            Self::Test(args) => args.run(context).await,
            Self::Rm { channel, yes } => {
                confirm::ask(yes, &format!("Delete the channel `{channel}`?"))?;
                client.delete(&["alerts", "channels", &channel]).send().await?;
                context.out.say(&format!("the channel `{channel}` is deleted"))
            }
        }
    }
}

impl SetArgs {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let path = ["alerts", "channels", self.channel.as_str()];
        let present = match client.get(&path).send().await {
            Ok(reply) => Some(reply.body),
            Err(failure) if failure.exit == Exit::NotFound => None,
            Err(failure) => return Err(failure),
        };
        let known = |member: &str| present.as_ref().and_then(|channel| channel.get(member).cloned());
        let url = match self.url {
            Some(url) => json!(url),
            None => known("url").ok_or_else(|| Failure::usage("--url is needed for a new channel"))?,
        };
        let enabled = match (self.enable, self.disable) {
            (true, _) => json!(true),
            (_, true) => json!(false),
            _ => known("enabled").unwrap_or(json!(true)),
        };
        let mut body = json!({ "url": url, "enabled": enabled });
        if let Some(secret) = &self.secret {
            // A file ends in a line end that nobody meant.
            let secret = file::or_literal(secret)?;
            body["secret"] = json!(secret.trim_end_matches(['\n', '\r']));
        } else if self.no_secret {
            body["secret"] = Value::Null;
        }
        context
            .out
            .one(&client.put(&path).json(&body).send().await?.body, show)
    }
}

impl TestArgs {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let wait = format!("{}s", self.wait.as_secs());
        let delivery = client
            .post(&["alerts", "channels", &self.channel, "test"])
            .query("wait", &wait)
            .send()
            .await?
            .body;
        context.out.one(&delivery, super::history::facts_of)?;
        let channel = &self.channel;
        match raw(&delivery, "/status") {
            Some("delivered") => Ok(()),
            Some("pending") => Err(Failure::new(
                Exit::TimedOut,
                format!("the test of {channel} is still under way"),
            )),
            _ => Err(Failure::new(
                Exit::RunFailed,
                format!("the test of {channel} failed: {}", text(&delivery, "/error")),
            )),
        }
    }
}

/// A channel as people see it.
fn show(channel: &Value) -> String {
    facts(&[
        ("channel", text(channel, "/name")),
        ("url", text(channel, "/url")),
        ("signed", text(channel, "/signed")),
        ("enabled", text(channel, "/enabled")),
        (
            "updated",
            format!(
                "{} by {}",
                time(channel, "/updatedAt"),
                text(channel, "/updatedBy")
            ),
        ),
    ])
}
