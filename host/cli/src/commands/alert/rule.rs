//! `wasmtab alert rule`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::scope::{ScopeArgs, scope};
use crate::{
    commands::confirm,
    context::Context,
    exit::Failure,
    output::{
        cell::{text, time},
        table::{column, facts, render},
    },
};

#[derive(Debug, Subcommand)]
pub(crate) enum RuleCommand {
    /// List rules
    #[command(visible_alias = "ls")]
    List,
    /// What a rule says
    Show {
        /// Its name
        rule: String,
    },
    /// Make or replace a rule
    Set(SetArgs),
    /// Delete a rule
    Rm {
        /// Its name
        rule: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SetArgs {
    /// Its name
    rule: String,
    /// The channel that is told
    #[arg(long, value_name = "CHANNEL")]
    channel: String,
    /// Of what (a,b) [default: failure,recovery,warn-after]
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    on: Vec<Occasion>,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// What a rule waits for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Occasion {
    /// A run has failed for good, in whatever way
    Failure,
    /// A run has failed for good because it ran out of time
    Timeout,
    /// A run has succeeded after one of the same job had failed
    Recovery,
    /// An attempt goes on for longer than its job's warnAfter
    #[value(alias = "warnAfter")]
    WarnAfter,
}

impl Occasion {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Timeout => "timeout",
            Self::Recovery => "recovery",
            Self::WarnAfter => "warnAfter",
        }
    }
}

impl RuleCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        match self {
            Self::List => {
                let list = client
                    .list(&["alerts", "rules"], usize::MAX, |request| request)
                    .await?;
                let columns = [
                    column("RULE", |rule| text(rule, "/name")),
                    column("ABOUT", scope),
                    column("ON", |rule| text(rule, "/on")),
                    column("TELLS", |rule| text(rule, "/channel")),
                    column("UPDATED", |rule| time(rule, "/updatedAt")),
                    column("BY", |rule| text(rule, "/updatedBy")),
                ];
                context
                    .out
                    .list(&list, |rules| render(&columns, rules, "there are no rules"))
            }
            Self::Show { rule } => {
                let rule = client.get(&["alerts", "rules", &rule]).send().await?;
                context.out.one(&rule.body, show)
            }
            Self::Set(args) => {
                let mut body = json!({ "channel": args.channel });
                if !args.on.is_empty() {
                    let on: Vec<_> = args.on.iter().map(|occasion| occasion.as_str()).collect();
                    body["on"] = json!(on);
                }
                args.scope.add_to(&mut body);
                let request = client.put(&["alerts", "rules", &args.rule]).json(&body);
                context.out.one(&request.send().await?.body, show)
            }
            Self::Rm { rule, yes } => {
                confirm::ask(yes, &format!("Delete the rule `{rule}`?"))?;
                client.delete(&["alerts", "rules", &rule]).send().await?;
                context.out.say(&format!("the rule `{rule}` is deleted"))
            }
        }
    }
}

/// A rule as people see it.
fn show(rule: &Value) -> String {
    facts(&[
        ("rule", text(rule, "/name")),
        ("about", scope(rule)),
        ("on", text(rule, "/on")),
        ("tells", text(rule, "/channel")),
        (
            "updated",
            format!("{} by {}", time(rule, "/updatedAt"), text(rule, "/updatedBy")),
        ),
    ])
}
