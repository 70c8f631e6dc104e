//! `wasmtab alert silence`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::scope::{ScopeArgs, scope};
use crate::{
    context::Context,
    exit::Failure,
    input::when,
    output::{
        cell::{text, time},
        table::{column, facts, render},
    },
};

#[derive(Debug, Subcommand)]
pub(crate) enum SilenceCommand {
    /// List the silences that hold
    #[command(visible_alias = "ls")]
    List,
    /// Let nobody be told for a while
    Add(AddArgs),
    /// End a silence
    Rm {
        /// Its number
        id: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// When it ends: an instant, or a length of time from now
    #[arg(long, value_name = "WHEN")]
    until: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// About every run
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

impl SilenceCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        match self {
            Self::List => {
                let list = client
                    .list(&["alerts", "silences"], usize::MAX, |request| request)
                    .await?;
                let columns = [
                    column("ID", |silence| text(silence, "/id")),
                    column("ABOUT", scope),
                    column("UNTIL", |silence| time(silence, "/until")),
                    column("BY", |silence| text(silence, "/createdBy")),
                    column("NOTE", |silence| text(silence, "/note")),
                ];
                context
                    .out
                    .list(&list, |silences| render(&columns, silences, "no silence holds"))
            }
            Self::Add(args) => {
                if args.all != args.scope.is_all() {
                    return Err(Failure::usage(
                        "one of --all, --label, --job and --handler says what the silence is about",
                    ));
                }
                let until = when::future("--until", &args.until, context.now())?;
                let mut body = json!({ "until": until, "note": args.note, "all": args.all });
                args.scope.add_to(&mut body);
                let silence = client.post(&["alerts", "silences"]).json(&body).send().await?;
                context.out.one(&silence.body, show)
            }
            Self::Rm { id } => {
                client.delete(&["alerts", "silences", &id]).send().await?;
                context.out.say(&format!("the silence {id} has ended"))
            }
        }
    }
}

/// A silence as people see it.
fn show(silence: &Value) -> String {
    facts(&[
        ("silence", text(silence, "/id")),
        ("about", scope(silence)),
        ("until", time(silence, "/until")),
        ("note", text(silence, "/note")),
        ("by", text(silence, "/createdBy")),
    ])
}
