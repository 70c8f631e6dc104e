//! `wasmtab state set`.

use std::path::Path;

use clap::Args;

use super::scope::ScopeArgs;
use crate::{context::Context, exit::Failure, input::file};

#[derive(Args, Debug)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// The key
    key: String,
    /// The value: a text, @FILE for a file's bytes, @- for standard input
    value: String,
}

impl SetArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let value = match self.value.strip_prefix('@') {
            Some(path) => file::bytes(Path::new(path))?,
            None => self.value.into_bytes(),
        };
        let client = context.client()?;
        let path = self.scope.path_of(&client, &self.key).await?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let size = value.len();
        let entry = client.put(&path).octets(value).send().await?.body;
        let (key, of) = (&self.key, self.scope.named());
        context
            .out
            .one(&entry, |_| format!("{of} keeps {size} bytes under `{key}`\n"))
    }
}
