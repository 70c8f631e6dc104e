//! `wasmtab token`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::{
    context::Context,
    exit::Failure,
    input::when,
    output::{
        cell::{raw, text, time},
        table::{column, facts, render},
    },
};

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is shown once
    Create(CreateArgs),
    /// List the tokens, without what they are
    #[command(visible_alias = "ls")]
    List,
    /// End a token
    Rm {
        /// Its number
        id: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// Whose it is, and for what
    name: String,
    /// What it may do
    #[arg(long, value_enum, default_value_t = Role::Viewer)]
    role: Role,
    /// When it ends: an instant, or a length of time from now
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    /// Make the first administrator's token with the one-time code that the server printed
    #[arg(long, value_name = "CODE", conflicts_with_all = ["role", "expires"])]
    setup_code: Option<String>,
}

/// What a token may do; each includes those before it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    /// Looks
    Viewer,
    /// Starts, stops, pauses, cancels
    Operator,
    /// Writes jobs and uploads plugins
    Author,
    /// Activates, binds, grants, makes tokens
    Administrator,
}

impl TokenCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        match self {
            Self::Create(args) => {
                let token = match &args.setup_code {
                    Some(code) => client
                        .post(&["setup"])
                        .json(&json!({ "code": code, "name": args.name })),
                    None => client.post(&["tokens"]).json(&args.body(context)?),
                };
                context.out.one(&token.send().await?.body, shown_once)
            }
            Self::List => {
                let list = client.list(&["tokens"], usize::MAX, |request| request).await?;
                let columns = [
                    column("ID", |token| text(token, "/id")),
                    column("NAME", |token| text(token, "/name")),
                    column("ROLE", |token| text(token, "/role")),
                    column("CREATED", |token| time(token, "/createdAt")),
                    column("BY", |token| text(token, "/createdBy")),
                    column("EXPIRES", |token| time(token, "/expiresAt")),
                ];
                context
                    .out
                    .list(&list, |tokens| render(&columns, tokens, "there are no tokens"))
            }
            Self::Rm { id } => {
                client.delete(&["tokens", &id]).send().await?;
                context.out.say(&format!("token {id} is no longer good"))
            }
        }
    }
}

impl CreateArgs {
    fn body(&self, context: &Context) -> Result<Value, Failure> {
        let role = self
            .role
            .to_possible_value()
            .map(|role| role.get_name().to_owned());
        let mut body = json!({ "name": self.name, "role": role });
        if let Some(expires) = &self.expires {
            body["expiresAt"] = json!(when::future("--expires", expires, context.now())?);
        }
        Ok(body)
    }
}

fn shown_once(token: &Value) -> String {
    let mut shown = facts(&[
        ("id", text(token, "/id")),
        ("name", text(token, "/name")),
        ("role", text(token, "/role")),
        ("expires", time(token, "/expiresAt")),
    ]);
    if let Some(secret) = raw(token, "/token") {
        shown = format!("{shown}\nIt is shown this once:\nexport WASMTAB_TOKEN={secret}\n");
    }
    shown
}
