//! `wasmtab plugin rm`.

use clap::Args;

use super::name::PluginRef;
use crate::{commands::confirm, context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct RmArgs {
    /// PLUGIN@VERSION
    plugin: PluginRef,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl RmArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let name = self.plugin.name.as_str();
        let Some(version) = &self.plugin.version else {
            return Err(Failure::usage(format!(
                "a plugin goes version by version: {name}@1"
            )));
        };
        let client = context.client()?;
        let number = version.number(&client, name).await?.to_string();
        confirm::ask(self.yes, &format!("Delete {name}@{number}?"))?;
        client
            .delete(&["plugins", name, "versions", &number])
            .send()
            .await?;
        context.out.say(&format!("{name}@{number} is deleted"))
    }
}
