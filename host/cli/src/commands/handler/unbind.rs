//! `wasmtab handler unbind`.

use clap::Args;

use crate::{commands::confirm, context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct UnbindArgs {
    /// The handler's name
    handler: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl UnbindArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let path = ["handlers", self.handler.as_str()];
        let handler = client.get(&path).send().await?;
        let question = format!("Unbind `{}`? Its grants and secrets are forgotten.", self.handler);
        confirm::ask(self.yes, &question)?;
        client.delete(&path).if_match(&handler.tag()?).send().await?;
        context
            .out
            .say(&format!("handler `{}` is not bound any more", self.handler))
    }
}
