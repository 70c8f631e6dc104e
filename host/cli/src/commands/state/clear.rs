//! `wasmtab state clear`.

use clap::Args;
use serde_json::json;

use super::{scope::ScopeArgs, show::counted};
use crate::{commands::confirm, context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct ClearArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Only these keys [default: all]
    #[arg(conflicts_with = "prefix")]
    keys: Vec<String>,
    /// Only keys that begin so
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl ClearArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let of = self.scope.named();
        let removed = if self.keys.is_empty() {
            let path = self.scope.path(&client).await?;
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let what = match &self.prefix {
                Some(prefix) => format!("what {of} keeps under `{prefix}`"),
                None => format!("everything that {of} keeps"),
            };
            confirm::ask(self.yes, &format!("Remove {what}?"))?;
            let request = client.delete(&path).query_opt("prefix", self.prefix.as_deref());
            request.send().await?.body
        } else {
            for key in &self.keys {
                let path = self.scope.path_of(&client, key).await?;
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                client.delete(&path).send().await?;
            }
            json!({ "removed": self.keys.len() })
        };
        context.out.one(&removed, |removed| {
            format!("removed of {of}: {}\n", counted(removed, "/removed", "value"))
        })
    }
}
