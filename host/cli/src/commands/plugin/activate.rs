//! `wasmtab plugin activate`.

use clap::Args;
use serde_json::{Value, json};

use super::{name::PluginRef, push::COMPILES, show};
use crate::{
    client::Client,
    context::Context,
    exit::{Exit, Failure},
};

#[derive(Args, Debug)]
pub(crate) struct ActivateArgs {
    /// PLUGIN@VERSION; PLUGIN alone means its newest version
    plugin: PluginRef,
}

impl ActivateArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let name = self.plugin.name.as_str();
        let number = match &self.plugin.version {
            Some(version) => version.number(&client, name).await?,
            None => newest(&client, name).await?,
        };
        let path = ["plugins", name, "versions", &number.to_string(), "activate"];
        let version = client
            .post(&path)
            .json(&json!({}))
            .within(COMPILES)
            .send()
            .await?
            .body;
        context.out.one(&version, show::version)
    }
}

async fn newest(client: &Client, plugin: &str) -> Result<u64, Failure> {
    let list = client
        .list(&["plugins", plugin, "versions"], usize::MAX, |request| request)
        .await?;
    let versions = list.get("items").and_then(Value::as_array).into_iter().flatten();
    versions
        .filter_map(|version| version.get("version")?.as_u64())
        .max()
        .ok_or_else(|| Failure::new(Exit::NotFound, format!("plugin `{plugin}` has no versions")))
}
