//! `wasmtab state get`.

use std::io::{self, IsTerminal};

use clap::Args;

use super::scope::ScopeArgs;
use crate::{
    context::Context,
    exit::Failure,
    output::{self, clean},
};

#[derive(Args, Debug)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// The key
    key: String,
}

impl GetArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let path = self.scope.path_of(&client, &self.key).await?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if !context.out.is_table() {
            let entry = client.get(&path).query("format", "json").send().await?.body;
            return context.out.one(&entry, |_| String::new());
        }
        let value = client.get(&path).query("format", "raw").bytes().await?;
        if io::stdout().is_terminal() {
            // A value must not drive the terminal; a pipe gets every byte.
            return output::write(&format!("{}\n", clean::clean(&String::from_utf8_lossy(&value))));
        }
        output::write_bytes(&value)
    }
}
